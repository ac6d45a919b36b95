//! Other people's cases as a prompt set.
//!
//! `lab` reads plain JSON lines as labs keep them, `lm_eval` the logged samples and documents of evaluation harnesses,
//! `promptfoo` configurations in promptfoo's style; each makes `row::Row`s with the building blocks of `answers` and
//! `needles`. `finish` turns rows into valid prompts and numbers them, `remarks` keeps what did not map and where it
//! stood: nothing is left out in silence. What is read is a stranger's text: it is bounded, and never run.

mod answers;
mod assertion;
mod error;
mod expected_format;
mod fields;
mod finish;
mod lab;
mod lm_eval;
mod needles;
mod promptfoo;
mod remarks;
mod row;
mod template;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use serde_json::{Map, Value};

use super::manifest::{manifest_of, sha256_of, write_manifest};
use super::{PROMPTS_FILE, PromptSetError};
use crate::model::prompt::{Manifest, Prompt};

pub use error::ImportError;
use remarks::Remarks;
pub use remarks::{Effect, Remark};
use row::{Fault, Row};

/// The largest file that is read, in bytes.
pub const MOST_BYTES: u64 = 64 << 20;
/// The most rows that one file makes.
const MOST_ROWS: usize = 100_000;

/// How a file of cases is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportFormat {
    /// JSON lines with `prompt`, `expected_contains`, `expected_format` and the like.
    Lab,
    /// JSON lines of logged samples (`doc`, `target`, `arguments`), or of documents with `question` and `answer`.
    LmEval,
    /// YAML or JSON with `prompts` and `tests`.
    Promptfoo,
}

impl ImportFormat {
    /// The name used on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lab => "lab",
            Self::LmEval => "lm-eval",
            Self::Promptfoo => "promptfoo",
        }
    }
}

/// What the one who imports says beside the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// How the file is written; found out when absent.
    pub format: Option<ImportFormat>,
    /// The set's name, with which the ids of rows begin that have none of their own.
    pub name: String,
    /// The category of rows that name none; `imported` when absent.
    pub category: Option<String>,
    /// `max_tokens` of rows that don't say, unless three times their reference is more; 512 when absent.
    pub max_tokens: Option<u32>,
    /// Whether one of the texts of an `expected_contains` list is enough. Else all must occur.
    pub any_of_list: bool,
    /// Whether rows that expect nothing are kept with a check that they don't repeat themselves.
    pub keep_unchecked: bool,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// How it was written.
    pub format: ImportFormat,
    /// Cases in the file, those that were left out included.
    pub cases: usize,
    /// Its prompts, valid and in its order.
    pub prompts: Vec<Prompt>,
    /// The team that all of its rows name; `any` where they don't.
    pub team: String,
    /// What did not map or had to be changed, what weighs most first.
    pub remarks: Vec<Remark>,
}

impl Imported {
    /// Whether anything was left out.
    #[must_use]
    pub fn has_losses(&self) -> bool {
        self.remarks.iter().any(|remark| remark.effect.is_loss())
    }
}

/// Makes prompts of the cases in `bytes`; `file` is how messages name it. `accept` has the last word on each prompt
/// and says what is wrong with one that it refuses: such a row is left out and told of.
///
/// # Errors
///
/// Where the file as a whole can't be read: too large, not UTF-8, not of the format, without a row that maps.
pub fn import(
    file: &str,
    bytes: &[u8],
    options: &ImportOptions,
    accept: &dyn Fn(&Prompt) -> Result<(), String>,
) -> Result<Imported, ImportError> {
    if bytes.len() as u64 > MOST_BYTES {
        return Err(ImportError::TooLarge { file: file.to_owned(), most_mb: MOST_BYTES >> 20 });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| ImportError::NotUtf8 {
        file: file.to_owned(),
        line: 1 + memchr::memchr_iter(b'\n', &bytes[..error.valid_up_to()]).count(),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let format = match options.format {
        Some(format) => format,
        None => format_of(file, text)?,
    };
    let mut remarks = Remarks::default();
    let cases = match format {
        ImportFormat::Promptfoo => promptfoo::rows(file, text, &mut remarks)?,
        ImportFormat::Lab | ImportFormat::LmEval => lines(text, format, options, &mut remarks),
    };
    if cases.rows.len() > MOST_ROWS {
        return Err(ImportError::TooMany {
            file: file.to_owned(),
            most: MOST_ROWS,
            most_mb: MOST_BYTES >> 20,
        });
    }
    let team = team_of(&cases.rows, &mut remarks);
    let prompts = finish::finish(cases.rows, options, accept, &mut remarks);
    let remarks = remarks.into_sorted();
    if prompts.is_empty() {
        let reasons: Vec<String> =
            remarks.iter().filter(|remark| remark.effect.is_loss()).take(3).map(|r| r.said(file)).collect();
        return Err(ImportError::Nothing { file: file.to_owned(), format, reasons });
    }
    Ok(Imported { format, cases: cases.count, prompts, team, remarks })
}

/// Writes the set's two files into `folder`, which is made where it isn't there. Its name is the set's.
///
/// # Errors
///
/// Where a file can't be written, or a manifest that is already there can't be read.
pub fn write(folder: &Path, file: &str, imported: &Imported) -> Result<Manifest, PromptSetError> {
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |source| PromptSetError::Unwritable { path, source }
    };
    let mut text = String::new();
    for prompt in &imported.prompts {
        let line = serde_json::to_string(prompt).map_err(std::io::Error::from);
        text += &line.map_err(unwritable(folder))?;
        text.push('\n');
    }
    std::fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let path = folder.join(PROMPTS_FILE);
    let manifest = manifest_of(folder, &imported.prompts, sha256_of(text.as_bytes()))?;
    let manifest = Manifest {
        description: format!("Cases of `{file}`, imported from the format {}", imported.format.name()),
        team: imported.team.clone(),
        ..manifest
    };
    std::fs::write(&path, text).map_err(unwritable(&path))?;
    write_manifest(folder, &manifest)?;
    Ok(manifest)
}

/// Rows, and how many cases they come from.
struct Cases {
    rows: Vec<Row>,
    count: usize,
}

/// The team of all rows.
fn team_of(rows: &[Row], remarks: &mut Remarks) -> String {
    let teams: BTreeSet<&str> = rows.iter().filter_map(|row| row.team.as_deref()).collect();
    match teams.len() {
        1 => teams.into_iter().collect(),
        0 => "any".to_owned(),
        _ => {
            for row in rows.iter().filter(|row| row.team.is_some()) {
                remarks.add(
                    Effect::Field,
                    "`team` differs between rows; a set has one, so it is `any`",
                    row.line,
                );
            }
            "any".to_owned()
        }
    }
}

/// How a file is written, by its name and its first value.
fn format_of(file: &str, text: &str) -> Result<ImportFormat, ImportError> {
    let extension = Path::new(file).extension().map(std::ffi::OsStr::to_ascii_lowercase);
    if extension.is_some_and(|extension| extension == "yaml" || extension == "yml") {
        return Ok(ImportFormat::Promptfoo);
    }
    let unknown = |found: String| ImportError::Unknown { file: file.to_owned(), found };
    if text.trim_start().starts_with('[') && matches!(serde_json::from_str(text), Ok(Value::Array(_))) {
        return Err(unknown("one JSON array; write one object a line (`jq -c '.[]'` does)".to_owned()));
    }
    // The first line that is JSON tells: a broken first row is told as such, not as a broken file.
    let first = text.lines().filter(|line| !line.trim().is_empty()).take(100);
    for line in first {
        if let Ok(Value::Object(object)) = serde_json::from_str(line) {
            return Ok(if promptfoo::is_of(&object) {
                ImportFormat::Promptfoo
            } else if lm_eval::is_of(&object) {
                ImportFormat::LmEval
            } else {
                ImportFormat::Lab
            });
        }
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) if promptfoo::is_of(&object) => Ok(ImportFormat::Promptfoo),
        Ok(Value::Object(_)) => {
            Err(unknown("one JSON object over several lines, without `prompts` and `tests`".to_owned()))
        }
        _ => Err(unknown("neither JSON lines nor a file that ends in `.yaml`".to_owned())),
    }
}

/// Reads JSON lines, one case each.
fn lines(text: &str, format: ImportFormat, options: &ImportOptions, remarks: &mut Remarks) -> Cases {
    let mut cases = Cases { rows: Vec::new(), count: 0 };
    let mut seen = HashSet::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = index + 1;
        cases.count += 1;
        let row = object(line).and_then(|object| match format {
            ImportFormat::LmEval => lm_eval::row(&object, number, &mut seen),
            _ => lab::row(&object, number, options, remarks),
        });
        match row {
            Ok(row) => cases.rows.push(row),
            Err(fault) => remarks.fault(fault, number),
        }
    }
    cases
}

fn object(line: &str) -> Result<Map<String, Value>, Fault> {
    match serde_json::from_str(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(Fault::Malformed(format!("{}, where an object is expected", fields::kind(&other)))),
        Err(error) => {
            let said = error.to_string();
            let said = said.split(" at line ").next().unwrap_or_default();
            Err(Fault::Malformed(format!("not JSON: {said} (column {})", error.column())))
        }
    }
}
