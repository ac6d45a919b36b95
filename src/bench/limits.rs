//! What the operating system allows.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Files that a run has open besides its connections.
const OTHER_FILES: u64 = 64;

/// More connections are asked for than the system allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wanted} connections need {needed} open files, and this process may open {allowed}")]
pub struct TooManyFiles {
    /// Connections asked for.
    pub wanted: u64,
    /// Open files needed for them.
    pub needed: u64,
    /// Open files allowed.
    pub allowed: u64,
}

/// Makes sure that `connections` can be open at once, raising this process's own limit where the
/// system lets it.
pub fn allow_connections(connections: u64) -> Result<(), TooManyFiles> {
    let needed = connections + OTHER_FILES;
    // Where the limit can't be read it can't be judged either; connecting will tell.
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return Ok(()) };
    if soft >= needed {
        return Ok(());
    }
    if hard >= needed && setrlimit(Resource::RLIMIT_NOFILE, needed, hard).is_ok() {
        return Ok(());
    }
    Err(TooManyFiles { wanted: connections, needed, allowed: soft })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_connections_are_allowed_and_absurdly_many_are_not() {
        assert_eq!(allow_connections(10), Ok(()));
        let error = allow_connections(1 << 40).unwrap_err();
        assert_eq!(error.needed, (1 << 40) + OTHER_FILES);
    }
}
