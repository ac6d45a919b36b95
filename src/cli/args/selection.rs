//! Which prompts of a set are sent: flags of `bench` and `run`.

use clap::Args;

use super::values::at_least_one;
use crate::model::prompt::Selection;

/// Which prompts of the set are sent.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Prompts")]
pub struct SelectionArgs {
    /// Only prompts of these categories, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub categories: Vec<String>,

    /// Only prompts with one of these tags, separated by commas
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub tags: Vec<String>,

    /// No prompts with one of these tags, separated by commas
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub skip_tags: Vec<String>,

    /// Only prompts that fit, with their answer, into so many tokens as far as that can be estimated: for a server with
    /// a small context
    #[arg(long, value_name = "TOKENS", value_parser = at_least_one)]
    pub max_context: Option<u32>,

    /// So many prompts, each category by its share, drawn from the seed
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub sample: Option<u32>,
}

impl SelectionArgs {
    /// What is asked for; `None` for all prompts.
    #[must_use]
    pub fn selection(&self) -> Option<Selection> {
        let selection = Selection {
            categories: self.categories.clone(),
            tags: self.tags.clone(),
            skip_tags: self.skip_tags.clone(),
            max_context_tokens: self.max_context,
            sample: self.sample,
            ..Selection::default()
        };
        (selection != Selection::default()).then_some(selection)
    }
}
