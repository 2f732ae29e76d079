//! Elementary functions that give the same bits on every machine.
//!
//! The platform's `exp`, `ln`, `pow`, `tanh`, `sin` and `cos` differ in their last bit between systems, so the whole
//! program uses these instead. Each function is straight-line IEEE arithmetic: no table, no data-dependent branch, no
//! fused multiply-add. A loop over lanes therefore vectorises, and a lane gives the bits of the scalar call.
//!
//! | function | largest error seen | range |
//! |---|---|---|
//! | [`exp`] | 1 ulp | all; overflows to `inf`, underflows through the subnormals to 0 |
//! | [`expm1`] | 2 ulp | all |
//! | [`ln`] | 1 ulp | `ln(0) = -inf`, NaN below 0 |
//! | [`tanh`] | 3 ulp | all |
//! | [`sin`], [`cos`] | 1e-16 absolute | `abs(x) <= 1e6`; NaN above 1e9 |
//! | [`pow`] | `2 + 2 abs(y ln x)` ulp | base `>= 0` |
//!
//! `f64::sqrt`, `f64::abs` and the four operations are exact by the standard and are used as they are.
#![allow(clippy::excessive_precision, reason = "coefficients stand as they were published")]

/// `1.5 * 2^52`: adding it rounds a small number to an integer held in the low bits.
const ROUND: f64 = 6755399441055744.0;

// Source: Cody & Waite 1980, Software Manual for the Elementary Functions, split of ln 2 as in Sun fdlibm e_exp.c.
const LN2_HIGH: f64 = 6.93147180369123816490e-01;
const LN2_LOW: f64 = 1.90821492927058770002e-10;
const LOG2_E: f64 = std::f64::consts::LOG2_E;

/// `exp(r) - 1` for `abs(r) <= 0.35`: the Taylor polynomial of degree 13 (remainder below 2^-58 of `r`).
#[inline(always)]
fn expm1_reduced(r: f64) -> f64 {
    // Source: the exponential series, 1/n!.
    const C2: f64 = 1.0 / 2.0;
    const C3: f64 = 1.0 / 6.0;
    const C4: f64 = 1.0 / 24.0;
    const C5: f64 = 1.0 / 120.0;
    const C6: f64 = 1.0 / 720.0;
    const C7: f64 = 1.0 / 5040.0;
    const C8: f64 = 1.0 / 40320.0;
    const C9: f64 = 1.0 / 362880.0;
    const C10: f64 = 1.0 / 3628800.0;
    const C11: f64 = 1.0 / 39916800.0;
    const C12: f64 = 1.0 / 479001600.0;
    const C13: f64 = 1.0 / 6227020800.0;
    let r2 = r * r;
    let r4 = r2 * r2;
    let p0 = C2 + r * C3;
    let p1 = C4 + r * C5;
    let p2 = C6 + r * C7;
    let p3 = C8 + r * C9;
    let p4 = C10 + r * C11;
    let p5 = C12 + r * C13;
    let low = p0 + r2 * p1;
    let middle = p2 + r2 * p3;
    let high = p4 + r2 * p5;
    r + r2 * (low + r4 * (middle + r4 * high))
}

/// `2^k` for a whole `k` between -1022 and 1023.
#[inline(always)]
fn power_of_two(k: f64) -> f64 {
    f64::from_bits((k + (ROUND + 1023.0)).to_bits() << 52)
}

/// `x` kept between two bounds; NaN stays NaN.
#[inline(always)]
fn clamp(x: f64, low: f64, high: f64) -> f64 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// The whole number of octaves in `x` and what is left: `x = k ln 2 + r`.
#[inline(always)]
fn octaves(x: f64) -> (f64, f64) {
    let k = (x * LOG2_E + ROUND) - ROUND;
    (k, (x - k * LN2_HIGH) - k * LN2_LOW)
}

/// e to the power `x`. NaN gives NaN, above 709.79 `inf`, below -745.2 zero.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let (k, r) = octaves(clamp(x, -746.0, 710.0));
    let half = (k * 0.5 + ROUND) - ROUND;
    ((1.0 + expm1_reduced(r)) * power_of_two(half)) * power_of_two(k - half)
}

/// `exp(x) - 1` without loss near 0. NaN gives NaN; the limits are -1 and `inf`.
#[inline(always)]
pub fn expm1(x: f64) -> f64 {
    let (k, r) = octaves(clamp(x, -50.0, 710.0));
    let half = (k * 0.5 + ROUND) - ROUND;
    let rest = k - half;
    let inverse = power_of_two(-half) * power_of_two(-rest);
    ((expm1_reduced(r) + (1.0 - inverse)) * power_of_two(half)) * power_of_two(rest)
}

/// Natural logarithm. `ln(0) = -inf`, `ln(inf) = inf`, NaN for a negative number or NaN.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    // Source: Sun fdlibm e_log.c, minimax polynomial for ln((1+s)/(1-s)); error below 2^-58.45.
    const L1: f64 = 6.666666666666735130e-01;
    const L2: f64 = 3.999999999940941908e-01;
    const L3: f64 = 2.857142874366239149e-01;
    const L4: f64 = 2.222219843214978396e-01;
    const L5: f64 = 1.818357216161805012e-01;
    const L6: f64 = 1.531383769920937332e-01;
    const L7: f64 = 1.479819860511658591e-01;
    const HALF_ROOT_TWO: u64 = 0x3fe6_a09e_667f_3bcd;
    const TWO_54: f64 = 18014398509481984.0;
    let tiny = x < f64::MIN_POSITIVE;
    let scaled = if tiny { x * TWO_54 } else { x };
    let shift = if tiny { -1023.0 - 54.0 } else { -1023.0 };
    let bits = scaled.to_bits().wrapping_add(0x3ff0_0000_0000_0000 - HALF_ROOT_TWO);
    // The exponent becomes a float through the low bits of 2^52, which needs no integer conversion.
    let k = (f64::from_bits((bits >> 52) | 0x4330_0000_0000_0000) - 4503599627370496.0) + shift;
    let m = f64::from_bits((bits & 0x000f_ffff_ffff_ffff).wrapping_add(HALF_ROOT_TWO));
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let odd = w * (L2 + w * (L4 + w * L6));
    let even = z * (L1 + w * (L3 + w * (L5 + w * L7)));
    let half_square = 0.5 * f * f;
    let value = k * LN2_HIGH - ((half_square - (s * (half_square + (odd + even)) + k * LN2_LOW)) - f);
    let value = if x == 0.0 { f64::NEG_INFINITY } else { value };
    let value = if x < f64::INFINITY { value } else { x };
    if x < 0.0 { f64::NAN } else { value }
}

/// `x^y` as `exp(y ln x)` for `x > 0`. `0^y` is 0 for `y > 0`, 1 for `y = 0`, `inf` for `y < 0`; a negative base gives
/// NaN, whatever the exponent.
#[inline(always)]
pub fn pow(x: f64, y: f64) -> f64 {
    let power = exp(y * ln(x));
    if y == 0.0 && x >= 0.0 { 1.0 } else { power }
}

/// Hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: f64) -> f64 {
    let t = expm1(clamp(2.0 * x.abs(), 0.0, 44.0));
    let value = t / (t + 2.0);
    if x < 0.0 { -value } else { value }
}

/// Quarter turns in `x` (as a float and as bits) and the remaining angle, at most pi/4 in size.
#[inline(always)]
fn quarter_turns(x: f64) -> (u64, f64) {
    // Source: Sun fdlibm e_rem_pio2.c, pi/2 in parts of 33 bits.
    const PART_1: f64 = 1.57079632673412561417e+00;
    const PART_2: f64 = 6.07710050630396597660e-11;
    const PART_2_TAIL: f64 = 2.02226624879595063154e-21;
    let shifted = x * std::f64::consts::FRAC_2_PI + ROUND;
    let n = shifted - ROUND;
    (shifted.to_bits(), ((x - n * PART_1) - n * PART_2) - n * PART_2_TAIL)
}

/// Sine of an angle at most pi/4 in size.
#[inline(always)]
fn sine_reduced(x: f64) -> f64 {
    // Source: Sun fdlibm k_sin.c, error below 2^-58.
    const S1: f64 = -1.66666666666666324348e-01;
    const S2: f64 = 8.33333333332248946124e-03;
    const S3: f64 = -1.98412698298579493134e-04;
    const S4: f64 = 2.75573137070700676789e-06;
    const S5: f64 = -2.50507602534068634195e-08;
    const S6: f64 = 1.58969099521155010221e-10;
    let z = x * x;
    x + (z * x) * (S1 + z * (S2 + z * (S3 + z * (S4 + z * (S5 + z * S6)))))
}

/// Cosine of an angle at most pi/4 in size.
#[inline(always)]
fn cosine_reduced(x: f64) -> f64 {
    // Source: Sun fdlibm k_cos.c, error below 2^-58.
    const C1: f64 = 4.16666666666666019037e-02;
    const C2: f64 = -1.38888888888741095749e-03;
    const C3: f64 = 2.48015872894767294178e-05;
    const C4: f64 = -2.75573143513906633035e-07;
    const C5: f64 = 2.08757232129817482790e-09;
    const C6: f64 = -1.13596475577881948265e-11;
    let z = x * x;
    let half = 0.5 * z;
    let w = 1.0 - half;
    w + (((1.0 - w) - half) + z * (z * (C1 + z * (C2 + z * (C3 + z * (C4 + z * (C5 + z * C6)))))))
}

/// Sine of the angle `quarter` quarter turns beyond `r`; NaN where `x` is too large to reduce.
#[inline(always)]
fn circular(x: f64, quarter: u64, r: f64) -> f64 {
    let (sine, cosine) = (sine_reduced(r), cosine_reduced(r));
    let value = if quarter & 1 == 0 { sine } else { cosine };
    let value = if quarter & 2 == 0 { value } else { -value };
    if x.abs() <= 1e9 { value } else { f64::NAN }
}

/// Sine of `x` radians; absolute error about 1e-16 up to 1e6, NaN above 1e9 where the angle has lost its meaning.
#[inline(always)]
pub fn sin(x: f64) -> f64 {
    let (quarter, r) = quarter_turns(x);
    circular(x, quarter, r)
}

/// Cosine of `x` radians; accuracy and range as for [`sin`].
#[inline(always)]
pub fn cos(x: f64) -> f64 {
    let (quarter, r) = quarter_turns(x);
    circular(x, quarter.wrapping_add(1), r)
}

/// The smaller number; NaN where either is NaN; of two equal ones the second.
#[inline(always)]
pub fn min(a: f64, b: f64) -> f64 {
    // Not short-circuit: a branch would keep the lane loop scalar.
    if (a < b) | a.is_nan() { a } else { b }
}

/// The larger number; NaN where either is NaN; of two equal ones the second.
#[inline(always)]
pub fn max(a: f64, b: f64) -> f64 {
    if (a > b) | a.is_nan() { a } else { b }
}

/// The logistic function `1 / (1 + exp(-x))`, never below `exp(-300)`.
#[inline(always)]
pub fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + exp(min(-x, 300.0)))
}

/// `k ln(1 + exp(x/k))` for `k > 0`, stable on both sides; absolute error about `1e-16 k`.
#[inline(always)]
pub fn softplus(x: f64, k: f64) -> f64 {
    let (above, distance) = if x > 0.0 { (x, -x) } else { (0.0, x) };
    above + k * ln(1.0 + exp(distance / k))
}

/// [`exp`] of each lane.
#[inline(always)]
pub fn exp_lanes<const L: usize>(x: &[f64; L]) -> [f64; L] {
    lanes(x, exp)
}

/// [`ln`] of each lane.
#[inline(always)]
pub fn ln_lanes<const L: usize>(x: &[f64; L]) -> [f64; L] {
    lanes(x, ln)
}

/// [`tanh`] of each lane.
#[inline(always)]
pub fn tanh_lanes<const L: usize>(x: &[f64; L]) -> [f64; L] {
    lanes(x, tanh)
}

/// [`sin`] of each lane.
#[inline(always)]
pub fn sin_lanes<const L: usize>(x: &[f64; L]) -> [f64; L] {
    lanes(x, sin)
}

/// [`cos`] of each lane.
#[inline(always)]
pub fn cos_lanes<const L: usize>(x: &[f64; L]) -> [f64; L] {
    lanes(x, cos)
}

#[inline(always)]
fn lanes<const L: usize>(x: &[f64; L], f: impl Fn(f64) -> f64) -> [f64; L] {
    let mut y = [0.0; L];
    for lane in 0..L {
        y[lane] = f(x[lane]);
    }
    y
}
