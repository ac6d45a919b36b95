//! Every request as a bar from its sending to its end, in as many rows as requests were in flight: concurrency, waves
//! and stalls become visible. Where there are too many to tell apart, how many there were by how they ended.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::super::super::chart::{Across, Axis, ChartSpec, Marks, Reference, Series, Span, Stroke};
use super::super::super::text::{fit_middle, one_line};
use super::bins::Bins;
use super::clock::{Clock, Timed, after, requests, seconds};
use super::color::{color, key};
use crate::model::outcome::Outcome;

/// The most tries that are drawn one by one, and the most rows that they may take.
const MOST: usize = 1_600;
const MOST_LANES: usize = 160;
/// The longest name of a request, in columns.
const NAME: usize = 24;

/// One try of a request; most have one.
struct Try<'a> {
    id: &'a str,
    /// From 1, where there were several.
    number: Option<usize>,
    outcome: Outcome,
    /// Nanoseconds of the run's time.
    start: u64,
    first: Option<u64>,
    end: u64,
}

/// The chart of a run's requests.
pub(super) fn charts(clock: &Clock<'_>) -> Vec<ChartSpec> {
    let sides: Vec<(&Timed<'_>, Vec<Try<'_>>)> = clock.sides.iter().map(|side| (side, tries(side))).collect();
    let laid: Vec<Vec<usize>> = sides.iter().map(|(_, tries)| lanes(tries)).collect();
    let most = laid.iter().map(|lanes| lanes.iter().max().map_or(0, |lane| lane + 1)).max().unwrap_or(0);
    let few = sides.iter().map(|(_, tries)| tries.len()).sum::<usize>() <= MOST;
    vec![if few && most * sides.len() <= MOST_LANES {
        one_by_one(clock, &sides, &laid, most)
    } else {
        together(clock, &sides)
    }]
}

/// All tries of a side, by the moment of sending.
fn tries<'a>(side: &Timed<'a>) -> Vec<Try<'a>> {
    let mut tries = Vec::with_capacity(side.sent.len());
    for sent in &side.sent {
        let exchange = &sent.attempt.exchange;
        for (retry, number) in exchange.retries.iter().zip(1..) {
            tries.push(Try {
                id: sent.id,
                number: Some(number),
                outcome: retry.outcome,
                start: side.at(retry.sent_ns),
                first: None,
                end: side.at(retry.end_ns).max(side.at(retry.sent_ns)),
            });
        }
        let (sent_ns, end) = (exchange.trace.sent_ns, side.at(exchange.trace.end_ns));
        tries.push(Try {
            id: sent.id,
            number: (!exchange.retries.is_empty()).then_some(exchange.retries.len() + 1),
            outcome: exchange.outcome,
            start: side.at(sent_ns),
            first: sent.attempt.metrics.ttft_ms.map(|ms| side.at(after(sent_ns, ms))),
            end: end.max(side.at(sent_ns)),
        });
    }
    tries.sort_by_key(|one| (one.start, one.end));
    tries
}

/// The lowest free row for each, from 0: so many rows are taken at any moment as were in flight at the most before.
fn lanes(tries: &[Try<'_>]) -> Vec<usize> {
    let mut busy: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut free: BinaryHeap<Reverse<usize>> = BinaryHeap::new();
    let mut count = 0;
    tries
        .iter()
        .map(|one| {
            while let Some(Reverse((_, lane))) =
                busy.peek().copied().filter(|Reverse((end, _))| *end <= one.start)
            {
                busy.pop();
                free.push(Reverse(lane));
            }
            let lane = free.pop().map_or_else(
                || {
                    count += 1;
                    count - 1
                },
                |Reverse(lane)| lane,
            );
            busy.push(Reverse((one.end, lane)));
            lane
        })
        .collect()
}

fn one_by_one(
    clock: &Clock<'_>,
    sides: &[(&Timed<'_>, Vec<Try<'_>>)],
    laid: &[Vec<usize>],
    most: usize,
) -> ChartSpec {
    let y = Axis::lanes("requests in flight", groups(sides), real(most));
    let mut chart = clock.chart("timeline", "Requests", y);
    for (place, ((side, tries), lanes)) in sides.iter().zip(laid).enumerate() {
        let base = chart.y.below(place);
        let mut by_outcome: BTreeMap<Outcome, Vec<Span>> = BTreeMap::new();
        for (one, lane) in tries.iter().zip(lanes) {
            let number = one.number.map_or_else(String::new, |number| format!(", try {number}"));
            by_outcome.entry(one.outcome).or_default().push(Span {
                y: base + real(*lane) + 0.5,
                start: seconds(one.start),
                first: one.first.map(seconds),
                end: seconds(one.end),
                name: fit_middle(&one_line(one.id), NAME) + &number,
            });
        }
        for (outcome, mut spans) in by_outcome {
            // Row by row, so that one stroke begins near where the one before ended.
            spans.sort_by(|a, b| a.y.total_cmp(&b.y).then(a.start.total_cmp(&b.start)));
            chart.series.push(series(clock, side, outcome, Marks::Spans(spans)));
        }
        let rows = lanes.iter().max().map_or(0, |lane| lane + 1);
        chart.references.extend(heading(sides, side, base + real(rows), &format!("up to {rows} in flight")));
    }
    "Every request as a bar from its sending to its end, in rows by how many were in flight"
        .clone_into(&mut chart.about);
    chart.notes.insert(
        0,
        "Faint up to the first token, where there was one; a request takes the lowest free row.".to_owned(),
    );
    chart
}

/// How many requests were in flight by how they ended, mean over each bin.
fn together(clock: &Clock<'_>, sides: &[(&Timed<'_>, Vec<Try<'_>>)]) -> ChartSpec {
    let by_side: Vec<BTreeMap<Outcome, Vec<f64>>> = sides
        .iter()
        .map(|(_, tries)| {
            let mut by_outcome: BTreeMap<Outcome, Bins<'_>> = BTreeMap::new();
            for one in tries {
                let bins = by_outcome.entry(one.outcome).or_insert_with(|| Bins::new(clock));
                bins.spread(one.start, one.end, seconds(one.end - one.start));
            }
            by_outcome.into_iter().map(|(outcome, bins)| (outcome, bins.per_second())).collect()
        })
        .collect();
    let tops: Vec<f64> = by_side.iter().map(highest).collect();
    let top = tops.iter().copied().fold(0.0, f64::max);
    let mut chart = clock.chart(
        "timeline",
        "Requests in flight by outcome",
        Axis::lanes("requests in flight", groups(sides), top),
    );
    for (place, ((side, _), by_outcome)) in sides.iter().zip(by_side).enumerate() {
        let below = chart.y.below(place);
        let mut base = vec![below; clock.bins()];
        for (outcome, values) in by_outcome {
            let next: Vec<f64> = base.iter().zip(&values).map(|(base, value)| base + value).collect();
            let marks = Marks::Stack { edges: clock.edges(), base, values };
            chart.series.push(series(clock, side, outcome, marks));
            base = next;
        }
        let most = format!("up to {}", requests(tops[place]));
        chart.references.extend(heading(sides, side, below + tops[place], &most));
    }
    let n: usize = sides.iter().map(|(_, tries)| tries.len()).sum();
    "Requests in flight by outcome over time".clone_into(&mut chart.about);
    chart.notes.insert(
        0,
        format!(
            "{} are too many to be drawn one by one: the mean number in flight over each {}, by how they ended.",
            requests(real(n)),
            clock.width_name()
        ),
    );
    chart
}

fn highest(by_outcome: &BTreeMap<Outcome, Vec<f64>>) -> f64 {
    let bins = by_outcome.values().map(Vec::len).max().unwrap_or(0);
    (0..bins).map(|bin| by_outcome.values().map(|values| values[bin]).sum()).fold(0.0, f64::max)
}

/// Which side a group of rows is of, where there are two.
fn heading(
    sides: &[(&Timed<'_>, Vec<Try<'_>>)],
    side: &Timed<'_>,
    value: f64,
    most: &str,
) -> Option<Reference> {
    const LABEL: usize = 40;
    let label = format!("{}: {most}", fit_middle(&one_line(side.shown.label), LABEL));
    (sides.len() > 1).then_some(Reference { on: Across::Y, value, label })
}

fn series(clock: &Clock<'_>, side: &Timed<'_>, outcome: Outcome, marks: Marks) -> Series {
    Series {
        key: key(side.shown.side, outcome),
        label: format!("{outcome}{}", side.suffix(clock)),
        color: color(outcome, side.shown.key),
        stroke: Stroke::Strong,
        marks,
    }
}

fn groups<T>(sides: &[T]) -> u32 {
    u32::try_from(sides.len()).unwrap_or(1)
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
const fn real(count: usize) -> f64 {
    count as f64
}
