//! Random numbers that depend on names alone: seed, replicate, subject, stream and occasion.
//!
//! Nothing is drawn "next": a [`Stream`] is a pure function of its five coordinates, so the order in which subjects are
//! simulated, the lane count and the thread count leave every draw as it was.
//!
//! ```
//! use sim::random::{Stream, stream_id};
//! let mut first = Stream::new(7, 0, 12, stream_id("clearance"), 0);
//! let mut again = Stream::new(7, 0, 12, stream_id("clearance"), 0);
//! assert_eq!(first.normal().to_bits(), again.normal().to_bits());
//! ```

use crate::math;

/// One block of Philox4x32-10: four words from a counter and a key.
///
/// Source: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11.
pub fn philox4x32_10(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let left = u64::from(counter[0]) * 0xD251_1F53;
        let right = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            (right >> 32) as u32 ^ counter[1] ^ key[0],
            right as u32,
            (left >> 32) as u32 ^ counter[3] ^ key[1],
            left as u32,
        ];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

/// A stable number for a stream's name: FNV-1a over its bytes.
///
/// Source: Fowler, Noll & Vo, 32-bit FNV-1a (offset 2166136261, prime 16777619).
pub fn stream_id(name: &str) -> u32 {
    name.bytes().fold(2_166_136_261, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619))
}

/// Draws that belong to one named purpose of one subject on one occasion.
#[derive(Clone, Debug)]
pub struct Stream {
    key: [u32; 2],
    coordinates: [u32; 3],
    block: u32,
    words: [u32; 4],
    left: u8,
}

impl Stream {
    /// The stream at these coordinates. The seed and the replicate make the key (through one Philox block); subject,
    /// stream and occasion are words of the counter, whose first word counts the blocks drawn.
    pub fn new(seed: u64, replicate: u32, subject: u32, stream: u32, occasion: u32) -> Stream {
        let mixed = philox4x32_10([replicate, 0, 0, 0], [seed as u32, (seed >> 32) as u32]);
        Stream { key: [mixed[0], mixed[1]], coordinates: [subject, stream, occasion], block: 0, words: [0; 4], left: 0 }
    }

    /// Sixty-four random bits.
    pub fn bits(&mut self) -> u64 {
        if self.left == 0 {
            let [subject, stream, occasion] = self.coordinates;
            self.words = philox4x32_10([self.block, subject, stream, occasion], self.key);
            self.block = self.block.wrapping_add(1);
            self.left = 2;
        }
        self.left -= 1;
        let at = if self.left == 1 { 0 } else { 2 };
        u64::from(self.words[at]) << 32 | u64::from(self.words[at + 1])
    }

    /// A number strictly between 0 and 1, on the grid `(n + 0.5) / 2^52`.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
    }

    /// A standard normal number, by inversion: one uniform gives one normal, and larger uniforms give larger normals.
    pub fn normal(&mut self) -> f64 {
        inverse_normal(self.uniform())
    }
}

/// The standard normal quantile of `p`; `-inf` at 0, `inf` at 1, NaN outside. Relative error about 1e-15.
///
/// Source: Wichura 1988, Algorithm AS 241 (PPND16), Applied Statistics 37:477-484.
#[allow(clippy::excessive_precision, reason = "coefficients stand as they were published")]
pub fn inverse_normal(p: f64) -> f64 {
    const CENTRE: [[f64; 8]; 2] = [
        [
            3.3871328727963666080e0,
            1.3314166789178437745e2,
            1.9715909503065514427e3,
            1.3731693765509461125e4,
            4.5921953931549871457e4,
            6.7265770927008700853e4,
            3.3430575583588128105e4,
            2.5090809287301226727e3,
        ],
        [
            1.0,
            4.2313330701600911252e1,
            6.8718700749205790830e2,
            5.3941960214247511077e3,
            2.1213794301586595867e4,
            3.9307895800092710610e4,
            2.8729085735721942674e4,
            5.2264952788528545610e3,
        ],
    ];
    const SHOULDER: [[f64; 8]; 2] = [
        [
            1.42343711074968357734e0,
            4.63033784615654529590e0,
            5.76949722146069140550e0,
            3.64784832476320460504e0,
            1.27045825245236838258e0,
            2.41780725177450611770e-1,
            2.27238449892691845833e-2,
            7.74545014278341407640e-4,
        ],
        [
            1.0,
            2.05319162663775882187e0,
            1.67638483018380384940e0,
            6.89767334985100004550e-1,
            1.48103976427480074590e-1,
            1.51986665636164571966e-2,
            5.47593808499534494600e-4,
            1.05075007164441684324e-9,
        ],
    ];
    const TAIL: [[f64; 8]; 2] = [
        [
            6.65790464350110377720e0,
            5.46378491116411436990e0,
            1.78482653991729133580e0,
            2.96560571828504891230e-1,
            2.65321895265761230930e-2,
            1.24266094738807843860e-3,
            2.71155556874348757815e-5,
            2.01033439929228813265e-7,
        ],
        [
            1.0,
            5.99832206555887937690e-1,
            1.36929880922735805310e-1,
            1.48753612908506148525e-2,
            7.86869131145613259100e-4,
            1.84631831751005468180e-5,
            1.42151175831644588870e-7,
            2.04426310338993978564e-15,
        ],
    ];
    let ratio = |table: &[[f64; 8]; 2], r: f64| {
        let [top, bottom] = table.map(|row| row.iter().rev().fold(0.0, |sum, c| sum * r + c));
        top / bottom
    };
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * ratio(&CENTRE, 0.180625 - q * q);
    }
    let outer = if q < 0.0 { p } else { 1.0 - p };
    if outer == 0.0 {
        return if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let r = (-math::ln(outer)).sqrt();
    let size = if r <= 5.0 { ratio(&SHOULDER, r - 1.6) } else { ratio(&TAIL, r - 5.0) };
    if q < 0.0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_published_philox_answers() {
        // Source: the known-answer file of Random123 (kat_vectors, philox4x32 10).
        let cases = [
            ([0; 4], [0; 2], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]),
            (
                [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
                [0xa4093822, 0x299f31d0],
                [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
            ),
        ];
        for (counter, key, expected) in cases {
            assert_eq!(philox4x32_10(counter, key), expected);
        }
    }

    #[test]
    fn agrees_with_known_name_hash() {
        // Source: FNV reference test vectors for 32-bit FNV-1a.
        assert_eq!(stream_id(""), 0x811c_9dc5);
        assert_eq!(stream_id("a"), 0xe40c_292c);
        assert_eq!(stream_id("foobar"), 0xbf9c_f968);
    }

    #[test]
    fn agrees_with_uniform_and_normal_moments() {
        let mut stream = Stream::new(1, 2, 3, stream_id("moments"), 4);
        let n = 100_000;
        let (mut mean, mut square, mut uniform) = (0.0, 0.0, 0.0);
        for _ in 0..n {
            let u = stream.uniform();
            assert!(u > 0.0 && u < 1.0);
            uniform += u;
            let z = stream.normal();
            mean += z;
            square += z * z;
        }
        let n = f64::from(n);
        assert!((uniform / n - 0.5).abs() < 0.005);
        assert!((mean / n).abs() < 0.015);
        assert!((square / n - 1.0).abs() < 0.02);
    }

    #[test]
    fn agrees_that_every_coordinate_changes_the_draw() {
        let first = |a, b, c, d, e| Stream::new(a, b, c, d, e).bits();
        let base = first(1, 1, 1, 1, 1);
        for other in [
            first(2, 1, 1, 1, 1),
            first(1, 2, 1, 1, 1),
            first(1, 1, 2, 1, 1),
            first(1, 1, 1, 2, 1),
            first(1, 1, 1, 1, 2),
        ] {
            assert_ne!(base, other);
        }
    }
}
