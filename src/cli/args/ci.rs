//! What is written for continuous integration, and where.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Outputs for continuous integration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Continuous integration")]
pub struct CiArgs {
    /// Behave as in continuous integration: no simulator by accident, no progress bar (also with `CI=true`), and what
    /// the service reads is written: for `github` annotations, step summary and step outputs, for `gitlab` the files
    /// `labctl-junit.xml` and `labctl-metrics.txt`. Alone, and where it is not given, the service is known by
    /// `GITHUB_ACTIONS` and `GITLAB_CI`; `none` writes nothing by itself. The word after it is taken for the service:
    /// before a run's name write `--ci=auto`
    #[arg(long, value_enum, value_name = "SERVICE", num_args = 0..=1, default_missing_value = "auto")]
    pub ci: Option<CiArg>,

    /// Write a JUnit report: a suite a category, a case a prompt, a case a gate. A lost prompt is a failure only where
    /// its category's verdict is FAIL; without a baseline a wrong answer only where a floor of the gates is broken
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,

    /// Write the step summary: the Markdown report, cut to GitHub's 1 MiB [default: what `GITHUB_STEP_SUMMARY` names, for
    /// `github`]
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,

    /// Write the numbers as OpenMetrics text, as GitLab's metrics report reads it
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,
}

impl CiArgs {
    /// Whether `--ci` asks to behave as in continuous integration.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.ci.is_some_and(|ci| ci != CiArg::None)
    }
}

/// `--ci`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CiArg {
    /// The service that the environment tells
    Auto,
    /// GitHub Actions
    Github,
    /// GitLab CI/CD
    Gitlab,
    /// No service
    None,
}
