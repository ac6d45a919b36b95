//! Python's own ways: aliases, closures, generators, `finally`, the order of dictionaries, stable sorting.

use super::super::draft::Draft;
use super::super::random::Random;
use super::Language::Python;
use super::{joined, prints};
use crate::model::prompt::Difficulty::Medium;

pub(super) fn rows() -> Vec<Draft> {
    vec![aliases(), late_binding(), sort_key(), generator(), attempts(), dictionary(), run_lengths()]
}

fn aliases() -> Draft {
    let mut random = Random::of("benchmark aliases");
    let start = random.shuffled(&[2, 5, 8]);
    let (appended, first, joined_on, second) =
        (random.between(11, 14), random.between(20, 25), random.between(30, 33), random.between(41, 45));
    // `is_copy` is what `b = a` would do if it copied; `in_place` what `a = a + [..]` would do as `a += [..]`.
    let run = |is_copy: bool, in_place: bool| {
        let (mut a, mut b, mut c) = (start.clone(), start.clone(), start.clone());
        b.push(appended);
        if !is_copy {
            a.push(appended);
        }
        c[0] = first;
        a.push(joined_on);
        if in_place {
            b.push(joined_on);
            a[1] = second;
        }
        b[1] = second;
        let sum = |list: &[i64]| list.iter().sum::<i64>();
        joined(&[sum(&a), sum(&b), sum(&c)], " ")
    };
    prints(
        Medium,
        Python,
        &format!(
            "a = {start:?}\nb = a\nc = a[:]\nb.append({appended})\nc[0] = {first}\na = a + [{joined_on}]\nb[1] = {second}\nprint(sum(a), sum(b), sum(c))"
        ),
        "output",
    )
    .working("b is the same list as a, c is a copy.\na = a + [...] makes a new list, so that what is done to b afterwards no longer shows in a.\nThe program prints {answer}.")
    .exact(&run(false, false), [run(true, false), run(false, true)])
}

fn late_binding() -> Draft {
    let mut random = Random::of("benchmark late binding");
    let (count, factor, argument) = (random.between(4, 5), random.between(3, 6), random.between(10, 20));
    let each = |i: i64| argument + i * factor;
    let late: i64 = (0..count).map(|_| each(count - 1)).sum();
    let early: i64 = (0..count).map(each).sum();
    let past: i64 = (0..count).map(|_| each(count)).sum();
    prints(
        Medium,
        Python,
        &format!(
            "functions = []\nfor i in range({count}):\n    functions.append(lambda x: x + i * {factor})\nprint(sum(f({argument}) for f in functions))"
        ),
        "number",
    )
    .working(format!(
        "The functions look i up when they are called, and after the loop i is {}.\nEach of the {count} calls gives {}, in all {{answer}}.",
        count - 1,
        each(count - 1)
    ))
    .number(late, [early, past])
}

fn sort_key() -> Draft {
    let words = Random::of("benchmark sort key")
        .shuffled(&["harbor", "pine", "velvet", "crow", "saddle", "moss", "tunnel", "ivy"]);
    let last = |word: &str| word.chars().last().unwrap();
    let initials = |words: &[&str]| words.iter().filter_map(|word| word.chars().next()).collect::<String>();
    let sorted = |key: &dyn Fn(&str) -> (i64, char)| {
        let mut words = words.clone();
        words.sort_by_key(|word| key(word));
        words
    };
    let length = |word: &str| i64::try_from(word.len()).unwrap();
    let right = sorted(&|word| (-length(word), last(word)));
    prints(
        Medium,
        Python,
        &format!(
            "words = {words:?}\nwords.sort(key=lambda w: (-len(w), w[-1]))\nprint(\"\".join(w[0] for w in words))"
        ),
        "output",
    )
    .working(format!(
        "Longer words come first; words of one length are ordered by their last letter, and keep their order where that is the same too: {}.\nTheir initials are {{answer}}.",
        right.join(", ")
    ))
    .exact(
        &initials(&right),
        [
            initials(&sorted(&|word| (length(word), last(word)))),
            initials(&sorted(&|word| (-length(word), word.chars().next().unwrap()))),
            initials(&sorted(&|word| (-length(word), 'a'))),
        ],
    )
}

fn generator() -> Draft {
    let mut random = Random::of("benchmark generator");
    let (start, grow) = (random.between(3, 9), random.between(2, 4));
    let value = |index: usize| {
        let (mut value, mut step) = (start, 1);
        for _ in 0..index {
            value += step;
            step += grow;
        }
        value
    };
    let sum = |indices: &[usize]| indices.iter().map(|index| value(*index)).sum::<i64>();
    prints(
        Medium,
        Python,
        &format!(
            "def walk(value):\n    step = 1\n    while True:\n        yield value\n        value += step\n        step += {grow}\n\n\ng = walk({start})\nfirst = next(g)\nnext(g)\npicked = []\nfor v in g:\n    picked.append(v)\n    if len(picked) == 3:\n        break\nprint(first + sum(picked) + next(g))"
        ),
        "number",
    )
    .working(format!(
        "The generator gives {}, ...\nThe first is kept, the second dropped, the next three are picked and one more is taken.\nThe program prints {{answer}}.",
        joined(&(0..6).map(value).collect::<Vec<_>>(), ", ")
    ))
    .number(sum(&[0, 2, 3, 4, 5]), [sum(&[0, 1, 2, 3, 4]), sum(&[0, 2, 3, 4, 6]), sum(&[0, 2, 3, 4])])
}

fn attempts() -> Draft {
    let mut random = Random::of("benchmark attempts");
    let dividend = random.such_that(12, 18, |dividend| dividend / 4 != dividend / 5);
    let mut divisors = random.shuffled(&[4, 5]);
    divisors.insert(1, 0);
    // Which of the ways out run `finally` and `else`.
    let run = |finally_after_return: bool, else_after_success: bool| {
        let mut log = String::new();
        for divisor in &divisors {
            log.push('t');
            if *divisor == 0 {
                log.push('x');
                if finally_after_return {
                    log.push('f');
                }
                log.push('r');
            } else {
                log.push_str(&(dividend / divisor).to_string());
                if else_after_success {
                    log.push('e');
                }
                log.push_str("fd");
            }
        }
        log
    };
    prints(
        Medium,
        Python,
        &format!(
            "log = []\n\n\ndef attempt(n):\n    try:\n        log.append(\"t\")\n        log.append(str({dividend} // n))\n    except ZeroDivisionError:\n        log.append(\"x\")\n        return \"r\"\n    else:\n        log.append(\"e\")\n    finally:\n        log.append(\"f\")\n    return \"d\"\n\n\nfor n in {divisors:?}:\n    log.append(attempt(n))\nprint(\"\".join(log))"
        ),
        "output",
    )
    .working("Without an error the order is t, the quotient, e, f, and d once the call has returned.\nWith the division by zero it is t, x, then f before the return takes effect, then r.\nThe program prints {answer}.")
    .exact(&run(true, true), [run(false, true), run(true, false)])
}

fn dictionary() -> Draft {
    let mut random = Random::of("benchmark dictionary");
    let names = random.shuffled(&["pear", "fig", "kiwi", "lime"]);
    // No two are neighbours, so that none is equal to another plus 1.
    let numbers = random.shuffled(&[2, 5, 7, 9, 12, 14]);
    let (first, second, third, added) = (names[0], names[1], names[2], names[3]);
    let show = |entries: &[(&str, i64)]| {
        entries.iter().map(|(name, number)| format!("{name}{number}")).collect::<Vec<_>>().join(" ")
    };
    let mut stock = vec![(first, numbers[0]), (second, numbers[1]), (third, numbers[2])];
    stock[1].1 = numbers[3];
    let (_, popped) = stock.remove(0);
    stock.push((added, popped + 1));
    stock.push((first, numbers[4]));
    let right = show(&stock);
    let in_old_place =
        [(first, numbers[4]), (second, numbers[3]), (third, numbers[2]), (added, numbers[0] + 1)];
    let moved_to_end = [stock[1], stock[0], stock[2], stock[3]];
    let mut alphabetic = stock.clone();
    alphabetic.sort_unstable();
    let wrong = [show(&in_old_place), show(&moved_to_end), show(&alphabetic)];
    prints(
        Medium,
        Python,
        &format!(
            "stock = {{\"{first}\": {}, \"{second}\": {}, \"{third}\": {}}}\nstock[\"{second}\"] = {}\nstock[\"{added}\"] = stock.pop(\"{first}\") + 1\nstock[\"{first}\"] = {}\nprint(\" \".join(name + str(count) for name, count in stock.items()))",
            numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
        ),
        "output",
    )
    .working(format!(
        "Giving \"{second}\" a new value leaves it where it was; \"{first}\" is taken out and comes back at the end, after \"{added}\".\nThe program prints {{answer}}."
    ))
    .exact(&right, wrong.into_iter().filter(|wrong| *wrong != right))
}

fn run_lengths() -> Draft {
    let mut random = Random::of("benchmark run lengths");
    let letters = random.shuffled(&['g', 'k', 'm', 'p', 'w']);
    let runs: Vec<(char, usize)> =
        letters.into_iter().map(|letter| (letter, usize::try_from(random.between(1, 4)).unwrap())).collect();
    let text: String = runs.iter().map(|(letter, count)| letter.to_string().repeat(*count)).collect();
    let encoded = |runs: &[(char, usize)]| {
        runs.iter().map(|(letter, count)| format!("{letter}{count}")).collect::<Vec<_>>().concat()
    };
    let reset_to_zero: Vec<(char, usize)> = runs[..4]
        .iter()
        .enumerate()
        .map(|(index, (l, n))| (*l, if index == 0 { *n } else { n - 1 }))
        .collect();
    prints(
        Medium,
        Python,
        &format!(
            "def encode(text):\n    out = \"\"\n    count = 1\n    for i in range(1, len(text)):\n        if text[i] == text[i - 1]:\n            count += 1\n        else:\n            out += text[i - 1] + str(count)\n            count = 1\n    return out\n\n\nprint(encode(\"{text}\"))"
        ),
        "output",
    )
    .working("A run is written only when a different letter follows, so that the last run is never written.\nThe program prints {answer}.")
    .exact(&encoded(&runs[..4]), [encoded(&runs), encoded(&reset_to_zero)])
}
