//! Plain values for tests, to be changed where a test is about them: a type that gains a field
//! gains it here, once.

use super::exchange::Exchange;
use super::health::{ClientHealth, HealthStatus};
use super::judgement::{Judgement, Verdict};
use super::outcome::Outcome;
use super::record::{Attempt, PairKey, Record, Side};
use super::result::ClientInfo;
use super::summary::RequestMetrics;
use super::trace::Trace;

/// A success without text, usage or times.
pub(crate) fn exchange() -> Exchange {
    Exchange {
        request_id: "request".to_owned(),
        resent: false,
        outcome: Outcome::Success,
        error: None,
        http_status: Some(200),
        retry_after_s: None,
        content: String::new(),
        reasoning: String::new(),
        tool_calls: String::new(),
        finish_reason: Some("stop".to_owned()),
        usage: None,
        served_model: None,
        system_fingerprint: None,
        trace: Trace::default(),
    }
}

/// A request to the candidate that passed.
pub(crate) fn record() -> Record {
    Record {
        key: PairKey { prompt_id: "prompt".to_owned(), repeat: 0, round: 0 },
        category: "any".to_owned(),
        scenario_id: "scenario".to_owned(),
        block: 0,
        side: Side::Candidate,
        attempt: Attempt {
            exchange: exchange(),
            metrics: RequestMetrics::default(),
            judgement: Judgement { verdict: Verdict::Pass, answer: None, checks: Vec::new() },
        },
    }
}

/// A client on some machine.
pub(crate) fn client_info() -> ClientInfo {
    ClientInfo {
        labctl_version: "0.1.0".to_owned(),
        os: "linux".to_owned(),
        arch: "x86_64".to_owned(),
        cores: 2,
        transport: "reqwest".to_owned(),
        monotonic_origin_ns: 0,
    }
}

/// A client that saw nothing wrong with itself.
pub(crate) fn client_health() -> ClientHealth {
    ClientHealth {
        status: HealthStatus::Valid,
        reasons: Vec::new(),
        read_lag: None,
        scheduling_lag: None,
        event_loop_delay: None,
        stamp_faults: None,
        coalesced_share: None,
        cpu_use: None,
    }
}
