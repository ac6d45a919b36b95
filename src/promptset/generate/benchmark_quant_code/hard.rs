//! Programs whose state has to be carried through many steps without a slip.

use std::collections::BTreeMap;

use super::super::draft::Draft;
use super::super::random::Random;
use super::Language::{Python, Rust};
use super::{joined, prints};
use crate::model::prompt::Difficulty::Hard;

pub(super) fn rows() -> Vec<Draft> {
    vec![cached_calls(), shift_register(), for_else(), turned_grid(), partition(), wrapping()]
}

fn cached_calls() -> Draft {
    fn ways(n: i64, calls: &mut i64, cache: &mut Option<BTreeMap<i64, i64>>) -> i64 {
        *calls += 1;
        if n <= 1 {
            return 1;
        }
        if let Some(known) = cache.as_ref().and_then(|cache| cache.get(&n)) {
            return *known;
        }
        let value = ways(n - 1, calls, cache) + ways(n - 3, calls, cache);
        if let Some(cache) = cache {
            cache.insert(n, value);
        }
        value
    }
    let start = Random::of("benchmark cached calls").between(8, 9);
    let count = |start: i64, mut cache: Option<BTreeMap<i64, i64>>| {
        let mut calls = 0;
        let value = ways(start, &mut calls, &mut cache);
        (value, calls)
    };
    let (value, calls) = count(start, Some(BTreeMap::new()));
    let (_, uncached) = count(start, None);
    let line = |value: i64, calls: i64| format!("{value} {calls}");
    prints(
        Hard,
        Python,
        &format!(
            "calls = 0\ncache = {{}}\n\n\ndef ways(n):\n    global calls\n    calls += 1\n    if n <= 1:\n        return 1\n    if n not in cache:\n        cache[n] = ways(n - 1) + ways(n - 3)\n    return cache[n]\n\n\nvalue = ways({start})\nprint(value, calls)"
        ),
        "output",
    )
    .working(format!(
        "Each n from 2 to {start} is computed once and makes two calls; with the first call that is 2 * {} + 1 = {calls}.\nThe values from n = 2 on are {}.\nThe program prints {{answer}}.",
        start - 1,
        joined(&(2..=start).map(|n| count(n, None).0).collect::<Vec<_>>(), ", ")
    ))
    .exact(&line(value, calls), [line(value, uncached), line(value, calls - 1), line(count(start - 1, None).0, calls)])
    .also(&format!("{value}, {calls}"))
}

fn shift_register() -> Draft {
    let mut random = Random::of("benchmark shift register");
    let mask: i64 = 184;
    let step = |x: i64| if x & 1 == 1 { (x >> 1) ^ mask } else { x >> 1 };
    let run = |start: i64, steps: usize| (0..steps).fold(start, |x, _| step(x));
    let odd = |start: i64| (0..5).filter(|steps| run(start, *steps) & 1 == 1).count();
    let start = random.such_that(130, 250, |start| start % 2 == 0 && (2..=3).contains(&odd(start)));
    let shown: Vec<String> = (0..=5).map(|steps| run(start, steps).to_string()).collect();
    let unmasked = start >> 5;
    let masked_before = (0..5).fold(start, |x, _| if x & 1 == 1 { (x ^ mask) >> 1 } else { x >> 1 });
    prints(
        Hard,
        Python,
        &format!(
            "x = {start}\nfor _ in range(5):\n    if x & 1:\n        x = (x >> 1) ^ {mask}\n    else:\n        x = x >> 1\nprint(x)"
        ),
        "number",
    )
    .working(format!("x takes the values {}.\nThe program prints {{answer}}.", shown.join(", ")))
    .number(run(start, 5), [run(start, 4), unmasked, masked_before])
}

fn for_else() -> Draft {
    let mut random = Random::of("benchmark for else");
    let (low, wanted) = (random.between(21, 34), 4);
    let run = |skips: bool, wanted: usize| {
        let mut found = Vec::new();
        for n in low..low + 40 {
            if skips && n % 4 == 3 {
                continue;
            }
            if ![2, 3, 5].iter().any(|divisor| n % divisor == 0) {
                found.push(n);
                if found.len() == wanted {
                    break;
                }
            }
        }
        found
    };
    let found = run(true, wanted);
    let sum = |numbers: Vec<i64>| numbers.iter().sum::<i64>();
    prints(
        Hard,
        Python,
        &format!(
            "found = []\nfor n in range({low}, {}):\n    if n % 4 == 3:\n        continue\n    for d in (2, 3, 5):\n        if n % d == 0:\n            break\n    else:\n        found.append(n)\n        if len(found) == {wanted}:\n            break\nprint(sum(found))",
            low + 40
        ),
        "number",
    )
    .working(format!(
        "The else belongs to the inner for: n is kept when none of 2, 3 and 5 divides it, unless n % 4 is 3.\nThe first {wanted} are {}.\nTheir sum is {{answer}}.",
        joined(&found, ", ")
    ))
    .number(sum(found), [sum(run(false, wanted)), sum(run(true, wanted - 1)), sum(run(true, wanted + 1))])
}

fn turned_grid() -> Draft {
    let mut random = Random::of("benchmark turned grid");
    let grid: Vec<Vec<i64>> = (0..4).map(|_| (0..4).map(|_| random.between(1, 9)).collect()).collect();
    let clockwise = |i: usize, j: usize| grid[3 - j][i];
    let other_way = |i: usize, j: usize| grid[j][3 - i];
    let transposed = |i: usize, j: usize| grid[j][i];
    let total = |at: &dyn Fn(usize, usize) -> i64| {
        (0..4).map(|i| at(i, i) * 2 - at(i, 3 - i) + at(0, i) * 3).sum::<i64>()
    };
    let right = total(&clockwise);
    let turned: Vec<Vec<i64>> = (0..4).map(|i| (0..4).map(|j| clockwise(i, j)).collect()).collect();
    let lines: Vec<String> = grid.iter().map(|row| format!("    {row:?},")).collect();
    prints(
        Hard,
        Python,
        &format!(
            "grid = [\n{}\n]\nturned = [list(row) for row in zip(*grid[::-1])]\ntotal = 0\nfor i in range(4):\n    total += 2 * turned[i][i] - turned[i][3 - i] + 3 * turned[0][i]\nprint(total)",
            lines.join("\n")
        ),
        "number",
    )
    .working(format!(
        "zip(*grid[::-1]) turns the grid clockwise; its rows are then {}.\nGoing through i = 0 to 3 adds {}.\nThe total is {{answer}}.",
        joined(&turned.iter().map(|row| format!("{row:?}")).collect::<Vec<_>>(), ", "),
        joined(
            &(0..4)
                .map(|i| clockwise(i, i) * 2 - clockwise(i, 3 - i) + clockwise(0, i) * 3)
                .collect::<Vec<_>>(),
            ", "
        )
    ))
    .number(right, [total(&other_way), total(&transposed)].into_iter().filter(|wrong| *wrong != right))
}

fn partition() -> Draft {
    let pivot = 38;
    let run = |start: &[i64], final_swap: bool| {
        let mut values = start.to_vec();
        let (last, mut low) = (values.len() - 1, 0);
        for j in 0..last {
            if values[j] < values[last] {
                values.swap(low, j);
                low += 1;
            }
        }
        if final_swap {
            values.swap(low, last);
        }
        values
    };
    let stable = |start: &[i64]| {
        let smaller = start.iter().copied().filter(|value| *value < pivot);
        let greater = start.iter().copied().filter(|value| *value > pivot);
        smaller.chain([pivot]).chain(greater).collect::<Vec<i64>>()
    };
    // Each of the smaller ones has to be moved; neither part comes out sorted, nor in its old order.
    let mut random = Random::of("benchmark partition");
    let start = std::iter::repeat_with(|| {
        let mut start = random.shuffled(&[12, 19, 23, 44, 51, 57, 66]);
        start.push(pivot);
        start
    })
    .find(|start| {
        let values = run(start, true);
        let parts_differ = values[..3] != stable(start)[..3] || values[4..] != stable(start)[4..];
        start[0] > pivot && !values[..3].is_sorted() && !values[4..].is_sorted() && parts_differ
    })
    .unwrap();
    let mut sorted = start.clone();
    sorted.sort_unstable();
    let right = format!("{:?}", run(&start, true));
    let wrong = [run(&start, false), sorted, stable(&start)].map(|values| format!("{values:?}"));
    prints(
        Hard,
        Python,
        &format!(
            "values = {start:?}\npivot = values[-1]\ni = 0\nfor j in range(len(values) - 1):\n    if values[j] < pivot:\n        values[i], values[j] = values[j], values[i]\n        i += 1\nvalues[i], values[-1] = values[-1], values[i]\nprint(values)"
        ),
        "list",
    )
    .working("Each value below the pivot is swapped to place i, which then moves on; at the end the pivot is swapped to place i.\nThe program prints {answer}.")
    .exact(&right, wrong)
    .also(&right.replace(' ', ""))
}

fn wrapping() -> Draft {
    let step = |x: u8, i: u8| x.wrapping_mul(3).wrapping_add(i);
    let run = |start: i64| {
        (1..=5).fold(vec![u8::try_from(start).unwrap()], |mut path, i| {
            path.push(step(path[path.len() - 1], i));
            path
        })
    };
    let last = |path: &[u8]| path[path.len() - 1];
    // It wraps more than once and ends below zero as an `i8`.
    let start = Random::of("benchmark wrapping").such_that(20, 60, |start| last(&run(start)) > 140);
    let path = run(start);
    let end = last(&path);
    let signed = i64::from(end.cast_signed());
    let unwrapped = (1..=5).fold(start, |x, i| 3 * x + i);
    prints(
        Hard,
        Rust,
        &format!(
            "fn main() {{\n    let mut x: u8 = {start};\n    for i in 1..=5u8 {{\n        x = x.wrapping_mul(3).wrapping_add(i);\n    }}\n    println!(\"{{}}\", x as i8);\n}}"
        ),
        "number",
    )
    .working(format!(
        "Modulo 256, x takes the values {}.\nAs an i8, {end} is {end} - 256 = {{answer}}.",
        joined(&path, ", ")
    ))
    .number(signed, [i64::from(end), -signed, unwrapped])
}
