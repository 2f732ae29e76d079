use neural::circuit::*;
fn main() {
    let a: Vec<f64> = std::env::args().skip(1).map(|x| x.parse().unwrap()).collect();
    // scaleE ampaE nmdaE ampaI nmdaI gabaE gabaI reset seconds table sst
    let m = |c, g, r| Membrane {
        capacitance_nf: c,
        leak_ns: g,
        rest_mv: -70.0,
        threshold_mv: -50.0,
        reset_mv: a[6],
        refractory_ms: r,
    };
    let p = Parameters {
        pyramidal: 1600,
        interneurons: 400,
        somatostatin_share: a[9],
        motif: if a.get(13).copied().unwrap_or(0.0) > 0.0 { Motif::Dendritic } else { Motif::Alike },
        pyramidal_membrane: m(0.5, 25.0, 2.0),
        interneuron_membrane: m(0.2, 20.0, 1.0),
        receptors: Receptors {
            ampa_ms: 2.0,
            gaba_ms: 5.0,
            nmda_ms: 100.0,
            nmda_rise_ms: 2.0,
            nmda_opening_per_ms: a.get(14).copied().unwrap_or(0.5),
            excitatory_mv: 0.0,
            inhibitory_mv: -70.0,
            magnesium_per_mv: 0.062,
            magnesium_half: 3.57,
        },
        onto_pyramidal: Conductances { external_ns: a[10], ampa_ns: a[0], nmda_ns: a[1], gaba_ns: a[4] },
        onto_interneurons: Conductances { external_ns: a[11], ampa_ns: a[2], nmda_ns: a[3], gaba_ns: a[5] },
        external_hz: 2400.0,
        delay_ms: 0.5,
        step_ms: a[12],
    };
    let t = std::time::Instant::now();
    let rows: &[(f64, f64)] = if a[8] > 0.0 {
        &[(1.0, 1.0), (0.6, 0.6), (0.8, 1.0), (1.0, 0.96), (1.0, 0.90), (0.9, 0.85), (0.8, 0.72)]
    } else {
        &[(1.0, 1.0)]
    };
    for &(e, i) in rows {
        let mut c = Circuit::new(
            &p,
            &Scaling::nmda(e, i),
            &Connectivity::Random { excitatory: 320, inhibitory: 80, seed: 1 },
            1,
            0,
        )
        .unwrap();
        let mut s = Vec::new();
        let per = (1000.0 / a[12]) as u32;
        c.advance(per, &mut s);
        s.clear();
        c.advance((a[7] * per as f64) as u32, &mut s);
        let n = |lo: u32, hi: u32| {
            s.iter().filter(|s| s.cell >= lo && s.cell < hi).count() as f64 / (hi - lo) as f64 / a[7]
        };
        print!(
            "{e}/{i} {:.2} {:.2} ({:.1},{:.1}); ",
            n(0, 1600),
            n(1600, 2000),
            n(1600, 2000 - (400.0 * a[9]) as u32),
            n(2000 - (400.0 * a[9]) as u32, 2000)
        );
    }
    println!(" {:.3} s", t.elapsed().as_secs_f64());
}
