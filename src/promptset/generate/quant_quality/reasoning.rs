//! Deduction and state tracking. Puzzles are solved here by trying every case, and a puzzle with
//! more than one solution does not compile into a row: the test fails.

use super::super::draft::Draft;
use super::super::random::Random;
use crate::model::prompt::Difficulty::{Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![race(), boxes(), weekday(), robot(), truth_tellers(), circle()]
}

/// Every order of `items`.
fn orders(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    items
        .iter()
        .flat_map(|first| {
            let rest: Vec<usize> = items.iter().copied().filter(|item| item != first).collect();
            orders(&rest).into_iter().map(move |tail| [vec![*first], tail].concat())
        })
        .collect()
}

fn race() -> Draft {
    let names = Random::of("quant race").shuffled(&["Ines", "Jonas", "Karim", "Lena", "Mei"]);
    // place[runner] is 0 for the winner.
    let fits = |place: &Vec<usize>| {
        place[0] < place[1] && place[2] == place[1] + 1 && place[3] == 0 && place[4] > place[2]
    };
    let places: Vec<Vec<usize>> = orders(&[0, 1, 2, 3, 4]).into_iter().filter(fits).collect();
    assert_eq!(places.len(), 1);
    let at = |place: usize| places[0].iter().position(|found| *found == place).unwrap();
    Draft::new(
        "reasoning",
        Easy,
        format!(
            "Five runners finish a race, no two at the same time. {} wins. {} finishes before {}. {} finishes directly after {}. {} finishes after {}. Who finishes third?",
            names[3], names[0], names[1], names[2], names[1], names[4], names[2]
        ),
    )
    .copied()
    .working(format!(
        "{} is first. {} comes before {}, {} directly after {}, and {} after both.\nSo the order is {}, and the third is:",
        names[3],
        names[0],
        names[1],
        names[2],
        names[1],
        names[4],
        (0..5).map(|place| names[at(place)]).collect::<Vec<_>>().join(", ")
    ))
    .choice(&names, at(2), &[at(1), at(3)])
}

fn boxes() -> Draft {
    let colours = ["red", "blue", "green", "yellow"];
    let mut random = Random::of("quant boxes");
    let mut held: Vec<usize> = random.shuffled(&[0, 1, 2, 3]);
    let start = held.clone();
    let mut moves = Vec::new();
    let mut states = Vec::new();
    let named = |held: &[usize]| held.iter().map(|ball| colours[*ball]).collect::<Vec<_>>().join(", ");
    let mut last = (0, 0);
    while moves.len() < 5 || held == start {
        let pair = random.shuffled(&[0, 1, 2, 3]);
        let swap = (pair[0].min(pair[1]), pair[0].max(pair[1]));
        if swap != last {
            held.swap(swap.0, swap.1);
            moves.push(format!("swap the balls in boxes {} and {}", swap.0 + 1, swap.1 + 1));
            states.push(format!("{}: {}", moves.len(), named(&held)));
            last = swap;
        }
    }
    // The box whose ball has moved, so that the starting position is not the answer.
    let asked = (0..4).find(|index| held[*index] != start[*index]).unwrap();
    let other = (0..4).find(|index| held[*index] != held[asked] && held[*index] != start[asked]).unwrap();
    Draft::new(
        "reasoning",
        Medium,
        format!(
            "Boxes 1, 2, 3 and 4 hold one ball each: {} (in this order). Now, one after the other: {}. Which ball is in box {} at the end?",
            named(&start),
            moves.join("; "),
            asked + 1
        ),
    )
    .copied()
    .working(format!(
        "After each swap the boxes hold, in order:\n{}\nSo box {} holds:",
        states.join("\n"),
        asked + 1
    ))
    .choice(&colours, held[asked], &[start[asked], held[other]])
}

fn weekday() -> Draft {
    let days = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"];
    let mut random = Random::of("quant weekday");
    let today = random.between(0, 4);
    let ahead = random.such_that(110, 290, |ahead| ahead % 7 >= 3 && (today + ahead) % 7 < 5);
    let day = |offset: i64| days[usize::try_from((today + ahead + offset) % 7).unwrap()];
    Draft::new(
        "reasoning",
        Medium,
        format!(
            "Heute ist {}. Welcher Wochentag ist in genau {ahead} Tagen? Antworte auf Deutsch.\nBeende deine Antwort mit einer Zeile: Answer: <Wochentag>",
            days[usize::try_from(today).unwrap()]
        ),
    )
    .working(format!(
        "Nach je 7 Tagen wiederholt sich der Wochentag. {ahead} = 7 x {} + {}, also zählt nur der Rest {}.\nVon {} an um {} Tage weiter gezählt ergibt das {{answer}}.",
        ahead / 7,
        ahead % 7,
        ahead % 7,
        days[usize::try_from(today).unwrap()],
        ahead % 7
    ))
    .word(day(0), &[day(1), day(6)])
}

fn robot() -> Draft {
    let mut random = Random::of("quant robot");
    let turns = random.shuffled(&[1, 1, 3, 1, 3]);
    let (mut east, mut north, mut facing) = (0_i64, 0_i64, 0_usize);
    let mut orders = Vec::new();
    let mut visited = Vec::new();
    for turn in turns {
        let steps = random.between(3, 12);
        let (step_east, step_north) = [(0, 1), (1, 0), (0, -1), (-1, 0)][facing];
        east += step_east * steps;
        north += step_north * steps;
        facing = (facing + turn) % 4;
        orders.push(format!("{steps} metres forward, turn {}", if turn == 1 { "right" } else { "left" }));
        visited.push(format!("({east}, {north})"));
    }
    let distance = east.abs() + north.abs();
    Draft::ask(
        "reasoning",
        Medium,
        format!(
            "A robot stands on a square grid of metres and faces north. It carries out: {}. It may then walk only along the grid lines. How many metres is the shortest way back to its start?",
            orders.join("; ")
        ),
        "number",
    )
    .working(format!(
        "With (east, north) as coordinates, the start is (0, 0) and the robot comes to {}.\nThe way back is |{east}| + |{north}| = {{answer}} metres.",
        visited.join(", ")
    ))
    .number(distance, [distance + 2, (east.abs() - north.abs()).abs()])
}

fn truth_tellers() -> Draft {
    let names = Random::of("quant truth").shuffled(&["Olga", "Piet", "Rosa", "Sami"]);
    // honest[person]; a statement is true exactly when its speaker is honest.
    let fits = |honest: &[bool]| {
        let liars = honest.iter().filter(|honest| !**honest).count();
        honest[0] != honest[1]
            && honest[1] == (honest[2] == honest[3])
            && honest[2] == (liars == 2)
            && honest[3] == (!honest[0] && honest[1])
    };
    let worlds: Vec<Vec<bool>> = (0..16)
        .map(|bits| (0..4).map(|person| bits >> person & 1 == 1).collect())
        .filter(|world: &Vec<bool>| fits(world))
        .collect();
    assert_eq!(worlds.len(), 1, "{worlds:?}");
    let pair = |one: usize, two: usize| format!("{} and {}", names[one], names[two]);
    let liars: Vec<usize> = (0..4).filter(|person| !worlds[0][*person]).collect();
    assert_eq!(liars.len(), 2, "{liars:?}");
    let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
    let right = pairs.iter().position(|pair| [pair.0, pair.1] == liars[..]).unwrap();
    let honest = pairs[5 - right];
    Draft::new(
        "reasoning",
        Hard,
        format!(
            "Each of four people either always tells the truth or always lies. {0} says: \"{1} is a liar.\" {1} says: \"{2} and {3} are of the same kind.\" {2} says: \"Exactly two of us four are liars.\" {3} says: \"{0} is a liar and {1} is not.\" Who are the liars?",
            names[0], names[1], names[2], names[3]
        ),
    )
    .working(format!(
        "{} and {} cannot both be honest or both lie, since one calls the other a liar.\nTrying both cases, only one agrees with all four statements: {} tell the truth, and the liars are:",
        names[0],
        names[1],
        pair(honest.0, honest.1)
    ))
    .choice(&pairs.map(|(one, two)| pair(one, two)), right, &[5 - right, (right + 1) % 6])
}

fn circle() -> Draft {
    let names =
        Random::of("quant circle").shuffled(&["Aino", "Bilal", "Chen", "Dora", "Emil", "Faye", "Goran"]);
    let mut standing = names.clone();
    let mut gone = Vec::new();
    let mut at = 0;
    while standing.len() > 1 {
        at = (at + 2) % standing.len();
        gone.push(standing.remove(at));
    }
    let last = gone[gone.len() - 1];
    let before = gone[gone.len() - 2];
    Draft::ask(
        "reasoning",
        Hard,
        format!(
            "Seven children stand in a circle, clockwise: {}. Counting clockwise and beginning with {} as one, every third child leaves the circle, and the count goes on from the next child, until one is left. Who is left?",
            names.join(", "),
            names[0]
        ),
        "name",
    )
    .copied()
    .working(format!(
        "The first to leave is {}, as number three. Counting on among those who still stand, the others leave in this order: {}.\nThe one who is left is {{answer}}.",
        gone[0],
        gone[1..].join(", ")
    ))
    .exact_any_case(standing[0], [last, before])
}
