//! `labctl config`, `labctl init`, and what every command says of a broken configuration.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// `labctl` in `dir`, free of the environment's own settings.
fn labctl(dir: &Path) -> Command {
    let mut command = Command::cargo_bin("labctl").unwrap();
    command.current_dir(dir);
    for variable in
        ["CI", "LABCTL_CONFIG", "LABCTL_RESULTS_DIR", "LABCTL_PROMPTSET_DIR", "NO_COLOR", "CLICOLOR_FORCE"]
    {
        command.env_remove(variable);
    }
    command
}

/// Runs it and gives exit code, standard output and standard error.
fn outcome(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn without_a_file_the_simulated_reference_lab_is_shown() {
    let dir = TempDir::new().unwrap();
    let (code, stdout, stderr) = outcome(labctl(dir.path()).args(["config", "show"]));
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(
        stdout.starts_with("# no configuration file: the reference lab, every endpoint SIMULATED"),
        "{stdout}"
    );
    assert!(stdout.contains("model: mistral-7b-awq"), "{stdout}");
    let (code, _, stderr) = outcome(labctl(dir.path()).args(["config", "path"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("hint: `labctl init` writes one"), "{stderr}");
}

#[test]
fn init_writes_a_file_that_works_and_replaces_none() {
    let dir = TempDir::new().unwrap();
    let (code, stdout, _) = outcome(labctl(dir.path()).arg("init"));
    assert_eq!((code, stdout.as_str()), (0, ""));
    let (code, stdout, _) = outcome(labctl(dir.path()).args(["config", "path"]));
    assert_eq!(code, 0);
    assert!(stdout.ends_with("labctl.yaml\n"), "{stdout}");
    fs::write(dir.path().join("labctl.yaml"), "# mine\n").unwrap();
    let (code, _, stderr) = outcome(labctl(dir.path()).arg("init"));
    assert_eq!(code, 2);
    assert!(stderr.contains("already there") && stderr.contains("--force"), "{stderr}");
    assert_eq!(fs::read_to_string(dir.path().join("labctl.yaml")).unwrap(), "# mine\n");
    assert_eq!(outcome(labctl(dir.path()).args(["init", "--force"])).0, 0);
    assert_eq!(outcome(labctl(dir.path()).args(["config", "show"])).0, 0);
}

#[test]
fn an_unwritable_place_is_exit_code_5() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let (code, _, stderr) = outcome(labctl(dir.path()).args(["init", "--output", "file/labctl.yaml"]));
    assert_eq!(code, 5, "{stderr}");
    assert!(stderr.contains("could not write `file/labctl.yaml`"), "{stderr}");
}

#[test]
fn sources_are_shown_for_every_layer() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("labctl.yaml"), "defaults:\n  seed: 7\n").unwrap();
    let mut command = labctl(dir.path());
    let (code, stdout, _) =
        outcome(command.args(["config", "show", "--format", "json", "--set", "defaults.rounds=3"]));
    assert_eq!(code, 0);
    let shown: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(shown["file"], "labctl.yaml");
    assert_eq!(shown["config"]["defaults"]["rounds"], 3);
    assert_eq!(shown["provenance"]["defaults.rounds"], "--set");
    assert_eq!(shown["provenance"]["defaults.seed"], "labctl.yaml:2");
    assert_eq!(shown["provenance"]["defaults.concurrency"], "default");
}

#[test]
fn the_environment_names_the_file() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("other.yaml"), "defaults: {seed: 9}\n").unwrap();
    let (_, stdout, _) =
        outcome(labctl(dir.path()).env("LABCTL_CONFIG", "other.yaml").args(["config", "show"]));
    assert!(stdout.contains("other.yaml:1"), "{stdout}");
}

#[test]
fn a_broken_file_is_exit_code_2_with_its_place() {
    let dir = TempDir::new().unwrap();
    for (text, part) in [
        (
            "defaults:\n  concurency: 3\n",
            "labctl.yaml:2:3: unknown field `concurency` in `defaults`; did you mean `concurrency`?",
        ),
        ("defaults: [1\n", "labctl.yaml:"),
        ("defaults: {concurrency: 0}\n", "must be at least 1"),
    ] {
        fs::write(dir.path().join("labctl.yaml"), text).unwrap();
        let (code, stdout, stderr) = outcome(labctl(dir.path()).args(["config", "show"]));
        assert_eq!((code, stdout.as_str()), (2, ""));
        assert!(stderr.starts_with("error: ") && stderr.contains(part), "{stderr}");
    }
    let (code, _, stderr) = outcome(labctl(dir.path()).args(["config", "show", "--config", "none.yaml"]));
    assert_eq!(code, 2);
    assert!(stderr.contains("could not read the configuration `none.yaml`"), "{stderr}");
}

#[test]
fn keys_are_masked() {
    let dir = TempDir::new().unwrap();
    let text = "endpoints: {a: {url: 'http://me:pa55@h/v1?key=qu3ry', headers: {Authorization: tok3n}}}\n";
    fs::write(dir.path().join("labctl.yaml"), text).unwrap();
    for format in ["text", "json"] {
        let (code, stdout, stderr) = outcome(labctl(dir.path()).args(["config", "show", "--format", format]));
        assert_eq!(code, 0, "{stderr}");
        assert!(!["pa55", "qu3ry", "tok3n"].iter().any(|secret| stdout.contains(secret)), "{stdout}");
    }
}

#[test]
fn the_schema_accepts_what_init_writes() {
    let dir = TempDir::new().unwrap();
    outcome(labctl(dir.path()).arg("init"));
    let (_, schema, _) = outcome(labctl(dir.path()).args(["config", "schema"]));
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let text = fs::read_to_string(dir.path().join("labctl.yaml")).unwrap();
    let written: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&written), "{:?}", validator.iter_errors(&written).next());
    assert!(!validator.is_valid(&serde_json::json!({"endpoint": {}})));
}

#[test]
fn an_override_before_and_after_the_command_is_refused() {
    let dir = TempDir::new().unwrap();
    let arguments = ["--set", "defaults.seed=1", "config", "show", "--set", "defaults.rounds=2"];
    let (code, _, stderr) = outcome(labctl(dir.path()).args(arguments));
    assert_eq!(code, 2);
    assert!(stderr.contains("give every `--set` in one place"), "{stderr}");
}

#[test]
fn color_is_used_when_asked_for_alone() {
    let dir = TempDir::new().unwrap();
    let (_, _, plain) = outcome(labctl(dir.path()).args(["config", "path"]));
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let (_, _, colored) = outcome(labctl(dir.path()).args(["config", "path", "--color", "always"]));
    assert!(colored.contains("\u{1b}["), "{colored}");
}
