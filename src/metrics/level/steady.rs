//! Whether a load was held: in an open loop, whether what was sent was also served.

use crate::model::level::Steadiness;
use crate::model::outcome::Outcome;
use crate::model::record::Attempt;
use crate::model::units::Nanos;
use crate::stats::{length, mean, quantile::quantile, variance};

use super::super::goodput::ttft_from_schedule_ms;
use super::super::window::SMALLEST_WINDOW;

/// Parts into which a level is cut, of as many requests each.
const PARTS: usize = 10;
/// Requests a part at the least.
const FEWEST_A_PART: usize = 2;
/// Kendall's S over ten parts from which a rise is no chance: one-sided p = 0.014 (Kendall, "Rank Correlation Methods",
/// appendix table 1).
const RISING: i32 = 25;
/// The smallest growth of latency, seconds a second: so much of the load was not served.
const FASTEST_HARMLESS: f64 = 0.02;
/// Standard errors of the number of arrivals that growth must exceed besides.
const BEYOND_CHANCE: f64 = 2.0;
/// The coefficient of variation of the time between arrivals is taken no lower, for how long a request takes varies
/// too, and no higher, for pauses between blocks are no bursts.
const VARIATION: (f64, f64) = (0.5, 3.0);

/// Whether a level's figures hold for longer than it was held. `attempts` are those of its measured part, in any
/// order; `concurrency` is the number in flight (in an open loop its time-weighted mean).
///
/// A closed loop can't send more than is served: it is steady, once it has finished three requests for each one in
/// flight. In an open loop what isn't served waits, and latency grows for as long as the load is held. The test cuts
/// the level into ten parts by schedule and takes the median of each; latency grows where the medians rise
/// (Mann–Kendall, p < 0.015) and the slope of the rise (Theil–Sen, seconds a second: the share of the load that was
/// not served) is above 2 % and above 2 · c ÷ √requests, which is what chance does to the number of arrivals whose
/// distances vary by c (their coefficient of variation, at least ½). It is
/// applied to TTFT and to E2E, both from the schedule: a server may let requests wait or slow all of them down. A
/// request that was given up after a time counts with that time; other failures don't count.
///
/// With Poisson arrivals at 80 % of capacity at most 1 % of levels with 100 requests or more are called growing, at
/// 90 % up to 6 %; at 120 %
/// about 55 % of those with 100 requests are, 85 % with 300, and all with 1,000 (simulated queues M/M/c and M/D/c of
/// 1 and 16 servers). Of evenly spaced arrivals at 105 % nearly all levels with 1,000 requests are, and a quarter with 300. Between, the waiting time depends on how long the load is held, whatever it is called.
#[must_use]
pub fn steadiness(attempts: &[&Attempt], concurrency: f64, open_loop: bool) -> Steadiness {
    let needed = concurrency * length(usize::try_from(SMALLEST_WINDOW).unwrap_or(usize::MAX));
    if open_loop && let Some(reason) = growing(attempts) {
        return Steadiness::Growing { reason };
    }
    let served = attempts.iter().filter(|a| a.exchange.outcome.is_success()).count();
    if length(served) < needed {
        let reason = format!(
            "{served} requests succeeded, and with {concurrency:.0} in flight it takes {needed:.0} to tell"
        );
        return Steadiness::Unknown { reason };
    }
    if open_loop && attempts.len() < PARTS * FEWEST_A_PART {
        let reason = format!(
            "{} requests are too few to see a trend: it takes {}",
            attempts.len(),
            PARTS * FEWEST_A_PART
        );
        return Steadiness::Unknown { reason };
    }
    Steadiness::Steady
}

/// A latency's name, and what it is of a request.
type Latency = (&'static str, fn(&Attempt) -> Option<f64>);

/// What grew, from what to what; `None` where nothing did.
fn growing(attempts: &[&Attempt]) -> Option<String> {
    let latencies: [Latency; 2] = [
        ("TTFT", |a| ttft_from_schedule_ms(a).or_else(|| given_up_after_ms(a))),
        ("E2E", |a| a.metrics.latency_from_schedule_ms.or_else(|| given_up_after_ms(a))),
    ];
    latencies.into_iter().find_map(|(name, latency)| {
        let mut values: Vec<(Nanos, f64)> =
            attempts.iter().filter_map(|a| Some((a.exchange.trace.scheduled_ns, latency(a)?))).collect();
        values.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let trend = Trend::of(&values)?;
        trend.is_growth().then(|| {
            format!(
                "{name} from the schedule grew from {:.0} to {:.0} ms (medians of the first and the last tenth): the server fell behind by {:.0} ms every second",
                trend.first_ms,
                trend.last_ms,
                trend.slope * 1e3
            )
        })
    })
}

/// How long a request was waited for that was then given up: its latency is at least that.
fn given_up_after_ms(attempt: &Attempt) -> Option<f64> {
    let exchange = &attempt.exchange;
    let given_up = matches!(
        exchange.outcome,
        Outcome::TimeoutTtft | Outcome::TimeoutStall | Outcome::TimeoutTotal | Outcome::Cancelled
    );
    given_up.then(|| exchange.trace.end_ns.since(exchange.trace.scheduled_ns).as_millis_f64())
}

/// How latency goes over a level.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Trend {
    requests: usize,
    /// Coefficient of variation of the time between two arrivals.
    variation: f64,
    /// Pairs of parts of which the later is higher − pairs of which it is lower.
    s: i32,
    /// Median of the slopes of all pairs of parts, seconds a second.
    slope: f64,
    first_ms: f64,
    last_ms: f64,
}

impl Trend {
    /// Of latencies by when they were due, in order; `None` of too few.
    fn of(values: &[(Nanos, f64)]) -> Option<Self> {
        if values.len() < PARTS * FEWEST_A_PART {
            return None;
        }
        let medians: Vec<(f64, f64)> = (0..PARTS)
            .filter_map(|part| {
                let part = &values[part * values.len() / PARTS..(part + 1) * values.len() / PARTS];
                let at_s = part.iter().map(|(at, _)| at.as_secs_f64()).sum::<f64>() / length(part.len());
                let mut latencies: Vec<f64> = part.iter().map(|(_, ms)| *ms).collect();
                latencies.sort_by(f64::total_cmp);
                Some((at_s, quantile(&latencies, 0.5)?))
            })
            .collect();
        let mut slopes = Vec::new();
        let mut s = 0;
        for (index, (at, ms)) in medians.iter().enumerate() {
            for (later_at, later_ms) in &medians[index + 1..] {
                s += i32::from(later_ms > ms) - i32::from(later_ms < ms);
                // Parts that were due at one moment have no slope.
                if later_at > at {
                    slopes.push((later_ms - ms) / 1e3 / (later_at - at));
                }
            }
        }
        slopes.sort_by(f64::total_cmp);
        Some(Self {
            requests: values.len(),
            variation: variation(values),
            s,
            slope: quantile(&slopes, 0.5)?,
            first_ms: medians.first()?.1,
            last_ms: medians.last()?.1,
        })
    }

    fn is_growth(&self) -> bool {
        let chance =
            BEYOND_CHANCE * self.variation.clamp(VARIATION.0, VARIATION.1) / length(self.requests).sqrt();
        self.s >= RISING && self.slope > FASTEST_HARMLESS.max(chance)
    }
}

/// Standard deviation ÷ mean of the time between two arrivals; 0 where all came at once.
fn variation(values: &[(Nanos, f64)]) -> f64 {
    let gaps: Vec<f64> = values.windows(2).map(|pair| pair[1].0.since(pair[0].0).as_secs_f64()).collect();
    let of = |mean: f64| Some(variance(&gaps, mean)?.sqrt() / mean);
    mean(&gaps).filter(|mean| *mean > 0.0).and_then(of).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64;

    use super::*;
    use crate::model::fixture;
    use crate::model::summary::RequestMetrics;

    fn attempt(scheduled_s: f64, ttft_s: f64, latency_s: f64) -> Attempt {
        let mut attempt = fixture::record().attempt;
        let trace = &mut attempt.exchange.trace;
        trace.scheduled_ns = Nanos::from_secs_f64(scheduled_s);
        trace.sent_ns = trace.scheduled_ns;
        trace.end_ns = Nanos::from_secs_f64(scheduled_s + latency_s);
        attempt.metrics = RequestMetrics {
            ttft_ms: Some(ttft_s * 1e3),
            latency_from_schedule_ms: Some(latency_s * 1e3),
            ..RequestMetrics::default()
        };
        attempt
    }

    /// A queue of `servers` with Poisson arrivals at `load` times its capacity, exponential service of mean 1 s; a
    /// tenth of the requests came before.
    fn queue(seed: u64, servers: u32, load: f64, requests: usize) -> Vec<Attempt> {
        let mut chance = Pcg64::seed_from_u64(seed);
        let mut exponential = |mean: f64| -mean * (1.0 - chance.random::<f64>()).ln();
        let mut free: BinaryHeap<Reverse<Nanos>> = (0..servers).map(|_| Reverse(Nanos(0))).collect();
        let mut now = 0.0;
        let mut attempts = Vec::new();
        for _ in 0..requests + requests / 10 {
            now += exponential(1.0 / load / f64::from(servers));
            let service = exponential(1.0);
            let Reverse(at) = free.pop().unwrap();
            let begins = now.max(at.as_secs_f64());
            free.push(Reverse(Nanos::from_secs_f64(begins + service)));
            attempts.push(attempt(now, begins - now + service / 10.0, begins - now + service));
        }
        attempts.split_off(requests / 10)
    }

    fn growing_of(seeds: u64, servers: u32, load: f64, requests: usize) -> usize {
        let grows = |seed: &u64| {
            let attempts = queue(*seed, servers, load, requests);
            let attempts: Vec<_> = attempts.iter().collect();
            matches!(steadiness(&attempts, 1.0, true), Steadiness::Growing { .. })
        };
        (0..seeds).filter(grows).count()
    }

    #[test]
    fn what_is_served_is_steady_and_what_is_not_grows() {
        assert!(growing_of(200, 16, 0.5, 300) == 0);
        assert!(growing_of(200, 16, 0.8, 300) <= 4, "{}", growing_of(200, 16, 0.8, 300));
        assert!(growing_of(100, 1, 0.8, 1_000) <= 1);
        assert!(growing_of(100, 16, 1.2, 1_000) >= 95);
        assert!(growing_of(100, 4, 1.5, 100) >= 85);
    }

    #[test]
    fn even_arrivals_show_a_small_overload() {
        // Served at 95 % and 105 % of what comes, each request between half and one and a half times as long.
        let growing = |seed: u64, load: f64| {
            let mut chance = Pcg64::seed_from_u64(seed);
            let mut free = 0.0_f64;
            let attempts: Vec<_> = (0..1_000)
                .map(|n| {
                    let at = f64::from(n) / load;
                    let begins = free.max(at);
                    free = begins + chance.random_range(0.5..1.5);
                    attempt(at, begins - at + 0.1, free - at)
                })
                .collect();
            matches!(steadiness(&attempts.iter().collect::<Vec<_>>(), 1.0, true), Steadiness::Growing { .. })
        };
        assert!((0..50).filter(|seed| growing(*seed, 1.05)).count() >= 47);
        assert!(!(0..50).any(|seed| growing(seed, 0.95)));
    }

    #[test]
    fn the_reason_says_how_much() {
        // 5 % more than is served: one second later every 21 s.
        let attempts: Vec<_> =
            (0..2_000).map(|n| f64::from(n) / 10.0).map(|at| attempt(at, 0.1 + at * 0.05, 1.0)).collect();
        let Steadiness::Growing { reason } = steadiness(&attempts.iter().collect::<Vec<_>>(), 9.0, true)
        else {
            panic!("it grows")
        };
        assert_eq!(
            reason,
            "TTFT from the schedule grew from 598 to 9598 ms (medians of the first and the last tenth): the server fell behind by 50 ms every second"
        );
        let closed = steadiness(&attempts.iter().collect::<Vec<_>>(), 9.0, false);
        assert_eq!(closed, Steadiness::Steady, "a closed loop sends what is served");
    }

    #[test]
    fn what_was_given_up_counts_with_the_time_it_was_waited_for() {
        let attempts: Vec<_> = (0..100)
            .map(|n| {
                let at = f64::from(n);
                let mut attempt = attempt(at, 0.1, 0.3 * at);
                attempt.exchange.outcome = Outcome::TimeoutTtft;
                attempt.metrics = RequestMetrics::default();
                attempt
            })
            .collect();
        let growing = steadiness(&attempts.iter().collect::<Vec<_>>(), 1.0, true);
        assert!(matches!(growing, Steadiness::Growing { .. }), "{growing:?}");
    }

    #[test]
    fn too_few_say_nothing() {
        let attempts: Vec<_> = (0..19).map(|n| attempt(f64::from(n), 0.1, 1.0)).collect();
        let attempts: Vec<_> = attempts.iter().collect();
        let reason = |steadiness| match steadiness {
            Steadiness::Unknown { reason } => reason,
            other => panic!("{other:?}"),
        };
        assert!(reason(steadiness(&attempts, 7.0, false)).contains("with 7 in flight it takes 21"));
        assert!(reason(steadiness(&attempts, 1.0, true)).contains("too few to see a trend"));
        assert_eq!(steadiness(&attempts, 6.0, false), Steadiness::Steady);
        assert!(matches!(steadiness(&[], 1.0, true), Steadiness::Unknown { .. }));
    }
}
