//! Where a text names the options of a `choice`: by letter, by text, at its start or in passing.
//! Tested with `choice`.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use ::regex::{Regex, RegexBuilder};

use super::normalise::normalise_str;
use super::tokens::{fold, is_token, pattern, quote, squeeze};

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
/// A letter in prose that is meant as an option.
static MENTION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?i:option|choice|answer)\s+[(*]*([A-Ja-j])\b|\(([A-Ja-j])\)|\b([A-J])\b"));
static NEGATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:not|isn't|nor|neither|never)\s+(?:option |choice |the )?[('\x22]*\z")
});

/// The options of one prompt, ready to be looked for.
#[derive(Debug)]
pub(super) struct Options {
    /// Each option's text, at the start and anywhere.
    patterns: Vec<(Regex, Regex)>,
}

impl Options {
    pub(super) fn new(options: &[String]) -> Result<Self, String> {
        let texts: Vec<String> = options.iter().map(|o| squeeze(&normalise_str(o))).collect();
        if let Some(empty) = texts.iter().position(String::is_empty) {
            return Err(format!("option {} is empty", letter(empty)));
        }
        let folded: BTreeSet<String> = texts.iter().map(|t| fold(t)).collect();
        if folded.len() < texts.len() {
            return Err("two of the `options` are the same".to_owned());
        }
        let patterns = texts
            .iter()
            .map(|text| {
                let words: Vec<String> = text.trim_end_matches('.').split(' ').map(::regex::escape).collect();
                let words = words.join(r"\s+");
                let build = |pattern: &str| {
                    let built = RegexBuilder::new(pattern).case_insensitive(true).build();
                    built.map_err(|e| format!("option {} cannot be looked for: {e}", quote(text)))
                };
                Ok::<_, String>((build(&format!(r"\A{words}"))?, build(&words)?))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { patterns })
    }

    /// The longest option whose text stands at the start of `text[range]`.
    pub(super) fn text_at_start(&self, text: &str, range: &Range<usize>) -> Option<(usize, Range<usize>)> {
        let skip = text[range.clone()].find(|c: char| !(c.is_whitespace() || "*_'\"(:=>~-".contains(c)))?;
        // An option may itself begin with one of those.
        [range.start + skip, range.start].into_iter().find_map(|start| {
            let matches = self.patterns.iter().enumerate().filter_map(|(option, (at_start, _))| {
                let found = start..start + at_start.find(text.get(start..range.end)?)?.end();
                is_token(text, &found).then_some((option, found))
            });
            matches.max_by_key(|(_, found)| found.len())
        })
    }

    /// A letter at the start of `text[range]`, and whether it can be nothing but an option.
    pub(super) fn letter_at_start(&self, text: &str, range: &Range<usize>) -> Option<(usize, Range<usize>)> {
        let part = &text[range.clone()];
        let found = LETTER.captures(part)?;
        let letter = found.name("letter")?;
        let option = index_of(letter.as_str().chars().next()?).filter(|i| *i < self.patterns.len())?;
        let is_enclosed = found.name("open").is_some() && found.name("close").is_some();
        let is_upper = letter.as_str().starts_with(|c: char| c.is_ascii_uppercase());
        let rest = &part[letter.end()..];
        let is_article = !is_upper || "AI".contains(letter.as_str());
        let is_followed = is_enclosed
            || AFTER_LETTER.is_match(rest)
            || ((found.name("word").is_some() || !is_article)
                && rest.starts_with(char::is_whitespace)
                && is_upper);
        // As a word, I is never an option.
        let is_pronoun =
            letter.as_str() == "I" && !is_enclosed && rest.trim_start().starts_with(char::is_alphabetic);
        (is_followed && !is_pronoun)
            .then(|| (option, range.start + letter.start()..range.start + letter.end()))
    }

    /// Every option that `text[range]` mentions, with the place of its first mention.
    pub(super) fn mentions(&self, text: &str, range: &Range<usize>) -> Vec<(usize, Range<usize>)> {
        let part = &text[range.clone()];
        let mut found: Vec<(usize, Range<usize>)> = Vec::new();
        for (option, (_, pattern)) in self.patterns.iter().enumerate() {
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
            if option < self.patterns.len() && !is_word && !is_part && is_inside.is_err() {
                found.push((option, place.range()));
            }
        }
        let mut seen = BTreeSet::new();
        found.retain(|(option, r)| !NEGATION.is_match(last_words(part, r.start)) && seen.insert(*option));
        found.into_iter().map(|(option, r)| (option, range.start + r.start..range.start + r.end)).collect()
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

/// The place of an option's letter.
pub(super) fn index_of(letter: char) -> Option<usize> {
    let upper = letter.to_ascii_uppercase();
    ('A'..='J').position(|l| l == upper)
}

/// The letter of an option's place.
pub(super) fn letter(index: usize) -> char {
    ('A'..='J').nth(index).unwrap_or('?')
}
