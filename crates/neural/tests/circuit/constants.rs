//! Biological constants of the circuits, each with its source.
#![allow(dead_code, missing_docs)]

use neural::circuit::decision::Decision;
use neural::circuit::memory::Cue;
use neural::circuit::{Conductances, Connectivity, InDegree, Membrane, Motif, Parameters, Receptors};

/// Brunel & Wang 2001, J Comput Neurosci 11:63; Wang 2002, Neuron 36:955 (5 ms GABA).
pub const RECEPTORS: Receptors = Receptors {
    ampa_ms: 2.0,
    gaba_ms: 5.0,
    nmda_ms: 100.0,
    nmda_rise_ms: 2.0,
    nmda_opening_per_ms: 0.5,
    excitatory_mv: 0.0,
    inhibitory_mv: -70.0,
    magnesium_per_mv: 0.062,
    magnesium_half: 3.57,
};

/// Brunel & Wang 2001.
pub const PYRAMIDAL: Membrane = Membrane {
    capacitance_nf: 0.5,
    leak_ns: 25.0,
    rest_mv: -70.0,
    threshold_mv: -50.0,
    reset_mv: -55.0,
    refractory_ms: 2.0,
};

/// Brunel & Wang 2001.
pub const INTERNEURON: Membrane = Membrane { capacitance_nf: 0.2, leak_ns: 20.0, refractory_ms: 1.0, ..PYRAMIDAL };

/// Wang 2002, all to all between 1,600 pyramidal cells and 400 interneurons.
pub const ALL_TO_ALL: Parameters = Parameters {
    pyramidal: 1_600,
    interneurons: 400,
    somatostatin_share: 0.4,
    motif: Motif::Alike,
    pyramidal_membrane: PYRAMIDAL,
    interneuron_membrane: INTERNEURON,
    receptors: RECEPTORS,
    onto_pyramidal: Conductances { external_ns: 2.1, ampa_ns: 0.05, nmda_ns: 0.165, gaba_ns: 1.3 },
    onto_interneurons: Conductances { external_ns: 1.62, ampa_ns: 0.04, nmda_ns: 0.13, gaba_ns: 1.0 },
    external_hz: 2_400.0,
    delay_ms: 0.5,
    step_ms: 0.1,
};

/// Wang 2002 with a fifth of the synapses, each five times as strong.
pub const SPARSE: Parameters = Parameters {
    onto_pyramidal: Conductances { external_ns: 2.1, ampa_ns: 0.25, nmda_ns: 0.825, gaba_ns: 6.5 },
    onto_interneurons: Conductances { external_ns: 1.62, ampa_ns: 0.2, nmda_ns: 0.65, gaba_ns: 5.0 },
    ..ALL_TO_ALL
};

/// Mean in-degrees of the reference point.
pub fn random(seed: u64) -> Connectivity {
    Connectivity::Random { excitatory: 320, inhibitory: 80, in_degree: InDegree::Average, seed }
}

/// Murray et al. 2014, Cereb Cortex 24:859, per synapse of 1,024 pyramidal cells and 256 interneurons: total
/// conductances over the number of cells. Cells, kinetics and 10 ms GABA: Compte et al. 2000, Cereb Cortex 10:910.
pub const RING: Parameters = Parameters {
    pyramidal: 1_024,
    interneurons: 256,
    somatostatin_share: 0.4,
    motif: Motif::Alike,
    pyramidal_membrane: Membrane { reset_mv: -60.0, ..PYRAMIDAL },
    interneuron_membrane: Membrane { reset_mv: -60.0, ..INTERNEURON },
    receptors: Receptors { gaba_ms: 10.0, ..RECEPTORS },
    onto_pyramidal: Conductances { external_ns: 9.3, ampa_ns: 0.0, nmda_ns: 1_001.9 / 1_024.0, gaba_ns: 807.2 / 256.0 },
    onto_interneurons: Conductances {
        external_ns: 7.14,
        ampa_ns: 0.0,
        nmda_ns: 717.6 / 1_024.0,
        gaba_ns: 566.2 / 256.0,
    },
    external_hz: 600.0,
    delay_ms: 0.5,
    step_ms: 0.1,
};

/// Murray et al. 2014.
pub const FOOTPRINT: Connectivity = Connectivity::Ring { strongest: 3.0, width_deg: 9.0 };

/// Murray et al. 2014.
pub const CUE: Cue = Cue { place_deg: 180.0, current_pa: 375.0, width_deg: 6.0, onset_ms: 750.0, duration_ms: 250.0 };

/// Wang 2002; rates over 50 ms.
pub const DECISION: Decision = Decision {
    external_hz: 2_400.0,
    evidence_hz: 40.0,
    settling_ms: 500.0,
    evidence_ms: 2_500.0,
    threshold_hz: 15.0,
    lead_hz: 5.0,
    window_ms: 50.0,
};
