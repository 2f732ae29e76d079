//! What reaches a provided port inside one module: which required ports, and which numbers. It is read from the text,
//! not from compiled equations, so that inputs count whatever they are at rest. A term whose weight is exactly zero
//! carries nothing.

use super::Strength;
use model::expand::{Instance, expand};
use model::ledger::Grade;
use model::library::Contexts;
use model::syntax::{EffectKind, Expr, ExprKind, Module, Operator};
use resynapse::atlas::Atlas;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Kind of source of values that say nothing about the world (a factor of 1): they are not graded.
const NEUTRAL: &str = "definition";

/// A provided port, how well founded it is, and the required ports that reach it.
pub struct Inside {
    /// The port.
    pub port: String,
    /// The weakest grade of the numbers that reach it inside the module.
    pub strength: Strength,
    /// Required ports that reach it.
    pub needs: BTreeSet<String>,
}

/// All provided ports of a module.
pub fn inside(atlas: &Atlas, module: &Module) -> Vec<Inside> {
    let mut out = Vec::new();
    for instance in expand(module, &atlas.library.families, &mut Vec::new()) {
        let scope = Scope::new(atlas, &instance);
        for p in &instance.provides {
            let mut used = BTreeSet::new();
            scope.follow(&p.value, &mut used);
            let grades = used.iter().filter_map(|name| scope.grade(name)).max();
            let dynamic = scope.touches(&p.value);
            let strength = match (scope.fixed(&p.value), grades) {
                (Some(_), _) if dynamic => Strength::Off,
                (_, Some(grade)) => Strength::Graded(grade),
                (_, None) => Strength::Plain,
            };
            let needs = scope.reached(&p.value).into_iter().filter(|n| scope.required.contains(n.as_str()));
            out.push(Inside { port: p.name.value.clone(), strength, needs: needs.collect() });
        }
    }
    out
}

/// Names of one instance.
struct Scope<'a> {
    atlas: &'a Atlas,
    lets: BTreeMap<&'a str, &'a Expr>,
    /// What moves each state: its equation, its start, and what events add.
    states: BTreeMap<&'a str, Vec<&'a Expr>>,
    required: BTreeSet<&'a str>,
    /// Parameters with their default value.
    parameters: BTreeMap<&'a str, f64>,
    /// States that never leave zero.
    dead: BTreeSet<&'a str>,
    known: RefCell<BTreeMap<String, Option<f64>>>,
}

impl<'a> Scope<'a> {
    fn new(atlas: &'a Atlas, instance: &'a Instance) -> Scope<'a> {
        let required: BTreeSet<&str> = instance.requires.iter().map(|r| r.name.value.as_str()).collect();
        let mut lets: BTreeMap<&str, &Expr> = instance.lets.iter().map(|l| (l.name.value.as_str(), &l.value)).collect();
        for p in instance.provides.iter().filter(|p| !required.contains(p.name.value.as_str())) {
            lets.entry(&p.name.value).or_insert(&p.value);
        }
        let mut states: BTreeMap<&str, Vec<&Expr>> = BTreeMap::new();
        for s in &instance.states {
            states.insert(&s.name.value, s.start.iter().collect());
        }
        for e in &instance.equations {
            states.entry(&e.state.value).or_default().push(&e.value);
        }
        for effect in instance.events.iter().flat_map(|e| &e.2) {
            let entry = states.entry(&effect.state.value).or_default();
            match &effect.kind {
                EffectKind::Assign(value) => entry.push(value),
                EffectKind::Add { amount, over, after } => {
                    entry.push(amount);
                    entry.extend(over.iter().chain(after));
                }
            }
        }
        let value = |id: &str| {
            let row = atlas.library.ledger.select(id, &Contexts::new()).ok().flatten();
            row.map_or(f64::NAN, |r| r.value)
        };
        let parameters: BTreeMap<&str, f64> =
            instance.parameters.iter().map(|p| (p.name.value.as_str(), value(&p.name.value))).collect();
        let all: BTreeSet<&str> = states.keys().copied().collect();
        let mut scope = Scope { atlas, lets, states, required, parameters, dead: all, known: RefCell::default() };
        // All are taken to be dead; those that something could move are not.
        loop {
            scope.known.borrow_mut().clear();
            let is_dead = |s: &&str| scope.states[*s].iter().all(|e| scope.fixed(e) == Some(0.0));
            let still: BTreeSet<&str> = scope.dead.iter().copied().filter(is_dead).collect();
            if still.len() == scope.dead.len() {
                return scope;
            }
            scope.dead = still;
        }
    }

    /// The value of an expression that nothing in a run can change; not a number where it is fixed but not worked out.
    fn fixed(&self, e: &Expr) -> Option<f64> {
        match &e.kind {
            ExprKind::Number(x) | ExprKind::Quantity(x, _) => Some(*x),
            ExprKind::Name(name) => self.fixed_name(name),
            ExprKind::Negate(a) => self.fixed(a).map(|x| 0.0 - x),
            ExprKind::Binary(op, a, b) => {
                let (x, y) = (self.fixed(a), self.fixed(b));
                match (op, x, y) {
                    (Operator::Multiply, Some(0.0), _) | (Operator::Multiply, _, Some(0.0)) => Some(0.0),
                    (Operator::Divide, Some(0.0), _) => Some(0.0),
                    (Operator::Power, _, Some(0.0)) => Some(1.0),
                    (Operator::Add, Some(x), Some(y)) => Some(x + y),
                    (Operator::Subtract, Some(x), Some(y)) => Some(x - y),
                    (Operator::Multiply, Some(x), Some(y)) => Some(x * y),
                    (_, Some(_), Some(_)) => Some(f64::NAN),
                    _ => None,
                }
            }
            ExprKind::Call(_, arguments) => {
                let all: Option<Vec<f64>> = arguments.iter().map(|a| self.fixed(a)).collect();
                all.map(|_| f64::NAN)
            }
            _ => None,
        }
    }

    fn fixed_name(&self, name: &str) -> Option<f64> {
        if let Some(value) = self.parameters.get(name) {
            return Some(*value);
        }
        if self.states.contains_key(name) {
            return self.dead.contains(name).then_some(0.0);
        }
        let body = self.lets.get(name)?;
        if let Some(known) = self.known.borrow().get(name) {
            return *known;
        }
        let value = self.fixed(body);
        self.known.borrow_mut().insert(name.to_string(), value);
        value
    }

    /// Names that reach an expression by any path whose weight is not zero.
    fn follow(&self, e: &Expr, seen: &mut BTreeSet<String>) {
        // A fixed value that could have moved was silenced by a zero.
        if self.fixed(e).is_some() && self.touches(e) {
            return;
        }
        match &e.kind {
            ExprKind::Name(name) if seen.insert(name.clone()) => {
                self.bodies(name).for_each(|b| self.follow(b, seen));
            }
            ExprKind::Negate(a) | ExprKind::Not(a) | ExprKind::Fold(_, _, a) => self.follow(a, seen),
            ExprKind::Binary(_, a, b) => [a, b].into_iter().for_each(|x| self.follow(x, seen)),
            ExprKind::Chain(all, _) | ExprKind::Call(_, all) => all.iter().for_each(|x| self.follow(x, seen)),
            ExprKind::If(c, a, b) => [c, a, b].into_iter().for_each(|x| self.follow(x, seen)),
            _ => {}
        }
    }

    /// Names that reach an expression by any path.
    fn reached(&self, e: &Expr) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut queue = vec![e];
        while let Some(e) = queue.pop() {
            let mut fresh = Vec::new();
            e.walk(&mut |e| {
                if let ExprKind::Name(name) = &e.kind
                    && seen.insert(name.clone())
                {
                    fresh.push(name.clone());
                }
            });
            for name in fresh {
                queue.extend(self.bodies(&name));
            }
        }
        seen
    }

    /// What a let or a state is made of.
    fn bodies(&self, name: &str) -> impl Iterator<Item = &'a Expr> {
        let of_let = self.lets.get(name).copied();
        let of_state = self.states.get(name).cloned().unwrap_or_default();
        of_let.into_iter().chain(of_state)
    }

    /// Whether a state or an input reaches an expression at all.
    fn touches(&self, e: &Expr) -> bool {
        self.reached(e).iter().any(|n| self.states.contains_key(n.as_str()) || self.required.contains(n.as_str()))
    }

    fn grade(&self, id: &str) -> Option<Grade> {
        self.parameters.get(id)?;
        let ledger = &self.atlas.library.ledger;
        let row = ledger.select(id, &Contexts::new()).ok().flatten()?;
        let neutral = ledger.source(&row.source_key).is_some_and(|s| s.kind == NEUTRAL);
        (!neutral).then(|| row.grade())
    }
}
