//! One exchange with one server: a request out, a stamped stream in, a trace and a text as the result.
//!
//! `transport` is the seam: a stream of (bytes, stamp, exact), here over reqwest. `sse` makes events
//! of it, `wire` reads their JSON, `exchange` builds the trace and decides the outcome, `refusal`
//! words what servers refuse, `probe` asks a server who it is, `server` has what differs between them,
//! `recorder` and `conformance` look at one stream as a whole. Used by `load`, `bench` and `cli`.

pub mod any_transport;
pub mod clock;
pub mod conformance;
pub mod exchange;
pub mod failure;
pub mod http;
#[cfg(all(target_os = "linux", feature = "kernel-stamps"))]
pub mod kernel;
pub mod probe;
mod progress;
pub mod recorder;
pub mod reference;
pub mod refusal;
pub mod request;
pub mod secret;
pub mod server;
pub mod setup;
pub mod sse;
pub mod transport;
pub mod whole;
mod wire;
