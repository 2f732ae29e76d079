//! x
#[path = "../tests/circuit/constants.rs"]
mod constants;
use constants::*;
use neural::circuit::*;
use neural::circuit::memory::*;
use std::ops::ControlFlow;
fn main() {
    let a: Vec<f64> = std::env::args().skip(1).map(|x| x.parse().unwrap()).collect();
    // trials dt which n gaba cue
    let n = a[3];
    let mut p = Parameters { step_ms: a[1], pyramidal: n as usize, interneurons: (n / 4.0) as usize, ..RING };
    let mut wiring = FOOTPRINT;
    if a[2] == 0.0 {
        p.onto_pyramidal = Conductances { external_ns: 9.3, ampa_ns: 0.0, nmda_ns: 1001.9 / n, gaba_ns: 807.2 / (n / 4.0) };
        p.onto_interneurons = Conductances { external_ns: 7.14, ampa_ns: 0.0, nmda_ns: 717.6 / n, gaba_ns: 566.2 / (n / 4.0) };
    } else {
        p.onto_pyramidal = Conductances { external_ns: 3.1, ampa_ns: 0.0, nmda_ns: 0.381 * 2048.0 / n, gaba_ns: 1.336 * 512.0 / (n / 4.0) };
        p.onto_interneurons = Conductances { external_ns: 2.38, ampa_ns: 0.0, nmda_ns: 0.292 * 2048.0 / n, gaba_ns: 1.024 * 512.0 / (n / 4.0) };
        p.external_hz = 1800.0;
        wiring = Connectivity::Ring { strongest: 1.62, width_deg: 14.4 };
    }
    p.receptors.gaba_ms = a[4];
    let cue = Cue { place_deg: 180.0, current_pa: a[5], width_deg: 6.0, onset_ms: 750.0, duration_ms: 250.0 };
    let m = Memory { cue, distractor: if a[6] > 0.0 { Some(Cue { place_deg: 180.0 + a[6], onset_ms: 2000.0, ..cue }) } else { None }, delay_ms: 3000.0, window_ms: 250.0, least_direction: 0.2 };
    let pairs: Vec<(f64,f64)> = if a.len() > 8 { vec![(a[7], a[8])] } else { vec![(1.0, 1.0)] };
    for (e, i) in pairs {
        let t = std::time::Instant::now();
        let c = Circuit::new(&p, &Scaling::nmda(e, i), &wiring, 1, 0).unwrap();
        let r: Vec<Remembered> = (0..a[0] as u32).map(|k| trial(&c, &m, 1, k, &mut |_| ControlFlow::Continue(())).unwrap()).collect();
        
        if a[0] < 3.0 { for x in r[0].readings.iter().step_by(2) { println!("{x:?}"); } }
        println!("{e} {i} {:.3?} {:.2} s", precision(&r), t.elapsed().as_secs_f64());
    }
}
