//! The paced profile over a real socket: what is written, when it is due, and never before.

use tempfile::TempDir;

use super::support::{Raw, chat_body, get, post};
use crate::model::trace::ChunkKind::{Content, Done, Role, Usage};
use crate::model::units::Nanos;
use crate::simulator::{FaultKind, Faults, GroundTruth, Options, Pacing, Profile, When, start};

/// Streams a chat each for so many prompts, one after the other.
async fn asked(pacing: Pacing, faults: Faults, requests: u32) -> (Vec<Raw>, Vec<GroundTruth>) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("truth.jsonl");
    let mut options = Options { faults, ..Options::new(Profile::paced(pacing)) };
    options.ground_truth = Some(path.clone());
    options.model = "mistral-7b-fp16".to_owned();
    let running = start(options).await.unwrap();
    let ask = |n| post(running.addr(), "/v1/chat/completions", &chat_body(&format!("{n}"), 64, true));
    let raws = (0..requests).map(ask).collect();
    running.stop().await.unwrap();
    (raws, GroundTruth::read(&path).unwrap())
}

fn fast(tokens: u32) -> Pacing {
    Pacing { first_token_ms: 5.0, inter_token_ms: 2.0, tokens: Some(tokens), ..Pacing::default() }
}

#[tokio::test]
async fn every_token_has_its_time() {
    let (raws, truth) = asked(fast(4), Faults::none(), 1).await;
    assert_eq!(raws[0].events().len(), 6);
    assert!(raws[0].chunks().1, "the end was sent");
    let truth = &truth[0];
    assert_eq!(truth.kinds, [Role, Content, Content, Content, Content, Usage, Done]);
    assert_eq!(truth.tokens, [0, 1, 1, 1, 1, 0, 0]);
    assert!(truth.finished);
    let due: Vec<Nanos> = truth.due_ns.iter().map(|at| at.since(truth.received_ns)).collect();
    assert_eq!(due, [0, 5, 7, 9, 11, 0, 0].map(Nanos::from_millis));
    for (((due, before), after), kind) in
        truth.due_ns.iter().zip(&truth.before_ns).zip(&truth.after_ns).zip(&truth.kinds)
    {
        assert!(due <= before && before <= after, "{kind:?}");
    }
    assert!(truth.before_ns.is_sorted());
}

#[tokio::test]
async fn the_role_can_come_long_before() {
    let pacing = Pacing { role_before_ms: 30.0, ..fast(2) };
    let (_, truth) = asked(pacing, Faults::none(), 1).await;
    let truth = &truth[0];
    assert_eq!(truth.due_ns[1].since(truth.received_ns), Nanos::from_millis(30));
    assert!(truth.before_ns[1] >= truth.due_ns[1]);
    // How much earlier it was written depends on the machine; that it was written by itself does not.
    assert!(truth.after_ns[0] < truth.before_ns[1]);
}

#[tokio::test]
async fn chunks_hold_several_tokens_and_say_so() {
    let pacing = Pacing { tokens_per_chunk: 4, ..fast(10) };
    let (raws, truth) = asked(pacing, Faults::none(), 1).await;
    let truth = &truth[0];
    assert_eq!(truth.tokens, [0, 4, 4, 2, 0, 0]);
    let due = |chunk: usize| truth.due_ns[chunk].since(truth.received_ns);
    assert_eq!([due(1), due(2), due(3)], [5, 13, 21].map(Nanos::from_millis));
    assert_eq!(raws[0].events().last().unwrap()["usage"]["completion_tokens"], 10);
}

#[tokio::test]
async fn answers_are_as_long_as_they_are_to_be() {
    for (tokens, sent) in [(1, 1), (40, 40), (500, 64)] {
        let pacing = Pacing { inter_token_ms: 0.1, ..fast(tokens) };
        let (raws, truth) = asked(pacing, Faults::none(), 2).await;
        assert!(truth.iter().all(|truth| truth.tokens.iter().sum::<u32>() == sent), "{truth:?}");
        assert!(raws.iter().all(|raw| raw.events().last().unwrap()["usage"]["completion_tokens"] == sent));
    }
}

#[tokio::test]
async fn faults_strike_what_is_paced_too() {
    let faults = Faults::none().with(FaultKind::Truncate { after_tokens: 2 }, When::every(2));
    let (raws, truth) = asked(fast(4), faults, 4).await;
    let tokens =
        |raw: &Raw| raw.events().iter().filter(|e| e["choices"][0]["delta"]["content"] != "").count();
    let finished: Vec<bool> = truth.iter().map(|truth| truth.finished).collect();
    assert_eq!(finished, [true, false, true, false]);
    assert_eq!(truth[1].kinds, [Role, Content, Content]);
    assert!(tokens(&raws[0]) > tokens(&raws[1]));

    for (kind, ended, whole) in [
        (FaultKind::Reset { after_tokens: 2 }, false, false),
        (FaultKind::Disconnect { after_tokens: 2 }, true, false),
        (FaultKind::Stall { after_tokens: 2, seconds: Some(0.02) }, true, true),
        (FaultKind::SplitWrites, true, true),
    ] {
        let (raws, truth) = asked(fast(4), Faults::none().with(kind.clone(), When::always()), 1).await;
        assert_eq!((raws[0].end.is_ok(), raws[0].chunks().1), (ended, whole), "{kind:?}");
        assert_eq!(truth[0].finished, whole, "{kind:?}");
        if let FaultKind::Stall { .. } = kind {
            let late = truth[0].before_ns[3].since(truth[0].due_ns[3]);
            assert!(late >= Nanos::from_millis(20), "{late:?}");
        }
    }
}

#[tokio::test]
async fn non_streamed_answers_wait_for_their_last_token() {
    let running =
        start(Options { model: "mistral-7b-fp16".to_owned(), ..Options::new(Profile::paced(fast(4))) })
            .await
            .unwrap();
    let whole = post(running.addr(), "/v1/chat/completions", &chat_body("x", 64, false)).json();
    assert_eq!(whole["usage"]["completion_tokens"], 4);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_paced_is_counted() {
    let running =
        start(Options { model: "mistral-7b-fp16".to_owned(), ..Options::new(Profile::paced(fast(4))) })
            .await
            .unwrap();
    for n in 0..3 {
        post(running.addr(), "/v1/chat/completions", &chat_body(&format!("{n}"), 64, true));
    }
    // The last request is counted a moment after its last byte.
    let page = loop {
        let page = String::from_utf8(get(running.addr(), "/metrics").bytes).unwrap();
        if page.contains("num_requests_running{engine=\"0\",model_name=\"mistral-7b-fp16\"} 0.0") {
            break page;
        }
    };
    for line in
        ["generation_tokens_total", "inter_token_latency_seconds_count", "e2e_request_latency_seconds_count"]
            .into_iter()
            .zip([12.0, 9.0, 3.0])
            .map(|(name, n)| format!("vllm:{name}{{engine=\"0\",model_name=\"mistral-7b-fp16\"}} {n:?}"))
    {
        assert!(page.contains(&line), "{line} not in\n{page}");
    }
    running.stop().await.unwrap();
}

#[test]
fn impossible_paces_are_refused() {
    for pacing in [
        Pacing { inter_token_ms: 0.0, ..Pacing::default() },
        Pacing { first_token_ms: -1.0, ..Pacing::default() },
        Pacing { tokens: Some(0), ..Pacing::default() },
        Pacing { tokens_per_chunk: 0, ..Pacing::default() },
    ] {
        assert!(Profile::paced(pacing.clone()).validate().is_err(), "{pacing:?}");
    }
    assert!(Profile::paced(Pacing::default()).validate().is_ok());
}
