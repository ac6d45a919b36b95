//! One run's numbers as a line of a table has them, overall and by category.

use std::collections::BTreeMap;

use crate::model::comparison::PassRate;
use crate::model::health::HealthStatus;
use crate::model::history::{CategoryFigures, Figures, Percentiles};
use crate::model::record::{Attempt, Row, Side};
use crate::model::result::RunResult;
use crate::model::summary::{Distribution, RequestMetrics};
use crate::stats::quantile::distribution;

use super::pass_rate::pass_rates;

/// The candidate's figures: pass rates over `judged`, rows of the run that may be fewer than all of it; latencies over all
/// its successes.
#[must_use]
pub fn figures(run: &RunResult, judged: &[Row]) -> Figures {
    let rates = pass_rates(judged, Side::Candidate);
    let rate = |category: Option<&str>| -> Option<PassRate> {
        let found = rates.iter().find(|rate| rate.category.as_deref() == category)?;
        (found.pass_rate.judged > 0).then_some(found.pass_rate)
    };
    let health = &run.client_health;
    let speed_absent_because = (health.status == HealthStatus::Invalid)
        .then(|| format!("the client was not valid ({})", health.reasons.join("; ")));
    let is_told = speed_absent_because.is_none();
    let of = |distribution: Option<&Distribution>| distribution.filter(|_| is_told).map(percentiles);
    let summary = &run.candidate.summary;
    let throughput = summary.throughput.as_ref().filter(|_| is_told);
    let mut members: BTreeMap<&str, Vec<&Attempt>> = BTreeMap::new();
    for row in &run.rows {
        members.entry(&row.category).or_default().extend(&row.candidate);
    }
    Figures {
        pass_rate: rate(None),
        requests: summary.attempted,
        error_rate: summary.error_rate,
        ttft_ms: of(summary.ttft_ms.as_ref()),
        tpot_ms: of(summary.tpot_ms.as_ref()),
        e2e_ms: of(summary.e2e_ms.as_ref()),
        request_throughput_per_s: throughput.map(|throughput| throughput.request_throughput_per_s),
        output_tokens_per_s: throughput.map(|throughput| throughput.output_tokens_per_s),
        cost: run.candidate.cost.clone().filter(|_| is_told),
        categories: members
            .into_iter()
            .map(|(category, attempts)| {
                let of = |metric: fn(&RequestMetrics) -> Option<f64>| {
                    let successes = attempts.iter().filter(|attempt| attempt.exchange.outcome.is_success());
                    let mut values: Vec<f64> = successes.filter_map(|a| metric(&a.metrics)).collect();
                    distribution(&mut values).filter(|_| is_told).map(|found| percentiles(&found))
                };
                CategoryFigures {
                    category: category.to_owned(),
                    pass_rate: rate(Some(category)),
                    ttft_ms: of(|m| m.ttft_ms),
                    tpot_ms: of(|m| m.tpot_ms),
                    e2e_ms: of(|m| m.e2e_ms),
                }
            })
            .collect(),
        speed_absent_because,
    }
}

fn percentiles(of: &Distribution) -> Percentiles {
    Percentiles { n: of.n, p50: of.p50, p95: of.p95 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::support::{row, run, timed};
    use crate::model::judgement::Verdict;

    #[test]
    fn figures_are_of_the_run_and_of_each_category() {
        let rows: Vec<Row> = (0..4_u8)
            .map(|id| {
                let mut attempt = timed(f64::from(id), 1.0);
                if id == 3 {
                    attempt.judgement.verdict = Verdict::Wrong;
                }
                row(id.into(), if id < 2 { "code" } else { "math" }, attempt.clone(), attempt)
            })
            .collect();
        let mut run = run("a", rows.clone());
        let of_all = figures(&run, &rows);
        assert_eq!(of_all.pass_rate.map(|rate| (rate.passed, rate.judged)), Some((3, 4)));
        let math = &of_all.categories[1];
        assert_eq!((math.category.as_str(), math.pass_rate.unwrap().passed), ("math", 1));
        // 2 ms and 3 ms.
        assert_eq!(math.ttft_ms.map(|ttft| (ttft.n, ttft.p50)), Some((2, 2.5)));
        let of_some = figures(&run, &rows[..2]);
        assert_eq!((of_some.pass_rate.unwrap().judged, &of_some.categories[1].pass_rate), (2, &None));
        assert_eq!(of_some.categories[1].ttft_ms, math.ttft_ms);

        run.client_health.status = HealthStatus::Invalid;
        run.client_health.reasons = vec!["too slow".to_owned()];
        let untold = figures(&run, &rows);
        assert!(untold.speed_absent_because.unwrap().contains("too slow"));
        assert_eq!((untold.categories[0].e2e_ms, untold.pass_rate), (None, of_all.pass_rate));
    }
}
