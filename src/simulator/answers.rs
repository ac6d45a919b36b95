//! What the simulated models answer, and whether that is right: known before the run.
//!
//! Each prompt of a known set has a latent difficulty that all profiles share, spread evenly within
//! its category, so that a profile's pass rate is met to within one prompt. A profile answers right
//! where the difficulty lies below its pass rate, except that with its flip rate the outcome is drawn
//! anew, alone. So pairs are correlated as real models' are, and repeats differ as theirs do.
//! Nothing depends on the order in which requests arrive.

use std::collections::HashMap;
use std::sync::Arc;

use super::draw::Draw;
use super::engine::FinishReason;
use super::judging::{self, AskedOfJudge, asked_of_judge};
use super::profile::Profile;
use super::tokens;
use crate::model::prompt::{Prompt, PromptSet, SWAPPED};

/// What a simulated model makes of one prompt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Truth {
    /// The prompt's id.
    pub prompt_id: String,
    /// Its category.
    pub category: String,
    /// Whether its answer is right.
    pub passes: bool,
}

/// The verdicts to be expected of a profile on a set, in the set's order, where `seed` is the
/// simulator's and `sampling_seed` the one that each request carries.
#[must_use]
pub fn truth(set: &PromptSet, profile: &Profile, seed: u64, sampling_seed: u64) -> Vec<Truth> {
    let difficulties = difficulties(set, seed);
    let each = set.prompts.iter().zip(difficulties);
    each.map(|(prompt, difficulty)| Truth {
        prompt_id: prompt.id.clone(),
        category: prompt.category.clone(),
        passes: outcome(prompt, difficulty, profile, seed, sampling_seed).is_none(),
    })
    .collect()
}

/// Each prompt's difficulty, 0 to 1 without the ends: its rank within its category by hash, so evenly
/// spread. A prompt whose responses are in the other order is as hard as the same in the usual one.
#[expect(clippy::cast_precision_loss, reason = "sets have far fewer than 2^53 prompts")]
fn difficulties(set: &PromptSet, seed: u64) -> Vec<f64> {
    let mut categories: HashMap<&str, Vec<usize>> = HashMap::new();
    let positions: HashMap<&str, usize> =
        set.prompts.iter().enumerate().map(|(index, prompt)| (prompt.id.as_str(), index)).collect();
    let usual =
        |prompt: &Prompt| prompt.id.strip_suffix(SWAPPED).and_then(|usual| positions.get(usual)).copied();
    for (index, prompt) in set.prompts.iter().enumerate() {
        if usual(prompt).is_none() {
            categories.entry(&prompt.category).or_default().push(index);
        }
    }
    let mut difficulties = vec![0.0; set.prompts.len()];
    let draw = Draw::new(seed).text("difficulty");
    for members in categories.values_mut() {
        members.sort_by_key(|index| {
            let id = &set.prompts[*index].id;
            (draw.text(id).bits(), id)
        });
        for (rank, index) in members.iter().enumerate() {
            difficulties[*index] = (rank as f64 + 0.5) / members.len() as f64;
        }
    }
    for (index, prompt) in set.prompts.iter().enumerate() {
        if let Some(usual) = usual(prompt) {
            difficulties[index] = difficulties[usual];
        }
    }
    difficulties
}

/// `None` where the answer is right, else which near miss is given. A prompt without near misses is
/// always answered right.
fn outcome(
    prompt: &Prompt,
    difficulty: f64,
    profile: &Profile,
    seed: u64,
    sampling_seed: u64,
) -> Option<usize> {
    let draw = Draw::new(seed).text("answer").text(&prompt.id).text(&profile.name).number(sampling_seed);
    let redrawn = draw.number(1).unit() < profile.flip_rate;
    let level = if redrawn { draw.number(2).unit() } else { difficulty };
    let misses = level >= profile.pass_rate(&prompt.category) && !prompt.near_miss.is_empty();
    misses.then(|| draw.number(3).below(prompt.near_miss.len()))
}

/// What is asked, as far as it decides the answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Question<'a> {
    /// The system messages.
    pub(super) system: &'a str,
    /// The last user message.
    pub(super) user: &'a str,
    /// The request's `seed`; 0 where it has none.
    pub(super) sampling_seed: u64,
    /// Most tokens of the answer.
    pub(super) max_tokens: u32,
    /// Fewest tokens of the answer; it is padded with filler.
    pub(super) min_tokens: u32,
    /// Texts before which the answer ends.
    pub(super) stop: &'a [String],
    /// Whether filler is made of characters of several bytes.
    pub(super) multibyte: bool,
}

/// A text with its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    text: String,
    /// Where each token ends in the text.
    ends: Vec<usize>,
    /// Why it ends.
    pub(super) finish: FinishReason,
}

impl Answer {
    fn new(mut text: String, max_tokens: u32) -> Self {
        let mut end = 0;
        let mut ends: Vec<usize> = tokens::pieces(&text)
            .map(|piece| {
                end += piece.len();
                end
            })
            .collect();
        let mut finish = FinishReason::Stop;
        if ends.len() > max_tokens as usize {
            ends.truncate(max_tokens as usize);
            text.truncate(ends.last().copied().unwrap_or(0));
            finish = FinishReason::Length;
        }
        Self { text, ends, finish }
    }

    /// Tokens.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    /// The whole text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text of tokens `from` up to but without `to`.
    pub(super) fn tokens(&self, from: u32, to: u32) -> &str {
        let start = |token: u32| match token.checked_sub(1) {
            None => 0,
            Some(before) => self.ends.get(before as usize).copied().unwrap_or(self.text.len()),
        };
        &self.text[start(from)..start(to)]
    }
}

/// Where a known prompt is.
#[derive(Debug, Clone, Copy)]
enum Known {
    /// Set and row.
    AsWritten(usize, usize),
    /// Position among those in the other order.
    Swapped(usize),
}

/// All prompts whose answers are known, for one profile.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    sets: Arc<Vec<PromptSet>>,
    /// Prompts of the sets with two responses, in the other order.
    swapped: Vec<Prompt>,
    /// System and user text, trimmed, to the prompt and its difficulty. Where several sets hold a prompt the
    /// first one answers it.
    known: HashMap<(String, String), (Known, f64)>,
    profile: Profile,
    seed: u64,
}

impl Answers {
    /// Learns the sets.
    pub(super) fn new(sets: Arc<Vec<PromptSet>>, profile: Profile, seed: u64) -> Self {
        let mut known = HashMap::new();
        let mut swapped = Vec::new();
        let key = |prompt: &Prompt| {
            let system = prompt.system.as_deref().unwrap_or_default().trim().to_owned();
            (system, prompt.prompt.trim().to_owned())
        };
        for (set_index, set) in sets.iter().enumerate() {
            for ((row, prompt), difficulty) in set.prompts.iter().enumerate().zip(difficulties(set, seed)) {
                // What is sent for its speed alone has no right answer to be known.
                if prompt.reference.is_empty() {
                    continue;
                }
                known.entry(key(prompt)).or_insert((Known::AsWritten(set_index, row), difficulty));
                if let Some(other) = prompt.swapped_prompt() {
                    known.entry(key(&other)).or_insert((Known::Swapped(swapped.len()), difficulty));
                    swapped.push(other);
                }
            }
        }
        Self { sets, swapped, known, profile, seed }
    }

    /// The profile's name and its expected NLL of a token that is given.
    pub(super) fn reference_nll(&self) -> (&str, f64) {
        (&self.profile.name, self.profile.reference_nll)
    }

    /// The answer to a question.
    pub(super) fn answer(&self, question: &Question<'_>) -> Answer {
        if let Some(length) = self.profile.pacing.as_ref().and_then(|pacing| pacing.tokens) {
            let draw = Draw::new(self.seed).text("paced").text(question.user);
            return Answer::new(words(draw, length, question.multibyte), question.max_tokens);
        }
        let mut text = match asked_of_judge(question.user) {
            Some(asked) => self.judged(&asked, question.sampling_seed),
            None => self.known_text(question).map_or_else(|| self.filler(question), str::to_owned),
        };
        let cut = question.stop.iter().filter(|s| !s.is_empty()).filter_map(|s| text.find(s.as_str())).min();
        text.truncate(cut.unwrap_or(text.len()));
        let missing = question.min_tokens.min(question.max_tokens).saturating_sub(tokens::count(&text));
        if missing > 0 {
            let draw = Draw::new(self.seed).text("padding").text(question.user);
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&words(draw, missing, question.multibyte));
        }
        Answer::new(text, question.max_tokens)
    }

    /// So many tokens of thinking about a question.
    pub(super) fn reasoning(&self, user: &str, length: u32) -> Answer {
        Answer::new(words(Draw::new(self.seed).text("reasoning").text(user), length, false), length)
    }

    fn known_text(&self, question: &Question<'_>) -> Option<&str> {
        let (prompt, difficulty) = self.known(question.system, question.user)?;
        let miss = outcome(prompt, difficulty, &self.profile, self.seed, question.sampling_seed);
        Some(miss.map_or(prompt.reference.as_str(), |n| prompt.near_miss[n].as_str()))
    }

    fn known(&self, system: &str, user: &str) -> Option<(&Prompt, f64)> {
        let (known, difficulty) = *self.known.get(&(system.trim().to_owned(), user.trim().to_owned()))?;
        let prompt = match known {
            Known::AsWritten(set, row) => &self.sets[set].prompts[row],
            Known::Swapped(position) => &self.swapped[position],
        };
        Some((prompt, difficulty))
    }

    /// What is said of a response that is to be scored.
    fn judged(&self, asked: &AskedOfJudge<'_>, sampling_seed: u64) -> String {
        let prompt = self.known(asked.system, asked.request).map(|(prompt, _)| prompt);
        judging::reply(asked, prompt, &self.profile, self.seed, sampling_seed)
    }

    /// Text about nothing. Its length is spread evenly on a logarithmic scale.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "float casts saturate, which is the wanted result"
    )]
    fn filler(&self, question: &Question<'_>) -> String {
        let draw = Draw::new(self.seed)
            .text("filler")
            .text(&self.profile.name)
            .text(question.system)
            .text(question.user)
            .number(question.sampling_seed);
        let (shortest, longest) = self.profile.filler_tokens;
        let (low, high) = (f64::from(shortest.max(1)), f64::from(longest.max(shortest).max(1)));
        let length = low * (high / low).powf(draw.unit());
        words(draw, length.round() as u32, question.multibyte)
    }
}

/// So many tokens of words, with a full stop now and then and at the end.
fn words(draw: Draw, length: u32, multibyte: bool) -> String {
    const PLAIN: [&str; 24] = [
        "the", "model", "reads", "each", "token", "and", "writes", "one", "more", "after", "it", "while",
        "batch", "steps", "grow", "with", "every", "answer", "that", "waits", "in", "a", "long", "queue",
    ];
    const MULTIBYTE: [&str; 8] = ["naïve", "東京", "größer", "пять", "🙂", "café", "δέκα", "한국어"];
    let list: &[&str] = if multibyte { &MULTIBYTE } else { &PLAIN };
    let mut text = String::new();
    for n in 0..length {
        if n > 0 && (n % 13 == 12 || n + 1 == length) {
            text.push('.');
            continue;
        }
        if n > 0 {
            text.push(' ');
        }
        text.push_str(list[draw.number(u64::from(n)).below(list.len())]);
    }
    text
}
