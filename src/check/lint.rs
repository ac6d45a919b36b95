//! Looks for what makes a prompt set's rows poor measures, beyond what makes them invalid: answers that stand in their own
//! prompts, rows that repeat others, addresses of people, too little room to answer. [`selftest()`](super::selftest()) tests
//! what the checks say; this reads what the rows are.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;

use ::regex::Regex;
use unicode_normalization::UnicodeNormalization as _;

use super::judge::{Judge, Response};
use super::tokens::pattern;
use crate::model::check::Check;
use crate::model::judgement::Verdict;
use crate::model::prompt::{Prompt, PromptSet};

/// What a row breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// `reference` is blank.
    Reference,
    /// There is no near miss, or one equals the reference or another.
    NearMiss,
    /// The answer stands in the prompt, which doesn't declare it.
    AnswerInPrompt,
    /// The tolerance takes in a near miss.
    Tolerance,
    /// `max_tokens` is less than three times the reference.
    MaxTokens,
    /// A web or e-mail address, a telephone number.
    Address,
    /// Control characters in what is sent or expected.
    ControlCharacters,
    /// The id is used by another set too.
    Id,
    /// Nearly the same prompt as another: five-word sequences with a Jaccard index of 0.6 or more, and no `family`.
    Duplicate,
    /// A `family` of more than two.
    Family,
    /// `difficulty` is missing: advice.
    Difficulty,
    /// `provenance` is missing: advice.
    Provenance,
}

impl Rule {
    /// The name used in messages and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::NearMiss => "near_miss",
            Self::AnswerInPrompt => "answer_in_prompt",
            Self::Tolerance => "tolerance",
            Self::MaxTokens => "max_tokens",
            Self::Address => "address",
            Self::ControlCharacters => "control_characters",
            Self::Id => "id",
            Self::Duplicate => "duplicate",
            Self::Family => "family",
            Self::Difficulty => "difficulty",
            Self::Provenance => "provenance",
        }
    }

    /// Whether the row is sound all the same.
    #[must_use]
    pub const fn is_advice(self) -> bool {
        matches!(self, Self::Difficulty | Self::Provenance)
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// The set's name.
    pub set: String,
    /// The row's place in its set, from 0.
    pub row: usize,
    /// The prompt's id.
    pub prompt_id: String,
    /// What it breaks.
    pub rule: Rule,
    /// What is wrong, and what to do.
    pub detail: String,
}

/// Characters of English text to a token, about.
const CHARACTERS_A_TOKEN: usize = 4;

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b[a-z][a-z0-9+.-]*://[^\s]|\bwww\.[a-z0-9-]+\.|\b[a-z0-9._%+-]+@[a-z0-9-]+\.[a-z]{2,}\b|(?:^|\s)\+\d{1,3}[ -]?\(?\d{2,4}\)?(?:[ -]?\d{2,4}){2,4}\b|\b\d{3}-\d{2}-\d{4}\b",
    )
});

/// Reads the rows of `set`, beside those of `others` for what they may repeat.
#[must_use]
pub fn lint(set: &PromptSet, others: &[PromptSet]) -> Vec<Lint> {
    let mut found: Vec<(usize, Rule, String)> = Vec::new();
    for (row, prompt) in set.prompts.iter().enumerate() {
        found.extend(alone(prompt).into_iter().map(|(rule, detail)| (row, rule, detail)));
    }
    found.extend(families(set));
    found.extend(same_ids(set, others));
    found.extend(duplicates(set, others));
    found.sort_by_key(|(row, rule, _)| (*row, *rule));
    let lint = |(row, rule, detail): (usize, Rule, String)| Lint {
        set: set.manifest.name.clone(),
        row,
        prompt_id: set.prompts[row].id.clone(),
        rule,
        detail,
    };
    found.into_iter().map(lint).collect()
}

/// What a row tells by itself.
fn alone(prompt: &Prompt) -> Vec<(Rule, String)> {
    let mut found = Vec::new();
    if prompt.reference.trim().is_empty() {
        found.push((Rule::Reference, "`reference` is blank; give an answer that must pass".to_owned()));
    }
    let mut replies = BTreeSet::from([prompt.reference.trim()]);
    if prompt.near_miss.is_empty() {
        found.push((Rule::NearMiss, "no near miss; give a plausible answer that must fail".to_owned()));
    }
    if !prompt.near_miss.iter().all(|reply| replies.insert(reply.trim())) {
        found.push((Rule::NearMiss, "a near miss equals the reference or another near miss".to_owned()));
    }
    if !prompt.answer_in_prompt
        && let Some(needle) = needle_in_prompt(prompt)
    {
        let detail =
            format!("the answer `{needle}` stands in the prompt; reword it, or say `answer_in_prompt`");
        found.push((Rule::AnswerInPrompt, detail));
    }
    if let Some(near_miss) = tolerated(prompt) {
        let detail =
            format!("the tolerance takes in the near miss `{near_miss}`; narrow it, or give a farther one");
        found.push((Rule::Tolerance, detail));
    }
    let needed = 3 * prompt.reference.chars().count().div_ceil(CHARACTERS_A_TOKEN);
    if (prompt.max_tokens as usize) < needed {
        let detail =
            format!("`max_tokens` is {}, three times the reference is about {needed}", prompt.max_tokens);
        found.push((Rule::MaxTokens, detail));
    }
    let texts = || {
        [&prompt.prompt, &prompt.reference]
            .into_iter()
            .chain(prompt.system.as_ref())
            .chain(prompt.swapped.as_ref())
            .chain(&prompt.near_miss)
    };
    if let Some(address) = texts().find_map(|text| ADDRESS.find(text)) {
        found.push((
            Rule::Address,
            format!("`{}` looks like somebody's address; leave it out", address.as_str().trim()),
        ));
    }
    let is_control = |c: char| c.is_control() && c != '\n' && c != '\t';
    if let Some(control) = texts().find_map(|text| text.chars().find(|c| is_control(*c))) {
        found.push((
            Rule::ControlCharacters,
            format!("U+{:04X} stands in it; leave it out", u32::from(control)),
        ));
    }
    if prompt.difficulty.is_none() {
        found.push((Rule::Difficulty, "no `difficulty`; say how hard it is".to_owned()));
    }
    if prompt.provenance.is_none() {
        found.push((Rule::Provenance, "no `provenance`; say where its facts can be looked up".to_owned()));
    }
    found
}

/// Letters and digits in lower case, each run of them one token.
fn tokens(text: &str) -> Vec<String> {
    text.nfkc()
        .collect::<String>()
        .to_lowercase()
        .split(|character: char| !character.is_alphanumeric())
        .filter(|token| !token.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a right answer must say, each alias apart. Options stand in the prompt by design, patterns and shapes say no
/// words, and of ideas a prompt may well name some.
fn needles(prompt: &Prompt) -> impl Iterator<Item = String> {
    let needles = |check: &Check| -> Vec<String> {
        match check {
            Check::Contains { any, all, .. } => {
                any.iter().chain(all).flat_map(|needle| needle.split('|')).map(str::to_owned).collect()
            }
            Check::Exact { values, .. } => values.clone(),
            Check::Numeric { value, .. } => vec![value.clone()],
            _ => Vec::new(),
        }
    };
    prompt.checks.iter().flat_map(needles)
}

fn needle_in_prompt(prompt: &Prompt) -> Option<String> {
    let text = tokens(&prompt.prompt);
    // A sign belongs to its number: -1 does not stand in "x = 1".
    let with_minus = prompt.prompt.replace('\u{2212}', "-");
    needles(prompt).find(|needle| {
        if needle.starts_with('-') && !with_minus.contains(needle.as_str()) {
            return false;
        }
        let wanted = tokens(needle);
        !wanted.is_empty() && text.windows(wanted.len()).any(|window| window == wanted)
    })
}

/// A near miss that a tolerance lets pass.
fn tolerated(prompt: &Prompt) -> Option<String> {
    let is_tolerant = |check: &Check| {
        matches!(check, Check::Numeric { abs, rel, decimals, significant_figures, .. }
            if abs.is_some() || rel.is_some() || decimals.is_some() || significant_figures.is_some())
    };
    if !prompt.checks.iter().any(is_tolerant) {
        return None;
    }
    let judge = Judge::new(prompt).ok()?;
    let passes = |content: &&String| {
        let response = Response { content, reasoning: "", finish_reason: Some("stop") };
        judge.judge(&response).verdict == Verdict::Pass
    };
    let near_miss = prompt.near_miss.iter().find(passes)?;
    Some(near_miss.lines().last().unwrap_or_default().to_owned())
}

/// Rows of families that are more than two.
fn families(set: &PromptSet) -> Vec<(usize, Rule, String)> {
    let mut families: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, prompt) in set.prompts.iter().enumerate() {
        if let Some(family) = &prompt.family {
            families.entry(family).or_default().push(row);
        }
    }
    let too_many = families.into_iter().filter(|(_, rows)| rows.len() > 2);
    too_many
        .map(|(family, rows)| {
            (rows[2], Rule::Family, format!("family `{family}` has {} rows; keep two", rows.len()))
        })
        .collect()
}

fn same_ids(set: &PromptSet, others: &[PromptSet]) -> Vec<(usize, Rule, String)> {
    let mut known = HashMap::new();
    for other in others {
        known.extend(other.prompts.iter().map(|prompt| (prompt.id.as_str(), other.manifest.name.as_str())));
    }
    let twice = |(row, prompt): (usize, &Prompt)| {
        let other = known.get(prompt.id.as_str())?;
        Some((row, Rule::Id, format!("the id is used in `{other}` too; rename one")))
    };
    set.prompts.iter().enumerate().filter_map(twice).collect()
}

/// Pairs of prompts that are nearly the same, each told at the later row; pairs of one family are known to be.
fn duplicates(set: &PromptSet, others: &[PromptSet]) -> Vec<(usize, Rule, String)> {
    let own = set.prompts.iter().map(|prompt| (prompt, None));
    let foreign = others
        .iter()
        .flat_map(|other| other.prompts.iter().map(|prompt| (prompt, Some(other.manifest.name.as_str()))));
    let prompts: Vec<(&Prompt, Option<&str>)> = own.chain(foreign).collect();
    let grams: Vec<BTreeSet<u64>> = prompts.iter().map(|(prompt, _)| five_grams(&prompt.prompt)).collect();
    let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut found = Vec::new();
    let rows = set.prompts.len();
    // Others first, so that each row is told of all that stands before it.
    for index in (rows..prompts.len()).chain(0..rows) {
        if index < rows {
            let mut shared: HashMap<usize, usize> = HashMap::new();
            for gram in &grams[index] {
                for other in holders.get(gram).into_iter().flatten() {
                    *shared.entry(*other).or_default() += 1;
                }
            }
            let nearest = shared
                .into_iter()
                .filter(|(other, both)| {
                    let all = grams[index].len() + grams[*other].len() - both;
                    let family = &prompts[index].0.family;
                    // Jaccard index of 0.6, in whole numbers.
                    10 * both >= 6 * all && (family.is_none() || *family != prompts[*other].0.family)
                })
                .min_by_key(|(other, both)| (std::cmp::Reverse(*both), *other));
            if let Some((other, _)) = nearest {
                let (prompt, of) = prompts[other];
                let place = of.map_or_else(String::new, |set| format!(" of `{set}`"));
                let detail = format!(
                    "nearly the same as `{}`{place}; replace one, or give both a `family`",
                    prompt.id
                );
                found.push((index, Rule::Duplicate, detail));
            }
        }
        for gram in &grams[index] {
            holders.entry(*gram).or_default().push(index);
        }
    }
    found
}

/// Hashes of each sequence of five tokens; of the whole where there are fewer.
fn five_grams(text: &str) -> BTreeSet<u64> {
    let tokens = tokens(text);
    let hash = |window: &[String]| {
        let mut hasher = DefaultHasher::new();
        window.hash(&mut hasher);
        hasher.finish()
    };
    tokens.windows(5.min(tokens.len()).max(1)).map(hash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::tests::number;
    use crate::model::prompt::{Difficulty, Manifest};

    fn row(id: &str, text: &str) -> Prompt {
        Prompt {
            checks: vec![number("42")],
            reference: "Answer: 42".to_owned(),
            near_miss: vec!["Answer: 41".to_owned()],
            difficulty: Some(Difficulty::Easy),
            provenance: Some("computed".to_owned()),
            ..Prompt::unchecked(id.to_owned(), "math".to_owned(), text.to_owned(), 64)
        }
    }

    fn set(name: &str, prompts: Vec<Prompt>) -> PromptSet {
        let manifest = Manifest {
            name: name.to_owned(),
            version: 1,
            description: String::new(),
            team: "any".to_owned(),
            categories: BTreeMap::new(),
            calibrated: false,
            sha256: String::new(),
        };
        PromptSet { manifest, prompts, origin: String::new(), selection: None }
    }

    fn rules(prompts: Vec<Prompt>, others: &[PromptSet]) -> Vec<(String, Rule)> {
        lint(&set("t", prompts), others).into_iter().map(|lint| (lint.prompt_id, lint.rule)).collect()
    }

    #[test]
    fn a_sound_row_is_left_alone() {
        assert_eq!(rules(vec![row("a", "What is six times seven?")], &[]), []);
    }

    #[test]
    fn each_fault_is_found() {
        let text = "What is six times seven?";
        let faulty: [(Prompt, Rule); 10] = [
            (Prompt { reference: " ".into(), ..row("a", text) }, Rule::Reference),
            (Prompt { near_miss: vec![], ..row("a", text) }, Rule::NearMiss),
            (Prompt { near_miss: vec!["Answer: 42 ".into()], ..row("a", text) }, Rule::NearMiss),
            (row("a", "Is 42 six times seven?"), Rule::AnswerInPrompt),
            (Prompt { max_tokens: 8, ..row("a", text) }, Rule::MaxTokens),
            (row("a", "Write to jo@example.org about six times seven"), Rule::Address),
            (row("a", "Call +49 30 1234 5678 now"), Rule::Address),
            (row("a", "a bell \u{7} rings"), Rule::ControlCharacters),
            (Prompt { difficulty: None, ..row("a", text) }, Rule::Difficulty),
            (Prompt { provenance: None, ..row("a", text) }, Rule::Provenance),
        ];
        for (prompt, rule) in faulty {
            assert_eq!(rules(vec![prompt.clone()], &[]), [("a".to_owned(), rule)], "{prompt:?}");
        }
        let tolerant = Check::Numeric {
            value: "42".into(),
            abs: Some(1.0),
            rel: None,
            decimals: None,
            significant_figures: None,
            unit: None,
            locale: crate::model::check::Locale::English,
        };
        let found = lint(&set("t", vec![Prompt { checks: vec![tolerant], ..row("a", text) }]), &[]);
        assert_eq!(
            found[0].detail,
            "the tolerance takes in the near miss `Answer: 41`; narrow it, or give a farther one"
        );
    }

    #[test]
    fn repeats_are_found_within_and_across_sets() {
        let long = "A farmer sells twelve baskets of pears at the market on the first Monday of every month of spring";
        let near = "One farmer sells twelve baskets of pears at the market on the first Monday of every month of spring";
        let far =
            "A teacher divides twelve pencils among four pupils and keeps what is left over for herself";
        assert_eq!(rules(vec![row("a", long), row("b", far)], &[]), []);
        let pair = || vec![row("a", long), row("b", near)];
        assert_eq!(rules(pair(), &[]), [("b".to_owned(), Rule::Duplicate)]);
        let family = |prompt: Prompt| Prompt { family: Some("pears".into()), ..prompt };
        assert_eq!(rules(pair().into_iter().map(family).collect(), &[]), []);
        let three = vec![family(row("a", long)), family(row("b", near)), family(row("c", far))];
        assert_eq!(rules(three, &[]), [("c".to_owned(), Rule::Family)]);
        let other = set("other", vec![row("a", near)]);
        let found = lint(&set("t", vec![row("a", long)]), &[other]);
        let details: Vec<&str> = found.iter().map(|lint| lint.detail.as_str()).collect();
        assert_eq!(
            details,
            [
                "the id is used in `other` too; rename one",
                "nearly the same as `a` of `other`; replace one, or give both a `family`"
            ]
        );
    }
}
