//! Simple instructions and output formats.

use serde_json::json;

use super::super::draft::Draft;
use crate::model::prompt::Difficulty::Easy;

pub(super) fn rows() -> Vec<Draft> {
    instruction().into_iter().chain(format()).collect()
}

fn instruction() -> Vec<Draft> {
    let ask = |question: &str, kind: &str| Draft::ask("instruction", Easy, question, kind);
    vec![
        Draft::new("instruction", Easy, "Reply with exactly one word, in lower case: ready")
            .copied()
            .only("ready", ["Ready when you are!", "I am ready"]),
        ask("What is the opposite of \"hot\"? Give a single word.", "word")
            .working("Something that is not hot at all is {answer}.")
            .word("cold", &["warm", "heat"]),
        ask("Copy this sentence exactly: The blue kite flew over nine quiet houses.", "sentence")
            .copied()
            .exact(
                "The blue kite flew over nine quiet houses.",
                ["The blue kite flew over nine houses.", "The blue kite flies over nine quiet houses."],
            ),
        ask("Write the name of the first month of the year in capital letters only.", "MONTH")
            .working("The first month, in capital letters, is {answer}.")
            .exact("JANUARY", ["January", "FEBRUARY"]),
        Draft::new("instruction", Easy, "Which of these is a vegetable?")
            .working("Three of them are fruits that grow on trees; the vegetable is the other one.")
            .choice(&["apple", "carrot", "cherry", "pear"], 1, &[0, 2]),
        ask("How many days are there in a week? Write the number as a word, without digits.", "word")
            .working("A week runs from Monday to Sunday, which makes {answer} days.")
            .exact_any_case("seven", ["five", "7"]),
        ask("Write the word \"hello\" three times, separated by a comma and a space.", "words")
            .working("Here is the word three times.")
            .exact_any_case("hello, hello, hello", ["hello, hello", "hello hello hello"]),
    ]
}

fn format() -> Vec<Draft> {
    let ask = |question: &str, kind: &str| Draft::ask("format", Easy, question, kind);
    vec![
        Draft::new(
            "format",
            Easy,
            "Maria is 29 years old. Reply with only a JSON object that has the keys \"name\" (a string) and \"age\" (a number).",
        )
        .copied()
        .json(
            &json!({"name": "Maria", "age": 29}),
            &[json!({"name": "Maria", "age": 28}), json!({"name": "Marta", "age": 29})],
        ),
        Draft::new(
            "format",
            Easy,
            "Reply with only a JSON array that holds the first three letters of the English alphabet as lower-case strings.",
        )
        .json(&json!(["a", "b", "c"]), &[json!(["a", "b", "d"]), json!(["A", "B", "C"])]),
        ask("Write the date 5 March 2021 in the form YYYY-MM-DD.", "date")
            .working("The year comes first, then the month 03 and the day 05.")
            .exact("2021-03-05", ["2021-05-03", "05-03-2021"]),
        ask("Write \"half past four in the afternoon\" as a 24-hour time in the form HH:MM.", "time")
            .working("Four in the afternoon is the sixteenth hour of the day, and half past means thirty minutes.")
            .exact("16:30", ["04:30", "16:15"]),
        ask(
            "Put the words red, yellow and blue into alphabetical order. Write them on one line, separated by a comma and a space.",
            "words",
        )
        .working("In the alphabet b comes first, then r, then y.")
        .exact_any_case("blue, red, yellow", ["red, yellow, blue", "blue, yellow, red"]),
        ask("Write the number three and a half with exactly two digits after the decimal point.", "number")
            .working("Three and a half with two decimals ends in a zero.")
            .exact("3.50", ["3.5", "3.05"]),
        ask("Write the letters of the word \"cat\" in upper case, separated by hyphens.", "letters")
            .working("The three letters are C, A and T.")
            .exact("C-A-T", ["c-a-t", "C A T"]),
    ]
}
