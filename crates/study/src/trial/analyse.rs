//! Puts the questions of a protocol to the records of one trial.

mod fit;
mod rate;
mod time;

use crate::analysis::Estimate;
use crate::analysis::multiplicity::{Graph, Hypothesis, Procedure, decide};
use crate::trial::design::{Analysis, Better, Design, Method, Multiplicity};
use crate::trial::outcome::{Case, cases};
use crate::trial::schema::Record;

/// Two-sided level of intervals that are shown.
pub const LEVEL: f64 = 0.95;

/// What an analysis of one trial found.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Trial, from 0.
    pub replicate: u32,
    /// Position in [`Design::analyses`].
    pub analysis: usize,
    /// The estimate, or why there is none.
    pub result: Result<Found, String>,
}

/// An answered question.
#[derive(Clone, Debug)]
pub struct Found {
    /// What is estimated.
    pub scale: Scale,
    /// Estimate with interval; a hazard ratio on its own scale.
    pub estimate: f64,
    /// Lower end of the 95 % interval.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Standard error, on the scale of the test; NaN where the test has none.
    pub error: f64,
    /// Degrees of freedom; `None` for a normal or exact test.
    pub df: Option<f64>,
    /// One-sided p value on the side that is better.
    pub p: f64,
    /// The same after the procedure for several analyses; equal to `p` without one.
    pub adjusted: f64,
    /// Whether the adjusted p value is at most the level of significance.
    pub significant: bool,
    /// People of the treatment and of the one it is compared with.
    pub n: (usize, usize),
    /// Further numbers.
    pub details: Vec<Detail>,
    /// The check on missing values, where one was asked for.
    pub sensitivity: Option<Result<Estimate, String>>,
}

/// A further number of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detail {
    /// What it is.
    pub name: &'static str,
    /// The number; NaN or infinite where it was not reached.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
}

impl Detail {
    fn new(name: &'static str, value: f64) -> Detail {
        Detail { name, value, interval: None }
    }
    fn between(name: &'static str, value: f64, lower: f64, upper: f64) -> Detail {
        Detail { name, value, interval: Some((lower, upper)) }
    }
}

/// What is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// A difference in the unit of the measure.
    Difference,
    /// A difference of shares.
    RiskDifference,
    /// A ratio of hazards.
    HazardRatio,
}

impl Scale {
    /// Where there is no effect.
    pub fn none(self) -> f64 {
        match self {
            Scale::HazardRatio => 1.0,
            _ => 0.0,
        }
    }
    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Scale::Difference => "difference",
            Scale::RiskDifference => "risk difference",
            Scale::HazardRatio => "hazard ratio",
        }
    }
}

/// Puts all questions to one trial. A question that cannot be answered says why and stops no other.
pub fn analyse(design: &Design, records: &[Record]) -> Vec<Answer> {
    let replicate = records.first().map_or(0, |r| r.replicate);
    let mut answers: Vec<Answer> = (0..design.analyses.len())
        .map(|k| Answer { replicate, analysis: k, result: one(design, k, records, Depth::Everything) })
        .collect();
    adjust(design, &mut answers);
    answers
}

/// How much is worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Estimate and test.
    Test,
    /// Further numbers and checks too; some take longer than the test itself.
    Everything,
}

/// Puts one question to one trial, by itself.
pub fn one(design: &Design, analysis: usize, records: &[Record], depth: Depth) -> Result<Found, String> {
    let question = &design.analyses[analysis];
    let mut found = match question.method {
        Method::Survival(what) => time::survival(design, question, what, records),
        Method::Crossover => fit::crossover(design, question, records),
        method => {
            let cases = cases(design, question, records);
            match method {
                Method::Mmrm => fit::mmrm(design, question, &cases, depth),
                Method::Ancova => fit::ancova(design, question, &cases, depth),
                Method::Standardised => fit::standardised(question, &cases),
                _ => rate::rate(design, question, &cases),
            }
        }
    }?;
    found.adjusted = found.p;
    found.significant = found.p <= question.alpha;
    Ok(found)
}

/// Shares the error among the analyses that the protocol says share it.
fn adjust(design: &Design, answers: &mut [Answer]) {
    let Some(procedure) = &design.multiplicity else { return };
    let list = procedure.analyses();
    // A question without an answer succeeds in nothing.
    let p = |k: &usize| answers[*k].result.as_ref().map_or(1.0, |f| f.p);
    let name = |k: &usize| design.analyses[*k].name.clone();
    let hypotheses: Vec<Hypothesis> = list.iter().map(|k| Hypothesis { name: name(k), p: p(k) }).collect();
    let graph = match procedure {
        Multiplicity::FixedSequence(_) => Graph::fixed_sequence(list.len()),
        Multiplicity::Holm(_) => Graph::holm(list.len()),
        Multiplicity::Graph { weights, transitions, .. } => {
            Graph { weights: weights.clone(), transitions: transitions.clone() }
        }
    };
    let alpha = list.first().map_or(0.0, |k| design.analyses[*k].alpha);
    let decisions = decide(&hypotheses, &Procedure::Graph(graph), alpha);
    for k in list {
        let Ok(found) = &mut answers[*k].result else { continue };
        let mine = decisions.as_ref().ok().and_then(|d| d.iter().find(|d| d.name == design.analyses[*k].name));
        found.adjusted = mine.map_or(1.0, |d| d.adjusted);
        found.significant = mine.is_some_and(|d| d.rejected);
    }
}

/// From an estimate on the scale of the measure.
fn found(analysis: &Analysis, e: &Estimate, n: (usize, usize)) -> Found {
    Found {
        scale: Scale::Difference,
        estimate: e.estimate,
        lower: e.lower,
        upper: e.upper,
        error: e.error,
        df: e.df,
        p: e.one_sided(analysis.better.direction()),
        adjusted: f64::NAN,
        significant: false,
        n,
        details: Vec::new(),
        sensitivity: None,
    }
}

impl Better {
    fn direction(self) -> crate::analysis::Direction {
        match self {
            Better::Less => crate::analysis::Direction::Less,
            Better::More => crate::analysis::Direction::Greater,
        }
    }
}

/// Changes from the start to the last analysed visit, of one treatment.
fn changes(cases: &[Case], treatment: usize) -> Vec<f64> {
    let of = cases.iter().filter(|c| c.treatment == treatment);
    of.filter_map(|c| c.values.last().map(|x| x - c.start)).filter(|x| x.is_finite()).collect()
}
