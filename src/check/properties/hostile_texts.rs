//! Verdicts on texts that nobody expects: very long ones, control characters, terminal escapes, other scripts.

use super::{choice, judge, judged, number};
use crate::check::judge::tests::verdicts;
use crate::model::judgement::Verdict::{NoAnswer, Pass, Wrong};

#[test]
fn a_megabyte_is_judged_like_a_line() {
    let filler = "It takes 3 steps, then 4 more; see page 5 of 2,000. ".repeat(20_000);
    assert!(filler.len() > 1_000_000);
    for (check, content, expected) in [
        (number("42"), format!("{filler}\nAnswer: 42"), Pass),
        (number("42"), format!("\\boxed{{42}}\n{filler}"), Pass),
        (number("42"), format!("<think>{filler}</think>42"), Pass),
        (number("42"), format!("{filler}\nAnswer: unknown"), NoAnswer),
        (choice('B'), format!("{filler}\nAnswer: B"), Pass),
    ] {
        let judgement = judged(&judge(&check), &content);
        assert_eq!(judgement.verdict, expected, "{:?}", judgement.checks);
        assert!(judgement.checks[0].detail.len() < 1000);
    }
    // A megabyte of digits is a number, and another one.
    assert_eq!(judged(&judge(&number("42")), &"7".repeat(1_000_000)).verdict, Wrong);
}

#[test]
fn control_characters_and_terminal_escapes_hide_nothing() {
    verdicts(
        &number("42"),
        &[
            ("\u{1b}[1mAnswer: 42\u{1b}[0m", Pass),
            ("Answer: \u{1b}[31m42\u{1b}[0m", Pass),
            ("\u{1b}]0;Answer: 7\u{7}Answer: 42", Pass),
            ("Answer: 42\u{0}", Pass),
            ("Answer:\u{b}42", Pass),
            ("Answer: 4\u{8}42", Wrong),
            ("Answer: 42\u{202e}", Pass),
            ("Answer: \u{2067}42\u{2069}", Pass),
            ("Answer: 4\u{ad}2", Pass),
            ("Answer: 42\u{85}", Pass),
            ("\u{1b}[42m", NoAnswer),
        ],
    );
    for content in ["\u{1b}[2J\u{1b}]8;;x\u{7}41", "\u{9b}31m41\u{0}", "a\rb\u{202e}41"] {
        let judgement = judged(&judge(&number("42")), content);
        let shown = &judgement.checks[0].detail;
        assert!(!shown.contains(|c: char| c.is_control() || c == '\u{202e}'), "{shown:?}");
    }
}
