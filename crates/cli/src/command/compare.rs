//! `resynapse compare`.

use super::{load_atlas, plans, simulate, table};
use crate::arguments::{Compare, Global};
use crate::failure::Failure;
use crate::folder::{self, RunFolder};
use crate::{figure, json};
use ::model::diagnostic::Diagnostic;
use ::model::parser::closest;
use resynapse::run::Results;
use std::time::Instant;

/// Times at which the difference to the untreated person is printed, h.
const TIMES_H: [f64; 4] = [4.0, 24.0, 168.0, 672.0];

pub(super) fn run(global: &Global, a: &Compare) -> Result<(), Failure> {
    let started = Instant::now();
    let atlas = load_atlas(global)?;
    let mut all = Vec::new();
    let mut wrong: Option<Failure> = None;
    for what in &a.what {
        match plans(&atlas, global, what, &a.subject) {
            Ok(found) => all.extend(found),
            // Every bad argument is reported before giving up.
            Err(failure) => match wrong {
                None => wrong = Some(failure),
                Some(ref first) => first.print(false),
            },
        }
    }
    if let Some(failure) = wrong {
        return Err(failure);
    }
    let results = all.iter().map(|p| simulate(&atlas, p)).collect::<Result<Vec<Results>, Failure>>()?;
    let runs: Vec<&Results> = results.iter().collect();
    let signals = if a.signals.is_empty() { figure::telling(&runs) } else { a.signals.clone() };
    let mut unknown = Vec::new();
    for signal in signals.iter().filter(|s| runs[0].trace(s).is_none()) {
        let known: Vec<&str> = runs[0].traces().iter().map(|t| t.port.as_str()).collect();
        let hint = match closest(signal, &known) {
            Some(near) => format!("did you mean `{near}`? Reported: {}", known.join(", ")),
            None => format!("reported: {}", known.join(", ")),
        };
        unknown.push(Diagnostic::error_nowhere("RS6303", format!("--signal: `{signal}` is not reported"), hint));
    }
    if !unknown.is_empty() {
        return Err(Failure::Input(unknown, Box::default()));
    }
    let mut folder = RunFolder::default();
    for (i, r) in runs.iter().enumerate() {
        let prefix = format!("{}/", folder::slug(&r.plan().name, i));
        folder::add_run(&mut folder, &prefix, &atlas, r, None, &super::command_line());
    }
    folder::add_comparison(&mut folder, &runs, &signals);
    let lock = folder::lock(&atlas, &results);
    let place = folder.write(global, "compare", &lock, &atlas, started)?;
    if global.json {
        anstream::println!("{}", json::runs(&runs, place.as_deref()));
        return Ok(());
    }
    anstream::print!("{}", text(&runs, &signals));
    if let (Some(place), false) = (&place, global.quiet) {
        anstream::eprintln!("figure  {}", place.join("figures/compare.svg").display());
    }
    Ok(())
}

/// Differences first, then the runs' own figures.
fn text(runs: &[&Results], signals: &[String]) -> String {
    use figure::words::{number_beside, span, unit};
    let mut out = String::new();
    for (i, r) in runs.iter().enumerate() {
        out.push_str(&format!("{}  {}\n", letter(i), r.plan().name));
    }
    out.push('\n');
    let mut rows = vec![vec!["signal".to_string(), "unit".into(), "what".into()]];
    rows[0].extend((1..runs.len()).map(|i| format!("{} - A", letter(i))));
    rows[0].extend((0..runs.len()).map(letter));
    for signal in signals {
        let Some(k) = runs[0].trace(signal) else { continue };
        let spec = &runs[0].traces()[k];
        let mut line = |what: String, values: Vec<f64>| {
            let mut row = vec![spec.label.clone(), unit(&spec.unit), what];
            // What is nothing beside the signal itself is what integration leaves behind.
            let rest = runs[0].treated().values[k].first().map_or(0.0, |x| x.abs());
            let size = values.iter().fold(rest, |a, x| a.max(x.abs()));
            row.extend(values.iter().skip(1).map(|x| number_beside(x - values[0], size)));
            row.extend(values.iter().map(|x| number_beside(*x, size)));
            rows.push(row);
        };
        line("farthest from rest".into(), runs.iter().map(|r| r.treated().peak(k).1).collect());
        if spec.lane == "symptom" || spec.lane == "synapse" {
            for t in TIMES_H.iter().filter(|t| runs.iter().all(|r| r.plan().until_h >= **t)) {
                let what = format!("change at {}", span(*t));
                line(what, runs.iter().map(|r| r.difference(k, *t)).collect());
            }
        }
    }
    let conditions: std::collections::BTreeSet<&str> =
        runs.iter().map(|r| r.plan().patient.condition.as_str()).collect();
    if conditions.len() > 1 {
        let list: Vec<String> = conditions.iter().map(|c| c.replace('_', " ")).collect();
        out.push_str(&format!("The people differ ({}): compare changes, not levels.\n\n", figure::words::list(&list)));
    }
    out.push_str(&table(&rows));
    out.push_str("\nWho moves what when, against the same person without treatment:\n");
    for signal in signals {
        let Some(k) = runs[0].trace(signal) else { continue };
        let label = &runs[0].traces()[k].label;
        out.push_str(&format!("{label}: {}\n", figure::inside_a_sentence(runs, signal)));
    }
    out.push_str("\nA model, not medical advice; it cannot say what will happen to you.\n");
    out
}

fn letter(i: usize) -> String {
    char::from(b'A' + (i % 26) as u8).to_string()
}
