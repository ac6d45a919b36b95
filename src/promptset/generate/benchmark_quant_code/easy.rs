//! Short programs of one idea each.

use super::super::draft::Draft;
use super::super::random::Random;
use super::Language::{Bash, JavaScript, Python, Rust};
use super::{floored, joined, prints};
use crate::model::prompt::Difficulty::Easy;

pub(super) fn rows() -> Vec<Draft> {
    vec![division(), slices(), digits(), sets(), text_sort(), file_name(), backwards()]
}

fn division() -> Draft {
    let mut random = Random::of("benchmark division");
    let b = random.between(6, 9);
    let a = -random.such_that(40, 75, |a| a % b > 1);
    let (quotient, remainder) = floored(a, b);
    let shown = |quotient: i64, remainder: i64| 100 * quotient + remainder;
    prints(
        Easy,
        Python,
        &format!("a = {a}\nb = {b}\nprint((a // b) * 100 + a % b)"),
        "number",
    )
    .working(format!(
        "a // b rounds down to {quotient}.\na % b has the sign of b: {a} - ({quotient}) * {b} = {remainder}.\nThe program prints {{answer}}."
    ))
    .number(shown(quotient, remainder), [shown(a / b, a % b), shown(quotient, a % b), shown(a / b, remainder)])
}

fn slices() -> Draft {
    let text = "blacksmithing";
    let step = usize::try_from(Random::of("benchmark slices").between(3, 4)).unwrap();
    let (from, to) = (text.len() - 7, text.len() - 2);
    let spread = |first: usize| text.chars().skip(first).step_by(step).collect::<String>();
    let right = format!("{}{}", &text[from..to], spread(0));
    prints(
        Easy,
        Python,
        &format!("s = \"{text}\"\nprint(s[-7:-2] + s[::{step}])"),
        "output",
    )
    .working(format!(
        "s[-7:-2] goes from the seventh character from the end up to, and without, the second from the end: \"{}\".\ns[::{step}] takes every character whose index is a multiple of {step}: \"{}\".\nJoined they are {{answer}}.",
        &text[from..to],
        spread(0)
    ))
    .exact(
        &right,
        [
            format!("{}{}", &text[from..=to], spread(0)),
            format!("{}{}", &text[from - 1..to - 1], spread(0)),
            format!("{}{}", &text[from..to], spread(step - 1)),
        ],
    )
}

fn digits() -> Draft {
    let mut random = Random::of("benchmark digits");
    let number =
        random.shuffled(&[1, 2, 4, 5, 7, 8]).into_iter().fold(0_i64, |number, digit| 10 * number + digit);
    let kept = |parity: i64| {
        let (mut rest, mut result) = (number, 0);
        while rest > 0 {
            if rest % 10 % 2 == parity {
                result = 10 * result + rest % 10;
            }
            rest /= 10;
        }
        result
    };
    let right = kept(0);
    let in_order = right % 10 * 100 + right / 10 % 10 * 10 + right / 100;
    prints(
        Easy,
        Python,
        &format!(
            "n = {number}\nresult = 0\nwhile n > 0:\n    digit = n % 10\n    if digit % 2 == 0:\n        result = result * 10 + digit\n    n //= 10\nprint(result)"
        ),
        "number",
    )
    .working("The digits are taken from the right; only even ones are appended to result.\nAt the end result is {answer}.")
    .number(right, [in_order, kept(1), right * 10])
}

fn sets() -> Draft {
    let mut random = Random::of("benchmark sets");
    let pool = random.shuffled(&[3, 4, 6, 8, 11, 12, 15, 17, 19]);
    let (mut first, second) = (pool[..5].to_vec(), pool[3..8].to_vec());
    first.push(pool[0]);
    let list = |wanted: &dyn Fn(&i64) -> bool| {
        let mut items: Vec<i64> = pool.iter().copied().filter(|item| wanted(item)).collect();
        items.sort_unstable();
        format!("{items:?}")
    };
    let right = list(&|item| first.contains(item) != second.contains(item));
    prints(
        Easy,
        Python,
        &format!("a = set({first:?})\nb = set({second:?})\nprint(sorted(a ^ b))"),
        "list",
    )
    .working(format!(
        "Both sets hold {} and {}; ^ keeps what is in exactly one of them.\nSorted, the program prints {{answer}}.",
        pool[3], pool[4]
    ))
    .exact(
        &right,
        [
            list(&|item| first.contains(item) || second.contains(item)),
            list(&|item| first.contains(item) && second.contains(item)),
            list(&|item| first.contains(item) && !second.contains(item)),
        ],
    )
    .also(&right.replace(' ', ""))
}

fn text_sort() -> Draft {
    let mut random = Random::of("benchmark text sort");
    let values = random.shuffled(&[5, 9, 31, 40, 108, 260]);
    let mut numeric = values.clone();
    numeric.sort_unstable();
    let mut text = values.clone();
    text.sort_by_key(ToString::to_string);
    let mut falling = numeric.clone();
    falling.reverse();
    prints(
        Easy,
        JavaScript,
        &format!("const values = {values:?};\nvalues.sort();\nconsole.log(values.join(\" \"));"),
        "output",
    )
    .working("Without a comparison function sort() compares the elements as strings, character by character.\nThe program prints {answer}.")
    .exact(&joined(&text, " "), [joined(&numeric, " "), joined(&values, " "), joined(&falling, " ")])
    .also(&joined(&text, ", "))
}

fn file_name() -> Draft {
    let mut random = Random::of("benchmark file name");
    let words = random.shuffled(&["ledger", "spring", "copy", "tar"]);
    let name = joined(&words, ".");
    let (shortest, rest) = name.split_once('.').unwrap();
    let (longest, extension) = name.rsplit_once('.').unwrap();
    prints(
        Easy,
        Bash,
        &format!("path=\"/srv/data/{name}\"\nname=\"${{path##*/}}\"\necho \"${{name#*.}}-${{name%%.*}}\""),
        "output",
    )
    .working(format!(
        "${{path##*/}} removes everything up to the last slash, which leaves {name}.\n%%.* removes the longest ending that begins with a dot, #*. the shortest beginning that ends with one.\nThe program prints {{answer}}."
    ))
    .exact(
        &format!("{rest}-{shortest}"),
        [format!("{rest}-{longest}"), format!("{extension}-{shortest}"), format!("{extension}-{longest}")],
    )
}

fn backwards() -> Draft {
    let mut random = Random::of("benchmark backwards");
    // An odd step, so that odd and even numbers take turns.
    let (end, step) = (random.between(19, 23), 3);
    let even = |numbers: Vec<i64>| numbers.into_iter().filter(|n| n % 2 == 0).collect::<Vec<_>>();
    let taken: Vec<i64> = (1..=end).rev().step_by(step).collect();
    let right: i64 = even(taken.clone()).iter().sum();
    let forwards: i64 = even((1..=end).step_by(step).collect()).iter().sum();
    let without_end: i64 = even((1..end).rev().step_by(step).collect()).iter().sum();
    let all: i64 = taken.iter().sum();
    prints(
        Easy,
        Rust,
        &format!(
            "fn main() {{\n    let total: i32 = (1..={end}).rev().step_by({step}).filter(|n| n % 2 == 0).sum();\n    println!(\"{{total}}\");\n}}"
        ),
        "number",
    )
    .working(format!(
        "Backwards in steps of {step} the numbers are {}.\nThe even ones among them add up to {{answer}}.",
        joined(&taken, ", ")
    ))
    .number(right, [forwards, without_end, all].into_iter().filter(|wrong| *wrong != right))
}
