//! `format`: the shape of the text, after reasoning and run-on are cut and with white space at its ends off.
//!
//! Counts are those of `shape`: the lines of a code fence don't count, and one around the whole is looked through.
//! What the text says as it stands (`starts_with`, `ends_with`, `forbidden`, `only`, `each_line`) is looked at with all
//! its Markdown: "only the number" forbids a fence as it forbids a word.

use ::regex::Regex as Pattern;
use unicode_normalization::UnicodeNormalization;

use super::judge::{Finding, Late, Rule};
use super::must_fail::MustFail;
use super::reading::Reading;
use super::regex::compiled;
use super::repetition::repetition;
use super::shape::Shape;
use super::tokens::{fold, is_token, quote};
use crate::model::format::{FormatRules, LetterCase, Span};

/// A compiled `format` check.
#[derive(Debug)]
pub(super) struct Format {
    rules: FormatRules,
    forbidden: Vec<String>,
    only: Option<Pattern>,
    each_line: Option<Pattern>,
}

impl Format {
    pub(super) fn new(rules: &FormatRules) -> Result<Self, String> {
        if *rules == FormatRules::default() {
            return Err("asks for nothing: name at least one rule, such as `words`".to_owned());
        }
        let anchored = |name: &str, pattern: &Option<String>| {
            let Some(pattern) = pattern else { return Ok(None) };
            compiled(pattern)
                .and_then(|_| compiled(&format!(r"\A(?:{pattern})\z")))
                .map(Some)
                .map_err(|error| format!("`{name}` does not compile: {error}"))
        };
        let forbidden: Vec<String> = rules.forbidden.iter().map(|what| even(what)).collect();
        if forbidden.iter().any(String::is_empty) {
            return Err("`forbidden` holds an empty text".to_owned());
        }
        Ok(Self {
            forbidden,
            only: anchored("only", &rules.only)?,
            each_line: anchored("each_line", &rules.each_line)?,
            rules: rules.clone(),
        })
    }

    /// Everything that is not as it must be.
    fn faults(&self, text: &str) -> Vec<String> {
        let rules = &self.rules;
        let mut faults = self.counted(text);
        if let Some(start) = rules.starts_with.as_ref().filter(|start| !text.starts_with(start.as_str())) {
            faults.push(format!("expected a start of {}, found {}", quote(start), quote(text)));
        }
        if let Some(end) = rules.ends_with.as_ref().filter(|end| !text.ends_with(end.as_str())) {
            let from = text.char_indices().rev().nth(59).map_or(0, |(at, _)| at);
            faults.push(format!("expected an end of {}, found {}", quote(end), quote(&text[from..])));
        }
        let evened = if self.forbidden.is_empty() { String::new() } else { even(text) };
        let present = |needle: &&String| {
            evened.match_indices(needle.as_str()).any(|(at, found)| {
                // A single character is meant wherever it stands.
                found.chars().count() == 1 || is_token(&evened, &(at..at + found.len()))
            })
        };
        faults
            .extend(self.forbidden.iter().filter(present).map(|what| format!("expected no {}", quote(what))));
        let stray = match rules.letters {
            Some(LetterCase::Lower) => text.split_whitespace().find(|w| w.contains(char::is_uppercase)),
            Some(LetterCase::Upper) => text.split_whitespace().find(|w| w.contains(char::is_lowercase)),
            None => None,
        };
        if let Some(word) = stray {
            let case = if rules.letters == Some(LetterCase::Lower) { "lower" } else { "upper" };
            faults.push(format!("expected all letters in {case} case, found {}", quote(word)));
        }
        if let (Some(pattern), Some(written)) = (&self.only, &rules.only)
            && !pattern.is_match(text)
        {
            faults.push(format!("expected {} and nothing else, found {}", quote(written), quote(text)));
        }
        if let (Some(pattern), Some(written)) = (&self.each_line, &rules.each_line)
            && let Some(line) = text
                .lines()
                .map(str::trim_end)
                .find(|line| !line.trim().is_empty() && !pattern.is_match(line))
        {
            faults.push(format!("expected {} on each line, found {}", quote(written), quote(line)));
        }
        if rules.no_loop
            && let Some(repeated) = repetition(text)
        {
            faults.push(format!("expected no repetition, found {repeated}"));
        }
        faults
    }

    /// What there is too little or too much of.
    fn counted(&self, text: &str) -> Vec<String> {
        let rules = &self.rules;
        let spans =
            [rules.words, rules.sentences, rules.lines, rules.paragraphs, rules.bullets, rules.headings];
        if spans.iter().all(Option::is_none) {
            return Vec::new();
        }
        let shape = Shape::of(text);
        let counts = [
            ("words", shape.words),
            ("sentences", shape.sentences),
            ("lines", shape.lines),
            ("paragraphs", shape.paragraphs),
            ("list items", shape.bullets),
            ("headings", shape.headings),
        ];
        let outside = |(name, count), span: Option<Span>| {
            let span = span.filter(|span| !holds(*span, count))?;
            Some(format!("expected {} {name}, found {count}", in_words(span)))
        };
        counts.into_iter().zip(spans).filter_map(|(count, span)| outside(count, span)).collect()
    }
}

impl Format {
    /// Whether it only looks for repetition.
    fn only_loops(&self) -> bool {
        self.rules == FormatRules { no_loop: true, ..FormatRules::default() }
    }
}

impl Rule for Format {
    fn check(&self, reading: &Reading, _late: &Late<'_>) -> Finding {
        let faults = self.faults(reading.text().raw.as_str());
        let detail = if faults.is_empty() {
            "found the shape that was asked for".to_owned()
        } else {
            faults.join("; ")
        };
        Finding::passes(faults.is_empty(), detail)
    }

    // Any other dress changes the shape. That alone can't tell another row's answer from its own; and where nothing but
    // loops is looked for, only they and nothing at all are wrong.
    fn refuses(&self, what: MustFail) -> bool {
        match what {
            MustFail::Loop => self.rules.no_loop,
            MustFail::Echo | MustFail::DontKnow | MustFail::Refusal => !self.only_loops(),
            _ => false,
        }
    }

    // A loop is one wherever it was cut, and so is what holds none so far.
    fn needs_the_end(&self) -> bool {
        !self.only_loops()
    }
}

fn holds(span: Span, count: usize) -> bool {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    span.min.is_none_or(|min| count >= min) && span.max.is_none_or(|max| count <= max)
}

fn in_words(span: Span) -> String {
    match (span.min, span.max) {
        (Some(min), Some(max)) if min == max => format!("{min}"),
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => "any number of".to_owned(),
    }
}

/// What forbidden texts are compared as: composed, in one case, with straight quotation marks.
fn even(text: &str) -> String {
    let composed: String = text
        .nfc()
        .map(|c| match c {
            '‘' | '’' => '\'',
            '“' | '”' => '"',
            _ => c,
        })
        .collect();
    fold(&composed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::tests::{judged, verdicts};
    use crate::model::check::Check;
    use crate::model::judgement::Verdict::{self, Pass, Wrong};

    const fn span(min: u32, max: u32) -> Span {
        Span { min: Some(min), max: Some(max) }
    }

    fn check(rules: FormatRules, cases: &[(&str, Verdict)]) {
        verdicts(&Check::Format(rules), cases);
    }

    #[test]
    fn counts_are_held_to_their_spans() {
        let none = FormatRules::default();
        check(
            FormatRules { words: Some(span(2, 3)), ..none.clone() },
            &[
                ("one two", Pass),
                ("<think>a b c d e</think>one two three", Pass),
                ("one two\nQuestion: and so on and on?", Pass),
                ("```\none two\n```", Pass),
                ("one", Wrong),
                ("one two three four", Wrong),
            ],
        );
        check(
            FormatRules { sentences: Some(span(2, 2)), ..none.clone() },
            &[("A b. C d.", Pass), ("A b, e.g. c d.", Wrong)],
        );
        check(
            FormatRules { bullets: Some(span(3, 3)), headings: Some(span(0, 0)), ..none.clone() },
            &[
                ("- a\n- b\n- c", Pass),
                ("1. a\n2. b\n3. c", Pass),
                ("- a\n- b", Wrong),
                ("# x\n- a\n- b\n- c", Wrong),
            ],
        );
        check(
            FormatRules { lines: Some(span(3, 3)), paragraphs: Some(span(1, 1)), ..none.clone() },
            &[("a\r\nb\r\nc", Pass), ("a\n\nb\nc", Wrong)],
        );
        let judgement = judged(
            Check::Format(FormatRules { words: Some(span(5, 9)), sentences: Some(span(2, 2)), ..none }),
            "One two.",
        );
        assert_eq!(
            judgement.checks[0].detail,
            "expected 5 to 9 words, found 2; expected 2 sentences, found 1"
        );
    }

    #[test]
    fn texts_as_they_stand() {
        let none = FormatRules::default();
        check(
            FormatRules { starts_with: Some("Dear".into()), ends_with: Some("END".into()), ..none.clone() },
            &[
                ("\nDear all, END\n", Pass),
                ("**Dear all, END", Wrong),
                ("Dear all, END.", Wrong),
                ("dear END", Wrong),
            ],
        );
        check(
            FormatRules {
                forbidden: vec!["!".into(), "very".into(), "z".into(), "can't".into()],
                ..none.clone()
            },
            &[
                ("Everything every day", Pass),
                ("Wow!", Wrong),
                ("VERY good", Wrong),
                ("a Zebra", Wrong),
                ("I can’t", Wrong),
            ],
        );
        check(
            FormatRules { letters: Some(LetterCase::Lower), ..none.clone() },
            &[("a 1 é", Pass), ("a B", Wrong), ("É", Wrong)],
        );
        check(
            FormatRules { letters: Some(LetterCase::Upper), ..none.clone() },
            &[("A 1 É!", Pass), ("A b", Wrong)],
        );
        check(
            FormatRules { only: Some(r"\d+|none".into()), ..none.clone() },
            &[
                ("42", Pass),
                (" none\n", Pass),
                ("42.", Wrong),
                ("a 42", Wrong),
                ("```\n42\n```", Wrong),
                ("42\n43", Wrong),
            ],
        );
        check(
            FormatRules { each_line: Some(r"[A-Z]\w*: \d+".into()), ..none },
            &[("A: 1\n\nBc: 22  ", Pass), ("A: 1\nb: 2", Wrong), ("A: 1 2", Wrong)],
        );
    }

    #[test]
    fn loops_are_seen() {
        check(
            FormatRules { no_loop: true, ..FormatRules::default() },
            &[("A short text.", Pass), (&"And so it goes on and on. ".repeat(20), Wrong)],
        );
    }

    #[test]
    fn bad_checks_are_refused() {
        let none = FormatRules::default();
        assert!(Format::new(&none).unwrap_err().contains("asks for nothing"));
        for pattern in ["(", "a)(b", r"(?:\w{1000}){1000}"] {
            let rules = FormatRules { only: Some(pattern.into()), ..none.clone() };
            assert!(Format::new(&rules).unwrap_err().starts_with("`only` does not compile"), "{pattern}");
        }
        assert!(Format::new(&FormatRules { forbidden: vec![String::new()], ..none }).is_err());
    }

    #[test]
    fn only_a_check_of_loops_takes_what_was_cut() {
        use crate::check::judge::tests::prompt;
        use crate::check::{Judge, Response};
        use crate::model::check::PassWhen;
        let verdict = |rules: FormatRules, content: &str| {
            let judge = Judge::new(&prompt(vec![Check::Format(rules)], PassWhen::All)).unwrap();
            judge.judge(&Response { content, reasoning: "", finish_reason: Some("length") }).verdict
        };
        let loops = FormatRules { no_loop: true, ..FormatRules::default() };
        let looping = "I can help with that. ".repeat(20);
        assert_eq!(verdict(loops.clone(), "A whole sentence and the beginning of"), Verdict::Pass);
        assert_eq!(verdict(loops.clone(), &looping), Verdict::Wrong);
        assert_eq!(verdict(loops.clone(), ""), Verdict::Truncated);
        let words = FormatRules { words: Some(Span { min: Some(3), max: None }), ..loops };
        assert_eq!(verdict(words, "A whole sentence and the beginning of"), Verdict::Truncated);
    }
}
