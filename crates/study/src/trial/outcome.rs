//! What an estimand makes of a person's values: which count, which are set aside, which become a failure.

use crate::analysis::weighting::{Target, balance};
use crate::trial::condition::Standing;
use crate::trial::design::{Analysis, Design, Estimand, Intercurrent};
use crate::trial::schema::{End, EventKind, Record};

/// A person as an analysis sees them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    /// Treatment (position in the layout).
    pub treatment: usize,
    pub stratum: usize,
    pub covariates: Vec<f64>,
    pub weight: f64,
    /// Value at the start.
    pub start: f64,
    /// Values at the analysed visits; NaN where missing.
    pub values: Vec<f64>,
    /// First analysed visit from which on values are missing because the person left; the number of visits otherwise.
    pub left: usize,
    /// Whether a composite estimand counts the person as a failure at the last analysed visit.
    pub failed: bool,
}

/// Visits of the first period that take the measure, after the start and up to the analysed one.
pub(crate) fn visits(design: &Design, analysis: &Analysis) -> Vec<usize> {
    let layout = &design.layout;
    let taken = |k: &usize| {
        let v = &layout.visits[*k];
        v.period == 0 && v.at_h > 0.0 && v.measures.contains(&(analysis.measure as u32))
    };
    (0..=analysis.visit).filter(taken).collect()
}

/// Everybody whose computation did not fail, in the order of the records.
pub(crate) fn cases(design: &Design, analysis: &Analysis, records: &[Record]) -> Vec<Case> {
    let visits = visits(design, analysis);
    let seen = records.iter().filter(|r| r.failure.is_none() && !r.visits.is_empty());
    seen.map(|record| case(design, analysis, &visits, record)).collect()
}

fn case(design: &Design, analysis: &Analysis, visits: &[usize], record: &Record) -> Case {
    let layout = &design.layout;
    let start = record.visits[0].values[analysis.measure];
    let event_h = intercurrent(analysis, record);
    let left_h = if record.end == End::Completed { f64::INFINITY } else { record.end_h };
    let mut failed = false;
    let values: Vec<f64> = visits
        .iter()
        .map(|k| {
            let found = record.visits.iter().find(|s| s.visit as usize == *k);
            let value = found.map_or(f64::NAN, |s| s.values[analysis.measure]);
            let at_h = found.map_or(layout.visits[*k].at_h, |s| s.at_h);
            let after = event_h.is_some_and(|h| h < at_h);
            match analysis.estimand {
                Estimand::Hypothetical if after => f64::NAN,
                Estimand::Composite if after => {
                    failed = true;
                    start
                }
                _ => value,
            }
        })
        .collect();
    // From the first visit after leaving on; a visit held before its time was held.
    let seen = values.iter().rposition(|x| x.is_finite()).map_or(0, |k| k + 1);
    let after = visits.iter().position(|k| layout.visits[*k].at_h > left_h).unwrap_or(visits.len());
    let left = if left_h.is_finite() { after.max(seen) } else { visits.len() };
    Case {
        treatment: layout.sequences[record.sequence as usize][0] as usize,
        stratum: record.stratum as usize,
        covariates: record.covariates.clone(),
        weight: record.weight,
        start,
        values,
        left,
        failed,
    }
}

/// When the first of the events that the estimand speaks of came.
fn intercurrent(analysis: &Analysis, record: &Record) -> Option<f64> {
    let of = |kind: EventKind| record.events.iter().filter(move |e| e.kind == kind).map(|e| e.at_h);
    let mut times: Vec<f64> = Vec::new();
    for event in &analysis.intercurrent {
        match event {
            Intercurrent::Rescue => times.extend(of(EventKind::Rescue)),
            Intercurrent::Relapse => times.extend(of(EventKind::Relapse)),
            Intercurrent::Retreatment => times.extend(of(EventKind::Retreatment)),
            Intercurrent::ExtraTreatment => times.extend(of(EventKind::ExtraTreatment)),
            Intercurrent::DosingStopped => times.extend(of(EventKind::DosingStopped)),
            Intercurrent::Dropout => times.extend((record.end != End::Completed).then_some(record.end_h)),
        }
    }
    times.into_iter().reduce(f64::min)
}

/// Whether a case meets the criterion of a rate at the last analysed visit; `None` where that is not known and the
/// estimand asks what would have been. Otherwise a value that is missing counts as not met.
pub(crate) fn met(design: &Design, analysis: &Analysis, case: &Case) -> Option<bool> {
    let last = case.values.last().copied().unwrap_or(f64::NAN);
    if case.failed {
        return Some(false);
    }
    if last.is_nan() {
        return if analysis.estimand == Estimand::Hypothetical { None } else { Some(false) };
    }
    let at = |x: f64| -> Vec<f64> {
        (0..design.measures.len()).map(|m| if m == analysis.measure { x } else { f64::NAN }).collect()
    };
    let (now, start) = (at(last), at(case.start));
    let standing = Standing {
        now: &now,
        start: &start,
        covariates: &case.covariates,
        day: 0.0,
        doses: 0.0,
        responded: false,
        relapsed: false,
    };
    Some(analysis.criterion.holds(&standing))
}

/// Weights the people of a trial towards the target population, where the protocol names one. Where no weights reach its
/// means, weights are NaN, and what needs them says so.
pub fn weigh(design: &Design, records: &mut [Record]) {
    if design.margins.is_empty() {
        return;
    }
    let rows: Vec<Vec<f64>> =
        records.iter().map(|r| design.margins.iter().map(|(k, _)| r.covariates[*k]).collect()).collect();
    let target = |(k, mean): &(usize, f64)| Target { name: design.people.covariates[*k].id.clone(), mean: *mean };
    let targets: Vec<Target> = design.margins.iter().map(target).collect();
    match balance(&rows, &targets) {
        Ok(found) => records.iter_mut().zip(found.weights).for_each(|(r, w)| r.weight = w),
        Err(_) => records.iter_mut().for_each(|r| r.weight = f64::NAN),
    }
}
