//! A fine-tuned variant: its domains, what must not be forgotten, and its speed, by the team's readings.

use super::Headline;
use super::Said;
use super::compared::{self, words_of_speed};
use super::headline;
use crate::model::comparison::Comparison;
use crate::model::result::RunResult;
use crate::model::team::{Reading, ReadingVerdict};
use crate::report::table::Tone;
use crate::report::text::one_line;
use crate::report::verdict::Shown;

/// What a reading of a domain is named after.
const DOMAIN: &str = "domain_categories:";
/// What a reading of something that must not be forgotten is named after.
const FORGOTTEN: &str = "regression_categories:";

/// The verdict; `None` where no domain could be read.
pub(super) fn said(readings: &[Reading], speed: Shown, scope: &str) -> Option<Said> {
    let domains = of(readings, DOMAIN);
    if domains.is_empty() {
        return None;
    }
    let forgotten = of(readings, FORGOTTEN);
    let mut parts = Vec::new();
    let words = [
        (ReadingVerdict::Met, "better in"),
        (ReadingVerdict::Missed, "not better in"),
        (ReadingVerdict::Unsettled, "no gain shown in"),
    ];
    parts.extend(words.into_iter().filter_map(|(verdict, words)| named(&domains, verdict, words)));
    let words = [
        (ReadingVerdict::Missed, "forgets"),
        (ReadingVerdict::Unsettled, "forgetting not ruled out in"),
        (ReadingVerdict::Met, "nothing forgotten in"),
    ];
    parts.extend(words.into_iter().filter_map(|(verdict, words)| named(&forgotten, verdict, words)));
    parts.push(words_of_speed(speed, scope));
    let all = |verdict| domains.iter().chain(&forgotten).all(|(_, reading)| reading.verdict == verdict);
    let any = |verdict| domains.iter().chain(&forgotten).any(|(_, reading)| reading.verdict == verdict);
    let (lead, tone) = if any(ReadingVerdict::Missed) {
        ("no: ", Tone::Bad)
    } else if speed == Shown::Worse {
        ("", Tone::Warn)
    } else if all(ReadingVerdict::Met)
        && !forgotten.is_empty()
        && matches!(speed, Shown::Better | Shown::NoDifference)
    {
        ("yes: ", Tone::Good)
    } else {
        ("not known yet: ", Tone::Warn)
    };
    Some((format!("{lead}{}", parts.join("; ")), tone))
}

/// The domain that speaks most against the variant, what was forgotten most, and speed.
pub(super) fn numbers(result: &RunResult) -> Vec<Headline> {
    result.comparison.as_ref().map_or_else(Vec::new, |of| numbers_of(of, &result.readings))
}

/// The same of two runs.
pub(super) fn numbers_of(comparison: &Comparison, readings: &[Reading]) -> Vec<Headline> {
    let worst = |prefix| {
        let of = of(readings, prefix);
        let lower = |a: &Reading, b: &Reading| a.value.unwrap_or(0.0).total_cmp(&b.value.unwrap_or(0.0));
        of.into_iter().min_by(|(_, a), (_, b)| lower(a, b))
    };
    let number =
        |(name, reading): (String, &Reading)| headline::difference(&name, reading.value, reading.interval);
    let categories: Vec<Headline> = [DOMAIN, FORGOTTEN].into_iter().filter_map(worst).map(number).collect();
    if categories.is_empty() {
        return compared::numbers(Some(comparison), true);
    }
    categories.into_iter().chain(compared::speeds(comparison)).collect()
}

/// The readings of a kind that could be read, with their categories.
fn of<'a>(readings: &'a [Reading], prefix: &str) -> Vec<(String, &'a Reading)> {
    let read = readings.iter().filter(|reading| reading.verdict != ReadingVerdict::NotApplicable);
    read.filter_map(|reading| Some((one_line(reading.id.strip_prefix(prefix)?), reading))).collect()
}

/// `better in medical and legal`; `None` where there are none.
fn named(readings: &[(String, &Reading)], verdict: ReadingVerdict, words: &str) -> Option<String> {
    let names: Vec<&str> = readings
        .iter()
        .filter(|(_, reading)| reading.verdict == verdict)
        .map(|(name, _)| name.as_str())
        .collect();
    let (last, rest) = names.split_last()?;
    let all = if rest.is_empty() { (*last).to_owned() } else { format!("{} and {last}", rest.join(", ")) };
    Some(format!("{words} {all}"))
}
