//! Everything an atlas holds that the language knows: mechanisms, families, the evidence ledger.

use crate::diagnostic::{Diagnostic, tidy};
use crate::expand::{Families, Instance, expand};
use crate::ledger::Ledger;
use crate::parser::{closest, parse};
use crate::source::{SourceMap, Sources, Span};
use crate::syntax::Module;
use crate::unit::Unit;
use std::collections::{BTreeMap, BTreeSet};

/// A loaded atlas.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// Mechanisms by path below `models`, without ending: `disposition/absorption`.
    pub modules: BTreeMap<String, Module>,
    /// Declared families.
    pub families: Families,
    /// Numbers and sources.
    pub ledger: Ledger,
    /// Texts, for diagnostics.
    pub sources: SourceMap,
}

impl Library {
    /// Reads an atlas. What could be read is returned together with everything that is wrong.
    pub fn load(sources: &dyn Sources) -> (Library, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut library = Library::default();
        library.families = Families::load(sources, &mut library.sources, &mut diagnostics);
        library.ledger = Ledger::load(sources, &mut library.sources, &mut diagnostics);
        for path in sources.list("models") {
            let Some(name) = path.strip_prefix("models/").and_then(|p| p.strip_suffix(".mech")) else { continue };
            match sources.read(&path) {
                Ok(text) => library.add(name, &path, &text, &mut diagnostics),
                Err(why) => {
                    let message = format!("cannot read `{path}`: {why}");
                    diagnostics.push(Diagnostic::error_nowhere("RS1031", message, "check the atlas folder"));
                }
            }
        }
        tidy(&mut diagnostics);
        (library, diagnostics)
    }

    /// Reads one mechanism into the library under `name` (as `domain/file`), from a file called `path`.
    pub fn add(&mut self, name: &str, path: &str, text: &str, diagnostics: &mut Vec<Diagnostic>) {
        let file = self.sources.add(path, text);
        let (module, found) = parse(file, text);
        diagnostics.extend(found);
        let stem = name.rsplit('/').next().unwrap_or(name);
        if let Some(declared) = &module.name
            && declared.value != stem
        {
            let message = format!("the file is `{stem}.mech` but the module is called `{}`", declared.value);
            diagnostics.push(Diagnostic::error("RS2030", declared.span, message, "give both the same name"));
        }
        self.modules.insert(name.to_string(), module);
    }

    /// Checks every module by itself: names, units, ledger rows of its parameters and its references.
    pub fn check(&self) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        for module in self.modules.values() {
            self.check_module(module, &mut diagnostics);
        }
        tidy(&mut diagnostics);
        diagnostics
    }

    /// Checks one module by itself.
    pub fn check_module(&self, module: &Module, diagnostics: &mut Vec<Diagnostic>) -> Vec<Instance> {
        let instances = expand(module, &self.families, diagnostics);
        for instance in &instances {
            let scope = crate::check::check(instance, diagnostics);
            for parameter in &instance.parameters {
                let unit = scope.unit(&parameter.name.value);
                self.check_parameter(&parameter.name.value, parameter.name.span, unit, diagnostics);
            }
        }
        for key in &module.references {
            if self.ledger.source(&key.value).is_none() {
                let message = format!("the source `{}` is not in evidence/sources.csv", key.value);
                let known: Vec<&str> = self.ledger.sources().map(|s| s.key.as_str()).collect();
                let hint = match closest(&key.value, &known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "add it there, or correct the key".into(),
                };
                diagnostics.push(Diagnostic::error("RS4003", key.span, message, hint));
            }
        }
        instances
    }

    pub(crate) fn check_parameter(&self, id: &str, span: Span, unit: Option<&Unit>, diagnostics: &mut Vec<Diagnostic>) {
        let mut found = false;
        for row in self.ledger.rows_of(id) {
            found |= row.context.is_empty();
            if let Some(unit) = unit
                && row.unit.dimension != unit.dimension
            {
                let message = format!("`{id}` is used in {unit} but its row is in {}", row.unit);
                let d = Diagnostic::error("RS3010", span, message, "correct the unit of one of the two");
                diagnostics.push(d.with_other(row.span, "the row"));
            }
        }
        if !found {
            let known: Vec<&str> = self.ledger.ids().collect();
            let hint = match closest(id, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "add a row to evidence/parameters with value, unit, source, method and grade".into(),
            };
            let message = format!("the ledger has no row without context for `{id}`");
            diagnostics.push(Diagnostic::error("RS4031", span, message, hint));
        }
    }
}

/// A set of active contexts such as `condition=healthy`.
pub type Contexts = BTreeSet<String>;
