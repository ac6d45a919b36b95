//! A result out of what was recorded. A live run and a recovered journal both come through here, so
//! that they can't differ in anything but what was lost.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::compare::comparable::stored_speed_void;
use crate::compare::{Noise, Options, compare, gate, pass_rates, reading};
use crate::load::plan::planned_as;
use crate::metrics::accumulate::Accumulator;
use crate::metrics::cost::figures;
use crate::metrics::goodput::From;
use crate::metrics::health::{Samples, client_health};
use crate::metrics::judging::judge_quality;
use crate::metrics::level::findings;
use crate::metrics::slo::outcomes;
use crate::metrics::summary::{Context, summarise};
use crate::model::comparison::Comparison;
use crate::model::header::{RunHeader, SideHeader};
use crate::model::judgement::JudgeInfo;
use crate::model::level::{LevelFindings, LevelQuestion, LevelResult};
use crate::model::record::{Row, Side};
use crate::model::result::{BlockTime, LoadInfo, PhaseTime, RunResult, RunStatus, SCHEMA_VERSION, SideInfo};
use crate::model::slo::SloOutcome;
use crate::model::summary::SideSummary;
use crate::model::team::{Cost, CostFigures};
use crate::model::trace::TraceMode;
use crate::results::traces::JournalTraces;

use super::soundness;

/// What a run left behind.
#[derive(Debug)]
pub struct Remains {
    /// What was known when it began.
    pub header: RunHeader,
    /// Every request that counts and ended, paired.
    pub rows: Vec<Row>,
    /// What came of each load, where there were several.
    pub levels: Vec<LevelResult>,
    /// Why no further load was put on, where the plan had some.
    pub stopped_because: Option<String>,
    /// What their traces came to; the records need none.
    pub traces: Accumulator,
    /// When each block ran; those that are missing are made of their requests.
    pub blocks: Vec<BlockTime>,
    /// When each phase began.
    pub phases: Vec<PhaseTime>,
    /// What was sampled of the client meanwhile.
    pub samples: Samples,
    /// Whether it got to its end.
    pub status: RunStatus,
    /// End, RFC 3339 in UTC.
    pub finished_at: String,
    /// What is already known to be wrong.
    pub warnings: Vec<String>,
    /// The model that scored the answers, where one was asked.
    pub judge: Option<JudgeInfo>,
    /// What an A/A run says of the prompts, where one is given.
    pub noise: Option<Noise>,
    /// Whether the sides are compared although the client is not to be trusted.
    pub accept_invalid_client: bool,
}

/// Computes everything that follows from the records.
#[must_use]
pub fn assemble(remains: Remains) -> RunResult {
    let Remains {
        header,
        rows,
        levels,
        stopped_because,
        traces,
        blocks,
        phases,
        samples,
        status,
        finished_at,
        mut warnings,
        judge,
        noise,
        accept_invalid_client,
    } = remains;
    let blocks = with_blocks_of(&rows, blocks);
    let info = |side, of: &SideHeader| {
        let context = context(&header.load, header.question.as_ref());
        let mut summary = summarise(&rows, &blocks, side, &context, traces.side(side));
        if !levels.is_empty() {
            // Rates and objectives are those of a load, and there were several.
            summary.throughput = None;
            summary.throughput_absent_because =
                Some("the load was not one but several: each level has its own".to_owned());
            summary.goodput = None;
        }
        let mut info = side_info(&rows, side, of, summary, header.seed);
        if levels.is_empty() {
            info.slos = held(header.question.as_ref(), &info);
        }
        info.cost = cost(&info, &rows, side, &header.config, &context);
        info
    };
    let candidate = info(Side::Candidate, &header.candidate);
    let baseline = header.baseline.as_ref().map(|of| info(Side::Baseline, of));
    let client_health = client_health(&rows, &traces, samples);
    let find = header.question.as_ref().and_then(|question| question.find.clone());
    let mut result = RunResult {
        schema_version: SCHEMA_VERSION,
        simulated: candidate.simulated
            || baseline.as_ref().is_some_and(|side| side.simulated)
            || judge.as_ref().is_some_and(|judge| judge.simulated),
        run_id: header.run_id,
        kind: header.kind,
        status,
        labels: header.labels,
        started_at: header.started_at,
        finished_at,
        team: header.team,
        prompt_set: header.prompt_set,
        workload: header.workload,
        load: header.load,
        question: header.question,
        sampling: header.sampling,
        seed: header.seed,
        config: header.config,
        command_line: header.command_line,
        client: header.client,
        trace: header.trace,
        merged_from: Vec::new(),
        imported_from: None,
        rescored_from: None,
        judge,
        client_health,
        warnings: Vec::new(),
        redacted: None,
        candidate,
        baseline,
        comparison: None,
        held_to: header.held_to,
        gates: Vec::new(),
        readings: Vec::new(),
        phases,
        blocks,
        rows,
        findings: (!levels.is_empty())
            .then(|| LevelFindings { stopped_because, ..findings(&levels, find.as_ref()) }),
        levels,
    };
    hold(&mut result, noise, accept_invalid_client);
    warnings.extend(soundness::warnings(&result));
    result.warnings = warnings;
    result
}

/// What of a run's load its summaries depend on.
pub(super) fn context<'a>(load: &LoadInfo, question: Option<&'a LevelQuestion>) -> Context<'a> {
    Context {
        concurrency: load.concurrency,
        slos: question.map_or(&[], |question| &question.slos),
        open_loop: load.profile.as_ref().is_some_and(|profile| profile.start.is_open()),
    }
}

/// How a side came out against the objectives.
pub(super) fn held(question: Option<&LevelQuestion>, side: &SideInfo) -> Vec<SloOutcome> {
    let overall = side.pass_rates.iter().find(|rate| rate.category.is_none());
    let pass_rate = overall.and_then(|rate| rate.pass_rate.rate);
    question.map_or_else(Vec::new, |question| outcomes(&question.slos, &side.summary, pass_rate))
}

/// Compares the two sides of a result, where it has two, beside what an A/A run says, holds it to its gates, and reads it as
/// its team would.
pub(super) fn hold(result: &mut RunResult, noise: Option<Noise>, accept_invalid_client: bool) {
    result.comparison = comparison(result, noise, accept_invalid_client);
    if let (None, Some(gates)) = (&result.comparison, &result.held_to) {
        result.gates = gate::of_run(gates, &result.rows, &result.candidate.summary);
    }
    result.readings = reading::of_result(result, accept_invalid_client);
}

/// What a side's answers cost, where the configuration has its endpoint's price.
pub(super) fn cost(
    info: &SideInfo,
    rows: &[Row],
    side: Side,
    config: &serde_json::Value,
    context: &Context<'_>,
) -> Option<CostFigures> {
    let price = config.get("endpoints")?.get(&info.endpoint)?.get("cost")?;
    let price: Cost = serde_json::from_value(price.clone()).ok()?;
    let attempts: Vec<_> = rows.iter().filter_map(|row| row.attempt(side)).collect();
    let from = if context.open_loop { From::Scheduled } else { From::Sent };
    Some(figures(&price, info.summary.throughput.as_ref(), context.slos, &attempts, from))
}

/// The two sides of a result compared; `None` where it has only one.
fn comparison(result: &RunResult, noise: Option<Noise>, accept_invalid_client: bool) -> Option<Comparison> {
    let (candidate, baseline) = (&result.candidate, result.baseline.as_ref()?);
    let mut invalid_because =
        soundness::not_comparable(candidate, baseline, &result.sampling, &result.config);
    if !accept_invalid_client {
        invalid_because.extend(soundness::not_trusted(&result.client_health));
    }
    let before = soundness::found_before(result);
    soundness::extend_by(&mut invalid_because, before);
    let speed_void_because = before.and_then(stored_speed_void).cloned();
    let gates = result.held_to.clone().unwrap_or_default();
    let options =
        Options { seed: result.seed, gates, invalid_because, noise, force: false, speed_void_because };
    Some(compare(&result.rows, &candidate.summary, &baseline.summary, &options))
}

/// The same of records whose chunks are in the journal at `path`, with what finds them there again where the
/// result is to have them. What is missing is a warning.
#[must_use]
pub fn assemble_with_journal(remains: Remains, path: &Path) -> (RunResult, Option<JournalTraces>) {
    let mut result = assemble(remains);
    if result.trace == TraceMode::Summary {
        return (result, None);
    }
    match JournalTraces::find(path, &result.rows) {
        Ok(traces) => {
            if traces.missing() > 0 {
                result.warnings.push(format!(
                    "the traces of {} requests are not kept, because the disk took no more or was too slow for the journal; their metrics are",
                    traces.missing()
                ));
            }
            (result, Some(traces))
        }
        Err(error) => {
            result.warnings.push(format!(
                "no traces are kept: the journal `{}` could not be read back: {error}",
                path.display()
            ));
            (result, None)
        }
    }
}

pub(super) fn side_info(
    rows: &[Row],
    side: Side,
    header: &SideHeader,
    summary: SideSummary,
    seed: u64,
) -> SideInfo {
    let exchanges = || rows.iter().filter_map(|row| row.attempt(side)).map(|attempt| &attempt.exchange);
    let asked: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row.attempt(side).is_some())
        .map(|row| row.ask.model.as_deref().unwrap_or(&header.model))
        .collect();
    let is_plain = asked.iter().all(|model| *model == header.model);
    let models: BTreeSet<_> = exchanges().filter_map(|e| e.served_model.clone()).collect();
    let fingerprints: BTreeSet<_> = exchanges().filter_map(|e| e.system_fingerprint.clone()).collect();
    SideInfo {
        endpoint: header.endpoint.clone(),
        url: header.url.clone(),
        model: header.model.clone(),
        simulated: header.simulated,
        server: header.server.clone(),
        dialect: header.dialect,
        asked_models: if is_plain { Vec::new() } else { asked.into_iter().map(str::to_owned).collect() },
        served_models: models.into_iter().collect(),
        system_fingerprints: fingerprints.into_iter().collect(),
        summary,
        pass_rates: pass_rates(rows, side),
        judge_quality: judge_quality(rows, side, seed),
        slos: Vec::new(),
        cost: None,
        measured_in: None,
    }
}

/// The blocks, those that are missing as far as their requests tell. When the load was at its level isn't known of
/// these, so there is no throughput.
pub(super) fn with_blocks_of(rows: &[Row], known: Vec<BlockTime>) -> Vec<BlockTime> {
    // A row of two sides has one number, though one of them may have gone on after an interruption.
    let ran: BTreeSet<(u32, Side)> =
        known.iter().map(|block| (planned_as(block.block), block.side)).collect();
    let mut missing: BTreeMap<(u32, Side), BlockTime> = BTreeMap::new();
    for row in rows {
        for side in [Side::Candidate, Side::Baseline] {
            let Some(attempt) = row.attempt(side) else { continue };
            if ran.contains(&(planned_as(row.block), side)) {
                continue;
            }
            let trace = &attempt.exchange.trace;
            let block = missing.entry((row.block, side)).or_insert(BlockTime {
                round: row.key.round,
                block: row.block,
                level: row.key.level,
                side,
                start_ns: trace.scheduled_ns,
                level_start_ns: None,
                level_end_ns: None,
                end_ns: trace.end_ns,
                not_counted: 0,
            });
            block.start_ns = block.start_ns.min(trace.scheduled_ns);
            block.end_ns = block.end_ns.max(trace.end_ns);
        }
    }
    known.into_iter().chain(missing.into_values()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::comparison::GateVerdict;
    use crate::model::gate::{Gates, PassRateGate};
    use crate::model::judgement::Verdict;
    use crate::results::fixtures::{header, record};
    use crate::results::rows::rows;

    fn assembled(delay_ms: f64, accept_invalid_client: bool) -> RunResult {
        let mut header = header("run-1");
        header.baseline = Some(header.candidate.clone());
        header.held_to = Some(Gates::of_pass_rate(PassRateGate::default()));
        let records = (0..20).flat_map(|n| {
            [Side::Candidate, Side::Baseline].map(|side| record(&format!("p{n}"), 0, side, Verdict::Pass))
        });
        let remains = Remains {
            header,
            rows: rows(records),
            levels: Vec::new(),
            stopped_because: None,
            traces: Accumulator::default(),
            blocks: Vec::new(),
            phases: Vec::new(),
            samples: Samples { event_loop_delay_ms: vec![delay_ms; 100], ..Samples::default() },
            status: RunStatus::Complete,
            finished_at: "2026-01-01T00:00:00Z".to_owned(),
            warnings: Vec::new(),
            judge: None,
            noise: None,
            accept_invalid_client,
        };
        assemble(remains)
    }

    #[test]
    fn what_was_sent_twice_is_told() {
        let mut result = assembled(1.0, false);
        assert_eq!(result.warnings, [""; 0]);
        result.rows[3].baseline.as_mut().unwrap().exchange.resent = true;
        let warnings = soundness::warnings(&result);
        assert!(warnings[0].starts_with("1 of 20 requests to the baseline were sent twice"), "{warnings:?}");
    }

    /// As where a run is gone on with without the baseline that it was planned with.
    #[test]
    fn gates_that_need_a_baseline_are_invalid_without_one_and_the_others_stay() {
        let mut result = assembled(1.0, false);
        result.baseline = None;
        let gates = result.held_to.get_or_insert_default();
        gates.floors.insert("overall".to_owned(), 0.5);
        hold(&mut result, None, false);
        let told: Vec<_> = result.gates.iter().map(|gate| (gate.name.as_str(), gate.verdict)).collect();
        assert_eq!(told, [("pass_rate overall", GateVerdict::Invalid), ("floor overall", GateVerdict::Pass)]);
    }

    #[test]
    fn no_gate_passes_on_what_a_client_says_that_is_not_to_be_trusted() {
        let verdict = |delay_ms, accept| assembled(delay_ms, accept).comparison.unwrap().gates[0].verdict;
        assert_eq!(verdict(1.0, false), GateVerdict::Pass);
        assert_eq!(verdict(900.0, false), GateVerdict::Invalid);
        assert_eq!(verdict(900.0, true), GateVerdict::Pass);
    }
}
