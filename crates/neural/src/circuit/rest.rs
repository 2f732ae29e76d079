//! The circuit at rest: what an electrode would see, and who fires how often and how much together.

use std::ops::ControlFlow;

use super::kernel::{Circuit, Spike};
use super::parameters::{CellType, CircuitError, Parameters, Scaling, report, steps_per_ms, within};
use super::wiring::Connectivity;
use crate::spectrum::{Spectrum, welch};

/// How long rest is watched, and what is kept of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    /// Time before anything is recorded, s.
    pub settling_s: f64,
    /// Time recorded, s; at least one segment.
    pub recorded_s: f64,
    /// Samples (about one a millisecond) in a segment of the spectrum, a power of two; any other is raised to one.
    pub segment: usize,
    /// Cells of each kind whose spikes of the last second are kept.
    pub raster_cells: usize,
    /// Width of the bins in which cells count as firing together, ms.
    pub synchrony_bin_ms: f64,
}

/// The circuit at rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Resting {
    /// Mean rates of pyramidal, parvalbumin and somatostatin cells, Hz; 0 of a kind that is missing.
    pub rates_hz: [f64; 3],
    /// Spikes of all pyramidal cells in a second: what releases glutamate.
    pub glutamate_per_s: f64,
    /// Coefficient of variation of pyramidal cells' intervals, mean over cells with at least five.
    pub interval_cv: f64,
    /// Variance over mean of the number of pyramidal spikes in a bin; 1 where cells fire independently.
    pub synchrony: f64,
    /// Mean of the field proxy, nA.
    pub field_na: f64,
    /// Spectrum of the field proxy, nA² per Hz.
    pub spectrum: Spectrum,
    /// Spikes in the last second of the first few cells of each kind.
    pub raster: Vec<Spike>,
    /// Kind and number of each cell in the raster.
    pub raster_cells: Vec<(CellType, u32)>,
    /// Integration step, ms, in which spikes are timed.
    pub step_ms: f64,
}

/// Watches the circuit at rest; `progress` is called about every 100 ms with the share done.
pub fn rest(
    parameters: &Parameters,
    scaling: &Scaling,
    connectivity: &Connectivity,
    protocol: &Rest,
    seed: u64,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Resting, CircuitError> {
    let mut circuit = Circuit::new(parameters, scaling, connectivity, seed, 0)?;
    let per_sample = steps_per_ms(parameters.step_ms);
    let sample_ms = f64::from(per_sample) * parameters.step_ms;
    let samples = |s: f64| (s * 1e3 / sample_ms).round() as usize;
    within("settling time (s)", protocol.settling_s, 0.0, 1e4)?;
    within("recorded time (s)", protocol.recorded_s, 8.0 * sample_ms * 1e-3, 1e4)?;
    within("width of a bin (ms)", protocol.synchrony_bin_ms, parameters.step_ms, 1e3)?;
    let (settling, recorded) = (samples(protocol.settling_s), samples(protocol.recorded_s));
    within("samples in a segment of the spectrum", protocol.segment as f64, 8.0, recorded as f64)?;
    let segment = protocol.segment.next_power_of_two().min(1 << recorded.ilog2());
    let groups = circuit.groups().to_vec();
    let kind = |cell: CellType| match cell {
        CellType::Pyramidal => 0,
        CellType::Parvalbumin => 1,
        CellType::Somatostatin => 2,
    };
    let kind_of: Vec<usize> = groups.iter().flat_map(|g| std::iter::repeat_n(kind(g.cell), g.size)).collect();
    let mut raster_cells = Vec::new();
    for group in &groups {
        let shown = group.size.min(protocol.raster_cells);
        raster_cells.extend((group.first..group.first + shown).map(|cell| (group.cell, cell as u32)));
    }
    let mut field = Vec::with_capacity(recorded);
    let (mut spikes, mut raster) = (Vec::new(), Vec::new());
    let mut counts = [0.0; 3];
    let start = (settling as u32) * per_sample;
    let last_second = start + (recorded as u32 * per_sample).saturating_sub((1e3 / parameters.step_ms) as u32);
    let mut intervals = vec![Intervals::default(); parameters.pyramidal];
    let bin_steps = (protocol.synchrony_bin_ms / parameters.step_ms).round() as u32;
    let mut bins = vec![0.0; (recorded as u32 * per_sample / bin_steps) as usize];
    for sample in 0..settling + recorded {
        if sample % 100 == 0 {
            report(progress, sample as f64 / (settling + recorded) as f64)?;
        }
        spikes.clear();
        circuit.advance(per_sample, &mut spikes);
        if sample < settling {
            continue;
        }
        field.push(circuit.field_na());
        for spike in &spikes {
            counts[kind_of[spike.cell as usize]] += 1.0;
            if let Some(cell) = intervals.get_mut(spike.cell as usize) {
                cell.add(spike.step);
                if let Some(bin) = bins.get_mut(((spike.step - start) / bin_steps) as usize) {
                    *bin += 1.0;
                }
            }
            if spike.step >= last_second && raster_cells.iter().any(|&(_, cell)| cell == spike.cell) {
                raster.push(*spike);
            }
        }
    }
    let seconds = recorded as f64 * sample_ms * 1e-3;
    let sizes = [0, 1, 2].map(|k| kind_of.iter().filter(|&&of| of == k).count() as f64);
    let spectrum = welch(&field, 1e3 / sample_ms, segment).map_err(|_| CircuitError::OutOfRange {
        name: "samples in a segment of the spectrum",
        value: protocol.segment as f64,
        low: 8.0,
        high: recorded as f64,
    })?;
    Ok(Resting {
        rates_hz: [0, 1, 2].map(|k| counts[k] / sizes[k].max(1.0) / seconds),
        glutamate_per_s: counts[0] / seconds,
        interval_cv: mean(intervals.iter().filter_map(Intervals::variation)),
        synchrony: dispersion(&bins),
        field_na: mean(field.iter().copied()),
        spectrum,
        raster,
        raster_cells,
        step_ms: parameters.step_ms,
    })
}

pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), x| (sum + x, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

/// Variance over mean.
fn dispersion(counts: &[f64]) -> f64 {
    let centre = mean(counts.iter().copied());
    let variance = mean(counts.iter().map(|x| (x - centre) * (x - centre)));
    if centre > 0.0 { variance / centre } else { 0.0 }
}

/// Running sums of a cell's intervals, in steps.
#[derive(Clone, Copy, Debug, Default)]
struct Intervals {
    last: Option<u32>,
    count: f64,
    sum: f64,
    squares: f64,
}

impl Intervals {
    fn add(&mut self, step: u32) {
        if let Some(last) = self.last {
            let interval = f64::from(step - last);
            self.count += 1.0;
            self.sum += interval;
            self.squares += interval * interval;
        }
        self.last = Some(step);
    }

    fn variation(&self) -> Option<f64> {
        if self.count < 5.0 {
            return None;
        }
        let mean = self.sum / self.count;
        Some((self.squares / self.count - mean * mean).max(0.0).sqrt() / mean)
    }
}
