//! Two sides held against each other.

use super::Term;

pub(super) const TERMS: &[Term] = &[
    Term {
        id: "pairs",
        name: "Pairs",
        unit: "prompts",
        short: "Prompts that were judged on both sides; the comparison is of these alone.",
        long: "A prompt that was sent several times (repeats, rounds, both orders of a pair) is one pair, for its responses are not \
               independent. Of reference answers: prompts that both sides scored.",
        see: &["missing"],
    },
    Term {
        id: "delta",
        name: "Delta, percentage points",
        unit: "pp",
        short: "The candidate's pass rate less the baseline's, on the same prompts.",
        long: "(gains − losses) ÷ pairs; where prompts were sent several times the mean over prompts of candidate's − baseline's share of \
               passes. Below 0 the candidate is worse.",
        see: &["pairs", "losses-gains"],
    },
    Term {
        id: "delta-interval",
        name: "Interval of the delta",
        unit: "pp",
        short: "Where the true delta plausibly lies: 90 % two-sided is what gates use (5 % to each side), 95 % beside it.",
        long: "Tango's score interval for paired proportions (1998): the δ at which |T(δ)| ≤ z, T(δ) = (gains − losses − nδ) ÷ √(n(2q + \
               δ(1−δ))), found by bisection; without a flip ±z²/(n + z²). Where prompts were sent several times: Student's t over \
               prompts, mean ± t·sd/√n with n − 1 degrees of freedom. Where prompts are clones of templates it reaches as far as Student's \
               t over families does, if that is farther. What is Student's is never narrower than ±z²/(n + z²).",
        see: &["delta", "families"],
    },
    Term {
        id: "interval-method",
        name: "Method of the interval",
        unit: "",
        short: "tango: each prompt once. repeats: Student's t over prompts. families: t over templates made it wider.",
        long: "Named by what decided at 90 %.",
        see: &["delta-interval", "families"],
    },
    Term {
        id: "families",
        name: "Families (clusters)",
        unit: "",
        short: "Prompts that are clones of one template: they tend to be lost together, so they count for less.",
        long: "Standard error over C families: √(Σ(sum of a family's d − mean)² · C/(C − 1)) ÷ n, with t of C − 1 degrees of freedom (Liang and Zeger's \
               sandwich, as in Miller 2024). A prompt without a family is one of its own.",
        see: &[],
    },
    Term {
        id: "losses-gains",
        name: "Losses and gains",
        unit: "prompts",
        short: "Losses: the baseline passed and the candidate didn't. Gains: the reverse.",
        long: "A prompt that was sent several times is a loss where the candidate passed it less often, a gain where more often. Both are among \
               the pairs.",
        see: &["pairs"],
    },
    Term {
        id: "flips",
        name: "Flips",
        unit: "prompts",
        short: "Pairs whose two sides differ: losses and gains together.",
        long: "losses + gains. They decide how much a comparison can see: the more flips, the wider the interval.",
        see: &["losses-gains"],
    },
    Term {
        id: "flip-rate",
        name: "Flip rate",
        unit: "%",
        short: "The share of pairs whose two sides differ.",
        long: "(losses + gains) ÷ pairs.",
        see: &["flips"],
    },
    Term {
        id: "score-p",
        name: "Score p-value",
        unit: "",
        short: "How often so large a delta would be seen if there were none; two-sided.",
        long: "Of Tango's score statistic at δ = 0, which the normal distribution is held against; with repeats of Student's t over \
               prompts; with families the larger of that and Student's t over families. It agrees with the interval: below 0.10 the 90 % interval leaves 0 \
               out.",
        see: &["delta-interval"],
    },
    Term {
        id: "holm",
        name: "p (Holm)",
        unit: "",
        short: "The score p-value; for categories adjusted so that testing many of them makes no more false alarms.",
        long: "The i-th smallest of k p-values is multiplied by k − i (i from 0), made no smaller than the one before and at most 1: Holm 1979. The \
               overall row is a hypothesis of its own and isn't adjusted.",
        see: &["score-p"],
    },
    Term {
        id: "mcnemar",
        name: "McNemar's exact p-value",
        unit: "",
        short: "A cross-check of the score p-value that asks only whether losses and gains are balanced.",
        long: "Two-sided: min(1, 2·P[Bin(losses + gains, ½) ≤ min(losses, gains)]); 1 without flips.",
        see: &["losses-gains", "score-p"],
    },
    Term {
        id: "newcombe",
        name: "Newcombe's interval",
        unit: "pp",
        short: "The delta's 95 % interval by another method, as a cross-check.",
        long: "Method 10 of Newcombe 1998: both sides' Wilson limits joined by the correlation φ of the 2×2 table, with its continuity correction. Where \
               prompts were sent once.",
        see: &["delta-interval", "wilson"],
    },
    Term {
        id: "mde",
        name: "Could have missed (MDE)",
        unit: "pp",
        short: "The smallest true loss that 80 % of runs like this one would have found.",
        long: "Of the gate on the category, else of the overall gate, else of detect at 5 pp. Exact up to 500 pairs, by enumeration, with the flip rate \
               at the upper limit of its Wilson 95 % interval and no lower than noise; above it, and with repeats, by the normal approximation. With Holm \
               over k categories at α ÷ k. A PASS says no more than this.",
        see: &["gate-mode", "flip-rate", "noise", "wilson"],
    },
    Term {
        id: "macro-average",
        name: "Macro average",
        unit: "",
        short: "The mean of the categories, each counting the same however many prompts it has.",
        long: "Means of the categories' pass rates and deltas. Its interval is made of the categories' own: √(Σ(delta − limit)²) ÷ K to either side (Zou \
               and Donner 2008), no narrower than ±z²/(n + z²) over all n pairs. Absent of fewer than two categories.",
        see: &["delta", "delta-interval"],
    },
    Term {
        id: "noise",
        name: "Noise (A/A)",
        unit: "",
        short: "How many pairs flip where nothing differs: the baseline against itself, on the same prompts.",
        long: "Flips ÷ pairs of an A/A run on the prompts at hand. Servers batch, and sampling differs: so much flips by itself. Losses that may be missed \
               are computed with no lower flip rate.",
        see: &["flip-rate"],
    },
    Term {
        id: "excess-flips",
        name: "Excess flips",
        unit: "prompts",
        short: "Flips beyond those that the noise alone would have made.",
        long: "Flips − A/A flip rate × pairs; below 0 where fewer flipped. Absent where this run sent prompts several times and the A/A run once.",
        see: &["flips", "noise"],
    },
    Term {
        id: "unstable",
        name: "Unstable prompts",
        unit: "prompts",
        short: "Prompts that one model passes sometimes: a loss of one is little evidence.",
        long: "Prompts whose verdict differed within one model: in an A/A run, or between repeats of one side.",
        see: &["noise"],
    },
    Term {
        id: "speed-ratio",
        name: "Ratio of speed",
        unit: "",
        short: "The candidate's value ÷ the baseline's: for a latency below 1 is faster, for a rate above 1.",
        long: "Latencies: of the statistic over the prompts where both sides succeeded; from three rounds on both values are geometric means of the \
               rounds' values. Withheld where a prefix cache answered for one side's prompts more than for the other's (by 5 percentage points), and for \
               TPOT and token rates where the sides' tokens were counted differently. By category: medians, without interval.",
        see: &["percentile"],
    },
    Term {
        id: "speed-ratio-interval",
        name: "Interval of a ratio",
        unit: "",
        short: "Where the true ratio plausibly lies, 95 %; one that holds 1 shows no difference.",
        long: "rounds: from three on, Student's t on the logarithms of the rounds' values, paired; drift between rounds is in it. within run: a \
               seeded bootstrap (2,000 resamples) that draws blocks, or prompts where there are fewer than six blocks, of both sides together, with limits \
               widened for few units (Hesterberg 2015); it says nothing of how another run would differ. Rates have one value a round, so an interval takes \
               three rounds.",
        see: &["speed-ratio", "bootstrap"],
    },
    Term {
        id: "bootstrap",
        name: "Bootstrap interval",
        unit: "",
        short: "An interval from drawing the same items again and again, with replacement.",
        long: "2,000 resamples from the run's seed; the limits are percentiles taken further out for few items, at Φ(−t·√(k/(k − 1))) of k. None of fewer than \
               six.",
        see: &[],
    },
    Term {
        id: "token-ratio",
        name: "Token ratio",
        unit: "",
        short: "The candidate's tokens ÷ the baseline's on the same prompts: not 1 for output is answers of other length, for prompts another chat template.",
        long: "Sums over the pairs where both succeeded and both counts are known and were counted in the same way. A model that stops early is \
               “faster”: its latency is then no advantage.",
        see: &["output-tokens", "prompt-tokens"],
    },
    Term {
        id: "nll",
        name: "NLL of reference answers",
        unit: "nats",
        short: "How unlikely a model finds the prompts' reference answers; less is better.",
        long: "− mean log-probability of the reference's tokens, in nats a token, mean over prompts. Where more than max(2, 2 %) of the prompts are split into different \
               numbers of tokens by the two sides, nats a character; else prompts that are split differently are left out. n/a where a server can't tell.",
        see: &[],
    },
    Term {
        id: "delta-nll",
        name: "ΔNLL",
        unit: "nats",
        short: "The candidate's NLL less the baseline's: above 0 it finds the right answers less likely.",
        long: "Mean over prompts of the differences; interval and p-value by Student's t over prompts, or over families where that is wider.",
        see: &["nll", "families"],
    },
    Term {
        id: "top-1",
        name: "Top-1",
        unit: "%",
        short: "Places of the reference answers where a model's likeliest token is the right one; same top-1: where both would say the same.",
        long: "Right places ÷ all places of each side. Same: places where both sides' likeliest token is the same, of prompts whose likeliest tokens were told on both \
               sides; not told where the sides split text differently.",
        see: &["nll"],
    },
];
