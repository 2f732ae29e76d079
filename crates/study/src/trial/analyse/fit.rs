//! Mixed models, covariance analysis, standardised differences.

use super::{Depth, Detail, Found, LEVEL, changes, found};
use crate::analysis::mmrm::{self, Data, Fit, Information, Observation, Structure};
use crate::analysis::{Estimate, effect, linear, reference, weighting};
use crate::trial::design::{Analysis, Covariance, Design, Freedom};
use crate::trial::outcome::{Case, visits};
use crate::trial::schema::Record;

fn structure(covariance: Covariance) -> Structure {
    match covariance {
        Covariance::Unstructured => Structure::Unstructured,
        Covariance::Autoregressive => Structure::Autoregressive,
        Covariance::CompoundSymmetry => Structure::CompoundSymmetry,
    }
}

fn freedom(freedom: Freedom) -> mmrm::Freedom {
    match freedom {
        Freedom::Satterthwaite => mmrm::Freedom::Satterthwaite,
        Freedom::KenwardRoger => mmrm::Freedom::KenwardRoger(Information::Expected),
    }
}

/// Treatments that somebody has, the one of comparison first: it is the reference of the design.
fn treatments(analysis: &Analysis, cases: &[Case]) -> Vec<usize> {
    let mut all: Vec<usize> = cases.iter().map(|c| c.treatment).collect();
    all.sort_unstable();
    all.dedup();
    all.retain(|t| *t != analysis.contrast.1);
    all.insert(0, analysis.contrast.1);
    all
}

/// Strata that somebody is in, without the first.
fn strata(cases: &[Case]) -> Vec<usize> {
    let mut all: Vec<usize> = cases.iter().map(|c| c.stratum).collect();
    all.sort_unstable();
    all.dedup();
    all.split_off(1.min(all.len()))
}

fn indicator(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

/// Changes over visits by treatment, with the start at every visit and the strata.
struct Repeated {
    data: Data,
    visits: usize,
    treatments: Vec<usize>,
}

fn repeated(design: &Design, analysis: &Analysis, cases: &[Case]) -> Repeated {
    let all = visits(design, analysis);
    let names: Vec<String> = all.iter().map(|k| design.layout.visits[*k].name.clone()).collect();
    let treatments = treatments(analysis, cases);
    let strata = strata(cases);
    let mut columns = Vec::new();
    columns.extend(names.iter().map(|v| format!("{v}, {}", design.layout.treatments[treatments[0]].name)));
    for t in &treatments[1..] {
        columns.extend(names.iter().map(|v| format!("{v}, {}", design.layout.treatments[*t].name)));
    }
    // The start belongs to the model unless it is the same for everybody.
    let mean = cases.iter().map(|c| c.start).sum::<f64>() / cases.len().max(1) as f64;
    let varies = cases.iter().any(|c| c.start != cases[0].start);
    if varies {
        columns.extend(names.iter().map(|v| format!("{v}, start")));
    }
    columns.extend(strata.iter().map(|s| design.layout.strata[*s].clone()));
    let mut data = Data { columns, visits: names, subjects: cases.len(), observations: Vec::new() };
    for (i, case) in cases.iter().enumerate() {
        for (v, value) in case.values.iter().enumerate().filter(|(_, x)| x.is_finite()) {
            let mut x = Vec::with_capacity(data.columns.len());
            for t in std::iter::once(&usize::MAX).chain(&treatments[1..]) {
                let mine = *t == usize::MAX || case.treatment == *t;
                x.extend((0..all.len()).map(|k| indicator(k == v && mine)));
            }
            if varies {
                x.extend((0..all.len()).map(|k| if k == v { case.start - mean } else { 0.0 }));
            }
            x.extend(strata.iter().map(|s| indicator(case.stratum == *s)));
            data.observations.push(Observation { subject: i, visit: v, y: value - case.start, x });
        }
    }
    Repeated { data, visits: all.len(), treatments }
}

impl Repeated {
    /// The contrast of a treatment with the reference at the last visit.
    fn contrast(&self, treatment: usize) -> Result<Vec<f64>, String> {
        let place = self.treatments.iter().position(|t| *t == treatment);
        let Some(place) = place else { return Err("nobody of the treatment is in the trial".into()) };
        let mut l = vec![0.0; self.data.columns.len()];
        l[place * self.visits + self.visits - 1] = 1.0;
        Ok(l)
    }
}

/// People who were seen at least once after the start, of both treatments.
fn people(analysis: &Analysis, cases: &[Case]) -> (usize, usize) {
    let of = |t: usize| cases.iter().filter(|c| c.treatment == t && c.values.iter().any(|x| x.is_finite())).count();
    (of(analysis.contrast.0), of(analysis.contrast.1))
}

pub(super) fn mmrm(design: &Design, analysis: &Analysis, cases: &[Case], depth: Depth) -> Result<Found, String> {
    let repeated = repeated(design, analysis, cases);
    let covariance = mmrm::Covariance::shared(structure(analysis.covariance));
    let fit: Fit = mmrm::fit(&repeated.data, &covariance).map_err(|e| e.to_string())?;
    let l = repeated.contrast(analysis.contrast.0)?;
    let estimate = fit.contrast(&l, freedom(analysis.freedom), LEVEL).map_err(|e| e.to_string())?;
    let mut out = found(analysis, &estimate, people(analysis, cases));
    if depth == Depth::Test {
        return Ok(out);
    }
    out.details = standardised_effect(analysis, cases);
    let last = repeated.visits - 1;
    out.details.push(Detail::new("residual SD at the visit", fit.sigma[0][(last, last)].sqrt()));
    if analysis.sensitivity.is_some() {
        out.sensitivity = Some(jump(design, analysis, cases));
    }
    Ok(out)
}

/// Jump to reference: who left goes on as in the arm of comparison.
fn jump(design: &Design, analysis: &Analysis, cases: &[Case]) -> Result<Estimate, String> {
    let (one, two) = analysis.contrast;
    let name = |t: usize| design.layout.treatments[t].name.clone();
    let people: Vec<reference::Person> = cases
        .iter()
        .filter(|c| c.treatment == one || c.treatment == two)
        .map(|c| {
            let count = c.values.len();
            let values: Vec<Option<f64>> = c.values.iter().map(|x| x.is_finite().then_some(x - c.start)).collect();
            // A person whose last values are there did not leave as far as these visits tell.
            let left = (c.left < count && values[c.left..].iter().all(Option::is_none)).then_some(c.left);
            reference::Person { arm: usize::from(c.treatment == two), covariates: vec![c.start], values, left }
        })
        .collect();
    let visits = visits(design, analysis);
    let trial = reference::Trial {
        arms: vec![name(one), name(two)],
        reference: 1,
        visits: visits.iter().map(|k| design.layout.visits[*k].name.clone()).collect(),
        covariates: vec!["start".into()],
        people,
    };
    let settings = reference::Settings {
        assumption: reference::Assumption::JumpToReference,
        structure: structure(analysis.covariance),
        sharing: reference::Sharing::Shared,
        level: LEVEL,
    };
    let answers = reference::compare(&trial, &settings).map_err(|e| e.to_string())?;
    answers.into_iter().next().map(|(_, e)| e).ok_or_else(|| "there is nothing to compare".into())
}

/// Cohen's d with Hedges' correction, from the changes at the last visit.
fn standardised_effect(analysis: &Analysis, cases: &[Case]) -> Vec<Detail> {
    let (a, b) = (changes(cases, analysis.contrast.0), changes(cases, analysis.contrast.1));
    if a.len() < 2 || b.len() < 2 {
        return Vec::new();
    }
    let g = effect::standardised(effect::Summary::of(&a), effect::Summary::of(&b), LEVEL).g;
    vec![Detail::between("Hedges g", g.estimate, g.lower, g.upper)]
}

pub(super) fn ancova(design: &Design, analysis: &Analysis, cases: &[Case], depth: Depth) -> Result<Found, String> {
    let used: Vec<Case> = cases.iter().filter(|c| c.values.last().is_some_and(|x| x.is_finite())).cloned().collect();
    let (treatments, strata) = (treatments(analysis, &used), strata(&used));
    let Some(arm) = treatments.iter().position(|t| *t == analysis.contrast.0).filter(|_| !used.is_empty()) else {
        return Err("nobody of the treatment was seen at the visit".into());
    };
    let varies = used.iter().any(|c| c.start != used[0].start);
    let mut covariates: Vec<String> = varies.then(|| "start".to_string()).into_iter().collect();
    covariates.extend(strata.iter().map(|s| design.layout.strata[*s].clone()));
    let person = |c: &Case| {
        let mut own: Vec<f64> = varies.then_some(c.start).into_iter().collect();
        own.extend(strata.iter().map(|s| indicator(c.stratum == *s)));
        linear::Person {
            arm: treatments.iter().position(|t| *t == c.treatment).unwrap_or(0),
            y: c.values.last().map_or(f64::NAN, |x| x - c.start),
            covariates: own,
            weight: 1.0,
        }
    };
    let comparison = linear::Comparison {
        arms: treatments.iter().map(|t| design.layout.treatments[*t].name.clone()).collect(),
        reference: 0,
        covariates,
        people: used.iter().map(person).collect(),
        weighting: linear::Weighting::None,
    };
    let compared = linear::ancova(&comparison, LEVEL).map_err(|e| e.to_string())?;
    let Some((_, estimate)) = compared.differences.iter().find(|(k, _)| *k == arm) else {
        return Err("the treatment has no difference to the one it is compared with".into());
    };
    let mut out = found(analysis, estimate, people(analysis, &used));
    if depth == Depth::Everything {
        out.details = standardised_effect(analysis, &used);
    }
    Ok(out)
}

/// Difference of mean changes, with everybody's weight towards the target population.
pub(super) fn standardised(analysis: &Analysis, cases: &[Case]) -> Result<Found, String> {
    let of = |treatment: usize| -> (Vec<f64>, Vec<f64>) {
        let mine = cases.iter().filter(|c| c.treatment == treatment);
        let seen = mine.filter_map(|c| Some((c.values.last()? - c.start, c.weight)));
        seen.filter(|(x, w)| x.is_finite() && w.is_finite()).unzip()
    };
    let (one, two) = (of(analysis.contrast.0), of(analysis.contrast.1));
    if one.0.len() < 2 || two.0.len() < 2 {
        return Err("fewer than two people of a treatment were seen, or no weights reach the target means".into());
    }
    let ((a, v), (b, w)) = (one, two);
    let estimate = weighting::weighted_difference(
        weighting::Weighted { values: &a, weights: &v },
        weighting::Weighted { values: &b, weights: &w },
        LEVEL,
    );
    let mut out = found(analysis, &estimate, (a.len(), b.len()));
    let all: Vec<f64> = v.into_iter().chain(w).collect();
    out.details = vec![Detail::new("effective sample size", weighting::effective_size(&all))];
    Ok(out)
}

/// Changes within periods, by treatment and period, with one correlation between the periods of a person.
pub(super) fn crossover(design: &Design, analysis: &Analysis, records: &[Record]) -> Result<Found, String> {
    let layout = &design.layout;
    let planned = &layout.visits[analysis.visit];
    let periods = layout.sequences.first().map_or(0, Vec::len);
    let mut all: Vec<usize> = layout.sequences.iter().flatten().map(|t| *t as usize).collect();
    all.sort_unstable();
    all.dedup();
    all.retain(|t| *t != analysis.contrast.1);
    let mut columns: Vec<String> = (1..=periods).map(|p| format!("period {p}")).collect();
    columns.extend(all.iter().map(|t| layout.treatments[*t].name.clone()));
    columns.push("start of the period".into());
    let mut data = Data {
        columns,
        visits: (1..=periods).map(|p| format!("period {p}")).collect(),
        subjects: records.len(),
        observations: Vec::new(),
    };
    let mut n = (0, 0);
    for (i, record) in records.iter().enumerate().filter(|(_, r)| r.failure.is_none()) {
        for (period, treatment) in layout.sequences[record.sequence as usize].iter().enumerate() {
            let at = |h: f64| {
                let found = record.visits.iter().find(|s| {
                    let v = &layout.visits[s.visit as usize];
                    v.period as usize == period && v.at_h == h
                });
                found.map(|s| s.values[analysis.measure]).filter(|x| x.is_finite())
            };
            let (Some(start), Some(value)) = (at(0.0), at(planned.at_h)) else { continue };
            let mut x: Vec<f64> = (0..periods).map(|p| indicator(p == period)).collect();
            x.extend(all.iter().map(|t| indicator(*treatment as usize == *t)));
            x.push(start);
            n.0 += usize::from(*treatment as usize == analysis.contrast.0);
            n.1 += usize::from(*treatment as usize == analysis.contrast.1);
            data.observations.push(Observation { subject: i, visit: period, y: value - start, x });
        }
    }
    let covariance = mmrm::Covariance::shared(Structure::CompoundSymmetry);
    let fit = mmrm::fit(&data, &covariance).map_err(|e| e.to_string())?;
    let mut l = vec![0.0; data.columns.len()];
    let Some(place) = all.iter().position(|t| *t == analysis.contrast.0) else {
        return Err("the treatment is in no sequence".into());
    };
    l[periods + place] = 1.0;
    let estimate = fit.contrast(&l, freedom(analysis.freedom), LEVEL).map_err(|e| e.to_string())?;
    Ok(found(analysis, &estimate, n))
}
