//! The numbers of the fast circuits, from the ledger into the structures of `neural`.

use crate::atlas::Atlas;
use model::diagnostic::Diagnostic;
use model::ledger::Row;
use model::unit::Unit;
use neural::brain::{Gain, Hemodynamics, Pools};
use neural::circuit::{Conductances, Connectivity, Membrane, Motif, Parameters, Receptors};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Rows of the ledger that probes use directly, taken as they are found; what is missing is remembered.
pub struct Rows<'a> {
    atlas: &'a Atlas,
    taken: RefCell<Vec<&'a Row>>,
    missing: RefCell<Vec<Diagnostic>>,
}

impl<'a> Rows<'a> {
    /// Nothing taken yet.
    pub fn new(atlas: &'a Atlas) -> Rows<'a> {
        Rows { atlas, taken: RefCell::default(), missing: RefCell::default() }
    }

    /// The default row of an id in a unit; 1 where it is missing, after noting so.
    pub fn get(&self, id: &str, unit: &str) -> f64 {
        let row = self.atlas.library.ledger.select(id, &BTreeSet::new()).ok().flatten();
        let unit = Unit::parse(unit).ok();
        let (Some(row), Some(unit)) = (row, unit) else {
            let message = format!("the ledger has no default row for `{id}`, which a probe needs");
            let hint = "restore it in evidence/parameters/neural.csv";
            self.missing.borrow_mut().push(Diagnostic::error_nowhere("RS6902", message, hint));
            return 1.0;
        };
        self.taken.borrow_mut().push(row);
        unit.from_coherent(row.coherent())
    }

    /// A row that counts something, rounded.
    pub fn count(&self, id: &str) -> usize {
        self.get(id, "1").round().max(0.0) as usize
    }

    /// The rows that were used, or all that were missing.
    pub fn finish(self) -> Result<Vec<&'a Row>, Vec<Diagnostic>> {
        let missing = self.missing.into_inner();
        if missing.is_empty() { Ok(self.taken.into_inner()) } else { Err(missing) }
    }
}

/// Constants of the mean field of a region.
pub fn pools(r: &Rows<'_>) -> Pools {
    let gain = |end: &str| Gain {
        slope_hz_na: r.get(&format!("neural.brain.gain_{end}"), "Hz/nA"),
        offset_hz: r.get(&format!("neural.brain.offset_{end}"), "Hz"),
        curvature_s: r.get(&format!("neural.brain.curvature_{end}"), "s"),
    };
    Pools {
        external_na: r.get("neural.brain.input", "nA"),
        external_e: r.get("neural.brain.weight_e", "1"),
        external_i: r.get("neural.brain.weight_i", "1"),
        nmda_na: r.get("neural.brain.nmda", "nA"),
        gain_e: gain("e"),
        gain_i: gain("i"),
        tau_e_s: r.get("neural.brain.nmda_decay", "s"),
        tau_i_s: r.get("neural.brain.gaba_decay", "s"),
        opening: r.get("neural.brain.saturation", "1"),
        noise_per_root_ms: r.get("neural.brain.noise", "1"),
    }
}

/// Constants of the balloon model of a scanner's signal.
pub fn hemodynamics(r: &Rows<'_>) -> Hemodynamics {
    Hemodynamics {
        kappa_per_s: r.get("neural.bold.signal_decay", "1/s"),
        gamma_per_s2: r.get("neural.bold.flow_feedback", "1/s^2"),
        tau_s: r.get("neural.bold.transit", "s"),
        alpha: r.get("neural.bold.stiffness", "1"),
        extraction: r.get("neural.bold.extraction", "1"),
        volume: r.get("neural.bold.volume", "1"),
        echo_s: r.get("neural.bold.echo", "s"),
        r0_per_s: r.get("neural.bold.relaxation", "1/s"),
        theta0_per_s: r.get("neural.bold.offset", "1/s"),
        k3: r.get("neural.bold.k3", "1"),
    }
}

/// One of the spiking circuits of the ledger: `rest` or `decision`.
pub fn circuit(r: &Rows<'_>, name: &str) -> Parameters {
    let onto = |cell: &str| Conductances {
        external_ns: r.get(&format!("neural.{name}.external_{cell}"), "nS"),
        ampa_ns: r.get(&format!("neural.{name}.ampa_{cell}"), "nS"),
        nmda_ns: r.get(&format!("neural.{name}.nmda_{cell}"), "nS"),
        gaba_ns: r.get(&format!("neural.{name}.gaba_{cell}"), "nS"),
    };
    Parameters {
        pyramidal: r.count("neural.rest.pyramidal_cells"),
        interneurons: r.count("neural.rest.interneurons"),
        somatostatin_share: r.get("neural.sst_share", "1"),
        motif: Motif::Alike,
        pyramidal_membrane: membrane(r, "pyramidal", "neural.cell.reset"),
        interneuron_membrane: membrane(r, "interneuron", "neural.cell.reset"),
        receptors: receptors(r, "neural.receptor.gaba_decay"),
        onto_pyramidal: onto("pyramidal"),
        onto_interneurons: onto("interneuron"),
        external_hz: r.get("neural.external_rate", "Hz"),
        delay_ms: r.get("neural.delay", "ms"),
        step_ms: STEP_MS,
    }
}

/// Integration step of spiking circuits, ms: a twentieth of the fastest synapse, as the published models are run.
const STEP_MS: f64 = 0.1;

/// A membrane; `reset` is the row of the voltage after a spike.
pub(super) fn membrane(r: &Rows<'_>, cell: &str, reset: &str) -> Membrane {
    Membrane {
        capacitance_nf: r.get(&format!("neural.{cell}.capacitance"), "nF"),
        leak_ns: r.get(&format!("neural.{cell}.leak"), "nS"),
        rest_mv: r.get("neural.cell.rest", "mV"),
        threshold_mv: r.get("neural.cell.threshold", "mV"),
        reset_mv: r.get(reset, "mV"),
        refractory_ms: r.get(&format!("neural.{cell}.refractory"), "ms"),
    }
}

/// Receptors; `gaba` is the row of the decay of inhibition.
pub(super) fn receptors(r: &Rows<'_>, gaba: &str) -> Receptors {
    Receptors {
        ampa_ms: r.get("neural.receptor.ampa_decay", "ms"),
        gaba_ms: r.get(gaba, "ms"),
        nmda_ms: r.get("neural.receptor.nmda_decay", "ms"),
        nmda_rise_ms: r.get("neural.receptor.nmda_rise", "ms"),
        nmda_opening_per_ms: r.get("neural.receptor.nmda_opening", "1/ms"),
        excitatory_mv: r.get("neural.receptor.excitatory_reversal", "mV"),
        inhibitory_mv: r.get("neural.receptor.inhibitory_reversal", "mV"),
        magnesium_per_mv: r.get("neural.receptor.magnesium_slope", "1/mV"),
        magnesium_half: r.get("neural.receptor.magnesium_half", "1"),
    }
}

/// The ring that remembers: conductances are printed as sums over all presynaptic cells.
pub fn ring(r: &Rows<'_>) -> (Parameters, Connectivity) {
    let (pyramidal, interneurons) = (r.count("neural.memory.pyramidal_cells"), r.count("neural.memory.interneurons"));
    let each = |id: &str, cells: usize| r.get(&format!("neural.memory.{id}_total"), "nS") / cells.max(1) as f64;
    let onto = |cell: &str| Conductances {
        external_ns: r.get(&format!("neural.memory.external_{cell}"), "nS"),
        ampa_ns: 0.0,
        nmda_ns: each(&format!("nmda_{cell}"), pyramidal),
        gaba_ns: each(&format!("gaba_{cell}"), interneurons),
    };
    let parameters = Parameters {
        pyramidal,
        interneurons,
        pyramidal_membrane: membrane(r, "pyramidal", "neural.cell.reset_memory"),
        interneuron_membrane: membrane(r, "interneuron", "neural.cell.reset_memory"),
        receptors: receptors(r, "neural.receptor.gaba_decay_memory"),
        onto_pyramidal: onto("pyramidal"),
        onto_interneurons: onto("interneuron"),
        external_hz: r.get("neural.external_rate_memory", "Hz"),
        ..circuit(r, "rest")
    };
    let connectivity = Connectivity::Ring {
        strongest: r.get("neural.memory.potentiation", "1"),
        width_deg: r.get("neural.memory.footprint", "1"),
    };
    (parameters, connectivity)
}
