//! Eight single-precision numbers at a time, the noise that drives them, and the choice of instructions.
//!
//! Every operation acts on each lane by itself, in one order and never fused, so a kernel gives the same bits with
//! SSE2, AVX2 or no vector instructions at all, and a lane's numbers do not depend on which lane it is.
//!
//! ```
//! use neural::lanes::{Lanes, LANES};
//! let x = Lanes::splat(1.0) + Lanes::from_fn(|i| i as f32);
//! assert_eq!(x[LANES - 1], 8.0);
//! ```

use std::ops::{Add, AddAssign, Div, Index, Mul, Neg, Sub};

/// Numbers in one [`Lanes`].
pub const LANES: usize = 8;

/// Eight single-precision numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(32))]
pub struct Lanes(pub [f32; LANES]);

/// Eight 32-bit words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(32))]
pub struct Words(pub [u32; LANES]);

impl Lanes {
    /// All zero.
    pub const ZERO: Lanes = Lanes([0.0; LANES]);

    /// The same number in each lane.
    #[inline(always)]
    pub fn splat(x: f32) -> Lanes {
        Lanes([x; LANES])
    }

    /// The number of each lane by its index.
    #[inline(always)]
    pub fn from_fn(f: impl FnMut(usize) -> f32) -> Lanes {
        Lanes(std::array::from_fn(f))
    }

    /// The larger of two, lane by lane; `other` where a lane of `self` is no number.
    #[inline(always)]
    pub fn max(self, other: Lanes) -> Lanes {
        Lanes::from_fn(|i| if self.0[i] > other.0[i] { self.0[i] } else { other.0[i] })
    }

    /// The smaller of two, lane by lane; `other` where a lane of `self` is no number.
    #[inline(always)]
    pub fn min(self, other: Lanes) -> Lanes {
        Lanes::from_fn(|i| if self.0[i] < other.0[i] { self.0[i] } else { other.0[i] })
    }

    /// Magnitudes.
    #[inline(always)]
    pub fn abs(self) -> Lanes {
        Lanes(self.0.map(f32::abs))
    }

    /// `yes` where `self > bound`, else `no`.
    #[inline(always)]
    pub fn above(self, bound: Lanes, yes: Lanes, no: Lanes) -> Lanes {
        Lanes::from_fn(|i| if self.0[i] > bound.0[i] { yes.0[i] } else { no.0[i] })
    }

    /// `exp` of each lane, for `-87 <= x <= 88`; beyond it the value at the end. Relative error below 3e-7.
    ///
    /// Source: Moshier, Cephes `expf` (coefficients of the polynomial on half an octave).
    #[inline(always)]
    pub fn exp(self) -> Lanes {
        const OCTAVE: f32 = std::f32::consts::LOG2_E;
        const LN2_HIGH: f32 = 0.693_359_4;
        const LN2_LOW: f32 = -2.121_944_4e-4;
        const SHIFT: f32 = 12_582_912.0;
        let x = self.max(Lanes::splat(-87.0)).min(Lanes::splat(88.0));
        Lanes::from_fn(|i| {
            let shifted = x.0[i] * OCTAVE + SHIFT;
            let n = shifted - SHIFT;
            let r = x.0[i] - n * LN2_HIGH - n * LN2_LOW;
            let mut p = 1.987_569_1e-4;
            p = p * r + 1.398_2e-3;
            p = p * r + 8.333_452e-3;
            p = p * r + 4.166_579_6e-2;
            p = p * r + 0.166_666_65;
            p = p * r + 0.5;
            let e = p * r * r + r + 1.0;
            let power = shifted.to_bits().wrapping_sub(SHIFT.to_bits()).wrapping_add(127) << 23;
            e * f32::from_bits(power)
        })
    }
}

impl Index<usize> for Lanes {
    type Output = f32;

    #[inline(always)]
    fn index(&self, i: usize) -> &f32 {
        &self.0[i]
    }
}

macro_rules! lane_by_lane {
    ($($operator:ident $name:ident $sign:tt)*) => {$(
        impl $operator for Lanes {
            type Output = Lanes;

            #[inline(always)]
            fn $name(self, other: Lanes) -> Lanes {
                Lanes::from_fn(|i| self.0[i] $sign other.0[i])
            }
        }

        impl $operator<f32> for Lanes {
            type Output = Lanes;

            #[inline(always)]
            fn $name(self, other: f32) -> Lanes {
                Lanes::from_fn(|i| self.0[i] $sign other)
            }
        }
    )*};
}

lane_by_lane! {
    Add add +
    Sub sub -
    Mul mul *
    Div div /
}

impl AddAssign for Lanes {
    #[inline(always)]
    fn add_assign(&mut self, other: Lanes) {
        *self = *self + other;
    }
}

impl Neg for Lanes {
    type Output = Lanes;

    #[inline(always)]
    fn neg(self) -> Lanes {
        Lanes(self.0.map(|x| -x))
    }
}

/// Four blocks of eight random words that depend on the key and the counters alone; lane `i` is the Philox4x32-10 block
/// at `[first + i, second, third, fourth]`.
///
/// Source: Salmon, Moraes, Dror & Shaw 2011, SC11.
#[inline(always)]
pub fn words(counter: [u32; 4], key: [u32; 2]) -> [Words; 4] {
    // Each word lies in 64 bits whose upper half is ignored, as the multiplication of vectors reads it: no shuffles.
    let mut c = [
        std::array::from_fn::<u64, LANES, _>(|i| u64::from(counter[0].wrapping_add(i as u32))),
        [u64::from(counter[1]); LANES],
        [u64::from(counter[2]); LANES],
        [u64::from(counter[3]); LANES],
    ];
    let mut k = key;
    for _ in 0..10 {
        let left: [u64; LANES] = std::array::from_fn(|i| (c[0][i] & 0xFFFF_FFFF) * 0xD251_1F53);
        let right: [u64; LANES] = std::array::from_fn(|i| (c[2][i] & 0xFFFF_FFFF) * 0xCD9E_8D57);
        c = [
            std::array::from_fn(|i| (right[i] >> 32) ^ c[1][i] ^ u64::from(k[0])),
            right,
            std::array::from_fn(|i| (left[i] >> 32) ^ c[3][i] ^ u64::from(k[1])),
            left,
        ];
        k = [k[0].wrapping_add(0x9E37_79B9), k[1].wrapping_add(0xBB67_AE85)];
    }
    let low = |word: [u64; LANES]| Words(std::array::from_fn(|i| word[i] as u32));
    [low(c[0]), low(c[1]), low(c[2]), low(c[3])]
}

impl Words {
    /// Noise of mean 0 and variance 1 from the four bytes of each word: a sum of four even draws, bounded by 3.5.
    ///
    /// Its odd moments vanish and its fourth is 2.7 instead of 3, which is all a step of the Euler-Maruyama method asks
    /// of its increments; over the hundred steps of the fastest filter here the sum is normal.
    /// Source: Kloeden & Platen 1992, section 14.1 (weak schemes with simplified increments).
    #[inline(always)]
    pub fn noise(self) -> Lanes {
        /// One over the standard deviation of the sum of four bytes, `4 (256² - 1)/12`.
        const SCALE: f32 = 6.765_875e-3;
        Lanes::from_fn(|i| {
            let w = self.0[i];
            let pairs = (w & 0x00FF_00FF) + ((w >> 8) & 0x00FF_00FF);
            let sum = (pairs & 0xFFFF) + (pairs >> 16);
            (sum as i32 - 510) as f32 * SCALE
        })
    }
}

/// A kernel that can be compiled for several sets of instructions.
pub trait Kernel {
    /// What it gives.
    type Output;

    /// The computation; must be `#[inline(always)]`, so that it is compiled anew for each set of instructions.
    fn run(self) -> Self::Output;
}

/// Runs a kernel with the widest instructions this processor has; the result does not depend on them.
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { run_avx2(kernel) };
    }
    kernel.run()
}

/// Runs a kernel with the instructions every processor of this kind has; for tests that hold [`dispatch`] against it.
pub fn plain<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::random::philox4x32_10;

    #[test]
    fn agrees_with_the_scalar_generator() {
        let key = [0xA409_3822, 0x299F_31D0];
        let block = words([7, 5, 3, 1], key);
        for i in 0..LANES {
            let scalar = philox4x32_10([7 + i as u32, 5, 3, 1], key);
            assert_eq!(scalar, [block[0].0[i], block[1].0[i], block[2].0[i], block[3].0[i]]);
        }
    }

    #[test]
    fn agrees_with_the_exponential() {
        let mut worst: f64 = 0.0;
        for k in -8_700..8_800 {
            let x = k as f32 * 0.01;
            let exact = sim::math::exp(f64::from(x));
            worst = worst.max((f64::from(Lanes::splat(x).exp()[0]) / exact - 1.0).abs());
        }
        assert!(worst < 3e-7, "{worst:e}");
        assert!(Lanes::splat(f32::NAN).exp()[0].is_finite() && Lanes::splat(f32::INFINITY).exp()[0].is_finite());
    }

    #[test]
    fn agrees_with_the_moments_of_normal_noise() {
        let (mut sum, mut squares, mut fourth, mut count) = (0.0, 0.0, 0.0, 0.0);
        for step in 0..20_000 {
            for block in words([0, step, 0, 0], [1, 2]) {
                for x in block.noise().0.map(f64::from) {
                    sum += x;
                    squares += x * x;
                    fourth += x * x * x * x;
                    count += 1.0;
                }
            }
        }
        assert!((sum / count).abs() < 0.006, "{}", sum / count);
        assert!((squares / count - 1.0).abs() < 0.01, "{}", squares / count);
        assert!((fourth / count - 2.7).abs() < 0.03, "{}", fourth / count);
    }
}
