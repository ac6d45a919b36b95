//! A result whose every text comes from somebody who means harm. Prompts are sent as they are; what servers say is
//! put into the result, as a server that lies would have it there.

use std::fs;
use std::sync::Arc;

use labctl::promptset::{self, manifest_for, write_manifest};
use serde_json::{Value, json};

use super::cases::Case;
use crate::servers::Server;
use crate::support::Lab;

/// Each would do something where it isn't text.
const TEXTS: [&str; 8] = [
    "<script>window.harmed = 'script'</script><img src=x onerror=\"window.harmed = 'img'\"><iframe src=\"data:text/html,x\"></iframe>",
    "</script></pre></details></section></main><script>window.harmed = 'closed'</script><style>body{display:none}</style>",
    "[click](javascript:alert(1)) ![image](http://127.0.0.1:9/x.png) <http://127.0.0.1:9/> | cell | \n\n# Heading\n```\n",
    "\u{1b}[2J\u{1b}[31mred\u{1b}]0;title\u{7}\u{1b}]8;;http://127.0.0.1:9/\u{7}link\u{1b}]8;;\u{7}\r\u{8}",
    "\u{202e}gnirts desrever\u{202c} \u{2067}isolated\u{2069} \u{200f}\u{200e}\u{feff}\u{200b} مرحبا",
    "nul \0 in the middle, and \u{80}\u{9b}31m\u{85}\u{2028}\u{2029}",
    "\" onmouseover=\"window.harmed='attribute'\" ' autofocus onfocus='window.harmed=1' x=`${window.harmed=1}`",
    "]]><!--<svg onload=window.harmed='svg'>--><!-- {{ 7*7 }} {% raw %} &lt;script&gt; &#60;script&#62;",
];

/// How long the longest answer is, characters.
const LONG: usize = 1_000_000;

/// The report of a bench of hostile prompts with hostile answers, errors and names.
pub(super) fn case() -> Case {
    let lab = prompts(Lab::new());
    let set = Arc::new(vec![promptset::load("tiny", &lab.path("promptsets")).unwrap()]);
    let side = |right: f64| {
        Server::with_options(|options| {
            options.profile.default_pass_rate = right;
            options.prompt_sets = Arc::clone(&set);
        })
    };
    let (candidate, baseline) = (side(0.0), side(1.0));
    let lab = lab.with_endpoints(&[
        ("candidate", json!({"url": candidate.url()})),
        ("baseline", json!({"url": baseline.url()})),
    ]);
    lab.bench(&["--compare-baseline", "--no-report"]).succeeds();
    let path = lab.only(".json");
    let mut result: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    poison(&mut result);
    fs::write(&path, serde_json::to_vec(&result).unwrap()).unwrap();
    Case::of("hostile", lab)
}

/// The set `tiny` with such prompts.
fn prompts(lab: Lab) -> Lab {
    let line = |(n, text): (u64, &&str)| {
        let mut prompt: Value = serde_json::from_str(&crate::support::prompt(n)).unwrap();
        prompt["prompt"] = json!(format!("How many are {n} and one hundred? {text}"));
        prompt.to_string()
    };
    let lines: Vec<String> = (1..).zip(&TEXTS).map(line).collect();
    lab.write_prompts("tiny", &lines.join("\n"));
    let set = lab.path("promptsets/tiny");
    write_manifest(&set, &manifest_for(&set).unwrap()).unwrap();
    lab
}

/// Puts hostile text wherever a server, a model or a configuration may put text.
fn poison(result: &mut Value) {
    let all = TEXTS.join(" ");
    for side in ["candidate", "baseline"] {
        for field in ["model", "endpoint", "server"] {
            result[side][field] = json!(format!("{side} {}", TEXTS[0]));
        }
        result[side]["served_models"] = json!([all]);
        result[side]["system_fingerprints"] = json!(TEXTS);
    }
    result["warnings"] = json!(TEXTS);
    result["labels"] = json!({ TEXTS[1]: TEXTS[0] });
    result["config"]["note"] = json!(TEXTS);
    let rows = result["rows"].as_array_mut().unwrap();
    for (n, row) in rows.iter_mut().enumerate() {
        let text = TEXTS[n % TEXTS.len()];
        for side in ["candidate", "baseline"] {
            let exchange = &mut row[side]["exchange"];
            exchange["content"] =
                json!(if n == 0 { "<b>long</b> ".repeat(LONG / 12) } else { format!("{text}\n\n{all}") });
            exchange["reasoning"] = json!(all);
            exchange["finish_reason"] = json!(text);
            for check in row[side]["judgement"]["checks"].as_array_mut().unwrap() {
                check["detail"] = json!(format!("expected {text}"));
            }
        }
        if n == 1 {
            row["candidate"]["exchange"]["error"] = json!(all);
        }
    }
}
