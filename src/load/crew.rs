//! Who carries the load: event loops of their own, one a thread.
//!
//! A stream stays on the event loop that opened its connection. What is read there is looked at by the thread that
//! read it, with no other thread's queue in between, and screens, journal and checks run elsewhere.

use std::future::Future;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};

/// From so many streams on, an event loop shares its work with another, as long as there are cores.
const STREAMS_PER_LOOP: u32 = 2_000;

/// The event loops of a run. Dropping it stops them.
#[derive(Debug, Default)]
pub struct Crew {
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Crew {
    /// No event loops of its own: all runs on the caller's. For tests under virtual time.
    #[must_use]
    pub fn here() -> Self {
        Self::default()
    }

    /// As many event loops as serve this many streams well on this machine.
    pub fn for_streams(concurrency: u32) -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let wanted = concurrency.div_ceil(STREAMS_PER_LOOP).max(1);
        Self::of_size(cores.min(wanted as usize))
    }

    /// So many event loops.
    pub fn of_size(size: usize) -> std::io::Result<Self> {
        let members = (0..size).map(|n| Member::start(&format!("streams-{n}"))).collect::<Result<_, _>>()?;
        Ok(Self { members })
    }

    /// Whether it has event loops of its own, which run by the system's time.
    #[must_use]
    pub fn is_real(&self) -> bool {
        !self.members.is_empty()
    }

    /// How many event loops share the work; at least the caller's.
    #[must_use]
    pub fn size(&self) -> usize {
        self.members.len().max(1)
    }

    /// Spawns the `n`th of many like tasks; they take turns over the event loops.
    pub(super) fn spawn<F>(&self, tasks: &mut JoinSet<F::Output>, n: usize, task: F) -> AbortHandle
    where
        F: Future<Output: Send> + Send + 'static,
    {
        match self.members.get(n % self.size()) {
            Some(member) => tasks.spawn_on(task, &member.handle),
            None => tasks.spawn(task),
        }
    }
}

impl Member {
    fn start(name: &str) -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            // Told to stop, or the owner is gone: either way it is over.
            let _told_or_gone = runtime.block_on(stopped);
        })?;
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _gone = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _died = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn threads(crew: &Crew, tasks: usize) -> Vec<Option<String>> {
        let mut set = JoinSet::new();
        for n in 0..tasks {
            crew.spawn(&mut set, n, async move { (n, std::thread::current().name().map(str::to_owned)) });
        }
        let mut seen = set.join_all().await;
        seen.sort_unstable();
        seen.into_iter().map(|(_, name)| name).collect()
    }

    #[tokio::test]
    async fn tasks_take_turns_over_the_event_loops() {
        let crew = Crew::of_size(2).unwrap();
        let name = |n| Some(format!("streams-{n}"));
        assert_eq!(threads(&crew, 4).await, [name(0), name(1), name(0), name(1)]);
    }

    #[tokio::test]
    async fn without_any_all_runs_here() {
        let here = std::thread::current().name().map(str::to_owned);
        assert_eq!(threads(&Crew::here(), 2).await, [here.clone(), here]);
    }
}
