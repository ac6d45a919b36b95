//! Whether objectives were met by all requests of a load together.

use crate::model::level::{LevelSide, Steadiness};
use crate::model::slo::{Slo, SloMetric, SloOutcome, SloStatistic};
use crate::model::summary::{Distribution, Percentile, SideSummary};

/// How each objective came out over the requests that `summary` sums up.
///
/// - A latency's value is its statistic over successes, without one the largest. In an open loop `ttft_ms` and
///   `e2e_ms` count from the schedule: a request that labctl or its cap held back is late all the same.
/// - A failed request counts as later than any bound. So a percentile p isn't met where more than 1 − p of the
///   requests failed (of a median more than half; the mean is held to the same), and what every request must keep
///   to isn't where any failed: a server that refuses most of its load is not fast.
/// - Where no response has a second token, nothing can be said against `tpot_ms` and `max_stall_ms`: they are met.
/// - `pass_rate` is given, throughput is that of the steady windows; absent they are not met.
#[must_use]
pub fn outcomes(slos: &[Slo], summary: &SideSummary, pass_rate: Option<f64>) -> Vec<SloOutcome> {
    slos.iter().map(|slo| outcome(slo, summary, pass_rate)).collect()
}

/// Whether a load passes: every objective met, and latency not growing while it was held. A load of which that
/// can't be told passes on its objectives alone.
#[must_use]
pub fn passes(side: &LevelSide, steadiness: &Steadiness) -> bool {
    side.meets_all() && !matches!(steadiness, Steadiness::Growing { .. })
}

fn outcome(slo: &Slo, summary: &SideSummary, pass_rate: Option<f64>) -> SloOutcome {
    let throughput = summary.throughput.as_ref();
    let absent_because = || summary.throughput_absent_because.clone();
    let (value, reason) = match slo.metric {
        SloMetric::PassRate => (pass_rate, Some("nothing was judged".to_owned())),
        SloMetric::ErrorRate => (summary.error_rate, Some("nothing was sent".to_owned())),
        SloMetric::RequestThroughputPerS => {
            (throughput.map(|t| t.request_throughput_per_s), absent_because())
        }
        SloMetric::OutputTokensPerS => (throughput.map(|t| t.output_tokens_per_s), absent_because()),
        _ => return latency(slo, summary),
    };
    let met = value.is_some_and(|value| slo.bound.holds(value, slo.value));
    SloOutcome { slo: *slo, value, met, trusted: true, reason: reason.filter(|_| value.is_none()) }
}

fn latency(slo: &Slo, summary: &SideSummary) -> SloOutcome {
    let distribution = match slo.metric {
        SloMetric::TtftMs => summary.ttft_from_schedule_ms.as_ref().or(summary.ttft_ms.as_ref()),
        SloMetric::TpotMs => summary.tpot_ms.as_ref(),
        SloMetric::MaxStallMs => summary.max_stall_ms.as_ref(),
        SloMetric::E2eMs if summary.ttft_from_schedule_ms.is_none() => summary.e2e_ms.as_ref(),
        _ => summary.latency_from_schedule_ms.as_ref(),
    };
    let value = distribution.map(|d| statistic(d, slo.statistic));
    let within = match value {
        Some(value) => slo.bound.holds(value, slo.value),
        None => summary.e2e_ms.is_some() && matches!(slo.metric, SloMetric::TpotMs | SloMetric::MaxStallMs),
    };
    let too_many_failed = too_many_failed(slo, summary);
    let is_met = within && too_many_failed.is_none();
    let reason = if summary.e2e_ms.is_none() {
        Some("no request succeeded".to_owned())
    } else {
        too_many_failed.filter(|_| within)
    };
    SloOutcome {
        slo: *slo,
        value,
        met: is_met,
        trusted: distribution.is_none_or(|d| is_trusted(d, slo.statistic)),
        reason,
    }
}

/// That so many requests failed that an objective on a latency can't be met, however fast the others were. `None` where
/// they didn't, and of what is no latency.
#[must_use]
pub fn too_many_failed(slo: &Slo, summary: &SideSummary) -> Option<String> {
    let failed = summary.error_rate.unwrap_or(1.0);
    (slo.metric.is_latency() && failed > most_failed(slo.statistic)).then(|| {
        format!("{:.1} % of the requests failed, which counts as later than any bound", failed * 100.0)
    })
}

const fn statistic(of: &Distribution, statistic: Option<SloStatistic>) -> f64 {
    match statistic {
        Some(SloStatistic::Mean) => of.mean,
        Some(SloStatistic::P50) => of.p50,
        Some(SloStatistic::P90) => of.p90,
        Some(SloStatistic::P95) => of.p95,
        Some(SloStatistic::P99) => of.p99,
        Some(SloStatistic::Max) | None => of.max,
    }
}

/// The largest share of failed requests that leaves the statistic a value.
const fn most_failed(statistic: Option<SloStatistic>) -> f64 {
    match statistic {
        Some(SloStatistic::Mean | SloStatistic::P50) => 0.5,
        Some(SloStatistic::P90) => 0.1,
        Some(SloStatistic::P95) => 0.05,
        Some(SloStatistic::P99) => 0.01,
        Some(SloStatistic::Max) | None => 0.0,
    }
}

const fn is_trusted(of: &Distribution, statistic: Option<SloStatistic>) -> bool {
    match statistic {
        Some(SloStatistic::P90) => of.is_trusted(Percentile::P90),
        Some(SloStatistic::P95) => of.is_trusted(Percentile::P95),
        Some(SloStatistic::P99) => of.is_trusted(Percentile::P99),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::slo::parse;
    use crate::metrics::summary::{Context, summarise};
    use crate::model::record::Side;
    use crate::model::summary::Throughput;
    use crate::stats::quantile::distribution;

    /// Latencies 1 to 200 ms, one request in `one_in` failed.
    fn summary(error_rate: f64) -> SideSummary {
        let mut ms: Vec<f64> = (1..=200).map(f64::from).collect();
        let ttft_ms = distribution(&mut ms);
        SideSummary {
            error_rate: Some(error_rate),
            ttft_ms,
            tpot_ms: None,
            e2e_ms: ttft_ms,
            throughput: Some(Throughput {
                request_throughput_per_s: 5.0,
                output_tokens_per_s: 50.0,
                correct_answers_per_s: None,
                window_s: 1.0,
                windows: Vec::new(),
            }),
            ..summarise(&[], &[], Side::Candidate, &Context::default(), None)
        }
    }

    fn met(text: &str, summary: &SideSummary, pass_rate: Option<f64>) -> Vec<bool> {
        outcomes(&parse(text).unwrap(), summary, pass_rate).iter().map(|o| o.met).collect()
    }

    #[test]
    fn each_statistic_is_held_to_its_bound() {
        // Type 7 over 1 … 200: p50 100.5, p95 190.05, p99 198.01, mean 100.5.
        let s = summary(0.0);
        let slos = "ttft_p50_ms<=100.5,ttft_p95_ms<=190,ttft_p99_ms<=198.02,ttft_mean_ms<=100,ttft_ms<=200,ttft_max_ms<=199";
        assert_eq!(met(slos, &s, None), [true, false, true, false, true, false]);
        let outcome = &outcomes(&parse("ttft_p95_ms<=190,ttft_p99_ms<=1000").unwrap(), &s, None);
        assert!((outcome[0].value.unwrap() - 190.05).abs() < 1e-9);
        assert_eq!((outcome[0].trusted, outcome[1].trusted), (true, false));
        let rates = "pass_rate>=0.9,error_rate<=0,request_throughput_per_s>=5,output_tokens_per_s>=50.1";
        assert_eq!(met(rates, &s, Some(0.9)), [true, true, true, false]);
        assert_eq!(met(rates, &s, None), [false, true, true, false]);
    }

    #[test]
    fn failures_are_later_than_any_bound() {
        let slos = "ttft_p50_ms<=1000,ttft_p95_ms<=1000,ttft_p99_ms<=1000,ttft_ms<=1000";
        assert_eq!(met(slos, &summary(0.0), None), [true; 4]);
        assert_eq!(met(slos, &summary(0.01), None), [true, true, true, false]);
        assert_eq!(met(slos, &summary(0.04), None), [true, true, false, false]);
        assert_eq!(met(slos, &summary(0.3), None), [true, false, false, false]);
        let outcome = &outcomes(&parse("ttft_p95_ms<=1000").unwrap(), &summary(0.3), None)[0];
        assert!(outcome.reason.as_ref().unwrap().starts_with("30.0 % of the requests failed"));
    }

    #[test]
    fn an_open_loop_counts_from_the_schedule() {
        let mut s = summary(0.0);
        s.latency_from_schedule_ms = distribution(&mut [900.0]);
        assert_eq!(
            met("ttft_ms<=200,e2e_ms<=200,latency_from_schedule_ms<=200", &s, None),
            [true, true, false]
        );
        s.ttft_from_schedule_ms = distribution(&mut [700.0]);
        assert_eq!(met("ttft_ms<=200,e2e_ms<=200,ttft_p50_ms<=700", &s, None), [false, false, true]);
    }

    #[test]
    fn what_is_absent_is_not_met_unless_it_can_not_be() {
        let s = summary(0.0);
        assert_eq!(met("tpot_p95_ms<=1,max_stall_ms<=1", &s, None), [true, true]);
        let nothing = summarise(&[], &[], Side::Candidate, &Context::default(), None);
        let all = "tpot_ms<=1,ttft_ms<=9,error_rate<=0,request_throughput_per_s>=1";
        assert_eq!(met(all, &nothing, None), [false; 4]);
        let reasons = outcomes(&parse(all).unwrap(), &nothing, None);
        assert!(reasons.iter().all(|o| o.reason.is_some()), "{reasons:?}");
    }

    #[test]
    fn a_load_under_which_latency_grows_does_not_pass() {
        let side = LevelSide {
            slos: outcomes(&parse("ttft_ms<=200").unwrap(), &summary(0.0), None),
            summary: summary(0.0),
            pass_rate: None,
        };
        assert!(passes(&side, &Steadiness::Steady));
        assert!(passes(&side, &Steadiness::Unknown { reason: String::new() }));
        assert!(!passes(&side, &Steadiness::Growing { reason: String::new() }));
    }
}
