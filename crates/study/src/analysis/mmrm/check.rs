//! What can be wrong with the data of a mixed model, and the checks before a fit.

use super::covariance::{Structure, triangle};
use super::{Covariance, Data};
use std::fmt;

/// Why a model was not fitted or a contrast not answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The parts of the data do not fit each other.
    Shape {
        /// What does not fit.
        what: String,
    },
    /// A value that is not a finite number.
    NotFinite {
        /// Position of the observation.
        observation: usize,
        /// `the measured value`, or the column's name.
        place: String,
    },
    /// Columns of the design that follow from columns before them.
    Aliased {
        /// Their names.
        columns: Vec<String>,
    },
    /// No more observations than columns.
    TooFewObservations {
        /// Observations.
        observations: usize,
        /// Columns.
        columns: usize,
    },
    /// Fewer subjects than an estimate of the covariance needs.
    TooFewSubjects {
        /// Subjects with an observation.
        subjects: usize,
        /// The least number that could do.
        needed: usize,
        /// Group of the covariance, counted from 1; `None` where all subjects share one.
        group: Option<usize>,
    },
    /// No subject was seen at both visits, so their covariance is not in the data.
    NeverTogether {
        /// The visits' names; the same name twice where a visit was never made.
        visits: (String, String),
        /// Group of the covariance, counted from 1; `None` where all subjects share one.
        group: Option<usize>,
    },
    /// The columns explain every value exactly.
    NoSpread,
    /// The search found no end.
    NotConverged {
        /// Steps taken.
        steps: usize,
    },
    /// The likelihood does not change with some parameter of the covariance.
    NotEstimable,
    /// A contrast that cannot be tested.
    Contrast {
        /// Why.
        what: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |group: &Option<usize>| group.map_or(String::new(), |g| format!(" in covariance group {g}"));
        match self {
            Fault::Shape { what } => write!(f, "the data do not fit together: {what}"),
            Fault::NotFinite { observation, place } => write!(
                f,
                "observation {observation} (counted from 0): {place} is not a finite number; leave out what was not \
                 measured"
            ),
            Fault::Aliased { columns } => write!(
                f,
                "the design has columns that follow from those before them: {}; leave them out, or leave out a level \
                 of each factor",
                columns.join(", ")
            ),
            Fault::TooFewObservations { observations, columns } => write!(
                f,
                "{observations} observations cannot carry {columns} columns; take fewer covariates or more subjects"
            ),
            Fault::TooFewSubjects { subjects, needed, group } => write!(
                f,
                "{subjects} subjects{} have an observation, and this covariance needs at least {needed}; take a \
                 simpler structure or more subjects",
                of(group)
            ),
            Fault::NeverTogether { visits: (a, b), group } if a == b => write!(
                f,
                "no subject{} was seen at `{a}`, so its variance is not in the data; leave the visit out",
                of(group)
            ),
            Fault::NeverTogether { visits: (a, b), group } => write!(
                f,
                "no subject{} was seen at both `{a}` and `{b}`, so an unstructured covariance is not in the data; \
                 take an autoregressive or compound symmetric one, or leave a visit out",
                of(group)
            ),
            Fault::NoSpread => write!(
                f,
                "the columns explain every value exactly, so there is no variance to estimate; look for a covariate \
                 that is the measured value itself"
            ),
            Fault::NotConverged { steps } => write!(
                f,
                "the likelihood has no maximum that could be found after {steps} steps: the covariance runs towards a \
                 singular one; take a simpler structure, fewer columns or more subjects"
            ),
            Fault::NotEstimable => write!(
                f,
                "the likelihood does not change with some parameter of the covariance; take a simpler structure or \
                 subjects that were seen more than once"
            ),
            Fault::Contrast { what } => write!(f, "the contrast cannot be tested: {what}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Checks numbers and sizes, and that the covariance can be estimated at all.
pub fn shape(data: &Data, covariance: &Covariance) -> Result<(), Fault> {
    let wrong = |what: String| Err(Fault::Shape { what });
    if data.columns.is_empty() || data.visits.is_empty() {
        return wrong("there is no column or no visit".into());
    }
    if let Some(groups) = &covariance.groups
        && groups.len() != data.subjects
    {
        return wrong(format!("{} subjects, but {} covariance groups", data.subjects, groups.len()));
    }
    let mut seen = vec![false; data.subjects * data.visits.len()];
    for (i, observation) in data.observations.iter().enumerate() {
        if observation.subject >= data.subjects || observation.visit >= data.visits.len() {
            return wrong(format!(
                "observation {i} is of subject {} and visit {}, but there are {} subjects and {} visits, counted from 0",
                observation.subject,
                observation.visit,
                data.subjects,
                data.visits.len()
            ));
        }
        if observation.x.len() != data.columns.len() {
            return wrong(format!(
                "observation {i} has {} values for {} columns",
                observation.x.len(),
                data.columns.len()
            ));
        }
        let place = observation.subject * data.visits.len() + observation.visit;
        if std::mem::replace(&mut seen[place], true) {
            return wrong(format!(
                "subject {} has two values at visit `{}`; keep one",
                observation.subject, data.visits[observation.visit]
            ));
        }
        if !observation.y.is_finite() {
            return Err(Fault::NotFinite { observation: i, place: "the measured value".into() });
        }
        if let Some(j) = observation.x.iter().position(|v| !v.is_finite()) {
            return Err(Fault::NotFinite { observation: i, place: format!("column `{}`", data.columns[j]) });
        }
    }
    (0..covariance.count()).try_for_each(|group| together(data, covariance, group, &seen))
}

/// Checks that a group has the subjects and, for an unstructured covariance, the pairs of visits that it needs.
fn together(data: &Data, covariance: &Covariance, group: usize, seen: &[bool]) -> Result<(), Fault> {
    let visits = data.visits.len();
    let named = covariance.groups.as_ref().map(|_| group + 1);
    let of_group: Vec<&[bool]> =
        seen.chunks(visits).enumerate().filter(|(s, _)| covariance.group(*s) == group).map(|(_, row)| row).collect();
    let subjects = of_group.iter().filter(|row| row.contains(&true)).count();
    let needed = if covariance.structure == Structure::Unstructured { visits + 1 } else { 2 };
    if covariance.structure == Structure::Unstructured {
        for (a, b) in triangle(visits) {
            if !of_group.iter().any(|row| row[a] && row[b]) {
                return Err(Fault::NeverTogether {
                    visits: (data.visits[b].clone(), data.visits[a].clone()),
                    group: named,
                });
            }
        }
    } else if !of_group.iter().any(|row| row.iter().filter(|v| **v).count() > 1) {
        return Err(Fault::NotEstimable);
    }
    if subjects < needed {
        return Err(Fault::TooFewSubjects { subjects, needed, group: named });
    }
    Ok(())
}
