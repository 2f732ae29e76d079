//! Times to an event (relapse, response, leaving) that not everybody reaches.
//!
//! [`curve`] follows the share without the event (Kaplan and Meier), with its median and restricted mean; [`log_rank`]
//! tests whether groups differ; [`cox`] estimates ratios of hazards with covariates. Times are in any one unit, from 0.
//! People who are censored at the time of an event count as at risk in it.
//!
//! ```
//! use study::analysis::survival::{Seen, Scale, curve::Curve};
//! let people = [(2.0, true), (3.0, false), (5.0, true), (5.0, true), (9.0, false)];
//! let people: Vec<Seen> = people.iter().map(|(time, event)| Seen { time: *time, event: *event }).collect();
//! let curve = Curve::new(&people, Scale::LogLog, 0.95).unwrap();
//! // 4/5 after the first event; 1/3 of the three left do not have it at 5.
//! assert!((curve.at(5.0).estimate - 4.0 / 5.0 / 3.0).abs() < 1e-15);
//! assert_eq!(curve.median().estimate, 5.0);
//! ```

pub mod cox;
pub mod curve;
pub mod log_rank;

use std::fmt;

/// How long one person was followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Until when, from 0.
    pub time: f64,
    /// Whether it ended with the event; otherwise the person was last seen without it.
    pub event: bool,
}

/// The scale on which the interval of a share is symmetric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// `log(-log S)`: stays between 0 and 1, right for few people too.
    #[default]
    LogLog,
    /// The share itself, cut at 0 and 1.
    Plain,
}

/// Why times cannot be analysed.
#[derive(Clone, Debug, PartialEq)]
pub enum Unusable {
    /// Nobody was followed.
    Nobody,
    /// A time is negative or not a number.
    NotATime {
        /// Position of the person.
        place: usize,
        /// The time.
        time: f64,
    },
    /// A covariate is not a finite number.
    NotANumber {
        /// Position of the person.
        place: usize,
        /// Name of the covariate.
        covariate: String,
    },
    /// A person has another number of covariates than there are names.
    Shape {
        /// Position of the person.
        place: usize,
        /// Covariates of that person.
        found: usize,
        /// Names.
        expected: usize,
    },
    /// Nobody had the event.
    NoEvents,
    /// Fewer than two groups were at risk when events happened.
    OneGroup,
    /// A covariate says what those before it say already, or nothing at all.
    Dependent {
        /// Name of the covariate.
        covariate: String,
    },
    /// The likelihood grows without end: a hazard ratio is infinite or zero.
    Infinite {
        /// The covariates whose coefficients grow.
        covariates: Vec<String>,
    },
    /// Newton's method did not end.
    Unsettled {
        /// Steps taken.
        steps: u32,
    },
    /// The restricted mean goes beyond what was seen.
    TooFar {
        /// Until when it was asked for.
        until: f64,
        /// Until when the curve is known.
        last: f64,
    },
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::Nobody => write!(f, "nobody was followed: the analysis set is empty"),
            Unusable::NotATime { place, time } => {
                write!(f, "person {place} was followed until {time}: times count from 0 and are finite")
            }
            Unusable::NotANumber { place, covariate } => {
                write!(f, "person {place} has no value of `{covariate}`: leave the person or the covariate out")
            }
            Unusable::Shape { place, found, expected } => {
                write!(f, "person {place} has {found} covariates where {expected} are named")
            }
            Unusable::NoEvents => {
                write!(
                    f,
                    "nobody had the event: rates over time cannot be compared; follow longer or report the number"
                )
            }
            Unusable::OneGroup => {
                write!(f, "events happened while only one group was at risk: there is nothing to compare them with")
            }
            Unusable::Dependent { covariate } => write!(
                f,
                "`{covariate}` is constant, or follows from the covariates before it, among those at risk: leave it out"
            ),
            Unusable::Infinite { covariates } => write!(
                f,
                "the likelihood grows without end in `{}`: those with the event always had the most (or least) of it, \
                 so the hazard ratio is infinite or zero; report the log-rank test, or use fewer covariates",
                covariates.join("`, `")
            ),
            Unusable::Unsettled { steps } => {
                write!(
                    f,
                    "the coefficients were still moving after {steps} steps: use fewer covariates or rescale them"
                )
            }
            Unusable::TooFar { until, last } => {
                write!(f, "the mean until {until} needs people followed that long; the last was seen at {last}")
            }
        }
    }
}

impl std::error::Error for Unusable {}

/// Refuses an empty list and times that are none.
fn check(times: impl Iterator<Item = f64>) -> Result<(), Unusable> {
    let mut nobody = true;
    for (place, time) in times.enumerate() {
        nobody = false;
        if !(time >= 0.0 && time.is_finite()) {
            return Err(Unusable::NotATime { place, time });
        }
    }
    if nobody { Err(Unusable::Nobody) } else { Ok(()) }
}
