//! This machine: what makes a client's clock and its connections good enough to measure with.

use std::fs;
use std::time::{Duration, Instant};

use super::{Finding, Grade, finding};
use crate::bench::limits::allow_connections;

/// Looks at this machine: clock, CPU governor, open files.
#[must_use]
pub fn machine(connections: u64) -> Vec<Finding> {
    let mut findings = vec![clock_cost()];
    findings.extend(clock_source());
    findings.extend(governor());
    findings.push(match allow_connections(connections, 1) {
        Ok(()) => finding("open files", Grade::Ok, format!("enough for {connections} connections")),
        Err(error) => {
            finding("open files", Grade::Failed, format!("{error}; raise the limit with `ulimit -Hn`"))
        }
    });
    findings
}

/// What a look at the clock costs: every token is stamped with one.
fn clock_cost() -> Finding {
    const LOOKS: u32 = 10_000;
    let started = Instant::now();
    let mut last = started;
    for _ in 0..LOOKS {
        last = Instant::now();
    }
    let each = last.duration_since(started) / LOOKS;
    let detail = format!("{} ns a look", each.as_nanos());
    if each < Duration::from_micros(1) {
        finding("clock", Grade::Ok, detail)
    } else {
        finding(
            "clock",
            Grade::Warning,
            format!(
                "{detail}: the clock is slow, probably because the system does not trust the processor's own"
            ),
        )
    }
}

fn clock_source() -> Option<Finding> {
    let source =
        fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource").ok()?;
    let source = source.trim();
    Some(match source {
        "hpet" | "acpi_pm" | "jiffies" => {
            finding("clock source", Grade::Warning, format!("`{source}` is slow or coarse; `tsc` is better"))
        }
        _ => finding("clock source", Grade::Ok, format!("`{source}`")),
    })
}

fn governor() -> Option<Finding> {
    let governor = fs::read_to_string("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").ok()?;
    let governor = governor.trim();
    Some(if governor == "performance" {
        finding("CPU governor", Grade::Ok, "`performance`")
    } else {
        finding(
            "CPU governor",
            Grade::Warning,
            format!(
                "`{governor}` changes the clock rate under load; `performance` keeps the client's delays even"
            ),
        )
    })
}
