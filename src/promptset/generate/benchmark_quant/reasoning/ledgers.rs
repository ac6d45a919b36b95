//! Long material in lines: a ledger, stock movements, a server's log, a depot's journal.

use super::super::super::draft::Draft;
use super::super::super::random::Random;
use super::super::common::{count, draw, index, money, pick};
use super::super::dates::Day;
use super::{ask, number};
use crate::model::prompt::Difficulty::{Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    let rows = vec![ledger(), movements(), log(), journal()];
    rows.into_iter().map(|draft| draft.tagged(&["long_context"])).collect()
}

fn ledger() -> Draft {
    draw("ledger", |random| {
        let others = [
            "Harbour Bakery",
            "Osterman Print",
            "Velde Cleaning",
            "City Waterworks",
            "Kite Telecom",
            "Rosen Legal",
            "Mill Street Garage",
            "Tarn Catering",
            "Fjord Freight",
            "Lindqvist & Sons",
        ];
        let asked = "Lindqvist & Daughters";
        let mut day = Day::of(2025, 3, 20);
        let mut lines = Vec::new();
        // What was paid in April, in cents: as asked, with what was void, and to the one with the similar name.
        let (mut right, mut void, mut similar, mut hits) = (0, 0, 0, 0);
        for entry in 0..125 {
            day = Day(day.0 + i64::from(random.between(0, 9) < 4));
            let payee = match random.between(0, 12) {
                0 | 1 => asked,
                2 => others[9],
                _ => *pick(random, &others),
            };
            let cents = random.between(1_850, 96_999);
            let is_void = random.between(0, 9) == 0;
            let is_april = day.date().1 == 4;
            if is_april && payee == asked {
                void += cents;
                if !is_void {
                    right += cents;
                    hits += 1;
                }
            }
            if is_april && payee == others[9] && !is_void {
                similar += cents;
            }
            let purpose = *pick(random, &["invoice", "deposit", "repair", "supplies", "service"]);
            lines.push(format!(
                "{} | V{} | {payee} | {purpose} | {}{}",
                day.iso(),
                3104 + entry * 3,
                money(cents),
                if is_void { " | VOID" } else { "" }
            ));
        }
        if day.date().1 < 5 || !(4..=5).contains(&hits) || void == right || similar == 0 {
            return None;
        }
        let question = format!(
            "This is a ledger of payments: date, voucher, payee, purpose, amount in euros. Payments marked VOID were not made.\n\n{}\n\nHow many euros were paid to {asked} in April 2025 altogether? Leave out void payments and payees with similar names.",
            lines.join("\n")
        );
        Some(
            number(Hard, question)
                .working(format!("In April there are {hits} payments to {asked} that are not void.\nTheir sum is {{answer}} euros."))
                .number(money(right), [money(void), money(similar), money(right + 1000)]),
        )
    })
}

fn movements() -> Draft {
    draw("movements", |random| {
        let items = ["KX-201", "KX-210", "KX-120", "KZ-201", "LX-201", "KX-207"];
        let asked = 0;
        let mut stock: Vec<i64> = items.iter().map(|_| random.between(80, 190)).collect();
        let start = stock.clone();
        let mut without_counts = stock[asked];
        let (mut lines, mut last_change, mut touched, mut counts) = (Vec::new(), 0, 0, 0);
        let mut time = 7 * 60;
        for _ in 0..120 {
            time += random.between(2, 7);
            let item = index(random.between(0, 8)).saturating_sub(3);
            let some = random.between(3, 29);
            let clerk = *pick(random, &["Abel", "Brigitte", "Cosmo", "Dunja"]);
            let kind = random.between(0, 11);
            let before = stock[item];
            let text = if kind == 0 {
                stock[item] += random.between(-4, 4);
                format!("counted, {} pieces found; the stock is set to this number", stock[item])
            } else if kind < 5 || before < some + 30 {
                stock[item] += some;
                if item == asked {
                    without_counts += some;
                }
                format!("received {some} pieces")
            } else if kind < 7 {
                format!("order for {some} pieces entered, nothing taken out yet")
            } else {
                stock[item] -= some;
                if item == asked {
                    without_counts -= some;
                }
                format!("issued {some} pieces")
            };
            if item == asked {
                touched += 1;
                last_change = stock[item] - before;
                counts += i64::from(kind == 0);
            }
            lines.push(format!("{:02}:{:02} {} ({clerk}): {text}", time / 60, time % 60, items[item]));
        }
        // Counts keep the number of steps that matter small.
        let from = lines.iter().rposition(|line| line.contains(items[asked]) && line.contains("counted"))?;
        let after = lines[from..]
            .iter()
            .filter(|line| line.contains(items[asked]) && !line.contains("order"))
            .count();
        let right = stock[asked];
        if !(7..=9).contains(&after)
            || touched < 18
            || counts < 2
            || right == without_counts
            || last_change == 0
        {
            return None;
        }
        let opening: Vec<String> =
            items.iter().zip(&start).map(|(item, pieces)| format!("{item} {pieces}")).collect();
        let question = format!(
            "Stock at the beginning of the day: {}.\n\nMovements of the day:\n{}\n\nHow many pieces of {} are in stock after the last movement?",
            opening.join(", "),
            lines.join("\n"),
            items[asked]
        );
        Some(
            number(Hard, question)
                .working(format!("The last count of {} settles what was before it; the movements after it lead to {{answer}} pieces.", items[asked]))
                .number(right, [without_counts, right - last_change, right + 10]),
        )
    })
}

fn log() -> Draft {
    draw("log", |random| {
        let services = ["billing", "billing-sync", "search", "mailer", "gateway"];
        let usual = ["token refreshed", "configuration reloaded", "cache entry expired", "backup finished"];
        let trouble = [
            "request took too long",
            "connection pool exhausted",
            "retry failed",
            "upstream closed the connection",
            "queue length above limit",
        ];
        let (from, to) = (9 * 3600 + 600 * random.between(1, 3), 10 * 3600 + 600 * random.between(1, 3));
        let mut at = 8 * 3600 + random.between(1500, 2500);
        let time =
            |seconds: i64| format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        let (mut lines, mut right, mut any_level, mut any_time, mut similar, mut is_exact) =
            (Vec::new(), 0, 0, 0, 0, false);
        for _ in 0..135 {
            at += random.between(20, 92);
            if random.between(0, 30) == 0 && at < to {
                at = to;
            }
            let service = *pick(random, &services);
            let level = *pick(random, &["INFO", "INFO", "WARN", "ERROR", "ERROR"]);
            let note = if level == "INFO" { *pick(random, &usual) } else { *pick(random, &trouble) };
            let is_in = (from..=to).contains(&at);
            if service == "billing" {
                any_level += i64::from(is_in && level != "INFO");
                any_time += i64::from(level == "ERROR");
                right += i64::from(is_in && level == "ERROR");
                is_exact |= level == "ERROR" && at == to;
            }
            similar += i64::from(is_in && level == "ERROR" && service.starts_with("billing"));
            lines.push(format!(
                "{} {level} [{service}] {} (id {})",
                time(at),
                note,
                random.between(10_000, 99_999)
            ));
        }
        if !(5..=9).contains(&right)
            || any_level == right
            || any_time == right
            || similar == right
            || !is_exact
            || any_time == similar
        {
            return None;
        }
        let question = format!(
            "This is a server's log of one morning.\n\n{}\n\nHow many ERROR lines of the service [billing] (and no other service) are there from {} to {}, both times included?",
            lines.join("\n"),
            time(from),
            time(to)
        );
        Some(
            number(Medium, question)
                .tagged(&["counting"])
                .working("Going through the lines of that time, {answer} are errors of [billing].")
                .number(right, [similar, any_time, right - 1]),
        )
    })
}

/// Things that are moved about: where each is.
struct Depot {
    crates: Vec<usize>,
    trucks: Vec<usize>,
    parcel: usize,
}

fn journal() -> Draft {
    const PLACES: [&str; 6] = ["Aalborg", "Bremen", "Calais", "Drammen", "Esbjerg", "Gdynia"];
    draw("journal", |random| {
        let mut depot = Depot {
            crates: (0..8).map(|_| index(random.between(0, 4))).collect(),
            trucks: random.shuffled(&[0, 1, 2, 3, 4]),
            parcel: 0,
        };
        let letters = random.shuffled(&["A", "B", "C", "D", "E", "F", "G", "H"]);
        let mut lines = Vec::new();
        let opening: Vec<String> =
            (0..8).map(|at| format!("crate {} is on truck {}", letters[at], depot.crates[at] + 1)).collect();
        let trucks: Vec<String> =
            (0..5).map(|at| format!("truck {} is in {}", at + 1, PLACES[depot.trucks[at]])).collect();
        let first = opening_of(&opening, &trucks, letters[0]);
        let mut moves = [0, 0, 0];
        let mut before = PLACES[depot.trucks[depot.crates[depot.parcel]]];
        let mut places = vec![before];
        for _ in 0..115 {
            let text = event(random, &mut depot, &letters, &PLACES, &mut moves);
            let now = PLACES[depot.trucks[depot.crates[depot.parcel]]];
            if now != before {
                before = now;
                places.push(now);
            }
            lines.push(text);
        }
        let right = places[places.len() - 1];
        let earlier = places.get(places.len().wrapping_sub(2))?;
        let other = PLACES[depot.trucks[(depot.crates[depot.parcel] + 1) % 5]];
        if moves[0] != 2
            || moves[1] < 3
            || moves[1] > 6
            || *earlier == right
            || other == right
            || other == *earlier
            || count(&places) < 4
        {
            return None;
        }
        let text: Vec<String> =
            lines.iter().enumerate().map(|(at, line)| format!("Entry {}: {line}", at + 1)).collect();
        let question = format!(
            "{first}\n\nThe journal, in the order in which things happened:\n{}\n\nIn which town is parcel 4471 after the last entry? A parcel goes where its crate goes, and a crate where its truck goes. What is put on a truck or repacked into a crate, from wherever it was, is then where that truck or crate is.",
            text.join("\n")
        );
        Some(
            ask(Hard, question, "town")
                .copied()
                .tagged(&["state_tracking"])
                .working(format!(
                    "The parcel was in these towns, one after the other: {}.",
                    places.join(", ")
                ))
                .exact_any_case(right, [*earlier, other]),
        )
    })
}

fn opening_of(crates: &[String], trucks: &[String], letter: &str) -> String {
    format!(
        "A haulier keeps a journal. At the beginning {}; {}. Parcel 4471 is in crate {letter}, parcel 4417 in another crate.",
        trucks.join(", "),
        crates.join(", ")
    )
}

/// One entry of the journal; `moves` counts changes of the parcel's crate, of its crate's truck and of other things.
fn event(
    random: &mut Random,
    depot: &mut Depot,
    letters: &[&str],
    places: &[&str],
    moves: &mut [i64; 3],
) -> String {
    let (case, truck) = (index(random.between(0, 7)), index(random.between(0, 4)));
    match random.between(0, 39) {
        0 | 1 if case != depot.parcel => {
            depot.parcel = case;
            moves[0] += 1;
            format!("parcel 4471 is repacked into crate {}.", letters[case])
        }
        0..=5 => format!("parcel 4417 is repacked into crate {}.", letters[case]),
        6..=12 if truck != depot.crates[case] => {
            depot.crates[case] = truck;
            moves[1] += i64::from(case == depot.parcel);
            format!("crate {} is put on truck {}.", letters[case], truck + 1)
        }
        6..=20 => format!("the load of truck {} is checked; nothing is moved.", truck + 1),
        21..=27 => format!("truck {} is refuelled and waits for papers.", truck + 1),
        _ => {
            let town = index(random.between(0, 5));
            let is_there = depot.trucks[truck] == town;
            depot.trucks[truck] = town;
            moves[2] += 1;
            if is_there {
                format!("truck {} stays in {}.", truck + 1, places[town])
            } else {
                format!("truck {} drives to {}.", truck + 1, places[town])
            }
        }
    }
}
