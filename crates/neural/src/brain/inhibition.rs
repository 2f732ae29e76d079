//! Feedback inhibition: the weights `J` at which every region fires at one rate, and whether that state is the only one.
//!
//! Without noise the weights follow from one line per region ([`exact`]). Noise bends the curve of the pools and moves
//! the rates by up to several-fold, so [`tune`] corrects them under the noise the model will have.

use std::fmt;
use std::ops::ControlFlow;

use sim::math;

use super::model::{Model, ModelError};
use super::simulate::{Protocol, Run, RunError, Start, check};

/// Why no weights were found.
#[derive(Clone, Debug, PartialEq)]
pub enum InhibitionError {
    /// The model or a number of the tuning cannot be used, or the caller asked to stop.
    Run(RunError),
    /// A region would need inhibition that excites.
    Negative {
        /// Region.
        region: usize,
        /// Weight it would need.
        weight: f64,
    },
    /// Rates stayed away from the target.
    NotReached {
        /// Region furthest away.
        region: usize,
        /// Its rate, Hz.
        rate_hz: f64,
        /// Rounds tried.
        rounds: u32,
    },
}

impl fmt::Display for InhibitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InhibitionError::Run(error) => error.fmt(f),
            InhibitionError::Negative { region, weight } => write!(
                f,
                "region {region} would need inhibition of weight {weight}, which excites: raise its currents or lower \
                 the target rate"
            ),
            InhibitionError::NotReached { region, rate_hz, rounds } => write!(
                f,
                "after {rounds} rounds region {region} still fires at {rate_hz:.2} Hz: lower the global coupling, where \
                 a second state is near, or allow more rounds"
            ),
        }
    }
}

impl std::error::Error for InhibitionError {}

impl From<RunError> for InhibitionError {
    fn from(error: RunError) -> InhibitionError {
        InhibitionError::Run(error)
    }
}

/// Weights of inhibition with which the model without noise rests at `target_hz` in every region.
pub fn exact(model: &Model, target_hz: f64) -> Result<Vec<f64>, InhibitionError> {
    let problems = model.problems();
    if !problems.is_empty() {
        return Err(RunError::Model(problems).into());
    }
    let range = [1e-3, 1e3];
    if !(range[0]..=range[1]).contains(&target_hz) {
        let wrong = ModelError::Number { name: "target rate (Hz)", region: None, value: target_hz, range };
        return Err(RunError::Model(vec![wrong]).into());
    }
    let p = &model.pools;
    let opened = p.opening * p.tau_e_s * target_hz;
    let gating = opened / (1.0 + opened);
    let needed = p.gain_e.current(target_hz);
    let weight = |n: usize| {
        let region = &model.regions[n];
        let steady = p.external_i * p.external_na + region.current_i_na + region.interneuron * p.nmda_na * gating;
        // Gating of inhibition falls as inhibition of inhibition rises, so one root lies in between.
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if p.tau_i_s * p.gain_i.rate(steady - middle) > middle { low = middle } else { high = middle }
        }
        let inhibited = 0.5 * (low + high);
        let row: f64 = model.coupling.row(n).iter().sum();
        let excited = p.external_e * p.external_na
            + region.current_e_na
            + p.nmda_na * gating * (region.local * region.recurrence + region.long_range * model.global * row);
        (excited - needed) / math::max(region.tone * inhibited, 1e-12)
    };
    let weights: Vec<f64> = (0..model.len()).map(weight).collect();
    match weights.iter().position(|w| *w < 0.0) {
        Some(region) => Err(InhibitionError::Negative { region, weight: weights[region] }),
        None => Ok(weights),
    }
}

/// How weights are tuned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// Mean excitatory rate wanted in every region, Hz.
    pub target_hz: f64,
    /// Furthest a region may be from it in the measurement, Hz.
    pub tolerance_hz: f64,
    /// Step, ms; means depend on it a little, so take that of the runs to come.
    pub dt_ms: f64,
    /// Length of one measurement, s; a few minutes bring the error of a mean rate to about 0.1 Hz.
    pub measure_s: f64,
    /// Measurements at most.
    pub rounds: u32,
    /// Seed of the noise.
    pub seed: u64,
    /// Number of the run.
    pub replicate: u32,
}

/// What tuning gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuned {
    /// Weight of inhibition of each region.
    pub weights: Vec<f64>,
    /// Mean rate of each region in the last measurement, Hz.
    pub rates_hz: Vec<f64>,
    /// Measurements taken.
    pub rounds: u32,
}

/// Share of the logarithm of a rate's error that one correction takes off the logarithm of its weight. The rate falls
/// four- to tenfold as fast as the weight rises (0.01 of the weight moves 3 Hz by 4 % in one weakly coupled region),
/// so this overshoots nowhere.
const CORRECTION: f64 = 0.12;

/// Short windows of the first approach, s and number.
const WINDOW_S: f64 = 4.0;
const WINDOWS: u32 = 24;

/// Finds weights that hold every region at the target under the model's noise; whatever weights the model has serve as
/// the start ([`exact`] gives good ones). The model itself is left as it was.
///
/// First the weights follow the rates of short windows in ever smaller steps; then they are corrected after each
/// measurement until all regions are within the tolerance.
pub fn tune(
    model: &Model,
    tuning: &Tuning,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Tuned, InhibitionError> {
    let protocol = Protocol {
        dt_ms: tuning.dt_ms,
        settle_s: 0.0,
        volumes: 1,
        repetition_s: tuning.measure_s,
        seed: tuning.seed,
        replicate: tuning.replicate,
        start: Start::Low,
        plasticity: None,
    };
    check(model, &protocol)?;
    let mut run = Run::new(model, &protocol);
    let mut weights: Vec<f64> = model.regions.iter().map(|r| r.inhibition).collect();
    let steps = |seconds: f64| (seconds / (tuning.dt_ms * 1e-3)).round() as u64;
    let span = WINDOW_S * f64::from(WINDOWS) + tuning.measure_s * f64::from(tuning.rounds);
    let mut at_s = 0.0;
    let mut rates_after = |run: &mut Run, seconds: f64| {
        run.forget();
        run.advance(steps(seconds), None, &mut |_| Ok(()))?;
        at_s += seconds;
        match progress(at_s / span) {
            ControlFlow::Continue(()) => Ok(run.rates_e()),
            ControlFlow::Break(()) => Err(RunError::Stopped { at_s }),
        }
    };
    let correct = |run: &mut Run, weights: &mut [f64], rates: &[f64], share: f64| {
        for (n, weight) in weights.iter_mut().enumerate() {
            // A region that is silent or wild tells the direction, not the distance.
            let error = math::ln(math::max(rates[n], 1e-3) / tuning.target_hz);
            *weight *= math::exp(share * math::min(math::max(error, -1.0), 1.0));
            run.engine.set_inhibition(n, *weight * model.regions[n].tone);
        }
    };
    rates_after(&mut run, 2.0)?;
    for window in 0..WINDOWS {
        let rates = rates_after(&mut run, WINDOW_S)?;
        correct(&mut run, &mut weights, &rates, CORRECTION / (1.0 + 0.2 * f64::from(window)));
    }
    let mut worst = (0, 0.0);
    for round in 1..=tuning.rounds {
        let rates = rates_after(&mut run, tuning.measure_s)?;
        let gap = |n: usize| (rates[n] - tuning.target_hz).abs();
        let far = (0..rates.len()).max_by(|a, b| gap(*a).total_cmp(&gap(*b))).unwrap_or(0);
        worst = (far, rates[far]);
        if gap(far) <= tuning.tolerance_hz {
            return Ok(Tuned { weights, rates_hz: rates, rounds: round });
        }
        correct(&mut run, &mut weights, &rates, CORRECTION);
    }
    Err(InhibitionError::NotReached { region: worst.0, rate_hz: worst.1, rounds: tuning.rounds })
}

/// Whether a model without noise has one resting state.
#[derive(Clone, Debug, PartialEq)]
pub enum Stability {
    /// From silence and from full gating it comes to the same rates.
    Single {
        /// Rate of each region, Hz.
        rates_hz: Vec<f64>,
    },
    /// It stays where it was put: a small change of a parameter may make it jump.
    Several {
        /// Regions that differ.
        regions: Vec<usize>,
        /// Rates after silence, Hz.
        low_hz: Vec<f64>,
        /// Rates after full gating, Hz.
        high_hz: Vec<f64>,
    },
}

/// Settles the model for `settle_s` without noise from silence and from full gating, and compares mean rates over one
/// second more. Near the point where a second state appears settling slows down: give 20 s or more.
pub fn stability(model: &Model, dt_ms: f64, settle_s: f64) -> Result<Stability, RunError> {
    let mut quiet = model.clone();
    quiet.pools.noise_per_root_ms = 0.0;
    let settled = |start: Start| -> Result<Vec<f64>, RunError> {
        let protocol =
            Protocol { dt_ms, settle_s, volumes: 1, repetition_s: 1.0, seed: 0, replicate: 0, start, plasticity: None };
        check(&quiet, &protocol)?;
        let mut run = Run::new(&quiet, &protocol);
        let steps = |seconds: f64| (seconds / (dt_ms * 1e-3)).round() as u64;
        run.advance(steps(settle_s), None, &mut |_| Ok(()))?;
        run.forget();
        run.advance(steps(1.0), None, &mut |_| Ok(()))?;
        Ok(run.rates_e())
    };
    let (low_hz, high_hz) = (settled(Start::Low)?, settled(Start::High)?);
    // Rates of one state agree to a per mille after settling; states are Hz apart.
    let apart = |n: &usize| (low_hz[*n] - high_hz[*n]).abs() > 0.2 + 0.05 * low_hz[*n];
    let regions: Vec<usize> = (0..model.len()).filter(apart).collect();
    if regions.is_empty() {
        return Ok(Stability::Single { rates_hz: low_hz });
    }
    Ok(Stability::Several { regions, low_hz, high_hz })
}
