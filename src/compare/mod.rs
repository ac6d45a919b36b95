//! Two sides of one prompt set: what differs, how sure that is, and what the gates say.
//!
//! `pass_rate` and `speed` pair the rows, `gate` decides, `comparison` puts them together; `align` makes rows of
//! two separate runs' results first, `sampling` says whether both were asked alike. The engine's result and `labctl compare` come from here; reports only read
//! what it returns. Delta is always candidate − baseline, a ratio candidate ÷ baseline.

pub mod align;
pub mod comparison;
pub mod gate;
pub mod interval;
pub mod pass_rate;
pub mod reference_log_prob;
pub mod sampling;
pub mod speed;
#[cfg(test)]
mod support;
mod throughput;

pub use align::{changed_during_run, pair_results};
pub use comparison::{Options, compare};
pub use gate::Gate;
pub use interval::interval_at;
pub use pass_rate::{paired_pass_rates, pass_rates};
