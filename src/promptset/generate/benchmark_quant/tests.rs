//! Computed answers, recomputed from the prompts' own words by other ways than the generators'.

use std::collections::BTreeMap;

use super::super::draft::Draft;
use crate::model::check::Check;
use crate::model::prompt::{Difficulty, Prompt};

fn prompts(rows: Vec<Draft>) -> Vec<Prompt> {
    rows.into_iter().map(|draft| draft.prompt).collect()
}

fn both() -> [Vec<Prompt>; 2] {
    [prompts(super::math::rows()), prompts(super::reasoning::rows())]
}

/// The rows whose prompt contains this.
fn with<'a>(rows: &'a [Prompt], words: &str) -> Vec<&'a Prompt> {
    let found: Vec<&Prompt> = rows.iter().filter(|row| row.prompt.contains(words)).collect();
    assert!(!found.is_empty(), "no row has {words}");
    found
}

fn numbers(text: &str) -> Vec<i64> {
    let digits = text.split(|c: char| !c.is_ascii_digit());
    digits.filter(|part| !part.is_empty()).map(|part| part.parse().unwrap()).collect()
}

fn expected(row: &Prompt) -> String {
    match &row.checks[0] {
        Check::Numeric { value, .. } => value.clone(),
        Check::Exact { values, .. } => values[0].clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_category_is_complete_and_mixed() {
    for rows in both() {
        assert_eq!(rows.len(), 50);
        let count = |wanted| rows.iter().filter(|row| row.difficulty == Some(wanted)).count();
        assert!((10..=15).contains(&count(Difficulty::Easy)), "{}", count(Difficulty::Easy));
        assert!((10..=15).contains(&count(Difficulty::Hard)), "{}", count(Difficulty::Hard));
        let mut families: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &rows {
            assert_eq!(row.provenance.as_deref(), Some("computed"));
            *families.entry(row.family.as_deref().unwrap_or(&row.prompt)).or_default() += 1;
        }
        assert!(families.values().all(|rows| *rows <= 2));
    }
    let [_, reasoning] = both();
    let long: Vec<&Prompt> =
        reasoning.iter().filter(|row| row.tags.iter().any(|tag| tag == "long_context")).collect();
    assert_eq!(long.len(), 8);
    // At three characters a token, as records of numbers are cut.
    assert!(long.iter().all(|row| (5_000..24_000).contains(&row.prompt.len())));
}

#[test]
fn products_are_sums_of_their_digits_parts() {
    let [math, _] = both();
    for row in with(&math, "Calculate") {
        let Some((left, right)) = row.prompt.split_once(" x ").filter(|_| row.prompt.contains(" exactly."))
        else {
            continue;
        };
        let (left, right) = (numbers(left)[0], numbers(right)[0]);
        // Doubling and halving instead of multiplying.
        let (mut sum, mut double, mut rest) = (0, left, right);
        while rest > 0 {
            sum += if rest % 2 == 1 { double } else { 0 };
            (double, rest) = (double + double, rest / 2);
        }
        assert_eq!(expected(row), sum.to_string());
    }
}

#[test]
fn a_power_is_reduced_by_squaring() {
    let [math, _] = both();
    let row = with(&math, "What is the remainder when")[0];
    let given = numbers(&row.prompt);
    let (mut base, mut exponent, modulus, mut value) = (given[0] % given[2], given[1], given[2], 1);
    while exponent > 0 {
        if exponent % 2 == 1 {
            value = value * base % modulus;
        }
        (base, exponent) = (base * base % modulus, exponent / 2);
    }
    assert_eq!(expected(row), value.to_string());
}

#[test]
fn committees_are_counted_one_by_one() {
    let [math, _] = both();
    let row = with(&math, "A committee of 4")[0];
    let given = numbers(&row.prompt);
    let (nurses, all) = (given[1], given[1] + given[2]);
    let sets = (0..1_i64 << all).filter(|set| set.count_ones() == 4 && (set >> nurses).count_ones() >= 2);
    assert_eq!(expected(row), sets.count().to_string());
}

#[test]
fn routes_are_walked_one_by_one() {
    fn walk(at: (i64, i64), goal: (i64, i64), closed: &[(i64, i64)]) -> i64 {
        if closed.contains(&at) || at.0 > goal.0 || at.1 > goal.1 {
            return 0;
        }
        if at == goal {
            return 1;
        }
        walk((at.0 + 1, at.1), goal, closed) + walk((at.0, at.1 + 1), goal, closed)
    }
    let [math, _] = both();
    let row = with(&math, "On a street grid")[0];
    let given = numbers(&row.prompt);
    let right = walk((0, 0), (given[2], given[3]), &[(given[4], given[5]), (given[6], given[7])]);
    assert_eq!(expected(row), right.to_string());
}

#[test]
fn a_maze_is_solved_by_relaxing_until_nothing_changes() {
    let [_, reasoning] = both();
    let row = with(&reasoning, "# is closed")[0];
    let board: Vec<Vec<char>> = row
        .prompt
        .lines()
        .filter(|line| line.len() == 13 && line.chars().all(|c| "S.#G ".contains(c)))
        .map(|line| line.chars().filter(|c| *c != ' ').collect())
        .collect();
    let mut far = vec![vec![99_usize; 7]; 6];
    far[0][0] = 0;
    for _ in 0..42 {
        for (row, column) in (0..6).flat_map(|row| (0..7).map(move |column| (row, column))) {
            for (other_row, other_column) in (0..6).flat_map(|row| (0..7).map(move |column| (row, column))) {
                let is_next = usize::abs_diff(row, other_row) + usize::abs_diff(column, other_column) == 1;
                if is_next && board[row][column] != '#' && far[other_row][other_column] + 1 < far[row][column]
                {
                    far[row][column] = far[other_row][other_column] + 1;
                }
            }
        }
    }
    assert_eq!(expected(row), far[5][6].to_string());
}

#[test]
fn long_material_says_what_is_expected() {
    let [_, reasoning] = both();
    let ledger = with(&reasoning, "This is a ledger")[0];
    let paid = ledger.prompt.lines().filter(|line| {
        line.starts_with("2025-04") && line.contains("| Lindqvist & Daughters |") && !line.contains("VOID")
    });
    let cents: i64 =
        paid.map(|line| numbers(line.rsplit('|').next().unwrap())).map(|sum| sum[0] * 100 + sum[1]).sum();
    assert_eq!(expected(ledger), format!("{}.{:02}", cents / 100, cents % 100));

    let log = with(&reasoning, "This is a server's log")[0];
    let question = log.prompt.lines().find(|line| line.starts_with("How many ERROR")).unwrap();
    let times: Vec<&str> = question
        .split(' ')
        .map(|word| word.trim_matches(','))
        .filter(|word| word.len() == 8 && word.contains(':'))
        .collect();
    let lines = log.prompt.lines().filter(|line| {
        line.contains(" ERROR [billing] ") && line[..8] >= *times[0] && line[..8] <= *times[1]
    });
    assert_eq!(expected(log), lines.count().to_string());

    let stock = with(&reasoning, "Movements of the day")[0];
    let mut pieces = numbers(stock.prompt.split("KX-201").nth(1).unwrap())[0];
    for line in stock.prompt.lines().filter(|line| line.contains(" KX-201 (")) {
        let (_, text) = line.split_once("): ").unwrap();
        let some = numbers(text)[0];
        pieces = match text.split(' ').next().unwrap() {
            "received" => pieces + some,
            "issued" => pieces - some,
            "counted," => some,
            _ => pieces,
        };
    }
    assert_eq!(expected(stock), pieces.to_string());

    let minutes = with(&reasoning, "Minutes of the meeting")[0];
    let decided = minutes
        .prompt
        .lines()
        .filter(|line| line.starts_with("The committee") && line.contains("the north pier"));
    let budget = decided.fold(0, |budget, line| match (line.contains(" raise "), line.contains(" cut ")) {
        (true, _) => budget + numbers(line)[0],
        (_, true) => budget - numbers(line)[0],
        _ => numbers(line)[0],
    });
    assert_eq!(expected(minutes), budget.to_string());
}

#[test]
fn letters_are_counted_in_the_prompt() {
    let [_, reasoning] = both();
    let row = with(&reasoning, "How many times does the letter")[0];
    let letter = row.prompt.split('"').nth(1).unwrap();
    let text = row.prompt.lines().nth(1).unwrap();
    assert_eq!(expected(row), (text.split(letter).count() - 1).to_string());
}
