//! The measured part of a run: one load, or one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::client::any_transport::AnyTransport;
use crate::client::exchange::Client;
use crate::load::engine::{Engine, Load};
use crate::load::plan::blocks;
use crate::metrics::accumulate::Accumulator;
use crate::metrics::health::Samples;
use crate::metrics::summary::Context;
use crate::model::event::Phase;
use crate::model::level::{LevelQuestion, LevelResult};
use crate::model::load::LoadProfile;
use crate::model::record::{Row, Side};
use crate::model::result::{BlockTime, PhaseTime};
use crate::results::rows::rows;
use crate::workload::Workload;

use super::bodies::SideBodies;
use super::level_result::{Level, level_result};
use super::levels::{Levels, Next, at_level};
use super::plan::BenchPlan;
use super::run::RunError;

/// What it takes to run the loads of a plan.
pub(super) struct Course<'a> {
    pub(super) engine: &'a Engine<Client<AnyTransport>>,
    pub(super) plan: &'a BenchPlan,
    pub(super) workload: &'a Workload,
    pub(super) bodies: &'a BTreeMap<Side, Arc<SideBodies>>,
    pub(super) question: Option<&'a LevelQuestion>,
    pub(super) phases: &'a mut Vec<PhaseTime>,
}

/// What all loads brought together.
#[derive(Debug, Default)]
pub(super) struct Ran {
    pub(super) rows: Vec<Row>,
    pub(super) traces: Accumulator,
    pub(super) blocks: Vec<BlockTime>,
    pub(super) levels: Vec<LevelResult>,
    pub(super) stopped_because: Option<String>,
    pub(super) samples: Samples,
}

impl Course<'_> {
    /// Runs them.
    pub(super) async fn run(&mut self) -> Result<Ran, RunError> {
        let Self { engine, plan, workload, .. } = *self;
        let session = engine.begin()?;
        let mut levels = Levels::new(plan.sweep.as_ref(), plan.find.as_ref());
        let mut ran = Ran::default();
        let mut first_block = 0;
        while let Some(next) = levels.next(&ran.levels) {
            let (number, profile) = match next {
                Next::Only => (0, plan.profile.clone()),
                Next::Level(load) => (load.level, at_level(&plan.profile, load)),
            };
            let shape = plan.shape(workload, number, &profile);
            let blocks = blocks(&shape, first_block);
            first_block += u32::try_from(blocks.len()).unwrap_or(u32::MAX);
            for side in self.bodies.values() {
                side.prepare(&blocks);
            }
            let counted = !shape.endless && !profile.start.is_open() && profile.duration_s.is_none();
            self.enter(next, counted.then(|| shape.total()), levels.total());
            let load = Load {
                profile: &profile,
                connections: profile.start.most_in_flight().unwrap_or(plan.concurrency),
                recorded: workload.starts_s.as_deref().unwrap_or_default(),
                blocks: &blocks,
            };
            let execution = session.run(load).await?;
            let rows = rows(execution.records.into_iter().map(Arc::unwrap_or_clone));
            if let Next::Level(load) = next {
                let level = Level {
                    load,
                    context: context(&profile, self.question),
                    rows: &rows,
                    blocks: &execution.blocks,
                    traces: &execution.traces,
                    has_baseline: plan.baseline.is_some(),
                    seed: plan.seed,
                };
                let result = level_result(level, &ran.levels);
                ran.levels.push(result);
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
        let data = json!({"total_requests": requests, "workload_type": self.plan.workload_type()});
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
pub(super) fn context<'a>(profile: &LoadProfile, question: Option<&'a LevelQuestion>) -> Context<'a> {
    Context {
        concurrency: profile.start.most_in_flight().unwrap_or(1),
        slos: question.map_or(&[], |question| &question.slos),
        open_loop: profile.start.is_open(),
    }
}
