//! A histogram as a result keeps it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Histograms by the name of what they hold.
pub type Histograms = BTreeMap<String, StoredHistogram>;

/// An HdrHistogram. Two of the same bounds add up exactly, which the quantiles of a summary don't.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoredHistogram {
    /// The unit of its values: `ns`.
    pub unit: String,
    /// The smallest value that is told from 0.
    pub lowest: u64,
    /// The largest value; larger ones count as this.
    pub highest: u64,
    /// Decimal digits to which a value is exact.
    pub significant_digits: u8,
    /// The counts in HdrHistogram's own form (`V2`), compressed (`DEFLATE`), in base64.
    pub v2_deflate_base64: String,
}
