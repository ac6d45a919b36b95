//! Pass rates beside the baseline's, category by category.

use std::collections::BTreeSet;

use super::speed::sound;
use super::{Bound, Evidence, Measured, argument, pp, pps};
use crate::model::comparison::{Comparison, Interval, PairedPassRate};
use crate::model::judgement::Verdict;
use crate::model::team::ReadingVerdict;

/// Categories named at the most; the tables have them all.
const NAMED: usize = 3;

/// Two-sided, which leaves a one-sided 5 % for a loss: what the 90 % interval is to a single category.
const SHOWN: f64 = 0.10;

/// All categories held against "no loss".
pub(super) struct Categories {
    pub(super) verdict: ReadingVerdict,
    pub(super) evidence: String,
    /// Those that lost.
    pub(super) lost: Vec<String>,
}

/// Whether any category lost. One did where its loss is shown after Holm over the categories; none did where every
/// interval excludes a loss of more than `margin` percentage points, for which each may be read by itself.
pub(super) fn categories(evidence: &Evidence<'_>, margin: f64) -> Result<Categories, String> {
    let comparison = sound(evidence)?;
    let rates: Vec<(&PairedPassRate, &str, f64, Interval)> = comparison
        .categories
        .iter()
        .filter_map(|rate| Some((rate, rate.category.as_deref()?, rate.delta_pp?, rate.interval_90_pp?)))
        .collect();
    if rates.is_empty() {
        return Err("no category was judged on both sides".to_owned());
    }
    let of = match rates.len() {
        1 => "the one category".to_owned(),
        count => format!("{count} categories"),
    };
    let mut lost: Vec<_> = rates.iter().filter(|(rate, .., interval)| is_loss(rate, *interval)).collect();
    lost.sort_by(|a, b| a.2.total_cmp(&b.2));
    if !lost.is_empty() {
        let told = named(lost.iter().map(|(rate, name, delta, interval)| {
            let p = rate.score_p_holm.map_or_else(String::new, |p| format!("; p {} after Holm", p_value(p)));
            format!("{name} {} pp (90 % {}; n {}{p})", pp(*delta), pps(*interval), rate.pairs)
        }));
        return Ok(Categories {
            verdict: ReadingVerdict::Missed,
            evidence: format!("precision loss in {told}; of {of}"),
            lost: lost.iter().map(|(_, name, ..)| (*name).to_owned()).collect(),
        });
    }
    let overall = &comparison.overall;
    if let (Some(delta), Some(interval)) = (overall.delta_pp, overall.interval_90_pp)
        && interval.high < 0.0
        && rates.len() > 1
    {
        // Where all together lost at least one of them did, though none may be singled out.
        let worst = rates.iter().min_by(|a, b| a.2.total_cmp(&b.2));
        let worst = worst.map_or_else(String::new, |(rate, name, delta, interval)| {
            format!(
                "; in which of them is not settled, the most in {name} {}",
                numbers(rate, *delta, *interval)
            )
        });
        let all = numbers(overall, delta, interval);
        return Ok(Categories {
            verdict: ReadingVerdict::Missed,
            evidence: format!("precision loss in {of} together: {all}{worst}"),
            lost: Vec::new(),
        });
    }
    let unread = not_judged(evidence, comparison);
    let mut open: Vec<_> = rates.iter().filter(|(.., interval)| interval.low <= -margin).collect();
    open.sort_by(|a, b| a.3.low.total_cmp(&b.3.low));
    let (verdict, text) = if open.is_empty() && !unread.is_empty() {
        let text = format!(
            "no loss that stands after Holm in {of}, but not judged on both sides: {}",
            named(unread.into_iter())
        );
        (ReadingVerdict::Unsettled, text)
    } else if open.is_empty() {
        let lowest = rates.iter().map(|(.., interval)| interval.low).fold(f64::INFINITY, f64::min);
        let text = format!(
            "no loss beyond {margin} pp in {of}: the lowest limit of a 90 % interval is {} pp",
            pp(lowest)
        );
        (ReadingVerdict::Met, text)
    } else {
        let told = named(
            open.iter()
                .map(|(rate, name, delta, interval)| format!("{name} {}", numbers(rate, *delta, *interval))),
        );
        let also = if unread.is_empty() {
            String::new()
        } else {
            format!("; not judged on both sides: {}", named(unread.into_iter()))
        };
        let text = format!(
            "no loss that stands after Holm in {of}, but one beyond {margin} pp is not ruled out in {told}{also}"
        );
        (ReadingVerdict::Unsettled, text)
    };
    Ok(Categories { verdict, evidence: text, lost: Vec::new() })
}

/// The categories that have checks and no pair that was judged: nothing shows that they lost nothing.
fn not_judged(evidence: &Evidence<'_>, comparison: &Comparison) -> Vec<String> {
    let is_checked = |name: &str| {
        let rows = evidence.rows.iter().filter(|row| row.category == name);
        let mut attempts = rows.flat_map(|row| row.baseline.iter().chain(&row.candidate));
        attempts.any(|attempt| attempt.judgement.verdict != Verdict::Unchecked)
    };
    let unread = comparison.categories.iter().filter(|rate| rate.delta_pp.is_none());
    let names = unread.filter_map(|rate| rate.category.as_deref());
    names.filter(|name| is_checked(name)).map(str::to_owned).collect()
}

/// The interval may be wider than the p-value knows, where prompts come in families.
fn is_loss(rate: &PairedPassRate, interval: Interval) -> bool {
    interval.high < 0.0 && rate.score_p_holm.is_none_or(|p| p < SHOWN)
}

/// Whether a category that was named beforehand got better: its own interval against 0.
pub(super) fn better(evidence: &Evidence<'_>, name: &str) -> Result<Measured, String> {
    let (rate, delta, interval) = category(evidence, name)?;
    let verdict = match interval {
        Interval { low, .. } if low > 0.0 => ReadingVerdict::Met,
        Interval { high, .. } if high <= 0.0 => ReadingVerdict::Missed,
        _ => ReadingVerdict::Unsettled,
    };
    Ok(Measured { value: delta, interval, n: rate.pairs, verdict, evidence: numbers(rate, delta, interval) })
}

/// Whether a category that was named beforehand got no worse: a loss is shown where its own interval lies below 0,
/// and none where it excludes a loss of more than `margin` percentage points.
pub(super) fn no_worse(evidence: &Evidence<'_>, name: &str, margin: f64) -> Result<Measured, String> {
    let (rate, delta, interval) = category(evidence, name)?;
    let mut text = numbers(rate, delta, interval);
    let verdict = if interval.high < 0.0 {
        text = format!("catastrophic forgetting: {text}");
        ReadingVerdict::Missed
    } else if Bound::AtLeast(-margin).holds(interval) == ReadingVerdict::Met {
        ReadingVerdict::Met
    } else {
        text = format!("{text}; no loss shown, but one beyond {margin} pp is not ruled out");
        ReadingVerdict::Unsettled
    };
    Ok(Measured { value: delta, interval, n: rate.pairs, verdict, evidence: text })
}

fn category<'a>(evidence: &Evidence<'a>, name: &str) -> Result<(&'a PairedPassRate, f64, Interval), String> {
    let comparison = sound(evidence)?;
    let rate = comparison.categories.iter().find(|rate| rate.category.as_deref() == Some(name));
    let rate = rate.ok_or_else(|| format!("no prompt of `{name}` was sent"))?;
    rate.delta_pp
        .zip(rate.interval_90_pp)
        .map(|(delta, interval)| (rate, delta, interval))
        .ok_or_else(|| format!("no prompt of `{name}` was judged on both sides"))
}

/// `−12.0 pp (90 % −21.6 to −6.3 pp; n 50)`.
fn numbers(rate: &PairedPassRate, delta: f64, interval: Interval) -> String {
    format!("{} pp (90 % {}; n {})", pp(delta), pps(interval), rate.pairs)
}

/// The first few of a list, and how many more.
pub(super) fn named(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let mut shown: Vec<String> = all.take(NAMED).collect();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "below 0.001".to_owned() } else { format!("{p:.3}") }
}

/// The command that says how many prompts a margin takes at the flips that were seen.
pub(super) fn how_many(evidence: &Evidence<'_>, margin: f64) -> String {
    let overall = evidence.comparison.map(|comparison| &comparison.overall);
    let flips = overall.and_then(|overall| overall.flip_rate).filter(|flips| *flips > 0.0);
    let flips = flips.map_or_else(String::new, |flips| format!(" --flips {:.0}%", (100.0 * flips).ceil()));
    format!("more prompts decide: `labctl plan --margin {margin}pp{flips}` says how many")
}

/// The command that shows the first loss of a category in full.
pub(super) fn look_at_loss(evidence: &Evidence<'_>, category: &str) -> Option<String> {
    let comparison = evidence.comparison?;
    let mut losses = comparison.losses.iter().filter(|flip| flip.category == category);
    let first = losses.next()?;
    // Each prompt once, however often it was sent.
    let prompts: BTreeSet<&str> =
        losses.map(|flip| flip.prompt_id.as_str()).chain([first.prompt_id.as_str()]).collect();
    let many = if prompts.len() == 1 { "1 prompt" } else { &format!("{} prompts", prompts.len()) };
    Some(format!(
        "look at the losses of {many}, first: `labctl check explain {} {}`",
        argument(evidence.run_id),
        argument(&first.prompt_id)
    ))
}
