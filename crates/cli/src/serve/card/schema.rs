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
    pub findings: Vec<Recorded>,
}

/// A printed number beside the model's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// Id of the target.
    pub id: String,
    /// Trial or analysis.
    pub study: String,
    /// What was given, and against what.
    pub arm: String,
    /// What was measured, and how it is summarised.
    pub endpoint: String,
    /// When, h.
    pub at_h: Option<f64>,
    /// The printed number.
    pub printed: Option<f64>,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// The model's number.
    pub model: Option<f64>,
    /// Distance in printed standard errors.
    pub z: Option<f64>,
    /// The judgement.
    pub verdict: String,
    /// Why it is missed.
    pub reason: String,
    /// `score`, `sign` or `show`.
    pub usage: String,
}

impl Recorded {
    /// As the page gets it.
    pub fn finding(&self) -> Finding {
        Finding {
            id: self.id.clone(),
            study: self.study.clone(),
            arm: self.arm.clone(),
            endpoint: self.endpoint.clone(),
            at_h: self.at_h,
            printed: self.printed,
            low: self.low,
            high: self.high,
            model: self.model,
            z: self.z,
            verdict: self.verdict.clone(),
            reason: self.reason.clone(),
            usage: self.usage.clone(),
        }
    }
}
