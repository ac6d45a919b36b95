//! Whether it is known how far off labctl's own times can be on this machine.

use std::path::Path;

use super::{Finding, Grade, finding};
use crate::bench::machine::machine;
use crate::report::calibration::bound_words;
use crate::results::calibration::load;

/// What is known of a load of this many streams, from the calibrations in `state_dir`.
#[must_use]
pub fn calibration(state_dir: Option<&Path>, streams: u32) -> Finding {
    const WHAT: &str = "calibration";
    let advice = "`labctl calibrate` measures how far off labctl's times can be here";
    let all = match state_dir.map(load).transpose() {
        Ok(all) => all.unwrap_or_default(),
        Err(error) => return finding(WHAT, Grade::Warning, error.to_string()),
    };
    let (machine, version) = (machine(), env!("CARGO_PKG_VERSION"));
    let here = all.iter().rev().find(|c| c.machine == machine && c.labctl_version == version);
    match here.and_then(|calibration| Some((calibration, calibration.bound_for(streams)?))) {
        Some((calibration, bound)) => {
            let (by, at) = (&calibration.transport, &calibration.calibrated_at);
            finding(WHAT, Grade::Ok, format!("{} ({by}, {at})", bound_words(bound)))
        }
        None if all.is_empty() => finding(WHAT, Grade::Warning, format!("none: {advice}")),
        None => finding(
            WHAT,
            Grade::Warning,
            format!("none of this machine with this version of labctl: {advice}"),
        ),
    }
}
