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

/// The reference point on which three independent simulators agree: 5.4 and 14.6 Hz.
#[test]
fn validates_reference_rates() {
    let [pyramidal, interneurons] = reference();
    println!("reference: {pyramidal:.2} {interneurons:.2}");
    assert!((pyramidal - 5.4).abs() <= 0.5 && (interneurons - 14.5).abs() <= 1.5, "{pyramidal} {interneurons}");
}

/// A row of the table of those simulators, to 15 %: they agree with each other to about 10 % and the means of three
/// drawings of the wiring have standard errors of about 3 %.
fn hold_row(scaling: Scaling, expected: [f64; 2]) {
    let measured = rates(&SPARSE, &scaling);
    println!("{:.2}/{:.2}: {measured:.2?}", scaling.nmda_pyramidal, scaling.nmda_parvalbumin);
    for (got, expected) in measured.iter().zip(expected) {
        assert!((got / expected - 1.0).abs() < 0.15, "{got} instead of {expected}");
    }
}

#[test]
fn validates_that_uniform_block_silences() {
    hold_row(Scaling::nmda(0.6, 0.6), [2.8, 8.4]);
}

#[test]
fn validates_that_block_on_pyramidal_cells_silences() {
    hold_row(Scaling::nmda(0.8, 1.0), [1.6, 8.2]);
}

#[test]
fn validates_that_slight_block_on_interneurons_disinhibits() {
    hold_row(Scaling::nmda(1.0, 0.96), [8.4, 17.7]);
}

#[test]
fn validates_that_block_on_interneurons_is_explosive() {
    hold_row(Scaling::nmda(1.0, 0.9), [16.0, 23.0]);
}

#[test]
fn validates_that_moderate_mixed_block_disinhibits() {
    hold_row(Scaling::nmda(0.9, 0.85), [8.3, 16.4]);
}

#[test]
fn validates_that_strong_mixed_block_disinhibits() {
    hold_row(Scaling::nmda(0.8, 0.72), [10.1, 16.3]);
}

#[test]
fn validates_reference_rates_with_two_kinds_of_interneurons() {
    let parameters = Parameters { motif: Motif::Dendritic, somatostatin_share: 0.2, ..SPARSE };
    let [pyramidal, interneurons] = rates(&parameters, &Scaling::NONE);
    println!("dendritic: {pyramidal:.2} {interneurons:.2}");
    assert!((pyramidal - 5.4).abs() <= 0.5 && (interneurons - 14.5).abs() <= 1.5, "{pyramidal} {interneurons}");
    let scaling = Scaling { nmda_somatostatin: 0.8, ..Scaling::NONE };
    let [disinhibited, _] = rates(&parameters, &scaling);
    println!("somatostatin alone: {disinhibited:.2}");
    assert!(disinhibited > 1.05 * pyramidal, "{disinhibited} {pyramidal}");
}

#[test]
fn agrees_with_its_own_raster() {
    let resting = watch(&SPARSE, &Scaling::NONE, 1);
    let shown = resting.raster_cells.len() as f64;
    assert_eq!(shown, 30.0);
    let mean = resting.rates_hz.iter().sum::<f64>() / 3.0;
    // Ten cells of each kind for a second: about 330 spikes.
    assert!((resting.raster.len() as f64 / shown / mean - 1.0).abs() < 0.5, "{} {mean}", resting.raster.len());
    assert!((0.6..1.3).contains(&resting.interval_cv), "{}", resting.interval_cv);
    assert!((resting.glutamate_per_s / 1_600.0 - resting.rates_hz[0]).abs() < 1e-9);
    assert!(resting.synchrony > 1.0 && resting.field_na > 0.0);
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
