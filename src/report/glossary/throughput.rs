//! How much was served, and what it cost.

use super::Term;

pub(super) const TERMS: &[Term] = &[
    Term {
        id: "request-throughput",
        name: "Request throughput",
        unit: "requests/s",
        short: "Requests that succeeded inside the steady windows, a second.",
        long: "Successes whose last token came inside the steady windows ÷ the windows' length. Absent, with the reason, where no \
               block has a window.",
        see: &["window", "outcome"],
    },
    Term {
        id: "output-tokens-per-s",
        name: "Output token throughput",
        unit: "tokens/s",
        short: "Output tokens received inside the steady windows, a second.",
        long: "Output tokens received inside the steady windows ÷ the windows' length. A request that is only partly inside counts \
               with its part: its output tokens × the share of its chunks' tokens that came inside. Beside latency read it with \
               the token ratio.",
        see: &["window", "output-tokens", "token-ratio"],
    },
    Term {
        id: "correct-answers-per-s",
        name: "Correct answers a second",
        unit: "answers/s",
        short: "Answers that passed their checks inside the steady windows, a second.",
        long: "Passing responses whose last token came inside the steady windows ÷ the windows' length. Speed that is bought with \
               wrong answers doesn't raise it. Absent where nothing was checked.",
        see: &["window", "verdict"],
    },
    Term {
        id: "window",
        name: "Steady window",
        unit: "s",
        short: "The part of a block during which the load was at its level; rates are measured there alone.",
        long: "From the moment at which as many requests as asked for were in flight for the first time (in an open loop from the \
               end of warm-up and ramp) until a slot stayed empty for want of prompts. A block's window counts only where at least \
               3 × concurrency requests succeeded in it, for of fewer its ends would decide the rate; windows of several blocks \
               add up. In an open loop the mean number in flight stands for the concurrency.",
        see: &["concurrency"],
    },
    Term {
        id: "goodput",
        name: "Goodput",
        unit: "requests/s",
        short: "Requests a second that met every latency objective and, where they have checks, passed them.",
        long: "Requests that met the bound of every objective on a latency, passed their checks where they have any, and ended inside \
               the steady windows ÷ the windows' length. In an open loop latencies count from the schedule. “Without \
               checks” leaves the verdict out. After Zhong et al., DistServe, OSDI 2024.",
        see: &["attainment", "window", "verdict"],
    },
    Term {
        id: "attainment",
        name: "Attainment: requests in time",
        unit: "%",
        short: "The share of all requests sent that met every latency objective.",
        long: "Successes within the bound of every objective on a latency ÷ requests attempted: a failed request doesn't meet, and each \
               request is held to the bound itself, whatever statistic the objective names. A latency that a success doesn't have \
               (TPOT of one token, a stall of one chunk) meets any bound. With its Wilson 95 % interval.",
        see: &["objective", "wilson", "outcome"],
    },
    Term {
        id: "attempted",
        name: "Requests sent",
        unit: "requests",
        short: "Requests that count: all that were sent but for warm-up and cool-down.",
        long: "Every request of the measured part, however it ended. It is the denominator of error rate and attainment.",
        see: &["outcome"],
    },
    Term {
        id: "error-rate",
        name: "Error rate",
        unit: "%",
        short: "The share of requests that didn't succeed.",
        long: "Requests whose outcome isn't success ÷ requests attempted. A wrong answer is no error: it came.",
        see: &["outcome", "attempted"],
    },
    Term {
        id: "outcome",
        name: "Outcome",
        unit: "requests",
        short: "How a request ended; only a success enters latencies, everything else is counted beside them.",
        long: "success: the stream ended with a finish reason or [DONE] and brought a token. incomplete_stream: it closed in order \
               without either. stream_error: an error inside a stream of status 200. http_4xx, http_5xx, rate_limited (429): the \
               status. connect, tls: no connection. timeout_ttft, timeout_stall, timeout_total: no first token, a pause, or the \
               whole, longer than the limit. reset: the connection broke. bad_response: no server-sent events, or not valid. empty: \
               ended well without a token. cancelled: given up by labctl.",
        see: &[],
    },
    Term {
        id: "retries",
        name: "Sent again",
        unit: "requests",
        short: "Requests that the retry policy sent more than once, and the delay that this cost them.",
        long: "Delay: sending of the last try − sending of the first. A request's TTFT and E2E are those of its last try; the delay is \
               in the latencies from the schedule alone.",
        see: &["from-schedule"],
    },
    Term {
        id: "output-tokens",
        name: "Output tokens",
        unit: "tokens",
        short: "Tokens of the answers, as the server counts them.",
        long: "The completion tokens of the server's usage; where it tells none, the tokens told for each chunk, or one for each chunk \
               that isn't empty, which is a lower bound. Never the limit that was asked for. Of successes.",
        see: &[],
    },
    Term {
        id: "prompt-tokens",
        name: "Prompt tokens",
        unit: "tokens",
        short: "Tokens of the prompts, as the server counts them with its chat template.",
        long: "The prompt tokens of the server's usage, of successes whose server told them.",
        see: &[],
    },
    Term {
        id: "cached-tokens",
        name: "Prompt tokens of a prefix cache",
        unit: "tokens",
        short: "Prompt tokens that the server didn't compute because it had them cached.",
        long: "Cached tokens of the server's usage, of successes; absent where it tells none. Where the cached shares of two sides differ by \
               more than 5 percentage points their speed isn't compared.",
        see: &["prompt-tokens"],
    },
    Term {
        id: "correct-answers-per-gpu-hour",
        name: "Correct answers a GPU-hour",
        unit: "answers/h",
        short: "Correct answers that one GPU gives in an hour at the measured throughput.",
        long: "Correct answers a second × 3,600 ÷ GPUs of the endpoint, as configured.",
        see: &["correct-answers-per-s"],
    },
    Term {
        id: "cost-per-million",
        name: "Cost of a million output tokens",
        unit: "currency",
        short: "The endpoint's price beside its measured throughput; idle hours are not in it.",
        long: "GPUs × price of a GPU for an hour × 10⁶ ÷ (3,600 × output tokens a second). Price and currency are the configuration's.",
        see: &["output-tokens-per-s"],
    },
    Term {
        id: "cost-at-slo",
        name: "Cost of a million output tokens at the objectives",
        unit: "currency",
        short: "The same where only tokens of requests that met every objective are worth paying for.",
        long: "Cost of a million output tokens ÷ the share of output tokens, among those of successes that ended inside the steady windows, \
               that belong to requests which met every latency objective. Absent without objectives and where none met them.",
        see: &["cost-per-million", "attainment"],
    },
];
