//! Latency and throughput as one table: both sides, their ratio and its interval.

use super::number::{self, or_absent};
use super::objectives;
use super::table::{Cell, Column, Labels, Row, Table, Tone};
use super::text::one_line;
use crate::model::comparison::{Comparison, SpeedRatio};
use crate::model::summary::{Distribution, Percentile, SideSummary, Throughput};

/// A latency's name in results, its name on screen, its term, and where a summary keeps it.
type Latency = (&'static str, &'static str, &'static str, fn(&SideSummary) -> Option<&Distribution>);
/// A rate's name in results, its name on screen, its term, and where a summary keeps it.
type Rate = (&'static str, &'static str, &'static str, fn(&Throughput) -> Option<f64>);

const LATENCIES: [Latency; 7] = [
    ("ttft_ms", "TTFT", "ttft", |s| s.ttft_ms.as_ref()),
    ("tpot_ms", "TPOT", "tpot", |s| s.tpot_ms.as_ref()),
    ("itl_ms", "ITL", "itl", |s| s.itl_ms.as_ref()),
    (MAX_STALL, "max stall", "max-stall", |s| s.max_stall_ms.as_ref()),
    ("e2e_ms", "E2E", "e2e", |s| s.e2e_ms.as_ref()),
    // Of an open loop alone: in a closed one nothing was planned ahead.
    (FROM_SCHEDULE[0], "TTFT from schedule", "ttft-from-schedule", |s| s.ttft_from_schedule_ms.as_ref()),
    (FROM_SCHEDULE[1], "E2E from schedule", "latency-from-schedule", |s| {
        s.latency_from_schedule_ms.as_ref().filter(|_| s.ttft_from_schedule_ms.is_some())
    }),
];
/// Of interest beside another side's; a run alone is told by its ITL.
const MAX_STALL: &str = "max_stall_ms";
const FROM_SCHEDULE: [&str; 2] = ["ttft_from_schedule_ms", "latency_from_schedule_ms"];
const PERCENTILES: [(Percentile, &str); 3] =
    [(Percentile::P50, "p50"), (Percentile::P95, "p95"), (Percentile::P99, "p99")];
const RATES: [Rate; 3] = [
    ("request_throughput_per_s", "requests/s", "request-throughput", |t| Some(t.request_throughput_per_s)),
    ("output_tokens_per_s", "output tokens/s", "output-tokens-per-s", |t| Some(t.output_tokens_per_s)),
    ("correct_answers_per_s", "correct answers/s", "correct-answers-per-s", |t| t.correct_answers_per_s),
];

/// The speed of both sides (`summaries`: baseline first where there is one), or of a stored
/// comparison alone (no summaries).
pub(crate) fn table(comparison: Option<&Comparison>, summaries: &[&SideSummary], labels: &Labels) -> Table {
    let ratios = comparison.map_or(&[][..], |c| &c.speed);
    let sides = labels.columns();
    let mut rows = Vec::new();
    let mut listed: Vec<&SpeedRatio> = Vec::new();
    for (metric, name, term, distribution) in LATENCIES {
        let distributions: Vec<_> = summaries.iter().map(|s| distribution(s)).collect();
        if FROM_SCHEDULE.contains(&metric) && distributions.iter().all(Option::is_none) {
            continue;
        }
        for (percentile, statistic) in PERCENTILES {
            let ratio = find(ratios, metric, statistic);
            if metric == MAX_STALL && ratio.is_none() {
                continue;
            }
            listed.extend(ratio);
            let title = format!("{name} {statistic}, ms");
            let row =
                latency_row(title, &distributions, percentile, ratio, comparison.is_some(), sides.len());
            rows.extend(row.map(|row| row.term(term)));
        }
    }
    for (metric, name, term, rate) in RATES {
        let values: Vec<_> = summaries.iter().map(|s| s.throughput.as_ref().and_then(rate)).collect();
        let ratio = find(ratios, metric, "rate");
        listed.extend(ratio);
        let known =
            ratio.is_some() || values.iter().any(Option::is_some) || metric != "correct_answers_per_s";
        if known {
            let values = values.iter().map(|v| Cell::optional(*v, number::decimal)).collect();
            rows.push(row(name.to_owned(), values, ratio, comparison.is_some(), sides.len()).term(term));
        }
    }
    for ratio in ratios.iter().filter(|ratio| !listed.iter().any(|known| std::ptr::eq(*known, *ratio))) {
        let row = row(metric_name(ratio), Vec::new(), Some(ratio), true, sides.len());
        rows.push(Row { term: term_of(&ratio.metric), ..row });
    }
    let mut columns = vec![Column::words("metric")];
    columns.extend(sides);
    if comparison.is_some() {
        columns.extend([
            Column::numbers("ratio").term("speed-ratio"),
            Column::numbers("95 % interval").sacrifice(1).term("speed-ratio-interval"),
        ]);
    }
    let hides_tails = rows.iter().any(|row| row.minor);
    let mut notes = notes(comparison, summaries, labels, hides_tails);
    notes.extend(mixed(ratios, summaries));
    Table { columns, rows, bar_scale: None, notes }
}

/// What a ratio's interval shows; nothing where the ratio is written as 1.
pub(crate) fn tone(ratio: &SpeedRatio) -> Tone {
    if ratio.ratio.is_some_and(|ratio| (ratio - 1.0).abs() < 0.005) {
        return Tone::Plain;
    }
    match ratio.interval_95 {
        Some(i) if i.low > 1.0 && ratio.higher_is_better || i.high < 1.0 && !ratio.higher_is_better => {
            Tone::Good
        }
        Some(i) if !i.contains(1.0) => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// One metric's ratio.
pub(crate) fn find<'a>(ratios: &'a [SpeedRatio], metric: &str, statistic: &str) -> Option<&'a SpeedRatio> {
    ratios.iter().find(|r| r.metric == metric && r.statistic == statistic)
}

fn latency_row(
    title: String,
    distributions: &[Option<&Distribution>],
    percentile: Percentile,
    ratio: Option<&SpeedRatio>,
    compared: bool,
    sides: usize,
) -> Option<Row> {
    let tail = percentile != Percentile::P50;
    if distributions.iter().all(Option::is_none) && (tail || distributions.is_empty()) && ratio.is_none() {
        return None;
    }
    let trusted = |d: Option<&Distribution>| d.is_some_and(|d| d.is_trusted(percentile));
    let cells = distributions
        .iter()
        .map(|d| match d {
            None => Cell::from(number::ABSENT),
            Some(d) => {
                let value = d.value(percentile);
                let text = number::decimal(value);
                if d.is_trusted(percentile) {
                    Cell::number(value, text)
                } else {
                    Cell::number(value, format!("{text} (n too small)")).untrusted()
                }
            }
        })
        .collect();
    let minor = tail && ratio.is_none() && !distributions.iter().copied().all(trusted);
    Some(Row { minor, ..row(title, cells, ratio, compared, sides) })
}

/// A metric's row. The values beside a ratio are the ones it was made of.
fn row(title: String, values: Vec<Cell>, ratio: Option<&SpeedRatio>, compared: bool, sides: usize) -> Row {
    let mut cells = vec![Cell::from(title)];
    match ratio {
        Some(r) if sides == 2 && (r.ratio.is_some() || values.is_empty()) => {
            cells.extend([r.baseline, r.candidate].map(|v| Cell::optional(v, number::decimal)));
        }
        _ => cells.extend(values),
    }
    cells.resize(1 + sides, Cell::from(number::ABSENT));
    if compared {
        let tone = ratio.map_or(Tone::Plain, tone);
        // A statistic nobody compared (ITL, a tail) is a gap in the table, not an absent value.
        let value = ratio.map_or_else(|| "–".into(), |r| Cell::optional(r.ratio, number::ratio));
        let interval =
            ratio.map_or_else(|| "–".into(), |r| Cell::interval(r.interval_95, number::ratio_interval));
        cells.extend([value, interval].map(|cell: Cell| cell.tone(tone)));
    }
    Row::new(cells)
}

fn notes(
    comparison: Option<&Comparison>,
    summaries: &[&SideSummary],
    labels: &Labels,
    hides_tails: bool,
) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    let mut add = |note: String| {
        if !notes.contains(&note) {
            notes.push(note);
        }
    };
    let names: Vec<&str> = labels.baseline.iter().chain([&labels.candidate]).map(String::as_str).collect();
    for (metrics, reason) in absent(comparison) {
        // The sides say it themselves, below.
        let said =
            |s: &&SideSummary| s.throughput_absent_because.as_deref().is_some_and(|r| reason.contains(r));
        if summaries.iter().any(said) {
            continue;
        }
        add(format!("{}: {reason}", metrics.join(", ")));
    }
    let reasons = |s: &SideSummary| {
        s.throughput_absent_because.as_deref().map(|r| format!("throughput n/a, {}", one_line(r)))
    };
    let inexact = |s: &SideSummary| {
        let gaps = number::counted(s.itl_inexact, "gap", "gaps");
        (s.itl_inexact > 0).then(|| format!("ITL without {gaps} between inexact stamps"))
    };
    let chunks = |s: &SideSummary| {
        let tokens = s.tokens_per_chunk.filter(|t| (t - 1.0).abs() > 0.01)?;
        Some(format!("ITL per chunk, of {} tokens on average", number::decimal(tokens)))
    };
    let single = |s: &SideSummary| {
        let responses = number::counted(s.single_token_responses, "response", "responses");
        (s.single_token_responses > 0).then(|| format!("TPOT without {responses} of a single token"))
    };
    let told =
        |remark: fn(&SideSummary) -> Option<String>| summaries.iter().map(|s| remark(s)).collect::<Vec<_>>();
    for told in [told(reasons), told(inexact), told(chunks), told(single)] {
        if let [Some(first), Some(second)] = told.as_slice()
            && first == second
        {
            add(format!("Both sides: {first}"));
            continue;
        }
        for (text, name) in told.into_iter().zip(&names) {
            if let Some(text) = text {
                add(format!("{name}: {text}"));
            }
        }
    }
    for (summary, name) in summaries.iter().zip(&names) {
        for (_, said) in objectives::waits(summary) {
            add(format!("{name}: {said}"));
        }
    }
    if let Some(comparison) = comparison {
        let of = |ratio| or_absent(ratio, number::ratio);
        let (output, prompt) = (of(comparison.output_token_ratio), of(comparison.prompt_token_ratio));
        add(format!("Tokens, candidate ÷ baseline: output {output}, prompt {prompt}"));
    }
    let methods: Vec<&str> =
        comparison.map_or(&[][..], |c| &c.speed).iter().filter_map(|r| r.method.as_deref()).collect();
    if let Some(first) = methods.first().filter(|first| methods.iter().all(|m| m == *first)) {
        add(format!("Intervals: {}", one_line(first)));
    }
    if hides_tails {
        add(format!(
            "p95 is trusted from {} values on, p99 from {}",
            Percentile::P95.smallest_sample(),
            Percentile::P99.smallest_sample()
        ));
    }
    notes
}

/// That values beside a ratio are over the pairs and the others over all requests of a side, with a latency of each;
/// of one latency where both kinds of its percentiles are shown.
fn mixed(ratios: &[SpeedRatio], summaries: &[&SideSummary]) -> Option<String> {
    if summaries.len() != 2 {
        return None;
    }
    let has = |metric: &str, statistic: &str| {
        find(ratios, metric, statistic).is_some_and(|ratio| ratio.ratio.is_some())
    };
    let statistics = |compared: bool| {
        LATENCIES.iter().filter(|(metric, ..)| *metric != MAX_STALL).flat_map(move |(metric, name, _, of)| {
            PERCENTILES
                .iter()
                .filter(move |(percentile, statistic)| {
                    let trusted =
                        summaries.iter().all(|side| of(side).is_some_and(|d| d.is_trusted(*percentile)));
                    has(metric, statistic) == compared && (compared || trusted)
                })
                .map(move |(_, statistic)| (*name, *statistic))
        })
    };
    let of_one = statistics(false)
        .find_map(|without| Some((statistics(true).find(|beside| beside.0 == without.0)?, without)));
    let (beside, without) = of_one.or_else(|| Some((statistics(true).next()?, statistics(false).next()?)))?;
    Some(format!(
        "Values beside a ratio ({} {}) are over the pairs, those without one ({} {}) over all requests",
        beside.0, beside.1, without.0, without.1
    ))
}

/// Why ratios are absent: each reason once, with the metrics it holds for.
fn absent(comparison: Option<&Comparison>) -> Vec<(Vec<String>, String)> {
    let mut found: Vec<(Vec<String>, String)> = Vec::new();
    for ratio in comparison.map_or(&[][..], |c| &c.speed) {
        let Some(reason) = ratio.absent_because.as_deref().map(one_line) else { continue };
        let metric = metric_name(ratio);
        match found.iter_mut().find(|(_, known)| *known == reason) {
            Some((metrics, _)) => metrics.push(metric),
            None => found.push((vec![metric], reason)),
        }
    }
    found
}

/// The glossary's term for a metric of results.
pub(crate) fn term_of(metric: &str) -> Option<&'static str> {
    let latency = LATENCIES.iter().find(|(known, ..)| *known == metric).map(|(_, _, term, _)| *term);
    let rate = || RATES.iter().find(|(known, ..)| *known == metric).map(|(_, _, term, _)| *term);
    latency.or_else(rate).or_else(|| (metric == "goodput_per_s").then_some("goodput"))
}

/// What a ratio is about, in words.
pub(crate) fn metric_name(ratio: &SpeedRatio) -> String {
    name_of(&ratio.metric, &ratio.statistic)
}

/// A metric's statistic in words.
pub(crate) fn name_of(metric: &str, statistic: &str) -> String {
    let latency = LATENCIES.iter().find(|(known, ..)| *known == metric);
    let rate = RATES.iter().find(|(known, ..)| *known == metric);
    match (latency, rate, metric) {
        (Some((_, name, ..)), ..) => format!("{name} {}", one_line(statistic)),
        (_, Some((_, name, ..)), _) => (*name).to_owned(),
        (.., "goodput_per_s") => "goodput, requests/s".to_owned(),
        _ => format!("{} {}", one_line(metric), one_line(statistic)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_one_latency_over_different_requests_are_told_apart() {
        let mut result = crate::report::fixture::paired();
        let ratios = &mut result.comparison.as_mut().unwrap().speed;
        let one = find(ratios, "ttft_ms", "p50").unwrap().clone();
        let named = |metric: &str, statistic: &str| SpeedRatio {
            metric: metric.to_owned(),
            statistic: statistic.to_owned(),
            ..one.clone()
        };
        *ratios = vec![named("ttft_ms", "p50"), named("ttft_ms", "p95"), named("tpot_ms", "p50")];
        let note = |n: u64| {
            let mut sides =
                [result.baseline.as_ref().unwrap(), &result.candidate].map(|side| side.summary.clone());
            for side in &mut sides {
                for of in [&mut side.ttft_ms, &mut side.tpot_ms].into_iter().flatten() {
                    of.n = n;
                }
                (side.itl_ms, side.e2e_ms) = (None, None);
            }
            mixed(&result.comparison.as_ref().unwrap().speed, &[&sides[0], &sides[1]])
        };
        assert_eq!(
            note(130).as_deref(),
            Some(
                "Values beside a ratio (TPOT p50) are over the pairs, those without one (TPOT p95) over all requests"
            )
        );
        // A tail of too few is left out of most tables.
        assert_eq!(note(129), None);
    }

    #[test]
    fn a_percentile_of_too_few_is_marked_and_can_be_left_out() {
        let mut d = Distribution {
            n: 129,
            mean: 1.0,
            standard_deviation: 0.0,
            min: 1.0,
            p50: 1.0,
            p90: 1.0,
            p95: 1.0,
            p99: 1.0,
            p99_9: 1.0,
            max: 1.0,
        };
        let row = |d: &Distribution| {
            latency_row(String::new(), &[Some(d)], Percentile::P95, None, false, 1).unwrap()
        };
        assert_eq!(row(&d).cells[1], Cell::number(1.0, "1.00 (n too small)").untrusted());
        assert!(row(&d).minor);
        d.n = 130;
        assert_eq!(row(&d).cells[1], Cell::number(1.0, "1.00"));
        assert!(!row(&d).minor);
    }
}
