//! Traces small enough to compute by hand, under every tool's formulas.

use super::*;
use crate::metrics::accumulate::Accumulator;
use crate::metrics::request::tests::exchange;
use crate::metrics::summary;
use crate::model::definitions::Causes;
use crate::model::judgement::{Judgement, Verdict};
use crate::model::record::{Attempt, PairKey, Record, Row, Side};
use crate::model::trace::ChunkKind::{Content, Done, Finish, Other, Reasoning, Role, Usage};
use Definitions::{Aiperf, Guidellm, Labctl, Vllm};

fn close(value: impl IntoIterator<Item = f64>, expected: &[f64]) {
    let values: Vec<f64> = value.into_iter().collect();
    assert_eq!(values.len(), expected.len(), "{values:?} is not {expected:?}");
    for (value, expected) in values.iter().zip(expected) {
        assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
    }
}

/// Sent at 100 ms. Six chunks: (received at ms, tokens as told, what it carried). The server counts 8 output
/// tokens: the 7 in the chunks and the one that ends the answer.
fn six_chunks() -> Exchange {
    exchange(
        &[
            (110, 0, Role),
            (150, 2, Reasoning),
            (170, 1, Content),
            (230, 4, Content),
            (235, 0, Finish),
            (240, 0, Done),
        ],
        Some(8),
    )
}

#[test]
fn six_chunks_by_labctl() {
    let m = defined(Labctl, &six_chunks());
    // The first token-bearing chunk came at 150, the last at 230.
    close(m.ttft_ms, &[150.0 - 100.0]);
    close(m.e2e_ms, &[230.0 - 100.0]);
    // (130 − 50) ÷ (8 − 2): two tokens were in the first chunk.
    close(m.tpot_ms, &[80.0 / 6.0]);
    // 150 → 170 → 230.
    close(m.itl_ms, &[20.0, 60.0]);
    assert_eq!((m.itl_of, m.output_tokens, m.one_token_goodput), (ItlOf::Chunk, 8, None));
}

#[test]
fn six_chunks_by_vllm() {
    let m = defined(Vllm, &six_chunks());
    // Any chunk with `choices` counts: from the role chunk at 110 to the finish chunk at 235.
    close(m.ttft_ms, &[110.0 - 100.0]);
    close(m.e2e_ms, &[235.0 - 100.0]);
    // (135 − 10) ÷ (8 − 1).
    close(m.tpot_ms, &[125.0 / 7.0]);
    // 110 → 150 → 170 → 230 → 235.
    close(m.itl_ms, &[40.0, 20.0, 60.0, 5.0]);
    assert_eq!((m.itl_of, m.output_tokens, m.one_token_goodput), (ItlOf::Chunk, 8, None));
}

#[test]
fn six_chunks_by_guidellm() {
    let m = defined(Guidellm, &six_chunks());
    // The first chunk with text came at 150.
    close(m.ttft_ms, &[150.0 - 100.0]);
    // It reads up to `[DONE]` at 240.
    close(m.e2e_ms, &[240.0 - 100.0]);
    // From the start: (230 − 100) ÷ 8.
    close(m.tpot_ms, &[130.0 / 8.0]);
    // One value: (230 − 150) ÷ (8 − 1).
    close(m.itl_ms, &[80.0 / 7.0]);
    assert_eq!((m.itl_of, m.output_tokens, m.one_token_goodput), (ItlOf::Request, 8, None));
}

#[test]
fn six_chunks_by_aiperf() {
    let m = defined(Aiperf, &six_chunks());
    // From the first to the last chunk with text: 150 to 230.
    close(m.ttft_ms, &[150.0 - 100.0]);
    close(m.e2e_ms, &[230.0 - 100.0]);
    assert_eq!(m.tpot_ms, None, "it has none by this name");
    // One value: (130 − 50) ÷ (8 − 2).
    close(m.itl_ms, &[80.0 / 6.0]);
    assert_eq!((m.itl_of, m.output_tokens, m.one_token_goodput), (ItlOf::Request, 8, None));
}

/// A token every 20 ms, sent by fours: 128 tokens in 32 chunks, 80 ms apart; (32 − 1) · 80 = 2480 ms.
#[test]
fn four_tokens_a_chunk() {
    let by_fours = |told: u32| {
        let chunks: Vec<_> = (0..32).map(|k| (180 + 80 * k, told, Content)).collect();
        exchange(&chunks, Some(128))
    };
    let told = by_fours(4);
    let ours = defined(Labctl, &told);
    close(ours.itl_ms, &[80.0; 31]);
    close(ours.tpot_ms, &[20.0]); // 2480 ÷ (128 − 4)
    let theirs = defined(Vllm, &told);
    close(theirs.itl_ms, &[80.0; 31]);
    close(theirs.tpot_ms, &[2480.0 / 127.0]);
    assert_eq!(format!("{:.1}", theirs.tpot_ms.unwrap()), "19.5");
    close(defined(Guidellm, &told).itl_ms, &[2480.0 / 127.0]);
    close(defined(Guidellm, &told).tpot_ms, &[(80.0 + 2480.0) / 128.0]);
    close(defined(Aiperf, &told).itl_ms, &[20.0]);
    // Where the server doesn't tell, the first chunk counts as one token, and labctl and AIPerf come to vLLM's.
    let untold = by_fours(1);
    for definitions in [Labctl, Vllm] {
        close(defined(definitions, &untold).tpot_ms, &[2480.0 / 127.0]);
        close(defined(definitions, &untold).itl_ms, &[80.0; 31]);
    }
    close(defined(Aiperf, &untold).itl_ms, &[2480.0 / 127.0]);
}

#[test]
fn a_role_chunk_half_a_second_early_is_no_token_but_to_vllm() {
    // Sent at 100 ms, the role at once, the first token 500 ms later.
    let early = exchange(&[(101, 0, Role), (601, 1, Content), (621, 1, Content)], Some(2));
    for definitions in [Labctl, Guidellm, Aiperf] {
        close(defined(definitions, &early).ttft_ms, &[501.0]);
    }
    close(defined(Vllm, &early).ttft_ms, &[1.0]);
    close(defined(Vllm, &early).itl_ms, &[500.0, 20.0]);
    close(defined(Labctl, &early).itl_ms, &[20.0]);
}

#[test]
fn a_single_token_is_judged_as_each_tool_does() {
    let single = exchange(&[(150, 1, Content), (160, 0, Usage), (170, 0, Done)], Some(1));
    let expected = [
        (Labctl, OneToken::Met),
        (Vllm, OneToken::Met),
        (Guidellm, OneToken::Excluded),
        (Aiperf, OneToken::NotMet),
    ];
    for (definitions, goodput) in expected {
        let m = defined(definitions, &single);
        assert_eq!((m.one_token_goodput, one_token_goodput(definitions)), (Some(goodput), goodput));
        assert_eq!((m.itl_ms.len(), m.output_tokens), (0, 1), "{definitions:?}");
        // Only GuideLLM's, which counts from the start, has a time per token: (150 − 100) ÷ 1.
        close(m.tpot_ms, if definitions == Guidellm { &[50.0] } else { &[] });
    }
    // The usage chunk, whose `choices` are empty, doesn't extend vLLM's latency.
    close(defined(Vllm, &single).e2e_ms, &[50.0]);
    close(defined(Guidellm, &single).e2e_ms, &[70.0]);
}

#[test]
fn tokens_that_came_at_one_moment_cost_nothing_there_and_are_absent_here() {
    let moment = exchange(&[(150, 1, Content), (150, 1, Content)], Some(2));
    assert_eq!(defined(Labctl, &moment).tpot_ms, None);
    close(defined(Vllm, &moment).tpot_ms, &[0.0]);
    close(defined(Guidellm, &moment).itl_ms, &[0.0]);
    close(defined(Aiperf, &moment).itl_ms, &[0.0]);
}

#[test]
fn without_usage_each_counts_what_it_sees() {
    let chunks = [(110, 0, Role), (150, 3, Content), (190, 2, Content), (195, 0, Finish)];
    let n = |definitions| defined(definitions, &exchange(&chunks, None)).output_tokens;
    // labctl and AIPerf the tokens told, vLLM four chunks with `choices`, GuideLLM two with text.
    assert_eq!([Labctl, Vllm, Guidellm, Aiperf].map(n), [5, 4, 2, 5]);
}

#[test]
fn an_answer_in_one_chunk_leaves_aiperf_its_old_divisor() {
    // All five tokens are in the first chunk by what the server told, yet there is a second: 5 − 1.
    let odd = exchange(&[(150, 5, Content), (190, 1, Content)], Some(5));
    close(defined(Aiperf, &odd).itl_ms, &[10.0]);
}

#[test]
fn without_done_guidellm_reads_to_the_end_of_the_stream() {
    // The fixture's stream closes at 10 s.
    close(defined(Guidellm, &exchange(&[(150, 1, Content)], None)).e2e_ms, &[9_900.0]);
}

#[test]
fn text_without_tokens_and_tokens_without_text_count_as_each_sees_them() {
    // A special token without text, then text of which the server says that no token was in it.
    let chunks = [(120, 1, Other), (150, 0, Content), (190, 1, Content)];
    let e = exchange(&chunks, Some(2));
    let ttft = |definitions| defined(definitions, &e).ttft_ms.unwrap();
    close([Labctl, Vllm, Guidellm, Aiperf].map(ttft), &[20.0, 20.0, 50.0, 50.0]);
}

fn row(n: u32, exchange: Exchange) -> Row {
    let judgement = Judgement::bare(Verdict::Pass);
    let metrics = crate::metrics::request::metrics(&exchange);
    Row {
        reference: None,
        key: PairKey { prompt_id: format!("p{n}"), repeat: 0, round: 0, level: 0 },
        family: None,
        category: "c".into(),
        scenario_id: "s".into(),
        block: 0,
        candidate: Some(Attempt { exchange, metrics, judgement }),
        baseline: None,
        ask: crate::model::workload::Ask::default(),
    }
}

/// Two requests of different length, of which one has an inexact stamp.
fn two() -> [Exchange; 2] {
    let mut long =
        exchange(&[(150, 1, Content), (170, 1, Content), (210, 1, Content), (215, 0, Done)], Some(3));
    long.trace.chunks[1].exact = false;
    [six_chunks(), long]
}

#[test]
fn labctl_s_summary_is_the_one_of_every_report() {
    let rows: Vec<Row> = (0..).zip(two()).map(|(n, exchange)| row(n, exchange)).collect();
    let mut traces = Accumulator::default();
    for row in &rows {
        let Row { key, category, family, scenario_id, block, candidate, .. } = row.clone();
        let attempt = candidate.unwrap();
        let record = Record {
            key,
            category,
            family,
            scenario_id,
            block,
            side: Side::Candidate,
            attempt,
            ask: crate::model::workload::Ask::default(),
        };
        traces.add(&record, None);
    }
    let context = summary::Context { concurrency: 1, ..summary::Context::default() };
    let summary = summary::summarise(&rows, &[], Side::Candidate, &context, traces.side(Side::Candidate));
    let here = summarise(Labctl, &two().each_ref());
    let pairs = [
        (summary.ttft_ms, here.ttft_ms),
        (summary.tpot_ms, here.tpot_ms),
        (summary.itl_ms, here.itl_ms),
        (summary.e2e_ms, here.e2e_ms),
    ];
    for (theirs, ours) in pairs {
        let (theirs, ours) = (theirs.unwrap(), ours.unwrap());
        assert_eq!((theirs.n, theirs.mean, theirs.p50, theirs.p99), (ours.n, ours.mean, ours.p50, ours.p99));
    }
    assert_eq!(here.output_tokens, summary.output_tokens);
}

#[test]
fn summaries_follow_each_tool_s_way_of_adding_up() {
    let exchanges = two();
    let of = |definitions| summarise(definitions, &exchanges.each_ref());
    // vLLM pools all gaps, inexact or not: 5, 20, 20, 40, 40, 60.
    let itl = of(Vllm).itl_ms.unwrap();
    assert_eq!((itl.n, itl.p50), (6, 30.0));
    close([itl.mean, itl.p99], &[185.0 / 6.0, 59.0]);
    // labctl leaves out the two gaps about the inexact stamp: 20 and 60.
    assert_eq!(of(Labctl).itl_ms.unwrap().n, 2);
    // GuideLLM weights by tokens: (8 · 130/8 + 3 · 110/3) ÷ 11 and (7 · 80/7 + 2 · 60/2) ÷ 9.
    let guidellm = of(Guidellm);
    close([guidellm.tpot_ms.unwrap().mean, guidellm.itl_ms.unwrap().mean], &[240.0 / 11.0, 140.0 / 9.0]);
    // Its median is one of the two values, where others interpolate to their middle.
    assert_eq!((guidellm.e2e_ms.unwrap().p50, of(Vllm).e2e_ms.unwrap().p50), (115.0, 122.5));
    // AIPerf: the plain mean of 80/6 and 60/2.
    close(of(Aiperf).itl_ms.map(|s| s.mean), &[f64::midpoint(80.0 / 6.0, 60.0 / 2.0)]);
    assert_eq!(of(Aiperf).tpot_ms, None);
}

#[test]
fn causes_are_counted_by_request() {
    let odd = exchange(&[(120, 1, Content), (130, 0, Other), (150, 0, Content), (160, 1, Content)], None);
    let moment = exchange(&[(150, 1, Content)], Some(2));
    let [six, inexact] = two();
    let expected = Causes {
        requests: 4,
        chunk_before_tokens: 1,
        chunk_after_tokens: 1,
        chunk_between_tokens: 1,
        first_chunk_of_several: 1,
        tokens_unlike_text: 1,
        at_one_moment: 1,
        inexact_gaps: 1,
        without_usage: 1,
    };
    assert_eq!(causes::count(&[&six, &inexact, &odd, &moment]), expected);
}
