//! What a run is to do, settled before anything is sent.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::client::secret::Secret;
use crate::compare::Noise;
use crate::load::plan::Shape;
use crate::model::config::{Endpoint, TransportChoice};
use crate::model::gate::Gates;
use crate::model::level::LevelQuestion;
use crate::model::load::{Find, LoadAxis, LoadProfile, RetryPolicy, Start, Sweep};
use crate::model::prompt::PromptSet;
use crate::model::record::Side;
use crate::model::result::{LoadInfo, RunKind, Sampling};
use crate::model::slo::Slo;
use crate::model::trace::TraceMode;
use crate::model::units::at_least_one;
use crate::workload::Workload;

use super::against::Against;
use super::levels::shape_at;

/// Requests that don't count, at the most, unless asked for.
const MOST_WARMUP: u32 = 10;

/// An endpoint with its key.
#[derive(Debug, Clone)]
pub struct SideSpec {
    /// Its name in the configuration.
    pub name: String,
    /// How it is reached.
    pub endpoint: Endpoint,
    /// Its key.
    pub key: Option<Secret>,
    /// How measured streams are carried.
    pub transport: TransportChoice,
}

/// A model that scores answers by a rubric, after the load.
#[derive(Debug, Clone)]
pub struct JudgeSpec {
    /// How it is reached.
    pub side: SideSpec,
    /// How often it is asked about each answer and dimension, at least 1.
    pub repeats: u32,
    /// Requests to it in flight, at least 1.
    pub concurrency: u32,
}

/// A run.
#[derive(Debug, Clone)]
pub struct BenchPlan {
    /// Which command asks for it.
    pub kind: RunKind,
    /// For which team.
    pub team: Option<String>,
    /// Tags for the result.
    pub labels: BTreeMap<String, String>,
    /// The prompts.
    pub prompt_set: PromptSet,
    /// The variant in question.
    pub candidate: SideSpec,
    /// What it is measured against.
    pub baseline: Option<SideSpec>,
    /// What was measured before, in place of a baseline that runs too.
    pub against: Option<Against>,
    /// Who scores the answers of prompts with a `judge` check.
    pub judge: Option<JudgeSpec>,
    /// Whether both sides are asked, after the load, how likely they find the prompts' reference answers.
    pub reference_log_probs: bool,
    /// What is sent besides, or in place of, the prompt set's prompts as they are; absent: those, as written.
    pub workload: Option<Workload>,
    /// Requests in flight; of an open loop, how many connections are opened before.
    pub concurrency: u32,
    /// How the load is put on; with a sweep or a search, what all levels have in common.
    pub profile: LoadProfile,
    /// Several loads in place of the profile's own.
    pub sweep: Option<Sweep>,
    /// A search in place of a sweep.
    pub find: Option<Find>,
    /// What requests and levels must keep to.
    pub slos: Vec<Slo>,
    /// Which failed requests are sent again.
    pub retry: RetryPolicy,
    /// The most output tokens that may be asked for in all, so that a paid endpoint costs no more.
    pub max_output_tokens_total: Option<u64>,
    /// Requests a side and round, and level; every prompt `repeats` times when absent, or as many as come within
    /// the profile's duration where it has one.
    pub requests: Option<u64>,
    /// How often each prompt is sent in a round.
    pub repeats: u32,
    /// How often the whole of blocks is run.
    pub rounds: u32,
    /// Requests a block; chosen when absent.
    pub block_size: Option<u32>,
    /// Warm-up requests a side; min(concurrency, 10) when absent.
    pub warmup: Option<u32>,
    /// What is asked of the models besides the prompt.
    pub sampling: Sampling,
    /// Seed of everything random.
    pub seed: u64,
    /// What the result keeps of the traces.
    pub trace: TraceMode,
    /// The gates that it is held to.
    pub gates: Gates,
    /// What an A/A run says of the prompts, where one is given.
    pub noise: Option<Noise>,
    /// Whether the sides are compared although the client is not to be trusted.
    pub accept_invalid_client: bool,
    /// Where results are written.
    pub results_dir: PathBuf,
    /// Where calibrations of this machine are, if anywhere.
    pub state_dir: Option<PathBuf>,
    /// The effective configuration, keys masked, for the result.
    pub config: serde_json::Value,
    /// The command line, everything secret masked, for the result; absent where there was none.
    pub command_line: Option<Vec<String>>,
}

impl BenchPlan {
    /// The sides, the candidate first.
    #[must_use]
    pub fn sides(&self) -> Vec<(Side, &SideSpec)> {
        let baseline = self.baseline.as_ref().map(|spec| (Side::Baseline, spec));
        std::iter::once((Side::Candidate, &self.candidate)).chain(baseline).collect()
    }

    /// Most requests in flight, as far as that is known; of an open loop without a cap, connections opened before.
    #[must_use]
    pub fn most_in_flight(&self) -> u32 {
        let of_profile = self.profile.start.most_in_flight().unwrap_or(self.concurrency);
        let axis = self.sweep.as_ref().map(|sweep| (sweep.axis, sweep.values.as_slice()));
        let find = self.find.as_ref().map(|find| (find.axis, std::slice::from_ref(&find.to)));
        let levels = axis.into_iter().chain(find).filter(|(axis, _)| *axis == LoadAxis::Concurrency);
        let most = levels.flat_map(|(_, values)| values).copied().fold(0.0, f64::max);
        of_profile.max(at_least_one(most))
    }

    /// The kind of load in one word: `single`, `batch`, `concurrent`, `multi_turn`, `open_loop` or `trace`.
    #[must_use]
    pub fn workload_type(&self) -> &'static str {
        let has_turns = self.workload.as_ref().is_some_and(|workload| workload.info.conversations.is_some());
        match &self.profile.start {
            _ if has_turns => "multi_turn",
            Start::Concurrency { concurrency: 1, .. } => "single",
            Start::Concurrency { .. } => "concurrent",
            Start::Batch { .. } => "batch",
            Start::Rate { .. } => "open_loop",
            Start::Trace { .. } => "trace",
        }
    }

    /// What is asked of the levels, where there are objectives.
    #[must_use]
    pub fn question(&self) -> Option<LevelQuestion> {
        let question = LevelQuestion { slos: self.slos.clone(), find: self.find.clone() };
        (!question.slos.is_empty() || question.find.is_some()).then_some(question)
    }

    /// Warm-up requests a side.
    #[must_use]
    pub fn warmup(&self) -> u32 {
        self.warmup.unwrap_or_else(|| self.concurrency.min(MOST_WARMUP))
    }

    /// What is sent: the workload, or the prompt set's prompts as they are.
    #[must_use]
    pub fn workload(&self) -> Workload {
        self.workload.clone().unwrap_or_else(|| Workload::of_prompt_set(&self.prompt_set))
    }

    /// Prompts and conversations started a side, round and level, where their number is what ends the load.
    #[must_use]
    pub fn starts(&self) -> u64 {
        let once = self.workload.as_ref().map_or(self.prompt_set.prompts.len(), |w| w.sequences.len());
        self.requests.unwrap_or(once as u64 * u64::from(self.repeats))
    }

    /// The shape of the load, whatever its level.
    #[must_use]
    pub fn shape(&self, workload: &Workload) -> Shape {
        Shape {
            sequences: workload.sequences.iter().map(|sequence| sequence.first).collect(),
            ordered: workload.ordered,
            level: 0,
            endless: false,
            requests: self.requests,
            repeats: self.repeats,
            rounds: self.rounds,
            block_size: self.block_size,
            concurrency: self.concurrency,
            seed: self.seed,
            sides: self.sides().into_iter().map(|(side, _)| side).collect(),
        }
    }

    /// The load, as results tell it.
    #[must_use]
    pub fn load_info(&self) -> LoadInfo {
        let shape = shape_at(&self.shape(&self.workload()), 0, &self.profile);
        LoadInfo {
            concurrency: self.concurrency,
            requests: shape.requests(),
            repeats: u32::try_from(shape.repeats()).unwrap_or(u32::MAX),
            rounds: self.rounds,
            block_size: u32::try_from(shape.block_size()).unwrap_or(u32::MAX),
            warmup: self.warmup(),
            pairing: if self.baseline.is_some() { "alternating" } else { "single" }.to_owned(),
            profile: Some(self.profile.clone()),
            sweep: self.sweep.clone(),
            retry: self.retry.clone(),
            max_output_tokens_total: self.max_output_tokens_total,
        }
    }
}
