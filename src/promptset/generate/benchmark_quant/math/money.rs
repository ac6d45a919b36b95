//! Dates, interest, wages, taxes and bills.

use super::super::super::draft::Draft;
use super::super::common::{draw, listed, money};
use super::super::dates::{Day, WEEKDAYS};
use super::{ask, number};
use crate::model::prompt::Difficulty::{Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![days_between(), weekday(), bill(), interest(), tax(), wages()]
}

fn days_between() -> Draft {
    draw("days between", |random| {
        let start = Day(Day::of(2023, 9, 12).0 + random.between(-6, 48));
        let end = Day(Day::of(2024, 3, 6).0 + random.between(-6, 48));
        let days = end.0 - start.0;
        let question = format!(
            "A machine was rented from {} to {}. Every day is charged, the first and the last day included. How many days are charged?",
            start.written(),
            end.written()
        );
        Some(
            number(Medium, question)
                .tagged(&["dates"])
                .working(format!("From the first date to the last {days} days pass; with the first day itself that is {{answer}}."))
                .number(days + 1, [days, days + 2, days - 1]),
        )
    })
}

fn weekday() -> Draft {
    draw("weekday of a date", |random| {
        let known = Day(Day::of(2026, 1, 4).0 + random.between(0, 40));
        let asked = Day(Day::of(2028, 3, 5).0 + random.between(0, 200));
        let (is, right) = (known.weekday(), asked.weekday());
        if is == right {
            return None;
        }
        let question = format!(
            "{} is a {}. On which day of the week does {} fall? Note that 2028 is a leap year.",
            known.written(),
            WEEKDAYS[is],
            asked.written()
        );
        let days = asked.0 - known.0;
        Some(
            ask(Medium, question, "day of the week")
                .tagged(&["dates"])
                .working(format!("From the first date to the second {days} days pass, that is {} weeks and {} days.\nSo it is a {{answer}}.", days / 7, days % 7))
                .word(WEEKDAYS[right], &[WEEKDAYS[(right + 6) % 7], WEEKDAYS[(right + 1) % 7]]),
        )
    })
}

fn bill() -> Draft {
    draw("bill", |random| {
        let people = random.between(6, 9);
        let dishes: Vec<i64> =
            (0..3).map(|_| random.such_that(2_345, 6_789, |cents| cents % 10 > 4)).collect();
        let total: i64 = dishes.iter().sum();
        let (each, left) = (total / people, total % people);
        if left < 3 {
            return None;
        }
        let shown: Vec<String> = dishes.iter().map(|cents| format!("{} euros", money(*cents))).collect();
        let question = format!(
            "{people} friends split the sum of three bills: {}. Everyone pays the same whole number of cents, as much as possible without exceeding the sum, and Mona pays the cents that are still missing on top of her share. How many euros does Mona pay?",
            listed(&shown)
        );
        Some(
            number(Easy, question)
                .working(format!("The sum is {} euros. A share is {} euros, and {left} cents are missing.\nMona pays {{answer}} euros.", money(total), money(each)))
                .number(money(each + left), [money(each), money(each + 1), money(each + left + 100)]),
        )
    })
}

fn interest() -> Draft {
    draw("interest", |random| {
        let start = 100 * random.between(2_150, 7_950);
        let (rate, fee) = (
            random.such_that(225, 475, |rate| rate % 25 == 0 && rate % 100 != 0),
            100 * random.between(9, 19),
        );
        // Cents, rounded half up; no year ends on half a cent, where roundings differ.
        let grown = |cents: i64| (cents * (10_000 + rate) * 2 + 10_000) / 20_000;
        let mut balances = vec![start];
        for _ in 0..4 {
            let last = *balances.last()?;
            if last * rate % 10_000 == 5_000 {
                return None;
            }
            balances.push(grown(last) - fee);
        }
        let simple = start + 4 * (start * rate / 10_000) - 4 * fee;
        let question = format!(
            "An account starts with {} euros. At the end of every year {}.{:02}% interest on the balance is added, rounded to the cent, and then a fee of {} euros is taken off. What is the balance in euros after 4 years?",
            money(start),
            rate / 100,
            rate % 100,
            money(fee)
        );
        let years: Vec<String> = balances[1..4].iter().map(|cents| money(*cents)).collect();
        Some(
            number(Hard, question)
                .working(format!("After the first three years the balance is {} euros.\nAfter the fourth it is {{answer}} euros.", listed(&years)))
                .number(money(balances[4]), [money(balances[3]), money(simple), money(balances[4] + fee)]),
        )
    })
}

fn tax() -> Draft {
    draw("tax", |random| {
        let (free, middle) = (1000 * random.between(9, 14), 1000 * random.between(28, 39));
        let rates = [14 + random.between(0, 4), 27 + random.between(0, 4), 41 + random.between(0, 3)];
        let top = 1000 * random.between(52, 64);
        let income = top + 100 * random.between(41, 196);
        let parts = [middle - free, top - middle, income - top];
        let taxes: Vec<i64> = parts.iter().zip(rates).map(|(part, rate)| part * rate / 100).collect();
        let total: i64 = taxes.iter().sum();
        let question = format!(
            "In a country the part of a yearly income up to {free} is free of tax. The part above {free} up to {middle} is taxed at {}%, the part above {middle} up to {top} at {}%, and the part above {top} at {}%. What is the tax on an income of {income}?",
            rates[0], rates[1], rates[2]
        );
        Some(
            number(Medium, question)
                .working(format!(
                    "The taxed parts are {} and bring {}.\nTogether that is {{answer}}.",
                    listed(&parts),
                    listed(&taxes)
                ))
                .number(total, [income * rates[2] / 100, total + free * rates[0] / 100, total - 100]),
        )
    })
}

fn wages() -> Draft {
    draw("wages", |random| {
        let hourly = 20 * random.between(68, 119);
        let quarters: Vec<i64> = (0..5).map(|_| random.between(30, 41)).collect();
        let (worked, normal) = (quarters.iter().sum::<i64>(), 152);
        let over = worked - normal;
        if !(8..=26).contains(&over) {
            return None;
        }
        let pay = (normal * hourly + over * hourly * 3 / 2) / 4;
        if (normal * hourly * 2 + over * hourly * 3) % 8 != 0 {
            return None;
        }
        let shown: Vec<String> = quarters
            .iter()
            .map(|quarters| format!("{} h {:02} min", quarters / 4, quarters % 4 * 15))
            .collect();
        let question = format!(
            "A worker earns {} euros an hour. Time beyond 38 hours a week is paid at one and a half times that wage. In one week the worker was there for {} on the five days. How many euros did the worker earn in that week?",
            money(hourly),
            listed(&shown)
        );
        Some(
            number(Easy, question)
                .system("You check pay slips. Work step by step and be exact to the cent.")
                .working(format!("Altogether {} h {:02} min, of which {} h {:02} min are overtime.\nThe pay is {{answer}} euros.", worked / 4, worked % 4 * 15, over / 4, over % 4 * 15))
                .number(money(pay), [money(worked * hourly / 4), money(worked * hourly * 3 / 8), money(pay + hourly / 4)]),
        )
    })
}
