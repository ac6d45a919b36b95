//! A run through its phases: connecting, model loading, warm-up, execution, cleanup, done.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::check::Judge;
use crate::client::any_transport::AnyTransport;
use crate::client::clock::Clock;
use crate::client::exchange::Client;
use crate::client::transport::Transport as _;
use crate::load::bus::Bus;
use crate::load::crew::Crew;
use crate::load::engine::{Engine, EngineError, Judged, Lane};
use crate::load::plan::{Block, Item, blocks};
use crate::model::calibration::Calibration;
use crate::model::event::{LogLevel, Phase, RunEvent};
use crate::model::header::RunHeader;
use crate::model::outcome::Outcome;
use crate::model::prompt::PromptSet;
use crate::model::record::Side;
use crate::model::result::{ClientInfo, PhaseTime, PromptSetInfo, RunResult, RunStatus, SCHEMA_VERSION};
use crate::results::calibration;
use crate::results::error::{JournalError, StoreError};
use crate::results::journal::{JournalReport, JournalWriter, subscriber};
use crate::results::store::Store;

use super::assemble::{Remains, assemble_with_journal};
use super::limits::{TooManyFiles, allow_connections};
use super::machine::machine;
use super::plan::{BenchPlan, SideSpec};
use super::side::{Reached, SideError, reach};

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The results directory can't be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal can't be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// More connections than the system allows.
    #[error(transparent)]
    TooManyFiles(#[from] TooManyFiles),
    /// An endpoint can't be used.
    #[error(transparent)]
    Side(#[from] SideError),
    /// A prompt's checks are not valid.
    #[error("prompt `{prompt_id}`: {why}")]
    Check {
        /// The prompt.
        prompt_id: String,
        /// What is wrong.
        why: String,
    },
    /// No warm-up request to a side succeeded.
    #[error("every warm-up request to endpoint `{endpoint}` at `{url}` failed with {outcome}: {message}")]
    WarmUp {
        /// The endpoint.
        endpoint: String,
        /// Its URL, masked.
        url: String,
        /// How the first one ended.
        outcome: Outcome,
        /// What was said.
        message: String,
    },
    /// Interrupted before anything was measured.
    #[error("interrupted before anything was measured")]
    Interrupted,
    /// labctl's own failure.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A thread couldn't be started, or died.
    #[error("{0}")]
    Thread(String),
}

/// A finished run.
#[derive(Debug)]
pub struct Finished {
    /// The result, complete even where it couldn't be written.
    pub result: RunResult,
    /// Where it was written, or why it wasn't; the journal then still holds everything.
    pub written: Result<PathBuf, StoreError>,
    /// What the journal held, and why it stopped where it did.
    pub journal: JournalReport,
}

/// Runs a plan. `cancel` ends it early, keeping what was measured.
pub async fn run(
    plan: BenchPlan,
    bus: &Bus,
    clock: Clock,
    cancel: CancellationToken,
) -> Result<Finished, RunError> {
    let started_at = jiff::Timestamp::now().to_string();
    let store = Store::new(&plan.results_dir);
    store.check_writable()?;
    let simulated_sides =
        plan.sides().iter().filter(|(_, spec)| spec.endpoint.simulator.is_some()).count() as u64;
    allow_connections(u64::from(plan.concurrency), plan.sides().len() as u64 + simulated_sides)?;
    let prompts = Arc::new(judged(&plan.prompt_set)?);
    let blocks = blocks(&plan.shape());
    let mut phases = Vec::new();

    let mut connect = Connect { plan: &plan, bus, clock, cancel: &cancel, phases: &mut phases };
    let candidate = connect.side(Side::Candidate, &plan.candidate).await?;
    let baseline = match &plan.baseline {
        Some(spec) => Some(connect.side(Side::Baseline, spec).await?),
        None => None,
    };
    let sides = Sides { candidate, baseline };

    let header = header(&plan, &sides, clock, started_at);
    let writer = JournalWriter::create(store.dir(), &header)?;
    // The journal's queue closes with the last clone of this bus, which is how it learns of the end.
    let mut journaled = bus.clone();
    let journal =
        subscriber(writer, journaled.subscribe_lossless()).map_err(|e| RunError::Thread(e.to_string()))?;
    let engine = Engine {
        prompts,
        lanes: sides.iter().map(|(side, reached)| (side, lane(reached, &plan, &blocks, clock))).collect(),
        concurrency: plan.concurrency,
        crew: Crew::for_streams(plan.concurrency).map_err(|e| RunError::Thread(e.to_string()))?,
        clock,
        bus: journaled.clone(),
        cancel: cancel.clone(),
    };
    let warmed = warm_up(&engine, &plan, &sides, &blocks, &mut phases).await;
    let execution = match warmed {
        Ok(()) => {
            let data = json_map(json!({"total_requests": plan.shape().total(), "workload_type": "single"}));
            enter(&journaled, &mut phases, clock, Phase::Execution, None, data);
            engine.execute(&blocks).await.map_err(RunError::from)
        }
        Err(error) => Err(error),
    };
    enter(&journaled, &mut phases, clock, Phase::Cleanup, None, Map::new());
    drop(engine);
    drop(sides);
    drop(journaled);
    let writer =
        tokio::task::spawn_blocking(move || journal.join()).await.ok().and_then(Result::ok).ok_or_else(
            || RunError::Thread("the thread that writes the journal stopped unexpectedly".into()),
        )?;
    let execution = match execution {
        Ok(execution) => execution,
        Err(error) => {
            // Nothing was measured, so there is nothing to recover.
            if !matches!(error, RunError::Engine(_)) {
                let _left_behind = writer.finish();
            }
            return Err(error);
        }
    };

    let mut warnings = Vec::new();
    let journal = writer.report();
    if let Some(error) = &journal.error {
        bus.log(LogLevel::Warning, error.clone());
        warnings.push(error.clone());
    }
    phases.push(PhaseTime { phase: Phase::Done, at_ns: clock.now(), side: None });
    let remains = Remains {
        header,
        records: execution.records.into_iter().map(Arc::unwrap_or_clone).collect(),
        traces: execution.traces,
        blocks: Some(execution.blocks),
        phases,
        samples: execution.samples,
        status: if cancel.is_cancelled() { RunStatus::Interrupted } else { RunStatus::Complete },
        finished_at: jiff::Timestamp::now().to_string(),
        warnings,
        accept_invalid_client: plan.accept_invalid_client,
    };
    let (mut result, traces) = assemble_with_journal(remains, plan.gates.clone(), writer.path());
    let written = store.write_with(&result, traces.as_ref()).map_err(|error| match &journal.error {
        // It is not all in the journal then.
        Some(_) => error.without_journal(),
        None => error,
    });
    if let Ok(path) = &written {
        if let Err(error) = writer.finish() {
            result.warnings.push(error.to_string());
        }
        let data = json_map(json!({"result_path": path}));
        bus.phase(Phase::Done, None, data);
    }
    for side in [Side::Candidate, Side::Baseline] {
        if let Some(info) = result.side(side) {
            bus.emit(RunEvent::Summary { side, summary: Arc::new(info.summary.clone()) });
        }
    }
    Ok(Finished { result, written, journal })
}

/// The endpoints of a run, reached.
struct Sides {
    candidate: Reached,
    baseline: Option<Reached>,
}

impl Sides {
    fn iter(&self) -> impl Iterator<Item = (Side, &Reached)> {
        let baseline = self.baseline.as_ref().map(|reached| (Side::Baseline, reached));
        std::iter::once((Side::Candidate, &self.candidate)).chain(baseline)
    }
}

struct Connect<'a> {
    plan: &'a BenchPlan,
    bus: &'a Bus,
    clock: Clock,
    cancel: &'a CancellationToken,
    phases: &'a mut Vec<PhaseTime>,
}

impl Connect<'_> {
    async fn side(&mut self, side: Side, spec: &SideSpec) -> Result<Reached, RunError> {
        for phase in [Phase::Connecting, Phase::ModelLoading] {
            let data = json_map(json!({"endpoint": spec.name, "model": spec.endpoint.model}));
            enter(self.bus, self.phases, self.clock, phase, Some(side), data);
        }
        let known_sets = Arc::new(vec![self.plan.prompt_set.clone()]);
        tokio::select! {
            reached = reach(spec, self.clock, self.plan.seed, known_sets) => Ok(reached?),
            () = self.cancel.cancelled() => Err(RunError::Interrupted),
        }
    }
}

fn enter(
    bus: &Bus,
    phases: &mut Vec<PhaseTime>,
    clock: Clock,
    phase: Phase,
    side: Option<Side>,
    data: Map<String, serde_json::Value>,
) {
    phases.push(PhaseTime { phase, at_ns: clock.now(), side });
    bus.phase(phase, side, data);
}

fn json_map(value: serde_json::Value) -> Map<String, serde_json::Value> {
    match value {
        serde_json::Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn judged(set: &PromptSet) -> Result<Vec<Judged>, RunError> {
    set.prompts
        .iter()
        .map(|prompt| {
            let judge = Judge::new(prompt)
                .map_err(|error| RunError::Check { prompt_id: prompt.id.clone(), why: error.to_string() })?;
            let scenario_id = prompt.scenario_id.clone().unwrap_or_else(|| set.manifest.name.clone());
            Ok(Judged { prompt: prompt.clone(), judge, scenario_id })
        })
        .collect()
}

/// A side's requests, serialized once.
fn lane(reached: &Reached, plan: &BenchPlan, blocks: &[Block], clock: Clock) -> Lane<Client<AnyTransport>> {
    let form = reached.form();
    let mut bodies = HashMap::new();
    for item in blocks.iter().flat_map(|block| &block.items) {
        if let Some(prompt) = plan.prompt_set.prompts.get(item.prompt) {
            bodies.entry(*item).or_insert_with(|| form.body(prompt, &plan.sampling, item.repeat));
        }
    }
    Lane { target: Arc::new(reached.client(clock)), path: form.path(), bodies }
}

/// Warms every side up. A side where nothing works at all is not worth measuring.
async fn warm_up(
    engine: &Engine<Client<AnyTransport>>,
    plan: &BenchPlan,
    sides: &Sides,
    blocks: &[Block],
    phases: &mut Vec<PhaseTime>,
) -> Result<(), RunError> {
    let planned: Vec<Item> = blocks.iter().flat_map(|block| block.items.iter().copied()).collect();
    let items: Vec<Item> = planned.iter().copied().cycle().take(plan.warmup() as usize).collect();
    for (side, reached) in sides.iter() {
        let data = json_map(json!({"total_requests": items.len()}));
        enter(&engine.bus, phases, engine.clock, Phase::Warmup, Some(side), data);
        let exchanges = engine.warm_up(side, &items).await;
        if engine.cancel.is_cancelled() {
            return Err(RunError::Interrupted);
        }
        let answered = |outcome: Outcome| matches!(outcome, Outcome::Success | Outcome::Empty);
        if let Some(first) = exchanges.first()
            && !exchanges.iter().any(|exchange| answered(exchange.outcome))
        {
            return Err(RunError::WarmUp {
                endpoint: reached.header.endpoint.clone(),
                url: reached.header.url.clone(),
                outcome: first.outcome,
                message: first.error.clone().unwrap_or_default(),
            });
        }
    }
    Ok(())
}

/// What is known of this machine's own errors. A file that can't be read is `labctl doctor`'s to tell of.
fn calibration(plan: &BenchPlan, transport: &str) -> Option<Calibration> {
    let all = calibration::load(plan.state_dir.as_deref()?).ok()?;
    calibration::find(&all, &machine(), transport, env!("CARGO_PKG_VERSION")).cloned()
}

fn header(plan: &BenchPlan, sides: &Sides, clock: Clock, started_at: String) -> RunHeader {
    let manifest = &plan.prompt_set.manifest;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    RunHeader {
        schema_version: SCHEMA_VERSION,
        run_id: Uuid::now_v7().to_string(),
        kind: plan.kind,
        labels: plan.labels.clone(),
        started_at,
        team: plan.team.clone(),
        prompt_set: PromptSetInfo {
            name: manifest.name.clone(),
            version: manifest.version,
            sha256: manifest.sha256.clone(),
            categories: manifest.categories.clone(),
            calibrated: manifest.calibrated,
            origin: plan.prompt_set.origin.clone(),
        },
        load: plan.load_info(),
        sampling: plan.sampling.clone(),
        seed: plan.seed,
        config: plan.config.clone(),
        client: ClientInfo {
            labctl_version: env!("CARGO_PKG_VERSION").to_owned(),
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            cores: u32::try_from(cores).unwrap_or(u32::MAX),
            transport: sides.candidate.transport.name().to_owned(),
            monotonic_origin_ns: clock.monotonic_origin_ns(),
            calibration: calibration(plan, sides.candidate.transport.name()),
        },
        trace: plan.trace,
        candidate: sides.candidate.header.clone(),
        baseline: sides.baseline.as_ref().map(|reached| reached.header.clone()),
        workload: None,
        question: None,
    }
}
