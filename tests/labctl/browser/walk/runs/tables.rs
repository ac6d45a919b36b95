//! What the cells of tables of several runs are to say, and which of several models is best.

use super::super::headlines::Headline;
use super::super::number::{Held, compare, has_digit};
use super::super::rules::{self, FEWEST, Says, number};
use super::super::table::{Cell, Table};
use super::{Percentiles, Run, Runs};

/// What is wrong with a table's cells.
pub(super) fn check(runs: &Runs, table: &Table) -> Vec<String> {
    let has = |name: &str| table.columns.iter().any(|column| column == name);
    let first = table.columns.first().map_or("", String::as_str);
    let own: fn(&Runs, &Cell<'_>) -> Option<Says> = match first {
        "run" if has("passed") => points,
        "run" => by_category,
        "model" => models,
        "metric" if has("winner") => standings,
        "category" if !has("Δ pp") => categories,
        _ => return last_beside_first(runs, table),
    };
    let mut wrong = rules::check_by(table, |cell| own(runs, cell));
    wrong.extend(has_all(runs, table, first));
    wrong
}

/// No run, model or category is left out.
fn has_all(runs: &Runs, table: &Table, first: &str) -> Option<String> {
    let wanted = match first {
        "category" => runs.categories().len(),
        "metric" => 0,
        _ => runs.runs.len(),
    };
    let rows = table.rows.len();
    (rows < wanted).then(|| format!("`{}` has {rows} rows, not {wanted}", table.title))
}

/// The tables of a comparison, whose sides go by their runs.
fn last_beside_first(runs: &Runs, table: &Table) -> Vec<String> {
    let Some(joint) = &runs.joint else {
        return vec![format!("`{}`: no rule knows this table", table.title)];
    };
    let ends = [(&runs.runs[0], "baseline"), (&runs.runs[runs.runs.len() - 1], "candidate")];
    let named = |column: &String| {
        let side = column.strip_prefix("run ").and_then(|short| {
            let run = runs.by_short(short)?;
            ends.iter().find(|(end, _)| std::ptr::eq(*end, run)).map(|(_, side)| (*side).to_owned())
        });
        side.unwrap_or_else(|| column.clone())
    };
    let renamed = Table { columns: table.columns.iter().map(named).collect(), ..table.clone() };
    rules::check(joint, &renamed)
}

#[expect(clippy::unnecessary_wraps, reason = "rules say what they hold, or that they hold nothing")]
fn one(held: Option<Held>) -> Option<Says> {
    Some(Says::Numbers(vec![held]))
}

/// One of a run's own numbers by the name of its column.
fn figure(run: &Run, cell: &Cell<'_>) -> Option<Says> {
    let rate = run.rate(None);
    if let Some((metric, percentile)) = latency_of(cell.column) {
        return at(run.latency(metric, None), percentile, cell);
    }
    match cell.column {
        "passed" => Some(passed(run, None)),
        "95 % interval, %" => Some(Says::Numbers(
            [rate.map(|rate| rate.limits.0), rate.map(|rate| rate.limits.1)]
                .map(|end| end.map(Held::share))
                .to_vec(),
        )),
        "requests/s" => one(run.throughput("request_throughput_per_s").map(Held::Rounded)),
        "tokens/s" => one(run.throughput("output_tokens_per_s").map(Held::Rounded)),
        "errors" => one(run.error_rate().map(Held::share)),
        _ => None,
    }
}

/// A latency and its percentile by the name of a column or row.
fn latency_of(name: &str) -> Option<(&'static str, &str)> {
    let (name, percentile) = name.strip_suffix(", ms")?.rsplit_once(' ')?;
    let metric = match name {
        "TTFT" => "ttft_ms",
        "TPOT" => "tpot_ms",
        "E2E" => "e2e_ms",
        _ => return None,
    };
    Some((metric, percentile))
}

/// A percentile; of too few values it is marked.
fn at(of: Option<Percentiles>, percentile: &str, cell: &Cell<'_>) -> Option<Says> {
    let is_few = percentile == "p95" && of.is_some_and(|of| super::drawn::real(of.n) < FEWEST[0].1);
    if is_few != cell.text.ends_with('*') {
        return Some(Says::Text(vec![format!("{of:?}, marked where they are too few")]));
    }
    one(of.map(|of| Held::Rounded(if percentile == "p95" { of.p95 } else { of.p50 })))
}

fn passed(run: &Run, category: Option<&str>) -> Says {
    let rate = run.rate(category);
    let exact = |n: usize| Held::Exact(super::drawn::real(n));
    Says::Numbers(vec![
        rate.map(|rate| exact(rate.passed)),
        rate.map(|rate| exact(rate.judged)),
        rate.map(|rate| Held::share(rate.share)),
    ])
}

/// A line a run.
fn points(runs: &Runs, cell: &Cell<'_>) -> Option<Says> {
    let at =
        runs.runs.iter().position(|run| runs.by_short(cell.row).is_some_and(|of| std::ptr::eq(of, run)))?;
    let run = &runs.runs[at];
    match cell.column {
        "run" => Some(Says::Label),
        "began (UTC)" => Some(Says::Text(vec![run.began()])),
        "model" => Some(Says::Text(vec![run.model().to_owned()])),
        "changed" => {
            let before = at.checked_sub(1).map(|before| &runs.runs[before]);
            let mut parts: Vec<String> = before.map_or_else(Vec::new, |before| {
                run.changed(before).into_iter().map(|(what, _)| what.to_owned()).collect()
            });
            parts.extend(match run.result["client_health"]["status"].as_str()? {
                "degraded" => Some("(client degraded)".to_owned()),
                "invalid" => Some("(client not valid)".to_owned()),
                _ => None,
            });
            Some(Says::Text(vec![if parts.is_empty() { "–".to_owned() } else { parts.join(", ") }]))
        }
        column if column.starts_with("Δ pp") => {
            let limits = |end: &str| number(&run.result, &format!("comparison/overall/interval_95_pp/{end}"));
            let held = [run.delta_pp(), limits("low"), limits("high")];
            Some(Says::Numbers(held.map(|of| of.map(Held::Rounded)).to_vec()))
        }
        _ => figure(run, cell),
    }
}

/// A line a run and a column a category.
fn by_category(runs: &Runs, cell: &Cell<'_>) -> Option<Says> {
    let run = runs.by_short(cell.row)?;
    match cell.column {
        "run" => Some(Says::Label),
        "model" => Some(Says::Text(vec![run.model().to_owned()])),
        category if !runs.categories().contains(category) => None,
        category if cell.title.starts_with("E2E p50") => {
            at(run.latency("e2e_ms", Some(category)), "p50", cell)
        }
        category => one(run.rate(Some(category)).map(|rate| Held::share(rate.share))),
    }
}

/// A line a model.
fn models(runs: &Runs, cell: &Cell<'_>) -> Option<Says> {
    let run = runs.by_model(cell.row)?;
    if cell.at == 0 { Some(Says::Label) } else { figure(run, cell) }
}

/// A line a category: of each model its rate, then its E2E.
fn categories(runs: &Runs, cell: &Cell<'_>) -> Option<Says> {
    if cell.at == 0 {
        return Some(Says::Label);
    }
    if let Some(model) = cell.column.strip_suffix("passed") {
        return Some(passed(runs.by_model(model.trim())?, Some(cell.row)));
    }
    let run = runs.by_model(cell.column.strip_suffix("E2E p50, ms")?.trim())?;
    at(run.latency("e2e_ms", Some(cell.row)), "p50", cell)
}

/// A model's value of a metric that models are ranked by, and whether more is better; none where it may not be told.
fn standing(run: &Run, row: &str) -> Option<(Option<Held>, bool)> {
    if let Some(category) = row.strip_prefix("pass rate ") {
        let rate = run.rate((category != "overall").then_some(category));
        return Some((rate.map(|rate| Held::share(rate.share)), true));
    }
    if let Some((metric, percentile)) = latency_of(row) {
        let of = run
            .latency(metric, None)
            .filter(|of| percentile != "p95" || super::drawn::real(of.n) >= FEWEST[0].1);
        return Some((of.map(|of| Held::Rounded(if percentile == "p95" { of.p95 } else { of.p50 })), false));
    }
    let rate = match row {
        "output tokens/s" => "output_tokens_per_s",
        "correct answers/s" => "correct_answers_per_s",
        _ => return None,
    };
    Some((run.throughput(rate).map(Held::Rounded), true))
}

/// The best value of a metric, with the models that have it.
fn best<'a>(runs: &'a Runs, row: &str) -> Option<(Held, Vec<&'a str>)> {
    let mut found: Option<(Held, Vec<&str>)> = None;
    for run in &runs.runs {
        let (Some(held), more) = standing(run, row)? else { continue };
        let is_tie = found.as_ref().is_some_and(|(best, _)| (best.value() - held.value()).abs() < 1e-12);
        let is_better =
            found.as_ref().is_none_or(|(best, _)| (held.value() > best.value()) == more && !is_tie);
        match &mut found {
            Some((_, models)) if is_tie => models.push(run.model()),
            _ if is_better => found = Some((held, vec![run.model()])),
            _ => {}
        }
    }
    found
}

/// A line a metric and a column a model, with who has won.
fn standings(runs: &Runs, cell: &Cell<'_>) -> Option<Says> {
    match cell.column {
        "metric" => Some(Says::Label),
        "winner" => {
            let (_, models) = best(runs, cell.row)?;
            let (open, first) = match cell.text.strip_prefix("not settled") {
                Some("") => return Some(Says::Label),
                Some(names) => (true, names.trim_start_matches(": ").split(", ").collect::<Vec<_>>()),
                None => (false, vec![cell.text]),
            };
            // Who wins is alone at the top; what is not settled is so with the best.
            let is_known = first.iter().all(|name| runs.by_model(name).is_some());
            let holds_best =
                if open { first.iter().any(|name| models.contains(name)) } else { models == first };
            if is_known && holds_best {
                Some(Says::Label)
            } else {
                Some(Says::Text(vec![format!("best: {models:?}")]))
            }
        }
        model => one(standing(runs.by_model(model)?, cell.row)?.0),
    }
}

/// What is wrong with a number in large print: it is the best of all models', and says whose.
pub(super) fn check_best(runs: &Runs, headline: &Headline) -> Vec<String> {
    let Headline { label, value, below } = headline;
    let row = match label.as_str() {
        "Pass rate" => "pass rate overall".to_owned(),
        "output tokens/s" => label.clone(),
        latency => format!("{latency}, ms"),
    };
    let told = |what: String| vec![format!("headline `{label}`, `{value}`, {below:?}: {what}")];
    let Some((held, models)) = best(runs, &row) else { return told("no rule knows this number".to_owned()) };
    if let Some(wrong) = compare(value.trim_end_matches("ms").trim_end_matches('%').trim(), &[Some(held)]) {
        return told(wrong);
    }
    let named = below.iter().any(|text| models.iter().any(|model| text.starts_with(&format!("{model}: "))));
    let strange = below.iter().any(|text| text.split_once(": ").is_none_or(|(_, rest)| has_digit(rest)));
    if named && !strange { Vec::new() } else { told(format!("the best are {models:?}")) }
}
