//! Whole screens at four widths and in ASCII, and that no line is ever too wide.

use unicode_width::UnicodeWidthStr;

use super::*;
use crate::model::comparison::GateVerdict;
use crate::report::fixture;

fn options(width: usize) -> TerminalOptions {
    TerminalOptions { width, ..TerminalOptions::default() }
}

fn gated() -> RunResult {
    let mut result = fixture::paired();
    let reason = "no harm shown, could have missed up to 18.4 pp: \u{2212}3.3 pp";
    result.comparison.as_mut().unwrap().gates =
        vec![fixture::gate("pass_rate overall", GateVerdict::Pass, reason)];
    result
}

#[test]
fn screens_at_every_width() {
    for width in [100, 80, 60, 40] {
        insta::assert_snapshot!(format!("gated_{width}"), summary(&gated(), &options(width)));
    }
    for (name, result) in [("levels", fixture::levels()), ("alone", fixture::alone())] {
        for width in [80, 40] {
            insta::assert_snapshot!(format!("{name}_{width}"), summary(&result, &options(width)));
        }
    }
}

#[test]
fn a_screen_in_ascii() {
    let options = TerminalOptions { ascii: true, ..options(80) };
    insta::assert_snapshot!("gated_ascii", summary(&gated(), &options));
    let mut named = fixture::paired();
    named.candidate.model = "\u{6a21}\u{578b}-\u{e9}".to_owned();
    for result in [fixture::hostile(), fixture::levels(), fixture::unchecked(), named] {
        for width in [40, 60, 80, 100, 120] {
            let text = summary(&result, &TerminalOptions { width, ..options.clone() });
            assert!(text.is_ascii(), "{text}");
            assert!(text.lines().all(|line| line.len() <= width), "{width}: {text}");
        }
    }
}

#[test]
fn no_reason_is_told_twice() {
    let text = summary(&gated(), &options(100));
    assert_eq!(text.matches("no harm shown").count(), 1, "{text}");
    assert_eq!(text.matches("PASS").count(), 2, "{text}");
    let mut result = fixture::paired();
    result.client_health.status = crate::model::health::HealthStatus::Invalid;
    result.client_health.reasons = vec!["a cpu too busy".to_owned()];
    let text = summary(&result, &options(100));
    assert_eq!(text.matches("a cpu too busy").count(), 1, "{text}");
}

#[test]
fn no_line_is_wider_than_the_terminal_and_no_row_is_wrapped() {
    let mut long = fixture::result(300, true);
    long.candidate.model = "hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4".to_owned();
    long.baseline.as_mut().unwrap().model = "meta-llama/Meta-Llama-3.1-8B-Instruct-BF16-original".to_owned();
    let results = [
        gated(),
        fixture::alone(),
        fixture::hostile(),
        fixture::interrupted(),
        fixture::levels(),
        fixture::unchecked(),
        long,
    ];
    for result in &results {
        for width in 30..=130 {
            for line in summary(result, &options(width)).lines() {
                assert!(line.width() <= width.max(40), "at {width}, {} columns: {line}", line.width());
            }
        }
    }
}
