//! Draws two runs into a folder: `cargo run -p resynapse-cli --example render -- FOLDER`.
//!
//! For looking at figures, report and terminal output while they are being changed.
#![allow(clippy::disallowed_methods, reason = "an example writes its files")]

use resynapse::atlas::Atlas;
use resynapse::run::{Plan, Results, knockout, run};
use resynapse_cli::{figure, report, terminal};
use std::path::PathBuf;

const RUNS: [(&str, &str); 2] = [
    ("one infusion", "ketamine 0.5 mg/kg iv over 40 min"),
    ("nasal course", "esketamine 84 mg nasal twice weekly for 4 weeks"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    std::fs::create_dir_all(&folder)?;
    let atlas = Atlas::embedded();
    let mut all: Vec<Results> = Vec::new();
    for (name, text) in RUNS {
        let mut map = model::source::SourceMap::default();
        let regimen = resynapse::regimen::sentence(&atlas, &mut map, text)
            .map_err(|found| model::diagnostic::render(&found, &map))?;
        let results = run(&atlas, &Plan::new(name, regimen)).map_err(|why| format!("{why:?}"))?;
        let table = knockout(&atlas, results.plan(), "madrs.total", &[4.0, 24.0, 168.0]);
        let table = table.map_err(|why| format!("{why:?}"))?;
        let mut page = report::Report::new(&atlas, &results);
        page.knockout = Some(&table);
        let command_line = format!("resynapse simulate \"{text}\"");
        page.command_line = &command_line;
        let file = name.replace(' ', "_");
        std::fs::write(folder.join(format!("{file}.svg")), figure::ladder(&results, &figure::Options::default()))?;
        std::fs::write(folder.join(format!("{file}.html")), report::html(&page))?;
        print!("{}", terminal::summary(&results, 80, false));
        all.push(results);
    }
    let runs: Vec<&Results> = all.iter().collect();
    std::fs::write(folder.join("compare.svg"), figure::compare(&runs, &[]))?;
    Ok(())
}
