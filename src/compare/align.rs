//! Two separate runs made comparable: their candidates become the two sides of one set of rows.

use std::collections::{BTreeMap, BTreeSet};

use super::sampling::{Asked, asked_differently};
use crate::model::health::HealthStatus;
use crate::model::record::{PairKey, Row};
use crate::model::reference::ReferenceAnswer;
use crate::model::result::{RunResult, RunStatus, Sampling, SideInfo};

/// Pairs the candidate sides of two runs by prompt, repeat and round, in the keys' order. The second value holds
/// the reasons why the runs can't be compared soundly (to go into
/// [`Options`](super::comparison::Options)), the third what a reader should know.
///
/// A row keeps its block where the prompts were cut into the same blocks in both runs; else every row's block is
/// 0, for what shared a queue in one run didn't in the other.
#[must_use]
pub fn pair_results(baseline: &RunResult, candidate: &RunResult) -> (Vec<Row>, Vec<String>, Vec<String>) {
    (pair_rows(baseline, candidate), unsound(baseline, candidate), warnings(baseline, candidate))
}

fn pair_rows(baseline: &RunResult, candidate: &RunResult) -> Vec<Row> {
    let by_key = |run: &'_ RunResult| {
        run.rows.iter().map(|row| (row.key.clone(), row.clone())).collect::<BTreeMap<_, _>>()
    };
    let (mut of_baseline, mut of_candidate) = (by_key(baseline), by_key(candidate));
    let same_blocks = of_baseline
        .iter()
        .filter_map(|(key, row)| Some((row.block, of_candidate.get(key)?.block)))
        .all(|(ours, theirs)| ours == theirs);
    let keys: BTreeSet<PairKey> = of_baseline.keys().chain(of_candidate.keys()).cloned().collect();
    keys.into_iter()
        .filter_map(|key| {
            let (baseline, candidate) = (of_baseline.remove(&key), of_candidate.remove(&key));
            let twin = baseline.as_ref().and_then(|row| row.candidate.clone());
            let theirs = baseline.as_ref().and_then(|row| row.reference.clone());
            let reference = ReferenceAnswer::of_two_runs(
                candidate.as_ref().and_then(|row| row.reference.clone()),
                theirs,
            );
            let row = candidate.or_else(|| baseline.map(|row| Row { candidate: None, ..row }))?;
            Some(Row { baseline: twin, reference, block: if same_blocks { row.block } else { 0 }, ..row })
        })
        .collect()
}

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

fn unsound(baseline: &RunResult, candidate: &RunResult) -> Vec<String> {
    let mut reasons = Vec::new();
    let (ours, theirs) = (&candidate.prompt_set, &baseline.prompt_set);
    if ours.sha256 != theirs.sha256 {
        reasons.push(format!(
            "the prompt sets differ: `{}` version {} ({}) on the baseline, `{}` version {} ({}) on the candidate",
            theirs.name,
            theirs.version,
            short(&theirs.sha256),
            ours.name,
            ours.version,
            short(&ours.sha256)
        ));
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
    let judge = |run: &RunResult| {
        run.judge.as_ref().map_or_else(|| "none".to_owned(), |judge| format!("`{}`", judge.model))
    };
    if judge(baseline) != judge(candidate) {
        let (ours, theirs) = (judge(candidate), judge(baseline));
        reasons.push(format!(
            "the judges that scored answers differ: {theirs} on the baseline, {ours} on the candidate"
        ));
    }
    for (name, run) in [("baseline", baseline), ("candidate", candidate)] {
        reasons.extend(changed_during_run(name, &run.candidate));
        if run.client_health.status == HealthStatus::Invalid {
            let why = run.client_health.reasons.join("; ");
            reasons.push(format!("{name}: the client was not valid ({why})"));
        }
    }
    reasons
}

fn asked(run: &RunResult) -> Asked<'_> {
    Asked { sampling: &run.sampling, config: &run.config, endpoint: &run.candidate.endpoint }
}

/// The first digits of a hash, enough to tell two apart.
fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// Every sampling parameter that differs, baseline's value first. At temperature 0 the seed decides nothing.
fn sampling_differences(baseline: &Sampling, candidate: &Sampling) -> Vec<String> {
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
        .into_iter()
        .filter(|(_, ours, theirs)| ours != theirs)
        .map(|(name, ours, theirs)| format!("{name} {ours} against {theirs}"))
        .collect()
}

fn warnings(baseline: &RunResult, candidate: &RunResult) -> Vec<String> {
    let mut warnings = Vec::new();
    if baseline.run_id == candidate.run_id {
        warnings.push("a run is compared with itself".to_owned());
    } else {
        warnings.push(
            "the runs were measured one after the other: speed ratios hold whatever else changed between them"
                .to_owned(),
        );
    }
    let mut differs = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            warnings.push(format!("{what} differs, {ours} against {theirs}: speed is not comparable"));
        }
    };
    differs("concurrency", baseline.load.concurrency.to_string(), candidate.load.concurrency.to_string());
    differs("the load's pairing", baseline.load.pairing.clone(), candidate.load.pairing.clone());
    differs("the client's transport", baseline.client.transport.clone(), candidate.client.transport.clone());
    differs("the client's machine", machine(baseline), machine(candidate));
    for (name, run) in [("baseline", baseline), ("candidate", candidate)] {
        match run.status {
            RunStatus::Complete => {}
            RunStatus::Interrupted => {
                warnings
                    .push(format!("{name}: the run was interrupted; only the prompts it got to are paired"));
            }
            RunStatus::Recovered => {
                warnings.push(format!("{name}: the run was recovered from its journal after a crash"));
            }
        }
        if run.client_health.status == HealthStatus::Degraded {
            let why = run.client_health.reasons.join("; ");
            warnings.push(format!("{name}: the client was degraded ({why})"));
        }
    }
    let unmatched = unmatched(baseline, candidate);
    if unmatched > 0 {
        warnings.push(format!("requests answered in one run only: {unmatched}"));
    }
    warnings
}

fn machine(run: &RunResult) -> String {
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
    use crate::model::judgement::JudgeInfo;
    use crate::model::judgement::Verdict;

    const SEPARATE: &str =
        "the runs were measured one after the other: speed ratios hold whatever else changed between them";

    #[test]
    fn candidates_become_the_two_sides() {
        let (mut first, mut second) =
            (run("a", table("math", [2, 1, 0, 0])), run("b", table("math", [2, 1, 0, 0])));
        // The third prompt: wrong on the candidate of both. Only the second run's is made right.
        second.rows[2].candidate.as_mut().unwrap().judgement.verdict = Verdict::Pass;
        first.rows.remove(0);
        let (rows, invalid, warnings) = pair_results(&first, &second);
        assert_eq!(rows.len(), 3);
        assert!(rows[0].baseline.is_none() && rows[0].candidate.is_some());
        let verdict = |attempt: &Option<_>| {
            attempt.as_ref().map(|a: &crate::model::record::Attempt| a.judgement.verdict).unwrap()
        };
        assert_eq!(
            (verdict(&rows[2].baseline), verdict(&rows[2].candidate)),
            (Verdict::Wrong, Verdict::Pass)
        );
        assert!(invalid.is_empty(), "{invalid:?}");
        assert_eq!(warnings, [SEPARATE, "requests answered in one run only: 1"]);
        let (mirrored, ..) = pair_results(&second, &first);
        assert!(mirrored[0].candidate.is_none() && mirrored[0].baseline.is_some());
    }

    #[test]
    fn blocks_are_kept_only_where_they_are_the_same() {
        let mut first = run("a", table("math", [4, 0, 0, 0]));
        for (block, row) in (0..).zip(&mut first.rows) {
            row.block = block / 2;
        }
        let mut second = first.clone();
        let blocks = |a: &_, b: &_| pair_results(a, b).0.iter().map(|row| row.block).collect::<Vec<_>>();
        assert_eq!(blocks(&first, &second), [0, 0, 1, 1]);
        second.rows[0].block = 1;
        assert_eq!(blocks(&first, &second), [0, 0, 0, 0]);
    }

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
        let (_, invalid, _) = pair_results(&first, &second);
        assert_eq!(
            invalid,
            [
                "the prompt sets differ: `test` version 1 (00000000) on the baseline, `test` version 1 \
                 (feedface0123) on the candidate",
                "sampling differs: temperature 0 against 0.7, max_tokens not sent against 64, seed 1 against 9",
                "the candidate is simulated and the other side is not",
                "the judges that scored answers differ: none on the baseline, `judge-7b` on the candidate",
                "candidate: the served model changed during the run (`m1`, `m2`)",
                "candidate: the client was not valid (read lag)",
            ]
        );
    }

    #[test]
    fn at_temperature_zero_the_seed_decides_nothing() {
        let first = run("a", table("math", [2, 0, 0, 0]));
        let mut second = run("b", table("math", [2, 0, 0, 0]));
        second.sampling.seed = 9;
        assert!(pair_results(&first, &second).1.is_empty());
    }

    #[test]
    fn what_bends_only_speed_is_a_warning() {
        let first = run("a", table("math", [2, 0, 0, 0]));
        let mut second = run("b", table("math", [2, 0, 0, 0]));
        second.load.concurrency = 64;
        second.status = RunStatus::Interrupted;
        let (_, invalid, warnings) = pair_results(&first, &second);
        assert!(invalid.is_empty());
        assert_eq!(
            warnings,
            [
                SEPARATE,
                "concurrency differs, 8 against 64: speed is not comparable",
                "candidate: the run was interrupted; only the prompts it got to are paired",
            ]
        );
        assert_eq!(pair_results(&first, &first).2, ["a run is compared with itself"]);
    }
}
