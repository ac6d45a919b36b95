//! Saved results compared, with where each side comes from: what `labctl compare` shows.

use std::collections::BTreeSet;

use crate::compare::comparable::{
    OBJECTIVES_DIFFER, objectives_differ, speed_void, stored_speed_void, unsound, warnings,
};
use crate::compare::head_to_head::{HeadToHead, head_to_head};
use crate::compare::intersect::{Contents, common, narrowed};
use crate::compare::{Noise, Options, compare, pair_rows, reading};
use crate::model::compared::{COMPARISON_SCHEMA_VERSION, ComparedSide, ComparisonReport, Intersection};
use crate::model::comparison::Comparison;
use crate::model::gate::Gates;
use crate::model::head_to_head::HeadToHeadReport;
use crate::model::record::{Row, Side};
use crate::model::redaction::Redaction;
use crate::model::result::{RunResult, SideInfo};
use crate::model::team::{TeamKind, team_of};
use crate::model::units::ratio;

use super::soundness;

/// A result to be compared: its candidate counts, which of a blessed baseline is the side that was blessed.
#[derive(Debug, Clone, Copy)]
pub struct Contender<'a> {
    /// The result.
    pub result: &'a RunResult,
    /// The name of the blessed baseline that it is, where it is one.
    pub blessed_as: Option<&'a str>,
}

/// How to compare.
#[derive(Debug, Clone, Default)]
pub struct Terms<'a> {
    /// Gates on the comparison.
    pub gates: Gates,
    /// What an A/A run says of the prompts, where one is given.
    pub noise: Option<Noise>,
    /// Whether to compare in spite of what makes it unsound.
    pub force: bool,
    /// Whether to compare only the prompts that are the same in both sets, and what is known of their contents.
    pub intersect: Option<Contents<'a>>,
}

/// A comparison with the pairs that it was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The comparison.
    pub report: ComparisonReport,
    /// Every pair.
    pub rows: Vec<Row>,
}

/// The two sides of one run; `None` where it has one alone.
#[must_use]
pub fn own_sides(run: &RunResult, terms: &Terms<'_>) -> Option<Compared> {
    let (candidate, baseline) = (&run.candidate, run.baseline.as_ref()?);
    let mut invalid_because = soundness::not_comparable(candidate, baseline, &run.sampling, &run.config);
    invalid_because.extend(soundness::not_trusted(&run.client_health));
    // What made a stored baseline incomparable was found when it was at hand.
    let before = soundness::found_before(run);
    soundness::extend_by(&mut invalid_because, before);
    let options = options(run, invalid_because, before.and_then(stored_speed_void).cloned(), terms);
    let mut comparison = compare(&run.rows, &candidate.summary, &baseline.summary, &options);
    dedup(&mut comparison.invalid_because);
    dedup(&mut comparison.forced_over);
    let blessed_as = baseline.measured_in.as_ref().and_then(|measured| measured.blessed_as.as_deref());
    let report = ComparisonReport {
        schema_version: COMPARISON_SCHEMA_VERSION,
        labctl_version: env!("CARGO_PKG_VERSION").to_owned(),
        baseline: side_of(run, Side::Baseline, blessed_as)?,
        candidate: side_of(run, Side::Candidate, None)?,
        simulated: run.simulated,
        same_run: baseline.measured_in.is_none(),
        warnings: run.warnings.clone(),
        redacted: run.redacted,
        intersected: None,
        team_kind: team_kind(run),
        flipped: flipped(&comparison, &run.rows),
        readings: reading::of_pair(run, run, &run.rows, &comparison),
        comparison,
    };
    Some(Compared { report, rows: run.rows.clone() })
}

/// The candidates of two runs.
#[must_use]
pub fn two(baseline: Contender<'_>, candidate: Contender<'_>, terms: &Terms<'_>) -> Compared {
    let (whole_baseline, whole_candidate) = (baseline.result, candidate.result);
    let narrow = terms.intersect.map(|contents| {
        let (kept, told) = common(whole_baseline, whole_candidate, contents);
        (narrowed(whole_baseline, &kept), narrowed(whole_candidate, &kept), told)
    });
    let (theirs, ours) = match &narrow {
        Some((baseline, candidate, _)) => (baseline, candidate),
        None => (whole_baseline, whole_candidate),
    };
    let rows = pair_rows(theirs, ours);
    let invalid_because = unsound(theirs, ours, narrow.is_some());
    let mut warnings = warnings(theirs, ours);
    warnings.extend(narrow.iter().flat_map(|(_, _, told)| told_of(told)));
    let (mut of_baseline, mut of_candidate) =
        (theirs.candidate.summary.clone(), ours.candidate.summary.clone());
    if objectives_differ(theirs, ours) {
        warnings.push(OBJECTIVES_DIFFER.to_owned());
        (of_baseline.goodput, of_candidate.goodput) = (None, None);
    }
    let options = options(ours, invalid_because, speed_void(theirs, ours), terms);
    let comparison = compare(&rows, &of_candidate, &of_baseline, &options);
    let side = |of: &RunResult, whole: Contender<'_>| {
        compared_side(of, Side::Candidate, &of.candidate, whole.blessed_as)
    };
    let report = ComparisonReport {
        schema_version: COMPARISON_SCHEMA_VERSION,
        labctl_version: env!("CARGO_PKG_VERSION").to_owned(),
        baseline: side(theirs, baseline),
        candidate: side(ours, candidate),
        simulated: theirs.simulated || ours.simulated,
        same_run: false,
        warnings,
        redacted: [theirs, ours].into_iter().filter_map(|run| run.redacted).reduce(Redaction::and),
        intersected: narrow.as_ref().map(|(_, _, told)| told.clone()),
        team_kind: team_kind(ours),
        flipped: flipped(&comparison, &rows),
        readings: reading::of_pair(theirs, ours, &rows, &comparison),
        comparison,
    };
    Compared { report, rows }
}

/// Three and more runs held against each other; `comparisons` are those of each with the first.
#[must_use]
pub fn several(runs: &[Contender<'_>], comparisons: Vec<ComparisonReport>) -> HeadToHeadReport {
    let results: Vec<&RunResult> = runs.iter().map(|run| run.result).collect();
    let seed = results.first().map_or(0, |run| run.seed);
    let HeadToHead { lines, standings, conclusion, common_prompts } = head_to_head(&results, seed);
    HeadToHeadReport {
        schema_version: COMPARISON_SCHEMA_VERSION,
        labctl_version: env!("CARGO_PKG_VERSION").to_owned(),
        sides: runs
            .iter()
            .map(|run| compared_side(run.result, Side::Candidate, &run.result.candidate, run.blessed_as))
            .collect(),
        simulated: results.iter().any(|run| run.simulated),
        common_prompts,
        lines,
        standings,
        conclusion,
        comparisons,
    }
}

fn options(
    run: &RunResult,
    invalid_because: Vec<String>,
    speed_void_because: Option<String>,
    terms: &Terms<'_>,
) -> Options {
    Options {
        seed: run.seed,
        gates: terms.gates.clone(),
        noise: terms.noise.clone(),
        invalid_because,
        force: terms.force,
        speed_void_because,
    }
}

fn dedup(reasons: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    reasons.retain(|reason| seen.insert(reason.clone()));
}

fn side_of(run: &RunResult, side: Side, blessed_as: Option<&str>) -> Option<ComparedSide> {
    Some(compared_side(run, side, run.side(side)?, blessed_as))
}

pub(super) fn compared_side(
    run: &RunResult,
    side: Side,
    info: &SideInfo,
    blessed_as: Option<&str>,
) -> ComparedSide {
    let measured = info.measured_in.as_ref();
    let cached = info.summary.cached_tokens.and_then(|cached| ratio(cached, info.summary.prompt_tokens));
    ComparedSide {
        run_id: measured.map_or(&run.run_id, |measured| &measured.run_id).clone(),
        side,
        model: info.model.clone(),
        endpoint: info.endpoint.clone(),
        started_at: measured.map_or(&run.started_at, |measured| &measured.started_at).clone(),
        simulated: info.simulated,
        prompt_set: run.prompt_set.clone(),
        blessed_as: blessed_as.map(str::to_owned),
        cached_share: cached,
        cost: info.cost.clone(),
    }
}

/// What was left out, for readers who see no more than the warnings.
fn told_of(told: &Intersection) -> Vec<String> {
    let mut warnings = vec![format!(
        "only the {} prompts that are the same in both sets are compared (`--intersect`): {} of the baseline's and {} of the candidate's are left out, {} of them with one id and another content",
        told.prompts, told.left_out_of_baseline, told.left_out_of_candidate, told.differing
    )];
    if !told.verified {
        warnings.push(
            "a prompt counts as the same by its id and category: the sets that were sent are not both at hand, so that contents could not be compared"
                .to_owned(),
        );
    }
    warnings
}

fn team_kind(run: &RunResult) -> Option<TeamKind> {
    team_of(run).map(|(kind, _)| kind)
}

/// The rows of every prompt that only one side passed at some time.
fn flipped(comparison: &Comparison, rows: &[Row]) -> Vec<Row> {
    let flips = comparison.losses.iter().chain(&comparison.gains);
    let prompts: BTreeSet<&str> = flips.map(|flip| flip.prompt_id.as_str()).collect();
    rows.iter().filter(|row| prompts.contains(row.key.prompt_id.as_str())).cloned().collect()
}
