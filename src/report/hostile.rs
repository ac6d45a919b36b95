//! Every text of a result replaced by one that means harm: no output may be built otherwise than with a harmless one.

use std::collections::BTreeMap;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::Regex;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::input::ReportInput;
use super::prompts::Prompts;
use super::terminal::{TerminalOptions, summary};
use super::text::clean;
use super::{fixture, html, markdown};
use crate::model::prompt::{Manifest, Prompt, PromptSet};
use crate::model::result::RunResult;

/// Each would do something somewhere if it were obeyed.
fn texts() -> Vec<String> {
    let plain = [
        "<script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        "</style></title></pre></details></table></section></main></body></html>",
        "<!-- <script> --!> ]]> <![CDATA[ <?php",
        "<img src=x onerror=alert(1)> <svg/onload=alert(1)> <iframe srcdoc='<b>'>",
        "\" onmouseover=\"alert(1)\" ' onfocus='alert(1)' autofocus=` x",
        "&lt;script&gt; &#60;b&#62; &amp; &quot; &#x27; &NewLine;",
        "javascript:alert(1) data:text/html,x vbscript:x",
        "[click](javascript:alert(1)) [ref]: http://evil.example \"t\"",
        "![picture](http://evil.example/x.png) [![x](y)](z)",
        "<http://evil.example> http://evil.example www.evil.example you@evil.example",
        "| a | b |\n|---|---|\n| c | d |",
        "```\nfence\n``` ~~~\nother\n~~~ ```` four ````",
        "`one` ``two`` ` \\` \\\\` ```",
        "# Heading\n## Another\nSetext\n=====\n---\n* * *\nend",
        "- item\n* item\n+ item\n1. one\n> quote\n> [!WARNING]\n- [x] done",
        "**bold** __bold__ *it* _it_ ~~gone~~ $x^2$ $$y$$ \\(z\\) :smile: ==mark==",
        "@team #1 GH-1 org/repo#2 abcdef1234567890abcdef1234567890abcdef12",
        "<details open><summary>x</summary>\n\n<b>y</b>\n\n</details>",
        "{{ 7 * 7 }} {% raw %} {# x #} ${x} #{x} %s %n",
        "\u{1b}[2J\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}",
        "\u{1b}]8;;http://evil.example\u{1b}\\link\u{1b}]8;;\u{1b}\\ \u{1b}]52;c;ZXZpbA==\u{7}",
        "\u{1b}P+q544e\u{1b}\\ \u{1b}_apc\u{1b}\\ \u{1b}^pm\u{1b}\\ \u{1b}c \u{1b}(0",
        "\u{9b}31m \u{9d}0;x\u{9c} \u{90}x\u{9c} \u{85}\u{80}\u{9f}",
        "back\u{8}\u{8}\u{8} bell\u{7} form\u{c} vertical\u{b} return\rover nul\0end del\u{7f}",
        "\u{202e}txet desrever\u{202c} \u{202a}x\u{202b}y\u{202d}z",
        "\u{2066}a\u{2067}b\u{2068}c\u{2069} never closed \u{2067}",
        "שלום עולם \u{200f}مرحبا\u{200e} (x) 123",
        "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}\u{180e}hidden\u{e0048}\u{e0049}",
        "\u{2028}line\u{2029}paragraph\u{fffe}\u{ffff}\u{fdd0}",
        "\\ud800 \\u0000 \\x1b[31m \\n",
        "日本語の答え ａｂｃ 👩\u{200d}💻 e\u{301}",
    ];
    let mut texts: Vec<String> = plain.into_iter().map(str::to_owned).collect();
    texts.push(format!("Z{}", "\u{316}\u{301}".repeat(400)));
    texts.push("line\n".repeat(10_000));
    texts.push("<b>x</b> ".repeat(100));
    texts
}

/// A text as long as `text` is when it is shown, with the same words and lines, and nothing in it that could do harm.
fn harmless(text: &str) -> String {
    let keep = |c: char| c.is_alphanumeric() || c == ' ' || c == '\n';
    clean(text).chars().map(|c| if keep(c) { c } else { 'x' }).collect()
}

/// The place of a string in a document, and the same with every place in a list alike.
fn strings(value: &Value, at: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(_) => {
            let shape = Regex::new(r"/\d+(/|$)").unwrap();
            let shape = shape.replace_all(at, "/*$1").into_owned();
            found.push((
                at.to_owned(),
                Regex::new(r"/\d+(/|$)").unwrap().replace_all(&shape, "/*$1").into_owned(),
            ));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| strings(item, &format!("{at}/{i}"), found));
        }
        Value::Object(members) => {
            let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
            members
                .iter()
                .for_each(|(key, member)| strings(member, &format!("{at}/{}", escaped(key)), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A result of which any string that may be any text can be replaced.
struct Template {
    document: Value,
    places: Vec<String>,
}

impl Template {
    fn new() -> Self {
        let mut result = fixture::hostile();
        result.rows.truncate(9);
        let attempt = result.rows[1].candidate.as_mut().unwrap();
        attempt.exchange.reasoning = "thought".to_owned();
        attempt.exchange.tool_calls = "call".to_owned();
        attempt.exchange.served_model = Some("model".to_owned());
        attempt.judgement.judge_replies = serde_json::from_value(json!([
            {"repeat": 0, "dimension": "factuality", "score": 2.0, "reply": "so so"},
            {"repeat": 1, "dimension": "factuality", "failure": "it said nothing"},
        ]))
        .unwrap();
        result.config = json!({"endpoints": {"awq": {"body": {"stop": ["x"]}}}, "note": "x"});
        let document = serde_json::to_value(&result).unwrap();
        let mut found = Vec::new();
        strings(&document, "", &mut found);
        let mut shapes: BTreeMap<String, bool> = BTreeMap::new();
        for (place, shape) in &found {
            if !shapes.contains_key(shape) {
                let mut changed = document.clone();
                *changed.pointer_mut(place).unwrap() = json!("any text");
                shapes.insert(shape.clone(), serde_json::from_value::<RunResult>(changed).is_ok());
            }
        }
        let places: Vec<String> =
            found.into_iter().filter(|(_, shape)| shapes[shape]).map(|(place, _)| place).collect();
        for wanted in ["/rows/0/key/prompt_id", "/rows/0/category", "/candidate/model", "/warnings/0"] {
            assert!(places.iter().any(|place| place == wanted), "{wanted} is no text");
        }
        Self { document, places }
    }

    /// The result with `text` in every place.
    fn with(&self, text: &str) -> RunResult {
        let mut document = self.document.clone();
        for place in &self.places {
            *document.pointer_mut(place).unwrap() = json!(text);
        }
        let mut result: RunResult = serde_json::from_value(document).unwrap();
        result.labels = BTreeMap::from([(text.to_owned(), text.to_owned())]);
        result.prompt_set.categories = BTreeMap::from([(text.to_owned(), 9)]);
        result
    }
}

/// Prompts of which everything is `text`.
fn input(text: &str) -> ReportInput {
    let prompt = Prompt {
        system: Some(text.to_owned()),
        reference: text.to_owned(),
        ..Prompt::unchecked(text.to_owned(), text.to_owned(), text.to_owned(), 16)
    };
    let manifest = Manifest {
        name: text.to_owned(),
        version: 1,
        description: text.to_owned(),
        team: text.to_owned(),
        categories: BTreeMap::new(),
        calibrated: false,
        sha256: String::new(),
    };
    let set = PromptSet { manifest, prompts: vec![prompt], origin: text.to_owned(), selection: None };
    ReportInput { prompts: Prompts::of(set).with_note(text), ..ReportInput::default() }
}

/// The tags of a page in order, without what stands in attributes.
fn tags(html: &str) -> Vec<String> {
    let tag = Regex::new(r"(?s)<[a-zA-Z/!?][^>]*>").unwrap();
    let value = Regex::new(r#""[^"]*""#).unwrap();
    tag.find_iter(html).map(|tag| value.replace_all(tag.as_str(), "\"\"").into_owned()).collect()
}

/// What a page of Markdown is built of: blocks, links, code, but not the texts in them.
fn blocks(markdown: &str) -> Vec<String> {
    let events = Parser::new_ext(markdown, Options::all());
    let kind = |event: Event<'_>| match event {
        Event::Text(_) | Event::SoftBreak => None,
        Event::Code(_) => Some("code".to_owned()),
        Event::Html(html) | Event::InlineHtml(html) => Some(format!("html {}", tags(&html).join(""))),
        other => Some(format!("{other:?}")),
    };
    events.filter_map(kind).filter(|kind| kind != "code").collect()
}

/// The tags of a page but for code in its sentences: backticks of others make some too, which is as harmless as in
/// Markdown while each has its end.
fn tags_but_code(html: &str) -> Vec<String> {
    let all = tags(html);
    let is_code = |tag: &str| tag.starts_with("<code");
    let opened = all.iter().filter(|tag| is_code(tag)).count();
    assert_eq!(opened, all.iter().filter(|tag| *tag == "</code>").count());
    all.into_iter().filter(|tag| !is_code(tag) && tag != "</code>").collect()
}

/// Where two pages are built differently, if they are.
fn difference(text: &str, found: &[String], expected: &[String]) -> Option<String> {
    let at = found.iter().zip(expected).position(|(found, expected)| found != expected);
    let at = at.or_else(|| (found.len() != expected.len()).then_some(found.len().min(expected.len())))?;
    let around = |parts: &[String]| parts[at.min(parts.len())..(at + 3).min(parts.len())].join(" ");
    Some(format!("{text:.80}: {} in place of {}", around(found), around(expected)))
}

/// No character that a terminal or a browser would obey.
fn is_inert(text: &str) -> bool {
    text.chars().all(|c| {
        c == '\n'
            || !(c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
    })
}

#[test]
fn a_page_is_built_alike_whatever_its_texts_say() {
    let template = Template::new();
    let page = |text: &str| html::render(&template.with(text), &input(text)).unwrap();
    let mut wrong = Vec::new();
    for text in texts() {
        let html = page(&text);
        let (found, expected) = (tags_but_code(&html), tags_but_code(&page(&harmless(&text))));
        assert!(expected.len() > 300);
        wrong.extend(difference(&text, &found, &expected));
        assert!(is_inert(&html), "{text:.80}");
        // Tens of thousands of characters in every name there is.
        assert!(html.len() < 3_000_000, "{text:.80}: {} bytes", html.len());
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn markdown_is_built_alike_whatever_its_texts_say() {
    let template = Template::new();
    let page = |text: &str| markdown::render(&template.with(text), &input(text)).unwrap();
    let link = Regex::new(r"(?i)(https?|ftp)://|www\.").unwrap();
    let mut wrong = Vec::new();
    for text in texts() {
        // Not so long that more is left out of one page than of the other, for escaping takes room.
        let text: String = text.chars().take(100).collect();
        let markdown = page(&text);
        let (found, expected) = (blocks(&markdown), blocks(&page(&harmless(&text))));
        wrong.extend(difference(&text, &found, &expected));
        assert!(is_inert(&markdown), "{text:.80}");
        // GitHub makes links of bare addresses too, outside of code.
        let prose = Parser::new_ext(&markdown, Options::all());
        let mut in_code = false;
        for event in prose {
            match &event {
                Event::Start(Tag::CodeBlock(_)) => in_code = true,
                Event::End(TagEnd::CodeBlock) => in_code = false,
                _ => {}
            }
            if let Event::Text(words) = event
                && !in_code
            {
                assert!(!link.is_match(&words), "{text:.80}: {words}");
            }
        }
        assert!(markdown.len() < 60_000, "{text:.80}: {} bytes", markdown.len());
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_terminal_gets_no_orders_whatever_the_texts_say() {
    let template = Template::new();
    for text in texts() {
        for width in [60, 100] {
            let options = TerminalOptions { width, color: false, ..TerminalOptions::default() };
            let screen = summary(&template.with(&text), &options);
            assert!(is_inert(&screen), "{text:.80}");
            for line in screen.lines() {
                assert!(line.width() <= width, "{text:.80}: {} columns: {line}", line.width());
            }
        }
    }
}

#[test]
fn answers_of_a_megabyte_make_a_small_page() {
    let mut result = fixture::paired();
    for row in &mut result.rows {
        for (attempt, part) in [(&mut row.candidate, "<b>&amp;</b> "), (&mut row.baseline, "\"quoted\"\n")] {
            let attempt = attempt.as_mut().unwrap();
            attempt.exchange.content = part.repeat(1_000_000 / part.len());
            attempt.judgement.checks[0].detail = part.repeat(100_000 / part.len());
        }
    }
    let html = html::render(&result, &ReportInput::default()).unwrap();
    assert!(html.len() < 1_500_000, "{} bytes", html.len());
    assert!(html.contains("characters left out"));
}

#[test]
fn half_a_character_is_no_result() {
    let json = serde_json::to_string(&fixture::paired()).unwrap();
    let broken = json.replacen("Six times", "\\ud800 times", 1);
    assert_ne!(json, broken);
    let error = serde_json::from_str::<RunResult>(&broken).unwrap_err().to_string();
    assert!(error.contains("surrogate") || error.contains("hex escape"), "{error}");
}
