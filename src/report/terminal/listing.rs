//! Prompts with their answers in short, as far as the width allows.

use unicode_width::UnicodeWidthStr;

use super::screen::{INDENT, Screen};
use super::table::GAP;
use crate::report::losses::Listing;
use crate::report::table::{Cell, Column, Row, Table};
use crate::report::text::{fit, fit_middle};

/// The losses listed; the rest is in the report.
const LISTED: usize = 10;
/// The most of a prompt's id: it is there to be looked up, so only an absurd one is cut.
const PROMPT_ID: usize = 40;
/// From so many columns on the category stands beside the prompt, whose id mostly holds it.
const WITH_CATEGORY: usize = 100;

impl Screen {
    /// Prompts with their answers in short, as far as the width allows.
    pub(crate) fn listing(&mut self, listing: &Listing) {
        if listing.prompts.is_empty() {
            return;
        }
        let sides = listing.prompts.iter().map(|p| p.answers.len()).max().unwrap_or(0);
        let shown = &listing.prompts[..listing.prompts.len().min(LISTED)];
        let with_category = self.width() >= WITH_CATEGORY;
        let mut columns = vec![Column::words("prompt")];
        columns.extend(with_category.then(|| Column::words("category")));
        let with_times = shown.iter().any(|p| p.times.is_some());
        columns.extend(with_times.then(|| Column::words("times")));
        let with_unstable = shown.iter().any(|p| p.unstable.is_some());
        columns.extend(with_unstable.then(|| Column::words("unstable")));
        columns.push(Column::words("verdict"));
        let names = listing.prompts.iter().find(|p| p.answers.len() == sides);
        columns.extend(names.iter().flat_map(|p| &p.answers).map(|a| Column::words(a.side.as_str())));
        let widest =
            |of: &dyn Fn(&crate::report::losses::Listed) -> usize| shown.iter().map(of).max().unwrap_or(0);
        let taken = [
            widest(&|p| p.prompt_id.width().min(PROMPT_ID)),
            if with_category { widest(&|p| p.category.width()) } else { 0 },
            widest(&|p| p.times.as_deref().map_or(0, UnicodeWidthStr::width)),
            widest(&|p| p.unstable.as_deref().map_or(0, UnicodeWidthStr::width)),
            widest(&|p| p.answers.last().map_or(0, |answer| answer.verdict.width())).max("verdict".len()),
            INDENT + columns.len() * usize::from(GAP),
        ];
        let room = self.width().saturating_sub(taken.iter().sum()) / sides.max(1);
        let rows = shown
            .iter()
            .map(|prompt| {
                let mut cells = vec![Cell::from(fit_middle(&prompt.prompt_id, PROMPT_ID))];
                cells.extend(with_category.then(|| Cell::from(prompt.category.as_str())));
                cells.extend(with_times.then(|| Cell::from(prompt.times.as_deref().unwrap_or(""))));
                cells.extend(with_unstable.then(|| Cell::from(prompt.unstable.as_deref().unwrap_or(""))));
                cells.push(
                    prompt.answers.last().map_or_else(|| "".into(), |a| Cell::toned(a.verdict, a.tone)),
                );
                cells.extend(prompt.answers.iter().map(|a| Cell::from(fit(&a.short, room.max(8)))));
                cells.resize(columns.len(), Cell::from(""));
                Row::new(cells)
            })
            .collect();
        let more = listing.more + listing.prompts.len() - shown.len();
        let mut notes: Vec<String> = listing.note.iter().map(|note| (*note).to_owned()).collect();
        notes.extend((more > 0).then(|| format!("{more} more in the result's JSON")));
        self.table(&listing.title, &Table { columns, rows, bar_scale: None, notes });
    }
}
