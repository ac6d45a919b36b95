//! What a report is made of beside the result itself.

use std::path::PathBuf;

use super::prompts::Prompts;

/// What a report needs beside the result; by default nothing.
#[derive(Debug, Clone, Default)]
pub struct ReportInput {
    /// The texts of the prompts, which results don't hold.
    pub prompts: Prompts,
    /// A folder with templates that are taken in place of the built-in ones.
    pub template_dir: Option<PathBuf>,
}
