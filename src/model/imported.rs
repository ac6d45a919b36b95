//! Where a result comes from that another tool measured.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::definitions::Definitions;

/// A tool whose files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// `vllm bench serve`.
    Vllm,
    /// `GuideLLM`.
    Guidellm,
    /// NVIDIA `AIPerf`.
    Aiperf,
}

impl Tool {
    /// The name used in flags, JSON and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.definitions().name()
    }

    /// The program's name for a reader.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Vllm => "vllm bench serve",
            Self::Guidellm => "GuideLLM",
            Self::Aiperf => "AIPerf",
        }
    }

    /// Its formulas.
    #[must_use]
    pub const fn definitions(self) -> Definitions {
        match self {
            Self::Vllm => Definitions::Vllm,
            Self::Guidellm => Definitions::Guidellm,
            Self::Aiperf => Definitions::Aiperf,
        }
    }
}

/// Which of a stream's chunks a tool's file has times of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChunkTimes {
    /// Every one.
    #[default]
    All,
    /// The first and the last alone: there are no gaps between chunks, so neither ITL by chunk nor stalls.
    FirstAndLast,
}

/// The file that a result was imported from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImportedFrom {
    /// The tool that measured.
    pub tool: Tool,
    /// Its version, where the file tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The file's name, without its folder.
    pub file: String,
    /// SHA-256 of the file in lower-case hexadecimal.
    pub sha256: String,
    /// Which of the benchmarks in the file it is, from 0; absent where the file has only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benchmark: Option<u32>,
    /// Which chunks the traces have.
    #[serde(default)]
    pub chunks: ChunkTimes,
    /// Fields of this result that must have a value and that the file says nothing of, such as
    /// `sampling.temperature`: what stands there means nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untold: Vec<String>,
    /// What the tool itself made of its requests, by its own names and in its own units.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reported: BTreeMap<String, f64>,
}

impl ImportedFrom {
    /// Whether the file says something of this field.
    #[must_use]
    pub fn tells(&self, field: &str) -> bool {
        !self.untold.iter().any(|untold| untold == field)
    }
}
