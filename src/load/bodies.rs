//! What is sent: the bytes of each request, made before the load where that is possible.

use std::collections::HashMap;

use bytes::Bytes;

use super::plan::Item;

/// One request, as far as its body depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What was started.
    pub item: Item,
    /// The turn of the conversation, from 0.
    pub turn: usize,
    /// What the server answered to the turns before, in order.
    pub answers: &'a [String],
    /// From 0; `None` for a warm-up request.
    pub round: Option<u32>,
    /// The level of a sweep or search, from 0.
    pub level: u32,
}

/// Makes the bodies of one side's requests.
pub trait Bodies: Send + Sync + std::fmt::Debug {
    /// The body; `None` where there is no such request.
    fn body(&self, asked: &Asked<'_>) -> Option<Bytes>;
}

/// Bodies of single prompts, all made before.
impl<S: std::hash::BuildHasher + Send + Sync> Bodies for HashMap<Item, Bytes, S> {
    fn body(&self, asked: &Asked<'_>) -> Option<Bytes> {
        self.get(&asked.item).filter(|_| asked.turn == 0).cloned()
    }
}
