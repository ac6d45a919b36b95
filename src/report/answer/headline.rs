//! The numbers that carry an answer, written as the tables write them.

use super::{Headline, capitalised, limits};
use crate::model::comparison::{Comparison, Interval, PassRate, SpeedRatio};
use crate::model::summary::{Distribution, Percentile, SideSummary};
use crate::report::number::{self, count, decimal, or_absent};
use crate::report::quality;
use crate::report::speed;
use crate::report::table::{Bar, Tone};
use crate::report::verdict::factor;

impl Headline {
    /// A number with nothing but its name and value.
    pub(super) fn new(label: impl Into<String>, value: impl Into<String>, unit: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            words: "",
            value: value.into(),
            unit: unit.into(),
            hint: String::new(),
            interval: String::new(),
            tone: Tone::Plain,
            bar: None,
            ratio: None,
            scale: String::new(),
        }
    }
}

/// The difference in pass rate, all categories together.
pub(super) fn delta(comparison: &Comparison) -> Headline {
    let overall = &comparison.overall;
    let rate = |rate: &PassRate| or_absent(rate.rate, number::percent);
    let against = || format!("{} \u{2192} {}", rate(&overall.baseline), rate(&overall.candidate));
    Headline {
        hint: overall.delta_pp.map_or_else(String::new, |_| against()),
        ..difference("Pass rate", overall.delta_pp, overall.interval_90_pp)
    }
}

/// A difference in percentage points with its 90 % interval.
pub(super) fn difference(label: &str, delta: Option<f64>, interval: Option<Interval>) -> Headline {
    let reach = quality::reach_of(interval);
    let bar = quality::bar(delta, interval, reach);
    Headline {
        interval: limits(interval.map(number::pp_interval), "90 %"),
        tone: quality::tone(interval),
        scale: if bar.is_some() { quality::scale(reach) } else { String::new() },
        bar,
        ..Headline::new(label, or_absent(delta, number::pp), if delta.is_some() { "pp" } else { "" })
    }
}

/// A ratio of speed, turned so that it says how many times faster or slower, where that is shown.
pub(super) fn ratio(of: &SpeedRatio) -> Headline {
    let label = capitalised(&speed::metric_name(of));
    let Some(ratio) = of.ratio else { return Headline::new(label, number::ABSENT, "") };
    let tone = speed::tone(of);
    let (better, worse) = if of.higher_is_better { ("more", "less") } else { ("faster", "slower") };
    let (value, unit) = match tone {
        Tone::Good => (format!("{}x", number::ratio(factor(ratio))), better),
        Tone::Bad => (format!("{}x", number::ratio(factor(ratio))), worse),
        // Not written as a factor: it would read as slower or faster.
        _ if of.interval_95.is_none() => (format!("ratio {}", number::ratio(ratio)), "without an interval"),
        _ => (format!("ratio {}", number::ratio(ratio)), "no difference shown"),
    };
    let unit_of = if of.metric.ends_with("_ms") { " ms" } else { "" };
    let side = |value| or_absent(value, decimal);
    let interval = limits(of.interval_95.map(number::ratio_interval), "95 %");
    let bar = of.interval_95.map(|interval| ratio_bar(ratio, interval, tone));
    Headline {
        hint: format!("{} \u{2192} {}{unit_of}", side(of.baseline), side(of.candidate)),
        interval: if interval.is_empty() {
            interval
        } else {
            format!("ratio {} {interval}", number::ratio(ratio))
        },
        tone,
        scale: if bar.is_some() {
            format!("ratio {} to {}", number::ratio(1.0 / RATIO_REACH), number::ratio(RATIO_REACH))
        } else {
            String::new()
        },
        bar,
        ratio: Some(ratio),
        ..Headline::new(label, value, unit)
    }
}

/// How far the bar of a ratio reaches to both sides of 1; on a logarithmic scale, so that half and double lie alike.
const RATIO_REACH: f64 = 4.0;

pub(super) fn ratio_bar(ratio: f64, interval: Interval, tone: Tone) -> Bar {
    let place = |ratio: f64| {
        let share = ratio.max(f64::MIN_POSITIVE).ln() / RATIO_REACH.ln();
        (f64::midpoint(share, 1.0) * 100.0).clamp(0.0, 100.0)
    };
    let (low, high) = (place(interval.low), place(interval.high));
    Bar { low, width: high - low, at: place(ratio), zero: Some(50.0), tone }
}

/// A pass rate, or any other share that counts passed of judged.
pub(super) fn share(label: &str, rate: &PassRate) -> Headline {
    let bar = quality::wilson_bar(rate);
    Headline {
        hint: format!("{} of {}", count(rate.passed), count(rate.judged)),
        interval: limits(rate.wilson_95.map(number::percent_interval), "95 %"),
        scale: if bar.is_some() { "0 to 100 %".to_owned() } else { String::new() },
        bar,
        ..Headline::new(label, or_absent(rate.rate, number::percent), "")
    }
}

/// The 95th percentile of a latency where the sample is large enough for it, else the median.
pub(super) fn latency(name: &str, of: Option<&Distribution>) -> Option<Headline> {
    let of = of?;
    let at = if of.is_trusted(Percentile::P95) { Percentile::P95 } else { Percentile::P50 };
    let other = if at == Percentile::P95 { format!("p50 {} ms", decimal(of.p50)) } else { String::new() };
    Some(Headline {
        hint: other,
        ..Headline::new(format!("{name} {}", at.name()), decimal(of.value(at)), "ms")
    })
}

/// TTFT, from the schedule where one was laid out ahead.
pub(super) fn ttft(summary: &SideSummary) -> Option<Headline> {
    match &summary.ttft_from_schedule_ms {
        None => latency("TTFT", summary.ttft_ms.as_ref()),
        of => latency("TTFT", of.as_ref()).map(from_schedule),
    }
}

/// E2E, from the schedule where one was laid out ahead.
pub(super) fn e2e(summary: &SideSummary) -> Option<Headline> {
    match &summary.ttft_from_schedule_ms {
        None => latency("E2E", summary.e2e_ms.as_ref()),
        Some(_) => latency("E2E", summary.latency_from_schedule_ms.as_ref()).map(from_schedule),
    }
}

/// The same, saying from when it counts.
fn from_schedule(headline: Headline) -> Headline {
    let more = if headline.hint.is_empty() { String::new() } else { format!(", {}", headline.hint) };
    Headline { hint: format!("from schedule{more}"), ..headline }
}

/// Output tokens per second, with the requests per second behind them.
pub(super) fn throughput(summary: &SideSummary) -> Option<Headline> {
    let of = summary.throughput.as_ref()?;
    let hint = format!("{} requests/s", decimal(of.request_throughput_per_s));
    Some(Headline { hint, ..Headline::new("Throughput", decimal(of.output_tokens_per_s), "output tokens/s") })
}
