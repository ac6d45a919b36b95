//! Programs: parsed and looked at, never run.

use super::Said;
use super::syntax::{Facts, read};
use crate::check::tokens::quote;
use crate::model::code::{CodeLanguage, CodeRules, FunctionShape, Syntax};
use crate::model::judgement::Verdict;

/// The longest program that is parsed, in bytes: some 8,000 tokens. The parser's time is linear in sound code, and
/// more than that in what is full of errors, which a hostile answer may be.
const LONGEST: usize = 1 << 15;

/// What a program must be like.
#[derive(Debug)]
pub(super) struct Program {
    language: CodeLanguage,
    function: Option<FunctionShape>,
    forbidden: Vec<String>,
    required: Vec<String>,
    uses: Vec<Syntax>,
}

impl Program {
    pub(super) fn new(rules: &CodeRules) -> Result<Self, String> {
        if !rules.language.is_program() {
            return Err(format!("`{}` is not the language of a program", rules.language.name()));
        }
        Ok(Self {
            language: rules.language,
            function: rules.function.clone(),
            forbidden: rules.forbidden.clone(),
            required: rules.required.clone(),
            uses: rules.uses.clone(),
        })
    }

    /// Whether the text is code of the language.
    pub(super) fn parses(&self, text: &str) -> bool {
        text.len() <= LONGEST && read(self.language, text).is_ok()
    }

    /// Whether the code defines the function that is asked for, whatever its parameters.
    pub(super) fn defines(&self, code: &str) -> bool {
        let Some(wanted) = self.function.as_ref().filter(|_| code.len() <= LONGEST) else {
            return false;
        };
        read(self.language, code).is_ok_and(|facts| facts.functions.iter().any(|f| f.name == wanted.name))
    }

    pub(super) fn judge(&self, code: &str) -> Said {
        if code.len() > LONGEST {
            return (
                Verdict::Wrong,
                format!("expected at most {LONGEST} bytes of code, found {}", code.len()),
            );
        }
        let facts = match read(self.language, code) {
            Ok(facts) => facts,
            Err(fault) => {
                return (Verdict::Wrong, format!("expected {}, found {fault}", self.language.title()));
            }
        };
        match self.fault(&facts) {
            Some(fault) => (Verdict::Wrong, fault),
            None => (Verdict::Pass, self.told(&facts)),
        }
    }

    fn fault(&self, facts: &Facts<'_>) -> Option<String> {
        if let Some(wanted) = &self.function {
            let named: Vec<u32> =
                facts.functions.iter().filter(|f| f.name == wanted.name).map(|f| f.parameters).collect();
            if named.is_empty() {
                let others: Vec<&str> = facts.functions.iter().map(|f| f.name).collect();
                let found =
                    if others.is_empty() { "no function".to_owned() } else { quote(&others.join(", ")) };
                return Some(format!("expected a function `{}`, found {found}", wanted.name));
            }
            if let Some(parameters) = wanted.parameters.filter(|parameters| !named.contains(parameters)) {
                return Some(format!(
                    "expected `{}` to have {parameters} parameters, found {}",
                    wanted.name, named[0]
                ));
            }
        }
        if let Some(name) = self.forbidden.iter().find(|name| facts.names.uses(name)) {
            return Some(format!("expected no `{name}`, found it"));
        }
        if let Some(name) = self.required.iter().find(|name| !facts.names.mentions(name)) {
            return Some(format!("expected `{name}`, found none"));
        }
        let missing = self.uses.iter().find(|syntax| !self.has(facts, **syntax))?;
        Some(format!("expected a `{}`, found none", missing.name()))
    }

    fn has(&self, facts: &Facts<'_>, syntax: Syntax) -> bool {
        match (syntax, &self.function) {
            (Syntax::Recursion, Some(function)) => facts.recursive.contains(function.name.as_str()),
            (Syntax::Recursion, None) => !facts.recursive.is_empty(),
            _ => facts.syntax.contains(&syntax),
        }
    }

    fn told(&self, facts: &Facts<'_>) -> String {
        let functions: Vec<String> =
            facts.functions.iter().map(|f| format!("{}/{}", f.name, f.parameters)).collect();
        let functions =
            if functions.is_empty() { "no function".to_owned() } else { quote(&functions.join(", ")) };
        format!("found {} that parses, with {functions}", self.language.title())
    }
}
