//! ADAE: the first report of each adverse event.

use super::{first_treatment, identify, longest, treat};
use crate::data::design::Design;
use crate::data::person::{DAY_H, Person, day};
use crate::data::shape::{Row, Shape, flag, yes_or_no};
use crate::data::table::{Table, Variable};
use crate::trial::schema::EventKind;

/// An adverse event: which, when, its number among those of the person, and whether it is the person's first of its kind.
#[derive(Clone, Copy)]
struct Report {
    what: usize,
    at_h: f64,
    number: usize,
    first: bool,
}

/// The table.
pub(crate) fn table(design: &Design, people: &[Person<'_>]) -> Table {
    let mut shape: Shape<Report> = Shape::new("ADAE", "Adverse Events Analysis Dataset");
    identify(&mut shape, design);
    treat(&mut shape, design, |r| r.person.period_at(r.at.at_h));
    first_treatment(&mut shape, design);
    let safety = Variable::text("SAFFL", "Safety Population Flag", 1).source("ADSL.SAFFL");
    shape.text(safety, |r| yes_or_no(r.person.treated()));
    let sequence = Variable::number("AESEQ", "Sequence Number").source("number of the report, for each person");
    shape.number(sequence, |r| r.at.number as f64);
    let width = longest(design.layout.adverse.iter().map(String::as_str));
    for (name, label, source) in [
        ("AETERM", "Reported Term for the Adverse Event", "the event, as the protocol names it"),
        ("AEDECOD", "Dictionary-Derived Term", "AETERM; no dictionary is used"),
    ] {
        shape.text(Variable::text(name, label, width).source(source), |r| {
            r.person.design.layout.adverse[r.at.what].clone()
        });
    }
    let start =
        Variable::number("ASTDY", "Analysis Start Relative Day").unit("d").source("study day; day 1 is randomisation");
    shape.number(start, |r| day(r.at.at_h));
    let time = Variable::number("ARELTM", "Analysis Relative Time").unit("d").source("time from randomisation");
    shape.number(time, |r| r.at.at_h / DAY_H);
    let emergent = Variable::text("TRTEMFL", "Treatment Emergent Analysis Flag", 1);
    shape.text(emergent.source("at or after the first dose taken after entry"), |r| {
        yes_or_no(r.person.taken().next().is_some_and(|d| d.at_h <= r.at.at_h))
    });
    let first = Variable::text("AOCCPFL", "1st Occurrence of Preferred Term Flag", 1).source("first of its AEDECOD");
    shape.text(first, |r| flag(r.at.first));
    let mut rows = Vec::new();
    for person in people {
        let mut known = Vec::new();
        for event in &person.record.events {
            if let EventKind::Adverse(what) = event.kind {
                let (number, first) = (known.len() + 1, !known.contains(&what));
                known.push(what);
                rows.push(Row { person, at: Report { what: what as usize, at_h: event.at_h, number, first } });
            }
        }
    }
    shape.table(&rows)
}
