//! Service level objectives: read from text, held against what was measured.

pub mod outcome;
pub mod presets;

use thiserror::Error;

use crate::model::slo::{Bound, Slo, SloMetric, SloStatistic};

pub use outcome::{outcomes, passes, too_many_failed};
pub use presets::{PRESETS, Preset};

/// What is wrong with a text of objectives.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SloError {
    /// Nothing between two commas, or nothing at all.
    #[error(
        "an objective is missing: write one such as `ttft_p95_ms<=500`, several with commas between them"
    )]
    Missing,
    /// Neither a bound nor the name of a preset.
    #[error(
        "`{text}` is neither an objective such as `ttft_p95_ms<=500` nor a preset{suggestion}; presets: {presets}"
    )]
    Unknown {
        /// What was written.
        text: String,
        /// The nearest preset, as a question.
        suggestion: String,
        /// All presets.
        presets: String,
    },
    /// A comparison other than `<=` and `>=`.
    #[error("`{text}` needs `<=` or `>=` between the metric and its bound")]
    Sign {
        /// What was written.
        text: String,
    },
    /// No such metric, or no such statistic of it.
    #[error("there is no metric `{name}` for an objective{suggestion}; known: {known}")]
    Metric {
        /// What was written.
        name: String,
        /// The nearest name, as a question.
        suggestion: String,
        /// All names.
        known: String,
    },
    /// A bound on the wrong side, which any bad value would meet.
    #[error("`{text}` bounds `{name}` on the wrong side: write `{name}{sign}{value}`")]
    Direction {
        /// What was written.
        text: String,
        /// The metric.
        name: String,
        /// The sign that makes sense.
        sign: &'static str,
        /// The bound.
        value: String,
    },
    /// The bound is no number.
    #[error("`{value}` in `{text}` is no number: {name} is {unit}")]
    Number {
        /// What was written.
        text: String,
        /// The metric.
        name: String,
        /// The bound.
        value: String,
        /// What is expected.
        unit: &'static str,
    },
    /// The bound can't be met, or is met by anything.
    #[error("the bound of `{text}` is out of range: {name} is {unit}")]
    Range {
        /// What was written.
        text: String,
        /// The metric.
        name: String,
        /// What is expected.
        unit: &'static str,
    },
    /// Two bounds on one value.
    #[error("`{name}` has two bounds: leave one of them out")]
    Twice {
        /// The metric with its statistic.
        name: String,
    },
}

/// Reads objectives with commas between them: bounds such as `ttft_p95_ms<=500`, `max_stall_ms<=1000` (every
/// request), `pass_rate>=90%`, and names of [`PRESETS`], which stand for theirs.
pub fn parse(text: &str) -> Result<Vec<Slo>, SloError> {
    let mut slos: Vec<Slo> = Vec::new();
    for item in text.split(',').map(str::trim) {
        for slo in read(item)? {
            if slos.iter().any(|other| (other.metric, other.statistic) == (slo.metric, slo.statistic)) {
                return Err(SloError::Twice { name: slo.name() });
            }
            slos.push(slo);
        }
    }
    Ok(slos)
}

/// Every name that an objective may have, for help and messages: the metrics, and how to name a statistic.
#[must_use]
pub fn known_metrics() -> String {
    let name = |metric: SloMetric| format!("`{}`", metric.name());
    let named = |latency| {
        let names: Vec<_> =
            SloMetric::ALL.into_iter().filter(|m| m.is_latency() == latency).map(name).collect();
        names.join(", ")
    };
    let statistics: Vec<_> = SloStatistic::ALL.map(SloStatistic::name).to_vec();
    format!(
        "{}, of these also {} (as in `ttft_p95_ms`); {}",
        named(true),
        statistics.join(", "),
        named(false)
    )
}

/// The presets' names, for help and messages.
#[must_use]
pub fn known_presets() -> String {
    PRESETS.map(|preset| format!("`{}`", preset.name)).join(", ")
}

fn read(text: &str) -> Result<Vec<Slo>, SloError> {
    if text.is_empty() {
        return Err(SloError::Missing);
    }
    if let Some(preset) = PRESETS.iter().find(|preset| preset.name.eq_ignore_ascii_case(text)) {
        return Ok(preset.slos());
    }
    let Some((name, bound, value)) = split(text) else {
        if text.contains(['<', '>', '=', '≤', '≥']) {
            return Err(SloError::Sign { text: clean(text) });
        }
        return Err(SloError::Unknown {
            text: clean(text),
            suggestion: did_you_mean(text, PRESETS.map(|preset| preset.name.to_owned()).to_vec()),
            presets: known_presets(),
        });
    };
    let (metric, statistic) = metric(name)?;
    let said = || (clean(text), clean(name));
    if bound != metric.bound() {
        let ((text, name), sign) = (said(), metric.bound().sign());
        return Err(SloError::Direction { text, name, sign, value: clean(value) });
    }
    let unit = unit(metric);
    let Some(value) = number(metric, value) else {
        let ((text, name), value) = (said(), clean(value));
        return Err(SloError::Number { text, name, value, unit });
    };
    if !is_in_range(metric, value) {
        let (text, name) = said();
        return Err(SloError::Range { text, name, unit });
    }
    Ok(vec![Slo { metric, statistic, bound, value }])
}

fn split(text: &str) -> Option<(&str, Bound, &str)> {
    let cut = |bound: Bound| {
        let (name, value) = text.split_once(bound.sign())?;
        Some((name.trim(), bound, value.trim()))
    };
    cut(Bound::AtMost).or_else(|| cut(Bound::AtLeast))
}

/// `ttft_p95_ms` is the metric `ttft_ms` with a statistic.
fn metric(name: &str) -> Result<(SloMetric, Option<SloStatistic>), SloError> {
    let find = |name: &str| SloMetric::ALL.into_iter().find(|metric| metric.name() == name);
    if let Some(metric) = find(name) {
        return Ok((metric, None));
    }
    let with_statistic = || {
        let (stem, statistic) = name.strip_suffix("_ms")?.rsplit_once('_')?;
        let statistic = SloStatistic::ALL.into_iter().find(|known| known.name() == statistic)?;
        Some((find(&format!("{stem}_ms"))?, Some(statistic)))
    };
    with_statistic().ok_or_else(|| SloError::Metric {
        name: clean(name),
        suggestion: did_you_mean(name, every_name()),
        known: known_metrics(),
    })
}

fn every_name() -> Vec<String> {
    let statistics = || std::iter::once(None).chain(SloStatistic::ALL.map(Some));
    SloMetric::ALL
        .into_iter()
        .flat_map(|metric| {
            let statistics = statistics().filter(move |s| s.is_none() || metric.is_latency());
            statistics
                .map(move |statistic| Slo { metric, statistic, bound: metric.bound(), value: 0.0 }.name())
        })
        .collect()
}

const fn is_share(metric: SloMetric) -> bool {
    matches!(metric, SloMetric::PassRate | SloMetric::ErrorRate)
}

fn number(metric: SloMetric, text: &str) -> Option<f64> {
    let value = match text.strip_suffix('%').filter(|_| is_share(metric)) {
        Some(percent) => percent.trim_end().parse::<f64>().ok()? / 100.0,
        None => text.parse().ok()?,
    };
    Some(value)
}

fn is_in_range(metric: SloMetric, value: f64) -> bool {
    value.is_finite()
        && match metric {
            // At least none is met by anything, and so is at most all.
            SloMetric::PassRate => 0.0 < value && value <= 1.0,
            SloMetric::ErrorRate => (0.0..1.0).contains(&value),
            _ => value > 0.0,
        }
}

const fn unit(metric: SloMetric) -> &'static str {
    match metric {
        SloMetric::PassRate => "a share above 0 and up to 1, or a percentage such as `90%`",
        SloMetric::ErrorRate => "a share from 0 and below 1, or a percentage such as `1%`",
        SloMetric::RequestThroughputPerS => "a number of requests per second above 0",
        SloMetric::OutputTokensPerS => "a number of tokens per second above 0",
        _ => "a number of milliseconds above 0",
    }
}

/// A suggestion, if any known name is like `wanted` at all (Jaro-Winkler of at least 0.8).
fn did_you_mean(wanted: &str, known: Vec<String>) -> String {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&wanted.to_lowercase(), &name), name))
        .filter(|(similarity, _)| *similarity >= 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map_or_else(String::new, |(_, name)| format!(" (did you mean `{name}`?)"))
}

/// Without control characters: what was written may come from a file of anyone's.
fn clean(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn objectives_are_read() {
        let slos =
            parse("ttft_p95_ms<=500, tpot_mean_ms <= 50,max_stall_ms<=1e3,pass_rate>=90%,error_rate<=0")
                .unwrap();
        let read: Vec<_> = slos.iter().map(|s| (s.metric, s.statistic, s.value)).collect();
        assert_eq!(
            read,
            [
                (SloMetric::TtftMs, Some(SloStatistic::P95), 500.0),
                (SloMetric::TpotMs, Some(SloStatistic::Mean), 50.0),
                (SloMetric::MaxStallMs, None, 1_000.0),
                (SloMetric::PassRate, None, 0.9),
                (SloMetric::ErrorRate, None, 0.0),
            ]
        );
        let stall = parse("max_stall_p99_ms<=10,latency_from_schedule_max_ms<=9").unwrap();
        assert_eq!(stall[0].statistic, Some(SloStatistic::P99));
        assert_eq!(stall[1].metric, SloMetric::LatencyFromScheduleMs);
    }

    /// The limits as MLPerf publishes them: Llama 2 70B, its interactive form, and DeepSeek-R1's.
    #[test]
    fn presets_stand_for_their_objectives() {
        let shown = |text| parse(text).unwrap().iter().map(Slo::to_string).collect::<Vec<_>>();
        assert_eq!(shown("mlperf-llama2-70b-server"), ["ttft_p99_ms<=2000", "tpot_p99_ms<=200"]);
        assert_eq!(
            shown("mlperf-llama2-70b-interactive,pass_rate>=0.9"),
            ["ttft_p99_ms<=450", "tpot_p99_ms<=40", "pass_rate>=0.9"]
        );
        assert_eq!(shown("MLPerf-DeepSeek-R1-Interactive"), ["ttft_p99_ms<=1500", "tpot_p99_ms<=15"]);
        assert!(PRESETS.iter().all(|preset| preset.tpot_p99_ms < preset.ttft_p99_ms));
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_right() {
        let unknown = error("ttft_p95<=500");
        assert!(unknown.contains("there is no metric `ttft_p95`"), "{unknown}");
        assert!(unknown.contains("did you mean `ttft_p95_ms`?"), "{unknown}");
        for metric in SloMetric::ALL {
            assert!(unknown.contains(metric.name()), "{unknown}");
        }
        assert!(error("ttft_p42_ms<=5").contains("no metric `ttft_p42_ms`"));
        assert!(error("pass_rate_p95_ms>=1").contains("no metric"));
        assert!(error("ttft_p95_ms>=500").ends_with("wrong side: write `ttft_p95_ms<=500`"));
        assert!(error("pass_rate<=0.9").ends_with("wrong side: write `pass_rate>=0.9`"));
        assert!(error("ttft_ms<500").contains("needs `<=` or `>=`"));
        assert!(error("ttft_ms<=500ms").contains("`500ms`") && error("ttft_ms<=").contains("no number"));
        assert!(error("ttft_ms<=50%").contains("no number"));
        assert!(error("mlperf-llama2-70b").contains("did you mean `mlperf-llama2-70b-server`?"));
        assert!(error("fast").contains("presets: `mlperf-llama2-70b-server`, "));
        assert!(error("ttft_ms<=5,ttft_ms<=6").contains("two bounds"));
        for missing in ["", " ", "ttft_ms<=5,", ",ttft_ms<=5"] {
            assert_eq!(parse(missing), Err(SloError::Missing), "{missing}");
        }
        for range in [
            "ttft_ms<=0",
            "ttft_ms<=-1",
            "ttft_ms<=nan",
            "ttft_ms<=inf",
            "pass_rate>=90",
            "pass_rate>=0",
            "pass_rate>=101%",
            "error_rate<=1",
            "error_rate<=-0.1",
            "request_throughput_per_s>=0",
        ] {
            assert!(matches!(parse(range), Err(SloError::Range { .. })), "{range}");
        }
        assert!(!error("\u{1b}[2J").contains('\u{1b}'));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(
            metric in prop::sample::select(SloMetric::ALL.to_vec()),
            statistic in prop::option::of(prop::sample::select(SloStatistic::ALL.to_vec())),
            value in 1e-6..1.0_f64,
        ) {
            let statistic = statistic.filter(|_| metric.is_latency());
            let value = if is_share(metric) { value } else { value * 1e6 };
            let slo = Slo { metric, statistic, bound: metric.bound(), value };
            prop_assert_eq!(parse(&slo.to_string()), Ok(vec![slo]));
        }

        #[test]
        fn no_text_breaks_it(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
