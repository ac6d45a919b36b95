//! Why a response got its verdict, for `labctl check explain`: the response with its answer marked, how that was found,
//! and what every check said.

use super::losses::{source, tone};
use super::number::{count, counted};
use super::table::{Cell, Column, Row, Table, Tone};
use super::terminal::{Screen, TerminalOptions};
use super::text::{clean, one_line};
use super::view;
use crate::model::judgement::{FoundAnswer, Judgement, Mark};
use crate::model::prompt::Prompt;
use crate::model::record::{Attempt, Row as ResultRow, Side};
use crate::model::result::RunResult;

/// Characters of a response that are shown around its answer, before and after.
const AROUND: usize = 2_000;

/// Explains the rows of one prompt; `prompt` is the one of the set that is at hand, where there is one.
#[must_use]
pub fn explain(
    result: &RunResult,
    rows: &[&ResultRow],
    prompt: Option<&Prompt>,
    options: &TerminalOptions,
) -> String {
    let mut screen = Screen::new(options);
    let id = rows.first().map_or("", |row| row.key.prompt_id.as_str());
    screen.title(
        &format!("{} of run {}", one_line(id), one_line(&result.run_id)),
        &rows.first().map_or_else(String::new, |row| format!("category {}", one_line(&row.category))),
    );
    screen.banner(result.simulated.then_some(view::SIMULATED));
    if let Some(prompt) = prompt {
        if let Some(system) = &prompt.system {
            screen.heading("System");
            screen.text(&clean(system), Tone::Plain);
        }
        screen.heading("Prompt");
        screen.text(&clean(&shortened(&prompt.prompt, None).0), Tone::Plain);
        screen.heading("Reference");
        screen.text(&clean(&prompt.reference), Tone::Plain);
    }
    for row in rows {
        for side in [Side::Baseline, Side::Candidate] {
            if let Some(attempt) = row.attempt(side) {
                of_attempt(&mut screen, result, row, side, attempt, rows.len() > 1);
            }
        }
    }
    screen.finish()
}

fn of_attempt(
    screen: &mut Screen,
    result: &RunResult,
    row: &ResultRow,
    side: Side,
    attempt: &Attempt,
    several: bool,
) {
    let model = match side {
        Side::Candidate => Some(&result.candidate),
        Side::Baseline => result.baseline.as_ref(),
    };
    let model = model.map_or_else(String::new, |side| format!(" {}", one_line(&side.model)));
    let which = if several {
        format!(", repeat {}, round {}, level {}", row.key.repeat, row.key.round, row.key.level)
    } else {
        String::new()
    };
    screen.heading(&format!("{side}{model}{which}"));
    let Attempt { exchange, judgement, .. } = attempt;
    let verdict = judgement.verdict;
    screen.item("verdict", verdict.name(), tone(verdict));
    if let Some(reason) = &exchange.finish_reason {
        screen.item("ended by", &one_line(reason), Tone::Dim);
    }
    screen.item("answer", &answer(judgement), Tone::Plain);
    if let Some(graded) = &judgement.graded {
        let mark = match graded.mark {
            Mark::Score { given, gold, .. } => {
                format!(
                    "{} where {gold} is right",
                    given.map_or_else(|| "no score".to_owned(), |g| g.to_string())
                )
            }
            Mark::Preference { given, gold } => {
                format!("{} where {} is right", given.map_or("none", |g| g.name()), gold.name())
            }
        };
        let sure = graded.confidence.map_or_else(String::new, |p| format!(", {:.0} % sure", 100.0 * p));
        screen.item("mark", &format!("{mark}{sure}"), Tone::Plain);
    }
    screen.table("", &checks(judgement));
    if !judgement.judge_replies.is_empty() {
        screen.table("", &replies(judgement));
    }
    if !exchange.reasoning.is_empty() {
        let characters = exchange.reasoning.chars().count() as u64;
        let text =
            format!("{}, kept apart and not looked at", counted(characters, "character", "characters"));
        screen.item("reasoning", &text, Tone::Dim);
    }
    let span = judgement.answer.as_ref().and_then(|found| Some(found.start?..found.end?));
    let (text, cut) = shortened(&exchange.content, span);
    screen.item("response", if cut > 0 { "shortened around the answer" } else { "" }, Tone::Dim);
    screen.text(&clean(&text), Tone::Plain);
}

fn answer(judgement: &Judgement) -> String {
    let Some(FoundAnswer { text, source: by, start, end }) = &judgement.answer else {
        return "none found".to_owned();
    };
    let place = match (start, end) {
        (Some(start), Some(end)) => format!(", bytes {} to {}", count(*start as u64), count(*end as u64)),
        _ => String::new(),
    };
    format!("{} (found {}{place})", one_line(text), source(*by))
}

fn checks(judgement: &Judgement) -> Table {
    let row = |check: &crate::model::judgement::CheckResult| {
        Row::new(vec![
            one_line(&check.check).into(),
            Cell::toned(check.verdict.name(), tone(check.verdict)),
            one_line(&check.detail).into(),
        ])
    };
    Table {
        columns: vec![Column::words("check"), Column::words("verdict"), Column::words("why")],
        rows: judgement.checks.iter().map(row).collect(),
        ..Table::default()
    }
}

fn replies(judgement: &Judgement) -> Table {
    let row = |reply: &crate::model::judgement::JudgeReply| {
        let score = reply.score.map_or_else(|| "none".to_owned(), |score| score.to_string());
        let said = reply.failure.as_deref().or(reply.reply.as_deref()).unwrap_or_default();
        Row::new(vec![reply.dimension.name().into(), score.into(), one_line(said).into()])
    };
    Table {
        columns: vec![Column::words("judged"), Column::numbers("score"), Column::words("reply")],
        rows: judgement.judge_replies.iter().map(row).collect(),
        ..Table::default()
    }
}

/// The text with its answer between `⟦` and `⟧`, cut to what stands around it, and how many characters went.
fn shortened(text: &str, span: Option<std::ops::Range<usize>>) -> (String, usize) {
    let span = span.filter(|span| text.get(span.clone()).is_some());
    let (before, answer, after) = match &span {
        Some(span) => (&text[..span.start], &text[span.clone()], &text[span.end..]),
        None => (text, "", ""),
    };
    let last = |text: &str| -> (String, usize) {
        let cut = text.chars().count().saturating_sub(AROUND);
        let kept: String = text.chars().skip(cut).collect();
        (if cut > 0 { format!("…{kept}") } else { kept }, cut)
    };
    let first = |text: &str| -> (String, usize) {
        let cut = text.chars().count().saturating_sub(AROUND);
        let kept: String = text.chars().take(AROUND).collect();
        (if cut > 0 { format!("{kept}…") } else { kept }, cut)
    };
    if span.is_none() {
        return first(before);
    }
    let ((before, one), (answer, two), (after, three)) = (last(before), first(answer), first(after));
    (format!("{before}⟦{answer}⟧{after}"), one + two + three)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_answer_is_marked_and_nothing_can_steer_the_terminal() {
        let mut result = fixture::paired();
        let row = result.rows.iter_mut().find(|row| row.candidate.is_some()).unwrap();
        let id = row.key.prompt_id.clone();
        let attempt = row.candidate.as_mut().unwrap();
        attempt.exchange.content = "Six sevens are\u{1b}[2J\nAnswer: 42".to_owned();
        attempt.judgement.answer = Some(FoundAnswer {
            text: "42".to_owned(),
            source: crate::model::judgement::AnswerSource::AnswerLine,
            start: Some(27),
            end: Some(29),
        });
        let rows: Vec<&ResultRow> = result.rows.iter().filter(|row| row.key.prompt_id == id).collect();
        let prompt = Prompt::unchecked(id, "math".to_owned(), "What is 6 times 7?".to_owned(), 64);
        let options = TerminalOptions { width: 90, color: false, ..TerminalOptions::default() };
        let text = explain(&result, &rows, Some(&prompt), &options);
        assert!(!text.contains('\u{1b}') && text.contains("Answer: ⟦42⟧"), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_long_response_is_cut_around_its_answer() {
        let text = format!("{}42{}", "a".repeat(5_000), "é".repeat(5_000));
        let (shown, cut) = shortened(&text, Some(5_000..5_002));
        assert_eq!(cut, 6_000);
        assert!(shown.starts_with("…aaa") && shown.contains("a⟦42⟧é") && shown.ends_with("é…"));
        assert_eq!(shortened("short", Some(2..99)), ("short".to_owned(), 0));
        assert_eq!(shortened("", None), (String::new(), 0));
    }
}
