//! The order of the rooms and the size of the files, read from the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms in their order: each may use those before it. `ARCHITECTURE.md` says why.
const ROOMS: [&str; 14] = [
    "model",
    "promptset",
    "workload",
    "client",
    "check",
    "stats",
    "metrics",
    "load",
    "compare",
    "results",
    "report",
    "simulator",
    "bench",
    "cli",
];

/// Rooms that may use less than their place in the order permits.
const NARROW: [(&str, &[&str]); 2] = [("stats", &["model"]), ("simulator", &["model", "promptset"])];

/// Lines that a file may have before its tests.
const MOST_LINES: usize = 400;

/// Files that may be longer, each with its reason.
const LONGER: &[(&str, &str)] = &[];

/// A source file without comments and without what is compiled for tests alone.
struct Source {
    /// Below `src/`, with forward slashes.
    name: String,
    code: String,
    lines: usize,
}

/// The files of `src/` that are not compiled for tests alone.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let texts: Vec<(PathBuf, String)> =
        files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect();
    let for_tests: Vec<PathBuf> =
        texts.iter().flat_map(|(path, text)| test_modules(text).map(|name| submodule(path, name))).collect();
    let compiled_always = |path: &Path| {
        !for_tests.iter().any(|module| path.starts_with(module) || path == module.with_extension("rs"))
    };
    texts
        .iter()
        .filter(|(path, _)| compiled_always(path))
        .map(|(path, text)| {
            let name = path.strip_prefix(&root).unwrap().components();
            let name: Vec<_> = name.map(|part| part.as_os_str().to_string_lossy()).collect();
            let text = before_tests(text);
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            Source {
                name: name.join("/"),
                code: code.collect::<Vec<_>>().join("\n"),
                lines: text.lines().count(),
            }
        })
        .collect()
}

/// Names of the modules that a file declares for tests alone, in files of their own.
fn test_modules(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[cfg(test)]").skip(1).filter_map(|after| {
        let declaration = after.lines().find(|line| !line.is_empty())?;
        let (_, name) = declaration.split_once("mod ")?;
        name.strip_suffix(';')
    })
}

/// Where the files of a submodule are: this path with `.rs`, or below it as a folder.
fn submodule(file: &Path, name: &str) -> PathBuf {
    let is_folder = ["mod.rs", "lib.rs", "main.rs"].iter().any(|root| file.ends_with(root));
    if is_folder { file.with_file_name(name) } else { file.with_extension("").join(name) }
}

/// The file up to its inline module of tests, which comes last.
fn before_tests(text: &str) -> &str {
    let is_inline = |at: &usize| {
        let declaration = text[*at..].lines().nth(1).unwrap_or_default();
        declaration.contains("mod ") && declaration.ends_with('{')
    };
    let end = text.match_indices("#[cfg(test)]").map(|(at, _)| at).find(is_inline);
    &text[..end.unwrap_or(text.len())]
}

/// The rooms named in `crate::room` and `crate::{room::…, room}`.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, path) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|character| character.is_alphanumeric() || "_$".contains(character)) {
            continue;
        }
        let rest = &code[at + path.len()..];
        match rest.strip_prefix('{') {
            None => rooms.extend(first_word(rest)),
            Some(group) => rooms.extend(group_heads(group).into_iter().filter_map(first_word)),
        }
    }
    rooms
}

/// The members of a `{…}` group of imports, nested groups left in their member.
fn group_heads(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut heads) = (0_usize, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    heads
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// Whether code in one room may name another.
fn permitted(room: &str, used: &str) -> bool {
    if room == used {
        return true;
    }
    if let Some((_, few)) = NARROW.iter().find(|(narrow, _)| *narrow == room) {
        return few.contains(&used);
    }
    let place = |name: &str| ROOMS.iter().position(|known| *known == name);
    matches!((place(room), place(used)), (Some(here), Some(there)) if there < here)
}

#[test]
fn rooms_use_only_the_rooms_before_them() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for source in sources() {
        let room = source.name.split(['/', '.']).next().unwrap();
        if ["lib", "main"].contains(&room) {
            continue;
        }
        assert!(ROOMS.contains(&room), "`{room}` has no place in the order of rooms: give it one");
        let used = rooms_used(&source.code);
        seen += used.len();
        let against = used.iter().filter(|used| !permitted(room, used));
        wrong.extend(against.map(|used| format!("src/{}: `{room}` must not use `{used}`", source.name)));
    }
    assert!(seen > 100, "only {seen} uses found: does this test still read what the sources say?");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_small() {
    let sources = sources();
    for source in &sources {
        let listed = LONGER.iter().any(|(name, _)| *name == source.name);
        let lines = source.lines;
        assert!(
            listed || lines <= MOST_LINES,
            "src/{} has {lines} lines before its tests, at most {MOST_LINES} are meant: one idea a file",
            source.name
        );
        assert!(!listed || lines > MOST_LINES, "src/{} is short again: take it off the list", source.name);
    }
    for (name, _) in LONGER {
        assert!(sources.iter().any(|source| source.name == *name), "src/{name} is on the list but not there");
    }
}

#[test]
fn every_form_of_import_is_read() {
    let found = |code: &str| rooms_used(code).into_iter().collect::<Vec<_>>();
    assert_eq!(found("use crate::model::units::Nanos;"), ["model"]);
    assert_eq!(found("use crate::{\n    client::{a, b::{c, d}},\n    load,\n};"), ["client", "load"]);
    assert_eq!(found("pub(in crate::report) fn f() { crate::stats::mean(&[]) }"), ["report", "stats"]);
    assert_eq!(found("use my_crate::model;"), Vec::<String>::new());
    assert!(!permitted("model", "client") && permitted("client", "model") && !permitted("stats", "client"));
    assert!(!permitted("simulator", "report") && !permitted("cli", "unknown"));
    let text = "fn f() {}\n#[cfg(test)]\nmod far;\n#[cfg(test)]\nmod tests {\n    mod near;\n}\n";
    assert_eq!(test_modules(text).collect::<Vec<_>>(), ["far"]);
    assert_eq!(before_tests(text).lines().count(), 3);
}
