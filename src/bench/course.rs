//! The measured part of a run: one load, or one after the other.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::load::engine::{Engine, EngineError, Load};
use crate::load::plan::{Block, Shape, blocks};
use crate::load::target::Target;
use crate::metrics::accumulate::Accumulator;
use crate::metrics::health::Samples;
use crate::metrics::summary::Context;
use crate::model::event::Phase;
use crate::model::level::LevelResult;
use crate::model::load::{Find, LoadProfile, Sweep};
use crate::model::record::{Row, Side};
use crate::model::result::{BlockTime, PhaseTime};
use crate::model::slo::Slo;
use crate::results::rows::rows;

use super::assemble::with_blocks_of;
use super::level_result::{Level, cut_short, level_result};
use super::levels::{Levels, Next, at_level, shape_at};
use super::resume::Past;

/// What it takes to run the loads of a plan.
pub struct Course<'a, T> {
    /// Sends the requests.
    pub engine: &'a Engine<T>,
    /// What all loads have in common: what is sent, and on which sides.
    pub shape: Shape,
    /// How the load is put on.
    pub profile: &'a LoadProfile,
    /// Several loads in place of the profile's own.
    pub sweep: Option<&'a Sweep>,
    /// A search in place of a sweep.
    pub find: Option<&'a Find>,
    /// What requests and levels must keep to.
    pub slos: &'a [Slo],
    /// Connections opened before each block where the profile doesn't say how many are needed.
    pub connections: u32,
    /// When each start of a recorded trace is due, seconds.
    pub recorded: &'a [f64],
    /// The kind of load, in one word.
    pub workload_type: &'static str,
    /// Called with the blocks of each load before it begins.
    pub prepare: &'a (dyn Fn(&[Block]) + Sync),
    /// Judges a row anew where its checks need both sides' answers.
    pub late: &'a (dyn Fn(&mut Row) + Sync),
    /// What an earlier process has sent of this plan.
    pub past: Past,
    /// Where the beginning of each load is noted.
    pub phases: &'a mut Vec<PhaseTime>,
}

/// What all loads brought together.
#[derive(Debug, Default)]
pub struct Ran {
    /// Every request that counts and ended, paired.
    pub rows: Vec<Row>,
    /// What their traces come to.
    pub traces: Accumulator,
    /// When each block ran.
    pub blocks: Vec<BlockTime>,
    /// What came of each load, where there were several.
    pub levels: Vec<LevelResult>,
    /// Why no further load was put on, where the plan had some.
    pub stopped_because: Option<String>,
    /// What was sampled of the client meanwhile.
    pub samples: Samples,
}

impl<T: Target> Course<'_, T> {
    /// Runs them.
    pub async fn run(mut self) -> Result<Ran, EngineError> {
        let engine = self.engine;
        let session = engine.begin()?;
        let mut levels = Levels::new(self.sweep, self.find);
        let mut ran = Ran::default();
        let mut first_block = 0;
        while let Some(next) = levels.next(&ran.levels) {
            let next = match next {
                Next::Level(load) => Next::Level(self.past.load_of(load)),
                Next::Only => next,
            };
            let (number, profile) = match next {
                Next::Only => (0, self.profile.clone()),
                Next::Level(load) => (load.level, at_level(self.profile, load)),
            };
            let shape = shape_at(&self.shape, number, &profile);
            let planned = blocks(&shape, first_block);
            first_block += u32::try_from(planned.len()).unwrap_or(u32::MAX);
            let past = self.past.take(number);
            let blocks = self.past.left_of(planned, &past.blocks);
            (self.prepare)(&blocks);
            let counted = !shape.endless && !profile.start.is_open() && profile.duration_s.is_none();
            self.enter(next, counted.then(|| shape.total()), levels.total());
            let load = Load {
                profile: &profile,
                connections: profile.start.most_in_flight().unwrap_or(self.connections),
                recorded: self.recorded,
                blocks: &blocks,
            };
            let mut execution = session.run(load).await?;
            let sent = execution.records.into_iter().map(Arc::unwrap_or_clone);
            let mut rows = rows(past.records.into_iter().chain(sent));
            rows.iter_mut().for_each(self.late);
            // Of what was interrupted before, when it ran is known of its requests alone.
            execution.blocks =
                with_blocks_of(&rows, past.blocks.into_iter().chain(execution.blocks).collect());
            execution.traces.merge(&past.traces);
            if let Next::Level(load) = next {
                let level = Level {
                    load,
                    context: context(&profile, self.slos),
                    rows: &rows,
                    blocks: &execution.blocks,
                    traces: &execution.traces,
                    has_baseline: self.shape.sides.contains(&Side::Baseline),
                    seed: self.shape.seed,
                };
                let result = level_result(level, &ran.levels);
                ran.levels.push(if session.is_over() { cut_short(result) } else { result });
            }
            ran.rows.extend(rows);
            ran.traces.merge(&execution.traces);
            ran.blocks.extend(execution.blocks);
            if session.is_over() {
                break;
            }
        }
        ran.rows.sort_by(|a, b| a.key.cmp(&b.key));
        ran.stopped_because = levels.stopped_because(&ran.levels);
        ran.samples = session.end().await;
        Ok(ran)
    }

    /// Says which load begins.
    fn enter(&mut self, next: Next, requests: Option<u64>, levels: Option<usize>) {
        let (bus, at_ns) = (&self.engine.bus, self.engine.clock.now());
        let data = json!({"total_requests": requests, "workload_type": self.workload_type});
        let Value::Object(mut data) = data else { return };
        match next {
            Next::Only => {
                self.phases.push(PhaseTime { phase: Phase::Execution, at_ns, side: None, level: None });
                bus.phase(Phase::Execution, None, data);
            }
            Next::Level(load) => {
                data.insert("iteration".to_owned(), (load.level + 1).into());
                data.insert("total".to_owned(), levels.into());
                data.insert("params".to_owned(), json!({load.axis.name(): load.value}));
                let phase = Phase::SweepIteration;
                self.phases.push(PhaseTime { phase, at_ns, side: None, level: Some(load) });
                bus.level(load, data);
            }
        }
    }
}

/// What of a load its summaries depend on.
pub(super) fn context<'a>(profile: &LoadProfile, slos: &'a [Slo]) -> Context<'a> {
    Context {
        concurrency: profile.start.most_in_flight().unwrap_or(1),
        slos,
        open_loop: profile.start.is_open(),
    }
}
