//! People who are given to a trial instead of being drawn: from an earlier trial, or a table of covariates.

use crate::trial::design::Design;

/// A table of people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// Names of the covariates it holds.
    pub covariates: Vec<String>,
    /// One row per person, in the order of the names, each in the covariate's unit.
    pub rows: Vec<Vec<f64>>,
    /// Trial and candidate of each person in the run the table came from, where it came from one: all other draws are
    /// then the same, and the person enters as before.
    pub drawn: Option<Vec<(u32, u32)>>,
}

impl Given {
    /// The candidate that a person was.
    pub(super) fn candidate(&self, _replicate: u32, number: u32) -> Option<u32> {
        self.drawn.as_ref().and_then(|d| d.get(number as usize)).map(|(_, candidate)| *candidate)
    }

    /// Puts the person's covariates over drawn ones.
    pub(super) fn overlay(&self, design: &Design, number: u32, covariates: &mut [f64]) {
        let Some(row) = self.rows.get(number as usize) else { return };
        for (name, value) in self.covariates.iter().zip(row) {
            if let Some(k) = design.people.position(name).filter(|_| value.is_finite()) {
                covariates[k] = *value;
            }
        }
    }
}
