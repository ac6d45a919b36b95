//! `code`: code is taken out of the response, parsed, and tried by engines of labctl's own. Nothing that a model
//! wrote is run.
//!
//! Programs are parsed and looked at (`program` on what `syntax` finds), SQL is asked of a database in memory
//! (`sql`), patterns are matched (`pattern`), schedules and expressions evaluated (`cron`, `arithmetic`). `found`
//! says where in a response the code is.

mod arithmetic;
mod cron;
mod found;
mod grammar;
mod imports;
mod names;
mod pattern;
mod program;
mod sql;
mod syntax;

use arithmetic::Arithmetic;
use cron::Cron;
use found::{Found, Line, NotFound};
use pattern::Pattern;
use program::Program;
use sql::Sql;

use super::judge::{Finding, Late, Rule};
use super::mapped::Mapped;
use super::must_fail::MustFail;
use super::reading::Reading;
use super::tokens::quote;
use super::transform::Transform;
use crate::model::code::{CodeLanguage, CodeRules};
use crate::model::judgement::Verdict;

/// A compiled `code` check.
#[derive(Debug)]
pub(super) struct Code {
    language: CodeLanguage,
    engine: Engine,
}

#[derive(Debug)]
enum Engine {
    Program(Program),
    Sql(Sql),
    Pattern(Pattern),
    Cron(Cron),
    Arithmetic(Arithmetic),
}

/// What an engine says of code: the verdict, and what was expected and found.
pub(super) type Said = (Verdict, String);

impl Code {
    pub(super) fn new(rules: &CodeRules) -> Result<Self, String> {
        if let Some(problem) = rules.problem() {
            return Err(problem);
        }
        let engine = match rules.language {
            CodeLanguage::Python | CodeLanguage::Javascript | CodeLanguage::Rust | CodeLanguage::Bash => {
                Engine::Program(Program::new(rules)?)
            }
            CodeLanguage::Sql => Engine::Sql(Sql::new(rules)?),
            CodeLanguage::Regex => Engine::Pattern(Pattern::new(rules)),
            CodeLanguage::Cron => Engine::Cron(Cron::new(rules)?),
            CodeLanguage::Arithmetic => Engine::Arithmetic(Arithmetic::new(rules)?),
        };
        Ok(Self { language: rules.language, engine })
    }

    fn find(&self, text: &Mapped) -> Result<Found, NotFound> {
        match &self.engine {
            Engine::Program(program) => {
                found::block(text, self.language, |code| program.defines(code), |code| program.parses(code))
            }
            Engine::Sql(sql) => found::block(text, self.language, |_| false, |code| sql.prepares(code)),
            Engine::Pattern(_) => found::line(text, self.language, &Line { is_it: |_| true, alone: false }),
            Engine::Cron(_) => {
                found::line(text, self.language, &Line { is_it: cron::is_schedule, alone: true })
            }
            Engine::Arithmetic(_) => {
                found::line(text, self.language, &Line { is_it: arithmetic::is_expression, alone: true })
            }
        }
    }
}

impl Rule for Code {
    fn check(&self, reading: &Reading, _late: &Late<'_>) -> Finding {
        let text = &reading.text().raw;
        let found = match self.find(text) {
            Ok(found) => found,
            Err(NotFound::Nothing) => {
                return Finding::no_answer(format!(
                    "expected {}, found none in {}",
                    self.language.title(),
                    quote(text.as_str())
                ));
            }
            Err(NotFound::Several(detail)) => {
                return Finding::no_answer(format!("expected {}, found {detail}", self.language.title()));
            }
        };
        let code = found.code.as_str();
        let (verdict, detail) = match &self.engine {
            Engine::Program(program) => program.judge(code),
            Engine::Sql(sql) => sql.judge(code),
            Engine::Pattern(pattern) => pattern.judge(code),
            Engine::Cron(cron) => cron.judge(code),
            Engine::Arithmetic(arithmetic) => arithmetic.judge(code),
        };
        Finding { answer: Some(found.answer()), ..Finding::new(verdict, detail) }
    }

    // Code is found in a fence or bare; case, or words around bare code, would make it other code.
    fn keeps(&self, transform: Transform) -> bool {
        transform.is_undone_first() || transform == Transform::Fence
    }

    fn refuses(&self, what: MustFail) -> bool {
        matches!(what, MustFail::Echo | MustFail::DontKnow | MustFail::Refusal | MustFail::OtherReference)
    }
}

#[cfg(test)]
mod tests;
