//! Common knowledge, everyday words of six languages, and short passages to read.

use super::super::draft::Draft;
use crate::model::prompt::Difficulty::Easy;

pub(super) fn rows() -> Vec<Draft> {
    factual().into_iter().chain(language()).chain(reading()).collect()
}

fn factual() -> Vec<Draft> {
    let fact = |question: &str, kind: &str| Draft::ask("factual", Easy, question, kind);
    vec![
        fact("What is the capital of Japan?", "city")
            .working("The capital and largest city of Japan is {answer}.")
            .word("Tokyo", &["Kyoto", "Osaka"]),
        fact("What is the chemical formula of water?", "formula")
            .working("A water molecule has two hydrogen atoms and one oxygen atom: {answer}.")
            .word("H2O|H_2O|H_{2}O", &["H2O2", "CO2", "H_2O_2"]),
        fact("Which planet of the solar system is closest to the Sun?", "planet")
            .working("The innermost planet of the solar system is {answer}.")
            .word("Mercury", &["Venus", "Mars"]),
        fact("Who wrote the play \"Romeo and Juliet\"?", "surname")
            .working("\"Romeo and Juliet\" is an early tragedy by the English playwright {answer}.")
            .word("Shakespeare", &["Marlowe", "Dickens"]),
        fact("What is the largest ocean on Earth?", "ocean")
            .working("The largest and deepest ocean is the {answer} Ocean.")
            .word("Pacific", &["Atlantic", "Indian"]),
        fact("What is the main language spoken in Brazil?", "language")
            .working("Brazil was a colony of Portugal, and its official language is {answer}.")
            .word("Portuguese", &["Spanish", "French"]),
        fact("How many legs does a spider have?", "number")
            .working("Spiders are arachnids, and arachnids have {answer} legs.")
            .number(8, [6, 10]),
        fact("Which gas do plants take in from the air for photosynthesis?", "gas")
            .working("In photosynthesis plants take in {answer} and release another gas.")
            .word("carbon dioxide|CO2|CO_2|CO_{2}", &["oxygen", "nitrogen"]),
    ]
}

fn language() -> Vec<Draft> {
    let word = |question: &str, kind: &str| Draft::ask("language", Easy, question, kind);
    vec![
        word("How do you say \"thank you\" in German?", "German")
            .working("The usual German word for this is \"{answer}\".")
            .word("Danke|Dankeschön|Danke schön|Vielen Dank", &["Bitte", "Gracias"]),
        word("How do you greet somebody in French during the day (\"good day\", \"hello\")?", "French")
            .working("The common French greeting during the day is \"{answer}\".")
            .word("Bonjour", &["Bonsoir", "Au revoir"]),
        word("What is the Spanish word for \"cat\"?", "Spanish")
            .working("The Spanish word for the animal is \"{answer}\".")
            .word("gato|gata", &["perro", "chat"]),
        word("What is the Italian word for \"water\"?", "Italian")
            .working("In Italian it is called \"{answer}\".")
            .word("acqua", &["agua", "latte"]),
        word("Translate the Dutch phrase \"goede nacht\" into English.", "English")
            .working("\"goede\" means good and \"nacht\" means night, so it is \"{answer}\".")
            .word("good night|goodnight", &["good morning", "good day"]),
        word("What is the plural of the English word \"child\"?", "plural")
            .working("The word has an irregular plural: one child, two {answer}.")
            .word("children", &["childs", "childrens"]),
        word("What is the past tense of the English verb \"to go\", as in \"Yesterday I ... home\"?", "verb")
            .working("The verb is irregular: \"Yesterday I {answer} home\".")
            .word("went", &["gone", "goed"]),
    ]
}

fn reading() -> Vec<Draft> {
    let about = |passage: &str, question: &str, kind: &str| {
        Draft::ask("reading", Easy, format!("{passage}\n\n{question}"), kind).copied()
    };
    vec![
        about(
            "Nadia, Pedro and Yusuf went to the market. Nadia bought cheese, Pedro bought a lamp, and Yusuf bought nothing.",
            "Who bought the lamp?",
            "name",
        )
        .working("The passage says that the lamp was bought by {answer}.")
        .word("Pedro", &["Nadia", "Yusuf"]),
        about(
            "The night train leaves Vienna at eight in the evening. It stops in Linz and Salzburg and reaches Zurich in the morning.",
            "In which city does the journey end?",
            "city",
        )
        .working("The train starts in Vienna and its last stop is {answer}.")
        .word("Zurich|Zürich", &["Salzburg", "Vienna"]),
        about(
            "Our garden has 63 tulips, 47 roses and 29 lilies. The roses were planted last spring.",
            "How many roses are in the garden?",
            "number",
        )
        .working("The passage counts {answer} roses.")
        .number(47, [63, 29]),
        about(
            "The meeting was planned for Tuesday, but the manager was ill, so it was moved to Friday of the same week.",
            "On which day does the meeting take place?",
            "day",
        )
        .working("It was moved from the planned day to {answer}.")
        .word("Friday", &["Tuesday", "Monday"]),
        about(
            "Kofi painted the door green and the window frames white. His sister wanted a yellow door, but she came too late.",
            "What colour is the door?",
            "colour",
        )
        .working("Kofi painted the door {answer}, and it stayed so.")
        .word("green", &["yellow", "white"]),
        about(
            "The lighthouse was built of granite. The keeper's cottage beside it is made of wood and has a roof of slate.",
            "What material is the cottage's roof made of?",
            "material",
        )
        .working("The cottage itself is of wood, while its roof is of {answer}.")
        .word("slate", &["wood", "granite"]),
        Draft::new(
            "reading",
            Easy,
            "All the lamps in the library are switched on at dusk, and none of them before. It is noon now. Which statement follows?",
        )
        .working("At noon it is not yet dusk, so the lamps have not been switched on.")
        .choice(
            &[
                "All the lamps are on",
                "Some of the lamps are on",
                "None of the lamps has been switched on yet today",
                "The lamps are broken",
            ],
            2,
            &[0, 1],
        ),
    ]
}
