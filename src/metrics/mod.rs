//! Every number's one definition, from the trace alone.
//!
//! `request` derives one request's metrics, `gaps` its inter-token latencies, `window` the part of a
//! block at its load level. `accumulate` adds up what a summary needs of the traces while they are at hand,
//! in a `pool` that becomes a `histogram` when it is full. `summary` gives a side's distributions and rates,
//! `definitions` what other tools would have made of the same traces, `health` what the client's own delays
//! mean. `slo` reads objectives and holds a load to them, `goodput` holds each request to them, `level` tells what
//! a load says of the server. Used by `load` (per request) and by whoever assembles a result.

pub mod accumulate;
pub mod cost;
pub mod definitions;
pub mod gaps;
pub mod goodput;
pub mod groups;
pub mod health;
pub mod histogram;
pub mod judging;
pub mod level;
pub mod pool;
pub mod request;
pub mod slo;
pub mod summary;
pub mod waits;
pub mod window;
