//! GitHub's step summary: the Markdown report, cut where GitHub would refuse it whole.

use std::path::Path;

use super::CiInput;
use crate::report::markdown::{code, escape};
use crate::report::number::counted;
use crate::report::text::one_line;

/// GitHub refuses a step's summary above 1 MiB; all commands of the step write into the same file.
pub const LIMIT: usize = 1 << 20;
/// Bytes for the note on what was cut.
const NOTE: usize = 4_096;
/// What closes a section that is open.
const CLOSE: &str = "\n\n</details>\n";
/// The sections named in the note.
const NAMED: usize = 8;

/// The summary in at most [`LIMIT`] less what the file holds already (`taken`, bytes). Empty where not even a note has
/// a place.
#[must_use]
pub fn render(input: &CiInput<'_>, taken: usize) -> String {
    let markdown = format!("{}{}", head(input), input.markdown);
    fit(&markdown, LIMIT.saturating_sub(taken), input.result_path.as_deref())
}

/// What the command failed with: a report tells what was measured, not that it counts for nothing.
fn head(input: &CiInput<'_>) -> String {
    input.ended.error.as_deref().map_or_else(String::new, |error| {
        format!("> [!CAUTION]\n> **exit code {}**: {}\n\n", input.ended.exit_code, escape(&one_line(error)))
    })
}

/// `markdown` in at most `limit` bytes: whole lines, and where some are missing a note of how many and which sections.
fn fit(markdown: &str, limit: usize, result: Option<&Path>) -> String {
    if markdown.len() <= limit {
        return markdown.to_owned();
    }
    let Some(room) = limit.checked_sub(NOTE) else { return String::new() };
    let (mut used, mut open) = (0, 0_usize);
    let kept = markdown.split_inclusive('\n').take_while(|line| {
        used += line.len();
        // What is open where it is cut has to be closed there.
        let opened = line.matches("<details>").count();
        open = (open + opened).saturating_sub(line.matches("</details>").count());
        used + open * CLOSE.len() <= room
    });
    let mut out: String = kept.collect();
    let rest = &markdown[out.len()..];
    for _ in 0..open_details(&out) {
        out.push_str(CLOSE);
    }
    out.push_str(&note(rest, result));
    out
}

/// `<details>` that are not closed.
fn open_details(markdown: &str) -> usize {
    // Text of models has its angle brackets escaped: these are the templates'.
    markdown.matches("<details>").count().saturating_sub(markdown.matches("</details>").count())
}

fn note(rest: &str, result: Option<&Path>) -> String {
    let lines = counted(rest.lines().count() as u64, "line is", "lines are");
    let sections: Vec<&str> = rest.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let mut text = format!("\n\n> [!NOTE]\n> Cut to stay below GitHub's 1 MiB: {lines} missing");
    if !sections.is_empty() {
        let named: Vec<String> =
            sections.iter().take(NAMED).map(|name| name.chars().take(100).collect::<String>()).collect();
        text.push_str(", and with them the sections “");
        text.push_str(&named.join("”, “"));
        text.push('”');
        if sections.len() > NAMED {
            text.push_str(", …");
        }
    }
    text.push_str(". The whole is in the result");
    if let Some(path) = result {
        text.push(' ');
        text.push_str(&code(&path.display().to_string()));
    }
    text.push_str(".\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_cut_is_told() {
        let long = format!("# a\n\n<details>\n{}\n## Speed\n\nx\n</details>\n", "| row |\n".repeat(2_000));
        let cut = fit(&long, 8_192, Some(Path::new("results/x.json")));
        assert!(cut.len() <= 8_192);
        assert_eq!(open_details(&cut), 0);
        assert!(cut.contains("the sections “Speed”. The whole is in the result `results/x.json`"), "{cut}");
        assert_eq!(fit("short\n", 100, None), "short\n");
        assert_eq!(fit(&long, 100, None), "");
    }

    proptest! {
        #[test]
        fn it_never_exceeds_the_limit(line in "\\PC{0,40}", lines in 1_usize..600, limit in 0_usize..12_000) {
            let text = format!("{line}\n<details>\n## {line}\n").repeat(lines);
            prop_assert!(fit(&text, limit, None).len() <= limit);
        }
    }
}
