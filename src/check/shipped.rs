//! The shipped sets under the self-test and the lints: each row is tested like code.

use super::{lint, selftest};
use crate::model::prompt::PromptSet;
use crate::promptset::{built_in, built_in_names};

fn sets() -> Vec<PromptSet> {
    built_in_names().map(|name| built_in(name).unwrap().unwrap()).collect()
}

#[test]
fn every_reference_passes_and_every_near_miss_fails_in_every_dress() {
    for set in sets() {
        let test = selftest(&set.prompts);
        assert_eq!(test.failures, [], "{}", set.manifest.name);
        assert_eq!((test.prompts, test.caught), (set.prompts.len(), test.transforms));
        assert!(
            test.near_misses >= test.prompts && test.transforms > 2 * test.prompts,
            "{}",
            set.manifest.name
        );
    }
}

#[test]
fn no_row_is_a_poor_measure() {
    let sets = sets();
    for (index, set) in sets.iter().enumerate() {
        // Those before suffice: a pair is found from its later row.
        assert_eq!(lint(set, &sets[..index]), [], "{}", set.manifest.name);
    }
}
