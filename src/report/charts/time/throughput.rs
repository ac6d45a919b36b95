//! Output tokens and requests a second, bin by bin, with the steady windows that the summary's rates are taken over.

use super::super::super::chart::{Axis, ChartSpec, Held, Marks, Series, Stroke, Unit};
use super::super::super::number::count;
use super::bins::Bins;
use super::clock::{Clock, Sent, Timed, after};
use crate::model::imported::ChunkTimes;
use crate::model::record::{Attempt, Side};
use crate::model::summary::Window;
use crate::model::trace::Trace;
use crate::model::units::Nanos;

/// Windows that are closer than this share of the axis are drawn as one.
const CLOSE: f64 = 1.0 / 800.0;

/// Tokens a second, and requests a second.
pub(super) fn charts(clock: &Clock<'_>) -> Vec<ChartSpec> {
    [tokens(clock), requests(clock)].into_iter().flatten().collect()
}

fn successes<'a>(side: &Timed<'a>) -> impl Iterator<Item = &'a Attempt> {
    side.sent.iter().map(|sent: &Sent<'a>| sent.attempt).filter(|a| a.exchange.outcome.is_success())
}

fn tokens(clock: &Clock<'_>) -> Option<ChartSpec> {
    let (mut exact, mut spread) = (0_u64, 0_u64);
    let by_side: Vec<(&Timed<'_>, Bins<'_>)> = clock
        .sides
        .iter()
        .map(|side| {
            let mut bins = Bins::new(clock);
            for attempt in successes(side) {
                match add_tokens(&mut bins, side, attempt, has_times(clock)) {
                    Some(true) => exact += 1,
                    Some(false) => spread += 1,
                    None => {}
                }
            }
            (side, bins)
        })
        .collect();
    let mut notes = vec![format!(
        "Output tokens of successful requests by when they came, in bins of {}.",
        clock.width_name()
    )];
    match (exact, spread) {
        (_, 0) => {}
        (0, _) => notes.push(
            "Without the times of single tokens: between the first and the last token of a request they are spread evenly."
                .to_owned(),
        ),
        _ => notes.push(format!(
            "{} of {} requests have no times of single tokens: theirs are spread evenly between the first and the last.",
            count(spread),
            count(exact + spread)
        )),
    }
    chart(clock, "throughput-time", "Throughput", ("output", "tokens/s"), by_side, notes)
}

/// Whether chunks have times of their own.
fn has_times(clock: &Clock<'_>) -> bool {
    clock.result.imported_from.as_ref().is_none_or(|from| from.chunks == ChunkTimes::All)
}

/// Adds a request's output tokens where they came: by its chunks, each with its share of them, and true; evenly between
/// the first token and the last where it has none, and false.
fn add_tokens(bins: &mut Bins<'_>, side: &Timed<'_>, attempt: &Attempt, has_times: bool) -> Option<bool> {
    let tokens = real(attempt.metrics.output_tokens.filter(|tokens| *tokens > 0)?);
    let trace = &attempt.exchange.trace;
    let told = if has_times { told(trace) } else { 0 };
    if told > 0 {
        for chunk in trace.token_chunks() {
            bins.add(side.at(chunk.recv_ns), tokens * (f64::from(chunk.tokens) / real(told)));
        }
        return Some(true);
    }
    let moment = |ms: Option<f64>| side.at(ms.map_or(trace.end_ns, |ms| after(trace.sent_ns, ms)));
    let (first, last) = (moment(attempt.metrics.ttft_ms), moment(attempt.metrics.e2e_ms));
    bins.add(first, tokens.min(1.0));
    bins.spread(first, last, (tokens - 1.0).max(0.0));
    Some(false)
}

fn told(trace: &Trace) -> u64 {
    trace.token_chunks().map(|chunk| u64::from(chunk.tokens)).sum()
}

/// Successes by when they ended, beside what was offered where that was planned ahead.
fn requests(clock: &Clock<'_>) -> Option<ChartSpec> {
    let by_side: Vec<(&Timed<'_>, Bins<'_>)> = clock
        .sides
        .iter()
        .map(|side| {
            let mut bins = Bins::new(clock);
            for attempt in successes(side) {
                bins.add(side.at(ended_at(attempt)), 1.0);
            }
            (side, bins)
        })
        .collect();
    let notes = vec![format!("Successful requests by when they ended, in bins of {}.", clock.width_name())];
    let mut chart =
        chart(clock, "requests-time", "Requests a second", ("successful", "requests/s"), by_side, notes)?;
    if !clock.result.load.profile.as_ref().is_some_and(|profile| profile.start.is_open()) {
        return Some(chart);
    }
    let mut top = chart.y.high;
    for side in &clock.sides {
        let mut bins = Bins::new(clock);
        for sent in &side.sent {
            bins.add(side.at(sent.attempt.exchange.trace.scheduled_ns), 1.0);
        }
        let rates = bins.per_second();
        top = rates.iter().copied().fold(top, f64::max);
        let held =
            |(bin, y): (usize, f64)| Held { from: clock.edge(bin), to: clock.edge(bin + 1), y, n: None };
        chart.series.push(Series {
            key: match side.shown.side {
                Side::Candidate => "offered-candidate",
                Side::Baseline => "offered-baseline",
            },
            label: format!("offered{}", side.suffix(clock)),
            color: "soft",
            stroke: Stroke::Dashed,
            marks: Marks::Held(rates.into_iter().enumerate().map(held).collect()),
        });
    }
    chart.y = Axis::from_zero("successful", Unit::Of("requests/s"), top);
    chart.notes[0].push_str(" Dashed: planned to start, whether or not they could.");
    Some(chart)
}

/// When a success brought its last token, as the summary counts it.
fn ended_at(attempt: &Attempt) -> Nanos {
    let trace = &attempt.exchange.trace;
    attempt.metrics.e2e_ms.map_or(trace.end_ns, |ms| after(trace.sent_ns, ms))
}

fn chart(
    clock: &Clock<'_>,
    name: &str,
    title: &str,
    (label, unit): (&str, &'static str),
    by_side: Vec<(&Timed<'_>, Bins<'_>)>,
    mut notes: Vec<String>,
) -> Option<ChartSpec> {
    let top = by_side.iter().flat_map(|(_, bins)| bins.per_second()).fold(0.0, f64::max);
    if top <= 0.0 {
        return None;
    }
    let mut chart = clock.chart(name, title, Axis::from_zero(label, Unit::Of(unit), top));
    chart.about = format!("{title} over time, by side");
    let windows: Vec<_> = clock.sides.iter().filter_map(|side| windows(clock, side)).collect();
    if !windows.is_empty() {
        notes.push("Shaded: the steady windows, over which the rates in the table are taken.".to_owned());
    }
    chart.notes.splice(0..0, notes);
    chart.series.extend(by_side.into_iter().map(|(side, bins)| Series {
        key: side.shown.key,
        label: side.shown.label.to_owned(),
        color: side.shown.key,
        stroke: side.shown.stroke,
        marks: Marks::Bars { edges: clock.edges(), values: bins.per_second() },
    }));
    chart.series.extend(windows);
    Some(chart)
}

/// The steady windows of a side: of all levels, where there were several.
fn windows(clock: &Clock<'_>, side: &Timed<'_>) -> Option<Series> {
    let of_level = clock.result.levels.iter().filter_map(|level| match side.shown.side {
        Side::Candidate => Some(&level.candidate.summary),
        Side::Baseline => level.baseline.as_ref().map(|side| &side.summary),
    });
    let whole = clock.result.side(side.shown.side).map(|info| &info.summary);
    let summaries: Vec<_> =
        if clock.result.levels.is_empty() { whole.into_iter().collect() } else { of_level.collect() };
    let windows = summaries.into_iter().filter_map(|summary| summary.throughput.as_ref());
    let mut spans: Vec<(f64, f64)> = windows
        .flat_map(|throughput| &throughput.windows)
        .map(|window: &Window| (side.at_s(window.start_ns), side.at_s(window.end_ns)))
        .collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let close = CLOSE * clock.edge(clock.bins());
    let mut merged: Vec<(f64, f64)> = Vec::new();
    for (from, to) in spans {
        match merged.last_mut() {
            Some(last) if from - last.1 < close => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    (!merged.is_empty()).then(|| Series {
        key: match side.shown.side {
            Side::Candidate => "steady-candidate",
            Side::Baseline => "steady-baseline",
        },
        label: format!("steady windows{}", side.suffix(clock)),
        color: side.shown.key,
        stroke: Stroke::Fine,
        marks: Marks::Bands(merged),
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
const fn real(count: u64) -> f64 {
    count as f64
}
