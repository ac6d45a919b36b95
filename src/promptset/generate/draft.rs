//! One row while it is written: question, working, right answer and wrong ones become a prompt.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde_json::Value;

use crate::model::check::{Check, Locale, Normaliser, Scope};
use crate::model::prompt::{Difficulty, Prompt};

/// A row without its id.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) prompt: Prompt,
    working: String,
}

impl Draft {
    /// A row whose prompt is exactly this text.
    pub(super) fn new(category: &str, difficulty: Difficulty, prompt: impl Into<String>) -> Self {
        let prompt = Prompt {
            difficulty: Some(difficulty),
            ..Prompt::unchecked(String::new(), category.to_owned(), prompt.into(), 0)
        };
        Self { prompt, working: String::new() }
    }

    /// A row that asks for a last line `Answer: <kind>`.
    pub(super) fn ask(category: &str, difficulty: Difficulty, question: impl Display, kind: &str) -> Self {
        Self::new(category, difficulty, format!("{question}\nEnd with a line: Answer: <{kind}>"))
    }

    /// What a model would write before its answer line; `{answer}` stands for the answer.
    pub(super) fn working(mut self, working: impl Into<String>) -> Self {
        self.working = working.into();
        self
    }

    /// Where its facts are known from, by category, where nothing is said yet.
    pub(super) fn known_from(mut self, provenance: impl Fn(&str) -> &'static str) -> Self {
        let known = provenance(&self.prompt.category);
        self.prompt.provenance.get_or_insert_with(|| known.to_owned());
        self
    }

    /// Room for the working of a hard row, which seldom fits into less.
    pub(super) fn with_room_if_hard(mut self) -> Self {
        if self.prompt.difficulty == Some(Difficulty::Hard) {
            self.prompt.max_tokens = 1024;
        }
        self
    }

    /// The answer stands in the prompt by design.
    pub(super) fn copied(mut self) -> Self {
        self.prompt.answer_in_prompt = true;
        self
    }

    /// What it is about or needs.
    pub(super) fn tagged(mut self, tags: &[&str]) -> Self {
        self.prompt.tags.extend(tags.iter().map(ToString::to_string));
        self
    }

    /// The template that it shares with another row.
    pub(super) fn family(mut self, family: &str) -> Self {
        self.prompt.family = Some(family.to_owned());
        self
    }

    /// Where what it asserts can be looked up, or that it was computed.
    pub(super) fn provenance(mut self, provenance: &str) -> Self {
        self.prompt.provenance = Some(provenance.to_owned());
        self
    }

    /// The system message.
    pub(super) fn system(mut self, system: &str) -> Self {
        self.prompt.system = Some(system.to_owned());
        self
    }

    /// The answer is a number.
    pub(super) fn number<V: Display>(self, right: V, wrong: impl IntoIterator<Item = V>) -> Self {
        self.solved(number_check(&right.to_string()), &right, wrong)
    }

    /// The answer contains a word or phrase and none of the wrong ones, so that listing several
    /// does not pass. Aliases are separated by `|`; the reference gives the first.
    pub(super) fn word(self, right: &str, wrong: &[&str]) -> Self {
        let first = right.split('|').next().unwrap_or(right).to_owned();
        let none = wrong.iter().map(ToString::to_string).collect();
        let check =
            Check::Contains { any: vec![right.to_owned()], all: Vec::new(), none, scope: Scope::Answer };
        self.solved(check, &first, wrong)
    }

    /// The answer is this text, give or take white space, quotation marks and a full stop.
    pub(super) fn exact<V: Display>(self, right: &str, wrong: impl IntoIterator<Item = V>) -> Self {
        let check = exactly(right, Scope::Answer, &[]);
        self.solved(check, &right, wrong)
    }

    /// Like `exact`, and upper or lower case makes no difference.
    pub(super) fn exact_any_case<V: Display>(self, right: &str, wrong: impl IntoIterator<Item = V>) -> Self {
        let check = exactly(right, Scope::Answer, &[Normaliser::Case]);
        self.solved(check, &right, wrong)
    }

    /// One more spelling that the last check, an `exact`, accepts.
    pub(super) fn also(mut self, value: &str) -> Self {
        match self.prompt.checks.last_mut() {
            Some(Check::Exact { values, .. }) => values.push(value.to_owned()),
            // Only an `exact` has values to add to.
            _ => return self,
        }
        self
    }

    /// The whole reply is this text.
    pub(super) fn only<V: Display>(mut self, right: &str, wrong: impl IntoIterator<Item = V>) -> Self {
        self.prompt.checks.push(exactly(right, Scope::Text, &[Normaliser::Fence]));
        right.clone_into(&mut self.prompt.reference);
        self.prompt.near_miss.extend(wrong.into_iter().map(|text| text.to_string()));
        self
    }

    /// One of several options, which are added to the prompt with their letters.
    pub(super) fn choice<V: Display>(mut self, options: &[V], right: usize, wrong: &[usize]) -> Self {
        let letters: Vec<char> = ('A'..='J').collect();
        let options: Vec<String> = options.iter().map(ToString::to_string).collect();
        let listed: Vec<String> =
            letters.iter().zip(&options).map(|(letter, option)| format!("\n{letter}) {option}")).collect();
        self.prompt.prompt += &listed.concat();
        self.prompt.prompt += "\nEnd with a line: Answer: <letter>";
        let shown = |index: &usize| format!("{}) {}", letters[*index], options[*index]);
        let (reference, wrong) = (shown(&right), wrong.iter().map(shown).collect::<Vec<_>>());
        self.solved(Check::Choice { options, answer: letters[right] }, &reference, wrong)
    }

    /// The reply is one JSON value, equal to this one.
    pub(super) fn json(mut self, right: &Value, wrong: &[Value]) -> Self {
        let check = match right {
            Value::Object(members) => Check::Json {
                equals: members.iter().map(|(key, value)| (format!("/{key}"), value.clone())).collect(),
                required: Vec::new(),
                closed: true,
            },
            _ => Check::Json {
                equals: BTreeMap::from([(String::new(), right.clone())]),
                required: Vec::new(),
                closed: false,
            },
        };
        let shown = |value: &Value| format!("```json\n{value:#}\n```");
        self.prompt.checks.push(check);
        self.prompt.reference = shown(right);
        self.prompt.near_miss.extend(wrong.iter().map(shown));
        self
    }

    /// What is asked beside the short forms: a check, the right answer and wrong ones.
    pub(super) fn solved<V: Display>(
        mut self,
        check: Check,
        right: &impl Display,
        wrong: impl IntoIterator<Item = V>,
    ) -> Self {
        let reply = |answer: &dyn Display| {
            let answer = answer.to_string();
            let working = self.working.replace("{answer}", &answer);
            let gap = if working.is_empty() { "" } else { "\n" };
            format!("{working}{gap}Answer: {answer}")
        };
        self.prompt.reference = reply(right);
        self.prompt.near_miss = wrong.into_iter().map(|answer| reply(&answer)).collect();
        self.prompt.checks.push(check);
        self
    }
}

/// The answer is this number, exactly.
pub(super) fn number_check(value: &str) -> Check {
    Check::Numeric {
        value: value.to_owned(),
        abs: None,
        rel: None,
        decimals: None,
        significant_figures: None,
        unit: None,
        locale: Locale::English,
    }
}

fn exactly(value: &str, scope: Scope, also: &[Normaliser]) -> Check {
    let mut normalise = vec![Normaliser::Nfkc];
    normalise.extend_from_slice(also);
    normalise.extend([Normaliser::Whitespace, Normaliser::Quotes, Normaliser::FullStop]);
    Check::Exact { values: vec![value.to_owned()], normalise, scope }
}

/// Where a fraction in lowest terms is asked for, its terms are checked too, and one that can be reduced is a near miss.
fn lowest_terms(prompt: &mut Prompt) {
    let Some(Check::Numeric { value, .. }) = prompt.checks.first() else { return };
    let terms =
        value.split_once('/').and_then(|(p, q)| Some((p.parse::<i64>().ok()?, q.parse::<i64>().ok()?)));
    let Some((p, q)) = terms.filter(|_| prompt.prompt.contains("in lowest terms")) else { return };
    let pattern = format!(r"(?:^|[^0-9]){p}\s*/\s*{q}(?:[^0-9]|$)|\\[dt]?frac\{{\s*{p}\s*\}}\{{\s*{q}\s*\}}");
    let reduced = format!("{p}/{q}");
    prompt.near_miss.push(prompt.reference.replace(&reduced, &format!("{}/{}", 2 * p, 2 * q)));
    prompt.checks.push(Check::Regex { pattern, scope: Scope::Answer });
}

/// Numbers the rows within their categories and gives each room for `at_least` tokens, or for
/// three times its reference (at four characters a token) where that is more. A row that asks for some number of its
/// own has that in place of `at_least`.
pub(super) fn finish(set: &str, at_least: u32, drafts: Vec<Draft>) -> Vec<Prompt> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    drafts
        .into_iter()
        .map(|Draft { mut prompt, .. }| {
            lowest_terms(&mut prompt);
            let number = counts.entry(prompt.category.clone()).or_default();
            *number += 1;
            prompt.id = format!("{set}-{}-{number:03}", prompt.category.replace('_', "-"));
            let reference =
                u32::try_from(prompt.reference.chars().count().div_ceil(4)).unwrap_or(u32::MAX / 4);
            let least = if prompt.max_tokens == 0 { at_least } else { prompt.max_tokens };
            let needed = 3 * reference;
            prompt.max_tokens = if needed > least { needed.next_multiple_of(64) } else { least };
            prompt.sampling.temperature = Some(prompt.sampling.temperature.unwrap_or(0.0));
            prompt
        })
        .collect()
}
