//! Predicting what short programs print. Each program is also run here, in Rust.

use super::super::draft::Draft;
use super::super::random::Random;
use crate::model::prompt::Difficulty::{self, Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![multiples(), slices(), halving(), stack(), initials(), nested()]
}

fn prints(difficulty: Difficulty, language: &str, program: &str, kind: &str) -> Draft {
    let question = format!("What does this {language} program print?\n\n```\n{program}\n```");
    Draft::ask("code", difficulty, question, kind)
}

fn multiples() -> Draft {
    let mut random = Random::of("quant multiples");
    let (step, end) = (random.between(3, 4), random.between(20, 26));
    let hits: Vec<i64> = (1..end).filter(|i| i % step == 0).collect();
    let total: i64 = hits.iter().sum();
    let shown: Vec<String> = hits.iter().map(ToString::to_string).collect();
    prints(
        Easy,
        "JavaScript",
        &format!(
            "let total = 0;\nfor (let i = 1; i < {end}; i++) {{\n  if (i % {step} === 0) {{\n    total += i;\n  }}\n}}\nconsole.log(total);"
        ),
        "number",
    )
    .working(format!(
        "The loop runs from 1 to {}. The multiples of {step} in that range are {}.\nAdded one after the other, their sum is {{answer}}.",
        end - 1,
        shown.join(", ")
    ))
    .number(total, [total - hits[hits.len() - 1], total + step, total + hits[hits.len() - 1] + step])
}

fn slices() -> Draft {
    let word = "watermelon";
    let start = usize::try_from(Random::of("quant slices").between(2, 3)).unwrap();
    let (head, tail) = (&word[start..start + 4], &word[word.len() - 2..]);
    let right = format!("{}{tail}", head.to_uppercase());
    prints(
        Easy,
        "Python",
        &format!("word = \"{word}\"\nprint(word[{start}:{}].upper() + word[-2:])", start + 4),
        "output",
    )
    .working(format!(
        "word[{start}:{}] takes the characters at the positions {start} to {}, which are \"{head}\"; upper() makes them capitals.\nword[-2:] is \"{tail}\".\nJoined, this prints {{answer}}.",
        start + 4,
        start + 3
    ))
    .exact(
        &right,
        [
            format!("{}{tail}", word[start..=start + 4].to_uppercase()),
            format!("{}{tail}", word[start - 1..start + 3].to_uppercase()),
            format!("{head}{tail}"),
        ],
    )
}

fn halving() -> Draft {
    let path = |start: i64| {
        std::iter::successors(Some(start), |n| match n {
            1 => None,
            n if n % 2 == 0 => Some(n / 2),
            n => Some(3 * n + 1),
        })
        .collect::<Vec<_>>()
    };
    let start =
        Random::of("quant halving").such_that(12, 60, |n| n % 2 == 0 && (15..=18).contains(&path(n).len()));
    let shown: Vec<String> = path(start).iter().map(ToString::to_string).collect();
    let steps = shown.len() - 1;
    prints(
        Medium,
        "Python",
        &format!(
            "n = {start}\nsteps = 0\nwhile n != 1:\n    if n % 2 == 0:\n        n = n // 2\n    else:\n        n = 3 * n + 1\n    steps += 1\nprint(steps)"
        ),
        "number",
    )
    .working(format!("n takes the values {}.\nThe number of steps between them is {{answer}}.", shown.join(", ")))
    .number(steps, [steps + 1, steps - 1])
}

fn stack() -> Draft {
    let mut random = Random::of("quant list");
    let start = random.shuffled(&[3, 5, 8, 9]);
    let (added, inserted) = (random.between(11, 14), random.between(20, 24));
    let mut items = start.clone();
    items.push(added);
    let popped = items.remove(1);
    items.insert(0, inserted);
    items.reverse();
    let doubled = items[2] * 2;
    items[2] = doubled;
    let mut unreversed = items.clone();
    unreversed.reverse();
    let mut undoubled = items.clone();
    undoubled[2] /= 2;
    prints(
        Medium,
        "Python",
        &format!(
            "items = {start:?}\nitems.append({added})\nitems.pop(1)\nitems.insert(0, {inserted})\nitems.reverse()\nitems[2] = items[2] * 2\nprint(items)"
        ),
        "list",
    )
    .working(format!(
        "append puts {added} at the end, pop(1) removes {popped}, and insert puts {inserted} at the front.\nAfter reverse() the item at index 2 is {}, and it is doubled to {doubled}.\nThe program prints {{answer}}.",
        doubled / 2
    ))
    .exact(&format!("{items:?}"), [format!("{unreversed:?}"), format!("{undoubled:?}")])
    .also(&format!("{items:?}").replace(' ', ""))
}

fn initials() -> Draft {
    let mut random = Random::of("quant initials");
    let words = random.shuffled(&["meadow", "brick", "lantern", "owl", "quince"]);
    let code = |word: &str| format!("{}{}", &word[..1], word.len());
    let mut sorted = words.clone();
    sorted.sort_by_key(|word| word.len());
    let join = |words: &[&str]| words.iter().map(|word| code(word)).collect::<Vec<_>>().join("-");
    let right = join(&sorted);
    let mut reversed = sorted.clone();
    reversed.reverse();
    let mut stable = words.clone();
    stable.sort_by_key(|word| (word.len(), std::cmp::Reverse(words.iter().position(|other| other == word))));
    prints(
        Medium,
        "Python",
        &format!(
            "words = {words:?}\nwords.sort(key=len)\nparts = []\nfor w in words:\n    parts.append(w[0] + str(len(w)))\nprint(\"-\".join(parts))"
        ),
        "output",
    )
    .working(format!(
        "Sorted by length, and in the old order where lengths are equal, the words are {}.\nEach gives its first letter and its length, joined by hyphens: {{answer}}.",
        sorted.join(", ")
    ))
    .exact(&right, [join(&stable), join(&words), join(&reversed)])
}

fn nested() -> Draft {
    let mut random = Random::of("quant nested");
    let (limit, stop) = (random.between(6, 7), random.between(9, 10));
    let run = |skip: bool| {
        let mut count = 0;
        for i in 1..=limit {
            for j in i..=limit {
                if i + j > stop {
                    break;
                }
                if skip && (i * j) % 3 == 0 {
                    continue;
                }
                count += i;
            }
        }
        count
    };
    let right = run(true);
    let rows: Vec<String> = (1..=limit)
        .filter_map(|i| {
            let hits = (i..=limit).filter(|j| i + j <= stop && (i * j) % 3 != 0).count();
            (hits > 0).then(|| format!("i = {i} is added {hits} times"))
        })
        .collect();
    prints(
        Hard,
        "Python",
        &format!(
            "count = 0\nfor i in range(1, {0}):\n    for j in range(i, {0}):\n        if i + j > {stop}:\n            break\n        if (i * j) % 3 == 0:\n            continue\n        count += i\nprint(count)",
            limit + 1
        ),
        "number",
    )
    .working(format!("Going through the outer loop: {}.\nAdded up, count is {{answer}}.", rows.join("; ")))
    .number(right, [run(false), right + 1, right - 2])
}
