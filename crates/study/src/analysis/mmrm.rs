//! The mixed model for repeated measures.
//!
//! The values of one subject are normal around `X b` with a covariance over the visits; subjects are independent. There
//! are no random effects: the covariance itself carries what a subject's values have in common. A subject without a
//! value at a visit contributes the others, which is right where a value is missing at random.
//!
//! The covariance is estimated by restricted maximum likelihood ([`likelihood`], [`search`]), the fixed effects by
//! generalised least squares, and the degrees of freedom by Satterthwaite or by Kenward and Roger ([`freedom`]). Numbers,
//! names and criteria are those of SAS PROC MIXED: -2 restricted log-likelihood is without `log|X'X|`.
//!
//! The caller builds the design. It must have full rank: aliased columns are named and refused.

pub mod check;
pub mod covariance;
pub mod freedom;
pub mod likelihood;
pub mod search;
pub mod sums;

pub use check::Fault;
pub use covariance::Structure;
pub use freedom::{Freedom, Information, Test};

use super::matrix::Matrix;
use crate::statistic::log;
use freedom::Inference;
use likelihood::Point;
use search::Found;
use sums::Sums;

/// What is fitted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    /// Names of the columns of the design.
    pub columns: Vec<String>,
    /// Names of the visits, in order of time.
    pub visits: Vec<String>,
    /// How many subjects there are, those without an observation included: they count in BIC.
    pub subjects: usize,
    /// What was measured. A value that is missing has no observation.
    pub observations: Vec<Observation>,
}

/// One measured value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// Subject, from 0.
    pub subject: usize,
    /// Visit, from 0.
    pub visit: usize,
    /// The measured value.
    pub y: f64,
    /// Row of the design, in the order of [`Data::columns`].
    pub x: Vec<f64>,
}

/// The covariance over visits.
#[derive(Clone, Debug, PartialEq)]
pub struct Covariance {
    /// Its structure.
    pub structure: Structure,
    /// For each subject the group, from 0, whose covariance it has; `None` where all share one.
    pub groups: Option<Vec<usize>>,
}

impl Covariance {
    /// One covariance for all subjects.
    pub fn shared(structure: Structure) -> Self {
        Covariance { structure, groups: None }
    }
    /// A covariance for each group of subjects.
    pub fn by_group(structure: Structure, groups: Vec<usize>) -> Self {
        Covariance { structure, groups: Some(groups) }
    }
    /// How many covariances there are.
    pub fn count(&self) -> usize {
        self.groups.as_ref().map_or(1, |g| g.iter().max().map_or(0, |most| most + 1))
    }
    /// Group of a subject.
    pub fn group(&self, subject: usize) -> usize {
        self.groups.as_ref().and_then(|g| g.get(subject)).copied().unwrap_or(0)
    }
}

/// A parameter of the covariance.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Name as in SAS: `UN(2,1)`, `AR(1)`, `CS`, `Residual`.
    pub name: String,
    /// Group whose covariance it describes, from 0.
    pub group: usize,
    /// Estimate.
    pub estimate: f64,
    /// Standard error, by the observed information.
    pub error: f64,
}

/// A fitted model.
#[derive(Clone, Debug)]
pub struct Fit {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Fixed effects, one for each column.
    pub coefficients: Vec<f64>,
    /// Their covariance, model-based. [`Fit::spread`] gives the adjusted one.
    pub covariance: Matrix,
    /// Parameters of the covariance, group after group.
    pub parameters: Vec<Parameter>,
    /// Covariance over the visits, one for each group.
    pub sigma: Vec<Matrix>,
    /// -2 restricted log-likelihood, as SAS prints it.
    pub deviance: f64,
    /// Akaike's criterion, smaller is better.
    pub aic: f64,
    /// The same, corrected for a small number of observations.
    pub aicc: f64,
    /// Schwarz's criterion, by the number of subjects.
    pub bic: f64,
    /// Newton steps taken.
    pub steps: usize,
    /// Observations.
    pub observations: usize,
    inference: Inference,
}

/// Fits the model.
pub fn fit(data: &Data, covariance: &Covariance) -> Result<Fit, Fault> {
    let sums = Sums::new(data, covariance)?;
    let found = search::search(&sums, covariance.structure, &search::start(&sums, covariance.structure))?;
    Fit::new(data, covariance.structure, &sums, found)
}

impl Fit {
    /// What follows from the data at the parameters where a search ended, or at others.
    pub fn new(data: &Data, structure: Structure, sums: &Sums, found: Found) -> Result<Self, Fault> {
        let inference = Inference::new(sums, structure, &found)?;
        let spread = inference.of_parameters(Information::Observed);
        let square = sums.unit * sums.unit;
        let each = structure.count(sums.visits);
        let (names, powers) = (structure.names(sums.visits), structure.powers(sums.visits));
        let mut parameters = Vec::new();
        for (k, value) in found.point.parameters.iter().enumerate() {
            let unit = if powers[k % each] == 0.0 { 1.0 } else { square };
            parameters.push(Parameter {
                name: names[k % each].clone(),
                group: k / each,
                estimate: value * unit,
                error: spread[(k, k)].sqrt() * unit,
            });
        }
        let sigma = sigma(sums, structure, &found.point);
        let (deviance, count) = (found.point.objective, parameters.len() as f64);
        // As SAS: of restricted likelihood the fixed effects are taken off the observations.
        let left = ((sums.observations - sums.columns) as f64).max(count + 2.0);
        Ok(Fit {
            columns: data.columns.clone(),
            coefficients: sums.coefficients(&found.point.beta),
            covariance: inference.covariance(Freedom::Satterthwaite),
            parameters,
            sigma,
            deviance,
            aic: deviance + 2.0 * count,
            aicc: deviance + 2.0 * count * left / (left - count - 1.0),
            bic: deviance + count * log(data.subjects as f64),
            steps: found.steps,
            observations: sums.observations,
            inference,
        })
    }
}

/// Covariance over the visits in the unit of the data, one for each group.
pub fn sigma(sums: &Sums, structure: Structure, point: &Point) -> Vec<Matrix> {
    let square = sums.unit * sums.unit;
    let own = point.parameters.chunks(structure.count(sums.visits));
    own.map(|p| structure.sigma(sums.visits, p).scaled(square)).collect()
}
