//! Several loads: the highest that passes, the knee, and what the server gives at it.

use super::compared::words_of_speed;
use super::gated;
use super::headline;
use super::{Headline, Said};
use crate::model::level::{LevelFindings, LevelResult, Steadiness};
use crate::model::load::LoadAxis;
use crate::model::result::RunResult;
use crate::report::levels::{self, is_judged};
use crate::report::number::{self, count, counted, plain};
use crate::report::objectives;
use crate::report::table::Tone;
use crate::report::text::one_line;
use crate::report::verdict::{self, Quality};

/// The verdict: the findings' own, then that of quality where two sides were compared.
pub(super) fn verdict(result: &RunResult) -> Said {
    let findings = findings(result);
    let question = result.question.as_ref();
    let has_objectives = question.is_some_and(|question| !question.slos.is_empty());
    let asked = has_objectives || question.is_some_and(|question| question.find.is_some());
    let within = match question.map(|question| question.slos.as_slice()) {
        Some([only]) => format!("within {}", objectives::asked(only)),
        _ if has_objectives => "within every objective".to_owned(),
        _ => "without falling behind".to_owned(),
    };
    let words = |of: &LevelResult| levels::words(&of.load);
    let highest = levels::sorted(result).last().map(|level| words(level)).unwrap_or_default();
    let knee = level(result, findings.knee);
    let (text, tone) = match (level(result, findings.highest_passing), level(result, findings.lowest_failing))
    {
        (Some(passing), Some(failing)) => {
            (format!("up to {} {within}, not at {}", words(passing), words(failing)), praise(passing))
        }
        (Some(passing), None) => {
            (format!("{} or more {within}: no load tried was too high", words(passing)), praise(passing))
        }
        (None, Some(failing)) if has_objectives => {
            (format!("no load tried meets every objective, not even {}", words(failing)), Tone::Bad)
        }
        (None, Some(failing)) => {
            (format!("less than {}: it fell behind at every load tried", words(failing)), Tone::Bad)
        }
        (None, None) if asked => {
            ("not known: no load tried can be told to pass or to fail".to_owned(), Tone::Warn)
        }
        (None, None) => match knee {
            Some(knee) => (
                format!("{}, the knee: beyond it latency grows more than throughput", words(knee)),
                Tone::Plain,
            ),
            None => match unjudged(result) {
                Some(text) => (text, Tone::Plain),
                None => (format!("no knee was found up to {highest}"), Tone::Plain),
            },
        },
    };
    let quality = result.comparison.as_ref().filter(|_| !verdict::is_unchecked(result));
    let (text, tone) = match quality.map(Quality::of) {
        Some(loss @ Quality::Loss) => (format!("{text}; {}", loss.words()), Tone::Bad),
        Some(loss @ Quality::LossIn(_)) => {
            let tone = if tone == Tone::Bad { tone } else { Tone::Warn };
            (format!("{text}; {}", loss.words()), tone)
        }
        _ => (text, tone),
    };
    gated::verdict(result.gate_results(), (&text, tone), gated::Passing { faster: false, telling: true })
        .unwrap_or((text, tone))
}

/// The objectives of a load that were measured on too few requests.
fn untrusted(level: &LevelResult) -> Vec<String> {
    level.candidate.slos.iter().filter(|slo| !slo.trusted).map(|slo| slo.slo.to_string()).collect()
}

/// How a load that meets its objectives is spoken of: a percentile of few requests earns no praise.
fn praise(passing: &LevelResult) -> Tone {
    if untrusted(passing).is_empty() { Tone::Good } else { Tone::Plain }
}

/// What is known below a highest load that can't be judged; `None` where it can.
fn unjudged(result: &RunResult) -> Option<String> {
    let sorted = levels::sorted(result);
    let highest = sorted.last().filter(|level| !is_judged(level))?;
    let Some(judged) = sorted.iter().rfind(|level| is_judged(level)) else {
        return Some("not known: no load was held long enough to be judged".to_owned());
    };
    let rate = number::decimal(judged.candidate.summary.throughput.as_ref()?.output_tokens_per_s);
    let because = highest.candidate.summary.throughput_absent_because.as_deref();
    let because = because.map_or_else(|| "too few requests".to_owned(), one_line);
    let so_far = if judged.past_saturation { "no longer scaling" } else { "still scaling" };
    Some(format!(
        "{so_far} at {} ({rate} tokens/s); {} not judged: {because}",
        levels::words(&judged.load),
        plain(highest.load.value)
    ))
}

fn findings(result: &RunResult) -> LevelFindings {
    result.findings.clone().unwrap_or_default()
}

fn level(result: &RunResult, number: Option<u32>) -> Option<&LevelResult> {
    result.levels.iter().find(|level| Some(level.load.level) == number)
}

/// The load that speaks for the run: the highest passing, else the knee, else the highest that was held.
fn telling(result: &RunResult) -> Option<&LevelResult> {
    let findings = findings(result);
    level(result, findings.highest_passing)
        .or_else(|| level(result, findings.knee))
        .or_else(|| levels::sorted(result).into_iter().rfind(|level| is_judged(level)))
        .or_else(|| levels::sorted(result).into_iter().rfind(|level| !level.cut_short))
}

/// The load, what is served at it and how fast.
pub(super) fn numbers(result: &RunResult) -> Vec<Headline> {
    let Some(telling) = telling(result) else { return Vec::new() };
    let findings = findings(result);
    let number = Some(telling.load.level);
    let label = match () {
        () if number == findings.highest_passing => "Highest load that passes",
        () if number == findings.knee => "Knee",
        () if levels::sorted(result).last().is_some_and(|last| last.load.level != telling.load.level) => {
            "Highest load judged"
        }
        () => "Highest load tried",
    };
    let is_knee =
        (number == findings.knee && number == findings.highest_passing).then(|| "also the knee".to_owned());
    let failing = level(result, findings.lowest_failing)
        .filter(|_| number == findings.highest_passing)
        .map(|failing| format!("{} fails", levels::words(&failing.load)));
    let knee = level(result, findings.knee)
        .filter(|knee| Some(knee.load.level) != number)
        .map(|knee| format!("knee at {}", levels::words(&knee.load)));
    let unit = match telling.load.axis {
        LoadAxis::Concurrency => "in flight",
        LoadAxis::Rate => "requests/s",
    };
    let load = Headline {
        hint: failing.into_iter().chain(is_knee).chain(knee).collect::<Vec<_>>().join(", "),
        ..Headline::new(label, plain(telling.load.value), unit)
    };
    let summary = &telling.candidate.summary;
    let at = |headline: Headline| Headline { label: format!("{} at that load", headline.label), ..headline };
    let further = [headline::ttft(summary), headline::throughput(summary), headline::e2e(summary)];
    std::iter::once(load).chain(further.into_iter().flatten().map(at)).collect()
}

/// How many loads were held, and how many of them long enough.
pub(super) fn confidence(result: &RunResult) -> String {
    let loads = counted(result.levels.len() as u64, "load", "loads");
    let requests = result.levels.iter().map(|level| level.candidate.summary.attempted);
    let (fewest, most) = (requests.clone().min().unwrap_or(0), requests.max().unwrap_or(0));
    let of = if fewest == most { count(most) } else { format!("{} to {}", count(fewest), count(most)) };
    let mut text = format!("{loads} tried, of {of} requests each");
    let short = result.levels.iter().filter(|level| matches!(level.steadiness, Steadiness::Unknown { .. }));
    let short = short.count() as u64;
    if short > 0 {
        let all = if short == result.levels.len() as u64 { "all" } else { &count(short) };
        text = format!("{text}; {all} of them too short to say whether they hold");
    }
    if let Some(passing) = level(result, findings(result).highest_passing) {
        let untrusted = untrusted(passing);
        if !untrusted.is_empty() {
            let n = counted(passing.candidate.summary.attempted, "request is", "requests are");
            text = format!("{text}; {n} too few to rely on {}", untrusted.join(", "));
        }
    }
    let reason = findings(result).stopped_because;
    let failing = level(result, findings(result).lowest_failing);
    let failing =
        failing.map(|failing| format!("{} {}", levels::words(&failing.load), levels::failure(failing)));
    for more in failing.into_iter().chain(reason.map(|reason| one_line(&reason))) {
        text = format!("{text}; {more}");
    }
    if let Some(at) = telling(result).and_then(|level| level.comparison.as_deref()) {
        let words = words_of_speed(verdict::speed_shown(at), "");
        text = format!("{text}; at that load, against the baseline: {words}");
    }
    text
}
