//! Shards put on one clock, their blocks and repeats numbered through.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::MergeError;
use crate::model::record::Row;
use crate::model::result::RunResult;
use crate::model::units::Nanos;

/// Puts the shards' times on the clock of the one that began first, and numbers their blocks one after the other.
pub(super) fn align(shards: &mut [RunResult]) -> Result<(), MergeError> {
    let mut starts = Vec::new();
    for shard in &*shards {
        let time: Timestamp = shard
            .started_at
            .parse()
            .map_err(|_| MergeError::Time { run_id: shard.run_id.clone(), text: shard.started_at.clone() })?;
        starts.push(time.as_nanosecond());
    }
    let earliest = starts.iter().copied().min().unwrap_or(0);
    let mut blocks = 0;
    for (shard, start) in shards.iter_mut().zip(starts) {
        let later = Nanos(u64::try_from(start - earliest).unwrap_or(0));
        shift(shard, later, blocks);
        let last = shard.rows.iter().map(|row| row.block).chain(shard.blocks.iter().map(|block| block.block));
        blocks = last.max().map_or(blocks, |last| last + 1);
    }
    Ok(())
}

fn shift(shard: &mut RunResult, later: Nanos, blocks: u32) {
    let move_on = |at: &mut Nanos| *at = at.plus(later);
    shard.phases.iter_mut().for_each(|phase| move_on(&mut phase.at_ns));
    for block in &mut shard.blocks {
        block.block += blocks;
        let level = block.level_start_ns.iter_mut().chain(&mut block.level_end_ns);
        level.chain([&mut block.start_ns, &mut block.end_ns]).for_each(move_on);
    }
    for row in &mut shard.rows {
        row.block += blocks;
        for attempt in row.candidate.iter_mut().chain(&mut row.baseline) {
            let trace = &mut attempt.exchange.trace;
            let moments = [&mut trace.scheduled_ns, &mut trace.sent_ns, &mut trace.end_ns];
            moments.into_iter().chain(&mut trace.headers_ns).for_each(move_on);
            trace.chunks.iter_mut().for_each(|chunk| move_on(&mut chunk.recv_ns));
        }
    }
    for side in std::iter::once(&mut shard.candidate).chain(&mut shard.baseline) {
        for window in side.summary.throughput.iter_mut().flat_map(|throughput| &mut throughput.windows) {
            move_on(&mut window.start_ns);
            move_on(&mut window.end_ns);
        }
    }
}

/// All rows in the order of their keys. Where two shards sent the same prompt, the later one's repeats get the next
/// free numbers.
pub(super) fn rows(shards: &mut [RunResult]) -> Vec<Row> {
    let mut taken: BTreeMap<(String, u32), BTreeSet<u32>> = BTreeMap::new();
    let mut rows = Vec::new();
    for shard in shards {
        for mut row in std::mem::take(&mut shard.rows) {
            let repeats = taken.entry((row.key.prompt_id.clone(), row.key.round)).or_default();
            if !repeats.insert(row.key.repeat) {
                row.key.repeat = repeats.last().map_or(0, |last| last + 1);
                repeats.insert(row.key.repeat);
            }
            rows.push(row);
        }
    }
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}
