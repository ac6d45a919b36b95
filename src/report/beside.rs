//! Small tables beside the pass rates, by category: how answers ended, what is noise, how long and how fast answers were.

use std::collections::BTreeMap;

use serde::Serialize;

use super::number::{self, counted, or_absent};
use super::outcomes;
use super::quality::{category, every};
use super::speed;
use super::table::{Cell, Column, Labels, Row, Table, Tone, real};
use super::text::one_line;
use crate::model::comparison::{Comparison, NoiseRate, PairedPassRate};
use crate::model::judgement::Verdict;

/// The heading of [`speed_by_category`].
pub(crate) const BY_CATEGORY: &str = "Speed by category";

/// The ways in which an answer is broken rather than wrong, with their headings.
const BROKEN: [(Verdict, &str); 4] = [
    (Verdict::NoAnswer, "no answer"),
    (Verdict::Truncated, "truncated"),
    (Verdict::Refused, "refused"),
    (Verdict::Empty, "empty"),
];

/// A table under its heading.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Titled {
    /// The heading.
    pub title: String,
    /// The table; not empty.
    pub table: Table,
}

/// How answers ended, and noise: each where there is something to tell.
pub(crate) fn further(comparison: &Comparison, labels: &Labels) -> Vec<Titled> {
    let tables = [("How answers ended", answers(comparison, labels)), ("Noise", noise(comparison))];
    let titled = |(title, table): (&str, Table)| Titled { title: title.to_owned(), table };
    tables.into_iter().map(titled).filter(|titled| !titled.table.is_empty()).collect()
}

/// The shares of broken answers on both sides, overall and where there are any; empty where there are none.
fn answers(comparison: &Comparison, labels: &Labels) -> Table {
    let broken = |verdicts: &BTreeMap<Verdict, u64>, verdict| verdicts.get(&verdict).copied().unwrap_or(0);
    let has = |rate: &PairedPassRate, verdict| {
        broken(&rate.baseline_verdicts, verdict) + broken(&rate.candidate_verdicts, verdict) > 0
    };
    let kinds: Vec<_> =
        BROKEN.into_iter().filter(|(verdict, _)| has(&comparison.overall, *verdict)).collect();
    if kinds.is_empty() {
        return Table::default();
    }
    let share = |verdicts: &BTreeMap<Verdict, u64>, verdict| {
        crate::model::units::ratio(broken(verdicts, verdict), verdicts.values().sum())
    };
    let mut columns = vec![Column::words("category")];
    columns.extend((1..).zip(&kinds).map(|(place, (verdict, title))| {
        Column::numbers(*title).sacrifice(place).term(outcomes::term(*verdict))
    }));
    if let Some(first) = columns.get_mut(1) {
        first.sacrifice = 0;
    }
    let row = |rate: &PairedPassRate| {
        let mut cells = vec![Cell::from(category(rate.category.as_deref()))];
        cells.extend(kinds.iter().map(|(verdict, _)| {
            if !has(rate, *verdict) {
                return Cell::toned("0 %", Tone::Dim).part("baseline", 0.0).part("candidate", 0.0);
            }
            let (baseline, candidate) =
                (share(&rate.baseline_verdicts, *verdict), share(&rate.candidate_verdicts, *verdict));
            let (before, after) =
                (broken(&rate.baseline_verdicts, *verdict), broken(&rate.candidate_verdicts, *verdict));
            let tone = if after > before { Tone::Warn } else { Tone::Plain };
            let written = |share| or_absent(share, number::percent);
            let text = format!("{} \u{2192} {}", written(baseline), written(candidate));
            let percent = |share: Option<f64>| share.map(|share| 100.0 * share);
            Cell::toned(text, tone).sides(percent(baseline), percent(candidate))
        }));
        Row { strong: rate.category.is_none(), ..Row::new(cells) }
    };
    let told = |rate: &&PairedPassRate| {
        rate.category.is_none() || kinds.iter().any(|(verdict, _)| has(rate, *verdict))
    };
    let baseline = labels.baseline.as_deref().unwrap_or("baseline");
    Table {
        columns,
        rows: every(comparison).filter(told).map(row).collect(),
        bar_scale: None,
        notes: vec![format!(
            "{baseline} \u{2192} {}, of the responses judged on both sides",
            labels.candidate
        )],
    }
}

/// The flips of each category beside those of an A/A run; empty where none is known.
fn noise(comparison: &Comparison) -> Table {
    let row = |rate: &PairedPassRate| {
        let NoiseRate { pairs, flips, flip_rate, excess_flips } = rate.noise?;
        let flipped = rate.losses + rate.gains;
        let of = |flips, pairs| {
            let text = format!("{}/{}", number::count(flips), number::count(pairs));
            Cell::number(real(flips), text).part("of", real(pairs))
        };
        let excess = |excess: f64| {
            let text = format!("{:.1}", excess.abs());
            match text.as_str() {
                "0.0" => text,
                _ if excess < 0.0 => format!("\u{2212}{text}"),
                _ => format!("+{text}"),
            }
        };
        let cells = vec![
            Cell::from(category(rate.category.as_deref())),
            of(flipped, rate.pairs),
            Cell::percent(rate.flip_rate),
            of(flips, pairs),
            Cell::percent(flip_rate),
            Cell::optional(excess_flips, excess),
        ];
        Some(Row { strong: rate.category.is_none(), ..Row::new(cells) })
    };
    let rows: Vec<Row> = every(comparison).filter_map(row).collect();
    if rows.is_empty() && comparison.unstable.is_empty() {
        return Table::default();
    }
    let mut notes = Vec::new();
    let rated = comparison.overall.noise.filter(|noise| noise.flip_rate.is_some());
    let excess_unknown = rated.is_some_and(|noise| noise.excess_flips.is_none());
    if let Some(run) = &comparison.noise_run {
        notes.push(format!(
            "A/A: run {}, one model against itself; excess: flips beyond what its rate would give here{}",
            one_line(run),
            if excess_unknown {
                ", n/a where it sent each prompt once and this run several times"
            } else {
                ""
            }
        ));
    }
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for seen in comparison.unstable.iter().flat_map(|prompt| &prompt.seen_in) {
        *kinds.entry(seen).or_default() += 1;
    }
    if !kinds.is_empty() {
        let prompts = counted(comparison.unstable.len() as u64, "prompt", "prompts");
        let seen: Vec<String> = kinds
            .iter()
            .map(|(seen, count)| format!("{} {}", one_line(seen), number::count(*count)))
            .collect();
        notes.push(format!(
            "Unstable: {prompts} that one model passes sometimes, seen in {}",
            seen.join(", ")
        ));
    }
    if rows.is_empty() {
        // Repeats alone tell of unstable prompts without a rate of their own.
        let prompts = Row::new(vec![Cell::count(comparison.unstable.len() as u64)]);
        return Table {
            columns: vec![Column::numbers("unstable prompts").term("unstable")],
            rows: vec![prompts],
            bar_scale: None,
            notes,
        };
    }
    let columns = vec![
        Column::words("category"),
        Column::numbers("flips").term("flips"),
        Column::numbers("flip rate").sacrifice(1).term("flip-rate"),
        Column::numbers("A/A flips").sacrifice(2).term("noise"),
        Column::numbers("A/A rate").term("noise"),
        Column::numbers("excess flips").term("excess-flips"),
    ];
    Table { columns, rows, bar_scale: None, notes }
}

/// Median latencies and token ratios by category; empty where there is only one, or nothing to tell.
pub(crate) fn speed_by_category(comparison: &Comparison) -> Table {
    let rates = || comparison.categories.iter();
    if comparison.categories.len() < 2 || rates().all(|rate| rate.latency.is_empty()) {
        return Table::default();
    }
    let columns = vec![
        Column::words("category"),
        Column::numbers("TTFT p50, ms").term("ttft"),
        Column::numbers("ratio").term("speed-ratio"),
        Column::numbers("E2E p50, ms").term("e2e"),
        Column::numbers("ratio").term("speed-ratio"),
        Column::numbers("output tokens").sacrifice(1).term("token-ratio"),
        Column::numbers("prompt tokens").sacrifice(2).term("token-ratio"),
    ];
    let row = |rate: &PairedPassRate| {
        let mut cells = vec![Cell::from(category(rate.category.as_deref()))];
        for metric in ["ttft_ms", "e2e_ms"] {
            let latency = speed::find(&rate.latency, metric, "p50");
            let value = |value: Option<f64>| or_absent(value, number::decimal);
            let values = latency.map(|l| format!("{} \u{2192} {}", value(l.baseline), value(l.candidate)));
            let (baseline, candidate) = latency.map_or((None, None), |l| (l.baseline, l.candidate));
            cells.push(Cell::from(or_absent(values, |text| text)).sides(baseline, candidate));
            cells.push(Cell::optional(latency.and_then(|l| l.ratio), number::ratio));
        }
        cells.push(Cell::optional(rate.output_token_ratio, number::ratio));
        cells.push(Cell::optional(rate.prompt_token_ratio, number::ratio));
        Row::new(cells)
    };
    let mut notes = vec![
        "baseline \u{2192} candidate; tokens: candidate ÷ baseline. Medians of few pairs, without intervals"
            .to_owned(),
    ];
    let reasons = rates().flat_map(|rate| &rate.latency).filter_map(|l| l.absent_because.as_deref());
    notes.extend(reasons.take(1).map(|reason| format!("No ratio: {}", one_line(reason))));
    Table { columns, rows: rates().map(row).collect(), bar_scale: None, notes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::comparison::Unstable;
    use crate::report::terminal::{self, TerminalOptions};
    use crate::report::{fixture, html, markdown};

    #[test]
    fn all_that_stands_beside_fits_eighty_columns() {
        let result = fixture::noisy();
        let options = TerminalOptions { width: 80, color: false, ..TerminalOptions::default() };
        let text = terminal::summary(&result, &options);
        let from = text.find("Quality\n").unwrap();
        insta::assert_snapshot!("beside_80", &text[from..]);
        let input = crate::report::input::ReportInput::default();
        for output in [html::render(&result, &input).unwrap(), markdown::render(&result, &input).unwrap()] {
            for told in
                ["macro average", "How answers ended", "excess flips", "Speed by category", "unstable: "]
            {
                assert!(output.contains(told), "{told} in {output}");
            }
        }
    }

    #[test]
    fn where_there_is_nothing_to_tell_there_is_no_table() {
        let mut comparison = fixture::paired().comparison.unwrap();
        let labels = Labels { candidate: "b".to_owned(), baseline: Some("a".to_owned()) };
        assert_eq!(further(&comparison, &labels).len(), 1);
        for rate in std::iter::once(&mut comparison.overall).chain(&mut comparison.categories) {
            rate.baseline_verdicts.clear();
            rate.candidate_verdicts.clear();
            rate.latency.clear();
        }
        assert!(further(&comparison, &labels).is_empty());
        assert!(speed_by_category(&comparison).is_empty());
        comparison.unstable = vec![Unstable {
            prompt_id: "p".to_owned(),
            category: "c".to_owned(),
            seen_in: vec!["candidate".to_owned()],
        }];
        let [repeats] = further(&comparison, &labels).try_into().unwrap();
        assert_eq!(
            repeats.table.notes,
            ["Unstable: 1 prompt that one model passes sometimes, seen in candidate 1"]
        );
    }
}
