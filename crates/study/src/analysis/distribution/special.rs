//! Logarithms without loss near 1, the gamma function, incomplete beta and gamma functions.
//!
//! Everything rests on `sim::math`, so results have the same bits on every machine. Relative error is a few 1e-15 where
//! the arguments are moderate and grows with the square root of the number of terms (1e-13 for parameters near 1e6).

use super::Tails;
use sim::math::{exp, ln};
use std::f64::consts::PI;

/// Terms of a series or continued fraction before the search ends with NaN; the need grows with the root of the larger
/// parameter, so this covers parameters up to about 1e10.
const MOST_TERMS: u32 = 2_000_000;
/// Relative size of a last term that no longer matters: half the spacing of numbers at 1.
const LAST: f64 = 1.2e-16;
/// Stands for a zero denominator in a continued fraction.
///
/// Source: Thompson & Barnett 1986, J Comput Phys 64:490 (the modified method of Lentz).
const TINY: f64 = 1e-300;
/// Where the Stirling series is used; its first term left out is then below 3e-20.
const STIRLING_FROM: f64 = 16.0;

/// `ln(1 + x)` without loss near 0.
pub fn ln_1p(x: f64) -> f64 {
    let whole = 1.0 + x;
    if whole == 1.0 {
        x
    } else if x.abs() < 1.0 {
        // The rounding of `1 + x` cancels in the ratio. Source: Kahan, in the HP-15C handbook of 1982.
        ln(whole) * (x / (whole - 1.0))
    } else {
        ln(whole)
    }
}

/// `ln(ratio) - excess` with `excess = ratio - 1`, both given so that neither loses digits.
fn ln_less(ratio: f64, excess: f64) -> f64 {
    if excess.abs() > 0.5 {
        return ln(ratio) - excess;
    }
    // With r = x / (2 + x), ln(1 + x) = 2 (r + r^3/3 + r^5/5 + ...) and 2 r - x = -r x.
    let r = excess / (2.0 + excess);
    let square = r * r;
    let (mut power, mut sum, mut k) = (1.0, 0.0, 3.0);
    while power > LAST {
        sum += power / k;
        power *= square;
        k += 2.0;
    }
    r * (2.0 * square * sum - excess)
}

/// What Stirling's formula leaves out: `ln gamma(z) - ((z - 1/2) ln z - z + ln(2 pi) / 2)` for `z > 0`.
pub fn stirling_rest(z: f64) -> f64 {
    // Source: NIST Digital Library of Mathematical Functions 5.11.1, B(2k) / (2k (2k - 1)).
    const SERIES: [f64; 7] =
        [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];
    let (mut z, mut below) = (z, 0.0);
    while z < STIRLING_FROM {
        // rest(z) - rest(z + 1) = (z + 1/2) ln(1 + 1/z) - 1
        let u = 1.0 / z;
        below += (z + 0.5) * ln_less(1.0 + u, u) + 0.5 * u;
        z += 1.0;
    }
    let square = 1.0 / (z * z);
    below + SERIES.iter().rev().fold(0.0, |sum, c| sum * square + c) / z
}

/// Logarithm of the gamma function for `x > 0`; absolute error a few 1e-15 near its zeros at 1 and 2, relative
/// elsewhere. NaN for `x <= 0`.
pub fn ln_gamma(x: f64) -> f64 {
    if x <= 0.0 || x.is_nan() {
        return f64::NAN;
    }
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    // gamma(x) = gamma(x + n) / (x (x + 1) ... (x + n - 1))
    let (mut z, mut product) = (x, 1.0);
    while z < STIRLING_FROM {
        product *= z;
        z += 1.0;
    }
    (z - 0.5) * ln(z) - z + 0.5 * ln(2.0 * PI) + stirling_rest(z) - ln(product)
}

/// `x^a y^b / B(a, b)` with `y = 1 - x`: the density of the beta law times `x y`.
///
/// Source: after Loader 2000, Fast and Accurate Computation of Binomial Probabilities: the deviance from the mode is
/// taken as a whole, so that large logarithms do not cancel.
pub fn beta_power(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 || y <= 0.0 {
        return 0.0;
    }
    let sum = a + b;
    let distance = x * b - y * a;
    let exponent = a * ln_less(x / a * sum, distance / a) + b * ln_less(y / b * sum, -distance / b);
    let rests = stirling_rest(sum) - stirling_rest(a) - stirling_rest(b);
    let scale = (a / sum * b / (2.0 * PI)).sqrt();
    scale * exp(exponent + rests)
}

/// `x^a exp(-x) / gamma(a)`: the density of the gamma law times `x`. Source as for [`beta_power`].
pub fn gamma_power(a: f64, x: f64) -> f64 {
    if x <= 0.0 || x == f64::INFINITY {
        return 0.0;
    }
    (a / (2.0 * PI)).sqrt() * exp(a * ln_less(x / a, (x - a) / a) - stirling_rest(a))
}

/// The regularised incomplete beta function `I_x(a, b)` and its complement, for `a, b > 0` and `y = 1 - x`, both given
/// so that neither loses digits. NaN outside.
pub fn incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> Tails {
    if !(a > 0.0 && b > 0.0 && x >= 0.0 && y >= 0.0) {
        return Tails { lower: f64::NAN, upper: f64::NAN };
    }
    if x == 0.0 || y == 0.0 {
        return if x == 0.0 { Tails { lower: 0.0, upper: 1.0 } } else { Tails { lower: 1.0, upper: 0.0 } };
    }
    if a * y >= b * x {
        let lower = beta_power(a, b, x, y) * beta_fraction(a, b, x, y);
        Tails { lower, upper: 1.0 - lower }
    } else {
        let upper = beta_power(b, a, y, x) * beta_fraction(b, a, y, x);
        Tails { lower: 1.0 - upper, upper }
    }
}

/// The continued fraction of the incomplete beta function below the mean.
///
/// Source: Didonato & Morris 1992, ACM Trans Math Softw 18:360, equation 9.
fn beta_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let above = a * y - b * x;
    let term = |m: f64| {
        let (odd, next) = (a + 2.0 * m - 1.0, a + 2.0 * m + 1.0);
        let shared = m * (b - m) * x / odd;
        let numerator = (a + m - 1.0) / odd * (a + b + m - 1.0) * x * shared;
        (numerator, m + shared + (a + m) / next * (above + 1.0 + m * (1.0 + y)))
    };
    // At m = 0 the shared part vanishes; `odd` may be zero there.
    1.0 / fraction(a / (a + 1.0) * (above + 1.0), term)
}

/// The regularised incomplete gamma function `P(a, x)` and its complement, for `a > 0` and `x >= 0`. NaN outside.
pub fn incomplete_gamma(a: f64, x: f64) -> Tails {
    if !(a > 0.0 && x >= 0.0) {
        return Tails { lower: f64::NAN, upper: f64::NAN };
    }
    if x == 0.0 || x == f64::INFINITY {
        return if x == 0.0 { Tails { lower: 0.0, upper: 1.0 } } else { Tails { lower: 1.0, upper: 0.0 } };
    }
    if x < a + 1.0 {
        // Source: NIST Digital Library of Mathematical Functions 8.7.1.
        let (mut term, mut sum, mut k) = (1.0, 1.0, a);
        let mut left = MOST_TERMS;
        while term > LAST * sum && left > 0 {
            k += 1.0;
            term *= x / k;
            sum += term;
            left -= 1;
        }
        let lower = if left > 0 { gamma_power(a, x) / a * sum } else { f64::NAN };
        Tails { lower, upper: 1.0 - lower }
    } else {
        // Source: NIST Digital Library of Mathematical Functions 8.9.2, even part.
        let upper = gamma_power(a, x) / fraction(x + 1.0 - a, |m| (m * (a - m), x + 1.0 - a + 2.0 * m));
        Tails { lower: 1.0 - upper, upper }
    }
}

/// `b0 + a1 / (b1 + a2 / (b2 + ...))`, where `term(m)` gives `(am, bm)`. NaN if it does not settle.
///
/// Source: Thompson & Barnett 1986, J Comput Phys 64:490 (the modified method of Lentz).
fn fraction(first: f64, term: impl Fn(f64) -> (f64, f64)) -> f64 {
    let or_tiny = |x: f64| if x == 0.0 { TINY } else { x };
    let mut value = or_tiny(first);
    let (mut above, mut below) = (value, 0.0);
    for m in 1..MOST_TERMS {
        let (a, b) = term(f64::from(m));
        below = 1.0 / or_tiny(b + a * below);
        above = or_tiny(b + a / above);
        let step = above * below;
        value *= step;
        if (step - 1.0).abs() <= 2.0 * LAST {
            return value;
        }
    }
    f64::NAN
}
