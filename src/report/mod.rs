//! What people read: the terminal summary, the self-contained HTML page and the Markdown of a run,
//! the tables of `labctl compare`, a run's speed under other tools' formulas, and what continuous integration reads.
//!
//! Everything is made from a [`RunResult`](crate::model::result::RunResult) (or a `Comparison`) alone;
//! no number in it is computed again. [`view`] formats each number once, the three outputs arrange
//! them. Used by `cli`, which prints and writes what is returned here.

pub mod answer;
pub mod battery;
mod beside;
pub mod calibration;
mod chart;
mod charts;
pub mod ci;
pub mod comparison;
pub mod definitions;
mod error;
pub mod explain;
mod facts;
pub mod gates;
pub mod head_to_head;
pub mod html;
mod judging;
mod levels;
mod losses;
pub mod markdown;
mod number;
mod objectives;
mod outcomes;
mod profile;
mod quality;
pub mod readings;
mod reasons;
mod reference;
mod spark;
mod speed;
pub mod table;
mod template;
pub mod terminal;
mod text;
pub mod verdict;
pub mod view;

pub use error::ReportError;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
