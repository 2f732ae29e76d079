//! The whole brain against its published fixed point, its own plain solution, and what theory says.

use std::ops::ControlFlow;

use neural::brain::inhibition::{InhibitionError, Stability, Tuning, exact, stability, tune};
use neural::brain::{
    Flow, Model, Plasticity, Protocol, Recording, Region, RunError, Start, observe, reference, simulate,
};

mod brain_constants;
use brain_constants::{DECO_2014, RATE_HZ, RECURRENCE, STEPHAN_2007, dk68_coupling, model, ring, uniform};

fn protocol(dt_ms: f64, settle_s: f64, volumes: usize, seed: u64) -> Protocol {
    Protocol { dt_ms, settle_s, volumes, repetition_s: 0.72, seed, replicate: 0, start: Start::Low, plasticity: None }
}

fn run(model: &Model, protocol: &Protocol) -> Recording {
    simulate(model, &STEPHAN_2007, protocol, &mut |_| ControlFlow::Continue(())).expect("valid")
}

fn quiet(mut model: Model) -> Model {
    model.pools.noise_per_root_ms = 0.0;
    model
}

/// A model that rests at the reference rate without noise.
fn balanced(mut model: Model) -> Model {
    let weights = exact(&model, RATE_HZ).expect("solvable");
    for (region, weight) in model.regions.iter_mut().zip(weights) {
        region.inhibition = weight;
    }
    model
}

fn close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{got} instead of {expected} +- {tolerance}");
}

#[test]
fn agrees_with_the_published_fixed_point() {
    let model = quiet(model(ring(8), 0.0, 1.0));
    let recording = run(&model, &protocol(0.1, 5.0, 2, 1));
    for n in 0..8 {
        close(recording.rate_e_hz[n], 3.0773, 1e-4);
        close(recording.rate_i_hz[n], 3.9218, 1e-4);
        close(recording.states[n][0], 0.16476, 1e-5);
        close(recording.states[n][1], 0.039218, 1e-6);
    }
    close(DECO_2014.gain_e.current(3.0773), 0.37738, 1e-5);
    close(DECO_2014.gain_i.current(3.9218), 0.25290, 1e-5);
    // The weight that the isolated node was published with.
    for weight in exact(&model, RATE_HZ).expect("solvable") {
        close(weight, 1.0, 2e-5);
    }
}
#[test]
fn agrees_that_tuned_inhibition_holds_every_region() {
    let mut model = balanced(model(dk68_coupling(), 0.7, 1.0));
    let tuning =
        Tuning { target_hz: 3.0, tolerance_hz: 0.2, dt_ms: 1.0, measure_s: 240.0, rounds: 12, seed: 5, replicate: 0 };
    let before = run(&model, &protocol(1.0, 10.0, 400, 77));
    println!("before {:?}", before.rate_e_hz);
    let t = std::time::Instant::now();
    let tuned = tune(&model, &tuning, &mut |_| ControlFlow::Continue(())).expect("reached");
    println!("{:?} rounds {}", t.elapsed(), tuned.rounds);
    println!("{:?}", tuned.rates_hz);
    println!("{:?}", tuned.weights);
    for (region, weight) in model.regions.iter_mut().zip(&tuned.weights) {
        region.inhibition = *weight;
    }
    let recording = run(&model, &protocol(1.0, 10.0, 800, 77));
    for rate in &recording.rate_e_hz {
        close(*rate, 3.0, 0.3);
    }
    for g in [0.3, 0.5, 0.7, 0.9, 1.1] {
        model.global = g;
        let m = balanced(model.clone());
        match stability(&m, 1.0, 20.0).expect("valid") {
            Stability::Single { .. } => println!("{g} single"),
            Stability::Several { regions, .. } => println!("{g} several {}", regions.len()),
        }
    }
}
