//! From the library's errors to the command line's: the kind (and so the exit code), and what to do.

use crate::bench::run::RunError;
use crate::bench::side::SideError;
use crate::cli::error::CliError;
use crate::model::outcome::Outcome;

/// A run that brought no result.
pub(super) fn of_run(error: RunError) -> CliError {
    let message = error.to_string();
    match error {
        RunError::Store(_) | RunError::Journal(_) => CliError::not_written(message),
        RunError::TooManyFiles(_) => {
            CliError::usage(message).with_hint("lower `--concurrency`, or raise the limit with `ulimit -n`")
        }
        RunError::Side(side) => of_side(&side),
        RunError::Check { .. } => CliError::usage(message),
        RunError::WarmUp { outcome, .. } => with_outcome_hint(CliError::not_measured(message), outcome, None),
        RunError::Interrupted => CliError::interrupted(message),
        RunError::Engine(_) | RunError::Thread(_) => CliError::internal(message),
    }
}

/// An endpoint that can't be used.
pub(super) fn of_side(error: &SideError) -> CliError {
    let message = error.to_string();
    match error {
        SideError::Configuration { .. } => CliError::usage(message),
        SideError::Simulator { .. } => CliError::usage(message),
        SideError::Unreachable { url, failure, .. } => {
            with_outcome_hint(CliError::not_measured(message), failure.outcome, Some(url))
        }
        SideError::NotServed { served, .. } | SideError::WhichModel { served, .. } => {
            let hint = if served.is_empty() {
                "name the model with `--model`".to_owned()
            } else {
                format!("it serves `{}`; name one with `--model`", served.join("`, `"))
            };
            CliError::not_measured(message).with_hint(hint)
        }
    }
}

fn with_outcome_hint(error: CliError, outcome: Outcome, url: Option<&String>) -> CliError {
    match outcome {
        Outcome::Connect => error.with_hint(match url {
            Some(url) => format!("is the server running and the address right? `labctl doctor {url}` looks closer"),
            None => "is the server still running?".to_owned(),
        }),
        Outcome::Tls => error.with_hint(
            "a private certificate authority is trusted with `tls.ca_file` of the endpoint; `http://` is for servers without TLS",
        ),
        Outcome::Http4xx => error.with_hint(
            "where it says the key is wrong or missing: `--api-key-env` (or `api_key_env` of the endpoint) names the variable that holds it",
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
