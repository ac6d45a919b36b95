//! Gates: what each is on, what it asks, what it says and why; in a report's table, and by themselves.

use std::fmt::Write as _;

use super::markdown;
use super::number;
use super::table::{Cell, Column, Row, Table, Tone};
use super::terminal::{Screen, TerminalOptions};
use super::text::one_line;
use super::verdict::{Finding, gate_tone};
use super::view::SIMULATED;
use crate::model::comparison::{GateKind, GateMode, GateResult, GateVerdict};
use crate::model::gate::GatedMetric;
use crate::model::slo::SloMetric;

/// Gates that were evaluated on a stored result.
#[derive(Debug, Clone)]
pub struct GatesDocument<'a> {
    /// What they are on: `awq against fp16`, or the one model.
    pub title: String,
    /// The run.
    pub run_id: &'a str,
    /// Whether any side is simulated.
    pub simulated: bool,
    /// What they say.
    pub results: &'a [GateResult],
}

/// The gates as a table.
pub(crate) fn table(results: &[GateResult]) -> Table {
    if results.is_empty() {
        return Table::default();
    }
    let columns = vec![
        Column::words("gate"),
        Column::words("asks").term("gate-mode"),
        Column::words("verdict").term("gate"),
        Column::words("reason"),
    ];
    let row = |gate: &GateResult| {
        Row::new(vec![
            one_line(&gate.name).into(),
            Cell { value: asked(gate), ..asks(gate).into() },
            Cell::toned(gate.verdict.to_string(), gate_tone(gate.verdict)),
            one_line(&gate.reason).into(),
        ])
    };
    Table { columns, rows: results.iter().map(row).collect(), ..Table::default() }
}

/// What a gate asks, in a few words: `detect a loss of 5 pp`, `at least 80.0 %`.
pub(super) fn asks(gate: &GateResult) -> String {
    let bound = |write: &dyn Fn(f64) -> String| gate.bound.map_or_else(String::new, write);
    match gate.kind {
        GateKind::PassRate => of_mode(gate),
        GateKind::Floor => bound(&|floor| format!("at least {}", number::percent(floor))),
        GateKind::Speed => bound(&|ratio| {
            let is_rate = RATES.iter().any(|metric| metric.name() == gate.name);
            let side = if is_rate { "at least" } else { "at most" };
            format!("ratio {side} {}", number::ratio(ratio))
        }),
        GateKind::ErrorRate => bound(&|most| format!("at most {}", number::percent(most))),
        GateKind::Slo => bound(&|limit| objective(&gate.name, limit)),
    }
}

/// The number in [`asks`], in its unit.
fn asked(gate: &GateResult) -> Option<f64> {
    let share = match gate.kind {
        GateKind::PassRate => return gate.margin_pp,
        GateKind::Floor | GateKind::ErrorRate => true,
        GateKind::Slo => [SloMetric::PassRate, SloMetric::ErrorRate].iter().any(|m| m.name() == gate.name),
        GateKind::Speed => false,
    };
    gate.bound.map(|bound| if share { 100.0 * bound } else { bound })
}

/// An objective by the metric that its gate is named after: `at most 500 ms`, `at least 90.0 %`.
fn objective(name: &str, limit: f64) -> String {
    match SloMetric::ALL.into_iter().find(|metric| metric.name() == name) {
        Some(SloMetric::PassRate) => format!("at least {}", number::percent(limit)),
        Some(SloMetric::ErrorRate) => format!("at most {}", number::percent(limit)),
        Some(SloMetric::RequestThroughputPerS) => format!("at least {limit} requests/s"),
        Some(SloMetric::OutputTokensPerS) => format!("at least {limit} tokens/s"),
        // A latency's name may have a statistic in it.
        _ => format!("at most {limit} ms"),
    }
}

/// What is gated of speed and better the larger it is.
const RATES: [GatedMetric; 3] =
    [GatedMetric::RequestThroughputPerS, GatedMetric::OutputTokensPerS, GatedMetric::CorrectAnswersPerS];

fn of_mode(gate: &GateResult) -> String {
    let margin = gate.margin_pp.unwrap_or_default();
    let words = match gate.mode {
        Some(GateMode::Detect) | None => format!("detect a loss of {margin} pp"),
        Some(GateMode::Harm) => format!("no sure loss beyond {margin} pp (harm)"),
        Some(GateMode::Prove) => format!("prove any loss below {margin} pp"),
        Some(GateMode::Point) => format!("no loss beyond {margin} pp as measured (point)"),
    };
    match gate.alpha {
        Some(alpha) if (alpha - 0.05).abs() > 1e-9 => format!("{words}, \u{3b1} {alpha}"),
        _ => words,
    }
}

/// The worst of the gates that are on no difference in pass rate, for which the verdict on quality speaks.
pub(crate) fn finding(results: &[GateResult]) -> Option<Finding> {
    let others: Vec<&GateResult> = results.iter().filter(|gate| gate.kind != GateKind::PassRate).collect();
    let worst = others.iter().max_by_key(|gate| gate.verdict)?;
    let text = if worst.verdict == GateVerdict::Pass {
        let names: Vec<String> = others.iter().map(|gate| one_line(&gate.name)).collect();
        format!("PASS: {}", names.join(", "))
    } else {
        let more = match others.len() {
            1 => String::new(),
            several => format!(" (the worst of {several} gates)"),
        };
        format!("{} by gate {}{more}: {}", worst.verdict, one_line(&worst.name), one_line(&worst.reason))
    };
    Some(Finding { topic: "Gates", tone: gate_tone(worst.verdict), text })
}

/// The gates for a terminal.
#[must_use]
pub fn terminal(document: &GatesDocument<'_>, options: &TerminalOptions) -> String {
    let mut screen = Screen::new(options);
    screen.title(&one_line(&document.title), &format!("run {}", one_line(document.run_id)));
    screen.banner(document.simulated.then_some(SIMULATED));
    screen.gates(&table(document.results));
    screen.finish()
}

/// The gates as Markdown.
#[must_use]
pub fn markdown(document: &GatesDocument<'_>) -> String {
    let mut text = format!("# Gates of {}\n\n", markdown::escape(&document.title));
    if document.simulated {
        let _ = writeln!(text, "> [!WARNING]\n> **SIMULATED**: {SIMULATED}\n");
    }
    let _ = writeln!(text, "run {}\n", markdown::code(document.run_id));
    let table = table(document.results);
    if table.is_empty() {
        return text + "No gates.\n";
    }
    let line =
        |cells: &mut dyn Iterator<Item = String>| format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
    text += &line(&mut table.columns.iter().map(|column| column.title.clone()));
    text += &line(&mut table.columns.iter().map(|_| ":--".to_owned()));
    for row in &table.rows {
        text += &line(&mut row.cells.iter().map(|cell| markdown::escape(&cell.text)));
    }
    text
}

impl Screen {
    /// Gates, each with its reason in full, which no column could hold.
    pub(crate) fn gates(&mut self, gates: &Table) {
        if gates.is_empty() {
            return;
        }
        self.heading("Gates");
        for row in &gates.rows {
            if let [name, asks, verdict, reason] = row.cells.as_slice() {
                let gate = format!("{} ({})", name.text, asks.text);
                self.item(&format!("{}  ", verdict.text), &gate, verdict.tone);
                self.item("", &reason.text, Tone::Dim);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn of_kind(name: &str, kind: GateKind, bound: f64, verdict: GateVerdict) -> GateResult {
        let blank = fixture::gate(name, verdict, "because <b>");
        GateResult { kind, bound: Some(bound), mode: None, margin_pp: None, alpha: None, ..blank }
    }

    fn results() -> Vec<GateResult> {
        vec![
            fixture::gate("pass_rate overall", GateVerdict::Pass, "no harm shown"),
            of_kind("floor math", GateKind::Floor, 0.8, GateVerdict::Inconclusive),
            of_kind("e2e_ms p50", GateKind::Speed, 1.1, GateVerdict::Fail),
            of_kind("output_tokens_per_s", GateKind::Speed, 0.9, GateVerdict::Pass),
            of_kind("error_rate", GateKind::ErrorRate, 0.02, GateVerdict::Pass),
            of_kind("ttft_p95_ms", GateKind::Slo, 500.0, GateVerdict::Pass),
            of_kind("correct_answers_per_s", GateKind::Speed, 1.0, GateVerdict::Pass),
            of_kind("e2e_ms p50", GateKind::Speed, 1.0, GateVerdict::Pass),
            of_kind("pass_rate", GateKind::Slo, 0.9, GateVerdict::Pass),
            of_kind("error_rate", GateKind::Slo, 0.01, GateVerdict::Pass),
            of_kind("output_tokens_per_s", GateKind::Slo, 5.0, GateVerdict::Pass),
        ]
    }

    #[test]
    fn each_gate_says_what_it_asks() {
        let asked: Vec<String> = table(&results()).rows.iter().map(|row| row.cells[1].text.clone()).collect();
        assert_eq!(
            asked,
            [
                "detect a loss of 5 pp",
                "at least 80.0 %",
                "ratio at most 1.10",
                "ratio at least 0.90",
                "at most 2.0 %",
                "at most 500 ms",
                "ratio at least 1.00",
                "ratio at most 1.00",
                "at least 90.0 %",
                "at most 1.0 %",
                "at least 5 tokens/s",
            ]
        );
    }

    #[test]
    fn they_are_shown_by_themselves_and_hostile_names_are_escaped() {
        let results = results();
        let document = GatesDocument {
            title: "awq <i> against fp16".to_owned(),
            run_id: "run-1",
            simulated: true,
            results: &results,
        };
        let text = markdown(&document);
        assert!(text.contains("SIMULATED") && !text.contains("<i>") && !text.contains("<b>"), "{text}");
        assert!(text.contains("| gate | asks | verdict | reason |"), "{text}");
        let none = markdown(&GatesDocument { results: &[], ..document.clone() });
        assert!(none.ends_with("\n\nNo gates.\n") && !none.contains("| "), "{none}");
        let options = TerminalOptions { width: 80, color: false, ..TerminalOptions::default() };
        let screen = terminal(&document, &options);
        assert!(screen.contains("FAIL  e2e_ms p50 (ratio at most 1.10)"), "{screen}");
    }

    #[test]
    fn the_worst_gate_that_is_not_on_a_difference_is_told() {
        let finding = finding(&results()).unwrap();
        assert_eq!((finding.topic, finding.tone), ("Gates", Tone::Bad));
        assert!(
            finding.text.starts_with("FAIL by gate e2e_ms p50 (the worst of 10 gates)"),
            "{}",
            finding.text
        );
        assert_eq!(super::finding(&results()[..1]), None);
    }
}
