//! Loads beside each other: what each came to, which is the knee, and which is the highest that passes.

use super::number::{ABSENT, counted, decimal, plain};
use super::table::{Cell, Column, Row, Table, Tone};
use super::text::one_line;
use super::verdict::Finding;
use crate::model::level::{LevelFindings, LevelResult, LevelSide, Steadiness};
use crate::model::load::{LevelLoad, LoadAxis};
use crate::model::record::Side;
use crate::model::result::RunResult;
use crate::model::slo::{Slo, SloMetric};
use crate::model::summary::{Distribution, Percentile, Throughput};

/// So many loads a knee takes: one on each side of it.
const FEWEST_FOR_A_KNEE: usize = 3;
/// What marks a percentile of too few requests.
const UNTRUSTED: &str = "*";

/// One side at one level.
struct Line<'a> {
    level: &'a LevelResult,
    at: &'a LevelSide,
    side: Side,
    compared: bool,
    findings: &'a LevelFindings,
    has_objectives: bool,
    /// The same load was tried before: a search asks again where a verdict may be chance.
    again: bool,
}

/// A column's heading and what stands in it.
type Field = (Column, fn(&Line<'_>) -> Cell);

/// Every level with what came of it, by rising load, baseline first; empty where there was one load.
pub(crate) fn table(result: &RunResult) -> Table {
    let Some(first) = result.levels.first() else { return Table::default() };
    let nothing = LevelFindings::default();
    let findings = result.findings.as_ref().unwrap_or(&nothing);
    let has_objectives = result.question.as_ref().is_some_and(|question| !question.slos.is_empty());
    let levels = sorted(result);
    let lines: Vec<Line<'_>> = levels
        .iter()
        .flat_map(|level| {
            let compared = level.baseline.is_some();
            let again = levels.iter().any(|other| {
                other.load.level < level.load.level && other.load.value.total_cmp(&level.load.value).is_eq()
            });
            let line = |side, at| Line { level, at, side, compared, findings, has_objectives, again };
            let baseline = level.baseline.as_ref().map(|at| line(Side::Baseline, at));
            baseline.into_iter().chain([line(Side::Candidate, &level.candidate)])
        })
        .collect();
    let (mut columns, mut cells) = (Vec::new(), vec![Vec::new(); lines.len()]);
    let open = lines.iter().any(|line| line.at.summary.ttft_from_schedule_ms.is_some());
    for (column, write) in fields(first.load.axis, open) {
        let written: Vec<Cell> = lines.iter().map(write).collect();
        // What no level has is no column.
        if written.iter().all(|cell| cell.text.is_empty() || cell.text == ABSENT) {
            continue;
        }
        columns.push(column);
        cells.iter_mut().zip(written).for_each(|(row, cell)| row.push(cell));
    }
    let rows = cells.into_iter().zip(&lines).map(|(cells, line)| Row {
        strong: line.side == Side::Candidate && findings.highest_passing == Some(line.level.load.level),
        ..Row::new(cells)
    });
    let rows = rows.collect();
    Table { columns, rows, bar_scale: None, notes: notes(&levels, result) }
}

/// By rising load.
pub(super) fn sorted(result: &RunResult) -> Vec<&LevelResult> {
    let mut levels: Vec<_> = result.levels.iter().collect();
    levels.sort_by(|a, b| a.load.value.total_cmp(&b.load.value).then(a.load.level.cmp(&b.load.level)));
    levels
}

/// `open`: latencies count from the schedule.
fn fields(axis: LoadAxis, open: bool) -> Vec<Field> {
    let (ttft_term, e2e_term) =
        if open { ("ttft-from-schedule", "latency-from-schedule") } else { ("ttft", "e2e") };
    let load = match axis {
        LoadAxis::Concurrency => Column::numbers("in flight").term("concurrency"),
        LoadAxis::Rate => Column::numbers("rate/s").hint("offered").term("offered-rate"),
    };
    vec![
        (load, |line| Cell::number(line.level.load.value, value(&line.level.load))),
        (Column::words("side"), |line| if line.compared { line.side.name().into() } else { "".into() }),
        (Column::words("remarks").term("load-verdict"), remarks),
        (Column::numbers("req/s").term("request-throughput"), |line| {
            rate(line, |t| Some(t.request_throughput_per_s))
        }),
        (Column::numbers("tokens/s").sacrifice(2).term("output-tokens-per-s"), |line| {
            rate(line, |t| Some(t.output_tokens_per_s))
        }),
        (Column::numbers("TTFT p50").hint("ms").sacrifice(9).term(ttft_term), |line| {
            ttft(line, Percentile::P50)
        }),
        (Column::numbers("TTFT p95").hint("ms").term(ttft_term), |line| ttft(line, Percentile::P95)),
        (Column::numbers("TPOT p50").hint("ms").sacrifice(10).term("tpot"), |line| {
            tpot(line, Percentile::P50)
        }),
        (Column::numbers("TPOT p95").hint("ms").sacrifice(3).term("tpot"), |line| {
            tpot(line, Percentile::P95)
        }),
        (Column::numbers("E2E p95").hint("ms").sacrifice(6).term(e2e_term), |line| {
            let summary = &line.at.summary;
            let open = summary.ttft_from_schedule_ms.is_some();
            percentile(
                if open { summary.latency_from_schedule_ms.as_ref() } else { summary.e2e_ms.as_ref() },
                Percentile::P95,
            )
        }),
        (Column::numbers("failed").sacrifice(4).term("error-rate"), |line| {
            let share = line.at.summary.error_rate;
            let tone = if share.is_some_and(|share| share > 0.0) { Tone::Warn } else { Tone::Plain };
            Cell::percent(share).tone(tone)
        }),
        (Column::numbers("passed").term("pass-rate"), |line| {
            Cell::percent(line.at.pass_rate.and_then(|p| p.rate))
        }),
        (Column::numbers("passed 95 %").sacrifice(8).term("wilson"), |line| {
            Cell::percent_interval(line.at.pass_rate.and_then(|p| p.wilson_95))
        }),
        (Column::numbers("in time").hint("of requests").sacrifice(1).term("attainment"), |line| {
            Cell::percent(line.at.summary.goodput.as_ref().map(|g| g.attainment))
        }),
        (Column::numbers("in time 95 %").sacrifice(7).term("wilson"), |line| {
            let goodput = line.at.summary.goodput.as_ref();
            Cell::percent_interval(goodput.map(|g| g.attainment_interval_95))
        }),
        (Column::numbers("goodput/s").sacrifice(5).term("goodput"), |line| {
            Cell::optional(line.at.summary.goodput.as_ref().and_then(|g| g.goodput_per_s), decimal)
        }),
    ]
}

fn rate(line: &Line<'_>, of: fn(&Throughput) -> Option<f64>) -> Cell {
    Cell::optional(line.at.summary.throughput.as_ref().and_then(of), decimal)
}

fn ttft(line: &Line<'_>, at: Percentile) -> Cell {
    percentile(ttft_of(line.at), at)
}

/// From the schedule where one was laid out ahead.
pub(super) fn ttft_of(side: &LevelSide) -> Option<&Distribution> {
    side.summary.ttft_from_schedule_ms.as_ref().or(side.summary.ttft_ms.as_ref())
}

fn tpot(line: &Line<'_>, at: Percentile) -> Cell {
    percentile(line.at.summary.tpot_ms.as_ref(), at)
}

fn percentile(of: Option<&Distribution>, at: Percentile) -> Cell {
    match of {
        None => ABSENT.into(),
        Some(d) if d.is_trusted(at) => Cell::number(d.value(at), decimal(d.value(at))),
        Some(d) => Cell::number(d.value(at), format!("{}{UNTRUSTED}", decimal(d.value(at)))).untrusted(),
    }
}

fn remarks(line: &Line<'_>) -> Cell {
    let level = Some(line.level.load.level);
    let candidate = line.side == Side::Candidate;
    let growing = candidate && matches!(line.level.steadiness, Steadiness::Growing { .. });
    let mut words: Vec<String> = Vec::new();
    let mut tone = Tone::Plain;
    if line.level.cut_short {
        return Cell::toned("cut short".to_owned(), Tone::Warn);
    }
    if line.again {
        words.push("again".to_owned());
    }
    if candidate && level == line.findings.knee {
        words.push("knee".to_owned());
    }
    if candidate && level == line.findings.highest_passing {
        words.push("highest pass".to_owned());
        tone = Tone::Good;
    } else if line.has_objectives && line.at.meets_all() && !growing {
        words.push("passes".to_owned());
    }
    let missed: Vec<String> = line.at.slos.iter().filter(|slo| !slo.met).map(|slo| short(&slo.slo)).collect();
    if !missed.is_empty() {
        words.push(format!("misses {}", missed.join(", ")));
        tone = Tone::Bad;
    }
    if candidate {
        if growing {
            words.push("latency grew".to_owned());
            tone = Tone::Bad;
        } else if line.level.past_saturation {
            words.push("saturated".to_owned());
            tone = if tone == Tone::Plain { Tone::Warn } else { tone };
        }
        if matches!(line.level.steadiness, Steadiness::Unknown { .. }) {
            words.push("too short".to_owned());
        }
    }
    Cell::toned(words.join(", "), tone)
}

/// An objective in a narrow column: `TTFT p95`, `pass rate`.
pub(super) fn short(slo: &Slo) -> String {
    let name = match slo.metric {
        SloMetric::TtftMs => "TTFT",
        SloMetric::TpotMs => "TPOT",
        SloMetric::MaxStallMs => "stall",
        SloMetric::E2eMs => "E2E",
        SloMetric::LatencyFromScheduleMs => "latency",
        SloMetric::PassRate => "pass rate",
        SloMetric::ErrorRate => "error rate",
        SloMetric::RequestThroughputPerS => "requests/s",
        SloMetric::OutputTokensPerS => "tokens/s",
    };
    slo.statistic.map_or_else(|| name.to_owned(), |statistic| format!("{name} {}", statistic.name()))
}

fn notes(levels: &[&LevelResult], result: &RunResult) -> Vec<String> {
    let mut notes = vec!["Latencies in ms".to_owned()];
    let sides = || levels.iter().flat_map(|level| level.baseline.iter().chain([&level.candidate]));
    if sides().any(|side| side.summary.ttft_from_schedule_ms.is_some()) {
        notes = vec!["Latencies in ms; TTFT and E2E from the moment each request was planned for".to_owned()];
    }
    let untrusted = |d: Option<&Distribution>| d.is_some_and(|d| !d.is_trusted(Percentile::P95));
    if sides().any(|side| untrusted(ttft_of(side))) {
        notes.push(format!(
            "{UNTRUSTED} p95 of fewer than {} requests: not to be relied on",
            Percentile::P95.smallest_sample()
        ));
    }
    if let Some(question) = result.question.as_ref().filter(|question| !question.slos.is_empty()) {
        let slos: Vec<_> = question.slos.iter().map(ToString::to_string).collect();
        notes.push(format!("Objectives: {}", slos.join(", ")));
    }
    let untold = |level: &LevelResult| match &level.steadiness {
        Steadiness::Unknown { reason } => Some(reason.clone()),
        Steadiness::Growing { .. } | Steadiness::Steady => None,
    };
    for level in levels {
        if let Steadiness::Growing { reason } = &level.steadiness {
            notes.push(format!("{}: {}", words(&level.load), one_line(reason)));
        }
    }
    notes.extend(at_loads(levels, "too short to say whether it holds", untold));
    notes.extend(at_loads(levels, "throughput n/a", |level| {
        level.candidate.summary.throughput_absent_because.clone()
    }));
    notes
}

/// What is so at some loads, with the reason; where it isn't the same at all of them, with that of the highest.
fn at_loads(
    levels: &[&LevelResult],
    what: &str,
    reason: impl Fn(&LevelResult) -> Option<String>,
) -> Option<String> {
    let told: Vec<(String, String)> =
        levels.iter().filter_map(|level| Some((value(&level.load), one_line(&reason(level)?)))).collect();
    let (highest, because) = told.last()?;
    let loads: Vec<&str> = told.iter().map(|(load, _)| load.as_str()).collect();
    let of = if told.iter().all(|(_, reason)| reason == because) {
        String::new()
    } else {
        format!("of {highest}: ")
    };
    Some(format!("{what} at {}; {of}{because}", loads.join(", ")))
}

/// `42`, `4.25`.
fn value(load: &LevelLoad) -> String {
    plain(load.value)
}

/// `42 in flight`, `4.25 requests/s`.
pub(super) fn words(load: &LevelLoad) -> String {
    let (value, is_one) = (value(load), (load.value - 1.0).abs() < f64::EPSILON);
    match load.axis {
        LoadAxis::Concurrency => format!("{value} in flight"),
        LoadAxis::Rate if is_one => "1 request/s".to_owned(),
        LoadAxis::Rate => format!("{value} requests/s"),
    }
}

/// What the levels say together, in a sentence; `None` where there was one load.
pub(crate) fn finding(result: &RunResult) -> Option<Finding> {
    let topic = "Load";
    if result.levels.is_empty() {
        return None;
    }
    let nothing = LevelFindings::default();
    let findings = result.findings.as_ref().unwrap_or(&nothing);
    let level = |number: Option<u32>| result.levels.iter().find(|level| Some(level.load.level) == number);
    let question = result.question.as_ref();
    let has_objectives = question.is_some_and(|question| !question.slos.is_empty());
    let asked = has_objectives || question.is_some_and(|question| question.find.is_some());
    let met = if has_objectives { "met every objective" } else { "was kept up with" };
    let mut parts = Vec::new();
    let mut tone = Tone::Plain;
    match (level(findings.highest_passing), level(findings.lowest_failing)) {
        (Some(passing), Some(failing)) => {
            parts.push(format!("the highest load that {met} was {}", words(&passing.load)));
            parts.push(format!("{} {}", words(&failing.load), failure(failing)));
            tone = Tone::Good;
        }
        (Some(passing), None) => {
            parts.push(format!("every load up to {} {met}", words(&passing.load)));
            tone = Tone::Good;
        }
        (None, Some(failing)) => {
            parts.push(format!("no load {met}: even {} {}", words(&failing.load), failure(failing)));
            tone = Tone::Bad;
        }
        (None, None) if asked => parts.push("whether any load passes can't be told".to_owned()),
        (None, None) => {}
    }
    match level(findings.knee) {
        Some(knee) => parts.push(format!(
            "the knee is at {}: beyond it latency grows more than throughput",
            words(&knee.load)
        )),
        None => parts.extend(without_knee(result)),
    }
    if let Some(reason) = &findings.stopped_because {
        parts.push(one_line(reason));
    }
    Some(Finding { topic, tone, text: parts.join("; ") })
}

/// Whether a load was held for long enough to tell what is served at it.
pub(super) fn is_judged(level: &LevelResult) -> bool {
    !level.cut_short && level.candidate.summary.throughput.is_some()
}

/// Up to where there is no knee, then the loads that say nothing of it, with the reason of the highest.
fn without_knee(result: &RunResult) -> Vec<String> {
    let sorted = sorted(result);
    let judged: Vec<&LevelLoad> = sorted.iter().filter(|l| is_judged(l)).map(|l| &l.load).collect();
    let has = |load: &LevelLoad| judged.iter().any(|other| other.value.total_cmp(&load.value).is_eq());
    let unjudged: Vec<&LevelResult> = sorted.iter().filter(|level| !has(&level.load)).copied().collect();
    let found = match judged.last() {
        None => "no load was held long enough to look for a knee".to_owned(),
        Some(highest) if judged.len() >= FEWEST_FOR_A_KNEE => {
            format!("no knee was found up to {}", words(highest))
        }
        Some(_) if unjudged.is_empty() => {
            let measured = counted(judged.len() as u64, "load shows", "loads show");
            format!("{measured} no knee, which takes {FEWEST_FOR_A_KNEE}")
        }
        Some(highest) => format!(
            "{} judged, up to {}, and a knee takes {FEWEST_FOR_A_KNEE}",
            counted(judged.len() as u64, "load was", "loads were"),
            words(highest)
        ),
    };
    let mut loads: Vec<String> = unjudged.iter().map(|level| value(&level.load)).collect();
    loads.dedup();
    let because = unjudged.last().map(|level| match &level.candidate.summary.throughput_absent_because {
        _ if level.cut_short => "cut short".to_owned(),
        Some(reason) => one_line(reason),
        None => "too few requests".to_owned(),
    });
    let unjudged = because.map(|because| format!("{} not judged: {because}", loads.join(", ")));
    std::iter::once(found).chain(unjudged).collect()
}

/// How a load failed.
pub(super) fn failure(level: &LevelResult) -> String {
    let missed: Vec<String> = level
        .candidate
        .slos
        .iter()
        .filter(|slo| !slo.met)
        .map(|slo| match (slo.value, &slo.reason) {
            (_, Some(reason)) => format!("{} ({})", slo.slo, one_line(reason)),
            (value, None) => format!("{} ({})", slo.slo, super::objectives::measured(slo.slo.metric, value)),
        })
        .collect();
    if missed.is_empty() {
        return "was more than was served: latency grew while it was held".to_owned();
    }
    format!("missed {}", missed.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn said(change: impl FnOnce(&mut RunResult)) -> Finding {
        let mut result = fixture::levels();
        change(&mut result);
        finding(&result).unwrap()
    }

    #[test]
    fn the_sentence_follows_the_findings() {
        let found = |highest_passing, lowest_failing, knee| LevelFindings {
            knee,
            highest_passing,
            lowest_failing,
            stopped_because: None,
        };
        let whole = said(|_| ()).text;
        assert!(
            whole.starts_with("the highest load that met every objective was 32 requests/s; 38.1"),
            "{whole}"
        );
        let all = said(|result| result.findings = Some(found(Some(6), None, None)));
        assert_eq!(
            all.text,
            "every load up to 64 requests/s met every objective; no knee was found up to 64 requests/s; \
             1 not judged: no steady window: the fullest block had 9 requests"
        );
        let none = said(|result| result.findings = Some(found(None, Some(8), None)));
        assert!(
            none.text.starts_with("no load met every objective: even 38.1 requests/s missed"),
            "{}",
            none.text
        );
        assert_eq!(none.tone, Tone::Bad);
        let plain = said(|result| {
            result.question = None;
            result.findings = Some(found(None, None, Some(5)));
        });
        assert!(plain.text.starts_with("the knee is at 32 requests/s"), "{}", plain.text);
        let growing = said(|result| {
            result.question.as_mut().unwrap().slos.clear();
            result.levels.iter_mut().for_each(|level| level.candidate.slos.clear());
            result.findings = Some(found(Some(7), Some(6), None));
        });
        assert!(
            growing.text.starts_with(
                "the highest load that was kept up with was 45.3 requests/s; 64 requests/s was more than was served"
            ),
            "{}",
            growing.text
        );
        assert!(finding(&fixture::alone()).is_none());
    }

    #[test]
    fn no_knee_is_claimed_of_loads_that_were_not_judged() {
        let knee = |judged: std::ops::RangeInclusive<u32>| {
            let text = said(|result| {
                result.findings = None;
                for level in &mut result.levels {
                    let summary = &mut level.candidate.summary;
                    if judged.contains(&level.load.level) {
                        let served = result.baseline.as_ref().unwrap().summary.throughput.clone();
                        summary.throughput = served;
                    } else {
                        summary.throughput = None;
                        summary.throughput_absent_because = Some("saturated".to_owned());
                    }
                }
            });
            text.text.split_once("; ").unwrap().1.to_owned()
        };
        let all = knee(0..=8);
        assert_eq!(all, "no knee was found up to 64 requests/s");
        let some = knee(0..=4);
        assert!(some.starts_with("no knee was found up to 16 requests/s; 32"), "{some}");
        assert!(some.ends_with("64 not judged: saturated"), "{some}");
        let few = knee(0..=1);
        assert!(few.starts_with("2 loads were judged, up to 2 requests/s, and a knee takes 3; 4, "), "{few}");
        let none = knee(90..=91);
        assert!(none.starts_with("no load was held long enough to look for a knee; 1, "), "{none}");
    }

    #[test]
    fn a_column_that_no_level_fills_is_left_out() {
        let mut result = fixture::levels();
        for level in &mut result.levels {
            (level.baseline, level.candidate.pass_rate, level.candidate.summary.goodput) = (None, None, None);
        }
        let titles: Vec<_> = table(&result).columns.into_iter().map(|column| column.title).collect();
        for absent in ["side", "passed", "in time", "goodput/s"] {
            assert!(!titles.iter().any(|title| title == absent), "{titles:?}");
        }
        assert!(table(&fixture::alone()).is_empty());
    }
}
