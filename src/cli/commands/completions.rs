//! `labctl completions`: a shell's completion script.

use clap::CommandFactory;

use crate::cli::args::{Cli, CompletionsArgs};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;

/// Writes the script to standard output.
pub fn run(args: &CompletionsArgs, context: &Context) -> Result<ExitStatus, CliError> {
    // Into memory first: clap_complete panics where a write fails, and a closed pipe is no bug.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "labctl", &mut script);
    context.ui.print(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Success)
}
