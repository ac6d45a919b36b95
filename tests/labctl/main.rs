//! End-to-end tests of the `labctl` binary, one module a subcommand; `layers` reads the sources.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod config;
mod help;
mod layers;
