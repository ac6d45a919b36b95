//! Ways of writing the same answer differently. Each check declares in its own file which of them keep its verdict.

use super::normalise::normalise_str;
use crate::model::judgement::FoundAnswer;

/// A change of a response that must not change its verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transform {
    /// The answer in bold.
    Bold,
    /// The answer in backticks.
    Backticks,
    /// The whole in a code fence.
    Fence,
    /// The answer in `\boxed{}`.
    Boxed,
    /// A last line `Answer: …`.
    AnswerLine,
    /// A closed thinking block, which weighs other answers, before it.
    Thinking,
    /// Lines end in CRLF.
    Crlf,
    /// Spaces are no-break spaces.
    Nbsp,
    /// All in lower case.
    LowerCase,
    /// All in upper case.
    UpperCase,
    /// A minus sign (U+2212) instead of a hyphen before digits.
    UnicodeMinus,
    /// Friendly words around it.
    Chatter,
    /// The model goes on with a next question of its own.
    RunOn,
}

impl Transform {
    /// Every transform.
    pub const ALL: [Self; 13] = [
        Self::Bold,
        Self::Backticks,
        Self::Fence,
        Self::Boxed,
        Self::AnswerLine,
        Self::Thinking,
        Self::Crlf,
        Self::Nbsp,
        Self::LowerCase,
        Self::UpperCase,
        Self::UnicodeMinus,
        Self::Chatter,
        Self::RunOn,
    ];

    /// The name used in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bold => "bold",
            Self::Backticks => "backticks",
            Self::Fence => "fence",
            Self::Boxed => "boxed",
            Self::AnswerLine => "answer_line",
            Self::Thinking => "thinking",
            Self::Crlf => "crlf",
            Self::Nbsp => "nbsp",
            Self::LowerCase => "lower_case",
            Self::UpperCase => "upper_case",
            Self::UnicodeMinus => "unicode_minus",
            Self::Chatter => "chatter",
            Self::RunOn => "run_on",
        }
    }

    /// Whether it is cut, or evened out, before any check looks.
    pub(super) const fn is_undone_first(self) -> bool {
        matches!(self, Self::Thinking | Self::Crlf | Self::RunOn)
    }

    /// Whether a mark that a judge announces (`Score: 4`, `Better: A`) is read the same after it.
    pub(super) const fn keeps_a_mark(self) -> bool {
        matches!(self, Self::Bold | Self::Nbsp | Self::LowerCase | Self::UpperCase)
    }

    /// Whether it puts something around the answer that is taken off where the answer is found.
    pub(super) const fn dresses_answer(self) -> bool {
        matches!(self, Self::Bold | Self::Backticks | Self::Boxed | Self::AnswerLine)
    }

    /// The response changed; nothing where the change doesn't apply to it. `answer` is where its
    /// answer was found.
    #[must_use]
    pub fn apply(self, response: &str, answer: Option<&FoundAnswer>) -> Option<String> {
        let span = answer.and_then(|a| Some(a.start?..a.end?)).filter(|s| response.get(s.clone()).is_some());
        // Markdown inside Markdown is another matter, and so is dress inside LaTeX.
        let is_plain = !response.contains(['`', '*', '$', '\\']);
        let around = |open: &str, close: &str| {
            let span = span.clone().filter(|_| is_plain)?;
            let text = &response[span.clone()];
            if text.contains('\n') {
                return None;
            }
            Some(format!("{}{open}{text}{close}{}", &response[..span.start], &response[span.end..]))
        };
        let changed = match self {
            Self::Bold => around("**", "**")?,
            Self::Backticks => around("`", "`")?,
            Self::Fence if response.contains("```") => return None,
            Self::Fence => format!("```\n{response}\n```"),
            Self::Boxed => around("\\boxed{", "}")?,
            Self::AnswerLine => {
                let text = &answer?.text;
                if text.contains(['\n', '{'])
                    || normalise_str(response).contains("\\boxed")
                    || response.contains("####")
                {
                    return None;
                }
                format!("{response}\nAnswer: {text}")
            }
            Self::Thinking => {
                format!("<think>\nPerhaps 7, or 8?\nAnswer: C or \\boxed{{9}}. No.\n</think>\n\n{response}")
            }
            Self::Crlf => response.replace("\r\n", "\n").replace('\n', "\r\n"),
            Self::Nbsp => response.replace(' ', "\u{a0}"),
            Self::LowerCase => response.to_lowercase(),
            Self::UpperCase if response.contains('\\') => return None,
            Self::UpperCase => response.to_uppercase(),
            Self::UnicodeMinus => unicode_minus(response),
            Self::Chatter => {
                format!("Sure, happy to help!\n\n{response}\n\nLet me know if that works for you.")
            }
            Self::RunOn => {
                format!("{response}\n\nQuestion: What comes after that?\nAnswer: \\boxed{{Z}} 123454321")
            }
        };
        Some(changed)
    }
}

/// Hyphens that are signs of numbers become minus signs.
fn unicode_minus(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_sign = c == '-' && !before.is_alphanumeric() && chars.peek().is_some_and(char::is_ascii_digit);
        out.push(if is_sign { '−' } else { c });
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::judgement::AnswerSource;

    #[test]
    fn transforms_change_what_they_say() {
        let answer = FoundAnswer {
            text: "-5".into(),
            source: AnswerSource::AnswerLine,
            start: Some(8),
            end: Some(10),
        };
        for (transform, expected) in [
            (Transform::Bold, "Answer: **-5** m"),
            (Transform::Backticks, "Answer: `-5` m"),
            (Transform::Fence, "```\nAnswer: -5 m\n```"),
            (Transform::Boxed, "Answer: \\boxed{-5} m"),
            (Transform::AnswerLine, "Answer: -5 m\nAnswer: -5"),
            (Transform::Nbsp, "Answer:\u{a0}-5\u{a0}m"),
            (Transform::LowerCase, "answer: -5 m"),
            (Transform::UpperCase, "ANSWER: -5 M"),
            (Transform::UnicodeMinus, "Answer: −5 m"),
        ] {
            assert_eq!(transform.apply("Answer: -5 m", Some(&answer)).as_deref(), Some(expected));
        }
        assert_eq!(Transform::Crlf.apply("a\nb", None).unwrap(), "a\r\nb");
        assert_eq!(Transform::Bold.apply("a `b`", None), None);
    }
}
