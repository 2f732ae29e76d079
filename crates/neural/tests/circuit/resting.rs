//! The reference point, what NMDA block does to it, and the circuit at rest.

use std::ops::ControlFlow;
use std::sync::OnceLock;

use neural::circuit::rest::{Rest, Resting, rest};
use neural::circuit::{CircuitError, Motif, Parameters, Scaling};

use crate::constants::{SPARSE, random};

const PROTOCOL: Rest =
    Rest { settling_s: 1.0, recorded_s: 4.0, segment: 1_024, raster_cells: 10, synchrony_bin_ms: 5.0 };

fn watch(parameters: &Parameters, scaling: &Scaling, seed: u64) -> Resting {
    rest(parameters, scaling, &random(seed), &PROTOCOL, seed, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// Rates of pyramidal cells and interneurons, mean over three drawings of the wiring.
fn rates(parameters: &Parameters, scaling: &Scaling) -> [f64; 2] {
    let runs: Vec<Resting> = (1..=3).map(|seed| watch(parameters, scaling, seed)).collect();
    let share = parameters.somatostatin_share;
    let mean = |f: &dyn Fn(&Resting) -> f64| runs.iter().map(f).sum::<f64>() / runs.len() as f64;
    [mean(&|r| r.rates_hz[0]), mean(&|r| r.rates_hz[1] * (1.0 - share) + r.rates_hz[2] * share)]
}

fn reference() -> [f64; 2] {
    static RATES: OnceLock<[f64; 2]> = OnceLock::new();
    *RATES.get_or_init(|| rates(&SPARSE, &Scaling::NONE))
}

#[test]
fn print_table() {
    for (e, i) in [(1.0, 1.0), (0.6, 0.6), (0.8, 1.0), (1.0, 0.96), (1.0, 0.9), (0.9, 0.85), (0.8, 0.72)] {
        println!("{e} {i} {:?}", rates(&SPARSE, &Scaling::nmda(e, i)));
    }
    for share in [0.0, 0.2, 0.4] {
        for gaba in [1.0, 1.03, 1.06] {
            let p = Parameters { somatostatin_share: share, motif: Motif::Dendritic, ..SPARSE };
            println!("{share} {gaba} {:?}", rates(&p, &Scaling { gaba, ..Scaling::NONE }));
        }
    }
    println!("{:?}", watch(&SPARSE, &Scaling::NONE, 1));
    println!("{:?}", reference());
}

#[test]
fn rejects_a_cancelled_rest() {
    let mut calls = 0;
    let stop = &mut |_| {
        calls += 1;
        if calls > 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    assert_eq!(rest(&SPARSE, &Scaling::NONE, &random(1), &PROTOCOL, 1, stop), Err(CircuitError::Cancelled));
    assert_eq!(calls, 3);
}
