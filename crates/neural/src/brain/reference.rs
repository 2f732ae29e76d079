//! The same equations, written down plainly: double precision, one region after the other, normal noise, and a balloon
//! that moves with every step. Slow; tests hold the fast solution against it.

use sim::math;
use sim::random::{Stream, stream_id};

use super::hemodynamics::{Flow, Hemodynamics};
use super::model::Model;
use super::simulate::{Protocol, Recording, RunError, Start, check};

/// Runs a model as [`simulate`](super::simulate) does.
pub fn simulate(model: &Model, hemodynamics: &Hemodynamics, protocol: &Protocol) -> Result<Recording, RunError> {
    check(model, protocol)?;
    let n = model.len();
    let p = &model.pools;
    let dt_s = protocol.dt_ms * 1e-3;
    let kick = p.noise_per_root_ms * protocol.dt_ms.sqrt();
    let mut states = match &protocol.start {
        Start::Low => vec![[0.0, 0.0]; n],
        Start::High => vec![[1.0, 0.0]; n],
        Start::At(states) => states.clone(),
    };
    let name = stream_id("brain.reference");
    let mut noise: Vec<Stream> =
        (0..n).map(|k| Stream::new(protocol.seed, protocol.replicate, k as u32, name, 0)).collect();
    let mut flows = vec![Flow::REST; n];
    let mut inhibition: Vec<f64> = model.regions.iter().map(|r| r.inhibition).collect();
    let mut sums = vec![[0.0; 3]; n];
    let mut bold = Vec::new();
    let steps = |seconds: f64| (seconds / dt_s).round() as usize;
    let (settle, per_volume) = (steps(protocol.settle_s), steps(protocol.repetition_s));
    let total = settle + per_volume * protocol.volumes;
    for step in 1..=total {
        let before = states.clone();
        for (k, region) in model.regions.iter().enumerate() {
            let [e, i] = before[k];
            let input: f64 = model.coupling.row(k).iter().zip(&before).map(|(c, [s, _])| c * s).sum();
            let current_e = p.external_e * p.external_na
                + region.current_e_na
                + region.local * region.recurrence * p.nmda_na * e
                + region.long_range * model.global * p.nmda_na * input
                - region.tone * inhibition[k] * i;
            let current_i = p.external_i * p.external_na + region.current_i_na + region.interneuron * p.nmda_na * e - i;
            let (rate_e, rate_i) = (p.gain_e.rate(current_e), p.gain_i.rate(current_i));
            let slope_e = p.opening * (1.0 - e) * rate_e - e / p.tau_e_s;
            let slope_i = rate_i - i / p.tau_i_s;
            let mut draw = || if kick > 0.0 { kick * noise[k].normal() } else { 0.0 };
            let bound = |x: f64| math::min(math::max(x, 0.0), 1.0);
            states[k] = [bound(e + dt_s * slope_e + draw()), bound(i + dt_s * slope_i + draw())];
            if let Some(plasticity) = protocol.plasticity {
                let change = plasticity.rate * rate_i * (rate_e - plasticity.target_hz);
                inhibition[k] = math::max(inhibition[k] + dt_s * change, 0.0);
            }
            hemodynamics.step(&mut flows[k], e, dt_s);
            if step > settle {
                sums[k] = [sums[k][0] + rate_e, sums[k][1] + rate_i, sums[k][2] + e];
            }
        }
        if step > settle && (step - settle).is_multiple_of(per_volume) {
            bold.extend(flows.iter().map(|flow| hemodynamics.signal(flow) as f32));
        }
    }
    let counted = (total - settle).max(1) as f64;
    let mean = |which: usize| sums.iter().map(|s| s[which] / counted).collect();
    Ok(Recording { regions: n, bold, rate_e_hz: mean(0), rate_i_hz: mean(1), gating_e: mean(2), inhibition, states })
}
