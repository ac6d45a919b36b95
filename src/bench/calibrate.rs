//! How far off labctl's own stamps can be on this machine: paced loads of rising size, then of rising rate.
//!
//! All streams are in step, as the sequences of one batch are: their tokens are written in one burst, which is the
//! worst that a client of so many streams has to take.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::machine::machine;
use super::paced::{PacedError, PacedLoad};
use crate::model::calibration::{CALIBRATION_VERSION, Calibration, HighestRate, RateLimit, StreamsBound};
use crate::model::config::TransportChoice;
use crate::model::trace::StampSource;
use crate::simulator::Pacing;

/// Numbers of streams that a bound is found for.
pub const STREAMS: [u32; 4] = [1, 64, 256, 1_000];

/// Between two tokens of a stream while the streams become more, milliseconds.
const INTER_TOKEN_MS: f64 = 20.0;

/// Most streams while the rate rises; more of it comes from shorter times between tokens.
const SEARCH_STREAMS: f64 = 256.0;

/// The search ends where the lowest rate that was too much and the highest that wasn't differ by no more than
/// this factor.
const CLOSE_ENOUGH: f64 = 1.15;

/// How thorough it is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Effort {
    /// Tokens of an answer.
    tokens: u32,
    /// Answers of a stream.
    answers: u32,
    /// How long a rate is tried, seconds, in two answers.
    trial_s: f64,
    /// When no further rate is tried.
    budget: Duration,
}

const FULL: Effort = Effort { tokens: 50, answers: 6, trial_s: 2.0, budget: Duration::from_secs(70) };
const QUICK: Effort = Effort { tokens: 10, answers: 2, trial_s: 0.4, budget: Duration::from_secs(6) };

/// What just became known.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// A bound was found.
    Bound(&'a StreamsBound),
    /// A rate was tried, and this says whether errors stayed small.
    Rate(&'a StreamsBound, Verdict),
}

/// What one load says of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// TTFT and ITL were less than a millisecond off at p99.
    Small,
    /// They were more, or too few stamps were exact to say.
    Large,
    /// The simulator was a whole step late, so the load was not what it was meant to be.
    SimulatorLate,
}

impl Verdict {
    /// The verdict on one load.
    #[must_use]
    pub fn of(bound: &StreamsBound) -> Self {
        if bound.simulator_fell_behind() {
            Self::SimulatorLate
        } else if bound.is_accurate() {
            Self::Small
        } else {
            Self::Large
        }
    }
}

/// Calibrates. `program` is `labctl`, which is started again as the simulator; `tell` hears of every step.
pub async fn calibrate(
    program: &Path,
    quick: bool,
    choice: TransportChoice,
    cancel: &CancellationToken,
    mut tell: impl FnMut(Progress<'_>),
) -> Result<Calibration, PacedError> {
    let started = Instant::now();
    let effort = if quick { QUICK } else { FULL };
    let (mut bounds, mut who) = (Vec::new(), (String::new(), StampSource::Read));
    let mut search = Search::default();
    for streams in STREAMS {
        let pacing = pacing(INTER_TOKEN_MS, effort.tokens);
        let load = PacedLoad { streams, answers: effort.answers, pacing };
        let mut measured = load.measure(program, choice, cancel).await?;
        who = (measured.transport.to_owned(), measured.stamps);
        let bound = measured.bound();
        search.learn(&bound, Verdict::of(&bound));
        tell(Progress::Bound(&bound));
        bounds.push(bound);
    }
    while let Some(rate) = search.next_rate().filter(|_| started.elapsed() < effort.budget) {
        let mut measured = at_rate(rate, effort.trial_s).measure(program, choice, cancel).await?;
        let bound = measured.bound();
        let verdict = Verdict::of(&bound);
        search.learn_offered(rate, &bound, verdict);
        tell(Progress::Rate(&bound, verdict));
    }
    Ok(Calibration {
        schema_version: CALIBRATION_VERSION,
        labctl_version: env!("CARGO_PKG_VERSION").to_owned(),
        transport: who.0,
        stamps: who.1,
        machine: machine(),
        calibrated_at: jiff::Timestamp::now().to_string(),
        quick,
        bounds,
        highest_rate: search.highest(),
    })
}

fn pacing(inter_token_ms: f64, tokens: u32) -> Pacing {
    Pacing { inter_token_ms, tokens: Some(tokens), in_step: true, ..Pacing::default() }
}

/// A load of so many tokens a second for so long.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float casts saturate, and the numbers are small"
)]
fn at_rate(tokens_per_s: f64, seconds: f64) -> PacedLoad {
    let streams = (tokens_per_s * INTER_TOKEN_MS / 1e3).round().clamp(1.0, SEARCH_STREAMS);
    let inter_token_ms = streams / tokens_per_s * 1e3;
    let tokens = (seconds / 2.0 * 1e3 / inter_token_ms).round().max(10.0);
    PacedLoad { streams: streams as u32, answers: 2, pacing: pacing(inter_token_ms, tokens as u32) }
}

/// Looks for the highest rate: doubles it until it is too much, then halves what is left, on a logarithmic scale.
#[derive(Debug, Default)]
struct Search {
    best: Option<HighestRate>,
    /// The highest rate offered that wasn't too much, and the lowest that was, with what was wrong.
    enough: Option<f64>,
    too_much: Option<(f64, RateLimit)>,
}

impl Search {
    /// Takes in a load that was offered at its own even pace.
    fn learn(&mut self, bound: &StreamsBound, verdict: Verdict) {
        let offered = f64::from(bound.streams) / bound.inter_token_ms * 1e3;
        self.learn_offered(offered, bound, verdict);
    }

    fn learn_offered(&mut self, offered: f64, bound: &StreamsBound, verdict: Verdict) {
        let limit = match verdict {
            Verdict::Small => {
                self.enough = Some(self.enough.map_or(offered, |rate| rate.max(offered)));
                if self.best.is_none_or(|best| best.tokens_per_s < bound.tokens_per_s) {
                    self.best = Some(HighestRate {
                        tokens_per_s: bound.tokens_per_s,
                        streams: bound.streams,
                        inter_token_ms: bound.inter_token_ms,
                        limited_by: RateLimit::Untried,
                    });
                }
                return;
            }
            Verdict::Large => RateLimit::Client,
            Verdict::SimulatorLate => RateLimit::Simulator,
        };
        if self.too_much.is_none_or(|(rate, _)| offered < rate) {
            self.too_much = Some((offered, limit));
        }
    }

    /// The rate to try next; `None` where nothing is left to find out.
    fn next_rate(&self) -> Option<f64> {
        match (self.enough, self.too_much) {
            (Some(enough), None) => Some(enough * 2.0),
            // A lucky try at a higher rate than one that was too much ends the search as well.
            (Some(enough), Some((too_much, _))) if too_much / enough > CLOSE_ENOUGH => {
                Some((enough * too_much).sqrt())
            }
            _ => None,
        }
    }

    fn highest(&self) -> Option<HighestRate> {
        let limited_by = match (self.enough, self.too_much) {
            (Some(enough), Some((rate, limit))) if rate / enough <= CLOSE_ENOUGH.powi(2) => limit,
            _ => RateLimit::Untried,
        };
        self.best.map(|best| HighestRate { limited_by, ..best })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::calibration::Spread;

    fn spread(p99_ms: f64) -> Spread {
        Spread { n: 9, p50_ms: 0.0, p99_ms, p99_9_ms: p99_ms, max_ms: p99_ms }
    }

    fn bound(tokens_per_s: f64, error_ms: f64, late_ms: f64) -> StreamsBound {
        StreamsBound {
            streams: 100,
            inter_token_ms: 100.0 / tokens_per_s * 1e3,
            requests: 100,
            failed: 0,
            tokens_per_s,
            exact_share: 1.0,
            stamp_lag: Some(spread(error_ms)),
            ttft_error: Some(spread(error_ms / 2.0)),
            itl_error: Some(spread(error_ms)),
            e2e_error: None,
            send_lag: None,
            simulator_late: Some(spread(late_ms)),
        }
    }

    #[test]
    fn verdicts_blame_whom_they_should() {
        assert_eq!(Verdict::of(&bound(1e4, 0.9, 1.0)), Verdict::Small);
        assert_eq!(Verdict::of(&bound(1e4, 1.1, 1.0)), Verdict::Large);
        // 100 streams at 10,000 tokens a second are 10 ms a step.
        assert_eq!(Verdict::of(&bound(1e4, 1.1, 10.1)), Verdict::SimulatorLate);
        let nothing = StreamsBound { ttft_error: None, itl_error: None, ..bound(1e4, 0.1, 0.1) };
        assert_eq!(Verdict::of(&nothing), Verdict::Large);
        let guessed = StreamsBound { exact_share: 0.5, ..bound(1e4, 0.1, 0.1) };
        assert_eq!(Verdict::of(&guessed), Verdict::Large);
    }

    /// The client is good for 70,000 tokens a second.
    #[test]
    fn the_search_closes_in_on_the_highest_rate() {
        let mut search = Search::default();
        search.learn(&bound(1e4, 0.1, 0.1), Verdict::Small);
        let mut tried = Vec::new();
        while let Some(rate) = search.next_rate() {
            let found = bound(rate, if rate <= 7e4 { 0.5 } else { 3.0 }, 0.1);
            search.learn_offered(rate, &found, Verdict::of(&found));
            tried.push(rate.round());
        }
        assert_eq!(tried[..3], [2e4, 4e4, 8e4]);
        assert!(tried.len() <= 8, "{tried:?}");
        let highest = search.highest().unwrap();
        assert!((7e4 / CLOSE_ENOUGH..=7e4).contains(&highest.tokens_per_s), "{highest:?}");
        assert_eq!(highest.limited_by, RateLimit::Client);
    }

    #[test]
    fn where_nothing_is_good_there_is_no_highest_rate() {
        let mut search = Search::default();
        search.learn(&bound(50.0, 5.0, 0.1), Verdict::Large);
        assert_eq!((search.next_rate(), search.highest()), (None, None));
    }

    #[test]
    fn a_search_that_was_cut_short_claims_no_limit() {
        let mut search = Search::default();
        search.learn(&bound(1e4, 0.1, 0.1), Verdict::Small);
        assert_eq!(search.highest().unwrap().limited_by, RateLimit::Untried);
        search.learn_offered(8e4, &bound(5e4, 2.0, 9.0), Verdict::SimulatorLate);
        assert_eq!(search.highest().unwrap().limited_by, RateLimit::Untried);
    }

    #[test]
    fn a_rate_becomes_streams_and_then_shorter_times() {
        let load = at_rate(6_400.0, 2.0);
        assert_eq!((load.streams, load.pacing.tokens), (128, Some(50)));
        assert!((load.pacing.inter_token_ms - 20.0).abs() < 1e-9);
        let load = at_rate(102_400.0, 2.0);
        assert_eq!((load.streams, load.pacing.tokens), (256, Some(400)));
        assert!((load.pacing.inter_token_ms - 2.5).abs() < 1e-9);
    }
}
