//! The words of made-up text: common English ones of at most seven letters, which today's vocabularies hold whole.

/// What a word does in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Opens a noun.
    Determiner,
    /// Stands before a noun.
    Adjective,
    /// A thing or a person, one of them.
    Noun,
    /// What was done, to something.
    Verb,
    /// How or when it was done.
    Adverb,
    /// Joins a noun on.
    Preposition,
    /// Joins a sentence on.
    Conjunction,
}

impl Part {
    /// All, in the order of their declaration.
    pub(super) const ALL: [Self; 7] = [
        Self::Determiner,
        Self::Adjective,
        Self::Noun,
        Self::Verb,
        Self::Adverb,
        Self::Preposition,
        Self::Conjunction,
    ];

    /// Its words.
    pub(super) fn words(self) -> impl Iterator<Item = &'static str> {
        let words = match self {
            Self::Determiner => DETERMINERS,
            Self::Adjective => ADJECTIVES,
            Self::Noun => NOUNS,
            Self::Verb => VERBS,
            Self::Adverb => ADVERBS,
            Self::Preposition => PREPOSITIONS,
            Self::Conjunction => CONJUNCTIONS,
        };
        words.split_whitespace()
    }
}

const DETERMINERS: &str = "the this that each every some any one our their your his her my its another no";

const ADJECTIVES: &str = "small large old new young good bad long short high low early late warm cold hot dark bright \
    quiet loud fast slow heavy light easy hard strong weak simple strange common certain clear local public private \
    recent modern main final full empty open free rich poor real true wide deep clean dry wet soft sharp safe happy \
    busy green red blue white black brown yellow round broken";

const NOUNS: &str = "man woman child friend teacher student doctor driver farmer writer worker king queen captain \
    brother sister mother father family company school town city village country river lake sea forest field garden \
    tree flower stone hill road street bridge house room door window table chair kitchen market shop office station \
    train ship boat car machine engine clock letter book page story song picture answer plan idea problem reason \
    result price game party dinner meal bread coffee water milk fire storm wind winter summer morning evening night \
    day week month year hour horse dog cat bird fish hand voice paper coat map box";

const VERBS: &str = "saw found took gave made kept left held lost bought sold sent brought built opened closed moved \
    turned helped asked called carried changed covered crossed drew heard knew learned liked loved met needed noticed \
    painted passed played pulled pushed reached read saved showed started stopped studied touched visited wanted \
    washed watched wrote chose forgot";

const ADVERBS: &str = "often again soon later slowly quickly quietly now then once almost always never already still \
    early well alone today there here";

const PREPOSITIONS: &str = "in on at by near with from behind under over before after for without across along beside \
    inside outside through toward beyond against among between";

const CONJUNCTIONS: &str = "and but so while because when since until though or where";

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn words_are_many_short_and_plain() {
        let all: Vec<_> = Part::ALL.into_iter().flat_map(Part::words).collect();
        let different: BTreeSet<_> = all.iter().copied().collect();
        assert!(different.len() >= 250, "{}", different.len());
        for word in &all {
            assert!(word.len() <= 7 && word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
        }
        for part in Part::ALL {
            let words: Vec<_> = part.words().collect();
            let once: BTreeSet<_> = words.iter().copied().collect();
            assert_eq!(words.len(), once.len(), "{part:?} has a word twice");
        }
    }
}
