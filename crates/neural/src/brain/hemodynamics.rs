//! From gating to the blood-oxygen signal: a balloon that fills and empties.
//!
//! ```text
//! s' = z - kappa s - gamma (f - 1)        vasodilation
//! f' = s                                  inflow
//! tau v' = f - v^(1/alpha)                volume
//! tau q' = f (1 - (1 - E0)^(1/f)) / E0 - q v^(1/alpha - 1)    deoxyhaemoglobin
//! y = V0 (k1 (1 - q) + k2 (1 - q/v) + k3 (1 - v)),  k1 = 4.3 theta0 E0 TE,  k2 = r0 E0 TE
//! ```
//!
//! `kappa` and `gamma` are rates per second; some programs divide by them instead, which is another model.
//! Source: Friston, Harrison & Penny 2003, NeuroImage 19:1273; signal of Stephan et al. 2007, NeuroImage 38:387.

use sim::math;

use crate::lanes::{LANES, Lanes};

/// Constants of the balloon and its signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hemodynamics {
    /// Decay of the vasodilatory signal, 1/s.
    pub kappa_per_s: f64,
    /// Feedback of flow, 1/s².
    pub gamma_per_s2: f64,
    /// Transit time, s.
    pub tau_s: f64,
    /// Stiffness (Grubb).
    pub alpha: f64,
    /// Share of oxygen taken at rest.
    pub extraction: f64,
    /// Resting share of venous blood.
    pub volume: f64,
    /// Echo time, s.
    pub echo_s: f64,
    /// Relaxation per saturation, 1/s.
    pub r0_per_s: f64,
    /// Frequency offset at the surface of vessels, 1/s.
    pub theta0_per_s: f64,
    /// Weight of the change in volume.
    pub k3: f64,
}

/// State of one region's balloon: vasodilation, inflow, volume, deoxyhaemoglobin; at rest 0, 1, 1, 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow(pub [f64; 4]);

/// Inflow, volume and deoxyhaemoglobin stay above this share of rest, and below 50 times rest.
const FLOOR: f64 = 0.02;
const CEILING: f64 = 50.0;

impl Flow {
    /// No activity for long.
    pub const REST: Flow = Flow([0.0, 1.0, 1.0, 1.0]);
}

impl Hemodynamics {
    /// All rates and shares positive and shares below 1, so that no state leaves the numbers; else which one is not.
    pub fn problem(&self) -> Option<(&'static str, f64)> {
        let ranges = [
            ("decay of vasodilation", self.kappa_per_s, 1e-3, 50.0),
            ("feedback of flow", self.gamma_per_s2, 1e-3, 50.0),
            ("transit time", self.tau_s, 0.05, 100.0),
            ("stiffness", self.alpha, 0.1, 1.0),
            ("extraction of oxygen", self.extraction, 0.01, 0.99),
            ("resting volume", self.volume, 1e-6, 1.0),
            ("echo time", self.echo_s, 1e-6, 1.0),
            ("relaxation r0", self.r0_per_s, 0.0, 1e4),
            ("frequency offset", self.theta0_per_s, 0.0, 1e4),
            ("k3", self.k3, -10.0, 10.0),
        ];
        ranges.into_iter().find(|(_, x, low, high)| !(*low..=*high).contains(x)).map(|(name, x, ..)| (name, x))
    }

    /// Time derivative of a state under neural activity `z`.
    pub fn slope(&self, state: &Flow, z: f64) -> [f64; 4] {
        let Flow([s, f, v, q]) = *state;
        let outflow = math::pow(v, 1.0 / self.alpha);
        let taken = 1.0 - math::pow(1.0 - self.extraction, 1.0 / f);
        [
            z - self.kappa_per_s * s - self.gamma_per_s2 * (f - 1.0),
            s,
            (f - outflow) / self.tau_s,
            (f * taken / self.extraction - q * outflow / v) / self.tau_s,
        ]
    }

    /// One Heun step.
    pub fn step(&self, state: &mut Flow, z: f64, seconds: f64) {
        let first = self.slope(state, z);
        let ahead = Flow(std::array::from_fn(|k| state.0[k] + seconds * first[k])).bounded();
        let second = self.slope(&ahead, z);
        *state = Flow(std::array::from_fn(|k| state.0[k] + 0.5 * seconds * (first[k] + second[k]))).bounded();
    }

    /// The signal, as a share of the resting signal.
    pub fn signal(&self, state: &Flow) -> f64 {
        let Flow([_, _, v, q]) = *state;
        let [k1, k2] = self.weights();
        self.volume * (k1 * (1.0 - q) + k2 * (1.0 - q / v) + self.k3 * (1.0 - v))
    }

    fn weights(&self) -> [f64; 2] {
        [4.3 * self.theta0_per_s * self.extraction * self.echo_s, self.r0_per_s * self.extraction * self.echo_s]
    }
}

impl Flow {
    fn bounded(self) -> Flow {
        let Flow([s, rest @ ..]) = self;
        let [f, v, q] = rest.map(|x| math::min(math::max(x, FLOOR), CEILING));
        Flow([s, f, v, q])
    }
}

/// Balloons of eight regions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Balloons([Lanes; 4]);

impl Balloons {
    pub(super) const REST: Balloons =
        Balloons([Lanes::ZERO, Lanes([1.0; LANES]), Lanes([1.0; LANES]), Lanes([1.0; LANES])]);

    #[inline(always)]
    fn slope(&self, h: &Hemodynamics, z: Lanes) -> [Lanes; 4] {
        let [s, f, v, q] = self.0;
        let outflow = (ln(v) * (1.0 / h.alpha) as f32).exp();
        let kept = (Lanes::splat(math::ln(1.0 - h.extraction) as f32) / f).exp();
        let per_tau = (1.0 / h.tau_s) as f32;
        [
            z - s * h.kappa_per_s as f32 - (f - 1.0) * h.gamma_per_s2 as f32,
            s,
            (f - outflow) * per_tau,
            (f * (Lanes::splat(1.0) - kept) * (1.0 / h.extraction) as f32 - q * outflow / v) * per_tau,
        ]
    }

    /// One Heun step.
    #[inline(always)]
    pub(super) fn step(&mut self, h: &Hemodynamics, z: Lanes, seconds: f32) {
        let first = self.slope(h, z);
        let ahead = Balloons(std::array::from_fn(|k| self.0[k] + first[k] * seconds)).bounded();
        let second = ahead.slope(h, z);
        *self = Balloons(std::array::from_fn(|k| self.0[k] + (first[k] + second[k]) * (0.5 * seconds))).bounded();
    }

    #[inline(always)]
    fn bounded(self) -> Balloons {
        let [s, f, v, q] = self.0;
        let bound = |x: Lanes| x.max(Lanes::splat(FLOOR as f32)).min(Lanes::splat(CEILING as f32));
        Balloons([s, bound(f), bound(v), bound(q)])
    }

    #[inline(always)]
    pub(super) fn signal(&self, h: &Hemodynamics) -> Lanes {
        let [_, _, v, q] = self.0;
        let [k1, k2] = h.weights();
        let one = Lanes::splat(1.0);
        ((one - q) * k1 as f32 + (one - q / v) * k2 as f32 + (one - v) * h.k3 as f32) * h.volume as f32
    }
}

/// Natural logarithm of normal positive numbers; relative error below 1e-6 away from 1, absolute below 1e-7 near it.
///
/// Source: Moshier, Cephes `logf` (coefficients of the polynomial on half an octave about 1).
#[inline(always)]
fn ln(x: Lanes) -> Lanes {
    const P: [f32; 9] = [
        7.037_683_6e-2,
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_7e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ];
    const ROOT_HALF: u32 = 0x3F35_04F3;
    Lanes::from_fn(|i| {
        // Exponent and mantissa such that the mantissa lies between the roots of a half and of two.
        let bits = x.0[i].to_bits().wrapping_sub(ROOT_HALF);
        let exponent = (bits as i32 >> 23) as f32;
        let m = f32::from_bits((bits & 0x007F_FFFF).wrapping_add(ROOT_HALF)) - 1.0;
        let square = m * m;
        let mut p = P[0];
        for c in &P[1..] {
            p = p * m + c;
        }
        let rest = p * m * square - 2.121_944_4e-4 * exponent - 0.5 * square;
        m + rest + 0.693_359_4 * exponent
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_logarithm() {
        for k in 1..40_000 {
            let x = k as f32 * 0.0025;
            let (got, exact) = (f64::from(ln(Lanes::splat(x))[0]), math::ln(f64::from(x)));
            assert!((got - exact).abs() < 1e-7 + 5e-7 * exact.abs(), "{x}: {got} {exact}");
        }
    }
}
