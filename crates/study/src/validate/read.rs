//! Reads a printed statistic off a group of people.

use crate::cohort::Cohort;
use crate::statistic::{mean, median, partial_correlation, sd, slope, standardised};
use crate::target::{Endpoint, Rule, Target};

/// The rated score that response, relapse and entry are judged by.
pub(super) const RATED: &str = "madrs.rated";
/// Share of the baseline that must be gone to count as response, and below which relapse counts.
const RESPONSE: f64 = 0.5;
const HOURS_OF_WEEK: f64 = 168.0;
const HOURS_OF_DAY: f64 = 24.0;

/// An arm and what it is compared with.
pub(super) struct Pair<'a> {
    pub(super) arm: &'a Cohort,
    pub(super) comparator: Option<&'a Cohort>,
    /// Time of the last dose, h.
    pub(super) last_h: f64,
    /// Only people who had responded by then.
    pub(super) responders: bool,
}

/// Weeks named in an endpoint such as `hamd17_residual_wk1_wk6`, in hours.
pub(super) fn weeks(endpoint: &str) -> Vec<f64> {
    let parts = endpoint.split('_').filter_map(|p| p.strip_prefix("wk").and_then(|n| n.parse::<f64>().ok()));
    parts.map(|w| w * HOURS_OF_WEEK).collect()
}

/// People who count, of one virtual trial or of all.
fn counted(pair: &Pair<'_>, cohort: &Cohort, trial: Option<u32>) -> Vec<usize> {
    (0..cohort.people.len())
        .filter(|i| trial.is_none_or(|k| cohort.groups[*i] == k))
        .filter(|i| !pair.responders || responded(cohort, *i, pair.last_h))
        .collect()
}

/// Values of everybody in the arm at the target's time, or their changes.
pub(super) fn values(pair: &Pair<'_>, target: &Target, endpoint: &Endpoint, change: bool) -> Vec<f64> {
    let time = target.time_h.unwrap_or(pair.last_h);
    counted(pair, pair.arm, None).into_iter().map(|i| value(pair.arm, endpoint, i, time, change)).collect()
}

/// The statistic of a target over one virtual trial, or over all of them.
pub(super) fn statistic(pair: &Pair<'_>, target: &Target, endpoint: &Endpoint, trial: Option<u32>) -> f64 {
    let time = target.time_h.unwrap_or(pair.last_h);
    let people = |cohort: &Cohort| counted(pair, cohort, trial);
    let of = |cohort: &Cohort, change: bool| -> Vec<f64> {
        people(cohort).into_iter().map(|i| value(cohort, endpoint, i, time, change)).collect()
    };
    let arm = pair.arm;
    match (target.statistic.as_str(), pair.comparator) {
        ("mean", _) => mean(&of(arm, false)),
        ("mean_change", _) => mean(&of(arm, true)),
        ("sd_change", _) => sd(&of(arm, true)),
        ("diff_change" | "risk_diff", Some(other)) => mean(&of(arm, true)) - mean(&of(other, true)),
        ("rr", Some(other)) => mean(&of(arm, true)) / mean(&of(other, true)),
        ("smd", Some(other)) => standardised(&of(arm, true), &of(other, true)),
        ("risk", _) if target.endpoint.starts_with("relapse_free") => {
            let free = relapses(arm, &people(arm), pair.last_h);
            free.iter().filter(|t| **t > time / HOURS_OF_DAY).count() as f64 / free.len() as f64
        }
        ("risk", _) => mean(&of(arm, false)),
        ("median_time_d", _) => median(&relapses(arm, &people(arm), pair.last_h)),
        ("correlation", _) => {
            let [first, second] = weeks(&target.endpoint)[..] else { return f64::NAN };
            let at =
                |t: f64| -> Vec<f64> { people(arm).into_iter().map(|i| value(arm, endpoint, i, t, false)).collect() };
            partial_correlation(&at(first), &at(second), &at(0.0))
        }
        ("slope", _) => {
            let (Some(x), Some(y)) = (arm.port(super::CONCENTRATION), arm.port(&endpoint.port)) else {
                return f64::NAN;
            };
            let average =
                |port: usize, k: usize| mean(&people(arm).iter().map(|i| arm.people[*i][port][k]).collect::<Vec<_>>());
            let visits = 1..arm.times_h.len();
            slope(
                &visits.clone().map(|k| average(x, k)).collect::<Vec<_>>(),
                &visits.map(|k| average(y, k)).collect::<Vec<_>>(),
            )
        }
        _ => f64::NAN,
    }
}

/// A person's observation, or its change from the start.
fn value(cohort: &Cohort, endpoint: &Endpoint, person: usize, time_h: f64, change: bool) -> f64 {
    let Some(port) = cohort.port(&endpoint.port) else { return f64::NAN };
    let at = |t: f64| {
        let x = observed(cohort, port, person, t);
        let x = if endpoint.complement { 1.0 - x } else { x };
        endpoint.scale.map_or(x, |(low, high)| x.round().clamp(low, high))
    };
    let (now, start) = (at(time_h), at(0.0));
    match endpoint.rule {
        Some(Rule::Fall(share)) => f64::from(now <= (1.0 - share) * start),
        Some(Rule::AtMost(score)) => f64::from(now <= score),
        None if change => now - start,
        None => now,
    }
}

fn observed(cohort: &Cohort, port: usize, person: usize, time_h: f64) -> f64 {
    let far = |k: &usize| (cohort.times_h[*k] - time_h).abs();
    let nearest = (0..cohort.times_h.len()).min_by(|a, b| far(a).total_cmp(&far(b)));
    nearest.map_or(f64::NAN, |k| cohort.people[person][port][k])
}

fn responded(cohort: &Cohort, person: usize, time_h: f64) -> bool {
    cohort.port(RATED).is_some_and(|p| {
        observed(cohort, p, person, time_h).round() <= RESPONSE * observed(cohort, p, person, 0.0).round()
    })
}

/// Days from the last dose to relapse of those who had responded by then: the first of two visits in a row at which less
/// than half of the baseline is gone; infinite for those who stay well as long as they are followed.
fn relapses(cohort: &Cohort, people: &[usize], last_h: f64) -> Vec<f64> {
    let Some(port) = cohort.port(RATED) else { return Vec::new() };
    let visits: Vec<usize> = (0..cohort.times_h.len()).filter(|k| cohort.times_h[*k] > last_h).collect();
    let mut out = Vec::new();
    for i in people.iter().filter(|i| responded(cohort, **i, last_h)) {
        let scores = &cohort.people[*i][port];
        let lost = |k: usize| scores[k].round() > RESPONSE * scores[0].round();
        let first = visits.windows(2).find(|w| lost(w[0]) && lost(w[1])).map(|w| w[0]);
        out.push(first.map_or(f64::INFINITY, |k| (cohort.times_h[k] - last_h) / HOURS_OF_DAY));
    }
    out
}
