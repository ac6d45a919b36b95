//! The abbreviations of an answer, said in words where a reader first meets them.

use super::{Answer, capitalised};

/// The abbreviations that an answer may hold, in words.
const IN_WORDS: [(&str, &str); 4] = [
    ("TTFT", "time to first token"),
    ("TPOT", "time per output token"),
    ("ITL", "inter-token latency"),
    ("E2E", "end-to-end latency"),
];

impl Answer {
    /// The same with each abbreviation in words the first time: beside the name of a number, else in its sentence.
    pub(crate) fn in_words(mut self) -> Self {
        for (short, words) in IN_WORDS {
            if let Some(verdict) = written_out(&self.verdict, short, words) {
                self.verdict = verdict;
                continue;
            }
            if let Some(number) = self.numbers.iter_mut().find(|number| place(&number.label, short).is_some())
            {
                number.words = words;
            } else if let Some(confidence) = written_out(&self.confidence, short, words) {
                self.confidence = confidence;
            }
        }
        self
    }
}

/// `time to first token (TTFT)` in place of the first `TTFT`; `None` where there is none.
fn written_out(sentence: &str, short: &str, words: &str) -> Option<String> {
    let at = place(sentence, short)?;
    let (before, rest) = (sentence.get(..at)?, sentence.get(at + short.len()..)?);
    let words = if before.is_empty() { capitalised(words) } else { words.to_owned() };
    Some(format!("{before}{words} ({short}){rest}"))
}

/// Where an abbreviation stands as a word of its own, which no name is part of.
fn place(text: &str, short: &str) -> Option<usize> {
    let ends = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || ",;:)(".contains(c));
    text.match_indices(short).map(|(at, _)| at).find(|at| {
        let (before, after) = (text.get(..*at), text.get(at + short.len()..));
        ends(before.and_then(|before| before.chars().next_back()))
            && ends(after.and_then(|after| after.chars().next()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::Headline;
    use super::*;
    use crate::report::table::Tone;

    #[test]
    fn an_abbreviation_is_said_in_words_once() {
        let answer = |verdict: &str| {
            Answer {
                question: String::new(),
                verdict: verdict.to_owned(),
                tone: Tone::Plain,
                confidence: "not settled: TTFT p50, TPOT p50, E2E p50; TPOT again".to_owned(),
                numbers: vec![
                    Headline::new("Pass rate", "1", ""),
                    Headline::new("E2E p50", "1", "ms"),
                    Headline::new("E2E p95", "2", "ms"),
                ],
                validity: Vec::new(),
            }
            .in_words()
        };
        let told = answer("TTFT is not known");
        assert_eq!(told.verdict, "Time to first token (TTFT) is not known");
        assert_eq!(
            told.numbers.iter().map(|number| number.words).collect::<Vec<_>>(),
            ["", "end-to-end latency", ""]
        );
        assert_eq!(
            told.confidence,
            "not settled: TTFT p50, time per output token (TPOT) p50, E2E p50; TPOT again"
        );
        // No part of a name is an abbreviation.
        assert_eq!(answer("E2E-7b and my_TTFT").verdict, "E2E-7b and my_TTFT");
    }
}
