//! Why a signal moves as it does, and where each number comes from.

use super::Shared;
use super::ask;
use super::lane::badge;
use super::problem::Wrong;
use super::schema::{Ask, Ledger, Mechanism, Number, NumberCard, Source, Why};
use crate::command::evidence::spread;
use crate::command::model::formulae;
use crate::figure::{name_in_words, words};
use model::expand::expand;
use model::ledger::Row;
use model::parser::closest;
use resynapse::atlas::{AssemblyFile, Atlas};
use resynapse::prepare::Person;
use resynapse::provenance::profile;
use resynapse::run::whole;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A signal of a run: its mechanisms, the one that gives it first, then step by step back to the dose.
pub fn why(shared: &Shared, port: &str, asked: &Ask) -> Result<Why, Wrong> {
    let atlas = &shared.atlas;
    let assembly = whole(atlas)?;
    let Some(k) = assembly.traces.iter().position(|t| t.port == port) else {
        let known: Vec<&str> = assembly.traces.iter().map(|t| t.port.as_str()).collect();
        let hint = closest(port, &known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        return Err(Wrong::Missing(format!("no reported signal is called `{}`{hint}", words::shorten(port, 80))));
    };
    let plan = ask::read(atlas, asked)?.plan;
    let (_, prepared) = shared.compiled.prepare(atlas, &assembly.assembly, &plan.patient, &assembly.request())?;
    let values = prepared.parameters(&plan.patient, Person::Typical);
    let paths = prepared.lowered.paths(&values, None);
    let ids = paths.influences(k);
    let rows = prepared.model.parameters.iter().map(|p| &p.row).filter(|row| ids.contains(&row.id));
    let mut rows: Vec<&Row> = rows.collect();
    rows.sort_by(|a, b| b.grade().cmp(&a.grade()).then(a.id.cmp(&b.id)));
    let trace = &assembly.traces[k];
    Ok(Why {
        port: port.to_string(),
        label: trace.label.clone(),
        unit: words::unit(&trace.unit),
        badge: badge(&profile(atlas, rows.iter().copied())),
        modules: mechanisms(atlas, assembly, port, &ids),
        parameters: rows.iter().map(|row| number(row)).collect(),
        sources: sources(atlas, rows.iter().copied()),
    })
}

/// Mechanisms on the way to a port, nearest first.
fn mechanisms(atlas: &Atlas, assembly: &AssemblyFile, port: &str, ids: &BTreeSet<String>) -> Vec<Mechanism> {
    let mut gives: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    let mut needs: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
    let mut uses: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
    for path in &assembly.assembly.modules {
        let Some(module) = atlas.library.modules.get(path) else { continue };
        for instance in expand(module, &atlas.library.families, &mut Vec::new()) {
            for p in &instance.provides {
                gives.entry(p.name.value.clone()).or_default().push(path);
            }
            for r in &instance.requires {
                let wired = assembly.assembly.wire.get(&format!("{}:{}", instance.id, r.name.value));
                needs.entry(path).or_default().insert(wired.unwrap_or(&r.name.value).clone());
            }
            uses.entry(path).or_default().extend(instance.parameters.iter().map(|p| p.name.value.clone()));
        }
    }
    let mut out: Vec<Mechanism> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut queue: VecDeque<(&str, bool)> = VecDeque::from([(port, true)]);
    while let Some((port, direct)) = queue.pop_front() {
        for path in gives.get(port).into_iter().flatten() {
            if !seen.insert(*path) {
                continue;
            }
            queue.extend(needs.get(path).into_iter().flatten().map(|p| (p.as_str(), false)));
            // What has numbers of its own and none of them matters is not on the way here.
            let own = uses.get(path).filter(|own| !own.is_empty());
            if !direct && own.is_some_and(|own| own.is_disjoint(ids)) {
                continue;
            }
            let Some(module) = atlas.library.modules.get(*path) else { continue };
            out.push(Mechanism {
                path: path.to_string(),
                title: name_in_words(path.rsplit('/').next().unwrap_or(path)),
                idea: module.about.clone(),
                equations: formulae(module),
                limits: module.limits.clone(),
                direct,
            });
        }
    }
    out
}

/// The whole ledger.
pub fn ledger(atlas: &Atlas) -> Ledger {
    let ledger = &atlas.library.ledger;
    Ledger { rows: ledger.rows().iter().map(number).collect(), sources: ledger.sources().map(source).collect() }
}

/// One number with what rests on it.
pub fn card(shared: &Shared, id: &str) -> Result<NumberCard, Wrong> {
    let ledger = &shared.atlas.library.ledger;
    let rows: Vec<&Row> = ledger.rows_of(id).collect();
    if rows.is_empty() {
        let known: Vec<&str> = ledger.ids().collect();
        let hint = closest(id, &known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        return Err(Wrong::Missing(format!("the ledger has no `{}`{hint}", words::shorten(id, 80))));
    }
    let dependants = shared.dependants()?;
    Ok(NumberCard {
        rows: rows.iter().map(|row| number(row)).collect(),
        sources: sources(&shared.atlas, rows.iter().copied()),
        modules: dependants.modules(id),
        moves: dependants.signals(id),
    })
}

/// A row as the page shows it.
pub fn number(row: &Row) -> Number {
    Number {
        id: row.id.clone(),
        context: row.context_text(),
        value: row.value,
        unit: row.unit.text.clone(),
        grade: row.grade().into(),
        method: format!("{:?}", row.method).to_lowercase(),
        checked: format!("{:?}", row.checked).to_lowercase(),
        species: row.species.clone(),
        group: row.group.clone(),
        uncertainty: spread(&row.uncertainty),
        variability: spread(&row.variability),
        source: row.source_key.clone(),
        locator: row.locator.clone(),
        note: row.note.clone(),
    }
}

fn source(s: &model::ledger::Source) -> Source {
    Source {
        key: s.key.clone(),
        authors: s.authors.clone(),
        year: s.year.clone(),
        title: s.title.clone(),
        address: s.address.clone(),
        read_as: s.read_as.clone(),
    }
}

/// Sources of rows, each once.
fn sources<'a>(atlas: &Atlas, rows: impl Iterator<Item = &'a Row>) -> Vec<Source> {
    let keys: BTreeSet<&str> = rows.map(|row| row.source_key.as_str()).collect();
    keys.into_iter().filter_map(|key| atlas.library.ledger.source(key)).map(source).collect()
}
