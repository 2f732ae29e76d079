//! `resynapse simulate`.

use super::{command_line, load_atlas, plans, simulate};
use crate::arguments::{Colour, Global, Simulate};
use crate::failure::Failure;
use crate::folder::{self, RunFolder};
use crate::{json, terminal};
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
        let links = knockout(&atlas, r.plan(), "madrs.total", &super::knockout::TIMES_H)
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
    if let (Some(place), false) = (&place, global.quiet) {
        anstream::eprintln!("report  {}", place.join(if all.len() == 1 { "report.html" } else { "" }).display());
    }
    Ok(())
}
