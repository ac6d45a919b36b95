//! labctl's statistics beside an independent implementation's, on thousands of random inputs.
//!
//! `tests/fixtures/statistics/record.py` makes the inputs and computes them with statsmodels, scipy and brute force. The
//! committed file is of one seed; `LABCTL_STATISTICS_REFERENCE` names another to be read in its place.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use labctl::model::comparison::{GateMode, GateVerdict, Interval};
use labctl::stats::agreement::{Weights, kappa, kendall_tau_b};
use labctl::stats::critical::t_p;
use labctl::stats::detectable::Rule;
use labctl::stats::log_ratio::{self, Ratio};
use labctl::stats::multiple::holm;
use labctl::stats::paired::{
    PairedCounts, mcnemar_two_sided, mcnemar_worse, newcombe_interval, score_p, tango_interval,
    tango_statistic,
};
use labctl::stats::proportion::wilson;
use labctl::stats::quantile::{distribution, quantile};
use labctl::stats::reliability::{Metric, icc_agreement, krippendorff_alpha};
use labctl::stats::repeats::{MeanDifference, cluster_standard_error};
use serde::Deserialize;

use super::gate_rates::{Scenario, tango_misses, verdict_rates};

/// Two formulas for one number.
const CLOSE: f64 = 1e-6;

/// Limits that either side solves for.
const SOLVED: f64 = 1e-5;

/// Losses that `smallest_loss` brackets to 2^-14.
const BRACKETED: f64 = 1.0 / 16_384.0;

/// A line of the reference.
#[derive(Debug, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
enum Case {
    About {
        seed: u64,
        versions: BTreeMap<String, String>,
    },
    Paired {
        /// Both passed, losses, gains, both failed.
        table: [u64; 4],
        mcnemar_two_sided: f64,
        mcnemar_worse: f64,
        at: f64,
        statistic: f64,
        score_p: f64,
        tango_90: [f64; 2],
        tango_95: [f64; 2],
        newcombe_95: [f64; 2],
    },
    Wilson {
        k: u32,
        n: u32,
        confidence: f64,
        limits: [f64; 2],
    },
    Holm {
        p: Vec<f64>,
        adjusted: Vec<f64>,
    },
    Quantiles {
        values: Vec<f64>,
        at: Vec<f64>,
        quantiles: Vec<f64>,
        mean: f64,
        standard_deviation: f64,
    },
    Ratios {
        baseline: Vec<f64>,
        candidate: Vec<f64>,
        other: Vec<f64>,
        confidence: f64,
        /// Ratio, lower and upper limit.
        paired: [f64; 3],
        welch: [f64; 3],
    },
    Repeats {
        differences: Vec<f64>,
        confidence: f64,
        standard_error: f64,
        student_p: f64,
        /// Absent where the bound on the interval's width decides.
        p: Option<f64>,
        interval: [f64; 2],
    },
    Clusters {
        values: Vec<f64>,
        clusters: Vec<u32>,
        standard_error: f64,
    },
    Agreement {
        gold: Vec<u8>,
        judge: Vec<u8>,
        kappa: f64,
        linear: f64,
        quadratic: f64,
        tau_b: f64,
    },
    Repeatability {
        items: Vec<Vec<f64>>,
        nominal: f64,
        ordinal: f64,
        interval: f64,
        /// ICC(A,1), where every item has as many ratings.
        icc: Option<f64>,
    },
    Gates {
        n: u64,
        flip_rate: f64,
        loss: f64,
        margin: f64,
        /// By mode: PASS, INCONCLUSIVE, FAIL.
        rates: BTreeMap<Mode, [f64; 3]>,
    },
    Detectable {
        n: u64,
        flip_rate: f64,
        mode: Mode,
        margin: f64,
        loss: f64,
    },
    Coverage {
        n: u64,
        flip_rate: f64,
        loss: f64,
        tango_90: f64,
        tango_95: f64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Detect,
    Harm,
    Prove,
    Point,
}

impl Mode {
    const fn gate(self) -> GateMode {
        match self {
            Self::Detect => GateMode::Detect,
            Self::Harm => GateMode::Harm,
            Self::Prove => GateMode::Prove,
            Self::Point => GateMode::Point,
        }
    }
}

/// What was compared, and how far apart it was; printed, so that `--nocapture` shows it.
#[derive(Default)]
struct Compared {
    /// By function: values compared and the largest difference.
    functions: BTreeMap<&'static str, (u64, f64)>,
    /// The function, both values and the input of what differs by more than it may.
    differing: Vec<String>,
}

impl Compared {
    /// Holds labctl's value to the reference's. Beyond 1 a difference is relative: throughputs and latencies have
    /// units of their own.
    fn close(&mut self, function: &'static str, ours: Option<f64>, reference: f64, within: f64, input: &str) {
        // No value, or no number, is as far away as can be.
        let difference =
            ours.map_or(f64::INFINITY, |ours| (ours - reference).abs() / reference.abs().max(1.0));
        let difference = if difference.is_nan() { f64::INFINITY } else { difference };
        let (values, largest) = self.functions.entry(function).or_default();
        *values += 1;
        *largest = largest.max(difference);
        if difference > within {
            self.differing.push(format!("{function}: {ours:?}, reference {reference}: {input}"));
        }
    }

    fn limits(
        &mut self,
        function: &'static str,
        ours: Option<Interval>,
        reference: [f64; 2],
        within: f64,
        input: &str,
    ) {
        self.close(function, ours.map(|interval| interval.low), reference[0], within, input);
        self.close(function, ours.map(|interval| interval.high), reference[1], within, input);
    }

    #[expect(clippy::too_many_lines, reason = "one arm a function that is compared")]
    fn case(&mut self, case: &Case, input: &str) {
        match case {
            Case::About { .. } => {}
            Case::Paired {
                table,
                mcnemar_two_sided: two_sided,
                mcnemar_worse: worse,
                at,
                statistic,
                score_p: p,
                tango_90,
                tango_95,
                newcombe_95,
            } => {
                let [both_passed, losses, gains, both_failed] = *table;
                let counts = PairedCounts { both_passed, losses, gains, both_failed };
                let ours = mcnemar_two_sided(losses, gains);
                self.close("McNemar two-sided", Some(ours), *two_sided, CLOSE, input);
                self.close("McNemar worse", Some(mcnemar_worse(losses, gains)), *worse, CLOSE, input);
                let ours = tango_statistic(counts, *at);
                self.close("Tango's statistic", Some(ours), *statistic, CLOSE, input);
                self.close("score p", score_p(counts), *p, CLOSE, input);
                self.limits("Tango 90 %", tango_interval(counts, 0.90), *tango_90, SOLVED, input);
                self.limits("Tango 95 %", tango_interval(counts, 0.95), *tango_95, SOLVED, input);
                self.limits("Newcombe 10", newcombe_interval(counts, 0.95), *newcombe_95, CLOSE, input);
            }
            Case::Wilson { k, n, confidence, limits } => {
                let ours = wilson(f64::from(*k) / f64::from(*n), u64::from(*n), *confidence);
                self.limits("Wilson", ours, *limits, CLOSE, input);
            }
            Case::Holm { p, adjusted } => {
                let ours = holm(p);
                for (index, expected) in adjusted.iter().enumerate() {
                    self.close("Holm", ours.get(index).copied(), *expected, CLOSE, input);
                }
            }
            Case::Quantiles { values, at, quantiles, mean, standard_deviation } => {
                let mut values = values.clone();
                let ours = distribution(&mut values);
                self.close("mean", ours.map(|d| d.mean), *mean, CLOSE, input);
                let deviation = ours.map(|d| d.standard_deviation);
                self.close("standard deviation", deviation, *standard_deviation, CLOSE, input);
                // `distribution` has sorted them.
                for (p, expected) in at.iter().zip(quantiles) {
                    self.close("quantile, type 7", quantile(&values, *p), *expected, CLOSE, input);
                }
            }
            Case::Ratios { baseline, candidate, other, confidence, paired, welch } => {
                let pairs = log_ratio::paired(baseline, candidate, *confidence);
                self.ratio("paired t on logs", pairs, *paired, input);
                let apart = log_ratio::welch(baseline, other, *confidence);
                self.ratio("Welch's t on logs", apart, *welch, input);
            }
            Case::Repeats { differences, confidence, standard_error, student_p, p, interval } => {
                let ours = MeanDifference::of(differences);
                let error = ours.and_then(|d| d.standard_error);
                self.close("repeats: standard error", error, *standard_error, CLOSE, input);
                let student =
                    ours.zip(error).and_then(|(d, error)| t_p(d.mean / error, length(differences) - 1.0));
                self.close("Student's p", student, *student_p, CLOSE, input);
                if let Some(p) = p {
                    self.close("repeats: p", ours.and_then(|d| d.p_value()), *p, CLOSE, input);
                }
                let ours = ours.and_then(|d| d.interval(*confidence));
                self.limits("repeats: interval", ours, *interval, CLOSE, input);
            }
            Case::Clusters { values, clusters, standard_error } => {
                let ours = cluster_standard_error(values, clusters);
                self.close("cluster standard error", ours, *standard_error, CLOSE, input);
            }
            Case::Agreement { gold, judge, kappa: plain, linear, quadratic, tau_b } => {
                let pairs: Vec<(f64, f64)> =
                    gold.iter().zip(judge).map(|(a, b)| (f64::from(*a), f64::from(*b))).collect();
                self.close("kappa", kappa(&pairs, Weights::Nominal), *plain, CLOSE, input);
                self.close("kappa, linear", kappa(&pairs, Weights::Linear), *linear, CLOSE, input);
                self.close("kappa, quadratic", kappa(&pairs, Weights::Quadratic), *quadratic, CLOSE, input);
                self.close("tau-b", kendall_tau_b(&pairs), *tau_b, CLOSE, input);
            }
            Case::Repeatability { items, nominal, ordinal, interval, icc } => {
                if let Some(icc) = icc {
                    self.close("ICC(A,1)", icc_agreement(items), *icc, CLOSE, input);
                }
                for (metric, expected) in
                    [(Metric::Nominal, nominal), (Metric::Ordinal, ordinal), (Metric::Interval, interval)]
                {
                    let ours = krippendorff_alpha(items, metric);
                    self.close("Krippendorff's alpha", ours, *expected, CLOSE, input);
                }
            }
            Case::Gates { n, flip_rate, loss, margin, rates } => {
                let scenario = Scenario { n: *n, flip_rate: *flip_rate, loss: *loss };
                for (mode, expected) in rates {
                    let mode = mode.gate();
                    let ours = verdict_rates(mode, 100.0 * margin, scenario);
                    let verdicts = [GateVerdict::Pass, GateVerdict::Inconclusive, GateVerdict::Fail];
                    for (verdict, expected) in verdicts.iter().zip(expected) {
                        let ours = ours.get(verdict).copied().unwrap_or(0.0);
                        self.close("verdicts of gates", Some(ours), *expected, CLOSE, input);
                    }
                    let chances = Rule::usual(mode, *margin).chances(*n, *flip_rate, *loss);
                    let [pass, inconclusive, fail] = *expected;
                    self.close("chance of PASS", chances.map(|c| c.pass), pass, CLOSE, input);
                    let ours = chances.map(|c| c.inconclusive);
                    self.close("chance of INCONCLUSIVE", ours, inconclusive, CLOSE, input);
                    self.close("chance of FAIL", chances.map(|c| c.fail), fail, CLOSE, input);
                }
            }
            Case::Detectable { n, flip_rate, mode, margin, loss } => {
                let ours = Rule::usual(mode.gate(), *margin).smallest_loss(*n, *flip_rate);
                self.close("smallest loss", ours, *loss, BRACKETED, input);
            }
            Case::Coverage { n, flip_rate, loss, tango_90, tango_95 } => {
                let scenario = Scenario { n: *n, flip_rate: *flip_rate, loss: *loss };
                for (confidence, expected) in [(0.90, tango_90), (0.95, tango_95)] {
                    let ours = 1.0 - tango_misses(scenario, confidence).either();
                    self.close("coverage", Some(ours), *expected, CLOSE, input);
                }
            }
        }
    }

    fn ratio(&mut self, function: &'static str, ours: Option<Ratio>, expected: [f64; 3], input: &str) {
        let [ratio, low, high] = expected;
        self.close(function, ours.map(|ours| ours.ratio), ratio, CLOSE, input);
        self.limits(function, ours.map(|ours| ours.interval), [low, high], CLOSE, input);
    }
}

#[expect(clippy::cast_precision_loss, reason = "some dozens")]
const fn length(values: &[f64]) -> f64 {
    values.len() as f64
}

#[test]
fn labctl_agrees_with_an_independent_implementation() {
    let committed =
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/statistics/reference.jsonl");
    let path = std::env::var_os("LABCTL_STATISTICS_REFERENCE").map_or_else(committed, Into::into);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut compared = Compared::default();
    let mut cases = 0;
    for (line, input) in (1..).zip(text.lines()) {
        let case = serde_json::from_str(input).unwrap_or_else(|e| panic!("{}:{line}: {e}", path.display()));
        if let Case::About { seed, versions } = &case {
            println!("seed {seed}, {versions:?}");
        } else {
            cases += 1;
            compared.case(&case, input);
        }
    }
    println!("{cases} cases");
    for (function, (values, largest)) in &compared.functions {
        println!("{function:24} {values:6} values, largest difference {largest:.1e}");
    }
    assert!(cases > 1000, "{}: only {cases} cases", path.display());
    let Compared { functions, differing } = compared;
    assert_eq!(functions.len(), 31, "each function is compared: {:?}", functions.keys());
    assert!(
        differing.is_empty(),
        "{} values differ, the first:\n{}",
        differing.len(),
        differing[..differing.len().min(10)].join("\n")
    );
}
