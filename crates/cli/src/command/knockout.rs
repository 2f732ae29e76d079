//! `resynapse knockout`.

use super::{load_atlas, plans, table};
use crate::arguments::{Global, Knockout};
use crate::failure::Failure;
use crate::figure::words::{number, span};
use resynapse::run::{KnockoutTable, knockout};
use serde_json::json;

/// Times at which effects are compared, h.
const TIMES_H: [f64; 3] = [4.0, 24.0, 168.0];

/// Those of the usual times that a run reaches; its end where it reaches none.
pub(crate) fn times_h(until_h: f64) -> Vec<f64> {
    let within: Vec<f64> = TIMES_H.into_iter().filter(|t| *t <= until_h).collect();
    if within.is_empty() { vec![until_h] } else { within }
}

pub(super) fn run(global: &Global, a: &Knockout) -> Result<(), Failure> {
    let atlas = load_atlas(global)?;
    let plans = plans(&atlas, global, &a.what, &a.subject)?;
    let mut values = Vec::new();
    for plan in &plans {
        let found = knockout(&atlas, plan, &a.signal, &times_h(plan.until_h))
            .map_err(|r| Failure::from_refusal(r, &atlas.library.sources))?;
        if global.json {
            values.push(to_json(&plan.name, &a.signal, &found));
        } else {
            anstream::print!("{}", text(&plan.name, &a.signal, &found));
        }
    }
    if global.json {
        anstream::println!("{}", json!({ "knockouts": values }));
    }
    Ok(())
}

/// The share of the intact effect that a knock-out takes away.
fn lost(intact: f64, left: f64) -> Option<f64> {
    (intact.abs() > 1e-9).then(|| (intact - left) / intact)
}

fn text(name: &str, signal: &str, found: &KnockoutTable) -> String {
    let mut out = format!("{name}: effect on {signal} against the untreated person\n\n");
    let mut head = vec!["held at rest".to_string()];
    head.extend(found.times_h.iter().map(|t| format!("left at {}", span(*t))));
    head.extend(found.times_h.iter().map(|t| format!("lost at {}", span(*t))));
    let mut rows = vec![head];
    let line = |name: &str, left: &[f64]| {
        let mut row = vec![name.to_string()];
        row.extend(left.iter().map(|x| number(*x)));
        row.extend(found.intact.iter().zip(left).map(|(i, l)| match lost(*i, *l) {
            // The sum keeps a rounded nothing from printing as -0.
            Some(share) => format!("{:.0} %", (100.0 * share).round() + 0.0),
            None => "-".into(),
        }));
        row
    };
    rows.push(line("nothing", &found.intact));
    rows.extend(found.links.iter().filter(|l| !l.expectancy).map(|l| line(&l.name, &l.left)));
    out.push_str(&table(&rows));
    out.push_str("\nExpectation apart from the drug (the split is a stated prior, not a finding):\n\n");
    let mut rows = vec![rows.swap_remove(0)];
    rows.extend(found.links.iter().filter(|l| l.expectancy).map(|l| line(&l.name, &l.left)));
    out.push_str(&table(&rows));
    out.push_str(
        "\nLinks are held one at a time: what drug and expectation do together is lost with either, so shares do not add up.\n",
    );
    out
}

fn to_json(name: &str, signal: &str, found: &KnockoutTable) -> serde_json::Value {
    let links: Vec<_> = found
        .links
        .iter()
        .map(|l| {
            let lost: Vec<_> = found.intact.iter().zip(&l.left).map(|(i, x)| lost(*i, *x)).collect();
            json!({ "held": l.name, "expectancy": l.expectancy, "left": l.left, "lost_share": lost })
        })
        .collect();
    json!({ "name": name, "signal": signal, "times_h": found.times_h, "intact": found.intact, "links": links })
}
