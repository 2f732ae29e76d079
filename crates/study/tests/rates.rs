//! Rates against R, published examples and brute force.
#![allow(clippy::disallowed_methods, reason = "the standard library is what is compared with")]

use study::analysis::distribution::normal_quantile;
use study::analysis::rate::score::{difference, odds_ratio, ratio};
use study::analysis::rate::stratified::{
    Stratum, mantel_haenszel_difference, mantel_haenszel_odds_ratio, mantel_haenszel_test, score_difference,
};
use study::analysis::rate::{Count, Unusable, clopper_pearson, fisher_exact, newcombe, wilson};

const REFERENCE: &str = include_str!("../../../tests/reference/rate.csv");

fn count(events: u64, size: u64) -> Count {
    Count::new(events, size).unwrap()
}

fn near(what: &str, value: f64, expected: f64, relative: f64) {
    assert!(
        (value - expected).abs() <= relative * expected.abs().max(1e-9),
        "{what}: {value:e}, expected {expected:e}"
    );
}

fn strata(counts: &[u64]) -> Vec<Stratum> {
    counts.chunks(4).map(|c| Stratum { arm: count(c[0], c[1]), comparator: count(c[2], c[3]) }).collect()
}

#[test]
fn agrees_with_r() {
    let mut rows = 0;
    for line in REFERENCE.lines().skip(2) {
        let fields: Vec<&str> = line.split(',').collect();
        let counts: Vec<u64> = fields[1].split(' ').map(|c| c.parse().unwrap()).collect();
        let expected: Vec<f64> = fields[2].split(' ').map(|v| v.parse().unwrap()).collect();
        let (what, level) = fields[0].split_once(' ').map_or((fields[0], 0.95), |(w, l)| (w, l.parse().unwrap()));
        let found = match what {
            "clopper_pearson" | "wilson" => {
                let one = count(counts[0], counts[1]);
                let i = if what == "wilson" { wilson(one, level) } else { clopper_pearson(one, level) };
                vec![i.lower, i.upper]
            }
            "fisher" => vec![fisher_exact(count(counts[0], counts[1]), count(counts[2], counts[3]))],
            "mantel_haenszel_test" => {
                let test = mantel_haenszel_test(&strata(&counts)).unwrap();
                vec![test.statistic, test.p]
            }
            _ => {
                let strata = strata(&counts);
                let e = match what {
                    "mantel_haenszel_odds_ratio" => mantel_haenszel_odds_ratio(&strata, level),
                    _ => mantel_haenszel_difference(&strata, level),
                }
                .unwrap();
                vec![e.estimate, e.error, e.lower, e.upper]
            }
        };
        assert_eq!(found.len(), expected.len());
        for (value, expected) in found.iter().zip(&expected) {
            near(line, *value, *expected, 1e-12);
        }
        rows += 1;
    }
    assert!(rows >= 40, "{rows} rows");
}

/// Intervals of single rates, as printed.
///
/// Source: Newcombe 1998, Stat Med 17:857, table I.
#[test]
fn agrees_with_printed_intervals_of_one_rate() {
    for (events, size, lower, upper) in
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
    {
        let found = wilson(count(events, size), 0.95);
        assert!((found.lower - lower).abs() < 5.1e-5 && (found.upper - upper).abs() < 5.1e-5, "{found:?}");
    }
    assert!((clopper_pearson(count(0, 20), 0.95).upper - 0.1684).abs() < 5.1e-5);
}

/// 56 of 70 against 48 of 80: Miettinen-Nurminen 0.0528 to 0.3382, Newcombe 0.0524 to 0.3339; 7 of 34 against 1 of 34:
/// Newcombe 0.019 to 0.34, and Miettinen-Nurminen by `diffscoreci` of the R package PropCIs 0.0270416 to 0.3452912;
/// 4 of 5 against 2 of 5: -0.228 to 0.794.
///
/// Sources: Newcombe 1998, Stat Med 17:873, table II; Garner 2016, Western Users of SAS Software, paper 127; Fagerland,
/// Lydersen & Laake 2015, Stat Methods Med Res 24:224; the tests of statsmodels (PropCIs) and of
/// ClinicalTrialUtilities.
#[test]
fn agrees_with_printed_intervals_of_a_difference() {
    let within = |lower: f64, upper: f64, printed: (f64, f64), digits: f64| {
        assert!(
            (lower - printed.0).abs() < digits && (upper - printed.1).abs() < digits,
            "{lower} {upper} {printed:?}"
        );
    };
    let (a, b) = (count(56, 70), count(48, 80));
    within(difference(a, b, 0.95).lower, difference(a, b, 0.95).upper, (0.0528, 0.3382), 5.1e-5);
    within(newcombe(a, b, 0.95).lower, newcombe(a, b, 0.95).upper, (0.0524, 0.3339), 5.1e-5);
    let (a, b) = (count(7, 34), count(1, 34));
    within(difference(a, b, 0.95).lower, difference(a, b, 0.95).upper, (0.027_041_6, 0.345_291_2), 1e-6);
    within(newcombe(a, b, 0.95).lower, 0.34, (0.019, 0.34), 5.1e-4);
    within(0.0, newcombe(a, b, 0.95).upper, (0.0, 0.34), 5.1e-3);
    let found = difference(count(4, 5), count(2, 5), 0.95);
    within(found.lower, found.upper, (-0.228, 0.794), 5.1e-4);
}

/// Tolbutamide and death in two age groups, 90 % intervals.
///
/// Source: Rothman, Greenland & Lash 2008, Modern Epidemiology, chapter 15, with more digits from the worked example of
/// the metafor project.
#[test]
fn agrees_with_a_printed_stratified_example() {
    let strata = strata(&[8, 106, 5, 120, 22, 98, 16, 85]);
    let found = mantel_haenszel_difference(&strata, 0.9).unwrap();
    near("difference", found.estimate, 0.034_900_269_336_918, 1e-12);
    assert!((found.lower + 0.0176).abs() < 5.1e-5 && (found.upper - 0.0874).abs() < 5.1e-5, "{found:?}");
    let found = mantel_haenszel_odds_ratio(&strata, 0.9).unwrap();
    near("log odds ratio", found.estimate.ln(), 0.338_718_671_088_445_56, 1e-12);
    near("lower", found.lower.ln(), -0.173_084_882_689_606_3, 1e-12);
    near("upper", found.upper.ln(), 0.850_522_224_866_497_4, 1e-12);
}

/// The likelihood of two rates `(a, b(a))` along a restriction, searched on ever finer grids: the slow way to the
/// score.
fn brute(arm: Count, comparator: Count, other: impl Fn(f64) -> f64) -> (f64, f64) {
    let part = |c: Count, p: f64| {
        let term = |k: u64, p: f64| if k == 0 { 0.0 } else { k as f64 * p.ln() };
        term(c.events(), p) + term(c.size() - c.events(), 1.0 - p)
    };
    let likelihood = |b: f64| {
        let a = other(b);
        if (0.0..=1.0).contains(&a) { part(arm, a) + part(comparator, b) } else { f64::NEG_INFINITY }
    };
    let (mut best, mut width) = (0.5, 0.5);
    for round in 0..60 {
        let steps = if round == 0 { 4000 } else { 40 };
        let grid = (0..=steps).map(|i| (best - width + 2.0 * width * f64::from(i) / f64::from(steps)).clamp(0.0, 1.0));
        best = grid.max_by(|x, y| likelihood(*x).total_cmp(&likelihood(*y))).unwrap();
        width = if round == 0 { 2e-3 } else { width * 0.5 };
    }
    (other(best), best)
}

/// At each limit the score, worked out with rates found by brute force, is the normal quantile.
#[test]
fn agrees_with_brute_force_at_the_limits() {
    let z = normal_quantile(0.975);
    for (x, n, y, m) in [(7, 34, 1, 34), (56, 70, 48, 80), (3, 9, 8, 9), (30, 100, 40, 90), (2, 50, 11, 13)] {
        let (arm, comparator) = (count(x, n), count(y, m));
        let (n, m) = (n as f64, m as f64);
        let factor = (n + m) / (n + m - 1.0);
        let check = |what: &str, limits: (f64, f64), score: &dyn Fn(f64) -> f64| {
            // A grid finds the top of a likelihood to about the root of the spacing of numbers.
            assert!((score(limits.0) - z).abs() < 1e-6, "{what} {x} {n} {y} {m} lower {}", score(limits.0));
            assert!((score(limits.1) + z).abs() < 1e-6, "{what} {x} {n} {y} {m} upper {}", score(limits.1));
        };
        let found = difference(arm, comparator, 0.95);
        check("difference", (found.lower, found.upper), &|d| {
            let (a, b) = brute(arm, comparator, |b| b + d);
            let variance = (a * (1.0 - a) / n + b * (1.0 - b) / m) * factor;
            (arm.rate() - comparator.rate() - d) / variance.sqrt()
        });
        let found = ratio(arm, comparator, 0.95);
        check("ratio", (found.lower, found.upper), &|r| {
            let (a, b) = brute(arm, comparator, |b| b * r);
            let variance = (a * (1.0 - a) / n + r * r * b * (1.0 - b) / m) * factor;
            (arm.rate() - r * comparator.rate()) / variance.sqrt()
        });
        let found = odds_ratio(arm, comparator, 0.95);
        check("odds ratio", (found.lower, found.upper), &|o| {
            let (a, b) = brute(arm, comparator, |b| o * b / (1.0 + b * (o - 1.0)));
            let information = 1.0 / (n * a * (1.0 - a)) + 1.0 / (m * b * (1.0 - b));
            n * (arm.rate() - a) * (information / factor).sqrt()
        });
    }
}

/// All three measures share one test, of which the interval is the other face: it leaves no difference out exactly
/// where the test rejects.
#[test]
fn agrees_that_test_and_interval_say_the_same() {
    for x in 0..=15 {
        for y in 0..=12 {
            let (arm, comparator) = (count(x, 15), count(y, 12));
            let found =
                [difference(arm, comparator, 0.95), ratio(arm, comparator, 0.95), odds_ratio(arm, comparator, 0.95)];
            for (measure, none) in found.iter().zip([0.0, 1.0, 1.0]) {
                near("p", measure.p, found[0].p, 1e-12);
                let outside = measure.lower > none || measure.upper < none;
                assert_eq!(outside, measure.p < 0.05, "{x} {y} {measure:?}");
                if measure.estimate.is_finite() {
                    assert!(
                        measure.lower <= measure.estimate && measure.estimate <= measure.upper,
                        "{x} {y} {measure:?}"
                    );
                }
            }
        }
    }
}

/// The arms exchanged mirror a difference and invert a ratio.
#[test]
fn agrees_when_the_arms_are_exchanged() {
    let (a, b) = (count(9, 40), count(17, 35));
    let (d, e) = (difference(a, b, 0.9), difference(b, a, 0.9));
    near("difference", d.lower, -e.upper, 1e-12);
    for measure in [ratio, odds_ratio] {
        let (r, s) = (measure(a, b, 0.9), measure(b, a, 0.9));
        near("ratio", r.lower, 1.0 / s.upper, 1e-11);
        near("ratio", r.upper, 1.0 / s.lower, 1e-11);
    }
    // Odds of the complement are inverted too.
    let (o, p) = (odds_ratio(a, b, 0.9), odds_ratio(count(31, 40), count(18, 35), 0.9));
    near("complement", o.lower, 1.0 / p.upper, 1e-11);
}

#[test]
fn agrees_at_the_edges() {
    let none = ratio(count(0, 10), count(0, 12), 0.95);
    assert!(none.estimate.is_nan() && none.lower == 0.0 && none.upper == f64::INFINITY && none.p == 1.0);
    let zero = ratio(count(0, 10), count(6, 12), 0.95);
    assert!(zero.estimate == 0.0 && zero.lower == 0.0 && zero.upper > 0.0 && zero.upper < 1.0, "{zero:?}");
    let infinite = odds_ratio(count(10, 10), count(6, 12), 0.95);
    assert!(infinite.estimate == f64::INFINITY && infinite.upper == f64::INFINITY && infinite.lower > 1.0);
    let whole = difference(count(10, 10), count(0, 12), 0.95);
    assert!(whole.estimate == 1.0 && whole.upper == 1.0 && whole.lower > 0.5 && whole.p < 1e-4, "{whole:?}");
    assert_eq!(difference(count(0, 10), count(0, 12), 0.95).p, 1.0);
}

/// One stratum is no stratification; strata alike in everything pool to the score of the sum, but for the factor
/// `N / (N - 1)` of each.
#[test]
fn agrees_that_one_stratum_changes_nothing() {
    let one = strata(&[7, 34, 1, 34]);
    let (plain, stratified) = (difference(one[0].arm, one[0].comparator, 0.95), score_difference(&one, 0.95).unwrap());
    near("lower", stratified.lower, plain.lower, 1e-12);
    near("upper", stratified.upper, plain.upper, 1e-12);
    near("statistic", stratified.statistic, plain.statistic, 1e-12);
    let twice = score_difference(&strata(&[70, 340, 10, 340, 70, 340, 10, 340]), 0.95).unwrap();
    let whole = difference(count(140, 680), count(20, 680), 0.95);
    near("lower", twice.lower, whole.lower, 1e-3);
    near("statistic", twice.statistic, whole.statistic, 1e-3);
    let split = strata(&[3, 32, 5, 30, 16, 28, 10, 35]);
    let found = score_difference(&split, 0.95).unwrap();
    let wald = mantel_haenszel_difference(&split, 0.95).unwrap();
    assert!(found.lower < found.estimate && found.estimate < found.upper && found.estimate == wald.estimate);
    assert!((found.lower - wald.lower).abs() < 0.02 && (found.upper - wald.upper).abs() < 0.02);
    // At its limits the score, worked out the slow way, is the normal quantile.
    let score = |d: f64| {
        let (mut distance, mut variance) = (0.0, 0.0);
        for s in &split {
            let (n, m) = (s.arm.size() as f64, s.comparator.size() as f64);
            let (a, b) = brute(s.arm, s.comparator, |b| b + d);
            let w = n * m / (n + m);
            distance += w * (s.arm.rate() - s.comparator.rate() - d);
            variance += w * w * (a * (1.0 - a) / n + b * (1.0 - b) / m) * (n + m) / (n + m - 1.0);
        }
        distance / variance.sqrt()
    };
    let z = normal_quantile(0.975);
    assert!((score(found.lower) - z).abs() < 1e-6 && (score(found.upper) + z).abs() < 1e-6);
}

#[test]
fn rejects_counts_that_cannot_be() {
    assert_eq!(Count::new(0, 0), Err(Unusable::Nobody));
    let wrong = Count::new(5, 4).unwrap_err();
    assert_eq!(wrong.to_string(), "5 people with an event among 4: count each person once");
    assert_eq!(mantel_haenszel_difference(&[], 0.95), Err(Unusable::NoSharedStratum));
    let flat = strata(&[0, 10, 0, 9, 8, 8, 7, 7]);
    assert_eq!(mantel_haenszel_test(&flat), Err(Unusable::NoContrast));
    assert_eq!(mantel_haenszel_odds_ratio(&flat, 0.95), Err(Unusable::NoContrast));
    assert_eq!(score_difference(&flat, 0.95).unwrap().p, 1.0);
}
