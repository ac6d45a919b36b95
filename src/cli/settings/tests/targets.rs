//! Who is measured, and when the simulator may stand in.

use super::*;

#[test]
fn targets_follow_the_flags() {
    let (_dir, loader) = with_file(LAB);
    let targets = |line: &str| -> Result<Targets, SettingsError> {
        let args = bench(line);
        let targets = loader.load(&args)?.bench_targets(&args, SimulatorRule::default())?;
        targets.required_prompt_set().map(str::to_owned)?;
        Ok(targets)
    };
    let of_team = targets("labctl bench --team quant --compare-baseline").unwrap();
    assert_eq!(of_team.candidate.name, "small");
    assert_eq!(of_team.baseline.unwrap().name, "big");
    assert_eq!(of_team.prompt_set.as_deref(), Some("canary"));
    assert!(targets("labctl bench --team quant").unwrap().baseline.is_none());
    let swapped = targets("labctl bench --team quant --endpoint big --baseline small --promptset p").unwrap();
    assert_eq!((swapped.candidate.name.as_str(), swapped.prompt_set.as_deref()), ("big", Some("p")));
    assert_eq!(swapped.baseline.unwrap().name, "small");
    let free =
        targets("labctl bench --promptset p --url http://a/v1 --model m --baseline-url http://b/v1").unwrap();
    assert_eq!(free.candidate.endpoint.url.as_deref(), Some("http://a/v1"));
    assert_eq!(free.candidate.endpoint.model.as_deref(), Some("m"));
    assert_eq!(free.baseline.unwrap().endpoint.url.as_deref(), Some("http://b/v1"));
    for (line, name) in [
        ("labctl bench --aa --promptset p --url http://a/v1", "url"),
        ("labctl bench --aa --promptset p --endpoint small", "small"),
        ("labctl bench --aa --promptset p --baseline big --endpoint small", "big"),
        ("labctl bench --aa --team quant", "big"),
    ] {
        let both = targets(line).unwrap();
        assert_eq!(both.candidate.name, name, "{line}");
        assert_eq!(both.baseline, Some(both.candidate), "{line}");
    }
    for (line, part) in [
        ("labctl bench --team quand", "team `quand` is not in the configuration; did you mean `quant`?"),
        ("labctl bench --endpoint smal --promptset p", "did you mean `small`?"),
        ("labctl bench --promptset p", "say what to bench"),
        ("labctl bench --endpoint small", "say which prompt set"),
        ("labctl bench --endpoint small --promptset p --compare-baseline", "no baseline"),
    ] {
        let message = targets(line).unwrap_err().to_string();
        assert!(message.contains(part), "{line}: {message}");
    }
}

#[test]
fn a_key_never_goes_to_another_server() {
    let (_dir, loader) = with_file(LAB);
    let endpoint = |line: &str| loader.load(&run(line)).unwrap().config.endpoints["small"].clone();
    let moved = endpoint("labctl run --endpoint small --url http://elsewhere/v1");
    assert_eq!(moved.model.as_deref(), Some("small-1"));
    assert!(moved.api_key_env.is_none() && moved.headers.is_empty());
    let same = endpoint("labctl run --endpoint small --url https://lab.example/v2");
    assert_eq!(same.api_key_env.as_deref(), Some("LAB_KEY"));
    let own = endpoint("labctl run --endpoint small --url http://elsewhere/v1 --api-key-env OTHER");
    assert_eq!(own.api_key_env.as_deref(), Some("OTHER"));
    let given =
        set(&loader, &["endpoints.url.kind=openai"]).load(&run("labctl run --url http://new/v1")).unwrap();
    assert_eq!(
        given.config.endpoints["url"].kind,
        crate::model::config::ServerKind::Openai,
        "said for this very server"
    );
}

#[test]
fn the_simulator_never_passes_for_a_model_by_accident() {
    let (_dir, reference) = without_file();
    let (_dir2, configured) = with_file(
        "endpoints: {s: {simulator: {profile: awq}}}\nteams: {quant: {endpoint: s, prompt_sets: [p]}}\n",
    );
    let outcome = |loader: &SettingsLoader, line: &str, rule| {
        let args = bench(line);
        loader.load(&args)?.bench_targets(&args, rule)
    };
    let free = SimulatorRule::default();
    let (ci, gates) = (SimulatorRule { ci: true, ..free }, SimulatorRule { gates: true, ..free });
    let team = "labctl bench --team quant --compare-baseline";
    assert!(outcome(&reference, team, free).is_ok());
    assert!(matches!(outcome(&reference, team, ci), Err(SettingsError::NotConfigured { .. })));
    assert!(matches!(outcome(&reference, team, gates), Err(SettingsError::NotConfigured { .. })));
    assert!(outcome(&reference, &format!("{team} --simulator-speed 9"), ci).is_err());
    assert!(outcome(&reference, team, SimulatorRule { simulate: true, ..ci }).is_ok());
    // A file that names the simulator is a configuration.
    assert!(outcome(&configured, "labctl bench --team quant", ci).is_ok());
    let urls = "labctl bench --team quant --url http://a/v1 --baseline-url http://b/v1";
    assert!(outcome(&reference, urls, ci).is_ok());
    let half = outcome(&reference, "labctl bench --team quant --url http://a/v1 --compare-baseline", free)
        .unwrap_err();
    assert!(half.to_string().contains("--baseline-url"), "{half}");
}

#[test]
fn simulator_speed_keeps_the_ratio_of_two_endpoints() {
    let (_dir, loader) = without_file();
    let args = bench("labctl bench --team quant --compare-baseline --simulator-speed 10");
    let settings = set(&loader, &["endpoints.awq.simulator.speed=1.5"]).load(&args).unwrap();
    let speed = |name: &str| settings.config.endpoints[name].simulator.as_ref().unwrap().speed;
    assert_eq!((speed("awq").to_bits(), speed("fp16").to_bits()), (15_f64.to_bits(), 10_f64.to_bits()));
}
