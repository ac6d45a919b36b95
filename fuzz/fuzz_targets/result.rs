//! A result file, written line by line or not.

#![no_main]

use std::path::Path;

use labctl::results::store::parse_result;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = parse_result(Path::new("run.json"), bytes);
});
