//! `reasoning`: state tracking, puzzles, rules, paths, tables and long material. Puzzles are solved here by trying every
//! case: a row is drawn only where one solution fits.

mod clues;
mod ledgers;
mod logic;
mod long_notes;
mod paths;
mod puzzles;
mod rules;
mod simulation;
mod state;
mod text;

use std::fmt::Display;

use super::super::draft::Draft;
use super::common::finished;
use crate::model::prompt::Difficulty;

pub(in super::super) fn rows() -> Vec<Draft> {
    let topics = [
        state::rows(),
        simulation::rows(),
        clues::rows(),
        puzzles::rows(),
        paths::rows(),
        text::rows(),
        logic::rows(),
        rules::rows(),
        ledgers::rows(),
        long_notes::rows(),
    ];
    topics.into_iter().flatten().map(finished).collect()
}

fn ask(difficulty: Difficulty, question: impl Display, kind: &str) -> Draft {
    Draft::ask("reasoning", difficulty, question, kind)
}

fn number(difficulty: Difficulty, question: impl Display) -> Draft {
    ask(difficulty, question, "number")
}

fn plain(difficulty: Difficulty, question: impl Into<String>) -> Draft {
    Draft::new("reasoning", difficulty, question)
}
