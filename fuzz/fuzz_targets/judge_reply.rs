//! The reply of a judge: a score by a rubric, and the checks of a model that is itself a judge.

#![no_main]

use std::sync::LazyLock;

use labctl::check::{Judge, Response, read_score};
use labctl::model::check::Check;
use labctl::model::prompt::Prompt;
use labctl::model::rubric::{Preferred, ScoreBand};
use libfuzzer_sys::fuzz_target;

static JUDGES: LazyLock<Vec<Judge>> = LazyLock::new(|| {
    let score = Check::Score { gold: 4.0, scale: [1.0, 5.0], accept: ScoreBand::Within(0.5) };
    let preference = Check::Preference { gold: Preferred::A };
    let judge = |check| {
        let prompt = Prompt::unchecked("p".to_owned(), "c".to_owned(), "?".to_owned(), 16);
        Judge::new(&Prompt { checks: vec![check], ..prompt }).unwrap()
    };
    [score, preference].map(judge).into()
});

fuzz_target!(|reply: &str| {
    if let Ok(score) = read_score(reply, [1.0, 5.0]) {
        assert!((1.0..=5.0).contains(&score));
    }
    for judge in JUDGES.iter() {
        let judgement = judge.judge(&Response { content: reply, reasoning: "", finish_reason: Some("stop") });
        if let Some(answer) = judgement.answer {
            assert!(answer.start.zip(answer.end).is_none_or(|(start, end)| reply.get(start..end).is_some()));
        }
    }
});
