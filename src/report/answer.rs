//! What a reader gets in the first ten seconds: the question, the verdict, how sure it is, the three numbers behind
//! it, and what to know of how they were measured.
//!
//! Nothing is decided here: what an interval shows is said by `verdict`, what a gate says by the gates, what a team
//! expects by its readings. This file puts it in words that need no statistics, and never says more than they do.

use std::collections::BTreeMap;

use serde::Serialize;

use super::number::{ABSENT, count, counted};
use super::table::{Bar, Labels, Tone};
use super::verdict;
use crate::model::health::HealthStatus;
use crate::model::record::Side;
use crate::model::result::{RunResult, SideInfo};
use crate::model::team::{TeamKind, team_of};

mod alone;
mod compared;
mod gated;
mod headline;
mod load;
mod noise;
mod truncated;
mod tuned;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use compared::of_comparison;

/// The answer to what a run was made to find out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// What was asked: `Is mistral-7b-awq good enough and faster?`.
    pub question: String,
    /// The answer in one short sentence, without full stop.
    pub verdict: String,
    /// What it means for the variant.
    pub tone: Tone,
    /// What it rests on and what could have been missed; empty where there is nothing to be sure of.
    pub confidence: String,
    /// The numbers that carry it, at most three.
    pub numbers: Vec<Headline>,
    /// Whether client, comparison and run were as they should be, and whether anything was simulated.
    pub validity: Vec<Validity>,
}

/// A number that carries the answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Headline {
    /// What it is: `Pass rate`, `E2E p50`.
    pub label: String,
    /// The abbreviation in that, in words, where it is the first of its kind: `end-to-end latency`; else empty.
    pub words: &'static str,
    /// Its value: `−3.3`.
    pub value: String,
    /// Its unit, or the word that says which way it points: `pp`, `ms`, `faster`; may be empty.
    pub unit: String,
    /// What it was made of: `80.0 % → 76.7 %`, baseline first; may be empty.
    pub hint: String,
    /// Its interval with its confidence: `[−13.6, +5.2] (90 %)`; empty where it has none.
    pub interval: String,
    /// What it means for the variant.
    pub tone: Tone,
    /// The interval drawn to scale, where it has one.
    pub bar: Option<Bar>,
    /// The ratio behind its value, where it is of two sides.
    pub ratio: Option<f64>,
    /// The scale of the bar in words: `−15 to +15 pp`; empty without a bar.
    pub scale: String,
}

/// One thing that a reader has to know before believing the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Validity {
    /// What it is about: `Client`, `Comparison`, `Run`, `Answers`, `Server`.
    pub what: &'static str,
    /// Whether it takes anything from the answer.
    pub tone: Tone,
    /// How it is, in a few words or with the reasons.
    pub text: String,
}

/// A sentence and what it means.
pub(crate) type Said = (String, Tone);

/// What the reader wants to know of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One model against itself.
    Noise,
    /// Several loads.
    Load,
    /// A judge's examination.
    Judge,
    /// A fine-tuned variant against what it was made of.
    Tuned,
    /// A variant against a baseline.
    Compared,
    /// One model by itself.
    Alone,
}

impl Answer {
    /// The answer of a run.
    pub(crate) fn of_run(result: &RunResult, labels: &Labels) -> Self {
        let kind = kind(result);
        let checked = !verdict::is_unchecked(result);
        let void = void(result);
        let (said, tone) = void.clone().unwrap_or_else(|| {
            let said = match kind {
                Kind::Noise => noise::verdict(result),
                Kind::Load => load::verdict(result),
                Kind::Judge => alone::judge(result),
                Kind::Tuned | Kind::Compared => compared::verdict(result, kind == Kind::Tuned, checked),
                Kind::Alone => alone::verdict(result, checked),
            };
            so_far(result, said)
        });
        let mut numbers = match kind {
            Kind::Noise => noise::noise_numbers(result),
            Kind::Load => load::numbers(result),
            Kind::Judge => alone::judge_numbers(&result.candidate),
            Kind::Tuned => tuned::numbers(result),
            Kind::Compared => compared::numbers(result.comparison.as_ref(), checked),
            Kind::Alone => alone::numbers(&result.candidate, checked),
        };
        numbers.truncate(3);
        if void.is_some() {
            without_praise(&mut numbers);
        }
        if verdict::is_busy(result) {
            for number in numbers.iter_mut().filter(|number| number.ratio.is_some()) {
                without_praise(std::slice::from_mut(number));
            }
        }
        let confidence = match kind {
            _ if void.is_some() => String::new(),
            Kind::Noise => noise::confidence(result),
            Kind::Load => load::confidence(result),
            Kind::Judge => alone::judge_confidence(&result.candidate),
            Kind::Tuned | Kind::Compared => compared::confidence_of_run(result, checked),
            Kind::Alone => alone::confidence(&result.candidate, checked),
        };
        Self {
            question: question(kind, labels, checked),
            verdict: capitalised(&said),
            tone,
            confidence: capitalised(&confidence),
            numbers,
            validity: validity(result),
        }
        .in_words()
    }
}

fn kind(result: &RunResult) -> Kind {
    let compared = result.comparison.is_some() && result.baseline.is_some();
    let tuned = || team_of(result).is_some_and(|(kind, _)| kind == TeamKind::FineTuning);
    match () {
        () if !result.levels.is_empty() => Kind::Load,
        () if compared && verdict::is_noise(result) => Kind::Noise,
        () if !result.candidate.judge_quality.is_empty() => Kind::Judge,
        () if compared && tuned() => Kind::Tuned,
        () if compared => Kind::Compared,
        () => Kind::Alone,
    }
}

fn question(kind: Kind, labels: &Labels, checked: bool) -> String {
    let candidate = &labels.candidate;
    match (kind, &labels.baseline) {
        (Kind::Noise, _) => "How much of a difference is noise?".to_owned(),
        (Kind::Load, _) => format!("How much load does {candidate} carry?"),
        (Kind::Judge, _) => format!("Is {candidate} a good judge, and does it keep up?"),
        (Kind::Tuned, _) if checked => {
            format!("Did {candidate} get better in its domain without forgetting or slowing down?")
        }
        (Kind::Tuned | Kind::Compared, _) if checked => format!("Is {candidate} good enough and faster?"),
        (Kind::Tuned | Kind::Compared, Some(baseline)) => format!("Is {candidate} faster than {baseline}?"),
        (Kind::Alone, _) if checked => format!("How fast is {candidate}, and how good?"),
        (Kind::Tuned | Kind::Compared | Kind::Alone, _) => format!("How fast is {candidate}?"),
    }
}

/// What makes an answer impossible, before anything that was measured is looked at.
fn void(result: &RunResult) -> Option<Said> {
    let unsound = result.comparison.as_ref().and_then(compared::unsound);
    if unsound.is_some() {
        return unsound;
    }
    if result.client_health.status == HealthStatus::Invalid {
        return Some(("not known: labctl's own measurements are not valid".to_owned(), Tone::Bad));
    }
    let sides = [("the baseline", result.baseline.as_ref()), ("the candidate", Some(&result.candidate))];
    let several = result.baseline.is_some();
    let silent = |(name, side): (&str, Option<&SideInfo>)| {
        let side = side.filter(|side| !verdict::has_success(side))?;
        let of = if several { format!(" of {name}") } else { String::new() };
        let text = match side.summary.attempted {
            0 => format!("nothing measured: no request{of} was sent"),
            1 => format!("nothing measured: the only request{of} failed"),
            n => format!("nothing measured: all {} requests{of} failed", count(n)),
        };
        Some((text, Tone::Bad))
    };
    sides.into_iter().find_map(silent)
}

/// A run that broke off tells what it saw until then, and praises nothing.
fn so_far(result: &RunResult, (text, tone): Said) -> Said {
    if verdict::incomplete(result).is_none() {
        return (text, tone);
    }
    (format!("so far: {text}"), if tone == Tone::Good { Tone::Plain } else { tone })
}

/// Where the answer is void no number is shown as good news.
pub(crate) fn without_praise(numbers: &mut [Headline]) {
    for number in numbers.iter_mut().filter(|number| number.tone == Tone::Good) {
        number.tone = Tone::Dim;
        if let Some(bar) = &mut number.bar {
            bar.tone = Tone::Dim;
        }
    }
}

fn validity(result: &RunResult) -> Vec<Validity> {
    let health = &result.client_health;
    let (tone, word) = match health.status {
        HealthStatus::Valid => (Tone::Good, "measurements valid"),
        HealthStatus::Degraded => (Tone::Warn, "measurements hold with care"),
        HealthStatus::Invalid => (Tone::Bad, "measurements not valid"),
    };
    let reasons = verdict::joined(&health.reasons);
    let text = if reasons.is_empty() { word.to_owned() } else { format!("{word}: {reasons}") };
    let client = Validity { what: "Client", tone, text };
    let comparison = result.comparison.as_ref().filter(|_| result.baseline.is_some()).map(|comparison| {
        let earlier = result.baseline.as_ref().is_some_and(|side| side.measured_in.is_some());
        compared::validity(comparison, !earlier, took_turns(result))
    });
    let run = match verdict::incomplete(result) {
        Some(finding) => Validity { what: "Run", tone: finding.tone, text: finding.text },
        None => complete(result),
    };
    let server = if result.simulated {
        Validity {
            what: "Server",
            tone: Tone::Warn,
            text: "simulated: says nothing about a model".to_owned(),
        }
    } else {
        Validity { what: "Server", tone: Tone::Plain, text: "not simulated".to_owned() }
    };
    let answers = truncated::of_run(result);
    [Some(client), comparison, Some(run), answers, Some(server)].into_iter().flatten().collect()
}

/// Whether a side was measured in more than one block of a load, so that what drifts over a run meets both.
fn took_turns(result: &RunResult) -> bool {
    if result.blocks.is_empty() {
        let load = &result.load;
        return load.rounds > 1 || load.requests > u64::from(load.block_size);
    }
    let mut of_a_side: BTreeMap<u32, u32> = BTreeMap::new();
    for block in result.blocks.iter().filter(|block| block.side == Side::Candidate) {
        *of_a_side.entry(block.level).or_default() += 1;
    }
    of_a_side.values().all(|blocks| *blocks > 1)
}

/// That every request ended, and how many of them failed.
fn complete(result: &RunResult) -> Validity {
    let sides = [("baseline", result.baseline.as_ref()), ("candidate", Some(&result.candidate))];
    let failed = sides.into_iter().filter_map(|(name, side)| {
        let summary = &side?.summary;
        let failed = summary.attempted.saturating_sub(summary.succeeded());
        let of = if result.baseline.is_some() { format!(" of the {name}") } else { String::new() };
        let attempted = counted(summary.attempted, "request", "requests");
        (failed > 0).then(|| format!("{} of {attempted}{of} failed", count(failed)))
    });
    let failed: Vec<String> = failed.collect();
    if failed.is_empty() {
        return Validity { what: "Run", tone: Tone::Good, text: "complete, no request failed".to_owned() };
    }
    Validity { what: "Run", tone: Tone::Warn, text: format!("complete; {}", failed.join(", ")) }
}

/// A word as it stands within a sentence; one that is no word but letters stays: `P95`, `TTFT`.
pub(crate) fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}

/// The sentence with a capital at its start, unless it starts with a name of its own.
fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// `(90 %)` behind limits; empty without any.
fn limits(written: Option<String>, confidence: &str) -> String {
    written.map_or_else(String::new, |limits| format!("{limits} ({confidence})"))
}

/// What is there, or the word for what isn't.
fn value_or_absent(value: String) -> String {
    if value.is_empty() { ABSENT.to_owned() } else { value }
}
