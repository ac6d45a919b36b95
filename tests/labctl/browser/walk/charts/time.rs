//! What happened when: everything counts from the first request's sending.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::rules::{FEWEST, number};
use super::amounts::Amounts;
use super::speed::points;
use super::{Chart, MOMENT, Series, attempts, percentile, real, same, same_points};

/// Characters of the longest name of a request that is told whole.
const NAME: usize = 24;

/// The most responses of which a report tells when each token came.
const WITH_TIMES: usize = 20_000;

/// A request's times, seconds since the first was sent.
struct Sent<'a> {
    id: &'a str,
    attempt: &'a Value,
    start: f64,
    end: f64,
}

/// What is wrong with one of these charts; none where it is another.
pub(super) fn check(result: &Value, chart: &Chart) -> Option<Vec<String>> {
    let of: fn(&Value, &Chart, &Series, &[Sent<'_>]) -> Vec<String> =
        match chart.name.trim_end_matches("-baseline") {
            "timeline" => timeline,
            "throughput-time" => throughput,
            "requests-time" => requests,
            "in-flight" => in_flight,
            "ttft-time" | "ttft-heatmap" => |_, _, series, sent| latencies(series, sent, "ttft_ms"),
            "e2e-heatmap" => |_, _, series, sent| latencies(series, sent, "e2e_ms"),
            "stalls" => |_, _, series, sent| latencies(series, sent, "max_stall_ms"),
            "errors-time" => failures,
            _ => return None,
        };
    let end = end_of(result);
    let mut wrong = Vec::new();
    for series in &chart.series {
        let is_baseline = chart.name.ends_with("-baseline") || series.side() == "baseline";
        let sent = sent(result, if is_baseline { "baseline" } else { "candidate" });
        let told = |what| format!("{} ({}): {what}", series.key, series.marks);
        wrong.extend(of(result, chart, &to_the_end(series, end), &sent).into_iter().map(told));
    }
    if chart.name == "timeline" {
        wrong.extend(all_are_drawn(result, chart));
    }
    Some(wrong)
}

/// When the last request of all ended.
fn end_of(result: &Value) -> f64 {
    let all = ["baseline", "candidate"].map(|side| sent(result, side));
    all.iter().flatten().map(|one| one.end).fold(0.0, f64::max)
}

/// A series whose last bin ends when the run does, to the nanosecond: a microsecond may be much of a short bin.
fn to_the_end(series: &Series, end: f64) -> Series {
    let mut exact = series.clone();
    let edges = if matches!(series.marks.as_str(), "bars" | "stack") { exact.x.last_mut() } else { None };
    let ends: Vec<&mut f64> = if matches!(series.marks.as_str(), "cells" | "held") {
        exact.end.iter_mut().collect()
    } else {
        Vec::new()
    };
    for edge in edges.into_iter().chain(ends).filter(|edge| (**edge - end).abs() <= MOMENT) {
        *edge = end;
    }
    exact
}

fn ns(attempt: &Value, field: &str) -> f64 {
    attempt["exchange"]["trace"][field].as_f64().unwrap()
}

/// When the first request of all, or of a side that was measured in another run, was sent.
fn origin(result: &Value, side: &str) -> f64 {
    let is_apart = result["baseline"]["measured_in"].is_object();
    let sides: &[&str] = if is_apart { &[side] } else { &["baseline", "candidate"] };
    let first = |attempt: &Value| {
        number(&attempt["exchange"]["retries"][0], "sent_ns").unwrap_or(f64::MAX).min(ns(attempt, "sent_ns"))
    };
    let all = sides.iter().flat_map(|side| attempts(result, side)).map(|(_, attempt)| first(attempt));
    all.fold(f64::MAX, f64::min)
}

fn sent<'a>(result: &'a Value, side: &'a str) -> Vec<Sent<'a>> {
    let origin = origin(result, side);
    let of = |(row, attempt): (&'a Value, &'a Value)| Sent {
        id: row["key"]["prompt_id"].as_str().unwrap(),
        attempt,
        start: (ns(attempt, "sent_ns") - origin) / 1e9,
        end: (ns(attempt, "end_ns") - origin) / 1e9,
    };
    attempts(result, side).map(of).collect()
}

impl Sent<'_> {
    fn outcome(&self) -> &str {
        self.attempt["exchange"]["outcome"].as_str().unwrap()
    }

    fn is_success(&self) -> bool {
        self.outcome() == "success"
    }

    fn metric(&self, name: &str) -> Option<f64> {
        self.attempt["metrics"][name].as_f64()
    }

    /// When its first token came, and when its last.
    fn after(&self, metric: &str) -> Option<f64> {
        Some(self.start + self.metric(metric)? / 1e3)
    }

    /// From the plan to its sending, where a cap held it.
    fn waited(&self) -> Option<(f64, f64)> {
        let trace = &self.attempt["exchange"]["trace"];
        let shift = |at: f64| self.start + (at - ns(self.attempt, "sent_ns")) / 1e9;
        Some((shift(number(trace, "scheduled_ns")?), shift(number(trace, "admitted_ns")?)))
    }

    /// Tries that failed before it, from their sending to their end.
    fn retries(&self) -> Vec<(f64, f64)> {
        let shift = |at: f64| self.start + (at - ns(self.attempt, "sent_ns")) / 1e9;
        let all = self.attempt["exchange"]["retries"].as_array().cloned().unwrap_or_default();
        let span = |retry: &Value| Some((shift(number(retry, "sent_ns")?), shift(number(retry, "end_ns")?)));
        all.iter().filter_map(span).collect()
    }
}

/// `candidate-http-5xx` is of `http_5xx`.
fn is_of(series: &Series, outcome: &str) -> bool {
    series.key.split_once('-').is_some_and(|(_, name)| name.replace('-', "_") == outcome)
}

/// A try of a request; most have one.
struct Try<'a> {
    name: String,
    outcome: &'a str,
    start: f64,
    first: Option<f64>,
    end: f64,
}

/// Every try of every request.
fn tries<'a>(sent: &'a [Sent<'a>]) -> impl Iterator<Item = Try<'a>> {
    sent.iter().flat_map(|one| {
        let failed = one.attempt["exchange"]["retries"].as_array().map_or(&[] as &[Value], Vec::as_slice);
        let name = |number: usize| {
            let number = if failed.is_empty() { String::new() } else { format!(", try {number}") };
            format!("{}{number}", one.id)
        };
        let last = Try {
            name: name(failed.len() + 1),
            outcome: one.outcome(),
            start: one.start,
            first: one.after("ttft_ms"),
            end: one.end,
        };
        let again =
            one.retries().into_iter().zip(failed).zip(1..).map(move |(((start, end), retry), number)| Try {
                name: name(number),
                outcome: retry["outcome"].as_str().unwrap(),
                start,
                first: None,
                end,
            });
        again.chain([last]).collect::<Vec<_>>()
    })
}

/// Bars of single tries, or how many were in flight over each bin.
fn timeline(_: &Value, _: &Chart, series: &Series, sent: &[Sent<'_>]) -> Vec<String> {
    let of: Vec<Try<'_>> = tries(sent).filter(|one| is_of(series, one.outcome)).collect();
    if series.marks == "stack" {
        let spans = of.iter().map(|one| (one.start, one.end, one.end - one.start)).collect();
        let held = Amounts { spans, ..Amounts::default() };
        return held.check(series, &series.x, &amounts(series)).into_iter().collect();
    }
    let bar = |i: usize| [series.x[i], series.first[i].unwrap_or(-1.0), series.end[i]];
    let drawn: Vec<[f64; 3]> = (0..series.x.len()).map(bar).collect();
    let held: Vec<[f64; 3]> = of.iter().map(|one| [one.start, one.first.unwrap_or(-1.0), one.end]).collect();
    let mut wrong: Vec<String> = same_points(&drawn, &held, &|_| [MOMENT; 3]).err().into_iter().collect();
    // Names that are not cut say which try of which request it is.
    let sorted = |names: Vec<&str>| {
        let mut names = names;
        names.sort_unstable();
        names.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    if sent.iter().all(|one| one.id.is_ascii() && one.id.len() <= NAME) {
        let told = sorted(series.name.iter().map(String::as_str).collect());
        let held = sorted(of.iter().map(|one| one.name.as_str()).collect());
        if told != held {
            wrong.push(format!("named {told:?}, they are {held:?}"));
        }
    }
    let mut bars: Vec<(f64, f64, f64)> =
        (0..series.x.len()).map(|i| (series.y[i], series.x[i], series.end[i])).collect();
    bars.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let over =
        bars.windows(2).find(|pair| same(pair[0].0, pair[1].0) && pair[1].1 < pair[0].2 - 2.0 * MOMENT);
    wrong.extend(over.map(|pair| format!("{pair:?} lie over each other")));
    wrong
}

/// Every outcome of a try that occurred has its series.
fn all_are_drawn(result: &Value, chart: &Chart) -> Vec<String> {
    let mut wrong = BTreeSet::new();
    for side in ["baseline", "candidate"] {
        let sent = sent(result, side);
        for one in tries(&sent) {
            let drawn = chart.series.iter().any(|series| series.side() == side && is_of(series, one.outcome));
            if !drawn {
                wrong.insert(format!("{} of {side} is not drawn", one.outcome));
            }
        }
    }
    wrong.into_iter().collect()
}

/// Amounts of bars that are drawn as rates.
fn amounts(series: &Series) -> Vec<f64> {
    series.x.windows(2).zip(&series.y).map(|(bin, rate)| rate * (bin[1] - bin[0])).collect()
}

/// Each steady window lies within what is shaded, and what is shaded begins and ends with windows.
fn bands(result: &Value, series: &Series, sent: &[Sent<'_>]) -> Vec<String> {
    let Some(first) = sent.first() else { return vec!["nothing was sent".to_owned()] };
    let shift = |at: f64| first.start + (at - ns(first.attempt, "sent_ns")) / 1e9;
    let side = series.side();
    let levels = result["levels"].as_array().into_iter().flatten().filter_map(|level| level.get(side));
    let summaries: Vec<&Value> =
        std::iter::once(&result[side]).chain(levels).map(|side| &side["summary"]).collect();
    let windows: Vec<(f64, f64)> = summaries
        .iter()
        .filter_map(|summary| summary["throughput"]["windows"].as_array())
        .flatten()
        .filter_map(|window| {
            Some((shift(number(window, "start_ns")?).max(0.0), shift(number(window, "end_ns")?)))
        })
        .collect();
    let near = |a: f64, b: f64| (a - b).abs() <= MOMENT;
    let mut wrong = Vec::new();
    for (from, to) in series.x.iter().zip(&series.end) {
        if !windows.iter().any(|window| near(window.0, *from))
            || !windows.iter().any(|window| near(window.1, *to))
        {
            wrong.push(format!("shaded {from} to {to}, the windows are {windows:?}"));
        }
    }
    for (from, to) in &windows {
        if !series.x.iter().zip(&series.end).any(|(x, end)| *x <= from + MOMENT && *end >= to - MOMENT) {
            wrong.push(format!("the window {from} to {to} is not shaded"));
        }
    }
    wrong
}

fn throughput(result: &Value, chart: &Chart, series: &Series, sent: &[Sent<'_>]) -> Vec<String> {
    if series.marks == "bands" {
        return bands(result, series, sent);
    }
    // A request whose tokens have no times of their own, as other tools' files may have it, or as one of very many: its
    // tokens are spread evenly from the first to the last, and the chart says so.
    let all: usize = ["baseline", "candidate"].map(|side| attempts(result, side).count()).into_iter().sum();
    let has_times =
        all <= WITH_TIMES && result["imported_from"].get("chunks").is_none_or(|chunks| chunks == "all");
    let mut held = Amounts::default();
    for one in sent.iter().filter(|one| one.is_success()) {
        let Some(tokens) = one.metric("output_tokens") else { continue };
        let chunks = &one.attempt["exchange"]["trace"]["chunks"];
        let list = |key: &str| chunks[key].as_array().cloned().unwrap_or_default();
        let parts: Vec<(f64, f64)> = list("recv_ns")
            .iter()
            .zip(&list("tokens"))
            .map(|(at, tokens)| (at.as_f64().unwrap(), tokens.as_f64().unwrap()))
            .filter(|(_, tokens)| has_times && *tokens > 0.0)
            .collect();
        let told: f64 = parts.iter().map(|(_, tokens)| tokens).sum();
        if told > 0.0 {
            let from = ns(one.attempt, "sent_ns");
            held.events
                .extend(parts.iter().map(|(at, part)| (one.start + (at - from) / 1e9, tokens * part / told)));
        } else {
            let (begin, end) =
                (one.after("ttft_ms").unwrap_or(one.end), one.after("e2e_ms").unwrap_or(one.end));
            held.events.push((begin, tokens.min(1.0)));
            held.spans.push((begin, end, (tokens - 1.0).max(0.0)));
        }
    }
    let is_told = |what: &str| chart.notes.iter().any(|note| note.contains(what));
    let mut wrong = Vec::new();
    if !held.spans.is_empty() && !is_told("spread evenly") {
        wrong.push("tokens are spread evenly, and it doesn't say so".to_owned());
    }
    if !held.events.is_empty() && held.spans.is_empty() && is_told("Without the times of single tokens") {
        wrong.push("tokens have times, and it says that they have none".to_owned());
    }
    wrong.extend(held.check(series, &series.x, &amounts(series)));
    wrong
}

fn requests(result: &Value, _: &Chart, series: &Series, sent: &[Sent<'_>]) -> Vec<String> {
    if series.marks == "bands" {
        return bands(result, series, sent);
    }
    if series.marks == "held" {
        let planned = |one: &Sent<'_>| {
            (one.start + (ns(one.attempt, "scheduled_ns") - ns(one.attempt, "sent_ns")) / 1e9, 1.0)
        };
        let events: Vec<(f64, f64)> = sent.iter().map(planned).collect();
        let edges: Vec<f64> = series.x.iter().copied().chain(series.end.last().copied()).collect();
        let amounts: Vec<f64> =
            edges.windows(2).zip(&series.y).map(|(bin, rate)| rate * (bin[1] - bin[0])).collect();
        return Amounts::of(events).check(series, &edges, &amounts).into_iter().collect();
    }
    let ended =
        sent.iter().filter(|one| one.is_success()).map(|one| (one.after("e2e_ms").unwrap_or(one.end), 1.0));
    Amounts::of(ended.collect()).check(series, &series.x, &amounts(series)).into_iter().collect()
}

/// Every step: as many requests were in flight, or waiting.
fn in_flight(result: &Value, chart: &Chart, series: &Series, sent: &[Sent<'_>]) -> Vec<String> {
    if series.key == "configured" {
        return configured(result, series);
    }
    let spans: Vec<(f64, f64)> = if series.key.starts_with("queued") {
        sent.iter().filter_map(Sent::waited).filter(|(from, to)| to > from).collect()
    } else {
        sent.iter().flat_map(|one| one.retries().into_iter().chain([(one.start, one.end)])).collect()
    };
    if !chart.notes.iter().any(|note| note.starts_with("Too many changes")) {
        return every_step(series, &spans, end_of(result));
    }
    let (mut begins, mut ends): (Vec<f64>, Vec<f64>) = spans.into_iter().unzip();
    begins.sort_by(f64::total_cmp);
    ends.sort_by(f64::total_cmp);
    let begun = |at: f64| real(begins.partition_point(|begin| *begin <= at));
    let ended = |at: f64| real(ends.partition_point(|end| *end <= at));
    let mut wrong = Vec::new();
    for (x, y) in series.x.iter().zip(&series.y) {
        // What ends at a moment is no longer in flight.
        let (surely, maybe) = (begun(x - MOMENT) - ended(x + MOMENT), begun(x + MOMENT) - ended(x - MOMENT));
        if *y < surely || *y > maybe {
            wrong.push(format!("{y} at {x}, it is {surely} to {maybe}"));
        }
    }
    wrong
}

/// Each change of how many there are at once, and none else.
fn every_step(series: &Series, spans: &[(f64, f64)], end: f64) -> Vec<String> {
    // Whole nanoseconds, so that moments that are the same are so however they were computed.
    let moment = |at: f64| (at * 1e9).round();
    let edges = spans.iter().filter(|(from, to)| moment(*to) > moment(*from));
    let mut edges: Vec<(f64, i32)> =
        edges.flat_map(|(from, to)| [(moment(*from), 1), (moment(*to), -1)]).collect();
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut steps, mut now): (Vec<(f64, i32)>, i32) = (Vec::new(), 0);
    for together in edges.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let next = now + together.iter().map(|(_, change)| change).sum::<i32>();
        if next != now {
            steps.push((together[0].0 / 1e9, next));
        }
        now = next;
    }
    // From the axis' beginning to its end.
    if steps.first().is_some_and(|first| first.0 > 0.0) {
        steps.insert(0, (0.0, 0));
    }
    steps.extend(steps.last().copied().filter(|last| last.0 < end).map(|last| (end, last.1)));
    if series.x.len() != steps.len() {
        return vec![format!("{} steps, it changes {} times", series.x.len(), steps.len())];
    }
    let drawn = series.x.iter().zip(&series.y);
    let wrong = drawn
        .zip(&steps)
        .find(|((x, y), step)| (**x - step.0).abs() > MOMENT || (**y - f64::from(step.1)).abs() > 1e-9);
    wrong.map(|((x, y), step)| format!("{y} at {x}, it is {step:?}")).into_iter().collect()
}

/// What was configured for each load, from its beginning to that of the next.
fn configured(result: &Value, series: &Series) -> Vec<String> {
    let origin = origin(result, "candidate");
    let phases = result["phases"].as_array().into_iter().flatten();
    let loads = phases.filter(|phase| phase["level"]["axis"] == "concurrency");
    let held: Vec<(f64, f64)> = loads
        .filter_map(|phase| {
            let from = (number(phase, "at_ns")? - origin).max(0.0) / 1e9;
            Some((from, number(phase, "level/value")?))
        })
        .collect();
    let ends = held.iter().skip(1).map(|(from, _)| *from).chain([end_of(result)]);
    let near = |a: f64, b: f64| (a - b).abs() <= MOMENT;
    let drawn = series.x.iter().zip(&series.end).zip(&series.y);
    let same = series.x.len() == held.len()
        && held.iter().zip(ends).zip(drawn).all(|(((from, value), to), ((x, end), y))| {
            near(*from, *x) && near(to, *end) && same(*value, *y)
        });
    if same { Vec::new() } else { vec![format!("{:?} {:?}, it is {held:?}", series.x, series.y)] }
}

/// A latency by when the request was sent: dots, counts in cells, or percentiles by bin.
fn latencies(series: &Series, sent: &[Sent<'_>], metric: &str) -> Vec<String> {
    let held: Vec<(f64, f64)> = sent
        .iter()
        .filter(|one| one.is_success())
        .filter_map(|one| Some((one.start, one.metric(metric)?)))
        .collect();
    if series.marks == "cells" {
        // Columns of one width; the last one ends when the run does.
        let ends = series.end.iter().copied().fold(0.0, f64::max);
        let others = series.x.iter().zip(&series.end).filter(|(_, end)| (**end - ends).abs() > MOMENT);
        let width = others.map(|(x, end)| end - x).fold(f64::INFINITY, f64::min);
        let uneven = series.x.iter().zip(&series.end).find(|(x, end)| {
            let place = *x / width;
            let is_last = (**end - ends).abs() <= MOMENT;
            !is_last
                && ((*end - *x - width).abs() > MOMENT || (place - place.round()).abs() > 1e-6 * place + 1e-9)
        });
        let mut wrong = points(series, &held);
        wrong.extend(uneven.map(|(x, end)| format!("a column from {x} to {end}, others are {width} wide")));
        return wrong;
    }
    if series.marks != "held" {
        return points(series, &held);
    }
    let percent: usize = series.key.split('-').next().unwrap().trim_start_matches('p').parse().unwrap();
    let fewest = if percent == 95 { FEWEST[0].1 } else { 1.0 };
    let mut held = held;
    held.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut wrong = Vec::new();
    for i in 0..series.x.len() {
        let (from, to, y) = (series.x[i], series.end[i], series.y[i]);
        // Requests on a border, to a nanosecond, may be on either side; the last bin has all that come later.
        let of = |off: f64| {
            let end = if i + 1 == series.x.len() {
                held.len()
            } else {
                held.partition_point(|one| one.0 < to + off)
            };
            let of = &held[held.partition_point(|one| one.0 < from - off).min(end)..end];
            let mut values: Vec<f64> = of.iter().map(|one| one.1).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let fits = |values: &[f64]| {
            real(values.len()) >= fewest
                && same(real(values.len()), series.value[i])
                && percentile(values, percent).is_some_and(|held| same(held, y))
        };
        let off = series.off_edge(to);
        let most = of(off);
        if ![0.0, -off].into_iter().any(|off| fits(&of(off))) && !fits(&most) {
            let held = percentile(&most, percent);
            wrong.push(format!(
                "{from} to {to}: {y} of {}, it is {held:?} of {}",
                series.value[i],
                most.len()
            ));
        }
    }
    let told: f64 = series.value.iter().sum();
    if percent == 50 && !same(told, real(held.len())) {
        wrong.push(format!("{told} of {} requests", held.len()));
    }
    wrong
}

/// Failures by when they ended.
fn failures(_: &Value, _: &Chart, series: &Series, sent: &[Sent<'_>]) -> Vec<String> {
    let events: Vec<(f64, f64)> = if series.key.starts_with("again") {
        sent.iter().flat_map(Sent::retries).map(|(_, end)| (end, 1.0)).collect()
    } else {
        sent.iter().filter(|one| is_of(series, one.outcome())).map(|one| (one.end, 1.0)).collect()
    };
    Amounts::of(events).check(series, &series.x, &series.y).into_iter().collect()
}
