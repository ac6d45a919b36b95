//! Which prompt is sent when, on which side: laid out from a seed before anything is sent.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64;

use crate::model::record::Side;

/// A block holds at least this many times the concurrency, so that its steady window can hold the
/// three that a throughput needs.
const BLOCK_PER_CONCURRENCY: u64 = 5;

/// No block is made smaller than this without being asked.
const SMALLEST_BLOCK: u64 = 50;

/// What a plan is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// How many prompts there are.
    pub prompts: usize,
    /// Requests a side and round; every prompt `repeats` times when absent.
    pub requests: Option<u64>,
    /// How often each prompt is sent in a round.
    pub repeats: u32,
    /// How often the whole of blocks is run.
    pub rounds: u32,
    /// Requests a block; chosen from the concurrency when absent.
    pub block_size: Option<u32>,
    /// Requests in flight.
    pub concurrency: u32,
    /// Decides the order of prompts and sides.
    pub seed: u64,
    /// The sides; each block is run on all of them.
    pub sides: Vec<Side>,
}

impl Shape {
    /// Requests a side and round.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.unwrap_or(self.prompts as u64 * u64::from(self.repeats))
    }

    /// How often the most frequent prompt is sent in a round.
    #[must_use]
    pub fn repeats(&self) -> u64 {
        self.requests().div_ceil((self.prompts as u64).max(1)).max(1)
    }

    /// Requests in all, both sides and all rounds.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.requests() * u64::from(self.rounds) * self.sides.len() as u64
    }

    /// Blocks a round. One that was asked for is a block's largest size; the one chosen here is its
    /// smallest, where there are as many requests, for a smaller block has no steady window.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        let chosen = (BLOCK_PER_CONCURRENCY * u64::from(self.concurrency)).max(SMALLEST_BLOCK);
        let blocks = match self.block_size {
            Some(largest) => self.requests().div_ceil(u64::from(largest).max(1)),
            None => self.requests() / chosen,
        };
        blocks.max(1)
    }

    /// Requests a block, at the most: equal parts, rather than full ones and a rest too short to measure.
    #[must_use]
    pub fn block_size(&self) -> u64 {
        self.requests().div_ceil(self.blocks()).max(1)
    }
}

/// One request of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Item {
    /// Position of the prompt in its set.
    pub prompt: usize,
    /// How often it was sent before in this round.
    pub repeat: u32,
}

/// A run of requests at full concurrency, first on one side, then on the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// From 0.
    pub round: u32,
    /// From 0, counted over the rounds.
    pub index: u32,
    /// What is sent, in this order.
    pub items: Vec<Item>,
    /// The sides in the order in which they run it.
    pub sides: Vec<Side>,
}

/// Lays out the blocks. The same shape gives the same plan.
#[must_use]
pub fn blocks(shape: &Shape) -> Vec<Block> {
    let mut random = Pcg64::seed_from_u64(shape.seed);
    let mut blocks = Vec::new();
    for round in 0..shape.rounds {
        let items = order(shape, &mut random);
        let size = usize::try_from(shape.block_size()).unwrap_or(usize::MAX);
        for part in items.chunks(size) {
            let mut sides = shape.sides.clone();
            sides.shuffle(&mut random);
            let index = u32::try_from(blocks.len()).unwrap_or(u32::MAX);
            blocks.push(Block { round, index, items: part.to_vec(), sides });
        }
    }
    blocks
}

/// One round's requests: whole passes over the prompts, each in an order of its own.
fn order(shape: &Shape, random: &mut Pcg64) -> Vec<Item> {
    let wanted = usize::try_from(shape.requests()).unwrap_or(usize::MAX);
    let mut items = Vec::new();
    let mut repeat = 0;
    while items.len() < wanted && shape.prompts > 0 {
        let mut pass: Vec<usize> = (0..shape.prompts).collect();
        pass.shuffle(random);
        let missing = wanted - items.len();
        items.extend(pass.into_iter().take(missing).map(|prompt| Item { prompt, repeat }));
        repeat += 1;
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn shape() -> Shape {
        Shape {
            prompts: 30,
            requests: None,
            repeats: 1,
            rounds: 1,
            block_size: None,
            concurrency: 10,
            seed: 1,
            sides: vec![Side::Candidate, Side::Baseline],
        }
    }

    #[test]
    fn a_small_set_is_one_block_and_a_large_one_several_equal_ones() {
        assert_eq!(blocks(&shape()).len(), 1);
        let sizes: Vec<_> =
            blocks(&Shape { prompts: 110, ..shape() }).iter().map(|b| b.items.len()).collect();
        assert_eq!(sizes, [55, 55]);
        assert_eq!(blocks(&Shape { prompts: 60, ..shape() }).len(), 1);
        let asked = Shape { prompts: 110, block_size: Some(50), ..shape() };
        let sizes: Vec<_> = blocks(&asked).iter().map(|b| b.items.len()).collect();
        assert_eq!(sizes, [37, 37, 36]);
    }

    #[test]
    fn the_seed_decides_the_order() {
        assert_eq!(blocks(&shape()), blocks(&shape()));
        assert_ne!(blocks(&shape()), blocks(&Shape { seed: 2, ..shape() }));
    }

    #[test]
    fn requests_beyond_the_set_begin_a_new_pass() {
        let plan = blocks(&Shape { prompts: 3, requests: Some(7), ..shape() });
        let repeats: Vec<_> = plan[0].items.iter().map(|i| i.repeat).collect();
        assert_eq!(repeats, [0, 0, 0, 1, 1, 1, 2]);
        assert_eq!(Shape { prompts: 3, requests: Some(7), ..shape() }.repeats(), 3);
        assert_eq!(Shape { prompts: 3, requests: Some(2), ..shape() }.repeats(), 1);
        assert_eq!(Shape { repeats: 4, ..shape() }.repeats(), 4);
    }

    proptest! {
        #[test]
        fn every_request_is_planned_once_a_round(prompts in 1usize..60, repeats in 1u32..4, rounds in 1u32..4, block in 1u32..70, seed: u64) {
            let shape = Shape { prompts, repeats, rounds, block_size: Some(block), seed, ..shape() };
            let plan = blocks(&shape);
            for round in 0..rounds {
                let items: Vec<_> = plan.iter().filter(|b| b.round == round).flat_map(|b| b.items.clone()).collect();
                let unique: BTreeSet<_> = items.iter().copied().collect();
                prop_assert_eq!(unique.len(), items.len());
                prop_assert_eq!(items.len() as u64, shape.requests());
            }
            for block in &plan {
                prop_assert!(block.items.len() as u64 <= shape.block_size());
                prop_assert_eq!(block.sides.iter().copied().collect::<BTreeSet<_>>().len(), 2);
            }
        }
    }
}
