//! `labctl report`: one run, one beside a baseline that was measured before, or several put together.

mod several;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::bench::against::{Against, Joining, joined};
use crate::cli::args::ReportArgs;
use crate::cli::args::values::{OutputFormat, ReportFormat};
use crate::cli::commands::contender::{self, Named};
use crate::cli::commands::output::Output;
use crate::cli::commands::{baseline, definitions, input, measure, store, texts};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::model::definitions::Definitions;
use crate::model::result::RunResult;
use crate::report::input::ReportInput;
use crate::report::terminal::summary;
use crate::results::select::{Narrowed, how_many};
use crate::results::store::Store;

/// Runs `labctl report`.
pub fn run(args: &ReportArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let store = store::open(&args.store, context)?;
    let output = Output::new(args.format, args.output.as_deref(), context.ui)?;
    let selectors = selectors(args, &store, context)?;
    let tools: &[Definitions] = match args.definitions {
        Some(tool) => &[tool.into()],
        None if args.why_different => &Definitions::ALL,
        None => &[],
    };
    if !tools.is_empty() {
        return under_definitions(&selectors, tools, &store, output);
    }
    check(args, output)?;
    let has_page = output.format == ReportFormat::Html || writes_both(args);
    let mut runs = load(&selectors, &store, has_page && selectors.len() == 1, context)?;
    if let Some(mut one) = runs.pop_if(|_| selectors.len() == 1 && args.baseline.is_none()) {
        texts::take_out(&mut one.result, &args.texts);
        runs.push(one);
    }
    match (runs.as_mut_slice(), &args.baseline) {
        ([one], None) if args.force => Err(CliError::usage(format!(
            "`--force` puts runs together in spite of what keeps them apart, and `{}` is one run",
            one.result.run_id
        ))
        .with_hint("name what to put beside it with `--baseline`, or more runs")),
        ([one], None) => alone(one, &selectors[0], args, output, &store, context),
        ([one], Some(named)) => beside(one, named, args, output, &store, context),
        (several, Some(_)) => Err(CliError::usage(format!(
            "`--baseline` is put beside one run, and {} are named",
            several.len()
        ))
        .with_hint(
            "without it several runs are put together; `labctl compare BASELINE RUN…` compares each with it",
        )),
        (several, None) => several::report(several, args, output),
    }
    .map(|()| ExitStatus::Success)
}

/// What there is no report of.
fn check(args: &ReportArgs, output: Output<'_>) -> Result<(), CliError> {
    let without = matches!(output.format, ReportFormat::Text | ReportFormat::Json);
    if let Some(dir) = args.template_dir.as_ref().filter(|_| without && !writes_both(args)) {
        return Err(CliError::usage(format!(
            "`--template-dir {}` is given, and text and JSON have no template",
            dir.display()
        ))
        .with_hint("add `--format html` or `--format markdown`"));
    }
    Ok(())
}

/// Whether the pages of one run are written beside its result.
fn writes_both(args: &ReportArgs) -> bool {
    args.format.is_none() && args.output.is_none() && args.baseline.is_none()
}

/// The runs' names, `latest` and `latest:N` replaced by the files that they stand for.
fn selectors(args: &ReportArgs, store: &Store, context: &Context) -> Result<Vec<String>, CliError> {
    let which = Narrowed {
        team: args.team.clone(),
        labels: args.label.iter().map(|label| (label.key.clone(), label.value.clone())).collect(),
    };
    let usage = |error: crate::results::error::StoreError| CliError::usage(error.to_string());
    let mut found = Vec::new();
    let mut used = false;
    for selector in &args.runs {
        let many = how_many(selector).map_err(usage)?;
        used |= many.is_some();
        let Some(many) = many.filter(|many| *many > 1 || !which.is_all()) else {
            found.push(selector.clone());
            continue;
        };
        let latest = store.latest_of(many, &which).map_err(usage)?;
        for reason in &latest.passed_over {
            context.ui.warn(&format!("passed over: {reason}"));
        }
        if latest.paths.len() < many {
            context
                .ui
                .note(&format!("there are {} of the {many} runs that were asked for", latest.paths.len()));
        }
        found.extend(latest.paths.iter().map(|path| path.display().to_string()));
    }
    if !used && !which.is_all() {
        return Err(CliError::usage("`--team` and `--label` narrow what `latest` means, and runs are named")
            .with_hint("`labctl report latest:5 --team TEAM` is of the team's latest five"));
    }
    Ok(found)
}

/// The runs, each once; `for_page` with what a page of one run tells of each chunk.
fn load(
    selectors: &[String],
    store: &Store,
    for_page: bool,
    context: &Context,
) -> Result<Vec<Named>, CliError> {
    let mut seen = BTreeSet::new();
    let mut runs = Vec::new();
    for selector in selectors {
        let named = contender::load_for(for_page, store, selector)?;
        let name = named.blessed.as_ref().map(|blessed| blessed.name.clone());
        if seen.insert((named.result.run_id.clone(), name)) {
            runs.push(named);
        } else {
            context.ui.note(&format!("run `{}` is named twice and counts once", named.result.run_id));
        }
    }
    Ok(runs)
}

fn under_definitions(
    selectors: &[String],
    tools: &[Definitions],
    store: &Store,
    output: Output<'_>,
) -> Result<ExitStatus, CliError> {
    let [selector] = selectors else {
        return Err(CliError::usage(format!(
            "other tools' formulas are applied to one run, and {} are named",
            selectors.len()
        )));
    };
    let format = match output.format {
        ReportFormat::Text => OutputFormat::Text,
        ReportFormat::Markdown => OutputFormat::Markdown,
        ReportFormat::Json => OutputFormat::Json,
        ReportFormat::Html => {
            return Err(CliError::usage("other tools' formulas are printed as text, Markdown or JSON"));
        }
    };
    definitions::print(&store::load(store, selector)?, tools, format, output.ui)
}

/// One run. Where neither a form nor a file is asked for, its pages are written beside its result.
fn alone(
    run: &Named,
    selector: &str,
    args: &ReportArgs,
    output: Output<'_>,
    store: &Store,
    context: &Context,
) -> Result<(), CliError> {
    if output.format == ReportFormat::Json && run.blessed.is_none() {
        // With the chunks of its traces: all of it.
        let mut result = store::load(store, selector)?;
        texts::take_out(&mut result, &args.texts);
        return document(&result, output);
    }
    let input = input::of(&run.result, args.template_dir.as_deref(), context);
    let mut options = output.terminal();
    if writes_both(args) && run.blessed.is_none() {
        let path = store.resolve(selector).map_err(|error| CliError::usage(error.to_string()))?;
        options.files = measure::write_reports(&run.result, &path, &input)?;
        return output.write(&summary(&run.result, &options));
    }
    page(&run.result, &input, output)
}

/// A run with the baseline of another in place of its own.
fn beside(
    run: &Named,
    named: &str,
    args: &ReportArgs,
    output: Output<'_>,
    store: &Store,
    context: &Context,
) -> Result<(), CliError> {
    let Named { result, blessed } = contender::load_for(output.format == ReportFormat::Html, store, named)?;
    let old = match &blessed {
        Some(blessed) => baseline::old(blessed, baseline::max_age(None, context)?),
        None => None,
    };
    let against = Against::of(Arc::new(result), blessed.as_ref());
    several_loads(&run.result, &against.result)?;
    let mut joint = joined(&run.result, &against, Joining { force: args.force, ..Joining::default() });
    joint.warnings.extend(old);
    texts::take_out(&mut joint, &args.texts);
    let reasons = joint.comparison.as_ref().map(|comparison| comparison.invalid_because.join("; "));
    if let Some(reasons) = reasons.filter(|reasons| !reasons.is_empty()) {
        return Err(CliError::not_measured(format!(
            "run `{}` can't be compared with `{}`: {reasons}",
            joint.run_id,
            against.name()
        ))
        .with_hint("`--force` compares in spite of all that, and says so in every output"));
    }
    match output.format {
        ReportFormat::Json => document(&joint, output),
        ReportFormat::Text | ReportFormat::Html | ReportFormat::Markdown => {
            page(&joint, &input::of(&joint, args.template_dir.as_deref(), context), output)
        }
    }
}

/// Refuses a page of two sides where one of them had several loads.
pub(super) fn several_loads(run: &RunResult, baseline: &RunResult) -> Result<(), CliError> {
    for (name, result) in [("run", run), ("baseline", baseline)] {
        if !result.levels.is_empty() {
            return Err(CliError::not_measured(format!(
                "the {name} `{}` is of several loads, a sweep or a search, and a report of two sides is of one load",
                result.run_id
            ))
            .with_hint(format!("`labctl report {}` shows it by itself", result.run_id)));
        }
    }
    Ok(())
}

/// A result as JSON, as a file of it would have it.
fn document(result: &RunResult, output: Output<'_>) -> Result<(), CliError> {
    match output.file {
        Some(file) => measure::write_document(result, file),
        None => measure::print_document(result, output.ui),
    }
}

/// A result as people read it.
pub(super) fn page(result: &RunResult, input: &ReportInput, output: Output<'_>) -> Result<(), CliError> {
    let text = match output.format {
        ReportFormat::Html => measure::render_html(result, input)?,
        ReportFormat::Markdown => measure::render_markdown(result, input)?,
        ReportFormat::Text => summary(result, &output.terminal()),
        ReportFormat::Json => return document(result, output),
    };
    output.write(&text)
}
