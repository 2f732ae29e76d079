//! People who are given to a trial instead of being drawn: from an earlier trial, or a table of covariates.

use crate::data::Values;
use crate::data::parquet::{Columns, read};
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
    /// From a Parquet file: columns named like covariates of the design, and, from an earlier trial, `seed`, `replicate` and
    /// `candidate`. Of an earlier trial with several replicates the first is taken.
    pub fn from_parquet(design: &Design, bytes: &[u8]) -> Result<Given, String> {
        let table = read("people", bytes, Columns::All).map_err(|e| e.to_string())?;
        let numbers = |name: &str| -> Option<&Vec<f64>> {
            let k = table.variables.iter().position(|v| v.name == name)?;
            match &table.columns[k] {
                Values::Numbers(x) => Some(x),
                Values::Texts(_) => None,
            }
        };
        let column = |id: &str| numbers(id).or_else(|| numbers(&id.replace('.', "_")));
        let covariates: Vec<String> =
            design.people.covariates.iter().map(|c| c.id.clone()).filter(|id| column(id).is_some()).collect();
        if covariates.is_empty() {
            let known: Vec<&str> = design.people.covariates.iter().map(|c| c.id.as_str()).collect();
            return Err(format!("no column is a covariate; covariates are {}", known.join(", ")));
        }
        let first = numbers("replicate").map(|r| (r.clone(), r.iter().copied().fold(f64::INFINITY, f64::min)));
        let keep: Vec<usize> =
            (0..table.rows()).filter(|i| first.as_ref().is_none_or(|(r, least)| r[*i] == *least)).collect();
        let size = design.layout.size as usize;
        if keep.len() < size {
            return Err(format!("it holds {} people, and the trial has {size}; lower `size`", keep.len()));
        }
        let rows =
            keep.iter().map(|i| covariates.iter().filter_map(|id| column(id)).map(|x| x[*i]).collect()).collect();
        let drawn = match (numbers("seed"), numbers("replicate"), numbers("candidate")) {
            (Some(seed), Some(replicate), Some(candidate)) => {
                if keep.iter().any(|i| seed[*i] != design.seed as f64) {
                    let why = format!("its people were drawn with seed {}, this trial has {}", seed[0], design.seed);
                    return Err(format!(
                        "{why}; use the same `seed` in `[study]`, or drop the columns seed, replicate, candidate"
                    ));
                }
                Some(keep.iter().map(|i| (replicate[*i] as u32, candidate[*i] as u32)).collect())
            }
            _ => None,
        };
        if drawn.is_some() && design.layout.replicates > 1 {
            let hint = "set `replicates = 1`, or drop the columns seed, replicate, candidate";
            return Err(format!("people of an earlier trial are run once; {hint}"));
        }
        Ok(Given { covariates, rows, drawn })
    }

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
