//! What follows and what doesn't, odd calendars, relatives.

use super::super::super::draft::Draft;
use super::super::common::{draw, index};
use super::super::dates::{Day, WEEKDAYS};
use super::{ask, plain};
use crate::model::prompt::Difficulty::{Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![syllogism(), short_week(), third_tuesday(), kinship()]
}

/// A sentence about two of three kinds. The eight parts of a Venn diagram are bits; a world says which parts have
/// members.
#[derive(Clone, Copy)]
struct Sentence {
    form: usize,
    subject: usize,
    predicate: usize,
}

impl Sentence {
    fn holds(self, world: u32) -> bool {
        let some = |is_in: bool| {
            (0..8_u32).any(|part| {
                world >> part & 1 == 1
                    && part >> self.subject & 1 == 1
                    && (part >> self.predicate & 1 == 1) == is_in
            })
        };
        match self.form {
            0 => !some(false),
            1 => !some(true),
            2 => some(true),
            _ => some(false),
        }
    }

    fn text(self, kinds: &[&str]) -> String {
        let (subject, predicate) = (kinds[self.subject], kinds[self.predicate]);
        match self.form {
            0 => format!("All {subject} are {predicate}."),
            1 => format!("No {subject} are {predicate}."),
            2 => format!("Some {subject} are {predicate}."),
            _ => format!("Some {subject} are not {predicate}."),
        }
    }
}

fn syllogism() -> Draft {
    draw("syllogism", |random| {
        let kinds = random.shuffled(&["brindles", "quolls", "tamarisks"]);
        let one = Sentence { form: index(random.between(2, 3)), subject: 0, predicate: 1 };
        let two = Sentence { form: index(random.between(0, 1)), subject: 2, predicate: 1 };
        // Every kind has members, so that it doesn't matter whether `all` claims that there are some.
        let is_inhabited = |world: u32| {
            (0..3).all(|kind| (0..8_u32).any(|part| world >> part & 1 == 1 && part >> kind & 1 == 1))
        };
        let worlds: Vec<u32> =
            (1..256).filter(|world| is_inhabited(*world) && one.holds(*world) && two.holds(*world)).collect();
        let candidates: Vec<Sentence> = (0..4)
            .flat_map(|form| {
                [(0, 2), (2, 0)].map(|(subject, predicate)| Sentence { form, subject, predicate })
            })
            .collect();
        let follows: Vec<Sentence> = candidates
            .iter()
            .copied()
            .filter(|sentence| worlds.iter().all(|world| sentence.holds(*world)))
            .collect();
        let &[right] = follows.as_slice() else { return None };
        let wrong: Vec<Sentence> = candidates
            .into_iter()
            .filter(|sentence| (sentence.form, sentence.subject) != (right.form, right.subject))
            .collect();
        let wrong = random.shuffled(&wrong);
        let mut options: Vec<String> = wrong[..4].iter().map(|sentence| sentence.text(&kinds)).collect();
        let place = index(random.between(0, 4));
        options.insert(place, right.text(&kinds));
        let question = format!(
            "There are {}, {} and {}, at least one of each. {} {} Which of these follows necessarily?",
            kinds[0],
            kinds[1],
            kinds[2],
            one.text(&kinds),
            two.text(&kinds)
        );
        Some(
            plain(Medium, question)
                .tagged(&["syllogism"])
                .working("For every other sentence one can think of a case in which both premises hold and it does not.")
                .choice(&options, place, &[(place + 1) % 5, (place + 3) % 5]),
        )
    })
}

fn short_week() -> Draft {
    draw("short week", |random| {
        let week: Vec<&str> = WEEKDAYS.iter().copied().filter(|day| *day != "Wednesday").collect();
        let (start, ahead) = (index(random.between(0, 5)), random.between(64, 140));
        let right = week[(start + index(ahead)) % 6];
        let usual = WEEKDAYS[(WEEKDAYS.iter().position(|day| *day == week[start])? + index(ahead)) % 7];
        let next = week[(start + index(ahead) + 1) % 6];
        if right == usual || usual == "Wednesday" || right == week[start] || usual == next {
            return None;
        }
        let question = format!(
            "On an island the week has only six days: there is no Wednesday, and Tuesday is followed by Thursday; otherwise the days follow each other as usual. Today is {} there. Which day of the week is it there in exactly {ahead} days?",
            week[start]
        );
        let draft =
            ask(Easy, question, "day of the week").tagged(&["counterfactual", "dates"]).working(format!(
                "A week has six days, and {ahead} = 6 x {} + {}.\nCounting {} days on gives {{answer}}.",
                ahead / 6,
                ahead % 6,
                ahead % 6
            ));
        Some(draft.word(right, &[usual, next]))
    })
}

fn third_tuesday() -> Draft {
    draw("third tuesday", |random| {
        let (year, month) = (random.between(2027, 2029), random.between(3, 11));
        let first = Day::of(year, month, 1);
        let day = index(random.between(1, 4));
        let nth = |weekday: usize, times: i64| {
            let ahead = i64::try_from((weekday + 7 - first.weekday()) % 7).unwrap();
            Day(first.0 + ahead + 7 * (times - 1))
        };
        let meeting = nth(day, 3);
        let workdays = random.between(6, 9);
        let mut due = meeting;
        let mut left = workdays;
        while left > 0 {
            due = Day(due.0 - 1);
            left -= i64::from(due.weekday() < 5);
        }
        let question = format!(
            "A council meets on the third {} of every month. Papers are due {workdays} working days before the meeting: counting backwards, the last working day before the meeting is the first. Working days are Monday to Friday, and there are no holidays. {} is a {}. On which date are the papers for the meeting in that month due? Write it as YYYY-MM-DD.",
            WEEKDAYS[day],
            first.written(),
            WEEKDAYS[first.weekday()]
        );
        if due < first {
            return None;
        }
        let (late, plain) = (Day(due.0 + 1), Day(meeting.0 - workdays));
        Some(
            ask(Hard, question, "YYYY-MM-DD")
                .tagged(&["dates"])
                .working(format!(
                    "The meeting is on {}.\nCounting {workdays} working days back leads to {}.",
                    meeting.written(),
                    due.written()
                ))
                .exact(&due.iso(), [late.iso(), plain.iso(), Day(due.0 - 7).iso()]),
        )
    })
}

fn kinship() -> Draft {
    draw("kinship", |random| {
        let men = random.shuffled(&["Anton", "Bela", "Cyril", "Denis", "Egon"]);
        let women = random.shuffled(&["Frida", "Gerda", "Hilde", "Ilona", "Judit"]);
        // Frida and Anton have two children; each of these has a child, and one of those a daughter.
        let (grandfather, grandmother) = (men[0], women[0]);
        let (son, daughter) = (men[1], women[1]);
        let (nephew, cousin) = (men[2], women[2]);
        let child = women[3];
        let facts = [
            format!("{grandfather} is the father of {son}."),
            format!("{grandmother} is the mother of {daughter} and is married to {grandfather}."),
            format!(
                "{grandmother} and {grandfather} have exactly two children, and both only with each other."
            ),
            format!("{nephew} is the son of {son}."),
            format!("{cousin} has only one daughter, {child}, and her own mother is {daughter}."),
        ];
        let mut facts = random.shuffled(&facts);
        facts.push(format!("{} is the husband of {cousin}.", men[3]));
        // Such a child is a first cousin once removed; second cousins have great-grandparents in common.
        let right = "a child of one of his first cousins";
        let options = random.shuffled(&[right, "his first cousin", "his second cousin", "his aunt"]);
        let place = options.iter().position(|option| *option == right)?;
        let near = (place + index(random.between(1, 3))) % 4;
        Some(
            plain(Easy, format!("{}\nAll names belong to different people. What is {child} to {nephew}?", facts.join(" ")))
                .working(format!("{son} and {daughter} are brother and sister, so their children {nephew} and {cousin} are first cousins.\n{child} is a child of one of them."))
                .choice(&options, place, &[near]),
        )
    })
}
