//! Whether what is said somewhere is denied there: "do not give aspirin" gives none.
//!
//! Only what is plain counts. Before it, in the same clause and at most `REACH` words away, an odd number of words that
//! deny (`not`, `never`, `avoid`, `rather than`, …); within it, in what ` ... ` stands for; or right after it, as what
//! it is the subject of (`… is not …`, `… should be avoided`). "Not only", "do not hesitate to" and "no, …" deny
//! nothing.

use super::wording::{Found, Token};

/// How many words may stand between a denial and what it denies.
const REACH: usize = 6;
/// The most words of an item in a list.
const ITEM: usize = 3;
/// The most tokens looked at on either side, signs included: so a text of nothing but signs costs no more.
const TOKENS: usize = 40;

/// Words that deny a verb: they reach over "or" and not over "and".
const VERB: [&str; 6] = ["not", "never", "cannot", "nor", "neither", "hardly"];
/// Words that deny what they name: they reach over "and" too.
const NAME: [&str; 20] = [
    "no",
    "without",
    "avoid",
    "avoids",
    "avoided",
    "avoiding",
    "against",
    "withhold",
    "withholding",
    "discontinue",
    "discontinuing",
    "unlike",
    "refrain",
    "refraining",
    "contraindicate",
    "contraindicates",
    "contraindicated",
    "reject",
    "rejects",
    "excludes",
];
/// Words that deny only what comes close after them: "stop aspirin", but "stop the bleeding with aspirin".
const STOP: [&str; 7] = ["stop", "stops", "stopping", "stopped", "hold", "holding", "cease"];
/// How close that is, in words between.
const CLOSE: usize = 2;
/// What makes "not" affirm after all: "not only", "do not delay".
const AFFIRMED: [&str; 18] = [
    "only",
    "just",
    "merely",
    "simply",
    "solely",
    "hesitate",
    "forget",
    "fail",
    "delay",
    "skip",
    "omit",
    "stop",
    "miss",
    "doubt",
    "neglect",
    "uncommon",
    "uncommonly",
    "unusual",
];
/// Judgements on what follows with "that" or "to": "it is a myth that …", "it would be wrong to …".
const FALSE: [&str; 12] = [
    "myth",
    "misconception",
    "misbelief",
    "wrong",
    "incorrect",
    "false",
    "mistake",
    "mistaken",
    "untrue",
    "error",
    "inappropriate",
    "inaccurate",
];
/// Words that begin another clause.
const CLAUSE: [&str; 14] = [
    "but",
    "however",
    "although",
    "though",
    "whereas",
    "while",
    "because",
    "so",
    "then",
    "yet",
    "since",
    "therefore",
    "if",
    "unless",
];
/// Verbs between a subject and its "not".
const AUXILIARY: [&str; 22] = [
    "is", "are", "was", "were", "be", "been", "am", "should", "must", "may", "might", "can", "could", "will",
    "would", "shall", "does", "do", "did", "has", "have", "ought",
];

/// Whether the text at `found` is denied.
pub(super) fn is_denied(tokens: &[Token], found: &Found) -> bool {
    // "antibiotics do not cure"; a "not" of the wording's own denies nothing.
    let mut gaps = found.gaps.iter().cloned().flatten();
    is_denied_before(tokens, found.first)
        || gaps.any(|at| denial(tokens, at).is_some())
        || is_denied_after(tokens, found.end)
}

fn is_verb_denial(word: &str) -> bool {
    VERB.contains(&word) || word.ends_with("n't")
}

/// How a word denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Denial {
    Verb,
    Name,
}

/// Whether the token denies, by itself and by what follows it.
fn denial(tokens: &[Token], at: usize) -> Option<Denial> {
    let word = |at: usize| tokens.get(at).map_or("", |t| t.text.as_str());
    let (this, next) = (word(at), word(at + 1));
    if is_verb_denial(this) {
        return (!AFFIRMED.contains(&next)).then_some(Denial::Verb);
    }
    let is_pair = matches!((this, next), ("rather", "than") | ("instead", "of") | ("opposed", "to"));
    let is_false = FALSE.contains(&this) && matches!(next, "that" | "to");
    // "No, …" answers; "no doubt" and "no longer than" are none either.
    let is_name =
        NAME.contains(&this) && !(this == "no" && matches!(next, "," | "." | ":" | "doubt" | "sooner"));
    (is_pair || is_false || is_name).then_some(Denial::Name)
}

fn is_denied_before(tokens: &[Token], first: usize) -> bool {
    let Some(sentence) = tokens.get(first).map(|t| t.sentence) else { return false };
    let (mut words, mut denials) = (0, 0);
    let (mut saw_and, mut saw_or) = (false, false);
    // Commas since the match, and words since the last of them.
    let (mut commas, mut since_comma) = (0, 0);
    let mut is_list = true;
    let mut at = first;
    while at > 0 && words <= REACH && first - at < TOKENS {
        at -= 1;
        let token = &tokens[at];
        if token.sentence != sentence {
            break;
        }
        let text = token.text.as_str();
        // "do not stop aspirin" keeps it.
        let is_kept = || at.checked_sub(1).is_some_and(|before| is_verb_denial(&tokens[before].text));
        let stops = words <= CLOSE && STOP.contains(&text) && !is_kept();
        if let Some(kind) = denial(tokens, at).or(stops.then_some(Denial::Name)) {
            let reaches_and = !saw_and || kind == Denial::Name;
            let reaches_comma = commas == 0
                || is_aside(tokens, at, commas)
                || (is_list && ends_as_list(tokens, first, kind, saw_and, saw_or));
            if reaches_and && reaches_comma {
                denials += 1;
                if text == "nor" {
                    // Its "neither" or "not" says the same again.
                    break;
                }
            }
        }
        match text {
            "," => {
                // Items of a list are short.
                is_list &= commas == 0 || since_comma <= ITEM;
                commas += 1;
                since_comma = 0;
            }
            ";" | ":" | "(" | ")" | "–" | "—" => break,
            "and" => saw_and = true,
            "or" => saw_or = true,
            // "not X but Y" affirms Y; "so" and the like begin anew, but right after "and" they are its own.
            _ if CLAUSE.contains(&text) => break,
            _ => {}
        }
        if token.is_word {
            words += 1;
            since_comma += 1;
        }
    }
    denials % 2 == 1
}

/// "never, under any circumstances, …": two commas, the first right after the denial.
fn is_aside(tokens: &[Token], denial: usize, commas: usize) -> bool {
    commas == 2 && tokens.get(denial + 1).is_some_and(|t| t.text == ",")
}

/// Whether the match is an item of a list that goes on to its "or" (or, after a word that denies names, "and").
fn ends_as_list(tokens: &[Token], first: usize, kind: Denial, saw_and: bool, saw_or: bool) -> bool {
    if saw_or || (saw_and && kind == Denial::Name) {
        return true;
    }
    let mut words = 0;
    let ahead = tokens[first..].iter().take(TOKENS);
    for token in ahead.take_while(|t| t.sentence == tokens[first].sentence) {
        match token.text.as_str() {
            "or" | "nor" => return true,
            "and" if kind == Denial::Name => return true,
            "," => words = 0,
            _ => words += 1,
        }
        if words > ITEM {
            break;
        }
    }
    false
}

/// A denial whose subject ends at `end`.
fn is_denied_after(tokens: &[Token], end: usize) -> bool {
    let Some(last) = end.checked_sub(1).and_then(|at| tokens.get(at)) else { return false };
    let word =
        |at: usize| tokens.get(at).filter(|t| t.sentence == last.sentence).map_or("", |t| t.text.as_str());
    let mut at = end;
    let mut auxiliaries = 0;
    while auxiliaries < 3
        && (AUXILIARY.contains(&word(at))
            || (auxiliaries > 0 && matches!(word(at), "a" | "an" | "generally" | "usually" | "always")))
    {
        auxiliaries += 1;
        at += 1;
    }
    let this = word(at);
    let is_contracted = auxiliaries == 0 && this.ends_with("n't");
    if is_contracted || matches!(this, "cannot") || (auxiliaries > 0 && matches!(this, "not" | "never")) {
        return !AFFIRMED.contains(&word(at + 1));
    }
    auxiliaries > 0
        && (FALSE.contains(&this)
            || matches!(this, "avoided" | "contraindicated" | "withheld" | "discontinued"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::normalise::normalise_str;
    use crate::check::wording::{Wording, cut};

    /// Whether every place of the wording is denied.
    fn denied(written: &str, text: &str) -> bool {
        let tokens = cut(&normalise_str(text));
        let found: Vec<Found> = Wording::all(written).unwrap().iter().flat_map(|w| w.find(&tokens)).collect();
        assert!(!found.is_empty(), "{written} in {text}");
        found.iter().all(|found| is_denied(&tokens, found))
    }

    #[test]
    fn denials_before() {
        for text in [
            "Do not give aspirin.",
            "Don’t give aspirin.",
            "You should never, under any circumstances, give aspirin.",
            "Never use aspirin here.",
            "Avoid aspirin.",
            "Avoid NSAIDs and aspirin.",
            "Stop aspirin.",
            "Stop any oral aspirin.",
            "Stop NSAIDs and aspirin.",
            "Avoid ibuprofen, aspirin, and naproxen.",
            "Avoid ibuprofen, naproxen, and aspirin.",
            "Do not give ibuprofen, aspirin or naproxen.",
            "Do not give ibuprofen or aspirin.",
            "Give paracetamol rather than aspirin.",
            "Give paracetamol instead of aspirin.",
            "Treat it without aspirin.",
            "Give paracetamol, not aspirin.",
            "There is no role for aspirin.",
            "It would be wrong to give aspirin.",
            "It is a myth that aspirin helps.",
            "Refrain from giving aspirin.",
            "The child cannot have aspirin.",
            "Neither ibuprofen nor aspirin is safe.",
            "The guideline advises against aspirin.",
        ] {
            assert!(denied("aspirin", text), "{text}");
        }
    }

    #[test]
    fn what_is_said_is_not_denied() {
        for text in [
            "Give aspirin.",
            "It is not viral, aspirin cures it.",
            "It is not viral; give aspirin.",
            "It is not viral but needs aspirin.",
            "Do not wait and give aspirin at once.",
            "No, give aspirin.",
            "Not only aspirin works.",
            "Do not hesitate to give aspirin.",
            "Do not delay giving aspirin.",
            "Do not avoid aspirin.",
            "Do not stop aspirin.",
            "Stop the bleeding first with aspirin.",
            "Never withhold aspirin.",
            "There is no doubt that aspirin helps.",
            "Do not operate. Give aspirin.",
            "The patient is not allergic to anything that is known to us, which means aspirin.",
            "If it does not hurt, then aspirin.",
            "Do not wait: aspirin.",
            "Aspirin not only helps.",
            "Aspirin, which is not expensive.",
        ] {
            assert!(!denied("aspirin", text), "{text}");
        }
    }

    #[test]
    fn denials_within_and_after() {
        assert!(denied("antibiotics ... cure", "Antibiotics do not cure the flu."));
        assert!(denied("antibiotics ... cure", "Antibiotics will never cure the flu."));
        assert!(!denied("antibiotics ... cure", "Antibiotics will surely cure the flu."));
        assert!(!denied("do not intubate", "Do not intubate."));
        for text in [
            "Aspirin is not recommended.",
            "Aspirin should not be given.",
            "Aspirin should be avoided.",
            "Aspirin isn't safe.",
            "Aspirin cannot help.",
            "Aspirin is contraindicated.",
            "Aspirin would be wrong.",
            "Aspirin is generally not given.",
        ] {
            assert!(denied("aspirin", text), "{text}");
        }
        for text in [
            "Aspirin is given.",
            "Aspirin is not only safe.",
            "Aspirin. It is not safe.",
            "Aspirin should be given.",
        ] {
            assert!(!denied("aspirin", text), "{text}");
        }
    }
}
