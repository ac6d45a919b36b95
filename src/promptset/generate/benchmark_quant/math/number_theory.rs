//! Remainders, divisors, primes and bases.

use super::super::super::draft::Draft;
use super::super::common::{draw, gcd, index, listed};
use super::{ask, number};
use crate::model::prompt::Difficulty::{Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![
        modular_power(),
        signals(),
        to_hexadecimal(),
        from_base_seven(),
        binary_sum(),
        three_remainders(),
        primes(),
    ]
}

/// `base` to the power, modulo `modulus`, one factor at a time.
fn power(base: i64, exponent: i64, modulus: i64) -> i64 {
    (0..exponent).fold(1, |value, _| value * base % modulus)
}

fn modular_power() -> Draft {
    draw("modular power", |random| {
        let modulus = *super::super::common::pick(random, &[37, 41, 43, 47, 53]);
        let (base, exponent) = (random.between(5, 23), random.between(53, 148));
        let right = power(base, exponent, modulus);
        if exponent % (modulus - 1) < 9 || right < 2 {
            return None;
        }
        let question = format!("What is the remainder when {base}^{exponent} is divided by {modulus}?");
        Some(
            number(Hard, question)
                .working(format!(
                    "{modulus} is a prime that does not divide {base}, so {base}^{} leaves 1 and the exponent counts modulo {}: {base}^{}.\nSquaring and multiplying gives the remainder {{answer}}.",
                    modulus - 1,
                    modulus - 1,
                    exponent % (modulus - 1)
                ))
                .number(right, [power(base, exponent % modulus, modulus), power(base, exponent + 1, modulus), power(base, exponent - 1, modulus)]),
        )
    })
}

fn signals() -> Draft {
    draw("signals", |random| {
        let every: Vec<i64> =
            (0..3).map(|_| random.such_that(12, 45, |period| period % 2 == 0 || period % 3 == 0)).collect();
        let common = |left: i64, right: i64| left / gcd(left, right) * right;
        let pair = common(every[0], every[1]);
        let all = common(pair, every[2]);
        let product = every[0] * every[1] * every[2];
        if !(300..2500).contains(&all) || all == pair || every[0] == every[1] || product == all {
            return None;
        }
        let question = format!(
            "Three lamps flash together now. One flashes every {} seconds, one every {} seconds and one every {} seconds. After how many seconds do all three flash together for the next time?",
            every[0], every[1], every[2]
        );
        Some(
            number(Medium, question)
                .working(format!(
                    "The least common multiple of the first two is {pair}.\nWith {} it is {{answer}}.",
                    every[2]
                ))
                .number(all, [pair, product, if all == 2 * pair { 3 * pair } else { 2 * pair }]),
        )
    })
}

/// A number's digits in a base, `0` to `9` and `A` to `F`.
fn digits(number: i64, base: i64) -> String {
    let mut rest = number;
    let mut found = Vec::new();
    while rest > 0 {
        found.push(std::char::from_digit(u32::try_from(rest % base).unwrap(), 16).unwrap());
        rest /= base;
    }
    found.iter().rev().collect::<String>().to_uppercase()
}

fn to_hexadecimal() -> Draft {
    draw("to hexadecimal", |random| {
        let number = random.between(20_000, 64_000);
        let text = digits(number, 16);
        if text.chars().filter(char::is_ascii_alphabetic).count() != 2
            || text.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            return None;
        }
        let question = format!(
            "Write the decimal number {number} in hexadecimal (base 16), as digits without a prefix."
        );
        let wrong = [digits(number + 16, 16), digits(number - 1, 16), text.chars().rev().collect()];
        Some(
            ask(Medium, question, "hexadecimal digits")
                .working(format!("Divide by 16 again and again: {number} = 16 x {} + {}, and so on.\nThe remainders read backwards give {{answer}}.", number / 16, number % 16))
                .exact_any_case(&text, wrong)
                .also(&format!("0x{text}"))
                .also(&format!("{text}_16"))
                .also(&format!("{text}_{{16}}"))
                .also(&format!("({text})_16"))
                .also(&format!("({text})_{{16}}")),
        )
    })
}

fn from_base_seven() -> Draft {
    draw("from base seven", |random| {
        let number = random.between(1300, 2390);
        let text = digits(number, 7);
        if text.contains('0') {
            return None;
        }
        let question = format!("The number {text} is written in base 7. What is it in decimal?");
        let eight = i64::from_str_radix(&text, 8).ok()?;
        Some(
            super::number(Easy, question)
                .working(format!(
                    "Its digits stand for 343, 49, 7 and 1: {}.\nThe sum is {{answer}}.",
                    text.chars().map(String::from).collect::<Vec<_>>().join(", ")
                ))
                .number(number, [eight, number - 7, number + 49]),
        )
    })
}

fn binary_sum() -> Draft {
    draw("binary sum", |random| {
        let (left, right) = (random.between(300, 500), random.between(150, 500));
        let sum = left + right;
        // Carries: where both bits are set or a carry meets a set bit.
        let carries =
            (0..9).filter(|bit| (left & ((2 << bit) - 1)) + (right & ((2 << bit) - 1)) >= 2 << bit).count();
        if carries < 6 {
            return None;
        }
        let question = format!(
            "Add the binary numbers {left:b} and {right:b}. Give the sum in binary, without leading zeros."
        );
        let wrong = [format!("{:b}", left ^ right), format!("{:b}", sum - 8), format!("{:b}", sum + 16)];
        Some(
            ask(Medium, question, "binary digits")
                .tagged(&["carries"])
                .working(format!("In decimal that is {left} + {right} = {sum}.\nIn binary: {{answer}}"))
                .exact(&format!("{sum:b}"), wrong)
                .also(&format!("0b{sum:b}"))
                .also(&format!("{sum:b}_2"))
                .also(&format!("{sum:b}_{{2}}"))
                .also(&format!("({sum:b})_2"))
                .also(&format!("{sum:b}2"))
                .also(&format!("({sum:b})2")),
        )
    })
}

fn three_remainders() -> Draft {
    draw("three remainders", |random| {
        let remainders = [random.between(2, 6), random.between(3, 8), random.between(4, 10)];
        let fits = |number: &i64| {
            number % 7 == remainders[0] && number % 9 == remainders[1] && number % 11 == remainders[2]
        };
        let found: Vec<i64> = (1..=693).filter(fits).collect();
        let &[right] = found.as_slice() else { return None };
        if right < 200 {
            return None;
        }
        let question = format!(
            "A teacher counts fewer than 693 coins. In rows of 7 there are {} left over, in rows of 9 there are {} left over, and in rows of 11 there are {} left over. How many coins are there?",
            remainders[0], remainders[1], remainders[2]
        );
        let two = (1..=63).find(|number| number % 7 == remainders[0] && number % 9 == remainders[1])?;
        Some(
            number(Hard, question)
                .working(format!("The first two conditions hold for {two} and every 63rd number after it.\nAmong these, only {{answer}} also leaves {} when divided by 11.", remainders[2]))
                .number(right, [right - 63, if two == right - 63 { right + 63 } else { two }, right + 99]),
        )
    })
}

fn primes() -> Draft {
    draw("primes", |random| {
        let (low, high) = (random.between(60, 110), random.between(120, 170));
        let is_prime = |number: &i64| (2..*number).all(|divisor| number % divisor != 0);
        let found: Vec<i64> = (low..=high).filter(is_prime).collect();
        if !(6..=9).contains(&found.len()) || is_prime(&low) || is_prime(&high) {
            return None;
        }
        let sum: i64 = found.iter().sum();
        // Numbers that look prime.
        let slip = (low..=high).find(|number| [91, 119, 133, 143, 161].contains(number))?;
        let dropped = found[index(random.between(1, 4))];
        let question = format!("What is the sum of all prime numbers between {low} and {high}?");
        Some(
            number(Medium, question)
                .working(format!("They are {}.\nTheir sum is {{answer}}.", listed(&found)))
                .number(sum, [sum + slip, sum - dropped, sum + 10]),
        )
    })
}
