//! A result of labctl as a trace: when its requests were due, and how long their prompts and answers were. Where its
//! prompt set is at hand, unchanged, the real prompts are sent and their answers judged.

use std::collections::HashMap;

use rand_pcg::Pcg64;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::error::{FileError, Place, bare_message};
use super::fields::whole_tokens;
use super::source::Source;
use super::trace::{self, Request};
use super::{Draft, unused};
use crate::model::prompt::Prompt;
use crate::model::record::Row;
use crate::model::result::{PromptSetInfo, SCHEMA_VERSION};
use crate::model::trace::without_chunks;
use crate::model::workload::Ask;
use crate::promptset;
use crate::workload::{Context, TextMaker, WorkPrompt};

/// What of a result is read.
#[derive(Deserialize)]
struct Document {
    schema_version: u32,
    prompt_set: PromptSetInfo,
    #[serde(deserialize_with = "sent")]
    rows: Vec<Sent>,
}

/// A request of the result.
struct Sent {
    /// When it was due, nanoseconds since the run's start.
    due_ns: u64,
    prompt_id: String,
    model: Option<String>,
    /// Tokens of prompt and answer; absent where the server didn't tell, as where it failed.
    tokens: Option<(u32, u32)>,
}

impl Sent {
    /// The candidate's request; `None` where the run ended before it.
    fn of(row: Row) -> Option<Self> {
        let attempt = row.candidate?;
        #[expect(clippy::cast_precision_loss, reason = "what is large enough to lose digits is refused")]
        let tokens = |count: u64| whole_tokens(count as f64).filter(|tokens| *tokens > 0);
        let told = attempt.exchange.usage.and_then(|usage| {
            // What the server counted has the chat template in it, and behind a later turn the conversation so far.
            let made = row.ask.input_tokens.filter(|_| row.ask.turn.is_none());
            tokens(made.map_or(usage.prompt_tokens, u64::from)).zip(tokens(usage.completion_tokens))
        });
        Some(Self {
            due_ns: attempt.exchange.trace.scheduled_ns.0,
            prompt_id: row.key.prompt_id,
            model: row.ask.model,
            tokens: told,
        })
    }
}

/// Reads the rows one by one: what a trace needs of them is a hundredth.
fn sent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Sent>, D::Error> {
    struct Rows;
    impl<'de> Visitor<'de> for Rows {
        type Value = Vec<Sent>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("the rows of a result")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Vec<Sent>, A::Error> {
            let mut sent = Vec::new();
            while let Some(row) = rows.next_element()? {
                sent.extend(Sent::of(row));
            }
            Ok(sent)
        }
    }
    deserializer.deserialize_seq(Rows)
}

pub(super) fn read(
    source: &mut Source,
    limit: usize,
    texts: &TextMaker,
    random: &mut Pcg64,
    context: &Context<'_>,
) -> Result<Draft, FileError> {
    let Document { schema_version, prompt_set, mut rows } = document(source)?;
    if schema_version > SCHEMA_VERSION {
        return Err(FileError::NewerResult { path: source.path().to_owned(), version: schema_version });
    }
    // Rows are in the order of their prompts.
    rows.sort_by_key(|row| row.due_ns);
    let draft = match real_prompts(&prompt_set, &rows, context) {
        Some(prompts) => {
            rows.truncate(limit);
            real(&rows, &prompts)
        }
        None => lengths(source, rows, limit, texts, random)?,
    };
    if draft.sequences.is_empty() {
        let (path, skipped) = (source.path().to_owned(), draft.warnings.into_iter().next());
        return Err(FileError::Empty { path, what: "requests that could be sent again", skipped });
    }
    Ok(draft)
}

fn document(source: &mut Source) -> Result<Document, FileError> {
    let place = source.place(1);
    let path = source.path().to_owned();
    let reader = source.reader()?;
    without_chunks(|| serde_json::from_reader(reader)).map_err(|error| {
        if error.is_io() {
            return FileError::unreadable(&path, error.into());
        }
        FileError::NotJson {
            place: Place { line: error.line().max(1), ..place },
            format: "labctl",
            message: bare_message(&error),
            remedy: "it must be a result as labctl writes it",
        }
    })
}

/// The prompts that were sent, where the set is found as it was and has them all.
fn real_prompts(
    info: &PromptSetInfo,
    rows: &[Sent],
    context: &Context<'_>,
) -> Option<HashMap<String, Prompt>> {
    // A set that isn't here, or is broken, is as good as another: the lengths are sent.
    let set = promptset::load(&info.name, context.promptset_dir).ok()?;
    if !set.manifest.sha256.eq_ignore_ascii_case(&info.sha256) {
        return None;
    }
    let prompts: HashMap<String, Prompt> =
        set.prompts.into_iter().map(|prompt| (prompt.id.clone(), prompt)).collect();
    rows.iter().all(|row| prompts.contains_key(&row.prompt_id)).then_some(prompts)
}

fn real(rows: &[Sent], prompts: &HashMap<String, Prompt>) -> Draft {
    let mut draft = Draft::default();
    let mut ids = HashMap::new();
    let first = rows.first().map_or(0, |row| row.due_ns);
    for row in rows {
        // A prompt that was sent several times is several requests.
        let Some(prompt) = prompts.get(&row.prompt_id) else { continue };
        let prompt = Prompt { id: unused(&mut ids, prompt.id.clone()), ..prompt.clone() };
        let ask = Ask { model: row.model.clone(), ..Ask::default() };
        let prompt = WorkPrompt { prompt, ask, salt_at: None, think_s: 0.0 };
        draft.push(vec![prompt], Some(seconds(row.due_ns - first)));
    }
    draft
}

fn lengths(
    source: &Source,
    rows: Vec<Sent>,
    limit: usize,
    texts: &TextMaker,
    random: &mut Pcg64,
) -> Result<Draft, FileError> {
    let all = rows.len();
    let mut known: Vec<(Sent, (u32, u32))> =
        rows.into_iter().filter_map(|row| row.tokens.map(|tokens| (row, tokens))).collect();
    let left_out = all - known.len();
    known.truncate(limit);
    let first = known.first().map_or(0, |(row, _)| row.due_ns);
    let request = |(row, (input, output)): (Sent, (u32, u32))| {
        (Request { start_s: seconds(row.due_ns - first), input, output }, row.model)
    };
    let requests: Vec<(Request, Option<String>)> = known.into_iter().map(request).collect();
    trace::check_size(source.path(), requests.iter().map(|(request, _)| request))?;
    let mut draft = Draft { made_up: true, ..Draft::default() };
    for (request, model) in requests {
        trace::push_unshared(&mut draft, &request, texts, random);
        if let Some(prompt) = draft.prompts.last_mut() {
            prompt.ask.model = model;
        }
    }
    if left_out > 0 {
        draft.warnings.push(format!(
            "`{}`: {left_out} of {all} requests have no token counts, as those that failed, and were left out",
            source.path().display()
        ));
    }
    Ok(draft)
}

#[expect(clippy::cast_precision_loss, reason = "exact to 2^53 ns, which is 104 days")]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}
