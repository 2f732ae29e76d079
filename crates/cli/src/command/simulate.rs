//! `resynapse simulate`.

use super::{command_line, load_atlas, plans, simulate};
use crate::arguments::{Colour, Global, Simulate};
use crate::failure::Failure;
use crate::folder::{self, RunFolder};
use crate::{json, terminal};
use resynapse::atlas::Atlas;
use resynapse::expectation::evaluate;
use resynapse::quantity::{self, Amount};
use resynapse::regimen::Dose;
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
    if let Some(scenario) = atlas.scenarios.get(&a.what) {
        anstream::println!("{}\n", scenario.question);
    }
    for (i, r) in results.iter().enumerate() {
        if results.len() > 1 {
            anstream::println!(
                "{}— {}, {} of {}\n",
                if i > 0 { "\n" } else { "" },
                r.plan().name,
                i + 1,
                results.len()
            );
        }
        anstream::print!("{}", terminal::summary(r, folder::terminal_width(), colour));
    }
    anstream::print!("{}", between_arms(&results));
    anstream::print!("{}", answers(&atlas, &a.what)?);
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

/// How many times a dose exceeds the highest published one, where both are given in the same way and it does.
fn beyond(amount: Amount, highest: &str) -> Option<f64> {
    let words: Vec<&str> = highest.split_whitespace().take(2).collect();
    let (published, _) = quantity::dose(&words.join(" ")).ok()?;
    let times = match (amount, published) {
        (Amount::Mass(a), Amount::Mass(b)) | (Amount::MassPerBody(a), Amount::MassPerBody(b)) => a / b,
        _ => return None,
    };
    // A little more is rounding of the dose as written.
    (times > 1.0 + 1e-9).then_some(times)
}

/// The score of each arm less that of the last, where all people are alike.
fn between_arms(results: &[Results]) -> String {
    use crate::figure::words::{score, span};
    let ([first, .., last], true) = (results, results.iter().all(|r| r.plan().ensemble.is_none())) else {
        return String::new();
    };
    let alike = results.iter().all(|r| r.plan().patient == first.plan().patient);
    let Some(k) = first.trace("madrs.total").filter(|_| alike) else { return String::new() };
    let end = first.plan().until_h;
    let mut times = super::knockout::times_h(end);
    if times.last().is_some_and(|t| *t < end) {
        times.push(end);
    }
    let mut rows = vec![vec![format!("MADRS less that of `{}`", last.plan().name)]];
    rows[0].extend(times.iter().map(|t| format!("at {}", span(*t))));
    for r in &results[..results.len() - 1] {
        let mut row = vec![r.plan().name.clone()];
        row.extend(times.iter().map(|t| score(r.treated().at(k, *t) - last.treated().at(k, *t))));
        rows.push(row);
    }
    format!("\n{}", super::table(&rows))
}

/// The tested answers of a scenario.
fn answers(atlas: &Atlas, name: &str) -> Result<String, Failure> {
    let Some(scenario) = atlas.scenarios.get(name) else { return Ok(String::new()) };
    let mut out = String::from("\nAnswer, as it is tested:\n");
    for e in scenario.answer.iter().filter_map(|id| atlas.expectations.iter().find(|e| &e.id == id)) {
        let verdict = evaluate(atlas, e, None).map_err(|why| Failure::from_refusal(why, &atlas.library.sources))?;
        let word = match (verdict.holds, &e.miss) {
            (true, _) => "holds".to_string(),
            (false, Some(why)) => format!("a known miss: {why}"),
            (false, None) => "does not hold".into(),
        };
        out.push_str(&format!("- {} ({word})\n", e.says));
    }
    Ok(out)
}

/// The members of an ensemble of hypotheses side by side, and their mean by weight.
fn pooled(results: &[Results]) -> String {
    use crate::figure::words::{number, span};
    let members: Vec<(&Results, f64)> = results.iter().filter_map(|r| Some((r, r.plan().ensemble?))).collect();
    let Some(k) = members.first().and_then(|(r, _)| r.trace("madrs.total")) else { return String::new() };
    let times = super::knockout::times_h(members[0].0.plan().until_h);
    let mut rows = vec![vec!["change of MADRS".to_string(), "weight".into()]];
    rows[0].extend(times.iter().map(|t| format!("at {}", span(*t))));
    // The members of one arm stand together, their mean below them.
    let arm = |r: &Results| r.plan().name.trim_end_matches(&format!(", {}", r.plan().patient.hypothesis)).to_string();
    let mut arms: Vec<String> = Vec::new();
    for (r, _) in &members {
        if !arms.contains(&arm(r)) {
            arms.push(arm(r));
        }
    }
    for name in arms {
        let mut mean = vec![0.0; times.len()];
        for (r, weight) in members.iter().filter(|(r, _)| arm(r) == name) {
            let changes: Vec<f64> = times.iter().map(|t| r.difference(k, *t)).collect();
            mean.iter_mut().zip(&changes).for_each(|(m, x)| *m += weight * x);
            let mut row = vec![r.plan().name.clone(), format!("{weight:.2}")];
            row.extend(changes.iter().map(|x| number(*x)));
            rows.push(row);
        }
        let mut row = vec![format!("{name}, pooled by weight"), String::new()];
        row.extend(mean.iter().map(|x| number(*x)));
        rows.push(row);
    }
    format!("\n{}", super::table(&rows))
}

/// Says how far published doses reach: a dose that runs is not thereby one that anybody was given.
fn published(atlas: &Atlas, results: &[Results]) {
    for told in reach(atlas, results.iter().flat_map(|r| &r.plan().regimen.doses)) {
        anstream::eprintln!("{told}");
    }
}

/// How far published doses reach, in sentences: one for each compound and route that is given.
pub(crate) fn reach<'a>(atlas: &Atlas, doses: impl Iterator<Item = &'a Dose> + Clone) -> Vec<String> {
    let mut told = std::collections::BTreeSet::new();
    let mut out = Vec::new();
    for dose in doses.clone() {
        if !told.insert((dose.compound.clone(), dose.route.clone())) {
            continue;
        }
        let Some(compound) = atlas.compounds.get(&dose.compound).filter(|c| !c.composition.is_empty()) else {
            continue;
        };
        let route = resynapse::compound::route_title(&dose.route);
        let highest = compound.routes.get(&dose.route).map_or("", |r| r.highest_published.as_str());
        let alike = doses.clone().filter(|d| d.compound == dose.compound && d.route == dose.route);
        let most = alike.filter_map(|d| beyond(d.amount, highest)).fold(0.0, f64::max);
        if most > 0.0 {
            out.push(format!(
                "warning: {}, {route}: a dose is {most:.1} times the highest published one ({highest}); beyond \
                 that nothing is known here, and nothing here says it is safe",
                compound.name
            ));
            continue;
        }
        let highest = if highest.is_empty() { "none in the evidence read for it" } else { highest };
        out.push(format!(
            "note: {}, {route}: highest published dose {highest}; beyond it nothing is known here",
            compound.name
        ));
    }
    out
}
