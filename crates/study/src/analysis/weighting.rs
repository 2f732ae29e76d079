//! Weights that make a sample look like a population: margins of covariates are brought to means that are known of it.
//!
//! Among all weights that reach the means, those of entropy balancing are nearest to equal ones (in Kullback-Leibler
//! distance): `w = exp(l x)` up to a factor. The multipliers `l` minimise a convex function, which Newton's method does
//! in a few steps. If the means lie outside what any mixture of the people can reach, that function falls below zero,
//! which tells so for certain.
//!
//! Source: Hainmueller 2012, Political Analysis 20:25.

use super::Estimate;
use super::matrix::{Matrix, add_scaled, dot};
use sim::math::{exp, ln};
use std::fmt;

/// Most steps of Newton's method. Reachable means take about ten. On the edge of what can be reached each step takes a
/// factor e off the weight of those inside, so means nearer to it than about 1e-9 standard deviations are refused.
const MOST_STEPS: u32 = 25;
/// Most halvings of one step.
const MOST_HALVINGS: u32 = 40;
/// Means are reached when they are this near, in standard deviations of the covariate.
const REACHED: f64 = 1e-12;
/// How far below zero the convex function must fall to be more than rounding.
const ROUNDING: f64 = 1e-9;
/// Share of a variance that counts as none: rounding of sums of products.
const DEPENDENT: f64 = 1e-12;

/// A mean that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Name of the covariate.
    pub name: String,
    /// Its mean in the population.
    pub mean: f64,
}

/// Weights of people.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// One for each person, with mean 1.
    pub weights: Vec<f64>,
    /// How many people of equal weight would say as much about a mean.
    pub effective_size: f64,
    /// Steps of Newton's method.
    pub steps: u32,
}

/// Why no weights reach the means.
#[derive(Clone, Debug, PartialEq)]
pub enum Unusable {
    /// There are no people.
    Nobody,
    /// A person has another number of covariates than there are targets.
    Shape {
        /// Position of the person.
        place: usize,
        /// Covariates of that person.
        found: usize,
        /// Targets.
        expected: usize,
    },
    /// A covariate or a target is not a finite number.
    NotANumber {
        /// Name of the covariate.
        name: String,
    },
    /// The mean of one covariate is outside its range among the people.
    OutOfRange {
        /// Name of the covariate.
        name: String,
        /// The mean wanted.
        mean: f64,
        /// Least and greatest value among the people.
        range: (f64, f64),
    },
    /// Each mean can be reached, but not together.
    OutOfReach {
        /// The covariate that stands in the way most.
        name: String,
        /// The mean wanted.
        mean: f64,
        /// Least and greatest value among the people.
        range: (f64, f64),
        /// Other covariates that take part.
        with: Vec<String>,
    },
    /// A covariate follows from those before it.
    Dependent {
        /// Name of the covariate.
        name: String,
    },
    /// The means are on the edge of what can be reached: only a few people could have weight.
    Edge {
        /// Steps taken.
        steps: u32,
    },
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::Nobody => write!(f, "there is nobody to weight"),
            Unusable::Shape { place, found, expected } => {
                write!(f, "person {place} has {found} covariates where {expected} means are wanted")
            }
            Unusable::NotANumber { name } => {
                write!(f, "`{name}` is not a number for everybody: leave those people or the covariate out")
            }
            Unusable::OutOfRange { name, mean, range: (low, high) } => write!(
                f,
                "the mean {mean} of `{name}` cannot be reached: the people have {low} to {high}; widen the entry \
                 criteria or change the target"
            ),
            Unusable::OutOfReach { name, mean, range: (low, high), with } => write!(
                f,
                "the mean {mean} of `{name}` (the people have {low} to {high}) cannot be reached together with the mean \
                 of `{}`: nobody has such values at once; leave one out or change a target",
                with.join("`, `")
            ),
            Unusable::Dependent { name } => {
                write!(f, "`{name}` follows from the covariates before it in these people: leave one of them out")
            }
            Unusable::Edge { steps } => write!(
                f,
                "weights were still moving after {steps} steps: the means are on the edge of what the people can \
                 reach, where a few would carry all the weight; move a target towards the sample"
            ),
        }
    }
}

impl std::error::Error for Unusable {}

/// Weights that give every covariate its mean. `people` holds a row of covariates for each person, in the order of
/// `targets`.
pub fn balance(people: &[Vec<f64>], targets: &[Target]) -> Result<Weights, Unusable> {
    let rows = prepare(people, targets)?;
    // What is left of a covariate that does not vary is 0 for all; it asks for nothing.
    let varies = |k: &usize| rows.iter().any(|r| r[*k] != 0.0);
    let kept: Vec<usize> = (0..targets.len()).filter(varies).collect();
    let rows: Vec<Vec<f64>> = rows.iter().map(|r| kept.iter().map(|k| r[*k]).collect()).collect();
    let mut multipliers = vec![0.0; kept.len()];
    let mut at = evaluate(&rows, &multipliers);
    if let Some(k) = (0..kept.len()).find(|k| {
        let leading: Vec<usize> = (0..=*k).collect();
        at.curvature.picked(&leading).cholesky(DEPENDENT).is_none()
    }) {
        return Err(Unusable::Dependent { name: targets[kept[k]].name.clone() });
    }
    let mut steps = 0;
    while at.slope.iter().any(|s| s.abs() > REACHED) {
        let factored = at.curvature.cholesky(0.0).filter(|_| steps < MOST_STEPS);
        let Some(factored) = factored else { return Err(Unusable::Edge { steps }) };
        let step = factored.solve(&at.slope);
        (multipliers, at) = towards(&rows, &multipliers, &step, &at);
        steps += 1;
        if at.value < -ROUNDING {
            return Err(out_of_reach(people, targets, &kept, &multipliers));
        }
    }
    let n = people.len() as f64;
    let weights: Vec<f64> = at.shares.iter().map(|s| s * n).collect();
    Ok(Weights { effective_size: effective_size(&weights), weights, steps })
}

/// Covariates less their targets, in standard deviations; refuses what a single covariate tells.
fn prepare(people: &[Vec<f64>], targets: &[Target]) -> Result<Vec<Vec<f64>>, Unusable> {
    if people.is_empty() {
        return Err(Unusable::Nobody);
    }
    if let Some(place) = people.iter().position(|p| p.len() != targets.len()) {
        return Err(Unusable::Shape { place, found: people[place].len(), expected: targets.len() });
    }
    let mut rows = people.to_vec();
    for (k, target) in targets.iter().enumerate() {
        if !target.mean.is_finite() || people.iter().any(|p| !p[k].is_finite()) {
            return Err(Unusable::NotANumber { name: target.name.clone() });
        }
        let (low, high) = range(people, k);
        let within = low < target.mean && target.mean < high;
        let constant = low == high && target.mean == low;
        if !within && !constant {
            return Err(Unusable::OutOfRange { name: target.name.clone(), mean: target.mean, range: (low, high) });
        }
        let n = people.len() as f64;
        let mean = people.iter().map(|p| p[k]).sum::<f64>() / n;
        let spread = (people.iter().map(|p| (p[k] - mean) * (p[k] - mean)).sum::<f64>() / n).sqrt();
        rows.iter_mut().for_each(|r| r[k] = if constant { 0.0 } else { (r[k] - target.mean) / spread });
    }
    Ok(rows)
}

fn range(people: &[Vec<f64>], k: usize) -> (f64, f64) {
    let values = people.iter().map(|p| p[k]);
    (values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max))
}

/// The convex function `ln sum exp(l x)`, minus its slope, its curvature, and the shares of weight. With the targets
/// inside the people's reach some `l x` is at least 0 whatever the direction, so the value is never below 0.
struct Point {
    value: f64,
    slope: Vec<f64>,
    curvature: Matrix,
    shares: Vec<f64>,
}

fn evaluate(rows: &[Vec<f64>], multipliers: &[f64]) -> Point {
    let width = multipliers.len();
    let predictors: Vec<f64> = rows.iter().map(|r| dot(r, multipliers)).collect();
    let top = predictors.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut shares: Vec<f64> = predictors.iter().map(|p| exp(p - top)).collect();
    let total: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|s| *s /= total);
    let (mut mean, mut curvature) = (vec![0.0; width], Matrix::zeros(width, width));
    for (share, row) in shares.iter().zip(rows) {
        add_scaled(&mut mean, *share, row);
    }
    for (share, row) in shares.iter().zip(rows) {
        let centred: Vec<f64> = row.iter().zip(&mean).map(|(x, m)| x - m).collect();
        for (i, x) in centred.iter().enumerate() {
            add_scaled(curvature.row_mut(i), share * x, &centred);
        }
    }
    let slope = mean.iter().map(|m| -m).collect();
    Point { value: top + ln(total), slope, curvature, shares }
}

/// The first of a full step and halved ones that does not raise the value.
fn towards(rows: &[Vec<f64>], from: &[f64], step: &[f64], at: &Point) -> (Vec<f64>, Point) {
    let (mut share, mut halvings) = (1.0, 0);
    loop {
        let mut next = from.to_vec();
        add_scaled(&mut next, share, step);
        let point = evaluate(rows, &next);
        // Rounding may take a little from a step that gains nothing more.
        let slack = f64::EPSILON * (1.0 + at.value.abs()) * 8.0;
        if point.value <= at.value + slack || halvings == MOST_HALVINGS {
            return (next, point);
        }
        share *= 0.5;
        halvings += 1;
    }
}

fn out_of_reach(people: &[Vec<f64>], targets: &[Target], kept: &[usize], multipliers: &[f64]) -> Unusable {
    let mut order: Vec<usize> = (0..kept.len()).collect();
    order.sort_by(|a, b| multipliers[*b].abs().total_cmp(&multipliers[*a].abs()));
    let most = order.first().map_or(0.0, |k| multipliers[*k].abs());
    let mut names = order.iter().filter(|k| multipliers[**k].abs() > 0.1 * most).map(|k| kept[*k]);
    let first = names.next().unwrap_or(0);
    Unusable::OutOfReach {
        name: targets[first].name.clone(),
        mean: targets[first].mean,
        range: range(people, first),
        with: names.map(|k| targets[k].name.clone()).collect(),
    }
}

/// How many people of equal weight would say as much about a mean: `(sum w)^2 / sum w^2`.
///
/// Source: Kish 1965, Survey Sampling, section 8.2.
pub fn effective_size(weights: &[f64]) -> f64 {
    let sum: f64 = weights.iter().sum();
    sum * sum / weights.iter().map(|w| w * w).sum::<f64>()
}

/// Weighted mean.
pub fn weighted_mean(values: &[f64], weights: &[f64]) -> f64 {
    dot(values, weights) / weights.iter().sum::<f64>()
}

/// Values with the weights of the people they belong to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighted<'a> {
    /// Values.
    pub values: &'a [f64],
    /// Weights, as many.
    pub weights: &'a [f64],
}

/// Difference of weighted means, `arm - comparator`, with the sandwich standard error: it holds whatever the variances,
/// and takes the weights as known. With equal weights it is that of Welch's test; the normal law gives test and
/// interval.
///
/// Source: Huber 1967; White 1980, Econometrica 48:817, with the factor `n / (n - 1)` in each arm.
pub fn weighted_difference(arm: Weighted, comparator: Weighted, level: f64) -> Estimate {
    let part = |w: Weighted| {
        let (mean, sum, n) = (weighted_mean(w.values, w.weights), w.weights.iter().sum::<f64>(), w.values.len() as f64);
        let squares: f64 =
            w.values.iter().zip(w.weights).map(|(v, w)| w * w * (v - mean) * (v - mean)).sum::<f64>() / (sum * sum);
        (mean, squares * n / (n - 1.0))
    };
    let ((a, s), (b, t)) = (part(arm), part(comparator));
    Estimate::new(a - b, (s + t).sqrt(), None, level)
}
