//! `resynapse expectations …`.

use super::{load_atlas, table};
use crate::arguments::{Expectations, Global};
use crate::failure::Failure;
use crate::figure::words::number;
use ::model::diagnostic::Diagnostic;
use resynapse::atlas::Atlas;
use resynapse::expectation::{Expectation, Verdict, evaluate};
use serde_json::json;

pub(super) fn run(global: &Global, a: &Expectations) -> Result<(), Failure> {
    let atlas = load_atlas(global)?;
    match a {
        Expectations::List { filter } => list(global, &atlas, filter.as_deref()),
        Expectations::Run { filter, cut } => check(global, &atlas, filter.as_deref(), *cut),
    }
}

fn chosen<'a>(atlas: &'a Atlas, filter: Option<&str>) -> Result<Vec<&'a Expectation>, Failure> {
    let wanted = |e: &&Expectation| filter.is_none_or(|f| e.id.contains(f) || e.says.contains(f));
    let found: Vec<&Expectation> = atlas.expectations.iter().filter(wanted).collect();
    if found.is_empty() {
        let message = format!("no expectation holds the text `{}`", filter.unwrap_or(""));
        let found = vec![Diagnostic::error_nowhere("RS6416", message, "see `resynapse expectations list`")];
        return Err(Failure::Input(found, Box::default()));
    }
    Ok(found)
}

fn list(global: &Global, atlas: &Atlas, filter: Option<&str>) -> Result<(), Failure> {
    let found = chosen(atlas, filter)?;
    if global.json {
        let rows: Vec<_> = found
            .iter()
            .map(|e| {
                json!({"id": e.id, "says": e.says, "must_be": e.expect.to_string(), "sources": e.sources,
                       "breaks_without": e.breaks_without, "known_miss": e.miss})
            })
            .collect();
        anstream::println!("{}", json!(rows));
        return Ok(());
    }
    let mut rows = vec![vec!["expectation".to_string(), "".into(), "in words".into()]];
    rows.extend(found.iter().map(|e| {
        let mark = if e.miss.is_some() { "miss" } else { "" };
        vec![e.id.clone(), mark.into(), e.says.clone()]
    }));
    anstream::print!("{}", table(&rows));
    Ok(())
}

fn check(global: &Global, atlas: &Atlas, filter: Option<&str>, cut: bool) -> Result<(), Failure> {
    let put = |e: &Expectation, without: Option<&str>| -> Result<Verdict, Failure> {
        evaluate(atlas, e, without).map_err(|why| Failure::from_refusal(why, &atlas.library.sources))
    };
    let mut rows = vec![vec!["".to_string(), "expectation".into(), "must be".into(), "is".into()]];
    let mut values = Vec::new();
    let mut surprises = 0;
    for e in chosen(atlas, filter)? {
        let mut cases = vec![(None, put(e, None)?)];
        for link in e.breaks_without.iter().filter(|_| cut) {
            cases.push((Some(link.as_str()), put(e, Some(link))?));
        }
        for (link, verdict) in cases {
            // A statement must hold, unless it is a known miss, and must fail once its link is cut.
            let wanted = link.is_none() && e.miss.is_none();
            let word = match (verdict.holds == wanted, link.is_some(), e.miss.is_some()) {
                (true, false, true) => "known miss",
                (true, true, _) => "fails, as it must",
                (true, ..) => "ok",
                (false, ..) => "FAILS",
            };
            surprises += usize::from(verdict.holds != wanted);
            let name = link.map_or_else(|| e.id.clone(), |l| format!("  without {l}"));
            let numbers = verdict.numbers.iter().map(|x| number(*x)).collect::<Vec<_>>().join(", ");
            values.push(json!({"id": e.id, "without": link, "numbers": verdict.numbers, "holds": verdict.holds}));
            rows.push(vec![word.into(), name, e.expect.to_string(), numbers]);
        }
    }
    if global.json {
        anstream::println!("{}", json!(values));
    } else {
        anstream::print!("{}", table(&rows));
    }
    if surprises > 0 { Err(Failure::Gate(format!("{surprises} not as stated"))) } else { Ok(()) }
}
