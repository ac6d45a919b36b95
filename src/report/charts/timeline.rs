//! Every request as a bar from its sending to its end, one below the other as they were sent: concurrency, waves
//! and stalls become visible.

use super::super::chart::{Axis, ChartSpec, Frame, Marks, Series, Span, Stroke, Unit};
use super::super::table::Labels;
use super::super::text::one_line;
use super::sides;
use crate::model::outcome::Outcome;
use crate::model::record::Attempt;
use crate::model::result::RunResult;

/// The most requests that are drawn one by one.
const MOST: usize = 2_000;

/// The requests of a run; none where there are too many to be told apart.
pub(super) fn chart(result: &RunResult, labels: &Labels) -> Option<ChartSpec> {
    let mut sent: Vec<(&str, &Attempt)> = Vec::new();
    for side in sides(labels) {
        let of_side =
            result.rows.iter().filter_map(|row| Some((row.key.prompt_id.as_str(), row.attempt(side.side)?)));
        sent.extend(of_side);
    }
    if sent.is_empty() || sent.len() > MOST {
        return None;
    }
    sent.sort_by_key(|(_, attempt)| attempt.exchange.trace.sent_ns);
    let start = sent.first()?.1.exchange.trace.sent_ns;
    let seconds = |ns: crate::model::units::Nanos| ns.0.saturating_sub(start.0) as f64 / 1e9;
    let mut by_outcome: Vec<(Outcome, Vec<Span>)> = Vec::new();
    let mut end = 0.0_f64;
    for ((name, attempt), place) in sent.iter().zip(1_u32..) {
        let trace = &attempt.exchange.trace;
        let begin = seconds(trace.sent_ns);
        let span = Span {
            y: f64::from(place),
            start: begin,
            first: attempt.metrics.ttft_ms.map(|ms| begin + ms / 1e3),
            end: seconds(trace.end_ns),
            name: one_line(name),
        };
        end = end.max(span.end);
        let outcome = attempt.exchange.outcome;
        match by_outcome.iter_mut().find(|(of, _)| *of == outcome) {
            Some((_, spans)) => spans.push(span),
            None => by_outcome.push((outcome, vec![span])),
        }
    }
    let series = by_outcome.into_iter().map(|(outcome, spans)| Series {
        key: outcome.name(),
        label: outcome.to_string(),
        color: if outcome.is_success() { "ok" } else { "failed" },
        stroke: Stroke::Strong,
        marks: Marks::Spans(spans),
    });
    Some(ChartSpec {
        name: "timeline".to_owned(),
        title: "Requests".to_owned(),
        about: "Every request as a bar from its sending to its end".to_owned(),
        notes: vec!["Pale up to the first token".to_owned()],
        frame: Frame::Wide,
        x: Axis::time(end),
        y: Axis::between("request, in the order of sending", Unit::Of(""), 0.0, sent.len() as f64 + 1.0),
        series: series.collect(),
        references: Vec::new(),
    })
}
