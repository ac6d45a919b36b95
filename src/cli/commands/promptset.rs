//! `labctl promptset`.

use crate::cli::args::PromptSetArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;

/// Runs `labctl promptset`.
pub fn run(_args: &PromptSetArgs, _context: &Context) -> Result<ExitStatus, CliError> {
    Err(CliError::internal("not wired"))
}
