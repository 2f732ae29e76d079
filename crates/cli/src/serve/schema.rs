//! What goes over the wire: the requests and answers of the local server, as JSON. `GET /api/openapi.json` describes
//! them; the page follows that description, and browser tests hold the two together. Times are hours unless a name says
//! otherwise; what is no number is null.

mod ask;
mod evidence;
mod job;
mod run;

pub use ask::*;
pub use evidence::*;
pub use job::*;
pub use run::*;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// How sure a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum Grade {
    /// Human trials.
    A,
    /// Human measurements, limited or disputed.
    B,
    /// Small human studies, indirect or animal.
    C,
    /// Fitted, or read at second hand.
    D,
    /// Assumed.
    E,
}

impl From<model::ledger::Grade> for Grade {
    fn from(g: model::ledger::Grade) -> Grade {
        match g {
            model::ledger::Grade::A => Grade::A,
            model::ledger::Grade::B => Grade::B,
            model::ledger::Grade::C => Grade::C,
            model::ledger::Grade::D => Grade::D,
            model::ledger::Grade::E => Grade::E,
        }
    }
}

/// The grades behind a signal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Badge {
    /// The worst grade on the path.
    #[schema(required)]
    pub weakest: Option<Grade>,
    /// What that grade means.
    pub meaning: String,
    /// Rows of the ledger on the path, by grade.
    pub counts: Vec<GradeCount>,
    /// Up to five ids with the worst grade.
    pub rows: Vec<String>,
}

/// Rows of one grade.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct GradeCount {
    /// The grade.
    pub grade: Grade,
    /// How many.
    pub rows: usize,
}

/// What was wrong with a request, all of it at once.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Errors {
    /// Everything that is wrong.
    pub errors: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// As in `RS6001`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// A whole number, also where it is written `12.0`: JSON does not tell the two apart.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let x = f64::deserialize(deserializer)?;
    if x.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&x) {
        return Ok(x as u32);
    }
    Err(D::Error::custom(format!("{x} is not a whole number from 0 to {}", u32::MAX)))
}

/// The same where there may be none.
pub(crate) fn whole_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    struct Whole(#[serde(deserialize_with = "whole")] u32);
    Ok(Option::<Whole>::deserialize(deserializer)?.map(|w| w.0))
}
