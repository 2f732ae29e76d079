//! What can be asked, and what can be chosen from.

use super::{Claim, Grade};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One run: what is given, to whom, with which links broken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// A dose sentence, as in `ketamine 0.5 mg/kg iv over 40 min`, or the name of a scenario.
    #[schema(min_length = 1, max_length = 2000)]
    pub what: String,
    /// Arm of the scenario; the first where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub arm: Option<String>,
    /// Condition of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub condition: Option<String>,
    /// Explanation that is run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub hypothesis: Option<String>,
    /// Contexts of the ledger that are switched on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub contexts: Vec<String>,
    /// Links of the chain that are broken, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub hold: Vec<String>,
    /// Numbers of the ledger set by hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub set: Vec<SetNumber>,
    /// How long to follow, as in `28 d`; a year at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub until: Option<String>,
}

/// A choice of a run in an address.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Choice {
    /// Dose sentence or scenario; the page's first one where nothing is said.
    #[param(max_length = 2000)]
    pub what: Option<String>,
    /// Condition of the person.
    #[param(max_length = 200)]
    pub condition: Option<String>,
    /// Explanation that is run.
    #[param(max_length = 200)]
    pub hypothesis: Option<String>,
}

/// A number set by hand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetNumber {
    /// Id of the ledger.
    #[schema(min_length = 1, max_length = 200)]
    pub id: String,
    /// Value with its unit.
    #[schema(min_length = 1, max_length = 80)]
    pub value: String,
}

/// Who a thing is offered to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// Anyone.
    #[default]
    Curious,
    /// Those who teach.
    Teaching,
    /// Those who model: doses beyond what is given to patients.
    Modelling,
}

/// Everything the page can choose from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Catalogue {
    /// Version of the program.
    pub program: String,
    /// Version of the atlas.
    pub atlas: String,
    /// SHA-256 of the atlas as read.
    pub atlas_hash: String,
    /// What stands on every page.
    pub not_advice: String,
    /// What the page opens with.
    pub start: Ask,
    /// Where a reader in distress finds a person.
    pub crisis: Crisis,
    /// What can be given.
    pub compounds: Vec<CompoundChoice>,
    /// States of health.
    pub conditions: Vec<Described>,
    /// Rival explanations, the default first.
    pub hypotheses: Vec<Described>,
    /// Links of the chain that can be broken.
    pub links: Vec<LinkChoice>,
    /// Published doses.
    pub presets: Vec<Preset>,
    /// Named runs.
    pub scenarios: Vec<ScenarioChoice>,
    /// Named trials.
    pub trials: Vec<TrialChoice>,
    /// Contexts of the ledger that can be switched on.
    pub contexts: Vec<ContextChoice>,
    /// What the grades mean.
    pub grades: Vec<GradeMeaning>,
    /// The popular account.
    pub claims: Vec<Claim>,
}

/// A grade in words.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GradeMeaning {
    /// The grade.
    pub grade: Grade,
    /// In words.
    pub meaning: String,
}

/// Where a reader in distress finds a person, with the day it was looked at.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Crisis {
    /// Date.
    pub checked: String,
    /// How it was looked at.
    pub how: String,
    /// In a sentence or two.
    pub text: String,
    /// Lines to call.
    pub lines: Vec<CrisisLine>,
}

/// One line to call.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct CrisisLine {
    /// Where it serves.
    #[serde(rename = "where")]
    pub place: String,
    /// Its name.
    pub name: String,
    /// How to reach it.
    pub contact: String,
    /// Its page; empty where there is none.
    pub address: String,
}

/// Something with a name, a title and a sentence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Described {
    /// As it is asked for.
    pub name: String,
    /// Title.
    pub title: String,
    /// In words.
    pub about: String,
}

/// What a compound is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CompoundKind {
    /// Ketamine, its forms and products.
    Ketamine,
    /// What it is compared with.
    Comparator,
    /// What is given beside it.
    Partner,
}

/// What can be given.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CompoundChoice {
    /// As it is written in a dose sentence.
    pub name: String,
    /// Title.
    pub title: String,
    /// What it is for.
    pub kind: CompoundKind,
    /// How it can be given.
    pub routes: Vec<RouteChoice>,
}

/// How a compound can be given.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RouteChoice {
    /// As it is written in a dose sentence.
    pub name: String,
    /// In words.
    pub title: String,
    /// Unit of its doses.
    pub unit: String,
    /// Whether it may run over a time.
    pub infused: bool,
    /// Highest published dose in words, with its source.
    #[schema(required)]
    pub highest_published: Option<String>,
    /// The same as a number, in `unit`.
    #[schema(required)]
    pub highest: Option<f64>,
    /// A published dose to begin with.
    #[schema(required)]
    pub usual: Option<f64>,
    /// How long that dose runs, min.
    #[schema(required)]
    pub over_min: Option<f64>,
}

/// A link that can be broken.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LinkChoice {
    /// As it is asked for.
    pub name: String,
    /// What is held.
    pub about: String,
    /// True for the one that stands for expectation.
    pub expectation: bool,
}

/// A published dose.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Preset {
    /// Dose sentence.
    pub what: String,
    /// In words.
    pub title: String,
    /// Where it was published.
    pub source: String,
    /// Who it is offered to.
    pub door: Door,
}

/// A named run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ScenarioChoice {
    /// As it is asked for.
    pub name: String,
    /// Title.
    pub title: String,
    /// What it asks.
    pub question: String,
    /// Who it is offered to.
    pub door: Door,
    /// Its arms.
    pub arms: Vec<String>,
}

/// A named trial.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TrialChoice {
    /// As `resynapse trial` takes it.
    pub name: String,
    /// Title.
    pub title: String,
}

/// A context of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContextChoice {
    /// As in `set=glutamate_level`.
    pub name: String,
    /// Numbers it changes.
    pub rows: usize,
}
