//! The view model: a result with every number written once, for all three outputs to arrange.

use serde::Serialize;

use super::answer::Answer;
use super::beside::{self, Titled};
use super::budget;
use super::data;
use super::excerpt::Excerpt;
use super::facts::{self, Health, Section};
use super::gates;
use super::glossary::{self, Term};
use super::input::ReportInput;
use super::judging::{self, Question};
use super::levels;
use super::losses::{self, Flips, Listing};
use super::number::{count, counted};
use super::objectives;
use super::outcomes::{self, Failure};
use super::profile;
use super::provenance::Provenance;
use super::quality;
use super::readings::{Readings, cost_rows};
use super::redact;
use super::reference;
use super::responses::{self, Responses};
use super::speed;
use super::table::{Labels, Table};
use super::text::{fit_middle, one_line, to_the_second};
use super::verdict::{self, Finding};
use crate::model::result::{RunResult, SideInfo};
use crate::model::team::team_of;

/// What stands wherever a simulated result is shown.
pub(crate) const SIMULATED: &str = "the built-in simulator answered: these numbers say nothing about a model";

/// The most gains listed; the rest is in the JSON.
const GAINS: usize = 50;

/// A result as people read it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportView {
    /// Who against whom.
    pub title: String,
    /// With which prompts, under which load.
    pub subtitle: String,
    /// The run.
    pub run_id: String,
    /// When it began.
    pub started_at: String,
    /// What to know about simulated numbers, where they are.
    pub simulated: Option<&'static str>,
    /// Which texts were taken out, where some were.
    pub redacted: Option<String>,
    /// What the sides are called.
    pub labels: Labels,
    /// The answer in short.
    pub answer: Answer,
    /// The verdict, sentence by sentence.
    pub findings: Vec<Finding>,
    /// What the team expects, held against the run.
    pub readings: Readings,
    /// Pass rates.
    pub quality: Table,
    /// How answers ended by category, and noise, where there is something to tell; none without a comparison.
    pub quality_further: Vec<Titled>,
    /// How likely both sides find the reference answers; empty where that wasn't asked.
    pub reference: Table,
    /// What that table is.
    pub reference_title: &'static str,
    /// Pass rates by other methods; empty without a comparison.
    pub cross_checks: Table,
    /// How good a judge the model is; empty where that wasn't examined.
    pub judge: Vec<Question>,
    /// Latency and throughput.
    pub speed: Table,
    /// Latency and token ratios by category; empty without a comparison, with one category or over several loads.
    pub speed_by_category: Table,
    /// Every load of a sweep or search; empty where there was one.
    pub levels: Table,
    /// Objectives and how they came out; empty without any.
    pub objectives: Table,
    /// Requests by turn and by model; empty where there are no several.
    pub groups: Table,
    /// What that table is.
    pub groups_title: &'static str,
    /// Gates; empty where none was asked.
    pub gates: Table,
    /// Responses by verdict.
    pub verdicts: Table,
    /// Requests by outcome; empty where all succeeded.
    pub outcomes: Table,
    /// Each kind of failure once.
    pub failures: Vec<Failure>,
    /// The losses, or what didn't pass.
    pub listing: Listing,
    /// All that a reader may want to look at, filterable: losses, gains and other failures with their texts.
    pub responses: Responses,
    /// What the candidate alone passed, with its title; empty without a comparison.
    pub gains: Titled,
    /// Whether the client's measurements can be trusted.
    pub health: Health,
    /// What to know before believing a number.
    pub warnings: Vec<String>,
    /// Everything about the run.
    pub sections: Vec<Section>,
    /// The effective configuration, indented JSON.
    pub config: String,
    /// The version of labctl that measured.
    pub labctl_version: String,
    /// Where all of it comes from, and how to run it again.
    pub provenance: Provenance,
    /// The terms that the tables name, with what their definitions refer to.
    pub glossary: Vec<&'static Term>,
}

impl ReportView {
    /// Writes out everything that a report of `result` can show.
    #[must_use]
    pub fn new(result: &RunResult, input: &ReportInput) -> Self {
        let labels = labels(result);
        let sides: Vec<&SideInfo> = result.baseline.iter().chain([&result.candidate]).collect();
        let summaries: Vec<_> = sides.iter().map(|side| &side.summary).collect();
        let comparison = result.comparison.as_ref().filter(|_| result.baseline.is_some());
        let checked = !verdict::is_unchecked(result);
        let several = !result.levels.is_empty();
        let mut quality = match comparison {
            _ if !checked => Table::default(),
            Some(comparison) => quality::paired(comparison, &labels),
            None => quality::single(&sides, &labels),
        };
        if several && checked {
            quality.notes.push("Over all loads together".to_owned());
        }
        let mut speed = speed::table(comparison, &summaries, &labels);
        let costs: Vec<_> = sides.iter().map(|side| side.cost.as_ref()).collect();
        speed.rows.extend(cost_rows(&costs, comparison.is_some()));
        let mut view = Self {
            title: title(&labels),
            subtitle: format!("{} · {}", prompts(result), profile::load(result)),
            run_id: one_line(&result.run_id),
            started_at: to_the_second(&result.started_at),
            simulated: result.simulated.then_some(SIMULATED),
            redacted: redact::told(result.redacted),
            answer: Answer::of_run(result, &labels),
            findings: verdict::of_run(result, &labels),
            readings: Readings::new(team_of(result).map(|(kind, _)| kind), &result.readings),
            quality,
            reference: reference::table(comparison, &labels),
            reference_title: reference::TITLE,
            cross_checks: comparison.filter(|_| checked).map_or_else(Table::default, quality::cross_checks),
            quality_further: comparison
                .filter(|_| checked)
                .map_or_else(Vec::new, |comparison| beside::further(comparison, &labels)),
            judge: judging::questions(result),
            // Over several loads together a latency is no server's.
            speed: if several { Table::default() } else { speed },
            speed_by_category: comparison
                .filter(|_| !several)
                .map_or_else(Table::default, beside::speed_by_category),
            levels: levels::table(result),
            objectives: if several { Table::default() } else { objectives::table(&sides, &labels) },
            groups: objectives::groups(result),
            groups_title: objectives::groups_title(result),
            gates: gates::table(result.gate_results()),
            verdicts: if checked { outcomes::verdicts(&sides, &labels) } else { Table::default() },
            outcomes: outcomes::table(&sides, &labels),
            failures: outcomes::failures(result, &labels),
            listing: losses::listing(result, &labels),
            responses: responses::list(result, &labels, input),
            gains: comparison.map_or_else(Titled::default, |comparison| {
                let gains = losses::flipped(comparison, &result.rows, &labels, Flips::Gains, result.redacted);
                Titled { table: losses::table(&gains, GAINS), title: gains.title }
            }),
            health: facts::health(result),
            warnings: result.warnings.iter().map(|w| one_line(w)).collect(),
            sections: facts::sections(result, &labels),
            config: Excerpt::plain(&format!("{:#}", result.config), budget::CONFIG).into_text(),
            labctl_version: one_line(&result.client.labctl_version),
            provenance: Provenance::new(result, &labels),
            glossary: Vec::new(),
            labels,
        };
        view.glossary = view.terms();
        view
    }

    /// The terms of everything that is shown.
    fn terms(&self) -> Vec<&'static Term> {
        let facts = self.sections.iter().flat_map(|section| &section.facts).chain(&self.health.facts);
        let of_facts = facts.filter_map(|fact| fact.term);
        let of_findings = self.findings.iter().flat_map(|finding| glossary::of_finding(finding.topic));
        let tables = self.tables();
        let of_tables = tables.iter().flat_map(NamedTable::terms);
        let of_requests = data::request_terms();
        glossary::with_references(of_tables.chain(of_facts).chain(of_findings.copied()).chain(of_requests))
    }

    /// Every table that is shown, in the page's order, by a name that stays the same between reports.
    #[must_use]
    pub fn tables(&self) -> Vec<NamedTable<'_>> {
        let mut tables: Vec<NamedTable<'_>> = Vec::new();
        let mut add = |name: &str, title: &str, table| {
            tables.push(NamedTable { name: name.to_owned(), title: title.to_owned(), table });
        };
        add("loads", "Loads", &self.levels);
        add("quality", "Quality", &self.quality);
        for (number, further) in (1..).zip(&self.quality_further) {
            add(&format!("quality-{number}"), &further.title, &further.table);
        }
        add("reference", self.reference_title, &self.reference);
        for (number, question) in (1..).zip(&self.judge) {
            add(&format!("judge-{number}"), &question.title, &question.table);
        }
        add("gates", "Gates", &self.gates);
        add("objectives", "Objectives", &self.objectives);
        add("speed", "Speed", &self.speed);
        add("speed-by-category", beside::BY_CATEGORY, &self.speed_by_category);
        add("groups", self.groups_title, &self.groups);
        add("gains", &self.gains.title, &self.gains.table);
        add("outcomes", "Outcomes", &self.outcomes);
        add("verdicts", "Verdicts", &self.verdicts);
        add("cross-checks", "Cross-checks", &self.cross_checks);
        tables.retain(|of| !of.table.is_empty());
        tables
    }
}

/// A table with what it is called.
#[derive(Debug, Clone)]
pub struct NamedTable<'a> {
    /// In files and links: `speed-by-category`.
    pub name: String,
    /// On the page.
    pub title: String,
    /// The table; not empty.
    pub table: &'a Table,
}

impl NamedTable<'_> {
    /// The terms that it names.
    pub fn terms(&self) -> impl Iterator<Item = &'static str> {
        glossary::of_table(self.table)
    }
}

/// What was sent: `quant-quality v1 · 30 prompts`.
fn prompts(result: &RunResult) -> String {
    if let Some(words) = result.workload.as_ref().and_then(profile::workload) {
        return words;
    }
    let set = &result.prompt_set;
    let prompts: usize = set.categories.values().sum();
    let prompts = counted(prompts as u64, "prompt", "prompts");
    let chosen = set.selection.as_ref().map(|chosen| format!(" of {}", count(chosen.of_prompts)));
    format!("{} v{} · {prompts}{}", one_line(&set.name), set.version, chosen.unwrap_or_default())
}

/// `awq against fp16`, or the one model.
pub(crate) fn title(labels: &Labels) -> String {
    match &labels.baseline {
        Some(baseline) => format!("{} against {baseline}", labels.candidate),
        None => labels.candidate.clone(),
    }
}

/// The longest name of a side, in columns.
const NAME: usize = 80;

/// The sides go by the models asked for; by their endpoints too where the models are the same, and by their runs where
/// those are too and the baseline was measured at another time.
pub(crate) fn labels(result: &RunResult) -> Labels {
    let candidate = &result.candidate;
    let same = |name: fn(&SideInfo) -> &str| {
        result.baseline.as_ref().is_some_and(|baseline| name(baseline) == name(candidate))
    };
    let (same_model, same_endpoint) = (same(|side| &side.model), same(|side| &side.endpoint));
    let measured_in = result.baseline.as_ref().and_then(|baseline| baseline.measured_in.as_ref());
    let name = |side: &SideInfo, run_id: &str, blessed_as: Option<&str>| {
        let model = fit_middle(&one_line(&side.model), NAME);
        match (same_model, measured_in) {
            (false, _) => model,
            (true, Some(_)) if same_endpoint => match blessed_as {
                Some(name) => format!("{model} ({})", one_line(name)),
                None => format!("{model} (run {})", one_line(run_id)),
            },
            (true, _) => format!("{model} ({})", one_line(&side.endpoint)),
        }
    };
    Labels {
        candidate: name(candidate, &result.run_id, None),
        baseline: result.baseline.as_ref().map(|side| {
            let run_id = measured_in.map_or(&result.run_id, |measured| &measured.run_id);
            name(side, run_id, measured_in.and_then(|measured| measured.blessed_as.as_deref()))
        }),
    }
}
