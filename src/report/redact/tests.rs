use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::model::judgement::{AnswerSource, FoundAnswer, JudgeReply, Judgement, Verdict};
use crate::model::outcome::Outcome;
use crate::model::prompt::{Manifest, Prompt, PromptSet};
use crate::model::record::Attempt;
use crate::model::rubric::Dimension;
use crate::report::input::ReportInput;
use crate::report::prompts::Prompts;
use crate::report::terminal::{TerminalOptions, summary};
use crate::report::{fixture, html, markdown};

const ALL: Redaction = Redaction { prompts: true, answers: true, left_out: false };

fn texts_of(attempt: &mut Attempt, text: &str) {
    attempt.exchange.content = text.to_owned();
    attempt.exchange.reasoning = format!("thinking: {text}");
    attempt.exchange.tool_calls = format!("{{\"x\": \"{text}\"}}");
    attempt.exchange.finish_reason = Some(format!("because {text}"));
    attempt.judgement.answer = Some(FoundAnswer {
        text: text.to_owned(),
        source: AnswerSource::Bold,
        start: Some(0),
        end: Some(text.len()),
    });
    for check in &mut attempt.judgement.checks {
        check.detail = format!("expected something, found {text}");
    }
    attempt.judgement.judge_replies = vec![
        JudgeReply {
            repeat: 0,
            dimension: Dimension::Factuality,
            score: Some(3.0),
            reply: Some(format!("it says {text}")),
            failure: None,
        },
        JudgeReply {
            repeat: 1,
            dimension: Dimension::Factuality,
            score: None,
            reply: None,
            failure: Some(format!("no score in {text}")),
        },
    ];
}

/// A result in which every text is `secret`, and the prompts it was made of.
fn secretive(secret: &str) -> (RunResult, ReportInput) {
    let mut result = fixture::paired();
    for (i, row) in result.rows.iter_mut().enumerate() {
        for attempt in [&mut row.candidate, &mut row.baseline].into_iter().flatten() {
            texts_of(attempt, secret);
        }
        if let (3 | 7, Some(candidate)) = (i, &mut row.candidate) {
            candidate.exchange.outcome = Outcome::Http5xx;
            candidate.exchange.error = Some(format!("the server said {secret}"));
            candidate.judgement = Judgement::bare(Verdict::TransportError);
        }
    }
    result.warnings.push(format!("reference log-probabilities: n/a: the server said {secret}"));
    let set = |word: &str| word.replace("SECRET", secret);
    result.command_line = Some(
        [
            "labctl",
            "bench",
            "--set",
            "endpoints.awq.body.stop=SECRET",
            "--set=endpoints.awq={body: {stop: SECRET}}",
        ]
        .map(set)
        .to_vec(),
    );
    result.config = serde_json::json!({"endpoints": {"awq": {"body": {"stop": [secret], "top_k": 4}}}});
    let prompt = |row: &Row| Prompt {
        system: Some(secret.to_owned()),
        reference: secret.to_owned(),
        ..Prompt::unchecked(row.key.prompt_id.clone(), row.category.clone(), secret.to_owned(), 16)
    };
    let manifest = Manifest {
        name: "set".to_owned(),
        version: 1,
        description: String::new(),
        team: "any".to_owned(),
        categories: std::collections::BTreeMap::new(),
        calibrated: false,
        sha256: String::new(),
    };
    let prompts = result.rows.iter().map(prompt).collect();
    let set = PromptSet { manifest, prompts, origin: String::new(), selection: None };
    (result, ReportInput { prompts: Prompts::of(set), ..ReportInput::default() })
}

/// The three outputs.
fn outputs(result: &RunResult, input: &ReportInput) -> [String; 3] {
    let options = TerminalOptions {
        width: 200,
        color: false,
        ascii: false,
        files: vec![("a".to_owned(), PathBuf::from("b"))],
    };
    [
        html::render(result, input).unwrap(),
        markdown::render(result, input).unwrap(),
        summary(result, &options),
    ]
}

#[test]
fn without_redaction_the_texts_are_there() {
    let (result, input) = secretive("Grmpfjuwexq");
    let [html, markdown, terminal] = outputs(&result, &input);
    assert!(
        html.contains("Grmpfjuwexq") && markdown.contains("Grmpfjuwexq") && terminal.contains("Grmpfjuwexq")
    );
}

#[test]
fn prompts_and_answers_are_taken_out_each_by_itself() {
    let (mut result, _) = secretive("a secret");
    redact(&mut result, Redaction { prompts: true, ..Redaction::default() });
    let exchange = &result.rows[0].candidate.as_ref().unwrap().exchange;
    assert_eq!(exchange.content, "a secret");
    assert_eq!(result.config["endpoints"]["awq"]["body"]["stop"][0], "[redacted: 8 characters]");
    assert_eq!(result.config["endpoints"]["awq"]["body"]["top_k"], 4);
    let words = result.command_line.clone().unwrap();
    assert_eq!(words[3], "endpoints.awq.body.stop=[redacted: 8 characters]");
    assert_eq!(words[4], "--set=endpoints.awq=[redacted: 24 characters]");
    let judgement = &result.rows[0].candidate.as_ref().unwrap().judgement;
    assert_eq!(judgement.checks[0].detail, "[redacted: 34 characters]");
    assert_eq!(
        result.warnings.last().map(String::as_str),
        Some("reference log-probabilities: n/a: [redacted: 24 characters]")
    );
    assert_eq!(result.redacted, Some(Redaction { prompts: true, ..Redaction::default() }));

    // What is gone is not taken for a text; what is still there goes.
    redact(&mut result, Redaction { answers: true, ..Redaction::default() });
    let judgement = &result.rows[0].candidate.as_ref().unwrap().judgement;
    assert_eq!(judgement.checks[0].detail, "[redacted: 34 characters]");
    assert_eq!(judgement.answer.as_ref().unwrap().text, "[redacted: 8 characters]");
    assert_eq!(result.rows[0].candidate.as_ref().unwrap().exchange.content, "[redacted: 8 characters]");
    assert_eq!(result.redacted, Some(ALL));

    redact(&mut result, Redaction::NO_TEXT);
    let row = serde_json::to_string(&result.rows).unwrap();
    assert!(!row.contains("redacted:") && !row.contains("secret"), "{row}");
    assert_eq!(result.redacted, Some(Redaction::NO_TEXT));
}

#[test]
fn messages_that_hold_or_overlap_each_other_are_taken_out_whole() {
    let messages = ["bad request", "bad request: what is Grmpf", "what is Grmpf, and why", "Grmpf"];
    // A set's order changes from one to the next.
    for _ in 0..20 {
        let mut result = fixture::paired();
        for (row, message) in result.rows.iter_mut().zip(messages) {
            row.candidate.as_mut().unwrap().exchange.error = Some(message.to_owned());
        }
        result.warnings = vec![
            "for example: bad request: what is Grmpf".to_owned(),
            "bad request: what is Grmpf, and why".to_owned(),
        ];
        redact(&mut result, ALL);
        assert_eq!(result.warnings, ["for example: [redacted: 26 characters]", "[redacted: 35 characters]"]);
    }
}

#[test]
fn what_runs_put_together_quote_of_any_row_is_taken_out() {
    let said = "no tokens for: what is Grmpf";
    let mut run = fixture::alone();
    run.rows[0].candidate.as_mut().unwrap().exchange.error = Some(said.to_owned());
    for mut report in [fixture::runs::history(), fixture::runs::head_to_head()] {
        report.apart.push(crate::model::history::Apart {
            run_id: "a".to_owned(),
            model: "m".to_owned(),
            left_out_of: crate::model::history::LeftOutOf::Everything,
            because: vec![format!("all failed: {said}")],
        });
        for model in report.histories.iter_mut().flat_map(|history| &mut history.models) {
            model.points[0].figures.speed_absent_because = Some(said.to_owned());
            if let Some(comparison) = &mut model.first_to_last {
                comparison.warnings.push(format!("for example: {said}"));
            }
        }
        for comparison in report.head_to_head.iter_mut().flat_map(|held| &mut held.comparisons) {
            comparison.comparison.invalid_because.push(format!("all failed: {said}"));
        }
        assert!(serde_json::to_string(&report).unwrap().contains("Grmpf"));
        redact_runs(&mut report, [&mut run.clone()], ALL);
        let json = serde_json::to_string(&report).unwrap();
        assert!(!json.contains("Grmpf") && json.contains("all failed: [redacted: 28 characters]"), "{json}");
    }
}

#[test]
fn a_message_without_a_result_is_taken_out() {
    let after = |redaction| {
        let mut message = "400: what is Grmpf".to_owned();
        redact_message(&mut message, redaction);
        message
    };
    assert_eq!(after(Redaction::default()), "400: what is Grmpf");
    assert_eq!(after(ALL), "[redacted: 18 characters]");
    assert_eq!(after(Redaction { answers: true, ..Redaction::default() }), "[redacted: 18 characters]");
    assert_eq!(after(Redaction::NO_TEXT), "");
}

#[test]
fn every_output_says_that_it_was_redacted() {
    let words = [
        (ALL, "the texts of prompts and answers, and all that may quote them"),
        (Redaction { left_out: false, prompts: false, answers: true }, "the texts of answers, and"),
        (Redaction { left_out: true, ..ALL }, "error messages), are left out"),
    ];
    for (redaction, words) in words {
        let (mut result, input) = secretive("Grmpfjuwexq");
        redact(&mut result, redaction);
        for output in outputs(&result, &input) {
            let squeezed = output.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(squeezed.contains(words), "{words}: {squeezed}");
        }
    }
}

#[test]
fn a_model_that_writes_a_placeholder_changes_nothing() {
    assert!(is_placeholder(&placeholder("abc")) && !is_placeholder("[redacted: ]\nand more"));
    assert_eq!(placeholder("é"), "[redacted: 1 character]");
    assert_eq!(placeholder(&"é".repeat(1_200)), "[redacted: 1,200 characters]");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn nothing_of_the_texts_is_left_in_any_output(
        // Of letters that no word of a report is made of alone.
        secret in "[qxjzQXJZ<&\"'`*|\u{1b}\u{202e} ]{10,60}[qxjz]{9}",
        left_out in any::<bool>(),
    ) {
        let (mut result, input) = secretive(&secret);
        redact(&mut result, Redaction { left_out, ..ALL });
        let secret: Vec<char> = secret.chars().collect();
        for output in outputs(&result, &input) {
            for window in secret.windows(8).filter(|window| !window.iter().all(|c| *c == ' ')) {
                let window: String = window.iter().collect();
                prop_assert!(!output.contains(&window), "{window:?}");
            }
        }
        let json = serde_json::to_string(&result).unwrap();
        prop_assert!(!json.contains(&secret[secret.len() - 9..].iter().collect::<String>()));
    }
}
