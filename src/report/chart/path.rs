//! Marks of what lasts as the outlines of SVG paths, through a scale given by its two functions. Places are
//! written to a tenth of the drawing's unit.

use std::fmt::{self, Write as _};

use super::marks::{Held, Span};

/// Where values lie.
pub(super) struct Scales<'a> {
    /// From left to right.
    pub(super) x: &'a dyn Fn(f64) -> f64,
    /// From top to bottom.
    pub(super) y: &'a dyn Fn(f64) -> f64,
}

/// A place in tenths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tenths(i64);

impl Tenths {
    #[expect(clippy::cast_possible_truncation, reason = "float casts saturate, far outside of any drawing")]
    const fn of(place: f64) -> Self {
        Self((place * 10.0).round() as i64)
    }
}

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, tenth) = (self.0.unsigned_abs() / 10, self.0.unsigned_abs() % 10);
        if tenth == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{tenth}") }
    }
}

/// Strokes of one path, each beginning where the one before ended: in whole tenths, so that nothing drifts.
#[derive(Default)]
struct Strokes {
    d: String,
    at: (i64, i64),
}

impl Strokes {
    fn level(&mut self, from: f64, to: f64, y: f64) {
        let (from, to, y) = (Tenths::of(from).0, Tenths::of(to).0, Tenths::of(y).0);
        let (right, down) = (Tenths(from.saturating_sub(self.at.0)), Tenths(y.saturating_sub(self.at.1)));
        let _ = write!(self.d, "m{right} {down}h{}", Tenths(to.saturating_sub(from)));
        self.at = (to, y);
    }
}

/// The parts of `spans` before their first token, and those after it; a span without one is all of the second kind.
pub(super) fn spans(spans: &[Span], at: &Scales<'_>) -> (String, String) {
    let (mut pale, mut full) = (Strokes::default(), Strokes::default());
    for span in spans {
        let (y, start, end) = ((at.y)(span.y), (at.x)(span.start), (at.x)(span.end));
        // What is too short to be seen is to be seen all the same, above all where it failed.
        let end = end.max(start + if span.first.is_some() { 0.5 } else { 2.0 });
        let first = span.first.map_or(start, |first| (at.x)(first).clamp(start, end));
        if first > start {
            pale.level(start, first, y);
        }
        full.level(first, end.max(first + 0.3), y);
    }
    (pale.d, full.d)
}

/// The area from `base` to `base` and `values` together over bins between `edges`, closed; bins without any are left out.
pub(super) fn stack(edges: &[f64], base: &[f64], values: &[f64], at: &Scales<'_>) -> String {
    stepped(edges, base, values, at, true)
}

fn stepped(edges: &[f64], base: &[f64], values: &[f64], at: &Scales<'_>, closed: bool) -> String {
    let mut d = String::new();
    let bars: Vec<_> = edges.iter().zip(edges.iter().skip(1)).zip(base.iter().zip(values)).collect();
    for run in bars.chunk_by(|(_, (_, a)), (_, (_, b))| (**a > 0.0) == (**b > 0.0)) {
        let Some(((first, _), (low, value))) = run.first() else { continue };
        if **value <= 0.0 {
            continue;
        }
        let _ = write!(d, "M{} {}", Tenths::of((at.x)(**first)), Tenths::of((at.y)(**low)));
        for ((_, right), (low, value)) in run {
            let (right, top) = (Tenths::of((at.x)(**right)), Tenths::of((at.y)(**low + **value)));
            let _ = write!(d, "V{top}H{right}");
        }
        if closed {
            for ((left, _), (low, _)) in run.iter().rev() {
                let (left, low) = (Tenths::of((at.x)(**left)), Tenths::of((at.y)(**low)));
                let _ = write!(d, "V{low}H{left}");
            }
            d.push('Z');
        } else if let Some((_, (low, _))) = run.last() {
            let _ = write!(d, "V{}", Tenths::of((at.y)(**low)));
        }
    }
    d
}

/// The outline of bars from 0, with a gap where there is nothing.
pub(super) fn bars(edges: &[f64], values: &[f64], at: &Scales<'_>) -> String {
    stepped(edges, &vec![0.0; values.len()], values, at, false)
}

/// Level parts, joined where one follows the other.
pub(super) fn held(held: &[Held], at: &Scales<'_>) -> String {
    let mut d = String::new();
    let mut before: Option<&Held> = None;
    for part in held {
        let (right, y) = (Tenths::of((at.x)(part.to)), Tenths::of((at.y)(part.y)));
        if before.is_some_and(|before| (before.to - part.from).abs() < f64::EPSILON * before.to.abs()) {
            let _ = write!(d, "V{y}H{right}");
        } else {
            let _ = write!(d, "M{} {y}H{right}", Tenths::of((at.x)(part.from)));
        }
        before = Some(part);
    }
    d
}

/// Parts of the x axis from `top` to `bottom`, each at least so wide that it is seen.
pub(super) fn bands(bands: &[(f64, f64)], top: f64, bottom: f64, at: &Scales<'_>) -> String {
    let mut d = String::new();
    for (from, to) in bands {
        let (left, right) = ((at.x)(*from), (at.x)(*to));
        let right = Tenths::of(right.max(left + 0.5));
        let _ = write!(
            d,
            "M{left} {}H{right}V{}H{left}Z",
            Tenths::of(top),
            Tenths::of(bottom),
            left = Tenths::of(left)
        );
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten units of the drawing for one of x, and a y axis whose 0 is at 100.
    fn drawn<T>(draw: impl FnOnce(&Scales<'_>) -> T) -> T {
        draw(&Scales { x: &|x| 10.0 * x, y: &|y| 100.0 - 10.0 * y })
    }

    #[test]
    fn a_span_is_pale_up_to_its_first_token() {
        let span = |y, start, first, end| Span { y, start, first, end, name: String::new() };
        let (pale, full) = drawn(|at| {
            spans(
                &[span(1.0, 0.0, Some(1.0), 3.0), span(2.0, 1.0, None, 1.26), span(0.0, 3.0, Some(3.0), 3.0)],
                at,
            )
        });
        assert_eq!(pale, "m0 90h10");
        assert_eq!(full, "m10 90h20m-20 -10h2.6m17.4 20h0.5");
    }

    #[test]
    fn stacked_bars_lie_on_what_is_below_and_leave_out_what_is_empty() {
        let edges = [0.0, 1.0, 2.0, 3.0, 4.0];
        let d = drawn(|at| stack(&edges, &[0.0, 1.0, 0.0, 2.0], &[1.0, 2.0, 0.0, 0.5], at));
        assert_eq!(d, "M0 100V90H10V70H20V90H10V100H0ZM30 80V75H40V80H30Z");
        let d = drawn(|at| bars(&edges, &[1.0, 2.0, 0.0, 0.5], at));
        assert_eq!(d, "M0 100V90H10V80H20V100M30 100V95H40V100");
    }

    #[test]
    fn what_is_held_is_joined_where_it_goes_on() {
        let part = |from, to, y| Held { from, to, y, n: None };
        let d = drawn(|at| held(&[part(0.0, 1.0, 2.0), part(1.0, 2.0, 3.0), part(4.0, 5.0, 1.0)], at));
        assert_eq!(d, "M0 80H10V70H20M40 90H50");
        assert_eq!(
            drawn(|at| bands(&[(1.0, 2.0), (3.0, 3.0)], 0.0, 50.0, at)),
            "M10 0H20V50H10ZM30 0H30.5V50H30Z"
        );
    }
}
