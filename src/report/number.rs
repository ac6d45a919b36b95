//! How numbers are written: enough digits to tell things apart, no more; absent is `n/a`, never 0.

use crate::model::comparison::Interval;

/// What stands where a value is absent.
pub(crate) const ABSENT: &str = "n/a";

/// A count with thousands separators: `12,345`.
pub(crate) fn count(value: u64) -> String {
    separated(&value.to_string())
}

/// Three significant digits below 1,000, whole numbers with separators above: `0.412`, `8.05`, `41.2`, `1,284`. What is
/// too small to be seen so is not written as if it were nothing: `<0.001`.
pub(crate) fn decimal(value: f64) -> String {
    let decimals = match value.abs() {
        a if !a.is_finite() => return ABSENT.to_owned(),
        _ if value > 0.0 && value < 0.0005 => return "<0.001".to_owned(),
        a if a >= 99.95 => 0,
        a if a >= 9.995 => 1,
        a if a >= 0.9995 => 2,
        a if a < 0.0005 => 0,
        _ => 3,
    };
    signless_zero(&format!("{value:.decimals$}"))
}

/// [`decimal`] without digits that say nothing: `4`, `0.5`, `1,024`. For what was chosen, not measured.
pub(crate) fn plain(value: f64) -> String {
    let written = decimal(value);
    if written.contains('.') {
        written.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        written
    }
}

/// A ratio of two values: `0.63`, `12.5`, `0.042`.
pub(crate) fn ratio(value: f64) -> String {
    match value.abs() {
        a if !a.is_finite() => ABSENT.to_owned(),
        a if a >= 999.5 => decimal(value),
        a if a >= 9.995 => format!("{value:.1}"),
        a if a < 0.1 => format!("{value:.3}"),
        _ => format!("{value:.2}"),
    }
}

/// `[0.60, 0.67]`.
pub(crate) fn ratio_interval(interval: Interval) -> String {
    format!("[{}, {}]", ratio(interval.low), ratio(interval.high))
}

/// Percentage points with sign: `+5.4`, `−3.3`, `0.0`.
pub(crate) fn pp(value: f64) -> String {
    if !value.is_finite() {
        return ABSENT.to_owned();
    }
    let digits = format!("{:.1}", value.abs());
    match (digits.as_str(), value < 0.0) {
        ("0.0", _) => digits,
        (_, true) => format!("\u{2212}{digits}"),
        (_, false) => format!("+{digits}"),
    }
}

/// `[−12.1, +5.4]`.
pub(crate) fn pp_interval(interval: Interval) -> String {
    format!("[{}, {}]", pp(interval.low), pp(interval.high))
}

/// A share of 0 to 1 in percent: `83.3 %`; what is neither none nor all is never rounded to it.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", percent_digits(share))
}

/// Limits given as shares, in percent: `[66.4, 92.7]`.
pub(crate) fn percent_interval(interval: Interval) -> String {
    format!("[{}, {}]", percent_digits(interval.low), percent_digits(interval.high))
}

fn percent_digits(share: f64) -> String {
    match share {
        s if !s.is_finite() => ABSENT.to_owned(),
        s if s <= 0.0 => "0".to_owned(),
        s if (s - 1.0).abs() < 1e-12 => "100".to_owned(),
        s if s < 0.0005 => "<0.1".to_owned(),
        s if s > 0.9995 && s < 1.0 => ">99.9".to_owned(),
        s => format!("{:.1}", s * 100.0),
    }
}

/// A p-value: `0.043`, `<0.001`, `1`.
pub(crate) fn p_value(value: f64) -> String {
    match value {
        p if !p.is_finite() => ABSENT.to_owned(),
        p if p < 0.001 => "<0.001".to_owned(),
        p if p > 0.9995 => "1".to_owned(),
        p => format!("{p:.3}"),
    }
}

/// Writes a present value with `write`, an absent one as `n/a`.
pub(crate) fn or_absent<T>(value: Option<T>, write: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| ABSENT.to_owned(), write)
}

/// `1 prompt`, `2 prompts`.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

fn signless_zero(digits: &str) -> String {
    let is_zero = digits.chars().all(|c| matches!(c, '-' | '0' | '.'));
    let digits = if is_zero { digits.trim_start_matches('-') } else { digits };
    separated(digits)
}

/// Thousands separators into a plain decimal number.
fn separated(number: &str) -> String {
    let (sign, unsigned) = number.strip_prefix('-').map_or(("", number), |rest| ("\u{2212}", rest));
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(w, f)| (w, Some(f)));
    let mut out = String::from(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits_or_the_whole() {
        let written = [0.0, 0.0004, 0.4123, 0.9996, 8.049, 9.996, 41.25, 99.96, 812.4, 1284.0, 1_234_567.8];
        let expected =
            ["0", "<0.001", "0.412", "1.00", "8.05", "10.0", "41.2", "100", "812", "1,284", "1,234,568"];
        assert_eq!(written.map(decimal), expected);
        assert_eq!([0.5, 4.0, 32.0, 1024.0, 0.25].map(plain), ["0.5", "4", "32", "1,024", "0.25"]);
        assert_eq!(decimal(-1500.0), "\u{2212}1,500");
        assert_eq!(decimal(f64::NAN), "n/a");
        assert_eq!([999, 1_000, 1_000_000].map(count), ["999", "1,000", "1,000,000"]);
    }

    #[test]
    fn percentage_points_carry_their_sign_and_zero_has_none() {
        assert_eq!([-3.333, 5.4, 0.04, -0.04].map(pp), ["\u{2212}3.3", "+5.4", "0.0", "0.0"]);
    }

    #[test]
    fn percent_never_rounds_to_none_or_all() {
        let shares = [0.0, 0.0001, 0.8333, 0.9999, 1.0];
        assert_eq!(shares.map(percent), ["0 %", "<0.1 %", "83.3 %", ">99.9 %", "100 %"]);
    }

    #[test]
    fn p_values_and_ratios() {
        assert_eq!([0.0002, 0.0434, 0.9999].map(p_value), ["<0.001", "0.043", "1"]);
        assert_eq!(
            [0.0423, 0.634, 1.58, 12.46, 37741.4].map(ratio),
            ["0.042", "0.63", "1.58", "12.5", "37,741"]
        );
    }
}
