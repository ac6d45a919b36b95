//! What load was put on, and what several loads say.

use super::Term;

pub(super) const TERMS: &[Term] = &[
    Term {
        id: "concurrency",
        name: "Concurrency: requests in flight",
        unit: "requests",
        short: "Requests that are sent and not yet answered at the same time.",
        long: "In a closed loop the number that is kept in flight; what is measured is the time-weighted mean while a side was under load \
               (the sum of the requests' times from sending to end ÷ the seconds under load) and the most at once. Requests that \
               don't count are in flight all the same.",
        see: &[],
    },
    Term {
        id: "offered-rate",
        name: "Offered rate",
        unit: "requests/s",
        short: "Requests a second that an open loop plans, whatever the server does.",
        long: "The arrivals a second of the load's profile; starts are laid out ahead from the seed. What of it was served is the request \
               throughput.",
        see: &["request-throughput", "from-schedule"],
    },
    Term {
        id: "load-verdict",
        name: "What a load came to",
        unit: "",
        short: "Whether a load passes its objectives, and what else is to be known of it.",
        long: "passes: every objective met and latency not growing. misses: the objectives that were not met. saturated: in a closed loop \
               throughput rose by less than 5 % over the best of the loads at most ⅔ as high; at a rate latency grew, or less than 95 % of \
               it was served and by more than Poisson arrivals would explain (one-sided 1 %). latency grew: from the schedule, over ten parts \
               of the load (Mann–Kendall p < 0.015), by more than 2 % of the time passed and more than chance does: the server fell \
               behind. too short: too few requests to tell. cut short: stopped before its end. again: tried before, for a verdict may be \
               chance.",
        see: &["objective", "knee", "highest-passing"],
    },
    Term {
        id: "knee",
        name: "Knee",
        unit: "",
        short: "The load beyond which latency grows by more, in proportion, than throughput does.",
        long: "The load with the most power, requests a second ÷ mean E2E latency (in an open loop from the schedule), of the candidate: \
               Kleinrock, ICC 1979. No curve is fitted. Absent of fewer than three loads, and where the highest has the most power: the \
               knee is then not reached.",
        see: &["request-throughput", "e2e"],
    },
    Term {
        id: "highest-passing",
        name: "Highest passing load",
        unit: "",
        short: "The highest load that met every objective, with none below it that failed.",
        long: "Loads upwards until the first that fails: the highest before it. A load passes where every objective is met and latency didn't \
               grow while it was held; one that was tried several times where most tries pass. Of the candidate.",
        see: &["objective", "load-verdict"],
    },
    Term {
        id: "objective",
        name: "Objective (SLO)",
        unit: "",
        short: "A bound on a metric that the load is held to, such as ttft_p95_ms<=500.",
        long: "A latency's value is its statistic over successes (without one the largest; in an open loop TTFT and E2E count from the \
               schedule). A failed request counts as later than any bound: a p95 isn't met where more than 5 % failed, a p99 where more than \
               1 %, a median or mean where more than half, a maximum where any did. A value that is absent isn't met, but for TPOT and stall where no \
               response has a second token or chunk. “n too small” marks a percentile of too few requests; it counts all the same.",
        see: &["percentile", "outcome"],
    },
];
