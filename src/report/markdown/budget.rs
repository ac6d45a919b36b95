//! What keeps a report below 60 KB: lists are cut step by step, the least important first, until it fits. What was
//! left out is counted and told.

use std::collections::BTreeMap;

use crate::report::number::{count, counted};
use crate::report::table::{Row, Table, Tone};
use crate::report::text::fit;
use crate::report::view::ReportView;

/// The most bytes of a report.
pub const LIMIT: usize = 60_000;
/// What closes a section that is open where a report is cut.
const CLOSE: &str = "</details>";
/// What stands where it is cut.
const CUT: &str = "\n\n**Cut here to stay below 60 KB: the rest is in the result.**\n";

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    /// Rows of a table.
    rows: usize,
    /// Prompts that were lost, or didn't pass.
    listed: usize,
    /// Rows of what was gained.
    gains: usize,
    /// Kinds of failures.
    failures: usize,
    /// Warnings, and expectations.
    sentences: usize,
    /// Whether cross-checks, verdicts and facts are shown.
    pub(super) details: bool,
    /// The longest text, in columns.
    text: usize,
}

/// From all that is reasonable to the least.
pub(super) const LEVELS: [Level; 9] = {
    let whole =
        Level { rows: 200, listed: 50, gains: 50, failures: 20, sentences: 50, details: true, text: 600 };
    let few_gains = Level { gains: 10, failures: 10, ..whole };
    let no_gains = Level { gains: 0, rows: 100, ..few_gains };
    let no_details = Level { details: false, ..no_gains };
    let shorter = Level { rows: 60, listed: 30, sentences: 20, text: 300, ..no_details };
    let short = Level { rows: 40, listed: 20, text: 200, ..shorter };
    let few = Level { rows: 20, listed: 10, failures: 5, sentences: 10, text: 120, ..short };
    let fewer = Level { rows: 10, listed: 5, sentences: 5, text: 80, ..few };
    let least = Level { rows: 5, listed: 3, failures: 3, sentences: 3, text: 60, ..fewer };
    [whole, few_gains, no_gains, no_details, shorter, short, few, fewer, least]
};

/// How long the lists were before anything was cut.
pub(super) struct Trimmed {
    lists: BTreeMap<String, usize>,
    listed: usize,
}

impl Trimmed {
    /// Of a view that is whole; the prompts that it doesn't list count too.
    pub(super) fn new(report: &ReportView) -> Self {
        let lists = lengths(report).into_iter().filter(|(_, length)| *length > 0);
        Self { lists: lists.collect(), listed: report.listing.prompts.len() + report.listing.more }
    }

    /// Prompts that are not listed.
    pub(super) const fn more(&self, report: &ReportView) -> usize {
        self.listed - report.listing.prompts.len()
    }

    /// What is missing, `12 of 40 rows of Quality`.
    pub(super) fn left_out(&self, report: &ReportView, level: &Level) -> Vec<String> {
        let now: BTreeMap<String, usize> = lengths(report).into_iter().collect();
        let mut told: Vec<String> = self
            .lists
            .iter()
            .filter_map(|(name, was)| {
                let missing = was - now.get(name).copied().unwrap_or(0).min(*was);
                (missing > 0)
                    .then(|| format!("{} of {} of {name}", count(missing as u64), count(*was as u64)))
            })
            .collect();
        let prompts = self.more(report);
        if prompts > 0 {
            told.insert(0, format!("{} of those listed above", counted(prompts as u64, "prompt", "prompts")));
        }
        if !level.details {
            told.push("verdicts, cross-checks and facts".to_owned());
        }
        told
    }

    /// Cuts every list and text down to a level.
    #[expect(clippy::unused_self, reason = "what was cut is told by what was there before")]
    pub(super) fn trim(&self, report: &mut ReportView, level: &Level) {
        for table in tables(report) {
            keep(table, level.rows);
        }
        keep(&mut report.gains.table, level.gains);
        report.listing.prompts.truncate(level.listed);
        report.failures.truncate(level.failures);
        report.warnings.truncate(level.sentences);
        keep_by(&mut report.readings.list, level.sentences, |reading| rank(reading.tone));
        report.health.reasons.truncate(level.sentences);
        shorten(report, level.text);
    }
}

/// Every list that is cut, by what a reader knows it as, with its length.
fn lengths(report: &ReportView) -> Vec<(String, usize)> {
    let fixed: [(&str, usize); 4] = [
        ("the kinds of failures", report.failures.len()),
        ("the warnings", report.warnings.len()),
        ("the expectations", report.readings.list.len()),
        ("the gains", report.gains.table.rows.len()),
    ];
    let mut lengths: Vec<(String, usize)> =
        fixed.into_iter().map(|(name, length)| (name.to_owned(), length)).collect();
    let named = report.tables().into_iter().filter(|named| named.name != "gains");
    lengths.extend(
        named.map(|named| (format!("the rows of “{}”", fit(&named.title, 60)), named.table.rows.len())),
    );
    lengths
}

/// Every table that may be long, but for the gains'.
fn tables(report: &mut ReportView) -> Vec<&mut Table> {
    let fixed = [
        &mut report.levels,
        &mut report.quality,
        &mut report.reference,
        &mut report.gates,
        &mut report.objectives,
        &mut report.speed,
        &mut report.speed_by_category,
        &mut report.groups,
        &mut report.outcomes,
        &mut report.verdicts,
        &mut report.cross_checks,
    ];
    let further = report.quality_further.iter_mut().map(|titled| &mut titled.table);
    let judge = report.judge.iter_mut().map(|question| &mut question.table);
    fixed.into_iter().chain(further).chain(judge).collect()
}

/// Keeps so many rows, in their order: those that sum up, then those with bad news, then the first.
fn keep(table: &mut Table, rows: usize) {
    keep_by(&mut table.rows, rows, |row: &Row| {
        let worst = row.cells.iter().map(|cell| rank(cell.tone)).min().unwrap_or(3);
        if row.strong { 0 } else { 1 + worst }
    });
    table.notes.truncate(rows);
}

fn keep_by<T>(list: &mut Vec<T>, most: usize, rank: impl Fn(&T) -> u8) {
    if list.len() <= most {
        return;
    }
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_by_key(|i| (rank(&list[*i]), *i));
    let mut kept = vec![false; list.len()];
    for i in order.into_iter().take(most) {
        kept[i] = true;
    }
    let mut places = kept.into_iter();
    list.retain(|_| places.next().unwrap_or(false));
}

/// Bad news first.
const fn rank(tone: Tone) -> u8 {
    match tone {
        Tone::Bad => 0,
        Tone::Warn => 1,
        Tone::Good => 2,
        Tone::Plain | Tone::Dim => 3,
    }
}

/// No text of a report is longer than so many columns.
fn shorten(report: &mut ReportView, width: usize) {
    let cut = |text: &mut String| *text = fit(text, width);
    for table in tables(report) {
        table.rows.iter_mut().flat_map(|row| &mut row.cells).for_each(|cell| cut(&mut cell.text));
        table.notes.iter_mut().for_each(cut);
    }
    report.gains.table.rows.iter_mut().flat_map(|row| &mut row.cells).for_each(|cell| cut(&mut cell.text));
    for prompt in &mut report.listing.prompts {
        cut(&mut prompt.prompt_id);
        cut(&mut prompt.category);
        prompt.answers.iter_mut().for_each(|answer| cut(&mut answer.short));
    }
    for failure in &mut report.failures {
        cut(&mut failure.message);
        cut(&mut failure.prompt_id);
    }
    report.warnings.iter_mut().for_each(cut);
    report.health.reasons.iter_mut().for_each(cut);
    for reading in &mut report.readings.list {
        [&mut reading.topic, &mut reading.expected, &mut reading.evidence, &mut reading.next]
            .into_iter()
            .for_each(cut);
    }
    let answer = &mut report.answer;
    cut(&mut answer.verdict);
    cut(&mut answer.confidence);
    answer.validity.iter_mut().for_each(|item| cut(&mut item.text));
    for section in &mut report.sections {
        section.facts.iter_mut().for_each(|fact| cut(&mut fact.value));
    }
}

/// The blocks of `markdown` that fit into so many bytes, sections closed, with a word that it was cut. For templates of
/// users, and for results beyond all measure.
pub(super) fn cut(markdown: &str, limit: usize) -> String {
    let room = limit.saturating_sub(CUT.len());
    let (mut out, mut open) = (String::new(), 0_usize);
    for block in markdown.split_inclusive("\n\n") {
        // Text of others has its angle brackets escaped: these are the templates'.
        let opened = open + block.matches("<details>").count();
        let still_open = opened.saturating_sub(block.matches(CLOSE).count());
        if out.len() + block.len() + opened.max(still_open) * (CLOSE.len() + 2) > room {
            break;
        }
        out.push_str(block);
        open = still_open;
    }
    out.truncate(out.trim_end().len());
    for _ in 0..open {
        out.push_str("\n\n");
        out.push_str(CLOSE);
    }
    out.push_str(CUT);
    out
}
