//! An OpenAI-compatible server over a real socket whose truth is known.
//!
//! It models serving, not sleeping: `engine` is a discrete-event model of a batching server, `driver`
//! runs it in real time (`pacer` writes at the set times of a `pacing` in its place), `answers` decides
//! what is answered (and tells it in advance: [`truth`]; `judging`: what is said of others' answers, `reference`: how likely a given one is), `faults` what goes wrong, `ground_truth` keeps
//! when everything really happened. Used by `labctl mock`, as the default endpoint of an unconfigured
//! lab, and by the tests of every room.

mod answers;
mod clock;
mod draw;
mod driver;
mod engine;
mod errors;
mod faults;
mod generation;
mod ground_truth;
mod http;
mod judging;
mod metrics;
mod pacer;
mod pacing;
mod profile;
mod reference;
mod reply;
mod request;
mod server;
mod source;
mod stream;
mod tokens;
mod wire;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

pub use answers::{Truth, truth};
pub use engine::{Emission, Engine, EngineRequest, FinishReason, Finished, Load, Step};
pub use faults::{ErrorShape, Fault, FaultKind, Faults, ReasoningField, When};
pub use ground_truth::GroundTruth;
pub use pacing::Pacing;
pub use profile::Profile;
pub use server::{Running, start};
pub use wire::FINGERPRINT;

use crate::model::prompt::PromptSet;

/// What to simulate, and where.
#[derive(Clone)]
pub struct Options {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port; 0: any free one.
    pub port: u16,
    /// The model's speed, memory and quality.
    pub profile: Profile,
    /// The served model's name.
    pub model: String,
    /// Seed of answers, step times and faults.
    pub seed: u64,
    /// What goes wrong.
    pub faults: Faults,
    /// The key that requests under `/v1` must carry.
    pub api_key: Option<String>,
    /// Where to write the ground truth, one JSON object a line.
    pub ground_truth: Option<PathBuf>,
    /// The prompts whose answers are known.
    pub prompt_sets: Arc<Vec<PromptSet>>,
}

impl Options {
    /// A profile under its own model name on any port of 127.0.0.1: seed 42, no faults, no key, no
    /// ground truth, no known prompts.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            model: profile.default_model.clone(),
            profile,
            seed: 42,
            faults: Faults::none(),
            api_key: None,
            ground_truth: None,
            prompt_sets: Arc::default(),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key stays out.
        f.debug_struct("Options")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("profile", &self.profile.name)
            .field("model", &self.model)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// Why there is no simulator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulatorError {
    /// No such profile.
    #[error("there is no simulator profile `{name}`; there are {}", known_profiles())]
    UnknownProfile {
        /// What was asked for.
        name: String,
    },
    /// A profile with a number that no server could have.
    #[error("the simulator's `{field}` is {value}; it must be {wanted}")]
    BadProfile {
        /// The field, or the category of a pass rate.
        field: String,
        /// Its value.
        value: f64,
        /// What it must be.
        wanted: &'static str,
    },
    /// A fault's short form that can't be read.
    #[error("the fault `{text}` can't be read: {reason}; write `NAME` or `NAME:field=value,…`")]
    BadFault {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The address can't be had.
    #[error("the simulator can't listen on {address}; choose another port or stop what holds it")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A thread could not be started, or broke.
    #[error("the simulator's thread failed")]
    Thread {
        /// What the system said.
        source: std::io::Error,
    },
    /// The ground truth can't be written or read.
    #[error("the ground truth in `{}` can't be written or read", path.display())]
    GroundTruth {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
}

fn known_profiles() -> String {
    Profile::NAMES.map(|name| format!("`{name}`")).join(", ")
}
