//! ADPPK: doses and concentrations of a person in order of time, for population pharmacokinetics.
//!
//! After the CDISC implementation guide for ADaM popPK 1.0 (its required variables are STUDYID, USUBJID, USUBJIDN, AFRLT,
//! EVID, DV, MDV, AMT, SEX and RACE) as its public conformance rules tell it; the guide itself was not read. People who
//! took no drug have no rows, nor has a dose of nothing. At one instant a concentration comes before a dose.

use super::{identify, longest, subject};
use crate::data::design::{Design, KNOWN};
use crate::data::person::Person;
use crate::data::shape::{Row, Shape};
use crate::data::table::{Table, Variable};
use crate::trial::schema::Given;

/// What a row is.
#[derive(Clone, Copy)]
pub(in crate::data) enum What {
    /// A dose: its place among those of the person.
    Dose(usize),
    /// A value: visit among those that took place, and measure.
    Value(usize, usize),
}

/// A row: what, when (hours from randomisation), the last dose at or before it, and its number.
#[derive(Clone, Copy)]
struct Item {
    what: What,
    at_h: f64,
    first_h: f64,
    dose: Option<usize>,
    number: usize,
}

/// Doses and values of a person that `keep` keeps, in order of time; at one instant values come first.
pub(in crate::data) fn in_order(
    person: &Person<'_>,
    dose: impl Fn(&Given) -> bool,
    measure: impl Fn(usize) -> bool,
) -> Vec<(f64, What)> {
    let record = person.record;
    let mut items = Vec::new();
    for (k, seen) in record.visits.iter().enumerate() {
        let taken = (0..seen.values.len()).filter(|m| measure(*m) && !seen.values[*m].is_nan());
        items.extend(taken.map(|m| (seen.at_h, What::Value(k, m))));
    }
    let doses = record.doses.iter().enumerate().filter(|(_, d)| d.taken && dose(d));
    items.extend(doses.map(|(k, d)| (d.at_h, What::Dose(k))));
    // Stable: what was put in first stays first at one instant.
    items.sort_by(|a, b| a.0.total_cmp(&b.0));
    items
}

/// Number of the compartment of a row: drugs by route first, then what is measured.
pub(in crate::data) fn compartment(person: &Person<'_>, what: What) -> f64 {
    match what {
        What::Dose(k) => f64::from(person.record.doses[k].drug) + 1.0,
        What::Value(_, m) => person.design.layout.drugs.len() as f64 + m as f64 + 1.0,
    }
}

/// Amount over time, mg/h; 0 for a moment.
pub(in crate::data) fn rate(dose: &Given) -> f64 {
    if dose.over_h > 0.0 { dose.amount_mg / dose.over_h } else { 0.0 }
}

fn dose<'a>(r: &Row<'a, Item>) -> Option<&'a Given> {
    match r.at.what {
        What::Dose(k) => r.person.record.doses.get(k),
        What::Value(..) => None,
    }
}

fn value(r: &Row<'_, Item>) -> f64 {
    match r.at.what {
        What::Dose(_) => f64::NAN,
        What::Value(k, m) => r.person.record.visits[k].values[m],
    }
}

/// The table.
pub(crate) fn table(design: &Design, people: &[Person<'_>]) -> Table {
    let mut shape: Shape<Item> = Shape::new("ADPPK", "Population PK Analysis Dataset");
    identify(&mut shape, design);
    let number =
        Variable::number("USUBJIDN", "Unique Subject Identifier (N)").source("number of the person in all trials");
    shape.number(number, |r| r.person.number());
    let sequence = Variable::number("ASEQ", "Analysis Sequence Number").source("number of the row, for each person");
    shape.number(sequence, |r| r.at.number as f64);
    times(&mut shape);
    events(&mut shape, design);
    covariates(&mut shape, design);
    let concentration = |m: usize| design.layout.measures[m].concentration;
    let mut rows = Vec::new();
    for person in people {
        let items = in_order(person, |d| d.amount_mg > 0.0, concentration);
        let doses = |what: &What| if let What::Dose(k) = what { Some(*k) } else { None };
        let Some(first_h) = items.iter().find_map(|(h, w)| doses(w).map(|_| *h)) else { continue };
        let mut last = None;
        for (number, (at_h, what)) in items.into_iter().enumerate() {
            last = doses(&what).or(last);
            rows.push(Row { person, at: Item { what, at_h, first_h, dose: last, number: number + 1 } });
        }
    }
    shape.table(&rows)
}

fn times(shape: &mut Shape<Item>) {
    let actual =
        Variable::number("AFRLT", "Actual Rel Time from First Dose").unit("h").source("time from the first dose");
    shape.number(actual, |r| r.at.at_h - r.at.first_h);
    let previous = Variable::number("APRLT", "Actual Rel Time from Previous Dose").unit("h");
    shape.number(previous.source("time from the last dose; 0 at a dose; AFRLT before the first"), |r| {
        r.at.at_h - r.at.dose.map_or(r.at.first_h, |k| r.person.record.doses[k].at_h)
    });
    let nominal = Variable::number("NFRLT", "Nominal Rel Time from First Dose").unit("h");
    shape.number(
        nominal.source("planned time of the visit from the first dose; planned times of doses are not kept"),
        |r| match r.at.what {
            What::Dose(_) => f64::NAN,
            What::Value(k, _) => r.person.planned_h(&r.person.record.visits[k]) - r.at.first_h,
        },
    );
    shape.text(Variable::text("RLTU", "Relative Time Unit", 5).source("of AFRLT, APRLT and NFRLT"), |_| "HOURS".into());
}

fn events(shape: &mut Shape<Item>, design: &Design) {
    let layout = &design.layout;
    let event = Variable::number("EVID", "Event ID").source("1 dose, 0 concentration");
    shape.number(event, |r| f64::from(u8::from(dose(r).is_some())));
    let drugs: Vec<String> = layout.drugs.iter().map(|(drug, route)| format!("Dose of {drug}, {route}")).collect();
    let words: Vec<String> = (0..layout.measures.len()).map(|k| design.parameter(k)).collect();
    let width = longest(drugs.iter().chain(&words).map(String::as_str));
    let name = move |r: &Row<'_, Item>| match r.at.what {
        What::Dose(k) => drugs[r.person.record.doses[k].drug as usize].clone(),
        What::Value(_, m) => words[m].clone(),
    };
    let code = |r: &Row<'_, Item>| match r.at.what {
        What::Dose(_) => "DOSE".into(),
        What::Value(_, m) => r.person.design.layout.measures[m].code.clone(),
    };
    let codes = longest(layout.measures.iter().map(|m| m.code.as_str())).max(4);
    shape.text(Variable::text("DVID", "Dependent Variable Name", codes).source("PARAMCD"), code);
    let number = Variable::number("DVIDN", "Dependent Variable Name (N)").source("0 dose, number of the measure");
    shape.number(number, |r| if let What::Value(_, m) = r.at.what { m as f64 + 1.0 } else { 0.0 });
    let source = "number of drug and route; beyond those, of the measure";
    shape.number(Variable::number("CMT", "Compartment").source(source), |r| compartment(r.person, r.at.what));
    shape.text(Variable::text("PARAMCD", "Parameter Code", codes).source("DOSE, or code of the measure"), code);
    shape.text(
        Variable::text("PARAM", "Parameter", width.min(200)).source("drug and route, or label of the measure"),
        name,
    );
    shape.number(Variable::number("DV", "Dependent Variable Result").source("AVAL"), value);
    shape.number(Variable::number("AVAL", "Analysis Value").source("the concentration, in AVALU"), value);
    let unit =
        Variable::text("AVALU", "Dependent Variable Unit", longest(layout.measures.iter().map(|m| m.unit.as_str())));
    shape.text(unit.source("unit of the measure"), |r| match r.at.what {
        What::Dose(_) => String::new(),
        What::Value(_, m) => r.person.design.layout.measures[m].unit.clone(),
    });
    let missing = Variable::number("MDV", "Missing Dependent Variable Result").source("1 where DV is missing");
    shape.number(missing, |r| f64::from(u8::from(value(r).is_nan())));
    let amount = Variable::number("AMT", "Actual Amount of Dose Received (mg)").unit("mg").source("amount of the base");
    shape.number(amount, |r| dose(r).map_or(f64::NAN, |d| d.amount_mg));
    let carried = Variable::number("DOSEA", "Actual Treatment Dose (mg)").unit("mg");
    shape.number(carried.source("amount of the last dose; of the first before it"), |r| {
        let first = || r.person.record.doses.iter().find(|d| d.taken && d.amount_mg > 0.0);
        r.at.dose.and_then(|k| r.person.record.doses.get(k)).or_else(first).map_or(f64::NAN, |d| d.amount_mg)
    });
    let duration =
        Variable::number("DOSEDUR", "Duration Of Dose Administration (h)").unit("h").source("0 for a moment");
    shape.number(duration, |r| dose(r).map_or(f64::NAN, |d| d.over_h));
    let speed = Variable::number("RATE", "Infusion Rate (mg/h)").unit("mg/h").source("AMT / DOSEDUR; 0 for a moment");
    shape.number(speed, |r| dose(r).map_or(f64::NAN, rate));
    let route =
        Variable::text("ROUTE", "Route of Administration", longest(layout.drugs.iter().map(|(_, r)| r.as_str())));
    shape.text(route.source("route of the dose"), |r| {
        dose(r).map_or(String::new(), |d| r.person.design.layout.drugs[d.drug as usize].1.clone())
    });
}

fn covariates(shape: &mut Shape<Item>, design: &Design) {
    let sex = design.covariate("person.sex_female");
    shape.text(Variable::text("SEX", "Sex", 1).source("ADSL.SEX"), move |r| r.person.sex(sex).into());
    let number = Variable::number("SEXN", "Sex (N)").source("1 M, 2 F, 3 U");
    shape.number(number, move |r| {
        f64::from(match r.person.sex(sex) {
            "M" => 1_u8,
            "F" => 2,
            _ => 3,
        })
    });
    let race = Variable::text("RACE", "Race", subject::NO_RACE.len()).source("ADSL.RACE");
    shape.text(race, |_| subject::NO_RACE.into());
    let words = |id: &str, unit: &str| match id {
        "person.age" => "Age".to_string(),
        "person.weight" => format!("Baseline Body Weight ({unit})"),
        "person.height" => format!("Baseline Body Height ({unit})"),
        _ => format!("Baseline Body Mass Index ({unit})"),
    };
    for (id, _, name) in KNOWN.iter().filter(|(_, name, _)| *name != "SEX") {
        if let Some(k) = design.covariate(id) {
            let about = &design.layout.covariates[k];
            let label = crate::data::design::label(&words(id, &about.unit));
            let variable = Variable::number(*name, label).unit(&about.unit).source(format!("covariate {}", about.id));
            shape.number(variable, move |r| r.person.covariate(Some(k)));
        }
    }
    subject::others(shape, design);
    let treatment = Variable::text("TRT01P", "Planned Treatment for Period 01", super::treatment_width(design));
    shape.text(treatment.source("ADSL.TRT01P"), |r| r.person.treatment(r.person.planned(0)));
}
