//! Which prompts count as failed.
//!
//! With a baseline a prompt fails where it was lost **and** its category's verdict is FAIL: single losses are noise as
//! often as not, and a pipeline that goes red on each of them is soon ignored. Without a baseline a wrong answer fails
//! only where that was asked for: where a floor under its category's pass rate (or under the overall one) is broken.
//! Several requests of a prompt are one case.

use std::collections::BTreeMap;

use super::CiInput;
use crate::model::comparison::{GateKind, GateResult, GateVerdict, PairedPassRate};
use crate::model::judgement::Verdict;
use crate::model::record::{Attempt, Row};
use crate::model::result::SideInfo;
use crate::report::number;
use crate::report::text::one_line;

/// What became of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Right every time.
    Right,
    /// Passed less often than on the baseline.
    Lost,
    /// Passed more often than on the baseline.
    Gained,
    /// Not right every time, and no worse than on the baseline where there is one.
    Wrong,
    /// Nothing to judge by: this verdict instead.
    NotJudged(Verdict),
}

/// A prompt with all that was asked of it.
#[derive(Debug, Clone)]
pub(super) struct Case<'a> {
    /// The prompt.
    pub(super) prompt_id: &'a str,
    /// What became of it.
    pub(super) standing: Standing,
    /// Why it counts as failed, where it does.
    pub(super) fails_because: Option<String>,
    /// Whether that is a gate that was asked for, and not the category's verdict by itself.
    pub(super) gated: bool,
    /// The candidate's requests together, milliseconds from sent to last token; absent where none has an end.
    pub(super) e2e_ms: Option<f64>,
    /// How often it was judged so, where it was judged more than once: `2 of 3`.
    pub(super) times: Option<String>,
    /// The request that shows it best.
    pub(super) row: &'a Row,
}

/// Every prompt's case by category, in the categories' alphabetical order and the rows' order within.
pub(super) fn by_category<'a>(input: &CiInput<'a>) -> BTreeMap<&'a str, Vec<Case<'a>>> {
    let paired = input.comparison.is_some();
    let mut places: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut tallies: BTreeMap<&str, Vec<Tally<'a>>> = BTreeMap::new();
    for row in input.rows {
        let of_category = tallies.entry(&row.category).or_default();
        let place = *places.entry((&row.category, &row.key.prompt_id)).or_insert(of_category.len());
        if place == of_category.len() {
            of_category.push(Tally::new(row));
        }
        of_category[place].add(row, paired);
    }
    let failing = failing(input);
    tallies
        .into_iter()
        .map(|(category, tallies)| {
            let why = failing.get(&Some(category)).or_else(|| failing.get(&None));
            (category, tallies.into_iter().map(|tally| tally.case(paired, why)).collect())
        })
        .collect()
}

/// Why prompts count as failed.
struct Why {
    words: String,
    gated: bool,
}

/// Why prompts of a category count as failed; the one without a name stands for all.
fn failing<'a>(input: &CiInput<'a>) -> BTreeMap<Option<&'a str>, Why> {
    if let Some(comparison) = input.comparison {
        let fails = |rate: &&PairedPassRate| rate.verdict == Some(GateVerdict::Fail);
        let told = comparison.categories.iter().filter(fails).map(|rate| {
            let delta = number::or_absent(rate.delta_pp, number::pp);
            let why = rate.verdict_reason.as_deref().map(|reason| format!(": {}", one_line(reason)));
            let category = rate.category.as_deref();
            let name = one_line(category.unwrap_or("overall"));
            let words = format!("category {name} is FAIL at {delta} pp{}", why.unwrap_or_default());
            // One on all categories together failed for these prompts too.
            let gated = input.gates.iter().any(|gate| {
                gate.kind == GateKind::PassRate
                    && gate.verdict == GateVerdict::Fail
                    && (gate.category.is_none() || gate.category.as_deref() == category)
            });
            (category, Why { words, gated })
        });
        return told.collect();
    }
    let broken = |gate: &&GateResult| gate.kind == GateKind::Floor && gate.verdict == GateVerdict::Fail;
    let told = input.gates.iter().filter(broken);
    told.map(|gate| {
        let words = format!("gate {} is FAIL: {}", one_line(&gate.name), one_line(&gate.reason));
        (gate.category.as_deref(), Why { words, gated: true })
    })
    .collect()
}

impl Case<'_> {
    /// The candidate's verdict that shows the case best.
    pub(super) fn verdict(&self) -> &'static str {
        self.row.candidate.as_ref().map_or("missing", |attempt| attempt.judgement.verdict.name())
    }

    /// What became of it in a few words: `lost: fp16 passed, awq did not (wrong)`.
    pub(super) fn words(&self, input: &CiInput<'_>) -> String {
        let times = self.times.as_ref().map_or_else(String::new, |times| format!(" ({times})"));
        let model =
            |side: Option<&SideInfo>, or: &str| side.map_or_else(|| or.to_owned(), |s| one_line(&s.model));
        let candidate = model(input.candidate, "the candidate");
        let baseline = model(input.baseline, "the baseline");
        match self.standing {
            Standing::Right => "passed".to_owned(),
            Standing::Lost => {
                format!("lost{times}: {baseline} passed, {candidate} did not ({})", self.verdict())
            }
            Standing::Gained => format!("gained{times}: {candidate} passed, {baseline} did not"),
            Standing::Wrong => format!("{candidate} did not pass{times} ({})", self.verdict()),
            Standing::NotJudged(verdict) => format!("not judged: {verdict}"),
        }
    }
}

/// What a prompt's requests came to, counted.
struct Tally<'a> {
    first: &'a Row,
    /// The first request that the candidate got wrong, and right on the baseline where there is one.
    lost: Option<&'a Row>,
    /// The first that it got right and the baseline wrong.
    gained: Option<&'a Row>,
    /// The first that it got wrong.
    wrong: Option<&'a Row>,
    missing: Option<Verdict>,
    judged: u64,
    losses: u64,
    gains: u64,
    failures: u64,
    e2e_ms: Option<f64>,
}

impl<'a> Tally<'a> {
    const fn new(first: &'a Row) -> Self {
        Self {
            first,
            lost: None,
            gained: None,
            wrong: None,
            missing: None,
            judged: 0,
            losses: 0,
            gains: 0,
            failures: 0,
            e2e_ms: None,
        }
    }

    fn add(&mut self, row: &'a Row, paired: bool) {
        let verdict = |attempt: &Option<Attempt>| {
            // What a run was cut short before has no verdict of its own.
            attempt.as_ref().map_or(Verdict::TransportError, |attempt| attempt.judgement.verdict)
        };
        if let Some(e2e_ms) = row.candidate.as_ref().and_then(|attempt| attempt.metrics.e2e_ms) {
            self.e2e_ms = Some(self.e2e_ms.unwrap_or(0.0) + e2e_ms);
        }
        let ours = verdict(&row.candidate);
        // Without a baseline nothing can be lost or gained.
        let theirs = if paired { verdict(&row.baseline) } else { ours };
        let (Some(passed), Some(baseline_passed)) = (ours.passed(), theirs.passed()) else {
            self.missing.get_or_insert(if ours.passed().is_none() { ours } else { theirs });
            return;
        };
        self.judged += 1;
        if !passed {
            self.failures += 1;
            self.wrong.get_or_insert(row);
        }
        if baseline_passed && !passed {
            self.losses += 1;
            self.lost.get_or_insert(row);
        }
        if passed && !baseline_passed {
            self.gains += 1;
            self.gained.get_or_insert(row);
        }
    }

    fn case(self, paired: bool, fails: Option<&Why>) -> Case<'a> {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let missing = self.missing.unwrap_or(Verdict::Unchecked);
        let (standing, count, row) = match (self.judged, self.gains.cmp(&self.losses)) {
            (0, _) => (Standing::NotJudged(missing), 0, None),
            (_, Less) => (Standing::Lost, self.losses, self.lost),
            (_, Greater) => (Standing::Gained, self.gains, self.gained),
            (_, Equal) if self.failures > 0 => (Standing::Wrong, self.failures, self.wrong),
            (_, Equal) => (Standing::Right, self.judged, None),
        };
        let counts_against = if paired { standing == Standing::Lost } else { standing == Standing::Wrong };
        let fails = fails.filter(|_| counts_against);
        Case {
            prompt_id: &self.first.key.prompt_id,
            standing,
            fails_because: fails.map(|why| why.words.clone()),
            gated: fails.is_some_and(|why| why.gated),
            e2e_ms: self.e2e_ms,
            times: (self.judged > 1)
                .then(|| format!("{} of {}", number::count(count), number::count(self.judged))),
            row: row.unwrap_or(self.first),
        }
    }
}
