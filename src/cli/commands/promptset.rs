//! `labctl promptset`: which prompts there are, and whether they hold what they promise.

mod import;
mod lint;
mod selftest;
mod stats;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::args::values::PlainFormat;
use crate::cli::args::{
    PromptSetArgs, PromptSetCommand, PromptSetDirArgs, PromptSetGenerateArgs, PromptSetLintArgs,
    PromptSetListArgs, PromptSetNameArgs, PromptSetPathArgs,
};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::table;
use crate::model::prompt::{Manifest, PromptSet};
use crate::promptset::generate::generate;
use crate::promptset::{PROMPTS_FILE, built_in_names, load, manifest_for, write_manifest};

/// Runs `labctl promptset`.
pub fn run(args: &PromptSetArgs, context: &Context) -> Result<ExitStatus, CliError> {
    match &args.command {
        PromptSetCommand::List(args) => list(args, context),
        PromptSetCommand::Show(args) => show(args, context),
        PromptSetCommand::Manifest(args) => manifest(args, context),
        PromptSetCommand::Selftest(args) => selftest::run(args, context),
        PromptSetCommand::Lint(args) => lint::run(args, context),
        PromptSetCommand::Stats(args) => stats::run(args, context),
        PromptSetCommand::Generate(args) => generated(args, context),
        PromptSetCommand::Import(args) => import::run(args, context),
    }?;
    Ok(ExitStatus::Success)
}

fn directory(args: &PromptSetDirArgs, context: &Context) -> Result<PathBuf, CliError> {
    Ok(context.settings(args)?.config.defaults.promptset_dir)
}

fn named(args: &PromptSetNameArgs, context: &Context) -> Result<PromptSet, CliError> {
    load(&args.name, &directory(&args.dir, context)?).map_err(|error| CliError::usage(error.to_string()))
}

/// The sets that are named, or all that there are.
fn named_sets(args: &PromptSetLintArgs, context: &Context) -> Result<Vec<PromptSet>, CliError> {
    let directory = directory(&args.dir, context)?;
    let named =
        if args.names.is_empty() { names(&directory).into_iter().collect() } else { args.names.clone() };
    let loaded = |name: &String| load(name, &directory).map_err(|error| CliError::usage(error.to_string()));
    named.iter().map(loaded).collect()
}

fn list(args: &PromptSetListArgs, context: &Context) -> Result<(), CliError> {
    let directory = directory(&args.dir, context)?;
    let loaded: Vec<_> = names(&directory).into_iter().map(|name| (load(&name, &directory), name)).collect();
    if args.format == PlainFormat::Json {
        let sets: Vec<_> = loaded
            .iter()
            .map(|(set, name)| match set {
                Ok(set) => json!({"name": name, "manifest": set.manifest, "origin": set.origin}),
                Err(error) => json!({"name": name, "error": error.to_string()}),
            })
            .collect();
        return context.ui.print_json(&sets);
    }
    let rows = loaded.into_iter().map(|(set, name)| match set {
        Ok(set) => {
            let manifest = set.manifest;
            vec![name, set.prompts.len().to_string(), manifest.team, set.origin, manifest.description]
        }
        Err(error) => vec![name, String::new(), String::new(), String::new(), format!("broken: {error}")],
    });
    context.ui.print(&table::list(context.ui, &["name", "prompts", "team", "from", ""], rows))
}

/// Folders that hold prompts, and the built-in sets.
fn names(directory: &Path) -> BTreeSet<String> {
    let folders = fs::read_dir(directory).into_iter().flatten().flatten();
    let found = folders
        .filter(|entry| entry.path().join(PROMPTS_FILE).is_file())
        .filter_map(|entry| entry.file_name().into_string().ok());
    found.chain(built_in_names().map(str::to_owned)).collect()
}

fn show(args: &PromptSetNameArgs, context: &Context) -> Result<(), CliError> {
    let set = named(args, context)?;
    let ui = context.ui;
    if args.format == PlainFormat::Json {
        return ui
            .print_json(&json!({"manifest": set.manifest, "origin": set.origin, "prompts": set.prompts}));
    }
    let manifest = &set.manifest;
    ui.print_line(&format!(
        "{} version {}, {} ({})",
        manifest.name,
        manifest.version,
        prompts(set.prompts.len()),
        set.origin
    ))?;
    ui.print_line(&manifest.description)?;
    let calibrated =
        if manifest.calibrated { "measured on real models" } else { "as its authors judged, not measured" };
    ui.print_line(&format!(
        "team {}; difficulty {calibrated}; SHA-256 {}\n",
        manifest.team, manifest.sha256
    ))?;
    let rows = set.prompts.iter().map(|prompt| {
        let checks: Vec<&str> = prompt.checks.iter().map(crate::model::check::Check::name).collect();
        vec![
            prompt.id.clone(),
            prompt.category.clone(),
            checks.join(", "),
            prompt.max_tokens.to_string(),
            opening(&prompt.prompt),
        ]
    });
    ui.print(&table::list(ui, &["id", "category", "checks", "max tokens", "prompt"], rows))
}

/// The first words of a prompt.
fn opening(prompt: &str) -> String {
    let line = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    let start: String = line.chars().take(60).collect();
    if start.len() < line.len() { format!("{start}…") } else { start }
}

fn manifest(args: &PromptSetPathArgs, context: &Context) -> Result<(), CliError> {
    let manifest = manifest_for(&args.path).map_err(|error| CliError::usage(error.to_string()))?;
    write_manifest(&args.path, &manifest).map_err(|error| CliError::not_written(error.to_string()))?;
    tell(&manifest, context)
}

fn generated(args: &PromptSetGenerateArgs, context: &Context) -> Result<(), CliError> {
    let made = generate(&args.path).map_err(|error| CliError::usage(error.to_string()))?;
    let file = args.path.join(PROMPTS_FILE);
    let manifest = &made.manifest;
    if args.check {
        let in_place = fs::read_to_string(&file).unwrap_or_default();
        if in_place != made.prompts || manifest_for(&args.path).ok().as_ref() != Some(manifest) {
            return Err(CliError::usage(format!(
                "`{}` differs from what its sources make",
                args.path.display()
            ))
            .with_hint("run `labctl promptset generate` without `--check`"));
        }
    } else {
        fs::write(&file, &made.prompts)
            .map_err(|error| CliError::not_written(format!("cannot write `{}`: {error}", file.display())))?;
        write_manifest(&args.path, manifest).map_err(|error| CliError::not_written(error.to_string()))?;
    }
    tell(manifest, context)
}

/// Prints what a set's files now are.
fn tell(manifest: &Manifest, context: &Context) -> Result<(), CliError> {
    context.ui.print_line(&format!(
        "{} version {}: {}, SHA-256 {}",
        manifest.name,
        manifest.version,
        prompts(manifest.categories.values().sum()),
        manifest.sha256
    ))
}

/// So many prompts, in words.
fn prompts(count: usize) -> String {
    if count == 1 { "1 prompt".to_owned() } else { format!("{count} prompts") }
}
