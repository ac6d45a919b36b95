//! The gates shipped for a kind of team, and what a configuration makes of them.

use std::collections::BTreeMap;

use crate::model::comparison::GateMode;
use crate::model::gate::{GatedMetric, GatedStatistic, Gates, PassRateGate, SpeedGate};
use crate::model::team::TeamKind;

/// The margin of the default gate, percentage points.
pub const DEFAULT_MARGIN_PP: f64 = 5.0;

/// The gates shipped for a kind of team.
///
/// Quantization must lose nothing, in no category, and not be slower. Fine-tuning must forget nothing: `regression`
/// is a primary category, by `detect` because it has few prompts; and a request may take a tenth longer. A judge is
/// held to what it does by itself, for it often runs without a baseline.
#[must_use]
pub fn preset(kind: TeamKind) -> Gates {
    let detect =
        PassRateGate { mode: GateMode::Detect, margin_pp: DEFAULT_MARGIN_PP, ..PassRateGate::default() };
    let e2e = SpeedGate {
        metric: GatedMetric::E2eMs,
        statistic: GatedStatistic::P50,
        tolerance: 0.10,
        on_inconclusive: None,
    };
    match kind {
        TeamKind::Quantization => Gates {
            pass_rate: Some(detect.clone()),
            categories: Some(detect),
            speed: vec![e2e],
            ..Gates::default()
        },
        TeamKind::FineTuning => Gates {
            pass_rate: Some(detect.clone()),
            primary: BTreeMap::from([("regression".to_owned(), detect)]),
            speed: vec![e2e],
            ..Gates::default()
        },
        TeamKind::Evaluation => Gates {
            floors: BTreeMap::from([(super::OVERALL.to_owned(), 0.80)]),
            max_error_rate: Some(0.02),
            slos: vec!["e2e_p95_ms<=3000".to_owned()],
            ..Gates::default()
        },
    }
}

/// The gates with their preset's written out under them. Of the preset's categories those that `has_category` knows:
/// a preset is for every set of its team, and what it says of a category holds where there is one.
#[must_use]
pub fn resolved(gates: &Gates, has_category: impl Fn(&str) -> bool) -> Gates {
    let Some(kind) = gates.preset else { return gates.clone() };
    let below = preset(kind);
    let Gates {
        pass_rate, primary, categories, floors, speed, max_error_rate, slos, on_inconclusive, ..
    } = gates.clone();
    let of_preset = below.primary.into_iter().filter(|(name, _)| has_category(name));
    let same =
        |one: &SpeedGate, other: &SpeedGate| (one.metric, one.statistic) == (other.metric, other.statistic);
    let kept = below.speed.into_iter().filter(|gate| !speed.iter().any(|said| same(said, gate)));
    Gates {
        preset: None,
        pass_rate: pass_rate.or(below.pass_rate),
        primary: of_preset.chain(primary).collect(),
        categories: categories.or(below.categories),
        floors: below.floors.into_iter().chain(floors).collect(),
        speed: kept.chain(speed.clone()).collect(),
        max_error_rate: max_error_rate.or(below.max_error_rate),
        slos: if slos.is_empty() { below.slos } else { slos },
        on_inconclusive,
    }
}
