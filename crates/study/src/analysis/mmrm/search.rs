//! The search for the covariance of largest restricted likelihood: Newton's method with step halving.
//!
//! Where the second derivatives are not positive definite, far from the end, their expectation takes their place
//! (Fisher's scoring); where that fails too a ridge is added. Nothing is random, so the same data take the same steps.

use super::Fault;
use super::covariance::Structure;
use super::likelihood::{Derivatives, Point, derivatives, gradient, point};
use super::sums::Sums;
use crate::analysis::matrix::{Cholesky, Matrix, dot};

/// Steps before the search is given up.
const MOST_STEPS: usize = 100;
/// Halvings of one step.
const MOST_HALVINGS: usize = 40;
/// The search ends where the likelihood would gain less than this by one more step: the parameters then lie within about
/// the square root of it, in units of their standard errors.
const NEAR: f64 = 1e-18;
/// Where rounding stops the search earlier, this gain is still taken for the end.
const NEAR_ENOUGH: f64 = 1e-10;
/// Rounding of the likelihood, as a share of it.
const ROUNDING: f64 = 1e-12;

/// Where the search ended.
#[derive(Clone, Debug)]
pub struct Found {
    /// The likelihood there.
    pub point: Point,
    /// Its derivatives.
    pub derivatives: Derivatives,
    /// The second derivatives, factored.
    pub observed: Cholesky,
    /// Steps taken.
    pub steps: usize,
}

/// Parameters from which a search begins without better knowledge: the moments of the residuals.
pub fn start(sums: &Sums, structure: Structure) -> Vec<f64> {
    (0..sums.groups).flat_map(|group| structure.start(sums.visits, |a, b| sums.moment(group, a, b))).collect()
}

/// The likelihood and its derivatives at given parameters, without a search.
pub fn at(sums: &Sums, structure: Structure, parameters: &[f64]) -> Result<Found, Fault> {
    let point = point(sums, structure, parameters).ok_or(Fault::NotConverged { steps: 0 })?;
    let derivatives = derivatives(sums, structure, &point);
    let observed = derivatives.observed.cholesky(SINGULAR).ok_or(Fault::NotEstimable)?;
    Ok(Found { point, derivatives, observed, steps: 0 })
}

/// Searches from given parameters.
pub fn search(sums: &Sums, structure: Structure, from: &[f64]) -> Result<Found, Fault> {
    let begin = point(sums, structure, from).or_else(|| point(sums, structure, &start(sums, structure)));
    let mut at = begin.ok_or(Fault::NotConverged { steps: 0 })?;
    let mut before = f64::INFINITY;
    for steps in 0..MOST_STEPS {
        let slope = derivatives(sums, structure, &at);
        let observed = slope.observed.cholesky(SINGULAR);
        let end = |at: Point, slope: Derivatives, observed: Option<Cholesky>| match observed {
            Some(observed) => Ok(Found { point: at, derivatives: slope, observed, steps }),
            None => Err(Fault::NotEstimable),
        };
        let metric = match &observed {
            Some(observed) => observed.clone(),
            None => ridged(&slope.expected).ok_or(Fault::NotEstimable)?,
        };
        let step = metric.solve(&slope.gradient);
        let gain = dot(&step, &slope.gradient);
        // Newton's steps gain less and less, by orders; where they no longer do, what is left is rounding.
        let rounding = gain <= NEAR_ENOUGH && gain > 0.1 * before;
        if gain <= NEAR || rounding {
            return end(at, slope, observed);
        }
        before = gain;
        match halved(sums, structure, &at, &step) {
            Some(next) => at = next,
            None if gain <= NEAR_ENOUGH => return end(at, slope, observed),
            None => return Err(Fault::NotConverged { steps }),
        }
    }
    Err(Fault::NotConverged { steps: MOST_STEPS })
}

/// The end of a search in data that are nearly those of another search, as when one subject is left out. The second
/// derivatives of that other search serve for all steps; where they do not lead to the end the search is a full one.
pub fn refined(sums: &Sums, structure: Structure, from: &Found) -> Result<Point, Fault> {
    const MOST_REFINEMENTS: usize = 12;
    let full = || search(sums, structure, &from.point.parameters).map(|found| found.point);
    let Some(mut at) = point(sums, structure, &from.point.parameters) else { return full() };
    let mut before = f64::INFINITY;
    for _ in 0..MOST_REFINEMENTS {
        let slope = gradient(sums, structure, &at);
        let step = from.observed.solve(&slope);
        let gain = dot(&step, &slope);
        let moved: Vec<f64> = at.parameters.iter().zip(&step).map(|(x, s)| x - s).collect();
        match point(sums, structure, &moved) {
            Some(next) if gain <= REFINED => return Ok(next),
            // Each step is to bring an order of magnitude.
            Some(next) if gain < 0.1 * before => at = next,
            _ => return full(),
        }
        before = gain;
    }
    full()
}

/// A refinement ends with the step by which the likelihood gains less than this: the parameters were then within about
/// 1e-7 standard errors, and the step brings one figure or two more.
const REFINED: f64 = 1e-14;
/// Least share of a second derivative that must be left given the other parameters.
const SINGULAR: f64 = 1e-12;

/// The first point along the step, halved as often as needed, where the likelihood is not smaller.
fn halved(sums: &Sums, structure: Structure, at: &Point, step: &[f64]) -> Option<Point> {
    let mut share = 1.0;
    for _ in 0..MOST_HALVINGS {
        let moved: Vec<f64> = at.parameters.iter().zip(step).map(|(x, s)| x - share * s).collect();
        if let Some(next) = point(sums, structure, &moved)
            && next.objective <= at.objective + ROUNDING * (1.0 + at.objective.abs())
        {
            return Some(next);
        }
        share *= 0.5;
    }
    None
}

/// The expected second derivatives, with more and more of their diagonal added until they are positive definite.
fn ridged(expected: &Matrix) -> Option<Cholesky> {
    let mut ridge = 0.0;
    for _ in 0..12 {
        let mut lifted = expected.clone();
        for i in 0..lifted.rows() {
            lifted[(i, i)] += ridge * expected[(i, i)].abs();
        }
        if let Some(factored) = lifted.cholesky(SINGULAR) {
            return Some(factored);
        }
        ridge = if ridge == 0.0 { 1e-8 } else { 10.0 * ridge };
    }
    None
}
