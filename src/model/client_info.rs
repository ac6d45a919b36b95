//! What measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::calibration::Calibration;

/// The machine and program that measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClientInfo {
    /// labctl's version.
    pub labctl_version: String,
    /// The version of the checks that judged; absent where labctl was older than it, or judged nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_engine: Option<u32>,
    /// Operating system.
    pub os: String,
    /// Processor architecture.
    pub arch: String,
    /// Cores available.
    pub cores: u32,
    /// How requests were sent and who stamped them, e.g. `reqwest`.
    pub transport: String,
    /// The system's monotonic clock (`CLOCK_MONOTONIC`) at the run's start, nanoseconds; places the
    /// traces beside other programs' times on the same machine.
    pub monotonic_origin_ns: u64,
    /// How far off this machine's times can be, as `labctl calibrate` found it: for the same machine, transport and
    /// version of labctl, before the run. Absent where it was not calibrated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
}
