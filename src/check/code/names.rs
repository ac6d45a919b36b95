//! The names that code uses, single ones and paths of them, with the imports that make one stand for another.

use std::collections::{HashMap, HashSet};

/// The most segments of a path that are kept: enough for any name that is asked for.
const LONGEST_PATH: usize = 32;

/// Names, as the code has them.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    /// Where a name stands by itself.
    pub(super) free: HashSet<&'a str>,
    /// Names of attributes, methods and fields, keywords and modules: no variable can take their place.
    pub(super) fixed: HashSet<&'a str>,
    /// Names that the code gives to values and functions of its own.
    pub(super) bound: HashSet<&'a str>,
    /// Paths of two segments or more.
    paths: HashSet<Vec<&'a str>>,
    /// What an imported name stands for.
    imports: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Names<'a> {
    /// Keeps a path such as `os.path.join`.
    pub(super) fn path(&mut self, mut segments: Vec<&'a str>) {
        segments.truncate(LONGEST_PATH);
        if segments.len() > 1 {
            self.paths.insert(segments);
        }
    }

    /// Keeps an import of `path`, under another name where it has one.
    pub(super) fn import(&mut self, path: Vec<&'a str>, alias: Option<&'a str>) {
        self.fixed.extend(&path);
        if let Some(name) = alias.or(path.last().copied()) {
            self.imports.insert(name, path.clone());
        }
        self.path(path);
    }

    /// Whether the name occurs other than for something of the code's own.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.occurs(name, |name| self.free.contains(name) && !self.bound.contains(name))
    }

    /// Whether the name occurs, be it for something of the code's own.
    pub(super) fn mentions(&self, name: &str) -> bool {
        self.occurs(name, |name| self.free.contains(name))
    }

    fn occurs(&self, name: &str, is_free: impl Fn(&str) -> bool) -> bool {
        let segments = segments(name);
        match segments.as_slice() {
            [single] => is_free(single) || self.fixed.contains(single),
            several => self.paths.iter().any(|path| self.holds(path, several)),
        }
    }

    fn holds(&self, path: &[&str], wanted: &[&str]) -> bool {
        let has = |path: &[&str]| path.windows(wanted.len()).any(|part| part == wanted);
        has(path)
            || path.split_first().is_some_and(|(first, rest)| {
                self.imports.get(first).is_some_and(|import| has(&[import.as_slice(), rest].concat()))
            })
    }
}

/// The segments of a name as a prompt set writes it: `os.system`, `std::process::Command`, `println!`.
fn segments(name: &str) -> Vec<&str> {
    name.trim().trim_end_matches('!').split(['.', ':']).filter(|segment| !segment.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_stand_for_what_they_import() {
        let mut names = Names::default();
        names.import(vec!["os"], Some("o"));
        names.import(vec!["std", "fs"], None);
        names.path(vec!["o", "system"]);
        names.path(vec!["fs", "remove_file"]);
        names.path(vec!["a", "b", "c"]);
        for (name, expected) in [
            ("os.system", true),
            ("o.system", true),
            ("std::fs::remove_file", true),
            ("std::fs", true),
            ("b.c", true),
            ("a.c", false),
            ("os", true),
            ("system", false),
        ] {
            assert_eq!(names.uses(name), expected, "{name}");
        }
    }

    #[test]
    fn what_the_code_names_itself_is_its_own() {
        let mut names = Names::default();
        names.free.extend(["sum", "max", "println"]);
        names.bound.insert("sum");
        assert!(!names.uses("sum") && names.mentions("sum"));
        assert!(names.uses("max") && names.uses("println!") && !names.mentions("min"));
    }
}
