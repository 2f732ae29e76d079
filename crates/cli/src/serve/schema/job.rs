//! Long work: what can be started, how far it is, what came out.

use super::{Ask, Card, Grade};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Work that takes longer than a moment.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum JobAsk {
    /// A virtual randomised trial.
    Trial(TrialJob),
    /// What an EEG or a scan would show.
    Probe(ProbeJob),
    /// Every number of a run moved by its uncertainty, one at a time.
    Influence(InfluenceJob),
    /// The model against every printed number, anew.
    Validate(ValidateJob),
}

/// See [`JobAsk::Trial`].
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
pub struct TrialJob {
    /// The trial.
    pub trial: TrialAsk,
}

/// See [`JobAsk::Probe`].
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
pub struct ProbeJob {
    /// What is recorded.
    pub probe: ProbeName,
    /// What is run.
    pub ask: Ask,
    /// When it is recorded, as in `40 min` or `day 2`.
    #[schema(min_length = 1, max_length = 40)]
    pub at: String,
    /// How many drawn people; the typical person where null.
    #[serde(default, deserialize_with = "super::whole_or_none")]
    #[schema(minimum = 2, maximum = 16)]
    pub people: Option<u32>,
}

/// What is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProbeName {
    /// Electric activity at rest.
    Eeg,
    /// Slow fluctuations of the whole brain.
    Fmri,
}

/// See [`JobAsk::Influence`].
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
pub struct InfluenceJob {
    /// What is run.
    pub ask: Ask,
    /// The signal that is read.
    #[schema(min_length = 1, max_length = 200)]
    pub port: String,
    /// When it is read, as in `24 h`.
    #[schema(min_length = 1, max_length = 40)]
    pub at: String,
}

/// See [`JobAsk::Validate`].
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
pub struct ValidateJob {
    /// People of each arm.
    #[serde(deserialize_with = "super::whole")]
    #[schema(minimum = 20, maximum = 400)]
    pub people: u32,
}

/// A virtual randomised trial.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialAsk {
    /// What it is called.
    #[serde(default)]
    #[schema(max_length = 120)]
    pub title: Option<String>,
    /// Condition of its people.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub condition: Option<String>,
    /// Its arms; the last is what the others are compared with.
    #[schema(min_items = 2, max_items = 4)]
    pub arms: Vec<TrialArm>,
    /// People of each arm.
    #[serde(deserialize_with = "super::whole")]
    #[schema(minimum = 4, maximum = 400)]
    pub per_arm: u32,
    /// Trials of this design.
    #[serde(deserialize_with = "super::whole")]
    #[schema(minimum = 1, maximum = 200)]
    pub trials: u32,
    /// Least MADRS at entry.
    #[serde(deserialize_with = "super::whole")]
    #[schema(minimum = 0, maximum = 50)]
    pub entry_madrs: u32,
    /// The visit that decides, as in `24 h`.
    #[schema(min_length = 1, max_length = 40)]
    pub visit: String,
    /// The last visit, as in `7 d`.
    #[schema(min_length = 1, max_length = 40)]
    pub last: String,
    /// Seed of all draws.
    #[serde(deserialize_with = "super::whole")]
    #[schema(minimum = 0, maximum = 4294967295_u64)]
    pub seed: u32,
}

/// An arm of a trial.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialArm {
    /// Its name.
    #[schema(min_length = 1, max_length = 40)]
    pub name: String,
    /// Dose sentence.
    #[schema(min_length = 1, max_length = 2000)]
    pub what: String,
}

/// Which kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    /// See [`JobAsk::Trial`].
    Trial,
    /// See [`JobAsk::Probe`].
    Probe,
    /// See [`JobAsk::Influence`].
    Influence,
    /// See [`JobAsk::Validate`].
    Validate,
}

/// How far work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Waits for others.
    Queued,
    /// Is being done.
    Running,
    /// Is done.
    Done,
    /// Could not be done.
    Failed,
    /// Was stopped.
    Cancelled,
}

/// News of a job.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JobNews {
    /// Always `job`.
    pub event: String,
    /// The job as JSON, without its result.
    pub data: String,
}

/// Work with its progress.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Job {
    /// As it is asked for.
    pub id: String,
    /// Which kind.
    pub kind: JobKind,
    /// What it is.
    pub title: String,
    /// The same work as a command line.
    pub command: String,
    /// How far it is.
    pub state: JobState,
    /// Share done, 0 to 1.
    pub progress: f64,
    /// What is going on, or went wrong.
    pub message: String,
    /// The same work as a protocol (TOML), where there is one.
    #[schema(required)]
    pub protocol: Option<String>,
    /// What came out; null until it is done, and in lists.
    #[schema(required)]
    pub result: Option<JobResult>,
}

/// What came out.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum JobResult {
    /// Of a trial.
    Trial(Box<TrialResult>),
    /// Of a probe.
    Probe(Box<ProbeResult>),
    /// Of moving numbers.
    Influence(Box<InfluenceResult>),
    /// Of a validation.
    Validate(Box<Card>),
}

/// What a virtual trial found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TrialResult {
    /// People over all trials.
    pub people: u64,
    /// Candidates who were screened for them.
    pub screened: u64,
    /// Trials.
    pub trials: u32,
    /// What was measured.
    pub measure: String,
    /// Its unit.
    pub unit: String,
    /// Arms, in the order of the trial.
    pub arms: Vec<ArmResult>,
    /// Each arm against the last.
    pub contrasts: Vec<Contrast>,
    /// What it does and does not say.
    pub note: String,
}

/// What happened in an arm, over all trials.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ArmResult {
    /// Its name.
    pub name: String,
    /// What was given.
    pub what: String,
    /// People who were given it.
    pub people: u64,
    /// Of 100 so many left early.
    pub left: f64,
    /// Who responded at the visit that decides.
    pub responders: Share,
    /// Who was in remission then.
    pub remitters: Share,
    /// What was reported.
    pub adverse: Vec<AdverseShare>,
    /// Mean change at each visit.
    pub visits: Vec<VisitMean>,
    /// Scores of some people.
    pub lines: Vec<Line>,
}

/// People of a hundred.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Share {
    /// Of 100.
    #[schema(required)]
    pub of_100: Option<f64>,
    /// Lower end of its 95 % interval.
    #[schema(required)]
    pub low: Option<f64>,
    /// Upper end.
    #[schema(required)]
    pub high: Option<f64>,
}

/// An adverse event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AdverseShare {
    /// What.
    pub name: String,
    /// Of 100 people.
    #[schema(required)]
    pub of_100: Option<f64>,
}

/// Mean change at a visit.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct VisitMean {
    /// When, h.
    pub at_h: f64,
    /// Mean change from the start.
    #[schema(required)]
    pub mean: Option<f64>,
    /// Of 90 % of people, the lower end.
    #[schema(required)]
    pub low: Option<f64>,
    /// The upper end.
    #[schema(required)]
    pub high: Option<f64>,
    /// People seen.
    pub seen: u64,
}

/// Scores of one person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Line {
    /// When, h.
    pub at_h: Vec<f64>,
    /// Score.
    pub value: Vec<f64>,
}

/// One arm against another.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Contrast {
    /// Name of the analysis.
    pub analysis: String,
    /// When.
    pub at: String,
    /// Which arms.
    pub arms: String,
    /// Unit of the estimate.
    pub unit: String,
    /// Mean estimate over trials.
    #[schema(required)]
    pub pooled: Option<f64>,
    /// 2.5 % of trials estimate less.
    #[schema(required)]
    pub low: Option<f64>,
    /// 2.5 % estimate more.
    #[schema(required)]
    pub high: Option<f64>,
    /// Trials of 100 that would find it, with its Monte-Carlo interval.
    pub found: Share,
    /// Every trial.
    pub trials: Vec<TrialEstimate>,
}

/// What one trial estimated.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct TrialEstimate {
    /// Estimate.
    #[schema(required)]
    pub estimate: Option<f64>,
    /// Lower end of its interval.
    #[schema(required)]
    pub low: Option<f64>,
    /// Upper end.
    #[schema(required)]
    pub high: Option<f64>,
    /// One-sided p value.
    #[schema(required)]
    pub p: Option<f64>,
    /// Whether the trial succeeds.
    pub significant: bool,
}

/// What a probe showed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProbeResult {
    /// What was recorded.
    pub probe: ProbeName,
    /// When.
    pub at: String,
    /// How many drawn people; null for the typical person.
    #[schema(required)]
    pub people: Option<u32>,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// Numbers read off.
    pub readings: Vec<Reading>,
    /// Power over frequency, of an EEG.
    #[schema(required)]
    pub spectrum: Option<Spectrum>,
    /// Regions and their connections, of a scan.
    #[schema(required)]
    pub brain: Option<Brain>,
}

/// A number read off, before and then.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reading {
    /// What it is called.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// Before, or the mean over people.
    #[schema(required)]
    pub before: Option<f64>,
    /// Then.
    #[schema(required)]
    pub after: Option<f64>,
    /// Change.
    #[schema(required)]
    pub change: Option<f64>,
    /// Lower end of its 95 % interval over people.
    #[schema(required)]
    pub low: Option<f64>,
    /// Upper end.
    #[schema(required)]
    pub high: Option<f64>,
    /// Mean change over the SD of changes.
    #[schema(required)]
    pub dz: Option<f64>,
}

/// Power over frequency.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Spectrum {
    /// Hz.
    pub frequency_hz: Vec<f64>,
    /// dB.
    pub before_db: Vec<f64>,
    /// dB.
    pub after_db: Vec<f64>,
}

/// Regions and their connections, means over people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Brain {
    /// Regions, in the order of the matrices.
    pub regions: Vec<Region>,
    /// Correlations before.
    pub before: Vec<Vec<f64>>,
    /// Then.
    pub after: Vec<Vec<f64>>,
}

/// A region.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Region {
    /// Its label.
    pub label: String,
    /// `L` or `R`.
    pub hemisphere: String,
    /// Network it belongs to.
    pub network: String,
    /// Mean correlation with all others, before.
    pub before: f64,
    /// Then.
    pub after: f64,
}

/// What moves a signal.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InfluenceResult {
    /// The signal.
    pub port: String,
    /// What it is called.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// When, h.
    pub at_h: f64,
    /// The reading with all numbers at their values.
    pub value: f64,
    /// Numbers, the strongest first.
    pub rows: Vec<Influence>,
}

/// What one number does.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Influence {
    /// Id of the ledger.
    pub id: String,
    /// Its value.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Its grade.
    pub grade: Grade,
    /// How far it was moved, in words.
    pub step: String,
    /// The reading with the number lower.
    #[schema(required)]
    pub down: Option<f64>,
    /// The reading with it higher.
    #[schema(required)]
    pub up: Option<f64>,
}
