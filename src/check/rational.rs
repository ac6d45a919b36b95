//! Exact numbers. Fractions of 128-bit integers cover what answers hold; what overflows them is
//! still compared exactly by its decimal digits, and within a tolerance as a float.

use std::cmp::Ordering;

/// A fraction in lowest terms with a positive denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ratio {
    num: i128,
    den: i128,
}

impl Ratio {
    /// Nothing where `den` is 0 or the fraction can't be held.
    pub(super) fn new(num: i128, den: i128) -> Option<Self> {
        let divisor = i128::try_from(gcd(num.unsigned_abs(), den.unsigned_abs())).ok().filter(|d| *d != 0)?;
        let (num, den) = (num / divisor, den / divisor);
        match den.signum() {
            1 => Some(Self { num, den }),
            -1 => Some(Self { num: num.checked_neg()?, den: den.checked_neg()? }),
            _ => None,
        }
    }

    pub(super) fn integer(value: i128) -> Self {
        Self { num: value, den: 1 }
    }

    /// `digits` × 10^`exponent`.
    fn decimal(digits: &str, exponent: i64) -> Option<Self> {
        let num: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        if num == 0 {
            return Some(Self::integer(0));
        }
        let power = 10_i128.checked_pow(u32::try_from(exponent.unsigned_abs()).ok()?)?;
        if exponent >= 0 { Some(Self::integer(num.checked_mul(power)?)) } else { Self::new(num, power) }
    }

    pub(super) fn add(self, other: Self) -> Option<Self> {
        let num = self.num.checked_mul(other.den)?.checked_add(other.num.checked_mul(self.den)?)?;
        Self::new(num, self.den.checked_mul(other.den)?)
    }

    pub(super) fn sub(self, other: Self) -> Option<Self> {
        self.add(Self { num: other.num.checked_neg()?, den: other.den })
    }

    pub(super) fn mul(self, other: Self) -> Option<Self> {
        // Crosswise reduction first, so that only results that can't be held overflow.
        let (a, b) = (Self::new(self.num, other.den)?, Self::new(other.num, self.den)?);
        Self::new(a.num.checked_mul(b.num)?, a.den.checked_mul(b.den)?)
    }

    pub(super) fn div(self, other: Self) -> Option<Self> {
        self.mul(Self::new(other.den, other.num)?)
    }

    pub(super) fn pow(self, exponent: i32) -> Option<Self> {
        let power = exponent.unsigned_abs();
        let (num, den) = (self.num.checked_pow(power)?, self.den.checked_pow(power)?);
        if exponent >= 0 { Self::new(num, den) } else { Self::new(den, num) }
    }

    pub(super) fn abs(self) -> Option<Self> {
        Some(Self { num: self.num.checked_abs()?, den: self.den })
    }

    /// The value, where it is an integer.
    pub(super) fn to_integer(self) -> Option<i128> {
        (self.den == 1).then_some(self.num)
    }

    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        Some(self.num.checked_mul(other.den)?.cmp(&other.num.checked_mul(self.den)?))
    }

    /// Rounded to a multiple of 10^-`decimals`, in those multiples; halves away from zero.
    fn round(self, decimals: i32) -> Option<i128> {
        let scaled = self.mul(Self::integer(10).pow(decimals)?)?;
        let doubled = scaled.num.checked_abs()?.checked_mul(2)?.checked_add(scaled.den)?;
        Some(doubled / scaled.den.checked_mul(2)? * scaled.num.signum())
    }

    #[expect(clippy::cast_precision_loss, reason = "an approximation is what is asked for")]
    pub(super) fn approx(self) -> f64 {
        self.num as f64 / self.den as f64
    }
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.to_integer() {
            Some(integer) => write!(f, "{integer}"),
            None => write!(f, "{}/{}", self.num, self.den),
        }
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// A number as written: exact where it can be held, its decimal digits where they were written,
/// and always an approximation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    ratio: Option<Ratio>,
    decimal: Option<Decimal>,
    approx: f64,
}

/// Decimal digits without zeros at either end, times a power of ten; zero has no digits.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Number {
    /// A number from its digits (`whole` and `fraction`, ASCII digits only) and exponent.
    pub(super) fn decimal(negative: bool, whole: &str, fraction: &str, exponent: i64) -> Self {
        let all = format!("{whole}{fraction}");
        let exponent = exponent.saturating_sub(i64::try_from(fraction.len()).unwrap_or(i64::MAX));
        let leading = all.trim_start_matches('0');
        let digits = leading.trim_end_matches('0');
        let dropped = i64::try_from(leading.len() - digits.len()).unwrap_or(0);
        let exponent = if digits.is_empty() { 0 } else { exponent.saturating_add(dropped) };
        let negative = negative && !digits.is_empty();
        let magnitude = format!("{}e{exponent}", if digits.is_empty() { "0" } else { digits });
        let approx = magnitude.parse::<f64>().unwrap_or(f64::NAN) * if negative { -1.0 } else { 1.0 };
        let ratio = Ratio::decimal(digits, exponent)
            .and_then(|r| if negative { Ratio::integer(0).sub(r) } else { Some(r) });
        Self { ratio, decimal: Some(Decimal { negative, digits: digits.to_owned(), exponent }), approx }
    }

    pub(super) fn exact(ratio: Ratio) -> Self {
        Self { ratio: Some(ratio), decimal: None, approx: ratio.approx() }
    }

    /// The fraction, where it can be held.
    pub(super) fn ratio(&self) -> Option<Ratio> {
        self.ratio
    }

    /// With the other sign.
    pub(super) fn negated(&self) -> Self {
        Self {
            ratio: self.ratio.and_then(|r| Ratio::integer(0).sub(r)),
            decimal: self
                .decimal
                .clone()
                .map(|d| Decimal { negative: !d.negative && !d.digits.is_empty(), ..d }),
            approx: -self.approx,
        }
    }

    /// Times a fraction. What can't be held stays as an approximation.
    pub(super) fn scaled(&self, factor: Ratio) -> Self {
        if factor == Ratio::integer(1) {
            return self.clone();
        }
        match self.ratio.and_then(|r| r.mul(factor)) {
            Some(ratio) => Self::exact(ratio),
            None => Self { ratio: None, decimal: None, approx: self.approx * factor.approx() },
        }
    }

    /// Whether both are the same number, without any tolerance.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (self.ratio, other.ratio, &self.decimal, &other.decimal) {
            (Some(a), Some(b), _, _) => a == b,
            (_, _, Some(a), Some(b)) => a == b,
            _ => false,
        }
    }

    /// Whether the distance is at most `abs`, or at most `rel` times the size of `other`. The
    /// bounds are read as the decimals that their author wrote.
    pub(super) fn within(&self, other: &Self, abs: Option<f64>, rel: Option<f64>) -> bool {
        if self.same(other) {
            return true;
        }
        let exactly = || {
            let (a, b) = (self.ratio?, other.ratio?);
            let distance = a.sub(b)?.abs()?;
            let at_most = |bound: Ratio| Some(distance.compare(bound)? != Ordering::Greater);
            let by_abs = abs.map_or(Some(false), |t| at_most(float(t)?))?;
            let by_rel = rel.map_or(Some(false), |t| at_most(float(t)?.mul(b.abs()?)?))?;
            Some(by_abs || by_rel)
        };
        exactly().unwrap_or_else(|| {
            let distance = (self.approx - other.approx).abs();
            distance.is_finite()
                && (abs.is_some_and(|t| distance <= t)
                    || rel.is_some_and(|t| distance <= t * other.approx.abs()))
        })
    }

    /// Whether both round to the same multiple of 10^-`decimals`, halves away from zero.
    pub(super) fn same_decimals(&self, other: &Self, decimals: u32) -> bool {
        let rounded = |n: &Self| n.ratio?.round(i32::try_from(decimals).ok()?);
        self.same(other) || matches!((rounded(self), rounded(other)), (Some(a), Some(b)) if a == b)
    }

    /// Whether both round to the same value at `figures` significant figures.
    pub(super) fn same_figures(&self, other: &Self, figures: u32) -> bool {
        let rounded = |n: &Self| {
            let ratio = n.ratio?;
            let decimals = i32::try_from(figures).ok()?.checked_sub(1)?.checked_sub(magnitude(ratio)?)?;
            let value = ratio.round(decimals)?;
            Ratio::integer(value).mul(Ratio::integer(10).pow(decimals.checked_neg()?)?)
        };
        self.same(other) || matches!((rounded(self), rounded(other)), (Some(a), Some(b)) if a == b)
    }
}

/// The power of ten of the first digit; nothing for zero.
fn magnitude(ratio: Ratio) -> Option<i32> {
    let size = ratio.abs()?;
    if size.num == 0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the logarithm of a 128-bit fraction is below 78")]
    let guess = size.approx().log10().floor() as i32;
    // The logarithm is rounded: the true power is the guess or a neighbour.
    [guess + 1, guess]
        .into_iter()
        .find(|e| {
            Ratio::integer(10)
                .pow(*e)
                .and_then(|power| size.compare(power))
                .is_some_and(|o| o != Ordering::Less)
        })
        .or(Some(guess - 1))
}

/// The shortest decimal that reads as this float.
fn float(value: f64) -> Option<Ratio> {
    let text = format!("{value}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if !value.is_finite() || value < 0.0 {
        return None;
    }
    Number::decimal(false, whole, fraction, 0).ratio
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |m| (true, m));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        Number::decimal(negative, whole, fraction, exponent.parse().unwrap())
    }

    #[test]
    fn equality_is_exact() {
        for (a, b, expected) in [
            ("123456", "123457", false),
            ("1.0", "1", true),
            ("1.5e3", "1500", true),
            ("0.1", "0.10000000000000000001", false),
            ("-0", "0", true),
            (
                "100000000000000000000000000000000000000000000001",
                "100000000000000000000000000000000000000000000002",
                false,
            ),
            (
                "100000000000000000000000000000000000000000000001",
                "100000000000000000000000000000000000000000000001.0",
                true,
            ),
            ("1e999999999999", "1e999999999999", true),
            ("1e999999999999", "1e999999999998", false),
        ] {
            assert_eq!(n(a).same(&n(b)), expected, "{a} {b}");
        }
        assert!(Number::exact(Ratio::new(-6, -4).unwrap()).same(&n("1.5")));
        assert!(!Number::exact(Ratio::new(1, 3).unwrap()).same(&n("0.3333")));
        assert_eq!(Ratio::new(1, 0), None);
    }

    #[test]
    fn tolerances() {
        assert!(n("0.3").within(&n("0.1"), Some(0.2), None));
        assert!(!n("0.30001").within(&n("0.1"), Some(0.2), None));
        assert!(n("99").within(&n("100"), None, Some(0.01)));
        assert!(!n("98.99").within(&n("100"), None, Some(0.01)));
        assert!(n("1e300").within(&n("1.001e300"), None, Some(0.01)));
        assert!(!n("1e400").within(&n("2e400"), Some(1e300), None));
        assert!(n("3.14159").same_decimals(&n("3.14"), 2));
        assert!(!n("3.146").same_decimals(&n("3.14"), 2));
        assert!(n("-2.5").same_decimals(&n("-3"), 0));
        assert!(n("0.67").same_decimals(&Number::exact(Ratio::new(2, 3).unwrap()), 2));
        assert!(n("299792458").same_figures(&n("3e8"), 3));
        assert!(n("0.0012345").same_figures(&n("0.00123"), 3));
        assert!(n("999.9").same_figures(&n("1000"), 3));
        assert!(!n("1240").same_figures(&n("1230"), 3));
        assert!(n("0").same_figures(&n("0.0"), 2));
        assert!(!n("0").same_figures(&n("1"), 2));
    }
}
