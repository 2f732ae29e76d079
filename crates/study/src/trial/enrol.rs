//! Who enters: candidates are drawn for each place until one meets the criteria, at screening and at the start.
//!
//! People enter on a bad day, so those who are chosen for a high score are on average above their usual state: regression
//! to the mean comes out of the choice and is put in nowhere.

use crate::trial::bench::{Bench, DAY, DAY_H, ENTRY, Passage, Shown, VISIT, history};
use crate::trial::condition::Standing;
use crate::trial::design::Design;
use crate::trial::people::Given;
use crate::trial::schema::{DoseKind, Given as Dose};
use model::diagnostic::Diagnostic;
use resynapse::atlas::Atlas;
use resynapse::dosing;
use resynapse::prepare::options;
use resynapse::regimen::Regimen;
use resynapse::run::Refusal;
use sim::{Entry, Job, Outcome, What};

/// A place of a trial that somebody is to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub replicate: u32,
    pub site: u32,
    pub number: u32,
}

/// Somebody who took a place, at the moment of randomisation.
pub(super) struct Entrant {
    pub place: Place,
    pub candidate: u32,
    pub screened: u32,
    pub covariates: Vec<f64>,
    /// States of the bench before randomisation.
    pub states: Vec<f64>,
    pub start: Vec<f64>,
    pub doses: Vec<Dose>,
    /// Whether the lead-in brought a response.
    pub responded: bool,
    /// Shares of adverse events reported before randomisation.
    pub adverse: Vec<f64>,
    /// Why the computation of this person failed.
    pub failure: Option<String>,
}

/// The parts before randomisation.
pub(super) struct Gate<'a> {
    pub atlas: &'a Atlas,
    pub design: &'a Design,
    pub screening: &'a Bench,
    pub lead_in: Option<(&'a Bench, &'a Passage)>,
    /// People who are given instead of drawn.
    pub given: Option<&'a Given>,
}

/// A candidate on the way.
struct Candidate {
    slot: usize,
    number: u32,
    covariates: Vec<f64>,
    parameters: Vec<f64>,
}

impl Gate<'_> {
    /// Fills places. A place for which no candidate is found ends the trial, with the share that met the criteria.
    pub fn fill(&self, places: &[Place]) -> Result<Vec<Entrant>, Refusal> {
        let mut taken: Vec<Option<Entrant>> = places.iter().map(|_| None).collect();
        let mut tries = vec![0_u32; places.len()];
        loop {
            let mut candidates = Vec::new();
            for (slot, place) in places.iter().enumerate() {
                if taken[slot].is_some() {
                    continue;
                }
                match self.next(slot, *place, &mut tries[slot]) {
                    Some(candidate) => candidates.push(candidate),
                    None => {
                        let seen = tries.iter().map(|t| u64::from(*t)).sum();
                        return Err(self.nobody(*place, seen, taken.iter().flatten().count() as u64));
                    }
                }
            }
            if candidates.is_empty() {
                break;
            }
            for (slot, entrant) in self.judge(places, candidates, &tries)? {
                taken[slot] = Some(entrant);
            }
        }
        Ok(taken.into_iter().flatten().collect())
    }

    /// The next candidate for a place whose covariates meet the criteria; `None` when there have been too many.
    fn next(&self, slot: usize, place: Place, tries: &mut u32) -> Option<Candidate> {
        let design = self.design;
        let fixed = self.given.and_then(|g| g.candidate(place.replicate, place.number));
        while *tries < design.tries {
            let number = fixed.unwrap_or(place.number * design.tries + *tries);
            *tries += 1;
            let mut covariates = design.people.draw(design.seed, place.replicate, number);
            if let Some(given) = self.given {
                given.overlay(design, place.number, &mut covariates);
            }
            for (k, covariate) in design.people.covariates.iter().enumerate() {
                let set = covariate.sets.as_ref().and_then(|id| self.screening.patient.overrides.get(id));
                covariates[k] = set.map_or(covariates[k], |x| covariate.unit.from_coherent(*x));
            }
            let nothing = vec![f64::NAN; design.measures.len()];
            let standing = Standing {
                now: &nothing,
                start: &nothing,
                covariates: &covariates,
                day: 0.0,
                doses: 0.0,
                responded: false,
                relapsed: false,
            };
            if fixed.is_some() || design.entry.iter().all(|c| c.on_covariates().holds(&standing)) {
                let parameters = self.screening.parameters(design, place.replicate, number, &covariates);
                return Some(Candidate { slot, number, covariates, parameters });
            }
        }
        None
    }

    fn nobody(&self, place: Place, seen: u64, entered: u64) -> Refusal {
        let criteria: Vec<&str> = self.design.entry.iter().map(|c| c.text.as_str()).collect();
        let share = 100.0 * entered as f64 / seen.max(1) as f64;
        let message = format!(
            "place {} of trial {}: none of {} candidates met the entry criteria ({}); of {seen} candidates seen so far \
             {entered} entered ({share:.1} %)",
            place.number + 1,
            place.replicate + 1,
            self.design.tries,
            criteria.join("; "),
        );
        let hint = format!(
            "loosen `entry` (or `continue` of the lead-in), change the population, or raise `tries` (at most {})",
            super::build::MOST_TRIES
        );
        Refusal::Input(vec![Diagnostic::error_nowhere("RS6770", message, hint)])
    }

    /// Follows candidates from screening to randomisation; those who may enter, by slot.
    fn judge(
        &self,
        places: &[Place],
        candidates: Vec<Candidate>,
        tries: &[u32],
    ) -> Result<Vec<(usize, Entrant)>, Refusal> {
        let design = self.design;
        let start_h = -design.lead_in.as_ref().map_or(0.0, |l| l.length_h);
        let mut jobs = Vec::new();
        let mut out = Vec::new();
        let mut waiting: Vec<Candidate> = Vec::new();
        for candidate in candidates {
            match self.screening.prepared.rest(&candidate.parameters) {
                Ok(states) => {
                    let id = waiting.len() as u64;
                    jobs.push(self.screening_job(id, places[candidate.slot], &candidate, states, start_h)?);
                    waiting.push(candidate);
                }
                Err(why) => out.push(self.failed(places, &candidate, tries, format!("at rest: {}", why.message))),
            }
        }
        let mut held: Vec<(Candidate, Vec<f64>, Vec<f64>)> = Vec::new();
        for (candidate, outcome) in waiting.into_iter().zip(run(self.screening, jobs)) {
            if let Err(failure) = &outcome.result {
                out.push(self.failed(places, &candidate, tries, failure.to_string()));
                continue;
            }
            let rows = rows(self.screening, design, &outcome);
            let (Some(first), Some(last)) = (rows.first(), rows.last()) else { continue };
            let enters = |shown: &Shown| {
                let standing = standing(&shown.measures, &shown.measures, &candidate.covariates);
                design.entry.iter().all(|c| c.holds(&standing))
            };
            let given = self.given.is_some_and(|g| g.candidate(0, places[candidate.slot].number).is_some());
            if given || (enters(first) && enters(last)) {
                held.push((candidate, outcome.states, last.measures.clone()));
            }
        }
        let Some((bench, passage)) = self.lead_in else {
            out.extend(held.into_iter().map(|(candidate, states, start)| {
                let place = places[candidate.slot];
                let screened = tries[candidate.slot];
                let (number, covariates) = (candidate.number, candidate.covariates);
                let entrant = Entrant {
                    place,
                    candidate: number,
                    screened,
                    covariates,
                    states,
                    start,
                    doses: Vec::new(),
                    responded: false,
                    adverse: Vec::new(),
                    failure: None,
                };
                (candidate.slot, entrant)
            }));
            return Ok(out);
        };
        self.lead_in(places, held, tries, (bench, passage), out)
    }

    fn failed(&self, places: &[Place], candidate: &Candidate, tries: &[u32], why: String) -> (usize, Entrant) {
        let entrant = Entrant {
            place: places[candidate.slot],
            candidate: candidate.number,
            screened: tries[candidate.slot],
            covariates: candidate.covariates.clone(),
            states: Vec::new(),
            start: vec![f64::NAN; self.design.measures.len()],
            doses: Vec::new(),
            responded: false,
            adverse: Vec::new(),
            failure: Some(format!("before randomisation: {why}")),
        };
        (candidate.slot, entrant)
    }

    fn screening_job(
        &self,
        id: u64,
        place: Place,
        candidate: &Candidate,
        states: Vec<f64>,
        start_h: f64,
    ) -> Result<Job, Refusal> {
        let (design, bench) = (self.design, self.screening);
        let draw = |name: &str, occasion| design.stream(place.replicate, candidate.number, name, occasion).normal();
        let before = Regimen { happenings: history(self.atlas, &bench.patient), ..Regimen::default() };
        let mut events = dosing::events(self.atlas, &bench.prepared, &candidate.parameters, &before)?;
        let screening_h = start_h - design.screening_h;
        let begin = events.first().map_or(screening_h, |e| e.time.min(screening_h));
        // How far above the usual state the person is on the day of screening.
        let excess = draw(ENTRY, 0);
        events.extend(bench.event(ENTRY, screening_h, excess, 0.0));
        events.extend(bench.event(VISIT, screening_h, 1.0, draw(VISIT, 0)));
        let days = (design.screening_h / DAY_H).floor() as u32;
        events.extend(
            (1..=days).filter_map(|d| bench.event(DAY, screening_h + f64::from(d) * DAY_H, DAY_H, draw(DAY, d))),
        );
        events.extend(bench.event(VISIT, start_h, 1.0, draw(VISIT, 1)));
        events.sort_by(|a, b| a.time.total_cmp(&b.time));
        let samples = [screening_h, start_h];
        Ok(job(id, begin, start_h, states, candidate.parameters.clone(), events, &samples))
    }

    /// Through the lead-in; those who go on.
    fn lead_in(
        &self,
        places: &[Place],
        held: Vec<(Candidate, Vec<f64>, Vec<f64>)>,
        tries: &[u32],
        (bench, passage): (&Bench, &Passage),
        mut out: Vec<(usize, Entrant)>,
    ) -> Result<Vec<(usize, Entrant)>, Refusal> {
        let design = self.design;
        let Some(lead) = &design.lead_in else { return Ok(out) };
        let mut jobs = Vec::new();
        let mut kept = Vec::new();
        for (candidate, states, start) in held {
            let place = places[candidate.slot];
            let parameters = bench.parameters(design, place.replicate, candidate.number, &candidate.covariates);
            let states = match bench.adopt(passage, &states, &parameters) {
                Ok(states) => states,
                Err(why) => {
                    out.push(self.failed(places, &candidate, tries, why));
                    continue;
                }
            };
            let mut regimen = lead.plan.regimen.clone();
            regimen.doses.iter_mut().for_each(|d| d.at_h -= lead.length_h);
            regimen.happenings.iter_mut().for_each(|h| h.at_h -= lead.length_h);
            let mut events = dosing::events(self.atlas, &bench.prepared, &parameters, &regimen)?;
            let draw = |name: &str, occasion| design.stream(place.replicate, candidate.number, name, occasion).normal();
            let days = (lead.length_h / DAY_H).floor() as u32;
            let day = |d: u32| bench.event(DAY, f64::from(d) * DAY_H - lead.length_h, DAY_H, draw("lead-in day", d));
            events.extend((1..=days).filter_map(day));
            events.extend(bench.event(VISIT, 0.0, 1.0, draw(VISIT, 2)));
            // Habits may reach beyond the lead-in; what begins later belongs to the arms.
            events.retain(|e| e.time <= 0.0);
            events.sort_by(|a, b| a.time.total_cmp(&b.time));
            let id = kept.len() as u64;
            jobs.push(job(id, -lead.length_h, 0.0, states, parameters.clone(), events, &[0.0]));
            let weight = dosing::weight_kg(&bench.prepared, &parameters);
            let doses =
                regimen.doses.iter().filter_map(|d| super::life::given(self.atlas, design, d, d.at_h, weight, 1.0));
            let doses: Vec<Dose> = doses.map(|d| Dose { taken: true, kind: DoseKind::LeadIn, ..d }).collect();
            kept.push((candidate, start, doses));
        }
        for ((candidate, before, doses), outcome) in kept.into_iter().zip(run(bench, jobs)) {
            if let Err(failure) = &outcome.result {
                out.push(self.failed(places, &candidate, tries, failure.to_string()));
                continue;
            }
            let rows = rows(bench, design, &outcome);
            let Some(last) = rows.last() else { continue };
            let standing = Standing {
                doses: doses.len() as f64,
                day: lead.length_h / DAY_H,
                ..standing(&last.measures, &before, &candidate.covariates)
            };
            let response = &design.outcome.response;
            let responded = !response.text.is_empty() && response.holds(&standing);
            if lead.goes_on.as_ref().is_none_or(|c| c.holds(&standing)) {
                let entrant = Entrant {
                    place: places[candidate.slot],
                    candidate: candidate.number,
                    screened: tries[candidate.slot],
                    covariates: candidate.covariates,
                    states: outcome.states,
                    start: last.measures.clone(),
                    doses,
                    responded,
                    adverse: last.adverse.clone(),
                    failure: None,
                };
                out.push((candidate.slot, entrant));
            }
        }
        Ok(out)
    }
}

fn standing<'a>(now: &'a [f64], start: &'a [f64], covariates: &'a [f64]) -> Standing<'a> {
    Standing { now, start, covariates, day: 0.0, doses: 0.0, responded: false, relapsed: false }
}

/// A job whose samples come after the events of their time.
fn job(
    id: u64,
    time: f64,
    end: f64,
    states: Vec<f64>,
    parameters: Vec<f64>,
    mut schedule: Vec<Entry>,
    samples: &[f64],
) -> Job {
    schedule.extend(samples.iter().map(|t| Entry { time: *t, what: What::Sample }));
    schedule.sort_by(|a, b| a.time.total_cmp(&b.time));
    Job { id, time, end, reset: states.clone(), states, parameters, schedule, progress: None }
}

fn run(bench: &Bench, jobs: Vec<Job>) -> Vec<Outcome> {
    sim::run_parallel(bench.prepared.program(), jobs, &options(), 1)
}

fn rows(bench: &Bench, design: &Design, outcome: &Outcome) -> Vec<Shown> {
    let width = bench.width();
    outcome.samples.chunks(width.max(1)).map(|row| bench.shown(design, row)).collect()
}
