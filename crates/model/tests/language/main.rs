//! The model language: what is read, what is refused and how that reads, and what it means when evaluated.

mod assembling;
mod ledger;
mod lowering;
mod reading;
mod report;
mod robust;
mod round_trip;

use model::assembly::{Assembly, Model};
use model::diagnostic::{Diagnostic, render};
use model::library::{Contexts, Library};
use model::lower::{Lowered, Request};
use model::source::MemorySources;
use sim::expr::Point;

/// A row of the ledger in an in-memory atlas: `id`, `value`, `unit`.
type Number<'a> = (&'a str, f64, &'a str);

/// An atlas of modules (`path below models`, text) and numbers without context.
fn atlas(modules: &[(&str, &str)], numbers: &[Number]) -> MemorySources {
    let mut files = MemorySources::default();
    files.0.insert("families.toml".into(), "pool = [\"pv\", \"sst\", \"pyr\"]\nenantiomer = [\"s\", \"r\"]\n".into());
    files.0.insert("evidence/sources.csv".into(), sources_csv());
    let mut table = header();
    for (id, value, unit) in numbers {
        table.push_str(&format!("{id},,{value},{unit},none,,none,,test,,,assumed,me,,none,E,\n"));
    }
    files.0.insert("evidence/parameters/test.csv".into(), table);
    for (path, text) in modules {
        files.0.insert(format!("models/{path}.mech"), text.to_string());
    }
    files
}

fn header() -> String {
    model::ledger::COLUMNS.join(",") + "\n"
}

fn sources_csv() -> String {
    model::ledger::SOURCE_COLUMNS.join(",") + "\nme,example,,,,,,\nmoda2019,article,A,2019,T,,,paper\n"
}

fn assembly(modules: &[&str]) -> Assembly {
    Assembly { name: "test".into(), modules: modules.iter().map(|m| m.to_string()).collect(), ..Assembly::default() }
}

fn contexts(active: &[&str]) -> Contexts {
    active.iter().map(|c| c.to_string()).collect()
}

/// Loads an atlas that has to be free of findings.
fn load(files: &MemorySources) -> Library {
    let (library, mut found) = Library::load(files);
    found.extend(library.check());
    assert!(found.is_empty(), "{}", render(&found, &library.sources));
    library
}

/// Joins modules that have to fit.
fn join(library: &Library, assembly: &Assembly, active: &[&str]) -> Model {
    library.assemble(assembly, &contexts(active)).unwrap_or_else(|found| panic!("{}", render(&found, &library.sources)))
}

/// All findings about an atlas, its modules and the assembly of all of them.
fn findings(files: &MemorySources, assembly: &Assembly) -> (Vec<Diagnostic>, String) {
    let (library, mut found) = Library::load(files);
    found.extend(library.check());
    if !model::diagnostic::has_errors(&found)
        && let Err(more) = library.assemble(assembly, &Contexts::new())
    {
        found.extend(more);
    }
    model::diagnostic::tidy(&mut found);
    let text = render(&found, &library.sources);
    (found, text)
}

/// The codes of findings about one module text with the given numbers, in order of place.
fn codes(module: &str, numbers: &[Number]) -> Vec<&'static str> {
    let files = atlas(&[("m", module)], numbers);
    let alone = Assembly { alone: true, ..assembly(&["m"]) };
    findings(&files, &alone).0.iter().map(|d| d.code).collect()
}

fn lower(model: &Model, outputs: &[&str]) -> Lowered {
    let request = Request { outputs: outputs.iter().map(|o| o.to_string()).collect(), ..Request::default() };
    model.lower(&request).expect("known outputs")
}

/// The outputs of a lowered model at its default parameters.
fn outputs_at(lowered: &Lowered, states: &[f64], time: f64) -> Vec<f64> {
    let point = Point { time, states, parameters: &lowered.parameter_values, arguments: [0.0; 4] };
    lowered.system.graph.evaluate(&lowered.system.outputs, &point)
}

fn close(got: f64, wanted: f64) -> bool {
    (got - wanted).abs() <= 1e-12 * wanted.abs().max(1e-300)
}
