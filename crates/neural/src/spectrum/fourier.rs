//! Fourier transform of a power of two of samples, the same bits on every processor.

use sim::math;

/// Twiddle factors for one length.
#[derive(Clone, Debug)]
pub struct Plan {
    factors: Vec<[f64; 2]>,
    length: usize,
}

impl Plan {
    /// A plan for a power of two; any other length is raised to the next one.
    pub fn new(length: usize) -> Plan {
        let length = length.max(2).next_power_of_two();
        let turn = -std::f64::consts::TAU / length as f64;
        let factor = |i: usize| [math::cos(turn * i as f64), math::sin(turn * i as f64)];
        Plan { factors: (0..length / 2).map(factor).collect(), length }
    }

    /// Transforms real and imaginary parts in place: entry `k` becomes the sum of `x_n exp(-2 pi i k n / length)`. Leaves
    /// a wave of another length as it is.
    ///
    /// Source: Cooley & Tukey 1965, Math Comput 19:297, radix 2.
    pub fn transform(&self, wave: &mut [[f64; 2]]) {
        let n = self.length;
        if wave.len() != n {
            return;
        }
        let shift = usize::BITS - n.trailing_zeros();
        for i in 0..n {
            let j = i.reverse_bits() >> shift;
            if i < j {
                wave.swap(i, j);
            }
        }
        let mut half = 1;
        while half < n {
            let stride = n / (2 * half);
            for pair in wave.chunks_exact_mut(2 * half) {
                let (low, high) = pair.split_at_mut(half);
                for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                    let [c, s] = self.factors[k * stride];
                    let turned = [b[0] * c - b[1] * s, b[0] * s + b[1] * c];
                    *b = [a[0] - turned[0], a[1] - turned[1]];
                    *a = [a[0] + turned[0], a[1] + turned[1]];
                }
            }
            half *= 2;
        }
    }
}
