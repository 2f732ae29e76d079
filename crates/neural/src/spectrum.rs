//! Power spectra of a signal: Welch's estimate, band powers, peaks, and the slope that rhythms stand on.
//!
//! ```
//! use neural::spectrum::welch;
//! let signal: Vec<f64> = (0..8_192).map(|i| sim::math::sin(0.25 * i as f64)).collect();
//! let spectrum = welch(&signal, 1_000.0, 1_024)?;
//! assert!((spectrum.peak_hz(30.0, 50.0).unwrap_or(0.0) - 250.0 / std::f64::consts::TAU).abs() < 1.0);
//! # Ok::<(), neural::spectrum::SpectrumError>(())
//! ```

use std::fmt;

use sim::math;

mod aperiodic;
pub mod fourier;

pub use aperiodic::Aperiodic;

/// Power density of a signal at evenly spaced frequencies from 0 to half its sampling rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// Step between frequencies, Hz.
    pub resolution_hz: f64,
    /// Power density, squared units of the signal per Hz.
    pub density: Vec<f64>,
}

/// Why a signal has no spectrum.
#[derive(Clone, Debug, PartialEq)]
pub enum SpectrumError {
    /// Segments must have a power of two of samples, at least 8.
    Segment {
        /// Samples per segment asked for.
        samples: usize,
    },
    /// The signal is shorter than one segment.
    TooShort {
        /// Samples there are.
        samples: usize,
        /// Samples a segment needs.
        segment: usize,
    },
    /// A sample is no finite number.
    NotFinite {
        /// Which sample.
        index: usize,
    },
    /// The sampling rate is not above 0.
    Rate {
        /// What it is, Hz.
        rate_hz: f64,
    },
}

impl fmt::Display for SpectrumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpectrumError::Segment { samples } => {
                write!(f, "a segment has {samples} samples: choose a power of two, at least 8")
            }
            SpectrumError::TooShort { samples, segment } => {
                write!(f, "the signal has {samples} samples and one segment {segment}: record longer or shorten it")
            }
            SpectrumError::NotFinite { index } => write!(f, "sample {index} is not a finite number"),
            SpectrumError::Rate { rate_hz } => write!(f, "the sampling rate is {rate_hz} Hz: it must be above 0"),
        }
    }
}

impl std::error::Error for SpectrumError {}

/// Welch's estimate: the mean spectrum of Hann-weighted segments that overlap by half, each without its mean.
///
/// `segment` is a power of two of samples; the resolution is `rate_hz / segment`. What is left at the end of the signal
/// is not used. Source: Welch 1967, IEEE Trans Audio Electroacoust 15:70.
pub fn welch(signal: &[f64], rate_hz: f64, segment: usize) -> Result<Spectrum, SpectrumError> {
    if !segment.is_power_of_two() || segment < 8 {
        return Err(SpectrumError::Segment { samples: segment });
    }
    if signal.len() < segment {
        return Err(SpectrumError::TooShort { samples: signal.len(), segment });
    }
    if let Some(index) = signal.iter().position(|x| !x.is_finite()) {
        return Err(SpectrumError::NotFinite { index });
    }
    if !(rate_hz > 0.0 && rate_hz.is_finite()) {
        return Err(SpectrumError::Rate { rate_hz });
    }
    let turn = std::f64::consts::TAU / segment as f64;
    let window: Vec<f64> = (0..segment).map(|i| 0.5 - 0.5 * math::cos(turn * i as f64)).collect();
    let energy: f64 = window.iter().map(|w| w * w).sum();
    let plan = fourier::Plan::new(segment);
    let mut density = vec![0.0; segment / 2 + 1];
    let mut segments = 0.0;
    for start in (0..=signal.len() - segment).step_by(segment / 2) {
        let part = &signal[start..start + segment];
        let mean = part.iter().sum::<f64>() / segment as f64;
        let mut wave: Vec<[f64; 2]> = part.iter().zip(&window).map(|(x, w)| [(x - mean) * w, 0.0]).collect();
        plan.transform(&mut wave);
        for (sum, [re, im]) in density.iter_mut().zip(wave) {
            *sum += re * re + im * im;
        }
        segments += 1.0;
    }
    let last = density.len() - 1;
    for (i, power) in density.iter_mut().enumerate() {
        // Each frequency inside stands for its negative too.
        let sides = if i == 0 || i == last { 1.0 } else { 2.0 };
        *power *= sides / (segments * energy * rate_hz);
    }
    Ok(Spectrum { resolution_hz: rate_hz / segment as f64, density })
}

impl Spectrum {
    /// The frequency of an entry, Hz.
    pub fn frequency_hz(&self, index: usize) -> f64 {
        index as f64 * self.resolution_hz
    }

    /// Entries from `low_hz` on and below `high_hz`.
    fn entries(&self, low_hz: f64, high_hz: f64) -> std::ops::Range<usize> {
        let index = |hz: f64| ((hz / self.resolution_hz).ceil().max(0.0) as usize).min(self.density.len());
        index(low_hz)..index(high_hz).max(index(low_hz))
    }

    /// Power from `low_hz` on and below `high_hz`, squared units of the signal; adjacent bands add up.
    pub fn band_power(&self, low_hz: f64, high_hz: f64) -> f64 {
        self.density[self.entries(low_hz, high_hz)].iter().sum::<f64>() * self.resolution_hz
    }

    /// Frequency of the largest density in a band, Hz; none if the band is empty.
    pub fn peak_hz(&self, low_hz: f64, high_hz: f64) -> Option<f64> {
        let entries = self.entries(low_hz, high_hz);
        entries.max_by(|&a, &b| self.density[a].total_cmp(&self.density[b])).map(|i| self.frequency_hz(i))
    }

    /// Offset and exponent of the `1/f` background over a range that does not begin at 0; none if it holds fewer than 8
    /// entries or a density that is not above 0.
    pub fn aperiodic(&self, low_hz: f64, high_hz: f64) -> Option<Aperiodic> {
        let entries = self.entries(low_hz.max(self.resolution_hz), high_hz);
        let points: Vec<(f64, f64)> = entries.map(|i| (self.frequency_hz(i), self.density[i])).collect();
        aperiodic::fit(&points)
    }
}

/// A change of power in decibels.
pub fn change_db(before: f64, after: f64) -> f64 {
    10.0 / std::f64::consts::LN_10 * math::ln(after / before)
}
