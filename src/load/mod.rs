//! When to send what: the engine.
//!
//! `plan` lays out blocks of prompts from a seed, `arrival` the moments of an open loop, and `engine` runs them
//! against a [`target::Target`]: `leg` starts the requests of one block, `sequence` follows each to its end (`retry` sends one again), `schedule`
//! and `level` know the block's moments, `budget` what may be asked for at all. `judging` turns ended exchanges into
//! records off the hot path, `bus` tells subscribers, `watch` samples the client's own delays, `search`
//! says which load to try next. It knows no screen and no file. Used by `bench`.

mod alarm;
pub mod arrival;
pub mod bodies;
pub mod budget;
pub mod bus;
pub mod crew;
pub mod engine;
mod judging;
mod leg;
mod level;
pub mod plan;
pub mod retry;
mod schedule;
pub mod search;
mod sequence;
pub mod target;
mod watch;
