//! The computed half of `benchmark-quant`'s category `code`: what programs print. What 4-bit weights lose here is
//! state that has to be carried through many small steps. Each answer is found by doing the program's steps in Rust;
//! near misses are what its usual misreadings would print.

mod easy;
mod hard;
mod languages;
mod long;
mod python;

use super::draft::Draft;
use crate::model::prompt::Difficulty;

pub(super) fn rows() -> Vec<Draft> {
    [easy::rows(), python::rows(), languages::rows(), hard::rows(), long::rows()]
        .into_iter()
        .flatten()
        .map(Draft::with_room_if_hard)
        .collect()
}

/// A question for what a program prints.
fn prints(difficulty: Difficulty, language: Language, program: &str, kind: &str) -> Draft {
    let (name, fence) = match language {
        Language::Python => ("Python 3", "python"),
        Language::JavaScript => ("JavaScript", "javascript"),
        Language::Rust => ("Rust", "rust"),
        Language::Bash => ("Bash", "bash"),
    };
    let question = format!("What does this {name} program print?\n\n```{fence}\n{program}\n```\n");
    tagged(Draft::ask("code", difficulty, question, kind), fence)
}

/// Tags and provenance that these rows share.
fn tagged(mut draft: Draft, language: &str) -> Draft {
    draft.prompt.tags = vec![language.to_owned(), "predict_output".to_owned()];
    draft.prompt.provenance = Some("computed".to_owned());
    draft
}

#[derive(Clone, Copy)]
enum Language {
    Python,
    JavaScript,
    Rust,
    Bash,
}

/// Any values with something between them.
fn joined<T: ToString>(values: &[T], separator: &str) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator)
}

/// Quotient and remainder as Python has them: rounded down, the remainder with the divisor's sign.
fn floored(dividend: i64, divisor: i64) -> (i64, i64) {
    let quotient = dividend.div_euclid(divisor);
    let remainder = dividend.rem_euclid(divisor);
    if divisor < 0 && remainder != 0 { (quotient - 1, remainder + divisor) } else { (quotient, remainder) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `divmod` of Python 3 gives them.
    #[test]
    fn division_rounds_down() {
        for (dividend, divisor, expected) in [
            (7, 3, (2, 1)),
            (-7, 3, (-3, 2)),
            (7, -3, (-3, -2)),
            (-7, -3, (2, -1)),
            (-6, 3, (-2, 0)),
            (6, -3, (-2, 0)),
        ] {
            assert_eq!(floored(dividend, divisor), expected);
        }
    }
}
