//! Who is treated: covariates, condition and any number of the ledger set by hand.

use crate::atlas::{Atlas, DEFAULT_CONDITION};
use crate::fields::{Document, Fields};
use crate::hypothesis::CONSENSUS;
use crate::quantity;
use model::diagnostic::Diagnostic;
use model::library::Contexts;
use model::parser::closest;
use model::source::{SourceMap, Span};
use std::collections::BTreeMap;

/// The covariate that amounts and volumes are scaled with.
const WEIGHT: &str = "person.weight";

/// One person.
#[derive(Clone, Debug, PartialEq)]
pub struct Patient {
    /// Name of the condition.
    pub condition: String,
    /// Name of the hypothesis.
    pub hypothesis: String,
    /// Further contexts of the ledger, such as `with=ticlopidine` or `set=no_allometry`.
    pub contexts: Contexts,
    /// Ledger id → value in coherent units, set by hand.
    pub overrides: BTreeMap<String, f64>,
}

impl Default for Patient {
    fn default() -> Self {
        Patient {
            condition: DEFAULT_CONDITION.into(),
            hypothesis: CONSENSUS.into(),
            contexts: Contexts::new(),
            overrides: BTreeMap::new(),
        }
    }
}

impl Patient {
    /// All active contexts: those of the condition and of the hypothesis, and the further ones.
    pub fn active(&self, atlas: &Atlas) -> Contexts {
        let condition = atlas.conditions.get(&self.condition).map_or(&[][..], |c| &c.contexts);
        let hypothesis = atlas.hypotheses.get(&self.hypothesis).map_or(&[][..], |h| &h.contexts);
        condition.iter().chain(hypothesis).chain(&self.contexts).cloned().collect()
    }

    /// Reads a patient file:
    ///
    /// ```toml
    /// condition = "healthy"
    /// contexts = ["with=ticlopidine"]
    /// weight = "82 kg"
    /// age = "54 y"
    /// sex = "female"
    /// [parameters]
    /// "ketamine.clint" = "200 L/h"
    /// ```
    pub fn read(atlas: &Atlas, map: &mut SourceMap, path: &str, text: &str) -> Result<Patient, Vec<Diagnostic>> {
        let (patient, found) = Document::read(map, path, text, |f| read(atlas, f));
        if found.is_empty() { Ok(patient) } else { Err(found) }
    }
}

pub(crate) fn read(atlas: &Atlas, fields: &Fields<'_, '_>) -> Patient {
    let mut patient = Patient::default();
    let (contexts, condition, hypothesis) = changes(atlas, fields);
    patient.contexts.extend(contexts);
    patient.condition = condition.unwrap_or(patient.condition);
    patient.hypothesis = hypothesis.unwrap_or(patient.hypothesis);
    covariates(atlas, fields, &mut patient);
    fields.table("parameters", |f| {
        for key in f.keys() {
            if let Some(text) = f.text(&key.value) {
                set(atlas, f, &mut patient, &key.value, &text.value, text.span);
            }
        }
    });
    patient
}

/// Weight, age and sex of a person or of the person of an arm.
pub(crate) fn covariates(atlas: &Atlas, fields: &Fields<'_, '_>, patient: &mut Patient) {
    for (key, id) in [("weight", "person.weight"), ("age", "person.age")] {
        if let Some(text) = fields.text(key) {
            set(atlas, fields, patient, id, &text.value, text.span);
        }
    }
    if let Some(sex) = fields.text("sex") {
        match sex.value.as_str() {
            "female" => drop(patient.overrides.insert("person.sex_female".into(), 1.0)),
            "male" => drop(patient.overrides.insert("person.sex_female".into(), 0.0)),
            _ => fields.error("RS6203", sex.span, "`sex` is `female` or `male` here", "it sets covariates of kinetics"),
        }
    }
}

/// What a person or an arm may change by name: further contexts, the condition, the hypothesis.
pub fn changes(atlas: &Atlas, fields: &Fields<'_, '_>) -> (Vec<String>, Option<String>, Option<String>) {
    let named = |key: &str, code: &'static str, known: Vec<&str>| -> Option<String> {
        let text = fields.text(key)?;
        if let Err((message, hint)) = check_name(key, &text.value, &known) {
            fields.error(code, text.span, message, hint);
        }
        Some(text.value)
    };
    let condition = named("condition", "RS6201", atlas.conditions.keys().map(String::as_str).collect());
    let hypothesis = named("hypothesis", "RS6205", atlas.hypotheses.keys().map(String::as_str).collect());
    let mut contexts = Vec::new();
    for context in fields.texts("contexts") {
        if let Err((message, hint)) = check_context(atlas, &context.value) {
            fields.error("RS6202", context.span, message, hint);
        }
        contexts.push(context.value);
    }
    (contexts, condition, hypothesis)
}

fn set(atlas: &Atlas, fields: &Fields<'_, '_>, patient: &mut Patient, id: &str, text: &str, span: Span) {
    match parameter_value(atlas, id, text) {
        Ok(value) => drop(patient.overrides.insert(id.to_string(), value)),
        Err((message, hint)) => fields.error("RS6204", span, message, hint),
    }
}

/// A value for a ledger id, with a unit of its dimension; the error is a message and a hint.
pub fn parameter_value(atlas: &Atlas, id: &str, text: &str) -> Result<f64, (String, String)> {
    let Some(row) = atlas.library.ledger.rows_of(id).next() else {
        let known: Vec<&str> = atlas.library.ledger.ids().collect();
        let hint = match closest(id, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "see `resynapse evidence list`".into(),
        };
        return Err((format!("the ledger has no `{id}`"), hint));
    };
    let example = || format!("as in `\"{id}\" = \"{} {}\"`", row.value, row.unit);
    let value = quantity::value(text, &row.unit).map_err(|why| (why, example()))?;
    if value < 0.0 && row.value > 0.0 {
        return Err((format!("`{text}` is negative, which makes no sense for `{id}`"), example()));
    }
    if value == 0.0 && row.value > 0.0 && id == WEIGHT {
        return Err(("a body weight of 0 makes no sense".into(), example()));
    }
    Ok(value)
}

/// Checks a context against those the ledger knows.
pub fn check_context(atlas: &Atlas, context: &str) -> Result<(), (String, String)> {
    for key in ["condition", "hypothesis"] {
        if context.strip_prefix(key).is_some_and(|rest| rest.starts_with('=')) {
            let message = format!("`{context}` would change numbers without changing what the run is called");
            return Err((message, format!("use `{key} = \"…\"`, or --{key} on the command line")));
        }
    }
    let known: Vec<&str> = atlas.library.ledger.contexts().into_iter().collect();
    check_name("context", context, &known)
}

pub(crate) fn check_name(what: &str, name: &str, known: &[&str]) -> Result<(), (String, String)> {
    if known.contains(&name) {
        return Ok(());
    }
    const MOST_LISTED: usize = 20;
    let hint = match closest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.len() > MOST_LISTED => "see `resynapse evidence contexts`".into(),
        None => format!("known: {}", known.join(", ")),
    };
    Err((format!("`{name}` is not a known {what}"), hint))
}
