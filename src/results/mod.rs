//! The room `results`.
