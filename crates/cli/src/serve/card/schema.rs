//! The recorded validation, `docs/reference/validation.json`.

use crate::serve::schema::Finding;
use serde::{Deserialize, Serialize};

/// A validation as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// Seed of its virtual trials.
    pub seed: u64,
    /// People of each arm.
    pub people: u32,
    /// SHA-256 of the atlas it was made with.
    pub atlas_hash: String,
    /// Every printed number beside the model's.
    pub findings: Vec<Finding>,
}
