//! A choice between two: pools of cells compete over noisy evidence until one wins.
//! Source: Wang 2002, Neuron 36:955.

use std::ops::ControlFlow;

use sim::math;

use super::kernel::Circuit;
use super::parameters::{CircuitError, report, steps_per_ms, within};
use super::wiring::Connectivity;

/// Evidence, and when a choice counts as made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// External rate without evidence, Hz.
    pub external_hz: f64,
    /// Extra rate of each pool under evidence that favours none, Hz.
    pub evidence_hz: f64,
    /// Time before the evidence, ms.
    pub settling_ms: f64,
    /// Longest time of evidence, ms.
    pub evidence_ms: f64,
    /// Rate at which a pool wins, Hz.
    pub threshold_hz: f64,
    /// By how much it must lead, Hz.
    pub lead_hz: f64,
    /// Time over which rates are taken, ms.
    pub window_ms: f64,
}

/// What one trial came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// The pool that won: 0 is the one that the evidence favours. None if no pool won in time.
    pub winner: Option<usize>,
    /// From the evidence to the choice, or to the end, ms.
    pub time_ms: f64,
    /// Rates of the two pools then, Hz.
    pub rates_hz: [f64; 2],
}

/// Two pools of a share `selective` of the pyramidal cells each, whose synapses within are `stronger`; those into them
/// from elsewhere are weaker, so that spontaneous input stays.
///
/// Source: Wang 2002: `w- = 1 - f (w+ - 1) / (1 - f)`.
pub fn pools(pyramidal: usize, selective: f64, stronger: f64) -> Result<Connectivity, CircuitError> {
    within("share of cells in a selective pool", selective, 0.01, 0.49)?;
    within("strength within a pool", stronger, 0.0, 1.0 / selective)?;
    let weaker = 1.0 - selective * (stronger - 1.0) / (1.0 - selective);
    let pool = (pyramidal as f64 * selective).round() as usize;
    let sizes = vec![pool, pool, pyramidal.saturating_sub(2 * pool)];
    let weights = vec![stronger, weaker, 1.0, weaker, stronger, 1.0, weaker, weaker, 1.0];
    Ok(Connectivity::Pools { sizes, weights })
}

/// One trial; `coherence` from -1 to 1 is the evidence for pool 0. `circuit` was built with [`pools`] and has not run;
/// the trial has noise of its own, so trials may run in any order.
pub fn trial(
    circuit: &Circuit,
    decision: &Decision,
    coherence: f64,
    seed: u64,
    trial: u32,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Choice, CircuitError> {
    within("coherence", coherence, -1.0, 1.0)?;
    within("external rate (Hz)", decision.external_hz, 0.0, 1e6)?;
    within("rate of evidence (Hz)", decision.evidence_hz, 0.0, 1e6)?;
    within("settling time (ms)", decision.settling_ms, 0.0, 1e6)?;
    within("time of evidence (ms)", decision.evidence_ms, 1.0, 1e6)?;
    within("window of the rates (ms)", decision.window_ms, 1.0, 1e4)?;
    if circuit.groups().len() != 5 {
        return Err(CircuitError::NotReady { reason: "it has no two pools and a rest" });
    }
    let reason = "it has run already";
    let mut circuit = circuit.restarted(seed, trial).ok_or(CircuitError::NotReady { reason })?;
    let per_sample = steps_per_ms(circuit.step_ms());
    let sample_ms = f64::from(per_sample) * circuit.step_ms();
    let begin = (decision.settling_ms / sample_ms).round() as usize;
    let end = begin + (decision.evidence_ms / sample_ms).round() as usize;
    let window = (decision.window_ms / sample_ms).round().max(1.0) as usize;
    let sizes = [circuit.groups()[0].size, circuit.groups()[1].size];
    let mut counts = vec![[0.0_f64; 2]; window];
    let mut rates = [0.0; 2];
    let mut spikes = Vec::new();
    for sample in 0..end {
        if sample % 100 == 0 {
            report(progress, sample as f64 / end as f64)?;
        }
        if sample == begin {
            for (group, sign) in [(0, 1.0), (1, -1.0)] {
                let evidence = decision.evidence_hz * (1.0 + sign * coherence);
                circuit.set_external_rate(group, decision.external_hz + evidence);
            }
        }
        spikes.clear();
        circuit.advance(per_sample, &mut spikes);
        let slot = &mut counts[sample % window];
        *slot = [0.0; 2];
        for spike in &spikes {
            let cell = spike.cell as usize;
            if cell < sizes[0] {
                slot[0] += 1.0;
            } else if cell < sizes[0] + sizes[1] {
                slot[1] += 1.0;
            }
        }
        if sample < begin {
            continue;
        }
        for (k, rate) in rates.iter_mut().enumerate() {
            let sum: f64 = counts.iter().map(|c| c[k]).sum();
            *rate = sum / sizes[k].max(1) as f64 / (window as f64 * sample_ms * 1e-3);
        }
        let winner = usize::from(rates[1] > rates[0]);
        if rates[winner] >= decision.threshold_hz && rates[winner] - rates[1 - winner] >= decision.lead_hz {
            let time_ms = (sample + 1 - begin) as f64 * sample_ms;
            return Ok(Choice { winner: Some(winner), time_ms, rates_hz: rates });
        }
    }
    Ok(Choice { winner: None, time_ms: decision.evidence_ms, rates_hz: rates })
}

/// Trials at one coherence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Performance {
    /// The coherence, 0 to 1.
    pub coherence: f64,
    /// Trials.
    pub trials: f64,
    /// Trials won by the favoured pool; a trial without a winner counts half, as a guess.
    pub correct: f64,
    /// Trials without a winner.
    pub undecided: f64,
    /// Mean time of the decided trials, ms; 0 if there are none.
    pub time_ms: f64,
    /// Standard deviation of that time, ms.
    pub time_sd_ms: f64,
}

/// Counts the trials at one coherence.
pub fn performance(coherence: f64, choices: &[Choice]) -> Performance {
    let decided: Vec<f64> = choices.iter().filter(|c| c.winner.is_some()).map(|c| c.time_ms).collect();
    let undecided = (choices.len() - decided.len()) as f64;
    let won = choices.iter().filter(|c| c.winner == Some(0)).count() as f64;
    let count = decided.len().max(1) as f64;
    let mean = decided.iter().sum::<f64>() / count;
    let variance = decided.iter().map(|t| (t - mean) * (t - mean)).sum::<f64>() / count;
    Performance {
        coherence,
        trials: choices.len() as f64,
        correct: won + 0.5 * undecided,
        undecided,
        time_ms: mean,
        time_sd_ms: variance.sqrt(),
    }
}

/// A psychometric curve `1 - exp(-(c / threshold)^slope) / 2`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Psychometric {
    /// Coherence at which 82 % are correct.
    pub threshold: f64,
    /// Steepness.
    pub slope: f64,
    /// Log likelihood of the trials.
    pub log_likelihood: f64,
}

/// Rounds of the search for the most likely curve; each narrows it by three quarters, to a millionth in the end.
const ROUNDS: usize = 14;

/// The most likely Weibull curve of trials at several coherences; none without a trial at a coherence above 0. The
/// threshold is searched from 0.001 to 10, the slope from 0.1 to 10.
///
/// Source: Quick 1974, Kybernetik 16:65.
pub fn psychometric(performances: &[Performance]) -> Option<Psychometric> {
    let shown: Vec<&Performance> = performances.iter().filter(|p| p.coherence > 0.0 && p.trials > 0.0).collect();
    if shown.is_empty() {
        return None;
    }
    let likelihood = |ln_threshold: f64, ln_slope: f64| {
        let slope = math::exp(ln_slope);
        let mut sum = 0.0;
        for p in &shown {
            let power = math::exp((slope * (math::ln(p.coherence) - ln_threshold)).min(300.0));
            let correct = (1.0 - 0.5 * math::exp(-power)).min(1.0 - 1e-9);
            sum += p.correct * math::ln(correct) + (p.trials - p.correct) * math::ln(1.0 - correct);
        }
        sum
    };
    let bounds = [[math::ln(0.001), math::ln(10.0)], [math::ln(0.1), math::ln(10.0)]];
    let mut range = bounds;
    let mut best = (f64::NEG_INFINITY, 0.0, 0.0);
    for _ in 0..ROUNDS {
        let at = |range: [f64; 2], i: usize| range[0] + (range[1] - range[0]) * i as f64 / 24.0;
        for i in 0..=24 {
            for j in 0..=24 {
                let (threshold, slope) = (at(range[0], i), at(range[1], j));
                let value = likelihood(threshold, slope);
                if value > best.0 {
                    best = (value, threshold, slope);
                }
            }
        }
        for (k, centre) in [best.1, best.2].into_iter().enumerate() {
            let half = 0.125 * (range[k][1] - range[k][0]);
            let middle = centre.max(bounds[k][0] + half).min(bounds[k][1] - half);
            range[k] = [middle - half, middle + half];
        }
    }
    Some(Psychometric { threshold: math::exp(best.1), slope: math::exp(best.2), log_likelihood: best.0 })
}
