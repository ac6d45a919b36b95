//! Numbers as they stand in a text, and whether they are those that the result holds.

use std::sync::LazyLock;

use regex::Regex;

/// A number as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Written {
    /// Its value.
    pub(super) value: f64,
    /// Digits after the point.
    decimals: i32,
    /// `<` or `>` before it: what it stands for lies beyond.
    beyond: Option<char>,
}

/// A number that the result holds, in the unit that it is shown in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Held {
    /// Rounded to the digits shown.
    Rounded(f64),
    /// A share in percent: what is neither none nor all may not be rounded to it.
    Percent(f64),
    /// The very number.
    Exact(f64),
}

impl Held {
    /// A share of 0 to 1.
    pub(super) fn share(share: f64) -> Self {
        Self::Percent(share * 100.0)
    }

    /// The number itself.
    pub(super) const fn value(self) -> f64 {
        match self {
            Self::Rounded(value) | Self::Percent(value) | Self::Exact(value) => value,
        }
    }

    fn is(self, written: Written) -> bool {
        let (value, most) = match self {
            Self::Rounded(value) => (value, 0.5 * 10_f64.powi(-written.decimals)),
            Self::Percent(value) if written.decimals > 0 => (value, 0.5 * 10_f64.powi(-written.decimals)),
            Self::Percent(value) | Self::Exact(value) => (value, 0.0),
        };
        match written.beyond {
            Some('<') => value < written.value,
            Some(_) => value > written.value,
            None => (value - written.value).abs() <= most + 1e-9 * value.abs().max(1e-3),
        }
    }
}

/// The numbers in a text, from left to right.
pub(super) fn numbers(text: &str) -> Vec<Written> {
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"([<>])?([\u{2212}+-])?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?").unwrap());
    NUMBER
        .captures_iter(text)
        .map(|found| {
            let fraction = found.get(4).map_or("", |fraction| fraction.as_str());
            let whole = found[3].replace(',', "");
            let unsigned: f64 = format!("{whole}{fraction}").parse().unwrap();
            let negative = found.get(2).is_some_and(|sign| sign.as_str() != "+");
            Written {
                value: if negative { -unsigned } else { unsigned },
                decimals: i32::try_from(fraction.len()).unwrap().saturating_sub(1).max(0),
                beyond: found.get(1).and_then(|sign| sign.as_str().chars().next()),
            }
        })
        .collect()
}

/// Whether a text holds a digit.
pub(super) fn has_digit(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

/// What is wrong with a text that is to show these numbers in this order, the absent ones not at all.
pub(super) fn compare(text: &str, held: &[Option<Held>]) -> Option<String> {
    let written = numbers(text);
    let present: Vec<Held> = held.iter().copied().flatten().collect();
    let same = written.len() == present.len()
        && present.iter().zip(&written).all(|(held, written)| held.is(*written));
    (!same).then(|| format!("the result holds {present:?}"))
}

/// What is wrong with a text each of whose numbers is to be one of these.
pub(super) fn among(text: &str, held: &[Held]) -> Option<String> {
    let strange = numbers(text).into_iter().find(|written| !held.iter().any(|held| held.is(*written)));
    strange.map(|written| format!("{} is none of {held:?}", written.value))
}

#[test]
fn numbers_are_read_as_written_and_held_to_their_digits() {
    let read = |text: &str| numbers(text).iter().map(|n| (n.value, n.decimals)).collect::<Vec<_>>();
    assert_eq!(
        read("22,926 \u{2212}5.3, +0.30 [0, 1,2]"),
        [(22_926.0, 0), (-5.3, 1), (0.3, 2), (0.0, 0), (1.0, 0), (2.0, 0)]
    );
    let rounded = |value, text: &str| compare(text, &[Some(Held::Rounded(value))]).is_none();
    assert!(rounded(22.325_9, "22.3") && !rounded(22.325_9, "22.4") && !rounded(22.325_9, "22.32"));
    assert!(rounded(0.0004, "<0.001") && !rounded(0.002, "<0.001"));
    let share = |share, text: &str| compare(text, &[Some(Held::share(share))]).is_none();
    assert!(
        share(1.0, "100 %") && !share(0.9996, "100 %") && share(0.9996, ">99.9 %") && share(0.816, "81.6 %")
    );
    assert!(compare("n/a", &[None]).is_none() && compare("n/a", &[Some(Held::Exact(1.0))]).is_some());
    assert!(among("5 of 7", &[Held::Exact(7.0), Held::Exact(5.0)]).is_none());
}
