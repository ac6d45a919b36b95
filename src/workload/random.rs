//! Random numbers for each purpose apart, so that asking for other answers doesn't change the prompts.

use rand::SeedableRng;
use rand_pcg::Pcg64;
use sha2::{Digest, Sha256};

/// The source for one purpose under a run's seed.
pub(super) fn source(seed: u64, purpose: &str) -> Pcg64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(purpose);
    Pcg64::from_seed(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn seed_and_purpose_decide() {
        let first = |seed, purpose| source(seed, purpose).next_u64();
        assert_eq!(first(1, "texts"), first(1, "texts"));
        assert_ne!(first(1, "texts"), first(2, "texts"));
        assert_ne!(first(1, "texts"), first(1, "lengths"));
    }
}
