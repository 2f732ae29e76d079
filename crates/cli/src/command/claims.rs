//! `resynapse evidence claims`.

use crate::arguments::Global;
use crate::failure::Failure;
use ::model::diagnostic::Diagnostic;
use resynapse::atlas::Atlas;
use resynapse::claim::Claim;
use serde_json::json;

pub(super) fn run(global: &Global, atlas: &Atlas, id: Option<&str>) -> Result<(), Failure> {
    let chosen: Vec<&Claim> =
        atlas.claims.iter().filter(|c| id.is_none_or(|id| c.id.eq_ignore_ascii_case(id))).collect();
    if let (Some(id), true) = (id, chosen.is_empty()) {
        let message = format!("there is no claim `{id}`");
        let found = vec![Diagnostic::error_nowhere("RS6604", message, "they run from K01 on; see `evidence claims`")];
        return Err(Failure::Input(found, Box::default()));
    }
    if global.json {
        let rows: Vec<_> = chosen
            .iter()
            .map(|c| {
                json!({"id": c.id, "heading": c.heading, "claim": c.claim, "home": c.home, "grade": c.grade,
                       "for": c.supports, "against": c.against, "test": c.tests})
            })
            .collect();
        anstream::println!("{}", json!(rows));
        return Ok(());
    }
    let mut heading = "";
    for c in chosen {
        if c.heading != heading {
            heading = &c.heading;
            anstream::println!("{}\n", heading.to_uppercase());
        }
        anstream::println!("{}  {}", c.id, c.claim);
        anstream::println!("     grade    {}", c.grade);
        for (label, text) in [("for", &c.supports), ("against", &c.against), ("home", &c.home)] {
            anstream::println!("     {label:<8} {}", wrapped(text));
        }
        for id in &c.tests {
            let e = atlas.expectations.iter().find(|e| &e.id == id);
            let says = e.map_or(id.as_str(), |e| e.says.as_str());
            let miss = e.and_then(|e| e.miss.as_ref()).map_or("", |_| " (a known miss)");
            anstream::println!("     {:<8} {}", "test", wrapped(&format!("{says}{miss}")));
        }
        anstream::println!();
    }
    anstream::println!(
        "A consistent trials or meta-analysis · B human, limited or disputed · C small, indirect or animal · \
         X contradicted or overstated as worded"
    );
    Ok(())
}

/// Text over several lines, the later ones indented.
fn wrapped(text: &str) -> String {
    const WIDTH: usize = 96;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].chars().count() + word.chars().count() >= WIDTH {
            lines.push(word.to_string());
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    lines.join("\n              ")
}
