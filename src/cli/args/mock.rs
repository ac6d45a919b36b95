//! `labctl mock`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use super::values::{at_least_one, factor, not_negative, share};

/// Flags of `labctl mock`.
#[derive(Debug, Clone, Args)]
pub struct MockArgs {
    /// Which variant of the reference lab to simulate, or `paced`: tokens at set times whatever the load, to
    /// measure clients against
    #[arg(long, value_enum, value_name = "PROFILE", default_value_t)]
    pub profile: ProfileArg,

    /// Model name to serve [default: `mistral-7b-` and the profile; `paced`]
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,

    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: IpAddr,

    /// Port to listen on; 0 takes a free one and prints it
    #[arg(long, value_name = "PORT", default_value_t = 8000)]
    pub port: u16,

    /// Seed of answers and times
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub seed: u64,

    /// How many times faster than its profile the server runs
    #[arg(long, value_name = "FACTOR", value_parser = factor, default_value_t = 1.0)]
    pub speed: f64,

    /// Pass rate of every category, 0 to 1 [default: the profile's own]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub pass_rate: Option<f64>,

    /// Share of prompts whose verdict differs from the latent one, 0 to 1 [default: the profile's own]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub flip_rate: Option<f64>,

    /// When the tokens of `--profile paced` come.
    #[command(flatten)]
    pub pacing: PacingArgs,

    /// Prompt sets whose prompts it can answer, by name or path [default: every set found]
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub prompts: Vec<String>,

    /// Folder that prompt sets are looked for in before the built-in ones [default: `promptsets`]
    #[arg(long, value_name = "DIR", env = "LABCTL_PROMPTSET_DIR", hide_env_values = true)]
    pub promptset_dir: Option<PathBuf>,

    /// Demand the API key that this environment variable holds
    #[arg(long, value_name = "VARIABLE")]
    pub api_key_env: Option<String>,

    /// Write when each chunk was sent and each request received, a JSON line a request
    #[arg(long, value_name = "FILE")]
    pub ground_truth: Option<PathBuf>,

    /// Misbehave (repeatable): a fault of single requests, such as `status:status=503,probability=0.1`,
    /// `stall:after_tokens=5,seconds=2,every=10` or `no_done`; or of the whole server: `die_after=N`,
    /// `unhealthy_polls=N`, `prompt_token_offset=N`
    #[arg(long, value_name = "FAULT", action = ArgAction::Append)]
    pub fault: Vec<String>,

    /// Stop when standard input closes: with the program that started this one, however that one ends
    #[arg(long)]
    pub until_stdin_closes: bool,

    /// Print what this prompt set's verdicts will be, and exit
    #[arg(long, value_name = "NAME")]
    pub print_truth: Option<String>,
}

/// Flags of `labctl mock --profile paced`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of --profile paced")]
pub struct PacingArgs {
    /// From a request's last byte to its first token, milliseconds [default: 50]
    #[arg(long, value_name = "MS", value_parser = not_negative)]
    pub first_token_ms: Option<f64>,

    /// Between two tokens of a stream, milliseconds [default: 20]
    #[arg(long, value_name = "MS", value_parser = factor)]
    pub inter_token_ms: Option<f64>,

    /// Send the role chunk this long before the first token, milliseconds; the first token waits where it would
    /// come sooner [default: 0, with the first token]
    #[arg(long, value_name = "MS", value_parser = not_negative)]
    pub role_before_ms: Option<f64>,

    /// Tokens of every answer; only `max_tokens` of the request makes it shorter [default: as long as the other
    /// profiles' answers]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub tokens: Option<u32>,

    /// Tokens in one chunk, which come together when the last chunk's have had their time [default: 1]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub tokens_per_chunk: Option<u32>,

    /// Send the chunks of all streams at the same moments, as a batch does, instead of each stream in its own time
    #[arg(long)]
    pub in_step: bool,
}

impl PacingArgs {
    /// The first of the flags that was given.
    #[must_use]
    pub fn first_given(&self) -> Option<&'static str> {
        [
            ("--first-token-ms", self.first_token_ms.is_some()),
            ("--inter-token-ms", self.inter_token_ms.is_some()),
            ("--role-before-ms", self.role_before_ms.is_some()),
            ("--tokens", self.tokens.is_some()),
            ("--tokens-per-chunk", self.tokens_per_chunk.is_some()),
            ("--in-step", self.in_step),
        ]
        .into_iter()
        .find_map(|(flag, given)| given.then_some(flag))
    }
}

/// `--profile`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ProfileArg {
    /// The control that all others are measured against
    #[default]
    Fp16,
    /// Quantized to 4 bit: faster a token, a little worse
    Awq,
    /// Fine-tuned with an adapter: near the control's speed
    Lora,
    /// Judges other models: short answers
    Judge,
    /// No model of a server: tokens at set times, whatever the load
    Paced,
}

impl ProfileArg {
    /// The profile's name, as in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fp16 => "fp16",
            Self::Awq => "awq",
            Self::Lora => "lora",
            Self::Judge => "judge",
            Self::Paced => "paced",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_named_as_their_flags() {
        for profile in ProfileArg::value_variants() {
            let value = profile.to_possible_value().unwrap();
            assert_eq!(value.get_name(), profile.name());
        }
    }
}
