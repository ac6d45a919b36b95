//! The simulator as a whole: the engine under virtual time, the answers' truth, the server over a
//! real socket.

mod answers;
mod engine;
mod faults;
mod judging;
mod paced;
mod routes;
mod support;
