//! The differences of pass rates by category, with their intervals: beside them what noise alone would give, and the
//! loss that a gate allows.

use super::super::chart::{
    Across, Axis, ChartSpec, Frame, Marks, Point, Reference, Rest, Series, Stroke, Unit,
};
use super::super::number;
use super::super::quality;
use super::super::table::Tone;
use super::rows;
use super::sample::real;
use crate::model::comparison::{Comparison, GateKind, GateResult, Interval, PairedPassRate};

/// Half of a normal distribution's middle 90 %, in standard deviations.
const Z_90: f64 = 1.644_853_626_951_472_2;

/// One line of the chart.
struct Line<'a> {
    name: String,
    delta: f64,
    interval: Option<Interval>,
    /// The rate it is the delta of; none of the categories' mean.
    rate: Option<&'a PairedPassRate>,
}

/// Delta by category, all together first and apart; none where nothing was judged on both sides.
pub(super) fn chart(comparison: &Comparison) -> Option<ChartSpec> {
    let line = |rate| line(rate);
    let mut lines: Vec<Option<Line<'_>>> = vec![Some(line(&comparison.overall)?)];
    lines.extend(quality::shown_average(comparison).map(|average| {
        Some(Line {
            name: quality::AVERAGE.to_owned(),
            delta: average.delta_pp,
            interval: average.interval_90_pp,
            rate: None,
        })
    }));
    if !comparison.categories.is_empty() {
        // A row left free, between all together and each.
        lines.push(None);
        lines.extend(comparison.categories.iter().take(rows::MOST).filter_map(line).map(Some));
    }
    let at =
        || (0_usize..).zip(&lines).filter_map(|(row, line)| Some((rows::place(row, 0, 1), line.as_ref()?)));
    let rests: Vec<Rest> = at()
        .map(|(row, line)| Rest {
            row,
            at: line.delta,
            interval: line.interval,
            color: match line.rate.map_or_else(|| quality::tone(line.interval), quality::tone_of) {
                Tone::Bad => "bad",
                Tone::Warn => "warn",
                Tone::Good => "good",
                _ => "soft",
            },
        })
        .collect();
    let noise: Vec<Rest> = at()
        .filter_map(|(row, line)| {
            let half = noise_90_pp(line.rate?)?;
            let interval = Some(Interval { low: -half, high: half });
            // Above the delta's own interval.
            Some(Rest { row: row - NOISE_ABOVE, at: 0.0, interval, color: "s8" })
        })
        .collect();
    let margins: Vec<Point> =
        at().filter_map(|(row, line)| Some(Point::new(-margin_pp(comparison, line.rate?)?, row))).collect();
    let ends = rests
        .iter()
        .chain(&noise)
        .flat_map(|rest| [Some(rest.at), rest.interval.map(|i| i.low), rest.interval.map(|i| i.high)])
        .flatten()
        .chain(margins.iter().map(|margin| margin.x));
    let farthest = ends.filter(|end| end.is_finite()).map(f64::abs).fold(1.0, f64::max);
    let end = Axis::from_zero("", Unit::Of(""), farthest).high.min(100.0);
    let notes = notes(comparison, !noise.is_empty(), !margins.is_empty());
    let series = |key, label: &str, color, stroke, marks| Series {
        key,
        label: label.to_owned(),
        color,
        stroke,
        marks,
    };
    let told: Vec<String> = at()
        .map(|(_, line)| {
            let interval = line.interval.map_or_else(String::new, |i| format!(" {}", number::pp_interval(i)));
            format!("{} {}{interval}", line.name, number::pp(line.delta))
        })
        .collect();
    Some(ChartSpec {
        name: "delta-forest".to_owned(),
        title: "Difference of pass rates by category".to_owned(),
        about: format!(
            "Candidate minus baseline, percentage points with 90 % intervals: {}",
            told.join(", ")
        ),
        notes,
        frame: Frame::Rows(lines.len()),
        x: Axis::between("candidate minus baseline", Unit::Of("pp"), -end, end),
        y: Axis::categories(
            lines
                .iter()
                .map(|line| line.as_ref().map_or_else(String::new, |line| line.name.clone()))
                .collect(),
        ),
        series: vec![
            series("noise", "what noise alone gives (A/A)", "s8", Stroke::Dashed, Marks::Rests(noise)),
            series("margin", "loss that the gate allows", "warn", Stroke::Strong, Marks::Targets(margins)),
            series("delta", "delta with its 90 % interval", "soft", Stroke::Strong, Marks::Rests(rests)),
        ],
        references: vec![Reference { on: Across::X, value: 0.0, label: String::new() }],
    })
}

/// How far above a delta its noise stands, in rows.
const NOISE_ABOVE: f64 = 0.3;

fn line(rate: &PairedPassRate) -> Option<Line<'_>> {
    Some(Line {
        name: rows::name(rate.category.as_deref()),
        delta: rate.delta_pp.filter(|delta| delta.is_finite())?,
        interval: rate.interval_90_pp,
        rate: Some(rate),
    })
}

/// Half of the range in which 90 % of the deltas would lie if nothing differed but what differs in a run of the
/// baseline against itself, percentage points. Of n pairs that flip at its rate f, one way as often as the other,
/// the delta's variance is f/n. Absent where prompts were sent several times: their flips are no whole ones.
fn noise_90_pp(rate: &PairedPassRate) -> Option<f64> {
    let flip_rate = rate.noise?.flip_rate?;
    let once = rate.standard_error_over_prompts_pp.is_none() && rate.pairs > 0;
    once.then(|| Z_90 * (flip_rate / real(rate.pairs)).sqrt() * 100.0)
}

/// The margins of the gates on this rate, percentage points.
fn margins_pp<'a>(comparison: &'a Comparison, rate: &'a PairedPassRate) -> impl Iterator<Item = f64> + 'a {
    let of_rate = |gate: &&GateResult| gate.kind == GateKind::PassRate && gate.category == rate.category;
    comparison.gates.iter().filter(of_rate).filter_map(|gate| gate.margin_pp)
}

/// The tightest of them: who keeps that keeps all.
fn margin_pp(comparison: &Comparison, rate: &PairedPassRate) -> Option<f64> {
    margins_pp(comparison, rate).reduce(f64::min)
}

/// Whether some rate has gates with different margins.
fn has_several_margins(comparison: &Comparison) -> bool {
    std::iter::once(&comparison.overall).chain(&comparison.categories).any(|rate| {
        let tightest = margin_pp(comparison, rate);
        margins_pp(comparison, rate).any(|margin| Some(margin) > tightest)
    })
}

fn notes(comparison: &Comparison, has_noise: bool, has_margins: bool) -> Vec<String> {
    let mut notes = vec!["90 % intervals; left of the dashed line the candidate passed less".to_owned()];
    if has_margins {
        notes.push("The upright strokes are the losses that the gates allow".to_owned());
        if has_several_margins(comparison) {
            notes.push("Of several gates on one rate the one that allows the least is drawn".to_owned());
        }
    }
    if has_noise {
        notes.push(
            "Hollow, above each: where 90 % of the deltas lie if pairs flip as often as in the A/A run and nothing else differs"
                .to_owned(),
        );
    }
    notes.extend(quality::dependence(comparison));
    notes.extend(rows::left_out(comparison.categories.len()));
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::comparison::NoiseRate;
    use crate::report::fixture;

    fn rests(spec: &ChartSpec, key: &str) -> Vec<Rest> {
        let found = spec.series.iter().find(|series| series.key == key).unwrap();
        let Marks::Rests(rests) = &found.marks else { panic!("{found:?}") };
        rests.clone()
    }

    #[test]
    fn the_deltas_are_the_comparisons() {
        let mut comparison = fixture::paired().comparison.unwrap();
        comparison.gates =
            vec![fixture::gate("pass_rate overall", crate::model::comparison::GateVerdict::Pass, "")];
        let spec = chart(&comparison).unwrap();
        let Scale::Categories(names) = &spec.y.scale else { panic!() };
        assert_eq!(names, &["overall", "", "arithmetic", "extraction", "reasoning"]);
        let rests = rests(&spec, "delta");
        let expected: Vec<_> = std::iter::once(&comparison.overall)
            .chain(&comparison.categories)
            .map(|r| r.delta_pp.unwrap())
            .collect();
        assert_eq!(rests.iter().map(|rest| rest.at).collect::<Vec<_>>(), expected);
        assert_eq!(rests.iter().map(|rest| rest.row).collect::<Vec<_>>(), [1.0, 3.0, 4.0, 5.0]);
        assert_eq!(rests[0].interval, comparison.overall.interval_90_pp);
        let margin = spec.series.iter().find(|series| series.key == "margin").unwrap();
        assert_eq!(margin.marks, Marks::Targets(vec![Point::new(-5.0, 1.0)]));
    }

    #[test]
    fn of_two_margins_the_tightest_is_drawn_and_that_is_said() {
        let mut comparison = fixture::paired().comparison.unwrap();
        let gate = fixture::gate("pass_rate overall", crate::model::comparison::GateVerdict::Pass, "");
        let wide = GateResult { margin_pp: gate.margin_pp.map(|margin| margin * 2.0), ..gate.clone() };
        comparison.gates = vec![wide, gate];
        let spec = chart(&comparison).unwrap();
        let margin = spec.series.iter().find(|series| series.key == "margin").unwrap();
        assert_eq!(margin.marks, Marks::Targets(vec![Point::new(-5.0, 1.0)]));
        assert!(spec.notes.iter().any(|note| note.contains("allows the least")), "{:?}", spec.notes);
    }

    /// 10 of 100 pairs flip: of 250 pairs ±1 at that rate the delta has √(0.1/250) = 2 pp, and 90 % lie within 3.29.
    #[test]
    fn noise_alone_is_drawn_where_it_is_known() {
        let mut comparison = fixture::paired().comparison.unwrap();
        let rate = &mut comparison.overall;
        rate.pairs = 250;
        rate.noise = Some(NoiseRate { pairs: 100, flips: 10, flip_rate: Some(0.1), excess_flips: Some(0.0) });
        let spec = chart(&comparison).unwrap();
        let noise = rests(&spec, "noise");
        assert_eq!(noise.len(), 1);
        assert!((noise[0].interval.unwrap().high - 3.289_707).abs() < 1e-5, "{noise:?}");
        comparison.overall.standard_error_over_prompts_pp = Some(1.0);
        assert!(rests(&chart(&comparison).unwrap(), "noise").is_empty());
    }

    #[test]
    fn nothing_judged_is_no_chart() {
        let mut comparison = fixture::paired().comparison.unwrap();
        comparison.overall.delta_pp = None;
        assert!(chart(&comparison).is_none());
    }

    use super::super::super::chart::Scale;
}
