//! A prompt set's two files, and the checks of every prompt that parses.

#![no_main]

use labctl::check::Judge;
use labctl::promptset::{parse_manifest, parse_prompts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = parse_manifest("manifest.json", bytes);
    for prompt in parse_prompts("promptset.jsonl", bytes).unwrap_or_default() {
        let _ = Judge::new(&prompt);
    }
});
