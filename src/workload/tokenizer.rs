//! A model's own `tokenizer.json`, to count tokens with.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use tokenizers::Tokenizer;

use super::WorkloadError;

/// Counts the tokens of texts as a model's tokenizer does.
pub(super) struct TokenCounter {
    name: String,
    tokenizer: Tokenizer,
}

impl TokenCounter {
    /// Reads a `tokenizer.json`.
    pub(super) fn load(path: &Path) -> Result<Self, WorkloadError> {
        let bytes = std::fs::read(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => WorkloadError::TokenizerMissing { path: path.to_owned() },
            _ => WorkloadError::TokenizerUnreadable { path: path.to_owned(), source },
        })?;
        let not_one =
            |message: &str| WorkloadError::NotATokenizer { path: path.to_owned(), message: clean(message) };
        let mut tokenizer = Tokenizer::from_bytes(&bytes).map_err(|error| not_one(&error.to_string()))?;
        // Files are often saved with the limits of a training run, which servers don't apply either.
        tokenizer.with_truncation(None).map_err(|error| not_one(&error.to_string()))?;
        tokenizer.with_padding(None);
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { name, tokenizer })
    }

    /// The file's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Tokens of a text alone, without those that mark its beginning, its end or a chat's turns.
    ///
    /// # Errors
    ///
    /// What the tokenizer says where it knows no token for a part of the text.
    pub(super) fn count(&self, text: &str) -> Result<u32, String> {
        let encoding = self.tokenizer.encode_fast(text, false).map_err(|error| clean(&error.to_string()))?;
        Ok(u32::try_from(encoding.len()).unwrap_or(u32::MAX))
    }
}

impl fmt::Debug for TokenCounter {
    /// Without the vocabulary.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenCounter").field("name", &self.name).finish_non_exhaustive()
    }
}

/// At most so many characters of a parser's message are shown: some repeat the file's content.
const MOST_MESSAGE: usize = 200;

/// A message without control characters, and short.
fn clean(text: &str) -> String {
    text.chars().take(MOST_MESSAGE).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::toys;

    #[test]
    fn tokens_are_those_of_the_vocabulary() {
        let (_folder, path) = toys::saved(&toys::byte_level());
        let counter = TokenCounter::load(&path).unwrap();
        assert_eq!(counter.name(), "tokenizer.json");
        assert_eq!(
            counter.count("The day"),
            Ok(4),
            "`T`, `h`, `e`, ` day`: only words after a space are merged"
        );
        assert_eq!(counter.count(" the day."), Ok(3));
        assert_eq!(counter.count(""), Ok(0));
        assert_eq!(counter.count("é"), Ok(2), "a token a byte");
    }

    #[test]
    fn a_limit_saved_with_the_tokenizer_does_not_cut_what_is_counted() {
        let mut json = toys::byte_level();
        json["truncation"] = serde_json::json!({"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0});
        json["padding"] = serde_json::json!({"strategy": {"Fixed": 50}, "direction": "Right",
            "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "a"});
        let (_folder, path) = toys::saved(&json);
        assert_eq!(TokenCounter::load(&path).unwrap().count(" the day the day"), Ok(4));
    }

    #[test]
    fn what_is_no_tokenizer_is_told_with_what_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let told = |name: &str, content: Option<&str>| {
            let path = folder.path().join(name);
            if let Some(content) = content {
                std::fs::write(&path, content).unwrap();
            }
            TokenCounter::load(&path).unwrap_err().to_string()
        };
        let missing = told("tokenizer.json", None);
        assert!(missing.contains("is missing; give the `tokenizer.json`"), "{missing}");
        for (name, content) in [
            ("tokenizer_config.json", r#"{"tokenizer_class": "LlamaTokenizer"}"#),
            ("vocab.json", r#"{"the": 0, "day": 1}"#),
            ("tokenizer.model", "\n\u{e}\u{1}<unk>"),
            ("empty", ""),
        ] {
            let message = told(name, Some(content));
            assert!(message.contains("is not a tokenizer") && message.contains("`tokenizer.json` is wanted"));
            assert!(!message.contains(char::is_control), "{message}");
        }
        let message = TokenCounter::load(folder.path()).unwrap_err().to_string();
        assert!(message.contains("not its folder"), "{message}");
    }
}
