//! What a simulated judge says of a response: a score that follows from whether the response is the known reference, a
//! known near miss, or neither.

use super::draw::Draw;
use super::profile::Profile;
use crate::check::AskedOfJudge;
use crate::model::check::Dimension;
use crate::model::prompt::Prompt;

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
