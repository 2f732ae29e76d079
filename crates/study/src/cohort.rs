//! A group of virtual people that goes through one regimen.

use model::lower::Request;
use model::unit::Unit;
use resynapse::atlas::Atlas;
use resynapse::dosing;
use resynapse::prepare::{Knowledge, Person, Prepared, options, prepare};
use resynapse::regimen::Regimen;
use resynapse::run::{Plan, Refusal, whole};
use sim::random::{Stream, stream_id};
use sim::{Entry, Job, Outcome, What, run_parallel};
use std::collections::BTreeSet;

/// Events of a trial, where modules listen to them.
const VISIT: &str = "visit";
const ENTRY: &str = "entry";
const ENROL: &str = "enrol";
const DAY: &str = "day";
/// Where a trial lies among trials.
const TRIAL_DRAW: &str = "expectancy.trial_draw";
const DAY_H: f64 = 24.0;
/// Screening lies this long before the start.
const RUN_IN_H: f64 = 168.0;
/// Candidates for each wanted person before the search ends.
const MOST_CANDIDATES: u32 = 40;

/// Who may enter: the observed score at screening and at the start is at least this.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// Port of the score, among those observed.
    pub port: String,
    /// Least score, in the port's unit.
    pub least: f64,
}

/// What a group goes through and what is looked at.
#[derive(Clone, Debug)]
pub struct Question {
    /// Regimen, condition, contexts; its `person` is replaced by drawn ones.
    pub plan: Plan,
    /// Who may enter; anyone where `None`.
    pub threshold: Option<Threshold>,
    /// Ports that are observed.
    pub ports: Vec<String>,
    /// Hours at which they are observed; the start is always observed first.
    pub times_h: Vec<f64>,
    /// How many people.
    pub size: u32,
    /// Seed of the whole group.
    pub seed: u64,
    /// Which of several such groups: each draws its own people.
    pub replicate: u32,
    /// Where the trial lies among trials, in standard deviations of what they make people expect; the middle one where
    /// `None`.
    pub trial_draw: Option<f64>,
}

/// What was observed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cohort {
    /// Hours; the first is 0, before anything is given.
    pub times_h: Vec<f64>,
    /// Ports, in the order asked for.
    pub ports: Vec<String>,
    /// For each person, port after port, the values over time, in the ports' units.
    pub people: Vec<Vec<Vec<f64>>>,
    /// Which group each person belongs to, where several were put together.
    pub groups: Vec<u32>,
    /// How many candidates were seen.
    pub candidates: u32,
}

impl Cohort {
    /// Position of a port.
    pub fn port(&self, name: &str) -> Option<usize> {
        self.ports.iter().position(|p| p == name)
    }
    /// Values of a port for every person at the observation nearest to a time.
    pub fn at(&self, port: usize, time_h: f64) -> Vec<f64> {
        let far = |k: &usize| (self.times_h[*k] - time_h).abs();
        let nearest = (0..self.times_h.len()).min_by(|a, b| far(a).total_cmp(&far(b)));
        nearest.map_or_else(Vec::new, |k| self.people.iter().map(|p| p[port][k]).collect())
    }
}

/// Draws people until enough have entered, and follows them. The same question gives the same people for any number of
/// threads.
pub fn cohort(atlas: &Atlas, question: &Question, threads: usize) -> Result<Cohort, Refusal> {
    let group = Group::new(atlas, question)?;
    let mut cohort = Cohort { times_h: group.times_h.clone(), ports: question.ports.clone(), ..Cohort::default() };
    let most = question.size.saturating_mul(MOST_CANDIDATES);
    while cohort.people.len() < question.size as usize {
        let missing = question.size - cohort.people.len() as u32;
        // A batch somewhat larger than what is missing; its size depends on the question alone.
        let batch = (missing + missing / 2).max(16).min(most.saturating_sub(cohort.candidates));
        if batch == 0 {
            let least = question.threshold.as_ref().map_or(0.0, |t| t.least);
            let message = format!(
                "`{}`: {} of {} candidates entered with a score of at least {least}",
                question.plan.name,
                cohort.people.len(),
                cohort.candidates
            );
            return Err(Refusal::Numerics(message));
        }
        let entered = group.screen(cohort.candidates, batch, threads)?;
        cohort.candidates += batch;
        let room = question.size as usize - cohort.people.len();
        cohort.people.extend(group.follow(entered.into_iter().take(room).collect(), threads)?);
    }
    cohort.groups = vec![question.replicate; cohort.people.len()];
    Ok(cohort)
}

/// A person who entered: number, state at the start, numbers, and what was observed at the start.
struct Entered {
    subject: u32,
    states: Vec<f64>,
    parameters: Vec<f64>,
    baseline: Vec<f64>,
}

struct Group<'a> {
    atlas: &'a Atlas,
    question: &'a Question,
    prepared: Prepared,
    units: Vec<Unit>,
    times_h: Vec<f64>,
}

impl<'a> Group<'a> {
    fn new(atlas: &'a Atlas, question: &'a Question) -> Result<Self, Refusal> {
        let assembly = whole(atlas)?;
        let plan = &question.plan;
        let request = Request { outputs: question.ports.clone(), ..Request::default() };
        let prepared = prepare(atlas, &assembly.assembly, &plan.patient, &request)?;
        let units =
            question.ports.iter().map(|p| prepared.model.unit_of(p).cloned().unwrap_or_else(Unit::one)).collect();
        let parameters = prepared.parameters(&plan.patient, Person::Typical);
        let events = dosing::events(atlas, &prepared, &parameters, &plan.regimen)?;
        let history = atlas.conditions.get(&plan.patient.condition).map_or(&[][..], |c| &c.history);
        let mut fired: BTreeSet<u32> =
            history.iter().filter_map(|h| prepared.lowered.actions.get(&h.event)).copied().collect();
        fired.extend(
            events.iter().filter_map(|e| if let What::Event { action, .. } = e.what { Some(action) } else { None }),
        );
        fired.extend([VISIT, ENTRY, ENROL, DAY].iter().filter_map(|name| prepared.lowered.actions.get(*name)));
        let prepared = prepared.focused(&fired);
        let mut times_h: Vec<f64> = std::iter::once(0.0).chain(question.times_h.iter().copied()).collect();
        times_h.sort_by(f64::total_cmp);
        times_h.dedup();
        Ok(Group { atlas, question, prepared, units, times_h })
    }

    /// What lies in the history of the condition, before the start.
    fn history(&self, parameters: &[f64]) -> Result<Vec<Entry>, Refusal> {
        let condition = self.atlas.conditions.get(&self.question.plan.patient.condition);
        let happenings = condition.map(|c| c.history.clone()).unwrap_or_default();
        let regimen = Regimen { happenings, ..Regimen::default() };
        Ok(dosing::events(self.atlas, &self.prepared, parameters, &regimen)?)
    }

    fn person(&self, subject: u32) -> Person {
        let (seed, replicate) = (self.question.seed, self.question.replicate);
        Person::Drawn { seed, replicate, subject, knowledge: Knowledge::Central }
    }

    /// An event with a standard normal draw of its own, if a module listens.
    fn event(&self, name: &str, time: f64, subject: u32, occasion: u32) -> Option<Entry> {
        let action = *self.prepared.lowered.actions.get(name)?;
        let z = Stream::new(
            self.question.seed,
            self.question.replicate,
            subject,
            stream_id(&format!("trial:{name}")),
            occasion,
        )
        .normal();
        // An entry carries the draw itself as its amount: how far above the usual state the person is.
        let amount = match name {
            ENTRY => z,
            DAY => DAY_H,
            _ => 1.0,
        };
        Some(Entry { time, what: What::Event { action, arguments: [amount, 0.0, 1.0, z] } })
    }

    /// Candidates from `first` on, followed from screening to the start; those who enter.
    fn screen(&self, first: u32, count: u32, threads: usize) -> Result<Vec<Entered>, Refusal> {
        let numbers: Vec<u32> = (first..first + count).collect();
        let ready = in_parallel(&numbers, threads, |subject| {
            let mut parameters = self.prepared.parameters(&self.question.plan.patient, self.person(*subject));
            if let Some(z) = self.question.trial_draw {
                self.prepared.set(&mut parameters, TRIAL_DRAW, z);
            }
            let states = self.prepared.rest(&parameters);
            (parameters, states)
        });
        let mut jobs = Vec::new();
        for (subject, (parameters, states)) in numbers.iter().zip(ready) {
            let states = states.map_err(|d| {
                Refusal::Numerics(format!("`{}`, person {subject} at rest: {}", self.question.plan.name, d.message))
            })?;
            let mut events = self.history(&parameters)?;
            let begin = events.first().map_or(-RUN_IN_H, |e| e.time.min(-RUN_IN_H));
            let days = (RUN_IN_H / DAY_H) as u32;
            events.extend(self.event(ENTRY, -RUN_IN_H, *subject, 0));
            events.extend(self.event(VISIT, -RUN_IN_H, *subject, 0));
            events.extend((1..=days).filter_map(|d| self.event(DAY, f64::from(d) * DAY_H - RUN_IN_H, *subject, d)));
            events.extend(self.event(VISIT, 0.0, *subject, 1));
            events.sort_by(|a, b| a.time.total_cmp(&b.time));
            let job = Job {
                id: u64::from(*subject),
                time: begin,
                end: 0.0,
                reset: states.clone(),
                states,
                parameters,
                schedule: dosing::schedule(events, &[]),
                progress: None,
            };
            jobs.push(job);
        }
        let parameters: Vec<Vec<f64>> = jobs.iter().map(|j| j.parameters.clone()).collect();
        let outcomes = self.outcomes(jobs, threads)?;
        let mut entered = Vec::new();
        for (outcome, parameters) in outcomes.into_iter().zip(parameters) {
            let rows: Vec<Vec<f64>> = self.rows(&outcome);
            let screened = outcome.sample_times.iter().position(|t| *t >= -RUN_IN_H);
            let (Some(screening), Some(start)) = (screened.and_then(|k| rows.get(k)), rows.last()) else { continue };
            let enters = self.question.threshold.as_ref().is_none_or(|t| {
                let port = self.question.ports.iter().position(|p| p == &t.port);
                port.is_none_or(|k| screening[k].round() >= t.least && start[k].round() >= t.least)
            });
            if enters {
                let (subject, baseline) = (outcome.id as u32, start.clone());
                entered.push(Entered { subject, states: outcome.states, parameters, baseline });
            }
        }
        Ok(entered)
    }

    /// People from the start to the last observation.
    fn follow(&self, entered: Vec<Entered>, threads: usize) -> Result<Vec<Vec<Vec<f64>>>, Refusal> {
        let plan = &self.question.plan;
        let end = self.times_h.last().copied().unwrap_or(0.0);
        let mut jobs = Vec::new();
        for person in &entered {
            let mut events = dosing::events(self.atlas, &self.prepared, &person.parameters, &plan.regimen)?;
            events.extend(dosing::days(&self.prepared, self.person(person.subject), end));
            events.extend(self.event(ENROL, 0.0, person.subject, 0));
            let visits = self.times_h.iter().skip(1).enumerate();
            events.extend(visits.filter_map(|(k, t)| self.event(VISIT, *t, person.subject, k as u32 + 2)));
            events.retain(|e| e.time <= end);
            events.sort_by(|a, b| a.time.total_cmp(&b.time));
            let mut schedule = events;
            schedule.extend(self.times_h.iter().skip(1).map(|t| Entry { time: *t, what: What::Sample }));
            // Stable: at one instant the sample comes after the events.
            schedule.sort_by(|a, b| a.time.total_cmp(&b.time));
            jobs.push(Job {
                id: u64::from(person.subject),
                time: 0.0,
                end,
                reset: person.states.clone(),
                states: person.states.clone(),
                parameters: person.parameters.clone(),
                schedule,
                progress: None,
            });
        }
        let outcomes = self.outcomes(jobs, threads)?;
        let width = self.units.len();
        let people = entered.iter().zip(outcomes).map(|(person, outcome)| {
            let rows = self.rows(&outcome);
            (0..width).map(|k| std::iter::once(person.baseline[k]).chain(rows.iter().map(|r| r[k])).collect()).collect()
        });
        Ok(people.collect())
    }

    fn outcomes(&self, jobs: Vec<Job>, threads: usize) -> Result<Vec<Outcome>, Refusal> {
        let options = sim::Options { rtol: self.question.plan.rtol, lanes: self.question.plan.lanes, ..options() };
        let outcomes = run_parallel(self.prepared.program(), jobs, &options, threads.max(1));
        for outcome in &outcomes {
            if let Err(failure) = &outcome.result {
                return Err(Refusal::Numerics(format!("`{}`, {failure}", self.question.plan.name)));
            }
        }
        Ok(outcomes)
    }

    /// Samples in the ports' units.
    fn rows(&self, outcome: &Outcome) -> Vec<Vec<f64>> {
        let rows = outcome.samples.chunks(self.units.len().max(1));
        rows.map(|row| row.iter().zip(&self.units).map(|(x, unit)| unit.from_coherent(*x)).collect()).collect()
    }
}

/// Maps in order over a few threads.
fn in_parallel<T: Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let size = items.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        let work = &work;
        let parts: Vec<_> =
            items.chunks(size).map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>())).collect();
        let mut out = Vec::with_capacity(items.len());
        for part in parts {
            match part.join() {
                Ok(found) => out.extend(found),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        out
    })
}
