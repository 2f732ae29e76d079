//! The network in eight lanes: every step moves all voltages, and spikes reach their targets one by one in a fixed
//! order, so a run gives the same bytes on any processor.

use std::collections::VecDeque;

use sim::math;

use super::parameters::{CellType, CircuitError, MOST_EVENTS_PER_STEP, Parameters, Scaling, within};
use super::wiring::{Connectivity, Group, Reach, Weights, Wiring};
use crate::lanes::{Kernel, LANES, Lanes, Words, dispatch, plain, words};

/// One spike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spike {
    /// Step at whose end the cell fired, from 0.
    pub step: u32,
    /// Number of the cell: pyramidal cells first, then parvalbumin, then somatostatin cells.
    pub cell: u32,
}

/// Purposes of random words, the last word of the counter.
const EXTERNAL: u32 = 0;
const START: u32 = 1;

/// Entries in the table of a Poisson distribution: enough for [`MOST_EVENTS_PER_STEP`] to one in 65,536.
const TABLE: usize = 16;

/// A network and its state.
#[derive(Clone, Debug)]
pub struct Circuit {
    wiring: Wiring,
    constants: Vec<Constants>,
    jumps: Vec<Jump>,
    decay: Decay,
    voltage: Vec<f32>,
    ampa: Vec<f32>,
    nmda: Vec<f32>,
    gaba: Vec<f32>,
    current: Vec<f32>,
    shared: Vec<Jump>,
    /// How far each cell's NMDA gates were open at its last spike, and the step of that.
    gate: Vec<(f64, u32)>,
    nmda_jump: f64,
    nmda_ms: f64,
    /// Spikes on their way, by step modulo its length: lane, group and how far the NMDA gate opened.
    travelling: Vec<Vec<(u32, u32, f32)>>,
    /// First step at whose end each cell may fire again.
    free: Vec<u32>,
    /// Cells held at the reset, pyramidal cells and interneurons apart, with the step that frees them.
    held: [VecDeque<(u32, u32)>; 2],
    resets: [f32; 2],
    step_ms: f64,
    step: u32,
    key: [u32; 2],
    trial: u32,
}

/// What the cells of a group share.
#[derive(Clone, Debug)]
struct Constants {
    group: Group,
    /// 0 for pyramidal cells, 1 for interneurons.
    membrane: usize,
    /// Capacitance per step, nS.
    capacitance: f32,
    leak: f32,
    leak_current: f32,
    threshold: f32,
    reset: f32,
    refractory_steps: u32,
    external: f32,
    /// Counts of 65,536 above which a step brings one more event.
    table: [i32; TABLE],
    entries: usize,
}

/// Conductances, nS, as they stand in the middle of the coming step.
#[derive(Clone, Copy, Debug, Default)]
struct Jump {
    ampa: f32,
    nmda: f32,
    gaba: f32,
}

#[derive(Clone, Debug)]
struct Decay {
    ampa: f32,
    nmda: f32,
    gaba: f32,
    excitatory: f32,
    inhibitory: f32,
    magnesium_slope: f32,
    magnesium: f32,
}

impl Circuit {
    /// Builds a network; `seed` and `trial` are those of its noise. Voltages begin anywhere between reset and threshold.
    pub fn new(
        parameters: &Parameters,
        scaling: &Scaling,
        connectivity: &Connectivity,
        seed: u64,
        trial: u32,
    ) -> Result<Circuit, CircuitError> {
        parameters.check()?;
        scaling.check()?;
        let wiring = Wiring::new(parameters, scaling, connectivity)?;
        let receptors = &parameters.receptors;
        let dt = parameters.step_ms;
        // Conductances are kept as they are half a step on, where the step's mean voltage needs them.
        let half = |tau: f64| math::exp(-0.5 * dt / tau);
        let jump = |w: &Weights| Jump {
            ampa: (w.ampa * half(receptors.ampa_ms)) as f32,
            nmda: (w.nmda * half(receptors.nmda_ms)) as f32,
            gaba: (w.gaba * half(receptors.gaba_ms)) as f32,
        };
        let jumps = wiring.weights.iter().map(jump).collect();
        let mut constants = Vec::new();
        for group in &wiring.groups {
            let membrane = parameters.membrane(group.cell);
            let synapses = scaling.apply(group.cell, parameters.synapses(group.cell));
            let (table, entries) = poisson_table(parameters.external_hz * dt * 1e-3);
            constants.push(Constants {
                group: group.clone(),
                membrane: usize::from(group.cell != CellType::Pyramidal),
                capacitance: (membrane.capacitance_nf * 1e3 / dt) as f32,
                leak: membrane.leak_ns as f32,
                leak_current: (membrane.leak_ns * membrane.rest_mv) as f32,
                threshold: membrane.threshold_mv as f32,
                reset: membrane.reset_mv as f32,
                refractory_steps: (membrane.refractory_ms / dt).round() as u32,
                external: (synapses.external_ns * half(receptors.ampa_ms)) as f32,
                table,
                entries,
            });
        }
        let blocks = wiring.groups.last().map_or(0, |g| g.block + g.blocks());
        let delay_steps = (parameters.delay_ms / dt).round() as usize;
        let full = |tau: f64| math::exp(-dt / tau) as f32;
        let mut circuit = Circuit {
            jumps,
            decay: Decay {
                ampa: full(receptors.ampa_ms),
                nmda: full(receptors.nmda_ms),
                gaba: full(receptors.gaba_ms),
                excitatory: receptors.excitatory_mv as f32,
                inhibitory: receptors.inhibitory_mv as f32,
                magnesium_slope: -receptors.magnesium_per_mv as f32,
                magnesium: (1.0 / receptors.magnesium_half) as f32,
            },
            voltage: vec![0.0; blocks * LANES],
            ampa: vec![0.0; blocks * LANES],
            nmda: vec![0.0; blocks * LANES],
            gaba: vec![0.0; blocks * LANES],
            current: vec![0.0; blocks * LANES],
            shared: vec![Jump::default(); wiring.groups.len()],
            gate: vec![(0.0, 0); blocks * LANES],
            nmda_jump: -math::expm1(-receptors.nmda_opening_per_ms * receptors.nmda_rise_ms),
            nmda_ms: receptors.nmda_ms,
            travelling: vec![Vec::new(); delay_steps + 1],
            free: vec![0; blocks * LANES],
            held: [VecDeque::new(), VecDeque::new()],
            resets: [parameters.pyramidal_membrane.reset_mv as f32, parameters.interneuron_membrane.reset_mv as f32],
            step_ms: dt,
            step: 0,
            key: [seed as u32, (seed >> 32) as u32],
            trial,
            constants,
            wiring,
        };
        circuit.scatter();
        Ok(circuit)
    }

    /// The same network at its start with other noise; of a network that has not run, so that nothing of a run is left.
    /// None if it has.
    pub fn restarted(&self, seed: u64, trial: u32) -> Option<Circuit> {
        if self.step != 0 {
            return None;
        }
        let mut circuit = Circuit { key: [seed as u32, (seed >> 32) as u32], trial, ..self.clone() };
        circuit.scatter();
        Some(circuit)
    }

    fn scatter(&mut self) {
        for cells in &self.constants {
            for block in cells.group.block..cells.group.block + cells.group.blocks() {
                let [random, ..] = words([(block * LANES) as u32, 0, self.trial, START], self.key);
                let share = Lanes::from_fn(|i| (random.0[i] >> 8) as f32 * (1.0 / 16_777_216.0));
                let voltage = share * (cells.threshold - cells.reset) + Lanes::splat(cells.reset);
                self.voltage[block * LANES..(block + 1) * LANES].copy_from_slice(&voltage.0);
            }
        }
    }

    /// Groups of like cells: pyramidal pools first, then parvalbumin and somatostatin cells.
    pub fn groups(&self) -> &[Group] {
        &self.wiring.groups
    }

    /// Integration step, ms.
    pub fn step_ms(&self) -> f64 {
        self.step_ms
    }

    /// Steps taken.
    pub fn step(&self) -> u32 {
        self.step
    }

    /// Sets the rate of external events at each cell of a group, Hz; kept between 0 and four events a step. Nothing
    /// happens where there is no such group.
    pub fn set_external_rate(&mut self, group: usize, rate_hz: f64) {
        let mean = (rate_hz * self.step_ms * 1e-3).clamp(0.0, MOST_EVENTS_PER_STEP);
        if let Some(cells) = self.constants.get_mut(group) {
            (cells.table, cells.entries) = poisson_table(if mean.is_nan() { 0.0 } else { mean });
        }
    }

    /// Sets the current into each cell of a group, pA from -1e5 to 1e5, by its place in the group.
    pub fn set_current(&mut self, group: usize, current_pa: impl Fn(usize) -> f64) -> Result<(), CircuitError> {
        let Some(group) = self.wiring.groups.get(group) else {
            return Err(CircuitError::NotReady { reason: "it has no such group of cells" });
        };
        for i in 0..group.size {
            let current = current_pa(i);
            within("current into a cell (pA)", current, -1e5, 1e5)?;
            self.current[group.block * LANES + i] = current as f32;
        }
        Ok(())
    }

    /// Runs `steps` steps and adds the spikes to `spikes`, in the order of step and cell.
    pub fn advance(&mut self, steps: u32, spikes: &mut Vec<Spike>) {
        dispatch(Advance { circuit: self, steps, spikes });
    }

    /// [`Circuit::advance`] with the instructions every processor of this kind has; for tests that hold one against the
    /// other.
    pub fn advance_plain(&mut self, steps: u32, spikes: &mut Vec<Spike>) {
        plain(Advance { circuit: self, steps, spikes });
    }

    /// Mean over pyramidal cells of `|I_AMPA| + |I_GABA|`, nA: a proxy of the local field potential.
    ///
    /// Source: Mazzoni, Panzeri, Logothetis & Brunel 2008, PLoS Comput Biol 4:e1000239.
    pub fn field_na(&self) -> f64 {
        let (mut sum, mut cells) = (0.0, 0);
        for (group, shared) in self.wiring.groups.iter().zip(&self.shared) {
            if group.cell != CellType::Pyramidal {
                continue;
            }
            for lane in group.block * LANES..group.block * LANES + group.size {
                let v = self.voltage[lane];
                let ampa = (self.ampa[lane] + shared.ampa) * (v - self.decay.excitatory);
                let gaba = (self.gaba[lane] + shared.gaba) * (v - self.decay.inhibitory);
                sum += f64::from(ampa.abs()) + f64::from(gaba.abs());
            }
            cells += group.size;
        }
        sum * 1e-3 / cells.max(1) as f64
    }
}

/// Counts of 65,536 that stand for the chance of at least one, two, ... events, rounded so that their sum, the mean,
/// is right to half a count.
fn poisson_table(mean: f64) -> ([i32; TABLE], usize) {
    const ALL: f64 = 65_536.0;
    let mut table = [0; TABLE];
    let mut mass = math::exp(-mean);
    let (mut above, mut exact, mut rounded) = (1.0 - mass, 0.0, 0.0);
    let mut entries = 0;
    for (k, entry) in table.iter_mut().enumerate() {
        exact += above * ALL;
        let count = (exact - rounded).round().clamp(0.0, ALL);
        rounded += count;
        *entry = count as i32;
        if count > 0.0 {
            entries = k + 1;
        }
        mass *= mean / (k + 1) as f64;
        above = (above - mass).max(0.0);
    }
    (table, entries)
}

/// Cells that one call of [`words`] serves, with half a word each.
const STRETCH: usize = 8 * LANES;

impl Constants {
    /// Adds the external events of this step to a stretch of cells.
    #[inline(always)]
    fn excite(&self, random: &[Words; 4], ampa: &mut [f32]) {
        let table = &self.table[..self.entries];
        for (k, own) in ampa.chunks_exact_mut(LANES).enumerate() {
            let (word, shift) = (&random[k % 4], if k < 4 { 0 } else { 16 });
            let half: [i32; LANES] = std::array::from_fn(|i| ((word.0[i] >> shift) & 0xFFFF) as i32);
            let mut events = [0_i32; LANES];
            for &count in table {
                // Wrapping, as a check for overflow would keep the loop scalar.
                events = std::array::from_fn(|i| events[i].wrapping_add(i32::from(half[i] < count)));
            }
            for i in 0..LANES {
                own[i] += events[i] as f32 * self.external;
            }
        }
    }

    /// Moves a stretch of cells by a step and counts those beyond the threshold.
    #[inline(always)]
    fn integrate(
        &self,
        decay: &Decay,
        shared: &Jump,
        current: &[f32],
        voltage: &mut [f32],
        [ampa, nmda, gaba]: [&mut [f32]; 3],
    ) -> u32 {
        let count = voltage.len();
        let (current, ampa, nmda, gaba) =
            (&current[..count], &mut ampa[..count], &mut nmda[..count], &mut gaba[..count]);
        let mut crossed = 0_u32;
        for i in 0..count {
            let v = voltage[i];
            // The other lanes of the exponential are never computed.
            let blocked = Lanes::splat(v * decay.magnesium_slope).exp()[0] * decay.magnesium;
            let excitatory = ampa[i] + shared.ampa + (nmda[i] + shared.nmda) / (1.0 + blocked);
            let inhibitory = gaba[i] + shared.gaba;
            let total = (self.leak + excitatory + inhibitory) * 0.5;
            let drive =
                excitatory * decay.excitatory + inhibitory * decay.inhibitory + (self.leak_current + current[i]);
            let next = ((self.capacitance - total) * v + drive) / (self.capacitance + total);
            crossed = u32::wrapping_add(crossed, u32::from(next > self.threshold));
            voltage[i] = next;
            ampa[i] *= decay.ampa;
            nmda[i] *= decay.nmda;
            gaba[i] *= decay.gaba;
        }
        crossed
    }
}

struct Advance<'a> {
    circuit: &'a mut Circuit,
    steps: u32,
    spikes: &'a mut Vec<Spike>,
}

impl Kernel for Advance<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for _ in 0..self.steps {
            self.circuit.deliver();
            self.circuit.integrate(self.spikes);
            self.circuit.hold();
            self.circuit.step = self.circuit.step.wrapping_add(1);
        }
    }
}

impl Circuit {
    /// Lets the spikes that are due change the conductances of their targets.
    #[inline(always)]
    fn deliver(&mut self) {
        let slot = self.step as usize % self.travelling.len();
        let due = std::mem::take(&mut self.travelling[slot]);
        let groups = self.wiring.groups.len();
        for &(lane, group, opened) in &due {
            let jumps = &self.jumps[group as usize * groups..(group as usize + 1) * groups];
            match &self.wiring.reach {
                Reach::Listed { targets, starts } => {
                    let starts = &starts[lane as usize * (groups + 1)..][..groups + 1];
                    for (g, jump) in jumps.iter().enumerate() {
                        let targets = &targets[starts[g] as usize..starts[g + 1] as usize];
                        if self.constants[group as usize].group.cell == CellType::Pyramidal {
                            let nmda = jump.nmda * opened;
                            for &target in targets {
                                self.ampa[target as usize] += jump.ampa;
                                self.nmda[target as usize] += nmda;
                            }
                        } else {
                            for &target in targets {
                                self.gaba[target as usize] += jump.gaba;
                            }
                        }
                    }
                }
                Reach::All => {
                    for (shared, jump) in self.shared.iter_mut().zip(jumps) {
                        shared.ampa += jump.ampa;
                        shared.nmda += jump.nmda * opened;
                        shared.gaba += jump.gaba;
                    }
                }
                Reach::Around { footprint } => {
                    for (shared, jump) in self.shared.iter_mut().zip(jumps) {
                        shared.ampa += jump.ampa;
                        shared.gaba += jump.gaba;
                    }
                    if group == 0 {
                        for (shared, jump) in self.shared.iter_mut().zip(jumps).skip(1) {
                            shared.nmda += jump.nmda * opened;
                        }
                        let cells = footprint.len() / 2;
                        let nmda = jumps[0].nmda * opened;
                        let seen = &footprint[cells - lane as usize..][..cells];
                        for (own, weight) in self.nmda.iter_mut().zip(seen) {
                            *own += nmda * weight;
                        }
                    }
                }
            }
        }
        self.travelling[slot] = due;
        self.travelling[slot].clear();
    }

    /// Moves every voltage by one step, by the trapezoidal rule with conductances in the middle of the step.
    #[inline(always)]
    fn integrate(&mut self, spikes: &mut Vec<Spike>) {
        let slot = self.step as usize % self.travelling.len();
        let decay = self.decay.clone();
        for (g, cells) in self.constants.iter().enumerate() {
            let (first, end) = (cells.group.block * LANES, (cells.group.block + cells.group.blocks()) * LANES);
            for start in (first..end).step_by(STRETCH) {
                let stretch = start..end.min(start + STRETCH);
                let random = words([start as u32, self.step, self.trial, EXTERNAL], self.key);
                cells.excite(&random, &mut self.ampa[stretch.clone()]);
                let crossed = cells.integrate(
                    &decay,
                    &self.shared[g],
                    &self.current[stretch.clone()],
                    &mut self.voltage[stretch.clone()],
                    [&mut self.ampa[stretch.clone()], &mut self.nmda[stretch.clone()], &mut self.gaba[stretch.clone()]],
                );
                if crossed == 0 {
                    continue;
                }
                for lane in stretch {
                    if self.voltage[lane] <= cells.threshold {
                        continue;
                    }
                    self.voltage[lane] = cells.reset;
                    let place = lane - first;
                    if place >= cells.group.size || self.step < self.free[lane] {
                        continue;
                    }
                    self.free[lane] = self.step + 1 + cells.refractory_steps;
                    self.held[cells.membrane].push_back((self.free[lane], lane as u32));
                    let mut opened = 0.0;
                    if cells.group.cell == CellType::Pyramidal {
                        // A gate closes by itself; the spike opens a share of what is closed.
                        let (open, since) = self.gate[lane];
                        let elapsed = f64::from(self.step.wrapping_sub(since)) * self.step_ms;
                        let open = open * math::exp(-elapsed / self.nmda_ms);
                        let jump = self.nmda_jump * (1.0 - open);
                        self.gate[lane] = (open + jump, self.step);
                        opened = jump as f32;
                    }
                    self.travelling[slot].push((lane as u32, g as u32, opened));
                    spikes.push(Spike { step: self.step, cell: (cells.group.first + place) as u32 });
                }
            }
            let shared = &mut self.shared[g];
            shared.ampa *= decay.ampa;
            shared.nmda *= decay.nmda;
            shared.gaba *= decay.gaba;
        }
    }

    /// Keeps cells that fired a short while ago at their reset.
    #[inline(always)]
    fn hold(&mut self) {
        for (held, reset) in self.held.iter_mut().zip(self.resets) {
            while held.front().is_some_and(|&(free, _)| free <= self.step) {
                held.pop_front();
            }
            for &(_, lane) in held.iter() {
                self.voltage[lane as usize] = reset;
            }
        }
    }
}
