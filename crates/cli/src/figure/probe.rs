//! Figures of probes. Each comes with the numbers it shows, as a table.

mod changes;
mod curves;
mod matrix;
mod networks;
mod raster;
mod spectrum;

pub use changes::Shift;

use super::Picture;
use crate::probe::{Asked, Findings};
use neural::circuit::rest::Resting;
use neural::spectrum::Spectrum;
use resynapse::probe::{Detail, Kind, Outcome};

/// A moment as figures name it: `before`, `40 min`, `day 2`.
pub fn moment(time_h: Option<f64>) -> String {
    time_h.map_or_else(|| "before".into(), super::words::span)
}

/// Everything there is to see. A figure with nothing to show is left out.
pub fn all(asked: &Asked, findings: &Findings, shifts: &[Shift]) -> Vec<Picture> {
    let moments: Vec<String> = asked.times_h.iter().map(|t| moment(Some(*t))).collect();
    let mut out: Vec<Picture> = Vec::new();
    let names: Vec<String> = std::iter::once(moment(None)).chain(moments.iter().cloned()).collect();
    match asked.kind {
        Kind::Eeg => out.extend(electric(asked, findings, &names)),
        Kind::Fmri => {
            out.extend(connectivity(asked, findings));
            out.extend(networks::networks(findings, &names));
        }
        Kind::Memory => {
            let tasks = at_moments(findings, |d| if let Detail::Memory(task) = d { Some(task) } else { None });
            out.extend(curves::memories(&tasks, &names));
        }
        Kind::Decision => {
            let tasks = at_moments(findings, |d| if let Detail::Decision(task) = d { Some(task) } else { None });
            out.extend(curves::decisions(&tasks, &names));
        }
    }
    out.extend(changes::changes(shifts, &moments));
    out
}

/// What all people gave at each moment, before first.
fn at_moments<'a, T>(findings: &'a Findings, of: impl Fn(&'a Detail) -> Option<&'a T>) -> Vec<Vec<&'a T>> {
    let moments = findings.people.first().map_or(0, Vec::len);
    (0..moments).map(|k| findings.people.iter().filter_map(|p| of(&p.get(k)?.detail)).collect()).collect()
}

/// What an EEG gave at each moment, before first.
fn rests(findings: &Findings) -> Vec<Vec<&Resting>> {
    at_moments(findings, |d| if let Detail::Eeg(r) = d { Some(&r.resting) } else { None })
}

/// Spectra as means over people, before first.
pub fn mean_spectra(findings: &Findings) -> Vec<Spectrum> {
    let mean = |rests: &Vec<&Resting>| -> Option<Spectrum> {
        let mut sum = rests.first()?.spectrum.clone();
        for (k, density) in sum.density.iter_mut().enumerate() {
            *density = rests.iter().map(|r| r.spectrum.density[k]).sum::<f64>() / rests.len() as f64;
        }
        Some(sum)
    };
    rests(findings).iter().filter_map(mean).collect()
}

/// Spectra as means over people, and spikes of the first.
fn electric(asked: &Asked, findings: &Findings, names: &[String]) -> Vec<Picture> {
    let spectra = mean_spectra(findings);
    let [low, high] = asked.settings.eeg.aperiodic;
    let exponents: Vec<Option<f64>> = spectra.iter().map(|s| s.aperiodic(low, high).map(|a| a.exponent)).collect();
    let all = rests(findings);
    let firsts: Vec<(&Resting, String)> =
        all.iter().zip(names).filter_map(|(rests, name)| Some((*rests.first()?, name.clone()))).collect();
    let spectrum = spectrum::spectra(&spectra, names, &asked.settings.eeg.bands, &exponents);
    spectrum.into_iter().chain(raster::raster(&firsts)).collect()
}

/// Connectivity at a moment, row by row, mean over people (Fisher); 0 is before.
pub fn mean_connectivity(findings: &Findings, moment: usize) -> Option<Vec<f64>> {
    let of = |o: &Outcome| match &o.detail {
        Detail::Fmri(scan) => Some(scan.connectivity.clone()),
        _ => None,
    };
    let all: Vec<Vec<f64>> = findings.people.iter().filter_map(|p| of(p.get(moment)?)).collect();
    (!all.is_empty()).then(|| neural::brain::observe::fisher_mean(&all))
}

/// Connectivity before and at the first moment, mean over people.
fn connectivity(asked: &Asked, findings: &Findings) -> Option<Picture> {
    let (before, after) = (mean_connectivity(findings, 0)?, mean_connectivity(findings, 1)?);
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
pub fn notes(kind: Kind) -> Vec<String> {
    let grade = "Readings are grade E: how much of a receptor's block a circuit feels is an assumption.";
    let own = match kind {
        Kind::Eeg => {
            "A local patch has no thalamus: its alpha says nothing. The change of alpha is an empirical link from the \
             concentration; the slow waves of anaesthetic doses are left out. How large gamma should rise is not known."
        }
        Kind::Fmri => {
            "Published directions depend on preprocessing, so both are given. Networks of regions are by convention \
             (grade E); conduction delays, receptor maps and subcortex are left out."
        }
        Kind::Memory | Kind::Decision => {
            "Circuits that hold or decide by attractors change with two or three percent of a conductance, so only an \
             attenuated part of the block counts (`pfc.attenuation`)."
        }
    };
    vec![grade.into(), own.into()]
}
