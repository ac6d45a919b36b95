//! The list a reader filters: every prompt that one side lost, or that failed, with what was asked, what both sides
//! answered, the difference marked, where the answer was found and why it failed. As much of it as there is room for.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use serde::Serialize;

use super::budget::{self, Budget};
use super::diff::{self, Difference, Marks};
use super::excerpt::{Excerpt, Highlights};
use super::input::ReportInput;
use super::levels::words;
use super::losses::{self, Noted};
use super::number::{count, counted};
use super::response::{self, Reply};
use super::table::{Labels, Tone};
use super::text::one_line;
use crate::model::judgement::Verdict;
use crate::model::level::LevelResult;
use crate::model::record::{Row, Side};
use crate::model::redaction::Redaction;
use crate::model::result::RunResult;

/// How a prompt came out; in the order in which they are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseKind {
    /// The baseline passed and the candidate didn't.
    Loss,
    /// The candidate passed and the baseline didn't.
    Gain,
    /// The candidate didn't pass, nor did the baseline where there is one.
    Failed,
    /// The candidate didn't pass, and the baseline has no response to that prompt.
    Unpaired,
    /// One of these, and in the candidate's response there was no answer at all.
    NoAnswer,
    /// A side's response is missing: the request failed, or it could not be judged.
    Error,
}

impl ResponseKind {
    const ALL: [Self; 6] =
        [Self::Loss, Self::Gain, Self::Failed, Self::Unpaired, Self::NoAnswer, Self::Error];

    const fn name(self, with_baseline: bool) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Gain => "gain",
            Self::Failed if with_baseline => "both failed",
            Self::Failed | Self::Unpaired => "failed",
            Self::NoAnswer => "no answer",
            Self::Error => "error",
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Loss => Tone::Bad,
            Self::Gain => Tone::Good,
            Self::Failed | Self::Unpaired | Self::NoAnswer | Self::Error => Tone::Warn,
        }
    }
}

/// How many prompts came out in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindCount {
    /// The way.
    pub kind: ResponseKind,
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub tone: Tone,
    /// How many there are, listed or not.
    pub count: String,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The system message; empty where there is none.
    pub system: Excerpt,
    /// The user message.
    pub prompt: Excerpt,
    /// An answer that is right; empty where none is known.
    pub reference: Excerpt,
}

/// A prompt with what was asked and what each side answered, baseline first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Response {
    /// The prompt.
    pub prompt_id: String,
    /// Its category.
    pub category: String,
    /// How it came out.
    pub kind: ResponseKind,
    /// The name of that.
    pub kind_name: &'static str,
    /// What that means.
    pub tone: Tone,
    /// How often it came out so, where it was judged more than once: `3 of 4`.
    pub times: Option<String>,
    /// Which of several sendings is shown: `round 2, repeat 1`; absent where there was one.
    pub shown: Option<String>,
    /// Where one model was seen to pass it sometimes, so that its flip may be noise: `a/a`, `baseline`, `candidate`.
    pub unstable: Option<String>,
    /// The texts of the prompt, where they are at hand.
    pub asked: Option<Asked>,
    /// What each side answered.
    pub replies: Vec<Reply>,
    /// What is said of the difference between the two, where marks don't say it.
    pub difference: Option<&'static str>,
}

/// The list with what it leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Responses {
    /// How many came out in which way, those that occur.
    pub kinds: Vec<KindCount>,
    /// The categories that occur in the list.
    pub categories: Vec<String>,
    /// The prompts: losses, then gains, then other failures.
    pub listed: Vec<Response>,
    /// What is cut, what is left out, and why, in words.
    pub notes: Vec<String>,
}

/// Everything that a page lists of a result.
pub(crate) fn list(result: &RunResult, labels: &Labels, input: &ReportInput) -> Responses {
    let with_baseline = result.comparison.is_some() && labels.baseline.is_some();
    let mut found = found(result, with_baseline);
    let sides: &[Side] = if with_baseline { &[Side::Baseline, Side::Candidate] } else { &[Side::Candidate] };
    let judged = losses::counts(&result.rows, sides);
    let unstable = result.comparison.iter().flat_map(|comparison| &comparison.unstable);
    let maker = Maker {
        labels,
        input,
        judged,
        unstable: unstable.map(|one| (one.prompt_id.as_str(), one_line(&one.seen_in.join(", ")))).collect(),
        several: result.load.rounds > 1 || result.load.repeats > 1 || !result.levels.is_empty(),
        levels: &result.levels,
        work: Cell::new(diff::Work::OF_A_PAGE),
        with_baseline,
        redacted: result.redacted,
    };
    let mut made = Responses::default();
    let mut cut = Cut::default();
    let mut budget = Budget::of(result.rows.len());
    let last = found.keys().next_back().copied();
    for kind in ResponseKind::ALL {
        let Some(noted) = found.remove(&kind) else { continue };
        made.kinds.push(KindCount {
            kind,
            name: kind.name(with_baseline),
            tone: kind.tone(),
            count: count(noted.len() as u64),
        });
        let part = if Some(kind) == last { budget } else { budget.half() };
        let costs: Vec<_> = noted.iter().map(|one| maker.costs(one)).collect();
        let limit = part.limit(&costs);
        let mut rest = part;
        for (place, one) in noted.iter().enumerate() {
            let response = maker.make(kind, one, limit);
            let size = Size::of(&response);
            if !rest.take(size.bytes) {
                cut.not_listed.push((kind.name(with_baseline), noted.len() - place));
                break;
            }
            cut.add(size, limit);
            made.listed.push(response);
        }
        budget = budget.less(part, rest);
    }
    let categories: std::collections::BTreeSet<&String> =
        made.listed.iter().map(|one| &one.category).collect();
    made.categories = categories.into_iter().cloned().collect();
    made.notes = cut.words();
    // That they are left out on purpose is told at the top.
    if !made.listed.is_empty() && !result.redacted.is_some_and(|redacted| redacted.prompts) {
        made.notes.extend(input.prompts.note().map(one_line));
    }
    made
}

/// Each prompt once for each way in which it came out.
fn found(result: &RunResult, with_baseline: bool) -> BTreeMap<ResponseKind, Vec<Noted<'_>>> {
    use ResponseKind::{Error, Failed, NoAnswer, Unpaired};

    let mut found = BTreeMap::new();
    if let Some(comparison) = result.comparison.as_ref().filter(|_| with_baseline) {
        found.insert(ResponseKind::Loss, losses::of_flips(&comparison.losses, &result.rows));
        found.insert(ResponseKind::Gain, losses::of_flips(&comparison.gains, &result.rows));
    }
    for kind in [Failed, Unpaired, NoAnswer, Error] {
        let rows = result.rows.iter().filter(|row| kind_of(row, with_baseline) == Some(kind));
        found.insert(kind, losses::by_prompt(rows.map(Noted::once)));
    }
    found.retain(|_, noted| !noted.is_empty());
    found
}

/// How a row came out, where it is no flip and anything failed.
fn kind_of(row: &Row, with_baseline: bool) -> Option<ResponseKind> {
    let verdict = |side| row.attempt(side).map(|attempt| attempt.judgement.verdict);
    let missing = |verdict: Verdict| verdict.passed().is_none() && verdict != Verdict::Unchecked;
    let failed = |side| row.attempt(side).is_some_and(|attempt| !attempt.exchange.outcome.is_success());
    let sides = [Some(Side::Candidate), with_baseline.then_some(Side::Baseline)];
    let mut sides = sides.into_iter().flatten();
    if sides.any(|side| failed(side) || verdict(side).is_some_and(missing)) {
        return Some(ResponseKind::Error);
    }
    let candidate = verdict(Side::Candidate)?;
    let baseline = verdict(Side::Baseline).filter(|_| with_baseline);
    let judged_otherwise = |verdict: Verdict| verdict.passed() != Some(false);
    if judged_otherwise(candidate) || baseline.is_some_and(judged_otherwise) {
        return None;
    }
    Some(match candidate {
        Verdict::NoAnswer | Verdict::Empty => ResponseKind::NoAnswer,
        _ if with_baseline && baseline.is_none() => ResponseKind::Unpaired,
        _ => ResponseKind::Failed,
    })
}

/// What a list's responses are made with.
struct Maker<'a> {
    labels: &'a Labels,
    input: &'a ReportInput,
    judged: HashMap<&'a str, u64>,
    unstable: HashMap<&'a str, String>,
    several: bool,
    levels: &'a [LevelResult],
    /// What the page may still spend on comparing answers.
    work: Cell<diff::Work>,
    with_baseline: bool,
    redacted: Option<Redaction>,
}

impl Maker<'_> {
    /// What its texts take, by how long they may be.
    fn costs(&self, noted: &Noted<'_>) -> [usize; budget::LIMITS.len()] {
        let prompt = self.input.prompts.shown(noted.prompt_id, self.redacted);
        let asked = prompt.iter().flat_map(|texts| [&texts.system, &texts.user, &texts.reference]);
        let attempts = self.labels.sides().filter_map(|(side, _)| noted.row?.attempt(side));
        let answered = attempts.flat_map(|attempt| [&attempt.exchange.content, &attempt.exchange.tool_calls]);
        let mut sum = [0; budget::LIMITS.len()];
        for text in asked.chain(answered) {
            for (sum, cost) in sum.iter_mut().zip(budget::costs(text)) {
                *sum += cost;
            }
        }
        sum
    }

    fn make(&self, kind: ResponseKind, noted: &Noted<'_>, limit: usize) -> Response {
        let of = self.judged.get(noted.prompt_id).copied().unwrap_or(0).max(noted.times);
        let attempts: Vec<_> = self
            .labels
            .sides()
            .filter_map(|(side, name)| Some((side, name, noted.row?.attempt(side)?)))
            .collect();
        let marks = match attempts.as_slice() {
            // Of what is left of redacted answers a difference would say nothing.
            _ if self.redacted.is_some_and(|redacted| redacted.answers) => None,
            [(_, _, baseline), (_, _, candidate)] => {
                let mut work = self.work.get();
                let marks = diff::compare(&baseline.exchange.content, &candidate.exchange.content, &mut work);
                self.work.set(work);
                Some(marks)
            }
            _ => None,
        };
        let changes = |side: Side| -> &[Range<usize>] {
            marks.as_ref().map_or(&[], |marks: &Marks| match side {
                Side::Baseline => &marks.removed,
                Side::Candidate => &marks.added,
            })
        };
        let replies = attempts.iter().map(|(side, name, attempt)| {
            let answer = response::place(attempt);
            let as_added = *side == Side::Candidate;
            let highlights = Highlights { changes: changes(*side), as_added, answer };
            Reply::new(*side, name, attempt, &highlights, limit, self.redacted)
        });
        Response {
            prompt_id: one_line(noted.prompt_id),
            category: one_line(noted.category),
            kind,
            kind_name: kind.name(self.with_baseline),
            tone: kind.tone(),
            times: (of > 1).then(|| format!("{} of {}", count(noted.times), count(of))),
            shown: noted.row.filter(|_| self.several).map(|row| which(row, self.levels)),
            unstable: self.unstable.get(noted.prompt_id).cloned(),
            asked: self.asked(noted.prompt_id, limit),
            replies: replies.collect(),
            difference: marks.as_ref().map(|marks| marks.difference).and_then(Difference::words),
        }
    }

    fn asked(&self, id: &str, limit: usize) -> Option<Asked> {
        let texts = self.input.prompts.shown(id, self.redacted)?;
        Some(Asked {
            system: Excerpt::plain(&texts.system, limit),
            prompt: Excerpt::plain(&texts.user, limit),
            reference: Excerpt::plain(&texts.reference, limit),
        })
    }
}

/// Which sending of a prompt a row is, counted from 1 as people do.
fn which(row: &Row, levels: &[LevelResult]) -> String {
    let key = &row.key;
    let level = levels.iter().find(|level| level.load.level == key.level);
    let level = level.map(|level| format!("{}, ", words(&level.load))).unwrap_or_default();
    format!("{level}round {}, repeat {}", key.round + 1, key.repeat + 1)
}

/// What a response takes.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    bytes: usize,
    texts_cut: u64,
    left_out: u64,
}

impl Size {
    fn of(response: &Response) -> Self {
        let mut size = Self::default();
        let asked = response.asked.iter().flat_map(|asked| [&asked.system, &asked.prompt, &asked.reference]);
        let texts = response.replies.iter().flat_map(|reply| [&reply.text, &reply.tool_calls]);
        for excerpt in asked.chain(texts) {
            let segments = excerpt.segments.iter();
            size.bytes += segments.map(|part| budget::SEGMENT + budget::in_html(&part.text)).sum::<usize>();
            size.texts_cut += u64::from(excerpt.left_out > 0);
            size.left_out += excerpt.left_out as u64;
        }
        let words = response.replies.iter().flat_map(Reply::lines);
        size.bytes += words.map(|line| budget::SEGMENT + budget::in_html(line)).sum::<usize>();
        size
    }
}

/// What a list leaves out.
#[derive(Debug, Default)]
struct Cut {
    not_listed: Vec<(&'static str, usize)>,
    texts: u64,
    characters: u64,
    shortest: Option<usize>,
}

impl Cut {
    fn add(&mut self, size: Size, limit: usize) {
        if size.texts_cut > 0 {
            self.texts += size.texts_cut;
            self.characters += size.left_out;
            self.shortest = Some(self.shortest.map_or(limit, |shortest| shortest.min(limit)));
        }
    }

    fn words(&self) -> Vec<String> {
        let total: usize = self.not_listed.iter().map(|(_, n)| n).sum();
        let kinds: Vec<_> =
            self.not_listed.iter().map(|(kind, n)| format!("{} {kind}", count(*n as u64))).collect();
        let not_listed = (total > 0).then(|| {
            format!(
                "{} not listed here: {}; the result file has them",
                counted(total as u64, "prompt is", "prompts are"),
                kinds.join(", ")
            )
        });
        let cut = self.shortest.map(|limit| {
            format!(
                "{} cut in the middle, to {} characters or more: {} left out, which the result file has, or for \
                 prompts the prompt set",
                counted(self.texts, "long text is", "long texts are"),
                count(limit as u64),
                counted(self.characters, "character is", "characters are"),
            )
        });
        not_listed.into_iter().chain(cut).collect()
    }
}

#[cfg(test)]
mod tests;
