//! Fits the resting brain to the functional connectivity of one half of the subjects, and judges it on the other.
//!
//! `fit_brain fit MINUTES [numbers]` searches by CMA-ES and prints the best of each generation;
//! `fit_brain look numbers` measures a candidate's loss with twelve long runs, to choose between the last ones;
//! `fit_brain judge numbers` repeats a candidate with other seeds and twenty-one runs, as many as there were subjects.
//! Run it from the root of the repository. A candidate is: global coupling, exponent of the counts, extra coupling of
//! homologues, one factor on the recurrent weight for each of seven networks, then how far subjects differ from each other
//! (standard deviation of the logarithm) in each connection and in the recurrent weight of each region.
//!
//! Loss: `(1 - r) + 0.5 KS + |difference of mean connectivity|`, with `r` between simulated and measured connectivity
//! (upper parts) and KS the distance of the histograms of its dynamics. Feedback inhibition is tuned anew for each
//! subject of each candidate.
#![allow(clippy::disallowed_methods, reason = "a program for the bench reads files and the clock")]

use std::ops::ControlFlow;
use std::time::Instant;

use neural::brain::inhibition::{Stability, Tuning, exact, stability, tune};
use neural::brain::observe::{self, Windows};
use neural::brain::{
    Model, Protocol, Region, Scale, Spread, Start, Transform, homologues, read_text, simulate, subject,
};
use sim::math;
use sim::random::{Stream, stream_id};

#[path = "../tests/brain_constants/mod.rs"]
mod constants;

const FOLDER: &str = "atlas/connectome";
const NETWORKS: [&str; 7] =
    ["default", "dorsal_attention", "frontoparietal", "limbic", "salience", "somatomotor", "visual"];
const SIZE: usize = 5 + NETWORKS.len();
/// Weight of the distance between dynamics in the loss.
const DYNAMICS_WEIGHT: f64 = 0.5;
/// Step, ms: rates are three per cent high at it, which tuning takes up.
const DT_MS: f64 = 1.0;
/// As the bundled histogram was made: 60 s at 0.72 s.
const WINDOWS: Windows = Windows { length: 83, step: 4 };

struct Data {
    connectome: neural::brain::Connectome,
    pairs: Vec<(usize, usize)>,
    network: Vec<usize>,
    half: [Vec<f64>; 2],
    dynamics: Vec<f64>,
}

impl Data {
    fn read() -> Data {
        let text = |name: &str| std::fs::read_to_string(format!("{FOLDER}/{name}")).expect("run from the root");
        let connectome = read_text(&text("dk68_sc_streamline_count.tsv"), 1 << 30).expect("valid");
        let matrix = |name: &str| -> Vec<f64> {
            let numbers =
                |line: &str| line.split('\t').skip(1).map(|x| x.parse().expect("number")).collect::<Vec<f64>>();
            text(name).lines().skip(1).flat_map(numbers).collect()
        };
        let network = |line: &str| NETWORKS.iter().position(|n| line.ends_with(n)).expect("one of seven");
        let count = |line: &str| line.split('\t').nth(1).expect("two fields").parse().expect("number");
        Data {
            pairs: homologues(connectome.labels()),
            network: text("dk68_networks.tsv").lines().skip(1).map(network).collect(),
            half: [matrix("dk68_fc_mean_half1.tsv"), matrix("dk68_fc_mean_half2.tsv")],
            dynamics: text("dk68_fcd_hist.tsv").lines().skip(1).map(count).collect(),
            connectome,
        }
    }

    /// The model of one subject of a candidate, before inhibition is tuned; nothing outside the ranges searched.
    fn model(&self, x: &[f64], seed: u64, number: u32) -> Option<Model> {
        let [global, exponent, homotopic] = [x[0], x[1], x[2]];
        let [connections, recurrences] = [x[10].abs(), x[11].abs()];
        let inside = (0.05..=5.0).contains(&global)
            && (0.02..=1.0).contains(&exponent)
            && (-5.0..=60.0).contains(&homotopic)
            && x[3..10].iter().all(|f| (0.2..=1.6).contains(f))
            && (0.0..=2.0).contains(&connections)
            && (0.0..=0.5).contains(&recurrences);
        if !inside {
            return None;
        }
        let extra = |i: usize, j: usize| {
            if self.pairs.contains(&(i.min(j), i.max(j))) { homotopic.abs() } else { 0.0 }
        };
        let coupling = self.connectome.coupling(Transform::Power(exponent), &extra, Scale::MeanRowSum);
        let region = |k: &usize| Region::at_rest(constants::RECURRENCE * x[3 + k], 1.0);
        let regions = self.network.iter().map(region).collect();
        let group = Model { coupling, global, pools: constants::DECO_2014, regions };
        Some(subject(&group, Spread { connection: connections, recurrence: recurrences }, seed, number))
    }
}

struct Outcome {
    connectivity: Vec<f64>,
    dynamics: Vec<f64>,
    models: Vec<Model>,
    rates: [f64; 2],
    /// Mean correlation of connectivity between subjects.
    alike: f64,
}

/// Tunes inhibition and runs some volumes of each of some subjects.
fn simulated(
    data: &Data,
    x: &[f64],
    seed: u64,
    [subjects, volumes]: [u32; 2],
    tuning: &Tuning,
) -> Result<Outcome, String> {
    let (mut matrices, mut dynamics, mut models) = (Vec::new(), Vec::new(), Vec::new());
    let mut rates = [f64::INFINITY, 0.0];
    for number in 1..=subjects {
        let mut model = data.model(x, seed, number).ok_or("outside the ranges searched")?;
        let take = |model: &mut Model, weights: Vec<f64>| {
            model.regions.iter_mut().zip(weights).for_each(|(region, w)| region.inhibition = w);
        };
        let weights = exact(&model, tuning.target_hz).map_err(|e| e.to_string())?;
        take(&mut model, weights);
        let tuned = tune(&model, tuning, &mut |_| ControlFlow::Continue(())).map_err(|e| e.to_string())?;
        take(&mut model, tuned.weights);
        let protocol = Protocol {
            dt_ms: tuning.dt_ms,
            settle_s: 30.0,
            volumes: volumes as usize,
            repetition_s: 0.72,
            seed,
            replicate: number,
            start: Start::Low,
            plasticity: None,
        };
        let run = simulate(&model, &constants::STEPHAN_2007, &protocol, &mut |_| ControlFlow::Continue(()))
            .map_err(|e| e.to_string())?;
        matrices.push(observe::connectivity(&run.bold, run.regions));
        dynamics.extend(observe::dynamics(&run.bold, run.regions, WINDOWS));
        rates = run.rate_e_hz.iter().fold(rates, |[low, high], r| [low.min(*r), high.max(*r)]);
        models.push(model);
    }
    let mut pairs = Vec::new();
    for (k, a) in matrices.iter().enumerate() {
        pairs.extend(matrices[..k].iter().map(|b| observe::similarity(a, b)));
    }
    let alike = pairs.iter().sum::<f64>() / pairs.len().max(1) as f64;
    Ok(Outcome { connectivity: observe::fisher_mean(&matrices), dynamics, models, rates, alike })
}

fn tuning(seed: u64, tolerance_hz: f64, measure_s: f64, rounds: u32) -> Tuning {
    Tuning { target_hz: 3.0, tolerance_hz, dt_ms: DT_MS, measure_s, rounds, seed, replicate: 0 }
}

/// Loss, correlation with half 1, distance of dynamics, mean connectivity.
fn loss(data: &Data, x: &[f64], seed: u64, size: [u32; 2], tuning: &Tuning) -> [f64; 4] {
    if data.model(x, seed, 1).is_none() {
        return [3.0, 0.0, 1.0, 0.0];
    }
    match simulated(data, x, seed, size, tuning) {
        Err(_) => [2.0, 0.0, 1.0, 0.0],
        Ok(outcome) => {
            let r = observe::similarity(&outcome.connectivity, &data.half[0]);
            let histogram = observe::histogram(&outcome.dynamics, data.dynamics.len());
            let ks = observe::kolmogorov_smirnov(&histogram, &data.dynamics);
            let level = observe::mean(&outcome.connectivity);
            let apart = (level - observe::mean(&data.half[0])).abs();
            [1.0 - r + DYNAMICS_WEIGHT * ks + apart, r, ks, level]
        }
    }
}

fn judge(data: &Data, x: &[f64]) {
    let from = Instant::now();
    let outcome = simulated(data, x, 9_000_001, [21, 1200], &tuning(9_000_002, 0.25, 300.0, 20));
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(why) => return println!("not judged: {why}"),
    };
    let histogram = observe::histogram(&outcome.dynamics, data.dynamics.len());
    println!("dt {DT_MS} ms, 21 runs with other seeds:");
    for (name, half) in ["half 1 (fitted)", "half 2 (held out)"].iter().zip(&data.half) {
        let logged: Vec<f64> = data.connectome.weights().iter().map(|w| math::ln(1.0 + w)).collect();
        println!(
            "  {name}: r {:.4}; structure by log counts {:.4}; mean FC measured {:.4}, simulated {:.4}",
            observe::similarity(&outcome.connectivity, half),
            observe::similarity(&logged, half),
            observe::mean(half),
            observe::mean(&outcome.connectivity)
        );
    }
    println!("  FCD KS (all subjects) {:.4}", observe::kolmogorov_smirnov(&histogram, &data.dynamics));
    for (name, histogram) in [("simulated", &histogram), ("measured", &data.dynamics)] {
        let whole: f64 = histogram.iter().sum();
        let mut below = 0.0;
        let mut quantiles = Vec::new();
        for (k, count) in histogram.iter().enumerate() {
            for q in [0.05, 0.25, 0.5, 0.75, 0.95] {
                if below < q && below + count / whole >= q {
                    quantiles.push(format!("{:.2}", -0.995 + 0.01 * k as f64));
                }
            }
            below += count / whole;
        }
        println!("  FCD quantiles 5 25 50 75 95 %, {name}: {}", quantiles.join(" "));
    }
    for (k, name) in NETWORKS.iter().enumerate() {
        let set: Vec<usize> = (0..data.network.len()).filter(|n| data.network[*n] == k).collect();
        println!(
            "  within {name}: measured {:.3}, simulated {:.3}",
            observe::mean_within(&data.half[1], &set),
            observe::mean_within(&outcome.connectivity, &set)
        );
    }
    println!("  mean rates over runs and regions {:.2} to {:.2} Hz", outcome.rates[0], outcome.rates[1]);
    println!("  between subjects: connectivity correlates {:.3} (measured 0.66)", outcome.alike);
    match stability(&outcome.models[0], DT_MS, 40.0) {
        Ok(Stability::Single { .. }) => println!("  one resting state"),
        Ok(Stability::Several { regions, low_hz, high_hz }) => {
            let n = regions[0];
            println!("  several resting states, {} regions; {:.1} and {:.1} Hz", regions.len(), low_hz[n], high_hz[n]);
        }
        Err(why) => println!("  {why}"),
    }
    println!("  {:.0} s", from.elapsed().as_secs_f64());
}

/// Widths of the first generation.
const WIDTH: [f64; SIZE] = [0.03, 0.08, 4.0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.04];

/// Covariance matrix adaptation with a Cholesky factor in place of the root.
///
/// Source: Hansen 2016, arXiv:1604.00772 (weights and rates); factor after Igel et al. 2006.
fn search(data: &Data, start: &[f64], minutes: f64) {
    const N: usize = SIZE;
    let (lambda, parents) = (10_usize, 5_usize);
    let raw: Vec<f64> = (0..parents).map(|i| math::ln(5.5) - math::ln(i as f64 + 1.0)).collect();
    let whole: f64 = raw.iter().sum();
    let weights: Vec<f64> = raw.iter().map(|w| w / whole).collect();
    let effective = 1.0 / weights.iter().map(|w| w * w).sum::<f64>();
    let n = N as f64;
    let c_sigma = (effective + 2.0) / (n + effective + 5.0);
    let d_sigma = 1.0 + c_sigma;
    let c_path = (4.0 + effective / n) / (n + 4.0 + 2.0 * effective / n);
    let c_one = 2.0 / ((n + 1.3) * (n + 1.3) + effective);
    let c_mu = (1.0 - c_one).min(2.0 * (effective - 2.0 + 1.0 / effective) / ((n + 2.0) * (n + 2.0) + effective));
    let usual = n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));
    let mut mean: Vec<f64> = start.iter().zip(WIDTH).map(|(x, w)| x / w).collect();
    let mut sigma = 0.6;
    let mut covariance = [[0.0; N]; N];
    (0..N).for_each(|i| covariance[i][i] = 1.0);
    let (mut path_s, mut path_c) = ([0.0; N], [0.0; N]);
    let from = Instant::now();
    let mut evaluations = 0;
    for generation in 0_u32.. {
        let mut factor = [[0.0; N]; N];
        for i in 0..N {
            for j in 0..=i {
                let rest: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
                let left = covariance[i][j] - rest;
                factor[i][j] = if i == j { left.max(1e-12).sqrt() } else { left / factor[j][j] };
            }
        }
        let mut draws = Stream::new(11, generation, 0, stream_id("fit_brain"), 0);
        let mut people: Vec<(f64, [f64; 4], [f64; N])> = (0..lambda)
            .map(|_| {
                let z: [f64; N] = std::array::from_fn(|_| draws.normal());
                let y: [f64; N] = std::array::from_fn(|i| (0..=i).map(|k| factor[i][k] * z[k]).sum());
                let x: Vec<f64> = (0..N).map(|i| (mean[i] + sigma * y[i]) * WIDTH[i]).collect();
                let seed = 1 + u64::from(generation);
                let found = loss(data, &x, seed, [4, 600], &tuning(seed, 1.0, 60.0, 8));
                (found[0], found, y)
            })
            .collect();
        evaluations += lambda;
        people.sort_by(|a, b| a.0.total_cmp(&b.0));
        let step: [f64; N] = std::array::from_fn(|i| (0..parents).map(|p| weights[p] * people[p].2[i]).sum());
        (0..N).for_each(|i| mean[i] += sigma * step[i]);
        let mut white = step;
        for i in 0..N {
            let rest: f64 = (0..i).map(|k| factor[i][k] * white[k]).sum();
            white[i] = (white[i] - rest) / factor[i][i];
        }
        let pull = (c_sigma * (2.0 - c_sigma) * effective).sqrt();
        (0..N).for_each(|i| path_s[i] = (1.0 - c_sigma) * path_s[i] + pull * white[i]);
        let length = path_s.iter().map(|x| x * x).sum::<f64>().sqrt();
        sigma *= math::exp((c_sigma / d_sigma * (length / usual - 1.0)).min(0.5));
        let steady = if length < (1.4 + 2.0 / (n + 1.0)) * usual { 1.0 } else { 0.0 };
        let pull = (c_path * (2.0 - c_path) * effective).sqrt();
        (0..N).for_each(|i| path_c[i] = (1.0 - c_path) * path_c[i] + steady * pull * step[i]);
        for i in 0..N {
            for j in 0..N {
                let many: f64 = (0..parents).map(|p| weights[p] * people[p].2[i] * people[p].2[j]).sum();
                covariance[i][j] =
                    (1.0 - c_one - c_mu) * covariance[i][j] + c_one * path_c[i] * path_c[j] + c_mu * many;
            }
        }
        let at: Vec<String> = mean.iter().zip(WIDTH).map(|(m, w)| format!("{:.4}", m * w)).collect();
        let [_, r, ks, level] = people[0].1;
        let seconds = from.elapsed().as_secs_f64();
        println!(
            "{generation} {seconds:.0} s, {evaluations} candidates: best {:.4} (r {r:.4} KS {ks:.3} FC {level:.3}), \
             median {:.4}, width {sigma:.3}, mean {}",
            people[0].0,
            people[lambda / 2].0,
            at.join(" ")
        );
        if seconds > 60.0 * minutes || sigma < 0.02 {
            break;
        }
    }
}

fn main() {
    let data = Data::read();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<f64> = words.iter().skip(1).map(|x| x.parse().expect("a number")).collect();
    match words.first().map(String::as_str) {
        Some("fit") if !numbers.is_empty() => {
            let mut start = vec![1.45, 0.6, 12.0, 1.0, 0.9, 1.2, 0.8, 0.7, 0.85, 1.05, 0.5, 0.05];
            start.iter_mut().zip(&numbers[1..]).for_each(|(x, given)| *x = *given);
            search(&data, &start, numbers[0]);
        }
        Some("judge") if numbers.len() == SIZE => {
            judge(&data, &numbers);
        }
        Some("look") if numbers.len() == SIZE => {
            let [total, r, ks, level] =
                loss(&data, &numbers, 1_000_001, [12, 1200], &tuning(1_000_002, 0.25, 300.0, 20));
            println!("loss {total:.4} (r {r:.4} KS {ks:.3} FC {level:.3}) on half 1");
        }
        _ => println!("fit MINUTES [start], or look or judge followed by {SIZE} numbers"),
    }
}
