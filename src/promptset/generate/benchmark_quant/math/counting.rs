//! Combinatorics and probability, answered by counting every case where there are few.

use super::super::super::draft::Draft;
use super::super::common::{draw, fraction, index};
use super::{ask, number};
use crate::model::prompt::Difficulty::{Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![committee(), letters(), lattice(), dice(), urn(), divisible(), natural_frequencies()]
}

/// The number of ways to choose `some` of `all`.
fn choose(all: i64, some: i64) -> i64 {
    (1..=some).fold(1, |product, step| product * (all - some + step) / step)
}

fn committee() -> Draft {
    draw("committee", |random| {
        let (nurses, doctors, size) = (random.between(6, 9), random.between(5, 8), 4);
        if nurses == doctors {
            return None;
        }
        let all = choose(nurses + doctors, size);
        let right: i64 = (2..=4).map(|some| choose(doctors, some) * choose(nurses, size - some)).sum();
        let exactly_two = choose(doctors, 2) * choose(nurses, 2);
        // The usual slip: two doctors first, then anyone.
        let twice = choose(doctors, 2) * choose(nurses + doctors - 2, 2);
        let question = format!(
            "A committee of {size} is chosen from {nurses} nurses and {doctors} doctors, all different people. In how many ways can it be chosen so that it has at least two doctors?"
        );
        Some(
            number(Medium, question)
                .working(format!(
                    "With two doctors: {exactly_two}; with three: {}; with four: {}.\nTogether {{answer}} ways.",
                    choose(doctors, 3) * nurses,
                    choose(doctors, 4)
                ))
                .number(right, [exactly_two, twice, all - choose(nurses, 4)]),
        )
    })
}

fn letters() -> Draft {
    draw("letters", |random| {
        let word =
            *super::super::common::pick(random, &["BANANAS", "SETTLER", "ATTRACT", "ASSESSOR", "TENNESSEE"]);
        let length = i64::try_from(word.len()).unwrap();
        let factorial = |number: i64| (1..=number).product::<i64>();
        let times =
            |letter: char| i64::try_from(word.chars().filter(|other| *other == letter).count()).unwrap();
        let mut different: Vec<char> = word.chars().collect();
        different.sort_unstable();
        different.dedup();
        let repeats: i64 = different.iter().map(|letter| factorial(times(*letter))).product();
        let all = factorial(length) / repeats;
        let (first, most) = (word.chars().next()?, different.iter().map(|letter| times(*letter)).max()?);
        let starting = all * times(first) / length;
        let question = format!(
            "How many different arrangements of all the letters of {word} begin with the letter {first}? Equal letters cannot be told apart."
        );
        Some(
            number(Medium, question)
                .working(format!("There are {all} arrangements of all {length} letters.\nOf these the share {}/{length} begins with {first}: {{answer}}.", times(first)))
                .number(starting, [all, factorial(length - 1), starting * factorial(most)]),
        )
    })
}

fn lattice() -> Draft {
    draw("lattice", |random| {
        let (east, north) = (random.between(5, 7), random.between(4, 6));
        let closed = [
            (random.between(1, 2), random.between(1, 2)),
            (random.between(3, east - 1), random.between(2, north - 1)),
        ];
        let mut ways = vec![vec![0_i64; index(north + 1)]; index(east + 1)];
        for x in 0..=east {
            for y in 0..=north {
                let from = |x: i64, y: i64| if x < 0 || y < 0 { 0 } else { ways[index(x)][index(y)] };
                let sum = if (x, y) == (0, 0) { 1 } else { from(x - 1, y) + from(x, y - 1) };
                ways[index(x)][index(y)] = if closed.contains(&(x, y)) { 0 } else { sum };
            }
        }
        let right = ways[index(east)][index(north)];
        let all = choose(east + north, north);
        let through = |(x, y): (i64, i64)| choose(x + y, y) * choose(east + north - x - y, north - y);
        let question = format!(
            "On a street grid one may only go one block east or one block north at a time, from corner (0, 0) to corner ({east}, {north}). The corners ({}, {}) and ({}, {}) are closed and must not be passed. How many different routes are there?",
            closed[0].0, closed[0].1, closed[1].0, closed[1].1
        );
        Some(
            number(Hard, question)
                .working(format!(
                    "Without closures there are {all} routes.\n{} pass the first closed corner, {} the second, and some both; these are counted once.\nThat leaves {{answer}}.",
                    through(closed[0]),
                    through(closed[1])
                ))
                .number(right, [all - through(closed[0]) - through(closed[1]), all - through(closed[0]), all]),
        )
    })
}

fn dice() -> Draft {
    draw("dice", |random| {
        let sum = *super::super::common::pick(random, &[8, 9, 12, 13, 14]);
        let throws =
            || (1..=6_i64).flat_map(|a| (1..=6_i64).flat_map(move |b| (1..=6_i64).map(move |c| [a, b, c])));
        let hits = i64::try_from(throws().filter(|dice| dice.iter().sum::<i64>() == sum).count()).unwrap();
        let sorted = throws().filter(|dice| dice.iter().sum::<i64>() == sum && dice.is_sorted()).count();
        let question = format!(
            "Three fair six-sided dice are thrown. What is the probability that the sum is exactly {sum}? Give it as a fraction in lowest terms."
        );
        Some(
            ask(Medium, question, "fraction in lowest terms")
                .working(format!("Of the 216 throws {hits} have this sum.\nThe probability is {{answer}}."))
                .number(
                    fraction(hits, 216),
                    [
                        fraction(i64::try_from(sorted).unwrap(), 216),
                        fraction(hits + 1, 216),
                        fraction(i64::try_from(sorted).unwrap(), 56),
                    ],
                ),
        )
    })
}

fn urn() -> Draft {
    draw("urn", |random| {
        let (red, blue) = (random.between(4, 8), random.between(5, 9));
        let all = red + blue;
        let right = fraction(choose(red, 2) * blue, choose(all, 3));
        let with_replacement = fraction(3 * red * red * blue, all * all * all);
        let one_order = fraction(red * (red - 1) * blue, all * (all - 1) * (all - 2));
        let question = format!(
            "An urn holds {red} red and {blue} blue balls. Three balls are drawn at random without putting any back. What is the probability that exactly two of them are red? Give it as a fraction in lowest terms."
        );
        Some(
            ask(Medium, question, "fraction in lowest terms")
                .working(format!(
                    "There are {} ways to draw three balls, and {} x {blue} of them have two red ones.\nThe probability is {{answer}}.",
                    choose(all, 3),
                    choose(red, 2)
                ))
                .number(right, [with_replacement, one_order, fraction(choose(red, 2) * blue + choose(red, 3), choose(all, 3))]),
        )
    })
}

fn divisible() -> Draft {
    draw("divisible", |random| {
        let top = random.between(260, 690);
        let (one, two, barred) = (random.between(3, 4) * 2, random.between(2, 4) * 5, 7);
        let counts = |wanted: &dyn Fn(i64) -> bool| {
            i64::try_from((1..=top).filter(|number| wanted(*number)).count()).unwrap()
        };
        let either = counts(&|number| number % one == 0 || number % two == 0);
        let right = counts(&|number| (number % one == 0 || number % two == 0) && number % barred != 0);
        let question = format!(
            "How many integers from 1 to {top}, both included, are divisible by {one} or by {two} (or both) but not by {barred}?"
        );
        Some(
            number(Medium, question)
                .working(format!("{} are divisible by {one}, {} by {two}; without counting any twice these are {either}.\nAfter those divisible by {barred} are left out, {{answer}} remain.", top / one, top / two))
                .number(right, [either, top / one + top / two - (either - right), right + 1]),
        )
    })
}

fn natural_frequencies() -> Draft {
    draw("natural frequencies", |random| {
        let (faulty, caught, alarm) =
            (random.between(2, 6), 5 * random.between(16, 19), random.between(3, 9));
        // Of 10,000 parts.
        let (hits, false_alarms) = (faulty * caught, (100 - faulty) * alarm);
        let right = fraction(hits, hits + false_alarms);
        let question = format!(
            "{faulty}% of the parts from a machine are faulty. A sensor reports {caught}% of the faulty parts, and it also reports {alarm}% of the parts that are not faulty. A part is reported. What is the exact probability that it is faulty, as a fraction in lowest terms?"
        );
        Some(
            ask(Hard, question, "fraction in lowest terms")
                .working(format!("Of 10,000 parts {} are faulty, and {hits} of those are reported.\nOf the others {false_alarms} are reported.\nThe probability is {{answer}}.", faulty * 100))
                .number(right, [fraction(caught, 100), fraction(hits, 10_000), fraction(caught, caught + alarm)]),
        )
    })
}
