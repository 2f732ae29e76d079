//! Where every number of a result came from.

use crate::atlas::{AssemblyFile, Atlas};
use crate::prepare::{Person, Prepared};
use crate::run::Plan;
use model::ledger::{Grade, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Kind of source of values that are neutral by definition (a factor of 1, an exponent of 0): they say nothing about the
/// world and are not counted in grades.
const NEUTRAL: &str = "definition";

/// A number that a run used.
#[derive(Clone, Debug)]
pub struct UsedParameter {
    /// The ledger's row.
    pub row: Row,
    /// The value used, in the row's unit.
    pub value: f64,
    /// `ledger`, `patient` (set by hand) or `drawn`.
    pub origin: &'static str,
}

/// The grades on every path to one reported signal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GradeProfile {
    /// Rows per grade.
    pub counts: BTreeMap<Grade, usize>,
    /// The worst grade.
    pub weakest: Option<Grade>,
    /// Ids of the rows with the worst grade.
    pub weakest_rows: Vec<String>,
}

/// All that a result rests on.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// Version of the program.
    pub program: &'static str,
    /// Version of the atlas.
    pub atlas: &'static str,
    /// SHA-256 of the atlas as read.
    pub atlas_hash: String,
    /// Name of the hypothesis.
    pub hypothesis: String,
    /// Active contexts of the ledger.
    pub contexts: Vec<String>,
    /// Numbers used, by id.
    pub parameters: Vec<UsedParameter>,
    /// Grades behind each trace, in the order of the traces.
    pub grades: Vec<GradeProfile>,
    /// States and equations of the model.
    pub states: usize,
}

impl Provenance {
    pub(crate) fn new(
        atlas: &Atlas,
        plan: &Plan,
        assembly: &AssemblyFile,
        prepared: &Prepared,
        values: &[f64],
        fired: &BTreeSet<u32>,
    ) -> Provenance {
        let parameters: Vec<UsedParameter> = prepared
            .model
            .parameters
            .iter()
            .zip(values)
            .map(|(p, v)| UsedParameter {
                row: p.row.clone(),
                value: if p.row.coherent() == *v { p.row.value } else { p.row.unit.from_coherent(*v) },
                origin: match plan.person {
                    _ if plan.patient.overrides.contains_key(&p.id) && p.row.coherent() != *v => "patient",
                    Person::Drawn { .. } if p.row.coherent() != *v => "drawn",
                    _ => "ledger",
                },
            })
            .collect();
        let rows: BTreeMap<&str, &Row> = parameters.iter().map(|p| (p.row.id.as_str(), &p.row)).collect();
        let paths = prepared.lowered.paths(values, Some(fired));
        let profiles = (0..assembly.traces.len())
            .map(|k| profile(atlas, paths.influences(k).iter().filter_map(|name| rows.get(name.as_str()).copied())))
            .collect();
        Provenance {
            program: env!("CARGO_PKG_VERSION"),
            atlas: ::atlas::VERSION,
            atlas_hash: atlas.hash.clone(),
            hypothesis: plan.patient.hypothesis.clone(),
            contexts: plan.patient.active(atlas).into_iter().collect(),
            parameters,
            grades: profiles,
            states: prepared.model.states.len(),
        }
    }
}

/// The grades of rows, those that say nothing about the world left out.
pub fn profile<'a>(atlas: &Atlas, rows: impl Iterator<Item = &'a Row>) -> GradeProfile {
    let mut profile = GradeProfile::default();
    for row in rows {
        if atlas.library.ledger.source(&row.source_key).is_some_and(|s| s.kind == NEUTRAL) {
            continue;
        }
        let grade = row.grade();
        *profile.counts.entry(grade).or_default() += 1;
        if profile.weakest.is_none_or(|w| grade > w) {
            profile.weakest = Some(grade);
            profile.weakest_rows.clear();
        }
        if profile.weakest == Some(grade) {
            profile.weakest_rows.push(row.id.clone());
        }
    }
    profile
}
