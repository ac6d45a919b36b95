//! A look at an endpoint and at this machine before anything is measured on them.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::client::clock::Clock;
use crate::client::request::{CHAT_COMPLETIONS, Request, chat_body};
use crate::model::exchange::Exchange;
use crate::model::outcome::Outcome;
use crate::model::prompt::Prompt;
use crate::model::result::Sampling;
use crate::report::calibration::bound_words;
use crate::results::calibration;

use super::limits::allow_connections;
use super::machine::machine as machine_of;
use super::plan::SideSpec;
use super::side::{Reached, SideError, reach};

/// How good a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// Works, but numbers may suffer.
    Warning,
    /// Nothing can be measured like this.
    Failed,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// How good it is.
    pub grade: Grade,
    /// What was found, and what to do about it.
    pub detail: String,
}

fn finding(what: &'static str, grade: Grade, detail: impl Into<String>) -> Finding {
    Finding { what, grade, detail: detail.into() }
}

/// Looks at an endpoint: reachable, model served, streaming works, usage sent.
pub async fn endpoint(spec: &SideSpec, clock: Clock, seed: u64) -> Result<Vec<Finding>, SideError> {
    let reached = reach(spec, clock, seed, std::sync::Arc::default()).await?;
    let who = reached.header.server.as_deref().unwrap_or("it does not say which software it is");
    let simulated = if reached.header.simulated { " (simulated)" } else { "" };
    let mut findings = vec![
        finding("reachable", Grade::Ok, format!("{}: {who}{simulated}", reached.header.url)),
        finding("model", Grade::Ok, format!("serves `{}`", reached.header.model)),
    ];
    let exchange = ask(&reached, clock).await;
    findings.push(streaming(&exchange));
    if exchange.outcome == Outcome::Success {
        findings.push(usage(&exchange));
    }
    Ok(findings)
}

/// Sends one short request.
async fn ask(reached: &Reached, clock: Clock) -> Exchange {
    let prompt = Prompt {
        id: "doctor".into(),
        category: "doctor".into(),
        scenario_id: None,
        system: None,
        prompt: "Count from one to five in words.".into(),
        max_tokens: 24,
        checks: Vec::new(),
        pass_when: crate::model::check::PassWhen::All,
        reference: String::new(),
        near_miss: Vec::new(),
        difficulty: None,
        family: None,
        answer_in_prompt: false,
    };
    let sampling = Sampling { temperature: 0.0, top_p: None, seed: 0, max_tokens: None };
    let body = chat_body(&prompt, &reached.header.model, &sampling, 0, &reached.endpoint.body);
    let request = Request { id: "doctor".into(), path: CHAT_COMPLETIONS, body };
    reached.client(clock).exchange(&request, clock.now(), &CancellationToken::new()).await
}

fn streaming(exchange: &Exchange) -> Finding {
    let chunks = exchange.trace.token_chunks().count();
    match exchange.outcome {
        Outcome::Success if chunks < 2 => finding(
            "streaming",
            Grade::Warning,
            "the answer came in one piece: time to first token and inter-token latency mean nothing here; is a proxy buffering?",
        ),
        Outcome::Success => {
            let first =
                exchange.trace.token_chunks().next().map(|chunk| chunk.recv_ns.since(exchange.trace.sent_ns));
            let first = first
                .map_or_else(String::new, |ns| format!(", the first after {:.0} ms", ns.as_millis_f64()));
            finding("streaming", Grade::Ok, format!("{chunks} chunks{first}"))
        }
        outcome => {
            let said = exchange.error.clone().unwrap_or_else(|| "nothing came".to_owned());
            finding("streaming", Grade::Failed, format!("{outcome}: {said}"))
        }
    }
}

fn usage(exchange: &Exchange) -> Finding {
    match exchange.usage {
        Some(usage) => finding(
            "usage",
            Grade::Ok,
            format!("{} prompt tokens, {} output tokens", usage.prompt_tokens, usage.completion_tokens),
        ),
        None => finding(
            "usage",
            Grade::Warning,
            "no token counts are sent: output tokens are counted by chunk, which is too few where a chunk holds several",
        ),
    }
}

/// Looks at this machine: clock, CPU governor, open files.
#[must_use]
pub fn machine(connections: u64) -> Vec<Finding> {
    let mut findings = vec![clock_cost()];
    findings.extend(clock_source());
    findings.extend(governor());
    findings.push(match allow_connections(connections, 1) {
        Ok(()) => finding("open files", Grade::Ok, format!("enough for {connections} connections")),
        Err(error) => {
            finding("open files", Grade::Failed, format!("{error}; raise the limit with `ulimit -Hn`"))
        }
    });
    findings
}

/// Whether it is known how far off labctl's times can be on this machine at a load of this many streams.
#[must_use]
pub fn calibration(state_dir: Option<&Path>, streams: u32) -> Finding {
    const WHAT: &str = "calibration";
    let advice = "`labctl calibrate` measures how far off labctl's times can be here";
    let all = match state_dir.map(calibration::load).transpose() {
        Ok(all) => all.unwrap_or_default(),
        Err(error) => return finding(WHAT, Grade::Warning, error.to_string()),
    };
    let (machine, version) = (machine_of(), env!("CARGO_PKG_VERSION"));
    let here = all.iter().rev().find(|c| c.machine == machine && c.labctl_version == version);
    match here.and_then(|calibration| Some((calibration, calibration.bound_for(streams)?))) {
        Some((calibration, bound)) => {
            let (by, at) = (&calibration.transport, &calibration.calibrated_at);
            finding(WHAT, Grade::Ok, format!("{} ({by}, {at})", bound_words(bound)))
        }
        None if all.is_empty() => finding(WHAT, Grade::Warning, format!("none: {advice}")),
        None => finding(
            WHAT,
            Grade::Warning,
            format!("none of this machine with this version of labctl: {advice}"),
        ),
    }
}

/// What a look at the clock costs: every token is stamped with one.
fn clock_cost() -> Finding {
    const LOOKS: u32 = 10_000;
    let started = Instant::now();
    let mut last = started;
    for _ in 0..LOOKS {
        last = Instant::now();
    }
    let each = last.duration_since(started) / LOOKS;
    let detail = format!("{} ns a look", each.as_nanos());
    if each < Duration::from_micros(1) {
        finding("clock", Grade::Ok, detail)
    } else {
        finding(
            "clock",
            Grade::Warning,
            format!(
                "{detail}: the clock is slow, probably because the system does not trust the processor's own"
            ),
        )
    }
}

fn clock_source() -> Option<Finding> {
    let source =
        fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource").ok()?;
    let source = source.trim();
    Some(match source {
        "hpet" | "acpi_pm" | "jiffies" => {
            finding("clock source", Grade::Warning, format!("`{source}` is slow or coarse; `tsc` is better"))
        }
        _ => finding("clock source", Grade::Ok, format!("`{source}`")),
    })
}

fn governor() -> Option<Finding> {
    let governor = fs::read_to_string("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").ok()?;
    let governor = governor.trim();
    Some(if governor == "performance" {
        finding("CPU governor", Grade::Ok, "`performance`")
    } else {
        finding(
            "CPU governor",
            Grade::Warning,
            format!(
                "`{governor}` changes the clock rate under load; `performance` keeps the client's delays even"
            ),
        )
    })
}
