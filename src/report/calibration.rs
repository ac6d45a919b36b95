//! What calibration found, for people.

use super::number::{count, decimal};
use super::table::{Cell, Column, Row, Table, Tone};
use super::terminal::{Screen, TerminalOptions};
use super::text::one_line;
use crate::model::calibration::{Calibration, HighestRate, RateLimit, SMALL_ERROR_MS, Spread, StreamsBound};
use crate::model::trace::StampSource;

/// Below this milliseconds are told to a ten-thousandth: kernel stamps are some microseconds off.
const FINE_MS: f64 = 0.1;

/// A calibration on a terminal.
#[must_use]
pub fn terminal(calibration: &Calibration, options: &TerminalOptions) -> String {
    let mut screen = Screen::new(options);
    screen.title("How far off labctl's own times are on this machine", &where_and_how(calibration));
    screen.table(
        "p50 / p99 in milliseconds against the simulator's ground truth, all streams in step",
        &table(calibration),
    );
    screen.heading("Highest token rate");
    screen.item("", &highest(calibration.highest_rate.as_ref()), Tone::Plain);
    screen.warnings(&warnings(calibration));
    screen.files(&options.files);
    screen.finish()
}

fn where_and_how(calibration: &Calibration) -> String {
    let machine = &calibration.machine;
    let stamps = match calibration.stamps {
        StampSource::Kernel => "the kernel's stamps",
        StampSource::Read => "stamps when a read returns",
    };
    let cores = if machine.cores == 1 { "core" } else { "cores" };
    let parts = [
        machine.cpu.as_deref().map(one_line),
        Some(format!("{} {cores}", machine.cores)),
        Some(format!("transport {}", one_line(&calibration.transport))),
        Some(stamps.to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn table(calibration: &Calibration) -> Table {
    let columns = vec![
        Column::numbers("streams").term("concurrency"),
        Column::numbers("tokens/s").sacrifice(2).term("calibration"),
        Column::numbers("stamp lag").term("calibration"),
        Column::numbers("TTFT error").term("calibration"),
        Column::numbers("ITL error").term("calibration"),
        Column::numbers("exact").sacrifice(1).term("inexact-stamps"),
        Column::numbers("simulator late").sacrifice(3).term("calibration"),
    ];
    let rows = calibration.bounds.iter().map(|bound| {
        let tone = if bound.is_accurate() { Tone::Plain } else { Tone::Warn };
        let error = |spread| both(spread).tone(tone);
        let late = if bound.simulator_fell_behind() { Tone::Warn } else { Tone::Dim };
        Row::new(vec![
            Cell::count(bound.streams.into()),
            Cell::number(bound.tokens_per_s, whole(bound.tokens_per_s)),
            error(bound.stamp_lag),
            error(bound.ttft_error),
            error(bound.itl_error),
            Cell::number(bound.exact_share * 100.0, format!("{:.1} %", bound.exact_share * 100.0)),
            both(bound.simulator_late).tone(late),
        ])
    });
    let notes = vec![
        "stamp lag: from a token's write to labctl's stamp, where one read brought no later token (exact: the share of \
         such tokens); TTFT error: with the request's way to the server; simulator late: its own writes behind their \
         time, which is no error of labctl's"
            .to_owned(),
    ];
    Table { columns, rows: rows.collect(), notes, ..Table::default() }
}

fn highest(rate: Option<&HighestRate>) -> String {
    let Some(rate) = rate else {
        return format!("none: errors of TTFT and ITL were never below {SMALL_ERROR_MS} ms at p99");
    };
    let limit = match rate.limited_by {
        RateLimit::Client => "more was too much for labctl",
        RateLimit::Simulator => "the simulator could not send more, labctl might do more",
        RateLimit::Untried => "what lies higher was not found out in time",
    };
    format!(
        "{} tokens/s with errors of TTFT and ITL below {SMALL_ERROR_MS} ms at p99 ({}, a token every {} ms); {limit}",
        whole(rate.tokens_per_s),
        streams(rate.streams),
        decimal(rate.inter_token_ms)
    )
}

fn warnings(calibration: &Calibration) -> Vec<String> {
    let mut warnings = Vec::new();
    let behind = calibration.bounds.iter().filter(|bound| bound.simulator_fell_behind());
    let behind: Vec<_> = behind.map(|bound| count(bound.streams.into())).collect();
    if !behind.is_empty() {
        warnings.push(format!(
            "at {} streams the simulator itself fell more than a step behind: this machine is too small or too busy for both, and \
             the errors are not labctl's alone",
            behind.join(" and ")
        ));
    }
    let failed: u64 = calibration.bounds.iter().map(|bound| bound.failed).sum();
    if failed > 0 {
        warnings.push(format!("{} requests failed and were left out", count(failed)));
    }
    if calibration.quick {
        warnings.push("quick: too few requests to say much about p99".to_owned());
    }
    warnings
}

/// A bound in words: `at 256 streams stamps within 0.41 ms, TTFT within 0.90 ms, ITL within 0.51 ms of the truth at
/// p99`.
#[must_use]
pub fn bound_words(bound: &StreamsBound) -> String {
    let within = |name: &str, spread: Option<Spread>| {
        spread.map(|spread| format!("{name} within {} ms", fine(spread.p99_ms)))
    };
    let parts =
        [within("stamps", bound.stamp_lag), within("TTFT", bound.ttft_error), within("ITL", bound.itl_error)];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let parts = if parts.is_empty() { "nothing is known".to_owned() } else { parts.join(", ") };
    format!("at {} {parts} of the truth at p99", streams(bound.streams))
}

/// The bound that holds for a load of this many streams, with when it was found.
pub(crate) fn quoted(calibration: &Calibration, streams: u32) -> Option<String> {
    let bound = calibration.bound_for(streams)?;
    let day: String = one_line(&calibration.calibrated_at).chars().take("2026-01-01".len()).collect();
    let quick = if calibration.quick { ", quick" } else { "" };
    Some(format!("{} ({day}{quick})", bound_words(bound)))
}

fn streams(streams: u32) -> String {
    let name = if streams == 1 { "stream" } else { "streams" };
    format!("{} {name}", count(streams.into()))
}

fn both(spread: Option<Spread>) -> Cell {
    spread.map_or_else(
        || super::number::ABSENT.into(),
        |spread| {
            let text = format!("{} / {}", fine(spread.p50_ms), fine(spread.p99_ms));
            Cell::from(text).part("p50", spread.p50_ms).part("p99", spread.p99_ms)
        },
    )
}

fn fine(ms: f64) -> String {
    if ms.abs() < FINE_MS { format!("{ms:.4}") } else { decimal(ms) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
fn whole(rate: f64) -> String {
    count(rate.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{calibration, streams_bound};

    fn shown(calibration: &Calibration, width: usize) -> String {
        terminal(calibration, &TerminalOptions { width, color: false, ..TerminalOptions::default() })
    }

    #[test]
    fn a_calibration_on_a_terminal() {
        insta::assert_snapshot!(shown(&calibration(), 100));
        crate::report::glossary::tests::assert_explained("calibration", &table(&calibration()));
    }

    #[test]
    fn what_went_wrong_is_said() {
        let mut late = streams_bound(1_000);
        (late.failed, late.exact_share) = (3, 0.5);
        late.simulator_late = late.simulator_late.map(|late| Spread { p99_ms: 21.0, ..late });
        late.stamp_lag = None;
        let all = Calibration { quick: true, bounds: vec![late], highest_rate: None, ..calibration() };
        insta::assert_snapshot!(shown(&all, 60));
    }

    #[test]
    fn the_bound_that_holds_is_quoted() {
        let words = |streams| quoted(&calibration(), streams).unwrap();
        let expected = "at 1 stream stamps within 0.400 ms, TTFT within 0.400 ms, ITL within 0.400 ms of the truth at p99 (2026-01-01)";
        assert_eq!(words(1), expected);
        assert!(words(2).starts_with("at 256 streams") && words(9_999).starts_with("at 256 streams"));
        let nothing = Calibration { bounds: Vec::new(), ..calibration() };
        assert_eq!(quoted(&nothing, 1), None);
    }

    #[test]
    fn microseconds_are_not_lost() {
        assert_eq!([0.0053, 0.0999, 0.1, 12.3].map(fine), ["0.0053", "0.0999", "0.100", "12.3"]);
    }
}
