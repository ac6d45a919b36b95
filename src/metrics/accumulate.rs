//! What a summary needs of the traces, added up request by request while each trace is at hand. After it a
//! record's chunks can go: memory then doesn't grow with the tokens of a run. (What follows from one request is
//! in its [`RequestMetrics`](crate::model::summary::RequestMetrics), and these are kept for every request.)

use std::collections::BTreeMap;

use crate::model::record::{Attempt, Record, Side};
use crate::model::trace::StampSource;
use crate::model::units::Nanos;

use super::gaps::gaps;
use super::pool::Pool;
use super::window::tokens_within;

/// What the traces of a run come to, by side.
#[derive(Debug, Clone, Default)]
pub struct Accumulator {
    sides: BTreeMap<Side, TraceTotals>,
}

/// What the traces of one side come to.
#[derive(Debug, Clone)]
pub struct TraceTotals {
    /// Gaps of successes between token-bearing chunks, both ends exactly stamped.
    pub itl: Pool,
    /// Gaps of successes with an inexact end.
    pub itl_inexact: u64,
    /// From the kernel's stamp to labctl's read, of every chunk that has one.
    pub read_lag: Pool,
    /// Token-bearing chunks of successes.
    pub token_chunks: u64,
    /// Token-bearing chunks of all attempts by whose stamps they carry.
    pub stamped: Stamped,
    /// Output tokens received inside the steady window, by block.
    pub window_tokens: BTreeMap<u32, f64>,
    /// Successes that were started before or after the measured part, without their texts and chunks. They count
    /// nowhere but in rates: of those, what ended inside the steady window is a part whenever it was started.
    pub uncounted: Vec<Attempt>,
}

impl Default for TraceTotals {
    fn default() -> Self {
        Self {
            itl: Pool::default(),
            itl_inexact: 0,
            read_lag: Pool::of_diagnosis(),
            token_chunks: 0,
            stamped: Stamped::default(),
            window_tokens: BTreeMap::new(),
            uncounted: Vec::new(),
        }
    }
}

/// Token-bearing chunks by their stamps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stamped {
    /// Stamped by the kernel.
    pub kernel: u64,
    /// Stamped by labctl.
    pub read: u64,
    /// Of both, those whose time is not their own.
    pub inexact: u64,
}

impl Stamped {
    /// All of them.
    #[must_use]
    pub const fn all(self) -> u64 {
        self.kernel + self.read
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            kernel: self.kernel + other.kernel,
            read: self.read + other.read,
            inexact: self.inexact + other.inexact,
        }
    }
}

/// The part of a block with the load at its level, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// It was reached.
    pub start_ns: Nanos,
    /// It was left. Where it is still held, all that was received so far came before its end.
    pub end_ns: Option<Nanos>,
}

impl Accumulator {
    /// Adds a finished request, with its trace. `level` is that of its block now; `None` where it has not been
    /// reached, or where it isn't known.
    pub fn add(&mut self, record: &Record, level: Option<Level>) {
        self.sides.entry(record.side).or_default().add(&record.attempt, record.block, level);
    }

    /// Adds what a request of the warm-up or cool-down phase, which doesn't count, brought inside the window.
    pub fn add_uncounted(&mut self, record: &Record, level: Option<Level>) {
        self.sides.entry(record.side).or_default().add_uncounted(&record.attempt, record.block, level);
    }

    /// Adds another's totals, of other blocks.
    pub fn merge(&mut self, other: &Self) {
        for (side, totals) in &other.sides {
            self.sides.entry(*side).or_default().merge(totals);
        }
    }

    /// What the traces of one side come to; `None` where it has none.
    #[must_use]
    pub fn side(&self, side: Side) -> Option<&TraceTotals> {
        self.sides.get(&side)
    }

    /// The same with these totals as one side's.
    #[must_use]
    pub fn with(mut self, side: Side, totals: TraceTotals) -> Self {
        self.sides.insert(side, totals);
        self
    }

    /// The stamps of all sides.
    #[must_use]
    pub fn stamped(&self) -> Stamped {
        self.sides.values().fold(Stamped::default(), |sum, side| sum.plus(side.stamped))
    }

    /// The read lag of all sides.
    #[must_use]
    pub fn read_lag(&self) -> Pool {
        let mut all = Pool::default();
        self.sides.values().for_each(|side| all.add(&side.read_lag));
        all
    }
}

impl TraceTotals {
    fn add(&mut self, attempt: &Attempt, block: u32, level: Option<Level>) {
        let trace = &attempt.exchange.trace;
        let (mut tokens, mut inexact) = (0, 0);
        for chunk in trace.token_chunks() {
            tokens += 1;
            inexact += u64::from(!chunk.exact);
        }
        self.stamped.inexact += inexact;
        match trace.stamps {
            StampSource::Kernel => self.stamped.kernel += tokens,
            StampSource::Read => self.stamped.read += tokens,
        }
        // No read is so fast that it takes no time: 0 says that the kernel gave no stamp.
        for chunk in trace.chunks.iter().filter(|chunk| chunk.read_lag_ns > 0) {
            self.read_lag.record(Nanos(chunk.read_lag_ns.into()));
        }
        if !attempt.exchange.outcome.is_success() {
            return;
        }
        self.token_chunks += tokens;
        for gap in gaps(trace) {
            if gap.exact {
                self.itl.record(gap.span);
            } else {
                self.itl_inexact += 1;
            }
        }
        self.add_window_tokens(attempt, block, level);
    }

    fn add_window_tokens(&mut self, attempt: &Attempt, block: u32, level: Option<Level>) {
        if let Some(Level { start_ns, end_ns }) = level {
            let within = tokens_within(&attempt.exchange, start_ns, end_ns.unwrap_or(Nanos(u64::MAX)));
            *self.window_tokens.entry(block).or_default() += within;
        }
    }

    fn add_uncounted(&mut self, attempt: &Attempt, block: u32, level: Option<Level>) {
        if !attempt.exchange.outcome.is_success() {
            return;
        }
        self.add_window_tokens(attempt, block, level);
        let mut attempt = attempt.clone();
        attempt.exchange.trace.chunks = Vec::new();
        attempt.exchange.content = String::new();
        attempt.exchange.reasoning = String::new();
        attempt.exchange.tool_calls = String::new();
        self.uncounted.push(attempt);
    }

    fn merge(&mut self, other: &Self) {
        self.itl.add(&other.itl);
        self.itl_inexact += other.itl_inexact;
        self.read_lag.add(&other.read_lag);
        self.token_chunks += other.token_chunks;
        self.stamped = self.stamped.plus(other.stamped);
        for (block, tokens) in &other.window_tokens {
            *self.window_tokens.entry(*block).or_default() += tokens;
        }
        self.uncounted.extend(other.uncounted.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::request::metrics;
    use crate::model::exchange::Usage;
    use crate::model::fixture;
    use crate::model::outcome::Outcome;
    use crate::model::trace::{Chunk, ChunkKind, Trace};

    fn record(stamps: StampSource, chunks: &[(u64, bool, u32)]) -> Record {
        let mut record = fixture::record();
        let exchange = &mut record.attempt.exchange;
        let chunk = |&(ms, exact, read_lag_ns): &(u64, bool, u32)| Chunk {
            recv_ns: Nanos::from_millis(ms),
            tokens: 1,
            kind: ChunkKind::Content,
            exact,
            read_lag_ns,
        };
        exchange.trace = Trace { stamps, chunks: chunks.iter().map(chunk).collect(), ..Trace::default() };
        exchange.usage = Some(Usage { completion_tokens: 2 * chunks.len() as u64, ..Usage::default() });
        record.attempt.metrics = metrics(exchange);
        record
    }

    #[test]
    fn a_worked_trace() {
        use StampSource::{Kernel, Read};
        let mut traces = Accumulator::default();
        let level = Level { start_ns: Nanos::from_millis(10), end_ns: Some(Nanos::from_millis(40)) };
        let kernel = [(10, true, 5_000), (20, true, 7_000), (40, false, 9_000), (60, true, 0)];
        traces.add(&record(Kernel, &kernel), Some(level));
        traces.add(&record(Read, &[(30, true, 0)]), Some(level));
        let mut cut = record(Read, &[(30, true, 0), (35, false, 0)]);
        cut.attempt.exchange.outcome = Outcome::IncompleteStream;
        traces.add(&cut, Some(level));

        let side = traces.side(Side::Candidate).unwrap();
        assert_eq!(side.stamped, Stamped { kernel: 4, read: 3, inexact: 2 });
        assert_eq!((side.token_chunks, side.itl_inexact, side.itl.spans().count()), (5, 2, 1));
        assert!((side.itl.distribution().unwrap().0.mean - 10.0).abs() < 1e-12);
        let lag = side.read_lag.distribution().unwrap().0;
        assert!(lag.n == 3 && (lag.max - 0.009).abs() < 1e-12);
        // Two of the first one's chunks and the second one's only, at two tokens each.
        assert!((side.window_tokens[&0] - 6.0).abs() < 1e-12);
        assert!(traces.side(Side::Baseline).is_none());
    }

    proptest! {
        /// What is known of the level when a request ends is enough: the window's tokens are those that the whole
        /// traces have in it.
        #[test]
        fn the_windows_tokens_are_known_when_each_request_ends(
            requests in prop::collection::vec(prop::collection::vec(0..100_u64, 1..20), 1..20),
            start in 0..100_u64,
            end in 0..100_u64,
        ) {
            let (start, end) = (Nanos::from_millis(start.min(end)), Nanos::from_millis(start.max(end)));
            let (mut meanwhile, mut afterwards) = (Accumulator::default(), Accumulator::default());
            for mut times in requests {
                times.sort_unstable();
                let chunks: Vec<_> = times.iter().map(|ms| (*ms, true, 0)).collect();
                let record = record(StampSource::Read, &chunks);
                let ended = record.attempt.exchange.trace.chunks.last().unwrap().recv_ns;
                let known = Level { start_ns: start, end_ns: (end < ended).then_some(end) };
                meanwhile.add(&record, (start < ended).then_some(known));
                afterwards.add(&record, Some(Level { start_ns: start, end_ns: Some(end) }));
            }
            let tokens = |traces: &Accumulator| {
                traces.side(Side::Candidate).unwrap().window_tokens.get(&0).copied().unwrap_or(0.0)
            };
            prop_assert!((tokens(&meanwhile) - tokens(&afterwards)).abs() < 1e-9);
        }
    }
}
