//! Two rates compared by the score of a restricted likelihood.
//!
//! For a supposed difference (ratio, odds ratio) the rates are estimated under that supposition; the distance of what
//! was observed from it, in standard errors under it, is the score. The interval holds every supposition whose score is
//! less than the normal quantile. The variance carries the factor `N / (N - 1)` of Miettinen and Nurminen.
//!
//! In each [`Estimate`] `statistic` is the score at no difference (the same for all three measures), so it agrees with
//! the interval and not with `estimate / error`; `error` is the plain large-sample standard error, of the difference or
//! of the logarithm of the ratio (NaN or infinite where a count is zero).
//!
//! Source: Miettinen & Nurminen 1985, Stat Med 4:213.

use super::Count;
use crate::analysis::Estimate;
use crate::analysis::distribution::{normal_quantile, normal_two_sided};
use sim::math::exp;

/// Ratios are looked for between `exp(-300)` and `exp(300)`; beyond lies 0 or infinity.
const FARTHEST: f64 = 300.0;
/// Halvings of an interval; by then its ends are neighbouring numbers.
const MOST_HALVINGS: u32 = 200;

/// Difference of two rates, `arm - comparator`, between -1 and 1.
pub fn difference(arm: Count, comparator: Count, level: f64) -> Estimate {
    let estimate = arm.rate() - comparator.rate();
    let variance = |c: Count| c.rate() * (1.0 - c.rate()) / c.size() as f64;
    let error = (variance(arm) + variance(comparator)).sqrt();
    let score = |supposed: f64| {
        let spread = variance_at_difference(arm, comparator, supposed);
        standardised(estimate - supposed, spread)
    };
    let (lower, upper) = limits(estimate, (-1.0, 1.0), level, score);
    collect(estimate, error, score(0.0), (lower, upper), level)
}

/// Ratio of two rates, `arm / comparator`, from 0 to infinity; NaN where nothing happened in either.
pub fn ratio(arm: Count, comparator: Count, level: f64) -> Estimate {
    let part = |c: Count| 1.0 / c.events() as f64 - 1.0 / c.size() as f64;
    let error = (part(arm) + part(comparator)).sqrt();
    let score = |supposed: f64| {
        let (a, b) = at_ratio(arm, comparator, supposed);
        let (n, m) = (arm.size() as f64, comparator.size() as f64);
        let spread = (a * (1.0 - a) / n + supposed * supposed * b * (1.0 - b) / m) * unbiased(arm, comparator);
        standardised(arm.rate() - supposed * comparator.rate(), spread)
    };
    relative(arm.rate() / comparator.rate(), error, (arm, comparator), level, score)
}

/// Ratio of the odds of two rates, from 0 to infinity; NaN where the event happened to all or none of both arms.
pub fn odds_ratio(arm: Count, comparator: Count, level: f64) -> Estimate {
    let odds = |c: Count| c.events() as f64 / (c.size() - c.events()) as f64;
    let part = |c: Count| 1.0 / c.events() as f64 + 1.0 / (c.size() - c.events()) as f64;
    let error = (part(arm) + part(comparator)).sqrt();
    let score = |supposed: f64| {
        let (a, b) = at_odds_ratio(arm, comparator, supposed);
        let (n, m) = (arm.size() as f64, comparator.size() as f64);
        // Observed less expected events of the arm, over the root of its variance given the odds ratio.
        let information = 1.0 / (n * a.0 * a.1) + 1.0 / (m * b.0 * b.1);
        standardised(n * (arm.rate() - a.0), unbiased(arm, comparator) / information)
    };
    relative(odds(arm) / odds(comparator), error, (arm, comparator), level, score)
}

/// The factor `N / (N - 1)`.
pub(super) fn unbiased(arm: Count, comparator: Count) -> f64 {
    let all = (arm.size() + comparator.size()) as f64;
    all / (all - 1.0)
}

/// A distance over the root of its variance; no distance is 0 whatever the variance.
pub(super) fn standardised(distance: f64, variance: f64) -> f64 {
    if distance == 0.0 { 0.0 } else { distance / variance.max(0.0).sqrt() }
}

/// Variance of the difference of two rates, with the rates estimated under a supposed difference.
pub(super) fn variance_at_difference(arm: Count, comparator: Count, supposed: f64) -> f64 {
    let (a, b) = at_difference(arm, comparator, supposed);
    (a * (1.0 - a) / arm.size() as f64 + b * (1.0 - b) / comparator.size() as f64) * unbiased(arm, comparator)
}

/// The most likely rates that differ by `supposed`.
fn at_difference(arm: Count, comparator: Count, supposed: f64) -> (f64, f64) {
    let (x, n) = (arm.events() as f64, arm.size() as f64);
    let (y, m) = (comparator.events() as f64, comparator.size() as f64);
    // The slope of the likelihood falls in the comparator's rate; multiplied by all four probabilities it has no poles.
    let slope = |b: f64| {
        let a = b + supposed;
        let (c, d) = (1.0 - a, 1.0 - b);
        x * c * b * d - (n - x) * a * b * d + y * a * c * d - (m - y) * a * c * b
    };
    let (mut low, mut high) = ((-supposed).max(0.0), (1.0 - supposed).min(1.0));
    for _ in 0..MOST_HALVINGS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if slope(middle) > 0.0 { low = middle } else { high = middle }
    }
    let b = 0.5 * (low + high);
    ((b + supposed).clamp(0.0, 1.0), b)
}

/// The most likely rates of which the first is `supposed` times the second.
fn at_ratio(arm: Count, comparator: Count, supposed: f64) -> (f64, f64) {
    let (x, n) = (arm.events() as f64, arm.size() as f64);
    let (y, m) = (comparator.events() as f64, comparator.size() as f64);
    // The smaller root of a quadratic, in the form that does not cancel.
    let (square, linear) = ((n + m) * supposed, (n + y) * supposed + x + m);
    let root = (linear * linear - 4.0 * square * (x + y)).max(0.0).sqrt();
    let b = 2.0 * (x + y) / (linear + root);
    ((supposed * b).min(1.0), b.min(1.0))
}

/// The most likely rates of which the first has `supposed` times the odds of the second, each with its complement.
fn at_odds_ratio(arm: Count, comparator: Count, supposed: f64) -> ((f64, f64), (f64, f64)) {
    let events = (arm.events() + comparator.events()) as f64;
    let (n, m) = (arm.size() as f64, comparator.size() as f64);
    let second = |odds_ratio: f64, events: f64| {
        let square = m * (odds_ratio - 1.0);
        let linear = n * odds_ratio + m - events * (odds_ratio - 1.0);
        let root = (linear * linear + 4.0 * square * events).max(0.0).sqrt();
        let b = if linear > 0.0 { 2.0 * events / (linear + root) } else { (root - linear) / (2.0 * square) };
        b.clamp(0.0, 1.0)
    };
    // People without an event have the inverse odds ratio; so neither a rate nor its complement loses digits.
    let (b, d) = (second(supposed, events), second(1.0 / supposed, n + m - events));
    let scale = supposed * b + d;
    ((supposed * b / scale, d / scale), (b, d))
}

/// Limits of a measure that lies in `range`, where a falling `score` passes plus and minus the normal quantile.
pub(super) fn limits(estimate: f64, range: (f64, f64), level: f64, score: impl Fn(f64) -> f64) -> (f64, f64) {
    let z = normal_quantile(0.5 + 0.5 * level);
    (passing(range.0, estimate, z, &score), passing(estimate, range.1, -z, &score))
}

/// Where a falling function passes `height` between `low` and `high`: `low` where it is never above, `high` where it is
/// never below.
fn passing(mut low: f64, mut high: f64, height: f64, score: &impl Fn(f64) -> f64) -> f64 {
    for _ in 0..MOST_HALVINGS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if score(middle) > height { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// A measure from 0 to infinity, searched on the scale of logarithms.
fn relative(
    estimate: f64,
    error: f64,
    (arm, comparator): (Count, Count),
    level: f64,
    score: impl Fn(f64) -> f64,
) -> Estimate {
    let no_difference = difference_score(arm, comparator);
    let z = normal_quantile(0.5 + 0.5 * level);
    let at = |log: f64| score(exp(log));
    let beyond = |log: f64| if log >= FARTHEST { f64::INFINITY } else { exp(log) };
    // An estimate of 0 or infinity is its own limit on that side; one that is not a number leaves all open.
    let (lower, upper) = match estimate {
        e if e.is_nan() => (0.0, f64::INFINITY),
        0.0 => (0.0, beyond(passing(-FARTHEST, FARTHEST, -z, &at))),
        f64::INFINITY => (beyond(passing(-FARTHEST, FARTHEST, z, &at)), f64::INFINITY),
        e => {
            let log = sim::math::ln(e);
            (beyond(passing(-FARTHEST, log, z, &at)), beyond(passing(log, FARTHEST, -z, &at)))
        }
    };
    collect(estimate, error, no_difference, (lower, upper), level)
}

/// The score at no difference, in closed form.
fn difference_score(arm: Count, comparator: Count) -> f64 {
    let (n, m) = (arm.size() as f64, comparator.size() as f64);
    let pooled = (arm.events() + comparator.events()) as f64 / (n + m);
    let variance = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m) * unbiased(arm, comparator);
    standardised(arm.rate() - comparator.rate(), variance)
}

/// An estimate whose test and interval come from a score.
pub(super) fn collect(estimate: f64, error: f64, statistic: f64, (lower, upper): (f64, f64), level: f64) -> Estimate {
    let p = normal_two_sided(statistic);
    Estimate { estimate, error, df: None, statistic, p, lower, upper, level }
}
