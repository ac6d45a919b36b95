//! How often each gate mode gives each verdict, and how often the intervals hold the truth: summed exactly over all
//! tables of pairs with the library's own gate and intervals, and tabled in `docs/gates.md`.
//!
//! `LABCTL_REGENERATE=1 cargo test --test labctl gate_rates` rewrites the tables there; without it they are compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use labctl::model::comparison::{GateMode, GateVerdict, Interval};
use labctl::stats::detectable::{GATE_CONFIDENCE, Rule};
use labctl::stats::paired::{PairedCounts, newcombe_interval, tango_interval};
use labctl::stats::proportion::wilson;
use statrs::distribution::{Binomial, Discrete};

/// The margin of the tables, the gates' default.
const MARGIN_PP: f64 = 5.0;

/// What is rarer than this can't add up to a hundredth of a percent over all tables.
const NEGLIGIBLE: f64 = 1e-12;

/// The same where there are a hundred times as many tables.
const NEGLIGIBLE_OF_FOUR_CELLS: f64 = 1e-10;

/// The baseline's true pass rate, where an interval depends on it.
const BASELINE: f64 = 0.85;

const SIZES: [u64; 3] = [30, 50, 250];

/// True flip rates and losses: equal models, −5 pp, −10 pp.
const TRUTHS: [(f64, f64); 7] =
    [(0.05, 0.0), (0.08, 0.0), (0.14, 0.0), (0.08, 0.05), (0.14, 0.05), (0.14, 0.10), (0.20, 0.10)];

/// Independent pairs with these true rates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    /// Pairs.
    pub(crate) n: u64,
    /// Probability that a pair's sides differ.
    pub(crate) flip_rate: f64,
    /// The baseline's true pass rate − the candidate's, at most the flip rate.
    pub(crate) loss: f64,
}

impl Scenario {
    /// Each number of flips with its probability, without what is negligible.
    fn flips(self) -> Vec<(u64, f64)> {
        likely(self.n, self.flip_rate)
    }

    /// Losses among so many flips with their probability, without what is negligible.
    fn losses_among(self, flips: u64) -> Vec<(u64, f64)> {
        likely(flips, (self.flip_rate + self.loss) / (2.0 * self.flip_rate))
    }
}

/// Bin(n, p) without what is negligible.
fn likely(n: u64, p: f64) -> Vec<(u64, f64)> {
    let binomial = Binomial::new(p.clamp(0.0, 1.0), n).unwrap();
    (0..=n).map(|k| (k, binomial.pmf(k))).filter(|(_, weight)| *weight > NEGLIGIBLE).collect()
}

/// A table of pairs; where the sides agree does not concern Tango and the gates.
const fn table(n: u64, losses: u64, gains: u64) -> PairedCounts {
    PairedCounts { both_passed: n - losses - gains, losses, gains, both_failed: 0 }
}

/// What labctl's gate says of this table: the one place that asks it. The gates of a comparison decide by their
/// interval and word a reason; a property test beside them holds them to this rule.
fn verdict(mode: GateMode, margin_pp: f64, counts: PairedCounts) -> GateVerdict {
    Rule::usual(mode, margin_pp / 100.0).verdict(counts).unwrap()
}

/// A gate on so many pairs.
struct GateAt {
    mode: GateMode,
    margin_pp: f64,
    n: u64,
    /// By flips: the fewest losses among them that don't pass, and that fail. One more than there are where none do.
    borders: BTreeMap<u64, (u64, u64)>,
}

impl GateAt {
    const fn new(mode: GateMode, margin_pp: f64, n: u64) -> Self {
        Self { mode, margin_pp, n, borders: BTreeMap::new() }
    }

    /// Among as many flips, more losses never help (a property test of the gates), so that two borders tell all.
    fn borders(&mut self, flips: u64) -> (u64, u64) {
        let Self { mode, margin_pp, n, .. } = *self;
        let fewest = |verdict_at_least: GateVerdict| {
            let (mut low, mut high) = (0, flips + 1);
            while low < high {
                let middle = low.midpoint(high);
                if verdict(mode, margin_pp, table(n, middle, flips - middle)) >= verdict_at_least {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            low
        };
        let of_flips = || (fewest(GateVerdict::Inconclusive), fewest(GateVerdict::Fail));
        *self.borders.entry(flips).or_insert_with(of_flips)
    }

    /// The probability of each verdict.
    fn rates(&mut self, flip_rate: f64, loss: f64) -> BTreeMap<GateVerdict, f64> {
        let scenario = Scenario { n: self.n, flip_rate, loss };
        let mut rates = BTreeMap::new();
        for (flips, weight) in scenario.flips() {
            let (inconclusive, fail) = self.borders(flips);
            for (losses, share) in scenario.losses_among(flips) {
                let verdict = if losses >= fail {
                    GateVerdict::Fail
                } else if losses >= inconclusive {
                    GateVerdict::Inconclusive
                } else {
                    GateVerdict::Pass
                };
                *rates.entry(verdict).or_default() += weight * share;
            }
        }
        rates
    }
}

/// The probability of each verdict of a gate.
pub(crate) fn verdict_rates(
    mode: GateMode,
    margin_pp: f64,
    scenario: Scenario,
) -> BTreeMap<GateVerdict, f64> {
    let Scenario { n, flip_rate, loss } = scenario;
    GateAt::new(mode, margin_pp, n).rates(flip_rate, loss)
}

/// How often an interval misses the truth, by side.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Misses {
    /// It lies above the truth.
    above: f64,
    /// It lies below the truth: a loss seems shown that is not so large.
    below: f64,
}

impl Misses {
    pub(crate) fn either(self) -> f64 {
        self.above + self.below
    }

    fn count(&mut self, interval: Interval, truth: f64, weight: f64) {
        // Limits are solved for, and a truth at a limit is held.
        if interval.low > truth + 1e-9 {
            self.above += weight;
        } else if interval.high < truth - 1e-9 {
            self.below += weight;
        }
    }
}

/// How often Tango's interval of the difference misses it.
pub(crate) fn tango_misses(scenario: Scenario, confidence: f64) -> Misses {
    let mut misses = Misses::default();
    for (flips, weight) in scenario.flips() {
        for (losses, share) in scenario.losses_among(flips) {
            if weight * share > NEGLIGIBLE {
                let interval = tango_interval(table(scenario.n, losses, flips - losses), confidence).unwrap();
                misses.count(interval, -scenario.loss, weight * share);
            }
        }
    }
    misses
}

/// How often Newcombe's interval misses; it depends on where the sides agree, too.
fn newcombe_misses(scenario: Scenario, confidence: f64) -> Misses {
    let Scenario { n, flip_rate, loss } = scenario;
    let both_passed_of_agreeing = (BASELINE - f64::midpoint(flip_rate, loss)) / (1.0 - flip_rate);
    let mut misses = Misses::default();
    for (flips, of_flips) in scenario.flips() {
        let agreeing = likely(n - flips, both_passed_of_agreeing);
        for (losses, of_losses) in scenario.losses_among(flips) {
            for (both_passed, of_passed) in &agreeing {
                let weight = of_flips * of_losses * of_passed;
                if weight > NEGLIGIBLE_OF_FOUR_CELLS {
                    let counts = PairedCounts {
                        both_passed: *both_passed,
                        losses,
                        gains: flips - losses,
                        both_failed: n - flips - both_passed,
                    };
                    misses.count(newcombe_interval(counts, confidence).unwrap(), -loss, weight);
                }
            }
        }
    }
    misses
}

/// How often Wilson's interval of a share holds it.
fn wilson_coverage(n: u32, share: f64, confidence: f64) -> f64 {
    likely(n.into(), share)
        .into_iter()
        .filter(|(k, _)| {
            #[expect(clippy::cast_precision_loss, reason = "at most 250")]
            let seen = *k as f64 / f64::from(n);
            wilson(seen, n.into(), confidence).unwrap().contains(share)
        })
        .map(|(_, weight)| weight)
        .sum()
}

/// One digit; what is rarer than that is told from what never happens.
fn percent(share: f64) -> String {
    if share > NEGLIGIBLE && share < 0.0005 {
        "<0.1".to_owned()
    } else if share > 0.9995 && share < 1.0 - 1e-9 {
        ">99.9".to_owned()
    } else {
        format!("{:.1}", 100.0 * share)
    }
}

fn truth(flip_rate: f64, loss: f64) -> String {
    if loss > 0.0 {
        format!("−{:.0} pp, {:.0} % flips", 100.0 * loss, 100.0 * flip_rate)
    } else {
        format!("equal, {:.0} % flips", 100.0 * flip_rate)
    }
}

/// FAIL, INCONCLUSIVE and PASS of every mode.
fn verdicts() -> String {
    let mut text = String::new();
    for (mode, name) in [
        (GateMode::Detect, "detect"),
        (GateMode::Harm, "harm"),
        (GateMode::Prove, "prove"),
        (GateMode::Point, "point"),
    ] {
        let _ = write!(text, "\n### `{name}`\n\n| truth |");
        for n in SIZES {
            let _ = write!(text, " n = {n} |");
        }
        text.push_str("\n| --- |");
        text.push_str(&" ---: |".repeat(SIZES.len()));
        text.push('\n');
        let mut gates = SIZES.map(|n| GateAt::new(mode, MARGIN_PP, n));
        for (flip_rate, loss) in TRUTHS {
            let _ = write!(text, "| {} |", truth(flip_rate, loss));
            for gate in &mut gates {
                let rates = gate.rates(flip_rate, loss);
                let of = |verdict| rates.get(&verdict).map_or_else(|| "–".to_owned(), |rate| percent(*rate));
                let _ = write!(
                    text,
                    " **{}** · {} · {} |",
                    of(GateVerdict::Fail),
                    of(GateVerdict::Inconclusive),
                    of(GateVerdict::Pass)
                );
            }
            text.push('\n');
        }
    }
    text
}

/// The errors of each mode at the flip rate that is worst for it.
fn worst() -> String {
    let mut text = String::from(
        "\n| n | `detect` fails equal models | `harm` fails equal models | `harm` fails −5 pp | `prove` passes −5 pp |\n\
         | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for n in [10, 20, 30, 50, 100, 250] {
        let _ = write!(text, "| {n} |");
        for (mode, loss, verdict) in [
            (GateMode::Detect, 0.0, GateVerdict::Fail),
            (GateMode::Harm, 0.0, GateVerdict::Fail),
            (GateMode::Harm, 0.05, GateVerdict::Fail),
            (GateMode::Prove, 0.05, GateVerdict::Pass),
        ] {
            let mut gate = GateAt::new(mode, MARGIN_PP, n);
            // A loss takes at least as many flips.
            let worst = (1..=25)
                .map(|step| f64::from(step) / 50.0)
                .filter(|flip_rate| *flip_rate >= loss)
                .filter_map(|flip_rate| gate.rates(flip_rate, loss).get(&verdict).copied())
                .fold(0.0, f64::max);
            let _ = write!(text, " {} |", percent(worst));
        }
        text.push('\n');
    }
    text
}

/// Coverage of the intervals.
fn coverage() -> String {
    let mut text = String::from(
        "\n### Of the difference: Tango and Newcombe\n\n\
         | n | truth | Tango 90 % | all below the truth | Tango 95 % | Newcombe 95 % |\n\
         | ---: | --- | ---: | ---: | ---: | ---: |\n",
    );
    for n in SIZES {
        for (flip_rate, loss) in TRUTHS {
            let scenario = Scenario { n, flip_rate, loss };
            let of_gate = tango_misses(scenario, GATE_CONFIDENCE);
            let _ = writeln!(
                text,
                "| {n} | {} | {} | {} | {} | {} |",
                truth(flip_rate, loss),
                percent(1.0 - of_gate.either()),
                percent(of_gate.below),
                percent(1.0 - tango_misses(scenario, 0.95).either()),
                percent(1.0 - newcombe_misses(scenario, 0.95).either()),
            );
        }
    }
    text.push_str("\n### Of one pass rate: Wilson 95 %\n\n| n |");
    let shares = [0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99];
    for share in shares {
        let _ = write!(text, " {:.0} % |", 100.0 * share);
    }
    text.push_str("\n| ---: |");
    text.push_str(&" ---: |".repeat(shares.len()));
    text.push('\n');
    for n in [10_u32, 30, 50, 250] {
        let _ = write!(text, "| {n} |");
        for share in shares {
            let _ = write!(text, " {} |", percent(wilson_coverage(n, share, 0.95)));
        }
        text.push('\n');
    }
    text
}

/// The page with what stands between its two marks of this name replaced.
fn replaced(page: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: computed -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("`{begin}` is not in the page"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("`{end}` is not in the page"));
    format!("{before}{begin}{table}\n{end}{after}")
}

#[test]
fn the_tables_in_the_documentation_are_what_the_gates_do() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/gates.md");
    let page = fs::read_to_string(&path).unwrap();
    let tables = [("verdicts", verdicts()), ("worst", worst()), ("coverage", coverage())];
    let computed = tables.iter().fold(page.clone(), |page, (name, table)| replaced(&page, name, table));
    if std::env::var_os("LABCTL_REGENERATE").is_some_and(|value| value == "1") {
        fs::write(&path, &computed).unwrap();
        return;
    }
    let differing = page.lines().zip(computed.lines()).find(|(committed, computed)| committed != computed);
    assert!(
        page == computed,
        "`docs/gates.md` is not what the gates do: run `LABCTL_REGENERATE=1 cargo test --test labctl gate_rates` and \
         commit it; the first line that differs: {differing:?}"
    );
}

/// The false alarms that the design of the gates states, in percent.
#[test]
fn equal_models_fail_as_often_as_stated() {
    for (n, flip_rate, expected) in [(30, 0.08, 3.8), (250, 0.08, 0.3), (30, 0.14, 5.1), (250, 0.14, 1.7)] {
        let rates = GateAt::new(GateMode::Detect, MARGIN_PP, n).rates(flip_rate, 0.0);
        let percent = 100.0 * rates[&GateVerdict::Fail];
        assert!((percent - expected).abs() < 0.05, "{n} pairs, {flip_rate} flips: {percent}");
    }
}

/// 222 pairs are what `prove` takes to pass equal models at 8 % flips with 80 % power, where the normal approximation
/// says 198. Counts are whole, so that power goes up and down a little with n: 221 do, 218 to 220 just don't.
#[test]
fn proving_five_points_takes_as_many_pairs_as_stated() {
    let power = |n| GateAt::new(GateMode::Prove, MARGIN_PP, n).rates(0.08, 0.0)[&GateVerdict::Pass];
    assert!(power(198) < 0.8, "{}", power(198));
    assert!(power(220) < 0.8, "{}", power(220));
    assert!((221..=225).all(|n| power(n) >= 0.8));
}

/// The borders found by halving are those of every table of so many pairs.
#[test]
fn verdicts_of_all_tables_add_up_to_the_rates() {
    let scenario = Scenario { n: 14, flip_rate: 0.3, loss: 0.1 };
    for mode in [GateMode::Detect, GateMode::Harm, GateMode::Prove, GateMode::Point] {
        let mut rates: BTreeMap<GateVerdict, f64> = BTreeMap::new();
        for (flips, weight) in scenario.flips() {
            for (losses, share) in scenario.losses_among(flips) {
                let verdict = verdict(mode, MARGIN_PP, table(scenario.n, losses, flips - losses));
                *rates.entry(verdict).or_default() += weight * share;
            }
        }
        let halved = verdict_rates(mode, MARGIN_PP, scenario);
        assert_eq!(rates.keys().collect::<Vec<_>>(), halved.keys().collect::<Vec<_>>(), "{mode:?}");
        for (verdict, rate) in rates {
            assert!((rate - halved[&verdict]).abs() < 1e-9, "{mode:?} {verdict}");
        }
    }
}

/// Without a net gain, fewer than 52 pairs are INCONCLUSIVE for `prove` at best; a candidate that gained more than it
/// lost may pass with fewer.
#[test]
fn below_fifty_two_pairs_only_a_gain_is_proven() {
    let prove = |n, losses, gains| verdict(GateMode::Prove, MARGIN_PP, table(n, losses, gains));
    for n in 1..=51 {
        for losses in 0..=n {
            for gains in 0..=losses.min(n - losses) {
                assert_ne!(prove(n, losses, gains), GateVerdict::Pass, "{n}: {losses} lost, {gains} gained");
            }
        }
    }
    assert_eq!(prove(52, 0, 0), GateVerdict::Pass);
    assert_eq!(prove(40, 0, 1), GateVerdict::Pass);
}

/// Detecting 5 pp with a margin of 3 pp, as the page advises.
#[test]
fn a_smaller_margin_finds_the_loss() {
    let scenario = Scenario { n: 250, flip_rate: 0.08, loss: 0.05 };
    let found = verdict_rates(GateMode::Detect, 3.0, scenario)[&GateVerdict::Fail];
    assert!((found - 0.87).abs() < 0.005, "{found}");
}
