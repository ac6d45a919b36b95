//! Servers that answer and refuse.
