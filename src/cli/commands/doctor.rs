//! `labctl doctor`.

use crate::cli::args::DoctorArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;

/// Runs `labctl doctor`.
pub fn run(_args: &DoctorArgs, _context: &Context) -> Result<ExitStatus, CliError> {
    Err(CliError::internal("not wired"))
}
