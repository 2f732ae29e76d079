//! What the spiking circuit costs, and what it shows: `cargo run --release -p resynapse-neural --example bench_circuit`,
//! with `table`, `rest`, `drive`, `memory` or `decision` for one part of it.
#![allow(clippy::disallowed_methods, reason = "it measures time and memory")]

#[path = "../tests/circuit/constants.rs"]
mod constants;

use std::ops::ControlFlow;
use std::time::Instant;

use constants::{ALL_TO_ALL, CUE, DECISION, FOOTPRINT, RING, SPARSE, random};
use neural::circuit::decision::{self, Decision, performance, pools, psychometric};
use neural::circuit::drive::{self, Drive, DriveReach, following};
use neural::circuit::memory::{self, Cue, Memory, precision};
use neural::circuit::rest::{Rest, Resting, rest};
use neural::circuit::{Circuit, CircuitError, Motif, Parameters, Scaling};
use neural::spectrum::change_db;

fn go(_: f64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn main() -> Result<(), CircuitError> {
    let part = std::env::args().nth(1).unwrap_or_default();
    let trials = std::env::args().nth(2).and_then(|n| n.parse().ok()).unwrap_or(20);
    let wanted = |name: &str| part.is_empty() || part == name;
    if wanted("cost") {
        cost()?;
    }
    if wanted("table") {
        table()?;
    }
    if wanted("rest") {
        resting(f64::from(trials))?;
    }
    if wanted("drive") {
        driven(trials)?;
    }
    if wanted("memory") {
        remembered(trials)?;
    }
    if wanted("decision") {
        decided(trials)?;
    }
    Ok(())
}

/// Peak of the resident memory, MB.
fn memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|p| p.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

/// Seconds of processor time so far, user and system.
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(f64::NAN);
    (ticks(11) + ticks(12)) / 100.0
}

fn cost() -> Result<(), CircuitError> {
    let start = processor_s();
    let mut circuit = Circuit::new(&SPARSE, &Scaling::NONE, &random(1), 1, 0)?;
    println!("2,000 cells wired in {:.3} s of processor time", processor_s() - start);
    let (start, clock) = (processor_s(), Instant::now());
    let mut spikes = Vec::new();
    for _ in 0..10_000 {
        spikes.clear();
        circuit.advance(10, &mut spikes);
    }
    let (busy, passed) = (processor_s() - start, clock.elapsed().as_secs_f64());
    println!("rest: {:.4} s of processor time per biological second ({:.4} s passed)", busy / 10.0, passed / 10.0);
    println!("peak memory {:.1} MB", memory_mb());
    Ok(())
}

fn watch(parameters: &Parameters, scaling: &Scaling, recorded_s: f64, seed: u64) -> Result<Resting, CircuitError> {
    let protocol = Rest { settling_s: 1.0, recorded_s, segment: 1_024, raster_cells: 10, synchrony_bin_ms: 5.0 };
    rest(parameters, scaling, &random(seed), &protocol, seed, &mut go)
}

fn table() -> Result<(), CircuitError> {
    println!("NMDA on pyramidal cells and interneurons -> rates, Hz (expected)");
    let rows = [
        (1.0, 1.0, "5.4 14.6"),
        (0.6, 0.6, "2.8 8.4"),
        (0.8, 1.0, "1.6 8.2"),
        (1.0, 0.96, "8.4 17.7"),
        (1.0, 0.9, "16 23"),
        (0.9, 0.85, "8.3 16.4"),
        (0.8, 0.72, "10.1 16.3"),
    ];
    for (pyramidal, interneurons, expected) in rows {
        let mut rates = [0.0; 2];
        for seed in 1..=5 {
            let resting = watch(&SPARSE, &Scaling::nmda(pyramidal, interneurons), 4.0, seed)?;
            rates[0] += resting.rates_hz[0] / 5.0;
            rates[1] += (0.6 * resting.rates_hz[1] + 0.4 * resting.rates_hz[2]) / 5.0;
        }
        println!("{pyramidal:.2} {interneurons:.2}: {:5.2} {:5.2} ({expected})", rates[0], rates[1]);
    }
    for share in [0.1, 0.2, 0.3, 0.4] {
        let parameters = Parameters { somatostatin_share: share, motif: Motif::Dendritic, ..SPARSE };
        let mut rates = [0.0; 3];
        for seed in 1..=5 {
            let resting = watch(&parameters, &Scaling::NONE, 4.0, seed)?;
            rates.iter_mut().zip(resting.rates_hz).for_each(|(sum, rate)| *sum += rate / 5.0);
        }
        println!("dendritic motif, somatostatin share {share}: {rates:.2?}");
    }
    Ok(())
}

fn resting(recorded_s: f64) -> Result<(), CircuitError> {
    let dendritic = Parameters { motif: Motif::Dendritic, somatostatin_share: 0.2, ..SPARSE };
    for (name, parameters) in [("alike", SPARSE), ("dendritic", dendritic)] {
        println!("{name}: NMDA, rates, synchrony, interval CV, change of bands (dB), aperiodic exponents, gamma peak");
        let mut before: Vec<Resting> = Vec::new();
        for (e, i) in [(1.0, 1.0), (0.98, 0.96), (0.95, 0.92), (0.9, 0.85), (0.8, 0.72)] {
            let runs = [1, 2].map(|seed| watch(&parameters, &Scaling::nmda(e, i), recorded_s, seed));
            let runs = runs.into_iter().collect::<Result<Vec<_>, _>>()?;
            if before.is_empty() {
                before = runs.clone();
            }
            let mean = |f: &dyn Fn(&Resting) -> f64| runs.iter().map(f).sum::<f64>() / runs.len() as f64;
            let change = |low, high| {
                let power = |runs: &[Resting]| runs.iter().map(|r| r.spectrum.band_power(low, high)).sum::<f64>();
                change_db(power(&before), power(&runs))
            };
            let exponent = |low, high| mean(&|r| r.spectrum.aperiodic(low, high).map_or(f64::NAN, |a| a.exponent));
            print!(
                "{e:.2} {i:.2}: {:.2} {:.2} {:.2} | ",
                mean(&|r| r.rates_hz[0]),
                mean(&|r| r.rates_hz[1]),
                mean(&|r| r.rates_hz[2])
            );
            print!("{:.2} {:.2} | ", mean(&|r| r.synchrony), mean(&|r| r.interval_cv));
            for (low, high) in [(1.0, 4.0), (4.0, 8.0), (8.0, 13.0), (13.0, 30.0), (30.0, 80.0), (80.0, 150.0)] {
                print!("{:+.2} ", change(low, high));
            }
            let peak = mean(&|r| r.spectrum.peak_hz(30.0, 120.0).unwrap_or(f64::NAN));
            println!(
                "| 1-40 {:.3} 30-50 {:.3} 1-100 {:.3} 20-150 {:.3} | {peak:.0} Hz",
                exponent(1.0, 40.0),
                exponent(30.0, 50.0),
                exponent(1.0, 100.0),
                exponent(20.0, 150.0)
            );
        }
    }
    Ok(())
}

fn driven(trials: u32) -> Result<(), CircuitError> {
    println!("40 Hz drive: depth, NMDA, evoked and total power (nA²), phase locking");
    for (depth, e, i) in [(0.0, 1.0, 1.0), (0.02, 1.0, 1.0), (0.02, 0.9, 0.85), (0.02, 0.8, 0.72)] {
        let circuit = Circuit::new(&SPARSE, &Scaling::nmda(e, i), &random(1), 1, 0)?;
        let drive = Drive {
            frequency_hz: 40.0,
            depth,
            rate_hz: SPARSE.external_hz,
            reach: DriveReach::All,
            settling_ms: 500.0,
            onset_ms: 200.0,
            measured_ms: 1_000.0,
        };
        let runs = (0..trials).map(|k| drive::trial(&circuit, &drive, 1, k, &mut go)).collect::<Result<Vec<_>, _>>()?;
        let f = following(&runs);
        println!("{depth:.2} {e:.2} {i:.2}: {:.3e} {:.3e} {:.3}", f.evoked_power, f.total_power, f.phase_locking);
    }
    Ok(())
}

fn remembered(trials: u32) -> Result<(), CircuitError> {
    for (cells, step_ms) in [(1_024, 0.1), (1_024, 0.2), (2_048, 0.2)] {
        let mut parameters = Parameters { pyramidal: cells, interneurons: cells / 4, step_ms, ..RING };
        // The conductance at each cell stays as its number of synapses changes.
        let share = 1_024.0 / cells as f64;
        for synapses in [&mut parameters.onto_pyramidal, &mut parameters.onto_interneurons] {
            synapses.nmda_ns *= share;
            synapses.gaba_ns *= share;
        }
        for (e, i, distance) in [
            (1.0, 1.0, 0.0),
            (1.0, 0.99, 0.0),
            (1.0, 0.975, 0.0),
            (1.0, 0.95, 0.0),
            (0.99, 1.0, 0.0),
            (0.98, 1.0, 0.0),
            (0.98, 0.96, 0.0),
            (0.95, 0.92, 0.0),
            (1.0, 1.0, 45.0),
            (1.0, 0.975, 45.0),
            (1.0, 1.0, 90.0),
            (1.0, 0.975, 90.0),
        ] {
            let start = processor_s();
            let circuit = Circuit::new(&parameters, &Scaling::nmda(e, i), &FOOTPRINT, 1, 0)?;
            let cue = Cue { place_deg: 180.0 + distance, onset_ms: 2_000.0, ..CUE };
            let distractor = (distance > 0.0).then_some(cue);
            let task = Memory { cue: CUE, distractor, delay_ms: 3_000.0, window_ms: 250.0, least_direction: 0.2 };
            let runs =
                (0..trials).map(|k| memory::trial(&circuit, &task, 1, k, &mut go)).collect::<Result<Vec<_>, _>>()?;
            let p = precision(&runs);
            println!(
                "{cells} cells, {step_ms} ms, NMDA {e:.3} {i:.3}, distractor {distance}: error {:.2} deg, width {:.1}, lost {:.2}, \
                 diffusion {:.1} deg²/s, rate {:.1} Hz, pull {:.1} deg; {:.3} s per trial",
                p.error_deg,
                p.width_deg,
                p.lost,
                p.diffusion_deg2_s,
                p.rate_hz,
                p.pull_deg,
                (processor_s() - start) / f64::from(trials)
            );
        }
    }
    println!("peak memory {:.1} MB", memory_mb());
    Ok(())
}

fn decided(trials: u32) -> Result<(), CircuitError> {
    // Lam et al. 2022 and Wang 2002.
    let mut lam = Parameters { step_ms: 0.2, ..ALL_TO_ALL };
    lam.onto_pyramidal.external_ns = 2.07;
    let wang = Parameters { step_ms: 0.2, ..ALL_TO_ALL };
    for (name, parameters, stronger, evidence_hz) in [("Wang", wang, 1.7, 40.0), ("Lam", lam, 1.84, 38.0)] {
        for (e, i) in [(1.0, 1.0), (0.98, 1.0), (1.0, 0.97)] {
            let start = processor_s();
            let circuit = Circuit::new(&parameters, &Scaling::nmda(e, i), &pools(1_600, 0.15, stronger)?, 1, 0)?;
            let task = Decision { evidence_hz, ..DECISION };
            let mut shown = Vec::new();
            for coherence in [0.032, 0.064, 0.128, 0.256] {
                let runs = (0..trials).map(|k| decision::trial(&circuit, &task, coherence, 1, k, &mut go));
                shown.push(performance(coherence, &runs.collect::<Result<Vec<_>, _>>()?));
            }
            println!("{name} {e} {i}: {:.3} s per trial", (processor_s() - start) / f64::from(4 * trials));
            for p in &shown {
                println!(
                    "  {:.3}: correct {:.3}, undecided {:.3}, {:.0} +- {:.0} ms",
                    p.coherence,
                    p.correct / p.trials,
                    p.undecided / p.trials,
                    p.time_ms,
                    p.time_sd_ms
                );
            }
            println!("  {:?}", psychometric(&shown));
        }
    }
    Ok(())
}
