//! Help, version, completions and manual pages; what a wrong command line ends with.

use std::fs;
use std::process::Stdio;

use assert_cmd::Command;
use tempfile::TempDir;

const COMMANDS: [&str; 40] = [
    "bench",
    "run",
    "compare",
    "gate",
    "plan",
    "baseline",
    "baseline bless",
    "baseline list",
    "baseline show",
    "baseline remove",
    "report",
    "rescore",
    "results",
    "results list",
    "results show",
    "results export",
    "results import",
    "results merge",
    "results recover",
    "mock",
    "init",
    "config",
    "config show",
    "config path",
    "config schema",
    "promptset",
    "promptset list",
    "promptset show",
    "promptset manifest",
    "promptset selftest",
    "promptset generate",
    "promptset lint",
    "promptset stats",
    "promptset import",
    "check",
    "check explain",
    "doctor",
    "calibrate",
    "completions",
    "man",
];

/// Runs `labctl` and gives exit code, standard output and standard error.
fn labctl(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("labctl").unwrap().args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_command_has_help_with_examples() {
    for command in COMMANDS {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let (code, stdout, _) = labctl(&arguments);
        assert_eq!(code, 0, "{command}");
        assert!(stdout.contains("EXAMPLES:"), "{command}");
        assert!(stdout.contains(&format!("labctl {command}")), "{command}");
    }
    let (code, stdout, _) = labctl(&["--help"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("EXIT CODES:"), "{stdout}");
}

#[test]
fn the_version_is_told() {
    let (code, stdout, _) = labctl(&["--version"]);
    assert_eq!((code, stdout), (0, format!("labctl {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    for arguments in [
        &["bench", "--no-such-flag"][..],
        &["frobnicate"],
        &[],
        &["run", "--requests", "0"],
        &["compare"],
        &["bench", "--gate-mode", "prove"],
        &["bench", "--max-error-rate", "5"],
    ] {
        let (code, stdout, stderr) = labctl(arguments);
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, stdout, _) = labctl(&["completions", shell]);
        assert_eq!(code, 0, "{shell}");
        assert!(stdout.contains("compare-baseline"), "{shell}");
    }
}

#[test]
fn there_is_a_manual_page_a_command() {
    let dir = TempDir::new().unwrap();
    let target = dir.path().join("man");
    let (code, _, stderr) = labctl(&["man", "--output", target.to_str().unwrap()]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(fs::read_dir(&target).unwrap().count(), COMMANDS.len() + 1);
    for command in COMMANDS {
        let page =
            fs::read_to_string(target.join(format!("labctl-{}.1", command.replace(' ', "-")))).unwrap();
        assert!(page.contains("EXAMPLES"), "{command}");
    }
    let (code, stdout, _) = labctl(&["man"]);
    assert_eq!(code, 0);
    assert!(stdout.contains(".TH labctl"), "{stdout}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let program = Command::cargo_bin("labctl").unwrap().get_program().to_owned();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = std::process::Command::new(program);
    let child = command.args(["completions", "zsh"]).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
