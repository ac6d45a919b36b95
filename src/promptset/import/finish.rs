//! Rows become valid prompts with ids; those that can't be are told of.

use std::collections::{BTreeMap, HashSet};

use super::ImportOptions;
use super::remarks::{Effect, Remarks, clipped};
use super::row::Row;
use crate::model::check::Check;
use crate::model::format::FormatRules;
use crate::model::prompt::{Prompt, SWAPPED};
use crate::promptset::defect;

/// Tokens an answer may have where neither row nor flag says.
const MAX_TOKENS: u32 = 512;
/// The category of rows without one.
const CATEGORY: &str = "imported";
/// The longest id and category that are kept, in characters.
const LONGEST_NAME: usize = 100;

/// Makes prompts of the rows that are valid.
pub(super) fn finish(
    rows: Vec<Row>,
    options: &ImportOptions,
    accept: &dyn Fn(&Prompt) -> Result<(), String>,
    remarks: &mut Remarks,
) -> Vec<Prompt> {
    let mut kept = Vec::with_capacity(rows.len());
    for mut row in rows {
        if row.prompt.checks.is_empty() {
            if !options.keep_unchecked {
                let what = if row.lost_checks {
                    "no check is left of it"
                } else {
                    "nothing is expected of the answer, so it has no check (`--keep-unchecked` keeps such rows)"
                };
                remarks.add(Effect::Row, what, row.line);
                continue;
            }
            row.prompt.checks.push(Check::Format(FormatRules { no_loop: true, ..FormatRules::default() }));
        }
        fill(&mut row.prompt, options);
        match problem(&row.prompt, accept) {
            Some(problem) => remarks.add(Effect::Row, problem, row.line),
            None => kept.push(row),
        }
    }
    numbered(kept, &options.name, remarks)
}

/// What the file doesn't say.
fn fill(prompt: &mut Prompt, options: &ImportOptions) {
    // The id is given later; a blank one would be a defect.
    "row".clone_into(&mut prompt.id);
    if prompt.category.trim().is_empty() {
        prompt.category = options.category.clone().unwrap_or_else(|| CATEGORY.to_owned());
    }
    if prompt.max_tokens == 0 {
        let tokens = u32::try_from(prompt.reference.chars().count().div_ceil(4)).unwrap_or(u32::MAX);
        let needed = tokens.saturating_mul(3).checked_next_multiple_of(64).unwrap_or(u32::MAX);
        prompt.max_tokens = options.max_tokens.unwrap_or(MAX_TOKENS).max(needed);
    }
}

fn problem(prompt: &Prompt, accept: &dyn Fn(&Prompt) -> Result<(), String>) -> Option<String> {
    if !is_name(&prompt.category) {
        return Some(format!(
            "`category` `{}` is longer than {LONGEST_NAME} characters or has control characters",
            clipped(&prompt.category, 40)
        ));
    }
    defect(prompt).or_else(|| accept(prompt).err())
}

fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME && !name.contains(char::is_control)
}

/// Whether an id can be kept: short, without white space, and not of the form that labctl gives to swapped prompts.
fn is_id(id: &str) -> bool {
    is_name(id) && !id.contains(char::is_whitespace) && !id.ends_with(SWAPPED)
}

/// Gives each row its id: its own where that is valid and the first of its kind, else a number within its category.
fn numbered(rows: Vec<Row>, set: &str, remarks: &mut Remarks) -> Vec<Prompt> {
    let mut used = HashSet::new();
    let mut own = Vec::with_capacity(rows.len());
    for row in &rows {
        let is_kept = match &row.id {
            Some(id) if !is_id(id) => {
                let what = "an id that is blank, too long or has white space, given a new one";
                remarks.add(Effect::Changed, what, row.line);
                false
            }
            Some(id) if !used.insert(id.clone()) => {
                remarks.add(Effect::Changed, "an id that an earlier row has, given a new one", row.line);
                false
            }
            Some(_) => true,
            None => false,
        };
        own.push(is_kept);
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut prompts = Vec::with_capacity(rows.len());
    for (mut row, is_kept) in rows.into_iter().zip(own) {
        row.prompt.id = match row.id {
            Some(id) if is_kept => id,
            _ => {
                let stem = format!("{set}-{}", slug(&row.prompt.category));
                let number = counts.entry(stem.clone()).or_default();
                loop {
                    *number += 1;
                    let id = format!("{stem}-{number:03}");
                    if used.insert(id.clone()) {
                        break id;
                    }
                }
            }
        };
        prompts.push(row.prompt);
    }
    prompts
}

/// A category as a part of an id.
fn slug(category: &str) -> String {
    let slug: String = category
        .trim()
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    slug.trim_matches('-').to_owned()
}
