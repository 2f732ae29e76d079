//! A rhythm followed, a place remembered, a choice made.

use std::ops::ControlFlow;

use neural::circuit::decision::{self, Choice, Decision, Performance, performance, pools, psychometric};
use neural::circuit::drive::{self, Drive, DriveReach, Following, following};
use neural::circuit::memory::{self, Cue, Memory, Precision, precision, signed_deg};
use neural::circuit::{Circuit, CircuitError, Parameters, Scaling};

use crate::constants::{ALL_TO_ALL, CUE, DECISION, FOOTPRINT, RING, SPARSE, random};

fn go(_: f64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

const DRIVE: Drive = Drive {
    frequency_hz: 40.0,
    depth: 0.1,
    rate_hz: SPARSE.external_hz,
    reach: DriveReach::All,
    settling_ms: 300.0,
    onset_ms: 100.0,
    measured_ms: 500.0,
};

fn driven(depth: f64) -> Following {
    let circuit = Circuit::new(&SPARSE, &Scaling::NONE, &random(1), 1, 0).unwrap();
    let trial = |k| drive::trial(&circuit, &Drive { depth, ..DRIVE }, 1, k, &mut go).unwrap();
    following(&(0..10).map(trial).collect::<Vec<_>>())
}

#[test]
fn agrees_with_a_drive_and_without() {
    let (with, without) = (driven(0.1), driven(0.0));
    println!("{with:?}\n{without:?}");
    // Ten trials without a rhythm lock by chance at about 0.28; above 0.65 in one of a hundred.
    assert!(with.phase_locking > 0.9 && without.phase_locking < 0.65, "{with:?} {without:?}");
    assert!(with.evoked_power > 10.0 * without.evoked_power);
    assert!(with.evoked_power <= with.total_power);
}

#[test]
fn agrees_with_phase_locking_by_hand() {
    let aligned = following(&[[1.0, 0.0], [3.0, 0.0]]);
    assert_eq!((aligned.evoked_power, aligned.total_power, aligned.phase_locking), (2.0, 2.5, 1.0));
    let opposed = following(&[[1.0, 0.0], [-1.0, 0.0]]);
    assert_eq!((opposed.evoked_power, opposed.phase_locking), (0.0, 0.0));
    assert_eq!(following(&[]).phase_locking, 0.0);
}

const MEMORY: Memory = Memory { cue: CUE, distractor: None, delay_ms: 3_000.0, window_ms: 250.0, least_direction: 0.2 };

fn remember(scaling: &Scaling, memory: &Memory, trials: u32) -> Precision {
    let parameters = Parameters { step_ms: 0.2, ..RING };
    let circuit = Circuit::new(&parameters, scaling, &FOOTPRINT, 1, 0).unwrap();
    let trial = |k| memory::trial(&circuit, memory, 1, k, &mut go).unwrap();
    precision(&(0..trials).map(trial).collect::<Vec<_>>())
}

#[test]
fn validates_memory_and_its_loss() {
    let control = remember(&Scaling::NONE, &MEMORY, 12);
    println!("{control:?}");
    // The bump lasts, within a few degrees; Murray et al. 2014 show a width of about 20 degrees.
    assert!(
        control.lost == 0.0 && control.error_deg < 10.0 && (12.0..28.0).contains(&control.width_deg),
        "{control:?}"
    );
    // NMDA on interneurons lower by 2.5 % broadens the bump (Murray et al. 2014).
    let interneurons = remember(&Scaling::nmda(1.0, 0.975), &MEMORY, 12);
    println!("{interneurons:?}");
    assert!(interneurons.width_deg > 1.3 * control.width_deg && interneurons.lost == 0.0, "{interneurons:?}");
    // By 5 %, and what is remembered is less precise.
    let more = remember(&Scaling::nmda(1.0, 0.95), &MEMORY, 12);
    println!("{more:?}");
    assert!(more.error_deg > 1.3 * control.error_deg, "{more:?}");
    // NMDA on pyramidal cells lower by 5 %, and the bump dies.
    let pyramidal = remember(&Scaling::nmda(0.95, 1.0), &MEMORY, 6);
    assert!(pyramidal.lost > 0.8, "{pyramidal:?}");
}

/// Murray et al. 2014: disinhibition lets a distant distractor win that control trials resist.
#[test]
fn validates_that_disinhibition_distracts() {
    let cue = Cue { place_deg: CUE.place_deg + 90.0, onset_ms: 2_000.0, ..CUE };
    let task = Memory { distractor: Some(cue), ..MEMORY };
    let (control, disinhibited) = (remember(&Scaling::NONE, &task, 8), remember(&Scaling::nmda(1.0, 0.975), &task, 8));
    println!("{control:?}\n{disinhibited:?}");
    assert!(control.pull_deg.abs() < 8.0 && disinhibited.pull_deg > 15.0, "{control:?} {disinhibited:?}");
}

#[test]
fn rejects_trials_on_the_wrong_network() {
    let circuit = Circuit::new(&ALL_TO_ALL, &Scaling::NONE, &pools(1_600, 0.15, 1.7).unwrap(), 1, 0).unwrap();
    let error = memory::trial(&circuit, &MEMORY, 1, 0, &mut go).unwrap_err();
    assert!(error.to_string().contains("ring"), "{error}");
    let mut ran = circuit.clone();
    ran.advance(1, &mut Vec::new());
    let error = decision::trial(&ran, &DECISION, 0.0, 1, 0, &mut go).unwrap_err();
    assert!(error.to_string().contains("has run"), "{error}");
    let error = decision::trial(&circuit, &DECISION, 2.0, 1, 0, &mut go).unwrap_err();
    assert!(matches!(error, CircuitError::OutOfRange { name: "coherence", .. }), "{error}");
    assert!(pools(1_600, 0.15, 9.0).is_err());
    let cue = Cue { width_deg: f64::NAN, ..CUE };
    let circuit = Circuit::new(&RING, &Scaling::NONE, &FOOTPRINT, 1, 0).unwrap();
    assert!(memory::trial(&circuit, &Memory { cue, ..MEMORY }, 1, 0, &mut go).is_err());
    let drive = Drive { depth: 2.0, ..DRIVE };
    assert!(drive::trial(&circuit, &drive, 1, 0, &mut go).is_err());
}

#[test]
fn agrees_with_angles_by_hand() {
    assert_eq!([190.0, -190.0, 360.0, 45.0].map(signed_deg), [-170.0, 170.0, 0.0, 45.0]);
}

/// A circuit that decides: Wang 2002, or with the synapses of Lam et al. 2022.
struct Decider {
    stronger: f64,
    external_ns: f64,
    evidence_hz: f64,
}

const WANG: Decider = Decider { stronger: 1.7, external_ns: 2.1, evidence_hz: 40.0 };
const LAM: Decider = Decider { stronger: 1.84, external_ns: 2.07, evidence_hz: 38.0 };

fn decide(decider: &Decider, scaling: &Scaling, coherence: f64, trials: u32) -> Performance {
    let mut parameters = Parameters { step_ms: 0.2, ..ALL_TO_ALL };
    parameters.onto_pyramidal.external_ns = decider.external_ns;
    let wiring = pools(1_600, 0.15, decider.stronger).unwrap();
    let circuit = Circuit::new(&parameters, scaling, &wiring, 1, 0).unwrap();
    let task = Decision { evidence_hz: decider.evidence_hz, ..DECISION };
    let trial = |k| decision::trial(&circuit, &task, coherence, 1, k, &mut go).unwrap();
    performance(coherence, &(0..trials).map(trial).collect::<Vec<_>>())
}

#[test]
fn validates_that_evidence_speeds_and_improves_choices() {
    let weak = decide(&WANG, &Scaling::NONE, 0.0, 16);
    let strong = decide(&WANG, &Scaling::NONE, 0.512, 8);
    println!("{weak:?}\n{strong:?}");
    assert!((3.0..=13.0).contains(&weak.correct), "{weak:?}");
    assert_eq!(strong.correct, 8.0);
    // Wang 2002, figure 4: about 0.8 s without and 0.4 s with strong evidence.
    assert!(
        (550.0..1_300.0).contains(&weak.time_ms) && (250.0..600.0).contains(&strong.time_ms),
        "{weak:?} {strong:?}"
    );
}

/// Lam et al. 2022: less NMDA on pyramidal cells (by 2 %) makes choices slow and undecided, less on interneurons (by
/// 3 %) makes them hasty.
#[test]
fn validates_that_slight_loss_of_nmda_shifts_choices() {
    let control = decide(&LAM, &Scaling::NONE, 0.128, 16);
    let pyramidal = decide(&LAM, &Scaling::nmda(0.98, 1.0), 0.128, 16);
    let interneurons = decide(&LAM, &Scaling::nmda(1.0, 0.97), 0.128, 16);
    println!("{control:?}\n{pyramidal:?}\n{interneurons:?}");
    assert!(control.undecided <= 2.0 && pyramidal.undecided >= 4.0, "{control:?} {pyramidal:?}");
    assert!(pyramidal.correct < control.correct && pyramidal.time_ms > 1.2 * control.time_ms);
    assert!(interneurons.undecided == 0.0 && interneurons.time_ms < 0.7 * control.time_ms, "{interneurons:?}");
}

#[test]
fn agrees_with_itself_in_any_order_of_trials() {
    let parameters = Parameters { step_ms: 0.2, ..ALL_TO_ALL };
    let circuit = Circuit::new(&parameters, &Scaling::NONE, &pools(1_600, 0.15, 1.7).unwrap(), 1, 0).unwrap();
    let trial = |k| decision::trial(&circuit, &DECISION, 0.512, 1, k, &mut go).unwrap();
    let forward: Vec<Choice> = (0..3).map(trial).collect();
    let mut backward: Vec<Choice> = (0..3).rev().map(trial).collect();
    backward.reverse();
    assert_eq!(forward, backward);
    assert_ne!(forward[0], forward[1]);
}

#[test]
fn agrees_with_the_psychometric_curve_of_exact_counts() {
    let at = |coherence: f64| {
        let correct = 1.0 - 0.5 * sim::math::exp(-sim::math::pow(coherence / 0.08, 1.4));
        Performance {
            coherence,
            trials: 1_000.0,
            correct: 1_000.0 * correct,
            undecided: 0.0,
            time_ms: 0.0,
            time_sd_ms: 0.0,
        }
    };
    let curve = psychometric(&[0.0, 0.032, 0.064, 0.128, 0.256].map(at)).unwrap();
    assert!((curve.threshold - 0.08).abs() < 1e-5 && (curve.slope - 1.4).abs() < 1e-4, "{curve:?}");
    assert!(psychometric(&[at(0.0)]).is_none());
}
