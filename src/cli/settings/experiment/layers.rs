//! One layer of an experiment on top of another: maps are merged, and what contradicts the layer above goes.

use serde_json::Value;

use crate::cli::settings::tree::{Kind, Node};

/// The ways in which load is put on. Of two layers that choose different ones the upper wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Closed,
    Batch,
    Open,
    Trace,
}

/// What makes a load of one family.
const STARTS: [(&str, Family); 5] = [
    ("concurrency", Family::Closed),
    ("batch_size", Family::Batch),
    ("rate", Family::Open),
    ("stages", Family::Open),
    ("speed", Family::Trace),
];

/// Fields of a load that make sense in some families alone.
const OF_FAMILIES: [&str; 10] = [
    "type",
    "concurrency",
    "batch_size",
    "rate",
    "stages",
    "speed",
    "arrival",
    "burstiness",
    "max_in_flight",
    "ramp_up_s",
];

/// The fields that a sweep makes levels of.
const AXES: [(&str, Family); 2] = [("load.concurrency", Family::Closed), ("load.rate", Family::Open)];

/// Fields that say who is measured; each takes away those behind it in a lower layer.
const TARGETS: [(&str, &[&str]); 5] = [
    ("team", &["endpoint", "url", "model", "api_key_env", "baseline", "baseline_url"]),
    ("endpoint", &["url", "model", "api_key_env"]),
    ("url", &["endpoint", "model", "api_key_env"]),
    ("baseline", &["baseline_url"]),
    ("baseline_url", &["baseline"]),
];

/// Puts `above` on `below`.
pub(super) fn put_on(below: &mut Node, above: Node) {
    if let Some(family) = family(&above) {
        let changed = self::family(below).is_some_and(|other| other != family);
        if changed || says_how_much(&above) {
            give_way(below, &above, changed);
        }
    }
    for (field, other) in [("requests", "repeats"), ("repeats", "requests")] {
        if member(&above, "load").is_some_and(|load| gives(load, field))
            && let Some(load) = entry_mut(below, "load")
        {
            remove(load, other);
        }
    }
    for (field, others) in TARGETS {
        if gives(&above, field) {
            for other in others {
                remove(below, other);
            }
        }
    }
    forget_other_variants(below, &above);
    below.merge(above);
}

/// Takes away what a lower layer says of how load is put on, where the upper one says it.
fn give_way(below: &mut Node, above: &Node, changed: bool) {
    remove(below, "find");
    if let Some(sweep) = entry_mut(below, "sweep") {
        for (axis, _) in AXES {
            remove(sweep, axis);
        }
    }
    let Some(load) = entry_mut(below, "load") else { return };
    if changed {
        for field in OF_FAMILIES {
            remove(load, field);
        }
        return;
    }
    for (field, _) in STARTS {
        remove(load, field);
    }
    let is_single = load.entry("type").is_some_and(|kind| kind.node.to_value() == "single");
    if is_single && member(above, "load").is_some_and(|load| gives(load, "concurrency")) {
        remove(load, "type");
    }
}

/// The family that a layer chooses, if it chooses exactly one.
fn family(layer: &Node) -> Option<Family> {
    let load = member(layer, "load");
    let of_type = load.and_then(|load| load.entry("type")).and_then(|kind| match &kind.node.kind {
        Kind::Scalar(Value::String(name)) => match name.as_str() {
            "single" | "concurrent" | "multi_turn" => Some(Family::Closed),
            "batch" => Some(Family::Batch),
            "open" => Some(Family::Open),
            "trace" => Some(Family::Trace),
            _ => None,
        },
        _ => None,
    });
    let of_fields = STARTS
        .iter()
        .filter(|(field, _)| load.is_some_and(|load| gives(load, field)))
        .map(|(_, family)| *family);
    let sweep = member(layer, "sweep");
    let of_sweep = AXES
        .iter()
        .filter(|(axis, _)| sweep.is_some_and(|sweep| gives(sweep, axis)))
        .map(|(_, family)| *family);
    let axis = member(layer, "find").and_then(|find| find.entry("axis")).map(|axis| axis.node.to_value());
    let of_find = axis.map(|axis| if axis == "rate" { Family::Open } else { Family::Closed });
    let mut all = of_type.into_iter().chain(of_fields).chain(of_sweep).chain(of_find);
    let first = all.next()?;
    // A layer that contradicts itself is told so when all is merged.
    all.all(|other| other == first).then_some(first)
}

/// Whether a layer says how much load there is, or over which loads to go, rather than its kind alone.
fn says_how_much(layer: &Node) -> bool {
    let load = member(layer, "load");
    let sweep = member(layer, "sweep");
    gives(layer, "find")
        || STARTS.iter().any(|(field, _)| load.is_some_and(|load| gives(load, field)))
        || AXES.iter().any(|(axis, _)| sweep.is_some_and(|sweep| gives(sweep, axis)))
}

/// A map that says which variant it is takes the place of another variant; a distribution says all of a length.
fn forget_other_variants(below: &mut Node, above: &Node) {
    let Kind::Map(entries) = &above.kind else { return };
    if gives(above, "distribution") || changes(below, above, "type") {
        below.kind = Kind::Map(Vec::new());
        return;
    }
    for entry in entries.iter().filter(|entry| entry.key != "load") {
        if let Some(below) = entry_mut(below, &entry.key) {
            forget_other_variants(below, &entry.node);
        }
    }
}

fn changes(below: &Node, above: &Node, tag: &str) -> bool {
    let value = |node: &Node| node.entry(tag).map(|entry| entry.node.to_value());
    value(above).is_some_and(|above| value(below).is_some_and(|below| below != above))
}

fn member<'a>(node: &'a Node, field: &str) -> Option<&'a Node> {
    node.entry(field).map(|entry| &entry.node)
}

fn gives(node: &Node, field: &str) -> bool {
    member(node, field).is_some_and(|node| !matches!(node.kind, Kind::Unset))
}

fn entry_mut<'a>(node: &'a mut Node, field: &str) -> Option<&'a mut Node> {
    let Kind::Map(entries) = &mut node.kind else { return None };
    entries.iter_mut().find(|entry| entry.key == field).map(|entry| &mut entry.node)
}

fn remove(node: &mut Node, field: &str) {
    if let Kind::Map(entries) = &mut node.kind {
        entries.retain(|entry| entry.key != field);
    }
}
