//! Tests a prompt set's checks as code is tested: what must pass, what must fail, and what must
//! not matter.

use super::judge::{CheckError, Judge, Response};
use super::transform::Transform;
use crate::model::check::Check;
use crate::model::judgement::{Judgement, Verdict};
use crate::model::prompt::Prompt;

/// A prompt whose checks don't say what they should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The prompt's id.
    pub prompt_id: String,
    /// What was tested: `checks`, `reference`, `near_miss`, `empty`, `echo`, `dont_know`,
    /// `refusal`, `all_options`, `other_reference`, or the name of a [`Transform`].
    pub what: String,
    /// What was expected and what the checks said.
    pub detail: String,
}

/// Of how many other rows the reference is tried on each row.
const OTHERS: usize = 3;

const IGNORANCE: [&str; 2] = ["I don't know.", "I'm not sure about this one."];
const REFUSAL: &str = "I'm sorry, but I can't help with that.";

/// Tests every prompt: its checks compile, its reference passes, its near misses fail; what never
/// is an answer fails (nothing, the prompt itself unless `answer_in_prompt`, "I don't know", a
/// refusal, all options at once, another row's reference); and the transforms that every one of
/// its checks declares keep the reference passing.
#[must_use]
pub fn selftest(prompts: &[Prompt]) -> Vec<Failure> {
    let judges: Vec<Result<Judge, CheckError>> = prompts.iter().map(Judge::new).collect();
    let mut failures = Vec::new();
    for (index, (prompt, judge)) in prompts.iter().zip(&judges).enumerate() {
        match judge {
            Ok(judge) => {
                let mut row = Row { prompt, judge, failures: &mut failures };
                row.reference();
                row.must_fail();
                row.transforms();
                row.others(prompts, &judges, index);
            }
            Err(error) => failures.push(Failure {
                prompt_id: prompt.id.clone(),
                what: "checks".to_owned(),
                detail: error.to_string(),
            }),
        }
    }
    failures
}

struct Row<'a> {
    prompt: &'a Prompt,
    judge: &'a Judge,
    failures: &'a mut Vec<Failure>,
}

impl Row<'_> {
    fn judged(&self, content: &str) -> Judgement {
        judged(self.judge, content)
    }

    fn expect(&mut self, what: &str, content: &str, pass: bool) {
        let judgement = self.judged(content);
        if (judgement.verdict == Verdict::Pass) != pass {
            let expected = if pass { "expected a pass" } else { "expected no pass" };
            let why: Vec<String> =
                judgement.checks.iter().map(|c| format!("{} {}: {}", c.check, c.verdict, c.detail)).collect();
            self.failures.push(Failure {
                prompt_id: self.prompt.id.clone(),
                what: what.to_owned(),
                detail: format!(
                    "{expected} of {}, got {} ({})",
                    super::tokens::quote(content),
                    judgement.verdict,
                    why.join("; ")
                ),
            });
        }
    }

    fn reference(&mut self) {
        self.expect("reference", &self.prompt.reference, true);
        for near_miss in &self.prompt.near_miss {
            self.expect("near_miss", near_miss, false);
        }
    }

    fn must_fail(&mut self) {
        self.expect("empty", "", false);
        self.expect("empty", " \n", false);
        if !self.prompt.answer_in_prompt {
            self.expect("echo", &self.prompt.prompt, false);
        }
        for ignorance in IGNORANCE {
            self.expect("dont_know", ignorance, false);
        }
        self.expect("refusal", REFUSAL, false);
        for check in &self.prompt.checks {
            if let Check::Choice { options, .. } = check {
                let letters: Vec<String> = ('A'..='J').take(options.len()).map(String::from).collect();
                let listed: Vec<String> =
                    letters.iter().zip(options).map(|(letter, text)| format!("{letter}. {text}")).collect();
                self.expect("all_options", &letters.join(", "), false);
                self.expect("all_options", &options.join(", "), false);
                self.expect("all_options", &listed.join("\n"), false);
            }
        }
    }

    fn transforms(&mut self) {
        let judgement = self.judged(&self.prompt.reference);
        if judgement.verdict != Verdict::Pass {
            return;
        }
        for transform in Transform::ALL {
            if !self.prompt.checks.iter().all(|check| transform.keeps(check)) {
                continue;
            }
            if let Some(changed) = transform.apply(&self.prompt.reference, judgement.answer.as_ref()) {
                self.expect(transform.name(), &changed, true);
            }
        }
    }

    /// Tries the references of the next rows that ask for something else. A letter or a score is right by
    /// chance, so `choice`, `score` and `preference` are exempt; and where each of two rows accepts the other's reference,
    /// they have the same answer.
    fn others(&mut self, prompts: &[Prompt], judges: &[Result<Judge, CheckError>], index: usize) {
        let is_by_chance =
            |c: &Check| matches!(c, Check::Choice { .. } | Check::Score { .. } | Check::Preference { .. });
        if self.prompt.checks.iter().any(is_by_chance) {
            return;
        }
        let next = (1..prompts.len()).map(|step| (index + step) % prompts.len());
        let different = next.filter(|other| prompts[*other].checks != self.prompt.checks).take(OTHERS);
        for other in different {
            let is_mutual = judges[other]
                .as_ref()
                .is_ok_and(|judge| judged(judge, &self.prompt.reference).verdict == Verdict::Pass);
            if !is_mutual {
                self.expect("other_reference", &prompts[other].reference, false);
            }
        }
    }
}

fn judged(judge: &Judge, content: &str) -> Judgement {
    judge.judge(&Response { content, reasoning: "", finish_reason: Some("stop") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::tests::number;
    use crate::check::judge::tests::prompt;
    use crate::model::check::{PassWhen, Scope};

    fn row(id: &str, check: Check, text: &str, reference: &str, near_miss: &str) -> Prompt {
        Prompt {
            id: id.to_owned(),
            prompt: text.to_owned(),
            reference: reference.to_owned(),
            near_miss: vec![near_miss.to_owned()],
            ..prompt(vec![check], PassWhen::All)
        }
    }

    fn needle(all: &str) -> Check {
        Check::Contains { any: vec![], all: vec![all.to_owned()], none: vec![], scope: Scope::Text }
    }

    #[test]
    fn a_sound_set_has_no_failures() {
        let choice =
            Check::Choice { options: vec!["Lyon".into(), "Paris".into(), "Nice".into()], answer: 'B' };
        let json = Check::Json {
            equals: [("/n".to_owned(), serde_json::json!(5))].into(),
            required: vec![],
            closed: true,
        };
        let exact = Check::Exact { values: vec!["olleh".into()], normalise: vec![], scope: Scope::Text };
        let regex = Check::Regex { pattern: "^[a-f]{3}$".into(), scope: Scope::Text };
        let prompts = [
            row(
                "n",
                number("-42"),
                "6 × -7? End with: Answer: <number>",
                "6 × -7 = -42\nAnswer: -42",
                "Answer: 42",
            ),
            row("c", choice, "Capital of France?\nA. Lyon\nB. Paris\nC. Nice", "Answer: B", "Answer: A"),
            row("j", json, "Five as JSON in n", "{\"n\": 5}", "{\"n\": 6}"),
            row("e", exact, "Reverse hello", "olleh", "oleh"),
            row("r", regex, "Three letters from a to f", "abc", "abg"),
            row("w", needle("Paris"), "Capital of France?", "It is Paris.", "It is Lyon."),
        ];
        assert_eq!(selftest(&prompts), []);
    }

    #[test]
    fn faults_are_found() {
        let whats = |prompts: &[Prompt]| -> Vec<String> {
            let mut whats: Vec<String> =
                selftest(prompts).into_iter().map(|f| format!("{} {}", f.prompt_id, f.what)).collect();
            whats.dedup();
            whats
        };
        let vacuous =
            Check::Contains { any: vec![], all: vec![], none: vec!["zebra".into()], scope: Scope::Text };
        assert_eq!(whats(&[row("a", number("x"), "?", "1", "2")]), ["a checks"]);
        assert_eq!(whats(&[row("a", number("5"), "?", "6", "5")]), ["a reference", "a near_miss"]);
        assert_eq!(whats(&[row("a", number("5"), "2 + 3 = 5?", "5", "6")]), ["a echo"]);
        assert_eq!(
            whats(&[row("a", vacuous, "?", "a horse", "a zebra")]),
            ["a echo", "a dont_know", "a refusal"]
        );
        assert_eq!(
            whats(&[
                row("a", needle("Paris"), "?", "Paris", "Rome"),
                row("b", number("7"), "?", "In Paris: 7", "8")
            ]),
            ["a other_reference"]
        );
    }
}
