//! Letters, words and strings: counting, changing by rules, copying, sorting.

use super::super::super::draft::Draft;
use super::super::common::{count, draw, index, list_answer, numbered, pick};
use super::{ask, number, plain};
use crate::model::prompt::Difficulty::{self, Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    vec![
        letters(),
        words(),
        transform(Medium, "transform four", 4),
        transform(Hard, "transform six", 6),
        copying(),
        sorting(),
        runs(),
    ]
}

/// Words without meaning for each other, to make sentences of that nobody has seen.
const WORDS: [&str; 24] = [
    "seven", "eager", "otters", "carried", "little", "copper", "lanterns", "across", "the", "frozen",
    "harbour", "before", "dawn", "reached", "narrow", "streets", "where", "bakers", "kept", "their",
    "oldest", "ovens", "burning", "slowly",
];

fn letters() -> Draft {
    draw("letters in a sentence", |random| {
        let words = &random.shuffled(&WORDS)[..13];
        let sentence = words.join(" ");
        let letter = *pick(random, &['e', 'r', 'o', 't', 'n']);
        let times = |text: &str| text.chars().filter(|other| *other == letter).count();
        let right = times(&sentence);
        let holding = words.iter().filter(|word| word.contains(letter)).count();
        if !(7..=11).contains(&right)
            || holding == right
            || words.iter().filter(|word| times(word) > 1).count() < 2
        {
            return None;
        }
        let question = format!("How many times does the letter \"{letter}\" occur in this text?\n{sentence}");
        let by_word: Vec<String> = words
            .iter()
            .filter(|word| word.contains(letter))
            .map(|word| format!("{word} {}", times(word)))
            .collect();
        Some(
            number(Medium, question)
                .tagged(&["counting"])
                .working(format!("By word: {}.", by_word.join(", ")))
                .number(right, [holding, right + 1, right - 1]),
        )
    })
}

fn words() -> Draft {
    draw("words with a property", |random| {
        let words = &random.shuffled(&WORDS)[..17];
        let is_vowel = |c: char| "aeiou".contains(c);
        let length = index(random.between(5, 6));
        let counts = |wanted: &dyn Fn(&str) -> bool| words.iter().filter(|word| wanted(word)).count();
        let right = counts(&|word| word.len() >= length && !word.starts_with(is_vowel) && word.contains('e'));
        let longer = counts(&|word| word.len() > length && !word.starts_with(is_vowel) && word.contains('e'));
        let any_start = counts(&|word| word.len() >= length && word.contains('e'));
        let with_e: Vec<&&str> = words
            .iter()
            .filter(|word| word.len() >= length && !word.starts_with(is_vowel) && word.contains('e'))
            .collect();
        if !(4..=9).contains(&right) {
            return None;
        }
        let question = format!(
            "How many words of this list have at least {length} letters, begin with a consonant (not with a, e, i, o or u) and contain the letter \"e\"?\n{}",
            words.join(", ")
        );
        let shown: Vec<String> = with_e.iter().map(ToString::to_string).collect();
        Some(
            number(Easy, question)
                .tagged(&["counting"])
                .working(format!("They are: {}.", shown.join(", ")))
                .number(right, [longer, any_start, right + 1]),
        )
    })
}

type Step = (String, fn(&str) -> String);

/// Rules that change a string of letters and digits.
fn steps() -> Vec<Step> {
    let rule = |text: &str, change: fn(&str) -> String| (text.to_owned(), change);
    vec![
        rule("Reverse the string.", |text| text.chars().rev().collect()),
        rule("Replace every digit by the digit that is greater by one; 9 becomes 0.", |text| {
            text.chars()
                .map(|c| {
                    c.to_digit(10).map_or(c, |digit| char::from_digit((digit + 1) % 10, 10).unwrap_or(c))
                })
                .collect()
        }),
        rule("Move the first three characters to the end, without changing their order.", |text| {
            format!("{}{}", &text[3..], &text[..3])
        }),
        rule("Exchange the first and the last character.", |text| {
            let mut all: Vec<char> = text.chars().collect();
            let last = all.len() - 1;
            all.swap(0, last);
            all.into_iter().collect()
        }),
        rule("Write every vowel (A, E, I, O, U) twice.", |text| {
            text.chars()
                .flat_map(|c| std::iter::repeat_n(c, if "AEIOU".contains(c) { 2 } else { 1 }))
                .collect()
        }),
        rule("Delete every second character (the second, the fourth, the sixth and so on).", |text| {
            text.chars().step_by(2).collect()
        }),
        rule("Replace every letter by the next letter of the alphabet; Z becomes A.", |text| {
            text.bytes()
                .map(|b| {
                    if b.is_ascii_uppercase() {
                        char::from((b - b'A' + 1) % 26 + b'A')
                    } else {
                        char::from(b)
                    }
                })
                .collect()
        }),
        rule(
            "Move all digits to the front, keeping the digits in their order and the letters in theirs.",
            |text| {
                let (digits, letters): (Vec<char>, Vec<char>) = text.chars().partition(char::is_ascii_digit);
                digits.into_iter().chain(letters).collect()
            },
        ),
    ]
}

fn transform(difficulty: Difficulty, label: &str, length: usize) -> Draft {
    draw(label, |random| {
        let start: String = (0..11)
            .map(|at| *pick(random, if at % 4 == 1 { b"2345678999" } else { b"ABDEGIKLMOPRSTUZ" }))
            .map(char::from)
            .collect();
        let rules = steps();
        let chosen: Vec<usize> = random.shuffled(&(0..rules.len()).collect::<Vec<_>>())[..length].to_vec();
        let run = |order: &[usize]| order.iter().fold(start.clone(), |text, rule| (rules[*rule].1)(&text));
        let right = run(&chosen);
        let without_last = run(&chosen[..length - 1]);
        let without_second = run(&[&chosen[..1], &chosen[2..]].concat());
        let mut exchanged = chosen.clone();
        exchanged.swap(length - 2, length - 1);
        let exchanged = run(&exchanged);
        // One rule must matter for the next, or the order of the rules tells nothing.
        if !(6..=13).contains(&right.len())
            || exchanged == right
            || right == without_second
            || right == without_last
        {
            return None;
        }
        let lines: Vec<&String> = chosen.iter().map(|rule| &rules[*rule].0).collect();
        let trace: Vec<String> = (1..length).map(|done| run(&chosen[..done])).collect();
        let question = format!(
            "Start with the string {start} and apply these rules one after the other, each to the result of the one before:\n{}\nWhat is the result?",
            numbered(&lines)
        );
        Some(
            ask(difficulty, question, "string")
                .tagged(&["transformation"])
                .family("transform_string")
                .working(format!("The results in between are {}.", trace.join(", ")))
                .exact(&right, [without_last, without_second, exchanged]),
        )
    })
}

fn copying() -> Draft {
    draw("copying", |random| {
        let code = |random: &mut super::super::super::random::Random| -> String {
            let letters: String =
                (0..3).map(|_| char::from(*pick(random, b"BCDFGHJKLMNPQRSTVWXZ"))).collect();
            format!("{letters}-{}-{}", random.between(1000, 9999), random.between(10, 99))
        };
        let codes: Vec<String> = (0..9).map(|_| code(random)).collect();
        let is_odd = |code: &str| code.ends_with(['1', '3', '5', '7', '9']);
        let odd: Vec<&String> = codes.iter().filter(|code| is_odd(code)).collect();
        if !(4..=5).contains(&odd.len()) {
            return None;
        }
        let changed = |code: &str| {
            let (letters, rest) = code.split_once('-').unwrap_or_default();
            let letters: String = letters.chars().rev().collect();
            format!("{letters}-{rest}")
        };
        let right: Vec<String> =
            codes.iter().map(|code| if is_odd(code) { changed(code) } else { code.clone() }).collect();
        let mut slip = right.clone();
        let first = codes.iter().position(|code| is_odd(code))?;
        slip[first].clone_from(&codes[first]);
        let mut dropped = right.clone();
        dropped.remove(4);
        let text = format!(
            "Copy the following nine codes exactly, one a line and in the same order, with one change: in every code that ends with an odd digit, write the three letters at its beginning in reverse order. Reply with the nine lines and nothing else.\n{}",
            codes.join("\n")
        );
        Some(
            plain(Medium, text)
                .copied()
                .tagged(&["copying"])
                .system("You are a copying machine. You output what is asked for and nothing else.")
                .only(&right.join("\n"), [slip.join("\n"), dropped.join("\n"), codes.join("\n")]),
        )
    })
}

fn sorting() -> Draft {
    draw("sorting", |random| {
        let words = [
            "maple", "cedar", "birch", "oak", "elm", "willow", "spruce", "ash", "poplar", "larch", "pine",
            "yew",
        ];
        let mut chosen = random.shuffled(&words)[..8].to_vec();
        let shown = chosen.join(", ");
        let last = |word: &&str| word.chars().next_back();
        chosen.sort_by_key(|word| (word.len(), std::cmp::Reverse(last(word)), *word));
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let right = owned(&chosen);
        let ties = chosen
            .windows(2)
            .filter(|two| two[0].len() == two[1].len() && last(&two[0]) == last(&two[1]))
            .count();
        let mut other = chosen.clone();
        other.sort_by_key(|word| (word.len(), last(word), *word));
        let mut plain = chosen.clone();
        plain.sort_by_key(|word| (word.len(), *word));
        if ties != 1 || other == chosen || plain == chosen || plain == other {
            return None;
        }
        let question = format!(
            "Sort these words: {shown}. Shorter words come first. Among words of the same length, those whose last letter is later in the alphabet come first. Words that agree in both are put in alphabetical order. Give the whole list, separated by commas."
        );
        let draft = ask(Medium, question, "words")
            .tagged(&["sorting"])
            .working("First by length, then by the last letter from z to a, then by the alphabet.");
        Some(list_answer(draft, &right, &[owned(&other), owned(&plain)]))
    })
}

fn runs() -> Draft {
    draw("runs", |random| {
        let mut text = String::new();
        let mut code = String::new();
        let mut last = ' ';
        for _ in 0..9 {
            let letter = pick(random, &['a', 'b', 'c']);
            if *letter == last {
                return None;
            }
            last = *letter;
            let times = random.between(1, 6);
            text.push_str(&letter.to_string().repeat(index(times)));
            code.push(*letter);
            code.push_str(&times.to_string());
        }
        let bytes: Vec<char> = code.chars().collect();
        let digit = bytes[9].to_digit(10)?;
        let slip: String = bytes
            .iter()
            .enumerate()
            .map(|(at, c)| if at == 9 { char::from_digit(digit + 1, 10).unwrap_or(*c) } else { *c })
            .collect();
        let bare = code.replace('1', "");
        if bare == code || digit > 8 || count(&bytes) != 18 {
            return None;
        }
        let question = format!(
            "Compress this text by writing, for each run of equal letters, the letter and then the length of the run, also where the length is 1 (aab becomes a2b1), without spaces:\n{text}"
        );
        let letters: Vec<String> = bytes.chunks(2).map(|pair| pair.iter().collect()).collect();
        Some(
            ask(Medium, question, "compressed text")
                .tagged(&["counting"])
                .working(format!("The runs are {}.", letters.join(", ")))
                .exact(&code, [slip, bare]),
        )
    })
}
