//! Each defect a prompt set can have, and the one message it gets.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::{MANIFEST_FILE, PROMPTS_FILE, load, manifest_for, parse, write_manifest};
use crate::model::prompt::Manifest;

fn row(id: &str) -> String {
    row_with(id, 50, r#"{"type":"numeric","value":"42"}"#)
}

fn row_with(id: &str, max_tokens: u32, checks: &str) -> String {
    format!(
        r#"{{"id":"{id}","category":"math","prompt":"Six times seven?","max_tokens":{max_tokens},"checks":[{checks}],"reference":"Answer: 42","near_miss":["Answer: 43"]}}"#
    )
}

/// A folder `sets/tiny` with these prompts and the manifest they need.
fn folder(prompts: &str) -> (TempDir, PathBuf) {
    let root = TempDir::new().unwrap();
    let directory = root.path().join("tiny");
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join(PROMPTS_FILE), prompts).unwrap();
    if let Ok(manifest) = manifest_for(&directory) {
        write_manifest(&directory, &manifest).unwrap();
    }
    (root, directory)
}

/// The message for a set with these prompts, its folder's path shortened to `tiny`.
fn message(prompts: &str) -> String {
    let (_root, directory) = folder(prompts);
    if !directory.join(MANIFEST_FILE).exists() {
        std::fs::write(directory.join(MANIFEST_FILE), "{}").unwrap();
    }
    said(&directory)
}

fn said(directory: &Path) -> String {
    let path = directory.display().to_string();
    load(&path, Path::new("sets")).unwrap_err().to_string().replace(&path, "tiny")
}

fn parse_message(line: &str) -> String {
    parse::prompts("p.jsonl", line.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_set_loads_by_path_and_by_name() {
    let (root, directory) = folder(&format!("{}\n{}\n", row("a"), row("b")));
    let by_path = load(&directory.display().to_string(), Path::new("elsewhere")).unwrap();
    let by_name = load("tiny", root.path()).unwrap();
    assert_eq!(by_path.prompts, by_name.prompts);
    assert_eq!(by_name.prompts[1].id, "b");
    assert_eq!(by_name.origin, directory.display().to_string());
}

#[test]
fn a_built_in_set_needs_no_folder_and_gives_way_to_one() {
    assert_eq!(load("canary", Path::new("no-such-folder")).unwrap().origin, "built-in");
    let root = TempDir::new().unwrap();
    let own = root.path().join("canary");
    std::fs::create_dir(&own).unwrap();
    std::fs::write(own.join(PROMPTS_FILE), row("mine")).unwrap();
    write_manifest(&own, &manifest_for(&own).unwrap()).unwrap();
    assert_eq!(load("canary", root.path()).unwrap().prompts[0].id, "mine");
}

#[test]
fn blank_lines_crlf_and_a_byte_order_mark_are_tolerated() {
    let (_root, directory) = folder(&format!("\u{feff}{}\r\n\r\n  \r\n{}\r\n", row("a"), row("b")));
    assert_eq!(load(&directory.display().to_string(), Path::new("")).unwrap().prompts.len(), 2);
}

#[test]
fn a_missing_set_lists_what_there_is_and_the_nearest() {
    let (root, _) = folder(&row("a"));
    let said = load("tinny", root.path()).unwrap_err().to_string();
    assert!(said.starts_with("prompt set `tinny` not found in `"), "{said}");
    assert!(said.contains("(did you mean `tiny`?); there are: `") && said.contains("`tiny`"), "{said}");
    let said = load("./no-such-folder", root.path()).unwrap_err().to_string();
    assert!(said.starts_with("`./no-such-folder` is not a folder; "), "{said}");
    for name in ["", ".."] {
        assert!(load(name, root.path()).is_err());
    }
}

#[test]
fn missing_files_say_how_to_make_them() {
    let (_root, directory) = folder(&row("a"));
    std::fs::remove_file(directory.join(MANIFEST_FILE)).unwrap();
    assert_eq!(said(&directory), "`tiny/manifest.json` is missing; run `labctl promptset manifest tiny`");
    std::fs::remove_file(directory.join(PROMPTS_FILE)).unwrap();
    assert_eq!(said(&directory), "`tiny/promptset.jsonl` is missing; write one JSON object a line into it");
}

#[test]
fn an_empty_set_is_refused() {
    assert_eq!(message("\n \r\n"), "`tiny/promptset.jsonl` holds no prompts; write one JSON object a line");
}

#[test]
fn line_17_not_json_is_placed_to_the_column() {
    let mut lines: Vec<String> = (1..=17).map(|number| row(&format!("p{number}"))).collect();
    lines[16] = r#"{"id":"ä" "category":"math"}"#.to_owned();
    assert_eq!(
        message(&lines.join("\n")),
        "tiny/promptset.jsonl:17:11: not JSON: expected `,` or `}`; each line must be one JSON object"
    );
    assert!(parse_message("{\"id\":\"a\"").starts_with("p.jsonl:1:9: not JSON: EOF while parsing an object"));
}

#[test]
fn bytes_that_are_not_text_are_placed() {
    let said = parse::prompts("p.jsonl", b"\n\n{\"id\":\"\xff\"}").unwrap_err().to_string();
    assert_eq!(said, "p.jsonl:3: not UTF-8; save the file as UTF-8");
}

#[test]
fn unknown_names_bring_the_nearest_known_one() {
    let said = parse_message(&row("a").replace("category", "categroy"));
    assert!(
        said.contains(": unknown field `categroy` in the prompt (did you mean `category`?); known"),
        "{said}"
    );
    assert!(said.starts_with("p.jsonl:1:"), "{said}");
    let said = parse_message(&row_with("a", 9, r#"{"type":"numerical","value":"1"}"#));
    assert!(
        said.contains("unknown check type `numerical` (did you mean `numeric`?); known types: `contains`, ")
    );
    let said = parse_message(&row_with("a", 9, r#"{"type":"numeric","value":"1","decimal":2}"#));
    assert!(
        said.contains("unknown field `decimal` in the `numeric` check (did you mean `decimals`?)"),
        "{said}"
    );
}

#[test]
fn a_missing_field_is_named() {
    let said = parse_message(r#"{"id":"a"}"#);
    assert_eq!(said, "p.jsonl:1:10: missing field `category`; correct the field");
}

#[test]
fn a_message_cannot_drive_the_terminal() {
    for line in [
        row_with(r"\u001b[2J", 0, ""),
        row("a").replace("category", r"\u001b[2J"),
        row_with("a", 9, r#"{"type":"\u001b[2J"}"#),
        row("a").replace("50", r#""\u001b[2J""#),
    ] {
        assert!(!parse_message(&line).contains('\u{1b}'), "{line}");
    }
}

#[test]
fn a_duplicate_id_gives_both_lines() {
    assert_eq!(
        message(&format!("{}\n\n{}\n", row("a"), row("a"))),
        "tiny/promptset.jsonl:3: duplicate id `a`, first used on line 1; ids must be unique, rename one"
    );
}

#[test]
fn a_changed_file_is_noticed_and_renewed() {
    let (_root, directory) = folder(&row("a"));
    let before = manifest_for(&directory).unwrap();
    assert_eq!((before.version, before.name.as_str(), before.team.as_str()), (1, "tiny", "any"));
    std::fs::write(directory.join(PROMPTS_FILE), row("b")).unwrap();
    let said = said(&directory);
    assert!(said.contains("SHA-256 is ") && said.contains(&before.sha256), "{said}");
    assert!(said.ends_with("run `labctl promptset manifest tiny`"), "{said}");
    let after = manifest_for(&directory).unwrap();
    assert_eq!(after.version, 2);
    assert_ne!(after.sha256, before.sha256);
    write_manifest(&directory, &after).unwrap();
    assert_eq!(manifest_for(&directory).unwrap(), after);
    assert!(load(&directory.display().to_string(), Path::new("")).is_ok());
}

#[test]
fn a_manifest_that_counts_or_names_otherwise_is_refused() {
    let (_root, directory) = folder(&row("a"));
    let good = manifest_for(&directory).unwrap();
    let categories = [("math".to_owned(), 2), ("code".to_owned(), 1)].into();
    write_manifest(&directory, &Manifest { categories, ..good.clone() }).unwrap();
    assert_eq!(
        said(&directory),
        "`tiny/manifest.json`: category counts differ from the prompts: `code` 1 in the manifest, 0 in the file; \
         `math` 2 in the manifest, 1 in the file; run `labctl promptset manifest tiny`"
    );
    write_manifest(&directory, &Manifest { name: "large".to_owned(), ..good }).unwrap();
    assert!(
        said(&directory)
            .starts_with("`tiny/manifest.json`: the set's name is `large` but its folder is `tiny`")
    );
}

#[test]
fn a_broken_manifest_is_placed() {
    let (_root, directory) = folder(&row("a"));
    std::fs::write(directory.join(MANIFEST_FILE), "{\n  \"name\": tiny\n}").unwrap();
    assert!(said(&directory).starts_with("tiny/manifest.json:2:12: not JSON: expected ident"));
    std::fs::write(directory.join(MANIFEST_FILE), "{\n  \"nam\": \"tiny\"\n}").unwrap();
    assert!(said(&directory).contains("unknown field `nam` in the manifest (did you mean `name`?)"));
}

#[test]
fn a_prompt_that_cannot_be_judged_is_refused() {
    let cases = [
        (row_with("a", 9, ""), "no checks; add at least one"),
        (row_with("a", 0, r#"{"type":"numeric","value":"1"}"#), "`max_tokens` is 0"),
        (row_with(" ", 9, r#"{"type":"numeric","value":"1"}"#), "`id` is blank"),
        (row_with("a", 9, r#"{"type":"regex","pattern":"(a"}"#), "invalid pattern `(a`: unclosed group"),
        (row_with("a", 9, r#"{"type":"numeric","value":"1,5"}"#), "`1,5` is not a number"),
        (row_with("a", 9, r#"{"type":"numeric","value":"1/0"}"#), "`1/0` is not a number"),
        (row_with("a", 9, r#"{"type":"numeric","value":"1","abs":-1}"#), "`abs` is negative"),
        (row_with("a", 9, r#"{"type":"choice","options":["x","y"],"answer":"C"}"#), "letter from A to B"),
        (row_with("a", 9, r#"{"type":"choice","options":["x"],"answer":"A"}"#), "1 options; give 2 to 10"),
        (row_with("a", 9, r#"{"type":"contains"}"#), "every answer would pass"),
        (row_with("a", 9, r#"{"type":"contains","all":["x|"]}"#), "a needle is blank"),
        (row_with("a", 9, r#"{"type":"exact","values":[]}"#), "`values` is empty"),
        (row_with("a", 9, r#"{"type":"json","required":["name"]}"#), "write `/name`"),
        (
            row("a").replace(r#""reference""#, r#""pass_when":{"at_least":2},"reference""#),
            "`pass_when` wants at least 2 of 1 checks",
        ),
        (row_with("a", 9, r#"{"type":"json_schema","schema":3}"#), "neither an object nor true or false"),
        (row_with("a", 9, r#"{"type":"format"}"#), "no rule is given"),
        (
            row_with("a", 9, r#"{"type":"format","words":{"min":9,"max":3}}"#),
            "`words` is at least 9 and at most 3; no answer can be both",
        ),
        (row_with("a", 9, r#"{"type":"format","lines":{}}"#), "`lines` has neither `min` nor `max`"),
        (
            row_with("a", 9, r#"{"type":"format","only":"(a"}"#),
            "`only`: invalid pattern `(a`: unclosed group",
        ),
        (
            row_with("a", 9, r#"{"type":"format","ends_with":"so "}"#),
            "`ends_with` is empty or has white space",
        ),
        (row_with("a", 9, r#"{"type":"format","forbidden":[""]}"#), "`forbidden` holds an empty text"),
        (row_with("a", 9, r#"{"type":"concepts","groups":[]}"#), "every answer would pass"),
        (row_with("a", 9, r#"{"type":"concepts","groups":[["a"],[]]}"#), "group 2 has no wordings"),
        (
            row_with("a", 9, r#"{"type":"concepts","groups":[["a"]],"at_least":2}"#),
            "`at_least` wants 2 of 1 groups; use 1 to 1",
        ),
        (row_with("a", 9, r#"{"type":"concepts","groups":[["a| "]]}"#), "a wording is blank"),
        (row_with("a", 9, r#"{"type":"baseline_similarity"}"#), "nothing is asked for"),
        (row_with("a", 9, r#"{"type":"baseline_similarity","min_similarity":2}"#), "`min_similarity` is 2"),
        (
            row_with("a", 9, r#"{"type":"baseline_similarity","length_ratio":[2,1]}"#),
            "`length_ratio` is 2 to 1",
        ),
    ];
    for (line, expected) in cases {
        let said = parse_message(&line);
        assert!(said.starts_with("p.jsonl:1: prompt `") && said.contains(expected), "{said}");
    }
}

#[test]
fn every_documented_number_is_accepted() {
    for value in ["42", "-3.5", "2/3", "1.5e3", "+7", ".5", "10/010"] {
        let check = format!(r#"{{"type":"numeric","value":"{value}"}}"#);
        assert!(parse::prompts("p", row_with("a", 9, &check).as_bytes()).is_ok(), "{value}");
    }
}

proptest! {
    #[test]
    fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse::prompts("p", &bytes);
        let _ = parse::manifest("m", &bytes);
    }

    #[test]
    fn reading_a_damaged_row_never_panics(at in 0_usize..170, byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = row("a").into_bytes();
        let at = at.min(bytes.len() - 1);
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let _ = parse::prompts("p", &bytes);
        let _ = parse::manifest("m", &bytes);
    }
}
