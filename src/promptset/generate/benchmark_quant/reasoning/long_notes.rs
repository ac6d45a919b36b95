//! Long material in words and records: minutes, a register of keys, a directory, house rules with amendments.

use std::collections::BTreeSet;

use super::super::super::draft::Draft;
use super::super::super::random::Random;
use super::super::common::{draw, index, pick};
use super::super::dates::Day;
use super::{ask, number};
use crate::model::prompt::Difficulty::{Easy, Medium};

pub(super) fn rows() -> Vec<Draft> {
    let rows = vec![minutes(), register(), directory(), amendments()];
    rows.into_iter().map(|draft| draft.tagged(&["long_context"])).collect()
}

/// What a committee says of a project without changing its budget.
fn remark(random: &mut Random, project: &str, speakers: &[&str]) -> String {
    let (speaker, amount) = (*pick(random, speakers), 500 * random.between(31, 188));
    match random.between(0, 7) {
        0 => format!(
            "{speaker} reported that work on {project} is on time and that two tenders are still open."
        ),
        1 => format!(
            "On {project}, {speaker} proposed a budget of {amount} euros; the proposal was not put to the vote."
        ),
        2 => {
            format!("{speaker} asked for an estimate of the running costs of {project} by the next meeting.")
        }
        3 => {
            format!("The motion of {speaker} to set the budget of {project} to {amount} euros was rejected.")
        }
        4 => format!(
            "{speaker} explained that {} euros of the money for {project} have been spent so far.",
            amount / 20
        ),
        5 => format!("Neighbours had complained about noise from {project}; {speaker} will write to them."),
        6 => format!(
            "A supplier offered to deliver to {project} for {amount} euros; {speaker} will compare prices."
        ),
        _ => format!("{speaker} thanked the volunteers of {project}, who worked on three weekends."),
    }
}

fn minutes() -> Draft {
    draw("minutes", |random| {
        let projects =
            ["the boat house", "the north pier", "the north park", "the library roof", "the youth hall"];
        let speakers = ["Ms Adeyemi", "Mr Blom", "Ms Castellan", "Mr Drury", "Ms Eriksen"];
        let asked = 1;
        let mut budgets: Vec<i64> = projects.iter().map(|_| 500 * random.between(40, 180)).collect();
        let mut history = vec![budgets[asked]];
        let mut text = Vec::new();
        let mut day = Day::of(2024, 9, 3);
        for meeting in 0..7 {
            let mut notes = vec![format!("Minutes of the meeting on {}", day.written())];
            for (at, project) in projects.iter().enumerate() {
                for _ in 0..random.between(1, 3) {
                    notes.push(remark(random, project, &speakers));
                }
                if meeting == 0 {
                    notes
                        .push(format!("The committee set the budget of {project} to {} euros.", budgets[at]));
                } else if random.between(0, 2) == 0 {
                    let change = 500 * random.between(3, 19);
                    let is_more = random.between(0, 1) == 0;
                    budgets[at] += if is_more { change } else { -change };
                    let verb = if is_more { "raise" } else { "cut" };
                    notes.push(format!(
                        "The committee decided to {verb} the budget of {project} by {change} euros."
                    ));
                    if at == asked {
                        history.push(budgets[at]);
                    }
                }
                if random.between(0, 1) == 0 {
                    notes.push(remark(random, project, &speakers));
                }
            }
            let mut seen = BTreeSet::new();
            notes.retain(|note| seen.insert(note.clone()));
            text.push(notes.join("\n"));
            day = Day(day.0 + 28);
        }
        if !(4..=5).contains(&history.len()) {
            return None;
        }
        let right = history[history.len() - 1];
        let question = format!(
            "{}\n\nWhat is the budget of {} in euros after the last of these meetings? Only what the committee itself set or decided counts.",
            text.join("\n\n"),
            projects[asked]
        );
        let steps: Vec<String> = history.iter().map(ToString::to_string).collect();
        Some(
            number(Medium, question)
                .working(format!("The budget was, one after the other: {} euros.", steps.join(", ")))
                .number(right, [history[history.len() - 2], budgets[2], history[0]]),
        )
    })
}

fn register() -> Draft {
    draw("register", |random| {
        let rooms = ["cellar", "lobby", "attic", "studio", "office", "garage", "kitchen", "workshop"];
        let devices = ["door lock", "thermostat", "smoke sensor", "camera", "light panel", "water meter"];
        let mut names: Vec<String> = Vec::new();
        for house in ["east house", "west house", "old house"] {
            for room in rooms {
                for device in devices {
                    names.push(format!("{house}, {room}, {device}"));
                }
            }
        }
        let names = &random.shuffled(&names)[..110];
        let key = |random: &mut Random| -> String {
            let group = |random: &mut Random| {
                (0..5)
                    .map(|_| char::from(*pick(random, b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ")))
                    .collect::<String>()
            };
            (0..4).map(|_| group(random)).collect::<Vec<_>>().join("-")
        };
        let keys: Vec<String> = names.iter().map(|_| key(random)).collect();
        let asked = index(random.between(38, 72));
        let other_house = names[asked].split_once(", ").and_then(|(house, rest)| {
            names.iter().position(|name| name.ends_with(&format!(", {rest}")) && !name.starts_with(house))
        })?;
        let lines: Vec<String> =
            names.iter().zip(&keys).map(|(name, key)| format!("{name}: {key}")).collect();
        let mut slip: Vec<char> = keys[asked].chars().collect();
        let at =
            (12..16).find(|at| slip[*at] != slip[*at + 1] && slip[*at] != '-' && slip[*at + 1] != '-')?;
        slip.swap(at, at + 1);
        let question = format!(
            "This is a register of devices and their pairing keys.\n\n{}\n\nWhat is the pairing key of this device: {}?",
            lines.join("\n"),
            names[asked]
        );
        Some(
            ask(Easy, question, "pairing key").copied().tagged(&["copying"]).exact(
                &keys[asked],
                [keys[other_house].clone(), slip.iter().collect(), keys[asked + 1].clone()],
            ),
        )
    })
}

fn directory() -> Draft {
    draw("directory", |random| {
        let first = ["Ada", "Bo", "Cleo", "Dag", "Eva", "Fay", "Gus", "Ida", "Jan", "Kim"];
        let last = ["Abel", "Borg", "Crane", "Dahl", "Ender", "Frost", "Gray"];
        let all: Vec<String> =
            first.iter().flat_map(|first| last.iter().map(move |last| format!("{first} {last}"))).collect();
        let names = random.shuffled(&all);
        // The first three lead, the next twelve report to them, all others to those twelve.
        let manager = |random: &mut Random, at: usize| -> Option<usize> {
            match at {
                0..=2 => None,
                3..=14 => Some(index(random.between(0, 2))),
                _ => Some(index(random.between(3, 14))),
            }
        };
        let managers: Vec<Option<usize>> = (0..70).map(|at| manager(random, at)).collect();
        let mut rooms: Vec<i64> = (0..70).map(|_| random.between(101, 689)).collect();
        rooms.sort_unstable();
        rooms.dedup();
        let rooms = random.shuffled(&rooms);
        let asked = index(random.between(15, 69));
        let direct = managers[asked]?;
        let top = managers[direct]?;
        if rooms.len() < 70 - 8 || asked >= rooms.len() {
            return None;
        }
        let order = random.shuffled(&(0..rooms.len()).collect::<Vec<_>>());
        let lines: Vec<String> = order
            .iter()
            .map(|at| {
                let to =
                    managers[*at].map_or_else(|| "the board".to_owned(), |manager| names[manager].clone());
                let team = *pick(random, &["planning", "design", "support", "purchasing", "training"]);
                format!(
                    "{}, {team}, room {}, badge {}, extension {}, here since {}, reports to {to}",
                    names[*at],
                    rooms[*at],
                    random.between(10_000, 99_999),
                    random.between(2000, 8999),
                    random.between(1998, 2024)
                )
            })
            .collect();
        let question = format!(
            "This is a firm's directory.\n\n{}\n\nTake the person to whom {} reports. What is the room number of the person to whom that person reports?",
            lines.join("\n"),
            names[asked]
        );
        Some(
            number(Medium, question)
                .copied()
                .tagged(&["multi_hop"])
                .working(format!(
                    "{} reports to {}, who reports to {}.\nThat is room {{answer}}.",
                    names[asked], names[direct], names[top]
                ))
                .number(rooms[top], [rooms[direct], rooms[asked], rooms[(top + 1) % 3]]),
        )
    })
}

const GOODS: [&str; 15] = [
    "laptops",
    "tablets",
    "cameras",
    "tripods",
    "projectors",
    "microphones",
    "headsets",
    "printers",
    "scanners",
    "lamps",
    "ladders",
    "tents",
    "bicycles",
    "drones",
    "chargers",
];

fn amendments() -> Draft {
    draw("amendments", |random| {
        let groups = ["students", "staff", "guests"];
        let mut limits: Vec<Vec<i64>> =
            GOODS.iter().map(|_| groups.iter().map(|_| random.between(2, 60)).collect()).collect();
        let original = limits.clone();
        let mut clauses = Vec::new();
        for (good, days) in GOODS.iter().zip(&limits) {
            clauses.push(format!("Students may borrow {good} for at most {} days, staff for at most {} days and guests for at most {} days. Whoever returns them late pays {} cents for each day.", days[0], days[1], days[2], 10 * random.between(3, 60)));
        }
        let asked = (index(random.between(3, 12)), index(random.between(0, 2)));
        let (mut hits, mut trace) = (0, vec![original[asked.0][asked.1]]);
        let rules = clauses.len();
        let mut not_in_force = None;
        for number in 0..48 {
            let target = if random.between(0, 7) == 0 {
                asked
            } else {
                (index(random.between(0, 14)), index(random.between(0, 2)))
            };
            let (good, group) = target;
            let days = random.between(2, 60);
            let (clause, year) = (good + 1, 2010 + number / 4);
            let text = match random.between(0, 4) {
                0 => {
                    if target == asked {
                        not_in_force = Some(days);
                    }
                    format!(
                        "A proposal of {year} to change the limit in rule {clause} for {} to {days} days was withdrawn and is not in force.",
                        groups[group]
                    )
                }
                1 => {
                    let more = random.between(2, 9);
                    limits[good][group] += more;
                    hits += i64::from(target == asked);
                    format!(
                        "Since {year} the limit in rule {clause} for {} is longer by {more} days than it was before.",
                        groups[group]
                    )
                }
                2 => format!(
                    "Since {year} {} need a written permit to borrow {}; the limit remains as it was.",
                    groups[group], GOODS[good]
                ),
                _ => {
                    limits[good][group] = days;
                    hits += i64::from(target == asked);
                    format!("Since {year} the limit in rule {clause} for {} is {days} days.", groups[group])
                }
            };
            if trace[trace.len() - 1] != limits[asked.0][asked.1] {
                trace.push(limits[asked.0][asked.1]);
            }
            clauses.push(text);
        }
        let right = limits[asked.0][asked.1];
        let before = trace[trace.len().checked_sub(2)?];
        let idle = not_in_force?;
        let is_sum = clauses.iter().any(|clause| {
            clause.contains(&format!("rule {} for {} is longer", asked.0 + 1, groups[asked.1]))
        });
        if !(3..=4).contains(&hits)
            || !is_sum
            || right == original[asked.0][asked.1]
            || idle == right
            || idle == before
        {
            return None;
        }
        let lines = headed(&clauses, rules);
        let question = format!(
            "These are the rules of a lending desk and, in the order in which they were made, all amendments to them. An amendment that is in force replaces what was said before it.\n\n{}\n\nFor at most how many days may {} borrow {} now?",
            lines.join("\n"),
            groups[asked.1],
            GOODS[asked.0]
        );
        let steps: Vec<String> = trace.iter().map(ToString::to_string).collect();
        Some(
            number(Medium, question)
                .tagged(&["rules"])
                .working(format!("The limit was, one after the other: {} days.", steps.join(", ")))
                .number(right, [before, original[asked.0][asked.1], idle]),
        )
    })
}

/// Rules and amendments with their numbers.
fn headed(clauses: &[String], rules: usize) -> Vec<String> {
    let heading = |at: usize| {
        if at < rules { format!("Rule {}.", at + 1) } else { format!("Amendment {}.", at + 1 - rules) }
    };
    clauses.iter().enumerate().map(|(at, clause)| format!("{} {clause}", heading(at))).collect()
}
