//! The model made ready for one part of a trial: screening, the lead-in, one sequence of treatments.

use crate::trial::build::regimens;
use crate::trial::design::{BetweenTrials, Design, Dropout};
use model::lower::Request;
use model::unit::Unit;
use resynapse::atlas::Atlas;
use resynapse::dosing;
use resynapse::happening::Happening;
use resynapse::patient::Patient;
use resynapse::prepare::{Person, Prepared, prepare};
use resynapse::regimen::Regimen;
use resynapse::run::{Refusal, whole};
use sim::random::{Stream, stream_id};
use sim::{Entry, What};
use std::collections::BTreeSet;

/// Events of a trial, where modules listen to them.
pub(super) const VISIT: &str = "visit";
pub(super) const ENTRY: &str = "entry";
pub(super) const ENROL: &str = "enrol";
pub(super) const DAY: &str = "day";
pub(super) const STRESSOR: &str = "stressor";
pub(super) const DAY_H: f64 = 24.0;

/// Ports of leaving: the chance so far, and the parts of its hazard.
const LEAVING: [&str; 3] = ["trial.left", "trial.hazard_lack", "trial.hazard_other"];
/// Which score decides about leaving.
const INFORMATIVE: &str = "dropout.informative";
/// Where a trial lies among trials.
const TRIAL_DRAW: &str = "expectancy.trial_draw";
/// The subject of draws that everybody in a trial shares.
const EVERYBODY: u32 = u32::MAX;

/// Which part of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Before anything is given.
    Screening,
    /// The same for everybody, before randomisation.
    LeadIn,
    /// A sequence of treatments after randomisation.
    Sequence(usize),
}

/// The model for one part.
pub(super) struct Bench {
    pub prepared: Prepared,
    pub patient: Patient,
    /// Units of all outputs: measures, then leaving, then adverse events.
    units: Vec<Unit>,
    measures: usize,
    leaving: bool,
}

/// How states pass from one bench to another.
pub(super) struct Passage {
    from: Vec<Option<usize>>,
    rests: bool,
}

/// What the model shows at a moment, in shown units.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// In the order of the measures; scales rounded and kept inside.
    pub measures: Vec<f64>,
    /// Chance of having left, hazard for lack of benefit, other hazard (per hour).
    pub leaving: Option<[f64; 3]>,
    /// Shares of adverse events reported so far.
    pub adverse: Vec<f64>,
}

impl Bench {
    pub fn new(atlas: &Atlas, design: &Design, part: Part) -> Result<Bench, Refusal> {
        let assembly = whole(atlas)?;
        // All parts have the same outputs: a state that a part leaves out is then one that stays zero in it.
        let leaving = design.dropout != Dropout::None;
        let mut outputs: Vec<String> = design.measures.iter().map(|m| m.port.clone()).collect();
        if leaving {
            outputs.extend(LEAVING.map(String::from));
        }
        outputs.extend(design.adverse.iter().map(|a| a.port.clone()));
        let patient = match part {
            Part::Screening => {
                let mut patient = design.treatments[0].patient.clone();
                // Contexts of single arms begin with the arm.
                patient.contexts.retain(|c| design.treatments.iter().all(|t| t.patient.contexts.contains(c)));
                patient
            }
            Part::LeadIn => design.lead_in.as_ref().map(|l| l.plan.patient.clone()).unwrap_or_default(),
            Part::Sequence(s) => design.treatment(s, 0).patient.clone(),
        };
        let request = Request { outputs, ..Request::default() };
        let prepared = prepare(atlas, &assembly.assembly, &patient, &request)?;
        let fired = fired(atlas, design, part, &prepared, &patient)?;
        let prepared = prepared.focused(&fired);
        let mut units: Vec<Unit> = design.measures.iter().map(|m| m.unit.clone()).collect();
        units.extend((units.len()..request.outputs.len()).map(|_| Unit::one()));
        Ok(Bench { prepared, patient, units, measures: design.measures.len(), leaving })
    }

    /// Outputs of a row.
    pub fn width(&self) -> usize {
        self.units.len()
    }

    /// The parameters of a person.
    pub fn parameters(&self, design: &Design, replicate: u32, candidate: u32, covariates: &[f64]) -> Vec<f64> {
        let person = design.person(replicate, candidate);
        let mut parameters = self.prepared.parameters(&self.patient, person);
        design.people.apply(covariates, &self.prepared, &mut parameters);
        for (id, value) in &self.patient.overrides {
            self.prepared.set(&mut parameters, id, *value);
        }
        if design.between_trials == BetweenTrials::Drawn {
            let z = Stream::new(design.seed, replicate, EVERYBODY, stream_id(TRIAL_DRAW), 0).normal();
            self.prepared.set(&mut parameters, TRIAL_DRAW, z);
        }
        if design.dropout == Dropout::AtRandom {
            self.prepared.set(&mut parameters, INFORMATIVE, 0.0);
        }
        parameters
    }

    /// An event, if a module listens to it, with a standard normal draw of its own.
    pub fn event(&self, name: &str, time: f64, amount: f64, normal: f64) -> Option<Entry> {
        let action = *self.prepared.lowered.actions.get(name)?;
        Some(Entry { time, what: What::Event { action, arguments: [amount, 0.0, 1.0, normal] } })
    }

    /// One row of outputs, in shown units.
    pub fn shown(&self, design: &Design, row: &[f64]) -> Shown {
        let n = self.measures;
        let measures = (0..n).map(|k| {
            let x = self.units[k].from_coherent(row[k]);
            design.measures[k].shown.scale.map_or(x, |(low, high)| x.round().clamp(low, high))
        });
        let measures = measures.collect();
        let after = n + if self.leaving { LEAVING.len() } else { 0 };
        let leaving = self.leaving.then(|| [row[n], row[n + 1], row[n + 2]]);
        Shown { measures, leaving, adverse: row[after..].to_vec() }
    }

    /// How states of `other`, a bench of the same assembly, become states of this one.
    pub fn passage(&self, other: &Bench, typical: &[f64]) -> Result<Passage, Refusal> {
        let names = |bench: &Bench| -> Vec<String> {
            bench.prepared.kept.iter().map(|i| bench.prepared.model.states[*i as usize].id.clone()).collect()
        };
        let theirs = names(other);
        let from: Vec<Option<usize>> = names(self).iter().map(|n| theirs.iter().position(|m| m == n)).collect();
        let rest = self.prepared.rest(typical).map_err(|d| Refusal::Numerics(d.message))?;
        // A state that the other part leaves out usually rests at zero. One that does not reached nothing there and does
        // here, so that its place at rest has to be found for each person.
        let rests = from.iter().zip(&rest).any(|(from, x)| from.is_none() && *x != 0.0);
        Ok(Passage { from, rests })
    }

    /// States of another bench as states of this one.
    pub fn adopt(&self, passage: &Passage, states: &[f64], parameters: &[f64]) -> Result<Vec<f64>, String> {
        let rest = match passage.rests {
            true => self.prepared.rest(parameters).map_err(|d| d.message)?,
            false => vec![0.0; passage.from.len()],
        };
        Ok(passage.from.iter().zip(rest).map(|(from, x)| from.map_or(x, |k| states[k])).collect())
    }
}

impl Design {
    /// All draws of a person.
    pub(super) fn person(&self, replicate: u32, candidate: u32) -> Person {
        Person::Drawn { seed: self.seed, replicate, subject: candidate, knowledge: self.knowledge }
    }
    /// A stream of a person that belongs to the trial and not to the model.
    pub(super) fn stream(&self, replicate: u32, candidate: u32, name: &str, occasion: u32) -> Stream {
        Stream::new(self.seed, replicate, candidate, stream_id(&format!("trial:{name}")), occasion)
    }
}

/// What lies in the history of the condition, before screening.
pub(super) fn history(atlas: &Atlas, patient: &Patient) -> Vec<Happening> {
    atlas.conditions.get(&patient.condition).map(|c| c.history.clone()).unwrap_or_default()
}

/// All actions that can happen in a part.
fn fired(
    atlas: &Atlas,
    design: &Design,
    part: Part,
    prepared: &Prepared,
    patient: &Patient,
) -> Result<BTreeSet<u32>, Refusal> {
    let action = |name: &str| prepared.lowered.actions.get(name).copied();
    let typical = prepared.parameters(patient, Person::Typical);
    let mut all = Regimen { happenings: history(atlas, patient), ..Regimen::default() };
    let of: Vec<&Regimen> = match part {
        Part::Screening => Vec::new(),
        Part::LeadIn => design.lead_in.iter().map(|l| &l.plan.regimen).collect(),
        // Effects of the lead-in go on after it.
        Part::Sequence(_) => regimens(design).collect(),
    };
    for regimen in of {
        all.doses.extend(regimen.doses.iter().cloned());
        all.happenings.extend(regimen.happenings.iter().cloned());
    }
    let entries = dosing::events(atlas, prepared, &typical, &all)?;
    let mut fired: BTreeSet<u32> = entries
        .iter()
        .filter_map(|e| if let What::Event { action, .. } = e.what { Some(action) } else { None })
        .collect();
    let mut names = vec![VISIT, ENTRY, DAY];
    if part != Part::Screening {
        names.push(ENROL);
    }
    if design.stressors_per_month > 0.0 && matches!(part, Part::Sequence(_)) {
        names.push(STRESSOR);
    }
    fired.extend(names.into_iter().filter_map(action));
    Ok(fired)
}
