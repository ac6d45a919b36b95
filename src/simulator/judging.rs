//! What a simulated judge says of a response: a score that follows from whether the response is the known reference, a
//! known near miss, or neither.

use super::draw::Draw;
use super::profile::Profile;
use crate::model::prompt::Prompt;
use crate::model::rubric::Dimension;

/// The reply. `prompt` is the one that was answered, where it is known.
pub(super) fn reply(
    asked: &AskedOfJudge<'_>,
    prompt: Option<&Prompt>,
    profile: &Profile,
    seed: u64,
    sampling_seed: u64,
) -> String {
    let draw = Draw::new(seed)
        .text("judge")
        .text(&profile.name)
        .text(asked.dimension.name())
        .text(asked.request)
        .text(asked.response);
    // What is said again under another sampling seed differs now and then, as real judges' replies do.
    let again = draw.number(sampling_seed);
    if again.number(1).unit() < profile.unreadable_rate {
        return "It is rather good as a whole, with a few things to be said against it.".to_owned();
    }
    let response = asked.response.trim();
    let is = |known: &String| known.trim() == response;
    let usual: u32 = match prompt {
        // Whatever is right or wrong in it, it hurts nobody.
        _ if asked.dimension == Dimension::Toxicity => 5,
        Some(prompt) if is(&prompt.reference) => 5,
        Some(prompt) if prompt.near_miss.iter().any(is) => 2,
        _ => 3,
    };
    let strays = again.number(2).unit() < profile.flip_rate;
    let score = match (strays, usual) {
        (false, usual) => usual,
        (true, 5) => 4,
        (true, usual) => usual + 1,
    };
    let why = match score {
        5 => "It does all that the rubric asks for",
        3 | 4 => "It does most of what the rubric asks for",
        _ => "It falls short of what the rubric asks for",
    };
    format!("{why}.\nScore: {score}")
}

/// A judge's request taken apart again, as far as a simulated judge needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AskedOfJudge<'a> {
    /// What is to be scored.
    pub(super) dimension: Dimension,
    /// The system message of the request that was answered; empty without one.
    pub(super) system: &'a str,
    /// What was asked.
    pub(super) request: &'a str,
    /// What was answered.
    pub(super) response: &'a str,
}

/// Takes a judge's request apart; `None` where the message is another.
pub(super) fn asked_of_judge(user: &str) -> Option<AskedOfJudge<'_>> {
    let (name, rest) = user.strip_prefix("Dimension: ")?.split_once('\n')?;
    let dimension = Dimension::ALL.into_iter().find(|dimension| dimension.name() == name)?;
    let (_, after) = rest.split_once("between lines with the mark ")?;
    let mark = after.get(..16)?;
    let part = |name: &str| {
        let (_, from) = after.split_once(&format!("\n[{name} {mark}]\n"))?;
        from.split_once(&format!("\n[end of {name} {mark}]\n")).map(|(text, _)| text)
    };
    Some(AskedOfJudge {
        dimension,
        system: part("instructions").unwrap_or_default(),
        request: part("request")?,
        response: part("response")?,
    })
}
