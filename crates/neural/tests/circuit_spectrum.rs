//! Spectra of signals whose spectrum is known.
#![allow(missing_docs)]

use neural::spectrum::{SpectrumError, change_db, fourier::Plan, welch};
use sim::math;
use sim::random::Stream;

fn noise(samples: usize, seed: u64) -> Vec<f64> {
    let mut stream = Stream::new(seed, 0, 0, 0, 0);
    (0..samples).map(|_| stream.normal()).collect()
}

/// Noise whose power falls as a power of frequency, by weighting the transform of white noise.
fn coloured(samples: usize, exponent: f64, seed: u64) -> Vec<f64> {
    let plan = Plan::new(samples);
    let mut wave: Vec<[f64; 2]> = noise(samples, seed).into_iter().map(|x| [x, 0.0]).collect();
    plan.transform(&mut wave);
    wave[0] = [0.0; 2];
    for (k, part) in wave.iter_mut().enumerate().skip(1) {
        let weight = math::pow(k.min(samples - k) as f64, -0.5 * exponent);
        *part = [part[0] * weight, part[1] * weight];
    }
    // A second forward transform gives the signal backwards in time, with the same spectrum.
    plan.transform(&mut wave);
    wave.into_iter().map(|part| part[0]).collect()
}

#[test]
fn agrees_with_the_definition_of_the_transform() {
    let x = noise(64, 1);
    let mut wave: Vec<[f64; 2]> = x.iter().map(|&x| [x, 0.0]).collect();
    Plan::new(64).transform(&mut wave);
    for (k, part) in wave.iter().enumerate() {
        let angle = |n: usize| -std::f64::consts::TAU * (k * n) as f64 / 64.0;
        let re: f64 = x.iter().enumerate().map(|(n, x)| x * math::cos(angle(n))).sum();
        let im: f64 = x.iter().enumerate().map(|(n, x)| x * math::sin(angle(n))).sum();
        assert!((part[0] - re).abs() < 1e-12 && (part[1] - im).abs() < 1e-12, "{k}");
    }
}

#[test]
fn agrees_with_the_power_of_a_sine() {
    let turn = std::f64::consts::TAU / 1_000.0;
    let signal: Vec<f64> = (0..16_384).map(|i| 3.0 + 2.0 * math::sin(40.3 * turn * i as f64)).collect();
    let spectrum = welch(&signal, 1_000.0, 2_048).unwrap();
    // A sine of amplitude 2 has power 2, wherever it lies between two entries.
    assert!((spectrum.band_power(30.0, 50.0) - 2.0).abs() < 0.002, "{}", spectrum.band_power(30.0, 50.0));
    assert!(spectrum.band_power(60.0, 500.0) < 1e-5);
    assert!((spectrum.peak_hz(1.0, 400.0).unwrap() - 40.3).abs() <= 0.5 * spectrum.resolution_hz);
}

#[test]
fn agrees_with_the_density_of_white_noise() {
    let spectrum = welch(&noise(400_000, 2), 1_000.0, 1_024).unwrap();
    // Variance 1 over 500 Hz; about 1,170 segments of half weight bound the error of a band of 50 entries.
    assert!((spectrum.band_power(100.0, 150.0) / 50.0 - 0.002).abs() < 0.002 * 0.03);
    let (low, high) = (spectrum.band_power(10.0, 40.0), spectrum.band_power(40.0, 90.0));
    assert!((spectrum.band_power(10.0, 90.0) - low - high).abs() < 1e-12);
}

#[test]
fn agrees_with_the_slope_of_coloured_noise() {
    for exponent in [0.5, 1.0, 2.0] {
        let signal = coloured(1 << 18, exponent, 3);
        let fit = welch(&signal, 1_000.0, 2_048).unwrap().aperiodic(2.0, 100.0).unwrap();
        assert!((fit.exponent - exponent).abs() < 0.05, "{exponent}: {fit:?}");
    }
}

#[test]
fn agrees_with_the_slope_under_peaks() {
    let mut signal = coloured(1 << 18, 1.0, 4);
    let plain = welch(&signal, 1_000.0, 2_048).unwrap();
    let size = (plain.band_power(2.0, 100.0) * 0.5).sqrt();
    let rhythm = [noise(1 << 18, 5), noise(1 << 18, 6)];
    // Two rhythms whose phases wander.
    let (mut fast, mut slow) = (0.0, 0.0);
    for (i, x) in signal.iter_mut().enumerate() {
        fast += (40.0 + 10.0 * rhythm[0][i]) * std::f64::consts::TAU / 1_000.0;
        slow += (10.0 + 5.0 * rhythm[1][i]) * std::f64::consts::TAU / 1_000.0;
        *x += size * (math::sin(fast) + math::sin(slow));
    }
    let fit = welch(&signal, 1_000.0, 2_048).unwrap().aperiodic(2.0, 100.0).unwrap();
    let bare = plain.aperiodic(2.0, 100.0).unwrap();
    assert!((fit.exponent - bare.exponent).abs() < 0.15, "{fit:?} {bare:?}");
}

#[test]
fn rejects_signals_without_a_spectrum() {
    assert_eq!(welch(&[0.0; 100], 1.0, 100), Err(SpectrumError::Segment { samples: 100 }));
    assert_eq!(welch(&[0.0; 100], 1.0, 128), Err(SpectrumError::TooShort { samples: 100, segment: 128 }));
    assert_eq!(welch(&[f64::NAN; 16], 1.0, 16), Err(SpectrumError::NotFinite { index: 0 }));
    assert_eq!(welch(&[0.0; 16], 0.0, 16), Err(SpectrumError::Rate { rate_hz: 0.0 }));
    let silent = welch(&[1.0; 64], 1.0, 64).unwrap();
    assert_eq!((silent.aperiodic(0.0, 0.5), silent.peak_hz(0.6, 0.7)), (None, None));
    assert!((change_db(1.0, 2.0) - 3.0103).abs() < 1e-4);
}
