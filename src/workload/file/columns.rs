//! Traces in CSV: Azure's and BurstGPT's. Columns are found by name; others than those needed do no harm.

use std::io::Read;

use csv::{ReaderBuilder, StringRecord};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rand_pcg::Pcg64;

use super::Draft;
use super::error::{FileError, Place, quoted};
use super::fields::whole_tokens;
use super::source::Source;
use super::trace::{self, Clock, Request};
use crate::workload::TextMaker;
use crate::workload::length::MOST_TOKENS;

/// The columns of Azure's traces, as they were published in 2023 and 2024.
pub(super) const AZURE: [&str; 3] = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"];
/// The columns of BurstGPT that are read; `Model`, `Total tokens`, `Log Type` and, in its later part, `Session ID` and
/// `Elapsed time` are not.
pub(super) const BURSTGPT: [&str; 3] = ["Timestamp", "Request tokens", "Response tokens"];

pub(super) fn azure(
    source: &mut Source,
    limit: usize,
    texts: &TextMaker,
    random: &mut Pcg64,
) -> Result<Draft, FileError> {
    let mut clock = Clock::new(1e9);
    let mut first = None;
    let mut requests = Vec::new();
    each_row(source, "azure", &AZURE, |[time, input, output]| {
        let nanoseconds = time.moment()?;
        // From the first on they are small enough to be exact as floating point numbers.
        let since = nanoseconds.saturating_sub(*first.get_or_insert(nanoseconds));
        #[expect(clippy::cast_precision_loss, reason = "exact to 2^53 ns, which is 104 days")]
        let start_s = clock.start(since as f64, time.text, time.place())?;
        requests.push(Request { start_s, input: input.tokens()?, output: output.tokens()? });
        Ok(requests.len() < limit)
    })?;
    draft(source, &requests, 0, texts, random)
}

pub(super) fn burstgpt(
    source: &mut Source,
    limit: usize,
    texts: &TextMaker,
    random: &mut Pcg64,
) -> Result<Draft, FileError> {
    let mut clock = Clock::new(1.0);
    let mut requests = Vec::new();
    let mut failed = 0;
    each_row(source, "burstgpt", &BURSTGPT, |[time, input, output]| {
        let seconds = time.text.parse().ok().filter(|seconds: &f64| seconds.is_finite());
        let seconds = seconds.ok_or_else(|| time.wrong("a number of seconds"))?;
        // Requests that failed when it was recorded have no answer, and some not even a prompt.
        let output = output.tokens_or_none()?;
        if output == 0 {
            failed += 1;
            return Ok(true);
        }
        let start_s = clock.start(seconds, time.text, time.place())?;
        requests.push(Request { start_s, input: input.tokens()?, output });
        Ok(requests.len() < limit)
    })?;
    draft(source, &requests, failed, texts, random)
}

fn draft(
    source: &Source,
    requests: &[Request],
    failed: usize,
    texts: &TextMaker,
    random: &mut Pcg64,
) -> Result<Draft, FileError> {
    let seen = requests.len() + failed;
    let skipped = (failed > 0).then(|| {
        format!("{failed} of {seen} requests were left out, without response tokens: they failed when it was recorded")
    });
    if requests.is_empty() {
        let what = "requests; a trace has one a line below its header";
        return Err(FileError::Empty { path: source.path().to_owned(), what, skipped });
    }
    trace::check_size(source.path(), requests)?;
    let mut draft = Draft { made_up: true, ..Draft::default() };
    draft.warnings.extend(skipped.map(|skipped| format!("`{}`: {skipped}", source.path().display())));
    for request in requests {
        trace::push_unshared(&mut draft, request, texts, random);
    }
    Ok(draft)
}

/// A value of a row and its place.
struct Cell<'a> {
    text: &'a str,
    row: &'a Place,
    column: &'static str,
}

impl Cell<'_> {
    fn place(&self) -> Place {
        self.row.at(self.column)
    }

    fn wrong(&self, expected: &str) -> FileError {
        FileError::field(self.place(), format!("must be {expected}, not {}", quoted(self.text)))
    }

    /// A number of tokens, 0 included.
    fn tokens_or_none(&self) -> Result<u32, FileError> {
        let tokens = self.text.parse().ok().and_then(whole_tokens);
        tokens.ok_or_else(|| self.wrong(&format!("a whole number of tokens from 1 to {MOST_TOKENS}")))
    }

    /// A number of tokens, at least 1.
    fn tokens(&self) -> Result<u32, FileError> {
        match self.tokens_or_none()? {
            0 => {
                Err(FileError::field(self.place(), "is 0, and no request is without tokens; remove the line"))
            }
            tokens => Ok(tokens),
        }
    }

    /// Nanoseconds since 1970; a time without an offset is in UTC.
    fn moment(&self) -> Result<i128, FileError> {
        let in_utc = |time: DateTime| time.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
        let moment = self.text.parse::<Timestamp>().or_else(|_| self.text.parse().and_then(in_utc));
        let moment = moment.map_err(|_| self.wrong("a time like `2023-11-16 18:17:03.97996`"))?;
        Ok(moment.as_nanosecond())
    }
}

/// Hands each row's values of `columns` to `take`, until it says that it has enough.
fn each_row<const N: usize>(
    source: &mut Source,
    format: &'static str,
    columns: &'static [&'static str; N],
    mut take: impl FnMut([Cell<'_>; N]) -> Result<bool, FileError>,
) -> Result<(), FileError> {
    let (path, place) = (source.path().to_owned(), source.place(1));
    let broken = |error: csv::Error| {
        let line = error.position().map_or(1, |position| line(position.line()));
        let place = Place { line, ..place.clone() };
        match error.into_kind() {
            csv::ErrorKind::Io(error) => FileError::unreadable(&path, error),
            csv::ErrorKind::Utf8 { .. } => FileError::NotUtf8 { place },
            other => FileError::field(place, format!("not CSV: {other:?}")),
        }
    };
    let mut reader = csv_reader(source.reader()?);
    let header = reader.headers().map_err(broken)?;
    let mut positions = [0; N];
    for (position, &column) in positions.iter_mut().zip(columns) {
        *position = header.iter().position(|name| name == column).ok_or_else(|| FileError::NoColumn {
            place: place.clone(),
            column,
            format,
            needed: columns,
        })?;
    }
    let mut row = StringRecord::new();
    while reader.read_record(&mut row).map_err(broken)? {
        let place = Place { line: row.position().map_or(1, |at| line(at.line())), ..place.clone() };
        if let Some((_, column)) = positions.iter().zip(columns).find(|(at, _)| row.get(**at).is_none()) {
            let problem = "missing; the line has fewer values than the header";
            return Err(FileError::field(place.at(column), problem));
        }
        let cell = |index| Cell {
            text: row.get(positions[index]).unwrap_or_default(),
            row: &place,
            column: columns[index],
        };
        if !take(std::array::from_fn(cell))? {
            break;
        }
    }
    Ok(())
}

fn line(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// CSV as traces have it; a row may be shorter or longer than the header.
pub(super) fn csv_reader<R: Read>(reader: R) -> csv::Reader<R> {
    ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(reader)
}
