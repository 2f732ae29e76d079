//! Electric activity: a local circuit at rest and under a rhythm, heard as the currents of its pyramidal cells.

use super::constants::{self, Rows};
use super::settings;
use super::{Factors, Reading};
use crate::run::Refusal;
use neural::circuit::drive::{self, Drive, DriveReach, Following};
use neural::circuit::rest::{Rest, Resting, rest};
use neural::circuit::{Circuit, CircuitError, Connectivity, InDegree, Parameters, Scaling};
use std::ops::ControlFlow;

/// Samples in a segment of the spectrum: about a second.
const SEGMENT: usize = 1024;
/// Width of the bins in which cells count as firing together, ms.
const TOGETHER_MS: f64 = 5.0;
/// Milliseconds of a second.
pub(super) const MS: f64 = 1e3;
/// Time of a rhythm before its answer is measured, ms.
const ONSET_MS: f64 = 200.0;
/// Share of the work that is rest.
const RESTING: f64 = 0.7;

/// A circuit made ready.
#[derive(Clone, Debug)]
pub struct Electrode {
    parameters: Parameters,
    excitatory: usize,
    inhibitory: usize,
    settings: settings::Eeg,
}

/// One recording.
#[derive(Clone, Debug)]
pub struct Recording {
    /// At rest.
    pub resting: Resting,
    /// Under the rhythm.
    pub driven: Following,
}

impl Electrode {
    /// With the ledger's constants.
    pub fn new(rows: &Rows<'_>, settings: &settings::Eeg) -> Electrode {
        Electrode {
            parameters: constants::circuit(rows, "rest"),
            excitatory: rows.count("neural.rest.in_degree_pyramidal"),
            inhibitory: rows.count("neural.rest.in_degree_interneuron"),
            settings: settings.clone(),
        }
    }

    /// Records under a person's factors. The same seed and person have the same wiring and noise.
    pub fn record(
        &self,
        factors: &Factors,
        seed: u64,
        person: u32,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Recording, Refusal> {
        let s = &self.settings;
        // Each person has a circuit of his own: the seed of wiring and noise carries his number.
        let seed = own_seed(seed, person);
        let connectivity = Connectivity::Random {
            excitatory: self.excitatory,
            inhibitory: self.inhibitory,
            in_degree: InDegree::Average,
            seed,
        };
        let scaling = scaling(factors.circuit, factors);
        let protocol = Rest {
            settling_s: s.settle_s,
            recorded_s: s.seconds,
            segment: SEGMENT,
            raster_cells: s.raster_cells as usize,
            synchrony_bin_ms: TOGETHER_MS,
        };
        let resting = rest(&self.parameters, &scaling, &connectivity, &protocol, seed, &mut |x| progress(RESTING * x))
            .map_err(wrong)?;
        let rhythm = Drive {
            frequency_hz: s.drive_hz,
            depth: s.drive_depth,
            rate_hz: self.parameters.external_hz,
            reach: DriveReach::All,
            settling_ms: MS * s.settle_s,
            onset_ms: ONSET_MS,
            measured_ms: MS * s.drive_seconds,
        };
        let circuit = Circuit::new(&self.parameters, &scaling, &connectivity, seed, 0).map_err(wrong)?;
        let mut trials = Vec::new();
        for trial in 0..s.drive_trials {
            let mut later =
                |x: f64| progress(RESTING + (1.0 - RESTING) * (f64::from(trial) + x) / f64::from(s.drive_trials));
            trials.push(drive::trial(&circuit, &rhythm, seed, trial, &mut later).map_err(wrong)?);
        }
        let driven = drive::following(&trials);
        Ok(Recording { resting, driven })
    }

    /// What a study would print of a recording.
    pub fn readings(&self, recording: &Recording, factors: &Factors) -> Vec<Reading> {
        let (s, rest) = (&self.settings, &recording.resting);
        let mut out = Vec::new();
        for band in &s.bands {
            let power = rest.spectrum.band_power(band.from_hz, band.to_hz);
            // In decibels, so that a change reads as one.
            let name = format!("band.{}", band.name.replace(' ', "_"));
            let label = format!("Power, {} {} to {} Hz", band.name, band.from_hz, band.to_hz);
            out.push(Reading::new(&name, &label, "dB", neural::spectrum::change_db(1.0, power)));
        }
        let [low, high] = s.aperiodic;
        if let Some(line) = rest.spectrum.aperiodic(low, high) {
            let label = format!("Aperiodic exponent, {low} to {high} Hz");
            out.push(Reading::new("aperiodic.exponent", &label, "", line.exponent));
        }
        for (k, kind) in ["pyramidal", "PV-like", "SST-like"].into_iter().enumerate() {
            let name = format!("rate.{}", ["pyramidal", "pv", "sst"][k]);
            out.push(Reading::new(&name, &format!("Rate of {kind} cells"), "Hz", rest.rates_hz[k]));
        }
        out.push(Reading::new("synchrony", "Synchrony of pyramidal cells", "", rest.synchrony));
        let rhythm = format!("at {} Hz under the rhythm", s.drive_hz);
        let power = neural::spectrum::change_db(1.0, recording.driven.evoked_power);
        out.push(Reading::new("drive.power", &format!("Power {rhythm}"), "dB", power));
        out.push(Reading::new("drive.locking", &format!("Phase locking {rhythm}"), "", recording.driven.phase_locking));
        let [parietal, occipital] = factors.alpha_db;
        out.push(Reading::new("link.alpha_parietal", "Alpha, parietal: empirical link, change", "dB", parietal));
        out.push(Reading::new("link.alpha_occipital", "Alpha, occipital: empirical link, change", "dB", occipital));
        out
    }
}

/// The seed of one person's wiring and noise.
pub(super) fn own_seed(seed: u64, person: u32) -> u64 {
    seed.wrapping_mul(1 << 32).wrapping_add(u64::from(person))
}

/// A circuit's trouble as a refusal.
pub(super) fn wrong(e: CircuitError) -> Refusal {
    Refusal::Numerics(format!("the local circuit: {e}"))
}

/// Factors on a circuit's conductances: those of its NMDA receptors, and what all circuits share.
pub(super) fn scaling([pyramidal, pv, sst]: [f64; 3], factors: &Factors) -> Scaling {
    Scaling {
        nmda_pyramidal: pyramidal,
        nmda_parvalbumin: pv,
        nmda_somatostatin: sst,
        ampa_pyramidal: factors.ampa,
        ampa_interneurons: factors.ampa,
        gaba: factors.gaba,
        external: 1.0,
    }
}
