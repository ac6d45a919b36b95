//! `--fault` of `labctl mock`: a fault of single requests, or one of the whole server.

use std::str::FromStr;

use crate::cli::error::CliError;
use crate::simulator::{Fault, Faults};

/// The faults that flags ask for.
pub(super) fn from_args(flags: &[String]) -> Result<Faults, CliError> {
    let mut faults = Faults::none();
    for flag in flags {
        match flag.split_once('=') {
            Some(("unhealthy_polls", n)) => faults.unhealthy_polls = whole(flag, n)?,
            Some(("die_after", n)) => faults.die_after = Some(whole(flag, n)?),
            Some(("prompt_token_offset", n)) => faults.prompt_token_offset = whole(flag, n)?,
            _ => faults.requests.push(flag.parse::<Fault>().map_err(|error| {
                CliError::usage(error.to_string()).with_hint(
                    "for example `no_done`, `status:status=503,probability=0.1` or `stall:after_tokens=5,seconds=2,every=10`",
                )
            })?),
        }
    }
    Ok(faults)
}

fn whole<T: FromStr>(flag: &str, number: &str) -> Result<T, CliError> {
    number
        .parse()
        .map_err(|_| CliError::usage(format!("`--fault {flag}`: a whole number is expected after `=`")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{FaultKind, When};

    fn parsed(text: &str) -> Result<Faults, CliError> {
        from_args(&[text.to_owned()])
    }

    #[test]
    fn faults_of_requests_and_of_the_server_are_told_apart() {
        let expected = Faults::none().with(FaultKind::Html, When::every(3));
        assert_eq!(parsed("html:every=3").unwrap(), expected);
        assert_eq!(parsed("die_after=4").unwrap().die_after, Some(4));
        assert_eq!(parsed("prompt_token_offset=-2").unwrap().prompt_token_offset, -2);
    }

    #[test]
    fn what_is_wrong_is_quoted_with_an_example() {
        for text in ["explode", "stall:seconds", "die_after=x"] {
            let error = parsed(text).unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
        }
        assert!(parsed("explode").unwrap_err().hints()[0].contains("no_done"));
    }
}
