//! Loads that can't be put on.

use std::fs;

use crate::servers::Server;
use crate::support::{Ended, Lab};

#[test]
fn no_concurrency_at_all() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    lab.bench(&["--concurrency", "0"])
        .fails(2, &["--concurrency", "`load.concurrency` must be at least 1"])
        .prints_nothing();
    assert_eq!(server.requests_served(), 0);
    lab.has_no_results();
}

#[test]
fn more_connections_than_open_files() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    let with_files = |concurrency: &str| {
        let labctl = lab.command().get_program().to_owned();
        let mut shell = assert_cmd::Command::new("sh");
        // The limit holds for the shell and what it becomes, not for the test.
        shell.args(["-c", "ulimit -n 100 && exec \"$0\" \"$@\""]).arg(labctl).current_dir(lab.path(""));
        shell.args(Lab::bench_arguments(&["--concurrency", concurrency]));
        Ended::of(&mut shell)
    };
    with_files("60")
        .fails(2, &["60 connections need 124 open files", "at most 100"])
        .fails(2, &["lower `--concurrency` to 36", "`ulimit -Hn`"])
        .prints_nothing();
    assert_eq!(server.requests_served(), 0);
    assert_eq!(lab.all(".json").len(), 0);
    with_files("36").succeeds();
}

/// Runs with made-up prompts and these flags, which are wrong: one clear message and nothing sent.
fn refused(flags: &str, parts: &[&str]) {
    let lab = Lab::new();
    let lengths = if flags.contains("--workload") || flags.contains("-tokens") {
        &[][..]
    } else {
        &["--input-tokens", "9", "--output-tokens", "4"]
    };
    write_files(&lab);
    let flags: Vec<&str> = flags.split(' ').collect();
    let ended = lab.labctl(&[&["run", "--endpoint", "awq"][..], lengths, &flags].concat());
    ended.fails(2, parts).prints_nothing();
    lab.has_no_results();
}

/// Workloads that are none.
fn write_files(lab: &Lab) {
    let mooncake = |ms: u32| {
        format!("{{\"timestamp\": {ms}, \"input_length\": 9, \"output_length\": 3, \"hash_ids\": [0]}}\n")
    };
    for (name, text) in [
        ("empty.jsonl", ""),
        ("header.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\n"),
        (
            "unsorted.csv",
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-17 00:00:05.0,3,4\n2023-11-17 00:00:01.0,3,4\n",
        ),
        ("unsorted.jsonl", &(mooncake(5000) + &mooncake(100))),
        (
            "failed.csv",
            "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,GPT,3,0,3,x\n",
        ),
        ("other.json", "{\"a\": 1}"),
        (
            "half.jsonl",
            "{\"start_s\": 3, \"prompt\": \"a\", \"max_tokens\": 3}\n{\"prompt\": \"b\", \"max_tokens\": 3}\n",
        ),
        ("number.jsonl", "{\"prompt\": 3}\n"),
    ] {
        fs::write(lab.path(name), text).unwrap();
    }
}

#[test]
fn rates_that_are_none() {
    for (flags, part) in [
        ("--rate 0", "--rate: `load.rate` must be above 0"),
        ("--rate -3", "--rate: `load.rate` must be above 0"),
        ("--rate nan", "expected a number"),
        ("--rate inf", "expected a number"),
        ("--rate 3 --burstiness 0", "--burstiness: `load.burstiness` must be above 0"),
        ("--rate 3 --burstiness -1", "--burstiness: `load.burstiness` must be above 0"),
        ("--rate 3 --burstiness nan", "expected a number"),
        ("--burstiness 2", "is of an open loop: give `load.rate`"),
        ("--arrival constant", "is of an open loop: give `load.rate`"),
        ("--rate 3 --max-in-flight 0", "`load.max_in_flight` must be at least 1"),
        ("--rate 3 --batch 2", "`load.batch_size` doesn't go with `load.rate`"),
        ("--stages 3..9", "`load.stages` number 1 is a ramp without a time"),
        ("--stages 0:3", "number 1 has a rate that isn't above 0"),
        ("--stages fast", "`fast` is no stage"),
        ("--batch 0", "`load.batch_size` must be at least 1"),
    ] {
        refused(flags, &[part]);
    }
}

#[test]
fn sweeps_and_searches_that_are_none() {
    for (flags, part) in [
        ("--sweep concurrency", "expected `concurrency=1,2,4..256`"),
        ("--sweep concurrency=", "a value of `load.concurrency` is empty"),
        ("--sweep concurrency=few", "`few` is no load"),
        ("--sweep concurrency=0,1", "has 0: every value must be above 0"),
        ("--sweep concurrency=1.5", "requests in flight are whole"),
        ("--sweep rate=9..3", "the range `9..3` must go up"),
        ("--sweep rate=1 --sweep concurrency=1", "has both `load.concurrency` and `load.rate`"),
        ("--sweep nonsense=1", "unknown field `nonsense`"),
        ("--find max-rate", "has nothing to meet: give `slos` (`--slo`)"),
        ("--find max-rate --slo ttft_ms<=9 --find-from 0", "`find.from` must be above 0"),
        ("--find max-rate --slo ttft_ms<=9 --find-from nan", "expected a number"),
        (
            "--find max-rate --slo ttft_ms<=9 --find-from 9 --find-to 3",
            "leaves nothing to search: from 9 to 3",
        ),
        ("--find max-rate --slo ttft_ms<=9 --sweep rate=1,2", "keep one of them"),
        (
            "--slo foo_p95_ms<=3",
            "no metric `foo_p95_ms` for an objective (did you mean `ttft_p95_ms`?); known: `ttft_ms`",
        ),
        ("--slo ttft_p95_ms>=3", "on the wrong side: write `ttft_p95_ms<=3`"),
        ("--slo mlperf-gpt2", "presets: `mlperf-llama2-70b-server`"),
    ] {
        refused(flags, &[part]);
    }
}

#[test]
fn ends_that_come_before_the_beginning() {
    for (flags, part) in [
        ("--duration 0", "`load.duration_s` must be above 0"),
        ("--duration 5 --warmup-time 9", "warm-up and cool-down take 9 s of 5 s"),
        ("--duration 5 --warmup-time 3 --cooldown-time 2", "warm-up and cool-down take 5 s of 5 s"),
        ("--cooldown-time 3", "is cut off the end of `load.duration_s` (`--duration`): give it too"),
        ("--retry 200", "must be HTTP statuses of failures, 400 to 599"),
        ("--retry often", "expected HTTP statuses such as `429,503`"),
        ("--max-output-tokens-total 0", "`load.max_output_tokens_total` must be at least 1"),
        ("--timeout-total 0", "must be a time above 0"),
    ] {
        refused(flags, &[part]);
    }
}

#[test]
fn workloads_that_are_none() {
    for (flags, part) in [
        ("--workload empty.jsonl", "`empty.jsonl` holds no prompts or requests"),
        ("--workload header.csv", "`header.csv` holds no requests"),
        ("--workload failed.csv", "1 of 1 requests were left out, without response tokens"),
        ("--workload unsorted.csv", "unsorted.csv:3:TIMESTAMP: `2023-11-17 00:00:01.0` is before"),
        ("--workload unsorted.jsonl", "unsorted.jsonl:2:timestamp: `100` is before `5000`"),
        ("--workload half.jsonl", "half.jsonl:2:start_s: missing here, and the lines above have it"),
        ("--workload number.jsonl", "number.jsonl:1:prompt: must be text, not 3"),
        ("--workload other.json", "`other.json` is in no format that labctl knows"),
        ("--workload missing.csv", "cannot read `missing.csv`"),
        ("--workload unsorted.csv --trace-speed -1", "`load.speed` must be above 0"),
        ("--workload unsorted.csv --trace-speed inf", "expected a number"),
        ("--input-tokens 9", "`workload` has no `output_tokens`"),
        ("--input-tokens 0 --output-tokens 9", "`input_tokens`: 0; give at least 1"),
        ("--input-tokens 9..3 --output-tokens 9", "`min` 9 is above `max` 3"),
        ("--tokenizer missing.json", "tokenizer file `missing.json` is missing"),
        ("--tokenizer other.json", "`other.json` is not a tokenizer"),
        ("--turns 0", "`conversation.turns`: 0; give at least 1"),
        ("--shared-prefix 0x9", "expected beginnings and their tokens such as `4x1024`"),
        ("--models a=0", "expected models with shares above 0"),
        ("--models a=1,a=2", "`a` is listed twice"),
        ("--promptset canary", "are of different workloads: keep one of them"),
    ] {
        refused(flags, &[part]);
    }
}

#[test]
fn experiments_that_are_none() {
    let lab = Lab::new();
    for (name, text) in [
        ("a.yaml", "endpoint: awq\nextends: b.yaml\n"),
        ("b.yaml", "extends: a.yaml\n"),
        ("key.yaml", "endpoint: awq\nworklaod: {type: prompt_set, name: canary}\n"),
        ("kind.yaml", "endpoint: awq\nload: {type: opne, rate: 3}\n"),
    ] {
        fs::write(lab.path(name), text).unwrap();
    }
    for (name, part) in [
        ("a.yaml", "can't extend itself: `a.yaml` extends `b.yaml` extends `a.yaml`"),
        ("key.yaml", "key.yaml:2:1: unknown field `worklaod` at the top level; did you mean `workload`?"),
        ("kind.yaml", "kind.yaml:2:14: `load.type` must be one of `single`, `batch`"),
    ] {
        lab.labctl(&["run", name]).fails(2, &[part]).prints_nothing();
    }
    lab.has_no_results();
}

#[test]
fn what_no_tool_wrote_is_not_imported() {
    let lab = Lab::new();
    for (name, text) in [("object.json", "{\"a\": 1}"), ("list.json", "[]"), ("empty.json", "")] {
        fs::write(lab.path(name), text).unwrap();
        lab.labctl(&["results", "import", name])
            .fails(
                2,
                &[&format!("`{name}` is none of the files that are read"), "vllm bench serve", "AIPerf"],
            )
            .prints_nothing();
    }
    lab.has_no_results();
}

#[test]
fn a_bound_that_leaves_nothing_to_measure() {
    let lab = Lab::new();
    let flags = ["--input-tokens", "9", "--output-tokens", "4", "--max-output-tokens-total", "3"];
    let ended = lab.labctl(&[&["run", "--endpoint", "awq", "--simulator-speed", "50"][..], &flags].concat());
    ended.fails(3, &["no request to the candidate, `awq`", "was measured"]);
    assert!(ended.stdout.contains("stopped early: 0 output tokens were used"), "{}", ended.stdout);
    let flags = ["--input-tokens", "9", "--output-tokens", "4", "--requests", "4", "--warmup-time", "60"];
    let ended = lab.labctl(&[&["run", "--endpoint", "awq", "--simulator-speed", "50"][..], &flags].concat());
    ended.fails(3, &["no request to the candidate", "all 4 that were sent fell into the warm-up"]);
}
