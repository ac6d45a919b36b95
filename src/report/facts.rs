//! Who ran what, where and how: the facts without which a number can't be judged or repeated.

use serde::Serialize;

use super::gates;
use super::number::{self, count, decimal};
use super::objectives;
use super::profile;
use super::table::{Labels, Tone};
use super::text::{one_line, to_the_second};
use crate::model::health::{HealthStatus, Lag, StampFaults};
use crate::model::judgement::JudgeInfo;
use crate::model::result::{ClientInfo, RunKind, RunResult, RunStatus, SideInfo};
use crate::model::trace::TraceMode;
use crate::model::workload::WorkloadSpec;

/// A fact and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// Its name.
    pub name: &'static str,
    /// The fact.
    pub value: String,
    /// The glossary's term for it, where it is a number that needs one.
    pub term: Option<&'static str>,
}

/// Facts about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// The thing.
    pub title: String,
    /// The facts.
    pub facts: Vec<Fact>,
}

/// What the client says about its own measurements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// `valid`, `degraded` or `invalid`.
    pub status: String,
    /// What that means.
    pub tone: Tone,
    /// Why it is not valid.
    pub reasons: Vec<String>,
    /// What was measured.
    pub facts: Vec<Fact>,
}

pub(super) fn fact(name: &'static str, value: impl Into<String>) -> Fact {
    Fact { name, value: value.into(), term: None }
}

/// A fact that the glossary explains.
fn of_term(term: &'static str, name: &'static str, value: impl Into<String>) -> Fact {
    Fact { term: Some(term), ..fact(name, value) }
}

/// The client's health, and what calibration says of its errors.
pub(crate) fn health(result: &RunResult) -> Health {
    let health = &result.client_health;
    let lag = |lag: Lag| {
        format!(
            "p50 {} ms, p99 {} ms, max {} ms",
            decimal(lag.p50_ms),
            decimal(lag.p99_ms),
            decimal(lag.max_ms)
        )
    };
    let lags = [
        ("read-lag", "read lag", health.read_lag),
        ("scheduling-lag", "scheduling lag", health.scheduling_lag),
        ("event-loop-delay", "event-loop delay", health.event_loop_delay),
    ];
    let shares = [
        ("inexact-stamps", "inexact stamps", health.coalesced_share),
        ("cpu-use", "CPU use of all cores", health.cpu_use),
    ];
    let lags = lags.map(|(term, name, value)| of_term(term, name, number::or_absent(value, lag)));
    let shares =
        shares.map(|(term, name, value)| of_term(term, name, number::or_absent(value, number::percent)));
    Health {
        status: health.status.to_string(),
        tone: match health.status {
            HealthStatus::Valid => Tone::Good,
            HealthStatus::Degraded => Tone::Warn,
            HealthStatus::Invalid => Tone::Bad,
        },
        reasons: health.reasons.iter().map(|r| one_line(r)).collect(),
        facts: lags
            .into_iter()
            .chain(shares)
            .chain(health.stamp_faults.map(faults))
            .chain(calibrated(&result.client, result.load.concurrency))
            .collect(),
    }
}

fn faults(faults: StampFaults) -> Fact {
    let StampFaults { unstamped_reads, clock_steps } = faults;
    of_term(
        "stamp-faults",
        "stamp faults",
        format!("{} reads without a stamp, {} clock steps", count(unstamped_reads), count(clock_steps)),
    )
}

/// What this client's times were found to be worth at a load of this many streams.
fn calibrated(client: &ClientInfo, streams: u32) -> Option<Fact> {
    let calibration = client.calibration.as_ref()?;
    super::calibration::quoted(calibration, streams).map(|words| of_term("calibration", "calibrated", words))
}

/// Everything about the run, thing by thing.
pub(crate) fn sections(result: &RunResult, labels: &Labels) -> Vec<Section> {
    let mut sections = vec![run(result), prompts(result), load(result)];
    sections.extend(machines(result, labels));
    sections
}

/// Who answered, who judged, and who measured.
pub(super) fn machines(result: &RunResult, labels: &Labels) -> Vec<Section> {
    let mut sections = Vec::new();
    if let (Some(baseline), Some(name)) = (&result.baseline, &labels.baseline) {
        sections.push(side(format!("Baseline: {name}"), baseline));
    }
    let title = if result.baseline.is_some() { "Candidate" } else { "Model" };
    sections.push(side(format!("{title}: {}", labels.candidate), &result.candidate));
    sections.extend(result.judge.as_ref().map(judge));
    sections.push(client(result));
    sections
}

/// Who scored the answers.
fn judge(judge: &JudgeInfo) -> Section {
    let mut facts = vec![fact("endpoint", one_line(&judge.endpoint))];
    // A simulator that was hosted for the run has no address that outlives it.
    if !judge.url.is_empty() {
        facts.push(fact("URL", one_line(&judge.url)));
    }
    facts.extend([
        fact("answered by", if judge.simulated { "the built-in simulator" } else { "a server" }),
        fact("requests", count(judge.asked)),
        fact("times a dimension", count(judge.repeats.into())),
        fact("replies without a score", count(judge.unparsed)),
        fact("without a reply", count(judge.failed)),
    ]);
    Section { title: format!("Judge: {}", one_line(&judge.model)), facts }
}

fn client(result: &RunResult) -> Section {
    let client = &result.client;
    let system = format!("{} on {}", one_line(&client.os), one_line(&client.arch));
    let mut facts = vec![
        fact("labctl", one_line(&client.labctl_version)),
        fact("check engine", number::or_absent(client.check_engine, |version| version.to_string())),
        fact("system", told(result, "client.os", system)),
        fact("cores", told(result, "client.cores", count(client.cores.into()))),
    ];
    let processor = client.calibration.as_ref().and_then(|calibration| calibration.machine.cpu.as_deref());
    facts.extend(processor.map(|cpu| fact("processor", one_line(cpu))));
    facts.extend([
        fact("transport", one_line(&client.transport)),
        fact(
            "traces kept",
            match result.trace {
                TraceMode::Full => "every chunk",
                TraceMode::Summary => "a summary",
            },
        ),
    ]);
    if let Some(from) = &result.imported_from {
        facts.extend([
            fact("measured by", from.tool.title()),
            fact("its version", number::or_absent(from.version.as_deref(), one_line)),
            fact("its file", one_line(&from.file)),
            fact("the file's SHA-256", one_line(&from.sha256)),
        ]);
        facts.extend(from.benchmark.map(|n| fact("benchmark in the file", count(u64::from(n) + 1))));
    }
    Section { title: "Client".to_owned(), facts }
}

/// The value of a field, or that the file which the result was imported from says nothing of it.
fn told(result: &RunResult, field: &str, value: String) -> String {
    let tells = result.imported_from.as_ref().is_none_or(|from| from.tells(field));
    if tells { value } else { "not told".to_owned() }
}

/// What ran, when, and how it ended.
pub(super) fn run(result: &RunResult) -> Section {
    let mut facts = vec![
        fact("run id", one_line(&result.run_id)),
        fact(
            "command",
            match result.kind {
                _ if result.imported_from.is_some() => "labctl results import",
                RunKind::Run => "labctl run",
                RunKind::Bench => "labctl bench",
            },
        ),
        fact(
            "status",
            match result.status {
                RunStatus::Complete => "complete",
                RunStatus::Interrupted => "interrupted",
                RunStatus::Recovered => "recovered from the journal",
            },
        ),
        fact("started", told(result, "started_at", to_the_second(&result.started_at))),
        fact("finished", told(result, "finished_at", to_the_second(&result.finished_at))),
        fact("seed", told(result, "seed", result.seed.to_string())),
        fact("result schema", result.schema_version.to_string()),
    ];
    if let Some(from) = &result.rescored_from {
        facts.insert(1, fact("rescored from", one_line(from)));
    }
    if !result.merged_from.is_empty() {
        let runs: Vec<_> = result.merged_from.iter().map(|run| one_line(run)).collect();
        facts.insert(1, fact("merged from", runs.join(", ")));
    }
    if let Some(team) = &result.team {
        facts.insert(1, fact("team", one_line(team)));
    }
    if !result.labels.is_empty() {
        let labels: Vec<_> =
            result.labels.iter().map(|(k, v)| format!("{}={}", one_line(k), one_line(v))).collect();
        facts.push(fact("labels", labels.join(", ")));
    }
    let held: Vec<_> = result
        .gate_results()
        .iter()
        .map(|gate| {
            let asks = gates::asks(gate);
            format!("{} ({asks})", one_line(&gate.name))
        })
        .collect();
    if !held.is_empty() {
        facts.push(fact("gates", held.join(", ")));
    }
    Section { title: "Run".to_owned(), facts }
}

/// What was sent.
pub(super) fn prompts(result: &RunResult) -> Section {
    let set = &result.prompt_set;
    if result.imported_from.is_some() {
        let facts = vec![fact("prompts", "not told: requests were imported without what was asked")];
        return Section { title: "Prompts".to_owned(), facts };
    }
    let categories: Vec<_> =
        set.categories.iter().map(|(name, n)| format!("{} {n}", one_line(name))).collect();
    let workload = result.workload.as_ref();
    let mut facts = workload.map_or_else(Vec::new, profile::workload_facts);
    // What is made up or read from a file has no set.
    if workload.is_none_or(|info| matches!(info.spec, WorkloadSpec::PromptSet { .. })) {
        facts.extend([
            fact("prompt set", format!("{} version {}", one_line(&set.name), set.version)),
            fact("SHA-256", one_line(&set.sha256)),
            fact("origin", one_line(&set.origin)),
            fact("categories", categories.join(", ")),
            fact(
                "difficulty",
                if set.calibrated { "measured on real models" } else { "as its author judged" },
            ),
        ]);
    }
    Section { title: "Prompts".to_owned(), facts }
}

/// When it was sent, and what was asked of the models besides.
pub(super) fn load(result: &RunResult) -> Section {
    let (load, sampling) = (&result.load, &result.sampling);
    let mut facts = profile::load_facts(result);
    if load.profile.is_none() {
        facts.push(fact("concurrency", count(load.concurrency.into())));
    }
    // Where time ends the load, how many requests there are follows from it.
    let timed = load.profile.as_ref().is_some_and(|profile| profile.duration_s.is_some());
    let blocks = if timed { String::new() } else { format!(", blocks of {}", count(load.block_size.into())) };
    if !timed {
        facts.extend([
            fact("requests a side and round", count(load.requests)),
            fact("repeats", count(load.repeats.into())),
        ]);
    }
    facts.push(fact("rounds", count(load.rounds.into())));
    if result.baseline.is_some() {
        facts.push(fact("pairing", format!("{}{blocks}", one_line(&load.pairing))));
    }
    facts.extend([
        fact("warm-up a side", count(load.warmup.into())),
        fact("temperature", told(result, "sampling.temperature", sampling.temperature.to_string())),
        fact("sampling seed", told(result, "sampling.seed", sampling.seed.to_string())),
    ]);
    if let Some(top_p) = sampling.top_p {
        facts.push(fact("top_p", top_p.to_string()));
    }
    if result.imported_from.is_none() {
        let max_tokens =
            sampling.max_tokens.map_or_else(|| "as each prompt says".to_owned(), |n| count(n.into()));
        facts.push(fact("max_tokens", max_tokens));
    }
    Section { title: "Load and sampling".to_owned(), facts }
}

fn side(title: String, side: &SideInfo) -> Section {
    let list = |names: &[String]| names.iter().map(|n| one_line(n)).collect::<Vec<_>>().join(", ");
    let summary = &side.summary;
    let mut facts = vec![
        fact("endpoint", one_line(&side.endpoint)),
        fact("URL", one_line(&side.url)),
        fact("answered by", if side.simulated { "the built-in simulator" } else { "a server" }),
        fact("server", number::or_absent(side.server.as_deref(), one_line)),
        fact("model asked for", one_line(&side.model)),
        fact(
            "model served",
            if side.served_models.is_empty() { "not told".to_owned() } else { list(&side.served_models) },
        ),
    ];
    // Its name in configuration and JSON is the one that serde gives it.
    let dialect = side.dialect.and_then(|kind| serde_json::to_value(kind).ok());
    facts.extend(dialect.as_ref().and_then(|name| name.as_str()).map(|name| fact("dialect", name)));
    if !side.asked_models.is_empty() {
        facts.push(fact("models asked for", list(&side.asked_models)));
    }
    if let Some(cost) = &side.cost {
        facts.push(fact("price", format!("{} {} an hour", decimal(cost.per_hour), one_line(&cost.currency))));
    }
    if !side.system_fingerprints.is_empty() {
        facts.push(fact("fingerprint", list(&side.system_fingerprints)));
    }
    if let Some(measured) = &side.measured_in {
        let run = one_line(&measured.run_id);
        facts.push(fact("measured in", format!("run {run} of {}", to_the_second(&measured.started_at))));
        facts.extend(measured.blessed_as.as_deref().map(|name| fact("blessed as", one_line(name))));
    }
    let error_rate = number::or_absent(summary.error_rate, number::percent);
    facts.extend([
        of_term(
            "error-rate",
            "requests",
            format!("{}, {error_rate} not successful", count(summary.attempted)),
        ),
        of_term("measured-time", "under load", format!("{} s", decimal(summary.measured_s))),
        of_term(
            "concurrency",
            "in flight",
            format!(
                "{} on average, at most {}",
                number::or_absent(summary.concurrency_mean, decimal),
                count(summary.concurrency_max)
            ),
        ),
        of_term("output-tokens", "output tokens", count(summary.output_tokens)),
        of_term("prompt-tokens", "prompt tokens", count(summary.prompt_tokens)),
        of_term("truncated", "cut off by the token limit", count(summary.truncated_responses)),
    ]);
    facts.extend(objectives::waits(summary).into_iter().map(|(term, said)| of_term(term, "beside", said)));
    Section { title, facts }
}
