//! `--redact` and `--no-text` by the program itself: what was to be taken out is in no form of its output, what was to
//! stay is there, and each form says so.

use std::fs;
use std::sync::Arc;

use labctl::promptset::{self, manifest_for, write_manifest};
use serde_json::{Value, json};

use crate::servers::Server;
use crate::support::{Ended, Lab};

/// Stand in texts of each kind.
const ASKED: &str = "Zq7asked";
const ANSWERED: &str = "Zq7answered";
/// In reasons of checks and in errors, which may quote either.
const QUOTED: &str = "Zq7quoted";

/// The flags with whether they take prompts out, and answers.
const WAYS: [(&[&str], bool, bool); 6] = [
    (&[], false, false),
    (&["--redact", "prompts"], true, false),
    (&["--redact", "answers"], false, true),
    (&["--redact", "prompts,answers"], true, true),
    (&["--redact", "all"], true, true),
    (&["--no-text"], true, true),
];

const FORMS: [&str; 4] = ["html", "markdown", "text", "json"];

/// A lab with two runs, each of a candidate beside its baseline, whose every text holds one of these words.
fn lab() -> Lab {
    let lab = Lab::new();
    let lines: Vec<String> = (1..=6)
        .map(|n| {
            let mut prompt: Value = serde_json::from_str(&crate::support::prompt(n)).unwrap();
            prompt["prompt"] = json!(format!("{ASKED} how many are {n} and one hundred?"));
            prompt["reference"] = json!(format!("{ASKED} together they are {} in all.", n + 100));
            prompt.to_string()
        })
        .collect();
    lab.write_prompts("tiny", &lines.join("\n"));
    let set = lab.path("promptsets/tiny");
    write_manifest(&set, &manifest_for(&set).unwrap()).unwrap();
    let known = Arc::new(vec![promptset::load("tiny", &lab.path("promptsets")).unwrap()]);
    let server = |right: f64| {
        Server::with_options(|options| {
            options.profile.default_pass_rate = right;
            options.prompt_sets = Arc::clone(&known);
        })
    };
    let (candidate, baseline) = (server(0.4), server(1.0));
    let lab = lab.with_endpoints(&[
        ("candidate", json!({"url": candidate.url(), "body": {"stop": [format!("{ASKED} stop")]}})),
        ("baseline", json!({"url": baseline.url(), "body": {"stop": [format!("{ASKED} stop")]}})),
    ]);
    for _ in 0..2 {
        lab.bench(&["--compare-baseline", "--no-report"]).succeeds();
    }
    for path in lab.all(".json") {
        let mut result: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        mark(&mut result);
        fs::write(&path, result.to_string()).unwrap();
    }
    lab
}

/// Puts the words wherever a model or a server may put text.
fn mark(result: &mut Value) {
    let error = format!("the server said {QUOTED}, refusing");
    result["warnings"] = json!([format!("a request failed: {error}")]);
    result["client_health"]["status"] = json!("valid");
    result["client_health"]["reasons"] = json!([]);
    for (n, row) in result["rows"].as_array_mut().unwrap().iter_mut().enumerate() {
        for side in ["candidate", "baseline"] {
            let attempt = &mut row[side];
            let exchange = &mut attempt["exchange"];
            // What the simulator says is the reference, which would go with the prompts.
            exchange["content"] = json!(format!("{ANSWERED} answer number {n} of the {side}"));
            exchange["reasoning"] = json!(format!("{ANSWERED} thought of it"));
            exchange["tool_calls"] = json!(format!("[\"{ANSWERED}\"]"));
            exchange["finish_reason"] = json!(format!("{ANSWERED} ended"));
            let judgement = &mut attempt["judgement"];
            judgement["answer"] =
                json!({"text": format!("{ANSWERED} 1"), "source": "boxed", "start": 0, "end": 13});
            for check in judgement["checks"].as_array_mut().unwrap() {
                check["detail"] = json!(format!("{QUOTED} is not what was expected"));
            }
            if n == 1 && side == "candidate" {
                attempt["exchange"]["error"] = json!(error);
            }
        }
    }
}

/// What is wrong with an output, given what was to be taken out of it.
fn wrong(output: &str, form: &str, (flags, prompts, answers): (&[&str], bool, bool)) -> Vec<String> {
    let gone = [(ASKED, prompts), (ANSWERED, answers), (QUOTED, prompts || answers)];
    let mut wrong: Vec<String> = gone
        .iter()
        .filter(|(word, gone)| *gone && output.contains(word))
        .map(|(word, _)| {
            let at = output.find(word).unwrap();
            let around: String =
                output[..at].chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
            format!("{form} {flags:?}: `{word}` after `{around}`")
        })
        .collect();
    let whose = match (prompts, answers) {
        (true, true) => "the texts of prompts and answers",
        (true, false) => "the texts of prompts,",
        (false, true) => "the texts of answers,",
        (false, false) => return wrong,
    };
    let how = if flags == ["--no-text"] { "are left out" } else { "are replaced by their lengths" };
    // Lines of a terminal are broken where they end.
    let words = output.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_told =
        form == "json" || (words.contains("edacted") && words.contains(whose) && words.contains(how));
    if !is_told {
        wrong.push(format!("{form} {flags:?}: it doesn't say that {whose} {how}"));
    }
    if flags == ["--no-text"] && output.contains("[redacted: ") {
        wrong.push(format!("{form} {flags:?}: something stands in a text's place"));
    }
    wrong
}

fn printed(ended: &Ended) -> &str {
    assert!([0, 1, 4].contains(&ended.code) && !ended.stdout.is_empty(), "{ended:#?}");
    &ended.stdout
}

/// Whether a document says somewhere what was taken out of it.
fn says(document: &Value, prompts: bool, answers: bool) -> bool {
    match document {
        Value::Object(fields) => {
            let here = fields.get("redacted").is_some_and(|redacted| {
                (redacted["prompts"] == prompts || !prompts)
                    && (redacted["answers"] == answers || !answers)
                    && redacted.is_object()
            });
            here || fields.values().any(|one| says(one, prompts, answers))
        }
        Value::Array(list) => list.iter().any(|one| says(one, prompts, answers)),
        _ => false,
    }
}

/// Runs a command in every form and way, and gives what is wrong and all that was printed where nothing was taken out.
fn in_all_forms(lab: &Lab, command: &[&str]) -> (Vec<String>, Vec<(&'static str, String)>) {
    let (mut all, mut whole) = (Vec::new(), Vec::new());
    for form in FORMS {
        for way in WAYS {
            let ended = lab.labctl(&[command, &["--format", form], way.0].concat());
            let output = printed(&ended);
            all.extend(wrong(output, form, way));
            // What is said on the side is output too.
            all.extend(wrong_words(&ended.stderr, way));
            if form == "json" && (way.1 || way.2) {
                let document: Value = serde_json::from_str(output).unwrap();
                if !says(&document, way.1, way.2) {
                    all.push(format!("json {:?} of {command:?} doesn't say what was taken out", way.0));
                }
            }
            if way.0.is_empty() {
                whole.push((form, output.to_owned()));
            }
        }
    }
    (all, whole)
}

fn wrong_words(said: &str, (flags, prompts, answers): (&[&str], bool, bool)) -> Option<String> {
    let gone = [(ASKED, prompts), (ANSWERED, answers), (QUOTED, prompts || answers)];
    gone.iter()
        .any(|(word, gone)| *gone && said.contains(word))
        .then(|| format!("{flags:?}, on the side: {said}"))
}

fn ids(lab: &Lab) -> Vec<String> {
    let mut ids: Vec<String> = lab
        .all(".json")
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    ids.sort();
    ids
}

#[test]
fn a_report_of_one_run_holds_none_of_the_texts_taken_out() {
    let lab = lab();
    let ids = ids(&lab);
    let (wrong, whole) = in_all_forms(&lab, &["report", &ids[0]]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // They would be there.
    for (form, output) in &whole {
        let words: &[&str] = match *form {
            "html" => &[ASKED, ANSWERED, QUOTED],
            "json" => &[ANSWERED, QUOTED],
            "markdown" => &[ANSWERED],
            _ => &[QUOTED],
        };
        for word in words {
            assert!(
                output.contains(word),
                "{form} has no `{word}`:\n{}",
                output.chars().take(4_000).collect::<String>()
            );
        }
    }
    // What isn't asked for stays.
    let page =
        |flags: &[&str]| lab.labctl(&[&["report", &ids[0], "--format", "html"], flags].concat()).stdout;
    assert!(
        page(&["--redact", "prompts"]).contains(ANSWERED) && page(&["--redact", "answers"]).contains(ASKED)
    );
    // The pages that are written beside the result.
    for way in WAYS {
        lab.labctl(&[&["report", &ids[0]], way.0].concat()).succeeds();
        for (ending, form) in [(".html", "html"), (".md", "markdown")] {
            let found = lab.all(ending);
            assert!(!found.is_empty(), "{ending}");
            let texts = found.iter().map(|path| fs::read_to_string(path).unwrap());
            let wrong: Vec<String> = texts.flat_map(|text| self::wrong(&text, form, way)).collect();
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }
    }
}

#[test]
fn reports_of_several_runs_and_comparisons_hold_none_either() {
    let lab = lab();
    let ids = ids(&lab);
    for command in [
        &["report", &ids[0], "--baseline", &ids[1]][..],
        &["report", &ids[0], &ids[1]],
        &["compare", &ids[0], &ids[1]],
    ] {
        let (wrong, _) = in_all_forms(&lab, command);
        assert!(wrong.is_empty(), "{command:?}\n{}", wrong.join("\n"));
    }
}

/// What is printed, and written to the files that are named, whatever the exit code.
fn left(lab: &Lab, arguments: &[&str], files: &[&str]) -> String {
    let ended = lab.labctl(arguments);
    assert!([0, 1, 3, 4].contains(&ended.code), "{ended:#?}");
    let written = files.iter().map(|file| fs::read_to_string(lab.path(file)).unwrap());
    written.fold(format!("{}{}", ended.stdout, ended.stderr), |all, file| all + &file)
}

#[test]
fn other_commands_hand_on_none_of_a_results_texts() {
    let lab = lab();
    let run = ids(&lab).remove(0);
    let before = fs::read(lab.path(&format!("results/{run}.json"))).unwrap();
    let gate = ["gate", &run, "--max-pass-rate-drop", "3", "--junit", "j.xml", "--summary", "s.md"];
    let commands: [(&[&str], &[&str], bool); 9] = [
        (&["results", "show", &run, "--format", "json"], &[], true),
        (&["results", "show", &run, "--format", "markdown"], &[], true),
        (&["results", "show", &run], &[], true),
        (&["results", "export", &run, "-o", "rows.csv"], &["rows.csv"], true),
        (&["results", "export", &run, "--format", "json"], &[], true),
        (&["results", "export", &run, "--format", "vllm-bench", "--detail"], &[], true),
        (&gate, &["j.xml", "s.md"], true),
        (&[&gate[..], &["--ci", "github"]].concat(), &[], false),
        (&["rescore", &run, "--format", "json"], &[], false),
    ];
    for (arguments, files, quotes) in commands {
        for way in WAYS {
            let left = left(&lab, &[arguments, way.0].concat(), files);
            assert!(!left.is_empty(), "{arguments:?}");
            let wrong = wrong_words(&left, way);
            assert!(wrong.is_none(), "{arguments:?} {}", wrong.unwrap());
            let has_some = [ASKED, ANSWERED, QUOTED].iter().any(|word| left.contains(word));
            assert!(has_some || !way.0.is_empty() || !quotes, "{arguments:?} quotes nothing");
        }
    }
    // The file keeps all.
    assert_eq!(fs::read(lab.path(&format!("results/{run}.json"))).unwrap(), before);
}
