//! Results as JSON.

use resynapse::run::Results;
use serde_json::{Value, json};
use std::path::Path;

/// Times at which traces are listed, h.
const TIMES_H: [f64; 12] = [0.0, 0.5, 1.0, 2.0, 4.0, 12.0, 24.0, 48.0, 72.0, 168.0, 336.0, 672.0];

/// Runs with their main figures; `place` is the run folder.
pub fn runs(results: &[&Results], place: Option<&Path>) -> Value {
    json!({
        "folder": place.map(|p| p.display().to_string()),
        "not_medical_advice": true,
        "runs": results.iter().map(|r| run(r)).collect::<Vec<_>>(),
    })
}

fn run(r: &Results) -> Value {
    let times: Vec<f64> = TIMES_H.into_iter().filter(|t| *t <= r.plan().until_h).collect();
    let at = |f: &dyn Fn(f64) -> f64| -> Vec<f64> { times.iter().map(|t| f(*t)).collect() };
    let p = r.provenance();
    let signals: Vec<Value> = r
        .traces()
        .iter()
        .enumerate()
        .map(|(k, t)| {
            let (when, peak) = r.treated().peak(k);
            let counts: serde_json::Map<String, Value> =
                p.grades[k].counts.iter().map(|(g, n)| (g.to_string(), json!(n))).collect();
            let mut v = json!({
                "port": t.port, "label": t.label, "unit": t.unit.text, "lane": t.lane,
                "rest": r.treated().values[k].first(), "peak": peak, "peak_at_h": when,
                "values": at(&|h| r.treated().at(k, h)),
                "difference_to_untreated": at(&|h| r.difference(k, h)),
                "grade": { "weakest": p.grades[k].weakest.map(|g| g.to_string()), "counts": counts,
                           "weakest_rows": p.grades[k].weakest_rows },
            });
            if t.lane == "blood" {
                v["auc_0_24_h"] = json!(r.treated().area(k, 24.0));
            }
            if t.lane == "symptom" {
                v["drug_part"] = json!(at(&|h| r.drug_part(k, h)));
                v["expectation_part"] = json!(at(&|h| r.difference(k, h) - r.drug_part(k, h)));
            }
            v
        })
        .collect();
    json!({
        "name": r.plan().name, "until_h": r.plan().until_h, "times_h": times, "signals": signals,
        "condition": r.plan().patient.condition, "contexts": p.contexts, "hypothesis": p.hypothesis,
        "program": p.program, "atlas": p.atlas, "atlas_sha256": p.atlas_hash, "steps": r.treated().steps,
    })
}
