//! What of a response is meant for the reader (rules 1 and 2 of the answer contract): reasoning
//! and what follows the model's own end are cut.

use std::ops::Range;
use std::sync::LazyLock;

use ::regex::Regex;

use super::mapped::{Mapped, trim};
use super::tokens::pattern;

/// Tags around reasoning. Group 1 is there on an end tag.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)<(/)?(?:think|thinking|thought|thoughts|reasoning|seed:think)\s*>|\[(/)?THINK\]|◁(/)?think▷",
    )
});

/// The head of a Harmony channel; group 1 is its name.
static CHANNEL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"<\|channel\|>\s*(\w+)[^<\n]*(?:<\|constrain\|>[^<\n]*)?<\|message\|>"));

/// Harmony with its special tokens already dropped by the server.
static BARE_HARMONY: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)\A\s*analysis.*?assistantfinal"));

/// What a chat template puts before an answer.
static LEAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\A\s*(?:<s>|<bos>|<\|begin_of_text\|>|<\|im_start\|>(?:assistant\b)?|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>|<start_of_turn>(?:model\b)?|<\|assistant\|>|\[/INST\])",
    )
});

/// What a chat template puts after an answer, or before the next turn.
static END: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)<\|(?:im_end|im_start|endoftext|end_of_text|eot_id|eom_id|end|return|call|start|start_header_id|user|assistant|system|endofturn|end_of_turn)\|>|</s>|<end_of_turn>|<start_of_turn>|<eos>|\[/?INST\]|<｜end▁of▁sentence｜>|<｜User｜>",
    )
});

/// The head of a next question that the model made up.
static NEXT_QUESTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\n[ \t]*(?:#{1,6}[ \t]*)?\*{0,2}(?:question(?:[ \t]*\d+)?|q\d*|user|human)\*{0,2}[ \t]*:")
});

/// The text meant for the reader, and where it may have run on.
#[derive(Debug)]
pub(super) struct Visible {
    /// The text: line ends are `\n`, the ends are trimmed.
    pub(super) text: Mapped,
    /// Where a next question may begin: byte positions in `text`, rising, each after some text.
    pub(super) run_on: Vec<usize>,
}

/// Cuts reasoning and template tokens. `None` where reasoning was begun and never ended.
pub(super) fn visible(content: &str) -> Option<Visible> {
    let source = Mapped::new(content);
    let kept = if content.contains("<|channel|>") { final_channel(content)? } else { outside_tags(content)? };
    let mut text = Mapped::default();
    for range in kept {
        text.copy(&source, range);
    }
    let text = unix_lines(&without_template(&text)).trimmed();
    let run_on = run_on(text.as_str());
    Some(Visible { text, run_on })
}

/// The last Harmony channel named `final`.
fn final_channel(content: &str) -> Option<Vec<Range<usize>>> {
    let last = CHANNEL.captures_iter(content).filter(|c| &c[1] == "final").last()?;
    let start = last.get(0)?.end();
    let end = content[start..].find("<|").map_or(content.len(), |at| start + at);
    Some(std::iter::once(start..end).collect())
}

/// What stands outside reasoning tags. An end tag without a start drops all before it; nested and
/// mixed tags resolve by the same rule.
fn outside_tags(content: &str) -> Option<Vec<Range<usize>>> {
    let mut kept = Vec::new();
    let mut from = BARE_HARMONY.find(content).map_or(0, |m| m.end());
    let mut thinking = false;
    let base = from;
    for tag in TAG.captures_iter(&content[base..]) {
        let Some(whole) = tag.get(0) else { continue };
        let is_end = (1..tag.len()).any(|group| tag.get(group).is_some());
        match (is_end, thinking) {
            (true, true) => {
                thinking = false;
                from = base + whole.end();
            }
            (true, false) => {
                kept.clear();
                from = base + whole.end();
            }
            (false, false) => {
                kept.push(from..base + whole.start());
                thinking = true;
            }
            (false, true) => {}
        }
    }
    if thinking {
        return None;
    }
    kept.push(from..content.len());
    Some(kept)
}

/// Template tokens before the text are skipped; the first one after it ends it.
fn without_template(text: &Mapped) -> Mapped {
    let mut start = 0;
    while let Some(lead) = LEAD.find(&text.as_str()[start..]) {
        start += lead.end();
    }
    let rest = &text.as_str()[start..];
    let end = END.find(rest).map_or(text.as_str().len(), |m| start + m.start());
    text.slice(start..end)
}

/// `\r\n` and lone `\r` become `\n`.
fn unix_lines(text: &Mapped) -> Mapped {
    let source = text.as_str();
    let mut out = Mapped::default();
    let mut from = 0;
    for (at, _) in source.match_indices('\r') {
        out.copy(text, from..at);
        let is_pair = source[at + 1..].starts_with('\n');
        if is_pair {
            out.put("\n", text, at..at + 2);
        } else {
            out.put("\n", text, at..at + 1);
        }
        from = at + 1 + usize::from(is_pair);
    }
    out.copy(text, from..source.len());
    out
}

/// Heads of next questions outside code fences. At most four: beyond that the text isn't an
/// answer with a run-on but a list of questions.
fn run_on(text: &str) -> Vec<usize> {
    const MOST: usize = 4;
    let (mut counted, mut fences) = (0, 0);
    let mut found = Vec::new();
    for head in NEXT_QUESTION.find_iter(text) {
        fences += text[counted..head.start()].matches("```").count();
        counted = head.start();
        if fences % 2 == 0 && !trim(text, 0..head.start()).is_empty() && found.len() < MOST {
            found.push(head.start());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(content: &str) -> Option<String> {
        visible(content).map(|v| v.text.as_str().to_owned())
    }

    #[test]
    fn reasoning_is_cut() {
        for (content, expected) in [
            ("42", Some("42")),
            ("<think>7</think>42", Some("42")),
            ("<think>7</think>\n\n42\n", Some("42")),
            ("<THINK>7</THINK>42", Some("42")),
            ("<thinking>7</thinking>42", Some("42")),
            ("<reasoning>7</reasoning>42", Some("42")),
            ("[THINK]7[/THINK]42", Some("42")),
            ("◁think▷7◁/think▷42", Some("42")),
            ("7 so</think>42", Some("42")),
            ("7[/THINK]42", Some("42")),
            ("<think>use <think> tags</think>42", Some("42")),
            ("<think>a<think>b</think>c</think>42", Some("42")),
            ("40 <think>no</think>+2", Some("40 +2")),
            ("<think>7", None),
            ("[THINK]7", None),
            ("42 <think>but", None),
            ("<think></think>", Some("")),
            (
                "<|channel|>analysis<|message|>7<|end|><|start|>assistant<|channel|>final<|message|>42<|return|>",
                Some("42"),
            ),
            ("<|channel|>final <|constrain|>json<|message|>{}<|return|>", Some("{}")),
            ("<|channel|>analysis<|message|>7", None),
            ("<|channel|>commentary<|message|>7<|end|>", None),
            ("analysis7 is wrongassistantfinal42", Some("42")),
            ("analysis of the data", Some("analysis of the data")),
        ] {
            assert_eq!(seen(content).as_deref(), expected, "{content}");
        }
    }

    #[test]
    fn template_tokens_end_the_text() {
        for (content, expected) in [
            ("42<|im_end|>\n<|im_start|>user\n7", "42"),
            ("42</s>7", "42"),
            ("42<|eot_id|>", "42"),
            ("42<end_of_turn>\n", "42"),
            ("42 [INST] 7", "42"),
            ("42<|endoftext|>Q", "42"),
            ("<|im_start|>assistant\n42<|im_end|>", "42"),
            ("<s> 42</s>", "42"),
            ("<|start_header_id|>assistant<|end_header_id|>\n\n42<|eot_id|>", "42"),
            ("<|im_end|>", ""),
            ("a\r\nb\rc", "a\nb\nc"),
        ] {
            assert_eq!(seen(content).as_deref(), Some(expected), "{content}");
        }
    }

    #[test]
    fn next_questions_are_found() {
        for (content, expected) in [
            ("42", vec![]),
            ("Question: x\n42", vec![]),
            ("42\nQuestion: y", vec![2]),
            ("42\n\nQ: y", vec![3]),
            ("42\nUser: y\nHuman: z", vec![2, 10]),
            ("42\n**Question 2:** y", vec![2]),
            ("42\n### Question: y", vec![2]),
            ("```\na\nUser: b\n```", vec![]),
            ("42\nQuestions remain", vec![]),
            ("42\nUsers: many", vec![]),
        ] {
            assert_eq!(visible(content).unwrap().run_on, expected, "{content}");
        }
    }
}
