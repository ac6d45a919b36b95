//! The keys of a JSON document and the numbers right under them; all else is passed over unread, so that a file of a
//! gigabyte is looked at in the memory of its keys.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Document {
    /// An object, with what is right under its keys.
    Object(BTreeMap<String, Member>),
    /// Anything else.
    Other,
}

/// A member of an object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Member {
    /// A number.
    Number(f64),
    /// Anything else.
    Other,
}

impl Document {
    /// The numbers, by key.
    pub(super) fn numbers(self) -> BTreeMap<String, f64> {
        let Self::Object(members) = self else { return BTreeMap::new() };
        members
            .into_iter()
            .filter_map(|(key, member)| match member {
                Member::Number(number) => Some((key, number)),
                Member::Other => None,
            })
            .collect()
    }
}

/// The documents that follow one another in a text, each with its place in it.
pub(super) fn documents(
    bytes: &[u8],
) -> impl Iterator<Item = Result<(Document, Range<usize>), serde_json::Error>> + use<'_> {
    let mut stream = serde_json::Deserializer::from_slice(bytes).into_iter::<Document>();
    std::iter::from_fn(move || {
        let start = stream.byte_offset();
        let document = stream.next()?;
        Some(document.map(|document| (document, start..stream.byte_offset())))
    })
}

/// The text with what Python's `json.dump` writes and JSON doesn't have in JSON's terms: `Infinity` outside a string
/// becomes `"inf"` and `NaN` null. As it is where it has neither, which is as good as always.
pub(super) fn of_python(bytes: &[u8]) -> Cow<'_, [u8]> {
    const WORDS: [(&[u8], &[u8]); 3] =
        [(b"-Infinity", br#""-inf""#), (b"Infinity", br#""inf""#), (b"NaN", b"null")];
    let (mut text, mut kept) = (Vec::new(), 0);
    let (mut at, mut in_string) = (0, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => at += 1,
            b'-' | b'I' | b'N' if !in_string => {
                let rest = bytes.get(at..).unwrap_or_default();
                if let Some((word, instead)) = WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
                    text.extend_from_slice(bytes.get(kept..at).unwrap_or_default());
                    text.extend_from_slice(instead);
                    kept = at + word.len();
                    at = kept - 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    if kept == 0 {
        return Cow::Borrowed(bytes);
    }
    text.extend_from_slice(bytes.get(kept..).unwrap_or_default());
    Cow::Owned(text)
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((key, member)) = map.next_entry()? {
                    members.insert(key, member);
                }
                Ok(Document::Object(members))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Document, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Document::Other)
            }

            fn visit_unit<E>(self) -> Result<Document, E> {
                Ok(Document::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Document, E> {
                Ok(Document::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Document, E> {
                Ok(Document::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Document, E> {
                Ok(Document::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Document, E> {
                Ok(Document::Other)
            }

            fn visit_str<E>(self, _: &str) -> Result<Document, E> {
                Ok(Document::Other)
            }
        }
        deserializer.deserialize_any(Keys)
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shallow;
        impl<'de> Visitor<'de> for Shallow {
            type Value = Member;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Member::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Member, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Member::Other)
            }

            fn visit_unit<E>(self) -> Result<Member, E> {
                Ok(Member::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
                Ok(Member::Other)
            }

            #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
            fn visit_i64<E>(self, number: i64) -> Result<Member, E> {
                Ok(Member::Number(number as f64))
            }

            #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
            fn visit_u64<E>(self, number: u64) -> Result<Member, E> {
                Ok(Member::Number(number as f64))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Member, E> {
                Ok(Member::Number(number))
            }

            fn visit_str<E>(self, _: &str) -> Result<Member, E> {
                Ok(Member::Other)
            }
        }
        deserializer.deserialize_any(Shallow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_writes_beyond_json_is_put_in_its_terms() {
        let text = br#"{"a": Infinity, "b": [NaN, -Infinity, -1], "c": "NaN \" Infinity"}"#;
        let expected = br#"{"a": "inf", "b": [null, "-inf", -1], "c": "NaN \" Infinity"}"#;
        assert_eq!(of_python(text), &expected[..]);
        assert!(matches!(of_python(expected), Cow::Borrowed(_)));
        assert_eq!(of_python(b"NaN"), &b"null"[..]);
    }

    #[test]
    fn keys_and_numbers_are_found_and_the_rest_is_passed_over() {
        let text = br#"{"a": 1, "b": [1, {"c": 2}], "d": -2.5, "e": {"f": 3}, "g": null, "h": "x"} {"i": 4}"#;
        let found: Vec<_> = documents(text).map(Result::unwrap).collect();
        assert_eq!(found.len(), 2);
        assert_eq!(&text[found[1].1.clone()], br#" {"i": 4}"#);
        let Document::Object(members) = &found[0].0 else { panic!("an object") };
        assert_eq!(members.keys().collect::<Vec<_>>(), ["a", "b", "d", "e", "g", "h"]);
        assert_eq!(
            found[0].0.clone().numbers(),
            BTreeMap::from([("a".to_owned(), 1.0), ("d".to_owned(), -2.5)])
        );
        for other in ["[1]", "1", "-1", "1.5", "\"x\"", "null", "true"] {
            assert_eq!(documents(other.as_bytes()).next().unwrap().unwrap().0, Document::Other, "{other}");
        }
        assert!(documents(b"{\"a\": ").next().unwrap().is_err());
        assert!(documents(b" \n").next().is_none());
    }
}
