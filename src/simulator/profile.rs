//! What is simulated: how fast a model serves, how much memory it leaves, how often it is right.
//!
//! Four profiles stand for the reference lab's four variants. The numbers are those of a 7B model
//! (32 layers, 8 key-value heads of 128) on one 24 GB card, rounded; every field can be overridden. A fifth,
//! `paced`, models no server: its tokens come at set times, to measure clients against.

use std::collections::BTreeMap;

use super::SimulatorError;
use super::pacing::Pacing;
use crate::model::config;

/// Tokens in one block of the key-value cache, vLLM's default.
pub(super) const BLOCK_TOKENS: u32 = 16;

/// Everything that tells one simulated model from another.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// `fp16`, `awq`, `lora`, `judge` or `paced`; enters the draw of answers.
    pub name: String,
    /// The model's name unless another is asked for.
    pub default_model: String,
    /// Speed relative to the other numbers: 1.5 makes every simulated time 1.5 times shorter.
    pub speed: f64,
    /// Prompt tokens processed per second.
    pub prefill_tokens_per_s: f64,
    /// A step's time whatever it holds (reading the weights), milliseconds.
    pub step_base_ms: f64,
    /// Added per sequence that decodes, milliseconds.
    pub step_per_sequence_ms: f64,
    /// Added per token in the key-value cache of those sequences, milliseconds.
    pub step_per_kv_token_ms: f64,
    /// Standard deviation of the logarithm of a step's time.
    pub jitter: f64,
    /// Most tokens in one step, decoded and prefilled together; longer prompts are prefilled in chunks.
    pub step_token_budget: u32,
    /// Most sequences in the batch; further requests wait.
    pub max_running: u32,
    /// Longest prompt and answer together, tokens.
    pub context_tokens: u32,
    /// Memory the server may use, GB.
    pub memory_gb: f64,
    /// Memory of the weights, GB.
    pub weights_gb: f64,
    /// Memory of one token in the key-value cache, bytes.
    pub kv_bytes_per_token: f64,
    /// Share of prompts answered right, by category, 0 to 1.
    pub pass_rates: BTreeMap<String, f64>,
    /// The same for every category that `pass_rates` doesn't name.
    pub default_pass_rate: f64,
    /// Chance that an answer is redrawn on its own, without regard to how hard its prompt is, 0 to 1.
    pub flip_rate: f64,
    /// Chance that what is said when asked to score a response holds no score, 0 to 1.
    pub unreadable_rate: f64,
    /// Expected NLL of a token of any answer that is given, nats; above 0.
    pub reference_nll: f64,
    /// Shortest and longest answer to a prompt of no known set, tokens.
    pub filler_tokens: (u32, u32),
    /// Set times in place of the model of a server: what is said of steps, batches and memory has no effect then.
    pub pacing: Option<Pacing>,
}

impl Profile {
    /// The names that [`Profile::named`] knows: the variants of the reference lab.
    pub const NAMES: [&'static str; 4] = ["fp16", "awq", "lora", "judge"];

    /// A built-in profile by its name.
    pub fn named(name: &str) -> Result<Self, SimulatorError> {
        match name {
            "fp16" => Ok(Self::fp16()),
            "awq" => Ok(Self::awq()),
            "lora" => Ok(Self::lora()),
            "judge" => Ok(Self::judge()),
            _ => Err(SimulatorError::UnknownProfile { name: name.to_owned() }),
        }
    }

    /// The profile that a configuration asks for.
    pub fn from_config(config: &config::Simulator) -> Result<Self, SimulatorError> {
        Self::named(&config.profile)?.overridden(config.speed, config.pass_rate, config.flip_rate)
    }

    /// The same with another speed and, where given, other rates; refused where they are impossible.
    pub fn overridden(
        mut self,
        speed: f64,
        pass_rate: Option<f64>,
        flip_rate: Option<f64>,
    ) -> Result<Self, SimulatorError> {
        self.speed = speed;
        if let Some(rate) = pass_rate {
            self.pass_rates.clear();
            self.default_pass_rate = rate;
        }
        if let Some(rate) = flip_rate {
            self.flip_rate = rate;
        }
        self.validate()?;
        Ok(self)
    }

    /// Full precision: what the others are measured against.
    #[must_use]
    pub fn fp16() -> Self {
        Self {
            name: "fp16".to_owned(),
            default_model: "mistral-7b-fp16".to_owned(),
            speed: 1.0,
            prefill_tokens_per_s: 8_000.0,
            step_base_ms: 11.8,
            step_per_sequence_ms: 0.2,
            step_per_kv_token_ms: 0.000_2,
            jitter: 0.03,
            step_token_budget: 2_048,
            max_running: 256,
            context_tokens: 8_192,
            memory_gb: 21.6,
            weights_gb: 14.5,
            kv_bytes_per_token: 131_072.0,
            pass_rates: rates(&[
                ("math", 0.78),
                ("reasoning", 0.82),
                ("code", 0.80),
                ("factual", 0.88),
                ("legal", 0.72),
                ("medical", 0.74),
            ]),
            default_pass_rate: 0.85,
            flip_rate: 0.04,
            unreadable_rate: 0.0,
            reference_nll: 0.60,
            filler_tokens: (40, 160),
            pacing: None,
        }
    }

    /// Four-bit weights: a quarter of their memory, faster steps, a little less right.
    #[must_use]
    pub fn awq() -> Self {
        Self {
            name: "awq".to_owned(),
            default_model: "mistral-7b-awq".to_owned(),
            step_base_ms: 7.4,
            step_per_sequence_ms: 0.125,
            step_per_kv_token_ms: 0.000_125,
            weights_gb: 14.5 / 4.0,
            pass_rates: rates(&[
                ("math", 0.72),
                ("reasoning", 0.78),
                ("code", 0.74),
                ("factual", 0.86),
                ("legal", 0.70),
                ("medical", 0.72),
            ]),
            default_pass_rate: 0.83,
            flip_rate: 0.06,
            reference_nll: 0.66,
            ..Self::fp16()
        }
    }

    /// An adapter on full precision: a little slower, better in its own domains.
    #[must_use]
    pub fn lora() -> Self {
        let base = Self::fp16();
        Self {
            name: "lora".to_owned(),
            default_model: "mistral-7b-lora".to_owned(),
            prefill_tokens_per_s: base.prefill_tokens_per_s / 1.04,
            step_base_ms: base.step_base_ms * 1.04,
            step_per_sequence_ms: base.step_per_sequence_ms * 1.04,
            step_per_kv_token_ms: base.step_per_kv_token_ms * 1.04,
            weights_gb: base.weights_gb + 0.2,
            pass_rates: rates(&[
                ("math", 0.76),
                ("reasoning", 0.81),
                ("code", 0.80),
                ("factual", 0.86),
                ("legal", 0.88),
                ("medical", 0.87),
                ("technical", 0.90),
            ]),
            default_pass_rate: 0.84,
            flip_rate: 0.05,
            reference_nll: 0.57,
            ..base
        }
    }

    /// A judge: full precision with short answers.
    #[must_use]
    pub fn judge() -> Self {
        Self {
            name: "judge".to_owned(),
            default_model: "mistral-7b-judge".to_owned(),
            pass_rates: BTreeMap::new(),
            default_pass_rate: 0.85,
            flip_rate: 0.05,
            unreadable_rate: 0.03,
            filler_tokens: (6, 24),
            ..Self::fp16()
        }
    }

    /// Set times, room for a million tokens, and full precision's answers.
    #[must_use]
    pub fn paced(pacing: Pacing) -> Self {
        Self {
            name: "paced".to_owned(),
            default_model: "paced".to_owned(),
            context_tokens: 1 << 20,
            kv_bytes_per_token: 1.0,
            pacing: Some(pacing),
            ..Self::fp16()
        }
    }

    /// The share of a category's prompts that is answered right.
    #[must_use]
    pub fn pass_rate(&self, category: &str) -> f64 {
        self.pass_rates.get(category).copied().unwrap_or(self.default_pass_rate)
    }

    /// Blocks in the key-value cache: what the weights leave of the memory.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "float casts saturate, which is the wanted result"
    )]
    pub fn kv_blocks(&self) -> u32 {
        let bytes = (self.memory_gb - self.weights_gb) * 1e9;
        (bytes / (self.kv_bytes_per_token * f64::from(BLOCK_TOKENS))) as u32
    }

    /// Longest prompt and answer together that can be served, tokens: the context, or the whole cache
    /// where that is smaller.
    #[must_use]
    pub fn longest_tokens(&self) -> u32 {
        self.context_tokens.min(self.kv_blocks().saturating_mul(BLOCK_TOKENS))
    }

    /// Refuses numbers that no server could have.
    pub fn validate(&self) -> Result<(), SimulatorError> {
        let positive = [
            ("speed", self.speed),
            ("prefill_tokens_per_s", self.prefill_tokens_per_s),
            ("step_base_ms", self.step_base_ms),
            ("kv_bytes_per_token", self.kv_bytes_per_token),
            ("step_token_budget", f64::from(self.step_token_budget)),
            ("max_running", f64::from(self.max_running)),
            ("kv_blocks", f64::from(self.kv_blocks())),
            ("reference_nll", self.reference_nll),
        ];
        let not_negative = [
            ("step_per_sequence_ms", self.step_per_sequence_ms),
            ("step_per_kv_token_ms", self.step_per_kv_token_ms),
            ("jitter", self.jitter),
        ];
        let shares = [
            ("default_pass_rate", self.default_pass_rate),
            ("flip_rate", self.flip_rate),
            ("unreadable_rate", self.unreadable_rate),
        ];
        let refuse = |field: &str, value: f64, wanted: &'static str| {
            Err(SimulatorError::BadProfile { field: field.to_owned(), value, wanted })
        };
        let paced = self.pacing.iter();
        let positive = positive.into_iter().chain(paced.clone().flat_map(|pacing| {
            let tokens = pacing.tokens.map_or(1.0, f64::from);
            [
                ("inter_token_ms", pacing.inter_token_ms),
                ("tokens", tokens),
                ("tokens_per_chunk", pacing.tokens_per_chunk.into()),
            ]
        }));
        let not_negative = not_negative.into_iter().chain(paced.flat_map(|pacing| {
            [("first_token_ms", pacing.first_token_ms), ("role_before_ms", pacing.role_before_ms)]
        }));
        for (field, value) in positive {
            if !(value.is_finite() && value > 0.0) {
                return refuse(field, value, "above 0");
            }
        }
        for (field, value) in not_negative {
            if !(value.is_finite() && value >= 0.0) {
                return refuse(field, value, "0 or more");
            }
        }
        let by_category = self.pass_rates.iter().map(|(category, rate)| (category.as_str(), *rate));
        for (field, value) in shares.into_iter().chain(by_category) {
            if !(0.0..=1.0).contains(&value) {
                return refuse(field, value, "from 0 to 1");
            }
        }
        Ok(())
    }
}

fn rates(pairs: &[(&str, f64)]) -> BTreeMap<String, f64> {
    pairs.iter().map(|(category, rate)| ((*category).to_owned(), *rate)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_profiles_are_sound() {
        for name in Profile::NAMES {
            let profile = Profile::named(name).unwrap();
            profile.validate().unwrap();
            assert_eq!(profile.name, name);
            assert_eq!(profile.default_model, format!("mistral-7b-{name}"));
            assert!(
                profile.longest_tokens() == profile.context_tokens,
                "{name}: the cache holds one full context"
            );
        }
        // (21.6 − 14.5) GB ÷ (16 × 128 KiB) = 3,385.5
        assert_eq!(Profile::fp16().kv_blocks(), 3_385);
        assert!(Profile::awq().kv_blocks() > 2 * Profile::fp16().kv_blocks());
    }

    #[test]
    fn configuration_overrides_and_is_checked() {
        let config = config::Simulator {
            profile: "awq".to_owned(),
            speed: 1.5,
            pass_rate: Some(0.5),
            flip_rate: Some(0.0),
        };
        let profile = Profile::from_config(&config).unwrap();
        assert!((profile.pass_rate("math") - 0.5).abs() < 1e-12 && profile.flip_rate == 0.0);
        assert!((profile.speed - 1.5).abs() < 1e-12);

        let error = Profile::from_config(&config::Simulator { speed: 0.0, ..config.clone() }).unwrap_err();
        assert_eq!(error.to_string(), "the simulator's `speed` is 0; it must be above 0");
        let error =
            Profile::from_config(&config::Simulator { pass_rate: Some(1.5), ..config.clone() }).unwrap_err();
        assert!(error.to_string().contains("from 0 to 1"));
        let error =
            Profile::from_config(&config::Simulator { profile: "gptq".to_owned(), ..config }).unwrap_err();
        assert!(error.to_string().contains("`fp16`, `awq`, `lora`, `judge`"), "{error}");
    }
}
