//! Long sums, products and divisions.

use serde_json::json;

use super::super::super::draft::Draft;
use super::super::common::{draw, listed, money};
use super::number;
use crate::model::prompt::Difficulty::{self, Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![
        order(),
        product(Medium, "product of four and three digits", (2346, 8978), (367, 989)),
        product(Hard, "product of five and four digits", (23_467, 89_789), (3467, 9879)),
        division(),
        balance(),
        expression(),
        decimals(),
    ]
}

fn order() -> Draft {
    draw("order", |random| {
        let items = random.shuffled(&["desks", "chairs", "lamps", "shelves", "screens"]);
        let lines: Vec<(i64, i64)> = (0..4)
            .map(|_| (random.between(13, 39), random.such_that(46, 189, |price| price % 10 >= 6)))
            .collect();
        let sums: Vec<i64> = lines.iter().map(|(pieces, price)| pieces * price).collect();
        let total: i64 = sums.iter().sum();
        let text: Vec<String> = lines
            .iter()
            .zip(&items)
            .map(|((pieces, price), item)| format!("{pieces} {item} at {price} euros each"))
            .collect();
        let question =
            format!("An office orders {}. What does the whole order cost in euros?", text.join(", "));
        Some(
            number(Easy, question)
                .working(format!(
                    "The lines cost {} euros.\nTogether that is {{answer}} euros.",
                    listed(&sums)
                ))
                .number(total, [total - 100, total - sums[3], total + 10]),
        )
    })
}

fn product(difficulty: Difficulty, label: &str, left: (i64, i64), right: (i64, i64)) -> Draft {
    draw(label, |random| {
        let has_carries = |factor: i64| factor % 10 > 5 && factor / 10 % 10 > 4;
        let left = random.such_that(left.0, left.1, has_carries);
        let right = random.such_that(right.0, right.1, has_carries);
        let result = left * right;
        let ones = left * (right % 10);
        let rest = left * (right / 10) * 10;
        Some(
            number(difficulty, format!("Calculate {left} x {right} exactly."))
                .tagged(&["carries"])
                .family("long_multiplication")
                .working(format!(
                    "{left} x {} = {rest}\n{left} x {} = {ones}\nThe sum is {{answer}}.",
                    right / 10 * 10,
                    right % 10
                ))
                .number(result, [result - 1000, result + 100, result - left]),
        )
    })
}

fn division() -> Draft {
    draw("division", |random| {
        let divisor = random.such_that(37, 97, |divisor| divisor % 2 == 1 && divisor % 5 != 0);
        let dividend = random.between(412_000, 968_000);
        let (quotient, remainder) = (dividend / divisor, dividend % divisor);
        if remainder < 12 || !quotient.to_string().contains('0') {
            return None;
        }
        let text = format!(
            "Divide {dividend} by {divisor} in whole numbers. Reply with nothing but a JSON object with the two integer members \"quotient\" and \"remainder\"."
        );
        let shown = |quotient: i64, remainder: i64| json!({"quotient": quotient, "remainder": remainder});
        let wrong = [
            shown(quotient, divisor - remainder),
            shown(quotient - 1, remainder),
            shown(quotient + 10, remainder),
        ];
        Some(Draft::new("math", Medium, text).json(&shown(quotient, remainder), &wrong))
    })
}

fn balance() -> Draft {
    draw("balance", |random| {
        let start = random.between(1, 6) * 100_000 + random.between(2, 9);
        let withdrawn: Vec<i64> =
            (0..3).map(|_| random.such_that(12_345, 28_989, |sum| sum % 10 > 4)).collect();
        let paid_in = random.such_that(3_456, 9_876, |sum| sum % 10 > 4);
        let end = start - withdrawn.iter().sum::<i64>() + paid_in;
        let after = start - withdrawn[0] - withdrawn[1];
        let question = format!(
            "A fund holds {start} crowns. It pays out {} and {} crowns, takes in {paid_in} crowns, and pays out {} crowns. How many crowns does it hold then?",
            withdrawn[0], withdrawn[1], withdrawn[2]
        );
        Some(
            number(Easy, question)
                .working(format!(
                    "{start} - {} - {} = {after}\n{after} + {paid_in} = {}\nAfter the last payment {{answer}} crowns remain.",
                    withdrawn[0], withdrawn[1], after + paid_in
                ))
                .number(end, [end + 1000, end - 2 * paid_in, end - 100]),
        )
    })
}

fn expression() -> Draft {
    draw("expression", |random| {
        let (base, factor, divisor) =
            (random.between(140, 390), random.between(12, 19), random.between(3, 9));
        let (low, high) = (random.between(17, 46), random.between(51, 98));
        let (square, last) = (random.between(13, 19), random.between(21, 58));
        let product = factor * (low - high);
        if product % divisor != 0 {
            return None;
        }
        let result = base - product / divisor - square * square + last;
        let question = format!(
            "Evaluate {base} - {factor} x ({low} - {high}) / {divisor} - {square}^2 + {last} with the usual order of operations (^ is a power, and it binds more tightly than the minus sign before it)."
        );
        Some(
            number(Medium, question)
                .working(format!(
                    "{low} - {high} = {}\n{factor} x {} / {divisor} = {}\n{square}^2 = {}\nThe whole comes to {{answer}}.",
                    low - high,
                    low - high,
                    product / divisor,
                    square * square
                ))
                .number(result, [base + product / divisor - square * square + last, result - 2 * last, result + 2 * square * square]),
        )
    })
}

fn decimals() -> Draft {
    draw("decimals", |random| {
        // All in ten-thousandths.
        let thousandths = 10 * random.such_that(11_201, 18_999, |number| number % 10 > 4);
        let hundredths = 100 * random.such_that(61, 99, |number| number % 10 > 4);
        let fine = random.such_that(30_125, 58_999, |number| number % 10 > 4);
        let tenths = 1000 * random.such_that(61, 89, |number| number % 10 > 4);
        let total = thousandths + hundredths + fine - tenths;
        let shown = |number: i64| {
            let text = format!("{}.{:04}", number / 10_000, number % 10_000);
            text.trim_end_matches('0').to_owned()
        };
        let question = format!(
            "Calculate {} + {} + {} - {} exactly, without rounding.",
            shown(thousandths),
            shown(hundredths),
            shown(fine),
            shown(tenths)
        );
        // The usual slip: digits aligned at the right instead of at the decimal point.
        let slip = total - hundredths + hundredths / 10;
        Some(
            number(Easy, question)
                .working(format!(
                    "The three first make {}.\nLess {} that is {{answer}}.",
                    shown(total + tenths),
                    shown(tenths)
                ))
                .number(shown(total), [shown(slip), shown(total + 1000), money(total / 100)]),
        )
    })
}
