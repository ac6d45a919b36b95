//! `choice`: one option of several, by its letter or by its text.

use std::ops::Range;
use std::sync::LazyLock;

use ::regex::Regex;

use super::answer::{Answer, Read, Reader, find, line_end};
use super::judge::{Finding, Late, Rule};
use super::must_fail::MustFail;
use super::options::{Options, index_of, letter};
use super::reading::{Reading, Stage};
use super::tokens::{pattern, quote};
use super::transform::Transform;
use crate::model::check::Check;
use crate::model::judgement::{AnswerSource, Verdict};

/// What joins alternatives.
static ALTERNATIVE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\A[\s*_)\].]*(?:,|;|/|&|\||\bor\b|\band\b)+\s*(?:or |and )?"));
/// What may stand between a letter and its option's text.
static SEPARATOR: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\A[\s*_)\].:,;–—'\x22(-]*(?:(?:is|which is|i\.e\.)\s+)?"));

/// A compiled `choice` check.
#[derive(Debug)]
pub(super) struct Choice {
    texts: Vec<String>,
    options: Options,
    answer: usize,
}

impl Choice {
    pub(super) fn new(check: &Check) -> Result<Self, String> {
        let Check::Choice { options, answer } = check else {
            return Err(format!("`{}` is not a `choice` check", check.name()));
        };
        if !(2..=10).contains(&options.len()) {
            return Err(format!("`options` must be 2 to 10, found {}", options.len()));
        }
        let index = index_of(*answer).filter(|index| *index < options.len()).ok_or_else(|| {
            format!("`answer` must be a letter from A to {}, found `{answer}`", letter(options.len() - 1))
        })?;
        Ok(Self { texts: options.clone(), options: Options::new(options)?, answer: index })
    }

    /// One option, none or several, from what is mentioned.
    fn sole(&self, text: &str, range: &Range<usize>) -> Read<usize> {
        match self.options.mentions(text, range).as_slice() {
            [] => Read::Nothing,
            [(option, place)] => Read::One(*option, place.clone()),
            several => Read::Several(names(several.iter().map(|(option, _)| *option))),
        }
    }

    /// Reads a text that begins with an answer.
    fn led(&self, text: &str, range: &Range<usize>) -> Read<usize> {
        let lead =
            self.options.text_at_start(text, range).or_else(|| self.options.letter_at_start(text, range));
        let Some((option, place)) = lead else { return Read::Nothing };
        let rest = place.end..range.end;
        let separator = SEPARATOR.find(&text[rest.clone()]).map_or(0, |m| m.end());
        let own_text = self.options.text_at_start(text, &(rest.start + separator..rest.end));
        let mut end = rest.start;
        match own_text {
            Some((other, _)) if other != option => return Read::Several(names([option, other])),
            Some((_, same)) => end = same.end,
            None => {}
        }
        if let Some(joint) = ALTERNATIVE.find(&text[end..range.end]) {
            let next = end + joint.end()..range.end;
            let second =
                self.options.text_at_start(text, &next).or_else(|| self.options.letter_at_start(text, &next));
            if let Some((other, _)) = second.filter(|(other, _)| *other != option) {
                return Read::Several(names([option, other]));
            }
        }
        Read::One(option, place)
    }

    /// Reads a line that is an option and nothing else.
    fn whole_line(&self, text: &str, range: &Range<usize>) -> Option<(usize, Range<usize>)> {
        let (option, place) =
            self.options.letter_at_start(text, range).or_else(|| self.options.text_at_start(text, range))?;
        let own =
            self.options.text_at_start(text, range).filter(|own| own.0 != option || own.1.end > place.end);
        let (option, place) = own.unwrap_or((option, place));
        let after = place.end + SEPARATOR.find(&text[place.end..range.end]).map_or(0, |m| m.end());
        let end = match self.options.text_at_start(text, &(after..range.end)) {
            Some((other, same)) if other == option => same.end,
            Some(_) => return None,
            None => place.end,
        };
        text[end..range.end].chars().all(|c| !c.is_alphanumeric()).then_some((option, place))
    }
}

impl Rule for Choice {
    fn check(&self, reading: &Reading, _late: &Late<'_>) -> Finding {
        let expected = format!("expected {} ({})", letter(self.answer), quote(&self.texts[self.answer]));
        match find(reading, self) {
            Answer::Nothing => Finding::no_answer(format!("{expected}, found none of the options")),
            Answer::Ambiguous(detail) => {
                Finding::no_answer(format!("{expected}, found more than one: {detail}"))
            }
            Answer::Found(option, found) => Finding {
                verdict: if option == self.answer { Verdict::Pass } else { Verdict::Wrong },
                detail: format!("{expected}, found {} in {}", letter(option), quote(&found.text)),
                answer: Some(found),
                graded: None,
            },
        }
    }

    fn keeps(&self, _transform: Transform) -> bool {
        true
    }

    fn refuses(&self, what: MustFail) -> bool {
        // Another row's letter is right by chance.
        matches!(what, MustFail::Echo | MustFail::DontKnow | MustFail::Refusal | MustFail::AllOptions)
    }
}

impl Reader for Choice {
    type Value = usize;

    fn announced(&self, stage: &Stage, range: Range<usize>, source: AnswerSource) -> Read<usize> {
        let text = stage.text();
        if text[range.clone()].get(..4).is_some_and(|start| start.eq_ignore_ascii_case("not ")) {
            return Read::Nothing;
        }
        if let Some(other) = self.listed_after(text, &range) {
            return other;
        }
        match self.led(text, &range) {
            Read::Nothing if source != AnswerSource::Hashes => self.sole(text, &range),
            read => read,
        }
    }

    fn unannounced(&self, stage: &Stage, range: Range<usize>) -> (AnswerSource, Read<usize>) {
        (AnswerSource::WholeText, self.guess(stage.text(), &range))
    }
}

impl Choice {
    /// Reads a text in which nothing is announced: a single line as an answer; else the first or
    /// last line where it is an option and nothing else; else the only option mentioned in the
    /// last line; else the only one that has a line of its own; else the only one mentioned.
    fn guess(&self, text: &str, whole: &Range<usize>) -> Read<usize> {
        if whole.is_empty() {
            return Read::Nothing;
        }
        let first = whole.start..text[whole.clone()].find('\n').map_or(whole.end, |o| whole.start + o);
        let last = text[whole.clone()].rfind('\n').map_or(whole.start, |o| whole.start + o + 1)..whole.end;
        if first == *whole {
            return match self.led(text, whole) {
                Read::Nothing => self.sole(text, whole),
                read => read,
            };
        }
        match (self.whole_line(text, &first), self.whole_line(text, &last)) {
            (Some((a, _)), Some((b, _))) if a != b => Read::Several(names([a, b])),
            (_, Some((option, place))) => Read::One(option, place),
            // One of several options that have lines of their own is only the first of a list.
            (Some((option, _)), None) => self
                .own_line(text, whole)
                .unwrap_or_else(|| Read::Several(format!("{} and others, a line each", letter(option)))),
            (None, None) => match self.sole(text, &last) {
                Read::Nothing => self.own_line(text, whole).unwrap_or_else(|| self.sole(text, whole)),
                read => read,
            },
        }
    }

    /// What an announcement comes to that all options follow, a line each: several answers.
    fn listed_after(&self, text: &str, range: &Range<usize>) -> Option<Read<usize>> {
        let (first, _) = self.whole_line(text, range)?;
        let rest = &text[range.end..];
        let start = range.end + rest.find(|c: char| !c.is_whitespace())?;
        // Only a line below it, not the rest of its own.
        rest[..start - range.end].contains('\n').then_some(())?;
        let (second, _) = self.whole_line(text, &(start..line_end(text, start)))?;
        (first != second).then(|| Read::Several(names([first, second])))
    }

    /// The option that has a line of its own, where all such lines agree.
    fn own_line(&self, text: &str, whole: &Range<usize>) -> Option<Read<usize>> {
        let mut start = whole.start;
        let mut found: Option<(usize, Range<usize>)> = None;
        for line in text[whole.clone()].split_inclusive('\n') {
            let range = start..start + line.trim_end().len();
            start += line.len();
            let Some((option, place)) = self.whole_line(text, &range) else { continue };
            if found.as_ref().is_some_and(|(other, _)| *other != option) {
                return None;
            }
            found = Some((option, place));
        }
        found.map(|(option, place)| Read::One(option, place))
    }
}

fn names(options: impl IntoIterator<Item = usize>) -> String {
    options.into_iter().map(|o| letter(o).to_string()).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::tests::verdicts;

    fn choice(options: &[&str], answer: char) -> Check {
        Check::Choice { options: options.iter().map(|o| (*o).to_owned()).collect(), answer }
    }

    #[test]
    fn letters_and_texts() {
        use Verdict::{NoAnswer, Pass, Wrong};
        verdicts(
            &choice(&["Lyon", "Paris", "Nice", "Paris, Texas"], 'B'),
            &[
                ("B", Pass),
                ("b", Pass),
                ("(B)", Pass),
                ("[B]", Pass),
                ("B.", Pass),
                ("B)", Pass),
                ("B:", Pass),
                ("**B**", Pass),
                ("**(B)**", Pass),
                ("`B`", Pass),
                ("\"B\"", Pass),
                ("*B*", Pass),
                ("Option B", Pass),
                ("option b", Pass),
                ("B. Paris", Pass),
                ("B) Paris", Pass),
                ("(B) Paris", Pass),
                ("**B. Paris**", Pass),
                ("B - Paris", Pass),
                ("B because it is", Pass),
                ("B is correct", Pass),
                ("The answer is B", Pass),
                ("The answer is B.", Pass),
                ("The correct answer is (B) Paris.", Pass),
                ("The correct option is B", Pass),
                ("Answer: B", Pass),
                ("answer: b", Pass),
                ("ANSWER: B", Pass),
                ("Answer: **B**", Pass),
                ("Answer:\n\nB", Pass),
                ("\\boxed{B}", Pass),
                ("\\boxed{\\text{B}}", Pass),
                ("$\\boxed{\\text{(B) Paris}}$", Pass),
                ("#### B", Pass),
                ("Paris", Pass),
                ("paris.", Pass),
                ("It is Paris.", Pass),
                ("Paris is the capital", Pass),
                ("Answer: Paris", Pass),
                ("I would choose option B here.", Pass),
                ("I think it's B.", Pass),
                ("Lyon is large.\nAnswer: B", Pass),
                ("A) Lyon is wrong.\nC) Nice is wrong.\nSo the answer is B) Paris.", Pass),
                ("Lyon? No.\nB", Pass),
                ("Sure!\n\nb\n\nAnything else?", Pass),
                ("B\n\nParis is the capital of France, Lyon is not.", Pass),
                ("It is not Lyon, it is Paris", Pass),
                ("Answer: B, since A is not the capital", Pass),
                ("<think>A or C</think>B", Pass),
                ("B\nQuestion: next\nAnswer: A", Pass),
                ("Answer: B\nUser: A", Pass),
                ("A", Wrong),
                ("Answer: C", Wrong),
                ("Paris, Texas", Wrong),
                ("Answer: Lyon", Wrong),
                ("B or C", NoAnswer),
                ("Answer: B or C", NoAnswer),
                ("Answer: B, C", NoAnswer),
                ("Answer: B/C", NoAnswer),
                ("Answer: B and C", NoAnswer),
                ("B) Lyon", NoAnswer),
                ("Answer: B. Lyon", NoAnswer),
                ("A, B, C, D", NoAnswer),
                ("A) Lyon\nB) Paris\nC) Nice", NoAnswer),
                ("Lyon, Paris, Nice", NoAnswer),
                ("Lyon or Paris", NoAnswer),
                ("F", NoAnswer),
                ("A city in France", NoAnswer),
                ("I don't know", NoAnswer),
                ("Answer: none", NoAnswer),
                ("Beautiful", NoAnswer),
                ("Paris is nice.\nAnswer: none of them", NoAnswer),
                ("The answer is not Paris", NoAnswer),
            ],
        );
    }

    #[test]
    fn an_article_is_no_option() {
        use Verdict::{NoAnswer, Pass};
        verdicts(
            &choice(&["A cat", "A dog", "A bird"], 'B'),
            &[
                ("A dog", Pass),
                ("a dog.", Pass),
                ("Answer: A dog", Pass),
                ("It is a dog.", Pass),
                ("B. A dog", Pass),
                ("A dog is option B", Pass),
                ("A small animal", NoAnswer),
            ],
        );
        verdicts(
            &choice(&["yes", "no"], 'A'),
            &[
                ("A", Pass),
                ("a", Pass),
                ("A.", Pass),
                ("Answer: A", Pass),
                ("Answer: A because it is", Pass),
                ("Yes", Pass),
                ("I choose A.", Pass),
                ("A matter of taste", NoAnswer),
            ],
        );
    }

    #[test]
    fn options_that_look_like_other_things() {
        use Verdict::{Pass, Wrong};
        verdicts(
            &choice(&["Java", "C++", "C", "C#"], 'B'),
            &[("C++", Pass), ("Answer: C++", Pass), ("B", Pass), ("Answer: C#", Wrong)],
        );
        verdicts(
            &choice(&["12", "12.5", "125"], 'A'),
            &[("12", Pass), ("Answer: 12", Pass), ("12.5", Wrong)],
        );
        verdicts(
            &choice(&["S. aureus", "B. subtilis", "E. coli"], 'C'),
            &[("E. coli", Pass), ("C", Pass), ("B", Wrong)],
        );
    }

    #[test]
    fn bad_checks_are_refused() {
        assert!(Choice::new(&choice(&["a"], 'A')).unwrap_err().contains("2 to 10"));
        assert!(Choice::new(&choice(&["a", "b"], 'C')).unwrap_err().contains("from A to B"));
        assert!(Choice::new(&choice(&["a", "A "], 'A')).unwrap_err().contains("the same"));
        assert!(Choice::new(&choice(&["a", " "], 'A')).unwrap_err().contains("option B is empty"));
    }
}
