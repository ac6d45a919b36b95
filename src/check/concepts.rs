//! `concepts`: so many ideas occur, each in one of its wordings, and no misconception.
//!
//! A wording is found as `wording` says; one of a misconception that is plainly denied (`negation`) is none.

use super::judge::{Finding, Late, Rule};
use super::must_fail::MustFail;
use super::negation::is_denied;
use super::reading::Reading;
use super::tokens::quote;
use super::transform::Transform;
use super::wording::{Wording, cut};

/// A compiled `concepts` check.
#[derive(Debug)]
pub(super) struct Concepts {
    groups: Vec<Idea>,
    needed: usize,
    forbidden: Vec<Idea>,
}

#[derive(Debug)]
struct Idea {
    /// Its first wording, by which a detail names it.
    name: String,
    wordings: Vec<Wording>,
}

impl Idea {
    fn new(written: &[String]) -> Result<Self, String> {
        let name = written.first().map(|first| first.split('|').next().unwrap_or_default().trim().to_owned());
        let name = name.ok_or("a group of `groups` is empty")?;
        let wordings: Result<Vec<Vec<Wording>>, String> = written.iter().map(|w| Wording::all(w)).collect();
        Ok(Self { name, wordings: wordings?.into_iter().flatten().collect() })
    }
}

impl Concepts {
    pub(super) fn new(
        groups: &[Vec<String>],
        at_least: Option<u32>,
        forbidden: &[String],
    ) -> Result<Self, String> {
        if groups.is_empty() && forbidden.is_empty() {
            return Err("`groups` and `forbidden` are both empty".to_owned());
        }
        let needed = at_least.map_or(groups.len(), |k| usize::try_from(k).unwrap_or(usize::MAX));
        if needed > groups.len() || (needed == 0 && !groups.is_empty()) {
            return Err(format!("`at_least` is {needed} of {} groups", groups.len()));
        }
        Ok(Self {
            groups: groups.iter().map(|group| Idea::new(group)).collect::<Result<_, _>>()?,
            needed,
            forbidden: forbidden
                .iter()
                .map(|written| Idea::new(std::slice::from_ref(written)))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Rule for Concepts {
    fn check(&self, reading: &Reading, _late: &Late<'_>) -> Finding {
        let text = reading.text().text();
        let tokens = cut(text);
        let (found, missing): (Vec<&Idea>, Vec<&Idea>) = self
            .groups
            .iter()
            .partition(|idea| idea.wordings.iter().any(|wording| !wording.find(&tokens).is_empty()));
        let misconception =
            self.forbidden.iter().flat_map(|idea| &idea.wordings).find_map(|wording| {
                wording.find(&tokens).into_iter().find(|found| !is_denied(&tokens, found))
            });
        let listed = |ideas: &[&Idea]| {
            let names: Vec<String> = ideas.iter().map(|idea| quote(&idea.name)).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        let mut parts = Vec::new();
        if !self.groups.is_empty() {
            parts.push(format!(
                "expected at least {} of {} ideas, found {}; missing {}",
                self.needed,
                self.groups.len(),
                listed(&found),
                listed(&missing)
            ));
        }
        if !self.forbidden.is_empty() {
            let said = misconception.as_ref().map_or_else(
                || "none".to_owned(),
                |place| quote(&text[tokens[place.first].start..tokens[place.end - 1].end]),
            );
            parts.push(format!("expected no misconception, found {said}"));
        }
        Finding::passes(found.len() >= self.needed && misconception.is_none(), parts.join("; "))
    }

    fn keeps(&self, transform: Transform) -> bool {
        !matches!(transform, Transform::Boxed | Transform::AnswerLine)
    }

    fn refuses(&self, what: MustFail) -> bool {
        matches!(what, MustFail::Echo | MustFail::DontKnow | MustFail::Refusal | MustFail::OtherReference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::tests::{judged, verdicts};
    use crate::model::check::Check;
    use crate::model::judgement::Verdict::{Pass, Wrong};

    fn concepts(groups: &[&[&str]], at_least: Option<u32>, forbidden: &[&str]) -> Check {
        let owned = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect();
        Check::Concepts {
            groups: groups.iter().map(|group| owned(group)).collect(),
            at_least,
            forbidden: owned(forbidden),
        }
    }

    #[test]
    fn so_many_ideas_and_no_misconception() {
        let check = concepts(
            &[
                &["atropine"],
                &["airway protection|secure the airway", "intubate"],
                &["benzodiazepine|diazepam"],
            ],
            Some(2),
            &["give ... succinylcholine", "wait and see"],
        );
        verdicts(
            &check,
            &[
                ("Give **atropine** and secure the airway.", Pass),
                ("Intubate; benzodiazepines for seizures.", Pass),
                ("<think>succinylcholine, wait and see</think>Atropine, diazepam", Pass),
                ("Atropine, then intubate. Do not give succinylcholine.", Pass),
                ("Atropine, intubate. Never wait and see.", Pass),
                ("Atropine.", Wrong),
                ("Atropine and airway. Protection of the patient.", Wrong),
                ("Atropine, intubate, and give a dose of succinylcholine.", Wrong),
                ("I don't know.", Wrong),
            ],
        );
        let judgement = judged(check.clone(), "Atropine only. Wait and see.");
        assert_eq!(
            judgement.checks[0].detail,
            "expected at least 2 of 3 ideas, found \"atropine\"; missing \"airway protection\", \"benzodiazepine\"; \
             expected no misconception, found \"Wait and see\""
        );
        let judgement = judged(concepts(&[], None, &["flat"]), "The earth is flat.");
        assert_eq!(judgement.checks[0].detail, "expected no misconception, found \"flat\"");
    }

    #[test]
    fn all_are_needed_where_nothing_is_said() {
        verdicts(&concepts(&[&["a"], &["b"]], None, &[]), &[("a b", Pass), ("a", Wrong)]);
    }

    #[test]
    fn bad_checks_are_refused() {
        for (check, said) in [
            (concepts(&[], None, &[]), "both empty"),
            (concepts(&[&[]], None, &[]), "is empty"),
            (concepts(&[&["a"]], Some(2), &[]), "`at_least` is 2 of 1 groups"),
            (concepts(&[&["a"]], Some(0), &[]), "`at_least` is 0"),
            (concepts(&[&["a|"]], None, &[]), "is empty"),
            (concepts(&[&["a"]], None, &["b ..."]), "one side of"),
        ] {
            let Check::Concepts { groups, at_least, forbidden } = &check else { unreachable!() };
            let error = Concepts::new(groups, *at_least, forbidden).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
