//! The difference test of `numeric`: what labctl makes of some 1,800 responses, beside what math-verify, an independent
//! implementation, makes of them (`tests/fixtures/answers/record.py`). Every difference is in `disagreements.jsonl`, read
//! and judged; a new one fails the test, and so does one that is no longer there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::judge::tests::{judged, number};
use crate::model::judgement::Verdict;

/// A response and what is said of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    gold: String,
    response: String,
    /// Whether it was written to give the gold value.
    meant: bool,
    math_verify: bool,
}

/// Who judges a response rightly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Right {
    /// labctl alone: what was meant, or what the answer contract says where that is open.
    Labctl,
    /// math-verify alone.
    MathVerify,
    /// Neither: both miss what was meant.
    Neither,
    /// Both alike, and what was meant can't be told from the text alone.
    Both,
}

/// Responses on which labctl, math-verify and the writer are not all of one opinion, for one reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disagreement {
    right: Right,
    why: String,
    ids: Vec<String>,
}

fn lines<T: for<'a> Deserialize<'a>>(name: &str) -> Vec<T> {
    let path = format!("{}/tests/fixtures/answers/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let read = |(index, line): (usize, &str)| {
        serde_json::from_str(line).unwrap_or_else(|e| panic!("{path}:{}: {e}", index + 1))
    };
    text.lines().enumerate().map(read).collect()
}

#[test]
fn every_difference_to_math_verify_is_judged() {
    let cases: Vec<Case> = lines("math-verify.jsonl");
    let listed: Vec<Disagreement> = lines("disagreements.jsonl");
    let mut by_id: BTreeMap<&str, Right> = BTreeMap::new();
    for disagreement in &listed {
        assert!(disagreement.why.len() > 20, "{}", disagreement.why);
        for id in &disagreement.ids {
            assert!(by_id.insert(id, disagreement.right).is_none(), "`{id}` is listed twice");
        }
    }
    let (mut wrong, mut seen, mut agreed) = (Vec::new(), BTreeSet::new(), 0);
    for case in &cases {
        let verdict = judged(number(&case.gold), &case.response).verdict;
        let passes = verdict == Verdict::Pass;
        agreed += usize::from(passes == case.math_verify);
        let possible: &[Right] = match (passes == case.math_verify, passes == case.meant) {
            (true, true) => continue,
            (true, false) => &[Right::Neither, Right::Both],
            (false, true) => &[Right::Labctl],
            // Where the text leaves it open, the contract may be right against the writer.
            (false, false) => &[Right::MathVerify, Right::Labctl],
        };
        seen.insert(case.id.as_str());
        if !by_id.get(case.id.as_str()).is_some_and(|right| possible.contains(right)) {
            wrong.push(format!(
                "{}: gold {:?}, response {:?}: labctl says {verdict:?}, math-verify {}, meant {}",
                case.id, case.gold, case.response, case.math_verify, case.meant
            ));
        }
    }
    assert!(wrong.is_empty(), "{} not judged:\n{}", wrong.len(), wrong.join("\n"));
    let stale: Vec<&&str> = by_id.keys().filter(|id| !seen.contains(**id)).collect();
    assert!(stale.is_empty(), "no disagreement any more: {stale:?}");
    // What the corpus is worth: most of it is common ground.
    assert!(cases.len() >= 1500 && agreed * 100 >= cases.len() * 80, "{agreed} of {}", cases.len());
}
