//! The template engine: strict about undefined names, escaping by the template's file name, and
//! reading a template from the user's folder before the built-in one.

use std::path::Path;

use base64::Engine as _;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{
    AutoEscape, Environment, Error, HtmlEscape, UndefinedBehavior, default_auto_escape_callback,
    escape_formatter, path_loader,
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::ReportError;
use super::markdown;
use super::table::{Bar, Tone};

const BUILT_IN: [(&str, &str); 14] = [
    ("battery.md", include_str!("../../templates/battery.md")),
    ("page.html", include_str!("../../templates/page.html")),
    ("page.js", include_str!("../../templates/page.js")),
    ("parts.html", include_str!("../../templates/parts.html")),
    ("responses.html", include_str!("../../templates/responses.html")),
    ("style.css", include_str!("../../templates/style.css")),
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

/// What frames every page: style and script, which the page's policy names by their hashes and lets nothing else run.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    style: String,
    /// SHA-256 in base64, as a policy writes it.
    style_hash: String,
    script: String,
    script_hash: String,
    labctl_version: &'static str,
}

impl Page {
    /// Style and script of `folder`, or the built-in ones where it has none.
    pub(crate) fn new(folder: Option<&Path>) -> Result<Self, ReportError> {
        let (style, script) = (source("style.css", folder)?, source("page.js", folder)?);
        let hash = |text: &str| base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text));
        Ok(Self {
            style_hash: hash(&style),
            script_hash: hash(&script),
            style,
            script,
            labctl_version: env!("CARGO_PKG_VERSION"),
        })
    }
}

/// The text of a file that is taken as it is.
fn source(name: &'static str, folder: Option<&Path>) -> Result<String, ReportError> {
    let Some(folder) = folder else { return Ok(built_in(name).unwrap_or_default().to_owned()) };
    let path = folder.join(name);
    match std::fs::read_to_string(&path) {
        // As a browser reads it before it takes the hash.
        Ok(text) => Ok(text.replace("\r\n", "\n").replace('\r', "\n")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => source(name, None),
        Err(error) => Err(ReportError::Asset { path, error }),
    }
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
    environment.add_filter("ticks", |text: String| Value::from_safe_string(ticks(&text)));
    environment.add_filter("code", |text: String| Value::from_safe_string(markdown::code(&text)));
    environment.add_filter("code_cell", |text: String| Value::from_safe_string(markdown::code_cell(&text)));
    environment.add_filter("prose", |text: String| Value::from_safe_string(markdown::prose(&text)));
    environment.add_filter("prose_cell", |text: String| Value::from_safe_string(markdown::prose_cell(&text)));
    environment.add_filter("html_text", |text: String| Value::from_safe_string(markdown::html_text(&text)));
    environment.add_filter("link", |name: String| Value::from_safe_string(markdown::link(&name)));
    environment.add_filter("fenced", |lines: Vec<String>| Value::from_safe_string(markdown::fenced(&lines)));
    environment.add_filter("drawn", |bar: Value| {
        Ok::<_, Error>(Value::from_safe_string(markdown::drawn(&bar_of(&bar)?)))
    });
    if let Some(folder) = folder {
        let from_folder = path_loader(folder);
        environment.set_loader(move |name| Ok(from_folder(name)?.or_else(|| built_in(name).map(Into::into))));
    } else {
        environment.set_loader(|name| Ok(built_in(name)));
    }
    Ok(environment)
}

/// Prose as HTML: everything escaped, what stands between two backticks as code. One that is left alone stays.
fn ticks(text: &str) -> String {
    let mut html = String::new();
    let mut rest = text;
    while let Some((before, (code, after))) =
        rest.split_once('`').and_then(|(before, from)| Some((before, from.split_once('`')?)))
    {
        html.push_str(&HtmlEscape(before).to_string());
        if code.is_empty() {
            html.push_str("``");
        } else {
            // A line may end between words of a command, not within one.
            let words: Vec<String> = code
                .split(' ')
                .map(|word| format!("<code class=\"word\">{}</code>", HtmlEscape(word)))
                .collect();
            html.push_str(&words.join(" "));
        }
        rest = after;
    }
    html.push_str(&HtmlEscape(rest).to_string());
    html
}

/// The interval that a template passes on.
fn bar_of(value: &Value) -> Result<Bar, Error> {
    let number = |name: &str| f64::try_from(value.get_attr(name)?);
    let zero = value.get_attr("zero")?;
    let zero = if zero.is_none() || zero.is_undefined() { None } else { Some(f64::try_from(zero)?) };
    Ok(Bar { low: number("low")?, width: number("width")?, at: number("at")?, zero, tone: Tone::Plain })
}

fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}

#[cfg(test)]
mod tests {
    use super::ticks;

    #[test]
    fn backticks_are_code_and_nothing_else_is_markup() {
        let word = |word: &str| format!("<code class=\"word\">{word}</code>");
        assert_eq!(
            ticks("add `--rounds 5`, or `-f`"),
            format!("add {} {}, or {}", word("--rounds"), word("5"), word("-f"))
        );
        assert_eq!(
            ticks("a ` alone,`` and 1 < 2"),
            format!("a {} {}` and 1 &lt; 2", word(""), word("alone,"))
        );
        assert_eq!(ticks("one ` alone"), "one ` alone");
        let hostile = ticks("<script>`</code><img src=x onerror=\"a\">`&`");
        assert_eq!(
            hostile,
            format!(
                "&lt;script&gt;{} {} {}&amp;`",
                word("&lt;&#x2f;code&gt;&lt;img"),
                word("src=x"),
                word("onerror=&quot;a&quot;&gt;")
            )
        );
    }
}
