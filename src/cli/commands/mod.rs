//! One file a command: it loads settings, calls the library, and prints. Called by `cli::main` alone.

mod battery;
pub mod bench;
pub mod calibrate;
pub mod check;
pub mod compare;
pub mod completions;
pub mod config;
mod definitions;
pub mod doctor;
mod dry_run;
mod expected;
mod failure;
mod faults;
mod foreign;
mod gates;
pub mod init;
pub mod man;
mod measure;
pub mod mock;
mod plan;
pub mod promptset;
pub mod report;
pub mod rescore;
pub mod results;
pub mod run;
mod series;
mod store;
