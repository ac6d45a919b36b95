//! Two stored sides compared, for `labctl compare`: the tables of a run's report, without what only a run has, and
//! both answers to every prompt that only one side passed.

use std::path::Path;

use serde::Serialize;

use super::ReportError;
use super::answer::{self, Answer};
use super::beside::{self, Titled};
use super::gates;
use super::losses::{self, Flips, Listing};
use super::number::{count, counted, percent};
use super::quality;
use super::readings::Readings;
use super::redact;
use super::reference;
use super::speed;
use super::table::{Labels, Table, Tone};
use super::template;
use super::terminal::{Screen, TerminalOptions};
use super::text::{fit_middle, one_line, to_the_second};
use super::verdict::{self, Finding};
use super::view;
use crate::model::compared::{ComparedSide, ComparisonReport};

/// Prompts with both answers on a terminal; the rest is in the other formats.
const LISTED: usize = 20;
/// The longest name of a side, in columns.
const NAME: usize = 80;
/// What results know of the servers themselves.
const NO_TELEMETRY: &str = "KV cache and queue n/a: no telemetry in the results";

/// A comparison as people read it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparisonView {
    /// Who against whom.
    pub title: String,
    /// Which runs these are.
    pub runs: Vec<String>,
    /// What to know about simulated numbers, where they are.
    pub simulated: Option<&'static str>,
    /// Which texts were taken out, where some were.
    pub redacted: Option<String>,
    /// The answer in short.
    pub answer: Answer,
    /// The verdict, sentence by sentence.
    pub findings: Vec<Finding>,
    /// What the team expects, held against it.
    pub readings: Readings,
    /// Pass rates.
    pub quality: Table,
    /// What else is known of the pass rates: how answers ended, noise, families.
    pub quality_further: Vec<Titled>,
    /// How likely both sides find the reference answers; empty where that wasn't asked.
    pub reference: Table,
    /// Latency by category.
    pub speed_by_category: Table,
    /// Pass rates by other methods.
    pub cross_checks: Table,
    /// Latency and throughput.
    pub speed: Table,
    /// What the servers told of themselves.
    pub server: Vec<String>,
    /// Gates; empty where none was asked.
    pub gates: Table,
    /// What the baseline passed and the candidate didn't.
    pub losses: Listing,
    /// What the candidate passed and the baseline didn't.
    pub gains: Listing,
    /// What to know before believing a number.
    pub warnings: Vec<String>,
}

impl ComparisonView {
    /// Writes out everything that a comparison can show.
    #[must_use]
    pub fn new(report: &ComparisonReport) -> Self {
        let comparison = &report.comparison;
        let labels = labels(&report.baseline, &report.candidate);
        let unsound = forced(&comparison.forced_over).into_iter();
        let unsound = unsound.chain(intersected(report)).chain(verdict::unsound(comparison));
        let mut speed = speed::table(Some(comparison), &[], &labels);
        if !report.same_run {
            speed.notes.insert(0, "Measured one after the other".to_owned());
        }
        Self {
            title: title(report),
            runs: vec![
                described("baseline", &report.baseline, report.same_run),
                described("candidate", &report.candidate, report.same_run),
            ],
            simulated: report.simulated.then_some(view::SIMULATED),
            redacted: redact::told(report.redacted),
            answer: answer::of_comparison(
                comparison,
                &report.readings,
                report.team_kind,
                &labels,
                report.same_run,
            ),
            findings: verdict::without_praise(
                unsound.chain(verdict::of_comparison(comparison, &labels, report.same_run)).collect(),
            ),
            readings: Readings::new(report.team_kind, &report.readings),
            quality: quality::paired(comparison, &labels),
            quality_further: beside::further(comparison, &labels),
            reference: reference::table(Some(comparison), &labels),
            speed_by_category: beside::speed_by_category(comparison),
            cross_checks: quality::cross_checks(comparison),
            speed,
            server: vec![prefix_cache(report, &labels), NO_TELEMETRY.to_owned()],
            gates: gates::table(&comparison.gates),
            losses: losses::flipped(comparison, &report.flipped, &labels, Flips::Losses, report.redacted),
            gains: losses::flipped(comparison, &report.flipped, &labels, Flips::Gains, report.redacted),
            warnings: report.warnings.iter().map(|warning| one_line(warning)).collect(),
        }
    }
}

/// The sides go by their models; by their endpoints too, or their places, where that doesn't tell them apart.
pub(super) fn labels(baseline: &ComparedSide, candidate: &ComparedSide) -> Labels {
    let names = names(&[baseline, candidate]);
    let [baseline, candidate] = names.as_slice() else {
        return Labels { candidate: String::new(), baseline: None };
    };
    Labels { candidate: candidate.clone(), baseline: Some(baseline.clone()) }
}

/// A name for each side, all different.
pub(super) fn names(sides: &[&ComparedSide]) -> Vec<String> {
    let differ = |names: &[String]| {
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        distinct.len() == names.len()
    };
    let model = |side: &ComparedSide| fit_middle(&one_line(&side.model), NAME);
    let models: Vec<String> = sides.iter().map(|side| model(side)).collect();
    if differ(&models) {
        return models;
    }
    let with_endpoints: Vec<String> =
        sides.iter().map(|side| format!("{} ({})", model(side), one_line(&side.endpoint))).collect();
    if differ(&with_endpoints) {
        return with_endpoints;
    }
    models.iter().enumerate().map(|(place, model)| format!("{model} ({})", letters(place))).collect()
}

/// `A` to `Z`, then `AA`, `AB` and so on, as columns of a sheet are named.
fn letters(place: usize) -> String {
    let letter = ('A'..='Z').nth(place % 26).unwrap_or('A');
    match (place / 26).checked_sub(1) {
        None => letter.to_string(),
        Some(before) => letters(before) + letter.to_string().as_str(),
    }
}

fn described(place: &str, side: &ComparedSide, same_run: bool) -> String {
    let of = if same_run { format!(", {}", side.side) } else { String::new() };
    let blessed =
        side.blessed_as.as_ref().map_or_else(String::new, |name| format!(", blessed as {}", one_line(name)));
    format!(
        "{place}: {} of run {}{of}, {}{blessed}",
        one_line(&side.model),
        one_line(&side.run_id),
        to_the_second(&side.started_at)
    )
}

/// That it was compared in spite of what makes it unsound, where there are such reasons.
pub(super) fn forced(reasons: &[String]) -> Option<Finding> {
    (!reasons.is_empty()).then(|| Finding {
        topic: "FORCED",
        tone: Tone::Bad,
        text: format!(
            "compared by `--force` although these numbers can't be compared soundly: {}",
            verdict::joined(reasons)
        ),
    })
}

/// That only a part is compared.
fn intersected(report: &ComparisonReport) -> Option<Finding> {
    let told = report.intersected.as_ref()?;
    let contents = if told.verified { "same contents" } else { "same ids, contents not verified" };
    Some(Finding {
        topic: "Prompts",
        tone: Tone::Warn,
        text: format!(
            "{} that both sets have ({contents}); left out: {} of the baseline's, {} of the candidate's",
            counted(told.prompts, "prompt", "prompts"),
            count(told.left_out_of_baseline),
            count(told.left_out_of_candidate)
        ),
    })
}

/// How much of the prompts a prefix cache answered, as the servers told.
fn prefix_cache(report: &ComparisonReport, labels: &Labels) -> String {
    let (theirs, ours) = (report.baseline.cached_share, report.candidate.cached_share);
    if theirs.is_none() && ours.is_none() {
        return "prefix cache n/a: neither server told of cached tokens".to_owned();
    }
    let told = |share: Option<f64>, name: &str| match share {
        Some(share) => format!("{} of {name}", percent(share)),
        None => format!("n/a for {name}, whose server didn't tell"),
    };
    format!(
        "prompt tokens from the prefix cache: {}, {}",
        told(theirs, labels.baseline.as_deref().unwrap_or_default()),
        told(ours, &labels.candidate)
    )
}

/// Who against whom.
#[must_use]
pub fn title(report: &ComparisonReport) -> String {
    view::title(&labels(&report.baseline, &report.candidate))
}

/// The comparison for a terminal.
#[must_use]
pub fn terminal(report: &ComparisonReport, options: &TerminalOptions) -> String {
    let mut screen = Screen::new(options);
    draw(&ComparisonView::new(report), &mut screen);
    screen.files(&options.files);
    screen.finish()
}

pub(super) fn draw(view: &ComparisonView, screen: &mut Screen) {
    screen.title(&view.title, "");
    for run in &view.runs {
        screen.text(run, Tone::Dim);
    }
    screen.banner(view.simulated);
    screen.redacted(view.redacted.as_deref());
    screen.answer(&view.answer, &view.findings, view.warnings.len());
    screen.gates(&view.gates);
    screen.readings(&view.readings);
    answers(screen, &view.losses);
    screen.table("Quality", &view.quality);
    for further in &view.quality_further {
        screen.table(&further.title, &further.table);
    }
    screen.table(reference::TITLE, &view.reference);
    screen.table("Speed", &view.speed);
    screen.table(beside::BY_CATEGORY, &view.speed_by_category);
    screen.heading("Servers");
    for line in &view.server {
        screen.item("", line, Tone::Dim);
    }
    screen.warnings(&view.warnings);
    answers(screen, &view.gains);
}

/// Each prompt with both answers and where they were found.
fn answers(screen: &mut Screen, listing: &Listing) {
    if listing.prompts.is_empty() {
        return;
    }
    screen.heading(&listing.title);
    for prompt in listing.prompts.iter().take(LISTED) {
        let times = prompt.times.as_ref().map_or_else(String::new, |times| format!(", {times}"));
        let unstable =
            prompt.unstable.as_ref().map_or_else(String::new, |seen| format!("; unstable: {seen}"));
        screen.item("", &format!("{} ({}{times}{unstable})", prompt.prompt_id, prompt.category), Tone::Plain);
        for answer in &prompt.answers {
            let found = answer.source.map_or_else(String::new, |source| format!(" ({source})"));
            let text = format!("{}: {}: {}{found}", answer.side, answer.verdict, answer.short);
            screen.item("  ", &text, answer.tone);
        }
    }
    let more = listing.more + listing.prompts.len().saturating_sub(LISTED);
    if more > 0 {
        screen.item("", &format!("{more} more in the JSON"), Tone::Dim);
    }
}

/// The comparison as Markdown through `compare.md`, taken from `template_dir` where that holds one.
///
/// # Errors
///
/// When `template_dir` is no folder, or its template can't be parsed or asks for what there isn't.
pub fn markdown(report: &ComparisonReport, template_dir: Option<&Path>) -> Result<String, ReportError> {
    #[derive(Serialize)]
    struct Context {
        comparison: ComparisonView,
    }
    template::render("compare.md", template_dir, Context { comparison: ComparisonView::new(report) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_on_after_z() {
        assert_eq!([0, 25, 26, 27, 701, 702].map(letters), ["A", "Z", "AA", "AB", "ZZ", "AAA"]);
    }
}
