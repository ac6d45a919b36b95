//! How much of the texts goes into a report, so that its page stays small: under 1.5 MB for 1,000 requests, under 8 MB
//! for 100,000, charts and all. What is said here is all there is to change.

/// Bytes of the page that responses may take, for each request of the run.
const BYTES_A_REQUEST: usize = 600;
/// The least of them, however few requests there are.
const LEAST_BYTES: usize = 400_000;
/// The most of them, however many requests there are.
const MOST_BYTES: usize = 2_500_000;
/// Bytes that a response takes beside its texts: its element, its summary, its headings.
const ENTRY: usize = 1_400;
/// Bytes that a part of a text takes beside itself.
pub(super) const SEGMENT: usize = 48;
/// The most characters of a configuration.
pub(super) const CONFIG: usize = 20_000;
/// What is tried as the most characters of one text.
pub(super) const LIMITS: [usize; 5] = [8_000, 4_000, 2_000, 1_000, 500];

/// Bytes of the page that are left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    left: usize,
}

impl Budget {
    /// That of a run's report.
    pub(crate) fn of(requests: usize) -> Self {
        Self { left: requests.saturating_mul(BYTES_A_REQUEST).clamp(LEAST_BYTES, MOST_BYTES) }
    }

    /// A part of what is left: one kind of responses may not take it all from those that come after.
    pub(crate) const fn half(self) -> Self {
        Self { left: self.left / 2 }
    }

    /// Takes off what a response takes; false where it has no room.
    pub(crate) fn take(&mut self, texts: usize) -> bool {
        match self.left.checked_sub(ENTRY + texts) {
            Some(left) => self.left = left,
            None => return false,
        }
        true
    }

    /// What is left after another budget, which was part of this one, was spent down to `rest`.
    pub(crate) const fn less(self, part: Self, rest: Self) -> Self {
        Self { left: self.left - (part.left - rest.left) }
    }

    /// The longest texts with which all of these responses have room, else the shortest there are. Each response is
    /// the costs of its texts under each of [`LIMITS`].
    pub(crate) fn limit(self, responses: &[[usize; LIMITS.len()]]) -> usize {
        let fits =
            |place: &usize| responses.iter().map(|costs| ENTRY + costs[*place]).sum::<usize>() <= self.left;
        (0..LIMITS.len()).find(fits).map_or(LIMITS[LIMITS.len() - 1], |place| LIMITS[place])
    }
}

/// The bytes of a text in a page, escaped.
pub(crate) fn in_html(text: &str) -> usize {
    text.chars().map(escaped).sum()
}

/// About what a text takes under each of [`LIMITS`], from its beginning.
pub(crate) fn costs(text: &str) -> [usize; LIMITS.len()] {
    let mut costs = [0; LIMITS.len()];
    for (at, c) in text.chars().take(LIMITS[0]).enumerate() {
        for (cost, limit) in costs.iter_mut().zip(LIMITS) {
            *cost += if at < limit { escaped(c) } else { 0 };
        }
    }
    costs
}

const fn escaped(c: char) -> usize {
    match c {
        '<' | '>' => 4,
        '&' => 5,
        '"' | '\'' | '/' => 6,
        c => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_as_long_as_all_of_them_have_room() {
        let budget = Budget::of(1_000);
        assert_eq!(budget.left, 600_000);
        let costs = costs(&"a".repeat(10_000));
        assert_eq!(costs, LIMITS);
        assert_eq!(budget.limit(&[costs; 10]), 8_000);
        assert_eq!(budget.limit(&[costs; 200]), 1_000);
        assert_eq!(budget.limit(&[costs; 9_999]), 500);
    }

    #[test]
    fn what_is_spent_is_gone() {
        let mut budget = Budget::of(1);
        assert!(budget.take(300_000) && !budget.take(100_000) && budget.take(0));
        let (all, part) = (Budget::of(1), Budget::of(1).half());
        let mut rest = part;
        rest.take(600);
        assert_eq!(all.less(part, rest).left, LEAST_BYTES - 2_000);
    }

    #[test]
    fn escaping_is_counted() {
        assert_eq!(in_html("<a href='x/'>\"é&"), "&lt;a href=&#x27;x&#x2f;&#x27;&gt;&quot;é&amp;".len());
    }
}
