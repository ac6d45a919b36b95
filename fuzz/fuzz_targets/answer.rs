//! A response under every type of check: none panics, and the answer that is found stands where it is said to.

#![no_main]

use std::sync::LazyLock;

use labctl::check::{Judge, Late, Response};
use labctl::model::check::Check;
use labctl::model::prompt::Prompt;
use libfuzzer_sys::fuzz_target;

/// One check of every type, and code in every language.
const CHECKS: &str = r##"[
    {"type": "numeric", "value": "42.5", "unit": "km", "decimals": 2},
    {"type": "numeric", "value": "2/3", "significant_figures": 3, "abs": 0.01},
    {"type": "numeric", "value": "1234.5", "locale": "decimal_comma", "rel": 0.001},
    {"type": "choice", "options": ["Lyon", "Paris", "Nice", "both A and B"], "answer": "B"},
    {"type": "contains", "any": ["42|é"], "all": ["a"], "none": ["東"], "scope": "text"},
    {"type": "contains", "any": ["42|é"], "all": ["a"], "none": ["東"], "scope": "answer"},
    {"type": "exact", "values": ["x"], "scope": "text",
     "normalise": ["nfkc", "fence", "quotes", "punctuation", "whitespace", "full_stop", "case"]},
    {"type": "exact", "values": ["x"], "scope": "answer"},
    {"type": "regex", "pattern": "(?P<answer>\\w+) km", "scope": "text"},
    {"type": "regex", "pattern": "(?P<answer>\\w+)", "scope": "answer"},
    {"type": "json", "equals": {"/a": 1}, "required": ["/answer"], "closed": true},
    {"type": "json_schema", "schema": {"type": "object", "required": ["a"],
     "properties": {"a": {"type": "string", "pattern": "^a+$", "format": "date"}, "b": {"multipleOf": 0.1}}}},
    {"type": "format", "words": {"min": 1, "max": 9}, "sentences": {"max": 9}, "lines": {"max": 9},
     "paragraphs": {"max": 9}, "bullets": {"max": 9}, "headings": {"max": 9}, "starts_with": "A", "ends_with": "é",
     "forbidden": ["!", "not"], "letters": "upper", "only": "\\w+", "each_line": "\\S.*", "no_loop": true},
    {"type": "concepts", "groups": [["Paris ... 42|東 ... é"], ["1,234"]], "at_least": 1,
     "forbidden": ["Paris", "May ... km", "-"]},
    {"type": "refusal", "expected": true},
    {"type": "baseline_similarity", "min_similarity": 0.5, "same": true, "length_ratio": [0.5, 2.0]},
    {"type": "score", "gold": 4.0},
    {"type": "preference", "gold": "A"},
    {"type": "code", "language": "python", "function": {"name": "f", "parameters": 2}, "forbidden": ["eval", "os.system"],
     "required": ["sorted"], "uses": ["return", "loop", "recursion"]},
    {"type": "code", "language": "javascript", "function": {"name": "f"}, "forbidden": ["eval"]},
    {"type": "code", "language": "rust", "function": {"name": "f"}, "forbidden": ["unsafe"]},
    {"type": "code", "language": "bash", "forbidden": ["rm"]},
    {"type": "code", "language": "sql", "setup": "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2, 'y');",
     "rows": [[1, "x"]]},
    {"type": "code", "language": "regex", "matches": ["2024-01-05", "aaaaaaaaaaaaaaaa"], "rejects": ["", "x"]},
    {"type": "code", "language": "cron", "matches": ["2026-03-01T04:30"], "rejects": ["2026-03-01T04:31"]},
    {"type": "code", "language": "arithmetic", "value": "24", "numbers": ["4", "4", "10", "10"]}
]"##;

static JUDGES: LazyLock<Vec<Judge>> = LazyLock::new(|| {
    let checks: Vec<Check> = serde_json::from_str(CHECKS).unwrap();
    let judge = |check| {
        let prompt = Prompt::unchecked("p".to_owned(), "c".to_owned(), "?".to_owned(), 16);
        Judge::new(&Prompt { checks: vec![check], ..prompt }).unwrap()
    };
    checks.into_iter().map(judge).collect()
});

fuzz_target!(|content: &str| {
    let late = Late { baseline: Some("Paris or 42 km, not 1,234"), ..Late::default() };
    for judge in JUDGES.iter() {
        let response = Response { content, reasoning: "", finish_reason: Some("stop") };
        let judgement = judge.judge_late(&response, &late);
        if let Some(answer) = judgement.answer {
            assert!(
                answer.start.zip(answer.end).is_none_or(|(start, end)| content.get(start..end).is_some())
            );
        }
    }
});
