//! What the check `format` asks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// At least and at most so many, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// The most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

/// Upper or lower case of all letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LetterCase {
    /// No upper-case letter.
    Lower,
    /// No lower-case letter.
    Upper,
}

/// What `format` asks for; what is absent isn't asked. At least one is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormatRules {
    /// Words: runs without white space that hold a letter or digit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Span>,
    /// Sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentences: Option<Span>,
    /// Lines that aren't blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Span>,
    /// Paragraphs: runs of lines between blank ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paragraphs: Option<Span>,
    /// Items of Markdown lists, bulleted or numbered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bullets: Option<Span>,
    /// Markdown headings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headings: Option<Span>,
    /// What the text begins with, as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_with: Option<String>,
    /// What the text ends with, as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_with: Option<String>,
    /// Characters or words that must not occur anywhere, whatever their case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden: Vec<String>,
    /// Case of all letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letters: Option<LetterCase>,
    /// A pattern that the whole text must match: only this and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// A pattern that every line which isn't blank must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each_line: Option<String>,
    /// The text must not repeat itself over and over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_loop: bool,
}
