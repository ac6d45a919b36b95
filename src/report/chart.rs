//! Charts as inline SVG. What is drawn is said by [`ChartSpec`]; the library that draws it is known
//! only here. Names from outside stay out of the drawing: the page writes the legend.

use kuva::plot::LinePlot;
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::theme::Theme;

/// The most points of a curve: enough for the eye, a few kilobytes for the file.
const POINTS: usize = 200;
/// The chart's size; pages scale it.
pub(super) const SIZE: (f64, f64) = (560.0, 300.0);

/// The start of the drawing library's names for clip paths; a number that goes on counting follows.
const CLIP: &str = "kuva-clip-";

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// Its colour, as CSS: a variable, so that it follows the page into the dark.
    pub(crate) color: &'static str,
    /// Its width, to be told apart without colour.
    pub(crate) stroke: f64,
    /// Its points, left to right.
    pub(crate) points: Vec<(f64, f64)>,
}

/// A chart of cumulative shares over a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChartSpec {
    /// Unique within the page: a word of letters.
    pub(crate) name: &'static str,
    /// What is measured, with its unit.
    pub(crate) x_label: String,
    /// Share of what.
    pub(crate) y_label: String,
    /// The right end of the axis.
    pub(crate) x_max: f64,
    /// The curves.
    pub(crate) series: Vec<Series>,
}

/// The empirical distribution of `values` in at most [`POINTS`] of its own steps: (value, share of
/// values up to it). Begins at share 0.
pub(crate) fn distribution(mut values: Vec<f64>) -> Vec<(f64, f64)> {
    values.retain(|v| v.is_finite());
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let steps = n.min(POINTS - 1);
    let mut points: Vec<(f64, f64)> = values.first().map(|first| (*first, 0.0)).into_iter().collect();
    for step in 1..=steps {
        let rank = (step * n).div_ceil(steps);
        #[expect(clippy::cast_precision_loss, reason = "ranks stay far below 2^53")]
        points.extend(values.get(rank - 1).map(|value| (*value, rank as f64 / n as f64)));
    }
    points
}

/// Draws the chart: an `<svg>` that scales to its container and takes its colours from the page's
/// CSS variables.
pub(crate) fn svg(spec: &ChartSpec) -> String {
    let plots: Vec<Plot> = spec
        .series
        .iter()
        .map(|series| {
            LinePlot::new()
                .with_data(series.points.iter().copied().filter(|(x, _)| *x <= spec.x_max))
                .with_color(series.color)
                .with_stroke_width(series.stroke)
                .with_step()
                .into()
        })
        .collect();
    let layout = Layout::auto_from_plots(&plots)
        .with_width(SIZE.0)
        .with_height(SIZE.1)
        .with_x_label(spec.x_label.as_str())
        .with_y_label(spec.y_label.as_str())
        .with_x_axis_min(0.0)
        .with_x_axis_max(spec.x_max)
        .with_y_axis_min(0.0)
        .with_y_axis_max(1.0)
        .with_y_tick_step(0.25)
        .with_y_tick_format(TickFormat::Custom(std::sync::Arc::new(|share| {
            format!("{:.0} %", share * 100.0)
        })))
        .with_theme(theme());
    finished(&kuva::render_to_svg(plots, layout), spec.name)
}

/// The page's colours and font.
pub(super) fn theme() -> Theme {
    Theme {
        background: "none".to_owned(),
        axis_color: "var(--line)".to_owned(),
        grid_color: "var(--grid)".to_owned(),
        tick_color: "var(--line)".to_owned(),
        text_color: "var(--text)".to_owned(),
        legend_bg: "none".to_owned(),
        legend_border: "none".to_owned(),
        font_family: Some("inherit".to_owned()),
        ..Theme::light()
    }
}

/// A drawing as the page takes it: `name` is unique within the page.
pub(super) fn finished(drawn: &str, name: &str) -> String {
    scalable(&own_names(drawn.to_owned(), name))
}

/// Renames clip paths, so that a result always makes the same page and two drawings never share one.
fn own_names(mut svg: String, name: &str) -> String {
    let mut count = 0;
    while let Some(start) = svg.find(CLIP) {
        let digits = svg[start + CLIP.len()..].chars().take_while(char::is_ascii_digit).count();
        let theirs = svg[start..start + CLIP.len() + digits].to_owned();
        // The longest name first would be needed were there more than one clip a chart; there isn't.
        svg = svg.replace(&theirs, &format!("clip-{name}-{count}"));
        count += 1;
    }
    svg
}

/// Trades the fixed size in the opening tag for a `viewBox`.
fn scalable(svg: &str) -> String {
    let attribute = |name: &str| {
        let start = svg.find(&format!(" {name}=\""))? + name.len() + 3;
        let length = svg.get(start..)?.find('"')?;
        svg.get(start..start + length)
    };
    let Some((width, height)) = attribute("width").zip(attribute("height")) else {
        return svg.to_owned();
    };
    let size = format!(" width=\"{width}\" height=\"{height}\"");
    svg.replacen(&size, &format!(" viewBox=\"0 0 {width} {height}\" role=\"img\""), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_steps_through_its_own_values() {
        assert_eq!(distribution(vec![3.0, 1.0, f64::NAN]), [(1.0, 0.0), (1.0, 0.5), (3.0, 1.0)]);
        assert_eq!(distribution(Vec::new()), []);
        let many = distribution((1..=10_000).map(f64::from).collect());
        assert_eq!(many.len(), POINTS);
        assert_eq!(many.last(), Some(&(10_000.0, 1.0)));
        assert!(many.iter().all(|(x, share)| *share == 0.0 || (x / 10_000.0 - share).abs() < 1e-9));
    }

    #[test]
    fn the_drawing_scales_and_takes_the_page_s_colours() {
        let series =
            Series { color: "var(--candidate)", stroke: 2.0, points: distribution(vec![10.0, 20.0, 40.0]) };
        let spec = ChartSpec {
            name: "ttft",
            x_label: "TTFT, ms".into(),
            y_label: "requests".into(),
            x_max: 40.0,
            series: vec![series],
        };
        assert_eq!(svg(&spec), svg(&spec), "a chart is drawn the same every time");
        let svg = svg(&spec);
        assert!(svg.starts_with("<svg") && svg.contains("viewBox=\"0 0 "), "{svg}");
        assert!(svg.contains("var(--candidate)") && svg.contains("var(--text)"), "{svg}");
        assert!(!svg.contains("<script"), "{svg}");
        assert!(svg.len() < 20_000, "{}", svg.len());
    }
}
