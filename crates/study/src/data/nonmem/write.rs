//! A protocol for the subjects of a data set: an arm for each, which names an event table of its own.
//!
//! Amounts of a data set are mg of a drug; event tables of the engine count umol of a species in compartments of its own,
//! so one record may become several: a racemate is two enantiomers. A steady state of several species is that of the
//! first (SS 1) with those of the others added (SS 2). Sprays are not parted, and a dose by table opens no treatment
//! session.

use super::import::{DataSet, Subject};
use crate::data::csv::number;
use model::diagnostic::Diagnostic;
use model::unit::Unit;
use resynapse::atlas::{Atlas, WHOLE};
use resynapse::nonmem::Record;
use std::collections::{BTreeMap, BTreeSet};

/// What a compartment number of the data set receives; amounts are mg of the base.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Number in the data set.
    pub compartment: u32,
    /// Drug, as in `esketamine`.
    pub drug: String,
    /// Route, as in `nasal`.
    pub route: String,
}

/// Who is simulated for a subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum People {
    /// The typical person for each; what the data set says of them stands in comments.
    #[default]
    Typical,
    /// `weight`, `age` and `sex` of each stand in the arm.
    ByArm {
        /// What SEX is of a woman; without it nothing is said of sex.
        female: Option<u32>,
    },
}

/// A protocol with what it names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// The protocol, TOML.
    pub protocol: String,
    /// Name and text of each event table, to lie beside it.
    pub tables: Vec<(String, String)>,
}

/// A compartment of the engine, and how much of its unit one unit of the data set is.
type Targets = Vec<(u32, f64)>;

/// Writes the protocol. Without `given` the data set is taken as one for the engine's own compartments, in their units.
pub fn protocol(
    atlas: &Atlas,
    data: &DataSet,
    title: &str,
    given: &[Given],
    people: People,
) -> Result<Written, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let mut targets: BTreeMap<u32, Targets> = BTreeMap::new();
    for one in given {
        match engine(atlas, one) {
            Ok(to) => {
                if targets.insert(one.compartment, to).is_some() {
                    let message = format!("compartment {} is said to receive two drugs", one.compartment);
                    found.push(Diagnostic::error_nowhere("RS6710", message, "say it once"));
                }
            }
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    let mut until_h: f64 = 0.0;
    let mut written = Written::default();
    let mut arms = String::new();
    let mut names = BTreeSet::new();
    let mut unknown = BTreeSet::new();
    for subject in &data.subjects {
        let mut text = String::from("ID,TIME,EVID,AMT,CMT,RATE,II,ADDL,SS\n");
        for record in &subject.records {
            until_h = until_h.max(record.time_h + f64::from(record.additional) * record.interval_h);
            match rows(atlas, record, given, &targets) {
                Ok(rows) => rows.iter().for_each(|row| text.push_str(&format!("1,{row}\n"))),
                Err(d) if d.code == "RS6711" && !unknown.insert(record.compartment) => {}
                Err(d) => found.push(*d),
            }
        }
        let file = file(&subject.id, &mut names);
        arms.push_str(&format!("\n[[arm]]\nname = {}\n", quoted(&format!("subject {}", subject.id))));
        arms.push_str(&format!("events = {}\n", quoted(&file)));
        arms.push_str(&person(subject, people));
        written.tables.push((file, text));
    }
    if !found.is_empty() {
        return Err(found);
    }
    written.protocol =
        format!("[study]\ntitle = {}\nuntil = \"{} h\"\n{arms}", quoted(title), number(until_h.ceil().max(1.0)));
    Ok(written)
}

/// Compartments of the engine that a drug by a route goes to, and umol of each in a mg of the drug.
fn engine(atlas: &Atlas, given: &Given) -> Result<Targets, Diagnostic> {
    let refuse = |message: String, hint: String| Err(Diagnostic::error_nowhere("RS6712", message, hint));
    let Some(compound) = atlas.compounds.get(&given.drug) else {
        let known: Vec<&str> = atlas.compounds.keys().map(String::as_str).collect();
        return refuse(format!("`{}` is not a known drug", given.drug), format!("known: {}", known.join(", ")));
    };
    let Some(route) = compound.routes.get(&given.route) else {
        let known: Vec<&str> = compound.routes.keys().map(String::as_str).collect();
        let message = format!("`{}` is not given by the route `{}`", given.drug, given.route);
        return refuse(message, format!("its routes: {}", known.join(", ")));
    };
    let compartments = atlas.assemblies.get(WHOLE).map(|a| &a.compartments);
    // A compound's molecular weight is in coherent units of mass by coherent units of amount.
    let milligram = Unit::parse("mg").map_or(f64::NAN, |u| u.to_coherent(1.0));
    let mut targets = Vec::new();
    for (species, share) in &compound.composition {
        let event = route.event.replace("{species}", species);
        let number = compartments.into_iter().flatten().find(|(_, c)| c.event == event).map(|(n, _)| *n);
        match number {
            Some(n) => targets.push((n, milligram / compound.molecular_weight * share)),
            None => {
                let message = format!("no compartment of the engine receives {species} by the route `{}`", given.route);
                return refuse(message, "see docs/guides/protocols.md, or write the doses as sentences".into());
            }
        }
    }
    Ok(targets)
}

/// A record as lines of an event table, without ID.
fn rows(
    atlas: &Atlas,
    r: &Record,
    given: &[Given],
    targets: &BTreeMap<u32, Targets>,
) -> Result<Vec<String>, Box<Diagnostic>> {
    let time = number(r.time_h);
    if !matches!(r.evid, 1 | 4) {
        return Ok(vec![format!("{time},{},0,1,0,0,0,0", r.evid)]);
    }
    let own = vec![(r.compartment, 1.0)];
    let to = match targets.get(&r.compartment) {
        Some(to) => to,
        None if given.is_empty() => &own,
        None => {
            let message = format!("what compartment {} receives is not said", r.compartment);
            let hint = "say its drug and route, as in `1 = esketamine nasal`";
            return Err(Box::new(Diagnostic::error("RS6711", r.span, message, hint)));
        }
    };
    if r.rate < 0.0 {
        let compartments = atlas.assemblies.get(WHOLE).map(|a| &a.compartments);
        let modelled = |n: &u32| {
            let c = compartments.and_then(|c| c.get(n));
            c.is_some_and(|c| if r.rate == -1.0 { c.rate.is_some() } else { c.duration.is_some() })
        };
        if !to.iter().all(|(n, _)| modelled(n)) {
            let message = format!("RATE is {}, and the engine models neither rate nor duration there", r.rate);
            return Err(Box::new(Diagnostic::error("RS6713", r.span, message, "write the rate, in mg/h")));
        }
    }
    if to.is_empty() {
        // A compound without drug: that something happened is kept.
        return Ok(vec![format!("{time},2,0,1,0,0,0,0")]);
    }
    let line = |(k, (compartment, factor)): (usize, &(u32, f64))| {
        // A reset, and the reset in SS 1, come once.
        let (evid, steady) = if k == 0 { (r.evid, r.steady) } else { (1, r.steady * 2) };
        let rate = if r.rate > 0.0 { r.rate * factor } else { r.rate };
        let (amount, rate, interval) = (number(r.amount * factor), number(rate), number(r.interval_h));
        format!("{time},{evid},{amount},{compartment},{rate},{interval},{},{}", r.additional, steady.min(2))
    };
    Ok(to.iter().enumerate().map(line).collect())
}

/// Keys or comments about the person of an arm.
fn person(subject: &Subject, people: People) -> String {
    let mut out = String::new();
    let one = |names: &[&str]| subject.covariate(names).map(|c| c.value);
    let weight = one(&["WT", "WTBL", "WEIGHT", "BW"]).filter(|x| *x > 0.0);
    let age = one(&["AGE"]).filter(|x| *x > 0.0);
    match people {
        People::ByArm { female } => {
            out.extend(weight.map(|x| format!("weight = \"{} kg\"\n", number(x))));
            out.extend(age.map(|x| format!("age = \"{} y\"\n", number(x))));
            let sex = one(&["SEX"]).zip(female).map(|(x, f)| if x == f64::from(f) { "female" } else { "male" });
            out.extend(sex.map(|s| format!("sex = \"{s}\"\n")));
        }
        People::Typical => {
            let words: Vec<String> = [("weight", weight, " kg"), ("age", age, " y"), ("SEX", one(&["SEX"]), "")]
                .into_iter()
                .filter_map(|(name, x, unit)| x.map(|x| format!("{name} {}{unit}", number(x))))
                .collect();
            if !words.is_empty() {
                out = format!("# Of the data set, not used here: {}.\n", words.join(", "));
            }
        }
    }
    out
}

/// A file name for a subject, unlike those before it.
fn file(id: &str, names: &mut BTreeSet<String>) -> String {
    let plain: String = id
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c.to_ascii_lowercase() } else { '_' })
        .collect();
    let mut name = format!("subject_{plain}.csv");
    let mut k = 2;
    while !names.insert(name.clone()) {
        name = format!("subject_{plain}_{k}.csv");
        k += 1;
    }
    name
}

/// A TOML text.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out + "\""
}
