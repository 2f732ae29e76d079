//! A system of differential equations with outputs and things that can happen to it. Numbers only: one coherent set of
//! units is assumed, and no quantity has a meaning here.

use crate::expr::{Expr, Graph, Interpreter, Point, Symbol};

/// Ordinary differential equations `d state / dt = rate(time, states, parameters)` and their surroundings.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// Holds every expression named below.
    pub graph: Graph,
    /// The states, in order.
    pub states: Vec<StateSpec>,
    /// How many parameters there are.
    pub parameters: usize,
    /// The time derivative of each state; of time, states and parameters.
    pub rates: Vec<Expr>,
    /// The values of one row of samples; of time, states and parameters.
    pub outputs: Vec<Expr>,
    /// What an event can do; [`crate::What::Event`] names one by its position.
    pub actions: Vec<Action>,
}

/// What is known of a state.
#[derive(Clone, Debug, PartialEq)]
pub struct StateSpec {
    /// The name used in failures.
    pub name: String,
    /// The size at which errors are judged, above 0: the absolute tolerance is `rtol * 1e-3 * scale`.
    pub scale: f64,
}

/// What one kind of event does: all effects see the states from before the action, and are applied in order.
#[derive(Clone, Debug, Default)]
pub struct Action {
    /// The effects, in order.
    pub effects: Vec<Effect>,
}

/// One change. Its expressions may use time, states, parameters and the event's arguments.
#[derive(Copy, Clone, Debug)]
pub enum Effect {
    /// Adds to a state, now or `delay` later; amount and delay are evaluated at the event.
    Add {
        /// Which state.
        state: u32,
        /// What is added.
        amount: Expr,
        /// How much later, at least 0.
        delay: Option<Expr>,
    },
    /// Sets a state.
    Assign {
        /// Which state.
        state: u32,
        /// Its new value.
        value: Expr,
    },
    /// For `duration` from the event (plus `delay`) the parameter is raised by `amount / duration`. Overlapping
    /// infusions of one parameter add up. A duration of 0 is a jump of the state.
    Infuse {
        /// The state that a duration of 0 adds to.
        state: u32,
        /// The parameter that enters the state's rate.
        rate_parameter: u32,
        /// The total amount.
        amount: Expr,
        /// Over how long, at least 0.
        duration: Expr,
        /// How much later it starts, at least 0.
        delay: Option<Expr>,
    },
}

impl Effect {
    /// The expressions of the effect: amount or value, then duration, then delay.
    fn expressions(&self) -> Vec<Expr> {
        match *self {
            Effect::Add { amount, delay, .. } => [Some(amount), delay].into_iter().flatten().collect(),
            Effect::Assign { value, .. } => vec![value],
            Effect::Infuse { amount, duration, delay, .. } => {
                [Some(amount), Some(duration), delay].into_iter().flatten().collect()
            }
        }
    }
}

/// A fault in how a system is put together; our caller's mistake, not the model's.
#[derive(Clone, Debug, PartialEq)]
pub struct SystemFault(pub String);

impl std::fmt::Display for SystemFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SystemFault {}

impl System {
    /// Checks that counts agree, scales are positive and every number of a state, parameter or argument exists.
    pub fn check(&self) -> Result<(), SystemFault> {
        let fault = |text: String| Err(SystemFault(text));
        if self.rates.len() != self.states.len() {
            return fault(format!("{} states have {} rates", self.states.len(), self.rates.len()));
        }
        if let Some(state) = self.states.iter().find(|state| !(state.scale > 0.0 && state.scale.is_finite())) {
            return fault(format!("state {} has the scale {}; it must be above 0", state.name, state.scale));
        }
        let known = |symbol: &Symbol, event: bool| match *symbol {
            Symbol::Time => true,
            Symbol::State(i) => (i as usize) < self.states.len(),
            Symbol::Parameter(i) => (i as usize) < self.parameters,
            Symbol::Argument(i) => event && i < 4,
        };
        let continuous = self.rates.iter().chain(&self.outputs).copied().collect::<Vec<_>>();
        let discrete =
            self.actions.iter().flat_map(|a| a.effects.iter().flat_map(Effect::expressions)).collect::<Vec<_>>();
        for (roots, event) in [(continuous, false), (discrete, true)] {
            for e in self.graph.reachable(&roots) {
                if let crate::expr::Node::Symbol(symbol) = self.graph.node(e)
                    && !known(&symbol, event)
                {
                    return fault(format!("an expression uses {symbol:?}, which the system does not have"));
                }
            }
        }
        for effect in self.actions.iter().flat_map(|a| &a.effects) {
            let (state, parameter) = match *effect {
                Effect::Add { state, .. } | Effect::Assign { state, .. } => (state, None),
                Effect::Infuse { state, rate_parameter, .. } => (state, Some(rate_parameter)),
            };
            if state as usize >= self.states.len() || parameter.is_some_and(|p| p as usize >= self.parameters) {
                return fault(format!("an effect names state {state} or parameter {parameter:?}, which do not exist"));
            }
        }
        Ok(())
    }

    /// The entries of the Jacobian `d rate_row / d state_column` that are not identically 0, row by row.
    pub fn jacobian(&mut self) -> Vec<(usize, usize, Expr)> {
        let zero = self.graph.constant(0.0);
        let mut entries = Vec::new();
        for row in 0..self.rates.len() {
            for symbol in self.graph.symbols(self.rates[row]) {
                let Symbol::State(column) = symbol else { continue };
                let slope = self.graph.derivative(self.rates[row], symbol);
                if slope != zero {
                    entries.push((row, column as usize, slope));
                }
            }
        }
        entries
    }
}

/// The parts of a system that are evaluated one subject at a time: outputs at edges and the effects of events.
#[derive(Clone, Debug)]
pub(crate) struct Discrete {
    pub names: Vec<String>,
    pub parameters: usize,
    outputs: Interpreter,
    actions: Vec<(Vec<Effect>, Interpreter)>,
}

/// An effect with its expressions evaluated.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) enum Change {
    Add { state: u32, amount: f64, delay: f64 },
    Assign { state: u32, value: f64 },
    Infuse { state: u32, rate_parameter: u32, amount: f64, duration: f64, delay: f64 },
}

impl Discrete {
    pub fn new(system: &System) -> Discrete {
        let interpreter = |effects: &[Effect]| {
            let roots: Vec<Expr> = effects.iter().flat_map(Effect::expressions).collect();
            Interpreter::new(&system.graph, &roots)
        };
        Discrete {
            names: system.states.iter().map(|state| state.name.clone()).collect(),
            parameters: system.parameters,
            outputs: Interpreter::new(&system.graph, &system.outputs),
            actions: system.actions.iter().map(|a| (a.effects.clone(), interpreter(&a.effects))).collect(),
        }
    }

    /// How many outputs a row of samples has.
    pub fn width(&self) -> usize {
        self.outputs.roots()
    }

    /// Appends one row of outputs.
    pub fn outputs(&self, point: &Point, row: &mut Vec<f64>) {
        let start = row.len();
        row.resize(start + self.width(), 0.0);
        self.outputs.evaluate(point, &mut Vec::new(), &mut row[start..]);
    }

    pub fn actions(&self) -> usize {
        self.actions.len()
    }

    /// The changes that an action makes, all from the same point.
    pub fn changes(&self, action: usize, point: &Point) -> Vec<Change> {
        let (effects, interpreter) = &self.actions[action];
        let mut values = vec![0.0; interpreter.roots()];
        interpreter.evaluate(point, &mut Vec::new(), &mut values);
        let mut values = values.into_iter();
        let mut next = || values.next().expect("one value per expression");
        effects
            .iter()
            .map(|effect| match *effect {
                Effect::Add { state, delay, .. } => {
                    Change::Add { state, amount: next(), delay: delay.map_or(0.0, |_| next()) }
                }
                Effect::Assign { state, .. } => Change::Assign { state, value: next() },
                Effect::Infuse { state, rate_parameter, delay, .. } => Change::Infuse {
                    state,
                    rate_parameter,
                    amount: next(),
                    duration: next(),
                    delay: delay.map_or(0.0, |_| next()),
                },
            })
            .collect()
    }
}
