//! Shares of people: response and remission.

use super::{Detail, Found, LEVEL, Scale};
use crate::analysis::effect::{NumberNeeded, number_needed};
use crate::analysis::rate::{Count, clopper_pearson, fisher_exact, score};
use crate::trial::design::{Analysis, Design};
use crate::trial::outcome::{Case, met};

pub(super) fn rate(design: &Design, analysis: &Analysis, cases: &[Case]) -> Result<Found, String> {
    let count = |treatment: usize| {
        let known = cases.iter().filter(|c| c.treatment == treatment).filter_map(|c| met(design, analysis, c));
        let known: Vec<bool> = known.collect();
        Count::new(known.iter().filter(|m| **m).count() as u64, known.len() as u64)
    };
    let arm = count(analysis.contrast.0).map_err(|e| e.to_string())?;
    let comparator = count(analysis.contrast.1).map_err(|e| e.to_string())?;
    let e = score::difference(arm, comparator, LEVEL);
    let (own, other) = (clopper_pearson(arm, LEVEL), clopper_pearson(comparator, LEVEL));
    let mut details = vec![
        Detail::between("rate (exact interval)", own.estimate, own.lower, own.upper),
        Detail::between("comparator's rate (exact interval)", other.estimate, other.lower, other.upper),
        Detail::new("p of Fisher's exact test, two-sided", fisher_exact(arm, comparator)),
    ];
    details.push(match number_needed(&e) {
        NumberNeeded::Benefit(i) => Detail::between("number needed to treat", i.estimate, i.lower, i.upper),
        NumberNeeded::Harm(i) => Detail::between("number needed to harm", i.estimate, i.lower, i.upper),
        // The interval runs from benefit through infinity to harm: its ends alone would mislead.
        NumberNeeded::Either { estimate, .. } => {
            Detail::new("number needed to treat (below 0: to harm; its interval holds infinity)", estimate)
        }
    });
    let better = analysis.better.direction();
    Ok(Found {
        scale: Scale::RiskDifference,
        estimate: e.estimate,
        lower: e.lower,
        upper: e.upper,
        error: e.error,
        df: None,
        p: e.one_sided(better),
        adjusted: f64::NAN,
        significant: false,
        n: (arm.size() as usize, comparator.size() as usize),
        details,
        sensitivity: None,
    })
}
