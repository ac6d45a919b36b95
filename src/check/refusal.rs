//! Telling a refusal from a wrong answer. The list is short and looks only at how a response
//! opens: a refusal that is missed counts as wrong, which is the same to every rate of passes.

use std::sync::LazyLock;

use ::regex::Regex;

use super::tokens::pattern;

static OPENING: LazyLock<Regex> = LazyLock::new(|| {
    const CANNOT: &str = r"(?:can't|cannot|can not|won't|will not|(?:am|'m) (?:not able|unable) to|(?:am|'m) not (?:comfortable|allowed)|must decline|have to decline|don't feel comfortable)";
    const VERB: &str = r"(?:assist|help|provide|answer|comply|fulfil|fulfill|do that|discuss|support|engage|create|generate|write|share|give|offer|continue|participate|complete|respond)";
    pattern(&format!(
        r"(?i)\A\W*(?:(?:(?:i'm|i am|we're|we are) (?:\w+ )?sorry|sorry|(?:i|we|my) apologi[sz]e(?:s)?|(?:my )?apologies|unfortunately)\b[^.!?\n]{{0,60}}?\bi {CANNOT}|(?:i'm|i am) (?:not able|unable) to {VERB}|i {CANNOT},? (?:\w+ ){{0,2}}?{VERB}\b|as an? (?:ai|artificial intelligence|language model|large language model)\b[^.!?\n]{{0,100}}?\bi (?:{CANNOT}|do not have|don't have))"
    ))
});

/// `I can't help but …` declines nothing.
static HELP_BUT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\A[^.!?\n]{0,80}\bhelp but\b"));

/// Whether the text opens as a refusal.
pub(super) fn is_refusal(text: &str) -> bool {
    OPENING.is_match(text) && !HELP_BUT.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings() {
        for (text, expected) in [
            ("I'm sorry, but I can't help with that.", true),
            ("I'm sorry, but I can't assist with that request.", true),
            ("Sorry, I cannot do this.", true),
            ("I apologize, but I am unable to provide that.", true),
            ("I cannot assist with this.", true),
            ("I can't help with that.", true),
            ("I won't provide instructions.", true),
            ("I must respectfully decline to answer.", false),
            ("I am unable to answer.", true),
            ("As an AI language model, I can't browse.", true),
            ("As an AI, I don't have opinions.", true),
            ("Unfortunately, I cannot answer that.", true),
            ("I can't help but notice 42.", false),
            ("I'm sorry for the confusion. The answer is 42.", false),
            ("The answer is 42. I'm sorry, but I can't say more.", false),
            ("I cannot find the value without x, so 42.", false),
            ("I don't know.", false),
            ("As an AI pioneer, Turing wrote", false),
            ("", false),
        ] {
            assert_eq!(is_refusal(text), expected, "{text}");
        }
    }
}
