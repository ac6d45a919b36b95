//! axe-core, the accessibility check, in a page. It is no part of labctl: `.ci/run` fetches it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Value, json};

use super::page::Page;

/// Path of `axe.min.js`.
const AXE: &str = "LABCTL_AXE";
/// Where it is looked for otherwise.
const PLACES: [&str; 2] = ["target/axe/package/axe.min.js", "node_modules/axe-core/axe.min.js"];
/// How to get it there.
const COMMAND: &str = "mkdir -p target/axe && npm pack --silent --pack-destination target/axe axe-core@4.14.1 && \
                       tar -xzf target/axe/axe-core-4.14.1.tgz -C target/axe";
/// Which rules: those of WCAG 2.1 at its levels A and AA, and what is good practice beside.
const RULES: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];

#[derive(Debug, Deserialize)]
struct Violation {
    id: String,
    help: String,
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    target: Value,
    html: String,
    failure_summary: String,
}

/// What axe finds wrong, one text a rule with the elements it concerns; empty where the page is clean.
pub(super) fn violations(page: &Page) -> Vec<String> {
    let _loaded: Value = page.eval(&format!("{}; null", source()));
    let found: Vec<Violation> = page.call(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'], preload: false})
            .then(result => result.violations.map(({id, help, nodes}) => ({id, help, nodes:
                nodes.map(({target, html, failureSummary}) => ({target, html, failureSummary}))})))",
        &json!([RULES]),
    );
    found.iter().map(told).collect()
}

fn told(violation: &Violation) -> String {
    let nodes = violation.nodes.iter().take(5).map(|node| {
        let html: String = node.html.chars().take(160).collect();
        format!("\n  {} {html}\n    {}", node.target, node.failure_summary.replace('\n', "\n    "))
    });
    let all = violation.nodes.len();
    format!("{}: {} ({all} elements){}", violation.id, violation.help, nodes.collect::<String>())
}

fn source() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(|| {
        let named = std::env::var_os(AXE).map(PathBuf::from);
        let places = PLACES.iter().map(|place| Path::new(env!("CARGO_MANIFEST_DIR")).join(place));
        let path = named.into_iter().chain(places).find(|path| path.is_file()).unwrap_or_else(|| {
            panic!(
                "the reports' accessibility is checked with axe-core, and `axe.min.js` is not found: set `{AXE}` to its \
                 path, or get it by `{COMMAND}`"
            )
        });
        fs::read_to_string(path).unwrap()
    })
}
