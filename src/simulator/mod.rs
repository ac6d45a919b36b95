//! The room `simulator`.
