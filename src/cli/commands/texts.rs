//! `--redact` and `--no-text`: takes texts out of results before anything is made of them. Their files keep all.

use crate::bench::compared::Compared;
use crate::bench::run::RunError;
use crate::cli::args::TextArgs;
use crate::cli::commands::contender::Named;
use crate::model::history::RunsReport;
use crate::model::result::RunResult;
use crate::report::redact::{redact, redact_comparison, redact_message, redact_runs};

/// Takes out of a result what the flags say.
pub(super) fn take_out(result: &mut RunResult, args: &TextArgs) {
    redact(result, args.redaction());
}

/// The same of a comparison and its rows.
pub(super) fn take_out_of_both(compared: &mut Compared, args: &TextArgs) {
    redact_comparison(&mut compared.report, &mut compared.rows, args.redaction());
}

/// The same of several runs that were put together, and of the runs.
pub(super) fn take_out_of_all(report: &mut RunsReport, named: &mut [Named], args: &TextArgs) {
    redact_runs(report, named.iter_mut().map(|named| &mut named.result), args.redaction());
}

/// The same of why a run brought no result: what a server said may quote the prompt, and of a set's check the reason
/// what it looks for.
pub(super) fn take_out_of_error(mut error: RunError, args: &TextArgs) -> RunError {
    if let RunError::WarmUp { message, .. } | RunError::Check { why: message, .. } = &mut error {
        redact_message(message, args.redaction());
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::RedactArg;
    use crate::cli::commands::failure;
    use crate::model::outcome::Outcome;

    #[test]
    fn a_warm_up_that_failed_quotes_no_prompt() {
        let told = |args: &TextArgs| {
            let error = RunError::WarmUp {
                endpoint: "awq".to_owned(),
                url: "http://host/v1".to_owned(),
                outcome: Outcome::Http4xx,
                message: "400: can't answer `what is Grmpf`".to_owned(),
            };
            failure::of_run(take_out_of_error(error, args)).full_message()
        };
        assert!(told(&TextArgs::default()).contains("Grmpf"));
        for args in [
            TextArgs { redact: vec![RedactArg::All], ..TextArgs::default() },
            TextArgs { redact: vec![RedactArg::Prompts], ..TextArgs::default() },
            TextArgs { no_text: true, ..TextArgs::default() },
        ] {
            let told = told(&args);
            assert!(!told.contains("Grmpf") && told.contains("`awq` at `http://host/v1`"), "{told}");
        }
    }
}
