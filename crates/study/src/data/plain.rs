//! Plain tables for our own use: long, with hours from randomisation and numbers that count from 0, as records have them.

use super::adam::longest;
use super::design::{Design, ascii, label};
use super::person::Person;
use super::shape::{Row, Shape};
use super::table::{MOST_TEXT, Table, Variable, cut};
use crate::trial::schema::{DoseKind, End, EventKind};

/// Whose row it is.
fn identify<P>(shape: &mut Shape<P>) {
    let trial = Variable::number("replicate", "Trial of the study, from 0").source("replicate");
    shape.number(trial, |r| f64::from(r.person.record.replicate));
    let place = Variable::number("place", "Number of the person, from 0").source("place in the trial");
    shape.number(place, |r| f64::from(r.person.record.place));
}

/// One row a person: where they belong, who they are, how it ended. Covariates have the names of their ids.
pub(crate) fn people(design: &Design, people: &[Person<'_>]) -> Table {
    let mut shape = Shape::new("people", "People");
    identify(&mut shape);
    shape.number(Variable::number("site", "Site, from 0").source("site"), |r| f64::from(r.person.record.site));
    let width = longest(design.layout.strata.iter().map(String::as_str));
    shape.text(Variable::text("stratum", "Stratum", width).source("stratum"), |r| {
        r.person.design.layout.strata[r.person.record.stratum as usize].clone()
    });
    let arms: Vec<String> = (0..design.layout.sequences.len()).map(|k| cut(&design.sequence(k), MOST_TEXT)).collect();
    let width = longest(arms.iter().map(String::as_str));
    let number = Variable::number("sequence", "Sequence of treatments, from 0").source("sequence");
    shape.number(number, |r| f64::from(r.person.record.sequence));
    shape.text(Variable::text("arm", "Treatments of the sequence", width).source("treatments in order"), move |r| {
        arms[r.person.record.sequence as usize].clone()
    });
    for (k, about) in design.layout.covariates.iter().enumerate() {
        let unit = if about.unit == "1" { "" } else { &about.unit };
        let variable = Variable::number(&about.id, label(&about.label)).unit(unit).source("covariate");
        shape.number(variable, move |r| r.person.covariate(Some(k)));
    }
    let seed = Variable::number("seed", "Seed of all draws").source("[study] seed");
    let drawn_with = design.layout.seed as f64;
    shape.number(seed, move |_| drawn_with);
    let candidate = Variable::number("candidate", "Number of the candidate: names all draws").source("candidate");
    shape.number(candidate, |r| f64::from(r.person.record.candidate));
    let screened = Variable::number("screened", "Candidates until this one entered").source("screened");
    shape.number(screened, |r| f64::from(r.person.record.screened));
    let weight = Variable::number("target_weight", "Weight towards the target population").source("weight");
    shape.number(weight, |r| r.person.record.weight);
    let end = Variable::number("end_h", "Last in the trial, from randomisation").unit("h").source("end_h");
    shape.number(end, |r| r.person.record.end_h);
    shape.text(Variable::text("end", "How it ended", 16).source("end"), |r| {
        match r.person.record.end {
            End::Completed => "completed",
            End::LackOfEfficacy => "lack of efficacy",
            End::AdverseEvent => "adverse event",
            End::Other => "other",
            End::Failed => "failed",
        }
        .into()
    });
    let failure = Variable::text("failure", "Why the computation failed", MOST_TEXT).source("failure");
    shape.text(failure, |r| cut(&ascii(r.person.record.failure.as_deref().unwrap_or_default()), MOST_TEXT));
    let rows: Vec<Row<'_, ()>> = people.iter().map(|person| Row { person, at: () }).collect();
    shape.table(&rows)
}

/// One row for every value of every visit that took place.
pub(crate) fn observations(design: &Design, people: &[Person<'_>]) -> Table {
    let mut shape: Shape<(usize, usize)> = Shape::new("observations", "Values by visit");
    identify(&mut shape);
    let visit = Variable::number("visit", "Planned visit, from 0").source("visit");
    shape.number(visit, |r| f64::from(r.person.record.visits[r.at.0].visit));
    let at = Variable::number("at_h", "Time from randomisation").unit("h").source("at_h of the visit");
    shape.number(at, |r| r.person.record.visits[r.at.0].at_h);
    let width = longest(design.layout.measures.iter().map(|m| m.code.as_str()));
    shape.text(Variable::text("measure", "Code of the measure", width).source("measure"), |r| {
        r.person.design.layout.measures[r.at.1].code.clone()
    });
    let value = Variable::number("value", "Value, in the unit of the measure").source("values of the visit");
    shape.number(value, |r| r.person.record.visits[r.at.0].values[r.at.1]);
    let mut rows = Vec::new();
    for person in people {
        for (k, seen) in person.record.visits.iter().enumerate() {
            let taken = (0..seen.values.len()).filter(|m| !seen.values[*m].is_nan());
            rows.extend(taken.map(|m| Row { person, at: (k, m) }));
        }
    }
    shape.table(&rows)
}

/// One row for every dose, taken or not.
pub(crate) fn doses(design: &Design, people: &[Person<'_>]) -> Table {
    let mut shape: Shape<usize> = Shape::new("doses", "Doses");
    identify(&mut shape);
    let drugs = &design.layout.drugs;
    let width = longest(drugs.iter().map(|(drug, _)| drug.as_str()));
    shape.text(Variable::text("drug", "Drug", width).source("drug"), |r| {
        r.person.design.layout.drugs[r.person.record.doses[r.at].drug as usize].0.clone()
    });
    let width = longest(drugs.iter().map(|(_, route)| route.as_str()));
    shape.text(Variable::text("route", "Route", width).source("route"), |r| {
        r.person.design.layout.drugs[r.person.record.doses[r.at].drug as usize].1.clone()
    });
    let at = Variable::number("at_h", "Time from randomisation").unit("h").source("at_h of the dose");
    shape.number(at, |r| r.person.record.doses[r.at].at_h);
    let amount = Variable::number("amount_mg", "Amount of the base").unit("mg").source("amount_mg");
    shape.number(amount, |r| r.person.record.doses[r.at].amount_mg);
    let over = Variable::number("over_h", "Over how long; 0 for a moment").unit("h").source("over_h");
    shape.number(over, |r| r.person.record.doses[r.at].over_h);
    let taken = Variable::number("taken", "1 if the dose was taken, else 0").source("taken");
    shape.number(taken, |r| f64::from(u8::from(r.person.record.doses[r.at].taken)));
    shape.text(Variable::text("kind", "Why it was given", 12).source("kind"), |r| {
        match r.person.record.doses[r.at].kind {
            DoseKind::Planned => "planned",
            DoseKind::LeadIn => "lead-in",
            DoseKind::Rescue => "rescue",
            DoseKind::Retreatment => "retreatment",
        }
        .into()
    });
    let mut rows = Vec::new();
    for person in people {
        rows.extend((0..person.record.doses.len()).map(|at| Row { person, at }));
    }
    shape.table(&rows)
}

/// One row for everything else that happened.
pub(crate) fn events(design: &Design, people: &[Person<'_>]) -> Table {
    let mut shape: Shape<usize> = Shape::new("events", "What else happened");
    identify(&mut shape);
    let at = Variable::number("at_h", "Time from randomisation").unit("h").source("at_h of the event");
    shape.number(at, |r| r.person.record.events[r.at].at_h);
    shape.text(Variable::text("kind", "What happened", 16).source("kind"), |r| {
        match r.person.record.events[r.at].kind {
            EventKind::Response => "response",
            EventKind::Remission => "remission",
            EventKind::Relapse => "relapse",
            EventKind::Rescue => "rescue",
            EventKind::Retreatment => "retreatment",
            EventKind::ExtraTreatment => "extra treatment",
            EventKind::DoseChange => "dose change",
            EventKind::DosingStopped => "dosing stopped",
            EventKind::Adverse(_) => "adverse event",
            EventKind::Stressor => "stressor",
        }
        .into()
    });
    let width = longest(design.layout.adverse.iter().map(String::as_str));
    shape.text(
        Variable::text("event", "Adverse event, as the protocol names it", width).source("adverse"),
        |r| match r.person.record.events[r.at].kind {
            EventKind::Adverse(k) => r.person.design.layout.adverse[k as usize].clone(),
            _ => String::new(),
        },
    );
    let mut rows = Vec::new();
    for person in people {
        rows.extend((0..person.record.events.len()).map(|at| Row { person, at }));
    }
    shape.table(&rows)
}
