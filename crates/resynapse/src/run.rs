//! One person, one regimen: the course with treatment, without it, and without expectation.

use crate::atlas::{AssemblyFile, Atlas, KnockoutSpec, TraceSpec, WHOLE};
use crate::dosing;
use crate::nonmem::{self, Carry, Record, Script, Subject, Trouble};
use crate::patient::Patient;
use crate::prepare::{Compiled, Person, Prepared, options};
use crate::provenance::Provenance;
use crate::quantity::Amount;
use crate::regimen::{Dose, Regimen};
use model::diagnostic::Diagnostic;
use model::lower::Request;
use model::unit::Unit;
use sim::{Entry, Job, Outcome, What, run_parallel};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// A short name.
    pub name: String,
    /// What is given.
    pub regimen: Regimen,
    /// Doses given as a NONMEM event table instead.
    pub table: Option<Subject>,
    /// Name and text of that table.
    pub table_text: Option<(String, String)>,
    /// To whom.
    pub patient: Patient,
    /// Typical or drawn.
    pub person: Person,
    /// Ports held at their drug-free value: links of the chain that are cut. `PORT=VALUE` holds one at a value of its own
    /// unit instead.
    pub hold: Vec<String>,
    /// Weight of this run among those of an ensemble of hypotheses.
    pub ensemble: Option<f64>,
    /// Hours to follow.
    pub until_h: f64,
    /// Relative tolerance of the engine.
    pub rtol: f64,
    /// Threads; no result depends on it.
    pub threads: usize,
    /// Subjects that advance together; no result depends on it.
    pub lanes: usize,
}

impl Plan {
    /// A typical person followed for 28 days with the default numerics.
    pub fn new(name: impl Into<String>, regimen: Regimen) -> Plan {
        const DAYS_28_H: f64 = 672.0;
        let o = options();
        Plan {
            name: name.into(),
            regimen,
            table: None,
            table_text: None,
            patient: Patient::default(),
            person: Person::Typical,
            hold: Vec::new(),
            ensemble: None,
            until_h: DAYS_28_H,
            rtol: o.rtol,
            threads: 1,
            lanes: o.lanes,
        }
    }
}

impl Plan {
    /// The regimen, or the dose times of the event table as one.
    fn dosed(&self) -> Regimen {
        let Some(table) = &self.table else { return self.regimen.clone() };
        let mut regimen = self.regimen.clone();
        for r in table.records.iter().filter(|r| matches!(r.evid, 1 | 4)) {
            for k in 0..=r.additional {
                regimen.doses.push(Dose {
                    compound: String::new(),
                    form: String::new(),
                    route: String::new(),
                    amount: Amount::Substance(r.amount),
                    over_h: if r.rate > 0.0 { r.amount / r.rate } else { 0.0 },
                    at_h: r.time_h + f64::from(k) * r.interval_h,
                });
            }
        }
        regimen.doses.retain(|d| d.at_h <= self.until_h);
        regimen.doses.sort_by(|a, b| a.at_h.total_cmp(&b.at_h));
        regimen
    }
}

/// A signal over time, in the unit of its trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Hours.
    pub times_h: Vec<f64>,
    /// One list per trace of the assembly, in its unit.
    pub values: Vec<Vec<f64>>,
    /// Accepted steps of the engine.
    pub steps: u64,
}

impl Course {
    /// Value of a trace at a time, linear between samples.
    pub fn at(&self, trace: usize, time_h: f64) -> f64 {
        let (t, v) = (&self.times_h, &self.values[trace]);
        let i = t.partition_point(|x| *x <= time_h);
        if i == 0 {
            return v.first().copied().unwrap_or(f64::NAN);
        }
        if i == t.len() {
            return v[i - 1];
        }
        let width = t[i] - t[i - 1];
        if width <= 0.0 { v[i] } else { v[i - 1] + (v[i] - v[i - 1]) * (time_h - t[i - 1]) / width }
    }
    /// Where a trace is farthest from its first value: (hours, value).
    pub fn peak(&self, trace: usize) -> (f64, f64) {
        let v = &self.values[trace];
        let first = v.first().copied().unwrap_or(0.0);
        let mut best = (0.0, first);
        for (t, x) in self.times_h.iter().zip(v) {
            if (x - first).abs() > (best.1 - first).abs() {
                best = (*t, *x);
            }
        }
        best
    }
    /// Area under a trace from 0 to `until_h` (unit times hours), trapezoids.
    pub fn area(&self, trace: usize, until_h: f64) -> f64 {
        let (t, v) = (&self.times_h, &self.values[trace]);
        let mut area = 0.0;
        for i in 1..t.len() {
            if t[i] > until_h {
                let last = self.at(trace, until_h);
                area += 0.5 * (v[i - 1] + last) * (until_h - t[i - 1]).max(0.0);
                break;
            }
            area += 0.5 * (v[i] + v[i - 1]) * (t[i] - t[i - 1]);
        }
        area
    }
}

/// What came out, with where every number came from. Results cannot be made without [`Provenance`].
#[derive(Clone, Debug)]
pub struct Results {
    plan: Plan,
    traces: Vec<TraceSpec>,
    treated: Course,
    untreated: Course,
    without_expectancy: Course,
    provenance: Provenance,
}

impl Results {
    /// What was asked.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
    /// What is reported, in the order of the courses' values.
    pub fn traces(&self) -> &[TraceSpec] {
        &self.traces
    }
    /// Position of a port among the traces.
    pub fn trace(&self, port: &str) -> Option<usize> {
        self.traces.iter().position(|t| t.port == port)
    }
    /// With treatment.
    pub fn treated(&self) -> &Course {
        &self.treated
    }
    /// Neither drug nor session.
    pub fn untreated(&self) -> &Course {
        &self.untreated
    }
    /// Drug, but a session that raises no expectation.
    pub fn without_expectancy(&self) -> &Course {
        &self.without_expectancy
    }
    /// Where every number came from.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }
    /// Change of a trace against the untreated person at a time.
    pub fn difference(&self, trace: usize, time_h: f64) -> f64 {
        self.treated.at(trace, time_h) - self.untreated.at(trace, time_h)
    }
    /// The part of [`Results::difference`] that is left when the session raises no expectation.
    pub fn drug_part(&self, trace: usize, time_h: f64) -> f64 {
        self.without_expectancy.at(trace, time_h) - self.untreated.at(trace, time_h)
    }
}

/// Why a run did not happen: the user's input, or the numbers.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// The input cannot be used.
    Input(Vec<Diagnostic>),
    /// The integration failed; names the person, time and state.
    Numerics(String),
}

impl From<Vec<Diagnostic>> for Refusal {
    fn from(found: Vec<Diagnostic>) -> Self {
        Refusal::Input(found)
    }
}

/// The assembly that runs use, or why there is none.
pub fn whole(atlas: &Atlas) -> Result<&AssemblyFile, Refusal> {
    atlas.assemblies.get(WHOLE).ok_or_else(|| {
        let message = format!("the atlas has no assembly `{WHOLE}`");
        Refusal::Input(vec![Diagnostic::error_nowhere("RS6302", message, "see atlas/assemblies")])
    })
}

/// Runs a plan on the whole assembly.
pub fn run(atlas: &Atlas, plan: &Plan) -> Result<Results, Refusal> {
    run_with(atlas, plan, &Compiled::default())
}

/// The same with models that may have been compiled before.
pub fn run_with(atlas: &Atlas, plan: &Plan, compiled: &Compiled) -> Result<Results, Refusal> {
    let assembly = whole(atlas)?;
    let bench = Bench::new(atlas, assembly, plan, assembly.request(), compiled)?;
    let expectancy = assembly.knockouts.iter().find(|k| k.expectancy);
    let mut jobs = vec![bench.job(None, true)?, bench.job(None, false)?];
    let fired = jobs[0].fired();
    jobs.extend(expectancy.map(|k| bench.job(Some(k), true)).transpose()?);
    let mut courses = bench.courses(plan, jobs)?.into_iter();
    let mut next = || courses.next().unwrap_or_else(|| Course { times_h: vec![], values: vec![], steps: 0 });
    let (treated, untreated) = (next(), next());
    let without_expectancy = if expectancy.is_some() { next() } else { treated.clone() };
    let provenance = Provenance::new(atlas, plan, assembly, &bench.prepared, &bench.parameters, &fired);
    Ok(Results {
        plan: plan.clone(),
        traces: assembly.traces.clone(),
        treated,
        untreated,
        without_expectancy,
        provenance,
    })
}

/// The share of an effect that is lost when a link is held at rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Knockout {
    /// The link.
    pub name: String,
    /// True for the link that stands for expectation.
    pub expectancy: bool,
    /// Effect that is left (difference to the untreated person) at each asked time.
    pub left: Vec<f64>,
}

/// Effects of a regimen with every link of the chain intact, and with each held.
#[derive(Clone, Debug)]
pub struct KnockoutTable {
    /// Hours.
    pub times_h: Vec<f64>,
    /// Effect with all links, at each time.
    pub intact: Vec<f64>,
    /// One row per link.
    pub links: Vec<Knockout>,
}

/// Holds each link of the chain at rest in turn and reports what is left of the effect on `port`.
pub fn knockout(atlas: &Atlas, plan: &Plan, port: &str, times_h: &[f64]) -> Result<KnockoutTable, Refusal> {
    let assembly = whole(atlas)?;
    let bench = Bench::new(atlas, assembly, plan, assembly.request(), &Compiled::default())?;
    let trace = assembly.traces.iter().position(|t| t.port == port).ok_or_else(|| {
        let known: Vec<&str> = assembly.traces.iter().map(|t| t.port.as_str()).collect();
        let message = format!("`{port}` is not reported by the assembly");
        Refusal::Input(vec![Diagnostic::error_nowhere("RS6303", message, format!("reported: {}", known.join(", ")))])
    })?;
    let mut jobs = vec![bench.job(None, true)?];
    for link in &assembly.knockouts {
        jobs.push(bench.job(Some(link), true)?);
    }
    let untreated = bench.job(None, false)?;
    jobs.push(untreated);
    let mut courses = bench.courses(plan, jobs)?;
    let untreated = courses.pop();
    let effect = |course: &Course| -> Vec<f64> {
        times_h
            .iter()
            .map(|t| course.at(trace, *t) - untreated.as_ref().map_or(f64::NAN, |u| u.at(trace, *t)))
            .collect()
    };
    let links = assembly.knockouts.iter().zip(&courses[1..]).map(|(spec, course)| Knockout {
        name: spec.name.clone(),
        expectancy: spec.expectancy,
        left: effect(course),
    });
    Ok(KnockoutTable { times_h: times_h.to_vec(), intact: effect(&courses[0]), links: links.collect() })
}

/// Follows any ports through a plan, in the units of the assembly's traces or else of the ports; `hold` names ports
/// held at their drug-free value.
pub fn follow(atlas: &Atlas, plan: &Plan, treated: bool, ports: &[String], hold: &[String]) -> Result<Course, Refusal> {
    let assembly = whole(atlas)?;
    let holds =
        hold.iter().map(|entry| held(entry).map(|h| h.0.to_string())).collect::<Result<Vec<String>, Refusal>>()?;
    let request = Request { outputs: ports.to_vec(), holds, checks: false };
    let bench = Bench::new(atlas, assembly, plan, request, &Compiled::default())?;
    let link = KnockoutSpec { name: String::new(), hold: hold.to_vec(), set: BTreeMap::new(), expectancy: false };
    let work = bench.job(Some(&link), treated)?;
    let mut courses = bench.courses(plan, vec![work])?;
    Ok(courses.swap_remove(0))
}

/// Follows ports through many plans side by side, treated, in the units of the assembly's traces: people who are given the
/// same, or one person with numbers moved. A plan that fails takes no other with it.
///
/// Errors of the whole: input that no plan can be built from.
pub fn follow_all(
    atlas: &Atlas,
    plans: &[Plan],
    ports: &[String],
    compiled: &Compiled,
) -> Result<Vec<Result<Course, Refusal>>, Refusal> {
    let assembly = whole(atlas)?;
    let request = Request { outputs: ports.to_vec(), holds: Vec::new(), checks: false };
    let bench = |plan| Bench::new(atlas, assembly, plan, request.clone(), compiled);
    let benches = plans.iter().map(bench).collect::<Result<Vec<Bench<'_>>, Refusal>>()?;
    let mut out: Vec<Option<Result<Course, Refusal>>> = plans.iter().map(|_| None).collect();
    // Plans of one compiled model advance together.
    while let Some(first) = out.iter().position(Option::is_none) {
        let alike = |i: &usize| out[*i].is_none() && Arc::ptr_eq(&benches[*i].prepared, &benches[first].prepared);
        let members: Vec<usize> = (0..plans.len()).filter(alike).collect();
        let mut ready = Vec::new();
        let mut work = Vec::new();
        for i in members {
            match benches[i].job(None, true) {
                Ok(job) => {
                    ready.push(i);
                    work.push(job);
                }
                Err(refusal) => out[i] = Some(Err(refusal)),
            }
        }
        let found = benches[first].each(&plans[first], work);
        ready.into_iter().zip(found).for_each(|(i, course)| out[i] = Some(course));
    }
    Ok(out.into_iter().flatten().collect())
}

/// A port that is held, and the value it is held at where that is not the drug-free one.
fn held(entry: &str) -> Result<(&str, Option<f64>), Refusal> {
    let Some((port, value)) = entry.split_once('=') else { return Ok((entry, None)) };
    match value.trim().parse::<f64>() {
        Ok(x) if x.is_finite() => Ok((port.trim(), Some(x))),
        _ => {
            let message = format!("`{entry}` holds `{}` at `{}`, which is no number", port.trim(), value.trim());
            Err(vec![Diagnostic::error_nowhere("RS6608", message, "as in `inflammation.index=1`")].into())
        }
    }
}

/// One variant of a plan, ready for the engine.
enum Work {
    Job(Job),
    Script(Box<Script>),
}

impl Work {
    /// The actions that happen.
    fn fired(&self) -> BTreeSet<u32> {
        match self {
            Work::Job(job) => job.schedule.iter().filter_map(action_of).collect(),
            Work::Script(script) => script.entries().filter_map(action_of).collect(),
        }
    }
}

/// The actions that happen in a plan.
fn fired(
    atlas: &Atlas,
    assembly: &AssemblyFile,
    prepared: &Prepared,
    parameters: &[f64],
    plan: &Plan,
) -> Result<BTreeSet<u32>, Refusal> {
    let mut entries = dosing::events(atlas, prepared, parameters, &with_history(atlas, plan, &plan.regimen))?;
    entries.extend(dosing::days(prepared, plan.person, plan.until_h));
    let mut actions: BTreeSet<u32> = entries.iter().filter_map(action_of).collect();
    for record in plan.table.iter().flat_map(|t| &t.records) {
        let event = assembly.compartments.get(&record.compartment).map(|c| &c.event);
        actions.extend(event.and_then(|e| prepared.lowered.actions.get(e)));
    }
    Ok(actions)
}

/// A regimen after what lies in the history of the person's condition.
fn with_history(atlas: &Atlas, plan: &Plan, regimen: &Regimen) -> Regimen {
    let history = atlas.conditions.get(&plan.patient.condition).map_or(&[][..], |c| &c.history);
    let mut whole = regimen.clone();
    whole.happenings = history.iter().chain(&regimen.happenings).cloned().collect();
    whole
}

fn action_of(entry: &Entry) -> Option<u32> {
    match entry.what {
        What::Event { action, .. } => Some(action),
        _ => None,
    }
}

/// A plan made ready: the same compiled equations serve every variant of it.
struct Bench<'a> {
    atlas: &'a Atlas,
    assembly: &'a AssemblyFile,
    plan: &'a Plan,
    prepared: Arc<Prepared>,
    parameters: Vec<f64>,
    /// Unit of each output.
    units: Vec<Unit>,
    /// Ports that can be held.
    holds: Vec<String>,
    /// Their values in the drug-free state, looked up once.
    held: OnceLock<BTreeMap<String, f64>>,
}

impl<'a> Bench<'a> {
    fn new(
        atlas: &'a Atlas,
        assembly: &'a AssemblyFile,
        plan: &'a Plan,
        mut request: Request,
        compiled: &Compiled,
    ) -> Result<Self, Refusal> {
        for entry in &plan.hold {
            request.holds.push(held(entry)?.0.to_string());
        }
        request.holds.sort();
        request.holds.dedup();
        let (key, prepared) = compiled.prepare(atlas, &assembly.assembly, &plan.patient, &request)?;
        let unit = |port: &String| {
            let trace = assembly.traces.iter().find(|t| &t.port == port).map(|t| t.unit.clone());
            trace.or_else(|| prepared.model.unit_of(port).cloned()).unwrap_or_else(Unit::one)
        };
        let units = request.outputs.iter().map(unit).collect();
        let parameters = prepared.parameters(&plan.patient, plan.person);
        let fired = fired(atlas, assembly, &prepared, &parameters, plan)?;
        let prepared = compiled.focused(&key, &prepared, &fired);
        Ok(Bench { atlas, assembly, plan, prepared, parameters, units, holds: request.holds, held: OnceLock::new() })
    }

    fn job(&self, link: Option<&KnockoutSpec>, treated: bool) -> Result<Work, Refusal> {
        let numerics = |d: Diagnostic| Refusal::Numerics(format!("`{}` at rest: {}", self.plan.name, d.message));
        let prepared = &self.prepared;
        let mut parameters = self.parameters.clone();
        let states = prepared.rest(&parameters).map_err(numerics)?;
        if let Some(link) = link {
            for (id, value) in &link.set {
                let unit = prepared.model.parameters.iter().find(|p| &p.id == id).map(|p| &p.row.unit);
                let Some(unit) = unit else {
                    let message = format!("the knock-out `{}` sets `{id}`, which the assembly does not use", link.name);
                    return Err(vec![Diagnostic::error_nowhere("RS6304", message, "correct the assembly file")].into());
                };
                let value = unit.to_coherent(*value);
                prepared.set(&mut parameters, id, value);
            }
        }
        for entry in self.plan.hold.iter().chain(link.iter().flat_map(|l| &l.hold)) {
            let (port, value) = held(entry)?;
            let unit = self.prepared.model.unit_of(port);
            let value = match value {
                Some(value) => unit.map_or(value, |u| u.to_coherent(value)),
                None => self.at_rest(port, &states)?,
            };
            prepared.set(&mut parameters, &format!("held:{port}"), value);
            prepared.set(&mut parameters, &format!("hold:{port}"), 1.0);
        }
        if let (Some(table), true) = (&self.plan.table, treated) {
            return self.script(table, &parameters, &states);
        }
        let regimen = if treated { self.plan.regimen.clone() } else { self.plan.regimen.untreated() };
        let mut events =
            dosing::events(self.atlas, prepared, &parameters, &with_history(self.atlas, self.plan, &regimen))?;
        let start = events.first().map_or(0.0, |e| e.time.min(0.0));
        events.retain(|e| e.time <= self.plan.until_h);
        events.extend(dosing::days(prepared, self.plan.person, self.plan.until_h));
        events.sort_by(|a, b| a.time.total_cmp(&b.time));
        let times = dosing::sample_times(&self.plan.dosed(), self.plan.until_h);
        Ok(Work::Job(Job {
            id: 0,
            time: start,
            end: self.plan.until_h,
            reset: states.clone(),
            states,
            parameters,
            schedule: dosing::schedule(events, &times),
            progress: None,
        }))
    }

    /// A run whose doses come from an event table; samples fall on the usual grid.
    fn script(&self, table: &Subject, parameters: &[f64], states: &[f64]) -> Result<Work, Refusal> {
        // Samples first: at the time of a dose the grid sees the state before it, the dose's own record the one after.
        let times = dosing::sample_times(&self.plan.dosed(), self.plan.until_h);
        let mut records: Vec<Record> = times.into_iter().map(|time_h| Record { time_h, ..Record::default() }).collect();
        records.extend(table.records.iter().cloned());
        records.retain(|r| r.time_h <= self.plan.until_h);
        records.sort_by(|a, b| a.time_h.total_cmp(&b.time_h));
        let subject = Subject { id: table.id.clone(), records };
        let script = nonmem::script(&self.prepared, self.assembly, &subject, parameters, states, Carry::Forward);
        script.map(|s| Work::Script(Box::new(s))).map_err(|t| self.trouble(t))
    }

    fn trouble(&self, trouble: Trouble) -> Refusal {
        match trouble {
            Trouble::Input(diagnostic) => Refusal::Input(vec![*diagnostic]),
            Trouble::NotSteady { time_h, intervals } => Refusal::Numerics(format!(
                "`{}`: no steady state of the repeated dose at {time_h} h within {intervals} intervals",
                self.plan.name
            )),
            Trouble::Failed(failure) => Refusal::Numerics(format!("`{}`, {failure}", self.plan.name)),
        }
    }

    /// Value of a port that can be held, in the drug-free state. One lowering serves all of them.
    fn at_rest(&self, port: &str, states: &[f64]) -> Result<f64, Refusal> {
        let values = match self.held.get() {
            Some(values) => values,
            None => {
                let found = self.all_at_rest(states)?;
                self.held.get_or_init(|| found)
            }
        };
        Ok(values.get(port).copied().unwrap_or(f64::NAN))
    }

    fn all_at_rest(&self, states: &[f64]) -> Result<BTreeMap<String, f64>, Refusal> {
        let request = Request { outputs: self.holds.clone(), ..Request::default() };
        let lowered = self.prepared.model.lower(&request)?;
        let named: Vec<f64> = lowered
            .parameter_names
            .iter()
            .zip(&lowered.parameter_values)
            .map(|(n, v)| self.prepared.lowered.parameter(n).map_or(*v, |i| self.parameters[i]))
            .collect();
        let states = self.prepared.expanded(states);
        let point = sim::expr::Point { time: 0.0, states: &states, parameters: &named, arguments: [0.0; 4] };
        let values = lowered.system.graph.evaluate(&lowered.system.outputs, &point);
        Ok(self.holds.iter().cloned().zip(values).collect())
    }

    fn courses(&self, plan: &Plan, work: Vec<Work>) -> Result<Vec<Course>, Refusal> {
        self.each(plan, work).into_iter().collect()
    }

    /// Runs variants side by side; each succeeds or fails by itself.
    fn each(&self, plan: &Plan, work: Vec<Work>) -> Vec<Result<Course, Refusal>> {
        let options = sim::Options { rtol: plan.rtol, lanes: plan.lanes, ..options() };
        let mut found: Vec<Option<Result<Course, Refusal>>> = Vec::new();
        let mut jobs = Vec::new();
        for (i, work) in work.into_iter().enumerate() {
            found.push(match work {
                Work::Job(mut job) => {
                    job.id = i as u64;
                    jobs.push(job);
                    None
                }
                Work::Script(script) => {
                    let outcome = script.run(&self.prepared, &options).map_err(|t| self.trouble(t));
                    Some(outcome.and_then(|o| self.course(o)))
                }
            });
        }
        for outcome in run_parallel(self.prepared.program(), jobs, &options, plan.threads.max(1)) {
            let slot = outcome.id as usize;
            found[slot] = Some(self.course(outcome));
        }
        found.into_iter().flatten().collect()
    }

    fn course(&self, outcome: Outcome) -> Result<Course, Refusal> {
        if let Err(failure) = &outcome.result {
            return Err(Refusal::Numerics(format!("`{}`, {failure}", self.plan.name)));
        }
        let width = self.units.len();
        let values = self
            .units
            .iter()
            .enumerate()
            .map(|(k, unit)| outcome.samples.iter().skip(k).step_by(width).map(|x| unit.from_coherent(*x)).collect())
            .collect();
        Ok(Course { times_h: outcome.sample_times, values, steps: outcome.statistics.steps })
    }
}
