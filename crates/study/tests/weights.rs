//! Weights towards a population: the means are reached by the one kind of weights that may, or the reason is told.
#![allow(clippy::disallowed_methods, reason = "the standard library is what is compared with")]

use study::analysis::weighting::{
    Target, Unusable, Weighted, balance, effective_size, weighted_difference, weighted_mean,
};
use study::statistic::{mean, sd};

/// Age, score and a mark of 0 or 1, spread by irrational steps.
fn people(count: usize) -> Vec<Vec<f64>> {
    let at = |i: usize, step: f64| (i as f64 * step + 0.1) % 1.0;
    (0..count)
        .map(|i| {
            let age = 20.0 + 50.0 * at(i, 0.618_034);
            vec![age, 25.0 + 20.0 * at(i, 0.414_214) + 0.1 * age, f64::from(u8::from(at(i, 0.732_051) < 0.6))]
        })
        .collect()
}

fn targets(means: &[f64]) -> Vec<Target> {
    ["age", "score", "female"].iter().zip(means).map(|(n, m)| Target { name: n.to_string(), mean: *m }).collect()
}

/// Weights that meet the means and whose logarithm is linear in the covariates are the solution, and the only one.
#[test]
fn agrees_with_the_conditions_of_the_solution() {
    let people = people(300);
    let wanted = targets(&[52.0, 36.0, 0.35]);
    let found = balance(&people, &wanted).unwrap();
    assert!((mean(&found.weights) - 1.0).abs() < 1e-12 && found.weights.iter().all(|w| *w > 0.0));
    for (k, target) in wanted.iter().enumerate() {
        let values: Vec<f64> = people.iter().map(|p| p[k]).collect();
        assert!((weighted_mean(&values, &found.weights) - target.mean).abs() < 1e-10, "{}", target.name);
    }
    // A plane fitted to the logarithms leaves nothing over.
    let log: Vec<f64> = found.weights.iter().map(|w| w.ln()).collect();
    let normal: Vec<Vec<f64>> = people.iter().map(|p| vec![1.0, p[0], p[1], p[2]]).collect();
    let plane = solve(&normal, &log);
    for (row, log) in normal.iter().zip(&log) {
        let fitted: f64 = row.iter().zip(&plane).map(|(x, b)| x * b).sum();
        assert!((fitted - log).abs() < 1e-9, "{fitted} {log}");
    }
    assert!(found.effective_size < 300.0 && (found.effective_size - effective_size(&found.weights)).abs() < 1e-9);
    assert!(found.steps < 15, "{}", found.steps);
}

/// Least squares by the normal equations and elimination.
fn solve(rows: &[Vec<f64>], values: &[f64]) -> Vec<f64> {
    let width = rows[0].len();
    let mut a = vec![vec![0.0; width + 1]; width];
    for (row, value) in rows.iter().zip(values) {
        for i in 0..width {
            (0..width).for_each(|j| a[i][j] += row[i] * row[j]);
            a[i][width] += row[i] * value;
        }
    }
    for i in 0..width {
        let pivot = a[i].clone();
        for (_, row) in a.iter_mut().enumerate().filter(|(j, _)| *j != i) {
            let factor = row[i] / pivot[i];
            row.iter_mut().zip(&pivot).for_each(|(x, p)| *x -= factor * p);
        }
    }
    (0..width).map(|i| a[i][width] / a[i][i]).collect()
}

/// One covariate of two values: weights are the wanted over the seen shares.
#[test]
fn agrees_with_plain_standardisation() {
    let people: Vec<Vec<f64>> = (0..10).map(|i| vec![f64::from(u8::from(i < 3))]).collect();
    let found = balance(&people, &[Target { name: "female".into(), mean: 0.6 }]).unwrap();
    for (i, weight) in found.weights.iter().enumerate() {
        let expected = if i < 3 { 0.6 / 0.3 } else { 0.4 / 0.7 };
        assert!((weight - expected).abs() < 1e-12, "{weight} {expected}");
    }
    let squares = 3.0 * 4.0 + 7.0 * (0.4 / 0.7) * (0.4 / 0.7);
    assert!((found.effective_size - 100.0 / squares).abs() < 1e-9);
    // Means that are there already, and a covariate that does not vary, ask for nothing.
    let people: Vec<Vec<f64>> = (0..10).map(|i| vec![f64::from(i), 3.0]).collect();
    let wanted = [Target { name: "age".into(), mean: 4.5 }, Target { name: "site".into(), mean: 3.0 }];
    let found = balance(&people, &wanted).unwrap();
    assert!(found.weights.iter().all(|w| (w - 1.0).abs() < 1e-12) && found.steps == 0);
}

/// Equal weights give Welch's standard error; a weight of two is the person counted twice in the mean.
#[test]
fn agrees_with_unweighted_means() {
    let (a, b) = ([3.0, 5.0, 8.0, 1.0, 4.0], [2.0, 2.5, 6.0]);
    let arm = Weighted { values: &a, weights: &[0.7; 5] };
    let comparator = Weighted { values: &b, weights: &[1.3; 3] };
    let found = weighted_difference(arm, comparator, 0.95);
    let error = (sd(&a) * sd(&a) / 5.0 + sd(&b) * sd(&b) / 3.0).sqrt();
    assert!((found.estimate - (mean(&a) - mean(&b))).abs() < 1e-12 && (found.error - error).abs() < 1e-12);
    let weights = [2.0, 1.0, 1.0];
    assert!((weighted_mean(&b, &weights) - (2.0 + 2.0 + 2.5 + 6.0) / 4.0).abs() < 1e-12);
    // By hand: the sum of w^2 (x - m)^2 over the square of the sum of w, times 3/2.
    let m = 12.5 / 4.0;
    let squares: f64 = b.iter().zip(weights).map(|(x, w)| w * w * (x - m) * (x - m)).sum();
    let other = weighted_difference(Weighted { values: &b, weights: &weights }, comparator, 0.95);
    let expected = (squares / 16.0 * 1.5 + sd(&b) * sd(&b) / 3.0).sqrt();
    assert!((other.error - expected).abs() < 1e-12);
}

#[test]
fn rejects_means_out_of_range() {
    let refused = balance(&people(50), &targets(&[80.0, 36.0, 0.35])).unwrap_err();
    assert!(matches!(&refused, Unusable::OutOfRange { name, .. } if name == "age"), "{refused:?}");
    let text = refused.to_string();
    assert!(
        text.starts_with("the mean 80 of `age` cannot be reached: the people have 2") && text.contains(" to 6"),
        "{text}"
    );
    let constant: Vec<Vec<f64>> = (0..5).map(|_| vec![1.0]).collect();
    let one = [Target { name: "female".into(), mean: 0.5 }];
    assert!(matches!(balance(&constant, &one), Err(Unusable::OutOfRange { range: (1.0, 1.0), .. })));
}

/// Old people with low scores do not exist in this sample: each mean is in range, both together are not.
#[test]
fn rejects_means_out_of_joint_reach() {
    let people: Vec<Vec<f64>> =
        (0..40).map(|i| vec![f64::from(i), f64::from(i) + f64::from(i % 5), f64::from(i * 7 % 11)]).collect();
    let refused = balance(&people, &targets(&[30.0, 10.0, 5.0])).unwrap_err();
    let Unusable::OutOfReach { name, with, .. } = &refused else { panic!("{refused:?}") };
    let mut names = with.clone();
    names.push(name.clone());
    names.sort();
    assert_eq!(names, ["age", "score"], "{refused}");
}

#[test]
fn rejects_covariates_that_say_the_same() {
    let people: Vec<Vec<f64>> = (0..9).map(|i| vec![f64::from(i), 1.0 - 2.0 * f64::from(i)]).collect();
    let refused = balance(&people, &targets(&[5.0, -9.0])).unwrap_err();
    assert_eq!(refused, Unusable::Dependent { name: "score".into() });
    assert_eq!(balance(&[], &[]), Err(Unusable::Nobody));
    assert!(matches!(balance(&people, &targets(&[5.0])), Err(Unusable::Shape { place: 0, found: 2, expected: 1 })));
    let gap = vec![vec![1.0], vec![f64::NAN]];
    assert_eq!(balance(&gap, &targets(&[1.5])), Err(Unusable::NotANumber { name: "age".into() }));
}

/// The wanted means lie on the line between two people: the third and fourth could have no weight at all.
#[test]
fn rejects_means_on_the_edge_of_reach() {
    let people: Vec<Vec<f64>> = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.3, 0.3]].map(|p| p.to_vec()).to_vec();
    let refused = balance(&people, &targets(&[0.5, 0.5])).unwrap_err();
    assert!(matches!(refused, Unusable::Edge { .. }), "{refused:?}");
    let inside = balance(&people, &targets(&[0.4999, 0.4999])).unwrap();
    assert!(inside.effective_size < 2.01, "{inside:?}");
    assert!(matches!(balance(&people, &targets(&[0.5001, 0.5001])), Err(Unusable::OutOfReach { .. })));
}
