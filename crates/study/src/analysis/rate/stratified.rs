//! Two rates compared within strata (sites, entry strata) and put together.

use super::score::{collect, limits, standardised, variance_at_difference};
use super::{Count, Unusable};
use crate::analysis::Estimate;
use crate::analysis::distribution::{chi_square_upper, normal_quantile};
use sim::math::{exp, ln};

/// The two arms in one stratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stratum {
    /// The arm of interest.
    pub arm: Count,
    /// What it is compared with.
    pub comparator: Count,
}

/// A chi-square test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// The statistic.
    pub statistic: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// Probability of at least this statistic without any effect.
    pub p: f64,
}

impl Test {
    /// The test of a statistic that is chi-square without any effect.
    pub fn chi_square(statistic: f64, df: f64) -> Self {
        Test { statistic, df, p: chi_square_upper(statistic, df) }
    }
}

/// Counts of one stratum as numbers.
struct Table {
    /// Events and people of the arm.
    x: f64,
    n: f64,
    /// Events and people of the comparator.
    y: f64,
    m: f64,
    /// All people.
    all: f64,
}

impl From<&Stratum> for Table {
    fn from(s: &Stratum) -> Self {
        let (n, m) = (s.arm.size() as f64, s.comparator.size() as f64);
        Table { x: s.arm.events() as f64, n, y: s.comparator.events() as f64, m, all: n + m }
    }
}

fn sum(strata: &[Stratum], f: impl Fn(&Table) -> f64) -> f64 {
    strata.iter().map(|s| f(&Table::from(s))).sum()
}

/// The Cochran-Mantel-Haenszel test of no effect in any stratum, without continuity correction, 1 degree of freedom.
///
/// Source: Mantel & Haenszel 1959, J Natl Cancer Inst 22:719; Agresti 2013, Categorical Data Analysis, section 6.4.
pub fn mantel_haenszel_test(strata: &[Stratum]) -> Result<Test, Unusable> {
    let surplus = sum(strata, |t| t.x - t.n * (t.x + t.y) / t.all);
    let variance = sum(strata, |t| {
        let events = t.x + t.y;
        t.n * t.m * events * (t.all - events) / (t.all * t.all * (t.all - 1.0))
    });
    if variance > 0.0 { Ok(Test::chi_square(surplus * surplus / variance, 1.0)) } else { Err(Unusable::NoContrast) }
}

/// The common difference of rates with Mantel-Haenszel weights `n m / (n + m)`, tested and bounded by the normal law.
/// `strata` is not empty.
///
/// Source: Sato 1989, Biometrics 45:1323: a variance that holds for few large and for many small strata.
pub fn mantel_haenszel_difference(strata: &[Stratum], level: f64) -> Result<Estimate, Unusable> {
    let weight = sum(strata, |t| t.n * t.m / t.all);
    if weight <= 0.0 {
        return Err(Unusable::NoSharedStratum);
    }
    let estimate = sum(strata, |t| (t.x * t.m - t.y * t.n) / t.all) / weight;
    let unequal =
        sum(strata, |t| (t.n * t.n * t.y - t.m * t.m * t.x + 0.5 * t.n * t.m * (t.m - t.n)) / (t.all * t.all));
    let equal = sum(strata, |t| (t.x * (t.m - t.y) + t.y * (t.n - t.x)) / (2.0 * t.all));
    let variance = (estimate * unequal + equal) / (weight * weight);
    Ok(Estimate::new(estimate, variance.max(0.0).sqrt(), None, level))
}

/// The common odds ratio of Mantel and Haenszel. `error` is the standard error of its logarithm, `statistic` the
/// logarithm over it, and the interval is symmetric about the logarithm.
///
/// Source: Robins, Breslow & Greenland 1986, Biometrics 42:311.
pub fn mantel_haenszel_odds_ratio(strata: &[Stratum], level: f64) -> Result<Estimate, Unusable> {
    // For each stratum: shares of agreeing and opposing people, and products of cells.
    let parts = |t: &Table| {
        let (agreeing, opposing) = ((t.x + t.m - t.y) / t.all, (t.n - t.x + t.y) / t.all);
        (agreeing, opposing, t.x * (t.m - t.y) / t.all, (t.n - t.x) * t.y / t.all)
    };
    let (for_it, against) = (sum(strata, |t| parts(t).2), sum(strata, |t| parts(t).3));
    if for_it <= 0.0 || against <= 0.0 {
        return Err(Unusable::NoContrast);
    }
    let first = sum(strata, |t| parts(t).0 * parts(t).2) / (2.0 * for_it * for_it);
    let mixed = sum(strata, |t| parts(t).0 * parts(t).3 + parts(t).1 * parts(t).2) / (2.0 * for_it * against);
    let last = sum(strata, |t| parts(t).1 * parts(t).3) / (2.0 * against * against);
    let estimate = for_it / against;
    let error = (first + mixed + last).sqrt();
    let (log, half) = (ln(estimate), normal_quantile(0.5 + 0.5 * level) * error);
    Ok(collect(estimate, error, log / error, (exp(log - half), exp(log + half)), level))
}

/// The common difference of rates with Mantel-Haenszel weights, with the test and interval of the stratified score of
/// Miettinen and Nurminen: `sum w (d - supposed)` over the root of `sum w^2 v(supposed)`, each variance from the rates
/// that are most likely under the supposed difference. With one stratum it is [`super::score::difference`]; `error` is
/// that of [`mantel_haenszel_difference`].
///
/// Source: Miettinen & Nurminen 1985, Stat Med 4:213, section on stratified analysis, with fixed weights as in
/// Klingenberg 2014, Stat Med 33:2968, in place of their iterated ones.
pub fn score_difference(strata: &[Stratum], level: f64) -> Result<Estimate, Unusable> {
    let wald = mantel_haenszel_difference(strata, level)?;
    let weight = |s: &Stratum| {
        let t = Table::from(s);
        t.n * t.m / t.all
    };
    let score = |supposed: f64| {
        let distance: f64 = strata.iter().map(|s| weight(s) * (s.arm.rate() - s.comparator.rate() - supposed)).sum();
        let variance: f64 =
            strata.iter().map(|s| weight(s) * weight(s) * variance_at_difference(s.arm, s.comparator, supposed)).sum();
        standardised(distance, variance)
    };
    let ends = limits(wald.estimate, (-1.0, 1.0), level, score);
    Ok(collect(wald.estimate, wald.error, score(0.0), ends, level))
}
