//! Whether the machine that measured is to be trusted.

use super::Term;

pub(super) const TERMS: &[Term] = &[
    Term {
        id: "client-health",
        name: "Client measurements",
        unit: "",
        short: "Whether the measuring machine kept up: valid, degraded (numbers hold with the reasons in mind) or invalid.",
        long: "Stamps of labctl's own: degraded where its event loop was more than 5 ms late at p99, invalid from 50. Whoever stamps: degraded where read or scheduling lag \
               exceeds 50 ms at p99, invalid from 1,000; degraded too where more than 10 % of the requests' time passed before they were sent, more than 20 % \
               of the tokens have inexact stamps, 1 % of the reads came without the kernel's stamp, the clock was set, or the client used over 90 % of the cores.",
        see: &["read-lag", "scheduling-lag", "event-loop-delay", "inexact-stamps", "cpu-use"],
    },
    Term {
        id: "read-lag",
        name: "Read lag",
        unit: "ms",
        short: "From the kernel's receiving of a token to labctl's seeing it: the client's own lateness.",
        long: "Kernel's stamp to the read's return, over all chunks. Times are the kernel's, so it bends no latency; it delays the next request of a closed loop. Absent \
               where the platform has no such stamps.",
        see: &[],
    },
    Term {
        id: "scheduling-lag",
        name: "Scheduling lag",
        unit: "ms",
        short: "How much later than planned requests were sent, connecting included.",
        long: "First sending − when it was planned, or when the cap on requests in flight let it go.",
        see: &["from-schedule"],
    },
    Term {
        id: "event-loop-delay",
        name: "Event-loop delay",
        unit: "ms",
        short: "How late a timer of labctl's fired while the load ran.",
        long: "Sampled all through the measured phase. Where labctl stamps by itself its stamps are as late.",
        see: &[],
    },
    Term {
        id: "inexact-stamps",
        name: "Inexact stamps",
        unit: "%",
        short: "Tokens whose own time isn't known, because one read brought later ones too.",
        long: "Token-bearing chunks that came in one read with later ones (or without the kernel's stamp where there should be one) ÷ all. Their gaps are left out of \
               ITL. In a calibration: the exact ones.",
        see: &[],
    },
    Term {
        id: "cpu-use",
        name: "CPU use",
        unit: "%",
        short: "How much of this machine's cores labctl used.",
        long: "CPU seconds of the process ÷ seconds ÷ cores, over the measured phase.",
        see: &[],
    },
    Term {
        id: "stamp-faults",
        name: "Stamp faults",
        unit: "",
        short: "Stamps of the kernel that were promised and could not be used.",
        long: "Reads that came without a usable stamp, and reads before which the system's clock had been set.",
        see: &["inexact-stamps"],
    },
    Term {
        id: "calibration",
        name: "Calibration",
        unit: "ms",
        short: "How far off this machine's times are, found by measuring a simulator whose true times are known.",
        long: "labctl calibrate puts paced streams of the built-in simulator, which notes when each token was really written, on this machine, and reports the errors \
               of stamps, TTFT and ITL at p50 and p99 by number of streams. A result quotes the bound of the fewest streams that are as many as its load, for the same machine, \
               transport and version.",
        see: &["read-lag"],
    },
    Term {
        id: "measured-time",
        name: "Under load",
        unit: "s",
        short: "Seconds during which this side's blocks ran.",
        long: "The time that any of its blocks covers, first request due to last request ended, overlaps counted once.",
        see: &[],
    },
];
