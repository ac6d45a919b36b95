//! `labctl compare`: one result's two sides, two results paired by prompt, or several head to head.

use std::sync::Arc;

use crate::bench::against::{Against, with_comparison};
use crate::bench::compared::{Compared, Terms, own_sides, several, two};
use crate::bench::runs::of_table;
use crate::cli::args::CompareArgs;
use crate::cli::args::values::ReportFormat;
use crate::cli::ci::{self, CiSettings};
use crate::cli::commands::contender::{self, Named};
use crate::cli::commands::output::{self, Output, of_template};
use crate::cli::commands::report::{page, several_loads};
use crate::cli::commands::{baseline, failure, gates, input, noise, store, texts};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::settings::NoFlags;
use crate::compare::comparable::is_about_prompts;
use crate::compare::intersect::Contents;
use crate::model::compared::ComparisonReport;
use crate::model::head_to_head::HeadToHeadReport;
use crate::model::prompt::PromptSet;
use crate::model::record::Row;
use crate::model::result::RunResult;
use crate::promptset;
use crate::report::ci::{CiInput, Ending};
use crate::report::{ReportError, comparison, head_to_head, runs};
use crate::results::store::Store;

/// Runs `labctl compare`.
pub fn run(args: &CompareArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let store = store::open(&args.store, context)?;
    let output = Output::new(args.format, args.output.as_deref(), context.ui)?;
    // Of more than two there is no page.
    let has_page = output.format == ReportFormat::Html && args.runs.len() <= 2;
    let load = |name: &String| contender::load_for(has_page, &store, name);
    let named = args.runs.iter().map(load).collect::<Result<Vec<_>, _>>()?;
    let mut compared = compare(&named, args, &store, context)?;
    add_ages(&mut compared, &named, args, context)?;
    let mut joint = if output.format == ReportFormat::Html { joint(&named, &compared) } else { None };
    if let Some(joint) = &mut joint {
        texts::take_out(joint, &args.texts);
    }
    for one in &mut compared {
        texts::take_out_of_both(one, &args.texts);
    }
    // What it tells may quote what was taken out.
    let sound = refuse(&compared, args);
    let rows: Vec<Vec<Row>> = compared.iter_mut().map(|one| std::mem::take(&mut one.rows)).collect();
    let document = Document::of(&named, compared);
    let ended = sound.and_then(|()| {
        let printed = match &joint {
            Some(joint) => page(joint, &input::of(joint, None, context), output),
            None => document.show(output),
        };
        let ended = document.comparisons().iter().try_fold(ExitStatus::Success, |worst, report| {
            Ok(worst.worse(gates::status(Some(&report.comparison), &report.comparison.gates, context.ui)?))
        });
        failure::or_untold(ended, [printed], context.ui)
    });
    let published = publish(&named, &document, &rows, &ended, args, &store, context);
    failure::or_untold(ended, published, context.ui)
}

/// The joint result that a page of two sides is made of; none of three and more runs.
fn joint(named: &[Named], compared: &[Compared]) -> Option<RunResult> {
    let [compared] = compared else { return None };
    let report = &compared.report;
    match named {
        [own] => Some(RunResult {
            comparison: Some(report.comparison.clone()),
            readings: report.readings.clone(),
            warnings: report.warnings.clone(),
            ..own.result.clone()
        }),
        [baseline, candidate] => {
            let against = Against::of(Arc::new(baseline.result.clone()), baseline.blessed.as_ref());
            Some(with_comparison(&candidate.result, &against, compared))
        }
        _ => None,
    }
}

/// Writes what continuous integration reads of each comparison, `rows` being the pairs of each, however the command ends.
fn publish(
    named: &[Named],
    document: &Document,
    rows: &[Vec<Row>],
    ended: &Result<ExitStatus, CliError>,
    args: &CompareArgs,
    store: &Store,
    context: &Context,
) -> Vec<Result<(), CliError>> {
    let settings = CiSettings::new(&args.ci);
    let Some((first, others)) = named.split_first().filter(|_| settings.is_wanted()) else {
        return Vec::new();
    };
    // The summary of several is one text: who stands where, then each comparison.
    let mut markdown = match document.markdown() {
        Ok(markdown) => markdown,
        Err(error) => return vec![Err(CliError::internal(error.to_string()))],
    };
    // Of one run alone both sides are its own.
    let alone = others.is_empty();
    let candidates = if alone { named } else { others };
    let selectors = &args.runs[usize::from(!alone)..];
    let mut published = Vec::new();
    for (((report, rows), candidate), name) in
        document.comparisons().iter().zip(rows).zip(candidates).zip(selectors)
    {
        let of_candidate = CiInput::of_run(&candidate.result);
        let of_first = CiInput::of_run(&first.result);
        let path = store.resolve(name).ok().filter(|_| candidate.blessed.is_none());
        let input = CiInput {
            title: comparison::title(report),
            baseline_run_id: if alone { of_first.baseline_run_id } else { of_first.run_id },
            simulated: report.simulated,
            baseline: if alone { of_first.baseline } else { of_first.candidate },
            rows,
            comparison: Some(&report.comparison),
            gates: &report.comparison.gates,
            several_loads: of_first.several_loads || of_candidate.several_loads,
            markdown: std::mem::take(&mut markdown),
            result_path: path,
            places: ci::places(&candidate.result.prompt_set),
            ended: own_ending(report, document, ended, args),
            ..of_candidate
        };
        published.push(settings.publish(&input, context));
    }
    published
}

/// How the command would end were this comparison the only one: that another was refused or failed is not its doing.
fn own_ending(
    report: &ComparisonReport,
    document: &Document,
    ended: &Result<ExitStatus, CliError>,
    args: &CompareArgs,
) -> Ending {
    let of_all = ci::ending(ended);
    // Output that could not be written is everybody's error, and a verdict or an unsound pair is one's own.
    let own =
        [ExitStatus::Success, ExitStatus::GateFailed, ExitStatus::Inconclusive, ExitStatus::NotMeasured];
    if document.comparisons().len() < 2 || own.iter().all(|status| status.code() != of_all.exit_code) {
        return of_all;
    }
    match refusal(report, true, args) {
        Some(error) => ci::failed(&error),
        None => Ending { exit_code: ExitStatus::of_gates(&report.comparison.gates).code(), error: None },
    }
}

/// The sides of the only run, or each further run against the first.
fn compare(
    named: &[Named],
    args: &CompareArgs,
    store: &Store,
    context: &Context,
) -> Result<Vec<Compared>, CliError> {
    let terms = |candidate: &RunResult| -> Result<Terms<'static>, CliError> {
        let of_noise = crate::compare::noise::Terms {
            prompt_set_sha256: &candidate.prompt_set.sha256,
            sampling: &candidate.sampling,
            simulated: candidate.candidate.simulated,
        };
        Ok(Terms {
            gates: gates::of_rows(&args.gate, &candidate.rows, candidate.team.as_deref(), context)?,
            noise: noise::load(args.noise.as_ref(), store, &of_noise)?,
            force: args.force,
            intersect: None,
        })
    };
    let [first, others @ ..] = named else { return Err(CliError::usage("name a run to compare")) };
    of_one_load(first, others)?;
    if others.is_empty() {
        if args.intersect {
            return Err(CliError::usage("`--intersect` is about two runs, and one is named"));
        }
        return own_sides(&first.result, &terms(&first.result)?)
            .map(|compared| vec![compared])
            .ok_or_else(|| alone(first));
    }
    let pair = |other: &Named| -> Result<Compared, CliError> {
        let sets = args.intersect.then(|| Sets::of(&first.result, &other.result, context)).transpose()?;
        let terms = Terms { intersect: sets.as_ref().map(Sets::contents), ..terms(&other.result)? };
        Ok(two(first.contender(), other.contender(), &terms))
    };
    others.iter().map(pair).collect()
}

/// Refuses two runs where one is of several loads: their latencies in one pot are those of no load.
fn of_one_load(first: &Named, others: &[Named]) -> Result<(), CliError> {
    others.iter().try_for_each(|other| several_loads(&other.result, &first.result))
}

/// That a run has nothing to be compared with in itself.
fn alone(run: &Named) -> CliError {
    let run_id = &run.result.run_id;
    CliError::usage(format!("run `{run_id}` has no baseline: there is nothing in it to compare")).with_hint(format!(
        "name what to compare it with, `labctl compare BASELINE {run_id}`, or run both sides with `labctl bench --compare-baseline`"
    ))
}

/// The sets that two runs sent, where both can still be had as they were.
struct Sets {
    one_set: bool,
    both: Option<[PromptSet; 2]>,
}

impl Sets {
    fn of(baseline: &RunResult, candidate: &RunResult, context: &Context) -> Result<Self, CliError> {
        let dir = context.settings(&NoFlags)?.config.defaults.promptset_dir;
        // One that is not there any more, or another one now, can't be looked into.
        let find = |run: &RunResult| promptset::load_sent(&run.prompt_set, &dir);
        let one_set = baseline.prompt_set.sha256 == candidate.prompt_set.sha256;
        let both = find(baseline).zip(find(candidate)).map(<[PromptSet; 2]>::from);
        Ok(Self { one_set, both })
    }

    fn contents(&self) -> Contents<'_> {
        match &self.both {
            _ if self.one_set => Contents::OneSet,
            Some([baseline, candidate]) => Contents::Known { baseline, candidate },
            None => Contents::Unknown,
        }
    }
}

/// Refuses what can't be compared, with every reason.
fn refuse(compared: &[Compared], args: &CompareArgs) -> Result<(), CliError> {
    let mut refused = compared.iter().filter_map(|one| refusal(&one.report, compared.len() > 1, args));
    refused.next().map_or(Ok(()), Err)
}

/// Why a comparison is refused, one of several or the only one.
fn refusal(report: &ComparisonReport, of_several: bool, args: &CompareArgs) -> Option<CliError> {
    // No gate compares a simulated side with a real one, whatever is forced.
    if args.gate.is_asked() && report.baseline.simulated != report.candidate.simulated {
        return Some(CliError::not_measured(
            "one side is simulated and the other is not: no gate compares them, and `--force` doesn't change that",
        ));
    }
    let reasons = &report.comparison.invalid_because;
    if reasons.is_empty() {
        return None;
    }
    let which = if of_several { format!(" (run `{}`)", report.candidate.run_id) } else { String::new() };
    let mut error =
        CliError::not_measured(format!("the two sides can't be compared{which}: {}", reasons.join("; ")));
    if !report.same_run && reasons.iter().any(|reason| is_about_prompts(reason)) {
        error = error.with_hint("`--intersect` compares the prompts that are the same in both");
    }
    Some(error.with_hint("`--force` compares in spite of all that, and says so in every output"))
}

/// Warns of baselines that were measured long ago.
fn add_ages(
    compared: &mut [Compared],
    named: &[Named],
    args: &CompareArgs,
    context: &Context,
) -> Result<(), CliError> {
    let max_age = baseline::max_age(args.max_age, context)?;
    for blessed in named.iter().filter_map(|named| named.blessed.as_ref()) {
        let Some(old) = baseline::old(blessed, max_age) else { continue };
        for Compared { report, .. } in compared.iter_mut() {
            let sides = [&report.baseline, &report.candidate];
            if sides.iter().any(|side| side.blessed_as.as_ref() == Some(&blessed.name)) {
                report.warnings.push(old.clone());
            }
        }
    }
    Ok(())
}

/// What is shown.
enum Document {
    Two(Box<ComparisonReport>),
    Several(Box<HeadToHeadReport>),
}

impl Document {
    fn of(named: &[Named], compared: Vec<Compared>) -> Self {
        let mut reports: Vec<ComparisonReport> =
            compared.into_iter().map(|compared| compared.report).collect();
        if let (1, Some(report)) = (reports.len(), reports.pop_if(|_| named.len() < 3)) {
            return Self::Two(Box::new(report));
        }
        let contenders: Vec<_> = named.iter().map(Named::contender).collect();
        Self::Several(Box::new(several(&contenders, reports)))
    }

    fn comparisons(&self) -> &[ComparisonReport] {
        match self {
            Self::Two(report) => std::slice::from_ref(report),
            Self::Several(report) => &report.comparisons,
        }
    }

    fn show(&self, output: Output<'_>) -> Result<(), CliError> {
        let failed = |error: ReportError| of_template(&error, None);
        let text = match (self, output.format) {
            (Self::Two(report), ReportFormat::Json) => output::json(report)?,
            (Self::Several(report), ReportFormat::Json) => output::json(report)?,
            (_, ReportFormat::Markdown) => self.markdown().map_err(failed)?,
            (Self::Two(report), ReportFormat::Text) => comparison::terminal(report, &output.terminal()),
            (Self::Several(report), ReportFormat::Text) => head_to_head::terminal(report, &output.terminal()),
            (Self::Several(report), ReportFormat::Html) => {
                runs::html(&of_table((**report).clone()), None).map_err(failed)?
            }
            (Self::Two(_), ReportFormat::Html) => {
                return Err(CliError::internal("a page of two sides is made of their joint result"));
            }
        };
        output.write(&text)
    }

    fn markdown(&self) -> Result<String, ReportError> {
        match self {
            Self::Two(report) => comparison::markdown(report, None),
            Self::Several(report) => head_to_head::markdown(report, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn runs_of_several_loads_are_not_compared() {
        let named = |result| Named { result, blessed: None };
        let [one, sweep] = [named(fixture::paired()), named(fixture::levels())];
        let others = [named(fixture::paired()), named(fixture::levels())];
        assert!(of_one_load(&one, &others[..1]).is_ok());
        // One run alone is held against itself, load by load.
        assert!(of_one_load(&sweep, &[]).is_ok());
        for refused in [of_one_load(&one, &others), of_one_load(&sweep, &others[..1])] {
            let refused = refused.unwrap_err();
            assert_eq!(refused.kind().exit_status(), ExitStatus::NotMeasured);
            assert!(refused.full_message().contains("several loads") && !refused.hints().is_empty());
        }
    }
}
