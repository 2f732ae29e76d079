//! Ratios of hazards with covariates.
//!
//! The hazard of a person is that of the stratum times `exp(x b)`. At each time of an event the likelihood asks how
//! probable it was that those who had it were the ones, among all at risk in the stratum; the hazard of the stratum
//! drops out.
//!
//! Source: Cox 1972, J R Stat Soc B 34:187; ties after Breslow 1974, Biometrics 30:89, and Efron 1977, J Am Stat Assoc
//! 72:557; Kalbfleisch & Prentice 2002, The Statistical Analysis of Failure Time Data, section 4.2.

use super::{Unusable, check};
use crate::analysis::Estimate;
use crate::analysis::matrix::{Cholesky, Matrix, add_scaled, dot};
use crate::analysis::rate::Interval;
use crate::analysis::rate::stratified::Test;
use sim::math::{exp, ln};

/// Most steps of Newton's method; a finite estimate takes less than ten.
const MOST_STEPS: u32 = 60;
/// Most halvings of one step.
const MOST_HALVINGS: u32 = 40;
/// The estimate is found when the next step would gain no more than this in log-likelihood; that step is then taken,
/// and Newton's method squares the distance.
const SETTLED: f64 = 1e-10;
/// Share of an information that counts as none: rounding of sums of products.
const DEPENDENT: f64 = 1e-10;
/// Share of the spread of linear predictors within which two count as equal when an endless direction is looked for.
const LEVEL: f64 = 1e-6;

/// One person.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Until when the person was followed, from 0.
    pub time: f64,
    /// Whether it ended with the event.
    pub event: bool,
    /// Stratum, with a hazard of its own.
    pub stratum: usize,
    /// Covariates, in the order of their names.
    pub covariates: Vec<f64>,
}

/// How events at one time are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// As if in an unknown order.
    #[default]
    Efron,
    /// As if each had happened with all the others still at risk.
    Breslow,
}

/// A fitted model.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Names of the covariates.
    pub names: Vec<String>,
    /// Logarithms of the hazard ratios for one unit more of each covariate.
    pub coefficients: Vec<Estimate>,
    /// Their covariance.
    pub covariance: Matrix,
    /// Log-likelihood without and with covariates.
    pub log_likelihood: (f64, f64),
    /// Test of all covariates from the slope of the likelihood without them.
    pub score: Test,
    /// Test of all covariates from the estimate and its covariance.
    pub wald: Test,
    /// Test of all covariates from the gain in likelihood.
    pub ratio: Test,
    /// Events.
    pub events: usize,
    /// Steps of Newton's method.
    pub steps: u32,
}

impl Fit {
    /// Hazard ratio for one unit more of a covariate; its interval is symmetric about the logarithm.
    pub fn hazard_ratio(&self, covariate: usize) -> Interval {
        let c = &self.coefficients[covariate];
        Interval { estimate: exp(c.estimate), lower: exp(c.lower), upper: exp(c.upper), level: c.level }
    }
}

/// Fits the model by Newton's method with halved steps. Refused are data without events, covariates that depend on each
/// other, and a likelihood that grows without end.
pub fn cox(rows: &[Row], names: &[&str], ties: Ties, level: f64) -> Result<Fit, Unusable> {
    check(rows.iter().map(|r| r.time))?;
    for (place, row) in rows.iter().enumerate() {
        if row.covariates.len() != names.len() {
            return Err(Unusable::Shape { place, found: row.covariates.len(), expected: names.len() });
        }
        if let Some(k) = row.covariates.iter().position(|x| !x.is_finite()) {
            return Err(Unusable::NotANumber { place, covariate: names[k].into() });
        }
    }
    let events = rows.iter().filter(|r| r.event).count();
    if events == 0 {
        return Err(Unusable::NoEvents);
    }
    let model = Model::new(rows, ties);
    let mut at = model.evaluate(&vec![0.0; names.len()]);
    let null = at.log_likelihood;
    let factored = independent(&at.information, names)?;
    let df = names.len() as f64;
    let score = Test::chi_square(dot(&at.slope, &factored.solve(&at.slope)), df);
    let mut beta = vec![0.0; names.len()];
    let mut steps = 0;
    loop {
        let Some(factored) = at.information.cholesky(0.0) else { return Err(Unusable::Unsettled { steps }) };
        let step = factored.solve(&at.slope);
        if let Some(covariates) = model.endless(&step, names) {
            return Err(Unusable::Infinite { covariates });
        }
        let last = dot(&step, &at.slope) <= SETTLED;
        let (next, there) = model.towards(&beta, &step, &at);
        (beta, at) = (next, there);
        steps += 1;
        if last {
            break;
        }
        if steps == MOST_STEPS {
            return Err(Unusable::Unsettled { steps });
        }
    }
    let Some(factored) = at.information.cholesky(0.0) else { return Err(Unusable::Unsettled { steps }) };
    // Units of the covariates come back: the model works on covariates of spread 1.
    let inverse = factored.inverse();
    let unit = &model.unit;
    let covariance = Matrix::from_fn(names.len(), names.len(), |i, j| inverse[(i, j)] / (unit[i] * unit[j]));
    let coefficient = |k: usize| Estimate::new(beta[k] / unit[k], covariance[(k, k)].sqrt(), None, level);
    Ok(Fit {
        names: names.iter().map(|n| n.to_string()).collect(),
        coefficients: (0..names.len()).map(coefficient).collect(),
        covariance,
        log_likelihood: (null, at.log_likelihood),
        score,
        wald: Test::chi_square(at.information.form(&beta, &beta), df),
        ratio: Test::chi_square(2.0 * (at.log_likelihood - null), df),
        events,
        steps,
    })
}

/// The factored information without covariates, or the first covariate that adds nothing.
fn independent(information: &Matrix, names: &[&str]) -> Result<Cholesky, Unusable> {
    for (k, name) in names.iter().enumerate() {
        let leading: Vec<usize> = (0..=k).collect();
        if information.picked(&leading).cholesky(DEPENDENT).is_none() {
            return Err(Unusable::Dependent { covariate: name.to_string() });
        }
    }
    information.cholesky(DEPENDENT).ok_or_else(|| Unusable::Dependent { covariate: names.join("`, `") })
}

/// Rows in order: stratum by stratum, from the last time to the first; covariates about their mean, in units of their
/// spread.
struct Model {
    rows: Vec<Row>,
    unit: Vec<f64>,
    ties: Ties,
}

/// Log-likelihood, its slope and its negative curvature.
struct Point {
    log_likelihood: f64,
    slope: Vec<f64>,
    information: Matrix,
}

/// Sums over people of `exp(x b)`, of it times `x`, and times `x x'`.
struct Sums {
    weight: f64,
    first: Vec<f64>,
    second: Matrix,
}

impl Sums {
    fn new(size: usize) -> Self {
        Sums { weight: 0.0, first: vec![0.0; size], second: Matrix::zeros(size, size) }
    }
    fn add(&mut self, weight: f64, x: &[f64]) {
        self.weight += weight;
        add_scaled(&mut self.first, weight, x);
        for (i, value) in x.iter().enumerate() {
            add_scaled(self.second.row_mut(i), weight * value, x);
        }
    }
}

impl Model {
    fn new(rows: &[Row], ties: Ties) -> Self {
        let mut rows = rows.to_vec();
        rows.sort_by(|a, b| a.stratum.cmp(&b.stratum).then(b.time.total_cmp(&a.time)));
        let (n, width) = (rows.len() as f64, rows[0].covariates.len());
        let mut unit = vec![1.0; width];
        for (k, unit) in unit.iter_mut().enumerate() {
            let mean = rows.iter().map(|r| r.covariates[k]).sum::<f64>() / n;
            let square: f64 = rows.iter().map(|r| (r.covariates[k] - mean) * (r.covariates[k] - mean)).sum();
            let spread = (square / n).sqrt();
            *unit = if spread > 0.0 { spread } else { 1.0 };
            rows.iter_mut().for_each(|r| r.covariates[k] = (r.covariates[k] - mean) / *unit);
        }
        Model { rows, unit, ties }
    }

    fn evaluate(&self, beta: &[f64]) -> Point {
        let width = beta.len();
        let mut point =
            Point { log_likelihood: 0.0, slope: vec![0.0; width], information: Matrix::zeros(width, width) };
        let predictors: Vec<f64> = self.rows.iter().map(|r| dot(&r.covariates, beta)).collect();
        // A common factor drops out; with the largest taken off nothing overflows.
        let top = predictors.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut start = 0;
        for stratum in self.rows.chunk_by(|a, b| a.stratum == b.stratum) {
            let mut at_risk = Sums::new(width);
            for tied in stratum.chunk_by(|a, b| a.time == b.time) {
                let mut ending = Sums::new(width);
                let mut count = 0.0;
                for (row, predictor) in tied.iter().zip(&predictors[start..]) {
                    let weight = exp(predictor - top);
                    at_risk.add(weight, &row.covariates);
                    if row.event {
                        ending.add(weight, &row.covariates);
                        point.log_likelihood += predictor - top;
                        add_scaled(&mut point.slope, 1.0, &row.covariates);
                        count += 1.0;
                    }
                }
                start += tied.len();
                let mut before = 0.0;
                while before < count {
                    // Efron: of those who have the event now, this share is no longer at risk for the next.
                    let gone = if self.ties == Ties::Efron { before / count } else { 0.0 };
                    point.subtract(&at_risk, gone, &ending);
                    before += 1.0;
                }
            }
        }
        point
    }

    /// The best of a full step and halved ones.
    fn towards(&self, beta: &[f64], step: &[f64], from: &Point) -> (Vec<f64>, Point) {
        let mut share = 1.0;
        let mut halvings = 0;
        loop {
            let mut next = beta.to_vec();
            add_scaled(&mut next, share, step);
            let point = self.evaluate(&next);
            // Rounding may take a little from a step that gains nothing more.
            let slack = f64::EPSILON * self.rows.len() as f64 * from.log_likelihood.abs();
            if point.log_likelihood >= from.log_likelihood - slack || halvings == MOST_HALVINGS {
                return (next, point);
            }
            share *= 0.5;
            halvings += 1;
        }
    }

    /// The covariates that carry a direction in which the likelihood grows for ever: at every event those who have it
    /// have the largest linear predictor of all at risk, and somewhere larger than others.
    ///
    /// Source: Bryson & Johnson 1981, Technometrics 23:381.
    fn endless(&self, direction: &[f64], names: &[&str]) -> Option<Vec<String>> {
        let predictors: Vec<f64> = self.rows.iter().map(|r| dot(&r.covariates, direction)).collect();
        let largest = predictors.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let least = predictors.iter().copied().fold(f64::INFINITY, f64::min);
        let slack = LEVEL * (largest - least);
        let (mut start, mut strict) = (0, false);
        for stratum in self.rows.chunk_by(|a, b| a.stratum == b.stratum) {
            let (mut highest, mut lowest) = (f64::NEG_INFINITY, f64::INFINITY);
            for tied in stratum.chunk_by(|a, b| a.time == b.time) {
                let here = &predictors[start..start + tied.len()];
                start += tied.len();
                highest = here.iter().copied().fold(highest, f64::max);
                lowest = here.iter().copied().fold(lowest, f64::min);
                for (row, predictor) in tied.iter().zip(here) {
                    if row.event && *predictor < highest - slack {
                        return None;
                    }
                    strict |= row.event && lowest < predictor - slack;
                }
            }
        }
        // Covariates have spread 1, so components of the direction compare.
        let most = direction.iter().map(|d| d.abs()).fold(0.0, f64::max);
        let carries = |k: &usize| direction[*k].abs() > 0.1 * most;
        strict.then(|| (0..names.len()).filter(carries).map(|k| names[k].into()).collect())
    }
}

impl Point {
    /// Takes the logarithm of the weight of those at risk, less a share of those ending, from the likelihood.
    fn subtract(&mut self, at_risk: &Sums, gone: f64, ending: &Sums) {
        let weight = at_risk.weight - gone * ending.weight;
        let mut mean = at_risk.first.clone();
        add_scaled(&mut mean, -gone, &ending.first);
        mean.iter_mut().for_each(|m| *m /= weight);
        self.log_likelihood -= ln(weight);
        add_scaled(&mut self.slope, -1.0, &mean);
        self.information.add(1.0 / weight, &at_risk.second);
        if gone > 0.0 {
            self.information.add(-gone / weight, &ending.second);
        }
        for (i, m) in mean.iter().enumerate() {
            add_scaled(self.information.row_mut(i), -m, &mean);
        }
    }
}
