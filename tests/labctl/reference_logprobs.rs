//! How likely both sides find the reference answers: `bench --reference-logprobs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use labctl::model::reference::{MissingReference, ReferenceComparison, ReferenceScore, ReferenceUnit};
use labctl::model::result::RunResult;
use labctl::simulator::Profile;
use serde_json::{Value, json};

use crate::servers::HttpServer;
use crate::support::Lab;

fn simulator(profile: &str, api: &str, kind: &str) -> Value {
    json!({"simulator": {"profile": profile, "speed": 50}, "api": api, "kind": kind})
}

fn lab(candidate: Value, baseline: Value) -> Lab {
    Lab::new().with_endpoints(&[("candidate", candidate), ("baseline", baseline)])
}

fn compared(result: &RunResult) -> &ReferenceComparison {
    result.comparison.as_ref().unwrap().reference_log_prob.as_ref().unwrap()
}

/// 150 prompts tell a difference of 0.06 nats per token that the profiles have, where pass rates tell nothing.
#[test]
fn the_truth_of_the_simulator_is_found_again() {
    for (api, asked_by) in [("chat", "prompt_logprobs"), ("completions", "echo")] {
        let lab = lab(simulator("awq", api, "auto"), simulator("fp16", api, "auto"));
        let arguments = ["--compare-baseline", "--reference-logprobs", "--promptset", "quant-quality"];
        let ended = lab.bench(&arguments);
        ended.succeeds();
        let result = lab.result();
        assert!(result.simulated);
        let found = compared(&result);
        let overall = &found.overall;
        assert_eq!((found.unit, found.absent_because.as_deref()), (ReferenceUnit::NatsPerToken, None));
        assert_eq!(overall.prompts, result.rows.len() as u64, "{found:#?}");
        let (ours, theirs) = (Profile::awq().reference_nll, Profile::fp16().reference_nll);
        let (interval, bootstrap) = (overall.interval_95.unwrap(), overall.bootstrap_95.unwrap());
        assert!(interval.contains(ours - theirs) && interval.low > 0.0, "{overall:#?}");
        assert!(bootstrap.contains(ours - theirs) && bootstrap.low > 0.0, "{overall:#?}");
        assert!((overall.candidate.unwrap() - ours).abs() < 0.1, "{overall:#?}");
        assert!(overall.p.unwrap() < 0.05);
        let top_1 = [overall.baseline_top_1.unwrap(), overall.candidate_top_1.unwrap()];
        assert!(top_1[0] > top_1[1] && top_1[1] > 0.6, "{overall:#?}");
        assert!((0.9..1.0).contains(&overall.agreement.unwrap()), "{overall:#?}");
        let first = result.rows[0].reference.as_ref().unwrap();
        assert_eq!(serde_json::to_value(&first.candidate).unwrap()["asked_by"], asked_by);
        assert!(ended.stdout.contains("Reference answers") && ended.stdout.contains("ΔNLL"), "{ended:#?}");
        let report = std::fs::read_to_string(lab.only(".md")).unwrap();
        assert!(report.contains("Reference answers"), "{report}");
        assert!(
            result.warnings.iter().all(|warning| !warning.contains("reference")),
            "{:?}",
            result.warnings
        );
    }
}

#[test]
fn a_model_against_itself_differs_by_nothing() {
    let lab = lab(simulator("fp16", "chat", "auto"), simulator("fp16", "chat", "auto"));
    lab.bench(&["--aa", "--reference-logprobs"]).succeeds();
    let result = lab.result();
    let overall = &compared(&result).overall;
    assert_eq!((overall.delta, overall.p, overall.agreement), (Some(0.0), Some(1.0), Some(1.0)));
}

#[test]
fn what_a_server_does_not_tell_is_absent_with_its_reason_and_never_zero() {
    let lab = lab(simulator("awq", "chat", "auto"), simulator("fp16", "chat", "openai"));
    let ended = lab.bench(&["--compare-baseline", "--reference-logprobs"]);
    ended.succeeds();
    let result = lab.result();
    let found = compared(&result);
    assert_eq!((found.overall.prompts, found.overall.delta), (0, None));
    let why = found.absent_because.as_deref().unwrap();
    assert!(why.starts_with("baseline: OpenAI-compatible servers don't tell"), "{why}");
    assert_eq!(found.missing_baseline[&MissingReference::NotTold], 8);
    let warning = result.warnings.iter().filter(|warning| warning.contains("reference log-probs")).count();
    assert_eq!(warning, 1, "{:?}", result.warnings);
    assert!(ended.stdout.contains("n/a") && ended.stdout.contains("Reference answers"), "{ended:#?}");
    assert!(found.missing_candidate.is_empty());
}

/// It answers, and refuses what isn't a stream.
#[test]
fn a_server_that_refuses_is_asked_about_a_few_prompts_only() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let server = HttpServer::answering(move |request| match request.path.as_str() {
        "/v1/models" => {
            (200, "application/json", json!({"data": [{"id": "m", "owned_by": "vllm"}]}).to_string())
        }
        "/v1/chat/completions" if request.body.contains("prompt_logprobs") => {
            counted.fetch_add(1, Ordering::Relaxed);
            let message = "prompt_logprobs are switched off here";
            (400, "application/json", json!({"error": {"message": message}}).to_string())
        }
        "/v1/chat/completions" => {
            let chunk = json!({"model": "m", "choices": [{"index": 0, "delta": {"content": "101"}, "finish_reason": "stop"}]});
            (200, "text/event-stream", format!("data: {chunk}\n\ndata: [DONE]\n\n"))
        }
        _ => (404, "text/plain", String::new()),
    });
    let lab = Lab::at(&server.url());
    lab.bench(&["--reference-logprobs"]).succeeds();
    let result = lab.result();
    for row in &result.rows {
        let score = row.reference.as_ref().unwrap().candidate.as_ref().unwrap();
        let ReferenceScore::Missing { reason, message } = score else { panic!("{score:?}") };
        assert_eq!(*reason, MissingReference::NotTold);
        assert!(message.contains("switched off here"), "{message}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    assert!(
        result.warnings.iter().any(|warning| warning.contains("n/a on the candidate")),
        "{:?}",
        result.warnings
    );
}

#[test]
fn nothing_is_said_where_nothing_was_asked() {
    let lab = lab(simulator("awq", "chat", "auto"), simulator("fp16", "chat", "auto"));
    let ended = lab.bench(&["--compare-baseline"]);
    ended.succeeds();
    let result = lab.result();
    assert_eq!(result.comparison.as_ref().unwrap().reference_log_prob, None);
    assert!(result.rows.iter().all(|row| row.reference.is_none()));
    assert!(!ended.stdout.contains("Reference answers"));
}

/// What two separate runs hold is compared as what one holds.
#[test]
fn two_runs_are_compared_too() {
    let lab = lab(simulator("awq", "chat", "auto"), simulator("fp16", "chat", "auto"));
    let arguments = ["--promptset", "quant-quality", "--reference-logprobs"];
    lab.bench(&arguments).succeeds();
    let candidate = lab.only(".json");
    lab.bench(&[&arguments[..], &["--endpoint", "baseline"]].concat()).succeeds();
    let baseline = lab.all(".json").into_iter().find(|path| *path != candidate).unwrap();
    let ended = lab.labctl(&["compare", baseline.to_str().unwrap(), candidate.to_str().unwrap()]);
    assert!(ended.stdout.contains("Reference answers") && ended.stdout.contains("ΔNLL"), "{ended:#?}");
}
