//! What `code` asks for, and what it can't ask for: which members mean something in which language.

use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What code is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeLanguage {
    /// Python 3.
    Python,
    /// JavaScript (ECMAScript).
    Javascript,
    /// Rust.
    Rust,
    /// Bash.
    Bash,
    /// SQL as SQLite understands it.
    Sql,
    /// A regular expression.
    Regex,
    /// A crontab schedule of five fields, as Vixie cron reads it.
    Cron,
    /// An arithmetic expression.
    Arithmetic,
}

/// A function that code must define.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionShape {
    /// Its name.
    pub name: String,
    /// How many parameters it has. One with a default counts, and `*args`, `**kwargs` and `...rest` count as one each;
    /// a method's `self` or `cls` doesn't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u32>,
}

/// What `code` asks for. Which members mean something depends on the language; others are refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRules {
    /// The language. The code must parse as such.
    pub language: CodeLanguage,
    /// Python, JavaScript, Rust, Bash: a function that is defined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionShape>,
    /// Python, JavaScript, Rust, Bash: names that must not be called, imported or used (`eval`, `os.system`,
    /// `sorted`), keywords among them (`while`). A single name is also found as an attribute or method (`x.sort()`);
    /// a variable or parameter that the code itself gives that name doesn't count. In Bash, commands and variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden: Vec<String>,
    /// Python, JavaScript, Rust, Bash: names that must be called, imported or used, keywords among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// Python, JavaScript, Rust, Bash: kinds of syntax, each of which must occur.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<Syntax>,
    /// Regex: texts that it must match as a whole. Cron: local times (`2026-03-01T04:30`) at which it must fire.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<String>,
    /// Regex: texts that it must not match as a whole. Cron: local times at which it must not fire.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejects: Vec<String>,
    /// SQL: statements that make the tables it is run on, in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
    /// SQL: the rows it must give. Numbers are compared by value (2 = 2.0, and reals to 1e-9 of their size), text and
    /// null as they are, `true` and `false` as 1 and 0; the columns' names don't matter, their order does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<Vec<serde_json::Value>>>,
    /// SQL: whether the rows' order matters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ordered: bool,
    /// Arithmetic: what it must come to, exactly, written as in `numeric`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Arithmetic: the numbers that it must use, each exactly as often as listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<String>,
}

/// A kind of syntax that code can be asked to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Syntax {
    /// A value is returned: a `return`, or what stands for it (the body of a JavaScript arrow function, a Rust
    /// function with a return type).
    Return,
    /// `for`, `while`, `do`, `until`, `loop`; comprehensions aren't loops.
    Loop,
    /// A function calls itself by its name; the one that `function` names, where it names one.
    Recursion,
    /// Python: a comprehension or generator expression.
    Comprehension,
    /// Python: an `except`; JavaScript: a `catch`.
    ExceptionHandler,
    /// `if`, `match`, `case`, `switch`, or a conditional expression.
    Conditional,
}

impl Syntax {
    /// The name used in prompt sets and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Return => "return",
            Self::Loop => "loop",
            Self::Recursion => "recursion",
            Self::Comprehension => "comprehension",
            Self::ExceptionHandler => "exception_handler",
            Self::Conditional => "conditional",
        }
    }
}

impl CodeLanguage {
    /// The name used in prompt sets.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Javascript => "javascript",
            Self::Rust => "rust",
            Self::Bash => "bash",
            Self::Sql => "sql",
            Self::Regex => "regex",
            Self::Cron => "cron",
            Self::Arithmetic => "arithmetic",
        }
    }

    /// The name used in messages for readers.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::Javascript => "JavaScript",
            Self::Rust => "Rust",
            Self::Bash => "Bash",
            Self::Sql => "SQL",
            Self::Regex => "a regular expression",
            Self::Cron => "a crontab schedule",
            Self::Arithmetic => "an arithmetic expression",
        }
    }

    /// Whether code in it is parsed and looked at, and not tried.
    #[must_use]
    pub const fn is_program(self) -> bool {
        matches!(self, Self::Python | Self::Javascript | Self::Rust | Self::Bash)
    }

    /// Whether it has this kind of syntax.
    #[must_use]
    pub const fn has(self, syntax: Syntax) -> bool {
        match syntax {
            Syntax::Comprehension => matches!(self, Self::Python),
            Syntax::ExceptionHandler => matches!(self, Self::Python | Self::Javascript),
            _ => self.is_program(),
        }
    }
}

impl CodeRules {
    /// The first defect that shows without an engine, said with its remedy: a member that means nothing in the
    /// language, one that is missing, a time that isn't one, a value that no expression has.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.misplaced().or_else(|| match self.language {
            CodeLanguage::Python | CodeLanguage::Javascript | CodeLanguage::Rust | CodeLanguage::Bash => {
                self.program_problem()
            }
            CodeLanguage::Sql => self.sql_problem(),
            CodeLanguage::Regex => self.unmatched(),
            CodeLanguage::Cron => self.unmatched().or_else(|| self.cron_problem()),
            CodeLanguage::Arithmetic => self.arithmetic_problem(),
        })
    }

    fn misplaced(&self) -> Option<String> {
        use CodeLanguage::{Arithmetic, Cron, Regex, Sql};
        let language = self.language;
        let is_tried = matches!(language, Regex | Cron);
        [
            ("function", self.function.is_some(), language.is_program()),
            ("forbidden", !self.forbidden.is_empty(), language.is_program()),
            ("required", !self.required.is_empty(), language.is_program()),
            ("uses", !self.uses.is_empty(), language.is_program()),
            ("matches", !self.matches.is_empty(), is_tried),
            ("rejects", !self.rejects.is_empty(), is_tried),
            ("setup", self.setup.is_some(), language == Sql),
            ("rows", self.rows.is_some(), language == Sql),
            ("ordered", self.ordered, language == Sql),
            ("value", self.value.is_some(), language == Arithmetic),
            ("numbers", !self.numbers.is_empty(), language == Arithmetic),
        ]
        .into_iter()
        .find(|(_, is_given, is_meant)| *is_given && !is_meant)
        .map(|(member, _, _)| {
            format!("`{member}` means nothing in language `{}`; leave it out", language.name())
        })
    }

    fn program_problem(&self) -> Option<String> {
        if let Some(function) = &self.function {
            if function.name.trim().is_empty() {
                return Some("`function` has no name; give the name that the prompt asks for".to_owned());
            }
            if self.language == CodeLanguage::Bash && function.parameters.is_some() {
                return Some(
                    "a function in Bash declares no parameters; leave `parameters` out of `function`"
                        .to_owned(),
                );
            }
        }
        if self.forbidden.iter().chain(&self.required).any(|name| name.trim().is_empty()) {
            return Some("a name in `forbidden` or `required` is blank; leave it out".to_owned());
        }
        if let Some(name) = self.required.iter().find(|name| self.forbidden.contains(name)) {
            return Some(format!("`{name}` is both required and forbidden; no code can pass"));
        }
        self.uses.iter().find(|syntax| !self.language.has(**syntax)).map(|syntax| {
            format!("{} has no `{}`; take it out of `uses`", self.language.title(), syntax.name())
        })
    }

    fn sql_problem(&self) -> Option<String> {
        let Some(rows) = &self.rows else {
            return Some("`rows` is missing; list the rows that the statement must give".to_owned());
        };
        let nested = rows.iter().flatten().find(|cell| cell.is_array() || cell.is_object());
        if let Some(cell) = nested {
            return Some(format!(
                "{cell} in `rows` is no SQL value; use a number, text, true, false or null"
            ));
        }
        let mut widths: Vec<usize> = rows.iter().map(Vec::len).collect();
        widths.dedup();
        if widths.contains(&0) {
            return Some("a row in `rows` has no columns; give it a value for each".to_owned());
        }
        (widths.len() > 1)
            .then(|| "the rows in `rows` differ in their number of columns; give all as many".to_owned())
    }

    fn unmatched(&self) -> Option<String> {
        if self.matches.is_empty() {
            return Some("`matches` is empty; list what the answer must match".to_owned());
        }
        self.matches
            .iter()
            .find(|text| self.rejects.contains(text))
            .map(|text| format!("`{text}` is in both `matches` and `rejects`; no answer can pass"))
    }

    fn cron_problem(&self) -> Option<String> {
        self.matches.iter().chain(&self.rejects).find(|time| minute(time).is_none()).map(|time| {
            format!("`{time}` is not a local time on the minute; write it like `2026-03-01T04:30`")
        })
    }

    fn arithmetic_problem(&self) -> Option<String> {
        if self.value.is_none() {
            return Some("`value` is missing; say what the expression must come to".to_owned());
        }
        self.numbers.iter().find(|number| !is_plain(number)).map(|number| {
            format!("`{number}` in `numbers` is not a number without a sign; write it like `3` or `2.5`")
        })
    }
}

/// A local time written to the minute, as the cron rules have them: `2026-03-01T04:30`.
#[must_use]
pub fn minute(text: &str) -> Option<DateTime> {
    let time: DateTime = text.parse().ok()?;
    (text.contains('T') && time.second() == 0 && time.subsec_nanosecond() == 0).then_some(time)
}

/// Whether it is digits with at most one decimal point among them.
fn is_plain(number: &str) -> bool {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(rules: serde_json::Value) -> Option<String> {
        serde_json::from_value::<CodeRules>(rules).unwrap().problem()
    }

    #[test]
    fn sound_rules_have_no_problem() {
        for rules in [
            serde_json::json!({"language": "python", "function": {"name": "f", "parameters": 2}, "uses": ["comprehension"]}),
            serde_json::json!({"language": "sql", "rows": []}),
            serde_json::json!({"language": "regex", "matches": ["a"], "rejects": ["b"]}),
            serde_json::json!({"language": "cron", "matches": ["2026-03-01T04:30", "2026-03-01T04:30:00"]}),
            serde_json::json!({"language": "arithmetic", "value": "24", "numbers": ["3", "2.5"]}),
        ] {
            assert_eq!(problem(rules), None);
        }
    }

    #[test]
    fn unsound_rules_are_told_with_a_remedy() {
        for (rules, expected) in [
            (
                serde_json::json!({"language": "sql", "rows": [], "uses": ["loop"]}),
                "`uses` means nothing in language `sql`; leave it out",
            ),
            (
                serde_json::json!({"language": "bash", "function": {"name": "f", "parameters": 1}}),
                "a function in Bash declares no parameters; leave `parameters` out of `function`",
            ),
            (
                serde_json::json!({"language": "rust", "uses": ["loop", "comprehension"]}),
                "Rust has no `comprehension`; take it out of `uses`",
            ),
            (
                serde_json::json!({"language": "python", "required": ["a"], "forbidden": ["a"]}),
                "`a` is both required and forbidden; no code can pass",
            ),
            (
                serde_json::json!({"language": "sql"}),
                "`rows` is missing; list the rows that the statement must give",
            ),
            (
                serde_json::json!({"language": "sql", "rows": [[1], [1, 2]]}),
                "the rows in `rows` differ in their number of columns; give all as many",
            ),
            (
                serde_json::json!({"language": "sql", "rows": [[{"a": 1}]]}),
                "{\"a\":1} in `rows` is no SQL value; use a number, text, true, false or null",
            ),
            (
                serde_json::json!({"language": "regex", "rejects": ["a"]}),
                "`matches` is empty; list what the answer must match",
            ),
            (
                serde_json::json!({"language": "cron", "matches": ["tomorrow"]}),
                "`tomorrow` is not a local time on the minute; write it like `2026-03-01T04:30`",
            ),
            (
                serde_json::json!({"language": "cron", "matches": ["2026-03-01T04:30:10"]}),
                "`2026-03-01T04:30:10` is not a local time on the minute; write it like `2026-03-01T04:30`",
            ),
            (
                serde_json::json!({"language": "cron", "matches": ["2026-02-30T04:30"]}),
                "`2026-02-30T04:30` is not a local time on the minute; write it like `2026-03-01T04:30`",
            ),
            (
                serde_json::json!({"language": "arithmetic", "numbers": ["3"]}),
                "`value` is missing; say what the expression must come to",
            ),
            (
                serde_json::json!({"language": "arithmetic", "value": "1", "numbers": ["-3"]}),
                "`-3` in `numbers` is not a number without a sign; write it like `3` or `2.5`",
            ),
        ] {
            assert_eq!(problem(rules).as_deref(), Some(expected));
        }
    }
}
