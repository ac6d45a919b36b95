//! Plain values for tests, to be changed where a test is about them: a type that gains a field
//! gains it here, once.

use super::calibration::{
    CALIBRATION_VERSION, Calibration, HighestRate, Machine, RateLimit, Spread, StreamsBound,
};
use super::exchange::Exchange;
use super::health::{ClientHealth, HealthStatus};
use super::judgement::{Judgement, Verdict};
use super::outcome::Outcome;
use super::record::{Attempt, PairKey, Record, Side};
use super::result::ClientInfo;
use super::summary::RequestMetrics;
use super::trace::{StampSource, Trace};
use super::workload::Ask;

/// A success without text, usage or times.
pub(crate) fn exchange() -> Exchange {
    Exchange {
        request_id: "request".to_owned(),
        resent: false,
        outcome: Outcome::Success,
        error: None,
        http_status: Some(200),
        retry_after_s: None,
        retries: Vec::new(),
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
        key: PairKey { prompt_id: "prompt".to_owned(), repeat: 0, round: 0, level: 0 },
        category: "any".to_owned(),
        family: None,
        scenario_id: "scenario".to_owned(),
        ask: Ask::default(),
        block: 0,
        side: Side::Candidate,
        attempt: Attempt {
            exchange: exchange(),
            metrics: RequestMetrics::default(),
            judgement: Judgement::bare(Verdict::Pass),
        },
    }
}

/// A client on some machine.
pub(crate) fn client_info() -> ClientInfo {
    ClientInfo {
        labctl_version: "0.1.0".to_owned(),
        check_engine: Some(1),
        os: "linux".to_owned(),
        arch: "x86_64".to_owned(),
        cores: 2,
        transport: "reqwest".to_owned(),
        monotonic_origin_ns: 0,
        calibration: None,
    }
}

/// What was found at so many streams: an error of 0.4 ms at p99.
pub(crate) fn streams_bound(streams: u32) -> StreamsBound {
    let spread = Some(Spread { n: 300, p50_ms: 0.05, p99_ms: 0.4, p99_9_ms: 0.9, max_ms: 2.0 });
    StreamsBound {
        streams,
        inter_token_ms: 20.0,
        requests: 300,
        failed: 0,
        tokens_per_s: f64::from(streams) * 50.0,
        exact_share: 0.98,
        stamp_lag: spread,
        ttft_error: spread,
        itl_error: spread,
        e2e_error: spread,
        send_lag: spread,
        simulator_late: spread,
    }
}

/// A calibration of some machine at 1 and 256 streams.
pub(crate) fn calibration() -> Calibration {
    Calibration {
        schema_version: CALIBRATION_VERSION,
        labctl_version: "0.1.0".to_owned(),
        transport: "reqwest".to_owned(),
        stamps: StampSource::Read,
        machine: Machine {
            system: "linux x86_64".to_owned(),
            kernel: Some("6.1.0".to_owned()),
            cpu: Some("Some CPU".to_owned()),
            cores: 2,
        },
        calibrated_at: "2026-01-01T00:00:00Z".to_owned(),
        quick: false,
        bounds: vec![streams_bound(1), streams_bound(256)],
        highest_rate: Some(HighestRate {
            tokens_per_s: 51_200.0,
            streams: 256,
            inter_token_ms: 5.0,
            limited_by: RateLimit::Client,
        }),
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
