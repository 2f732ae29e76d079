//! The same experiments put to every explanation: what each predicts, so that data can tell them apart.

use crate::atlas::Atlas;
use crate::fields::Fields;
use crate::quantity;
use crate::regimen::sentence;
use crate::run::{Plan, Refusal, follow};
use model::source::SourceMap;

const DAY_H: f64 = 24.0;
const WEEK_H: f64 = 7.0 * DAY_H;
/// What is followed.
const PORT: &str = "madrs.total";

/// One experiment of `battery.toml`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Experiment {
    /// Short name.
    pub name: String,
    /// In words.
    pub title: String,
    /// What is given.
    pub dose: String,
    /// What the control is given: the same without the drug; nothing if empty.
    pub control: String,
    /// Hour that times count from: when ketamine is given, where something else comes before it.
    pub from_h: f64,
    /// Contexts of the ledger.
    pub contexts: Vec<String>,
}

/// What one experiment shows: MADRS less that of the control.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Name of the experiment.
    pub name: String,
    /// Points at 24 h.
    pub at_24_h: f64,
    /// Points at day 7.
    pub at_7_d: f64,
}

pub(crate) fn read(fields: &Fields<'_, '_>) -> Vec<Experiment> {
    let _ = fields.text("about");
    fields.tables("experiment", |f| Experiment {
        name: f.needed("name").value,
        title: f.needed("title").value,
        dose: f.needed("dose").value,
        control: f.text("control").map_or(String::new(), |t| t.value),
        from_h: f.text("from").map_or(0.0, |t| {
            let wrong = |why: String| f.error("RS6511", t.span, why, "as in `from = \"1 h\"`");
            quantity::moment(&t.value).map_err(wrong).unwrap_or(0.0)
        }),
        contexts: f.texts("contexts").into_iter().map(|t| t.value).collect(),
    })
}

/// Runs all experiments under one hypothesis, for the typical person.
pub fn predict(atlas: &Atlas, hypothesis: &str) -> Result<Vec<Prediction>, Refusal> {
    let port = [PORT.to_string()];
    let mut out = Vec::new();
    for experiment in &atlas.battery {
        let mut map = SourceMap::default();
        let mut plan = Plan::new(experiment.title.clone(), sentence(atlas, &mut map, &experiment.dose)?);
        let start = experiment.from_h;
        plan.until_h = start + WEEK_H;
        plan.patient.hypothesis = hypothesis.into();
        plan.patient.contexts.extend(experiment.contexts.iter().cloned());
        let treated = follow(atlas, &plan, true, &port, &[])?;
        let control = if experiment.control.is_empty() {
            follow(atlas, &plan, false, &port, &[])?
        } else {
            let regimen = sentence(atlas, &mut map, &experiment.control)?;
            follow(atlas, &Plan { regimen, ..plan.clone() }, true, &port, &[])?
        };
        let change = |h: f64| treated.at(0, start + h) - control.at(0, start + h);
        out.push(Prediction { name: experiment.name.clone(), at_24_h: change(DAY_H), at_7_d: change(WEEK_H) });
    }
    Ok(out)
}
