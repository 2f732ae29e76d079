//! One run, and a group of people under it.

use super::ask::{self, Asked};
use super::lane::{badge, lanes, mark, shown};
use super::problem::Wrong;
use super::schema::{Ask, Badge, People, PeopleAsk, Provenance, Run, Spread};
use super::{Clock, Shared};
use crate::command::simulate::reach;
use crate::figure::{Time, words};
use model::diagnostic::Diagnostic;
use resynapse::prepare::Person;
use resynapse::run::{Course, Plan, Results, follow_all, run_with, whole};
use study::statistic::quantile;

/// The signal whose grade the whole run wears.
const SYMPTOM: &str = "madrs.total";
/// Shares of people below each band.
const SHARES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];
/// People who are drawn one by one.
const LINES: usize = 12;
/// Points of time that bands are told at.
const BAND_PLACES: f64 = 120.0;

/// One person, one regimen.
pub fn run(shared: &Shared, asked: &Ask, clock: &Clock) -> Result<Run, Wrong> {
    let Asked { plan, ask, command } = ask::read(&shared.atlas, asked)?;
    let started = clock.now();
    let results = run_with(&shared.atlas, &plan, &shared.compiled)?;
    let compute_ms = clock.ms_since(started);
    [results.treated(), results.untreated(), results.without_expectancy()].into_iter().try_for_each(finite)?;
    let (times_h, lanes) = lanes(&results, &shared.curves);
    let warnings = reach(&shared.atlas, plan.regimen.doses.iter());
    let bent = matches!(Time::suited(plan.regimen.doses.iter().map(|d| d.at_h), plan.until_h), Time::Bent { .. });
    Ok(Run {
        ask,
        name: plan.name.clone(),
        command,
        until_h: plan.until_h,
        bent,
        doses: plan.regimen.doses.iter().map(mark).collect(),
        times_h,
        lanes,
        warnings,
        provenance: provenance(&results),
        compute_ms,
    })
}

fn provenance(results: &Results) -> Provenance {
    let p = results.provenance();
    Provenance {
        program: p.program.into(),
        atlas: p.atlas.into(),
        atlas_hash: p.atlas_hash.clone(),
        contexts: p.contexts.clone(),
        hypothesis: p.hypothesis.clone(),
        numbers: p.parameters.len(),
        states: p.states,
        weakest: results.trace(SYMPTOM).map_or_else(Badge::default, |k| badge(&p.grades[k])),
    }
}

/// People drawn from the ledger's between-person variability, under one regimen.
pub fn people(shared: &Shared, asked: &PeopleAsk, clock: &Clock) -> Result<People, Wrong> {
    let mut found: Vec<Diagnostic> = Vec::new();
    if !(8..=64).contains(&asked.people) {
        found.push(ask::wrong("people: from 8 to 64 can be drawn at once", "a trial takes more"));
    }
    let assembly = whole(&shared.atlas)?;
    if asked.ports.is_empty() || asked.ports.len() > 12 {
        found.push(ask::wrong("ports: 1 to 12 signals can be followed", "name fewer"));
    }
    for port in asked.ports.iter().filter(|p| assembly.traces.iter().all(|t| t.port != **p)) {
        let message = format!("ports: `{}` is not a reported signal", words::shorten(port, 80));
        found.push(ask::wrong(&message, "see the signals of a run"));
    }
    if !found.is_empty() {
        return Err(found.into());
    }
    let plan = ask::read(&shared.atlas, &asked.ask)?.plan;
    let started = clock.now();
    let plans: Vec<Plan> = (0..asked.people)
        .map(|k| Plan { person: Person::drawn(u64::from(asked.seed), k), threads: shared.threads, ..plan.clone() })
        .collect();
    let courses = follow_all(&shared.atlas, &plans, &asked.ports, &shared.compiled)?;
    let courses = courses.into_iter().collect::<Result<Vec<_>, _>>()?;
    courses.iter().try_for_each(finite)?;
    let compute_ms = clock.ms_since(started);
    let times_h = band_times(&plan, courses.first().map_or(&[][..], |c| &c.times_h));
    let spread = |k: usize| {
        let mut bands = vec![Vec::with_capacity(times_h.len()); SHARES.len()];
        for t in &times_h {
            let mut values: Vec<f64> = courses.iter().map(|c| c.at(k, *t)).collect();
            values.sort_by(f64::total_cmp);
            for (band, share) in bands.iter_mut().zip(SHARES) {
                band.push(shown(quantile(&values, share)));
            }
        }
        let lines = courses.iter().take(LINES).map(|c| times_h.iter().map(|t| shown(c.at(k, *t))).collect());
        Spread { port: asked.ports[k].clone(), lines: lines.collect(), shares: SHARES.to_vec(), bands }
    };
    Ok(People {
        people: asked.people,
        seed: asked.seed,
        signals: (0..asked.ports.len()).map(spread).collect(),
        times_h,
        note: format!(
            "{} virtual people who differ as the ledger says people do, with daily noise. Bands hold the middle half and \
             nine of ten of them. What nobody knows is not in the bands: they are too narrow.",
            asked.people
        ),
        compute_ms,
    })
}

/// A curve that is no number anywhere is a failure of ours, not a picture.
fn finite(course: &Course) -> Result<(), Wrong> {
    match course.values.iter().flatten().all(|x| x.is_finite()) {
        true => Ok(()),
        false => Err(Wrong::Numerics("a signal is no number somewhere".into())),
    }
}

/// Times at which bands are told.
fn band_times(plan: &Plan, times: &[f64]) -> Vec<f64> {
    let time = Time::suited(plan.regimen.doses.iter().map(|d| d.at_h), plan.until_h);
    let mut kept: Vec<f64> = Vec::new();
    for (i, t) in times.iter().enumerate() {
        let apart = kept.last().is_none_or(|last| time.place(*t) - time.place(*last) >= 1.0 / BAND_PLACES);
        if apart || i + 1 == times.len() {
            kept.push(*t);
        }
    }
    kept.dedup();
    kept
}
