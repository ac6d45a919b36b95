//! The formats on their fixtures, and what broken files make.

use proptest::prelude::*;

use super::*;
use crate::check::{Judge, selftest};
use crate::model::check::{PassWhen, Scope};
use crate::model::format::FormatRules;
use crate::model::rubric::Dimension;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import").join(name)).unwrap()
}

fn options() -> ImportOptions {
    ImportOptions { name: "set".to_owned(), ..ImportOptions::default() }
}

fn compiles(prompt: &Prompt) -> Result<(), String> {
    Judge::new(prompt).map(|_| ()).map_err(|error| error.to_string())
}

fn imported(name: &str, options: &ImportOptions) -> Imported {
    import(name, &fixture(name), options, &compiles).unwrap()
}

fn of_text(name: &str, text: &str) -> Imported {
    import(name, text.as_bytes(), &options(), &compiles).unwrap()
}

fn ids(imported: &Imported) -> Vec<&str> {
    imported.prompts.iter().map(|prompt| prompt.id.as_str()).collect()
}

fn remarks(imported: &Imported) -> Vec<(Effect, &str, &[usize])> {
    imported.remarks.iter().map(|r| (r.effect, r.what.as_str(), r.lines.as_slice())).collect()
}

/// Nothing that labctl knows to be wrong is made: references pass and near misses fail, as far as there are any.
fn holds(imported: &Imported) {
    let failures: Vec<_> = selftest(&imported.prompts)
        .failures
        .into_iter()
        .filter(|failure| {
            let prompt = imported.prompts.iter().find(|prompt| prompt.id == failure.prompt_id).unwrap();
            !prompt.reference.is_empty()
        })
        .collect();
    assert_eq!(failures, []);
}

#[test]
fn a_labs_rows() {
    let set = imported("lab.jsonl", &options());
    assert_eq!((set.format, set.cases, set.team.as_str()), (ImportFormat::Lab, 10, "quant"));
    assert_eq!(
        ids(&set),
        ["cap-1", "col-1", "set-formats-001", "sum-1", "set-maths-001", "yn-1", "list-1", "word-1", "code-1"]
    );
    assert_eq!(
        remarks(&set),
        [
            (
                Effect::Row,
                "nothing is expected of the answer, so it has no check (`--keep-unchecked` keeps such rows)",
                &[10][..]
            ),
            (Effect::Field, "`vibe`, which labctl doesn't know", &[10]),
            (Effect::Changed, "an id that is blank, too long or has white space, given a new one", &[3]),
            (Effect::Changed, "an id that an earlier row has, given a new one", &[6]),
        ]
    );
    holds(&set);
    let [cap, col, json, sum, ..] = set.prompts.as_slice() else { panic!() };
    assert_eq!((cap.max_tokens, cap.reference.as_str(), cap.tags.len()), (40, "Lisbon", 1));
    assert_eq!(col.max_tokens, 512);
    let all = vec!["green".to_owned(), "white".to_owned(), "red".to_owned()];
    let contains = |any: Vec<String>, all: Vec<String>| crate::model::check::Check::Contains {
        any,
        all,
        none: Vec::new(),
        scope: Scope::Text,
    };
    assert_eq!(col.checks, [contains(Vec::new(), all.clone())]);
    assert_eq!(json.system.as_deref(), Some("You answer in JSON."));
    assert_eq!(
        (sum.reference.as_str(), sum.near_miss.as_slice()),
        ("Answer: 43", &["Answer: 44".to_owned()][..])
    );

    let set = imported("lab.jsonl", &ImportOptions { any_of_list: true, keep_unchecked: true, ..options() });
    assert_eq!(set.prompts[1].checks, [contains(all, Vec::new())]);
    let ode = set.prompts.iter().find(|prompt| prompt.id == "ode-1").unwrap();
    let no_loop = FormatRules { no_loop: true, ..FormatRules::default() };
    assert_eq!(ode.checks, [crate::model::check::Check::Format(no_loop)]);
}

#[test]
fn broken_rows_are_told_by_line_and_field() {
    let set = imported("lab_broken.jsonl", &options());
    assert_eq!(ids(&set), ["ok"]);
    assert_eq!(set.cases, 8);
    assert!(set.has_losses());
    assert_eq!(
        remarks(&set),
        [
            (Effect::Malformed, "not JSON: EOF while parsing a string (column 44)", &[2][..]),
            (Effect::Malformed, "`max_tokens` is a text; expected a whole number", &[3]),
            (Effect::Malformed, "`prompt` is missing", &[4]),
            (Effect::Malformed, "a list, where an object is expected", &[6]),
            (Effect::Malformed, "`expected_contains` is a list; expected a text or a list of texts", &[7]),
            (Effect::Row, "no check is left of it", &[5]),
            (
                Effect::Row,
                "nothing is expected of the answer, so it has no check (`--keep-unchecked` keeps such rows)",
                &[8]
            ),
            (Effect::Check, "`expected_format` `haiku`, which has no check", &[5]),
            (Effect::Field, "`owner`, which labctl doesn't know", &[1]),
            (Effect::Field, "`vibe`, which labctl doesn't know", &[1, 5]),
        ]
    );
    assert_eq!(set.remarks[0].said("f"), "f:2: not JSON: EOF while parsing a string (column 44)");
}

#[test]
fn logged_samples_and_documents() {
    let set = imported("lm_eval.jsonl", &options());
    assert_eq!((set.format, set.cases), (ImportFormat::LmEval, 9));
    assert_eq!(
        ids(&set),
        ["set-imported-001", "Sci_17", "set-geometry-001", "set-imported-002", "set-imported-003"]
    );
    let what: Vec<(Effect, &[usize])> = set.remarks.iter().map(|r| (r.effect, r.lines.as_slice())).collect();
    assert_eq!(
        what,
        [(Effect::Malformed, &[9][..]), (Effect::Row, &[6]), (Effect::Row, &[8]), (Effect::Changed, &[2])]
    );
    assert!(set.remarks[0].what.starts_with("`answer` is none of the 2 options"), "{:?}", set.remarks[0]);
    assert!(set.remarks[1].what.starts_with("a loglikelihood request"), "{:?}", set.remarks[1]);
    holds(&set);
    let [rolls, gas, sides, play, half] = set.prompts.as_slice() else { panic!() };
    assert_eq!((rolls.reference.as_str(), rolls.near_miss[0].as_str()), ("Answer: 25", "Answer: 26"));
    assert_eq!(rolls.max_tokens, 300);
    assert!(rolls.prompt.ends_with("are left?\nEnd with a line: Answer: <number>"), "{}", rolls.prompt);
    assert_eq!(
        gas.prompt,
        "Which gas do green plants take in to make sugar?\nA) oxygen\nB) carbon dioxide\nC) helium\nD) argon\nEnd with a line: Answer: <letter>"
    );
    assert_eq!(gas.reference, "Answer: B) carbon dioxide");
    assert_eq!((sides.category.as_str(), sides.reference.as_str()), ("geometry", "Answer: B) six"));
    assert_eq!((play.checks[0].name(), play.near_miss.len()), ("exact", 0));
    assert_eq!(half.reference, "Answer: 3/8");
}

#[test]
fn prompts_times_tests() {
    let set = imported("promptfoo.yaml", &options());
    assert_eq!((set.format, set.cases), (ImportFormat::Promptfoo, 6));
    let told: Vec<(Effect, &str, &[usize])> = remarks(&set);
    assert_eq!(
        told,
        [
            (Effect::Row, "a prompt in another file; write its text here", &[7][..]),
            (
                Effect::Row,
                "a prompt with a template beyond `{{name}}`: `{% if polite %}Please {% endif %}transla…`",
                &[8]
            ),
            (Effect::Row, "no check is left of it", &[33]),
            (Effect::Row, "a prompt with `{{text}}`, which `vars` gives no value", &[36]),
            (Effect::Row, "tests in another file; import it by itself, or write them here", &[38]),
            (Effect::Check, "assertion `latency`, which has no check", &[14, 20, 28, 33]),
            (Effect::Check, "assertion `javascript`, which has no check", &[20]),
            (Effect::Check, "assertion `similar`, which has no check", &[28]),
            (Effect::Check, "assertion `python`, which has no check", &[33]),
        ]
    );
}

#[test]
fn json_configurations_and_thresholds() {
    let set = of_text(
        "a.json",
        r#"{"prompts": ["{{q}}"], "tests": [{"vars": {"q": "Pi \ud83d\ude00?"}, "threshold": 0.5, "assert": [{"type": "equals", "value": "3"}, {"type": "contains-json"}]}]}"#,
    );
    assert_eq!(set.prompts[0].pass_when, PassWhen::AtLeast(1));
    assert_eq!(set.prompts[0].prompt, "Pi 😀?");
}

#[test]
fn files_that_are_none() {
    let error =
        |name: &str, bytes: &[u8]| import(name, bytes, &options(), &compiles).unwrap_err().to_string();
    for (name, bytes, part) in [
        ("a.jsonl", &b""[..], "neither JSON lines"),
        ("a.jsonl", b"\xff", "a.jsonl:1: not UTF-8"),
        ("a.txt", b"hello", "`--format lab|lm-eval|promptfoo`"),
        ("a.json", b"[\n{\"a\": 1}\n]", "one JSON array"),
        ("a.json", b"[\n1\n]", "one JSON array"),
        ("a.json", b"{\n\"a\": 1\n}", "without `prompts` and `tests`"),
        ("a.yaml", b"prompts: [", "a.yaml:"),
        ("a.yaml", b"- 1", "not a map"),
        ("a.yaml", b"prompts: x", "no `tests`"),
        ("a.yaml", b"tests: []", "no `prompts`"),
        ("a.yaml", b"prompts: x\ntests: []", "no case that could be imported"),
        ("a.jsonl", b"{\"prompt\": \"x\"}", "a.jsonl:1: nothing is expected"),
    ] {
        let said = error(name, bytes);
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn small_files_that_ask_for_much_are_refused() {
    let list: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    let list = list.join(", ");
    let text = format!(
        "prompts: 'x'\ntests:\n  - vars: {{a: [{list}], b: [{list}]}}\n    assert: {{type: equals, value: y}}\n"
    );
    let said = import("a.yaml", text.as_bytes(), &options(), &compiles).unwrap_err().to_string();
    assert!(said.contains("more than 1000 rows"), "{said}");
    let long = "x".repeat(1 << 20);
    let text =
        format!("prompts: '{long}'\ntests:\n{}", "  - {assert: {type: equals, value: y}}\n".repeat(70));
    let said = import("a.yaml", text.as_bytes(), &options(), &compiles).unwrap_err().to_string();
    assert!(said.contains("more than 64 MB"), "{said}");
}

#[test]
fn a_set_is_written_and_loads() {
    let dir = tempfile::TempDir::new().unwrap();
    let folder = dir.path().join("mine");
    let set = imported("lab.jsonl", &options());
    let manifest = write(&folder, "lab.jsonl", &set).unwrap();
    assert_eq!((manifest.name.as_str(), manifest.version, manifest.team.as_str()), ("mine", 1, "quant"));
    let loaded = crate::promptset::load(folder.to_str().unwrap(), dir.path()).unwrap();
    assert_eq!((loaded.prompts, loaded.manifest), (set.prompts, manifest));
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\n",
        " ",
        "- ",
        "|",
        "&a ",
        "*a",
        "1",
        "-0.5",
        "null",
        "true",
        "\\u0000",
        "\"prompt\"",
        "\"expected\"",
        "\"expected_contains\"",
        "\"expected_format\"",
        "\"json\"",
        "\"doc\"",
        "\"question\"",
        "\"choices\"",
        "\"answer\"",
        "\"arguments\"",
        "\"target\"",
        "#### ",
        "\\\\boxed{",
        "prompts",
        "tests",
        "vars",
        "assert",
        "type",
        "value",
        "equals",
        "contains-any",
        "{{",
        "}}",
        "is-json",
        "ß\u{301}",
        "\u{202e}",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Documents of the right shape with values of any kind.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "json", "list", "equals", "#### 4", "A", "12", "{{a}}", "", "is-json", "regex", "(", "x|y"
        ])
        .prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let keys = prop::sample::select(vec![
        "prompt",
        "prompt_id",
        "expected",
        "expected_contains",
        "expected_format",
        "expected_not_contains",
        "choices",
        "max_tokens",
        "category",
        "tags",
        "messages",
        "role",
        "content",
        "checks",
        "near_miss",
        "doc",
        "question",
        "answer",
        "arguments",
        "target",
        "text",
        "label",
        "prompts",
        "tests",
        "vars",
        "assert",
        "type",
        "value",
        "threshold",
        "defaultTest",
        "a",
    ]);
    leaf.prop_recursive(4, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((keys.clone(), inner), 0..8).prop_map(|members| {
                Value::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

fn every_format(bytes: &[u8]) {
    for format in [None, Some(ImportFormat::Lab), Some(ImportFormat::LmEval), Some(ImportFormat::Promptfoo)] {
        let options = ImportOptions { format, keep_unchecked: true, ..options() };
        if let Ok(set) = import("a.jsonl", bytes, &options, &compiles) {
            let ids: BTreeSet<&String> = set.prompts.iter().map(|prompt| &prompt.id).collect();
            assert_eq!(ids.len(), set.prompts.len());
            for prompt in &set.prompts {
                assert_eq!(crate::promptset::defect(prompt), None);
                assert!(Judge::new(prompt).is_ok());
            }
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        every_format(&bytes);
    }

    #[test]
    fn no_text_panics(text in pieces()) {
        every_format(text.as_bytes());
    }

    #[test]
    fn no_shape_panics(values in prop::collection::vec(value(), 1..4)) {
        let lines: Vec<String> = values.iter().map(Value::to_string).collect();
        every_format(lines.join("\n").as_bytes());
    }
}

#[test]
fn assertions_as_checks() {
    use crate::model::check::Check;
    let set = imported("promptfoo.yaml", &options());
    let first = &set.prompts[0];
    assert_eq!(first.category, "greetings");
    assert_eq!(first.prompt, "Translate into French: good morning");
    let judged = set.prompts.iter().flat_map(|prompt| &prompt.checks).find(|check| check.name() == "judge");
    assert_eq!(
        judged,
        Some(&Check::Judge {
            dimensions: vec![Dimension::Helpfulness],
            pass_at: 4.0,
            guidance: Some("Says nothing but the translation".to_owned()),
        })
    );
}
