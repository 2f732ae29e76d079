//! Cells, receptors and synapses of a circuit, and how a run scales them.

use std::fmt;
use std::ops::ControlFlow;

/// The kinds of cells in a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellType {
    /// Excitatory.
    Pyramidal,
    /// Inhibitory, onto cell bodies.
    Parvalbumin,
    /// Inhibitory, onto dendrites.
    Somatostatin,
}

/// Whom each kind of interneuron inhibits. Each cell is inhibited as much in total either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motif {
    /// Both kinds inhibit every cell, as the one kind of the published circuit does; a run tells them apart by what it
    /// scales.
    Alike,
    /// Parvalbumin cells inhibit every cell, somatostatin cells pyramidal cells alone.
    ///
    /// Their inhibition of parvalbumin cells is left out: as they do not inhibit each other, the two kinds would
    /// compete until one is silent. Source: Pfeffer, Xue, He, Huang & Scanziani 2013, Nat Neurosci 16:1068 (no
    /// inhibition among somatostatin cells).
    Dendritic,
}

/// A cell's membrane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Membrane {
    /// Capacitance, nF; above 0.
    pub capacitance_nf: f64,
    /// Leak conductance, nS; above 0.
    pub leak_ns: f64,
    /// Reversal of the leak, mV.
    pub rest_mv: f64,
    /// Voltage at which it fires, mV; above rest and reset.
    pub threshold_mv: f64,
    /// Voltage after a spike, mV.
    pub reset_mv: f64,
    /// Time held at the reset after a spike, ms; 0 or more.
    pub refractory_ms: f64,
}

/// Kinetics that all cells' receptors share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Receptors {
    /// Decay of AMPA, ms.
    pub ampa_ms: f64,
    /// Decay of GABA, ms.
    pub gaba_ms: f64,
    /// Decay of NMDA, ms.
    pub nmda_ms: f64,
    /// Time constant of the transmitter that opens NMDA gates, ms.
    pub nmda_rise_ms: f64,
    /// Rate at which the transmitter opens NMDA gates, per ms. A spike closes the share `exp(-rate x rise)` of the way
    /// to saturation; the rise itself is taken as sudden.
    ///
    /// Source: Brunel & Wang 2001; the sudden jump is their integral over a rise short beside the decay.
    pub nmda_opening_per_ms: f64,
    /// Reversal of AMPA and NMDA, mV.
    pub excitatory_mv: f64,
    /// Reversal of GABA, mV.
    pub inhibitory_mv: f64,
    /// Slope of the magnesium block, per mV.
    pub magnesium_per_mv: f64,
    /// Divisor of the magnesium block: the half-blocking concentration over the concentration there is.
    pub magnesium_half: f64,
}

/// Peak conductances of single synapses onto one kind of cell, nS; all 0 or more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conductances {
    /// External AMPA synapse.
    pub external_ns: f64,
    /// Recurrent AMPA synapse.
    pub ampa_ns: f64,
    /// Recurrent NMDA synapse.
    pub nmda_ns: f64,
    /// Inhibitory synapse.
    pub gaba_ns: f64,
}

/// A circuit without its wiring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// Pyramidal cells.
    pub pyramidal: usize,
    /// Interneurons of both kinds.
    pub interneurons: usize,
    /// Share of the interneurons that are somatostatin cells, 0 to 1.
    pub somatostatin_share: f64,
    /// Whom each kind of interneuron inhibits.
    pub motif: Motif,
    /// Membrane of pyramidal cells.
    pub pyramidal_membrane: Membrane,
    /// Membrane of interneurons.
    pub interneuron_membrane: Membrane,
    /// Receptor kinetics.
    pub receptors: Receptors,
    /// Synapses onto pyramidal cells.
    pub onto_pyramidal: Conductances,
    /// Synapses onto interneurons.
    pub onto_interneurons: Conductances,
    /// Rate of external events at each cell, Hz.
    pub external_hz: f64,
    /// From a spike to its effect, ms.
    pub delay_ms: f64,
    /// Integration step, ms.
    pub step_ms: f64,
}

/// What a run multiplies the circuit's conductances by; 1 leaves them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    /// NMDA onto pyramidal cells.
    pub nmda_pyramidal: f64,
    /// NMDA onto parvalbumin cells.
    pub nmda_parvalbumin: f64,
    /// NMDA onto somatostatin cells.
    pub nmda_somatostatin: f64,
    /// Recurrent AMPA onto pyramidal cells.
    pub ampa_pyramidal: f64,
    /// Recurrent AMPA onto interneurons.
    pub ampa_interneurons: f64,
    /// GABA onto every cell.
    pub gaba: f64,
    /// External conductance onto every cell.
    pub external: f64,
}

impl Scaling {
    /// The circuit as it is.
    pub const NONE: Scaling = Scaling {
        nmda_pyramidal: 1.0,
        nmda_parvalbumin: 1.0,
        nmda_somatostatin: 1.0,
        ampa_pyramidal: 1.0,
        ampa_interneurons: 1.0,
        gaba: 1.0,
        external: 1.0,
    };

    /// NMDA scaled on pyramidal cells and, alike, on both kinds of interneurons.
    pub fn nmda(pyramidal: f64, interneurons: f64) -> Scaling {
        Scaling {
            nmda_pyramidal: pyramidal,
            nmda_parvalbumin: interneurons,
            nmda_somatostatin: interneurons,
            ..Scaling::NONE
        }
    }

    /// The conductances onto a kind of cell as this run has them.
    pub fn apply(&self, cell: CellType, synapses: &Conductances) -> Conductances {
        let (nmda, ampa) = match cell {
            CellType::Pyramidal => (self.nmda_pyramidal, self.ampa_pyramidal),
            CellType::Parvalbumin => (self.nmda_parvalbumin, self.ampa_interneurons),
            CellType::Somatostatin => (self.nmda_somatostatin, self.ampa_interneurons),
        };
        Conductances {
            external_ns: synapses.external_ns * self.external,
            ampa_ns: synapses.ampa_ns * ampa,
            nmda_ns: synapses.nmda_ns * nmda,
            gaba_ns: synapses.gaba_ns * self.gaba,
        }
    }
}

/// Why a circuit cannot be built or a probe cannot run.
#[derive(Clone, Debug, PartialEq)]
pub enum CircuitError {
    /// A number is outside its range.
    OutOfRange {
        /// Which number.
        name: &'static str,
        /// What it was.
        value: f64,
        /// Its least value.
        low: f64,
        /// Its largest value.
        high: f64,
    },
    /// Fewer cells than each of them should be reached by.
    TooFewCells {
        /// Cells a synapse can come from.
        cells: usize,
        /// Synapses each cell should have from them.
        synapses: usize,
    },
    /// A trial was asked of a network that has run already, or lacks the pools or the ring it needs.
    NotReady {
        /// What is missing.
        reason: &'static str,
    },
    /// The caller asked to stop.
    Cancelled,
}

impl fmt::Display for CircuitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CircuitError::OutOfRange { name, value, low, high } => {
                write!(f, "{name} is {value}, which is outside {low} to {high}: choose a value in this range")
            }
            CircuitError::TooFewCells { cells, synapses } => write!(
                f,
                "each cell should have {synapses} synapses from different cells, but there are {cells} such cells: \
                 lower the in-degree or raise the number of cells"
            ),
            CircuitError::NotReady { reason } => {
                write!(f, "this network cannot run the trial: {reason}; build one for it with Circuit::new")
            }
            CircuitError::Cancelled => write!(f, "stopped at the caller's request"),
        }
    }
}

impl std::error::Error for CircuitError {}

/// Holds a number to its range.
pub(crate) fn within(name: &'static str, value: f64, low: f64, high: f64) -> Result<(), CircuitError> {
    if value >= low && value <= high { Ok(()) } else { Err(CircuitError::OutOfRange { name, value, low, high }) }
}

/// Steps in about a millisecond.
pub(crate) fn steps_per_ms(step_ms: f64) -> u32 {
    (1.0 / step_ms).round().max(1.0) as u32
}

/// Tells how much is done, and stops if the caller wants it.
pub(crate) fn report(progress: &mut dyn FnMut(f64) -> ControlFlow<()>, done: f64) -> Result<(), CircuitError> {
    if progress(done).is_break() { Err(CircuitError::Cancelled) } else { Ok(()) }
}

impl Parameters {
    /// Somatostatin cells in the circuit.
    pub fn somatostatin(&self) -> usize {
        (self.interneurons as f64 * self.somatostatin_share).round() as usize
    }

    /// Share of the inhibition of a kind of cell that comes from somatostatin cells.
    pub fn inhibition_from_somatostatin(&self, target: CellType) -> f64 {
        let share = self.somatostatin() as f64 / self.interneurons as f64;
        if self.motif == Motif::Alike || target == CellType::Pyramidal { share } else { 0.0 }
    }

    /// The membrane of a kind of cell.
    pub fn membrane(&self, cell: CellType) -> &Membrane {
        if cell == CellType::Pyramidal { &self.pyramidal_membrane } else { &self.interneuron_membrane }
    }

    /// The synapses onto a kind of cell.
    pub fn synapses(&self, cell: CellType) -> &Conductances {
        if cell == CellType::Pyramidal { &self.onto_pyramidal } else { &self.onto_interneurons }
    }

    /// Holds every number to the range in which the kernel stays finite.
    pub fn check(&self) -> Result<(), CircuitError> {
        within("number of pyramidal cells", self.pyramidal as f64, 8.0, 40_000.0)?;
        within("number of interneurons", self.interneurons as f64, 8.0, 20_000.0)?;
        within("share of somatostatin cells", self.somatostatin_share, 0.0, 0.9)?;
        for membrane in [&self.pyramidal_membrane, &self.interneuron_membrane] {
            within("membrane capacitance (nF)", membrane.capacitance_nf, 0.01, 10.0)?;
            within("leak conductance (nS)", membrane.leak_ns, 0.1, 1_000.0)?;
            within("resting voltage (mV)", membrane.rest_mv, -120.0, 0.0)?;
            within("threshold (mV)", membrane.threshold_mv, -100.0, 0.0)?;
            within("reset (mV)", membrane.reset_mv, -120.0, membrane.threshold_mv - 0.1)?;
            within("refractory time (ms)", membrane.refractory_ms, 0.0, 100.0)?;
        }
        let receptors = &self.receptors;
        within("decay of AMPA (ms)", receptors.ampa_ms, 0.2, 1_000.0)?;
        within("decay of GABA (ms)", receptors.gaba_ms, 0.2, 1_000.0)?;
        within("decay of NMDA (ms)", receptors.nmda_ms, 1.0, 10_000.0)?;
        within("rise of NMDA (ms)", receptors.nmda_rise_ms, 0.0, 100.0)?;
        within("opening rate of NMDA (per ms)", receptors.nmda_opening_per_ms, 0.0, 100.0)?;
        within("excitatory reversal (mV)", receptors.excitatory_mv, -40.0, 100.0)?;
        within("inhibitory reversal (mV)", receptors.inhibitory_mv, -120.0, -40.0)?;
        within("slope of the magnesium block (per mV)", receptors.magnesium_per_mv, 0.0, 0.5)?;
        within("divisor of the magnesium block", receptors.magnesium_half, 0.01, 1e6)?;
        for synapses in [&self.onto_pyramidal, &self.onto_interneurons] {
            within("external conductance (nS)", synapses.external_ns, 0.0, 1_000.0)?;
            within("AMPA conductance (nS)", synapses.ampa_ns, 0.0, 1_000.0)?;
            within("NMDA conductance (nS)", synapses.nmda_ns, 0.0, 1_000.0)?;
            within("GABA conductance (nS)", synapses.gaba_ns, 0.0, 1_000.0)?;
        }
        within("delay (ms)", self.delay_ms, 0.0, 100.0)?;
        within("integration step (ms)", self.step_ms, 0.005, 0.5)?;
        within("external events per step", self.external_hz * self.step_ms * 1e-3, 0.0, MOST_EVENTS_PER_STEP)
    }
}

/// External events a step may bring on average; beyond it the table of their distribution grows too long.
pub(crate) const MOST_EVENTS_PER_STEP: f64 = 4.0;

impl Scaling {
    /// Holds each factor between 0 and 10.
    pub fn check(&self) -> Result<(), CircuitError> {
        within("factor of NMDA on pyramidal cells", self.nmda_pyramidal, 0.0, 10.0)?;
        within("factor of NMDA on parvalbumin cells", self.nmda_parvalbumin, 0.0, 10.0)?;
        within("factor of NMDA on somatostatin cells", self.nmda_somatostatin, 0.0, 10.0)?;
        within("factor of AMPA on pyramidal cells", self.ampa_pyramidal, 0.0, 10.0)?;
        within("factor of AMPA on interneurons", self.ampa_interneurons, 0.0, 10.0)?;
        within("factor of GABA", self.gaba, 0.0, 10.0)?;
        within("factor of the external input", self.external, 0.0, 10.0)
    }
}
