//! Probes: what an EEG, a scan or a task would show of a person at one moment of a protocol.
//!
//! The slow state sets factors on the conductances of a fast circuit ([`Factors`], the mechanism `probe_state`), the
//! ledger gives the circuit's own numbers ([`constants`]), a file of the atlas says how long it is recorded and what is
//! read ([`settings`]).
//! A probe runs twice, without drug and at the asked moment, with the same wiring and the same noise, so that what
//! differs is the drug.

pub mod constants;
pub mod decision;
pub mod eeg;
pub mod fmri;
pub mod memory;
mod run;
pub mod settings;

pub use run::{Detail, Outcome, Ready};

use crate::atlas::Atlas;
use crate::run::{Plan, Refusal, follow};
use constants::Rows;
use model::diagnostic::Diagnostic;
use model::ledger::Row;
use model::source::Sources;
use settings::Settings;

/// What can be probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Electric activity at rest, and driven at 40 Hz.
    Eeg,
    /// Slow fluctuations of the whole brain at rest, as a scanner sees them.
    Fmri,
    /// A place held in mind.
    Memory,
    /// A choice of two from noisy evidence.
    Decision,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 4] = [Kind::Eeg, Kind::Fmri, Kind::Memory, Kind::Decision];

    /// As it is written in protocols and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Eeg => "eeg",
            Kind::Fmri => "fmri",
            Kind::Memory => "memory",
            Kind::Decision => "decision",
        }
    }

    /// By its name; `working_memory` is the memory task.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.name() == name).or((name == "working_memory").then_some(Kind::Memory))
    }
}

/// One number that a probe reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Name, as in `band.low_gamma`.
    pub name: String,
    /// In words.
    pub label: String,
    /// Unit.
    pub unit: &'static str,
    /// Value.
    pub value: f64,
}

impl Reading {
    /// A reading.
    pub fn new(name: &str, label: &str, unit: &'static str, value: f64) -> Reading {
        Reading { name: name.into(), label: label.into(), unit, value }
    }
}

/// What a person's slow state makes of the conductances of the probes, as folds of rest, and two figures of the EEG that
/// are taken from the concentration alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors {
    /// NMDA in the resting circuit: onto pyramidal, PV-like and SST-like cells.
    pub circuit: [f64; 3],
    /// The same in circuits that remember or decide.
    pub attractor: [f64; 3],
    /// AMPA between cells.
    pub ampa: f64,
    /// GABA-A.
    pub gaba: f64,
    /// Whole brain: excitation within a region.
    pub local: f64,
    /// Whole brain: excitation between regions.
    pub distant: f64,
    /// Whole brain: excitation of inhibitory cells.
    pub inhibitory: f64,
    /// Whole brain: feedback inhibition.
    pub tone: f64,
    /// Change of alpha power over the parietal and the occipital lobe, dB: an empirical link.
    pub alpha_db: [f64; 2],
    /// What the slow model itself says, in the order of [`SLOW`].
    pub slow: [f64; SLOW.len()],
}

/// Ports of the factors, in the order in which [`Factors::of`] takes them.
const PORTS: [&str; 14] = [
    "probe.circuit_nmda_pyramidal",
    "probe.circuit_nmda_pv",
    "probe.circuit_nmda_sst",
    "probe.attractor_nmda_pyramidal",
    "probe.attractor_nmda_pv",
    "probe.attractor_nmda_sst",
    "probe.ampa",
    "probe.gaba",
    "probe.brain_local",
    "probe.brain_distant",
    "probe.brain_inhibitory",
    "probe.brain_tone",
    "eeg.alpha_parietal_change",
    "eeg.alpha_occipital_change",
];

/// Ports of the slow model that the probes are held against: rates and gamma as folds of rest, coupling, memory, and the
/// concentration in plasma.
pub const SLOW: [&str; 7] =
    ["circuit.e", "circuit.pv", "circuit.sst", "circuit.gamma", "dmn.coupling", "pfc.error", "plasma.ketamine"];

/// Everything a probe asks of the slow model.
pub fn ports() -> Vec<String> {
    PORTS.iter().chain(&SLOW).map(|p| p.to_string()).collect()
}

impl Factors {
    /// From the values of [`ports`], in their order; `None` where there are not as many.
    pub fn of(values: &[f64]) -> Option<Factors> {
        let (own, slow) = values.split_at_checked(PORTS.len())?;
        let [a, b, c, d, e, f, ampa, gaba, local, distant, inhibitory, tone, parietal, occipital] =
            own.try_into().ok()?;
        Some(Factors {
            circuit: [a, b, c],
            attractor: [d, e, f],
            ampa,
            gaba,
            local,
            distant,
            inhibitory,
            tone,
            alpha_db: [parietal, occipital],
            slow: slow.try_into().ok()?,
        })
    }
}

/// Ledger rows that probes take directly, all of them; or what is missing.
pub fn rows<'a>(atlas: &'a Atlas, sources: &dyn Sources) -> Result<Vec<&'a Row>, Vec<Diagnostic>> {
    let rows = Rows::new(atlas);
    let settings = Settings::load(sources).map_err(|(found, _)| found)?;
    let map = fmri::Map::load(sources)?;
    let _ = constants::hemodynamics(&rows);
    let _ = rows.get("neural.brain.target_rate", "Hz");
    let _ = fmri::untuned(&rows, &map);
    let _ = ["connection", "recurrence"].map(|what| rows.get(&format!("neural.brain.spread_{what}"), "1"));
    let _ = eeg::Electrode::new(&rows, &settings.eeg);
    let _ = memory::Ring::new(&rows, &settings.memory);
    // What it cannot do without is among the missing rows.
    let _ = decision::Rivals::new(&rows, &settings.decision);
    rows.finish()
}

/// The factors of a plan's person without treatment and with it, at a time in hours.
///
/// Errors: a time outside the plan (RS6901), and what keeps the plan from running.
pub fn factors(atlas: &Atlas, plan: &Plan, times_h: &[f64]) -> Result<Vec<[Factors; 2]>, Refusal> {
    let outside: Vec<Diagnostic> = times_h
        .iter()
        .filter(|t| !(0.0..=plan.until_h).contains(*t))
        .map(|t| {
            let message = format!("a probe at {t} h lies outside the run of `{}`, 0 to {} h", plan.name, plan.until_h);
            Diagnostic::error_nowhere("RS6901", message, "probe at another time, or follow for longer with --until")
        })
        .collect();
    if !outside.is_empty() {
        return Err(outside.into());
    }
    let ports = ports();
    let courses = [false, true].map(|treated| follow(atlas, plan, treated, &ports, &plan.hold));
    let [untreated, treated] = courses;
    let (untreated, treated) = (untreated?, treated?);
    let at = |course: &crate::run::Course, t: f64| {
        let values: Vec<f64> = (0..ports.len()).map(|k| course.at(k, t)).collect();
        Factors::of(&values)
    };
    let both = |t: &f64| at(&untreated, *t).zip(at(&treated, *t)).map(|(a, b)| [a, b]);
    Ok(times_h.iter().filter_map(both).collect())
}
