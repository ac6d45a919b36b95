//! What every command gets besides its own flags.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::args::GlobalArgs;
use super::settings::{Flags, Settings, SettingsError, SettingsLoader, SimulatorRule};
use super::ui::Ui;

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
        };
        let ui = Ui::new(global.color.into(), global.quiet, global.verbose);
        let ci = std::env::var("CI").is_ok_and(|value| matches!(value.to_lowercase().as_str(), "true" | "1"));
        Self { ui, global, loader, ci }
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
