//! A run: settle, then volume after volume, with progress and a way to stop.

use std::fmt;
use std::ops::ControlFlow;

use sim::math;
use sim::random::philox4x32_10;

use super::hemodynamics::Hemodynamics;
use super::kernel::{Chunk, Engine};
use super::model::{Model, ModelError};
use crate::lanes::dispatch;

/// Where a run begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// All synapses closed.
    Low,
    /// All excitatory synapses open.
    High,
    /// Gating of the excitatory and the inhibitory pool of each region, between 0 and 1.
    At(Vec<[f64; 2]>),
}

/// Feedback inhibition that learns: `dJ/dt = rate r_I (r_E - target)`, weights never below zero.
///
/// Without noise regions settle at the target; under noise below it, by the covariance of both rates over the mean
/// inhibitory rate (about 1 Hz with the published noise): the rule sees products, not means.
///
/// Source: Naskar et al. 2021, Netw. Neurosci. 5:757 (after Vogels et al. 2011, Science 334:1569).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plasticity {
    /// Change of `J` per second and per Hz squared.
    pub rate: f64,
    /// Rate that excitatory pools are held at, Hz.
    pub target_hz: f64,
}

/// How a model is run.
#[derive(Clone, Debug, PartialEq)]
pub struct Protocol {
    /// Step, ms.
    pub dt_ms: f64,
    /// Time before the first volume, s; it moves the balloon too.
    pub settle_s: f64,
    /// Volumes taken.
    pub volumes: usize,
    /// Time from volume to volume, s; rounded to whole steps.
    pub repetition_s: f64,
    /// Seed of the noise.
    pub seed: u64,
    /// Number of the run; runs with one seed and other numbers share nothing.
    pub replicate: u32,
    /// Where it begins.
    pub start: Start,
    /// Whether inhibition learns.
    pub plasticity: Option<Plasticity>,
}

/// What a run gives. Means are over the time after settling.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Regions.
    pub regions: usize,
    /// Signal as a share of the resting signal, volume after volume, one number per region.
    pub bold: Vec<f32>,
    /// Mean excitatory rate of each region, Hz.
    pub rate_e_hz: Vec<f64>,
    /// Mean inhibitory rate of each region, Hz.
    pub rate_i_hz: Vec<f64>,
    /// Mean excitatory gating of each region.
    pub gating_e: Vec<f64>,
    /// Weight of inhibition of each region at the end.
    pub inhibition: Vec<f64>,
    /// Gating of both pools of each region at the end.
    pub states: Vec<[f64; 2]>,
}

impl Recording {
    /// Volumes taken.
    pub fn volumes(&self) -> usize {
        self.bold.len().checked_div(self.regions).unwrap_or(0)
    }
}

/// Why a run gave nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum RunError {
    /// The model has problems.
    Model(Vec<ModelError>),
    /// A number of the protocol or of the balloon is outside its range.
    Protocol {
        /// Which one.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What to give.
        hint: &'static str,
    },
    /// The caller asked to stop.
    Stopped {
        /// Simulated time reached, s.
        at_s: f64,
    },
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Model(problems) => {
                for (k, problem) in problems.iter().enumerate() {
                    write!(f, "{}{problem}", if k > 0 { "\n" } else { "" })?;
                }
                Ok(())
            }
            RunError::Protocol { name, value, hint } => write!(f, "{name} is {value}: {hint}"),
            RunError::Stopped { at_s } => write!(f, "stopped at {at_s} s as asked"),
        }
    }
}

impl std::error::Error for RunError {}

/// Balloons move this often, s: a hundredth of their fastest time constant (agreement with finer steps is tested).
const BALLOON_STEP_S: f64 = 0.01;

/// Longest run, s: beyond it single-precision clocks of the caller would not tell steps apart.
const LONGEST_S: f64 = 1e7;

/// Runs a model. `progress` is called about once per simulated second with the share done, and may stop the run.
///
/// The same model and protocol give the same bytes on every processor.
pub fn simulate(
    model: &Model,
    hemodynamics: &Hemodynamics,
    protocol: &Protocol,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Recording, RunError> {
    check(model, protocol)?;
    if let Some((name, value)) = hemodynamics.problem() {
        return Err(RunError::Protocol { name, value, hint: "outside of what a balloon can be simulated with" });
    }
    let mut run = Run::new(model, protocol);
    let dt_s = protocol.dt_ms * 1e-3;
    let steps = |seconds: f64| (seconds / dt_s).round() as u64;
    let per_volume = steps(protocol.repetition_s);
    let settle = steps(protocol.settle_s);
    let total = settle + per_volume * protocol.volumes as u64;
    let mut bold = Vec::with_capacity(protocol.volumes * model.len());
    let mut told = 0;
    let per_second = steps(1.0).max(1);
    let mut tell = |done: u64| {
        if done >= told + per_second || done == total {
            told = done;
            if progress(done as f64 / total as f64).is_break() {
                return Err(RunError::Stopped { at_s: done as f64 * dt_s });
            }
        }
        Ok(())
    };
    run.advance(settle, Some(hemodynamics), &mut tell)?;
    run.forget();
    for _ in 0..protocol.volumes {
        run.advance(per_volume, Some(hemodynamics), &mut tell)?;
        run.engine.signal(hemodynamics, &mut bold);
    }
    Ok(run.recording(bold))
}

pub(super) fn check(model: &Model, protocol: &Protocol) -> Result<(), RunError> {
    let problems = model.problems();
    if !problems.is_empty() {
        return Err(RunError::Model(problems));
    }
    let bad = |name, value, hint| Err(RunError::Protocol { name, value, hint });
    let p = protocol;
    // Beyond it an Euler step overshoots the fastest decay.
    let fastest_ms = 1e3 * math::min(model.pools.tau_e_s, model.pools.tau_i_s);
    if !(p.dt_ms >= 1e-3 && p.dt_ms <= 0.5 * fastest_ms) {
        return bad("step (ms)", p.dt_ms, "give at least 0.001 and at most half the fastest decay");
    }
    if !(0.0..=LONGEST_S).contains(&p.settle_s) {
        return bad("settling time (s)", p.settle_s, "give 0 to 10 million");
    }
    if !(p.repetition_s >= p.dt_ms * 1e-3 && p.repetition_s <= LONGEST_S) {
        return bad("repetition time (s)", p.repetition_s, "give at least one step and at most 10 million");
    }
    if p.volumes as f64 * p.repetition_s > LONGEST_S {
        return bad("volumes", p.volumes as f64, "take fewer, so that the run is shorter than 10 million seconds");
    }
    if let Some(plasticity) = p.plasticity {
        if !(0.0..=1.0).contains(&plasticity.rate) {
            return bad("rate of plasticity", plasticity.rate, "give 0 to 1");
        }
        if !(0.0..=1e3).contains(&plasticity.target_hz) {
            return bad("target of plasticity (Hz)", plasticity.target_hz, "give 0 to 1000");
        }
    }
    if let Start::At(states) = &p.start {
        if states.len() != model.len() {
            return bad("number of starting states", states.len() as f64, "give one per region");
        }
        if let Some(x) = states.iter().flatten().find(|x| !(0.0..=1.0).contains(*x)) {
            return bad("starting gating", *x, "give 0 to 1");
        }
    }
    Ok(())
}

/// A run in steps; the caller has checked model and protocol.
pub(super) struct Run<'a> {
    pub(super) engine: Engine,
    protocol: &'a Protocol,
    tones: Vec<f64>,
    weights: Vec<f64>,
    totals: [Vec<f64>; 3],
    counted: u64,
    done: u64,
    per_balloon: u64,
}

impl<'a> Run<'a> {
    pub(super) fn new(model: &Model, protocol: &'a Protocol) -> Run<'a> {
        let seed = [protocol.seed as u32, (protocol.seed >> 32) as u32];
        let mixed = philox4x32_10([protocol.replicate, 0, 0, 0], seed);
        let dt_s = protocol.dt_ms * 1e-3;
        let n = model.len();
        Run {
            engine: Engine::new(model, dt_s, [mixed[0], mixed[1]], &protocol.start),
            protocol,
            tones: model.regions.iter().map(|r| r.tone).collect(),
            weights: model.regions.iter().map(|r| r.inhibition).collect(),
            totals: [vec![0.0; n], vec![0.0; n], vec![0.0; n]],
            counted: 0,
            done: 0,
            per_balloon: ((BALLOON_STEP_S / dt_s).round() as u64).max(1),
        }
    }

    /// Steps on, in chunks as long as a step of the balloon.
    pub(super) fn advance(
        &mut self,
        steps: u64,
        hemodynamics: Option<&Hemodynamics>,
        tell: &mut dyn FnMut(u64) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let end = self.done + steps;
        while self.done < end {
            let chunk = self.per_balloon.min(end - self.done);
            let plasticity = self.protocol.plasticity.as_ref();
            dispatch(Chunk { engine: &mut self.engine, steps: chunk as u32, hemodynamics, plasticity });
            if let Some(plasticity) = plasticity {
                let scale = plasticity.rate * self.protocol.dt_ms * 1e-3;
                for (weight, excess) in self.weights.iter_mut().zip(self.engine.each(|s| s.excess)) {
                    *weight = math::max(*weight + scale * excess, 0.0);
                }
                for (n, weight) in self.weights.iter().enumerate() {
                    self.engine.set_inhibition(n, weight * self.tones[n]);
                }
            }
            let Run { totals: [rate_e, rate_i, gating], engine, .. } = self;
            rate_e.iter_mut().zip(engine.each(|s| s.rate_e)).for_each(|(sum, x)| *sum += x);
            rate_i.iter_mut().zip(engine.each(|s| s.rate_i)).for_each(|(sum, x)| *sum += x);
            gating.iter_mut().zip(engine.each(|s| s.gating_e)).for_each(|(sum, x)| *sum += x);
            self.counted += chunk;
            self.done += chunk;
            tell(self.done)?;
        }
        Ok(())
    }

    /// Starts the means anew.
    pub(super) fn forget(&mut self) {
        self.totals.iter_mut().for_each(|total| total.fill(0.0));
        self.counted = 0;
    }

    /// Mean excitatory rates since the last [`Run::forget`], Hz.
    pub(super) fn rates_e(&self) -> Vec<f64> {
        self.totals[0].iter().map(|sum| sum / self.counted as f64).collect()
    }

    /// Ends the run.
    pub(super) fn recording(self, bold: Vec<f32>) -> Recording {
        let count = if self.counted > 0 { self.counted as f64 } else { 1.0 };
        let states = self.engine.states();
        let [rate_e_hz, rate_i_hz, gating_e] = self.totals.map(|total| total.iter().map(|sum| sum / count).collect());
        Recording {
            regions: self.weights.len(),
            bold,
            rate_e_hz,
            rate_i_hz,
            gating_e,
            inhibition: self.weights,
            states,
        }
    }
}
