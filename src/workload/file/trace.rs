//! What all recorded traces have in common: their clock, and prompts made of recorded lengths.

use std::path::Path;

use rand_pcg::Pcg64;

use super::error::{FileError, Place, quoted};
use super::{Draft, as_written};
use crate::model::workload::Ask;
use crate::workload::{TextMaker, WorkPrompt};

/// The category of requests whose texts are made up.
const CATEGORY: &str = "trace";

/// The most tokens of text that are kept, about 2.7 GB.
const MOST_TEXT: u64 = 500_000_000;

/// Refuses what would not fit into memory: recorded traces go over weeks.
pub(super) fn check_size<'a>(
    path: &Path,
    requests: impl IntoIterator<Item = &'a Request>,
) -> Result<(), FileError> {
    let tokens = requests.into_iter().map(|request| u64::from(request.input)).sum();
    if tokens > MOST_TEXT {
        return Err(FileError::TooMuchText { path: path.to_owned(), tokens, most: MOST_TEXT });
    }
    Ok(())
}

/// The clock of a trace: checks that it never runs backwards, and counts from the first request.
pub(super) struct Clock {
    /// Units of the file's times in a second.
    units: f64,
    first: f64,
    last: Option<(f64, String)>,
}

impl Clock {
    pub(super) fn new(units: f64) -> Self {
        Self { units, first: 0.0, last: None }
    }

    /// Seconds from the first request to this one. `time` is finite, in the file's unit; `written` is how the file
    /// says it.
    pub(super) fn start(&mut self, time: f64, written: &str, place: Place) -> Result<f64, FileError> {
        match &self.last {
            Some((last, before)) if time < *last => {
                let (time, before) = (quoted(written), quoted(before));
                return Err(FileError::NotSorted { place, time, before });
            }
            Some(_) => {}
            None => self.first = time,
        }
        self.last = Some((time, written.to_owned()));
        Ok((time - self.first) / self.units)
    }
}

/// What a trace recorded of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Request {
    /// Seconds after the first.
    pub start_s: f64,
    /// Tokens of the prompt.
    pub input: u32,
    /// Tokens of the answer.
    pub output: u32,
}

/// Adds a request of recorded length, whose text shares nothing with any other.
pub(super) fn push_unshared(draft: &mut Draft, request: &Request, texts: &TextMaker, random: &mut Pcg64) {
    let text = texts.text(request.input, random);
    let mut prompt = made_up(draft, text, request);
    prompt.salt_at = Some(0);
    draft.push(vec![prompt], Some(request.start_s));
}

/// The next request of a trace, with a text made up from its recorded length.
pub(super) fn made_up(draft: &Draft, text: String, request: &Request) -> WorkPrompt {
    let id = format!("{CATEGORY}-{:05}", draft.sequences.len() + 1);
    let prompt = as_written(id, CATEGORY.to_owned(), text, request.output);
    WorkPrompt { ask: Ask { input_tokens: Some(request.input), ..Ask::default() }, ..prompt }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { file: "t".to_owned(), line: 7, field: None }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "these are exact in binary")]
    fn the_clock_counts_from_the_first_and_never_runs_backwards() {
        let mut clock = Clock::new(1000.0);
        assert_eq!(clock.start(500.0, "500", place()).unwrap(), 0.0);
        assert_eq!(clock.start(500.0, "500", place()).unwrap(), 0.0);
        assert_eq!(clock.start(1250.0, "1250", place()).unwrap(), 0.75);
        let error = clock.start(1249.0, "1249", place().at("timestamp")).unwrap_err().to_string();
        assert!(error.starts_with("t:7:timestamp: `1249` is before `1250`"), "{error}");
    }
}
