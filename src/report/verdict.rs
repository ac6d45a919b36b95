//! The sentences that answer the question: first what makes the rest unsound, then quality, then speed.
//!
//! Without a gate the words follow from the intervals alone: "loss shown" only where the whole 90 %
//! interval lies below zero, "faster" only where the ratio's whole 95 % interval lies off 1.

use serde::Serialize;

use super::comparison;
use super::gates;
use super::judging;
use super::levels;
use super::number::{self, count};
use super::objectives;
use super::quality;
pub(crate) use super::shown::{
    MORE_THAN_NOISE, Quality, Shown, differs_from_itself, noise_95_pp, quality_shown, speed_shown,
    tokens_alone,
};
use super::speed;
use super::table::{Labels, Tone};
use super::text::one_line;
use crate::model::comparison::{Comparison, GateKind, GateVerdict, Interval, SpeedRatio};
use crate::model::health::HealthStatus;
use crate::model::judgement::Verdict;
use crate::model::outcome::Outcome;
use crate::model::result::{RunResult, RunStatus, SideInfo};

/// How far the ratio of output tokens may lie from 1 before E2E compares answers of different length.
const SAME_LENGTH: std::ops::RangeInclusive<f64> = 0.9..=1.1;

/// One sentence of the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about: `Invalid`, `Client`, `Incomplete`, `Load`, `Objectives`, `Quality`, `Speed`.
    pub topic: &'static str,
    /// What it means for the variant.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
}

/// The verdict on a run.
pub(crate) fn of_run(result: &RunResult, labels: &Labels) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(comparison) = &result.comparison {
        findings.extend(comparison::forced(&comparison.forced_over));
        findings.extend(unsound(comparison));
    }
    let health = &result.client_health;
    if health.status == HealthStatus::Invalid {
        let reasons =
            if health.reasons.is_empty() { "no reason given".to_owned() } else { joined(&health.reasons) };
        findings.push(Finding {
            topic: "Client",
            tone: Tone::Bad,
            text: format!("its measurements are not valid: {reasons}"),
        });
    }
    findings.extend(incomplete(result));
    let (quality, speed) = match (&result.comparison, &labels.baseline) {
        (Some(comparison), Some(_)) => {
            let measured_in = result.baseline.as_ref().and_then(|side| side.measured_in.as_ref());
            let speed = speed_compared(comparison, labels, measured_in.is_none());
            let speed = if is_noise(result) { of_itself(&speed) } else { speed };
            (quality_compared(comparison), if is_busy(result) { by_busy_client(&speed) } else { speed })
        }
        _ => (quality_alone(&result.candidate), speed_alone(&result.candidate)),
    };
    let noise = noise(result);
    // Where a gate was asked its verdict is shown, noise or not.
    let is_gated = result.gate_results().iter().any(|gate| gate.kind == GateKind::PassRate);
    let quality = Some(quality).filter(|_| noise.is_none() || is_gated);
    let quality = noise.into_iter().chain(quality);
    // Of several loads each has a speed of its own.
    let load = levels::finding(result);
    let speed = if load.is_none() { Some(speed) } else { None };
    let objectives = if load.is_none() { objectives::finding(&result.candidate) } else { None };
    let quality = quality.filter(|_| !is_unchecked(result));
    let judge = judging::finding(&result.candidate);
    findings.extend(load.into_iter().chain(objectives).chain(judge).chain(quality).chain(speed));
    findings.extend(gates::finding(result.gate_results()));
    without_praise(findings)
}

/// Whether both sides are one model at one endpoint (A/A), so that every difference is noise.
pub(crate) fn is_noise(result: &RunResult) -> bool {
    let candidate = &result.candidate;
    // A simulated endpoint is hosted once a side, under URLs of their own.
    // What was measured at another time may have changed since: that is what such a comparison is to find.
    let same = |baseline: &SideInfo| {
        baseline.measured_in.is_none()
            && (&baseline.endpoint, &baseline.model) == (&candidate.endpoint, &candidate.model)
    };
    result.comparison.is_some() && result.baseline.as_ref().is_some_and(same)
}

/// What an A/A run says.
fn noise(result: &RunResult) -> Option<Finding> {
    let overall = &result.comparison.as_ref().filter(|_| is_noise(result))?.overall;
    let comparison = result.comparison.as_ref()?;
    let flips = overall.losses + overall.gains;
    let limit = number::or_absent(noise_95_pp(overall), |half| {
        number::pp_interval(Interval { low: -half, high: half })
    });
    let (also, tone) = if differs_from_itself(comparison) {
        (format!("; {MORE_THAN_NOISE}"), Tone::Warn)
    } else {
        (String::new(), Tone::Plain)
    };
    let text = format!(
        "one model against itself: {} of {} pairs differ ({} losses, {} gains), delta {} pp; within {limit} pp (95 %) is noise{also}",
        count(flips),
        count(overall.pairs),
        count(overall.losses),
        count(overall.gains),
        number::or_absent(overall.delta_pp, number::pp),
    );
    Some(Finding { topic: "Noise", tone, text })
}

/// Nothing is faster or slower than itself.
fn of_itself(finding: &Finding) -> Finding {
    let tone = if matches!(finding.tone, Tone::Good | Tone::Bad) { Tone::Warn } else { finding.tone };
    let measured = finding.text.split_once(": ").map_or(finding.text.as_str(), |(_, measured)| measured);
    Finding { tone, text: format!("one model against itself: {measured}"), topic: finding.topic }
}

/// Whether labctl was too busy to be sure of its clock.
pub(crate) fn is_busy(result: &RunResult) -> bool {
    result.client_health.status == HealthStatus::Degraded
}

fn by_busy_client(finding: &Finding) -> Finding {
    let tone = if finding.tone == Tone::Good { Tone::Plain } else { finding.tone };
    Finding { tone, text: format!("{}; measured by a busy client", finding.text), topic: finding.topic }
}

/// Whether no request of any side has a check, so that there is no quality to speak of.
pub(crate) fn is_unchecked(result: &RunResult) -> bool {
    let sides = result.baseline.iter().chain([&result.candidate]);
    sides.map(|side| &side.summary.verdicts).all(|verdicts| verdicts.keys().eq([&Verdict::Unchecked]))
}

/// Where something makes the rest unsound nothing is shown as good news.
pub(crate) fn without_praise(mut findings: Vec<Finding>) -> Vec<Finding> {
    if findings.iter().any(|f| matches!(f.topic, "Invalid" | "FORCED" | "Client")) {
        for finding in findings.iter_mut().filter(|f| f.tone == Tone::Good) {
            finding.tone = Tone::Dim;
        }
    }
    findings
}

/// What makes a comparison unsound; none where it is sound.
pub(crate) fn unsound(comparison: &Comparison) -> Option<Finding> {
    let reasons = &comparison.invalid_because;
    (!reasons.is_empty()).then(|| Finding {
        topic: "Invalid",
        tone: Tone::Bad,
        text: format!("the two sides can't be compared soundly: {}", joined(reasons)),
    })
}

/// Quality, then speed, of a comparison, then what its other gates say.
/// `same_run` says whether both sides were measured in turn, in one run.
pub(crate) fn of_comparison(comparison: &Comparison, labels: &Labels, same_run: bool) -> Vec<Finding> {
    let found = [quality_compared(comparison), speed_compared(comparison, labels, same_run)];
    found.into_iter().chain(gates::finding(&comparison.gates)).collect()
}

pub(crate) fn joined(reasons: &[String]) -> String {
    reasons.iter().map(|r| one_line(r)).collect::<Vec<_>>().join("; ")
}

/// That the run broke off, where it did.
pub(crate) fn incomplete(result: &RunResult) -> Option<Finding> {
    let how = match result.status {
        RunStatus::Complete => return None,
        RunStatus::Interrupted => "the run was interrupted",
        RunStatus::Recovered => "the run broke off and was recovered from its journal",
    };
    let sides = result.baseline.iter().chain([&result.candidate]);
    // What was given up did not end.
    let ended = |side: &SideInfo| {
        let given_up = side.summary.outcomes.get(&Outcome::Cancelled).copied().unwrap_or(0);
        side.summary.attempted.saturating_sub(given_up)
    };
    let mut ended: Vec<_> = sides.map(|side| count(ended(side))).collect();
    ended.dedup();
    let of = planned(result).map_or_else(String::new, |n| format!(" of {}", count(n)));
    let text = format!("{how} after {}{of} requests a side", ended.join(" and "));
    Some(Finding { topic: "Incomplete", tone: Tone::Warn, text })
}

/// Requests a side in all, where their number was what would have ended the run.
fn planned(result: &RunResult) -> Option<u64> {
    let load = &result.load;
    let timed = load.profile.as_ref().is_some_and(|profile| profile.duration_s.is_some());
    let searched = result.question.as_ref().is_some_and(|question| question.find.is_some());
    // A conversation has as many requests as it gets turns.
    let talks = result.workload.as_ref().is_some_and(|workload| workload.conversations.is_some());
    let levels = load.sweep.as_ref().map_or(1, |sweep| sweep.values.len() as u64);
    let all = || load.requests.saturating_mul(load.rounds.into()).saturating_mul(levels);
    (!timed && !searched && !talks).then(all)
}

fn quality_compared(comparison: &Comparison) -> Finding {
    let topic = "Quality";
    let overall = &comparison.overall;
    let Some(delta) = overall.delta_pp else {
        let text = "n/a: no prompt was judged on both sides".to_owned();
        return Finding { topic, tone: Tone::Warn, text };
    };
    let interval = overall
        .interval_90_pp
        .map_or_else(|| "(no interval)".to_owned(), |i| format!("{} (90 %)", number::pp_interval(i)));
    let measured = format!("{} pp {interval}", number::pp(delta));
    let known = Quality::of(comparison);
    let gates: Vec<_> = comparison.gates.iter().filter(|gate| gate.kind == GateKind::PassRate).collect();
    if let Some(worst) = gates.iter().max_by_key(|gate| gate.verdict) {
        let more = match gates.len() {
            1 => String::new(),
            n => format!(" (the worst of {n} gates)"),
        };
        let (name, reason) = (one_line(&worst.name), one_line(&worst.reason));
        // What no gate was asked about is told as well.
        let (tone, also) = match (&known, worst.verdict) {
            (Quality::LossIn(_) | Quality::NothingToLose(_), GateVerdict::Pass) => {
                (Tone::Warn, format!("; {}", known.words()))
            }
            _ => (gate_tone(worst.verdict), String::new()),
        };
        return Finding {
            topic,
            tone,
            text: format!("{measured}: {} by gate {name}{more}: {reason}{also}", worst.verdict),
        };
    }
    let tone = match known {
        Quality::LossIn(_) | Quality::NothingToLose(_) => Tone::Warn,
        _ => quality::tone(overall.interval_90_pp),
    };
    let words = match (&known, overall.minimum_detectable_loss_pp) {
        (Quality::Loss, _) => "loss shown".to_owned(),
        (Quality::Gain, _) => "gain shown".to_owned(),
        (Quality::NoInterval | Quality::Absent, _) => "nothing shown".to_owned(),
        (Quality::LossIn(_) | Quality::NothingToLose(_) | Quality::Undecided(_), _) => known.words(),
        (_, Some(mde)) => format!("no loss shown; 80 % of such runs would find one of {mde:.1} pp"),
        (_, None) => "no loss shown".to_owned(),
    };
    Finding { topic, tone, text: format!("{measured}: {words}") }
}

/// What a gate's verdict means.
pub(crate) const fn gate_tone(verdict: GateVerdict) -> Tone {
    match verdict {
        GateVerdict::Pass => Tone::Good,
        GateVerdict::Inconclusive => Tone::Warn,
        GateVerdict::Fail | GateVerdict::Invalid => Tone::Bad,
    }
}

/// E2E p50 where the answers are of one length, else TPOT p50; whichever there is.
pub(crate) fn headline(comparison: &Comparison) -> Option<&SpeedRatio> {
    let known = |metric| speed::find(&comparison.speed, metric, "p50").filter(|r| r.ratio.is_some());
    let same_length = comparison.output_token_ratio.is_none_or(|ratio| SAME_LENGTH.contains(&ratio));
    let order = if same_length { ["e2e_ms", "tpot_ms"] } else { ["tpot_ms", "e2e_ms"] };
    order.into_iter().find_map(known)
}

fn speed_compared(comparison: &Comparison, labels: &Labels, same_run: bool) -> Finding {
    let topic = "Speed";
    let Some((headline, ratio)) = headline(comparison).and_then(|h| h.ratio.map(|ratio| (h, ratio))) else {
        let reason = comparison.speed.iter().find_map(|r| r.absent_because.as_deref());
        let text = format!(
            "n/a: {}",
            reason.map_or_else(|| "neither E2E nor TPOT has a ratio".to_owned(), one_line)
        );
        return Finding { topic, tone: Tone::Warn, text };
    };
    let tone = speed::tone(headline);
    let candidate = &labels.candidate;
    let scope = scope(headline, same_run);
    let is = if scope.is_empty() { "is" } else { "was" };
    let alone = tokens_alone(comparison);
    let tone = if alone.is_some() { Tone::Plain } else { tone };
    let words = match speed_shown(comparison) {
        _ if alone.is_some() => alone.clone().unwrap_or_default(),
        Shown::NoInterval | Shown::Absent => "no interval, so nothing is shown".to_owned(),
        Shown::Better => format!("{candidate} {is} {}x faster{scope}", number::ratio(factor(ratio))),
        Shown::Worse => format!("{candidate} {is} {}x slower{scope}", number::ratio(factor(ratio))),
        Shown::NoDifference => "no speed difference shown".to_owned(),
    };
    let value = |v| number::or_absent(v, number::decimal);
    let interval =
        headline.interval_95.map_or_else(String::new, |i| format!(" {} (95 %)", number::ratio_interval(i)));
    let mut text = format!(
        "{words}: {} {} ms against {} ms, ratio {}{interval}",
        speed::metric_name(headline),
        value(headline.candidate),
        value(headline.baseline),
        number::ratio(ratio)
    );
    if let Some(length) = other_length(comparison).filter(|_| alone.is_none()) {
        text = format!("{text}; its answers are {}x as long", number::ratio(length));
    }
    Finding { topic, tone, text }
}

/// How long the candidate's answers are beside the baseline's, where that is not about the same.
pub(crate) fn other_length(comparison: &Comparison) -> Option<f64> {
    comparison.output_token_ratio.filter(|ratio| !SAME_LENGTH.contains(ratio))
}

/// How far a difference in speed speaks. One round can't tell the model from the moment: the interval covers the
/// prompts, not the machine's mood.
pub(crate) fn scope(headline: &SpeedRatio, same_run: bool) -> &'static str {
    match headline.method.as_deref() {
        _ if !same_run => ", measured one after the other",
        Some("rounds") => "",
        _ => " in this run",
    }
}

/// How many times faster or slower: the ratio, turned so that it is above 1.
pub(crate) fn factor(ratio: f64) -> f64 {
    if ratio < 1.0 { ratio.recip() } else { ratio }
}

fn quality_alone(side: &SideInfo) -> Finding {
    let topic = "Quality";
    let overall = side.pass_rates.iter().find(|r| r.category.is_none()).map(|r| r.pass_rate);
    let Some(rate) = overall.filter(|r| r.judged > 0) else {
        let text =
            format!("n/a: {}", if has_success(side) { "nothing was judged" } else { "no request succeeded" });
        return Finding { topic, tone: Tone::Warn, text };
    };
    let share = number::or_absent(rate.rate, number::percent);
    let limits =
        rate.wilson_95.map_or_else(String::new, |i| format!(" {} (95 %)", number::percent_interval(i)));
    let text = format!("{} of {} passed, {share}{limits}", count(rate.passed), count(rate.judged));
    Finding { topic, tone: Tone::Plain, text }
}

fn speed_alone(side: &SideInfo) -> Finding {
    let topic = "Speed";
    if !has_success(side) {
        return Finding { topic, tone: Tone::Warn, text: "n/a: no request succeeded".to_owned() };
    }
    let summary = &side.summary;
    let mut parts = Vec::new();
    // Where starts were planned ahead, a latency counts from the plan.
    let latencies = match &summary.ttft_from_schedule_ms {
        None => [("TTFT", &summary.ttft_ms), ("TPOT", &summary.tpot_ms), ("E2E", &summary.e2e_ms)],
        ttft => [
            ("TTFT from schedule", ttft),
            ("TPOT", &summary.tpot_ms),
            ("E2E from schedule", &summary.latency_from_schedule_ms),
        ],
    };
    for (name, distribution) in latencies {
        if let Some(d) = distribution {
            parts.push(format!("{name} p50 {} ms", number::decimal(d.p50)));
        }
    }
    if let Some(throughput) = &summary.throughput {
        parts.push(format!("{} requests/s", number::decimal(throughput.request_throughput_per_s)));
        parts.push(format!("{} output tokens/s", number::decimal(throughput.output_tokens_per_s)));
    }
    Finding { topic, tone: Tone::Plain, text: parts.join(", ") }
}

/// Whether any request of a side succeeded.
pub(crate) fn has_success(side: &SideInfo) -> bool {
    side.summary.outcomes.iter().any(|(outcome, n)| outcome.is_success() && *n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::comparison::Interval;
    use crate::model::load::{LoadAxis, LoadProfile, Sweep};
    use crate::report::fixture;

    fn labels() -> Labels {
        Labels { candidate: "awq".to_owned(), baseline: Some("fp16".to_owned()) }
    }

    fn quality_with(low: f64, high: f64) -> String {
        let mut comparison = fixture::paired().comparison.unwrap();
        comparison.overall.interval_90_pp = Some(Interval { low, high });
        quality_compared(&comparison).text
    }

    fn speed_with(ratio: f64, low: f64, high: f64) -> String {
        let mut comparison = fixture::paired().comparison.unwrap();
        for speed in &mut comparison.speed {
            (speed.ratio, speed.interval_95) = (Some(ratio), Some(Interval { low, high }));
        }
        speed_compared(&comparison, &labels(), true).text
    }

    #[test]
    fn words_follow_the_interval() {
        assert!(quality_with(-9.0, -0.1).ends_with(": loss shown"));
        assert!(quality_with(0.1, 9.0).ends_with(": gain shown"));
        assert!(quality_with(-9.0, 0.0).contains("could have missed"));
    }

    #[test]
    fn faster_and_slower_only_where_the_interval_excludes_one() {
        assert!(speed_with(0.5, 0.4, 0.6).starts_with("awq was 2.00x faster in this run:"));
        assert!(speed_with(2.0, 1.8, 2.2).starts_with("awq was 2.00x slower in this run:"));
        assert!(speed_with(0.9, 0.8, 1.0).starts_with("no speed difference shown"));
    }

    #[test]
    fn an_interrupted_run_is_told_against_what_was_planned() {
        let mut result = fixture::interrupted();
        let text = |result: &RunResult| incomplete(result).unwrap().text;
        assert_eq!(text(&result), "the run was interrupted after 12 of 30 requests a side");
        let sweep = |values: &[f64]| Sweep {
            axis: LoadAxis::Concurrency,
            values: values.to_vec(),
            stop_past_saturation: false,
        };
        result.load.sweep = Some(sweep(&[1.0, 2.0, 4.0, 8.0]));
        assert_eq!(text(&result), "the run was interrupted after 12 of 120 requests a side");
        result.load.profile = Some(LoadProfile { duration_s: Some(9.0), ..LoadProfile::closed(4) });
        assert_eq!(text(&result), "the run was interrupted after 12 requests a side");
    }

    #[test]
    fn several_rounds_speak_beyond_the_run() {
        let mut comparison = fixture::paired().comparison.unwrap();
        for speed in &mut comparison.speed {
            speed.method = Some("rounds".to_owned());
        }
        let text = speed_compared(&comparison, &labels(), true).text;
        assert!(text.starts_with("awq is 1.58x faster:"), "{text}");
        // Of two runs they don't: what changed between them is in none.
        let text = speed_compared(&comparison, &labels(), false).text;
        assert!(text.starts_with("awq was 1.58x faster, measured one after the other:"), "{text}");
    }

    #[test]
    fn answers_of_other_length_are_compared_by_token() {
        let mut comparison = fixture::paired().comparison.unwrap();
        comparison.output_token_ratio = Some(0.5);
        let text = speed_compared(&comparison, &labels(), true).text;
        assert!(text.contains("TPOT p50") && text.ends_with("its answers are 0.50x as long"), "{text}");
    }

    #[test]
    fn a_gate_speaks_in_its_own_words_and_the_worst_one_first() {
        let mut comparison = fixture::paired().comparison.unwrap();
        let gate = |name: &str, verdict| fixture::gate(name, verdict, "because");
        comparison.gates = vec![gate("a", GateVerdict::Pass), gate("b", GateVerdict::Fail)];
        let finding = quality_compared(&comparison);
        assert_eq!(finding.tone, Tone::Bad);
        assert!(finding.text.ends_with("FAIL by gate b (the worst of 2 gates): because"), "{}", finding.text);
    }

    #[test]
    fn a_gate_on_noise_is_shown_beside_it() {
        let mut result = fixture::paired();
        result.baseline = Some(SideInfo { ..result.candidate.clone() });
        let topics = |result: &RunResult| -> Vec<_> {
            of_run(result, &labels()).iter().map(|f| (f.topic, f.tone)).take(2).collect()
        };
        // The fixture's sides differ in speed by far: order, cache or load plays a part.
        assert_eq!(topics(&result)[0], ("Noise", Tone::Warn));
        assert_eq!(topics(&result)[1].0, "Speed");
        let gates = &mut result.comparison.as_mut().unwrap().gates;
        *gates = vec![fixture::gate("pass_rate overall", GateVerdict::Fail, "because")];
        assert_eq!(topics(&result), [("Noise", Tone::Warn), ("Quality", Tone::Bad)]);
    }

    #[test]
    fn what_is_unsound_comes_first() {
        let mut result = fixture::paired();
        result.client_health.status = HealthStatus::Invalid;
        result.status = RunStatus::Interrupted;
        result.comparison.as_mut().unwrap().invalid_because = vec!["prompt set differs".to_owned()];
        let topics: Vec<_> = of_run(&result, &labels()).iter().map(|f| f.topic).collect();
        assert_eq!(topics, ["Invalid", "Client", "Incomplete", "Quality", "Speed"]);
        assert!(of_run(&result, &labels()).iter().all(|f| f.tone != Tone::Good), "no praise of the unsound");
    }
}
