//! What a run says of itself before anything is sent: the head of its journal, and of its result.

use uuid::Uuid;

use crate::check::ENGINE_VERSION;
use crate::client::clock::Clock;
use crate::client::transport::Transport as _;
use crate::model::calibration::Calibration;
use crate::model::header::RunHeader;
use crate::model::record::Side;
use crate::model::result::{ClientInfo, PromptSetInfo, SCHEMA_VERSION};
use crate::results::calibration;
use crate::workload::Workload;

use super::machine::machine;
use super::plan::BenchPlan;
use super::side::Reached;

/// The header of a run of `plan` on these endpoints.
pub(super) fn header(
    plan: &BenchPlan,
    workload: &Workload,
    (candidate, baseline): (&Reached, Option<&Reached>),
    clock: Clock,
    started_at: String,
) -> RunHeader {
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
            selection: plan.prompt_set.selection.clone(),
        },
        // A prompt set as written is told of above.
        workload: plan.workload.is_some().then(|| workload.info.clone()),
        load: plan.load_info(),
        question: plan.question(),
        held_to: (!plan.gates.is_empty()).then(|| plan.gates.clone()),
        sampling: plan.sampling.clone(),
        seed: plan.seed,
        config: plan.config.clone(),
        command_line: plan.command_line.clone(),
        client: ClientInfo {
            labctl_version: env!("CARGO_PKG_VERSION").to_owned(),
            check_engine: Some(ENGINE_VERSION),
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            cores: u32::try_from(cores).unwrap_or(u32::MAX),
            transport: candidate.transport.name().to_owned(),
            monotonic_origin_ns: clock.monotonic_origin_ns(),
            calibration: calibration(plan, candidate.transport.name()),
        },
        trace: plan.trace,
        candidate: candidate.header.clone(),
        baseline: baseline.map(|reached| reached.header.clone()),
    }
}

/// What is known of this machine's own errors. A file that can't be read is `labctl doctor`'s to tell of.
fn calibration(plan: &BenchPlan, transport: &str) -> Option<Calibration> {
    let all = calibration::load(plan.state_dir.as_deref()?).ok()?;
    calibration::find(&all, &machine(), transport, env!("CARGO_PKG_VERSION")).cloned()
}

/// That answers may end early although their length was to be exact.
pub(super) fn cannot_lengthen<'a>(
    workload: &Workload,
    sides: impl Iterator<Item = (Side, &'a Reached)>,
) -> Vec<String> {
    let servers = sides.filter(|(_, reached)| {
        let dialect = reached.dialect;
        workload.info.options.exact_output && !dialect.ignore_eos && !dialect.min_tokens
    });
    servers
        .map(|(side, reached)| {
            format!(
                "the {side} ({}) takes neither `ignore_eos` nor `min_tokens`: its answers may be shorter than `--exact-output` asks for",
                reached.dialect.name
            )
        })
        .collect()
}
