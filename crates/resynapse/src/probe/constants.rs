//! The numbers of the fast circuits, from the ledger into the structures of `neural`.

use crate::atlas::Atlas;
use model::diagnostic::Diagnostic;
use model::ledger::Row;
use model::unit::Unit;
use neural::brain::{Gain, Hemodynamics, Pools};
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
