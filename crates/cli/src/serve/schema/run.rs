//! One run and a group of people, as curves.

use super::{Ask, Badge};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One person, one regimen, from blood to mood.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Run {
    /// What was asked, with defaults filled in.
    pub ask: Ask,
    /// What is given, in words.
    pub name: String,
    /// The same run as a command line.
    pub command: String,
    /// Hours followed.
    pub until_h: f64,
    /// True where a bent axis of time suits (one dose); false where even days do.
    pub bent: bool,
    /// Doses in order of time.
    pub doses: Vec<DoseMark>,
    /// The grid of all signals, h.
    pub times_h: Vec<f64>,
    /// Five lanes, from blood to symptom.
    pub lanes: Vec<Lane>,
    /// What a reader must know about these doses.
    pub warnings: Vec<String>,
    /// What it all rests on.
    pub provenance: Provenance,
    /// Time the computation took, ms.
    pub compute_ms: f64,
}

/// A dose as it is marked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DoseMark {
    /// When it begins, h.
    pub at_h: f64,
    /// How long it runs, h; 0 for a bolus or a swallowed dose.
    pub over_h: f64,
    /// What it is.
    pub text: String,
}

/// A step of the chain.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Lane {
    /// Which of the five.
    pub id: LaneId,
    /// Title.
    pub title: String,
    /// What happens in it, in plain words.
    pub sentence: String,
    /// The grades behind it.
    pub badge: Badge,
    /// Its pictures.
    pub panels: Vec<Panel>,
}

/// The five lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LaneId {
    /// Blood and brain.
    Blood,
    /// Receptors.
    Receptor,
    /// Circuit and networks.
    Circuit,
    /// Growth signals and synapses.
    Plasticity,
    /// Symptoms and side effects.
    Symptom,
}

/// Signals that share an axis.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Panel {
    /// Distinguishes panels of a run.
    pub id: String,
    /// Title.
    pub title: String,
    /// Unit of its axis, as a person writes it.
    pub unit: String,
    /// Whether a logarithmic axis suits.
    pub log: bool,
    /// Whether it is shown at once.
    pub main: bool,
    /// Whether lower is better.
    pub lower_is_better: bool,
    /// The grades behind it.
    pub badge: Badge,
    /// Its curves.
    pub signals: Vec<Signal>,
}

/// One curve.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Signal {
    /// Its port.
    pub port: String,
    /// What it is called.
    pub label: String,
    /// What it is called beside its kin.
    pub short: String,
    /// Its unit.
    pub unit: String,
    /// Values on the run's grid.
    pub values: Vec<f64>,
    /// The same person without treatment; null where that stays at rest.
    #[schema(required)]
    pub untreated: Option<Vec<f64>>,
    /// The drug without expectation; null where that is not told apart.
    #[schema(required)]
    pub drug_alone: Option<Vec<f64>>,
    /// Value before anything is given.
    pub rest: f64,
    /// Where it is farthest from rest; null where it does not move.
    #[schema(required)]
    pub extreme: Option<Extreme>,
    /// The grades behind it.
    pub badge: Badge,
    /// Measured points of the same doses.
    pub observed: Vec<Observed>,
}

/// Where a signal is farthest from rest.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Extreme {
    /// When, h.
    pub at_h: f64,
    /// Its value.
    pub value: f64,
    /// In words.
    pub words: String,
}

/// Measured points with how far the curve is from them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Observed {
    /// Whose they are.
    pub name: String,
    /// Where they were published.
    pub source: String,
    /// Its address; empty where there is none.
    pub address: String,
    /// Whether they took part in sizing the model.
    pub calibration: bool,
    /// The points.
    pub points: Vec<Point>,
    /// How far the curve is from them, in words.
    pub misfit: String,
}

/// A measured point.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Point {
    /// When, h.
    pub at_h: f64,
    /// What was measured.
    pub value: f64,
    /// Lower end of its interval.
    #[schema(required)]
    pub low: Option<f64>,
    /// Upper end.
    #[schema(required)]
    pub high: Option<f64>,
}

/// What a run rests on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Provenance {
    /// Version of the program.
    pub program: String,
    /// Version of the atlas.
    pub atlas: String,
    /// SHA-256 of the atlas.
    pub atlas_hash: String,
    /// Active contexts of the ledger.
    pub contexts: Vec<String>,
    /// Explanation that was run.
    pub hypothesis: String,
    /// Numbers used.
    pub numbers: usize,
    /// States of the model.
    pub states: usize,
    /// The grades behind the symptom.
    pub weakest: Badge,
}

/// A group of virtual people under one regimen.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeopleAsk {
    /// What is run.
    pub ask: Ask,
    /// Which signals.
    #[schema(min_items = 1, max_items = 12)]
    pub ports: Vec<String>,
    /// How many people.
    #[serde(deserialize_with = "super::whole")]
    #[schema(minimum = 8, maximum = 64)]
    pub people: u32,
    /// Seed of the draw.
    #[serde(deserialize_with = "super::whole")]
    #[schema(minimum = 0, maximum = 4294967295_u64)]
    pub seed: u32,
}

/// How people differ.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct People {
    /// How many were drawn.
    pub people: u32,
    /// Seed of the draw.
    pub seed: u32,
    /// The grid, h.
    pub times_h: Vec<f64>,
    /// One for each asked port.
    pub signals: Vec<Spread>,
    /// What the bands mean.
    pub note: String,
    /// Time the computation took, ms.
    pub compute_ms: f64,
}

/// One signal over people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Spread {
    /// Its port.
    pub port: String,
    /// Some of the people.
    pub lines: Vec<Vec<f64>>,
    /// Shares of people below each band.
    pub shares: Vec<f64>,
    /// Values that those shares stay below: share, then time.
    pub bands: Vec<Vec<f64>>,
}
