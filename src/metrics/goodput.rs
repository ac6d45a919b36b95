//! Goodput: requests that were as good as their objectives ask for.
//!
//! After Zhong et al., "`DistServe`: Disaggregating Prefill and Decoding for Goodput-optimized Large Language Model
//! Serving", OSDI 2024: a request counts where it meets every latency objective, and attainment is the share of
//! those that were sent.

use crate::model::record::Attempt;
use crate::model::slo::{Goodput, Slo, SloMetric};
use crate::model::summary::{RequestMetrics, Throughput};
use crate::model::units::ratio;
use crate::stats::proportion::wilson;

use super::request::as_f64;
use super::window::Ends;

/// What a request is held to when its latencies count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// Its sending: a closed loop, which sends when it can.
    Sent,
    /// The moment planned for it: an open loop, where waiting to be sent is part of being late.
    Scheduled,
}

/// The requests that met every objective; `None` without objectives, and of no request. `throughput` has the steady
/// windows.
///
/// - `met` = successes within the bound of every latency objective, whatever its statistic. Objectives that aren't
///   about single requests (`pass_rate`, `error_rate`, throughput) hold none of them to anything.
/// - `attainment` = `met` ÷ attempted, with Wilson's 95 % interval: a failure doesn't meet.
/// - `goodput_per_s` = those that met and passed their checks, where they have some, and ended inside the windows ÷
///   the windows' length.
#[must_use]
pub fn goodput(
    slos: &[Slo],
    attempts: &[&Attempt],
    in_window: &[&Attempt],
    throughput: Option<&Throughput>,
    from: From,
) -> Option<Goodput> {
    if slos.is_empty() {
        return None;
    }
    let attempted = attempts.len() as u64;
    let met: Vec<&Attempt> = attempts.iter().copied().filter(|attempt| meets(slos, attempt, from)).collect();
    let good: Vec<&Attempt> = met.iter().copied().filter(|attempt| passed_its_checks(attempt)).collect();
    let attainment = ratio(met.len() as u64, attempted)?;
    let rate = |with_checks: bool| {
        let throughput = throughput.filter(|t| t.window_s > 0.0)?;
        let ends = Ends::of(
            in_window
                .iter()
                .copied()
                .filter(|a| meets(slos, a, from) && (!with_checks || passed_its_checks(a))),
        );
        let within: u64 = throughput.windows.iter().map(|w| ends.within(w.start_ns, w.end_ns)).sum();
        Some(as_f64(within) / throughput.window_s)
    };
    let has_checks = attempts.iter().any(|attempt| !attempt.judgement.checks.is_empty());
    Some(Goodput {
        attempted,
        met: met.len() as u64,
        met_and_passed: has_checks.then_some(good.len() as u64),
        attainment,
        attainment_interval_95: wilson(attainment, attempted, 0.95)?,
        goodput_per_s: rate(true),
        goodput_without_checks_per_s: rate(false),
        single_token_responses: attempts.iter().filter(|a| a.metrics.output_tokens == Some(1)).count() as u64,
    })
}

/// Whether one request met every objective that is about single requests.
#[must_use]
pub fn meets(slos: &[Slo], attempt: &Attempt, from: From) -> bool {
    attempt.exchange.outcome.is_success()
        && slos.iter().all(|slo| {
            // A latency that a success doesn't have (one token, one chunk) meets any bound on it.
            latency_ms(slo.metric, attempt, from).is_none_or(|ms| slo.bound.holds(ms, slo.value))
        })
}

/// TTFT from the moment the request was planned for, milliseconds: `ttft_ms` + (`sent_ns` − `scheduled_ns`).
#[must_use]
pub fn ttft_from_schedule_ms(attempt: &Attempt) -> Option<f64> {
    let trace = &attempt.exchange.trace;
    Some(attempt.metrics.ttft_ms? + trace.sent_ns.since(trace.scheduled_ns).as_millis_f64())
}

fn latency_ms(metric: SloMetric, attempt: &Attempt, from: From) -> Option<f64> {
    let RequestMetrics { ttft_ms, e2e_ms, latency_from_schedule_ms, tpot_ms, max_stall_ms, .. } =
        attempt.metrics;
    match (metric, from) {
        (SloMetric::TtftMs, From::Sent) => ttft_ms,
        (SloMetric::TtftMs, From::Scheduled) => ttft_from_schedule_ms(attempt),
        (SloMetric::E2eMs, From::Sent) => e2e_ms,
        (SloMetric::E2eMs, From::Scheduled) | (SloMetric::LatencyFromScheduleMs, _) => {
            latency_from_schedule_ms
        }
        (SloMetric::TpotMs, _) => tpot_ms,
        (SloMetric::MaxStallMs, _) => max_stall_ms,
        _ => None,
    }
}

/// True too of what has no checks.
fn passed_its_checks(attempt: &Attempt) -> bool {
    attempt.judgement.checks.is_empty() || attempt.judgement.verdict.passed() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::request::{metrics, tests::exchange};
    use crate::metrics::slo::parse;
    use crate::model::judgement::{CheckResult, Judgement, Verdict};
    use crate::model::outcome::Outcome;
    use crate::model::summary::Window;
    use crate::model::trace::ChunkKind::Content;
    use crate::model::units::Nanos;

    /// Scheduled at 90 ms, sent at 100 ms (see `exchange`), chunks of one token at these moments.
    fn attempt(chunks_ms: &[u64], verdict: Verdict) -> Attempt {
        let chunks: Vec<_> = chunks_ms.iter().map(|ms| (*ms, 1, Content)).collect();
        let exchange = exchange(&chunks, None);
        let checks = match verdict {
            Verdict::Unchecked => Vec::new(),
            verdict => vec![CheckResult { check: "exact".to_owned(), verdict, detail: String::new() }],
        };
        Attempt {
            metrics: metrics(&exchange),
            exchange,
            judgement: Judgement { checks, ..Judgement::bare(verdict) },
        }
    }

    fn failed() -> Attempt {
        let mut attempt = attempt(&[], Verdict::TransportError);
        attempt.exchange.outcome = Outcome::Reset;
        attempt.metrics = metrics(&attempt.exchange);
        attempt
    }

    fn window(from: u64, until: u64) -> Throughput {
        let (start_ns, end_ns) = (Nanos::from_millis(from), Nanos::from_millis(until));
        Throughput {
            request_throughput_per_s: 0.0,
            output_tokens_per_s: 0.0,
            correct_answers_per_s: None,
            window_s: end_ns.since(start_ns).as_secs_f64(),
            windows: vec![Window { start_ns, end_ns, requests: 0, output_tokens: 0 }],
        }
    }

    fn of(slos: &str, attempts: &[Attempt], throughput: Option<&Throughput>, from: From) -> Goodput {
        {
            let attempts = attempts.iter().collect::<Vec<_>>();
            goodput(&parse(slos).unwrap(), &attempts, &attempts, throughput, from).unwrap()
        }
    }

    /// Ten requests: one fails, one has a late first token, one stalls, one is slow throughout, two don't pass, four
    /// are good, one of them after the window.
    #[test]
    fn a_worked_load() {
        let good = || attempt(&[150, 170, 190], Verdict::Pass);
        let attempts = [
            good(),
            good(),
            good(),
            attempt(&[150, 170, 510], Verdict::Pass),
            attempt(&[150, 170, 190], Verdict::Wrong),
            attempt(&[150, 170, 190], Verdict::JudgeUnparsed),
            attempt(&[301, 310, 320], Verdict::Pass),
            attempt(&[150, 170, 180, 190, 491], Verdict::Pass),
            attempt(&[150, 350, 540], Verdict::Pass),
            failed(),
        ];
        let slos =
            "ttft_p95_ms<=200,tpot_p50_ms<=180,max_stall_ms<=300,e2e_ms<=410,pass_rate>=0.99,error_rate<=0";
        let g = of(slos, &attempts, Some(&window(100, 500)), From::Sent);
        // The fourth stalls for 340 ms, the eighth for 301 ms, the ninth takes 195 ms a token and 440 in all.
        assert_eq!((g.attempted, g.met, g.met_and_passed), (10, 5, Some(3)));
        assert!((g.attainment - 0.5).abs() < 1e-12);
        // statsmodels: proportion_confint(5, 10, method="wilson").
        assert!((g.attainment_interval_95.low - 0.236_593).abs() < 1e-6);
        assert!((g.attainment_interval_95.high - 0.763_407).abs() < 1e-6);
        assert!((g.goodput_per_s.unwrap() - 3.0 / 0.4).abs() < 1e-9);
        assert!((g.goodput_without_checks_per_s.unwrap() - 5.0 / 0.4).abs() < 1e-9);

        let late = of("ttft_ms<=200", &attempts, Some(&window(100, 185)), From::Sent);
        assert_eq!((late.met, late.goodput_per_s), (8, Some(0.0)), "nothing ended inside");
    }

    #[test]
    fn an_open_loop_counts_the_wait_to_be_sent() {
        let attempts = [attempt(&[150, 200], Verdict::Unchecked)];
        // 50 ms from sending, 60 ms from the schedule; to the end 100 and 110.
        let met = |slos, from| of(slos, &attempts, None, from).met;
        assert_eq!((met("ttft_ms<=50", From::Sent), met("ttft_ms<=50", From::Scheduled)), (1, 0));
        assert_eq!((met("ttft_ms<=60", From::Scheduled), met("e2e_ms<=110", From::Scheduled)), (1, 1));
        assert_eq!((met("e2e_ms<=100", From::Sent), met("e2e_ms<=100", From::Scheduled)), (1, 0));
        assert_eq!(met("latency_from_schedule_ms<=100", From::Sent), 0);
    }

    #[test]
    fn a_single_token_meets_any_bound_on_what_it_does_not_have() {
        let attempts = [attempt(&[150], Verdict::Unchecked)];
        let g = of("tpot_ms<=0.001,max_stall_ms<=0.001", &attempts, None, From::Sent);
        assert_eq!((g.met, g.single_token_responses, g.met_and_passed), (1, 1, None));
        assert_eq!((g.goodput_per_s, g.goodput_without_checks_per_s), (None, None));
    }

    #[test]
    fn without_objectives_or_requests_there_is_none() {
        assert_eq!(goodput(&[], &[&failed()], &[], None, From::Sent), None);
        assert_eq!(goodput(&parse("ttft_ms<=1").unwrap(), &[], &[], None, From::Sent), None);
    }
}
