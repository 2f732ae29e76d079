//! The laws that tests and intervals are read from: normal, Student, F, chi-square, beta, binomial, hypergeometric, and
//! Student off centre.
//!
//! Degrees of freedom and shapes are real numbers above 0 (infinite degrees of freedom give the normal or chi-square
//! limit); outside, every function answers NaN. Where a tail is small there is a function for that tail, because one
//! minus the other would lose its digits. Relative error is near 1e-14 in ordinary use, below 1e-12 for parameters up
//! to 1e6 (measured against 50-digit arithmetic).
//!
//! ```
//! use study::analysis::distribution::{student_t_quantile, student_t_two_sided};
//! // The table value for 10 degrees of freedom.
//! assert!((student_t_quantile(0.975, 10.0) - 2.228_138_851_986_274).abs() < 1e-13);
//! assert!((student_t_two_sided(2.228_138_851_986_274, 10.0) - 0.05).abs() < 1e-14);
//! ```

pub mod special;

use sim::math::{exp, expm1, ln};
use sim::random::inverse_normal;
use special::{beta_power, gamma_power, incomplete_beta, incomplete_gamma};
use std::f64::consts::PI;

/// Degrees of freedom from which Student's law is taken from its expansion about the normal.
const NEARLY_NORMAL: f64 = 1e8;
/// Below this the normal tail is summed as a series, above as a continued fraction.
const TAIL_FROM: f64 = 2.0;
/// Levels of the continued fraction of the normal tail; at 2 the error is then below 1e-17.
const LEVELS: u32 = 120;
/// Relative size of a last term that no longer matters.
const LAST: f64 = 1e-17;
/// A quantile is found when the logarithm of the probability was this close before the last step: Newton's method
/// squares the distance.
const SETTLED: f64 = 1e-9;
/// Most that one step of that search lowers the logarithm of the probability by, so that none leaves the range of
/// numbers.
const MOST_DROP: f64 = 8.0;
/// Most steps of that search; it takes about 10, and some hundred in the far tail of a law with heavy tails.
const MOST_STEPS: u32 = 1_000;

/// Probability below and above a point; they add up to 1, and the smaller one has kept its digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tails {
    /// Probability of at most the point.
    pub lower: f64,
    /// Probability of more.
    pub upper: f64,
}

/// Density of the standard normal law.
pub fn normal_density(x: f64) -> f64 {
    // The square is taken in two exact parts, for its rounding would be magnified by the exponential.
    let coarse = (x * 16.0).trunc() / 16.0;
    if x.abs() > 40.0 {
        return 0.0;
    }
    exp(-0.5 * coarse * coarse) * exp(-0.5 * (x - coarse) * (x + coarse)) / (2.0 * PI).sqrt()
}

/// Probability that a standard normal number is at most `x`.
pub fn normal_cdf(x: f64) -> f64 {
    if x > 0.0 { 1.0 - normal_cdf_below(-x) } else { normal_cdf_below(x) }
}

/// Probability that a standard normal number is above `x`.
pub fn normal_upper(x: f64) -> f64 {
    normal_cdf(-x)
}

/// Probability that a standard normal number is at least as far from 0 as `z`: the two-sided p value.
pub fn normal_two_sided(z: f64) -> f64 {
    2.0 * normal_cdf(-z.abs())
}

/// For `x <= 0`.
fn normal_cdf_below(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    let size = -x;
    if size < TAIL_FROM {
        // Source: Marsaglia 2004, J Stat Softw 11(4): x + x^3/3 + x^5/(3 5) + ...
        let (mut term, mut sum, mut k) = (size, size, 1.0);
        while term > LAST * sum {
            k += 2.0;
            term *= size * size / k;
            sum += term;
        }
        return 0.5 - normal_density(size) * sum;
    }
    // Source: Laplace; NIST Digital Library of Mathematical Functions 7.9.3.
    let rest = (1..=LEVELS).rev().fold(0.0, |below, k| f64::from(k) / (size + below));
    normal_density(size) / (size + rest)
}

/// The standard normal quantile of `p`; `-inf` at 0, `inf` at 1.
pub fn normal_quantile(p: f64) -> f64 {
    inverse_normal(p)
}

/// Probability that Student's `t` with `df` degrees of freedom is at most `t`.
pub fn student_t_cdf(t: f64, df: f64) -> f64 {
    if t > 0.0 { 1.0 - student_t_cdf(-t, df) } else { student_t_below(t, df) }
}

/// Probability that Student's `t` is above `t`.
pub fn student_t_upper(t: f64, df: f64) -> f64 {
    student_t_cdf(-t, df)
}

/// Probability that Student's `t` is at least as far from 0 as `t`: the two-sided p value.
pub fn student_t_two_sided(t: f64, df: f64) -> f64 {
    2.0 * student_t_cdf(-t.abs(), df)
}

/// For `t <= 0`.
fn student_t_below(t: f64, df: f64) -> f64 {
    if df.is_nan() || df <= 0.0 || t.is_nan() {
        return f64::NAN;
    }
    if df >= NEARLY_NORMAL {
        // Source: Fisher 1925, Metron 5:109; the first two terms in 1/df.
        let (s, n) = (t * t, df);
        let first = (s + 1.0) / (4.0 * n);
        let second = (((3.0 * s - 7.0) * s - 5.0) * s - 3.0) / (96.0 * n * n);
        return normal_cdf_below(t) - normal_density(t) * t * (first + second);
    }
    let ratio = t / df.sqrt() * (t / df.sqrt());
    let (x, y) = (1.0 / (1.0 + ratio), 1.0 / (1.0 + 1.0 / ratio));
    0.5 * incomplete_beta(0.5 * df, 0.5, x, y).lower
}

/// The `t` that Student's law with `df` degrees of freedom stays below with probability `p`.
pub fn student_t_quantile(p: f64, df: f64) -> f64 {
    if !(df > 0.0 && (0.0..=1.0).contains(&p)) {
        return f64::NAN;
    }
    if p > 0.5 {
        return -student_t_quantile(1.0 - p, df);
    }
    if p == 0.5 || p == 0.0 {
        return if p == 0.5 { 0.0 } else { f64::NEG_INFINITY };
    }
    if df >= NEARLY_NORMAL {
        // Source: Cornish & Fisher 1938; Abramowitz & Stegun 26.7.5.
        let z = normal_quantile(p);
        let (s, n) = (z * z, df);
        return z * (1.0 + (s + 1.0) / (4.0 * n) + ((5.0 * s + 16.0) * s + 3.0) / (96.0 * n * n));
    }
    // On the scale u with t = sqrt(df) sinh(u) the density falls as a power of cosh(u), so its logarithm is concave.
    let u = solve(p, -1.0 / df.sqrt(), |u| {
        let e = exp(2.0 * u);
        let tanh = expm1(2.0 * u) / (1.0 + e);
        let (x, y) = (4.0 * e / ((1.0 + e) * (1.0 + e)), tanh * tanh);
        (0.5 * incomplete_beta(0.5 * df, 0.5, x, y).lower, beta_power(0.5 * df, 0.5, x, y) / tanh.abs())
    });
    let grown = expm1(-u);
    -df.sqrt() * 0.5 * (grown + grown / (1.0 + grown))
}

/// Newton's method for `probability(u) = p` on the logarithm of the probability. `at` gives probability and density at
/// `u` of a law whose density has a concave logarithm: the search then ends from any start where the probability is a
/// number above 0.
fn solve(p: f64, start: f64, at: impl Fn(f64) -> (f64, f64)) -> f64 {
    let target = ln(p);
    let (mut u, mut last) = (start, start);
    for _ in 0..MOST_STEPS {
        let (probability, density) = at(u);
        if probability == 0.0 {
            // A step too far: the probability is below the smallest number there. Where it is so next to a place where
            // it is above `p`, the quantile itself is below the smallest number.
            let middle = 0.5 * (u + last);
            if middle == u || middle == last {
                return u;
            }
            u = middle;
            continue;
        }
        let excess = ln(probability) - target;
        last = u;
        u -= excess.min(MOST_DROP) * probability / density;
        if excess.abs() <= SETTLED {
            return u;
        }
    }
    f64::NAN
}

/// Probability that `F` with `df1` and `df2` degrees of freedom is at most `x`.
pub fn f_cdf(x: f64, df1: f64, df2: f64) -> f64 {
    f_tails(x, df1, df2).lower
}

/// Probability that `F` is above `x`: the p value of an F test.
pub fn f_upper(x: f64, df1: f64, df2: f64) -> f64 {
    f_tails(x, df1, df2).upper
}

fn f_tails(x: f64, df1: f64, df2: f64) -> Tails {
    if df2 == f64::INFINITY {
        return incomplete_gamma(0.5 * df1, 0.5 * df1 * x.max(0.0));
    }
    let ratio = df1 * x.max(0.0) / df2;
    incomplete_beta(0.5 * df1, 0.5 * df2, 1.0 / (1.0 + 1.0 / ratio), 1.0 / (1.0 + ratio))
}

/// The `x` that `F` stays below with probability `p`.
pub fn f_quantile(p: f64, df1: f64, df2: f64) -> f64 {
    if df2 == f64::INFINITY {
        return chi_square_quantile(p, df1) / df1;
    }
    exp(beta_log_odds(p, 0.5 * df1, 0.5 * df2)) * df2 / df1
}

/// Probability that a chi-square number with `df` degrees of freedom is at most `x`.
pub fn chi_square_cdf(x: f64, df: f64) -> f64 {
    incomplete_gamma(0.5 * df, 0.5 * x.max(0.0)).lower
}

/// Probability that a chi-square number is above `x`: the p value of a chi-square test.
pub fn chi_square_upper(x: f64, df: f64) -> f64 {
    incomplete_gamma(0.5 * df, 0.5 * x.max(0.0)).upper
}

/// The `x` that a chi-square number stays below with probability `p`.
pub fn chi_square_quantile(p: f64, df: f64) -> f64 {
    let a = 0.5 * df;
    if !(a > 0.0 && (0.0..=1.0).contains(&p)) {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return if p == 0.0 { 0.0 } else { f64::INFINITY };
    }
    let half = if p <= 0.5 {
        exp(solve(p, ln(a), |u| (incomplete_gamma(a, exp(u)).lower, gamma_power(a, exp(u)))))
    } else {
        // Mirrored, so that the upper tail is one that is searched from below.
        exp(-solve(1.0 - p, -ln(a), |u| (incomplete_gamma(a, exp(-u)).upper, gamma_power(a, exp(-u)))))
    };
    2.0 * half
}

/// Probability that a beta number with shapes `a` and `b` is at most `x`.
pub fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    incomplete_beta(a, b, x, 1.0 - x).lower
}

/// Probability that a beta number is above `x`.
pub fn beta_upper(x: f64, a: f64, b: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    incomplete_beta(a, b, x, 1.0 - x).upper
}

/// The `x` that a beta number with shapes `a` and `b` stays below with probability `p`.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    1.0 / (1.0 + exp(-beta_log_odds(p, a, b)))
}

/// Log odds of the beta quantile.
fn beta_log_odds(p: f64, a: f64, b: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && (0.0..=1.0).contains(&p)) {
        return f64::NAN;
    }
    if p > 0.5 {
        return -beta_log_odds(1.0 - p, b, a);
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    solve(p, ln(a / b), |u| {
        let (x, y) = (1.0 / (1.0 + exp(-u)), 1.0 / (1.0 + exp(u)));
        (incomplete_beta(a, b, x, y).lower, beta_power(a, b, x, y))
    })
}

/// Probability of exactly `k` successes in `n` trials of chance `p`.
pub fn binomial_mass(k: u64, n: u64, p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if k > n {
        return 0.0;
    }
    let (a, b, whole) = (k as f64, (n - k) as f64, n as f64);
    if n == 0 {
        return 1.0;
    }
    if k == 0 || k == n {
        return exp(whole * if k == 0 { special::ln_1p(-p) } else { ln(p) });
    }
    // p^k q^(n-k) / B(k, n - k) = mass * k (n - k) / n
    beta_power(a, b, p, 1.0 - p) * whole / (a * b)
}

/// Probability of at most `k` successes in `n` trials of chance `p`.
pub fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n { 1.0 } else { incomplete_beta((n - k) as f64, k as f64 + 1.0, 1.0 - p, p).lower }
}

/// Probability of at least `k` successes in `n` trials of chance `p`.
pub fn binomial_upper(k: u64, n: u64, p: f64) -> f64 {
    match k {
        0 => 1.0,
        k if k > n => 0.0,
        k => incomplete_beta(k as f64, (n - k) as f64 + 1.0, p, 1.0 - p).lower,
    }
}

/// Probability of `k` marked ones among `drawn`, taken without replacement from `marked` and `plain` ones.
pub fn hypergeometric_mass(k: u64, marked: u64, plain: u64, drawn: u64) -> f64 {
    if k > marked || k > drawn || drawn > marked + plain || drawn - k > plain {
        return 0.0;
    }
    if drawn == 0 || drawn == marked + plain {
        return 1.0;
    }
    // Any chance of success gives the same ratio; this one keeps the three masses from vanishing. Source: Loader 2000.
    let p = drawn as f64 / (marked + plain) as f64;
    binomial_mass(k, marked, p) * binomial_mass(drawn - k, plain, p) / binomial_mass(drawn, marked + plain, p)
}

/// Probability that Student's `t` off centre (a normal number of mean `shift` over the root of a chi-square per degree
/// of freedom) is at most `t`. Absolute error about 1e-14.
///
/// Source: Lenth 1989, Algorithm AS 243, Applied Statistics 38:185, summed outwards from the largest term.
pub fn noncentral_t_cdf(t: f64, df: f64, shift: f64) -> f64 {
    if t < 0.0 {
        return 1.0 - noncentral_t_cdf(-t, df, -shift);
    }
    if df.is_nan() || df <= 0.0 || t.is_nan() || !shift.is_finite() {
        return f64::NAN;
    }
    let ratio = t / df.sqrt() * (t / df.sqrt());
    let (x, y) = (1.0 / (1.0 + 1.0 / ratio), 1.0 / (1.0 + ratio));
    let rate = 0.5 * shift * shift;
    // `rate^a exp(-rate) / gamma(a + 1)`: whole a are Poisson weights, half ones those of the odd terms.
    let weight = |a: f64| if a > 0.0 { gamma_power(a, rate) / a } else { exp(-rate) };
    let term = |j: f64| {
        let even = weight(j) * incomplete_beta(j + 0.5, 0.5 * df, x, y).lower;
        let odd = weight(j + 0.5) * incomplete_beta(j + 1.0, 0.5 * df, x, y).lower;
        (even + if shift < 0.0 { -odd } else { odd }, even + odd)
    };
    let middle = rate.floor();
    let (mut sum, mut size) = (0.0, 0.0);
    let mut j = middle;
    loop {
        let (value, amount) = term(j);
        sum += value;
        size += amount;
        if amount <= LAST * size.max(f64::MIN_POSITIVE) || j - middle > MOST_STEPS as f64 + 12.0 * rate.sqrt() {
            break;
        }
        j += 1.0;
    }
    j = middle - 1.0;
    while j >= 0.0 {
        let (value, amount) = term(j);
        sum += value;
        size += amount;
        if amount <= LAST * size {
            break;
        }
        j -= 1.0;
    }
    normal_cdf(-shift) + 0.5 * sum
}
