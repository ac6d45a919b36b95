//! Speeds, flows and units.

use super::super::super::draft::Draft;
use super::super::common::{draw, fraction, money};
use super::{ask, number};
use crate::model::prompt::Difficulty::{Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![pump(), seeds(), round_trip(), trains(), flight()]
}

fn pump() -> Draft {
    draw("pump", |random| {
        let (inflow, leak) = (random.between(34, 78), random.between(3, 9));
        let tenths = random.between(21, 69);
        let before = random.between(2, 9) * 50;
        let litres = tenths * 100 - before;
        if litres % (inflow - leak) != 0 || tenths % 10 == 0 {
            return None;
        }
        let minutes = litres / (inflow - leak);
        let question = format!(
            "A tank of {}.{} cubic metres already holds {before} litres of water. A pump fills in {inflow} litres per minute while {leak} litres per minute leak out. After how many minutes is the tank full?",
            tenths / 10,
            tenths % 10
        );
        Some(
            number(Medium, question)
                .working(format!("{} - {before} = {litres} litres are missing.\nPer minute {} litres stay, so it takes {{answer}} minutes.", tenths * 100, inflow - leak))
                .number(fraction(minutes, 1), [fraction(tenths * 100, inflow - leak), fraction(litres, inflow + leak), fraction(litres, inflow)]),
        )
    })
}

fn seeds() -> Draft {
    draw("seeds", |random| {
        let quarters = random.such_that(5, 19, |quarters| quarters % 4 != 0);
        let grams = random.between(13, 38);
        let (area, needed) = (quarters * 2500, quarters * 2500 * grams);
        let (bag, full) = (25, needed / 25_000);
        if needed % 25_000 == 0 {
            return None;
        }
        let hectares = money(quarters * 25);
        let question = format!(
            "A farmer sows {hectares} hectares with {grams} grams of seed per square metre. Seed is sold only in whole bags of {bag} kilograms. How many bags must the farmer buy at least? (1 hectare = 10,000 square metres)"
        );
        Some(
            number(Medium, question)
                .tagged(&["units"])
                .working(format!("{hectares} hectares are {area} square metres, which need {needed} grams.\n{full} bags are not enough, so the farmer must buy {{answer}}."))
                .number(full + 1, [full, 10 * full + 1, full + 2]),
        )
    })
}

fn round_trip() -> Draft {
    draw("round trip", |random| {
        let (out, back) = (random.between(24, 90), random.between(24, 90));
        let distance = random.between(3, 15) * 12;
        if out <= back + 8
            || 2 * out * back % (out + back) != 0
            || 60 * distance % out != 0
            || 60 * distance % back != 0
        {
            return None;
        }
        let mean = 2 * out * back / (out + back);
        let question = format!(
            "A courier rides {distance} km at {out} km/h and returns on the same road at {back} km/h. What is the average speed in km/h over the whole ride, the time for turning left out?"
        );
        Some(
            number(Medium, question)
                .working(format!(
                    "Out: {} minutes, back: {} minutes.\n{} km in {} minutes is {{answer}} km/h.",
                    60 * distance / out,
                    60 * distance / back,
                    2 * distance,
                    60 * distance / out + 60 * distance / back
                ))
                .number(
                    fraction(mean, 1),
                    [fraction(out + back, 2), fraction(mean + 1, 1), fraction(mean / 2, 1)],
                ),
        )
    })
}

fn clock(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

fn trains() -> Draft {
    draw("trains", |random| {
        let (first, second) = (random.between(68, 130), random.between(75, 140));
        let (start, delay) =
            (6 * 60 + random.between(5, 55), random.such_that(20, 50, |delay| delay % 5 == 0));
        let distance = random.between(240, 480);
        let left = 60 * distance - first * delay;
        if first == second || left % (first + second) != 0 || first * delay % 60 != 0 {
            return None;
        }
        let later = left / (first + second);
        let meeting = start + delay + later;
        if later < 40 {
            return None;
        }
        let question = format!(
            "Two stations are {distance} km apart on one straight line. At {} a train leaves the first towards the second at {first} km/h. {delay} minutes later another train leaves the second station towards the first at {second} km/h. Both keep their speed. At what time do they meet? Write it as HH:MM on the 24-hour clock.",
            clock(start)
        );
        let wrong =
            [clock(start + 60 * distance / (first + second)), clock(start + later), clock(meeting + delay)];
        Some(
            ask(Hard, question, "HH:MM")
                .working(format!(
                    "In its first {delay} minutes the first train covers {} km; {} km are left.\nThey close in at {} km/h, which takes {later} minutes.\nSo they meet at {{answer}}.",
                    first * delay / 60,
                    distance - first * delay / 60,
                    first + second
                ))
                .exact(&clock(meeting), wrong),
        )
    })
}

fn flight() -> Draft {
    draw("flight", |random| {
        let start = random.between(16, 20) * 60 + random.between(1, 11) * 5 - 2;
        let (first, stop, second) =
            (random.between(215, 345), random.between(65, 135), random.between(185, 290));
        let west = random.between(4, 7);
        let there = start + first + stop + second;
        let local = there - west * 60;
        let question = format!(
            "A plane leaves city P at {} local time. It flies {} h {} min to city Q, waits there {stop} minutes, and flies {} h {} min to city R. In R clocks show {west} hours less than in P. At what local time does it land in R? Write it as HH:MM on the 24-hour clock.",
            clock(start),
            first / 60,
            first % 60,
            second / 60,
            second % 60
        );
        if there < 25 * 60 || local < 24 * 60 {
            return None;
        }
        Some(
            ask(Medium, question, "HH:MM")
                .tagged(&["time_zones"])
                .working(format!(
                    "The journey lasts {} minutes.\nIn P the time is then {}.\nIn R it is {{answer}}.",
                    first + stop + second,
                    clock(there)
                ))
                .exact(&clock(local), [clock(there), clock(there + west * 60), clock(local - stop)]),
        )
    })
}
