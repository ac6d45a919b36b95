//! One file a command: it loads settings, calls the library, and prints. Called by `cli::main` alone.

pub mod bench;
pub mod compare;
pub mod completions;
pub mod config;
pub mod doctor;
pub mod init;
pub mod man;
pub mod mock;
pub mod promptset;
pub mod report;
pub mod results;
pub mod run;
