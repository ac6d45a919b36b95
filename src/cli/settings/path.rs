//! Dotted paths of fields (`endpoints.awq.timeouts.ttft_s`), as `--set` and messages spell them.

use std::fmt;

/// The names from the top of the configuration down to a field. A name with a dot in it is written in double
/// quotes: `endpoints."llama-3.1".model`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath(Vec<String>);

impl FieldPath {
    /// The path of these names.
    pub fn new<const N: usize>(names: [&str; N]) -> Self {
        Self(names.map(str::to_owned).to_vec())
    }

    /// Reads a dotted path; says what is wrong with it otherwise.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut names = Vec::new();
        let mut rest = text;
        loop {
            let (name, after) = if let Some(quoted) = rest.strip_prefix('"') {
                quoted.split_once('"').ok_or_else(|| format!("a quote is not closed in `{text}`"))?
            } else {
                rest.split_at(rest.find('.').unwrap_or(rest.len()))
            };
            if name.is_empty() {
                return Err(format!("a name is empty in `{text}`"));
            }
            names.push(name.to_owned());
            match after.strip_prefix('.') {
                Some(next) => rest = next,
                None if after.is_empty() => return Ok(Self(names)),
                None => return Err(format!("expected a dot after the quoted name in `{text}`")),
            }
        }
    }

    /// This path with one more name.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        let mut names = self.0.clone();
        names.push(name.to_owned());
        Self(names)
    }

    /// The names, from the top.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Whether this is the configuration itself.
    #[must_use]
    pub const fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, name) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(".")?;
            }
            if name.is_empty() || name.contains(['.', '"', ' ']) {
                write!(f, "\"{name}\"")?;
            } else {
                f.write_str(name)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_read_and_written() {
        let path = FieldPath::parse("endpoints.\"llama-3.1\".model").unwrap();
        assert_eq!(path.names(), ["endpoints", "llama-3.1", "model"]);
        assert_eq!(path.to_string(), "endpoints.\"llama-3.1\".model");
        assert_eq!(FieldPath::new(["a", "b"]).join("c").to_string(), "a.b.c");
    }

    #[test]
    fn broken_paths_say_why() {
        for (text, part) in
            [("", "empty"), ("a..b", "empty"), ("a.", "empty"), ("\"a", "closed"), ("\"a\"b", "dot")]
        {
            assert!(FieldPath::parse(text).unwrap_err().contains(part), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(names in proptest::collection::vec("[a-z. -]{1,8}", 1..5)) {
            let path = FieldPath(names);
            prop_assert_eq!(FieldPath::parse(&path.to_string()), Ok(path));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".*") {
            let _ = FieldPath::parse(&text);
        }
    }
}
