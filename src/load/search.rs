//! Stand-in.
use crate::model::load::Find;
/// x
#[derive(Debug, Clone)]
pub struct Search;
/// x
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// x
    pub passed: bool,
}
impl Search {
    /// x
    #[must_use]
    pub const fn new(_: &Find) -> Self {
        Self
    }
    /// x
    #[expect(clippy::should_implement_trait)]
    pub const fn next(&mut self) -> Option<f64> {
        None
    }
    /// x
    pub const fn observe(&mut self, _: f64, _: Probe) {}
}
