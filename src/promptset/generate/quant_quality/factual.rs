//! Facts that do not change and that a 7-8B model knows more often than not.

use super::super::draft::Draft;
use crate::model::prompt::Difficulty::{self, Easy, Hard, Medium};

pub(super) fn rows() -> Vec<Draft> {
    let fact = |difficulty: Difficulty, question: &str, kind: &str| {
        Draft::ask("factual", difficulty, question, kind)
    };
    vec![
        fact(Easy, "What is the capital of Mongolia?", "city")
            .working(
                "Mongolia lies between Russia and China. Its capital, where almost half of its people live, is {answer}, on the Tuul River.",
            )
            .word("Ulaanbaatar|Ulan Bator|Ulan-Bator|Ulaan Baatar|Ulaan-Baatar", &["Astana", "Bishkek", "Darkhan"]),
        fact(Medium, "What is the name of the SI derived unit of magnetic flux?", "unit")
            .working(
                "Magnetic flux is flux density times the area it passes through. Its SI unit, equal to one volt second, is called the {answer}.",
            )
            .word("weber|webers|Wb", &["tesla", "henry", "gauss"]),
        fact(Medium, "Who wrote the novel \"The Master and Margarita\"?", "surname")
            .working(
                "The novel, in which the Devil visits Moscow, appeared long after its author's death. It was written by the Russian author {answer}.",
            )
            .word("Bulgakov|Bulgákov", &["Pasternak", "Nabokov", "Gogol"]),
        Draft::new(
            "factual",
            Medium,
            "¿En qué ciudad italiana murió y está enterrado el poeta Dante Alighieri? Responde en español.\nTermina con una línea: Answer: <ciudad>",
        )
        .working(
            "Dante nació en otra ciudad, de la que fue desterrado, y pasó sus últimos años con la familia da Polenta. Murió en 1321 y su tumba está en {answer}.",
        )
        .word("Rávena|Ravena|Ravenna", &["Florencia", "Verona", "Roma"]),
        fact(Hard, "In which year did Spain and Portugal sign the Treaty of Tordesillas?", "year")
            .working(
                "After the first voyage of Columbus the two crowns divided the lands outside Europe along a meridian west of the Cape Verde islands. The treaty was signed in {answer}.",
            )
            .number(1494, [1492, 1529, 1497]),
        fact(Hard, "Which chemical element has the atomic number 72?", "element")
            .working(
                "The element stands in group 4 of the periodic table, below zirconium, and follows lutetium. It was found in Copenhagen and is called {answer}.",
            )
            .word("hafnium|Hf", &["tantalum", "lutetium", "rhenium"]),
    ]
}
