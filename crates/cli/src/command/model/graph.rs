//! `resynapse model graph`.

use super::{grades, load_atlas};
use crate::arguments::{Global, GraphFormat};
use crate::failure::Failure;
use crate::figure::{self, Strength, Wiring};
use ::model::diagnostic::Diagnostic;
use ::model::parser::closest;
use resynapse::atlas::{Atlas, WHOLE};
use serde_json::{Value, json};
use std::fs;

pub(super) fn run(global: &Global, signal: Option<&str>, format: GraphFormat) -> Result<(), Failure> {
    let atlas = load_atlas(global)?;
    let sources = || Box::new(atlas.library.sources.clone());
    let assembly = resynapse::run::whole(&atlas).map_err(|r| Failure::from_refusal(r, &atlas.library.sources))?;
    let mut wiring = Wiring::of(&atlas, assembly).map_err(|found| Failure::Input(found, sources()))?;
    let mut headline = assembly.title.clone();
    if let Some(port) = signal {
        wiring = wiring.leading_to(port).ok_or_else(|| unknown(&wiring, port))?;
        let label = assembly.traces.iter().find(|t| t.port == port).map(|t| t.label.as_str());
        headline = format!("What leads to {}", label.map_or(port.to_string(), |l| format!("{l} ({port})")));
    }
    let text = match format {
        _ if global.json => format!("{}\n", as_json(&wiring)),
        GraphFormat::Svg => figure::wiring(&wiring, &headline),
        GraphFormat::Dot => dot(&atlas, &wiring),
    };
    let Some(path) = &global.output else {
        anstream::print!("{text}");
        return Ok(());
    };
    if path.is_dir() {
        return Err(Failure::File(format!("`{}` is a folder; name a file, as in `-o wiring.svg`", path.display())));
    }
    if path.exists() && !global.force {
        return Err(Failure::File(format!("`{}` exists; choose another with -o, or add --force", path.display())));
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    folder
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text))
        .map_err(|e| Failure::File(format!("cannot write `{}`: {e}", path.display())))?;
    if !global.quiet {
        anstream::eprintln!("figure  {}", path.display());
    }
    Ok(())
}

fn unknown(wiring: &Wiring, port: &str) -> Failure {
    let known: Vec<&str> = wiring.ports().into_iter().collect();
    let hint = match closest(port, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "see `resynapse model show` for the ports of each module".into(),
    };
    let message = format!("--signal: no module provides `{port}`");
    Failure::Input(vec![Diagnostic::error_nowhere("RS6303", message, hint)], Box::default())
}

fn as_json(wiring: &Wiring) -> Value {
    let name = |m: usize| wiring.modules[m].name();
    let grade = |s: Strength| match s {
        Strength::Graded(grade) => json!(grade.to_string()),
        Strength::Plain | Strength::Off => Value::Null,
    };
    let links: Vec<Value> = wiring
        .links
        .iter()
        .map(|l| {
            json!({ "from": name(l.from), "to": name(l.to), "ports": l.ports.keys().collect::<Vec<_>>(),
                    "grade": grade(l.strength()), "off": l.strength() == Strength::Off })
        })
        .collect();
    let modules: Vec<&str> = wiring.modules.iter().map(|m| m.path.as_str()).collect();
    json!({ "assembly": WHOLE, "modules": modules, "links": links })
}

fn dot(atlas: &Atlas, wiring: &Wiring) -> String {
    let mut out = String::from("digraph resynapse {\n  rankdir=LR; node [shape=box, fontname=\"sans-serif\"];\n");
    for node in &wiring.modules {
        let Some(module) = atlas.library.modules.get(&node.path) else { continue };
        let (name, domain) = (node.name(), node.domain());
        let grade = grades(atlas, module).1.map_or(String::new(), |g| format!("\\nweakest grade {g}"));
        out.push_str(&format!("  \"{name}\" [label=\"{name}{grade}\", group=\"{domain}\"];\n"));
    }
    for link in &wiring.links {
        let ports: Vec<&String> = link.ports.keys().collect();
        let label = match ports.as_slice() {
            [one] => one.to_string(),
            [first, ..] => format!("{first} +{}", ports.len() - 1),
            [] => String::new(),
        };
        let (from, to) = (wiring.modules[link.from].name(), wiring.modules[link.to].name());
        out.push_str(&format!("  \"{from}\" -> \"{to}\" [label=\"{label}\", fontsize=9];\n"));
    }
    out.push_str("}\n");
    out
}
