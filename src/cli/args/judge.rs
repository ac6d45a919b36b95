//! The judge: a model that scores answers by a rubric, as `bench` and `rescore` take it; and `rescore`'s own flags.

use clap::Args;

use super::results::StoreArgs;
use super::texts::TextArgs;
use super::tools::PromptSetDirArgs;
use super::values::{PlainFormat, at_least_one};

/// Who scores the answers of prompts with a `judge` check.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Judge")]
pub struct JudgeArgs {
    /// Model that scores the answers of prompts with a `judge` check, after the load: an endpoint by its name in the
    /// configuration, or the base URL of any OpenAI-compatible server [default: those checks say nothing]
    #[arg(long, value_name = "NAME_OR_URL")]
    pub judge_endpoint: Option<String>,

    /// The judge's model name in requests [default: the endpoint's, or the only one served]
    #[arg(long, value_name = "MODEL", requires = "judge_endpoint")]
    pub judge_model: Option<String>,

    /// Name of the environment variable that holds the judge's API key [default: the endpoint's, or none]
    #[arg(long, value_name = "VARIABLE", requires = "judge_endpoint")]
    pub judge_api_key_env: Option<String>,

    /// How often the judge is asked about each answer and dimension; the mean counts [default: 1]
    #[arg(long, value_name = "K", value_parser = at_least_one, requires = "judge_endpoint")]
    pub judge_repeats: Option<u32>,

    /// Requests to the judge in flight [default: 4]
    #[arg(long, value_name = "N", value_parser = at_least_one, requires = "judge_endpoint")]
    pub judge_concurrency: Option<u32>,
}

/// Flags of `labctl rescore`.
#[derive(Debug, Clone, Args)]
pub struct RescoreArgs {
    /// The run: id, unique prefix, path or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,

    /// Prompt set whose checks count, by name or path [default: the run's, as it is installed now]
    #[arg(long, value_name = "NAME")]
    pub promptset: Option<String>,

    /// Who is asked for scores.
    #[command(flatten)]
    pub judge: JudgeArgs,

    /// Compare the sides although the client was too busy to measure latencies well
    #[arg(long)]
    pub allow_invalid_client: bool,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: PlainFormat,

    /// What of the texts is shown.
    #[command(flatten)]
    pub texts: TextArgs,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,

    /// Where prompt sets are.
    #[command(flatten)]
    pub promptsets: PromptSetDirArgs,
}
