//! Rates of responders and of remitters: one rate, and two compared.
//!
//! | question | function |
//! |---|---|
//! | one rate, exact | [`clopper_pearson`] |
//! | one rate, score | [`wilson`] |
//! | difference of two rates, score | [`score::difference`] |
//! | ratio of two rates or of their odds, score | [`score::ratio`], [`score::odds_ratio`] |
//! | difference from two Wilson intervals | [`newcombe`] |
//! | exact test of two rates | [`fisher_exact`] |
//! | the same within strata | [`stratified`] |
//!
//! ```
//! use study::analysis::rate::{Count, score::difference};
//! let (arm, comparator) = (Count::new(56, 70).unwrap(), Count::new(48, 80).unwrap());
//! let found = difference(arm, comparator, 0.95);
//! // Newcombe 1998, Statistics in Medicine 17:873: 0.0528 to 0.3382.
//! assert!((found.lower - 0.0528).abs() < 5e-5 && (found.upper - 0.3382).abs() < 5e-5);
//! ```

pub mod score;
pub mod stratified;

use super::distribution::{beta_quantile, hypergeometric_mass, normal_quantile};
use std::fmt;

/// People in whom something happened, out of those looked at; at least one was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    events: u64,
    size: u64,
}

impl Count {
    /// `events` people of `size`.
    pub fn new(events: u64, size: u64) -> Result<Self, Unusable> {
        match (events, size) {
            (_, 0) => Err(Unusable::Nobody),
            (events, size) if events > size => Err(Unusable::TooMany { events, size }),
            (events, size) => Ok(Count { events, size }),
        }
    }
    /// People in whom it happened.
    pub fn events(self) -> u64 {
        self.events
    }
    /// People looked at.
    pub fn size(self) -> u64 {
        self.size
    }
    /// The rate, between 0 and 1.
    pub fn rate(self) -> f64 {
        self.events as f64 / self.size as f64
    }
}

/// Why rates cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// Nobody was looked at.
    Nobody,
    /// More events than people.
    TooMany {
        /// People in whom it happened.
        events: u64,
        /// People looked at.
        size: u64,
    },
    /// No stratum holds people of both arms.
    NoSharedStratum,
    /// No stratum holds both events and people without one, so that nothing tells about an odds ratio.
    NoContrast,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::Nobody => write!(f, "a rate of nobody: the arm has no people with this endpoint"),
            Unusable::TooMany { events, size } => {
                write!(f, "{events} people with an event among {size}: count each person once")
            }
            Unusable::NoSharedStratum => {
                write!(f, "no stratum holds people of both arms: compare without strata, or use coarser ones")
            }
            Unusable::NoContrast => write!(
                f,
                "no stratum has both people with and people without an event in such a way that an odds ratio is \
                 finite: report the difference instead"
            ),
        }
    }
}

impl std::error::Error for Unusable {}

/// An estimate between two limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Confidence level of the two-sided interval, as in 0.95.
    pub level: f64,
}

/// The exact interval of a rate: its coverage is at least `level`.
///
/// Source: Clopper & Pearson 1934, Biometrika 26:404, by quantiles of the beta law.
pub fn clopper_pearson(count: Count, level: f64) -> Interval {
    let (k, n, tail) = (count.events as f64, count.size as f64, 0.5 * (1.0 - level));
    let lower = if count.events == 0 { 0.0 } else { beta_quantile(tail, k, n - k + 1.0) };
    let upper = if count.events == count.size { 1.0 } else { 1.0 - beta_quantile(tail, n - k, k + 1.0) };
    Interval { estimate: count.rate(), lower, upper, level }
}

/// The score interval of a rate; its coverage is near `level` on average.
///
/// Source: Wilson 1927, J Am Stat Assoc 22:209.
pub fn wilson(count: Count, level: f64) -> Interval {
    let (p, n) = (count.rate(), count.size as f64);
    let z = normal_quantile(0.5 + 0.5 * level);
    let square = z * z;
    let half = z * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    let (centre, scale) = (p + square / (2.0 * n), 1.0 + square / n);
    // The two ends meet 0 and 1 exactly where the rate does.
    let lower = if count.events == 0 { 0.0 } else { (centre - half) / scale };
    let upper = if count.events == count.size { 1.0 } else { (centre + half) / scale };
    Interval { estimate: p, lower, upper, level }
}

/// The interval of a difference of two rates that is put together from their Wilson intervals: a check on
/// [`score::difference`] that needs no iteration.
///
/// Source: Newcombe 1998, Stat Med 17:873, method 10.
pub fn newcombe(arm: Count, comparator: Count, level: f64) -> Interval {
    let (a, b) = (wilson(arm, level), wilson(comparator, level));
    let reach = |x: f64, y: f64| (x * x + y * y).sqrt();
    let estimate = a.estimate - b.estimate;
    let lower = estimate - reach(a.estimate - a.lower, b.upper - b.estimate);
    let upper = estimate + reach(a.upper - a.estimate, b.estimate - b.lower);
    Interval { estimate, lower, upper, level }
}

/// Tables whose probability is within this relative distance of the observed one count as equally probable; it covers
/// rounding of the probabilities and is far below the distance of truly different ones.
const AS_LIKELY: f64 = 1e-7;

/// The two-sided p value of Fisher's exact test: tables with the same margins that are no more probable than the one
/// observed.
///
/// Source: Fisher 1934, Statistical Methods for Research Workers, section 21.02; two sides by least probability as in
/// Agresti 2013, Categorical Data Analysis, section 3.5.
pub fn fisher_exact(arm: Count, comparator: Count) -> f64 {
    let marked = arm.events + comparator.events;
    let plain = arm.size + comparator.size - marked;
    let mass = |k: u64| hypergeometric_mass(k, marked, plain, arm.size);
    let observed = mass(arm.events) * (1.0 + AS_LIKELY);
    let total: f64 = (arm.size.saturating_sub(plain)..=marked.min(arm.size)).map(mass).filter(|m| *m <= observed).sum();
    total.min(1.0)
}
