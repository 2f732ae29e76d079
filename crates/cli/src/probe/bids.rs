//! Recordings in the shape of BIDS derivatives: one folder a person and moment, tab-separated tables with a JSON file
//! beside each. Everything is marked `desc-sim`: simulated, not recorded.
//!
//! The shape follows the Brain Imaging Data Structure as far as it goes; conformance is not claimed.

use super::{Asked, Findings};
use crate::folder::{RunFolder, pretty};
use resynapse::probe::{Detail, Kind, Outcome};
use serde_json::{Value, json};
use std::fmt::Write;

/// People whose recordings are written; readings are written of all.
pub const MOST: usize = 4;

/// Adds all files.
pub fn add(folder: &mut RunFolder, asked: &Asked, findings: &Findings) {
    let about = json!({
        "Name": format!("Simulated {} of {}", asked.kind.name(), asked.plan.name),
        "BIDSVersion": "1.10.0",
        "DatasetType": "derivative",
        "GeneratedBy": [{
            "Name": "resynapse", "Version": env!("CARGO_PKG_VERSION"),
            "Description": "Simulated by a model; no person was recorded",
        }],
    });
    folder.add("bids/dataset_description.json", pretty(&about));
    let mut people = String::from("participant_id\tspecies\n");
    for p in 0..findings.people.len() {
        let _ = writeln!(people, "{}\tvirtual", subject(p));
    }
    folder.add("bids/participants.tsv", people);
    for (p, outcomes) in findings.people.iter().enumerate().take(MOST) {
        for (k, outcome) in outcomes.iter().enumerate() {
            let session = match k.checked_sub(1) {
                None => "before".to_string(),
                Some(k) => format!("{}min", (60.0 * asked.times_h[k]).round()),
            };
            one(folder, asked, outcome, &subject(p), &format!("ses-{session}"));
        }
    }
}

fn subject(person: usize) -> String {
    format!("sub-{:04}", person + 1)
}

fn one(folder: &mut RunFolder, asked: &Asked, outcome: &Outcome, subject: &str, session: &str) {
    let (kind, task) = match asked.kind {
        Kind::Eeg => ("eeg", "rest"),
        Kind::Fmri => ("func", "rest"),
        Kind::Memory => ("beh", "memory"),
        Kind::Decision => ("beh", "decision"),
    };
    let stem = format!("bids/{subject}/{session}/{kind}/{subject}_{session}_task-{task}_desc-sim");
    let mut put = |end: &str, table: String, about: Value| {
        folder.add(format!("{stem}_{end}.tsv"), table);
        folder.add(format!("{stem}_{end}.json"), pretty(&about));
    };
    match &outcome.detail {
        Detail::Eeg(recording) => {
            let rest = &recording.resting;
            let mut text = String::from("frequency_hz\tdensity\n");
            for (k, density) in rest.spectrum.density.iter().enumerate() {
                let _ = writeln!(text, "{:.4}\t{density:.6e}", rest.spectrum.frequency_hz(k));
            }
            let about = "Power density (Welch) of |I_AMPA| + |I_GABA| summed over pyramidal cells, nA^2 per Hz; the \
                         stand-in for an EEG near the patch, not scalp EEG";
            put("psd", text, json!({ "Description": about }));
            let mut text = String::from("onset\tcell\ttype\n");
            for spike in &rest.raster {
                let Some((kind, _)) = rest.raster_cells.iter().find(|(_, cell)| *cell == spike.cell) else { continue };
                let at_s = f64::from(spike.step) * rest.step_ms * 1e-3;
                let _ = writeln!(text, "{at_s:.4}\t{}\t{kind:?}", spike.cell);
            }
            put("spikes", text, json!({ "Description": "Spikes of some cells in the last second; onset in seconds" }));
        }
        Detail::Memory(task) => {
            let mut text = String::from("distractor\ttime_ms\tplace_deg\terror_deg\twidth_deg\trate_hz\n");
            for (with, trials) in [("no", &task.plain), ("yes", &task.distracted)] {
                for t in trials {
                    let Some(last) = t.readings.last() else { continue };
                    let _ = writeln!(
                        text,
                        "{with}\t{}\t{:.3}\t{}\t{}\t{:.3}",
                        last.time_ms,
                        last.place_deg,
                        or_none(t.error_deg),
                        or_none(last.width_deg),
                        last.rate_hz
                    );
                }
            }
            put("beh", text, json!({ "Description": "One trial a row; n/a where the place was lost" }));
        }
        Detail::Decision(task) => {
            let mut text = String::from("coherence\tchoice\ttime_ms\n");
            for (p, choices) in task.performance.iter().zip(&task.choices) {
                for c in choices {
                    let chosen = c.winner.map_or_else(|| "n/a".into(), |w| w.to_string());
                    let _ = writeln!(text, "{}\t{chosen}\t{:.1}", p.coherence, c.time_ms);
                }
            }
            put("beh", text, json!({ "Description": "One trial a row; choice 0 is the one the evidence favours" }));
        }
        Detail::Fmri(scan) => {
            let labels = asked.map.connectome.labels();
            let n = labels.len();
            let head = labels.join("\t");
            let mut series = format!("{head}\n");
            for volume in scan.recording.bold.chunks(n) {
                series.push_str(&line(volume.iter().map(|x| format!("{x:.7}"))));
            }
            let about = json!({ "RepetitionTime": asked.settings.fmri.tr_s, "Units": "share of the resting signal",
                "Description": "Signal of each region; regions are columns" });
            put("timeseries", series, about);
            for (name, matrix, how) in [
                ("relmat", &scan.connectivity, "Pearson correlation"),
                ("relmatgsr", &scan.regressed, "Pearson correlation after regressing out the mean over regions"),
            ] {
                let mut text = format!("{head}\n");
                for row in matrix.chunks(n) {
                    text.push_str(&line(row.iter().map(|x| format!("{x:.6}"))));
                }
                put(
                    name,
                    text,
                    json!({ "RelationshipMeasure": how, "Weighted": true, "Directed": false,
                    "ValidDiagonal": false, "Nodes": labels }),
                );
            }
        }
    }
}

/// A number, or what tables of this shape write where there is none.
fn or_none(x: Option<f64>) -> String {
    x.map_or_else(|| "n/a".into(), |x| format!("{x:.3}"))
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let mut out = cells.collect::<Vec<_>>().join("\t");
    out.push('\n');
    out
}
