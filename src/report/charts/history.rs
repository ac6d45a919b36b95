//! What became of models over their runs: pass rates with their intervals and speed, a line a model.

use std::collections::BTreeSet;

use super::super::chart::{
    Across, Axis, Chart, ChartSpec, Frame, Marks, Point, Reference, Scale, Series, Unit,
};
use super::super::history::{moment, told};
use super::super::text::one_line;
use super::drawn;
use super::models::{Colours, ModelKey, left_out};
use crate::model::comparison::PassRate;
use crate::model::history::{Figures, History, HistoryPoint, ModelHistory, Percentiles};
use crate::model::summary::Percentile;

/// The most categories that get a chart each; all of them are in the tables.
const CATEGORIES: usize = 12;

/// Runs in the order of their time, one place each.
struct Runs<'a> {
    /// With the model's place.
    points: Vec<(usize, &'a ModelHistory, &'a HistoryPoint)>,
    names: Vec<String>,
    references: Vec<Reference>,
    notes: Vec<String>,
}

/// What is drawn of a run.
type Value<'a> = &'a dyn Fn(&HistoryPoint) -> Option<Point>;

/// The charts of one history: the whole, then its categories.
pub(crate) fn charts(
    history: &History,
    place: usize,
    colours: &Colours,
    short: &dyn Fn(&str) -> String,
) -> (Vec<Chart>, Vec<Chart>) {
    let runs = Runs::new(history, short);
    let name = |what: &str| format!("history-{place}-{what}");
    let chart = |what: &str, title: &str, y: &str, unit: Unit, frame: Frame, value: Value<'_>| {
        runs.chart(history, colours, (name(what), title.to_owned(), frame), (y, unit), value)
    };
    let rate = |rate: Option<PassRate>| -> Option<Point> {
        let rate = rate?;
        Some(Point { interval: rate.wilson_95, ..Point::new(0.0, rate.rate?) })
    };
    let plain = |value: Option<f64>| value.map(|value| Point::new(0.0, value));
    let tail = |of: fn(&Figures) -> Option<Percentiles>| {
        // One percentile over all runs, and p95 only where each of them can carry it.
        let all = history.models.iter().flat_map(|model| &model.points).filter_map(|p| of(&p.figures));
        let is_trusted = all.into_iter().all(|of| of.n >= Percentile::P95.smallest_sample());
        if is_trusted { Percentile::P95 } else { Percentile::P50 }
    };
    let latency =
        |what: &str, label: &str, percentile: Percentile, of: fn(&Figures) -> Option<Percentiles>| {
            let title = format!("{label} {}", percentile.name());
            let at = |p: &HistoryPoint| plain(of(&p.figures).map(|of| value_at(of, percentile)));
            chart(what, &title, &title, Unit::Of("ms"), Frame::Half, &at)
        };
    let (ttft, e2e) = (tail(|f| f.ttft_ms), tail(|f| f.e2e_ms));
    let whole = [
        chart("pass-rate", "Pass rate, with 95 % intervals", "passed", Unit::Share, Frame::Wide, &|p| {
            rate(p.figures.pass_rate)
        }),
        chart(
            "delta",
            "Pass rate against the baseline of the same run, with 95 % intervals",
            "candidate minus baseline",
            Unit::Of("pp"),
            Frame::Wide,
            &|p| {
                let of = p.against_baseline.as_ref()?;
                Some(Point { interval: of.interval_95_pp, ..Point::new(0.0, of.delta_pp?) })
            },
        ),
        latency("ttft", "TTFT", ttft, |f| f.ttft_ms),
        latency("tpot", "TPOT", Percentile::P50, |f| f.tpot_ms),
        latency("e2e", "E2E", e2e, |f| f.e2e_ms),
        chart("throughput", "Throughput", "output", Unit::Of("tokens/s"), Frame::Half, &|p| {
            plain(p.figures.output_tokens_per_s)
        }),
    ];
    let categories = categories(history);
    let of_categories = (0..).zip(&categories).take(CATEGORIES).flat_map(|(number, category)| {
        let of = |p: &HistoryPoint| p.figures.categories.iter().find(|of| of.category == *category).cloned();
        let shown = one_line(category);
        [
            chart(
                &format!("pass-rate-{number}"),
                &format!("{shown}: pass rate, with 95 % intervals"),
                "passed",
                Unit::Share,
                Frame::Half,
                &|p| rate(of(p)?.pass_rate),
            ),
            chart(
                &format!("e2e-{number}"),
                &format!("{shown}: E2E p50"),
                "E2E p50",
                Unit::Of("ms"),
                Frame::Half,
                &|p| plain(of(p)?.e2e_ms.map(|of| of.p50)),
            ),
        ]
    });
    let of_categories = if categories.len() < 2 { Vec::new() } else { of_categories.collect() };
    (drawn(whole.into_iter().flatten().collect()), drawn(of_categories.into_iter().flatten().collect()))
}

/// The categories in alphabetical order.
fn categories(history: &History) -> Vec<&str> {
    let points = history.models.iter().flat_map(|model| &model.points);
    let mut names: Vec<&str> =
        points.flat_map(|point| &point.figures.categories).map(|of| of.category.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn value_at(of: Percentiles, percentile: Percentile) -> f64 {
    if percentile == Percentile::P95 { of.p95 } else { of.p50 }
}

/// When each run began: to the minute, and where two of them then look alike to the second, of one day without the date.
fn ticks(started_at: &[&str]) -> Vec<String> {
    let minutes: Vec<String> = started_at.iter().map(|at| moment(at)).collect();
    if minutes.iter().collect::<BTreeSet<_>>().len() == minutes.len() {
        return minutes;
    }
    let day = |at: &&str| at.get(..10).unwrap_or_default().to_owned();
    let of_one_day = started_at.iter().map(day).collect::<BTreeSet<_>>().len() == 1;
    let seconds = |at: &&str| {
        let second = at.get(if of_one_day { 11..19 } else { 5..19 });
        second.map_or_else(|| moment(at), |second| second.replace('T', " "))
    };
    started_at.iter().map(seconds).collect()
}

impl<'a> Runs<'a> {
    fn new(history: &'a History, short: &dyn Fn(&str) -> String) -> Self {
        let mut points: Vec<_> = history
            .models
            .iter()
            .enumerate()
            .flat_map(|(place, model)| model.points.iter().map(move |point| (place, model, point)))
            .collect();
        points.sort_by(|(_, _, a), (_, _, b)| {
            (a.started_at.as_str(), &a.run_id).cmp(&(b.started_at.as_str(), &b.run_id))
        });
        let (mut names, mut references, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        let mut letters = ('a'..='z').cycle();
        let ticks = ticks(&points.iter().map(|(_, _, point)| point.started_at.as_str()).collect::<Vec<_>>());
        for (((_, model, point), x), tick) in points.iter().zip(1_u32..).zip(ticks) {
            let mut name = format!("{tick} · run {}", short(&point.run_id));
            if !point.changed.is_empty() {
                let letter = letters.next().map(String::from).unwrap_or_default();
                let what: Vec<String> = point.changed.iter().map(told).collect();
                let whose = if history.models.len() > 1 {
                    format!(" ({})", one_line(&model.model))
                } else {
                    String::new()
                };
                notes.push(format!("{letter} run {}{whose}: {}", short(&point.run_id), what.join("; ")));
                let changed: Vec<String> =
                    point.changed.iter().map(|change| one_line(&change.what)).collect();
                name = format!("{name} · changed: {}", changed.join(", "));
                references.push(Reference { on: Across::X, value: f64::from(x) - 0.5, label: letter });
            }
            names.push(name);
        }
        Self { points, names, references, notes }
    }

    /// A line a model over the runs; none where no model has two values.
    fn chart(
        &self,
        history: &History,
        colours: &Colours,
        (name, title, frame): (String, String, Frame),
        (y, unit): (&str, Unit),
        value: Value<'_>,
    ) -> Option<ChartSpec> {
        let mut series: Vec<Series> = Vec::new();
        let mut more = 0;
        for (place, model) in history.models.iter().enumerate() {
            let Some(ModelKey { key, color, stroke }) = colours.of(model) else {
                more += 1;
                continue;
            };
            let own = self.points.iter().zip(1_u32..).filter(|((of, ..), _)| *of == place);
            let points: Vec<Point> = own
                .filter_map(|((_, _, point), x)| Some(Point { x: f64::from(x), ..value(point)? }))
                .filter(|point| point.y.is_finite())
                .collect();
            let label = super::super::history::name(model);
            series.push(Series { key, label, color, stroke, marks: Marks::Line(points) });
        }
        let count = |series: &Series| match &series.marks {
            Marks::Line(points) => points.len(),
            _ => 0,
        };
        if series.iter().all(|series| count(series) < 2) {
            return None;
        }
        let values = || {
            series.iter().flat_map(|series| match &series.marks {
                Marks::Line(points) => points.as_slice(),
                _ => &[],
            })
        };
        let top = values().map(|p| p.interval.map_or(p.y, |i| i.high)).reduce(f64::max)?;
        let bottom = values().map(|p| p.interval.map_or(p.y, |i| i.low)).reduce(f64::min)?;
        let mut references = self.references.clone();
        let axis = match unit {
            Unit::Share => Axis::share(y),
            Unit::Of("pp") => {
                references.push(Reference { on: Across::Y, value: 0.0, label: String::new() });
                let end = Axis::from_zero("", unit, top.abs().max(bottom.abs()).max(1.0)).high;
                Axis::between(y, unit, -end, end)
            }
            _ => Axis::from_zero(y, unit, top),
        };
        let x = Axis {
            label: "run, in the order of time (UTC)".to_owned(),
            unit: Unit::Of(""),
            low: 0.5,
            high: f64::from(u32::try_from(self.names.len()).unwrap_or(u32::MAX)) + 0.5,
            scale: Scale::Categories(self.names.clone()),
        };
        let mut notes = if frame == Frame::Wide { self.notes.clone() } else { Vec::new() };
        notes.extend(left_out(more));
        Some(ChartSpec {
            about: format!("{title}, run by run, one line a model"),
            name,
            title,
            notes,
            frame,
            x,
            y: axis,
            series,
            references,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::RunsReport;
    use crate::report::fixture::runs;

    fn drawn_of(report: &RunsReport) -> (Vec<Chart>, Vec<Chart>) {
        let colours = Colours::of_report(report);
        charts(&report.histories[0], 0, &colours, &|id: &str| id.chars().take(8).collect())
    }

    #[test]
    fn a_chart_holds_the_report_s_numbers_in_the_order_of_time() {
        let report = runs::history();
        let (whole, categories) = drawn_of(&report);
        let points = &report.histories[0].models[0].points;
        let rate = &whole[0].data.series[0];
        assert_eq!(rate.x.len(), points.len());
        for ((y, low), point) in rate.y.iter().zip(&rate.low).zip(points) {
            let of = point.figures.pass_rate.unwrap();
            assert!((y - of.rate.unwrap()).abs() < 1e-5);
            assert!((low.unwrap() - of.wilson_95.unwrap().low).abs() < 1e-5);
        }
        assert_eq!(whole[0].data.x.categories.len(), points.len());
        assert!(whole[0].notes[0].starts_with("a run"), "{:?}", whole[0].notes);
        // Fewer than 130 values carry no p95.
        assert!(whole.iter().any(|chart| chart.title == "TTFT p50"), "{whole:?}");
        assert_eq!(categories.len(), 2 * 3);
    }

    #[test]
    fn runs_of_one_minute_are_told_apart() {
        let minute = ["2026-11-22T20:16:05Z", "2026-11-22T20:16:52Z"];
        assert_eq!(ticks(&minute), ["20:16:05", "20:16:52"]);
        let days = [minute[0], minute[1], "2026-11-23T08:00:00Z"];
        assert_eq!(ticks(&days), ["11-22 20:16:05", "11-22 20:16:52", "11-23 08:00:00"]);
        assert_eq!(ticks(&days[1..]), [moment(days[1]), moment(days[2])]);
        assert_eq!(ticks(&["?", "?"]), [moment("?"), moment("?")]);
    }

    #[test]
    fn one_value_is_no_trend() {
        let mut report = runs::history();
        report.histories[0].models[0].points.truncate(1);
        let (whole, categories) = drawn_of(&report);
        assert!(whole.is_empty() && categories.is_empty());
    }
}
