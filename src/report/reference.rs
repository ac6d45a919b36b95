//! How likely both sides find the prompts' reference answers, as one table.

use super::number::{self, counted, or_absent};
use super::quality::tone;
use super::table::{Cell, Column, Labels, Row, Table};
use super::text::one_line;
use crate::model::comparison::{Comparison, Interval};
use crate::model::reference::{MissingReference, ReferenceComparison, ReferenceDelta, ReferenceUnit};

/// What stands above the table.
pub(crate) const TITLE: &str = "Reference answers";

/// NLL by category, overall first; why there is none where it was asked for in vain; empty where it wasn't.
pub(crate) fn table(comparison: Option<&Comparison>, labels: &Labels) -> Table {
    let Some(found) = comparison.and_then(|comparison| comparison.reference_log_prob.as_ref()) else {
        return Table::default();
    };
    if let Some(why) = &found.absent_because {
        let row = Row::new(vec![number::ABSENT.into(), one_line(why).into()]);
        let columns = vec![Column::words("NLL").term("nll"), Column::words("because")];
        return Table { columns, rows: vec![row], bar_scale: None, notes: left_out(found) };
    }
    let mut columns = vec![Column::words("category"), Column::numbers("prompts").sacrifice(4).term("pairs")];
    columns.extend(labels.columns_of("nll"));
    columns.extend([
        Column::numbers("ΔNLL").term("delta-nll"),
        Column::numbers("95 % interval").sacrifice(1).term("delta-nll"),
        Column::numbers("bootstrap 95 %").sacrifice(5).term("bootstrap"),
        Column::numbers("p").term("delta-nll"),
        Column::numbers("top-1, %").sacrifice(3).term("top-1"),
        Column::numbers("same top-1").sacrifice(2).term("top-1"),
    ]);
    let rows = std::iter::once(&found.overall).chain(&found.categories).map(row).collect();
    let mut notes = vec![format!(
        "NLL of each prompt's reference answer, {}, mean over prompts; ΔNLL above 0: the candidate finds them less likely; top-1: baseline and candidate",
        found.unit.words()
    )];
    notes.extend(left_out(found));
    Table { columns, rows, bar_scale: None, notes }
}

fn row(delta: &ReferenceDelta) -> Row {
    // More is worse here.
    let tone = tone(delta.interval_95.map(|i| Interval { low: -i.high, high: -i.low }));
    let percent = |share: Option<f64>| share.map(|share| 100.0 * share);
    let top_1 = |share: Option<f64>| or_absent(share, |share| format!("{:.1}", 100.0 * share));
    let cells = vec![
        Cell::from(delta.category.as_deref().map_or_else(|| "overall".to_owned(), one_line)),
        Cell::count(delta.prompts),
        Cell::optional(delta.baseline, nll),
        Cell::optional(delta.candidate, nll),
        Cell::optional(delta.delta, signed).tone(tone),
        Cell::interval(delta.interval_95, interval).tone(tone),
        Cell::interval(delta.bootstrap_95, interval),
        Cell::optional(delta.p, number::p_value),
        Cell::from(format!("{} / {}", top_1(delta.baseline_top_1), top_1(delta.candidate_top_1)))
            .sides(percent(delta.baseline_top_1), percent(delta.candidate_top_1)),
        Cell::percent(delta.agreement),
    ];
    Row { strong: delta.category.is_none(), ..Row::new(cells) }
}

fn nll(value: f64) -> String {
    if value.is_finite() { format!("{value:.3}") } else { number::ABSENT.to_owned() }
}

/// `+0.061`, `−0.003`, `0.000`.
fn signed(value: f64) -> String {
    let digits = nll(value.abs());
    match (digits.as_str(), value < 0.0) {
        ("0.000" | number::ABSENT, _) => digits,
        (_, true) => format!("\u{2212}{digits}"),
        (_, false) => format!("+{digits}"),
    }
}

fn interval(interval: Interval) -> String {
    format!("[{}, {}]", signed(interval.low), signed(interval.high))
}

fn left_out(found: &ReferenceComparison) -> Vec<String> {
    let mut parts = Vec::new();
    for (side, missing) in [("baseline", &found.missing_baseline), ("candidate", &found.missing_candidate)] {
        parts.extend(missing.iter().map(|(reason, count): (&MissingReference, &u64)| {
            format!("{} {} on the {side}", number::count(*count), reason.words())
        }));
    }
    if found.asked_on_one_side > 0 {
        parts.push(format!("{} asked on one side only", number::count(found.asked_on_one_side)));
    }
    let mut notes = Vec::new();
    let split = counted(found.split_differently, "prompt's reference", "prompts' references");
    match (found.unit, found.split_differently) {
        (_, 0) => {}
        (ReferenceUnit::NatsPerToken, _) => {
            parts.push(format!("{split} split differently by the two sides"));
        }
        (ReferenceUnit::NatsPerCharacter, _) => notes.push(format!(
            "The tokenizers differ ({split} split differently), so means are per character and places are not compared"
        )),
    }
    if !parts.is_empty() {
        notes.insert(0, format!("Prompts left out: {}", parts.join(", ")));
    }
    notes
}
