//! Layers, variations, plan values and errors of experiments.

mod mistakes;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::json;
use tempfile::TempDir;

use super::loading::Loading;
use super::{SettingsLoader, Variation};
use crate::cli::args::{BenchArgs, Cli, Command, RunArgs};
use crate::cli::settings::SettingsError;
use crate::model::load::{Arrival, Find, LoadAxis, LoadProfile, RetryPolicy, Stage, Start, Sweep};
use crate::model::workload::{CacheMode, Length, WorkloadSpec};

/// A folder of experiments.
struct Folder {
    dir: TempDir,
}

impl Folder {
    fn of(files: &[(&str, &str)]) -> Self {
        let dir = TempDir::new().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { dir }
    }

    fn loader(&self) -> SettingsLoader {
        SettingsLoader { working_dir: self.dir.path().to_owned(), ..SettingsLoader::default() }
    }

    /// The runs of `labctl run` with these arguments.
    fn variations(&self, arguments: &str) -> Result<Vec<Variation>, SettingsError> {
        let args = run(arguments);
        self.loader().variations(args.experiment.as_deref(), &args)
    }

    fn only(&self, arguments: &str) -> Variation {
        let mut runs = self.variations(arguments).unwrap_or_else(|error| panic!("{arguments}: {error}"));
        assert_eq!(runs.len(), 1);
        runs.remove(0)
    }
}

fn parse(command: &str, arguments: &str) -> Command {
    let words = ["labctl", command].into_iter().chain(arguments.split_whitespace());
    Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{error}")).command
}

fn run(arguments: &str) -> RunArgs {
    match parse("run", arguments) {
        Command::Run(args) => *args,
        other => panic!("not a run: {other:?}"),
    }
}

fn bench(arguments: &str) -> BenchArgs {
    match parse("bench", arguments) {
        Command::Bench(args) => *args,
        other => panic!("not a bench: {other:?}"),
    }
}

/// The load that flags alone ask for, beside a configured concurrency of 10.
fn loading(arguments: &str) -> Loading {
    Loading::of(&Folder::of(&[]).only(arguments).experiment, 10, false)
}

fn stage(from_rate: Option<f64>, rate: f64, duration_s: Option<f64>) -> Stage {
    Stage { rate, from_rate, duration_s }
}

#[test]
fn without_flags_and_file_the_load_is_what_it_was() {
    let plain = loading("");
    assert_eq!((plain.concurrency, plain.profile), (10, LoadProfile::closed(10)));
    assert_eq!((plain.sweep, plain.find, plain.retry), (None, None, RetryPolicy::default()));
    assert_eq!(loading("-c 4").profile, LoadProfile::closed(4));
}

#[test]
fn flags_become_a_profile() {
    assert_eq!(
        loading("--concurrency 8 --ramp-up 5 --duration 1m --warmup-time 5s --cooldown-time 2 --grace 0")
            .profile,
        LoadProfile {
            start: Start::Concurrency { concurrency: 8, ramp_up_s: 5.0 },
            duration_s: Some(60.0),
            warmup_s: 5.0,
            cooldown_s: 2.0,
            grace_s: 0.0,
        }
    );
    let rate = |stages, arrival, burstiness, max_in_flight| Start::Rate {
        stages,
        arrival,
        burstiness,
        max_in_flight,
    };
    assert_eq!(
        loading("--rate 2.5").profile.start,
        rate(vec![stage(None, 2.5, None)], Arrival::Poisson, 1.0, None)
    );
    assert_eq!(
        loading("--rate 2 --burstiness 0.5 --max-in-flight 7 --ramp-up 10").profile.start,
        rate(vec![stage(Some(0.0), 2.0, Some(10.0)), stage(None, 2.0, None)], Arrival::Gamma, 0.5, Some(7))
    );
    let ramped = loading("--stages 2:30,2..10:60,10:30 --arrival constant");
    let stages =
        vec![stage(None, 2.0, Some(30.0)), stage(Some(2.0), 10.0, Some(60.0)), stage(None, 10.0, Some(30.0))];
    assert_eq!(ramped.profile.start, rate(stages, Arrival::Constant, 1.0, None));
    assert_eq!(ramped.profile.duration_s, Some(120.0), "as long as its stages");
    assert_eq!(loading("--stages 2:30,4").profile.duration_s, None, "the last goes on");
    assert_eq!(loading("--batch 16").profile.start, Start::Batch { size: 16 });
    assert_eq!(loading("--batch 16").concurrency, 16);
    assert_eq!(loading("--rate 3 --max-in-flight 4").concurrency, 4);
}

#[test]
fn a_trace_is_replayed_unless_the_load_is_given() {
    let of =
        |arguments: &str, has_trace| Loading::of(&Folder::of(&[]).only(arguments).experiment, 10, has_trace);
    let trace = |speed, max_in_flight| Start::Trace { speed, max_in_flight };
    assert_eq!(of("--workload t.jsonl", true).profile.start, trace(1.0, None));
    assert_eq!(
        of("--workload t.jsonl --trace-speed 2 --max-in-flight 9", true).profile.start,
        trace(2.0, Some(9))
    );
    assert_eq!(of("--workload t.jsonl -c 3", true).profile.start, Start::concurrency(3));
    assert_eq!(of("--workload t.jsonl", false).profile.start, Start::concurrency(10));
    assert!(matches!(of("--workload t.jsonl --rate 3", true).profile.start, Start::Rate { .. }));
}

#[test]
fn sweeps_and_searches_become_levels() {
    let sweep = loading("--sweep concurrency=1,2,4..16 --no-stop-past-saturation --duration 5");
    let values = vec![1.0, 2.0, 4.0, 8.0, 16.0];
    assert_eq!(sweep.sweep, Some(Sweep { axis: LoadAxis::Concurrency, values, stop_past_saturation: false }));
    assert_eq!((sweep.concurrency, sweep.profile.start), (1, Start::concurrency(1)));
    let rates = loading("--sweep rate=2,0.5");
    assert_eq!(
        rates.sweep,
        Some(Sweep { axis: LoadAxis::Rate, values: vec![2.0, 0.5], stop_past_saturation: true })
    );
    assert!(
        matches!(&rates.profile.start, Start::Rate { stages, .. } if stages[..] == [stage(None, 2.0, None)])
    );
    let find = loading("--find max-rate --slo ttft_p95_ms<=500");
    assert_eq!(find.find, Some(Find { axis: LoadAxis::Rate, from: 1.0, to: 1024.0, resolution: 0.05 }));
    assert_eq!(find.profile.duration_s, Some(30.0), "a probe has a length");
    let find = loading(
        "--find max-concurrency --find-from 2 --find-to 32 --find-resolution 0.1 -n 50 --slo e2e_ms<=9000",
    );
    assert_eq!(find.find, Some(Find { axis: LoadAxis::Concurrency, from: 2.0, to: 32.0, resolution: 0.1 }));
    assert_eq!((find.concurrency, find.profile.duration_s), (2, None));
}

#[test]
fn flags_become_a_workload_objectives_and_limits() {
    let of = |arguments: &str| Folder::of(&[]).only(arguments).experiment;
    let made = of(
        "--input-tokens 64..128 --output-tokens normal:mean=50,sd=5 --prompts 9 --shared-prefix 2x100 --turns 3 \
         --think-time 1.5 --exact-output --cache as-is --tokenizer t/tokenizer.json --models a=3,b=1 --salt abc",
    );
    let Some(WorkloadSpec::Synthetic(synthetic)) = &made.workload else { panic!("{made:?}") };
    assert_eq!(synthetic.input_tokens, Length::Uniform { min: 64, max: 128 });
    assert_eq!((synthetic.prompts, synthetic.shared_prefix.as_ref().unwrap().tokens), (Some(9), 100));
    let turns = synthetic.conversation.as_ref().unwrap();
    assert_eq!((&turns.turns, turns.think_time_s), (&Length::Fixed { value: 3 }, 1.5));
    let options = &made.workload_options;
    assert_eq!((options.cache, options.exact_output), (Some(CacheMode::AsIs), true));
    assert_eq!(options.tokenizer_file.as_deref(), Some(Path::new("t/tokenizer.json")));
    assert_eq!(options.models[0].model, "a");
    assert_eq!(made.salt.as_deref(), Some("abc"));
    let file = of("--workload x.csv --workload-format azure --workload-limit 7 --output-tokens 20");
    assert_eq!(
        json!(file.workload),
        json!({"type": "file", "file": "x.csv", "format": "azure", "limit": 7,
               "output_tokens": {"distribution": "fixed", "value": 20}})
    );
    let limits = of("--retry 429,503 --max-output-tokens-total 1000");
    let loading = Loading::of(&limits, 10, false);
    assert_eq!(loading.retry, RetryPolicy { statuses: vec![429, 503], attempts: 3 });
    assert_eq!(limits.load.max_output_tokens_total, Some(1000));
    let once = of("--retry 500 --retry-attempts 1");
    assert_eq!(Loading::of(&once, 10, false).retry.attempts, 1);
    let slos = Folder::of(&[]).only("--slo ttft_p95_ms<=500,pass_rate>=0.9 --slo e2e_p99_ms<=9000").slos;
    assert_eq!(slos.len(), 3);
}

const BASE: &str = "\
name: base
endpoint: awq
workload:
  type: synthetic
  input_tokens: {distribution: fixed, value: 100}
  output_tokens: {distribution: uniform, min: 10, max: 20}
load: {type: open, rate: 8, burstiness: 0.5, duration_s: 20, requests: 100}
slos: [ttft_p95_ms<=500]
labels: {team: a, site: b}
";

#[test]
fn an_experiment_extends_another() {
    let child = "\
extends: ../base.yaml
name: child
workload: {input_tokens: {value: 7}, output_tokens: {distribution: fixed, value: 5}}
load: {burstiness: null, duration_s: 30}
slos: [tpot_p95_ms<=50, e2e_p95_ms<=1000]
labels: {site: c}
";
    let folder = Folder::of(&[("base.yaml", BASE), ("sub/child.yaml", child)]);
    let run = folder.only("sub/child.yaml");
    let merged = &run.experiment;
    assert_eq!((merged.name.as_deref(), merged.endpoint.as_deref()), (Some("child"), Some("awq")));
    assert_eq!(
        (merged.load.rate, merged.load.burstiness, merged.load.duration_s),
        (Some(8.0), None, Some(30.0))
    );
    assert_eq!(merged.slos, ["tpot_p95_ms<=50", "e2e_p95_ms<=1000"], "a list replaces a list");
    assert_eq!(json!(merged.labels), json!({"team": "a", "site": "c"}));
    let Some(WorkloadSpec::Synthetic(made)) = &merged.workload else { panic!() };
    assert_eq!(made.input_tokens, Length::Fixed { value: 7 });
    assert_eq!(made.output_tokens, Length::Fixed { value: 5 }, "another distribution replaces the whole");
    assert_eq!(run.provenance.get("load.rate").to_string(), "sub/../base.yaml:7");
    assert_eq!(run.provenance.get("load.duration_s").to_string(), "sub/child.yaml:4");
}

#[test]
fn the_kind_alone_takes_nothing_away() {
    let base = "load: {rate: 4}\nsweep: {load.rate: [1, 2]}\n";
    let child = "extends: base.yaml\nload: {type: open, arrival: constant}\n";
    let run = Folder::of(&[("base.yaml", base), ("child.yaml", child)]).only("child.yaml");
    assert_eq!(run.experiment.load.rate, Some(4.0));
    assert!(run.experiment.sweep.contains_key("load.rate"));
}

#[test]
fn files_in_an_experiment_are_relative_to_it() {
    let text = "workload: {type: file, file: traces/a.jsonl}\nworkload_options: {tokenizer_file: ../tokenizer.json}\n";
    let run = Folder::of(&[("lab/x.yaml", text)]).only("lab/x.yaml");
    let Some(WorkloadSpec::File { file, .. }) = &run.experiment.workload else { panic!() };
    assert_eq!(file, Path::new("lab/traces/a.jsonl"));
    assert_eq!(run.experiment.workload_options.tokenizer_file, Some(PathBuf::from("lab/../tokenizer.json")));
}

#[test]
fn flags_win_over_the_file() {
    let folder = Folder::of(&[("base.yaml", BASE)]);
    let of = |flags: &str| folder.only(&format!("base.yaml {flags}"));
    assert_eq!(of("--rate 3").experiment.load.rate, Some(3.0));
    assert_eq!(
        of("--rate 3").experiment.load.burstiness,
        Some(0.5),
        "the rest of the same kind of load stays"
    );
    let closed = of("-c 4").experiment.load;
    assert_eq!(
        (closed.kind, closed.rate, closed.burstiness, closed.concurrency),
        (None, None, None, Some(4))
    );
    assert_eq!(closed.duration_s, Some(20.0));
    assert_eq!(of("--stages 1:30").experiment.load.rate, None);
    let swept = of("--sweep concurrency=1,2").experiment;
    assert_eq!((swept.load.kind, swept.load.rate), (None, None));
    assert!(of("--find max-rate").experiment.find.is_some());
    assert_eq!(of("--slo e2e_p95_ms<=9").experiment.slos, ["e2e_p95_ms<=9"]);
    assert_eq!(of("--label site=c").experiment.labels["team"], "a");
    assert_eq!(of("--repeats 2").experiment.load.requests, None);
    let url = of("--url http://h/v1").experiment;
    assert_eq!((url.endpoint, url.url.as_deref()), (None, Some("http://h/v1")));
    let set = of("--promptset canary").experiment.workload;
    assert_eq!(set, Some(WorkloadSpec::PromptSet { name: "canary".to_owned() }));
    let Some(WorkloadSpec::Synthetic(made)) = of("--input-tokens 5..6").experiment.workload else { panic!() };
    assert_eq!(made.input_tokens, Length::Uniform { min: 5, max: 6 });
    assert_eq!(made.output_tokens, Length::Uniform { min: 10, max: 20 });
}

#[test]
fn a_flag_chooses_another_kind_than_the_files_sweep() {
    let text =
        "load: {duration_s: 5}\nsweep: {load.concurrency: [1, '2..8'], sampling.temperature: [0, 1]}\n";
    let folder = Folder::of(&[("x.yaml", text)]);
    let runs = folder.variations("x.yaml").unwrap();
    assert_eq!(Loading::of(&runs[1].experiment, 10, false).sweep.unwrap().values, [1.0, 2.0, 4.0, 8.0]);
    let runs = folder.variations("x.yaml --rate 3").unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(Loading::of(&runs[1].experiment, 10, false).sweep, None);
}

#[test]
fn other_fields_become_runs() {
    let text = format!(
        "{BASE}sweep:\n  workload.input_tokens.value: [16, 32]\n  load.rate: [1, 2]\n  endpoint: [awq, fp16, lora]\n"
    );
    let runs = Folder::of(&[("x.yaml", &text)]).variations("x.yaml").unwrap();
    let values: Vec<Vec<&str>> =
        runs.iter().map(|run| run.values.iter().map(|(_, value)| value.as_str()).collect()).collect();
    assert_eq!(
        values,
        [["16", "awq"], ["16", "fp16"], ["16", "lora"], ["32", "awq"], ["32", "fp16"], ["32", "lora"]]
    );
    for run in &runs {
        let sweep = Loading::of(&run.experiment, 10, false).sweep.unwrap();
        assert_eq!(
            (sweep.axis, sweep.values),
            (LoadAxis::Rate, vec![1.0, 2.0]),
            "the levels are inside each"
        );
    }
    let last = &runs[5];
    assert_eq!(last.experiment.endpoint.as_deref(), Some("lora"));
    let Some(WorkloadSpec::Synthetic(made)) = &last.experiment.workload else { panic!() };
    assert_eq!(made.input_tokens, Length::Fixed { value: 32 });
    let args = last.complete_run(&run("x.yaml")).unwrap();
    let labels: Vec<String> = args.load.label.iter().map(ToString::to_string).collect();
    assert_eq!(
        labels,
        ["endpoint=lora", "experiment=base", "site=b", "team=a", "workload.input_tokens.value=32"]
    );
    let by_flag =
        Folder::of(&[]).variations("--sweep sampling.temperature=0,0.7 --sweep endpoint=awq,fp16").unwrap();
    assert_eq!(by_flag.len(), 4);
    assert_eq!(by_flag[3].experiment.sampling.temperature, Some(0.7));
}

#[test]
fn commands_get_their_flags_back() {
    let text = "team: quant\ncompare_baseline: true\nload: {concurrency: 3, requests: 5, warmup: 0}\n\
                sampling: {temperature: 0.5, seed: 9, max_tokens: 7}\nworkload: {type: prompt_set, name: canary}\n";
    let folder = Folder::of(&[("x.yaml", text)]);
    let args = bench("x.yaml --seed 1");
    let run = folder.loader().variations(args.experiment.as_deref(), &args).unwrap().remove(0);
    let args = run.complete_bench(&args);
    assert_eq!((args.team.as_deref(), args.wants_baseline()), (Some("quant"), true));
    assert_eq!(args.promptset.as_deref(), Some("canary"));
    assert_eq!((args.load.concurrency, args.load.requests, args.load.warmup), (Some(3), Some(5), Some(0)));
    assert_eq!((args.load.temperature, args.load.seed, args.load.max_tokens), (Some(0.5), Some(1), Some(7)));
    let settings = run.loader(&folder.loader()).load(&args).unwrap();
    assert_eq!(settings.provenance.get("defaults.concurrency").to_string(), "x.yaml:3");
    assert_eq!(settings.provenance.get("defaults.seed").to_string(), "--seed");
}
