//! Sequences with a stated rule, and areas and volumes that come out exactly.

use super::super::super::draft::Draft;
use super::super::common::{draw, fraction, index, listed};
use super::number;
use crate::model::prompt::Difficulty::{Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![recurrence(), series(), floor(), polygon(), water()]
}

fn recurrence() -> Draft {
    draw("recurrence", |random| {
        let (first, second, step) = (random.between(2, 5), random.between(3, 7), random.between(2, 6));
        let mut terms = vec![first, second];
        while terms.len() < 9 {
            let [.., before, last] = terms[..] else { return None };
            terms.push(2 * last - before + step * (i64::from(last % 2 == 0) * 2 - 1));
        }
        let rising = (2..9).filter(|at| terms[*at] > terms[*at - 1]).count();
        if !(3..=6).contains(&rising) {
            return None;
        }
        let question = format!(
            "A sequence begins with a(1) = {first} and a(2) = {second}. For n of 3 or more, a(n) = 2 x a(n-1) - a(n-2) + {step} if a(n-1) is even, and a(n) = 2 x a(n-1) - a(n-2) - {step} if a(n-1) is odd. What is a(8)?"
        );
        Some(
            number(Medium, question)
                .working(format!("a(3) to a(7) are {}.\nThen a(8) = {{answer}}.", listed(&terms[2..7])))
                .number(terms[7], [terms[7] + 2 * step, terms[6], terms[8]]),
        )
    })
}

fn series() -> Draft {
    draw("series", |random| {
        let (first, step, rows) = (random.between(17, 39), random.between(3, 8), random.between(24, 38));
        let last = first + step * (rows - 1);
        let doubled = (first + last) * rows;
        let question = format!(
            "A hall has {rows} rows. The first row has {first} seats, and every further row has {step} seats more than the one before it. How many seats does the hall have?"
        );
        Some(
            number(Easy, question)
                .working(format!("The last row has {first} + {step} x {} = {last} seats.\nThe sum is {rows} x ({first} + {last}) / 2 = {{answer}}.", rows - 1))
                .number(fraction(doubled, 2), [fraction(doubled + step * rows, 2), fraction(doubled, 1), fraction(doubled - 200, 2)]),
        )
    })
}

fn floor() -> Draft {
    draw("floor", |random| {
        // Tenths of a metre.
        let (long, wide) = (random.between(86, 128), random.between(63, 84));
        let (cut_long, cut_wide) = (random.between(21, 38), random.between(18, 29));
        let pillar = random.between(5, 9);
        let area = long * wide - cut_long * cut_wide - 2 * pillar * pillar;
        let shown = |tenths: i64| format!("{}.{}", tenths / 10, tenths % 10);
        let square = |hundredths: i64| format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let question = format!(
            "A floor is a rectangle of {} m by {} m from one corner of which a rectangle of {} m by {} m is missing. In it stand two square pillars of {} m by {} m each. What is the area of the floor without the pillars, in square metres, exactly?",
            shown(long),
            shown(wide),
            shown(cut_long),
            shown(cut_wide),
            shown(pillar),
            shown(pillar)
        );
        Some(
            number(Easy, question)
                .working(format!(
                    "{} - {} - 2 x {} = {{answer}}",
                    square(long * wide),
                    square(cut_long * cut_wide),
                    square(pillar * pillar)
                ))
                .number(
                    square(area),
                    [
                        square(area + pillar * pillar),
                        square(area + 2 * cut_long * cut_wide),
                        square(area + 1000),
                    ],
                ),
        )
    })
}

fn polygon() -> Draft {
    draw("polygon", |random| {
        let corners = [
            (random.between(-2, 1), random.between(-3, 0)),
            (random.between(5, 9), random.between(-4, -1)),
            (random.between(10, 13), random.between(3, 6)),
            (random.between(4, 8), random.between(9, 13)),
            (random.between(-4, 0), random.between(4, 7)),
        ];
        let next = |at: usize| corners[(at + 1) % corners.len()];
        let terms: Vec<i64> =
            (0..5).map(|at| corners[at].0 * next(at).1 - next(at).0 * corners[at].1).collect();
        let doubled: i64 = terms.iter().sum();
        // All corners turn the same way, so that the sides don't cross.
        let turns = (0..5).all(|at| {
            let (here, there, after) = (corners[at], next(at), next(at + 1));
            (there.0 - here.0) * (after.1 - there.1) - (there.1 - here.1) * (after.0 - there.0) > 0
        });
        if !turns || doubled % 2 == 0 {
            return None;
        }
        let half = |doubled: i64| format!("{}.5", doubled / 2);
        let shown: Vec<String> = corners.iter().map(|(x, y)| format!("({x}, {y})")).collect();
        let question = format!(
            "A pentagon has the corners {} in this order. What is its area? Give the exact decimal value.",
            listed(&shown)
        );
        Some(
            number(Hard, question)
                .tagged(&["geometry"])
                .working(format!("By the shoelace formula the terms are {}.\nTheir sum is {doubled}, and half of it is {{answer}}.", listed(&terms)))
                .number(half(doubled), [doubled.to_string(), half(doubled - 2 * terms[index(random.between(1, 3))]), half(doubled + 20)]),
        )
    })
}

fn water() -> Draft {
    draw("water", |random| {
        let (long, wide) = (random.between(24, 60), random.between(15, 40));
        let (edge, cubes, level) = (random.between(4, 9), random.between(5, 14), random.between(11, 19));
        let volume = cubes * edge * edge * edge;
        if volume % (long * wide) != 0 || level < edge {
            return None;
        }
        let rise = volume / (long * wide);
        let question = format!(
            "An aquarium has a base of {long} cm by {wide} cm and holds water to a height of {level} cm. {cubes} solid metal cubes with edges of {edge} cm are laid side by side on its bottom and are wholly under water; nothing spills. To what height, in cm, does the water stand then?"
        );
        if cubes * edge * edge * 10 > long * wide * 9 || rise < 2 {
            return None;
        }
        Some(
            number(Medium, question)
                .tagged(&["geometry"])
                .working(format!("The cubes take up {volume} cubic centimetres.\nOn a base of {} square centimetres the water rises by {rise} cm, to {{answer}} cm.", long * wide))
                .number(level + rise, [rise, level + edge, level + rise + 1]),
        )
    })
}
