//! What a verdict costs on texts that are made to be slow to judge: nanoseconds a byte at 50 kB and at 400 kB, for each
//! family of texts under each type of check. Linear time means a ratio near 1 between both.
//!
//! `cargo bench --bench judging [-- [--quick] [WORD of a family's name ...]]`

#![expect(clippy::print_stdout, reason = "a command that prints a table")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

mod support;

use std::time::Instant;

use labctl::check::{Judge, Late, Response};
use labctl::model::check::Check;
use labctl::model::prompt::Prompt;

/// The smaller text in bytes, and how many times as long the larger one is.
const SMALL: usize = 50_000;
const GROWTH: usize = 8;

/// Repetitions of which the fastest counts.
const REPETITIONS: usize = 3;

/// What is repeated, with a name.
const FAMILIES: &[(&str, &str)] = &[
    ("open boxes", "\\boxed{"),
    ("boxes", "\\boxed{7} "),
    ("thinking starts", "<think>"),
    ("thinking ends", "a</think>"),
    ("channels", "<|channel|>final<|message|>"),
    ("template starts", "<|im_start|>assistant\n"),
    ("digits", "7"),
    ("groups of digits", "123,456 "),
    ("digits and points", "1.2"),
    ("list of numbers", "[1, 2, "),
    ("numbers", "7 "),
    ("open brackets", "("),
    ("open braces", "{"),
    ("JSON objects", "{\"a\": "),
    ("JSON arrays", "["),
    ("announcements in a line", "Answer: "),
    ("announcements with nothing", "Answer:\n"),
    ("final answers", "the final answer is "),
    ("denied announcements", "Answer: not 7 "),
    ("hashes", "#### "),
    ("quotation marks", "\""),
    ("options", "A or B "),
    ("option letters", "(B) "),
    ("options' texts", "Paris or "),
    ("bullets", "- a\n"),
    ("numbered lines", "1. 7\n"),
    ("headings", "# a\n"),
    ("table rows", "| 7 | a |\n"),
    ("one word", "word "),
    ("one word without spaces", "word"),
    ("sentences", "It is not so. "),
    ("negations", "not never no "),
    ("needles", "42 a Paris "),
    ("stars", "*"),
    ("bold", "**7** "),
    ("dollars", "$"),
    ("backticks", "`"),
    ("fences", "```\n"),
    ("fences with code", "```python\nx = 1\n```\n"),
    ("backslashes", "\\"),
    ("fractions", "\\frac{1}{"),
    ("roots", "\\sqrt{7 "),
    ("carets", "2^"),
    ("spaces", " "),
    ("lines", "\n"),
    ("spaces and a word", "a          \n"),
    ("combining marks", "e\u{301}\u{301}\u{301}"),
    ("marks alone", "\u{301}"),
    ("zero width", "\u{200b}"),
    ("Arabic digits", "٤٢"),
    ("Chinese", "答案是"),
    ("questions", "a\nQuestion: b\n"),
    ("scores", "Score: 4\n"),
    ("scores in brackets", "[[4]] "),
    ("calls", "f("),
    ("functions", "def f(a, b):\n    return a\n"),
    ("operators", "1+"),
    ("statements", "SELECT "),
];

/// One check of every type that looks for something in a text of its own.
const CHECKS: &str = r#"[
    {"type": "numeric", "value": "42.5", "unit": "km"},
    {"type": "numeric", "value": "42", "locale": "decimal_comma"},
    {"type": "choice", "options": ["Lyon", "Paris", "Nice", "both A and B"], "answer": "B"},
    {"type": "contains", "any": ["Rome|é"], "all": ["a", "word"], "none": ["東"], "scope": "text"},
    {"type": "exact", "values": ["x"], "normalise": ["nfkc", "fence", "quotes", "punctuation", "whitespace", "case"]},
    {"type": "regex", "pattern": "(?P<answer>\\w+) km"},
    {"type": "json", "equals": {"/a": 1}, "required": ["/answer"], "closed": true},
    {"type": "json_schema", "schema": {"type": "object", "required": ["a"]}},
    {"type": "format", "words": {"max": 9}, "sentences": {"max": 9}, "lines": {"max": 9}, "paragraphs": {"max": 9},
     "bullets": {"max": 9}, "headings": {"max": 9}, "forbidden": ["!", "not"], "each_line": "\\S.*", "no_loop": true},
    {"type": "concepts", "groups": [["Paris ... 42|東 ... é"], ["1,234"]], "at_least": 1,
     "forbidden": ["word ... not", "May ... km"]},
    {"type": "refusal", "expected": true},
    {"type": "baseline_similarity", "min_similarity": 0.5},
    {"type": "score", "gold": 4.0},
    {"type": "preference", "gold": "A"},
    {"type": "code", "language": "python", "function": {"name": "f", "parameters": 2}},
    {"type": "code", "language": "sql", "setup": "CREATE TABLE t (a);", "rows": [[1]]},
    {"type": "code", "language": "regex", "matches": ["x"]},
    {"type": "code", "language": "cron", "matches": ["2026-03-01T04:30"]},
    {"type": "code", "language": "arithmetic", "value": "24"}
]"#;

/// Nanoseconds a byte of the fastest repetition.
fn cost(judge: &Judge, content: &str, repetitions: usize) -> f64 {
    let late = Late { baseline: Some("word Paris 42"), ..Late::default() };
    let time = |_| {
        let began = Instant::now();
        let response = Response { content, reasoning: "", finish_reason: Some("stop") };
        std::hint::black_box(judge.judge_late(&response, &late));
        began.elapsed().as_secs_f64()
    };
    #[expect(clippy::cast_precision_loss, reason = "below a million")]
    let bytes = content.len() as f64;
    (0..repetitions).map(time).fold(f64::MAX, f64::min) * 1e9 / bytes
}

fn main() {
    let is_quick = support::is_quick();
    let repetitions = if is_quick { 1 } else { REPETITIONS };
    let checks: Vec<Check> = serde_json::from_str(CHECKS).unwrap();
    let prompt = |check: &Check| Prompt {
        checks: vec![check.clone()],
        ..Prompt::unchecked("p".to_owned(), "c".to_owned(), "?".to_owned(), 16)
    };
    let judges: Vec<Judge> = checks.iter().map(|check| Judge::new(&prompt(check)).unwrap()).collect();
    println!("Nanoseconds a byte, of the check whose cost grows most\n");
    println!("| repeated | check | {} kB | {} kB | ratio |", SMALL / 1000, SMALL * GROWTH / 1000);
    println!("|---|---|---|---|---|");
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    for (name, piece) in FAMILIES {
        if !words.is_empty() && !words.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let small = piece.repeat(SMALL / piece.len());
        let large = small.repeat(GROWTH);
        let costs = checks.iter().zip(&judges).map(|(check, judge)| {
            let (little, much) = (cost(judge, &small, repetitions), cost(judge, &large, repetitions));
            (much / little, check.name(), little, much)
        });
        if let Some((ratio, check, little, much)) = costs.max_by(|a, b| a.0.total_cmp(&b.0)) {
            println!("| {name} | {check} | {little:.1} | {much:.1} | {ratio:.2} |");
        }
    }
    if is_quick {
        println!("\n{}", support::TOO_FEW);
    }
}
