//! Dates of the Gregorian calendar as day numbers.

/// The days of the week; Monday is 0.
pub(super) const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day of the Gregorian calendar, counted from 1 January 1970, which is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) i64);

impl Day {
    /// A date; months and days from 1. After H. Hinnant, "chrono-compatible low-level date algorithms".
    pub(super) fn of(year: i64, month: i64, day: i64) -> Self {
        // Years begin in March, so that a leap day is the last of its year.
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Self(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }

    /// Year, month and day.
    pub(super) fn date(self) -> (i64, i64, i64) {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day = shifted.rem_euclid(146_097);
        let of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * of_era + of_era / 4 - of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let month = (shifted_month + 2) % 12 + 1;
        let year = era * 400 + of_era + i64::from(month <= 2);
        (year, month, of_year - (153 * shifted_month + 2) / 5 + 1)
    }

    /// Its place in the week, 0 for Monday.
    pub(super) fn weekday(self) -> usize {
        // 1 January 1970 was a Thursday.
        super::common::index((self.0 + 3).rem_euclid(7))
    }

    /// `5 March 2024`.
    pub(super) fn written(self) -> String {
        let (year, month, day) = self.date();
        format!("{day} {} {year}", MONTHS[super::common::index(month - 1)])
    }

    /// `2024-03-05`.
    pub(super) fn iso(self) -> String {
        let (year, month, day) = self.date();
        format!("{year}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts day by day by the rule for leap years.
    #[test]
    fn days_follow_each_other_as_in_a_calendar() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for number in 0..60_000 {
            let at = Day(number);
            assert_eq!((at.date(), Day::of(year, month, day)), ((year, month, day), at));
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + i64::from(is_leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    #[test]
    fn known_weekdays() {
        assert_eq!(WEEKDAYS[Day::of(2000, 1, 1).weekday()], "Saturday");
        assert_eq!(WEEKDAYS[Day::of(1969, 7, 20).weekday()], "Sunday");
        assert_eq!(Day::of(2024, 2, 29).written(), "29 February 2024");
        assert_eq!(Day::of(2024, 2, 29).iso(), "2024-02-29");
    }
}
