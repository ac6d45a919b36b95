//! `docs/report-view.md` is made of the view's own documentation, and holds what templates really get.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::fixture;
use super::input::ReportInput;
use super::view::ReportView;

/// Below this line the file is generated.
const GENERATED: &str = "<!-- generated: LABCTL_REGENERATE=1 cargo test --lib report -->\n";

/// A struct's field, or an enum's value.
#[derive(Debug, Clone)]
struct Field {
    name: String,
    /// Empty of an enum's value.
    of: String,
    doc: String,
}

/// A type of the view, where it is written down.
#[derive(Debug, Clone)]
struct Type {
    file: PathBuf,
    name: String,
    doc: String,
    fields: Vec<Field>,
    is_enum: bool,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report")
}

fn sources(folder: &Path, into: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            into.push((path, text));
        }
    }
}

/// Every struct with named fields and every enum of plain values; rustfmt's layout is what it relies on.
fn types(sources: &[(PathBuf, String)]) -> Vec<Type> {
    let mut found = Vec::new();
    for (file, text) in sources {
        let mut doc = String::new();
        let mut open: Option<Type> = None;
        for line in text.lines() {
            let trimmed = line.trim();
            if let Some(text) = trimmed.strip_prefix("///") {
                doc = format!("{doc} {}", text.trim()).trim().to_owned();
                continue;
            }
            if trimmed.starts_with("#[") {
                continue;
            }
            if line == "}" {
                found.extend(open.take());
            } else if let Some(of) = &mut open {
                let field = trimmed.trim_end_matches(',');
                let field =
                    field.strip_prefix("pub(crate) ").or_else(|| field.strip_prefix("pub ")).unwrap_or(field);
                if of.is_enum {
                    of.fields.push(Field { name: snake_case(field), of: String::new(), doc: doc.clone() });
                } else if let Some((name, kind)) = field.split_once(": ") {
                    of.fields.push(Field { name: name.to_owned(), of: kind.to_owned(), doc: doc.clone() });
                }
            } else {
                let words: Vec<&str> =
                    line.split_whitespace().filter(|word| !word.starts_with("pub")).collect();
                if let [kind @ ("struct" | "enum"), name, "{"] = words[..] {
                    open = Some(Type {
                        file: file.clone(),
                        name: name.to_owned(),
                        doc: doc.clone(),
                        fields: Vec::new(),
                        is_enum: kind == "enum",
                    });
                }
            }
            doc.clear();
        }
    }
    found
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// The types by name; of several the one in the file that asks, else the one that it imports.
struct Known {
    types: Vec<Type>,
    sources: BTreeMap<PathBuf, String>,
}

impl Known {
    fn read() -> Self {
        let mut all = Vec::new();
        sources(&folder(), &mut all);
        Self { types: types(&all), sources: all.into_iter().collect() }
    }

    fn find(&self, name: &str, from: &Path) -> Option<&Type> {
        let named: Vec<&Type> = self.types.iter().filter(|of| of.name == name).collect();
        let here = named.iter().find(|of| of.file == from);
        let imported = || {
            let text = &self.sources[from];
            let uses = |of: &&&Type| {
                let stem = of.file.file_stem().unwrap().to_string_lossy().into_owned();
                text.split(';').any(|item| {
                    item.trim_start().starts_with("use ")
                        && item.contains(&format!("::{stem}::"))
                        && item.contains(name)
                })
            };
            named.iter().find(uses)
        };
        here.or_else(imported).or_else(|| named.first().filter(|_| named.len() == 1)).copied()
    }

    /// What a field's type comes to: how it is told, and the type that it holds.
    fn told(&self, of: &str, from: &Path) -> (String, Option<&Type>) {
        if let Some(inner) = of.strip_prefix("Option<").and_then(|of| of.strip_suffix('>')) {
            let (words, held) = self.told(inner, from);
            return (format!("{words}, or none"), held);
        }
        let list = of.strip_prefix("Vec<").and_then(|of| of.strip_suffix('>'));
        let slice = || of.strip_prefix("&'static [").and_then(|of| of.strip_suffix(']'));
        if let Some(inner) = list.or_else(slice) {
            let (words, held) = self.told(inner, from);
            return (format!("list of {words}"), held);
        }
        let plain = of.trim_start_matches("&'static ").trim_start_matches("&'a ");
        let name = plain.rsplit("::").next().unwrap_or(plain);
        match name {
            "String" | "str" => ("text".to_owned(), None),
            "bool" => ("yes or no".to_owned(), None),
            "f64" | "u64" | "u32" | "u16" | "u8" | "usize" => ("number".to_owned(), None),
            _ => match self.find(name, from) {
                Some(held) => (format!("[{name}](#{})", name.to_lowercase()), Some(held)),
                None => (format!("`{name}`"), None),
            },
        }
    }

    /// The view and all that is in it, in the order in which it is met.
    fn reached(&self) -> Vec<&Type> {
        let view = self.find("ReportView", &folder().join("view.rs")).unwrap();
        let mut reached = vec![view];
        let mut at = 0;
        while at < reached.len() {
            let of = reached[at];
            for held in of.fields.iter().filter_map(|field| self.told(&field.of, &of.file).1) {
                if !reached.iter().any(|known| std::ptr::eq(*known, held)) {
                    reached.push(held);
                }
            }
            at += 1;
        }
        reached
    }

    fn markdown(&self) -> String {
        let mut text = String::new();
        for of in self.reached() {
            let _ = writeln!(text, "\n## {}\n\n{}\n", of.name, of.doc);
            let heading = if of.is_enum {
                "| value | meaning |\n| --- | --- |"
            } else {
                "| field | what | meaning |\n| --- | --- | --- |"
            };
            let _ = writeln!(text, "{heading}");
            for Field { name, of: kind, doc } in &of.fields {
                let doc = doc.replace('|', "\\|");
                let _ = if of.is_enum {
                    writeln!(text, "| `{name}` | {doc} |")
                } else {
                    writeln!(text, "| `{name}` | {} | {doc} |", self.told(kind, &of.file).0)
                };
            }
        }
        text
    }

    /// That a value has the fields of its type and no others, down to its leaves.
    fn check(&self, value: &Value, of: &Type, path: &str) {
        if of.is_enum {
            let word = value.as_str().unwrap_or_else(|| panic!("{path} is {value}"));
            assert!(of.fields.iter().any(|field| field.name == word), "{path}: `{word}` is not documented");
            return;
        }
        let members = value.as_object().unwrap_or_else(|| panic!("{path} is {value}"));
        let have: BTreeSet<&str> = members.keys().map(String::as_str).collect();
        let told: BTreeSet<&str> = of.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(have, told, "{path}");
        for field in &of.fields {
            let Some(held) = self.told(&field.of, &of.file).1 else { continue };
            let path = format!("{path}.{}", field.name);
            match &members[&field.name] {
                Value::Null => {}
                Value::Array(list) => list.iter().for_each(|one| self.check(one, held, &path)),
                one => self.check(one, held, &path),
            }
        }
    }
}

#[test]
fn the_view_is_documented() {
    let known = Known::read();
    for (name, result) in fixture::all() {
        let view = serde_json::to_value(ReportView::new(&result, &ReportInput::default())).unwrap();
        known.check(&view, known.reached()[0], name);
    }
    for of in known.reached() {
        assert!(!of.doc.is_empty() && of.fields.iter().all(|field| !field.doc.is_empty()), "{}", of.name);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report-view.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (prose, generated) = text.split_once(GENERATED).unwrap();
    let wanted = known.markdown();
    if std::env::var_os("LABCTL_REGENERATE").is_some() {
        std::fs::write(&path, format!("{prose}{GENERATED}{wanted}")).unwrap();
    } else {
        assert!(
            generated == wanted,
            "`docs/report-view.md` is not what the view is: run `LABCTL_REGENERATE=1 cargo test --lib report`"
        );
    }
}
