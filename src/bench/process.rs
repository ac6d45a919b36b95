//! The simulator in a process of its own: what it uses of the machine is then not the client's, and the client's
//! delays are not its own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::simulator::Pacing;

/// Why there is no simulator.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The system gave no process.
    #[error("cannot start `{program}` as the simulator: {source}")]
    Start {
        /// What was to be run.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It ended without listening.
    #[error("the simulator's process ended at once: {said}")]
    Ended {
        /// What it said.
        said: String,
    },
    /// It ended badly.
    #[error("the simulator's process failed: {said}")]
    Failed {
        /// What it said, or how it ended.
        said: String,
    },
}

/// A paced simulator in a process of its own. Dropping it ends it; it ends too when this process does, however
/// that happens.
#[derive(Debug)]
pub struct SeparateSimulator {
    process: Child,
    base_url: String,
}

impl SeparateSimulator {
    /// Starts `program`, which is `labctl`, as the simulator on a free port below 32768 and waits until it listens.
    /// Its ground truth goes to `truth`, where it is wanted.
    pub fn start(program: &Path, pacing: &Pacing, truth: Option<&Path>) -> Result<Self, ProcessError> {
        let mut command = Command::new(program);
        command.args(["mock", "--quiet", "--until-stdin-closes", "--port", "0", "--profile", "paced"]);
        command.args(["--first-token-ms", &pacing.first_token_ms.to_string()]);
        command.args(["--inter-token-ms", &pacing.inter_token_ms.to_string()]);
        command.args(["--role-before-ms", &pacing.role_before_ms.to_string()]);
        command.args(["--tokens-per-chunk", &pacing.tokens_per_chunk.to_string()]);
        if let Some(tokens) = pacing.tokens {
            command.args(["--tokens", &tokens.to_string()]);
        }
        if pacing.in_step {
            command.arg("--in-step");
        }
        if let Some(truth) = truth {
            command.arg("--ground-truth").arg(truth);
        }
        // In a group of its own Ctrl-C is for this process alone, which then ends that one.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let process = command
            .spawn()
            .map_err(|source| ProcessError::Start { program: program.display().to_string(), source })?;
        let mut simulator = Self { process, base_url: String::new() };
        let mut line = String::new();
        if let Some(stdout) = simulator.process.stdout.take() {
            // What can't be read is no address either.
            let _unreadable = BufReader::new(stdout).read_line(&mut line);
        }
        match line.trim().rsplit_once(" on ") {
            Some((_, url)) => url.clone_into(&mut simulator.base_url),
            None => return Err(ProcessError::Ended { said: simulator.end() }),
        }
        Ok(simulator)
    }

    /// Its base URL, up to and with `/v1`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The number of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it; its ground truth is on disk then.
    pub fn stop(mut self) -> Result<(), ProcessError> {
        let said = self.end();
        match self.process.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) if said.is_empty() => Err(ProcessError::Failed { said: status.to_string() }),
            Ok(_) => Err(ProcessError::Failed { said }),
            Err(error) => Err(ProcessError::Failed { said: error.to_string() }),
        }
    }

    /// Tells it to end, waits, and gives what it said.
    fn end(&mut self) -> String {
        drop(self.process.stdin.take());
        let mut said = String::new();
        if let Some(mut stderr) = self.process.stderr.take() {
            // What is no text is left out.
            let _unreadable = stderr.read_to_string(&mut said);
        }
        said.trim().to_owned()
    }
}

impl Drop for SeparateSimulator {
    fn drop(&mut self) {
        // Where it was stopped already, there is nothing to kill.
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}
