use super::*;
use crate::model::prompt::{Manifest, Prompt, PromptSet};
use crate::report::excerpt::SegmentKind;
use crate::report::prompts::Prompts;
use crate::report::{fixture, view};

fn list_of(result: &RunResult, input: &ReportInput) -> Responses {
    list(result, &view::labels(result), input)
}

fn counts(responses: &Responses) -> Vec<(&str, &str)> {
    responses.kinds.iter().map(|kind| (kind.name, kind.count.as_str())).collect()
}

/// Prompts for all rows of a result.
fn prompts(result: &RunResult, text: &str) -> ReportInput {
    let prompt = |row: &Row| Prompt {
        system: Some("Be brief.".to_owned()),
        reference: "42".to_owned(),
        ..Prompt::unchecked(row.key.prompt_id.clone(), row.category.clone(), text.to_owned(), 16)
    };
    let manifest = Manifest {
        name: "set".to_owned(),
        version: 1,
        description: String::new(),
        team: "any".to_owned(),
        categories: BTreeMap::new(),
        calibrated: false,
        sha256: String::new(),
    };
    let prompts = result.rows.iter().map(prompt).collect();
    let set = PromptSet { manifest, prompts, origin: String::new(), selection: None };
    ReportInput { prompts: Prompts::of(set), ..ReportInput::default() }
}

#[test]
fn every_prompt_that_did_not_pass_on_both_sides_is_listed_by_kind() {
    let result = fixture::paired();
    let input = prompts(&result, "What is six times seven?");
    let responses = list_of(&result, &input);
    assert_eq!(counts(&responses), [("loss", "3"), ("gain", "2"), ("both failed", "2")]);
    assert_eq!(responses.listed.len(), 7);
    assert_eq!(responses.notes, Vec::<String>::new());
    assert_eq!(responses.categories, ["extraction", "reasoning"]);
    let first = &responses.listed[0];
    assert_eq!((first.kind, first.replies.len()), (ResponseKind::Loss, 2));
    let asked = first.asked.as_ref().unwrap();
    assert_eq!(asked.prompt.segments[0].text, "What is six times seven?");
    assert_eq!(asked.reference.segments[0].text, "42");
    // The found number is marked at its last place, and it is what differs.
    let of_candidate = &first.replies[1].text.segments;
    let answer: Vec<_> = of_candidate.iter().filter(|part| part.answer).collect();
    assert_eq!(answer.len(), 1);
    assert_eq!((answer[0].kind, answer[0].text.as_str()), (SegmentKind::Added, "29"));
    assert!(of_candidate.iter().any(|part| part.kind == SegmentKind::Same));
}

#[test]
fn without_a_baseline_there_are_failures_alone() {
    let result = fixture::alone();
    let responses = list_of(&result, &ReportInput::default());
    assert_eq!(counts(&responses), [("failed", "5")]);
    assert!(responses.listed.iter().all(|one| one.asked.is_none() && one.replies.len() == 1));
    assert!(responses.notes.is_empty());
    let absent = ReportInput { prompts: Prompts::absent("set `x` is gone"), ..ReportInput::default() };
    assert_eq!(list_of(&result, &absent).notes, ["Prompts are not shown: set `x` is gone"]);
}

#[test]
fn failed_requests_come_last() {
    let responses = list_of(&fixture::hostile(), &ReportInput::default());
    let kinds: Vec<_> = responses.listed.iter().map(|one| one.kind).collect();
    assert!(kinds.is_sorted(), "{kinds:?}");
    assert_eq!(responses.kinds.last().map(|kind| (kind.name, kind.count.as_str())), Some(("error", "2")));
}

#[test]
fn what_does_not_fit_is_cut_and_counted() {
    let mut result = fixture::result(3_000, true);
    for row in &mut result.rows {
        for attempt in [&mut row.baseline, &mut row.candidate].into_iter().flatten() {
            attempt.exchange.content = "so <b>many</b> words ".repeat(400);
        }
    }
    let input = prompts(&result, &"a prompt ".repeat(2_000));
    let responses = list_of(&result, &input);
    let bytes: usize = responses.listed.iter().map(|one| Size::of(one).bytes).sum();
    assert!((1_000_000..1_800_000).contains(&bytes), "{bytes}");
    assert_eq!(counts(&responses), [("loss", "300"), ("gain", "200"), ("both failed", "200")]);
    assert_eq!(responses.notes.len(), 2, "{:?}", responses.notes);
    assert!(responses.notes[0].contains("not listed here: "), "{:?}", responses.notes);
    assert!(
        responses.notes[1].contains("cut in the middle, to 500 characters or more"),
        "{:?}",
        responses.notes
    );
}

#[test]
fn what_failed_without_a_twin_is_listed_as_failed() {
    let mut result = fixture::paired();
    let place = result.rows.iter().position(|row| {
        let wrong = |side| row.attempt(side).unwrap().judgement.verdict == Verdict::Wrong;
        wrong(Side::Candidate) && wrong(Side::Baseline)
    });
    result.rows[place.unwrap()].baseline = None;
    let responses = list_of(&result, &ReportInput::default());
    assert_eq!(counts(&responses), [("loss", "3"), ("gain", "2"), ("both failed", "1"), ("failed", "1")]);
    let last = responses.listed.last().unwrap();
    assert_eq!((last.kind, last.kind_name, last.replies.len()), (ResponseKind::Unpaired, "failed", 1));
    // What only the baseline was asked is no failure of the candidate's.
    result.rows[place.unwrap()].candidate = None;
    assert_eq!(list_of(&result, &ReportInput::default()).listed.len(), 6);
}

#[test]
fn a_sending_is_told_by_its_load() {
    let mut result = fixture::levels();
    let first = which(&result.rows[0], &result.levels);
    assert_eq!(first, "1 request/s, round 1, repeat 1");
    result.rows[0].key.level = 7;
    assert_eq!(which(&result.rows[0], &result.levels), "45.3 requests/s, round 1, repeat 1");
    assert_eq!(which(&result.rows[1], &[]), "round 1, repeat 1");
}
