//! Pages of several runs: each number is computed anew from the rows and summaries of the runs' own files. What only
//! resampling gives, intervals of the last run beside the first, is held to what `labctl compare` says of the two.

mod charts;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::{Value, json};

use super::charts::speed::wilson;
use super::rules::number;
use super::{charts as drawn, headlines, prose, table};
use crate::browser::cases::Case;
use crate::browser::gallery::browser;
use crate::browser::page::{Page, View};

/// The runs of a page in the order of their time.
struct Runs {
    runs: Vec<Run>,
    /// The last run beside the first, in the shape of a result with its baseline, where it is the history of a model.
    joint: Option<Value>,
}

struct Run {
    result: Value,
    /// Whether only those requests count for quality that every run was judged on, by their keys.
    shared: Option<BTreeSet<String>>,
}

/// Something of a result that may change from run to run.
type Part<'a> = &'a dyn Fn(&Value) -> Value;

/// A share with its limits.
#[derive(Debug, Clone, Copy)]
struct Rate {
    passed: usize,
    judged: usize,
    share: f64,
    limits: (f64, f64),
}

/// How many values there are, and two of their percentiles.
#[derive(Debug, Clone, Copy)]
struct Percentiles {
    n: usize,
    p50: f64,
    p95: f64,
}

/// Walks over a page of several runs of one model.
pub(super) fn walk_history(case: &Case) {
    let mut runs = Runs::read(case);
    let ends = [&runs.runs[0], &runs.runs[runs.runs.len() - 1]].map(|run| run.id().to_owned());
    let told = case.labctl(&["compare", &ends[0], &ends[1], "--format", "json"]);
    let compared: Value = serde_json::from_str(&told.stdout).unwrap_or_else(|_| panic!("{told:#?}"));
    let (first, last) = (&runs.runs[0], &runs.runs[runs.runs.len() - 1]);
    let mut wrong = beside(first, last, &compared["comparison"]);
    runs.joint = Some(json!({
        "baseline": first.result["candidate"],
        "candidate": last.result["candidate"],
        "comparison": compared["comparison"],
    }));
    let wanted = ["pass-rate", "delta", "ttft", "tpot", "e2e", "pass-rate-0", "e2e-0"];
    wrong.extend(runs.walk(case, &wanted.map(|what| format!("history-0-{what}"))));
    assert!(wrong.is_empty(), "{}: {} are wrong:\n{}", case.name, wrong.len(), wrong.join("\n"));
}

/// Walks over a page of several models head to head.
pub(super) fn walk_head_to_head(case: &Case) {
    let mut runs = Runs::read(case);
    let judged = runs.runs.iter().map(|run| run.judged(None).map(|(key, ..)| key).collect::<BTreeSet<_>>());
    let shared = judged.reduce(|shared, of| &shared & &of).unwrap();
    assert!(
        runs.runs.iter().any(|run| run.judged(None).count() > shared.len()),
        "every run was judged on the same"
    );
    for run in &mut runs.runs {
        run.shared = Some(shared.clone());
    }
    let wrong = runs.walk(case, &["models-0", "models-0-pass-rate", "models-0-e2e"].map(str::to_owned));
    assert!(wrong.is_empty(), "{}: {} are wrong:\n{}", case.name, wrong.len(), wrong.join("\n"));
}

impl Runs {
    fn read(case: &Case) -> Self {
        let mut runs: Vec<Run> =
            case.every_result().into_iter().map(|result| Run { result, shared: None }).collect();
        runs.sort_by(|a, b| (a.text("started_at"), a.id()).cmp(&(b.text("started_at"), b.id())));
        Self { runs, joint: None }
    }

    /// What is wrong with the page.
    fn walk(&self, case: &Case, wanted: &[String]) -> Vec<String> {
        let Some(chromium) = browser() else { return Vec::new() };
        let page = Page::open(chromium, &case.html, View::DESKTOP);
        let (tables, charts) = (table::tables(&page), drawn::charts(&page));
        let mut wrong: Vec<String> = tables.iter().flat_map(|table| tables::check(self, table)).collect();
        wrong.extend(charts.iter().flat_map(|chart| charts::check(self, chart)));
        let missed = wanted.iter().filter(|name| !charts.iter().any(|chart| chart.name == **name));
        wrong.extend(missed.map(|name| format!("there is no chart `{name}`")));
        let headlines = headlines::headlines(&page);
        assert!(!tables.is_empty() && !headlines.is_empty());
        wrong.extend(headlines.iter().flat_map(|headline| match &self.joint {
            Some(joint) => headlines::check(joint, headline),
            None => tables::check_best(self, headline),
        }));
        wrong.extend(self.sentences(&page));
        wrong.extend(self.listed(&page));
        wrong.extend(self.changes(&page));
        wrong
    }

    /// The run that goes by the beginning of its id.
    fn by_short(&self, short: &str) -> Option<&Run> {
        let mut found = self.runs.iter().filter(|run| run.id().starts_with(short));
        found.next().filter(|_| found.next().is_none() && short.len() >= 8)
    }

    fn by_model(&self, model: &str) -> Option<&Run> {
        self.runs.iter().find(|run| run.model() == model)
    }

    /// The categories of all runs, in alphabetical order.
    fn categories(&self) -> BTreeSet<&str> {
        self.runs.iter().flat_map(Run::rows).filter_map(|row| row["category"].as_str()).collect()
    }

    /// Sentences hold numbers of the runs alone.
    fn sentences(&self, page: &Page) -> Vec<String> {
        let id = Regex::new("run [0-9a-f-]{8,}").unwrap();
        let found: Vec<String> = page.eval(
            "[...document.querySelectorAll('.answer p, .answer .verdict, .answer li, .findings dd, #apart li')]
                .map(one => one.textContent.replace(/\\s+/g, ' ').trim())",
        );
        assert!(found.len() > 3, "{found:?}");
        let sentences: Vec<String> =
            found.iter().map(|one| id.replace_all(one, "run").into_owned()).collect();
        let runs: Vec<&Value> = self.runs.iter().map(|run| &run.result).collect();
        let rates: Vec<f64> = self.runs.iter().filter_map(|run| Some(run.rate(None)?.share)).collect();
        prose::check(&json!([runs, rates, self.joint]), &sentences)
    }

    /// The list of the runs, word for word.
    fn listed(&self, page: &Page) -> Vec<String> {
        let found: Vec<String> = page.eval(
            "[...document.querySelectorAll('#runs li')].map(one => one.textContent.replace(/\\s+/g, ' ').trim())",
        );
        let wanted = |run: &Run| {
            let (side, set) = (&run.result["candidate"], &run.result["prompt_set"]);
            let simulated = if side["simulated"] == true { ", simulated" } else { "" };
            let (model, endpoint) = (run.model(), side["endpoint"].as_str().unwrap());
            let (name, version) = (set["name"].as_str().unwrap(), &set["version"]);
            let began = run.began();
            format!("{} · {began} · {model} ({endpoint}) on {name} v{version}{simulated}", run.id())
        };
        let wanted: BTreeSet<String> = self.runs.iter().map(wanted).collect();
        if found.iter().cloned().collect::<BTreeSet<_>>() == wanted && found.len() == self.runs.len() {
            return Vec::new();
        }
        vec![format!("listed are {found:?}, the runs are {wanted:?}")]
    }

    /// What is said to have changed is what did, from run to run.
    fn changes(&self, page: &Page) -> Vec<String> {
        let found: Vec<String> = page.eval(
            "[...document.querySelectorAll('[id^=history] .bullets li')]
                .map(one => one.textContent.replace(/\\s+/g, ' ').trim())",
        );
        if self.joint.is_none() {
            return Vec::new();
        }
        let wanted: Vec<String> = self
            .runs
            .windows(2)
            .filter(|pair| !pair[1].changed(&pair[0]).is_empty())
            .map(|pair| {
                pair[1].changed(&pair[0]).iter().map(|(_, told)| told.clone()).collect::<Vec<_>>().join("; ")
            })
            .collect();
        let whole = |line: &String| {
            let (run, said) = line.strip_prefix("run ")?.split_once(": ")?;
            let at = self.runs.iter().position(|of| std::ptr::eq(of, self.by_short(run).unwrap()))?;
            let told: Vec<String> = self.runs[at]
                .changed(&self.runs[at.checked_sub(1)?])
                .into_iter()
                .map(|(_, told)| told)
                .collect();
            (told.join("; ") == said).then_some(())
        };
        let strange = found.iter().filter(|line| whole(line).is_none());
        let mut wrong: Vec<String> = strange.map(|line| format!("`{line}` did not change so")).collect();
        if found.len() != wanted.len() {
            wrong.push(format!("changed are {found:?}, but it is {wanted:?}"));
        }
        wrong
    }
}

impl Run {
    fn text(&self, key: &str) -> &str {
        self.result[key].as_str().unwrap()
    }

    fn id(&self) -> &str {
        self.text("run_id")
    }

    fn model(&self) -> &str {
        self.result["candidate"]["model"].as_str().unwrap()
    }

    /// `2026-11-22 15:17`
    fn began(&self) -> String {
        self.text("started_at")[..16].replace('T', " ")
    }

    fn rows(&self) -> impl Iterator<Item = &Value> {
        self.result["rows"].as_array().into_iter().flatten()
    }

    /// Its requests that were judged, and whether they passed: their keys, their prompts, and that.
    fn judged<'a>(&'a self, category: Option<&'a str>) -> impl Iterator<Item = (String, &'a str, bool)> {
        let of = move |row: &&Value| category.is_none_or(|category| row["category"] == category);
        self.rows().filter(of).filter_map(|row| {
            let passed = passed(&row["candidate"])?;
            Some((row["key"].to_string(), row["key"]["prompt_id"].as_str()?, passed))
        })
    }

    /// Passed of judged.
    fn rate(&self, category: Option<&str>) -> Option<Rate> {
        let counts = |key: &String| self.shared.as_ref().is_none_or(|shared| shared.contains(key));
        let judged: Vec<_> = self.judged(category).filter(|(key, ..)| counts(key)).collect();
        if judged.is_empty() {
            return None;
        }
        // Where any prompt was sent several times an interval counts prompts.
        let prompts: BTreeSet<&str> = judged.iter().map(|(_, prompt, _)| *prompt).collect();
        let all: Vec<&str> = self.rows().filter_map(|row| row["key"]["prompt_id"].as_str()).collect();
        let is_repeated = all.iter().collect::<BTreeSet<_>>().len() < all.len();
        let units = if is_repeated { prompts.len() } else { judged.len() };
        let passed = judged.iter().filter(|(.., passed)| *passed).count();
        let share = drawn::real(passed) / drawn::real(judged.len());
        Some(Rate { passed, judged: judged.len(), share, limits: wilson(share, drawn::real(units)) })
    }

    /// Whether its times may be told.
    fn is_valid(&self) -> bool {
        self.result["client_health"]["status"] != "invalid"
    }

    /// A latency of its successes.
    fn latency(&self, metric: &str, category: Option<&str>) -> Option<Percentiles> {
        let rows = self.rows().filter(|row| category.is_none_or(|category| row["category"] == category));
        let successes = rows.filter(|row| row["candidate"]["exchange"]["outcome"] == "success");
        let values = successes.filter_map(|row| row["candidate"]["metrics"][metric].as_f64());
        percentiles(values.collect()).filter(|_| self.is_valid())
    }

    fn throughput(&self, rate: &str) -> Option<f64> {
        number(&self.result["candidate"]["summary"]["throughput"], rate).filter(|_| self.is_valid())
    }

    /// Failed of attempted.
    fn error_rate(&self) -> Option<f64> {
        let failed = self.rows().filter(|row| row["candidate"]["exchange"]["outcome"] != "success").count();
        let all = self.rows().count();
        (all > 0).then(|| drawn::real(failed) / drawn::real(all))
    }

    /// Its pass rate less its own baseline's, percentage points, over the prompts judged on both sides.
    fn delta_pp(&self) -> Option<f64> {
        let pairs = self
            .rows()
            .filter_map(|row| Some((passed(row.get("candidate")?)?, passed(row.get("baseline")?)?)));
        difference_pp(&pairs.collect::<Vec<_>>())
    }

    /// What is not as it was in another run: its name, and how it is told.
    fn changed(&self, before: &Self) -> Vec<(&'static str, String)> {
        let of: [(&str, Part<'_>); 10] = [
            ("prompt set", &|run| {
                let set = &run["prompt_set"];
                json!(format!("v{} ({})", set["version"], &set["sha256"].as_str().unwrap()[..8]))
            }),
            ("temperature", &|run| run["sampling"]["temperature"].clone()),
            ("server", &|run| run["candidate"]["server"].clone()),
            ("served model", &|run| {
                let all = run["candidate"]["served_models"].as_array().cloned().unwrap_or_default();
                json!(all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
            }),
            ("concurrency", &|run| run["load"]["concurrency"].clone()),
            ("pairing", &|run| run["load"]["pairing"].clone()),
            ("repeats", &|run| run["load"]["repeats"].clone()),
            ("rounds", &|run| run["load"]["rounds"].clone()),
            ("client's transport", &|run| run["client"]["transport"].clone()),
            ("labctl", &|run| run["client"]["labctl_version"].clone()),
        ];
        let shown = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let told = |(what, of): (&'static str, Part<'_>)| {
            let (from, to) = (of(&before.result), of(&self.result));
            (from != to).then(|| (what, format!("{what}: {} \u{2192} {}", shown(from), shown(to))))
        };
        of.into_iter().filter_map(told).collect()
    }
}

/// Whether an answer passed; none where it couldn't be judged.
fn passed(attempt: &Value) -> Option<bool> {
    match attempt["judgement"]["verdict"].as_str()? {
        "pass" => Some(true),
        "wrong" | "no_answer" | "refused" | "truncated" | "empty" => Some(false),
        _ => None,
    }
}

fn difference_pp(pairs: &[(bool, bool)]) -> Option<f64> {
    let sum: i32 = pairs.iter().map(|(ours, theirs)| i32::from(*ours) - i32::from(*theirs)).sum();
    (!pairs.is_empty()).then(|| 100.0 * f64::from(sum) / drawn::real(pairs.len()))
}

fn percentiles(mut values: Vec<f64>) -> Option<Percentiles> {
    values.sort_by(f64::total_cmp);
    let at = |percent| drawn::percentile(&values, percent);
    Some(Percentiles { n: values.len(), p50: at(50)?, p95: at(95)? })
}

/// What `labctl compare` says of two runs beside what their rows say.
fn beside(first: &Run, last: &Run, compared: &Value) -> Vec<String> {
    let theirs: BTreeMap<String, &Value> = first.rows().map(|row| (row["key"].to_string(), row)).collect();
    let rows: Vec<(&Value, &Value)> = last
        .rows()
        .filter_map(|row| Some((&row["candidate"], &theirs.get(&row["key"].to_string())?["candidate"])))
        .collect();
    let judged: Vec<(bool, bool)> =
        rows.iter().filter_map(|(ours, theirs)| Some((passed(ours)?, passed(theirs)?))).collect();
    let share = |of: fn(&(bool, bool)) -> bool| {
        drawn::real(judged.iter().filter(|pair| of(pair)).count()) / drawn::real(judged.len())
    };
    let mut held = vec![
        ("overall/pairs".to_owned(), Some(drawn::real(judged.len()))),
        ("overall/delta_pp".to_owned(), difference_pp(&judged)),
        ("overall/candidate/rate".to_owned(), Some(share(|pair| pair.0))),
        ("overall/baseline/rate".to_owned(), Some(share(|pair| pair.1))),
    ];
    let mut wrong = Vec::new();
    for (at, speed) in compared["speed"].as_array().into_iter().flatten().enumerate() {
        let (metric, statistic) = (speed["metric"].as_str().unwrap(), speed["statistic"].as_str().unwrap());
        if statistic != "p50" || !metric.ends_with("_ms") {
            continue;
        }
        let of = |attempt: &Value| {
            attempt["metrics"][metric].as_f64().filter(|_| attempt["exchange"]["outcome"] == "success")
        };
        let pairs = rows.iter().filter_map(|(ours, theirs)| Some((of(ours)?, of(theirs)?)));
        let (ours, theirs): (Vec<f64>, Vec<f64>) = pairs.unzip();
        let (ours, theirs) = (percentiles(ours), percentiles(theirs));
        // A metric with too little to compare has no ratio.
        if !speed["ratio"].is_number() {
            continue;
        }
        for (key, of) in [("candidate", ours), ("baseline", theirs)] {
            let held = of.map(|of| of.p50);
            let told = number(speed, key);
            if held.zip(told).is_none_or(|(held, told)| (held - told).abs() > 1e-9 * held) {
                wrong.push(format!("compared `{metric}` of {key} ({at}): {told:?}, the rows say {held:?}"));
            }
        }
    }
    held.retain(|(path, held)| {
        let told = number(compared, path);
        !held.zip(told).is_some_and(|(held, told)| (held - told).abs() <= 1e-9)
    });
    wrong.extend(held.iter().map(|(path, held)| {
        format!("compared `{path}`: {:?}, the rows say {held:?}", number(compared, path))
    }));
    wrong
}
