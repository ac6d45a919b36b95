//! Plausible results to write reports of. The numbers are made up but agree with each other.

use std::collections::BTreeMap;

use crate::model::comparison::{GateKind, GateMode, GateResult, GateVerdict, Interval, Missing, PassRate};
use crate::model::exchange::Exchange;
use crate::model::fixture;
use crate::model::health::{ClientHealth, HealthStatus, Lag};
use crate::model::judgement::{AnswerSource, CheckResult, FoundAnswer, Judgement, Verdict};
use crate::model::outcome::Outcome;
use crate::model::record::{Attempt, PairKey, Row};
use crate::model::result::{
    CategoryPassRate, LoadInfo, PromptSetInfo, RunKind, RunResult, RunStatus, Sampling, SideInfo,
};
use crate::model::summary::{Distribution, GroupKey, GroupSummary, RequestMetrics, SideSummary, Throughput};
use crate::model::team::{Reading, ReadingVerdict};
use crate::model::trace::TraceMode;

mod everything;
mod loads;
mod pairing;
pub(crate) mod runs;

pub(crate) use everything::{everything, judge_quality, noisy};
pub(crate) use loads::{levels, unchecked};

use pairing::comparison;

const CATEGORIES: [&str; 3] = ["arithmetic", "extraction", "reasoning"];

/// Every kind of result, by name; those that take long to make are left out.
pub(crate) fn all() -> Vec<(&'static str, RunResult)> {
    vec![
        ("paired", paired()),
        ("alone", alone()),
        ("hostile", hostile()),
        ("interrupted", interrupted()),
        ("levels", levels()),
        ("unchecked", unchecked()),
        ("one_row", result(1, true)),
        ("everything", everything()),
    ]
}

/// Thirty prompts, simulated: the baseline passes 26, the candidate 25, with three losses and two gains.
pub(crate) fn paired() -> RunResult {
    result(30, true)
}

/// The candidate of [`paired`] on its own, on a server.
pub(crate) fn alone() -> RunResult {
    let mut result = result(30, false);
    result.simulated = false;
    result.candidate.simulated = false;
    result.candidate.server = Some("vLLM 0.11.0".to_owned());
    result
}

/// [`paired`] with failed requests and text meant to do harm.
pub(crate) fn hostile() -> RunResult {
    let mut result = paired();
    let evil = "<script>alert(1)</script> \u{1b}[2J\u{1b}]0;owned\u{7} | `rm -rf` ``` \u{202e}txet @team #1 **bold**\n| a | b |\n[x](http://evil.example)";
    for (i, row) in result.rows.iter_mut().enumerate() {
        for attempt in [&mut row.baseline, &mut row.candidate].into_iter().flatten() {
            attempt.exchange.content = evil.to_owned();
            attempt.judgement.answer = Some(FoundAnswer {
                text: evil.to_owned(),
                source: AnswerSource::WholeText,
                start: None,
                end: None,
            });
            attempt.judgement.checks[0].detail = evil.to_owned();
        }
        if let (3 | 7, Some(candidate)) = (i, &mut row.candidate) {
            candidate.exchange.outcome = if i == 3 { Outcome::Http5xx } else { Outcome::TimeoutStall };
            candidate.exchange.error = Some(format!("the server answered 500: {evil}"));
            candidate.judgement = Judgement::bare(Verdict::TransportError);
            candidate.metrics = RequestMetrics::default();
        }
    }
    let summary = &mut result.candidate.summary;
    summary.outcomes =
        BTreeMap::from([(Outcome::Success, 28), (Outcome::Http5xx, 1), (Outcome::TimeoutStall, 1)]);
    summary.verdicts.insert(Verdict::TransportError, 2);
    summary.verdicts.insert(Verdict::Pass, 23);
    summary.error_rate = Some(2.0 / 30.0);
    let group = |name: &str| GroupSummary {
        key: GroupKey::Model { model: format!("{name} {evil}") },
        attempted: 15,
        succeeded: 14,
        prompt_tokens: 812,
        output_tokens: 434,
        ttft_ms: None,
        tpot_ms: None,
        e2e_ms: None,
    };
    summary.groups = vec![group("one"), group("two")];
    result.candidate.model = "evil|model<b>\u{1b}[31m@all".to_owned();
    result.candidate.served_models = vec![evil.to_owned()];
    result.readings = readings(evil);
    result.warnings = vec![format!("the served model's name is odd: {evil}")];
    result.client_health.status = HealthStatus::Degraded;
    result.client_health.reasons = vec!["read lag p99 of 4.1 ms is above 1 ms".to_owned()];
    let comparison = result.comparison.as_mut().unwrap();
    comparison.overall.pairs = 28;
    comparison.overall.missing = Missing {
        candidate: BTreeMap::from([(Verdict::TransportError, 2)]),
        best_case_pp: Some(0.0),
        worst_case_pp: Some(-6.667),
        ..Missing::default()
    };
    let reason = "the loss of 3.3 pp is within the margin, but not shown to be none";
    comparison.gates = vec![gate("pass_rate overall", GateVerdict::Inconclusive, reason)];
    result
}

/// [`paired`], stopped after twelve prompts: no throughput, fewer rows, a sound warning.
pub(crate) fn interrupted() -> RunResult {
    let mut result = result(12, true);
    result.status = RunStatus::Interrupted;
    result.load.requests = 30;
    result.rows[11].candidate = None;
    for side in [Some(&mut result.candidate), result.baseline.as_mut()].into_iter().flatten() {
        side.summary.throughput = None;
        side.summary.throughput_absent_because =
            Some("the steady part holds fewer than 3 times the concurrency in requests".to_owned());
    }
    let comparison = result.comparison.as_mut().unwrap();
    comparison.invalid_because = vec!["18 of 30 prompts were not sent".to_owned()];
    for ratio in &mut comparison.speed {
        if ratio.statistic == "rate" {
            (ratio.ratio, ratio.interval_95, ratio.baseline, ratio.candidate) = (None, None, None, None);
            ratio.absent_because = Some("the blocks are too short for a steady window".to_owned());
        }
    }
    result
}

/// `n` prompts, with or without a baseline.
pub(crate) fn result(n: usize, with_baseline: bool) -> RunResult {
    let rows: Vec<Row> = (0..n).map(|i| row(i, with_baseline)).collect();
    let side = |model: &str, endpoint: &str, speed: f64, pick: fn(&Row) -> Option<&Attempt>| {
        let attempts: Vec<&Attempt> = rows.iter().filter_map(pick).collect();
        SideInfo {
            endpoint: endpoint.to_owned(),
            url: "http://127.0.0.1:8000/v1".to_owned(),
            model: model.to_owned(),
            simulated: true,
            server: None,
            dialect: None,
            asked_models: Vec::new(),
            served_models: vec![model.to_owned()],
            system_fingerprints: Vec::new(),
            summary: summary(&attempts, speed),
            slos: Vec::new(),
            cost: None,
            measured_in: None,
            judge_quality: Vec::new(),
            pass_rates: std::iter::once(None)
                .chain(CATEGORIES.map(Some))
                .filter_map(|category| {
                    let chosen =
                        rows.iter().filter(|r| category.is_none_or(|c| r.category == c)).filter_map(pick);
                    let pass_rate = pass_rate(chosen);
                    (pass_rate.judged > 0)
                        .then(|| CategoryPassRate { category: category.map(str::to_owned), pass_rate })
                })
                .collect(),
        }
    };
    let candidate = side("mistral-7b-awq", "awq", 1.58, |r| r.candidate.as_ref());
    let baseline = with_baseline.then(|| side("mistral-7b-fp16", "fp16", 1.0, |r| r.baseline.as_ref()));
    let comparison = baseline.as_ref().map(|baseline| comparison(&rows, baseline, &candidate));
    RunResult {
        blocks: Vec::new(),
        schema_version: 1,
        run_id: "01a2b3c4-d5e6-7f80-9a0b-c1d2e3f4a5b6".to_owned(),
        kind: RunKind::Bench,
        status: RunStatus::Complete,
        simulated: true,
        labels: BTreeMap::from([("branch".to_owned(), "main".to_owned())]),
        started_at: "2026-11-22T09:30:00Z".to_owned(),
        finished_at: "2026-11-22T09:31:12Z".to_owned(),
        team: Some("quant".to_owned()),
        prompt_set: PromptSetInfo {
            name: "quant-quality".to_owned(),
            version: 1,
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            categories: CATEGORIES.iter().map(|c| ((*c).to_owned(), n.div_ceil(3))).collect(),
            calibrated: false,
            origin: "built-in".to_owned(),
            selection: None,
        },
        load: LoadInfo {
            concurrency: 10,
            requests: n as u64,
            repeats: 1,
            rounds: 1,
            block_size: 30,
            warmup: 10,
            pairing: if with_baseline { "alternating" } else { "single" }.to_owned(),
            profile: None,
            sweep: None,
            retry: crate::model::load::RetryPolicy::default(),
            max_output_tokens_total: None,
        },
        sampling: Sampling { temperature: 0.0, top_p: None, seed: 42, max_tokens: None },
        seed: 42,
        config: serde_json::json!({"defaults": {"concurrency": 10, "seed": 42}}),
        command_line: Some(
            ["labctl", "bench", "--team", "quant", "--label", "branch=it's main"].map(str::to_owned).to_vec(),
        ),
        client: fixture::client_info(),
        trace: TraceMode::Full,
        merged_from: Vec::new(),
        imported_from: None,
        rescored_from: None,
        judge: None,
        client_health: ClientHealth {
            scheduling_lag: Some(Lag { p50_ms: 0.021, p99_ms: 0.412, max_ms: 1.13 }),
            event_loop_delay: Some(Lag { p50_ms: 0.64, p99_ms: 1.21, max_ms: 2.05 }),
            coalesced_share: Some(0.0124),
            cpu_use: Some(0.11),
            ..fixture::client_health()
        },
        redacted: None,
        warnings: vec!["the prompt set is not calibrated: its difficulty is its author's guess".to_owned()],
        candidate,
        baseline,
        comparison,
        held_to: None,
        gates: Vec::new(),
        readings: if with_baseline { readings("arithmetic") } else { Vec::new() },
        phases: Vec::new(),
        rows,
        workload: None,
        question: None,
        levels: Vec::new(),
        findings: None,
    }
}

/// Losses at 4, 13 and 22 of thirty, gains at 8 and 17, both wrong at 26 and 29.
const fn verdicts(i: usize) -> (Verdict, Verdict) {
    match i % 30 {
        4 | 13 => (Verdict::Pass, Verdict::Wrong),
        22 => (Verdict::Pass, Verdict::Truncated),
        8 | 17 => (Verdict::NoAnswer, Verdict::Pass),
        26 | 29 => (Verdict::Wrong, Verdict::Wrong),
        _ => (Verdict::Pass, Verdict::Pass),
    }
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn row(i: usize, with_baseline: bool) -> Row {
    let (baseline, candidate) = verdicts(i);
    let category = CATEGORIES[i % 3];
    // A spread of a factor of three, with a slow one in a hundred.
    let spread = 1.0 + ((37 * i) % 101) as f64 / 50.0 + if i % 100 == 99 { 4.0 } else { 0.0 };
    Row {
        reference: None,
        key: PairKey { prompt_id: format!("{category}-{:03}", i + 1), repeat: 0, round: 0, level: 0 },
        category: category.to_owned(),
        family: None,
        scenario_id: "quant-quality".to_owned(),
        block: 0,
        candidate: Some(attempt(candidate, i, spread / 1.58)),
        baseline: with_baseline.then(|| attempt(baseline, i, spread)),
        ask: crate::model::workload::Ask::default(),
    }
}

fn attempt(verdict: Verdict, i: usize, slow: f64) -> Attempt {
    let right = 6 * (i as u64 + 1);
    let found = if verdict == Verdict::Pass { right } else { right - 1 };
    let answered = matches!(verdict, Verdict::Pass | Verdict::Wrong);
    let content = if answered {
        format!("Six times {} makes {found}: six tens first, then the rest.\n\nThe answer is {found}.", i + 1)
    } else {
        format!("Let us think about six times {} step by step. First", i + 1)
    };
    Attempt {
        exchange: Exchange {
            content,
            finish_reason: Some(if verdict == Verdict::Truncated { "length" } else { "stop" }.to_owned()),
            ..fixture::exchange()
        },
        metrics: RequestMetrics {
            ttft_ms: Some(40.0 * slow),
            ttfo_ms: Some(40.0 * slow),
            e2e_ms: Some(640.0 * slow),
            latency_from_schedule_ms: Some(640.0 * slow),
            tpot_ms: Some(20.0 * slow),
            max_stall_ms: Some(31.0 * slow),
            output_tokens: Some(31),
            output_tokens_source: None,
            output_tokens_per_s: Some(31.0 / 0.64 / slow),
        },
        judgement: Judgement {
            answer: answered.then(|| FoundAnswer {
                text: found.to_string(),
                source: AnswerSource::AnswerLine,
                start: None,
                end: None,
            }),
            checks: vec![CheckResult {
                check: "numeric".to_owned(),
                verdict,
                detail: if answered {
                    format!("expected {right}, found {found}")
                } else {
                    "no number found".to_owned()
                },
            }],
            ..Judgement::bare(verdict)
        },
    }
}

fn pass_rate<'a>(attempts: impl Iterator<Item = &'a Attempt>) -> PassRate {
    let judged: Vec<bool> = attempts.filter_map(|a| a.judgement.verdict.passed()).collect();
    let (passed, n) = (judged.iter().filter(|p| **p).count() as u64, judged.len() as u64);
    let rate = crate::model::units::ratio(passed, n);
    let wilson_95 = rate.map(|r| Interval { low: (r - 0.17).max(0.0), high: (r + 0.09).min(1.0) });
    PassRate { passed, judged: n, rate, wilson_95 }
}

fn distribution(attempts: &[&Attempt], metric: fn(&RequestMetrics) -> Option<f64>) -> Option<Distribution> {
    let mut values: Vec<f64> = attempts.iter().filter_map(|a| metric(&a.metrics)).collect();
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let at = |per_mille: usize| values[(n - 1) * per_mille / 1000];
    (n > 0).then(|| Distribution {
        n: n as u64,
        mean: at(500),
        standard_deviation: at(500) / 4.0,
        min: at(0),
        p50: at(500),
        p90: at(900),
        p95: at(950),
        p99: at(990),
        p99_9: at(999),
        max: at(1000),
    })
}

fn summary(attempts: &[&Attempt], speed: f64) -> SideSummary {
    let mut verdicts = BTreeMap::new();
    for attempt in attempts {
        *verdicts.entry(attempt.judgement.verdict).or_insert(0) += 1;
    }
    let n = attempts.len() as u64;
    let itl = distribution(attempts, |m| m.tpot_ms).map(|d| Distribution { n: 30 * n, ..d });
    SideSummary {
        attempted: n,
        outcomes: BTreeMap::from([(Outcome::Success, n)]),
        error_rate: Some(0.0),
        truncated_responses: verdicts.get(&Verdict::Truncated).copied().unwrap_or(0),
        verdicts,
        ttft_ms: distribution(attempts, |m| m.ttft_ms),
        ttfo_ms: distribution(attempts, |m| m.ttfo_ms),
        tpot_ms: distribution(attempts, |m| m.tpot_ms),
        itl_ms: itl,
        itl_inexact: 11,
        itl_from: None,
        max_stall_ms: distribution(attempts, |m| m.max_stall_ms),
        e2e_ms: distribution(attempts, |m| m.e2e_ms),
        latency_from_schedule_ms: distribution(attempts, |m| m.latency_from_schedule_ms),
        output_tokens: 31 * n,
        prompt_tokens: 58 * n,
        output_tokens_sources: BTreeMap::new(),
        token_chunks: 0,
        tokens_per_chunk: Some(1.0),
        single_token_responses: 0,
        throughput: Some(Throughput {
            request_throughput_per_s: 7.81 * speed,
            output_tokens_per_s: 242.0 * speed,
            correct_answers_per_s: Some(6.77 * speed),
            window_s: 3.4 / speed,
            windows: Vec::new(),
        }),
        throughput_absent_because: None,
        concurrency_mean: Some(9.4),
        concurrency_max: 10,
        measured_s: 4.1 / speed,
        histograms: BTreeMap::new(),
        goodput: None,
        queued_ms: None,
        retries: None,
        cached_tokens: None,
        groups: Vec::new(),
        ttft_from_schedule_ms: None,
    }
}

/// What a `detect` gate of 5 pp says.
pub(crate) fn gate(name: &str, verdict: GateVerdict, reason: &str) -> GateResult {
    GateResult {
        name: name.to_owned(),
        kind: GateKind::PassRate,
        category: None,
        mode: Some(GateMode::Detect),
        margin_pp: Some(5.0),
        alpha: Some(0.05),
        bound: None,
        verdict,
        reason: reason.to_owned(),
        pairs_to_decide: None,
        on_inconclusive: None,
    }
}

/// A reading of each verdict, `category` being one that lost.
fn readings(category: &str) -> Vec<Reading> {
    let reading = |topic: &str, verdict, expected: &str, evidence: &str, next: Option<&str>| Reading {
        id: topic.to_owned(),
        topic: topic.to_owned(),
        expected: expected.to_owned(),
        verdict,
        evidence: evidence.to_owned(),
        bound: None,
        value: None,
        interval: None,
        n: None,
        next: next.map(str::to_owned),
    };
    let rounds = Some("more rounds narrow it: `labctl bench --team quant --compare-baseline --rounds 5`");
    vec![
        reading(
            "P95 latency",
            ReadingVerdict::Met,
            "at least 20 % below the baseline's",
            "ratio 0.63 (95 % 0.60 to 0.67; n 250; 630 against 1000 ms)",
            None,
        ),
        reading(
            "Throughput",
            ReadingVerdict::NotApplicable,
            "at least 1.50 times the baseline's",
            "an interval takes 3 rounds (ratio 1.62)",
            rounds,
        ),
        reading(
            "Time to first token",
            ReadingVerdict::Unsettled,
            "no longer than the baseline's",
            "ratio 0.98 (95 % 0.90 to 1.07)",
            rounds,
        ),
        reading(
            "Categories",
            ReadingVerdict::Missed,
            "no loss shown, and one beyond 5 pp ruled out",
            &format!(
                "precision loss in {category}: \u{2212}12.0 pp (90 % \u{2212}21.6 to \u{2212}6.3 pp; n 50)"
            ),
            Some(&format!("6 losses to look at: `labctl check explain 01a2b3c4 {category}`")),
        ),
    ]
}
