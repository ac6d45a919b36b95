//! How good a judge a model is, as tables: parse failures first, for everything after is of what could be read.

use serde::Serialize;

use super::number::{self, count, or_absent};
use super::table::{Cell, Column, Row, Table, Tone};
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
        (Column::numbers("items"), |q| Some(count(q.items).into())),
        (Column::numbers("replies").sacrifice(2), |q| Some(count(q.parsed.judged).into())),
        (Column::numbers("could be read"), |q| Some(cell(&q.parsed))),
        (Column::numbers("worst case").sacrifice(1), |q| Some(cell(&q.worst_case))),
    ];
    (
        "Can its replies be read?",
        fields,
        &["95 % intervals: Wilson for shares, counting items; else a bootstrap over items"],
    )
}

fn repeats() -> (&'static str, Vec<Field>, &'static [&'static str]) {
    let fields: Vec<Field> = vec![
        (Column::numbers("items"), |q| Some(count(q.repeatability.as_ref()?.items).into())),
        (Column::numbers("same each time"), |q| Some(cell(&q.repeatability.as_ref()?.exact))),
        (Column::numbers("flips").sacrifice(2), |q| Some(cell(&q.repeatability.as_ref()?.flips))),
        (Column::numbers("α nominal").sacrifice(5), |q| q.repeatability.as_ref()?.alpha_nominal.map(two)),
        (Column::numbers("α ordinal"), |q| q.repeatability.as_ref()?.alpha_ordinal.map(two)),
        (Column::numbers("α interval").sacrifice(4), |q| q.repeatability.as_ref()?.alpha_interval.map(two)),
        (Column::numbers("ICC(A,1)").sacrifice(3), |q| q.repeatability.as_ref()?.icc.map(two)),
        (Column::numbers("SD, points").sacrifice(1), |q| {
            q.repeatability.as_ref()?.deviation.map(|deviation| format!("{deviation:.2}").into())
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
        (Column::numbers("items").sacrifice(5), |q| Some(count(q.agreement.as_ref()?.items).into())),
        (Column::numbers("exact").sacrifice(1), |q| Some(cell(&q.agreement.as_ref()?.exact))),
        (Column::numbers("within one").sacrifice(2), |q| Some(cell(&q.agreement.as_ref()?.within_one))),
        (Column::numbers("κ").sacrifice(6), |q| q.agreement.as_ref()?.kappa.map(two)),
        (Column::numbers("quadratic κ"), |q| q.agreement.as_ref()?.quadratic_kappa.map(two)),
        (Column::numbers("AC1").sacrifice(4), |q| q.agreement.as_ref()?.gwet_ac1.map(two)),
        (Column::numbers("τ-b").sacrifice(3), |q| q.agreement.as_ref()?.kendall_tau_b.map(two)),
        (Column::numbers("bias, points"), |q| Some(bias(q.agreement.as_ref()?.bias).into())),
    ];
    let notes: &[&str] = &["Bias is the mean of score − gold: above 0 is lenient"];
    ("Do its scores agree with gold?", fields, notes)
}

fn prefers() -> (&'static str, Vec<Field>, &'static [&'static str]) {
    let fields: Vec<Field> = vec![
        (Column::numbers("better one named"), |q| q.preference.as_ref().map(cell)),
        (Column::numbers("pairs in both orders").sacrifice(2), |q| {
            Some(count(q.position.as_ref()?.pairs).into())
        }),
        (Column::numbers("same in both"), |q| Some(cell(&q.position.as_ref()?.consistent))),
        (Column::numbers("first one named").sacrifice(1), |q| Some(cell(&q.position.as_ref()?.first))),
        (Column::numbers("p").sacrifice(1), |q| Some(number::p_value(q.position.as_ref()?.first_p).into())),
    ];
    let notes: &[&str] =
        &["p: exact binomial, of pairs that named one place in both orders; `--swap` sends both orders"];
    ("Does it see the better of two, in either order?", fields, notes)
}

fn honest() -> (&'static str, Vec<Field>, &'static [&'static str]) {
    let fields: Vec<Field> = vec![
        (Column::numbers("replies"), |q| Some(count(q.confidence.as_ref()?.replies).into())),
        (Column::numbers("mean confidence"), |q| Some(number::percent(q.confidence.as_ref()?.mean).into())),
        (Column::numbers("accepted"), |q| Some(number::percent(q.confidence.as_ref()?.accepted).into())),
        (Column::numbers("Brier"), |q| Some(three(q.confidence.as_ref()?.brier))),
        (Column::numbers("log loss").sacrifice(1), |q| Some(three(q.confidence.as_ref()?.log_loss))),
        (Column::numbers("calibration error"), |q| Some(three(q.confidence.as_ref()?.calibration_error))),
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
        let counts = all.distribution.iter().map(|score| Cell::from(count(of(score))));
        Row::new(std::iter::once(Cell::from(name)).chain(counts).collect())
    };
    let rows = vec![row("given", |score| score.given), row("gold", |score| score.gold)];
    Table { columns, rows, ..Table::default() }
}

/// `83.3 % [66.4, 92.7]`.
fn cell(rate: &PassRate) -> Cell {
    share(rate).into()
}

fn share(rate: &PassRate) -> String {
    let limits =
        rate.wilson_95.map_or_else(String::new, |limits| format!(" {}", number::percent_interval(limits)));
    format!("{}{limits}", or_absent(rate.rate, number::percent))
}

fn two(of: Estimate) -> Cell {
    estimate(of, 2).into()
}

fn three(of: Estimate) -> Cell {
    estimate(of, 3).into()
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
    use crate::model::judging::{Agreement, Honesty, Position, Repeatability, ScoreCount};
    use crate::report::fixture;
    use crate::report::terminal::{TerminalOptions, summary};
    use crate::stats::proportion::pass_rate;

    fn of(value: f64) -> Estimate {
        Estimate { value, interval_95: Some(Interval { low: value - 0.1, high: value + 0.1 }) }
    }

    fn quality(category: Option<&str>) -> JudgeQuality {
        JudgeQuality {
            category: category.map(str::to_owned),
            items: 40,
            parsed: pass_rate(117, 120, 40),
            worst_case: pass_rate(90, 120, 40),
            repeatability: Some(Repeatability {
                items: 40,
                exact: pass_rate(31, 40, 40),
                flips: pass_rate(4, 40, 40),
                alpha_nominal: Some(of(0.59)),
                alpha_ordinal: Some(of(0.89)),
                alpha_interval: None,
                icc: Some(of(0.91)),
                deviation: Some(0.408),
            }),
            agreement: Some(Agreement {
                items: 25,
                exact: pass_rate(40, 75, 25),
                within_one: pass_rate(70, 75, 25),
                kappa: Some(of(0.36)),
                quadratic_kappa: Some(of(0.84)),
                gwet_ac1: Some(of(0.38)),
                kendall_tau_b: Some(of(0.77)),
                bias: of(-0.1),
            }),
            preference: Some(pass_rate(12, 15, 15)),
            position: Some(Position {
                pairs: 15,
                consistent: pass_rate(11, 15, 15),
                first: pass_rate(18, 29, 29),
                first_p: 0.125,
            }),
            confidence: Some(Honesty {
                replies: 117,
                mean: 0.86,
                accepted: 0.77,
                brier: of(0.21),
                log_loss: of(0.66),
                calibration_error: of(0.12),
            }),
            distribution: (1..=5_u8)
                .map(|score| ScoreCount { score: score.into(), given: 20 + u64::from(score), gold: 22 })
                .collect(),
        }
    }

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
        let markdown = crate::report::markdown::render(&result, None).unwrap();
        for question in questions(&result) {
            assert!(markdown.contains(&question.title), "{}", question.title);
        }
        let html = crate::report::html::render(&result, None).unwrap();
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
