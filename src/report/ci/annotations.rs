//! GitHub's workflow commands: what failed, at the prompt's line where that stands in a file of the repository.
//!
//! GitHub shows ten errors and ten warnings of a step; [`MOST`] in all keeps every one of them in sight.
//! Source: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>.

use std::borrow::Cow;

use super::{Broken, CiInput, FileLine, cases, policy};
use crate::model::comparison::{GateResult, GateVerdict};
use crate::model::gate::OnInconclusive;
use crate::report::number::counted;
use crate::report::text::{fit, one_line};

/// The most annotations of one command.
pub const MOST: usize = 10;
/// The longest message, in columns.
const MESSAGE: usize = 500;

/// How bad an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
}

/// One annotation before it is written.
struct Annotation<'a> {
    level: Level,
    title: String,
    place: Option<&'a FileLine>,
    message: String,
}

/// The commands, a line each and [`MOST`] at the most: first what makes all worthless and the gates that failed, then the
/// prompts that count as failed (errors where a gate failed for them, else warnings: the step is green), then gates that are inconclusive. Where there are more the last one counts them.
#[must_use]
pub fn commands(input: &CiInput<'_>) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(Broken { title, reason, .. }) = input.broken() {
        let title = format!("labctl: {title}");
        all.push(Annotation { level: Level::Error, title, place: None, message: reason });
    }
    let (failed, rest): (Vec<_>, Vec<_>) = input.gates.iter().partition(|gate| fails(gate));
    all.extend(failed.into_iter().map(|gate| of_gate(gate, Level::Error)));
    let cases = cases::by_category(input);
    for (category, case) in
        cases.iter().flat_map(|(category, cases)| cases.iter().map(move |c| (category, c)))
    {
        if let Some(why) = &case.fails_because {
            all.push(Annotation {
                level: if case.gated { Level::Error } else { Level::Warning },
                title: format!("{} ({})", one_line(case.prompt_id), one_line(category)),
                place: input.places.get(case.prompt_id),
                message: format!("{}; {why}", case.words(input)),
            });
        }
    }
    let warns = |gate: &&GateResult| {
        gate.verdict == GateVerdict::Inconclusive && policy(gate) == OnInconclusive::Warn
    };
    all.extend(rest.into_iter().filter(warns).map(|gate| of_gate(gate, Level::Warning)));
    let hidden = all.len().saturating_sub(MOST);
    if hidden > 0 {
        all.truncate(MOST - 1);
        all.push(Annotation {
            level: Level::Warning,
            title: "labctl".to_owned(),
            place: None,
            message: format!(
                "{} not shown here: see the step's summary",
                counted(hidden as u64 + 1, "more finding is", "more findings are")
            ),
        });
    }
    all.iter().map(|annotation| annotation.command(input.simulated)).collect()
}

fn fails(gate: &GateResult) -> bool {
    match gate.verdict {
        GateVerdict::Fail | GateVerdict::Invalid => true,
        GateVerdict::Inconclusive => policy(gate) == OnInconclusive::Fail,
        GateVerdict::Pass => false,
    }
}

fn of_gate(gate: &GateResult, level: Level) -> Annotation<'static> {
    let title = format!("gate {}: {}", one_line(&gate.name), gate.verdict);
    Annotation { level, title, place: None, message: one_line(&gate.reason) }
}

impl Annotation<'_> {
    fn command(&self, simulated: bool) -> String {
        let name = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let place = self
            .place
            .map_or_else(String::new, |place| format!("file={},line={},", property(&place.file), place.line));
        let title = fit(&self.title, MESSAGE);
        let title = if simulated { format!("SIMULATED {title}") } else { title };
        let message = data(&fit(&self.message, MESSAGE));
        format!("::{name} {place}title={}::{message}", property(&title))
    }
}

/// A message as the command's data.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same as one of its properties.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Text for a log that GitHub reads commands from, with no line that it would obey: a model's answer may hold
/// `::add-mask::` or `##[group]`. A space takes their meaning and leaves them readable.
#[must_use]
pub fn defused(text: &str) -> Cow<'_, str> {
    let commands = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
    // GitHub's runner ends lines at carriage returns too.
    if !text.split(['\n', '\r']).any(commands) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for line in text.split_inclusive(['\n', '\r']) {
        let body = line.trim_start();
        if let Some(rest) = body.strip_prefix("::") {
            out.push_str(&line[..line.len() - body.len()]);
            out.push_str(": :");
            out.push_str(&rest.replace("##[", "## ["));
        } else {
            out.push_str(&line.replace("##[", "## ["));
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_separates_is_escaped() {
        let place = FileLine { file: "a,b:c%.jsonl".to_owned(), line: 7 };
        let annotation = Annotation {
            level: Level::Error,
            title: "x::y,z".to_owned(),
            place: Some(&place),
            message: "100 %\r\n::error::no".to_owned(),
        };
        assert_eq!(
            annotation.command(false),
            "::error file=a%2Cb%3Ac%25.jsonl,line=7,title=x%3A%3Ay%2Cz::100 %25%0D%0A::error::no"
        );
    }

    #[test]
    fn a_log_gives_no_commands() {
        assert_eq!(defused("  ::add-mask::a\nb ::c\n"), "  : :add-mask::a\nb ::c\n");
        assert_eq!(defused("say ##[error]x"), "say ## [error]x");
        assert_eq!(defused("a\r::error::b"), "a\r: :error::b");
        assert!(matches!(defused("a: b\n :: \n".trim_end_matches(" :: \n")), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn no_line_is_left_that_github_obeys(text in "([:#\\[ \r\na]|\u{2003}){0,24}") {
            let shown = defused(&text).into_owned();
            for line in shown.split(['\n', '\r']) {
                prop_assert!(!line.trim_start().starts_with("::"), "{shown:?}");
                prop_assert!(!line.contains("##["), "{shown:?}");
            }
        }
    }
}
