use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::check::judge::tests::{judged, verdicts};
use crate::model::check::Check;
use crate::model::judgement::AnswerSource;

fn rules(rules: &Value) -> CodeRules {
    serde_json::from_value(rules.clone()).unwrap()
}

fn check(written: &Value) -> Check {
    Check::Code(rules(written))
}

fn detail(written: &Value, content: &str) -> String {
    judged(check(written), content).checks[0].detail.clone()
}

mod finding {
    use super::*;

    #[test]
    fn the_block_of_the_language_is_the_code() {
        use Verdict::{NoAnswer, Pass, Wrong};
        let python = json!({"language": "python", "function": {"name": "f", "parameters": 1}});
        verdicts(
            &check(&python),
            &[
                ("```python\ndef f(x):\n    return x\n```", Pass),
                ("```\ndef f(x):\n    return x\n```", Pass),
                ("~~~py\ndef f(x):\n    return x\n~~~", Pass),
                ("````python\ndef f(x):\n    return '```'\n````", Pass),
                ("def f(x):\n    return x", Pass),
                ("def f(x):\r\n    return x\r\n", Pass),
                ("<think>def f</think>Here:\n```python\ndef f(x):\n    return x\n```\nEnjoy!", Pass),
                ("1. First:\n   ```python\n   def f(x):\n       return x\n   ```\n", Pass),
                ("```python\ndef f(x):\n    return x\n```\nOutput:\n```\n5\n```", Pass),
                ("```python\ndef g(x):\n    return x\n```\n```python\ndef f(x):\n    return g(x)\n```", Pass),
                ("```python\ndef f(x):\n    return x\n```\nUse it:\n```python\nprint(f(2))\n```", Pass),
                ("```python\ndef f(x):\n    return x", Pass),
                ("```python\na = 1\n```\n```python\nb = 1\n```", NoAnswer),
                ("```text\na = 1\n```\n```text\nb = 1\n```", NoAnswer),
                ("```python\n```", NoAnswer),
                ("I don't know.", NoAnswer),
                ("Sure!\n\ndef f(x):\n    return x\n\nLet me know.", NoAnswer),
                ("```python\ndef f(x):\nreturn x\n```", Wrong),
            ],
        );
        let content = "Here:\n  ```python\n  def f(x):\n      return x\n  ```";
        let answer = judged(check(&python), content).answer.unwrap();
        assert_eq!(answer.text, "def f(x):\n    return x");
        assert_eq!(answer.source, AnswerSource::CodeFence);
        assert_eq!(&content[answer.start.unwrap()..answer.end.unwrap()], "def f(x):\n      return x");
    }

    #[test]
    fn a_line_of_code_is_found_as_it_was_asked_for() {
        use Verdict::{NoAnswer, Pass};
        let cron = json!({"language": "cron", "matches": ["2026-03-01T04:30"]});
        verdicts(
            &check(&cron),
            &[
                ("30 4 * * *", Pass),
                ("Answer: 30 4 * * *", Pass),
                ("**Answer:** `30 4 * * *`", Pass),
                ("**Answer: 30 4 * * ***", Pass),
                ("Answer: */30 */4 * * *", Pass),
                ("Answer:\n```\n30 4 * * *\n```", Pass),
                ("```cron\n30 4 * * *\n```", Pass),
                ("Use `30 4 * * *`; `30` is the minute, and `30 4 * * *` fires daily.", Pass),
                ("Use this:\n\n30 4 * * *\n\nIt fires daily.", Pass),
                ("`30 4 * * *` or `30 4 1 * *`", NoAnswer),
                ("30 4 * * *\n0 4 * * *", NoAnswer),
                ("Every day at half past four.", NoAnswer),
            ],
        );
        let regex = json!({"language": "regex", "matches": ["ab"]});
        verdicts(
            &check(&regex),
            &[
                ("ab", Pass),
                ("Answer: ab", Pass),
                ("The pattern is `ab`.", Pass),
                ("```regex\nab\n```", Pass),
                ("The pattern\nis ab", NoAnswer),
                ("`ab` begins with `a`", NoAnswer),
            ],
        );
    }
}

mod programs {
    use super::*;

    fn verdict(written: &Value, code: &str) -> Verdict {
        judged(check(written), &format!("```\n{code}\n```")).verdict
    }

    fn all(written: &Value, cases: &[(&str, Verdict)]) {
        for (code, expected) in cases {
            let said = detail(written, &format!("```\n{code}\n```"));
            assert_eq!(verdict(written, code), *expected, "{code}\n{said}");
        }
    }

    #[test]
    fn code_must_parse() {
        use Verdict::{NoAnswer, Pass, Wrong};
        all(
            &json!({"language": "python"}),
            &[
                ("x = [i ** 2 for i in range(3) if i]\nprint(f'{x!r:>10}')", Pass),
                ("match x:\n    case [1, *rest] if rest:\n        pass\n    case _:\n        pass", Pass),
                ("async def f[T](a: T, /, *, b: int = 1, **kw) -> T:\n    return await g(a)", Pass),
                ("def f(x:\n    return x", Wrong),
                ("def f(x):\nreturn x", Wrong),
                ("def f(x):\n    # nothing", Wrong),
                ("print 'a'", Wrong),
                ("return 1", Wrong),
                ("# only a comment", Wrong),
                ("", NoAnswer),
            ],
        );
        all(
            &json!({"language": "javascript"}),
            &[
                ("const f = async ({a, b = 2}, ...c) => a?.b ?? `x${c}`;", Pass),
                ("class A extends B { #x = 1; static y() { return this.#x; } }", Pass),
                ("function f( { return 1 }", Wrong),
            ],
        );
        all(
            &json!({"language": "rust"}),
            &[
                ("fn f<T: Ord>(x: &[T]) -> Option<&T> { x.iter().max() }", Pass),
                ("let Some(x) = y else { return };", Pass),
                ("fn f(x: i32 -> i32 { x }", Wrong),
            ],
        );
        all(
            &json!({"language": "bash"}),
            &[
                ("#!/bin/bash\nfor f in *.txt; do\n  [[ -s \"$f\" ]] && echo \"${f%.txt}\"\ndone", Pass),
                ("if true; then echo a", Wrong),
            ],
        );
    }

    #[test]
    fn functions_have_their_name_and_parameters() {
        use Verdict::{Pass, Wrong};
        let of = |language: &str, parameters: u32| json!({"language": language, "function": {"name": "f", "parameters": parameters}});
        all(
            &of("python", 2),
            &[
                ("def f(a, b): return a", Pass),
                ("async def f(a: int, b: str = 'x') -> int: return a", Pass),
                ("def f(a, *args): return a", Pass),
                ("def f(a, /, *, b): return a", Pass),
                ("def f(\n    a,  # the first\n    b,\n): return a", Pass),
                ("class A:\n    def f(self, a, b): return a", Pass),
                ("class A:\n    @classmethod\n    def f(cls: type, a, b): return a", Pass),
                ("f = lambda a, b: a", Pass),
                ("def f(self, a): return a", Pass),
                ("class A:\n    def g(self):\n        def f(self, a): return a\n        return f", Pass),
                ("def f(a): return a", Wrong),
                ("def f(a, b, **kw): return a", Wrong),
                ("def g(a, b): return a", Wrong),
                ("f(1, 2)", Wrong),
            ],
        );
        all(
            &of("javascript", 2),
            &[
                ("function f(a, b) { return a }", Pass),
                ("const f = (a, b = 1) => a", Pass),
                ("const f = function (a, ...b) { return a }", Pass),
                ("exports.f = async (a, {b, c}) => a", Pass),
                ("class A { f(a, b) { return a } }", Pass),
                ("const o = { f: (a, b) => a, g(a) {} }", Pass),
                ("function* f(a, b) { yield a }", Pass),
                ("const f = a => a", Wrong),
                ("const g = (a, b) => a", Wrong),
            ],
        );
        all(&of("javascript", 1), &[("const f = a => a", Pass)]);
        all(
            &of("rust", 2),
            &[
                ("pub fn f<'a>(a: &'a str, mut b: u32) -> &'a str { a }", Pass),
                ("impl A { fn f(&mut self, a: u8, b: u8) -> u8 { a } }", Pass),
                ("fn f(a: u8) -> u8 { a }", Wrong),
            ],
        );
        let bash = json!({"language": "bash", "function": {"name": "f"}});
        all(&bash, &[("f() { echo a; }", Pass), ("function f { echo a; }", Pass), ("g() { f; }", Wrong)]);
    }

    #[test]
    fn names_are_found_as_they_are_used() {
        use Verdict::{Pass, Wrong};
        let python =
            json!({"language": "python", "forbidden": ["eval", "os.system", "sum", "sort", "while", "re"]});
        all(
            &python,
            &[
                ("total = 0\nfor x in xs:\n    total += x", Pass),
                ("sum = 0\nfor x in xs:\n    sum += x", Pass),
                ("def f(sum): return sum", Pass),
                ("f(key=1, sort=True)", Pass),
                ("'eval(x)'  # eval", Pass),
                ("evaluate(x)", Pass),
                ("import os\nos.path.join('a')", Pass),
                ("eval('1')", Wrong),
                ("f = eval", Wrong),
                ("builtins.eval('1')", Wrong),
                ("import os\nos.system('ls')", Wrong),
                ("import os as o\no.system('ls')", Wrong),
                ("from os import system", Wrong),
                ("from os import system as s\ns('ls')", Wrong),
                ("import re", Wrong),
                ("import re as r", Wrong),
                ("from re import compile", Wrong),
                ("print(sum([1]))", Wrong),
                ("[1].sort()", Wrong),
                ("f(x).y[0].sort()", Wrong),
                ("while True: pass", Wrong),
            ],
        );
        all(
            &json!({"language": "python", "required": ["collections.deque", "yield"]}),
            &[
                ("from collections import deque\ndef f():\n    yield deque()", Pass),
                ("import collections as c\ndef f():\n    yield c.deque()", Pass),
                ("def f():\n    yield 1", Wrong),
            ],
        );
        all(
            &json!({"language": "javascript", "forbidden": ["eval", "child_process", "Math.max", "sort", "var"]}),
            &[
                ("const sort = 1; let {eval: x} = y; f({sort: 1})", Pass),
                ("eval('1')", Wrong),
                ("const cp = require('child_process')", Wrong),
                ("import { exec } from 'node:child_process'", Wrong),
                ("Math.max(...xs)", Wrong),
                ("xs.sort()", Wrong),
                ("var x = 1", Wrong),
            ],
        );
        all(
            &json!({"language": "rust", "forbidden": ["std::process::Command", "unsafe", "unwrap", "println!", "std::fs::write"]}),
            &[
                ("use std::process;\nfn f() -> Option<u8> { let unwrap = 1; Some(unwrap) }", Pass),
                ("use std::{io, process::{self, Command as C}};", Wrong),
                ("use std::process;\nfn f() { process::Command::new(\"ls\"); }", Wrong),
                ("use std::fs;\nfn f() { fs::write(\"a\", \"b\"); }", Wrong),
                ("fn f() { unsafe { g() } }", Wrong),
                ("fn f() { x.unwrap(); }", Wrong),
                ("fn f() { println!(\"{}\", 1); }", Wrong),
            ],
        );
        all(
            &json!({"language": "bash", "forbidden": ["eval", "IFS"]}),
            &[("echo eval", Pass), ("eval \"$x\"", Wrong), ("x=$(eval y)", Wrong), ("echo \"$IFS\"", Wrong)],
        );
    }

    #[test]
    fn kinds_of_syntax_are_found() {
        let uses = |language: &str, syntax: &str, code: &str| {
            let written = json!({"language": language, "uses": [syntax]});
            verdict(&written, code) == Verdict::Pass
        };
        for (language, syntax, code, expected) in [
            ("python", "return", "def f():\n    return 1", true),
            ("python", "return", "def f():\n    yield 1", false),
            ("python", "loop", "while x: pass", true),
            ("python", "loop", "[x for x in y]", false),
            ("python", "comprehension", "f(x for x in y)", true),
            ("python", "comprehension", "{k: v for k, v in y}", true),
            ("python", "comprehension", "for x in y: pass", false),
            ("python", "exception_handler", "try:\n    f()\nexcept* ValueError as e:\n    pass", true),
            ("python", "exception_handler", "try:\n    f()\nfinally:\n    pass", false),
            ("python", "conditional", "x = 1 if y else 2", true),
            ("python", "conditional", "[x for x in y if x]", false),
            ("python", "recursion", "def f(n):\n    return n and f(n - 1)", true),
            ("python", "recursion", "def f(n):\n    return g(n)\ndef g(n):\n    return 1\nf(2)", false),
            ("python", "recursion", "class A:\n    def f(self, n):\n        return self.f(n - 1)", true),
            ("python", "recursion", "def sort(x):\n    return x.sort()", false),
            ("javascript", "return", "const f = x => x + 1", true),
            ("javascript", "return", "const f = x => { g(x) }", false),
            ("javascript", "loop", "for (const x of y) {}", true),
            ("javascript", "loop", "y.map(f)", false),
            ("javascript", "exception_handler", "try { f() } catch { g() }", true),
            ("javascript", "recursion", "const f = n => n ? f(n - 1) : 0", true),
            ("javascript", "recursion", "const f = n => g(n); f(1)", false),
            ("javascript", "conditional", "x ? 1 : 2", true),
            ("rust", "return", "fn f() -> u8 { 1 }", true),
            ("rust", "return", "fn f() {}", false),
            ("rust", "loop", "fn f() { loop { break; } }", true),
            ("rust", "recursion", "fn f(n: u8) -> u8 { f::<u8>(n - 1) }", true),
            ("rust", "recursion", "impl A { fn f(&self) { Self::f(self) } }", true),
            ("rust", "conditional", "fn f() { match x { _ => () } }", true),
            ("bash", "return", "f() { return 1; }", true),
            ("bash", "loop", "until false; do :; done", true),
            ("bash", "recursion", "f() { f; }", true),
            ("bash", "conditional", "case $x in a) ;; esac", true),
            ("bash", "conditional", "echo if", false),
        ] {
            assert_eq!(uses(language, syntax, code), expected, "{language} {syntax}: {code}");
        }
        let named = json!({"language": "python", "function": {"name": "f"}, "uses": ["recursion"]});
        all(&named, &[("def g(n):\n    return g(n)\ndef f(n):\n    return g(n)", Verdict::Wrong)]);
    }

    #[test]
    fn what_was_found_is_told() {
        let written = json!({"language": "python", "function": {"name": "f", "parameters": 1}});
        for (code, expected) in [
            ("def f(a):\n    return a", "found Python that parses, with \"f/1\""),
            ("def f(a, b):\n    return a", "expected `f` to have 1 parameters, found 2"),
            ("def g(a):\n    return a", "expected a function `f`, found \"g\""),
            ("def f(a):\n    return (a", "expected Python, found a syntax error in line 2: \"return (a\""),
        ] {
            assert_eq!(detail(&written, &format!("```\n{code}\n```")), expected);
        }
    }

    #[test]
    fn hostile_code_ends() {
        for language in ["python", "javascript", "rust", "bash"] {
            let written = json!({"language": language, "function": {"name": "f"}, "forbidden": ["a.b"]});
            for unit in ["(", "{", "def f():", "use a::{", "\"${", "'", "<"] {
                // The parser's C is not optimised here, and its recovery from errors is slower than linear.
                let code = unit.repeat((1 << 13) / unit.len());
                assert_ne!(verdict(&written, &code), Verdict::Pass, "{language} {unit}");
            }
            let deep = format!("{}1{}", "(".repeat(15_000), ")".repeat(15_000));
            assert_ne!(verdict(&written, &deep), Verdict::Pass);
            let long = format!("f{}", ".a".repeat(15_000));
            assert_ne!(verdict(&written, &long), Verdict::Pass);
            assert_eq!(verdict(&written, &"a".repeat((1 << 15) + 1)), Verdict::Wrong);
        }
        assert_eq!(verdict(&json!({"language": "python"}), &"(".repeat(1 << 20)), Verdict::Wrong);
    }
}

mod sql {
    use super::*;

    const SETUP: &str = "CREATE TABLE people(name TEXT, age INTEGER, city TEXT);
        INSERT INTO people VALUES ('Ann', 30, 'Oslo'), ('Ben', 25, NULL), ('Cy', 41, 'Rome');";

    fn of(rows: &Value) -> Value {
        json!({"language": "sql", "setup": SETUP, "rows": rows})
    }

    #[test]
    fn rows_are_compared_by_value() {
        use Verdict::{NoAnswer, Pass, Wrong};
        verdicts(
            &check(&of(&json!([["Ann"], ["Cy"]]))),
            &[
                ("SELECT name FROM people WHERE age > 26", Pass),
                ("SELECT name AS n FROM people WHERE age > 26 ORDER BY age DESC;", Pass),
                ("```sql\n-- older\nSELECT name FROM people WHERE age > 26;\n-- done\n```", Pass),
                ("WITH old AS (SELECT * FROM people WHERE age > 26) SELECT name FROM old", Pass),
                ("SELECT name FROM people", Wrong),
                ("SELECT name, age FROM people WHERE age > 26", Wrong),
                ("SELECT name FROM people WHERE age > 26 UNION ALL SELECT 'Ann'", Wrong),
                ("SELECT nme FROM people", Wrong),
                ("SELECT name FROM people WHERE age > 26; SELECT 1", Wrong),
                ("SELECT name FROM people WHERE age > 26; nonsense", Wrong),
                ("EXPLAIN SELECT name FROM people", Wrong),
                ("SELECT name FROM people WHERE age > ?", Wrong),
                ("```sql\n-- nothing\n```", Wrong),
                ("With the people table, select the old ones.", NoAnswer),
                ("I don't know.", NoAnswer),
            ],
        );
        verdicts(
            &check(&of(&json!([[2, 0.3, "a", null, true]]))),
            &[
                ("SELECT 2.0, 0.1 + 0.2, 'a', NULL, 1 = 1", Pass),
                ("SELECT 2, 0.3001, 'a', NULL, 1", Wrong),
                ("SELECT '2', 0.3, 'a', NULL, 1", Wrong),
                ("SELECT 2, 0.3, 'A', NULL, 1", Wrong),
                ("SELECT 2, 0.3, 'a', 0, 1", Wrong),
                ("SELECT 2, 0.3, x'61', NULL, 1", Wrong),
            ],
        );
        verdicts(
            &check(&json!({"language": "sql", "rows": [[1], [2]], "ordered": true})),
            &[("VALUES (1), (2)", Pass), ("VALUES (2), (1)", Wrong)],
        );
        verdicts(
            &check(&json!({"language": "sql", "rows": [[9_007_199_254_740_993_i64], [1], [1]]})),
            &[
                ("VALUES (1), (9007199254740993), (1)", Pass),
                ("VALUES (1), (9007199254740992), (1)", Wrong),
                ("VALUES (1), (9007199254740993), (9007199254740993)", Wrong),
            ],
        );
        verdicts(&check(&of(&json!([]))), &[("SELECT 1 FROM people WHERE 0", Pass), ("SELECT 1", Wrong)]);
    }

    #[test]
    fn nothing_is_written_and_nothing_runs_away() {
        let written = of(&json!([[3]]));
        let cte = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t)";
        let twice: Vec<String> =
            (1..60).map(|n| format!(", c{n} AS (SELECT * FROM c{0}, c{0})", n - 1)).collect();
        let twice = twice.concat();
        for (statement, said) in [
            (format!("{cte} SELECT count(*) FROM t"), "stopped after"),
            (format!("{cte} SELECT x, zeroblob(3000) FROM t ORDER BY 1"), "stopped after"),
            (format!("WITH c0 AS (SELECT 1 AS a){twice} SELECT count(*) FROM c59"), "fails"),
            ("ATTACH '/tmp/labctl-attached.db' AS a".to_owned(), "may only read"),
            ("VACUUM INTO '/tmp/labctl-vacuumed.db'".to_owned(), "fails"),
            ("SELECT load_extension('x')".to_owned(), "fails"),
            ("PRAGMA writable_schema = 1".to_owned(), "may only read"),
            ("SELECT * FROM pragma_database_list".to_owned(), "fails"),
            ("DELETE FROM people".to_owned(), "may only read"),
            ("WITH a AS (SELECT 1) INSERT INTO people SELECT 'x', 1, 'y' FROM a".to_owned(), "may only read"),
            ("DROP TABLE people".to_owned(), "may only read"),
            ("CREATE TEMP TABLE a(b)".to_owned(), "may only read"),
            ("BEGIN".to_owned(), "may only read"),
            ("SELECT zeroblob(1000000)".to_owned(), "too big"),
            (format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000)), "fails"),
            (format!("SELECT {}1", "-".repeat(10_001)), "fails"),
            (format!("SELECT 1{}", " UNION SELECT 1".repeat(100)), "too many terms"),
            (format!("SELECT '{}'", "a".repeat(20_000)), "at most 20000 bytes"),
            ("SELECT 1 FROM people, people, people, people".to_owned(), "expected 1 rows"),
        ] {
            let judgement = judged(check(&written), &format!("```sql\n{statement}\n```"));
            let shown: String = statement.chars().take(80).collect();
            assert_eq!(judgement.verdict, Verdict::Wrong, "{shown}");
            assert!(judgement.checks[0].detail.contains(said), "{shown}: {}", judgement.checks[0].detail);
        }
        assert!(!std::path::Path::new("/tmp/labctl-attached.db").exists());
        assert!(!std::path::Path::new("/tmp/labctl-vacuumed.db").exists());
    }

    #[test]
    fn details_show_what_came_back() {
        let written = of(&json!([["Ann", 30]]));
        assert_eq!(
            detail(&written, "SELECT name, age + 0.5, city FROM people ORDER BY 1 LIMIT 1"),
            "expected 1 rows \"[\"Ann\",30]\", found 1 rows \"[\"Ann\",30.5,\"Oslo\"]\""
        );
    }
}

mod patterns {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        use Verdict::{Pass, Wrong};
        let written = json!({"language": "regex", "matches": ["555-1234", "000-0000"], "rejects": ["5551234", "x555-1234", "555-12345", ""]});
        verdicts(
            &check(&written),
            &[
                (r"^\d{3}-\d{4}$", Pass),
                (r"\d{3}-\d{4}", Pass),
                (r"`^\d{3}-\d{4}$`", Pass),
                (
                    r"```regex
^\d{3}-\d{4}$
```",
                    Pass,
                ),
                (r"/^\d{3}-\d{4}$/g", Pass),
                (r#"r"^\d{3}-\d{4}$""#, Pass),
                (r"(?x) \d{3} - \d{4} # a number", Pass),
                (r"(\d)\d\d-\d{4}|x", Pass),
                (r"^(?=.{8}$)[0-9]+-[0-9]+$", Pass),
                (r"\d{3}-?\d{4}", Wrong),
                (r"\d+-\d+", Wrong),
                (r"\d{3}-\d{4", Wrong),
                (r"\d{3}-\d{4})|(x", Wrong),
                (r"(?=\d)(?:\d{3}", Wrong),
                (r"(?:\w{1000}){1000}", Wrong),
            ],
        );
        verdicts(
            &check(&json!({"language": "regex", "matches": ["Ab", "aB"], "rejects": ["a b"]})),
            &[("/^ab$/i", Pass), ("^ab$", Wrong), ("[aA][bB]", Pass), ("a|Ab|aB", Pass)],
        );
        verdicts(
            &check(&json!({"language": "regex", "matches": ["abab"], "rejects": ["abac"]})),
            &[(r"(..)\1", Pass), (r"(?P<x>ab)(?P=x)", Pass), (r"(..)(..)", Wrong)],
        );
    }

    #[test]
    fn what_runs_away_is_missing_and_not_wrong() {
        let written = json!({"language": "regex", "matches": ["a".repeat(40)], "rejects": [format!("{}b", "a".repeat(40))]});
        let judgement = judged(check(&written), r"^(?:(a+)+(?=a?)\1?)+$");
        assert_eq!(judgement.verdict, Verdict::CheckError, "{judgement:?}");
        assert_eq!(judged(check(&written), "(a+)+").verdict, Verdict::Pass);
        let long = "a".repeat(1 << 20);
        assert_eq!(judged(check(&written), &long).verdict, Verdict::Wrong);
        assert_eq!(judged(check(&written), &"(".repeat(1 << 20)).verdict, Verdict::Wrong);
        assert_eq!(judged(check(&written), &"(".repeat(4_000)).verdict, Verdict::Wrong);
        assert_eq!(judged(check(&written), &"(?=".repeat(1_000)).verdict, Verdict::Wrong);
    }
}

mod schedules {
    use super::*;

    #[test]
    fn schedules_fire_as_vixie_cron_has_it() {
        // 2026-03-01 is a Sunday, 2026-03-02 a Monday.
        for (schedule, time, expected) in [
            ("30 4 * * *", "2026-03-01T04:30", true),
            ("30 4 * * *", "2026-03-01T04:31", false),
            ("*/15 * * * *", "2026-03-01T04:45", true),
            ("*/15 * * * *", "2026-03-01T04:50", false),
            ("0 9-17/2 * * *", "2026-03-01T11:00", true),
            ("0 9-17/2 * * *", "2026-03-01T12:00", false),
            ("0 0 1,15 * *", "2026-03-15T00:00", true),
            ("0 0 * mar *", "2026-03-15T00:00", true),
            ("0 0 * JAN,apr-Jun *", "2026-05-15T00:00", true),
            ("0 0 * * mon-fri", "2026-03-02T00:00", true),
            ("0 0 * * mon-fri", "2026-03-01T00:00", false),
            ("0 0 * * 0", "2026-03-01T00:00", true),
            ("0 0 * * 7", "2026-03-01T00:00", true),
            ("0 0 * * 5-7", "2026-03-01T00:00", true),
            ("0 0 * * 6", "2026-03-01T00:00", false),
            // Either day, where both are restricted (crontab(5)).
            ("0 0 13 * 5", "2026-03-13T00:00", true),
            ("0 0 13 * 5", "2026-03-20T00:00", true),
            ("0 0 13 * 5", "2026-04-13T00:00", true),
            ("0 0 13 * 5", "2026-04-14T00:00", false),
            // Both, where one begins with a star.
            ("0 0 */2 * 1", "2026-03-09T00:00", true),
            ("0 0 */2 * 1", "2026-03-02T00:00", false),
            ("0 0 31 * *", "2026-03-31T00:00", true),
        ] {
            let (member, other) = if expected { ("matches", "rejects") } else { ("rejects", "matches") };
            let written = json!({"language": "cron", member: [time], other: []});
            assert_eq!(
                Cron::new(&rules(&written)).unwrap().judge(schedule).0,
                Verdict::Pass,
                "{schedule} {time}"
            );
        }
    }

    #[test]
    fn what_crontab_refuses_is_wrong() {
        let written = json!({"language": "cron", "matches": ["2026-03-01T04:30"]});
        for schedule in [
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * 32 * *",
            "* * * 13 *",
            "* * * * 8",
            "5-1 * * * *",
            "*/0 * * * *",
            "5/15 * * * *",
            "+5 * * * *",
            "1,,2 * * * *",
            ", * * * *",
            "* * * sunday *",
            "* * * * mon#1",
            "? * * * *",
            "* * L * *",
            "@daily",
            "*/99999999999 * * * *",
        ] {
            let judgement = judged(check(&written), &format!("Answer: {schedule}"));
            assert_eq!(judgement.verdict, Verdict::Wrong, "{schedule}");
        }
        assert_eq!(
            detail(&written, "Answer: 0 4 * * *"),
            "expected it to fire at 2026-03-01T04:30, found that not: \"0 4 * * *\""
        );
    }
}

mod expressions {
    use super::*;

    #[test]
    fn expressions_are_evaluated_exactly() {
        use Verdict::{NoAnswer, Pass, Wrong};
        let written = json!({"language": "arithmetic", "value": "24", "numbers": ["3", "3", "8", "8"]});
        verdicts(
            &check(&written),
            &[
                ("8/(3-8/3)", Pass),
                ("Answer: 8 / (3 - 8 / 3)", Pass),
                ("Answer: 8 ÷ (3 − 8 ÷ 3) = 24", Pass),
                ("24 = 8/(3-8/3)", Pass),
                ("`8/(3-8/3)`", Pass),
                (r"$8 \div \left(3 - \frac{8}{3}\right)$", Pass),
                (r"So it is \boxed{8/(3-8/3)}", Pass),
                ("We find:\n8/(3-8/3)\nwhich is right.", Pass),
                ("Answer: 8*3", Wrong),
                ("Answer: 8/(3-8/3)*3/3", Wrong),
                ("Answer: 24", Wrong),
                ("Answer: 8(3)", Wrong),
                ("Answer: 8/(3-8/3", Wrong),
                ("Answer: 8/(3-3)", Wrong),
                ("Answer: I don't know", Wrong),
                ("8*3 or 3*8", NoAnswer),
                ("I can't.", NoAnswer),
            ],
        );
        for (value, expression, expected) in [
            ("-4", "-2^2", Pass),
            ("512", "2^3^2", Pass),
            ("1/8", "2^-3", Pass),
            ("8", "2**3", Pass),
            ("0.3", "0.1 + 0.2", Pass),
            ("1/3", "1/3", Pass),
            ("1/3", "0.3333333333333333", Wrong),
            ("14", "2 + 3 × 4", Pass),
            ("20", "[2 + 3] · 4", Pass),
            ("-6", "2 * -3", Pass),
            ("5", "10 - 3 - 2", Pass),
            ("2.5", "10/2/2", Pass),
            ("1", "2 3", Wrong),
            ("0", "0^-1", Wrong),
            ("1", "2^0.5", Wrong),
            ("1", "9^999", Wrong),
            ("1", "1..0", Wrong),
            ("1", "(1]", Wrong),
            ("1", "1e0", Wrong),
        ] {
            let written = json!({"language": "arithmetic", "value": value});
            let content = format!("Answer: {expression}");
            assert_eq!(judged(check(&written), &content).verdict, expected, "{expression}");
        }
        assert_eq!(
            detail(&written, "Answer: 8*3"),
            "expected the numbers 3, 3, 8, 8 and no others, found 3, 8 in \"8*3\""
        );
    }

    /// What overflows when compared is put in order all the same.
    #[test]
    fn numbers_far_apart_are_sorted() {
        let written = json!({"language": "arithmetic", "value": "24", "numbers": ["3", "8"]});
        let zeros = "0".repeat(28);
        let far: Vec<String> = (1..=30).map(|n| format!(" + 0*{n}{zeros} + 0*0.{zeros}{n}")).collect();
        let judgement = judged(check(&written), &format!("Answer: 3*8{}", far.concat()));
        assert_eq!(judgement.verdict, Verdict::Wrong);
    }

    #[test]
    fn hostile_expressions_end() {
        let written = json!({"language": "arithmetic", "value": "1"});
        for (unit, count) in
            [("(", 1 << 20), ("(", 4_000), ("-", 4_000), ("2^", 2_000), ("9*", 2_000), ("\\frac{", 600)]
        {
            let judgement = judged(check(&written), &format!("Answer: {}1", unit.repeat(count)));
            assert_ne!(judgement.verdict, Verdict::CheckError);
            assert!(judgement.verdict == Verdict::Wrong || unit == "-", "{unit} {judgement:?}");
        }
    }
}

#[test]
fn unusable_rules_are_named() {
    for (written, expected) in [
        (
            json!({"language": "sql", "rows": [], "setup": "CREATE TABLE"}),
            "`setup` fails: \"incomplete input\"",
        ),
        (
            json!({"language": "sql", "rows": [], "setup": "ATTACH 'x' AS y"}),
            "`setup` fails: refused, it may only read: \"not authorized\"",
        ),
        (json!({"language": "cron"}), "`matches` is empty; list what the answer must match"),
        (
            json!({"language": "arithmetic", "value": "x"}),
            "\"x\" is not a number that can be compared exactly; write it like `42` or `2/3`",
        ),
    ] {
        assert_eq!(Code::new(&rules(&written)).unwrap_err(), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in r"(?:[a-z`~\n (){}\[\]:;.,'$\\*/^=+0-9-]|```|\PC|def |fn |SELECT |Answer: ){0,80}") {
        for written in [
            json!({"language": "python", "function": {"name": "f", "parameters": 1}, "forbidden": ["a.b"]}),
            json!({"language": "javascript", "function": {"name": "f"}}),
            json!({"language": "rust", "uses": ["recursion"]}),
            json!({"language": "bash", "required": ["a"]}),
            json!({"language": "sql", "rows": [[1]]}),
            json!({"language": "regex", "matches": ["a"]}),
            json!({"language": "cron", "matches": ["2026-03-01T04:30"]}),
            json!({"language": "arithmetic", "value": "1"}),
        ] {
            for content in [text.clone(), format!("```\n{text}\n```")] {
                let judgement = judged(check(&written), &content);
                if let Some(answer) = judgement.answer
                    && let (Some(start), Some(end)) = (answer.start, answer.end)
                {
                    prop_assert!(start < end && content.get(start..end).is_some());
                }
            }
        }
    }
}
