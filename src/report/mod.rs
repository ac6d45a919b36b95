//! What people read: the terminal summary, the self-contained HTML page and the Markdown of a run,
//! the tables of `labctl compare`, a run's speed under other tools' formulas, and what continuous integration reads.
//!
//! Everything is made from a [`RunResult`](crate::model::result::RunResult) (or a `Comparison`) alone;
//! no number in it is computed again. [`view`] formats each number once, the three outputs arrange
//! them. Used by `cli`, which prints and writes what is returned here.

pub mod answer;
pub mod battery;
mod beside;
mod budget;
pub mod calibration;
mod chart;
mod charts;
pub mod ci;
pub mod comparison;
pub mod data;
pub mod definitions;
pub mod diff;
mod error;
pub mod excerpt;
pub mod explain;
mod facts;
mod figures;
pub mod gates;
pub mod glossary;
pub mod head_to_head;
mod history;
pub mod html;
pub mod input;
mod judging;
mod levels;
mod losses;
pub mod markdown;
mod number;
mod objectives;
mod outcomes;
mod profile;
pub mod prompts;
pub mod provenance;
mod quality;
pub mod readings;
mod reasons;
pub mod redact;
mod reference;
pub mod response;
pub mod responses;
pub mod runs;
mod shown;
mod spark;
mod speed;
mod spread;
pub mod table;
mod template;
pub mod terminal;
mod text;
pub mod verdict;
pub mod view;

pub use error::ReportError;

#[cfg(test)]
mod documented;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
