//! Several runs in one report.

use crate::bench::compared::Contender;
use crate::bench::runs::together;
use crate::cli::args::ReportArgs;
use crate::cli::args::values::ReportFormat;
use crate::cli::commands::contender::Named;
use crate::cli::commands::output::{self, Output, of_template};
use crate::cli::commands::texts::take_out_of_all;
use crate::cli::error::CliError;
use crate::report::runs;

/// Puts runs together, where anything can be.
pub(super) fn report(named: &mut [Named], args: &ReportArgs, output: Output<'_>) -> Result<(), CliError> {
    let contenders: Vec<Contender<'_>> = named.iter().map(Named::contender).collect();
    let mut report = together(&contenders, args.force);
    take_out_of_all(&mut report, named, &args.texts);
    if report.head_to_head.is_empty() && report.histories.is_empty() {
        let reasons: Vec<String> = report
            .apart
            .iter()
            .map(|apart| format!("run `{}` of `{}`: {}", apart.run_id, apart.model, apart.because.join("; ")))
            .collect();
        return Err(CliError::not_measured(format!("these runs can't be put together: {}", reasons.join(". ")))
            .with_hint("`labctl compare A B --intersect` compares the prompts that are the same in both; `labctl report RUN` shows one by itself"));
    }
    let template_dir = args.template_dir.as_deref();
    let failed = |error| of_template(&error, template_dir);
    let text = match output.format {
        ReportFormat::Json => output::json(&report)?,
        ReportFormat::Text => runs::terminal(&report, &output.terminal()),
        ReportFormat::Markdown => runs::markdown(&report, template_dir).map_err(failed)?,
        ReportFormat::Html => runs::html(&report, template_dir).map_err(failed)?,
    };
    output.write(&text)
}
