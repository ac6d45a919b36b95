//! Answers scored by another model: `bench --judge-endpoint`, `--swap`, `rescore`.

use std::fs;

use labctl::model::judgement::{Graded, Mark, Verdict};
use labctl::model::record::Side;
use labctl::model::result::{RunResult, RunStatus};
use labctl::model::rubric::Preferred;
use labctl::promptset::{manifest_for, write_manifest};
use labctl::results::store::load_file;
use labctl::simulator::{FaultKind, Faults, Profile, When};
use serde_json::{Value, json};

use crate::servers::{HttpServer, Server};
use crate::support::{Ended, Lab};

/// A simulated endpoint, very fast, without chance beyond how hard a prompt is.
fn simulator(profile: &str, pass_rate: f64) -> Value {
    json!({"simulator": {"profile": profile, "speed": 50, "pass_rate": pass_rate, "flip_rate": 0}})
}

/// One line of the set `essays`: whether it is right only a judge can say.
fn essay(number: u32, pass_at: f64) -> Value {
    json!({
        "id": format!("essay-{number}"),
        "category": "essays",
        "prompt": format!("Write about subject {number}."),
        "max_tokens": 64,
        "checks": [{"type": "judge", "dimensions": ["helpfulness", "coherence"], "pass_at": pass_at}],
        "reference": format!("Subject {number} is what it is."),
        "near_miss": [format!("Subject {number} is nothing.")],
    })
}

/// One line of the set `pairs`.
fn pair(number: u32) -> Value {
    let shown = |a: &str, b: &str| format!("Pair {number}: [A] {a} [B] {b}");
    let reply = |mark: &str| format!("The plain one is clearer.\nBetter: {mark}\nConfidence: 80%");
    json!({
        "id": format!("pair-{number}"),
        "category": "pairs",
        "prompt": shown("plain", "odd"),
        "swapped": shown("odd", "plain"),
        "max_tokens": 64,
        "checks": [{"type": "preference", "gold": "A"}],
        "reference": reply("A"),
        "near_miss": [reply("B")],
    })
}

fn write_set(lab: &Lab, name: &str, rows: &[Value]) {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    lab.write_prompts(name, &lines.join("\n"));
    let folder = lab.path("promptsets").join(name);
    write_manifest(&folder, &manifest_for(&folder).unwrap()).unwrap();
}

/// A lab with a candidate that answers half of the essays right, a baseline that answers all of them right, and this
/// judge.
fn lab(judge: &Value) -> Lab {
    let lab = Lab::new().with_endpoints(&[
        ("candidate", simulator("awq", 0.5)),
        ("baseline", simulator("fp16", 1.0)),
        ("judge", judge.clone()),
    ]);
    write_set(&lab, "essays", &(1..=8).map(|number| essay(number, 4.0)).collect::<Vec<_>>());
    lab
}

fn bench(lab: &Lab, arguments: &[&str]) -> Ended {
    let all: Vec<&str> = ["--promptset", "essays"].iter().chain(arguments).copied().collect();
    lab.bench(&all)
}

fn verdicts(result: &RunResult, side: Side) -> Vec<Verdict> {
    result.rows.iter().filter_map(|row| row.attempt(side)).map(|attempt| attempt.judgement.verdict).collect()
}

fn count(result: &RunResult, side: Side, verdict: Verdict) -> usize {
    verdicts(result, side).into_iter().filter(|one| *one == verdict).count()
}

/// A judge that says the same to every request.
fn saying(reply: &'static str) -> HttpServer {
    HttpServer::answering(move |request| match request.path.as_str() {
        "/v1/models" => (200, "application/json", json!({"data": [{"id": "j"}]}).to_string()),
        "/v1/chat/completions" => {
            let chunk = json!({"model": "j", "choices": [{"index": 0, "delta": {"content": reply}, "finish_reason": "stop"}]});
            (200, "text/event-stream", format!("data: {chunk}\n\ndata: [DONE]\n\n"))
        }
        _ => (404, "text/plain", String::new()),
    })
}

#[test]
fn the_judges_scores_decide_on_both_sides() {
    let lab = lab(&simulator("fp16", 1.0));
    let arguments = ["--compare-baseline", "--judge-endpoint", "judge", "--judge-repeats", "2"];
    let ended = bench(&lab, &arguments);
    ended.succeeds();
    assert!(ended.stderr.contains("asking the judge about 16 answers: 64 requests"), "{ended:#?}");
    let result = lab.result();
    assert_eq!(count(&result, Side::Candidate, Verdict::Pass), 4);
    assert_eq!(count(&result, Side::Candidate, Verdict::Wrong), 4);
    assert_eq!(count(&result, Side::Baseline, Verdict::Pass), 8);
    for row in &result.rows {
        let attempt = row.candidate.as_ref().unwrap();
        let is_right = attempt.exchange.content.contains("is what it is");
        assert_eq!(attempt.judgement.verdict == Verdict::Pass, is_right);
        assert_eq!(attempt.judgement.judge_replies.len(), 4);
        assert!(attempt.judgement.judge_replies.iter().all(|reply| reply.score.is_some()));
    }
    let comparison = result.comparison.as_ref().unwrap();
    assert_eq!((comparison.overall.pairs, comparison.overall.losses), (8, 4));
    let judge = result.judge.as_ref().unwrap();
    assert_eq!((judge.endpoint.as_str(), judge.model.as_str()), ("judge", "mistral-7b-fp16"));
    assert_eq!((judge.repeats, judge.asked, judge.unparsed, judge.failed), (2, 64, 0, 0));
    assert!(judge.simulated && result.simulated);
    assert!(result.warnings.iter().all(|warning| !warning.contains("judge: ")), "{:?}", result.warnings);
}

#[test]
fn without_a_judge_its_checks_say_nothing() {
    let lab = lab(&simulator("fp16", 1.0));
    bench(&lab, &[]).succeeds();
    let result = lab.result();
    assert_eq!(count(&result, Side::Candidate, Verdict::Unchecked), 8);
    assert_eq!(result.judge, None);
    let told =
        result.warnings.iter().filter(|warning| warning.contains("8 prompts have a `judge` check")).count();
    assert_eq!(told, 1, "{:?}", result.warnings);
}

#[test]
fn a_judge_that_answers_prose_is_unparsed_and_fails_nothing() {
    let judge = saying("The response is fine, I would give it 5 of 5.");
    let lab = lab(&json!({"url": judge.url()}));
    bench(&lab, &["--judge-endpoint", "judge"]).succeeds();
    let result = lab.result();
    assert_eq!(count(&result, Side::Candidate, Verdict::JudgeUnparsed), 8);
    let judge = result.judge.as_ref().unwrap();
    assert_eq!((judge.asked, judge.unparsed, judge.failed), (16, 16, 0));
    let replies = &result.rows[0].candidate.as_ref().unwrap().judgement.judge_replies;
    assert!(replies[0].reply.as_deref().unwrap().contains("I would give it"));
    let said = "16 of 16 replies held no score that could be read";
    assert!(result.warnings.iter().any(|warning| warning.contains(said)), "{:?}", result.warnings);
}

#[test]
fn a_judge_that_is_not_there_is_a_missing_verdict_and_a_warning() {
    let lab = lab(&simulator("fp16", 1.0));
    bench(&lab, &["--judge-endpoint", "http://127.0.0.1:9/v1", "--judge-model", "m"]).succeeds();
    let result = lab.result();
    assert_eq!(count(&result, Side::Candidate, Verdict::CheckError), 8);
    let judge = result.judge.as_ref().unwrap();
    assert_eq!((judge.endpoint.as_str(), judge.asked, judge.failed), ("judge-url", 16, 16));
    assert!(!judge.simulated);
    let said = "16 of 16 requests brought no reply";
    assert!(result.warnings.iter().any(|warning| warning.contains(said)), "{:?}", result.warnings);
}

#[test]
fn a_judge_that_fails_now_and_then_is_asked_again_where_the_policy_says_so() {
    let server = Server::with_options(|options| {
        options.profile = Profile { speed: 50.0, flip_rate: 0.0, ..Profile::fp16() };
        options.faults = Faults::none().with(FaultKind::RateLimit { retry_after_s: Some(0) }, When::every(3));
    });
    let lab = lab(&json!({"url": server.url()}));
    bench(&lab, &["--judge-endpoint", "judge", "--retry", "429"]).succeeds();
    let result = lab.result();
    assert!(server.requests_served() > 16);
    let judge = result.judge.unwrap();
    assert_eq!((judge.asked, judge.failed), (16, 0));
}

#[test]
fn an_interrupted_judging_keeps_what_was_measured() {
    let server = Server::with_fault(FaultKind::SlowHeaders { seconds: None }, When::after(3));
    let lab = lab(&json!({"url": server.url()}));
    let arguments = ["--promptset", "essays", "--judge-endpoint", "judge", "--judge-concurrency", "1"];
    let run = lab.start_bench(&arguments);
    crate::support::wait_until("the judge is stuck", || (server.requests_served() == 3).then_some(()));
    run.signal("INT");
    run.end().fails(130, &["interrupted; what was measured is kept"]);
    let result = lab.result();
    assert_eq!(result.status, RunStatus::Interrupted);
    assert_eq!(result.rows.len(), 8);
    // One answer was asked about twice, and its replies count; the rest was left out.
    assert_eq!(count(&result, Side::Candidate, Verdict::Unchecked), 7);
    assert_eq!(result.judge.unwrap().asked, 2);
    assert!(
        result.warnings.iter().any(|warning| warning.contains("7 answers have no scores")),
        "{:?}",
        result.warnings
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let lab = lab(&simulator("fp16", 1.0));
    let judged = |arguments: &[&str]| {
        let all: Vec<&str> = ["--judge-endpoint", "judge"].iter().chain(arguments).copied().collect();
        bench(&lab, &all)
    };
    judged(&["--sweep", "concurrency=1,2"]).fails(2, &["`--judge-endpoint` goes with one load"]);
    bench(&lab, &["--judge-endpoint", "jugde"]).fails(2, &["jugde", "judge"]);
    bench(&lab, &["--judge-endpoint", "ftp://judge/v1"]).fails(2, &["judge-url"]);
    let key = judged(&["--judge-api-key-env", "sk-not-a-name"]);
    key.fails(2, &["must be the name of an environment variable"]);
    assert!(!key.error().contains("sk-not-a-name"), "{key:#?}");
    assert_eq!(bench(&lab, &["--judge-model", "m"]).code, 2);
    lab.has_no_results();
}

#[test]
fn pairs_are_sent_in_both_orders() {
    let lab = Lab::new()
        .with_endpoints(&[("candidate", simulator("judge", 1.0)), ("baseline", simulator("fp16", 1.0))]);
    write_set(&lab, "pairs", &(1..=4).map(pair).collect::<Vec<_>>());
    lab.bench(&["--promptset", "pairs", "--swap", "--compare-baseline", "--repeats", "2"]).succeeds();
    let result = lab.result();
    assert_eq!(result.rows.len(), 16);
    for side in [Side::Candidate, Side::Baseline] {
        assert_eq!(count(&result, side, Verdict::Pass), 16);
    }
    for row in &result.rows {
        let gold = if row.key.prompt_id.ends_with("~swapped") { Preferred::B } else { Preferred::A };
        let graded = row.candidate.as_ref().unwrap().judgement.graded.as_ref().unwrap();
        let mark = Mark::Preference { given: Some(gold), gold };
        assert_eq!(*graded, Graded { mark, confidence: Some(0.8) });
        assert_eq!(row.category, "pairs");
    }
    // Where another mark turns out to be right, the examination comes out otherwise too.
    let mut pairs: Vec<Value> = (1..=4).map(pair).collect();
    pairs[0]["checks"] = json!([{"type": "preference", "gold": "B"}]);
    write_set(&lab, "pairs", &pairs);
    let (_, other) = rescored(&lab, &[&result.run_id]);
    assert_eq!(result.candidate.judge_quality[0].worst_case.passed, 16);
    assert_eq!(other.candidate.judge_quality[0].worst_case.passed, 12);
    let ended = lab.bench(&["--swap", "--dry-run"]);
    assert!(ended.stderr.contains("`--swap` changes nothing"), "{ended:#?}");
}

fn rescored(lab: &Lab, arguments: &[&str]) -> (Value, RunResult) {
    let all: Vec<&str> =
        ["rescore", "--allow-invalid-client", "--format", "json"].iter().chain(arguments).copied().collect();
    let ended = lab.labctl(&all);
    ended.succeeds();
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    let result = load_file(&lab.path(told["path"].as_str().unwrap())).unwrap();
    (told, result)
}

#[test]
fn stored_answers_are_judged_anew() {
    let lab = lab(&simulator("fp16", 1.0));
    bench(&lab, &["--compare-baseline"]).succeeds();
    let path = lab.only(".json");
    let before = fs::read(&path).unwrap();
    let run = load_file(&path).unwrap();

    // A judge is asked for the first time.
    let (told, judged) = rescored(&lab, &[&run.run_id, "--judge-endpoint", "judge"]);
    assert_eq!(told["rescored_from"], json!(run.run_id));
    assert_eq!(told["changed"].as_array().unwrap().len(), 16);
    assert_eq!(told["changed"][0]["from"], "unchecked");
    assert_eq!(judged.rescored_from.as_deref(), Some(run.run_id.as_str()));
    assert_ne!(judged.run_id, run.run_id);
    assert_eq!(count(&judged, Side::Candidate, Verdict::Pass), 4);
    assert_eq!(judged.comparison.as_ref().unwrap().overall.losses, 4);
    let overall = judged.candidate.pass_rates[0].pass_rate;
    assert_eq!((overall.passed, overall.judged), (4, 8));
    assert_eq!(judged.candidate.summary.verdicts[&Verdict::Pass], 4);
    assert_eq!(judged.candidate.summary.e2e_ms, run.candidate.summary.e2e_ms);
    assert_eq!(fs::read(&path).unwrap(), before, "the run itself is not touched");

    // Its replies are kept, and judged by a stricter set.
    let (told, same) = rescored(&lab, &[&judged.run_id]);
    assert_eq!((told["changed"].as_array().unwrap().len(), &told["set_differs"]), (0, &json!(false)));
    assert_eq!(same.judge, judged.judge);
    let mut rows: Vec<Value> = (1..=7).map(|number| essay(number, 4.0)).collect();
    rows[0]["checks"] = json!([{"type": "contains", "any": ["zebra"]}]);
    write_set(&lab, "essays", &rows);
    let (told, stricter) = rescored(&lab, &[&judged.run_id]);
    assert_eq!((&told["set_differs"], &told["kept"]), (&json!(true), &json!(2)));
    let changed = told["changed"].as_array().unwrap();
    assert!(changed.iter().all(|change| change["prompt_id"] == "essay-1" && change["to"] == "wrong"));
    assert!(changed.iter().any(|change| change["side"] == "baseline"), "{changed:?}");
    assert_eq!(count(&stricter, Side::Baseline, Verdict::Wrong), 1);
    assert!(stricter.warnings.iter().any(|warning| warning.contains("not the one that was sent")));

    let text = lab.labctl(&["rescore", &judged.run_id, "--allow-invalid-client"]);
    text.succeeds();
    assert!(text.stdout.contains("verdicts changed") && text.stdout.contains("essay-1"), "{text:#?}");
    lab.labctl(&["rescore", &judged.run_id, "--promptset", "tiny"]).fails(2, &["none of the prompts"]);
    lab.labctl(&["rescore", "nothing"]).fails(2, &["nothing"]);
}
