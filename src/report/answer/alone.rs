//! One model by itself: how fast it is and how good, or how good a judge.

use super::compared::words_of_speed;
use super::gated::{self, Passing};
use super::headline;
use super::{Headline, Said, lowered};
use crate::model::comparison::PassRate;
use crate::model::judging::{Estimate, JudgeQuality};
use crate::model::result::{RunResult, SideInfo};
use crate::model::summary::Percentile;
use crate::model::team::{Reading, ReadingVerdict};
use crate::report::number::{self, count, counted, decimal, or_absent};
use crate::report::table::Tone;
use crate::report::text::one_line;
use crate::report::verdict::{self, Quality, Shown};

/// Nothing is faster than nothing.
const BY_ITSELF: Passing = Passing { faster: false, telling: true };

/// The verdict on a run without a baseline: by its gates, its objectives, or what was measured.
pub(super) fn verdict(result: &RunResult, checked: bool) -> Said {
    let side = &result.candidate;
    let measured = measured(side, checked);
    let (text, tone) = match objectives(side) {
        Some((text, tone)) => (format!("{text}; {measured}"), tone),
        None => (measured, if side.summary.failed() > 0 { Tone::Warn } else { Tone::Plain }),
    };
    let (text, tone) = if side.summary.failed() > 0 {
        let attempted = counted(side.summary.attempted, "request", "requests");
        (format!("{text}; {} of {attempted} failed", count(side.summary.failed())), tone)
    } else {
        (text, tone)
    };
    gated::verdict(result.gate_results(), (&text, tone), BY_ITSELF).unwrap_or((text, tone))
}

/// Whether every objective was met; `None` without objectives.
fn objectives(side: &SideInfo) -> Option<Said> {
    let missed: Vec<String> =
        side.slos.iter().filter(|outcome| !outcome.met).map(|outcome| outcome.slo.to_string()).collect();
    let untrusted = side.slos.iter().any(|outcome| !outcome.trusted);
    match (side.slos.as_slice(), missed.as_slice()) {
        ([], _) => None,
        (_, []) if untrusted => {
            Some(("every objective met, one of them by too few requests".to_owned(), Tone::Warn))
        }
        ([_], []) => Some(("the objective is met".to_owned(), Tone::Good)),
        (_, []) => Some(("every objective met".to_owned(), Tone::Good)),
        (_, missed) => Some((format!("misses {}", missed.join(" and ")), Tone::Bad)),
    }
}

/// `25 of 30 answers passed; first token in 41.2 ms, whole answer in 641 ms (medians)`.
fn measured(side: &SideInfo, checked: bool) -> String {
    let mut parts = Vec::new();
    if checked {
        parts.push(match overall(side) {
            Some(rate) => {
                format!("{} of {} passed", count(rate.passed), counted(rate.judged, "answer", "answers"))
            }
            None => "no answer could be judged".to_owned(),
        });
    }
    let summary = &side.summary;
    let e2e = match &summary.ttft_from_schedule_ms {
        None => summary.e2e_ms.as_ref(),
        Some(_) => summary.latency_from_schedule_ms.as_ref(),
    };
    let ttft = summary.ttft_from_schedule_ms.as_ref().or(summary.ttft_ms.as_ref());
    let median = if ttft.or(e2e).is_some_and(|of| of.n > 1) { " (medians)" } else { "" };
    let times: Vec<String> = [("first token after", ttft), ("whole answer after", e2e)]
        .into_iter()
        .filter_map(|(name, of)| Some(format!("{name} {} ms", decimal(of?.p50))))
        .collect();
    if !times.is_empty() {
        parts.push(format!("{}{median}", times.join(", ")));
    }
    if parts.is_empty() { "nothing could be timed".to_owned() } else { parts.join("; ") }
}

fn overall(side: &SideInfo) -> Option<PassRate> {
    let overall = side.pass_rates.iter().find(|rate| rate.category.is_none()).map(|rate| rate.pass_rate);
    overall.filter(|rate| rate.judged > 0)
}

/// Pass rate or objectives, TTFT, throughput; E2E where one of them is missing.
pub(super) fn numbers(side: &SideInfo, checked: bool) -> Vec<Headline> {
    let summary = &side.summary;
    let in_time = || {
        let goodput = summary.goodput.as_ref()?;
        Some(headline::share(
            "Requests in time",
            &PassRate {
                passed: goodput.met,
                judged: goodput.attempted,
                rate: Some(goodput.attainment),
                wilson_95: Some(goodput.attainment_interval_95),
            },
        ))
    };
    let passed = || overall(side).filter(|_| checked).map(|rate| headline::share("Pass rate", &rate));
    let first = passed().or_else(in_time);
    let all = [first, headline::ttft(summary), headline::throughput(summary), headline::e2e(summary)];
    all.into_iter().flatten().collect()
}

/// What the numbers rest on.
pub(super) fn confidence(side: &SideInfo, checked: bool) -> String {
    let mut parts = Vec::new();
    let limits = overall(side).filter(|_| checked).and_then(|rate| rate.wilson_95);
    if let Some(limits) = limits {
        parts.push(format!(
            "the pass rate of such prompts lies within {} % (95 %)",
            number::percent_interval(limits)
        ));
    }
    if let Some(of) = side.summary.ttft_ms.as_ref().or(side.summary.e2e_ms.as_ref()) {
        parts.push(match of.n {
            1 => "a single request shows that it works, not how fast it is".to_owned(),
            n if !of.is_trusted(Percentile::P95) => format!(
                "{} requests tell the median; a p95 takes {}",
                count(n),
                count(Percentile::P95.smallest_sample())
            ),
            n => format!("latencies of {} requests in one run", count(n)),
        });
    }
    parts.join("; ")
}

/// The verdict on a judge: by its gates, by what the team expects, or what the examination came to.
pub(super) fn judge(result: &RunResult) -> Said {
    let Some(all) = result.candidate.judge_quality.first() else { return self::verdict(result, true) };
    let (text, tone) = by_readings(&result.readings).unwrap_or((String::new(), Tone::Plain));
    let unread = all.parsed.judged.saturating_sub(all.parsed.passed);
    let mut parts: Vec<String> = Vec::new();
    if let Some(agreement) = &all.agreement {
        parts.push(format!(
            "{} of its scores within one point of gold",
            or_absent(agreement.within_one.rate, number::percent)
        ));
    }
    if let Some(preference) = &all.preference {
        parts.push(format!("the better of two named in {}", or_absent(preference.rate, number::percent)));
    }
    if unread > 0 || parts.is_empty() {
        let replies = counted(all.parsed.judged, "reply", "replies");
        parts.push(if unread == 0 {
            format!("{replies} could be read")
        } else {
            format!("{} of {replies} unreadable", count(unread))
        });
    }
    let tone = if tone == Tone::Bad || unread == 0 { tone } else { Tone::Warn };
    let text = if text.is_empty() { parts.join(", ") } else { format!("{text}; {}", parts.join(", ")) };
    let (text, tone) = against_baseline(result, (text, tone));
    gated::verdict(result.gate_results(), (&text, tone), BY_ITSELF).unwrap_or((text, tone))
}

/// What a judge lost against its baseline, and whether it is faster; as it was without one.
fn against_baseline(result: &RunResult, (text, tone): Said) -> Said {
    let Some(comparison) = result.comparison.as_ref().filter(|_| result.baseline.is_some()) else {
        return (text, tone);
    };
    let quality = Quality::of(comparison);
    let speed = verdict::speed_shown(comparison);
    let scope = verdict::headline(comparison).map_or("", |headline| {
        verdict::scope(headline, result.baseline.as_ref().is_none_or(|side| side.measured_in.is_none()))
    });
    let mut parts = vec![text];
    if quality.shown() == Shown::Worse {
        parts.push(format!("against the baseline {}", quality.words()));
    }
    if matches!(speed, Shown::Better | Shown::Worse) {
        let words = verdict::tokens_alone(comparison).unwrap_or_else(|| words_of_speed(speed, scope));
        parts.push(words);
    }
    let tone = match (&quality, tone) {
        (Quality::Loss, _) => Tone::Bad,
        (Quality::LossIn(_), Tone::Good | Tone::Plain | Tone::Dim) => Tone::Warn,
        (_, Tone::Good | Tone::Plain | Tone::Dim) if speed == Shown::Worse => Tone::Warn,
        (_, tone) => tone,
    };
    (parts.join("; "), tone)
}

/// What the team's expectations come to; `None` where none could be read.
fn by_readings(readings: &[Reading]) -> Option<Said> {
    let of = |verdict| readings.iter().filter(move |reading| reading.verdict == verdict);
    let (met, missed, unsettled) = (
        of(ReadingVerdict::Met).count(),
        of(ReadingVerdict::Missed).count(),
        of(ReadingVerdict::Unsettled).count(),
    );
    let first =
        |verdict| of(verdict).next().map(|reading| lowered(&one_line(&reading.topic))).unwrap_or_default();
    let more = |n: usize| if n > 1 { format!(" and {} more", count(n as u64 - 1)) } else { String::new() };
    if missed > 0 {
        let text = format!("not as the team expects in {}{}", first(ReadingVerdict::Missed), more(missed));
        return Some((text, Tone::Bad));
    }
    if unsettled > 0 {
        let text =
            format!("not known yet: {}{} not settled", first(ReadingVerdict::Unsettled), more(unsettled));
        return Some((text, Tone::Warn));
    }
    (met > 0).then(|| ("as the team expects".to_owned(), Tone::Good))
}

/// How often it is right, whether its replies can be read, and how fast it is.
pub(super) fn judge_numbers(side: &SideInfo) -> Vec<Headline> {
    let Some(all) = side.judge_quality.first() else { return numbers(side, true) };
    let right =
        kappa(all).or_else(|| all.preference.as_ref().map(|rate| headline::share("Better one named", rate)));
    let all = [
        right,
        Some(headline::share("Replies that could be read", &all.parsed)),
        headline::e2e(&side.summary),
    ];
    all.into_iter().flatten().collect()
}

fn kappa(all: &JudgeQuality) -> Option<Headline> {
    let agreement = all.agreement.as_ref()?;
    let Estimate { value, interval_95 } = agreement.quadratic_kappa?;
    let two = |value: f64| format!("{value:.2}").replace('-', "\u{2212}");
    let interval =
        interval_95.map_or_else(String::new, |i| format!("[{}, {}] (95 %)", two(i.low), two(i.high)));
    let hint = format!("{} within one point", or_absent(agreement.within_one.rate, number::percent));
    Some(Headline { hint, interval, ..Headline::new("Agreement with gold", two(value), "quadratic \u{3ba}") })
}

/// What an examination rests on.
pub(super) fn judge_confidence(side: &SideInfo) -> String {
    let Some(all) = side.judge_quality.first() else { return confidence(side, true) };
    let items = counted(all.items, "item", "items");
    let unread = all.parsed.judged.saturating_sub(all.parsed.passed);
    let of = if unread > 0 { "; all but the share that could be read is of replies that could" } else { "" };
    format!("{items}, 95 % intervals over items{of}")
}
