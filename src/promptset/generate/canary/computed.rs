//! Arithmetic and code, whose answers are computed.

use super::super::draft::Draft;
use super::super::random::Random;
use crate::model::prompt::Difficulty::Easy;

pub(super) fn rows() -> Vec<Draft> {
    arithmetic().into_iter().chain(code()).collect()
}

fn arithmetic() -> Vec<Draft> {
    vec![sum(), difference(), product(), quotient(), quarter(), shopping(), minutes(), sequence()]
}

fn number(question: String) -> Draft {
    Draft::ask("arithmetic", Easy, question, "number")
}

fn sum() -> Draft {
    let mut random = Random::of("canary sum");
    let (left, right) = (random.between(31, 58), random.between(21, 39));
    let total = left + right;
    number(format!("What is {left} + {right}?"))
        .working(format!("{left} + {right} = {{answer}}"))
        .number(total, [total + 10, total - 1])
}

fn difference() -> Draft {
    let mut random = Random::of("canary difference");
    let (whole, part) = (random.between(410, 490), random.between(120, 180));
    let rest = whole - part;
    number(format!("A shop had {whole} apples and sold {part} of them. How many apples are left?"))
        .working(format!("Subtract the sold apples: {whole} - {part} = {{answer}} apples are left."))
        .number(rest, [rest + 10, whole + part])
}

fn product() -> Draft {
    let mut random = Random::of("canary product");
    let (rows, seats) = (random.between(6, 9), random.between(12, 19));
    let all = rows * seats;
    number(format!(
        "A hall has {rows} rows of chairs with {seats} chairs in each row. How many chairs are there?"
    ))
    .working(format!("There are {rows} x {seats} = {{answer}} chairs in the hall."))
    .number(all, [all + rows, rows + seats])
}

fn quotient() -> Draft {
    let mut random = Random::of("canary quotient");
    let (children, each) = (random.between(4, 8), random.between(31, 39));
    let sweets = children * each;
    number(format!("{children} children share {sweets} sweets equally. How many sweets does each child get?"))
        .working(format!("Each child gets {sweets} / {children} = {{answer}} sweets."))
        .number(each, [each + 1, each - 1])
}

fn quarter() -> Draft {
    let part = Random::of("canary quarter").between(11, 24);
    number(format!("What is 25% of {}?", part * 4))
        .working(format!("25% is one quarter, and {} / 4 = {{answer}}.", part * 4))
        .number(part, [part * 2, part + 1])
}

fn shopping() -> Draft {
    let mut random = Random::of("canary shopping");
    let (notebook, pen) = (random.between(5, 9), random.between(2, 4));
    let total = 3 * notebook + 2 * pen;
    number(format!(
        "A notebook costs {notebook} euros and a pen costs {pen} euros. What do three notebooks and two pens cost together, in euros?"
    ))
    .working(format!(
        "Three notebooks cost {} euros and two pens cost {} euros, together {{answer}} euros.",
        3 * notebook,
        2 * pen
    ))
    .number(total, [notebook + pen, total - pen])
}

fn minutes() -> Draft {
    let mut random = Random::of("canary minutes");
    let (hours, rest) = (random.between(3, 5), 5 * random.between(2, 7));
    let total = hours * 60 + rest;
    number(format!("How many minutes are there in {hours} hours and {rest} minutes?"))
        .working(format!("{hours} hours are {} minutes, plus {rest} makes {{answer}} minutes.", hours * 60))
        .number(total, [hours * 100 + rest, total - rest])
}

fn sequence() -> Draft {
    let mut random = Random::of("canary sequence");
    let (start, step) = (random.between(70, 90), random.between(6, 9));
    let term = |index: i64| start + step * index;
    number(format!("Which number comes next: {}, {}, {}, {}?", term(0), term(1), term(2), term(3)))
        .working(format!("Each number is {step} more than the one before, so the next is {{answer}}."))
        .number(term(4), [term(4) + 1, term(5)])
}

fn code() -> Vec<Draft> {
    vec![
        assignment(),
        loop_sum(),
        length(),
        Draft::ask("code", Easy, "What does this Python program print?\n\n```\ncolours = [\"red\", \"purple\", \"blue\"]\nprint(colours[1])\n```", "output")
            .copied()
            .working("Indexing starts at 0, so index 1 is the second item, {answer}.")
            .exact_any_case("purple", ["red", "blue"]),
        Draft::ask("code", Easy, "Which keyword starts the definition of a named function in Python?", "keyword")
            .working("In Python a function is defined with `{answer}`, followed by its name and parameters.")
            .exact("def", ["function", "lambda"]),
        Draft::ask("code", Easy, "Which SQL clause keeps only the rows that meet a condition, before any grouping?", "keyword")
            .working("Rows are filtered with the {answer} clause, which comes after FROM.")
            .word("WHERE", &["HAVING", "ORDER BY"]),
    ]
}

fn output(program: &str) -> Draft {
    let question = format!("What does this Python program print?\n\n```\n{program}\n```");
    Draft::ask("code", Easy, question, "number")
}

fn assignment() -> Draft {
    let mut random = Random::of("canary assignment");
    let (first, added) = (random.between(3, 6), random.between(4, 9));
    let result = (first + added) * 10;
    output(&format!("x = {first}\nx = x + {added}\nprint(x * 10)"))
        .working(format!("x becomes {}, and times 10 that is {{answer}}.", first + added))
        .number(result, [first + added * 10, first + added])
}

fn loop_sum() -> Draft {
    let last = Random::of("canary loop").between(5, 7);
    let total: i64 = (1..=last).sum();
    output(&format!("total = 0\nfor i in range(1, {}):\n    total += i\nprint(total)", last + 1))
        .working(format!("The loop adds the numbers from 1 to {last}, which gives {{answer}}."))
        .number(total, [total + last + 1, total - last])
}

fn length() -> Draft {
    let word = "banana";
    let count = word.len();
    output(&format!("print(len(\"{word}\"))"))
        .working(format!("The string \"{word}\" has {{answer}} characters."))
        .number(count, [count - 1, count + 1])
}
