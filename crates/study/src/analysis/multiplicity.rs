//! Several hypotheses in one trial, with the chance of any false rejection kept at `alpha`.
//!
//! [`Graph`] holds how much of `alpha` each hypothesis has and to which others it passes when the hypothesis is
//! rejected; a fixed sequence and Holm's procedure are graphs too. Hochberg's procedure rejects a little more and asks
//! for independent (or positively dependent) tests. P values are one-sided where `alpha` is, as in 0.025.
//!
//! ```
//! use study::analysis::multiplicity::{Graph, Hypothesis, Procedure, decide};
//! let p = [("response", 0.011), ("remission", 0.030), ("relapse", 0.004)];
//! let hypotheses: Vec<Hypothesis> = p.iter().map(|(name, p)| Hypothesis { name: name.to_string(), p: *p }).collect();
//! let decisions = decide(&hypotheses, &Procedure::Graph(Graph::fixed_sequence(3)), 0.025).unwrap();
//! // The third is not looked at, for the second failed.
//! let rejected: Vec<&str> = decisions.iter().filter(|d| d.rejected).map(|d| d.name.as_str()).collect();
//! assert_eq!(rejected, ["response"]);
//! ```

use std::fmt;

/// Rounding of sums of weights and shares that is forgiven.
const ROUNDING: f64 = 1e-9;
/// Relative rounding of an adjusted p value that is forgiven when it is held against `alpha`.
const AT_ALPHA: f64 = 1e-12;

/// A hypothesis with the p value of its test.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// Name.
    pub name: String,
    /// P value, between 0 and 1.
    pub p: f64,
}

/// How `alpha` is shared and passed on.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Share of `alpha` of each hypothesis; they add up to at most 1.
    pub weights: Vec<f64>,
    /// Row by row: when the hypothesis of the row is rejected, the share of its weight that each other one receives.
    /// Rows add up to at most 1, and none passes to itself.
    pub transitions: Vec<Vec<f64>>,
}

/// How several hypotheses are judged together.
#[derive(Clone, Debug, PartialEq)]
pub enum Procedure {
    /// Along a graph; makes no demand on how tests depend on each other.
    Graph(Graph),
    /// Hochberg's step-up procedure; tests that depend on each other positively, or not at all.
    Hochberg,
}

/// The judgement of one hypothesis.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Name.
    pub name: String,
    /// P value as it was given.
    pub p: f64,
    /// The least `alpha` at which the procedure rejects it.
    pub adjusted: f64,
    /// Whether it is rejected at the `alpha` asked for.
    pub rejected: bool,
}

/// Why hypotheses cannot be judged.
#[derive(Clone, Debug, PartialEq)]
pub enum Unusable {
    /// A p value is not between 0 and 1.
    NotAProbability {
        /// Name of the hypothesis.
        name: String,
        /// What was given.
        p: f64,
    },
    /// The graph is of another size than the list of hypotheses.
    Size {
        /// Hypotheses.
        hypotheses: usize,
        /// Weights, or rows or columns of transitions.
        found: usize,
    },
    /// A weight or share is outside 0 to 1.
    Share {
        /// What was given.
        share: f64,
    },
    /// Weights, or the shares of one row, add up to more than 1.
    Excess {
        /// Row of the transitions; `None` for the weights.
        row: Option<usize>,
        /// What they add up to.
        sum: f64,
    },
    /// A hypothesis passes weight to itself.
    Loop {
        /// Its row.
        row: usize,
    },
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::NotAProbability { name, p } => {
                write!(f, "the p value of `{name}` is {p}: it must be a number from 0 to 1; was its analysis possible?")
            }
            Unusable::Size { hypotheses, found } => write!(
                f,
                "{hypotheses} hypotheses, but {found} weights or transitions: give one weight and one row of \
                 {hypotheses} shares for each"
            ),
            Unusable::Share { share } => write!(f, "the share {share} of alpha is outside 0 to 1"),
            Unusable::Excess { row: None, sum } => write!(f, "the weights add up to {sum}: share out at most 1"),
            Unusable::Excess { row: Some(row), sum } => {
                write!(f, "hypothesis {} passes on {sum} of its weight: share out at most 1", row + 1)
            }
            Unusable::Loop { row } => {
                write!(f, "hypothesis {} passes weight to itself: the diagonal of the transitions is 0", row + 1)
            }
        }
    }
}

impl std::error::Error for Unusable {}

impl Graph {
    /// One after the other in the order given, each at full `alpha`, until one is not rejected.
    pub fn fixed_sequence(count: usize) -> Self {
        let share = |hit: bool| if hit { 1.0 } else { 0.0 };
        let weights = (0..count).map(|i| share(i == 0)).collect();
        Graph { weights, transitions: (0..count).map(|i| (0..count).map(|j| share(j == i + 1)).collect()).collect() }
    }

    /// All alike: the smallest p value first, and what is freed is shared equally.
    ///
    /// Source: Holm 1979, Scand J Stat 6:65.
    pub fn holm(count: usize) -> Self {
        let others = (count.max(2) - 1) as f64;
        let row = |i: usize| (0..count).map(|j| if i == j { 0.0 } else { 1.0 / others }).collect();
        Graph { weights: vec![1.0 / count as f64; count], transitions: (0..count).map(row).collect() }
    }

    fn check(&self, hypotheses: usize) -> Result<(), Unusable> {
        let sizes =
            [self.weights.len(), self.transitions.len()].into_iter().chain(self.transitions.iter().map(Vec::len));
        if let Some(found) = sizes.into_iter().find(|found| *found != hypotheses) {
            return Err(Unusable::Size { hypotheses, found });
        }
        let rows = self.transitions.iter().enumerate().map(|(i, row)| (Some(i), row));
        for (row, shares) in std::iter::once((None, &self.weights)).chain(rows) {
            if let Some(share) = shares.iter().find(|s| !(0.0..=1.0).contains(*s)) {
                return Err(Unusable::Share { share: *share });
            }
            let sum = shares.iter().sum::<f64>();
            if sum > 1.0 + ROUNDING {
                return Err(Unusable::Excess { row, sum });
            }
            if let Some(row) = row.filter(|i| shares[*i] > 0.0) {
                return Err(Unusable::Loop { row });
            }
        }
        Ok(())
    }

    /// Takes a hypothesis out and passes its weight and its edges on.
    fn reject(&mut self, out: usize) {
        let count = self.weights.len();
        let before = self.clone();
        let g = &before.transitions;
        for i in (0..count).filter(|i| *i != out) {
            self.weights[i] += before.weights[out] * g[out][i];
            for j in 0..count {
                let round_trip = g[i][out] * g[out][i];
                let inner = j != i && j != out && round_trip < 1.0;
                self.transitions[i][j] =
                    if inner { (g[i][j] + g[i][out] * g[out][j]) / (1.0 - round_trip) } else { 0.0 };
            }
        }
        self.weights[out] = 0.0;
        self.transitions[out] = vec![0.0; count];
    }
}

/// Judges the hypotheses: in the order in which they fall, those that are not rejected last.
///
/// Source: Bretz, Maurer, Brannath & Posch 2009, Stat Med 28:586, algorithms 1 and 2; Hochberg 1988, Biometrika 75:800.
pub fn decide(hypotheses: &[Hypothesis], procedure: &Procedure, alpha: f64) -> Result<Vec<Decision>, Unusable> {
    if let Some(h) = hypotheses.iter().find(|h| !(0.0..=1.0).contains(&h.p)) {
        return Err(Unusable::NotAProbability { name: h.name.clone(), p: h.p });
    }
    let order = match procedure {
        Procedure::Graph(graph) => along(hypotheses, graph)?,
        Procedure::Hochberg => hochberg(hypotheses),
    };
    let decision = |(k, adjusted): (usize, f64)| Decision {
        name: hypotheses[k].name.clone(),
        p: hypotheses[k].p,
        adjusted,
        rejected: adjusted <= alpha * (1.0 + AT_ALPHA),
    };
    Ok(order.into_iter().map(decision).collect())
}

/// Positions and adjusted p values in the order of rejection.
fn along(hypotheses: &[Hypothesis], graph: &Graph) -> Result<Vec<(usize, f64)>, Unusable> {
    graph.check(hypotheses.len())?;
    let mut graph = graph.clone();
    let mut left: Vec<usize> = (0..hypotheses.len()).collect();
    let (mut order, mut highest) = (Vec::new(), 0.0_f64);
    while !left.is_empty() {
        // Without weight a hypothesis is rejected at no alpha.
        let needed = |k: usize| if graph.weights[k] > 0.0 { hypotheses[k].p / graph.weights[k] } else { f64::INFINITY };
        // Of equals the one that was named first.
        let next = left.iter().copied().min_by(|a, b| needed(*a).total_cmp(&needed(*b)));
        let Some(next) = next else { break };
        highest = highest.max(needed(next)).min(1.0);
        order.push((next, highest));
        left.retain(|k| *k != next);
        graph.reject(next);
    }
    Ok(order)
}

fn hochberg(hypotheses: &[Hypothesis]) -> Vec<(usize, f64)> {
    let mut order: Vec<usize> = (0..hypotheses.len()).collect();
    order.sort_by(|a, b| hypotheses[*a].p.total_cmp(&hypotheses[*b].p));
    let mut least = 1.0_f64;
    let mut adjusted = Vec::new();
    for (above, k) in order.iter().rev().enumerate() {
        least = least.min((above as f64 + 1.0) * hypotheses[*k].p);
        adjusted.push((*k, least));
    }
    adjusted.reverse();
    adjusted
}
