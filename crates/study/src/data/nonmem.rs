//! Data for NONMEM and programs like it, and data of theirs as protocols.
//!
//! Out: one row for every value and every dose that was taken, in order of time, numbers alone; at one instant a value
//! comes before a dose. TIME is in hours and never negative: it counts from randomisation, or from the first record of
//! somebody who was treated before it; RTIME always counts from randomisation. A dose of nothing is an event without a
//! dose (EVID 2). What the numbers mean stands in a text beside the data.
//!
//! In: [`read`] takes a data set of several subjects, [`protocol`] makes a protocol and an event table for each subject
//! of it.

mod import;
mod write;

pub use import::{Covariate, DataSet, Observed, Subject, read};
pub use write::{Given, People, Written, protocol};

use super::adam::exposure::{What, compartment, in_order, rate};
use super::design::{Design, label};
use super::person::Person;
use super::shape::{Row, Shape};
use super::table::{Kind, Table, Variable};
use crate::trial::schema::Given as Dose;

/// A row: what, and its hours from randomisation and from the first record.
#[derive(Clone, Copy)]
struct Item {
    what: What,
    at_h: f64,
    time_h: f64,
}

fn dose<'a>(r: &Row<'a, Item>) -> Option<&'a Dose> {
    match r.at.what {
        What::Dose(k) => r.person.record.doses.get(k),
        What::Value(..) => None,
    }
}

/// The data set.
pub(crate) fn export(design: &Design, people: &[Person<'_>]) -> Table {
    let mut shape: Shape<Item> = Shape::new("nonmem", "Data for NONMEM");
    let id = Variable::number("ID", "Person").source("number of the person in all trials, from 1");
    shape.number(id, |r| r.person.number());
    let time = Variable::number("TIME", "Time").unit("h").source("from randomisation, or the first record before it");
    shape.number(time, |r| r.at.time_h);
    let event = Variable::number("EVID", "Event").source("0 value, 1 dose, 2 dose of nothing");
    shape.number(event, |r| dose(r).map_or(0.0, |d| if d.amount_mg > 0.0 { 1.0 } else { 2.0 }));
    let amount = Variable::number("AMT", "Amount of the base").unit("mg").source("0 but at a dose");
    shape.number(amount, |r| dose(r).map_or(0.0, |d| d.amount_mg));
    shape.number(Variable::number("RATE", "Rate").unit("mg/h").source("0 for a moment"), |r| dose(r).map_or(0.0, rate));
    let place = Variable::number("CMT", "Compartment").source("number of drug and route; beyond those, of the measure");
    shape.number(place, |r| compartment(r.person, r.at.what));
    shape.number(Variable::number("DV", "Value").source("in the unit of the measure"), |r| match r.at.what {
        What::Dose(_) => f64::NAN,
        What::Value(k, m) => r.person.record.visits[k].values[m],
    });
    let missing = Variable::number("MDV", "1 where there is no value").source("1 at a dose");
    shape.number(missing, |r| f64::from(u8::from(dose(r).is_some())));
    let what = Variable::number("DVID", "Measure").source("number of the measure, 0 at a dose");
    shape.number(what, |r| if let What::Value(_, m) = r.at.what { m as f64 + 1.0 } else { 0.0 });
    let random = Variable::number("RTIME", "Time from randomisation").unit("h").source("negative before it");
    shape.number(random, |r| r.at.at_h);
    whereabouts(&mut shape);
    covariates(&mut shape, design);
    let mut rows = Vec::new();
    for person in people {
        let items = in_order(person, |_| true, |_| true);
        let start = items.first().map_or(0.0, |(h, _)| h.min(0.0));
        rows.extend(
            items.into_iter().map(|(at_h, what)| Row { person, at: Item { what, at_h, time_h: at_h - start } }),
        );
    }
    shape.table(&rows)
}

fn whereabouts(shape: &mut Shape<Item>) {
    let trial = Variable::number("REPLICAT", "Trial").source("trial of the study, from 1");
    shape.number(trial, |r| f64::from(r.person.record.replicate) + 1.0);
    let arm = Variable::number("ARMN", "Sequence of treatments").source("number of the sequence, from 1");
    shape.number(arm, |r| f64::from(r.person.record.sequence) + 1.0);
    let period = Variable::number("PERIOD", "Period").source("period of a crossover, from 1; else 1");
    shape.number(period, |r| r.person.period_at(r.at.at_h) as f64 + 1.0);
    let treatment = Variable::number("TRTN", "Treatment").source("number of the planned treatment, from 1");
    shape.number(treatment, |r| r.person.planned(r.person.period_at(r.at.at_h)).map_or(f64::NAN, |t| t as f64 + 1.0));
    let stratum = Variable::number("STRATUMN", "Stratum").source("number of the stratum, from 1");
    shape.number(stratum, |r| f64::from(r.person.record.stratum) + 1.0);
}

fn covariates(shape: &mut Shape<Item>, design: &Design) {
    const NAMES: [(&str, &str); 5] = [
        ("person.age", "AGE"),
        ("person.sex_female", "SEX"),
        ("person.weight", "WT"),
        ("person.height", "HT"),
        ("person.bmi", "BMI"),
    ];
    let known = NAMES.iter().filter_map(|(id, name)| Some((design.covariate(id)?, name.to_string())));
    let others = design.names.iter().enumerate().filter_map(|(k, name)| Some((k, name.clone()?)));
    for (k, name) in known.chain(others) {
        let about = &design.layout.covariates[k];
        let unit = if about.unit == "1" { "" } else { &about.unit };
        let variable = Variable::number(name, label(&about.label)).unit(unit).source(format!("covariate {}", about.id));
        shape.number(variable, move |r| r.person.covariate(Some(k)));
    }
}

/// What the columns and the numbers in them mean.
pub(crate) fn legend(design: &Design, variables: &[Variable]) -> String {
    let layout = &design.layout;
    let mut out = format!("{}: {}\n\nColumns\n", layout.id, layout.title);
    for v in variables.iter().filter(|v| v.kind == Kind::Number) {
        let unit = if v.unit.is_empty() { String::new() } else { format!(" ({})", v.unit) };
        out.push_str(&format!("  {:8} {}{unit}: {}\n", v.name, v.label, v.source));
    }
    let mut list = |title: &str, lines: Vec<String>| {
        out.push_str(&format!("\n{title}\n"));
        for (k, line) in lines.iter().enumerate() {
            out.push_str(&format!("  {:<4} {line}\n", k + 1));
        }
    };
    let drugs = layout.drugs.iter().map(|(drug, route)| format!("dose of {drug}, {route}, mg"));
    let measures =
        || (0..layout.measures.len()).map(|k| format!("{}: {}", layout.measures[k].code, design.parameter(k)));
    list("CMT", drugs.chain(measures()).collect());
    list("DVID", measures().collect());
    list("ARMN", (0..layout.sequences.len()).map(|k| design.sequence(k)).collect());
    list("TRTN", layout.treatments.iter().map(|t| t.name.clone()).collect());
    list("STRATUMN", layout.strata.clone());
    out.push_str("\nEVERY PERSON HERE IS SIMULATED.\n");
    out
}
