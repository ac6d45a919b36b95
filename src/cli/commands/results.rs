//! `labctl results`.

use crate::cli::args::ResultsArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;

/// Runs `labctl results`.
pub fn run(_args: &ResultsArgs, _context: &Context) -> Result<ExitStatus, CliError> {
    Err(CliError::internal("not wired"))
}
