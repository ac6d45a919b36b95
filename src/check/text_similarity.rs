//! How near a candidate's text is to the baseline's: the one measure for the check and for what is reported of every
//! pair.
//!
//! The similarity is `1 − (insertions + deletions) ÷ (words of both)`, that is `2 · LCS ÷ (words of both)`, with the
//! longest common subsequence found by the bit-parallel algorithm of Hyyrö (2004, "Bit-parallel LCS-length computation
//! revisited"). What both begin and end with is set aside first. Of what is left between, the first `MOST` words of
//! each are compared, and later ones count as different: the value is then a lower bound. So the time is linear in the
//! texts, plus at most `MOST`² ÷ 64 steps.

use std::collections::HashMap;

use super::tokens::joins;
use super::visible::visible;
use crate::model::similarity::TextSimilarity;

/// Words of each text that are compared between what both begin and end with.
const MOST: usize = 4096;

/// Compares two responses, each without reasoning and template tokens (all of it where its reasoning never ended).
#[must_use]
pub fn text_similarity(baseline: &str, candidate: &str) -> TextSimilarity {
    let (baseline, candidate) = (shown(baseline), shown(candidate));
    let mut ids = HashMap::new();
    let (left, right) = (words(&baseline, &mut ids), words(&candidate, &mut ids));
    let prefix = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
    let (left_rest, right_rest) = (&left[prefix..], &right[prefix..]);
    let suffix = left_rest.iter().rev().zip(right_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let middle = |rest: &[u32]| rest[..rest.len() - suffix].iter().take(MOST).copied().collect::<Vec<_>>();
    let common = prefix + suffix + longest_common(&middle(left_rest), &middle(right_rest));
    let all = left.len() + right.len();
    let is_same_words = left_rest.is_empty() && right_rest.is_empty();
    let (baseline_length, candidate_length) = (baseline.chars().count(), candidate.chars().count());
    TextSimilarity {
        same: baseline == candidate,
        first_difference: (!is_same_words).then(|| u64::try_from(prefix).unwrap_or(u64::MAX)),
        length_ratio: (baseline_length > 0).then(|| real(candidate_length) / real(baseline_length)),
        similarity: if all == 0 { 1.0 } else { 2.0 * real(common) / real(all) },
    }
}

/// What of a response is for the reader.
fn shown(content: &str) -> String {
    visible(content).map_or_else(|| content.trim().to_owned(), |visible| visible.text.as_str().to_owned())
}

#[expect(clippy::cast_precision_loss, reason = "lengths of texts stay far below 2^53")]
fn real(count: usize) -> f64 {
    count as f64
}

/// The words as numbers, the same word the same number.
fn words(text: &str, ids: &mut HashMap<String, u32>) -> Vec<u32> {
    let mut found = Vec::new();
    let mut add = |word: &str| {
        let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let id = match ids.get(word) {
            Some(id) => *id,
            None => *ids.entry(word.to_owned()).or_insert(next),
        };
        found.push(id);
    };
    for word in text.split_whitespace() {
        let mut from = 0;
        for (at, c) in word.char_indices().filter(|(_, c)| c.is_alphanumeric() && !joins(*c)) {
            if from < at {
                add(&word[from..at]);
            }
            from = at + c.len_utf8();
            add(&word[at..from]);
        }
        if from < word.len() {
            add(&word[from..]);
        }
    }
    found
}

/// The length of the longest common subsequence.
fn longest_common(left: &[u32], right: &[u32]) -> usize {
    let blocks = left.len().div_ceil(64);
    let mut places: HashMap<u32, Vec<u64>> = HashMap::new();
    for (at, id) in left.iter().enumerate() {
        places.entry(*id).or_insert_with(|| vec![0; blocks])[at / 64] |= 1 << (at % 64);
    }
    // A bit is 0 where the subsequence grows.
    let mut state = vec![u64::MAX; blocks];
    for id in right {
        let Some(matches) = places.get(id) else { continue };
        let mut carry = false;
        for (bits, matching) in state.iter_mut().zip(matches) {
            let met = *bits & matching;
            let (sum, over) = bits.overflowing_add(met);
            let (sum, over_carry) = sum.overflowing_add(u64::from(carry));
            carry = over || over_carry;
            *bits = sum | (*bits & !matching);
        }
    }
    let zeros = |bits: &u64| usize::try_from(bits.count_zeros()).unwrap_or(0);
    // Bits past the end never match and stay 1.
    state.iter().map(zeros).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn similarities() {
        for (baseline, candidate, same, first_difference, length_ratio, similarity) in [
            ("", "", true, None, None, 1.0),
            ("a b c d", " a b c d\n", true, None, Some(1.0), 1.0),
            ("a b c d", "a  b c d", false, None, Some(8.0 / 7.0), 1.0),
            ("a b c d", "a x c d", false, Some(1), Some(1.0), 0.75),
            ("a b c d", "", false, Some(0), Some(0.0), 0.0),
            ("", "a", false, Some(0), None, 0.0),
            ("a b", "a b c d c d", false, Some(2), Some(11.0 / 3.0), 0.5),
            ("<think>x y</think>a b", "a b", true, None, Some(1.0), 1.0),
            ("<think>x", "<think>y", false, Some(0), Some(1.0), 0.0),
            ("東京都", "東京市", false, Some(2), Some(1.0), 2.0 / 3.0),
        ] {
            let found = text_similarity(baseline, candidate);
            let expected = TextSimilarity { same, first_difference, length_ratio, similarity };
            assert_eq!(found, expected, "{baseline} {candidate}");
        }
    }

    #[test]
    fn long_texts_are_compared_as_far_as_the_bound() {
        let baseline = "one two three ".repeat(20_000);
        let candidate = format!("zero {}four", "two one three ".repeat(20_000));
        let found = text_similarity(&baseline, &candidate);
        assert!(found.similarity > 0.02 && found.similarity < 0.1, "{found:?}");
        let near = text_similarity(&baseline, &baseline.replacen("two", "2", 1));
        assert!(near.similarity > 0.9999 && near.first_difference == Some(1));
    }

    proptest! {
        #[test]
        fn the_subsequence_is_that_of_the_table(
            left in prop::collection::vec(0_u32..6, 0..150),
            right in prop::collection::vec(0_u32..6, 0..150),
        ) {
            let mut row = vec![0; right.len() + 1];
            for a in &left {
                let mut diagonal = 0;
                for (at, b) in right.iter().enumerate() {
                    let above = row[at + 1];
                    row[at + 1] = if a == b { diagonal + 1 } else { above.max(row[at]) };
                    diagonal = above;
                }
            }
            prop_assert_eq!(longest_common(&left, &right), row[right.len()]);
        }
    }
}
