//! The wiring of the whole assembly: every module a box, every link a line that wears its grade.
//!
//! [`Wiring::of`] reads who gives what to whom, and how well founded each link is: the weakest grade among those numbers
//! of the giving module that reach the port. [`wiring`] draws it. Where boxes and lines lie is found in [`layout`].

mod draw;
mod inside;
mod layout;

pub use draw::wiring;

use inside::{Inside, inside};
use model::diagnostic::Diagnostic;
use model::ledger::Grade;
use model::library::Contexts;
use resynapse::atlas::{AssemblyFile, Atlas};
use std::collections::{BTreeMap, BTreeSet};

/// How well founded a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// The weakest grade of the numbers behind it.
    Graded(Grade),
    /// It rests on no number: a sum, or a state by itself.
    Plain,
    /// Its weight is zero in the default run.
    Off,
}

/// A module of the assembly.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Path, as in `plasticity/spine_turnover`.
    pub path: String,
    /// First sentence of its text.
    pub about: String,
    /// Names of the events it listens to.
    pub events: Vec<String>,
}

impl Node {
    /// The folder.
    pub fn domain(&self) -> &str {
        self.path.split_once('/').map_or("", |(domain, _)| domain)
    }
    /// The file's name.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// One or more ports from one module to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Position of the module that gives.
    pub from: usize,
    /// Position of the module that takes.
    pub to: usize,
    /// Ports with their strength, in order of names.
    pub ports: BTreeMap<String, Strength>,
}

impl Link {
    /// The weakest of its ports that carry anything.
    pub fn strength(&self) -> Strength {
        let alive = self.ports.values().filter(|s| **s != Strength::Off);
        let graded = alive.clone().filter(|s| matches!(s, Strength::Graded(_))).max();
        graded.or(alive.max()).copied().unwrap_or(Strength::Off)
    }
}

/// Modules and links of an assembly.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wiring {
    /// Modules, in the order of the assembly.
    pub modules: Vec<Node>,
    /// Links, in order of modules.
    pub links: Vec<Link>,
    /// (module, required port) behind each (module, provided port).
    needs: BTreeMap<(usize, String), BTreeSet<String>>,
}

impl Wiring {
    /// Reads the wiring of an assembly with the default numbers.
    pub fn of(atlas: &Atlas, assembly: &AssemblyFile) -> Result<Wiring, Vec<Diagnostic>> {
        let model = atlas.library.assemble(&assembly.assembly, &Contexts::new())?;
        let mut wiring = Wiring::default();
        let mut place: BTreeMap<String, usize> = BTreeMap::new();
        let mut strengths: BTreeMap<(usize, String), Strength> = BTreeMap::new();
        for path in &assembly.assembly.modules {
            let Some(module) = atlas.library.modules.get(path) else { continue };
            let number = wiring.modules.len();
            let node = Node {
                path: path.clone(),
                about: first_sentence(&module.about),
                events: module.events.iter().map(|e| e.name.value.clone()).collect(),
            };
            place.insert(node.name().to_string(), number);
            wiring.modules.push(node);
            for Inside { port, strength, needs } in inside(atlas, module) {
                strengths.insert((number, port.clone()), strength);
                wiring.needs.entry((number, port)).or_default().extend(needs);
            }
        }
        // Instances of one file (one per enantiomer) are one module here.
        let module_of = |instance: &str| place.get(instance.split('.').next().unwrap_or(instance)).copied();
        let mut links: BTreeMap<(usize, usize), BTreeMap<String, Strength>> = BTreeMap::new();
        for (from, port, to) in model.links() {
            let (Some(from), Some(to)) = (module_of(from), module_of(to)) else { continue };
            let strength = strengths.get(&(from, port.to_string())).copied().unwrap_or(Strength::Plain);
            links.entry((from, to)).or_default().insert(port.to_string(), strength);
        }
        wiring.links = links.into_iter().map(|((from, to), ports)| Link { from, to, ports }).collect();
        Ok(wiring)
    }

    /// Names of all ports that some module provides.
    pub fn ports(&self) -> BTreeSet<&str> {
        self.needs.keys().map(|(_, port)| port.as_str()).collect()
    }

    /// What leads to a port, by any path through modules: `None` if no module provides it.
    pub fn leading_to(&self, port: &str) -> Option<Wiring> {
        let providers: Vec<usize> = self.needs.keys().filter(|(_, p)| p == port).map(|(m, _)| *m).collect();
        if providers.is_empty() {
            return None;
        }
        let mut queue: Vec<(usize, String)> = providers.iter().map(|m| (*m, port.to_string())).collect();
        let mut seen: BTreeSet<(usize, String)> = queue.iter().cloned().collect();
        let mut kept: BTreeMap<(usize, usize), BTreeMap<String, Strength>> = BTreeMap::new();
        while let Some(at) = queue.pop() {
            for needed in self.needs.get(&at).into_iter().flatten() {
                for link in self.links.iter().filter(|l| l.to == at.0) {
                    let Some(strength) = link.ports.get(needed) else { continue };
                    kept.entry((link.from, link.to)).or_default().insert(needed.clone(), *strength);
                    let next = (link.from, needed.clone());
                    if seen.insert(next.clone()) {
                        queue.push(next);
                    }
                }
            }
        }
        let modules: BTreeSet<usize> = seen.iter().map(|(m, _)| *m).collect();
        let place: BTreeMap<usize, usize> = modules.iter().enumerate().map(|(new, old)| (*old, new)).collect();
        Some(Wiring {
            modules: modules.iter().map(|m| self.modules[*m].clone()).collect(),
            links: kept
                .into_iter()
                .map(|((from, to), ports)| Link { from: place[&from], to: place[&to], ports })
                .collect(),
            needs: seen
                .into_iter()
                .map(|(m, port)| ((place[&m], port.clone()), self.needs.get(&(m, port)).cloned().unwrap_or_default()))
                .collect(),
        })
    }
}

/// The first sentence of a text, on one line.
pub fn first_sentence(text: &str) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match flat.find(". ") {
        Some(end) => flat[..=end].to_string(),
        None => flat,
    }
}
