//! Schedules of crontab, by the rules of Vixie cron (crontab(5)): five fields of `*`, numbers, names, ranges, steps
//! and lists. Where both days are restricted, either is enough.

use jiff::civil::DateTime;

use super::Said;
use crate::check::tokens::quote;
use crate::model::code::CodeRules;
use crate::model::code::minute;
use crate::model::judgement::Verdict;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The longest line that is read, in bytes.
const LONGEST: usize = 1024;

/// Times to try a schedule at, as written and as read.
#[derive(Debug)]
pub(super) struct Cron {
    times: Vec<(String, DateTime, bool)>,
}

/// A schedule: a bit for each minute, hour, … at which it fires.
#[derive(Debug, PartialEq, Eq)]
struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether one of the fields of days begins with a star: then both must hold.
    is_starred: bool,
}

/// A field: its name, its least and greatest number, the names that stand for numbers from `named` on.
struct Field {
    name: &'static str,
    least: u32,
    greatest: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, greatest: 59, names: &[] },
    Field { name: "hour", least: 0, greatest: 23, names: &[] },
    Field { name: "day of month", least: 1, greatest: 31, names: &[] },
    Field { name: "month", least: 1, greatest: 12, names: &MONTHS },
    Field { name: "day of week", least: 0, greatest: 7, names: &DAYS },
];

impl Cron {
    pub(super) fn new(rules: &CodeRules) -> Result<Self, String> {
        let read = |text: &String, wanted: bool| {
            let time = minute(text).ok_or_else(|| format!("{} is not a local time", quote(text)))?;
            Ok((text.clone(), time, wanted))
        };
        let matches = rules.matches.iter().map(|text| read(text, true));
        let rejects = rules.rejects.iter().map(|text| read(text, false));
        Ok(Self { times: matches.chain(rejects).collect::<Result<_, String>>()? })
    }

    pub(super) fn judge(&self, written: &str) -> Said {
        let schedule = match schedule(written) {
            Ok(schedule) => schedule,
            Err(reason) => {
                let detail = format!("expected a crontab schedule, found {}: {reason}", quote(written));
                return (Verdict::Wrong, detail);
            }
        };
        for (text, time, wanted) in &self.times {
            if schedule.fires(*time) != *wanted {
                let (a, b) = if *wanted { ("it to fire", "not") } else { ("it not to fire", "it does") };
                return (
                    Verdict::Wrong,
                    format!("expected {a} at {text}, found that {b}: {}", quote(written)),
                );
            }
        }
        (Verdict::Pass, format!("found {}: right at all {} times", quote(written), self.times.len()))
    }
}

/// Whether the text is five fields of a schedule.
pub(super) fn is_schedule(text: &str) -> bool {
    schedule(text).is_ok()
}

impl Schedule {
    fn fires(&self, time: DateTime) -> bool {
        // `number` is never negative: these are fields of a date.
        let has = |set: u64, number: i8| u32::try_from(number).is_ok_and(|number| set & bit(number) != 0);
        let day = has(self.days, time.day());
        let weekday = has(self.weekdays, time.weekday().to_sunday_zero_offset());
        has(self.minutes, time.minute())
            && has(self.hours, time.hour())
            && has(self.months, time.month())
            && if self.is_starred { day && weekday } else { day || weekday }
    }
}

const fn bit(number: u32) -> u64 {
    1 << number
}

fn schedule(text: &str) -> Result<Schedule, String> {
    if text.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
        return Err(format!("it has {} fields and not 5", fields.len()));
    };
    let read = |index: usize, text: &str| {
        set(text, &FIELDS[index]).map_err(|reason| format!("{}: {reason}", FIELDS[index].name))
    };
    let seven = read(4, weekdays)?;
    Ok(Schedule {
        minutes: read(0, minutes)?,
        hours: read(1, hours)?,
        days: read(2, days)?,
        months: read(3, months)?,
        // Both 0 and 7 are Sunday.
        weekdays: if seven & bit(7) == 0 { seven } else { seven | bit(0) },
        is_starred: days.starts_with('*') || weekdays.starts_with('*'),
    })
}

/// The numbers of a field: a list of `*`, `a` or `a-b`, the first and the last with an optional `/step`.
fn set(text: &str, field: &Field) -> Result<u64, String> {
    let mut set = 0;
    for item in text.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        let (from, to) = if range == "*" {
            (field.least, field.greatest)
        } else if let Some((from, to)) = range.split_once('-') {
            (number(from, field)?, number(to, field)?)
        } else {
            let number = number(range, field)?;
            if step.is_some() {
                return Err(format!("{} has a step but no range", quote(item)));
            }
            (number, number)
        };
        if from > to {
            return Err(format!("{} runs backwards", quote(item)));
        }
        let step = match step {
            None => 1,
            Some(step) => {
                digits(step).filter(|step| *step > 0).ok_or_else(|| format!("bad step in {}", quote(item)))?
            }
        };
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        set |= (from..=to).step_by(step).fold(0, |set, number| set | bit(number));
    }
    Ok(set)
}

fn number(text: &str, field: &Field) -> Result<u32, String> {
    let lower = text.to_ascii_lowercase();
    let named = field.names.iter().position(|name| *name == lower).and_then(|at| u32::try_from(at).ok());
    named
        .map(|at| at + field.least)
        .or_else(|| digits(text))
        .filter(|number| (field.least..=field.greatest).contains(number))
        .ok_or_else(|| format!("{} is not from {} to {}", quote(text), field.least, field.greatest))
}

/// Digits alone: no sign.
fn digits(text: &str) -> Option<u32> {
    let is_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if is_digits { text.parse().ok() } else { None }
}
