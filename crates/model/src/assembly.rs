//! Modules joined into one model: instances, ports with their providers, parameters with their rows.

use crate::check::{Scope, check};
use crate::diagnostic::{Diagnostic, has_errors, tidy};
use crate::expand::{Instance, expand};
use crate::ledger::Row;
use crate::library::{Contexts, Library};
use crate::parser::closest;
use crate::source::Span;
use crate::syntax::{Check, Merge};
use crate::unit::{Dimension, Unit};
use std::collections::BTreeMap;

/// Which modules are joined, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assembly {
    /// Its name.
    pub name: String,
    /// Paths of modules, as in `disposition/absorption`.
    pub modules: Vec<String>,
    /// `instance:required port` → provided port, where the names differ.
    pub wire: BTreeMap<String, String>,
    /// Ports without a provider are inputs held at their rest value instead of an error.
    pub alone: bool,
}

/// A number of the model.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Ledger id.
    pub id: String,
    /// Unit it is declared with.
    pub unit: Unit,
    /// Its row.
    pub row: Row,
}

/// A state of the model.
#[derive(Clone, Debug)]
pub struct State {
    /// `instance.state`.
    pub id: String,
    /// Unit.
    pub unit: Unit,
    /// Starts at rest (solved), not at an expression.
    pub steady: bool,
    /// Where a steady state is looked for, coherent units.
    pub near: Option<f64>,
    /// Size at which errors are judged, coherent units.
    pub scale: f64,
    /// A few words.
    pub doc: String,
    pub(crate) instance: usize,
    pub(crate) local: usize,
}

/// A named signal between modules.
#[derive(Clone, Debug)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Unit of its providers or, for an input, of the module that needs it.
    pub unit: Unit,
    /// How providers combine.
    pub merge: Merge,
    /// A few words.
    pub doc: String,
    /// Value at rest where nothing provides it (coherent units).
    pub rest: Option<f64>,
    /// (instance, index of the provide).
    pub(crate) providers: Vec<(usize, usize)>,
    /// Instances that require it.
    pub(crate) users: Vec<usize>,
}

/// An event some module listens to.
#[derive(Clone, Debug)]
pub struct Event {
    /// Unit of its amount.
    pub unit: Unit,
    /// (instance, index of the handler).
    pub(crate) handlers: Vec<(usize, usize)>,
}

/// A check of a module, with its text.
#[derive(Clone, Debug)]
pub struct ModelCheck {
    /// The instance it belongs to.
    pub instance: String,
    /// The check.
    pub check: Check,
}

/// Modules joined, every number chosen.
#[derive(Clone, Debug)]
pub struct Model {
    /// Name of the assembly.
    pub name: String,
    /// Numbers, sorted by id.
    pub parameters: Vec<Parameter>,
    /// States, in the order of modules and declarations.
    pub states: Vec<State>,
    /// Signals by name.
    pub ports: BTreeMap<String, Port>,
    /// Events by name.
    pub events: BTreeMap<String, Event>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) wire: BTreeMap<String, String>,
}

impl Library {
    /// Joins the modules of an assembly, with the numbers that hold in the active contexts.
    pub fn assemble(&self, assembly: &Assembly, contexts: &Contexts) -> Result<Model, Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        let mut instances = Vec::new();
        for path in &assembly.modules {
            match self.modules.get(path) {
                Some(module) => instances.extend(expand(module, &self.families, &mut diagnostics)),
                None => {
                    let known: Vec<&str> = self.modules.keys().map(String::as_str).collect();
                    let hint = closest(path, &known)
                        .map_or_else(|| "see `resynapse model list`".into(), |near| format!("did you mean `{near}`?"));
                    let message = format!("the assembly `{}` names `{path}`, which is no module", assembly.name);
                    diagnostics.push(Diagnostic::error_nowhere("RS2031", message, hint));
                }
            }
        }
        let scopes: Vec<Scope> = instances.iter().map(|i| check(i, &mut diagnostics)).collect();
        let mut joiner = Joiner { library: self, contexts, assembly, instances, scopes, diagnostics };
        let parameters = joiner.parameters();
        let states = joiner.states();
        let ports = joiner.ports();
        let events = joiner.events();
        let Joiner { instances, scopes, mut diagnostics, .. } = joiner;
        let model = Model {
            name: assembly.name.clone(),
            parameters,
            states,
            ports,
            events,
            instances,
            scopes,
            wire: assembly.wire.clone(),
        };
        if !has_errors(&diagnostics) {
            crate::lower::find_cycles(&model, &mut diagnostics);
        }
        tidy(&mut diagnostics);
        if has_errors(&diagnostics) { Err(diagnostics) } else { Ok(model) }
    }
}

struct Joiner<'a> {
    library: &'a Library,
    contexts: &'a Contexts,
    assembly: &'a Assembly,
    instances: Vec<Instance>,
    scopes: Vec<Scope>,
    diagnostics: Vec<Diagnostic>,
}

impl Joiner<'_> {
    fn unit(&self, instance: usize, name: &str) -> Unit {
        self.scopes[instance].unit(name).cloned().unwrap_or_else(Unit::one)
    }

    fn error(&mut self, code: &'static str, span: Span, message: String, hint: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(code, span, message, hint));
    }

    fn parameters(&mut self) -> Vec<Parameter> {
        let mut found: BTreeMap<String, Parameter> = BTreeMap::new();
        for i in 0..self.instances.len() {
            for p in self.instances[i].parameters.clone() {
                let unit = self.unit(i, &p.name.value);
                self.library.check_parameter(&p.name.value, p.name.span, &unit, &mut self.diagnostics);
                if let Some(known) = found.get(&p.name.value) {
                    if known.unit.dimension != unit.dimension {
                        let message = format!("`{}` is in {unit} here and in {} elsewhere", p.name.value, known.unit);
                        self.error("RS3011", p.name.span, message, "one id has one dimension");
                    }
                    continue;
                }
                match self.library.ledger.select(&p.name.value, self.contexts) {
                    Ok(Some(row)) => {
                        let id = p.name.value.clone();
                        found.insert(id.clone(), Parameter { id, unit, row: row.clone() });
                    }
                    Ok(None) => {}
                    Err(rows) => {
                        let contexts: Vec<String> = rows.iter().map(|r| format!("`{}`", r.context_text())).collect();
                        let message =
                            format!("two rows of `{}` apply equally well: {}", p.name.value, contexts.join(" and "));
                        self.error("RS4032", rows[0].span, message, "make one context more specific");
                    }
                }
            }
        }
        found.into_values().collect()
    }

    fn states(&mut self) -> Vec<State> {
        let mut states = Vec::new();
        for (i, instance) in self.instances.iter().enumerate() {
            for (local, s) in instance.states.iter().enumerate() {
                let unit = self.unit(i, &s.name.value);
                states.push(State {
                    id: format!("{}.{}", instance.id, s.name.value),
                    steady: s.start.is_none(),
                    near: s.near.map(|x| unit.to_coherent(x)),
                    scale: unit.to_coherent(s.scale.unwrap_or(1.0)),
                    unit,
                    doc: s.doc.clone(),
                    instance: i,
                    local,
                });
            }
        }
        states
    }

    fn ports(&mut self) -> BTreeMap<String, Port> {
        let mut ports: BTreeMap<String, Port> = BTreeMap::new();
        let mut first: BTreeMap<String, Span> = BTreeMap::new();
        for i in 0..self.instances.len() {
            for (k, p) in self.instances[i].provides.clone().into_iter().enumerate() {
                let unit = self.unit(i, &p.name.value);
                let name = p.name.value.clone();
                if let Some(port) = ports.get_mut(&name) {
                    port.providers.push((i, k));
                    let known = port.unit.clone();
                    self.same_dimension(&name, unit.dimension, &known, p.name.span);
                    continue;
                }
                first.insert(name.clone(), p.name.span);
                ports.insert(
                    name.clone(),
                    Port {
                        name,
                        unit,
                        merge: Merge::One,
                        doc: p.doc,
                        rest: None,
                        providers: vec![(i, k)],
                        users: vec![],
                    },
                );
            }
        }
        let mut asked: BTreeMap<String, (Merge, Span)> = BTreeMap::new();
        for i in 0..self.instances.len() {
            for r in self.instances[i].requires.clone() {
                let unit = self.unit(i, &r.name.value);
                let key = format!("{}:{}", self.instances[i].id, r.name.value);
                let name = self.assembly.wire.get(&key).cloned().unwrap_or_else(|| r.name.value.clone());
                if let Some((merge, span)) = asked.get(&name) {
                    if *merge != r.merge {
                        let message = format!(
                            "`{name}` combines by `{}` here and by `{}` elsewhere",
                            r.merge.keyword(),
                            merge.keyword()
                        );
                        let d = Diagnostic::error("RS2040", r.name.span, message, "all users of a port must agree");
                        self.diagnostics.push(d.with_other(*span, "elsewhere"));
                    }
                } else {
                    asked.insert(name.clone(), (r.merge, r.name.span));
                }
                let default = match r.merge {
                    Merge::One | Merge::Sum => 0.0,
                    Merge::Product => 1.0,
                };
                let rest = unit.to_coherent(r.rest.unwrap_or(default));
                if let Some(port) = ports.get_mut(&name) {
                    port.merge = r.merge;
                    port.users.push(i);
                    if port.doc.is_empty() {
                        port.doc.clone_from(&r.doc);
                    }
                    let known = port.unit.clone();
                    self.same_dimension(&name, unit.dimension, &known, r.name.span);
                    continue;
                }
                if r.merge == Merge::One && !self.assembly.alone {
                    let known: Vec<&str> = ports.keys().map(String::as_str).collect();
                    let hint = match closest(&name, &known) {
                        Some(near) => format!("did you mean `{near}`? Or wire it: `\"{key}\" = \"PORT\"`"),
                        None => "add a module that provides it to the assembly, or wire it to another port".into(),
                    };
                    let message = format!("no module of `{}` provides `{name}`", self.assembly.name);
                    self.error("RS2041", r.name.span, message, hint);
                    continue;
                }
                let port = Port {
                    name: name.clone(),
                    unit,
                    merge: r.merge,
                    doc: r.doc,
                    rest: Some(rest),
                    providers: vec![],
                    users: vec![i],
                };
                ports.insert(name, port);
            }
        }
        for key in self.assembly.wire.keys() {
            let known = self.instances.iter().any(|i| {
                key.strip_prefix(&i.id)
                    .and_then(|k| k.strip_prefix(':'))
                    .is_some_and(|k| i.requires.iter().any(|r| r.name.value == k))
            });
            if !known {
                let message = format!("the assembly `{}` wires `{key}`, which no module requires", self.assembly.name);
                let hint = "the left side is `instance:required port`";
                self.diagnostics.push(Diagnostic::error_nowhere("RS2042", message, hint));
            }
        }
        for (name, port) in &ports {
            if port.merge == Merge::One && port.providers.len() > 1 {
                let modules: Vec<&str> = port.providers.iter().map(|(i, _)| self.instances[*i].id.as_str()).collect();
                let message = format!("`{name}` is provided by {}", modules.join(" and "));
                let hint = "only `sum` and `product` ports take several providers";
                let span = first.get(name).copied().unwrap_or_default();
                self.diagnostics.push(Diagnostic::error("RS2043", span, message, hint));
            }
        }
        ports
    }

    fn same_dimension(&mut self, name: &str, here: Dimension, known: &Unit, span: Span) {
        if here != known.dimension {
            let message = format!("the port `{name}` is in {here} here and in {known} where it is provided");
            self.error("RS3012", span, message, "give both sides the same dimension");
        }
    }

    fn events(&mut self) -> BTreeMap<String, Event> {
        let mut events: BTreeMap<String, Event> = BTreeMap::new();
        for i in 0..self.instances.len() {
            for (k, (name, unit, _)) in self.instances[i].events.clone().into_iter().enumerate() {
                let Ok(parsed) = Unit::parse(&unit.value) else { continue };
                let event =
                    events.entry(name.value.clone()).or_insert(Event { unit: parsed.clone(), handlers: vec![] });
                if event.unit.dimension != parsed.dimension {
                    let message = format!("`{}` has an amount in {} elsewhere", name.value, event.unit);
                    let span = unit.span;
                    event.handlers.push((i, k));
                    self.error("RS3013", span, message, "one event has one kind of amount");
                } else {
                    event.handlers.push((i, k));
                }
            }
        }
        events
    }
}

impl Model {
    /// Ids of the module instances, in order.
    pub fn instance_ids(&self) -> impl Iterator<Item = &str> {
        self.instances.iter().map(|i| i.id.as_str())
    }
    /// All checks of all modules.
    pub fn checks(&self) -> Vec<ModelCheck> {
        let of = |i: &Instance| -> Vec<ModelCheck> {
            i.checks.iter().map(|c| ModelCheck { instance: i.id.clone(), check: c.clone() }).collect()
        };
        self.instances.iter().flat_map(of).collect()
    }
    /// Unit of a port or state, if there is one of that name.
    pub fn unit_of(&self, name: &str) -> Option<&Unit> {
        self.ports.get(name).map(|p| &p.unit).or_else(|| self.states.iter().find(|s| s.id == name).map(|s| &s.unit))
    }
    /// Who gives what to whom: (provider instance, port, user instance), in order of ports.
    pub fn links(&self) -> Vec<(&str, &str, &str)> {
        let mut links = Vec::new();
        for port in self.ports.values() {
            for (from, _) in &port.providers {
                for to in &port.users {
                    links.push((
                        self.instances[*from].id.as_str(),
                        port.name.as_str(),
                        self.instances[*to].id.as_str(),
                    ));
                }
            }
        }
        links.dedup();
        links
    }
}
