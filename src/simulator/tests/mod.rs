//! The simulator as a whole: the engine under virtual time, the server over a real socket.
