//! Published numbers that tests, the fit and the measurement of speed share.
#![allow(dead_code, missing_docs, reason = "each user takes what it needs")]

use neural::brain::{Connectome, Coupling, Gain, Hemodynamics, Model, Pools, Region, Scale, Transform, read_text};

/// Deco et al. 2014, J. Neurosci. 34:7886, table of parameters; as in Luppi et al. 2022, Commun. Biol., Table 3.
pub const DECO_2014: Pools = Pools {
    external_na: 0.382,
    external_e: 1.0,
    external_i: 0.7,
    nmda_na: 0.15,
    gain_e: Gain { slope_hz_na: 310.0, offset_hz: 125.0, curvature_s: 0.16 },
    gain_i: Gain { slope_hz_na: 615.0, offset_hz: 177.0, curvature_s: 0.087 },
    tau_e_s: 0.1,
    tau_i_s: 0.01,
    opening: 0.641,
    noise_per_root_ms: 0.01,
};

/// Deco et al. 2014: recurrent weight.
pub const RECURRENCE: f64 = 1.4;

/// Rate of the isolated node with inhibition of weight 1, Hz.
pub const RATE_HZ: f64 = 3.0773;

/// Stephan et al. 2007, NeuroImage 38:387, with rates as Friston et al. 2003 print them.
pub const STEPHAN_2007: Hemodynamics = Hemodynamics {
    kappa_per_s: 0.65,
    gamma_per_s2: 0.41,
    tau_s: 0.98,
    alpha: 0.32,
    extraction: 0.4,
    volume: 0.04,
    echo_s: 0.04,
    r0_per_s: 25.0,
    theta0_per_s: 40.3,
    k3: 1.0,
};

/// Regions that all receive `sum` in total, equally from all others.
pub fn uniform(regions: usize) -> Coupling {
    let weight = 1.0 / (regions - 1) as f64;
    let weights = (0..regions * regions).map(|k| if k / regions == k % regions { 0.0 } else { weight }).collect();
    Coupling::from_rows(regions, weights).expect("finite")
}

/// A fixed coupling of many strengths, mean row sum 1: falls with distance on a ring, differs from row to row.
pub fn ring(regions: usize) -> Coupling {
    let mut weights = vec![0.0; regions * regions];
    for i in 0..regions {
        for j in 0..regions {
            let d = i.abs_diff(j).min(regions - i.abs_diff(j));
            if d > 0 {
                weights[i * regions + j] = (1.0 + 0.5 * ((i * 7 + j * 7) % 5) as f64) / (1 + d * d) as f64;
            }
        }
    }
    let whole: f64 = weights.iter().sum::<f64>() / regions as f64;
    weights.iter_mut().for_each(|w| *w /= whole);
    Coupling::from_rows(regions, weights).expect("finite")
}

/// Regions at rest with the same numbers everywhere.
pub fn model(coupling: Coupling, global: f64, inhibition: f64) -> Model {
    let regions = vec![Region::at_rest(RECURRENCE, inhibition); coupling.len()];
    Model { coupling, global, pools: DECO_2014, regions }
}

/// The bundled connectome.
pub fn dk68() -> Connectome {
    read_text(include_str!("../../../../atlas/connectome/dk68_sc_streamline_count.tsv"), 1 << 30).expect("valid")
}

/// Its coupling by the logarithm.
pub fn dk68_coupling() -> Coupling {
    dk68().coupling(Transform::Log, &|_, _| 0.0, Scale::MeanRowSum)
}
