//! End-to-end tests of the `labctl` binary, one module a subcommand or a kind of bad input.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod config;
mod help;
mod limits;
mod prompt_sets;
mod refused;
mod simulated;
mod support;
mod unreachable;
