//! Data sets in the shape of the CDISC Analysis Data Model.
//!
//! They follow ADaM's names, labels and structures (implementation guide 1.3, basic data structure, the structure for time
//! to event, and the implementation guide for population pharmacokinetics 1.0 for ADPPK). What is not there to be followed:
//! collected data in the shape of SDTM, of which analysis data would be derived; race and ethnicity, which the model does
//! not know; coded dictionaries of adverse events; and calendar dates. Times count from randomisation, which lies on study
//! day 1; where a date cannot be left out, study day 1 is 2000-01-01, and the label says so.

pub(crate) mod adverse;
pub(crate) mod exposure;
pub(crate) mod score;
pub(crate) mod subject;
pub(crate) mod time;

use super::design::Design;
use super::person::Person;
use super::shape::{Row, Shape};
use super::table::Variable;

/// 2000-01-01, counted from 1960-01-01: study day 1 where a date cannot be left out.
const DAY_ONE: f64 = 14_610.0;

/// The invented date of a study day.
fn date(day: f64) -> f64 {
    if day < 0.0 { DAY_ONE + day } else { DAY_ONE + day - 1.0 }
}

/// The longest of some texts, bytes; at least 1.
pub(crate) fn longest<'a>(texts: impl IntoIterator<Item = &'a str>) -> usize {
    texts.into_iter().map(str::len).max().unwrap_or(0).max(1)
}

fn treatment_width(design: &Design) -> usize {
    longest(design.layout.treatments.iter().map(|t| t.name.as_str()))
}

/// Who the row is about; the same in every data set.
fn identify<P>(shape: &mut Shape<P>, design: &Design) {
    let (study, id) = (design.layout.id.len(), Person::id_width(design));
    shape.text(Variable::text("STUDYID", "Study Identifier", study).source("id of the study"), |r| {
        r.person.design.layout.id.clone()
    });
    let unique = Variable::text("USUBJID", "Unique Subject Identifier", study + 1 + id);
    shape.text(unique.source("STUDYID, trial where there are several, number of the person"), |r| {
        format!("{}-{}", r.person.design.layout.id, r.person.id)
    });
    let subject = Variable::text("SUBJID", "Subject Identifier for the Study", id);
    shape.text(subject.source("trial where there are several, number of the person"), |r| r.person.id.clone());
    let site = Variable::text("SITEID", "Study Site Identifier", 10);
    shape.text(site.source("site of the person"), |r| format!("{:03}", u64::from(r.person.record.site) + 1));
    if design.layout.replicates > 1 {
        let trial =
            Variable::number("REPLICAT", "Replicate of the Trial").source("the same design, drawn anew; from 1");
        shape.number(trial, |r| f64::from(r.person.record.replicate) + 1.0);
    }
}

/// Planned and actual treatment of a row's period, and the period itself in a crossover.
fn treat<P: 'static>(shape: &mut Shape<P>, design: &Design, period: fn(&Row<'_, P>) -> usize) {
    let width = treatment_width(design);
    let number = |t: Option<usize>| t.map_or(f64::NAN, |t| t as f64 + 1.0);
    shape.text(Variable::text("TRTP", "Planned Treatment", width).source("sequence of the person, period"), move |r| {
        r.person.treatment(r.person.planned(period(r)))
    });
    let planned = Variable::number("TRTPN", "Planned Treatment (N)").source("number of the treatment in the protocol");
    shape.number(planned, move |r| number(r.person.planned(period(r))));
    let actual = Variable::text("TRTA", "Actual Treatment", width);
    shape.text(actual.source("TRTP where one dose of the period or more was taken"), move |r| {
        r.person.treatment(r.person.actual(period(r)))
    });
    let actual = Variable::number("TRTAN", "Actual Treatment (N)").source("number of the treatment in the protocol");
    shape.number(actual, move |r| number(r.person.actual(period(r))));
    if design.periods > 1 {
        let label = Variable::number("APERIOD", "Period").source("period of the crossover, from 1");
        shape.number(label, move |r| period(r) as f64 + 1.0);
    }
}

/// The treatment of the first period, as the other data sets have it.
fn first_treatment<P>(shape: &mut Shape<P>, design: &Design) {
    let variable = Variable::text("TRT01P", "Planned Treatment for Period 01", treatment_width(design));
    shape.text(variable.source("ADSL.TRT01P"), |r| r.person.treatment(r.person.planned(0)));
}
