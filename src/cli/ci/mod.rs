//! What a command leaves for continuous integration: which service it is, where its files go, and writing them.
//!
//! `bench`, `run`, `compare` and `gate` call [`CiSettings::publish`] once for each result, whatever came of it; where a
//! command fails before, that is told where commands return. What is written is made in `report::ci`. Annotations go to standard error, for standard output is for results.

mod places;

use std::borrow::Cow;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

pub use places::places;

use super::args::{CiArg, CiArgs, Command};
use super::context::Context;
use super::error::{CliError, ErrorKind};
use super::exit::ExitStatus;
use super::ui::Ui;
use crate::report::ci::{CiInput, Ending, annotations, junit, metrics, outputs, summary};
use crate::results::store::write_whole;

/// GitLab's files, where no flag names others.
pub const JUNIT_FILE: &str = "labctl-junit.xml";
/// The same of the metrics report.
pub const METRICS_FILE: &str = "labctl-metrics.txt";

/// The commands that write for continuous integration.
const COMMANDS: [&str; 4] = ["bench", "run", "compare", "gate"];

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// GitHub Actions.
    Github,
    /// GitLab CI/CD.
    Gitlab,
}

/// What is written, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CiSettings {
    service: Option<Service>,
    junit: Option<PathBuf>,
    metrics: Option<PathBuf>,
    /// A file that is this command's alone.
    summary: Option<PathBuf>,
    /// `$GITHUB_STEP_SUMMARY`, which other commands of the step write into too.
    step_summary: Option<PathBuf>,
    /// `$GITHUB_OUTPUT`.
    step_outputs: Option<PathBuf>,
}

/// The service that the environment tells.
pub(super) fn detected(variable: impl Fn(&str) -> Option<String>) -> Option<Service> {
    let is_true = |name| variable(name).is_some_and(|value| value == "true");
    if is_true("GITHUB_ACTIONS") {
        Some(Service::Github)
    } else {
        is_true("GITLAB_CI").then_some(Service::Gitlab)
    }
}

fn from_environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl CiSettings {
    /// As flags and this process's environment say.
    #[must_use]
    pub fn new(args: &CiArgs) -> Self {
        Self::of(args, from_environment)
    }

    fn of(args: &CiArgs, variable: impl Fn(&str) -> Option<String>) -> Self {
        let service = match args.ci {
            Option::None | Some(CiArg::Auto) => detected(&variable),
            Some(CiArg::Github) => Some(Service::Github),
            Some(CiArg::Gitlab) => Some(Service::Gitlab),
            Some(CiArg::None) => None,
        };
        let on = |wanted, value: Option<PathBuf>| value.filter(|_| service == Some(wanted));
        let named = |name| on(Service::Github, variable(name).map(PathBuf::from));
        let file = |given: &Option<PathBuf>, name: &str| {
            given.clone().or_else(|| on(Service::Gitlab, Some(PathBuf::from(name))))
        };
        Self {
            service,
            junit: file(&args.junit, JUNIT_FILE),
            metrics: file(&args.metrics, METRICS_FILE),
            summary: args.summary.clone(),
            step_summary: if args.summary.is_some() { None } else { named("GITHUB_STEP_SUMMARY") },
            step_outputs: named("GITHUB_OUTPUT"),
        }
    }

    /// Whether anything is to be written at all.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        *self != Self::default()
    }

    /// Writes all that is wanted for one result.
    ///
    /// Every file is tried; the error names those that could not be written (exit code 5, where the command ends with
    /// nothing worse). Metrics and the step's outputs come last, so that the exit code in them is the final one. What a second and third result of the same command leave has their number in its name:
    /// `labctl-junit-2.xml`, the output `verdict_2`; summaries follow one another in one file.
    pub fn publish(&self, input: &CiInput<'_>, context: &Context) -> Result<(), CliError> {
        if !self.is_wanted() {
            return Ok(());
        }
        let number = context.next_published();
        let mut failed = Failures::default();
        if let Some(path) = &self.summary {
            let written = if number == 1 { write(path, "") } else { Ok(()) };
            failed.note(path, written.and_then(|()| append_summary(path, input)));
        }
        if let Some(path) = &self.step_summary {
            failed.note(path, append_summary(path, input));
        }
        if let Some(path) = &self.junit {
            let (path, input) = (numbered(path, number), failed.told_in(input));
            let xml = junit::render(&input).map_err(io::Error::other);
            failed.note(&path, xml.and_then(|xml| write(&path, &xml)));
        }
        if let Some(path) = &self.metrics {
            let path = numbered(path, number);
            failed.note(&path, write(&path, &metrics::render(&failed.told_in(input))));
        }
        if let Some(path) = &self.step_outputs {
            let suffix = if number == 1 { String::new() } else { format!("_{number}") };
            let delimiter = format!("labctl_{}", Uuid::now_v7().simple());
            let text = outputs::render(&failed.told_in(input), &suffix, &delimiter);
            failed.note(path, append(path, &text));
        }
        if self.service == Some(Service::Github) {
            annotate(&annotations::commands(&failed.told_in(input)), context.ui);
        }
        failed.error().map_or(Ok(()), Err)
    }

    /// The same where a command failed before there was a result; what can't be written is a warning beside its error.
    pub fn publish_failure(&self, command: &str, error: &CliError, context: &Context) {
        if error.kind() == ErrorKind::BrokenPipe {
            return;
        }
        let input = CiInput::of_failure(command, failed(error));
        if let Err(error) = self.publish(&input, context) {
            context.ui.warn(&error.full_message());
        }
    }
}

/// What could not be written so far.
#[derive(Debug, Default)]
struct Failures(Vec<String>);

impl Failures {
    fn note(&mut self, path: &Path, written: io::Result<()>) {
        self.0.extend(written.err().map(|error| format!("`{}`: {error}", path.display())));
    }

    fn error(&self) -> Option<CliError> {
        let what = "could not write what continuous integration reads";
        (!self.0.is_empty()).then(|| CliError::not_written(format!("{what}: {}", self.0.join("; "))))
    }

    /// `input` with the command's end as it is by now: what could not be written is its error where it had none.
    fn told_in<'a, 'b>(&self, input: &'b CiInput<'a>) -> Cow<'b, CiInput<'a>> {
        match self.error().filter(|_| input.ended == Ending::default()) {
            Some(error) => Cow::Owned(CiInput { ended: self::failed(&error), ..input.clone() }),
            None => Cow::Borrowed(input),
        }
    }
}

/// What a command writes for continuous integration, and its name, where it is one that does.
#[must_use]
pub fn asked_of(command: &Command) -> Option<(&'static str, &CiArgs)> {
    match command {
        Command::Bench(args) => Some((COMMANDS[0], &args.load.ci)),
        Command::Run(args) => Some((COMMANDS[1], &args.load.ci)),
        Command::Compare(args) => Some((COMMANDS[2], &args.ci)),
        Command::Gate(args) => Some((COMMANDS[3], &args.ci)),
        _ => None,
    }
}

/// Tells the service of a command line that can't be understood: the environment and the words of it that can be.
pub fn publish_misuse(arguments: &[String], error: &CliError, context: &Context) {
    let Some(command) = arguments.iter().find_map(|word| COMMANDS.iter().find(|name| *name == word)) else {
        return;
    };
    let follows = |pair: &[String]| pair[0] == "--ci" && pair[1] == "none";
    if arguments.iter().any(|word| word == "--ci=none") || arguments.windows(2).any(follows) {
        return;
    }
    CiSettings::new(&CiArgs::default()).publish_failure(command, error, context);
}

/// How a command ends, as the outputs tell it.
#[must_use]
pub fn ending(ended: &Result<ExitStatus, CliError>) -> Ending {
    match ended {
        Ok(status) => Ending { exit_code: status.code(), error: None },
        Err(error) => failed(error),
    }
}

/// The same of an error.
#[must_use]
pub fn failed(error: &CliError) -> Ending {
    Ending {
        exit_code: error.kind().exit_status().code(),
        error: (error.kind() != ErrorKind::BrokenPipe).then(|| error.full_message()),
    }
}

fn annotate(commands: &[String], ui: Ui) {
    for command in commands {
        ui.workflow_command(command);
    }
}

/// `labctl-junit.xml`, `labctl-junit-2.xml`, ….
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
    path.with_file_name(format!("{stem}-{number}{ending}"))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    write_whole(path, |file| file.write_all(text.as_bytes()))
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes())
}

fn append_summary(path: &Path, input: &CiInput<'_>) -> io::Result<()> {
    let taken = fs::metadata(path).map_or(0, |file| file.len());
    let between = if taken == 0 { "" } else { "\n\n" };
    let taken = usize::try_from(taken).unwrap_or(usize::MAX).saturating_add(between.len());
    let text = summary::render(input, taken);
    if text.is_empty() { Ok(()) } else { append(path, &format!("{between}{text}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(ci: Option<CiArg>, variables: &[(&str, &str)]) -> CiSettings {
        let args = CiArgs { ci, ..CiArgs::default() };
        CiSettings::of(&args, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_service_is_known_by_its_variables_unless_a_flag_says() {
        let github = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "s"), ("GITHUB_OUTPUT", "o")];
        for ci in [None, Some(CiArg::Auto), Some(CiArg::Github)] {
            let found = settings(ci, &github);
            assert_eq!(found.step_summary, Some("s".into()));
            assert_eq!((found.step_outputs, found.junit), (Some("o".into()), None));
        }
        assert!(!settings(Some(CiArg::None), &github).is_wanted());
        assert!(!settings(Some(CiArg::Auto), &github[1..]).is_wanted());
        let gitlab = settings(None, &[("GITLAB_CI", "true")]);
        assert_eq!(gitlab.junit, Some(JUNIT_FILE.into()));
        assert_eq!(gitlab, settings(Some(CiArg::Gitlab), &[]));
    }

    #[test]
    fn later_results_have_a_number() {
        assert_eq!(numbered(Path::new("a/b.xml"), 1), Path::new("a/b.xml"));
        assert_eq!(numbered(Path::new("a/b.xml"), 3), Path::new("a/b-3.xml"));
        assert_eq!(numbered(Path::new("b"), 2), Path::new("b-2"));
    }
}
