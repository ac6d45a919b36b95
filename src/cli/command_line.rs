//! The command line as results keep it: what was asked for, to be read and repeated, with nothing secret in it.

use std::collections::BTreeMap;

use crate::cli::args::values::KeyValue;
use crate::client::secret::{
    MASK, Secret, has_key_prefix, is_secret_name, mask_url, mask_urls_within, redact_all,
};

/// Flags whose values are URLs, or names of endpoints, in which the same rules find nothing.
const URL_FLAGS: [&str; 3] = ["--url", "--baseline-url", "--judge-endpoint"];
/// The flag that tags a run.
const LABEL: &str = "--label";
/// The flag that sets any field.
const SET: &str = "--set";
/// Names of fields that sound like secrets and are none.
const HARMLESS: [&str; 4] = ["author", "session", "token_limit", "tokenizer"];

/// The words of a command line, masked; the program goes by its name, wherever it lies.
#[must_use]
pub(super) fn masked(words: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut kept = vec!["labctl".to_owned()];
    let mut flag: Option<String> = None;
    for word in words.into_iter().skip(1) {
        let before = flag.take();
        kept.push(match (before.as_deref(), word.split_once('=')) {
            (Some(flag), _) => value_of(flag, &word),
            (None, Some((flag, value))) if flag.starts_with("--") => {
                format!("{flag}={}", value_of(flag, value))
            }
            _ => value_of("", &word),
        });
        flag = (word.starts_with("--") && !word.contains('=')).then_some(word);
    }
    kept
}

/// The same with these secrets masked wherever they stand.
#[must_use]
pub(super) fn redacted(words: &[String], secrets: &[Secret]) -> Vec<String> {
    words.iter().map(|word| redact_all(secrets, word).into_owned()).collect()
}

fn value_of(flag: &str, value: &str) -> String {
    match flag {
        SET => set(value),
        LABEL => match value.split_once('=') {
            Some((key, value)) => format!("{key}={}", label(key, value)),
            None => text(value),
        },
        flag if URL_FLAGS.contains(&flag) => mask_url(value),
        _ => text(value),
    }
}

fn text(value: &str) -> String {
    // A key of its own, or behind a name.
    let (name, last) = value.rsplit_once('=').map_or(("", value), |(name, last)| (name, last));
    match (has_key_prefix(last), name) {
        (true, "") => MASK.to_owned(),
        (true, name) => format!("{name}={MASK}"),
        _ => mask_urls_within(value),
    }
}

/// Labels as results keep them.
#[must_use]
pub(super) fn labels(given: &[KeyValue]) -> BTreeMap<String, String> {
    given.iter().map(|one| (one.key.clone(), label(&one.key, &one.value))).collect()
}

/// A label's value as results keep it.
fn label(key: &str, value: &str) -> String {
    if is_secret_field(key) && !is_count(key, value) { MASK.to_owned() } else { text(value) }
}

/// `PATH=VALUE` of the configuration.
fn set(assignment: &str) -> String {
    let Some((path, value)) = assignment.split_once('=') else { return text(assignment) };
    let field = path.rsplit('.').next().unwrap_or_default();
    let is_url = ["url", "proxy"].contains(&field);
    if is_url {
        return format!("{path}={}", mask_url(value));
    }
    // The first two may be names: those of endpoints and teams.
    let mut fields = path.split('.').skip(2).chain([field]);
    let is_secret = path.split('.').any(|part| part == "headers")
        || fields.any(|field| is_secret_field(field) && !is_count(field, value));
    // Several fields in one value: where any of them may be secret all of it goes.
    let holds_secret = value.contains(['{', '[', ':'])
        && (is_secret_name(value) || value.to_ascii_lowercase().contains("header"));
    if is_secret || holds_secret { format!("{path}={MASK}") } else { format!("{path}={}", text(value)) }
}

/// `api_key_env` names a variable, `max_tokens` is a count.
fn is_secret_field(name: &str) -> bool {
    is_secret_name(name) && !name.ends_with("_env") && !HARMLESS.contains(&name)
}

/// Whether it is a number or a switch under a name by which tokens and keys are counted; a password may be a number.
fn is_count(name: &str, value: &str) -> bool {
    let is_plain = value.parse::<f64>().is_ok() || ["true", "false", "null"].contains(&value);
    is_plain && (name.contains("token") || name.contains("key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Vec<String> {
        masked(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn what_was_asked_for_stays_as_it_was() {
        let words = [
            "bench",
            "--team",
            "quant",
            "--api-key-env",
            "MY_KEY",
            "--max-tokens",
            "64",
            "--max-tokens=64",
            "--slo",
            "ttft_p95_ms<=500",
            "--set",
            "defaults.max_tokens=64",
            "--set=endpoints.a.api_key_env=VARIABLE",
            "--label",
            "branch=main",
            "--url",
            "http://localhost:8000/v1",
            "--against",
            "01a2b3c4-d5e6-7f80-9a0b-c1d2e3f4a5b6",
            "--set",
            "endpoints.a.body.chat_template_kwargs={\"thinking\": false}",
            "--tokenizer",
            "tokenizer.json",
        ];
        let kept = of(&[&["/opt/bin/labctl"][..], &words].concat());
        assert_eq!(kept[0], "labctl");
        assert_eq!(kept[1..], words);
    }

    #[test]
    fn nothing_secret_is_kept() {
        for (words, expected) in [
            (
                &["--url", "https://user:pa55@host/v1?key=s3cret"][..],
                &["--url", "https://***@host/v1?key=***"][..],
            ),
            (&["--baseline-url=user:pa55@host/v1"], &["--baseline-url=***@host/v1"]),
            (
                &["--judge-endpoint", "http://host/sk-abcdefgh1234/v1"],
                &["--judge-endpoint", "http://host/***/v1"],
            ),
            (
                &["--set", "endpoints.a.headers.Authorization=Bearer x"],
                &["--set", "endpoints.a.headers.Authorization=***"],
            ),
            (&["--set=endpoints.a.headers={\"X-Key\": \"x\"}"], &["--set=endpoints.a.headers=***"]),
            (&["--set", "endpoints.a.api_key=s3cret"], &["--set", "endpoints.a.api_key=***"]),
            (&["--set", "endpoints.a.url=https://u:p@h/v1"], &["--set", "endpoints.a.url=https://***@h/v1"]),
            (&["--set", "endpoints.a={url: \"http://h\", headers: {A: b}}"], &["--set", "endpoints.a=***"]),
            (&["--set", "endpoints.a.body={\"session_token\": \"x\"}"], &["--set", "endpoints.a.body=***"]),
            (&["--salt", "sk-abcdefgh1234"], &["--salt", "***"]),
            (&["--label", "who=hf_abcdefghijklm"], &["--label", "who=***"]),
            (&["--label", "token=abcd"], &["--label", "token=***"]),
            (&["--label=db_pwd=1234"], &["--label=db_pwd=***"]),
            (&["--label", "at=http://u:p,w@h/x"], &["--label", "at=http://***@h/x"]),
            (
                &["--set", "endpoints.awq.body={\"user\":\"u\",\"pwd\":\"hunter2\"}"],
                &["--set", "endpoints.awq.body=***"],
            ),
            (&["--set", "endpoints.awq.body={user: u, pass: hunter2}"], &["--set", "endpoints.awq.body=***"]),
            (&["--set", "endpoints.awq.body.auth.user=u"], &["--set", "endpoints.awq.body.auth.user=***"]),
            (&["--set", "endpoints.awq.body.password=1234"], &["--set", "endpoints.awq.body.password=***"]),
            (&["--label", "at=http://u:p@h/x, and more"], &["--label", "at=http://***@h/x, and more"]),
        ] {
            let kept = of(&[&["labctl"], words].concat());
            assert_eq!(kept[1..], *expected);
        }
    }

    #[test]
    fn labels_are_kept_without_secrets() {
        assert_eq!((label("token", "abcd"), label("tokens", "64")), ("***".to_owned(), "64".to_owned()));
        assert_eq!(label("author", "j. doe"), "j. doe");
        assert_eq!(label("at", "http://u:p,w@h/x"), "http://***@h/x");
    }

    #[test]
    fn what_is_known_to_be_secret_goes_wherever_it_stands() {
        let words = of(&["labctl", "--label", "x=abc123"]);
        assert_eq!(redacted(&words, &[Secret::new("abc123")]), ["labctl", "--label", "x=***"]);
    }
}
