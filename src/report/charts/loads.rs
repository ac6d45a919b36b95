//! What the loads of a sweep or search came to: each figure over the load, and latency against throughput.

use super::super::chart::{Across, Axis, ChartSpec, Frame, Marks, Named, Point, Reference, Unit};
use super::super::levels::{sorted, ttft_of};
use super::super::number::plain;
use super::super::objectives::bound_of;
use super::super::table::Labels;
use super::sides;
use crate::model::level::{LevelFindings, LevelResult, LevelSide, Steadiness};
use crate::model::load::LoadAxis;
use crate::model::record::Side;
use crate::model::result::RunResult;
use crate::model::slo::{Bound, Slo, SloMetric, SloStatistic};
use crate::model::summary::{Distribution, Percentile};

/// Latencies that span this factor are drawn by their logarithm.
const FAR: f64 = 20.0;
/// What is left free above the highest for the names of what is marked.
const ROOM: f64 = 1.12;

/// A value of a side at a load, its place still to come; hollow where too few requests stand behind it.
type Value = fn(&LevelSide) -> Option<Point>;

/// The chart of what failed.
const FAILURES: &str = "error-load";

/// A bound farther above the values than this factor isn't drawn.
const FLAT: f64 = 3.0;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In this unit, from 0.
    Number(&'static str),
    /// Milliseconds.
    Latency,
    /// 0 to 1.
    Share,
}

/// A chart over the load: its name, title, axis and values.
struct Figure {
    name: &'static str,
    title: &'static str,
    label: &'static str,
    kind: Kind,
    value: Value,
    /// What an objective on its p95 is of, where it is one.
    metric: Option<SloMetric>,
}

const TOKENS: Figure = Figure {
    name: "throughput-load",
    title: "Throughput over load",
    label: "output",
    kind: Kind::Number("tokens/s"),
    value: |side| Some(Point::new(0.0, side.summary.throughput.as_ref()?.output_tokens_per_s)),
    metric: None,
};
const REQUESTS: Figure = Figure {
    label: "throughput",
    kind: Kind::Number("requests/s"),
    value: |side| Some(Point::new(0.0, side.summary.throughput.as_ref()?.request_throughput_per_s)),
    ..TOKENS
};
const TTFT: Figure = Figure {
    name: "ttft-load",
    title: "TTFT p95 over load",
    label: "TTFT p95",
    kind: Kind::Latency,
    value: |side| Some(p95(ttft_of(side)?)),
    metric: Some(SloMetric::TtftMs),
};
const E2E: Figure = Figure {
    name: "e2e-load",
    title: "E2E p95 over load",
    label: "E2E p95",
    kind: Kind::Latency,
    value: |side| {
        // As TTFT: from the schedule where one was laid out ahead.
        let open = side.summary.ttft_from_schedule_ms.is_some();
        let scheduled = side.summary.latency_from_schedule_ms.as_ref().filter(|_| open);
        Some(p95(scheduled.or(side.summary.e2e_ms.as_ref())?))
    },
    metric: Some(SloMetric::E2eMs),
};
const OTHERS: [Figure; 5] = [
    Figure {
        name: "tpot-load",
        title: "TPOT p95 over load",
        label: "TPOT p95",
        kind: Kind::Latency,
        value: |side| Some(p95(side.summary.tpot_ms.as_ref()?)),
        metric: Some(SloMetric::TpotMs),
    },
    Figure {
        name: "goodput-load",
        title: "Goodput over load",
        label: "goodput",
        kind: Kind::Number("requests/s"),
        value: |side| Some(Point::new(0.0, side.summary.goodput.as_ref()?.goodput_per_s?)),
        metric: None,
    },
    Figure {
        name: "in-time-load",
        title: "In time over load, with 95 % intervals",
        label: "requests in time",
        kind: Kind::Share,
        value: |side| {
            let goodput = side.summary.goodput.as_ref()?;
            let interval = Some(goodput.attainment_interval_95);
            Some(Point { interval, ..Point::new(0.0, goodput.attainment) })
        },
        metric: None,
    },
    Figure {
        name: "pass-rate-load",
        title: "Pass rate over load, with 95 % intervals",
        label: "passed",
        kind: Kind::Share,
        value: |side| {
            let (rate, interval) = side.pass_rate.and_then(|p| p.rate.zip(p.wilson_95))?;
            Some(Point { interval: Some(interval), ..Point::new(0.0, rate) })
        },
        metric: None,
    },
    Figure {
        name: FAILURES,
        title: "Failed requests over load",
        label: "requests that failed",
        kind: Kind::Share,
        value: |side| Some(Point::new(0.0, side.summary.error_rate?)),
        metric: None,
    },
];

fn p95(of: &Distribution) -> Point {
    Point { hollow: !of.is_trusted(Percentile::P95), ..Point::new(0.0, of.p95) }
}

/// Every level of a run that ran to its end, by rising load, and what they say together.
struct Loads<'a> {
    levels: Vec<&'a LevelResult>,
    cut_short: usize,
    findings: LevelFindings,
    slos: &'a [Slo],
    labels: &'a Labels,
}

/// Latency against throughput, then each figure over the load; none where there was one load.
pub(super) fn charts(result: &RunResult, labels: &Labels) -> Vec<ChartSpec> {
    let (levels, cut): (Vec<_>, Vec<_>) = sorted(result).into_iter().partition(|level| !level.cut_short);
    let findings = result.findings.clone().unwrap_or_default();
    let slos = result.question.as_ref().map_or(&[][..], |question| &question.slos);
    let loads = Loads { levels, cut_short: cut.len(), findings, slos, labels };
    let throughput = if loads.has_line(&TOKENS) { &TOKENS } else { &REQUESTS };
    let against = [("throughput-latency", &TTFT), ("throughput-e2e", &E2E)];
    let against = against.into_iter().filter_map(|(name, latency)| loads.against(name, throughput, latency));
    let over = [throughput, &TTFT, &E2E].into_iter().chain(&OTHERS);
    against.chain(over.filter_map(|figure| loads.over(figure))).collect()
}

impl Loads<'_> {
    /// A side's values with their levels.
    fn values(&self, side: Side, value: Value) -> Vec<(&LevelResult, Point)> {
        let of = |level: &&LevelResult| {
            let at = match side {
                Side::Candidate => Some(&level.candidate),
                Side::Baseline => level.baseline.as_ref(),
            };
            value(at?).filter(|point| point.y.is_finite())
        };
        self.levels
            .iter()
            .filter_map(|level| {
                let point = of(level)?;
                // Whether a load held is known of the candidate.
                let shaky = side == Side::Candidate && is_shaky(level);
                Some((*level, Point { x: level.load.value, hollow: point.hollow || shaky, ..point }))
            })
            .collect()
    }

    /// One point is no line.
    fn has_line(&self, figure: &Figure) -> bool {
        sides(self.labels).iter().any(|side| self.values(side.side, figure.value).len() > 1)
    }

    /// A figure over the load.
    fn over(&self, figure: &Figure) -> Option<ChartSpec> {
        let lines: Vec<_> = sides(self.labels)
            .into_iter()
            .map(|side| {
                let points = self.values(side.side, figure.value).into_iter().map(|(_, point)| point);
                (side, points.collect::<Vec<_>>())
            })
            .collect();
        if lines.iter().all(|(_, points)| points.len() < 2) {
            return None;
        }
        // Where nothing failed the table says as much as a line at 0.
        if figure.name == FAILURES && lines.iter().flat_map(|(_, points)| points).all(|point| point.y <= 0.0)
        {
            return None;
        }
        let bound = self.bound(figure);
        let drawn = lines.iter().flat_map(|(_, points)| points);
        let asked = bound.map(|bound| Point::new(0.0, bound.value));
        let y = figure.axis(drawn.chain(&asked))?;
        Some(ChartSpec {
            name: figure.name.to_owned(),
            title: figure.title.to_owned(),
            about: format!("{}, one line a side", figure.title),
            notes: self.notes(&[figure]),
            frame: Frame::Half,
            x: self.axis()?,
            y,
            series: lines.into_iter().map(|(side, points)| side.series(Marks::Line(points))).collect(),
            references: self.references().into_iter().chain(bound.map(line_of)).collect(),
        })
    }

    /// A latency against throughput, a point a load in their order.
    fn against(&self, name: &str, throughput: &Figure, latency: &Figure) -> Option<ChartSpec> {
        let mut lines = Vec::new();
        for side in sides(self.labels) {
            let latencies = self.values(side.side, latency.value);
            let rates = self.values(side.side, throughput.value);
            let named = latencies.into_iter().filter_map(|(level, at)| {
                let (_, rate) = rates.iter().find(|(other, _)| other.load.level == level.load.level)?;
                let is_knee = side.side == Side::Candidate && self.findings.knee == Some(level.load.level);
                let knee = if is_knee { " (knee)" } else { "" };
                let name = format!("{}{knee}", plain(level.load.value));
                Some(Named { point: Point { x: rate.y, ..at }, name })
            });
            lines.push((side, named.collect::<Vec<_>>()));
        }
        if lines.iter().all(|(_, named)| named.len() < 2) {
            return None;
        }
        let all = || lines.iter().flat_map(|(_, named)| named).map(|named| &named.point);
        let Kind::Number(unit) = throughput.kind else { return None };
        let x = Axis::from_zero(throughput.label, Unit::Of(unit), all().map(|p| p.x).reduce(f64::max)?);
        let y = latency.axis(all())?;
        let mut notes = vec![format!("A point a load, named by its {}", self.unit()?)];
        notes.extend(self.notes(&[throughput, latency]));
        let mut series = Vec::new();
        for (side, named) in lines {
            series.push(side.series(Marks::Curve(named.iter().map(|named| named.point).collect())));
            series.push(side.series(Marks::Named(named)));
        }
        Some(ChartSpec {
            name: name.to_owned(),
            title: format!("{} against throughput", latency.label),
            about: format!("{} against throughput, a point a load in rising order", latency.label),
            notes,
            frame: Frame::Half,
            x,
            y,
            series,
            references: Vec::new(),
        })
    }

    /// What loads are counted in.
    fn unit(&self) -> Option<&'static str> {
        Some(match self.levels.first()?.load.axis {
            LoadAxis::Concurrency => "requests in flight",
            LoadAxis::Rate => "requests/s offered",
        })
    }

    /// The loads as an axis over all of them.
    fn axis(&self) -> Option<Axis> {
        Some(Axis::loads(self.unit()?, self.levels.first()?.load.value, self.levels.last()?.load.value))
    }

    /// The loads that stand for something; those that are the same load share a line.
    fn references(&self) -> Vec<Reference> {
        let findings = &self.findings;
        let marked = [
            (findings.knee, "knee"),
            (findings.highest_passing, "highest pass"),
            (findings.lowest_failing, "lowest fail"),
        ];
        let mut references: Vec<Reference> = Vec::new();
        for (number, label) in marked {
            let Some(level) = self.levels.iter().find(|level| Some(level.load.level) == number) else {
                continue;
            };
            let value = level.load.value;
            match references.iter_mut().find(|line| line.value.total_cmp(&value).is_eq()) {
                Some(line) => line.label = format!("{}, {label}", line.label),
                None => references.push(Reference { on: Across::X, value, label: label.to_owned() }),
            }
        }
        references
    }

    /// The bound that was asked of a figure's values, where it isn't so far above them that they would lie flat.
    fn bound(&self, figure: &Figure) -> Option<&Slo> {
        let metric = figure.metric?;
        let values = self.levels.iter().filter_map(|level| (figure.value)(&level.candidate));
        let top = values.map(|point| point.y).reduce(f64::max)?;
        self.slos.iter().find(|slo| {
            slo.metric == metric
                && slo.statistic == Some(SloStatistic::P95)
                && slo.bound == Bound::AtMost
                && slo.value <= FLAT * top
        })
    }

    /// Which loads are drawn hollow and why, and what is not drawn; of a chart of these figures.
    fn notes(&self, figures: &[&Figure]) -> Vec<String> {
        let at = |what: &str, of: &dyn Fn(&LevelResult) -> bool| {
            let mut loads: Vec<String> =
                self.levels.iter().filter(|level| of(level)).map(|level| plain(level.load.value)).collect();
            loads.dedup();
            (!loads.is_empty()).then(|| format!("{what} at {}", loads.join(", ")))
        };
        let grew = at("latency still grew", &|level| matches!(level.steadiness, Steadiness::Growing { .. }));
        let saturated = at("past saturation", &|level| level.past_saturation);
        let unknown = at("too short to say whether it holds", &|level| {
            matches!(level.steadiness, Steadiness::Unknown { .. })
        });
        let few = format!("p95 of fewer than {} requests", Percentile::P95.smallest_sample());
        let few = at(&few, &|level| {
            let sides = [Some(&level.candidate), level.baseline.as_ref()];
            sides
                .into_iter()
                .flatten()
                .any(|side| figures.iter().any(|figure| (figure.value)(side).is_some_and(|p| p.hollow)))
        });
        let reasons: Vec<String> = [grew, saturated, unknown, few].into_iter().flatten().collect();
        let absent = at("Not measured", &|level| {
            let mut sides = [Some(&level.candidate), level.baseline.as_ref()].into_iter().flatten();
            sides.all(|side| figures.iter().any(|figure| (figure.value)(side).is_none()))
        });
        let mut notes: Vec<String> =
            absent.map(|absent| format!("{absent}: the table's notes say why")).into_iter().collect();
        if !reasons.is_empty() {
            notes.push(format!("Hollow: {}", reasons.join("; ")));
        }
        if self.cut_short > 0 {
            notes.push("The load at which the run was cut short is not drawn".to_owned());
        }
        notes
    }
}

fn line_of(slo: &Slo) -> Reference {
    Reference { on: Across::Y, value: slo.value, label: format!("asked: {}", bound_of(slo)) }
}

/// Whether a load's figures depend on how long it was held, or that isn't known.
fn is_shaky(level: &LevelResult) -> bool {
    level.past_saturation || level.steadiness != Steadiness::Steady
}

impl Figure {
    fn axis<'a>(&self, points: impl Iterator<Item = &'a Point> + Clone) -> Option<Axis> {
        let top = points.clone().map(|p| p.interval.map_or(p.y, |i| i.high)).reduce(f64::max)?;
        let bottom = points.map(|p| p.y).reduce(f64::min)?;
        Some(match self.kind {
            Kind::Share => Axis { high: ROOM, ..Axis::share(self.label) },
            Kind::Latency if bottom > 0.0 && top / bottom >= FAR => {
                Axis::logarithmic(self.label, Unit::Of("ms"), bottom, top * FAR.sqrt() / 2.0)
            }
            Kind::Latency => Axis::from_zero(self.label, Unit::Of("ms"), top * ROOM),
            Kind::Number(unit) => Axis::from_zero(self.label, Unit::Of(unit), top * ROOM),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::Series;
    use crate::report::fixture;
    use crate::report::view::labels;

    fn spec(result: &RunResult, name: &str) -> ChartSpec {
        let charts = charts(result, &labels(result));
        charts.into_iter().find(|chart| chart.name == name).unwrap()
    }

    fn points(series: &Series) -> Vec<Point> {
        match &series.marks {
            Marks::Line(points) | Marks::Curve(points) => points.clone(),
            Marks::Named(named) => named.iter().map(|named| named.point).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_figure_is_the_levels() {
        let result = fixture::levels();
        let chart = spec(&result, "pass-rate-load");
        let candidate = points(chart.series.iter().find(|s| s.key == "candidate").unwrap());
        let mut levels: Vec<_> = result.levels.iter().collect();
        levels.sort_by(|a, b| a.load.value.total_cmp(&b.load.value));
        assert_eq!(candidate.len(), levels.len());
        for (point, level) in candidate.iter().zip(&levels) {
            let rate = level.candidate.pass_rate.unwrap();
            assert_eq!(
                (point.x, Some(point.y), point.interval),
                (level.load.value, rate.rate, rate.wilson_95)
            );
            assert_eq!(point.hollow, level.load.value < 2.0 || level.load.value > 60.0, "{point:?}");
        }
        let baseline = points(chart.series.iter().find(|s| s.key == "baseline").unwrap());
        assert!(baseline.iter().all(|point| !point.hollow));
        let marked: Vec<_> = chart.references.iter().map(|line| (line.value, line.label.as_str())).collect();
        assert_eq!(marked, [(32.0, "knee, highest pass"), (38.1, "lowest fail")]);
        assert!(
            chart.notes[0].contains("latency still grew at 64; past saturation at 64"),
            "{:?}",
            chart.notes
        );
    }

    #[test]
    fn latency_against_throughput_goes_by_rising_load() {
        let result = fixture::levels();
        let chart = spec(&result, "throughput-latency");
        let named: Vec<_> = chart
            .series
            .iter()
            .filter(|series| series.key == "candidate")
            .find_map(|series| match &series.marks {
                Marks::Named(named) => Some(named.clone()),
                _ => None,
            })
            .unwrap();
        // The lowest load was too short for a throughput.
        let titles: Vec<_> = named.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(titles, ["2", "4", "8", "16", "32 (knee)", "38.1", "45.3", "64"]);
        let at = &result.levels[3].candidate.summary;
        let throughput = at.throughput.as_ref().unwrap().output_tokens_per_s;
        let ttft = at.ttft_from_schedule_ms.as_ref().unwrap().p95;
        assert_eq!((named[2].point.x, named[2].point.y), (throughput, ttft));
        assert!(chart.notes[0].contains("requests/s offered"), "{:?}", chart.notes);
    }

    #[test]
    fn a_load_that_was_cut_short_is_left_out_and_one_load_is_no_chart() {
        let mut result = fixture::levels();
        result.levels[0].cut_short = true;
        let chart = spec(&result, "error-load");
        assert_eq!(points(&chart.series[0]).len(), 8);
        assert!(chart.notes.iter().any(|note| note.contains("cut short")), "{:?}", chart.notes);
        for level in &mut result.levels {
            for side in std::iter::once(&mut level.candidate).chain(&mut level.baseline) {
                side.summary.error_rate = Some(0.0);
            }
        }
        assert!(charts(&result, &labels(&result)).iter().all(|chart| chart.name != FAILURES));
        result.levels.truncate(2);
        assert!(charts(&result, &labels(&result)).is_empty());
        assert!(charts(&fixture::paired(), &labels(&fixture::paired())).is_empty());
    }
}
