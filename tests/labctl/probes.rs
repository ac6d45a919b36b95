//! Streams whose times and fates were set beforehand, through the whole of labctl: what it says of them follows.
//!
//! The machine may be late, so times are held against what the simulator wrote down of its own writes, and never
//! against the clock: those can only be later than they were meant to be.

use std::path::PathBuf;

use labctl::metrics::request::metrics;
use labctl::model::outcome::Outcome;
use labctl::model::record::{Attempt, Side};
use labctl::model::result::RunResult;
use labctl::model::trace::ChunkKind;
use labctl::model::units::Nanos;
use labctl::simulator::{FaultKind, Faults, GroundTruth, Options, Pacing, Profile, When};
use serde_json::{Value, json};

use crate::servers::Server;
use crate::support::{Lab, outcomes};

/// The result of a bench on a paced server, with what the server wrote down of every request that counts. `body` is
/// added to every request's.
fn probed(pacing: Pacing, faults: Faults, body: &Value, arguments: &[&str]) -> (RunResult, Vec<GroundTruth>) {
    let truth = tempfile::tempdir().unwrap();
    let path: PathBuf = truth.path().join("truth.jsonl");
    let server = Server::with_options(|options: &mut Options| {
        options.profile = Profile::paced(pacing);
        "paced".clone_into(&mut options.model);
        options.faults = faults;
        options.ground_truth = Some(path.clone());
    });
    let lab = Lab::new().with_endpoints(&[("candidate", json!({"url": server.url(), "body": body}))]);
    let arguments = [&["--max-error-rate", "1"], arguments].concat();
    lab.bench(&arguments).succeeds();
    server.stop();
    (lab.result(), GroundTruth::read(&path).unwrap())
}

/// Every attempt with its truth.
fn both<'a>(result: &'a RunResult, truth: &'a [GroundTruth]) -> Vec<(&'a Attempt, &'a GroundTruth)> {
    let attempts = result.rows.iter().filter_map(|row| row.attempt(Side::Candidate));
    attempts
        .map(|attempt| {
            let id = &attempt.exchange.request_id;
            (attempt, truth.iter().find(|truth| truth.id == *id).unwrap())
        })
        .collect()
}

fn ms(from: Nanos, to: Nanos) -> f64 {
    to.since(from).as_millis_f64()
}

/// The role chunk comes at once, the first token half a second later: that is the TTFT, not the role.
#[test]
fn the_role_chunk_is_no_first_token() {
    let pacing = Pacing {
        role_before_ms: 500.0,
        first_token_ms: 0.0,
        inter_token_ms: 1.0,
        tokens: Some(3),
        ..Pacing::default()
    };
    let (result, truth) = probed(pacing, Faults::none(), &json!({}), &["--concurrency", "8"]);
    for (attempt, truth) in both(&result, &truth) {
        assert_eq!(truth.kinds[..2], [ChunkKind::Role, ChunkKind::Content]);
        let first = truth.before_ns[1];
        assert!(first.since(truth.received_ns) >= Nanos::from_millis(500));
        let ttft = attempt.metrics.ttft_ms.unwrap();
        // From sending, which lies before the receipt; to a stamp, which lies behind the write.
        assert!(ttft >= ms(truth.received_ns, first), "{ttft} {truth:?}");
        let trace = &attempt.exchange.trace;
        let role = trace.chunks[0].recv_ns.since(trace.sent_ns).as_millis_f64();
        assert!(trace.chunks[0].tokens == 0 && role <= ttft);
    }
}

/// Four tokens come together every 80 ms: gaps are chunks', the time per token is a quarter of them where the server
/// tells the tokens of a chunk, and no token is free.
#[test]
fn several_tokens_in_one_chunk_share_its_time() {
    let pacing = Pacing { first_token_ms: 5.0, tokens: Some(16), tokens_per_chunk: 4, ..Pacing::default() };
    for (body, first_chunk) in [
        (json!({"return_token_ids": true}), 4),
        // Nobody tells that the first chunk has four.
        (json!({"return_token_ids": false}), 1),
    ] {
        let (result, truth) = probed(pacing.clone(), Faults::none(), &body, &["--concurrency", "8"]);
        for (attempt, truth) in both(&result, &truth) {
            assert_eq!(truth.tokens.iter().filter(|n| **n > 0).collect::<Vec<_>>(), [&4; 4]);
            let due: Vec<Nanos> = truth.due_ns.iter().copied().filter(|due| due.0 > 0).collect();
            assert!(due.windows(2).all(|pair| pair[1].since(pair[0]) == Nanos::from_millis(80)), "{due:?}");
            let chunks: Vec<_> = attempt.exchange.trace.token_chunks().copied().collect();
            assert_eq!(
                chunks.iter().map(|chunk| chunk.tokens).collect::<Vec<_>>(),
                [first_chunk; 4],
                "{body}"
            );
            let told = metrics(&attempt.exchange);
            assert_eq!(told.output_tokens, Some(16));
            // Told, 240 ms over 12 tokens, which is 20 ms a token.
            let span = ms(chunks[0].recv_ns, chunks[3].recv_ns);
            let tpot = told.tpot_ms.unwrap();
            assert!((tpot - span / (16.0 - f64::from(first_chunk))).abs() < 1e-9 && tpot > 0.0);
            let true_span = ms(due[0], due[3]);
            assert!((true_span / 12.0 - 20.0).abs() < 1e-9);
        }
        assert!(result.candidate.summary.tpot_ms.unwrap().min > 0.0);
    }
}

/// Every request whose stream is cut is one, and no other is.
#[test]
fn streams_that_are_cut_midway_are_counted_one_by_one() {
    let pacing = Pacing { first_token_ms: 2.0, inter_token_ms: 1.0, tokens: Some(10), ..Pacing::default() };
    let faults = Faults::none().with(FaultKind::Truncate { after_tokens: 5 }, When::probability(0.3));
    let (result, truth) = probed(pacing, faults, &json!({}), &["--concurrency", "16", "--repeats", "25"]);
    let both = both(&result, &truth);
    assert_eq!(both.len(), 200);
    let cut = both.iter().filter(|(_, truth)| !truth.finished).count();
    assert!((40..=80).contains(&cut), "30 % of 200 is 60: {cut}");
    for (attempt, truth) in &both {
        let expected = if truth.finished { Outcome::Success } else { Outcome::IncompleteStream };
        assert_eq!(attempt.exchange.outcome, expected, "{}", truth.id);
        assert_eq!(truth.tokens.iter().sum::<u32>(), if truth.finished { 10 } else { 5 });
        assert_eq!(attempt.metrics.e2e_ms.is_some(), truth.finished);
    }
    let cut = cut as u64;
    let expected = [(Outcome::Success, 200 - cut), (Outcome::IncompleteStream, cut)];
    assert_eq!(outcomes(&result, Side::Candidate), expected);
}
