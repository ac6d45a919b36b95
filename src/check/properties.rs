//! What holds for every response: judging never fails on text, however hostile, and the declared
//! transforms never change a verdict.
//!
//! Time is linear in the text by construction: patterns run in an engine without backtracking, each rule looks at each
//! word a bounded number of times (`repetition` and `text_similarity` have their bounds as constants), and nothing is
//! compared with everything.

mod hostile_texts;

use std::sync::LazyLock;

use proptest::prelude::*;

use super::judge::tests::{number, prompt};
use super::{Judge, Late, Response, Transform};
use crate::model::check::{Check, Locale, Normaliser, PassWhen, Scope};
use crate::model::format::{FormatRules, LetterCase, Span};
use crate::model::judgement::{Judgement, Verdict};

fn numeric(value: &str, unit: Option<&str>) -> Check {
    Check::Numeric {
        value: value.to_owned(),
        abs: None,
        rel: None,
        decimals: Some(2),
        significant_figures: Some(3),
        unit: unit.map(str::to_owned),
        locale: Locale::English,
    }
}

fn choice(answer: char) -> Check {
    Check::Choice { options: ["Lyon", "Paris", "Nice", "Toulouse"].map(String::from).to_vec(), answer }
}

/// One check of every type and scope.
fn every_check() -> Vec<Check> {
    let mut checks = vec![numeric("42.5", Some("km")), number("2/3"), choice('B')];
    checks.push(Check::Json {
        equals: [("/a".to_owned(), serde_json::json!(1))].into(),
        required: vec!["/answer".to_owned()],
        closed: true,
    });
    for scope in [Scope::Text, Scope::Answer] {
        checks.push(Check::Contains {
            any: vec!["42|é".into()],
            all: vec!["a".into()],
            none: vec!["東".into()],
            scope,
        });
        checks.push(Check::Exact {
            values: vec!["x".into()],
            normalise: vec![
                Normaliser::Nfkc,
                Normaliser::Fence,
                Normaliser::Quotes,
                Normaliser::Punctuation,
                Normaliser::Whitespace,
                Normaliser::FullStop,
                Normaliser::Case,
            ],
            scope,
        });
        checks.push(Check::Regex { pattern: r"(?P<answer>\w+)".into(), scope });
    }
    let span = Some(Span { min: Some(1), max: Some(9) });
    checks.push(Check::Format(FormatRules {
        words: span,
        sentences: span,
        lines: span,
        paragraphs: span,
        bullets: span,
        headings: span,
        starts_with: Some("A".into()),
        ends_with: Some("é".into()),
        forbidden: vec!["!".into(), "İ".into(), "not".into()],
        letters: Some(LetterCase::Upper),
        only: Some(r"\w+".into()),
        each_line: Some(r"\S.*".into()),
        no_loop: true,
    }));
    checks.push(Check::Concepts {
        groups: vec![vec!["Paris ... 42|東 ... é".into()], vec!["1,234".into()]],
        at_least: Some(1),
        forbidden: vec!["Paris".into(), "May ... km".into(), "-".into()],
    });
    checks.push(Check::JsonSchema {
        schema: serde_json::json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "^a"}}}),
    });
    checks.push(Check::Refusal { expected: true });
    checks.push(Check::BaselineSimilarity {
        min_similarity: Some(0.5),
        same: true,
        length_ratio: Some([0.5, 2.0]),
    });
    checks.push(Check::Numeric {
        value: "42".into(),
        abs: None,
        rel: None,
        decimals: None,
        significant_figures: None,
        unit: None,
        locale: Locale::DecimalComma,
    });
    checks
}

static JUDGES: LazyLock<Vec<Judge>> = LazyLock::new(|| every_check().iter().map(judge).collect());

fn judge(check: &Check) -> Judge {
    Judge::new(&prompt(vec![check.clone()], PassWhen::All)).unwrap()
}

fn judged(judge: &Judge, content: &str) -> Judgement {
    let response = Response { content, reasoning: "", finish_reason: Some("stop") };
    judge.judge_late(&response, &Late { baseline: Some("Paris or 42 km, not 1,234"), ..Late::default() })
}

/// Pieces that the rules look for, in any order, among any characters.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => any::<char>().prop_map(String::from),
        2 => "[0-9.,:/ -]{1,8}",
        1 => "\\PC{0,6}",
        6 => prop::sample::select(vec![
            "<think>", "</think>", "[THINK]", "[/THINK]", "<|channel|>final<|message|>", "<|im_end|>", "\nQuestion:",
            "\nQ:", "\n", "\r\n", " ", "\u{a0}", "\u{2009}", "\u{200b}", "**", "*", "`", "```", "```json\n", "$", "\\",
            "\\boxed{", "\\text{", "{", "}", "\\frac{1}{2}", "####", "Answer:", "the answer is", "Final answer", "=",
            "−", "–", "½", "²", "e\u{301}", "42", "1,234", "1e999999999999999999", "1e400", "10^99999", "5/0", "2^64",
            "99999999999999999999999999999999999999999999999999", " km", "%", "$5", "minus ", "12:30", "[1]", "(see ", "A", "(B)", "Paris", "option ",
            "Paris or ", "{\"a\": 1}", "\"", "not ", "May 5", "3 hours 2 minutes", "do not ", "never, ", "rather than ", "avoid ", " and ", ", ", ". ", "- ", "# ", "1. ", "---",
            "===", "Dr. ", "e.g. ", "!", "?", "…", "I'm sorry, but I can't ", "Ω", "東", "İ", "ß", "\u{1F600}",
        ])
        .prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_a_judge(content in hostile()) {
        for judge in JUDGES.iter() {
            let judgement = judged(judge, &content);
            prop_assert_eq!(judgement.checks.len(), 1);
            if let Some(answer) = judgement.answer
                && let (Some(start), Some(end)) = (answer.start, answer.end)
            {
                prop_assert!(start < end && content.get(start..end).is_some(), "{start}..{end}");
            }
        }
    }

    #[test]
    fn a_numbers_dress_is_no_matter(
        value in prop_oneof![-2_000_000_i64..2_000_000, 0_i64..20],
        off in 0_i64..2,
        form in 0_usize..7,
        first in prop::sample::select(Transform::ALL.to_vec()),
        second in prop::sample::select(Transform::ALL.to_vec()),
    ) {
        let written = [value.to_string(), grouped(value, ','), format!("{value}.0")][form % 3].clone();
        let base = match form {
            0 | 1 => written,
            2 | 3 => format!("Answer: {written}"),
            4 => format!("First 3, then 4.\nSo the total is {written}"),
            5 => format!("The answer is {written}."),
            _ => format!("#### {written}"),
        };
        let check = number(&(value + off).to_string());
        let expected = if off == 0 { Verdict::Pass } else { Verdict::Wrong };
        keeps(&check, &base, expected, first, second)?;
    }

    #[test]
    fn an_options_dress_is_no_matter(
        right in 0_usize..4,
        given in 0_usize..4,
        form in 0_usize..9,
        first in prop::sample::select(Transform::ALL.to_vec()),
        second in prop::sample::select(Transform::ALL.to_vec()),
    ) {
        let letter = ['A', 'B', 'C', 'D'][given];
        let text = ["Lyon", "Paris", "Nice", "Toulouse"][given];
        let base = match form {
            0 => letter.to_string(),
            1 => format!("({letter})"),
            2 => format!("{letter}."),
            3 => format!("{letter}) {text}"),
            4 => format!("Option {letter}"),
            5 => format!("Answer: {letter}"),
            6 => format!("The answer is {letter}."),
            7 => text.to_owned(),
            _ => format!("It was founded by Romans.\nAnswer: {letter}. {text}"),
        };
        let check = choice(['A', 'B', 'C', 'D'][right]);
        let expected = if right == given { Verdict::Pass } else { Verdict::Wrong };
        keeps(&check, &base, expected, first, second)?;
    }
}

/// Asserts the verdict on `base`, after one transform, after the same again, and after another.
fn keeps(
    check: &Check,
    base: &str,
    expected: Verdict,
    first: Transform,
    second: Transform,
) -> Result<(), TestCaseError> {
    let judge = judge(check);
    let judgement = judged(&judge, base);
    prop_assert_eq!(judgement.verdict, expected, "{}", base);
    prop_assert!(judge.keeps(first) && judge.keeps(second));
    let Some(once) = first.apply(base, judgement.answer.as_ref()) else { return Ok(()) };
    let changed = judged(&judge, &once);
    prop_assert_eq!(changed.verdict, expected, "{:?}: {:?} {:#?}", first, &once, &changed);
    for next in [first, second] {
        // A run-on is the end: what is added after it belongs to the next question.
        if first == Transform::RunOn && matches!(next, Transform::AnswerLine | Transform::Fence) {
            continue;
        }
        let Some(twice) = next.apply(&once, changed.answer.as_ref()) else { continue };
        let verdict = judged(&judge, &twice).verdict;
        prop_assert_eq!(verdict, expected, "{:?} {:?}: {:?}", first, next, &twice);
    }
    Ok(())
}

/// With a separator between groups of three digits.
fn grouped(value: i64, separator: char) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    if value < 0 { format!("-{out}") } else { out }
}
