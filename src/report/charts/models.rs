//! Models beside each other: pass rates with their intervals, and by category beside latency. A model has one colour in
//! the whole report.

use super::super::chart::{Axis, Chart, ChartSpec, Frame, Marks, Rest, Series, Stroke, Unit};
use super::super::figures::find;
use super::super::text::{fit_middle, one_line};
use super::drawn;
use crate::model::comparison::Interval;
use crate::model::head_to_head::HeadToHeadReport;
use crate::model::history::{CategoryFigures, Figures, ModelHistory, RunsReport};

/// The page's colours for what is told apart by colour alone.
const COLOURS: [&str; 8] = ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"];
/// The keys of models, in their order; what comes after them is not drawn, and is in the tables.
const KEYS: [&str; 16] =
    ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "m10", "m11", "m12", "m13", "m14", "m15", "m16"];
/// The longest name in a list, in columns.
const NAME: usize = 26;
/// The most categories in a chart.
const CATEGORIES: usize = 24;

/// How a model is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModelKey {
    /// What its series go by.
    pub(crate) key: &'static str,
    /// The CSS variable of its colour.
    pub(crate) color: &'static str,
    /// How its lines are drawn: colours that come again are dashed.
    pub(crate) stroke: Stroke,
}

/// Which model has which colour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Colours {
    known: Vec<(String, String, bool)>,
}

impl Colours {
    /// In the order in which a report first names them.
    pub(crate) fn of_report(report: &RunsReport) -> Self {
        let mut known = Vec::new();
        for run in &report.runs {
            let who = (run.model.clone(), run.endpoint.clone(), run.simulated);
            if !known.contains(&who) {
                known.push(who);
            }
        }
        Self { known }
    }

    /// That of a history's model; none where there are too many.
    pub(crate) fn of(&self, model: &ModelHistory) -> Option<ModelKey> {
        self.key(&model.model, &model.endpoint, model.simulated)
    }

    fn key(&self, model: &str, endpoint: &str, simulated: bool) -> Option<ModelKey> {
        let place = self.known.iter().position(|known| {
            (known.0.as_str(), known.1.as_str(), known.2) == (model, endpoint, simulated)
        })?;
        Some(ModelKey {
            key: KEYS.get(place)?,
            color: COLOURS[place % COLOURS.len()],
            stroke: if place < COLOURS.len() { Stroke::Strong } else { Stroke::Dashed },
        })
    }
}

/// The charts of one table of models.
pub(crate) fn charts(
    report: &HeadToHeadReport,
    place: usize,
    names: &[String],
    colours: &Colours,
) -> Vec<Chart> {
    let models: Vec<(ModelKey, &str, &Figures)> = report
        .sides
        .iter()
        .zip(names)
        .zip(&report.lines)
        .filter_map(|((side, name), figures)| {
            Some((colours.key(&side.model, &side.endpoint, side.simulated)?, name.as_str(), figures))
        })
        .collect();
    let left_out = left_out(report.sides.len().saturating_sub(models.len()));
    let rate = |of: &CategoryFigures| {
        let rate = of.pass_rate?;
        Some((rate.rate?, rate.wilson_95))
    };
    let e2e = |of: &CategoryFigures| of.e2e_ms.map(|e2e| (e2e.p50, None));
    let share = |label: &str, _: f64| Axis::share(label);
    let ms = |label: &str, top: f64| Axis::from_zero(label, Unit::Of("ms"), top);
    let specs = [
        overall(&models, place),
        by_category(
            &models,
            (format!("models-{place}-pass-rate"), "Pass rate by category, with 95 % intervals", "passed"),
            share,
            rate,
        ),
        by_category(&models, (format!("models-{place}-e2e"), "E2E p50 by category", "E2E p50"), ms, e2e),
    ];
    let mut specs: Vec<ChartSpec> = specs.into_iter().flatten().collect();
    for spec in &mut specs {
        spec.notes.extend(left_out.clone());
    }
    drawn(specs)
}

/// That there are more models than keys.
pub(super) fn left_out(more: usize) -> Option<String> {
    let what = if more == 1 { "model is" } else { "models are" };
    (more > 0).then(|| {
        format!(
            "{more} more {what} not drawn: the first {} of the report are, and the table has all",
            KEYS.len()
        )
    })
}

/// A row a model.
fn overall(models: &[(ModelKey, &str, &Figures)], place: usize) -> Option<ChartSpec> {
    let judged: Vec<_> = models
        .iter()
        .filter_map(|(key, name, figures)| {
            let rate = figures.pass_rate?;
            Some((key, *name, rate.rate?, rate.wilson_95))
        })
        .collect();
    if judged.is_empty() {
        return None;
    }
    let rows = judged.iter().zip(1_u32..);
    let series = rows.map(|((key, name, at, interval), row)| {
        let rest = Rest { row: f64::from(row), at: *at, interval: *interval, color: key.color };
        series(**key, name, vec![rest])
    });
    Some(ChartSpec {
        name: format!("models-{place}"),
        title: "Pass rate by model, with 95 % intervals".to_owned(),
        about: "Each model's pass rate on the same prompts with its 95 % interval".to_owned(),
        notes: vec!["On the prompts that every run was judged on".to_owned()],
        frame: Frame::Rows(judged.len()),
        x: Axis::share("passed"),
        y: Axis::categories(judged.iter().map(|(_, name, ..)| fit_middle(name, NAME)).collect()),
        series: series.collect(),
        references: Vec::new(),
    })
}

/// A row a category, the models a little below each other.
fn by_category(
    models: &[(ModelKey, &str, &Figures)],
    (name, title, label): (String, &str, &str),
    axis: impl Fn(&str, f64) -> Axis,
    value: impl Fn(&CategoryFigures) -> Option<(f64, Option<Interval>)>,
) -> Option<ChartSpec> {
    let mut categories: Vec<&str> = models
        .iter()
        .flat_map(|(_, _, figures)| &figures.categories)
        .filter(|of| value(of).is_some())
        .map(|of| of.category.as_str())
        .collect();
    categories.sort_unstable();
    categories.dedup();
    if categories.len() < 2 {
        return None;
    }
    let more = categories.len().saturating_sub(CATEGORIES);
    categories.truncate(CATEGORIES);
    let step = 0.7 / crate::stats::length(models.len().max(1));
    let mut top = 0.0_f64;
    let mut all = Vec::new();
    for ((key, model, figures), place) in models.iter().zip(0_u32..) {
        let beside = (f64::from(place) + 0.5) * step - 0.35;
        let rests = categories.iter().zip(1_u32..).filter_map(|(category, row)| {
            let (at, interval) = value(find(figures, category)?)?;
            Some(Rest { row: f64::from(row) + beside, at, interval, color: key.color })
        });
        let rests: Vec<Rest> = rests.collect();
        top = rests.iter().map(|rest| rest.at).fold(top, f64::max);
        all.push(series(*key, model, rests));
    }
    Some(ChartSpec {
        name,
        title: title.to_owned(),
        about: format!("{title}, a row a category and a mark a model"),
        notes: (more > 0).then(|| format!("{more} more categories are in the table")).into_iter().collect(),
        frame: Frame::Rows(categories.len()),
        x: axis(label, top),
        y: Axis::categories(categories.iter().map(|name| fit_middle(&one_line(name), NAME)).collect()),
        series: all,
        references: Vec::new(),
    })
}

fn series(key: ModelKey, label: &str, rests: Vec<Rest>) -> Series {
    Series {
        key: key.key,
        label: label.to_owned(),
        color: key.color,
        stroke: key.stroke,
        marks: Marks::Rests(rests),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::runs;
    use crate::report::head_to_head::names_of;

    #[test]
    fn every_model_keeps_its_colour() {
        let report = runs::head_to_head();
        let colours = Colours::of_report(&report);
        let table = &report.head_to_head[0];
        let charts = charts(table, 0, &names_of(table), &colours);
        assert_eq!(charts.len(), 3);
        for chart in &charts {
            let legend: Vec<_> = chart.legend.iter().map(|entry| (entry.key, entry.color)).collect();
            assert_eq!(legend, [("m1", "s1"), ("m2", "s2"), ("m3", "s3")], "{}", chart.name);
        }
        let rate = &charts[0].data.series[1];
        let of = table.lines[1].pass_rate.unwrap();
        assert!((rate.x[0] - of.rate.unwrap()).abs() < 1e-5);
        assert!((rate.high[0].unwrap() - of.wilson_95.unwrap().high).abs() < 1e-5);
    }

    #[test]
    fn models_that_are_not_drawn_are_counted() {
        let mut report = runs::head_to_head();
        let colours = Colours::of_report(&report);
        let table = &mut report.head_to_head[0];
        // One that has no key.
        table.sides[2].model.push_str("-other");
        let charts = charts(table, 0, &names_of(table), &colours);
        assert!(
            charts.iter().all(|chart| chart.notes.iter().any(|note| note.starts_with("1 more model is")))
        );
    }

    #[test]
    fn colours_that_come_again_are_dashed_and_there_is_an_end() {
        let known = (0..20).map(|n| (format!("m{n}"), "e".to_owned(), false)).collect();
        let colours = Colours { known };
        let at = |n: u32| colours.key(&format!("m{n}"), "e", false);
        assert_eq!(at(0).map(|key| (key.color, key.stroke)), Some(("s1", Stroke::Strong)));
        assert_eq!(at(8).map(|key| (key.color, key.stroke)), Some(("s1", Stroke::Dashed)));
        assert_eq!((at(16), at(99)), (None, None));
    }
}
