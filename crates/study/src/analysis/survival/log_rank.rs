//! Whether groups differ in their times to an event.

use super::{Unusable, check};
use crate::analysis::matrix::{Matrix, dot};
use crate::analysis::rate::stratified::Test;

/// One person in a group and a stratum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// Until when the person was followed, from 0.
    pub time: f64,
    /// Whether it ended with the event.
    pub event: bool,
    /// Group, from 0.
    pub group: usize,
    /// Stratum; people are compared within it alone.
    pub stratum: usize,
}

/// Events of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// People.
    pub size: usize,
    /// Events observed.
    pub observed: f64,
    /// Events expected if the groups did not differ.
    pub expected: f64,
}

/// The log-rank test.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRank {
    /// Group by group.
    pub groups: Vec<Tally>,
    /// Covariance of observed less expected events.
    pub variance: Matrix,
    /// Chi-square test with one degree of freedom less than groups at risk.
    pub test: Test,
}

impl LogRank {
    /// Observed less expected events of a group over their standard deviation: above 0 where it had more.
    pub fn score(&self, group: usize) -> f64 {
        (self.groups[group].observed - self.groups[group].expected) / self.variance[(group, group)].sqrt()
    }
}

/// The log-rank test of any number of groups, summed over strata.
///
/// Source: Mantel 1966, Cancer Chemother Rep 50:163; Peto & Peto 1972, J R Stat Soc A 135:185; with the hypergeometric
/// variance at tied times.
pub fn log_rank(members: &[Member]) -> Result<LogRank, Unusable> {
    check(members.iter().map(|m| m.time))?;
    let count = members.iter().map(|m| m.group + 1).max().unwrap_or(0);
    let mut groups = vec![Tally::default(); count];
    for m in members {
        groups[m.group].size += 1;
        groups[m.group].observed += f64::from(u8::from(m.event));
    }
    if groups.iter().all(|g| g.observed == 0.0) {
        return Err(Unusable::NoEvents);
    }
    let mut sorted = members.to_vec();
    sorted.sort_by(|a, b| a.stratum.cmp(&b.stratum).then(b.time.total_cmp(&a.time)));
    let mut variance = Matrix::zeros(count, count);
    for stratum in sorted.chunk_by(|a, b| a.stratum == b.stratum) {
        // From the last time to the first, so that people join those at risk.
        let mut at_risk = vec![0.0; count];
        let mut all = 0.0;
        for tied in stratum.chunk_by(|a, b| a.time == b.time) {
            for m in tied {
                at_risk[m.group] += 1.0;
            }
            all += tied.len() as f64;
            let events = tied.iter().filter(|m| m.event).count() as f64;
            if events == 0.0 {
                continue;
            }
            let finite = if all > 1.0 { (all - events) / (all - 1.0) } else { 0.0 };
            for i in 0..count {
                let share = at_risk[i] / all;
                groups[i].expected += events * share;
                for j in 0..count {
                    let own = if i == j { 1.0 } else { 0.0 };
                    variance[(i, j)] += events * finite * share * (own - at_risk[j] / all);
                }
            }
        }
    }
    // The differences add up to zero, so one group that was at risk is left out.
    let mut kept: Vec<usize> = (0..count).filter(|i| groups[*i].expected > 0.0).collect();
    kept.pop();
    let distance: Vec<f64> = kept.iter().map(|i| groups[*i].observed - groups[*i].expected).collect();
    let factored = variance.picked(&kept).cholesky(DEGENERATE).filter(|_| !kept.is_empty());
    let Some(factored) = factored else { return Err(Unusable::OneGroup) };
    let test = Test::chi_square(dot(&distance, &factored.solve(&distance)), kept.len() as f64);
    Ok(LogRank { groups, variance, test })
}

/// Share of a variance below which it is rounding.
const DEGENERATE: f64 = 1e-12;
