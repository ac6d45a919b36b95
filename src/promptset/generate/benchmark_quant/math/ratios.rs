//! Percentages, fractions, ratios and mixtures.

use super::super::super::draft::Draft;
use super::super::common::{draw, fraction, money};
use super::{ask, number};
use crate::model::prompt::Difficulty::{Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![changes(), before_discount(), recipe(), fractions(), mixture(), shares()]
}

fn changes() -> Draft {
    draw("changes", |random| {
        let start = 100 * random.between(34, 96);
        let (up, down, again) = (
            5 * random.between(3, 7),
            5 * random.between(2, 6),
            5 * random.such_that(1, 5, |step| step != 4),
        );
        // In hundredths, exact for these percentages.
        let exact = start * (100 + up) * (100 - down) * (100 + again);
        if up - down + again == 0 || exact % 10_000 != 0 || up == again {
            return None;
        }
        let end = exact / 10_000;
        let first = start * (100 + up);
        let second = start * (100 + up) * (100 - down) / 100;
        let added = start * (100 + up - down + again);
        let question = format!(
            "The annual rent of a workshop is {start} euros. It is raised by {up}%, then lowered by {down}%, then raised by {again}%, each time on the rent then in force. What is the annual rent in euros at the end, exact to the cent?"
        );
        Some(
            number(Medium, question)
                .working(format!(
                    "After the first change: {}\nAfter the second: {}\nAfter the third: {{answer}}",
                    money(first),
                    money(second)
                ))
                .number(money(end), [money(added), money(second), money(end + 1000)]),
        )
    })
}

fn before_discount() -> Draft {
    draw("before discount", |random| {
        let (original, off, tax) =
            (20 * random.between(13, 44), 5 * random.between(3, 8), 10 * random.between(1, 2));
        let cents = original * (100 - off) * (100 + tax);
        if cents % 100 != 0 || off == tax {
            return None;
        }
        let paid = cents / 100;
        let question = format!(
            "A shop takes {off}% off the list price of a bicycle and then adds {tax}% tax to the reduced price. A customer pays {} euros in all. What is the list price in euros, before discount and tax?",
            money(paid)
        );
        let reduced = original * (100 - off);
        Some(
            number(Medium, question)
                .working(format!("Without the tax it is {} euros.\nThat is {}% of the list price, which is {{answer}} euros.", money(reduced), 100 - off))
                .number(money(original * 100), [money(paid * (100 + off - tax) / 100), money(reduced), money((original + 20) * 100)]),
        )
    })
}

fn recipe() -> Draft {
    draw("recipe", |random| {
        let (part, whole) = (random.between(2, 7), random.between(3, 9));
        let (serves, guests) = (random.between(4, 8), random.between(9, 22));
        let result = fraction(part * guests, whole * serves);
        if part >= whole
            || super::super::common::gcd(part, whole) > 1
            || !result.contains('/')
            || guests % serves == 0
        {
            return None;
        }
        let question = format!(
            "A recipe for {serves} people needs {part}/{whole} litre of cream. How many litres are needed for {guests} people? Give the exact value as a fraction in lowest terms."
        );
        let wrong = [
            fraction(part * serves, whole * guests),
            fraction(part * (guests - serves), whole * serves),
            fraction(part * guests, whole),
        ];
        Some(
            ask(Easy, question, "fraction in lowest terms")
                .working(format!(
                    "For one person: {} litre.\nFor {guests} people: {{answer}} litres.",
                    fraction(part, whole * serves)
                ))
                .number(result, wrong),
        )
    })
}

fn fractions() -> Draft {
    draw("fractions", |random| {
        let bottoms = random.shuffled(&[6, 8, 9, 12, 14, 15]);
        let tops: Vec<i64> = bottoms[..4]
            .iter()
            .map(|bottom| random.such_that(2, bottom - 1, |top| super::super::common::gcd(top, *bottom) == 1))
            .collect();
        let [one, two, three, four] = [0, 1, 2, 3].map(|at| (tops[at], bottoms[at]));
        let whole = one.1 * two.1 * three.1 * four.1;
        let term = |(top, bottom): (i64, i64)| top * whole / bottom;
        let product = whole / three.1 / four.1 * three.0 * four.0;
        let result = term(one) + term(two) - product;
        let text = fraction(result, whole);
        let denominator: i64 = text.split('/').nth(1)?.parse().ok()?;
        if result <= 0 || denominator > 800 {
            return None;
        }
        let question = format!(
            "Calculate {}/{} + {}/{} - {}/{} x {}/{} and give the result as a fraction in lowest terms (improper if it is greater than 1).",
            one.0, one.1, two.0, two.1, three.0, three.1, four.0, four.1
        );
        // Slips: from left to right; numerators and denominators added.
        let left_to_right = fraction((term(one) + term(two) - term(three)) / four.1 * four.0, whole);
        let added = fraction(
            (one.0 + two.0) * three.1 * four.1 - (one.1 + two.1) * three.0 * four.0,
            (one.1 + two.1) * three.1 * four.1,
        );
        Some(
            ask(Hard, question, "fraction in lowest terms")
                .working(format!(
                    "The product is {}.\nThe sum of the first two is {}.\nThe difference is {{answer}}.",
                    fraction(product, whole),
                    fraction(term(one) + term(two), whole)
                ))
                .number(text, [left_to_right, added, fraction(term(one) + term(two) + product, whole)]),
        )
    })
}

fn mixture() -> Draft {
    draw("mixture", |random| {
        let (weak, strong) = (random.between(12, 24), random.between(55, 80));
        let wanted = random.between(weak + 6, strong - 12);
        let litres = random.between(18, 60);
        let needed = litres * (wanted - weak);
        if needed % (strong - wanted) != 0 {
            return None;
        }
        let added = needed / (strong - wanted);
        if added < 7 || added == litres {
            return None;
        }
        let question = format!(
            "A tank holds {litres} litres of a solution with {weak}% alcohol by volume. How many litres of a solution with {strong}% alcohol must be added so that the mixture has {wanted}%? Volumes simply add up."
        );
        Some(
            number(Hard, question)
                .working(format!(
                    "With x litres added: {weak} x {litres} + {strong}x = {wanted}({litres} + x).\nSo {}x = {needed} and x = {{answer}}.",
                    strong - wanted
                ))
                .number(fraction(added, 1), [fraction(needed, strong - weak), fraction(litres * (strong - wanted), wanted - weak), fraction(added + litres, 1)]),
        )
    })
}

fn shares() -> Draft {
    draw("shares", |random| {
        let parts = random.shuffled(&[2, 3, 4, 5, 7, 8]);
        let sum = parts[0] + parts[1] + parts[2];
        let unit = random.between(138, 389);
        let total = sum * unit;
        let (first, third) = (parts[0] * unit, parts[2] * unit);
        let difference = (first - third).abs();
        let question = format!(
            "Three heirs share {total} euros in the ratio {} : {} : {}. How many euros more does the one with the largest share get than the one with the smallest?",
            parts[0], parts[1], parts[2]
        );
        let (most, least) = (parts[..3].iter().max()?, parts[..3].iter().min()?);
        let right = (most - least) * unit;
        Some(
            number(Easy, question)
                .working(format!(
                    "There are {sum} parts of {total} / {sum} = {unit} euros.\nThe shares differ by {most} - {least} = {} parts, that is {{answer}} euros.",
                    most - least
                ))
                .number(right, [most * unit, right + unit, if difference == right { right - 10 } else { difference }]),
        )
    })
}
