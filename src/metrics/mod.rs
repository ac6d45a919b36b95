//! Every number's one definition, from the trace alone.
//!
//! `request` derives one request's metrics, `gaps` its inter-token latencies, `window` the part of a
//! block at its load level, `summary` a side's distributions and rates, `definitions` what other tools
//! would have made of the same traces, `health` what the client's own delays mean. Used by `load` (per request)
//! and by whoever assembles a result.

pub mod definitions;
pub mod gaps;
pub mod health;
pub mod request;
pub mod summary;
pub mod window;
