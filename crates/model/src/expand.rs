//! Families unrolled: from a file with `{e}` in its names to flat instances.

use crate::diagnostic::Diagnostic;
use crate::parser::{closest, well_formed};
use crate::source::{FileId, SourceMap, Sources, Span};
use crate::syntax::{
    Binder, Check, Effect, EffectKind, Equation, EventHandler, Expr, ExprKind, Item, Let, Merge, Module, Name,
    Operator, ParameterUse, Provide, Require, StateDeclaration,
};
use std::collections::BTreeMap;

/// The most copies one entry may be repeated into.
const MOST_COPIES: usize = 4096;

/// The most names, numbers and operations one instance of a module may be unrolled into.
const MOST_PARTS: usize = 200_000;

/// A fold over more members than this is grouped, so that it does not become a deep tree.
const FOLD_RUN: usize = 16;

/// Declared finite sets, from `families.toml`.
#[derive(Clone, Debug, Default)]
pub struct Families(pub BTreeMap<String, Vec<String>>);

impl Families {
    /// Reads `families.toml`; a missing file means no families.
    pub fn load(sources: &dyn Sources, map: &mut SourceMap, diagnostics: &mut Vec<Diagnostic>) -> Families {
        let Ok(text) = sources.read("families.toml") else { return Families::default() };
        let file = map.add("families.toml", text.as_str());
        match toml::from_str::<BTreeMap<String, Vec<String>>>(&text) {
            Ok(sets) => {
                let whole = Span::new(file, 0, text.find('\n').unwrap_or(text.len()));
                for (family, members) in &sets {
                    let plain = |name: &str| well_formed(name) && !name.contains(['.', '{']);
                    for (i, member) in members.iter().enumerate() {
                        let fault = if !plain(member) {
                            format!("the member `{member}` of the family `{family}` is not a well-formed name")
                        } else if members[..i].contains(member) {
                            format!("the family `{family}` lists `{member}` twice")
                        } else {
                            continue;
                        };
                        let hint = "members are different words of lower-case letters, digits and `_`";
                        diagnostics.push(Diagnostic::error("RS1032", whole, fault, hint));
                    }
                }
                Families(sets)
            }
            Err(e) => {
                let range = e.span().unwrap_or(0..0);
                let span = Span::new(file, range.start, range.end);
                let hint = "a family is a list of names, as in `pool = [\"pv\", \"sst\"]`";
                diagnostics.push(Diagnostic::error("RS1030", span, e.message().to_string(), hint));
                Families::default()
            }
        }
    }
}

/// One instance of a module: the same lists as the file, all names final.
#[derive(Clone, Debug, Default)]
pub struct Instance {
    /// `spine_turnover`, or `distribution.s`.
    pub id: String,
    /// The file it comes from.
    pub file: FileId,
    /// Input ports.
    pub requires: Vec<Require>,
    /// Output ports.
    pub provides: Vec<Provide>,
    /// Ledger ids.
    pub parameters: Vec<ParameterUse>,
    /// States.
    pub states: Vec<StateDeclaration>,
    /// Intermediate values.
    pub lets: Vec<Let>,
    /// Derivatives.
    pub equations: Vec<Equation>,
    /// Event handlers.
    pub events: Vec<(Name, crate::source::Spanned<String>, Vec<Effect>)>,
    /// Checks.
    pub checks: Vec<Check>,
}

/// Unrolls a module into its instances.
pub fn expand(module: &Module, families: &Families, diagnostics: &mut Vec<Diagnostic>) -> Vec<Instance> {
    let Some(name) = &module.name else { return Vec::new() };
    let mut unroll = Unroll { families, diagnostics, parts: 0 };
    let binders: Vec<Binder> = module.instance.iter().cloned().collect();
    let mut instances = Vec::new();
    for bound in unroll.bindings(&binders, &Bound::default()) {
        unroll.parts = 0;
        let id = match bound.0.last() {
            Some((_, member)) => format!("{}.{member}", name.value),
            None => name.value.clone(),
        };
        let b = &bound;
        instances.push(Instance {
            id,
            file: module.file,
            requires: unroll.all(&module.requires, b, |u, b, r| Require { name: u.name(&r.name, b), ..r.clone() }),
            provides: unroll.all(&module.provides, b, |u, b, p| Provide {
                name: u.name(&p.name, b),
                value: u.expr(&p.value, b),
                ..p.clone()
            }),
            parameters: unroll
                .all(&module.parameters, b, |u, b, p| ParameterUse { name: u.name(&p.name, b), ..p.clone() }),
            states: unroll.all(&module.states, b, |u, b, s| StateDeclaration {
                name: u.name(&s.name, b),
                start: s.start.as_ref().map(|e| u.expr(e, b)),
                ..s.clone()
            }),
            lets: unroll.all(&module.lets, b, |u, b, l| Let { name: u.name(&l.name, b), value: u.expr(&l.value, b) }),
            equations: unroll.all(&module.equations, b, |u, b, e| Equation {
                state: u.name(&e.state, b),
                value: u.expr(&e.value, b),
            }),
            events: module
                .events
                .iter()
                .map(|e: &EventHandler| {
                    (unroll.name(&e.name, b), e.unit.clone(), unroll.all(&e.effects, b, Unroll::effect))
                })
                .collect(),
            checks: unroll.all(&module.checks, b, Unroll::check),
        });
    }
    instances
}

/// Family variables and the members they stand for, innermost last.
#[derive(Clone, Debug, Default)]
struct Bound(Vec<(String, String)>);

struct Unroll<'a> {
    families: &'a Families,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// How many parts of expressions the instance has so far.
    parts: usize,
}

impl Unroll<'_> {
    fn members(&mut self, binder: &Binder) -> Vec<String> {
        match self.families.0.get(&binder.family.value) {
            Some(members) => members.clone(),
            None => {
                let known: Vec<&str> = self.families.0.keys().map(String::as_str).collect();
                let message = format!("there is no family `{}`", binder.family.value);
                let hint = match (closest(&binder.family.value, &known), known.as_slice()) {
                    (Some(near), _) => format!("did you mean `{near}`?"),
                    (None, []) => "declare it in families.toml, as in `pool = [\"pv\", \"sst\"]`".into(),
                    (None, _) => format!("families.toml declares {}", known.join(", ")),
                };
                self.diagnostics.push(Diagnostic::error("RS2001", binder.family.span, message, hint));
                Vec::new()
            }
        }
    }

    fn bindings(&mut self, binders: &[Binder], outer: &Bound) -> Vec<Bound> {
        let mut all = vec![outer.clone()];
        for (i, binder) in binders.iter().enumerate() {
            let variable = &binder.variable.value;
            if outer.0.iter().any(|(v, _)| v == variable) || binders[..i].iter().any(|b| b.variable.value == *variable)
            {
                let message = format!("`{variable}` already runs over a family here");
                let hint = "choose another letter for the inner one";
                self.diagnostics.push(Diagnostic::error("RS2004", binder.variable.span, message, hint));
                return Vec::new();
            }
            let members = self.members(binder);
            if all.len() * members.len() > MOST_COPIES {
                let message = format!("this repeats more than {MOST_COPIES} times");
                self.diagnostics.push(Diagnostic::error("RS2002", binder.family.span, message, "use fewer families"));
                return Vec::new();
            }
            all = all
                .iter()
                .flat_map(|bound| {
                    members.iter().map(|m| {
                        let mut b = bound.clone();
                        b.0.push((binder.variable.value.clone(), m.clone()));
                        b
                    })
                })
                .collect();
        }
        all
    }

    fn all<T, U>(&mut self, items: &[Item<T>], outer: &Bound, f: impl Fn(&mut Self, &Bound, &T) -> U) -> Vec<U> {
        let mut out = Vec::new();
        for item in items {
            for bound in self.bindings(&item.binders, outer) {
                out.push(f(self, &bound, &item.value));
            }
        }
        out
    }

    fn text(&mut self, text: &str, span: Span, bound: &Bound) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            out.push_str(&rest[..open]);
            let Some(close) = rest[open..].find('}') else {
                self.unbound(&rest[open..], span, bound);
                return out;
            };
            let variable = &rest[open + 1..open + close];
            match bound.0.iter().rev().find(|(v, _)| v == variable) {
                Some((_, member)) => out.push_str(member),
                None => self.unbound(variable, span, bound),
            }
            rest = &rest[open + close + 1..];
        }
        out.push_str(rest);
        out
    }

    fn unbound(&mut self, variable: &str, span: Span, bound: &Bound) {
        let known: Vec<&str> = bound.0.iter().map(|(v, _)| v.as_str()).collect();
        let message = format!("`{variable}` is not a family variable here");
        let hint = if known.is_empty() {
            "repeat the entry with `for p in pool`, or fold it with `sum(l in ligand: …)`".to_string()
        } else {
            format!("known here: {}", known.join(", "))
        };
        self.diagnostics.push(Diagnostic::error("RS2003", span, message, hint));
    }

    fn name(&mut self, name: &Name, bound: &Bound) -> Name {
        Name::new(self.text(&name.value, name.span, bound), name.span)
    }

    fn effect(&mut self, bound: &Bound, effect: &Effect) -> Effect {
        let kind = match &effect.kind {
            EffectKind::Assign(value) => EffectKind::Assign(self.expr(value, bound)),
            EffectKind::Add { amount, over, after } => EffectKind::Add {
                amount: self.expr(amount, bound),
                over: over.as_ref().map(|e| self.expr(e, bound)),
                after: after.as_ref().map(|e| self.expr(e, bound)),
            },
        };
        Effect { state: self.name(&effect.state, bound), kind }
    }

    fn check(&mut self, bound: &Bound, check: &Check) -> Check {
        match check {
            Check::AtRest(e) => Check::AtRest(self.expr(e, bound)),
            Check::Always(e) => Check::Always(self.expr(e, bound)),
            Check::DoseUp { value, at, unit, rises } => {
                Check::DoseUp { value: self.expr(value, bound), at: *at, unit: unit.clone(), rises: *rises }
            }
        }
    }

    fn expr(&mut self, expr: &Expr, bound: &Bound) -> Expr {
        let span = expr.span;
        self.parts += 1;
        if self.parts > MOST_PARTS {
            if self.parts == MOST_PARTS + 1 {
                let message = format!("the module unrolls into more than {MOST_PARTS} names, numbers and operations");
                let hint = "use smaller families, or fewer folds inside folds";
                self.diagnostics.push(Diagnostic::error("RS2002", span, message, hint));
            }
            return Expr { kind: ExprKind::Broken, span };
        }
        let kind = match &expr.kind {
            ExprKind::Number(_) | ExprKind::Quantity(..) | ExprKind::Broken => expr.kind.clone(),
            ExprKind::Name(n) => ExprKind::Name(self.text(n, span, bound)),
            ExprKind::Rate(n) => ExprKind::Rate(self.text(n, span, bound)),
            ExprKind::Negate(a) => ExprKind::Negate(self.expr(a, bound).into()),
            ExprKind::Not(a) => ExprKind::Not(self.expr(a, bound).into()),
            ExprKind::Binary(op, a, b) => ExprKind::Binary(*op, self.expr(a, bound).into(), self.expr(b, bound).into()),
            ExprKind::Chain(x, c) => ExprKind::Chain(x.iter().map(|e| self.expr(e, bound)).collect(), c.clone()),
            ExprKind::If(c, a, b) => {
                ExprKind::If(self.expr(c, bound).into(), self.expr(a, bound).into(), self.expr(b, bound).into())
            }
            ExprKind::Call(f, a) => ExprKind::Call(*f, a.iter().map(|e| self.expr(e, bound)).collect()),
            ExprKind::Fold(merge, binder, body) => return self.fold(*merge, binder, body, span, bound),
        };
        Expr { kind, span }
    }

    fn fold(&mut self, merge: Merge, binder: &Binder, body: &Expr, span: Span, bound: &Bound) -> Expr {
        let operator = if merge == Merge::Product { Operator::Multiply } else { Operator::Add };
        let mut terms = Vec::new();
        for inner in self.bindings(std::slice::from_ref(binder), bound) {
            if self.parts > MOST_PARTS {
                break;
            }
            terms.push(self.expr(body, &inner));
        }
        while terms.len() > FOLD_RUN {
            let mut rest = terms.into_iter().peekable();
            let mut groups = Vec::new();
            while rest.peek().is_some() {
                groups.extend(joined(operator, rest.by_ref().take(FOLD_RUN), span));
            }
            terms = groups;
        }
        let empty = if merge == Merge::Product { 1.0 } else { 0.0 };
        joined(operator, terms.into_iter(), span).unwrap_or(Expr { kind: ExprKind::Number(empty), span })
    }
}

/// The terms joined from left to right.
fn joined(operator: Operator, terms: impl Iterator<Item = Expr>, span: Span) -> Option<Expr> {
    terms.reduce(|sofar, term| Expr { kind: ExprKind::Binary(operator, sofar.into(), term.into()), span })
}
