//! Elementary functions against the platform's, within the documented errors, and lanes against scalars bit for bit.
#![allow(clippy::disallowed_methods, reason = "the platform's functions are the oracle here")]

use proptest::prelude::*;
use sim::math;
use sim::random::inverse_normal;

/// The distance in units of the last place of the expected value.
fn ulps(got: f64, expected: f64) -> f64 {
    if got == expected || (got.is_nan() && expected.is_nan()) {
        return 0.0;
    }
    let size = expected.abs().max(f64::MIN_POSITIVE);
    let ulp = f64::from_bits(size.to_bits() + 1) - size;
    (got - expected).abs() / ulp
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_platform_exp(x in -708.0..709.7_f64) {
        prop_assert!(ulps(math::exp(x), x.exp()) <= 1.0);
        prop_assert!(ulps(math::expm1(x), x.exp_m1()) <= 2.0);
    }

    #[test]
    fn agrees_with_platform_near_zero(x in -1.0..1.0_f64, scale in 0..60_i32) {
        let x = x * 2.0_f64.powi(-scale);
        prop_assert!(ulps(math::expm1(x), x.exp_m1()) <= 2.0);
        prop_assert!(ulps(math::tanh(x), x.tanh()) <= 3.0);
        prop_assert!(ulps(math::exp(x), x.exp()) <= 1.0);
        prop_assert!(ulps(math::ln(1.0 + x), (1.0 + x).ln()) <= 1.0);
    }

    #[test]
    fn agrees_with_platform_ln(bits in 1..0x7fef_ffff_ffff_ffff_u64) {
        let x = f64::from_bits(bits);
        prop_assert!(ulps(math::ln(x), x.ln()) <= 1.0, "{} {} {}", x, math::ln(x), x.ln());
    }

    #[test]
    fn agrees_with_platform_tanh(x in -30.0..30.0_f64) {
        prop_assert!(ulps(math::tanh(x), x.tanh()) <= 3.0);
    }

    #[test]
    fn agrees_with_platform_circle(x in -1e6..1e6_f64) {
        prop_assert!((math::sin(x) - x.sin()).abs() <= 2e-16);
        prop_assert!((math::cos(x) - x.cos()).abs() <= 2e-16);
    }

    #[test]
    fn agrees_with_platform_pow(x in 1e-6..1e6_f64, y in -10.0..10.0_f64) {
        let allowed = 2.0 + 2.0 * (y * x.ln()).abs();
        prop_assert!(ulps(math::pow(x, y), x.powf(y)) <= allowed);
    }

    #[test]
    fn agrees_with_scalars_in_lanes(x in prop::array::uniform16(-800.0..800.0_f64)) {
        let check = |lanes: [f64; 16], f: fn(f64) -> f64| {
            lanes.iter().zip(x).all(|(lane, x)| lane.to_bits() == f(x).to_bits() || lane.is_nan() && f(x).is_nan())
        };
        prop_assert!(check(math::exp_lanes(&x), math::exp));
        prop_assert!(check(math::ln_lanes(&x), math::ln));
        prop_assert!(check(math::tanh_lanes(&x), math::tanh));
        prop_assert!(check(math::sin_lanes(&x), math::sin));
        prop_assert!(check(math::cos_lanes(&x), math::cos));
    }

    #[test]
    fn agrees_with_the_normal_distribution_function(z in -37.0..-3.0_f64) {
        // The distribution function by its continued fraction (Abramowitz & Stegun 26.2.14), good in the tail.
        let x = -z;
        let fraction = (1..200).rev().fold(x, |below, k| x + f64::from(k) / below);
        let p = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt() / fraction;
        prop_assert!((inverse_normal(p) - z).abs() <= 2e-14 * x, "{} {}", inverse_normal(p), z);
    }
}

#[test]
fn agrees_with_limits() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let cases: [(f64, f64); 22] = [
        (math::exp(inf), inf),
        (math::exp(-inf), 0.0),
        (math::exp(0.0), 1.0),
        (math::exp(710.0), inf),
        (math::exp(-745.0), 5e-324),
        (math::exp(nan), nan),
        (math::expm1(-inf), -1.0),
        (math::expm1(inf), inf),
        (math::ln(0.0), -inf),
        (math::ln(1.0), 0.0),
        (math::ln(inf), inf),
        (math::ln(-1.0), nan),
        (math::ln(5e-324), -744.4400719213812),
        (math::tanh(inf), 1.0),
        (math::tanh(-inf), -1.0),
        (math::pow(0.0, 2.5), 0.0),
        (math::pow(0.0, 0.0), 1.0),
        (math::pow(-1.0, 2.0), nan),
        (math::cos(inf), nan),
        (math::min(nan, 1.0), nan),
        (math::max(1.0, nan), nan),
        (math::logistic(-1e9), math::exp(-300.0)),
    ];
    for (at, (got, expected)) in cases.into_iter().enumerate() {
        assert!(ulps(got, expected) <= 1.0, "case {at}: {got} instead of {expected}");
    }
    assert!((math::softplus(3.0, 2.0) - 2.0 * (1.0 + 1.5_f64.exp()).ln()).abs() < 1e-15);
    assert_eq!((math::softplus(1e9, 1.0), math::softplus(-1e9, 1.0)), (1e9, 0.0));
}

/// Source: quantiles of the standard normal distribution as printed by R 4 (`qnorm`), 15 digits or more.
#[test]
fn agrees_with_published_quantiles() {
    let cases = [
        (0.5, 0.0),
        (0.975, 1.959963984540054),
        (0.999, 3.090232306167813),
        (0.25, -0.6744897501960817),
        (1e-6, -4.753424308822899),
        (1e-10, -6.361340902404056),
    ];
    for (p, z) in cases {
        assert!((inverse_normal(p) - z).abs() <= 2e-15 * (1.0 + z.abs() * 4.0), "{p}: {}", inverse_normal(p));
    }
    assert_eq!((inverse_normal(0.0), inverse_normal(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
    assert!(inverse_normal(-0.1).is_nan() && inverse_normal(f64::NAN).is_nan());
}
