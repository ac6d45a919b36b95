//! Results of several clients that put load on the same servers with the same prompts, joined into one.
//!
//! What is in the rows (outcomes, verdicts, tokens, every request's latencies) is exact. Inter-token latencies and
//! read lags are of more values than results keep, so their histograms are added up, which loses nothing, and
//! quantiles are taken from the sum. All times are put on one clock by the moments at which the runs began.

mod error;
mod timeline;

use std::collections::BTreeSet;

use crate::metrics::accumulate::TraceTotals;
use crate::metrics::histogram::Spans;
use crate::metrics::pool::Pool;
use crate::metrics::summary::{ITL, READ_LAG, summarise};
use crate::model::header::SideHeader;
use crate::model::health::{ClientHealth, HealthStatus, Lag, StampFaults};
use crate::model::judgement::JudgeInfo;
use crate::model::record::{Row, Side};
use crate::model::redaction::Redaction;
use crate::model::result::{RunResult, RunStatus, SideInfo};
use crate::model::summary::{Distribution, SideSummary, Throughput};
use crate::model::trace::TraceMode;
use crate::model::units::Nanos;
use crate::stats::quantile::distribution;

use super::assemble::{context, cost, held, hold, side_info};
use super::soundness;
pub use error::MergeError;
use timeline::{align, rows};

/// Joins shards of one run under a new id. Their order makes no difference.
pub fn merge(mut shards: Vec<RunResult>, run_id: String) -> Result<RunResult, MergeError> {
    shards.sort_by(|a, b| a.run_id.cmp(&b.run_id));
    let merged_from = sources(&shards)?;
    let [first, others @ ..] = shards.as_slice() else { return Err(MergeError::TooFew) };
    if others.is_empty() {
        return Err(MergeError::TooFew);
    }
    if let Some(several) = shards.iter().find(|shard| !shard.levels.is_empty()) {
        return Err(MergeError::SeveralLoads { run_id: several.run_id.clone() });
    }
    others.iter().try_for_each(|other| same_run(first, other))?;
    let candidate = SideParts::of(&shards, Side::Candidate)?;
    let baseline = SideParts::of(&shards, Side::Baseline)?;
    let mut result = joined(&shards, run_id, merged_from);
    let mut warnings = warnings(&shards);
    align(&mut shards)?;
    result.phases = shards.iter_mut().flat_map(|shard| std::mem::take(&mut shard.phases)).collect();
    result.phases.sort_by_key(|phase| phase.at_ns);
    result.blocks = shards.iter_mut().flat_map(|shard| std::mem::take(&mut shard.blocks)).collect();
    let rates = |side| throughput(&shards, &result, side);
    let (of_candidate, of_baseline) = (rates(Side::Candidate), rates(Side::Baseline));
    result.rows = rows(&mut shards);
    result.load.repeats = result.rows.iter().map(|row| row.key.repeat + 1).max().unwrap_or(0);
    let info = |side, parts: &SideParts, rates: Result<Throughput, String>| {
        let context = context(&result.load, result.question.as_ref());
        let mut summary = summarise(&result.rows, &result.blocks, side, &context, Some(&parts.traces));
        summary.throughput_absent_because = rates.as_ref().err().cloned();
        summary.throughput = rates.ok();
        let mut info = side_info(&result.rows, side, &parts.header, summary, result.seed);
        info.slos = held(result.question.as_ref(), &info);
        info.cost = cost(&info, &result.rows, side, &result.config, &context);
        info
    };
    let of_baseline = baseline.as_ref().map(|parts| info(Side::Baseline, parts, of_baseline));
    if let Some(parts) = &candidate {
        result.candidate = info(Side::Candidate, parts, of_candidate);
    }
    result.baseline = of_baseline;
    let lags: Vec<&Pool> = candidate.iter().chain(&baseline).map(|parts| &parts.traces.read_lag).collect();
    result.client_health = health(&shards, &result.rows, &lags);
    let held_alike = shards.iter().all(|shard| shard.held_to == result.held_to);
    result.held_to = result.held_to.filter(|_| held_alike);
    if !held_alike {
        warnings.push(
            "the runs were held to different gates, so the merged one is held to none; `labctl gate` holds it to some"
                .to_owned(),
        );
    }
    result.gates.clear();
    hold(&mut result, None, false);
    result.warnings = warnings;
    result.warnings.extend(soundness::warnings(&result));
    Ok(result)
}

/// The runs that the shards were measured by, each once.
fn sources(shards: &[RunResult]) -> Result<Vec<String>, MergeError> {
    let mut seen = BTreeSet::new();
    for shard in shards {
        // A merged result stands for itself too: naming it twice counts twice.
        for run_id in shard.merged_from.iter().chain([&shard.run_id]) {
            if !seen.insert(run_id.clone()) {
                return Err(MergeError::Twice { run_id: run_id.clone() });
            }
        }
    }
    let merged: BTreeSet<&String> =
        shards.iter().filter(|shard| !shard.merged_from.is_empty()).map(|shard| &shard.run_id).collect();
    Ok(seen.into_iter().filter(|run_id| !merged.contains(run_id)).collect())
}

/// Whether two results can be of one run: what makes their requests alike is the same.
fn same_run(first: &RunResult, other: &RunResult) -> Result<(), MergeError> {
    fn told<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(|| "none".to_owned(), |value| value.to_string())
    }
    let fields = |run: &RunResult| {
        let baseline = run.baseline.as_ref();
        let stored = baseline.and_then(|side| side.measured_in.as_ref());
        [
            ("the prompt set", run.prompt_set.sha256.clone()),
            ("the temperature", run.sampling.temperature.to_string()),
            ("`top_p`", told(run.sampling.top_p)),
            ("`max_tokens`", told(run.sampling.max_tokens)),
            ("the candidate's model", run.candidate.model.clone()),
            ("the candidate's being simulated", run.candidate.simulated.to_string()),
            ("the baseline's model", told(baseline.map(|side| side.model.as_str()))),
            ("the baseline's being simulated", told(baseline.map(|side| side.simulated))),
            // A blessed one is in each of them: added up it would count twice.
            ("the stored baseline's user", told(stored.map(|_| &run.run_id))),
            ("the version of the checks", told(run.client.check_engine)),
            ("the client's transport", run.client.transport.clone()),
        ]
    };
    let differing = fields(first).into_iter().zip(fields(other)).find(|(ours, theirs)| ours != theirs);
    match differing {
        None => Ok(()),
        Some(((field, ours), (_, theirs))) => {
            let (first, other) = (first.run_id.clone(), other.run_id.clone());
            Err(MergeError::Differs { first, other, field, ours, theirs })
        }
    }
}

/// What of one side comes from the shards and not from their rows.
struct SideParts {
    header: SideHeader,
    traces: TraceTotals,
}

impl SideParts {
    fn of(shards: &[RunResult], side: Side) -> Result<Option<Self>, MergeError> {
        let mut parts: Option<Self> = None;
        for shard in shards {
            let Some(info) = shard.side(side) else { continue };
            let traces = traces(&shard.run_id, &info.summary)?;
            let parts =
                parts.get_or_insert_with(|| Self { header: header(info), traces: TraceTotals::default() });
            parts.traces.itl.add(&traces.itl);
            parts.traces.read_lag.add(&traces.read_lag);
            parts.traces.itl_inexact += traces.itl_inexact;
            parts.traces.token_chunks += traces.token_chunks;
        }
        Ok(parts)
    }
}

fn header(info: &SideInfo) -> SideHeader {
    SideHeader {
        endpoint: info.endpoint.clone(),
        url: info.url.clone(),
        model: info.model.clone(),
        simulated: info.simulated,
        dialect: info.dialect,
        server: info.server.clone(),
    }
}

/// What a shard keeps of its traces.
fn traces(run_id: &str, summary: &SideSummary) -> Result<TraceTotals, MergeError> {
    let spans = |name: &'static str| match summary.histograms.get(name) {
        None => Ok(None),
        Some(stored) => Spans::from_stored(stored).map(Some).map_err(|error| MergeError::Histogram {
            run_id: run_id.to_owned(),
            name,
            error,
        }),
    };
    let itl = match (&summary.itl_ms, spans(ITL)?) {
        (None, _) => Pool::default(),
        (Some(distribution), Some(spans)) => Pool::of_histogram(spans, distribution),
        (Some(_), None) => return Err(MergeError::NoHistogram { run_id: run_id.to_owned(), name: ITL }),
    };
    let read_lag = spans(READ_LAG)?.map_or_else(Pool::default, |spans| {
        let distribution = of_spans(&spans);
        Pool::of_histogram(spans, &distribution)
    });
    Ok(TraceTotals {
        itl,
        read_lag,
        itl_inexact: summary.itl_inexact,
        token_chunks: summary.token_chunks,
        ..TraceTotals::default()
    })
}

/// The distribution of spans of which only the histogram was kept; mean and deviation are not asked for.
fn of_spans(spans: &Spans) -> Distribution {
    let at = |p| spans.quantile_ms(p);
    Distribution {
        n: spans.count(),
        mean: at(0.5),
        standard_deviation: 0.0,
        min: at(0.0),
        p50: at(0.5),
        p90: at(0.9),
        p95: at(0.95),
        p99: at(0.99),
        p99_9: at(0.999),
        max: at(1.0),
    }
}

/// All that is neither measured nor of one side.
fn joined(shards: &[RunResult], run_id: String, merged_from: Vec<String>) -> RunResult {
    let first = &shards[0];
    let mut result = RunResult {
        run_id,
        merged_from,
        status: shards
            .iter()
            .map(|shard| shard.status)
            .find(|status| *status != RunStatus::Complete)
            .unwrap_or(RunStatus::Complete),
        trace: if shards.iter().all(|shard| shard.trace == TraceMode::Full) {
            TraceMode::Full
        } else {
            TraceMode::Summary
        },
        judge: judge(shards),
        rescored_from: None,
        redacted: shards.iter().filter_map(|shard| shard.redacted).reduce(Redaction::and),
        command_line: None,
        ..first.without_rows()
    };
    for shard in &shards[1..] {
        result.labels.retain(|name, value| shard.labels.get(name) == Some(value));
        result.started_at = result.started_at.min(shard.started_at.clone());
        result.finished_at = result.finished_at.max(shard.finished_at.clone());
        result.load.concurrency += shard.load.concurrency;
        result.load.requests += shard.load.requests;
        result.load.warmup += shard.load.warmup;
        result.load.rounds = result.load.rounds.max(shard.load.rounds);
    }
    result
}

/// The judge that scored the answers of all of them, its requests added up; none where they were not one.
fn judge(shards: &[RunResult]) -> Option<JudgeInfo> {
    let mut sum = shards.first()?.judge.clone()?;
    for shard in &shards[1..] {
        let judge =
            shard.judge.as_ref().filter(|judge| judge.model == sum.model && judge.repeats == sum.repeats)?;
        sum.asked += judge.asked;
        sum.unparsed += judge.unparsed;
        sum.failed += judge.failed;
    }
    Some(sum)
}

/// The rates of all clients together: their sum, where they were at work at one time. The blocks are on one clock.
fn throughput(shards: &[RunResult], result: &RunResult, side: Side) -> Result<Throughput, String> {
    let mut sum = Throughput {
        request_throughput_per_s: 0.0,
        output_tokens_per_s: 0.0,
        correct_answers_per_s: Some(0.0),
        window_s: 0.0,
        windows: Vec::new(),
    };
    let (mut last_start, mut first_end) = (Nanos(0), Nanos(u64::MAX));
    for shard in shards {
        let Some(summary) = shard.side(side).map(|info| &info.summary) else { continue };
        let Some(rates) = &summary.throughput else {
            let why = summary.throughput_absent_because.as_deref().unwrap_or("not measured");
            return Err(format!("run `{}` has no throughput: {why}", shard.run_id));
        };
        sum.request_throughput_per_s += rates.request_throughput_per_s;
        sum.output_tokens_per_s += rates.output_tokens_per_s;
        let correct = sum.correct_answers_per_s.zip(rates.correct_answers_per_s);
        sum.correct_answers_per_s = correct.map(|(sum, rate)| sum + rate);
        sum.window_s += rates.window_s;
        sum.windows.extend(rates.windows.iter().copied());
        let starts = rates.windows.iter().map(|window| window.start_ns);
        last_start = last_start.max(starts.min().unwrap_or(last_start));
        let ends = rates.windows.iter().map(|window| window.end_ns);
        first_end = first_end.min(ends.max().unwrap_or(first_end));
    }
    if last_start >= first_end {
        return Err(format!(
            "the runs {} did not put load on at one time, so their rates don't add up",
            result.merged_from.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
        ));
    }
    Ok(sum)
}

/// The worst of the clients' verdicts, with the reasons of each.
fn health(shards: &[RunResult], rows: &[Row], read_lags: &[&Pool]) -> ClientHealth {
    let each = || shards.iter().map(|shard| &shard.client_health);
    let mut read_lag = Pool::default();
    for lag in read_lags {
        read_lag.add(lag);
    }
    let attempts = rows.iter().flat_map(|row| row.candidate.iter().chain(&row.baseline));
    let mut scheduling: Vec<f64> = attempts
        .map(|attempt| &attempt.exchange.trace)
        .map(|trace| trace.sent_ns.since(trace.scheduled_ns).as_millis_f64())
        .collect();
    let lag = |d: Distribution| Lag { p50_ms: d.p50, p99_ms: d.p99, max_ms: d.max };
    let faults = each().filter_map(|health| health.stamp_faults).reduce(|sum, more| StampFaults {
        unstamped_reads: sum.unstamped_reads + more.unstamped_reads,
        clock_steps: sum.clock_steps + more.clock_steps,
    });
    let largest = |of: fn(&ClientHealth) -> Option<f64>| each().filter_map(of).reduce(f64::max);
    ClientHealth {
        status: each().map(|health| health.status).max().unwrap_or(HealthStatus::Valid),
        reasons: shards
            .iter()
            .flat_map(|shard| {
                shard.client_health.reasons.iter().map(|reason| format!("run `{}`: {reason}", shard.run_id))
            })
            .collect(),
        read_lag: read_lag.distribution().map(|(d, _)| lag(d)),
        scheduling_lag: distribution(&mut scheduling).map(lag),
        event_loop_delay: each()
            .filter_map(|health| health.event_loop_delay)
            .max_by(|a, b| a.p99_ms.total_cmp(&b.p99_ms)),
        stamp_faults: faults,
        coalesced_share: largest(|health| health.coalesced_share),
        cpu_use: largest(|health| health.cpu_use),
    }
}

/// What was said of each shard. What follows from the rows is said anew.
fn warnings(shards: &[RunResult]) -> Vec<String> {
    let of_rows: BTreeSet<String> = shards.iter().flat_map(soundness::warnings).collect();
    let mut warnings = vec![
        "merged from the results of several clients: the worst client's event-loop delay, inexact stamps and CPU use are shown"
            .to_owned(),
    ];
    for shard in shards {
        let own = shard.warnings.iter().filter(|warning| !of_rows.contains(*warning));
        warnings.extend(own.map(|warning| format!("run `{}`: {warning}", shard.run_id)));
    }
    warnings
}

#[cfg(test)]
mod tests;
