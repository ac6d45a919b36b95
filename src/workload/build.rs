//! Prompt sets alone.

use std::path::Path;

use super::{Sequence, WorkPrompt, Workload};
use crate::model::workload::{Ask, WorkloadInfo, WorkloadOptions, WorkloadSpec};
use crate::promptset::{self, PromptSetError};

/// What a workload is built for.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Requests a side and round, where that is known.
    pub requests: Option<u64>,
    /// Seed of everything random.
    pub seed: u64,
    /// Salt of this run.
    pub salt: &'a str,
    /// Where prompt sets are looked for.
    pub promptset_dir: &'a Path,
}

/// Builds a workload.
pub fn build(
    spec: &WorkloadSpec,
    options: &WorkloadOptions,
    context: &Context<'_>,
) -> Result<Workload, PromptSetError> {
    let name = match spec {
        WorkloadSpec::PromptSet { name } => name,
        WorkloadSpec::Synthetic(_) | WorkloadSpec::File { .. } => "canary",
    };
    let set = promptset::load(name, context.promptset_dir)?;
    let info = WorkloadInfo {
        spec: spec.clone(),
        options: options.clone(),
        prompts: set.prompts.len() as u64,
        conversations: None,
        sha256: None,
        salt: None,
        tokens_by: None,
        categories: set.manifest.categories,
    };
    let sequences = (0..set.prompts.len()).map(|first| Sequence { first, turns: 1 }).collect();
    let prompt = |prompt| WorkPrompt { prompt, ask: Ask::default(), salt_at: None, think_s: 0.0 };
    let prompts = set.prompts.into_iter().map(prompt).collect();
    Ok(Workload { info, prompts, sequences, starts_s: None, ordered: false })
}
