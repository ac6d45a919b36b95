//! A result of the journal that a run left behind.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use crate::metrics::accumulate::{Accumulator, Level};
use crate::metrics::health::Samples;
use crate::model::header::RunHeader;
use crate::model::load::{LevelLoad, LoadProfile};
use crate::model::record::{Record, Row, Side};
use crate::model::result::{BlockTime, RunStatus};
use crate::results::error::RecoverError;
use crate::results::recover::{Recovered, recover};
use crate::results::rows::rows;

use super::assemble::Remains;
use super::course::context;
use super::level_result::{self, cut_short, level_result};
use super::levels::at_level;

/// What a journal held, with what its traces came to.
#[derive(Debug)]
pub struct Recovery {
    recovered: Recovered,
    traces: BTreeMap<u32, Accumulator>,
}

impl Recovery {
    /// Reads the journal at `path`, twice: when the load of a block was at its level stands after its requests.
    pub fn read(path: &Path) -> Result<Self, RecoverError> {
        let windows = windows(&recover(path, |_, _| {})?.blocks);
        let mut traces: BTreeMap<u32, Accumulator> = BTreeMap::new();
        let recovered = recover(path, |record, counts| {
            let window = windows.get(&(record.block, record.side)).copied();
            let level = traces.entry(record.key.level).or_default();
            if counts {
                level.add(record, window);
            } else {
                level.add_uncounted(record, window);
            }
        })?;
        Ok(Self { recovered, traces })
    }

    /// The run as planned.
    #[must_use]
    pub const fn header(&self) -> &RunHeader {
        &self.recovered.header
    }

    /// Whether no request had ended.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.recovered.records.is_empty()
    }

    /// All that a result is made of.
    #[must_use]
    pub fn remains(self) -> Remains {
        let Recovered { header, records, phases, blocks, dropped_lines } = self.recovered;
        let mut warnings = vec![
            "recovered from the journal of a run that did not end: the requests in flight are lost"
                .to_owned(),
        ];
        warnings.extend(dropped_lines.iter().map(ToString::to_string));
        let mut loads: BTreeMap<u32, LevelLoad> = BTreeMap::new();
        loads.extend(phases.iter().filter_map(|phase| phase.level).map(|load| (load.level, load)));
        let mut by_level: BTreeMap<u32, Vec<Record>> = BTreeMap::new();
        for record in records {
            by_level.entry(record.key.level).or_default().push(record);
        }
        let (mut all_rows, mut all_traces, mut levels) = (Vec::new(), Accumulator::default(), Vec::new());
        for (number, records) in by_level {
            let rows: Vec<Row> = rows(records);
            let traces = self.traces.get(&number).cloned().unwrap_or_default();
            if let Some(load) = loads.get(&number) {
                let profile = at_level(&profile(&header), *load);
                let slos = header.question.as_ref().map_or(&[][..], |question| &question.slos);
                let blocks: Vec<BlockTime> =
                    blocks.iter().filter(|block| block.level == number).copied().collect();
                let level = level_result::Level {
                    load: *load,
                    context: context(&profile, slos),
                    rows: &rows,
                    blocks: &blocks,
                    traces: &traces,
                    has_baseline: header.baseline.is_some(),
                    seed: header.seed,
                };
                let result = level_result(level, &levels);
                let sides = 1 + usize::from(header.baseline.is_some());
                let is_whole = blocks.len() >= sides * header.load.rounds as usize;
                levels.push(if is_whole { result } else { cut_short(result) });
            }
            all_rows.extend(rows);
            all_traces.merge(&traces);
        }
        all_rows.sort_by(|a, b| a.key.cmp(&b.key));
        Remains {
            // When it really ended is not known; the traces have the times that are.
            finished_at: header.started_at.clone(),
            header,
            rows: all_rows,
            levels,
            stopped_because: None,
            traces: all_traces,
            blocks,
            phases,
            samples: Samples::default(),
            status: RunStatus::Recovered,
            warnings,
            judge: None,
            noise: None,
            accept_invalid_client: false,
        }
    }
}

/// The profile of a run; those of older versions were closed loops.
fn profile(header: &RunHeader) -> LoadProfile {
    header.load.profile.clone().unwrap_or_else(|| LoadProfile::closed(header.load.concurrency))
}

/// When the load of each block was at its level.
pub(super) fn windows(blocks: &[BlockTime]) -> HashMap<(u32, Side), Level> {
    blocks
        .iter()
        .filter_map(|block| {
            let level = Level { start_ns: block.level_start_ns?, end_ns: block.level_end_ns };
            Some(((block.block, block.side), level))
        })
        .collect()
}
