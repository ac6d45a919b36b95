//! `regex`: a pattern matches, in an engine whose time is linear in the text.

use ::regex::RegexBuilder;

use super::answer::any_answer;
use super::judge::{Finding, Late, Rule};
use super::must_fail::MustFail;
use super::reading::Reading;
use super::tokens::quote;
use super::transform::Transform;
use crate::model::check::{Check, Scope};
use crate::model::judgement::{AnswerSource, FoundAnswer, Verdict};

/// The most memory that a compiled pattern may take: far more than a sensible one needs.
const SIZE_LIMIT: usize = 1 << 20;

/// A compiled `regex` check.
#[derive(Debug)]
pub(super) struct Regex {
    pattern: ::regex::Regex,
    scope: Scope,
}

impl Regex {
    pub(super) fn new(check: &Check) -> Result<Self, String> {
        let Check::Regex { pattern, scope } = check else {
            return Err(format!("`{}` is not a `regex` check", check.name()));
        };
        let pattern = compiled(pattern).map_err(|e| format!("`pattern` does not compile: {e}"))?;
        Ok(Self { pattern, scope: *scope })
    }
}

/// A pattern of a prompt set, compiled within bounds.
pub(super) fn compiled(pattern: &str) -> Result<::regex::Regex, ::regex::Error> {
    RegexBuilder::new(pattern).size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT).build()
}

impl Rule for Regex {
    /// Looks at the visible text as it is, or at the answer as normalised. A group named `answer`
    /// becomes the answer.
    fn check(&self, reading: &Reading, _late: &Late<'_>) -> Finding {
        let (text, announced) = match self.scope {
            Scope::Text => (reading.text().raw.as_str().to_owned(), None),
            Scope::Answer => match any_answer(reading) {
                Ok((text, found)) => (text, Some(found)),
                Err(none) => return *none,
            },
        };
        let Some(captures) = self.pattern.captures(&text) else {
            return Finding {
                answer: announced,
                ..Finding::new(
                    Verdict::Wrong,
                    format!("expected a match of {}, found {}", quote(self.pattern.as_str()), quote(&text)),
                )
            };
        };
        let group = captures.name("answer");
        let shown = group.map_or(&captures[0], |g| g.as_str());
        let detail = format!("found {}, a match of {}", quote(shown), quote(self.pattern.as_str()));
        let answer = match (self.scope, group) {
            (Scope::Text, Some(group)) => {
                let (start, end) = reading.text().raw.source(group.range()).unzip();
                Some(FoundAnswer {
                    text: group.as_str().to_owned(),
                    source: AnswerSource::WholeText,
                    start,
                    end,
                })
            }
            _ => announced,
        };
        Finding { answer, ..Finding::new(Verdict::Pass, detail) }
    }

    fn keeps(&self, transform: Transform) -> bool {
        transform.is_undone_first() || (self.scope == Scope::Answer && transform.dresses_answer())
    }

    fn refuses(&self, what: MustFail) -> bool {
        matches!(what, MustFail::Echo | MustFail::DontKnow | MustFail::Refusal | MustFail::OtherReference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::tests::{judged, verdicts};

    fn regex(pattern: &str, scope: Scope) -> Check {
        Check::Regex { pattern: pattern.to_owned(), scope }
    }

    #[test]
    fn patterns_match_the_text_as_it_is() {
        use Verdict::{NoAnswer, Pass, Wrong};
        verdicts(
            &regex(r"^\d{3}-\d{4}$", Scope::Text),
            &[
                ("555-1234", Pass),
                ("555-1234\r\n", Pass),
                ("<think>1</think>\n555-1234", Pass),
                ("555-1234\nQuestion: next", Pass),
                ("**555-1234**", Wrong),
            ],
        );
        verdicts(&regex(r"(?m)^b$", Scope::Text), &[("a\r\nb\r\nc", Pass)]);
        verdicts(
            &regex("^Par", Scope::Answer),
            &[("x\nAnswer: **Paris**", Pass), ("x\ny", NoAnswer), ("So Paris", Wrong)],
        );
    }

    #[test]
    fn a_group_is_the_answer() {
        let content = "<think>a</think>\r\nid=**7**";
        let judgement = judged(regex(r"id=\*\*(?P<answer>\d)", Scope::Text), content);
        let answer = judgement.answer.unwrap();
        assert_eq!(answer.text, "7");
        assert_eq!(&content[answer.start.unwrap()..answer.end.unwrap()], "7");
    }

    #[test]
    fn bad_checks_are_refused() {
        assert!(Regex::new(&regex("(", Scope::Text)).unwrap_err().contains("does not compile"));
        assert!(Regex::new(&regex(r"(?:\w{1000}){1000}", Scope::Text)).is_err());
    }
}
