//! What is known of a run before its first request: the first line of its journal, and the part of
//! a [`RunResult`](super::result::RunResult) that a crash can't take away.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::ServerKind;
use super::gate::Gates;
use super::level::LevelQuestion;
use super::result::{ClientInfo, LoadInfo, PromptSetInfo, RunKind, Sampling};
use super::trace::TraceMode;
use super::workload::WorkloadInfo;

/// A run as planned. Fields mean what they mean in [`RunResult`](super::result::RunResult).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunHeader {
    /// [`SCHEMA_VERSION`](super::result::SCHEMA_VERSION) of the writer.
    pub schema_version: u32,
    /// UUID version 7: sorts by time.
    pub run_id: String,
    /// Which command made it.
    pub kind: RunKind,
    /// Tags given by the user.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Start, RFC 3339 in UTC.
    pub started_at: String,
    /// The team, for a bench.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The prompts.
    pub prompt_set: PromptSetInfo,
    /// What is sent, where it is no prompt set alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<WorkloadInfo>,
    /// The load.
    pub load: LoadInfo,
    /// The objectives, and the search for the highest load that meets them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<LevelQuestion>,
    /// The gates that it is held to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_to: Option<Gates>,
    /// The sampling.
    pub sampling: Sampling,
    /// Seed of everything random in the run.
    pub seed: u64,
    /// The effective configuration, keys masked.
    pub config: serde_json::Value,
    /// The command line, everything secret masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_line: Option<Vec<String>>,
    /// The machine and program that measure.
    pub client: ClientInfo,
    /// What the result is to keep of the traces; the journal has them all.
    #[serde(default)]
    pub trace: TraceMode,
    /// The variant in question.
    pub candidate: SideHeader,
    /// What it is measured against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<SideHeader>,
}

impl RunHeader {
    /// Whether any side is simulated.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.candidate.simulated || self.baseline.as_ref().is_some_and(|side| side.simulated)
    }
}

/// Who is to answer on one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SideHeader {
    /// The endpoint's name in the configuration.
    pub endpoint: String,
    /// Its base URL, any key in it masked.
    pub url: String,
    /// The model asked for.
    pub model: String,
    /// True where the built-in simulator answers, as labctl knows of its own or as the server said.
    pub simulated: bool,
    /// The server's kind and version, where it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The dialect that labctl spoke with it, as configured or recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<ServerKind>,
}
