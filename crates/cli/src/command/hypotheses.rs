//! `resynapse hypotheses …`.

use super::{load_atlas, table};
use crate::arguments::{Global, Hypotheses};
use crate::failure::Failure;
use ::model::diagnostic::Diagnostic;
use resynapse::atlas::Atlas;
use resynapse::hypothesis::battery::{Prediction, predict};
use resynapse::hypothesis::{Hypothesis, ordered};
use serde_json::json;

pub(super) fn run(global: &Global, a: &Hypotheses) -> Result<(), Failure> {
    let atlas = load_atlas(global)?;
    match a {
        Hypotheses::List => list(global, &atlas),
        Hypotheses::Show { id } => show(&atlas, id),
        Hypotheses::Predict { ids } => battery(global, &atlas, ids),
    }
}

/// Weights of all paths under a hypothesis: id and value.
fn weights(atlas: &Atlas, h: &Hypothesis) -> Vec<(String, f64)> {
    let ledger = &atlas.library.ledger;
    let mut out = Vec::new();
    for id in ledger.ids().filter(|id| id.starts_with("path.")) {
        let with = ledger.rows_of(id).find(|r| h.contexts.iter().any(|c| r.context.contains(c)));
        let plain = ledger.rows_of(id).find(|r| r.context.is_empty());
        if let Some(row) = with.or(plain) {
            out.push((id.trim_start_matches("path.").to_string(), row.value));
        }
    }
    out
}

fn list(global: &Global, atlas: &Atlas) -> Result<(), Failure> {
    let all = ordered(atlas);
    if global.json {
        let rows: Vec<_> = all
            .iter()
            .map(|h| {
                let paths: serde_json::Map<String, serde_json::Value> =
                    weights(atlas, h).into_iter().map(|(k, v)| (k, json!(v))).collect();
                json!({"id": h.id, "title": h.title, "claim": h.claim, "for": h.supports, "against": h.against,
                       "test": h.test, "sources": h.sources, "paths": paths})
            })
            .collect();
        anstream::println!("{}", json!(rows));
        return Ok(());
    }
    let mut rows = vec![vec!["id".to_string(), "explanation".into(), "paths that carry it".into()]];
    for h in all {
        let on: Vec<String> =
            weights(atlas, h).into_iter().filter(|w| w.1 != 0.0).map(|(id, x)| format!("{id} {x}")).collect();
        rows.push(vec![h.id.clone(), h.title.clone(), on.join(", ")]);
    }
    anstream::print!("{}", table(&rows));
    anstream::println!(
        "\n`hypotheses show ID` prints both sides; `hypotheses predict` what each expects of the same experiments;\n\
         `simulate … --hypothesis H4` or `--hypothesis H1:0.6,H4:0.4` runs them."
    );
    Ok(())
}

fn find<'a>(atlas: &'a Atlas, id: &str) -> Result<&'a Hypothesis, Failure> {
    atlas.hypotheses.values().find(|h| h.id.eq_ignore_ascii_case(id)).ok_or_else(|| {
        let known: Vec<&str> = atlas.hypotheses.keys().map(String::as_str).collect();
        let message = format!("there is no hypothesis `{id}`");
        let found = vec![Diagnostic::error_nowhere("RS6205", message, format!("known: {}", known.join(", ")))];
        Failure::Input(found, Box::default())
    })
}

fn show(atlas: &Atlas, id: &str) -> Result<(), Failure> {
    let h = find(atlas, id)?;
    anstream::println!(
        "{}  {}\n\nClaims   {}\nFor      {}\nAgainst  {}\nTest     {}",
        h.id,
        h.title,
        h.claim,
        h.supports,
        h.against,
        h.test
    );
    anstream::println!("Sources  {}\n", h.sources.join(", "));
    let mut rows = vec![vec!["path".to_string(), "weight".into()]];
    rows.extend(weights(atlas, h).into_iter().map(|(id, x)| vec![id, x.to_string()]));
    anstream::print!("{}", table(&rows));
    Ok(())
}

fn battery(global: &Global, atlas: &Atlas, ids: &[String]) -> Result<(), Failure> {
    let chosen: Vec<&Hypothesis> =
        if ids.is_empty() { ordered(atlas) } else { ids.iter().map(|id| find(atlas, id)).collect::<Result<_, _>>()? };
    let mut found: Vec<(String, Vec<Prediction>)> = Vec::new();
    for h in chosen {
        let row = predict(atlas, &h.id).map_err(|e| Failure::from_refusal(e, &atlas.library.sources))?;
        found.push((h.id.clone(), row));
    }
    if global.json {
        let rows: Vec<_> = found
            .iter()
            .flat_map(|(id, row)| {
                row.iter().map(move |p| {
                    json!({"hypothesis": id, "test": p.name, "madrs_change_24h": p.at_24_h, "madrs_change_7d": p.at_7_d})
                })
            })
            .collect();
        anstream::println!("{}", json!(rows));
        return Ok(());
    }
    anstream::println!(
        "MADRS less that of the control (the same session without drug), at 24 h / at day 7, typical person.\n"
    );
    let mut rows =
        vec![std::iter::once("experiment".to_string()).chain(found.iter().map(|f| f.0.clone())).collect::<Vec<_>>()];
    for (k, experiment) in atlas.battery.iter().enumerate() {
        let mut row = vec![experiment.title.clone()];
        row.extend(found.iter().map(|(_, p)| format!("{:.1} / {:.1}", p[k].at_24_h + 0.0, p[k].at_7_d + 0.0)));
        rows.push(row);
    }
    anstream::print!("{}", table(&rows));
    anstream::println!(
        "\nWhat is felt in a session is part of every number but the masked one; a model, not medical advice."
    );
    Ok(())
}
