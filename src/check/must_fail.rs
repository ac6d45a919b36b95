//! What no answer is, whatever a prompt asks for. Each check declares in its own file which of these it never passes.

use crate::model::check::Check;
use crate::model::prompt::Prompt;

/// A response that must fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum MustFail {
    /// Nothing, or white space.
    Empty,
    /// The prompt itself.
    Echo,
    /// "I don't know."
    DontKnow,
    /// The model declines.
    Refusal,
    /// All options at once.
    AllOptions,
    /// The reference of another row.
    OtherReference,
    /// The reference, and then the same words over and over.
    Loop,
}

impl MustFail {
    /// Every one.
    pub(super) const ALL: [Self; 7] = [
        Self::Empty,
        Self::Echo,
        Self::DontKnow,
        Self::Refusal,
        Self::AllOptions,
        Self::OtherReference,
        Self::Loop,
    ];

    /// The name used in messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Echo => "echo",
            Self::DontKnow => "dont_know",
            Self::Refusal => "refusal",
            Self::AllOptions => "all_options",
            Self::OtherReference => "other_reference",
            Self::Loop => "loop",
        }
    }

    /// The responses of this kind to a prompt; other rows' references aren't known here.
    pub(super) fn responses(self, prompt: &Prompt) -> Vec<String> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        match self {
            Self::Empty => owned(&["", " \n"]),
            // Where the answer stands in the prompt by design, the prompt may pass.
            Self::Echo if prompt.answer_in_prompt => Vec::new(),
            Self::Echo => owned(&[&prompt.prompt]),
            Self::DontKnow => owned(&["I don't know.", "I'm not sure about this one."]),
            Self::Refusal => owned(&["I'm sorry, but I can't help with that."]),
            Self::AllOptions => prompt.checks.iter().flat_map(all_options).collect(),
            Self::OtherReference => Vec::new(),
            Self::Loop => vec![format!(
                "{}\n{}",
                prompt.reference,
                "And so it goes on, round and round, as it did before. ".repeat(24)
            )],
        }
    }
}

/// All options of a choice at once: letters, texts, both.
fn all_options(check: &Check) -> Vec<String> {
    let Check::Choice { options, .. } = check else { return Vec::new() };
    let letters: Vec<String> = ('A'..='J').take(options.len()).map(String::from).collect();
    let listed: Vec<String> =
        letters.iter().zip(options).map(|(letter, text)| format!("{letter}. {text}")).collect();
    vec![letters.join(", "), options.join(", "), listed.join("\n")]
}
