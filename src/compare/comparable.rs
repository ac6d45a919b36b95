//! Whether two runs' numbers can be held against each other: what makes them incomparable, and what a reader should
//! know before believing them.

use std::collections::BTreeSet;

use super::missing::tolerated;
use super::pass_rate::item_of;
use super::sampling::{Asked, asked_differently};
use crate::model::comparison::Comparison;
use crate::model::health::HealthStatus;
use crate::model::judgement::{JudgeInfo, Verdict};
use crate::model::load::Start;
use crate::model::outcome::Outcome;
use crate::model::record::PairKey;
use crate::model::result::{RunResult, RunStatus, Sampling, SideInfo};
use crate::stats::length;

/// How the reason begins that checks of different versions judged.
pub const OTHER_CHECKS: &str = "the answers were judged by different checks";
/// How the reason begins that other models scored.
pub const OTHER_JUDGES: &str = "the judges that scored answers differ";
/// How the reason begins that a run was cut short.
const ONE_RUN_ALONE: &str = "prompts were answered in one run alone";
/// How everything ends that takes speed away.
pub const SPEED_VOID: &str = "speed is not comparable";
/// What is said where two runs were held to other objectives.
pub const OBJECTIVES_DIFFER: &str = "the objectives differ: goodput is not comparable";

/// Why nothing about a side's answers can be said, where its server changed while the run was on.
#[must_use]
pub fn changed_during_run(name: &str, side: &SideInfo) -> Vec<String> {
    // Each of several models has a name of its own, and a fingerprint.
    let expected = side.asked_models.len().max(1);
    let changed = |what: &str, seen: &[String]| {
        (seen.len() > expected).then(|| format!("{name}: {what} changed during the run ({})", quoted(seen)))
    };
    [
        changed("the served model", &side.served_models),
        changed("the system fingerprint", &side.system_fingerprints),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Every reason why two runs' candidates can't be compared soundly. Where only the prompts that are the same in both
/// are compared (`intersected`), other prompts are no reason.
#[must_use]
pub fn unsound(baseline: &RunResult, candidate: &RunResult, intersected: bool) -> Vec<String> {
    let mut reasons = incomparable(baseline, candidate, intersected);
    for (name, run) in [("baseline", baseline), ("candidate", candidate)] {
        if run.client_health.status == HealthStatus::Invalid {
            let why = run.client_health.reasons.join("; ");
            reasons.push(format!("{name}: the client was not valid ({why})"));
        }
    }
    reasons
}

/// The same, whatever the clients were worth.
#[must_use]
pub fn incomparable(baseline: &RunResult, candidate: &RunResult, intersected: bool) -> Vec<String> {
    let mut reasons = Vec::new();
    if !intersected {
        reasons.extend(prompts_differ(baseline, candidate).or_else(|| cut_short(baseline, candidate)));
    }
    let sampling = sampling_differences(&baseline.sampling, &candidate.sampling);
    if !sampling.is_empty() {
        reasons.push(format!("sampling differs: {}", sampling.join(", ")));
    }
    reasons.extend(asked_differently(asked(candidate), asked(baseline)));
    if baseline.candidate.simulated != candidate.candidate.simulated {
        let simulated = if candidate.candidate.simulated { "candidate" } else { "baseline" };
        reasons.push(format!("the {simulated} is simulated and the other side is not"));
    }
    let (ours, theirs) = (judge(candidate), judge(baseline));
    if ours != theirs {
        reasons.push(format!("{OTHER_JUDGES}: {theirs} on the baseline, {ours} on the candidate"));
    }
    if let (Some(ours), Some(theirs)) = (engine(candidate), engine(baseline))
        && ours != theirs
        && is_checked(baseline)
        && is_checked(candidate)
    {
        reasons.push(format!(
            "{OTHER_CHECKS}: version {theirs} on the baseline, {ours} on the candidate; `labctl rescore` judges stored answers anew"
        ));
    }
    for (name, run) in [("baseline", baseline), ("candidate", candidate)] {
        reasons.extend(changed_during_run(name, &run.candidate));
    }
    reasons
}

/// Where the prompts are the reason: other sets, or another choice of one set's.
#[must_use]
pub fn prompts_differ(baseline: &RunResult, candidate: &RunResult) -> Option<String> {
    let (ours, theirs) = (&candidate.prompt_set, &baseline.prompt_set);
    if ours.sha256 != theirs.sha256 {
        return Some(format!(
            "the prompt sets differ: `{}` version {} ({}) on the baseline, `{}` version {} ({}) on the candidate",
            theirs.name,
            theirs.version,
            short(&theirs.sha256),
            ours.name,
            ours.version,
            short(&ours.sha256)
        ));
    }
    // A sample is drawn from the seed.
    let chosen = |run: &RunResult| {
        let selection = run.prompt_set.selection.clone();
        let seed = selection.as_ref().and_then(|chosen| chosen.sample).map(|_| run.seed);
        (selection, seed)
    };
    (chosen(baseline) != chosen(candidate)).then(|| {
        let told = |run: &RunResult| match &run.prompt_set.selection {
            None => "all".to_owned(),
            Some(_) => run.prompt_set.categories.values().sum::<usize>().to_string(),
        };
        format!(
            "other prompts of `{}` were chosen: {} of them on the baseline, {} on the candidate, not by the same rule",
            ours.name,
            told(baseline),
            told(candidate)
        )
    })
}

/// That more than max(2, 2 %) of the prompts were answered in one of the runs alone: what is left may be the easy ones,
/// and too few to show anything. What was given up on an interrupt was not answered.
fn cut_short(baseline: &RunResult, candidate: &RunResult) -> Option<String> {
    let sent = |run: &'_ RunResult| -> BTreeSet<String> {
        let ended = run.rows.iter().filter(|row| {
            row.candidate.as_ref().is_some_and(|attempt| attempt.exchange.outcome != Outcome::Cancelled)
        });
        ended.map(|row| item_of(&row.key.prompt_id).to_owned()).collect()
    };
    let (theirs, ours) = (sent(baseline), sent(candidate));
    let (of_baseline, of_candidate) = (theirs.difference(&ours).count(), ours.difference(&theirs).count());
    let all = ours.len() + of_baseline;
    let tolerated = tolerated(all as u64);
    (length(of_baseline + of_candidate) > tolerated).then(|| {
        format!(
            "{ONE_RUN_ALONE}: of {all}, {of_baseline} on the baseline's and {of_candidate} on the candidate's, more than the {:.0} tolerated",
            tolerated.floor()
        )
    })
}

/// Whether a reason is about the prompts, which comparing those alone that both runs share does away with.
#[must_use]
pub fn is_about_prompts(reason: &str) -> bool {
    ["the prompt sets differ", "other prompts of", ONE_RUN_ALONE]
        .iter()
        .any(|start| reason.starts_with(start))
}

/// Why no speed of a comparison counts, where the loads are the reason, of two runs as [`loaded_differently`] tells it.
#[must_use]
pub fn speed_void(baseline: &RunResult, candidate: &RunResult) -> Option<String> {
    let loads = loaded_differently(baseline, candidate);
    (!loads.is_empty()).then(|| loads.join("; "))
}

/// The same as a stored comparison tells it.
#[must_use]
pub fn stored_speed_void(comparison: &Comparison) -> Option<&String> {
    let reasons = comparison.speed.iter().filter_map(|speed| speed.absent_because.as_ref());
    reasons.into_iter().find(|reason| reason.ends_with(SPEED_VOID))
}

/// Who scored answers by a rubric, in words.
fn judge(run: &RunResult) -> String {
    let told = |judge: &JudgeInfo| {
        let simulated = if judge.simulated { ", simulated" } else { "" };
        let times = match judge.repeats {
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        format!("`{}` (endpoint `{}`{simulated}, asked {times})", judge.model, judge.endpoint)
    };
    run.judge.as_ref().map_or_else(|| "none".to_owned(), told)
}

const fn engine(run: &RunResult) -> Option<u32> {
    run.client.check_engine
}

/// Whether any of its answers was judged.
fn is_checked(run: &RunResult) -> bool {
    run.candidate.summary.verdicts.iter().any(|(verdict, count)| *verdict != Verdict::Unchecked && *count > 0)
}

fn asked(run: &RunResult) -> Asked<'_> {
    Asked { sampling: &run.sampling, config: &run.config, endpoint: &run.candidate.endpoint }
}

/// The first digits of a hash, enough to tell two apart.
fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// Every sampling parameter that differs, baseline's value first.
pub(super) fn sampling_differences(baseline: &Sampling, candidate: &Sampling) -> Vec<String> {
    sampling_parameters(baseline, candidate)
        .into_iter()
        .filter(|(_, ours, theirs)| ours != theirs)
        .map(|(name, ours, theirs)| format!("{name} {ours} against {theirs}"))
        .collect()
}

/// Every sampling parameter with both values, the baseline's first. At temperature 0 the seed decides nothing.
pub(super) fn sampling_parameters(
    baseline: &Sampling,
    candidate: &Sampling,
) -> Vec<(&'static str, String, String)> {
    fn shown<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(|| "not sent".to_owned(), |value| value.to_string())
    }
    let greedy = |sampling: &Sampling| sampling.temperature <= 0.0;
    let mut parameters = vec![
        ("temperature", baseline.temperature.to_string(), candidate.temperature.to_string()),
        ("top_p", shown(baseline.top_p), shown(candidate.top_p)),
        ("max_tokens", shown(baseline.max_tokens), shown(candidate.max_tokens)),
    ];
    if !(greedy(baseline) && greedy(candidate)) {
        parameters.push(("seed", baseline.seed.to_string(), candidate.seed.to_string()));
    }
    parameters
}

/// What of two runs bends their speed and not their answers.
#[must_use]
pub fn loaded_differently(baseline: &RunResult, candidate: &RunResult) -> Vec<String> {
    let mut found = Vec::new();
    let mut differs = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            found.push(format!("{what} differs, {ours} against {theirs}: {SPEED_VOID}"));
        }
    };
    differs("concurrency", baseline.load.concurrency.to_string(), candidate.load.concurrency.to_string());
    differs("the client's transport", baseline.client.transport.clone(), candidate.client.transport.clone());
    differs("the client's machine", machine(baseline), machine(candidate));
    // A closed loop is told by its concurrency.
    let start = |run: &'_ RunResult| -> Option<Start> {
        let start = run.load.profile.as_ref().map(|profile| profile.start.clone());
        start.filter(|start| !matches!(start, Start::Concurrency { .. }))
    };
    if start(baseline) != start(candidate) {
        found.push(format!("when requests were started differs (by rate, batch or trace): {SPEED_VOID}"));
    }
    found
}

/// What of two runs' difference makes numbers less than they look: other loads, and checks that nobody knows.
#[must_use]
pub fn between(baseline: &RunResult, candidate: &RunResult) -> Vec<String> {
    let options = |run: &'_ RunResult| {
        run.workload.as_ref().map(|workload| workload.options.clone()).unwrap_or_default()
    };
    let sent = (options(baseline) != options(candidate)).then(|| {
        "what was done to the prompts differs (the workload's options): answers and speed may by that"
            .to_owned()
    });
    let mut found = loaded_differently(baseline, candidate);
    let pairing = |run: &'_ RunResult| run.load.pairing.clone();
    if pairing(baseline) != pairing(candidate) {
        found.push(format!(
            "one side was loaded in one go and the other in alternating blocks ({} against {}), whose ends are less full: speed ratios include that",
            pairing(baseline),
            pairing(candidate)
        ));
    }
    found.extend(sent);
    found.extend(checks_unknown(baseline, candidate));
    found
}

/// Whether two runs were held to other objectives, so that their goodputs count other things.
#[must_use]
pub fn objectives_differ(baseline: &RunResult, candidate: &RunResult) -> bool {
    let slos = |run: &'_ RunResult| run.question.as_ref().map(|question| question.slos.clone());
    slos(baseline).zip(slos(candidate)).is_some_and(|(theirs, ours)| theirs != ours)
}

/// What to know before believing a number of two runs' comparison.
#[must_use]
pub fn warnings(baseline: &RunResult, candidate: &RunResult) -> Vec<String> {
    let mut warnings = Vec::new();
    if baseline.run_id == candidate.run_id {
        warnings.push("a run is compared with itself".to_owned());
    } else {
        warnings.push(
            "the runs were measured one after the other: speed ratios include whatever else changed between them"
                .to_owned(),
        );
    }
    warnings.extend(between(baseline, candidate));
    for (name, run) in [("baseline", baseline), ("candidate", candidate)] {
        warnings.extend(less_than_whole(name, run));
    }
    let unmatched = unmatched(baseline, candidate);
    if unmatched > 0 {
        warnings.push(format!("requests answered in one run only: {unmatched}"));
    }
    warnings
}

/// What makes a run less than it might be: that it didn't get to its end, or its client was degraded.
#[must_use]
pub fn less_than_whole(name: &str, run: &RunResult) -> Vec<String> {
    let ended = match run.status {
        RunStatus::Complete => None,
        RunStatus::Interrupted => Some("the run was interrupted; only the prompts it got to are paired"),
        RunStatus::Recovered => Some("the run was recovered from its journal after a crash"),
    };
    let mut found: Vec<String> = ended.map(|ended| format!("{name}: {ended}")).into_iter().collect();
    if run.client_health.status == HealthStatus::Degraded {
        let why = run.client_health.reasons.join("; ");
        found.push(format!("{name}: the client was degraded ({why})"));
    }
    found
}

/// That nobody can tell whether the same checks judged both.
fn checks_unknown(baseline: &RunResult, candidate: &RunResult) -> Option<String> {
    if !is_checked(baseline) || !is_checked(candidate) {
        return None;
    }
    let sides = [("the baseline", baseline), ("the candidate", candidate)];
    let unknown: Vec<&str> =
        sides.into_iter().filter(|(_, run)| engine(run).is_none()).map(|(name, _)| name).collect();
    (!unknown.is_empty()).then(|| {
        format!(
            "the result of {} doesn't say which version of the checks judged it: verdicts may differ by that alone; `labctl rescore` judges stored answers anew",
            unknown.join(" and of ")
        )
    })
}

pub(super) fn machine(run: &RunResult) -> String {
    format!("{} {} with {} cores", run.client.os, run.client.arch, run.client.cores)
}

/// Requests that only one of the runs holds an answer to.
fn unmatched(baseline: &RunResult, candidate: &RunResult) -> usize {
    let keys = |run: &'_ RunResult| {
        run.rows
            .iter()
            .filter(|row| row.candidate.is_some())
            .map(|row| row.key.clone())
            .collect::<BTreeSet<PairKey>>()
    };
    keys(baseline).symmetric_difference(&keys(candidate)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::support::{run, table};
    use crate::model::load::LoadProfile;
    use crate::model::prompt::Selection;

    const SEPARATE: &str =
        "the runs were measured one after the other: speed ratios include whatever else changed between them";

    #[test]
    fn several_models_that_were_asked_for_are_no_change() {
        let mut side = run("a", table("math", [2, 0, 0, 0])).candidate;
        side.asked_models = vec!["m1".to_owned(), "m2".to_owned()];
        side.served_models.clone_from(&side.asked_models);
        assert_eq!(changed_during_run("candidate", &side), Vec::<String>::new());
        side.served_models.push("m3".to_owned());
        assert_eq!(changed_during_run("candidate", &side).len(), 1);
    }

    #[test]
    fn what_makes_runs_incomparable_is_named() {
        let first = run("a", table("math", [2, 0, 0, 0]));
        let mut second = run("b", table("math", [2, 0, 0, 0]));
        second.prompt_set.sha256 = "feedface0123456789".to_owned();
        second.sampling.temperature = 0.7;
        second.sampling.seed = 9;
        second.sampling.max_tokens = Some(64);
        second.candidate.simulated = true;
        second.judge = Some(JudgeInfo {
            endpoint: "j".to_owned(),
            url: String::new(),
            model: "judge-7b".to_owned(),
            simulated: false,
            repeats: 1,
            asked: 1,
            unparsed: 0,
            failed: 0,
        });
        second.candidate.served_models = vec!["m1".to_owned(), "m2".to_owned()];
        second.client_health.status = HealthStatus::Invalid;
        second.client_health.reasons = vec!["read lag".to_owned()];
        let invalid = unsound(&first, &second, false);
        assert_eq!(
            invalid,
            [
                "the prompt sets differ: `test` version 1 (00000000) on the baseline, `test` version 1 \
                 (feedface0123) on the candidate",
                "sampling differs: temperature 0 against 0.7, max_tokens not sent against 64, seed 1 against 9",
                "the candidate is simulated and the other side is not",
                "the judges that scored answers differ: none on the baseline, `judge-7b` (endpoint `j`, asked once) on the \
                 candidate",
                "candidate: the served model changed during the run (`m1`, `m2`)",
                "candidate: the client was not valid (read lag)",
            ]
        );
    }

    #[test]
    fn other_checks_and_other_prompts_of_one_set_are_reasons() {
        let first = run("a", table("math", [2, 0, 0, 0]));
        let mut second = run("b", table("math", [2, 0, 0, 0]));
        second.client.check_engine = first.client.check_engine.map(|version| version + 1);
        assert!(unsound(&first, &second, false)[0].contains("version 1 on the baseline, 2 on the candidate"));
        second.client.check_engine = None;
        assert!(unsound(&first, &second, false).is_empty());
        assert!(
            warnings(&first, &second)[1].starts_with("the result of the candidate doesn't say which version")
        );
        second.client.check_engine = Some(1);
        second.prompt_set.selection = Some(Selection { sample: Some(2), ..Selection::default() });
        assert!(
            unsound(&first, &second, false)[0].contains("all of them on the baseline, 0 on the candidate")
        );
        assert!(unsound(&first, &second, true).is_empty());
        let mut third = second.clone();
        assert!(unsound(&second, &third, false).is_empty());
        third.seed += 1;
        assert_eq!(unsound(&second, &third, false).len(), 1, "another sample");
    }

    #[test]
    fn at_temperature_zero_the_seed_decides_nothing() {
        let first = run("a", table("math", [2, 0, 0, 0]));
        let mut second = run("b", table("math", [2, 0, 0, 0]));
        second.sampling.seed = 9;
        assert!(unsound(&first, &second, false).is_empty());
    }

    /// 27 of 30 prompts missing is no comparison, 2 of 30 is; of 300, 6 are.
    #[test]
    fn a_run_that_was_cut_short_is_a_reason() {
        let whole = |count| run("a", table("math", [count, 0, 0, 0]));
        let reasons = |count, kept| {
            let (first, mut second) = (whole(count), whole(count));
            second.rows.truncate(kept);
            assert!(unsound(&first, &second, true).is_empty(), "what both share was asked for");
            unsound(&first, &second, false)
        };
        let reason = &reasons(30, 3)[0];
        assert_eq!(
            reason,
            "prompts were answered in one run alone: of 30, 27 on the baseline's and 0 on the candidate's, more than the 2 tolerated"
        );
        assert!(is_about_prompts(reason));
        assert!(reasons(30, 28).is_empty() && !reasons(30, 27).is_empty());
        assert!(reasons(300, 294).is_empty() && !reasons(300, 293).is_empty());
        // What was given up was not answered; what is sent again is one prompt.
        let (first, mut second) = (whole(30), whole(30));
        for row in &mut second.rows[3..] {
            row.candidate.as_mut().unwrap().exchange.outcome = Outcome::Cancelled;
        }
        assert_eq!(unsound(&first, &second, false).len(), 1);
        let mut second = whole(30);
        second.rows.extend(whole(30).rows.into_iter().map(|mut row| {
            row.key.repeat = 1;
            row
        }));
        assert!(unsound(&first, &second, false).is_empty());
    }

    #[test]
    fn what_bends_only_speed_is_a_warning() {
        let first = run("a", table("math", [2, 0, 0, 0]));
        let mut second = run("b", table("math", [2, 0, 0, 0]));
        second.load.concurrency = 64;
        second.status = RunStatus::Interrupted;
        let (invalid, told) = (unsound(&first, &second, false), warnings(&first, &second));
        assert!(invalid.is_empty());
        assert_eq!(
            told,
            [
                SEPARATE,
                "concurrency differs, 8 against 64: speed is not comparable",
                "candidate: the run was interrupted; only the prompts it got to are paired",
            ]
        );
        assert_eq!(warnings(&first, &first), ["a run is compared with itself"]);
        second.load = first.load.clone();
        assert_eq!(speed_void(&first, &second), None);
        second.load.profile = Some(LoadProfile::closed(8));
        assert_eq!(speed_void(&first, &second), None, "the same in other words");
        second.load.profile = Some(LoadProfile { start: Start::Batch { size: 8 }, ..LoadProfile::closed(8) });
        assert!(speed_void(&first, &second).unwrap().starts_with("when requests were started differs"));
    }
}
