//! What the benchmarks share: how much they are asked to do.
//!
//! `cargo bench` measures; `--quick`, or a run without cargo's `--bench` (`cargo test --benches`), only shows
//! that everything works. The files beside this one are taken in by the benchmarks that need them.

/// Whether only to show that everything works.
pub(crate) fn is_quick() -> bool {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    has("--quick") || !has("--bench")
}

/// Said below tables of such a run.
pub(crate) const TOO_FEW: &str = "quick: too few to say anything";
