//! A choice of two: pools of cells compete over noisy evidence of several strengths.

use super::constants::{self, Rows};
use super::eeg::{MS, own_seed, scaling, wrong};
use super::memory::PERCENT;
use super::settings;
use super::{Factors, Reading};
use crate::run::Refusal;
use neural::circuit::decision::{self, Choice, Decision, Performance, Psychometric};
use neural::circuit::{Circuit, Connectivity, Parameters};
use std::ops::ControlFlow;

/// Time before the evidence, ms.
const SETTLE_MS: f64 = 500.0;
/// By how much the winner must lead, Hz.
const LEAD_HZ: f64 = 5.0;
/// Time over which rates are taken, ms.
const WINDOW_MS: f64 = 50.0;

/// Two pools made ready.
#[derive(Clone, Debug)]
pub struct Rivals {
    parameters: Parameters,
    connectivity: Connectivity,
    evidence_hz: f64,
    bound_hz: f64,
    settings: settings::Decision,
}

/// All trials.
#[derive(Clone, Debug)]
pub struct Task {
    /// Trials at each strength of the evidence.
    pub choices: Vec<Vec<Choice>>,
    /// What they come to.
    pub performance: Vec<Performance>,
    /// The curve through them.
    pub curve: Option<Psychometric>,
}

impl Rivals {
    /// With the ledger's constants.
    pub fn new(rows: &Rows<'_>, settings: &settings::Decision) -> Result<Rivals, Refusal> {
        let parameters = constants::circuit(rows, "decision");
        let share = rows.get("neural.decision.share", "1");
        let potentiation = rows.get("neural.decision.potentiation", "1");
        Ok(Rivals {
            connectivity: decision::pools(parameters.pyramidal, share, potentiation).map_err(wrong)?,
            parameters,
            evidence_hz: rows.get("neural.decision.input", "Hz"),
            bound_hz: rows.get("neural.decision.bound", "Hz"),
            settings: settings.clone(),
        })
    }

    /// Runs the task under a person's factors.
    pub fn test(
        &self,
        factors: &Factors,
        seed: u64,
        person: u32,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Task, Refusal> {
        let s = &self.settings;
        let seed = own_seed(seed, person);
        let scaling = scaling(factors.attractor, factors);
        let circuit = Circuit::new(&self.parameters, &scaling, &self.connectivity, seed, 0).map_err(wrong)?;
        let asked = Decision {
            external_hz: self.parameters.external_hz,
            evidence_hz: self.evidence_hz,
            settling_ms: SETTLE_MS,
            evidence_ms: MS * s.seconds,
            threshold_hz: self.bound_hz,
            lead_hz: LEAD_HZ,
            window_ms: WINDOW_MS,
        };
        let all = f64::from(s.trials) * s.coherence.len() as f64;
        let mut done = 0.0;
        let mut choices = Vec::new();
        for (k, percent) in s.coherence.iter().enumerate() {
            let mut here = Vec::new();
            for trial in 0..s.trials {
                let number = k as u32 * s.trials + trial;
                let mut told = |x: f64| progress((done + x) / all);
                let coherence = percent / PERCENT;
                here.push(decision::trial(&circuit, &asked, coherence, seed, number, &mut told).map_err(wrong)?);
                done += 1.0;
            }
            choices.push(here);
        }
        let performance: Vec<Performance> = s
            .coherence
            .iter()
            .zip(&choices)
            .map(|(percent, here)| decision::performance(percent / PERCENT, here))
            .collect();
        let curve = decision::psychometric(&performance);
        Ok(Task { choices, performance, curve })
    }

    /// What a study would print.
    pub fn readings(&self, task: &Task) -> Vec<Reading> {
        let shown: Vec<&Performance> = task.performance.iter().filter(|p| p.coherence > 0.0).collect();
        let trials: f64 = shown.iter().map(|p| p.trials).sum();
        let correct: f64 = shown.iter().map(|p| p.correct).sum();
        let undecided: f64 = task.performance.iter().map(|p| p.undecided).sum();
        let every: f64 = task.performance.iter().map(|p| p.trials).sum();
        let decided: f64 = task.performance.iter().map(|p| p.trials - p.undecided).sum();
        let time: f64 = task.performance.iter().map(|p| (p.trials - p.undecided) * p.time_ms).sum();
        let curve = |f: fn(&Psychometric) -> f64| task.curve.as_ref().map_or(f64::NAN, f);
        let threshold = PERCENT * curve(|c| c.threshold);
        vec![
            Reading::new("correct", "Correct, all strengths above 0", "%", PERCENT * correct / trials),
            Reading::new("threshold", "Strength at which 82 % are correct", "% coherence", threshold),
            Reading::new("slope", "Slope of the psychometric curve", "", curve(|c| c.slope)),
            Reading::new("time", "Time of decision", "ms", time / decided),
            Reading::new("undecided", "Trials without a decision", "%", PERCENT * undecided / every),
        ]
    }
}
