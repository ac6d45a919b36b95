//! Whether two sides were asked alike, beyond what a run asks of both: an endpoint's `body` may set
//! sampling of its own, and then wins.

use serde_json::{Value, json};

use crate::model::result::Sampling;

/// Members of a request's body that decide how a model answers.
const MEMBERS: [&str; 17] = [
    "frequency_penalty",
    "ignore_eos",
    "length_penalty",
    "logit_bias",
    "max_completion_tokens",
    "max_tokens",
    "min_p",
    "min_tokens",
    "presence_penalty",
    "repetition_penalty",
    "response_format",
    "seed",
    "stop",
    "stop_token_ids",
    "temperature",
    "top_k",
    "top_p",
];

/// What one side was asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What its run asks of every side.
    pub sampling: &'a Sampling,
    /// Its run's effective configuration.
    pub config: &'a Value,
    /// The name of its endpoint.
    pub endpoint: &'a str,
}

impl Asked<'_> {
    fn own(&self, member: &str) -> &Value {
        &self.config["endpoints"][self.endpoint]["body"][member]
    }

    fn api(&self) -> &str {
        self.config["endpoints"][self.endpoint]["api"].as_str().unwrap_or("chat")
    }

    fn effective(&self, member: &str) -> Value {
        let own = self.own(member);
        if own.is_null() { json!(self.sampling)[member].clone() } else { own.clone() }
    }
}

/// Every reason why two sides were not asked alike.
pub fn asked_differently(candidate: Asked<'_>, baseline: Asked<'_>) -> impl Iterator<Item = String> {
    api_differs(candidate, baseline).into_iter().chain(body_differs(candidate, baseline))
}

/// Where their endpoints' interfaces are the reason: only one of them has a chat template.
fn api_differs(candidate: Asked<'_>, baseline: Asked<'_>) -> Option<String> {
    let (ours, theirs) = (candidate.api(), baseline.api());
    (ours != theirs).then(|| {
        format!(
            "the sides were asked by different interfaces: `{ours}` the candidate, `{theirs}` the baseline"
        )
    })
}

/// Where an endpoint's `body` is the reason.
fn body_differs(candidate: Asked<'_>, baseline: Asked<'_>) -> Option<String> {
    // 0 and 0.0 are two values to JSON.
    let same = |ours: &Value, theirs: &Value| {
        ours == theirs || ours.as_f64().is_some_and(|number| theirs.as_f64() == Some(number))
    };
    let differing: Vec<String> = MEMBERS
        .into_iter()
        .filter(|member| !candidate.own(member).is_null() || !baseline.own(member).is_null())
        .filter(|member| !same(&candidate.effective(member), &baseline.effective(member)))
        .map(|member| format!("`{member}`"))
        .collect();
    (!differing.is_empty()).then(|| {
        format!("sampling differs: the `body` of the two endpoints sets {} differently", differing.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differs(candidate: &Value, baseline: &Value) -> Option<String> {
        let sampling = Sampling { temperature: 0.0, top_p: None, seed: 1, max_tokens: None };
        let (ours, theirs) = (
            json!({"endpoints": {"e": {"body": candidate}}}),
            json!({"endpoints": {"e": {"body": baseline}}}),
        );
        let asked = |config| Asked { sampling: &sampling, config, endpoint: "e" };
        body_differs(asked(&ours), asked(&theirs))
    }

    #[test]
    fn one_interface_is_asked() {
        let sampling = Sampling { temperature: 0.0, top_p: None, seed: 1, max_tokens: None };
        let config =
            json!({"endpoints": {"old": {}, "chat": {"api": "chat"}, "text": {"api": "completions"}}});
        let asked = |endpoint| Asked { sampling: &sampling, config: &config, endpoint };
        assert_eq!(api_differs(asked("old"), asked("chat")), None, "what was saved before there were two");
        assert!(api_differs(asked("text"), asked("chat")).unwrap().contains("`completions` the candidate"));
    }

    #[test]
    fn only_what_ends_up_different_counts() {
        assert_eq!(differs(&json!({}), &json!({})), None);
        assert_eq!(differs(&json!({"temperature": 0}), &json!({})), None, "asked for anyway");
        assert_eq!(differs(&json!({"chat_template_kwargs": {"x": 1}}), &json!({})), None, "not sampling");
        let reason = differs(&json!({"top_k": 5, "max_tokens": 9}), &json!({"max_tokens": 9})).unwrap();
        assert!(reason.contains("`top_k`") && !reason.contains("max_tokens"), "{reason}");
    }
}
