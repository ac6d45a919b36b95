//! What the cells of each table are to say, by the result file alone. A table is known by its columns.

use serde_json::Value;

use super::number::{Held, Written, among, compare, has_digit, numbers};
use super::table::{Cell, Table};

/// Percentiles of fewer values are marked: fewer than these leave no room for a 95 % interval of order statistics
/// that ends below the largest value.
pub(super) const FEWEST: [(&str, f64); 2] = [("p95", 130.0), ("p99", 662.0)];

/// What a cell is to say.
pub(super) enum Says {
    /// These numbers in this order; absent ones leave nothing.
    Numbers(Vec<Option<Held>>),
    /// Numbers of these alone.
    Among(Vec<Held>),
    /// One of these texts.
    Text(Vec<String>),
    /// A label whose digits are no measurement.
    Label,
}

/// What is wrong with a table's cells.
pub(super) fn check(result: &Value, table: &Table) -> Vec<String> {
    check_by(table, |cell| says(result, table, cell))
}

/// The same by rules of another kind.
pub(super) fn check_by(table: &Table, says: impl Fn(&Cell<'_>) -> Option<Says>) -> Vec<String> {
    let of = |cell: &Cell<'_>| {
        // The last column may be a drawing under its scale.
        let is_drawing = cell.text.is_empty() && cell.column.contains(" to ");
        if is_drawing { Some(Says::Label) } else { says(cell) }
    };
    let mut wrong: Vec<String> = table.cells().filter_map(|cell| wrong(&cell, of(&cell))).collect();
    wrong.extend(bars(table));
    wrong
}

/// An interval that is drawn is the one that is printed.
fn bars(table: &Table) -> Vec<String> {
    let Some(scale) = table.columns.last().map(|scale| numbers(scale)) else { return Vec::new() };
    let Some(printed) = table.columns.iter().position(|column| column.contains("% interval")) else {
        return Vec::new();
    };
    let mut wrong = Vec::new();
    for (row, bar) in table.rows.iter().zip(&table.bars) {
        let (Some((low, high)), [from, to]) = (bar, scale.as_slice()) else { continue };
        let (from, to) = (from.value, to.value);
        let limits = numbers(&row[printed]);
        let drawn = [low, high].map(|end| from + end / 100.0 * (to - from));
        // Printed with a digit behind the point, drawn with two of a hundred parts.
        let most = 0.05 + 2e-4 * (to - from);
        let held = |(drawn, limit): (&f64, &Written)| (drawn - limit.value.clamp(from, to)).abs() <= most;
        if limits.len() != 2 || !drawn.iter().zip(&limits).all(held) {
            wrong.push(format!(
                "`{}`, row `{}`: drawn {drawn:?}, printed `{}`",
                table.title, row[0], row[printed]
            ));
        }
    }
    wrong
}

fn wrong(cell: &Cell<'_>, says: Option<Says>) -> Option<String> {
    let complaint = match says {
        None if !has_digit(cell.text) => None,
        None => Some("no rule knows this number".to_owned()),
        Some(Says::Label) => None,
        Some(Says::Numbers(held)) => compare(&unmarked(cell.text), &held).or_else(|| behind(cell, &held)),
        Some(Says::Among(held)) => among(cell.text, &held),
        Some(Says::Text(texts)) => {
            let same = texts.iter().any(|text| same_words(text, cell.text));
            (!same).then(|| format!("the result says {texts:?}"))
        }
    }?;
    let Cell { title, row, column, text, .. } = cell;
    Some(format!("`{title}`, row `{row}`, column `{column}`: `{text}`: {complaint}"))
}

/// What is wrong with the number behind a cell: it is one of those that the result holds, with all its digits.
fn behind(cell: &Cell<'_>, held: &[Option<Held>]) -> Option<String> {
    let value = cell.value?;
    let same = |held: &Held| (held.value() - value).abs() <= 1e-9 * value.abs();
    (!held.iter().flatten().any(same))
        .then(|| format!("the number behind it is {value}, the result holds {held:?}"))
}

/// Without what is said of a number in words.
fn unmarked(text: &str) -> String {
    text.replace("(n too small)", "").replace('*', "")
}

/// The same text, white space and a cut at the end aside.
fn same_words(whole: &str, shown: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (whole, shown) = (words(whole), words(shown));
    shown.strip_suffix('…').map_or(whole == shown, |start| whole.starts_with(start.trim_end()))
}

fn says(result: &Value, table: &Table, cell: &Cell<'_>) -> Option<Says> {
    let has = |name: &str| table.columns.iter().any(|column| column == name);
    let first = table.columns.first().map_or("", String::as_str);
    if has("Δ pp") {
        paired(result, cell)
    } else if has("McNemar p") {
        other_methods(result, cell)
    } else if cell.title == "How answers ended" {
        answers_ended(result, cell)
    } else if has("TTFT p50, ms") && first == "category" {
        speed_by_category(result, cell)
    } else if first == "category"
        && result["candidate"]["judge_quality"].is_array()
        && !has("95 % interval, %")
    {
        judge(result, cell)
    } else if first == "category" {
        alone(result, table, cell)
    } else {
        match first {
            "metric" => speed(result, cell),
            "gate" => gate(result, cell),
            "objective" => objective(result, table, cell),
            "outcome" => counts(result, cell, "outcomes"),
            "verdict" => counts(result, cell, "verdicts"),
            "prompt" => prompt(result, cell),
            "in flight" | "rate/soffered" | "rate/s" => level(result, cell),
            "" | "scores" if cell.title.starts_with("Scores given") => scores(result, table, cell),
            _ => None,
        }
    }
}

// What of the result a cell is about.

/// A number of the result.
pub(super) fn number(value: &Value, path: &str) -> Option<f64> {
    path.split('/').try_fold(value, |value, key| value.get(key))?.as_f64()
}

fn rounded(value: &Value, path: &str) -> Option<Held> {
    number(value, path).map(Held::Rounded)
}

fn exact(value: &Value, path: &str) -> Option<Held> {
    number(value, path).map(Held::Exact)
}

fn share(value: &Value, path: &str) -> Option<Held> {
    number(value, path).map(Held::share)
}

#[expect(clippy::unnecessary_wraps, reason = "rules say what they hold, or that they hold nothing")]
fn one(held: Option<Held>) -> Option<Says> {
    Some(Says::Numbers(vec![held]))
}

/// The limits of an interval.
#[expect(clippy::unnecessary_wraps, reason = "rules say what they hold, or that they hold nothing")]
fn limits(value: &Value, path: &str, held: fn(&Value, &str) -> Option<Held>) -> Option<Says> {
    Some(Says::Numbers(vec![held(value, &format!("{path}/low")), held(value, &format!("{path}/high"))]))
}

/// `passed/judged  rate`
#[expect(clippy::unnecessary_wraps, reason = "rules say what they hold, or that they hold nothing")]
fn passed(rate: &Value) -> Option<Says> {
    Some(Says::Numbers(vec![exact(rate, "passed"), exact(rate, "judged"), share(rate, "rate")]))
}

/// `rate [low, high]`
fn share_with_limits(rate: &Value) -> Says {
    Says::Numbers(vec![share(rate, "rate"), share(rate, "wilson_95/low"), share(rate, "wilson_95/high")])
}

/// The side whose column this is: it says so where there are two.
fn side<'a>(result: &'a Value, column: &str) -> Option<(&'static str, &'a Value)> {
    let name = if column.ends_with("baseline") { "baseline" } else { "candidate" };
    result.get(name).filter(|side| side.is_object()).map(|side| (name, side))
}

/// The entry of a list that is about this row's category; the first one is about all.
fn of_category<'a>(all: &'a Value, list: &'a Value, row: &str) -> Option<&'a Value> {
    if row == "overall" || row == "all" {
        return Some(all);
    }
    list.as_array()?.iter().find(|one| one["category"] == row)
}

// A rule for each table.

fn paired(result: &Value, cell: &Cell<'_>) -> Option<Says> {
    let comparison = &result["comparison"];
    if cell.row == "macro average" {
        let average = &comparison["macro_average"];
        return match cell.column {
            "Δ pp" => one(rounded(average, "delta_pp")),
            "90 % interval" => limits(average, "interval_90_pp", rounded),
            column if column.ends_with("baseline") => one(share(average, "baseline")),
            column if column.ends_with("candidate") => one(share(average, "candidate")),
            _ => None,
        };
    }
    let rate = of_category(&comparison["overall"], &comparison["categories"], cell.row)?;
    match cell.column {
        "category" => Some(Says::Label),
        "pairs" => one(exact(rate, "pairs")),
        "Δ pp" => one(rounded(rate, "delta_pp")),
        "90 % interval" => limits(rate, "interval_90_pp", rounded),
        "loss/gain" => Some(Says::Numbers(vec![exact(rate, "losses"), exact(rate, "gains")])),
        "p (Holm)" if cell.row == "overall" => one(rounded(rate, "score_p")),
        "p (Holm)" => one(rounded(rate, "score_p_holm")),
        column if column.ends_with("baseline") => passed(&rate["baseline"]),
        column if column.ends_with("candidate") => passed(&rate["candidate"]),
        _ => None,
    }
}

fn other_methods(result: &Value, cell: &Cell<'_>) -> Option<Says> {
    let comparison = &result["comparison"];
    let rate = of_category(&comparison["overall"], &comparison["categories"], cell.row)?;
    match cell.column {
        "category" => Some(Says::Label),
        "95 %, pp" => limits(rate, "interval_95_pp", rounded),
        "Newcombe 95 %, pp" => limits(rate, "newcombe_95_pp", rounded),
        "score p" => one(rounded(rate, "score_p")),
        "McNemar p" => one(rounded(rate, "mcnemar_p")),
        "flip rate" => one(share(rate, "flip_rate")),
        "could miss, pp" => one(rounded(rate, "minimum_detectable_loss_pp")),
        "baseline, %" => limits(rate, "baseline/wilson_95", share),
        "candidate, %" => limits(rate, "candidate/wilson_95", share),
        "method" => Some(Says::Text(vec![rate["method"].as_str()?.to_owned()])),
        _ => None,
    }
}

/// Baseline → candidate, as shares of the responses of each side.
fn answers_ended(result: &Value, cell: &Cell<'_>) -> Option<Says> {
    let comparison = &result["comparison"];
    let rate = of_category(&comparison["overall"], &comparison["categories"], cell.row)?;
    if cell.at == 0 {
        return Some(Says::Label);
    }
    let verdict = cell.column.replace(' ', "_");
    let of = |side: &str| {
        let verdicts = rate[side].as_object().cloned().unwrap_or_default();
        let all: f64 = verdicts.values().filter_map(Value::as_f64).sum();
        let some = verdicts.get(&verdict).and_then(Value::as_f64).unwrap_or(0.0);
        Some(Held::share(some / all))
    };
    let (before, after) = (of("baseline_verdicts"), of("candidate_verdicts"));
    let none = Some(Held::Percent(0.0));
    Some(Says::Numbers(if before == none && after == none { vec![none] } else { vec![before, after] }))
}

fn alone(result: &Value, table: &Table, cell: &Cell<'_>) -> Option<Says> {
    if cell.at == 0 {
        return Some(Says::Label);
    }
    // An interval stands behind the side that it is of.
    let is_interval = cell.column == "95 % interval, %";
    let column = if is_interval { &table.columns[cell.at - 1] } else { cell.column };
    let (_, side) = side(result, column)?;
    let wanted = (cell.row != "overall").then_some(cell.row);
    let rates = side["pass_rates"].as_array()?;
    let rate = &rates.iter().find(|rate| rate["category"].as_str() == wanted)?["pass_rate"];
    if is_interval { limits(rate, "wilson_95", share) } else { passed(rate) }
}

/// A metric's place in a result by its name on the page.
fn metric_of(row: &str) -> Option<(&'static str, &str)> {
    let row = row.strip_suffix(", ms")?;
    let (name, statistic) = row.rsplit_once(' ')?;
    let metric = match name {
        "TTFT" => "ttft_ms",
        "TPOT" => "tpot_ms",
        "ITL" => "itl_ms",
        "max stall" => "max_stall_ms",
        "E2E" => "e2e_ms",
        "TTFT from schedule" => "ttft_from_schedule_ms",
        "E2E from schedule" => "latency_from_schedule_ms",
        _ => return None,
    };
    Some((metric, statistic))
}

fn rate_of(row: &str) -> Option<&'static str> {
    Some(match row {
        "requests/s" => "request_throughput_per_s",
        "output tokens/s" => "output_tokens_per_s",
        "correct answers/s" => "correct_answers_per_s",
        "goodput, requests/s" => "goodput_per_s",
        _ => return None,
    })
}

fn speed(result: &Value, cell: &Cell<'_>) -> Option<Says> {
    if cell.at == 0 {
        return Some(Says::Label);
    }
    let latency = metric_of(cell.row);
    let (metric, statistic) =
        latency.or_else(|| Some((rate_of(cell.row)?, "rate"))).or_else(|| cost_of(cell.row))?;
    let ratio = result["comparison"]["speed"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["metric"] == metric && one["statistic"] == statistic));
    match cell.column {
        "ratio" => return one(ratio.and_then(|ratio| rounded(ratio, "ratio"))),
        "95 % interval" => return limits(ratio.unwrap_or(&Value::Null), "interval_95", rounded),
        _ => {}
    }
    let (name, side) = side(result, cell.column)?;
    // Beside a ratio stand the values that it was made of.
    if let Some(ratio) = ratio.filter(|ratio| ratio["ratio"].is_number()) {
        return one(rounded(ratio, name));
    }
    if statistic == "cost" {
        return one(rounded(&side["cost"], metric));
    }
    let summary = &side["summary"];
    if latency.is_none() {
        let place = if metric == "goodput_per_s" { "goodput" } else { "throughput" };
        return one(rounded(&summary[place], metric));
    }
    let distribution = &summary[metric];
    let fewest = FEWEST.iter().find(|(name, _)| *name == statistic).map_or(1.0, |(_, fewest)| *fewest);
    let few = number(distribution, "n").is_some_and(|n| n < fewest);
    if few != cell.text.contains("n too small") {
        return Some(Says::Text(vec![format!("n {}", distribution["n"])]));
    }
    one(rounded(distribution, &statistic.replace('.', "_")))
}

/// A cost's place in a result by its name on the page.
fn cost_of(row: &str) -> Option<(&'static str, &'static str)> {
    let metric = if row.contains("1,000 requests") {
        "per_1000_requests"
    } else if row.contains("million") {
        "per_million_output_tokens"
    } else if row.contains("correct") {
        "per_correct_answer"
    } else {
        return None;
    };
    Some((metric, "cost"))
}

fn speed_by_category(result: &Value, cell: &Cell<'_>) -> Option<Says> {
    if cell.at == 0 {
        return Some(Says::Label);
    }
    let comparison = &result["comparison"];
    let rate = of_category(&comparison["overall"], &comparison["categories"], cell.row)?;
    let of = |metric: &str| {
        rate["latency"].as_array()?.iter().find(|one| one["metric"] == metric && one["statistic"] == "p50")
    };
    let sides = |metric: &str| {
        let found = of(metric)?;
        Some(Says::Numbers(vec![rounded(found, "baseline"), rounded(found, "candidate")]))
    };
    match (cell.column, cell.at) {
        ("TTFT p50, ms", _) => sides("ttft_ms"),
        ("E2E p50, ms", _) => sides("e2e_ms"),
        ("ratio", 2) => one(rounded(of("ttft_ms")?, "ratio")),
        ("ratio", 4) => one(rounded(of("e2e_ms")?, "ratio")),
        ("output tokens", _) => one(rounded(rate, "output_token_ratio")),
        ("prompt tokens", _) => one(rounded(rate, "prompt_token_ratio")),
        _ => None,
    }
}

fn gate(result: &Value, cell: &Cell<'_>) -> Option<Says> {
    let own = result["gates"].as_array().into_iter().flatten();
    let compared = result["comparison"]["gates"].as_array().into_iter().flatten();
    let gate = own.chain(compared).find(|gate| gate["name"] == cell.row)?;
    match cell.column {
        "gate" => Some(Says::Label),
        "asks" => {
            let asked = ["margin_pp", "bound", "alpha"].iter().filter_map(|key| number(gate, key));
            Some(Says::Among(asked.flat_map(|value| [Held::Exact(value), Held::share(value)]).collect()))
        }
        "reason" => Some(Says::Text(vec![gate["reason"].as_str()?.to_owned()])),
        _ => None,
    }
}

fn objective(result: &Value, table: &Table, cell: &Cell<'_>) -> Option<Says> {
    let goodput_of = |path: &str| {
        side(result, cell.column).map(|(_, side)| (&side["summary"]["goodput"], path.to_owned()))
    };
    if cell.at == 0 {
        let slos = result["question"]["slos"].as_array()?;
        let is_objective = cell.text.contains(['<', '>', '=']);
        return Some(if is_objective { Says::Text(slos.iter().map(written).collect()) } else { Says::Label });
    }
    let of = |path: &str, held: fn(&Value, &str) -> Option<Held>| {
        let (goodput, path) = goodput_of(path)?;
        one(held(goodput, &path))
    };
    match cell.row {
        "requests in time" => {
            let (goodput, _) = goodput_of("")?;
            let held = vec![exact(goodput, "met"), exact(goodput, "attempted"), share(goodput, "attainment")];
            Some(Says::Numbers(held))
        }
        "95 % interval, %" => limits(goodput_of("")?.0, "attainment_interval_95", share),
        "in time and passed" => of("met_and_passed", exact),
        "goodput without checks, requests/s" => of("goodput_without_checks_per_s", rounded),
        "goodput, requests/s" => of("goodput_per_s", rounded),
        row => {
            let at = table.rows.iter().position(|cells| cells[0] == row)?;
            let outcome = side(result, cell.column)?.1["slos"].as_array()?.get(at)?;
            let is_share = matches!(outcome["slo"]["metric"].as_str(), Some("pass_rate" | "error_rate"));
            let word = if outcome["met"] == true { "met" } else { "missed" };
            let told = cell.text.contains(word)
                && cell.text.contains("n too small") == (outcome["trusted"] == false);
            if !told {
                return Some(Says::Text(vec![outcome.to_string()]));
            }
            one(if is_share { share(outcome, "value") } else { rounded(outcome, "value") })
        }
    }
}

/// An objective as it was asked for: `ttft_p95_ms<=200`.
pub(super) fn written(slo: &Value) -> String {
    let text = |key: &str| slo[key].as_str().unwrap_or_default();
    let (metric, statistic) = (text("metric"), text("statistic"));
    let name = match metric.strip_suffix("_ms").filter(|_| !statistic.is_empty()) {
        Some(name) => format!("{name}_{statistic}_ms"),
        None => metric.to_owned(),
    };
    format!("{name}{}{}", text("bound"), number(slo, "value").unwrap_or(f64::NAN))
}

fn counts(result: &Value, cell: &Cell<'_>, field: &str) -> Option<Says> {
    if cell.at == 0 {
        return Some(Says::Label);
    }
    let counted = &side(result, cell.column)?.1["summary"][field];
    one(Some(exact(counted, &cell.row.replace(' ', "_")).unwrap_or(Held::Exact(0.0))))
}

/// Of a prompt nothing is a measurement but what was answered: its words are the row's.
fn prompt(result: &Value, cell: &Cell<'_>) -> Option<Says> {
    let row = result["rows"].as_array()?.iter().find(|row| row["key"]["prompt_id"] == cell.row)?;
    match cell.column {
        "prompt" | "category" => Some(Says::Label),
        "verdict" => None,
        _ => {
            let sides = ["baseline", "candidate"].into_iter().filter_map(|side| row.get(side));
            let texts = sides.flat_map(|side| [&side["judgement"]["answer"], &side["exchange"]["content"]]);
            Some(Says::Text(texts.flat_map(texts_in).collect()))
        }
    }
}

/// All texts within a value.
fn texts_in(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts_in).collect(),
        Value::Object(fields) => fields.values().flat_map(texts_in).collect(),
        _ => Vec::new(),
    }
}

fn level(result: &Value, cell: &Cell<'_>) -> Option<Says> {
    let load = numbers(cell.row);
    let levels = result["levels"].as_array()?;
    let level = levels.iter().find(|level| {
        let held = number(level, "value").map(Held::Rounded);
        load.len() == 1 && compare(cell.row, &[held]).is_none()
    })?;
    let is_baseline = cell.cells.iter().any(|text| text == "baseline");
    let side = &level[if is_baseline { "baseline" } else { "candidate" }];
    let summary = &side["summary"];
    let from_plan = summary["ttft_from_schedule_ms"].is_object();
    let latency = |metric: &str, statistic: &str| {
        let distribution = &summary[metric];
        let fewest = if statistic == "p95" { FEWEST[0].1 } else { 1.0 };
        if number(distribution, "n").is_some_and(|n| n < fewest) != cell.text.contains('*') {
            return Some(Says::Text(vec![format!("n {}", distribution["n"])]));
        }
        one(rounded(distribution, statistic))
    };
    let ttft = if from_plan { "ttft_from_schedule_ms" } else { "ttft_ms" };
    let e2e = if from_plan { "latency_from_schedule_ms" } else { "e2e_ms" };
    match cell.column.trim_end_matches("ms") {
        "in flight" | "rate/soffered" | "rate/s" => one(rounded(level, "value")),
        // The objectives that were missed, by their names.
        "remarks" => Some(Says::Among([50.0, 90.0, 95.0, 99.0].map(Held::Exact).to_vec())),
        "req/s" => one(rounded(summary, "throughput/request_throughput_per_s")),
        "tokens/s" => one(rounded(summary, "throughput/output_tokens_per_s")),
        "TTFT p50" => latency(ttft, "p50"),
        "TTFT p95" => latency(ttft, "p95"),
        "TPOT p50" => latency("tpot_ms", "p50"),
        "TPOT p95" => latency("tpot_ms", "p95"),
        "E2E p95" => latency(e2e, "p95"),
        "failed" => one(share(summary, "error_rate")),
        "passed" => one(share(side, "pass_rate/rate")),
        "passed 95 %" => limits(side, "pass_rate/wilson_95", share),
        "in timeof requests" | "in time" => one(share(summary, "goodput/attainment")),
        "in time 95 %" => limits(summary, "goodput/attainment_interval_95", share),
        "goodput/s" => one(rounded(summary, "goodput/goodput_per_s")),
        _ => None,
    }
}

fn judge(result: &Value, cell: &Cell<'_>) -> Option<Says> {
    if cell.at == 0 {
        return Some(Says::Label);
    }
    // With two judges the heading ends in the one that it is of.
    let name = |side: &&&str| {
        result[**side]["endpoint"]
            .as_str()
            .is_some_and(|endpoint| cell.title.ends_with(&format!("({endpoint})")))
    };
    let side = ["baseline", "candidate"].iter().find(name).unwrap_or(&"candidate");
    let qualities = &result[*side]["judge_quality"];
    let quality = of_category(&qualities[0], qualities, cell.row)?;
    let estimate = |path: &str| {
        let of = path.split('/').fold(quality, |value, key| &value[key]);
        Some(Says::Numbers(vec![
            rounded(of, "value"),
            rounded(of, "interval_95/low"),
            rounded(of, "interval_95/high"),
        ]))
    };
    let rate = |path: &str| Some(share_with_limits(path.split('/').fold(quality, |value, key| &value[key])));
    let items = if cell.title.starts_with("Does it repeat") {
        "repeatability/items"
    } else if cell.title.starts_with("Do its scores") {
        "agreement/items"
    } else {
        "items"
    };
    match cell.column {
        "items" => one(exact(quality, items)),
        "replies" if cell.title.starts_with("Can its") => one(exact(quality, "parsed/judged")),
        "replies" => one(exact(quality, "confidence/replies")),
        "could be read" => rate("parsed"),
        "worst case" => rate("worst_case"),
        "same each time" => rate("repeatability/exact"),
        "flips" => rate("repeatability/flips"),
        "α nominal" => estimate("repeatability/alpha_nominal"),
        "α ordinal" => estimate("repeatability/alpha_ordinal"),
        "α interval" => estimate("repeatability/alpha_interval"),
        "ICC(A,1)" => estimate("repeatability/icc"),
        "SD, points" => one(rounded(quality, "repeatability/deviation")),
        "exact" => rate("agreement/exact"),
        "within one" => rate("agreement/within_one"),
        "κ" => estimate("agreement/kappa"),
        "quadratic κ" => estimate("agreement/quadratic_kappa"),
        "AC1" => estimate("agreement/gwet_ac1"),
        "τ-b" => estimate("agreement/kendall_tau_b"),
        "bias, points" => estimate("agreement/bias"),
        "better one named" => rate("preference"),
        "pairs in both orders" => one(exact(quality, "position/pairs")),
        "same in both" => rate("position/consistent"),
        "first one named" => rate("position/first"),
        "p" => one(rounded(quality, "position/first_p")),
        "mean confidence" => one(share(quality, "confidence/mean")),
        "accepted" => one(share(quality, "confidence/accepted")),
        "Brier" => estimate("confidence/brier"),
        "log loss" => estimate("confidence/log_loss"),
        "calibration error" => estimate("confidence/calibration_error"),
        _ => None,
    }
}

fn scores(result: &Value, table: &Table, cell: &Cell<'_>) -> Option<Says> {
    if cell.at == 0 {
        return Some(Says::Label);
    }
    let all = result["candidate"]["judge_quality"][0]["distribution"].as_array()?;
    let score =
        all.iter().find(|score| compare(&table.columns[cell.at], &[exact(score, "score")]).is_none())?;
    one(exact(score, cell.row))
}
