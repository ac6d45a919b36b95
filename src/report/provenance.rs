//! Where a result comes from: what ran, with what, on what, and how to run it again.

use serde::Serialize;

use super::facts::{self, Section};
use super::table::Labels;
use super::text::one_line;
use crate::client::secret::MASK;
use crate::model::result::RunResult;
use crate::model::workload::WorkloadSpec;

/// What is said of a prompt set that every labctl of its version has.
const BUILT_IN: &str = "built-in";

/// Everything that it takes to judge a result's origin, and to repeat it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Provenance {
    /// The command line that made it, quoted for a shell, secrets masked; none where it wasn't recorded (a result of an
    /// older version, a merged one, or one of another tool).
    pub command: Option<String>,
    /// A command that repeats it: the same with its seed; none without a command line.
    pub again: Option<String>,
    /// What has to be at hand for that to be the same run, a sentence each.
    pub again_needs: Vec<String>,
    /// The facts: what ran, with what, on what.
    pub groups: Vec<Group>,
}

/// Facts that answer one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Its identifier: `ran`, `with`, `on`.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Its facts, thing by thing.
    pub sections: Vec<Section>,
}

impl Provenance {
    /// The provenance of a result.
    #[must_use]
    pub(crate) fn new(result: &RunResult, labels: &Labels) -> Self {
        let words = result.command_line.as_deref().filter(|words| !words.is_empty());
        let again = words.map(|words| again(result, words));
        Self {
            command: words.map(quoted),
            again_needs: again.as_deref().map_or_else(Vec::new, |words| needs(result, words)),
            again: again.as_deref().map(quoted),
            groups: groups(result, labels),
        }
    }
}

fn groups(result: &RunResult, labels: &Labels) -> Vec<Group> {
    let group = |id, title, sections| Group { id, title, sections };
    vec![
        group("ran", "What ran", vec![facts::run(result)]),
        group("with", "With what", vec![facts::prompts(result), facts::load(result)]),
        group("on", "On what", facts::machines(result, labels)),
    ]
}

/// The words that run it again from its beginning, with the seed that it had.
fn again(result: &RunResult, words: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut resumed = false;
    for word in words {
        // What an interrupted run had already is part of the result.
        if word == "--resume" {
            resumed = true;
        } else if resumed || word.starts_with("--resume=") {
            resumed = false;
        } else {
            kept.push(word.clone());
        }
    }
    let seeded = kept.iter().any(|word| word == "--seed" || word.starts_with("--seed="));
    if !seeded && result.rescored_from.is_none() {
        kept.extend(["--seed".to_owned(), result.seed.to_string()]);
    }
    kept
}

/// What the words alone don't bring.
fn needs(result: &RunResult, words: &[String]) -> Vec<String> {
    let mut needs = vec![format!("labctl {}", one_line(&result.client.labctl_version))];
    if words.iter().any(|word| word.contains(MASK)) {
        // Stars may have been typed as such.
        needs.push(format!("what stood in place of `{MASK}`, where labctl masked it"));
    }
    needs.push(
        "the effective configuration below, where a file or the environment had a part in it; keys come from the environment"
            .to_owned(),
    );
    if let Some(from) = &result.rescored_from {
        needs.push(format!("the result of run {}", one_line(from)));
        return needs;
    }
    let set = &result.prompt_set;
    let spec = result.workload.as_ref().map(|workload| &workload.spec);
    match spec {
        None | Some(WorkloadSpec::PromptSet { .. }) if set.origin != BUILT_IN => needs.push(format!(
            "the prompt set {} of SHA-256 {} from {}",
            one_line(&set.name),
            one_line(&set.sha256),
            one_line(&set.origin)
        )),
        Some(WorkloadSpec::File { file, .. }) => {
            needs.push(format!("the workload file {}", one_line(&file.display().to_string())));
        }
        _ => {}
    }
    for side in result.baseline.iter().chain([&result.candidate]) {
        if let Some(measured) = &side.measured_in {
            needs.push(format!("the result of run {}, measured before", one_line(&measured.run_id)));
        } else if !side.simulated {
            let server = side.server.as_deref().map_or_else(|| "a server".to_owned(), one_line);
            needs.push(format!("{server} with {} at {}", one_line(&side.model), one_line(&side.url)));
        }
    }
    needs
}

/// Words as a POSIX shell takes them.
fn quoted(words: &[String]) -> String {
    words.iter().map(|word| quote(&one_line(word))).collect::<Vec<_>>().join(" ")
}

fn quote(word: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(is_safe) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;
    use crate::report::view;

    fn of(result: &RunResult) -> Provenance {
        Provenance::new(result, &view::labels(result))
    }

    fn with_words(words: &[&str]) -> RunResult {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        RunResult { command_line: Some(words), ..fixture::paired() }
    }

    #[test]
    fn a_command_is_quoted_for_a_shell_and_repeated_with_its_seed() {
        let provenance = of(&fixture::paired());
        let command = r"labctl bench --team quant --label 'branch=it'\''s main'";
        assert_eq!(provenance.command.as_deref(), Some(command));
        assert_eq!(provenance.again, Some(format!("{command} --seed {}", fixture::paired().seed)));
        assert!(provenance.again_needs[0].starts_with("labctl "));
        assert_eq!(provenance.groups.iter().map(|group| group.id).collect::<Vec<_>>(), ["ran", "with", "on"]);
    }

    #[test]
    fn what_was_resumed_is_run_from_its_beginning_and_a_seed_is_given_once() {
        let again = |words: &[&str]| of(&with_words(words)).again.unwrap();
        assert_eq!(again(&["labctl", "run", "--resume", "x", "--seed=7"]), "labctl run --seed=7");
        assert_eq!(again(&["labctl", "run", "--resume=x", "--seed", "7", "-q"]), "labctl run --seed 7 -q");
        let rescored = RunResult {
            rescored_from: Some("01a2b3c4".to_owned()),
            ..with_words(&["labctl", "rescore", "01a2b3c4"])
        };
        assert_eq!(of(&rescored).again.unwrap(), "labctl rescore 01a2b3c4");
        assert!(of(&rescored).again_needs.contains(&"the result of run 01a2b3c4".to_owned()));
    }

    #[test]
    fn what_was_masked_is_asked_for_and_what_was_not_recorded_is_not_made_up() {
        let masked = of(&with_words(&["labctl", "run", "--url", "http://***@h/v1"]));
        assert!(
            masked.again_needs.contains(&"what stood in place of `***`, where labctl masked it".to_owned())
        );
        let unknown = of(&RunResult { command_line: None, ..fixture::alone() });
        assert_eq!((unknown.command, unknown.again), (None, None));
        assert!(unknown.again_needs.is_empty());
        let server = of(&RunResult { command_line: Some(vec!["labctl".to_owned()]), ..fixture::alone() });
        assert!(server.again_needs.last().unwrap().starts_with("vLLM 0.11.0 with mistral-7b-awq at http://"));
    }

    #[test]
    fn words_that_a_shell_would_take_apart_are_quoted() {
        for (word, quoted) in
            [("a-b=c/d", "a-b=c/d"), ("", "''"), ("a b", "'a b'"), ("$x", "'$x'"), ("it's", r"'it'\''s'")]
        {
            assert_eq!(quote(word), quoted);
        }
    }
}
