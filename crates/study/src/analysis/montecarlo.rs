//! How far numbers from repeated trials can be trusted, and what closed forms say instead.

use super::Estimate;
use super::distribution::{binomial_cdf, binomial_upper, noncentral_t_cdf, student_t_quantile};
use super::rate::{Count, Unusable, wilson};
use crate::statistic::{mean, sd};

/// A rate over repeated trials (power, type I error, coverage) with its Monte-Carlo error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Share of the trials.
    pub estimate: f64,
    /// Its binomial standard error.
    pub error: f64,
    /// Lower end of the Wilson interval.
    pub lower: f64,
    /// Upper end of the Wilson interval.
    pub upper: f64,
    /// Confidence level of the interval.
    pub level: f64,
}

/// The rate of `hits` in `runs` trials.
pub fn rate(hits: u64, runs: u64, level: f64) -> Result<Rate, Unusable> {
    let count = Count::new(hits, runs)?;
    let (p, interval) = (count.rate(), wilson(count, level));
    let error = (p * (1.0 - p) / runs as f64).sqrt();
    Ok(Rate { estimate: p, error, lower: interval.lower, upper: interval.upper, level })
}

/// The mean over repeated trials with its Monte-Carlo error; needs two.
pub fn mean_of(values: &[f64], level: f64) -> Estimate {
    let n = values.len() as f64;
    Estimate::new(mean(values), sd(values) / n.sqrt(), Some(n - 1.0), level)
}

/// Trials that bring the standard error of a rate near `rate` down to `error`.
pub fn runs_for(rate: f64, error: f64) -> f64 {
    (rate * (1.0 - rate) / (error * error)).ceil()
}

/// Two-sided exact p value of `hits` in `runs` trials where `expected` is the rate: twice the smaller tail.
pub fn surprise(hits: u64, runs: u64, expected: f64) -> f64 {
    let tail = binomial_cdf(hits, runs, expected).min(binomial_upper(hits, runs, expected));
    (2.0 * tail).min(1.0)
}

/// Whether `hits` in `runs` trials are compatible with the rate `expected`: it lies in the exact interval of `level`.
///
/// Holding a type I error against its nominal level in many scenarios at once needs a `level` near 1, or one scenario
/// in twenty fails at 0.95 by chance.
pub fn inside(hits: u64, runs: u64, expected: f64, level: f64) -> bool {
    surprise(hits, runs, expected) > 1.0 - level
}

/// Two arms whose means are compared by Student's test with a pooled standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoMeans {
    /// Difference of the means.
    pub difference: f64,
    /// Standard deviation within each arm.
    pub sd: f64,
    /// People in each arm.
    pub sizes: [f64; 2],
}

/// On how many sides a test rejects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sides {
    /// On both, half of the level each.
    #[default]
    Two,
    /// On the side of a difference above 0.
    One,
}

impl TwoMeans {
    /// Exact power of the test for normal data; at a difference of 0 it is `alpha`.
    ///
    /// Source: Cohen 1988, Statistical Power Analysis for the Behavioral Sciences, section 12.2; both tails are
    /// counted.
    pub fn power(&self, alpha: f64, sides: Sides) -> f64 {
        let [n, m] = self.sizes;
        let df = n + m - 2.0;
        let shift = self.difference / (self.sd * (1.0 / n + 1.0 / m).sqrt());
        let critical = |tail: f64| -student_t_quantile(tail, df);
        // The upper tail as the lower one of the mirrored law.
        let above = |t: f64| noncentral_t_cdf(-t, df, -shift);
        match sides {
            Sides::One => above(critical(alpha)),
            Sides::Two => {
                let t = critical(0.5 * alpha);
                above(t) + noncentral_t_cdf(-t, df, shift)
            }
        }
    }

    /// The smallest equal number of people in an arm that gives at least this power; `None` beyond `most`.
    pub fn size_for(&self, power: f64, alpha: f64, sides: Sides, most: u32) -> Option<u32> {
        let enough = |n: u32| TwoMeans { sizes: [f64::from(n); 2], ..*self }.power(alpha, sides) >= power;
        let (mut low, mut high) = (1, 2);
        while !enough(high) {
            if high >= most {
                return None;
            }
            low = high;
            high = high.saturating_mul(2).min(most);
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if enough(middle) { high = middle } else { low = middle }
        }
        Some(high)
    }
}
