//! Each format by a file as it is published, by what breaks it, and by anything at all.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use rand::SeedableRng as _;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::model::check::Check;
use crate::model::workload::{WorkloadOptions, WorkloadSpec};
use crate::workload::toys;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/workloads").join(name)
}

/// What is asked of a file.
struct Asked<'a> {
    format: WorkloadFormat,
    limit: Option<u32>,
    output_tokens: Option<Length>,
    salt: &'a str,
}

const AUTO: Asked<'_> =
    Asked { format: WorkloadFormat::Auto, limit: None, output_tokens: None, salt: "salt-of-the-run" };

impl Asked<'_> {
    fn of(&self, file: &Path) -> Result<Loaded, WorkloadError> {
        let mut random = Pcg64::seed_from_u64(1);
        let output_tokens = self.output_tokens.as_ref();
        build(file, self.format, self.limit, output_tokens, texts(), &mut random, &context(self.salt))
    }

    fn text(&self, text: impl AsRef<[u8]>) -> Result<Loaded, WorkloadError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        self.of(file.path())
    }

    /// The error of a file with this text, which is named `FILE`.
    fn error(&self, text: impl AsRef<[u8]>) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        self.of(file.path()).unwrap_err().to_string().replace(&file.path().display().to_string(), "FILE")
    }
}

fn texts() -> &'static TextMaker {
    static TEXTS: LazyLock<TextMaker> = LazyLock::new(|| TextMaker::new(None).unwrap());
    &TEXTS
}

fn context(salt: &str) -> Context<'_> {
    Context { requests: None, seed: 1, salt, promptset_dir: Path::new("nowhere"), prompt_set: None }
}

fn spec(name: &str) -> WorkloadSpec {
    let (format, file) = (WorkloadFormat::Auto, fixture(name));
    WorkloadSpec::File { file, format, limit: None, output_tokens: None }
}

fn ids(loaded: &Loaded) -> Vec<&str> {
    loaded.prompts.iter().map(|prompt| prompt.prompt.id.as_str()).collect()
}

fn max_tokens(loaded: &Loaded) -> Vec<u32> {
    loaded.prompts.iter().map(|prompt| prompt.prompt.max_tokens).collect()
}

fn texts_of(loaded: &Loaded) -> Vec<&str> {
    loaded.prompts.iter().map(|prompt| prompt.prompt.prompt.as_str()).collect()
}

fn turns(loaded: &Loaded) -> Vec<(usize, usize)> {
    loaded.sequences.iter().map(|sequence| (sequence.first, sequence.turns)).collect()
}

/// What is true of all traces with made-up texts.
fn check_trace(loaded: &Loaded, starts_s: &[f64], lengths: &[(u32, u32)]) {
    assert_eq!(loaded.starts_s.as_deref(), Some(starts_s));
    assert!(loaded.ordered && loaded.made_up);
    assert_eq!(turns(loaded), (0..lengths.len()).map(|position| (position, 1)).collect::<Vec<_>>());
    for ((prompt, (input, output)), number) in loaded.prompts.iter().zip(lengths).zip(1..) {
        assert_eq!(prompt.prompt.id, format!("trace-{number:05}"));
        assert_eq!(prompt.prompt.category, "trace");
        assert_eq!(prompt.ask.input_tokens, Some(*input));
        assert_eq!(prompt.prompt.max_tokens, *output);
        assert_eq!(texts().count(&prompt.prompt.prompt), *input);
        assert!(prompt.prompt.checks.is_empty());
    }
    assert_eq!(loaded.prompts.len(), lengths.len());
}

#[test]
fn jsonl_has_prompts_messages_and_turns() {
    let loaded = AUTO.of(&fixture("prompts.jsonl")).unwrap();
    assert_eq!(
        ids(&loaded),
        ["vienna", "jsonl-00002", "jsonl-00003/0", "jsonl-00003/1", "numbers/0", "numbers/1"]
    );
    assert_eq!(
        texts_of(&loaded),
        [
            "Name the river that flows through Vienna.",
            "Say hello in French.",
            "How long do eggs boil?",
            "And soft ones?",
            "Pick a number.",
            "Double it."
        ]
    );
    assert_eq!(max_tokens(&loaded), [16, DEFAULT_OUTPUT_TOKENS, 40, 40, 12, 8]);
    assert_eq!(turns(&loaded), [(0, 1), (1, 1), (2, 2), (4, 2)]);
    let of = |read: fn(&WorkPrompt) -> Option<u32>| loaded.prompts.iter().map(read).collect::<Vec<_>>();
    assert_eq!(of(|prompt| prompt.ask.turn), [None, None, Some(0), Some(1), Some(0), Some(1)]);
    let waits: Vec<f64> = loaded.prompts.iter().map(|prompt| prompt.think_s).collect();
    assert_eq!(waits, [0.0, 0.0, 0.0, 1.5, 0.0, 0.25]);
    let systems: Vec<_> = loaded.prompts.iter().map(|prompt| prompt.prompt.system.as_deref()).collect();
    let cook = Some("You are a cook.");
    assert_eq!(systems, [None, Some("Be brief."), cook, cook, None, None]);
    let models: Vec<_> = loaded.prompts.iter().map(|prompt| prompt.ask.model.as_deref()).collect();
    assert_eq!(models, [None, None, None, None, Some("small"), Some("small")]);
    let checks: Vec<usize> = loaded.prompts.iter().map(|prompt| prompt.prompt.checks.len()).collect();
    assert_eq!(checks, [1, 0, 0, 1, 0, 0]);
    let vienna = &loaded.prompts[0].prompt;
    assert!(matches!(&vienna.checks[0], Check::Contains { any, .. } if any == &["Danube"]));
    assert_eq!(
        (vienna.category.as_str(), loaded.prompts[1].prompt.category.as_str()),
        ("geography", "jsonl")
    );
    assert_eq!((vienna.reference.as_str(), vienna.near_miss.len()), ("The Danube.", 1));
    assert!(loaded.prompts.iter().all(|prompt| prompt.salt_at.is_none()));
    assert!(!loaded.ordered && !loaded.made_up && loaded.starts_s.is_none());
    assert_eq!(loaded.warnings.len(), 1);
    assert!(loaded.warnings[0].starts_with("1 of 6 prompts"), "{:?}", loaded.warnings);
}

#[test]
fn jsonl_with_starts_is_a_trace() {
    let loaded = AUTO.of(&fixture("timed.jsonl")).unwrap();
    assert_eq!(loaded.starts_s, Some(vec![0.0, 0.5, 2.0]));
    assert_eq!(turns(&loaded), [(0, 1), (1, 2), (3, 1)]);
    assert!(loaded.ordered && !loaded.made_up && loaded.warnings.is_empty());
}

#[test]
fn a_line_of_a_prompt_set_is_a_line_of_jsonl() {
    let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("promptsets/canary/promptset.jsonl");
    let loaded = AUTO.of(&set).unwrap();
    let own: Vec<Prompt> = loaded.prompts.into_iter().map(|prompt| prompt.prompt).collect();
    assert_eq!(own, crate::promptset::built_in("canary").unwrap().unwrap().prompts);
}

#[test]
fn output_tokens_fill_in_what_jsonl_leaves_open() {
    let asked = Asked { output_tokens: Some(Length::Fixed { value: 77 }), ..AUTO };
    let loaded = asked.of(&fixture("prompts.jsonl")).unwrap();
    assert_eq!(max_tokens(&loaded), [16, 77, 40, 40, 12, 8]);
    assert_eq!(loaded.warnings, Vec::<String>::new());
}

#[test]
fn sharegpt_is_human_turns_as_long_as_their_recorded_answers() {
    let loaded = AUTO.of(&fixture("sharegpt.json")).unwrap();
    assert_eq!(
        ids(&loaded),
        ["a1B2c3_0/0", "a1B2c3_0/1", "a1B2c3_0~2/0", "a1B2c3_0~2/1", "sharegpt-00006/0"]
    );
    assert_eq!(texts_of(&loaded)[1..4], ["Why twice?", "Is ice lighter than water?", "And oil?"]);
    assert_eq!(turns(&loaded), [(0, 2), (2, 2), (4, 1)]);
    let counted = |text| texts().count(text);
    assert_eq!(
        max_tokens(&loaded),
        [
            counted("The sea rising and falling twice a day."),
            counted("The earth turns below two bulges."),
            counted("Yes."),
            DEFAULT_OUTPUT_TOKENS,
            counted("You are welcome.")
        ]
    );
    assert!(loaded.prompts.iter().all(|prompt| prompt.prompt.category == "sharegpt"));
    assert_eq!(loaded.prompts[3].prompt.system.as_deref(), Some("Answer in one word."));
    assert_eq!(loaded.prompts[4].ask.turn, Some(0));
    assert!(!loaded.made_up && !loaded.ordered);
    assert!(loaded.warnings[0].contains("3 of 6 conversations were left out"), "{:?}", loaded.warnings);
    assert!(loaded.warnings[1].starts_with("1 of 5 prompts"), "{:?}", loaded.warnings);

    let asked = Asked { output_tokens: Some(Length::Fixed { value: 9 }), ..AUTO };
    assert_eq!(max_tokens(&asked.of(&fixture("sharegpt.json")).unwrap()), [9; 5]);
}

#[test]
fn sharegpt_is_read_no_further_than_it_is_wanted() {
    let entry =
        r#"{"id":"x","conversations":[{"from":"human","value":"Hello"},{"from":"gpt","value":"Hi"}]}"#;
    let text = format!("[{entry},{entry}, and from here on it is no JSON");
    let loaded = Asked { limit: Some(2), ..AUTO }.text(&text).unwrap();
    assert_eq!(ids(&loaded), ["x/0", "x~2/0"]);
    // The hash is of the whole file nevertheless.
    assert_eq!(loaded.sha256, source::hexadecimal(&Sha256::digest(&text)));
    assert!(AUTO.error(&text).starts_with("FILE:1: not JSON as a `sharegpt` file has it"));
}

#[test]
fn mooncake_shares_what_was_shared() {
    let loaded = AUTO.of(&fixture("mooncake.jsonl")).unwrap();
    check_trace(&loaded, &[0.0, 0.0, 3.052, 4.5], &[(1100, 52), (1536, 500), (600, 1), (100, 26)]);
    assert!(loaded.prompts.iter().all(|prompt| prompt.salt_at.is_none()));
    // Tokens of what two prompts have in common, and of the words that happen to be the same behind it.
    let shared = |a: usize, b: usize| {
        let (a, b) = (texts_of(&loaded)[a], texts_of(&loaded)[b]);
        texts().count(&a[..a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()])
    };
    assert!((1024..1040).contains(&shared(0, 1)), "{}", shared(0, 1));
    assert!((512..528).contains(&shared(0, 2)), "{}", shared(0, 2));
    assert!(shared(0, 3) < 16, "{}", shared(0, 3));

    let again = AUTO.of(&fixture("mooncake.jsonl")).unwrap();
    assert_eq!(again, loaded, "the same salt makes the same texts");
    let other = Asked { salt: "salt-of-another-run", ..AUTO }.of(&fixture("mooncake.jsonl")).unwrap();
    for (one, other) in texts_of(&loaded).iter().zip(texts_of(&other)) {
        assert_ne!(one[..60], other[..60], "no cache of another run has it");
    }
}

#[test]
fn recorded_lengths_are_exact_in_a_tokenizers_tokens() {
    for tokenizer in [toys::byte_level(), toys::sentence_piece()] {
        let (_folder, path) = toys::saved(&tokenizer);
        for (name, cache) in [("mooncake.jsonl", false), ("azure-2023.csv", true)] {
            let options =
                WorkloadOptions { tokenizer_file: Some(path.clone()), ..WorkloadOptions::default() };
            let spec = spec(name);
            let workload = crate::workload::build(&spec, &options, &context(AUTO.salt)).unwrap();
            let texts = TextMaker::new(Some(&path)).unwrap();
            for prompt in &workload.prompts {
                assert_eq!(prompt.salt_at.is_some(), cache, "{name}");
                let sent = crate::workload::salted(prompt, Some(AUTO.salt), "0/0/0");
                assert_eq!(Some(texts.count(&sent.prompt)), prompt.ask.input_tokens, "{name}");
            }
        }
    }
}

#[test]
fn every_format_is_a_workload() {
    for (name, conversations, salted) in [
        ("prompts.jsonl", Some(2), false),
        ("timed.jsonl", Some(1), false),
        ("sharegpt.json", Some(3), false),
        ("mooncake.jsonl", None, true),
        ("azure-2024.csv", None, true),
        ("burstgpt-sessions.csv", None, true),
        ("result.json", None, true),
    ] {
        let workload =
            crate::workload::build(&spec(name), &WorkloadOptions::default(), &context(AUTO.salt)).unwrap();
        assert_eq!(workload.info.conversations, conversations, "{name}");
        assert_eq!(workload.info.salt.is_some(), salted, "{name}");
        assert_eq!(workload.info.sha256.as_ref().map(String::len), Some(64), "{name}");
        assert_eq!(workload.info.prompts, workload.prompts.len() as u64, "{name}");
    }
}

#[test]
fn mooncake_without_ids_shares_nothing() {
    let line = r#"{"timestamp":0,"input_length":40,"output_length":5}"#;
    let loaded = AUTO.text(format!("{line}\n{line}\n")).unwrap();
    check_trace(&loaded, &[0.0, 0.0], &[(40, 5), (40, 5)]);
    assert_ne!(texts_of(&loaded)[0], texts_of(&loaded)[1]);
}

#[test]
fn azure_counts_from_its_first_request() {
    let loaded = AUTO.of(&fixture("azure-2023.csv")).unwrap();
    check_trace(&loaded, &[0.0, 0.052, 0.052, 62.220_04], &[(480, 10), (31, 8), (110, 27), (74, 142)]);
    assert!(loaded.prompts.iter().all(|prompt| prompt.salt_at == Some(0)));
    let loaded = AUTO.of(&fixture("azure-2024.csv")).unwrap();
    check_trace(&loaded, &[0.0, 0.007_405, 0.990_07], &[(216, 5), (38, 22), (920, 3)]);
}

#[test]
fn burstgpt_leaves_out_what_failed_and_finds_its_columns_by_name() {
    let loaded = AUTO.of(&fixture("burstgpt.csv")).unwrap();
    check_trace(&loaded, &[0.0, 40.0, 113.0], &[(47, 18), (108, 23), (41, 27)]);
    assert!(loaded.warnings[0].contains("1 of 4 requests were left out"), "{:?}", loaded.warnings);
    assert!(loaded.prompts.iter().all(|prompt| prompt.salt_at == Some(0)));
    let loaded = AUTO.of(&fixture("burstgpt-sessions.csv")).unwrap();
    check_trace(&loaded, &[0.0, 0.5], &[(90, 44), (36, 29)]);
}

#[test]
fn a_result_is_a_trace_of_its_candidate() {
    let loaded = AUTO.of(&fixture("result.json")).unwrap();
    check_trace(&loaded, &[0.0, 0.5, 0.75], &[(44, 3), (31, 9), (31, 12)]);
    assert!(loaded.prompts.iter().all(|prompt| prompt.salt_at == Some(0)));
    assert!(loaded.warnings[0].contains("1 of 4 requests have no token counts"), "{:?}", loaded.warnings);

    // A text that was made up has again the length that it was made to have, without the chat template.
    let text = std::fs::read_to_string(fixture("result.json")).unwrap();
    let made = text.replacen("\"block\": 0", "\"block\": 0, \"ask\": {\"input_tokens\": 20}", 1);
    check_trace(&AUTO.text(made).unwrap(), &[0.0, 0.5, 0.75], &[(44, 3), (20, 9), (31, 12)]);

    // Laid out by another program it is the same.
    let laid_out: serde_json::Value = serde_json::from_str(&text).unwrap();
    let again = AUTO.text(serde_json::to_string_pretty(&laid_out).unwrap()).unwrap();
    assert_eq!(again.prompts, loaded.prompts);
}

#[test]
fn a_result_of_a_set_that_is_at_hand_sends_its_prompts() {
    let set = crate::promptset::built_in("canary").unwrap().unwrap();
    let text = std::fs::read_to_string(fixture("result.json")).unwrap();
    let text = text
        .replace("\"sha256\": \"00\"", &format!("\"sha256\": \"{}\"", set.manifest.sha256))
        .replace("capital-1", &set.prompts[1].id)
        .replace("capital-2", &set.prompts[2].id)
        .replace("capital-3", &set.prompts[3].id);
    let loaded = AUTO.text(&text).unwrap();
    let again = format!("{}~2", set.prompts[1].id);
    assert_eq!(ids(&loaded), [&set.prompts[3].id, &set.prompts[2].id, &set.prompts[1].id, &again]);
    assert_eq!(loaded.starts_s, Some(vec![0.0, 0.5, 1.0, 1.25]));
    assert!(loaded.ordered && !loaded.made_up && loaded.warnings.is_empty());
    assert_eq!(loaded.prompts[1].prompt, set.prompts[2]);
    assert_eq!(loaded.prompts[3].prompt.checks, set.prompts[1].checks);
    assert!(loaded.prompts.iter().all(|prompt| prompt.salt_at.is_none()));

    // Of another version of the set only the lengths are known.
    let changed = text.replace(&set.manifest.sha256, &"0".repeat(64));
    assert!(AUTO.text(changed).unwrap().made_up);
}

#[test]
fn a_limit_takes_the_beginning() {
    for (name, sequences) in [
        ("prompts.jsonl", 2),
        ("timed.jsonl", 2),
        ("sharegpt.json", 2),
        ("mooncake.jsonl", 2),
        ("azure-2023.csv", 2),
        ("burstgpt.csv", 2),
        ("result.json", 2),
    ] {
        let whole = AUTO.of(&fixture(name)).unwrap();
        let limited = Asked { limit: Some(2), ..AUTO }.of(&fixture(name)).unwrap();
        assert_eq!(limited.sequences, whole.sequences[..sequences], "{name}");
        assert_eq!(ids(&limited), ids(&whole)[..limited.prompts.len()], "{name}");
        assert_eq!(
            limited.starts_s.as_deref(),
            whole.starts_s.as_deref().map(|starts| &starts[..2]),
            "{name}"
        );
        assert_eq!(limited.sha256, whole.sha256, "{name}");
    }
    let error = Asked { limit: Some(0), ..AUTO }.of(&fixture("timed.jsonl")).unwrap_err().to_string();
    assert_eq!(error, "`limit`: 0 leaves nothing to send; give at least 1");
}

#[test]
fn a_format_that_is_given_is_not_guessed() {
    let asked = Asked { format: WorkloadFormat::Azure, ..AUTO };
    let error = asked.of(&fixture("burstgpt.csv")).unwrap_err().to_string();
    assert!(
        error.contains("burstgpt.csv:1: the header has no column `TIMESTAMP`; a `azure` file"),
        "{error}"
    );
}

#[test]
fn what_is_in_no_format_is_told_what_there_is() {
    for (bytes, found) in [
        (b"\x1f\x8b\x08\x00rest".as_slice(), "it is compressed; unpack it first"),
        (b"PAR1\x15\x04", "it is a Parquet file"),
        (b"\xff\xfe\x00", "its first line is not text in UTF-8"),
        (b"[1, 2]", "it is a JSON list, but not of objects"),
        (b"{\"a\": 1", "its first line begins like a JSON object and is none"),
        (b"{\"text\": \"x\", \"label\": 1}", "its first line is a JSON object with `text`, `label`"),
        (b"{}", "its first line is a JSON object with nothing in it"),
        (b"name,tokens\nx,1\n", "its first line is `name,tokens`"),
    ] {
        let error = AUTO.error(bytes);
        let start = "`FILE` is in no format that labctl knows: ";
        assert!(error.starts_with(&format!("{start}{found}")), "{error}");
        for format in ["`jsonl`", "`sharegpt`", "`mooncake`", "`azure`", "`burstgpt`", "`labctl`"] {
            assert!(error.contains(format), "{error}");
        }
    }
    assert_eq!(AUTO.error(" \n\n"), "`FILE` holds no prompts or requests");
    let missing = AUTO.of(Path::new("no/such/file")).unwrap_err().to_string();
    assert!(missing.starts_with("cannot read `no/such/file`: "), "{missing}");
}

/// Files and how their errors begin.
fn check_errors(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let error = AUTO.error(text);
        assert!(error.starts_with(expected), "{error}\nexpected: {expected}");
    }
}

#[test]
fn errors_of_jsonl_name_line_and_field() {
    check_errors(&[
        (r#"{"promt": "x"}"#, "FILE:1:promt: unknown field; did you mean `prompt`?"),
        (
            "{\"prompt\": \"x\"}\n\n{\"prompt\": \"y\", \"max_token\": 1}",
            "FILE:3:max_token: unknown field; did you mean `max_tokens`?",
        ),
        (
            r#"{"prompt": "x", "max_tokens": 0}"#,
            "FILE:1:max_tokens: must be a whole number of tokens from 1 to 10000000, not 0",
        ),
        (
            r#"{"prompt": "x", "max_tokens": "9"}"#,
            "FILE:1:max_tokens: must be a whole number of tokens from 1 to 10000000, not the text `9`",
        ),
        (r#"{"prompt": " "}"#, "FILE:1:prompt: is blank; fill it in or leave the field out"),
        (r#"{"prompt": null}"#, "FILE:1:prompt: missing; add `prompt`, `messages` or `turns`"),
        (r#"{"prompt": "x", "turns": ["y"]}"#, "FILE:1:turns: only one of `prompt`, `messages` and `turns`"),
        (
            r#"{"messages": [{"role": "user", "content": [1]}]}"#,
            "FILE:1:messages[0].content: must be text, not a list",
        ),
        (
            r#"{"messages": [{"role": "tool", "content": "x"}]}"#,
            "FILE:1:messages[0].role: must be `user`, `assistant`",
        ),
        (
            r#"{"messages": [{"role": "user", "content": "x"}, {"role": "system", "content": "y"}]}"#,
            "FILE:1:messages[1].role: is `system` after the first message",
        ),
        (r#"{"messages": []}"#, "FILE:1:messages: has no message with the role `user`; add one"),
        (r#"{"turns": []}"#, "FILE:1:turns: is empty; give at least one turn"),
        (r#"{"turns": ["a", 5]}"#, "FILE:1:turns[1]: must be text, or an object with `prompt`"),
        (r#"{"turns": ["a", {"prompt": "b", "id": "c"}]}"#, "FILE:1:turns[1].id: unknown field"),
        (r#"{"prompt": "x", "checks": [{"type": "exakt"}]}"#, "FILE:1:checks[0]: unknown variant `exakt`"),
        (
            r#"{"prompt": "x", "checks": [{"type": "contains"}]}"#,
            "FILE:1:checks: check 1 (`contains`): `any`, `all` and `none` are all empty",
        ),
        (r#"{"prompt": "x", "think_s": -1}"#, "FILE:1:think_s: must be 0 seconds or more, not -1"),
        (
            "{\"prompt\": \"x\", \"start_s\": 1}\n{\"prompt\": \"y\"}",
            "FILE:2:start_s: missing here, and the lines above have it",
        ),
        (
            "{\"prompt\": \"x\"}\n{\"prompt\": \"y\", \"start_s\": 1}",
            "FILE:2:start_s: is not on the lines above",
        ),
        (
            "{\"prompt\": \"x\", \"start_s\": 2}\n{\"prompt\": \"y\", \"start_s\": 1}",
            "FILE:2:start_s: `1` is before `2`, the time of the request above; a trace must be sorted by time",
        ),
        (
            "{\"prompt\": \"x\", \"id\": \"a\"}\n{\"prompt\": \"y\", \"id\": \"a\"}",
            "FILE:2:id: `a` was first used on line 1",
        ),
        ("{\"prompt\": \"x\"}\nnonsense", "FILE:2: not JSON as a `jsonl` file has it"),
    ]);
}

#[test]
fn errors_of_mooncake_name_line_and_field() {
    check_errors(&[
        (
            "{\"timestamp\": 5, \"input_length\": 3, \"output_length\": 1}\n{\"timestamp\": 4, \"input_length\": 3, \"output_length\": 1}",
            "FILE:2:timestamp: `4` is before `5`",
        ),
        (
            r#"{"timestamp": 5, "input_length": 0, "output_length": 1}"#,
            "FILE:1:input_length: must be a whole number of tokens from 1",
        ),
        (
            r#"{"timestamp": 5, "input_length": 3, "output_length": -4}"#,
            "FILE:1:output_length: must be a whole number of tokens from 1",
        ),
        (r#"{"timestamp": 5, "input_length": 3}"#, "FILE:1:output_length: missing; add the field"),
        (
            r#"{"timestamp": "5", "input_length": 3, "output_length": 1}"#,
            "FILE:1:timestamp: must be a number, not the text `5`",
        ),
        (
            r#"{"timestamp": 5, "input_length": 600, "output_length": 1, "hash_ids": [1,2,3]}"#,
            "FILE:1:hash_ids: has 3 ids for 600 tokens; in blocks of 512 tokens it must have 2",
        ),
        (
            r#"{"timestamp": 5, "input_length": 3, "output_length": 1, "hash_ids": ["a"]}"#,
            "FILE:1:hash_ids: must be whole numbers, 0 or more",
        ),
    ]);
}

#[test]
fn errors_of_csv_name_line_and_field() {
    let huge = format!("Timestamp,Request tokens,Response tokens\n{}", "1,10000000,1\n".repeat(51));
    check_errors(&[
        (
            "TIMESTAMP,ContextTokens,GeneratedTokens\n",
            "`FILE` holds no requests; a trace has one a line below its header",
        ),
        ("TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,1\n", "FILE:2:TIMESTAMP: must be a time like"),
        (
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1\n",
            "FILE:2:GeneratedTokens: missing; the line has fewer values",
        ),
        (
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1,1\n2023-11-16 18:17:02,1,1\n",
            "FILE:3:TIMESTAMP: `2023-11-16 18:17:02` is before `2023-11-16 18:17:03`",
        ),
        (
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1,0\n",
            "FILE:2:GeneratedTokens: is 0, and no request is without tokens",
        ),
        (
            "Timestamp,Request tokens,Response tokens\nNaN,1,1\n",
            "FILE:2:Timestamp: must be a number of seconds, not `NaN`",
        ),
        (
            "Timestamp,Request tokens,Response tokens\n1,-1,1\n",
            "FILE:2:Request tokens: must be a whole number of tokens from 1 to 10000000, not `-1`",
        ),
        ("Timestamp,Request tokens,Response tokens\n1,0,1\n", "FILE:2:Request tokens: is 0"),
        (
            "Timestamp,Request tokens,Response tokens\n1,1,0\n",
            "`FILE` holds no requests; a trace has one a line below its header: 1 of 1 requests were left out",
        ),
        (
            &huge,
            "the requests of `FILE` have 510000000 tokens in all, and at most 500000000 are made up; give a `limit`",
        ),
    ]);
}

#[test]
fn errors_of_sharegpt_and_results_name_line_and_field() {
    check_errors(&[
        (
            "[\n{\"id\": \"a\"}\n]",
            "FILE:2: not JSON as a `sharegpt` file has it: missing field `conversations` (in entry 1 of the list)",
        ),
        (
            "[{\"id\": \"a\", \"conversations\": []}]",
            "`FILE` holds no conversations: 1 of 1 conversations were left out",
        ),
        (
            "{\"schema_version\": 99, \"run_id\": \"x\"}",
            "FILE:1: not JSON as a `labctl` file has it: missing field `prompt_set`",
        ),
    ]);
}

#[test]
fn a_format_is_told_behind_blanks_and_in_long_lines() {
    let long = "x ".repeat(5_000);
    let blank = "\u{feff}".to_owned() + &" \n".repeat(3_000);
    for (text, is) in [
        (format!("{blank}{{\"id\":\"a\",\"prompt\":\"{long}\"}}\n{{\"prompt\":\"y\"}}"), "jsonl"),
        (format!("{blank}[{{\"conversations\":[{{\"from\":\"human\",\"value\":\"{long}\"}}]}}]"), "sharegpt"),
    ] {
        assert_eq!(AUTO.text(text).unwrap().prompts[0].prompt.category, is);
    }
}

#[test]
fn a_newer_result_says_so() {
    let text = std::fs::read_to_string(fixture("result.json")).unwrap();
    let error = AUTO.error(text.replacen("\"schema_version\": 1", "\"schema_version\": 99", 1));
    assert!(error.starts_with("`FILE` is a result of schema version 99"), "{error}");
}

#[test]
fn ids_that_are_taken_get_a_number() {
    let mut taken = HashMap::new();
    let given = ["a", "a~2", "a", "a", "b", "a~2"].map(|id| unused(&mut taken, id.to_owned()));
    assert_eq!(given, ["a", "a~2", "a~3", "a~4", "b", "a~2~2"]);
}

const FORMATS: [WorkloadFormat; 7] = [
    WorkloadFormat::Auto,
    WorkloadFormat::Jsonl,
    WorkloadFormat::Sharegpt,
    WorkloadFormat::Mooncake,
    WorkloadFormat::Azure,
    WorkloadFormat::Burstgpt,
    WorkloadFormat::Labctl,
];

/// Whatever was read can be sent: no panic, and the parts agree.
fn check_any(bytes: &[u8]) {
    for format in FORMATS {
        match (Asked { format, ..AUTO }).text(bytes) {
            Ok(loaded) => {
                let sent: usize = loaded.sequences.iter().map(|sequence| sequence.turns).sum();
                assert_eq!(sent, loaded.prompts.len());
                assert!(sent > 0 && loaded.sequences.iter().all(|sequence| sequence.turns > 0));
                let unique: std::collections::HashSet<_> = ids(&loaded).into_iter().collect();
                assert_eq!(unique.len(), sent);
                assert!(loaded.prompts.iter().all(|prompt| prompt.prompt.max_tokens > 0));
                if let Some(starts) = &loaded.starts_s {
                    assert_eq!(starts.len(), loaded.sequences.len());
                    assert!(starts.iter().all(|start| start.is_finite()) && starts.is_sorted());
                }
                assert_eq!(loaded.ordered, loaded.starts_s.is_some());
            }
            Err(error) => assert!(!error.to_string().contains('\u{1b}'), "{error}"),
        }
    }
}

/// A line as one of the formats has it, or nearly.
fn line() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        "[0-9]{1,3}",
        "-[0-9]",
        "[0-9]{1,2}\\.[0-9]{1,9}",
        Just("NaN".to_owned()),
        Just(String::new()),
        "1e[0-9]{1,3}"
    ];
    let value = prop_oneof![
        "[0-9]{1,3}",
        Just("null".to_owned()),
        Just("[1,2]".to_owned()),
        Just("{}".to_owned()),
        "\"[a-z\u{1b}]{0,4}\"",
        "\\[\"[a-z]{1,3}\"(,\\{\"prompt\":\"[a-z]\"\\})?\\]"
    ];
    let key = prop_oneof![
        proptest::sample::select(LINE_KEYS),
        Just("timestamp"),
        Just("input_length"),
        Just("output_length"),
        Just("hash_ids"),
        Just("conversations"),
        Just("from"),
        Just("\u{1b}")
    ];
    let object = proptest::collection::vec((key, value), 0..6).prop_map(|members| {
        let members: Vec<_> = members.into_iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
        format!("{{{}}}", members.join(","))
    });
    let row = proptest::collection::vec(number, 0..5).prop_map(|cells| cells.join(","));
    let header = prop_oneof![
        Just("TIMESTAMP,ContextTokens,GeneratedTokens".to_owned()),
        Just("Timestamp,Request tokens,Response tokens".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just("2023-11-16 18:17:03.9799600,48,10".to_owned()),
        Just(r#"{"timestamp":1,"input_length":40,"output_length":2}"#.to_owned()),
        Just(r#"{"prompt":"x"}"#.to_owned()),
    ];
    prop_oneof![object, row, header, "\\PC{0,20}"]
}

const LINE_KEYS: &[&str] = jsonl::LINE;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_any(&bytes);
    }

    #[test]
    fn any_lines_are_read_or_refused(lines in proptest::collection::vec(line(), 0..6)) {
        check_any(lines.join("\n").as_bytes());
    }

    #[test]
    fn a_file_that_was_cut_or_changed_is_read_or_refused(
        name in proptest::sample::select(vec!["prompts.jsonl", "sharegpt.json", "mooncake.jsonl", "azure-2024.csv", "burstgpt.csv", "result.json"]),
        cut in 0.0..1.0_f64,
        change in any::<(proptest::sample::Index, u8)>(),
    ) {
        let mut bytes = std::fs::read(fixture(name)).unwrap();
        let at = change.0.index(bytes.len());
        // A digit more could ask for texts of millions of tokens.
        if !change.1.is_ascii_digit() && !matches!(change.1, b'e' | b'E') {
            bytes[at] = change.1;
        }
        check_any(&bytes);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a small file")]
        bytes.truncate((bytes.len() as f64 * cut) as usize);
        check_any(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn requests_come_back_as_they_were_recorded(
        requests in proptest::collection::vec((0_u32..5_000, 1_u32..600, 1_u32..4_000), 1..12),
    ) {
        let mut time = 0;
        let requests: Vec<_> = requests.into_iter().map(|(gap, input, output)| {
            time += gap;
            (time, input, output)
        }).collect();
        let first = requests[0].0;
        let expected: Vec<f64> = requests.iter().map(|(time, ..)| f64::from(time - first) / 1e3).collect();
        let lengths: Vec<_> = requests.iter().map(|(_, input, output)| (*input, *output)).collect();
        let mooncake: Vec<String> = requests.iter().map(|(time, input, output)| {
            format!("{{\"timestamp\":{time},\"input_length\":{input},\"output_length\":{output}}}")
        }).collect();
        check_trace(&AUTO.text(mooncake.join("\n")).unwrap(), &expected, &lengths);
        let rows = requests.iter().map(|(time, input, output)| {
            let (minutes, seconds, milliseconds) = (time / 60_000, time / 1000 % 60, time % 1000);
            format!("2024-05-10 00:{minutes:02}:{seconds:02}.{milliseconds:03},{input},{output}")
        });
        let header = "TIMESTAMP,ContextTokens,GeneratedTokens".to_owned();
        let azure: Vec<String> = std::iter::once(header).chain(rows).collect();
        check_trace(&AUTO.text(azure.join("\n")).unwrap(), &expected, &lengths);
    }
}
