//! `choice`: one option of several, by its letter or by its text.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use ::regex::{Regex, RegexBuilder};

use super::answer::{Answer, Read, Reader, find};
use super::judge::Finding;
use super::normalise::normalise_str;
use super::reading::{Reading, Stage};
use super::tokens::{is_token, pattern, quote, squeeze};
use crate::model::check::Check;
use crate::model::judgement::{AnswerSource, Verdict};

/// A letter at the start of an answer. `word` is there where it is named as an option; `open` and
/// `close` where it stands in brackets or quotes.
static LETTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\A[\s*_>:=~-]*(?P<word>(?i:(?:the |correct |right |best |final )*(?:(?:option|choice|answer|letter)(?: is)?\s*:?\s*|answer is\s*:?\s*)))?[*_]*(?P<open>[(\[{'\x22])?[*_]*(?P<letter>[A-Ja-j])[*_]*(?P<close>[)\]}'\x22])?",
    )
});
/// What may follow a bare letter that is an answer.
static AFTER_LETTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\A[*_]*(?:\s*\z|\s*\n|[.](?:\W|\z)|\s*[),:;!?\]}/&|=]|\s+[-–—(\[]|\s*[—]|\s+(?:because|since|as|is|or|and|was|would|for)\b)",
    )
});
/// What joins alternatives.
static ALTERNATIVE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\A[\s*_)\].]*(?:,|;|/|&|\||\bor\b|\band\b)+\s*(?:or |and )?"));
/// What may stand between a letter and its option's text.
static SEPARATOR: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\A[\s*_)\].:,;–—'\x22(-]*(?:(?:is|which is|i\.e\.)\s+)?"));
/// A letter in prose that is meant as an option.
static MENTION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?i:option|choice|answer)\s+[(*]*([A-Ja-j])\b|\(([A-Ja-j])\)|\b([A-J])\b"));
static NEGATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:not|isn't|nor|neither|never)\s+(?:option |choice |the )?[('\x22]*\z")
});

/// A compiled `choice` check.
#[derive(Debug)]
pub(super) struct Choice {
    options: Vec<String>,
    patterns: Vec<Regex>,
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
        let texts: Vec<String> = options.iter().map(|o| squeeze(&normalise_str(o))).collect();
        if let Some(empty) = texts.iter().position(String::is_empty) {
            return Err(format!("option {} is empty", letter(empty)));
        }
        let folded: BTreeSet<String> = texts.iter().map(|t| super::tokens::fold(t)).collect();
        if folded.len() < texts.len() {
            return Err("two of the `options` are the same".to_owned());
        }
        let patterns = texts
            .iter()
            .map(|text| {
                let words: Vec<String> = text.trim_end_matches('.').split(' ').map(::regex::escape).collect();
                RegexBuilder::new(&words.join(r"\s+"))
                    .case_insensitive(true)
                    .build()
                    .map_err(|e| format!("option {} cannot be looked for: {e}", quote(text)))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { options: options.clone(), patterns, answer: index })
    }

    pub(super) fn check(&self, reading: &Reading) -> Finding {
        let expected = format!("expected {} ({})", letter(self.answer), quote(&self.options[self.answer]));
        match find(reading, self) {
            Answer::Nothing => Finding::no_answer(format!("{expected}, found none of the options")),
            Answer::Ambiguous(detail) => {
                Finding::no_answer(format!("{expected}, found more than one: {detail}"))
            }
            Answer::Found(option, found) => Finding {
                verdict: if option == self.answer { Verdict::Pass } else { Verdict::Wrong },
                detail: format!("{expected}, found {} in {}", letter(option), quote(&found.text)),
                answer: Some(found),
            },
        }
    }

    /// The longest option whose text stands at the start of `text[range]`.
    fn text_at_start(&self, text: &str, range: &Range<usize>) -> Option<(usize, Range<usize>)> {
        let skip = text[range.clone()].find(|c: char| !(c.is_whitespace() || "*_'\"(:=>~-".contains(c)))?;
        // An option may itself begin with one of those.
        [range.start + skip, range.start].into_iter().find_map(|start| {
            let matches = self.patterns.iter().enumerate().filter_map(|(option, pattern)| {
                let found =
                    pattern.find_at(text, start).filter(|m| m.start() == start && m.end() <= range.end)?;
                is_token(text, &found.range()).then(|| (option, found.range()))
            });
            matches.max_by_key(|(_, found)| found.len())
        })
    }

    /// A letter at the start of `text[range]`, and whether it can be nothing but an option.
    fn letter_at_start(&self, text: &str, range: &Range<usize>) -> Option<(usize, Range<usize>)> {
        let part = &text[range.clone()];
        let found = LETTER.captures(part)?;
        let letter = found.name("letter")?;
        let option = index_of(letter.as_str().chars().next()?).filter(|i| *i < self.options.len())?;
        let is_enclosed = found.name("open").is_some() && found.name("close").is_some();
        let is_upper = letter.as_str().starts_with(|c: char| c.is_ascii_uppercase());
        let rest = &part[letter.end()..];
        let is_article = !is_upper || "AI".contains(letter.as_str());
        let is_followed = is_enclosed
            || AFTER_LETTER.is_match(rest)
            || ((found.name("word").is_some() || !is_article)
                && rest.starts_with(char::is_whitespace)
                && is_upper);
        is_followed.then(|| (option, range.start + letter.start()..range.start + letter.end()))
    }

    /// Every option that `text[range]` mentions, with the place of its first mention.
    fn mentions(&self, text: &str, range: &Range<usize>) -> Vec<(usize, Range<usize>)> {
        let part = &text[range.clone()];
        let mut found: Vec<(usize, Range<usize>)> = Vec::new();
        for (option, pattern) in self.patterns.iter().enumerate() {
            let matches = pattern.find_iter(part).map(|m| m.range()).filter(|r| is_token(part, r));
            found.extend(matches.map(|r| (option, r)));
        }
        // An option inside the mention of a longer one is not meant.
        found.sort_by_key(|(_, r)| (r.start, std::cmp::Reverse(r.end)));
        let mut reach = 0;
        found.retain(|(_, r)| {
            let is_outside = r.end > reach;
            reach = reach.max(r.end);
            is_outside
        });
        let texts = found.len();
        for mention in MENTION.captures_iter(part) {
            let Some(place) = (1..=3).find_map(|group| mention.get(group)) else { continue };
            let Some(option) = place.as_str().chars().next().and_then(index_of) else { continue };
            let is_bare = mention.get(3).is_some();
            let after = &part[place.end()..];
            let is_word = is_bare
                && "AI".contains(place.as_str())
                && !after
                    .trim_start_matches(['*', '_'])
                    .starts_with(['.', ',', ';', ':', ')', '!', '?', '\n'])
                && !after.trim().is_empty();
            let is_part =
                is_bare && after.starts_with(['+', '#', '-', '\'', '/', '.']) && !ends_sentence(after);
            let is_inside = found[..texts].binary_search_by(|(_, r)| {
                if r.end <= place.start() {
                    std::cmp::Ordering::Less
                } else if r.start > place.start() {
                    std::cmp::Ordering::Greater
                } else {
                    std::cmp::Ordering::Equal
                }
            });
            if option < self.options.len() && !is_word && !is_part && is_inside.is_err() {
                found.push((option, place.range()));
            }
        }
        let mut seen = BTreeSet::new();
        found.retain(|(option, r)| !NEGATION.is_match(last_words(part, r.start)) && seen.insert(*option));
        found.into_iter().map(|(option, r)| (option, range.start + r.start..range.start + r.end)).collect()
    }

    /// One option, none or several, from what is mentioned.
    fn sole(&self, text: &str, range: &Range<usize>) -> Read<usize> {
        match self.mentions(text, range).as_slice() {
            [] => Read::Nothing,
            [(option, place)] => Read::One(*option, place.clone()),
            several => Read::Several(names(several.iter().map(|(option, _)| *option))),
        }
    }

    /// Reads a text that begins with an answer.
    fn led(&self, text: &str, range: &Range<usize>) -> Read<usize> {
        let lead = self.text_at_start(text, range).or_else(|| self.letter_at_start(text, range));
        let Some((option, place)) = lead else { return Read::Nothing };
        let rest = place.end..range.end;
        let separator = SEPARATOR.find(&text[rest.clone()]).map_or(0, |m| m.end());
        let own_text = self.text_at_start(text, &(rest.start + separator..rest.end));
        let mut end = rest.start;
        match own_text {
            Some((other, _)) if other != option => return Read::Several(names([option, other])),
            Some((_, same)) => end = same.end,
            None => {}
        }
        if let Some(joint) = ALTERNATIVE.find(&text[end..range.end]) {
            let next = end + joint.end()..range.end;
            let second = self.text_at_start(text, &next).or_else(|| self.letter_at_start(text, &next));
            if let Some((other, _)) = second.filter(|(other, _)| *other != option) {
                return Read::Several(names([option, other]));
            }
        }
        Read::One(option, place)
    }

    /// Reads a line that is an option and nothing else.
    fn whole_line(&self, text: &str, range: &Range<usize>) -> Option<(usize, Range<usize>)> {
        let (option, place) =
            self.letter_at_start(text, range).or_else(|| self.text_at_start(text, range))?;
        let own = self.text_at_start(text, range).filter(|own| own.0 != option || own.1.end > place.end);
        let (option, place) = own.unwrap_or((option, place));
        let after = place.end + SEPARATOR.find(&text[place.end..range.end]).map_or(0, |m| m.end());
        let end = match self.text_at_start(text, &(after..range.end)) {
            Some((other, same)) if other == option => same.end,
            Some(_) => return None,
            None => place.end,
        };
        text[end..range.end].chars().all(|c| !c.is_alphanumeric()).then_some((option, place))
    }
}

impl Reader for Choice {
    type Value = usize;

    fn announced(&self, stage: &Stage, range: Range<usize>, source: AnswerSource) -> Read<usize> {
        let text = stage.text();
        if text[range.clone()].get(..4).is_some_and(|start| start.eq_ignore_ascii_case("not ")) {
            return Read::Nothing;
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
    /// Reads a text in which nothing is announced: a single line as an answer, else the first or
    /// last line where it is an option and nothing else, else the only option mentioned in the
    /// last line, else in all of it.
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
            (_, Some((option, place))) | (Some((option, place)), None) => Read::One(option, place),
            (None, None) => match self.sole(text, &last) {
                Read::Nothing => self.sole(text, whole),
                read => read,
            },
        }
    }
}

/// Whether what follows a letter is the end of its sentence.
fn ends_sentence(after: &str) -> bool {
    after.starts_with('.') && !after[1..].starts_with(char::is_alphanumeric)
}

/// The few words before `end`: as many as a negation takes.
fn last_words(text: &str, end: usize) -> &str {
    let mut from = end.saturating_sub(24);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..end]
}

fn index_of(letter: char) -> Option<usize> {
    let upper = letter.to_ascii_uppercase();
    ('A'..='J').position(|l| l == upper)
}

fn letter(index: usize) -> char {
    ('A'..='J').nth(index).unwrap_or('?')
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
            choice(&["Lyon", "Paris", "Nice", "Paris, Texas"], 'B'),
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
            choice(&["A cat", "A dog", "A bird"], 'B'),
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
            choice(&["yes", "no"], 'A'),
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
            choice(&["Java", "C++", "C", "C#"], 'B'),
            &[("C++", Pass), ("Answer: C++", Pass), ("B", Pass), ("Answer: C#", Wrong)],
        );
        verdicts(choice(&["12", "12.5", "125"], 'A'), &[("12", Pass), ("Answer: 12", Pass), ("12.5", Wrong)]);
        verdicts(
            choice(&["S. aureus", "B. subtilis", "E. coli"], 'C'),
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
