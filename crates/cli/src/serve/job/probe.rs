//! What an EEG or a scan would show, before and at a moment.

use super::{Planned, Progress};
use crate::figure::probe::{mean_connectivity, mean_spectra, moment, notes};
use crate::figure::words;
use crate::probe::{Asked, Findings, Stage, run_with};
use crate::serve::Shared;
use crate::serve::ask::{self, wrong};
use crate::serve::lane::rounded;
use crate::serve::problem::Wrong;
use crate::serve::schema::{Brain, JobKind, JobResult, ProbeJob, ProbeName, ProbeResult, Reading, Region, Spectrum};
use resynapse::probe::Kind;
use resynapse::probe::fmri::Map;
use resynapse::probe::settings::Settings;

/// Frequencies that are sent, Hz.
const SHOWN_HZ: [f64; 2] = [2.0, 150.0];
/// Seed of wiring and noise.
const SEED: u64 = 1;
/// Share of the work that making ready takes of a scan.
const READY: f64 = 0.5;

pub(super) fn plan(shared: &Shared, asked: ProbeJob) -> Result<Planned, Wrong> {
    let read = ask::read(&shared.atlas, &asked.ask)?;
    let at_h = ask::moment(&read.plan, &asked.at)?;
    if asked.people.is_some_and(|n| !(2..=16).contains(&n)) {
        return Err(vec![wrong("people: from 2 to 16 can be probed here", "the command line takes more")].into());
    }
    let kind = match asked.probe {
        ProbeName::Eeg => Kind::Eeg,
        ProbeName::Fmri => Kind::Fmri,
    };
    let settings = Settings::load(&*shared.sources).map_err(|(found, _)| Wrong::from(found))?;
    let map = Map::load(&*shared.sources)?;
    let mut command = read.command.replacen("simulate", &format!("probe {}", kind.name()), 1);
    command.push_str(&format!(" --at {}", ask::quoted(&asked.at)));
    if let Some(people) = asked.people {
        command.push_str(&format!(" --people {people}"));
    }
    let what = match kind {
        Kind::Eeg => "EEG",
        _ => "Scan",
    };
    let title = format!("{what} at {} of {}", words::span(at_h), words::shorten(&read.plan.name, 80));
    let asked = Asked { kind, plan: read.plan, times_h: vec![at_h], people: asked.people, settings, map };
    Ok(Planned {
        kind: JobKind::Probe,
        title,
        command,
        protocol: None,
        work: Box::new(move |shared, progress| work(shared, progress, &asked)),
    })
}

fn work(shared: &Shared, progress: &Progress, asked: &Asked) -> Result<JobResult, Wrong> {
    let heard = |stage: Stage, share: f64| match stage {
        Stage::Ready => progress.tell(READY * share, "building and tuning the circuit"),
        Stage::Probing => progress.tell(READY + (1.0 - READY) * share, "recording before and then"),
    };
    let findings = run_with(&shared.atlas, SEED, shared.threads, asked, &heard)?;
    let readings = findings.shifts().into_iter().map(|shift| {
        let change = &shift.change;
        let over = change.paired.as_ref();
        Reading {
            label: shift.label.clone(),
            unit: shift.unit.to_string(),
            before: rounded(change.before),
            after: rounded(change.after),
            change: rounded(change.after - change.before),
            low: over.and_then(|p| rounded(p.change.lower)),
            high: over.and_then(|p| rounded(p.change.upper)),
            dz: over.and_then(|p| rounded(p.dz)),
        }
    });
    Ok(JobResult::Probe(Box::new(ProbeResult {
        probe: if asked.kind == Kind::Eeg { ProbeName::Eeg } else { ProbeName::Fmri },
        at: moment(asked.times_h.first().copied()),
        people: asked.people,
        notes: notes(asked.kind),
        readings: readings.collect(),
        spectrum: spectrum(&findings),
        brain: brain(asked, &findings),
    })))
}

fn spectrum(findings: &Findings) -> Option<Spectrum> {
    let spectra = mean_spectra(findings);
    let [before, after] = spectra.as_slice() else { return None };
    let shown: Vec<usize> = (0..before.density.len())
        .filter(|k| (SHOWN_HZ[0]..=SHOWN_HZ[1]).contains(&before.frequency_hz(*k)))
        // Without power there is no decibel.
        .filter(|k| before.density[*k] > 0.0 && after.density[*k] > 0.0)
        .collect();
    let decibel = |s: &neural::spectrum::Spectrum| -> Vec<f64> {
        shown.iter().filter_map(|k| rounded(10.0 * s.density[*k].log10())).collect()
    };
    Some(Spectrum {
        frequency_hz: shown.iter().map(|k| before.frequency_hz(*k)).collect(),
        before_db: decibel(before),
        after_db: decibel(after),
    })
}

fn brain(asked: &Asked, findings: &Findings) -> Option<Brain> {
    let (before, after) = (mean_connectivity(findings, 0)?, mean_connectivity(findings, 1)?);
    let labels = asked.map.connectome.labels();
    let n = labels.len();
    let strength = |matrix: &[f64], k: usize| {
        let row = &matrix[k * n..(k + 1) * n];
        let sum: f64 = row.iter().enumerate().filter(|(j, _)| *j != k).map(|(_, r)| r).sum();
        rounded(sum / (n - 1) as f64).unwrap_or(0.0)
    };
    let regions = (0..n).map(|k| Region {
        label: labels[k].clone(),
        hemisphere: labels[k].chars().next().map(String::from).unwrap_or_default(),
        network: asked.map.networks[k].clone(),
        before: strength(&before, k),
        after: strength(&after, k),
    });
    let regions = regions.collect();
    let rows = |matrix: &[f64]| -> Vec<Vec<f64>> {
        matrix.chunks(n).map(|row| row.iter().map(|r| (r * 1e3).round() / 1e3).collect()).collect()
    };
    Some(Brain { regions, before: rows(&before), after: rows(&after) })
}
