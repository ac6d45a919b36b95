//! Stand-in.
use super::summary::Context;
use crate::model::level::{LevelFindings, LevelResult, Steadiness};
use crate::model::load::LevelLoad;
use crate::model::record::{Row, Side};
use crate::model::result::BlockTime;
use crate::model::summary::SideSummary;
/// x
#[must_use]
pub fn steadiness(_: &[Row], _: &[BlockTime], _: Side, _: &Context<'_>) -> Steadiness {
    Steadiness::Steady
}
/// x
#[must_use]
pub fn past_saturation(_: &[LevelResult], _: LevelLoad, _: &SideSummary, _: &Steadiness) -> bool {
    false
}
/// x
#[must_use]
pub fn findings(_: &[LevelResult]) -> LevelFindings {
    LevelFindings::default()
}
