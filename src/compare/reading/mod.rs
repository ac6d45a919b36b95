//! A run read as its team would: each expectation held against the evidence, with where to look next.
//!
//! A file a kind of team (`quantization`, `fine_tuning`, `evaluation`) says what is read and what it means; `speed`,
//! `quality` and `alone` find the evidence. An expectation is met or missed only where the whole interval lies on one
//! side of its bound, and not read where the sample can't carry it. Faster or better than asked is no fault.

mod alone;
mod evaluation;
mod fine_tuning;
mod quality;
mod quantization;
mod speed;
#[cfg(test)]
mod tests;

use crate::model::comparison::{Comparison, Interval};
use crate::model::health::{ClientHealth, HealthStatus};
use crate::model::record::Row;
use crate::model::result::{RunResult, SideInfo};
use crate::model::team::{Expectations, Reading, ReadingVerdict, TeamKind, team_of};

/// What a run is read from.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// The team's name, for the commands that are suggested.
    pub team: &'a str,
    /// What the team makes of the baseline.
    pub kind: TeamKind,
    /// What it expects, complete: see [`team_of`].
    pub expectations: &'a Expectations,
    /// The variant in question.
    pub candidate: &'a SideInfo,
    /// The comparison with the baseline, where there is one.
    pub comparison: Option<&'a Comparison>,
    /// The requests, paired where there is a baseline.
    pub rows: &'a [Row],
    /// Why no time that was measured counts, where none does.
    pub speed_void_because: Option<String>,
    /// Whether requests started at times planned ahead.
    pub open_loop: bool,
    /// The run, for the commands that are suggested.
    pub run_id: &'a str,
}

/// Holds every expectation of the team against the evidence, in the order in which its kind reads them.
#[must_use]
pub fn read(evidence: &Evidence<'_>) -> Vec<Reading> {
    match evidence.kind {
        TeamKind::Quantization => quantization::read(evidence),
        TeamKind::FineTuning => fine_tuning::read(evidence),
        TeamKind::Evaluation => evaluation::read(evidence),
    }
}

/// A run's readings; none without a team of a known kind, of a run without a request, and of the baseline against itself. With
/// `accept_invalid_client` times count although the client is not to be trusted.
#[must_use]
pub fn of_result(result: &RunResult, accept_invalid_client: bool) -> Vec<Reading> {
    let Some((kind, expectations)) = team_of(result) else { return Vec::new() };
    let not_trusted = not_trusted(&result.client_health).filter(|_| !accept_invalid_client);
    if result.rows.is_empty() || is_against_itself(result) {
        return Vec::new();
    }
    read(&Evidence {
        team: result.team.as_deref().unwrap_or_default(),
        kind,
        expectations: &expectations,
        candidate: &result.candidate,
        comparison: result.comparison.as_ref(),
        rows: &result.rows,
        speed_void_because: several_loads(result).or(not_trusted),
        open_loop: is_open(result),
        run_id: &result.run_id,
    })
}

/// The readings of two runs' candidates held against each other, `rows` and `comparison` being those of
/// [`pair_rows`](super::align::pair_rows) and [`compare`](super::comparison::compare). The team is that of the
/// run in question; none where it has none.
#[must_use]
pub fn of_pair(
    baseline: &RunResult,
    candidate: &RunResult,
    rows: &[Row],
    comparison: &Comparison,
) -> Vec<Reading> {
    let Some((kind, expectations)) = team_of(candidate) else { return Vec::new() };
    if baseline.run_id == candidate.run_id && is_against_itself(candidate) {
        return Vec::new();
    }
    let void = |result: &RunResult| several_loads(result).or_else(|| not_trusted(&result.client_health));
    read(&Evidence {
        team: candidate.team.as_deref().unwrap_or_default(),
        kind,
        expectations: &expectations,
        candidate: &candidate.candidate,
        comparison: Some(comparison),
        rows,
        speed_void_because: void(candidate).or_else(|| void(baseline)),
        open_loop: is_open(candidate) || is_open(baseline),
        run_id: &candidate.run_id,
    })
}

/// Whether both sides are one endpoint's model (A/A), of which nobody expects a difference.
fn is_against_itself(result: &RunResult) -> bool {
    let same = |baseline: &SideInfo| {
        (&baseline.endpoint, &baseline.model) == (&result.candidate.endpoint, &result.candidate.model)
    };
    result.baseline.as_ref().is_some_and(same)
}

fn not_trusted(health: &ClientHealth) -> Option<String> {
    (health.status == HealthStatus::Invalid)
        .then(|| format!("the client's times are not to be trusted ({})", health.reasons.join("; ")))
}

fn several_loads(result: &RunResult) -> Option<String> {
    (!result.levels.is_empty())
        .then(|| "the load was not one but several, each with its own speed".to_owned())
}

fn is_open(result: &RunResult) -> bool {
    result.load.profile.as_ref().is_some_and(|profile| profile.start.is_open())
}

/// A limit that a value is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    /// Met or missed only where the whole interval is on that side; at the bound it is met.
    fn holds(self, interval: Interval) -> ReadingVerdict {
        let (good, bad) = match self {
            Self::AtMost(bound) => (interval.high <= bound, interval.low > bound),
            Self::AtLeast(bound) => (interval.low >= bound, interval.high < bound),
        };
        match (good, bad) {
            (true, _) => ReadingVerdict::Met,
            (_, true) => ReadingVerdict::Missed,
            _ => ReadingVerdict::Unsettled,
        }
    }
}

/// What could be measured of an expectation.
#[derive(Debug, Clone, PartialEq)]
struct Measured {
    value: f64,
    interval: Interval,
    n: u64,
    verdict: ReadingVerdict,
    evidence: String,
}

/// An expectation before it is held against anything.
#[derive(Debug, Clone, PartialEq)]
struct Expected {
    id: String,
    topic: String,
    words: String,
    bound: Option<f64>,
}

impl Expected {
    fn new(id: &str, topic: impl Into<String>, words: impl Into<String>, bound: Option<f64>) -> Self {
        Self { id: id.to_owned(), topic: topic.into(), words: words.into(), bound }
    }

    /// The reading of what was measured, or why it couldn't be; `next` is asked where it didn't come true.
    fn read(
        self,
        measured: Result<Measured, String>,
        next: impl FnOnce(ReadingVerdict) -> Option<String>,
    ) -> Reading {
        match measured {
            Ok(Measured { value, interval, n, verdict, evidence }) => Reading {
                value: Some(value),
                interval: Some(interval),
                n: Some(n),
                ..self.told(verdict, evidence, next)
            },
            Err(because) => self.told(ReadingVerdict::NotApplicable, because, next),
        }
    }

    /// The same where several values were read together.
    fn told(
        self,
        verdict: ReadingVerdict,
        evidence: String,
        next: impl FnOnce(ReadingVerdict) -> Option<String>,
    ) -> Reading {
        Reading {
            next: if verdict == ReadingVerdict::Met { None } else { next(verdict) },
            id: self.id,
            topic: self.topic,
            expected: self.words,
            verdict,
            evidence,
            bound: self.bound,
            value: None,
            interval: None,
            n: None,
        }
    }
}

/// `0.63`, and with three digits below 0.1.
fn ratio(value: f64) -> String {
    if value < 0.1 { format!("{value:.3}") } else { format!("{value:.2}") }
}

/// `0.60 to 0.67`.
fn ratios(interval: Interval) -> String {
    format!("{} to {}", ratio(interval.low), ratio(interval.high))
}

/// Percent of a share, without digits that say nothing: `20`, `12.5`.
fn percent(share: f64) -> String {
    let text = format!("{:.1}", 100.0 * share);
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// `−3.3` and `+5.0`, with the minus sign of running text.
fn pp(value: f64) -> String {
    let text = format!("{value:+.1}");
    if text == "-0.0" || text == "+0.0" { "0.0".to_owned() } else { text.replace('-', "\u{2212}") }
}

/// `−12.1 to +5.4 pp`.
fn pps(interval: Interval) -> String {
    format!("{} to {} pp", pp(interval.low), pp(interval.high))
}

/// `at least 20 % below`, `at most 10 % above`, of a ratio's bound.
fn beside_one(bound: Bound) -> String {
    match bound {
        Bound::AtMost(bound) if bound < 1.0 => {
            format!("at least {} % below the baseline's", percent(1.0 - bound))
        }
        Bound::AtMost(bound) => format!("at most {} % above the baseline's", percent(bound - 1.0)),
        Bound::AtLeast(bound) if bound > 1.0 => format!("at least {} times the baseline's", ratio(bound)),
        Bound::AtLeast(bound) => format!("at most {} % below the baseline's", percent(1.0 - bound)),
    }
}

/// A name as an argument of a command that people copy into a shell: quoted unless it is plain, for names come from
/// files.
fn argument(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':');
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}
