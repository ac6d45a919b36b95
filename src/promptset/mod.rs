//! Prompt sets: finds one by name or path, reads it, and verifies it before a request is sent.
//!
//! A set is a folder with `promptset.jsonl` (one prompt a line) and `manifest.json` (its name,
//! category counts and SHA-256); the shipped ones are also embedded in the binary.
//! The command line and the simulator load through here. Every defect is one
//! [`PromptSetError`] that says where it is and what to do.

mod built_in;
mod error;
pub mod generate;
pub mod import;
mod load;
mod manifest;
mod parse;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod tests;
mod verify;

pub use built_in::{built_in, built_in_names};
pub use error::{Place, PromptSetError};
pub use load::{load, load_sent};
pub use manifest::{manifest_for, write_manifest};
pub use parse::{manifest as parse_manifest, prompts as parse_prompts};
pub(crate) use verify::problem as defect;

/// The file of prompts in a set's folder.
pub const PROMPTS_FILE: &str = "promptset.jsonl";
/// The manifest in a set's folder.
pub const MANIFEST_FILE: &str = "manifest.json";
