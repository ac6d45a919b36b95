//! How reasons write numbers.

use crate::model::comparison::{Interval, PairedPassRate};

/// `delta −6.7 pp, 90 % interval −20.0 to +5.5 pp, 30 pairs`.
pub(super) fn numbers(rate: &PairedPassRate, delta: f64, interval: Interval, confidence: f64) -> String {
    format!(
        "delta {} pp, {} % interval {} to {} pp, {}",
        signed(delta),
        plain(100.0 * confidence),
        signed(interval.low),
        signed(interval.high),
        pairs(rate.pairs)
    )
}

/// One digit, with its sign, and no negative zero; a minus, not a hyphen, as reports write numbers.
pub(super) fn signed(points: f64) -> String {
    let text = format!("{points:+.1}");
    if text == "-0.0" { "+0.0".to_owned() } else { text.replace('-', "\u{2212}") }
}

/// As the user wrote it: `5`, `2.5`; what rounding adds is left out.
pub(super) fn plain(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `5 pp`.
pub(super) fn margin(points: f64) -> String {
    format!("{} pp", plain(points))
}

/// A share in percent: `76.7 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A p-value: `0.012`, `<0.001`.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// Digits in groups of three: `18,548`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let groups = (!head.is_empty()).then(|| head.to_owned()).into_iter().chain(groups);
    groups.collect::<Vec<_>>().join(",")
}

/// `1 pair`, `30 pairs`.
pub(super) fn pairs(count: u64) -> String {
    if count == 1 { "1 pair".to_owned() } else { format!("{} pairs", grouped(count)) }
}
