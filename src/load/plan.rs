//! Which prompt is sent when, on which side: laid out from a seed before anything is sent.

use std::collections::HashSet;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64;

use crate::model::record::Side;

/// A block holds at least this many times the concurrency, so that its steady window can hold the
/// three that a throughput needs.
const BLOCK_PER_CONCURRENCY: u64 = 5;

/// No block is made smaller than this without being asked.
const SMALLEST_BLOCK: u64 = 50;

/// A block that was interrupted goes on under its number and this, for it has two levels then.
pub const GOES_ON_AS: u32 = 1_000_000;

/// The number under which a block was planned, whether or not it was interrupted.
#[must_use]
pub const fn planned_as(block: u32) -> u32 {
    block % GOES_ON_AS
}

/// What a plan is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// What can be started: the position of each single prompt, and of the first prompt of each conversation.
    pub sequences: Vec<usize>,
    /// Whether their order means something: it is kept then.
    pub ordered: bool,
    /// Which level of a sweep or search this is, from 0.
    pub level: u32,
    /// Whether the blocks are to begin anew when all is sent, because something else ends them: a duration. Each
    /// round is then one block.
    pub endless: bool,
    /// Starts a side and round; every prompt or conversation `repeats` times when absent.
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
    /// Each of so many prompts once, on the candidate.
    #[must_use]
    pub fn once(prompts: usize, concurrency: u32, seed: u64) -> Self {
        Self {
            sequences: (0..prompts).collect(),
            ordered: false,
            level: 0,
            endless: false,
            requests: None,
            repeats: 1,
            rounds: 1,
            block_size: None,
            concurrency,
            seed,
            sides: vec![Side::Candidate],
        }
    }

    /// Requests a side and round.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.unwrap_or(self.sequences.len() as u64 * u64::from(self.repeats))
    }

    /// How often the most frequent prompt is sent in a round.
    #[must_use]
    pub fn repeats(&self) -> u64 {
        self.requests().div_ceil((self.sequences.len() as u64).max(1)).max(1)
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
        if self.endless {
            return 1;
        }
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
    /// Position of the prompt, or of the conversation's first.
    pub prompt: usize,
    /// How often it was sent before in this round.
    pub repeat: u32,
}

/// A run of requests at full concurrency, first on one side, then on the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// From 0.
    pub round: u32,
    /// From 0, counted over the rounds and levels.
    pub index: u32,
    /// The level of a sweep or search, from 0.
    pub level: u32,
    /// What is sent, in this order.
    pub items: Vec<Item>,
    /// Where it begins anew when all is sent: how often every prompt was sent by then.
    pub passes: Option<u32>,
    /// The sides in the order in which they run it.
    pub sides: Vec<Side>,
    /// Positions that are passed over, because an earlier run of the same plan has sent them.
    pub done: HashSet<usize>,
}

impl Block {
    /// What is sent as the `position`th, from 0; `None` after the last.
    #[must_use]
    pub fn item(&self, position: usize) -> Option<Item> {
        let Some(passes) = self.passes else { return self.items.get(position).copied() };
        let length = self.items.len();
        let item = self.items.get(position.checked_rem(length)?)?;
        let begun_anew = u32::try_from(position / length).unwrap_or(u32::MAX);
        Some(Item { repeat: item.repeat.saturating_add(begun_anew.saturating_mul(passes)), ..*item })
    }

    /// The same without so many of its first positions.
    #[must_use]
    pub(super) fn passing_over(&self, first: usize) -> Self {
        let mut block = self.clone();
        block.done.extend(0..first);
        block
    }
}

/// Lays out the blocks of one level, the first of them the `first`th of the run. The same shape gives the same plan.
#[must_use]
pub fn blocks(shape: &Shape, first: u32) -> Vec<Block> {
    let mut random = Pcg64::seed_from_u64(shape.seed);
    let mut blocks = Vec::new();
    for round in 0..shape.rounds {
        let items = order(shape, &mut random);
        let size = usize::try_from(shape.block_size()).unwrap_or(usize::MAX);
        for part in items.chunks(size) {
            let mut sides = shape.sides.clone();
            sides.shuffle(&mut random);
            let index = first.saturating_add(u32::try_from(blocks.len()).unwrap_or(u32::MAX));
            let passes = shape.endless.then(|| u32::try_from(shape.repeats()).unwrap_or(u32::MAX));
            let items = part.to_vec();
            blocks.push(Block {
                round,
                index,
                level: shape.level,
                items,
                passes,
                sides,
                done: HashSet::new(),
            });
        }
    }
    blocks
}

/// One round's requests: whole passes over the prompts, each in an order of its own.
fn order(shape: &Shape, random: &mut Pcg64) -> Vec<Item> {
    let wanted = usize::try_from(shape.requests()).unwrap_or(usize::MAX);
    let mut items = Vec::new();
    let mut repeat = 0;
    while items.len() < wanted && !shape.sequences.is_empty() {
        let mut pass = shape.sequences.clone();
        if !shape.ordered {
            pass.shuffle(random);
        }
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
        Shape { sides: vec![Side::Candidate, Side::Baseline], ..Shape::once(30, 10, 1) }
    }

    #[test]
    fn a_small_set_is_one_block_and_a_large_one_several_equal_ones() {
        assert_eq!(blocks(&shape(), 0).len(), 1);
        let sizes: Vec<_> = blocks(&Shape { sequences: (0..110).collect(), ..shape() }, 0)
            .iter()
            .map(|b| b.items.len())
            .collect();
        assert_eq!(sizes, [55, 55]);
        assert_eq!(blocks(&Shape { sequences: (0..60).collect(), ..shape() }, 0).len(), 1);
        let asked = Shape { sequences: (0..110).collect(), block_size: Some(50), ..shape() };
        let sizes: Vec<_> = blocks(&asked, 0).iter().map(|b| b.items.len()).collect();
        assert_eq!(sizes, [37, 37, 36]);
    }

    #[test]
    fn the_seed_decides_the_order() {
        assert_eq!(blocks(&shape(), 0), blocks(&shape(), 0));
        assert_ne!(blocks(&shape(), 0), blocks(&Shape { seed: 2, ..shape() }, 0));
    }

    #[test]
    fn requests_beyond_the_set_begin_a_new_pass() {
        let plan = blocks(&Shape { sequences: (0..3).collect(), requests: Some(7), ..shape() }, 0);
        let repeats: Vec<_> = plan[0].items.iter().map(|i| i.repeat).collect();
        assert_eq!(repeats, [0, 0, 0, 1, 1, 1, 2]);
        assert_eq!(Shape { sequences: (0..3).collect(), requests: Some(7), ..shape() }.repeats(), 3);
        assert_eq!(Shape { sequences: (0..3).collect(), requests: Some(2), ..shape() }.repeats(), 1);
        assert_eq!(Shape { repeats: 4, ..shape() }.repeats(), 4);
    }

    #[test]
    fn what_has_an_order_keeps_it() {
        let shape = Shape { sequences: vec![0, 3, 4], ordered: true, requests: Some(5), ..shape() };
        let prompts: Vec<_> = blocks(&shape, 0)[0].items.iter().map(|i| i.prompt).collect();
        assert_eq!(prompts, [0, 3, 4, 0, 3]);
    }

    #[test]
    fn an_endless_block_begins_anew_with_later_repeats() {
        let shape = Shape { sequences: vec![0, 1], ordered: true, endless: true, repeats: 2, ..shape() };
        let block = &blocks(&shape, 3)[0];
        let sent: Vec<_> = (0..6).map(|n| block.item(n).unwrap()).map(|i| (i.prompt, i.repeat)).collect();
        assert_eq!(sent, [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)]);
        assert_eq!(block.index, 3);
        let ending = Shape { endless: false, ..shape };
        assert_eq!(blocks(&ending, 0)[0].item(4), None);
        let nothing = Shape { sequences: Vec::new(), endless: true, ..ending };
        assert!(blocks(&nothing, 0).iter().all(|block| block.item(0).is_none()));
    }

    proptest! {
        #[test]
        fn every_request_is_planned_once_a_round(prompts in 1usize..60, repeats in 1u32..4, rounds in 1u32..4, block in 1u32..70, seed: u64) {
            let shape = Shape { sequences: (0..prompts).collect(), repeats, rounds, block_size: Some(block), seed, ..shape() };
            let plan = blocks(&shape, 0);
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
