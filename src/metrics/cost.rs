//! What answers cost: an endpoint's price beside its measured rates.

use crate::model::record::Attempt;
use crate::model::slo::Slo;
use crate::model::summary::Throughput;
use crate::model::team::{Cost, CostFigures};

use super::goodput::{From, meets};
use super::request::as_f64;
use super::window::ended_at;

const SECONDS_PER_HOUR: f64 = 3_600.0;
const MILLION: f64 = 1e6;

/// A side's cost at its `throughput`; of the figures only the price of an hour where that is absent.
///
/// - `per_hour` = GPUs × price of a GPU for an hour.
/// - `correct_answers_per_gpu_hour` = `correct_answers_per_s` × 3,600 ÷ GPUs.
/// - `per_million_output_tokens` = `per_hour` × 10⁶ ÷ (3,600 × `output_tokens_per_s`).
/// - `per_million_output_tokens_at_slo` = the same ÷ the share of output tokens, among those of the successes whose last
///   token came inside the windows, that belong to requests which met every objective. Whoever pays for the tokens
///   that came too late has fewer to spread the price over.
#[must_use]
pub fn figures(
    cost: &Cost,
    throughput: Option<&Throughput>,
    slos: &[Slo],
    attempts: &[&Attempt],
    from: From,
) -> CostFigures {
    let per_hour = cost.gpus * cost.per_gpu_hour;
    let rate = throughput.map(|rates| rates.output_tokens_per_s).filter(|rate| *rate > 0.0);
    let per_million = rate.map(|rate| per_hour * MILLION / (SECONDS_PER_HOUR * rate));
    CostFigures {
        currency: cost.currency.clone(),
        per_hour,
        correct_answers_per_gpu_hour: throughput
            .and_then(|rates| rates.correct_answers_per_s)
            .map(|rate| rate * SECONDS_PER_HOUR / cost.gpus),
        per_million_output_tokens: per_million,
        per_million_output_tokens_at_slo: per_million
            .zip(throughput.and_then(|rates| share_that_met(slos, attempts, rates, from)))
            .map(|(price, share)| price / share),
    }
}

/// Above 0 and at most 1; `None` without objectives, and where nothing met them.
fn share_that_met(slos: &[Slo], attempts: &[&Attempt], rates: &Throughput, from: From) -> Option<f64> {
    if slos.is_empty() {
        return None;
    }
    let (mut met, mut all) = (0, 0);
    for attempt in attempts {
        let Some(end) = ended_at(attempt) else { continue };
        let tokens = attempt.metrics.output_tokens.unwrap_or(0);
        if rates.windows.iter().any(|window| window.start_ns < end && end <= window.end_ns) {
            all += tokens;
            met += if meets(slos, attempt, from) { tokens } else { 0 };
        }
    }
    (met > 0).then(|| as_f64(met) / as_f64(all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::request::{metrics, tests::exchange};
    use crate::metrics::slo::parse;
    use crate::model::judgement::{Judgement, Verdict};
    use crate::model::summary::Window;
    use crate::model::trace::ChunkKind::Content;
    use crate::model::units::Nanos;

    fn price(gpus: f64, per_gpu_hour: f64) -> Cost {
        Cost { gpus, per_gpu_hour, currency: "EUR".to_owned() }
    }

    fn rates(output_tokens_per_s: f64, correct: Option<f64>) -> Throughput {
        Throughput {
            request_throughput_per_s: 2.0,
            output_tokens_per_s,
            correct_answers_per_s: correct,
            window_s: 1.0,
            windows: vec![Window {
                start_ns: Nanos::from_millis(100),
                end_ns: Nanos::from_millis(1_100),
                requests: 4,
                output_tokens: 0,
            }],
        }
    }

    /// Sent at 100 ms (see `exchange`): the first token at 150 ms, so many in all, the last at `end_ms`.
    fn attempt(tokens: u64, end_ms: u64) -> Attempt {
        let chunks = [(150, 1, Content), (end_ms, 1, Content)];
        let exchange = exchange(&chunks, Some(tokens));
        Attempt { metrics: metrics(&exchange), exchange, judgement: Judgement::bare(Verdict::Unchecked) }
    }

    fn close(value: Option<f64>, expected: f64) -> bool {
        value.is_some_and(|value| (value - expected).abs() < 1e-9)
    }

    /// 2 GPUs at 1.50 an hour are 3.00 an hour; 1,000 tokens a second are 3.6 million an hour, so a million costs
    /// 3 ÷ 3.6 = 0.8333; 1.5 right answers a second are 5,400 an hour, 2,700 a GPU.
    #[test]
    fn a_worked_price() {
        let figures = figures(&price(2.0, 1.5), Some(&rates(1_000.0, Some(1.5))), &[], &[], From::Sent);
        assert!((figures.per_hour - 3.0).abs() < 1e-12);
        assert!(close(figures.per_million_output_tokens, 3.0 / 3.6));
        assert!(close(figures.correct_answers_per_gpu_hour, 2_700.0));
        assert_eq!((figures.per_million_output_tokens_at_slo, figures.currency.as_str()), (None, "EUR"));
    }

    /// Of 100 tokens in the window 75 belong to requests within 500 ms: a million of those costs 4/3 as much. What
    /// ended after the window counts in neither.
    #[test]
    fn tokens_that_came_too_late_make_the_others_dearer() {
        let attempts = [attempt(50, 300), attempt(25, 600), attempt(25, 601), attempt(900, 1_200)];
        let all: Vec<&Attempt> = attempts.iter().collect();
        let of = |slos: &str, attempts: &[&Attempt]| {
            let slos = parse(slos).unwrap();
            figures(&price(1.0, 3.6), Some(&rates(1_000.0, None)), &slos, attempts, From::Sent)
        };
        let figures = of("e2e_ms<=500", &all);
        assert!(close(figures.per_million_output_tokens, 1.0));
        assert!(close(figures.per_million_output_tokens_at_slo, 4.0 / 3.0));
        assert_eq!(figures.correct_answers_per_gpu_hour, None, "nothing was checked");
        assert_eq!(of("e2e_ms<=1", &all).per_million_output_tokens_at_slo, None, "none met it");
        assert_eq!(of("e2e_ms<=500", &[]).per_million_output_tokens_at_slo, None);
    }

    #[test]
    fn without_throughput_only_the_hour_has_a_price() {
        for throughput in [None, Some(&rates(0.0, None))] {
            let figures = figures(&price(4.0, 2.0), throughput, &[], &[], From::Sent);
            assert!((figures.per_hour - 8.0).abs() < 1e-12);
            assert_eq!(figures.per_million_output_tokens, None);
            assert_eq!(figures.correct_answers_per_gpu_hour, None);
        }
    }
}
