//! How far labctl's stamps, TTFT, ITL and E2E lie from what really happened, by the number of streams.
//!
//! `cargo bench --bench ground_truth [-- --quick]`; `--bench client` prints it too, with what the client costs.

#![expect(clippy::print_stdout, reason = "a command that prints a table")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

#[path = "support/accuracy.rs"]
mod accuracy;
mod support;

fn main() {
    let quick = support::is_quick();
    accuracy::print(quick);
    if quick {
        println!("\n{}", support::TOO_FEW);
    }
}
