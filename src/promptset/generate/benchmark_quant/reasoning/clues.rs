//! Orders and neighbours that follow from clues: true clues are added until one arrangement is left, and those that
//! aren't needed are taken out.

use super::super::super::draft::Draft;
use super::super::super::random::Random;
use super::super::common::{draw, index, listed, numbered, orders};
use super::{ask, plain};
use crate::model::prompt::Difficulty::{self, Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![order(Easy, "order of five", 5, "race"), order(Medium, "order of six", 6, "shelf"), houses()]
}

/// Whether an arrangement agrees with something.
type Holds<W> = Box<dyn Fn(&W) -> bool>;

/// A clue and whether an arrangement agrees with it.
struct Clue<W> {
    text: String,
    holds: Holds<W>,
}

/// Clues of `true_clues`, in their order, that together leave only one of `worlds`, each of which is needed.
fn needed<W>(worlds: &[W], true_clues: Vec<Clue<W>>) -> Option<Vec<Clue<W>>> {
    let left = |clues: &[&Clue<W>]| {
        worlds.iter().filter(|world| clues.iter().all(|clue| (clue.holds)(world))).count()
    };
    let mut chosen: Vec<&Clue<W>> = Vec::new();
    let mut open = worlds.len();
    for clue in &true_clues {
        chosen.push(clue);
        let now = left(&chosen);
        if now == open {
            chosen.pop();
        }
        open = now;
    }
    if open != 1 {
        return None;
    }
    let mut at = 0;
    while at < chosen.len() {
        let clue = chosen.remove(at);
        if left(&chosen) > 1 {
            chosen.insert(at, clue);
            at += 1;
        }
    }
    let kept: Vec<String> = chosen.iter().map(|clue| clue.text.clone()).collect();
    Some(true_clues.into_iter().filter(|clue| kept.contains(&clue.text)).collect())
}

/// Words for an order, with `{a}`, `{b}` and `{c}` for its members.
struct Words {
    before: &'static str,
    directly: &'static str,
    between: &'static str,
    apart: &'static str,
    not_end: &'static str,
}

fn order_clues(
    random: &mut Random,
    names: &[String],
    truth: &[usize],
    words: &Words,
) -> Vec<Clue<Vec<usize>>> {
    let filled = |text: &str, members: &[usize]| {
        ["{a}", "{b}", "{c}"]
            .iter()
            .zip(members)
            .fold(text.to_owned(), |text, (hole, member)| text.replace(hole, &names[*member]))
    };
    let length = truth.len();
    let mut clues: Vec<Clue<Vec<usize>>> = Vec::new();
    let mut add = |text: String, holds: Holds<Vec<usize>>| clues.push(Clue { text, holds });
    for a in 0..length {
        add(filled(words.not_end, &[a]), Box::new(move |place| place[a] > 0 && place[a] + 1 < place.len()));
        for b in 0..length {
            if a == b {
                continue;
            }
            add(filled(words.before, &[a, b]), Box::new(move |place| place[a] < place[b]));
            add(filled(words.directly, &[a, b]), Box::new(move |place| place[a] + 1 == place[b]));
            if a < b {
                add(filled(words.apart, &[a, b]), Box::new(move |place| place[a].abs_diff(place[b]) == 3));
            }
            for c in 0..length {
                if c != a && c != b && a < c {
                    add(
                        filled(words.between, &[b, a, c]),
                        Box::new(move |place| (place[a] < place[b]) == (place[b] < place[c])),
                    );
                }
            }
        }
    }
    clues.retain(|clue| (clue.holds)(&truth.to_vec()));
    let drawn = random.shuffled(&(0..clues.len()).collect::<Vec<_>>());
    let mut places: Vec<usize> = vec![0; clues.len()];
    for (place, clue) in drawn.iter().enumerate() {
        places[*clue] = place;
    }
    let mut keyed: Vec<(usize, Clue<Vec<usize>>)> = places.into_iter().zip(clues).collect();
    keyed.sort_by_key(|(place, _)| *place);
    keyed.into_iter().map(|(_, clue)| clue).collect()
}

fn order(difficulty: Difficulty, label: &str, length: usize, setting: &str) -> Draft {
    let race = Words {
        before: "{a} finishes before {b}.",
        directly: "{b} finishes directly after {a}.",
        between: "{a} finishes after one of {b} and {c} and before the other.",
        apart: "Exactly two runners finish between {a} and {b}.",
        not_end: "{a} is neither first nor last.",
    };
    let shelf = Words {
        before: "{a} stands somewhere to the left of {b}.",
        directly: "{a} stands directly to the left of {b}.",
        between: "{a} stands somewhere between {b} and {c}.",
        apart: "Exactly two books stand between {a} and {b}.",
        not_end: "{a} stands at neither end.",
    };
    let (wording, pool, opening, asked) = if setting == "race" {
        (
            race,
            ["Nadia", "Omar", "Petra", "Quinn", "Rana", "Sven"],
            "Five runners finish a race, no two at the same time",
            "Who finishes in place",
        )
    } else {
        (
            shelf,
            ["the atlas", "the novel", "the diary", "the cookbook", "the lexicon", "the songbook"],
            "Six books stand in a row on a shelf",
            "Counted from the left, which book stands in place",
        )
    };
    draw(label, |random| {
        let names: Vec<String> = random.shuffled(&pool)[..length].iter().map(ToString::to_string).collect();
        let worlds = orders(length);
        let truth = random.shuffled(&(0..length).collect::<Vec<_>>());
        let clues = needed(&worlds, order_clues(random, &names, &truth, &wording))?;
        if !(4..=5).contains(&clues.len()) {
            return None;
        }
        let at = |place: usize| truth.iter().position(|found| *found == place).unwrap();
        let place = index(random.between(2, 3));
        let texts: Vec<String> = clues
            .iter()
            .map(|clue| {
                clue.text.strip_prefix("the ").map_or_else(|| clue.text.clone(), |rest| format!("The {rest}"))
            })
            .collect();
        let question = format!(
            "{opening}: {} (listed in no particular order).\n{}\n{asked} {}?",
            listed(&names),
            numbered(&texts),
            place + 1
        );
        let whole: Vec<String> = (0..length).map(|place| names[at(place)].clone()).collect();
        Some(
            plain(difficulty, question)
                .copied()
                .tagged(&["puzzle"])
                .family("order_from_clues")
                .working(format!("Only one order agrees with all clues: {}.", listed(&whole)))
                .choice(&names, at(place), &[at(place - 1), at((place + 1) % length)]),
        )
    })
}

/// Who lives in each house, with what pet and what instrument: for each of the three, the house of every member.
type Street = [Vec<usize>; 3];

fn houses() -> Draft {
    let people = ["Ravi", "Sonja", "Tomas", "Uma"];
    let pets = ["the cat", "the dog", "the parrot", "the rabbit"];
    let instruments = ["the cello", "the drum", "the flute", "the harp"];
    draw("houses", |random| {
        let all = orders(4);
        let worlds: Vec<Street> = all
            .iter()
            .flat_map(|one| {
                all.iter().flat_map(move |two| {
                    orders(4).into_iter().map(move |three| [one.clone(), two.clone(), three])
                })
            })
            .collect();
        let truth: Street =
            [random.shuffled(&[0, 1, 2, 3]), random.shuffled(&[0, 1, 2, 3]), random.shuffled(&[0, 1, 2, 3])];
        let who = |kind: usize, member: usize| match kind {
            0 => people[member].to_owned(),
            1 => format!("the owner of {}", pets[member]),
            _ => format!("the player of {}", instruments[member]),
        };
        let mut clues: Vec<Clue<Street>> = Vec::new();
        for _ in 0..60 {
            let kinds = random.shuffled(&[0_usize, 1, 2]);
            let (one, two) = (kinds[0], kinds[1]);
            let (left, right) = (index(random.between(0, 3)), index(random.between(0, 3)));
            let clue: Clue<Street> = match random.between(0, 4) {
                0 => Clue {
                    text: format!("{} and {} are the same person.", who(one, left), who(two, right)),
                    holds: Box::new(move |street| street[one][left] == street[two][right]),
                },
                1 => Clue {
                    text: format!("{} lives directly to the left of {}.", who(one, left), who(two, right)),
                    holds: Box::new(move |street| street[one][left] + 1 == street[two][right]),
                },
                2 => Clue {
                    text: format!(
                        "{} and {} live in houses next to each other.",
                        who(one, left),
                        who(two, right)
                    ),
                    holds: Box::new(move |street| street[one][left].abs_diff(street[two][right]) == 1),
                },
                3 => Clue {
                    text: format!("{} does not live in house {}.", who(one, left), right + 1),
                    holds: Box::new(move |street| street[one][left] != right),
                },
                _ => Clue {
                    text: format!("{} lives in house {}.", who(one, left), right + 1),
                    holds: Box::new(move |street| street[one][left] == right),
                },
            };
            if (clue.holds)(&truth) && clues.iter().all(|other| other.text != clue.text) {
                clues.push(clue);
            }
        }
        let clues = needed(&worlds, clues)?;
        let given = clues.iter().filter(|clue| clue.text.contains("lives in house")).count();
        if given > 2 || !(6..=8).contains(&clues.len()) {
            return None;
        }
        let player = index(random.between(0, 3));
        let at = |house: usize| truth[0].iter().position(|found| *found == house).unwrap();
        let right = at(truth[2][player]);
        let texts: Vec<String> = clues
            .iter()
            .map(|clue| clue.text.replacen("the ", "The ", usize::from(clue.text.starts_with("the "))))
            .collect();
        let question = format!(
            "Four people, {}, live in a row of houses numbered 1 to 4 from left to right, one in each. Each has one pet ({}) and plays one instrument ({}), all different.\n{}\nWho plays {}?",
            listed(&people),
            listed(&pets),
            listed(&instruments),
            numbered(&texts),
            instruments[player]
        );
        let shown: Vec<String> = (0..4)
            .map(|house| {
                let pet = truth[1].iter().position(|found| *found == house).unwrap();
                let instrument = truth[2].iter().position(|found| *found == house).unwrap();
                format!(
                    "house {}: {}, {}, {}",
                    house + 1,
                    people[at(house)],
                    pets[pet],
                    instruments[instrument]
                )
            })
            .collect();
        Some(
            ask(Hard, question, "name")
                .copied()
                .tagged(&["puzzle"])
                .working(format!("Only this agrees with all clues: {}.", shown.join("; ")))
                .exact_any_case(people[right], [people[(right + 1) % 4], people[(right + 2) % 4]]),
        )
    })
}
