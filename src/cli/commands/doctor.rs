//! `labctl doctor`: is everything in place to measure?

use anstyle::AnsiColor;
use serde_json::json;

use crate::bench::doctor::{Examined, Finding, Grade, calibration, endpoint, machine};
use crate::bench::plan::SideSpec;
use crate::bench::side::SideError;
use crate::cli::args::DoctorArgs;
use crate::cli::args::values::PlainFormat;
use crate::cli::commands::failure;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::settings::{Settings, Target, api_key};
use crate::cli::ui::printable;
use crate::client::clock::Clock;

/// Runs `labctl doctor`.
pub fn run(args: &DoctorArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let settings = context.settings(args)?;
    let targets = settings.doctor_targets(args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::internal("could not start the runtime").caused_by(error))?;
    let concurrency = settings.config.defaults.concurrency;
    let mut this_machine = machine(u64::from(concurrency));
    this_machine.push(calibration(context.state_dir().as_deref(), concurrency));
    let mut groups = vec![("this machine".to_owned(), this_machine)];
    for target in &targets {
        let Examined { endpoint, conformance } = runtime.block_on(examine(target, &settings));
        groups.push((format!("endpoint {}", target.name), endpoint));
        if !conformance.is_empty() {
            groups.push((format!("stream conformance of {}", target.name), conformance));
        }
    }
    print(&groups, args.format, context)?;
    let failed =
        groups.iter().flat_map(|(_, findings)| findings).filter(|f| f.grade == Grade::Failed).count();
    if failed == 0 {
        return Ok(ExitStatus::Success);
    }
    let findings = if failed == 1 { "1 finding".to_owned() } else { format!("{failed} findings") };
    Err(CliError::not_measured(format!("measuring would fail: {findings} above")))
}

async fn examine(target: &Target, settings: &Settings) -> Examined {
    let failed = |what: &'static str, error: &CliError| {
        let said = std::iter::once(error.full_message()).chain(error.hints().iter().cloned());
        let detail = said.collect::<Vec<_>>().join("; ");
        Examined { endpoint: vec![Finding { what, grade: Grade::Failed, detail }], conformance: Vec::new() }
    };
    let key = match api_key(&target.endpoint) {
        Ok(key) => key,
        Err(error) => return failed("key", &CliError::from(error)),
    };
    let defaults = &settings.config.defaults;
    let (name, endpoint_config) = (target.name.clone(), target.endpoint.clone());
    let spec = SideSpec { name, endpoint: endpoint_config, key, transport: defaults.transport };
    match endpoint(&spec, Clock::start(), defaults.seed).await {
        Ok(examined) => examined,
        Err(error) => {
            let what = match &error {
                SideError::NotServed { .. } | SideError::WhichModel { .. } => "model",
                _ => "reachable",
            };
            failed(what, &failure::of_side(&error))
        }
    }
}

fn print(groups: &[(String, Vec<Finding>)], format: PlainFormat, context: &Context) -> Result<(), CliError> {
    if format == PlainFormat::Json {
        let groups: Vec<_> =
            groups.iter().map(|(name, findings)| json!({"name": name, "findings": findings})).collect();
        return context.ui.print_json(&groups);
    }
    for (name, findings) in groups {
        context.ui.print_line(&printable(name))?;
        for finding in findings {
            let (style, mark) = match finding.grade {
                Grade::Ok => (AnsiColor::Green.on_default(), "ok     "),
                Grade::Warning => (AnsiColor::Yellow.on_default(), "warning"),
                Grade::Failed => (AnsiColor::Red.on_default(), "failed "),
            };
            context.ui.print_line(&format!(
                "  {style}{mark}{style:#}  {:<13}  {}",
                finding.what,
                printable(&finding.detail)
            ))?;
        }
    }
    Ok(())
}
