//! That a report stays small whatever it holds, and that no text from outside breaks out of its place: what the parser
//! makes of a hostile report has the structure of a plain one's.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

use super::*;
use crate::model::comparison::{GateVerdict, PairedPassRate};
use crate::model::judgement::{AnswerSource, FoundAnswer};
use crate::model::outcome::Outcome;
use crate::report::fixture;

fn whole(result: &RunResult) -> String {
    let links = Links { html: Some("01a2b3c4.html".to_owned()), result: Some("01a2b3c4.json".to_owned()) };
    render_beside(result, &ReportInput::default(), &links).unwrap()
}

/// What a parser of GitHub's Markdown makes of the text, without what is written; panics where something stands that no
/// template of ours writes.
fn structure(markdown: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH;
    let mut found = Vec::new();
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("01a2b3c4."), "a link to {dest_url}");
                found.push(format!("link {dest_url}"));
            }
            Event::Start(
                tag @ (Tag::Image { .. } | Tag::Emphasis | Tag::Strikethrough | Tag::FootnoteDefinition(_)),
            ) => panic!("{tag:?} in\n{markdown}"),
            Event::Start(Tag::Strong | Tag::Paragraph) => {}
            Event::Start(tag) => found.push(format!("{tag:?}")),
            Event::Html(html) => {
                let html = html.trim();
                let ours = ["<details>", "</details>"].contains(&html)
                    || html.starts_with("<details><summary>")
                        && html.ends_with("</summary>")
                        && html.matches('<').count() == 3;
                assert!(ours, "{html} in\n{markdown}");
                found.push(html.chars().take("<details>".len()).collect());
            }
            Event::InlineHtml(html) => {
                assert!(["<br>", "<code>", "</code>"].contains(&&*html), "{html} in\n{markdown}");
            }
            Event::FootnoteReference(_)
            | Event::TaskListMarker(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Rule => {
                panic!("{event:?} in\n{markdown}")
            }
            _ => {}
        }
    }
    found
}

/// A result in which every text that comes from outside is this one.
fn with_text_everywhere(text: &str) -> RunResult {
    let mut result = fixture::hostile();
    let named = |i: usize| format!("{text}{i}");
    for (i, row) in result.rows.iter_mut().enumerate() {
        row.category = named(i % 3);
        row.key.prompt_id = named(i);
        for attempt in row.baseline.iter_mut().chain(&mut row.candidate) {
            text.clone_into(&mut attempt.exchange.content);
            if attempt.exchange.error.is_some() {
                attempt.exchange.error = Some(format!("e{text}"));
            }
            if attempt.judgement.answer.is_some() {
                let answer = FoundAnswer {
                    text: text.to_owned(),
                    source: AnswerSource::AnswerLine,
                    start: None,
                    end: None,
                };
                attempt.judgement.answer = Some(answer);
            }
        }
    }
    let comparison = result.comparison.as_mut().unwrap();
    for (i, rate) in comparison.categories.iter_mut().enumerate() {
        rate.category = Some(named(i));
    }
    for flip in comparison.losses.iter_mut().chain(&mut comparison.gains) {
        let place: usize = flip.prompt_id.rsplit('-').next().unwrap().parse().unwrap();
        (flip.prompt_id, flip.category) = (named(place - 1), named((place - 1) % 3));
    }
    comparison.gates = vec![fixture::gate(text, GateVerdict::Inconclusive, text)];
    for reading in &mut result.readings {
        for part in [&mut reading.topic, &mut reading.expected, &mut reading.evidence] {
            text.clone_into(part);
        }
    }
    result.warnings = vec![text.to_owned(); 3];
    result.client_health.reasons = vec![text.to_owned(); 2];
    result.prompt_set.name = text.to_owned();
    result.run_id = text.to_owned();
    result.started_at = text.to_owned();
    for side in result.baseline.iter_mut().chain([&mut result.candidate]) {
        for part in [&mut side.endpoint, &mut side.model, &mut side.url] {
            text.clone_into(part);
        }
        side.server = Some(text.to_owned());
        side.served_models = vec![text.to_owned()];
    }
    result.candidate.model = format!("c{text}");
    result
}

#[test]
fn a_report_of_every_kind_has_a_sound_structure() {
    for (name, result) in [
        ("gated", with_text_everywhere("text")),
        ("alone", fixture::alone()),
        ("levels", fixture::levels()),
        ("unchecked", fixture::unchecked()),
        ("interrupted", fixture::interrupted()),
        ("hostile", fixture::hostile()),
        ("one", fixture::result(1, true)),
        ("none", fixture::result(0, false)),
    ] {
        let text = whole(&result);
        let found = structure(&text);
        let count = |what: &str| found.iter().filter(|event| event.starts_with(what)).count();
        assert_eq!(count("<details>"), count("</details"), "{name}: {text}");
        assert_eq!(count("link"), 2, "{name}");
        assert!(!text.contains("\n\n\n"), "{name}");
    }
}

#[test]
fn the_answer_comes_first_and_commands_can_be_copied() {
    let text = whole(&fixture::paired());
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} in {text}"));
    assert!(
        at("SIMULATED") < at("Is mistral-7b-awq good enough")
            && at("**Faster in this run") < at("## Quality")
    );
    assert!(text.contains("`labctl bench --team quant --compare-baseline --rounds 5`"), "{text}");
    assert!(!text.contains("\\`"), "{text}");
    assert!(text.contains("[Whole report](01a2b3c4.html) \u{b7} [Result](01a2b3c4.json)"), "{text}");
}

#[test]
fn a_report_stays_small_whatever_it_holds_and_says_what_is_missing() {
    let mut categories = fixture::result(300, true);
    let comparison = categories.comparison.as_mut().unwrap();
    let model: PairedPassRate = comparison.categories[0].clone();
    comparison.categories = (0..400)
        .map(|i| PairedPassRate {
            category: Some(format!("@category|{i} {}", "`".repeat(40))),
            ..model.clone()
        })
        .collect();
    let mut answers = fixture::result(6_000, true);
    for row in &mut answers.rows {
        let attempt = row.candidate.as_mut().unwrap();
        attempt.judgement.answer = None;
        attempt.exchange.content =
            "@<|`".repeat(if row.key.prompt_id.ends_with("005") { 250_000 } else { 200 });
    }
    let mut failures = fixture::result(500, false);
    for (i, row) in failures.rows.iter_mut().enumerate() {
        let attempt = row.candidate.as_mut().unwrap();
        attempt.exchange.outcome = Outcome::Http5xx;
        attempt.exchange.error = Some(format!("{i} {}", "<@&>".repeat(600)));
    }
    failures.candidate.summary.outcomes = [(Outcome::Http5xx, 500)].into();
    let mut warnings = fixture::paired();
    warnings.warnings = (0..500).map(|i| format!("{i} {}", "@#".repeat(900))).collect();
    let mut monstrous = with_text_everywhere(&"@".repeat(1_900));
    monstrous.warnings = warnings.warnings.clone();
    monstrous.readings = (0..300).map(|_| monstrous.readings[0].clone()).collect();
    for (name, result) in [
        ("rows", fixture::result(10_000, true)),
        ("categories", categories),
        ("answers", answers),
        ("failures", failures),
        ("warnings", warnings),
        ("monstrous", monstrous),
    ] {
        let text = whole(&result);
        assert!(text.len() <= LIMIT, "{name}: {} bytes", text.len());
        assert!(
            ["Left out to stay small", "more in the JSON", "**Cut here"]
                .iter()
                .any(|told| text.contains(told)),
            "{name}: {text}"
        );
        let found = structure(&text);
        let count = |what: &str| found.iter().filter(|event| event.starts_with(what)).count();
        assert_eq!(count("<details>"), count("</details"), "{name}");
    }
}

#[test]
fn the_worst_rows_are_kept_and_what_is_cut_closes_its_sections() {
    let cut = budget::cut(
        &format!("# a\n\n<details><summary>x</summary>\n\n{}</details>\n", "row\n\n".repeat(900)),
        1_000,
    );
    assert!(cut.len() <= 1_000 && cut.contains("row\n\n</details>\n\n**Cut here"), "{cut}");
}

const FRAGMENTS: [&str; 46] = [
    "|",
    "`",
    "``",
    "```",
    "~~~",
    "\n",
    "\n\n",
    "<script>",
    "</details>",
    "<details>",
    "<!--",
    "-->",
    "[x](http://e.x)",
    "![",
    "](",
    "**",
    "*",
    "_",
    "~~",
    "# ",
    "- ",
    "- [ ] ",
    "1. ",
    "> ",
    "    ",
    "\\",
    "\\|",
    "@all",
    "#1",
    "<b>",
    "&lt;",
    "&#124;",
    "http://e.x",
    "www.e.x",
    "a",
    " ",
    "\u{202e}",
    "\u{1b}[31m",
    "\0",
    "$x$",
    "---",
    "===",
    "|--|",
    "{{ x }}",
    "[^1]",
    "<br>",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_text_from_outside_breaks_out(parts in proptest::collection::vec(proptest::sample::select(&FRAGMENTS[..]), 1..8)) {
        let text = whole(&with_text_everywhere(&parts.concat()));
        let plain = whole(&with_text_everywhere("plain"));
        prop_assert_eq!(structure(&text), structure(&plain), "{}", text);
    }

    #[test]
    fn every_filter_keeps_a_cell_a_cell(text in any::<String>(), parts in proptest::collection::vec(proptest::sample::select(&FRAGMENTS[..]), 0..9)) {
        let text = format!("{}{text}", parts.concat());
        let cleaned = crate::report::text::one_line(&text);
        let cells = [escape(&cleaned), prose_cell(&cleaned), code_cell(&text)];
        let table = format!("| a | b | c |\n| :-- | :-- | :-- |\n| {} |\n\nafter\n", cells.join(" | "));
        let found = structure(&table);
        prop_assert_eq!(found.iter().filter(|event| *event == "TableCell").count(), 6, "{}", table);
        let item = format!("- {}\n- {}\n- {}\n", escape(&cleaned), prose(&cleaned), code(&text));
        let found = structure(&item);
        prop_assert_eq!(found.iter().filter(|event| *event == "Item").count(), 3, "{}", item);
        prop_assert_eq!(found.len(), 4, "{}: {:?}", item, found);
    }
}
