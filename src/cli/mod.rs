//! The only room that knows flags, terminal and exit codes.
//!
//! `args` parses, `settings` merges flags and `labctl.yaml`, `commands` has one file a command (each parses
//! nothing, calls the library and prints through `ui`), `ci` writes what continuous integration reads, `error` and `exit` say how it ended. Used by the binary.

pub mod args;
pub mod ci;
mod command_line;
pub mod commands;
pub mod context;
pub mod error;
pub mod exit;
mod interrupt;
mod progress;
pub mod settings;
mod table;
pub mod ui;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use args::{Cli, Command, GlobalArgs};
use context::Context;
use error::CliError;
use exit::ExitStatus;

/// Parses the command line, runs the command, tells its error and gives its exit code.
pub fn main() -> ExitCode {
    panic::set_hook(Box::new(report_panic));
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| ExitStatus::Internal.into())
}

fn run() -> ExitCode {
    let parsed = Cli::command()
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches).map(|cli| (cli, given_by_environment(&matches))));
    let parsed = parsed.and_then(|(cli, from_environment)| {
        refuse_lost_overrides(std::env::args_os().skip(1), cli.global.set.len())?;
        Ok((cli, from_environment))
    });
    let (cli, from_environment) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return told(&with_ci_explained(error)).into(),
    };
    let context = Context::new(cli.global, from_environment);
    match dispatch(&cli.command, &context) {
        Ok(status) => status.into(),
        Err(error) => {
            context.ui.error(&error);
            // A later step that reads what is not there would take it for an earlier command's, or for nothing amiss.
            if let Some((name, args)) = ci::asked_of(&cli.command).filter(|_| !context.has_published()) {
                ci::CiSettings::new(args).publish_failure(name, &error, &context);
            }
            error.kind().exit_status().into()
        }
    }
}

/// Tells what clap made of the command line in place of a command.
fn told(error: &clap::Error) -> ExitStatus {
    // Help and version are no errors; nothing can be told to a terminal that is gone.
    let _ = error.print();
    if !error.use_stderr() {
        return ExitStatus::Success;
    }
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let context = Context::new(GlobalArgs::default(), BTreeSet::new());
    let text = error.render().to_string();
    let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    ci::publish_misuse(&arguments, &CliError::usage(message), &context);
    ExitStatus::Usage
}

/// `--ci` takes the word after it for its service: says what to write where that is a run.
fn with_ci_explained(mut error: clap::Error) -> clap::Error {
    let is_ci =
        |value: &ContextValue| matches!(value, ContextValue::String(name) if name.starts_with("--ci "));
    if error.kind() == ErrorKind::InvalidValue && error.get(ContextKind::InvalidArg).is_some_and(is_ci) {
        let tip = "`--ci` takes the word after it for the service; write `--ci=auto` before a run's name";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

fn dispatch(command: &Command, context: &Context) -> Result<ExitStatus, CliError> {
    match command {
        Command::Bench(args) => commands::bench::run(args, context),
        Command::Run(args) => commands::run::run(args, context),
        Command::Compare(args) => commands::compare::run(args, context),
        Command::Gate(args) => commands::gate::run(args, context),
        Command::Plan(args) => commands::plan_power::run(args, context),
        Command::Baseline(args) => commands::baseline::run(args, context),
        Command::Report(args) => commands::report::run(args, context),
        Command::Rescore(args) => commands::rescore::run(args, context),
        Command::Results(args) => commands::results::run(args, context),
        Command::Mock(args) => commands::mock::run(args, context),
        Command::Init(args) => commands::init::run(args, context),
        Command::Config(args) => commands::config::run(args, context),
        Command::PromptSet(args) => commands::promptset::run(args, context),
        Command::Doctor(args) => commands::doctor::run(args, context),
        Command::Calibrate(args) => commands::calibrate::run(args, context),
        Command::Check(args) => commands::check::run(args, context),
        Command::Completions(args) => commands::completions::run(args, context),
        Command::Man(args) => commands::man::run(args, context),
    }
}

/// clap keeps the last level's values alone where a flag stands both before and after the command; an override
/// that is silently lost would be a wrong measurement.
fn refuse_lost_overrides(arguments: impl Iterator<Item = OsString>, kept: usize) -> Result<(), clap::Error> {
    let given = arguments
        .take_while(|argument| argument != "--")
        .filter(|argument| argument == "--set" || argument.as_encoded_bytes().starts_with(b"--set="))
        .count();
    if given == kept {
        return Ok(());
    }
    let message = "give every `--set` in one place, after the command";
    Err(Cli::command().error(ErrorKind::ArgumentConflict, message))
}

/// The arguments whose values came from their environment variables, at every level of subcommands.
fn given_by_environment(matches: &ArgMatches) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut level = Some(matches);
    while let Some(matches) = level {
        for id in matches.ids() {
            // Groups have no source of their own.
            if matches.try_contains_id(id.as_str()).is_ok()
                && matches.value_source(id.as_str()) == Some(ValueSource::EnvVariable)
            {
                found.insert(id.as_str().to_owned());
            }
        }
        level = matches.subcommand().map(|(_, below)| below);
    }
    found
}

/// Says what broke in a few lines; a backtrace helps no user.
#[expect(clippy::print_stderr, reason = "a panic may come from the terminal's own code")]
fn report_panic(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("no message");
    let place = info.location().map_or_else(String::new, |at| format!(" ({}:{})", at.file(), at.line()));
    eprintln!("error: internal error: {}{place}", ui::printable(message));
    eprintln!("this is a bug in labctl; please report it with the command and the message above");
}

#[cfg(test)]
mod tests;
