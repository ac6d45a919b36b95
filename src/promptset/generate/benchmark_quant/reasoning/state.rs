//! State that changes step by step: cups, stacks, queues, registers, jugs.

use super::super::super::draft::Draft;
use super::super::super::random::Random;
use super::super::common::{draw, index, list_answer, listed, numbered, pick};
use super::{ask, number};
use crate::model::prompt::Difficulty::{Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![cups(), stack(), queue(), registers(), jugs(), bulbs(), cards(), passes()]
}

/// Two different places below `length`.
fn pair(random: &mut Random, length: usize) -> (usize, usize) {
    let order = random.shuffled(&(0..length).collect::<Vec<_>>());
    (order[0], order[1])
}

fn cups() -> Draft {
    draw("cups", |random| {
        let things = ["coin", "ring", "button", "dice", "key", "marble"];
        let mut held = random.shuffled(&things);
        let start = held.clone();
        let mut steps = Vec::new();
        for _ in 0..10 {
            let (one, two) = pair(random, 6);
            held.swap(one, two);
            steps.push(format!("Swap what is under cups {} and {}.", one + 1, two + 1));
        }
        let asked = index(random.between(0, 5));
        let place =
            |thing: &str, held: &[&str]| held.iter().position(|other| *other == thing).map(|at| at + 1);
        let (from, to) = (place(things[asked], &start)?, place(things[asked], &held)?);
        let named = format!("cup {to}");
        if from == to {
            return None;
        }
        let question = format!(
            "Six cups, numbered 1 to 6, hide one thing each: {}, in this order. Then:\n{}\nWhich cup hides the {} now?",
            listed(&start),
            numbered(&steps),
            things[asked]
        );
        let others: Vec<usize> = (1..=6).filter(|other| *other != to && *other != from).collect();
        Some(
            number(Easy, question)
                .copied()
                .tagged(&["state_tracking"])
                .working(format!(
                    "In the end the cups hide, from 1 to 6: {}.\nSo it is {named}.",
                    listed(&held)
                ))
                .number(to, [from, others[0], others[1]]),
        )
    })
}

fn stack() -> Draft {
    draw("stack", |random| {
        let letters = random.shuffled(&["K", "L", "M", "N", "P", "Q", "R", "S", "T"]);
        let mut fresh = letters.iter();
        let mut held: Vec<&str> = Vec::new();
        let mut gone: Vec<&str> = Vec::new();
        let mut steps = Vec::new();
        for _ in 0..14 {
            if held.len() < 2 || random.between(0, 9) < 6 {
                let letter = fresh.next()?;
                held.push(letter);
                steps.push(format!("push {letter}"));
            } else if random.between(0, 2) == 0 {
                let top = held.len() - 1;
                held.swap(top, top - 1);
                steps.push("swap".to_owned());
            } else {
                gone.push(held.pop()?);
                steps.push("pop".to_owned());
            }
        }
        let swaps = steps.iter().filter(|step| *step == "swap").count();
        if held.len() != 4 || swaps < 2 || gone.len() < 3 {
            return None;
        }
        let owned = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
        let (mut upward, mut slip) = (owned(&held), owned(&held));
        slip.swap(2, 3);
        let mut lost = upward.clone();
        lost.push(gone[gone.len() - 1].to_owned());
        upward.reverse();
        let question = format!(
            "A stack is empty at first. \"push X\" puts X on top, \"pop\" takes the top item away, \"swap\" exchanges the two top items. The operations are: {}. Which items are on the stack at the end, from bottom to top, separated by commas?",
            steps.join(", ")
        );
        let draft = ask(Medium, question, "items").tagged(&["state_tracking"]).working(format!(
            "The items popped are {}, in this order.\nFrom bottom to top the stack holds what is left.",
            listed(&gone)
        ));
        Some(list_answer(draft, &owned(&held), &[upward, slip, lost]))
    })
}

fn queue() -> Draft {
    draw("queue", |random| {
        let names = random.shuffled(&[
            "Alma", "Boris", "Celia", "Dario", "Edda", "Farid", "Greta", "Hugo", "Irma", "Jorge",
        ]);
        let mut line: Vec<&str> = names[..5].to_vec();
        let mut arriving = names[5..].iter();
        let mut steps = Vec::new();
        let mut served = Vec::new();
        for _ in 0..11 {
            match random.between(0, 4) {
                0 | 1 if line.len() > 3 => {
                    served.push(line.remove(0));
                    steps.push("The person at the front is served and leaves.".to_owned());
                }
                2 if line.len() > 2 => {
                    let front = line.remove(0);
                    line.push(front);
                    steps.push("The person at the front forgot a form and goes to the end.".to_owned());
                }
                3 => {
                    let Some(name) = arriving.next() else { continue };
                    line.push(name);
                    steps.push(format!("{name} joins at the end."));
                }
                _ => {
                    let Some(name) = arriving.next() else { continue };
                    line.insert(2, name);
                    steps.push(format!("{name} is let in directly behind the second person."));
                }
            }
        }
        if steps.len() < 10 || line.len() < 5 || served.len() < 3 {
            return None;
        }
        let question = format!(
            "At a counter five people queue, front first: {}. Then:\n{}\nWho is third in the queue at the end?",
            listed(&names[..5]),
            numbered(&steps)
        );
        Some(
            ask(Easy, question, "name")
                .copied()
                .tagged(&["state_tracking"])
                .working(format!(
                    "Served were {}.\nAt the end the queue is, front first: {}.",
                    listed(&served),
                    listed(&line)
                ))
                .exact_any_case(line[2], [line[1], line[3], served[served.len() - 1]]),
        )
    })
}

fn registers() -> Draft {
    draw("registers", |random| {
        let start = [random.between(3, 9), random.between(11, 19), random.between(2, 7)];
        let mut values = start;
        let names = ["A", "B", "C"];
        let mut steps = Vec::new();
        let mut trace = Vec::new();
        for _ in 0..10 {
            let (to, from) = pair(random, 3);
            let amount = random.between(2, 9);
            match random.between(0, 4) {
                0 => {
                    values[to] += values[from];
                    steps.push(format!("Add {} to {}.", names[from], names[to]));
                }
                1 => {
                    values[to] -= amount;
                    steps.push(format!("Subtract {amount} from {}.", names[to]));
                }
                2 => {
                    values.swap(to, from);
                    steps.push(format!("Exchange the values of {} and {}.", names[to], names[from]));
                }
                3 => {
                    let is_greater = values[to] > values[from];
                    values[if is_greater { to } else { from }] += amount;
                    steps.push(format!(
                        "If {0} is greater than {1}, add {amount} to {0}; otherwise add {amount} to {1}.",
                        names[to], names[from]
                    ));
                }
                _ => {
                    values[to] = 2 * values[from];
                    steps.push(format!("Set {} to twice the value of {}.", names[to], names[from]));
                }
            }
            trace.push(format!("{}/{}/{}", values[0], values[1], values[2]));
        }
        let kinds = ["Add", "If", "Exchange", "Set"]
            .iter()
            .all(|kind| steps.iter().any(|step| step.starts_with(kind)));
        let asked = index(random.between(0, 2));
        if !kinds || values.iter().any(|value| !(10..400).contains(value)) {
            return None;
        }
        let question = format!(
            "Three registers start with A = {}, B = {} and C = {}. These instructions are carried out in order:\n{}\nWhat is the value of {} at the end?",
            start[0],
            start[1],
            start[2],
            numbered(&steps),
            names[asked]
        );
        let right = values[asked];
        Some(
            number(Medium, question)
                .tagged(&["state_tracking"])
                .working(format!("A, B and C after each instruction are {}.", trace.join(", ")))
                .number(right, [values[(asked + 1) % 3], values[(asked + 2) % 3], right + 2]),
        )
    })
}

fn jugs() -> Draft {
    draw("jugs", |random| {
        let sizes = [random.between(11, 14), random.between(7, 9), random.between(4, 6)];
        let names = ["large", "middle", "small"];
        let mut held = [sizes[0], 0, 0];
        let mut steps = Vec::new();
        let mut trace = Vec::new();
        let mut last = (0, 0);
        while steps.len() < 9 {
            let (from, to) = pair(random, 3);
            let moved = held[from].min(sizes[to] - held[to]);
            if moved == 0 || last == (to, from) {
                continue;
            }
            held[from] -= moved;
            held[to] += moved;
            last = (from, to);
            steps.push(format!("from the {} to the {} jug", names[from], names[to]));
            trace.push(format!("{}/{}/{}", held[0], held[1], held[2]));
        }
        if held.contains(&0) || held[0] == held[1] || held[1] == held[2] || held[0] == held[2] {
            return None;
        }
        let question = format!(
            "Three jugs hold at most {}, {} and {} litres. At first the large one is full and the others are empty. Water is poured in this order, each time until the jug that is poured from is empty or the other is full: {}. How many litres are then in the large jug?",
            sizes[0],
            sizes[1],
            sizes[2],
            steps.join("; ")
        );
        Some(
            number(Medium, question)
                .tagged(&["state_tracking"])
                .working(format!("After each pouring the jugs hold {} litres.", trace.join(", ")))
                .number(held[0], [held[1], held[2], held[0] + 1]),
        )
    })
}

fn bulbs() -> Draft {
    draw("bulbs", |random| {
        let all = random.between(38, 60);
        let every = random.shuffled(&[2, 3, 4, 5, 6, 7]);
        let (three, last) = (&every[..3], every[3]);
        let lit_after = |passes: &[i64]| -> Vec<i64> {
            (1..=all)
                .filter(|bulb| passes.iter().filter(|step| bulb % **step == 0).count() % 2 == 1)
                .collect()
        };
        let before = lit_after(three);
        // The last pass only switches off.
        let right = before.iter().filter(|bulb| **bulb % last != 0).count();
        let wrong = [before.len(), lit_after(&every[..4]).len(), right + 1];
        let question = format!(
            "{all} bulbs, numbered 1 to {all}, are off. First the switch of every bulb whose number is a multiple of {} is pressed, which turns a bulb that is off on and one that is on off; then that of every multiple of {}; then that of every multiple of {}. At last every bulb whose number is a multiple of {last} is turned off, if it is on. How many bulbs are on?",
            three[0], three[1], three[2]
        );
        Some(
            number(Medium, question)
                .tagged(&["state_tracking", "counting"])
                .working(format!("After the three rounds these are on: {}.\nWithout the multiples of {last}, {{answer}} are left.", listed(&before)))
                .number(right, wrong),
        )
    })
}

fn cards() -> Draft {
    draw("cards", |random| {
        let letters = ["A", "B", "C", "D", "E", "F", "G", "H"];
        let mut deck = letters.to_vec();
        let mut steps = Vec::new();
        let mut before = deck.clone();
        for at in 0..8 {
            before.clone_from(&deck);
            let some = index(random.between(2, 4));
            match (random.between(0, 3) + at) % 4 {
                0 => {
                    deck[..some].reverse();
                    steps.push(format!("Reverse the order of the top {some} cards."));
                }
                1 => {
                    deck.rotate_left(some);
                    steps.push(format!(
                        "Move the top {some} cards to the bottom without changing their order."
                    ));
                }
                2 => {
                    let bottom = deck.pop()?;
                    deck.insert(some - 1, bottom);
                    steps.push(format!(
                        "Take the bottom card and put it in so that it is card number {some} from the top."
                    ));
                }
                _ => {
                    deck.swap(0, 7);
                    steps.push("Exchange the top card and the bottom card.".to_owned());
                }
            }
        }
        if steps.windows(2).any(|two| two[0] == two[1]) {
            return None;
        }
        let owned = |deck: &[&str]| deck.iter().map(|card| (*card).to_owned()).collect::<Vec<_>>();
        let mut swapped = deck.clone();
        swapped.swap(3, 4);
        if deck.iter().zip(letters).filter(|(card, letter)| **card == *letter).count() > 1 {
            return None;
        }
        let question = format!(
            "Eight cards lie in a pile, from top to bottom A, B, C, D, E, F, G, H.\n{}\nWhat is the order of the cards now, from top to bottom, separated by commas?",
            numbered(&steps)
        );
        let draft = ask(Hard, question, "cards")
            .tagged(&["state_tracking"])
            .working(format!("Before the last step the pile is {}.", before.join(" ")));
        Some(list_answer(draft, &owned(&deck), &[owned(&before), owned(&swapped)]))
    })
}

fn passes() -> Draft {
    draw("passes", |random| {
        let names =
            random.shuffled(&["Anouk", "Bruno", "Chiara", "Dmitri", "Elif", "Finn", "Gita", "Hana", "Ivo"]);
        let moves: Vec<i64> = (0..8).map(|_| *pick(random, &[2, 3, 4, -1, -2, -3])).collect();
        let mut at = 0_i64;
        let mut path = Vec::new();
        for step in &moves {
            at = (at + step).rem_euclid(9);
            path.push(names[index(at)]);
        }
        let steps: Vec<String> = moves
            .iter()
            .map(|step| {
                format!("{} places {}", step.abs(), if *step > 0 { "to the left" } else { "to the right" })
            })
            .map(|text| text.replace("1 places", "1 place"))
            .collect();
        let mirrored = moves.iter().fold(0, |at: i64, step| (at - step).rem_euclid(9));
        if at == mirrored || at == 0 {
            return None;
        }
        let question = format!(
            "Nine children sit in a circle. Everyone's left-hand neighbour is the next one in this list, and after the last comes the first: {}. {} holds a ball. It is passed on {}. Who holds it then?",
            listed(&names),
            names[0],
            steps.join(", then ")
        );
        Some(
            ask(Easy, question, "name")
                .copied()
                .tagged(&["state_tracking"])
                .working(format!("The ball goes to {}.", path.join(", ")))
                .exact_any_case(names[index(at)], [names[index(mirrored)], names[index((at + 1) % 9)]]),
        )
    })
}
