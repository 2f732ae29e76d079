//! A trial as it will be run: everything a protocol says, with names resolved and defaults filled in.

use crate::measure::{Adverse, Measure};
use crate::population::People;
use crate::trial::allocation::Scheme;
use crate::trial::condition::{Condition, Names};
use crate::trial::schema::Layout;
use resynapse::prepare::Knowledge;
use resynapse::regimen::Regimen;
use resynapse::run::Plan;

/// A trial as it will be run.
#[derive(Clone, Debug)]
pub struct Design {
    /// Names, visits, measures: what records index.
    pub layout: Layout,
    /// Seed of all draws.
    pub seed: u64,
    /// File of people who are given instead of drawn.
    pub file: Option<String>,
    /// What each treatment is, in the order of [`Layout::treatments`].
    pub treatments: Vec<Plan>,
    /// How people are allocated to [`Layout::sequences`].
    pub scheme: Scheme,
    /// Length of a period of a crossover, h.
    pub period_h: Option<f64>,
    /// Who people are.
    pub people: People,
    /// Who may enter; all must hold at screening and at the start.
    pub entry: Vec<Condition>,
    /// Hours from screening to the start (of the lead-in, where there is one).
    pub screening_h: f64,
    /// Candidates for one place before the search ends.
    pub tries: u32,
    /// Whether the ledger's values are taken as known.
    pub knowledge: Knowledge,
    /// Whether trials differ in what they make people expect.
    pub between_trials: BetweenTrials,
    /// Measures, in the order of [`Layout::measures`].
    pub measures: Vec<Measure>,
    /// Adverse events, in the order of [`Layout::adverse`].
    pub adverse: Vec<Adverse>,
    /// What everybody gets before randomisation.
    pub lead_in: Option<LeadIn>,
    /// Sites; people are spread over them evenly.
    pub sites: u32,
    /// Conditions at the start whose answers make the strata.
    pub strata: Vec<Condition>,
    /// For each visit, how far from its time it may take place, h.
    pub windows_h: Vec<f64>,
    /// Chance that a visit after the start is missed.
    pub missed: f64,
    /// Chance that a planned dose is taken.
    pub adherence: f64,
    /// How people leave.
    pub dropout: Dropout,
    /// Adverse events in life, a month.
    pub stressors_per_month: f64,
    /// What is done about what is seen.
    pub rules: Vec<Rule>,
    /// What counts as response, remission, relapse.
    pub outcome: Outcome,
    /// Means of covariates in the population that results are standardised to: position and mean.
    pub margins: Vec<(usize, f64)>,
    /// Analyses, in the order of the protocol.
    pub analyses: Vec<Analysis>,
    /// How several analyses share one error.
    pub multiplicity: Option<Multiplicity>,
    /// Question on sample sizes.
    pub power: Option<Power>,
    /// Measured points to lay over the model's.
    pub observed: Vec<Observed>,
    /// Things a reader of the result should know.
    pub notes: Vec<String>,
}

impl Design {
    /// Names that conditions may use.
    pub fn names(&self) -> Names<'_> {
        Names {
            measures: self.measures.iter().map(|m| m.shown.name.as_str()).collect(),
            covariates: self.people.covariates.iter().map(|c| c.id.as_str()).collect(),
        }
    }
    /// The treatment of a sequence in a period.
    pub fn treatment(&self, sequence: usize, period: usize) -> &Plan {
        &self.treatments[self.layout.sequences[sequence][period] as usize]
    }
}

/// Whether trials of one design differ beyond their people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BetweenTrials {
    /// Each trial raises expectation as strongly as the middle one.
    None,
    /// How strongly is drawn for each trial.
    #[default]
    Drawn,
}

/// How people leave a trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dropout {
    /// Nobody leaves.
    None,
    /// The score of the last visit decides: missing at random.
    AtRandom,
    /// The present score decides, seen or not: not missing at random.
    #[default]
    NotAtRandom,
}

/// What everybody gets before randomisation.
#[derive(Clone, Debug)]
pub struct LeadIn {
    /// Treatment; its times count from the start of the lead-in.
    pub plan: Plan,
    /// How long it is, h.
    pub length_h: f64,
    /// Who is randomised at its end; percent and change count from its start.
    pub goes_on: Option<Condition>,
}

/// Something that is done when a visit shows something.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Name for messages and data.
    pub name: String,
    /// What is done.
    pub action: Action,
    /// Drug whose planned doses it changes; the first of the arm where `None`.
    pub drug: Option<String>,
    /// When.
    pub when: Condition,
    /// Visits (positions in [`Layout::visits`]) at which it is looked at; all after the start if empty.
    pub visits: Vec<u32>,
    /// Treatments it applies to; all if empty.
    pub treatments: Vec<u32>,
    /// At most so many times for one person.
    pub times: u32,
}

/// What a rule does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Gives something beyond the arm: times count from the visit.
    Rescue(Regimen),
    /// Treats again after a relapse.
    Retreat(Regimen),
    /// Something outside the protocol.
    Extra(Regimen),
    /// Multiplies later planned doses, up to so many times the planned one.
    Adjust {
        /// Factor on the present dose.
        factor: f64,
        /// Largest multiple of the planned dose.
        most: f64,
        /// Least multiple.
        least: f64,
    },
    /// Gives only every so manyth of the later planned doses.
    Space(u32),
    /// Ends planned dosing.
    Stop,
}

/// What counts as response, remission, relapse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The measure they look at.
    pub measure: usize,
    /// Response.
    pub response: Condition,
    /// Remission.
    pub remission: Condition,
    /// Relapse after response.
    pub relapse: Condition,
    /// At so many visits in a row.
    pub relapse_visits: u32,
}

/// A question put to the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// Name.
    pub name: String,
    /// How it is answered.
    pub method: Method,
    /// What is estimated in words of the estimand framework.
    pub estimand: Estimand,
    /// Events that the estimand speaks of.
    pub intercurrent: Vec<Intercurrent>,
    /// Measure.
    pub measure: usize,
    /// What counts, where shares are compared.
    pub criterion: Condition,
    /// Visit (position in [`Layout::visits`], of the first period).
    pub visit: usize,
    /// Treatment and the one it is compared with (positions in [`Layout::treatments`]).
    pub contrast: (usize, usize),
    /// One-sided level of significance.
    pub alpha: f64,
    /// Side on which the treatment is better.
    pub better: Better,
    /// Covariance of repeated measures.
    pub covariance: Covariance,
    /// Degrees of freedom.
    pub freedom: Freedom,
    /// What is assumed of values that are missing after somebody left, as a check.
    pub sensitivity: Option<Sensitivity>,
}

/// How a question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Mixed model for repeated measures.
    Mmrm,
    /// Analysis of covariance at one visit.
    Ancova,
    /// Share with response.
    Response,
    /// Share in remission.
    Remission,
    /// Time to an event: log-rank test and Cox model.
    Survival(TimeTo),
    /// Mixed model of a crossover, with period.
    Crossover,
    /// Difference of means, weighted to the target margins.
    Standardised,
}

/// Which event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeTo {
    /// First response.
    Response,
    /// First remission.
    Remission,
    /// Relapse, counted from response: from randomisation for those whom the lead-in brought one. Who never responded is
    /// left out.
    Relapse,
    /// Leaving the trial.
    Leaving,
}

/// How intercurrent events are handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Estimand {
    /// Whatever happens, the value counts.
    #[default]
    TreatmentPolicy,
    /// As if the event had not happened: values after it are set aside.
    Hypothetical,
    /// The event is a bad outcome: no change from the start, no response.
    Composite,
}

/// An event that may come between treatment and outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intercurrent {
    /// Rescue by a rule.
    Rescue,
    /// Relapse.
    Relapse,
    /// Treatment again after relapse.
    Retreatment,
    /// Treatment outside the protocol.
    ExtraTreatment,
    /// Planned dosing ended.
    DosingStopped,
    /// Leaving the trial.
    Dropout,
}

/// Which side is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Better {
    /// Smaller values.
    #[default]
    Less,
    /// Larger values.
    More,
}

/// Covariance of repeated measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Covariance {
    /// Every variance and covariance free.
    #[default]
    Unstructured,
    /// First-order autoregressive.
    Autoregressive,
    /// One variance, one correlation.
    CompoundSymmetry,
}

/// Degrees of freedom of a mixed model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freedom {
    /// Satterthwaite.
    #[default]
    Satterthwaite,
    /// Kenward and Roger, with their standard errors.
    KenwardRoger,
}

/// What is assumed of missing values, as a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sensitivity {
    /// From leaving on, as in the reference arm.
    JumpToReference,
}

/// How several analyses share one error.
#[derive(Clone, Debug, PartialEq)]
pub enum Multiplicity {
    /// One after another, until the first that fails.
    FixedSequence(Vec<usize>),
    /// Holm.
    Holm(Vec<usize>),
    /// Weights, and where they go when an analysis succeeds.
    Graph {
        /// Positions of the analyses.
        analyses: Vec<usize>,
        /// Share of the error each begins with.
        weights: Vec<f64>,
        /// Share of the weight that goes on, row to column.
        transitions: Vec<Vec<f64>>,
    },
}

impl Multiplicity {
    /// The analyses in their order.
    pub fn analyses(&self) -> &[usize] {
        match self {
            Multiplicity::FixedSequence(list) | Multiplicity::Holm(list) => list,
            Multiplicity::Graph { analyses, .. } => analyses,
        }
    }
}

/// Question on sample sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Power {
    /// People randomised in a trial, in rising order.
    pub sizes: Vec<u32>,
    /// Trials of each kind.
    pub trials: u32,
    /// The analysis that decides.
    pub analysis: usize,
}

/// A measured point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// Treatment.
    pub treatment: usize,
    /// Measure.
    pub measure: usize,
    /// Hours.
    pub at_h: f64,
    /// Mean change from the start.
    pub change: f64,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// Where it was read.
    pub source: String,
}
