//! What tells this machine from another, as far as it decides how late labctl's stamps are.

use std::fs;

use crate::model::calibration::Machine;

/// This machine.
#[must_use]
pub fn machine() -> Machine {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let read = |path: &str| fs::read_to_string(path).ok();
    Machine {
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        kernel: read("/proc/sys/kernel/osrelease")
            .map(|text| text.trim().to_owned())
            .filter(|t| !t.is_empty()),
        cpu: read("/proc/cpuinfo").as_deref().and_then(cpu_model),
        cores: u32::try_from(cores).unwrap_or(u32::MAX),
    }
}

/// The processor's name in the words of `/proc/cpuinfo`.
fn cpu_model(cpuinfo: &str) -> Option<String> {
    let fields = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    let mut names = fields.filter(|(key, _)| key.trim() == "model name").map(|(_, name)| name.trim());
    names.next().filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_the_same_twice() {
        assert_eq!(machine(), machine());
        assert!(machine().cores >= 1);
    }

    #[test]
    fn the_processor_is_named() {
        let text = "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Some CPU @ 2.5GHz\n\nmodel name\t: Other\n";
        assert_eq!(cpu_model(text).as_deref(), Some("Some CPU @ 2.5GHz"));
        assert_eq!(cpu_model("model: 3"), None);
    }
}
