//! The drawing. The library lays out axes, ticks, grid and labels and tells where values lie; marks are placed
//! through that. Only this file knows it.

use std::fmt::Write as _;
use std::sync::Arc;

use kuva::TickFormat;
use kuva::backend::svg::SvgBackend;
use kuva::render::axis::{add_axes_and_grid, add_labels_and_title};
use kuva::render::layout::{ComputedLayout, Layout};
use kuva::render::render::{PathData, Primitive, Scene};
use kuva::render::theme::Theme;

use super::axis::{Axis, Scale};
use super::marks::{Marks, Point};
use super::path::{self, Scales};
use super::points::Taken;
use super::{Across, ChartSpec, Frame, Series, Stroke};

const HALF: (f64, f64) = (480.0, 280.0);
const WIDE: (f64, f64) = (720.0, 280.0);
/// The height of one row of a list, and of all around the rows.
const ROW: (f64, f64) = (26.0, 62.0);
/// Sizes of letters, in the drawing's units.
const LABEL: u32 = 12;
pub(super) const TICK: u32 = 11;
/// The radius of a mark.
pub(super) const MARK: f64 = 3.5;
/// What stands left and right of the axes of charts over time and of wide ones, so that they line up, and titles have
/// room where a small screen has larger letters.
const TIME_MARGINS: (f64, f64) = (80.0, 22.0);
/// Half the length of an interval's end.
pub(super) const CAP: f64 = 3.5;
/// Shades of a heatmap.
const SHADES: u8 = 8;

/// A drawing with what is needed to find values in it.
pub(super) struct Drawn {
    pub(super) svg: String,
    pub(super) size: (f64, f64),
    /// Left, top, right, bottom.
    pub(super) plot: (f64, f64, f64, f64),
}

/// Draws a chart.
pub(super) fn draw(spec: &ChartSpec) -> Drawn {
    let (width, height) = match spec.frame {
        Frame::Half => HALF,
        Frame::Wide => WIDE,
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53 rows")]
        Frame::Rows(rows) => (HALF.0, ROW.0 * rows as f64 + ROW.1),
    };
    let layout = layout(spec).with_width(width).with_height(height);
    let computed = ComputedLayout::from_layout(&layout);
    // The library leaves no room for what stands below an axis's end.
    let (layout, computed) = if !spec.x.is_time() && !matches!(spec.x.scale, Scale::Categories(_)) {
        #[expect(clippy::cast_precision_loss, reason = "a label is short")]
        let half = spec.x.tick(spec.x.high).len() as f64 * f64::from(TICK) * 0.34;
        let layout = layout.with_force_margins(computed.margin_left, computed.margin_right.max(half));
        let computed = ComputedLayout::from_layout(&layout);
        (layout, computed)
    } else {
        (layout, computed)
    };
    let mut scene = Scene::new(width, height).with_background(None);
    scene.text_color = Some("var(--text)".to_owned());
    add_axes_and_grid(&mut scene, &computed, &layout);
    add_labels_and_title(&mut scene, &computed, &layout);
    let pen = Pen { x: &spec.x, y: &spec.y, computed: &computed };
    let plot = pen.plot();
    // Nothing is drawn beyond the axes, whatever the values are.
    scene.add(Primitive::ClipStart {
        x: plot.0 - MARK,
        y: plot.1 - MARK,
        width: plot.2 - plot.0 + 2.0 * MARK,
        height: plot.3 - plot.1 + 2.0 * MARK,
        id: format!("clip-{}", spec.name),
    });
    for line in &spec.references {
        pen.reference(&mut scene, line.on, line.value);
    }
    let mut taken: Vec<Taken> = Vec::new();
    for series in &spec.series {
        pen.series(&mut scene, series, &mut taken);
    }
    scene.add(Primitive::ClipEnd);
    let upright = spec.references.iter().filter(|line| line.on == Across::X && !line.label.is_empty());
    let mut rows: Vec<Vec<(f64, f64)>> = Vec::new();
    for line in upright {
        let (from, to) = pen.reach(line);
        let is_free = |row: &Vec<(f64, f64)>| row.iter().all(|(left, right)| to < *left || *right < from);
        let row = rows.iter().position(is_free).unwrap_or(rows.len());
        rows.resize(rows.len().max(row + 1), Vec::new());
        rows[row].push((from, to));
        pen.reference_label(&mut scene, line, row);
    }
    for line in spec.references.iter().filter(|line| line.on == Across::Y) {
        pen.reference_label(&mut scene, line, 0);
    }
    let svg = SvgBackend.render_scene(&scene);
    Drawn { svg: opened(&svg, width, height), size: (width, height), plot }
}

/// The page's colours and font.
fn theme() -> Theme {
    Theme {
        background: "none".to_owned(),
        axis_color: "var(--line)".to_owned(),
        grid_color: "var(--grid)".to_owned(),
        tick_color: "var(--line)".to_owned(),
        text_color: "var(--text)".to_owned(),
        font_family: Some("inherit".to_owned()),
        ..Theme::light()
    }
}

fn layout(spec: &ChartSpec) -> Layout {
    let (x, y) = (spec.x.clone(), spec.y.clone());
    let mut layout = Layout::new((x.place(x.low), x.place(x.high)), (y.place(y.low), y.place(y.high)))
        .with_theme(theme())
        .with_label_size(LABEL)
        .with_tick_size(TICK)
        .with_tick_length(4.0)
        .with_x_axis_min(x.place(x.low))
        .with_x_axis_max(x.place(x.high))
        .with_x_label(plain_text(&x.title()));
    if x.is_time() || spec.frame == Frame::Wide {
        layout = layout.with_force_margins(TIME_MARGINS.0, TIME_MARGINS.1);
    }
    if let Some(step) = x.tick_step() {
        layout = layout.with_x_tick_step(step);
    }
    if x.scale == Scale::Log10 {
        layout = layout.with_log_x();
    }
    if let Scale::Categories(names) = &y.scale {
        // The library counts from the bottom, a list is read from the top.
        layout = layout.with_y_categories(names.iter().rev().map(|name| plain_text(name)).collect());
    } else {
        layout = layout
            .with_y_axis_min(y.place(y.low))
            .with_y_axis_max(y.place(y.high))
            .with_y_label(plain_text(&y.title()));
        if let Some(step) = y.tick_step() {
            layout = layout.with_y_tick_step(step);
        }
        if y.scale == Scale::Log10 {
            layout = layout.with_log_y();
        }
    }
    let format = |axis: Axis| TickFormat::Custom(Arc::new(move |place| axis.tick(axis.value(place))));
    layout.with_x_tick_format(format(x)).with_y_tick_format(format(y))
}

/// The library reads formulas between dollars: what comes from outside has none.
pub(super) fn plain_text(text: &str) -> String {
    text.replace('$', "\u{ff04}")
}

pub(super) struct Pen<'a> {
    x: &'a Axis,
    y: &'a Axis,
    computed: &'a ComputedLayout,
}

impl Pen<'_> {
    pub(super) fn x(&self, value: f64) -> f64 {
        self.computed.map_x(self.x.place(value))
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        match &self.y.scale {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53 names")]
            Scale::Categories(names) => self.computed.map_y(names.len() as f64 + 1.0 - value),
            _ => self.computed.map_y(self.y.place(value)),
        }
    }

    pub(super) fn plot(&self) -> (f64, f64, f64, f64) {
        let c = self.computed;
        (c.margin_left, c.margin_top, c.width - c.margin_right, c.height - c.margin_bottom)
    }

    fn reference(&self, scene: &mut Scene, on: Across, value: f64) {
        let (left, top, right, bottom) = self.plot();
        let (x1, y1, x2, y2) = match on {
            Across::X => (self.x(value), top, self.x(value), bottom),
            Across::Y => (left, self.y(value), right, self.y(value)),
        };
        scene.add(Primitive::Line {
            x1,
            y1,
            x2,
            y2,
            stroke: "var(--soft)".into(),
            stroke_width: 1.0,
            stroke_dasharray: Some("4 3".to_owned()),
        });
    }

    fn series(&self, scene: &mut Scene, series: &Series, taken: &mut Vec<Taken>) {
        scene.add(group(&format!("data-series=\"{}\"", series.key)));
        let color = format!("var(--{})", series.color);
        let width = series.stroke.width();
        match &series.marks {
            Marks::Steps(points) => {
                let mut d = String::new();
                for (i, point) in points.iter().enumerate() {
                    if i == 0 {
                        let _ = write!(d, "M{:.1} {:.1}", self.x(point.x), self.y(point.y));
                    } else {
                        let _ = write!(d, "H{:.1}V{:.1}", self.x(point.x), self.y(point.y));
                    }
                }
                scene.add(line(d, &color, width, series.stroke));
            }
            Marks::Curve(points) => scene.add(line(self.through(points), &color, width, series.stroke)),
            Marks::Line(points) => {
                scene.add(line(self.through(points), &color, width, series.stroke));
                self.intervals(scene, points, &color);
                self.marks(scene, points, &color);
            }
            Marks::Dots(points) => {
                // Many are told apart where they are small and let others through.
                let radius = if points.len() > 300 { 1.6 } else { 2.6 };
                scene.add(group("opacity=\".55\""));
                self.dots(scene, points, &color, radius, series.stroke);
                scene.add(Primitive::GroupEnd);
            }
            Marks::Bars { edges, values } => self.bars(scene, edges, values, &color, width, series.stroke),
            Marks::Spans(spans) => {
                let (_, top, _, bottom) = self.plot();
                let rows = (self.y.high - self.y.low).max(1.0);
                // Beside a category there are two, one below the other.
                let part = if matches!(self.y.scale, Scale::Categories(_)) { 0.34 } else { 0.72 };
                let thick = ((bottom - top) / rows * part).clamp(0.6, 14.0);
                let (pale, full) = self.scaled(|at| path::spans(spans, at));
                scene.add(group("opacity=\".4\""));
                scene.add(line(pale, &color, thick, Stroke::Strong));
                scene.add(Primitive::GroupEnd);
                scene.add(line(full, &color, thick, Stroke::Strong));
            }
            Marks::Stack { edges, base, values } => {
                let d = self.scaled(|at| path::stack(edges, base, values, at));
                // A seam, for what lies on top of it may have the same colour.
                scene.add(area(d, &color, 0.75, Some("var(--card)")));
            }
            Marks::Held(held) => {
                scene.add(line(self.scaled(|at| path::held(held, at)), &color, width, series.stroke));
            }
            Marks::Bands(bands) => {
                let (_, top, _, bottom) = self.plot();
                scene.add(area(self.scaled(|at| path::bands(bands, top, bottom, at)), &color, 0.09, None));
            }
            Marks::Cells(cells) => self.cells(scene, cells, &color),
            Marks::Rests(rests) => self.rests(scene, rests, series.stroke),
            Marks::Targets(points) => self.targets(scene, points, &color),
            Marks::Named(named) => self.named(scene, named, &color, taken),
        }
        scene.add(Primitive::GroupEnd);
    }

    fn scaled<T>(&self, draw: impl FnOnce(&Scales<'_>) -> T) -> T {
        draw(&Scales { x: &|value| self.x(value), y: &|value| self.y(value) })
    }

    fn through(&self, points: &[Point]) -> String {
        let mut d = String::new();
        for (i, point) in points.iter().enumerate() {
            let _ =
                write!(d, "{}{:.1} {:.1}", if i == 0 { 'M' } else { 'L' }, self.x(point.x), self.y(point.y));
        }
        d
    }

    pub(super) fn intervals(&self, scene: &mut Scene, points: &[Point], color: &str) {
        let mut d = String::new();
        for point in points {
            let Some(interval) = point.interval else { continue };
            let (x, low, high) = (self.x(point.x), self.y(interval.low), self.y(interval.high));
            let (left, right) = (x - CAP, x + CAP);
            let _ = write!(
                d,
                "M{x:.1} {low:.1}V{high:.1}M{left:.1} {low:.1}H{right:.1}M{left:.1} {high:.1}H{right:.1}"
            );
        }
        if !d.is_empty() {
            scene.add(line(d, color, 1.2, Stroke::Strong));
        }
    }

    fn bars(
        &self,
        scene: &mut Scene,
        edges: &[f64],
        values: &[f64],
        color: &str,
        width: f64,
        stroke: Stroke,
    ) {
        let outline = self.scaled(|at| path::bars(edges, values, at));
        let opacity = if stroke == Stroke::Strong { 0.28 } else { 0.1 };
        scene.add(area(outline.clone(), color, opacity, None));
        scene.add(line(outline, color, width * 0.7, stroke));
    }

    fn cells(&self, scene: &mut Scene, cells: &[super::Cell], color: &str) {
        let most = cells.iter().map(|cell| cell.value).fold(0.0, f64::max);
        for shade in 1..=SHADES {
            let mut d = String::new();
            for cell in cells {
                // The least there is has a shade too.
                let rank = (cell.value / most * f64::from(SHADES)).ceil().clamp(1.0, f64::from(SHADES));
                if (rank - f64::from(shade)).abs() > 0.5 {
                    continue;
                }
                let (left, right) = (self.x(cell.x.0), self.x(cell.x.1));
                let (low, high) = (self.y(cell.y.0), self.y(cell.y.1));
                let _ = write!(d, "M{left:.1} {low:.1}H{right:.1}V{high:.1}H{left:.1}Z");
            }
            if !d.is_empty() {
                scene.add(area(d, color, f64::from(shade) / f64::from(SHADES) * 0.92 + 0.04, None));
            }
        }
    }
}

pub(super) fn group(attributes: &str) -> Primitive {
    Primitive::GroupStart { transform: None, title: None, extra_attrs: Some(attributes.to_owned()) }
}

pub(super) fn line(d: String, color: &str, width: f64, stroke: Stroke) -> Primitive {
    Primitive::Path(Box::new(PathData {
        d,
        fill: None,
        stroke: color.into(),
        stroke_width: width,
        opacity: None,
        stroke_dasharray: (stroke == Stroke::Dashed).then(|| "6 4".to_owned()),
    }))
}

fn area(d: String, color: &str, opacity: f64, seam: Option<&str>) -> Primitive {
    Primitive::Path(Box::new(PathData {
        d,
        fill: Some(color.into()),
        stroke: seam.unwrap_or("none").into(),
        stroke_width: if seam.is_some() { 0.6 } else { 0.0 },
        opacity: Some(opacity),
        stroke_dasharray: None,
    }))
}

pub(super) fn circle(cx: f64, cy: f64, r: f64, color: &str) -> Primitive {
    Primitive::Circle { cx, cy, r, fill: color.into(), fill_opacity: None, stroke: None, stroke_width: None }
}

/// The drawing with a size that follows the page, hidden from readers of the page's text, who have its description.
fn opened(svg: &str, width: f64, height: f64) -> String {
    let inner = svg.split_once('>').map_or("", |(_, inner)| inner);
    // The library's own remark names it and its version; the result should not depend on that.
    let inner = match (inner.find("<!--"), inner.find("-->")) {
        (Some(start), Some(end)) if start < end => &inner[end + 3..],
        _ => inner,
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"inherit\" fill=\"var(--text)\" aria-hidden=\"true\" focusable=\"false\">{inner}"
    )
}
