//! Figures of probes. Each comes with the numbers it shows, as a table.

mod changes;
mod matrix;

pub use changes::Shift;

use super::Picture;
use crate::probe::{Asked, Findings};
use resynapse::probe::{Detail, Factors, Kind, Outcome};

/// A moment as figures name it: `before`, `40 min`, `day 2`.
pub fn moment(time_h: Option<f64>) -> String {
    time_h.map_or_else(|| "before".into(), super::words::span)
}

/// Everything there is to see. A figure with nothing to show is left out.
pub fn all(asked: &Asked, findings: &Findings, shifts: &[Shift]) -> Vec<Picture> {
    let moments: Vec<String> = asked.times_h.iter().map(|t| moment(Some(*t))).collect();
    let mut out: Vec<Picture> = Vec::new();
    match asked.kind {
        Kind::Fmri => out.extend(connectivity(asked, findings)),
        _ => {}
    }
    out.extend(changes::changes(shifts, &moments));
    out
}

/// Connectivity before and at the first moment, mean over people.
fn connectivity(asked: &Asked, findings: &Findings) -> Option<Picture> {
    let mean = |k: usize| -> Option<Vec<f64>> {
        let of = |o: &Outcome| match &o.detail {
            Detail::Fmri(scan) => Some(scan.connectivity.clone()),
        };
        let all: Vec<Vec<f64>> = findings.people.iter().filter_map(|p| of(p.get(k)?)).collect();
        (!all.is_empty()).then(|| neural::brain::observe::fisher_mean(&all))
    };
    let (before, after) = (mean(0)?, mean(1)?);
    let networks = &asked.map.networks;
    let mut names: Vec<&String> = Vec::new();
    networks.iter().for_each(|n| {
        if !names.contains(&n) {
            names.push(n)
        }
    });
    let mut order = Vec::new();
    let mut groups = Vec::new();
    for name in names {
        let members: Vec<usize> = (0..networks.len()).filter(|k| &networks[*k] == name).collect();
        groups.push((name.replace('_', " "), members.len()));
        order.extend(members);
    }
    Some(matrix::matrices(&before, &after, &order, &groups, &moment(asked.times_h.first().copied())))
}

/// What must be said beside the readings.
pub fn notes(asked: &Asked, findings: &Findings) -> Vec<String> {
    let grade = "Readings are grade E: how much of a receptor's block a circuit feels is an assumption.".to_string();
    let factors: Option<&Factors> = findings.factors.first().and_then(|f| f.last());
    let _ = factors;
    match asked.kind {
        Kind::Fmri => vec![
            format!("{grade} Published directions depend on preprocessing, so both are given."),
            "Networks of regions are by convention (grade E); conduction delays and subcortex are left out.".into(),
        ],
        _ => vec![grade],
    }
}
