//! The pass rates as tables: paired with deltas where there is a comparison, else side by side.

use super::number::{self, counted, or_absent};
use super::table::{Bar, Cell, Column, Labels, Row, Table, Tone, real};
use super::text::one_line;
use crate::model::comparison::{Comparison, Interval, MacroAverage, PairedPassRate, PassRate};
use crate::model::result::SideInfo;

/// A category's difference is shown below this p-value, after Holm over the categories.
pub(super) const ALPHA: f64 = 0.05;

/// What the row of the categories' mean is called.
pub(super) const AVERAGE: &str = "macro average";

/// Passed by category on both sides, with the delta's 90 % interval; overall first.
pub(crate) fn paired(comparison: &Comparison, labels: &Labels) -> Table {
    let mut columns = vec![Column::words("category"), Column::numbers("pairs").sacrifice(4).term("pairs")];
    columns.extend(labels.columns_of("pass-rate"));
    columns.extend([
        Column::numbers("Δ pp").term("delta"),
        Column::numbers("90 % interval").sacrifice(1).term("delta-interval"),
        Column::numbers("loss/gain").sacrifice(2).term("losses-gains"),
        Column::numbers("p (Holm)").sacrifice(3).term("holm"),
    ]);
    let reach = reach(comparison);
    let mut rows: Vec<Row> = every(comparison).map(|rate| paired_row(rate, reach)).collect();
    let average = shown_average(comparison);
    if let Some(average) = average {
        rows.insert(1, average_row(average, reach));
    }
    Table { columns, rows, bar_scale: Some(scale(reach)), notes: notes_of(comparison) }
}

/// The same comparison by other methods, and what it could have seen.
pub(crate) fn cross_checks(comparison: &Comparison) -> Table {
    let columns = vec![
        Column::words("category"),
        Column::numbers("95 %, pp").term("delta-interval"),
        Column::numbers("Newcombe 95 %, pp").term("newcombe"),
        Column::numbers("score p").term("score-p"),
        Column::numbers("McNemar p").term("mcnemar"),
        Column::numbers("flip rate").term("flip-rate"),
        Column::numbers("could miss, pp").term("mde"),
        Column::numbers("baseline, %").term("wilson"),
        Column::numbers("candidate, %").term("wilson"),
        Column::words("method").term("interval-method"),
    ];
    let rows = every(comparison)
        .map(|rate| {
            let cells = vec![
                Cell::from(category(rate.category.as_deref())),
                Cell::interval(rate.interval_95_pp, number::pp_interval),
                Cell::interval(rate.newcombe_95_pp, number::pp_interval),
                Cell::optional(rate.score_p, number::p_value),
                Cell::optional(rate.mcnemar_p, number::p_value),
                Cell::percent(rate.flip_rate),
                Cell::optional(rate.minimum_detectable_loss_pp, |pp| format!("{pp:.1}")),
                Cell::percent_interval(rate.baseline.wilson_95),
                Cell::percent_interval(rate.candidate.wilson_95),
                one_line(&rate.method).into(),
            ];
            Row { strong: rate.category.is_none(), ..Row::new(cells) }
        })
        .collect();
    let notes = [
        "p (Holm) above: the score test's p, that of overall as it is, those of categories after Holm",
        "could miss: the smallest true loss that 80 % of such runs would find",
        "baseline, candidate: Wilson 95 % of each side",
    ];
    let notes = notes.map(str::to_owned).to_vec();
    Table { columns, rows, bar_scale: None, notes }
}

/// Passed by category, each side for itself; baseline first where there is one.
pub(crate) fn single(sides: &[&SideInfo], labels: &Labels) -> Table {
    let mut columns = vec![Column::words("category")];
    for column in labels.columns_of("pass-rate") {
        columns.extend([column, Column::numbers("95 % interval, %").sacrifice(1).term("wilson")]);
    }
    let mut names: Vec<Option<&str>> = Vec::new();
    for rate in sides.iter().flat_map(|side| &side.pass_rates) {
        if !names.contains(&rate.category.as_deref()) {
            names.push(rate.category.as_deref());
        }
    }
    let candidate_alone = sides.len() == 1;
    let rows = names
        .into_iter()
        .map(|name| {
            let mut cells = vec![Cell::from(category(name))];
            let mut bar = None;
            for side in sides {
                let rate =
                    side.pass_rates.iter().find(|r| r.category.as_deref() == name).map(|r| r.pass_rate);
                cells.push(rate.as_ref().map_or_else(|| number::ABSENT.into(), passed_cell));
                cells.push(Cell::percent_interval(rate.and_then(|r| r.wilson_95)));
                bar = rate.filter(|_| candidate_alone).and_then(|r| wilson_bar(&r));
            }
            Row { strong: name.is_none(), bar, ..Row::new(cells) }
        })
        .collect();
    Table { columns, rows, bar_scale: candidate_alone.then(|| "0 to 100 %".to_owned()), notes: Vec::new() }
}

/// `25/30  83.3 %`.
pub(crate) fn passed(rate: &PassRate) -> String {
    let share = or_absent(rate.rate, number::percent);
    format!("{}/{}  {share}", number::count(rate.passed), number::count(rate.judged))
}

/// The same with the numbers behind it.
pub(crate) fn passed_cell(rate: &PassRate) -> Cell {
    let text = passed(rate);
    let cell =
        rate.rate.map_or_else(|| Cell::from(text.as_str()), |share| Cell::number(100.0 * share, &text));
    cell.part("passed", real(rate.passed)).part("of", real(rate.judged))
}

/// What a delta's interval shows: all of it below zero, all of it above, or neither.
pub(crate) fn tone(interval: Option<Interval>) -> Tone {
    match interval {
        Some(i) if i.high < 0.0 => Tone::Bad,
        Some(i) if i.low > 0.0 => Tone::Good,
        _ => Tone::Plain,
    }
}

/// What a delta shows. Of a category its interval alone doesn't: among several one lies off zero by chance, so that what
/// doesn't stand after Holm is at most a warning.
pub(crate) fn tone_of(rate: &PairedPassRate) -> Tone {
    let shown = tone(rate.interval_90_pp);
    let stands = rate.category.is_none() || rate.score_p_holm.is_none_or(|p| p < ALPHA);
    match shown {
        _ if stands => shown,
        Tone::Bad => Tone::Warn,
        _ => Tone::Plain,
    }
}

/// The mean of the categories, where they differ in size: else it is the overall rate.
pub(super) fn shown_average(comparison: &Comparison) -> Option<&MacroAverage> {
    let mut sizes = comparison.categories.iter().map(|rate| rate.pairs).filter(|pairs| *pairs > 0);
    let first = sizes.next()?;
    comparison.macro_average.as_ref().filter(|_| sizes.any(|pairs| pairs != first))
}

fn average_row(average: &MacroAverage, reach: f64) -> Row {
    let tone = tone(average.interval_90_pp);
    let cells = vec![
        Cell::from(AVERAGE),
        "".into(),
        Cell::percent(Some(average.baseline)),
        Cell::percent(Some(average.candidate)),
        Cell::number(average.delta_pp, number::pp(average.delta_pp)).tone(tone),
        Cell::interval(average.interval_90_pp, number::pp_interval).tone(tone),
        "".into(),
        "".into(),
    ];
    let bar = bar(Some(average.delta_pp), average.interval_90_pp, reach);
    Row { bar, ..Row::new(cells).term("macro-average") }
}

/// A delta with its interval on a scale that reaches so far to both sides.
pub(super) fn bar(delta: Option<f64>, interval: Option<Interval>, reach: f64) -> Option<Bar> {
    delta.zip(interval).map(|(delta, interval)| {
        let place = |pp: f64| ((pp + reach) / (2.0 * reach) * 100.0).clamp(0.0, 100.0);
        let (low, high) = (place(interval.low), place(interval.high));
        Bar { low, width: high - low, at: place(delta), zero: Some(50.0), tone: tone(Some(interval)) }
    })
}

pub(super) fn every(comparison: &Comparison) -> impl Iterator<Item = &PairedPassRate> {
    std::iter::once(&comparison.overall).chain(&comparison.categories)
}

pub(super) fn category(name: Option<&str>) -> String {
    name.map_or_else(|| "overall".to_owned(), one_line)
}

fn paired_row(rate: &PairedPassRate, reach: f64) -> Row {
    let tone = tone_of(rate);
    let p = if rate.category.is_some() { rate.score_p_holm } else { rate.score_p };
    let cells = vec![
        Cell::from(category(rate.category.as_deref())),
        Cell::count(rate.pairs),
        passed_cell(&rate.baseline),
        passed_cell(&rate.candidate),
        Cell::optional(rate.delta_pp, number::pp).tone(tone),
        Cell::interval(rate.interval_90_pp, number::pp_interval).tone(tone),
        Cell::from(format!("{}/{}", number::count(rate.losses), number::count(rate.gains)))
            .part("losses", real(rate.losses))
            .part("gains", real(rate.gains)),
        Cell::optional(p, number::p_value),
    ];
    let bar = bar(rate.delta_pp, rate.interval_90_pp, reach).map(|bar| Bar { tone, ..bar });
    Row { bar, strong: rate.category.is_none(), ..Row::new(cells) }
}

/// How far the bars reach to both sides, in percentage points: all intervals fit, in steps of 5.
fn reach(comparison: &Comparison) -> f64 {
    let average = shown_average(comparison).and_then(|average| average.interval_90_pp);
    reach_of(every(comparison).filter_map(|rate| rate.interval_90_pp).chain(average))
}

/// How far to both sides a scale reaches on which all these intervals fit, in steps of 5 percentage points.
pub(super) fn reach_of(intervals: impl IntoIterator<Item = Interval>) -> f64 {
    let furthest = intervals
        .into_iter()
        .flat_map(|i| [i.low.abs(), i.high.abs()])
        .filter(|limit| limit.is_finite())
        .fold(5.0, f64::max);
    ((furthest / 5.0).ceil() * 5.0).min(100.0)
}

/// A scale in words: `−20 to +20 pp`.
pub(super) fn scale(reach: f64) -> String {
    format!("\u{2212}{reach:.0} to +{reach:.0} pp")
}

/// A share and its interval, from none to all.
pub(super) fn wilson_bar(rate: &PassRate) -> Option<Bar> {
    let (value, limits) = rate.rate.zip(rate.wilson_95)?;
    let (low, high) = (limits.low * 100.0, limits.high * 100.0);
    Some(Bar { low, width: high - low, at: value * 100.0, zero: None, tone: Tone::Plain })
}

fn notes_of(comparison: &Comparison) -> Vec<String> {
    let mut notes = left_out(comparison);
    notes.extend(dependence(comparison));
    notes.extend(shown_average(comparison).map(|average| {
        format!("{AVERAGE}: the mean of the {} categories, each counting the same", average.categories)
    }));
    notes
}

/// Pairs that could not be formed.
fn left_out(comparison: &Comparison) -> Vec<String> {
    let missing = &comparison.overall.missing;
    let mut parts = Vec::new();
    for (side, by_verdict) in [("baseline", &missing.baseline), ("candidate", &missing.candidate)] {
        for (verdict, n) in by_verdict.iter().filter(|(_, n)| **n > 0) {
            parts.push(format!("{} {verdict} on the {side}", number::count(*n)));
        }
    }
    if missing.unmatched > 0 {
        parts.push(format!("{} on one side only", number::count(missing.unmatched)));
    }
    let mut notes = Vec::new();
    if !parts.is_empty() {
        let mut note = format!("Pairs left out: {}", parts.join(", "));
        if let (Some(worst), Some(best)) = (missing.worst_case_pp, missing.best_case_pp) {
            let (worst, best) = (number::pp(worst), number::pp(best));
            note = format!("{note}; had they been judged the delta would lie between {worst} and {best} pp");
        }
        notes.push(note);
    }
    notes
}

/// What of the pairs isn't independent, and how that was met.
pub(super) fn dependence(comparison: &Comparison) -> Vec<String> {
    let overall = &comparison.overall;
    let mut notes = Vec::new();
    if overall.method == "repeats" || overall.standard_error_over_prompts_pp.is_some() {
        let prompts = counted(overall.pairs, "prompt", "prompts");
        notes.push(format!("Repeats: {prompts} count once each, however often they were sent"));
    }
    if let Some(families) = overall.families {
        let widened: Vec<String> = every(comparison)
            .filter(|rate| rate.method == "families")
            .map(|rate| category(rate.category.as_deref()))
            .collect();
        let prompts = counted(overall.pairs, "prompt", "prompts");
        let made = if widened.is_empty() {
            "which made no interval wider".to_owned()
        } else {
            format!("which made the interval wider of {}", widened.join(", "))
        };
        let families = counted(families, "template", "templates");
        notes.push(format!("Families: {prompts} are of {families}, {made}"));
    }
    for rate in every(comparison).filter(|rate| rate.families == Some(1)) {
        let name = category(rate.category.as_deref());
        notes.push(format!("All prompts of {name} are of one template: what they show is of that template"));
    }
    notes
}
