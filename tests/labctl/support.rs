//! What the end-to-end tests share: a lab in a folder of its own, `labctl` running in it, and what it
//! left behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use labctl::model::outcome::Outcome;
use labctl::model::record::Side;
use labctl::model::result::RunResult;
use labctl::promptset::{manifest_for, write_manifest};
use labctl::results::store::load_file;
use serde_json::json;
use tempfile::TempDir;

use crate::servers::Server;

/// Prompts of the set `tiny`.
pub(crate) const PROMPTS: u64 = 8;

/// The longest that anything is waited for before a test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// A folder with a prompt set `tiny`, and `labctl.yaml` once there is something to put in it.
pub(crate) struct Lab {
    dir: TempDir,
}

impl Lab {
    /// A lab without a configuration.
    pub(crate) fn new() -> Self {
        let lab = Self { dir: TempDir::new().unwrap() };
        lab.write_prompts("tiny", &(1..=PROMPTS).map(prompt).collect::<Vec<_>>().join("\n"));
        let set = lab.path("promptsets/tiny");
        write_manifest(&set, &manifest_for(&set).unwrap()).unwrap();
        lab
    }

    /// A lab whose endpoint `candidate` is at `url`.
    pub(crate) fn at(url: &str) -> Self {
        Self::new().with_endpoints(&[("candidate", json!({"url": url}))])
    }

    /// A lab with a candidate and a baseline.
    pub(crate) fn with_sides(candidate: &Server, baseline: &Server) -> Self {
        Self::new().with_endpoints(&[
            ("candidate", json!({"url": candidate.url()})),
            ("baseline", json!({"url": baseline.url()})),
        ])
    }

    /// Writes `labctl.yaml` with these endpoints (JSON is YAML) and a team `lab`.
    pub(crate) fn with_endpoints(self, endpoints: &[(&str, serde_json::Value)]) -> Self {
        let names: serde_json::Map<_, _> =
            endpoints.iter().map(|(name, endpoint)| ((*name).to_owned(), endpoint.clone())).collect();
        let mut team = json!({"endpoint": "candidate", "prompt_sets": ["tiny"]});
        if names.contains_key("baseline") {
            team["baseline"] = json!("baseline");
        }
        let config = json!({
            "endpoints": names,
            "teams": {"lab": team},
            "defaults": {"concurrency": 2, "warmup": 0},
        });
        fs::write(self.path("labctl.yaml"), config.to_string()).unwrap();
        self
    }

    /// A path below the lab's folder.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    /// Writes a set's prompts, without a manifest.
    pub(crate) fn write_prompts(&self, set: &str, lines: &str) {
        let folder = self.path("promptsets").join(set);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("promptset.jsonl"), lines).unwrap();
    }

    /// The arguments of a bench of the team `lab`.
    pub(crate) fn bench_arguments<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
        let common = ["bench", "--team", "lab", "--allow-invalid-client"];
        common.into_iter().chain(arguments.iter().copied()).collect()
    }

    /// Runs a bench of the team `lab` to its end.
    pub(crate) fn bench(&self, arguments: &[&str]) -> Ended {
        self.labctl(&Self::bench_arguments(arguments))
    }

    /// Runs `labctl` here to its end.
    pub(crate) fn labctl(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command().args(arguments))
    }

    /// `labctl` here, free of the environment's own settings.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::cargo_bin("labctl").unwrap();
        command.current_dir(self.dir.path()).timeout(PATIENCE);
        for variable in FOREIGN {
            command.env_remove(variable);
        }
        command.env(STATE_DIR, self.path("state"));
        command
    }

    /// Starts a bench and leaves it running.
    pub(crate) fn start_bench(&self, arguments: &[&str]) -> Started {
        self.start(&Self::bench_arguments(arguments))
    }

    /// Starts `labctl` here and leaves it running.
    pub(crate) fn start(&self, arguments: &[&str]) -> Started {
        let program = Command::cargo_bin("labctl").unwrap().get_program().to_owned();
        let mut command = std::process::Command::new(program);
        command.args(arguments).current_dir(self.dir.path());
        for variable in FOREIGN {
            command.env_remove(variable);
        }
        command.env(STATE_DIR, self.path("state"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Started { child, stderr, said: String::new() }
    }

    /// The only file with this ending in the results folder.
    pub(crate) fn only(&self, ending: &str) -> PathBuf {
        let mut found = self.all(ending);
        assert_eq!(found.len(), 1, "{ending}: {found:?}");
        found.remove(0)
    }

    /// The files with this ending in the results folder.
    pub(crate) fn all(&self, ending: &str) -> Vec<PathBuf> {
        let Ok(files) = fs::read_dir(self.path("results")) else { return Vec::new() };
        let paths = files.map(|file| file.unwrap().path());
        paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect()
    }

    /// The only result there is.
    pub(crate) fn result(&self) -> RunResult {
        load_file(&self.only(".json")).unwrap()
    }

    /// Asserts that nothing was written: no result, no report, no journal left behind.
    pub(crate) fn has_no_results(&self) {
        assert_eq!(self.all(""), Vec::<PathBuf>::new());
    }

    /// Everything that was written below the lab's folder except what the test itself wrote.
    pub(crate) fn written(&self) -> Vec<(PathBuf, String)> {
        let read = |path: PathBuf| {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            (path, text)
        };
        self.all("").into_iter().map(read).collect()
    }

    /// Waits until the journal holds this many finished requests.
    pub(crate) fn wait_for_records(&self, records: usize) -> PathBuf {
        wait_until("the journal has its records", || {
            let journal = self.all(".journal.jsonl").into_iter().next()?;
            let text = fs::read_to_string(&journal).ok()?;
            (text.lines().filter(|line| line.starts_with("{\"record\"")).count() >= records)
                .then_some(journal)
        })
    }
}

/// Variables that would change what a test runs.
const FOREIGN: [&str; 16] = [
    "CI",
    "GITHUB_ACTIONS",
    "GITHUB_OUTPUT",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_WORKSPACE",
    "GITLAB_CI",
    "CI_PROJECT_DIR",
    "LABCTL_CONFIG",
    "LABCTL_RESULTS_DIR",
    "LABCTL_PROMPTSET_DIR",
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "TERM",
    "LC_ALL",
    "LC_CTYPE",
    "LANG",
];

/// One line of the set `tiny`; its answer is several tokens long.
pub(crate) fn prompt(number: u64) -> String {
    let category = if number.is_multiple_of(2) { "math" } else { "factual" };
    json!({
        "id": format!("tiny-{number}"),
        "category": category,
        "prompt": format!("How many are {number} and one hundred?"),
        "max_tokens": 32,
        "checks": [{"type": "contains", "any": [(number + 100).to_string()]}],
        "reference": format!("Taken together they are {} in all.", number + 100),
        "near_miss": [format!("Taken together they are {} in all.", number + 900)],
    })
    .to_string()
}

/// Asks until there is an answer.
pub(crate) fn wait_until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Where a lab's calibrations are: in its own folder, so that those of the user are neither read nor touched.
const STATE_DIR: &str = "LABCTL_STATE_DIR";

/// A `labctl` that is still running. It is killed when dropped.
pub(crate) struct Started {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
}

impl Started {
    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by its name, `INT` for one.
    pub(crate) fn signal(&self, name: &str) {
        let status = std::process::Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Reads standard error up to a line with these words.
    pub(crate) fn wait_for_words(&mut self, words: &str) {
        loop {
            let from = self.said.len();
            let read = self.stderr.read_line(&mut self.said).unwrap();
            assert!(read > 0, "`{words}` was never said: {}", self.said);
            if self.said[from..].contains(words) {
                return;
            }
        }
    }

    /// Waits for its end. `code` is 128 + the signal where one ended it.
    pub(crate) fn end(mut self) -> Ended {
        use std::os::unix::process::ExitStatusExt;
        let stderr = std::io::read_to_string(&mut self.stderr).unwrap();
        let stdout = std::io::read_to_string(self.child.stdout.take().unwrap()).unwrap();
        let status = self.child.wait().unwrap();
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap());
        Ended { code, stdout, stderr: std::mem::take(&mut self.said) + &stderr }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Where it has ended already there is nothing to kill.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// How `labctl` ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap_or(-1);
        Self { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Asserts that it succeeded.
    pub(crate) fn succeeds(&self) -> &Self {
        assert_eq!(self.code, 0, "{self:#?}");
        assert!(!self.stderr.contains("error:"), "{self:#?}");
        self
    }

    /// Asserts the exit code, that there is exactly one error, and that it and its hints say all this.
    pub(crate) fn fails(&self, code: i32, parts: &[&str]) -> &Self {
        assert_eq!(self.code, code, "{self:#?}");
        let errors = self.stderr.lines().filter(|line| line.starts_with("error:")).count();
        assert_eq!(errors, 1, "{self:#?}");
        assert!(!self.stderr.contains("panic") && !self.stderr.contains("a bug"), "{self:#?}");
        let said = self.error();
        for part in parts {
            assert!(said.contains(part), "no `{part}` in: {said}\n{self:#?}");
        }
        self
    }

    /// Asserts that nothing went to standard output.
    pub(crate) fn prints_nothing(&self) -> &Self {
        assert_eq!(self.stdout, "", "{self:#?}");
        self
    }

    /// The error with its hints.
    pub(crate) fn error(&self) -> String {
        let told = |line: &&str| line.starts_with("error:") || line.starts_with("hint:");
        self.stderr.lines().filter(told).collect::<Vec<_>>().join("\n")
    }
}

/// The outcomes of a side that occurred, with their counts. Asserts that they account for every request.
pub(crate) fn outcomes(result: &RunResult, side: Side) -> Vec<(Outcome, u64)> {
    let summary = &result.side(side).unwrap().summary;
    let counted: Vec<_> = summary.outcomes.iter().map(|(o, n)| (*o, *n)).filter(|(_, n)| *n > 0).collect();
    let rows = result.rows.iter().filter(|row| row.attempt(side).is_some()).count() as u64;
    assert_eq!(counted.iter().map(|(_, n)| n).sum::<u64>(), rows);
    assert_eq!(summary.attempted, rows);
    counted
}

/// Whether the text is in none of the files.
pub(crate) fn is_nowhere(files: &[(PathBuf, String)], text: &str) {
    for (path, content) in files {
        assert!(!content.contains(text), "`{text}` is in {}", Path::display(path));
    }
}
