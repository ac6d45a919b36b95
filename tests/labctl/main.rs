//! End-to-end tests of the `labctl` binary, one module a subcommand or a kind of bad input; `layers` reads the
//! sources.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod batteries;
mod calibrate;
mod captures;
mod config;
mod definitions;
mod disk;
mod doctor;
mod ending;
mod experiments;
mod foreign;
mod ground_truth;
mod help;
mod imported_cases;
mod interrupt;
mod judge;
mod layers;
mod levels;
mod limits;
mod mid_run;
mod open_loop;
mod probes;
mod prompt_set_tools;
mod prompt_sets;
mod recording;
mod reference_logprobs;
mod refused;
mod resume;
mod secrets;
mod servers;
mod shapes;
mod simulated;
mod starved;
mod support;
mod truth;
mod unreachable;
mod virtual_load;
mod virtual_server;
mod virtual_time;
mod workloads;
