//! What is taken out of comparisons: the rows they carry, and messages that their reasons quote.

use super::Redactor;
use crate::model::compared::{ComparedSide, ComparisonReport, Intersection};
use crate::model::comparison::{Comparison, Flip, GateResult, PairedPassRate, SpeedRatio, Unstable};
use crate::model::level::{LevelFindings, LevelResult, LevelSide, Steadiness};
use crate::model::reference::ReferenceComparison;
use crate::model::result::PromptSetInfo;
use crate::model::slo::SloOutcome;
use crate::model::summary::SideSummary;
use crate::model::team::{CostFigures, Reading};

impl Redactor {
    pub(super) fn comparison_report(&mut self, report: &mut ComparisonReport) {
        let ComparisonReport {
            schema_version: _,
            labctl_version: _,
            baseline,
            candidate,
            simulated: _,
            same_run: _,
            warnings,
            redacted: _,
            intersected,
            team_kind: _,
            comparison,
            flipped,
            readings,
        } = report;
        for row in flipped {
            self.row(row);
        }
        for side in [baseline, candidate] {
            let ComparedSide {
                run_id: _,
                side: _,
                model: _,
                endpoint: _,
                started_at: _,
                simulated: _,
                prompt_set,
                blessed_as: _,
                cached_share: _,
                cost,
            } = side;
            keeps_names(prompt_set);
            if let Some(CostFigures {
                currency: _,
                per_hour: _,
                correct_answers_per_gpu_hour: _,
                per_million_output_tokens: _,
                per_million_output_tokens_at_slo: _,
            }) = cost
            {}
        }
        if let Some(Intersection {
            prompts: _,
            left_out_of_baseline: _,
            left_out_of_candidate: _,
            differing: _,
            verified: _,
        }) = intersected
        {}
        self.all_own_words(warnings);
        self.comparison(comparison);
        self.readings(readings);
    }

    pub(super) fn comparison(&self, comparison: &mut Comparison) {
        let Comparison {
            overall,
            categories,
            macro_average: _,
            reference_log_prob,
            noise_run: _,
            unstable,
            speed,
            output_token_ratio: _,
            prompt_token_ratio: _,
            losses,
            gains,
            forced_over,
            invalid_because,
            gates,
        } = comparison;
        for rate in std::iter::once(overall).chain(categories) {
            self.pass_rate(rate);
        }
        if let Some(reference) = reference_log_prob {
            let ReferenceComparison {
                unit: _,
                // Numbers by category.
                overall: _,
                categories: _,
                missing_baseline: _,
                missing_candidate: _,
                asked_on_one_side: _,
                split_differently: _,
                absent_because,
            } = reference;
            self.all_own_words(absent_because);
        }
        for Unstable { prompt_id: _, category: _, seen_in: _ } in unstable {}
        for ratio in speed {
            self.speed(ratio);
        }
        for Flip { prompt_id: _, category: _, repeat: _, baseline: _, candidate: _ } in
            losses.iter_mut().chain(gains)
        {}
        self.all_own_words(forced_over.iter_mut().chain(invalid_because));
        self.gates(gates);
    }

    fn pass_rate(&self, rate: &mut PairedPassRate) {
        let PairedPassRate {
            category: _,
            pairs: _,
            baseline: _,
            candidate: _,
            both_passed: _,
            losses: _,
            gains: _,
            both_failed: _,
            delta_pp: _,
            interval_90_pp: _,
            interval_95_pp: _,
            newcombe_95_pp: _,
            score_p: _,
            score_p_holm: _,
            mcnemar_p: _,
            flip_rate: _,
            minimum_detectable_loss_pp: _,
            method: _,
            standard_error_pp: _,
            standard_error_over_prompts_pp: _,
            standard_error_over_families_pp: _,
            families: _,
            missing: _,
            baseline_verdicts: _,
            candidate_verdicts: _,
            output_token_ratio: _,
            prompt_token_ratio: _,
            latency,
            noise: _,
            verdict: _,
            verdict_reason,
        } = rate;
        for ratio in latency {
            self.speed(ratio);
        }
        self.all_own_words(verdict_reason);
    }

    fn speed(&self, ratio: &mut SpeedRatio) {
        let SpeedRatio {
            metric: _,
            statistic: _,
            higher_is_better: _,
            baseline: _,
            candidate: _,
            ratio: _,
            interval_95: _,
            method: _,
            absent_because,
        } = ratio;
        self.all_own_words(absent_because);
    }

    pub(super) fn gates(&self, gates: &mut [GateResult]) {
        for gate in gates {
            let GateResult {
                name: _,
                kind: _,
                category: _,
                mode: _,
                margin_pp: _,
                alpha: _,
                bound: _,
                verdict: _,
                reason,
                pairs_to_decide: _,
                on_inconclusive: _,
            } = gate;
            self.own_words(reason);
        }
    }

    pub(super) fn readings(&self, readings: &mut [Reading]) {
        for reading in readings {
            let Reading {
                id: _,
                topic: _,
                expected: _,
                verdict: _,
                evidence,
                bound: _,
                value: _,
                interval: _,
                n: _,
                next,
            } = reading;
            self.own_words(evidence);
            self.all_own_words(next);
        }
    }

    pub(super) fn levels(&self, levels: &mut [LevelResult], findings: &mut Option<LevelFindings>) {
        for level in levels {
            let LevelResult {
                load: _,
                steadiness,
                past_saturation: _,
                cut_short: _,
                candidate,
                baseline,
                comparison,
            } = level;
            match steadiness {
                Steadiness::Steady => {}
                Steadiness::Growing { reason } | Steadiness::Unknown { reason } => self.own_words(reason),
            }
            for side in std::iter::once(candidate).chain(baseline) {
                let LevelSide { summary, pass_rate: _, slos } = side;
                self.summary(summary);
                self.objectives(slos);
            }
            if let Some(comparison) = comparison {
                self.comparison(comparison);
            }
        }
        if let Some(LevelFindings { knee: _, highest_passing: _, lowest_failing: _, stopped_because }) =
            findings
        {
            self.all_own_words(stopped_because);
        }
    }

    pub(super) fn objectives(&self, outcomes: &mut [SloOutcome]) {
        for SloOutcome { slo: _, value: _, met: _, trusted: _, reason } in outcomes {
            self.all_own_words(reason);
        }
    }

    pub(super) fn summary(&self, summary: &mut SideSummary) {
        let SideSummary {
            attempted: _,
            outcomes: _,
            error_rate: _,
            verdicts: _,
            ttft_ms: _,
            ttfo_ms: _,
            tpot_ms: _,
            itl_ms: _,
            itl_inexact: _,
            itl_from: _,
            max_stall_ms: _,
            e2e_ms: _,
            latency_from_schedule_ms: _,
            ttft_from_schedule_ms: _,
            output_tokens: _,
            prompt_tokens: _,
            output_tokens_sources: _,
            token_chunks: _,
            tokens_per_chunk: _,
            single_token_responses: _,
            truncated_responses: _,
            goodput: _,
            queued_ms: _,
            retries: _,
            cached_tokens: _,
            // Turns and models.
            groups: _,
            throughput: _,
            throughput_absent_because,
            concurrency_mean: _,
            concurrency_max: _,
            measured_s: _,
            histograms: _,
        } = summary;
        self.all_own_words(throughput_absent_because);
    }
}

/// A prompt set's name, place and hash say which one it is, not what it asks; its tags and categories are names.
pub(super) const fn keeps_names(info: &PromptSetInfo) {
    let PromptSetInfo {
        name: _,
        version: _,
        sha256: _,
        categories: _,
        calibrated: _,
        origin: _,
        selection: _,
    } = info;
}
