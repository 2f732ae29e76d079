//! Fast probes against the slow model they start from, and against published directions. A miss is named as one.

use resynapse::atlas::{Atlas, Embedded};
use resynapse::probe::constants::Rows;
use resynapse::probe::eeg::Electrode;
use resynapse::probe::fmri::{Brain, Map, People};
use resynapse::probe::memory::Ring;
use resynapse::probe::settings::Settings;
use resynapse::probe::{Factors, Reading, factors};
use resynapse::run::Plan;
use std::ops::ControlFlow;

const INFUSION: &str = "ketamine 0.5 mg/kg iv over 40 min";
const MINUTES_40_H: f64 = 2.0 / 3.0;

fn go(_: f64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// The typical person's factors without drug and with it, at each time.
fn at(atlas: &Atlas, dose: &str, times_h: &[f64]) -> Vec<[Factors; 2]> {
    let mut map = model::source::SourceMap::default();
    let regimen = resynapse::regimen::sentence(atlas, &mut map, dose).expect("a dose sentence");
    factors(atlas, &Plan::new(dose, regimen), times_h).unwrap_or_else(|e| panic!("{e:?}"))
}

fn settings() -> Settings {
    Settings::load(&Embedded).expect("settings")
}

fn value(readings: &[Reading], name: &str) -> f64 {
    readings.iter().find(|r| r.name == name).unwrap_or_else(|| panic!("no reading {name}")).value
}

/// Readings of the resting circuit, mean over three drawings of the wiring.
fn electric(atlas: &Atlas, factors: &Factors) -> impl Fn(&str) -> f64 {
    let rows = Rows::new(atlas);
    let mut settings = settings().eeg;
    (settings.seconds, settings.drive_trials, settings.drive_seconds) = (4.0, 2, 0.2);
    let electrode = Electrode::new(&rows, &settings);
    let all: Vec<Vec<Reading>> = (0..3)
        .map(|person| {
            let recording = electrode.record(factors, 1, person, &mut go).expect("a recording");
            electrode.readings(&recording, factors)
        })
        .collect();
    move |name| all.iter().map(|readings| value(readings, name)).sum::<f64>() / all.len() as f64
}

/// Over dose the slow circuit and the spiking one tell the same story: pyramidal and PV-like rates rise, SST-like rates
/// fall, gamma rises, and more so with more of the drug. Sizes differ: the spiking rates rise more.
#[test]
fn agrees_that_the_slow_circuit_follows_the_spiking_one_over_dose() {
    let atlas = Atlas::embedded();
    let mut before: Option<[f64; 4]> = None;
    for dose in ["0.1", "0.25", "0.5"] {
        let [rest, drug] = at(&atlas, &format!("ketamine {dose} mg/kg iv over 40 min"), &[MINUTES_40_H])[0];
        let (quiet, loud) = (electric(&atlas, &rest), electric(&atlas, &drug));
        let fast = ["rate.pyramidal", "rate.pv", "rate.sst"].map(|name| loud(name) / quiet(name));
        let slow = [0, 1, 2].map(|k| drug.slow[k] / rest.slow[k]);
        let gamma = loud("band.low_gamma") - quiet("band.low_gamma");
        let slow_gamma = drug.slow[3] / rest.slow[3];
        println!("{dose} mg/kg: spiking {fast:.3?} gamma {gamma:+.2} dB, slow {slow:.3?} gamma {slow_gamma:.3}");
        for k in 0..2 {
            assert!(fast[k] > 1.0 && slow[k] > 1.0, "{dose}: {fast:?} {slow:?}");
        }
        // The fall of SST-like cells is small in both, and within the scatter of three drawings at low doses.
        assert!(fast[2] < 1.01 && slow[2] < 1.0, "{dose}: {fast:?} {slow:?}");
        assert!(slow_gamma > 1.0);
        let now = [fast[0], slow[0], fast[1], slow[1]];
        if let Some(before) = before {
            assert!(now.iter().zip(before).all(|(a, b)| *a > b), "{dose}: {now:?} after {before:?}");
        }
        before = Some(now);
        if dose == "0.5" {
            assert!(gamma > 0.2 && fast[2] < 0.99, "gamma {gamma} dB, {fast:?}");
        }
    }
}

/// Gamma power rises at 0.5 mg/kg over 40 min (de la Salle 2016, Nottage 2022, Akeju 2016); no size is published.
#[test]
fn validates_gamma_rises() {
    let atlas = Atlas::embedded();
    let [rest, drug] = at(&atlas, INFUSION, &[MINUTES_40_H])[0];
    let (quiet, loud) = (electric(&atlas, &rest), electric(&atlas, &drug));
    for band in ["band.low_gamma", "band.high_gamma"] {
        assert!(loud(band) - quiet(band) > 0.2, "{band}: {} dB", loud(band) - quiet(band));
    }
}

/// Readings of the typical brain before and at times.
fn scanned(atlas: &Atlas, times_h: &[f64]) -> Vec<Vec<Reading>> {
    let rows = Rows::new(atlas);
    let map = Map::load(&Embedded).expect("the connectome");
    let brain = Brain::new(&rows, &settings().fmri, map, People::Typical, 1, &mut go).expect("a brain");
    for rate in &brain.tuned.rates_hz {
        assert!((rate - 3.0).abs() <= 0.3, "{rate} Hz without drug");
    }
    let both = at(atlas, INFUSION, times_h);
    let all = std::iter::once(both[0][0]).chain(both.iter().map(|b| b[1]));
    all.map(|f| brain.readings(&brain.scan(&f, 1, 0, &mut go).expect("a scan"))).collect()
}

/// Without regression of the global signal global connectivity rises during the drug (40 people, dz 0.52: data of
/// Moujaes), here too. Within the default and the salience network coupling fell in another study (0.63 and 1.13 lower,
/// beside midazolam) and rises here with everything else: a miss, and so is the slow model's `dmn.coupling`, which falls,
/// as a summary of this probe. Both are back at ten days.
#[test]
fn validates_global_connectivity_and_known_miss_within_default_and_salience() {
    let atlas = Atlas::embedded();
    let scans = scanned(&atlas, &[MINUTES_40_H, 240.0]);
    let change = |k: usize, name: &str| value(&scans[k], name) - value(&scans[0], name);
    assert!(change(1, "gbc.raw") > 0.01, "{}", change(1, "gbc.raw"));
    for name in ["fc.default.raw", "fc.salience.raw"] {
        assert!(change(1, name) > 0.0, "{name} falls: no longer a miss, say so");
        assert!(change(2, name).abs() < 0.5 * change(1, name), "{name} at ten days: {}", change(2, name));
    }
    let both = at(&atlas, INFUSION, &[MINUTES_40_H, 240.0]);
    let slow: Vec<f64> = both.iter().map(|[rest, drug]| drug.slow[4] / rest.slow[4]).collect();
    assert!(slow[0] < 0.95 && (slow[1] - 1.0).abs() < 0.02, "{slow:?}");
}

/// The bump widens with dose (Murray 2014), little at about 50 ng/mL. Errors of people grow 1.45-fold at the high dose
/// (data of Moujaes), here by about a tenth over many trials: a miss told in the guide, for it takes minutes to see.
#[test]
fn validates_the_bump_widens_with_dose() {
    let atlas = Atlas::embedded();
    let rows = Rows::new(&atlas);
    let mut settings = settings().memory;
    settings.trials = 20;
    let ring = Ring::new(&rows, &settings);
    let tested = |f: &Factors| ring.readings(&ring.test(f, 1, 0, &mut go).expect("a task"));
    let low = "ketamine 0.08 mg/kg iv bolus then ketamine 0.14 mg/kg/h iv over 40 min";
    let high = "ketamine 0.23 mg/kg iv bolus then ketamine 0.58 mg/kg/h iv over 40 min";
    let rest = tested(&at(&atlas, high, &[MINUTES_40_H])[0][0]);
    let [little, much] = [low, high].map(|dose| {
        let [_, drug] = at(&atlas, dose, &[MINUTES_40_H])[0];
        let readings = tested(&drug);
        let fold = value(&readings, "width") / value(&rest, "width");
        println!("{dose}: {:.0} ng/mL, width {fold:.2}", drug.slow[6]);
        fold
    });
    assert!(much > 1.15 && (1.0..1.15).contains(&little), "{little} {much}");
}
