//! Two sides: what is shown of quality and of speed, in one sentence.

use super::gated;
use super::headline;
use super::truncated;
use super::tuned;
use super::{Answer, Headline, Said, Validity, capitalised, lowered, question, without_praise};
use crate::model::comparison::Comparison;
use crate::model::result::RunResult;
use crate::model::team::{Reading, ReadingVerdict, TeamKind};
use crate::report::number::{self, count, counted};
use crate::report::shown::fails_nearly_all;
use crate::report::speed;
use crate::report::table::{Labels, Tone};
use crate::report::text::one_line;
use crate::report::verdict::{self, Quality, Shown};

/// The answer of two runs that were compared.
pub(crate) fn of_comparison(
    comparison: &Comparison,
    readings: &[Reading],
    team: Option<TeamKind>,
    labels: &Labels,
    same_run: bool,
) -> Answer {
    let tuned = team == Some(TeamKind::FineTuning);
    let checked = verdict::quality_shown(comparison) != Shown::Absent;
    let void = unsound(comparison);
    let (said, tone) = void
        .clone()
        .unwrap_or_else(|| said(comparison, readings, Measured { tuned, checked, same_run, busy: false }));
    let mut numbers =
        if tuned { tuned::numbers_of(comparison, readings) } else { numbers(Some(comparison), checked) };
    numbers.truncate(3);
    if void.is_some() {
        without_praise(&mut numbers);
    }
    let confidence = if void.is_some() { String::new() } else { confidence(comparison, checked, same_run) };
    let kind = if tuned { super::Kind::Tuned } else { super::Kind::Compared };
    Answer {
        question: question(kind, labels, checked),
        verdict: capitalised(&said),
        tone,
        confidence: capitalised(&confidence),
        numbers,
        validity: std::iter::once(validity(comparison, same_run, in_blocks(comparison)))
            .chain(truncated::of_comparison(comparison))
            .collect(),
    }
    .in_words()
}

/// Why two sides can't be compared, where they can't.
pub(super) fn unsound(comparison: &Comparison) -> Option<Said> {
    let text = if verdict::unsound(comparison).is_some() {
        "not known: the two sides can't be compared soundly"
    } else if comparison.forced_over.is_empty() {
        return None;
    } else {
        "not known: compared by `--force`, though not soundly"
    };
    Some((text.to_owned(), Tone::Bad))
}

/// Whether two sides could be compared.
pub(super) fn validity(comparison: &Comparison, same_run: bool, in_turn: bool) -> Validity {
    let what = "Comparison";
    if let Some(finding) = verdict::unsound(comparison) {
        return Validity {
            what,
            tone: finding.tone,
            text: format!("not sound: {}", verdict::joined(&comparison.invalid_because)),
        };
    }
    if !comparison.forced_over.is_empty() {
        let text = format!("forced, not sound: {}", verdict::joined(&comparison.forced_over));
        return Validity { what, tone: Tone::Bad, text };
    }
    let missing = &comparison.overall.missing;
    let left_out =
        missing.unmatched + missing.baseline.values().chain(missing.candidate.values()).sum::<u64>();
    if left_out > 0 {
        let text = format!("sound, but {} left out", counted(left_out, "answer is", "answers are"));
        return Validity { what, tone: Tone::Warn, text };
    }
    if same_run && in_turn {
        return Validity { what, tone: Tone::Good, text: "sound, both sides in turn".to_owned() };
    }
    if same_run {
        let text = "sound, but one side after the other, a single block each".to_owned();
        return Validity { what, tone: Tone::Plain, text };
    }
    Validity { what, tone: Tone::Plain, text: "sound, but measured one after the other".to_owned() }
}

/// The verdict on a run with a baseline.
pub(super) fn verdict(result: &RunResult, tuned: bool, checked: bool) -> Said {
    let by = Measured { tuned, checked, same_run: in_one_run(result), busy: verdict::is_busy(result) };
    result
        .comparison
        .as_ref()
        .map_or_else(|| (String::new(), Tone::Warn), |comparison| said(comparison, &result.readings, by))
}

/// Whether the sides took turns, by how their speeds' intervals were made.
fn in_blocks(comparison: &Comparison) -> bool {
    comparison.speed.iter().any(|of| matches!(of.method.as_deref(), Some("rounds" | "within run, by block")))
}

/// Whether both sides were measured in one run.
fn in_one_run(result: &RunResult) -> bool {
    result.baseline.as_ref().is_none_or(|side| side.measured_in.is_none())
}

pub(super) fn said(comparison: &Comparison, readings: &[Reading], by: Measured) -> Said {
    let Measured { tuned, checked, same_run, busy } = by;
    let gates = &comparison.gates;
    let quality =
        checked.then(|| gated::quality(gates, Quality::of(comparison), comparison.overall.interval_90_pp));
    let speed = Speed::of(comparison, same_run, busy);
    let domains = if tuned { tuned::said(readings, speed.shown, &speed.words) } else { None };
    let (text, tone) = domains.clone().unwrap_or_else(|| sentence(quality.as_ref(), &speed));
    let tone = if busy && speed.shown == Shown::Better && tone == Tone::Good { Tone::Plain } else { tone };
    let passing = gated::Passing {
        faster: speed.shown == Shown::Better && !busy,
        telling: quality.as_ref().is_none_or(Quality::is_telling) && !(busy && speed.shown == Shown::Better),
    };
    if let Some(by_gates) = gated::verdict(gates, (&text, tone), passing) {
        return by_gates;
    }
    if domains.is_some() {
        return (text, tone);
    }
    not_as_expected(readings, (text, tone))
}

/// How two sides were measured, and what is asked of them.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "four questions, each by itself")]
pub(super) struct Measured {
    /// Whether it is a fine-tuned variant.
    pub(super) tuned: bool,
    /// Whether answers were judged.
    pub(super) checked: bool,
    /// Whether both sides were measured in one run.
    pub(super) same_run: bool,
    /// Whether labctl itself was too busy to be sure of its clock.
    pub(super) busy: bool,
}

/// What is said of speed.
struct Speed {
    shown: Shown,
    words: String,
    /// Whether it takes words of its own, which no shorter form may replace.
    special: bool,
}

impl Speed {
    fn of(comparison: &Comparison, same_run: bool, busy: bool) -> Self {
        if let Some(words) = verdict::tokens_alone(comparison) {
            return Self { shown: Shown::NoDifference, words, special: true };
        }
        let shown = verdict::speed_shown(comparison);
        let scope = verdict::headline(comparison).map_or("", |headline| verdict::scope(headline, same_run));
        let busy = if busy { ", measured by a busy client" } else { "" };
        Self { shown, words: words_of_speed(shown, &format!("{scope}{busy}")), special: false }
    }
}

/// What no gate was asked about, but the team expects.
fn not_as_expected(readings: &[Reading], (text, tone): Said) -> Said {
    let missed: Vec<String> = readings
        .iter()
        .filter(|reading| reading.verdict == ReadingVerdict::Missed)
        .map(|reading| lowered(&one_line(&reading.topic)))
        .collect();
    match missed.as_slice() {
        [] => (text, tone),
        [only] => (format!("{text}; not what the team expects of {only}"), at_best_warn(tone)),
        [first, rest @ ..] => {
            let more = count(rest.len() as u64);
            (format!("{text}; not what the team expects of {first} and {more} more"), at_best_warn(tone))
        }
    }
}

const fn at_best_warn(tone: Tone) -> Tone {
    match tone {
        Tone::Bad => Tone::Bad,
        Tone::Plain | Tone::Dim | Tone::Good | Tone::Warn => Tone::Warn,
    }
}

/// What is shown of both, speed first where quality is no news.
fn sentence(quality: Option<&Quality>, speed: &Speed) -> Said {
    let (speed_words, shown) = (&speed.words, speed.shown);
    let Some(known) = quality else {
        let tone = match shown {
            Shown::Better => Tone::Good,
            Shown::Worse => Tone::Bad,
            Shown::NoDifference => Tone::Plain,
            Shown::NoInterval | Shown::Absent => Tone::Warn,
        };
        return (speed_words.clone(), tone);
    };
    let (quality, quality_words) = (known.shown(), known.words());
    let unknown = |shown| matches!(shown, Shown::NoInterval | Shown::Absent);
    let opposed = (shown == Shown::Better) != (matches!(quality, Shown::Better | Shown::NoDifference));
    let tone = match (quality, shown) {
        (Shown::Worse | Shown::NoDifference, Shown::Worse) => Tone::Bad,
        (Shown::Worse, _) if matches!(known, Quality::LossIn(_)) => Tone::Warn,
        (Shown::Worse, _) => Tone::Bad,
        (_, Shown::Worse) => Tone::Warn,
        _ if unknown(quality) || unknown(shown) || matches!(known, Quality::NothingToLose(_)) => Tone::Warn,
        (Shown::NoDifference, Shown::NoDifference) => Tone::Plain,
        _ if !known.is_telling() => Tone::Plain,
        _ => Tone::Good,
    };
    let text = match (quality, shown) {
        _ if matches!(known, Quality::Undecided(_) | Quality::NothingToLose(_)) => {
            format!("{speed_words}; {quality_words}")
        }
        _ if unknown(quality) && unknown(shown) => {
            "not known yet: neither quality nor speed could be compared".to_owned()
        }
        _ if speed.special => format!("{speed_words}; {quality_words}"),
        (Shown::NoDifference, Shown::NoDifference) if *known == Quality::NoLoss => {
            "no difference in quality or speed is shown".to_owned()
        }
        (Shown::NoDifference, Shown::NoDifference) => format!("{quality_words}, and {speed_words}"),
        (_, Shown::NoInterval | Shown::Absent)
        | (Shown::Better, Shown::Worse | Shown::NoDifference)
        | (Shown::Worse, Shown::NoDifference) => {
            let link = if quality != Shown::Worse && shown != Shown::NoDifference { "but" } else { "and" };
            format!("{quality_words}, {link} {speed_words}")
        }
        (Shown::Worse, Shown::Worse) => format!("{speed_words}, and {quality_words}"),
        _ => format!("{speed_words}, {} {quality_words}", if opposed { "but" } else { "and" }),
    };
    (text, tone)
}

/// What is shown of speed, and how far that speaks.
pub(super) fn words_of_speed(speed: Shown, scope: &str) -> String {
    match speed {
        Shown::Better => format!("faster{scope}"),
        Shown::Worse => format!("slower{scope}"),
        Shown::NoDifference => "no difference in speed is shown".to_owned(),
        Shown::NoInterval | Shown::Absent => "its speed is not known".to_owned(),
    }
}

/// The pass rates' difference, the ratio that the verdict on speed speaks of, and one more.
pub(super) fn numbers(comparison: Option<&Comparison>, checked: bool) -> Vec<Headline> {
    let Some(comparison) = comparison else { return Vec::new() };
    let mut numbers: Vec<Headline> = checked.then(|| headline::delta(comparison)).into_iter().collect();
    numbers.extend(speeds(comparison));
    numbers
}

/// The headline of speed, then throughput, then what else there is a ratio of.
pub(super) fn speeds(comparison: &Comparison) -> Vec<Headline> {
    const FURTHER: [(&str, &str); 4] =
        [("output_tokens_per_s", "rate"), ("ttft_ms", "p50"), ("tpot_ms", "p50"), ("e2e_ms", "p50")];
    let first = verdict::headline(comparison);
    let further = FURTHER
        .into_iter()
        .filter_map(|(metric, statistic)| speed::find(&comparison.speed, metric, statistic))
        .filter(|ratio| ratio.ratio.is_some() && first.is_none_or(|first| !std::ptr::eq(*ratio, first)));
    first.into_iter().chain(further).map(headline::ratio).collect()
}

/// How sure a run with a baseline is.
pub(super) fn confidence_of_run(result: &RunResult, checked: bool) -> String {
    let same_run = in_one_run(result);
    result.comparison.as_ref().map_or_else(String::new, |of| confidence(of, checked, same_run))
}

/// What could have been missed, and how far the speed speaks.
fn confidence(comparison: &Comparison, checked: bool, same_run: bool) -> String {
    let overall = &comparison.overall;
    let pairs = counted(overall.pairs, "pair", "pairs");
    let shown = verdict::quality_shown(comparison);
    let quality = match (shown, overall.minimum_detectable_loss_pp) {
        _ if !checked => None,
        (Shown::Absent, _) => Some("no prompt was judged on both sides".to_owned()),
        (Shown::NoInterval, _) => Some(format!("{pairs} of answers, too few for an interval")),
        (Shown::NoDifference, Some(loss)) if Quality::of(comparison) == Quality::NoLoss => {
            Some(format!("{pairs} of answers, enough to find a loss of {loss:.1} pp (80 % power)"))
        }
        _ => Some(format!("{pairs} of answers, 90 % interval")),
    };
    let speed = verdict::headline(comparison).filter(|ratio| ratio.interval_95.is_some()).map(|ratio| {
        match verdict::scope(ratio, same_run) {
            "" => "speed over several rounds, 95 % interval",
            _ if same_run => {
                "speed of this run alone: repeat with `--rounds 5` to tell the model from the moment's noise"
            }
            _ => "speeds measured one after the other: what else changed between them counts too",
        }
        .to_owned()
    });
    let few = (shown == Shown::Worse && fails_nearly_all(overall)).then(|| {
        format!(
            "both fail {} of {pairs}: the loss is of {}",
            count(overall.both_failed),
            counted(overall.losses, "prompt", "prompts")
        )
    });
    let absent = || comparison.speed.iter().find_map(|ratio| ratio.absent_because.as_deref());
    let absent = if verdict::headline(comparison).is_none() { absent() } else { None };
    let absent = absent.map(|reason| format!("speed n/a: {}", one_line(reason)));
    let length = verdict::other_length(comparison)
        .map(|length| format!("its answers are {}x as long", number::ratio(length)));
    quality
        .into_iter()
        .chain(few)
        .chain(speed)
        .chain(slower(comparison))
        .chain(absent)
        .chain(length)
        .collect::<Vec<_>>()
        .join("; ")
}

/// What is slower of a candidate that is spoken of as faster.
fn slower(comparison: &Comparison) -> Option<String> {
    if verdict::speed_shown(comparison) != Shown::Better {
        return None;
    }
    let slower: Vec<String> = comparison
        .speed
        .iter()
        .filter(|ratio| speed::tone(ratio) == Tone::Bad)
        .map(|ratio| {
            format!("{} (ratio {})", speed::metric_name(ratio), number::ratio(ratio.ratio.unwrap_or(1.0)))
        })
        .collect();
    (!slower.is_empty()).then(|| format!("but slower in {}", slower.join(" and ")))
}
