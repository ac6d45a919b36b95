//! `--fault NAME[:ARGUMENT]=WHEN` of `labctl mock`.

use crate::cli::args::values::KeyValue;
use crate::cli::error::CliError;
use crate::simulator::{ErrorShape, FaultKind, Faults, ReasoningField, When};

/// What can be asked for, for messages.
const KNOWN: &str = "`http_STATUS`, `rate_limit:SECONDS`, `slow_headers:SECONDS`, `stall:SECONDS`, `truncate:TOKENS`, `no_done`, \
    `no_usage`, `stream_error:TOKENS`, `reset:TOKENS`, `invalid_json:TOKENS`, `invalid_utf8:TOKENS`, `html`, `split_writes`, `crlf`, \
    `comments`, `byte_order_mark`, `tokens_per_chunk:TOKENS`, `reasoning:TOKENS`, `tool_call`, `empty_answer`, `model_name:NAME`, \
    `fingerprint:VALUE`; of the whole server `unhealthy_polls=N`, `die_after=N`, `prompt_token_offset=N`";

/// Tokens that are sent before a fault strikes, unless told.
const TOKENS_BEFORE: u32 = 3;

/// The faults that flags ask for.
pub(super) fn from_args(flags: &[KeyValue]) -> Result<Faults, CliError> {
    let mut faults = Faults::none();
    for flag in flags {
        let wrong = |why: &str| {
            CliError::usage(format!("`--fault {}={}`: {why}", flag.key, flag.value))
                .with_hint(format!("faults are {KNOWN}"))
        };
        let number = || flag.value.parse().map_err(|_| wrong("a whole number is expected after `=`"));
        match flag.key.as_str() {
            "unhealthy_polls" => faults.unhealthy_polls = number()?,
            "die_after" => faults.die_after = Some(number()?),
            "prompt_token_offset" => {
                faults.prompt_token_offset =
                    flag.value.parse().map_err(|_| wrong("a whole number is expected after `=`"))?;
            }
            key => {
                let (name, argument) =
                    key.split_once(':').map_or((key, None), |(name, argument)| (name, Some(argument)));
                let kind = kind(name, argument).map_err(wrong)?;
                let when = when(&flag.value).ok_or_else(|| {
                    wrong("after `=` comes a probability from 0 to 1, `every:N`, `after:N` or `only:N`")
                })?;
                faults = faults.with(kind, when);
            }
        }
    }
    Ok(faults)
}

fn when(text: &str) -> Option<When> {
    match text.split_once(':') {
        Some(("every", n)) => n.parse().ok().map(When::every),
        Some(("after", n)) => n.parse().ok().map(When::after),
        Some(("only", n)) => n.parse().ok().map(When::only),
        Some(_) => None,
        None => text.parse().ok().filter(|p| (0.0..=1.0).contains(p)).map(When::probability),
    }
}

fn kind(name: &str, argument: Option<&str>) -> Result<FaultKind, &'static str> {
    let tokens = || match argument {
        None => Ok(TOKENS_BEFORE),
        Some(text) => text.parse().map_err(|_| "a number of tokens is expected after `:`"),
    };
    let seconds = || match argument {
        None => Ok(None),
        Some(text) => match text.parse::<f64>() {
            Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => Ok(Some(seconds)),
            _ => Err("a number of seconds is expected after `:`"),
        },
    };
    let text = || argument.map(str::to_owned).ok_or("a text is expected after `:`");
    if let Some(status) = name.strip_prefix("http_") {
        let status = status.parse().ok().filter(|status| (400..=599).contains(status));
        return Ok(FaultKind::Status {
            status: status.ok_or("a status from 400 to 599 is expected after `http_`")?,
            shape: ErrorShape::Vllm,
        });
    }
    Ok(match name {
        "rate_limit" => {
            let retry_after_s =
                argument.map(|text| text.parse().map_err(|_| "a number of seconds is expected after `:`"));
            FaultKind::RateLimit { retry_after_s: retry_after_s.transpose()? }
        }
        "slow_headers" => FaultKind::SlowHeaders { seconds: seconds()? },
        "stall" => FaultKind::Stall { after_tokens: TOKENS_BEFORE, seconds: seconds()? },
        "truncate" => FaultKind::Truncate { after_tokens: tokens()? },
        "no_done" => FaultKind::NoDone,
        "no_usage" => FaultKind::NoUsage,
        "stream_error" => FaultKind::StreamError { after_tokens: tokens()? },
        "reset" => FaultKind::Reset { after_tokens: tokens()? },
        "invalid_json" => FaultKind::InvalidJson { after_tokens: tokens()? },
        "invalid_utf8" => FaultKind::InvalidUtf8 { after_tokens: tokens()? },
        "html" => FaultKind::Html,
        "split_writes" => FaultKind::SplitWrites,
        "crlf" => FaultKind::CrLf,
        "comments" => FaultKind::Comments,
        "byte_order_mark" => FaultKind::ByteOrderMark,
        "tokens_per_chunk" => FaultKind::TokensPerChunk { tokens: tokens()? },
        "reasoning" => FaultKind::Reasoning { field: ReasoningField::default(), tokens: tokens()? },
        "tool_call" => FaultKind::ToolCall,
        "empty_answer" => FaultKind::EmptyAnswer,
        "model_name" => FaultKind::ModelName { name: text()? },
        "fingerprint" => FaultKind::Fingerprint { value: text()? },
        _ => return Err("no such fault"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Faults, CliError> {
        from_args(&[text.parse().unwrap()])
    }

    #[test]
    fn every_fault_can_be_asked_for() {
        for (text, kind) in [
            ("http_503=0.5", FaultKind::Status { status: 503, shape: ErrorShape::Vllm }),
            ("rate_limit:7=0.5", FaultKind::RateLimit { retry_after_s: Some(7) }),
            ("stall=0.5", FaultKind::Stall { after_tokens: TOKENS_BEFORE, seconds: None }),
            ("slow_headers:0.5=0.5", FaultKind::SlowHeaders { seconds: Some(0.5) }),
            ("truncate:9=0.5", FaultKind::Truncate { after_tokens: 9 }),
            ("model_name:other=0.5", FaultKind::ModelName { name: "other".into() }),
        ] {
            assert_eq!(parsed(text).unwrap(), Faults::none().with(kind, When::probability(0.5)), "{text}");
        }
        assert_eq!(parsed("html=every:3").unwrap(), Faults::none().with(FaultKind::Html, When::every(3)));
        assert_eq!(parsed("die_after=4").unwrap().die_after, Some(4));
        assert_eq!(parsed("prompt_token_offset=-2").unwrap().prompt_token_offset, -2);
    }

    #[test]
    fn what_is_wrong_is_said_with_what_there_is() {
        for text in
            ["explode=1", "html=2", "html=often", "http_200=1", "stall:x=1", "model_name=1", "die_after=x"]
        {
            let error = parsed(text).unwrap_err();
            assert!(error.to_string().contains(text) && error.hints()[0].contains("truncate"), "{error}");
        }
    }
}
