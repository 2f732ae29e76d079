//! Results of a trial as tables and JSON.

use super::finish::Findings;
use crate::figure::words;
use crate::folder::csv_text;
use resynapse::atlas::Atlas;
use serde_json::{Value, json};
use study::statistic::{mean, sd};
use study::trial::analyse::{Answer, Detail, Found};
use study::trial::design::{Analysis, Design, Estimand, Intercurrent, Method, TimeTo};
use study::trial::run::Trial;
use study::trial::summary::{Arm, Sample, Summary};

/// What an analysis asks, in words.
pub fn question(design: &Design, analysis: &Analysis) -> String {
    let layout = &design.layout;
    let (one, two) = analysis.contrast;
    let names = format!("{} - {}", layout.treatments[one].name, layout.treatments[two].name);
    let at = crate::figure::trial::visit_name(&layout.visits[analysis.visit].name);
    let measure = &layout.measures[analysis.measure].label;
    match analysis.method {
        Method::Survival(what) => {
            let event = match what {
                TimeTo::Response => "response",
                TimeTo::Remission => "remission",
                TimeTo::Relapse => "relapse",
                TimeTo::Leaving => "leaving",
            };
            format!("time to {event}, {names}")
        }
        Method::Response => format!("response at {at}, {names}"),
        Method::Remission => format!("remission at {at}, {names}"),
        _ => format!("change of {measure} at {at}, {names}"),
    }
}

/// A method by name.
pub fn method(analysis: &Analysis) -> &'static str {
    match analysis.method {
        Method::Mmrm => "mixed model for repeated measures",
        Method::Ancova => "analysis of covariance",
        Method::Response | Method::Remission => "Miettinen-Nurminen",
        Method::Survival(_) => "log-rank, Cox with Efron's ties",
        Method::Crossover => "mixed model with period",
        Method::Standardised => "weighted to the target population",
    }
}

/// An estimand in words, with its events.
pub fn estimand(analysis: &Analysis) -> String {
    let name = match analysis.estimand {
        Estimand::TreatmentPolicy => return "treatment policy: whatever happens, the value counts".into(),
        Estimand::Hypothetical => "hypothetical: as if without",
        Estimand::Composite => "composite: no success after",
    };
    let event = |e: &Intercurrent| match e {
        Intercurrent::Rescue => "rescue",
        Intercurrent::Relapse => "relapse",
        Intercurrent::Retreatment => "retreatment",
        Intercurrent::ExtraTreatment => "extra treatment",
        Intercurrent::DosingStopped => "end of dosing",
        Intercurrent::Dropout => "dropout",
    };
    format!("{name} {}", analysis.intercurrent.iter().map(event).collect::<Vec<_>>().join(", "))
}

/// A further number with its interval, as people read it.
pub fn detail_text(d: &Detail) -> String {
    let text = |x: f64| if x.is_finite() { words::number(x) } else { "not reached".into() };
    let between = d.interval.map_or_else(String::new, |(a, b)| format!(" ({} to {})", text(a), text(b)));
    match d.name {
        name if name.contains("p of ") || name.contains(" p,") => crate::terminal::trial::p(d.value),
        "events" => words::whole(d.value),
        _ => format!("{}{between}", text(d.value)),
    }
}

/// Answers of one analysis over all trials.
pub struct Pooled<'a> {
    /// Answered.
    pub found: Vec<&'a Found>,
    /// Reasons of those that were not.
    pub faults: Vec<&'a str>,
}

impl<'a> Pooled<'a> {
    /// Of one analysis.
    pub fn of(answers: &'a [Answer], analysis: usize) -> Pooled<'a> {
        let mine = answers.iter().filter(|a| a.analysis == analysis);
        let mut pooled = Pooled { found: Vec::new(), faults: Vec::new() };
        for answer in mine {
            match &answer.result {
                Ok(found) => pooled.found.push(found),
                Err(why) => pooled.faults.push(why),
            }
        }
        pooled
    }
    /// Trials.
    pub fn trials(&self) -> usize {
        self.found.len() + self.faults.len()
    }
    /// Share of trials that succeeded; one without an answer did not.
    pub fn successes(&self) -> usize {
        self.found.iter().filter(|f| f.significant).count()
    }
    /// Mean and spread of the estimates over trials.
    pub fn estimates(&self) -> (f64, f64) {
        let all: Vec<f64> = self.found.iter().map(|f| f.estimate).filter(|x| x.is_finite()).collect();
        (mean(&all), sd(&all))
    }
}

fn finite(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}

fn number(x: f64) -> String {
    if x.is_finite() { x.to_string() } else { String::new() }
}

/// Everything that was found.
pub fn as_json(design: &Design, findings: &Findings) -> Value {
    let layout = &design.layout;
    let summary = &findings.summary;
    let analyses: Vec<Value> = design
        .analyses
        .iter()
        .enumerate()
        .map(|(k, a)| {
            let pooled = Pooled::of(&findings.answers, k);
            let (mean, spread) = pooled.estimates();
            let first = pooled.found.first().filter(|_| pooled.trials() == 1).map(|f| found(f));
            json!({
                "name": a.name, "question": question(design, a), "method": method(a), "estimand": estimand(a),
                "alpha_one_sided": a.alpha, "trials": pooled.trials(), "answered": pooled.found.len(),
                "successes": pooled.successes(), "mean_estimate": finite(mean), "sd_over_trials": finite(spread),
                "faults": pooled.faults, "result": first,
            })
        })
        .collect();
    let arms: Vec<Value> = summary.arms.iter().zip(&layout.treatments).map(|(a, t)| arm(summary, a, &t.name)).collect();
    let failures: Vec<Value> = summary
        .failures
        .iter()
        .map(|(trial, place, why)| json!({ "trial": trial + 1, "person": place + 1, "why": why }))
        .collect();
    json!({
        "study": layout.id, "title": layout.title, "trials": layout.replicates, "people_per_trial": layout.size,
        "seed": design.seed, "screened": summary.screened, "people": summary.people,
        "uncertainty": match design.knowledge {
            resynapse::prepare::Knowledge::Central => "people vary around the ledger's values, taken as known",
            resynapse::prepare::Knowledge::Uncertain => "the ledger's values are drawn anew for each trial",
        },
        "arms": arms, "analyses": analyses, "failed_people": failures, "not_medical_advice": true,
    })
}

fn found(f: &Found) -> Value {
    let details: serde_json::Map<String, Value> = f.details.iter().map(detail).collect();
    let sensitivity = f.sensitivity.as_ref().map(|s| match s {
        Ok(e) => json!({ "jump_to_reference": { "estimate": e.estimate, "error": e.error, "lower": e.lower,
                          "upper": e.upper, "p_two_sided": e.p } }),
        Err(why) => json!({ "jump_to_reference": { "fault": why } }),
    });
    json!({
        "scale": f.scale.label(), "estimate": finite(f.estimate), "lower": finite(f.lower), "upper": finite(f.upper),
        "error": finite(f.error), "df": f.df, "p_one_sided": f.p, "p_adjusted": f.adjusted,
        "significant": f.significant, "n": [f.n.0, f.n.1], "details": details, "sensitivity": sensitivity,
    })
}

fn detail(d: &Detail) -> (String, Value) {
    let value = match d.interval {
        None => json!(finite(d.value)),
        Some((lower, upper)) => json!({ "value": finite(d.value), "lower": finite(lower), "upper": finite(upper) }),
    };
    (d.name.to_string(), value)
}

fn arm(summary: &Summary, arm: &Arm, name: &str) -> Value {
    let layout = &summary.layout;
    let visits: Vec<Value> = arm
        .visits
        .iter()
        .map(|v| {
            let changes: serde_json::Map<String, Value> = (0..layout.measures.len())
                .filter(|m| !v.changes[*m].is_empty())
                .map(|m| {
                    let (change, value) = (Sample::of(&v.changes[m]), Sample::of(&v.values[m]));
                    let cell = json!({
                        "n": change.n, "mean": finite(value.mean), "sd": finite(value.sd),
                        "mean_change": finite(change.mean), "sd_change": finite(change.sd),
                        "bimodality": finite(change.bimodality),
                    });
                    (layout.measures[m].name.clone(), cell)
                })
                .collect();
            json!({ "visit": layout.visits[v.visit].name, "at_h": layout.visits[v.visit].at_h, "seen": v.seen,
                    "met_response": v.met[0], "met_remission": v.met[1], "measures": changes })
        })
        .collect();
    let adverse: serde_json::Map<String, Value> =
        layout.adverse.iter().zip(&arm.adverse).map(|(label, n)| (label.clone(), json!(n))).collect();
    json!({
        "name": name, "randomised": arm.randomised,
        "ends": { "completed": arm.ends[0], "lack_of_efficacy": arm.ends[1], "adverse_event": arm.ends[2],
                  "other": arm.ends[3], "failed": arm.ends[4] },
        "rescued": arm.events[0], "treated_again": arm.events[1], "extra_treatment": arm.events[2],
        "dose_changed": arm.events[3], "dosing_stopped": arm.events[4], "doses": arm.doses,
        "adverse_events": adverse, "visits": visits,
    })
}

/// One row for each treatment, visit and measure.
pub fn summary(summary: &Summary) -> String {
    let layout = &summary.layout;
    let head = ["arm", "visit", "at_h", "measure", "unit", "n", "mean", "sd", "mean_change", "sd_change", "bimodality"];
    let mut rows = vec![head.map(String::from).to_vec()];
    for (arm, treatment) in summary.arms.iter().zip(&layout.treatments) {
        for v in &arm.visits {
            for (m, measure) in layout.measures.iter().enumerate().filter(|(m, _)| !v.changes[*m].is_empty()) {
                let (change, value) = (Sample::of(&v.changes[m]), Sample::of(&v.values[m]));
                let visit = &layout.visits[v.visit];
                let mut row = vec![treatment.name.clone(), visit.name.clone(), visit.at_h.to_string()];
                row.extend([measure.name.clone(), measure.unit.clone(), change.n.to_string()]);
                row.extend([value.mean, value.sd, change.mean, change.sd, change.bimodality].map(number));
                rows.push(row);
            }
        }
    }
    csv_text(rows)
}

/// One row for each trial and analysis.
pub fn analyses(design: &Design, answers: &[Answer]) -> String {
    let head = [
        "trial",
        "analysis",
        "question",
        "method",
        "estimand",
        "scale",
        "estimate",
        "lower",
        "upper",
        "error",
        "df",
        "p_one_sided",
        "p_adjusted",
        "significant",
        "n_treatment",
        "n_comparator",
        "fault",
    ];
    let mut rows = vec![head.map(String::from).to_vec()];
    for answer in answers {
        let a = &design.analyses[answer.analysis];
        let mut row = vec![(answer.replicate + 1).to_string(), a.name.clone(), question(design, a)];
        row.extend([method(a).to_string(), estimand(a)]);
        match &answer.result {
            Ok(f) => {
                row.push(f.scale.label().into());
                row.extend([f.estimate, f.lower, f.upper, f.error].map(number));
                row.push(f.df.map_or_else(String::new, number));
                row.extend([f.p, f.adjusted].map(number));
                row.extend([f.significant.to_string(), f.n.0.to_string(), f.n.1.to_string(), String::new()]);
            }
            Err(why) => {
                row.extend(std::iter::repeat_n(String::new(), 11));
                row.push(why.clone());
            }
        }
        rows.push(row);
    }
    csv_text(rows)
}

/// Every number the model used, with how it differs between people and how well it is known.
pub fn ledger(atlas: &Atlas, trial: &Trial<'_>) -> String {
    let head = [
        "id",
        "context",
        "value",
        "unit",
        "variability_law",
        "variability",
        "uncertainty_law",
        "uncertainty",
        "grade",
        "method",
        "checked",
        "species",
        "source_key",
        "doi_or_url",
        "locator",
        "note",
    ];
    let mut rows = vec![head.map(String::from).to_vec()];
    for row in trial.rows() {
        let address = atlas.library.ledger.source(&row.source_key).map(|s| s.address.clone()).unwrap_or_default();
        let law = |s: &model::ledger::Spread| format!("{:?}", s.law).to_lowercase();
        rows.push(vec![
            row.id.clone(),
            row.context_text(),
            row.value.to_string(),
            row.unit.text.clone(),
            law(&row.variability),
            row.variability.size.to_string(),
            law(&row.uncertainty),
            row.uncertainty.size.to_string(),
            row.grade().to_string(),
            format!("{:?}", row.method).to_lowercase(),
            format!("{:?}", row.checked).to_lowercase(),
            row.species.clone(),
            row.source_key.clone(),
            address,
            row.locator.clone(),
            row.note.clone(),
        ]);
    }
    csv_text(rows)
}
