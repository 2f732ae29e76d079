//! A probe made ready, and what one run of it gives.

use super::constants::Rows;
use super::decision::{self, Rivals};
use super::eeg::{Electrode, Recording};
use super::fmri::{Brain, Map, People, Scan};
use super::memory::{self, Ring};
use super::settings::Settings;
use super::{Factors, Kind, Reading};
use crate::run::Refusal;
use std::ops::ControlFlow;

/// A probe with its circuit built and its constants taken.
#[derive(Debug)]
pub enum Ready {
    /// Electric activity.
    Eeg(Box<Electrode>),
    /// A scan.
    Fmri(Box<Brain>),
    /// A place held in mind.
    Memory(Box<Ring>),
    /// A choice of two.
    Decision(Box<Rivals>),
}

/// Everything a run gives besides its readings.
#[derive(Clone, Debug)]
pub enum Detail {
    /// Electric activity.
    Eeg(Box<Recording>),
    /// A scan.
    Fmri(Box<Scan>),
    /// A place held in mind.
    Memory(memory::Task),
    /// A choice of two.
    Decision(decision::Task),
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
        people: People,
        seed: u64,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Ready, Refusal> {
        match kind {
            Kind::Fmri => Ok(Ready::Fmri(Box::new(Brain::new(rows, &settings.fmri, map, people, seed, progress)?))),
            Kind::Eeg => Ok(Ready::Eeg(Box::new(Electrode::new(rows, &settings.eeg)))),
            Kind::Memory => Ok(Ready::Memory(Box::new(Ring::new(rows, &settings.memory)))),
            Kind::Decision => Ok(Ready::Decision(Box::new(Rivals::new(rows, &settings.decision)?))),
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
            Ready::Eeg(electrode) => {
                let recording = electrode.record(factors, seed, person, progress)?;
                let readings = electrode.readings(&recording, factors);
                Ok(Outcome { readings, detail: Detail::Eeg(Box::new(recording)) })
            }
            Ready::Memory(ring) => {
                let task = ring.test(factors, seed, person, progress)?;
                Ok(Outcome { readings: ring.readings(&task), detail: Detail::Memory(task) })
            }
            Ready::Decision(rivals) => {
                let task = rivals.test(factors, seed, person, progress)?;
                Ok(Outcome { readings: rivals.readings(&task), detail: Detail::Decision(task) })
            }
            Ready::Fmri(brain) => {
                let scan = brain.scan(factors, seed, person, progress)?;
                Ok(Outcome { readings: brain.readings(&scan), detail: Detail::Fmri(Box::new(scan)) })
            }
        }
    }
}
