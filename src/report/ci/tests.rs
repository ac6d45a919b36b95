//! The outputs of made-up results: which prompts fail, what hostile text comes to, and that all of it can be read back.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus};

use super::*;
use crate::model::comparison::GateKind;
use crate::model::judgement::Verdict;
use crate::report::fixture;

fn junit(input: &CiInput<'_>) -> Report {
    Report::deserialize_from_str(&junit::render(input).unwrap()).unwrap()
}

/// The cases of a suite.
fn suite<'a>(report: &'a Report, name: &str) -> &'a [TestCase] {
    let suite = report.test_suites.iter().find(|suite| suite.name.as_str() == name);
    suite.map_or(&[], |suite| &suite.test_cases)
}

fn is(case: &TestCase, wanted: NonSuccessKind) -> bool {
    matches!(&case.status, TestCaseStatus::NonSuccess { kind, .. } if *kind == wanted)
}

fn failures(report: &Report) -> Vec<&str> {
    let cases = report.test_suites.iter().flat_map(|suite| &suite.test_cases);
    cases.filter(|case| is(case, NonSuccessKind::Failure)).map(|case| case.name.as_str()).collect()
}

/// Losses in two categories.
fn losing_in_two() -> RunResult {
    let mut result = fixture::paired();
    result.rows[0].candidate.as_mut().unwrap().judgement.verdict = Verdict::Wrong;
    result
}

/// The same where one of the categories has this verdict.
fn with_verdict(category: &str, verdict: GateVerdict) -> RunResult {
    let mut result = losing_in_two();
    for rate in &mut result.comparison.as_mut().unwrap().categories {
        if rate.category.as_deref() == Some(category) {
            rate.verdict = Some(verdict);
            rate.verdict_reason = Some("the loss is shown and large".to_owned());
        }
    }
    result
}

#[test]
fn a_loss_is_a_failure_only_where_its_category_fails() {
    let result = fixture::paired();
    let losses = &result.comparison.as_ref().unwrap().losses;
    let category = losses[0].category.clone();
    let expected: Vec<_> =
        losses.iter().filter(|loss| loss.category == category).map(|loss| loss.prompt_id.as_str()).collect();
    assert_ne!(result.rows[0].category, category);
    for verdict in [GateVerdict::Pass, GateVerdict::Inconclusive] {
        let result = with_verdict(&category, verdict);
        let report = junit(&CiInput::of_run(&result));
        assert_eq!(failures(&report), Vec::<&str>::new());
        let cases = suite(&report, &category);
        let lost = cases.iter().find(|case| case.name.as_str() == expected[0]).unwrap();
        let told = lost.system_out.as_ref().unwrap().as_str();
        assert!(told.starts_with("lost: ") && told.contains("not a failure"), "{told}");
    }
    let result = with_verdict(&category, GateVerdict::Fail);
    let report = junit(&CiInput::of_run(&result));
    assert_eq!(failures(&report), expected);
    assert_eq!(report.failures, expected.len());
    assert_eq!(report.tests, 30);
    let commands = annotations::commands(&CiInput::of_run(&result));
    assert_eq!(commands.len(), expected.len());
    assert!(commands[0].starts_with("::warning title=SIMULATED "), "{}", commands[0]);
}

#[test]
fn without_a_baseline_a_wrong_answer_fails_where_a_floor_is_broken() {
    let mut result = fixture::alone();
    assert_eq!(failures(&junit(&CiInput::of_run(&result))), Vec::<&str>::new());
    let wrong = |result: &RunResult, category: Option<&str>| {
        let of = result.rows.iter().filter(|row| category.is_none_or(|category| row.category == category));
        of.filter(|row| row.candidate.as_ref().unwrap().judgement.verdict.passed() == Some(false)).count()
    };
    let category = result.rows[4].category.clone();
    for floor_on in [Some(category.as_str()), None] {
        let mut gate = fixture::gate("floor", GateVerdict::Fail, "the pass rate is below 0.9");
        (gate.kind, gate.mode, gate.category) = (GateKind::Floor, None, floor_on.map(str::to_owned));
        result.gates = vec![gate];
        let report = junit(&CiInput::of_run(&result));
        // The gate's own case besides.
        assert_eq!(failures(&report).len(), wrong(&result, floor_on) + 1);
    }
}

#[test]
fn gates_pass_fail_are_skipped_or_broken() {
    let mut result = fixture::paired();
    let mut strict = fixture::gate("d", GateVerdict::Inconclusive, "can't tell");
    strict.on_inconclusive = Some(OnInconclusive::Fail);
    result.comparison.as_mut().unwrap().gates = vec![
        fixture::gate("a", GateVerdict::Pass, "fine"),
        fixture::gate("b", GateVerdict::Fail, "lost"),
        fixture::gate("c", GateVerdict::Inconclusive, "can't tell"),
        strict,
        fixture::gate("e", GateVerdict::Invalid, "not sound"),
    ];
    let input = CiInput::of_run(&result);
    let report = junit(&input);
    let gates = suite(&report, junit::GATES);
    assert!(matches!(gates[0].status, TestCaseStatus::Success { .. }));
    assert!(is(&gates[1], NonSuccessKind::Failure));
    assert!(matches!(gates[2].status, TestCaseStatus::Skipped { .. }));
    assert!(is(&gates[3], NonSuccessKind::Failure));
    assert!(is(&gates[4], NonSuccessKind::Error));
    let levels: Vec<_> =
        annotations::commands(&input).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(levels, ["::error", "::error", "::error", "::warning"]);
    assert_eq!(input.verdict(), "invalid");
}

#[test]
fn what_nobody_judged_is_skipped_and_time_is_the_requests_own() {
    let mut result = fixture::paired();
    let attempt = result.rows[0].candidate.as_mut().unwrap();
    attempt.judgement.verdict = Verdict::TransportError;
    attempt.metrics.e2e_ms = Some(1_234.0);
    let (id, category) = (result.rows[0].key.prompt_id.clone(), result.rows[0].category.clone());
    let mut again = result.rows[1].clone();
    again.key.round = 1;
    let seconds = |row: &Row| row.candidate.as_ref().unwrap().metrics.e2e_ms.unwrap() / 1_000.0;
    let twice = (again.key.prompt_id.clone(), again.category.clone(), 2.0 * seconds(&again));
    result.rows.push(again);
    let report = junit(&CiInput::of_run(&result));
    let case = |id: &str, category: &str| {
        suite(&report, category).iter().find(|case| case.name.as_str() == id).unwrap().clone()
    };
    let missing = case(&id, &category);
    assert!(matches!(missing.status, TestCaseStatus::Skipped { .. }));
    assert_eq!(missing.time.unwrap().as_millis(), 1_234);
    let both = case(&twice.0, &twice.1);
    assert!((both.time.unwrap().as_secs_f64() - twice.2).abs() < 0.001);
    // Two requests of a prompt are one case.
    assert_eq!(report.tests, 30);
}

#[test]
fn hostile_text_is_text_everywhere() {
    let mut result = fixture::hostile();
    let evil = "]]></system-out><x/>\u{0}\u{b}\u{1b}[31m\u{9b}1m\u{fffe}\u{ffff}\u{202e}%0A\r\n::error::pwned\n##[error]pwned";
    result.candidate.model.push_str(evil);
    result.warnings.push(evil.to_owned());
    for row in &mut result.rows {
        row.key.prompt_id.push_str(evil);
        row.category = format!("{}{evil}\"}}", row.category);
        let attempt = row.candidate.as_mut().unwrap();
        attempt.exchange.content.push_str(evil);
        attempt.judgement.checks.iter_mut().for_each(|check| check.detail.push_str(evil));
    }
    let comparison = result.comparison.as_mut().unwrap();
    for rate in &mut comparison.categories {
        rate.category = rate.category.as_ref().map(|category| format!("{category}{evil}\"}}"));
        rate.verdict = Some(GateVerdict::Fail);
    }
    comparison.gates[0].name.push_str(evil);
    comparison.gates[0].verdict = GateVerdict::Fail;
    let place = FileLine { file: "a,b:c.jsonl".to_owned(), line: 3 };
    let places = result.rows.iter().map(|row| (row.key.prompt_id.clone(), place.clone())).collect();
    let input = CiInput { places, ..CiInput::of_run(&result) };

    let xml = junit::render(&input).unwrap();
    let report = Report::deserialize_from_str(&xml).unwrap();
    assert_eq!(report.tests, 31);
    assert!(failures(&report).len() > 1);
    let allowed =
        |c: char| c == '\n' || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{202e}'));
    assert!(xml.chars().all(allowed));
    assert!(!xml.contains("]]>") && !xml.contains("<x/>"));

    let commands = annotations::commands(&input);
    assert!(commands.len() <= annotations::MOST);
    for command in &commands {
        assert!(!command.contains(['\n', '\r', '\u{1b}']), "{command}");
        assert!(command.starts_with("::error ") || command.starts_with("::warning "));
        // Properties end at the first `::`, and none of them holds a separator that it didn't write.
        let properties = command.split("::").nth(1).unwrap().split_once(' ').unwrap().1;
        let names: Vec<_> = properties.split(',').map(|part| part.split('=').next().unwrap()).collect();
        assert!(names == ["title"] || names == ["file", "line", "title"], "{command}");
    }

    let outputs = outputs::render(&input, "", "END");
    assert_eq!(outputs.lines().count() % 3, 0);
    assert!(outputs.lines().enumerate().all(|(i, line)| (line == "END") == (i % 3 == 2)));

    let metrics = metrics::render(&input);
    assert!(metrics.ends_with("\n# EOF\n") && metrics.matches("# EOF").count() == 1);
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let (_, value) = line.split_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

#[test]
fn there_are_ten_annotations_at_the_most_and_the_gates_come_first() {
    let mut result = fixture::result(40, true);
    for row in &mut result.rows {
        row.candidate.as_mut().unwrap().judgement.verdict = Verdict::Wrong;
        row.baseline.as_mut().unwrap().judgement.verdict = Verdict::Pass;
    }
    let comparison = result.comparison.as_mut().unwrap();
    for rate in &mut comparison.categories {
        rate.verdict = Some(GateVerdict::Fail);
    }
    comparison.gates = vec![fixture::gate("pass_rate overall", GateVerdict::Fail, "lost")];
    let id = result.rows[0].key.prompt_id.clone();
    let place = FileLine { file: "promptsets/x/promptset.jsonl".to_owned(), line: 12 };
    let input = CiInput { places: BTreeMap::from([(id, place)]), ..CiInput::of_run(&result) };
    let commands = annotations::commands(&input);
    assert_eq!(commands.len(), annotations::MOST);
    assert!(commands[0].contains("gate pass_rate overall"), "{}", commands[0]);
    assert!(
        commands[1].starts_with("::error file=promptsets/x/promptset.jsonl,line=12,title="),
        "{}",
        commands[1]
    );
    assert!(
        commands[9].ends_with("::32 more findings are not shown here: see the step's summary"),
        "{}",
        commands[9]
    );
}

#[test]
fn a_failure_before_any_result_is_told_too() {
    let ended = Ending { exit_code: 3, error: Some("could not reach `http://x`: <refused>".to_owned()) };
    let input = CiInput::of_failure("bench", ended);
    let report = junit(&input);
    assert!(is(&suite(&report, junit::GATES)[0], NonSuccessKind::Error));
    assert_eq!(annotations::commands(&input).len(), 1);
    let outputs = outputs::outputs(&input);
    assert_eq!(outputs[0], ("verdict", "invalid".to_owned()));
    assert_eq!(outputs[1], ("exit_code", "3".to_owned()));
    assert!(summary::render(&input, 0).contains("&lt;refused&gt;"));
    assert!(metrics::render(&input).contains("\nlabctl_exit_code 3\n"));
}

#[test]
fn the_summary_is_the_report_and_never_too_long() {
    let result = fixture::paired();
    let markdown =
        crate::report::markdown::render(&result, &crate::report::input::ReportInput::default()).unwrap();
    let mut input = CiInput { markdown, ..CiInput::of_run(&result) };
    assert_eq!(summary::render(&input, 0), input.markdown);
    assert_eq!(summary::render(&input, summary::LIMIT), "");
    input.markdown = input.markdown.repeat(1_000);
    assert!(input.markdown.len() > summary::LIMIT);
    for taken in [0, 1_000, summary::LIMIT / 2, summary::LIMIT - 100] {
        assert!(summary::render(&input, taken).len() + taken <= summary::LIMIT);
    }
}

#[test]
fn outputs_and_metrics_are_the_results_own_numbers() {
    let result = fixture::paired();
    let comparison = result.comparison.as_ref().unwrap();
    let input = CiInput::of_run(&result);
    let told: BTreeMap<_, _> = outputs::outputs(&input).into_iter().collect();
    assert_eq!(told["delta_pp"].parse::<f64>().ok(), comparison.overall.delta_pp);
    assert_eq!(told["pass_rate"].parse::<f64>().ok(), comparison.overall.candidate.rate);
    assert_eq!(told["losses"], comparison.overall.losses.to_string());
    assert_eq!(told["run_id"], result.run_id);
    let metrics = metrics::render(&input);
    let e2e = result.candidate.summary.e2e_ms.unwrap();
    let line = format!("labctl_e2e_ms{{side=\"candidate\",statistic=\"p50\"}} {}", e2e.p50);
    assert!(metrics.lines().any(|found| found == line), "{metrics}");
    // 30 requests are too few for a 95th percentile.
    assert!(!metrics.contains("e2e_ms{side=\"candidate\",statistic=\"p95\"}"), "{metrics}");
}

#[test]
fn losses_are_errors_only_where_a_gate_failed_for_them() {
    let category = fixture::paired().comparison.unwrap().losses[0].category.clone();
    let mut result = with_verdict(&category, GateVerdict::Fail);
    let level_with = |result: &RunResult| {
        let commands = annotations::commands(&CiInput::of_run(result));
        commands.last().unwrap().split(' ').next().unwrap().to_owned()
    };
    let on = |category: Option<&str>, verdict| {
        let mut gate = fixture::gate("pass_rate", verdict, "so");
        gate.category = category.map(str::to_owned);
        vec![gate]
    };
    for (gates, level) in [
        (Vec::new(), "::warning"),
        (on(None, GateVerdict::Pass), "::warning"),
        (on(Some("another"), GateVerdict::Fail), "::warning"),
        (on(Some(&category), GateVerdict::Fail), "::error"),
        (on(None, GateVerdict::Fail), "::error"),
    ] {
        result.comparison.as_mut().unwrap().gates = gates;
        assert_eq!(level_with(&result), level);
    }
}

#[test]
fn an_error_is_called_what_its_exit_code_says() {
    let mut result = fixture::paired();
    result.comparison.as_mut().unwrap().gates = vec![fixture::gate("a", GateVerdict::Pass, "fine")];
    let told = |exit_code: u8, error: Option<&str>| {
        let ended = Ending { exit_code, error: error.map(str::to_owned) };
        let input = CiInput { ended, ..CiInput::of_run(&result) };
        let title = annotations::commands(&input)[..1].concat();
        let case = suite(&junit(&input), junit::GATES)[0].clone();
        let TestCaseStatus::NonSuccess { ty, .. } = case.status else { panic!("{case:?}") };
        (input.verdict(), title, ty.unwrap().as_str().to_owned())
    };
    for (code, verdict, title, kind) in [
        (2, "error", "usage, configuration or input invalid", "usage"),
        (3, "invalid", "no valid measurement", "invalid"),
        (5, "error", "not written", "not_written"),
        (70, "error", "internal error", "internal"),
        (130, "error", "interrupted", "interrupted"),
    ] {
        let (told_verdict, command, ty) = told(code, Some("why"));
        assert_eq!((told_verdict, ty.as_str()), (verdict, kind));
        let title = title.replace(',', "%2C");
        assert_eq!(command, format!("::error title=SIMULATED labctl%3A {title}::why"));
    }
    let passed = Ending::default();
    assert_eq!(CiInput { ended: passed, ..CiInput::of_run(&result) }.verdict(), "pass");
}

#[test]
fn a_baseline_that_was_measured_before_has_its_run() {
    let mut result = fixture::paired();
    assert_eq!(CiInput::of_run(&result).baseline_run_id, None);
    let measured: crate::model::baseline::MeasuredIn = serde_json::from_value(serde_json::json!({
        "run_id": "run-before", "started_at": "2026-11-22T00:00:00Z", "blessed_as": "fp16", "sha256": "00",
    }))
    .unwrap();
    result.baseline.as_mut().unwrap().measured_in = Some(measured);
    assert_eq!(CiInput::of_run(&result).baseline_run_id, Some("run-before"));
}

#[test]
fn latencies_of_several_loads_together_are_nobodys() {
    let result = fixture::paired();
    let mut input = CiInput::of_run(&result);
    let speed_ratio = |input: &CiInput<'_>| {
        outputs::outputs(input).into_iter().find(|(name, _)| *name == "speed_ratio").unwrap().1
    };
    assert!(!speed_ratio(&input).is_empty() && metrics::render(&input).contains("labctl_e2e_ms{"));
    input.several_loads = true;
    assert_eq!(speed_ratio(&input), "");
    let metrics = metrics::render(&input);
    for absent in ["_ms{", "labctl_speed_ratio"] {
        assert!(!metrics.contains(absent), "{metrics}");
    }
    assert!(metrics.contains("labctl_pass_rate{"));
    assert!(CiInput::of_run(&fixture::levels()).several_loads);
}

#[test]
fn open_loops_have_their_latencies_from_schedule() {
    let mut result = fixture::paired();
    let from_schedule = "labctl_ttft_from_schedule_ms{side=\"candidate\"";
    assert!(!metrics::render(&CiInput::of_run(&result)).contains("from_schedule_ms"));
    let summary = &mut result.candidate.summary;
    summary.ttft_from_schedule_ms = summary.ttft_ms;
    let mut ratio = result.comparison.as_ref().unwrap().speed[0].clone();
    (ratio.metric, ratio.statistic) = ("latency_from_schedule_ms".to_owned(), "p50".to_owned());
    ratio.ratio = Some(7.25);
    result.comparison.as_mut().unwrap().speed.push(ratio);
    let input = CiInput::of_run(&result);
    let metrics = metrics::render(&input);
    assert!(metrics.contains(from_schedule), "{metrics}");
    assert!(metrics.contains("labctl_latency_from_schedule_ms{side=\"candidate\""), "{metrics}");
    assert!(outputs::outputs(&input).contains(&("speed_ratio", "7.25".to_owned())));
}

#[test]
fn a_category_called_gates_has_a_suite_of_its_own() {
    let mut result = fixture::alone();
    for row in &mut result.rows {
        row.category = "gates".to_owned();
    }
    result.gates = vec![fixture::gate("a", GateVerdict::Pass, "fine")];
    let report = junit(&CiInput::of_run(&result));
    let names: Vec<_> = report.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(names, ["gates (category)", "gates"]);
}
