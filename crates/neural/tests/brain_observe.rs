//! Observables against what can be worked out by hand, and the bundled data against the facts told of them.

use neural::brain::observe::*;
use sim::random::{Stream, stream_id};

mod brain_constants;

fn close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{got} instead of {expected} +- {tolerance}");
}

fn noise(regions: usize, volumes: usize, shared: f64) -> Vec<f32> {
    let mut draws = Stream::new(3, 0, 0, stream_id("observe"), 0);
    let mut out = Vec::new();
    for _ in 0..volumes {
        let common = shared * draws.normal();
        out.extend((0..regions).map(|_| (common + draws.normal()) as f32));
    }
    out
}

#[test]
fn agrees_with_correlations_by_hand() {
    // Anscombe 1973, first set: r = 0.81642.
    let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
    let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
    close(pearson(&x, &y), 0.816_420_5, 1e-7);
    assert_eq!(pearson(&x, &[0.1; 11]), 0.0);
    let bold: Vec<f32> = x.iter().zip(y).flat_map(|(a, b)| [*a as f32, b as f32, -*a as f32, 3.3]).collect();
    let matrix = connectivity(&bold, 4);
    close(matrix[1], 0.816_420_5, 1e-6);
    close(matrix[2], -1.0, 1e-12);
    assert_eq!(&matrix[12..], [0.0, 0.0, 0.0, 1.0]);
    close(fisher_z(0.5), 0.549_306_144_334, 1e-12);
    assert!(fisher_z(1.0).is_finite() && fisher_z(-1.0).is_finite());
}

#[test]
fn agrees_with_means_by_hand() {
    let m = [1.0, 0.1, 0.2, 0.3, 0.1, 1.0, 0.4, 0.5, 0.2, 0.4, 1.0, 0.6, 0.3, 0.5, 0.6, 1.0];
    assert_eq!(upper(&m), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    close(mean(&m), 0.35, 1e-12);
    close(mean_within(&m, &[0, 1, 3]), 0.3, 1e-12);
    close(mean_between(&m, &[0, 1], &[1, 2]), (0.1 + 0.2 + 0.4) / 3.0, 1e-12);
    assert_eq!((mean_within(&m, &[2]), mean_between(&m, &[1], &[1])), (0.0, 0.0));
    let z = [0.1, 0.2, 0.3].map(fisher_z).iter().sum::<f64>() / 3.0;
    close(global_brain_connectivity(&m)[0], z, 1e-12);
    let both = fisher_mean(&[m.to_vec(), m.map(|r| -r).to_vec()]);
    close(both[1], 0.0, 1e-12);
    assert_eq!(both[0], 1.0);
    assert!(fisher_mean(&[]).is_empty());
}

#[test]
fn agrees_that_regression_removes_the_global_signal() {
    let bold = noise(12, 2_000, 1.0);
    close(mean(&connectivity(&bold, 12)), 0.5, 0.05);
    let rest = without_global_signal(&bold, 12);
    // What is left sums to zero over regions, so pairs correlate -1/11.
    close(mean(&connectivity(&rest, 12)), -1.0 / 11.0, 0.01);
    for volume in rest.chunks(12).take(50) {
        close(volume.iter().map(|x| f64::from(*x)).sum(), 0.0, 1e-4);
    }
}

#[test]
fn agrees_on_dynamics_of_known_courses() {
    let windows = Windows { length: 50, step: 10 };
    // Pure noise: windows apart share nothing, windows that overlap by four fifths share most.
    let bold = noise(20, 600, 0.0);
    let values = dynamics(&bold, 20, windows);
    assert_eq!(values.len(), 56 * 55 / 2);
    let apart: Vec<f64> = (6..56).map(|j| values[j - 1]).collect();
    close(apart.iter().sum::<f64>() / 50.0, 0.0, 0.1);
    assert!(values[0] > 0.6, "{}", values[0]);
    // The same again and again: every window is like every other.
    let repeated: Vec<f32> = bold[..10 * 20].iter().copied().cycle().take(200 * 20).collect();
    assert!(dynamics(&repeated, 20, windows).iter().all(|r| *r > 1.0 - 1e-9));
    assert!(dynamics(&bold[..40 * 20], 20, windows).is_empty());
    assert!(dynamics(&[], 0, windows).is_empty() && connectivity(&[], 0).is_empty());
}

#[test]
fn agrees_on_distances_of_histograms() {
    let counts = histogram(&[-1.0, -0.75, 0.0, 0.1, 1.0, 1.0], 4);
    assert_eq!(counts, [2.0, 0.0, 2.0, 2.0]);
    close(kolmogorov_smirnov(&[1.0, 1.0, 2.0], &[2.0, 2.0, 4.0]), 0.0, 1e-15);
    close(kolmogorov_smirnov(&[4.0, 0.0, 0.0], &[0.0, 0.0, 9.0]), 1.0, 1e-15);
    close(kolmogorov_smirnov(&[1.0, 1.0, 2.0], &[2.0, 1.0, 1.0]), 0.25, 1e-15);
    assert_eq!(kolmogorov_smirnov(&[1.0], &[0.0]), 1.0);
}

/// A bundled matrix without its names.
fn matrix(text: &str) -> Vec<f64> {
    let row = |line: &str| line.split('\t').skip(1).map(|x| x.parse().expect("number")).collect::<Vec<f64>>();
    text.lines().skip(1).flat_map(row).collect()
}

#[test]
fn validates_domhof_2022_facts_of_the_bundled_data() {
    let function = matrix(include_str!("../../../atlas/connectome/dk68_fc_mean.tsv"));
    let half_1 = matrix(include_str!("../../../atlas/connectome/dk68_fc_mean_half1.tsv"));
    let half_2 = matrix(include_str!("../../../atlas/connectome/dk68_fc_mean_half2.tsv"));
    let connectome = brain_constants::dk68();
    let logged: Vec<f64> = connectome.weights().iter().map(|w| sim::math::ln(1.0 + w)).collect();
    close(mean(&function), 0.317, 5e-4);
    close(similarity(connectome.weights(), &function), 0.40, 5e-3);
    close(similarity(&logged, &function), 0.55, 5e-3);
    close(similarity(&half_1, &half_2), 0.953, 5e-4);
    let networks = include_str!("../../../atlas/connectome/dk68_networks.tsv");
    let set = |name: &str| -> Vec<usize> {
        let is = |(n, line): (usize, &str)| line.ends_with(name).then_some(n);
        networks.lines().skip(1).enumerate().filter_map(is).collect()
    };
    close(mean_within(&function, &set("default")), 0.32, 5e-3);
    close(mean_within(&function, &set("visual")), 0.70, 5e-3);
    let names: Vec<&str> = networks.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(names, connectome.labels());
}
