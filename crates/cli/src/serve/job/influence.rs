//! What moves a signal: every number of a run moved by its uncertainty, one at a time.

use super::{Planned, Progress};
use crate::figure::words;
use crate::serve::Shared;
use crate::serve::ask::{self, Asked, wrong};
use crate::serve::lane::rounded;
use crate::serve::problem::Wrong;
use crate::serve::schema::{Influence, InfluenceJob, InfluenceResult, JobKind, JobResult};
use model::ledger::{Law, Row};
use resynapse::prepare::{Person, drawn};
use resynapse::run::{Plan, follow_all, whole};

/// How far a number is moved of which nobody says how sure it is.
const SHARE: f64 = 0.1;
/// Runs between two looks at whether to stop.
const AT_ONCE: usize = 64;
/// A run is followed a little beyond the moment that is read.
const BEYOND_H: f64 = 0.1;

pub(super) fn plan(shared: &Shared, asked: InfluenceJob) -> Result<Planned, Wrong> {
    let Asked { mut plan, command, .. } = ask::read(&shared.atlas, &asked.ask)?;
    let at_h = ask::moment(&plan, &asked.at)?;
    let assembly = whole(&shared.atlas)?;
    let Some(trace) = assembly.traces.iter().find(|t| t.port == asked.port) else {
        let message = format!("port: `{}` is not a reported signal", words::shorten(&asked.port, 80));
        return Err(vec![wrong(&message, "see the signals of a run")].into());
    };
    plan.threads = shared.threads;
    let title = format!("What moves {} at {}", trace.label, words::span(at_h));
    let port = asked.port;
    Ok(Planned {
        kind: JobKind::Influence,
        title,
        // The command line has no command of its own for this; `--set ID=VALUE` added to the run moves one number.
        command,
        protocol: None,
        work: Box::new(move |shared, progress| work(shared, progress, &plan, &port, at_h)),
    })
}

fn work(shared: &Shared, progress: &Progress, plan: &Plan, port: &str, at_h: f64) -> Result<JobResult, Wrong> {
    let atlas = &shared.atlas;
    let assembly = whole(atlas)?;
    let Some(k) = assembly.traces.iter().position(|t| t.port == port) else {
        return Err(Wrong::Missing(format!("no reported signal is called `{port}`")));
    };
    let (_, prepared) = shared.compiled.prepare(atlas, &assembly.assembly, &plan.patient, &assembly.request())?;
    let values = prepared.parameters(&plan.patient, Person::Typical);
    let ids = prepared.lowered.paths(&values, None).influences(k);
    let rows: Vec<&Row> = prepared
        .model
        .parameters
        .iter()
        .map(|p| &p.row)
        .filter(|row| ids.contains(&row.id) && !plan.patient.overrides.contains_key(&row.id))
        .collect();
    let mut plan = plan.clone();
    // What comes after the reading costs time and says nothing.
    plan.until_h = plan.until_h.min(at_h + BEYOND_H);
    plan.regimen.doses.retain(|d| d.at_h <= plan.until_h);
    plan.regimen.happenings.retain(|h| h.at_h <= plan.until_h);
    let variants: Vec<Plan> = std::iter::once(plan.clone())
        .chain(rows.iter().flat_map(|row| moved(row).map(|x| with(&plan, row, x))))
        .collect();
    let mut readings: Vec<Option<f64>> = Vec::new();
    let ports = [port.to_string()];
    for part in variants.chunks(AT_ONCE) {
        let share = readings.len() as f64 / variants.len() as f64;
        if progress.tell(share, &format!("{} of {} runs", readings.len(), variants.len())).is_break() {
            break;
        }
        let courses = follow_all(atlas, part, &ports, &shared.compiled)?;
        readings.extend(courses.into_iter().map(|c| c.ok().map(|c| c.at(0, at_h)).filter(|x| x.is_finite())));
    }
    let value = readings.first().copied().flatten().unwrap_or(f64::NAN);
    let mut found: Vec<(f64, Influence)> = Vec::new();
    for (row, pair) in rows.iter().zip(readings[1..].chunks(2)) {
        let [down, up] = [pair.first(), pair.get(1)].map(|x| x.copied().flatten());
        let far = |x: Option<f64>| x.map_or(0.0, |x| (x - value).abs());
        let influence = Influence {
            id: row.id.clone(),
            value: row.value,
            unit: row.unit.text.clone(),
            grade: row.grade().into(),
            step: step(row),
            down: down.and_then(rounded),
            up: up.and_then(rounded),
        };
        found.push((far(down).max(far(up)), influence));
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.id.cmp(&b.1.id)));
    let trace = &assembly.traces[k];
    Ok(JobResult::Influence(Box::new(InfluenceResult {
        port: port.to_string(),
        label: trace.label.clone(),
        unit: words::unit(&trace.unit),
        at_h,
        value: rounded(value).unwrap_or(0.0),
        rows: found.into_iter().map(|(_, row)| row).collect(),
    })))
}

/// A number one standard deviation of its uncertainty lower and higher, or a tenth where none is stated; its own unit.
fn moved(row: &Row) -> [f64; 2] {
    match row.uncertainty.law {
        Law::None => [row.value * (1.0 - SHARE), row.value * (1.0 + SHARE)],
        _ => [-1.0, 1.0].map(|z| drawn(&row.uncertainty, row.value, z)),
    }
}

fn step(row: &Row) -> String {
    match row.uncertainty.law {
        Law::None => "10 % (no uncertainty is stated)".into(),
        _ => "1 SD of its uncertainty".into(),
    }
}

fn with(plan: &Plan, row: &Row, value: f64) -> Plan {
    let mut plan = plan.clone();
    plan.patient.overrides.insert(row.id.clone(), row.unit.to_coherent(value));
    plan
}
