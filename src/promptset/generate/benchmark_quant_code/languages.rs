//! SQL and JavaScript.

use super::super::draft::Draft;
use super::super::random::Random;
use super::Language::JavaScript;
use super::{joined, prints, tagged};
use crate::model::prompt::Difficulty::{self, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![left_join(), having(), coercion()]
}

fn query(difficulty: Difficulty, setup: &str, query: &str, ask: &str, kind: &str) -> Draft {
    let question = format!(
        "These statements are run in SQLite:\n\n```sql\n{setup}\n```\n\nThen this query is run:\n\n```sql\n{query}\n```\n\n{ask}"
    );
    tagged(Draft::ask("code", difficulty, question, kind), "sql")
}

fn left_join() -> Draft {
    let mut random = Random::of("benchmark left join");
    let authors: Vec<i64> = (1..=5).collect();
    // The author of each book; some authors have none, one book has none.
    let mut books: Vec<Option<i64>> = (0..5).map(|_| Some(random.between(1, 3))).collect();
    books.push(None);
    let books = random.shuffled(&books);
    let of = |author: i64| books.iter().filter(|book| **book == Some(author)).count();
    let matched: usize = authors.iter().map(|author| of(*author)).sum();
    let rows: usize = authors.iter().map(|author| of(*author).max(1)).sum();
    let with_books = authors.iter().filter(|author| of(**author) > 0).count();
    let line = |counts: [usize; 3]| joined(&counts, ", ");
    let right = line([rows, matched, with_books]);
    let values: Vec<String> = books
        .iter()
        .enumerate()
        .map(|(index, author)| {
            format!("({}, {})", 10 + index, author.map_or_else(|| "NULL".to_owned(), |id| id.to_string()))
        })
        .collect();
    query(
        Medium,
        &format!(
            "CREATE TABLE author (id INTEGER, name TEXT);\nINSERT INTO author VALUES (1, 'Ada'), (2, 'Bo'), (3, 'Cy'), (4, 'Di'), (5, 'Ed');\nCREATE TABLE book (id INTEGER, author_id INTEGER);\nINSERT INTO book VALUES {};",
            values.join(", ")
        ),
        "SELECT COUNT(*), COUNT(b.id), COUNT(DISTINCT b.author_id)\nFROM author a LEFT JOIN book b ON b.author_id = a.id;",
        "Which three numbers does it return? Give them in the query's order, separated by commas.",
        "three numbers",
    )
    .working(format!(
        "{matched} books have an author; the {} authors without a book give one row of NULLs each.\nCOUNT(*) counts rows, COUNT(b.id) those whose b.id is not NULL, and the last the different authors among those.\nThe row is {{answer}}.",
        authors.len() - with_books
    ))
    .exact(
        &right,
        [
            line([rows, rows, authors.len()]),
            line([matched, matched, with_books]),
            line([rows + 1, matched + 1, with_books]),
        ],
    )
    .also(&right.replace(' ', ""))
}

fn having() -> Draft {
    let mut random = Random::of("benchmark having");
    let teams = ["amber", "cobalt", "ivory", "olive"];
    let limit = 50;
    let known = |scores: &[Option<i64>]| scores.iter().flatten().count();
    let is_over = |scores: &[Option<i64>], divisor: usize| {
        scores.iter().flatten().sum::<i64>() > limit * i64::try_from(divisor).unwrap()
    };
    let mut high = || Some(random.between(52, 64));
    // A high mean only without the NULL; a high score but no high mean; one score alone; all high.
    let tables = [
        [high(), None, high()],
        [Some(39), Some(46), Some(55)],
        [high(), None, None],
        [high(), high(), high()],
    ];
    let chosen = |wanted: &dyn Fn(&[Option<i64>]) -> bool| {
        let names: Vec<&str> = teams
            .iter()
            .zip(&tables)
            .filter(|(_, scores)| wanted(scores.as_slice()))
            .map(|(name, _)| *name)
            .collect();
        names.join(", ")
    };
    let right = chosen(&|scores| is_over(scores, known(scores)) && known(scores) >= 2);
    let rows: Vec<String> = teams
        .iter()
        .zip(&tables)
        .flat_map(|(team, scores)| {
            scores.iter().map(move |score| {
                format!("('{team}', {})", score.map_or_else(|| "NULL".to_owned(), |score| score.to_string()))
            })
        })
        .collect();
    let rows = random.shuffled(&rows);
    query(
        Medium,
        &format!("CREATE TABLE result (team TEXT, score INTEGER);\nINSERT INTO result VALUES\n  {};", rows.join(",\n  ")),
        &format!(
            "SELECT team\nFROM result\nGROUP BY team\nHAVING AVG(score) > {limit} AND COUNT(score) >= 2\nORDER BY team;"
        ),
        "Which teams does it return, in its order? Separate them by commas.",
        "teams",
    )
    .working("AVG and COUNT(score) leave NULL out, so that a team with a NULL has the mean of its other scores.\nThe query returns {answer}.")
    .exact_any_case(
        &right,
        [
            chosen(&|scores| is_over(scores, scores.len())),
            chosen(&|scores| is_over(scores, known(scores))),
            chosen(&|scores| known(scores) >= 2 && scores.iter().flatten().any(|score| *score > limit)),
        ],
    )
    .also(&right.replace(' ', ""))
}

fn coercion() -> Draft {
    let mut random = Random::of("benchmark coercion");
    let items: Vec<i64> = (0..5).map(|_| random.between(2, 9)).collect();
    let less = random.between(3, 9);
    // From the third item on, which is a string, the items are appended.
    let text =
        items[2..].iter().fold((items[0] + items[1]).to_string(), |text, item| text + &item.to_string());
    let right = text.parse::<i64>().unwrap() - less;
    let from_start = joined(&items, "").parse::<i64>().unwrap() - less;
    let sum = items.iter().sum::<i64>() - less;
    prints(
        Medium,
        JavaScript,
        &format!(
            "const items = [{}, {}, \"{}\", {}, {}];\nconst total = items.reduce((sum, item) => sum + item, 0);\nconsole.log(total - {less});",
            items[0], items[1], items[2], items[3], items[4]
        ),
        "number",
    )
    .working(format!(
        "The first two are added as numbers; adding the string makes a string, to which the others are appended: \"{text}\".\nThe minus turns it into a number again: {{answer}}."
    ))
    .number(right, [sum, from_start, right + less])
}
