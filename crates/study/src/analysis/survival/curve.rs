//! The share of people without the event over time.

use super::{Scale, Seen, Unusable, check};
use crate::analysis::Estimate;
use crate::analysis::distribution::normal_quantile;
use crate::analysis::rate::Interval;
use sim::math::{exp, ln};

/// A share this near to the one sought counts as equal to it: rounding of a product of some thousand factors.
const SAME_SHARE: f64 = 1e-10;

/// What happened at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The time.
    pub time: f64,
    /// People at risk just before.
    pub at_risk: usize,
    /// People with the event at it.
    pub events: usize,
    /// People last seen at it.
    pub censored: usize,
    /// Share without the event from then on.
    pub survival: f64,
    /// Its standard error (Greenwood); NaN once nobody is left.
    pub error: f64,
    /// Lower limit of the share; NaN once nobody is left.
    pub lower: f64,
    /// Upper limit of the share; NaN once nobody is left.
    pub upper: f64,
}

/// A Kaplan-Meier curve.
///
/// Source: Kaplan & Meier 1958, J Am Stat Assoc 53:457; the standard error is Greenwood's.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Every time at which something happened, in order.
    pub points: Vec<Point>,
    /// People followed.
    pub size: usize,
    /// Confidence level of the limits.
    pub level: f64,
}

impl Curve {
    /// The curve of a group.
    pub fn new(people: &[Seen], scale: Scale, level: f64) -> Result<Self, Unusable> {
        check(people.iter().map(|p| p.time))?;
        let mut people = people.to_vec();
        people.sort_by(|a, b| a.time.total_cmp(&b.time));
        let z = normal_quantile(0.5 + 0.5 * level);
        let (mut survival, mut greenwood, mut left) = (1.0, 0.0, people.len());
        let mut points = Vec::new();
        for tied in people.chunk_by(|a, b| a.time == b.time) {
            let events = tied.iter().filter(|p| p.event).count();
            let (n, d) = (left as f64, events as f64);
            survival *= (n - d) / n;
            greenwood += d / (n * (n - d));
            // Once the share is 0 the sum is infinite and their product not a number.
            let relative = f64::sqrt(greenwood);
            let (lower, upper) = limits(survival, relative, z, scale);
            points.push(Point {
                time: tied[0].time,
                at_risk: left,
                events,
                censored: tied.len() - events,
                survival,
                error: survival * relative,
                lower,
                upper,
            });
            left -= tied.len();
        }
        Ok(Curve { points, size: people.len(), level })
    }

    /// Share without the event at a time, that time's events counted; the last one known where nobody is left to see.
    pub fn at(&self, time: f64) -> Interval {
        let last = self.points.iter().rev().find(|p| p.time <= time);
        let (estimate, lower, upper) = last.map_or((1.0, 1.0, 1.0), |p| (p.survival, p.lower, p.upper));
        Interval { estimate, lower, upper, level: self.level }
    }

    /// People at risk just before a time.
    pub fn at_risk(&self, time: f64) -> usize {
        self.points.iter().find(|p| p.time >= time).map_or(0, |p| p.at_risk)
    }

    /// Time by which half have had the event; NaN where that was not reached.
    pub fn median(&self) -> Interval {
        self.quantile(0.5)
    }

    /// Time by which a share of people have had the event; NaN where that was not reached. The limits are where those
    /// of the curve pass the same share. Where the curve is flat at exactly that share, the middle of the flat part.
    ///
    /// Source: Brookmeyer & Crowley 1982, Biometrics 38:29.
    pub fn quantile(&self, share: f64) -> Interval {
        let passing = |height: &dyn Fn(&Point) -> f64| {
            let reached = |p: &Point| height(p) <= 1.0 - share + SAME_SHARE;
            let Some(first) = self.points.iter().position(reached) else { return f64::NAN };
            let value = height(&self.points[first]);
            let time = self.points[first].time;
            if value < 1.0 - share - SAME_SHARE {
                return time;
            }
            let next = self.points[first..].iter().find(|p| height(p) < value - SAME_SHARE);
            next.map_or(time, |p| 0.5 * (time + p.time))
        };
        let (estimate, lower, upper) = (passing(&|p| p.survival), passing(&|p| p.lower), passing(&|p| p.upper));
        Interval { estimate, lower, upper, level: self.level }
    }

    /// Mean time without the event up to `until`, with its standard error: the area under the curve.
    ///
    /// Source: Irwin 1949, J Hyg 47:188; variance as in Klein & Moeschberger 2003, Survival Analysis, section 4.5.
    pub fn restricted_mean(&self, until: f64) -> Result<(f64, f64), Unusable> {
        let last = self.points.last().map_or(0.0, |p| p.time);
        let known = self.points.last().is_some_and(|p| p.survival == 0.0) || until <= last;
        if !known || until <= 0.0 || until.is_nan() {
            return Err(Unusable::TooFar { until, last });
        }
        let steps: Vec<&Point> = self.points.iter().take_while(|p| p.time < until).collect();
        // From the end backwards: the area that still lies beyond each event.
        let (mut area, mut variance, mut end) = (0.0, 0.0, until);
        for p in steps.iter().rev() {
            area += p.survival * (end - p.time);
            end = p.time;
            let (n, d) = (p.at_risk as f64, p.events as f64);
            if p.survival > 0.0 {
                variance += area * area * d / (n * (n - d));
            }
        }
        Ok((area + end, f64::sqrt(variance)))
    }
}

/// Difference of restricted means, `arm - comparator`, tested and bounded by the normal law.
pub fn restricted_mean_difference(arm: &Curve, comparator: &Curve, until: f64) -> Result<Estimate, Unusable> {
    let ((a, s), (b, t)) = (arm.restricted_mean(until)?, comparator.restricted_mean(until)?);
    Ok(Estimate::new(a - b, (s * s + t * t).sqrt(), None, arm.level))
}

/// Limits of a share with a relative standard error.
fn limits(survival: f64, relative: f64, z: f64, scale: Scale) -> (f64, f64) {
    if survival == 1.0 {
        return (1.0, 1.0);
    }
    if survival == 0.0 {
        return (f64::NAN, f64::NAN);
    }
    match scale {
        Scale::Plain => {
            let half = z * relative * survival;
            ((survival - half).max(0.0), (survival + half).min(1.0))
        }
        Scale::LogLog => {
            let log = ln(survival);
            let half = z * relative / -log;
            (exp(log * exp(half)), exp(log * exp(-half)))
        }
    }
}
