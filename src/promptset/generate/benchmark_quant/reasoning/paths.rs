//! Shortest ways, dependencies and neighbours.

use std::collections::VecDeque;

use super::super::super::draft::Draft;
use super::super::common::{count, draw, fraction, index, listed, orders};
use super::{number, plain};
use crate::model::prompt::Difficulty::{Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![maze(), project(), network(), mines(), dressing()]
}

/// The fewest steps from the first to the last square of a board where `#` is closed.
fn steps(board: &[Vec<char>]) -> Option<i64> {
    let (rows, columns) = (board.len(), board[0].len());
    let mut far = vec![vec![None; columns]; rows];
    far[0][0] = Some(0_i64);
    let mut open = VecDeque::from([(0, 0)]);
    while let Some((row, column)) = open.pop_front() {
        let here: i64 = far[row][column]?;
        let next = [
            (row + 1, column),
            (row, column + 1),
            (row.wrapping_sub(1), column),
            (row, column.wrapping_sub(1)),
        ];
        for (row, column) in next {
            if row < rows && column < columns && board[row][column] != '#' && far[row][column].is_none() {
                far[row][column] = Some(here + 1);
                open.push_back((row, column));
            }
        }
    }
    far[rows - 1][columns - 1]
}

fn maze() -> Draft {
    draw("maze", |random| {
        let mut board: Vec<Vec<char>> = (0..6)
            .map(|_| (0..7).map(|_| if random.between(0, 9) < 4 { '#' } else { '.' }).collect())
            .collect();
        (board[0][0], board[5][6]) = ('S', 'G');
        let right = steps(&board)?;
        if right < 15 {
            return None;
        }
        let text: Vec<String> = board
            .iter()
            .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
            .collect();
        let question = format!(
            "In this grid S is the start, G the goal, a dot is free and # is closed. One step goes to a free square (or to G) directly above, below, left or right of the square one stands on.\n{}\nWhat is the smallest number of steps from S to G?",
            text.join("\n")
        );
        Some(
            number(Hard, question)
                .tagged(&["path"])
                .working("Numbering the squares by their distance from S, wave after wave, gives G the number {answer}.")
                .number(right, [11, right + 1, right - 2]),
        )
    })
}

fn project() -> Draft {
    draw("project", |random| {
        let tasks = ["A", "B", "C", "D", "E", "F", "G", "H"];
        let days: Vec<i64> = (0..8).map(|_| random.between(2, 9)).collect();
        let needs: Vec<Vec<usize>> = (0..8)
            .map(|task| match task {
                0 | 1 => Vec::new(),
                2 | 3 => vec![index(random.between(0, 1))],
                _ => {
                    let earlier: Vec<usize> = (task - 3..task).collect();
                    let mut some = random.shuffled(&earlier)[..2].to_vec();
                    some.sort_unstable();
                    some
                }
            })
            .collect();
        let mut done: Vec<i64> = Vec::new();
        for (task, before) in needs.iter().enumerate() {
            done.push(before.iter().map(|other| done[*other]).max().unwrap_or(0) + days[task]);
        }
        let right = *done.iter().max()?;
        // The slip: following the task with the fewest days.
        let mut short: Vec<i64> = Vec::new();
        for (task, before) in needs.iter().enumerate() {
            short.push(before.iter().map(|other| short[*other]).min().unwrap_or(0) + days[task]);
        }
        let least = *short.iter().max()?;
        if done[7] != right || least == right || right < 21 {
            return None;
        }
        let lines: Vec<String> = (0..8)
            .map(|task| {
                let before: Vec<&str> = needs[task].iter().map(|other| tasks[*other]).collect();
                let after = if before.is_empty() {
                    "can begin at once".to_owned()
                } else {
                    format!(
                        "can begin when {} done",
                        if before.len() == 1 {
                            format!("{} is", before[0])
                        } else {
                            format!("{} are", listed(&before))
                        }
                    )
                };
                format!("{}: takes {} days, {after}", tasks[task], days[task])
            })
            .collect();
        let question = format!(
            "A project has eight tasks. Tasks may run at the same time, and each begins as early as it can.\n{}\nAfter how many days is the whole project done?",
            lines.join("\n")
        );
        let ends: Vec<String> = done.iter().zip(tasks).map(|(end, task)| format!("{task} {end}")).collect();
        Some(
            number(Medium, question)
                .tagged(&["path"])
                .working(format!("The tasks end after so many days: {}.", ends.join(", ")))
                .number(right, [days.iter().sum(), least, right + 1]),
        )
    })
}

fn network() -> Draft {
    draw("network", |random| {
        let towns = random.shuffled(&["Arden", "Brook", "Cliff", "Dale", "Elm", "Ford", "Grove"]);
        let pairs = [(0, 1), (0, 2), (1, 3), (2, 3), (1, 4), (3, 4), (2, 5), (3, 5), (4, 6), (5, 6), (3, 6)];
        let roads: Vec<(usize, usize, i64)> =
            pairs.iter().map(|(from, to)| (*from, *to, random.between(7, 38))).collect();
        let mut routes: Vec<(i64, Vec<usize>)> = Vec::new();
        let mut open = vec![(0, vec![0])];
        while let Some((length, path)) = open.pop() {
            let here = path[path.len() - 1];
            if here == 6 {
                routes.push((length, path));
                continue;
            }
            for (from, to, far) in &roads {
                for (one, other) in [(from, to), (to, from)] {
                    if *one == here && !path.contains(other) {
                        open.push((length + far, [path.clone(), vec![*other]].concat()));
                    }
                }
            }
        }
        routes.sort();
        let fewest = routes.iter().filter(|(_, path)| path.len() == 4).map(|(length, _)| *length).min()?;
        let (right, second) = (routes[0].0, routes[1].0);
        if right == second || routes[0].1.len() < 5 || fewest == second {
            return None;
        }
        let lines: Vec<String> = random
            .shuffled(&roads)
            .iter()
            .map(|(from, to, far)| format!("{} - {}: {far} km", towns[*from], towns[*to]))
            .collect();
        let question = format!(
            "These are all roads between seven towns; each can be used in both directions.\n{}\nHow many km long is the shortest way from {} to {}?",
            lines.join("\n"),
            towns[0],
            towns[6]
        );
        let path: Vec<&str> = routes[0].1.iter().map(|town| towns[*town]).collect();
        Some(
            number(Medium, question)
                .tagged(&["path"])
                .working(format!(
                    "The shortest way goes through {}.\nIt is {{answer}} km long.",
                    listed(&path)
                ))
                .number(right, [second, fewest, right + 10]),
        )
    })
}

fn mines() -> Draft {
    draw("mines", |random| {
        let board: Vec<Vec<bool>> =
            (0..6).map(|_| (0..6).map(|_| random.between(0, 9) < 3).collect()).collect();
        let around = |row: i64, column: i64, is_diagonal: bool| {
            let mut sum = 0;
            for (down, right) in (-1..=1).flat_map(|down| (-1..=1).map(move |right| (down, right))) {
                let (row, column) = (row + down, column + right);
                let is_inside = (0..6).contains(&row) && (0..6).contains(&column);
                if (down, right) != (0, 0)
                    && (is_diagonal || down == 0 || right == 0)
                    && is_inside
                    && board[index(row)][index(column)]
                {
                    sum += 1;
                }
            }
            sum
        };
        let squares: Vec<(i64, i64)> = (0..6)
            .flat_map(|row| (0..6).map(move |column| (row, column)))
            .filter(|(row, column)| !board[index(*row)][index(*column)])
            .collect();
        let with = |is_diagonal: bool| {
            squares.iter().filter(|(row, column)| around(*row, *column, is_diagonal) == 3).count()
        };
        let (right, straight) = (with(true), with(false));
        if !(5..=9).contains(&right) || straight == right {
            return None;
        }
        let text: Vec<String> = board
            .iter()
            .map(|row| row.iter().map(|mine| if *mine { "*" } else { "." }).collect::<Vec<_>>().join(" "))
            .collect();
        let question = format!(
            "In this grid * is a mine and a dot is an empty square. Neighbours of a square are the up to eight squares around it, diagonal ones included.\n{}\nHow many empty squares have exactly 3 mines among their neighbours?",
            text.join("\n")
        );
        Some(
            number(Hard, question)
                .tagged(&["counting"])
                .working("Going through the empty squares row by row, {answer} of them have exactly three mines around them.")
                .number(fraction(i64::try_from(right).ok()?, 1), [straight.to_string(), (right + 1).to_string(), (right - 2).to_string()]),
        )
    })
}

fn dressing() -> Draft {
    draw("dressing", |random| {
        let steps = random.shuffled(&["sand", "prime", "paint", "drill", "oil", "mount"]);
        let rules: Vec<(usize, usize)> = {
            let pairs: Vec<(usize, usize)> =
                (0..6).flat_map(|one| (one + 1..6).map(move |two| (one, two))).collect();
            random.shuffled(&pairs)[..6].to_vec()
        };
        let broken = |order: &Vec<usize>| {
            let at = |step: usize| order.iter().position(|other| *other == step).unwrap();
            rules.iter().filter(|(first, then)| at(*first) > at(*then)).count()
        };
        let all = orders(6);
        let good: Vec<&Vec<usize>> = all.iter().filter(|order| broken(order) == 0).collect();
        let bad: Vec<&Vec<usize>> = all.iter().filter(|order| broken(order) == 1).collect();
        if good.len() < 3 || bad.len() < 40 || count(&rules) != 6 {
            return None;
        }
        let shown = |order: &[usize]| order.iter().map(|step| steps[*step]).collect::<Vec<_>>().join(", ");
        let mut options: Vec<String> = random.shuffled(&bad)[..4].iter().map(|order| shown(order)).collect();
        let right = index(random.between(0, 4));
        options.insert(right, shown(good[index(random.between(0, count(&good) - 1))]));
        let lines: Vec<String> = random
            .shuffled(&rules)
            .iter()
            .map(|(first, then)| format!("\"{}\" must come before \"{}\"", steps[*first], steps[*then]))
            .collect();
        let question = format!(
            "Six steps of a job must be put in order: {}. {}. Which of these orders keeps to all the rules?",
            listed(&random.shuffled(&steps)),
            lines.join("; ")
        );
        Some(
            plain(Medium, question)
                .tagged(&["order"])
                .working("Every other order breaks exactly one rule.")
                .choice(&options, right, &[(right + 1) % 5, (right + 2) % 5]),
        )
    })
}
