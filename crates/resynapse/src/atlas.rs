//! A loaded atlas: the library of mechanisms and evidence, with the files that bind a dose to them.

use crate::claim::{self, Claim};
use crate::compound::{self, Compound, route_name};
use crate::expectation::{self, Expectation};
use crate::fields::{Document, Fields};
use crate::happening::{self, Happening};
use crate::hypothesis::battery::{self, Experiment};
use crate::hypothesis::{self, Hypothesis};
use crate::scenario::{self, Scenario};
use model::assembly::Assembly;
use model::diagnostic::{Diagnostic, tidy};
use model::library::Library;
use model::parser::closest;
use model::source::Sources;
use model::unit::Unit;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The atlas compiled into the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Embedded;

impl Sources for Embedded {
    fn read(&self, path: &str) -> Result<String, String> {
        let found = ::atlas::FILES.binary_search_by(|(p, _)| (*p).cmp(path));
        found.map(|i| ::atlas::FILES[i].1.to_string()).map_err(|_| format!("no file `{path}` in the atlas"))
    }
    fn list(&self, folder: &str) -> Vec<String> {
        let prefix = format!("{folder}/");
        ::atlas::FILES.iter().filter(|(p, _)| p.starts_with(&prefix)).map(|(p, _)| p.to_string()).collect()
    }
}

/// Something a run reports over time.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSpec {
    /// The port.
    pub port: String,
    /// What to call it.
    pub label: String,
    /// Unit to show it in.
    pub unit: Unit,
    /// The lane of the figure it belongs to.
    pub lane: String,
}

/// A link of the chain that can be held at rest.
#[derive(Clone, Debug, PartialEq)]
pub struct KnockoutSpec {
    /// What is held.
    pub name: String,
    /// Ports held at their drug-free value.
    pub hold: Vec<String>,
    /// Parameters set to a value in their own unit.
    pub set: BTreeMap<String, f64>,
    /// True for the arm that stands for expectation rather than the drug.
    pub expectancy: bool,
}

/// An assembly with what is reported about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AssemblyFile {
    /// Modules and wiring.
    pub assembly: Assembly,
    /// A title.
    pub title: String,
    /// What a run reports.
    pub traces: Vec<TraceSpec>,
    /// Links that can be held.
    pub knockouts: Vec<KnockoutSpec>,
    /// Compartment numbers of event tables.
    pub compartments: BTreeMap<u32, Compartment>,
    /// Columns of event tables that set parameters: column → ledger id.
    pub columns: BTreeMap<String, String>,
}

/// What a compartment number of an event table means.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compartment {
    /// The dosing event.
    pub event: String,
    /// Parameter that is the bioavailable fraction.
    pub bioavailability: Option<String>,
    /// Parameter that is the lag time.
    pub lag: Option<String>,
    /// Parameter that is the duration where RATE is -2.
    pub duration: Option<String>,
    /// Parameter that is the rate where RATE is -1.
    pub rate: Option<String>,
}

/// A state of health: contexts of the ledger.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// Short name.
    pub name: String,
    /// Title.
    pub title: String,
    /// In words.
    pub about: String,
    /// Contexts it activates.
    pub contexts: Vec<String>,
    /// What lay before the start, such as months of stress.
    pub history: Vec<Happening>,
}

/// Everything a run can draw on.
#[derive(Clone, Debug, Default)]
pub struct Atlas {
    /// Mechanisms and evidence.
    pub library: Library,
    /// Compounds by name.
    pub compounds: BTreeMap<String, Compound>,
    /// Assemblies by name.
    pub assemblies: BTreeMap<String, AssemblyFile>,
    /// Conditions by name.
    pub conditions: BTreeMap<String, Condition>,
    /// Rival explanations by id.
    pub hypotheses: BTreeMap<String, Hypothesis>,
    /// The experiments put to each of them.
    pub battery: Vec<Experiment>,
    /// Named runs by name.
    pub scenarios: BTreeMap<String, Scenario>,
    /// Named trial protocols: name and text.
    pub trials: BTreeMap<String, String>,
    /// Statements that can be put to the test, in the order of the files.
    pub expectations: Vec<Expectation>,
    /// The popular account, claim by claim.
    pub claims: Vec<Claim>,
    /// SHA-256 over paths and texts of all files, hexadecimal.
    pub hash: String,
}

/// The file of experiments that every hypothesis is put to.
const BATTERY: &str = "battery.toml";
/// Name of the assembly that `simulate` runs.
pub const WHOLE: &str = "whole";
/// Name of the condition a run starts from.
pub const DEFAULT_CONDITION: &str = "treatment_resistant_depression";

impl Atlas {
    /// Reads an atlas. What could be read is returned together with everything that is wrong with it.
    pub fn load(sources: &dyn Sources) -> (Atlas, Vec<Diagnostic>) {
        let (library, mut diagnostics) = Library::load(sources);
        let mut atlas = Atlas { library, ..Atlas::default() };
        diagnostics.extend(atlas.library.check());
        for compound in folder(&mut atlas.library, sources, "compounds", &mut diagnostics, compound::read) {
            atlas.compounds.insert(compound.name.clone(), compound);
        }
        for assembly in folder(&mut atlas.library, sources, "assemblies", &mut diagnostics, read_assembly) {
            atlas.assemblies.insert(assembly.assembly.name.clone(), assembly);
        }
        for condition in folder(&mut atlas.library, sources, "conditions", &mut diagnostics, read_condition) {
            atlas.conditions.insert(condition.name.clone(), condition);
        }
        for hypothesis in folder(&mut atlas.library, sources, "hypotheses", &mut diagnostics, hypothesis::read) {
            atlas.hypotheses.insert(hypothesis.id.clone(), hypothesis);
        }
        if let Ok(text) = sources.read(BATTERY) {
            let (read, found) = Document::read(&mut atlas.library.sources, BATTERY, &text, battery::read);
            atlas.battery = read;
            diagnostics.extend(found);
        }
        scenario::load(&mut atlas, sources, &mut diagnostics);
        for path in sources.list("trials") {
            if let (Some(name), Ok(text)) =
                (path.strip_prefix("trials/").and_then(|p| p.strip_suffix(".toml")), sources.read(&path))
            {
                atlas.trials.insert(name.to_string(), text);
            }
        }
        let groups = folder(&mut atlas.library, sources, "expectations", &mut diagnostics, expectation::read);
        atlas.expectations = groups.into_iter().flatten().collect();
        expectation::check(&atlas, &mut diagnostics);
        claim::load(&mut atlas, sources, &mut diagnostics);
        atlas.hash = hash(sources);
        tidy(&mut diagnostics);
        (atlas, diagnostics)
    }

    /// The atlas compiled into the program.
    ///
    /// # Panics
    /// If it is broken, which the tests exclude.
    pub fn embedded() -> Atlas {
        let (atlas, found) = Atlas::load(&Embedded);
        assert!(
            !model::diagnostic::has_errors(&found),
            "the embedded atlas is broken:\n{}",
            model::diagnostic::render(&found, &atlas.library.sources)
        );
        atlas
    }

    /// The compound of this name or alias.
    pub fn compound(&self, word: &str) -> Option<&Compound> {
        let word = word.to_lowercase();
        self.compounds
            .get(&word)
            .or_else(|| self.compounds.values().find(|c| c.aliases.iter().any(|a| a.to_lowercase() == word)))
    }

    /// Names of the events that mechanisms listen to, except those that run over a family.
    pub fn events(&self) -> BTreeSet<String> {
        let handlers = self.library.modules.values().flat_map(|m| &m.events);
        handlers.map(|e| e.name.value.clone()).filter(|name| !name.contains('{')).collect()
    }

    /// Names of compounds, with a suggestion for a misspelt one.
    pub(crate) fn compound_hint(&self, word: &str) -> String {
        let given = self.compounds.values().filter(|c| !c.routes.is_empty());
        let names: Vec<&str> = given.map(|c| c.name.as_str()).collect();
        match closest(&word.to_lowercase(), &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known drugs: {}", names.join(", ")),
        }
    }
}

fn hash(sources: &dyn Sources) -> String {
    const FILES: [&str; 5] = [BATTERY, "claims.csv", "families.toml", "measures.toml", "population.toml"];
    const FOLDERS: [&str; 9] = [
        "assemblies",
        "compounds",
        "conditions",
        "evidence",
        "expectations",
        "hypotheses",
        "models",
        "scenarios",
        "trials",
    ];
    let mut paths = FILES.map(String::from).to_vec();
    paths.extend(FOLDERS.iter().flat_map(|folder| sources.list(folder)));
    let mut hash = Sha256::new();
    for path in paths {
        if let Ok(text) = sources.read(&path) {
            hash.update((path.len() as u64).to_le_bytes());
            hash.update(path.as_bytes());
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

fn folder<T>(
    library: &mut Library,
    sources: &dyn Sources,
    folder: &str,
    diagnostics: &mut Vec<Diagnostic>,
    read: impl Fn(&Fields<'_, '_>) -> T,
) -> Vec<T> {
    let mut out = Vec::new();
    for path in sources.list(folder) {
        if !path.ends_with(".toml") {
            continue;
        }
        match sources.read(&path) {
            Ok(text) => {
                let (value, found) = Document::read(&mut library.sources, &path, &text, &read);
                diagnostics.extend(found);
                out.push(value);
            }
            Err(why) => {
                let message = format!("cannot read `{path}`: {why}");
                diagnostics.push(Diagnostic::error_nowhere("RS1031", message, "check the atlas folder"));
            }
        }
    }
    out
}

fn read_assembly(fields: &Fields<'_, '_>) -> AssemblyFile {
    let texts = |f: &Fields<'_, '_>, key: &str| -> Vec<String> { f.texts(key).into_iter().map(|t| t.value).collect() };
    let pairs = |f: &Fields<'_, '_>| -> BTreeMap<String, String> {
        f.keys().into_iter().filter_map(|k| Some((k.value.clone(), f.text(&k.value)?.value))).collect()
    };
    let numbers = |f: &Fields<'_, '_>| -> BTreeMap<String, f64> {
        f.keys().into_iter().filter_map(|k| Some((k.value.clone(), f.number(&k.value)?.value))).collect()
    };
    let _ = fields.text("about");
    AssemblyFile {
        assembly: Assembly {
            name: fields.needed("name").value,
            modules: texts(fields, "modules"),
            wire: fields.table("wire", pairs).unwrap_or_default(),
            alone: false,
        },
        title: fields.needed("title").value,
        traces: fields.tables("trace", |f| {
            let unit = f.needed("unit");
            let parsed = Unit::parse(&unit.value).unwrap_or_else(|why| {
                f.error("RS3001", unit.span, why, "the known units are listed in docs/dev/model-language.md");
                Unit::one()
            });
            TraceSpec {
                port: f.needed("port").value,
                label: f.needed("label").value,
                unit: parsed,
                lane: f.needed("lane").value,
            }
        }),
        knockouts: fields.tables("knockout", |f| KnockoutSpec {
            name: f.needed("name").value,
            hold: texts(f, "hold"),
            set: f.table("set", numbers).unwrap_or_default(),
            expectancy: f.truth("expectancy").unwrap_or(false),
        }),
        compartments: fields
            .tables("cmt", |f| {
                let number = f.number("number");
                if number.as_ref().is_none_or(|n| n.value < 1.0 || n.value.fract() != 0.0) {
                    f.error("RS6009", f.span(), "a compartment needs a `number` from 1 up", "as in `number = 1`");
                }
                let optional = |key| f.text(key).map(|t| t.value);
                let compartment = Compartment {
                    event: f.needed("event").value,
                    bioavailability: optional("bioavailability"),
                    lag: optional("lag"),
                    duration: optional("duration"),
                    rate: optional("rate"),
                };
                (number.map_or(0, |n| n.value as u32), compartment)
            })
            .into_iter()
            .collect(),
        columns: fields.table("columns", pairs).unwrap_or_default(),
    }
}

fn read_condition(fields: &Fields<'_, '_>) -> Condition {
    Condition {
        name: fields.needed("name").value,
        title: fields.needed("title").value,
        about: fields.needed("about").value,
        contexts: fields.texts("context").into_iter().map(|t| t.value).collect(),
        history: happening::history(fields),
    }
}

/// All route names a compound can be given by, for hints.
pub(crate) fn route_hint(compound: &Compound, word: &str) -> String {
    let names: Vec<&str> = compound.routes.keys().map(String::as_str).collect();
    match (route_name(word), names.as_slice()) {
        (_, []) => format!("`{}` has no route", compound.name),
        (Some(route), _) => {
            format!("`{}` is not given by the route {route} here; it has {}", compound.name, names.join(", "))
        }
        (None, _) => match closest(word, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("routes of `{}`: {}", compound.name, names.join(", ")),
        },
    }
}
