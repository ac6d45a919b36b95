//! Other people's cases: imported, tested, loaded and sent.

use std::fs;
use std::path::Path;

use labctl::model::outcome::Outcome;
use labctl::model::record::Side;

use crate::servers::Server;
use crate::support::{Lab, outcomes};

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import").join(name).display().to_string()
}

#[test]
fn a_labs_cases_become_a_set_that_a_bench_sends() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    let import = ["promptset", "import", &fixture("lab.jsonl"), "--out", "promptsets", "--name", "ours"];
    let ended = lab.labctl(&import);
    ended.succeeds();
    for part in
        ["9 prompts of 10 cases", "read as lab", "lab.jsonl:10", "`vibe`", "ours version 1: 9 prompts"]
    {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
    assert!(ended.stderr.contains("labctl promptset lint promptsets/ours"), "{}", ended.stderr);

    lab.labctl(&["promptset", "selftest", "ours"]).succeeds();
    lab.bench(&["--promptset", "ours"]).succeeds();
    let result = lab.result();
    assert_eq!(outcomes(&result, Side::Candidate), [(Outcome::Success, 9)]);
    assert!(result.rows.iter().any(|row| row.key.prompt_id == "cap-1"));

    lab.labctl(&import).fails(2, &["promptsets/ours/promptset.jsonl` already", "`--force`"]).prints_nothing();
    let forced: Vec<&str> = import.iter().copied().chain(["--force", "--keep-unchecked"]).collect();
    let ended = lab.labctl(&forced);
    ended.succeeds();
    assert!(ended.stdout.contains("ours version 2: 10 prompts"), "{}", ended.stdout);
}

#[test]
fn strict_writes_nothing_where_anything_does_not_map() {
    let lab = Lab::new();
    let strict = |file: &str| {
        lab.labctl(&["promptset", "import", &fixture(file), "--out", "promptsets/strict", "--strict"])
    };
    for (file, part) in [
        ("lab_broken.jsonl", "lab_broken.jsonl:3"),
        ("lm_eval.jsonl", "loglikelihood"),
        ("promptfoo.yaml", "`latency`"),
    ] {
        let ended = strict(file);
        ended.fails(2, &["`--strict`", "nothing was written"]);
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
    assert!(!lab.path("promptsets/strict").exists());
}

#[test]
fn what_can_not_be_imported_is_said() {
    let lab = Lab::new();
    fs::write(lab.path("steer.jsonl"), "{\"prompt\": \"x\", \"\\u001b[31m\": 1}\n").unwrap();
    let import = |arguments: &[&str]| {
        lab.labctl(&["promptset", "import"].into_iter().chain(arguments.iter().copied()).collect::<Vec<_>>())
    };
    import(&["no.jsonl", "--out", "a"]).fails(2, &["`no.jsonl` can't be read"]).prints_nothing();
    import(&["steer.jsonl", "--out", "a", "--name", "../b"]).fails(2, &["can't be the name of a folder"]);
    let ended = import(&["steer.jsonl", "--out", "a"]);
    ended.fails(2, &["steer.jsonl:1: nothing is expected"]).prints_nothing();
    assert!(!ended.stderr.contains("\u{1b}[31m"), "{ended:?}");
    assert!(!lab.path("a").exists());
}
