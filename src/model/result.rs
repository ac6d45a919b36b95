//! The result file: the one contract between a run and everything that reads it later.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::baseline::MeasuredIn;
use super::comparison::{Comparison, GateResult, PassRate};
use super::config::ServerKind;
use super::event::Phase;
use super::gate::Gates;
use super::health::ClientHealth;
use super::imported::ImportedFrom;
use super::judgement::JudgeInfo;
use super::judging::JudgeQuality;
use super::level::{LevelFindings, LevelQuestion, LevelResult};
use super::load::{LevelLoad, LoadProfile, RetryPolicy, Sweep};
use super::prompt::Selection;
use super::record::{Row, Side};
use super::redaction::Redaction;
use super::slo::SloOutcome;
use super::summary::SideSummary;
use super::team::{CostFigures, Reading};
use super::trace::TraceMode;
use super::units::Nanos;
use super::workload::WorkloadInfo;

pub use super::client_info::ClientInfo;

/// The version of the result's shape. Raised when a reader of the older shape would misread it;
/// older versions still load.
pub const SCHEMA_VERSION: u32 = 1;

/// Which command made a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// `labctl run`.
    Run,
    /// `labctl bench`.
    Bench,
}

/// Whether a run got to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Every planned request ended.
    Complete,
    /// Stopped before the end by the user; what was measured is kept.
    Interrupted,
    /// Put together from the journal after a crash.
    Recovered,
}

/// How the load was put on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadInfo {
    /// Requests in flight.
    pub concurrency: u32,
    /// Prompts sent a side and round, repeats included.
    pub requests: u64,
    /// How often each prompt is sent in a round, at the most.
    pub repeats: u32,
    /// How often the whole of blocks is run.
    pub rounds: u32,
    /// Prompts a block (a block is run on one side, then on the other).
    pub block_size: u32,
    /// Warm-up requests a side.
    pub warmup: u32,
    /// `alternating` blocks or `single` side.
    pub pairing: String,
    /// When requests were started; a closed loop at `concurrency` where absent. Of several levels the first's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<LoadProfile>,
    /// The levels, where there were several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweep>,
    /// Which failed requests were sent again.
    #[serde(default, skip_serializing_if = "RetryPolicy::is_off")]
    pub retry: RetryPolicy,
    /// The most output tokens that might be asked for in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens_total: Option<u64>,
}

/// What was asked of the models besides the prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sampling {
    /// Sampling temperature.
    pub temperature: f64,
    /// Nucleus sampling, where sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Seed of repeat 0; repeat r is sent seed + r.
    pub seed: u64,
    /// `max_tokens` in place of every row's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
}

/// The prompt set that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PromptSetInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// SHA-256 of its prompts.
    pub sha256: String,
    /// Prompts by category.
    pub categories: BTreeMap<String, usize>,
    /// Whether its difficulty was measured on real models.
    pub calibrated: bool,
    /// A path, or `built-in`.
    pub origin: String,
    /// How its prompts were chosen, where they are not all of the set's; the categories are those of the chosen ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
}

/// Who answered on one side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SideInfo {
    /// The endpoint's name in the configuration.
    pub endpoint: String,
    /// Its base URL, any key in it masked.
    pub url: String,
    /// The model asked for.
    pub model: String,
    /// True where the built-in simulator answered, as labctl knows of its own or as the server said.
    pub simulated: bool,
    /// The server's kind and version, where it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The dialect that labctl spoke with it, as configured or recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<ServerKind>,
    /// The models that requests asked for, where it wasn't `model` alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked_models: Vec<String>,
    /// Every `model` seen in responses; more than were asked for: it changed during the run.
    pub served_models: Vec<String>,
    /// Every `system_fingerprint` seen in responses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub system_fingerprints: Vec<String>,
    /// Its summary.
    pub summary: SideSummary,
    /// Pass rates of this side alone: overall first (no name), then by category.
    pub pass_rates: Vec<CategoryPassRate>,
    /// How good a judge it is, where its prompts examine one: all categories together first, then each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judge_quality: Vec<JudgeQuality>,
    /// How each objective came out; empty without any, and where there were several levels, which have their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slos: Vec<SloOutcome>,
    /// What its answers cost, where its endpoint's price is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostFigures>,
    /// The run it was measured in, where that is another one: a blessed baseline, whose attempts are in the rows too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_in: Option<MeasuredIn>,
}

/// The pass rate of one category on one side, over all its judged responses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CategoryPassRate {
    /// The category; absent for the overall row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The rate with its interval.
    pub pass_rate: PassRate,
}

/// When a phase began.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseTime {
    /// The phase.
    pub phase: Phase,
    /// Its first moment.
    pub at_ns: Nanos,
    /// The side it concerned, where it concerned one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// The load, where it was one level of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<LevelLoad>,
}

/// When one block of prompts was run on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlockTime {
    /// From 0.
    pub round: u32,
    /// From 0, counted over the rounds.
    pub block: u32,
    /// The level of a sweep or search, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub level: u32,
    /// The side it was run on.
    pub side: Side,
    /// The first request was due.
    pub start_ns: Nanos,
    /// As many requests as the concurrency were in flight for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_start_ns: Option<Nanos>,
    /// A slot became free with nothing left to send: the load leaves its level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_end_ns: Option<Nanos>,
    /// The last request ended.
    pub end_ns: Nanos,
    /// Requests of its warm-up and cool-down phases, which were sent and don't count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_counted: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// A run: `results/<run_id>.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunResult {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// UUID version 7: sorts by time.
    pub run_id: String,
    /// Which command made it.
    pub kind: RunKind,
    /// Whether it got to its end.
    pub status: RunStatus,
    /// True where any side, or the judge, was simulated: such numbers say nothing about a model.
    pub simulated: bool,
    /// Tags given by the user.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Start, RFC 3339 in UTC.
    pub started_at: String,
    /// End, RFC 3339 in UTC.
    pub finished_at: String,
    /// The team, for a bench.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The prompts.
    pub prompt_set: PromptSetInfo,
    /// What was sent, where it was no prompt set alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<WorkloadInfo>,
    /// The load.
    pub load: LoadInfo,
    /// The objectives, and the search for the highest load that meets them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<LevelQuestion>,
    /// The sampling.
    pub sampling: Sampling,
    /// Seed of everything random in the run.
    pub seed: u64,
    /// The effective configuration, keys masked.
    pub config: serde_json::Value,
    /// The command line, everything secret masked; absent where labctl was older, and of what no run made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_line: Option<Vec<String>>,
    /// The machine and program that measured.
    pub client: ClientInfo,
    /// What was to be kept of the traces.
    #[serde(default)]
    pub trace: TraceMode,
    /// The runs it was merged from, where it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_from: Vec<String>,
    /// The file of another tool that it was imported from, where it was: times are then as that tool measured them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_from: Option<ImportedFrom>,
    /// The run whose answers were scored anew, where this is no run of its own: all that was measured is that one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescored_from: Option<String>,
    /// The model that scored answers by a rubric, where one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<JudgeInfo>,
    /// Whether its measurements can be trusted.
    pub client_health: ClientHealth,
    /// What a reader should know before believing a number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The texts that are no longer in it, where it was redacted to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<Redaction>,
    /// The variant in question.
    pub candidate: SideInfo,
    /// What it is measured against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<SideInfo>,
    /// The pairing of the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// The gates that it was held to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_to: Option<Gates>,
    /// What they say, where there is no comparison to hold that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<GateResult>,
    /// What its team expects, held against it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
    /// Every load of a sweep or search with what came of it; empty where there was one load. The sides' own
    /// summaries are then over all levels together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<LevelResult>,
    /// What the levels say together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<LevelFindings>,
    /// When each phase began.
    pub phases: Vec<PhaseTime>,
    /// When each block was run.
    pub blocks: Vec<BlockTime>,
    /// Every request that counts, paired.
    pub rows: Vec<Row>,
}

impl RunResult {
    /// The same without its rows: all that is small.
    #[must_use]
    pub fn without_rows(&self) -> Self {
        Self {
            schema_version: self.schema_version,
            run_id: self.run_id.clone(),
            kind: self.kind,
            status: self.status,
            simulated: self.simulated,
            labels: self.labels.clone(),
            started_at: self.started_at.clone(),
            finished_at: self.finished_at.clone(),
            team: self.team.clone(),
            prompt_set: self.prompt_set.clone(),
            workload: self.workload.clone(),
            load: self.load.clone(),
            question: self.question.clone(),
            sampling: self.sampling.clone(),
            seed: self.seed,
            config: self.config.clone(),
            command_line: self.command_line.clone(),
            client: self.client.clone(),
            trace: self.trace,
            merged_from: self.merged_from.clone(),
            imported_from: self.imported_from.clone(),
            rescored_from: self.rescored_from.clone(),
            judge: self.judge.clone(),
            client_health: self.client_health.clone(),
            warnings: self.warnings.clone(),
            redacted: self.redacted,
            candidate: self.candidate.clone(),
            baseline: self.baseline.clone(),
            comparison: self.comparison.clone(),
            held_to: self.held_to.clone(),
            gates: self.gates.clone(),
            readings: self.readings.clone(),
            levels: self.levels.clone(),
            findings: self.findings.clone(),
            phases: self.phases.clone(),
            blocks: self.blocks.clone(),
            rows: Vec::new(),
        }
    }

    /// Every gate's result: those of the comparison, or those of the run by itself.
    #[must_use]
    pub fn gate_results(&self) -> &[GateResult] {
        self.comparison.as_ref().map_or(&self.gates, |comparison| &comparison.gates)
    }

    /// One side's information.
    #[must_use]
    pub const fn side(&self, side: Side) -> Option<&SideInfo> {
        match side {
            Side::Candidate => Some(&self.candidate),
            Side::Baseline => self.baseline.as_ref(),
        }
    }
}
