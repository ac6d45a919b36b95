//! Strict formats: extraction to JSON, exact copying, stacked instructions, retrieval.

use serde_json::{Value, json};

use super::super::draft::Draft;
use super::super::random::Random;
use crate::model::prompt::Difficulty::{self, Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![booking(), stock(), words(), invoice(), serial(), log()]
}

fn row(difficulty: Difficulty, prompt: impl Into<String>) -> Draft {
    Draft::new("structured_output", difficulty, prompt)
}

fn booking() -> Draft {
    let right = json!({"guest": "Helena Brandt", "room": 418, "nights": 3, "breakfast": false, "arrival": "2019-06-28"});
    let changed = |field: &str, value: Value| {
        let mut changed = right.clone();
        changed[field] = value;
        changed
    };
    row(
        Easy,
        "Helena Brandt arrives on 28 June 2019 and stays for three nights in room 418. She does not want breakfast. Reply with only a JSON object that has exactly these keys: guest (string, full name), room (number), nights (number), breakfast (boolean), arrival (string, YYYY-MM-DD).",
    )
    .copied()
    .json(&right, &[changed("breakfast", json!(true)), changed("nights", json!("3")), changed("arrival", json!("2019-06-18"))])
}

fn stock() -> Draft {
    let mut random = Random::of("quant stock");
    let mut number = |low, high| random.between(low, high);
    let items = [
        ("bolt", number(41, 69), "B7"),
        ("hinge", number(110, 190), "C2"),
        ("washer", number(210, 290), "A4"),
    ];
    let rows: Vec<String> =
        items.iter().map(|(name, count, shelf)| format!("{name},{count},{shelf}")).collect();
    let object = |name: &str, count: i64, shelf: &str| json!({"item": name, "count": count, "shelf": shelf});
    let right: Vec<Value> = items.iter().map(|(name, count, shelf)| object(name, *count, shelf)).collect();
    let mut off_by_one = right.clone();
    off_by_one[1]["count"] = json!(items[1].1 + 1);
    let mut missing = right.clone();
    missing.pop();
    let mut swapped = right.clone();
    (swapped[0]["shelf"], swapped[2]["shelf"]) = (json!(items[2].2), json!(items[0].2));
    row(
        Easy,
        format!(
            "Convert these CSV lines into a JSON array with one object per line after the header, in the same order. Keep the header's names as keys and make count a number. Reply with only the JSON array.\n\nitem,count,shelf\n{}",
            rows.join("\n")
        ),
    )
    .copied()
    .json(&Value::Array(right), &[Value::Array(off_by_one), Value::Array(missing), Value::Array(swapped)])
}

fn words() -> Draft {
    let words = Random::of("quant words")
        .shuffled(&["harbour", "oak", "violin", "moss", "cinder", "falcon", "reed", "tunnel"]);
    let mut kept: Vec<&str> = words.iter().copied().filter(|word| word.len() >= 5).collect();
    kept.sort_unstable();
    let ascending = kept.join("; ").to_uppercase();
    kept.reverse();
    let right = kept.join("; ").to_uppercase();
    let dropped = kept[1..].join("; ").to_uppercase();
    Draft::ask(
        "structured_output",
        Medium,
        format!(
            "Words: {}.\nDo all of this: (a) drop every word of fewer than five letters; (b) sort the rest in reverse alphabetical order, z before a; (c) write them in capital letters; (d) join them on one line with a semicolon and a space, and nothing after the last word.",
            words.join(", ")
        ),
        "line",
    )
    .working(format!(
        "Words with at least five letters: {}.\nIn reverse alphabetical order they begin with {}.",
        words.iter().copied().filter(|word| word.len() >= 5).collect::<Vec<_>>().join(", "),
        kept.iter().map(|word| &word[..1]).collect::<Vec<_>>().join(", ")
    ))
    .exact(&right, [ascending, dropped, right.to_lowercase()])
}

fn invoice() -> Draft {
    let mut random = Random::of("quant invoice");
    let (chairs, chair, lamps, lamp) =
        (random.between(6, 9), random.between(43, 58), random.between(3, 5), random.between(27, 38));
    let total = chairs * chair + lamps * lamp;
    let invoice = |chair_total: i64, lamp_total: i64, total: i64| {
        json!({
            "client": "Garage Morel",
            "lignes": [
                {"article": "chaise", "montant": chair_total},
                {"article": "lampe", "montant": lamp_total}
            ],
            "total": total
        })
    };
    row(
        Medium,
        format!(
            "Le client Garage Morel achète {chairs} chaises à {chair} euros pièce et {lamps} lampes à {lamp} euros pièce. Réponds uniquement par un objet JSON avec exactement ces clés : client (chaîne), lignes (tableau d'objets avec les clés article et montant, d'abord la chaise, puis la lampe, au singulier et en minuscules ; montant est le prix de toutes les pièces de l'article) et total (nombre)."
        ),
    )
    .json(
        &invoice(chairs * chair, lamps * lamp, total),
        &[
            invoice(chairs * chair, lamps * lamp, total + 10),
            invoice(chair, lamp, chair + lamp),
            invoice(chairs * chair - chair, lamps * lamp, total - chair),
        ],
    )
}

fn serial() -> Draft {
    // Without the characters that are easily taken for one another.
    const ALPHABET: &[u8] = b"ACDEFHJKLMNPQRTUVWXY34679";
    let mut random = Random::of("quant serial number");
    let mut group = || -> String {
        (0..5)
            .map(|_| {
                let index = random.between(0, i64::try_from(ALPHABET.len()).unwrap() - 1);
                char::from(ALPHABET[usize::try_from(index).unwrap()])
            })
            .collect()
    };
    let groups: Vec<String> = (0..5).map(|_| group()).collect();
    let mut reversed = groups.clone();
    reversed.reverse();
    let right = reversed.join(":");
    let mut swapped = reversed.clone();
    swapped.swap(2, 3);
    let mut lost = reversed.clone();
    lost[3].remove(2);
    Draft::ask(
        "structured_output",
        Medium,
        format!(
            "Serial number: {}\nWrite its five groups in reverse order, last group first, with a colon instead of each hyphen. Leave the characters within each group exactly as they are.",
            groups.join("-")
        ),
        "serial number",
    )
    .working(format!(
        "The groups are {}. From last to first, with colons:",
        groups.iter().enumerate().map(|(index, group)| format!("({}) {group}", index + 1)).collect::<Vec<_>>().join(" ")
    ))
    .exact(&right, [swapped.join(":"), lost.join(":"), groups.join(":")])
}

fn log() -> Draft {
    let mut random = Random::of("quant order log");
    let towns = ["Porto", "Ghent", "Turku", "Split", "Cork"];
    let mut amounts: Vec<i64> = Vec::new();
    let mut orders = Vec::new();
    for (index, state) in random
        .shuffled(&[["failed"; 7].as_slice(), &["paid"; 7], &["pending"; 4]].concat())
        .into_iter()
        .enumerate()
    {
        let amount =
            random.such_that(110, 980, |amount| amounts.iter().all(|other| (other - amount).abs() > 3));
        amounts.push(amount);
        let town = towns[usize::try_from(random.between(0, 4)).unwrap()];
        orders.push((format!("K{}", 204 + 7 * index), state, amount, town));
    }
    let lines: Vec<String> =
        orders.iter().map(|(id, state, amount, town)| format!("{id} {town} {state} {amount} EUR")).collect();
    let pick = |state: &str, above: i64, descending: bool| -> Value {
        let mut hits: Vec<_> = orders.iter().filter(|order| order.1 == state && order.2 > above).collect();
        hits.sort_by_key(|order| if descending { -order.2 } else { order.2 });
        hits.iter().map(|order| json!({"id": order.0, "amount": order.2})).collect()
    };
    let mut failed: Vec<i64> =
        orders.iter().filter(|order| order.1 == "failed").map(|order| order.2).collect();
    failed.sort_unstable();
    // Between the third and the fourth of the failed orders, so that four qualify.
    let above = failed[2] + 1;
    row(
        Hard,
        format!(
            "Order log:\n{}\n\nList the orders that failed and whose amount is greater than {above} EUR, largest amount first. Reply with only a JSON array of objects with the keys id (string) and amount (number).",
            lines.join("\n")
        ),
    )
    .copied()
    .json(&pick("failed", above, true), &[pick("failed", above, false), pick("failed", above - 2, true), pick("paid", above, true)])
}
