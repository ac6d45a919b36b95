//! A configuration as a tree whose every value knows its source, before it is typed.

use std::fmt;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

use super::error::SettingsError;
use super::path::FieldPath;
use super::source::{Provenance, Source};

/// A value and where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) source: Source,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// `null`, a truth value, a number or text.
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Takes away what lower layers say.
    Unset,
}

/// A member of a map.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Where the key stands.
    pub(super) source: Source,
    pub(super) node: Node,
}

/// Fields of an endpoint of which a higher layer's takes the place of a lower layer's other one.
const ALTERNATIVES: [(&str, &str); 2] = [("url", "simulator"), ("api_key_env", "api_key_file")];

impl Node {
    pub(super) const fn empty_map(source: Source) -> Self {
        Self { kind: Kind::Map(Vec::new()), source }
    }

    /// Reads YAML; `source` makes a source of a line and a column. Empty text is an empty map.
    pub(super) fn from_yaml(
        text: &str,
        source: &dyn Fn(u64, u64) -> Source,
        name: &str,
    ) -> Result<Self, SettingsError> {
        // A file of comments alone is a configuration that says nothing.
        if text.trim_start_matches('\u{feff}').lines().all(|line| {
            let line = line.trim();
            line.is_empty() || line.starts_with('#')
        }) {
            return Ok(Self::empty_map(source(1, 1)));
        }
        let raw: Spanned<Raw> = serde_saphyr::from_str(text).map_err(|error| {
            let place = error
                .location()
                .filter(|location| location.line() > 0)
                .map_or_else(|| name.to_owned(), |at| source(at.line(), at.column()).place());
            SettingsError::Yaml { place, message: plain_message(&error) }
        })?;
        Ok(Self::from_raw(raw, source))
    }

    /// Makes a tree of a JSON value, all of it from one source.
    pub(super) fn from_value(value: Value, source: &Source) -> Self {
        let kind = match value {
            Value::Array(items) => {
                Kind::List(items.into_iter().map(|item| Self::from_value(item, source)).collect())
            }
            Value::Object(members) => Kind::Map(
                members
                    .into_iter()
                    .map(|(key, value)| Entry {
                        key,
                        source: source.clone(),
                        node: Self::from_value(value, source),
                    })
                    .collect(),
            ),
            scalar => Kind::Scalar(scalar),
        };
        Self { kind, source: source.clone() }
    }

    /// Puts `self` at the end of `path`.
    pub(super) fn under(self, path: &FieldPath) -> Self {
        path.names().iter().rev().fold(self, |node, name| {
            let source = node.source.clone();
            Self { kind: Kind::Map(vec![Entry { key: name.clone(), source: source.clone(), node }]), source }
        })
    }

    fn from_raw(raw: Spanned<Raw>, source: &dyn Fn(u64, u64) -> Source) -> Self {
        let at = |location: serde_saphyr::Location| source(location.line(), location.column());
        let here = at(raw.referenced);
        let kind = match raw.value {
            Raw::Scalar(value) => Kind::Scalar(value),
            Raw::List(items) => {
                Kind::List(items.into_iter().map(|item| Self::from_raw(item, source)).collect())
            }
            Raw::Map(members) => Kind::Map(
                members
                    .into_iter()
                    .map(|(key, value)| Entry {
                        source: at(key.referenced),
                        key: key.value,
                        node: Self::from_raw(value, source),
                    })
                    .collect(),
            ),
        };
        Self { kind, source: here }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// Puts `over` on top of a whole configuration.
    pub(super) fn overlay(&mut self, over: Self) {
        self.drop_alternatives(&over);
        self.merge(over);
    }

    /// Merges maps; all else is replaced, and [`Kind::Unset`] takes away.
    pub(super) fn merge(&mut self, over: Self) {
        match (&mut self.kind, over.kind) {
            (Kind::Map(below), Kind::Map(above)) => {
                for entry in above {
                    let position = below.iter().position(|other| other.key == entry.key);
                    match (position, &entry.node.kind) {
                        (Some(position), Kind::Unset) => {
                            below.remove(position);
                        }
                        (None, Kind::Unset) => {}
                        (Some(position), _) => below[position].node.merge(entry.node),
                        (None, _) => {
                            let mut entry = entry;
                            entry.node.drop_unset();
                            below.push(entry);
                        }
                    }
                }
            }
            (below, above) => {
                *below = above;
                self.source = over.source;
                self.drop_unset();
            }
        }
    }

    fn drop_unset(&mut self) {
        if let Kind::Map(entries) = &mut self.kind {
            entries.retain(|entry| !matches!(entry.node.kind, Kind::Unset));
            for entry in entries {
                entry.node.drop_unset();
            }
        }
    }

    fn drop_alternatives(&mut self, over: &Self) {
        let Kind::Map(top) = &mut self.kind else { return };
        let Some(endpoints) = top.iter_mut().find(|entry| entry.key == "endpoints") else { return };
        let Kind::Map(endpoints) = &mut endpoints.node.kind else { return };
        for endpoint in endpoints {
            let above = over.entry("endpoints").and_then(|all| all.node.entry(&endpoint.key));
            let (Some(above), Kind::Map(fields)) = (above, &mut endpoint.node.kind) else { continue };
            let gives = |field: &str| {
                above.node.entry(field).is_some_and(|entry| !matches!(entry.node.kind, Kind::Unset))
            };
            for (one, other) in ALTERNATIVES {
                if gives(one) && !gives(other) {
                    fields.retain(|field| field.key != other);
                } else if gives(other) && !gives(one) {
                    fields.retain(|field| field.key != one);
                }
            }
        }
    }

    /// The tree without its sources.
    pub(super) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => items.iter().map(Self::to_value).collect(),
            Kind::Map(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.node.to_value())).collect(),
            ),
            Kind::Unset => Value::Null,
        }
    }

    /// Every value's source, and every map's, by dotted path.
    pub(super) fn provenance(&self) -> Provenance {
        let mut provenance = Provenance::default();
        self.collect(&FieldPath::default(), &mut provenance);
        provenance
    }

    fn collect(&self, path: &FieldPath, into: &mut Provenance) {
        if let Kind::Map(entries) = &self.kind {
            for entry in entries {
                let path = path.join(&entry.key);
                let source =
                    if matches!(entry.node.kind, Kind::Map(_)) { &entry.source } else { &entry.node.source };
                into.insert(path.to_string(), source.clone());
                entry.node.collect(&path, into);
            }
        }
        if let Kind::List(items) = &self.kind {
            for (number, item) in items.iter().enumerate() {
                let path = path.join(&number.to_string());
                into.insert(path.to_string(), item.source.clone());
                item.collect(&path, into);
            }
        }
    }
}

/// The parser's message alone: the place is told before it, and its snippet would quote the file, keys included.
fn plain_message(error: &serde_saphyr::Error) -> String {
    let error = error.without_snippet();
    match error {
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => {
            return format!("`{key}` is given twice");
        }
        serde_saphyr::Error::DuplicateMappingKey { .. } => return "a field is given twice".to_owned(),
        serde_saphyr::Error::MultipleDocuments { .. } => {
            return "a second document begins; only one is read".to_owned();
        }
        serde_saphyr::Error::NonFiniteFloat { .. } => return "expected a finite number".to_owned(),
        _ => {}
    }
    let text = error.to_string();
    let end = text.find(" at line ").or_else(|| text.find(" (defined at ")).unwrap_or(text.len());
    text[..end].trim_end_matches([',', ':']).replace('\n', " ")
}

/// Makes the source of a value in a file.
pub(super) fn in_file(path: &Path) -> impl Fn(u64, u64) -> Source {
    move |line, column| Source::File { path: path.to_owned(), line, column }
}

/// YAML with places, as the parser gives it.
enum Raw {
    Scalar(Value),
    List(Vec<Spanned<Self>>),
    Map(Vec<(Spanned<String>, Spanned<Self>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(member) = members.next_entry()? {
            map.push(member);
        }
        Ok(Raw::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(text: &str) -> Result<Node, SettingsError> {
        Node::from_yaml(text, &in_file(Path::new("labctl.yaml")), "labctl.yaml")
    }

    #[test]
    fn values_know_their_lines() {
        let node = read("# a comment\ndefaults:\n  seed: 7\n  results_dir: \"out\"\nteams: {}\n").unwrap();
        assert_eq!(node.to_value(), json!({"defaults": {"seed": 7, "results_dir": "out"}, "teams": {}}));
        let provenance = node.provenance();
        assert_eq!(provenance.get("defaults.seed").place(), "labctl.yaml:3:9");
        assert_eq!(provenance.get("defaults").to_string(), "labctl.yaml:2");
        assert_eq!(provenance.get("defaults.concurrency"), &Source::Default);
    }

    #[test]
    fn every_scalar_is_read() {
        let node = read("a: null\nb: true\nc: -3\nd: 1.5\ne: text\nf: '7'\ng: [1, x]\nh:\n").unwrap();
        let expected =
            json!({"a": null, "b": true, "c": -3, "d": 1.5, "e": "text", "f": "7", "g": [1, "x"], "h": null});
        assert_eq!(node.to_value(), expected);
    }

    #[test]
    fn text_without_content_says_nothing() {
        for text in ["", "\n\n", "# only a comment\n", "\u{feff}# x\n"] {
            assert_eq!(read(text).unwrap().to_value(), json!({}), "{text:?}");
        }
    }

    #[test]
    fn broken_yaml_names_its_place_and_quotes_nothing() {
        for text in ["a: [1, 2\nb: 3\n", "a: 1\na: 2\n", "defaults:\n  key: sk-live\n bad: x\n", "a: \"x\n"] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.starts_with("labctl.yaml:"), "{message}");
            assert!(!message.contains("sk-live") && !message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn higher_layers_win_and_null_takes_away() {
        let mut below = read("endpoints:\n  a: {url: http://a, model: m, headers: {x: '1'}}\n").unwrap();
        let mut above = Node::from_value(json!({"endpoints": {"a": {"headers": {"y": "2"}}}}), &Source::Set);
        below.overlay(above.clone());
        above = Node { kind: Kind::Unset, source: Source::Set }.under(&FieldPath::new([
            "endpoints",
            "a",
            "model",
        ]));
        below.overlay(above);
        assert_eq!(
            below.to_value(),
            json!({"endpoints": {"a": {"url": "http://a", "headers": {"x": "1", "y": "2"}}}})
        );
        assert_eq!(below.provenance().get("endpoints.a.headers.y"), &Source::Set);
    }

    #[test]
    fn a_url_takes_the_place_of_the_simulator_below() {
        let mut below = read("endpoints:\n  a: {simulator: {profile: awq}, model: m}\n").unwrap();
        below.overlay(Node::from_value(json!({"endpoints": {"a": {"url": "http://h/v1"}}}), &Source::Set));
        assert_eq!(below.to_value(), json!({"endpoints": {"a": {"model": "m", "url": "http://h/v1"}}}));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[a-z:\\-\\[\\]{}#&*!|>'\"%@ \n\t0-9]{0,80}") {
            let _ = read(&text);
        }
    }
}
