//! Workloads end to end: what a server receives of made-up prompts, conversations and files, and what the result
//! says of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use crate::recording::{Recording, last_user};
use crate::servers::HttpServer;
use crate::support::{Lab, outcomes};
use labctl::model::judgement::Verdict;
use labctl::model::outcome::Outcome::Success;
use labctl::model::record::Side;
use labctl::model::result::RunResult;
use labctl::model::summary::GroupKey;

/// Letters and blanks of a salt, with the blank after it.
const SALT: usize = 16;

/// A server that was asked, and what came of it.
struct Asked {
    bodies: Vec<Value>,
    result: RunResult,
}

impl Asked {
    /// Runs on a server of this kind, one request after the other.
    fn kind(kind: &str, flags: &[&str]) -> Self {
        let recording = Recording::new();
        let endpoint = json!({"url": recording.url(), "model": "m", "kind": kind});
        let lab = Lab::new().with_endpoints(&[("candidate", endpoint)]);
        let common = ["run", "--endpoint", "candidate", "--allow-invalid-client", "--warmup", "0"];
        let has_shape = flags.iter().any(|flag| ["--trace-speed", "--concurrency"].contains(flag));
        let alone: &[&str] = if has_shape { &[] } else { &["--concurrency", "1"] };
        let ended = lab.labctl(&[&common, flags, alone].concat());
        ended.succeeds();
        Self { bodies: recording.bodies(), result: lab.result() }
    }

    /// Runs on a server that takes all that vLLM takes.
    fn vllm(flags: &[&str]) -> Self {
        Self::kind("vllm", flags)
    }

    fn prompts(&self) -> Vec<String> {
        self.bodies.iter().map(last_user).collect()
    }

    fn max_tokens(&self) -> Vec<u64> {
        self.bodies.iter().map(|body| body["max_tokens"].as_u64().unwrap()).collect()
    }

    /// Tokens that each prompt was made to have, in the order in which they were due.
    fn input_tokens(&self) -> Vec<u32> {
        self.rows().iter().map(|row| row.ask.input_tokens.unwrap()).collect()
    }

    fn rows(&self) -> Vec<&labctl::model::record::Row> {
        let mut rows: Vec<_> = self.result.rows.iter().collect();
        rows.sort_by_key(|row| row.candidate.as_ref().unwrap().exchange.trace.scheduled_ns);
        rows
    }

    /// When the requests were due, from the first, in milliseconds.
    fn due_ms(&self) -> Vec<u64> {
        let due =
            self.rows().into_iter().map(|row| row.candidate.as_ref().unwrap().exchange.trace.scheduled_ns.0);
        let due: Vec<u64> = due.collect();
        due.iter().map(|at| (at - due[0] + 500_000) / 1_000_000).collect()
    }
}

fn synthetic(flags: &[&str]) -> Asked {
    Asked::vllm(&[&["--input-tokens", "24", "--output-tokens", "8"], flags].concat())
}

fn words(text: &str) -> u32 {
    u32::try_from(text.split_whitespace().count()).unwrap()
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort();
    values
}

#[test]
fn lengths_are_drawn_from_each_distribution() {
    for (length, (shortest, longest), varies) in [
        ("40", (40, 40), false),
        ("20..60", (20, 60), true),
        ("normal:mean=50,sd=10,min=30,max=70", (30, 70), true),
        ("lognormal:median=40,sigma=0.5,max=100", (1, 100), true),
        ("histogram:20-30=3,80-90=1", (20, 90), true),
    ] {
        let flags = ["--input-tokens", length, "--output-tokens", length, "--requests", "40"];
        let asked = Asked::vllm(&[&flags[..], &["--concurrency", "4"]].concat());
        assert_eq!(outcomes(&asked.result, Side::Candidate), [(Success, 40)]);
        let within = shortest..=longest;
        let (inputs, outputs) = (asked.input_tokens(), asked.max_tokens());
        assert!(inputs.iter().all(|tokens| within.contains(tokens)), "{length}: {inputs:?}");
        assert!(
            outputs.iter().all(|n| within.contains(&u32::try_from(*n).unwrap())),
            "{length}: {outputs:?}"
        );
        assert_eq!(inputs.iter().collect::<BTreeSet<_>>().len() > 3, varies, "{length}: {inputs:?}");
        assert_eq!(outputs.iter().collect::<BTreeSet<_>>().len() > 3, varies, "{length}: {outputs:?}");
        // Without a tokenizer a word is about a token.
        let told: u32 = inputs.iter().sum();
        let sent: u32 = asked.prompts().iter().map(|prompt| words(prompt)).sum();
        assert!(sent * 2 > told && sent <= told, "{length}: {sent} words for {told} tokens");
        let info = asked.result.workload.as_ref().unwrap();
        assert_eq!((info.prompts, info.tokens_by.as_deref()), (40, Some("estimated")));
        assert_eq!(asked.result.candidate.summary.verdicts, BTreeMap::from([(Verdict::Unchecked, 40)]));
    }
    let histogram =
        ["--input-tokens", "9", "--output-tokens", "histogram:20-30=3,80-90=1", "--requests", "40"];
    let outputs = Asked::vllm(&histogram).max_tokens();
    assert!(outputs.iter().all(|n| (20..=30).contains(n) || (80..=90).contains(n)), "{outputs:?}");
}

#[test]
fn exact_lengths_are_asked_of_servers_that_take_them() {
    let flags = ["--input-tokens", "16", "--output-tokens", "9", "--requests", "3", "--exact-output"];
    for body in Asked::vllm(&flags).bodies {
        assert_eq!(
            (&body["min_tokens"], &body["max_tokens"], &body["ignore_eos"]),
            (&json!(9), &json!(9), &json!(true))
        );
    }
    let plain = Asked::kind("openai", &flags);
    assert!(
        plain.bodies.iter().all(|body| body.get("min_tokens").is_none() && body.get("ignore_eos").is_none())
    );
    let warnings = plain.result.warnings.join("\n");
    assert!(warnings.contains("ignore_eos"), "{warnings}");
    assert!(Asked::vllm(&flags[..6]).bodies.iter().all(|body| body.get("min_tokens").is_none()));
}

#[test]
fn a_run_has_a_salt_of_its_own_unless_it_is_given() {
    let flags = ["--requests", "6"];
    let (first, second) = (synthetic(&flags), synthetic(&flags));
    let salt = |asked: &Asked| asked.result.workload.as_ref().unwrap().salt.clone();
    assert!(salt(&first).is_some() && salt(&first) != salt(&second));
    let beginnings: BTreeSet<String> =
        first.prompts().iter().chain(&second.prompts()).map(|prompt| prompt[..SALT].to_owned()).collect();
    assert_eq!(beginnings.len(), 12, "{beginnings:?}");
    let rest = |asked: &Asked| -> Vec<String> {
        asked.prompts().iter().map(|prompt| prompt[SALT..].to_owned()).collect()
    };
    assert_eq!(rest(&first), rest(&second), "all else is the seed's");

    let again = |salt: &str| synthetic(&["--requests", "6", "--salt", salt]);
    let told = again("monday");
    assert_eq!(salt(&told).as_deref(), Some("monday"));
    assert_eq!(told.bodies, again("monday").bodies);
    assert_ne!(told.prompts(), again("tuesday").prompts());
}

#[test]
fn cold_warm_and_as_written() {
    let flags = ["--prompts", "3", "--requests", "6"];
    let counts = |prompts: &[String]| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for prompt in prompts {
            *counts.entry(prompt.clone()).or_default() += 1;
        }
        counts.into_values().collect::<Vec<_>>()
    };
    let with = |mode: &str| synthetic(&[&flags[..], &["--cache", mode]].concat());
    let cold = with("cold");
    assert_eq!(counts(&cold.prompts()), [1; 6], "no prompt was seen before, though three are sent twice");
    let texts: Vec<String> = cold.prompts().iter().map(|prompt| prompt[SALT..].to_owned()).collect();
    assert_eq!(counts(&texts), [2; 3]);

    let as_is = with("as-is");
    assert_eq!(counts(&as_is.prompts()), [2; 3]);
    assert_eq!(as_is.prompts(), with("as-is").prompts(), "the same in every run");

    let warm = with("warm");
    assert_eq!(warm.result.rows.len(), 6);
    let prompts = warm.prompts();
    assert_eq!(prompts.len(), 3 + 6);
    assert_eq!(counts(&prompts[..3]), [1; 3], "each was sent once before the load");
    assert_eq!(counts(&prompts[3..]), [2; 3]);
    let told = warm.result.candidate.summary.cached_tokens;
    assert_eq!(told, Some(6 * 16), "as the server told it");
}

#[test]
fn prompts_begin_alike_in_groups() {
    let flags = ["--shared-prefix", "2x64", "--requests", "8"];
    let beginnings = |asked: &Asked| {
        let mut groups: BTreeMap<String, usize> = BTreeMap::new();
        for prompt in asked.prompts() {
            *groups.entry(prompt[..150].to_owned()).or_default() += 1;
        }
        groups
    };
    let (first, second) = (synthetic(&flags), synthetic(&flags));
    for asked in [&first, &second, &synthetic(&[&flags[..], &["--cache", "as-is"]].concat())] {
        assert_eq!(beginnings(asked).into_values().collect::<Vec<_>>(), [4, 4]);
        assert_eq!(asked.prompts().iter().collect::<BTreeSet<_>>().len(), 8, "no two prompts are the same");
    }
    // What was cached of the first run answers nothing of the second.
    let all: BTreeSet<String> = beginnings(&first)
        .into_keys()
        .chain(beginnings(&second).into_keys())
        .map(|text| text[..SALT].to_owned())
        .collect();
    assert_eq!(all.len(), 4, "{all:?}");
}

#[test]
fn a_conversation_goes_on_with_what_was_answered() {
    let flags = ["--turns", "3", "--requests", "4", "--concurrency", "2", "--think-time", "0.02"];
    let asked = synthetic(&flags);
    assert_eq!(outcomes(&asked.result, Side::Candidate), [(Success, 12)]);
    let messages = |body: &Value| body["messages"].as_array().unwrap().clone();
    let mut by_turn = [0; 3];
    for body in &asked.bodies {
        let messages = messages(body);
        by_turn[messages.len() / 2] += 1;
        let Some((_, before)) = messages.split_last() else { unreachable!() };
        let Some((answer, asked_before)) = before.split_last() else { continue };
        // The request whose answer it carries on from had just what comes before that answer.
        let number =
            1 + asked.bodies.iter().position(|body| body["messages"] == json!(asked_before)).unwrap();
        assert_eq!(*answer, json!({"role": "assistant", "content": format!("Answer {number}.")}));
    }
    assert_eq!(by_turn, [4; 3]);
    let groups = &asked.result.candidate.summary.groups;
    let turns: Vec<_> = groups.iter().map(|group| (group.key.clone(), group.attempted)).collect();
    assert_eq!(turns, [0, 1, 2].map(|turn| (GroupKey::Turn { turn }, 4)));
    assert_eq!(asked.result.workload.as_ref().unwrap().conversations, Some(4));
    // A turn is due when the one before it has been answered and thought about.
    let mut last_end: BTreeMap<&str, u64> = BTreeMap::new();
    for row in asked.rows() {
        let trace = &row.candidate.as_ref().unwrap().exchange.trace;
        let (conversation, _) = row.key.prompt_id.rsplit_once(['-', '.', '/', ':']).unwrap();
        let before = last_end.insert(conversation, trace.end_ns.0);
        assert!(before.is_none_or(|end| end <= trace.scheduled_ns.0), "{}", row.key.prompt_id);
    }
    assert_eq!(last_end.len(), 4, "{last_end:?}");
}

#[test]
fn models_take_their_shares_and_are_reported_apart() {
    let asked = synthetic(&["--models", "a=3,b=1", "--requests", "16", "--concurrency", "4"]);
    let of = |model: &str| asked.bodies.iter().filter(|body| body["model"] == model).count();
    assert_eq!((of("a"), of("b")), (12, 4));
    let groups = &asked.result.candidate.summary.groups;
    let models: Vec<_> = groups.iter().map(|group| (group.key.clone(), group.attempted)).collect();
    let key = |model: &str| GroupKey::Model { model: model.to_owned() };
    assert_eq!(models, [(key("a"), 12), (key("b"), 4)]);
    assert!(asked.result.rows.iter().all(|row| row.ask.model.is_some()));
    assert_eq!(asked.result.candidate.asked_models, ["a", "b"]);
    assert_eq!(asked.result.candidate.served_models, ["a", "b"]);
}

#[test]
fn both_sides_are_sent_the_same_bytes() {
    let (candidate, baseline) = (Recording::new(), Recording::new());
    let side = |recording: &Recording| json!({"url": recording.url(), "model": "m"});
    let lab = Lab::new().with_endpoints(&[("candidate", side(&candidate)), ("baseline", side(&baseline))]);
    let lengths = ["--input-tokens", "24", "--output-tokens", "4..9", "--requests", "8", "--turns", "2"];
    lab.bench(&[&["--compare-baseline"][..], &lengths].concat()).succeeds();
    let first_turns = |recording: &Recording| {
        let bodies = recording.bodies();
        assert_eq!(bodies.len(), 16);
        let first = bodies.iter().filter(|body| body["messages"].as_array().unwrap().len() == 1);
        sorted(first.map(|body| body["messages"].to_string() + &body["max_tokens"].to_string()).collect())
    };
    assert_eq!(first_turns(&candidate), first_turns(&baseline));
}

/// A file of the fixtures.
fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/workloads/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn recorded_traces_are_replayed() {
    for (file, speed, due_ms, inputs, outputs) in [
        ("azure-2023.csv", "200", &[0, 0, 0, 311][..], &[480, 31, 110, 74][..], &[10, 8, 27, 142][..]),
        ("azure-2024.csv", "5", &[0, 1, 198], &[216, 38, 920], &[5, 22, 3]),
        ("burstgpt.csv", "400", &[0, 100, 283], &[47, 108, 41], &[18, 23, 27]),
        ("burstgpt-sessions.csv", "5", &[0, 100], &[90, 36], &[44, 29]),
        ("mooncake.jsonl", "10", &[0, 0, 305, 450], &[1100, 1536, 600, 100], &[52, 500, 1, 26]),
    ] {
        let path = fixture(file);
        let asked = Asked::vllm(&["--workload", &path, "--trace-speed", speed]);
        assert_eq!(asked.due_ms(), due_ms, "{file}");
        assert_eq!(sorted(asked.input_tokens()), sorted(inputs.to_vec()), "{file}");
        assert_eq!(sorted(asked.max_tokens()), sorted(outputs.to_vec()), "{file}");
        let told: u32 = asked.input_tokens().iter().sum();
        let sent: u32 = asked.prompts().iter().map(|prompt| words(prompt)).sum();
        assert!(sent * 2 > told && sent <= told, "{file}: {sent} words for {told} tokens");
        let info = asked.result.workload.as_ref().unwrap();
        assert!(info.salt.is_some() && info.sha256.as_ref().is_some_and(|hash| hash.len() == 64), "{file}");
    }
    // The first two share their first two blocks of 512 tokens, the third its first.
    let mooncake = Asked::vllm(&["--workload", &fixture("mooncake.jsonl"), "--trace-speed", "100"]);
    let by_tokens = |tokens: u64| {
        let body = mooncake.bodies.iter().find(|body| body["max_tokens"] == tokens).unwrap();
        last_user(body)
    };
    let alike = |one: u64, other: u64| {
        let (one, other) = (by_tokens(one), by_tokens(other));
        one.split(' ').zip(other.split(' ')).take_while(|(one, other)| one == other).count()
    };
    assert!((700..1_100).contains(&alike(52, 500)), "{}", alike(52, 500));
    assert!((350..600).contains(&alike(52, 1)), "{}", alike(52, 1));
    assert!(alike(52, 26) < 8, "{}", alike(52, 26));
}

#[test]
fn a_trace_can_be_sent_in_other_ways_too() {
    let path = fixture("azure-2023.csv");
    let closed = Asked::vllm(&["--workload", &path, "--concurrency", "2"]);
    assert_eq!(sorted(closed.max_tokens()), [8, 10, 27, 142]);
    assert_eq!(closed.result.load.concurrency, 2);
    let limited = Asked::vllm(&["--workload", &path, "--workload-limit", "2", "--trace-speed", "1"]);
    assert_eq!(limited.max_tokens(), [10, 8]);
}

#[test]
fn a_result_is_replayed() {
    let recording = Recording::new();
    let lab = Lab::new().with_endpoints(&[("candidate", json!({"url": recording.url(), "model": "m"}))]);
    let common = ["run", "--endpoint", "candidate", "--allow-invalid-client", "--warmup", "0"];
    let first = ["--input-tokens", "30", "--output-tokens", "12", "--rate", "40", "--requests", "10"];
    lab.labctl(&[&common[..], &first].concat()).succeeds();
    let recorded = lab.only(".json");
    let due = |result: &RunResult| {
        let trace =
            |row: &labctl::model::record::Row| row.candidate.as_ref().unwrap().exchange.trace.scheduled_ns.0;
        let due = sorted(result.rows.iter().map(trace).collect());
        due.iter().map(|at| at - due[0]).collect::<Vec<u64>>()
    };
    let original = due(&lab.result());
    let folder = lab.path("again");
    let replay = ["--workload", recorded.to_str().unwrap(), "--trace-speed", "2", "--results-dir", "again"];
    lab.labctl(&[&common[..], &replay].concat()).succeeds();
    let path = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let replayed = due(&labctl::results::store::load_file(&path).unwrap());
    assert_eq!(original.len(), replayed.len());
    for (then, now) in original.iter().zip(&replayed) {
        assert!((then / 2).abs_diff(*now) <= 2, "{original:?} {replayed:?}");
    }
    let bodies = recording.bodies();
    assert_eq!(bodies.len(), 20);
    // Lengths as the server told them: 20 tokens, and three in answer.
    assert!(bodies[10..].iter().all(|body| body["max_tokens"] == 3), "{:?}", bodies[10]);

    let fixture = Asked::vllm(&["--workload", &fixture("result.json"), "--trace-speed", "50"]);
    assert_eq!(fixture.result.rows.len(), 3);
}

#[test]
fn conversations_of_a_file() {
    let asked = Asked::vllm(&["--workload", &fixture("sharegpt.json"), "--output-tokens", "20"]);
    assert_eq!(outcomes(&asked.result, Side::Candidate), [(Success, 5)]);
    let second = asked.bodies.iter().find(|body| last_user(body) == "Why twice?").unwrap();
    let messages = second["messages"].as_array().unwrap();
    assert_eq!(messages[0]["content"], "What is a tide?");
    let said = messages[1]["content"].as_str().unwrap();
    assert!(said.starts_with("Answer "), "the answer is the server's own, not the file's: {said}");
    let oil = asked.bodies.iter().find(|body| last_user(body) == "And oil?").unwrap();
    assert_eq!(oil["messages"][0], json!({"role": "system", "content": "Answer in one word."}));
    assert_eq!(asked.max_tokens(), [20; 5]);
}

#[test]
fn prompts_of_a_file_are_judged() {
    let asked = Asked::vllm(&["--workload", &fixture("prompts.jsonl")]);
    assert_eq!(asked.result.rows.len(), 6);
    let body = |user: &str| asked.bodies.iter().find(|body| last_user(body) == user).unwrap();
    let vienna = body("Name the river that flows through Vienna.");
    assert_eq!(vienna["max_tokens"], 16);
    assert_eq!(body("Say hello in French.")["messages"][0]["content"], "Be brief.");
    let double = body("Double it.");
    assert_eq!((&double["max_tokens"], &double["model"]), (&json!(8), &json!("small")));
    assert_eq!(double["messages"][0]["content"], "Pick a number.");
    // Of a conversation the users' part is sent; the answers are the server's own.
    let said = body("And soft ones?")["messages"][2]["content"].as_str().unwrap();
    assert!(said.starts_with("Answer "), "{said}");
    let row = asked.result.rows.iter().find(|row| row.key.prompt_id == "vienna").unwrap();
    assert_eq!(row.category, "geography");
    assert_eq!(row.candidate.as_ref().unwrap().judgement.verdict, Verdict::Wrong, "`Answer 1.` is no river");

    let lab = Lab::new();
    let lines = [
        json!({"prompt": "One?", "max_tokens": 9, "checks": [{"type": "contains", "any": ["Answer"]}]}),
        json!({"prompt": "Two?", "max_tokens": 9, "checks": [{"type": "contains", "any": ["Danube"]}]}),
        json!({"prompt": "Three?", "max_tokens": 9}),
    ];
    fs::write(lab.path("own.jsonl"), lines.map(|line| line.to_string()).join("\n")).unwrap();
    let asked = Asked::vllm(&["--workload", lab.path("own.jsonl").to_str().unwrap()]);
    let overall = &asked.result.candidate.pass_rates[0].pass_rate;
    assert_eq!((overall.passed, overall.judged), (1, 2));
    assert_eq!(asked.result.candidate.summary.verdicts[&Verdict::Unchecked], 1);
}

#[test]
fn prompts_with_moments_of_their_own() {
    let asked = Asked::vllm(&["--workload", &fixture("timed.jsonl"), "--trace-speed", "10"]);
    assert_eq!(asked.result.rows.len(), 4);
    let starts: Vec<u64> = asked
        .rows()
        .iter()
        .zip(asked.due_ms())
        .filter(|(row, _)| row.ask.turn.is_none_or(|turn| turn == 0))
        .map(|(_, due)| due)
        .collect();
    assert_eq!(starts, [0, 50, 200]);
    assert_eq!(asked.prompts().last().map(String::as_str), Some("Four."));
}

#[test]
fn answers_that_no_model_can_have_given_are_told() {
    let stub = HttpServer::answering(|request| {
        if !request.path.ends_with("/chat/completions") {
            return (404, "application/json", "{}".to_owned());
        }
        let choice = json!({"index": 0, "delta": {"content": "I am here to help. ".repeat(8)}, "finish_reason": "stop"});
        let usage = json!({"prompt_tokens": 90_000_000, "completion_tokens": 48});
        let event = json!({"id": "c", "model": "m", "choices": [choice], "usage": usage});
        (200, "text/event-stream", format!("data: {event}\n\ndata: [DONE]\n\n"))
    });
    let lab = Lab::new().with_endpoints(&[("candidate", json!({"url": stub.url(), "model": "m"}))]);
    lab.bench(&["--input-tokens", "40", "--output-tokens", "48", "--requests", "10"]).succeeds();
    let warnings = lab.result().warnings.join("\n");
    assert!(warnings.contains("10 of 10 different prompts got the same answer"), "{warnings}");
    assert!(warnings.contains("10 of 10 answers of the candidate began sooner"), "{warnings}");
    let honest = synthetic(&["--requests", "10"]).result.warnings.join("\n");
    assert!(!honest.contains("same answer") && !honest.contains("sooner"), "{honest}");
}
