//! What several runs together answer: who is ahead, and what changed over time.

use crate::model::head_to_head::{HeadToHeadReport, Standing};
use crate::model::history::ModelHistory;
use crate::report::answer::{self, Answer, Headline, Validity, lowered};
use crate::report::head_to_head::{self, names_of};
use crate::report::history;
use crate::report::number;
use crate::report::speed;
use crate::report::table::Tone;
use crate::report::text::one_line;
use crate::report::verdict::{self, Quality, Shown};

/// The metrics of a table that carry its answer, with their statistic.
const CARRYING: [(&str, &str); 3] =
    [("pass_rate", "rate"), ("e2e_ms", "p50"), ("output_tokens_per_s", "rate")];

pub(super) fn nothing() -> Answer {
    Answer {
        question: "What do these runs say together?".to_owned(),
        verdict: "Nothing: none of them can be put beside another".to_owned(),
        tone: Tone::Warn,
        confidence: String::new(),
        numbers: Vec::new(),
        validity: Vec::new(),
    }
}

/// Which of the models is best.
pub(super) fn of_table(report: &HeadToHeadReport) -> Answer {
    let names = names_of(report);
    let name = |run: usize| names.get(run).map_or("?", String::as_str);
    let incomparable = !head_to_head::is_comparable(report);
    let forced = report.comparisons.iter().any(|of| !of.comparison.forced_over.is_empty());
    let overall = report.standings.iter().find(|s| s.metric == "pass_rate" && s.category.is_none());
    let (said, tone) = match (report.conclusion.winner, overall.and_then(|overall| overall.winner)) {
        _ if incomparable => ("Not known: not all of them can be compared soundly".to_owned(), Tone::Bad),
        (Some(winner), _) => {
            (format!("{}: more prompts passed than any other, and nothing lost", name(winner)), Tone::Good)
        }
        (None, Some(best)) if report.conclusion.won.len() == 1 => (
            format!("{} passed more than any other; no difference in speed is settled", name(best)),
            Tone::Plain,
        ),
        (None, Some(best)) => {
            (format!("{} passed more than any other, and not all is won by it", name(best)), Tone::Plain)
        }
        (None, None) => ("Not settled: none is shown to pass more than all others".to_owned(), Tone::Warn),
    };
    let mut numbers: Vec<Headline> = Vec::new();
    for (metric, statistic) in CARRYING {
        let of = |s: &&Standing| s.metric == metric && s.statistic == statistic && s.category.is_none();
        numbers.extend(report.standings.iter().find(of).and_then(|standing| best(standing, &names)));
    }
    let confidence = if incomparable {
        for number in &mut numbers {
            let name = number.hint.split_once(": ").map_or("", |(name, _)| name);
            number.hint = format!("{name}: ahead, not comparable");
        }
        answer::without_praise(&mut numbers);
        String::new()
    } else {
        head_to_head::overall(report, &names).text
    };
    let comparison = if incomparable {
        let text = if forced { "compared by `--force`" } else { "not sound" };
        Validity { what: "Comparison", tone: Tone::Bad, text: text.to_owned() }
    } else {
        let text = "the same prompts, measured one after the other".to_owned();
        Validity { what: "Comparison", tone: Tone::Plain, text }
    };
    Answer {
        question: format!("Which is best: {}?", names.join(", ")),
        verdict: said,
        tone,
        confidence,
        numbers,
        validity: vec![comparison, server(report.simulated)],
    }
    .in_words()
}

/// The best value of a metric, and whether it is shown to be.
fn best(standing: &Standing, names: &[String]) -> Option<Headline> {
    let place = standing.best?;
    let value = (*standing.values.get(place)?)?;
    let is_rate = standing.metric == "pass_rate";
    let (label, unit) = if is_rate {
        ("Pass rate".to_owned(), "")
    } else {
        let unit = if standing.metric.ends_with("_ms") { "ms" } else { "" };
        (speed::name_of(&standing.metric, &standing.statistic), unit)
    };
    let as_good = standing.values.iter().flatten().filter(|other| (**other - value).abs() < f64::EPSILON);
    let settled = match (standing.winner, as_good.count()) {
        (Some(_), _) => "the best",
        (None, 0 | 1) => "ahead, not settled",
        (None, _) => "no better than another",
    };
    Some(Headline {
        label,
        words: "",
        value: if is_rate { number::percent(value) } else { number::decimal(value) },
        unit: unit.to_owned(),
        hint: format!("{}: {settled}", names.get(place)?),
        interval: String::new(),
        tone: if standing.winner.is_some() { Tone::Good } else { Tone::Plain },
        bar: None,
        ratio: None,
        scale: String::new(),
    })
}

/// What became of a model; none of one with a single run, or where no two runs answered the same prompts.
pub(super) fn of_history(model: &ModelHistory, short: &dyn Fn(&str) -> String) -> Option<Answer> {
    let report = model.first_to_last.as_ref()?;
    let labels = history::ends(report, short);
    let comparison = &report.comparison;
    let mut answer = answer::of_comparison(comparison, &report.readings, None, &labels, false);
    answer.question = format!("Did {} get better or worse?", one_line(&model.model));
    if comparison.invalid_because.is_empty() && comparison.forced_over.is_empty() {
        let known = Quality::of(comparison);
        let since = format!("since the first of {}", runs_since(model, &report.baseline.run_id));
        let quality = match &known {
            Quality::Absent => format!("Quality was not judged {since}"),
            Quality::Loss => format!("It got worse {since}"),
            Quality::LossIn(categories) => format!("It got worse in {categories} {since}"),
            Quality::Gain => format!("It got better {since}"),
            Quality::Undecided(why) | Quality::NothingToLose(why) => {
                format!("No change of quality is shown {since}, but {why}")
            }
            _ => format!("No change of quality is shown {since}"),
        };
        let shown = verdict::speed_shown(comparison);
        let scope = verdict::headline(comparison).map_or("", |headline| verdict::scope(headline, false));
        let speed = match (verdict::tokens_alone(comparison), shown) {
            (Some(words), _) => format!("; {words}"),
            (None, Shown::Better) => format!("; faster{scope}"),
            (None, Shown::Worse) => format!("; slower{scope}"),
            (None, Shown::NoDifference | Shown::NoInterval | Shown::Absent) => String::new(),
        };
        answer.verdict = format!("{quality}{speed}");
        answer.tone = match (&known, shown) {
            (Quality::Loss, _) => Tone::Bad,
            (Quality::Gain, Shown::Worse) => Tone::Plain,
            (Quality::Gain, _) => Tone::Good,
            (Quality::LossIn(_) | Quality::NothingToLose(_), _) | (_, Shown::Worse) => Tone::Warn,
            _ => Tone::Plain,
        };
    }
    let began: Vec<&str> = model.points.iter().map(|point| point.started_at.as_str()).collect();
    let span = history::span(&began);
    answer.confidence =
        if answer.confidence.is_empty() { span } else { format!("{span}; {}", lowered(&answer.confidence)) };
    answer.validity.push(server(model.simulated));
    let changed = model.points.iter().filter(|point| !point.changed.is_empty()).count();
    if changed > 0 {
        answer.validity.push(Validity {
            what: "Conditions",
            tone: Tone::Warn,
            text: format!("{changed} of {} steps changed more than the model", model.points.len() - 1),
        });
    }
    Some(answer)
}

/// `5 runs`; `the last 4 of 5 runs` where the ones before answered other prompts.
fn runs_since(model: &ModelHistory, first: &str) -> String {
    let before = model.points.iter().position(|point| point.run_id == first).unwrap_or(0);
    let all = number::count(model.points.len() as u64);
    let since = number::count((model.points.len() - before) as u64);
    if before == 0 { format!("{all} runs") } else { format!("the last {since} of {all} runs") }
}

fn server(simulated: bool) -> Validity {
    let (tone, text) = if simulated {
        (Tone::Warn, "simulated: says nothing about a model")
    } else {
        (Tone::Plain, "not simulated")
    };
    Validity { what: "Server", tone, text: text.to_owned() }
}
