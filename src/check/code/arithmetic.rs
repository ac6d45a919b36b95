//! Arithmetic expressions, evaluated with exact fractions: `+ - * / ^`, parentheses, decimals, `\frac{a}{b}`.
//! A factor stands beside another only with a sign between them.

use super::Said;
use crate::check::quantity::parse;
use crate::check::rational::{Number, Ratio};
use crate::check::tokens::quote;
use crate::model::code::CodeRules;
use crate::model::judgement::Verdict;

/// The longest expression that is read, in bytes.
const LONGEST: usize = 4096;
/// The deepest nesting.
const DEEPEST: u32 = 100;
/// The greatest exponent, by size.
const GREATEST_EXPONENT: i128 = 64;

/// What an expression must come to.
#[derive(Debug)]
pub(super) struct Arithmetic {
    written: String,
    value: Ratio,
    /// The numbers that it must use, in order.
    numbers: Vec<Ratio>,
    listed: Vec<String>,
}

impl Arithmetic {
    pub(super) fn new(rules: &CodeRules) -> Result<Self, String> {
        let exact = |text: &String| {
            let quantity = parse(text).filter(|q| q.unit.is_none());
            quantity.and_then(|q| q.number.ratio()).ok_or_else(|| {
                format!(
                    "{} is not a number that can be compared exactly; write it like `42` or `2/3`",
                    quote(text)
                )
            })
        };
        let written = rules.value.clone().unwrap_or_default();
        let value = exact(&written)?;
        let mut numbers = rules.numbers.iter().map(exact).collect::<Result<Vec<_>, _>>()?;
        numbers.sort_by(order);
        Ok(Self { written, value, numbers, listed: rules.numbers.clone() })
    }

    pub(super) fn judge(&self, written: &str) -> Said {
        let evaluated = match evaluate(written) {
            Ok(evaluated) => evaluated,
            Err(reason) => {
                let detail = format!("expected an arithmetic expression, found {}: {reason}", quote(written));
                return (Verdict::Wrong, detail);
            }
        };
        let shown = quote(written);
        if evaluated.value != self.value {
            let detail =
                format!("expected {}, found {}, which comes to {}", self.written, shown, evaluated.value);
            return (Verdict::Wrong, detail);
        }
        let mut used = evaluated.numbers;
        used.sort_by(order);
        if !self.numbers.is_empty() && used != self.numbers {
            let used: Vec<String> = used.iter().map(Ratio::to_string).collect();
            let detail = format!(
                "expected the numbers {} and no others, found {} in {shown}",
                self.listed.join(", "),
                used.join(", ")
            );
            return (Verdict::Wrong, detail);
        }
        (Verdict::Pass, format!("found {shown}, which comes to {}", evaluated.value))
    }
}

/// A total order, so that two lists of the same numbers sort alike.
fn order(a: &Ratio, b: &Ratio) -> std::cmp::Ordering {
    a.compare(*b).unwrap_or_else(|| a.to_string().cmp(&b.to_string()))
}

/// Whether the text is an expression with at least one sign between numbers.
pub(super) fn is_expression(text: &str) -> bool {
    evaluate(text).is_ok_and(|evaluated| evaluated.numbers.len() > 1)
}

/// What an expression comes to, and the numbers it uses.
#[derive(Debug, PartialEq)]
struct Evaluated {
    value: Ratio,
    numbers: Vec<Ratio>,
}

/// Of an equation (`2 * 3 = 6`, `6 = 2 * 3`), the first side with more than one number in it.
fn evaluate(text: &str) -> Result<Evaluated, String> {
    if text.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let tokens = tokens(text)?;
    let mut first = None;
    for side in tokens.split(|token| *token == Token::Equals) {
        let evaluated = side_value(side)?;
        if evaluated.numbers.len() > 1 {
            return Ok(evaluated);
        }
        first = first.or(Some(evaluated));
    }
    first.ok_or_else(|| "it is empty".to_owned())
}

fn side_value(tokens: &[Token]) -> Result<Evaluated, String> {
    let mut parser = Parser { tokens, at: 0, depth: 0, numbers: Vec::new() };
    let value = parser.sum()?;
    match parser.peek() {
        None => Ok(Evaluated { value, numbers: parser.numbers }),
        Some(token) => Err(format!("no sign before {}", quote(&token.to_string()))),
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    Number(Ratio),
    Plus,
    Minus,
    Times,
    Over,
    Power,
    Open(char),
    Close(char),
    Fraction,
    Equals,
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Plus => f.write_str("+"),
            Self::Minus => f.write_str("-"),
            Self::Times => f.write_str("*"),
            Self::Over => f.write_str("/"),
            Self::Power => f.write_str("^"),
            Self::Open(c) | Self::Close(c) => write!(f, "{c}"),
            Self::Fraction => f.write_str("\\frac"),
            Self::Equals => f.write_str("="),
        }
    }
}

/// Commands of LaTeX that stand in expressions, and what they mean.
const COMMANDS: [(&str, Option<Token>); 8] = [
    ("\\times", Some(Token::Times)),
    ("\\cdot", Some(Token::Times)),
    ("\\div", Some(Token::Over)),
    ("\\dfrac", Some(Token::Fraction)),
    ("\\frac", Some(Token::Fraction)),
    ("\\left", None),
    ("\\right", None),
    ("\\,", None),
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim().trim_matches('$');
    while let Some(c) = rest.chars().next() {
        if let Some((command, token)) = COMMANDS.iter().find(|(command, _)| rest.starts_with(command)) {
            tokens.extend(*token);
            rest = &rest[command.len()..];
            continue;
        }
        if let Some(after) = rest.strip_prefix("**") {
            tokens.push(Token::Power);
            rest = after;
            continue;
        }
        if c.is_ascii_digit() || c == '.' {
            let length = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
            let (whole, fraction) = rest[..length].split_once('.').unwrap_or((&rest[..length], ""));
            let number = Some(Number::decimal(false, whole, fraction, 0))
                .filter(|_| !fraction.contains('.') && (whole.len() + fraction.len() > 0))
                .and_then(|number| number.ratio());
            tokens
                .push(Token::Number(number.ok_or_else(|| format!("bad number {}", quote(&rest[..length])))?));
            rest = &rest[length..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        tokens.push(match c {
            c if c.is_whitespace() => continue,
            '+' => Token::Plus,
            '-' | '−' | '–' => Token::Minus,
            '*' | '×' | '·' | '⋅' | '∗' => Token::Times,
            '/' | '÷' | '∕' | '⁄' => Token::Over,
            '^' => Token::Power,
            '(' => Token::Open(')'),
            '[' => Token::Open(']'),
            '{' => Token::Open('}'),
            ')' | ']' | '}' => Token::Close(c),
            '=' => Token::Equals,
            other => return Err(format!("{} stands for nothing in it", quote(&other.to_string()))),
        });
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: u32,
    numbers: Vec<Ratio>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn take(&mut self, wanted: Token) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    fn sum(&mut self) -> Result<Ratio, String> {
        let mut value = self.product()?;
        loop {
            if self.take(Token::Plus) {
                value = held(value.add(self.product()?))?;
            } else if self.take(Token::Minus) {
                value = held(value.sub(self.product()?))?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<Ratio, String> {
        let mut value = self.signed()?;
        loop {
            if self.take(Token::Times) {
                value = held(value.mul(self.signed()?))?;
            } else if self.take(Token::Over) {
                value = quotient(value, self.signed()?)?;
            } else {
                return Ok(value);
            }
        }
    }

    /// A sign binds weaker than a power: -2^2 is -4.
    fn signed(&mut self) -> Result<Ratio, String> {
        let mut is_negative = false;
        loop {
            if self.take(Token::Minus) {
                is_negative = !is_negative;
            } else if !self.take(Token::Plus) {
                break;
            }
        }
        let value = self.power()?;
        if is_negative { held(Ratio::integer(0).sub(value)) } else { Ok(value) }
    }

    /// Powers are taken from the right: 2^3^2 is 2^9.
    fn power(&mut self) -> Result<Ratio, String> {
        let base = self.primary()?;
        if !self.take(Token::Power) {
            return Ok(base);
        }
        let exponent = self.deeper(Self::signed)?;
        let small = exponent.to_integer().filter(|e| e.abs() <= GREATEST_EXPONENT);
        let small = small.and_then(|e| i32::try_from(e).ok());
        let exponent = small.ok_or_else(|| {
            format!("{exponent} as an exponent; integers up to {GREATEST_EXPONENT} are allowed")
        })?;
        if exponent < 0 && base == Ratio::integer(0) {
            return Err("it divides by zero".to_owned());
        }
        held(base.pow(exponent))
    }

    fn primary(&mut self) -> Result<Ratio, String> {
        let Some(token) = self.peek() else { return Err("it ends too early".to_owned()) };
        self.at += 1;
        match token {
            Token::Number(number) => {
                self.numbers.push(number);
                Ok(number)
            }
            Token::Open(close) => self.closed(close),
            Token::Fraction => {
                let mut part = || {
                    if self.take(Token::Open('}')) {
                        self.closed('}')
                    } else {
                        Err("\\frac without braces".to_owned())
                    }
                };
                let (over, under) = (part()?, part()?);
                quotient(over, under)
            }
            other => Err(format!("no number before {}", quote(&other.to_string()))),
        }
    }

    fn closed(&mut self, close: char) -> Result<Ratio, String> {
        let value = self.deeper(Self::sum)?;
        if self.take(Token::Close(close)) { Ok(value) } else { Err(format!("no `{close}` where it is due")) }
    }

    fn deeper(&mut self, part: impl Fn(&mut Self) -> Result<Ratio, String>) -> Result<Ratio, String> {
        if self.depth == DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        self.depth += 1;
        let value = part(self);
        self.depth -= 1;
        value
    }
}

fn quotient(over: Ratio, under: Ratio) -> Result<Ratio, String> {
    if under == Ratio::integer(0) {
        return Err("it divides by zero".to_owned());
    }
    held(over.div(under))
}

fn held(value: Option<Ratio>) -> Result<Ratio, String> {
    value.ok_or_else(|| "its numbers are too large".to_owned())
}
