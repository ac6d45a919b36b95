//! How many requests were in flight at each moment, how many waited for a cap to let them go, and what was configured.

use super::super::super::chart::{
    Across, Axis, ChartSpec, Held, Marks, Point, Reference, Series, Stroke, Unit,
};
use super::super::super::number::plain;
use super::clock::{Clock, Timed, seconds};
use crate::model::load::{LoadAxis, Start};
use crate::model::record::Side;

/// A line with more changes is reduced to the least, the most and the last of each of so many parts of the time.
const PARTS: usize = 200;
const MOST_POINTS: usize = 3 * PARTS;
/// A cap that was never come near is not worth the room it takes.
const FAR: f64 = 3.0;

/// Requests in flight.
pub(super) fn charts(clock: &Clock<'_>) -> Vec<ChartSpec> {
    let end = clock.edge(clock.bins());
    let mut series = Vec::new();
    let mut is_reduced = false;
    for side in &clock.sides {
        let mut add = |key, label: &str, stroke, spans: Vec<(u64, u64)>| {
            let steps = steps(spans);
            if steps.is_empty() {
                return;
            }
            is_reduced |= steps.len() > MOST_POINTS;
            let marks = Marks::Steps(reduced(&steps, end));
            series.push(Series {
                key,
                label: format!("{label}{}", side.suffix(clock)),
                color: side.shown.key,
                stroke,
                marks,
            });
        };
        let (waiting, sent) = match side.shown.side {
            Side::Candidate => ("queued-candidate", "sent-candidate"),
            Side::Baseline => ("queued-baseline", "sent-baseline"),
        };
        let flights = flights(side);
        // Below the cap no one waits for it: what is planned and what is done are never at quite the same moment.
        if cap(clock).is_some_and(|cap| most(&flights) >= u64::from(cap)) {
            add(waiting, "waiting for the cap", Stroke::Dashed, waits(side));
        }
        add(sent, "in flight", side.shown.stroke, flights);
    }
    let top = series.iter().flat_map(points).map(|point| point.y).fold(0.0, f64::max);
    if top <= 0.0 {
        return Vec::new();
    }
    let configured = configured(clock, top);
    let of_levels = levels(clock, end);
    let reach = configured.as_ref().map_or(0.0, |line| line.value);
    let reach = of_levels.iter().map(|held| held.y).fold(reach.max(top), f64::max);
    // A line's name stands above it.
    let y = Axis::from_zero("requests in flight", Unit::Of(""), reach * 1.08);
    let mut chart = clock.chart("in-flight", "Requests in flight", y);
    "Requests in flight over time, by side".clone_into(&mut chart.about);
    chart.references.extend(configured);
    if !of_levels.is_empty() {
        chart.series.push(Series {
            key: "configured",
            label: "configured".to_owned(),
            color: "soft",
            stroke: Stroke::Dashed,
            marks: Marks::Held(of_levels),
        });
    }
    chart.series.extend(series);
    let mut notes = Vec::new();
    if is_reduced {
        notes.push(format!(
            "Too many changes to draw: the least, the most and the last of each {PARTS}th of the time."
        ));
    }
    if clock.sides.iter().any(|side| side.sent.iter().any(|sent| !sent.attempt.exchange.retries.is_empty())) {
        notes.push("A request that was sent again counts while each of its tries lasted.".to_owned());
    }
    if clock.result.blocks.iter().any(|block| block.not_counted > 0) {
        notes.push(
            "Requests of the phases that don't count were in flight too, and are not drawn.".to_owned(),
        );
    }
    chart.notes.splice(0..0, notes);
    vec![chart]
}

fn points(series: &Series) -> &[Point] {
    match &series.marks {
        Marks::Steps(points) => points,
        _ => &[],
    }
}

/// From sending to end, of every try.
fn flights(side: &Timed<'_>) -> Vec<(u64, u64)> {
    let mut spans = Vec::with_capacity(side.sent.len());
    for sent in &side.sent {
        let exchange = &sent.attempt.exchange;
        spans.extend(exchange.retries.iter().map(|retry| (side.at(retry.sent_ns), side.at(retry.end_ns))));
        spans.push((side.at(exchange.trace.sent_ns), side.at(exchange.trace.end_ns)));
    }
    spans
}

/// From the planned start to where the cap let it go.
fn waits(side: &Timed<'_>) -> Vec<(u64, u64)> {
    let wait =
        |trace: &crate::model::trace::Trace| Some((side.at(trace.scheduled_ns), side.at(trace.admitted_ns?)));
    let waits = side.sent.iter().filter_map(|sent| wait(&sent.attempt.exchange.trace));
    waits.filter(|(from, to)| to > from).collect()
}

/// How many spans there are from each moment at which that changes, by time; what begins where another ends doesn't
/// overlap it.
fn steps(spans: Vec<(u64, u64)>) -> Vec<(u64, i64)> {
    let mut edges: Vec<(u64, i64)> = spans
        .into_iter()
        .filter(|(from, to)| to > from)
        .flat_map(|(from, to)| [(from, 1), (to, -1)])
        .collect();
    edges.sort_unstable();
    let mut steps: Vec<(u64, i64)> = Vec::new();
    let mut now = 0;
    for (at, change) in edges {
        now += change;
        match steps.last_mut() {
            Some(last) if last.0 == at => last.1 = now,
            _ => steps.push((at, now)),
        }
    }
    steps.dedup_by_key(|(_, count)| *count);
    steps
}

/// The same as a line over `end` seconds, in no more than [`MOST_POINTS`] of its own points: peaks and troughs stay.
fn reduced(steps: &[(u64, i64)], end: f64) -> Vec<Point> {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let point = |(at, count): &(u64, i64)| Point::new(seconds(*at), *count as f64);
    let mut points = Vec::new();
    if steps.len() <= MOST_POINTS {
        points.extend(steps.iter().map(point));
    } else {
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let part = |at: u64| (seconds(at) / end * PARTS as f64).floor();
        for run in steps.chunk_by(|a, b| part(a.0).total_cmp(&part(b.0)).is_eq()) {
            let least = run.iter().min_by_key(|(_, count)| *count);
            let most = run.iter().max_by_key(|(_, count)| *count);
            let mut kept: Vec<_> = [least, most, run.last()].into_iter().flatten().collect();
            kept.sort_unstable();
            kept.dedup();
            points.extend(kept.into_iter().map(point));
        }
    }
    // The line begins on the axis, unless something begins with it, and goes on to its end.
    if points.first().is_some_and(|first| first.x > 0.0) {
        let begins = steps.first().filter(|(at, _)| *at == 0).map_or(Point::new(0.0, 0.0), point);
        points.insert(0, begins);
    }
    if let Some(last) = points.last().copied().filter(|last| last.x < end) {
        points.push(Point::new(end, last.y));
    }
    points
}

/// The most requests in flight of an open loop, where that is bounded.
fn cap(clock: &Clock<'_>) -> Option<u32> {
    let start = &clock.result.load.profile.as_ref()?.start;
    start.most_in_flight().filter(|_| start.is_open())
}

/// The most spans that there are at any moment.
fn most(spans: &[(u64, u64)]) -> u64 {
    steps(spans.to_vec()).into_iter().map(|(_, count)| count.unsigned_abs()).max().unwrap_or(0)
}

/// The configured concurrency or cap, where there was one load.
fn configured(clock: &Clock<'_>, top: f64) -> Option<Reference> {
    if !clock.result.levels.is_empty() {
        return None;
    }
    let load = &clock.result.load;
    let (name, most) = match load.profile.as_ref().map(|profile| &profile.start) {
        None => ("configured", load.concurrency),
        Some(Start::Concurrency { concurrency, .. }) => ("configured", *concurrency),
        Some(Start::Batch { size }) => ("batch", *size),
        Some(Start::Rate { max_in_flight, .. } | Start::Trace { max_in_flight, .. }) => {
            ("cap", max_in_flight.filter(|most| f64::from(*most) <= FAR * top)?)
        }
    };
    let value = f64::from(most);
    (most > 0).then(|| Reference { on: Across::Y, value, label: format!("{name}: {}", plain(value)) })
}

/// The configured concurrency of each level of a sweep or search.
fn levels(clock: &Clock<'_>, end: f64) -> Vec<Held> {
    let Some(side) = clock.sides.first() else { return Vec::new() };
    let levels: Vec<(f64, f64)> = clock
        .levels(side)
        .filter(|(at, load)| load.axis == LoadAxis::Concurrency && *at < end)
        .map(|(at, load)| (at, load.value))
        .collect();
    let ends = levels.iter().skip(1).map(|(at, _)| *at).chain([end]);
    levels.iter().zip(ends).map(|((from, y), to)| Held { from: *from, to, y: *y, n: None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_are_counted_from_their_first_moment_to_their_last() {
        assert_eq!(steps(vec![(0, 10), (5, 20), (10, 15)]), [(0, 1), (5, 2), (15, 1), (20, 0)]);
        assert_eq!(steps(vec![(3, 3)]), []);
        assert_eq!(steps(Vec::new()), []);
        let line = reduced(&[(500_000_000, 2), (1_500_000_000, 0)], 2.0);
        let line: Vec<_> = line.iter().map(|p| (p.x, p.y)).collect();
        assert_eq!(line, [(0.0, 0.0), (0.5, 2.0), (1.5, 0.0), (2.0, 0.0)]);
    }

    proptest! {
        #[test]
        fn a_reduced_line_keeps_its_peak_and_invents_nothing(
            spans in prop::collection::vec((0_u64..1_000_000, 1_u64..5_000), 0..2_000),
        ) {
            let spans: Vec<_> = spans.into_iter().map(|(from, long)| (from * 1_000, (from + long) * 1_000)).collect();
            let steps = steps(spans.clone());
            let points = reduced(&steps, 1.005);
            prop_assert!(points.len() <= MOST_POINTS + 2);
            let peak = steps.iter().map(|(_, count)| *count).max().unwrap_or(0);
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let drawn = points.iter().any(|point| (point.y - peak as f64).abs() < 0.5);
            prop_assert!(drawn || peak == 0);
            for point in &points {
                let at = point.x * 1e9;
                #[expect(clippy::cast_precision_loss, reason = "small")]
                let there = spans.iter().filter(|(from, to)| *from as f64 <= at + 0.5 && *to as f64 > at + 0.5).count();
                #[expect(clippy::cast_precision_loss, reason = "small")]
                let same = (there as f64 - point.y).abs() < 0.5;
                prop_assert!(same, "{there} at {at}, not {}", point.y);
            }
        }
    }
}
