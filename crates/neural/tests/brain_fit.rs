//! The fitted resting brain against the half of the subjects it was not fitted to.

use std::ops::ControlFlow;

use neural::brain::inhibition::{Tuning, exact, tune};
use neural::brain::observe::{self, Windows};
use neural::brain::{Model, Protocol, Region, Scale, Spread, Start, Transform, homologues, simulate, subject};
use sim::math;

mod brain_constants;
use brain_constants::{DECO_2014, RECURRENCE, STEPHAN_2007, dk68};

/// Found by `examples/fit_brain.rs` on half 1: global coupling, exponent of counts, extra coupling of homologues.
const FITTED: [f64; 3] = [1.57, 0.8285, 15.0];
const FITTED_SPREAD: Spread = Spread { connection: 0.237, recurrence: 0.05 };
const FITTED_NETWORKS: [(&str, f64); 7] = [
    ("default", 0.8232),
    ("dorsal_attention", 0.6898),
    ("frontoparietal", 1.3629),
    ("limbic", 0.6902),
    ("salience", 0.6368),
    ("somatomotor", 0.8515),
    ("visual", 1.0786),
];

/// Numbers of a bundled table from one column on, line after line.
fn numbers(text: &str, column: usize) -> Vec<f64> {
    let row = |line: &str| line.split('\t').skip(column).map(|x| x.parse().expect("number")).collect::<Vec<f64>>();
    text.lines().skip(1).flat_map(row).collect()
}

/// Correlation with the held-out half must beat that of structure, 0.556, by far; the distance of dynamics was to be 0.2
/// at most and is not: windows of a minute differ more here than in people, whose signals hold more structure.
#[test]
fn validates_domhof_2022_connectivity_held_out_and_known_miss_of_its_dynamics() {
    let connectome = dk68();
    let pairs = homologues(connectome.labels());
    let extra = |i: usize, j: usize| if pairs.contains(&(i.min(j), i.max(j))) { FITTED[2] } else { 0.0 };
    let coupling = connectome.coupling(Transform::Power(FITTED[1]), &extra, Scale::MeanRowSum);
    let networks = include_str!("../../../atlas/connectome/dk68_networks.tsv");
    let region = |line: &str| {
        let (_, factor) = FITTED_NETWORKS.iter().find(|(name, _)| line.ends_with(name)).expect("one of seven");
        Region::at_rest(RECURRENCE * factor, 1.0)
    };
    let regions = networks.lines().skip(1).map(region).collect();
    let group = Model { coupling, global: FITTED[0], pools: DECO_2014, regions };
    let (mut matrices, mut dynamics) = (Vec::new(), Vec::new());
    for person in 1..=4 {
        let mut model = subject(&group, FITTED_SPREAD, 31, person);
        for weights in [true, false] {
            let found = if weights {
                exact(&model, 3.0).expect("solvable")
            } else {
                let (target_hz, tolerance_hz, dt_ms, measure_s, rounds) = (3.0, 0.3, 1.0, 200.0, 20);
                let tuning = Tuning { target_hz, tolerance_hz, dt_ms, measure_s, rounds, seed: 32, replicate: person };
                tune(&model, &tuning, &mut |_| ControlFlow::Continue(())).expect("reached").weights
            };
            model.regions.iter_mut().zip(found).for_each(|(region, w)| region.inhibition = w);
        }
        let protocol = Protocol {
            dt_ms: 1.0,
            settle_s: 30.0,
            volumes: 900,
            repetition_s: 0.72,
            seed: 33,
            replicate: person,
            start: Start::Low,
            plasticity: None,
        };
        let run = simulate(&model, &STEPHAN_2007, &protocol, &mut |_| ControlFlow::Continue(())).expect("valid");
        matrices.push(observe::connectivity(&run.bold, run.regions));
        dynamics.extend(observe::dynamics(&run.bold, run.regions, Windows { length: 83, step: 4 }));
    }
    let held_out = numbers(include_str!("../../../atlas/connectome/dk68_fc_mean_half2.tsv"), 1);
    let simulated = observe::fisher_mean(&matrices);
    let logged: Vec<f64> = connectome.weights().iter().map(|w| math::ln(1.0 + w)).collect();
    let (r, baseline) = (observe::similarity(&simulated, &held_out), observe::similarity(&logged, &held_out));
    assert!(r > 0.65 && r > baseline + 0.1, "{r} against {baseline}");
    let measured = numbers(include_str!("../../../atlas/connectome/dk68_fcd_hist.tsv"), 1);
    let ks = observe::kolmogorov_smirnov(&observe::histogram(&dynamics, measured.len()), &measured);
    assert!(ks > 0.2, "{ks}: no longer a miss, tell it in the report of the fit");
}
