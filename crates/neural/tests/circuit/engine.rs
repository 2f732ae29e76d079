//! The kernel against the plain reference, smaller steps and itself.

use neural::circuit::{Circuit, CircuitError, Connectivity, InDegree, Parameters, Scaling, Spike, reference};

use crate::constants::{ALL_TO_ALL, RING, SPARSE, random};

/// A circuit of a quarter of the size, with the same conductance at each cell.
fn small() -> (Parameters, Connectivity) {
    let small = Parameters { pyramidal: 400, interneurons: 100, ..SPARSE };
    (small, Connectivity::Random { excitatory: 320, inhibitory: 80, in_degree: InDegree::Exact, seed: 3 })
}

fn spikes(parameters: &Parameters, connectivity: &Connectivity, seed: u64, ms: f64) -> Vec<Spike> {
    let mut circuit = Circuit::new(parameters, &Scaling::NONE, connectivity, seed, 0).unwrap();
    let mut spikes = Vec::new();
    circuit.advance((ms / parameters.step_ms) as u32, &mut spikes);
    spikes
}

/// Rates of pyramidal cells and interneurons after the first half, and the mean variation of pyramidal intervals.
fn statistics(parameters: &Parameters, spikes: &[Spike], ms: f64) -> [f64; 3] {
    let half = (0.5 * ms / parameters.step_ms) as u32;
    let mut counts = [0.0; 2];
    let mut times = vec![Vec::new(); parameters.pyramidal];
    for spike in spikes.iter().filter(|spike| spike.step >= half) {
        let cell = spike.cell as usize;
        counts[usize::from(cell >= parameters.pyramidal)] += 1.0;
        if cell < parameters.pyramidal {
            times[cell].push(f64::from(spike.step));
        }
    }
    let (mut variation, mut cells) = (0.0, 0.0);
    for times in times.iter().filter(|times| times.len() > 5) {
        let intervals: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
        let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
        let variance = intervals.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / intervals.len() as f64;
        variation += variance.sqrt() / mean;
        cells += 1.0;
    }
    let seconds = 0.5e-3 * ms;
    [
        counts[0] / parameters.pyramidal as f64 / seconds,
        counts[1] / parameters.interneurons as f64 / seconds,
        variation / f64::max(cells, 1.0),
    ]
}

/// Rates and the variation of intervals, and rates alone.
const ALL: usize = 3;
const RATES: usize = 2;

/// Means over seeds of two ways to simulate must lie within three standard errors of their difference.
fn hold_together(name: &str, statistics: usize, a: &[[f64; 3]], b: &[[f64; 3]]) {
    for k in 0..statistics {
        let moments = |runs: &[[f64; 3]]| {
            let mean = runs.iter().map(|r| r[k]).sum::<f64>() / runs.len() as f64;
            let squares = runs.iter().map(|r| (r[k] - mean) * (r[k] - mean)).sum::<f64>();
            (mean, squares / (runs.len() - 1) as f64 / runs.len() as f64)
        };
        let ((mean_a, var_a), (mean_b, var_b)) = (moments(a), moments(b));
        let error = (var_a + var_b).sqrt();
        println!("{name} {k}: {mean_a:.3} {mean_b:.3} +- {error:.3}");
        assert!((mean_a - mean_b).abs() < 3.0 * error, "{name} {k}: {mean_a} {mean_b} +- {error}");
        assert!(error < 0.1 * mean_a, "{name} {k}: too uncertain to tell, {mean_a} +- {error}");
    }
}

#[test]
fn agrees_with_the_plain_reference_in_distribution() {
    let (parameters, wiring) = small();
    let kernel: Vec<_> = (0..8).map(|s| statistics(&parameters, &spikes(&parameters, &wiring, s, 3e3), 3e3)).collect();
    let plain = |seed| {
        let spikes = reference::simulate(&parameters, &Scaling::NONE, &wiring, seed, 30_000).unwrap();
        statistics(&parameters, &spikes, 3e3)
    };
    hold_together("plain", ALL, &kernel, &(0..8).map(plain).collect::<Vec<_>>());
}

#[test]
// Small networks swing far: the kernel is cheap enough to average over 48 seeds.
fn agrees_with_the_plain_reference_between_pools_and_on_a_ring() {
    let parameters = Parameters { pyramidal: 160, interneurons: 40, ..ALL_TO_ALL };
    let scaling = Scaling {
        nmda_pyramidal: 10.0,
        nmda_parvalbumin: 10.0,
        nmda_somatostatin: 10.0,
        ampa_pyramidal: 10.0,
        ampa_interneurons: 10.0,
        gaba: 10.0,
        external: 1.0,
    };
    let pools = Connectivity::Pools { sizes: vec![48, 112], weights: vec![1.3, 0.87, 0.9, 1.05] };
    let ring = Connectivity::Ring { strongest: 1.2, width_deg: 20.0 };
    for (name, wiring) in [("pools", pools), ("ring", ring)] {
        let kernel = |seed| {
            let mut circuit = Circuit::new(&parameters, &scaling, &wiring, seed, 0).unwrap();
            let mut spikes = Vec::new();
            circuit.advance(20_000, &mut spikes);
            statistics(&parameters, &spikes, 2e3)
        };
        let plain = |seed| {
            let spikes = reference::simulate(&parameters, &scaling, &wiring, seed, 20_000).unwrap();
            statistics(&parameters, &spikes, 2e3)
        };
        hold_together(name, RATES, &(0..48).map(kernel).collect::<Vec<_>>(), &(0..16).map(plain).collect::<Vec<_>>());
    }
}

#[test]
fn agrees_with_half_the_step() {
    let (parameters, wiring) = small();
    let half = Parameters { step_ms: 0.05, ..parameters };
    let run = |p: Parameters| (0..10).map(|s| statistics(&p, &spikes(&p, &wiring, s, 4e3), 4e3)).collect::<Vec<_>>();
    hold_together("half step", ALL, &run(parameters), &run(half));
}

#[test]
fn agrees_with_itself_in_pieces_and_again() {
    let whole = spikes(&SPARSE, &random(1), 7, 200.0);
    let mut circuit = Circuit::new(&SPARSE, &Scaling::NONE, &random(1), 7, 0).unwrap();
    let mut pieces = Vec::new();
    for steps in [1, 99, 900, 7, 993] {
        circuit.advance(steps, &mut pieces);
    }
    assert!(whole == pieces && whole.len() > 1_000);
    assert_ne!(whole, spikes(&SPARSE, &random(1), 8, 200.0));
    assert_ne!(whole, spikes(&SPARSE, &random(2), 7, 200.0));
}

#[test]
fn agrees_with_plain_instructions_bit_for_bit() {
    let ring = Connectivity::Ring { strongest: 3.0, width_deg: 9.0 };
    for (parameters, wiring) in [(SPARSE, random(1)), (RING, ring)] {
        let new = || Circuit::new(&parameters, &Scaling::NONE, &wiring, 7, 0).unwrap();
        let (mut widest, mut plain) = (new(), new());
        let (mut spikes, mut again) = (Vec::new(), Vec::new());
        widest.advance(2_000, &mut spikes);
        plain.advance_plain(2_000, &mut again);
        assert!(spikes == again && !spikes.is_empty());
        assert_eq!(widest.field_na().to_bits(), plain.field_na().to_bits());
    }
}

#[test]
fn agrees_with_the_leaky_integrator_without_input() {
    // A current of 0.6 nA into 25 nS: 24 mV above rest; from reset to threshold 20 ms ln((24 - 15)/(24 - 20)) = 16.22 ms.
    let parameters = Parameters { external_hz: 0.0, ..ALL_TO_ALL };
    let wiring = Connectivity::Pools { sizes: vec![1_600], weights: vec![0.0] };
    let scaling = Scaling { ampa_interneurons: 0.0, nmda_parvalbumin: 0.0, nmda_somatostatin: 0.0, ..Scaling::NONE };
    let mut circuit = Circuit::new(&parameters, &scaling, &wiring, 1, 0).unwrap();
    circuit.set_current(0, |_| 600.0).unwrap();
    let mut spikes = Vec::new();
    circuit.advance(10_000, &mut spikes);
    let times: Vec<u32> = spikes.iter().filter(|s| s.cell == 5).map(|s| s.step).collect();
    let interval = f64::from(times[times.len() - 1] - times[1]) / (times.len() - 2) as f64 * 0.1;
    assert!((interval - 18.22).abs() < 0.1, "{interval}");
}

#[test]
fn agrees_with_saturation_whatever_the_rate() {
    // Even where every cell fires without pause nothing leaves the range of numbers.
    let scaling = Scaling { ampa_pyramidal: 10.0, nmda_pyramidal: 10.0, gaba: 0.0, external: 10.0, ..Scaling::NONE };
    let parameters = Parameters { external_hz: 40_000.0, ..SPARSE };
    let mut circuit = Circuit::new(&parameters, &scaling, &random(1), 1, 0).unwrap();
    let mut spikes = Vec::new();
    circuit.advance(500, &mut spikes);
    assert!(circuit.field_na().is_finite());
    let most = 2_000 * 50;
    assert!(spikes.len() > 10_000 && spikes.len() < most, "{}", spikes.len());
}

#[test]
fn rejects_what_cannot_be_built() {
    let new = |p: &Parameters, c: &Connectivity| Circuit::new(p, &Scaling::NONE, c, 1, 0).map(|_| ()).unwrap_err();
    let step = Parameters { step_ms: f64::NAN, ..SPARSE };
    assert!(new(&step, &random(1)).to_string().contains("integration step"));
    let cells = Connectivity::Random { excitatory: 1_600, inhibitory: 80, in_degree: InDegree::Exact, seed: 1 };
    assert_eq!(new(&SPARSE, &cells), CircuitError::TooFewCells { cells: 1_600, synapses: 1_600 });
    let pools = Connectivity::Pools { sizes: vec![100, 100], weights: vec![1.0; 4] };
    assert!(new(&ALL_TO_ALL, &pools).to_string().contains("sizes of pools"));
    let ring = Connectivity::Ring { strongest: 90.0, width_deg: 90.0 };
    assert!(new(&ALL_TO_ALL, &ring).to_string().contains("footprint"));
    let wrong = Scaling { gaba: -1.0, ..Scaling::NONE };
    assert!(Circuit::new(&SPARSE, &wrong, &random(1), 1, 0).is_err());
}
