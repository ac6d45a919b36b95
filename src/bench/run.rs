//! A run through its phases: connecting, model loading, warm-up, execution, cleanup, done.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, json};
use tokio_util::sync::CancellationToken;

use crate::check::Judge;
use crate::client::any_transport::AnyTransport;
use crate::client::clock::Clock;
use crate::client::exchange::Client;
use crate::load::budget::Budget;
use crate::load::bus::Bus;
use crate::load::crew::Crew;
use crate::load::engine::{Engine, EngineError, Judged, Lane, Limits};
use crate::load::plan::Shape;
use crate::model::event::{LogLevel, Phase, RunEvent};
use crate::model::header::RunHeader;
use crate::model::outcome::Outcome;
use crate::model::record::Side;
use crate::model::result::{PhaseTime, RunResult, RunStatus};
use crate::results::error::{JournalError, StoreError};
use crate::results::journal::{JournalReport, JournalWriter, subscriber};
use crate::results::store::Store;
use crate::workload::{WorkPrompt, Workload};

use super::against::{Joining, join};
use super::assemble::{Remains, assemble_with_journal};
use super::bodies::SideBodies;
use super::course::Course;
use super::head::{cannot_lengthen, header};
use super::late::{Checked, Surroundings};
use super::levels::shape_at;
use super::limits::{TooManyFiles, allow_connections};
use super::plan::{BenchPlan, SideSpec};
use super::references::ask_after_load;
use super::resume::{Earlier, Past, ResumeError};
use super::side::{Reached, SideError, reach};
use super::soundness::{gone_on_with, stopped_early};
use super::warm_up::warm_up;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The results directory can't be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal can't be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The run can't be gone on with.
    #[error(transparent)]
    Resume(#[from] ResumeError),
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

/// Runs a plan, or what an `earlier` process left of it; the clock then goes on from where that one stopped. `cancel`
/// ends it early, keeping what was measured.
pub async fn run(
    plan: BenchPlan,
    earlier: Option<Earlier>,
    bus: &Bus,
    clock: Clock,
    cancel: CancellationToken,
) -> Result<Finished, RunError> {
    let started_at = jiff::Timestamp::now().to_string();
    let store = Store::new(&plan.results_dir);
    store.check_writable()?;
    let simulated_sides =
        plan.sides().iter().filter(|(_, spec)| spec.endpoint.simulator.is_some()).count() as u64;
    allow_connections(u64::from(plan.most_in_flight()), plan.sides().len() as u64 + simulated_sides)?;
    let workload = Arc::new(plan.workload());
    let prompts = Arc::new(judged(&workload, &plan)?);
    let mut phases = Vec::new();

    let connect = Connect { plan: &plan, bus, clock, cancel: &cancel, phases: &mut phases };
    let sides = connect.sides().await?;

    let header = header(&plan, &workload, (&sides.candidate, sides.baseline.as_ref()), clock, started_at);
    let shape = plan.shape(&workload);
    let mut warnings = workload.warnings.clone();
    warnings.extend(cannot_lengthen(&workload, sides.iter()));
    let is_resumed = earlier.is_some();
    let (header, writer, mut past) = journal_of(earlier, header, &plan, &workload, &shape, &store)?;
    warnings.extend(is_resumed.then(|| gone_on_with(&past)));
    let mut phases: Vec<PhaseTime> = std::mem::take(&mut past.phases).into_iter().chain(phases).collect();
    // The journal's queue closes with the last clone of this bus, which is how it learns of the end.
    let mut journaled = bus.clone();
    let journal =
        subscriber(writer, journaled.subscribe_lossless()).map_err(|e| RunError::Thread(e.to_string()))?;
    let bodies: BTreeMap<Side, Arc<SideBodies>> = sides
        .iter()
        .map(|(side, reached)| (side, Arc::new(SideBodies::new(reached, &plan.sampling, workload.clone()))))
        .collect();
    let checked = Checked::new(prompts.iter().map(|judged| (&judged.prompt, &judged.judge)));
    let engine = Engine {
        prompts: prompts.clone(),
        lanes: sides.iter().map(|(side, reached)| (side, lane(reached, &bodies[&side], clock))).collect(),
        crew: Crew::for_streams(plan.most_in_flight()).map_err(|e| RunError::Thread(e.to_string()))?,
        clock,
        bus: journaled.clone(),
        limits: limits(&plan, past.spent),
        seed: plan.seed,
        cancel: cancel.clone(),
    };
    let warmed = warm_up(&engine, &plan, &workload, &sides.iter().collect::<Vec<_>>(), &mut phases).await;
    let execution = match warmed {
        Ok(()) => {
            let course = Course {
                engine: &engine,
                shape,
                past,
                profile: &plan.profile,
                sweep: plan.sweep.as_ref(),
                find: plan.find.as_ref(),
                slos: &plan.slos,
                connections: plan.concurrency,
                recorded: workload.starts_s.as_deref().unwrap_or_default(),
                workload_type: plan.workload_type(),
                late: &|row| checked.judge_late(row),
                prepare: &|blocks| bodies.values().for_each(|side| side.prepare(blocks)),
                phases: &mut phases,
            };
            course.run().await.map_err(RunError::from)
        }
        Err(error) => Err(error),
    };
    let budget = engine.limits.budget.clone();
    enter(&journaled, &mut phases, clock, Phase::Cleanup, None, Map::new());
    drop(engine);
    drop(journaled);
    let writer =
        tokio::task::spawn_blocking(move || journal.join()).await.ok().and_then(Result::ok).ok_or_else(
            || RunError::Thread("the thread that writes the journal stopped unexpectedly".into()),
        )?;
    let mut ran = match execution {
        Ok(ran) => ran,
        Err(error) => {
            // Nothing was measured, so there is nothing to recover.
            if !matches!(error, RunError::Engine(_)) && !is_resumed {
                let _left_behind = writer.finish();
            }
            return Err(error);
        }
    };

    let around = Surroundings::of(&plan, clock, bus, &cancel);
    let (judge, told) = ask_after_load(&plan, sides.iter(), &mut ran.rows, &checked, &around).await;
    warnings.extend(told);
    warnings.extend(budget.as_deref().and_then(|budget| stopped_early(budget, &plan)));
    phases.push(PhaseTime { phase: Phase::Done, at_ns: clock.now(), side: None, level: None });
    let remains = Remains {
        header,
        rows: ran.rows,
        levels: ran.levels,
        stopped_because: ran.stopped_because,
        traces: ran.traces,
        blocks: ran.blocks,
        phases,
        samples: ran.samples,
        status: if cancel.is_cancelled() { RunStatus::Interrupted } else { RunStatus::Complete },
        finished_at: jiff::Timestamp::now().to_string(),
        warnings,
        judge,
        noise: plan.noise.clone(),
        accept_invalid_client: plan.accept_invalid_client,
    };
    Ok(conclude(remains, writer, &plan, &store, bus))
}

/// Makes the result and writes it.
fn conclude(
    mut remains: Remains,
    writer: JournalWriter,
    plan: &BenchPlan,
    store: &Store,
    bus: &Bus,
) -> Finished {
    let journal = writer.report();
    // Who goes on with a run may hold it to other gates.
    if !plan.gates.is_empty() {
        remains.header.held_to = Some(plan.gates.clone());
    }
    if let Some(error) = &journal.error {
        bus.log(LogLevel::Warning, error.clone());
        remains.warnings.push(error.clone());
    }
    let (mut result, traces) = assemble_with_journal(remains, writer.path());
    if let Some(against) = &plan.against {
        let accept_invalid_client = plan.accept_invalid_client;
        let noise = plan.noise.clone();
        join(&mut result, against, Joining { noise, accept_invalid_client, ..Joining::default() });
    }
    let written = store.write_with(&result, traces.as_ref()).map_err(|error| match &journal.error {
        // It is not all in the journal then.
        Some(_) => error.without_journal(),
        None => error,
    });
    if let Ok(path) = &written {
        // Who was interrupted may want to go on.
        if result.status != RunStatus::Interrupted
            && let Err(error) = writer.finish()
        {
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
    Finished { result, written, journal }
}

/// The journal that the run is to be written to: a new one, or that of the process that was interrupted, with the
/// header that it began with.
fn journal_of(
    earlier: Option<Earlier>,
    header: RunHeader,
    plan: &BenchPlan,
    workload: &Workload,
    shape: &Shape,
    store: &Store,
) -> Result<(RunHeader, JournalWriter, Past), RunError> {
    let Some(earlier) = earlier else {
        let writer = JournalWriter::create(store.dir(), &header)?;
        return Ok((header, writer, Past::default()));
    };
    earlier.check(&header)?;
    let then = earlier.header.clone();
    let is_unplanned = shape_at(shape, 0, &plan.profile).endless && !plan.profile.start.is_open();
    let (writer, past) = earlier.go_on(workload, shape, is_unplanned)?;
    Ok((then, writer, past))
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
    /// Reaches every side.
    async fn sides(mut self) -> Result<Sides, RunError> {
        let plan = self.plan;
        let candidate = self.side(Side::Candidate, &plan.candidate).await?;
        let baseline = match &plan.baseline {
            Some(spec) => Some(self.side(Side::Baseline, spec).await?),
            None => None,
        };
        Ok(Sides { candidate, baseline })
    }

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

pub(super) fn enter(
    bus: &Bus,
    phases: &mut Vec<PhaseTime>,
    clock: Clock,
    phase: Phase,
    side: Option<Side>,
    data: Map<String, serde_json::Value>,
) {
    phases.push(PhaseTime { phase, at_ns: clock.now(), side, level: None });
    bus.phase(phase, side, data);
}

pub(super) fn json_map(value: serde_json::Value) -> Map<String, serde_json::Value> {
    match value {
        serde_json::Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The prompts with their checks compiled. A prompt without any is sent for its speed alone.
fn judged(workload: &Workload, plan: &BenchPlan) -> Result<Vec<Judged>, RunError> {
    let has_next_turn = |position: usize| {
        workload.prompts.get(position + 1).is_some_and(|next| next.ask.turn.is_some_and(|turn| turn > 0))
    };
    let judged = |(position, work): (usize, &WorkPrompt)| {
        let mut prompt = work.prompt.clone();
        let judge = if prompt.checks.is_empty() {
            Judge::of_nothing()
        } else {
            Judge::new(&prompt)
                .map_err(|error| RunError::Check { prompt_id: prompt.id.clone(), why: error.to_string() })?
        };
        // What is really asked for, which is what may be used.
        prompt.max_tokens = plan.sampling.max_tokens.unwrap_or(prompt.max_tokens);
        let scenario_id = prompt.scenario_id.clone().unwrap_or_else(|| plan.prompt_set.manifest.name.clone());
        Ok(Judged {
            prompt,
            judge,
            scenario_id,
            ask: work.ask.clone(),
            think_s: work.think_s,
            has_next_turn: has_next_turn(position),
        })
    };
    workload.prompts.iter().enumerate().map(judged).collect()
}

fn lane(reached: &Reached, bodies: &Arc<SideBodies>, clock: Clock) -> Lane<Client<AnyTransport>> {
    let target = Arc::new(reached.client(clock));
    Lane { target, path: reached.form().path(), bodies: bodies.clone() }
}

fn limits(plan: &BenchPlan, spent: u64) -> Limits {
    Limits {
        retry: Arc::new(plan.retry.clone()),
        budget: plan.max_output_tokens_total.map(|most| Arc::new(Budget::new(most, spent))),
    }
}
