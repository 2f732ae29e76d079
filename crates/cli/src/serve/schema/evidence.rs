//! Where numbers come from, what is claimed, and how the model did.

use super::{Ask, Badge, Grade, GradeCount};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A row of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Number {
    /// Id, as in `nmda.sst.ketamine_s.k_on`.
    pub id: String,
    /// When it holds; empty for always.
    pub context: String,
    /// Value.
    pub value: f64,
    /// Unit.
    pub unit: String,
    /// Grade.
    pub grade: Grade,
    /// Measured, published, derived, fitted or assumed.
    pub method: String,
    /// Who read its page.
    pub checked: String,
    /// Species it was seen in.
    pub species: String,
    /// Group of the ledger.
    pub group: String,
    /// How sure the value is.
    pub uncertainty: String,
    /// How people differ.
    pub variability: String,
    /// Key of its source.
    pub source: String,
    /// Where in the source.
    pub locator: String,
    /// Remarks.
    pub note: String,
}

/// A publication.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Source {
    /// Key.
    pub key: String,
    /// Authors.
    pub authors: String,
    /// Year.
    pub year: String,
    /// Title.
    pub title: String,
    /// Digital identifier or address.
    pub address: String,
    /// How it was read.
    pub read_as: String,
}

/// Why a signal moves as it does.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Why {
    /// The signal.
    pub port: String,
    /// What it is called.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// The grades behind it.
    pub badge: Badge,
    /// Mechanisms on its path, the one that gives it first.
    pub modules: Vec<Mechanism>,
    /// Numbers on its path.
    pub parameters: Vec<Number>,
    /// Their sources.
    pub sources: Vec<Source>,
}

/// A mechanism.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Mechanism {
    /// Its file.
    pub path: String,
    /// Title.
    pub title: String,
    /// The idea in words.
    pub idea: String,
    /// Its equations, one a line.
    pub equations: String,
    /// What it leaves out.
    pub limits: String,
    /// Whether it gives the signal itself.
    pub direct: bool,
}

/// The ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Ledger {
    /// All rows.
    pub rows: Vec<Number>,
    /// All sources.
    pub sources: Vec<Source>,
}

/// One number with what rests on it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NumberCard {
    /// Its rows, one for each context.
    pub rows: Vec<Number>,
    /// Their sources.
    pub sources: Vec<Source>,
    /// Mechanisms that use it.
    pub modules: Vec<String>,
    /// Signals it moves by default.
    pub moves: Vec<String>,
}

/// A claim of the popular account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Claim {
    /// As in `K01`.
    pub id: String,
    /// Heading it stands under.
    pub heading: String,
    /// What is claimed.
    pub claim: String,
    /// Grade, with a remark.
    pub grade: String,
    /// What speaks for it.
    pub supports: String,
    /// What speaks against it.
    pub against: String,
    /// Where it lives in the model.
    pub home: String,
    /// Statements of the atlas that test it.
    pub tests: Vec<String>,
}

/// A story in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StoryHead {
    /// As it is asked for.
    pub name: String,
    /// Heading of the popular account.
    pub heading: String,
    /// Title.
    pub title: String,
    /// What it is about.
    pub lead: String,
    /// Claims it tells.
    pub claims: Vec<String>,
}

/// A story.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Story {
    /// As it is asked for.
    pub name: String,
    /// Heading of the popular account.
    pub heading: String,
    /// Title.
    pub title: String,
    /// What it is about.
    pub lead: String,
    /// Its parts.
    pub parts: Vec<StoryPart>,
    /// Its live picture.
    pub picture: StoryPicture,
    /// Its question.
    pub predict: Predict,
    /// The story after it.
    #[schema(required)]
    pub next: Option<String>,
    /// The story before it.
    #[schema(required)]
    pub previous: Option<String>,
}

/// A part of a story.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StoryPart {
    /// Title.
    pub title: String,
    /// Paragraphs.
    pub text: Vec<String>,
    /// Claims it tells.
    pub claims: Vec<Claim>,
}

/// A live picture.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StoryPicture {
    /// What is run.
    pub ask: Ask,
    /// What it is shown against.
    #[schema(required)]
    pub against: Option<Ask>,
    /// Signals that are drawn.
    pub ports: Vec<String>,
    /// What to look at.
    pub caption: String,
}

/// A question put before the picture is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Predict {
    /// The question.
    pub question: String,
    /// Answers to choose from.
    pub choices: Vec<String>,
    /// Which of them the model gives, from 0.
    pub answer: usize,
    /// What the model shows, and how far to trust it.
    pub reveal: String,
}

/// How the model did against what trials printed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Card {
    /// Seed of its virtual trials.
    pub seed: u64,
    /// People of each arm.
    pub people: u32,
    /// SHA-256 of the atlas it was made with.
    pub atlas_hash: String,
    /// Whether that is the atlas in use.
    pub current: bool,
    /// Scored numbers inside their printed interval.
    pub inside: usize,
    /// Scored numbers.
    pub scored: usize,
    /// Median distance in printed standard errors.
    #[schema(required)]
    pub median_z: Option<f64>,
    /// Directions.
    pub signs: Signs,
    /// Every printed number beside the model's.
    pub findings: Vec<Finding>,
    /// Statements that the model is known to miss.
    pub misses: Vec<Miss>,
    /// What each mechanism leaves out.
    pub limits: Vec<Limit>,
    /// Rows of the ledger by grade.
    pub grades: Vec<GradeCount>,
}

/// Directions that came out as expected.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Signs {
    /// So many did.
    pub right: usize,
    /// Of so many.
    pub of: usize,
}

/// A printed number beside the model's; also as `docs/reference/validation.json` keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Id of the target.
    pub id: String,
    /// Trial or analysis.
    pub study: String,
    /// What was given.
    pub arm: String,
    /// What was measured.
    pub endpoint: String,
    /// When, h.
    #[schema(required)]
    pub at_h: Option<f64>,
    /// The printed number.
    #[schema(required)]
    pub printed: Option<f64>,
    /// Lower end of its interval.
    #[schema(required)]
    pub low: Option<f64>,
    /// Upper end.
    #[schema(required)]
    pub high: Option<f64>,
    /// The model's number.
    #[schema(required)]
    pub model: Option<f64>,
    /// Distance in printed standard errors.
    #[schema(required)]
    pub z: Option<f64>,
    /// Whether the direction is as expected, where one is.
    #[schema(required)]
    pub as_expected: Option<bool>,
    /// `inside`, `outside`, `as expected`, `against` or nothing.
    pub verdict: String,
    /// Why it is missed, as far as understood.
    pub reason: String,
    /// `score`, `sign` or `show`.
    #[serde(rename = "use")]
    pub usage: String,
}

/// A statement that the model is known to miss.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Miss {
    /// Id of the statement.
    pub id: String,
    /// What it says.
    pub says: String,
    /// Why it is missed.
    pub why: String,
}

/// What a mechanism leaves out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Limit {
    /// Path of the mechanism.
    pub module: String,
    /// In words.
    pub text: String,
}
