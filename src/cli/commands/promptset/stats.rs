//! `labctl promptset stats`: what a set consists of, and, from results, how hard it turned out to be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::directory;
use crate::cli::args::PromptSetStatsArgs;
use crate::cli::args::values::PlainFormat;
use crate::cli::commands::store;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::table;
use crate::model::prompt::{Difficulty, Prompt, PromptSet};
use crate::model::record::Side;
use crate::model::result::RunResult;
use crate::promptset::load;

/// Prints the composition, or what results say of it.
pub(super) fn run(args: &PromptSetStatsArgs, context: &Context) -> Result<(), CliError> {
    let set = load(&args.name, &directory(&args.dir, context)?)
        .map_err(|error| CliError::usage(error.to_string()))?;
    if args.from.is_empty() {
        composition(&set, args.format, context)
    } else {
        calibration(&set, args, context)
    }
}

/// What is counted of one category.
#[derive(Debug, Default)]
struct Counts<'a> {
    prompts: usize,
    by_difficulty: [usize; 3],
    long_context: usize,
    families: BTreeSet<&'a str>,
    checks: BTreeMap<&'static str, usize>,
    characters: usize,
    max_tokens: u64,
}

impl<'a> Counts<'a> {
    fn add(&mut self, prompt: &'a Prompt) {
        self.prompts += 1;
        if let Some(difficulty) = prompt.difficulty {
            self.by_difficulty[match difficulty {
                Difficulty::Easy => 0,
                Difficulty::Medium => 1,
                Difficulty::Hard => 2,
            }] += 1;
        }
        self.long_context += usize::from(prompt.tags.iter().any(|tag| tag == "long_context"));
        self.families.extend(prompt.family.as_deref());
        let kinds: BTreeSet<&'static str> =
            prompt.checks.iter().map(crate::model::check::Check::name).collect();
        for kind in kinds {
            *self.checks.entry(kind).or_default() += 1;
        }
        self.characters += prompt.prompt.chars().count();
        self.max_tokens += u64::from(prompt.max_tokens);
    }

    fn row(&self, name: &str) -> Vec<String> {
        let [easy, medium, hard] = self.by_difficulty;
        let checks: Vec<String> = self.checks.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        vec![
            name.to_owned(),
            self.prompts.to_string(),
            format!("{easy}/{medium}/{hard}"),
            self.long_context.to_string(),
            self.families.len().to_string(),
            (self.characters / self.prompts.max(1)).to_string(),
            self.max_tokens.to_string(),
            checks.join(", "),
        ]
    }
}

fn composition(set: &PromptSet, format: PlainFormat, context: &Context) -> Result<(), CliError> {
    let (mut all, mut categories) = (Counts::default(), BTreeMap::<&str, Counts<'_>>::new());
    for prompt in &set.prompts {
        all.add(prompt);
        categories.entry(&prompt.category).or_default().add(prompt);
    }
    let ui = context.ui;
    if format == PlainFormat::Json {
        let counted = |counts: &Counts<'_>| {
            let [easy, medium, hard] = counts.by_difficulty;
            json!({
                "prompts": counts.prompts,
                "difficulty": {"easy": easy, "medium": medium, "hard": hard},
                "long_context": counts.long_context,
                "families": counts.families.len(),
                "checks": counts.checks,
                "prompt_characters": counts.characters,
                "max_tokens": counts.max_tokens,
            })
        };
        let by_category: BTreeMap<_, _> =
            categories.iter().map(|(name, counts)| (name, counted(counts))).collect();
        return ui.print_json(
            &json!({"name": set.manifest.name, "all": counted(&all), "categories": by_category}),
        );
    }
    let rows = categories.iter().map(|(name, counts)| counts.row(name)).chain([all.row("all")]);
    let headings = [
        "category",
        "prompts",
        "easy/medium/hard",
        "long context",
        "families",
        "characters a prompt",
        "max tokens in all",
        "checks",
    ];
    ui.print(&table::list(ui, &headings, rows))
}

/// Passed and judged.
type Tally = (u64, u64);

/// How hard the prompts turned out to be: a prompt that everything passes, or nothing, tells no models apart.
fn calibration(set: &PromptSet, args: &PromptSetStatsArgs, context: &Context) -> Result<(), CliError> {
    let store = store::open(&args.store, context)?;
    let mut prompts: BTreeMap<String, Tally> = BTreeMap::new();
    for run in &args.from {
        let result = store::load_without_chunks(&store, run)?;
        if result.prompt_set.name != set.manifest.name {
            return Err(CliError::usage(format!(
                "result `{}` is of prompt set `{}`, not of `{}`",
                result.run_id, result.prompt_set.name, set.manifest.name
            )));
        }
        if result.simulated {
            context
                .ui
                .warn(&format!("result `{}` is simulated: it says nothing about difficulty", result.run_id));
        }
        if result.prompt_set.sha256 != set.manifest.sha256 {
            context.ui.warn(&format!("result `{}` is of another version of the set", result.run_id));
        }
        add(&result, &mut prompts);
    }
    let mut categories: BTreeMap<&str, [u64; 5]> = BTreeMap::new();
    for prompt in &set.prompts {
        let (passed, judged) = prompts.get(&prompt.id).copied().unwrap_or_default();
        let counts = categories.entry(&prompt.category).or_default();
        counts[0] += passed;
        counts[1] += judged;
        counts[2] += u64::from(judged > 0 && passed == judged);
        counts[3] += u64::from(judged > 0 && passed == 0);
        counts[4] += u64::from(judged == 0);
    }
    let ui = context.ui;
    if args.format == PlainFormat::Json {
        let rates: BTreeMap<_, _> = prompts
            .iter()
            .map(|(id, (passed, judged))| (id, json!({"passed": passed, "judged": judged})))
            .collect();
        return ui.print_json(&json!({"name": set.manifest.name, "prompts": rates}));
    }
    let rows = categories.iter().map(|(name, [passed, judged, always, never, unknown])| {
        let rate = crate::model::units::ratio(*passed, *judged);
        let advice = match rate {
            None => "not judged",
            Some(rate) if rate > 0.9 => "easier than meant (60 to 90 %)",
            Some(rate) if rate < 0.6 => "harder than meant (60 to 90 %)",
            Some(_) => "as meant",
        };
        vec![
            (*name).to_owned(),
            format!("{passed}/{judged}"),
            rate.map_or_else(|| "n/a".to_owned(), |rate| format!("{:.1} %", 100.0 * rate)),
            always.to_string(),
            never.to_string(),
            unknown.to_string(),
            advice.to_owned(),
        ]
    });
    let headings = ["category", "passed", "rate", "always passed", "never passed", "not judged", ""];
    ui.print(&table::list(ui, &headings, rows))
}

/// Adds what both sides of a result say of each prompt.
fn add(result: &RunResult, prompts: &mut BTreeMap<String, Tally>) {
    for row in &result.rows {
        for side in [Side::Candidate, Side::Baseline] {
            if let Some(passed) = row.attempt(side).and_then(|attempt| attempt.judgement.verdict.passed()) {
                let tally = prompts.entry(row.key.prompt_id.clone()).or_default();
                tally.0 += u64::from(passed);
                tally.1 += 1;
            }
        }
    }
}
