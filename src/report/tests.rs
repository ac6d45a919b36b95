//! The three outputs as a whole: what they say, that hostile text stays text, and that they stay small.

use std::path::{Path, PathBuf};

use unicode_width::UnicodeWidthStr;

use super::input::ReportInput;
use super::terminal::TerminalOptions;
use super::{ReportError, comparison, fixture, html, markdown, terminal};
use crate::model::compared::{COMPARISON_SCHEMA_VERSION, ComparedSide, ComparisonReport};
use crate::model::record::Side;
use crate::model::result::RunResult;

fn options(width: usize) -> TerminalOptions {
    let files = [("result", "json"), ("report", "html"), ("markdown", "md")];
    let path = |ending: &str| PathBuf::from(format!("results/01a2b3c4.{ending}"));
    TerminalOptions {
        width,
        color: false,
        ascii: false,
        files: files.into_iter().map(|(label, ending)| (label.to_owned(), path(ending))).collect(),
    }
}

fn fixtures() -> Vec<(&'static str, RunResult)> {
    let mut large = fixture::result(10_000, true);
    large.candidate.model = "hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4".to_owned();
    large.baseline.as_mut().unwrap().model = "meta-llama/Meta-Llama-3.1-8B-Instruct".to_owned();
    let mut all = fixture::all();
    all.extend([("large", large), ("large_alone", fixture::result(10_000, false))]);
    all
}

fn templates_of(folder: &Path) -> ReportInput {
    ReportInput { template_dir: Some(folder.to_owned()), ..ReportInput::default() }
}

/// The two sides of a fixture as two runs, compared.
fn compared(result: &RunResult) -> ComparisonReport {
    let side = |side: Side, run_id: &str| {
        let info = result.side(side).unwrap();
        ComparedSide {
            run_id: run_id.to_owned(),
            side: Side::Candidate,
            model: info.model.clone(),
            endpoint: info.endpoint.clone(),
            started_at: result.started_at.clone(),
            simulated: info.simulated,
            prompt_set: result.prompt_set.clone(),
            blessed_as: None,
            cached_share: None,
            cost: None,
        }
    };
    let comparison = result.comparison.clone().unwrap();
    ComparisonReport {
        schema_version: COMPARISON_SCHEMA_VERSION,
        labctl_version: "0.1.0".to_owned(),
        baseline: side(Side::Baseline, "01a2b3c4"),
        candidate: side(Side::Candidate, "01a2b3c5"),
        simulated: true,
        same_run: false,
        warnings: vec!["the runs are 3 days apart".to_owned()],
        redacted: None,
        intersected: None,
        team_kind: None,
        comparison,
        flipped: result.rows.clone(),
        readings: Vec::new(),
    }
}

#[test]
fn terminal_snapshots() {
    for (name, result) in fixtures().into_iter().take(7) {
        insta::assert_snapshot!(format!("terminal_{name}"), terminal::summary(&result, &options(100)));
    }
    insta::assert_snapshot!(
        "terminal_compare",
        comparison::terminal(&compared(&fixture::paired()), &options(100))
    );
}

#[test]
fn markdown_snapshots() {
    for (name, result) in fixtures().into_iter().take(6) {
        insta::assert_snapshot!(
            format!("markdown_{name}"),
            markdown::render(&result, &ReportInput::default()).unwrap()
        );
    }
    let two = comparison::markdown(&compared(&fixture::paired()), None).unwrap();
    insta::assert_snapshot!("markdown_compare", two);
}

#[test]
fn html_snapshots() {
    // The style sheet and the drawings are looked at, not compared; terms have tests of their own.
    let drawing = regex::Regex::new("(?s)<svg.*?</svg>").unwrap();
    for (name, result) in fixtures().into_iter().take(6) {
        let html = html::render(&result, &ReportInput::default()).unwrap();
        let body = without_scripts(html.split_once("<body>").unwrap().1);
        let body = body.split_once("<section id=\"glossary\">").map_or(body.as_str(), |(start, _)| start);
        insta::assert_snapshot!(format!("html_{name}"), drawing.replace_all(body, "<svg/>"));
    }
}

/// A page without labctl's own script and without data, in which nothing can begin an element.
fn without_scripts(html: &str) -> String {
    let own = include_str!("../../templates/page.js");
    let html = html.replacen(&format!("<script>{own}</script>"), "", 1);
    let data = regex::Regex::new("<script type=\"application/json\"[^<>]*>[^<]*</script>").unwrap();
    data.replace_all(&html, "").into_owned()
}

#[test]
fn nothing_but_the_page_s_own_script_and_style_may_run() {
    use base64::Engine as _;
    use sha2::Digest as _;
    // In an attribute a slash may stand as an entity.
    let html = html::render(&fixture::hostile(), &ReportInput::default()).unwrap().replace("&#x2f;", "/");
    for (name, text) in [
        ("style", include_str!("../../templates/style.css")),
        ("script", include_str!("../../templates/page.js")),
    ] {
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text));
        assert!(html.contains(&format!("{name}-src 'sha256-{hash}'")), "{name}");
        assert_eq!(html.matches(&format!("<{name}>")).count(), 1, "{name}");
    }
    assert!(html.contains("content=\"default-src 'none'; "));
    let markup = without_scripts(&html);
    let handlers = regex::Regex::new("<[^>]* (on[a-z]+|style)=").unwrap();
    assert!(handlers.find(&markup).is_none(), "{:?}", handlers.find(&markup));
}

#[test]
fn a_terminal_of_any_width_is_not_overrun() {
    for (name, result) in fixtures() {
        for width in [60, 80, 100, 120, 200] {
            let mut options = options(width);
            options.files.clear();
            for line in terminal::summary(&result, &options).lines() {
                assert!(line.width() <= width, "{name} at {width}: {} columns: {line}", line.width());
            }
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let result = fixture::hostile();
    let plain = terminal::summary(&result, &options(100));
    let coloured = terminal::summary(&result, &TerminalOptions { color: true, ..options(100) });
    assert!(coloured.contains('\u{1b}'));
    let squeeze = |text: &str| {
        text.replace("SIMULATED:", " SIMULATED ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(squeeze(&anstream::adapter::strip_str(&coloured).to_string()), squeeze(&plain));
}

#[test]
fn hostile_text_stays_text() {
    let result = fixture::hostile();
    let terminal = terminal::summary(&result, &options(100));
    let markdown = markdown::render(&result, &ReportInput::default()).unwrap();
    let html = html::render(&result, &ReportInput::default()).unwrap();
    for text in [&terminal, &markdown, &html] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "a control character got through");
        assert!(!text.contains('\u{202e}'), "a direction override got through");
    }
    let html = without_scripts(&html);
    assert!(!html.contains("<script") && !html.contains("<b>\u{241b}"), "markup got through");
    // Outside code spans nothing of the model's may open a tag, call a person or break a table.
    let outside = without_code(&markdown);
    assert!(
        !outside.contains("<script") && !outside.contains("@team") && !outside.contains("@all"),
        "{outside}"
    );
    for table in markdown.split("\n\n").filter(|block| block.starts_with('|')) {
        let rows = table.lines().filter(|line| line.starts_with('|'));
        let bars: Vec<_> = rows.map(|row| row.replace("\\|", "").matches('|').count()).collect();
        assert!(bars.windows(2).all(|pair| pair[0] == pair[1]), "{bars:?} in {table}");
    }
}

/// Markdown without what stands in code spans, found as `CommonMark` says: a run of backticks closes
/// at the next run of the same length.
fn without_code(markdown: &str) -> String {
    let mut out = String::new();
    let mut in_fence = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            in_fence = !in_fence;
        }
        if in_fence {
            continue;
        }
        let mut rest = line;
        while let Some(start) = rest.find('`') {
            let escaped = rest[..start].ends_with('\\');
            let fence = rest[start..].len() - rest[start..].trim_start_matches('`').len();
            let after = &rest[start + fence..];
            out.push_str(&rest[..start]);
            let runs = after.match_indices('`').map(|(i, _)| i);
            let closing = runs
                .filter(|i| !after[..*i].ends_with('`'))
                .find(|i| after[*i..].len() - after[*i..].trim_start_matches('`').len() == fence);
            rest = match closing {
                Some(i) if !escaped => &after[i + fence..],
                _ => after,
            };
        }
        out.push_str(rest);
        out.push('\n');
    }
    out
}

#[test]
fn a_simulated_result_says_so_first_and_a_real_one_never() {
    for (result, simulated) in [(fixture::paired(), true), (fixture::alone(), false)] {
        let html = html::render(&result, &ReportInput::default()).unwrap();
        let markdown = markdown::render(&result, &ReportInput::default()).unwrap();
        let terminal = terminal::summary(&result, &options(80));
        for text in [html, markdown, terminal] {
            assert_eq!(text.contains("SIMULATED"), simulated);
            assert!(!simulated || text.find("SIMULATED") < text.find("Quality"));
        }
    }
}

#[test]
fn ten_thousand_rows_make_a_small_report_that_counts_the_rest() {
    let result = fixture::result(10_000, true);
    let html = html::render(&result, &ReportInput::default()).unwrap();
    assert!(html.len() < 1_500_000, "{} bytes", html.len());
    assert!(markdown::render(&result, &ReportInput::default()).unwrap().contains("950 more in the JSON"));
    assert!(terminal::summary(&result, &options(80)).contains("990 more in the result's JSON"));
}

#[test]
fn a_report_asks_for_nothing_from_outside() {
    let html = html::render(&fixture::paired(), &ReportInput::default()).unwrap();
    for needle in ["<link", "<img", "@import", " src="] {
        assert!(!html.contains(needle), "{needle}");
    }
    assert_eq!(html.matches("url(").count(), html.matches("url(#").count(), "clips are the page's own");
    assert_eq!(html.matches("href=").count(), html.matches("href=\"#").count(), "links stay within the page");
}

#[test]
fn a_template_of_the_user_is_taken_and_the_rest_is_built_in() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("report.md"), "{{ report.title }}: {{ report.warnings[0] }}").unwrap();
    let mut result = fixture::paired();
    result.warnings = vec!["<b>".to_owned()];
    let markdown = markdown::render(&result, &templates_of(folder.path())).unwrap();
    assert_eq!(markdown, "mistral-7b-awq against mistral-7b-fp16: &lt;b&gt;\n");
    assert!(html::render(&result, &templates_of(folder.path())).unwrap().contains("<!doctype html>"));
}

#[test]
fn a_template_s_mistake_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("report.md"), "one\n{{ report.titel }}").unwrap();
    let error = markdown::render(&fixture::paired(), &templates_of(folder.path())).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("report.md") && message.contains(":2"), "{message}");
    let missing = folder.path().join("nowhere");
    assert!(matches!(
        markdown::render(&fixture::paired(), &templates_of(&missing)),
        Err(ReportError::NoTemplateDir { .. })
    ));
}

/// `LABCTL_WRITE_REPORTS=1 cargo test report::tests::write_reports` leaves every report in the
/// folder for temporary files, to be looked at.
#[test]
fn write_reports() {
    if std::env::var_os("LABCTL_WRITE_REPORTS").is_none() {
        return;
    }
    let folder = std::env::temp_dir().join("labctl-reports");
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: String, text: String| std::fs::write(folder.join(name), text).unwrap();
    for (name, result) in fixtures() {
        write(format!("{name}.html"), html::render(&result, &ReportInput::default()).unwrap());
        write(format!("{name}.md"), markdown::render(&result, &ReportInput::default()).unwrap());
        for width in [60, 80, 120] {
            let coloured = TerminalOptions { color: true, ..options(width) };
            write(format!("{name}.{width}.txt"), terminal::summary(&result, &coloured));
        }
    }
}

#[test]
fn sides_of_one_model_go_by_their_endpoints_too() {
    let mut result = fixture::paired();
    result.baseline.as_mut().unwrap().model = "mistral-7b-awq".to_owned();
    let title = super::view::ReportView::new(&result, &ReportInput::default()).title;
    assert_eq!(title, "mistral-7b-awq (awq) against mistral-7b-awq (fp16)");
}

#[test]
fn nothing_measured_is_n_a_and_never_zero() {
    let mut result = fixture::result(0, false);
    result.candidate.summary.throughput = None;
    result.candidate.summary.throughput_absent_because = Some("no request succeeded".to_owned());
    result.candidate.summary.error_rate = None;
    let terminal = terminal::summary(&result, &options(80));
    assert!(terminal.contains("no request succeeded"), "{terminal}");
    assert!(!terminal.contains(" 0 ms") && !terminal.contains("0 tokens/s"), "{terminal}");
    let html = html::render(&result, &ReportInput::default()).unwrap();
    assert!(!html.contains("<svg"), "no chart of nothing");
}
