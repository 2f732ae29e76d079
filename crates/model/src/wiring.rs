//! Who needs whom among lets and ports: finds circles, and the order in which each comes after what it needs.

use crate::assembly::Model;
use crate::check::Meaning;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::{Check, EffectKind, Expr, ExprKind};
use std::collections::BTreeMap;

/// How many lets and ports may build on each other without a state between: bounds the stack.
const MOST_STEPS: usize = 600;

/// A value that is worked out from others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A let, or a port under its name inside the module that provides it.
    Local(usize, String),
    /// What all providers of a port give together.
    Port(String),
}

/// The port behind a required name, after wiring.
pub(crate) fn port_of(model: &Model, instance: usize, required: &str) -> String {
    let key = format!("{}:{required}", model.instances[instance].id);
    model.wire.get(&key).cloned().unwrap_or_else(|| required.to_string())
}

/// Reports every circle of lets and ports without a state between; gives the order for lowering.
pub(crate) fn order(model: &Model, diagnostics: &mut Vec<Diagnostic>) -> Vec<Step> {
    let mut finder = Finder { model, state: BTreeMap::new(), path: Vec::new(), order: Vec::new(), diagnostics };
    for (i, instance) in model.instances.iter().enumerate() {
        let mut bodies: Vec<&Expr> = Vec::new();
        bodies.extend(instance.equations.iter().map(|e| &e.value));
        bodies.extend(instance.provides.iter().map(|p| &p.value));
        bodies.extend(instance.lets.iter().map(|l| &l.value));
        for effect in instance.events.iter().flat_map(|e| &e.2) {
            match &effect.kind {
                EffectKind::Assign(value) => bodies.push(value),
                EffectKind::Add { amount, over, after } => {
                    bodies.extend([Some(amount), over.as_ref(), after.as_ref()].into_iter().flatten());
                }
            }
        }
        for check in &instance.checks {
            let (Check::AtRest(e) | Check::Always(e) | Check::DoseUp { value: e, .. }) = check;
            bodies.push(e);
        }
        bodies.into_iter().for_each(|e| finder.body(i, e));
    }
    finder.order
}

struct Finder<'a> {
    model: &'a Model,
    /// True while it is being followed.
    state: BTreeMap<Step, bool>,
    path: Vec<(Step, Span)>,
    order: Vec<Step>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Finder<'_> {
    fn body(&mut self, instance: usize, e: &Expr) {
        let mut names = Vec::new();
        e.walk(&mut |e| {
            if let ExprKind::Name(n) = &e.kind {
                names.push((n.clone(), e.span));
            }
        });
        let model = self.model;
        for (name, span) in names {
            let inst = &model.instances[instance];
            match model.scopes[instance].names.get(&name) {
                Some(Meaning::Let(i)) => {
                    self.follow(Step::Local(instance, name), span, &[(instance, &inst.lets[*i].value)]);
                }
                Some(Meaning::Provided(i)) => {
                    self.follow(Step::Local(instance, name), span, &[(instance, &inst.provides[*i].value)]);
                }
                Some(Meaning::Required(_)) => {
                    let port = port_of(model, instance, &name);
                    let providers: Vec<(usize, &Expr)> = model.ports.get(&port).map_or(vec![], |p| {
                        p.providers.iter().map(|(i, k)| (*i, &model.instances[*i].provides[*k].value)).collect()
                    });
                    self.follow(Step::Port(port), span, &providers);
                }
                _ => {}
            }
        }
    }

    fn follow(&mut self, step: Step, span: Span, bodies: &[(usize, &Expr)]) {
        match self.state.get(&step) {
            Some(false) => return,
            Some(true) => return self.circle(&step, span),
            None => {}
        }
        if self.path.len() >= MOST_STEPS {
            let message = format!("more than {MOST_STEPS} lets and ports build on each other here");
            let hint = "join some of them, or put a state between";
            self.diagnostics.push(Diagnostic::error("RS2046", span, message, hint));
            self.state.insert(step, false);
            return;
        }
        self.state.insert(step.clone(), true);
        self.path.push((step.clone(), span));
        for (instance, body) in bodies {
            self.body(*instance, body);
        }
        self.path.pop();
        self.state.insert(step.clone(), false);
        self.order.push(step);
    }

    fn circle(&mut self, step: &Step, span: Span) {
        let from = self.path.iter().position(|(s, _)| s == step).unwrap_or(0);
        let name = |s: &Step| match s {
            Step::Local(i, name) => format!("{}:{name}", self.model.instances[*i].id),
            Step::Port(name) => name.clone(),
        };
        let mut circle: Vec<String> = self.path[from..].iter().map(|(s, _)| name(s)).collect();
        circle.push(name(step));
        let message = format!("each of these needs the next before it is known: {}", circle.join(" -> "));
        let hint = "put a state (with a time constant) into the circle";
        let d = Diagnostic::error("RS2045", span, message, hint);
        let d = match self.path.get(from + 1) {
            Some((s, place)) => d.with_other(*place, format!("`{}` is needed here", name(s))),
            None => d,
        };
        self.diagnostics.push(d);
    }
}
