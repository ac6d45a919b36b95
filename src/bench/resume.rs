//! A run that was interrupted or died, to be gone on with: what its journal has is not sent again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use crate::load::budget::used;
use crate::load::plan::{Block, GOES_ON_AS, Item, Shape};
use crate::metrics::accumulate::Accumulator;
use crate::model::header::{RunHeader, SideHeader};
use crate::model::load::LevelLoad;
use crate::model::outcome::Outcome;
use crate::model::record::{Record, Side};
use crate::model::result::{BlockTime, PhaseTime};
use crate::model::units::Nanos;
use crate::results::error::{JournalError, RecoverError, StoreError};
use crate::results::journal::{JournalWriter, is_being_written};
use crate::results::recover::recover;
use crate::results::resume::go_on;
use crate::results::store::Store;
use crate::workload::Workload;

use super::recovered::windows;

/// Why a run can't be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// There is no such run, or it has no journal.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its journal can't be read.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// Its journal can't be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It has not ended.
    #[error("the run of `{0}` is still going")]
    StillGoing(PathBuf),
    /// What is asked for now is not what it does.
    #[error("run `{run_id}` was another one: {differences}")]
    Differs {
        /// The run.
        run_id: String,
        /// What differs.
        differences: String,
    },
}

/// What is left of a run.
#[derive(Debug)]
pub struct Earlier {
    /// The run as planned.
    pub header: RunHeader,
    journal: PathBuf,
    records: Vec<Record>,
    blocks: Vec<BlockTime>,
    phases: Vec<PhaseTime>,
}

impl Earlier {
    /// Reads the journal of the run that `selector` names.
    pub fn read(store: &Store, selector: &str) -> Result<Self, ResumeError> {
        let journal = store.resolve_journal(selector)?;
        if is_being_written(&journal) {
            return Err(ResumeError::StillGoing(journal));
        }
        let recovered = recover(&journal, |_, _| {})?;
        Ok(Self {
            header: recovered.header,
            journal,
            records: recovered.records,
            blocks: recovered.blocks,
            phases: recovered.phases,
        })
    }

    /// The last moment that it knows of: what comes is later.
    #[must_use]
    pub fn ended_ns(&self) -> Nanos {
        let records = self.records.iter().map(|record| record.attempt.exchange.trace.end_ns);
        let phases = self.phases.iter().map(|phase| phase.at_ns);
        records.chain(phases).chain(self.blocks.iter().map(|block| block.end_ns)).max().unwrap_or_default()
    }

    /// Refuses a run that does something else than this one did.
    pub(super) fn check(&self, now: &RunHeader) -> Result<(), ResumeError> {
        let then = &self.header;
        let side = |side: &SideHeader| (side.endpoint.clone(), side.url.clone(), side.model.clone());
        let sides = |header: &RunHeader| {
            // A simulator that is hosted has a new port each time.
            let hosted = |of: &SideHeader| if of.simulated { String::new() } else { of.url.clone() };
            let all = std::iter::once(&header.candidate).chain(&header.baseline);
            all.map(|of| (side(of).0, hosted(of), side(of).2)).collect::<Vec<_>>()
        };
        let differences: Vec<&str> = [
            ("the command", then.kind != now.kind),
            ("the prompts", then.prompt_set != now.prompt_set || then.workload != now.workload),
            ("the load", then.load != now.load || then.question != now.question),
            ("the sampling", then.sampling != now.sampling),
            ("the seed", then.seed != now.seed),
            ("the endpoints or models", sides(then) != sides(now)),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect();
        if differences.is_empty() {
            return Ok(());
        }
        let differences = format!("it differs in {}", differences.join(", "));
        Err(ResumeError::Differs { run_id: then.run_id.clone(), differences })
    }

    /// Opens its journal to be added to, with what need not be sent again. `shape` is the plan's; `is_unplanned` says
    /// that how much its loads send is decided by time and by the server: one that was interrupted begins anew then.
    pub(super) fn go_on(
        self,
        workload: &Workload,
        shape: &Shape,
        is_unplanned: bool,
    ) -> Result<(JournalWriter, Past), ResumeError> {
        let turns = turns(workload);
        let blocks_a_level = shape.rounds as usize * shape.sides.len();
        let mut ended: BTreeMap<u32, usize> = BTreeMap::new();
        for block in &self.blocks {
            *ended.entry(block.level).or_default() += 1;
        }
        let is_whole = |level: u32| !is_unplanned || ended.get(&level) == Some(&blocks_a_level);
        let done = done(&self.records, &turns, is_whole);
        // Of a block that ended nothing is sent again, so all of it stays: what its grace period cut off, too, and
        // conversations that its end broke off.
        let ended_blocks: HashSet<(u32, Side)> =
            self.blocks.iter().filter(|of| is_whole(of.level)).map(|of| (of.block, of.side)).collect();
        let windows = windows(&self.blocks);
        let mut past = Past {
            spent: self.spent(workload),
            loads: self
                .phases
                .iter()
                .filter_map(|phase| phase.level)
                .map(|load| (load.level, load))
                .collect(),
            phases: self.phases,
            ..Past::default()
        };
        let keeps_block = |block: &BlockTime| is_whole(block.level);
        for block in self.blocks.iter().filter(|block| keeps_block(block)) {
            past.levels.entry(block.level).or_default().blocks.push(*block);
        }
        let keeps_record = |record: &Record, counts: bool| {
            let window = windows.get(&(record.block, record.side)).copied();
            if !counts {
                // It counts in the rates of its block, where that is over.
                let keeps = window.is_some() && is_whole(record.key.level);
                if keeps {
                    let level = past.levels.entry(record.key.level).or_default();
                    level.traces.add_uncounted(record, window);
                }
                return keeps;
            }
            let keeps = ended_blocks.contains(&(record.block, record.side))
                || started(record, &turns).is_some_and(|started| done.contains(&started));
            if keeps {
                let level = past.levels.entry(record.key.level).or_default();
                level.traces.add(record, window);
                let mut record = record.clone();
                record.attempt.exchange.trace.chunks = Vec::new();
                level.records.push(record);
            }
            keeps
        };
        let writer = go_on(&self.journal, keeps_record, keeps_block)?;
        past.done = done;
        Ok((writer, past))
    }
}

impl Earlier {
    /// Output tokens that its records used up. One that was given up before an answer began counts as none, for most
    /// of these were never sent.
    fn spent(&self, workload: &Workload) -> u64 {
        let most: HashMap<&str, u32> =
            workload.prompts.iter().map(|work| (work.prompt.id.as_str(), work.prompt.max_tokens)).collect();
        let cost = |record: &Record| {
            let exchange = &record.attempt.exchange;
            if exchange.outcome == Outcome::Cancelled && exchange.http_status.is_none() {
                return 0;
            }
            let asked = self.header.sampling.max_tokens;
            let asked = asked.or_else(|| most.get(record.key.prompt_id.as_str()).copied());
            used(asked.unwrap_or_default().into(), exchange)
        };
        self.records.iter().map(cost).fold(0, u64::saturating_add)
    }
}

/// What was started: a prompt, or a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Started {
    item: Item,
    round: u32,
    level: u32,
    side: Side,
}

/// By the id of a prompt: the position of its sequence's first prompt, and how many turns come after it.
fn turns(workload: &Workload) -> HashMap<&str, (usize, usize)> {
    let mut turns = HashMap::new();
    for sequence in &workload.sequences {
        for turn in 0..sequence.turns {
            if let Some(prompt) = workload.prompts.get(sequence.first + turn) {
                turns.insert(prompt.prompt.id.as_str(), (sequence.first, sequence.turns - 1 - turn));
            }
        }
    }
    turns
}

fn started(record: &Record, turns: &HashMap<&str, (usize, usize)>) -> Option<Started> {
    let (first, _) = *turns.get(record.key.prompt_id.as_str())?;
    let item = Item { prompt: first, repeat: record.key.repeat };
    Some(Started { item, round: record.key.round, level: record.key.level, side: record.side })
}

/// What needs not be sent again: what came to its end. A conversation did with its last turn, or with a failure.
fn done(
    records: &[Record],
    turns: &HashMap<&str, (usize, usize)>,
    is_whole: impl Fn(u32) -> bool,
) -> HashSet<Started> {
    records
        .iter()
        .filter(|record| is_whole(record.key.level))
        .filter(|record| match record.attempt.exchange.outcome {
            Outcome::Cancelled => false,
            Outcome::Success => turns.get(record.key.prompt_id.as_str()).is_some_and(|(_, left)| *left == 0),
            _ => true,
        })
        .filter_map(|record| started(record, turns))
        .collect()
}

/// What was sent before.
#[derive(Debug, Default)]
pub struct Past {
    levels: BTreeMap<u32, PastLevel>,
    /// The loads of the levels that were begun.
    loads: BTreeMap<u32, LevelLoad>,
    done: HashSet<Started>,
    /// Output tokens that were brought, also by what is sent again.
    pub spent: u64,
    /// Its phases.
    pub phases: Vec<PhaseTime>,
}

/// What was sent before at one level.
#[derive(Debug, Default)]
pub(super) struct PastLevel {
    pub(super) records: Vec<Record>,
    pub(super) traces: Accumulator,
    pub(super) blocks: Vec<BlockTime>,
}

impl Past {
    /// Requests that are not sent again.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.levels.values().map(|level| level.records.len()).sum()
    }

    /// The load that a level was begun with, else this one. What a search asks for depends on what came of the
    /// levels before, and not all of that is in a journal: a record must not count for a load that it was not under.
    pub(super) fn load_of(&self, planned: LevelLoad) -> LevelLoad {
        let begun = self.loads.get(&planned.level).filter(|begun| begun.axis == planned.axis);
        begun.copied().unwrap_or(planned)
    }

    /// What one level brought; it is taken out.
    pub(super) fn take(&mut self, level: u32) -> PastLevel {
        self.levels.remove(&level).unwrap_or_default()
    }

    /// What of these blocks is still to be sent. A block that has run on one side only has one side left, and of
    /// one that was interrupted what was done is passed over.
    pub(super) fn left_of(&self, blocks: Vec<Block>, ended: &[BlockTime]) -> Vec<Block> {
        if self.done.is_empty() && ended.is_empty() {
            return blocks;
        }
        let has_ended = |block: &Block, side: Side| {
            let numbers = [block.index, GOES_ON_AS.saturating_add(block.index)];
            ended.iter().any(|time| time.side == side && numbers.contains(&time.block))
        };
        let most_repeats =
            self.done.iter().map(|started| started.item.repeat as usize + 1).max().unwrap_or(1);
        let left = |block: &Block, side: Side| {
            if has_ended(block, side) {
                return None;
            }
            let Block { round, level, .. } = *block;
            let is_done = |item: Item| self.done.contains(&Started { item, round, level, side });
            // A block that begins anew has been through so many passes at the most.
            let positions = block.items.len() * if block.passes.is_some() { most_repeats } else { 1 };
            let done: HashSet<usize> =
                (0..positions).filter(|n| block.item(*n).is_some_and(is_done)).collect();
            match done.len() {
                0 => Some(Block { sides: vec![side], ..block.clone() }),
                all if all == block.items.len() && block.passes.is_none() => None,
                _ => Some(Block {
                    index: GOES_ON_AS.saturating_add(block.index),
                    sides: vec![side],
                    done,
                    ..block.clone()
                }),
            }
        };
        blocks.iter().flat_map(|block| block.sides.iter().filter_map(|side| left(block, *side))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::judgement::Verdict;
    use crate::results::fixtures::{header, record};
    use crate::workload::{Sequence, WorkPrompt};

    fn workload(turns: usize) -> Workload {
        let prompts = ["p-1", "p-2"].map(|id| {
            let prompt = serde_json::json!({"id": id, "category": "any", "prompt": "?", "max_tokens": 9,
                "reference": "", "near_miss": [], "checks": []});
            let prompt = serde_json::from_value(prompt).unwrap();
            WorkPrompt { prompt, ask: crate::model::workload::Ask::default(), salt_at: None, think_s: 0.0 }
        });
        let sequences = (0..2).step_by(turns).map(|first| Sequence { first, turns }).collect();
        let info = serde_json::json!({"spec": {"type": "prompt_set", "name": "any"}, "options": {}, "prompts": 2,
            "categories": {}});
        let info = serde_json::from_value(info).unwrap();
        Workload {
            info,
            prompts: prompts.into(),
            sequences,
            starts_s: None,
            ordered: false,
            warnings: Vec::new(),
        }
    }

    fn of(prompt: &str, block: u32, outcome: Outcome) -> Record {
        let mut record = record(prompt, 0, Side::Candidate, Verdict::Pass);
        record.key.level = block;
        record.block = block;
        record.attempt.exchange.outcome = outcome;
        record
    }

    fn ended(block: u32) -> BlockTime {
        serde_json::from_value(serde_json::json!({"round": 0, "block": block, "level": block,
            "side": "candidate", "start_ns": 0, "end_ns": 9}))
        .unwrap()
    }

    /// Of two levels the first has ended: what is kept of each, by prompt, and what is left of the blocks.
    fn kept(records: &[Record], workload: &Workload) -> (Vec<(u32, String)>, [usize; 2]) {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = JournalWriter::create(dir.path(), &header("run-1")).unwrap();
        for record in records {
            writer.append(record).unwrap();
        }
        writer.append_block(&ended(0)).unwrap();
        drop(writer);
        let shape = Shape::once(workload.sequences.len(), 1, 1);
        let read = || Earlier::read(&Store::new(dir.path()), "run-1").unwrap();
        let (writer, mut past) = read().go_on(workload, &shape, false).unwrap();
        drop(writer);
        let again = read();
        let kept = again.records.iter().map(|of| (of.key.level, of.key.prompt_id.clone())).collect();
        let left = [0, 1].map(|level| {
            let planned = crate::load::plan::blocks(&Shape { level, ..shape.clone() }, level);
            let ended = past.take(level);
            past.left_of(planned, &ended.blocks).len()
        });
        (kept, left)
    }

    /// What failed without saying what it brought counts as all that was asked for, as it did then.
    #[test]
    fn what_was_used_up_is_what_the_budget_counted() {
        let mut records = [of("p-1", 0, Outcome::Success), of("p-2", 0, Outcome::Reset)];
        records[1].attempt.exchange.usage = None;
        let mut unsent = of("p-2", 1, Outcome::Cancelled);
        (unsent.attempt.exchange.usage, unsent.attempt.exchange.http_status) = (None, None);
        let brought = records[0].attempt.exchange.usage.unwrap().completion_tokens;
        let mut header = header("run-1");
        header.sampling.max_tokens = None;
        let earlier = Earlier {
            header,
            journal: PathBuf::new(),
            records: records.into_iter().chain([unsent]).collect(),
            blocks: Vec::new(),
            phases: Vec::new(),
        };
        assert_eq!(earlier.spent(&workload(1)), brought + 9);
    }

    fn ids(kept: &[(u32, &str)]) -> Vec<(u32, String)> {
        kept.iter().map(|(level, id)| (*level, (*id).to_owned())).collect()
    }

    /// What its grace period cut off is what came of a load; what an interruption cut off is sent again.
    #[test]
    fn a_block_that_ended_stays_as_it_was() {
        let (cut, went_well) = (Outcome::Cancelled, Outcome::Success);
        let records =
            [of("p-1", 0, went_well), of("p-2", 0, cut), of("p-1", 1, went_well), of("p-2", 1, cut)];
        let (kept, left) = self::kept(&records, &workload(1));
        assert_eq!((kept, left), (ids(&[(0, "p-1"), (0, "p-2"), (1, "p-1")]), [0, 1]));
        // Also where nothing but that came of it.
        let (kept, left) = self::kept(&[of("p-1", 0, cut), of("p-2", 0, cut)], &workload(1));
        assert_eq!((kept, left), (ids(&[(0, "p-1"), (0, "p-2")]), [0, 1]));
    }

    #[test]
    fn a_conversation_that_the_end_of_its_block_broke_off_is_not_sent_again() {
        let records = [of("p-1", 0, Outcome::Success), of("p-1", 1, Outcome::Success)];
        let (kept, left) = self::kept(&records, &workload(2));
        assert_eq!((kept, left), (ids(&[(0, "p-1")]), [0, 1]));
    }
}
