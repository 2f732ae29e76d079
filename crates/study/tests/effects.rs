//! Effect sizes, the shape of samples, Monte-Carlo errors and closed-form power against R and printed numbers.
#![allow(clippy::disallowed_methods, reason = "the standard library is what is compared with")]

use study::analysis::Estimate;
use study::analysis::effect::{
    NumberNeeded, Summary, UNIFORM_BIMODALITY, hedges, number_needed, probability_larger, shape, standardised,
};
use study::analysis::montecarlo::{Sides, TwoMeans, inside, mean_of, rate, runs_for, surprise};
use study::analysis::rate::{Count, score::difference};

const REFERENCE: &str = include_str!("../../../tests/reference/effect.csv");

fn near(what: &str, value: f64, expected: f64, relative: f64) {
    assert!(
        (value - expected).abs() <= relative * expected.abs().max(1e-6),
        "{what}: {value:e}, expected {expected:e}"
    );
}

#[test]
fn agrees_with_r() {
    let mut rows = 0;
    for line in REFERENCE.lines().skip(2) {
        let fields: Vec<&str> = line.split(',').collect();
        let numbers = |text: &str| text.split(' ').map(|v| v.parse().unwrap()).collect::<Vec<f64>>();
        let (a, expected) = (numbers(fields[1]), numbers(fields[2]));
        let (found, relative) = match fields[0] {
            "smd" => {
                let [arm, comparator] = [0, 3].map(|k| Summary { mean: a[k], sd: a[k + 1], size: a[k + 2] });
                let s = standardised(arm, comparator, 0.95);
                // R finds the limits to about 1e-11 of a standard deviation.
                (vec![s.d, s.g.estimate, s.g.error, s.g.lower, s.g.upper, s.g.p], 1e-10)
            }
            "power" => {
                let two = TwoMeans { difference: a[1], sd: 1.0, sizes: [a[0], a[0]] };
                (vec![two.power(a[2], Sides::Two), two.power(a[2], Sides::One)], 1e-10)
            }
            "size" => {
                let two = TwoMeans { difference: a[1], sd: 1.0, sizes: [2.0; 2] };
                (vec![f64::from(two.size_for(a[0], 0.05, Sides::Two, 10_000).unwrap())], 0.0)
            }
            "surprise" => (vec![surprise(a[0] as u64, a[1] as u64, a[2])], 1e-12),
            _ => continue,
        };
        assert_eq!(found.len(), expected.len());
        found.iter().zip(&expected).for_each(|(f, e)| near(line, *f, *e, relative));
        rows += 1;
    }
    assert_eq!(rows, 32);
}

/// `gamma(1) / (sqrt(1) gamma(1/2))` with 2 degrees of freedom; `1 - 3 / (4 df - 1)` is near for many.
#[test]
fn agrees_with_the_exact_correction() {
    near("2", hedges(2.0), 1.0 / std::f64::consts::PI.sqrt(), 1e-14);
    near("4", hedges(4.0), 1.0 / (2.0_f64.sqrt() * 0.5 * std::f64::consts::PI.sqrt()), 1e-14);
    near("1000", hedges(1000.0), 1.0 - 3.0 / 3999.0, 1e-7);
    near("1e9", hedges(1e9), 1.0 - 0.75e-9, 1e-15);
}

fn difference_of(estimate: f64, lower: f64, upper: f64) -> Estimate {
    Estimate { estimate, error: 0.0, df: None, statistic: 0.0, p: 0.0, lower, upper, level: 0.95 }
}

/// A difference of 10 % from -5 % to 25 % needs 10 for benefit, from 4 through infinity to 20 for harm; one of 16.6 %
/// from 0.9 % to 32.2 % needs about 6, from 3.1 to 111.1.
///
/// Sources: Altman 1998, BMJ 317:1309; Barrowman 2002, CMAJ 166:1676.
#[test]
fn agrees_with_printed_numbers_needed_to_treat() {
    let either = number_needed(&difference_of(0.1, -0.05, 0.25));
    assert_eq!(either.to_string(), "NNTB 10.0 (NNTB 4.0 to inf to NNTH 20.0)");
    let benefit = number_needed(&difference_of(0.166, 0.009, 0.322));
    assert_eq!(benefit.to_string(), "NNTB 6.0 (3.1 to 111.1)");
    let harm = number_needed(&difference_of(-0.166, -0.322, -0.009));
    assert_eq!(harm.to_string(), "NNTH 6.0 (3.1 to 111.1)");
    assert_eq!(number_needed(&difference_of(0.0, -0.1, 0.1)).to_string(), "NNTB inf (NNTB 10.0 to inf to NNTH 10.0)");
    let real = difference(Count::new(56, 70).unwrap(), Count::new(48, 80).unwrap(), 0.95);
    assert!(matches!(number_needed(&real), NumberNeeded::Benefit(i) if (i.estimate - 5.0).abs() < 1e-12));
}

/// Pain scores after surgery, with many ties: statistic 3.1375, p 0.005786, probability 0.788961.
///
/// Sources: Neubert & Brunner 2007, Comput Stat Data Anal 51:5192; more digits from scipy 1.17.1.
#[test]
fn agrees_with_a_printed_brunner_munzel_test() {
    let y = [1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 4.0, 1.0, 1.0];
    let n = [3.0, 3.0, 4.0, 3.0, 1.0, 2.0, 3.0, 1.0, 1.0, 5.0, 4.0];
    let found = probability_larger(&n, &y, 0.95);
    assert!((found.estimate - 0.788_961).abs() < 5e-7);
    near("statistic", found.statistic, 3.137_467_482_302_950_5, 1e-12);
    near("p", found.p, 0.005_786_208_666_151_469, 1e-11);
    assert!((found.lower - 0.5952).abs() < 5e-5 && (found.upper - 0.9827).abs() < 5e-5, "{found:?}");
    // Exchanged arms mirror it.
    let other = probability_larger(&y, &n, 0.95);
    near("mirror", other.estimate, 1.0 - found.estimate, 1e-12);
    near("mirror", other.lower, 1.0 - found.upper, 1e-12);
}

/// Every tenth of a percent of a law: the coefficient is 5/9 for the uniform one, 1/3 for the normal one, and larger
/// for two lumps.
#[test]
fn agrees_on_the_shape_of_known_laws() {
    let points: Vec<f64> = (0..20_000).map(|i| (f64::from(i) + 0.5) / 20_000.0).collect();
    let uniform = shape(&points);
    assert!((uniform.bimodality - UNIFORM_BIMODALITY).abs() < 1e-3 && (uniform.kurtosis + 1.2).abs() < 1e-3);
    let normal =
        shape(&points.iter().map(|p| study::analysis::distribution::normal_quantile(*p)).collect::<Vec<f64>>());
    assert!((normal.bimodality - 1.0 / 3.0).abs() < 2e-3 && normal.skewness.abs() < 1e-9, "{normal:?}");
    let lumps = shape(&points.iter().map(|p| if *p < 0.5 { *p } else { p + 4.0 }).collect::<Vec<f64>>());
    assert!(lumps.bimodality > 0.9, "{lumps:?}");
    // Corrected for the size of the sample; source: scipy 1.17.1, skew and kurtosis with bias=False.
    let small = shape(&[2.0, 3.0, 5.0, 1.0, 4.0, 9.0, 7.5, 3.0]);
    near("skewness", small.skewness, 0.765_212_526_974_261_5, 1e-12);
    near("kurtosis", small.kurtosis, -0.376_881_074_095_765_1, 1e-12);
    near("bimodality", small.bimodality, (1.0 + 0.585_550_211_438) / (-0.376_881_074_096 + 3.0 * 49.0 / 30.0), 1e-9);
    assert!(shape(&[1.0, 2.0, 3.0]).bimodality.is_nan());
}

#[test]
fn agrees_on_monte_carlo_errors() {
    let power = rate(800, 1000, 0.95).unwrap();
    near("error", power.error, (0.8_f64 * 0.2 / 1000.0).sqrt(), 1e-14);
    assert!(power.lower < 0.8 && 0.8 < power.upper && power.upper - power.lower < 0.051);
    assert_eq!(runs_for(0.5, 0.01), 2500.0);
    let mean = mean_of(&[1.0, 2.0, 3.0, 4.0], 0.95);
    // The t table: 3.182 with 3 degrees of freedom.
    near("mean", mean.upper, 2.5 + 3.182_446_305_284_263 * (5.0_f64 / 12.0).sqrt(), 1e-12);
    // 12 rejections of 1000 do not fit a level of 0.025, 30 do.
    assert!(!inside(12, 1000, 0.025, 0.95) && inside(30, 1000, 0.025, 0.95));
    assert!(inside(0, 50, 0.05, 0.95) && !inside(0, 1000, 0.05, 0.999) && !inside(1000, 1000, 0.95, 0.999));
    assert!(rate(1, 0, 0.95).is_err());
}

/// Unequal arms have the power of equal ones with the harmonic mean of their sizes, nearly; a test of no difference
/// rejects at its level; no size is found where there is nothing to find.
#[test]
fn agrees_on_power_of_unequal_arms() {
    let two = TwoMeans { difference: 2.0, sd: 5.0, sizes: [60.0, 120.0] };
    let equal = TwoMeans { sizes: [80.0, 80.0], ..two };
    assert!((two.power(0.05, Sides::Two) - equal.power(0.05, Sides::Two)).abs() < 1e-3);
    let none = TwoMeans { difference: 0.0, ..two };
    near("level", none.power(0.05, Sides::Two), 0.05, 1e-12);
    assert_eq!(none.size_for(0.8, 0.05, Sides::Two, 1000), None);
    let negative = TwoMeans { difference: -2.0, ..two };
    near("mirror", negative.power(0.05, Sides::Two), two.power(0.05, Sides::Two), 1e-12);
}
