//! The measuring transport: HTTP/1.1 over sockets whose bytes the kernel stamps as they arrive.
//!
//! `stamped` is the I/O type: its read takes the kernel's receive time along, its write notes when the
//! request left. `realtime` brings the kernel's wall-clock stamps onto the run's clock. `connection` is one
//! connection, driven by whoever reads its response; `body` gives each piece of a response the stamp of the
//! read that carried it; `pool` keeps idle connections; `connect` and `tls` open them.

mod body;
mod connect;
mod connection;
mod pool;
mod realtime;
mod stamped;
#[cfg(test)]
mod tests;
mod tls;
mod transport;

pub use body::Body;
pub use transport::KernelTransport;
