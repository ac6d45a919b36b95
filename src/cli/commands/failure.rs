//! From the library's errors to the command line's: the kind (and so the exit code), and what to do.

use std::path::Path;

use crate::bench::resume::ResumeError;
use crate::bench::run::{Finished, RunError};
use crate::bench::side::SideError;
use crate::bench::soundness::most_frequent_failure;
use crate::cli::error::{CliError, ErrorKind};
use crate::cli::exit::ExitStatus;
use crate::cli::ui::Ui;
use crate::model::outcome::Outcome;
use crate::model::record::Side;
use crate::model::result::RunResult;
use crate::results::error::StoreError;

/// A run that brought no result.
pub(super) fn of_run(error: RunError) -> CliError {
    let message = error.to_string();
    match error {
        RunError::Store(_) => CliError::not_written(message),
        RunError::Journal(_) => CliError::not_written(message)
            .with_hint("nothing was measured; make room or name another folder with `--results-dir`"),
        RunError::TooManyFiles(limit) => {
            let hint = match limit.concurrency() {
                0 => "raise the limit with `ulimit -Hn`".to_owned(),
                most => format!("lower `--concurrency` to {most}, or raise the limit with `ulimit -Hn`"),
            };
            CliError::usage(message).with_hint(hint)
        }
        RunError::Side(side) => of_side(&side),
        RunError::Check { .. } => CliError::usage(message),
        RunError::Resume(error) => of_resuming(error),
        RunError::WarmUp { outcome, .. } => with_outcome_hint(CliError::not_measured(message), outcome, None),
        RunError::Interrupted => CliError::interrupted(message),
        RunError::Engine(_) | RunError::Thread(_) => CliError::internal(message),
    }
}

/// A run that can't be gone on with.
pub(super) fn of_resuming(error: ResumeError) -> CliError {
    let told = CliError::usage(error.to_string());
    match error {
        ResumeError::Journal(error) => CliError::not_written(error.to_string()),
        ResumeError::StillGoing(_) => told.with_hint("wait for its end, or interrupt it"),
        ResumeError::Differs { .. } => {
            told.with_hint("give the command that began it once more, and `--resume` besides")
        }
        ResumeError::Store(_) => told.with_hint(
            "only a run that was interrupted, or died, can be gone on with, and only while its journal is there",
        ),
        ResumeError::Recover(_) => told,
    }
}

/// A result that could not be written.
pub(super) fn of_writing(error: &StoreError, finished: &Finished) -> CliError {
    let told = CliError::not_written(error.to_string());
    if finished.journal.error.is_none() {
        return told;
    }
    let (kept, run_id) = (finished.journal.written, &finished.result.run_id);
    told.with_hint(format!(
        "the journal stopped too, after {kept} requests, which `labctl results recover {run_id}` makes a result of; \
         make room or name another folder with `--results-dir`"
    ))
}

/// A run that brought a result which is worth nothing.
pub(super) fn of_measurement(reasons: &[String], result: &RunResult, path: &Path) -> CliError {
    let error = CliError::not_measured(reasons.join("; "));
    let worst =
        [Side::Candidate, Side::Baseline].iter().find_map(|side| most_frequent_failure(result, *side));
    let error = match worst {
        Some((outcome, _)) => with_outcome_hint(error, outcome, None),
        None => error,
    };
    kept_in(error, path)
}

/// Says where what was measured is, although it is worth nothing.
pub(super) fn kept_in(error: CliError, path: &Path) -> CliError {
    error.with_hint(format!("what was measured is in `{}`", path.display()))
}

/// How a measurement ended, where telling it may have failed too. What was measured decides: a gate that failed
/// fails also where nobody reads the output or a report has no place. Only a success becomes the failure to tell it.
pub(super) fn or_untold(
    ended: Result<ExitStatus, CliError>,
    told: impl IntoIterator<Item = Result<(), CliError>>,
    ui: Ui,
) -> Result<ExitStatus, CliError> {
    let mut untold = told.into_iter().filter_map(Result::err);
    if matches!(ended, Ok(ExitStatus::Success)) {
        return untold.next().map_or(ended, Err);
    }
    for error in untold.filter(|error| error.kind() != ErrorKind::BrokenPipe) {
        ui.warn(&error.full_message());
    }
    ended
}

/// An endpoint that can't be used.
pub(super) fn of_side(error: &SideError) -> CliError {
    let message = error.to_string();
    match error {
        SideError::Configuration { .. } | SideError::Simulator { .. } => CliError::usage(message),
        SideError::Unreachable { url, failure, .. } => {
            with_outcome_hint(CliError::not_measured(message), failure.outcome, Some(url))
        }
        SideError::NotServed { served, .. } | SideError::WhichModel { served, .. } => {
            let hint = if served.is_empty() {
                "name the model with `--model`, if the address is right: most end with `/v1`".to_owned()
            } else {
                format!("it serves `{}`; name one with `--model`", served.join("`, `"))
            };
            CliError::not_measured(message).with_hint(hint)
        }
    }
}

fn with_outcome_hint(error: CliError, outcome: Outcome, url: Option<&String>) -> CliError {
    match outcome {
        Outcome::Connect if let Some(url) = url => error.with_hint(format!(
            "is the server running and the address right? `labctl doctor {url}` looks closer"
        )),
        Outcome::Connect | Outcome::Reset => error.with_hint("is the server still running? its log may say why not"),
        Outcome::Tls => error.with_hint(
            "a private certificate authority is trusted with `tls.ca_file` of the endpoint; `http://` is for servers without TLS",
        ),
        Outcome::Http4xx => error.with_hint(
            "where it says the key is wrong or missing: `--api-key-env` (or `api_key_env` of the endpoint) names the variable that holds it; \
             where it refuses a member of the request such as `return_token_ids`: `kind: openai` of the endpoint asks for none",
        ),
        Outcome::RateLimited => error.with_hint("lower `--concurrency`, or ask for a higher limit"),
        Outcome::TimeoutTtft | Outcome::TimeoutStall | Outcome::TimeoutTotal => {
            error.with_hint("the limits are `timeouts` of the endpoint")
        }
        Outcome::BadResponse => error.with_hint(
            "the URL should end where the OpenAI-compatible API begins, mostly in `/v1`, and a server with TLS needs `https://`",
        ),
        _ => error,
    }
}
