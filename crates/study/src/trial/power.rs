//! Power, assurance, and the two nulls a reviewer asks for.
//!
//! - *As assumed*: the design as it is, at the ledger's values. The share of trials that succeed is power.
//! - *Sharp null*: both arms get the same treatment, dissociation included. The share that succeeds is the type-I error,
//!   and must be the level of significance within Monte-Carlo error.
//! - *Pharmacological null*: the drug does nothing for mood but is felt. What succeeds now succeeds by unblinding.
//! - *Uncertain*: the ledger's values are drawn anew for each trial. The share that succeeds is assurance: power
//!   averaged over what is not known.
//!
//! Every trial is run once at the largest size; a smaller trial is its first people, so sizes share their people and a
//! curve is smoother than its errors say.

use crate::trial::analyse::{Depth, one};
use crate::trial::design::{Design, Power};
use crate::trial::outcome::weigh;
use crate::trial::schema::Record;
use resynapse::prepare::Knowledge;

/// Context of the ledger under which drugs do nothing for mood but all else.
pub const NO_SPECIFIC_EFFECT: &str = "set=no_specific_effect";

/// What is taken to be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// The design as it is.
    Assumed,
    /// Both arms are the same.
    SharpNull,
    /// The drug is felt and does nothing else for mood.
    PharmacologicalNull,
    /// As it is, with the ledger's values drawn for each trial.
    Uncertain,
}

impl Truth {
    /// All of them.
    pub const ALL: [Truth; 4] = [Truth::Assumed, Truth::SharpNull, Truth::PharmacologicalNull, Truth::Uncertain];

    /// Name for files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Truth::Assumed => "assumed",
            Truth::SharpNull => "sharp_null",
            Truth::PharmacologicalNull => "pharmacological_null",
            Truth::Uncertain => "uncertain",
        }
    }
    /// What the share of trials that succeed is called.
    pub fn share(self) -> &'static str {
        match self {
            Truth::Assumed => "power",
            Truth::SharpNull => "type-I error",
            Truth::PharmacologicalNull => "unblinding bias",
            Truth::Uncertain => "assurance",
        }
    }
    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Truth::Assumed => "the model as it is, its numbers taken as known",
            Truth::SharpNull => "both arms get the same treatment, dissociation included",
            Truth::PharmacologicalNull => {
                "the drug is felt and does nothing for mood: what succeeds, succeeds by unblinding"
            }
            Truth::Uncertain => "the model's numbers are drawn from their uncertainty for each trial",
        }
    }
    /// The design under it: the largest of the sizes, as many trials as asked.
    pub fn design(self, design: &Design, power: &Power) -> Design {
        let planned = design.layout.size;
        let mut design = design.clone();
        design.layout.size = power.sizes.last().copied().unwrap_or(design.layout.size);
        design.layout.replicates = power.trials;
        // Sites of the same size as the protocol's: the number of them follows.
        let per_site = planned.div_ceil(design.sites.max(1)).max(1);
        design.sites = design.layout.size.div_ceil(per_site).max(1);
        design.knowledge = Knowledge::Central;
        let (one, two) = design.analyses[power.analysis].contrast;
        match self {
            Truth::Assumed => {}
            Truth::SharpNull => {
                let name = design.treatments[two].name.clone();
                design.treatments[two] = design.treatments[one].clone();
                design.treatments[two].name = name;
                // Rules of the one arm are those of the other too; rules of the other alone are nobody's.
                let (one, two) = (one as u32, two as u32);
                design.rules.retain(|r| r.treatments.is_empty() || r.treatments.iter().any(|t| *t != two));
                for rule in design.rules.iter_mut().filter(|r| !r.treatments.is_empty()) {
                    rule.treatments.retain(|t| *t != two);
                    if rule.treatments.contains(&one) {
                        rule.treatments.push(two);
                    }
                }
            }
            Truth::PharmacologicalNull => {
                for plan in &mut design.treatments {
                    plan.patient.contexts.insert(NO_SPECIFIC_EFFECT.into());
                }
                if let Some(lead) = &mut design.lead_in {
                    lead.plan.patient.contexts.insert(NO_SPECIFIC_EFFECT.into());
                }
            }
            Truth::Uncertain => design.knowledge = Knowledge::Uncertain,
        }
        design
    }
}

/// Trials of one size under one truth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// People randomised.
    pub size: u32,
    /// Trials that were analysed.
    pub trials: u32,
    /// Of them those that succeeded.
    pub succeeded: u32,
    /// Trials whose analysis could not be done; they count as failed.
    pub unanswered: u32,
    /// Estimates, one for each analysed trial.
    pub estimates: Vec<f64>,
    /// First reason for an analysis that could not be done.
    pub why: Option<String>,
}

impl Tally {
    /// Share of trials that succeeded.
    pub fn share(&self) -> f64 {
        f64::from(self.succeeded) / f64::from(self.trials)
    }
}

/// One tally for each size.
pub fn tallies(power: &Power) -> Vec<Tally> {
    power.sizes.iter().map(|size| Tally { size: *size, ..Tally::default() }).collect()
}

/// Estimate and success of one trial at every size, or why there is none.
pub type Answers = Vec<Result<(f64, bool), String>>;

/// Adds one trial.
pub fn add(answers: Answers, tallies: &mut [Tally]) {
    for (tally, result) in tallies.iter_mut().zip(answers) {
        tally.trials += 1;
        match result {
            Ok((estimate, significant)) => {
                tally.succeeded += u32::from(significant);
                tally.estimates.push(estimate);
            }
            Err(why) => {
                tally.unanswered += 1;
                tally.why.get_or_insert(why);
            }
        }
    }
}

/// Analyses one trial at every size.
pub fn answers(design: &Design, power: &Power, records: &[Record]) -> Answers {
    power
        .sizes
        .iter()
        .map(|size| {
            let count = records.iter().take_while(|r| r.place < *size).count();
            let mut part = records[..count].to_vec();
            weigh(design, &mut part);
            one(design, power.analysis, &part, Depth::Test).map(|f| (f.estimate, f.significant))
        })
        .collect()
}
