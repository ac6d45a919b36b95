//! The short notations of flags for times, stages, ranges of loads and lengths in tokens, with messages that show one.

use std::str::FromStr;

use crate::model::load::Stage;
use crate::model::workload::{Length, LengthBin, ModelWeight, SharedPrefix};

/// Most values that a range may come to: a slip of the keyboard must not plan a year.
const MOST_VALUES: usize = 1_000;

/// The same, for what is counted beforehand.
const MOST_EVENLY: u32 = 1_001;

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

/// A time of 0 or more: seconds, or with one of the units `ms`, `s`, `m`, `h`.
pub fn seconds(text: &str) -> Result<f64, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let unit = units.iter().find_map(|(name, factor)| Some((text.strip_suffix(name)?, *factor)));
    let (amount, factor) = unit.unwrap_or((text, 1.0));
    match number(amount) {
        Some(amount) if amount >= 0.0 => Ok(amount * factor),
        _ => Err("expected a time such as `90`, `90s`, `5m` or `1h`".to_owned()),
    }
}

/// Stages of an open loop: `RATE:SECONDS` or `RATE..RATE:SECONDS`, the last one perhaps without its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Stages(pub Vec<Stage>);

impl FromStr for Stages {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        stages(text).map(Self)
    }
}

fn stages(text: &str) -> Result<Vec<Stage>, String> {
    let parts: Vec<&str> = text.split(',').collect();
    let last = parts.len() - 1;
    parts.iter().enumerate().map(|(position, part)| stage(part.trim(), position == last)).collect()
}

fn stage(text: &str, is_last: bool) -> Result<Stage, String> {
    let wrong =
        || format!("`{text}` is no stage: expected `RATE:SECONDS` or `RATE..RATE:SECONDS`, e.g. `2..10:60`");
    let (rates, duration) = match text.split_once(':') {
        Some((rates, duration)) => (rates, Some(seconds(duration.trim()).map_err(|_| wrong())?)),
        None if is_last => (text, None),
        None => return Err(format!("the stage `{text}` has no time; only the last one may leave it out")),
    };
    let rate = |text: &str| number(text).ok_or_else(wrong);
    let (from_rate, rate) = match rates.split_once("..") {
        Some((from, to)) => (Some(rate(from)?), rate(to)?),
        None => (None, rate(rates)?),
    };
    Ok(Stage { rate, from_rate, duration_s: duration })
}

/// Loads one after the other: numbers, `a..b` doubling from a up to b, and `a..b:n` n of them evenly spaced from a to
/// b, both ends included.
pub fn values(text: &str) -> Result<Vec<f64>, String> {
    let mut all = Vec::new();
    for part in text.split(',').map(str::trim) {
        let wrong = || {
            format!(
                "`{part}` is no load: expected a number, `1..256` (doubling) or `1..16:5` (5 evenly spaced)"
            )
        };
        match part.split_once("..") {
            None => all.push(number(part).ok_or_else(wrong)?),
            Some((from, rest)) => {
                let (to, count) = match rest.split_once(':') {
                    Some((to, count)) => {
                        (to, Some(count.trim().parse::<u32>().ok().filter(|n| *n >= 2).ok_or_else(wrong)?))
                    }
                    None => (rest, None),
                };
                let (from, to) = (number(from).ok_or_else(wrong)?, number(to).ok_or_else(wrong)?);
                if from <= 0.0 || to < from {
                    return Err(format!("the range `{part}` must go up, from a number above 0"));
                }
                all.extend(count.map_or_else(|| doubling(from, to), |count| evenly(from, to, count)));
            }
        }
        if all.len() > MOST_VALUES {
            return Err(format!("more than {MOST_VALUES} values"));
        }
    }
    Ok(all)
}

/// From `from` on, each twice the one before; `to` ends it whether or not a doubling hits it.
fn doubling(from: f64, to: f64) -> Vec<f64> {
    let mut values: Vec<f64> = std::iter::successors(Some(from), |value| Some(value * 2.0))
        .take_while(|value| *value < to)
        .collect();
    values.push(to);
    values
}

fn evenly(from: f64, to: f64, count: u32) -> Vec<f64> {
    let step = (to - from) / f64::from(count - 1);
    (0..count.min(MOST_EVENLY)).map(|position| step.mul_add(f64::from(position), from)).collect()
}

/// `FIELD=VALUES` of `--sweep`; the values are still text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepFlag {
    /// `concurrency`, `rate`, or the path of a field of an experiment.
    pub field: String,
    /// Its values, separated by commas.
    pub values: String,
}

impl FromStr for SweepFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = "expected `concurrency=1,2,4..256`, `rate=…` or `FIELD=VALUE,VALUE`";
        let (field, list) = text.split_once('=').ok_or(expected)?;
        let field = match field.trim() {
            "" => return Err(expected.to_owned()),
            "concurrency" => "load.concurrency",
            "rate" => "load.rate",
            other => other,
        };
        if list.split(',').any(|value| value.trim().is_empty()) {
            return Err(format!("a value of `{field}` is empty; {expected}"));
        }
        if matches!(field, "load.concurrency" | "load.rate") {
            values(list)?;
        }
        Ok(Self { field: field.to_owned(), values: list.to_owned() })
    }
}

/// HTTP statuses, separated by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses(pub Vec<u16>);

impl FromStr for Statuses {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let statuses: Result<Vec<u16>, _> = text.split(',').map(|status| status.trim().parse()).collect();
        statuses.map(Self).map_err(|_| "expected HTTP statuses such as `429,503`".to_owned())
    }
}

/// Models with their shares, separated by commas.
#[derive(Debug, Clone, PartialEq)]
pub struct Models(pub Vec<ModelWeight>);

impl FromStr for Models {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let model = |part: &str| {
            // A name may hold `=`; a share can't.
            let (model, weight) = part.rsplit_once('=')?;
            let weight = number(weight).filter(|weight| *weight > 0.0)?;
            (!model.trim().is_empty()).then(|| ModelWeight { model: model.trim().to_owned(), weight })
        };
        let models: Option<Vec<ModelWeight>> = text.split(',').map(model).collect();
        models.map(Self).ok_or_else(|| "expected models with shares above 0 such as `a=3,b=1`".to_owned())
    }
}

/// `GROUPSxTOKENS`.
pub fn prefix(text: &str) -> Result<SharedPrefix, String> {
    let parsed = text.split_once('x').and_then(|(groups, tokens)| {
        let whole = |text: &str| text.trim().parse::<u32>().ok().filter(|number| *number > 0);
        Some(SharedPrefix { groups: whole(groups)?, tokens: whole(tokens)? })
    });
    parsed.ok_or_else(|| "expected beginnings and their tokens such as `4x1024`".to_owned())
}

/// A length in tokens, fixed or distributed.
pub fn length(text: &str) -> Result<Length, String> {
    let parsed = match text.split_once(':') {
        None => match text.split_once("..") {
            None => whole(text).map(|value| Length::Fixed { value }),
            Some((min, max)) => whole(min).zip(whole(max)).map(|(min, max)| Length::Uniform { min, max }),
        },
        Some(("fixed", value)) => whole(value).map(|value| Length::Fixed { value }),
        Some(("histogram", bins)) => {
            bins.split(',').map(bin).collect::<Option<Vec<_>>>().map(|bins| Length::Histogram { bins })
        }
        Some((name, parameters)) => distribution(name, parameters),
    };
    parsed.ok_or_else(|| {
        "expected tokens such as `128`, `64..256`, `normal:mean=512,sd=100`, `lognormal:median=512,sigma=0.7` or \
         `histogram:1-10=3,11-100=7`"
            .to_owned()
    })
}

fn whole(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

/// `MIN-MAX=WEIGHT`, or `TOKENS=WEIGHT`.
fn bin(text: &str) -> Option<LengthBin> {
    let (range, weight) = text.split_once('=')?;
    let (min, max) = range.split_once('-').unwrap_or((range, range));
    Some(LengthBin { min: whole(min)?, max: whole(max)?, weight: number(weight)? })
}

fn distribution(name: &str, parameters: &str) -> Option<Length> {
    let (middle, spread) = match name {
        "normal" => (["mean", "mean"], ["sd", "standard_deviation"]),
        "lognormal" => (["median", "median"], ["sigma", "sigma"]),
        _ => return None,
    };
    let (mut centre, mut deviation, mut min, mut max) = (None, None, None, None);
    for parameter in parameters.split(',') {
        let (key, value) = parameter.split_once('=')?;
        let key = key.trim();
        let is_new = match key {
            "min" => min.replace(whole(value)?).is_none(),
            "max" => max.replace(whole(value)?).is_none(),
            _ if middle.contains(&key) => centre.replace(number(value)?).is_none(),
            _ if spread.contains(&key) => deviation.replace(number(value)?).is_none(),
            _ => false,
        };
        if !is_new {
            return None;
        }
    }
    let (centre, deviation) = (centre?, deviation?);
    Some(if name == "normal" {
        Length::Normal { mean: centre, standard_deviation: deviation, min, max }
    } else {
        Length::Lognormal { median: centre, sigma: deviation, min, max }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_have_units() {
        for (text, expected) in
            [("90", 90.0), ("90s", 90.0), ("5m", 300.0), ("1h", 3600.0), ("250ms", 0.25), ("0", 0.0)]
        {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for text in ["", "s", "-1", "1d", "nan", "inf", "1 hour"] {
            assert!(seconds(text).unwrap_err().contains("`5m`"), "{text}");
        }
    }

    #[test]
    fn stages_hold_and_ramp() {
        let stage = |from_rate, rate, duration_s| Stage { rate, from_rate, duration_s };
        assert_eq!(
            stages("2:30, 2..10:60,10:1m").unwrap(),
            [stage(None, 2.0, Some(30.0)), stage(Some(2.0), 10.0, Some(60.0)), stage(None, 10.0, Some(60.0))]
        );
        assert_eq!(stages("1:5,4").unwrap()[1], stage(None, 4.0, None));
        for (text, part) in [
            ("", "no stage"),
            ("1,2:3", "no time"),
            ("a:3", "no stage"),
            ("1..:3", "no stage"),
            ("1:x", "no stage"),
        ] {
            assert!(stages(text).unwrap_err().contains(part), "{text}: {:?}", stages(text));
        }
    }

    #[test]
    fn ranges_double_or_are_even() {
        assert_eq!(values("1,2,4..256").unwrap(), [1., 2., 4., 8., 16., 32., 64., 128., 256.]);
        assert_eq!(values("3..20").unwrap(), [3., 6., 12., 20.]);
        assert_eq!(values("1..16:4").unwrap(), [1., 6., 11., 16.]);
        assert_eq!(values("0.5").unwrap(), [0.5]);
        for text in
            ["", "a", "1,,2", "4..1", "0..8", "-1..8", "1..", "1..9:1", "1..9:x", "1..1e300:5000", "1..2..3"]
        {
            assert!(values(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_sweep_names_its_field() {
        let sweep: SweepFlag = "concurrency=1,2".parse().unwrap();
        assert_eq!((sweep.field.as_str(), sweep.values.as_str()), ("load.concurrency", "1,2"));
        assert_eq!("sampling.temperature=0,1".parse::<SweepFlag>().unwrap().field, "sampling.temperature");
        for text in ["concurrency", "=1", "rate=", "rate=1,x", "rate=1,,2", "a="] {
            assert!(text.parse::<SweepFlag>().is_err(), "{text}");
        }
    }

    #[test]
    fn lengths_are_fixed_or_distributed() {
        let bin = |min, max, weight| LengthBin { min, max, weight };
        for (text, expected) in [
            ("128", Length::Fixed { value: 128 }),
            ("64..256", Length::Uniform { min: 64, max: 256 }),
            (
                "normal:mean=512,sd=100",
                Length::Normal { mean: 512.0, standard_deviation: 100.0, min: None, max: None },
            ),
            (
                "lognormal:median=512,sigma=0.7,min=8,max=4096",
                Length::Lognormal { median: 512.0, sigma: 0.7, min: Some(8), max: Some(4096) },
            ),
            (
                "histogram:1-10=3,11-100=7",
                Length::Histogram { bins: vec![bin(1, 10, 3.0), bin(11, 100, 7.0)] },
            ),
        ] {
            assert_eq!(length(text).as_ref(), Ok(&expected), "{text}");
        }
        for text in [
            "",
            "x",
            "1..",
            "normal:",
            "normal:mean=1",
            "normal:mean=1,mean=2,sd=1",
            "normal:median=1,sd=1",
            "pareto:a=1",
            "histogram:1-2",
            "-1",
        ] {
            assert!(length(text).unwrap_err().contains("histogram:"), "{text}");
        }
    }

    #[test]
    fn prefixes_statuses_and_models() {
        assert_eq!(prefix("4x1024"), Ok(SharedPrefix { groups: 4, tokens: 1024 }));
        assert!(prefix("0x5").is_err() && prefix("4").is_err());
        assert_eq!("429, 503".parse(), Ok(Statuses(vec![429, 503])));
        assert!("many".parse::<Statuses>().is_err());
        let models: Models = "a=3,b=c=1".parse().unwrap();
        assert_eq!(models.0[1], ModelWeight { model: "b=c".to_owned(), weight: 1.0 });
        assert!(
            "a".parse::<Models>().is_err()
                && "a=0".parse::<Models>().is_err()
                && "=1".parse::<Models>().is_err()
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[0-9a-z.,:=x-]{0,30}") {
            let _ = (seconds(&text), stages(&text), values(&text), length(&text), prefix(&text));
            let _ = (text.parse::<SweepFlag>(), text.parse::<Models>(), text.parse::<Statuses>());
        }

        #[test]
        fn doubling_ends_at_its_end(from in 1_u32..100, factor in 1_u32..1000) {
            let (from, to) = (f64::from(from), f64::from(from * factor));
            let all = values(&format!("{from}..{to}")).unwrap();
            prop_assert_eq!((all[0], *all.last().unwrap()), (from, to));
            prop_assert!(all.windows(2).all(|pair| pair[0] < pair[1] && pair[1] <= pair[0] * 2.0));
        }
    }
}
