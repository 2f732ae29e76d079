//! The fast solution of the pools: Euler-Maruyama in single precision, eight regions in one [`Lanes`].
//!
//! The coupling is stored column by column in tiles of up to eight blocks of rows, so that the sums of a tile stay in
//! registers while the columns stream past, in the order of the columns whatever the tile.

use super::hemodynamics::{Balloons, Hemodynamics};
use super::model::{Gain, Model};
use super::simulate::{Plasticity, Start};
use crate::lanes::{Kernel, LANES, Lanes, words};

/// First word of the counter's purpose: noise of a whole-brain run.
const NOISE: u32 = 0x6272_6169;

/// Blocks of rows in one tile: their sums and one column fit the sixteen registers of AVX2.
const TILE: usize = 8;

/// Numbers of one block of eight regions that stay as they are during a chunk.
#[derive(Clone, Copy)]
struct Terms {
    base_e: Lanes,
    base_i: Lanes,
    local: Lanes,
    long: Lanes,
    inhibit: Lanes,
    across: Lanes,
}

/// Sums over a chunk.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub(super) rate_e: Lanes,
    pub(super) rate_i: Lanes,
    pub(super) gating_e: Lanes,
    /// Inhibitory rate times what excitation is above target.
    pub(super) excess: Lanes,
}

const NO_SUMS: Sums = Sums { rate_e: Lanes::ZERO, rate_i: Lanes::ZERO, gating_e: Lanes::ZERO, excess: Lanes::ZERO };

/// A run in progress.
pub(super) struct Engine {
    regions: usize,
    blocks: usize,
    /// Tiles of the coupling, one after the other; within a tile column after column.
    coupling: Vec<Lanes>,
    terms: Vec<Terms>,
    gating_e: Vec<Lanes>,
    gating_i: Vec<Lanes>,
    /// Gating of excitation once more, number by number, as the coupling reads it.
    vector: Vec<f32>,
    input: Vec<Lanes>,
    sums: Vec<Sums>,
    balloons: Vec<Balloons>,
    curve_e: Curve,
    curve_i: Curve,
    slope_e: f64,
    dt_s: f32,
    per_tau: [f32; 2],
    opening: f32,
    kick: f32,
    key: [u32; 2],
    step: u64,
}

#[derive(Clone, Copy)]
struct Curve {
    curvature: f32,
    per_curvature: f32,
    slope: f32,
}

impl Curve {
    fn of(gain: &Gain) -> Curve {
        Curve {
            curvature: gain.curvature_s as f32,
            per_curvature: (1.0 / gain.curvature_s) as f32,
            slope: gain.slope_hz_na as f32,
        }
    }

    /// The rate at a drive in Hz.
    #[inline(always)]
    fn rate(self, drive: Lanes) -> Lanes {
        let x = drive * self.curvature;
        let square = x * x;
        // Near zero the quotient loses its digits; the next term of the series is below 3e-8 there.
        let series = Lanes::splat(1.0) + x * 0.5 + square * (Lanes::splat(1.0 / 12.0) - square * (1.0 / 720.0));
        let quotient = x / (Lanes::splat(1.0) - (-x).exp());
        x.abs().above(Lanes::splat(0.3), quotient, series) * self.per_curvature
    }
}

impl Engine {
    /// A checked model at its start. `dt_s` is the step, `key` the noise.
    pub(super) fn new(model: &Model, dt_s: f64, key: [u32; 2], start: &Start) -> Engine {
        let regions = model.len();
        let blocks = regions.div_ceil(LANES);
        let mut coupling = Vec::with_capacity(regions * blocks);
        for (first, width) in tiles(blocks) {
            for column in 0..regions {
                for block in first..first + width {
                    coupling.push(Lanes::from_fn(|i| {
                        let row = block * LANES + i;
                        if row < regions { model.coupling.weight(row, column) as f32 } else { 0.0 }
                    }));
                }
            }
        }
        let pools = &model.pools;
        let lanes = |value: &dyn Fn(usize) -> f64| -> Vec<Lanes> {
            let lane = |n: usize| if n < regions { value(n) as f32 } else { 0.0 };
            (0..blocks).map(|b| Lanes::from_fn(|i| lane(b * LANES + i))).collect()
        };
        let [gating_e, gating_i] = match start {
            Start::Low => [lanes(&|_| 0.0), lanes(&|_| 0.0)],
            Start::High => [lanes(&|_| 1.0), lanes(&|_| 0.0)],
            Start::At(states) => [lanes(&|n| states[n][0]), lanes(&|n| states[n][1])],
        };
        let zero = Lanes::ZERO;
        let none = Terms { base_e: zero, base_i: zero, local: zero, long: zero, inhibit: zero, across: zero };
        let mut engine = Engine {
            regions,
            blocks,
            coupling,
            terms: vec![none; blocks],
            vector: gating_e.iter().flat_map(|x| x.0).collect(),
            gating_e,
            gating_i,
            input: vec![zero; blocks],
            sums: vec![NO_SUMS; blocks],
            balloons: vec![Balloons::REST; blocks],
            curve_e: Curve::of(&pools.gain_e),
            curve_i: Curve::of(&pools.gain_i),
            slope_e: pools.gain_e.slope_hz_na,
            dt_s: dt_s as f32,
            per_tau: [(1.0 / pools.tau_e_s) as f32, (1.0 / pools.tau_i_s) as f32],
            opening: pools.opening as f32,
            kick: (pools.noise_per_root_ms * (dt_s * 1e3).sqrt()) as f32,
            key,
            step: 0,
        };
        engine.set_regions(model);
        engine
    }

    /// Takes the regions of a model of the same size; states stay.
    pub(super) fn set_regions(&mut self, model: &Model) {
        let p = &model.pools;
        for (n, region) in model.regions.iter().enumerate() {
            let (terms, i) = (&mut self.terms[n / LANES], n % LANES);
            let current_e = p.external_e * p.external_na + region.current_e_na;
            let current_i = p.external_i * p.external_na + region.current_i_na;
            terms.base_e.0[i] = (p.gain_e.slope_hz_na * current_e - p.gain_e.offset_hz) as f32;
            terms.base_i.0[i] = (p.gain_i.slope_hz_na * current_i - p.gain_i.offset_hz) as f32;
            terms.local.0[i] = (p.gain_e.slope_hz_na * region.local * region.recurrence * p.nmda_na) as f32;
            terms.long.0[i] = (p.gain_e.slope_hz_na * region.long_range * model.global * p.nmda_na) as f32;
            terms.across.0[i] = (p.gain_i.slope_hz_na * region.interneuron * p.nmda_na) as f32;
            terms.inhibit.0[i] = (p.gain_e.slope_hz_na * region.tone * region.inhibition) as f32;
        }
    }

    /// Changes the weight of inhibition of one region, with its tone.
    pub(super) fn set_inhibition(&mut self, region: usize, weight: f64) {
        self.terms[region / LANES].inhibit.0[region % LANES] = (self.slope_e * weight) as f32;
    }

    /// One number per region of what `pick` finds in the sums of the last chunk.
    pub(super) fn each(&self, pick: impl Fn(&Sums) -> Lanes) -> impl Iterator<Item = f64> {
        (0..self.regions).map(move |n| f64::from(pick(&self.sums[n / LANES])[n % LANES]))
    }

    /// Gating of both pools of each region.
    pub(super) fn states(&self) -> Vec<[f64; 2]> {
        let at = |of: &[Lanes], n: usize| f64::from(of[n / LANES][n % LANES]);
        (0..self.regions).map(|n| [at(&self.gating_e, n), at(&self.gating_i, n)]).collect()
    }

    /// The signal of each region now.
    pub(super) fn signal(&self, hemodynamics: &Hemodynamics, into: &mut Vec<f32>) {
        for (b, balloons) in self.balloons.iter().enumerate() {
            let signal = balloons.signal(hemodynamics);
            into.extend_from_slice(&signal.0[..LANES.min(self.regions - b * LANES)]);
        }
    }

    /// All drives of the long range: coupling times gating.
    #[inline(always)]
    fn couple(&mut self) {
        let mut left = &self.coupling[..];
        for (first, width) in tiles(self.blocks) {
            let (tile, rest) = left.split_at(self.regions * width);
            left = rest;
            let into = &mut self.input[first..first + width];
            match width {
                1 => product_1(tile, &self.vector, into),
                2 => product_2(tile, &self.vector, into),
                3 => product_3(tile, &self.vector, into),
                4 => product_4(tile, &self.vector, into),
                5 => product_5(tile, &self.vector, into),
                6 => product_6(tile, &self.vector, into),
                7 => product_7(tile, &self.vector, into),
                _ => product_8(tile, &self.vector, into),
            }
        }
    }

    /// One step of block `b` under two vectors of noise.
    #[inline(always)]
    fn advance(&mut self, b: usize, noise: [Lanes; 2], target: f32) {
        let terms = &self.terms[b];
        let (e, i) = (self.gating_e[b], self.gating_i[b]);
        let drive_e = terms.base_e + terms.local * e + terms.long * self.input[b] - terms.inhibit * i;
        let drive_i = terms.base_i + terms.across * e - i * self.curve_i.slope;
        let (rate_e, rate_i) = (self.curve_e.rate(drive_e), self.curve_i.rate(drive_i));
        let sums = &mut self.sums[b];
        sums.rate_e += rate_e;
        sums.rate_i += rate_i;
        sums.gating_e += e;
        sums.excess += rate_i * (rate_e - target);
        let one = Lanes::splat(1.0);
        let fall_e = (one - e) * rate_e * self.opening - e * self.per_tau[0];
        let fall_i = rate_i - i * self.per_tau[1];
        let bound = |x: Lanes| x.max(Lanes::ZERO).min(one);
        let e = bound(e + fall_e * self.dt_s + noise[0] * self.kick);
        self.gating_e[b] = e;
        self.vector[b * LANES..(b + 1) * LANES].copy_from_slice(&e.0);
        self.gating_i[b] = bound(i + fall_i * self.dt_s + noise[1] * self.kick);
    }
}

/// First block and width of each tile: as few as fit, of nearly equal width.
#[inline(always)]
fn tiles(blocks: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = blocks.div_ceil(TILE);
    (0..count).map(move |t| (t * blocks / count, (t + 1) * blocks / count - t * blocks / count))
}

/// A tile of `WIDTH` blocks times a vector. Sums have names of their own, so that they stay in registers.
macro_rules! products {
    ($($name:ident $width:literal: $($sum:ident $k:literal),*;)*) => {$(
        #[inline(always)]
        fn $name(tile: &[Lanes], vector: &[f32], into: &mut [Lanes]) {
            $(let mut $sum = Lanes::ZERO;)*
            for (column, x) in tile.as_chunks::<$width>().0.iter().zip(vector) {
                let x = Lanes::splat(*x);
                $($sum += column[$k] * x;)*
            }
            $(into[$k] = $sum;)*
            // Keeps the last stores of all widths apart: merged, they split the last sum in two, a tenth of all time.
            std::hint::black_box($width);
        }
    )*};
}

products! {
    product_1 1: a 0;
    product_2 2: a 0, b 1;
    product_3 3: a 0, b 1, c 2;
    product_4 4: a 0, b 1, c 2, d 3;
    product_5 5: a 0, b 1, c 2, d 3, e 4;
    product_6 6: a 0, b 1, c 2, d 3, e 4, f 5;
    product_7 7: a 0, b 1, c 2, d 3, e 4, f 5, g 6;
    product_8 8: a 0, b 1, c 2, d 3, e 4, f 5, g 6, h 7;
}

/// Steps of one length without a look at anything else.
pub(super) struct Chunk<'a> {
    pub(super) engine: &'a mut Engine,
    pub(super) steps: u32,
    /// Balloons that follow, if a signal is wanted.
    pub(super) hemodynamics: Option<&'a Hemodynamics>,
    pub(super) plasticity: Option<&'a Plasticity>,
}

impl Kernel for Chunk<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Chunk { engine, steps, hemodynamics, plasticity } = self;
        let target = plasticity.map_or(0.0, |p| p.target_hz as f32);
        engine.sums.fill(NO_SUMS);
        for _ in 0..steps {
            engine.couple();
            let (low, high) = (engine.step as u32, (engine.step >> 32) as u32);
            for pair in 0..engine.blocks.div_ceil(2) {
                let b = 2 * pair;
                let [one, two, three, four] = words([(pair * LANES) as u32, low, high, NOISE], engine.key);
                engine.advance(b, [one.noise(), two.noise()], target);
                if b + 1 < engine.blocks {
                    engine.advance(b + 1, [three.noise(), four.noise()], target);
                }
            }
            engine.step += 1;
        }
        if let Some(hemodynamics) = hemodynamics {
            let seconds = engine.dt_s * steps as f32;
            for (balloons, sums) in engine.balloons.iter_mut().zip(&engine.sums) {
                balloons.step(hemodynamics, sums.gating_e * (1.0 / steps as f32), seconds);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Pools, Region};
    use super::super::{Coupling, Flow};
    use super::*;
    use crate::lanes::{dispatch, plain};

    fn model(regions: usize) -> Model {
        let weights = (0..regions * regions).map(|k| ((k * 37) % 11) as f64 / (5.0 * regions as f64)).collect();
        let gain = |slope_hz_na, offset_hz, curvature_s| Gain { slope_hz_na, offset_hz, curvature_s };
        // Deco et al. 2014.
        let pools = Pools {
            external_na: 0.382,
            external_e: 1.0,
            external_i: 0.7,
            nmda_na: 0.15,
            gain_e: gain(310.0, 125.0, 0.16),
            gain_i: gain(615.0, 177.0, 0.087),
            tau_e_s: 0.1,
            tau_i_s: 0.01,
            opening: 0.641,
            noise_per_root_ms: 0.01,
        };
        Model {
            coupling: Coupling::from_rows(regions, weights).expect("finite"),
            global: 0.4,
            pools,
            regions: (0..regions).map(|n| Region::at_rest(1.4, 1.3 + 0.01 * n as f64)).collect(),
        }
    }

    // Stephan et al. 2007.
    const BALLOON: Hemodynamics = Hemodynamics {
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

    #[test]
    fn agrees_on_bytes_with_any_instructions() {
        // Every width of tile, and more than one tile.
        for regions in [1, 8, 13, 24, 30, 40, 41, 56, 64, 65, 100, 130] {
            let model = model(regions);
            let mut engines = [(); 2].map(|_| Engine::new(&model, 1e-3, [1, 2], &Start::Low));
            let bytes = engines.each_mut().map(|_| Vec::new());
            let mut bytes = bytes;
            for _ in 0..5 {
                let [one, two] = &mut engines;
                let chunk = |engine| Chunk { engine, steps: 10, hemodynamics: Some(&BALLOON), plasticity: None };
                dispatch(chunk(one));
                plain(chunk(two));
                one.signal(&BALLOON, &mut bytes[0]);
                two.signal(&BALLOON, &mut bytes[1]);
            }
            assert_eq!(engines[0].states(), engines[1].states(), "{regions}");
            let bits = bytes.map(|x| x.into_iter().map(f32::to_bits).collect::<Vec<_>>());
            assert!(bits[0] == bits[1] && bits[0].len() == 5 * regions, "{regions}");
        }
    }

    #[test]
    fn agrees_with_the_product_by_hand() {
        for regions in [3, 20, 68, 100, 150] {
            let model = model(regions);
            let states: Vec<[f64; 2]> = (0..regions).map(|n| [(n % 7) as f64 / 8.0, 0.0]).collect();
            let mut engine = Engine::new(&model, 1e-3, [0, 0], &Start::At(states.clone()));
            engine.couple();
            for n in 0..regions {
                let exact: f64 = model.coupling.row(n).iter().zip(&states).map(|(c, s)| c * s[0]).sum();
                let got = f64::from(engine.input[n / LANES][n % LANES]);
                assert!((got - exact).abs() < 1e-5 * exact, "{n} of {regions}: {got} {exact}");
            }
        }
    }

    #[test]
    fn agrees_with_the_curve_in_double_precision() {
        let gain = model(1).pools.gain_e;
        for k in -4_000..4_000 {
            let current = 0.4 + 1e-4 * f64::from(k);
            let drive = gain.slope_hz_na * current - gain.offset_hz;
            let (got, exact) = (Curve::of(&gain).rate(Lanes::splat(drive as f32))[0], gain.rate(current));
            assert!((f64::from(got) - exact).abs() < 1e-5 * exact + 1e-6, "{current}: {got} {exact}");
        }
    }

    #[test]
    fn agrees_with_the_balloon_in_double_precision() {
        let (mut fast, mut plain) = (Balloons::REST, Flow::REST);
        let activity = |t: f64| 0.2 + 0.3 * sim::math::sin(2.0 * t) * sim::math::sin(0.3 * t);
        for k in 0..10_000 {
            let z = activity(0.01 * f64::from(k));
            fast.step(&BALLOON, Lanes::splat(z as f32), 0.01);
            (0..10).for_each(|_| BALLOON.step(&mut plain, z, 0.001));
            let (got, exact) = (f64::from(fast.signal(&BALLOON)[0]), BALLOON.signal(&plain));
            assert!((got - exact).abs() < 5e-6, "{k}: {got} {exact}");
        }
    }
}
