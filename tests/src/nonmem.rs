//! The event-table oracle: NONMEM's own output for 20 dosing scenarios.

use crate::files::{Folder, root};
use model::source::SourceMap;
use resynapse::atlas::Atlas;
use resynapse::nonmem::{Carry, read, script};
use resynapse::patient::Patient;
use resynapse::prepare::{Person, prepare};
use sim::Options;
use std::path::Path;

/// Largest relative difference that passes; the scenarios are printed with five digits.
pub const TOLERANCE: f64 = 2e-4;
/// Absolute difference that always passes.
pub const FLOOR: f64 = 1e-9;

/// One scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its id.
    pub id: String,
    /// Rows compared.
    pub rows: usize,
    /// Rows outside the tolerance.
    pub failed: usize,
    /// Largest relative difference.
    pub worst: f64,
    /// Where it is, h.
    pub worst_at_h: f64,
}

/// Runs all scenarios of `folder`; the error says what could not be read or run.
pub fn run(folder: &Path) -> Result<Vec<Scenario>, String> {
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|e| format!("{name}: {e}"));
    let (atlas, found) = Atlas::load(&Folder(root().join("tests/atlas_nonmem")));
    if !found.is_empty() {
        return Err(model::diagnostic::render(&found, &atlas.library.sources));
    }
    let mut map = SourceMap::default();
    let subjects =
        read(&mut map, "events.csv", &text("events.csv")?).map_err(|found| model::diagnostic::render(&found, &map))?;
    let expected = text("expected.csv")?;
    let mut expected = expected.lines().skip(1).map(|line| {
        let f: Vec<&str> = line.split(',').collect();
        (f[0].to_string(), f[3].parse::<f64>().unwrap_or(f64::NAN))
    });
    let assembly = &atlas.assemblies["oracle"];
    let patient = Patient::default();
    let prepared = prepare(&atlas, &assembly.assembly, &patient, &assembly.request())
        .map_err(|found| model::diagnostic::render(&found, &atlas.library.sources))?;
    let parameters = prepared.parameters(&patient, Person::Typical);
    let rest = prepared.rest(&parameters).map_err(|d| d.message)?;
    let options = Options { rtol: 1e-8, ..Options::default() };
    let mut scenarios = Vec::new();
    for subject in &subjects {
        let name = |e| format!("scenario {}: {e:?}", subject.id);
        let script = script(&prepared, assembly, subject, &parameters, &rest, Carry::Backward).map_err(name)?;
        let outcome = script.run(&prepared, &options).map_err(name)?;
        let mut s = Scenario { id: subject.id.clone(), rows: 0, failed: 0, worst: 0.0, worst_at_h: 0.0 };
        for (record, value) in subject.records.iter().zip(&outcome.samples) {
            let (id, wanted) = expected.next().ok_or("expected.csv is too short")?;
            if id != subject.id {
                return Err(format!("expected.csv has {id} where the events have {}", subject.id));
            }
            let value = assembly.traces[0].unit.from_coherent(*value);
            let difference = (value - wanted).abs();
            let relative = difference / wanted.abs().max(f64::MIN_POSITIVE);
            s.rows += 1;
            if difference > FLOOR && relative > TOLERANCE {
                s.failed += 1;
            }
            if difference > FLOOR && relative > s.worst {
                s.worst = relative;
                s.worst_at_h = record.time_h;
            }
        }
        scenarios.push(s);
    }
    Ok(scenarios)
}
