//! A workload of what was asked for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use super::file::Loaded;
use super::length::Lengths;
use super::synthetic::{self, MadeUp};
use super::tokenizer::TokenCounter;
use super::{Sequence, TextMaker, WorkPrompt, Workload, WorkloadError, file, mix, random, salt};
use crate::model::prompt::PromptSet;
use crate::model::workload::{CacheMode, WorkloadInfo, WorkloadOptions, WorkloadSpec};
use crate::promptset;

/// What a workload depends on beside what was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// How many requests are planned a level, where that is known.
    pub requests: Option<u64>,
    /// Seed of everything drawn.
    pub seed: u64,
    /// The run's salt; another one for each run, unless a run is to be sent again byte for byte.
    pub salt: &'a str,
    /// Where prompt sets are looked for before the built-in ones.
    pub promptset_dir: &'a Path,
    /// The prompt set, where it is loaded already, perhaps chosen from.
    pub prompt_set: Option<&'a PromptSet>,
}

/// What one kind of workload comes to, before the options are applied.
struct Source {
    prompts: Vec<WorkPrompt>,
    sequences: Vec<Sequence>,
    starts_s: Option<Vec<f64>>,
    ordered: bool,
    sha256: Option<String>,
    cache: CacheMode,
    /// Whether texts depend on the run's salt in themselves.
    made_up: bool,
    warnings: Vec<String>,
}

/// Makes everything that is to be sent; the same arguments give the same workload.
///
/// # Errors
///
/// Where what was asked for makes no sense, or a file that it names can't be used.
pub fn build(
    spec: &WorkloadSpec,
    options: &WorkloadOptions,
    context: &Context<'_>,
) -> Result<Workload, WorkloadError> {
    let tokenizer = options.tokenizer_file.as_deref();
    let mut tokens_by = None;
    let mut source = match spec {
        WorkloadSpec::PromptSet { name } => {
            // Lengths are as written; a file that is none is told all the same.
            tokenizer.map(TokenCounter::load).transpose()?;
            prompt_set(name, options, context)?
        }
        WorkloadSpec::Synthetic(synthetic) => {
            let texts = TextMaker::new(tokenizer)?;
            tokens_by = Some(texts.name().to_owned());
            let cache = options.cache.unwrap_or(CacheMode::Cold);
            let MadeUp { prompts, sequences, warnings } =
                synthetic::build(synthetic, cache == CacheMode::Cold, &texts, context)?;
            let (starts_s, sha256) = (None, None);
            Source { prompts, sequences, starts_s, ordered: false, sha256, cache, made_up: true, warnings }
        }
        WorkloadSpec::File { file, format, limit, output_tokens } => {
            if let Some(length) = output_tokens {
                Lengths::new(length, "output_tokens")?;
            }
            let texts = TextMaker::new(tokenizer)?;
            let mut random = random::source(context.seed, "file");
            let loaded =
                file::build(file, *format, *limit, output_tokens.as_ref(), &texts, &mut random, context)?;
            let source = from_file(loaded, options, &texts, context);
            let counted = source.prompts.iter().any(|prompt| prompt.ask.input_tokens.is_some());
            tokens_by = counted.then(|| texts.name().to_owned());
            source
        }
    };
    for prompt in &mut source.prompts {
        prompt.ask.exact_output = options.exact_output;
        if source.cache != CacheMode::Cold {
            prompt.salt_at = None;
        }
    }
    if !options.models.is_empty() {
        mix::assign(&options.models, &mut source.prompts, &source.sequences, context.seed)?;
    }
    let options = WorkloadOptions { cache: Some(source.cache), ..options.clone() };
    Ok(source.workload(spec.clone(), options, tokens_by, context))
}

impl Source {
    fn workload(
        self,
        spec: WorkloadSpec,
        options: WorkloadOptions,
        tokens_by: Option<String>,
        context: &Context<'_>,
    ) -> Workload {
        let salted = self.made_up || self.prompts.iter().any(|prompt| prompt.salt_at.is_some());
        let mut categories = BTreeMap::new();
        for prompt in &self.prompts {
            *categories.entry(prompt.prompt.category.clone()).or_default() += 1;
        }
        let is_conversation = |sequence: &&Sequence| {
            self.prompts.get(sequence.first).is_some_and(|first| first.ask.turn.is_some())
        };
        let conversations = self.sequences.iter().filter(is_conversation).count() as u64;
        let info = WorkloadInfo {
            spec,
            options,
            prompts: self.prompts.len() as u64,
            conversations: (conversations > 0).then_some(conversations),
            sha256: self.sha256,
            salt: salted.then(|| context.salt.to_owned()),
            tokens_by,
            categories,
        };
        let Self { prompts, sequences, starts_s, ordered, warnings, .. } = self;
        Workload { info, prompts, sequences, starts_s, ordered, warnings }
    }
}

fn prompt_set(name: &str, options: &WorkloadOptions, context: &Context<'_>) -> Result<Source, WorkloadError> {
    let set = match context.prompt_set {
        Some(set) => Cow::Borrowed(set),
        None => Cow::Owned(promptset::load(name, context.promptset_dir)?),
    };
    let Workload { mut prompts, sequences, .. } = Workload::of_prompt_set(&set);
    for prompt in &mut prompts {
        prompt.salt_at = Some(0);
    }
    Ok(Source {
        prompts,
        sequences,
        starts_s: None,
        ordered: false,
        sha256: Some(set.manifest.sha256.clone()),
        cache: options.cache.unwrap_or(CacheMode::AsIs),
        made_up: false,
        warnings: Vec::new(),
    })
}

fn from_file(
    mut loaded: Loaded,
    options: &WorkloadOptions,
    texts: &TextMaker,
    context: &Context<'_>,
) -> Source {
    let usual = if loaded.made_up { CacheMode::Cold } else { CacheMode::AsIs };
    let cache = options.cache.unwrap_or(usual);
    match (cache, loaded.made_up) {
        (CacheMode::Cold, true) => make_room(&mut loaded.prompts, texts, context),
        // Where texts are made up, the trace decides which are salted: what it records as shared is to stay so.
        (CacheMode::Cold, false) => {
            for sequence in &loaded.sequences {
                if let Some(first) = loaded.prompts.get_mut(sequence.first) {
                    first.salt_at.get_or_insert(0);
                }
            }
        }
        (CacheMode::Warm | CacheMode::AsIs, _) => {}
    }
    Source {
        prompts: loaded.prompts,
        sequences: loaded.sequences,
        starts_s: loaded.starts_s,
        ordered: loaded.ordered,
        sha256: Some(loaded.sha256),
        cache,
        made_up: loaded.made_up,
        warnings: loaded.warnings,
    }
}

/// Makes the texts that get a salt at their beginning anew, so that with it they have the recorded length: no other
/// prompt shares such a text.
fn make_room(prompts: &mut [WorkPrompt], texts: &TextMaker, context: &Context<'_>) {
    let mut random = random::source(context.seed, "texts with salts");
    let salt = texts.count(salt::EXAMPLE);
    for prompt in prompts.iter_mut() {
        let (Some(0), Some(tokens)) = (prompt.salt_at, prompt.ask.input_tokens) else { continue };
        // A prompt of nothing but its salt would say nothing.
        let made = texts.behind(tokens.saturating_sub(salt).max(1), &mut random);
        prompt.ask.input_tokens = Some(made.tokens + salt);
        prompt.prompt.prompt = made.text;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::workload::{Ask, Length, ModelWeight, Synthetic, Turns, WorkloadFormat};
    use crate::workload::salted;
    use std::path::PathBuf;

    fn context(salt: &str) -> Context<'_> {
        Context {
            requests: Some(20),
            seed: 3,
            salt,
            promptset_dir: Path::new("promptsets"),
            prompt_set: None,
        }
    }

    fn synthetic() -> WorkloadSpec {
        WorkloadSpec::Synthetic(Synthetic {
            input_tokens: Length::Uniform { min: 20, max: 60 },
            output_tokens: Length::Fixed { value: 16 },
            prompts: None,
            shared_prefix: None,
            conversation: None,
        })
    }

    fn set() -> WorkloadSpec {
        WorkloadSpec::PromptSet { name: "quant-quality".into() }
    }

    fn with(cache: CacheMode) -> WorkloadOptions {
        WorkloadOptions { cache: Some(cache), ..WorkloadOptions::default() }
    }

    #[test]
    fn a_prompt_set_is_sent_as_written_with_its_checks() {
        let workload = build(&set(), &WorkloadOptions::default(), &context("run")).unwrap();
        let loaded = promptset::load("quant-quality", Path::new("promptsets")).unwrap();
        assert!(workload.prompts.iter().map(|prompt| &prompt.prompt).eq(&loaded.prompts));
        assert!(workload.prompts.iter().all(|prompt| prompt.ask.is_plain() && prompt.salt_at.is_none()));
        assert_eq!(workload.sequences.len(), loaded.prompts.len());
        let info = &workload.info;
        assert_eq!(info.categories, loaded.manifest.categories);
        assert_eq!(info.options.cache, Some(CacheMode::AsIs));
        assert_eq!((&info.salt, &info.tokens_by, info.conversations), (&None, &None, None));
        assert_eq!(info.sha256, Some(loaded.manifest.sha256));
        assert!(!workload.ordered && workload.starts_s.is_none() && workload.warnings.is_empty());
    }

    #[test]
    fn a_prompt_set_can_be_salted_when_asked_for() {
        let workload = build(&set(), &with(CacheMode::Cold), &context("run")).unwrap();
        assert!(workload.prompts.iter().all(|prompt| prompt.salt_at == Some(0)));
        assert_eq!(workload.info.salt.as_deref(), Some("run"));
    }

    #[test]
    fn made_up_prompts_are_salted_unless_told_otherwise() {
        let cold = build(&synthetic(), &WorkloadOptions::default(), &context("run")).unwrap();
        assert_eq!(cold.info.options.cache, Some(CacheMode::Cold));
        assert_eq!(cold.info.salt.as_deref(), Some("run"));
        assert_eq!(cold.info.tokens_by.as_deref(), Some("estimated"));
        assert_eq!((cold.info.prompts, cold.info.categories["synthetic"]), (20, 20));
        assert!(cold.prompts.iter().all(|prompt| prompt.salt_at == Some(0)));
        for cache in [CacheMode::Warm, CacheMode::AsIs] {
            let workload = build(&synthetic(), &with(cache), &context("run")).unwrap();
            assert!(workload.prompts.iter().all(|prompt| prompt.salt_at.is_none()));
            assert_eq!(workload.info.options.cache, Some(cache));
        }
    }

    #[test]
    fn the_same_seed_and_salt_send_the_same_bytes_and_another_salt_others_from_the_start() {
        let options = WorkloadOptions::default();
        let first = build(&synthetic(), &options, &context("run")).unwrap();
        assert_eq!(first, build(&synthetic(), &options, &context("run")).unwrap());
        let other = build(&synthetic(), &options, &context("other")).unwrap();
        for (left, right) in first.prompts.iter().zip(&other.prompts) {
            let (left, right) = (salted(left, Some("run"), "0/0/0"), salted(right, Some("other"), "0/0/0"));
            // Eight letters with blanks are eight tokens.
            assert_ne!(left.prompt[..16], right.prompt[..16]);
        }
        let seeded = Context { seed: 4, ..context("run") };
        assert_ne!(first.prompts, build(&synthetic(), &options, &seeded).unwrap().prompts);
    }

    #[test]
    fn options_reach_every_request() {
        let models = ["a", "b"].map(|model| ModelWeight { model: model.into(), weight: 1.0 }).to_vec();
        let options = WorkloadOptions { exact_output: true, models, ..WorkloadOptions::default() };
        let workload = build(&synthetic(), &options, &context("run")).unwrap();
        assert!(workload.prompts.iter().all(|prompt| prompt.ask.exact_output));
        let first = workload.prompts.iter().filter(|prompt| prompt.ask.model.as_deref() == Some("a")).count();
        assert_eq!(first, 10);
        assert_eq!(workload.info.options.models, options.models);
    }

    #[test]
    fn conversations_are_counted() {
        let WorkloadSpec::Synthetic(spec) = synthetic() else { unreachable!() };
        let conversation = Some(Turns { turns: Length::Fixed { value: 3 }, think_time_s: 0.0 });
        let spec = WorkloadSpec::Synthetic(Synthetic { conversation, ..spec });
        let workload = build(&spec, &WorkloadOptions::default(), &context("run")).unwrap();
        assert_eq!((workload.info.conversations, workload.info.prompts), (Some(20), 60));
    }

    fn loaded(made_up: bool, salt_at: Option<usize>) -> Loaded {
        let texts = TextMaker::new(None).unwrap();
        let text = texts.text(40, &mut random::source(1, "test"));
        let ask = Ask { input_tokens: made_up.then_some(40), ..Ask::default() };
        let prompt = synthetic::prompt("t-1".into(), text, 5);
        Loaded {
            prompts: vec![WorkPrompt { prompt, ask, salt_at, think_s: 0.0 }],
            sequences: vec![Sequence { first: 0, turns: 1 }],
            starts_s: None,
            ordered: false,
            sha256: String::new(),
            made_up,
            warnings: vec!["left out".into()],
        }
    }

    #[test]
    fn what_a_file_holds_is_salted_by_what_it_is() {
        let texts = TextMaker::new(None).unwrap();
        let source = |loaded, options: &WorkloadOptions| from_file(loaded, options, &texts, &context("run"));
        let open = WorkloadOptions::default();
        let written = source(loaded(false, None), &open);
        assert_eq!((written.cache, written.prompts[0].salt_at), (CacheMode::AsIs, None));
        assert_eq!(written.warnings, ["left out"]);
        let asked = source(loaded(false, None), &with(CacheMode::Cold));
        assert_eq!(asked.prompts[0].salt_at, Some(0));
        assert_eq!(asked.prompts[0].prompt, written.prompts[0].prompt);
        let shared = source(loaded(true, None), &open);
        assert_eq!((shared.cache, shared.prompts[0].salt_at), (CacheMode::Cold, None));
        let trace = source(loaded(true, Some(0)), &open);
        let sent = salted(&trace.prompts[0], Some("run"), "").into_owned();
        assert_eq!(texts.count(&sent.prompt), 40, "the recorded length, with the salt");
        assert_eq!(trace.prompts[0].ask.input_tokens, Some(40));
    }

    #[test]
    fn what_can_t_be_built_is_told() {
        let told = |spec: &WorkloadSpec, options: &WorkloadOptions| {
            build(spec, options, &context("run")).unwrap_err().to_string()
        };
        let open = WorkloadOptions::default();
        let unknown = told(&WorkloadSpec::PromptSet { name: "quant".into() }, &open);
        assert!(unknown.starts_with("prompt set `quant` not found"), "{unknown}");
        let no_tokenizer =
            WorkloadOptions { tokenizer_file: Some("no/tokenizer.json".into()), ..open.clone() };
        for spec in [set(), synthetic()] {
            let missing = told(&spec, &no_tokenizer);
            assert!(missing.starts_with("tokenizer file `no/tokenizer.json` is missing; give"), "{missing}");
        }
        let file = WorkloadSpec::File {
            file: PathBuf::from("no/file.jsonl"),
            format: WorkloadFormat::Jsonl,
            limit: None,
            output_tokens: Some(Length::Fixed { value: 0 }),
        };
        assert_eq!(told(&file, &open), "`output_tokens`: 0; give at least 1");
        let models = vec![ModelWeight { model: "m".into(), weight: -1.0 }];
        let mixed = told(&synthetic(), &WorkloadOptions { models, ..open });
        assert!(mixed.starts_with("`models[0]`: `weight` of `m` is -1; give"), "{mixed}");
    }
}
