//! Random numbers that depend on what they are for and on nothing else.
//!
//! A generator hands out numbers in the order of asking, so under load two runs with one seed would
//! differ. Here every number is a hash of the seed and of names: the same question has the same
//! answer, whenever and however often it is asked.

/// A hash in progress. Copy it to ask several questions about one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Draw(u64);

impl Draw {
    /// Starts from a seed.
    pub(super) const fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    /// Goes on with a text. Two texts in a row differ from one text that joins them.
    pub(super) fn text(self, text: &str) -> Self {
        // FNV-1a, continued from the state so far.
        let hash =
            text.bytes().fold(self.0, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        Self(mix(hash)).number(text.len() as u64)
    }

    /// Goes on with a number.
    pub(super) const fn number(self, number: u64) -> Self {
        Self(mix(self.0.rotate_left(23) ^ mix(number)))
    }

    /// All 64 bits.
    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    /// A number from 0 up to but without 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are left, which a double holds exactly")]
    pub(super) fn unit(self) -> f64 {
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// An index below `n`; 0 where `n` is 0.
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below a `usize`")]
    pub(super) const fn below(self, n: usize) -> usize {
        // The bias of the remainder is n / 2^64: nothing.
        if n == 0 { 0 } else { (self.0 % n as u64) as usize }
    }

    /// A standard normal variate (Box and Muller, 1958).
    pub(super) fn normal(self) -> f64 {
        let radius = (-2.0 * (1.0 - self.number(1).unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.number(2).unit()).cos()
    }
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood, 2014) after its increment.
const fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixes_as_the_published_generator_does() {
        // The first two outputs of SplitMix64 from state 1234567, as its reference code gives them.
        assert_eq!(mix(1_234_567), 6_457_827_717_110_365_317);
        assert_eq!(mix(1_234_567_u64.wrapping_add(0x9e37_79b9_7f4a_7c15)), 3_203_168_211_198_807_973);
    }

    #[test]
    fn units_are_even_and_names_matter() {
        let units: Vec<f64> = (0..10_000).map(|n| Draw::new(7).text("x").number(n).unit()).collect();
        let mean = units.iter().sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        assert!(units.iter().all(|u| (0.0..1.0).contains(u)));
        assert_ne!(Draw::new(7).text("ab").text("c"), Draw::new(7).text("a").text("bc"));
        assert_ne!(Draw::new(7), Draw::new(8));
    }

    #[test]
    fn normals_have_unit_variance() {
        let normals: Vec<f64> = (0..20_000).map(|n| Draw::new(1).number(n).normal()).collect();
        let mean = normals.iter().sum::<f64>() / 20_000.0;
        let variance = normals.iter().map(|z| z * z).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }
}
