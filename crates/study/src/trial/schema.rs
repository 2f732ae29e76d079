//! What is kept of a trial: its design in names and units, and a record for every person.
//!
//! Records are what is written to disk while a trial runs and what analyses and data sets are made of.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a trial measures and gives, in the order in which records index it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Study id; begins with `SIM-`.
    pub id: String,
    /// Title of the study.
    pub title: String,
    /// Treatments that are given; a crossover gives several to one person.
    pub treatments: Vec<Treatment>,
    /// What a person is randomised to: treatments period by period; one period but in a crossover.
    pub sequences: Vec<Vec<u32>>,
    /// Planned visits in order of time; the first is the baseline, at 0.
    pub visits: Vec<PlannedVisit>,
    /// What is measured at visits.
    pub measures: Vec<Measure>,
    /// What is known of a person at entry.
    pub covariates: Vec<Covariate>,
    /// Strata of the randomisation, in words; one (`all`) without stratification.
    pub strata: Vec<String>,
    /// Adverse events that are looked for, in words.
    pub adverse: Vec<String>,
    /// Drugs that may be given: name and route, as in `("esketamine", "nasal")`.
    pub drugs: Vec<(String, String)>,
    /// Hours from randomisation at which the periods begin; `[0.0]`, or nothing, but in a crossover.
    #[serde(default)]
    pub periods_h: Vec<f64>,
    /// Hours from randomisation to the planned end.
    pub until_h: f64,
    /// Seed of all draws.
    pub seed: u64,
    /// Trials of this design that are run.
    pub replicates: u32,
    /// People randomised in each.
    pub size: u32,
}

/// A treatment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Treatment {
    /// Name, as in the protocol.
    pub name: String,
    /// What is given, as text.
    pub text: String,
}

/// A planned visit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlannedVisit {
    /// `Baseline`, `Day 8`, `24 h`.
    pub name: String,
    /// Hours from the start of its period.
    pub at_h: f64,
    /// Period of a crossover, from 0.
    pub period: u32,
    /// Measures (positions in [`Layout::measures`]) that are taken.
    pub measures: Vec<u32>,
}

/// A measure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Name, as in the protocol: `madrs`, `cadss`, `blood:ketamine_s`.
    pub name: String,
    /// Short code of at most 8 letters, figures and underscores: `MADRS`, `KETS`.
    pub code: String,
    /// Label, as in `MADRS total score`.
    pub label: String,
    /// Unit; `1` for a pure number.
    pub unit: String,
    /// True for a concentration.
    pub concentration: bool,
    /// Least and greatest value of a scale that is rounded to whole points.
    pub scale: Option<(f64, f64)>,
}

/// A covariate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Covariate {
    /// Ledger id or name: `person.age`, `person.sex_female`, `bmi`.
    pub id: String,
    /// Label, as in `Age`.
    pub label: String,
    /// Unit; `1` for a pure number.
    pub unit: String,
}

/// One person of one trial.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Trial, from 0.
    pub replicate: u32,
    /// Number in the trial, from 0.
    pub place: u32,
    /// Site, from 0.
    pub site: u32,
    /// Position in [`Layout::strata`].
    pub stratum: u32,
    /// Position in [`Layout::sequences`].
    pub sequence: u32,
    /// Number of the candidate that entered: with seed and trial it names all of the person's draws.
    pub candidate: u32,
    /// Candidates screened until this person entered, the person included.
    pub screened: u32,
    /// Values in the order of [`Layout::covariates`].
    pub covariates: Vec<f64>,
    /// Weight of the person towards the target population; 1 without one.
    pub weight: f64,
    /// Visits that took place, in order of time; the first is the baseline.
    pub visits: Vec<Seen>,
    /// Doses, in order of time.
    pub doses: Vec<Given>,
    /// What else happened, in order of time.
    pub events: Vec<Event>,
    /// Hours from randomisation at which the person was last in the trial.
    pub end_h: f64,
    /// How it ended.
    pub end: End,
    /// Why the computation of this person failed.
    pub failure: Option<String>,
}

/// A visit that took place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Position in [`Layout::visits`].
    pub visit: u32,
    /// Hours from randomisation.
    pub at_h: f64,
    /// Values in the order of [`Layout::measures`]; NaN where not taken.
    pub values: Vec<f64>,
}

/// A dose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Given {
    /// Position in [`Layout::drugs`].
    pub drug: u32,
    /// Hours from randomisation.
    pub at_h: f64,
    /// Amount of the base, mg.
    pub amount_mg: f64,
    /// Over how long, h; 0 for a moment.
    pub over_h: f64,
    /// False for a planned dose that was not taken.
    pub taken: bool,
    /// Why it was given.
    pub kind: DoseKind,
}

/// Why a dose was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DoseKind {
    /// As the arm says.
    #[default]
    Planned,
    /// Before randomisation.
    LeadIn,
    /// By a rescue rule.
    Rescue,
    /// By a rule that treats again after a relapse.
    Retreatment,
}

/// Something that happened to a person.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// Hours from randomisation at which it was noticed.
    pub at_h: f64,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventKind {
    /// First visit at which the response criterion is met.
    Response,
    /// First visit at which the remission criterion is met.
    Remission,
    /// Relapse after response, as the protocol defines it.
    Relapse,
    /// Rescue treatment began.
    Rescue,
    /// Treatment began again after a relapse.
    Retreatment,
    /// Treatment outside the protocol.
    ExtraTreatment,
    /// A rule changed the dose.
    DoseChange,
    /// A rule ended dosing.
    DosingStopped,
    /// First report of an adverse event: position in [`Layout::adverse`].
    Adverse(u32),
    /// An adverse event in the person's life.
    Stressor,
}

/// How a person's trial ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// Followed to the planned end.
    #[default]
    Completed,
    /// Left because nothing was gained.
    LackOfEfficacy,
    /// Left because of adverse events.
    AdverseEvent,
    /// Left for other reasons.
    Other,
    /// The computation failed; see [`Record::failure`].
    Failed,
}

/// Records as bytes, with a checksum at the end.
pub fn encode(records: &[Record]) -> Result<Vec<u8>, String> {
    let mut bytes = postcard::to_stdvec(records).map_err(|e| format!("a record cannot be written: {e}"))?;
    let sum = checksum(&bytes);
    bytes.extend(sum);
    Ok(bytes)
}

/// Records from bytes; the error says what is wrong with them.
pub fn decode(bytes: &[u8]) -> Result<Vec<Record>, String> {
    let Some(cut) = bytes.len().checked_sub(CHECKSUM) else { return Err("the file is cut short".into()) };
    let (body, sum) = bytes.split_at(cut);
    if checksum(body) != sum {
        return Err("its checksum does not fit: the file is damaged or cut short".into());
    }
    postcard::from_bytes(body).map_err(|e| format!("it was written by another version of the program: {e}"))
}

const CHECKSUM: usize = 8;

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let digest = Sha256::digest(bytes);
    let mut out = [0; CHECKSUM];
    out.copy_from_slice(&digest[..CHECKSUM]);
    out
}
