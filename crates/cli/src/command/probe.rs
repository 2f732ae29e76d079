//! `resynapse probe`.

use super::{command_line, load_atlas, plans_and_probes, simulate, table};
use crate::arguments::{Global, Probe};
use crate::failure::Failure;
use crate::figure::{NOT_ADVICE, Picture, probe as figures, words};
use crate::folder::{self, RunFolder};
use crate::probe::{self, Asked, Findings, bids, tables};
use crate::report;
use resynapse::atlas::Atlas;
use resynapse::run::Results;
use serde_json::json;
use std::time::Instant;
use study::data::Format;

pub(super) fn run(global: &Global, a: &Probe) -> Result<(), Failure> {
    let started = Instant::now();
    let atlas = load_atlas(global)?;
    let (plans, visits) = plans_and_probes(&atlas, global, &a.what, &a.subject)?;
    let asked = probe::read(global, a, plans, &visits)?;
    let findings = probe::run(&atlas, global, &asked)?;
    let shifts = findings.shifts();
    let pictures = figures::all(&asked, &findings, &shifts);
    let results = simulate(&atlas, &asked.plan)?;
    let mut run = RunFolder::default();
    let data = tables::readings(&asked, &findings);
    for format in [Format::Csv, Format::Parquet] {
        let bytes = tables::bytes(format, &data).map_err(|e| Failure::File(e.to_string()))?;
        run.add(format!("readings.{}", format.ending()), bytes);
    }
    run.add("ledger.csv", folder::ledger(&atlas, &results, &findings.rows));
    bids::add(&mut run, &asked, &findings);
    for picture in &pictures {
        run.add(format!("figures/{}.svg", picture.name), picture.svg.clone());
    }
    let page = report::probe::html(&report::probe::Report {
        atlas: &atlas,
        asked: &asked,
        findings: &findings,
        shifts: &shifts,
        pictures: &pictures,
        command_line: &command_line(),
    });
    run.add("report.html", page);
    let lock = lock(&atlas, &asked, results);
    let name = format!("{} {}", asked.kind.name(), asked.plan.name);
    let place = run.write(global, &name, &lock, &atlas, started)?;
    if global.json {
        anstream::println!("{}", as_json(&asked, &findings, place.as_deref()));
        return Ok(());
    }
    anstream::print!("{}", text(&asked, &findings, &pictures));
    if let (Some(place), false) = (&place, global.quiet) {
        anstream::eprintln!("report  {}", place.join("report.html").display());
    }
    Ok(())
}

/// The protocol with the visits that probe.
fn lock(atlas: &Atlas, asked: &Asked, results: Results) -> String {
    let mut lock =
        folder::lock(atlas, &[results]).replace("`resynapse simulate`", "`resynapse simulate` and `resynapse probe`");
    for t in &asked.times_h {
        lock.push_str(&format!("\n[[visit]]\nat = \"{t} h\"\nassess = [\"{}\"]\n", asked.kind.name()));
    }
    lock
}

/// What the terminal shows.
fn text(asked: &Asked, findings: &Findings, pictures: &[Picture]) -> String {
    let at: Vec<String> = asked.times_h.iter().map(|t| words::span(*t)).collect();
    let who = match asked.people {
        Some(n) => format!("{n} virtual people, each before and then"),
        None => "the typical person, without drug and then".into(),
    };
    let mut out = format!("{}: {} at {}; {who}\n\n", asked.plan.name, asked.kind.name(), words::list(&at));
    out.push_str(&table(&tables::summary(asked, &findings.shifts())));
    out.push('\n');
    for note in figures::notes(asked.kind) {
        for line in words::folded(&note, folder::terminal_width()) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    let names: Vec<String> = pictures.iter().map(|p| p.name.to_string()).collect();
    if !names.is_empty() {
        out.push_str(&format!("\nfigures: {}\n", words::list(&names)));
    }
    out.push_str(&format!("\n{NOT_ADVICE}\n"));
    out
}

fn as_json(asked: &Asked, findings: &Findings, place: Option<&std::path::Path>) -> String {
    let people: Vec<_> = findings
        .people
        .iter()
        .map(|outcomes| {
            let moments: Vec<_> = outcomes
                .iter()
                .enumerate()
                .map(|(k, o)| {
                    let readings: serde_json::Map<_, _> = o
                        .readings
                        .iter()
                        .map(|r| (r.name.clone(), json!({ "value": r.value, "unit": r.unit })))
                        .collect();
                    json!({ "time_h": k.checked_sub(1).map(|k| asked.times_h[k]), "readings": readings })
                })
                .collect();
            json!(moments)
        })
        .collect();
    let value = json!({ "probe": asked.kind.name(), "protocol": asked.plan.name, "times_h": asked.times_h,
        "people": people, "folder": place.map(|p| p.display().to_string()), "not_medical_advice": true });
    format!("{value:#}")
}
