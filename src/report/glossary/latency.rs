//! What a request took, and how many requests' times are summed up.

use super::Term;

pub(super) const TERMS: &[Term] = &[
    Term {
        id: "ttft",
        name: "TTFT, time to first token",
        unit: "ms",
        short: "From a request's sending to the first chunk of its answer that carries a token.",
        long: "First token-bearing chunk − sent. Sent is when the request's last byte was written, so that neither waiting \
               for a connection nor connecting is part of it. Of successes alone; absent without a token, never 0.",
        see: &["token-bearing", "outcome", "percentile"],
    },
    Term {
        id: "ttfo",
        name: "TTFO, time to first output",
        unit: "ms",
        short: "From a request's sending to the first chunk of its answer's text; thinking aloud doesn't count.",
        long: "First chunk of content − sent. For a model that doesn't think aloud it is its TTFT; for one that does it is \
               TTFT and the time that it thought. Of successes alone; absent where no chunk had content.",
        see: &["ttft"],
    },
    Term {
        id: "tpot",
        name: "TPOT, time per output token",
        unit: "ms",
        short: "A request's mean time for each output token after its first chunk.",
        long: "(E2E − TTFT) ÷ (output tokens − tokens of the first chunk), for each request. A mean: it hides a stall. Of \
               successes alone; absent where nothing is left to divide by (an answer of one token) and where all tokens came \
               at one moment. Such a response meets any bound of an objective on TPOT, and reports say how many there were.",
        see: &["e2e", "ttft", "output-tokens", "max-stall"],
    },
    Term {
        id: "itl",
        name: "ITL, inter-token latency",
        unit: "ms",
        short: "The gaps between consecutive chunks that carry tokens, of all requests together.",
        long: "Time between one token-bearing chunk and the next, pooled over all successes. A gap is never split: a chunk of \
               three tokens ends one gap, and the report says how many tokens a chunk had where that isn't one. Gaps with an \
               inexact stamp at either end are left out and counted. Of more than a million gaps quantiles come from a \
               histogram good to three digits.",
        see: &["token-bearing", "inexact-stamps", "percentile"],
    },
    Term {
        id: "max-stall",
        name: "Max stall",
        unit: "ms",
        short: "A request's largest gap between two chunks that carry tokens.",
        long: "The largest of a request's inter-token gaps, inexact stamps included. It shows the freeze that a mean such as \
               TPOT hides. Absent where an answer came in a single chunk; such a response meets any bound on it.",
        see: &["itl", "tpot"],
    },
    Term {
        id: "e2e",
        name: "E2E, end-to-end latency",
        unit: "ms",
        short: "From a request's sending to the last chunk of its answer that carries a token.",
        long: "Last token-bearing chunk − sent; chunks that only finish the stream or count tokens don't extend it. Of \
               successes alone: a stream that was cut has no end. It grows with the answer's length, so a model that \
               stops early looks fast: read it beside the token ratio.",
        see: &["token-bearing", "token-ratio", "outcome", "percentile"],
    },
    Term {
        id: "from-schedule",
        name: "From the schedule",
        unit: "",
        short: "Counted from the moment a request was planned for, not from when it could be sent.",
        long: "In an open loop (a rate of arrivals, a recorded trace) every start is planned ahead. Where a slow server, a cap \
               on requests in flight or labctl itself holds a request back, the wait is part of what a user would have \
               waited; counting from the sending would leave it out (coordinated omission). In a closed loop nothing is \
               planned ahead, and there are no such latencies.",
        see: &["queued"],
    },
    Term {
        id: "ttft-from-schedule",
        name: "TTFT from schedule",
        unit: "ms",
        short: "From the moment a request was planned for to the first chunk of its answer that carries a token.",
        long: "First token-bearing chunk − scheduled. Of successes, in an open loop alone. It is what objectives on TTFT are \
               held against there.",
        see: &["ttft", "from-schedule"],
    },
    Term {
        id: "latency-from-schedule",
        name: "E2E from schedule",
        unit: "ms",
        short: "From the moment a request was planned for to the last chunk of its answer that carries a token.",
        long: "Last token-bearing chunk − scheduled. Of successes. The headline latency of an open loop, and what objectives \
               on E2E are held against there.",
        see: &["e2e", "from-schedule"],
    },
    Term {
        id: "queued",
        name: "Queued by labctl",
        unit: "ms",
        short: "How long requests waited for the cap on requests in flight before they were sent.",
        long: "Let go by the cap − scheduled, over successes; absent without a cap. It is in the latencies from the schedule and \
               in no other.",
        see: &["from-schedule"],
    },
    Term {
        id: "token-bearing",
        name: "Token-bearing chunk",
        unit: "",
        short: "A piece of a streamed answer that brought at least one token.",
        long: "One that the server says carries a token, where it tells the tokens of a chunk; else one whose content, \
               reasoning or tool call isn't empty. The empty chunk that opens a stream is none. Its time is when the kernel \
               received its bytes, where the platform tells that, else when labctl's read returned; always before parsing.",
        see: &["inexact-stamps"],
    },
    Term {
        id: "percentile",
        name: "Percentiles, and n too small",
        unit: "",
        short: "pN: the value that N % of the requests stay below; of too few requests it is marked and never gated.",
        long: "Linear interpolation between sorted values, the p-quantile at position (n − 1)·p (type 7 of Hyndman and Fan \
               1996, numpy's default). A percentile is relied on from the sample of MLPerf's early-stopping floors at 99 % \
               confidence: p90 from 64 values, p95 from 130, p99 from 662, p99.9 from 6,636. Of fewer it is \
               greyed with “n too small” or an asterisk, and it is neither compared nor gated.",
        see: &[],
    },
];
