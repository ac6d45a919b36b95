//! What values mean: ranges, alternatives, and names that must exist. Types and field names are the schema's.

use url::Url;

use super::error::{SettingsError, nearest};
use super::gates;
use super::path::FieldPath;
use super::reference::SIMULATOR_PROFILES;
use super::source::Provenance;
use crate::model::config::{Defaults, Endpoint, LabConfig, Simulator, Team};

/// A year: no limit in practice, and far from what a clock can hold.
const LONGEST_TIMEOUT_S: f64 = 365.0 * 24.0 * 3600.0;

/// Members of a request's body that labctl sets itself, and where to say them instead.
const OWN_MEMBERS: [(&str, &str); 6] = [
    ("messages", "the prompt set says it"),
    ("model", "use the endpoint's `model`"),
    ("n", "a request has one answer; use `defaults.repeats`"),
    ("prompt", "the prompt set says it"),
    ("stream", "answers are always streamed"),
    ("stream_options", "usage is always asked for"),
];

/// Checks everything; the first thing wrong is the error.
pub(super) fn validate(config: &LabConfig, provenance: &Provenance) -> Result<(), SettingsError> {
    let check = Check { provenance };
    check.defaults(&config.defaults)?;
    for (name, endpoint) in &config.endpoints {
        check.endpoint(&FieldPath::new(["endpoints", name]), endpoint)?;
    }
    for (name, team) in &config.teams {
        let path = FieldPath::new(["teams", name]);
        check.team(&path, team, config)?;
        if let Some(of_team) = &team.gates {
            gates::check(of_team, &path.join("gates"), provenance)?;
        }
    }
    if let Some(of_lab) = &config.gates {
        gates::check(of_lab, &FieldPath::new(["gates"]), provenance)?;
    }
    Ok(())
}

struct Check<'a> {
    provenance: &'a Provenance,
}

type Checked = Result<(), SettingsError>;

impl Check<'_> {
    fn wrong(&self, path: &FieldPath, message: impl Into<String>) -> SettingsError {
        let path = path.to_string();
        SettingsError::Invalid { place: self.provenance.get(&path).place(), path, message: message.into() }
    }

    fn require(&self, holds: bool, path: &FieldPath, field: &str, message: &str) -> Checked {
        if holds { Ok(()) } else { Err(self.wrong(&path.join(field), message)) }
    }

    fn share(&self, value: f64, path: &FieldPath, field: &str) -> Checked {
        self.require((0.0..=1.0).contains(&value), path, field, "must be a share from 0 to 1")
    }

    fn defaults(&self, defaults: &Defaults) -> Checked {
        let path = FieldPath::new(["defaults"]);
        for (field, value) in [
            ("concurrency", defaults.concurrency),
            ("repeats", defaults.repeats),
            ("rounds", defaults.rounds),
        ] {
            self.require(value >= 1, &path, field, "must be at least 1")?;
        }
        self.require(defaults.temperature >= 0.0, &path, "temperature", "must be 0 or more")?;
        let top_p = defaults.top_p.is_none_or(|top_p| top_p > 0.0 && top_p <= 1.0);
        self.require(top_p, &path, "top_p", "must be above 0 and at most 1")?;
        self.require(defaults.max_tokens != Some(0), &path, "max_tokens", "must be at least 1")?;
        self.share(defaults.max_error_rate, &path, "max_error_rate")?;
        for (field, dir) in
            [("results_dir", &defaults.results_dir), ("promptset_dir", &defaults.promptset_dir)]
        {
            self.require(!dir.as_os_str().is_empty(), &path, field, "must not be empty")?;
        }
        Ok(())
    }

    fn endpoint(&self, path: &FieldPath, endpoint: &Endpoint) -> Checked {
        match (&endpoint.url, &endpoint.simulator) {
            (Some(_), Some(_)) => {
                return Err(self.wrong(path, "has both `url` and `simulator`: keep one of them"));
            }
            (None, None) => {
                return Err(self.wrong(path, "has neither `url` nor `simulator`: give one of them"));
            }
            (Some(url), None) => self.url(&path.join("url"), url)?,
            (None, Some(simulator)) => self.simulator(&path.join("simulator"), simulator)?,
        }
        self.require(endpoint.model.as_deref() != Some(""), path, "model", "must not be empty")?;
        if endpoint.api_key_env.is_some() && endpoint.api_key_file.is_some() {
            return Err(self.wrong(path, "has both `api_key_env` and `api_key_file`: keep one of them"));
        }
        let variable = endpoint.api_key_env.as_deref();
        // Whoever puts the key itself here gets told without it being quoted.
        let is_name = |name: &str| {
            !name.is_empty()
                && !name.starts_with(|first: char| first.is_ascii_digit())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let message = "must be the name of an environment variable, not the key itself";
        self.require(variable.is_none_or(is_name), path, "api_key_env", message)?;
        if let Some(proxy) = &endpoint.proxy {
            self.url(&path.join("proxy"), proxy)?;
        }
        self.headers(&path.join("headers"), endpoint)?;
        for (member, instead) in OWN_MEMBERS {
            let message = format!("can't be set here: {instead}");
            self.require(!endpoint.body.contains_key(member), &path.join("body"), member, &message)?;
        }
        let tls = &endpoint.tls;
        if tls.client_certificate_file.is_some() != tls.client_key_file.is_some() {
            let message = "needs `client_certificate_file` and `client_key_file` together";
            return Err(self.wrong(&path.join("tls"), message));
        }
        let limits = &endpoint.timeouts;
        for (field, seconds) in [
            ("connect_s", limits.connect_s),
            ("ttft_s", limits.ttft_s),
            ("stall_s", limits.stall_s),
            ("total_s", limits.total_s),
            ("ready_s", limits.ready_s),
        ] {
            let holds = seconds > 0.0 && seconds <= LONGEST_TIMEOUT_S;
            self.require(
                holds,
                &path.join("timeouts"),
                field,
                "must be a time above 0 and at most a year, in seconds",
            )?;
        }
        Ok(())
    }

    fn url(&self, path: &FieldPath, text: &str) -> Checked {
        match Url::parse(text) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                // `localhost:8000` reads as a URL of the scheme `localhost`.
                Err(self.wrong(path, "must start with `http://` or `https://`"))
            }
            Ok(url) if url.host_str().is_none_or(str::is_empty) => Err(self.wrong(path, "names no host")),
            Ok(_) => Ok(()),
            Err(url::ParseError::RelativeUrlWithoutBase) => {
                Err(self.wrong(path, "must start with `http://` or `https://`"))
            }
            Err(error) => Err(self.wrong(path, format!("is no URL: {error}"))),
        }
    }

    fn headers(&self, path: &FieldPath, endpoint: &Endpoint) -> Checked {
        for (name, value) in &endpoint.headers {
            let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            if name.is_empty() || !name.bytes().all(is_token) {
                return Err(self.wrong(&path.join(name), "is not the name of an HTTP header"));
            }
            if !value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
                return Err(self.wrong(&path.join(name), "holds a character that a header can't have"));
            }
        }
        Ok(())
    }

    fn simulator(&self, path: &FieldPath, simulator: &Simulator) -> Checked {
        if !SIMULATOR_PROFILES.contains(&simulator.profile.as_str()) {
            let advice = nearest(&simulator.profile, SIMULATOR_PROFILES)
                .map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
            let message = format!("must be one of `{}`{advice}", SIMULATOR_PROFILES.join("`, `"));
            return Err(self.wrong(&path.join("profile"), message));
        }
        let speed = simulator.speed.is_finite() && simulator.speed > 0.0;
        self.require(speed, path, "speed", "must be a number above 0")?;
        self.share(simulator.pass_rate.unwrap_or(0.0), path, "pass_rate")?;
        self.share(simulator.flip_rate.unwrap_or(0.0), path, "flip_rate")
    }

    fn team(&self, path: &FieldPath, team: &Team, config: &LabConfig) -> Checked {
        for (field, name) in [("endpoint", Some(&team.endpoint)), ("baseline", team.baseline.as_ref())] {
            let Some(name) = name.filter(|name| !config.endpoints.contains_key(*name)) else { continue };
            let path = path.join(field);
            let known: Vec<&str> = config.endpoints.keys().map(String::as_str).collect();
            let advice = match nearest(name, known.iter().copied()) {
                Some(near) => format!("; did you mean `{near}`?"),
                None if known.is_empty() => "; there is no endpoint at all".to_owned(),
                None => format!("; known: `{}`", known.join("`, `")),
            };
            return Err(
                self.wrong(&path, format!("names the endpoint `{name}`, which is not configured{advice}"))
            );
        }
        let path = path.join("prompt_sets");
        if team.prompt_sets.iter().any(String::is_empty) {
            return Err(self.wrong(&path, "holds an empty name"));
        }
        Ok(())
    }
}
