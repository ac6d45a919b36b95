//! `labctl report` end to end: one run in every form, one beside a baseline, several over time and head to head, and
//! what there is no report of.

use std::fs;
use std::path::PathBuf;

use labctl::model::health::HealthStatus;
use labctl::model::history::{LeftOutOf, RunsReport};
use labctl::model::result::{RunResult, RunStatus};
use labctl::results::store::Store;
use serde_json::Value;

use crate::servers::Server;
use crate::support::{Ended, Lab, PROMPTS};

/// A server that passes this share of the set `tiny`.
fn passing(share: f64) -> Server {
    Server::with_options(|options| options.profile.default_pass_rate = share)
}

/// Measures the set `tiny` on a server; the client is taken for valid, however busy the machine of the tests was.
fn measured(lab: &Lab, server: &Server, arguments: &[&str]) -> RunResult {
    let url = server.url();
    let bench = ["bench", "--url", &url, "--promptset", "tiny", "--no-report", "--allow-invalid-client"];
    let ended = lab.labctl(&[&bench[..], &["--format", "json"], arguments].concat());
    assert_eq!(ended.code, 0, "{ended:#?}");
    let mut run: RunResult = serde_json::from_str(&ended.stdout).unwrap();
    run.client_health.status = HealthStatus::Valid;
    run.client_health.reasons.clear();
    Store::new(lab.path("results")).write(&run).unwrap();
    run
}

/// Writes a run as `NAME.json` below the lab's folder, and gives the path.
fn kept(lab: &Lab, name: &str, run: &RunResult) -> PathBuf {
    let path = lab.path(&format!("{name}.json"));
    fs::write(&path, serde_json::to_string(run).unwrap()).unwrap();
    path
}

/// The nights of a team: what a run came to, told again with its own id and day, changed as `change` says.
fn nights(lab: &Lab, run: &RunResult, change: impl Fn(usize, &mut RunResult)) -> Vec<RunResult> {
    let store = Store::new(lab.path("results"));
    let one = |night: usize| {
        let mut run = run.clone();
        run.run_id = format!("night-{night}");
        run.started_at = format!("2026-01-{:02}T02:00:00Z", 1 + night);
        run.team = Some("quant".to_owned());
        change(night, &mut run);
        store.write(&run).unwrap();
        run
    };
    (0..5).map(one).collect()
}

fn parsed<T: serde::de::DeserializeOwned>(ended: &Ended) -> T {
    assert_eq!(ended.code, 0, "{ended:#?}");
    serde_json::from_str(&ended.stdout).unwrap()
}

fn follows(schema: &str, document: &str) {
    let schema = fs::read_to_string(format!("{}/schemas/{schema}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn one_run_in_every_form() {
    let lab = Lab::new();
    let run = measured(&lab, &Server::good(), &[]);
    let plain = lab.labctl(&["report"]);
    plain.succeeds();
    assert!(plain.stdout.contains("SIMULATED") && plain.stdout.contains("Files"), "{}", plain.stdout);
    assert_eq!((lab.all(".html").len(), lab.all(".md").len()), (1, 1), "both beside the result");

    // With a form named nothing is written beside it.
    for path in lab.all(".html").into_iter().chain(lab.all(".md")) {
        fs::remove_file(path).unwrap();
    }
    let text = lab.labctl(&["report", &run.run_id, "--format", "text"]);
    assert!(text.stdout.contains("SIMULATED") && !text.stdout.contains("Files"), "{}", text.stdout);
    let page = lab.labctl(&["report", "latest", "--format", "html"]);
    assert!(page.stdout.starts_with("<!doctype html>"), "{}", &page.stdout[..200]);
    let markdown = lab.labctl(&["report", "latest", "--format", "markdown"]);
    assert!(markdown.stdout.starts_with("# "), "{}", markdown.stdout);
    let json = lab.labctl(&["report", "latest", "--format", "json"]);
    follows("result.schema.json", &json.stdout);
    assert_eq!(lab.written().len(), 1, "nothing but the result");

    // A file's form is that of its ending, unless another is named.
    for (file, start) in [("a.html", "<!doctype html>"), ("a.md", "# "), ("a.json", "{\"schema_version\"")] {
        lab.labctl(&["report", "latest", "-o", file]).succeeds().prints_nothing();
        let written = fs::read_to_string(lab.path(file)).unwrap();
        assert!(written.starts_with(start), "{file}: {}", &written[..80]);
    }
    lab.labctl(&["report", "latest", "-o", "notes", "--format", "markdown"]).succeeds().prints_nothing();
    assert!(fs::read_to_string(lab.path("notes")).unwrap().starts_with("# "));
    lab.labctl(&["report", "latest", "-o", "a.txt"]).succeeds();
    assert!(fs::read_to_string(lab.path("a.txt")).unwrap().contains("SIMULATED"));
}

#[test]
fn the_page_has_the_prompts_where_their_set_is_as_it_was_sent() {
    let lab = Lab::new();
    measured(&lab, &passing(0.0), &[]);
    let page = |lab: &Lab| lab.labctl(&["report", "latest", "--format", "html"]).stdout;
    let whole = page(&lab);
    assert!(whole.contains("How many are 1 and one hundred?"), "the prompt of the first row");
    lab.write_prompts("tiny", "{}");
    let without = page(&lab);
    assert!(!without.contains("How many are 1 and one hundred?") && without.contains("not at hand"));
}

/// What `bench --against` reports of two runs is what `report --baseline` reports of the same two.
#[test]
fn a_baseline_that_was_measured_before_is_joined_as_a_bench_joins_it() {
    let lab = Lab::new();
    let (good, bad) = (Server::good(), passing(0.5));
    let baseline = measured(&lab, &good, &[]);
    lab.labctl(&["baseline", "bless", &baseline.run_id, "--name", "fp16"]).succeeds();
    let mut joint = measured(&lab, &bad, &["--against", "fp16"]);
    // A joint result is read without the chunks of its traces.
    for attempt in joint.rows.iter_mut().flat_map(|row| row.candidate.iter_mut().chain(&mut row.baseline)) {
        attempt.exchange.trace.chunks.clear();
    }
    assert!(joint.baseline.as_ref().unwrap().measured_in.is_some());
    // The client was not valid where the machine was busy; taken for valid, both ways are judged anew.
    let again = |name: &str| -> RunResult {
        parsed(&lab.labctl(&["report", &joint.run_id, "--baseline", name, "--format", "json", "--force"]))
    };
    let told = again("fp16");
    let (told_comparison, comparison) = (told.comparison.unwrap(), joint.comparison.unwrap());
    assert_eq!(told_comparison.overall, comparison.overall);
    assert_eq!(told_comparison.categories, comparison.categories);
    assert_eq!(told_comparison.speed, comparison.speed);
    assert_eq!(told_comparison.losses, comparison.losses);
    assert_eq!(told.baseline, joint.baseline);
    assert_eq!(told.rows, joint.rows);
    let sorted = |mut warnings: Vec<String>| {
        warnings.sort();
        warnings
    };
    assert_eq!(sorted(told.warnings), sorted(joint.warnings));

    // The same by the run itself, which has no name then.
    let by_run = again(&baseline.run_id);
    assert_eq!(by_run.comparison.unwrap().overall, comparison.overall);
    let measured_in = by_run.baseline.unwrap().measured_in.unwrap();
    assert_eq!((measured_in.run_id, measured_in.blessed_as), (baseline.run_id.clone(), None));
    assert!(by_run.warnings[0].contains("was not run again"), "{:?}", by_run.warnings);

    let page = ["report", &joint.run_id, "--baseline", "fp16", "-o", "joint.html"];
    lab.labctl(&page).succeeds().prints_nothing();
    let text = fs::read_to_string(lab.path("joint.html")).unwrap();
    assert!(text.contains("was not run again") && text.contains("data-chart=\"delta-forest\""));
    // One model at two times is no A/A run: what differs is not noise.
    let text = lab.labctl(&["report", &joint.run_id, "--baseline", &baseline.run_id]);
    assert!(!text.stdout.contains("less than that is noise"), "{}", text.stdout);
    assert_eq!(lab.all(".html"), Vec::<PathBuf>::new(), "nothing beside the result: it is of two runs");
}

#[test]
fn what_can_not_be_compared_gets_no_baseline() {
    let lab = Lab::new();
    let run = measured(&lab, &Server::good(), &[]);
    let mut other = RunResult { run_id: "other".to_owned(), ..run.clone() };
    other.sampling.temperature = 0.7;
    other.prompt_set.sha256 = "0".repeat(64);
    other.client_health.status = HealthStatus::Invalid;
    other.client_health.reasons = vec!["too slow".to_owned()];
    kept(&lab, "other", &other);
    let beside = ["report", &run.run_id, "--baseline", "other.json"];
    lab.labctl(&beside)
        .fails(3, &["`other`", "the prompt sets differ", "sampling differs", "too slow", "`--force`"])
        .prints_nothing();
    let forced = lab.labctl(&[&beside[..], &["--force", "--format", "markdown"]].concat());
    forced.succeeds();
    assert!(forced.stdout.contains("prompt sets differ"), "{}", forced.stdout);

    let mut swept = RunResult { run_id: "swept".to_owned(), ..run.clone() };
    let level: Value = serde_json::json!({
        "level": 0, "axis": "concurrency", "value": 4.0, "steadiness": {"state": "steady"}, "past_saturation": false,
        "candidate": {"summary": run.candidate.summary},
    });
    match serde_json::from_value(level) {
        Ok(level) => swept.levels = vec![level],
        Err(error) => panic!("{error}"),
    }
    kept(&lab, "swept", &swept);
    lab.labctl(&["report", &run.run_id, "--baseline", "swept.json", "--force"])
        .fails(3, &["`swept`", "several loads"])
        .prints_nothing();
}

#[test]
fn five_runs_of_a_team_are_a_history() {
    let lab = Lab::new();
    let run = measured(&lab, &Server::good(), &[]);
    nights(&lab, &run, |night, run| {
        if night > 2 {
            run.candidate.server = Some("vLLM 9.9".to_owned());
        }
        if night == 4 {
            run.candidate.model.push_str("-other");
        }
    });
    // Another team's, which is newer than all of them.
    let mut foreign = run.clone();
    foreign.run_id = "foreign".to_owned();
    foreign.team = Some("eval".to_owned());
    foreign.started_at = "2026-02-01T00:00:00Z".to_owned();
    Store::new(lab.path("results")).write(&foreign).unwrap();

    let last = ["report", "latest:5", "--team", "quant"];
    let json = lab.labctl(&[&last[..], &["--format", "json"]].concat());
    let report: RunsReport = parsed(&json);
    follows("runs.schema.json", &json.stdout);
    assert!(report.simulated);
    let ids: Vec<&str> = report.runs.iter().map(|run| run.run_id.as_str()).collect();
    assert_eq!(ids, ["night-0", "night-1", "night-2", "night-3", "night-4"]);
    let [history] = report.histories.as_slice() else { panic!("{:#?}", report.histories) };
    assert_eq!((history.team.as_deref(), history.prompt_set.as_str()), (Some("quant"), "tiny"));
    let models: Vec<usize> = history.models.iter().map(|model| model.points.len()).collect();
    assert_eq!(models, [4, 1]);
    let points = &history.models[0].points;
    assert_eq!(points[0].figures.pass_rate.unwrap().judged, PROMPTS);
    let changed: Vec<Vec<&str>> = points
        .iter()
        .map(|point| point.changed.iter().map(|change| change.what.as_str()).collect())
        .collect();
    assert_eq!(changed, [vec![], vec![], vec![], vec!["server"]]);
    let drift = history.models[0].first_to_last.as_ref().unwrap();
    assert_eq!((drift.baseline.run_id.as_str(), drift.candidate.run_id.as_str()), ("night-0", "night-3"));
    assert_eq!(drift.comparison.overall.delta_pp, Some(0.0));
    // The other model answered the same prompts.
    assert_eq!(report.head_to_head[0].sides.len(), 2);

    let text = lab.labctl(&last);
    text.succeeds();
    for part in ["SIMULATED", "History: Team quant on tiny", "What changed", "vLLM 9.9", "better or worse?"] {
        assert!(text.stdout.contains(part), "no `{part}` in {}", text.stdout);
    }
    assert_eq!(lab.all(".html"), Vec::<PathBuf>::new());
    lab.labctl(&[&last[..], &["-o", "history.html"]].concat()).succeeds().prints_nothing();
    let page = fs::read_to_string(lab.path("history.html")).unwrap();
    assert!(page.contains("data-chart=\"history-0-pass-rate\"") && page.contains("SIMULATED"));
    let markdown = lab.labctl(&[&last[..], &["--format", "markdown"]].concat());
    assert!(markdown.stdout.len() < 60_000 && markdown.stdout.contains("## History"), "{}", markdown.stdout);

    // Without a number it is the team's latest one, and a team without a run is told.
    let one: RunResult = parsed(&lab.labctl(&["report", "--team", "quant", "--format", "json"]));
    assert_eq!(one.run_id, "night-4");
    lab.labctl(&["report", "latest:5", "--team", "nobody"]).fails(2, &["no run of team `nobody`"]);
    let few = lab.labctl(&["report", "latest:9", "--team", "quant", "--format", "json"]);
    assert!(few.stderr.contains("5 of the 9"), "{few:#?}");
}

#[test]
fn a_file_that_is_no_result_is_passed_over_and_told() {
    let lab = Lab::new();
    let run = measured(&lab, &Server::good(), &[]);
    nights(&lab, &run, |_, _| ());
    fs::write(lab.path("results/broken.json"), "{").unwrap();
    let ended = lab.labctl(&["report", "latest:6", "--format", "json"]);
    let report: RunsReport = parsed(&ended);
    assert_eq!(report.runs.len(), 6);
    assert_eq!(ended.stderr.matches("warning").count(), usize::from(ended.stderr.contains("broken")));
}

#[test]
fn three_models_head_to_head() {
    let lab = Lab::new();
    let (good, bad) = (passing(1.0), passing(0.0));
    let named = |name: &str, server: &Server| {
        let mut run = measured(&lab, server, &[]);
        run.candidate.model = name.to_owned();
        kept(&lab, name, &run);
        run
    };
    named("best", &good);
    named("worst", &bad);
    let mut third = named("third", &bad);
    let files = ["best.json", "worst.json", "third.json"];
    let report = |extra: &[&str]| lab.labctl(&[&["report"], &files[..], extra].concat());
    let json = report(&["--format", "json"]);
    let told: RunsReport = parsed(&json);
    follows("runs.schema.json", &json.stdout);
    let [table] = told.head_to_head.as_slice() else { panic!("{told:#?}") };
    assert_eq!((table.sides.len(), table.lines.len(), table.common_prompts), (3, 3, PROMPTS));
    assert_eq!(table.lines[0].pass_rate.unwrap().passed, PROMPTS);
    assert_eq!(table.lines[1].categories.len(), 2);
    assert_eq!(table.standings[0].winner, Some(0));
    assert!(told.histories.is_empty() && told.apart.is_empty(), "{told:#?}");
    let text = report(&[]);
    for part in ["Which is best: best, worst, third?", "Models", "not settled"] {
        assert!(text.stdout.contains(part), "no `{part}` in {}", text.stdout);
    }
    // Whether a speed is settled too is up to the machine.
    let won = ["best passed more than any other", "best: more prompts passed than any other"];
    assert!(won.iter().any(|won| text.stdout.contains(won)), "{}", text.stdout);
    report(&["-o", "models.html"]).succeeds().prints_nothing();
    assert!(fs::read_to_string(lab.path("models.html")).unwrap().contains("data-chart=\"models-0\""));
    // The same page by `compare`.
    let compare = ["compare", "best.json", "worst.json", "third.json", "-o", "compared.html"];
    lab.labctl(&compare).succeeds().prints_nothing();
    assert!(fs::read_to_string(lab.path("compared.html")).unwrap().contains("data-chart=\"models-0\""));
    let two = ["compare", "best.json", "worst.json", "--format", "html"];
    let page = lab.labctl(&two);
    assert!(page.stdout.contains("data-chart=\"delta-forest\"") && page.stdout.contains("not run again"));

    // One that can't be held against the others is told, and left out.
    third.sampling.temperature = 1.0;
    kept(&lab, "third", &third);
    let told: RunsReport = parsed(&report(&["--format", "json"]));
    assert_eq!(told.head_to_head[0].sides.len(), 2);
    let [apart] = told.apart.as_slice() else { panic!("{:#?}", told.apart) };
    assert_eq!((apart.model.as_str(), apart.left_out_of), ("third", LeftOutOf::Everything));
    assert!(apart.because.iter().any(|reason| reason.contains("temperature")), "{apart:?}");
    let forced: RunsReport = parsed(&report(&["--format", "json", "--force"]));
    assert_eq!(forced.head_to_head[0].sides.len(), 3);
    assert!(report(&["--force"]).stdout.contains("Not known: not all of them can be compared soundly"));
}

#[test]
fn runs_that_have_nothing_in_common_are_refused() {
    let lab = Lab::new();
    let run = measured(&lab, &Server::good(), &[]);
    let mut other = RunResult { run_id: "other".to_owned(), ..run.clone() };
    other.prompt_set.name = "another".to_owned();
    other.prompt_set.sha256 = "0".repeat(64);
    other.candidate.model = "another".to_owned();
    kept(&lab, "other", &other);
    lab.labctl(&["report", &run.run_id, "other.json"])
        .fails(3, &["can't be put together", &run.run_id, "`other`", "the prompt sets differ", "--intersect"])
        .prints_nothing();
}

#[test]
fn what_asks_for_no_report_is_refused() {
    let lab = Lab::new();
    let run = measured(&lab, &Server::good(), &[]);
    let id = run.run_id.as_str();
    kept(&lab, "copy", &RunResult { run_id: "copy".to_owned(), status: RunStatus::Complete, ..run.clone() });
    let templates = lab.path("templates");
    fs::create_dir(&templates).unwrap();
    fs::write(templates.join("report.md"), "# {{ report.title }}\n{{ report.nothing }}\n").unwrap();
    for (arguments, parts) in [
        (&["report", id, "-o", "x.pdf"][..], &["`.pdf`", "`--format`"][..]),
        (&["report", id, "-o", "name"], &["`--output name`", "no ending", "`--format`"]),
        (&["report", id, "--force"], &["`--force`", "one run"]),
        (&["report", id, "--team", "quant"], &["`--team`", "latest:5"]),
        (&["report", "latest:0"], &["`latest:5`"]),
        (&["report", id, "copy.json", "--baseline", id], &["one run", "2 are named"]),
        (&["report", id, "copy.json", "--why-different"], &["one run", "2 are named"]),
        (&["report", id, "--definitions", "vllm", "--format", "html"], &["text, Markdown or JSON"]),
        (&["report", id, "--template-dir", "nowhere", "--format", "html"], &["`nowhere` is not a folder"]),
        (&["report", id, "--template-dir", "templates", "--format", "json"], &["no template"]),
        (&["report", id, "--template-dir", "templates", "-o", "x.md"], &["report.md:2", "nothing"]),
    ] {
        lab.labctl(arguments).fails(2, parts).prints_nothing();
    }
    for arguments in [&["report", id, "--html", "a.html"][..], &["report", id, "--markdown", "a.md"]] {
        assert_eq!(lab.labctl(arguments).code, 2, "{arguments:?}");
    }
    // A good one is taken in place of the shipped one.
    fs::write(templates.join("report.md"), "# mine: {{ report.title }}\n").unwrap();
    let mine = lab.labctl(&["report", id, "--template-dir", "templates", "--format", "markdown"]);
    assert!(mine.stdout.starts_with("# mine: "), "{}", mine.stdout);
    // Named twice it counts once, and is one run.
    let twice = lab.labctl(&["report", id, "latest", "--format", "json"]);
    assert!(twice.stderr.contains("named twice"), "{twice:#?}");
    assert_eq!(parsed::<RunResult>(&twice).run_id, run.run_id);
}
