//! Which number of a response is its answer. Tested with `numeric`.

use std::ops::Range;
use std::sync::LazyLock;

use ::regex::Regex;

use super::answer::{Read, Reader, both};
use super::quantity::{Item, Quantity};
use super::reading::Stage;
use super::tokens::{pattern, quote};
use crate::model::check::Locale;
use crate::model::judgement::AnswerSource;

/// What may stand between the start of an announced answer and its number.
static LEAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\A[\s*_~≈:=(\[{>'$-]*(?:(?:about|approximately|approx\.?|roughly|exactly|equal to|equals|still|just|therefore|thus|simply|the number|the value)[\s,*:]*)*\z",
    )
});
/// What joins two answers that are given as alternatives.
static ALTERNATIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\A[\s*_]*(?:,|;|/|\||-|–|\bor\b|\band\b|\bto\b|\boder\b|\bund\b|\bbis\b|\bou\b|\bet\b|, or|, and|or maybe|or possibly)[\s*_]*\z",
    )
});

/// Reads numbers.
pub(super) struct Numbers {
    /// How they are written.
    pub(super) locale: Locale,
}

impl Reader for Numbers {
    type Value = Quantity;

    fn announced(&self, stage: &Stage, range: Range<usize>, source: AnswerSource) -> Read<Quantity> {
        let text = stage.text();
        let part = &text[range.clone()];
        if part.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("not ")) {
            return Read::Nothing;
        }
        let items = within(stage.items(self.locale), &range);
        let Some(first) = items.first() else { return Read::Nothing };
        let leads = LEAD.is_match(&text[range.start..first.range.start.max(range.start)]);
        // A unit may stand outside what was marked: `**5** km`.
        if leads && !calculates(&text[first.range.end.min(range.end)..range.end]) {
            return leading(text, &items);
        }
        if source == AnswerSource::Hashes {
            return Read::Nothing;
        }
        calculated(text, &range, &items)
    }

    fn unannounced(&self, stage: &Stage, range: Range<usize>) -> (AnswerSource, Read<Quantity>) {
        let items = within(stage.items(self.locale), &range);
        let is_denied = |item: &Item| {
            let before = &stage.text()[..item.range.start];
            before
                .get(before.len().saturating_sub(5)..)
                .is_some_and(|word| word.eq_ignore_ascii_case(" not "))
        };
        let last = items
            .iter()
            .rev()
            .filter(|item| !is_denied(item))
            .find_map(|item| Some((answer(item)?, item.range.clone())));
        (AnswerSource::LastNumber, last.map_or(Read::Nothing, |(quantity, range)| Read::One(quantity, range)))
    }
}

/// The quantity of an item that may be an answer.
fn answer(item: &Item) -> Option<Quantity> {
    item.quantity.clone().filter(|_| !item.aside)
}

/// The items that begin in `range` and are no asides.
fn within<'a>(items: &'a [Item], range: &Range<usize>) -> Vec<&'a Item> {
    let from = items.partition_point(|i| i.range.end <= range.start);
    items[from..].iter().take_while(|i| i.range.start < range.end).filter(|i| !i.aside).collect()
}

/// Whether a calculation goes on: an operator follows.
fn calculates(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '_', '$']);
    // A lone star or dash may be Markdown or a pause: only before a number does it calculate.
    let before_number = rest
        .strip_prefix(['*', 'x', '-'])
        .is_some_and(|r| r.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    rest.starts_with(['+', '×', '·', '÷', '/', '^', '=', '≈']) || before_number
}

/// A number at the start of an announced answer, unless another one stands beside it.
fn leading(text: &str, items: &[&Item]) -> Read<Quantity> {
    let (Some(first), second) = (items.first(), items.get(1)) else { return Read::Nothing };
    let Some(quantity) = answer(first) else {
        return Read::Several(quote(&text[first.range.clone()]));
    };
    if let Some(second) = second {
        let is_beside = text
            .get(first.range.end..second.range.start)
            .is_some_and(|between| ALTERNATIVE.is_match(between));
        if is_beside && !second.quantity.as_ref().is_some_and(|other| same(&quantity, other)) {
            return Read::Several(both(&text[first.range.clone()], &text[second.range.clone()]));
        }
    }
    Read::One(quantity, first.range.clone())
}

/// A number after a calculation, or the only one in a sentence.
fn calculated(text: &str, range: &Range<usize>, items: &[&Item]) -> Read<Quantity> {
    let part = &text[range.clone()];
    if let Some(at) = part.rfind(['=', '≈']).map(|at| range.start + at) {
        let (before, after): (Vec<&Item>, Vec<&Item>) = items.iter().partition(|i| i.range.start <= at);
        for side in [after, before] {
            if let Some(read) = sole(text, &side) {
                return read;
            }
        }
    }
    if let Some(read) = sole(text, items) {
        return read;
    }
    // What stands in parentheses explains; the answer stands outside them.
    let (mut depth, mut counted) = (0_i64, range.start);
    let mut outside = Vec::new();
    for item in items {
        let start = item.range.start.max(counted);
        for byte in text[counted..start].bytes() {
            depth += i64::from(byte == b'(') - i64::from(byte == b')');
        }
        counted = start;
        if depth <= 0 {
            outside.push(*item);
        }
    }
    sole(text, &outside).unwrap_or_else(|| {
        Read::Several(match items {
            [first, second, ..] => both(&text[first.range.clone()], &text[second.range.clone()]),
            _ => quote(part),
        })
    })
}

/// The number, where all items agree on one.
fn sole(text: &str, items: &[&Item]) -> Option<Read<Quantity>> {
    let (first, rest) = items.split_first()?;
    let Some(quantity) = answer(first) else {
        return rest.is_empty().then(|| Read::Several(quote(&text[first.range.clone()])));
    };
    rest.iter()
        .all(|i| i.quantity.as_ref().is_some_and(|other| same(&quantity, other)))
        .then(|| Read::One(quantity, first.range.clone()))
}

fn same(a: &Quantity, b: &Quantity) -> bool {
    match (a.unit, b.unit) {
        (Some(x), Some(y)) => y.into_other(x).is_some_and(|factor| a.number.same(&b.number.scaled(factor))),
        _ => a.number.same(&b.number),
    }
}
