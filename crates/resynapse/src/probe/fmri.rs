//! The scan: a whole brain at rest under one person's factors, and what a study would report of it.

use super::constants::{self, Rows};
use super::{Factors, Reading, settings};
use crate::run::Refusal;
use model::diagnostic::Diagnostic;
use model::source::Sources;
use neural::brain::inhibition::{self, Stability, Tuned, Tuning};
use neural::brain::{
    Connectome, Hemodynamics, Model, Protocol, Recording, Region, Scale, Spread, Start, Transform, homologues, observe,
    read_text, simulate, subject,
};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// The bundled connectome and the networks of its regions.
const COUNTS: &str = "connectome/dk68_sc_streamline_count.tsv";
const NETWORKS: &str = "connectome/dk68_networks.tsv";
/// Memory a connectome may take.
pub const LIMIT_BYTES: u64 = 1 << 30;

/// Networks by the names that the bundled table uses.
const DEFAULT: &str = "default";
const SALIENCE: &str = "salience";
const TASK: [&str; 2] = ["dorsal_attention", "frontoparietal"];
/// Part of a region's name that marks the insula.
const INSULA: &str = "insula";

/// A connectome with the network of each region; empty names where none are known.
#[derive(Clone, Debug)]
pub struct Map {
    /// Who is connected to whom.
    pub connectome: Connectome,
    /// The network of each region.
    pub networks: Vec<String>,
}

impl Map {
    /// The one of an atlas: Desikan-Killiany, 68 regions.
    pub fn load(sources: &dyn Sources) -> Result<Map, Vec<Diagnostic>> {
        let wrong = |file: &str, why: String| {
            vec![Diagnostic::error_nowhere("RS6903", format!("cannot use `{file}`: {why}"), "export the atlas anew")]
        };
        let read = |file: &str| sources.read(file).map_err(|why| wrong(file, why));
        let connectome = read_text(&read(COUNTS)?, LIMIT_BYTES).map_err(|e| wrong(COUNTS, e.to_string()))?;
        let networks = networks(&read(NETWORKS)?, connectome.labels()).map_err(|why| wrong(NETWORKS, why))?;
        Ok(Map { connectome, networks })
    }

    /// Regions of some networks.
    pub fn members(&self, names: &[&str]) -> Vec<usize> {
        (0..self.networks.len()).filter(|k| names.contains(&self.networks[*k].as_str())).collect()
    }
}

/// The network of each region, from a table with the columns `region`, `hemisphere`, `network`. Every region of the
/// connectome must be in it; what is missing is named.
pub fn networks(table: &str, labels: &[String]) -> Result<Vec<String>, String> {
    let rows: BTreeMap<&str, &str> = table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let cells: Vec<&str> = line.split(['\t', ',']).collect();
            Some((*cells.first()?, *cells.last().filter(|_| cells.len() > 1)?))
        })
        .collect();
    let missing: Vec<&str> = labels.iter().map(String::as_str).filter(|l| !rows.contains_key(l)).collect();
    if missing.is_empty() {
        return Ok(labels.iter().map(|l| rows[l.as_str()].to_string()).collect());
    }
    Err(format!("no network for {}", missing.join(", ")))
}

/// Whether people's brains differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// All have that of the group.
    Typical,
    /// Each has connections and recurrent weights of his own.
    Drawn,
}

/// A brain made ready: fitted coupling, tuned inhibition.
#[derive(Clone, Debug)]
pub struct Brain {
    /// Regions and networks.
    pub map: Map,
    /// Weights, rates and rounds of the tuning without drug.
    pub tuned: Tuned,
    /// The model without drug.
    pub model: Model,
    /// What the scanner's signal follows.
    pub hemodynamics: Hemodynamics,
    /// How people differ; all alike where `None`.
    spread: Option<Spread>,
    tuning: Tuning,
    settings: settings::Fmri,
}

/// One scan.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The recording.
    pub recording: Recording,
    /// Connectivity, row by row.
    pub connectivity: Vec<f64>,
    /// The same after the mean over regions was regressed out.
    pub regressed: Vec<f64>,
}

impl Brain {
    /// Builds and tunes a brain. `progress` hears the share done and may stop it.
    pub fn new(
        rows: &Rows<'_>,
        settings: &settings::Fmri,
        map: Map,
        people: People,
        seed: u64,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Brain, Refusal> {
        const SETTLE_S: f64 = 20.0;
        const MEASURE_S: f64 = 200.0;
        const ROUNDS: u32 = 20;
        const WITHIN: f64 = 0.1;
        let hemodynamics = constants::hemodynamics(rows);
        let target_hz = rows.get("neural.brain.target_rate", "Hz");
        let mut model = untuned(rows, &map);
        let refuse = |why: String| Refusal::Numerics(format!("the whole brain: {why}"));
        let start = inhibition::exact(&model, target_hz).map_err(|e| refuse(e.to_string()))?;
        model.regions.iter_mut().zip(start).for_each(|(r, w)| r.inhibition = w);
        let tuning = Tuning {
            target_hz,
            tolerance_hz: WITHIN * target_hz,
            dt_ms: settings.step_ms,
            measure_s: MEASURE_S,
            rounds: ROUNDS,
            seed,
            replicate: u32::MAX,
        };
        let tuned = inhibition::tune(&model, &tuning, progress).map_err(|e| refuse(e.to_string()))?;
        model.regions.iter_mut().zip(&tuned.weights).for_each(|(r, w)| r.inhibition = *w);
        match inhibition::stability(&model, settings.step_ms, SETTLE_S).map_err(|e| refuse(e.to_string()))? {
            Stability::Single { .. } => {}
            Stability::Several { regions, .. } => {
                let names: Vec<&str> = regions.iter().map(|k| map.connectome.labels()[*k].as_str()).collect();
                return Err(refuse(format!(
                    "two resting states coexist in {}, so any small effect would make it jump; lower the coupling",
                    names.join(", ")
                )));
            }
        }
        let spread = Spread {
            connection: rows.get("neural.brain.spread_connection", "1"),
            recurrence: rows.get("neural.brain.spread_recurrence", "1"),
        };
        let spread = (people == People::Drawn).then_some(spread);
        Ok(Brain { map, tuned, model, hemodynamics, spread, tuning, settings: settings.clone() })
    }

    /// Scans under a person's factors. The same seed and person have the same noise.
    pub fn scan(
        &self,
        factors: &Factors,
        seed: u64,
        person: u32,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Scan, Refusal> {
        const SECONDS: f64 = 60.0;
        // What changed over days meets an inhibition that has followed; what changed within the hour does not.
        let mut model = self.person(factors.distant / factors.local, seed, person)?;
        for region in &mut model.regions {
            region.local *= factors.local;
            region.long_range *= factors.local;
            region.interneuron *= factors.inhibitory;
            region.tone *= factors.tone;
        }
        let s = &self.settings;
        let protocol = Protocol {
            dt_ms: s.step_ms,
            settle_s: s.settle_s,
            volumes: (SECONDS * s.minutes / s.tr_s).round() as usize,
            repetition_s: s.tr_s,
            seed,
            replicate: person,
            start: Start::Low,
            plasticity: None,
        };
        let recording = simulate(&model, &self.hemodynamics, &protocol, progress)
            .map_err(|e| Refusal::Numerics(format!("the whole brain: {e}")))?;
        let n = recording.regions;
        let connectivity = observe::connectivity(&recording.bold, n);
        let regressed = observe::connectivity(&observe::without_global_signal(&recording.bold, n), n);
        Ok(Scan { recording, connectivity, regressed })
    }

    /// A person's brain, tuned without drug, then with connections between regions strengthened. Inhibition follows as
    /// the solution without noise does, so that a slight change stays slight.
    fn person(&self, strengthened: f64, seed: u64, person: u32) -> Result<Model, Refusal> {
        let wrong = |why: String| Refusal::Numerics(format!("the brain of person {}: {why}", person + 1));
        let exact = |model: &Model| inhibition::exact(model, self.tuning.target_hz).map_err(|e| wrong(e.to_string()));
        let mut model = self.model.clone();
        if let Some(spread) = self.spread {
            model = subject(&self.model, spread, seed, person);
            let start = exact(&model)?;
            model.regions.iter_mut().zip(start).for_each(|(r, w)| r.inhibition = w);
            let tuning = Tuning { replicate: person, ..self.tuning };
            let tuned = inhibition::tune(&model, &tuning, &mut |_| ControlFlow::Continue(()))
                .map_err(|e| wrong(e.to_string()))?;
            model.regions.iter_mut().zip(tuned.weights).for_each(|(r, w)| r.inhibition = w);
        }
        let before = exact(&model)?;
        model.regions.iter_mut().for_each(|r| r.long_range *= strengthened);
        let after = exact(&model)?;
        for (region, (a, b)) in model.regions.iter_mut().zip(before.into_iter().zip(after)) {
            region.inhibition *= b / a;
        }
        Ok(model)
    }

    /// What a study would print of a scan.
    pub fn readings(&self, scan: &Scan) -> Vec<Reading> {
        let map = &self.map;
        let default = map.members(&[DEFAULT]);
        let salience = map.members(&[SALIENCE]);
        let task = map.members(&TASK);
        let labels = map.connectome.labels();
        let insula: Vec<usize> = (0..labels.len()).filter(|k| labels[*k].contains(INSULA)).collect();
        let mut out = vec![
            Reading::new("rate.pyramidal", "Pyramidal rate, mean of regions", "Hz", average(&scan.recording.rate_e_hz)),
            Reading::new(
                "rate.inhibitory",
                "Inhibitory rate, mean of regions",
                "Hz",
                average(&scan.recording.rate_i_hz),
            ),
            Reading::new("fc.mean", "Connectivity, all pairs", "r", observe::mean(&scan.connectivity)),
        ];
        for (end, words, matrix) in
            [("raw", "", &scan.connectivity), ("regressed", ", global signal regressed", &scan.regressed)]
        {
            let mut add = |name: &str, label: &str, unit: &'static str, value: f64| {
                if value.is_finite() {
                    out.push(Reading::new(&format!("{name}.{end}"), &format!("{label}{words}"), unit, value));
                }
            };
            let brain = average(&observe::global_brain_connectivity(matrix));
            add("gbc", "Global brain connectivity", "z", brain);
            // A connectome without these networks has no such reading.
            if default.len() > 1 {
                add("fc.default", "Within the default network", "r", observe::mean_within(matrix, &default));
            }
            if salience.len() > 1 {
                add("fc.salience", "Within the salience network", "r", observe::mean_within(matrix, &salience));
            }
            if !default.is_empty() && !task.is_empty() {
                let between = observe::mean_between(matrix, &default, &task);
                add("fc.default_task", "Default to task networks", "r", between);
            }
            if !default.is_empty() && !insula.is_empty() {
                let between = observe::mean_between(matrix, &insula, &default);
                add("fc.insula_default", "Insula to default network", "r", between);
            }
        }
        let windows = observe::Windows { length: self.settings.window as usize, step: self.settings.stride as usize };
        let dynamics = observe::dynamics(&scan.recording.bold, scan.recording.regions, windows);
        if !dynamics.is_empty() {
            out.push(Reading::new("fcd.mean", "Likeness of connectivity over time", "r", average(&dynamics)));
        }
        out
    }
}

/// The model of a connectome with the fitted numbers, every weight of inhibition 1.
pub(super) fn untuned(rows: &Rows<'_>, map: &Map) -> Model {
    let general = rows.get("neural.brain.recurrence", "1");
    let twins = rows.get("neural.brain.homotopic", "1");
    let exponent = rows.get("neural.brain.count_exponent", "1");
    let fold = |network: &String| match network.as_str() {
        "" => 1.0,
        name => rows.get(&format!("neural.brain.recurrence_fold.{name}"), "1"),
    };
    let pairs = homologues(map.connectome.labels());
    let extra = |i: usize, j: usize| {
        if pairs.contains(&(i, j)) || pairs.contains(&(j, i)) { twins } else { 0.0 }
    };
    // 0 stands for the logarithm.
    let transform = if exponent > 0.0 { Transform::Power(exponent) } else { Transform::Log };
    Model {
        coupling: map.connectome.coupling(transform, &extra, Scale::MeanRowSum),
        global: rows.get("neural.brain.coupling", "1"),
        pools: constants::pools(rows),
        regions: map.networks.iter().map(|n| Region::at_rest(general * fold(n), 1.0)).collect(),
    }
}

fn average(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len().max(1) as f64
}
