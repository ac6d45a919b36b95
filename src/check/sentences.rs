//! Where sentences end. A full stop ends none in `e.g.`, `Dr.`, `3.5`, `J. Smith` or `etc. and`; an abbreviation that
//! may end a sentence (`etc.`, `U.S.`, `p.m.`) does where what follows begins like one.

/// Abbreviations after which a sentence always goes on.
const GOES_ON: [&str; 24] = [
    "dr", "mr", "mrs", "ms", "prof", "hon", "rev", "gen", "col", "lt", "sgt", "capt", "mt", "e.g", "i.e",
    "eg", "ie", "cf", "vs", "viz", "approx", "messrs", "z.b", "d.h",
];
/// Abbreviations that are such only before a number: `No. 5`, `p. 12`, `Art. 3`.
const BEFORE_NUMBER: [&str; 16] =
    ["no", "nos", "p", "pp", "vol", "ch", "sec", "art", "fig", "figs", "eq", "eqs", "par", "para", "cl", "s"];
/// Abbreviations that may end a sentence.
const MAY_END: [&str; 14] =
    ["etc", "inc", "ltd", "co", "corp", "jr", "sr", "al", "a.m", "p.m", "ph.d", "st", "ave", "dept"];
/// Of these, the ones that are part of a name: before a capital they end a sentence only where it begins with a
/// common word.
const IN_NAMES: [&str; 9] = ["inc", "ltd", "co", "corp", "jr", "sr", "st", "ave", "dept"];
/// How sentences often begin; a name doesn't.
const OPENERS: [&str; 66] = [
    "the",
    "a",
    "an",
    "it",
    "this",
    "that",
    "these",
    "those",
    "he",
    "she",
    "they",
    "we",
    "i",
    "you",
    "in",
    "on",
    "at",
    "for",
    "if",
    "when",
    "while",
    "after",
    "before",
    "however",
    "but",
    "and",
    "so",
    "then",
    "there",
    "here",
    "his",
    "her",
    "their",
    "our",
    "its",
    "my",
    "your",
    "as",
    "to",
    "no",
    "yes",
    "not",
    "what",
    "why",
    "how",
    "who",
    "where",
    "with",
    "by",
    "from",
    "since",
    "because",
    "although",
    "one",
    "two",
    "both",
    "each",
    "all",
    "some",
    "many",
    "most",
    "therefore",
    "thus",
    "also",
    "of",
    "under",
];
/// Words before a single letter that make it a label (`vitamin C.`) though they may be capitalised.
const LABELS: [&str; 20] = [
    "option",
    "answer",
    "vitamin",
    "type",
    "plan",
    "hepatitis",
    "group",
    "class",
    "part",
    "grade",
    "step",
    "point",
    "section",
    "appendix",
    "schedule",
    "exhibit",
    "table",
    "figure",
    "factor",
    "level",
];
/// Words before a single letter that make it an initial though they aren't capitalised.
const BEFORE_NAMES: [&str; 6] = ["by", "and", "with", "of", "from", "judge"];

/// How many sentences a paragraph has. What is left after the last end counts as one where it holds a letter or digit.
pub(super) fn sentences(paragraph: &str) -> usize {
    let mut from = 0;
    let mut count = 0;
    for end in sentence_ends(paragraph).into_iter().chain([paragraph.len()]) {
        count += usize::from(paragraph[from..end].contains(char::is_alphanumeric));
        from = end;
    }
    count
}

/// One past the last byte of each sentence, with the quotation marks and brackets that close after it.
pub(super) fn sentence_ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(offset) = text[at..].find(is_terminator) {
        let start = at + offset;
        let run = run_end(text, start, is_terminator);
        let end = run_end(text, run, |c| "\"'”’)]}»*_`".contains(c));
        at = end;
        let is_fullwidth = text[start..run].contains(['。', '！', '？']);
        if is_fullwidth
            || (text[end..].chars().next().is_none_or(char::is_whitespace)
                && is_end(text, from, start..run, end))
        {
            ends.push(end);
            from = end;
        }
    }
    ends
}

fn is_terminator(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？')
}

fn run_end(text: &str, from: usize, belongs: impl Fn(char) -> bool) -> usize {
    text[from..].find(|c| !belongs(c)).map_or(text.len(), |offset| from + offset)
}

/// Whether the marks at `run`, which white space or nothing follows at `end`, end the sentence begun at `from`.
fn is_end(text: &str, from: usize, run: std::ops::Range<usize>, end: usize) -> bool {
    let Some(next) = text[end..].split_whitespace().next() else { return true };
    let next = next.trim_start_matches(|c: char| !c.is_alphanumeric());
    let continues = next.starts_with(char::is_lowercase);
    let marks = &text[run.clone()];
    if marks != "." {
        // "Stop!" he said; and so … it went.
        let is_quoted = text[run.end..end].contains(['"', '”', '’', '»', '\'']);
        let is_pause = marks.ends_with('…') || marks.ends_with("..");
        return !(continues && (is_quoted || is_pause));
    }
    if continues && text[run.end..end].contains(['"', '”', '»']) {
        return false;
    }
    let sentence = &text[from..run.start];
    let mut words = sentence.split_whitespace().rev();
    let bare = |word: &'_ str| word.trim_start_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let word =
        words.next().filter(|_| !sentence.ends_with(char::is_whitespace)).map(bare).unwrap_or_default();
    let previous = words.next().map(bare).unwrap_or_default();
    !is_abbreviated(&word, &previous, next, continues)
}

/// Whether the full stop after `word` belongs to it and the sentence goes on.
fn is_abbreviated(word: &str, previous: &str, next: &str, continues: bool) -> bool {
    let lower = word.to_lowercase();
    let known = |list: &[&str]| list.contains(&lower.as_str());
    let opens = || {
        let first: String = next.chars().take_while(|c| c.is_alphanumeric()).collect();
        OPENERS.contains(&first.to_lowercase().as_str())
    };
    if word.is_empty() || known(&GOES_ON) {
        return true;
    }
    if known(&BEFORE_NUMBER) && next.starts_with(|c: char| c.is_ascii_digit()) {
        return true;
    }
    let is_short = word.chars().count() == 1;
    if previous.is_empty() && (is_short || word.bytes().all(|b| b.is_ascii_digit())) {
        // Counts what follows: "1. First", "B. Paris".
        return true;
    }
    let is_dotted = word.contains('.')
        && word.split('.').all(|part| part.chars().count() == 1 && part.contains(char::is_alphabetic));
    if is_dotted || known(&MAY_END) {
        let is_name = known(&IN_NAMES) || (is_dotted && !["a.m", "p.m"].contains(&lower.as_str()));
        return continues || (is_name && !opens());
    }
    if is_short
        && word.starts_with(char::is_uppercase)
        && word != "I"
        && next.starts_with(char::is_uppercase)
        && !opens()
    {
        // An initial, J. Smith; but vitamin C. Patients …
        let before = previous.to_lowercase();
        let is_name = previous.starts_with(char::is_uppercase) || BEFORE_NAMES.contains(&before.as_str());
        return is_name && !LABELS.contains(&before.as_str());
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_counted() {
        for (text, expected) in [
            ("", 0),
            ("One", 1),
            ("One.", 1),
            ("One. Two.", 2),
            ("One! Two? Three.", 3),
            ("Really?! Yes.", 2),
            ("all lower case. still two.", 2),
            ("Use fruit, e.g. apples, i.e. what grows. Then stop.", 2),
            ("Dr. Smith met Mr. Jones vs. Mrs. Brown.", 1),
            ("It costs 3.5 dollars. Version 1.2.3 is out.", 2),
            ("It rose to 3. Then it fell.", 2),
            ("It happened in 1990. He left.", 2),
            ("Apples, pears, etc. are fruit. I like them, etc. They are good.", 3),
            ("We met at 5 p.m. in the park. It closed at 9 p.m. We left.", 3),
            ("The U.S. Senate voted. He lives in the U.S. It is large.", 3),
            ("J. K. Rowling and J. Smith wrote it.", 1),
            ("Written by A. Turing in 1950.", 1),
            ("It needs vitamin C. Patients need it.", 2),
            ("Option B. It is right.", 2),
            ("Plan B. Patients wait.", 2),
            ("See No. 5 and p. 12. The rest is out.", 2),
            ("He said no. 5 people left.", 1),
            ("\"Stop!\" he said. She did.", 2),
            ("\"Stop.\" He did. (It worked.) Well.", 4),
            ("He said \"yes.\" Then he left.", 2),
            ("Well… maybe. Well... Maybe.", 3),
            ("**Bold.** Next.", 2),
            ("See example.com for more. Done.", 2),
            ("Smith et al. found it. So did we.", 2),
            ("Acme Inc. Products sell. Acme Inc. The end.", 3),
            ("一つ。二つ！三つ？", 3),
            ("1. One", 1),
            ("Hello, world", 1),
            ("...", 0),
            ("So it is... \"a\" b. c.", 2),
        ] {
            assert_eq!(sentences(text), expected, "{text}");
        }
    }

    #[test]
    fn ends_take_their_closing_marks_along() {
        assert_eq!(sentence_ends("(A b.) C \"d.\" E"), [6, 13]);
    }
}
