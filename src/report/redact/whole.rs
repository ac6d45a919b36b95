//! What is taken out of a run as a whole.

use serde_json::Value;

use super::compared::keeps_names;
use super::{Of, Redactor};
use crate::model::health::ClientHealth;
use crate::model::judgement::JudgeInfo;
use crate::model::result::{ClientInfo, LoadInfo, RunResult, Sampling, SideInfo};
use crate::model::workload::WorkloadInfo;

impl Redactor {
    #[expect(clippy::too_many_lines, reason = "one line a field, so that none is forgotten")]
    pub(super) fn run(&mut self, result: &mut RunResult) {
        let RunResult {
            schema_version: _,
            run_id: _,
            kind: _,
            status: _,
            simulated: _,
            // Tags that the user gave the run.
            labels: _,
            started_at: _,
            finished_at: _,
            team: _,
            prompt_set,
            workload,
            load,
            question: _,
            sampling,
            seed: _,
            config,
            // What the user typed: names of sets and files, not their texts.
            command_line,
            client,
            trace: _,
            merged_from: _,
            // Names, and numbers by name.
            imported_from: _,
            rescored_from: _,
            judge,
            client_health,
            warnings,
            redacted: _,
            candidate,
            baseline,
            comparison,
            held_to: _,
            gates,
            readings,
            levels,
            findings,
            phases: _,
            blocks: _,
            rows,
        } = result;
        // First the rows, for all else may quote them.
        for row in rows {
            self.row(row);
        }
        keeps_names(prompt_set);
        if let Some(WorkloadInfo {
            spec: _,
            options: _,
            prompts: _,
            conversations: _,
            sha256: _,
            salt: _,
            tokens_by: _,
            categories: _,
        }) = workload
        {}
        let LoadInfo {
            concurrency: _,
            requests: _,
            repeats: _,
            rounds: _,
            block_size: _,
            warmup: _,
            pairing: _,
            profile: _,
            sweep: _,
            retry: _,
            max_output_tokens_total: _,
        } = load;
        let Sampling { temperature: _, top_p: _, seed: _, max_tokens: _ } = sampling;
        let ClientInfo {
            labctl_version: _,
            check_engine: _,
            os: _,
            arch: _,
            cores: _,
            transport: _,
            monotonic_origin_ns: _,
            calibration: _,
        } = client;
        if let Some(JudgeInfo {
            endpoint: _,
            url: _,
            model: _,
            simulated: _,
            repeats: _,
            asked: _,
            unparsed: _,
            failed: _,
        }) = judge
        {}
        self.config(config);
        self.command_line(command_line.as_deref_mut().unwrap_or_default());
        let ClientHealth {
            status: _,
            reasons,
            read_lag: _,
            scheduling_lag: _,
            event_loop_delay: _,
            stamp_faults: _,
            coalesced_share: _,
            cpu_use: _,
        } = client_health;
        self.all_own_words(reasons.iter_mut().chain(warnings));
        for side in std::iter::once(candidate).chain(baseline) {
            self.side(side);
        }
        if let Some(comparison) = comparison {
            self.comparison(comparison);
        }
        self.gates(gates);
        self.readings(readings);
        self.levels(levels, findings);
    }

    fn side(&self, side: &mut SideInfo) {
        let SideInfo {
            endpoint: _,
            url: _,
            model: _,
            simulated: _,
            server: _,
            dialect: _,
            asked_models: _,
            served_models: _,
            system_fingerprints: _,
            summary,
            pass_rates: _,
            judge_quality: _,
            slos,
            cost: _,
            measured_in: _,
        } = side;
        self.summary(summary);
        self.objectives(slos);
    }

    /// What an endpoint adds to every request (stop texts, templates, grammars) is of the prompt; all else in a
    /// configuration are names, numbers and masked keys.
    fn config(&self, config: &mut Value) {
        let Some(endpoints) = config.get_mut("endpoints").and_then(Value::as_object_mut) else { return };
        for endpoint in endpoints.values_mut() {
            if let Some(body) = endpoint.get_mut("body") {
                self.strings(body);
            }
        }
    }

    /// The same where it was given on the command line: `--set endpoints.awq.body.stop=…`. No other flag takes texts.
    fn command_line(&self, words: &mut [String]) {
        let mut is_value = false;
        for word in words {
            let is_assignment = is_value || word.starts_with("--set=");
            is_value = !is_value && word == "--set";
            if !is_assignment {
                continue;
            }
            let from = if word.starts_with("--set=") { "--set=".len() } else { 0 };
            let Some(at) = word.get(from..).and_then(|rest| rest.find('=')).map(|at| from + at + 1) else {
                continue;
            };
            if word.get(from..at - 1).is_some_and(|path| path.contains("body")) || word[at..].contains("body")
            {
                let mut value = word.split_off(at);
                self.text(Of::Prompt, &mut value);
                word.push_str(&value);
            }
        }
    }

    fn strings(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.text(Of::Prompt, text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.strings(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.strings(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
