//! A place held in mind: a ring of cells keeps firing where a cue was, over a delay, with and without a distractor.

use super::constants::{self, Rows};
use super::eeg::{MS, own_seed, scaling, wrong};
use super::settings;
use super::{Factors, Reading};
use crate::run::Refusal;
use neural::circuit::memory::{self, Cue, Memory, Precision, Remembered};
use neural::circuit::{Circuit, Connectivity, Parameters};
use std::ops::ControlFlow;

/// Time over which a place is read, ms.
const WINDOW_MS: f64 = 250.0;
/// Length of the mean direction of spikes below which nothing is kept.
const LEAST_DIRECTION: f64 = 0.2;
/// A whole turn, degrees.
const TURN: f64 = 360.0;

/// A ring made ready.
#[derive(Clone, Debug)]
pub struct Ring {
    parameters: Parameters,
    connectivity: Connectivity,
    cue_pa: f64,
    cue_width: f64,
    settings: settings::Memory,
}

/// Trials of one condition, each with the time course of the bump.
#[derive(Clone, Debug)]
pub struct Task {
    /// Trials without a distractor.
    pub plain: Vec<Remembered>,
    /// Trials with one.
    pub distracted: Vec<Remembered>,
}

impl Ring {
    /// With the ledger's constants.
    pub fn new(rows: &Rows<'_>, settings: &settings::Memory) -> Ring {
        let (parameters, connectivity) = constants::ring(rows);
        Ring {
            parameters,
            connectivity,
            cue_pa: rows.get("neural.memory.cue_current", "pA"),
            cue_width: rows.get("neural.memory.cue_width", "1"),
            settings: settings.clone(),
        }
    }

    /// Runs the task under a person's factors: every other trial with a distractor, cues all around the ring.
    pub fn test(
        &self,
        factors: &Factors,
        seed: u64,
        person: u32,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Task, Refusal> {
        const SETTLE_MS: f64 = 500.0;
        let s = &self.settings;
        let seed = own_seed(seed, person);
        let scaling = scaling(factors.attractor, factors);
        let circuit = Circuit::new(&self.parameters, &scaling, &self.connectivity, seed, 0).map_err(wrong)?;
        let mut task = Task { plain: Vec::new(), distracted: Vec::new() };
        for trial in 0..s.trials {
            let place_deg = TURN * f64::from(trial / 2) / f64::from(s.trials.div_ceil(2));
            let cue = Cue {
                place_deg,
                current_pa: self.cue_pa,
                width_deg: self.cue_width,
                onset_ms: SETTLE_MS,
                duration_ms: MS * s.cue_s,
            };
            let side = if (trial / 2).is_multiple_of(2) { 1.0 } else { -1.0 };
            let distractor = Cue {
                place_deg: (place_deg + side * s.distractor_degrees).rem_euclid(TURN),
                onset_ms: SETTLE_MS + MS * (s.cue_s + s.distractor_at_s),
                ..cue
            };
            let with = trial % 2 == 1;
            let asked = Memory {
                cue,
                distractor: with.then_some(distractor),
                delay_ms: MS * s.delay_s,
                window_ms: WINDOW_MS,
                least_direction: LEAST_DIRECTION,
            };
            let mut told = |x: f64| progress((f64::from(trial) + x) / f64::from(s.trials));
            let found = memory::trial(&circuit, &asked, seed, trial, &mut told).map_err(wrong)?;
            if with { task.distracted.push(found) } else { task.plain.push(found) }
        }
        Ok(task)
    }

    /// What a study would print.
    pub fn readings(&self, task: &Task) -> Vec<Reading> {
        let (plain, distracted) = (memory::precision(&task.plain), memory::precision(&task.distracted));
        let d = "degrees";
        // Without a trial that kept anything there is no error and no bump.
        let kept = |p: &Precision, x: f64| if p.lost < 1.0 { x } else { f64::NAN };
        vec![
            Reading::new("error", "Error of memory, root mean square", d, kept(&plain, plain.error_deg)),
            Reading::new("error.mean", "Error of memory, mean", d, kept(&plain, plain.absolute_error_deg)),
            Reading::new("diffusion", "Wandering of the bump", "degrees²/s", kept(&plain, plain.diffusion_deg2_s)),
            Reading::new("width", "Width of the bump", d, kept(&plain, plain.width_deg)),
            Reading::new("rate", "Rate of pyramidal cells at the end", "Hz", kept(&plain, plain.rate_hz)),
            Reading::new("lost", "Trials in which the place was lost", "%", PERCENT * plain.lost),
            Reading::new("distractor.error", "Error with a distractor", d, kept(&distracted, distracted.error_deg)),
            Reading::new("distractor.pull", "Pull of the distractor", d, kept(&distracted, distracted.pull_deg)),
            Reading::new("distractor.lost", "Trials lost with a distractor", "%", PERCENT * distracted.lost),
        ]
    }
}

/// Percent of the whole.
pub(super) const PERCENT: f64 = 100.0;
