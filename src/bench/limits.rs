//! What the operating system allows.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Files that a run has open besides its connections.
const OTHER_FILES: u64 = 64;

/// More connections are asked for than the system allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} connections need {needed} open files, and this process may open at most {allowed}",
    .concurrency.saturating_mul(*.connections_each)
)]
pub struct TooManyFiles {
    /// Requests in flight asked for.
    pub concurrency: u64,
    /// Connections for each of them: one a side, two where this process serves it too.
    pub connections_each: u64,
    /// Open files needed.
    pub needed: u64,
    /// Open files that the system allows at the most.
    pub allowed: u64,
}

impl TooManyFiles {
    /// The highest concurrency that would do; 0 where none would.
    #[must_use]
    pub const fn concurrency(&self) -> u64 {
        self.allowed.saturating_sub(OTHER_FILES) / self.connections_each
    }
}

/// Makes sure that enough connections can be open at once, `connections_each` (at least 1) for each
/// request in flight, raising this process's own limit where the system lets it.
pub fn allow_connections(concurrency: u64, connections_each: u64) -> Result<(), TooManyFiles> {
    let connections_each = connections_each.max(1);
    let needed = concurrency.saturating_mul(connections_each).saturating_add(OTHER_FILES);
    // Where the limit can't be read it can't be judged either; connecting will tell.
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return Ok(()) };
    if soft >= needed {
        return Ok(());
    }
    if hard >= needed && setrlimit(Resource::RLIMIT_NOFILE, needed, hard).is_ok() {
        return Ok(());
    }
    Err(TooManyFiles { concurrency, connections_each, needed, allowed: hard })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_connections_are_allowed_and_absurdly_many_are_not() {
        assert_eq!(allow_connections(10, 1), Ok(()));
        let error = allow_connections(1 << 40, 2).unwrap_err();
        assert_eq!(error.needed, (1 << 41) + OTHER_FILES);
    }

    #[test]
    fn the_concurrency_that_would_do_is_told() {
        let error = TooManyFiles { concurrency: 200, connections_each: 2, needed: 464, allowed: 100 };
        assert_eq!(error.concurrency(), 18);
        assert_eq!(TooManyFiles { allowed: 50, ..error }.concurrency(), 0);
    }
}
