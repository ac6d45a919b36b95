//! Two sides of one prompt set: what differs, how sure that is, and what the gates say.
//!
//! `pass_rate` and `speed` pair the rows, `estimate` says how sure a delta is, `macro_average`, `beside` and `noise` what
//! else is known of it, `gate` decides, `comparison` puts them together; `align` makes rows of two separate runs' results
//! first, `comparable` and `sampling` say whether both were asked alike, `intersect` keeps the prompts that both have, and
//! `head_to_head` holds three and more runs against each other. The engine's result and `labctl compare` come from here;
//! reports only read what it returns. Delta is always candidate − baseline, a ratio candidate ÷ baseline.

pub mod align;
mod beside;
pub mod comparable;
pub mod comparison;
mod estimate;
pub mod figures;
pub mod gate;
pub mod head_to_head;
pub mod history;
pub mod intersect;
pub mod interval;
pub mod macro_average;
mod missing;
pub mod noise;
pub mod pass_rate;
pub mod reading;
pub mod reference_log_prob;
pub mod sampling;
pub mod speed;
#[cfg(test)]
mod support;
mod throughput;

pub use align::pair_rows;
pub use comparable::changed_during_run;
pub use comparison::{Options, compare};
pub use gate::Gate;
pub use interval::interval_at;
pub use noise::Noise;
pub use pass_rate::{paired_pass_rates, pass_rates};
