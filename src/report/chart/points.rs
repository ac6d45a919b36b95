//! Points of every kind: on lines, alone, with names, with intervals beside categories.

use std::fmt::Write as _;

use kuva::render::render::{Primitive, Scene, TextAnchor};
use unicode_width::UnicodeWidthStr as _;

use super::draw::{CAP, MARK, Pen, TICK, circle, group, line, plain_text};
use super::marks::{Named, Point, Rest};
use super::{Reference, Stroke};

/// Half the length of a target's line.
const TARGET: f64 = 9.0;
/// About as wide as a letter of a name, and as high as a line of them.
const LETTER: (f64, f64) = (6.2, 13.0);
/// What keeps a name readable on whatever it lies.
const HALO: &str =
    "paint-order=\"stroke\" stroke=\"var(--card)\" stroke-width=\"3\" stroke-linejoin=\"round\"";

/// Left, top, right, bottom.
type Place = (f64, f64, f64, f64);

/// A place taken by a mark, or by a name with its mark.
pub(super) struct Taken {
    place: Place,
    name: Option<(String, f64, f64)>,
}

/// Marks so near each other share a name.
const ALIKE: f64 = 12.0;
/// Between names side by side.
const APART: f64 = 3.0;

impl Pen<'_> {
    /// Marks, those that are to be taken with care hollow.
    pub(super) fn marks(&self, scene: &mut Scene, points: &[Point], color: &str) {
        let full: Vec<Point> = points.iter().copied().filter(|point| !point.hollow).collect();
        self.dots(scene, &full, color, MARK, Stroke::Strong);
        for point in points.iter().filter(|point| point.hollow) {
            scene.add(hollow(self.x(point.x), self.y(point.y), color));
        }
    }

    /// Small marks: round ones, and square ones of a side that is drawn fine.
    pub(super) fn dots(&self, scene: &mut Scene, points: &[Point], color: &str, radius: f64, stroke: Stroke) {
        if points.is_empty() {
            return;
        }
        // A line of no length with wide ends is a dot, and a step from one to the next is short: a fifth of the bytes of
        // a circle. Square ends of no length at all would not be printed. Tenths are counted, so that no rounding adds up.
        let tenth = |value: f64| (value * 10.0).round();
        let mut sorted: Vec<(f64, f64)> =
            points.iter().map(|point| (tenth(self.x(point.x)), tenth(self.y(point.y)))).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let (ends, length) = if stroke == Stroke::Strong { ("round", "h0") } else { ("square", "h.1") };
        let mut d = String::new();
        let mut from = (0.0, 0.0);
        for (x, y) in sorted {
            let letter = if d.is_empty() { 'M' } else { 'm' };
            let (dx, dy) = ((x - from.0) / 10.0, (y - from.1) / 10.0);
            let space = if dy < 0.0 { "" } else { " " };
            let _ = write!(d, "{letter}{}{space}{}{length}", short(dx), short(dy));
            from = (x + if stroke == Stroke::Strong { 0.0 } else { 1.0 }, y);
        }
        scene.add(group(&format!("stroke-linecap=\"{ends}\"")));
        scene.add(line(d, color, 2.0 * radius, Stroke::Strong));
        scene.add(Primitive::GroupEnd);
    }

    /// Points with their names where they don't cover each other; the rest is read by pointing.
    pub(super) fn named(&self, scene: &mut Scene, named: &[Named], color: &str, taken: &mut Vec<Taken>) {
        let points: Vec<Point> = named.iter().map(|named| named.point).collect();
        self.intervals(scene, &points, color);
        self.marks(scene, &points, color);
        let (left, top, right, bottom) = self.plot();
        taken.extend(points.iter().map(|point| {
            let (x, y) = (self.x(point.x), self.y(point.y));
            Taken { place: (x - MARK, y - MARK, x + MARK, y + MARK), name: None }
        }));
        scene.add(group(HALO));
        for named in named {
            let (x, y) = (self.x(named.point.x), self.y(named.point.y));
            let is_told = |taken: &Taken| {
                taken.name.as_ref().is_some_and(|(name, other_x, other_y)| {
                    *name == named.name && (x - other_x).hypot(y - other_y) < ALIKE
                })
            };
            if taken.iter().any(is_told) {
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "names are short")]
            let width = named.name.width() as f64 * LETTER.0;
            let places = [(6.0, 14.0), (6.0, -6.0), (-6.0, -6.0), (-6.0, 14.0)].map(|(dx, dy)| {
                let from = if dx > 0.0 { x + dx } else { x + dx - width };
                (dx, y + dy, (from, y + dy - LETTER.1 + 3.0, from + width, y + dy + 2.0))
            });
            let free = |at: &Place| {
                let apart = |other: &Place| {
                    at.2 + APART <= other.0 || other.2 + APART <= at.0 || at.3 <= other.1 || other.3 <= at.1
                };
                left <= at.0
                    && at.2 <= right
                    && top <= at.1
                    && at.3 <= bottom
                    && taken.iter().all(|taken| apart(&taken.place))
            };
            let Some((dx, baseline, place)) = places.into_iter().find(|(_, _, place)| free(place)) else {
                continue;
            };
            taken.push(Taken { place, name: Some((named.name.clone(), x, y)) });
            let anchor = if dx > 0.0 { TextAnchor::Start } else { TextAnchor::End };
            scene.add(text(x + dx, baseline, &named.name, anchor, color));
        }
        scene.add(Primitive::GroupEnd);
    }

    /// Values with their intervals beside categories.
    pub(super) fn rests(&self, scene: &mut Scene, rests: &[Rest], stroke: Stroke) {
        for rest in rests {
            let color = format!("var(--{})", rest.color);
            let (x, y) = (self.x(rest.at), self.y(rest.row));
            if let Some(interval) = rest.interval {
                let (low, high) = (self.x(interval.low), self.x(interval.high));
                let (up, down) = (y - CAP, y + CAP);
                let d = format!(
                    "M{low:.1} {y:.1}H{high:.1}M{low:.1} {up:.1}V{down:.1}M{high:.1} {up:.1}V{down:.1}"
                );
                scene.add(line(d, &color, 1.6, Stroke::Strong));
            }
            scene.add(if stroke == Stroke::Strong {
                circle(x, y, MARK + 0.5, &color)
            } else {
                hollow(x, y, &color)
            });
        }
    }

    /// What is aimed at, beside categories.
    pub(super) fn targets(&self, scene: &mut Scene, points: &[Point], color: &str) {
        let mut d = String::new();
        for point in points {
            let (x, y) = (self.x(point.x), self.y(point.y));
            let _ = write!(d, "M{x:.1} {:.1}V{:.1}", y - TARGET, y + TARGET);
        }
        scene.add(line(d, color, 2.2, Stroke::Strong));
    }

    /// From where to where the name of an upright line goes: to its right, where there is room.
    #[expect(clippy::cast_precision_loss, reason = "names are short")]
    pub(super) fn reach(&self, reference: &Reference) -> (f64, f64) {
        let (at, width) = (self.x(reference.value), reference.label.width() as f64 * LETTER.0 + 4.0);
        if at + width > self.plot().2 { (at - width, at) } else { (at, at + width) }
    }

    /// The name of a reference line; that of an upright one in a row from the top.
    #[expect(clippy::cast_precision_loss, reason = "rows are few")]
    pub(super) fn reference_label(&self, scene: &mut Scene, reference: &Reference, row: usize) {
        if reference.label.is_empty() {
            return;
        }
        let (_, top, right, _) = self.plot();
        let (x, y, to_the_left) = match reference.on {
            super::Across::X => {
                let at = self.x(reference.value);
                let to_the_left = self.reach(reference).0 < at;
                let y = top + 10.0 + LETTER.1 * row as f64;
                (if to_the_left { at - 4.0 } else { at + 4.0 }, y, to_the_left)
            }
            super::Across::Y => (right - 4.0, self.y(reference.value) - 4.0, true),
        };
        let anchor = if to_the_left { TextAnchor::End } else { TextAnchor::Start };
        scene.add(group(HALO));
        scene.add(text(x, y, &reference.label, anchor, "var(--soft)"));
        scene.add(Primitive::GroupEnd);
    }
}

/// Tenths as few characters as can be.
fn short(value: f64) -> String {
    let written = format!("{value:.1}");
    let written = written.strip_suffix(".0").unwrap_or(&written);
    match written.strip_prefix("-0.").map(|rest| format!("-.{rest}")) {
        Some(negative) => negative,
        None => match written {
            "-0" => "0".to_owned(),
            _ => written.strip_prefix("0.").map_or_else(|| written.to_owned(), |rest| format!(".{rest}")),
        },
    }
}

fn hollow(cx: f64, cy: f64, color: &str) -> Primitive {
    Primitive::Circle {
        cx,
        cy,
        r: MARK,
        fill: "var(--card)".into(),
        fill_opacity: None,
        stroke: Some(color.into()),
        stroke_width: Some(1.6),
    }
}

fn text(x: f64, y: f64, content: &str, anchor: TextAnchor, color: &str) -> Primitive {
    Primitive::Text {
        x,
        y,
        content: plain_text(content),
        size: TICK,
        anchor,
        rotate: None,
        bold: false,
        color: Some(color.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn tenths_take_few_characters() {
        let written = [12.0, -0.5, 0.3, -3.2, -0.04, 0.0].map(short);
        assert_eq!(written, ["12", "-.5", ".3", "-3.2", "0", "0"]);
    }
}
