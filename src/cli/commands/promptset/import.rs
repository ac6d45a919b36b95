//! `labctl promptset import`: other people's cases as a prompt set.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::prompts;
use crate::check::{CheckError, Judge};
use crate::cli::args::PromptSetImportArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::table;
use crate::model::check::Check;
use crate::model::prompt::Prompt;
use crate::promptset::PROMPTS_FILE;
use crate::promptset::import::{ImportOptions, Imported, MOST_BYTES, import, write};

/// Of how many remarks the table tells, so that a broken file doesn't fill the terminal.
const MOST_REMARKS: usize = 40;

/// Reads the file, tells what became of it, and writes the set unless something was lost and that is an error.
pub(super) fn run(args: &PromptSetImportArgs, context: &Context) -> Result<(), CliError> {
    let folder = match &args.name {
        Some(name) if is_folder_name(name) => args.out.join(name),
        Some(name) => {
            return Err(CliError::usage(format!("`{name}` can't be the name of a folder"))
                .with_hint("a set is called as its folder: use letters, digits, `-` and `_`"));
        }
        None => args.out.clone(),
    };
    let name = set_name(&folder)?;
    let prompts_file = folder.join(PROMPTS_FILE);
    if prompts_file.exists() && !args.force {
        return Err(CliError::usage(format!("there is a `{}` already", prompts_file.display()))
            .with_hint("give another folder, or `--force` to replace it"));
    }
    let options = ImportOptions {
        format: args.format.format(),
        name,
        category: args.category.clone(),
        max_tokens: args.max_tokens.map(std::num::NonZeroU32::get),
        any_of_list: args.any_of_list,
        keep_unchecked: args.keep_unchecked,
    };
    let shown = args.file.display().to_string();
    let imported = import(&shown, &read(&args.file)?, &options, &compiles)
        .map_err(|error| CliError::usage(error.to_string()))?;
    tell(&imported, &shown, context)?;
    if args.strict && imported.has_losses() {
        return Err(CliError::usage(
            "something of the file doesn't map, and `--strict` was given; nothing was written",
        )
        .with_hint("correct the rows above, or import without `--strict`"));
    }
    let file = args.file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let manifest =
        write(&folder, &file, &imported).map_err(|error| CliError::not_written(error.to_string()))?;
    let shown = folder.display();
    context.ui.print_line(&format!(
        "\n{} version {}: {} in {shown}, SHA-256 {}",
        manifest.name,
        manifest.version,
        prompts(imported.prompts.len()),
        manifest.sha256
    ))?;
    context
        .ui
        .note(&format!("next: `labctl promptset lint {shown}`, then `labctl promptset selftest {shown}`"));
    Ok(())
}

/// Whether it names a folder and no path.
fn is_folder_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// The name that a set in this folder has.
fn set_name(folder: &Path) -> Result<String, CliError> {
    // A folder that is there may be called `.`; one that isn't has a name of its own.
    let whole = folder.canonicalize().unwrap_or_else(|_| PathBuf::from(folder));
    whole.file_name().map(|name| name.to_string_lossy().into_owned()).ok_or_else(|| {
        CliError::usage(format!("`{}` has no name that a set could have", folder.display()))
            .with_hint("give `--out` a folder with a name, or the set's with `--name`")
    })
}

/// The file's bytes, no more than one too many.
fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let unreadable = |error| CliError::usage(format!("`{}` can't be read", path.display())).caused_by(error);
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Whether the checks can be used: one that can't would keep the whole set from being sent.
fn compiles(prompt: &Prompt) -> Result<(), String> {
    match Judge::new(prompt) {
        Ok(_) => Ok(()),
        Err(CheckError::Check { check, problem, .. }) => Err(format!("check `{check}`: {problem}")),
        Err(error) => Err(error.to_string()),
    }
}

fn tell(imported: &Imported, file: &str, context: &Context) -> Result<(), CliError> {
    let ui = context.ui;
    let made = prompts(imported.prompts.len());
    let cases = if imported.cases == 1 { "1 case".to_owned() } else { format!("{} cases", imported.cases) };
    ui.print_line(&format!("{made} of {cases} in `{file}`, read as {}\n", imported.format.name()))?;
    let mut counts = BTreeMap::<(&str, String), usize>::new();
    for prompt in &imported.prompts {
        let mut checks: Vec<&str> = prompt.checks.iter().map(Check::name).collect();
        checks.dedup();
        *counts.entry((&prompt.category, checks.join(", "))).or_default() += 1;
    }
    let rows = counts
        .into_iter()
        .map(|((category, checks), count)| vec![category.to_owned(), checks, count.to_string()]);
    ui.print(&table::list(ui, &["category", "checks", "prompts"], rows))?;
    let remarks = &imported.remarks;
    if !remarks.is_empty() {
        // The heading has the whole path; here it would take the room of the reasons.
        let name = Path::new(file).file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let rows = remarks.iter().take(MOST_REMARKS).map(|remark| {
            let line = remark.lines.first().copied().unwrap_or(1);
            vec![
                format!("{name}:{line}"),
                remark.lines.len().to_string(),
                remark.effect.title().to_owned(),
                remark.what.clone(),
            ]
        });
        ui.print(&format!("\n{}", table::list(ui, &["first at", "lines", "so", "what"], rows)))?;
    }
    if remarks.len() > MOST_REMARKS {
        ui.print_line(&format!("and {} more", remarks.len() - MOST_REMARKS))?;
    }
    let lacking =
        |is_lacking: fn(&Prompt) -> bool| imported.prompts.iter().filter(|prompt| is_lacking(prompt)).count();
    let references = lacking(|prompt| prompt.reference.trim().is_empty());
    let near_misses = lacking(|prompt| prompt.near_miss.is_empty());
    if references + near_misses > 0 {
        ui.note(&format!(
            "no `reference` in {}, no `near_miss` in {}: lint names them; the checks of such rows are untested",
            prompts(references),
            prompts(near_misses)
        ));
    }
    Ok(())
}
