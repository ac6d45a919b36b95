//! `math`: arithmetic with carries, fractions, rates, numbers, counting, sequences, shapes, dates, money,
//! equations and statistics. Answers are exact.

mod algebra;
mod arithmetic;
mod counting;
mod money;
mod number_theory;
mod rates;
mod ratios;
mod shapes;

use std::fmt::Display;

use super::super::draft::Draft;
use super::common::finished;
use crate::model::prompt::Difficulty;

pub(in super::super) fn rows() -> Vec<Draft> {
    let topics = [
        arithmetic::rows(),
        ratios::rows(),
        rates::rows(),
        number_theory::rows(),
        counting::rows(),
        shapes::rows(),
        money::rows(),
        algebra::rows(),
    ];
    topics.into_iter().flatten().map(finished).collect()
}

fn ask(difficulty: Difficulty, question: impl Display, kind: &str) -> Draft {
    Draft::ask("math", difficulty, question, kind)
}

fn number(difficulty: Difficulty, question: impl Display) -> Draft {
    ask(difficulty, question, "number")
}
