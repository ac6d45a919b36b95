//! The command line as a whole.

use std::ffi::OsString;

use clap::builder::ArgAction;
use clap::{Command, CommandFactory, Parser};

use super::args::Cli;
use super::exit::ExitStatus;
use super::{given_by_environment, refuse_lost_overrides};

/// Every command with its full name, `labctl` itself first.
fn commands() -> Vec<(String, Command)> {
    fn walk(name: &str, command: &Command, into: &mut Vec<(String, Command)>) {
        into.push((name.to_owned(), command.clone()));
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            walk(&format!("{name} {}", below.get_name()), below, into);
        }
    }
    let mut command = Cli::command();
    command.build();
    let mut all = Vec::new();
    walk("labctl", &command, &mut all);
    all
}

#[test]
fn the_definitions_are_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_help_ends_with_examples_that_parse() {
    for (name, command) in commands() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.starts_with("EXAMPLES:\n"), "`{name} --help` has no examples");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "a line of `{name} --help` is wrapped");
        let examples = help.split("EXIT CODES:").next().unwrap_or_default();
        let mut count = 0;
        for line in examples.lines().map(str::trim).filter(|line| line.starts_with("labctl ")) {
            assert!(line.starts_with(&name), "`{line}` is no example of `{name}`");
            if let Err(error) = Cli::try_parse_from(line.split(' ')) {
                panic!("`{line}` does not parse: {error}");
            }
            count += 1;
        }
        assert!(count > 0, "`{name} --help` has no example");
    }
}

#[test]
fn the_help_tells_every_exit_code() {
    let help = Cli::command().get_after_help().map(ToString::to_string).unwrap_or_default();
    for (status, meaning) in ExitStatus::ALL {
        assert!(help.contains(&format!("{:>5}  {meaning}", status.code())), "{meaning}");
    }
}

#[test]
fn every_flag_has_help_and_a_named_value() {
    for (name, command) in commands() {
        for argument in command.get_arguments() {
            let id = argument.get_id();
            assert!(argument.get_help().is_some(), "`{id}` of `{name}` has no help");
            let takes_value = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
            assert!(
                !takes_value || argument.get_value_names().is_some(),
                "`{id}` of `{name}` names no value"
            );
        }
    }
}

#[test]
fn environment_variables_are_named_after_their_flags() {
    for (_, command) in commands() {
        for argument in command.get_arguments() {
            let Some(variable) = argument.get_env() else { continue };
            let expected = format!("LABCTL_{}", argument.get_id().as_str().to_uppercase());
            assert_eq!(variable.to_str(), Some(expected.as_str()));
            assert_eq!(
                argument.get_long().map(|long| long.replace('-', "_")).as_deref(),
                Some(argument.get_id().as_str())
            );
        }
    }
}

#[test]
fn flags_given_on_the_command_line_are_not_from_the_environment() {
    let matches = Cli::command().get_matches_from(["labctl", "bench", "--results-dir", "x", "--config", "y"]);
    let found = given_by_environment(&matches);
    assert!(!found.contains("results_dir") && !found.contains("config"), "{found:?}");
}

#[test]
fn an_override_is_never_lost() {
    let given = |arguments: &[&str]| arguments.iter().map(OsString::from).collect::<Vec<_>>().into_iter();
    assert!(refuse_lost_overrides(given(&["bench", "--set", "a=1", "--set=b=2"]), 2).is_ok());
    assert!(refuse_lost_overrides(given(&["--set", "a=1", "bench", "--set=b=2"]), 1).is_err());
    assert!(refuse_lost_overrides(given(&["bench", "--", "--set"]), 0).is_ok());
}
