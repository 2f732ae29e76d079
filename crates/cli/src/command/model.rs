//! `resynapse model list|show|check|graph`.

mod graph;

use super::{load_atlas, read_atlas, table};
use crate::arguments::{Global, Model};
use crate::failure::{Failure, finding};
use crate::figure::first_sentence;
use crate::files;
use ::model::diagnostic::{Diagnostic, has_errors, render, tidy};
use ::model::expand::expand;
use ::model::ledger::Grade;
use ::model::library::Contexts;
use ::model::parser::closest;
use ::model::syntax::{Binder, EffectKind, Equation, Item, Let, Module, Provide};
use resynapse::atlas::Atlas;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

pub(super) fn run(global: &Global, what: &Model) -> Result<(), Failure> {
    match what {
        Model::List => list(global),
        Model::Show { name, source } => show(global, name, *source),
        Model::Check { file } => check(global, file.as_deref()),
        Model::Graph { signal, format } => graph::run(global, signal.as_deref(), *format),
    }
}

/// Rows per grade of the numbers a module names, with the worst grade.
fn grades(atlas: &Atlas, module: &Module) -> (BTreeMap<Grade, usize>, Option<Grade>) {
    let mut counts = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for instance in expand(module, &atlas.library.families, &mut Vec::new()) {
        for p in &instance.parameters {
            if let Ok(Some(row)) = atlas.library.ledger.select(&p.name.value, &Contexts::new())
                && seen.insert(row.id.clone())
            {
                *counts.entry(row.grade()).or_insert(0) += 1;
            }
        }
    }
    let worst = counts.keys().max().copied();
    (counts, worst)
}

fn list(global: &Global) -> Result<(), Failure> {
    let atlas = load_atlas(global)?;
    if global.json {
        let modules: Vec<Value> = atlas
            .library
            .modules
            .iter()
            .map(|(path, m)| {
                let (counts, worst) = grades(&atlas, m);
                let counts: serde_json::Map<String, Value> =
                    counts.iter().map(|(g, n)| (g.to_string(), json!(n))).collect();
                json!({ "module": path, "about": first_sentence(&m.about), "states": m.states.len(),
                        "numbers": counts, "weakest_grade": worst.map(|g| g.to_string()) })
            })
            .collect();
        anstream::println!("{}", json!({ "modules": modules }));
        return Ok(());
    }
    let mut rows = vec![["module", "numbers", "weakest", "what it says"].map(String::from).to_vec()];
    for (path, m) in &atlas.library.modules {
        let (counts, worst) = grades(&atlas, m);
        let total: usize = counts.values().sum();
        rows.push(vec![
            path.clone(),
            total.to_string(),
            worst.map_or("-".into(), |g| g.to_string()),
            crate::figure::words::shorten(&first_sentence(&m.about), 90),
        ]);
    }
    anstream::print!("{}", table(&rows));
    Ok(())
}

fn find<'a>(atlas: &'a Atlas, name: &str) -> Result<(&'a String, &'a Module), Failure> {
    let by_path = atlas.library.modules.get_key_value(name);
    let by_stem = || atlas.library.modules.iter().find(|(path, _)| path.rsplit('/').next() == Some(name));
    by_path.or_else(by_stem).ok_or_else(|| {
        let known: Vec<&str> = atlas.library.modules.keys().filter_map(|p| p.rsplit('/').next()).collect();
        let hint =
            closest(name, &known).map_or("see `resynapse model list`".into(), |n| format!("did you mean `{n}`?"));
        let found = vec![Diagnostic::error_nowhere("RS2031", format!("there is no module `{name}`"), hint)];
        Failure::Input(found, Box::default())
    })
}

fn show(global: &Global, name: &str, source: bool) -> Result<(), Failure> {
    let atlas = load_atlas(global)?;
    let (path, module) = find(&atlas, name)?;
    if source {
        anstream::print!("{}", atlas.library.sources.text(module.file));
        return Ok(());
    }
    let instances = expand(module, &atlas.library.families, &mut Vec::new());
    if global.json {
        let value: Vec<Value> = instances
            .iter()
            .map(|i| {
                json!({
                    "instance": i.id,
                    "requires": i.requires.iter().map(|r| json!({ "port": r.name.value, "unit": r.unit.value,
                        "merge": r.merge.keyword(), "rest": r.rest, "doc": r.doc })).collect::<Vec<_>>(),
                    "provides": i.provides.iter().map(|p| json!({ "port": p.name.value, "unit": p.unit.value,
                        "value": p.value.to_string(), "doc": p.doc })).collect::<Vec<_>>(),
                    "states": i.states.iter().map(|s| json!({ "state": s.name.value, "unit": s.unit.value })).collect::<Vec<_>>(),
                    "equations": i.equations.iter().map(|e| json!({ "state": e.state.value, "rate": e.value.to_string() })).collect::<Vec<_>>(),
                    "parameters": i.parameters.iter().map(|p| p.name.value.clone()).collect::<Vec<_>>(),
                })
            })
            .collect();
        let references: Vec<&str> = module.references.iter().map(|r| r.value.as_str()).collect();
        anstream::println!(
            "{}",
            json!({ "module": path, "about": module.about, "limits": module.limits, "references": references, "instances": value })
        );
        return Ok(());
    }
    anstream::print!("{}", page(&atlas, path, module));
    Ok(())
}

/// What a line is repeated over, in words.
fn repeated(binders: &[Binder]) -> String {
    let all: Vec<String> = binders.iter().map(|b| format!("{} in {}", b.variable.value, b.family.value)).collect();
    if all.is_empty() { String::new() } else { format!("for each {}", all.join(", ")) }
}

/// How the states of a module change.
fn equations(module: &Module) -> Vec<Vec<String>> {
    let row = |e: &Item<Equation>| {
        vec![format!("{}'", e.value.state.value), format!("= {}", e.value.value), repeated(&e.binders)]
    };
    module.equations.iter().map(row).collect()
}

/// What a module works out on the way.
fn lets(module: &Module) -> Vec<Vec<String>> {
    let row = |l: &Item<Let>| vec![l.value.name.value.clone(), format!("= {}", l.value.value), repeated(&l.binders)];
    module.lets.iter().map(row).collect()
}

/// Everything a module computes, as text: equations of its states, what is worked out on the way, what it gives.
pub(crate) fn formulae(module: &Module) -> String {
    let given =
        |p: &Item<Provide>| vec![p.value.name.value.clone(), format!("= {}", p.value.value), repeated(&p.binders)];
    let parts = [equations(module), lets(module), module.provides.iter().map(given).collect()];
    parts.iter().filter(|rows| !rows.is_empty()).map(|rows| table(rows)).collect::<Vec<_>>().join("\n")
}

/// A module as a page of text, families as they were written.
fn page(atlas: &Atlas, path: &str, module: &Module) -> String {
    let mut out = format!("{path}\n\n{}\n", module.about);
    let mut section = |title: &str, rows: Vec<Vec<String>>| {
        if !rows.is_empty() {
            out.push_str(&format!("\n{title}\n"));
            out.extend(table(&rows).lines().map(|l| format!("  {l}\n")));
        }
    };
    section(
        "needs",
        module
            .requires
            .iter()
            .map(|r| {
                let v = &r.value;
                vec![
                    v.name.value.clone(),
                    v.unit.value.clone(),
                    v.merge.keyword().into(),
                    v.doc.clone(),
                    repeated(&r.binders),
                ]
            })
            .collect(),
    );
    section(
        "gives",
        module
            .provides
            .iter()
            .map(|p| {
                let v = &p.value;
                vec![v.name.value.clone(), v.unit.value.clone(), v.doc.clone(), repeated(&p.binders)]
            })
            .collect(),
    );
    section("equations", equations(module));
    section("with", lets(module));
    for event in &module.events {
        let rows = event.effects.iter().map(|e| {
            let v = &e.value;
            let what = match &v.kind {
                EffectKind::Assign(x) => format!("= {x}"),
                EffectKind::Add { amount, over, after } => {
                    let over = over.as_ref().map_or(String::new(), |x| format!(" over {x}"));
                    let after = after.as_ref().map_or(String::new(), |x| format!(" after {x}"));
                    format!("+= {amount}{over}{after}")
                }
            };
            vec![v.state.value.clone(), what]
        });
        section(&format!("on {} (amount in {})", event.name.value, event.unit.value), rows.collect());
    }
    let mut rows = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for instance in expand(module, &atlas.library.families, &mut Vec::new()) {
        for p in &instance.parameters {
            if let Ok(Some(row)) = atlas.library.ledger.select(&p.name.value, &Contexts::new())
                && seen.insert(row.id.clone())
            {
                let value = format!("{} {}", row.value, row.unit);
                rows.push(vec![row.id.clone(), value, format!("grade {}", row.grade()), row.source_key.clone()]);
            }
        }
    }
    section("numbers", rows);
    if !module.limits.is_empty() {
        out.push_str(&format!("\nlimits\n  {}\n", module.limits));
    }
    let mut sources: Vec<Vec<String>> = Vec::new();
    for key in &module.references {
        if let Some(s) = atlas.library.ledger.source(&key.value) {
            sources.push(vec![
                s.key.clone(),
                format!("{} {} {}", s.authors, s.year, s.title).trim().to_string(),
                s.address.clone(),
            ]);
        }
    }
    if !sources.is_empty() {
        out.push_str("\nreferences\n");
        out.extend(table(&sources).lines().map(|l| format!("  {l}\n")));
    }
    out
}

fn check(global: &Global, file: Option<&Path>) -> Result<(), Failure> {
    let (mut atlas, found) = read_atlas(global)?;
    let mut diagnostics = if let Some(file) = file {
        let text = files::read(file)?;
        let stem = file.file_stem().map(|s| s.to_string_lossy().to_string()).unwrap_or_default();
        let mut own = Vec::new();
        atlas.library.add(&stem, &file.display().to_string(), &text, &mut own);
        let module = atlas.library.modules.get(&stem).cloned().unwrap_or_default();
        atlas.library.check_module(&module, &mut own);
        if !has_errors(&own) {
            let alone = ::model::assembly::Assembly {
                name: stem.clone(),
                modules: vec![stem],
                alone: true,
                ..::model::assembly::Assembly::default()
            };
            match atlas.library.assemble(&alone, &Contexts::new()) {
                Ok(_) => own.extend(resynapse::exam::at_rest(&atlas, &alone.name)),
                Err(more) => own.extend(more),
            }
        }
        own
    } else {
        let mut all = found;
        for assembly in atlas.assemblies.values() {
            if let Err(more) = atlas.library.assemble(&assembly.assembly, &Contexts::new()) {
                all.extend(more);
            }
        }
        if !has_errors(&all) {
            all.extend(atlas.library.modules.keys().flat_map(|path| resynapse::exam::at_rest(&atlas, path)));
        }
        all
    };
    tidy(&mut diagnostics);
    if has_errors(&diagnostics) {
        return Err(Failure::Input(diagnostics, Box::new(atlas.library.sources.clone())));
    }
    if global.json {
        let all: Vec<Value> = diagnostics.iter().map(|d| finding(d, &atlas.library.sources)).collect();
        anstream::println!("{}", json!({ "ok": true, "findings": all }));
        return Ok(());
    }
    anstream::eprint!("{}", render(&diagnostics, &atlas.library.sources));
    if !global.quiet {
        match file {
            Some(file) => anstream::println!("{}: nothing wrong", file.display()),
            None => anstream::println!(
                "{} modules, {} numbers, {} sources: nothing wrong",
                atlas.library.modules.len(),
                atlas.library.ledger.rows().len(),
                atlas.library.ledger.sources().count()
            ),
        }
    }
    Ok(())
}
