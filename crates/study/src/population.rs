//! Who virtual people are: covariates with their joint distribution.
//!
//! The atlas names the covariates (`population.toml`) and the ledger rows that hold their numbers. A person's covariates
//! come from correlated standard normal draws, each turned into a value by the law of its row; some of them set numbers
//! of the model. Everything else that differs between people is drawn from the ledger's variability, one row at a time.

mod read;

use crate::analysis::distribution::{normal_cdf, normal_quantile};
use model::ledger::{Law, Spread};
use model::unit::Unit;
use resynapse::prepare::{Prepared, drawn};
use sim::random::{Stream, inverse_normal, stream_id};

/// The file in an atlas.
pub const FILE: &str = "population.toml";

/// What an atlas says of people, not yet tied to numbers.
pub use read::{Change, Description};

/// Covariates with their numbers: who a person may be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct People {
    /// In the order in which they are drawn.
    pub covariates: Vec<Covariate>,
    /// Lower triangle of the Cholesky factor of the correlations between draws, row after row.
    factor: Vec<Vec<f64>>,
}

/// One covariate.
#[derive(Clone, Debug, PartialEq)]
pub struct Covariate {
    /// Name in protocols and data.
    pub id: String,
    /// Label.
    pub label: String,
    /// Unit of its values.
    pub unit: Unit,
    /// How a draw becomes a value.
    pub law: Shape,
    /// Parameter of the model that it sets.
    pub sets: Option<String>,
}

/// How a standard normal draw becomes a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Around a centre, which may differ for women.
    Around {
        /// Centre and spread for men, or for everybody.
        men: (f64, Spread),
        /// Centre and spread for women.
        women: (f64, Spread),
        /// Nobody is below this: the law is cut there, where it is normal.
        least: Option<f64>,
    },
    /// 1 for a share of people, else 0.
    Share(f64),
    /// 0, 1 or 2 of an allele of this frequency, in Hardy-Weinberg equilibrium.
    Alleles(f64),
    /// Whole numbers from the first on, with their shares.
    Count(f64, Vec<f64>),
    /// `a / b^2` of two covariates before it.
    RatioToSquare(usize, usize),
}

impl People {
    /// Position of a covariate.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.covariates.iter().position(|c| c.id == id)
    }

    /// Covariates of one person, each in its unit.
    pub fn draw(&self, seed: u64, replicate: u32, subject: u32) -> Vec<f64> {
        let own = |c: &Covariate| {
            // A covariate that sets a parameter with a spread of its own shares that parameter's stream.
            let name = c.sets.clone().unwrap_or_else(|| format!("covariate:{}", c.id));
            Stream::new(seed, replicate, subject, stream_id(&name), 0).normal()
        };
        let free: Vec<f64> = self.covariates.iter().map(own).collect();
        let sex = self.position(read::SEX);
        let mut values: Vec<f64> = Vec::with_capacity(free.len());
        for (k, covariate) in self.covariates.iter().enumerate() {
            let z: f64 = self.factor[k].iter().zip(&free).map(|(l, z)| l * z).sum();
            let woman = sex.is_some_and(|s| s < k && values[s] == 1.0);
            values.push(covariate.law.value(z, woman, &values));
        }
        values
    }

    /// Puts covariates into a person's parameters.
    pub fn apply(&self, covariates: &[f64], prepared: &Prepared, parameters: &mut [f64]) {
        for (covariate, value) in self.covariates.iter().zip(covariates) {
            if let Some(id) = &covariate.sets {
                prepared.set(parameters, id, covariate.unit.to_coherent(*value));
            }
        }
    }
}

/// A standard normal draw as a draw of the part of the law above `least`.
fn above(z: f64, least: f64) -> f64 {
    let below = normal_cdf(least);
    normal_quantile(below + (1.0 - below) * normal_cdf(z))
}

impl Shape {
    fn value(&self, z: f64, woman: bool, before: &[f64]) -> f64 {
        match self {
            Shape::Around { men, women, least } => {
                let (centre, spread) = if woman { women } else { men };
                let z = match least.filter(|_| spread.law == Law::Normal && spread.size > 0.0) {
                    Some(least) => above(z, (least - centre) / spread.size),
                    None => z,
                };
                drawn(spread, *centre, z)
            }
            Shape::Share(share) => f64::from(z < inverse_normal(*share)),
            Shape::Alleles(q) => {
                let (none, two) = ((1.0 - q) * (1.0 - q), q * q);
                f64::from(z >= inverse_normal(none)) + f64::from(z >= inverse_normal(1.0 - two))
            }
            Shape::Count(first, shares) => {
                let mut sum = 0.0;
                let passed = shares.iter().take(shares.len().saturating_sub(1)).filter(|s| {
                    sum += **s;
                    z >= inverse_normal(sum.min(1.0))
                });
                first + passed.count() as f64
            }
            Shape::RatioToSquare(a, b) => before[*a] / (before[*b] * before[*b]),
        }
    }

    /// Whether there is any spread.
    pub fn varies(&self) -> bool {
        match self {
            Shape::Around { men, women, .. } => men.1.law != Law::None || women.1.law != Law::None,
            _ => true,
        }
    }
}
