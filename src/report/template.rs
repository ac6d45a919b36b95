//! The template engine: strict about undefined names, escaping by the template's file name, and
//! reading a template from the user's folder before the built-in one.

use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{
    AutoEscape, Environment, Error, UndefinedBehavior, default_auto_escape_callback, escape_formatter,
    path_loader,
};
use serde::Serialize;

use super::ReportError;
use super::markdown;

const BUILT_IN: [(&str, &str); 9] = [
    ("battery.md", include_str!("../../templates/battery.md")),
    ("report.html", include_str!("../../templates/report.html")),
    ("report.md", include_str!("../../templates/report.md")),
    ("compare.md", include_str!("../../templates/compare.md")),
    ("head_to_head.md", include_str!("../../templates/head_to_head.md")),
    ("runs.html", include_str!("../../templates/runs.html")),
    ("runs.md", include_str!("../../templates/runs.md")),
    ("definitions.md", include_str!("../../templates/definitions.md")),
    ("tables.md", include_str!("../../templates/tables.md")),
];
/// The engine's name for escaping in templates that end in `.md`.
const MARKDOWN: AutoEscape = AutoEscape::Custom(std::borrow::Cow::Borrowed("markdown"));

/// Fills in the template `name` of `folder`, or the built-in one where the folder has none.
pub(crate) fn render<T: Serialize>(
    name: &'static str,
    folder: Option<&Path>,
    context: T,
) -> Result<String, ReportError> {
    if let Some(path) = folder.filter(|folder| !folder.is_dir()) {
        return Err(ReportError::NoTemplateDir { path: path.to_owned() });
    }
    let engine = environment(folder).map_err(|error| ReportError::template(name, error))?;
    engine
        .get_template(name)
        .and_then(|template| template.render(Serde(context)))
        .map_err(|error| ReportError::template(name, error))
}

fn environment(folder: Option<&Path>) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_auto_escape_callback(|name| {
        if name.rsplit('.').next() == Some("md") { MARKDOWN } else { default_auto_escape_callback(name) }
    });
    environment.set_formatter(|out, state, value| {
        if *state.auto_escape() != MARKDOWN {
            return escape_formatter(out, state, value);
        }
        let text = value.to_string();
        Ok(out.write_str(&if value.is_safe() { text } else { markdown::escape(&text) })?)
    });
    environment.add_filter("code", |text: String| Value::from_safe_string(markdown::code(&text)));
    environment.add_filter("code_cell", |text: String| Value::from_safe_string(markdown::code_cell(&text)));
    if let Some(folder) = folder {
        let from_folder = path_loader(folder);
        environment.set_loader(move |name| Ok(from_folder(name)?.or_else(|| built_in(name).map(Into::into))));
    } else {
        environment.set_loader(|name| Ok(built_in(name)));
    }
    Ok(environment)
}

fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}
