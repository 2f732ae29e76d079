//! Least squares, and the analysis of covariance that compares arms.
//!
//! Without weights the covariance of the coefficients is the classical one. With weights, as when people are made to
//! stand for a target population, the residuals have no common variance, and the covariance is the sandwich HC1.
//!
//! Source of HC1: MacKinnon & White 1985, J Econometrics 29:305.

use super::Estimate;
use super::matrix::{Matrix, Orthonormal, dot};
use std::fmt;

/// A fitted linear model.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Coefficients, one for each column.
    pub coefficients: Vec<f64>,
    /// Their covariance.
    pub covariance: Matrix,
    /// Residual degrees of freedom: rows less columns.
    pub df: f64,
    /// Residual standard deviation; of weighted residuals where there are weights.
    pub sigma: f64,
}

/// Why a model was not fitted.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The parts of the data do not fit each other.
    Shape {
        /// What does not fit.
        what: String,
    },
    /// A value that is not a finite number, or a weight that is not above zero.
    NotFinite {
        /// Row, from 0.
        row: usize,
    },
    /// Columns that follow from columns before them.
    Aliased {
        /// Their names.
        columns: Vec<String>,
    },
    /// No more rows than columns.
    TooFew {
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Shape { what } => write!(f, "the data do not fit together: {what}"),
            Fault::NotFinite { row } => write!(
                f,
                "row {row} (counted from 0) has a value that is not a finite number, or a weight that is not above zero; \
                 leave the row out"
            ),
            Fault::Aliased { columns } => write!(
                f,
                "the design has columns that follow from those before them: {}; leave them out, or leave out a level \
                 of each factor",
                columns.join(", ")
            ),
            Fault::TooFew { rows, columns } => {
                write!(f, "{rows} rows cannot carry {columns} columns; take fewer covariates or more people")
            }
        }
    }
}

impl std::error::Error for Fault {}

/// Fits `y` on the columns of `x` by least squares, weighted where there are weights.
pub fn least_squares(columns: &[String], x: &Matrix, y: &[f64], weights: Option<&[f64]>) -> Result<Linear, Fault> {
    let (n, p) = (x.rows(), x.columns());
    if columns.len() != p || y.len() != n || weights.is_some_and(|w| w.len() != n) {
        let what = format!("{n} rows and {p} columns, {} values and {} names", y.len(), columns.len());
        return Err(Fault::Shape { what });
    }
    let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
    let wrong = |i: &usize| {
        let fit = y[*i].is_finite() && x.row(*i).iter().all(|v| v.is_finite()) && weight(*i).is_finite();
        !fit || weight(*i) <= 0.0
    };
    if let Some(row) = (0..n).find(wrong) {
        return Err(Fault::NotFinite { row });
    }
    if n <= p {
        return Err(Fault::TooFew { rows: n, columns: p });
    }
    let roots: Vec<f64> = (0..n).map(|i| weight(i).sqrt()).collect();
    let names = |at: Vec<usize>| at.into_iter().map(|j| columns[j].clone()).collect();
    let design = Orthonormal::new(&Matrix::from_fn(n, p, |i, j| roots[i] * x[(i, j)]))
        .map_err(|at| Fault::Aliased { columns: names(at) })?;
    let turned: Vec<f64> = y.iter().zip(&roots).map(|(y, root)| root * y).collect();
    let first = design.q.transposed().times_vector(&turned);
    let residual: Vec<f64> = (0..n).map(|i| turned[i] - dot(design.q.row(i), &first)).collect();
    let df = (n - p) as f64;
    let square = dot(&residual, &residual) / df;
    let covariance = match weights {
        None => Matrix::identity(p).scaled(square),
        Some(_) => {
            // The root of the weight is in the residual and in the row: together the weight.
            let scores = Matrix::from_fn(n, p, |i, j| residual[i] * design.q[(i, j)]);
            scores.transposed().times(&scores).scaled(n as f64 / df)
        }
    };
    Ok(Linear {
        columns: columns.to_vec(),
        coefficients: design.coefficients(&first),
        covariance: design.covariance(&covariance),
        df,
        sigma: square.sqrt(),
    })
}

impl Linear {
    /// Estimate of the contrast `l` of the coefficients, with Student's t of the residual degrees of freedom.
    pub fn contrast(&self, l: &[f64], level: f64) -> Result<Estimate, Fault> {
        if l.len() != self.coefficients.len() {
            let what = format!("{} weights for {} columns", l.len(), self.coefficients.len());
            return Err(Fault::Shape { what });
        }
        let error = self.covariance.form(l, l).sqrt();
        Ok(Estimate::new(dot(l, &self.coefficients), error, Some(self.df), level))
    }
}

/// What an analysis of covariance compares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Names of the arms.
    pub arms: Vec<String>,
    /// Position of the arm the others are compared with.
    pub reference: usize,
    /// Names of the covariates; the baseline is one of them.
    pub covariates: Vec<String>,
    /// People.
    pub people: Vec<Person>,
    /// Whether people are weighted.
    pub weighting: Weighting,
}

/// Whether people are weighted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weighting {
    /// Everyone counts alike.
    #[default]
    None,
    /// By [`Person::weight`]; standard errors are robust.
    ByPerson,
}

/// One person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// Position of the arm.
    pub arm: usize,
    /// What was measured.
    pub y: f64,
    /// Values in the order of [`Comparison::covariates`].
    pub covariates: Vec<f64>,
    /// Weight, above zero; used only where the comparison asks for it.
    pub weight: f64,
}

/// Answer of an analysis of covariance.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// For each arm but the reference, in order: its position and its adjusted difference to the reference.
    pub differences: Vec<(usize, Estimate)>,
    /// For each arm the adjusted mean: at the (weighted) mean of every covariate.
    pub means: Vec<Estimate>,
    /// The model: an intercept, an indicator of each arm but the reference, the covariates.
    pub model: Linear,
}

/// Adjusted differences between arms: least squares of the value on arm and covariates.
pub fn ancova(comparison: &Comparison, level: f64) -> Result<Compared, Fault> {
    let Comparison { arms, reference, covariates, people, weighting } = comparison;
    let wrong = |what: String| Err(Fault::Shape { what });
    if *reference >= arms.len() {
        return wrong(format!("the reference is arm {reference} of {}, counted from 0", arms.len()));
    }
    for (i, person) in people.iter().enumerate() {
        if person.arm >= arms.len() || person.covariates.len() != covariates.len() {
            let (arm, count) = (person.arm, person.covariates.len());
            return wrong(format!(
                "person {i} is in arm {arm} of {}, counted from 0, with {count} values for {} covariates",
                arms.len(),
                covariates.len()
            ));
        }
    }
    let others: Vec<usize> = (0..arms.len()).filter(|arm| arm != reference).collect();
    let mut columns = vec!["intercept".to_string()];
    columns.extend(others.iter().map(|arm| arms[*arm].clone()));
    columns.extend(covariates.iter().cloned());
    let row = |arm: usize, values: &[f64]| -> Vec<f64> {
        let indicators = others.iter().map(|other| if *other == arm { 1.0 } else { 0.0 });
        [1.0].into_iter().chain(indicators).chain(values.iter().copied()).collect()
    };
    let mut x = Matrix::zeros(people.len(), columns.len());
    for (i, person) in people.iter().enumerate() {
        x.row_mut(i).copy_from_slice(&row(person.arm, &person.covariates));
    }
    let y: Vec<f64> = people.iter().map(|person| person.y).collect();
    let weights: Option<Vec<f64>> = match weighting {
        Weighting::None => None,
        Weighting::ByPerson => Some(people.iter().map(|person| person.weight).collect()),
    };
    let model = least_squares(&columns, &x, &y, weights.as_deref())?;
    let total: f64 = weights.as_ref().map_or(people.len() as f64, |w| w.iter().sum());
    let weight = |i: usize| weights.as_ref().map_or(1.0, |w| w[i]);
    let mean = |j: usize| people.iter().enumerate().map(|(i, p)| weight(i) * p.covariates[j]).sum::<f64>() / total;
    let at: Vec<f64> = (0..covariates.len()).map(mean).collect();
    let mut differences = Vec::new();
    for (k, arm) in others.iter().enumerate() {
        let l: Vec<f64> = (0..columns.len()).map(|j| if j == k + 1 { 1.0 } else { 0.0 }).collect();
        differences.push((*arm, model.contrast(&l, level)?));
    }
    let means = (0..arms.len()).map(|arm| model.contrast(&row(arm, &at), level)).collect::<Result<Vec<_>, _>>()?;
    Ok(Compared { differences, means, model })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: x = 1, 2, 3, 4 and y = 2, 3, 5, 6 give slope 7/5 and intercept 1/2; residuals 0.1, -0.3, 0.3, -0.1 leave a
    /// variance of 0.2 / 2 = 0.1, and the slope has the variance 0.1 / 5.
    #[test]
    fn agrees_with_a_line_by_hand() {
        let names = ["a".to_string(), "b".to_string()];
        let x = Matrix::from_fn(4, 2, |i, j| if j == 0 { 1.0 } else { (i + 1) as f64 });
        let y = [2.0, 3.0, 5.0, 6.0];
        let fit = least_squares(&names, &x, &y, None).unwrap();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} for {b}");
        near(fit.coefficients[0], 0.5);
        near(fit.coefficients[1], 1.4);
        near(fit.covariance[(1, 1)], 0.02);
        near(fit.sigma * fit.sigma, 0.1);
        let slope = fit.contrast(&[0.0, 1.0], 0.95).unwrap();
        assert_eq!(slope.df, Some(2.0));
        // Weights of one change the covariance alone: HC1 of the slope is 4/2 * (2.25 * 0.02 + 0.25 * 0.18) / 25.
        let robust = least_squares(&names, &x, &y, Some(&[1.0; 4])).unwrap();
        near(robust.coefficients[1], 1.4);
        near(robust.covariance[(1, 1)], 2.0 * (2.25 * 0.02 + 0.25 * 0.18) / 25.0);
        // A weight of two is the same person twice, but for the covariance.
        let double = least_squares(&names, &x, &y, Some(&[2.0, 1.0, 1.0, 1.0])).unwrap();
        let rows = [0, 0, 1, 2, 3];
        let twice = Matrix::from_fn(5, 2, |i, j| x[(rows[i], j)]);
        let twice = least_squares(&names, &twice, &rows.map(|i| y[i]), None).unwrap();
        near(double.coefficients[0], twice.coefficients[0]);
        near(double.coefficients[1], twice.coefficients[1]);
    }

    #[test]
    fn agrees_that_without_covariates_means_are_compared() {
        let values = [[1.0, 2.0, 3.0], [4.0, 6.0, 8.0], [0.0, 0.0, 3.0]];
        let of = |arm: usize| values[arm].map(|y| Person { arm, y, ..Person::default() });
        let comparison = Comparison {
            arms: ["a", "b", "c"].map(String::from).to_vec(),
            reference: 1,
            people: (0..3).flat_map(of).collect(),
            ..Comparison::default()
        };
        let compared = ancova(&comparison, 0.9).unwrap();
        let means: Vec<f64> = compared.means.iter().map(|m| m.estimate).collect();
        assert!(means.iter().zip([2.0, 6.0, 1.0]).all(|(a, b)| (a - b).abs() < 1e-12), "{means:?}");
        assert_eq!(compared.differences[0].0, 0);
        assert_eq!(compared.differences[1].0, 2);
        let difference = compared.differences[1].1;
        assert!((difference.estimate + 5.0).abs() < 1e-12);
        // Sums of squares 2, 8 and 6 on 6 degrees of freedom; two means of three.
        assert!((difference.error - (16.0 / 6.0 * 2.0 / 3.0_f64).sqrt()).abs() < 1e-12);
        assert_eq!(difference.df, Some(6.0));
    }

    #[test]
    fn rejects_what_cannot_be_fitted() {
        let names = ["a".to_string(), "b".to_string()];
        let ones = Matrix::from_fn(4, 2, |_, _| 1.0);
        let fault = least_squares(&names, &ones, &[1.0; 4], None).unwrap_err();
        assert_eq!(fault, Fault::Aliased { columns: vec!["b".into()] });
        assert!(fault.to_string().contains(": b;"));
        let x = Matrix::from_fn(4, 2, |i, j| (i * j) as f64 + 1.0);
        let fault = least_squares(&names, &x, &[1.0, f64::NAN, 2.0, 3.0], None).unwrap_err();
        assert_eq!(fault, Fault::NotFinite { row: 1 });
        let fault = least_squares(&names, &x, &[1.0; 4], Some(&[1.0, 1.0, 0.0, 1.0])).unwrap_err();
        assert_eq!(fault, Fault::NotFinite { row: 2 });
        let few = Matrix::from_fn(2, 2, |i, j| (i * j) as f64 + 1.0);
        assert_eq!(least_squares(&names, &few, &[1.0; 2], None).unwrap_err(), Fault::TooFew { rows: 2, columns: 2 });
        let person = Person { arm: 2, ..Person::default() };
        let comparison = Comparison { arms: vec!["a".into()], people: vec![person], ..Comparison::default() };
        assert!(matches!(ancova(&comparison, 0.95), Err(Fault::Shape { .. })));
    }
}
