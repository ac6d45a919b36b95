//! The run's time: seconds since the first request was sent, in bins of one width for all charts.

use super::super::super::chart::{Across, Axis, ChartSpec, Frame, Reference};
use super::super::super::number::{decimal, plain};
use super::super::super::table::Labels;
use super::super::{Shown, sides};
use crate::model::load::{LevelLoad, LoadAxis};
use crate::model::record::Attempt;
use crate::model::result::RunResult;
use crate::model::units::Nanos;

/// Bins are as wide as makes no more than so many, and no fewer than so many where that is wide enough; in between
/// one for so many requests, for bins of one or two would show little but chance.
const MOST_BINS: u64 = 60;
const FEWEST_BINS: u64 = 20;
const REQUESTS_A_BIN: u64 = 4;
/// Widths of bins, milliseconds: what people count in. Longer runs have doubles of the last.
const WIDTHS_MS: [u64; 26] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000,
    300_000, 600_000, 1_200_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 43_200_000, 86_400_000,
];
/// Names of lines across a chart are at least this share of the axis apart.
const APART: f64 = 0.05;

/// A request of a side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent<'a> {
    /// Its prompt.
    pub(super) id: &'a str,
    /// What came of it.
    pub(super) attempt: &'a Attempt,
}

/// A side with its requests.
#[derive(Debug)]
pub(super) struct Timed<'a> {
    /// How it is shown.
    pub(super) shown: Shown<'a>,
    /// Its requests, by row.
    pub(super) sent: Vec<Sent<'a>>,
    /// Where its time begins.
    origin: Nanos,
}

/// The time of a run.
#[derive(Debug)]
pub(super) struct Clock<'a> {
    pub(super) result: &'a RunResult,
    /// The sides that sent anything, baseline first.
    pub(super) sides: Vec<Timed<'a>>,
    /// Nanoseconds a bin: the last one reaches to the end, and has half of this to one and a half.
    width: u64,
    bins: usize,
    /// The last moment, nanoseconds.
    end: u64,
    /// Whether the sides were measured in different runs: each then counts from its own start.
    are_apart: bool,
}

/// When an attempt's first try was sent.
fn first_sent(attempt: &Attempt) -> Nanos {
    let sent = attempt.exchange.trace.sent_ns;
    attempt.exchange.retries.first().map_or(sent, |retry| retry.sent_ns.min(sent))
}

impl<'a> Clock<'a> {
    /// The time of `result`; none where nothing was sent, or no times were kept.
    pub(super) fn new(result: &'a RunResult, labels: &'a Labels) -> Option<Self> {
        let are_apart = result.baseline.as_ref().is_some_and(|side| side.measured_in.is_some());
        let mut sides: Vec<Timed<'_>> = sides(labels)
            .into_iter()
            .filter_map(|shown| {
                let sent = result.rows.iter().filter_map(|row| {
                    Some(Sent { id: &row.key.prompt_id, attempt: row.attempt(shown.side)? })
                });
                let sent: Vec<_> = sent.collect();
                let origin = sent.iter().map(|sent| first_sent(sent.attempt)).min()?;
                Some(Timed { shown, sent, origin })
            })
            .collect();
        if !are_apart {
            let first = sides.iter().map(|side| side.origin).min()?;
            for side in &mut sides {
                side.origin = first;
            }
        }
        let last =
            |side: &Timed<'_>| side.sent.iter().map(|sent| side.at(sent.attempt.exchange.trace.end_ns)).max();
        let end = sides.iter().filter_map(last).max().filter(|end| *end > 0)?;
        let n: usize = sides.iter().map(|side| side.sent.len()).sum();
        let width = width(end, (n as u64 / REQUESTS_A_BIN).clamp(FEWEST_BINS, MOST_BINS));
        // A short rest is no bin of its own: its rates would be chance, and over a whole width they would seem to fall.
        let bins = usize::try_from(end.saturating_add(width / 2) / width).unwrap_or(1).max(1);
        Some(Self { result, sides, width, bins, end, are_apart })
    }

    /// A chart over all of this time, its levels' borders marked.
    pub(super) fn chart(&self, name: &str, title: &str, y: Axis) -> ChartSpec {
        let mut notes = Vec::new();
        if self.are_apart {
            notes.push("Measured in two runs: each side counts from its own first request.".to_owned());
        }
        ChartSpec {
            name: name.to_owned(),
            title: title.to_owned(),
            about: String::new(),
            notes,
            frame: Frame::Wide,
            x: Axis::time(self.edge(self.bins)),
            y,
            series: Vec::new(),
            references: self.borders(),
        }
    }

    /// How many bins there are.
    pub(super) const fn bins(&self) -> usize {
        self.bins
    }

    /// How long a bin is, seconds.
    pub(super) const fn bin_s(&self, bin: usize) -> f64 {
        let is_last = bin + 1 >= self.bins;
        seconds(if is_last { self.end - self.width.saturating_mul(bin as u64) } else { self.width })
    }

    /// Nanoseconds a bin.
    pub(super) const fn width_ns(&self) -> u64 {
        self.width
    }

    /// Where bins begin and end, seconds: one more than there are bins.
    pub(super) fn edges(&self) -> Vec<f64> {
        (0..=self.bins).map(|bin| self.edge(bin)).collect()
    }

    /// Where a bin begins, seconds; after the last one, where the run ends.
    pub(super) const fn edge(&self, bin: usize) -> f64 {
        seconds(if bin < self.bins { self.width.saturating_mul(bin as u64) } else { self.end })
    }

    /// The bin of a moment; the last holds all that comes later.
    pub(super) fn bin(&self, at: u64) -> usize {
        usize::try_from(at / self.width).unwrap_or(self.bins).min(self.bins - 1)
    }

    /// `2 s`, `100 ms`, `5 min`.
    pub(super) fn width_name(&self) -> String {
        self.duration_name(1)
    }

    /// So many bins as a duration.
    pub(super) fn duration_name(&self, bins: u64) -> String {
        let ns = self.width.saturating_mul(bins);
        match ns {
            ns if ns < 1_000_000_000 => format!("{} ms", plain(seconds(ns) * 1e3)),
            ns if ns < 120_000_000_000 => format!("{} s", plain(seconds(ns))),
            ns if ns < 7_200_000_000_000 => format!("{} min", plain(seconds(ns) / 60.0)),
            ns => format!("{} h", plain(seconds(ns) / 3_600.0)),
        }
    }

    /// Where the levels of a sweep or search begin; none where there was one load.
    fn borders(&self) -> Vec<Reference> {
        let Some(side) = self.sides.first().filter(|_| !self.are_apart) else { return Vec::new() };
        let end = self.edge(self.bins);
        let mut named_at = f64::NEG_INFINITY;
        self.levels(side)
            .filter(|(at, _)| *at <= end)
            .map(|(at, load)| {
                let is_named = at - named_at >= APART * end;
                // The first says what the numbers are.
                let unit = if named_at.is_finite() { "" } else { unit(load.axis) };
                if is_named {
                    named_at = at;
                }
                let label = if is_named { format!("{}{unit}", plain(load.value)) } else { String::new() };
                Reference { on: Across::X, value: at, label }
            })
            .collect()
    }

    /// The levels with the seconds at which they begin.
    pub(super) fn levels(&self, side: &Timed<'a>) -> impl Iterator<Item = (f64, LevelLoad)> {
        let origin = side.origin;
        let phases = self.result.phases.iter();
        phases.filter_map(move |phase| Some((seconds(phase.at_ns.since(origin).0), phase.level?)))
    }
}

impl Timed<'_> {
    /// Nanoseconds of the run's time.
    pub(super) const fn at(&self, moment: Nanos) -> u64 {
        moment.since(self.origin).0
    }

    /// Seconds of the run's time.
    pub(super) const fn at_s(&self, moment: Nanos) -> f64 {
        seconds(self.at(moment))
    }

    /// Its name where there is another side, as the end of a label.
    pub(super) fn suffix(&self, clock: &Clock<'_>) -> String {
        if clock.sides.len() > 1 { format!(", {}", self.shown.label) } else { String::new() }
    }
}

/// What the value of a load is, behind it.
const fn unit(axis: LoadAxis) -> &'static str {
    match axis {
        LoadAxis::Concurrency => " in flight",
        LoadAxis::Rate => " a second",
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact to 2^53 ns, which is 104 days")]
pub(super) const fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

/// The time from `earlier`, for latencies that are kept in milliseconds.
pub(super) fn after(earlier: Nanos, ms: f64) -> Nanos {
    earlier.plus(Nanos::from_secs_f64(ms / 1e3))
}

/// The narrowest width that leaves no more than so many bins up to `end`.
fn width(end: u64, bins: u64) -> u64 {
    let fits = |width: &u64| end.div_ceil(*width) <= bins;
    let listed = WIDTHS_MS.into_iter().map(|ms| ms * 1_000_000).find(fits);
    let mut width = listed.unwrap_or(86_400_000_000_000);
    while !fits(&width) {
        width = width.saturating_mul(2);
    }
    width
}

/// `1 request`, `3.5 requests`.
pub(super) fn requests(count: f64) -> String {
    if (count - 1.0).abs() < 1e-9 { "1 request".to_owned() } else { format!("{} requests", decimal(count)) }
}
