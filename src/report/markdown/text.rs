//! Text made harmless for Markdown, in its different places.

use crate::report::spark;
use crate::report::table::Bar;
use crate::report::text::one_line;

/// A character of no width: what it stands behind is no mention, reference or address any more.
const BREAK: &str = "&#8203;";
/// Columns of an interval that is drawn.
const BAR: usize = 21;

/// Text as it is: no markup, no HTML, no mention, no reference; one line.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + c.len_utf8()..]);
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '$' | '~' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // What would begin a list or a rule where the text begins a line.
            '-' | '+' | '=' if at == 0 && !after.starts_with(|next: char| next.is_alphanumeric()) => {
                out.extend(['\\', c]);
            }
            '.' | ')' if numbers_an_item(before, after) => out.extend(['\\', c]),
            '.' if ends_with(before, "www") => {
                out.push_str(BREAK);
                out.push(c);
            }
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
        if refers(before, c, after) {
            out.push_str(BREAK);
        }
    }
    out
}

/// Whether a point or bracket between these would make an item of a list of the text: `1. `, not `1.5`.
fn numbers_an_item(before: &str, after: &str) -> bool {
    !before.is_empty()
        && before.bytes().all(|byte| byte.is_ascii_digit())
        && (after.is_empty() || after.starts_with(char::is_whitespace))
}

/// Whether a character begins what GitHub or GitLab would make a link or a picture of: `@you`, `#1`, `GH-1`,
/// `https://`, `:smile:`, and on GitLab `!7`, `&7`, `~label`, `%milestone`.
fn refers(before: &str, c: char, after: &str) -> bool {
    let named = after.starts_with(|next: char| next.is_alphanumeric() || next == '"');
    match c {
        '@' | '#' => true,
        '!' | '&' | '~' | '%' => named,
        '-' => ends_with(before, "gh") && after.starts_with(|next: char| next.is_ascii_digit()),
        ':' => after.starts_with("//") || after.split_once(':').is_some_and(|(name, _)| is_emoji(name)),
        _ => false,
    }
}

fn is_emoji(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-');
    // A time of day is none.
    name.chars().all(is_part) && name.contains(|c: char| !c.is_ascii_digit())
}

/// Whether a text ends with these letters, small or large.
fn ends_with(text: &str, letters: &str) -> bool {
    text.len()
        .checked_sub(letters.len())
        .and_then(|at| text.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case(letters))
}

/// A sentence of labctl's: what stands in backticks is a code span, all else as [`escape`] has it. Backticks of others
/// within it make code spans, which are as harmless.
pub(crate) fn prose(text: &str) -> String {
    spans(text, code)
}

/// The same inside a table.
pub(crate) fn prose_cell(text: &str) -> String {
    spans(text, code_cell)
}

fn spans(text: &str, code: fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((inside, further)) = after.split_once('`').filter(|(inside, _)| !inside.trim().is_empty())
        else {
            break;
        };
        out.push_str(&escape(before));
        // Two spans side by side would be one.
        if out.ends_with('`') {
            out.push_str(BREAK);
        }
        out.push_str(&code(inside));
        rest = further;
    }
    let escaped = escape(rest);
    if out.ends_with('`') && rest.starts_with('`') {
        out.push_str(BREAK);
    }
    out + &escaped
}

/// Text as a code span of one line, whatever backticks it holds; nothing where there is no text.
pub(crate) fn code(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return text;
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A code span inside a table, where a bar would end the cell, and a backslash before the bar keep it from being told.
pub(crate) fn code_cell(text: &str) -> String {
    if text.contains("\\|") {
        return format!("<code>{}</code>", escape(&one_line(text)).replace("\\|", "&#124;"));
    }
    code(text).replace('|', "\\|")
}

/// Text inside an HTML element of the templates' own, a summary: Markdown is not read there.
pub(crate) fn html_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Where a renderer reads Markdown all the same.
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '$' | '~' => {
                out.push_str(&format!("&#{};", u32::from(c)))
            }
            '@' | '#' | '!' | '%' | ':' => {
                out.push(c);
                out.push_str(BREAK);
            }
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// An interval drawn in a code span; the dots keep its ends in their places.
pub(crate) fn drawn(bar: &Bar) -> String {
    format!("`{}`", spark::interval(bar, BAR).replace(' ', "\u{b7}"))
}

/// Lines in a code block that none of them can end.
pub(crate) fn fenced(lines: &[String]) -> String {
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let lines: Vec<String> = lines.iter().map(|line| line.replace(['\n', '\r'], " ")).collect();
    format!("{fence}text\n{}\n{fence}", lines.join("\n"))
}

/// A file's name as the target of a link.
pub(crate) fn link(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'/' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    // A name like `javascript:` has no colon any more, and one that begins with a slash is no host.
    if out.starts_with("//") { format!(".{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_shown_not_obeyed() {
        assert_eq!(
            escape("http://x a|b `c` <img> @you #1 *x*\n$y$"),
            "http:&#8203;//x a\\|b \\`c\\` &lt;img&gt; @&#8203;you #&#8203;1 \\*x\\* \\$y\\$"
        );
        assert_eq!(
            escape("www.x.org ~bug !7 %v1 &7 GH-12"),
            "www&#8203;.x.org \\~&#8203;bug !&#8203;7 %&#8203;v1 &amp;&#8203;7 GH-&#8203;12"
        );
        assert_eq!(escape(":smile: at 12:30, 95 % of it"), ":&#8203;smile: at 12:30, 95 % of it");
        assert_eq!(
            ["- a", "1. b", "2) c", "=", "+ d", "+3.5"].map(escape),
            ["\\- a", "1\\. b", "2\\) c", "\\=", "\\+ d", "+3.5"]
        );
    }

    #[test]
    fn commands_are_shown_without_their_backticks() {
        assert_eq!(prose("see `labctl plan` for *it*"), "see `labctl plan` for \\*it\\*");
        assert_eq!(prose_cell("`a|b` c|d"), "`a\\|b` c\\|d");
        assert_eq!(prose("one ` alone"), "one \\` alone");
        assert_eq!(prose("`a``b`"), "`a`&#8203;`b`");
        assert_eq!(prose("``` x"), "\\`\\`\\` x");
    }

    #[test]
    fn code_spans_outnumber_the_backticks_within() {
        assert_eq!(code("a``b`"), "``` a``b` ```");
        assert_eq!(code("plain\ntwo"), "`plain two`");
        assert_eq!(code_cell("a|b"), "`a\\|b`");
        assert_eq!(code_cell("a\\|b <c>"), "<code>a\\\\&#124;b &lt;c&gt;</code>");
        assert_eq!(code(" "), "");
    }

    #[test]
    fn a_link_leads_to_a_file_and_nowhere_else() {
        assert_eq!(link("01a2.html"), "01a2.html");
        assert_eq!(link("javascript:alert(1) \"x\""), "javascript%3Aalert%281%29%20%22x%22");
        assert_eq!(link("//evil.example/a"), ".//evil.example/a");
    }
}
