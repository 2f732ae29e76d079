//! The same network written plainly, in double precision and with noise of its own; tests hold the kernel against it.

use sim::math;
use sim::random::{Stream, stream_id};

use super::kernel::Spike;
use super::parameters::{CellType, CircuitError, Parameters, Scaling};
use super::wiring::{Connectivity, Reach, Wiring};
use crate::lanes::LANES;

/// Conductances of one cell, nS, and its voltage, mV.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    voltage: f64,
    ampa: f64,
    nmda: f64,
    gaba: f64,
}

/// Spikes of `steps` steps from a start anywhere between reset and threshold. Slow: about ten times the kernel.
pub fn simulate(
    parameters: &Parameters,
    scaling: &Scaling,
    connectivity: &Connectivity,
    seed: u64,
    steps: u32,
) -> Result<Vec<Spike>, CircuitError> {
    parameters.check()?;
    scaling.check()?;
    let wiring = Wiring::new(parameters, scaling, connectivity)?;
    let receptors = &parameters.receptors;
    let dt = parameters.step_ms;
    let decay = |tau: f64| math::exp(-dt / tau);
    let half = |tau: f64| math::exp(-0.5 * dt / tau);
    let (ampa_decay, nmda_decay, gaba_decay) =
        (decay(receptors.ampa_ms), decay(receptors.nmda_ms), decay(receptors.gaba_ms));
    let (ampa_half, nmda_half, gaba_half) = (half(receptors.ampa_ms), half(receptors.nmda_ms), half(receptors.gaba_ms));
    let mean = parameters.external_hz * dt * 1e-3;
    let opening = 1.0 - math::exp(-receptors.nmda_opening_per_ms * receptors.nmda_rise_ms);
    let delay = (parameters.delay_ms / dt).round() as usize;
    let groups = &wiring.groups;
    let mut noise = Stream::new(seed, 0, 0, stream_id("external"), 0);
    let mut start = Stream::new(seed, 0, 0, stream_id("start"), 0);
    let mut cells: Vec<Vec<Cell>> = Vec::new();
    for group in groups {
        let membrane = parameters.membrane(group.cell);
        let span = membrane.threshold_mv - membrane.reset_mv;
        let cell = |_| Cell { voltage: membrane.reset_mv + span * start.uniform(), ..Cell::default() };
        cells.push((0..group.size).map(cell).collect());
    }
    let mut free: Vec<Vec<u32>> = groups.iter().map(|g| vec![0; g.size]).collect();
    let mut gates: Vec<Vec<f64>> = groups.iter().map(|g| vec![0.0; g.size]).collect();
    let mut travelling: Vec<Vec<(usize, usize, f64)>> = vec![Vec::new(); delay + 1];
    let mut spikes = Vec::new();
    for step in 0..steps {
        let slot = step as usize % travelling.len();
        for (source, place, opened) in std::mem::take(&mut travelling[slot]) {
            for (g, group) in groups.iter().enumerate() {
                let weight = &wiring.weights[source * groups.len() + g];
                let mut reach = |target: usize, footprint: f64| {
                    let cell = &mut cells[g][target];
                    cell.ampa += weight.ampa;
                    cell.nmda += weight.nmda * opened * footprint;
                    cell.gaba += weight.gaba;
                };
                match &wiring.reach {
                    Reach::Listed { targets, starts } => {
                        let lane = groups[source].block * LANES + place;
                        let at = lane * (groups.len() + 1) + g;
                        for &target in &targets[starts[at] as usize..starts[at + 1] as usize] {
                            reach(target as usize - group.block * LANES, 1.0);
                        }
                    }
                    Reach::Around { footprint } if source == 0 && g == 0 => {
                        for target in 0..group.size {
                            let distance = target.abs_diff(place);
                            reach(target, f64::from(footprint[distance]));
                        }
                    }
                    _ => (0..group.size).for_each(|target| reach(target, 1.0)),
                }
            }
        }
        for (g, group) in groups.iter().enumerate() {
            let membrane = parameters.membrane(group.cell);
            let external = scaling.apply(group.cell, parameters.synapses(group.cell)).external_ns;
            for (place, cell) in cells[g].iter_mut().enumerate() {
                cell.ampa += external * poisson(mean, noise.uniform());
                let slope = |v: f64, along: [f64; 3]| {
                    let blocked = math::exp(-receptors.magnesium_per_mv * v) / receptors.magnesium_half;
                    let excitatory = cell.ampa * along[0] + cell.nmda * along[1] / (1.0 + blocked);
                    let current = membrane.leak_ns * (membrane.rest_mv - v)
                        + excitatory * (receptors.excitatory_mv - v)
                        + cell.gaba * along[2] * (receptors.inhibitory_mv - v);
                    current / (membrane.capacitance_nf * 1e3)
                };
                // The midpoint rule of Runge and Kutta.
                let middle = cell.voltage + 0.5 * dt * slope(cell.voltage, [1.0; 3]);
                let next = cell.voltage + dt * slope(middle, [ampa_half, nmda_half, gaba_half]);
                cell.ampa *= ampa_decay;
                cell.nmda *= nmda_decay;
                cell.gaba *= gaba_decay;
                gates[g][place] *= nmda_decay;
                if step < free[g][place] {
                    cell.voltage = membrane.reset_mv;
                    continue;
                }
                cell.voltage = next;
                if next > membrane.threshold_mv {
                    cell.voltage = membrane.reset_mv;
                    free[g][place] = step + 1 + (membrane.refractory_ms / dt).round() as u32;
                    let opened =
                        if group.cell == CellType::Pyramidal { opening * (1.0 - gates[g][place]) } else { 0.0 };
                    gates[g][place] += opened;
                    travelling[slot].push((g, place, opened));
                    spikes.push(Spike { step, cell: (group.first + place) as u32 });
                }
            }
        }
    }
    Ok(spikes)
}

/// The number of events at a quantile of the Poisson distribution.
fn poisson(mean: f64, quantile: f64) -> f64 {
    let mut mass = math::exp(-mean);
    let (mut below, mut events) = (mass, 0.0);
    while quantile > below && mass > 1e-18 {
        events += 1.0;
        mass *= mean / events;
        below += mass;
    }
    events
}
