//! Puzzles with one solution: liars, codes, inscriptions, seats, appointments.

use super::super::super::draft::Draft;
use super::super::super::random::Random;
use super::super::common::{count, draw, index, listed, numbered, orders, pick};
use super::{ask, number, plain};
use crate::model::prompt::Difficulty::{self, Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![
        knights(Medium, "three knights", 3),
        knights(Hard, "four knights", 4),
        lock(),
        inscriptions(),
        bench(),
        appointment(),
    ]
}

/// What somebody says, and whether it is so when bit `n` of a world says whether person `n` is a knight.
type Statement = (String, Box<dyn Fn(usize) -> bool>);

fn statement(random: &mut Random, names: &[&str], speaker: usize) -> Statement {
    let others: Vec<usize> = (0..names.len()).filter(|other| *other != speaker).collect();
    let drawn = random.shuffled(&others);
    let (one, two) = (drawn[0], drawn[1]);
    let is = |person: usize| move |world: usize| world >> person & 1 == 1;
    let (first, second) = (is(one), is(two));
    match random.between(0, 4) {
        0 => (format!("{} is a knave.", names[one]), Box::new(move |world| !first(world))),
        1 => (
            format!("{} and {} are of the same kind.", names[one], names[two]),
            Box::new(move |world| first(world) == second(world)),
        ),
        2 => {
            let knights = random.between(1, count(names) - 1);
            (
                if knights == 1 {
                    format!("Exactly one of the {} of us is a knight.", names.len())
                } else {
                    format!("Exactly {knights} of the {} of us are knights.", names.len())
                },
                Box::new(move |world| i64::from(world.count_ones()) == knights),
            )
        }
        3 => (
            format!("{} is a knight or {} is a knave, or both.", names[one], names[two]),
            Box::new(move |world| first(world) || !second(world)),
        ),
        _ => (
            format!("{} is a knight, but {} is a knave.", names[one], names[two]),
            Box::new(move |world| first(world) && !second(world)),
        ),
    }
}

fn knights(difficulty: Difficulty, label: &str, people: usize) -> Draft {
    draw(label, |random| {
        let names = &random.shuffled(&["Agnes", "Bert", "Cora", "Dirk", "Elsa", "Fritz"])[..people];
        let said: Vec<Statement> = (0..people).map(|speaker| statement(random, names, speaker)).collect();
        let fits = |world: &usize| {
            said.iter().enumerate().all(|(speaker, (_, holds))| holds(*world) == (world >> speaker & 1 == 1))
        };
        let found: Vec<usize> = (0..1 << people).filter(fits).collect();
        let &[right] = found.as_slice() else { return None };
        let knights = right.count_ones();
        let openings: Vec<&str> =
            said.iter().map(|(text, _)| text.split(' ').next_back().unwrap_or_default()).collect();
        if knights == 0 || knights as usize == people || openings.iter().all(|last| *last == openings[0]) {
            return None;
        }
        let described = |world: usize| -> String {
            let members: Vec<&str> =
                (0..people).filter(|person| world >> person & 1 == 1).map(|person| names[person]).collect();
            if members.len() == 1 { format!("only {}", members[0]) } else { listed(&members) }
        };
        let mut worlds: Vec<usize> = random
            .shuffled(&(1..(1 << people) - 1).filter(|world| *world != right).collect::<Vec<_>>())[..4]
            .to_vec();
        worlds.push(right);
        worlds.sort_unstable();
        let place = worlds.iter().position(|world| *world == right)?;
        let texts: Vec<String> = worlds.iter().map(|world| described(*world)).collect();
        // An option must not be a part of another, or naming one would name both.
        if texts.iter().enumerate().any(|(at, text)| {
            texts.iter().enumerate().any(|(other, longer)| at != other && longer.contains(text.as_str()))
        }) {
            return None;
        }
        let lines: Vec<String> =
            said.iter().zip(names).map(|((text, _), name)| format!("{name} says: \"{text}\"")).collect();
        let question = format!(
            "On an island everybody is either a knight, who always tells the truth, or a knave, who always lies. You meet {}.\n{}\nWho of them are knights?",
            listed(names),
            lines.join("\n")
        );
        Some(
            plain(difficulty, question)
                .tagged(&["puzzle"])
                .family("knights_and_knaves")
                .working("Trying each possibility, only one agrees with everything that is said.")
                .choice(&texts, place, &[(place + 1) % 5, (place + 2) % 5]),
        )
    })
}

/// Digits of a guess that are right and in place, and right but elsewhere.
fn compare(code: &[i64], guess: &[i64]) -> (usize, usize) {
    let placed = code.iter().zip(guess).filter(|(one, two)| one == two).count();
    let shared = guess.iter().filter(|digit| code.contains(digit)).count();
    (placed, shared - placed)
}

fn lock() -> Draft {
    draw("lock", |random| {
        let codes: Vec<Vec<i64>> = (100..1000)
            .map(|code: i64| vec![code / 100, code / 10 % 10, code % 10])
            .filter(|code| {
                code[0] != code[1] && code[1] != code[2] && code[0] != code[2] && !code.contains(&0)
            })
            .collect();
        let right = pick(random, &codes).clone();
        let guesses: Vec<Vec<i64>> = (0..4).map(|_| pick(random, &codes).clone()).collect();
        let fits = |some: &[Vec<i64>]| -> Vec<Vec<i64>> {
            codes
                .iter()
                .filter(|code| some.iter().all(|guess| compare(code, guess) == compare(&right, guess)))
                .cloned()
                .collect()
        };
        let is_needed = (0..4).all(|leave| {
            let others: Vec<Vec<i64>> =
                (0..4).filter(|at| *at != leave).map(|at| guesses[at].clone()).collect();
            fits(&others).len() > 1
        });
        if fits(&guesses).len() != 1 || !is_needed || guesses.iter().any(|guess| compare(&right, guess).0 > 1)
        {
            return None;
        }
        let shown = |code: &[i64]| code.iter().map(ToString::to_string).collect::<String>();
        let lines: Vec<String> = guesses
            .iter()
            .map(|guess| {
                let (placed, elsewhere) = compare(&right, guess);
                format!("{}: {placed} in the right place, {elsewhere} in a wrong place", shown(guess))
            })
            .collect();
        let question = format!(
            "The code of a lock has three different digits from 1 to 9. Guesses were answered with how many of their digits occur in the code in the same place, and how many occur in it, but in another place:\n{}\nWhat is the code?",
            lines.join("\n")
        );
        let near = fits(&guesses[..3]).into_iter().find(|code| *code != right)?;
        let turned: Vec<i64> = vec![right[1], right[0], right[2]];
        Some(
            ask(Hard, question, "code")
                .tagged(&["puzzle"])
                .working("Going through the guesses one after the other leaves only one code.")
                .exact(&shown(&right), [shown(&near), shown(&turned)]),
        )
    })
}

fn inscriptions() -> Draft {
    draw("inscriptions", |random| {
        let colours = ["red", "green", "blue", "white"];
        let mut said: Vec<Statement> = Vec::new();
        for at in 0..4 {
            let drawn = random.shuffled(&[0_usize, 1, 2, 3]);
            let (one, two) = (drawn[0], drawn[1]);
            said.push(match random.between(0, 3) {
                0 => {
                    (format!("The medal is in the {} box.", colours[one]), Box::new(move |gold| gold == one))
                }
                1 => (
                    format!("The medal is not in the {} box.", colours[one]),
                    Box::new(move |gold| gold != one),
                ),
                2 => (
                    format!("The medal is in the {} or in the {} box.", colours[one], colours[two]),
                    Box::new(move |gold| gold == one || gold == two),
                ),
                _ => ("The medal is not in this box.".to_owned(), Box::new(move |gold| gold != at)),
            });
        }
        let found: Vec<usize> =
            (0..4).filter(|gold| said.iter().filter(|(_, holds)| holds(*gold)).count() == 1).collect();
        let &[right] = found.as_slice() else { return None };
        let texts: Vec<&String> = said.iter().map(|(text, _)| text).collect();
        let differ = (0..4).all(|one| (0..one).all(|two| texts[one] != texts[two]));
        let claimed = said.iter().filter(|(text, _)| text.contains(" not ")).count();
        if !differ || claimed != 2 {
            return None;
        }
        let lines: Vec<String> =
            said.iter().zip(colours).map(|((text, _), colour)| format!("{colour} box: \"{text}\"")).collect();
        let question = format!(
            "One of four boxes holds a medal. Each box has an inscription, and exactly one of the four inscriptions is true.\n{}\nIn which box is the medal?",
            lines.join("\n")
        );
        let truths: Vec<String> = (0..4)
            .map(|gold| {
                format!(
                    "{} box: {} true",
                    colours[gold],
                    said.iter().filter(|(_, holds)| holds(gold)).count()
                )
            })
            .collect();
        Some(
            plain(Medium, question)
                .copied()
                .tagged(&["puzzle"])
                .working(format!("True inscriptions, if the medal were in the {}.", truths.join("; ")))
                .choice(
                    &colours.map(|colour| format!("the {colour} box")),
                    right,
                    &[(right + 1) % 4, (right + 3) % 4],
                ),
        )
    })
}

fn bench() -> Draft {
    draw("bench", |random| {
        let names = random.shuffled(&["Lea", "Max", "Nia", "Otto", "Pia"]);
        let end = index(random.between(0, 1)) * 4;
        let fits = |seats: &Vec<usize>, is_barred: bool| {
            seats[0].abs_diff(seats[1]) == 1
                && (!is_barred || seats[2].abs_diff(seats[3]) != 1)
                && seats[4] != end
        };
        let all = orders(5);
        let right = all.iter().filter(|seats| fits(seats, true)).count();
        let (loose, side) = (
            all.iter().filter(|seats| fits(seats, false)).count(),
            all.iter().filter(|seats| fits(seats, true) && seats[0] < seats[1]).count(),
        );
        let question = format!(
            "{} sit in a row of five seats. {} and {} sit next to each other, {} and {} do not sit next to each other, and {} does not sit in the {} seat. In how many different orders can they sit?",
            listed(&names),
            names[0],
            names[1],
            names[2],
            names[3],
            names[4],
            if end == 0 { "leftmost" } else { "rightmost" }
        );
        Some(
            number(Medium, question)
                .tagged(&["counting"])
                .working(format!("Without the second condition there are {loose} orders.\nIn {} of them {} and {} are neighbours, so {{answer}} are left.", loose - right, names[2], names[3]))
                .number(right, [loose, side, right + 4]),
        )
    })
}

fn appointment() -> Draft {
    draw("appointment", |random| {
        let names = random.shuffled(&["Amir", "Bella", "Carlo", "Doris"]);
        // Quarters of an hour from 9:00 to 17:00.
        let mut busy: Vec<Vec<(i64, i64)>> = Vec::new();
        for _ in 0..4 {
            let first = random.between(0, 7);
            let second = random.between(10, 17);
            let third = random.between(20, 26);
            busy.push(vec![
                (first, first + random.between(2, 3)),
                (second, second + random.between(2, 3)),
                (third, third + random.between(2, 4)),
            ]);
        }
        let first_free = |people: &[Vec<(i64, i64)>], length: i64| {
            (0..=32 - length).find(|start| {
                people.iter().flatten().all(|(from, to)| start + length <= *from || *to <= *start)
            })
        };
        let right = first_free(&busy, 4)?;
        let (too_short, without) = (first_free(&busy, 2)?, first_free(&busy[..3], 4)?);
        let time = |quarters: i64| format!("{:02}:{:02}", 9 + quarters / 4, quarters % 4 * 15);
        if right == too_short || right == without || too_short == without || right < 8 {
            return None;
        }
        let lines: Vec<String> = names
            .iter()
            .zip(&busy)
            .map(|(name, spans)| {
                format!(
                    "{name} is busy {}.",
                    listed(
                        &spans
                            .iter()
                            .map(|(from, to)| format!("{}-{}", time(*from), time(*to)))
                            .collect::<Vec<_>>()
                    )
                )
            })
            .collect();
        let question = format!(
            "Four colleagues work from 09:00 to 17:00. They want to meet, all four, for one hour without a break.\n{}\nA meeting may begin at the very moment when another appointment ends, and end when another begins. What is the earliest time at which the meeting can begin? Write it as HH:MM on the 24-hour clock.",
            numbered(&lines)
        );
        Some(
            ask(Easy, question, "HH:MM")
                .copied()
                .working("Going through the gaps that all four share, the first one of an hour begins here.")
                .exact(&time(right), [time(too_short), time(without)]),
        )
    })
}
