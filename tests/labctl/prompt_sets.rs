//! Prompt sets that are missing or broken. Each is found before a request is sent.

use std::fs;

use crate::servers::Server;
use crate::support::{Lab, prompt};
use labctl::promptset::{manifest_for, write_manifest};

/// Runs a bench of the set `tiny` after `spoil`, and asserts that it fails so.
fn refuses(spoil: impl FnOnce(&Lab), parts: &[&str]) {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    spoil(&lab);
    lab.bench(&[]).fails(2, parts).prints_nothing();
    assert_eq!(server.requests_served(), 0);
    lab.has_no_results();
}

fn lines(numbers: impl Iterator<Item = u64>) -> Vec<String> {
    numbers.map(prompt).collect()
}

#[test]
fn a_missing_set() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    lab.bench(&["--promptset", "tinny"])
        .fails(
            2,
            &["prompt set `tinny` not found in `promptsets`", "did you mean `tiny`?", "`quant-quality`"],
        )
        .prints_nothing();
    lab.bench(&["--promptset", "./no/such/folder"]).fails(2, &["`./no/such/folder` is not a folder"]);
    lab.has_no_results();
}

#[test]
fn a_set_without_its_prompts_or_manifest() {
    refuses(
        |lab| fs::remove_file(lab.path("promptsets/tiny/promptset.jsonl")).unwrap(),
        &["promptsets/tiny/promptset.jsonl` is missing", "write one JSON object a line"],
    );
    refuses(
        |lab| fs::remove_file(lab.path("promptsets/tiny/manifest.json")).unwrap(),
        &["promptsets/tiny/manifest.json` is missing", "labctl promptset manifest promptsets/tiny"],
    );
}

#[test]
fn an_empty_set() {
    refuses(
        |lab| lab.write_prompts("tiny", "\n\n"),
        &["promptsets/tiny/promptset.jsonl` holds no prompts", "one JSON object a line"],
    );
}

#[test]
fn line_17_is_not_json() {
    let mut all = lines(1..=20);
    all[16] = all[16].replacen(':', "", 1);
    refuses(
        |lab| lab.write_prompts("tiny", &all.join("\n")),
        &["promptsets/tiny/promptset.jsonl:17:", "not JSON"],
    );
}

#[test]
fn an_id_twice() {
    let mut all = lines(1..=8);
    all[6] = prompt(3);
    refuses(
        |lab| lab.write_prompts("tiny", &all.join("\n")),
        &["promptset.jsonl:7: duplicate id `tiny-3`", "first used on line 3", "rename one"],
    );
}

#[test]
fn prompts_that_the_manifest_does_not_know() {
    refuses(
        |lab| lab.write_prompts("tiny", &lines(2..=9).join("\n")),
        &["does not match its manifest", "SHA-256", "labctl promptset manifest promptsets/tiny"],
    );
}

#[test]
fn a_check_that_is_unknown() {
    let mut all = lines(1..=8);
    all[4] = all[4].replace(r#""type":"contains""#, r#""type":"containz""#);
    refuses(
        |lab| lab.write_prompts("tiny", &all.join("\n")),
        &["promptset.jsonl:5", "unknown check type `containz`", "did you mean `contains`?", "`numeric`"],
    );
}

#[test]
fn a_pattern_that_is_none() {
    let mut all = lines(1..=8);
    all[1] = all[1].replace(r#""type":"contains","any":["102"]"#, r#""type":"regex","pattern":"(102""#);
    assert!(all[1].contains("(102"), "{}", all[1]);
    let renew = |lab: &Lab| {
        lab.write_prompts("tiny", &all.join("\n"));
        let set = lab.path("promptsets/tiny");
        if let Ok(manifest) = manifest_for(&set) {
            write_manifest(&set, &manifest).unwrap();
        }
    };
    refuses(renew, &["`tiny-2`", "(102"]);
}
