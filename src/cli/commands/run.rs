//! `labctl run`.

use crate::cli::args::RunArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;

/// Runs `labctl run`.
pub fn run(_args: &RunArgs, _context: &Context) -> Result<ExitStatus, CliError> {
    Err(CliError::internal("not wired"))
}
