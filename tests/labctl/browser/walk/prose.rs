//! Numbers in sentences: each is one that the result holds somewhere, in one of the units that people read. Weaker
//! than the rules of the tables, for a sentence doesn't say which number it means; what it catches is a number that
//! is nowhere.

use std::collections::BTreeSet;

use serde_json::Value;

use super::number::{Held, among, numbers};
use crate::browser::page::Page;

/// How sure intervals are, in percent, how many values a p95 and a p99 take, and the largest counts that may have been counted for a sentence.
const COMMON: [f64; 5] = [80.0, 90.0, 95.0, 130.0, 662.0];
const SMALL: u32 = 20;

/// The sentences of a page: what stands neither in a table nor in a chart, and is neither an answer of a model, nor the
/// glossary, nor how the run was set up.
pub(super) fn sentences(page: &Page) -> Vec<String> {
    page.eval(
        "[...document.querySelectorAll('.answer p, .answer .verdict, .answer dd, .answer li, .readings dd, .bullets li')]
            .filter(one => !one.closest('table, figure, .number, [data-item], #glossary, #provenance'))
            .map(one => one.textContent.replace(/\\s+/g, ' ').trim())",
    )
}

/// What is wrong with the sentences.
pub(super) fn check(result: &Value, sentences: &[String]) -> Vec<String> {
    let mut known = Known::default();
    known.add(result);
    let held: Vec<Held> = known.all();
    let strange = |sentence: &String| {
        let words =
            sentence.split([' ', '\u{a0}']).map(|word| word.trim_matches(|c| "()[],;:`·".contains(c)));
        let mut strange =
            words.filter(|word| is_number(word)).filter_map(|word| among(word, &held)).collect::<Vec<_>>();
        strange.truncate(1);
        strange.pop().map(|_| format!("in no part of the result: a number of `{sentence}`"))
    };
    sentences.iter().filter_map(strange).collect()
}

/// A word that is a number alone, not a name with digits.
fn is_number(word: &str) -> bool {
    let word = word.trim_end_matches(['%', 'x', '*']);
    !word.is_empty()
        && word.chars().all(|c| c.is_ascii_digit() || "<>+-\u{2212}.,".contains(c))
        && !numbers(word).is_empty()
}

#[derive(Debug, Default)]
struct Known {
    values: Vec<f64>,
    counts: BTreeSet<usize>,
}

impl Known {
    /// All numbers but those of single requests, those in texts, and the sizes of lists.
    fn add(&mut self, value: &Value) {
        match value {
            Value::Number(number) => self.values.extend(number.as_f64()),
            Value::String(text) => self.values.extend(numbers(text).iter().map(|number| number.value)),
            Value::Array(list) => {
                self.counts.insert(list.len());
                list.iter().for_each(|one| self.add(one));
            }
            Value::Object(fields) => {
                self.counts.insert(fields.len());
                fields.iter().filter(|(name, _)| *name != "rows").for_each(|(_, one)| self.add(one));
                if let Some(rows) = fields.get("rows").and_then(Value::as_array) {
                    self.counts.insert(rows.len());
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// As it is, as a share in percent, in seconds of milliseconds, what a ratio takes off, and without its sign.
    fn all(&self) -> Vec<Held> {
        let units = |value: &f64| {
            let forms = [*value, value * 100.0, value / 1e3, 100.0 - value * 100.0, value.recip()];
            forms.into_iter().flat_map(|form| [form, -form])
        };
        let counts = self
            .counts
            .iter()
            .map(|n| super::charts::real(*n))
            .chain((0..=SMALL).map(f64::from))
            .chain(COMMON);
        self.values
            .iter()
            .flat_map(units)
            .chain(counts)
            .filter(|value| value.is_finite())
            .map(Held::Rounded)
            .collect()
    }
}
