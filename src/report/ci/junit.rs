//! JUnit XML: a suite a category with a case a prompt, and a suite `gates` with a case a gate (a category of that name
//! is `gates (category)`).
//!
//! Which prompts are failures is decided in `cases`; a prompt that nothing judged is skipped. A gate
//! that is inconclusive is skipped, or a failure where its policy is `fail`; one that is invalid is an error. What makes
//! the whole worth nothing or the command fail (sides that can't be compared, an interruption) is a case `measurement`
//! with an error, whose type tells which.
//!
//! The text of answers is limited, so that the file stays below the 30 MB that GitLab reads.

use std::fmt::Write as _;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::cases::{self, Case, Standing};
use super::{Broken, CiInput, policy};
use crate::model::comparison::{GateResult, GateVerdict};
use crate::model::gate::OnInconclusive;
use crate::model::record::Attempt;
use crate::report::losses;
use crate::report::text::{clean, fit, one_line};

/// The suite of the gates.
pub const GATES: &str = "gates";
/// The case of what makes all else worth nothing.
pub const MEASUREMENT: &str = "measurement";
/// Bytes of answers in one file.
const MOST_TEXT: usize = 8 << 20;
/// The longest message, in columns.
const MESSAGE: usize = 400;

/// A report that could not be written as XML.
#[derive(Debug, thiserror::Error)]
#[error("could not write the JUnit report as XML")]
pub struct JunitError(#[from] SerializeError);

/// The report as XML.
///
/// # Errors
///
/// When the XML writer refuses it; no input is known that makes it.
pub fn render(input: &CiInput<'_>) -> Result<String, JunitError> {
    let mut room = MOST_TEXT;
    let simulated = if input.simulated { "SIMULATED " } else { "" };
    let title = format!("{simulated}{}", input.title);
    let mut report = Report::new(inert_line(&title));
    for (category, cases) in cases::by_category(input) {
        let mut suite = TestSuite::new(suite_of(category));
        let mut total = Duration::ZERO;
        for case in &cases {
            let test = of_prompt(input, category, case, &mut room);
            total += test.time.unwrap_or_default();
            suite.add_test_case(test);
        }
        suite.set_time(total);
        report.add_test_suite(suite);
    }
    let gates = gates(input);
    if !gates.test_cases.is_empty() {
        report.add_test_suite(gates);
    }
    for suite in &mut report.test_suites {
        suite.add_properties(properties(input));
    }
    report.set_time(report.test_suites.iter().filter_map(|suite| suite.time).sum());
    Ok(report.to_string()?)
}

/// A category's suite. The gates' own name is theirs.
fn suite_of(category: &str) -> String {
    let name = inert_line(category);
    if name == GATES { format!("{name} (category)") } else { name }
}

fn properties(input: &CiInput<'_>) -> Vec<Property> {
    let model = |side: Option<&crate::model::result::SideInfo>| side.map(|side| inert_line(&side.model));
    [
        ("run_id", input.run_id.map(inert_line)),
        ("baseline_run_id", input.baseline_run_id.map(inert_line)),
        ("candidate", model(input.candidate)),
        ("baseline", model(input.baseline)),
        ("simulated", Some(input.simulated.to_string())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(Property::new(name, value?)))
    .collect()
}

fn of_prompt(input: &CiInput<'_>, category: &str, case: &Case<'_>, room: &mut usize) -> TestCase {
    let mut told = None;
    let status = match (&case.fails_because, case.standing) {
        (Some(why), _) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(case.verdict()).set_message(fit(&message(input, case, why), MESSAGE));
            status.set_description(within(room, &account(input, case)));
            status
        }
        (None, Standing::NotJudged(verdict)) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("not judged: {verdict}"));
            status
        }
        (None, Standing::Right) => TestCaseStatus::success(),
        (None, Standing::Lost | Standing::Gained | Standing::Wrong) => {
            told = Some(within(room, &account(input, case)));
            TestCaseStatus::success()
        }
    };
    let mut test = TestCase::new(inert_line(case.prompt_id), status);
    let set = input.prompt_set.map_or_else(|| "labctl".to_owned(), inert_line);
    test.set_classname(format!("{set}.{}", inert_line(category)));
    if let Some(time) = case.e2e_ms.and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok()) {
        test.set_time(time);
    }
    if let Some(text) = told {
        test.set_system_out(text);
    }
    if let Some(place) = input.places.get(case.prompt_id) {
        test.extra.insert("file".into(), inert_line(&place.file).into());
        test.extra.insert("line".into(), place.line.to_string().into());
    }
    test
}

/// What happened, in one line.
fn message(input: &CiInput<'_>, case: &Case<'_>, why: &str) -> String {
    inert_line(&format!("{}; {why}", case.words(input)))
}

/// What happened with both answers, over several lines.
fn account(input: &CiInput<'_>, case: &Case<'_>) -> String {
    let mut text = case.words(input);
    if case.standing == Standing::Lost && case.fails_because.is_none() {
        text.push_str("\nnot a failure: its category's verdict is not FAIL");
    }
    let attempts = [(input.baseline, &case.row.baseline), (input.candidate, &case.row.candidate)];
    for (side, attempt) in attempts {
        if let (Some(side), Some(attempt)) = (side, attempt) {
            tell(&mut text, &one_line(&side.model), attempt);
        }
    }
    text
}

fn tell(text: &mut String, side: &str, attempt: &Attempt) {
    let answer = losses::answer(side, attempt, None);
    let source = answer.source.map_or_else(String::new, |source| format!(" ({source})"));
    // Writing to a string can't fail.
    let _ = write!(text, "\n\n{}: {}\nanswer{source}: {}", answer.side, answer.verdict, answer.short);
    for line in answer.checks.iter().chain(&answer.remarks) {
        let _ = write!(text, "\n{line}");
    }
    let _ = write!(text, "\ntext:\n{}", answer.text);
    if let Some(cut) = &answer.cut {
        let _ = write!(text, "\n[{cut}]");
    }
}

/// The text as far as there is room for texts, or a note in its place.
fn within(room: &mut usize, text: &str) -> String {
    let text = inert(text);
    if text.len() <= *room {
        *room -= text.len();
        text
    } else {
        "left out to keep this file small: the result has both answers".to_owned()
    }
}

fn gates(input: &CiInput<'_>) -> TestSuite {
    let mut suite = TestSuite::new(GATES);
    let case = |name: &str, status| {
        let mut case = TestCase::new(inert_line(name), status);
        case.set_classname("labctl.gates");
        case
    };
    if let Some(Broken { kind, reason, .. }) = input.broken() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type(kind).set_message(fit(&inert_line(&reason), MESSAGE)).set_description(inert(&reason));
        suite.add_test_case(case(MEASUREMENT, status));
    }
    for gate in input.gates {
        suite.add_test_case(case(&gate.name, of_gate(gate)));
    }
    suite
}

fn of_gate(gate: &GateResult) -> TestCaseStatus {
    let mut status = match (gate.verdict, policy(gate)) {
        (GateVerdict::Pass, _) => return TestCaseStatus::success(),
        (GateVerdict::Invalid, _) => TestCaseStatus::non_success(NonSuccessKind::Error),
        (GateVerdict::Fail, _) | (GateVerdict::Inconclusive, OnInconclusive::Fail) => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        (GateVerdict::Inconclusive, OnInconclusive::Pass | OnInconclusive::Warn) => TestCaseStatus::skipped(),
    };
    let reason = inert_line(&gate.reason);
    status.set_type(super::word(gate.verdict)).set_message(fit(&reason, MESSAGE)).set_description(reason);
    status
}

/// Text that is only text in XML: control characters shown as pictures, what XML forbids replaced. The writer escapes
/// the rest.
fn inert(text: &str) -> String {
    clean(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// The same on one line, for attributes.
fn inert_line(text: &str) -> String {
    inert(&one_line(text))
}
