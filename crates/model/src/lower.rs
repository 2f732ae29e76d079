//! From a joined model to a [`sim::System`]: names become symbols, ports become the expressions behind them.

use crate::assembly::Model;
use crate::check::Meaning;
use crate::diagnostic::Diagnostic;
use crate::syntax::{Check, Comparison, EffectKind, Expr as Ast, ExprKind, Function, Merge, Operator};
use crate::wiring::{Step, port_of};
use sim::expr::{Expr, Graph, Symbol};
use sim::system::{Action, Effect, StateSpec, System};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a system is wanted for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Ports or states (`instance.state`) to report, in order.
    pub outputs: Vec<String>,
    /// Ports that can be held at a value by two parameters, `hold:PORT` (0 or 1) and `held:PORT`.
    pub holds: Vec<String>,
    /// Append the value of each of [`Model::checks`] to the outputs (1 true, 0 false, or a quantity).
    pub checks: bool,
}

/// A system and what its numbers mean.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The equations.
    pub system: System,
    /// Names of the runtime parameters: ledger ids first, then `rest:PORT` inputs, `hold:`/`held:` pairs, `rate:STATE`
    /// inputs of infusions and `forcing` (1, or 0 while a steady state is sought).
    pub parameter_names: Vec<String>,
    /// Their values by default, coherent units.
    pub parameter_values: Vec<f64>,
    /// Which states start at rest.
    pub steady: Vec<bool>,
    /// Starting values of the other states, from parameters; 0 for steady ones.
    pub start: Vec<Expr>,
    /// Guess from which a steady state is sought.
    pub near: Vec<f64>,
    /// Event name → action.
    pub actions: BTreeMap<String, u32>,
}

impl Lowered {
    /// Index of a runtime parameter.
    pub fn parameter(&self, name: &str) -> Option<usize> {
        self.parameter_names.iter().position(|n| n == name)
    }

    /// Names of the runtime parameters that output `i` depends on, by any path through states and events whose weight
    /// is not exactly zero at the given values.
    pub fn influences(&self, output: usize, values: &[f64]) -> BTreeSet<String> {
        self.paths(values, None).influences(output)
    }

    /// The paths along which numbers reach outputs when only the `fired` actions happen (`None`: any may). Parameters
    /// that are exactly zero, and states that can then never leave zero, carry nothing.
    pub fn paths(&self, values: &[f64], fired: Option<&BTreeSet<u32>>) -> Paths<'_> {
        let s = &self.system;
        let mut graph = s.graph.clone();
        let zero = graph.constant(0.0);
        let mut effects: Vec<Parts> = Vec::new();
        let mut roots: Vec<Expr> = s.rates.iter().chain(&s.outputs).chain(&self.start).copied().collect();
        for (i, action) in s.actions.iter().enumerate() {
            if fired.is_some_and(|f| !f.contains(&(i as u32))) {
                continue;
            }
            for effect in &action.effects {
                let (state, rate, parts): (u32, Option<u32>, Vec<Expr>) = match effect {
                    Effect::Add { state, amount, delay } => {
                        (*state, None, std::iter::once(*amount).chain(*delay).collect())
                    }
                    Effect::Assign { state, value } => (*state, None, vec![*value]),
                    Effect::Infuse { state, rate_parameter, amount, duration, delay } => {
                        (*state, Some(*rate_parameter), [*amount, *duration].into_iter().chain(*delay).collect())
                    }
                };
                effects.push(Parts { state, rate, first: roots.len(), count: parts.len() });
                roots.extend(parts);
            }
        }
        let is_rate = |i: usize| self.parameter_names[i].starts_with("rate:");
        let zeros = |wanted: &dyn Fn(usize) -> bool| -> HashMap<Symbol, Expr> {
            let silent = (0..values.len()).filter(|i| values[*i] == 0.0 && wanted(*i));
            silent.map(|i| (Symbol::Parameter(i as u32), zero)).collect()
        };
        let roots = graph.substitute(&roots, &zeros(&|i| !is_rate(i)));
        // An effect whose amount (its first part) is exactly zero changes nothing, and its infusion never runs.
        effects.retain(|e| !is_zero(&graph, roots[e.first]));
        let running: BTreeSet<u32> = effects.iter().filter_map(|e| e.rate).collect();
        let mut roots = graph.substitute(&roots, &zeros(&|i| is_rate(i) && !running.contains(&(i as u32))));
        let n = s.rates.len();
        let starts = n + s.outputs.len();
        let mut idle: BTreeSet<u32> = (0..n as u32)
            .filter(|i| {
                // A steady state that is looked for around zero is zero where its rate is; one with `near` may have
                // another branch.
                let k = *i as usize;
                (if self.steady[k] { self.near[k] == 0.0 } else { is_zero(&graph, roots[starts + k]) })
                    && !effects.iter().any(|e| e.state == *i)
            })
            .collect();
        loop {
            let still: HashMap<Symbol, Expr> = idle.iter().map(|i| (Symbol::State(*i), zero)).collect();
            let reduced = graph.substitute(&roots, &still);
            let before = idle.len();
            idle.retain(|i| is_zero(&graph, reduced[*i as usize]));
            if idle.len() == before {
                roots = reduced;
                break;
            }
        }
        Paths { names: &self.parameter_names, graph, states: n, outputs: s.outputs.len(), idle, effects, roots }
    }
}

/// True for the constants 0 and -0.
fn is_zero(graph: &Graph, e: Expr) -> bool {
    graph.constant_value(e) == Some(0.0)
}

/// Where the parts of an effect (amount, duration, delay) stand among the roots.
#[derive(Clone, Debug)]
struct Parts {
    state: u32,
    rate: Option<u32>,
    first: usize,
    count: usize,
}

/// What [`Lowered::paths`] found.
#[derive(Clone, Debug)]
pub struct Paths<'a> {
    names: &'a [String],
    graph: Graph,
    /// States that can never leave zero.
    idle: BTreeSet<u32>,
    states: usize,
    outputs: usize,
    effects: Vec<Parts>,
    /// Rates, outputs, starts, then the parts of effects.
    roots: Vec<Expr>,
}

impl Paths<'_> {
    /// True for a state that can never leave zero.
    pub(crate) fn is_idle(&self, state: u32) -> bool {
        self.idle.contains(&state)
    }

    /// Names of the runtime parameters that reach an output.
    pub fn influences(&self, output: usize) -> BTreeSet<String> {
        self.behind(std::iter::once(output)).1
    }

    /// States that reach any output.
    pub(crate) fn states_behind(&self) -> BTreeSet<u32> {
        self.behind(0..self.outputs).0
    }

    /// States and parameters that reach the outputs.
    fn behind(&self, outputs: impl Iterator<Item = usize>) -> (BTreeSet<u32>, BTreeSet<String>) {
        let mut seen_states = BTreeSet::new();
        let mut parameters = BTreeSet::new();
        let mut queue: Vec<Expr> = outputs.map(|k| self.roots[self.states + k]).collect();
        while let Some(root) = queue.pop() {
            for symbol in self.graph.symbols(root) {
                match symbol {
                    Symbol::State(i) if seen_states.insert(i) => {
                        queue.push(self.roots[i as usize]);
                        queue.push(self.roots[self.states + self.outputs + i as usize]);
                        for e in self.effects.iter().filter(|e| e.state == i) {
                            queue.extend(&self.roots[e.first..e.first + e.count]);
                        }
                    }
                    Symbol::Parameter(i) => {
                        parameters.insert(self.names[i as usize].clone());
                    }
                    _ => {}
                }
            }
        }
        (seen_states, parameters)
    }
}

impl Model {
    /// Builds the system. Unknown names in the request are reported all at once.
    pub fn lower(&self, request: &Request) -> Result<Lowered, Vec<Diagnostic>> {
        let mut unknown = Vec::new();
        let ports: Vec<&str> = self.ports.keys().map(String::as_str).collect();
        let states = self.states.iter().map(|s| s.id.as_str());
        let either: Vec<&str> = ports.iter().copied().chain(states).collect();
        let outputs = request.outputs.iter().map(|name| (name, &either, "is neither a port nor a state"));
        let holds = request.holds.iter().map(|name| (name, &ports, "cannot be held: it is not a port"));
        for (name, known, fault) in outputs.chain(holds) {
            if !known.contains(&name.as_str()) {
                let hint = match crate::parser::closest(name, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "see `resynapse model show` for the ports of each module".into(),
                };
                let message = format!("`{name}` {fault} of `{}`", self.name);
                unknown.push(Diagnostic::error_nowhere("RS2050", message, hint));
            }
        }
        if !unknown.is_empty() {
            return Err(unknown);
        }
        Ok(Lowerer::new(self, request).run(request))
    }
}

struct Lowerer<'a> {
    model: &'a Model,
    graph: Graph,
    names: Vec<String>,
    values: Vec<f64>,
    index: BTreeMap<String, u32>,
    /// (instance, local state) → state.
    states: BTreeMap<(usize, usize), u32>,
    memo: BTreeMap<(usize, String), Expr>,
    ports: BTreeMap<String, Expr>,
}

impl<'a> Lowerer<'a> {
    fn new(model: &'a Model, request: &Request) -> Self {
        let mut l = Lowerer {
            model,
            graph: Graph::new(),
            names: Vec::new(),
            values: Vec::new(),
            index: BTreeMap::new(),
            states: BTreeMap::new(),
            memo: BTreeMap::new(),
            ports: BTreeMap::new(),
        };
        for p in &model.parameters {
            l.declare(p.id.clone(), p.row.coherent());
        }
        for port in model.ports.values() {
            if let (Some(rest), Merge::One) = (port.rest, port.merge) {
                l.declare(format!("rest:{}", port.name), rest);
            }
        }
        for name in &request.holds {
            l.declare(format!("hold:{name}"), 0.0);
            l.declare(format!("held:{name}"), 0.0);
        }
        for (i, s) in model.states.iter().enumerate() {
            l.states.insert((s.instance, s.local), i as u32);
        }
        l.declare("forcing".into(), 1.0);
        l
    }

    fn declare(&mut self, name: String, value: f64) -> u32 {
        let i = self.names.len() as u32;
        self.index.insert(name.clone(), i);
        self.names.push(name);
        self.values.push(value);
        i
    }

    fn parameter(&mut self, name: &str) -> Expr {
        let i = self.index[name];
        self.graph.symbol(Symbol::Parameter(i))
    }

    fn run(mut self, request: &Request) -> Lowered {
        let model = self.model;
        // Each after what it needs: the stack stays as deep as one expression.
        for step in &model.order {
            match step {
                Step::Local(i, name) => self.name(*i, name),
                Step::Port(name) => self.port(name),
            };
        }
        let mut rates = vec![self.graph.constant(0.0); model.states.len()];
        for (i, instance) in model.instances.iter().enumerate() {
            for equation in &instance.equations {
                let state = self.state(i, &equation.state.value);
                rates[state as usize] = self.expr(i, &equation.value);
            }
        }
        let mut actions = Vec::new();
        let mut action_names = BTreeMap::new();
        for (name, event) in &model.events {
            let mut effects = Vec::new();
            for (i, k) in &event.handlers {
                for effect in &model.instances[*i].events[*k].2 {
                    effects.push(self.effect(*i, effect, &mut rates));
                }
            }
            action_names.insert(name.clone(), actions.len() as u32);
            actions.push(Action { effects });
        }
        let mut start = Vec::new();
        for s in &model.states {
            start.push(match &model.instances[s.instance].states[s.local].start {
                Some(e) => self.expr(s.instance, e),
                None => self.graph.constant(0.0),
            });
        }
        let mut outputs = Vec::new();
        for name in &request.outputs {
            // A port goes before a state of the same name, as in `unit_of`.
            outputs.push(match model.states.iter().position(|s| &s.id == name) {
                Some(i) if !model.ports.contains_key(name) => self.graph.symbol(Symbol::State(i as u32)),
                _ => self.port(name),
            });
        }
        if request.checks {
            for (i, instance) in model.instances.iter().enumerate() {
                for check in &instance.checks {
                    let (Check::AtRest(e) | Check::Always(e) | Check::DoseUp { value: e, .. }) = check;
                    let e = self.check_expr(i, e, &rates);
                    outputs.push(e);
                }
            }
        }
        let states = model.states.iter().map(|s| StateSpec { name: s.id.clone(), scale: s.scale }).collect();
        let parameters = self.names.len();
        Lowered {
            system: System { graph: self.graph, states, parameters, rates, outputs, actions },
            parameter_names: self.names,
            parameter_values: self.values,
            steady: model.states.iter().map(|s| s.steady).collect(),
            near: model.states.iter().map(|s| s.near.unwrap_or(0.0)).collect(),
            start,
            actions: action_names,
        }
    }

    fn state(&self, instance: usize, name: &str) -> u32 {
        match self.model.scopes[instance].names.get(name) {
            Some(Meaning::State(local)) => self.states[&(instance, *local)],
            _ => unreachable!("checked: `{name}` is a state"),
        }
    }

    /// Amounts of events arrive in coherent units, so the handler's own unit needs no factor.
    fn effect(&mut self, instance: usize, effect: &crate::syntax::Effect, rates: &mut [Expr]) -> Effect {
        let state = self.state(instance, &effect.state.value);
        match &effect.kind {
            EffectKind::Assign(value) => Effect::Assign { state, value: self.expr(instance, value) },
            EffectKind::Add { amount, over, after } => {
                let amount = self.expr(instance, amount);
                let delay = after.as_ref().map(|e| self.expr(instance, e));
                let Some(over) = over else { return Effect::Add { state, amount, delay } };
                let duration = self.expr(instance, over);
                let name = format!("rate:{}", self.model.states[state as usize].id);
                let rate_parameter = match self.index.get(&name) {
                    Some(i) => *i,
                    None => {
                        let i = self.declare(name, 0.0);
                        let rate = self.graph.symbol(Symbol::Parameter(i));
                        rates[state as usize] = self.graph.add(rates[state as usize], rate);
                        i
                    }
                };
                Effect::Infuse { state, rate_parameter, amount, duration, delay }
            }
        }
    }

    fn port(&mut self, name: &str) -> Expr {
        if let Some(e) = self.ports.get(name) {
            return *e;
        }
        let port = &self.model.ports[name];
        let mut value: Option<Expr> = None;
        for (instance, k) in &port.providers {
            let e = self.expr(*instance, &self.model.instances[*instance].provides[*k].value);
            value = Some(match (value, port.merge) {
                (None, _) => e,
                (Some(v), Merge::Product) => self.graph.mul(v, e),
                (Some(v), _) => self.graph.add(v, e),
            });
        }
        let mut value = match (value, port.merge) {
            (Some(v), _) => v,
            (None, Merge::One) => self.parameter(&format!("rest:{name}")),
            (None, Merge::Sum) => self.graph.constant(port.rest.unwrap_or(0.0)),
            (None, Merge::Product) => self.graph.constant(port.rest.unwrap_or(1.0)),
        };
        if self.index.contains_key(&format!("hold:{name}")) {
            let flag = self.parameter(&format!("hold:{name}"));
            let held = self.parameter(&format!("held:{name}"));
            let half = self.graph.constant(0.5);
            let on = self.graph.less(half, flag);
            value = self.graph.select(on, held, value);
        }
        self.ports.insert(name.to_string(), value);
        value
    }

    fn name(&mut self, instance: usize, name: &str) -> Expr {
        match name {
            "time" => return self.graph.symbol(Symbol::Time),
            "amount" => return self.graph.symbol(Symbol::Argument(0)),
            "duration" => return self.graph.symbol(Symbol::Argument(1)),
            "index" => return self.graph.symbol(Symbol::Argument(2)),
            "normal" => return self.graph.symbol(Symbol::Argument(3)),
            _ => {}
        }
        let key = (instance, name.to_string());
        if let Some(e) = self.memo.get(&key) {
            return *e;
        }
        let model = self.model;
        let inst = &model.instances[instance];
        let value = match model.scopes[instance].names[name] {
            Meaning::Parameter(_) => self.parameter(name),
            Meaning::State(_) => {
                let i = self.state(instance, name);
                self.graph.symbol(Symbol::State(i))
            }
            Meaning::Let(i) => self.expr(instance, &inst.lets[i].value),
            Meaning::Provided(i) => self.expr(instance, &inst.provides[i].value),
            Meaning::Required(_) => {
                let port = port_of(model, instance, name);
                self.port(&port)
            }
        };
        self.memo.insert(key, value);
        value
    }

    fn check_expr(&mut self, instance: usize, e: &Ast, rates: &[Expr]) -> Expr {
        // A primed state stands only in checks: give it the name of its rate for the time of this lowering.
        let mut primes = Vec::new();
        e.walk(&mut |e| {
            if let ExprKind::Rate(n) = &e.kind {
                primes.push(n.clone());
            }
        });
        for n in primes {
            let rate = rates[self.state(instance, &n) as usize];
            self.memo.insert((instance, format!("{n}'")), rate);
        }
        self.expr(instance, e)
    }

    fn expr(&mut self, i: usize, e: &Ast) -> Expr {
        match &e.kind {
            ExprKind::Number(x) => self.graph.constant(*x),
            ExprKind::Quantity(x, unit) => self.graph.constant(unit.to_coherent(*x)),
            ExprKind::Name(n) => self.name(i, n),
            ExprKind::Rate(n) => self.memo[&(i, format!("{n}'"))],
            ExprKind::Negate(a) => {
                let a = self.expr(i, a);
                self.graph.neg(a)
            }
            ExprKind::Not(a) => {
                let a = self.expr(i, a);
                self.graph.not(a)
            }
            ExprKind::Binary(op, a, b) => self.binary(i, *op, a, b),
            ExprKind::Chain(operands, comparisons) => {
                let values: Vec<Expr> = operands.iter().map(|x| self.expr(i, x)).collect();
                let mut all: Option<Expr> = None;
                for (k, c) in comparisons.iter().enumerate() {
                    let (a, b) = (values[k], values[k + 1]);
                    let one = match c {
                        Comparison::Less => self.graph.less(a, b),
                        Comparison::LessEqual => self.graph.less_equal(a, b),
                        Comparison::Greater => self.graph.less(b, a),
                        Comparison::GreaterEqual => self.graph.less_equal(b, a),
                    };
                    all = Some(match all {
                        None => one,
                        Some(sofar) => self.graph.and(sofar, one),
                    });
                }
                all.unwrap_or_else(|| self.graph.constant(1.0))
            }
            ExprKind::If(c, a, b) => {
                let (c, a, b) = (self.expr(i, c), self.expr(i, a), self.expr(i, b));
                self.graph.select(c, a, b)
            }
            ExprKind::Call(f, arguments) => {
                let x: Vec<Expr> = arguments.iter().map(|a| self.expr(i, a)).collect();
                self.call(*f, &x)
            }
            ExprKind::Fold(..) | ExprKind::Broken => unreachable!("unrolled and checked before lowering"),
        }
    }

    fn binary(&mut self, i: usize, op: Operator, a: &Ast, b: &Ast) -> Expr {
        let literal = match &b.kind {
            ExprKind::Number(n) => Some(*n),
            ExprKind::Negate(inner) => match inner.kind {
                ExprKind::Number(n) => Some(-n),
                _ => None,
            },
            _ => None,
        };
        let (x, y) = (self.expr(i, a), self.expr(i, b));
        match (op, literal) {
            (Operator::Add, _) => self.graph.add(x, y),
            (Operator::Subtract, _) => self.graph.sub(x, y),
            (Operator::Multiply, _) => self.graph.mul(x, y),
            (Operator::Divide, _) => self.graph.div(x, y),
            (Operator::And, _) => self.graph.and(x, y),
            (Operator::Or, _) => self.graph.or(x, y),
            (Operator::Power, Some(n)) if n.fract() == 0.0 && n.abs() <= 10.0 => self.graph.powi(x, n as i32),
            (Operator::Power, _) => self.graph.pow(x, y),
        }
    }

    fn call(&mut self, function: Function, x: &[Expr]) -> Expr {
        let g = &mut self.graph;
        match function {
            Function::Min => x[1..].iter().fold(x[0], |a, b| g.min(a, *b)),
            Function::Max => x[1..].iter().fold(x[0], |a, b| g.max(a, *b)),
            Function::Abs => g.abs(x[0]),
            Function::Positive => {
                let zero = g.constant(0.0);
                g.max(x[0], zero)
            }
            Function::Hill => g.hill(x[0], x[1], x[2]),
            Function::Softplus => g.softplus(x[0], x[1]),
            Function::Logistic => g.logistic(x[0]),
            Function::Exp => g.exp(x[0]),
            Function::Ln => g.ln(x[0]),
            Function::Sqrt => g.sqrt(x[0]),
            Function::Tanh => g.tanh(x[0]),
            Function::Cycle => {
                let time = g.symbol(Symbol::Time);
                let turn = g.constant(std::f64::consts::TAU);
                let since = g.sub(time, x[1]);
                let turns = g.div(since, x[0]);
                let angle = g.mul(turn, turns);
                let wave = g.cos(angle);
                let on = self.parameter("forcing");
                self.graph.mul(on, wave)
            }
        }
    }
}
