//! What every command gets besides its own flags.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::args::GlobalArgs;
use super::settings::{Flags, Settings, SettingsError, SettingsLoader, SimulatorRule};
use super::ui::{Ui, wants_ascii};
use super::{ci, command_line};
use crate::bench::plan::SideSpec;
use crate::client::secret::{Secret, secrets_of};

/// The terminal, the global flags and the way to the configuration.
#[derive(Debug, Clone)]
pub struct Context {
    /// The terminal.
    pub ui: Ui,
    /// Flags that every command takes.
    pub global: GlobalArgs,
    /// Finds and merges the configuration.
    pub loader: SettingsLoader,
    /// Whether the environment says `CI=true`.
    pub ci: bool,
    /// The command line, masked, for results to keep.
    command_line: Vec<String>,
    /// Results whose outputs for continuous integration were written.
    published: Arc<AtomicU32>,
}

impl Context {
    /// The context of this process. `from_environment` names the flags whose values came from the environment.
    #[must_use]
    pub fn new(global: GlobalArgs, from_environment: BTreeSet<String>) -> Self {
        let loader = SettingsLoader {
            // Without a working directory nothing is found in it, and relative paths fail on their own.
            working_dir: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            config: global.config.clone(),
            set: global.set.clone(),
            from_environment,
            instead_of_flags: BTreeMap::new(),
        };
        let variable = |name: &str| std::env::var(name).ok();
        let in_github = ci::detected(variable) == Some(ci::Service::Github);
        let ui = Ui::new(global.color.into(), global.quiet, global.verbose)
            .logged_by_github(in_github)
            .in_ascii(global.ascii || wants_ascii(variable));
        let ci = std::env::var("CI").is_ok_and(|value| matches!(value.to_lowercase().as_str(), "true" | "1"));
        let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
        Self { ui, global, loader, ci, command_line: command_line::masked(words), published: Arc::default() }
    }

    /// The command line as a result keeps it: with all that is secret of these sides masked.
    pub(super) fn command_line<'a>(&self, sides: impl Iterator<Item = &'a SideSpec>) -> Vec<String> {
        let secrets: Vec<Secret> =
            sides.flat_map(|side| secrets_of(&side.endpoint, side.key.as_ref())).collect();
        command_line::redacted(&self.command_line, &secrets)
    }

    /// The number of the next result whose outputs are written, from 1.
    pub(super) fn next_published(&self) -> u32 {
        self.published.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether the outputs of any result were written.
    pub(super) fn has_published(&self) -> bool {
        self.published.load(Ordering::Relaxed) > 0
    }

    /// Where labctl keeps what it knows of this machine: `LABCTL_STATE_DIR`, else `labctl` under `XDG_STATE_HOME`,
    /// which is `~/.local/state` where it is not set. `None` where there is no home either.
    #[must_use]
    pub fn state_dir(&self) -> Option<PathBuf> {
        state_dir(|name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from))
    }

    /// The configuration with a command's flags on top.
    pub fn settings(&self, flags: &dyn Flags) -> Result<Settings, SettingsError> {
        self.loader.load(flags)
    }

    /// The rule for the simulator: its flag, `--ci` or the environment, and whether a gate is asked for.
    #[must_use]
    pub const fn simulator_rule(&self, simulate: bool, ci: bool, gates: bool) -> SimulatorRule {
        SimulatorRule { simulate, ci: ci || self.ci, gates }
    }
}

fn state_dir(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    if let Some(dir) = variable("LABCTL_STATE_DIR") {
        return Some(dir);
    }
    // The XDG Base Directory Specification has relative paths ignored.
    let xdg = variable("XDG_STATE_HOME").filter(|dir| dir.is_absolute());
    let state = xdg.or_else(|| variable("HOME").map(|home| home.join(".local/state")))?;
    Some(state.join("labctl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_where_the_environment_says() {
        let given = |variables: &[(&str, &str)]| {
            state_dir(|name| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| PathBuf::from(value))
            })
        };
        let all = [("LABCTL_STATE_DIR", "here"), ("XDG_STATE_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(given(&all), Some("here".into()));
        assert_eq!(given(&all[1..]), Some("/x/labctl".into()));
        assert_eq!(given(&all[2..]), Some("/h/.local/state/labctl".into()));
        assert_eq!(given(&[("XDG_STATE_HOME", "x"), ("HOME", "/h")]), Some("/h/.local/state/labctl".into()));
        assert_eq!(given(&[]), None);
    }
}
