//! What is computed from the records of a trial: estimates, tests and intervals, from plain data.
//!
//! [`mmrm`] fits the mixed model for repeated measures, [`linear`] least squares and the analysis of covariance,
//! [`mod@reference`] imputes what is missing after a person left, and [`distribution`] holds the distribution functions.
//! [`rate`], [`survival`] and [`effect`] compare shares, times and sizes; [`multiplicity`] judges several questions
//! together, [`weighting`] brings a sample to a population, [`montecarlo`] bounds what repeated trials say.
//! Every analysis that compares arms answers with an [`Estimate`].
//!
//! Nothing here draws random numbers: the same data give the same bytes.

pub mod distribution;
pub mod effect;
pub mod linear;
pub mod matrix;
pub mod mmrm;
pub mod montecarlo;
pub mod multiplicity;
pub mod rate;
pub mod reference;
pub mod survival;
pub mod weighting;

use distribution::{normal_cdf, normal_quantile, student_t_cdf, student_t_quantile};

/// An estimated number with its test against zero and its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate, in the unit of what was analysed.
    pub estimate: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom of Student's t; `None` for the normal distribution.
    pub df: Option<f64>,
    /// Estimate divided by standard error.
    pub statistic: f64,
    /// Two-sided p value of the test against zero.
    pub p: f64,
    /// Lower end of the interval.
    pub lower: f64,
    /// Upper end of the interval.
    pub upper: f64,
    /// Confidence level of the two-sided interval, as in 0.95.
    pub level: f64,
}

/// On which side of zero an effect is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The alternative is an estimate above zero.
    Greater,
    /// The alternative is an estimate below zero.
    Less,
}

impl Estimate {
    /// Test and interval of an estimate with a standard error, by Student's t, or by the normal distribution where `df`
    /// is `None`. A standard error of zero gives an infinite statistic, one that is not a number spreads to all.
    pub fn new(estimate: f64, error: f64, df: Option<f64>, level: f64) -> Self {
        let statistic = estimate / error;
        let upper_tail = 0.5 + 0.5 * level;
        let quantile = df.map_or_else(|| normal_quantile(upper_tail), |df| student_t_quantile(upper_tail, df));
        let half = quantile * error;
        let p = 2.0 * below(-statistic.abs(), df);
        Estimate { estimate, error, df, statistic, p, lower: estimate - half, upper: estimate + half, level }
    }

    /// One-sided p value: small where the estimate lies far out on the side of `direction`.
    pub fn one_sided(&self, direction: Direction) -> f64 {
        match direction {
            Direction::Greater => below(-self.statistic, self.df),
            Direction::Less => below(self.statistic, self.df),
        }
    }
}

/// Probability of a statistic below `x`.
fn below(x: f64, df: Option<f64>) -> f64 {
    df.map_or_else(|| normal_cdf(x), |df| student_t_cdf(x, df))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Student's t with 10 degrees of freedom: 2.228 leaves 2.5 % above, 1.812 leaves 5 % (printed tables).
    #[test]
    fn agrees_with_printed_tables_of_students_t() {
        let estimate = Estimate::new(2.228 * 3.0, 3.0, Some(10.0), 0.95);
        assert!((estimate.p - 0.05).abs() < 2e-5, "{}", estimate.p);
        assert!(estimate.lower.abs() < 2e-3 && (estimate.upper - 2.0 * 2.228 * 3.0).abs() < 2e-3);
        let one = Estimate::new(-1.812, 1.0, Some(10.0), 0.9);
        assert!((one.one_sided(Direction::Less) - 0.05).abs() < 5e-5);
        assert!((one.one_sided(Direction::Greater) - 0.95).abs() < 5e-5);
    }

    /// The normal distribution: 1.959964 leaves 2.5 % above (printed tables).
    #[test]
    fn agrees_with_printed_tables_of_the_normal_distribution() {
        let estimate = Estimate::new(1.959_964, 1.0, None, 0.95);
        assert!((estimate.p - 0.05).abs() < 1e-7, "{}", estimate.p);
        assert!(estimate.lower.abs() < 1e-6);
    }
}
