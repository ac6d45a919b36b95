//! What is said of a wrong experiment.

use super::*;

/// What is said of the file `x.yaml` with this text.
fn said(text: &str, flags: &str) -> String {
    let folder = Folder::of(&[("x.yaml", text)]);
    match folder.variations(&format!("x.yaml {flags}")) {
        Ok(runs) => panic!("{text} {flags}: {runs:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn mistakes_in_a_file_are_named_with_place_and_remedy() {
    let mut wrong = Vec::new();
    for (text, expected) in [
        ("load:\n  rat: 3\n", "x.yaml:2:3: unknown field `rat` in `load`; did you mean `rate`?"),
        ("rate: 3\n", "x.yaml:1:1: unknown field `rate` at the top level; did you mean `load.rate`?"),
        ("load: {rate: 0}\n", "x.yaml:1:14: `load.rate` must be above 0"),
        ("load: {rate: -2}\n", "x.yaml:1:14: `load.rate` must be above 0"),
        ("load: {rate: 2, burstiness: 0}\n", "x.yaml:1:29: `load.burstiness` must be above 0"),
        ("load: {concurrency: 0}\n", "x.yaml:1:21: `load.concurrency` must be at least 1"),
        (
            "load:\n  rate: 2\n  concurrency: 3\n",
            "x.yaml:3:16: `load.concurrency` doesn't go with `load.rate` (x.yaml:2:9): keep one of them",
        ),
        (
            "load: {type: batch, batch_size: 2, rate: 1}\n",
            "x.yaml:1:42: `load.rate` doesn't go with `load.type: batch` (x.yaml:1:14)",
        ),
        ("load: {type: open}\n", "x.yaml:1:14: `load.type` needs `load.rate` or `load.stages`"),
        (
            "load: {type: bach}\n",
            "x.yaml:1:14: `load.type` must be one of `single`, `batch`, `concurrent`, `multi_turn`, `open`, `trace`, not this text; did you mean `batch`?",
        ),
        (
            "load: {duration_s: 10, warmup_s: 8, cooldown_s: 2}\n",
            "x.yaml:1:34: `load.warmup_s` leaves nothing to measure: warm-up and cool-down take 10 s of 10 s (`load.duration_s`)",
        ),
        (
            "load: {cooldown_s: 2}\n",
            "x.yaml:1:20: `load.cooldown_s` is cut off the end of `load.duration_s` (`--duration`): give it too",
        ),
        (
            "load: {stages: [{rate: 2}, {rate: 3, duration_s: 4}]}\n",
            "x.yaml:1:16: `load.stages` number 1 has no time; only the last one may leave it out",
        ),
        ("load: {stages: [{duration_s: 4}]}\n", "x.yaml:1:17: `load.stages` has no `rate`"),
        (
            "load: {speed: 2}\n",
            "x.yaml:1:15: `load.speed` replays a trace: give `workload.file` (`--workload`) with one",
        ),
        (
            "load: {retry: {statuses: [200]}}\n",
            "x.yaml:1:26: `load.retry.statuses` must be HTTP statuses of failures, 400 to 599",
        ),
        (
            "sweep: {load.rate: [1, 0]}\n",
            "x.yaml:1:20: `sweep.\"load.rate\"` has 0: every value must be above 0",
        ),
        (
            "sweep: {load.concurrency: [1.5]}\n",
            "x.yaml:1:27: `sweep.\"load.concurrency\"` has 1.5: requests in flight are whole",
        ),
        (
            "sweep: {load.rate: [1], load.concurrency: [1]}\n",
            "x.yaml:1:1: `sweep` has both `load.concurrency` and `load.rate`: keep one of them",
        ),
        (
            "sweep: {sampling.temprature: [1]}\n",
            "x.yaml:1:9: unknown field `temprature` in `sampling`; did you mean `temperature`?",
        ),
        ("sweep: {endpoint: []}\n", "x.yaml:1:9: `sweep` has no value for `endpoint`"),
        (
            "sweep: {load.rate: 3}\n",
            "x.yaml:1:20: `sweep.\"load.rate\"` must be a list, each item any value, not this number",
        ),
        ("find: {axis: rate}\n", "x.yaml:1:1: `find` has nothing to meet: give `slos` (`--slo`)"),
        (
            "slos: [ttft_p95_ms<=5]\nfind: {axis: rate, from: 9, to: 3}\n",
            "x.yaml:2:33: `find.to` leaves nothing to search: from 9 to 3",
        ),
        (
            "slos: [ttft_p95_ms<=5]\nfind: {axis: rate}\nsweep: {load.rate: [1]}\n",
            "x.yaml:2:1: `find` searches the load, and `sweep` gives it: keep one of them",
        ),
        ("workload: {type: synthetic}\n", "x.yaml:1:11: `workload` has no `input_tokens`"),
        ("workload: {name: canary}\n", "x.yaml:1:11: `workload` has no `type`"),
        (
            "workload: {type: file, file: a, prompts: 3}\n",
            "x.yaml:1:33: unknown field `prompts` in `workload`; known: `file`, `format`, `limit`, `output_tokens`, `type`",
        ),
        (
            "workload: {type: prompts}\n",
            "x.yaml:1:18: `workload.type` must be one of `prompt_set`, `synthetic`, `file`, not this text",
        ),
        ("salt: 'a b'\n", "x.yaml:1:7: `salt` must be 1 to 64 ASCII letters, digits and hyphens"),
        (
            "- a\n",
            "x.yaml:1:1: `experiment` must be a map with fields such as `name`, `description`, `extends`, `team`, not a list",
        ),
    ] {
        let said = said(text, "");
        if said != expected {
            wrong.push(format!("{text}  said:     {said}\n  expected: {expected}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
    let metric = said("slos: [ttft_p95<=500, tttft_ms<=3]\n", "");
    assert!(metric.starts_with("x.yaml:1:7: `slos` can't be read: "), "{metric}");
    assert!(metric.contains("ttft_ms") && metric.contains("pass_rate"), "the metrics are listed: {metric}");
}

#[test]
fn mistakes_on_the_command_line_are_named_by_their_flag() {
    let plain = |flags: &str| said("{}\n", flags);
    let mut wrong = Vec::new();
    for (flags, expected) in [
        ("--rate 0", "--rate: `load.rate` must be above 0"),
        ("--rate -1", "--rate: `load.rate` must be above 0"),
        ("--rate 3 --burstiness 0", "--burstiness: `load.burstiness` must be above 0"),
        (
            "--rate 3 -c 4",
            "--concurrency: `load.concurrency` doesn't go with `load.rate` (--rate): keep one of them",
        ),
        (
            "--batch 3 --rate 4",
            "--batch: `load.batch_size` doesn't go with `load.rate` (--rate): keep one of them",
        ),
        (
            "--trace-speed 2",
            "--trace-speed: `load.speed` replays a trace: give `workload.file` (`--workload`) with one",
        ),
        (
            "--burstiness 2",
            "--burstiness: `load.burstiness` is of an open loop: give `load.rate` (`--rate`) or `load.stages` too",
        ),
        (
            "--rate 3 --arrival poisson --burstiness 2",
            "--burstiness: `load.burstiness` is the shape of `load.arrival: gamma` alone",
        ),
        (
            "--sweep rate=1,2 --find max-rate --slo e2e_ms<=3",
            "--find: `find` searches the load, and `sweep` gives it: keep one of them",
        ),
        (
            "--sweep rate=1,2 -c 3",
            "--concurrency: `load.concurrency` doesn't go with a `sweep` over the rate",
        ),
        (
            "--sweep concurrency=1,2 --batch 3",
            "--batch: `load.batch_size` doesn't go with a `sweep` over the concurrency",
        ),
        ("--find max-rate", "--find: `find` has nothing to meet: give `slos` (`--slo`)"),
        ("--find-to 3", "`--find-to` bounds a search: give `--find` too"),
        (
            "--duration 5 --warmup-time 5",
            "--warmup-time: `load.warmup_s` leaves nothing to measure: warm-up and cool-down take 5 s of 5 s (`load.duration_s`)",
        ),
        ("--duration 0", "--duration: `load.duration_s` must be above 0"),
        ("--retry 200", "--retry: `load.retry.statuses` must be HTTP statuses of failures, 400 to 599"),
        (
            "--retry-attempts 2",
            "--retry-attempts: `load.retry` needs `statuses` (`--retry`): which failures are sent again",
        ),
        (
            "--promptset a --workload b",
            "`--promptset` and `--workload` are of different workloads: keep one of them",
        ),
        (
            "--input-tokens 5 --workload b",
            "`--input-tokens` and `--workload` are of different workloads: keep one of them",
        ),
        ("--input-tokens 5", "--input-tokens: `workload` has no `output_tokens`"),
        ("--sweep load.rte=1", "--sweep: unknown field `rte` in `load`; did you mean `rate`?"),
        (
            "--stages 1:5 --duration 9",
            "--duration: `load.duration_s` is longer than its stages together, 5 s",
        ),
    ] {
        let said = plain(flags);
        if said != expected {
            wrong.push(format!("{flags}\n  said:     {said}\n  expected: {expected}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn flags_that_cannot_be_read_say_what_is_expected() {
    for (flags, part) in [
        ("--sweep concurrency=1,x", "`x` is no load: expected a number, `1..256` (doubling)"),
        ("--sweep concurrency", "expected `concurrency=1,2,4..256`"),
        ("--duration soon", "expected a time such as `90`, `90s`, `5m` or `1h`"),
        ("--stages 5", "stages"),
        ("--input-tokens many", "`lognormal:median=512,sigma=0.7`"),
        ("--shared-prefix 4", "`4x1024`"),
        ("--retry all", "`429,503`"),
        ("--models a", "`a=3,b=1`"),
    ] {
        let words = ["labctl", "run"].into_iter().chain(flags.split(' '));
        match Cli::try_parse_from(words) {
            Ok(_) => assert_eq!(flags, "--stages 5", "{flags} was read"),
            Err(error) => assert!(error.to_string().contains(part), "{flags}: {error}"),
        }
    }
}

#[test]
fn chains_of_experiments_are_told() {
    let folder = Folder::of(&[
        ("a.yaml", "extends: b.yaml\n"),
        ("b.yaml", "extends: sub/../a.yaml\n"),
        ("sub/x.yaml", ""),
        ("c.yaml", "extends: d.yaml\n"),
        ("d.yaml", "extends: e.yaml\n"),
        ("wrong.yaml", "extends: base.yaml\n"),
        ("base.yaml", "load: {rate: 0}\n"),
    ]);
    let said = |file: &str| folder.variations(file).unwrap_err().to_string();
    assert_eq!(
        said("a.yaml"),
        "an experiment can't extend itself: `a.yaml` extends `b.yaml` extends `sub/../a.yaml`"
    );
    assert_eq!(
        said("c.yaml"),
        "could not read the experiment `e.yaml`, which is extended by `d.yaml`, which is extended by `c.yaml`"
    );
    assert_eq!(said("none.yaml"), "could not read the experiment `none.yaml`");
    assert_eq!(said("wrong.yaml"), "base.yaml:1:14: `load.rate` must be above 0");
}

#[test]
fn a_run_has_no_baseline() {
    let folder = Folder::of(&[("x.yaml", "team: quant\n")]);
    let error = folder.only("x.yaml").complete_run(&run("x.yaml")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "x.yaml:1:7: `team` is for `labctl bench`; `labctl run` measures one endpoint"
    );
}
