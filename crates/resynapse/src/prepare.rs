//! A model made ready to run: equations compiled, numbers set for a person, the drug-free state found.

use crate::atlas::{AssemblyFile, Atlas};
use crate::patient::Patient;
use model::assembly::{Assembly, Model};
use model::diagnostic::Diagnostic;
use model::ledger::{Law, Spread};
use model::lower::{Lowered, Request};
use sim::random::{Stream, stream_id};
use sim::steady::Steady;
use sim::{Options, Program};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, OnceLock};

/// Name of the runtime parameter that switches periodic forcings on.
const FORCING: &str = "forcing";
/// The subject of draws that everybody in a replicate shares.
const EVERYBODY: u32 = u32::MAX;

/// A compiled model.
pub struct Prepared {
    /// The joined model.
    pub model: Arc<Model>,
    /// Its equations and the meaning of their numbers.
    pub lowered: Lowered,
    /// Which of the model's states the equations hold; the others stay zero.
    pub kept: Vec<u32>,
    program: OnceLock<Program>,
    steady: OnceLock<Steady>,
}

/// Which person of the many the ledger describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// Every number at its value, no daily noise, forcings at their mean.
    Typical,
    /// Every number with between-person variability drawn, daily noise on.
    Drawn {
        /// Seed of the run.
        seed: u64,
        /// Which of several runs of the same thing; 0 for one.
        replicate: u32,
        /// Number of the person.
        subject: u32,
        /// Whether the values that people vary around are taken as known.
        knowledge: Knowledge,
    },
}

impl Person {
    /// A person of a single run, around the ledger's values.
    pub fn drawn(seed: u64, subject: u32) -> Person {
        Person::Drawn { seed, replicate: 0, subject, knowledge: Knowledge::Central }
    }
}

/// How the values that people vary around are taken. Variability between people and uncertainty about the ledger's
/// values are different things and never mixed unasked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Knowledge {
    /// At the ledger's values.
    #[default]
    Central,
    /// Drawn once for each replicate from the ledger's uncertainty, the same for all its people. Rows are drawn
    /// independently: the ledger states no correlations.
    Uncertain,
}

/// Joins the modules of an assembly for a patient and compiles them.
pub fn prepare(
    atlas: &Atlas,
    assembly: &Assembly,
    patient: &Patient,
    request: &Request,
) -> Result<Prepared, Vec<Diagnostic>> {
    let model = atlas.library.assemble(assembly, &patient.active(atlas))?;
    let lowered = model.lower(request)?;
    let kept = (0..model.states.len() as u32).collect();
    Ok(Prepared { model: Arc::new(model), lowered, kept, program: OnceLock::new(), steady: OnceLock::new() })
}

/// Models that were compiled before, so that a run which differs from an earlier one in doses or in the person alone
/// compiles nothing. The latest are kept; what is kept changes no result.
#[derive(Default)]
pub struct Compiled {
    whole: Mutex<Shelf>,
    focused: Mutex<Shelf>,
}

/// Models by what they were made for, the latest last.
type Shelf = VecDeque<(String, Arc<Prepared>)>;

impl Compiled {
    /// So many models of each kind are kept: a few people, hypotheses and links side by side.
    const MOST: usize = 12;

    /// What [`prepare`] makes.
    pub fn prepare(
        &self,
        atlas: &Atlas,
        assembly: &Assembly,
        patient: &Patient,
        request: &Request,
    ) -> Result<(String, Arc<Prepared>), Vec<Diagnostic>> {
        let key = format!("{} {} {:?} {request:?}", atlas.hash, assembly.name, patient.active(atlas));
        let made = Self::kept(&self.whole, &key, || prepare(atlas, assembly, patient, request))?;
        Ok((key, made))
    }

    /// What [`Prepared::focused`] makes of a model that was made under this key.
    pub fn focused(&self, key: &str, prepared: &Prepared, fired: &BTreeSet<u32>) -> Arc<Prepared> {
        let key = format!("{key} {fired:?}");
        let made = Self::kept(&self.focused, &key, || Ok::<_, std::convert::Infallible>(prepared.focused(fired)));
        made.unwrap_or_else(|never| match never {})
    }

    fn kept<E>(
        shelf: &Mutex<Shelf>,
        key: &str,
        make: impl FnOnce() -> Result<Prepared, E>,
    ) -> Result<Arc<Prepared>, E> {
        // What a thread that panicked left behind is whole: entries are only added and taken.
        let open = || shelf.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, found)) = open().iter().find(|(k, _)| k == key) {
            return Ok(found.clone());
        }
        // Made without the lock, so that others go on meanwhile.
        let made = Arc::new(make()?);
        let mut shelf = open();
        while shelf.len() >= Self::MOST {
            shelf.pop_front();
        }
        shelf.push_back((key.to_string(), made.clone()));
        Ok(made)
    }
}

impl AssemblyFile {
    /// The request for everything a run reports: traces in order, and every port some knock-out holds.
    pub fn request(&self) -> Request {
        let mut holds: Vec<String> = self.knockouts.iter().flat_map(|k| k.hold.iter().cloned()).collect();
        holds.sort();
        holds.dedup();
        Request { outputs: self.traces.iter().map(|t| t.port.clone()).collect(), holds, checks: false }
    }
}

impl Prepared {
    /// The compiled equations.
    pub fn program(&self) -> &Program {
        self.program.get_or_init(|| Program::compile(&self.lowered.system))
    }

    /// The same model when only the `fired` actions happen: states that then stay exactly zero are left out.
    pub fn focused(&self, fired: &BTreeSet<u32>) -> Prepared {
        let kept = self.lowered.lively(fired);
        let lowered = self.lowered.keeping(&kept, fired);
        Prepared { model: self.model.clone(), lowered, kept, program: OnceLock::new(), steady: OnceLock::new() }
    }

    /// States of the equations as states of the whole model.
    pub fn expanded(&self, states: &[f64]) -> Vec<f64> {
        let mut all = vec![0.0; self.model.states.len()];
        for (i, y) in self.kept.iter().zip(states) {
            all[*i as usize] = *y;
        }
        all
    }

    /// All runtime parameters of a person, coherent units.
    pub fn parameters(&self, patient: &Patient, person: Person) -> Vec<f64> {
        let mut values = self.lowered.parameter_values.clone();
        for (i, p) in self.model.parameters.iter().enumerate() {
            if let Some(value) = patient.overrides.get(&p.id) {
                values[i] = *value;
            } else if let Person::Drawn { seed, replicate, subject, knowledge } = person {
                let mut centre = p.row.value;
                if knowledge == Knowledge::Uncertain && p.row.uncertainty.law != Law::None {
                    let stream = stream_id(&format!("uncertainty:{}", p.id));
                    let z = Stream::new(seed, replicate, EVERYBODY, stream, 0).normal();
                    centre = drawn(&p.row.uncertainty, centre, z);
                }
                let mut stream = Stream::new(seed, replicate, subject, stream_id(&p.id), 0);
                values[i] = p.row.unit.to_coherent(drawn(&p.row.variability, centre, stream.normal()));
            }
        }
        if let (Person::Typical, Some(i)) = (person, self.lowered.parameter(FORCING)) {
            values[i] = 0.0;
        }
        values
    }

    /// The drug-free state of a person: steady states solved, the others at their start values.
    pub fn rest(&self, parameters: &[f64]) -> Result<Vec<f64>, Diagnostic> {
        let lowered = &self.lowered;
        let mut calm = parameters.to_vec();
        if let Some(i) = lowered.parameter(FORCING) {
            calm[i] = 0.0;
        }
        let point = sim::expr::Point { time: 0.0, states: &lowered.near, parameters: &calm, arguments: [0.0; 4] };
        let start = lowered.system.graph.evaluate(&lowered.start, &point);
        let states: Vec<f64> =
            (0..start.len()).map(|i| if lowered.steady[i] { lowered.near[i] } else { start[i] }).collect();
        let unknown: Vec<u32> = (0..start.len() as u32).filter(|i| lowered.steady[*i as usize]).collect();
        let question =
            sim::steady::Question { time: 0.0, states: &states, parameters: &calm, unknown: &unknown, tolerance: 1e-9 };
        let steady = self.steady.get_or_init(|| Steady::new(&lowered.system, &unknown));
        steady.solve(&question).map_err(|e| {
            let hint = "check the numbers this state depends on; a state with two branches needs `near`";
            Diagnostic::error_nowhere("RS5001", e.to_string(), hint)
        })
    }

    /// The outputs at a state, in coherent units.
    pub fn outputs(&self, states: &[f64], parameters: &[f64]) -> Vec<f64> {
        let point = sim::expr::Point { time: 0.0, states, parameters, arguments: [0.0; 4] };
        self.lowered.system.graph.evaluate(&self.lowered.system.outputs, &point)
    }

    /// Values of ports at a state, coherent units; the ports must be among the requested outputs or holds.
    pub fn set(&self, values: &mut [f64], name: &str, value: f64) -> bool {
        match self.lowered.parameter(name) {
            Some(i) => {
                values[i] = value;
                true
            }
            None => false,
        }
    }
}

/// A value around `centre` for a standard normal draw `z`, in the unit of `centre`.
pub fn drawn(spread: &Spread, centre: f64, z: f64) -> f64 {
    use sim::math::{exp, ln};
    let size = spread.size;
    match spread.law {
        Law::None => centre,
        Law::Normal => centre + size * z,
        Law::LogNormal => centre * exp(size * z),
        Law::LogitNormal => {
            let logit = ln(centre) - ln(1.0 - centre) + size * z;
            1.0 / (1.0 + exp(-logit))
        }
    }
}

/// How the engine is driven by default.
pub fn options() -> Options {
    // 2e5 attempted steps: the budget of docs/dev/model-language.md for a patient-month, here for any run.
    Options { max_steps: 200_000, ..Options::default() }
}
