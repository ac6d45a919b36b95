//! What is said of a wrong configuration.

use super::*;

#[test]
fn mistakes_in_a_file_are_named_with_place_and_remedy() {
    for (text, expected) in [
        (
            "defaults:\n  concurency: 3\n",
            "labctl.yaml:2:3: unknown field `concurency` in `defaults`; did you mean `concurrency`?",
        ),
        (
            "concurrency: 3\n",
            "labctl.yaml:1:1: unknown field `concurrency` at the top level; did you mean `defaults.concurrency`?",
        ),
        (
            "endpoints:\n  a:\n    url: http://h\n    timeouts: {ttft: 3}\n",
            "labctl.yaml:4:16: unknown field `ttft` in `endpoints.a.timeouts`; did you mean `ttft_s`?",
        ),
        (
            "defaults:\n  concurrency: many\n",
            "labctl.yaml:2:16: `defaults.concurrency` must be a whole number from 0 to 4294967295, not text",
        ),
        (
            "defaults:\n  concurrency: 1.5\n",
            "labctl.yaml:2:16: `defaults.concurrency` must be a whole number from 0 to 4294967295, not this number",
        ),
        ("defaults:\n  concurrency: 0\n", "labctl.yaml:2:16: `defaults.concurrency` must be at least 1"),
        (
            "endpoints:\n  a: {url: http://h, model: 7}\n",
            "labctl.yaml:2:29: `endpoints.a.model` must be text (put it in quotes), not this number",
        ),
        (
            "endpoints:\n  a: {url: http://h, kind: vlm}\n",
            "labctl.yaml:2:28: `endpoints.a.kind` must be one of `auto`, `vllm`, `llama-cpp`, `transformers`, `sglang`, `tgi`, `ollama`, `openai`, not this text; did you mean `vllm`?",
        ),
        (
            "endpoints:\n  a:\n    model: m\n",
            "labctl.yaml:2:3: `endpoints.a` has neither `url` nor `simulator`: give one of them",
        ),
        (
            "endpoints:\n  a: {url: http://h, simulator: {profile: awq}}\n",
            "labctl.yaml:2:3: `endpoints.a` has both `url` and `simulator`: keep one of them",
        ),
        (
            "endpoints:\n  a: {url: 'ftp://h'}\n",
            "labctl.yaml:2:12: `endpoints.a.url` must start with `http://` or `https://`",
        ),
        (
            "endpoints:\n  a: {url: 'localhost:8000/v1'}\n",
            "labctl.yaml:2:12: `endpoints.a.url` must start with `http://` or `https://`",
        ),
        (
            "endpoints:\n  a: {simulator: {profile: akw}}\n",
            "labctl.yaml:2:28: `endpoints.a.simulator.profile` must be one of `awq`, `fp16`, `judge`, `lora`; did you mean `awq`?",
        ),
        (
            "endpoints:\n  a: {simulator: {speed: 2}}\n",
            "labctl.yaml:2:18: `endpoints.a.simulator` has no `profile`",
        ),
        (
            "endpoints:\n  a: {url: http://h, timeouts: {ttft_s: 0}}\n",
            "labctl.yaml:2:41: `endpoints.a.timeouts.ttft_s` must be a time above 0 and at most a year, in seconds",
        ),
        (
            "endpoints:\n  a: {url: http://h, body: {stream: false}}\n",
            "labctl.yaml:2:37: `endpoints.a.body.stream` can't be set here: answers are always streamed",
        ),
        (
            "endpoints:\n  a: {url: http://h, api_key_env: sk-live-1}\n",
            "labctl.yaml:2:35: `endpoints.a.api_key_env` must be the name of an environment variable, not the key itself",
        ),
        (
            "endpoints:\n  small: {url: http://h}\nteams:\n  q: {endpoint: smal}\n",
            "labctl.yaml:4:17: `teams.q.endpoint` names the endpoint `smal`, which is not configured; did you mean `small`?",
        ),
        ("teams:\n  q: {baseline: b}\n", "labctl.yaml:2:6: `teams.q` has no `endpoint`"),
        (
            "defaults:\n  max_error_rate: 5\n",
            "labctl.yaml:2:19: `defaults.max_error_rate` must be a share from 0 to 1",
        ),
        ("defaults:\n  seed: 1\n  seed: 2\n", "labctl.yaml:3:3: `seed` is given twice"),
        (
            "- a\n",
            "labctl.yaml:1:1: `configuration` must be a map with fields such as `endpoints`, `teams`, `defaults`, `gates`, not a list",
        ),
    ] {
        let (_dir, loader) = with_file(text);
        assert_eq!(message(&loader), expected, "{text}");
    }
}

#[test]
fn mistakes_on_the_command_line_are_named_by_their_flag() {
    let (_dir, loader) = with_file(LAB);
    for (pair, expected) in [
        (
            "defaults.concurency=3",
            "--set: unknown field `concurency` in `defaults`; did you mean `concurrency`?",
        ),
        ("defaults.concurrency=0", "--set: `defaults.concurrency` must be at least 1"),
        ("defaults.concurrency=[1", "--set: "),
        (
            "teams.quant.prompt_sets=canary",
            "--set: `teams.quant.prompt_sets` must be a list, each item text, not text",
        ),
        ("a..b=1", "--set: a name is empty in `a..b`"),
    ] {
        let message = message(&set(&loader, &[pair]));
        assert!(message.starts_with(expected), "{message}");
    }
    let error = loader.load(&run("labctl run --url http://h/v1 --concurrency 0")).unwrap_err();
    assert_eq!(error.to_string(), "--concurrency: `defaults.concurrency` must be at least 1");
}
