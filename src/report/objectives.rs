//! Objectives and how they came out, groups of requests, and what happened to requests beside being answered.

use super::levels;
use super::number::{self, ABSENT, count, counted, decimal, or_absent};
use super::table::{Cell, Column, Labels, Row, Table, Tone, real};
use super::text::{fit_middle, one_line};
use super::verdict::Finding;
use crate::model::result::{RunResult, SideInfo};
use crate::model::slo::{Bound, Goodput, Slo, SloMetric, SloOutcome};
use crate::model::summary::{Distribution, GroupKey, GroupSummary, Percentile, SideSummary};

/// The longest name of a model in the table of groups, in columns.
const NAME: usize = 60;

/// Every objective with its value on each side, then how many requests met all that are about requests; empty
/// without objectives.
pub(crate) fn table(sides: &[&SideInfo], labels: &Labels) -> Table {
    let Some(longest) = sides.iter().max_by_key(|side| side.slos.len()).filter(|s| !s.slos.is_empty()) else {
        return Table::default();
    };
    let mut columns = vec![Column::words("objective").term("objective")];
    columns.extend(labels.columns());
    let mut rows: Vec<Row> = longest
        .slos
        .iter()
        .map(|objective| {
            let of = |side: &&SideInfo| {
                side.slos.iter().find(|o| o.slo == objective.slo).map_or(ABSENT.into(), outcome)
            };
            let cells = std::iter::once(Cell::from(objective.slo.to_string())).chain(sides.iter().map(of));
            Row::new(cells.collect()).term(term(objective.slo.metric))
        })
        .collect();
    let goodput = |name: &str, term: &'static str, of: &dyn Fn(&Goodput) -> Cell| {
        let written =
            sides.iter().map(|side| side.summary.goodput.as_ref().map_or_else(|| ABSENT.into(), of));
        Row::new(std::iter::once(Cell::from(name)).chain(written).collect()).term(term)
    };
    if sides.iter().any(|side| side.summary.goodput.is_some()) {
        rows.push(goodput("requests in time", "attainment", &|g| {
            let share = number::percent(g.attainment);
            let text = format!("{}/{}  {share}", count(g.met), count(g.attempted));
            let cell = Cell::number(100.0 * g.attainment, text);
            cell.part("met", real(g.met)).part("of", real(g.attempted))
        }));
        rows.push(goodput("95 % interval, %", "wilson", &|g| {
            Cell::percent_interval(Some(g.attainment_interval_95))
        }));
        if sides.iter().any(|side| side.summary.goodput.as_ref().is_some_and(|g| g.met_and_passed.is_some()))
        {
            rows.push(goodput("in time and passed", "goodput", &|g| {
                g.met_and_passed.map_or_else(|| ABSENT.into(), Cell::count)
            }));
            rows.push(goodput("goodput without checks, requests/s", "goodput", &|g| {
                Cell::optional(g.goodput_without_checks_per_s, decimal)
            }));
        }
        rows.push(goodput("goodput, requests/s", "goodput", &|g| Cell::optional(g.goodput_per_s, decimal)));
    }
    Table { columns, rows, bar_scale: None, notes: notes(sides, labels) }
}

fn notes(sides: &[&SideInfo], labels: &Labels) -> Vec<String> {
    let mut notes =
        vec!["In time: succeeded, and met the bound of every latency objective by itself".to_owned()];
    if sides.iter().any(|side| side.summary.ttft_from_schedule_ms.is_some()) {
        notes
            .push("TTFT and E2E of objectives count from the moment each request was planned for".to_owned());
    }
    let names = labels.baseline.iter().chain([&labels.candidate]);
    for (side, name) in sides.iter().zip(names) {
        for outcome in &side.slos {
            if let Some(reason) = &outcome.reason {
                notes.push(format!("{name}, {}: {}", outcome.slo, one_line(reason)));
            }
        }
        if let Some(g) = side.summary.goodput.as_ref().filter(|g| g.single_token_responses > 0)
            && side.slos.iter().any(|outcome| outcome.slo.metric == SloMetric::TpotMs)
        {
            let responses = counted(g.single_token_responses, "response", "responses");
            notes.push(format!("{name}: any bound on TPOT is met by {responses} of a single token"));
        }
    }
    notes
}

fn outcome(outcome: &SloOutcome) -> Cell {
    let value = measured(outcome.slo.metric, outcome.value);
    let (word, tone) = if outcome.met { ("met", Tone::Good) } else { ("missed", Tone::Bad) };
    let (tone, caveat) = match (outcome.trusted, outcome.met) {
        (true, _) => (tone, ""),
        (false, true) => (Tone::Dim, " (n too small)"),
        (false, false) => (Tone::Warn, " (n too small)"),
    };
    let text = format!("{value}  {word}{caveat}");
    let scale = if is_share(outcome.slo.metric) { 100.0 } else { 1.0 };
    match outcome.value {
        Some(value) => Cell::number(scale * value, text),
        None => text.into(),
    }
    .tone(tone)
}

/// Whether a metric is a share of 0 to 1, which is written in percent.
const fn is_share(metric: SloMetric) -> bool {
    matches!(metric, SloMetric::PassRate | SloMetric::ErrorRate)
}

/// The glossary's term for a metric of objectives.
pub(crate) const fn term(metric: SloMetric) -> &'static str {
    match metric {
        SloMetric::TtftMs => "ttft",
        SloMetric::TpotMs => "tpot",
        SloMetric::MaxStallMs => "max-stall",
        SloMetric::E2eMs => "e2e",
        SloMetric::LatencyFromScheduleMs => "latency-from-schedule",
        SloMetric::PassRate => "pass-rate",
        SloMetric::ErrorRate => "error-rate",
        SloMetric::RequestThroughputPerS => "request-throughput",
        SloMetric::OutputTokensPerS => "output-tokens-per-s",
    }
}

/// A value of a metric with its unit.
pub(crate) fn measured(metric: SloMetric, value: Option<f64>) -> String {
    or_absent(value, |value| match metric {
        SloMetric::PassRate | SloMetric::ErrorRate => number::percent(value),
        SloMetric::RequestThroughputPerS | SloMetric::OutputTokensPerS => format!("{}/s", decimal(value)),
        _ => format!("{} ms", decimal(value)),
    })
}

/// What an objective asks, in words: `TTFT p95 ≤ 200 ms`.
pub(crate) fn asked(slo: &Slo) -> String {
    let sign = match slo.bound {
        Bound::AtMost => "\u{2264}",
        Bound::AtLeast => "\u{2265}",
    };
    format!("{} {sign} {}", levels::short(slo), bound_of(slo))
}

/// The bound with its unit, as it was chosen.
pub(crate) fn bound_of(slo: &Slo) -> String {
    match slo.metric {
        SloMetric::PassRate | SloMetric::ErrorRate => format!("{} %", number::plain(slo.value * 100.0)),
        SloMetric::RequestThroughputPerS | SloMetric::OutputTokensPerS => number::plain(slo.value),
        _ => format!("{} ms", number::plain(slo.value)),
    }
}

/// Whether one load met its objectives, in a sentence; `None` without objectives.
pub(crate) fn finding(side: &SideInfo) -> Option<Finding> {
    if side.slos.is_empty() {
        return None;
    }
    let missed: Vec<String> = side
        .slos
        .iter()
        .filter(|outcome| !outcome.met)
        .map(|o| format!("{} ({})", o.slo, measured(o.slo.metric, o.value)))
        .collect();
    let (mut text, tone) = if missed.is_empty() {
        let all = side.slos.iter().map(|o| o.slo.to_string()).collect::<Vec<_>>().join(", ");
        (format!("met: {all}"), Tone::Good)
    } else {
        (format!("missed {}", missed.join(" and ")), Tone::Bad)
    };
    if let Some(g) = &side.summary.goodput {
        text = format!(
            "{text}; {} of the requests in time {} (95 %)",
            number::percent(g.attainment),
            number::percent_interval(g.attainment_interval_95)
        );
        if let Some(per_s) = g.goodput_per_s {
            text = format!("{text}, goodput {} requests/s", decimal(per_s));
        }
    }
    Some(Finding { topic: "Objectives", tone, text })
}

/// What [`groups`] shows.
pub(crate) fn groups_title(result: &RunResult) -> &'static str {
    let sides = result.baseline.iter().chain([&result.candidate]);
    let mut keys = sides.flat_map(|side| &side.summary.groups).map(|group| &group.key);
    let turns = keys.clone().any(|key| matches!(key, GroupKey::Turn { .. }));
    match (turns, keys.any(|key| matches!(key, GroupKey::Model { .. }))) {
        (true, false) => "Requests by turn",
        (false, true) => "Requests by model",
        _ => "Requests by turn and model",
    }
}

/// The requests by turn and by model, baseline first; empty where there are no groups.
pub(crate) fn groups(result: &RunResult) -> Table {
    let sides = [("baseline", result.baseline.as_ref()), ("candidate", Some(&result.candidate))];
    let compared = result.baseline.is_some();
    let mut columns = vec![Column::words("requests")];
    columns.extend(compared.then(|| Column::words("side")));
    columns.extend([
        Column::numbers("sent").term("attempted"),
        Column::numbers("failed").sacrifice(2).term("error-rate"),
        Column::numbers("tokens in").hint("a request").sacrifice(4).term("prompt-tokens"),
        Column::numbers("tokens out").hint("a request").sacrifice(3).term("output-tokens"),
        Column::numbers("TTFT p50").hint("ms").term("ttft"),
        Column::numbers("TTFT p95").hint("ms").sacrifice(1).term("ttft"),
        Column::numbers("TPOT p50").hint("ms").term("tpot"),
        Column::numbers("E2E p50").hint("ms").term("e2e"),
    ]);
    let mut groups: Vec<(&GroupKey, &str, &GroupSummary)> = sides
        .into_iter()
        .filter_map(|(name, side)| Some((name, side?)))
        .flat_map(|(name, side)| side.summary.groups.iter().map(move |group| (&group.key, name, group)))
        .collect();
    groups.sort_by_key(|(key, ..)| *key);
    let rows: Vec<Row> = groups
        .into_iter()
        .map(|(key, side, group)| {
            let mean =
                |tokens: u64| Cell::optional(crate::model::units::ratio(tokens, group.succeeded), decimal);
            let at = |of: Option<&Distribution>, at| match of {
                None => Cell::from(ABSENT),
                Some(d) if d.is_trusted(at) => Cell::number(d.value(at), decimal(d.value(at))),
                Some(d) => Cell::number(d.value(at), format!("{}*", decimal(d.value(at)))).untrusted(),
            };
            let mut cells = vec![Cell::from(name(key))];
            cells.extend(compared.then(|| Cell::from(side)));
            cells.extend([
                Cell::count(group.attempted),
                Cell::count(group.attempted - group.succeeded.min(group.attempted)),
                mean(group.prompt_tokens),
                mean(group.output_tokens),
                at(group.ttft_ms.as_ref(), Percentile::P50),
                at(group.ttft_ms.as_ref(), Percentile::P95),
                at(group.tpot_ms.as_ref(), Percentile::P50),
                at(group.e2e_ms.as_ref(), Percentile::P50),
            ]);
            Row::new(cells)
        })
        .collect();
    let mut table = Table { columns, rows, bar_scale: None, notes: vec!["Latencies in ms".to_owned()] };
    if table.is_untrusted() {
        let least = Percentile::P95.smallest_sample();
        table.notes.push(format!("* p95 of fewer than {least} requests: not to be relied on"));
    }
    table
}

fn name(key: &GroupKey) -> String {
    match key {
        GroupKey::Turn { turn } => format!("turn {}", u64::from(*turn) + 1),
        GroupKey::Model { model } => fit_middle(&one_line(model), NAME),
    }
}

/// What happened to a side's requests before they were answered: a term and a sentence each.
pub(crate) fn waits(summary: &SideSummary) -> Vec<(&'static str, String)> {
    let spread = |d: &Distribution| {
        format!("p50 {} ms, p95 {} ms, longest {} ms", decimal(d.p50), decimal(d.p95), decimal(d.max))
    };
    let mut said = Vec::new();
    if let Some(queued) = &summary.queued_ms {
        said.push(("queued", format!("waited for the cap on requests in flight: {}", spread(queued))));
    }
    if let Some(retries) = &summary.retries {
        let delay =
            retries.delay_ms.as_ref().map_or_else(String::new, |d| format!("; delayed by {}", spread(d)));
        let text = format!(
            "{} sent again, {} in all, of which {} succeeded in the end{delay}",
            counted(retries.requests, "request was", "requests were"),
            counted(retries.tries, "time", "times"),
            count(retries.succeeded)
        );
        said.push(("retries", text));
    }
    if let Some(cached) = summary.cached_tokens.filter(|cached| *cached > 0) {
        let share = crate::model::units::ratio(cached, summary.prompt_tokens)
            .map_or_else(String::new, |share| format!(" ({})", number::percent(share)));
        said.push((
            "cached-tokens",
            format!("a prefix cache answered {} prompt tokens{share}", count(cached)),
        ));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn an_objective_that_was_missed_is_told_with_its_value() {
        let mut result = fixture::unchecked();
        assert!(finding(&result.candidate).unwrap().text.starts_with("met: ttft_p95_ms<=600, "));
        let outcome = &mut result.candidate.slos[0];
        (outcome.met, outcome.value) = (false, Some(612.0));
        let finding = finding(&result.candidate).unwrap();
        assert!(finding.text.starts_with("missed ttft_p95_ms<=600 (612 ms); "), "{}", finding.text);
        assert_eq!(finding.tone, Tone::Bad);
        assert!(super::finding(&fixture::alone().candidate).is_none());
    }
}
