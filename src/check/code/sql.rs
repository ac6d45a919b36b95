//! SQL: one statement is asked of a fresh database in memory, which lets it read and nothing else, for so many steps.

use fallible_iterator::FallibleIterator;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, Error, ErrorCode};
use serde_json::Value;

use super::Said;
use crate::check::tokens::quote;
use crate::model::code::CodeRules;
use crate::model::judgement::Verdict;

/// How many instructions of SQLite's machine a statement may take, its preparation included.
const STEPS: i32 = 1_000_000;
/// How many of them go by before they are counted again.
const STRIDE: i32 = 1_000;
/// The longest statement, in bytes.
const LONGEST: usize = 20_000;
/// How far apart two reals may be and still be the same, relative to the larger.
const PRECISION: f64 = 1e-9;

/// What bounds one instruction's work and memory: strings and rows in bytes (times [`STEPS`], that is what a hostile
/// statement can make SQLite hold), patterns of LIKE, arms of a compound, columns, arguments, nesting.
const LIMITS: [(Limit, i32); 9] = [
    (Limit::SQLITE_LIMIT_LENGTH, 4_000),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 50),
    (Limit::SQLITE_LIMIT_COLUMN, 100),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 30),
    (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
    // Nothing may be attached; VACUUM INTO, which writes a file, works by attaching.
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
];

/// The database that a statement is asked of, and what it must give.
#[derive(Debug)]
pub(super) struct Sql {
    setup: String,
    rows: Vec<Vec<Value>>,
    ordered: bool,
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    /// Its length in bytes.
    Blob(usize),
}

impl Sql {
    /// The set-up is run once, so that one that fails is told before anything is sent.
    pub(super) fn new(rules: &CodeRules) -> Result<Self, String> {
        let sql = Self {
            setup: rules.setup.clone().unwrap_or_default(),
            rows: rules.rows.clone().unwrap_or_default(),
            ordered: rules.ordered,
        };
        sql.database().map_err(|error| format!("`setup` fails: {}", reason(&error)))?;
        Ok(sql)
    }

    /// A fresh database with the set-up's tables, which from now on is only read.
    fn database(&self) -> Result<Connection, Error> {
        let mut database = Connection::open_in_memory()?;
        // Large sorts go to temporary files otherwise.
        database.execute_batch("PRAGMA temp_store = MEMORY")?;
        for (limit, value) in LIMITS {
            database.set_limit(limit, value)?;
        }
        database.authorizer(Some(|context: AuthContext<'_>| stays_inside(&context)))?;
        count_steps(&mut database)?;
        database.execute_batch(&self.setup)?;
        database.authorizer(Some(|context: AuthContext<'_>| only_reads(&context)))?;
        count_steps(&mut database)?;
        Ok(database)
    }

    /// Whether a text is SQL: it may be refused, or name what isn't there, but it reads as a statement.
    pub(super) fn prepares(&self, text: &str) -> bool {
        if text.len() > LONGEST {
            return false;
        }
        let Ok(database) = self.database() else { return false };
        let Err(error) = Batch::new(&database, text).next().map(|statement| statement.is_some()) else {
            return true;
        };
        let said = reason(&error);
        !["syntax error", "incomplete input", "unrecognized token"].iter().any(|fault| said.contains(fault))
    }

    pub(super) fn judge(&self, statement: &str) -> Said {
        if statement.len() > LONGEST {
            let detail = format!("expected at most {LONGEST} bytes of SQL, found {}", statement.len());
            return (Verdict::Wrong, detail);
        }
        let asked = self.database().map_err(|error| reason(&error)).and_then(|database| {
            // One more than expected is enough to know that there are too many.
            rows(&database, statement, self.rows.len() + 1)
        });
        let found = match asked {
            Ok(found) => found,
            Err(reason) => {
                let detail =
                    format!("expected {}, found that {} fails: {reason}", self.expected(), quote(statement));
                return (Verdict::Wrong, detail);
            }
        };
        let is_equal = if self.ordered {
            found.len() == self.rows.len() && found.iter().zip(&self.rows).all(|(a, b)| same_row(a, b))
        } else {
            same_rows(&found, &self.rows)
        };
        let shown = format!("found {}", show(&found, found.len() > self.rows.len()));
        if is_equal {
            (Verdict::Pass, shown)
        } else {
            (Verdict::Wrong, format!("expected {}, {shown}", self.expected()))
        }
    }

    fn expected(&self) -> String {
        let rows: Vec<String> = self.rows.iter().map(|row| Value::from(row.clone()).to_string()).collect();
        let order = if self.ordered { " in this order" } else { "" };
        format!("{} rows{order} {}", rows.len(), quote(&rows.join(" ")))
    }
}

/// What the set-up may do: anything within its database.
fn stays_inside(context: &AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } | AuthAction::Pragma { .. } => {
            Authorization::Deny
        }
        AuthAction::Function { function_name } => function(function_name),
        _ => Authorization::Allow,
    }
}

/// What a statement may do.
fn only_reads(context: &AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } => function(function_name),
        _ => Authorization::Deny,
    }
}

fn function(name: &str) -> Authorization {
    if name.eq_ignore_ascii_case("load_extension") { Authorization::Deny } else { Authorization::Allow }
}

/// Interrupts what takes more than [`STEPS`] from now on.
fn count_steps(database: &mut Connection) -> Result<(), Error> {
    let mut left = STEPS / STRIDE;
    database.progress_handler(
        STRIDE,
        Some(move || {
            left -= 1;
            left <= 0
        }),
    )
}

/// The first rows of the only statement.
fn rows(database: &Connection, text: &str, most: usize) -> Result<Vec<Vec<Cell>>, String> {
    let said = |error: Error| reason(&error);
    let mut batch = Batch::new(database, text);
    let mut statement = batch.next().map_err(said)?.ok_or("there is no statement")?;
    // What follows need not even be right: there must be nothing.
    if !matches!(batch.next(), Ok(None)) {
        return Err("there is more than one statement".to_owned());
    }
    if statement.is_explain() != 0 {
        return Err("it explains and doesn't select".to_owned());
    }
    let columns = statement.column_count();
    let mut rows = statement.query([]).map_err(said)?;
    let mut found = Vec::new();
    while found.len() < most {
        let Some(row) = rows.next().map_err(said)? else { break };
        let cells = (0..columns).map(|column| row.get_ref(column).map(Cell::from));
        found.push(cells.collect::<Result<Vec<_>, _>>().map_err(said)?);
    }
    Ok(found)
}

/// What SQLite says, without the statement that it repeats.
fn reason(error: &Error) -> String {
    match error {
        Error::SqliteFailure(failure, message) => match (failure.code, message) {
            (ErrorCode::OperationInterrupted, _) => format!("stopped after {STEPS} steps"),
            (ErrorCode::AuthorizationForStatementDenied, Some(message)) => {
                format!("refused, it may only read: {}", quote(message))
            }
            (_, Some(message)) => quote(message),
            (_, None) => failure.to_string(),
        },
        Error::SqlInputError { msg, .. } => quote(msg),
        other => quote(&other.to_string()),
    }
}

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(integer) => Self::Integer(integer),
            ValueRef::Real(real) => Self::Real(real),
            ValueRef::Text(text) => Self::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Self::Blob(bytes.len()),
        }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Real(real) => write!(f, "{real:?}"),
            Self::Text(text) => f.write_str(&Value::from(text.as_str()).to_string()),
            Self::Blob(length) => write!(f, "{length} bytes"),
        }
    }
}

/// The same rows in any order, each as often.
fn same_rows(found: &[Vec<Cell>], expected: &[Vec<Value>]) -> bool {
    let mut left: Vec<&Vec<Value>> = expected.iter().collect();
    found.len() == expected.len()
        && found.iter().all(|row| {
            let place = left.iter().position(|wanted| same_row(row, wanted));
            place.map(|place| left.swap_remove(place)).is_some()
        })
}

fn same_row(found: &[Cell], expected: &[Value]) -> bool {
    found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| same(a, b))
}

fn same(found: &Cell, expected: &Value) -> bool {
    match (found, expected) {
        (Cell::Null, Value::Null) => true,
        (Cell::Integer(found), Value::Bool(expected)) => *found == i64::from(*expected),
        (Cell::Text(found), Value::String(expected)) => found == expected,
        (Cell::Integer(found), Value::Number(expected)) => match expected.as_i64() {
            Some(expected) => *found == expected,
            #[expect(clippy::cast_precision_loss, reason = "it is compared with a real")]
            None => expected.as_f64().is_some_and(|expected| near(*found as f64, expected)),
        },
        (Cell::Real(found), Value::Number(expected)) => {
            expected.as_f64().is_some_and(|expected| near(*found, expected))
        }
        _ => false,
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= PRECISION * a.abs().max(b.abs())
}

/// The rows for a detail.
fn show(rows: &[Vec<Cell>], is_more: bool) -> String {
    let shown: Vec<String> = rows
        .iter()
        .map(|row| format!("[{}]", row.iter().map(Cell::to_string).collect::<Vec<_>>().join(",")))
        .collect();
    let count = if is_more { format!("{} or more", rows.len()) } else { rows.len().to_string() };
    format!("{count} rows {}", quote(&shown.join(" ")))
}
