//! ADQS: scores by visit, in the basic data structure.
//!
//! A row for every value that was taken; concentrations stand in ADPPK. A visit that was missed has no row.

use super::{first_treatment, identify, longest, treat};
use crate::data::design::Design;
use crate::data::person::{DAY_H, Person, day};
use crate::data::shape::{Row, Shape, flag, yes_or_no};
use crate::data::table::{Table, Variable};
use crate::trial::schema::Seen;

/// Of one.
const PERCENT: f64 = 100.0;

/// A value: visit among those that took place, measure, number of the row among those of the person.
#[derive(Clone, Copy)]
struct Value {
    seen: usize,
    measure: usize,
    number: usize,
}

fn seen<'a>(r: &Row<'a, Value>) -> &'a Seen {
    &r.person.record.visits[r.at.seen]
}

fn value(r: &Row<'_, Value>) -> f64 {
    seen(r).values[r.at.measure]
}

fn base(r: &Row<'_, Value>) -> Option<(usize, f64)> {
    r.person.baseline(r.person.period_of(seen(r)), r.at.measure)
}

fn is_base(r: &Row<'_, Value>) -> bool {
    base(r).is_some_and(|(k, _)| k == r.at.seen)
}

/// Change from the baseline; NaN at the baseline itself and without one.
fn change(r: &Row<'_, Value>) -> f64 {
    if is_base(r) { f64::NAN } else { base(r).map_or(f64::NAN, |(_, b)| value(r) - b) }
}

/// The table.
pub(crate) fn table(design: &Design, people: &[Person<'_>]) -> Table {
    let mut shape = Shape::new("ADQS", "Scores Analysis Dataset");
    identify(&mut shape, design);
    treat(&mut shape, design, |r| r.person.period_of(seen(r)));
    first_treatment(&mut shape, design);
    shape.text(Variable::text("ITTFL", "Intent-To-Treat Population Flag", 1).source("ADSL.ITTFL"), |_| "Y".into());
    let safety = Variable::text("SAFFL", "Safety Population Flag", 1).source("ADSL.SAFFL");
    shape.text(safety, |r| yes_or_no(r.person.treated()));
    parameter(&mut shape, design);
    timing(&mut shape, design);
    values(&mut shape);
    let scores: Vec<usize> =
        (0..design.layout.measures.len()).filter(|m| !design.layout.measures[*m].concentration).collect();
    let mut rows = Vec::new();
    for person in people {
        let mut number = 0;
        for (k, seen) in person.record.visits.iter().enumerate() {
            for measure in scores.iter().copied().filter(|m| !seen.values[*m].is_nan()) {
                number += 1;
                rows.push(Row { person, at: Value { seen: k, measure, number } });
            }
        }
    }
    shape.table(&rows)
}

fn parameter(shape: &mut Shape<Value>, design: &Design) {
    let measures = &design.layout.measures;
    let code = Variable::text("PARAMCD", "Parameter Code", longest(measures.iter().map(|m| m.code.as_str())));
    shape.text(code.source("code of the measure"), |r| r.person.design.layout.measures[r.at.measure].code.clone());
    let words: Vec<String> = (0..measures.len()).map(|k| design.parameter(k)).collect();
    let name = Variable::text("PARAM", "Parameter", longest(words.iter().map(String::as_str)));
    shape.text(name.source("label of the measure, with its unit"), move |r| words[r.at.measure].clone());
    let number = Variable::number("PARAMN", "Parameter (N)").source("number of the measure in the protocol");
    shape.number(number, |r| r.at.measure as f64 + 1.0);
    let sequence = Variable::number("ASEQ", "Analysis Sequence Number").source("number of the row, for each person");
    shape.number(sequence, |r| r.at.number as f64);
}

fn timing(shape: &mut Shape<Value>, design: &Design) {
    let width = longest(design.layout.visits.iter().map(|v| v.name.as_str()));
    let visit = Variable::text("AVISIT", "Analysis Visit", width).source("planned visit");
    shape.text(visit, |r| r.person.design.layout.visits[seen(r).visit as usize].name.clone());
    let number =
        Variable::number("AVISITN", "Analysis Visit (N)").source("number of the planned visit; 0 is the baseline");
    shape.number(number, |r| f64::from(seen(r).visit));
    let planned =
        Variable::number("NRELTM", "Nominal Relative Time").unit("d").source("planned time from randomisation");
    shape.number(planned, |r| r.person.planned_h(seen(r)) / DAY_H);
    let actual =
        Variable::number("ARELTM", "Analysis Relative Time").unit("d").source("actual time from randomisation");
    shape.number(actual, |r| seen(r).at_h / DAY_H);
    let day_of = Variable::number("ADY", "Analysis Relative Day").unit("d").source("study day; day 1 is randomisation");
    shape.number(day_of, |r| day(seen(r).at_h));
}

fn values(shape: &mut Shape<Value>) {
    shape.number(Variable::number("AVAL", "Analysis Value").source("the value, in the unit that PARAM names"), value);
    let source = "last value at or before the start of the period; of the first period where there is none";
    shape.number(Variable::number("BASE", "Baseline Value").source(source), |r| base(r).map_or(f64::NAN, |(_, b)| b));
    shape.number(Variable::number("CHG", "Change from Baseline").source("AVAL - BASE; not at the baseline"), change);
    let percent =
        Variable::number("PCHG", "Percent Change from Baseline").unit("%").source("CHG / BASE; not if BASE is 0");
    shape.number(percent, |r| match base(r) {
        Some((_, b)) if b != 0.0 => change(r) / b * PERCENT,
        _ => f64::NAN,
    });
    shape.text(Variable::text("ABLFL", "Baseline Record Flag", 1).source("the value is BASE"), |r| flag(is_base(r)));
    let all = Variable::text("ANL01FL", "Analysis Flag 01", 1).source("every value, whatever came before it");
    shape.text(all, |_| flag(true));
    let clean = Variable::text("ANL02FL", "Analysis Flag 02", 1).source("values before any intercurrent event");
    shape.text(clean, |r| flag(r.person.intercurrent(seen(r).at_h).is_empty()));
    let after = Variable::text("ICEFL", "After Intercurrent Event Flag", 1).source("ICETYP is given");
    shape.text(after, |r| flag(!r.person.intercurrent(seen(r).at_h).is_empty()));
    let what = Variable::text("ICETYP", "Intercurrent Event Before the Value", 40);
    shape.text(what.source("first rescue, treatment outside the protocol, or end of dosing before the value"), |r| {
        r.person.intercurrent(seen(r).at_h).into()
    });
}
