//! The room `client`.

pub mod secret;
