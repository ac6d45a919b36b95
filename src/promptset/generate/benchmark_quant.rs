//! `benchmark-quant`: what a quantized variant must keep. Its computed rows, by category.

mod common;
mod dates;
pub(super) mod math;
pub(super) mod reasoning;
#[cfg(test)]
mod tests;
