//! x
#[path = "../tests/circuit/constants.rs"]
mod constants;
use constants::*;
use neural::circuit::*;
use neural::circuit::decision::*;
use std::ops::ControlFlow;
fn main() {
    let a: Vec<f64> = std::env::args().skip(1).map(|x| x.parse().unwrap()).collect();
    // trials dt w+ mu ext thr e i
    let mut p = Parameters { step_ms: a[1], ..ALL_TO_ALL };
    p.onto_pyramidal.external_ns = a[4];
    if a.len() > 8 { p.pyramidal_membrane.reset_mv = a[8]; p.interneuron_membrane.reset_mv = a[8]; }
    let d = Decision { external_hz: 2400.0, evidence_hz: a[3], settling_ms: 500.0, evidence_ms: 2500.0, threshold_hz: a[5], lead_hz: 5.0, window_ms: 50.0 };
    let t = std::time::Instant::now();
    let c = Circuit::new(&p, &Scaling::nmda(a[6], a[7]), &pools(1600, 0.15, a[2]).unwrap(), 1, 0).unwrap();
    let mut all = Vec::new();
    for (k, coherence) in [0.0, 0.032, 0.064, 0.128, 0.256, 0.512].into_iter().enumerate() {
        let r: Vec<Choice> = (0..a[0] as u32).map(|j| trial(&c, &d, coherence, 1 + k as u64, j, &mut |_| ControlFlow::Continue(())).unwrap()).collect();
        let q = performance(coherence, &r);
        print!("{:.3}: {:.2} und {:.2} t {:.0}+-{:.0}; ", coherence, q.correct / q.trials, q.undecided / q.trials, q.time_ms, q.time_sd_ms);
        if k == 0 { print!("{:?} ", r[0].rates_hz); }
        all.push(q);
    }
    println!("\n{:?} {:.2} s", psychometric(&all), t.elapsed().as_secs_f64());
}
