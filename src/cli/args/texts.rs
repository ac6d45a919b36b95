//! `--redact` and `--no-text`: which texts of prompts and answers reports show.

use clap::{Args, ValueEnum};

use crate::model::redaction::Redaction;

/// What of the texts is shown.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Texts")]
pub struct TextArgs {
    /// Show only how long texts are in all that is printed and written beside the result file, which keeps them:
    /// `prompts` (with reference answers), `answers` (with reasoning and judges' replies) or `all`; check reasons and error
    /// messages, which may quote them, go with either
    #[arg(long, value_enum, value_name = "TEXTS", value_delimiter = ',')]
    pub redact: Vec<RedactArg>,

    /// Leave all texts out: nothing stands in their place, not even their length
    #[arg(long, conflicts_with = "redact")]
    pub no_text: bool,
}

/// A value of `--redact`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RedactArg {
    /// What was asked
    Prompts,
    /// What was answered
    Answers,
    /// Both
    All,
}

impl TextArgs {
    /// What they take out.
    #[must_use]
    pub fn redaction(&self) -> Redaction {
        if self.no_text {
            return Redaction::NO_TEXT;
        }
        let has = |arg| self.redact.contains(&arg) || self.redact.contains(&RedactArg::All);
        Redaction { prompts: has(RedactArg::Prompts), answers: has(RedactArg::Answers), left_out: false }
    }
}
