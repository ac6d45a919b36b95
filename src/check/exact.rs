//! `exact`: the text equals one of the values after the normalisers that the prompt lists.

use unicode_normalization::UnicodeNormalization;

use super::answer::any_answer;
use super::judge::{Finding, Late, Rule};
use super::must_fail::MustFail;
use super::reading::Reading;
use super::tokens::{fold, quote, squeeze};
use super::transform::Transform;
use crate::model::check::{Check, Normaliser, Scope};
use crate::model::judgement::Verdict;

/// A compiled `exact` check.
#[derive(Debug)]
pub(super) struct Exact {
    written: Vec<String>,
    values: Vec<String>,
    normalise: Vec<Normaliser>,
    scope: Scope,
}

impl Exact {
    pub(super) fn new(check: &Check) -> Result<Self, String> {
        let Check::Exact { values, normalise, scope } = check else {
            return Err(format!("`{}` is not an `exact` check", check.name()));
        };
        if values.is_empty() {
            return Err("`values` is empty".to_owned());
        }
        let even: Vec<String> = values.iter().map(|v| apply(v, normalise)).collect();
        if let Some((value, _)) = values.iter().zip(&even).find(|(_, even)| even.is_empty()) {
            return Err(format!("nothing is left of the value {} after the normalisers", quote(value)));
        }
        Ok(Self { written: values.clone(), values: even, normalise: normalise.clone(), scope: *scope })
    }
}

impl Rule for Exact {
    fn check(&self, reading: &Reading, _late: &Late<'_>) -> Finding {
        let (text, answer) = match self.scope {
            Scope::Text => (reading.text().raw.as_str().to_owned(), None),
            Scope::Answer => match any_answer(reading) {
                Ok((text, found)) => (text, Some(found)),
                Err(none) => return *none,
            },
        };
        let is_equal = self.values.contains(&apply(&text, &self.normalise));
        let wanted: Vec<String> = self.written.iter().map(|v| quote(v)).collect();
        Finding {
            verdict: if is_equal { Verdict::Pass } else { Verdict::Wrong },
            detail: format!("expected {}, found {}", wanted.join(" or "), quote(&text)),
            answer,
            graded: None,
        }
    }

    fn keeps(&self, transform: Transform) -> bool {
        let has = |normaliser| self.normalise.contains(&normaliser);
        transform.is_undone_first()
            || match (self.scope, transform) {
                (Scope::Text, Transform::Fence) => self.normalise.first() == Some(&Normaliser::Fence),
                (Scope::Text, Transform::LowerCase | Transform::UpperCase) => has(Normaliser::Case),
                (Scope::Text, Transform::Nbsp) => has(Normaliser::Whitespace),
                (Scope::Text, _) => false,
                (Scope::Answer, _) => transform.dresses_answer(),
            }
    }

    fn refuses(&self, what: MustFail) -> bool {
        matches!(what, MustFail::Echo | MustFail::DontKnow | MustFail::Refusal | MustFail::OtherReference)
    }
}

/// Applies the normalisers in their order. White space at the ends never counts: what is left of
/// a response after its reasoning begins with some.
fn apply(text: &str, normalisers: &[Normaliser]) -> String {
    let mut text = text.trim().to_owned();
    for normaliser in normalisers {
        text = match normaliser {
            Normaliser::Nfkc => text.nfkc().collect(),
            Normaliser::Case => fold(&text),
            Normaliser::Whitespace => squeeze(&text),
            Normaliser::Punctuation => text
                .chars()
                .filter(|c| !c.is_ascii_punctuation() && !matches!(c, '\u{2010}'..='\u{205E}' | '\u{3001}'..='\u{301F}' | '¡' | '¿' | '«' | '»'))
                .collect(),
            Normaliser::Fence => without_fence(&text).to_owned(),
            Normaliser::Quotes => without_quotes(&text).to_owned(),
            Normaliser::FullStop => {
                let end = text.trim_end();
                end.strip_suffix(['.', '。']).unwrap_or(end).to_owned()
            }
        };
    }
    text.trim().to_owned()
}

/// What is inside a code fence around the whole.
fn without_fence(text: &str) -> &str {
    let body = text.trim();
    let Some(inside) = body.strip_prefix("```").and_then(|b| b.strip_suffix("```")) else { return body };
    let Some((_, lines)) = inside.split_once('\n') else { return body };
    if lines.contains("```") { body } else { lines.trim() }
}

fn without_quotes(text: &str) -> &str {
    const PAIRS: [(char, char); 7] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’'), ('«', '»'), ('「', '」')];
    let text = text.trim();
    PAIRS
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close))
        .map_or(text, str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::tests::verdicts;
    use Normaliser::{Case, Fence, FullStop, Nfkc, Punctuation, Quotes, Whitespace};

    #[test]
    fn normalisers() {
        for (text, normalisers, expected) in [
            ("  A b ", &[][..], "A b"),
            ("ＡＢ", &[Nfkc], "AB"),
            ("Straße", &[Case], "strasse"),
            ("a \n\t b", &[Whitespace], "a b"),
            ("a, b! «c»", &[Punctuation], "a b c"),
            ("```py\nx\n```", &[Fence], "x"),
            ("```\nx\n```\n```\ny\n```", &[Fence], "```\nx\n```\n```\ny\n```"),
            ("x ```y```", &[Fence], "x ```y```"),
            ("\"a\"", &[Quotes], "a"),
            ("“a”", &[Quotes], "a"),
            ("\"a", &[Quotes], "\"a"),
            ("a.", &[FullStop], "a"),
            ("a..", &[FullStop], "a."),
            ("\"a.\"", &[Quotes, FullStop], "a"),
            ("\"a\".", &[Quotes, FullStop], "\"a\""),
        ] {
            assert_eq!(apply(text, normalisers), expected, "{text}");
        }
    }

    #[test]
    fn only_what_is_listed_is_evened_out() {
        use Verdict::{NoAnswer, Pass, Wrong};
        let exact = |normalise: &[Normaliser], scope| Check::Exact {
            values: vec!["New York".to_owned(), "NYC".to_owned()],
            normalise: normalise.to_vec(),
            scope,
        };
        verdicts(
            &exact(&[], Scope::Text),
            &[
                ("New York", Pass),
                ("\nNYC\r\n", Pass),
                ("<think>x</think>\n\nNew York", Pass),
                ("New York\nQuestion: next?", Pass),
                ("new york", Wrong),
                ("New York.", Wrong),
                ("**New York**", Wrong),
                ("Answer: New York", Wrong),
            ],
        );
        verdicts(&exact(&[Case, FullStop], Scope::Text), &[("new york.", Pass), ("new  york", Wrong)]);
        verdicts(
            &exact(&[], Scope::Answer),
            &[("So:\nAnswer: **New York**", Pass), ("New York", Pass), ("It is\nNew York", NoAnswer)],
        );
    }

    #[test]
    fn bad_checks_are_refused() {
        let exact = |values: &[&str]| Check::Exact {
            values: values.iter().map(|v| (*v).to_owned()).collect(),
            normalise: vec![Punctuation],
            scope: Scope::Text,
        };
        assert!(Exact::new(&exact(&[])).unwrap_err().contains("`values` is empty"));
        assert!(Exact::new(&exact(&["..."])).unwrap_err().contains("nothing is left"));
    }
}
