//! The vocabulary of labctl: plain data that every other room speaks, with no input or output.
//!
//! `prompt`, `workload` and `check` say what is sent and what makes it right, `load` when, `config` where,
//! `slo` and `gate` what it must keep to, `team` what is expected of it, `experiment` all of that as a file has it,
//! `trace`, `exchange` and `judgement` what happened, `record` puts them together, `summary`,
//! `comparison`, `compared`, `head_to_head`, `reference`, `similarity`, `level` and `definitions` what follows from it, and
//! `result` is the file that keeps it all; `baseline` is one side of it that was blessed.
//! Nothing here imports another room.

pub mod baseline;
pub mod calibration;
pub mod check;
pub mod client_info;
pub mod code;
pub mod compared;
pub mod comparison;
pub mod config;
pub mod definitions;
pub mod event;
pub mod exchange;
pub mod experiment;
#[cfg(test)]
pub(crate) mod fixture;
pub mod format;
pub mod gate;
pub mod head_to_head;
pub mod header;
pub mod health;
pub mod histogram;
pub mod history;
pub mod imported;
pub mod judgement;
pub mod judging;
pub mod level;
pub mod load;
pub mod outcome;
pub mod prompt;
pub mod record;
pub mod redaction;
pub mod reference;
pub mod result;
pub mod rubric;
pub mod similarity;
pub mod slo;
pub mod summary;
pub mod team;
pub mod trace;
pub mod units;
pub mod workload;
