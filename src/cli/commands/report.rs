//! `labctl report`.

use crate::cli::args::ReportArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;

/// Runs `labctl report`.
pub fn run(_args: &ReportArgs, _context: &Context) -> Result<ExitStatus, CliError> {
    Err(CliError::internal("not wired"))
}
