//! What happened in a trial, without any model: people, visits, changes, events, by treatment. Records go in one trial
//! after another; memory grows with people by a few numbers each.

use crate::analysis::effect::shape;
use crate::statistic::{mean, quantile, sd};
use crate::trial::condition::Standing;
use crate::trial::design::{Design, TimeTo};
use crate::trial::schema::{End, EventKind, Layout, Record, Seen};

/// Lines of single people that are kept for a picture, of each treatment.
const LINES: usize = 40;
const HOURS_OF_DAY: f64 = 24.0;
/// Shares of people at which values are told, for a visual predictive check.
pub const PERCENTILES: [f64; 3] = [0.05, 0.5, 0.95];

/// Everything that is described.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Names and units.
    pub layout: Layout,
    /// The measure that response looks at.
    pub measure: usize,
    /// One for each treatment.
    pub arms: Vec<Arm>,
    /// Mean changes of each trial: trial → treatment → visit, of the outcome's measure; NaN where nobody was seen.
    pub trials: Vec<Vec<Vec<f64>>>,
    /// Values of each trial that [`PERCENTILES`] of its people stay below: trial → treatment → visit, of the outcome's
    /// measure; NaN where nobody was seen.
    pub percentiles: Vec<Vec<Vec<[f64; 3]>>>,
    /// Failed computations: person and reason.
    pub failures: Vec<(u32, u32, String)>,
    /// People over all trials.
    pub people: u64,
    /// Candidates who were screened for them.
    pub screened: u64,
}

/// One treatment.
#[derive(Clone, Debug, Default)]
pub struct Arm {
    /// People who were given it.
    pub randomised: u64,
    /// Of whom so many completed, left for lack of benefit, left for an adverse event, left for another reason, failed.
    pub ends: [u64; 5],
    /// Visits of the first period that this treatment was given in, in the order of the layout's first period.
    pub visits: Vec<VisitSummary>,
    /// People who reported each adverse event.
    pub adverse: Vec<u64>,
    /// People with rescue, retreatment, extra treatment, a changed dose, dosing stopped.
    pub events: [u64; 5],
    /// Doses taken.
    pub doses: u64,
    /// Days to an event and whether it came, in the order of response, remission, relapse, leaving.
    pub times: [Vec<(f64, bool)>; 4],
    /// Covariates at entry, in the order of [`Layout::covariates`], of the people whose first treatment this was.
    pub covariates: Vec<Moments>,
    /// Scores of some people over time, for a picture: days since the period began, and values.
    pub lines: Vec<Vec<(f64, f64)>>,
}

/// One visit of one treatment.
#[derive(Clone, Debug, Default)]
pub struct VisitSummary {
    /// Position in the layout's visits.
    pub visit: usize,
    /// People seen.
    pub seen: u64,
    /// Values of each measure.
    pub values: Vec<Vec<f64>>,
    /// Changes of each measure from the start.
    pub changes: Vec<Vec<f64>>,
    /// People seen who met the criterion of response, of remission.
    pub met: [u64; 2],
}

/// Mean and spread of values that are not kept.
///
/// Source: Welford 1962, Technometrics 4:419.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    /// Values.
    pub n: u64,
    /// Their mean; 0 without any.
    pub mean: f64,
    /// Sum of squared distances from the mean.
    squares: f64,
}

impl Moments {
    /// Adds one.
    pub fn add(&mut self, x: f64) {
        self.n += 1;
        let before = x - self.mean;
        self.mean += before / self.n as f64;
        self.squares += before * (x - self.mean);
    }
    /// Standard deviation, n - 1; NaN of fewer than two.
    pub fn sd(&self) -> f64 {
        (self.squares / (self.n as f64 - 1.0)).sqrt()
    }
}

/// Mean, spread and size of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// People.
    pub n: usize,
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// Bimodality coefficient; 5/9 is that of a uniform distribution.
    pub bimodality: f64,
}

impl Sample {
    /// Of some values.
    pub fn of(values: &[f64]) -> Sample {
        Sample { n: values.len(), mean: mean(values), sd: sd(values), bimodality: shape(values).bimodality }
    }
    /// Standard error of the mean.
    pub fn error(&self) -> f64 {
        self.sd / (self.n as f64).sqrt()
    }
}

impl Arm {
    /// People whose first treatment this was: who ends, adverse events, times and covariates speak of. In a crossover
    /// fewer than were given it.
    pub fn began(&self) -> u64 {
        self.ends.iter().sum()
    }
}

impl Summary {
    /// An empty summary of a design.
    pub fn new(design: &Design) -> Summary {
        let layout = &design.layout;
        let visits = layout.visits.iter().enumerate().filter(|(_, v)| v.period == 0);
        let of = |(k, _)| VisitSummary {
            visit: k,
            values: vec![Vec::new(); layout.measures.len()],
            changes: vec![Vec::new(); layout.measures.len()],
            ..VisitSummary::default()
        };
        let arm = Arm {
            visits: visits.map(of).collect(),
            adverse: vec![0; layout.adverse.len()],
            covariates: vec![Moments::default(); layout.covariates.len()],
            ..Arm::default()
        };
        Summary {
            layout: layout.clone(),
            measure: design.outcome.measure,
            arms: vec![arm; layout.treatments.len()],
            ..Summary::default()
        }
    }

    /// Adds the records of one trial.
    pub fn add(&mut self, design: &Design, records: &[Record]) {
        let before: Vec<Vec<usize>> = self.of_measure(|v| v.len());
        for record in records {
            self.person(design, record);
        }
        let measure = self.measure;
        let (mut means, mut percentiles) = (Vec::new(), Vec::new());
        for (arm, before) in self.arms.iter().zip(&before) {
            let visits = || arm.visits.iter().zip(before);
            means.push(visits().map(|(v, from)| mean(&v.changes[measure][*from..])).collect());
            let of = |(v, from): (&VisitSummary, &usize)| {
                let mut fresh = v.values[measure][*from..].to_vec();
                fresh.sort_by(f64::total_cmp);
                PERCENTILES.map(|p| quantile(&fresh, p))
            };
            percentiles.push(visits().map(of).collect());
        }
        self.trials.push(means);
        self.percentiles.push(percentiles);
    }

    fn of_measure<T>(&self, f: impl Fn(&Vec<f64>) -> T) -> Vec<Vec<T>> {
        self.arms.iter().map(|a| a.visits.iter().map(|v| f(&v.changes[self.measure])).collect()).collect()
    }

    fn person(&mut self, design: &Design, record: &Record) {
        let layout = &design.layout;
        self.people += 1;
        self.screened += u64::from(record.screened);
        if let Some(why) = &record.failure {
            self.failures.push((record.replicate, record.place, why.clone()));
        }
        let sequence = &layout.sequences[record.sequence as usize];
        let per_period = layout.visits.iter().filter(|v| v.period == 0).count();
        for (period, treatment) in sequence.iter().enumerate() {
            let arm = &mut self.arms[*treatment as usize];
            arm.randomised += 1;
            let mut start: Option<&[f64]> = None;
            let mut line = Vec::new();
            let from_h = layout.periods_h.get(period).copied().unwrap_or(0.0);
            for seen in record.visits.iter().filter(|s| layout.visits[s.visit as usize].period == period as u32) {
                let summary = &mut arm.visits[seen.visit as usize % per_period];
                let start = *start.get_or_insert(&seen.values);
                summary.seen += 1;
                for (m, value) in seen.values.iter().enumerate().filter(|(_, x)| x.is_finite()) {
                    summary.values[m].push(*value);
                    summary.changes[m].push(value - start[m]);
                }
                let standing = Standing {
                    now: &seen.values,
                    start,
                    covariates: &record.covariates,
                    day: seen.at_h / HOURS_OF_DAY,
                    doses: 0.0,
                    responded: false,
                    relapsed: false,
                };
                for (met, c) in summary.met.iter_mut().zip([&design.outcome.response, &design.outcome.remission]) {
                    *met += u64::from(!c.text.is_empty() && c.holds(&standing));
                }
                line.push(((seen.at_h - from_h) / HOURS_OF_DAY, seen.values[self.measure]));
            }
            line.retain(|(_, x)| x.is_finite());
            if arm.lines.len() < LINES && line.len() > 1 {
                arm.lines.push(line);
            }
        }
        // What is told of the whole trial belongs to the first treatment of a sequence.
        let arm = &mut self.arms[sequence[0] as usize];
        let end = match record.end {
            End::Completed => 0,
            End::LackOfEfficacy => 1,
            End::AdverseEvent => 2,
            End::Other => 3,
            End::Failed => 4,
        };
        arm.ends[end] += 1;
        for (moments, x) in arm.covariates.iter_mut().zip(&record.covariates).filter(|(_, x)| x.is_finite()) {
            moments.add(*x);
        }
        arm.doses += record.doses.iter().filter(|d| d.taken).count() as u64;
        let kinds = [
            EventKind::Rescue,
            EventKind::Retreatment,
            EventKind::ExtraTreatment,
            EventKind::DoseChange,
            EventKind::DosingStopped,
        ];
        for (count, kind) in arm.events.iter_mut().zip(kinds) {
            *count += u64::from(record.events.iter().any(|e| e.kind == kind));
        }
        for (k, count) in arm.adverse.iter_mut().enumerate() {
            *count += u64::from(record.events.iter().any(|e| e.kind == EventKind::Adverse(k as u32)));
        }
        if record.failure.is_none() {
            for (k, what) in
                [TimeTo::Response, TimeTo::Remission, TimeTo::Relapse, TimeTo::Leaving].into_iter().enumerate()
            {
                arm.times[k].extend(time_to(design.outcome.measure, record, what));
            }
        }
    }
}

/// Days until an event and whether it came; `None` for a person who does not count. Relapse is counted from response: from
/// randomisation for those whom the lead-in had brought one.
/// `measure` is the one that the criteria look at.
pub fn time_to(measure: usize, record: &Record, what: TimeTo) -> Option<(f64, bool)> {
    let first = |kind: EventKind| record.events.iter().find(|e| e.kind == kind).map(|e| e.at_h);
    // Whether it came is known up to the last visit that took the score.
    let told = |v: &&Seen| v.values.get(measure).is_some_and(|x| x.is_finite());
    let last_seen = record.visits.iter().rev().find(told).map_or(0.0, |v| v.at_h);
    let days = |h: f64| h / HOURS_OF_DAY;
    let timed =
        |event: Option<f64>, from: f64| Some((days((event.unwrap_or(last_seen) - from).max(0.0)), event.is_some()));
    match what {
        TimeTo::Response => timed(first(EventKind::Response), 0.0),
        TimeTo::Remission => timed(first(EventKind::Remission), 0.0),
        TimeTo::Relapse => timed(first(EventKind::Relapse), first(EventKind::Response)?),
        TimeTo::Leaving => {
            let left = !matches!(record.end, End::Completed);
            Some((days(record.end_h), left))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_moments_by_hand() {
        let x = [1.0e6 + 1.0, 1.0e6 + 2.0, 1.0e6 + 6.0];
        let mut moments = Moments::default();
        x.iter().for_each(|x| moments.add(*x));
        assert_eq!((moments.n, moments.mean), (3, 1.0e6 + 3.0));
        // Squared distances 4, 1 and 9 over two.
        assert!((moments.sd() - 7.0_f64.sqrt()).abs() < 1e-9);
        assert!((moments.sd() - sd(&x)).abs() < 1e-9);
    }
}
