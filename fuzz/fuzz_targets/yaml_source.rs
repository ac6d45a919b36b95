//! The rows of a category, written in YAML.

#![no_main]

use std::path::Path;

use labctl::promptset::generate::rows_of;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = rows_of(Path::new("source/category.yaml"), text);
});
