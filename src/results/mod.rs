//! Keeps what a run measured: the journal while it runs, the result file when it is done, and
//! what can be saved of a run that crashed in between.
//!
//! [`store`] writes, finds and loads result files, whose text is [`document`]'s; [`journal`] and [`recover`] are the
//! two ends of the crash-safe log, from which [`traces`] takes the chunks that a run doesn't keep in memory.
//! [`foreign`] reads other tools' files. [`rows`] pairs records, [`harness`] and [`export`] are the flat views.
//! [`baselines`] keeps results that others are compared with, [`calibration`] what this machine's client was found to be good for, apart from the results.
//! Used by `report` and `cli`.

mod baseline_error;
pub mod baselines;
pub mod calibration;
pub mod document;
pub mod error;
pub mod export;
pub mod foreign;
pub mod harness;
pub mod head;
pub mod journal;
pub mod recover;
pub mod resume;
pub mod rows;
pub mod select;
pub mod store;
pub mod traces;

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod schema;
