//! Several saved runs put together, as far as that makes sense: models that answered the same prompts head to head, and
//! models that were measured several times on one set over time. What can't be put together is said to be.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::compare::comparable::{prompts_differ, unsound};
use crate::compare::figures::figures;
use crate::compare::history::changes;
use crate::model::head_to_head::HeadToHeadReport;
use crate::model::history::{
    AgainstBaseline, Apart, History, HistoryPoint, LeftOutOf, ModelHistory, RUNS_SCHEMA_VERSION, RunsReport,
};
use crate::model::record::Side;
use crate::model::result::RunResult;

use super::compared::{Compared, Contender, Terms, compared_side, several, two};

/// Puts runs together. With `force` models are held against each other in spite of what makes that unsound, which is told
/// in every comparison. A report without head to head and history has every run in `apart`.
#[must_use]
pub fn together(runs: &[Contender<'_>], force: bool) -> RunsReport {
    let mut apart: Vec<Apart> = Vec::new();
    let (several_loads, single): (Vec<_>, Vec<_>) =
        runs.iter().copied().partition(|run| !run.result.levels.is_empty());
    for run in several_loads {
        let because = "it is of several loads, a sweep or a search, each with its own figures".to_owned();
        apart.push(left_out(run.result, LeftOutOf::Everything, vec![because]));
    }
    let histories = histories(&single, force);
    let (head_to_head, refused) = fields(&single, force);
    let in_history: BTreeSet<&str> = histories
        .iter()
        .flat_map(|history| &history.models)
        .flat_map(|model| &model.points)
        .map(|point| point.run_id.as_str())
        .collect();
    // Runs of a model that a later one stands for are in the table by that.
    let in_table: BTreeSet<(&str, &str)> = head_to_head
        .iter()
        .flat_map(|table| &table.sides)
        .map(|side| (side.model.as_str(), side.prompt_set.sha256.as_str()))
        .collect();
    for run in &single {
        let result = run.result;
        let refused = refused.iter().find(|refused| refused.run_id == result.run_id);
        let is_in_history = in_history.contains(result.run_id.as_str());
        let stands = (result.candidate.model.as_str(), result.prompt_set.sha256.as_str());
        match refused {
            Some(refused) => {
                let left_out_of = if is_in_history { LeftOutOf::HeadToHead } else { LeftOutOf::Everything };
                apart.push(Apart { left_out_of, ..refused.clone() });
            }
            None if is_in_history || in_table.contains(&stands) => {}
            None => apart.push(left_out(result, LeftOutOf::Everything, alone_because(result, &single))),
        }
    }
    RunsReport {
        schema_version: RUNS_SCHEMA_VERSION,
        labctl_version: env!("CARGO_PKG_VERSION").to_owned(),
        simulated: runs.iter().any(|run| run.result.simulated),
        runs: runs
            .iter()
            .map(|run| compared_side(run.result, Side::Candidate, &run.result.candidate, run.blessed_as))
            .collect(),
        head_to_head,
        histories,
        apart,
    }
}

/// A table that was made otherwise, as such a report.
#[must_use]
pub fn of_table(table: HeadToHeadReport) -> RunsReport {
    RunsReport {
        schema_version: RUNS_SCHEMA_VERSION,
        labctl_version: table.labctl_version.clone(),
        simulated: table.simulated,
        runs: table.sides.clone(),
        head_to_head: vec![table],
        histories: Vec::new(),
        apart: Vec::new(),
    }
}

fn left_out(run: &RunResult, left_out_of: LeftOutOf, because: Vec<String>) -> Apart {
    Apart { run_id: run.run_id.clone(), model: run.candidate.model.clone(), left_out_of, because }
}

/// Why a run has nothing beside it.
fn alone_because(run: &RunResult, all: &[Contender<'_>]) -> Vec<String> {
    let set = &run.prompt_set.name;
    let mut because = vec![format!(
        "no other of these runs is of `{}` on `{set}`{}, and no other model answered the same prompts",
        run.candidate.model,
        run.team.as_ref().map_or_else(String::new, |team| format!(" for team `{team}`"))
    )];
    let others = all.iter().filter(|other| other.result.run_id != run.run_id);
    let differ: BTreeSet<String> = others.filter_map(|other| prompts_differ(other.result, run)).collect();
    because.extend(
        differ
            .into_iter()
            .map(|reason| reason.replace("on the baseline", "elsewhere").replace("on the candidate", "here")),
    );
    because
}

/// Who answers, and whether it is one.
fn who(run: &RunResult) -> (&str, &str, bool) {
    (&run.candidate.model, &run.candidate.endpoint, run.candidate.simulated)
}

/// When a run began; what is no moment comes first.
fn when(run: &RunResult) -> (Option<Timestamp>, &str) {
    (run.started_at.parse().ok(), &run.run_id)
}

/// Groups in the order of their first members.
fn grouped<'a, T, K: PartialEq>(items: &[&'a T], key: impl Fn(&'a T) -> K) -> Vec<(K, Vec<&'a T>)> {
    let mut groups: Vec<(K, Vec<&'a T>)> = Vec::new();
    for item in items {
        let of = key(item);
        match groups.iter_mut().find(|(known, _)| *known == of) {
            Some((_, members)) => members.push(item),
            None => groups.push((of, vec![item])),
        }
    }
    groups
}

/// By team and set, where a model has two runs and more.
fn histories(runs: &[Contender<'_>], force: bool) -> Vec<History> {
    let mut ordered: Vec<&Contender<'_>> = runs.iter().collect();
    ordered.sort_by(|a, b| when(a.result).cmp(&when(b.result)));
    let of_set = |run: &'_ Contender<'_>| (run.result.team.clone(), run.result.prompt_set.name.clone());
    let mut histories = Vec::new();
    for ((team, prompt_set), members) in grouped(&ordered, of_set) {
        let of_model = |run: &'_ Contender<'_>| {
            let (model, endpoint, simulated) = who(run.result);
            (model.to_owned(), endpoint.to_owned(), simulated)
        };
        let models: Vec<_> = grouped(&members, of_model);
        if models.iter().all(|(_, runs)| runs.len() < 2) {
            continue;
        }
        let models = models
            .into_iter()
            .map(|((model, endpoint, simulated), runs)| ModelHistory {
                model,
                endpoint,
                simulated,
                points: points(&runs),
                first_to_last: first_to_last(&runs, force).map(|compared| compared.report),
            })
            .collect();
        histories.push(History { team, prompt_set, models });
    }
    histories
}

fn points(runs: &[&Contender<'_>]) -> Vec<HistoryPoint> {
    let before = std::iter::once(None).chain(runs.iter().map(Some));
    runs.iter()
        .zip(before)
        .map(|(run, before)| {
            let run = run.result;
            HistoryPoint {
                run_id: run.run_id.clone(),
                started_at: run.started_at.clone(),
                status: run.status,
                client_health: run.client_health.status,
                prompt_set: run.prompt_set.clone(),
                labctl_version: run.client.labctl_version.clone(),
                server: run.candidate.server.clone(),
                figures: figures(run, &run.rows),
                against_baseline: against_baseline(run),
                changed: before.map_or_else(Vec::new, |before| changes(before.result, run)),
            }
        })
        .collect()
}

fn against_baseline(run: &RunResult) -> Option<AgainstBaseline> {
    let (baseline, comparison) = (run.baseline.as_ref()?, run.comparison.as_ref()?);
    let overall = &comparison.overall;
    Some(AgainstBaseline {
        model: baseline.model.clone(),
        pairs: overall.pairs,
        delta_pp: overall.delta_pp,
        interval_95_pp: overall.interval_95_pp,
    })
}

/// The last run against the first one of the same prompts.
fn first_to_last(runs: &[&Contender<'_>], force: bool) -> Option<Compared> {
    let (last, before) = runs.split_last()?;
    let first = before.iter().find(|run| prompts_differ(run.result, last.result).is_none())?;
    Some(two(**first, **last, &Terms { force, ..Terms::default() }))
}

/// A table for each set of prompts that different models answered, each model by its latest run; and who is not in it
/// for what reason.
fn fields(runs: &[Contender<'_>], force: bool) -> (Vec<HeadToHeadReport>, Vec<Apart>) {
    let (mut tables, mut refused) = (Vec::new(), Vec::new());
    for members in same_prompts(runs) {
        let mut latest: Vec<Contender<'_>> = Vec::new();
        for run in members {
            match latest.iter_mut().find(|known| who(known.result) == who(run.result)) {
                Some(known) if when(known.result) < when(run.result) => *known = run,
                Some(_) => {}
                None => latest.push(run),
            }
        }
        if latest.len() < 2 {
            continue;
        }
        let (beside, reasons) = if force { (latest, Vec::new()) } else { sound(&latest) };
        refused.extend(reasons);
        if let [first, others @ ..] = beside.as_slice()
            && !others.is_empty()
        {
            let terms = Terms { force, ..Terms::default() };
            let comparisons = others.iter().map(|other| two(*first, *other, &terms).report).collect();
            tables.push(several(&beside, comparisons));
        }
    }
    (tables, refused)
}

/// Runs by the prompts that they answered, in the order of the first of each.
fn same_prompts<'a>(runs: &[Contender<'a>]) -> Vec<Vec<Contender<'a>>> {
    let mut groups: Vec<Vec<Contender<'a>>> = Vec::new();
    for run in runs {
        let same = |group: &&mut Vec<Contender<'_>>| {
            group.first().is_some_and(|first| prompts_differ(first.result, run.result).is_none())
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(*run),
            None => groups.push(vec![*run]),
        }
    }
    groups
}

/// The most runs that can be held against one of them, and why the others can't.
fn sound<'a>(runs: &[Contender<'a>]) -> (Vec<Contender<'a>>, Vec<Apart>) {
    let reasons = |anchor: &RunResult, run: &RunResult| {
        if anchor.run_id == run.run_id { Vec::new() } else { unsound(anchor, run, false) }
    };
    let with = |anchor: &Contender<'_>| {
        runs.iter().filter(|run| reasons(anchor.result, run.result).is_empty()).count()
    };
    // The first of those with the most.
    let anchor = runs.iter().rev().max_by_key(|anchor| with(anchor));
    let Some(anchor) = anchor else { return (Vec::new(), Vec::new()) };
    let (mut beside, mut refused) = (Vec::new(), Vec::new());
    for run in runs {
        let because = reasons(anchor.result, run.result);
        if because.is_empty() {
            beside.push(*run);
        } else {
            let (of, id) = (&anchor.result.candidate.model, &anchor.result.run_id);
            let mut told = vec![format!("not held against `{of}` of run `{id}`, the baseline here")];
            told.extend(because);
            refused.push(left_out(run.result, LeftOutOf::Everything, told));
        }
    }
    if beside.len() < 2 {
        let because = "no other of these runs can be held against it".to_owned();
        refused.push(left_out(anchor.result, LeftOutOf::Everything, vec![because]));
    }
    (beside, refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::health::HealthStatus;
    use crate::results::fixtures::result;

    /// A run of a model on a day.
    fn run(id: &str, model: &str, day: u8) -> RunResult {
        let mut run = result(id);
        run.candidate.model = model.to_owned();
        run.started_at = format!("2026-03-{day:02}T00:00:00Z");
        run.client_health.status = HealthStatus::Valid;
        run
    }

    fn put(runs: &[RunResult], force: bool) -> RunsReport {
        let contenders: Vec<Contender<'_>> =
            runs.iter().map(|result| Contender { result, blessed_as: None }).collect();
        together(&contenders, force)
    }

    fn ids(table: &HeadToHeadReport) -> Vec<&str> {
        table.sides.iter().map(|side| side.run_id.as_str()).collect()
    }

    #[test]
    fn of_each_model_the_latest_run_stands_in_the_table_and_all_in_the_history() {
        // Named out of order: time decides.
        let runs = vec![run("a2", "a", 2), run("a1", "a", 1), run("b1", "b", 1), run("b3", "b", 3)];
        let report = put(&runs, false);
        assert_eq!(ids(&report.head_to_head[0]), ["a2", "b3"]);
        let models = &report.histories[0].models;
        let of = |model: &ModelHistory| -> Vec<String> {
            model.points.iter().map(|point| point.run_id.clone()).collect()
        };
        assert_eq!(
            (of(&models[0]), of(&models[1])),
            (vec!["a1".into(), "a2".into()], vec!["b1".into(), "b3".into()])
        );
        assert!(report.apart.is_empty(), "{:?}", report.apart);
        let drift = models[1].first_to_last.as_ref().unwrap();
        assert_eq!((drift.baseline.run_id.as_str(), drift.candidate.run_id.as_str()), ("b1", "b3"));
    }

    #[test]
    fn the_odd_one_is_left_out_wherever_it_is_named() {
        let mut odd = run("odd", "odd", 1);
        odd.sampling.temperature += 1.0;
        let runs = vec![odd, run("a", "a", 1), run("b", "b", 1)];
        let report = put(&runs, false);
        assert_eq!(ids(&report.head_to_head[0]), ["a", "b"]);
        let [apart] = report.apart.as_slice() else { panic!("{:?}", report.apart) };
        assert_eq!((apart.run_id.as_str(), apart.left_out_of), ("odd", LeftOutOf::Everything));
        assert!(apart.because[0].contains("`a` of run `a`"), "{:?}", apart.because);
        assert_eq!(put(&runs, true).head_to_head[0].sides.len(), 3);
        // Of two that can't be compared, both are told.
        let report = put(&runs[..2], false);
        assert_eq!((report.head_to_head.len(), report.apart.len()), (0, 2));
        // In a history of its own it is left out of the table alone.
        let mut again = runs[0].clone();
        again.run_id = "odd2".to_owned();
        again.started_at = "2026-03-09T00:00:00Z".to_owned();
        let report = put(&[runs[0].clone(), again, runs[1].clone(), runs[2].clone()], false);
        let apart: Vec<_> =
            report.apart.iter().map(|apart| (apart.run_id.as_str(), apart.left_out_of)).collect();
        assert_eq!(apart, [("odd2", LeftOutOf::HeadToHead)]);
    }

    #[test]
    fn runs_of_other_prompts_are_no_table_and_one_of_a_team_is_no_other_team_s_history() {
        let mut other = run("b", "b", 1);
        other.prompt_set.sha256 = "1".repeat(64);
        let mut team = run("a2", "a", 2);
        team.team = Some("another".to_owned());
        let report = put(&[run("a1", "a", 1), other, team], false);
        assert!(report.head_to_head.is_empty() && report.histories.is_empty());
        assert_eq!(report.apart.len(), 3);
        assert!(report.apart[1].because[1].contains("prompt sets differ"), "{:?}", report.apart[1]);
    }

    #[test]
    fn a_new_version_of_the_set_is_a_change_and_is_not_compared() {
        let mut runs = [run("a1", "a", 1), run("a2", "a", 2), run("a3", "a", 3)];
        for run in &mut runs[1..] {
            run.prompt_set.sha256 = "1".repeat(64);
            run.prompt_set.version += 1;
        }
        let report = put(&runs, false);
        let model = &report.histories[0].models[0];
        let changed: Vec<usize> = model.points.iter().map(|point| point.changed.len()).collect();
        assert_eq!(changed, [0, 1, 0]);
        assert_eq!(model.points[1].changed[0].what, "prompt set");
        let drift = model.first_to_last.as_ref().unwrap();
        assert_eq!(drift.baseline.run_id, "a2", "the first of the same prompts");
        // With one run of the last version there is nothing to compare it with.
        assert!(put(&runs[..2], false).histories[0].models[0].first_to_last.is_none());
    }
}
