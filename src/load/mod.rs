//! When to send what: the engine.
//!
//! `plan` lays out blocks of prompts from a seed, `engine` runs them in a closed loop against a
//! [`target::Target`], `level` notes when a block's load was at its level, `judging` turns ended exchanges into records off the hot path, `bus` tells
//! subscribers, `watch` samples the client's own delays,
//! `search` says which load to try next. It knows no screen and no file. Used by `bench`.

pub mod bus;
pub mod crew;
pub mod engine;
mod judging;
mod level;
pub mod plan;
pub mod search;
pub mod target;
mod watch;
