//! The numbers of the fast circuits, from the ledger into the structures of `neural`.

use crate::atlas::Atlas;
use model::diagnostic::Diagnostic;
use model::ledger::Row;
use model::unit::Unit;
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
