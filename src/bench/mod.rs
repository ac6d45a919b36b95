//! A whole run, from its plan to its result file: the one place where the rooms meet.
//!
//! `plan` says what is to be done, `side` reaches an endpoint (or hosts the simulator in its place),
//! `run` goes through the phases, `assemble` makes a result of records (also of recovered ones),
//! `late` applies the checks that need all of it (`judging` asks another model for scores), `references` asks both sides
//! about given answers, `rescore` judges stored answers anew, `merge` joins the results of several clients, `compared`
//! compares saved results, `against` compares a run with a blessed baseline, `soundness` says what would make the result
//! worth nothing,
//! `doctor` looks at an endpoint and this machine without measuring. Used by `cli`.

pub mod accuracy;
pub mod against;
pub mod assemble;
mod bodies;
pub mod calibrate;
pub mod compared;
mod contamination;
pub mod course;
pub mod doctor;
mod head;
pub mod hosted;
mod judging;
mod late;
mod level_result;
mod levels;
pub mod limits;
pub mod machine;
pub mod merge;
pub mod paced;
pub mod plan;
pub mod process;
pub mod recovered;
mod references;
pub mod rescore;
pub mod resume;
pub mod run;
pub mod runs;
pub mod side;
pub mod soundness;
mod warm_up;
