//! Small tokenizers of the kinds there are, for tests.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::words::Part;

/// Writes a tokenizer as `tokenizer.json`; the folder goes when it is dropped.
pub(super) fn saved(json: &Value) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    std::fs::write(&path, json.to_string()).unwrap();
    (folder, path)
}

fn tokenizer(normalizer: &Value, pre_tokenizer: &Value, model: &Value) -> Value {
    json!({"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer, "post_processor": null, "decoder": null, "model": model})
}

/// A BPE model of single symbols and merges from left to right of each of `words`.
fn bpe(symbols: impl Iterator<Item = char>, words: impl Iterator<Item = String>) -> Value {
    let mut vocabulary = Map::new();
    let add = |vocabulary: &mut Map<String, Value>, token: &str| {
        let id = vocabulary.len();
        vocabulary.entry(token).or_insert_with(|| id.into()).as_u64().unwrap() == id as u64
    };
    for symbol in symbols {
        add(&mut vocabulary, &symbol.to_string());
    }
    let mut merges = Vec::new();
    for word in words {
        for (at, symbol) in word.char_indices().skip(1) {
            let (left, both) = (&word[..at], &word[..at + symbol.len_utf8()]);
            if add(&mut vocabulary, both) {
                merges.push(json!([left, symbol.to_string()]));
            }
        }
    }
    json!({"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
        "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
        "vocab": vocabulary, "merges": merges})
}

/// Nouns, and every second other word, of which most others are pieces of two or three.
fn some_words(blank: char) -> impl Iterator<Item = String> {
    let others = Part::ALL.into_iter().filter(|part| *part != Part::Noun).flat_map(Part::words).step_by(2);
    Part::Noun.words().chain(others).map(move |word| format!("{blank}{word}")).chain([format!("{blank}the")])
}

/// GPT-2's kind: bytes, no merge across a blank.
pub(super) fn byte_level() -> Value {
    // GPT-2's stand-ins: printable bytes for themselves, the others from U+0100 on.
    let bytes = (0_u32..=255).filter_map(|byte| {
        char::from_u32(if matches!(byte, 33..=126 | 161..=172 | 174..=255) { byte } else { 0 })
    });
    let others = (0x100..=0x143).filter_map(char::from_u32);
    let pre_tokenizer =
        json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
    tokenizer(&Value::Null, &pre_tokenizer, &bpe(bytes.filter(|c| *c != '\0').chain(others), some_words('Ġ')))
}

/// Llama 2's kind: a mark in place of each blank and one before the text, merges over the whole text.
pub(super) fn sentence_piece() -> Value {
    let normalizer = json!({"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]});
    let symbols = ('a'..='z').chain('A'..='Z').chain(['▁', '.', ',']);
    tokenizer(&normalizer, &Value::Null, &bpe(symbols, some_words('▁')))
}

/// Tokens that go across blanks: words behind `the` and `his` are one token with it.
pub(super) fn across_blanks() -> Value {
    let normalizer = json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"});
    let symbols = ('a'..='z').chain('A'..='Z').chain(['▁', '.', ',']);
    let pairs = Part::Noun.words().flat_map(|noun| [format!("▁the▁{noun}"), format!("▁his▁{noun}")]);
    tokenizer(&normalizer, &Value::Null, &bpe(symbols, pairs.chain(some_words('▁'))))
}

/// Each byte a token.
pub(super) fn bytes() -> Value {
    let mut json = byte_level();
    let vocabulary: Map<_, _> = json["model"]["vocab"].as_object().unwrap().clone();
    let single: Map<_, _> = vocabulary.into_iter().filter(|(token, _)| token.chars().count() == 1).collect();
    json["model"]["vocab"] = single.into();
    json["model"]["merges"] = json!([]);
    json
}

/// Knows the words `the` and `day` and leaves all else out.
pub(super) fn two_words() -> Value {
    let model = json!({"type": "WordLevel", "vocab": {"the": 0, "day": 1, "The": 2}, "unk_token": "[UNK]"});
    tokenizer(&Value::Null, &json!({"type": "Whitespace"}), &model)
}
