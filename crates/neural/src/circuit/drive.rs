//! The circuit under a rhythm: how well a beat in its input comes through, trial after trial.

use std::ops::ControlFlow;

use sim::math;

use super::kernel::Circuit;
use super::parameters::{CellType, CircuitError, report, steps_per_ms, within};

/// A rhythm in the rate of external events, `rate (1 + depth sin(2 pi f t))`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drive {
    /// Its frequency, Hz.
    pub frequency_hz: f64,
    /// Its depth, 0 to 1; 0 is no rhythm.
    pub depth: f64,
    /// Rate around which it swings, Hz.
    pub rate_hz: f64,
    /// Who feels it.
    pub reach: DriveReach,
    /// Time before the rhythm, ms.
    pub settling_ms: f64,
    /// Time of the rhythm that is not measured, ms.
    pub onset_ms: f64,
    /// Time measured, ms; whole cycles of the rhythm are used.
    pub measured_ms: f64,
}

/// Whose external input carries a rhythm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriveReach {
    /// Every cell's.
    All,
    /// That of pyramidal cells.
    Pyramidal,
}

/// What many trials of a rhythm tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Following {
    /// Power of the mean response at the rhythm's frequency, nA².
    pub evoked_power: f64,
    /// Mean power of single trials at that frequency, nA²; what is more than evoked keeps no phase.
    pub total_power: f64,
    /// Length of the mean phase, from about `1/sqrt(trials)` by chance to 1.
    ///
    /// Source: Tallon-Baudry, Bertrand, Delpuech & Pernier 1996, J Neurosci 16:4240.
    pub phase_locking: f64,
}

/// One trial: real and imaginary part of the field proxy at the rhythm's frequency, nA. `circuit` has not run; the trial
/// has noise of its own, so trials may run in any order.
pub fn trial(
    circuit: &Circuit,
    drive: &Drive,
    seed: u64,
    trial: u32,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<[f64; 2], CircuitError> {
    within("frequency of the drive (Hz)", drive.frequency_hz, 0.5, 250.0)?;
    within("depth of the drive", drive.depth, 0.0, 1.0)?;
    within("rate of the drive (Hz)", drive.rate_hz, 0.0, 1e6)?;
    within("settling time (ms)", drive.settling_ms, 0.0, 1e6)?;
    within("onset of the drive (ms)", drive.onset_ms, 0.0, 1e6)?;
    let period_ms = 1e3 / drive.frequency_hz;
    within("measured time (ms)", drive.measured_ms, period_ms, 1e6)?;
    let reason = "it has run already";
    let mut circuit = circuit.restarted(seed, trial).ok_or(CircuitError::NotReady { reason })?;
    let per_sample = steps_per_ms(circuit.step_ms());
    let sample_ms = f64::from(per_sample) * circuit.step_ms();
    let whole_ms = (drive.measured_ms / period_ms).floor() * period_ms;
    let samples = |ms: f64| (ms / sample_ms).round() as usize;
    let (begin, measure) = (samples(drive.settling_ms), samples(drive.settling_ms + drive.onset_ms));
    let end = measure + samples(whole_ms);
    let felt: Vec<usize> = (0..circuit.groups().len())
        .filter(|&g| drive.reach == DriveReach::All || circuit.groups()[g].cell == CellType::Pyramidal)
        .collect();
    let turn = std::f64::consts::TAU * drive.frequency_hz * 1e-3;
    let (mut spikes, mut field) = (Vec::new(), Vec::new());
    for sample in 0..end {
        if sample % 100 == 0 {
            report(progress, sample as f64 / end as f64)?;
        }
        let t = (sample as f64 - begin as f64 + 0.5) * sample_ms;
        if sample >= begin {
            for &group in &felt {
                circuit.set_external_rate(group, drive.rate_hz * (1.0 + drive.depth * math::sin(turn * t)));
            }
        }
        spikes.clear();
        circuit.advance(per_sample, &mut spikes);
        if sample >= measure {
            field.push((t, circuit.field_na()));
        }
    }
    let mean = field.iter().map(|f| f.1).sum::<f64>() / field.len().max(1) as f64;
    let mut sum = [0.0; 2];
    for (t, x) in &field {
        sum[0] += (x - mean) * math::cos(turn * t);
        sum[1] -= (x - mean) * math::sin(turn * t);
    }
    Ok(sum.map(|x| 2.0 * x / field.len().max(1) as f64))
}

/// What trials have in common.
pub fn following(trials: &[[f64; 2]]) -> Following {
    let count = trials.len().max(1) as f64;
    let (mut mean, mut phase, mut total) = ([0.0; 2], [0.0; 2], 0.0);
    for [re, im] in trials {
        let size = (re * re + im * im).sqrt();
        total += 0.5 * size * size;
        for (k, part) in [re, im].into_iter().enumerate() {
            mean[k] += part / count;
            phase[k] += if size > 0.0 { part / size / count } else { 0.0 };
        }
    }
    Following {
        evoked_power: 0.5 * (mean[0] * mean[0] + mean[1] * mean[1]),
        total_power: total / count,
        phase_locking: (phase[0] * phase[0] + phase[1] * phase[1]).sqrt(),
    }
}
