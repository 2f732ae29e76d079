//! Distribution functions against R, against exact values, and against themselves.

#![allow(
    clippy::disallowed_methods,
    clippy::excessive_precision,
    reason = "the standard library is what is compared with"
)]

use study::analysis::distribution::special::ln_gamma;
use study::analysis::distribution::*;

const REFERENCE: &str = include_str!("../../../tests/reference/distribution.csv");

/// One row of the reference table: name, arguments, value.
fn rows() -> impl Iterator<Item = (&'static str, Vec<f64>, f64)> {
    REFERENCE.lines().skip(2).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |text: &str| text.parse::<f64>().unwrap_or_else(|_| panic!("{line}"));
        let arguments = fields[1..5].iter().filter(|f| !f.is_empty()).map(|f| number(f)).collect();
        (fields[0], arguments, number(fields[5]))
    })
}

fn ours(name: &str, v: &[f64]) -> f64 {
    match name {
        "normal_cdf" => normal_cdf(v[0]),
        "normal_quantile" => normal_quantile(v[0]),
        "student_t_cdf" => student_t_cdf(v[0], v[1]),
        "student_t_quantile" => student_t_quantile(v[0], v[1]),
        "chi_square_cdf" => chi_square_cdf(v[0], v[1]),
        "chi_square_upper" => chi_square_upper(v[0], v[1]),
        "chi_square_quantile" => chi_square_quantile(v[0], v[1]),
        "f_upper" => f_upper(v[0], v[1], v[2]),
        "f_quantile" => f_quantile(v[0], v[1], v[2]),
        "beta_cdf" => beta_cdf(v[0], v[1], v[2]),
        "beta_upper" => beta_upper(v[0], v[1], v[2]),
        "beta_quantile" => beta_quantile(v[0], v[1], v[2]),
        "binomial_mass" => binomial_mass(v[0] as u64, v[1] as u64, v[2]),
        "binomial_cdf" => binomial_cdf(v[0] as u64, v[1] as u64, v[2]),
        "binomial_upper" => binomial_upper(v[0] as u64, v[1] as u64, v[2]),
        "hypergeometric_mass" => hypergeometric_mass(v[0] as u64, v[1] as u64, v[2] as u64, v[3] as u64),
        "noncentral_t_cdf" => noncentral_t_cdf(v[0], v[1], v[2]),
        "ln_gamma" => ln_gamma(v[0]),
        _ => panic!("no function `{name}`"),
    }
}

/// R itself is good to about 1e-13 here. The noncentral law and the logarithm of the gamma function near its zeros are
/// held to that absolutely.
#[test]
fn agrees_with_r() {
    let mut count = 0;
    for (name, arguments, expected) in rows() {
        let value = ours(name, &arguments);
        let scale = match name {
            "noncentral_t_cdf" => 1.0,
            "ln_gamma" => expected.abs().max(1.0),
            _ => expected.abs(),
        };
        let error = (value - expected).abs();
        assert!(error <= 1e-12 * scale, "{name} {arguments:?}: {value:e}, R {expected:e}, error {:e}", error / scale);
        count += 1;
    }
    assert!(count > 1000, "{count} rows");
}

/// Cauchy's law (1 degree of freedom) at 1 is 3/4; with 2 degrees the quantile is `(2p - 1) / sqrt(2 p (1 - p))`; the
/// chi-square law with 2 degrees is exponential; `gamma(1/2) = sqrt(pi)`; F with 2 degrees above is a power.
#[test]
fn agrees_with_exact_values() {
    let near = |a: f64, b: f64| assert!((a - b).abs() <= 4e-15 * b.abs(), "{a:e} {b:e}");
    near(student_t_cdf(1.0, 1.0), 0.75);
    for p in [1e-9_f64, 0.01, 0.3, 0.7, 0.99] {
        near(student_t_quantile(p, 2.0), (2.0 * p - 1.0) / (2.0 * p * (1.0 - p)).sqrt());
    }
    near(chi_square_upper(20.0, 2.0), (-10.0_f64).exp());
    near(chi_square_quantile(1e-6, 2.0), -2.0 * (-1e-6_f64).ln_1p());
    near(f_upper(7.0, 2.0, 8.0), (1.0_f64 + 7.0 * 2.0 / 8.0).powi(-4));
    near(ln_gamma(0.5), 0.5 * std::f64::consts::PI.ln());
    near(beta_cdf(0.3, 1.0, 5.0), 1.0 - 0.7_f64.powi(5));
    near(beta_quantile(0.2, 4.0, 1.0), 0.2_f64.powf(0.25));
    // Three of four drawn from 5 marked and 5 plain: 10 * 5 / 210.
    near(hypergeometric_mass(3, 5, 5, 4), 50.0 / 210.0);
    near(binomial_upper(3, 4, 0.5), 5.0 / 16.0);
    near(normal_two_sided(0.0), 1.0);
    // Off centre by nothing is Student's law itself; a point at 0 leaves the normal chance.
    near(noncentral_t_cdf(1.3, 7.5, 0.0), student_t_cdf(1.3, 7.5));
    near(noncentral_t_cdf(0.0, 7.5, 1.2), normal_cdf(-1.2));
}

/// Source: 50-digit quadrature of the defining integral.
#[test]
fn agrees_with_high_precision_values_of_the_noncentral_law() {
    let cases = [
        (2.0, 10.0, 2.5, 0.306961688689082359),
        (1.98, 100.0, 3.3, 0.0947339607376711549),
        (46.0, 1000.0, 45.0, 0.754390753899691507),
        (50.0, 3.3, 4.0, 0.999547023062873406),
        (-0.4, 12.5, -3.0, 0.995334452948743481),
    ];
    for (t, df, shift, expected) in cases {
        let value = noncentral_t_cdf(t, df, shift);
        assert!((value - expected).abs() < 2e-14, "{t} {df} {shift}: {value:e} {expected:e}");
    }
}

/// A quantile put back gives its probability, over twelve decades and both tails (shapes of 1 and more, for a beta
/// number nearer to 1 than the spacing of numbers allows has lost its digits).
#[test]
fn agrees_that_quantiles_invert() {
    for p in [1e-12, 1e-6, 0.02, 0.4999, 0.5, 0.63, 0.999] {
        for a in [0.13, 1.0, 6.5, 300.0, 1e4] {
            let near = |q: f64, what: &str| assert!((q / p - 1.0).abs() < 1e-11, "{what} {p} {a}: {q:e}");
            near(student_t_cdf(student_t_quantile(p, a), a), "t");
            near(chi_square_cdf(chi_square_quantile(p, a), a), "chi-square");
            for b in [1.5, 8.0, 2e4] {
                near(beta_cdf(beta_quantile(p, a, b), a, b), "beta");
                near(f_cdf(f_quantile(p, a, b), a, b), "F");
            }
        }
    }
}

/// The expansion for very many degrees of freedom meets the exact law where it takes over.
#[test]
fn agrees_across_the_switch_to_nearly_normal() {
    for t in [-9.0, -2.5, -0.1] {
        let (below, above) = (student_t_cdf(t, 0.999_999e8), student_t_cdf(t, 1.000_001e8));
        assert!((below / above - 1.0).abs() < 1e-10, "{t}: {below:e} {above:e}");
    }
    assert_eq!(student_t_cdf(-1.7, f64::INFINITY), normal_cdf(-1.7));
    assert_eq!(student_t_quantile(0.9, f64::INFINITY), normal_quantile(0.9));
    assert_eq!(f_upper(3.0, 4.0, f64::INFINITY), chi_square_upper(12.0, 4.0));
}

#[test]
fn rejects_what_lies_outside_with_nan() {
    for value in [
        student_t_cdf(1.0, 0.0),
        student_t_cdf(1.0, f64::NAN),
        student_t_quantile(1.2, 3.0),
        chi_square_upper(1.0, -1.0),
        beta_quantile(-0.1, 1.0, 1.0),
        beta_cdf(0.5, 0.0, 1.0),
        f_upper(1.0, f64::NAN, 3.0),
        ln_gamma(0.0),
        normal_cdf(f64::NAN),
        noncentral_t_cdf(1.0, 5.0, f64::INFINITY),
    ] {
        assert!(value.is_nan());
    }
}
