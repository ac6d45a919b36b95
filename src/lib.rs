//! labctl tells whether a model variant is fast enough and still good enough, from the same
//! requests, paired with its baseline.
//!
//! Data flows one way; each room reads only from rooms above it:
//!
//! | room | what it does |
//! | --- | --- |
//! | [`model`] | the vocabulary: plain data |
//! | [`promptset`] | loads and verifies prompt sets |
//! | [`workload`] | made-up prompts, conversations and traces |
//! | [`client`] | one exchange with one server |
//! | [`check`] | whether an answer is right |
//! | [`stats`] | proportions, paired intervals, quantiles |
//! | [`metrics`] | every number's one definition |
//! | [`load`] | when to send what; the engine and its events |
//! | [`compare`] | two sides paired, gates |
//! | [`results`] | the result file, the journal, the store |
//! | [`report`] | terminal, HTML and Markdown |
//! | [`simulator`] | an OpenAI-compatible server whose truth is known |
//! | [`bench`](mod@bench) | a whole run, from its plan to its result |
//! | [`cli`] | the only room that knows flags, terminal and exit codes |

pub mod bench;
pub mod check;
pub mod cli;
pub mod client;
pub mod compare;
pub mod load;
pub mod metrics;
pub mod model;
pub mod promptset;
pub mod report;
pub mod results;
pub mod simulator;
pub mod stats;
pub mod workload;
