//! Systems of equations, and statistics of few numbers.

use super::super::super::draft::Draft;
use super::super::common::{draw, fraction, listed, money};
use super::number;
use crate::model::prompt::Difficulty::{Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![tickets(), baskets(), ages(), median(), weighted_mean(), deviation(), digits()]
}

fn tickets() -> Draft {
    draw("tickets", |random| {
        // Cents.
        let (adult, child) = (50 * random.between(17, 39), 50 * random.between(7, 16));
        let (adults, children) = (random.between(134, 389), random.between(87, 298));
        let taken = adults * adult + children * child;
        let all = adults + children;
        let question = format!(
            "A museum sold {all} tickets in a day and took {} euros. A ticket costs {} euros for adults and {} euros for children. How many tickets for children were sold?",
            money(taken),
            money(adult),
            money(child)
        );
        if adults == children {
            return None;
        }
        Some(
            number(Medium, question)
                .working(format!(
                    "If all were adults, {} euros would have been taken, which is {} too much.\nEvery child's ticket makes {} euros less, so there were {{answer}}.",
                    money(all * adult),
                    money(all * adult - taken),
                    money(adult - child)
                ))
                .number(children, [adults, children + 10, children - 1]),
        )
    })
}

fn baskets() -> Draft {
    draw("baskets", |random| {
        let prices = [random.between(23, 48), random.between(31, 67), random.between(52, 94)];
        let rows: Vec<Vec<i64>> = (0..3).map(|_| (0..3).map(|_| random.between(2, 6)).collect()).collect();
        let minor =
            |left: usize, right: usize| rows[1][left] * rows[2][right] - rows[1][right] * rows[2][left];
        let determinant = rows[0][0] * minor(1, 2) - rows[0][1] * minor(0, 2) + rows[0][2] * minor(0, 1);
        if determinant == 0 || prices[0] == prices[1] || prices[1] == prices[2] {
            return None;
        }
        let sums: Vec<i64> = rows
            .iter()
            .map(|row| row.iter().zip(prices).map(|(pieces, price)| pieces * price).sum())
            .collect();
        let line = |at: usize| {
            format!(
                "{} apples, {} pears and {} melons weigh {} units",
                rows[at][0], rows[at][1], rows[at][2], sums[at]
            )
        };
        let question = format!(
            "All apples have the same weight, and so have all pears and all melons. {}. {}. {}. How many units do one apple, one pear and one melon weigh together?",
            line(0),
            line(1),
            line(2)
        );
        let right: i64 = prices.iter().sum();
        Some(
            number(Hard, question)
                .tagged(&["equations"])
                .working(format!("Solving the three equations: an apple weighs {}, a pear {} and a melon {} units.\nTogether that is {{answer}}.", prices[0], prices[1], prices[2]))
                .number(right, [prices[0] + prices[1], right + 1, right - 10]),
        )
    })
}

fn ages() -> Draft {
    draw("ages", |random| {
        let (child, factor) = (random.between(7, 16), random.between(3, 4));
        let parent = child * factor;
        let years = random.between(5, 18);
        let (later_child, later_parent) = (child + years, parent + years);
        if later_parent != 2 * later_child + (later_parent - 2 * later_child)
            || later_parent <= 2 * later_child
            || parent > 50
        {
            return None;
        }
        let more = later_parent - 2 * later_child;
        let question = format!(
            "Today Vera is {factor} times as old as her son. In {years} years she will be {more} years older than twice his age then. How old is Vera today?"
        );
        Some(
            number(Easy, question)
                .working(format!("With the son's age s: {factor}s + {years} = 2(s + {years}) + {more}, so s = {child}.\nVera is {{answer}}."))
                .number(parent, [child, later_parent, parent + factor]),
        )
    })
}

fn median() -> Draft {
    draw("median", |random| {
        let mut numbers: Vec<i64> = (0..12).map(|_| random.between(118, 297)).collect();
        let listed_numbers = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let wrong = numbers[4];
        let corrected = random.between(118, 297);
        let half = |numbers: &[i64]| {
            let mut sorted = numbers.to_vec();
            sorted.sort_unstable();
            fraction_text(sorted[5] + sorted[6])
        };
        let before = half(&numbers);
        let unsorted = fraction_text(numbers[5] + numbers[6]);
        numbers[4] = corrected;
        let right = half(&numbers);
        if numbers.iter().filter(|number| **number == wrong).count() > 0 {
            return None;
        }
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        let question = format!(
            "Twelve measured values are: {listed_numbers}. The value {wrong} was misread and is really {corrected}. What is the median of the corrected values? With an even number of values it is the mean of the two in the middle."
        );
        Some(
            number(Easy, question)
                .working(format!(
                    "In order: {}.\nThe two in the middle are {} and {}, and their mean is {{answer}}.",
                    listed(&sorted),
                    sorted[5],
                    sorted[6]
                ))
                .number(right, [before, unsorted, fraction_text(2 * sorted[6])]),
        )
    })
}

/// Half of a number, written as a decimal.
fn fraction_text(doubled: i64) -> String {
    if doubled % 2 == 0 { (doubled / 2).to_string() } else { format!("{}.5", doubled / 2) }
}

fn weighted_mean() -> Draft {
    draw("weighted mean", |random| {
        let groups: Vec<(i64, i64)> =
            (0..3).map(|_| (random.between(12, 48), random.between(520, 890))).collect();
        let people: i64 = groups.iter().map(|(people, _)| people).sum();
        let points: i64 = groups.iter().map(|(people, mean)| people * mean).sum();
        let plain: i64 = groups.iter().map(|(_, mean)| mean).sum();
        if points % people != 0 || plain % 3 != 0 || groups[0].0 == groups[1].0 {
            return None;
        }
        let shown = |tenths: i64| format!("{}.{}", tenths / 10, tenths % 10);
        let text: Vec<String> = groups
            .iter()
            .map(|(people, mean)| format!("{people} pupils with a mean of {} points", shown(*mean)))
            .collect();
        let question = format!(
            "Three classes wrote a test: {}. What is the mean over all pupils of the three classes, in points? It comes out exactly with one decimal.",
            listed(&text)
        );
        Some(
            number(Medium, question)
                .working(format!(
                    "Together {people} pupils have {} points.\nThe mean is {{answer}} points.",
                    shown(points)
                ))
                .number(
                    shown(points / people),
                    [shown(plain / 3), shown(points / people + 10), shown(points / people - 1)],
                ),
        )
    })
}

fn deviation() -> Draft {
    draw("deviation", |random| {
        let values: Vec<i64> = (0..6).map(|_| random.between(23, 97)).collect();
        let sum: i64 = values.iter().sum();
        if sum % 6 != 0 {
            return None;
        }
        let mean = sum / 6;
        let squares: i64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        if squares % 6 != 0 {
            return None;
        }
        let variance = squares / 6;
        let root = (1..60).find(|root| root * root == variance)?;
        let absolute: i64 = values.iter().map(|value| (value - mean).abs()).sum();
        let question = format!(
            "What is the population standard deviation (divide by the number of values, {}) of the values {}? It is an integer.",
            values.len(),
            listed(&values)
        );
        Some(
            number(Hard, question)
                .tagged(&["statistics"])
                .working(format!("The mean is {mean}, the sum of squared deviations is {squares}.\nThe variance is {variance}, and its square root is {{answer}}."))
                .number(fraction(root, 1), [fraction(variance, 1), fraction(absolute, 6), fraction(root + 1, 1)]),
        )
    })
}

fn digits() -> Draft {
    draw("digits", |random| {
        let number_of = |hundreds: i64, tens: i64, ones: i64| 100 * hundreds + 10 * tens + ones;
        let (hundreds, tens, ones) = (random.between(1, 9), random.between(0, 9), random.between(1, 9));
        let (sum, number_is) = (hundreds + tens + ones, number_of(hundreds, tens, ones));
        let turned = number_of(ones, tens, hundreds);
        let (difference, more) = (turned - number_is, tens - hundreds);
        if difference < 198 || !(1..=6).contains(&more) {
            return None;
        }
        let fits = |candidate: &i64| {
            let (hundreds, tens, ones) = (candidate / 100, candidate / 10 % 10, candidate % 10);
            hundreds + tens + ones == sum
                && number_of(ones, tens, hundreds) - candidate == difference
                && tens - hundreds == more
        };
        if (100..1000).filter(fits).count() != 1 {
            return None;
        }
        let question = format!(
            "A three-digit number has the digit sum {sum}. Written backwards it is greater by {difference}. Its tens digit is greater by {more} than its hundreds digit. What is the number?"
        );
        Some(
            number(Medium, question)
                .tagged(&["equations"])
                .working(format!("Ones minus hundreds is {difference} / 99 = {}.\nWith the other two conditions the hundreds digit is {hundreds}, and the number is {{answer}}.", difference / 99))
                .number(number_is, [turned, number_of(tens, hundreds, ones), number_is + 101]),
        )
    })
}
