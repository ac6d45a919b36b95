//! `--redact` and `--no-text`: takes texts out of results before anything is made of them. Their files keep all.

use crate::bench::compared::Compared;
use crate::cli::args::TextArgs;
use crate::model::history::RunsReport;
use crate::model::result::RunResult;
use crate::report::redact::{redact, redact_comparison};

/// Takes out of a result what the flags say.
pub(super) fn take_out(result: &mut RunResult, args: &TextArgs) {
    redact(result, args.redaction());
}

/// The same of a comparison and its rows.
pub(super) fn take_out_of_both(compared: &mut Compared, args: &TextArgs) {
    redact_comparison(&mut compared.report, &mut compared.rows, args.redaction());
}

/// The same of several runs that were put together: all that holds texts are the comparisons in it.
pub(super) fn take_out_of_all(report: &mut RunsReport, args: &TextArgs) {
    let over_time = report.histories.iter_mut().flat_map(|history| &mut history.models);
    let over_time = over_time.filter_map(|model| model.first_to_last.as_mut());
    let beside = report.head_to_head.iter_mut().flat_map(|held| &mut held.comparisons);
    for comparison in beside.chain(over_time) {
        redact_comparison(comparison, &mut [], args.redaction());
    }
}
