//! Puts a statement to the test.

use super::{Expectation, Measure, RunSpec};
use crate::atlas::{Atlas, WHOLE};
use crate::dosing;
use crate::patient::parameter_value;
use crate::prepare::{Person, options, prepare};
use crate::regimen::{Regimen, sentence};
use crate::run::{Course, Plan, Refusal, follow};
use model::assembly::Assembly;
use model::diagnostic::Diagnostic;
use model::lower::Request;
use model::source::SourceMap;
use sim::Job;

/// How long a run is followed when nothing says so, h.
const DAY_H: f64 = 24.0;

/// What a test of a statement showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The numbers it is about.
    pub numbers: Vec<f64>,
    /// Whether it holds.
    pub holds: bool,
}

/// Runs what a statement needs and judges it; `without` names a link of the assembly, or a port, held at rest.
pub fn evaluate(atlas: &Atlas, e: &Expectation, without: Option<&str>) -> Result<Verdict, Refusal> {
    let cut = without.map(|name| link(atlas, name)).unwrap_or_default();
    let measures: Vec<&Measure> = e.values.iter().collect();
    let mut numbers = Vec::new();
    let reference = e.against.as_ref();
    for run in &e.runs {
        let treated = course(atlas, run, &measures, &cut)?;
        let versus = match reference {
            // "The same person without treatment" repeats who is treated, and how.
            Some(r) if r.untreated && *r == (RunSpec { untreated: true, ..RunSpec::default() }) => {
                Some(course(atlas, &RunSpec { untreated: true, ..run.clone() }, &measures, &cut)?)
            }
            Some(r) => Some(course(atlas, r, &measures, &cut)?),
            None => None,
        };
        for (k, measure) in measures.iter().enumerate() {
            numbers.push(match &versus {
                None => measure.read(&treated, k),
                Some(v) if e.ratio => measure.read(&treated, k) / measure.read(v, k),
                Some(v) => measure.read(&difference(&treated, v), k),
            });
        }
    }
    Ok(Verdict { holds: e.expect.holds(&numbers), numbers })
}

/// What is held and set when a link of the assembly, or a port, is cut.
fn link(atlas: &Atlas, name: &str) -> Cut {
    let links = atlas.assemblies.get(WHOLE).map_or(&[][..], |a| &a.knockouts);
    let Some(link) = links.iter().find(|l| l.name == name) else {
        return Cut { hold: vec![name.to_string()], set: Vec::new() };
    };
    let row = |id: &str| atlas.library.ledger.rows_of(id).next();
    let set = link.set.iter().filter_map(|(id, x)| Some((id.clone(), row(id)?.unit.to_coherent(*x))));
    Cut { hold: link.hold.clone(), set: set.collect() }
}

/// Ports held at rest, and ledger ids set, coherent units.
#[derive(Default)]
struct Cut {
    hold: Vec<String>,
    set: Vec<(String, f64)>,
}

/// One course less another, at the times of the first.
fn difference(a: &Course, b: &Course) -> Course {
    let values =
        a.values.iter().enumerate().map(|(k, row)| row.iter().zip(&a.times_h).map(|(x, t)| x - b.at(k, *t)).collect());
    Course { times_h: a.times_h.clone(), values: values.collect(), steps: a.steps }
}

fn wrong(message: String, hint: &str) -> Refusal {
    Refusal::Input(vec![Diagnostic::error_nowhere("RS6415", message, hint)])
}

fn course(atlas: &Atlas, run: &RunSpec, measures: &[&Measure], cut: &Cut) -> Result<Course, Refusal> {
    let ports: Vec<String> = measures.iter().map(|m| m.port.clone()).collect();
    let until_h = measures.iter().filter_map(|m| m.end_h()).fold(f64::NAN, f64::max);
    if let Some(path) = &run.module {
        return alone(atlas, path, run, &ports, until_h);
    }
    let mut plan = plan(atlas, run, until_h)?;
    plan.patient.overrides.extend(cut.set.iter().cloned());
    let hold: Vec<String> = cut.hold.iter().chain(&run.hold).cloned().collect();
    follow(atlas, &plan, !run.untreated, &ports, &hold)
}

fn plan(atlas: &Atlas, run: &RunSpec, until_h: f64) -> Result<Plan, Refusal> {
    let mut map = SourceMap::default();
    let mut plan = match (&run.scenario, &run.dose) {
        (Some(name), _) => {
            let Some(scenario) = atlas.scenarios.get(name) else {
                return Err(wrong(format!("there is no scenario `{name}`"), "see atlas/scenarios"));
            };
            let mut plans = scenario.protocol(atlas, &mut map)?.plans;
            let k = run.arm.as_ref().map_or(Some(0), |arm| plans.iter().position(|p| &p.name == arm));
            match k {
                Some(k) => plans.swap_remove(k),
                None => {
                    let message = format!("the scenario `{name}` has no arm `{}`", run.arm.as_deref().unwrap_or(""));
                    return Err(wrong(message, "see the scenario"));
                }
            }
        }
        (None, Some(text)) => Plan { until_h: DAY_H, ..Plan::new(text.clone(), sentence(atlas, &mut map, text)?) },
        (None, None) => Plan { until_h: DAY_H, ..Plan::new("untreated", Regimen::default()) },
    };
    if until_h.is_finite() {
        plan.until_h = until_h.max(f64::MIN_POSITIVE);
    }
    let known = |present: bool, what: &str, name: &str| {
        if present { Ok(()) } else { Err(wrong(format!("`{name}` is not a known {what}"), "correct the expectation")) }
    };
    if let Some(condition) = &run.condition {
        known(atlas.conditions.contains_key(condition), "condition", condition)?;
        plan.patient.condition.clone_from(condition);
    }
    if let Some(hypothesis) = &run.hypothesis {
        known(atlas.hypotheses.contains_key(hypothesis), "hypothesis", hypothesis)?;
        plan.patient.hypothesis.clone_from(hypothesis);
    }
    for context in &run.contexts {
        known(atlas.library.ledger.contexts().contains(context.as_str()), "context", context)?;
        plan.patient.contexts.insert(context.clone());
    }
    for (id, text) in &run.set {
        let value = parameter_value(atlas, id, text).map_err(|(message, hint)| wrong(message, &hint))?;
        plan.patient.overrides.insert(id.clone(), value);
    }
    Ok(plan)
}

/// A module by itself: at rest until the start, then with some inputs held at given values.
fn alone(atlas: &Atlas, path: &str, run: &RunSpec, ports: &[String], until_h: f64) -> Result<Course, Refusal> {
    let assembly = Assembly { name: path.into(), modules: vec![path.into()], alone: true, ..Assembly::default() };
    let until_h = if until_h.is_finite() { until_h } else { DAY_H };
    let request = Request { outputs: ports.to_vec(), ..Request::default() };
    // The person is that of a run of the whole chain with the same choices.
    let patient = plan(atlas, &RunSpec { module: None, ports: Default::default(), ..run.clone() }, until_h)?.patient;
    let prepared = prepare(atlas, &assembly, &patient, &request)?;
    let mut parameters = prepared.parameters(&patient, Person::Typical);
    let states = prepared.rest(&parameters).map_err(|d| Refusal::Numerics(d.message))?;
    for (port, value) in &run.ports {
        let unit = prepared.model.unit_of(port).cloned().unwrap_or_else(model::unit::Unit::one);
        if !prepared.set(&mut parameters, &format!("rest:{port}"), unit.to_coherent(*value)) {
            return Err(wrong(format!("`{path}` has no input port `{port}`"), "see `resynapse model show`"));
        }
    }
    let times = dosing::sample_times(&Regimen::default(), until_h);
    let job = Job {
        end: until_h,
        reset: states.clone(),
        states,
        parameters,
        schedule: dosing::schedule(Vec::new(), &times),
        ..Job::default()
    };
    let mut outcome = None;
    sim::run(prepared.program(), std::iter::once(job), &options(), &mut |_| {}, &mut |o| outcome = Some(o));
    let Some(outcome) = outcome else { return Err(Refusal::Numerics(format!("`{path}` gave no result"))) };
    if let Err(failure) = &outcome.result {
        return Err(Refusal::Numerics(format!("`{path}`, {failure}")));
    }
    let values = ports.iter().enumerate().map(|(k, port)| {
        let unit = prepared.model.unit_of(port).cloned().unwrap_or_else(model::unit::Unit::one);
        outcome.samples.iter().skip(k).step_by(ports.len()).map(|x| unit.from_coherent(*x)).collect()
    });
    Ok(Course { values: values.collect(), times_h: outcome.sample_times, steps: outcome.statistics.steps })
}
