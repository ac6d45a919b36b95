//! Puts the checks of one prompt together into a verdict on a response.

use super::choice::Choice;
use super::code::Code;
use super::concepts::Concepts;
use super::contains::Contains;
use super::declines::Declines;
use super::exact::Exact;
use super::format::Format;
use super::json::Json;
use super::json_schema::JsonSchema;
use super::must_fail::MustFail;
use super::numeric::Numeric;
use super::preference::Preference;
use super::reading::Reading;
use super::refusal::is_refusal;
use super::regex::Regex;
use super::rubric::Rubric;
use super::score::Score;
use super::similarity::Similarity;
use super::transform::Transform;
use super::visible::visible;
use crate::model::check::{Check, PassWhen};
use crate::model::exchange::Exchange;
use crate::model::judgement::{CheckResult, FoundAnswer, Graded, JudgeReply, Judgement, Verdict};
use crate::model::outcome::Outcome;
use crate::model::prompt::Prompt;

/// Why a prompt's checks cannot be used. Nothing is sent before every prompt's checks compile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// The prompt has nothing to be judged by.
    #[error("prompt `{prompt}` has no checks: give it at least one")]
    NoChecks {
        /// The prompt's id.
        prompt: String,
    },
    /// `pass_when` asks for none of the checks, or for more than there are.
    #[error("prompt `{prompt}`: `pass_when` asks for {wanted} of {checks} checks")]
    PassWhen {
        /// The prompt's id.
        prompt: String,
        /// How many must hold.
        wanted: u32,
        /// How many there are.
        checks: usize,
    },
    /// One check cannot be compiled.
    #[error("prompt `{prompt}`, check {position} (`{check}`): {problem}")]
    Check {
        /// The prompt's id.
        prompt: String,
        /// The check's place in the prompt, from 1.
        position: usize,
        /// The check's type.
        check: &'static str,
        /// What is wrong with it, and what to do.
        problem: String,
    },
}

/// A response as received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Response<'a> {
    /// The answer's text.
    pub content: &'a str,
    /// The reasoning's text, where the server sends it apart. It never holds the answer.
    pub reasoning: &'a str,
    /// `stop`, `length`, …, as the server told it.
    pub finish_reason: Option<&'a str>,
}

/// The checks of one prompt, compiled once: patterns, numbers, needles.
#[derive(Debug)]
pub struct Judge {
    checks: Vec<Compiled>,
    needed: usize,
    field: Option<String>,
}

/// What is known of a response only after the load: nothing of it is there while the load runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Late<'a> {
    /// The baseline's text on the same prompt.
    pub baseline: Option<&'a str>,
    /// What the judge endpoint replied about this response.
    pub replies: &'a [JudgeReply],
}

/// A compiled check.
pub(super) trait Rule: std::fmt::Debug + Send + Sync {
    /// Looks at a response. `unchecked` where what it needs isn't there: then it doesn't count.
    fn check(&self, reading: &Reading, late: &Late<'_>) -> Finding;

    /// Whether it says the same of a response after a change of dress. Without a word from the check: of one that is
    /// undone before any check looks.
    fn keeps(&self, transform: Transform) -> bool {
        transform.is_undone_first()
    }

    /// Whether it passes nothing of this kind, whatever the prompt. Without a word from the check: what no check takes
    /// for an answer.
    fn refuses(&self, what: MustFail) -> bool {
        matches!(what, MustFail::Echo | MustFail::DontKnow | MustFail::Refusal)
    }

    /// Whether a response that the token limit cut off can't be what it asks for, whatever it says.
    fn needs_the_end(&self) -> bool {
        true
    }

    /// Of a check on a model that is itself a judge: what is kept where there is no text to look at.
    fn ungraded(&self) -> Option<Graded> {
        None
    }
}

#[derive(Debug)]
struct Compiled {
    /// The check's type, as in the prompt set.
    name: &'static str,
    rule: Box<dyn Rule>,
}

/// What one check makes of a response.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    /// What was expected and what was found.
    pub(super) detail: String,
    pub(super) answer: Option<FoundAnswer>,
    /// Of a check on a model that is itself a judge.
    pub(super) graded: Option<Graded>,
}

impl Finding {
    /// A verdict with its reason.
    pub(super) const fn new(verdict: Verdict, detail: String) -> Self {
        Self { verdict, detail, answer: None, graded: None }
    }

    /// A pass or a fault.
    pub(super) const fn passes(is_pass: bool, detail: String) -> Self {
        Self::new(if is_pass { Verdict::Pass } else { Verdict::Wrong }, detail)
    }

    pub(super) fn no_answer(detail: String) -> Self {
        Self::new(Verdict::NoAnswer, detail)
    }
}

impl Compiled {
    fn new(check: &Check) -> Result<Self, String> {
        let rule: Box<dyn Rule> = match check {
            Check::Contains { .. } => Box::new(Contains::new(check)?),
            Check::Exact { .. } => Box::new(Exact::new(check)?),
            Check::Regex { .. } => Box::new(Regex::new(check)?),
            Check::Numeric { .. } => Box::new(Numeric::new(check)?),
            Check::Choice { .. } => Box::new(Choice::new(check)?),
            Check::Json { .. } => Box::new(Json::new(check)?),
            Check::JsonSchema { schema } => Box::new(JsonSchema::new(schema)?),
            Check::Format(rules) => Box::new(Format::new(rules)?),
            Check::Refusal { expected } => Box::new(Declines { expected: *expected }),
            Check::Code(rules) => Box::new(Code::new(rules)?),
            Check::Concepts { groups, at_least, forbidden } => {
                Box::new(Concepts::new(groups, *at_least, forbidden)?)
            }
            Check::BaselineSimilarity { min_similarity, same, length_ratio } => {
                Box::new(Similarity::new(*min_similarity, *same, *length_ratio)?)
            }
            Check::Judge { dimensions, pass_at, .. } => Box::new(Rubric::new(dimensions, *pass_at)?),
            Check::Score { gold, scale, accept } => Box::new(Score::new(*gold, *scale, *accept)?),
            Check::Preference { gold } => Box::new(Preference { gold: *gold }),
        };
        Ok(Self { name: check.name(), rule })
    }
}

impl Judge {
    /// Of a prompt that is sent for its speed alone: whatever comes is `unchecked`.
    #[must_use]
    pub const fn of_nothing() -> Self {
        Self { checks: Vec::new(), needed: 0, field: None }
    }

    /// Compiles a prompt's checks.
    pub fn new(prompt: &Prompt) -> Result<Self, CheckError> {
        let id = || prompt.id.clone();
        if prompt.checks.is_empty() {
            return Err(CheckError::NoChecks { prompt: id() });
        }
        let mut checks = Vec::with_capacity(prompt.checks.len());
        for (index, check) in prompt.checks.iter().enumerate() {
            checks.push(Compiled::new(check).map_err(|problem| CheckError::Check {
                prompt: id(),
                position: index + 1,
                check: check.name(),
                problem,
            })?);
        }
        let needed = match prompt.pass_when {
            PassWhen::All => checks.len(),
            PassWhen::Any => 1,
            PassWhen::AtLeast(wanted) => usize::try_from(wanted)
                .ok()
                .filter(|needed| (1..=checks.len()).contains(needed))
                .ok_or_else(|| CheckError::PassWhen { prompt: id(), wanted, checks: checks.len() })?,
        };
        Ok(Self { checks, needed, field: answer_field(&prompt.checks) })
    }

    /// Judges a response. In this order: cut off by the token limit, or its thinking never closed,
    /// is `truncated` whatever it says (it is not the answer the model meant to give, and a limit
    /// that cuts one side more often must show as that), unless no check asks for how it ends; nothing to read is `empty`; what the
    /// prompt asks for is `pass`; else an opening such as "I can't help with that" is `refused`;
    /// else `no_answer` where a check found none, or several; else `wrong`.
    ///
    /// The results of the single checks are kept in every case in which there is text to check. A check that needs
    /// what isn't there (`unchecked`) doesn't count; where one could not be applied and would decide, that is
    /// the verdict.
    #[must_use]
    pub fn judge(&self, response: &Response<'_>) -> Judgement {
        self.judge_late(response, &Late::default())
    }

    /// The same with what is known only after the load.
    #[must_use]
    pub fn judge_late(&self, response: &Response<'_>, late: &Late<'_>) -> Judgement {
        let judge_replies = late.replies.to_vec();
        let is_cut = matches!(response.finish_reason, Some("length" | "max_tokens"));
        let Some(visible) = visible(response.content) else {
            return self.all(Verdict::Truncated, "its thinking was never closed");
        };
        if visible.text.as_str().chars().all(is_blank) {
            return if is_cut {
                self.all(Verdict::Truncated, "cut off by the token limit before any answer")
            } else {
                let is_thought = visible.text.as_str().len() < response.content.trim().len()
                    || !response.reasoning.is_empty();
                self.all(Verdict::Empty, if is_thought { "no text but reasoning" } else { "no text" })
            };
        }
        let reading = Reading::new(&visible, self.field.clone());
        let (mut answer, mut graded) = (None, None);
        let mut checks = Vec::with_capacity(self.checks.len());
        for check in &self.checks {
            let finding = check.rule.check(&reading, late);
            answer = answer.or(finding.answer);
            graded = graded.or(finding.graded);
            checks.push(CheckResult {
                check: check.name.to_owned(),
                verdict: finding.verdict,
                detail: finding.detail,
            });
        }
        let verdict = if is_cut && self.checks.iter().any(|check| check.rule.needs_the_end()) {
            Verdict::Truncated
        } else {
            self.verdict(&checks, || {
                response.finish_reason == Some("content_filter") || is_refusal(reading.text().text())
            })
        };
        Judgement { verdict, answer, checks, graded, judge_replies }
    }

    /// The verdict that the checks come to together.
    fn verdict(&self, checks: &[CheckResult], declined: impl Fn() -> bool) -> Verdict {
        let count = |wanted: Verdict| checks.iter().filter(|c| c.verdict == wanted).count();
        let applied = checks.len() - count(Verdict::Unchecked);
        if applied == 0 {
            return Verdict::Unchecked;
        }
        let needed = self.needed.min(applied);
        let held = count(Verdict::Pass);
        if held >= needed {
            return Verdict::Pass;
        }
        let missing = count(Verdict::JudgeUnparsed) + count(Verdict::CheckError);
        if held + missing >= needed {
            let is_unparsed = count(Verdict::JudgeUnparsed) > 0;
            return if is_unparsed { Verdict::JudgeUnparsed } else { Verdict::CheckError };
        }
        if declined() {
            Verdict::Refused
        } else if count(Verdict::NoAnswer) > 0 {
            Verdict::NoAnswer
        } else {
            Verdict::Wrong
        }
    }

    /// Whether every check says the same after this change of dress.
    pub(super) fn keeps(&self, transform: Transform) -> bool {
        self.checks.iter().all(|check| check.rule.keeps(transform))
    }

    /// Whether so many checks refuse this that too few are left for a pass. Nothing at all never passes.
    pub(super) fn refuses(&self, what: MustFail) -> bool {
        let refusing = self.checks.iter().filter(|check| check.rule.refuses(what)).count();
        what == MustFail::Empty || refusing + self.needed > self.checks.len()
    }

    /// The same verdict from every check, where there is no text to check.
    fn all(&self, verdict: Verdict, detail: &str) -> Judgement {
        let result = |check: &Compiled| CheckResult {
            check: check.name.to_owned(),
            verdict,
            detail: detail.to_owned(),
        };
        Judgement {
            checks: self.checks.iter().map(result).collect(),
            graded: self.checks.iter().find_map(|check| check.rule.ungraded()),
            ..Judgement::bare(verdict)
        }
    }
}

/// Judges an exchange: what didn't succeed is `transport_error`, which is missing and not failed; a
/// stream that ended well without a token is `empty`.
#[must_use]
pub fn judge_exchange(judge: &Judge, exchange: &Exchange) -> Judgement {
    judge_exchange_late(judge, exchange, &Late::default())
}

/// The same with what is known only after the load.
#[must_use]
pub fn judge_exchange_late(judge: &Judge, exchange: &Exchange, late: &Late<'_>) -> Judgement {
    let response = Response {
        content: &exchange.content,
        reasoning: &exchange.reasoning,
        finish_reason: exchange.finish_reason.as_deref(),
    };
    let judgement = match exchange.outcome {
        _ if judge.checks.is_empty() => Judgement::bare(Verdict::Unchecked),
        Outcome::Success => judge.judge_late(&response, late),
        Outcome::Empty => judge.all(Verdict::Empty, "no text"),
        _ => Judgement::bare(Verdict::TransportError),
    };
    Judgement { judge_replies: late.replies.to_vec(), ..judgement }
}

/// White space, and what is as good as it.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

/// The pointer that the prompt's JSON must hold the answer at: the only one that a `json` check
/// names, or `/answer` among several.
fn answer_field(checks: &[Check]) -> Option<String> {
    checks.iter().find_map(|check| {
        let Check::Json { equals, required, .. } = check else { return None };
        let mut pointers: Vec<&String> = equals.keys().chain(required).collect();
        pointers.sort();
        pointers.dedup();
        match pointers.as_slice() {
            [only] => Some((*only).clone()),
            several => several.iter().find(|p| p.as_str() == "/answer").map(|p| (*p).clone()),
        }
    })
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::check::Scope;
    use crate::model::fixture;

    /// A prompt with these checks.
    pub(crate) fn prompt(checks: Vec<Check>, pass_when: PassWhen) -> Prompt {
        Prompt {
            checks,
            pass_when,
            ..Prompt::unchecked("p1".to_owned(), "test".to_owned(), "?".to_owned(), 16)
        }
    }

    /// What one check makes of a response that ended well.
    pub(crate) fn judged(check: Check, content: &str) -> Judgement {
        let judge = Judge::new(&prompt(vec![check], PassWhen::All)).unwrap();
        judge.judge(&Response { content, reasoning: "", finish_reason: Some("stop") })
    }

    /// Asserts the verdict on each response, and that the stored span holds the answer.
    pub(crate) fn verdicts(check: &Check, cases: &[(&str, Verdict)]) {
        for (content, expected) in cases {
            let judgement = judged(check.clone(), content);
            let shown: String = content.chars().take(200).collect();
            assert_eq!(judgement.verdict, *expected, "{shown}\n{judgement:#?}");
            if let Some(FoundAnswer { start: Some(start), end: Some(end), .. }) = judgement.answer {
                assert!(start < end && content.get(start..end).is_some(), "{shown}: {start}..{end}");
            }
        }
    }

    fn needle(all: &str) -> Check {
        Check::Contains { any: vec![], all: vec![all.to_owned()], none: vec![], scope: Scope::default() }
    }

    pub(crate) fn number(value: &str) -> Check {
        Check::Numeric {
            value: value.to_owned(),
            abs: None,
            rel: None,
            decimals: None,
            significant_figures: None,
            unit: None,
            locale: crate::model::check::Locale::English,
        }
    }

    fn verdict(checks: &[Check], pass_when: PassWhen, content: &str, finish_reason: &str) -> Verdict {
        let judge = Judge::new(&prompt(checks.to_vec(), pass_when)).unwrap();
        judge.judge(&Response { content, reasoning: "7", finish_reason: Some(finish_reason) }).verdict
    }

    #[test]
    fn verdicts_by_precedence() {
        use Verdict::{Empty, NoAnswer, Pass, Refused, Truncated, Wrong};
        let checks = [number("42")];
        for (content, finish_reason, expected) in [
            ("42", "stop", Pass),
            ("42", "tool_calls", Pass),
            ("42", "length", Truncated),
            ("41", "length", Truncated),
            ("", "length", Truncated),
            ("<think>42", "stop", Truncated),
            ("<think>42", "length", Truncated),
            ("", "stop", Empty),
            (" \n\u{200b}\u{a0}", "stop", Empty),
            ("<think>42</think>", "stop", Empty),
            ("<|im_end|>", "stop", Empty),
            ("I'm sorry, but I can't help with that.", "stop", Refused),
            ("I’m sorry, but I can’t help with item 7.", "stop", Refused),
            ("I'm sorry, but I can't say more than 42.", "stop", Pass),
            ("Blocked", "content_filter", Refused),
            ("I don't know.", "stop", NoAnswer),
            ("41", "stop", Wrong),
        ] {
            assert_eq!(
                verdict(&checks, PassWhen::All, content, finish_reason),
                expected,
                "{content:?} {finish_reason}"
            );
        }
    }

    #[test]
    fn checks_combine() {
        use Verdict::{NoAnswer, Pass, Wrong};
        let checks = [number("42"), needle("km"), needle("far")];
        for (pass_when, content, expected) in [
            (PassWhen::All, "far: 42 km", Pass),
            (PassWhen::All, "42 km", Wrong),
            (PassWhen::All, "far km", NoAnswer),
            (PassWhen::Any, "km", Pass),
            (PassWhen::Any, "41", Wrong),
            (PassWhen::AtLeast(2), "far 41 km", Pass),
            (PassWhen::AtLeast(2), "41 km", Wrong),
        ] {
            assert_eq!(verdict(&checks, pass_when, content, "stop"), expected, "{pass_when:?} {content}");
        }
    }

    #[test]
    fn the_verdict_can_be_audited() {
        let content = "<think>7</think>\r\nThe answer is **1\u{a0}234**.";
        let judgement = judged(number("1234"), content);
        let answer = judgement.answer.unwrap();
        assert_eq!(answer.text, "1234");
        assert_eq!(&content[answer.start.unwrap()..answer.end.unwrap()], "1\u{a0}234");
        assert_eq!(judgement.checks[0].detail, "expected 1234, found \"1234\"");
        let wrong = judged(number("5"), "Answer: 6");
        assert_eq!(wrong.checks[0].detail, "expected 5, found \"6\"");
    }

    #[test]
    fn the_required_json_field_is_the_answer() {
        let json = Check::Json {
            equals: BTreeMap::default(),
            required: vec!["/steps".to_owned(), "/answer".to_owned()],
            closed: false,
        };
        let checks = [number("42"), json];
        let content = r#"{"answer": 42, "steps": [6, 7]}"#;
        assert_eq!(verdict(&checks, PassWhen::All, content, "stop"), Verdict::Pass);
        let judge = Judge::new(&prompt(checks.to_vec(), PassWhen::All)).unwrap();
        let answer = judge.judge(&Response { content, ..Response::default() }).answer.unwrap();
        assert_eq!(answer.source, crate::model::judgement::AnswerSource::JsonField);
    }

    #[test]
    fn exchanges_that_failed_are_missing() {
        let judge = Judge::new(&prompt(vec![number("42")], PassWhen::All)).unwrap();
        for outcome in Outcome::ALL {
            let exchange = Exchange { outcome, content: "42".to_owned(), ..fixture::exchange() };
            let expected = match outcome {
                Outcome::Success => Verdict::Pass,
                Outcome::Empty => Verdict::Empty,
                _ => Verdict::TransportError,
            };
            assert_eq!(judge_exchange(&judge, &exchange).verdict, expected, "{outcome}");
        }
    }

    #[test]
    fn unusable_checks_are_named() {
        for (checks, pass_when, message) in [
            (vec![], PassWhen::All, "prompt `p1` has no checks: give it at least one"),
            (vec![number("1")], PassWhen::AtLeast(2), "prompt `p1`: `pass_when` asks for 2 of 1 checks"),
            (vec![number("1")], PassWhen::AtLeast(0), "prompt `p1`: `pass_when` asks for 0 of 1 checks"),
            (
                vec![number("1"), number("x")],
                PassWhen::All,
                "prompt `p1`, check 2 (`numeric`): `value` \"x\" is not a number",
            ),
        ] {
            assert_eq!(Judge::new(&prompt(checks, pass_when)).unwrap_err().to_string(), message);
        }
    }
}
