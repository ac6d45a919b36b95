//! `labctl promptset`: lint, selftest, stats and generate, on the shipped sets and on broken ones.

use std::fs;
use std::path::{Path, PathBuf};

use labctl::promptset::{manifest_for, write_manifest};

use crate::support::Lab;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("promptsets").join(name)
}

/// A lab with a set `own` of these lines.
fn with_set(lines: &str) -> Lab {
    let lab = Lab::new();
    lab.write_prompts("own", lines);
    let folder = lab.path("promptsets/own");
    write_manifest(&folder, &manifest_for(&folder).unwrap()).unwrap();
    lab
}

const GOOD: &str = r#"{"id":"a","category":"c","prompt":"What is six times seven?","max_tokens":64,"checks":[{"type":"numeric","value":"42"}],"reference":"Answer: 42","near_miss":["Answer: 41"],"difficulty":"easy","provenance":"computed"}"#;

#[test]
fn all_sets_are_tested_and_the_share_caught_is_printed() {
    let ended = Lab::new().labctl(&["promptset", "selftest"]);
    ended.succeeds();
    for set in ["canary: 50 prompts", "performance: 100 prompts", "benchmark-quant: 250 prompts"] {
        assert!(ended.stdout.contains(set), "{}", ended.stdout);
    }
    let lines = ended.stdout.lines().filter(|line| line.contains("caught, "));
    assert!(
        lines.clone().count() >= 8 && lines.clone().all(|line| line.contains("caught, 100 %;")),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_tolerance_as_wide_as_the_near_miss_is_found_by_line() {
    let wide = GOOD.replace(r#""value":"42""#, r#""value":"42","abs":1.5"#);
    let lab = with_set(&format!("\n{wide}\n"));
    lab.labctl(&["promptset", "selftest", "own"]).fails(2, &["self-tests of 1 prompt fail"]);
    let ended = lab.labctl(&["promptset", "lint", "own"]);
    ended.fails(2, &["1 faults in 1 prompt"]);
    // The table wraps; its words are all there.
    let words: String = ended.stdout.split_whitespace().collect::<Vec<_>>().join("");
    assert!(words.contains("promptset.jsonl:2") && words.contains("tolerance"), "{}", ended.stdout);
}

#[test]
fn a_row_that_repeats_a_shipped_one_is_found() {
    let shipped = fs::read_to_string(shipped("quant-quality").join("promptset.jsonl")).unwrap();
    let copied = shipped.lines().next().unwrap().replace("quant-quality-math-001", "mine-1");
    let ended = with_set(&copied).labctl(&["promptset", "lint", "own", "--format", "json"]);
    ended.fails(2, &["faults in 1 prompt"]);
    assert!(
        ended.stdout.contains("nearly the same as `quant-quality-math-001` of `quant-quality`"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_set_is_made_of_its_sources_again() {
    let lab = Lab::new();
    let folder = lab.path("promptsets/notes");
    fs::create_dir_all(folder.join("source")).unwrap();
    fs::write(folder.join("source/set.yaml"), "description: Notes\nteam: any\nmax_tokens: 64\n").unwrap();
    let rows = "category: sums\nrows:\n  - difficulty: easy\n    question: What is six times seven?\n    number: {value: 42, wrong: [41, 48]}\n";
    fs::write(folder.join("source/sums.yaml"), rows).unwrap();
    let path = folder.to_str().unwrap();
    lab.labctl(&["promptset", "generate", path, "--check"]).fails(2, &["differs from what its sources make"]);
    lab.labctl(&["promptset", "generate", path]).succeeds();
    lab.labctl(&["promptset", "generate", path, "--check"]).succeeds();
    lab.labctl(&["promptset", "selftest", path]).succeeds();
    let made = fs::read_to_string(folder.join("promptset.jsonl")).unwrap();
    assert!(
        made.contains(r#""id":"notes-sums-001""#) && made.contains("End with a line: Answer: <number>"),
        "{made}"
    );
    fs::write(folder.join("source/sums.yaml"), rows.replace("number:", "numbr:")).unwrap();
    lab.labctl(&["promptset", "generate", path]).fails(2, &["sums.yaml", "numbr"]);
    fs::write(folder.join("source/sums.yaml"), rows.replace("wrong: [41, 48]", "wrong: []")).unwrap();
    lab.labctl(&["promptset", "generate", path]).fails(2, &["sums.yaml", "row 1", "no near miss"]);
    fs::remove_dir_all(folder.join("source")).unwrap();
    lab.labctl(&["promptset", "generate", path]).fails(2, &["source"]);
}

#[test]
fn the_shipped_sets_are_what_their_sources_make() {
    for name in ["canary", "benchmark-eval"] {
        Lab::new().labctl(&["promptset", "generate", shipped(name).to_str().unwrap(), "--check"]).succeeds();
    }
}

#[test]
fn what_a_set_consists_of_and_how_hard_it_was() {
    let lab = Lab::new();
    let ended = lab.labctl(&["promptset", "stats", "benchmark-finetune"]);
    ended.succeeds();
    assert!(ended.stdout.contains("cross_domain") && ended.stdout.contains("250"), "{}", ended.stdout);
    lab.labctl(&[
        "bench",
        "--team",
        "quant",
        "--promptset",
        "quant-quality",
        "--simulator-speed",
        "100",
        "--no-report",
    ])
    .succeeds();
    let ended = lab.labctl(&["promptset", "stats", "quant-quality", "--from", "latest"]);
    ended.succeeds();
    assert!(ended.stdout.contains("always passed") && ended.stderr.contains("simulated"), "{}", ended.stdout);
    lab.labctl(&["promptset", "stats", "canary", "--from", "latest"])
        .fails(2, &["is of prompt set `quant-quality`"]);
}
