//! Telling a loop: text that a model says over and over until something stops it.
//!
//! Three signs, each far from what poems with refrains, lists, tables and code do:
//! a block that follows itself again and again without a word in between; a tail in which hardly any five words are
//! new; one sign (`!!!!`) or piece of a word without end. All in one pass each; the first does at most
//! `WORK` comparisons a word.

use std::collections::{HashMap, HashSet};

use super::tokens::quote;

/// Words of a block from which on it is held to `TIMES`.
const BLOCK: usize = 4;
/// How often a block must stand in a row, and how many words that must be together.
const TIMES: usize = 4;
const TOGETHER: usize = 24;
/// So long a block need stand only `TIMES` − 1 times: no paragraph is written thrice.
const LONG_BLOCK: usize = 40;
/// How many words a shorter block must fill: "no no no no" is speech.
const SHORT_TOGETHER: usize = 50;
/// How many numbers must repeat where there are nothing but numbers: zeros fill tables and arrays.
const NUMBERS_TOGETHER: usize = 200;
/// How many of the last words are looked at, and the least share of their runs of five that are distinct.
const TAILS: [usize; 3] = [200, 400, 800];
const LEAST_DISTINCT: f64 = 0.2;
/// How often one sign must follow itself; for signs that draw lines, the second.
const SIGNS: usize = 200;
const LINE_SIGNS: usize = 2000;
/// Comparisons a word.
const WORK: usize = 16;
/// Longer runs of letters are cut into pieces of this many characters.
const PIECE: usize = 16;

/// What a text repeats over and over, in words; nothing where it doesn't.
pub(super) fn repetition(text: &str) -> Option<String> {
    let mut words = words(text);
    // What only counts lines and headings makes no line a new one.
    words.retain(|word| !counts_a_line(text, word));
    if let Some((block, times)) = repeated_block(text, &words) {
        return Some(format!("{} {times} times in a row", quote(block)));
    }
    for tail in TAILS {
        let Some(from) = words.len().checked_sub(tail) else { break };
        let share = distinct_share(&words[from..]);
        if share < LEAST_DISTINCT {
            return Some(format!(
                "only {:.0} % of the runs of five words among the last {tail} words distinct",
                share * 100.0
            ));
        }
    }
    repeated_sign(text)
}

/// Whether a word is a number that a line or heading begins with: `10. …`, `### 4.1.2 …`.
fn counts_a_line(text: &str, word: &Word) -> bool {
    // No such beginning is longer; looking no further keeps the work linear.
    const LONGEST: usize = 24;
    let mut from = word.start.saturating_sub(LONGEST);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = &text[from..word.start];
    let line = before.rfind('\n').map(|at| &before[at + 1..]).or((from == 0).then_some(before));
    let is_marked =
        text[word.end..].starts_with(['.', ')', ':']) || line.is_some_and(|line| line.contains('#'));
    word.is_number
        && is_marked
        && line.is_some_and(|line| line.chars().all(|c| c.is_ascii_digit() || " .#*->\t".contains(c)))
}

/// A word: what it is, as a number, and where it stands.
#[derive(Debug, Clone, Copy)]
struct Word {
    id: u32,
    start: usize,
    end: usize,
    is_number: bool,
}

/// Runs of letters and digits; characters of scripts without spaces are words each.
fn words(text: &str) -> Vec<Word> {
    let mut ids: HashMap<&str, u32> = HashMap::new();
    let mut found = Vec::new();
    let mut add = |start: usize, end: usize| {
        let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let word = &text[start..end];
        let id = *ids.entry(word).or_insert(next);
        found.push(Word { id, start, end, is_number: word.bytes().all(|b| b.is_ascii_digit()) });
    };
    let (mut start, mut length) = (None, 0);
    for (at, c) in text.char_indices() {
        let is_whole = c.is_alphanumeric() && !super::tokens::joins(c);
        let continues = c.is_alphanumeric() && !is_whole && length < PIECE;
        if !continues && let Some(from) = start.take() {
            add(from, at);
        }
        if is_whole {
            add(at, at + c.len_utf8());
        } else if c.is_alphanumeric() {
            length = if start.is_some() { length + 1 } else { 1 };
            start = start.or(Some(at));
        }
    }
    if let Some(from) = start {
        add(from, text.len());
    }
    found
}

/// The first block that follows itself often enough, and how often.
///
/// A loop of period p repeats its four words of a moment ago p words later. So each run of four words asks how far
/// back it last stood, and from there the text is followed for as long as it says the same. No stretch is followed
/// twice at one distance, and all together no further than `WORK` steps a word.
fn repeated_block<'a>(text: &'a str, words: &[Word]) -> Option<(&'a str, usize)> {
    let mut last: HashMap<[u32; 4], usize> = HashMap::new();
    let mut followed: HashMap<usize, usize> = HashMap::new();
    let mut work = words.len().saturating_mul(WORK);
    for (at, four) in words.windows(4).enumerate() {
        let Some(before) = last.insert([four[0].id, four[1].id, four[2].id, four[3].id], at) else {
            continue;
        };
        let period = at - before;
        if followed.get(&period).is_some_and(|end| at < *end) {
            continue;
        }
        let mut end = at;
        while end < words.len() && words[end].id == words[end - period].id && work > 0 {
            end += 1;
            work -= 1;
        }
        followed.insert(period, end);
        let together = end - before;
        let times = together / period;
        let block = &words[before..at];
        let is_loop = if block.iter().all(|word| word.is_number) {
            together >= NUMBERS_TOGETHER
        } else if period >= LONG_BLOCK {
            times >= TIMES - 1
        } else if period >= BLOCK {
            times >= TIMES && together >= TOGETHER
        } else {
            together >= SHORT_TOGETHER
        };
        if is_loop {
            return Some((&text[block.first()?.start..block.last()?.end], times));
        }
    }
    None
}

/// Distinct runs of five words ÷ all of them.
#[expect(clippy::cast_precision_loss, reason = "both are at most 800")]
fn distinct_share(words: &[Word]) -> f64 {
    let runs: HashSet<[u32; 5]> =
        words.windows(5).map(|w| [w[0].id, w[1].id, w[2].id, w[3].id, w[4].id]).collect();
    runs.len() as f64 / words.len().saturating_sub(4).max(1) as f64
}

/// One sign without end, white space between or not.
fn repeated_sign(text: &str) -> Option<String> {
    let (mut sign, mut times) = ('\0', 0);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        times = if c == sign { times + 1 } else { 1 };
        sign = c;
        let draws = "-=_*#~.|+·─═━".contains(c);
        if !c.is_alphanumeric() && times >= if draws { LINE_SIGNS } else { SIGNS } {
            return Some(format!("{} {times} times in a row", quote(&c.to_string())));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One text after the other.
    fn each(numbers: std::ops::Range<u32>, text: impl Fn(u32) -> String) -> String {
        numbers.map(text).collect::<Vec<_>>().concat()
    }

    #[test]
    fn loops_are_found() {
        for text in [
            "I am here now. ".repeat(6),
            "the cat sat on the mat and ".repeat(4),
            format!("A good start, as it were.\n{}", "- Check the logs of the server.\n".repeat(5)),
            format!("Fine.\n{}", "no ".repeat(60)),
            "ha".repeat(400),
            "!".repeat(300),
            "! ".repeat(300),
            "哈".repeat(60),
            "これはペンです。".repeat(8),
            "0 ".repeat(300),
            "a b c d x a b c d y ".repeat(10),
            each(0..60, |n| format!("Step {n}: check it and go on to the next of the steps. "))
                + &"Step 61: check it and go on to the next of the steps. ".repeat(4),
            format!("{}\n\n", WALK.replace('\n', " ")).repeat(3),
            // Each round differs in a word, and nothing else is said.
            ["red", "blue", "green", "red", "black", "green", "blue", "red"]
                .map(|colour| {
                    format!("and then the next one of them was {colour} and so it went on as before and ")
                })
                .concat()
                .repeat(3),
        ] {
            assert!(repetition(&text).is_some(), "{text}");
        }
        let found = repetition(&format!("Well. {}", "It is what it is. ".repeat(9))).unwrap();
        assert_eq!(found, "\"It is what it is\" 9 times in a row");
    }

    const WALK: &str = "In the morning we walked down to the harbour, where the boats lay side by side and the gulls \
        quarrelled over what the fishermen had left. Nobody spoke much. The tide was out, and on the wet sand one could \
        follow the tracks of a dog as far as the breakwater.\n\nLater it rained. We sat under the awning of the only \
        cafe that was open and watched the water run along the gutter, past the church and the two benches, until it \
        fell through a grating and was gone. My brother said that it would rain all week, and it did.";

    #[test]
    fn rising_numbers_do_not_hide_a_loop() {
        let line = "The committee will meet again next week to discuss the budget.";
        let listed = (1..30).map(|n| format!("{n}. {line}\n")).collect::<Vec<_>>().concat();
        assert!(repetition(&listed).is_some());
        let headed = (1..20).map(|n| format!("### 4.1.{n} {line}\n")).collect::<Vec<_>>().concat();
        assert!(repetition(&headed).is_some());
        let counted = (1..=120)
            .map(|n| format!("{n}. item number {n} of the list of things\n"))
            .collect::<Vec<_>>()
            .concat();
        assert_eq!(repetition(&counted), None);
    }

    #[test]
    fn ordinary_texts_are_none() {
        let refrain = "Row on, row on, the night is long,\nrow on, row on, and sing the song.\n";
        let poem: String = [
            "The lamps are lit along the quay",
            "The nets are mended, tarred and dry",
            "The wind has turned and so have we",
        ]
        .map(|line| format!("{line},\n{line},\nand none of us will tell them why.\n{refrain}\n"))
        .concat();
        let list: String = each(1..80, |n| format!("- Item {n}: status ok, owner team {}\n", n % 5));
        let table = format!("| a | b | c |\n|---|---|---|\n{}", "| 0 | 1 | 0 |\n".repeat(30));
        let code: String = each(0..40, |n| format!("    if value == {n}:\n        return names[{n}]\n"));
        let json: String =
            each(0..60, |n| format!("{{\"id\": {n}, \"active\": true, \"score\": {}}},\n", n * 7 % 13));
        let song = format!("{}\n{}", "We shall go home, ".repeat(4), "na ".repeat(30));
        for text in [
            "",
            "no",
            "no no no no no no no no",
            WALK,
            &format!("{WALK}\n\n{WALK}"),
            &poem,
            &list,
            &table,
            &code,
            &json,
            &song,
            &format!("x = [{}]", "0, ".repeat(64)),
            &"=".repeat(120),
            &"-".repeat(500),
            "Buffalo buffalo Buffalo buffalo buffalo buffalo Buffalo buffalo.",
            "def f(x):\n    x = x + 1\n    x = x + 1\n    x = x + 1\n    x = x + 1\n    return x\n",
            "print()\nprint()\nprint()\nprint()\nprint()\nprint()\n",
        ] {
            assert_eq!(repetition(text), None, "{text}");
        }
    }

    #[test]
    fn the_work_is_bounded() {
        // Fibonacci words have the most repetitions that a text can have.
        let (mut a, mut b) = ("x ".to_owned(), "y ".to_owned());
        while b.len() < 200_000 {
            (a, b) = (b.clone(), format!("{b}{a}"));
        }
        let _ = repetition(&b);
        assert!(repetition(&"\u{1F600}a".repeat(100_000)).is_some());
        assert_eq!(repetition(&"\u{0}\u{301}".repeat(100)), None);
    }
}
