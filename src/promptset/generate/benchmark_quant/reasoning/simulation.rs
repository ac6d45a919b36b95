//! Small worlds that are run by stated rules: a robot, a lift, a store, a cache, an election, a league.

use super::super::super::draft::Draft;
use super::super::common::{count, draw, index, listed, numbered, pick};
use super::{ask, number};
use crate::model::prompt::Difficulty::{Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![robot(), lift(), store(), cache(), run_off(), league()]
}

fn robot() -> Draft {
    draw("robot", |random| {
        let walls: Vec<(i64, i64)> = (0..5).map(|_| (random.between(1, 6), random.between(1, 6))).collect();
        let orders: Vec<char> = (0..14).map(|_| *pick(random, &['F', 'F', 'F', 'L', 'R'])).collect();
        let text: String = orders.iter().collect();
        let turns = [(0, 1), (1, 0), (0, -1), (-1, 0)];
        let walk = |walls: &[(i64, i64)]| {
            let (mut at, mut facing, mut blocked) = ((1_i64, 1_i64), 0_usize, 0);
            for order in &orders {
                match order {
                    'L' => facing = (facing + 3) % 4,
                    'R' => facing = (facing + 1) % 4,
                    _ => {
                        let next = (at.0 + turns[facing].0, at.1 + turns[facing].1);
                        let is_free =
                            (1..=6).contains(&next.0) && (1..=6).contains(&next.1) && !walls.contains(&next);
                        if is_free {
                            at = next;
                        } else {
                            blocked += 1;
                        }
                    }
                }
            }
            (at, blocked)
        };
        let (at, blocked) = walk(&walls);
        let (without, _) = walk(&[]);
        let shown = |(x, y): (i64, i64)| format!("({x}, {y})");
        let mut distinct = walls.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if walls.contains(&(1, 1))
            || distinct.len() < 5
            || blocked < 2
            || at == without
            || at.0 == at.1
            || ["LR", "RL", "LL", "RR", "FFFF"].iter().any(|turn| text.contains(turn))
        {
            return None;
        }
        let walls: Vec<String> = distinct.into_iter().map(shown).collect();
        let question = format!(
            "A robot stands on square (1, 1) of a board with the squares (1, 1) to (6, 6); the first number grows to the east, the second to the north. It faces north. F: one square forward; if that square is blocked or off the board, the robot stays where it is. L, R: turn 90 degrees to the left or right on the spot. Blocked squares: {}. The program is: {}. On which square does it end?",
            listed(&walls),
            orders.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        );
        Some(
            ask(Hard, question, "(east, north)")
                .tagged(&["state_tracking"])
                .working(format!("{blocked} of the steps forward are blocked and change nothing."))
                .exact(&shown(at), [shown(without), shown((at.1, at.0))])
                .also(&format!("({},{})", at.0, at.1)),
        )
    })
}

fn lift() -> Draft {
    draw("lift", |random| {
        let (mut riders, limit) = (random.between(3, 6), random.between(9, 11));
        let start = riders;
        let mut steps = Vec::new();
        let mut stays = 0;
        let mut unlimited = riders;
        for _ in 0..8 {
            let (out, waiting) = (random.between(0, riders.min(5)), random.between(1, 6));
            steps.push(format!("{out} leave, {waiting} want to get in."));
            riders -= out;
            let fits = waiting.min(limit - riders);
            riders += fits;
            stays += waiting - fits;
            unlimited += waiting - out;
        }
        if stays < 3 || riders == limit {
            return None;
        }
        let question = format!(
            "A lift starts with {start} people and never carries more than {limit}. At each of eight stops people first leave, and then as many of those who want to get in do so as there is room for; the others stay behind and take the stairs. The stops:\n{}\nHow many people are in the lift after the eighth stop?",
            numbered(&steps)
        );
        Some(
            number(Easy, question)
                .tagged(&["state_tracking"])
                .working(format!("In all {stays} people found no room.\nAfter the eighth stop {{answer}} people are in the lift."))
                .number(riders, [unlimited, riders + 1, riders - 1]),
        )
    })
}

fn store() -> Draft {
    draw("store", |random| {
        let (start, threshold, batch) =
            (random.between(38, 55), random.between(18, 24), random.between(27, 36));
        let sold: Vec<i64> = (0..9).map(|_| random.between(6, 19)).collect();
        let (mut stock, mut due, mut ordered, mut lost) = (start, None, 0, 0);
        let mut trace = Vec::new();
        for (day, wanted) in sold.iter().enumerate() {
            if due == Some(day) {
                stock += batch;
                due = None;
            }
            let sale = (*wanted).min(stock);
            lost += wanted - sale;
            stock -= sale;
            if stock < threshold && due.is_none() {
                due = Some(day + 2);
                ordered += 1;
            }
            trace.push(stock);
        }
        if lost != 0 || ordered < 3 || due.is_none() || trace.contains(&threshold) {
            return None;
        }
        let question = format!(
            "A shop has {start} lamps on the evening before day 1. Every evening, after the day's sales, it checks its stock: if it has fewer than {threshold} lamps and no delivery is on its way, it orders {batch} lamps, which arrive on the morning of the day after next (ordered on the evening of day 1, they arrive on the morning of day 3). From day 1 to day 9 it sells {} lamps. How many lamps does it have on the evening of day 9?",
            listed(&sold)
        );
        let end = stock;
        Some(
            number(Hard, question)
                .tagged(&["state_tracking"])
                .working(format!("On the evenings of day 1 to day 9 it has {} lamps.", listed(&trace)))
                .number(end, [end + batch, trace[6], trace[7]]),
        )
    })
}

fn cache() -> Draft {
    draw("cache", |random| {
        let pages = ["a", "b", "c", "d", "e"];
        let asked: Vec<&str> = (0..14).map(|_| *pick(random, &pages)).collect();
        let misses = |is_recent: bool| {
            let mut held: Vec<&str> = Vec::new();
            let mut missed = 0;
            for page in &asked {
                if let Some(at) = held.iter().position(|other| other == page) {
                    if is_recent {
                        held.remove(at);
                        held.push(page);
                    }
                    continue;
                }
                missed += 1;
                if held.len() == 3 {
                    held.remove(0);
                }
                held.push(page);
            }
            missed
        };
        let (right, first_in) = (misses(true), misses(false));
        if right == first_in || !(8..=10).contains(&right) || asked.windows(2).any(|two| two[0] == two[1]) {
            return None;
        }
        let question = format!(
            "A cache has room for three pages and is empty at first. A page that is asked for and not in the cache is a miss and is loaded; if the cache is full, the page whose last use is longest ago makes room. The pages asked for are, in order: {}. How many misses are there, the first loads included?",
            asked.join(" ")
        );
        Some(
            number(Medium, question)
                .working(format!("Of the {} requests {} find their page in the cache.\nThe others, {{answer}}, are misses.", asked.len(), asked.len() - right))
                .number(right, [first_in, asked.len() - right, right - 3]),
        )
    })
}

fn run_off() -> Draft {
    draw("run-off", |random| {
        let names = random.shuffled(&["Adler", "Brandt", "Castro", "Dubois"]);
        let ballots: Vec<(i64, Vec<usize>)> =
            (0..6).map(|_| (random.between(11, 38), random.shuffled(&[0, 1, 2, 3]))).collect();
        let mut left = vec![0, 1, 2, 3];
        let mut rounds = Vec::new();
        while left.len() > 1 {
            let votes = |name: &usize| -> i64 {
                ballots
                    .iter()
                    .filter(|(_, order)| order.iter().find(|other| left.contains(other)) == Some(name))
                    .map(|(votes, _)| votes)
                    .sum()
            };
            let mut sums: Vec<(i64, usize)> = left.iter().map(|name| (votes(name), *name)).collect();
            sums.sort_unstable();
            if sums.windows(2).any(|two| two[0].0 == two[1].0) {
                return None;
            }
            rounds.push(sums);
            left.retain(|name| *name != rounds[rounds.len() - 1][0].1);
        }
        let winner = left[0];
        // Nobody may have more than half before the last round, or one may stop earlier.
        let all: i64 = ballots.iter().map(|(votes, _)| votes).sum();
        let is_early = rounds[..2].iter().any(|sums| sums.last().is_some_and(|top| 2 * top.0 > all));
        let first = rounds[0].last()?.1;
        if first == winner || is_early {
            return None;
        }
        let lines: Vec<String> = ballots
            .iter()
            .map(|(votes, order)| {
                format!(
                    "{votes} voters: {}",
                    order.iter().map(|name| names[*name]).collect::<Vec<_>>().join(" > ")
                )
            })
            .collect();
        let question = format!(
            "An election is held by instant run-off: in each round every ballot counts for its highest-ranked candidate who is still in; the candidate with the fewest votes drops out; this goes on until one is left, who wins. The ballots:\n{}\nWho wins?",
            lines.join("\n")
        );
        let dropped: Vec<&str> = rounds.iter().map(|sums| names[sums[0].1]).collect();
        let other = names[rounds[2][0].1];
        let wrong: Vec<&str> =
            if other == names[first] { vec![other, dropped[0]] } else { vec![names[first], other] };
        Some(
            ask(Medium, question, "name")
                .copied()
                .working(format!("The candidates drop out in this order: {}.", listed(&dropped)))
                .exact_any_case(names[winner], wrong),
        )
    })
}

fn league() -> Draft {
    draw("league", |random| {
        let names = random.shuffled(&["Falcons", "Herons", "Kestrels", "Ospreys"]);
        let mut table = [[0_i64; 3]; 4];
        let mut games = Vec::new();
        for home in 0..4 {
            for away in home + 1..4 {
                let goals = [random.between(0, 4), random.between(0, 3)];
                for (team, own, other) in [(home, goals[0], goals[1]), (away, goals[1], goals[0])] {
                    table[team][0] += if own > other { 3 } else { i64::from(own == other) };
                    table[team][1] += own - other;
                    table[team][2] += own;
                }
                games.push(format!("{} - {} {}:{}", names[home], names[away], goals[0], goals[1]));
            }
        }
        let games = random.shuffled(&games);
        let mut ranks = [0, 1, 2, 3];
        ranks.sort_by_key(|team| std::cmp::Reverse(table[*team]));
        let points: Vec<i64> = ranks.iter().map(|team| table[*team][0]).collect();
        let differences: Vec<i64> = ranks.iter().map(|team| table[*team][1]).collect();
        // The second place is decided by goals.
        if points[1] != points[2]
            || differences[1] == differences[2]
            || points[0] == points[1]
            || count(&games) != 6
        {
            return None;
        }
        let lines: Vec<String> = ranks
            .iter()
            .map(|team| format!("{} {} points ({:+})", names[*team], table[*team][0], table[*team][1]))
            .collect();
        let question = format!(
            "Four teams played each other once. A win gives 3 points, a draw 1 point to each team. Teams with the same points are ranked by goal difference. The results: {}. Which team is second?",
            games.join("; ")
        );
        let place = |at: i64| names[ranks[index(at)]];
        Some(
            ask(Medium, question, "team")
                .copied()
                .working(format!("The table: {}.", lines.join(", ")))
                .exact_any_case(place(1), [place(2), place(0)])
                .also(&format!("the {}", place(1))),
        )
    })
}
