//! Made-up prompts of given lengths, alone, behind shared beginnings, or as the turns of conversations.
//!
//! A prompt's length is that of all its text, its salt included; a shared beginning comes on top of it, and has a salt
//! of the run's own within its length. In a conversation lengths are a turn's, and only the first turn is salted:
//! later ones stand behind it in every request.

use std::collections::BTreeSet;

use rand_distr::{Distribution, Exp};
use rand_pcg::Pcg64;

use super::length::Lengths;
use super::text::Made;
use super::{Context, Sequence, TextMaker, WorkPrompt, WorkloadError, random, salt};
use crate::model::prompt::Prompt;
use crate::model::workload::{Ask, SharedPrefix, Synthetic};

/// Different prompts where neither their number nor that of the requests is given.
const PROMPTS: u64 = 1_000;

/// The most different prompts that are made without being asked for.
const MOST_PROMPTS: u64 = 10_000;

/// The most different prompts there may be, a conversation's turns counted apart.
const MOST_ASKED: u32 = 2_000_000;

/// The most tokens of text that are kept, about 2.7 GB.
const MOST_TEXT: u32 = 500_000_000;

/// Category of all made-up prompts, and the beginning of their ids.
const CATEGORY: &str = "synthetic";

/// How often a shared beginning is made anew because another group has it.
const MOST_TRIES: u32 = 100;

/// What was made up.
pub(super) struct MadeUp {
    /// The prompts, those of one conversation behind one another.
    pub prompts: Vec<WorkPrompt>,
    /// Single prompts or conversations.
    pub sequences: Vec<Sequence>,
    /// What is otherwise than asked for.
    pub warnings: Vec<String>,
}

/// Makes up the prompts; with `cold`, each has room for a salt in its length.
pub(super) fn build(
    spec: &Synthetic,
    cold: bool,
    texts: &TextMaker,
    context: &Context<'_>,
) -> Result<MadeUp, WorkloadError> {
    let mut maker = Maker::new(spec, cold, texts, context)?;
    let mut made = MadeUp { prompts: Vec::new(), sequences: Vec::new(), warnings: Vec::new() };
    for index in 0..maker.number {
        let turns = maker.sequence(index);
        made.sequences.push(Sequence { first: made.prompts.len(), turns: turns.len() });
        made.prompts.extend(turns);
    }
    if maker.otherwise > 0 {
        made.warnings.push(format!(
            "{} of {} made-up prompts could not have the length drawn for them (the salt alone has {} tokens); \
             what each has is in its request's `input_tokens`",
            maker.otherwise,
            made.prompts.len(),
            maker.salt,
        ));
    }
    if maker.salt > 0 && !salt::is_even(texts) {
        made.warnings.push(format!(
            "salts differ in tokens under `{}`, so a request may have a few more or fewer than its `input_tokens` says",
            texts.name()
        ));
    }
    Ok(made)
}

/// A prompt of made-up text, without checks.
pub(super) fn prompt(id: String, text: String, max_tokens: u32) -> Prompt {
    Prompt::unchecked(id, CATEGORY.to_owned(), text, max_tokens)
}

/// What prompts are made with.
struct Maker<'a> {
    texts: &'a TextMaker,
    number: u64,
    input: Lengths,
    output: Lengths,
    turns: Option<Lengths>,
    think_time: Option<Exp<f64>>,
    prefixes: Vec<Made>,
    /// Tokens of a prompt's salt; 0 where it has none.
    salt: u32,
    input_random: Pcg64,
    output_random: Pcg64,
    turns_random: Pcg64,
    think_random: Pcg64,
    text_random: Pcg64,
    /// Prompts of another length than was drawn for them.
    otherwise: u64,
}

impl<'a> Maker<'a> {
    fn new(
        spec: &Synthetic,
        cold: bool,
        texts: &'a TextMaker,
        context: &Context<'_>,
    ) -> Result<Self, WorkloadError> {
        let input = Lengths::new(&spec.input_tokens, "input_tokens")?;
        let output = Lengths::new(&spec.output_tokens, "output_tokens")?;
        let conversation = spec.conversation.as_ref();
        let turns = conversation.map(|turns| Lengths::new(&turns.turns, "conversation.turns")).transpose()?;
        let think_time = think_time(conversation.map_or(0.0, |turns| turns.think_time_s))?;
        if spec.prompts == Some(0) {
            return Err(WorkloadError::field("prompts", "0 prompts are nothing to send; give at least 1"));
        }
        let planned = context.requests.unwrap_or(PROMPTS).clamp(1, MOST_PROMPTS);
        let number = spec.prompts.map_or(planned, u64::from);
        let salt = match (cold, &spec.shared_prefix) {
            (false, _) => 0,
            (true, None) => texts.count(salt::EXAMPLE),
            (true, Some(_)) => texts.count_behind(salt::EXAMPLE),
        };
        if input.longest() <= salt {
            return Err(no_room("input_tokens", input.longest(), salt));
        }
        check_size(number, &input, turns.as_ref(), spec.shared_prefix.as_ref())?;
        let prefixes = match &spec.shared_prefix {
            Some(shared) => prefixes(shared, number, cold, texts, context)?,
            None => Vec::new(),
        };
        let random = |purpose| random::source(context.seed, purpose);
        Ok(Self {
            texts,
            number,
            input,
            output,
            turns,
            think_time,
            prefixes,
            salt,
            input_random: random("input lengths"),
            output_random: random("output lengths"),
            turns_random: random("turns"),
            think_random: random("think times"),
            text_random: random("texts"),
            otherwise: 0,
        })
    }

    /// A single prompt, or the turns of a conversation.
    fn sequence(&mut self, index: u64) -> Vec<WorkPrompt> {
        let id = format!("{CATEGORY}-{:05}", index + 1);
        let Some(turns) = &self.turns else { return vec![self.first(id, index)] };
        let turns = turns.draw(&mut self.turns_random);
        (0..turns)
            .map(|turn| {
                let id = format!("{id}/{turn}");
                let mut prompt = if turn == 0 { self.first(id, index) } else { self.later(id) };
                prompt.ask.turn = Some(turn);
                prompt
            })
            .collect()
    }

    /// The first turn of a conversation, or a prompt that is alone.
    fn first(&mut self, id: String, index: u64) -> WorkPrompt {
        let wanted = self.input.draw(&mut self.input_random);
        // A prompt of nothing but its salt would say nothing.
        let tokens = wanted.saturating_sub(self.salt).max(1);
        let prefix = match self.prefixes.len() {
            0 => None,
            groups => usize::try_from(index).ok().map(|index| self.prefixes[index % groups].clone()),
        };
        let made = if self.salt > 0 || prefix.is_some() {
            self.texts.behind(tokens, &mut self.text_random)
        } else {
            self.texts.alone(tokens, &mut self.text_random)
        };
        let has = made.tokens + self.salt;
        self.otherwise += u64::from(has != wanted);
        let (text, salt_at, has) = match prefix {
            Some(prefix) => {
                let text = format!("{} {}", prefix.text, made.text);
                (text, prefix.text.len() + 1, has + prefix.tokens)
            }
            None => (made.text, 0, has),
        };
        let salt_at = (self.salt > 0).then_some(salt_at);
        self.prompt(id, text, has, salt_at, 0.0)
    }

    /// A later turn of a conversation.
    fn later(&mut self, id: String) -> WorkPrompt {
        let wanted = self.input.draw(&mut self.input_random);
        let made = self.texts.alone(wanted, &mut self.text_random);
        self.otherwise += u64::from(made.tokens != wanted);
        let think_s = self.think_time.map_or(0.0, |think_time| think_time.sample(&mut self.think_random));
        self.prompt(id, made.text, made.tokens, None, think_s)
    }

    fn prompt(
        &mut self,
        id: String,
        text: String,
        tokens: u32,
        salt_at: Option<usize>,
        think_s: f64,
    ) -> WorkPrompt {
        let max_tokens = self.output.draw(&mut self.output_random);
        let ask = Ask { input_tokens: Some(tokens), ..Ask::default() };
        WorkPrompt { prompt: prompt(id, text, max_tokens), ask, salt_at, think_s }
    }
}

/// The distribution of think times with this mean; none where it is 0.
fn think_time(mean_s: f64) -> Result<Option<Exp<f64>>, WorkloadError> {
    let wrong = || {
        let problem = format!("{mean_s} is no time; give a finite number of seconds, 0 or more");
        WorkloadError::field("conversation.think_time_s", problem)
    };
    match mean_s {
        0.0 => Ok(None),
        _ if !mean_s.is_finite() || mean_s < 0.0 => Err(wrong()),
        _ => Exp::new(1.0 / mean_s).map(Some).map_err(|_| wrong()),
    }
}

fn no_room(field: &str, tokens: u32, salt: u32) -> WorkloadError {
    let problem = format!(
        "at most {tokens} tokens leave no room for the salt that keeps prefix caches out, which has {salt}; \
         give at least {}, or `cache: as-is` to send prompts without it",
        salt + 1
    );
    WorkloadError::field(field, problem)
}

/// Refuses what would not fit into memory.
#[expect(clippy::cast_precision_loss, reason = "an estimate, of numbers below 2^33")]
fn check_size(
    number: u64,
    input: &Lengths,
    turns: Option<&Lengths>,
    prefix: Option<&SharedPrefix>,
) -> Result<(), WorkloadError> {
    let turns = turns.map_or(1.0, Lengths::mean);
    let prefix = prefix.map_or(0.0, |shared| f64::from(shared.tokens));
    if number as f64 * turns > f64::from(MOST_ASKED) {
        let problem = format!(
            "{number} with {turns:.1} turns each are too many to keep; at most {MOST_ASKED}; \
             give fewer, they are then sent several times, each time with a salt of its own"
        );
        return Err(WorkloadError::field("prompts", problem));
    }
    let tokens = number as f64 * (turns * input.mean() + prefix);
    if tokens > f64::from(MOST_TEXT) {
        return Err(WorkloadError::TooMuchText { tokens, most: MOST_TEXT.into() });
    }
    Ok(())
}

/// The shared beginnings, no two alike. With `cold`, each begins with a salt of its own, so that no earlier run's
/// cache has it.
fn prefixes(
    shared: &SharedPrefix,
    number: u64,
    cold: bool,
    texts: &TextMaker,
    context: &Context<'_>,
) -> Result<Vec<Made>, WorkloadError> {
    for (name, value) in [("groups", shared.groups), ("tokens", shared.tokens)] {
        if value == 0 {
            return Err(WorkloadError::field(format!("shared_prefix.{name}"), "0; give at least 1"));
        }
    }
    let salt = if cold { texts.count(salt::EXAMPLE) } else { 0 };
    if shared.tokens <= salt {
        return Err(no_room("shared_prefix.tokens", shared.tokens, salt));
    }
    let mut random = random::source(context.seed, "shared prefixes");
    let mut known = BTreeSet::new();
    // More groups than prompts would go unused.
    (0..u64::from(shared.groups).min(number))
        .map(|group| {
            for _ in 0..MOST_TRIES {
                let made = if cold {
                    let letters = salt::letters(context.salt, "shared prefix", &group.to_string());
                    let Made { text, tokens } = texts.behind(shared.tokens - salt, &mut random);
                    Made { text: format!("{letters} {text}"), tokens: tokens + salt }
                } else {
                    texts.alone(shared.tokens, &mut random)
                };
                if known.insert(made.text.clone()) {
                    return Ok(made);
                }
            }
            let problem = format!(
                "{} beginnings of {} tokens can't all be different; give fewer `groups` or more `tokens`",
                shared.groups, shared.tokens
            );
            Err(WorkloadError::field("shared_prefix", problem))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::workload::{Length, Turns};
    use crate::workload::{salted, toys};
    use proptest::prelude::*;
    use std::path::Path;

    fn spec(input: Length) -> Synthetic {
        Synthetic {
            input_tokens: input,
            output_tokens: Length::Uniform { min: 5, max: 9 },
            prompts: Some(40),
            shared_prefix: None,
            conversation: None,
        }
    }

    fn uniform() -> Length {
        Length::Uniform { min: 20, max: 60 }
    }

    fn context() -> Context<'static> {
        Context {
            requests: None,
            seed: 9,
            salt: "run",
            promptset_dir: Path::new("promptsets"),
            prompt_set: None,
        }
    }

    fn estimating() -> TextMaker {
        TextMaker::new(None).unwrap()
    }

    fn made(spec: &Synthetic, cold: bool) -> MadeUp {
        build(spec, cold, &estimating(), &context()).unwrap()
    }

    fn told(spec: &Synthetic) -> String {
        build(spec, true, &estimating(), &context()).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn prompts_are_plain_and_have_the_lengths_drawn() {
        let MadeUp { prompts, sequences, warnings } = made(&spec(uniform()), true);
        assert!((prompts.len(), sequences.len()) == (40, 40) && warnings.is_empty());
        let texts = estimating();
        for (at, made) in prompts.iter().enumerate() {
            let prompt = &made.prompt;
            assert_eq!(prompt.id, format!("synthetic-{:05}", at + 1));
            assert_eq!(prompt.category, "synthetic");
            assert!(prompt.checks.is_empty() && prompt.reference.is_empty() && prompt.near_miss.is_empty());
            assert!((5..=9).contains(&prompt.max_tokens));
            let tokens = made.ask.input_tokens.unwrap();
            assert!((20..=60).contains(&tokens));
            assert_eq!(texts.count(&salted(made, Some("run"), "1").prompt), tokens, "with its salt");
            assert_eq!((made.salt_at, made.ask.turn, made.think_s.to_bits()), (Some(0), None, 0));
        }
    }

    #[test]
    fn their_number_is_the_one_given_or_that_of_the_requests_or_a_thousand() {
        let number = |prompts, requests| {
            let spec = Synthetic { prompts, ..spec(Length::Fixed { value: 12 }) };
            build(&spec, false, &estimating(), &Context { requests, ..context() }).unwrap().prompts.len()
        };
        assert_eq!(number(Some(7), Some(100)), 7);
        assert_eq!(number(None, Some(100)), 100);
        assert_eq!(number(None, None), 1_000);
        assert_eq!(number(None, Some(1_000_000)), 10_000);
        assert_eq!(number(None, Some(0)), 1);
    }

    #[test]
    fn asking_for_other_answers_leaves_the_prompts_as_they_are() {
        let other = Synthetic { output_tokens: Length::Fixed { value: 100 }, ..spec(uniform()) };
        let texts = |spec: &Synthetic| {
            made(spec, true).prompts.into_iter().map(|prompt| prompt.prompt.prompt).collect::<Vec<_>>()
        };
        assert_eq!(texts(&spec(uniform())), texts(&other));
        let fewer = Synthetic { prompts: Some(10), ..spec(uniform()) };
        assert_eq!(texts(&spec(uniform()))[..10], texts(&fewer));
    }

    #[test]
    fn with_the_target_s_tokenizer_lengths_are_exact_for_every_request() {
        for json in [toys::byte_level(), toys::sentence_piece(), toys::across_blanks()] {
            let (_folder, path) = toys::saved(&json);
            let texts = TextMaker::new(Some(&path)).unwrap();
            let shared =
                Synthetic { shared_prefix: Some(SharedPrefix { groups: 3, tokens: 50 }), ..spec(uniform()) };
            for (spec, cold, salt) in [
                (spec(uniform()), true, 8),
                (spec(uniform()), false, 0),
                (shared.clone(), true, 8),
                (shared, false, 0),
            ] {
                let made = build(&spec, cold, &texts, &context()).unwrap();
                assert_eq!(made.warnings, [""; 0]);
                for prompt in &made.prompts {
                    for request in ["0/0/0", "0/0/1", "3/1/4"] {
                        let sent = salted(prompt, Some("run"), request).into_owned().prompt;
                        assert_eq!(Some(texts.count(&sent)), prompt.ask.input_tokens, "{sent}");
                    }
                    assert_eq!(texts.count(&salt::letters("run", &prompt.prompt.id, "")), 8);
                    assert_eq!(prompt.salt_at.is_some(), salt > 0);
                }
            }
        }
    }

    #[test]
    fn groups_begin_alike_up_to_the_salt_and_apart_from_each_other_and_other_runs() {
        let shared_prefix = Some(SharedPrefix { groups: 4, tokens: 30 });
        let spec = Synthetic { shared_prefix, ..spec(uniform()) };
        let beginnings = |salt: &'static str| -> Vec<String> {
            let made = build(&spec, true, &estimating(), &Context { salt, ..context() }).unwrap();
            made.prompts.iter().map(|p| p.prompt.prompt[..p.salt_at.unwrap()].to_owned()).collect()
        };
        let (first, other) = (beginnings("run"), beginnings("other"));
        for (at, beginning) in first.iter().enumerate() {
            assert_eq!(*beginning, first[at % 4]);
            assert_eq!(estimating().count(beginning.trim_end()), 30);
        }
        let different: BTreeSet<_> = first.iter().chain(&other).map(|beginning| &beginning[..16]).collect();
        assert_eq!(different.len(), 8, "four groups of two runs, apart within their first tokens");
        let as_is = made(&spec, false);
        let different: BTreeSet<_> = as_is.prompts.iter().map(|p| p.prompt.prompt[..60].to_owned()).collect();
        assert!(different.len() == 4 && as_is.prompts.iter().all(|prompt| prompt.salt_at.is_none()));
    }

    #[test]
    fn conversations_have_turns_that_think_and_one_salt() {
        let turns = Turns { turns: Length::Uniform { min: 1, max: 5 }, think_time_s: 2.0 };
        let spec = Synthetic { prompts: Some(500), conversation: Some(turns), ..spec(uniform()) };
        let MadeUp { prompts, sequences, .. } = made(&spec, true);
        assert_eq!(sequences.len(), 500);
        let mut next = 0;
        for (number, sequence) in sequences.iter().enumerate() {
            assert!(sequence.first == next && (1..=5).contains(&sequence.turns));
            for (turn, prompt) in prompts[next..next + sequence.turns].iter().enumerate() {
                assert_eq!(prompt.prompt.id, format!("synthetic-{:05}/{turn}", number + 1));
                assert_eq!(prompt.ask.turn.map(usize::try_from), Some(Ok(turn)));
                assert_eq!(prompt.salt_at.is_some(), turn == 0);
                assert_eq!(prompt.think_s > 0.0, turn > 0);
                assert!((20..=60).contains(&prompt.ask.input_tokens.unwrap()));
            }
            next += sequence.turns;
        }
        assert_eq!(next, prompts.len());
        let thought: Vec<_> =
            prompts.iter().map(|prompt| prompt.think_s).filter(|time| *time > 0.0).collect();
        let number = f64::from(u32::try_from(thought.len()).unwrap());
        let mean = thought.iter().sum::<f64>() / number;
        // Exponential: its standard deviation is its mean.
        assert!((mean - 2.0).abs() < 4.0 * 2.0 / number.sqrt(), "{mean} of {number}");
    }

    #[test]
    fn lengths_below_the_salt_are_told() {
        let made = made(&spec(Length::Uniform { min: 1, max: 20 }), true);
        assert!(made.prompts.iter().all(|prompt| prompt.ask.input_tokens >= Some(9)));
        let warning = &made.warnings[0];
        assert!(warning.contains("of 40 made-up prompts could not have the length drawn"), "{warning}");
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_remedy() {
        let base = || spec(uniform());
        let shared =
            |groups, tokens| Synthetic { shared_prefix: Some(SharedPrefix { groups, tokens }), ..base() };
        let thinking = |think_time_s, turns| {
            let conversation = Some(Turns { turns: Length::Fixed { value: turns }, think_time_s });
            Synthetic { conversation, ..base() }
        };
        let zero = || Length::Fixed { value: 0 };
        for (spec, message) in [
            (spec(zero()), "`input_tokens`: 0; give at least 1"),
            (Synthetic { output_tokens: zero(), ..base() }, "`output_tokens`: 0; give at least 1"),
            (
                Synthetic { prompts: Some(0), ..base() },
                "`prompts`: 0 prompts are nothing to send; give at least 1",
            ),
            (
                spec(Length::Fixed { value: 8 }),
                "`input_tokens`: at most 8 tokens leave no room for the salt that keeps prefix caches out, which has 8; \
                 give at least 9, or `cache: as-is` to send prompts without it",
            ),
            (shared(0, 50), "`shared_prefix.groups`: 0; give at least 1"),
            (shared(2, 0), "`shared_prefix.tokens`: 0; give at least 1"),
            (
                shared(2, 8),
                "`shared_prefix.tokens`: at most 8 tokens leave no room for the salt that keeps prefix caches out, \
                 which has 8; give at least 9, or `cache: as-is` to send prompts without it",
            ),
            (thinking(0.0, 0), "`conversation.turns`: 0; give at least 1"),
            (
                thinking(-1.0, 2),
                "`conversation.think_time_s`: -1 is no time; give a finite number of seconds, 0 or more",
            ),
            (
                thinking(f64::NAN, 2),
                "`conversation.think_time_s`: NaN is no time; give a finite number of seconds, 0 or more",
            ),
            (
                Synthetic { prompts: Some(1_000_000), ..thinking(0.0, 4) },
                "`prompts`: 1000000 with 4.0 turns each are too many to keep; at most 2000000; \
                 give fewer, they are then sent several times, each time with a salt of its own",
            ),
            (
                Synthetic { prompts: Some(1_000_000), ..spec(Length::Fixed { value: 5_000 }) },
                "the made-up prompts would have about 5000000000 tokens in all, at most 500000000 are made; \
                 set `prompts` to fewer, they are then sent several times, each time with a salt of its own",
            ),
        ] {
            assert_eq!(told(&spec), message);
        }
        let few = Synthetic { prompts: Some(5_000), ..shared(5_000, 1) };
        let message = build(&few, false, &estimating(), &context()).map(|_| ()).unwrap_err().to_string();
        assert!(message.contains("5000 beginnings of 1 tokens can't all be different"), "{message}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn what_is_made_is_whole_and_the_same_again(
            seed: u64, prompts in 1_u32..30, groups in proptest::option::of(1_u32..5), turns in proptest::option::of(1_u32..4),
            cold: bool,
        ) {
            let spec = Synthetic {
                prompts: Some(prompts),
                shared_prefix: groups.map(|groups| SharedPrefix { groups, tokens: 24 }),
                conversation: turns.map(|max| Turns { turns: Length::Uniform { min: 1, max }, think_time_s: 0.5 }),
                ..spec(uniform())
            };
            let context = Context { seed, ..context() };
            let made = build(&spec, cold, &estimating(), &context).unwrap();
            prop_assert_eq!(made.sequences.iter().map(|sequence| sequence.turns).sum::<usize>(), made.prompts.len());
            let ids: BTreeSet<_> = made.prompts.iter().map(|prompt| &prompt.prompt.id).collect();
            prop_assert_eq!(ids.len(), made.prompts.len());
            for prompt in &made.prompts {
                let sent = salted(prompt, Some("run"), "0").into_owned().prompt;
                prop_assert_eq!(Some(estimating().count(&sent)), prompt.ask.input_tokens);
            }
            let again = build(&spec, cold, &estimating(), &context).unwrap();
            prop_assert_eq!(made.prompts, again.prompts);
        }
    }
}
