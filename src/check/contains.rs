//! `contains`: words and phrases that must, or must not, occur.

use super::answer::any_answer;
use super::judge::{Finding, Late, Rule};
use super::must_fail::MustFail;
use super::normalise::normalise_str;
use super::reading::Reading;
use super::tokens::{fold, is_token, quote, squeeze};
use super::transform::Transform;
use crate::model::check::{Check, Scope};
use crate::model::judgement::{AnswerSource, Verdict};

/// A compiled `contains` check.
#[derive(Debug)]
pub(super) struct Contains {
    any: Vec<Needle>,
    all: Vec<Needle>,
    none: Vec<Needle>,
    scope: Scope,
}

#[derive(Debug)]
struct Needle {
    written: String,
    aliases: Vec<String>,
}

impl Needle {
    fn new(written: &str) -> Result<Self, String> {
        let aliases: Vec<String> = written.split('|').map(|alias| even(&normalise_str(alias))).collect();
        if aliases.iter().any(String::is_empty) {
            return Err(format!("the needle {} has an empty alias", quote(written)));
        }
        Ok(Self { written: written.to_owned(), aliases })
    }

    fn is_in(&self, text: &str) -> bool {
        self.aliases.iter().any(|alias| {
            text.match_indices(alias.as_str()).any(|(at, found)| is_token(text, &(at..at + found.len())))
        })
    }
}

/// What both sides are compared as.
fn even(normalised: &str) -> String {
    squeeze(&fold(normalised))
}

impl Contains {
    pub(super) fn new(check: &Check) -> Result<Self, String> {
        let Check::Contains { any, all, none, scope } = check else {
            return Err(format!("`{}` is not a `contains` check", check.name()));
        };
        if any.is_empty() && all.is_empty() && none.is_empty() {
            return Err("one of `any`, `all` and `none` must name something".to_owned());
        }
        let needles =
            |written: &[String]| written.iter().map(|n| Needle::new(n)).collect::<Result<Vec<_>, _>>();
        Ok(Self { any: needles(any)?, all: needles(all)?, none: needles(none)?, scope: *scope })
    }

    /// Whether the text has what it must have beside what it must not.
    fn holds_both(&self, text: &str) -> bool {
        let even = even(text);
        let is_in = |needle: &Needle| needle.is_in(&even);
        let asks = !self.any.is_empty() || !self.all.is_empty();
        let right = self.all.iter().all(is_in) && (self.any.is_empty() || self.any.iter().any(is_in));
        asks && right && self.none.iter().any(is_in)
    }

    fn look(&self, text: &str) -> (Verdict, String) {
        let even = even(text);
        let wrong = |what: String| (Verdict::Wrong, format!("{what}, found {}", quote(text)));
        if let Some(missing) = self.all.iter().find(|n| !n.is_in(&even)) {
            return wrong(format!("expected {}", quote(&missing.written)));
        }
        if !self.any.is_empty() && !self.any.iter().any(|n| n.is_in(&even)) {
            let wanted: Vec<String> = self.any.iter().map(|n| quote(&n.written)).collect();
            return wrong(format!("expected one of {}", wanted.join(", ")));
        }
        if let Some(present) = self.none.iter().find(|n| n.is_in(&even)) {
            return wrong(format!("expected no {}", quote(&present.written)));
        }
        let held: Vec<String> = self
            .all
            .iter()
            .chain(self.any.iter().filter(|n| n.is_in(&even)))
            .map(|n| quote(&n.written))
            .collect();
        let detail = if held.is_empty() {
            "found nothing that must not occur".to_owned()
        } else {
            format!("found {}", held.join(", "))
        };
        (Verdict::Pass, detail)
    }
}

impl Rule for Contains {
    fn check(&self, reading: &Reading, _late: &Late<'_>) -> Finding {
        if self.scope == Scope::Text {
            let (verdict, detail) = self.look(reading.text().text());
            return Finding { answer: None, ..Finding::new(verdict, detail) };
        }
        match any_answer(reading) {
            Ok((text, found)) => {
                let (verdict, detail) = self.look(&text);
                // In a sentence that announces nothing, the right answer beside a wrong one leaves open which is meant.
                let is_open = found.source == AnswerSource::WholeText && self.holds_both(&text);
                let verdict = if is_open { Verdict::NoAnswer } else { verdict };
                Finding { answer: Some(found), ..Finding::new(verdict, detail) }
            }
            Err(none) => *none,
        }
    }

    fn keeps(&self, transform: Transform) -> bool {
        match (self.scope, transform) {
            (Scope::Text, Transform::Boxed | Transform::AnswerLine)
            | (Scope::Answer, Transform::Chatter | Transform::Fence) => false,
            // The friendly words might be among those that must not occur.
            (Scope::Text, Transform::Chatter) => self.none.is_empty(),
            _ => true,
        }
    }

    fn refuses(&self, what: MustFail) -> bool {
        matches!(what, MustFail::Echo | MustFail::DontKnow | MustFail::Refusal | MustFail::OtherReference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::tests::verdicts;

    fn contains(any: &[&str], all: &[&str], none: &[&str], scope: Scope) -> Check {
        let owned = |needles: &[&str]| needles.iter().map(|n| (*n).to_owned()).collect();
        Check::Contains { any: owned(any), all: owned(all), none: owned(none), scope }
    }

    #[test]
    fn two_answers_in_a_sentence_are_none() {
        use Verdict::{NoAnswer, Pass, Wrong};
        verdicts(
            &contains(&["Zurich|Zürich"], &[], &["Linz", "Salzburg"], Scope::Answer),
            &[
                ("It ends in Zurich.", Pass),
                ("It ends in Zurich, after stops in Linz and Salzburg.", NoAnswer),
                ("It ends in Salzburg.", Wrong),
                ("Answer: Zurich, not Linz", Wrong),
                ("By way of Linz and Salzburg.\nAnswer: Zurich", Pass),
            ],
        );
    }

    #[test]
    fn tokens_aliases_and_folding() {
        use Verdict::{Pass, Wrong};
        verdicts(
            &contains(&[], &["42"], &[], Scope::Text),
            &[
                ("It is 42.", Pass),
                ("**42**", Pass),
                ("（42）", Pass),
                ("答案是42。", Pass),
                ("142", Wrong),
                ("42.5", Wrong),
                ("42,000", Wrong),
            ],
        );
        verdicts(
            &contains(&["New York|NYC", "Los Angeles"], &[], &[], Scope::Text),
            &[
                ("new\nyork", Pass),
                ("NEW\u{a0}YORK", Pass),
                ("nyc!", Pass),
                ("Los Angeles", Pass),
                ("New Yorkers", Wrong),
            ],
        );
        verdicts(
            &contains(&[], &["café", "Straße"], &["tea"], Scope::Text),
            &[
                ("CAFE\u{301} in der STRASSE", Pass),
                ("Café Straße steam", Pass),
                ("Café Straße tea", Wrong),
                ("Café", Wrong),
            ],
        );
        verdicts(
            &contains(&[], &["don't", "a->b"], &[], Scope::Text),
            &[("don’t `a->b`", Pass), ("dont a->b", Wrong)],
        );
        verdicts(&contains(&[], &["東京"], &[], Scope::Text), &[("東京都です", Pass), ("京都", Wrong)]);
    }

    #[test]
    fn scopes() {
        use Verdict::{NoAnswer, Pass, Wrong};
        verdicts(
            &contains(&[], &["Paris"], &["Rome"], Scope::Answer),
            &[
                ("Not Rome.\nAnswer: Paris", Pass),
                ("Paris.\nAnswer: Rome", Wrong),
                ("Paris", Pass),
                ("I think\nParis", NoAnswer),
            ],
        );
        verdicts(
            &contains(&[], &["Paris"], &["Rome"], Scope::Text),
            &[
                ("<think>Rome?</think>Paris", Pass),
                ("Paris\nQuestion: Italy?\nAnswer: Rome", Pass),
                ("Not Rome.\nAnswer: Paris", Wrong),
            ],
        );
    }

    #[test]
    fn bad_checks_are_refused() {
        assert!(
            Contains::new(&contains(&[], &[], &[], Scope::Text)).unwrap_err().contains("must name something")
        );
        assert!(
            Contains::new(&contains(&["a||b"], &[], &[], Scope::Text)).unwrap_err().contains("empty alias")
        );
    }
}
