//! `labctl promptset lint`: what makes rows poor measures.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::{directory, named_sets, names, prompts};
use crate::check::{Lint, lint};
use crate::cli::args::PromptSetLintArgs;
use crate::cli::args::values::PlainFormat;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::table;
use crate::model::prompt::PromptSet;
use crate::promptset::{PROMPTS_FILE, load};

/// Reads the sets that are named, or all, beside all others.
pub(super) fn run(args: &PromptSetLintArgs, context: &Context) -> Result<(), CliError> {
    let directory = directory(&args.dir, context)?;
    let sets = named_sets(args, context)?;
    // What is broken elsewhere is not this set's fault.
    let beside: Vec<PromptSet> =
        names(&directory).iter().filter_map(|name| load(name, &directory).ok()).collect();
    let mut found: Vec<(String, Lint)> = Vec::new();
    for set in &sets {
        let others: Vec<PromptSet> =
            beside.iter().filter(|other| other.manifest.name != set.manifest.name).cloned().collect();
        let lines = lines(set);
        for lint in lint(set, &others) {
            let line = lines.get(lint.row).copied().unwrap_or(lint.row + 1);
            let file = if set.origin == "built-in" {
                format!("built-in {}", set.manifest.name)
            } else {
                set.origin.clone()
            };
            found.push((format!("{file}/{PROMPTS_FILE}:{line}"), lint));
        }
    }
    let faults = found.iter().filter(|(_, lint)| !lint.rule.is_advice()).count();
    let total: usize = sets.iter().map(|set| set.prompts.len()).sum();
    print(&found, args.format, context)?;
    if args.format == PlainFormat::Text && faults == 0 {
        context.ui.print_line(&format!("{} in {} sets: nothing wrong", prompts(total), sets.len()))?;
    }
    if faults > 0 {
        return Err(CliError::usage(format!("{faults} faults in {}", prompts(total))));
    }
    Ok(())
}

fn print(found: &[(String, Lint)], format: PlainFormat, context: &Context) -> Result<(), CliError> {
    let ui = context.ui;
    if format == PlainFormat::Json {
        let findings: Vec<_> = found
            .iter()
            .map(|(place, lint)| {
                json!({
                    "set": lint.set,
                    "place": place,
                    "prompt_id": lint.prompt_id,
                    "rule": lint.rule.name(),
                    "is_advice": lint.rule.is_advice(),
                    "detail": lint.detail,
                })
            })
            .collect();
        return ui.print_json(&findings);
    }
    let (advice, faults): (Vec<_>, Vec<_>) = found.iter().partition(|(_, lint)| lint.rule.is_advice());
    let mut rules = BTreeMap::<&str, usize>::new();
    for (_, lint) in advice {
        *rules.entry(lint.rule.name()).or_default() += 1;
    }
    for (rule, rows) in rules {
        ui.note(&format!("{} without `{rule}` (`--format json` lists them)", prompts(rows)));
    }
    if faults.is_empty() {
        return Ok(());
    }
    let rows = faults.into_iter().map(|(place, lint)| {
        vec![place.clone(), lint.prompt_id.clone(), lint.rule.name().to_owned(), lint.detail.clone()]
    });
    ui.print(&table::list(ui, &["where", "prompt", "rule", "what"], rows))
}

/// The line of each prompt in its file, from 1; empty where there is no file to look into.
fn lines(set: &PromptSet) -> Vec<usize> {
    let text = fs::read_to_string(Path::new(&set.origin).join(PROMPTS_FILE)).unwrap_or_default();
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(|(index, _)| index + 1).collect()
}
