//! ADTTE: times to events.
//!
//! - `TTRESP`, `TTREMIT`: from randomisation to the first response or remission, censored at the last visit.
//! - `TTRELAPS`: from response to relapse, censored at the last visit; a row for those who responded. A response before
//!   randomisation counts from randomisation, and so does a relapse without a response of its own: then it is the relapse
//!   of somebody who entered well.
//! - `TTLEAVE`: from randomisation to leaving for whatever reason, censored where the trial ended as planned or the
//!   computation failed.
//!
//! In a crossover the first three look at the first period alone: what happens later follows two treatments.
//!
//! CNSR is 0 for an event and 1 for a censored time (CDISC, "The ADaM Basic Data Structure for Time-to-Event Analyses",
//! 2012). AVAL is in days and not rounded.

use super::{date, first_treatment, identify, treat};
use crate::data::design::Design;
use crate::data::person::{DAY_H, Person, day, reason};
use crate::data::shape::{Row, Shape};
use crate::data::table::{Table, Variable};
use crate::trial::schema::{End, EventKind};

/// Codes and names of the times.
const TIMES: [(&str, &str); 4] = [
    ("TTRESP", "Time to First Response (days)"),
    ("TTREMIT", "Time to First Remission (days)"),
    ("TTRELAPS", "Time from Response to Relapse (days)"),
    ("TTLEAVE", "Time to Leaving the Study (days)"),
];

/// A time: which of [`TIMES`], from when to when (hours from randomisation), and what ended it.
#[derive(Clone, Copy)]
struct Time {
    which: usize,
    from_h: f64,
    to_h: f64,
    event: bool,
    what: &'static str,
    censored_at: &'static str,
}

/// The table.
pub(crate) fn table(design: &Design, people: &[Person<'_>]) -> Table {
    let mut shape: Shape<Time> = Shape::new("ADTTE", "Time-to-Event Analysis Dataset");
    identify(&mut shape, design);
    treat(&mut shape, design, |r| r.person.period_at(r.at.from_h));
    first_treatment(&mut shape, design);
    shape.text(Variable::text("ITTFL", "Intent-To-Treat Population Flag", 1).source("ADSL.ITTFL"), |_| "Y".into());
    shape.text(Variable::text("PARAMCD", "Parameter Code", 8).source("code of the time"), |r| {
        TIMES[r.at.which].0.into()
    });
    shape.text(Variable::text("PARAM", "Parameter", 40).source("name of the time"), |r| TIMES[r.at.which].1.into());
    let value =
        Variable::number("AVAL", "Analysis Value").unit("d").source("time from its origin to its end, not rounded");
    shape.number(value, |r| (r.at.to_h - r.at.from_h) / DAY_H);
    let censor = Variable::number("CNSR", "Censor").source("0 event, 1 censored");
    shape.number(censor, |r| f64::from(u8::from(!r.at.event)));
    let what = Variable::text("EVNTDESC", "Event or Censoring Description", 40).source("what ended the time");
    shape.text(what, |r| r.at.what.into());
    let at = Variable::text("CNSDTDSC", "Censor Date Description", 40).source("what the time of censoring is");
    shape.text(at, |r| r.at.censored_at.into());
    let start =
        Variable::number("STARTDY", "Time-to-Event Origin Study Day").unit("d").source("study day of the origin");
    shape.number(start, |r| day(r.at.from_h));
    let end = Variable::number("ADY", "Analysis Relative Day").unit("d").source("study day of event or censoring");
    shape.number(end, |r| day(r.at.to_h));
    let source = "an invented date: study day 1 is 2000-01-01";
    let start = Variable::date("STARTDT", "Origin Date (Invented: Day 1 2000-01-01)").source(source);
    shape.number(start, |r| date(day(r.at.from_h)));
    let end = Variable::date("ADT", "Analysis Date (Invented: Day 1 1Jan2000)").source(source);
    shape.number(end, |r| date(day(r.at.to_h)));
    let mut rows = Vec::new();
    for person in people {
        rows.extend(times(person).into_iter().map(|at| Row { person, at }));
    }
    shape.table(&rows)
}

/// The times of a person.
fn times(person: &Person<'_>) -> Vec<Time> {
    let record = person.record;
    let until = if person.design.periods > 1 { person.design.layout.periods_h[1] } else { f64::INFINITY };
    let first = |kind: EventKind, from_h: f64| {
        let at = |e: &&crate::trial::schema::Event| e.kind == kind && e.at_h >= from_h && e.at_h < until;
        record.events.iter().find(at).map(|e| e.at_h)
    };
    let visits = record.visits.iter().rev().map(|s| s.at_h);
    let last_visit = visits.into_iter().find(|h| *h < until).unwrap_or(0.0);
    let to = |which: usize, from_h: f64, found: Option<f64>, what: &'static str, none: &'static str| match found {
        Some(to_h) => Time { which, from_h, to_h, event: true, what, censored_at: "" },
        None => {
            let censored_at = if record.visits.is_empty() { "RANDOMIZATION" } else { "LAST VISIT" };
            Time { which, from_h, to_h: last_visit.max(from_h), event: false, what: none, censored_at }
        }
    };
    let response = first(EventKind::Response, f64::NEG_INFINITY);
    let later = |at: Option<f64>| at.filter(|h| *h >= 0.0);
    let mut times = vec![
        to(0, 0.0, later(first(EventKind::Response, 0.0)), "RESPONSE", "NO RESPONSE UP TO THE LAST VISIT"),
        to(1, 0.0, later(first(EventKind::Remission, 0.0)), "REMISSION", "NO REMISSION UP TO THE LAST VISIT"),
    ];
    let from_h = response.unwrap_or(0.0).max(0.0);
    let relapse = first(EventKind::Relapse, from_h);
    if response.is_some() || relapse.is_some() {
        times.push(to(2, from_h, relapse, "RELAPSE", "NO RELAPSE UP TO THE LAST VISIT"));
    }
    let (event, what, censored_at) = match record.end {
        End::Completed => (false, "COMPLETED THE STUDY", "PLANNED END"),
        End::Failed => (false, reason(End::Failed), "LAST COMPUTED TIME"),
        end => (true, reason(end), ""),
    };
    times.push(Time { which: 3, from_h: 0.0, to_h: record.end_h, event, what, censored_at });
    times.retain(|t| t.to_h >= t.from_h && t.to_h.is_finite());
    times
}
