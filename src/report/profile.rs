//! The load and the workload in words.

use super::facts::{Fact, fact};
use super::number::{count, counted, plain};
use super::text::one_line;
use crate::model::load::{Arrival, Find, LoadAxis, LoadProfile, Stage, Start, Sweep};
use crate::model::result::RunResult;
use crate::model::workload::{
    CacheMode, Length, Synthetic, WorkloadFormat, WorkloadInfo, WorkloadOptions, WorkloadSpec,
};

/// The most values of a sweep that are listed.
const VALUES: usize = 12;

/// The load on one line: `concurrency 10`, `rate 5/s, Poisson, 60 s`, `concurrency 1 to 64, 7 loads`.
pub(crate) fn load(result: &RunResult) -> String {
    let load = &result.load;
    if let Some(first) = result.levels.first() {
        let values = || result.levels.iter().map(|level| level.load.value);
        let ends = [values().reduce(f64::min), values().reduce(f64::max)].map(|v| plain(v.unwrap_or(0.0)));
        let loads = counted(result.levels.len() as u64, "load", "loads");
        let unit = if first.load.axis == LoadAxis::Rate { "/s" } else { "" };
        let range = if ends[0] == ends[1] { ends[0].clone() } else { ends.join(" to ") };
        return format!("{} {range}{unit}, {loads}", first.load.axis.name());
    }
    load.profile.as_ref().map_or_else(|| format!("concurrency {}", count(load.concurrency.into())), profile)
}

fn profile(profile: &LoadProfile) -> String {
    let mut parts = match &profile.start {
        Start::Concurrency { concurrency, ramp_up_s } => {
            let mut parts = vec![format!("concurrency {}", count((*concurrency).into()))];
            if *ramp_up_s > 0.0 {
                parts.push(format!("opened over {} s", plain(*ramp_up_s)));
            }
            parts
        }
        Start::Batch { size } => vec![format!("batches of {}", count((*size).into()))],
        Start::Rate { stages, arrival, burstiness, max_in_flight } => {
            let mut parts =
                vec![format!("rate {}", stages_words(stages)), arrival_words(*arrival, *burstiness)];
            parts.extend(max_in_flight.map(|n| format!("at most {} in flight", count(n.into()))));
            parts
        }
        Start::Trace { speed, max_in_flight } => {
            let mut parts = vec!["as the trace recorded".to_owned()];
            if (*speed - 1.0).abs() > f64::EPSILON {
                parts.push(format!("{} times as fast", plain(*speed)));
            }
            parts.extend(max_in_flight.map(|n| format!("at most {} in flight", count(n.into()))));
            parts
        }
    };
    parts.extend(profile.duration_s.map(|s| format!("{} s", plain(s))));
    parts.join(", ")
}

fn stages_words(stages: &[Stage]) -> String {
    let one = |stage: &Stage| {
        let rate = match stage.from_rate {
            Some(from) => format!("{} to {}/s", plain(from), plain(stage.rate)),
            None => format!("{}/s", plain(stage.rate)),
        };
        match stage.duration_s {
            Some(s) if stages.len() > 1 => format!("{rate} for {} s", plain(s)),
            _ => rate,
        }
    };
    stages.iter().map(one).collect::<Vec<_>>().join(", then ")
}

fn arrival_words(arrival: Arrival, burstiness: f64) -> String {
    match arrival {
        Arrival::Constant => "evenly spaced".to_owned(),
        Arrival::Poisson => "Poisson".to_owned(),
        Arrival::Gamma => format!("gamma, burstiness {}", plain(burstiness)),
    }
}

/// The facts of the load beside those that every run has.
pub(crate) fn load_facts(result: &RunResult) -> Vec<Fact> {
    let load = &result.load;
    let mut facts = Vec::new();
    if let Some(p) = &load.profile {
        let words = if result.levels.is_empty() { profile(p) } else { self::load(result) };
        facts.push(fact(
            "load",
            if p.start.is_open() { format!("{words}, seed {}", result.seed) } else { words },
        ));
        let seconds = [("warm-up", p.warmup_s), ("cool-down", p.cooldown_s)];
        for (name, s) in seconds.into_iter().filter(|(_, s)| *s > 0.0) {
            facts.push(fact(name, format!("{} s", plain(s))));
        }
        facts.push(fact("grace at the end", format!("{} s", plain(p.grace_s))));
    }
    facts.extend(load.sweep.as_ref().map(|sweep| fact("loads", sweep_words(sweep))));
    if let Some(question) = &result.question {
        facts.extend(question.find.as_ref().map(|find| fact("searched for", find_words(find))));
        if !question.slos.is_empty() {
            let slos: Vec<_> = question.slos.iter().map(ToString::to_string).collect();
            facts.push(fact("objectives", slos.join(", ")));
        }
    }
    if !load.retry.is_off() {
        let statuses: Vec<_> = load.retry.statuses.iter().map(ToString::to_string).collect();
        let times = counted(load.retry.attempts.into(), "time", "times");
        facts.push(fact("sent again after", format!("{}, at most {times}", statuses.join(", "))));
    }
    facts.extend(load.max_output_tokens_total.map(|n| fact("output tokens at most", count(n))));
    facts
}

fn sweep_words(sweep: &Sweep) -> String {
    let shown: Vec<_> = sweep.values.iter().take(VALUES).map(|v| plain(*v)).collect();
    let more = sweep.values.len().saturating_sub(VALUES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let stop = if sweep.stop_past_saturation { ", up to saturation" } else { "" };
    format!("{} {}{more}{stop}", sweep.axis.name(), shown.join(", "))
}

fn find_words(find: &Find) -> String {
    format!(
        "the highest {} from {} to {}, to within {} %",
        find.axis.name(),
        plain(find.from),
        plain(find.to),
        plain(find.resolution * 100.0)
    )
}

/// The workload on one line; `None` where it is a prompt set, which has a line of its own.
pub(crate) fn workload(info: &WorkloadInfo) -> Option<String> {
    match &info.spec {
        WorkloadSpec::PromptSet { .. } => None,
        WorkloadSpec::Synthetic(synthetic) => {
            let what = match info.conversations {
                Some(n) => counted(n, "made-up conversation", "made-up conversations"),
                None => counted(info.prompts, "made-up prompt", "made-up prompts"),
            };
            let Synthetic { input_tokens, output_tokens, .. } = synthetic;
            Some(format!("{what}, tokens in {}, out {}", length(input_tokens), length(output_tokens)))
        }
        WorkloadSpec::File { file, .. } => {
            let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
            let what = match info.conversations {
                Some(n) => counted(n, "conversation", "conversations"),
                None => counted(info.prompts, "prompt", "prompts"),
            };
            Some(format!("{what} of {}", one_line(&name)))
        }
    }
}

fn length(length: &Length) -> String {
    let limits = |min: &Option<u32>, max: &Option<u32>| match (min, max) {
        (None, None) => String::new(),
        (min, max) => {
            let of = |limit: &Option<u32>| limit.map_or_else(|| "…".to_owned(), |n| count(n.into()));
            format!(" within {} and {}", of(min), of(max))
        }
    };
    match length {
        Length::Fixed { value } => count((*value).into()),
        Length::Uniform { min, max } => format!("{} to {}", count((*min).into()), count((*max).into())),
        Length::Normal { mean, standard_deviation, min, max } => {
            format!("{} ± {}{}", plain(*mean), plain(*standard_deviation), limits(min, max))
        }
        Length::Lognormal { median, sigma, min, max } => {
            format!("lognormal, median {}, sigma {}{}", plain(*median), plain(*sigma), limits(min, max))
        }
        Length::Histogram { bins } => {
            let ends = bins.iter().map(|b| b.min).min().zip(bins.iter().map(|b| b.max).max());
            let (min, max) = ends.unwrap_or((0, 0));
            format!("{} to {} by a histogram", count(min.into()), count(max.into()))
        }
    }
}

/// Everything about the workload.
pub(crate) fn workload_facts(info: &WorkloadInfo) -> Vec<Fact> {
    let mut facts = Vec::new();
    match &info.spec {
        WorkloadSpec::PromptSet { .. } => {}
        WorkloadSpec::Synthetic(s) => {
            facts.push(fact("workload", "made-up prompts"));
            facts.push(fact("tokens a prompt", length(&s.input_tokens)));
            facts.push(fact("tokens an answer", length(&s.output_tokens)));
            if let Some(shared) = &s.shared_prefix {
                let groups = counted(shared.groups.into(), "beginning", "beginnings");
                facts.push(fact("shared", format!("{groups} of {} tokens", count(shared.tokens.into()))));
            }
            if let Some(turns) = &s.conversation {
                facts.push(fact("turns", length(&turns.turns)));
                if turns.think_time_s > 0.0 {
                    let mean = plain(turns.think_time_s);
                    facts.push(fact("think time", format!("{mean} s on average, exponential")));
                }
            }
        }
        WorkloadSpec::File { file, format, .. } => {
            facts.push(fact("workload", one_line(&file.display().to_string())));
            facts.push(fact("format", format_words(*format)));
        }
    }
    facts.push(fact("prompts", count(info.prompts)));
    facts.extend(info.conversations.map(|n| fact("conversations", count(n))));
    facts.extend(info.sha256.as_deref().map(|hash| fact("SHA-256", one_line(hash))));
    facts.extend(info.tokens_by.as_deref().map(|by| fact("prompt tokens by", one_line(by))));
    let WorkloadOptions { cache, exact_output, models, .. } = &info.options;
    facts.extend(cache.map(|mode| fact("prefix cache", cache_words(mode))));
    facts.extend(info.salt.as_deref().map(|salt| fact("salt", one_line(salt))));
    if *exact_output {
        facts.push(fact("answers", "asked to go on to their full length"));
    }
    if !models.is_empty() {
        let models: Vec<_> =
            models.iter().map(|m| format!("{} {}", one_line(&m.model), plain(m.weight))).collect();
        facts.push(fact("models by weight", models.join(", ")));
    }
    facts
}

const fn cache_words(mode: CacheMode) -> &'static str {
    match mode {
        CacheMode::Cold => "cold: every prompt begins with a salt of its own",
        CacheMode::Warm => "warm: every prompt was sent once before",
        CacheMode::AsIs => "as is: prompts sent as written",
    }
}

const fn format_words(format: WorkloadFormat) -> &'static str {
    match format {
        WorkloadFormat::Auto => "told by its content",
        WorkloadFormat::Jsonl => "JSON lines",
        WorkloadFormat::Sharegpt => "ShareGPT",
        WorkloadFormat::Mooncake => "Mooncake trace",
        WorkloadFormat::Azure => "Azure trace",
        WorkloadFormat::Burstgpt => "BurstGPT trace",
        WorkloadFormat::Labctl => "a result of labctl",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(stages: Vec<Stage>, arrival: Arrival) -> String {
        let start = Start::Rate { stages, arrival, burstiness: 0.5, max_in_flight: None };
        profile(&LoadProfile { start, duration_s: Some(60.0), ..LoadProfile::closed(1) })
    }

    const fn stage(rate: f64, from_rate: Option<f64>, duration_s: Option<f64>) -> Stage {
        Stage { rate, from_rate, duration_s }
    }

    #[test]
    fn loads_in_words() {
        assert_eq!(open(vec![stage(5.0, None, None)], Arrival::Poisson), "rate 5/s, Poisson, 60 s");
        let stages = vec![stage(8.0, Some(1.0), Some(30.0)), stage(8.0, None, None)];
        assert_eq!(
            open(stages, Arrival::Gamma),
            "rate 1 to 8/s for 30 s, then 8/s, gamma, burstiness 0.5, 60 s"
        );
        assert_eq!(profile(&LoadProfile::closed(32)), "concurrency 32");
        let trace = Start::Trace { speed: 2.0, max_in_flight: Some(100) };
        assert_eq!(
            profile(&LoadProfile { start: trace, ..LoadProfile::closed(1) }),
            "as the trace recorded, 2 times as fast, at most 100 in flight"
        );
        let find = Find { axis: LoadAxis::Rate, from: 1.0, to: 1024.0, resolution: 0.05 };
        assert_eq!(find_words(&find), "the highest rate from 1 to 1,024, to within 5 %");
    }

    #[test]
    fn lengths_in_words() {
        assert_eq!(length(&Length::Fixed { value: 512 }), "512");
        let normal = Length::Normal { mean: 512.0, standard_deviation: 64.0, min: None, max: Some(1024) };
        assert_eq!(length(&normal), "512 ± 64 within … and 1,024");
    }
}
