//! `resynapse simulate`.

use super::{command_line, load_atlas, plans, simulate};
use crate::arguments::{Colour, Global, Simulate};
use crate::failure::Failure;
use crate::folder::{self, RunFolder};
use crate::{json, terminal};
use resynapse::atlas::Atlas;
use resynapse::run::{Results, knockout};
use std::io::IsTerminal;
use std::time::Instant;

pub(super) fn run(global: &Global, a: &Simulate) -> Result<(), Failure> {
    let started = Instant::now();
    let atlas = load_atlas(global)?;
    let plans = plans(&atlas, global, &a.what, &a.subject)?;
    let results = plans.iter().map(|p| simulate(&atlas, p)).collect::<Result<Vec<Results>, Failure>>()?;
    let mut run = RunFolder::default();
    let mut prefix = String::new();
    for (i, r) in results.iter().enumerate() {
        if results.len() > 1 {
            prefix = format!("{}/", folder::slug(&r.plan().name, i));
        }
        let links = knockout(&atlas, r.plan(), "madrs.total", &super::knockout::times_h(r.plan().until_h))
            .map_err(|e| Failure::from_refusal(e, &atlas.library.sources))?;
        folder::add_run(&mut run, &prefix, &atlas, r, Some(&links), &command_line());
    }
    let all: Vec<&Results> = results.iter().collect();
    if all.len() > 1 {
        folder::add_comparison(&mut run, &all, &[]);
    }
    let lock = folder::lock(&atlas, &results);
    let place = run.write(global, &a.what, &lock, &atlas, started)?;
    if global.json {
        anstream::println!("{}", json::runs(&all, place.as_deref()));
        return Ok(());
    }
    let terminal = std::io::stdout().is_terminal();
    let colour = global.color == Colour::Always || (global.color == Colour::Auto && terminal);
    for r in &results {
        anstream::print!("{}", terminal::summary(r, folder::terminal_width(), colour));
    }
    anstream::print!("{}", pooled(&results));
    if global.verbose {
        for r in &results {
            let (p, steps) = (r.provenance(), r.treated().steps);
            let numbers = p.parameters.len();
            let ms = started.elapsed().as_millis();
            anstream::eprintln!(
                "{}: {} states, {numbers} numbers, {steps} steps, {ms} ms in all",
                r.plan().name,
                p.states
            );
        }
    }
    if !global.quiet {
        published(&atlas, &results);
    }
    if let (Some(place), false) = (&place, global.quiet) {
        anstream::eprintln!("report  {}", place.join(if all.len() == 1 { "report.html" } else { "" }).display());
    }
    Ok(())
}

/// The members of an ensemble of hypotheses side by side, and their mean by weight.
fn pooled(results: &[Results]) -> String {
    use crate::figure::words::{number, span};
    let members: Vec<(&Results, f64)> = results.iter().filter_map(|r| Some((r, r.plan().ensemble?))).collect();
    let Some(k) = members.first().and_then(|(r, _)| r.trace("madrs.total")) else { return String::new() };
    let times = super::knockout::times_h(members[0].0.plan().until_h);
    let mut rows = vec![vec!["change of MADRS".to_string(), "weight".into()]];
    rows[0].extend(times.iter().map(|t| format!("at {}", span(*t))));
    let mut mean = vec![0.0; times.len()];
    for (r, weight) in &members {
        let changes: Vec<f64> = times.iter().map(|t| r.difference(k, *t)).collect();
        mean.iter_mut().zip(&changes).for_each(|(m, x)| *m += weight * x);
        let mut row = vec![r.plan().name.clone(), format!("{weight:.2}")];
        row.extend(changes.iter().map(|x| number(*x)));
        rows.push(row);
    }
    let mut row = vec!["pooled by weight".to_string(), String::new()];
    row.extend(mean.iter().map(|x| number(*x)));
    rows.push(row);
    format!("\n{}", super::table(&rows))
}

/// Says how far published doses reach: a dose that runs is not thereby one that anybody was given.
fn published(atlas: &Atlas, results: &[Results]) {
    let mut told = std::collections::BTreeSet::new();
    for dose in results.iter().flat_map(|r| &r.plan().regimen.doses) {
        if !told.insert((dose.compound.clone(), dose.route.clone())) {
            continue;
        }
        let Some(compound) = atlas.compounds.get(&dose.compound).filter(|c| !c.composition.is_empty()) else {
            continue;
        };
        let route = resynapse::compound::route_title(&dose.route);
        let highest = compound.routes.get(&dose.route).map_or("", |r| r.highest_published.as_str());
        let highest = if highest.is_empty() { "none in the evidence read for it" } else { highest };
        anstream::eprintln!(
            "note: {}, {route}: highest published dose {highest}; beyond it nothing is known here",
            compound.name
        );
    }
}
