//! `--dry-run`: what would be done, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::bench::plan::{BenchPlan, JudgeSpec, SideSpec};
use crate::cli::args::values::OutputFormat;
use crate::cli::commands::expected::Expected;
use crate::cli::commands::measure::Measure;
use crate::cli::commands::series;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::ui::printable;
use crate::client::secret::mask_url;
use crate::model::load::{Arrival, LoadProfile, Stage, Start};
use crate::model::workload::{CacheMode, Length, WorkloadSpec};
use crate::workload::Workload;

/// Prints the plans of all runs.
pub(super) fn print(runs: &[(&Measure<'_>, &BenchPlan)], context: &Context) -> Result<(), CliError> {
    let format = runs.first().map_or(OutputFormat::Text, |(measure, _)| measure.load.format);
    if format == OutputFormat::Json {
        let runs: Vec<Value> = runs.iter().map(|(measure, plan)| document(measure, plan)).collect();
        return context.ui.print_json(&json!({"dry_run": true, "runs": runs}));
    }
    let mut text = String::new();
    for (number, (measure, plan)) in runs.iter().enumerate() {
        if runs.len() > 1 {
            let _ = writeln!(text, "run {} of {}: {}", number + 1, runs.len(), series::told(measure));
        }
        for (name, value) in lines(measure, plan) {
            let _ = writeln!(text, "  {name:<11} {value}");
        }
        text.push('\n');
    }
    text.push_str("nothing was sent (--dry-run)\n");
    context.ui.print(&printable(&text))
}

fn document(measure: &Measure<'_>, plan: &BenchPlan) -> Value {
    let slos: Vec<String> = plan.slos.iter().map(ToString::to_string).collect();
    let values: serde_json::Map<String, Value> =
        measure.variation.values.iter().map(|(path, value)| (path.clone(), json!(value))).collect();
    let mut document = json!({
        "kind": plan.kind,
        "values": values,
        "candidate": side(&plan.candidate),
        "prompt_set": {
            "name": plan.prompt_set.manifest.name,
            "sha256": plan.prompt_set.manifest.sha256,
            "prompts": plan.prompt_set.prompts.len(),
            "origin": plan.prompt_set.origin,
        },
        "load": plan.load_info(),
        "sampling": plan.sampling,
        "seed": plan.seed,
        "slos": slos,
        "labels": plan.labels,
        "results_dir": plan.results_dir,
        "expected": Expected::of(plan),
    });
    let optional = [
        ("experiment", measure.variation.file.as_ref().map(|file| json!(file))),
        ("team", plan.team.as_ref().map(|team| json!(team))),
        ("baseline", plan.baseline.as_ref().map(side)),
        ("against", plan.against.as_ref().map(|against| json!(against.measured_in))),
        ("judge", plan.judge.as_ref().map(judge)),
        ("reference_logprobs", plan.reference_log_probs.then(|| json!(true))),
        ("workload", plan.workload.as_ref().map(|workload| json!(workload.info))),
        ("find", plan.find.as_ref().map(|find| json!(find))),
        ("resume", measure.resume.as_ref().map(|run| json!(run))),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            document[name] = value;
        }
    }
    document
}

fn side(side: &SideSpec) -> Value {
    json!({
        "endpoint": side.name,
        "url": side.endpoint.url.as_deref().map(mask_url),
        "model": side.endpoint.model,
        "simulated": side.endpoint.simulator.is_some(),
    })
}

fn judge(judge: &JudgeSpec) -> Value {
    json!({"side": side(&judge.side), "repeats": judge.repeats, "concurrency": judge.concurrency})
}

/// The plan, a line each.
fn lines(measure: &Measure<'_>, plan: &BenchPlan) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(file) = &measure.variation.file {
        let name = measure.variation.experiment.name.as_ref();
        let name = name.map_or_else(String::new, |name| format!(" ({name})"));
        lines.push(("experiment", format!("{}{name}", file.display())));
    }
    lines.push(("target", side_text(&plan.candidate)));
    lines.extend(plan.baseline.as_ref().map(|baseline| ("baseline", side_text(baseline))));
    lines.extend(plan.against.as_ref().map(|against| {
        let measured = &against.measured_in;
        ("against", format!("`{}`, blessed from run {}", against.name(), measured.run_id))
    }));
    lines.extend(plan.judge.as_ref().map(|judge| ("judge", side_text(&judge.side))));
    let references = "each side is asked how likely it finds the reference answers, after the load";
    lines.extend(plan.reference_log_probs.then(|| ("references", references.to_owned())));
    lines.push(("sends", sends(plan)));
    lines.extend(plan.workload.as_ref().map(|workload| ("cache", cache(workload))));
    lines.push(("load", load(plan)));
    lines.extend(levels(plan).map(|levels| ("levels", levels)));
    lines.extend(phases(&plan.profile).map(|phases| ("phases", phases)));
    lines.push(("warm-up", format!("{} requests a side before it", plan.warmup())));
    let expected = Expected::of(plan);
    lines.push(("requests", requests(plan, &expected)));
    lines.push(("length", length(plan, &expected)));
    if !plan.slos.is_empty() {
        let slos: Vec<String> = plan.slos.iter().map(ToString::to_string).collect();
        lines.push(("objectives", slos.join(", ")));
    }
    if !plan.retry.is_off() {
        let statuses: Vec<String> = plan.retry.statuses.iter().map(ToString::to_string).collect();
        lines.push(("retries", format!("HTTP {}, {} at the most", statuses.join(", "), plan.retry.attempts)));
    }
    lines.extend(plan.max_output_tokens_total.map(|most| ("budget", format!("{most} output tokens in all"))));
    lines.push((
        "sampling",
        format!("temperature {}, seed {}", plan.sampling.temperature, plan.sampling.seed),
    ));
    if !plan.labels.is_empty() {
        let labels: Vec<String> = plan.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        lines.push(("labels", labels.join(", ")));
    }
    lines.extend(measure.resume.as_ref().map(|run| ("resumes", run.clone())));
    lines
}

fn side_text(side: &SideSpec) -> String {
    let model = side.endpoint.model.as_ref().map_or_else(String::new, |model| format!(", model {model}"));
    match (&side.endpoint.url, &side.endpoint.simulator) {
        (Some(url), _) => format!("{} at {}{model}", side.name, mask_url(url)),
        (None, _) => format!("{}, SIMULATED{model}", side.name),
    }
}

fn sends(plan: &BenchPlan) -> String {
    let set = &plan.prompt_set;
    let of_set =
        || format!("prompt set {} ({} prompts, {})", set.manifest.name, set.prompts.len(), set.origin);
    let Some(workload) = &plan.workload else { return of_set() };
    let info = &workload.info;
    let conversations =
        info.conversations.map_or_else(String::new, |count| format!(" in {count} conversations"));
    match &info.spec {
        WorkloadSpec::PromptSet { .. } => of_set(),
        WorkloadSpec::Synthetic(made) => format!(
            "{} made-up prompts{conversations}: {} tokens in, {} out ({})",
            info.prompts,
            length_text(&made.input_tokens),
            length_text(&made.output_tokens),
            info.tokens_by.as_deref().unwrap_or("estimated"),
        ),
        WorkloadSpec::File { file, .. } => {
            format!("{} prompts{conversations} of {}", info.prompts, file.display())
        }
    }
}

fn length_text(length: &Length) -> String {
    match length {
        Length::Fixed { value } => value.to_string(),
        Length::Uniform { min, max } => format!("{min} to {max}"),
        Length::Normal { mean, standard_deviation, .. } => format!("{mean} ± {standard_deviation}"),
        Length::Lognormal { median, sigma, .. } => format!("lognormal around {median} (sigma {sigma})"),
        Length::Histogram { bins } => format!("a histogram of {} bins", bins.len()),
    }
}

fn cache(workload: &Workload) -> String {
    match (workload.info.options.cache, &workload.info.salt) {
        (Some(CacheMode::Cold), Some(salt)) => format!("cold: every prompt salted (run's salt {salt})"),
        (Some(CacheMode::Cold), None) => "cold: every prompt salted".to_owned(),
        (Some(CacheMode::Warm), _) => "warm: every prompt is sent once before".to_owned(),
        (Some(CacheMode::AsIs) | None, _) => "as is: prompts are sent as written".to_owned(),
    }
}

fn load(plan: &BenchPlan) -> String {
    let bounded =
        |most: Option<u32>| most.map_or_else(String::new, |most| format!(", at most {most} in flight"));
    match &plan.profile.start {
        Start::Concurrency { concurrency, ramp_up_s } => {
            let ramp = if *ramp_up_s > 0.0 { format!(", opened over {ramp_up_s} s") } else { String::new() };
            format!("closed loop, {concurrency} in flight{ramp}")
        }
        Start::Batch { size } => format!("batches of {size}"),
        Start::Rate { stages, arrival, burstiness, max_in_flight } => {
            let arrival = match arrival {
                Arrival::Constant => "constant".to_owned(),
                Arrival::Poisson => "Poisson".to_owned(),
                Arrival::Gamma => format!("gamma (burstiness {burstiness})"),
            };
            let stages: Vec<String> = stages.iter().map(stage).collect();
            format!(
                "open loop, {} requests/s, {arrival} arrivals{}",
                stages.join(", then "),
                bounded(*max_in_flight)
            )
        }
        Start::Trace { speed, max_in_flight } => {
            format!("open loop, as recorded at {speed} times the speed{}", bounded(*max_in_flight))
        }
    }
}

fn stage(stage: &Stage) -> String {
    let from = stage.from_rate.map_or_else(String::new, |from| format!("{from} to "));
    let time = stage.duration_s.map_or_else(String::new, |seconds| format!(" for {seconds} s"));
    format!("{from}{}{time}", stage.rate)
}

fn levels(plan: &BenchPlan) -> Option<String> {
    if let Some(sweep) = &plan.sweep {
        let values: Vec<String> = sweep.values.iter().map(ToString::to_string).collect();
        let stop = if sweep.stop_past_saturation { ", until past saturation" } else { "" };
        return Some(format!("{} {}{stop}", sweep.axis.name(), values.join(", ")));
    }
    plan.find.as_ref().map(|find| {
        format!(
            "search of the highest {} from {} to {}, to within {} %",
            find.axis.name(),
            find.from,
            find.to,
            find.resolution * 100.0
        )
    })
}

fn phases(profile: &LoadProfile) -> Option<String> {
    let parts = [("warm-up", profile.warmup_s), ("cool-down", profile.cooldown_s)];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, seconds)| *seconds > 0.0)
        .map(|(name, seconds)| format!("{name} {seconds} s"))
        .collect();
    (!parts.is_empty()).then(|| format!("{}, not counted", parts.join(" and ")))
}

fn requests(plan: &BenchPlan, expected: &Expected) -> String {
    let about = match plan.profile.start {
        Start::Rate { arrival, .. } if plan.requests.is_none() && arrival != Arrival::Constant => "about ",
        _ => "",
    };
    let at_most = if expected.loads_at_most { "at most " } else { "" };
    let conversations = plan.workload.as_ref().is_some_and(|workload| workload.info.conversations.is_some());
    let unit = if conversations { " conversations" } else { "" };
    match expected.requests {
        Some(requests) => format!("{at_most}{about}{requests}{unit} in all"),
        None if plan.profile.start.is_open() => "as many as come at the rates that are tried".to_owned(),
        None => "as many as the server answers in the time".to_owned(),
    }
}

fn length(plan: &BenchPlan, expected: &Expected) -> String {
    let at_most = if expected.loads_at_most { "at most " } else { "" };
    let loads =
        if expected.loads > 1 { format!(" ({at_most}{} loads)", expected.loads) } else { String::new() };
    let Some(seconds) = expected.seconds else {
        let most =
            plan.profile.duration_s.map_or_else(String::new, |most| format!(", at most {most} s a load"));
        return format!("depends on how fast the server answers{most}{loads}");
    };
    let drain = match plan.profile.duration_s {
        Some(_) => format!("up to {} s of grace", plan.profile.grace_s),
        None => "as long as the last answers take".to_owned(),
    };
    format!("{at_most}{seconds:.1} s{loads}, and after each load {drain}")
}
