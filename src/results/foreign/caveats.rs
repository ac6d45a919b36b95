//! What a reader must know of an imported result: what its file doesn't tell, and where the tool's own figures are not
//! those of its requests.

use super::benchmark::Benchmark;
use super::build::Source;
use super::short;
use crate::metrics::definitions::summarise;
use crate::model::definitions::{DefinedSummary, Metric};
use crate::model::exchange::Exchange;
use crate::model::record::Row;

/// From how much on the tool's own number and the one that follows from its requests are called different: far above
/// what comes of rounding times to nanoseconds, far below what a reader would act on.
const SAME: f64 = 1e-3;

/// Fields that must have a value and that the file says nothing of.
pub(super) fn untold(of: &Benchmark, rows: &[Row]) -> Vec<String> {
    // No prompt has no tokens.
    let prompts_uncounted = rows
        .iter()
        .filter_map(|row| row.candidate.as_ref()?.exchange.usage)
        .any(|usage| usage.prompt_tokens == 0);
    let fields = [
        ("sampling.temperature", true),
        ("sampling.seed", true),
        ("seed", of.seed.is_none()),
        ("prompt_set.sha256", true),
        ("client.os", of.machine.is_none()),
        ("client.arch", of.machine.is_none()),
        ("client.cores", true),
        ("client.monotonic_origin_ns", of.monotonic_origin_ns.is_none()),
        ("started_at", of.started_at.is_none()),
        ("finished_at", of.finished_at.is_none() && of.started_at.is_none()),
        ("candidate.model", of.model.is_none()),
        ("candidate.url", of.url.is_none()),
        ("candidate.summary.prompt_tokens", prompts_uncounted),
    ];
    fields.into_iter().filter(|(_, untold)| *untold).map(|(field, _)| field.to_owned()).collect()
}

/// What a reader must know, the import itself first.
pub(super) fn warnings(of: &Benchmark, rows: &[Row], source: &Source<'_>) -> Vec<String> {
    let title = of.tool.title();
    let mut warnings = vec![format!(
        "imported from `{}`, a file of {title}: times and token counts are as that tool took them, and labctl's formulas are applied to them; `labctl report --definitions {}` has that tool's own",
        short(source.file, 200),
        of.tool.name()
    )];
    warnings.extend(of.warnings.iter().cloned());
    let exchanges = || rows.iter().filter_map(|row| row.candidate.as_ref()).map(|attempt| &attempt.exchange);
    let successes: Vec<&Exchange> = exchanges().filter(|exchange| exchange.outcome.is_success()).collect();
    let failed = rows.len() - successes.len();
    if failed > 0 {
        let example = exchanges().find(|exchange| !exchange.outcome.is_success());
        let said = example.and_then(|exchange| exchange.error.as_deref()).filter(|said| !said.is_empty());
        let said = said.map_or_else(String::new, |said| format!("; for example: {}", short(said, 200)));
        warnings.push(format!(
            "{failed} of {} requests did not succeed; how is told by {title}'s words for it{said}",
            rows.len()
        ));
    }
    let uncounted = successes.iter().filter(|exchange| exchange.usage.is_none()).count();
    if uncounted > 0 {
        warnings.push(format!(
            "{uncounted} of {} successes have no number of output tokens in the file: chunks are counted in its place",
            successes.len()
        ));
    }
    let here = summarise(of.tool.definitions(), &successes);
    warnings.extend(of.means.iter().filter_map(|(metric, theirs)| differs(title, *metric, *theirs, &here)));
    warnings
}

/// Where the tool's own mean isn't the one of its requests.
fn differs(title: &str, metric: Metric, theirs: f64, here: &DefinedSummary) -> Option<String> {
    let ours = here.statistics(metric)?.mean;
    let differs = (ours - theirs).abs() > SAME * theirs.abs().max(ours.abs());
    differs.then(|| {
        format!(
            "{title} gives a mean {} of {theirs:.3} ms, and its requests have one of {ours:.3} ms: it did not count the same requests, or not in the same way",
            metric.title()
        )
    })
}
