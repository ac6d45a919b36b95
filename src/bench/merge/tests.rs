use super::*;
use crate::bench::assemble::{Remains, assemble};
use crate::metrics::accumulate::Accumulator;
use crate::metrics::health::Samples;
use crate::model::gate::Gates;
use crate::model::judgement::Verdict;
use crate::model::record::Record;
use crate::model::result::BlockTime;
use crate::model::summary::QuantileSource;
use crate::results::fixtures::{header, record};
use crate::results::rows::rows;

const SIDES: [Side; 2] = [Side::Candidate, Side::Baseline];

/// A record whose gaps and read lags are its own.
fn sent(prompt: u32, repeat: u32, side: Side, spread: u32) -> Record {
    let mut record = record(&format!("p{prompt}"), repeat, side, Verdict::Pass);
    let chunks = &mut record.attempt.exchange.trace.chunks;
    for (n, chunk) in (0..).zip(chunks.iter_mut()) {
        chunk.recv_ns = Nanos(20_000_000 + n * u64::from(1_000_003 + 7_919 * (prompt + spread)));
        chunk.exact = true;
        chunk.read_lag_ns = 5_000 + 17 * (prompt + spread);
    }
    record.attempt.metrics = crate::metrics::request::metrics(&record.attempt.exchange);
    record
}

/// A shard that began `later_s` after the first and was at its level for a second; its records are a millisecond
/// apart.
fn shard(run_id: &str, later_s: u64, records: Vec<Record>) -> RunResult {
    let mut header = header(run_id);
    header.started_at = format!("2026-01-02T03:04:{:02}Z", 5 + later_s);
    header.load.concurrency = 1;
    let moment = |ms| Some(Nanos::from_millis(ms));
    let block = |side| BlockTime {
        round: 0,
        block: 0,
        side,
        start_ns: Nanos(0),
        level_start_ns: moment(1),
        level_end_ns: moment(1_001),
        end_ns: Nanos::from_millis(1_500),
        level: 0,
        not_counted: 0,
    };
    let mut traces = Accumulator::default();
    for record in &records {
        traces.add(record, None);
    }
    let remains = Remains {
        header,
        rows: rows(records),
        levels: Vec::new(),
        stopped_because: None,
        traces,
        blocks: SIDES.map(block).to_vec(),
        phases: Vec::new(),
        samples: Samples { event_loop_delay_ms: vec![1.0; 10], ..Samples::default() },
        status: RunStatus::Complete,
        finished_at: "2026-01-02T03:05:00Z".to_owned(),
        warnings: Vec::new(),
        judge: None,
        noise: None,
        accept_invalid_client: false,
    };
    assemble(remains)
}

fn records(prompts: std::ops::Range<u32>, spread: u32) -> Vec<Record> {
    prompts.flat_map(|prompt| SIDES.map(|side| sent(prompt, 0, side, spread))).collect()
}

fn merged(shards: Vec<RunResult>) -> RunResult {
    merge(shards, "merged".to_owned()).unwrap()
}

#[test]
fn shards_add_up_to_the_run_they_are_of() {
    let whole = shard("whole", 0, records(0..60, 0));
    let parts = [("b", 20..45), ("a", 0..20), ("c", 45..60)];
    let parts = parts.map(|(run_id, prompts)| shard(run_id, 0, records(prompts, 0)));
    let result = merged(parts.to_vec());
    assert_eq!(
        (result.run_id.as_str(), &result.merged_from[..]),
        ("merged", &["a", "b", "c"].map(String::from)[..])
    );
    assert_eq!(result.rows.len(), 60);
    for side in SIDES {
        let (ours, theirs) = (&result.side(side).unwrap().summary, &whole.side(side).unwrap().summary);
        assert_eq!(ours.histograms, theirs.histograms, "exactly the histograms of all values");
        assert_eq!((&ours.outcomes, &ours.verdicts), (&theirs.outcomes, &theirs.verdicts));
        assert_eq!((ours.attempted, ours.output_tokens), (theirs.attempted, theirs.output_tokens));
        assert_eq!((ours.ttft_ms, ours.e2e_ms), (theirs.ttft_ms, theirs.e2e_ms), "exact from the rows");
        let (itl, exact) = (ours.itl_ms.unwrap(), theirs.itl_ms.unwrap());
        assert_eq!((ours.itl_from, itl.n), (Some(QuantileSource::Histogram), exact.n));
        assert!((itl.mean / exact.mean - 1.0).abs() < 1e-9);
        assert!((itl.standard_deviation / exact.standard_deviation - 1.0).abs() < 1e-6);
        assert!((itl.p99 / exact.p99 - 1.0).abs() < 1e-3);
        assert_eq!((itl.min, itl.max), (exact.min, exact.max));
        assert_eq!(result.side(side).unwrap().pass_rates, whole.side(side).unwrap().pass_rates);
    }
    let (ours, theirs) = (result.comparison.unwrap(), whole.comparison.unwrap());
    assert_eq!((ours.overall, ours.categories), (theirs.overall, theirs.categories));
    // The order in which they are named makes no difference.
    let [b, a, c] = parts;
    assert_eq!(merged(vec![c, a, b]).rows, result.rows);
}

#[test]
fn a_prompt_that_two_shards_sent_is_a_repeat() {
    let again =
        |run_id| shard(run_id, 0, vec![sent(0, 0, Side::Candidate, 0), sent(0, 1, Side::Candidate, 0)]);
    let result = merged(vec![again("a"), again("b")]);
    let keys: Vec<_> = result.rows.iter().map(|row| (row.key.repeat, row.block)).collect();
    assert_eq!(keys, [(0, 0), (1, 0), (2, 1), (3, 1)]);
    assert_eq!(result.load.repeats, 4);
}

#[test]
fn rates_add_up_where_the_clients_were_at_work_at_one_time() {
    let rate =
        |result: &RunResult| result.candidate.summary.throughput.as_ref().map(|t| t.request_throughput_per_s);
    let one = shard("a", 0, records(0..20, 0));
    assert_eq!(rate(&one), Some(20.0));
    let together = merged(vec![one.clone(), shard("b", 0, records(0..30, 0))]);
    assert_eq!(rate(&together), Some(50.0));
    assert_eq!((together.load.concurrency, together.load.requests), (2, 4));
    assert!((together.candidate.summary.measured_s - 1.5).abs() < 1e-9);
    let apart = merged(vec![one.clone(), shard("b", 10, records(0..30, 0))]);
    assert_eq!(rate(&apart), None);
    assert!(
        apart
            .candidate
            .summary
            .throughput_absent_because
            .unwrap()
            .contains("`a`, `b` did not put load on at one time")
    );
    assert!((apart.candidate.summary.measured_s - 3.0).abs() < 1e-9);
    assert_eq!(apart.rows[1].candidate.as_ref().unwrap().exchange.trace.sent_ns, Nanos(10_000_000_001));
    let mut without = one.clone();
    without.run_id = "b".to_owned();
    without.candidate.summary.throughput = None;
    without.candidate.summary.throughput_absent_because = Some("too short".to_owned());
    let result = merged(vec![one, without]);
    assert_eq!(
        result.candidate.summary.throughput_absent_because.as_deref(),
        Some("run `b` has no throughput: too short")
    );
}

#[test]
fn the_worst_client_decides() {
    let one = shard("a", 0, records(0..20, 0));
    let mut bad = shard("b", 0, records(20..40, 0));
    assert_eq!(merged(vec![one.clone(), bad.clone()]).client_health.status, one.client_health.status);
    bad.client_health.status = HealthStatus::Invalid;
    bad.client_health.reasons = vec!["too slow".to_owned()];
    let result = merged(vec![one, bad]);
    assert_eq!(result.client_health.status, HealthStatus::Invalid);
    assert_eq!(result.client_health.reasons, ["run `b`: too slow"]);
    assert!(result.comparison.unwrap().invalid_because[0].contains("too slow"));
    let lag = result.client_health.read_lag.unwrap();
    assert!((lag.p50_ms - 0.005_3).abs() < 0.000_6, "{lag:?}");
}

#[test]
fn what_is_no_shard_of_the_run_is_refused() {
    let one = shard("a", 0, records(0..3, 0));
    let told = |shards: Vec<RunResult>| merge(shards, "m".to_owned()).unwrap_err().to_string();
    assert!(told(vec![one.clone()]).contains("two results or more"));
    assert!(told(vec![one.clone(), one.clone()]).contains("run `a` is named twice"));
    let whole = merged(vec![one.clone(), shard("b", 0, records(3..6, 0))]);
    assert!(told(vec![whole.clone(), one.clone()]).contains("run `a` is named twice, or is part of another"));
    let more = merge(vec![whole, shard("c", 0, records(6..9, 0))], "m2".to_owned()).unwrap();
    assert_eq!((more.merged_from.concat().as_str(), more.rows.len()), ("abc", 9));

    let other = |change: fn(&mut RunResult)| {
        let mut other = shard("b", 0, records(3..6, 0));
        change(&mut other);
        told(vec![one.clone(), other])
    };
    assert!(other(|run| run.prompt_set.sha256 = "f".repeat(64)).contains("the prompt set differs"));
    assert!(
        other(|run| run.sampling.max_tokens = Some(5)).contains("`max_tokens` differs, `none` against `5`")
    );
    assert!(other(|run| run.candidate.model = "x".into()).contains("the candidate's model differs"));
    assert!(other(|run| run.baseline = None).contains("the baseline's model differs"));
    assert!(
        other(|run| run.candidate.summary.histograms.clear())
            .contains("run `b` has no histogram of `itl_ms`")
    );
    assert!(other(|run| run.started_at = "today".into()).contains("`today` is no time"));
    let damaged = other(|run| {
        for histogram in run.candidate.summary.histograms.values_mut() {
            histogram.v2_deflate_base64.truncate(8);
        }
    });
    assert!(damaged.contains("the histogram of `itl_ms` of run `b` can't be added"), "{damaged}");
}

#[test]
fn shards_that_were_held_to_different_gates_are_held_to_none_and_that_is_told() {
    let mut shards = [("a", 0..20), ("b", 20..45)].map(|(id, prompts)| shard(id, 0, records(prompts, 0)));
    let floor = Gates { floors: [("overall".to_owned(), 0.5)].into(), ..Gates::default() };
    shards[0].held_to = Some(floor.clone());
    let told =
        |result: &RunResult| result.warnings.iter().any(|text| text.contains("held to different gates"));
    let differing = merged(shards.to_vec());
    assert!(differing.held_to.is_none() && told(&differing), "{:?}", differing.warnings);
    shards[1].held_to = Some(floor);
    let alike = merged(shards.to_vec());
    assert!(alike.held_to.is_some() && !told(&alike) && alike.gate_results().len() == 1);
}
