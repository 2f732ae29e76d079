//! `resynapse scenario …`.

use super::{load_atlas, table};
use crate::arguments::{Global, Scenario};
use crate::failure::Failure;
use ::model::diagnostic::Diagnostic;
use resynapse::atlas::Atlas;
use resynapse::scenario::Door;
use serde_json::json;

pub(super) fn run(global: &Global, a: &Scenario) -> Result<(), Failure> {
    let atlas = load_atlas(global)?;
    match a {
        Scenario::List => list(global, &atlas),
        Scenario::Show { name } => show(&atlas, name),
    }
}

fn door(door: Door) -> &'static str {
    match door {
        Door::Curious => "",
        Door::Modeller => "for modellers",
    }
}

fn list(global: &Global, atlas: &Atlas) -> Result<(), Failure> {
    let all: Vec<_> = atlas.scenarios.values().collect();
    if global.json {
        let rows: Vec<_> = all
            .iter()
            .map(|s| json!({"name": s.name, "question": s.question, "answer": s.answer, "door": door(s.door)}))
            .collect();
        anstream::println!("{}", json!(rows));
        return Ok(());
    }
    let mut rows = vec![vec!["scenario".to_string(), "question".into()]];
    rows.extend(all.iter().map(|s| {
        let mark = if s.door == Door::Modeller { " (for modellers)" } else { "" };
        vec![s.name.clone(), format!("{}{mark}", s.question)]
    }));
    anstream::print!("{}", table(&rows));
    anstream::println!(
        "\nRun one with `resynapse simulate NAME`; `scenario show NAME` prints the protocol and its answer."
    );
    Ok(())
}

fn show(atlas: &Atlas, name: &str) -> Result<(), Failure> {
    let Some(scenario) = atlas.scenarios.get(name) else {
        let known: Vec<&str> = atlas.scenarios.keys().map(String::as_str).collect();
        let hint = match ::model::parser::closest(name, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "see `resynapse scenario list`".into(),
        };
        let found = vec![Diagnostic::error_nowhere("RS6403", format!("there is no scenario `{name}`"), hint)];
        return Err(Failure::Input(found, Box::default()));
    };
    // Everything but the protocol is a comment, so that the output is a protocol to start from.
    anstream::println!("# {}\n\n{}", scenario.question, scenario.text.trim_end());
    anstream::println!("\n# Answered by");
    for id in &scenario.answer {
        if let Some(e) = atlas.expectations.iter().find(|e| &e.id == id) {
            let miss = e.miss.as_ref().map(|why| format!("\n#   known miss: {why}")).unwrap_or_default();
            anstream::println!("# {}  ({id}; must be {}){miss}", e.says, e.expect);
        }
    }
    Ok(())
}
