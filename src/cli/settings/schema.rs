//! Checks a tree against the JSON Schema of a type that is read from YAML, so that every error knows its place.
//!
//! The schema is made from the types themselves, so a new field is known here without a line of code.

use std::path::Path;

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

use super::error::{SettingsError, nearest};
use super::path::FieldPath;
use super::tree::{Entry, Kind, Node};

/// What a field may hold.
pub(super) enum Shape<'a> {
    Struct(&'a Map<String, Value>, Vec<&'a str>),
    /// One of several structs; the field that says which, and the schema of each by its value.
    Tagged(&'a str, Vec<(&'a str, &'a Value)>),
    /// Names of the user's choice; the schema of each value.
    Map(&'a Value),
    List(&'a Value),
    Text,
    /// A whole number from 0, and its largest value.
    Whole(u64),
    Number,
    Flag,
    Choice(Vec<&'a str>),
    /// Any YAML.
    Any,
}

/// The schema of a type.
pub(super) struct TypeSchema {
    root: Value,
    /// What messages call the whole.
    name: &'static str,
}

impl TypeSchema {
    pub(super) fn of<T: JsonSchema>(name: &'static str) -> Self {
        Self { root: SchemaGenerator::default().into_root_schema_for::<T>().to_value(), name }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn into_value(self) -> Value {
        self.root
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let inner = schema
            .get("anyOf")
            .and_then(Value::as_array)
            .and_then(|options| options.iter().find(|option| option["type"] != "null"))
            .unwrap_or(schema);
        let Some(reference) = inner.get("$ref").and_then(Value::as_str) else { return inner };
        reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)).unwrap_or(inner)
    }

    pub(super) fn shape<'a>(&'a self, schema: &'a Value) -> Shape<'a> {
        let schema = self.resolve(schema);
        if let Some(options) = schema.get("oneOf").and_then(Value::as_array) {
            if let Some(tag) = options.first().and_then(tag_of) {
                let variant =
                    |option: &'a Value| Some((option["properties"][tag]["const"].as_str()?, option));
                return Shape::Tagged(tag, options.iter().filter_map(variant).collect());
            }
            return Shape::Choice(options.iter().filter_map(|option| option["const"].as_str()).collect());
        }
        if let Some(options) = schema.get("enum").and_then(Value::as_array) {
            return Shape::Choice(options.iter().filter_map(Value::as_str).collect());
        }
        let is = |name: &str| match &schema["type"] {
            Value::String(one) => one == name,
            Value::Array(several) => several.iter().any(|one| one == name),
            _ => false,
        };
        if is("object") {
            return match (
                schema.get("properties").and_then(Value::as_object),
                schema.get("additionalProperties"),
            ) {
                (Some(properties), _) => {
                    let required = schema.get("required").and_then(Value::as_array);
                    Shape::Struct(
                        properties,
                        required.into_iter().flatten().filter_map(Value::as_str).collect(),
                    )
                }
                (None, Some(values)) if values.is_object() => Shape::Map(values),
                _ => Shape::Map(&Value::Bool(true)),
            };
        }
        match schema.get("items") {
            Some(items) if is("array") => Shape::List(items),
            _ if is("string") => Shape::Text,
            _ if is("integer") => Shape::Whole(match schema["format"].as_str() {
                Some("uint16") => u64::from(u16::MAX),
                Some("uint32") => u64::from(u32::MAX),
                _ => u64::MAX,
            }),
            _ if is("number") => Shape::Number,
            _ if is("boolean") => Shape::Flag,
            _ => Shape::Any,
        }
    }

    /// The shape of the field at `path`, if there is one.
    pub(super) fn at(&self, path: &FieldPath) -> Option<Shape<'_>> {
        let mut schema = &self.root;
        for name in path.names() {
            schema = match self.shape(schema) {
                Shape::Struct(properties, _) => properties.get(name)?,
                Shape::Tagged(_, variants) => {
                    variants.iter().find_map(|(_, variant)| variant["properties"].get(name))?
                }
                Shape::Map(values) => values,
                Shape::Any => return Some(Shape::Any),
                _ => return None,
            };
        }
        Some(self.shape(schema))
    }

    /// Checks names and types of a whole layer. `null` comes to "not given"; file names and folders are taken
    /// relative to `base`.
    pub(super) fn check(&self, layer: &mut Node, base: Option<&Path>) -> Result<(), SettingsError> {
        self.check_node(layer, &self.root, &FieldPath::default(), base)
    }

    fn check_node(
        &self,
        node: &mut Node,
        schema: &Value,
        path: &FieldPath,
        base: Option<&Path>,
    ) -> Result<(), SettingsError> {
        let shape = self.shape(schema);
        if matches!(node.kind, Kind::Unset) || matches!(shape, Shape::Any) {
            return Ok(());
        }
        if matches!(node.kind, Kind::Scalar(Value::Null)) && !path.is_root() {
            node.kind = Kind::Unset;
            return Ok(());
        }
        match (&shape, &mut node.kind) {
            (Shape::Struct(properties, _), Kind::Map(entries)) => {
                self.check_members(entries, properties, path, base)
            }
            (Shape::Tagged(tag, variants), Kind::Map(entries)) => {
                let Some(entry) = entries.iter().find(|entry| entry.key == *tag) else {
                    // A layer may say a part of what a lower one began; the whole is checked once it is merged.
                    return self.check_members(entries, &members_of_all(variants), path, base);
                };
                let name = match &entry.node.kind {
                    Kind::Scalar(Value::String(name)) => name.as_str(),
                    _ => "",
                };
                let Some((_, variant)) = variants.iter().find(|(known, _)| *known == name) else {
                    let names = Shape::Choice(variants.iter().map(|(name, _)| *name).collect());
                    return Err(self.wrong_type(&entry.node, &names, &path.join(tag)));
                };
                match self.shape(variant) {
                    Shape::Struct(properties, _) => self.check_members(entries, properties, path, base),
                    _ => Ok(()),
                }
            }
            (Shape::Map(values), Kind::Map(entries)) => {
                for entry in entries {
                    self.check_node(&mut entry.node, values, &path.join(&entry.key), base)?;
                }
                Ok(())
            }
            (Shape::List(items), Kind::List(nodes)) => {
                for item in nodes {
                    if matches!(item.kind, Kind::Scalar(Value::Null)) {
                        return Err(self.wrong_type(item, &self.shape(items), path));
                    }
                    self.check_node(item, items, path, base)?;
                }
                Ok(())
            }
            (shape, Kind::Scalar(value)) if fits(shape, value) => Ok(()),
            _ => Err(self.wrong_type(node, &shape, path)),
        }
    }

    fn check_members(
        &self,
        entries: &mut [Entry],
        properties: &Map<String, Value>,
        path: &FieldPath,
        base: Option<&Path>,
    ) -> Result<(), SettingsError> {
        for entry in entries {
            let Some(field) = properties.get(&entry.key) else {
                return Err(self.unknown_field(&entry.key, &entry.source.place(), properties, path));
            };
            let inner = path.join(&entry.key);
            self.check_node(&mut entry.node, field, &inner, base)?;
            if let (Some(base), true) = (base, is_file_name(&entry.key)) {
                make_relative_to(base, &mut entry.node);
            }
        }
        Ok(())
    }

    /// Checks that what was merged has every field that must be there.
    pub(super) fn check_complete(&self, node: &Node) -> Result<(), SettingsError> {
        self.check_required(node, &self.root, &FieldPath::default())
    }

    fn check_required(&self, node: &Node, schema: &Value, path: &FieldPath) -> Result<(), SettingsError> {
        let shape = self.shape(schema);
        let entries = match (&node.kind, &shape) {
            (Kind::Map(entries), _) => entries,
            (Kind::List(nodes), Shape::List(items)) => {
                return nodes.iter().try_for_each(|item| self.check_required(item, items, path));
            }
            _ => return Ok(()),
        };
        if let Shape::Tagged(tag, variants) = &shape {
            let Some(name) = node.entry(tag).map(|entry| entry.node.to_value()) else {
                let (place, path, field) = (node.source.place(), path.to_string(), (*tag).to_owned());
                return Err(SettingsError::MissingField { place, path, field });
            };
            let variant = variants.iter().find(|(known, _)| name == *known);
            return variant.map_or(Ok(()), |(_, variant)| self.check_required(node, variant, path));
        }
        if let Shape::Struct(_, required) = &shape
            && let Some(field) = required.iter().find(|field| node.entry(field).is_none())
        {
            let (place, path, field) = (node.source.place(), path.to_string(), (*field).to_owned());
            return Err(SettingsError::MissingField { place, path, field });
        }
        for entry in entries {
            let inner = match &shape {
                Shape::Struct(properties, _) => properties.get(&entry.key),
                Shape::Map(values) => Some(*values),
                _ => None,
            };
            if let Some(inner) = inner {
                self.check_required(&entry.node, inner, &path.join(&entry.key))?;
            }
        }
        Ok(())
    }

    fn unknown_field(
        &self,
        field: &str,
        place: &str,
        properties: &Map<String, Value>,
        path: &FieldPath,
    ) -> SettingsError {
        let mut known: Vec<String> = properties.keys().cloned().collect();
        known.sort_unstable();
        // The right name one level too high: `concurrency` beside `defaults`.
        let below = properties.iter().find_map(|(name, schema)| match self.shape(schema) {
            Shape::Struct(inner, _) if inner.contains_key(field) => {
                Some(path.join(name).join(field).to_string())
            }
            _ => None,
        });
        let nearest = below.or_else(|| nearest(field, known.iter().map(String::as_str)));
        let inside = if path.is_root() { "at the top level".to_owned() } else { format!("in `{path}`") };
        SettingsError::UnknownField {
            place: place.to_owned(),
            field: field.to_owned(),
            inside,
            nearest,
            known,
        }
    }

    fn wrong_type(&self, node: &Node, shape: &Shape<'_>, path: &FieldPath) -> SettingsError {
        let found = match &node.kind {
            Kind::Map(_) => "a map",
            Kind::List(_) => "a list",
            Kind::Unset | Kind::Scalar(Value::Null) => "empty",
            Kind::Scalar(Value::Bool(_)) => "a truth value",
            Kind::Scalar(Value::Number(_)) => "this number",
            Kind::Scalar(_) if matches!(shape, Shape::Choice(_)) => "this text",
            Kind::Scalar(_) => "text",
        };
        let advice = match (&node.kind, shape) {
            (Kind::Scalar(Value::String(text)), Shape::Choice(options)) => {
                nearest(text, options.iter().copied())
                    .map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
            }
            _ => String::new(),
        };
        let expected = match shape {
            Shape::Text if matches!(node.kind, Kind::Scalar(_)) => "text (put it in quotes)".to_owned(),
            _ => self.expected(shape),
        };
        let path = if path.is_root() { self.name.to_owned() } else { path.to_string() };
        SettingsError::WrongType {
            place: node.source.place(),
            path,
            expected,
            found: format!("{found}{advice}"),
        }
    }

    fn expected(&self, shape: &Shape<'_>) -> String {
        match shape {
            Shape::Struct(properties, _) => {
                let mut names: Vec<&str> = properties.keys().map(String::as_str).collect();
                names.truncate(4);
                format!("a map with fields such as `{}`", names.join("`, `"))
            }
            Shape::Tagged(tag, variants) => {
                let names: Vec<&str> = variants.iter().map(|(name, _)| *name).collect();
                format!("a map whose `{tag}` is one of `{}`", names.join("`, `"))
            }
            Shape::Map(_) => "a map of names to values".to_owned(),
            Shape::List(items) => format!("a list, each item {}", self.expected(&self.shape(items))),
            Shape::Text => "text".to_owned(),
            Shape::Whole(u64::MAX) => "a whole number of 0 or more".to_owned(),
            Shape::Whole(max) => format!("a whole number from 0 to {max}"),
            Shape::Number => "a number".to_owned(),
            Shape::Flag => "`true` or `false`".to_owned(),
            Shape::Choice(options) => format!("one of `{}`", options.join("`, `")),
            Shape::Any => "any value".to_owned(),
        }
    }
}

/// The field that tells a struct from its alternatives: the one whose value is fixed.
fn tag_of(option: &Value) -> Option<&str> {
    let properties = option.get("properties")?.as_object()?;
    properties.iter().find(|(_, schema)| schema.get("const").is_some()).map(|(name, _)| name.as_str())
}

/// The fields of all alternatives; of those with one name the first's, for they mean the same.
fn members_of_all(variants: &[(&str, &Value)]) -> Map<String, Value> {
    let mut all = Map::new();
    for (name, schema) in
        variants.iter().filter_map(|(_, variant)| variant["properties"].as_object()).flatten()
    {
        all.entry(name).or_insert_with(|| schema.clone());
    }
    all
}

fn fits(shape: &Shape<'_>, value: &Value) -> bool {
    match shape {
        Shape::Text => value.is_string(),
        Shape::Whole(max) => value.as_u64().is_some_and(|number| number <= *max),
        Shape::Number => value.as_f64().is_some_and(f64::is_finite),
        Shape::Flag => value.is_boolean(),
        Shape::Choice(options) => value.as_str().is_some_and(|text| options.contains(&text)),
        Shape::Any => true,
        Shape::Struct(..) | Shape::Tagged(..) | Shape::Map(_) | Shape::List(_) => false,
    }
}

/// Whether a field of this name holds a file or folder. A test holds every such field of the types to this rule.
pub(super) fn is_file_name(field: &str) -> bool {
    field == "file" || field.ends_with("_file") || field.ends_with("_dir")
}

fn make_relative_to(base: &Path, node: &mut Node) {
    if let Kind::Scalar(Value::String(text)) = &mut node.kind
        && !text.is_empty()
    {
        // An absolute path stays what it is.
        *text = base.join(&*text).to_string_lossy().into_owned();
    }
}
