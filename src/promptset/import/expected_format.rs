//! `expected_format`: what a lab's harness asks of an answer's form, as a check, and a reply of that form.

use serde_json::json;

use crate::model::check::{Check, Scope};
use crate::model::code::{CodeLanguage, CodeRules};
use crate::model::format::{FormatRules, Span};

/// A form that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExpectedFormat {
    /// Any.
    Free,
    /// One JSON value.
    Json,
    /// A number is in it.
    Number,
    /// A Markdown list of two items or more.
    List,
    /// Yes or no.
    YesNo,
    /// An option's letter.
    Letter,
    /// A code fence.
    Code,
    /// Code that parses.
    CodeIn(CodeLanguage),
    /// One sentence.
    Sentence,
    /// One paragraph.
    Paragraph,
}

impl ExpectedFormat {
    /// By its name, whatever its case; `None` where it isn't known.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase().replace(['-', ' ', '/'], "_");
        Some(match name.as_str() {
            "text" | "free" | "free_text" | "free_form" | "string" | "plain" | "any" | "none" => Self::Free,
            "json" | "json_object" | "json_array" => Self::Json,
            "number" | "numeric" | "integer" | "int" | "float" => Self::Number,
            "list" | "bullets" | "bullet_list" | "bullet_points" | "numbered_list" => Self::List,
            "yes_no" | "yesno" | "yes_or_no" | "boolean" | "bool" => Self::YesNo,
            "letter" | "multiple_choice" | "choice" | "option" => Self::Letter,
            "code" | "code_block" => Self::Code,
            "sentence" | "one_sentence" => Self::Sentence,
            "paragraph" | "one_paragraph" => Self::Paragraph,
            other => Self::CodeIn(language(other)?),
        })
    }

    /// Checks that a response has this form; none where nothing is asked.
    pub(super) fn checks(self) -> Vec<Check> {
        let pattern = |pattern: &str| Check::Regex { pattern: pattern.to_owned(), scope: Scope::Text };
        let one = Some(Span { min: Some(1), max: Some(1) });
        let check = match self {
            Self::Free => return Vec::new(),
            Self::Json => Check::Json { equals: [].into(), required: Vec::new(), closed: false },
            Self::Number => pattern("[0-9]"),
            Self::List => {
                let bullets = Some(Span { min: Some(2), max: None });
                Check::Format(FormatRules { bullets, ..FormatRules::default() })
            }
            Self::YesNo => pattern(r"(?i)\b(?:yes|no)\b"),
            Self::Letter => pattern(r"(?m)^\W*[A-J]\W*$|^\W*[A-J][).:]|(?i:answer)\W+(?i:is\W+)?[A-J]\b"),
            Self::Code => pattern(r"(?s)```.*\S.*```"),
            // A single word is valid Python; code that does anything has a fence, a call or an assignment.
            Self::CodeIn(language) => return vec![parses(language), pattern("```|[=(]")],
            Self::Sentence => Check::Format(FormatRules { sentences: one, ..FormatRules::default() }),
            Self::Paragraph => Check::Format(FormatRules { paragraphs: one, ..FormatRules::default() }),
        };
        vec![check]
    }

    /// A reply of this form that says all of `texts`; blank where none can be made without knowing the task.
    pub(super) fn reply(self, texts: &[String]) -> String {
        let joined = texts.join(", ");
        let or = |other: &str| if joined.is_empty() { other.to_owned() } else { joined.clone() };
        match self {
            Self::Free => joined,
            Self::Json => json!({"answer": joined}).to_string(),
            Self::Number if joined.contains(|c: char| c.is_ascii_digit()) => joined,
            Self::List => {
                let mut items: Vec<&str> = texts.iter().map(String::as_str).collect();
                for other in ["first", "second"].into_iter().skip(items.len()) {
                    items.push(other);
                }
                items.iter().map(|item| format!("- {item}")).collect::<Vec<_>>().join("\n")
            }
            Self::Code => format!("```\n{}\n```", or("pass")),
            Self::Sentence => format!("{}.", or("It is so").trim_end_matches(['.', '!', '?'])),
            Self::Paragraph => or("It is so."),
            Self::Number | Self::YesNo | Self::Letter | Self::CodeIn(_) => String::new(),
        }
    }
}

/// Code in this language that parses.
const fn parses(language: CodeLanguage) -> Check {
    Check::Code(CodeRules {
        language,
        function: None,
        forbidden: Vec::new(),
        required: Vec::new(),
        uses: Vec::new(),
        matches: Vec::new(),
        rejects: Vec::new(),
        setup: None,
        rows: None,
        ordered: false,
        value: None,
        numbers: Vec::new(),
    })
}

/// A language whose code is parsed without knowing more of the task.
fn language(name: &str) -> Option<CodeLanguage> {
    Some(match name {
        "python" | "py" | "python3" => CodeLanguage::Python,
        "javascript" | "js" => CodeLanguage::Javascript,
        "rust" => CodeLanguage::Rust,
        "bash" | "shell" | "sh" => CodeLanguage::Bash,
        _ => return None,
    })
}
