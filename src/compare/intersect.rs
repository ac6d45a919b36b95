//! The prompts that two runs of different sets have in common.
//!
//! Results hold no prompts, only their ids. Where both sets can still be had, a prompt is the same where all that is
//! sent and all that judges it is; where they can't, where its id and category are, which is told as not verified.

use std::collections::{BTreeMap, BTreeSet};

use crate::metrics::summary::{Context, summarise};
use crate::model::compared::Intersection;
use crate::model::prompt::{Prompt, PromptSet, SWAPPED};
use crate::model::record::Side;
use crate::model::result::RunResult;

use super::pass_rate::pass_rates;

/// What is known of the contents of the prompts that two runs sent.
#[derive(Debug, Clone, Copy)]
pub enum Contents<'a> {
    /// They are of one set, so that an id names one content.
    OneSet,
    /// Both sets are at hand.
    Known {
        /// The baseline's.
        baseline: &'a PromptSet,
        /// The candidate's.
        candidate: &'a PromptSet,
    },
    /// At least one of the sets isn't.
    Unknown,
}

/// The ids of the prompts that are the same in both runs, and what that leaves out.
#[must_use]
pub fn common(
    baseline: &RunResult,
    candidate: &RunResult,
    contents: Contents<'_>,
) -> (BTreeSet<String>, Intersection) {
    let (ours, theirs) = (asked(candidate), asked(baseline));
    let both: Vec<&str> = ours.keys().filter(|id| theirs.contains_key(*id)).copied().collect();
    let known = match contents {
        Contents::Known { baseline, candidate } => Some((by_id(baseline), by_id(candidate))),
        Contents::OneSet | Contents::Unknown => None,
    };
    let same = |id: &&str| match &known {
        Some((theirs, ours)) => {
            theirs.get(id).zip(ours.get(id)).is_some_and(|(theirs, ours)| is_same(theirs, ours))
        }
        None => ours.get(id) == theirs.get(id),
    };
    let kept: BTreeSet<String> = both.iter().copied().filter(same).map(str::to_owned).collect();
    let left_out = |of: &BTreeMap<&str, &str>| (of.len() - kept.len()) as u64;
    let intersection = Intersection {
        prompts: kept.len() as u64,
        left_out_of_baseline: left_out(&theirs),
        left_out_of_candidate: left_out(&ours),
        differing: (both.len() - kept.len()) as u64,
        verified: !matches!(contents, Contents::Unknown),
    };
    (kept, intersection)
}

/// The run with these prompts alone. What can't be told of a part of a load, its rates, is absent.
#[must_use]
pub fn narrowed(run: &RunResult, kept: &BTreeSet<String>) -> RunResult {
    let mut narrowed = run.without_rows();
    narrowed.rows = run.rows.iter().filter(|row| kept.contains(item(&row.key.prompt_id))).cloned().collect();
    // Without blocks there are no steady windows, and so no rates.
    let mut summary = summarise(&narrowed.rows, &[], Side::Candidate, &Context::default(), None);
    summary.throughput = None;
    summary.throughput_absent_because =
        Some("only a part of what was sent is compared, and rates are of the whole load".to_owned());
    narrowed.candidate.summary = summary;
    narrowed.candidate.pass_rates = pass_rates(&narrowed.rows, Side::Candidate);
    narrowed
}

/// The prompts that a run sent, with their categories.
fn asked(run: &RunResult) -> BTreeMap<&str, &str> {
    run.rows.iter().map(|row| (item(&row.key.prompt_id), row.category.as_str())).collect()
}

/// A prompt with its two responses in the other order is no prompt of its own.
#[must_use]
pub fn item(id: &str) -> &str {
    id.strip_suffix(SWAPPED).unwrap_or(id)
}

fn by_id(set: &PromptSet) -> BTreeMap<&str, &Prompt> {
    set.prompts.iter().map(|prompt| (prompt.id.as_str(), prompt)).collect()
}

/// Whether what is sent is the same, and what judges the answer; notes on a prompt may differ.
fn is_same(a: &Prompt, b: &Prompt) -> bool {
    (&a.category, &a.system, &a.prompt, &a.swapped) == (&b.category, &b.system, &b.prompt, &b.swapped)
        && (a.max_tokens, &a.sampling) == (b.max_tokens, &b.sampling)
        && (&a.checks, a.pass_when) == (&b.checks, b.pass_when)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::support::{run, table};
    use crate::model::prompt::Manifest;

    fn set(prompts: &[(&str, &str)]) -> PromptSet {
        let prompt = |(id, text): &(&str, &str)| {
            Prompt::unchecked((*id).to_owned(), "math".to_owned(), (*text).to_owned(), 8)
        };
        PromptSet {
            manifest: Manifest {
                name: "set".to_owned(),
                version: 1,
                sha256: String::new(),
                categories: BTreeMap::new(),
                calibrated: false,
                description: String::new(),
                team: String::new(),
            },
            prompts: prompts.iter().map(prompt).collect(),
            origin: String::new(),
            selection: None,
        }
    }

    #[test]
    fn a_prompt_is_the_same_by_content_where_that_is_known() {
        let (first, mut second) =
            (run("a", table("math", [3, 1, 0, 0])), run("b", table("math", [3, 0, 0, 0])));
        second.rows[0].category = "other".to_owned();
        let (kept, told) = common(&first, &second, Contents::Unknown);
        assert_eq!(kept.iter().collect::<Vec<_>>(), ["math-001", "math-002"]);
        let expected = Intersection {
            prompts: 2,
            left_out_of_baseline: 2,
            left_out_of_candidate: 1,
            differing: 1,
            verified: false,
        };
        assert_eq!(told, expected);

        let old = set(&[("math-000", "0?"), ("math-001", "1?"), ("math-002", "2?"), ("math-003", "3?")]);
        let new = set(&[("math-000", "0?"), ("math-001", "one?"), ("math-002", "2?")]);
        let (kept, told) = common(&first, &second, Contents::Known { baseline: &old, candidate: &new });
        assert_eq!(kept.iter().collect::<Vec<_>>(), ["math-000", "math-002"]);
        assert!(told.verified && told.differing == 1);
    }

    #[test]
    fn a_narrowed_run_counts_what_is_left() {
        let whole = run("a", table("math", [3, 1, 0, 0]));
        let part = narrowed(&whole, &BTreeSet::from(["math-000".to_owned(), "math-003".to_owned()]));
        assert_eq!((part.rows.len(), part.candidate.summary.attempted), (2, 2));
        assert_eq!(part.candidate.pass_rates[0].pass_rate.judged, 2);
        assert_eq!(part.candidate.summary.throughput, None);
    }
}
