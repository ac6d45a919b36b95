//! What the values of an experiment mean, and what doesn't go together. Types and names are the schema's.

mod load;

use std::path::Path;

use super::loading::{FIND_FROM, FIND_TO, axis_of, levels_of};
use crate::cli::settings::error::SettingsError;
use crate::cli::settings::path::FieldPath;
use crate::cli::settings::source::Provenance;
use crate::metrics::slo;
use crate::model::experiment::Experiment;
use crate::model::load::LoadAxis;
use crate::model::slo::Slo;
use crate::model::workload::WorkloadSpec;

/// A year: no limit in practice, and far from what a clock can hold.
const LONGEST_S: f64 = 365.0 * 24.0 * 3600.0;

type Checked = Result<(), SettingsError>;

/// Checks everything and reads the objectives; the first thing wrong is the error.
pub(super) fn check(
    experiment: &Experiment,
    provenance: &Provenance,
    file: Option<&Path>,
) -> Result<Vec<Slo>, SettingsError> {
    let check = Check { experiment, provenance, file };
    check.target()?;
    check.workload()?;
    check.sampling()?;
    check.load()?;
    check.levels()?;
    check.find()?;
    check.slos()
}

struct Check<'a> {
    experiment: &'a Experiment,
    provenance: &'a Provenance,
    file: Option<&'a Path>,
}

impl Check<'_> {
    fn place(&self, path: &str) -> String {
        // What isn't written has the place of what it would be in.
        let mut path = path;
        loop {
            if let Some(source) = self.provenance.known(path) {
                return source.place();
            }
            match path.rsplit_once('.') {
                Some((above, _)) => path = above,
                None => {
                    return self
                        .file
                        .map_or_else(|| "experiment".to_owned(), |file| file.display().to_string());
                }
            }
        }
    }

    fn wrong(&self, path: &str, message: impl Into<String>) -> SettingsError {
        SettingsError::Invalid { place: self.place(path), path: path.to_owned(), message: message.into() }
    }

    fn require(&self, holds: bool, path: &str, message: &str) -> Checked {
        if holds { Ok(()) } else { Err(self.wrong(path, message)) }
    }

    fn at_least_one<T: Into<u64>>(&self, path: &str, value: Option<T>) -> Checked {
        self.require(value.is_none_or(|value| value.into() >= 1), path, "must be at least 1")
    }

    fn above_zero(&self, path: &str, value: Option<f64>) -> Checked {
        self.require(value.is_none_or(|value| value > 0.0 && value.is_finite()), path, "must be above 0")
    }

    fn time(&self, path: &str, value: Option<f64>) -> Checked {
        let holds = value.is_none_or(|seconds| (0.0..=LONGEST_S).contains(&seconds));
        self.require(holds, path, "must be a time of 0 or more and at most a year, in seconds")
    }

    /// Two fields that can't both be given.
    fn not_both(&self, path: &str, other: &str) -> SettingsError {
        let elsewhere = self.place(other);
        let place = if elsewhere == self.place(path) { String::new() } else { format!(" ({elsewhere})") };
        self.wrong(path, format!("doesn't go with `{other}`{place}: keep one of them"))
    }

    fn target(&self) -> Checked {
        let from = self.experiment;
        if from.baseline.is_some()
            && from.baseline_url.is_some()
            && self.provenance.known("baseline").is_none()
        {
            return Err(self.not_both("baseline", "baseline_url"));
        }
        let salt = from.salt.as_deref();
        let is_salt = |salt: &str| {
            (1..=64).contains(&salt.len())
                && salt.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        self.require(salt.is_none_or(is_salt), "salt", "must be 1 to 64 ASCII letters, digits and hyphens")
    }

    fn workload(&self) -> Checked {
        match &self.experiment.workload {
            Some(WorkloadSpec::PromptSet { name }) => {
                self.require(!name.is_empty(), "workload.name", "must not be empty")
            }
            Some(WorkloadSpec::Synthetic(made)) => {
                self.at_least_one("workload.prompts", made.prompts)?;
                let prefix = made.shared_prefix.as_ref();
                self.at_least_one("workload.shared_prefix.groups", prefix.map(|prefix| prefix.groups))?;
                self.at_least_one("workload.shared_prefix.tokens", prefix.map(|prefix| prefix.tokens))?;
                let think = made.conversation.as_ref().map(|turns| turns.think_time_s);
                self.time("workload.conversation.think_time_s", think)
            }
            Some(WorkloadSpec::File { limit, .. }) => self.at_least_one("workload.limit", *limit),
            None => Ok(()),
        }
    }

    fn sampling(&self) -> Checked {
        let sampling = &self.experiment.sampling;
        let temperature = sampling.temperature.is_none_or(|temperature| temperature >= 0.0);
        self.require(temperature, "sampling.temperature", "must be 0 or more")?;
        let top_p = sampling.top_p.is_none_or(|top_p| top_p > 0.0 && top_p <= 1.0);
        self.require(top_p, "sampling.top_p", "must be above 0 and at most 1")?;
        self.at_least_one("sampling.max_tokens", sampling.max_tokens)
    }

    /// The levels of a sweep over the load.
    fn levels(&self) -> Checked {
        let sweep = &self.experiment.sweep;
        if let (Some(_), Some(_)) = (sweep.get("load.concurrency"), sweep.get("load.rate")) {
            return Err(self.wrong("sweep", "has both `load.concurrency` and `load.rate`: keep one of them"));
        }
        for (axis, levels) in sweep {
            let path = FieldPath::new(["sweep", axis]).to_string();
            let wrong = |message: String| Err(self.wrong(&path, message));
            let values = match levels_of(levels) {
                Ok(values) => values,
                Err(message) => return wrong(message),
            };
            if values.is_empty() {
                return wrong("has no value".to_owned());
            }
            for value in values {
                if value <= 0.0 || !value.is_finite() {
                    return wrong(format!("has {value}: every value must be above 0"));
                }
                if axis == "load.concurrency" && !is_count(value) {
                    return wrong(format!("has {value}: requests in flight are whole"));
                }
            }
            if self.experiment.find.is_some() {
                return Err(self.wrong("find", "searches the load, and `sweep` gives it: keep one of them"));
            }
        }
        Ok(())
    }

    fn find(&self) -> Checked {
        let Some(find) = &self.experiment.find else { return Ok(()) };
        if self.experiment.slos.is_empty() {
            return Err(self.wrong("find", "has nothing to meet: give `slos` (`--slo`)"));
        }
        let (from, to) = (find.from.unwrap_or(FIND_FROM), find.to.unwrap_or(FIND_TO));
        self.above_zero("find.from", Some(from))?;
        self.above_zero("find.to", Some(to))?;
        if find.axis == LoadAxis::Concurrency {
            for (path, value) in [("find.from", from), ("find.to", to)] {
                self.require(is_count(value), path, "must be whole: it is a number of requests in flight")?;
            }
        }
        if to < from {
            let path = if find.to.is_some() { "find.to" } else { "find.from" };
            return Err(self.wrong(path, format!("leaves nothing to search: from {from} to {to}")));
        }
        let resolution = find.resolution.is_none_or(|resolution| resolution > 0.0 && resolution < 1.0);
        self.require(resolution, "find.resolution", "must be above 0 and below 1")?;
        let set = match find.axis {
            LoadAxis::Rate => ("load.rate", self.experiment.load.rate.is_some()),
            LoadAxis::Concurrency => ("load.concurrency", self.experiment.load.concurrency.is_some()),
        };
        if set.1 {
            return Err(self.not_both(set.0, "find"));
        }
        Ok(())
    }

    fn slos(&self) -> Result<Vec<Slo>, SettingsError> {
        let slos = &self.experiment.slos;
        if slos.is_empty() {
            return Ok(Vec::new());
        }
        slo::parse(&slos.join(",")).map_err(|error| self.wrong("slos", format!("can't be read: {error}")))
    }

    fn axis(&self) -> Option<LoadAxis> {
        axis_of(self.experiment)
    }
}

/// Whether it is a whole number that can be a count of requests.
fn is_count(value: f64) -> bool {
    value >= 1.0 && value <= f64::from(u32::MAX) && value.fract() == 0.0
}
