//! Steady states: where chosen rates are 0 while the other states are held.
//!
//! A damped Newton iteration is tried first. Where it does not settle (a singular Jacobian, as with a conserved sum, or
//! a poor guess), the system is integrated with growing implicit steps until nothing moves, and Newton is tried again.

use crate::dense::Dense;
use crate::expr::{Expr, Graph, Interpreter, Point, Symbol};
use crate::lu::Plan;
use crate::system::System;

/// Newton iterations before giving up.
const NEWTON_STEPS: usize = 60;
/// Implicit steps before giving up.
const INTEGRATION_STEPS: usize = 4000;

/// Which states to solve for, and where.
#[derive(Copy, Clone, Debug)]
pub struct Question<'a> {
    /// The time at which rates are evaluated.
    pub time: f64,
    /// All states: the guess for the unknown ones, the held values of the others.
    pub states: &'a [f64],
    /// All parameters.
    pub parameters: &'a [f64],
    /// Positions of the states to solve for; their rates are made 0.
    pub unknown: &'a [u32],
    /// How far the last Newton step may be from 0, relative to `abs(state) + 1e-3 * scale`; 1e-9 is a good choice.
    pub tolerance: f64,
}

/// Why no steady state was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsettled {
    /// The state that moved most, relative to its size, when the search ended.
    pub state: u32,
    /// Its name.
    pub name: String,
    /// Its last value.
    pub value: f64,
    /// Its last rate of change.
    pub rate: f64,
}

impl std::fmt::Display for Unsettled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Unsettled { name, value, rate, .. } = self;
        write!(f, "no steady state found: {name} = {value} still changes at the rate {rate}; try another start value")
    }
}

impl std::error::Error for Unsettled {}

/// Solves; the answer holds all states, the held ones unchanged. For many subjects make one [`Steady`].
pub fn solve(system: &System, question: &Question) -> Result<Vec<f64>, Unsettled> {
    Steady::new(system, question.unknown).solve(question)
}

/// A search for the steady state of chosen states, prepared once and used for many subjects.
#[derive(Clone, Debug)]
pub struct Steady {
    /// Name and scale of each unknown state.
    unknown: Vec<(String, f64)>,
    /// Rates of the unknown states, then the entries of their Jacobian.
    values: Interpreter,
    plan: Plan,
}

impl Steady {
    /// Prepares the search: symbolic Jacobian and order of elimination.
    pub fn new(system: &System, unknown: &[u32]) -> Steady {
        let mut graph: Graph = system.graph.clone();
        let mut roots: Vec<Expr> = unknown.iter().map(|&i| system.rates[i as usize]).collect();
        let mut entries = Vec::new();
        let zero = graph.constant(0.0);
        for row in 0..unknown.len() {
            let symbols = graph.symbols(roots[row]);
            for (column, &state) in unknown.iter().enumerate() {
                if symbols.contains(&Symbol::State(state)) {
                    let slope = graph.derivative(roots[row], Symbol::State(state));
                    if slope != zero {
                        entries.push((row, column, entries.len() as u32));
                        roots.push(slope);
                    }
                }
            }
        }
        let specs = unknown.iter().map(|&i| &system.states[i as usize]);
        Steady {
            unknown: specs.map(|spec| (spec.name.clone(), spec.scale)).collect(),
            values: Interpreter::new(&graph, &roots),
            plan: Plan::new(unknown.len(), &entries),
        }
    }

    /// Answers a question about the same unknown states.
    ///
    /// # Panics
    /// Where the question has another number of unknown states.
    pub fn solve(&self, question: &Question) -> Result<Vec<f64>, Unsettled> {
        assert_eq!(question.unknown.len(), self.unknown.len(), "the question is about the states prepared for");
        Search { steady: self, question }.run()
    }
}

/// The factors of `shift I - J`: in the planned order, or with pivoting where that lost too many digits.
enum Factors<'a> {
    Sparse(&'a Plan, Vec<[f64; 1]>),
    Dense(Dense),
}

impl Factors<'_> {
    fn solve(&self, x: &mut [f64]) {
        match self {
            Factors::Sparse(plan, factors) => plan.solve(factors, x),
            Factors::Dense(dense) => dense.solve(x),
        }
    }
}

struct Search<'a> {
    steady: &'a Steady,
    question: &'a Question<'a>,
}

impl<'a> Search<'a> {
    fn run(&self) -> Result<Vec<f64>, Unsettled> {
        let guess: Vec<f64> = self.question.unknown.iter().map(|&i| self.question.states[i as usize]).collect();
        if let Some(found) = self.newton(guess.clone()) {
            return Ok(self.all(&found));
        }
        let settled = self.integrate(guess)?;
        let found = self.newton(settled.clone()).unwrap_or(settled);
        Ok(self.all(&found))
    }

    fn all(&self, x: &[f64]) -> Vec<f64> {
        let mut states = self.question.states.to_vec();
        for (&i, &value) in self.question.unknown.iter().zip(x) {
            states[i as usize] = value;
        }
        states
    }

    fn evaluate(&self, x: &[f64]) -> Vec<f64> {
        let states = self.all(x);
        let point = Point {
            time: self.question.time,
            states: &states,
            parameters: self.question.parameters,
            arguments: [0.0; 4],
        };
        let mut values = vec![0.0; self.steady.values.roots()];
        self.steady.values.evaluate(&point, &mut Vec::new(), &mut values);
        values
    }

    fn size(&self, k: usize, x: &[f64]) -> f64 {
        x[k].abs() + 1e-3 * self.steady.unknown[k].1
    }

    /// The largest of `d`, each relative to the size of its state; infinite where one is not finite.
    fn norm(&self, d: &[f64], x: &[f64]) -> f64 {
        d.iter().enumerate().fold(0.0, |most, (k, &d)| {
            let share = d.abs() / self.size(k, x);
            if share.is_finite() { share.max(most) } else { f64::INFINITY }
        })
    }

    /// `shift I - J`, factorised.
    fn matrix(&self, values: &[f64], shift: f64) -> Option<Factors<'a>> {
        let plan = &self.steady.plan;
        let n = self.steady.unknown.len();
        let slopes: Vec<[f64; 1]> = values[n..].iter().map(|&x| [x]).collect();
        let mut factors = vec![[0.0]; plan.len()];
        let mut bad = [0.0];
        plan.factorize(&slopes, &[shift], &mut factors, &mut bad);
        if bad == [0.0] {
            return Some(Factors::Sparse(plan, factors));
        }
        Dense::factorize(n, plan.dense(&slopes, shift, 0)).ok().map(Factors::Dense)
    }

    fn newton(&self, mut x: Vec<f64>) -> Option<Vec<f64>> {
        let n = x.len();
        for _ in 0..NEWTON_STEPS {
            let values = self.evaluate(&x);
            let matrix = self.matrix(&values, 0.0)?;
            let mut step = values[..n].to_vec();
            matrix.solve(&mut step);
            let size = self.norm(&step, &x);
            if !size.is_finite() {
                return None;
            }
            // Damping judges the step that would follow with the same matrix: it must be shorter.
            let mut damping = 1.0;
            loop {
                let next: Vec<f64> = x.iter().zip(&step).map(|(x, d)| x + damping * d).collect();
                let mut following = self.evaluate(&next);
                following.truncate(n);
                matrix.solve(&mut following);
                if self.norm(&following, &next) <= (1.0 - 0.25 * damping) * size || size <= self.question.tolerance {
                    x = next;
                    break;
                }
                damping *= 0.5;
                if damping < 1e-4 {
                    return None;
                }
            }
            if size <= self.question.tolerance {
                return Some(x);
            }
        }
        None
    }

    /// Linearly implicit Euler with a step that grows while the rates fall.
    fn integrate(&self, mut x: Vec<f64>) -> Result<Vec<f64>, Unsettled> {
        let n = x.len();
        let mut values = self.evaluate(&x);
        let mut h = 1e-2 / self.norm(&values[..n], &x).max(1e-6);
        for _ in 0..INTEGRATION_STEPS {
            let trial = self.matrix(&values, 1.0 / h).map(|matrix| {
                let mut step = values[..n].to_vec();
                matrix.solve(&mut step);
                step
            });
            let Some(step) = trial.filter(|step| self.norm(step, &x) <= 0.5) else {
                h *= 0.25;
                if h < 1e-300 {
                    break;
                }
                continue;
            };
            let moved = self.norm(&step, &x);
            for (x, d) in x.iter_mut().zip(&step) {
                *x += d;
            }
            values = self.evaluate(&x);
            // A step far longer than any memory of the system that still moves nothing: settled.
            if moved <= self.question.tolerance && h * self.norm(&values[..n], &x) <= 1e-3 && h > 1e6 {
                return Ok(x);
            }
            if moved < 0.2 {
                h = if h < 1e12 { h * 2.0 } else { h };
            }
        }
        let worst = (0..n).max_by(|&a, &b| {
            let share = |k: usize| values[k].abs() / self.size(k, &x);
            share(a).total_cmp(&share(b))
        });
        let k = worst.unwrap_or(0);
        let state = self.question.unknown[k];
        let name = self.steady.unknown[k].0.clone();
        Err(Unsettled { state, name, value: x[k], rate: values[k] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::StateSpec;

    fn system(rates: impl FnOnce(&mut Graph) -> Vec<Expr>) -> System {
        let mut graph = Graph::new();
        let rates = rates(&mut graph);
        let states = (0..rates.len()).map(|i| StateSpec { name: format!("x{i}"), scale: 1.0 }).collect();
        System { graph, states, rates, ..System::default() }
    }

    fn ask<'a>(states: &'a [f64], unknown: &'a [u32]) -> Question<'a> {
        Question { time: 0.0, states, parameters: &[], unknown, tolerance: 1e-10 }
    }

    #[test]
    fn agrees_with_a_root_by_hand_with_another_state_held() {
        // x' = y - x^3 with y held at 8.
        let system = system(|g| {
            let (x, y) = (g.symbol(Symbol::State(0)), g.symbol(Symbol::State(1)));
            let cube = g.powi(x, 3);
            vec![g.sub(y, cube), g.constant(1.0)]
        });
        let found = solve(&system, &ask(&[1.0, 8.0], &[0])).unwrap();
        assert!((found[0] - 2.0).abs() < 1e-9);
        assert_eq!(found[1], 8.0);
    }

    #[test]
    fn agrees_with_a_conserved_pair_whose_jacobian_is_singular() {
        // a <-> b with a + b = 3 and rates 1 and 2: a = 2, b = 1.
        let system = system(|g| {
            let (a, b) = (g.symbol(Symbol::State(0)), g.symbol(Symbol::State(1)));
            let two = g.constant(2.0);
            let back = g.mul(two, b);
            let net = g.sub(back, a);
            vec![net, g.neg(net)]
        });
        let found = solve(&system, &ask(&[3.0, 0.0], &[0, 1])).unwrap();
        assert!((found[0] - 2.0).abs() < 1e-6 && (found[1] - 1.0).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn rejects_a_system_that_never_settles() {
        let system = system(|g| vec![g.constant(1.0)]);
        let failure = solve(&system, &ask(&[0.0], &[0])).unwrap_err();
        assert_eq!((failure.state, failure.name.as_str()), (0, "x0"));
    }
}
