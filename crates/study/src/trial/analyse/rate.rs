//! Shares of people: response and remission.

use super::{Found, LEVEL, Scale};
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
        ("rate", own.estimate),
        ("rate, lower (exact)", own.lower),
        ("rate, upper (exact)", own.upper),
        ("comparator's rate", other.estimate),
        ("comparator's rate, lower (exact)", other.lower),
        ("comparator's rate, upper (exact)", other.upper),
        ("p of Fisher's exact test, two-sided", fisher_exact(arm, comparator)),
    ];
    // Treated for one more to benefit, on the side that is better.
    match number_needed(&e) {
        NumberNeeded::Benefit(i) => details.extend([
            ("number needed to treat", i.estimate),
            ("number needed to treat, lower", i.lower),
            ("number needed to treat, upper", i.upper),
        ]),
        NumberNeeded::Harm(i) => details.extend([
            ("number needed to harm", i.estimate),
            ("number needed to harm, lower", i.lower),
            ("number needed to harm, upper", i.upper),
        ]),
        NumberNeeded::Either { estimate, benefit, harm, .. } => details.extend([
            ("number needed to treat (below 0: to harm)", estimate),
            ("number needed to treat, at least (or any to harm)", benefit),
            ("number needed to harm, at least", harm),
        ]),
    }
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
