//! `labctl man`: the manual pages.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man;

use crate::cli::args::{Cli, ManArgs};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;

/// Writes `labctl.1` to standard output, or a page a command into a folder.
pub fn run(args: &ManArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let mut command = Cli::command();
    // Names subcommands in full and hands the global flags down.
    command.build();
    match &args.output {
        None => {
            let page = render(command)?;
            context.ui.print(&String::from_utf8_lossy(&page))?;
        }
        Some(dir) => {
            fs::create_dir_all(dir).map_err(|error| not_written(dir, error))?;
            let mut written = 0;
            write_pages(&command, dir, "labctl", &mut written)?;
            context.ui.note(&format!("wrote {written} pages to {}", dir.display()));
        }
    }
    Ok(ExitStatus::Success)
}

fn write_pages(command: &clap::Command, dir: &Path, name: &str, written: &mut usize) -> Result<(), CliError> {
    // clap's own `help` repeats every other page.
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        write_pages(below, dir, &format!("{name}-{}", below.get_name()), written)?;
    }
    let page = render(command.clone())?;
    let path = dir.join(format!("{name}.1"));
    fs::write(&path, page).map_err(|error| not_written(&path, error))?;
    *written += 1;
    Ok(())
}

fn render(command: clap::Command) -> Result<Vec<u8>, CliError> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok(page)
}

fn not_written(path: &Path, error: std::io::Error) -> CliError {
    CliError::not_written(format!("could not write `{}`", path.display())).caused_by(error)
}
