//! Which prompts are sent, `bench --all`, `bench --aa`, and what is told of them afterwards.

use std::collections::BTreeSet;
use std::fs;

use labctl::results::store::load_file;
use serde_json::Value;

use crate::support::Lab;

/// Flags of a simulated bench that takes a second at most.
const FAST: [&str; 3] = ["--simulator-speed", "100", "--no-report"];

fn bench(lab: &Lab, arguments: &[&str]) -> crate::support::Ended {
    lab.labctl(&[&["bench"], arguments, &FAST[..]].concat())
}

#[test]
fn a_sample_keeps_each_categorys_share_and_is_told() {
    let lab = Lab::new();
    bench(&lab, &["--team", "quant", "--promptset", "benchmark-quant", "--sample", "25"]).succeeds();
    let result = lab.result();
    assert_eq!(result.rows.len(), 25);
    let categories: Vec<(&str, usize)> =
        result.prompt_set.categories.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(categories, [("code", 5), ("factual", 5), ("long_form", 5), ("math", 5), ("reasoning", 5)]);
    let selection = result.prompt_set.selection.as_ref().unwrap();
    assert_eq!((selection.sample, selection.of_prompts), (Some(25), 250));
    let shown = lab.labctl(&["report", "latest", "--format", "text"]);
    assert!(shown.stdout.contains("25 prompts of 250"), "{}", shown.stdout);
}

#[test]
fn categories_tags_and_contexts_are_chosen_and_mistakes_told() {
    let lab = Lab::new();
    let of = |flags: &[&str]| {
        let all = [&["--team", "quant", "--promptset", "benchmark-quant"], flags].concat();
        bench(&lab, &all)
    };
    of(&["--categories", "math", "--skip-tags", "long_context", "--requests", "3"]).succeeds();
    assert!(lab.result().rows.iter().all(|row| row.category == "math"));
    of(&["--categories", "maths"]).fails(2, &["has no category `maths`", "`math`"]);
    of(&["--tags", "no_such_tag"]).fails(2, &["has the tag `no_such_tag`", "`long_context`"]);
    let other = Lab::new();
    let small = ["--team", "quant", "--promptset", "benchmark-quant", "--max-context", "3000"];
    bench(&other, &small).succeeds();
    let result = other.result();
    let left_out = result.prompt_set.selection.as_ref().unwrap().too_long;
    assert!(left_out >= 10, "{left_out}");
    assert_eq!(result.rows.len() as u64, 250 - left_out);
    assert!(result.warnings.iter().any(|warning| warning.contains("were left out")), "{:?}", result.warnings);
}

#[test]
fn the_baseline_against_itself_is_noise() {
    let lab = Lab::new();
    let ended = bench(&lab, &["--team", "quant", "--promptset", "quant-quality", "--aa"]);
    ended.succeeds();
    let result = lab.result();
    let baseline = result.baseline.as_ref().unwrap();
    assert_eq!((baseline.endpoint.as_str(), result.candidate.endpoint.as_str()), ("fp16", "fp16"));
    assert_eq!(result.rows.len(), 30);
    // One profile answers one seed alike: no pair differs.
    assert_eq!(result.comparison.as_ref().unwrap().overall.losses, 0);
    let said = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    // On a busy machine the speeds of the two may differ.
    let words = ["0 of 30 pairs", "One model against itself differs"];
    assert!(said.contains("noise") && words.iter().any(|words| said.contains(words)), "{said}");
}

#[test]
fn an_endpoint_alone_is_run_against_itself_and_its_noise_held_against_a_comparison() {
    let lab = Lab::new();
    let set = ["--promptset", "quant-quality"];
    bench(&lab, &[&set[..], &["--endpoint", "fp16", "--aa"]].concat()).succeeds();
    let noise = lab.result().run_id;
    let compared = ["--team", "quant", "--compare-baseline", "--noise", noise.as_str()];
    let ended = bench(&lab, &[&set[..], &compared].concat());
    ended.succeeds();
    assert!(ended.stdout.contains("A/A rate"), "{}", ended.stdout);
    // Ids of runs begin with their time.
    let latest = lab.all(".json").into_iter().max().unwrap();
    let result = load_file(&latest).unwrap();
    let comparison = result.comparison.as_ref().unwrap();
    assert_eq!(comparison.noise_run.as_ref(), Some(&noise));
    let overall = comparison.overall.noise.unwrap();
    assert_eq!((overall.pairs, overall.flips, overall.flip_rate), (30, 0, Some(0.0)));
    // A comparison of two models is no noise; another set's neither.
    let refused = ["--team", "quant", "--compare-baseline", "--noise", result.run_id.as_str()];
    bench(&lab, &[&set[..], &refused].concat()).fails(2, &["is no A/A run", "--aa"]);
    bench(&lab, &[&["--promptset", "canary"], &compared[..]].concat()).fails(2, &["sent other prompts"]);
    bench(&lab, &[&set[..], &["--endpoint", "fp16", "--noise", noise.as_str()]].concat())
        .fails(2, &["no baseline is run"]);
}

#[test]
fn every_teams_battery_ends_in_one_summary() {
    let lab = Lab::new();
    let ended = bench(&lab, &["--all", "--sample", "15", "--no-progress"]);
    ended.succeeds();
    let results: Vec<_> = lab.all(".json").iter().map(|path| load_file(path).unwrap()).collect();
    let found: BTreeSet<(&str, &str, bool)> = results
        .iter()
        .map(|result| {
            (result.team.as_deref().unwrap(), result.prompt_set.name.as_str(), result.baseline.is_some())
        })
        .collect();
    let wanted = [
        ("eval", "benchmark-eval", false),
        ("finetune", "benchmark-finetune", true),
        ("quant", "benchmark-quant", true),
    ];
    assert_eq!(found, wanted.into_iter().collect());
    let summary = fs::read_to_string(lab.only("-all.md")).unwrap();
    for part in ["SIMULATED", "quant", "finetune", "benchmark-eval", "Judge"] {
        assert!(summary.contains(part) && ended.stdout.contains(part), "{part}: {summary}");
    }
    for result in &results {
        assert!(summary.contains(&result.run_id), "{}", result.run_id);
    }
    let plan = bench(&Lab::new(), &["--all", "--dry-run", "--format", "json"]);
    plan.succeeds();
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    assert_eq!(plan["runs"].as_array().unwrap().len(), 3);
}

#[test]
fn a_verdict_is_explained() {
    let lab = Lab::new();
    bench(&lab, &["--team", "quant", "--promptset", "quant-quality", "--compare-baseline"]).succeeds();
    let ended = lab.labctl(&["check", "explain", "latest", "quant-quality-math-001"]);
    ended.succeeds();
    for part in ["A theatre sold", "SIMULATED", "found on its answer line", "expected 1953", "⟦"] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
    let json = lab.labctl(&["check", "explain", "latest", "quant-quality-math-001", "--format", "json"]);
    let document: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(document["rows"][0]["key"]["prompt_id"], "quant-quality-math-001");
    assert_eq!(document["prompt"]["category"], "math");
    lab.labctl(&["check", "explain", "latest", "quant-quality-math-01"])
        .fails(2, &["has no prompt `quant-quality-math-01`", "did you mean `quant-quality-math-001`?"]);
}

#[test]
fn a_judge_is_examined_by_category() {
    let lab = Lab::new();
    let ended = bench(&lab, &["--team", "eval", "--repeats", "3", "--swap", "--temperature", "0.7"]);
    ended.succeeds();
    let order: Vec<usize> = [
        "Can its replies be read?",
        "Does it repeat itself?",
        "Do its scores agree with gold?",
        "Does it see the better of two, in either order?",
        "Is its stated confidence honest?",
        "Scores given",
    ]
    .iter()
    .map(|title| ended.stdout.find(title).unwrap_or_else(|| panic!("{title}: {}", ended.stdout)))
    .collect();
    assert!(order.is_sorted());
    let qualities = lab.result().candidate.judge_quality;
    let all = &qualities[0];
    // Twelve items to score and eight pairs, these in both orders, three times each.
    assert_eq!((all.items, all.parsed.judged), (20, 3 * (12 + 2 * 8)));
    assert_eq!(all.position.as_ref().unwrap().pairs, 24);
    assert_eq!(qualities.len(), 4);
}
