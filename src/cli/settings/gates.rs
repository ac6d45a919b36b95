//! Gates: those of a file, and what the values of any mean. Types and names are the schema's.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::error::SettingsError;
use super::path::FieldPath;
use super::schema::TypeSchema;
use super::source::Provenance;
use super::{SettingsLoader, read_text, typed};
use crate::metrics::slo;
use crate::model::gate::{GatedMetric, GatedStatistic, Gates, PassRateGate, SpeedGate};

/// No speed gate tolerates a larger share: what may be a thousand times slower isn't gated.
const MOST_TOLERATED: f64 = 1_000.0;

impl SettingsLoader {
    /// The gates of a file.
    pub fn gates(&self, path: &Path) -> Result<Gates, SettingsError> {
        let text = fs::read_to_string(self.working_dir.join(path))
            .map_err(|source| SettingsError::ReadGates { path: path.to_owned(), source })?;
        let schema = schema();
        let mut tree = read_text(&text, path)?;
        schema.check(&mut tree, None)?;
        let gates: Gates = typed(&schema, &tree)?;
        check(&gates, &FieldPath::default(), &tree.provenance())?;
        if gates.is_empty() {
            let (place, message) = (tree.source.place(), "gate nothing".to_owned());
            return Err(SettingsError::Invalid { place, path: schema.name().to_owned(), message });
        }
        Ok(gates)
    }
}

fn schema() -> TypeSchema {
    TypeSchema::of::<Gates>("gates")
}

/// The JSON Schema of a file of gates.
#[must_use]
pub fn json_schema() -> Value {
    schema().into_value()
}

/// Checks the gates at `path`; the first thing wrong is the error.
pub(super) fn check(gates: &Gates, path: &FieldPath, provenance: &Provenance) -> Result<(), SettingsError> {
    let check = Check { provenance };
    if let Some(gate) = &gates.pass_rate {
        check.pass_rate(gate, &path.join("pass_rate"))?;
    }
    for (name, gate) in &gates.primary {
        check.pass_rate(gate, &path.join("primary").join(name))?;
    }
    if let Some(gate) = &gates.categories {
        check.pass_rate(gate, &path.join("categories"))?;
    }
    for (name, floor) in &gates.floors {
        check.share(*floor, &path.join("floors").join(name))?;
    }
    for (number, gate) in gates.speed.iter().enumerate() {
        check.speed(gate, &path.join("speed").join(&number.to_string()))?;
    }
    if let Some(most) = gates.max_error_rate {
        check.share(most, &path.join("max_error_rate"))?;
    }
    for (number, text) in gates.slos.iter().enumerate() {
        let path = path.join("slos").join(&number.to_string());
        slo::parse(text).map_err(|error| check.wrong(&path, format!("can't be read: {error}")))?;
    }
    Ok(())
}

struct Check<'a> {
    provenance: &'a Provenance,
}

impl Check<'_> {
    fn wrong(&self, path: &FieldPath, message: impl Into<String>) -> SettingsError {
        let path = path.to_string();
        SettingsError::Invalid { place: self.provenance.get(&path).place(), path, message: message.into() }
    }

    fn require(&self, holds: bool, path: &FieldPath, message: &str) -> Result<(), SettingsError> {
        if holds { Ok(()) } else { Err(self.wrong(path, message)) }
    }

    fn share(&self, value: f64, path: &FieldPath) -> Result<(), SettingsError> {
        self.require((0.0..=1.0).contains(&value), path, "must be a share from 0 to 1 (0.8 is 80 %)")
    }

    fn pass_rate(&self, gate: &PassRateGate, path: &FieldPath) -> Result<(), SettingsError> {
        let margin = gate.margin_pp > 0.0 && gate.margin_pp < 100.0;
        self.require(margin, &path.join("margin_pp"), "must be above 0 and below 100, in percentage points")?;
        let alpha = gate.alpha > 0.0 && gate.alpha < 0.5;
        self.require(
            alpha,
            &path.join("alpha"),
            "must be a one-sided chance above 0 and below 0.5, such as 0.05",
        )
    }

    fn speed(&self, gate: &SpeedGate, path: &FieldPath) -> Result<(), SettingsError> {
        let tolerance = path.join("tolerance");
        let is_share = (0.0..=MOST_TOLERATED).contains(&gate.tolerance);
        self.require(is_share, &tolerance, "must be a share from 0 to 1000 (0.1 is 10 %)")?;
        if gate.metric.is_rate() {
            return self.require(
                gate.tolerance < 1.0,
                &tolerance,
                "must be below 1, for a rate can't fall further",
            );
        }
        let has_p95 = matches!(gate.metric, GatedMetric::TtftMs | GatedMetric::E2eMs);
        let known = has_p95 || gate.statistic != GatedStatistic::P95;
        let message = format!("must be `p50`: `{}` is compared by its median alone", gate.metric.name());
        self.require(known, &path.join("statistic"), &message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::comparison::GateMode;

    fn read(text: &str) -> Result<Gates, String> {
        let dir = tempfile::TempDir::new().unwrap();
        fs::write(dir.path().join("gates.yaml"), text).unwrap();
        let loader = SettingsLoader { working_dir: dir.path().to_owned(), ..SettingsLoader::default() };
        loader.gates(Path::new("gates.yaml")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_of_gates_is_read() {
        let gates = read(
            "pass_rate: {margin_pp: 3}\nprimary:\n  regression: {mode: harm, alpha: 0.1}\nfloors: {overall: 0.8}\n\
             speed:\n  - metric: e2e_ms\n    statistic: p95\nslos: ['ttft_p95_ms<=500']\n",
        )
        .unwrap();
        assert!((gates.pass_rate.as_ref().unwrap().margin_pp - 3.0).abs() < 1e-9);
        let primary = &gates.primary["regression"];
        assert_eq!((primary.mode, primary.margin_pp, primary.alpha), (GateMode::Harm, 5.0, 0.1));
        assert!((gates.speed[0].tolerance - 0.1).abs() < 1e-9);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, parts) in [
            (
                "pass_rate: {margin: 3}",
                &["gates.yaml:1:13: unknown field `margin` in `pass_rate`", "did you mean `margin_pp`?"][..],
            ),
            (
                "pas_rate: {}",
                &["gates.yaml:1:1: unknown field `pas_rate` at the top level; did you mean `pass_rate`?"],
            ),
            ("pass_rate: {mode: prov}", &["gates.yaml:1:19", "one of `detect`", "did you mean `prove`?"]),
            (
                "pass_rate:\n  margin_pp: 0",
                &["gates.yaml:2:14: `pass_rate.margin_pp` must be above 0 and below 100"],
            ),
            ("categories: {margin_pp: 100}", &["`categories.margin_pp` must be above 0 and below 100"]),
            (
                "primary:\n  math:\n    alpha: 0.5",
                &["gates.yaml:3:12: `primary.math.alpha` must be a one-sided chance"],
            ),
            ("floors:\n  math: 80", &["gates.yaml:2:9: `floors.math` must be a share from 0 to 1"]),
            ("speed:\n  - metric: e2e", &["gates.yaml:2:13", "one of `ttft_ms`", "did you mean `e2e_ms`?"]),
            (
                "speed:\n  - metric: tpot_ms\n    statistic: p95",
                &["gates.yaml:3:16: `speed.0.statistic` must be `p50`"],
            ),
            (
                "speed:\n  - metric: e2e_ms\n    tolerance: -1",
                &["gates.yaml:3:16: `speed.0.tolerance` must be"],
            ),
            (
                "speed:\n  - metric: e2e_ms\n    tolerance: 1e9",
                &["gates.yaml:3:16: `speed.0.tolerance` must be a share from 0 to 1000"],
            ),
            (
                "speed:\n  - metric: e2e_ms\n    tolerance: .inf",
                &["gates.yaml:3:16: expected a finite number"],
            ),
            ("slos:\n  - ttft_p95<=500", &["gates.yaml:2:5: `slos.0` can't be read", "ttft_p95_ms"]),
            ("max_error_rate: 2", &["`max_error_rate` must be a share"]),
            ("preset: quantisation", &["one of `quantization`", "did you mean `quantization`?"]),
            ("# nothing\n", &["`gates` gate nothing"]),
            ("pass_rate: {margin_pp: x}", &["must be a number, not text"]),
        ] {
            let error = read(text).unwrap_err();
            for part in parts {
                assert!(error.contains(part), "{text:?}: {error}");
            }
        }
    }
}
