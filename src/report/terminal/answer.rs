//! The first screen: the question, its answer, the numbers behind it with their intervals drawn, what they rest on,
//! and whether anything takes from it.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::screen::{INDENT, Screen, style};
use crate::report::answer::{Answer, Headline, Validity};
use crate::report::number::counted;
use crate::report::spark;
use crate::report::table::Tone;
use crate::report::verdict::Finding;

/// The least and the most columns of an interval that is drawn.
const BAR: (usize, usize) = (9, 25);
/// Columns between two of a number's parts.
const GAP: usize = 2;
/// Sentences that the answer, its numbers, its validity or the gates' own section hold already.
const TOLD: [&str; 11] = [
    "Invalid",
    "FORCED",
    "Client",
    "Incomplete",
    "Noise",
    "Quality",
    "Speed",
    "Objectives",
    "Judge",
    "Load",
    "Gates",
];

impl Screen {
    /// The answer, then those findings that say more than it does.
    pub(crate) fn answer(&mut self, answer: &Answer, findings: &[Finding], warnings: usize) {
        self.line("");
        self.paragraph(&answer.question, Style::new());
        self.paragraph(&answer.verdict, style(answer.tone).bold());
        if !answer.numbers.is_empty() {
            self.line("");
            self.numbers(&answer.numbers);
            self.abbreviations(&answer.numbers);
        }
        if !answer.confidence.is_empty() {
            self.item("", &answer.confidence, Tone::Dim);
        }
        for finding in findings.iter().filter(|finding| !TOLD.contains(&finding.topic)) {
            self.item("", &finding.text, if finding.tone == Tone::Good { Tone::Plain } else { finding.tone });
        }
        self.validity(&answer.validity, warnings);
    }

    /// Sentences with their topics before them.
    pub(crate) fn findings(&mut self, findings: &[Finding]) {
        self.line("");
        let topic = findings.iter().map(|f| f.topic.len()).max().unwrap_or(0) + GAP;
        for finding in findings {
            for (i, text) in self.wrapped(&finding.text, self.width() - topic).iter().enumerate() {
                let name = if i == 0 { finding.topic } else { "" };
                let name = self.paint(Style::new().bold(), &format!("{name:topic$}"));
                let text = self.paint(style(finding.tone).bold(), text);
                self.line(&format!("{name}{text}"));
            }
        }
    }

    /// A line a number where they fit: name, value, interval drawn and printed, what it was made of. Where they don't,
    /// the drawing goes first, then what explains the value goes below it, and at last the value below its name.
    fn numbers(&mut self, numbers: &[Headline]) {
        let rows: Vec<[String; 4]> = numbers
            .iter()
            .map(|number| {
                let value = format!("{} {}", number.value, number.unit);
                [&number.label, value.trim_end(), &number.interval, &number.hint]
                    .map(|text| self.shown(text).into_owned())
            })
            .collect();
        let widest = |i: usize| rows.iter().map(|row| row[i].width()).max().unwrap_or(0);
        let gap = |width: usize| if width > 0 { width + GAP } else { 0 };
        let (label, value, interval, hint) = (gap(widest(0)), gap(widest(1)), gap(widest(2)), widest(3));
        let room = self.width() - INDENT;
        let in_one_line = label + value + interval + hint <= room;
        let beside = label + value + interval <= room + GAP;
        let rest = room.saturating_sub(label + value + interval + GAP + if in_one_line { hint } else { 0 });
        let has_bars = numbers.iter().any(|number| number.bar.is_some());
        // Uneven, so that "no difference" has a place of its own.
        let bar = if has_bars && rest >= BAR.0 { (rest.min(BAR.1) - 1) | 1 } else { 0 };
        let named = label + value <= room + GAP;
        for (number, [name, told, limits, made_of]) in numbers.iter().zip(&rows) {
            let pad = |text: &str, columns: usize| {
                format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
            };
            let mut line = format!("{:INDENT$}{}", "", pad(name, if named { label } else { 0 }));
            if !named {
                self.line(&line);
                line = " ".repeat(2 * INDENT);
            }
            line.push_str(&self.paint(style(number.tone).bold(), told));
            line.push_str(&" ".repeat(value.saturating_sub(told.width())));
            if bar > 0 {
                let drawn =
                    number.bar.as_ref().map_or_else(|| " ".repeat(bar), |of| spark::interval(of, bar));
                line.push_str(&self.paint(style(number.tone), &self.shown(&drawn)));
                line.push_str(&" ".repeat(GAP));
            }
            if beside {
                line.push_str(&self.paint(style(Tone::Dim), &pad(limits, interval)));
            }
            if in_one_line {
                line.push_str(&self.paint(style(Tone::Dim), made_of));
            }
            self.line(&line);
            for (text, told) in [(limits, beside), (made_of, in_one_line)] {
                if !told && !text.is_empty() {
                    self.item(&" ".repeat(INDENT), text, Tone::Dim);
                }
            }
        }
    }

    /// What the abbreviations in the numbers' names mean.
    fn abbreviations(&mut self, numbers: &[Headline]) {
        let named = numbers.iter().filter(|number| !number.words.is_empty());
        let told: Vec<String> = named
            .map(|number| {
                let short = number.label.split(' ').next().unwrap_or_default();
                format!("{short}: {}", number.words)
            })
            .collect();
        if !told.is_empty() {
            self.item("", &told.join(" \u{b7} "), Tone::Dim);
        }
    }

    /// What is as it should be on one line, and what isn't on one of its own.
    fn validity(&mut self, validity: &[Validity], warnings: usize) {
        self.line("");
        let (amiss, fine): (Vec<_>, Vec<_>) =
            validity.iter().partition(|item| matches!(item.tone, Tone::Warn | Tone::Bad));
        for item in &amiss {
            // The banner says it, above.
            if item.what != "Server" {
                self.item("! ", &format!("{}: {}", item.what, item.text), item.tone);
            }
        }
        let mut fine: Vec<String> = fine.iter().map(|item| format!("{} {}", item.what, item.text)).collect();
        if warnings > 0 {
            fine.push(format!("{} below", counted(warnings as u64, "warning", "warnings")));
        }
        if !fine.is_empty() {
            self.item("", &fine.join(" \u{b7} "), Tone::Dim);
        }
    }
}
