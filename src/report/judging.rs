//! How good a judge a model is, as tables: parse failures first, for everything after is of what could be read.

use serde::Serialize;

use super::number::{self, count, or_absent};
use super::table::{Cell, Column, Row, Table, Tone, real};
use super::text::one_line;
use super::verdict::Finding;
use crate::model::comparison::{Interval, PassRate};
use crate::model::judging::{Estimate, JudgeQuality};
use crate::model::result::{RunResult, SideInfo};

/// A table and what it answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Question {
    /// What it answers.
    pub title: String,
    /// The answer.
    pub table: Table,
}

/// A column: its heading and what stands in it.
type Field = (Column, fn(&JudgeQuality) -> Option<Cell>);

/// The questions that a side's examination answers, in the order of how much rests on each.
pub(crate) fn questions(result: &RunResult) -> Vec<Question> {
    let sides: Vec<&SideInfo> = result.baseline.iter().chain([&result.candidate]).collect();
    let of_side = |side: &&SideInfo| -> Vec<Question> {
        let whose = if sides.len() > 1 { format!(" ({})", one_line(&side.endpoint)) } else { String::new() };
        let question = |(title, fields, notes): (&str, Vec<Field>, &[&str])| Question {
            title: format!("{title}{whose}"),
            table: table(&side.judge_quality, fields, notes),
        };
        let all = [parsed(), repeats(), agrees(), prefers(), honest()];
        let mut questions: Vec<Question> =
            all.into_iter().map(question).filter(|question| !question.table.is_empty()).collect();
        let scores = distribution(&side.judge_quality);
        if !scores.is_empty() {
            questions.push(Question { title: format!("Scores given{whose}"), table: scores });
        }
        questions
    };
    sides.iter().flat_map(of_side).collect()
}

/// What an examination comes to, in a sentence.
pub(crate) fn finding(side: &SideInfo) -> Option<Finding> {
    let all = side.judge_quality.first()?;
    let parsed = &all.parsed;
    let mut parts =
        vec![format!("{} of {} replies could be read", count(parsed.passed), count(parsed.judged))];
    if let Some(agreement) = &all.agreement {
        parts.push(format!(
            "quadratic κ {}, {} within one point, bias {}",
            or_absent(agreement.quadratic_kappa, |kappa| estimate(kappa, 2)),
            or_absent(agreement.within_one.rate, number::percent),
            signed(agreement.bias.value),
        ));
    }
    if let Some(rate) = &all.preference {
        parts.push(format!("the better of two named in {}", share(rate)));
    }
    if let Some(position) = &all.position {
        parts.push(format!("the same in both orders in {}", share(&position.consistent)));
    }
    let all_read = parsed.passed == parsed.judged;
    Some(Finding {
        topic: "Judge",
        tone: if all_read { Tone::Plain } else { Tone::Warn },
        text: parts.join("; "),
    })
}

fn table(qualities: &[JudgeQuality], fields: Vec<Field>, notes: &[&str]) -> Table {
    let row = |quality: &JudgeQuality| {
        let cells: Vec<Option<Cell>> = fields.iter().map(|(_, read)| read(quality)).collect();
        if cells.iter().all(Option::is_none) {
            return None;
        }
        let name = quality.category.as_deref().map_or_else(|| "all".to_owned(), one_line);
        let absent = || Cell::toned("n/a", Tone::Dim);
        let cells = std::iter::once(Cell::from(name))
            .chain(cells.into_iter().map(|cell| cell.unwrap_or_else(absent)));
        Some(Row { strong: quality.category.is_none() && qualities.len() > 1, ..Row::new(cells.collect()) })
    };
    let rows: Vec<Row> = qualities.iter().filter_map(row).collect();
    let columns =
        std::iter::once(Column::words("category")).chain(fields.into_iter().map(|(column, _)| column));
    let notes = notes.iter().map(|note| (*note).to_owned()).collect();
    Table { columns: columns.collect(), rows, bar_scale: None, notes }
}

fn parsed() -> (&'static str, Vec<Field>, &'static [&'static str]) {
    let fields: Vec<Field> = vec![
        (Column::numbers("items").term("items"), |q| Some(Cell::count(q.items))),
        (Column::numbers("replies").sacrifice(2).term("parsed"), |q| Some(Cell::count(q.parsed.judged))),
        (Column::numbers("could be read").term("parsed"), |q| Some(cell(&q.parsed))),
        (Column::numbers("worst case").sacrifice(1).term("judge-worst-case"), |q| Some(cell(&q.worst_case))),
    ];
    (
        "Can its replies be read?",
        fields,
        &["95 % intervals: Wilson for shares, counting items; else a bootstrap over items"],
    )
}

fn repeats() -> (&'static str, Vec<Field>, &'static [&'static str]) {
    let fields: Vec<Field> = vec![
        (Column::numbers("items").term("items"), |q| Some(Cell::count(q.repeatability.as_ref()?.items))),
        (Column::numbers("same each time").term("exact-repeat"), |q| {
            Some(cell(&q.repeatability.as_ref()?.exact))
        }),
        (Column::numbers("flips").sacrifice(2).term("judge-flips"), |q| {
            Some(cell(&q.repeatability.as_ref()?.flips))
        }),
        (Column::numbers("α nominal").sacrifice(5).term("alpha"), |q| {
            q.repeatability.as_ref()?.alpha_nominal.map(two)
        }),
        (Column::numbers("α ordinal").term("alpha"), |q| q.repeatability.as_ref()?.alpha_ordinal.map(two)),
        (Column::numbers("α interval").sacrifice(4).term("alpha"), |q| {
            q.repeatability.as_ref()?.alpha_interval.map(two)
        }),
        (Column::numbers("ICC(A,1)").sacrifice(3).term("icc"), |q| q.repeatability.as_ref()?.icc.map(two)),
        (Column::numbers("SD, points").sacrifice(1).term("judge-deviation"), |q| {
            let deviation = q.repeatability.as_ref()?.deviation?;
            Some(Cell::number(deviation, format!("{deviation:.2}")))
        }),
    ];
    (
        "Does it repeat itself?",
        fields,
        &[
            "Flips: items of which some replies are accepted and some are not",
            "α is Krippendorff's; 1 is perfect, 0 what chance gives",
        ],
    )
}

fn agrees() -> (&'static str, Vec<Field>, &'static [&'static str]) {
    let fields: Vec<Field> = vec![
        (Column::numbers("items").sacrifice(5).term("items"), |q| {
            Some(Cell::count(q.agreement.as_ref()?.items))
        }),
        (Column::numbers("exact").sacrifice(1).term("exact-agreement"), |q| {
            Some(cell(&q.agreement.as_ref()?.exact))
        }),
        (Column::numbers("within one").sacrifice(2).term("within-one"), |q| {
            Some(cell(&q.agreement.as_ref()?.within_one))
        }),
        (Column::numbers("κ").sacrifice(6).term("kappa"), |q| q.agreement.as_ref()?.kappa.map(two)),
        (Column::numbers("quadratic κ").term("quadratic-kappa"), |q| {
            q.agreement.as_ref()?.quadratic_kappa.map(two)
        }),
        (Column::numbers("AC1").sacrifice(4).term("ac1"), |q| q.agreement.as_ref()?.gwet_ac1.map(two)),
        (Column::numbers("τ-b").sacrifice(3).term("tau-b"), |q| {
            q.agreement.as_ref()?.kendall_tau_b.map(two)
        }),
        (Column::numbers("bias, points").term("judge-bias"), |q| {
            let of = q.agreement.as_ref()?.bias;
            Some(with_limits(of, bias(of)))
        }),
    ];
    let notes: &[&str] = &["Bias is the mean of score − gold: above 0 is lenient"];
    ("Do its scores agree with gold?", fields, notes)
}

fn prefers() -> (&'static str, Vec<Field>, &'static [&'static str]) {
    let fields: Vec<Field> = vec![
        (Column::numbers("better one named").term("preference"), |q| q.preference.as_ref().map(cell)),
        (Column::numbers("pairs in both orders").sacrifice(2).term("position"), |q| {
            Some(Cell::count(q.position.as_ref()?.pairs))
        }),
        (Column::numbers("same in both").term("position"), |q| Some(cell(&q.position.as_ref()?.consistent))),
        (Column::numbers("first one named").sacrifice(1).term("first-position"), |q| {
            Some(cell(&q.position.as_ref()?.first))
        }),
        (Column::numbers("p").sacrifice(1).term("first-position"), |q| {
            let p = q.position.as_ref()?.first_p;
            Some(Cell::number(p, number::p_value(p)))
        }),
    ];
    let notes: &[&str] =
        &["p: exact binomial, of pairs that named one place in both orders; `--swap` sends both orders"];
    ("Does it see the better of two, in either order?", fields, notes)
}

fn honest() -> (&'static str, Vec<Field>, &'static [&'static str]) {
    let fields: Vec<Field> = vec![
        (Column::numbers("replies").term("parsed"), |q| Some(Cell::count(q.confidence.as_ref()?.replies))),
        (Column::numbers("mean confidence").term("confidence"), |q| {
            Some(Cell::percent(Some(q.confidence.as_ref()?.mean)))
        }),
        (Column::numbers("accepted").term("confidence"), |q| {
            Some(Cell::percent(Some(q.confidence.as_ref()?.accepted)))
        }),
        (Column::numbers("Brier").term("brier"), |q| Some(three(q.confidence.as_ref()?.brier))),
        (Column::numbers("log loss").sacrifice(1).term("log-loss"), |q| {
            Some(three(q.confidence.as_ref()?.log_loss))
        }),
        (Column::numbers("calibration error").term("ece"), |q| {
            Some(three(q.confidence.as_ref()?.calibration_error))
        }),
    ];
    let notes: &[&str] = &[
        "Always saying one half gives Brier 0.25 and log loss 0.693; the calibration error is over ten bins",
    ];
    ("Is its stated confidence honest?", fields, notes)
}

/// How often each score was given, beside how often it was right to give.
fn distribution(qualities: &[JudgeQuality]) -> Table {
    let Some(all) = qualities.first().filter(|all| !all.distribution.is_empty()) else {
        return Table::default();
    };
    let mut columns = vec![Column::words("")];
    columns.extend(all.distribution.iter().map(|score| Column::numbers(number::plain(score.score))));
    let row = |name: &str, of: fn(&crate::model::judging::ScoreCount) -> u64| {
        let counts = all.distribution.iter().map(|score| Cell::count(of(score)));
        Row::new(std::iter::once(Cell::from(name)).chain(counts).collect()).term("scores")
    };
    let rows = vec![row("given", |score| score.given), row("gold", |score| score.gold)];
    Table { columns, rows, ..Table::default() }
}

/// `83.3 % [66.4, 92.7]`.
fn cell(rate: &PassRate) -> Cell {
    let text = share(rate);
    let cell =
        rate.rate.map_or_else(|| Cell::from(text.as_str()), |share| Cell::number(100.0 * share, &text));
    let cell = cell.part("passed", real(rate.passed)).part("of", real(rate.judged));
    match rate.wilson_95 {
        Some(limits) => cell.part("low", 100.0 * limits.low).part("high", 100.0 * limits.high),
        None => cell,
    }
}

fn share(rate: &PassRate) -> String {
    let limits =
        rate.wilson_95.map_or_else(String::new, |limits| format!(" {}", number::percent_interval(limits)));
    format!("{}{limits}", or_absent(rate.rate, number::percent))
}

fn two(of: Estimate) -> Cell {
    with_limits(of, estimate(of, 2))
}

fn three(of: Estimate) -> Cell {
    with_limits(of, estimate(of, 3))
}

/// An estimate as it is written, with the numbers behind it.
fn with_limits(of: Estimate, text: String) -> Cell {
    let cell = Cell::number(of.value, text);
    match of.interval_95 {
        Some(Interval { low, high }) => cell.part("low", low).part("high", high),
        None => cell,
    }
}

/// `0.84 [0.61, 0.93]`.
fn estimate(of: Estimate, digits: usize) -> String {
    let minus = |value: f64| format!("{value:.digits$}").replace('-', "\u{2212}");
    let limits = of
        .interval_95
        .map_or_else(String::new, |Interval { low, high }| format!(" [{}, {}]", minus(low), minus(high)));
    format!("{}{limits}", minus(of.value))
}

/// `+0.25 [−0.10, +0.60]`.
fn bias(of: Estimate) -> String {
    let limits = of
        .interval_95
        .map_or_else(String::new, |Interval { low, high }| format!(" [{}, {}]", signed(low), signed(high)));
    format!("{}{limits}", signed(of.value))
}

fn signed(value: f64) -> String {
    format!("{value:+.2}").replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{self, judge_quality as quality};
    use crate::report::terminal::{TerminalOptions, summary};

    #[test]
    fn every_question_is_answered_by_category() {
        let mut result = fixture::alone();
        result.candidate.judge_quality =
            vec![quality(None), quality(Some("coherence")), quality(Some("edge|case"))];
        for width in [80, 150] {
            let options = TerminalOptions { width, color: false, ..TerminalOptions::default() };
            let text = summary(&result, &options);
            let from = text.find("Can its replies").unwrap();
            insta::assert_snapshot!(format!("judging_{width}"), &text[from..]);
        }
        let markdown =
            crate::report::markdown::render(&result, &crate::report::input::ReportInput::default()).unwrap();
        for question in questions(&result) {
            assert!(markdown.contains(&question.title), "{}", question.title);
        }
        let html =
            crate::report::html::render(&result, &crate::report::input::ReportInput::default()).unwrap();
        assert!(html.contains("Is its stated confidence honest?") && html.contains("0.84 [0.74, 0.94]"));
        assert!(
            finding(&result.candidate)
                .unwrap()
                .text
                .starts_with("117 of 120 replies could be read; quadratic κ 0.84")
        );
    }

    #[test]
    fn what_was_not_asked_has_no_table() {
        assert_eq!(questions(&fixture::paired()), []);
        let mut result = fixture::alone();
        let bare = JudgeQuality {
            repeatability: None,
            agreement: None,
            preference: None,
            position: None,
            confidence: None,
            distribution: Vec::new(),
            ..quality(None)
        };
        result.candidate.judge_quality = vec![bare];
        let titles: Vec<String> = questions(&result).into_iter().map(|question| question.title).collect();
        assert_eq!(titles, ["Can its replies be read?"]);
    }
}
