//! A probe made ready, and what one run of it gives.

use super::constants::Rows;
use super::fmri::{Brain, Map, Scan};
use super::settings::Settings;
use super::{Factors, Kind, Reading};
use crate::run::Refusal;
use std::ops::ControlFlow;

/// A probe with its circuit built and its constants taken.
#[derive(Debug)]
pub enum Ready {
    /// A scan.
    Fmri(Box<Brain>),
}

/// Everything a run gives besides its readings.
#[derive(Clone, Debug)]
pub enum Detail {
    /// A scan.
    Fmri(Box<Scan>),
}

/// One run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What is reported.
    pub readings: Vec<Reading>,
    /// The rest.
    pub detail: Detail,
}

impl Ready {
    /// Builds it. `progress` hears the share done and may stop it.
    pub fn new(
        kind: Kind,
        rows: &Rows<'_>,
        settings: &Settings,
        map: Map,
        seed: u64,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Ready, Refusal> {
        match kind {
            Kind::Fmri => Ok(Ready::Fmri(Box::new(Brain::new(rows, &settings.fmri, map, seed, progress)?))),
            _ => todo!(),
        }
    }

    /// Runs it under a person's factors; the same seed and person have the same wiring and the same noise.
    pub fn run(
        &self,
        factors: &Factors,
        seed: u64,
        person: u32,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Outcome, Refusal> {
        match self {
            Ready::Fmri(brain) => {
                let scan = brain.scan(factors, seed, person, progress)?;
                Ok(Outcome { readings: brain.readings(&scan), detail: Detail::Fmri(Box::new(scan)) })
            }
        }
    }
}
