//! The room `promptset`.
