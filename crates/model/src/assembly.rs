//! Modules joined into one model: instances, ports with their providers, parameters with their rows.

use crate::check::{Scope, check};
use crate::diagnostic::{Diagnostic, has_errors, tidy};
use crate::expand::{Instance, expand};
use crate::ledger::Row;
use crate::library::{Contexts, Library};
use crate::parser::closest;
use crate::source::Span;
use crate::syntax::{Check, Merge};
use crate::unit::Unit;
use crate::wiring::Step;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Lets and ports, each after everything it needs.
    pub(crate) order: Vec<Step>,
}

impl Library {
    /// Joins the modules of an assembly, with the numbers that hold in the active contexts.
    pub fn assemble(&self, assembly: &Assembly, contexts: &Contexts) -> Result<Model, Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        let mut instances = Vec::new();
        for path in &assembly.modules {
            match self.modules.get(path) {
                Some(module) if module.broken => {
                    let message = format!("`{path}` could not be read whole, so `{}` is not built", assembly.name);
                    let hint = "correct what was found in its file first";
                    let whole = module.name.as_ref().map_or(Span::new(module.file, 0, 0), |name| name.span);
                    diagnostics.push(Diagnostic::error("RS2033", whole, message, hint));
                }
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
        twice(&instances, assembly, &mut diagnostics);
        let scopes: Vec<Scope> = instances.iter().map(|i| check(i, &mut diagnostics)).collect();
        let mut joiner = Joiner { library: self, contexts, assembly, instances, scopes, diagnostics };
        let parameters = joiner.parameters();
        let states = joiner.states();
        let ports = joiner.ports();
        let events = joiner.events();
        let Joiner { instances, scopes, mut diagnostics, .. } = joiner;
        let mut model = Model {
            name: assembly.name.clone(),
            parameters,
            states,
            ports,
            events,
            instances,
            scopes,
            wire: assembly.wire.clone(),
            order: Vec::new(),
        };
        if !has_errors(&diagnostics) {
            model.order = crate::wiring::order(&model, &mut diagnostics);
        }
        tidy(&mut diagnostics);
        if has_errors(&diagnostics) { Err(diagnostics) } else { Ok(model) }
    }
}

/// Reports instances of one name: their states could not be told apart.
fn twice(instances: &[Instance], assembly: &Assembly, diagnostics: &mut Vec<Diagnostic>) {
    let mut ids: Vec<&str> = instances.iter().map(|i| i.id.as_str()).collect();
    ids.sort_unstable();
    let mut repeated: Vec<&str> = ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    repeated.dedup();
    for id in repeated {
        let message = format!("the assembly `{}` holds the module `{id}` twice", assembly.name);
        let hint = "list it once, or give the two files different names";
        diagnostics.push(Diagnostic::error_nowhere("RS2032", message, hint));
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
    /// A unit that could not be read was reported; nothing is built then, and 1 stands in for it.
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
                let known = self.scopes[i].unit(&p.name.value);
                self.library.check_parameter(&p.name.value, p.name.span, known, &mut self.diagnostics);
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
                        let message = format!(
                            "{} rows of `{}` apply equally well: {}",
                            rows.len(),
                            p.name.value,
                            contexts.join(" and ")
                        );
                        let all: Vec<String> = rows.iter().map(|r| r.context_text()).collect();
                        let hint = format!(
                            "name fewer contexts in this run, or add a row with the context `{}`, which goes before both",
                            all.join(";")
                        );
                        let d = Diagnostic::error("RS4032", rows[0].span, message, hint);
                        self.diagnostics.push(d.with_other(rows[1].span, "this row applies as well"));
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
        // The unit each port was first seen with, where it can be read.
        let mut first: BTreeMap<String, (Unit, Span)> = BTreeMap::new();
        let mut unreadable: BTreeSet<String> = BTreeSet::new();
        let mut provided: BTreeMap<String, Vec<Span>> = BTreeMap::new();
        for i in 0..self.instances.len() {
            for (k, p) in self.instances[i].provides.clone().into_iter().enumerate() {
                let name = p.name.value.clone();
                let unit = self.scopes[i].provided_unit(&name).cloned();
                provided.entry(name.clone()).or_default().push(p.name.span);
                if let Some(port) = ports.get_mut(&name) {
                    port.providers.push((i, k));
                    self.same_dimension(&name, unit.as_ref(), p.name.span, first.get(&name));
                    continue;
                }
                let unit = unit.unwrap_or_else(|| {
                    unreadable.insert(name.clone());
                    Unit::one()
                });
                if !unreadable.contains(&name) {
                    first.insert(name.clone(), (unit.clone(), p.name.span));
                }
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
                        let d =
                            Diagnostic::error("RS2040", r.name.span, message, "write the same rule in both modules");
                        self.diagnostics.push(d.with_other(*span, "elsewhere"));
                    }
                } else {
                    asked.insert(name.clone(), (r.merge, r.name.span));
                }
                let default = match r.merge {
                    Merge::One | Merge::Sum => 0.0,
                    Merge::Product => 1.0,
                };
                // A rest value other than the neutral one stands for what is missing around a module run alone.
                let rest = if r.merge == Merge::One || self.assembly.alone { r.rest } else { None };
                let rest = unit.to_coherent(rest.unwrap_or(default));
                let readable = self.scopes[i].unit(&r.name.value).cloned();
                if let Some(port) = ports.get_mut(&name) {
                    port.merge = r.merge;
                    port.users.push(i);
                    if port.doc.is_empty() {
                        port.doc.clone_from(&r.doc);
                    }
                    self.same_dimension(&name, readable.as_ref(), r.name.span, first.get(&name));
                    continue;
                }
                if r.merge == Merge::One && !self.assembly.alone {
                    let known: Vec<&str> = ports.keys().map(String::as_str).collect();
                    let hint = match closest(&name, &known) {
                        Some(near) => format!(
                            "did you mean `{near}`? Or add `\"{key}\" = \"{near}\"` under `[wire]` in the assembly"
                        ),
                        None => format!(
                            "add a module that provides it, or `\"{key}\" = \"PORT\"` under `[wire]` in the assembly"
                        ),
                    };
                    let message = format!("no module of the assembly `{}` provides `{name}`", self.assembly.name);
                    self.error("RS2041", r.name.span, message, hint);
                    continue;
                }
                if let Some(unit) = readable {
                    first.insert(name.clone(), (unit, r.name.span));
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
                let possible: Vec<String> = self
                    .instances
                    .iter()
                    .flat_map(|i| i.requires.iter().map(move |r| format!("{}:{}", i.id, r.name.value)))
                    .collect();
                let possible: Vec<&str> = possible.iter().map(String::as_str).collect();
                let hint = match closest(key, &possible) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "the left side is `instance:required port`".into(),
                };
                self.diagnostics.push(Diagnostic::error_nowhere("RS2042", message, hint));
            }
        }
        for (name, port) in &ports {
            if port.merge == Merge::One && port.providers.len() > 1 {
                let modules: Vec<&str> = port.providers.iter().map(|(i, _)| self.instances[*i].id.as_str()).collect();
                let message = format!("`{name}` is provided by {}", modules.join(" and "));
                let hint = "take one of the modules out of the assembly, or let the user of the port combine them by \
                            `sum` or `product`";
                let spans = &provided[name];
                let d = Diagnostic::error("RS2043", spans[0], message, hint);
                self.diagnostics.push(d.with_other(spans[1], "provided again here"));
            }
        }
        ports
    }

    fn same_dimension(&mut self, name: &str, here: Option<&Unit>, span: Span, first: Option<&(Unit, Span)>) {
        if let (Some(here), Some((known, place))) = (here, first)
            && here.dimension != known.dimension
        {
            let message = format!("the port `{name}` is in {here} here and in {known} elsewhere");
            let hint = "give both sides units of one dimension; a difference such as mg and kg does not matter";
            let d = Diagnostic::error("RS3012", span, message, hint);
            self.diagnostics.push(d.with_other(*place, format!("in {known}")));
        }
    }

    fn events(&mut self) -> BTreeMap<String, Event> {
        let mut events: BTreeMap<String, Event> = BTreeMap::new();
        let mut places: BTreeMap<String, Span> = BTreeMap::new();
        for i in 0..self.instances.len() {
            for (k, (name, unit, _)) in self.instances[i].events.clone().into_iter().enumerate() {
                let Ok(parsed) = Unit::parse(&unit.value) else { continue };
                places.entry(name.value.clone()).or_insert(unit.span);
                let event =
                    events.entry(name.value.clone()).or_insert(Event { unit: parsed.clone(), handlers: vec![] });
                event.handlers.push((i, k));
                if event.unit.dimension != parsed.dimension {
                    let message = format!("`{}` is in {parsed} here and in {} elsewhere", name.value, event.unit);
                    let hint = "the amount of one event has one dimension: correct one of the two";
                    let d = Diagnostic::error("RS3013", unit.span, message, hint);
                    self.diagnostics.push(d.with_other(places[&name.value], "elsewhere"));
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
