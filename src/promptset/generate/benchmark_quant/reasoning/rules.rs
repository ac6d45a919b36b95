//! Stated rules applied to facts.

use super::super::super::draft::Draft;
use super::super::common::{draw, index, money, pick};
use super::number;
use crate::model::prompt::Difficulty::{Easy, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![grants(), parking(), lookup()]
}

fn grants() -> Draft {
    draw("grants", |random| {
        let names = random
            .shuffled(&["Ahn", "Berg", "Costa", "Diaz", "Ekman", "Fuchs", "Gomez", "Hahn", "Ito", "Jung"]);
        // Age, income, years of service, whether they work part-time.
        let people: Vec<(i64, i64, i64, bool)> = names
            .iter()
            .map(|_| {
                (
                    random.between(22, 61),
                    100 * random.between(180, 420),
                    random.between(1, 14),
                    random.between(0, 2) == 0,
                )
            })
            .collect();
        let (limit, years) = (30_000, 5);
        let qualifies = |(age, income, service, part_time): &(i64, i64, i64, bool)| {
            (*income < limit && *service >= years)
                || (*age < 30 && *service >= 2)
                || (*part_time && *income < limit - 5_000)
        };
        let is_barred = |(age, _, service, _): &(i64, i64, i64, bool)| *age > 55 && *service < 10;
        let right = people.iter().filter(|person| qualifies(person) && !is_barred(person)).count();
        let without_bar = people.iter().filter(|person| qualifies(person)).count();
        let first_only =
            people.iter().filter(|(_, income, service, _)| *income < limit && *service >= years).count();
        let at_edge = people
            .iter()
            .any(|(age, income, service, _)| *age == 30 || *income == limit || *service == years);
        if !(3..=6).contains(&right) || without_bar == right || !at_edge || first_only == right {
            return None;
        }
        let lines: Vec<String> = names
            .iter()
            .zip(&people)
            .map(|(name, (age, income, service, part_time))| {
                format!(
                    "{name} | {age} | {income} | {service} | {}",
                    if *part_time { "part-time" } else { "full-time" }
                )
            })
            .collect();
        let who: Vec<&str> = names
            .iter()
            .zip(&people)
            .filter(|(_, person)| qualifies(person) && !is_barred(person))
            .map(|(name, _)| *name)
            .collect();
        let question = format!(
            "A firm gives a grant to an employee to whom at least one of these applies: (a) income below {limit} and at least {years} years of service; (b) younger than 30 and at least 2 years of service; (c) part-time and income below {}. But nobody who is older than 55 and has fewer than 10 years of service gets it.\nname | age | income | years of service | hours\n{}\nHow many of these employees get the grant?",
            limit - 5_000,
            lines.join("\n")
        );
        Some(
            number(Medium, question)
                .copied()
                .tagged(&["rules"])
                .working(format!("The grant goes to {}.\nThat is {{answer}} employees.", who.join(", ")))
                .number(right, [without_bar, first_only, right + 1]),
        )
    })
}

fn parking() -> Draft {
    draw("parking", |random| {
        let (start, length) = (random.between(13 * 60, 16 * 60 + 30), random.between(245, 420));
        let (first, later, evening) =
            (10 * random.between(22, 39), 10 * random.between(14, 21), 10 * random.between(5, 9));
        let end = start + length;
        // Full or begun hours before 18:00, then half hours.
        let day = 18 * 60 - start;
        let (day_hours, evening_halves) = ((day + 59) / 60, (end - 18 * 60 + 29) / 30);
        let full = first + (day_hours - 1) * later + evening_halves * evening;
        let off = full / 10;
        if day % 60 == 0
            || (end - 18 * 60) % 30 == 0
            || !(19 * 60..=23 * 60).contains(&end)
            || day_hours < 2
            || full % 100 == 0
        {
            return None;
        }
        let time = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let question = format!(
            "A car park charges, until 18:00, {} euros for the first hour and {} euros for each further hour, where an hour that has begun counts in full and the last one before 18:00 ends at 18:00. From 18:00 on it charges {} euros for each half hour that has begun, counted from 18:00. Holders of a card get 10% off the whole. Leo has a card and parks from {} to {}. How many euros does he pay?",
            money(first),
            money(later),
            money(evening),
            time(start),
            time(end)
        );
        let rounded_down = first + (day / 60 - 1).max(0) * later + (end - 18 * 60) / 30 * evening;
        Some(
            number(Easy, question)
                .tagged(&["rules"])
                .working(format!(
                    "Until 18:00: {day_hours} hours begun, {} euros.\nAfter that: {evening_halves} half hours begun, {} euros.\nThe whole is {}, and with 10% off {{answer}} euros.",
                    money(first + (day_hours - 1) * later),
                    money(evening_halves * evening),
                    money(full)
                ))
                .number(money(full - off), [money(full), money(rounded_down * 9 / 10), money(full - off + later * 9 / 10)]),
        )
    })
}

fn lookup() -> Draft {
    draw("lookup", |random| {
        let parts = random.shuffled(&["valve", "gasket", "rotor", "spindle", "bracket", "sleeve"]);
        let makers = random.shuffled(&["Nordwerk", "Petrel", "Quarz", "Rhomb"]);
        let places = random.shuffled(&["Lund", "Porto", "Graz", "Turku"]);
        let parts_rows: Vec<(&str, &str, i64)> =
            parts.iter().map(|part| (*part, *pick(random, &makers), random.between(12, 89))).collect();
        let rows: Vec<(&str, &str, i64)> =
            makers.iter().zip(&places).map(|(maker, place)| (*maker, *place, random.between(2, 9))).collect();
        let rates: Vec<(&str, i64)> =
            random.shuffled(&places).iter().map(|place| (*place, random.between(11, 48))).collect();
        let pieces = random.between(3, 8);
        let (part, maker, price) = parts_rows[index(random.between(0, 5))];
        let (_, place, discount) = *rows.iter().find(|(name, _, _)| *name == maker)?;
        let (_, freight) = *rates.iter().find(|(town, _)| *town == place)?;
        let right = pieces * (price - discount) + freight;
        let other = rates.iter().find(|(town, _)| *town != place)?.1;
        let parts_text: Vec<String> =
            parts_rows.iter().map(|(part, maker, price)| format!("{part} | {maker} | {price}")).collect();
        let rows_text: Vec<String> =
            rows.iter().map(|(maker, place, discount)| format!("{maker} | {place} | {discount}")).collect();
        let rates_text: Vec<String> =
            rates.iter().map(|(place, freight)| format!("{place} | {freight}")).collect();
        let question = format!(
            "part | maker | price a piece\n{}\n\nmaker | ships from | discount a piece\n{}\n\nships from | freight for an order\n{}\n\nAll amounts are in euros. What does one order of {pieces} pieces of the {part} cost, with the discount and with the freight?",
            parts_text.join("\n"),
            rows_text.join("\n"),
            rates_text.join("\n")
        );
        Some(
            number(Easy, question)
                .tagged(&["table"])
                .working(format!("The {part} is made by {maker} for {price}, less {discount}.\nIt is shipped from {place} for {freight}.\n{pieces} x {} + {freight} = {{answer}}", price - discount))
                .number(right, [pieces * price + freight, pieces * (price - discount) + other, pieces * (price - discount + freight)]),
        )
    })
}
