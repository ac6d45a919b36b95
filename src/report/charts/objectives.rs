//! How large a share of the requests kept to each objective, beside the share that it asks for.

use super::super::chart::{Axis, ChartSpec, Frame, Marks, Point, Rest, Series, Stroke};
use super::super::number::percent;
use super::super::table::Labels;
use super::{Shown, rows, sides};
use crate::metrics::goodput::{From, meets};
use crate::model::comparison::PassRate;
use crate::model::record::Attempt;
use crate::model::result::{RunResult, SideInfo};
use crate::model::slo::{Slo, SloMetric, SloStatistic};
use crate::stats::proportion::pass_rate;

/// A share of requests that is aimed at.
struct Aim {
    name: String,
    /// The share asked for, 0 to 1; none where an objective asks for none.
    target: Option<f64>,
    of: Of,
}

/// What has the share.
enum Of {
    /// All latency objectives at once.
    InTime,
    /// This one objective.
    One(Slo),
}

/// Attainment by objective; none where there are no objectives that requests keep to.
pub(super) fn chart(result: &RunResult, labels: &Labels) -> Option<ChartSpec> {
    let shown = sides(labels);
    let infos: Vec<(Shown<'_>, &SideInfo)> =
        shown.into_iter().filter_map(|side| Some((side, result.side(side.side)?))).collect();
    let objectives: Vec<Slo> = infos
        .iter()
        .map(|(_, info)| &info.slos)
        .max_by_key(|slos| slos.len())?
        .iter()
        .map(|outcome| outcome.slo)
        .collect();
    let mut aims = Vec::new();
    if objectives.iter().filter(|slo| slo.metric.is_latency()).count() > 1 {
        aims.push(Aim { name: "all latencies".to_owned(), target: None, of: Of::InTime });
    }
    let held = objectives.iter().filter(|slo| !is_rate(slo.metric));
    aims.extend(held.map(|slo| Aim { name: slo.to_string(), target: target(slo), of: Of::One(*slo) }));
    aims.truncate(rows::MOST);
    if aims.is_empty() {
        return None;
    }
    let mut series = Vec::new();
    let mut told = Vec::new();
    for (place, (side, info)) in infos.iter().enumerate() {
        let mut rests = Vec::new();
        for (row, aim) in aims.iter().enumerate() {
            let Some((at, interval)) = kept(result, side, info, &aim.of) else { continue };
            told.push(format!("{} {} of {}", aim.name, percent(at), side.label));
            rests.push(Rest { row: rows::place(row, place, infos.len()), at, interval, color: side.key });
        }
        series.push(side.series(Marks::Rests(rests)));
    }
    let targets: Vec<Point> =
        (1_u32..).zip(&aims).filter_map(|(row, aim)| Some(Point::new(aim.target?, f64::from(row)))).collect();
    series.push(Series {
        key: "target",
        label: "asked for".to_owned(),
        color: "soft",
        stroke: Stroke::Strong,
        marks: Marks::Targets(targets),
    });
    let mut notes = vec![
        "Of all requests that were sent, with 95 % intervals (Wilson); one that failed keeps to no latency. \
         The upright line is the share asked for: 95 % of a p95"
            .to_owned(),
    ];
    if objectives.iter().any(|slo| is_rate(slo.metric)) {
        notes.push("Objectives on throughput are no request's: they are in the table alone".to_owned());
    }
    Some(ChartSpec {
        name: "objectives".to_owned(),
        title: "Requests that kept to each objective".to_owned(),
        about: format!("Share of requests that kept to each objective: {}", told.join(", ")),
        notes,
        frame: Frame::Rows(aims.len()),
        x: Axis::share("requests that kept to it"),
        y: Axis::categories(aims.into_iter().map(|aim| aim.name).collect()),
        series,
        references: Vec::new(),
    })
}

const fn is_rate(metric: SloMetric) -> bool {
    matches!(metric, SloMetric::RequestThroughputPerS | SloMetric::OutputTokensPerS)
}

/// The share of requests that an objective asks for: of a p95 95 %, of a largest value all of them. A mean asks for
/// none.
fn target(slo: &Slo) -> Option<f64> {
    match slo.metric {
        SloMetric::PassRate => Some(slo.value),
        SloMetric::ErrorRate => Some(1.0 - slo.value),
        _ => match slo.statistic {
            Some(SloStatistic::Mean) => None,
            Some(SloStatistic::P50) => Some(0.5),
            Some(SloStatistic::P90) => Some(0.9),
            Some(SloStatistic::P95) => Some(0.95),
            Some(SloStatistic::P99) => Some(0.99),
            Some(SloStatistic::Max) | None => Some(1.0),
        },
    }
}

type Kept = (f64, Option<crate::model::comparison::Interval>);

fn kept(result: &RunResult, side: &Shown<'_>, info: &SideInfo, of: &Of) -> Option<Kept> {
    let as_kept = |rate: &PassRate| Some((rate.rate?, rate.wilson_95));
    let slo = match of {
        Of::InTime => {
            let goodput = info.summary.goodput.as_ref()?;
            return Some((goodput.attainment, Some(goodput.attainment_interval_95)));
        }
        Of::One(slo) => slo,
    };
    match slo.metric {
        SloMetric::PassRate => {
            as_kept(&info.pass_rates.iter().find(|rate| rate.category.is_none())?.pass_rate)
        }
        metric => {
            let from =
                if info.summary.ttft_from_schedule_ms.is_some() { From::Scheduled } else { From::Sent };
            let keeps = |attempt: &Attempt| match metric {
                SloMetric::ErrorRate => attempt.exchange.outcome.is_success(),
                _ => meets(&[*slo], attempt, from),
            };
            let (mut attempted, mut kept) = (0, 0);
            for attempt in result.rows.iter().filter_map(|row| row.attempt(side.side)) {
                attempted += 1;
                kept += u64::from(keeps(attempt));
            }
            as_kept(&pass_rate(kept, attempted, attempted))
        }
    }
}
