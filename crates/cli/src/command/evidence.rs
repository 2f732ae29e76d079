//! `resynapse evidence list|show|why|contexts`.

use super::{load_atlas, table};
use crate::arguments::{Evidence, Global};
use crate::failure::Failure;
use ::model::diagnostic::Diagnostic;
use ::model::expand::expand;
use ::model::ledger::{Checked, Law, Method, Row, Spread};
use ::model::parser::closest;
use resynapse::atlas::Atlas;
use resynapse::patient::Patient;
use resynapse::prepare::{Person, prepare};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn run(global: &Global, what: &Evidence) -> Result<(), Failure> {
    let atlas = load_atlas(global)?;
    match what {
        Evidence::List { filter, unchecked, grade } => {
            list(global, &atlas, filter.as_deref(), *unchecked, grade.as_deref())
        }
        Evidence::Show { id } => show(global, &atlas, id),
        Evidence::Why { id } => why(global, &atlas, id),
        Evidence::Contexts => contexts(global, &atlas),
        Evidence::Claims { id } => super::claims::run(global, &atlas, id.as_deref()),
    }
}

/// True where a number rests on a page nobody of the project has read.
fn is_unchecked(row: &Row) -> bool {
    matches!(row.checked, Checked::Secondary | Checked::Memory)
        || (row.checked == Checked::None && !matches!(row.method, Method::Assumed | Method::Fitted | Method::Derived))
}

fn list(
    global: &Global,
    atlas: &Atlas,
    filter: Option<&str>,
    unchecked: bool,
    grade: Option<&str>,
) -> Result<(), Failure> {
    let ledger = &atlas.library.ledger;
    if let Some(grade) = grade
        && !["A", "B", "C", "D", "E"].contains(&grade)
    {
        let found =
            vec![Diagnostic::error_nowhere("RS6603", format!("--grade: `{grade}` is no grade"), "A, B, C, D or E")];
        return Err(Failure::Input(found, Box::default()));
    }
    let wanted = |row: &&Row| {
        let text = filter.is_none_or(|f| {
            let f = f.to_lowercase();
            [&row.id, &row.group, &row.note, &row.source_key].iter().any(|t| t.to_lowercase().contains(&f))
        });
        text && (!unchecked || is_unchecked(row)) && grade.is_none_or(|g| row.grade().to_string() == g)
    };
    let rows: Vec<&Row> = ledger.rows().iter().filter(wanted).collect();
    // What rests on a number matters most where nobody has read its page.
    let dependants = unchecked.then(|| Dependants::new(atlas)).transpose()?;
    if global.json {
        let row = |r: &&Row| {
            let mut row = to_json(atlas, r);
            if let Some(d) = &dependants {
                row["modules"] = json!(d.modules(&r.id));
                row["moves"] = json!(d.signals(&r.id));
            }
            row
        };
        anstream::println!("{}", json!({ "rows": rows.iter().map(row).collect::<Vec<Value>>() }));
        return Ok(());
    }
    let mut lines =
        vec![["id", "context", "value", "unit", "grade", "method", "checked", "source"].map(String::from).to_vec()];
    if unchecked {
        lines[0].extend(["used by".into(), "it moves".into()]);
    }
    for r in &rows {
        lines.push(vec![
            r.id.clone(),
            r.context_text(),
            r.value.to_string(),
            r.unit.text.clone(),
            r.grade().to_string(),
            format!("{:?}", r.method).to_lowercase(),
            format!("{:?}", r.checked).to_lowercase(),
            r.source_key.clone(),
        ]);
        if let (Some(d), Some(line)) = (&dependants, lines.last_mut()) {
            line.push(d.modules(&r.id).join(", "));
            line.push(few(&d.signals(&r.id)));
        }
    }
    anstream::print!("{}", table(&lines));
    if !global.quiet {
        anstream::eprintln!("{} of {} rows", rows.len(), ledger.rows().len());
    }
    Ok(())
}

fn to_json(atlas: &Atlas, r: &Row) -> Value {
    let source = atlas.library.ledger.source(&r.source_key);
    json!({
        "id": r.id, "context": r.context_text(), "value": r.value, "unit": r.unit.text, "grade": r.grade().to_string(),
        "basis": r.basis.to_string(), "method": format!("{:?}", r.method).to_lowercase(),
        "checked": format!("{:?}", r.checked).to_lowercase(), "group": r.group, "species": r.species,
        "preparation": r.preparation, "uncertainty": spread(&r.uncertainty), "variability": spread(&r.variability),
        "source": { "key": r.source_key, "authors": source.map(|s| &s.authors), "year": source.map(|s| &s.year),
                    "title": source.map(|s| &s.title), "address": source.map(|s| &s.address),
                    "read_as": source.map(|s| &s.read_as) },
        "locator": r.locator, "note": r.note,
    })
}

/// A spread in words.
pub(crate) fn spread(s: &Spread) -> String {
    match s.law {
        Law::None => "none stated".into(),
        Law::Normal => format!("normal, SD {}", s.size),
        Law::LogNormal => format!("log-normal, SD of the logarithm {}", s.size),
        Law::LogitNormal => format!("normal on the logit, SD {}", s.size),
    }
}

fn rows_of<'a>(atlas: &'a Atlas, id: &str) -> Result<Vec<&'a Row>, Failure> {
    let ledger = &atlas.library.ledger;
    let rows: Vec<&Row> = ledger.rows_of(id).collect();
    if !rows.is_empty() {
        return Ok(rows);
    }
    let known: Vec<&str> = ledger.ids().collect();
    let hint = match closest(id, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "see `resynapse evidence list`".into(),
    };
    let found = vec![Diagnostic::error_nowhere("RS4040", format!("the ledger has no `{id}`"), hint)];
    Err(Failure::Input(found, Box::default()))
}

fn show(global: &Global, atlas: &Atlas, id: &str) -> Result<(), Failure> {
    let rows = rows_of(atlas, id)?;
    if global.json {
        let rows: Vec<Value> = rows.iter().map(|r| to_json(atlas, r)).collect();
        anstream::println!("{}", json!({ "rows": rows }));
        return Ok(());
    }
    for r in rows {
        anstream::print!("{}", card(atlas, r));
    }
    Ok(())
}

fn card(atlas: &Atlas, r: &Row) -> String {
    let mut rows = vec![
        vec!["value".to_string(), format!("{} {}", r.value, r.unit)],
        vec!["grade".into(), format!("{}: {}", r.grade(), r.grade().meaning())],
    ];
    if r.basis != r.grade() {
        let capped = match r.method {
            Method::Fitted => "capped because it was fitted here",
            Method::Assumed => "capped because it is assumed",
            _ => "",
        };
        let lowered = match r.checked {
            Checked::Secondary => "one step lower because a transcription was read",
            Checked::Memory => "one step lower because it is remembered",
            Checked::None if capped.is_empty() => "one step lower because it was not read at a source",
            _ => "",
        };
        let why: Vec<&str> = [capped, lowered].into_iter().filter(|t| !t.is_empty()).collect();
        let why = why.join(", ");
        rows.push(vec!["".into(), format!("its best evidence is {} ({why})", r.basis)]);
    }
    rows.push(vec!["method".into(), format!("{:?}, checked: {:?}", r.method, r.checked).to_lowercase()]);
    rows.push(vec!["uncertainty".into(), spread(&r.uncertainty)]);
    rows.push(vec!["between people".into(), spread(&r.variability)]);
    if let Some(s) = atlas.library.ledger.source(&r.source_key) {
        let text = [&s.authors, &s.year, &s.title, &s.address]
            .iter()
            .map(|t| t.as_str())
            .filter(|t| !t.is_empty())
            .collect::<Vec<_>>();
        rows.push(vec!["source".into(), format!("{}: {}", s.key, text.join(", "))]);
        rows.push(vec!["read as".into(), s.read_as.clone()]);
    }
    for (name, text) in
        [("place", &r.locator), ("species", &r.species), ("preparation", &r.preparation), ("note", &r.note)]
    {
        if !text.is_empty() {
            rows.push(vec![name.into(), text.clone()]);
        }
    }
    let context = if r.context.is_empty() { String::new() } else { format!("  when {}", r.context_text()) };
    let mut out = format!("{}{context}\n", r.id);
    out.extend(table(&rows).lines().map(|l| format!("  {l}\n")));
    out.push('\n');
    out
}

/// The first signals of a list and how many there are.
fn few(signals: &[String]) -> String {
    const SHOWN: usize = 2;
    match signals.len() {
        0 => "nothing by default".into(),
        n if n <= SHOWN => signals.join("; "),
        n => format!("{} and {} more", signals[..SHOWN].join("; "), n - SHOWN),
    }
}

/// What rests on each number: the modules that use it and the reported signals it moves by default.
pub(crate) struct Dependants {
    modules: BTreeMap<String, Vec<String>>,
    signals: Vec<(String, BTreeSet<String>)>,
}

impl Dependants {
    pub(crate) fn new(atlas: &Atlas) -> Result<Dependants, Failure> {
        let mut modules: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (path, module) in &atlas.library.modules {
            let instances = expand(module, &atlas.library.families, &mut Vec::new());
            let ids: BTreeSet<&str> =
                instances.iter().flat_map(|i| &i.parameters).map(|p| p.name.value.as_str()).collect();
            ids.into_iter().for_each(|id| modules.entry(id.into()).or_default().push(path.clone()));
        }
        let assembly = resynapse::run::whole(atlas).map_err(|r| Failure::from_refusal(r, &atlas.library.sources))?;
        let patient = Patient::default();
        let prepared = prepare(atlas, &assembly.assembly, &patient, &assembly.request())
            .map_err(|found| Failure::Input(found, Box::new(atlas.library.sources.clone())))?;
        let values = prepared.parameters(&patient, Person::Typical);
        let paths = prepared.lowered.paths(&values, None);
        let traces = assembly.traces.iter().enumerate();
        Ok(Dependants { modules, signals: traces.map(|(k, t)| (t.label.clone(), paths.influences(k))).collect() })
    }
    pub(crate) fn modules(&self, id: &str) -> Vec<String> {
        self.modules.get(id).cloned().unwrap_or_default()
    }
    pub(crate) fn signals(&self, id: &str) -> Vec<String> {
        self.signals.iter().filter(|(_, ids)| ids.contains(id)).map(|(label, _)| label.clone()).collect()
    }
}

fn why(global: &Global, atlas: &Atlas, id: &str) -> Result<(), Failure> {
    let rows = rows_of(atlas, id)?;
    let dependants = Dependants::new(atlas)?;
    let (users, signals) = (dependants.modules(id), dependants.signals(id));
    if global.json {
        let rows: Vec<Value> = rows.iter().map(|r| to_json(atlas, r)).collect();
        anstream::println!("{}", json!({ "rows": rows, "modules": users, "moves": signals }));
        return Ok(());
    }
    for r in &rows {
        anstream::print!("{}", card(atlas, r));
    }
    anstream::println!("used by   {}", if users.is_empty() { "no module".into() } else { users.join(", ") });
    anstream::println!(
        "it moves  {}",
        if signals.is_empty() { "no reported signal by default".into() } else { signals.join(", ") }
    );
    Ok(())
}

fn contexts(global: &Global, atlas: &Atlas) -> Result<(), Failure> {
    let contexts: Vec<(&str, usize)> = atlas
        .library
        .ledger
        .contexts()
        .into_iter()
        .map(|c| (c, atlas.library.ledger.rows().iter().filter(|r| r.context.contains(c)).count()))
        .collect();
    if global.json {
        let all: Vec<Value> = contexts.iter().map(|(c, n)| json!({ "context": c, "rows": n })).collect();
        let conditions: Vec<Value> = atlas
            .conditions
            .values()
            .map(|c| json!({ "name": c.name, "title": c.title, "about": c.about, "contexts": c.contexts }))
            .collect();
        anstream::println!("{}", json!({ "contexts": all, "conditions": conditions }));
        return Ok(());
    }
    let mut rows = vec![["condition", "what it is"].map(String::from).to_vec()];
    rows.extend(atlas.conditions.values().map(|c| vec![c.name.clone(), c.about.clone()]));
    anstream::print!("{}\n", table(&rows));
    let mut rows = vec![["context", "numbers it changes"].map(String::from).to_vec()];
    rows.extend(contexts.iter().map(|(c, n)| vec![c.to_string(), n.to_string()]));
    anstream::print!("{}", table(&rows));
    Ok(())
}
