//! Tests of contrasts of fixed effects, and their degrees of freedom.
//!
//! *Satterthwaite*: the variance of a contrast is itself estimated; matching its mean and variance to a chi-square law
//! gives `2 v^2 / var(v)`, with the variance of the covariance parameters from the observed information, as in SAS.
//! Several contrasts at once are turned into independent ones (Fai & Cornelius 1996, Journal of
//! Statistical Computation and Simulation 54:363).
//!
//! *Kenward and Roger* (1997, Biometrics 53:983): standard errors are adjusted for the bias and the spread that come with
//! an estimated covariance, and the scale and the denominator of F match its first two moments. Second derivatives of
//! the covariance are included; they matter for the autoregressive structure only. The paper and R's pbkrtest take the
//! expected information of the covariance parameters, SAS the observed one. With many missing values they differ
//! visibly, so both are here.

use super::Fault;
use super::covariance::Structure;
use super::likelihood::second_order;
use super::search::Found;
use super::sums::Sums;
use super::{Fit, covariance};
use crate::analysis::Estimate;
use crate::analysis::distribution::f_upper;
use crate::analysis::matrix::{Matrix, Orthonormal, dot, eigen};

/// How degrees of freedom are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freedom {
    /// Satterthwaite's approximation, model-based standard errors.
    Satterthwaite,
    /// Kenward and Roger's, with adjusted standard errors.
    KenwardRoger(Information),
    /// Observations less columns, model-based standard errors.
    Residual,
}

/// Which information gives the covariance of the covariance parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Information {
    /// The second derivatives of the likelihood at these data, as in SAS.
    Observed,
    /// Their mean over data from the model, as in the paper.
    Expected,
}

/// A test that several contrasts are all zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// F statistic.
    pub f: f64,
    /// Numerator degrees of freedom: the number of contrasts.
    pub df1: f64,
    /// Denominator degrees of freedom.
    pub df2: f64,
    /// p value.
    pub p: f64,
}

/// What contrasts need, on orthonormal columns and in the unit of the sums.
#[derive(Clone, Debug)]
pub(super) struct Inference {
    design: Orthonormal,
    /// Square of the unit.
    square: f64,
    residual_df: f64,
    /// Covariance of the coefficients.
    phi: Matrix,
    /// The same adjusted, by the observed and by the expected information.
    adjusted: [Matrix; 2],
    /// `phi T_i phi`: how the covariance of the coefficients changes with each parameter.
    slopes: Vec<Matrix>,
    /// Covariance of the parameters, by the observed and by the expected information.
    parameters: [Matrix; 2],
}

impl Inference {
    pub(super) fn new(sums: &Sums, structure: Structure, found: &Found) -> Result<Self, Fault> {
        let phi = &found.point.phi;
        let expected = found.derivatives.expected.cholesky(0.0).ok_or(Fault::NotEstimable)?;
        // -2 log-likelihood has twice the information as its second derivatives.
        let parameters = [found.observed.inverse().scaled(2.0), expected.inverse().scaled(2.0)];
        let tangents = &found.derivatives.tangents;
        let turned: Vec<Matrix> = tangents.iter().map(|t| phi.times(t)).collect();
        let adjusted = parameters.each_ref().map(|spread| {
            let mut inner = second_order(sums, structure, &found.point, spread);
            for (i, turned) in turned.iter().enumerate() {
                let mut weighted = Matrix::zeros(phi.rows(), phi.rows());
                tangents.iter().enumerate().for_each(|(j, t)| weighted.add(spread[(i, j)], t));
                inner.add(-1.0, &weighted.times(turned));
            }
            let more = phi.times(&inner).times(phi);
            // Symmetric but for rounding; twice the mean of both halves.
            Matrix::from_fn(phi.rows(), phi.rows(), |i, j| phi[(i, j)] + more[(i, j)] + more[(j, i)])
        });
        Ok(Inference {
            design: sums.design.clone(),
            square: sums.unit * sums.unit,
            residual_df: (sums.observations - sums.columns) as f64,
            phi: phi.clone(),
            adjusted,
            slopes: turned.iter().map(|t| t.times(phi)).collect(),
            parameters,
        })
    }

    /// Covariance of the coefficients in the columns and the unit of the data.
    pub(super) fn covariance(&self, freedom: Freedom) -> Matrix {
        self.design.covariance(self.spread(freedom)).scaled(self.square)
    }

    /// Covariance of the parameters of the covariance, in the unit of the sums.
    pub(super) fn of_parameters(&self, information: Information) -> &Matrix {
        match information {
            Information::Observed => &self.parameters[0],
            Information::Expected => &self.parameters[1],
        }
    }

    fn spread(&self, freedom: Freedom) -> &Matrix {
        match freedom {
            Freedom::KenwardRoger(Information::Observed) => &self.adjusted[0],
            Freedom::KenwardRoger(Information::Expected) => &self.adjusted[1],
            Freedom::Satterthwaite | Freedom::Residual => &self.phi,
        }
    }

    /// Degrees of freedom of one contrast `l` on the orthonormal columns.
    fn df(&self, l: &[f64], freedom: Freedom) -> f64 {
        let by = match freedom {
            Freedom::Residual => return self.residual_df,
            Freedom::Satterthwaite => self.of_parameters(Information::Observed),
            // Of one contrast Kenward and Roger's moments give Satterthwaite's form.
            Freedom::KenwardRoger(information) => self.of_parameters(information),
        };
        let variance = self.phi.form(l, l);
        let slopes: Vec<f64> = self.slopes.iter().map(|s| s.form(l, l)).collect();
        2.0 * variance * variance / by.form(&slopes, &slopes)
    }
}

impl Fit {
    /// Covariance of the fixed effects as a choice of degrees of freedom takes it.
    pub fn spread(&self, freedom: Freedom) -> Matrix {
        self.inference.covariance(freedom)
    }

    /// Estimate of the contrast `l` of the fixed effects, in the order of [`Fit::columns`].
    pub fn contrast(&self, l: &[f64], freedom: Freedom, level: f64) -> Result<Estimate, Fault> {
        let turned = self.turned(&[l])?.remove(0);
        let inference = &self.inference;
        let error = (inference.spread(freedom).form(&turned, &turned) * inference.square).sqrt();
        if !error.is_finite() || error == 0.0 {
            return Err(Fault::Contrast { what: "its variance is zero or not a number".into() });
        }
        Ok(Estimate::new(dot(l, &self.coefficients), error, Some(inference.df(&turned, freedom)), level))
    }

    /// Test that all contrasts in `rows` are zero.
    pub fn test(&self, rows: &[Vec<f64>], freedom: Freedom) -> Result<Test, Fault> {
        let turned = self.turned(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        let inference = &self.inference;
        let count = rows.len();
        // Rows that depend on each other would be tested twice.
        const DEPENDENT: f64 = 1e-10;
        let between = |m: &Matrix| Matrix::from_fn(count, count, |i, j| m.form(&turned[i], &turned[j]));
        let dependent = || Fault::Contrast { what: "its rows depend on each other; leave out one of them".into() };
        let factored = between(inference.spread(freedom)).cholesky(DEPENDENT).ok_or_else(dependent)?;
        let values: Vec<f64> = rows.iter().map(|l| dot(l, &self.coefficients)).collect();
        let half = factored.forward(&values);
        let f = dot(&half, &half) / (inference.square * count as f64);
        let (scale, df2) = match freedom {
            Freedom::Residual => (1.0, inference.residual_df),
            Freedom::Satterthwaite => (1.0, inference.fai_cornelius(&between(&inference.phi), &turned)),
            Freedom::KenwardRoger(_) if count == 1 => (1.0, inference.df(&turned[0], freedom)),
            Freedom::KenwardRoger(information) => {
                let plain = between(&inference.phi).cholesky(DEPENDENT).ok_or_else(dependent)?;
                inference.kenward_roger(&plain.inverse(), &turned, information)
            }
        };
        let (f, df1) = (scale * f, count as f64);
        Ok(Test { f, df1, df2, p: f_upper(f, df1, df2) })
    }

    /// Contrasts on the orthonormal columns.
    fn turned(&self, rows: &[&[f64]]) -> Result<Vec<Vec<f64>>, Fault> {
        let columns = self.columns.len();
        if rows.is_empty() || rows.len() > columns {
            return Err(Fault::Contrast { what: format!("{} rows for {columns} columns", rows.len()) });
        }
        let turned = |l: &&[f64]| {
            if l.len() != columns {
                return Err(Fault::Contrast { what: format!("{} weights for {columns} columns", l.len()) });
            }
            if l.iter().any(|w| !w.is_finite()) || l.iter().all(|w| *w == 0.0) {
                return Err(Fault::Contrast { what: "its weights are all zero or not finite".into() });
            }
            Ok(self.inference.design.contrast(l))
        };
        rows.iter().map(turned).collect()
    }
}

impl Inference {
    /// Denominator degrees of freedom of several contrasts, from those of independent ones.
    fn fai_cornelius(&self, variance: &Matrix, turned: &[Vec<f64>]) -> f64 {
        let (_, vectors) = eigen(variance);
        let count = turned.len();
        let each: Vec<f64> = (0..count)
            .map(|k| {
                let mut l = vec![0.0; self.phi.rows()];
                (0..count).for_each(|i| l.iter_mut().zip(&turned[i]).for_each(|(x, t)| *x += vectors[(k, i)] * t));
                self.df(&l, Freedom::Satterthwaite)
            })
            .collect();
        if count == 1 {
            return each[0];
        }
        // The mean of F with these degrees of freedom; where it does not exist the smallest is taken, where SAS gives 0.
        let sum: f64 = each.iter().filter(|df| **df > 2.0).map(|df| df / (df - 2.0)).sum();
        let least = each.iter().copied().fold(f64::INFINITY, f64::min);
        if sum > count as f64 { 2.0 * sum / (sum - count as f64) } else { least }
    }

    /// Scale of F and denominator degrees of freedom. `inverse` is the inverse of the contrasts' covariance.
    fn kenward_roger(&self, inverse: &Matrix, turned: &[Vec<f64>], information: Information) -> (f64, f64) {
        let count = turned.len();
        let spread = self.of_parameters(information);
        let products: Vec<Matrix> = self
            .slopes
            .iter()
            .map(|s| inverse.times(&Matrix::from_fn(count, count, |i, j| s.form(&turned[i], &turned[j]))))
            .collect();
        let traces: Vec<f64> = products.iter().map(|m| m.diagonal().iter().sum()).collect();
        let (a1, mut a2) = (spread.form(&traces, &traces), 0.0);
        for (i, j) in covariance::triangle(products.len()) {
            let both = products[i].trace_with(&products[j].transposed());
            a2 += if i == j { 1.0 } else { 2.0 } * spread[(i, j)] * both;
        }
        let q = count as f64;
        let b = (a1 + 6.0 * a2) / (2.0 * q);
        let g = ((q + 1.0) * a1 - (q + 4.0) * a2) / ((q + 2.0) * a2);
        let below = 3.0 * q + 2.0 * (1.0 - g);
        let (c1, c2, c3) = (g / below, (q - g) / below, (q + 2.0 - g) / below);
        let mean = 1.0 / (1.0 - a2 / q);
        let variance = 2.0 / q * (1.0 + c1 * b) / ((1.0 - c2 * b) * (1.0 - c2 * b) * (1.0 - c3 * b));
        let ratio = variance / (2.0 * mean * mean);
        let df = 4.0 + (q + 2.0) / (q * ratio - 1.0);
        (df / (mean * (df - 2.0)), df)
    }
}
