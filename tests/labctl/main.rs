//! End-to-end tests of the `labctl` binary, one module a subcommand.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod config;
mod ground_truth;
mod help;
mod truth;
mod virtual_server;
mod virtual_time;
