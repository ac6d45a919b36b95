//! What two sides' differences show: of speed by their intervals, of quality by those, by the categories, and by
//! what so many prompts could have shown at all.

use super::number::{self, counted};
use super::quality::{self, ALPHA};
use super::speed;
use super::table::Tone;
use super::text::one_line;
use super::verdict::{factor, headline, other_length};
use crate::model::comparison::{Comparison, GateVerdict, PairedPassRate};

/// The largest loss that may go unseen while "no loss is shown" still says something, percentage points.
const TELLING_PP: f64 = 5.0;

/// Half of a normal distribution's middle 95 %, in standard deviations.
const Z_95: f64 = 1.959_963_984_540_054;

/// What a difference between two sides shows, by its interval alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The whole interval lies on the candidate's side.
    Better,
    /// The whole interval lies on the baseline's side.
    Worse,
    /// The interval contains "no difference".
    NoDifference,
    /// There is a value without an interval.
    NoInterval,
    /// There is no value.
    Absent,
}

impl Shown {
    const fn of(tone: Tone) -> Self {
        match tone {
            Tone::Good => Self::Better,
            Tone::Bad => Self::Worse,
            Tone::Plain | Tone::Dim | Tone::Warn => Self::NoDifference,
        }
    }
}

/// What the pass rates show, all categories together.
pub(crate) fn quality_shown(comparison: &Comparison) -> Shown {
    let overall = &comparison.overall;
    match (overall.delta_pp, overall.interval_90_pp) {
        (None, _) => Shown::Absent,
        (_, None) => Shown::NoInterval,
        (_, interval) => Shown::of(quality::tone(interval)),
    }
}

/// What the [`headline`] of speed shows.
pub(crate) fn speed_shown(comparison: &Comparison) -> Shown {
    match headline(comparison) {
        None => Shown::Absent,
        Some(ratio) if ratio.interval_95.is_none() => Shown::NoInterval,
        Some(ratio) => Shown::of(speed::tone(ratio)),
    }
}

/// That tokens come faster while answers don't, for they are longer; `None` where that isn't so.
pub(crate) fn tokens_alone(comparison: &Comparison) -> Option<String> {
    let length = other_length(comparison)?;
    let ratio = headline(comparison).filter(|ratio| ratio.metric == "tpot_ms")?;
    let whole = speed::find(&comparison.speed, "e2e_ms", "p50").map(speed::tone);
    (Shown::of(speed::tone(ratio)) == Shown::Better && whole != Some(Tone::Good)).then(|| {
        format!(
            "tokens come {}x faster, but answers are {}x as long: no shorter total time shown",
            number::ratio(factor(ratio.ratio.unwrap_or(1.0))),
            number::ratio(length)
        )
    })
}

/// What an A/A run says whose sides differ.
pub(crate) const MORE_THAN_NOISE: &str =
    "one model against itself differs: order, cache or load plays a part";

/// Whether a run of one model against itself finds a difference where there is none.
pub(crate) fn differs_from_itself(comparison: &Comparison) -> bool {
    let quality = comparison.overall.interval_95_pp.is_some_and(|interval| !interval.contains(0.0));
    quality || matches!(speed_shown(comparison), Shown::Better | Shown::Worse)
}

/// Half of the range in which 95 % of the deltas lie if nothing but noise differs, percentage points. Of n pairs
/// that flip at a rate f, one way as often as the other, the delta's variance is f/n; where prompts were sent several
/// times or are of families, half of the delta's own interval.
pub(crate) fn noise_95_pp(rate: &PairedPassRate) -> Option<f64> {
    if rate.standard_error_pp.is_some() {
        return rate.interval_95_pp.map(|interval| (interval.high - interval.low) / 2.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "pairs are counted in thousands")]
    let pairs = rate.pairs as f64;
    rate.flip_rate.filter(|_| rate.pairs > 0).map(|flips| Z_95 * (flips / pairs).sqrt() * 100.0)
}

/// What is known of quality.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Quality {
    /// The pass rate rose.
    Gain,
    /// The pass rate fell, all categories together.
    Loss,
    /// It fell in these categories alone.
    LossIn(String),
    /// It didn't fall by as much as would matter, as far as such a run can tell.
    NoLoss,
    /// No loss is shown, but a large one could have gone unseen; in words.
    Undecided(String),
    /// So little passes that no loss could be shown; in words.
    NothingToLose(String),
    /// A gate rules out a loss of more than this, percentage points.
    Within(f64),
    /// A gate on the candidate's own pass rate passes.
    Enough,
    /// A detect gate passes.
    NotFound {
        /// Whether a loss that matters would have been seen.
        telling: bool,
        /// The loss that the interval leaves open, percentage points, where the gate's margin is less.
        open_pp: Option<f64>,
    },
    /// There are too few pairs for an interval.
    NoInterval,
    /// Nothing was judged on both sides.
    Absent,
}

impl Quality {
    /// What the pass rates say by themselves.
    pub(crate) fn of(comparison: &Comparison) -> Self {
        let shown = quality_shown(comparison);
        if shown == Shown::Worse {
            return Self::Loss;
        }
        if let Some(lost) = lost_categories(comparison) {
            return Self::LossIn(lost);
        }
        match shown {
            Shown::Better => Self::Gain,
            Shown::NoInterval => Self::NoInterval,
            Shown::Absent => Self::Absent,
            Shown::NoDifference | Shown::Worse => undecided(comparison).unwrap_or(Self::NoLoss),
        }
    }

    /// The same without the reasons.
    pub(crate) const fn shown(&self) -> Shown {
        match self {
            Self::Gain => Shown::Better,
            Self::Loss | Self::LossIn(_) => Shown::Worse,
            Self::NoInterval => Shown::NoInterval,
            Self::Absent => Shown::Absent,
            _ => Shown::NoDifference,
        }
    }

    /// Whether a loss that matters would have been seen.
    pub(crate) const fn is_telling(&self) -> bool {
        !matches!(
            self,
            Self::Undecided(_)
                | Self::NothingToLose(_)
                | Self::NotFound { telling: false, .. }
                | Self::NotFound { open_pp: Some(_), .. }
        )
    }

    /// In the middle of a sentence.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Gain => "a gain in quality is shown".to_owned(),
            Self::Loss => "a loss of quality is shown".to_owned(),
            Self::LossIn(categories) => format!("a loss in {categories} is shown"),
            Self::NoLoss => "no loss of quality is shown".to_owned(),
            Self::Undecided(why) => format!("quality undecided: {why}"),
            Self::NothingToLose(why) => why.clone(),
            Self::Within(margin) => format!("a loss of more than {} pp is ruled out", number::plain(*margin)),
            Self::Enough => "its pass rate is high enough".to_owned(),
            Self::NotFound { open_pp: Some(open), .. } => {
                format!("no loss found, though one of {open:.1} pp is not ruled out")
            }
            Self::NotFound { open_pp: None, .. } => "no loss found".to_owned(),
            Self::NoInterval | Self::Absent => "its quality is not known".to_owned(),
        }
    }
}

/// The categories whose loss is shown, `legal and math`.
fn lost_categories(comparison: &Comparison) -> Option<String> {
    let lost: Vec<String> = comparison
        .categories
        .iter()
        .filter(|rate| rate.delta_pp.is_some_and(|delta| delta < 0.0))
        .filter(|rate| {
            rate.verdict == Some(GateVerdict::Fail) || rate.score_p_holm.is_some_and(|p| p < ALPHA)
        })
        .filter_map(|rate| rate.category.as_deref().map(one_line))
        .collect();
    match lost.as_slice() {
        [] => None,
        [first] => Some(first.clone()),
        [first, second] => Some(format!("{first} and {second}")),
        [first, rest @ ..] => Some(format!("{first} and {} more", rest.len())),
    }
}

/// Whether both sides fail 95 % of the prompts and more.
pub(crate) const fn fails_nearly_all(overall: &PairedPassRate) -> bool {
    overall.pairs > 0 && overall.both_failed.saturating_mul(20) >= overall.pairs.saturating_mul(19)
}

/// Why "no loss is shown" says little here, where it does.
fn undecided(comparison: &Comparison) -> Option<Quality> {
    let overall = &comparison.overall;
    let missed = overall.minimum_detectable_loss_pp;
    if fails_nearly_all(overall) {
        let why = "both fail nearly all of it: this set can't show a loss".to_owned();
        return Some(Quality::NothingToLose(why));
    }
    // Above half it is the prompts that are too few, not what passes.
    let rate = overall.baseline.rate.filter(|rate| *rate < 0.5);
    if let Some(rate) = rate.filter(|rate| missed.is_some_and(|missed| rate * 100.0 <= missed)) {
        let why = format!("the baseline passes only {}: this set can't show a loss", number::percent(rate));
        return Some(Quality::NothingToLose(why));
    }
    missed.filter(|missed| *missed > TELLING_PP).map(|missed| {
        let prompts = counted(overall.pairs, "prompt", "prompts");
        Quality::Undecided(format!("{prompts} could have missed a loss of {missed:.1} pp"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::comparison::Interval;
    use crate::report::fixture;

    fn comparison() -> Comparison {
        let mut comparison = fixture::paired().comparison.unwrap();
        comparison.overall.interval_90_pp = Some(Interval { low: -4.0, high: 3.0 });
        comparison.overall.minimum_detectable_loss_pp = Some(4.0);
        for rate in &mut comparison.categories {
            (rate.verdict, rate.score_p_holm) = (None, None);
        }
        comparison
    }

    #[test]
    fn a_loss_in_a_category_is_one_though_not_in_all_together() {
        let mut of = comparison();
        assert_eq!(Quality::of(&of), Quality::NoLoss);
        of.categories[0].delta_pp = Some(-20.0);
        of.categories[0].score_p_holm = Some(0.06);
        assert_eq!(Quality::of(&of), Quality::NoLoss);
        of.categories[0].score_p_holm = Some(0.04);
        assert_eq!(Quality::of(&of).words(), "a loss in arithmetic is shown");
        of.categories[1].delta_pp = Some(-20.0);
        of.categories[1].verdict = Some(GateVerdict::Fail);
        assert_eq!(Quality::of(&of).words(), "a loss in arithmetic and extraction is shown");
        // A gain is none, however sure.
        of.categories[0].delta_pp = Some(20.0);
        assert_eq!(Quality::of(&of).words(), "a loss in extraction is shown");
    }

    #[test]
    fn what_could_not_be_lost_is_no_good_news() {
        let mut of = comparison();
        of.overall.minimum_detectable_loss_pp = Some(15.6);
        assert_eq!(
            Quality::of(&of).words(),
            "quality undecided: 30 prompts could have missed a loss of 15.6 pp"
        );
        of.overall.baseline.rate = Some(0.1);
        assert_eq!(Quality::of(&of).words(), "the baseline passes only 10.0 %: this set can't show a loss");
        of.overall.both_failed = 29;
        assert_eq!(Quality::of(&of).words(), "both fail nearly all of it: this set can't show a loss");
        assert!(!Quality::of(&of).is_telling());
    }

    #[test]
    fn tokens_that_come_faster_make_no_answer_faster() {
        let mut of = comparison();
        for ratio in of.speed.iter_mut().filter(|ratio| ratio.statistic == "p50") {
            let interval = if ratio.metric == "e2e_ms" {
                Interval { low: 0.9, high: 1.2 }
            } else {
                Interval { low: 0.7, high: 0.8 }
            };
            (ratio.ratio, ratio.interval_95) =
                (Some(f64::midpoint(interval.low, interval.high)), Some(interval));
        }
        assert_eq!(tokens_alone(&of), None);
        of.output_token_ratio = Some(1.54);
        assert_eq!(
            tokens_alone(&of).unwrap(),
            "tokens come 1.33x faster, but answers are 1.54x as long: no shorter total time shown"
        );
    }
}
