//! What changed between two runs of one model besides its answers, so that a step isn't mistaken for the model's own.

use crate::model::history::Change;
use crate::model::judgement::JudgeInfo;
use crate::model::load::Start;
use crate::model::result::RunResult;

use super::comparable::{machine, prompts_differ, sampling_parameters};
use super::sampling::{Asked, asked_differently};

/// Everything that is not as it was in `before`, in the order in which it bends numbers: prompts, what was asked and
/// who judged, then the server, then the load and the client.
#[must_use]
pub fn changes(before: &RunResult, after: &RunResult) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut told = |what: &str, of: &dyn Fn(&RunResult) -> Option<String>| {
        let (from, to) = (of(before), of(after));
        if from != to {
            changes.push(Change { what: what.to_owned(), from, to });
        }
    };
    told("prompt set", &|run| {
        let set = &run.prompt_set;
        Some(format!("v{} ({})", set.version, set.sha256.get(..8).unwrap_or(&set.sha256)))
    });
    if before.prompt_set.sha256 == after.prompt_set.sha256 && prompts_differ(before, after).is_some() {
        told("prompts chosen", &|run| {
            let chosen = run.prompt_set.categories.values().sum::<usize>();
            Some(format!("{chosen} (seed {})", run.seed))
        });
    }
    for (what, from, to) in sampling_parameters(&before.sampling, &after.sampling) {
        if from != to {
            told(what, &|run| Some(if std::ptr::eq(run, before) { from.clone() } else { to.clone() }));
        }
    }
    told("checks", &|run| run.client.check_engine.map(|version| format!("version {version}")));
    told("judge", &|run| run.judge.as_ref().map(judge));
    told("URL", &|run| {
        // A hosted simulator is at another port each time.
        Some(run.candidate.url.clone()).filter(|_| !run.candidate.simulated)
    });
    told("server", &|run| run.candidate.server.clone());
    told("dialect", &|run| serde_json::to_value(run.candidate.dialect?).ok()?.as_str().map(str::to_owned));
    told("served model", &|run| listed(&run.candidate.served_models));
    told("system fingerprint", &|run| listed(&run.candidate.system_fingerprints));
    told("concurrency", &|run| Some(run.load.concurrency.to_string()));
    told("start of requests", &|run| {
        let start = run.load.profile.as_ref().map(|profile| &profile.start)?;
        // A closed loop is told by its concurrency.
        if matches!(start, Start::Concurrency { .. }) {
            return None;
        }
        serde_json::to_value(start).ok().map(|start| start.to_string())
    });
    told("pairing", &|run| Some(run.load.pairing.clone()));
    told("repeats", &|run| Some(run.load.repeats.to_string()));
    told("rounds", &|run| Some(run.load.rounds.to_string()));
    told("client's machine", &|run| Some(machine(run)));
    told("client's transport", &|run| Some(run.client.transport.clone()));
    told("labctl", &|run| Some(run.client.labctl_version.clone()));
    told("measured by", &|run| run.imported_from.as_ref().map(|from| from.tool.name().to_owned()));
    // What these hold may be texts of the user's, and has no place in a list.
    let options = |run: &'_ RunResult| run.workload.as_ref().map(|workload| workload.options.clone());
    let unsaid = [
        ("workload options", options(before) != options(after)),
        (
            "the endpoint's interface or `body`",
            asked_differently(asked(after), asked(before)).next().is_some(),
        ),
    ];
    let unsaid = unsaid.into_iter().filter(|(_, differs)| *differs);
    changes.extend(unsaid.map(|(what, _)| Change { what: what.to_owned(), from: None, to: None }));
    changes
}

fn asked(run: &RunResult) -> Asked<'_> {
    Asked { sampling: &run.sampling, config: &run.config, endpoint: &run.candidate.endpoint }
}

fn judge(judge: &JudgeInfo) -> String {
    format!("{} at {}, asked {} times", judge.model, judge.endpoint, judge.repeats)
}

fn listed(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::support::{run, table};

    fn told(change: impl FnOnce(&mut RunResult)) -> Vec<(String, Option<String>, Option<String>)> {
        let before = run("a", table("math", [2, 1, 0, 0]));
        let mut after = RunResult { run_id: "b".to_owned(), ..before.clone() };
        change(&mut after);
        changes(&before, &after).into_iter().map(|change| (change.what, change.from, change.to)).collect()
    }

    #[test]
    fn nothing_changed_says_nothing() {
        assert!(told(|_| ()).is_empty());
        // Another port of the built-in simulator is no change; answers are none either.
        assert!(told(|run| run.rows.clear()).is_empty());
    }

    #[test]
    fn each_change_has_its_name_and_both_values() {
        let of = |what: &str, from: Option<&str>, to: Option<&str>| {
            (what.to_owned(), from.map(str::to_owned), to.map(str::to_owned))
        };
        assert_eq!(
            told(|run| {
                run.candidate.server = Some("vLLM 0.12".to_owned());
                run.load.concurrency = 9;
                run.sampling.temperature = 0.5;
                run.client.labctl_version = "9.9.9".to_owned();
            }),
            [
                of("temperature", Some("0"), Some("0.5")),
                of("server", None, Some("vLLM 0.12")),
                of("concurrency", Some("8"), Some("9")),
                of("labctl", Some("0.1.0"), Some("9.9.9")),
            ]
        );
        let set = told(|run| {
            run.prompt_set.sha256 = "0123456789abcdef".to_owned();
            run.prompt_set.version += 1;
        });
        assert_eq!(set.len(), 1, "{set:?}");
        assert_eq!((set[0].0.as_str(), set[0].2.as_deref()), ("prompt set", Some("v2 (01234567)")));
    }
}
