//! `labctl init`: a commented `labctl.yaml` to start from.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::cli::args::InitArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;

/// The file that is written. A test loads it.
pub const TEMPLATE: &str = include_str!("init.yaml");

/// Writes the file, unless there is one and `--force` isn't given.
pub fn run(args: &InitArgs, context: &Context) -> Result<ExitStatus, CliError> {
    write(&args.output, args.force)?;
    let path = args.output.display();
    context.ui.note(&format!("wrote {path}: put your servers' URLs in it, then try `labctl doctor`"));
    Ok(ExitStatus::Success)
}

fn write(path: &Path, force: bool) -> Result<(), CliError> {
    let failed =
        |error| CliError::not_written(format!("could not write `{}`", path.display())).caused_by(error);
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        fs::create_dir_all(dir).map_err(failed)?;
    }
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let mut file = options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => CliError::usage(format!("`{}` is already there", path.display()))
            .with_hint("give `--force` to replace it, or `--output` to write another file"),
        _ => failed(error),
    })?;
    file.write_all(TEMPLATE.as_bytes()).map_err(failed)
}
