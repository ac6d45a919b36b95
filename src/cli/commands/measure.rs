//! What `bench` and `run` share: from a plan (`plan`) to the summary, the reports and the exit code.

use std::cell::OnceCell;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use crate::bench::against::Against;
use crate::bench::plan::BenchPlan;
use crate::bench::resume::Earlier;
use crate::bench::run::{Finished, run};
use crate::bench::soundness::nothing_valid;
use crate::cli::args::values::OutputFormat;
use crate::cli::args::{GateArgs, JudgeArgs, LoadArgs, TextArgs};
use crate::cli::ci::{self, CiSettings};
use crate::cli::commands::output::of_template;
use crate::cli::commands::{definitions, failure, gates, input, store, texts};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::interrupt::Interrupts;
use crate::cli::progress;
use crate::cli::settings::experiment::Variation;
use crate::cli::settings::{Settings, Target, Targets};
use crate::cli::ui::Ui;
use crate::client::clock::Clock;
use crate::load::bus::Bus;
use crate::model::prompt::Selection;
use crate::model::result::{RunKind, RunResult, RunStatus};
use crate::report;
use crate::report::ci::CiInput;
use crate::report::input::ReportInput;
use crate::report::markdown::Links;
use crate::results::document::{self, DocumentError};
use crate::results::store::{Store, load_file, write_whole};

/// Bytes that are read at once.
const INPUT: usize = 1 << 20;

/// A measurement that flags and configuration ask for.
pub(super) struct Measure<'a> {
    pub(super) context: &'a Context,
    pub(super) kind: RunKind,
    pub(super) settings: Settings,
    pub(super) targets: Targets,
    /// What was measured before, in place of a baseline that runs too.
    pub(super) against: Option<Against>,
    pub(super) load: LoadArgs,
    pub(super) gate: GateArgs,
    /// An A/A run that the comparison is held against.
    pub(super) noise: Option<String>,
    pub(super) block_size: Option<u32>,
    /// Which prompts of the set are sent; all when absent.
    pub(super) selection: Option<Selection>,
    /// Who scores answers by a rubric.
    pub(super) judge: Option<(Target, JudgeArgs)>,
    /// Whether prompts with two responses are sent in the other order too.
    pub(super) swap: bool,
    /// Whether the models are asked how likely they find the reference answers.
    pub(super) reference_log_probs: bool,
    pub(super) with_report: bool,
    /// What its experiment says, flags included.
    pub(super) variation: Variation,
    /// An interrupted run to go on with.
    pub(super) resume: Option<String>,
    /// Where its result was written, once it was.
    pub(super) written: OnceCell<PathBuf>,
}

impl Measure<'_> {
    /// Measures, writes, prints.
    pub(super) fn run(&self, plan: BenchPlan) -> Result<ExitStatus, CliError> {
        let mut finished = self.measure(plan).inspect_err(|error| self.publish_failure(error))?;
        if let Some(path) = finished.written.as_ref().ok().filter(|_| self.with_report) {
            finished.result = store::with_chunks_where_few(finished.result, || load_file(path).ok());
        }
        // The file is written: from here on all is for readers.
        texts::take_out(&mut finished.result, &self.load.texts);
        let result = &finished.result;
        let mut files = Vec::new();
        let mut reported = Ok(());
        if let Ok(path) = &finished.written {
            self.written.get_or_init(|| path.clone());
            files.push(("result".to_owned(), path.clone()));
            if self.with_report {
                reported = write_reports(result, path, &input::of(result, None, self.context))
                    .map(|reports| files.extend(reports));
            }
        }
        let printed = self.print(&finished, files);
        let ended = failure::or_untold(self.status(&finished), [reported, printed], self.context.ui);
        let published = self.publish(&finished, &ended);
        failure::or_untold(ended, [published], self.context.ui)
    }

    /// Writes what continuous integration reads, however the run ended.
    fn publish(&self, finished: &Finished, ended: &Result<ExitStatus, CliError>) -> Result<(), CliError> {
        let settings = CiSettings::new(&self.load.ci);
        if !settings.is_wanted() {
            return Ok(());
        }
        let result = &finished.result;
        let input = CiInput {
            markdown: render_markdown(result, &ReportInput::default())?,
            result_path: finished.written.as_ref().ok().cloned(),
            places: ci::places(&result.prompt_set),
            ended: ci::ending(ended),
            ..CiInput::of_run(result)
        };
        settings.publish(&input, self.context)
    }

    /// The same where there is no result.
    fn publish_failure(&self, error: &CliError) {
        let command = match self.kind {
            RunKind::Bench => "bench",
            RunKind::Run => "run",
        };
        CiSettings::new(&self.load.ci).publish_failure(command, error, self.context);
    }

    /// Where its result was written, if it was.
    pub(super) fn written(&self) -> Option<&PathBuf> {
        self.written.get()
    }

    fn measure(&self, plan: BenchPlan) -> Result<Finished, CliError> {
        let ui = self.context.ui;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| CliError::internal("could not start the runtime").caused_by(error))?;
        let earlier = match &self.resume {
            Some(selector) => {
                let store = Store::new(&plan.results_dir);
                Some(Earlier::read(&store, selector).map_err(failure::of_resuming)?)
            }
            None => None,
        };
        let clock = match &earlier {
            None => Clock::start(),
            Some(earlier) => Clock::after(earlier.ended_ns()).ok_or_else(|| {
                CliError::usage("this machine was started too lately to go on with a run that took longer")
            })?,
        };
        let visible =
            ui.wants_progress() && !self.load.no_progress && !self.load.ci.is_asked() && !self.context.ci;
        runtime.block_on(async {
            let bus = Bus::new(clock);
            let cancel = CancellationToken::new();
            let progress = progress::follow(bus.subscribe_live(), ui, visible);
            let (stop, results_dir) = (cancel.clone(), plan.results_dir.clone());
            let interrupts = Interrupts::listen()
                .map(|signals| tokio::spawn(async move { signals.watch(stop, ui, &results_dir).await }));
            let outcome = Box::pin(run(plan, earlier, &bus, clock, cancel)).await;
            if let Ok(watching) = interrupts {
                watching.abort();
            }
            drop(bus);
            // The bar ends by itself once the bus is gone; how it ended changes nothing.
            let _ended = progress.await;
            outcome.map_err(|error| failure::of_run(texts::take_out_of_error(error, &self.load.texts)))
        })
    }

    fn print(&self, finished: &Finished, files: Vec<(String, PathBuf)>) -> Result<(), CliError> {
        let ui = self.context.ui;
        let result = &finished.result;
        match (self.load.format, &finished.written) {
            // What is in memory has no chunks, what was written has them.
            (OutputFormat::Json, Ok(path)) if result.redacted.is_none() => print_file(path, ui),
            (OutputFormat::Json, Ok(path)) => print_redacted(path, &self.load.texts, ui),
            (OutputFormat::Json, Err(_)) => print_document(result, ui),
            (OutputFormat::Markdown, _) => ui.print(&render_markdown(result, &ReportInput::default())?),
            (OutputFormat::Text, _) => ui.print(&report::terminal::summary(result, &ui.terminal(files))),
        }?;
        let Some(tool) = self.load.definitions else { return Ok(()) };
        // Only what was written has the chunks that other formulas start from.
        let whole = finished.written.as_ref().ok().and_then(|path| load_file(path).ok());
        definitions::print_below(whole.as_ref().unwrap_or(result), tool.into(), self.load.format, ui)
    }

    fn status(&self, finished: &Finished) -> Result<ExitStatus, CliError> {
        let result = &finished.result;
        let path = match &finished.written {
            Err(error) => return Err(failure::of_writing(error, finished)),
            Ok(path) => path,
        };
        if result.status == RunStatus::Interrupted {
            return Err(CliError::interrupted("interrupted; what was measured is kept").with_hint(format!(
                "it is in `{}`; the same command with `--resume {}` goes on with it",
                path.display(),
                result.run_id
            )));
        }
        let limit = self.settings.config.defaults.max_error_rate;
        let reasons = nothing_valid(result, limit, self.load.allow_invalid_client);
        if !reasons.is_empty() {
            return Err(failure::of_measurement(&reasons, result, path));
        }
        gates::status(result.comparison.as_ref(), result.gate_results(), self.context.ui)
            .map_err(|error| failure::kept_in(error, path))
    }
}

/// Writes the HTML and Markdown reports beside a result.
pub(super) fn write_reports(
    result: &RunResult,
    beside: &Path,
    input: &ReportInput,
) -> Result<Vec<(String, PathBuf)>, CliError> {
    let html = (beside.with_extension("html"), render_html(result, input)?);
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let links = Links { html: name(&html.0), result: name(beside) };
    let markdown = report::markdown::render_beside(result, input, &links)
        .map_err(|error| of_template(&error, input.template_dir.as_deref()))?;
    let markdown = (beside.with_extension("md"), markdown);
    [html, markdown]
        .into_iter()
        .map(|(path, text)| {
            write_file(&path, &text)?;
            Ok(("report".to_owned(), path))
        })
        .collect()
}

/// Prints a result as JSON, as a file of it would have it.
pub(super) fn print_document(result: &RunResult, ui: Ui) -> Result<(), CliError> {
    let mut out = ui.json_out();
    document::write(result, None, &mut out).map_err(of_document)?;
    Ok(out.flush()?)
}

/// Writes a result as JSON to a file that a user asked for.
pub(super) fn write_document(result: &RunResult, path: &Path) -> Result<(), CliError> {
    let mut text = Vec::new();
    document::write(result, None, &mut text).map_err(of_document)?;
    write_whole(path, |file| file.write_all(&text)).map_err(|error| not_written(path, error))
}

fn of_document(error: DocumentError) -> CliError {
    match error {
        DocumentError::Io(error) => error.into(),
        error @ DocumentError::NotReadableBack(_) => {
            CliError::internal("could not write the result as JSON").caused_by(error)
        }
    }
}

/// Prints a result that was written.
fn print_file(path: &Path, ui: Ui) -> Result<(), CliError> {
    let unreadable = |error: io::Error| {
        CliError::not_written(format!("could not read `{}` back", path.display())).caused_by(error)
    };
    let mut file = BufReader::with_capacity(INPUT, File::open(path).map_err(unreadable)?);
    let mut out = ui.json_out();
    loop {
        let bytes = file.fill_buf().map_err(unreadable)?;
        if bytes.is_empty() {
            return Ok(out.flush()?);
        }
        out.write_all(bytes)?;
        let length = bytes.len();
        file.consume(length);
    }
}

/// The same without the texts that are to be taken out.
fn print_redacted(path: &Path, texts: &TextArgs, ui: Ui) -> Result<(), CliError> {
    let mut result = load_file(path).map_err(|error| CliError::not_written(error.to_string()))?;
    texts::take_out(&mut result, texts);
    print_document(&result, ui)
}

/// Writes a file that a user asked for.
pub(super) fn write_file(path: &Path, text: &str) -> Result<(), CliError> {
    write_whole(path, |file| file.write_all(text.as_bytes())).map_err(|error| not_written(path, error))
}

fn not_written(path: &Path, error: io::Error) -> CliError {
    CliError::not_written(format!("could not write `{}`", path.display())).caused_by(error)
}

/// The HTML report.
pub(super) fn render_html(result: &RunResult, input: &ReportInput) -> Result<String, CliError> {
    report::html::render(result, input).map_err(|error| of_template(&error, input.template_dir.as_deref()))
}

/// The Markdown report.
pub(super) fn render_markdown(result: &RunResult, input: &ReportInput) -> Result<String, CliError> {
    report::markdown::render(result, input)
        .map_err(|error| of_template(&error, input.template_dir.as_deref()))
}
