//! What data sets say of a person, worked out of the record once.

use super::design::Design;
use crate::trial::schema::{DoseKind, End, EventKind, Given, Record, Seen};

/// Hours of a day.
pub(crate) const DAY_H: f64 = 24.0;

/// A person of a trial.
pub(crate) struct Person<'a> {
    /// The trial.
    pub design: &'a Design,
    /// What was kept of the person.
    pub record: &'a Record,
    /// Subject id, unique in all trials of the study.
    pub id: String,
    /// Period → whether any dose of it was taken.
    treated: Vec<bool>,
    /// What first came between treatment and outcome, and when, h.
    intercurrent: Option<(f64, &'static str)>,
}

impl<'a> Person<'a> {
    /// Checks a record against its design.
    pub fn new(design: &'a Design, record: &'a Record) -> Result<Self, String> {
        if let Some(why) = misfit(design, record) {
            let (trial, place) = (record.replicate + 1, record.place + 1);
            return Err(format!(
                "person {place} of trial {trial} of {} does not fit the design: {why}",
                design.layout.id
            ));
        }
        let layout = &design.layout;
        let figures = |n: u32| n.to_string().len();
        let place = format!("{:0width$}", record.place + 1, width = figures(layout.size));
        let id = match layout.replicates {
            1 => place,
            n => format!("{:0width$}-{place}", record.replicate + 1, width = figures(n)),
        };
        let mut treated = vec![false; design.periods];
        for dose in record.doses.iter().filter(|d| d.taken && d.kind != DoseKind::LeadIn) {
            treated[period_at(design, dose.at_h)] = true;
        }
        let intercurrent = record.events.iter().find_map(|e| intercurrent(e.kind).map(|what| (e.at_h, what)));
        Ok(Person { design, record, id, treated, intercurrent })
    }

    /// Longest subject id, bytes.
    pub fn id_width(design: &Design) -> usize {
        let layout = &design.layout;
        let trial = if layout.replicates == 1 { 0 } else { layout.replicates.to_string().len() + 1 };
        trial + layout.size.to_string().len()
    }

    /// Number of the person in all trials of the study, from 1.
    pub fn number(&self) -> f64 {
        f64::from(self.record.replicate) * f64::from(self.design.layout.size) + f64::from(self.record.place) + 1.0
    }

    /// Value of a covariate; NaN where the trial has none.
    pub fn covariate(&self, position: Option<usize>) -> f64 {
        position.map_or(f64::NAN, |k| self.record.covariates[k])
    }

    /// `F`, `M`, or `U` where it is not known.
    pub fn sex(&self, position: Option<usize>) -> &'static str {
        match self.covariate(position) {
            x if x.is_nan() => "U",
            x if x >= 0.5 => "F",
            _ => "M",
        }
    }

    /// Treatment planned for a period; `None` where the sequence is over.
    pub fn planned(&self, period: usize) -> Option<usize> {
        let sequence = &self.design.layout.sequences[self.record.sequence as usize];
        sequence.get(period).map(|t| *t as usize)
    }

    /// Treatment of a period that was begun: one dose of it or more was taken.
    pub fn actual(&self, period: usize) -> Option<usize> {
        self.planned(period).filter(|_| self.treated[period])
    }

    /// The name of a treatment; nothing for none.
    pub fn treatment(&self, index: Option<usize>) -> String {
        index.map_or(String::new(), |t| self.design.layout.treatments[t].name.clone())
    }

    /// The period of an hour from randomisation, from 0.
    pub fn period_at(&self, hour: f64) -> usize {
        period_at(self.design, hour)
    }

    /// The period of a visit, from 0.
    pub fn period_of(&self, seen: &Seen) -> usize {
        self.design.layout.visits[seen.visit as usize].period as usize
    }

    /// Planned hours of a visit from randomisation.
    pub fn planned_h(&self, seen: &Seen) -> f64 {
        let visit = &self.design.layout.visits[seen.visit as usize];
        self.design.layout.periods_h[visit.period as usize] + visit.at_h
    }

    /// Doses that were taken after randomisation.
    pub fn taken(&self) -> impl Iterator<Item = &'a Given> {
        self.record.doses.iter().filter(|d| d.taken && d.kind != DoseKind::LeadIn)
    }

    /// True if one dose or more was taken.
    pub fn treated(&self) -> bool {
        self.treated.iter().any(|t| *t)
    }

    /// Baseline of a measure in a period: the visit (by its place among those that took place) and the value. It is the
    /// last value at or before the start of the period; in a later period without one, that of the first period.
    pub fn baseline(&self, period: usize, measure: usize) -> Option<(usize, f64)> {
        let of = |period: usize| {
            let seen = self.record.visits.iter().enumerate().rev();
            let mut before = seen.filter(|(_, s)| {
                self.period_of(s) == period && self.design.layout.visits[s.visit as usize].at_h <= 0.0
            });
            before.find_map(|(k, s)| Some((k, s.values[measure])).filter(|(_, x)| !x.is_nan()))
        };
        of(period).or_else(|| of(0))
    }

    /// What came between treatment and an outcome at this hour; nothing if nothing did. What happens at a visit counts
    /// for the visits after it.
    pub fn intercurrent(&self, hour: f64) -> &'static str {
        self.intercurrent.filter(|(at_h, _)| hour > *at_h).map_or("", |(_, what)| what)
    }
}

/// The study day of an hour: the day of randomisation is 1, the day before it -1; there is no day 0.
pub(crate) fn day(hour: f64) -> f64 {
    let day = (hour / DAY_H).floor();
    if day < 0.0 { day } else { day + 1.0 }
}

/// How a trial ended, as a reason for leaving; nothing where it was completed.
pub(crate) fn reason(end: End) -> &'static str {
    match end {
        End::Completed => "",
        End::LackOfEfficacy => "LACK OF EFFICACY",
        End::AdverseEvent => "ADVERSE EVENT",
        End::Other => "OTHER",
        End::Failed => "COMPUTATION FAILED",
    }
}

/// What comes between treatment and outcome. Treating again after a relapse is part of the protocol.
fn intercurrent(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::Rescue => Some("RESCUE TREATMENT"),
        EventKind::ExtraTreatment => Some("TREATMENT OUTSIDE THE PROTOCOL"),
        EventKind::DosingStopped => Some("DOSING STOPPED"),
        _ => None,
    }
}

fn period_at(design: &Design, hour: f64) -> usize {
    let begun = design.layout.periods_h.iter().take(design.periods).filter(|start| **start <= hour).count();
    begun.saturating_sub(1)
}

fn misfit(design: &Design, record: &Record) -> Option<String> {
    let layout = &design.layout;
    let outside = |what: &str, index: u32, known: usize| {
        (index as usize >= known).then(|| format!("it names {what} {} of {known}", index + 1))
    };
    let measures = layout.measures.len();
    outside("trial", record.replicate, layout.replicates as usize)
        .or_else(|| outside("place", record.place, layout.size as usize))
        .or_else(|| outside("stratum", record.stratum, layout.strata.len()))
        .or_else(|| outside("sequence", record.sequence, layout.sequences.len()))
        .or_else(|| {
            let (has, known) = (record.covariates.len(), layout.covariates.len());
            (has != known).then(|| format!("it has {has} covariates of {known}"))
        })
        .or_else(|| record.visits.iter().find_map(|s| outside("visit", s.visit, layout.visits.len())))
        .or_else(|| {
            let short = record.visits.iter().find(|s| s.values.len() != measures);
            short.map(|s| format!("a visit has {} values of {measures}", s.values.len()))
        })
        .or_else(|| record.doses.iter().find_map(|d| outside("drug", d.drug, layout.drugs.len())))
        .or_else(|| {
            record.events.iter().find_map(|e| match e.kind {
                EventKind::Adverse(k) => outside("adverse event", k, layout.adverse.len()),
                _ => None,
            })
        })
}
