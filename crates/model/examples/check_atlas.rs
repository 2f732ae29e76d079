//! Loads an atlas folder and prints what is wrong with it.
use model::{library::Library, source::MemorySources};
fn walk(root: &std::path::Path, at: &std::path::Path, out: &mut MemorySources) {
    for e in std::fs::read_dir(at).unwrap().flatten() {
        if e.path().is_dir() {
            walk(root, &e.path(), out);
            continue;
        }
        let rel = e.path().strip_prefix(root).unwrap().to_string_lossy().to_string();
        if let Ok(t) = std::fs::read_to_string(e.path()) {
            out.0.insert(rel, t);
        }
    }
}
fn main() {
    let root = std::env::args().nth(1).unwrap();
    let mut files = MemorySources::default();
    walk(root.as_ref(), root.as_ref(), &mut files);
    let (library, mut found) = Library::load(&files);
    found.extend(library.check());
    print!("{}", model::diagnostic::render(&found, &library.sources));
    println!("{} modules, {} rows, {} findings", library.modules.len(), library.ledger.rows().len(), found.len());
    if let Some(_) = std::env::args().nth(2) {
        let a = model::assembly::Assembly {
            name: "all".into(),
            modules: library.modules.keys().cloned().collect(),
            ..Default::default()
        };
        match library.assemble(&a, &Default::default()) {
            Err(d) => print!("{}", model::diagnostic::render(&d, &library.sources)),
            Ok(m) => println!("{} states {} parameters {} ports", m.states.len(), m.parameters.len(), m.ports.len()),
        }
    }
}
