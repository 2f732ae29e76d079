//! Sizes of effects in units that can be compared between studies, and the shape of a sample.

use super::Estimate;
use super::distribution::special::{ln_1p, stirling_rest};
use super::distribution::{noncentral_t_cdf, student_t_quantile, student_t_two_sided};
use super::rate::Interval;
use crate::statistic::{mean, sd};
use sim::math::exp;
use std::fmt;

/// Most trials of the search for a limit; it takes about ten.
const MOST_TRIALS: u32 = 200;
/// A limit is found when its probability is this near to the one sought.
const SETTLED: f64 = 1e-12;

/// A sample in three numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, n - 1.
    pub sd: f64,
    /// People.
    pub size: f64,
}

impl Summary {
    /// Of a sample.
    pub fn of(values: &[f64]) -> Self {
        Summary { mean: mean(values), sd: sd(values), size: values.len() as f64 }
    }
}

/// A standardised difference of two means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standardised {
    /// Cohen's d: the difference over the pooled standard deviation.
    pub d: f64,
    /// The factor that takes out the bias of d, a little below 1.
    pub correction: f64,
    /// Hedges' g, `d * correction`, with Student's test of the difference. Its limits are the exact ones of d for
    /// normal data, times the correction; `error` is the large-sample standard error.
    pub g: Estimate,
}

/// Standardised difference of two means, `arm - comparator`.
///
/// Sources: Hedges 1981, J Educ Stat 6:107 (correction); Hedges & Olkin 1985, Statistical Methods for Meta-Analysis,
/// chapter 5 (standard error); Steiger & Fouladi 1997 (limits by the law of Student's t off centre).
pub fn standardised(arm: Summary, comparator: Summary, level: f64) -> Standardised {
    let (n, m) = (arm.size, comparator.size);
    let df = n + m - 2.0;
    let pooled = (((n - 1.0) * arm.sd * arm.sd + (m - 1.0) * comparator.sd * comparator.sd) / df).sqrt();
    let d = (arm.mean - comparator.mean) / pooled;
    let scale = (1.0 / n + 1.0 / m).sqrt();
    let statistic = d / scale;
    let correction = hedges(df);
    let tail = 0.5 * (1.0 - level);
    let limit = |probability: f64| correction * scale * shift(statistic, df, probability);
    let estimate = d * correction;
    let g = Estimate {
        estimate,
        error: (scale * scale + estimate * estimate / (2.0 * (n + m))).sqrt(),
        df: Some(df),
        statistic,
        p: student_t_two_sided(statistic, df),
        lower: limit(1.0 - tail),
        upper: limit(tail),
        level,
    };
    Standardised { d, correction, g }
}

/// Mean change of people measured twice, and the same in standard deviations of the change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Mean change, with Student's test against none.
    pub change: Estimate,
    /// Mean change over the standard deviation of changes, Cohen's dz.
    pub dz: f64,
    /// Exact limits of dz for normal changes.
    pub limits: [f64; 2],
}

/// Of the changes of at least two people that are not all alike; else `None`.
///
/// Source: Steiger & Fouladi 1997 (limits by the law of Student's t off centre).
pub fn paired(changes: &[f64], level: f64) -> Option<Paired> {
    let of = Summary::of(changes);
    if changes.len() < 2 || !(of.sd > 0.0 && of.sd.is_finite()) {
        return None;
    }
    let root = of.size.sqrt();
    let (df, error) = (of.size - 1.0, of.sd / root);
    let statistic = of.mean / error;
    let tail = 0.5 * (1.0 - level);
    let half = student_t_quantile(1.0 - tail, df) * error;
    let change = Estimate {
        estimate: of.mean,
        error,
        df: Some(df),
        statistic,
        p: student_t_two_sided(statistic, df),
        lower: of.mean - half,
        upper: of.mean + half,
        level,
    };
    let limits = [1.0 - tail, tail].map(|p| shift(statistic, df, p) / root);
    Some(Paired { change, dz: of.mean / of.sd, limits })
}

/// `gamma(df/2) / (sqrt(df/2) gamma((df - 1)/2))`, by Stirling's formula with its rest, which does not cancel. 1 degree
/// of freedom leaves no mean to correct: 0.
pub fn hedges(df: f64) -> f64 {
    if df <= 1.0 {
        return 0.0;
    }
    let z = 0.5 * (df - 1.0);
    exp((z - 0.5) * ln_1p(0.5 / z) - 0.5 + stirling_rest(z + 0.5) - stirling_rest(z))
}

/// The shift of Student's law at which `t` has this probability below it: a falling function, so the root is bracketed
/// and found by the Illinois variant of the false position.
///
/// Source: Dowell & Jarratt 1971, BIT 11:168.
fn shift(t: f64, df: f64, probability: f64) -> f64 {
    let over = |s: f64| noncentral_t_cdf(t, df, s) - probability;
    // The width of Student's law at its centre starts the bracket.
    let mut reach = 1.0 - student_t_quantile(probability.min(1.0 - probability), df);
    let (mut low, mut high) = (t - reach, t + reach);
    while over(low) < 0.0 && reach < f64::MAX {
        reach *= 2.0;
        low = t - reach;
    }
    while over(high) > 0.0 && reach < f64::MAX {
        reach *= 2.0;
        high = t + reach;
    }
    let (mut at_low, mut at_high) = (over(low), over(high));
    let mut middle = 0.5 * (low + high);
    for _ in 0..MOST_TRIALS {
        middle = (low * at_high - high * at_low) / (at_high - at_low);
        let at = over(middle);
        if at.abs() <= SETTLED || middle == low || middle == high {
            break;
        }
        // The end that stays twice loses half its weight, so both ends move.
        if at > 0.0 {
            (low, at_low) = (middle, at);
            at_high *= 0.5;
        } else {
            (high, at_high) = (middle, at);
            at_low *= 0.5;
        }
    }
    middle
}

/// How many people are treated for one more to benefit, or to be harmed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NumberNeeded {
    /// The whole interval is benefit.
    Benefit(Interval),
    /// The whole interval is harm.
    Harm(Interval),
    /// The interval of the difference includes 0: from benefit through infinity to harm.
    Either {
        /// One over the difference: above 0 for benefit, below for harm.
        estimate: f64,
        /// The interval holds every number needed for benefit from this one up; infinite where none.
        benefit: f64,
        /// The interval holds every number needed for harm from this one up; infinite where none.
        harm: f64,
        /// Confidence level.
        level: f64,
    },
}

/// Number needed to treat from a difference of rates and its limits, where a positive difference is benefit.
///
/// Source: Altman 1998, BMJ 317:1309.
pub fn number_needed(difference: &Estimate) -> NumberNeeded {
    let Estimate { estimate, lower, upper, level, .. } = *difference;
    if lower > 0.0 {
        NumberNeeded::Benefit(Interval { estimate: 1.0 / estimate, lower: 1.0 / upper, upper: 1.0 / lower, level })
    } else if upper < 0.0 {
        NumberNeeded::Harm(Interval { estimate: -1.0 / estimate, lower: -1.0 / lower, upper: -1.0 / upper, level })
    } else {
        let (benefit, harm) = (1.0 / upper.abs(), 1.0 / lower.abs());
        NumberNeeded::Either { estimate: 1.0 / estimate, benefit, harm, level }
    }
}

impl fmt::Display for NumberNeeded {
    /// As in `NNTB 10 (NNTB 4 to inf to NNTH 20)`, with one decimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NumberNeeded::Benefit(i) => write!(f, "NNTB {:.1} ({:.1} to {:.1})", i.estimate, i.lower, i.upper),
            NumberNeeded::Harm(i) => write!(f, "NNTH {:.1} ({:.1} to {:.1})", i.estimate, i.lower, i.upper),
            NumberNeeded::Either { estimate, benefit, harm, .. } => {
                let side = if estimate.is_sign_negative() { "NNTH" } else { "NNTB" };
                write!(f, "{side} {:.1} (NNTB {benefit:.1} to inf to NNTH {harm:.1})", estimate.abs())
            }
        }
    }
}

/// Probability that a person of the arm has a larger value than one of the comparator, ties counting half; 0.5 is no
/// difference. `statistic` and `p` test 0.5 and the limits are cut at 0 and 1; variances may differ.
///
/// Source: Brunner & Munzel 2000, Biom J 42:17; the variance is that of DeLong et al. 1988, Biometrics 44:837.
pub fn probability_larger(arm: &[f64], comparator: &[f64], level: f64) -> Estimate {
    let (above, below) = (placements(arm, comparator), placements(comparator, arm));
    let (n, m) = (arm.len() as f64, comparator.len() as f64);
    let variance = |places: &[f64], size: f64| {
        let spread = sd(places);
        spread * spread / size
    };
    let (a, b) = (variance(&above, n), variance(&below, m));
    let df = (a + b) * (a + b) / (a * a / (n - 1.0) + b * b / (m - 1.0));
    let centred = Estimate::new(mean(&above) - 0.5, (a + b).sqrt(), Some(df), level);
    Estimate {
        estimate: centred.estimate + 0.5,
        lower: (centred.lower + 0.5).max(0.0),
        upper: (centred.upper + 0.5).min(1.0),
        ..centred
    }
}

/// For each value the share of others that are smaller, ties counting half.
fn placements(values: &[f64], others: &[f64]) -> Vec<f64> {
    let mut sorted = others.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = |v: &f64| {
        let (smaller, not_larger) = (sorted.partition_point(|o| o < v), sorted.partition_point(|o| o <= v));
        0.5 * (smaller + not_larger) as f64 / sorted.len() as f64
    };
    values.iter().map(place).collect()
}

/// The shape of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Skewness, corrected for the size of the sample; 0 for a symmetric one.
    pub skewness: f64,
    /// Kurtosis above that of the normal law, corrected for the size of the sample; -1.2 for a uniform one.
    pub kurtosis: f64,
    /// Bimodality coefficient: above [`UNIFORM_BIMODALITY`] it hints at two modes, or at a strong skew.
    pub bimodality: f64,
}

/// Bimodality coefficient of a uniform law (0.555); a normal law has 1/3, two points of equal weight 1.
///
/// Source: SAS/STAT User's Guide, the CLUSTER procedure.
pub const UNIFORM_BIMODALITY: f64 = 5.0 / 9.0;

/// Shape of a sample of at least four values that differ; NaN of others.
///
/// Source: SAS/STAT User's Guide, the CLUSTER procedure: `(s^2 + 1) / (k + 3 (n - 1)^2 / ((n - 2)(n - 3)))`; Pfister et
/// al. 2013, Front Psychol 4:700.
pub fn shape(values: &[f64]) -> Shape {
    let n = values.len() as f64;
    if n < 4.0 {
        return Shape { skewness: f64::NAN, kurtosis: f64::NAN, bimodality: f64::NAN };
    }
    let (centre, spread) = (mean(values), sd(values));
    let moment = |power: fn(f64) -> f64| values.iter().map(|v| power((v - centre) / spread)).sum::<f64>();
    let skewness = n / ((n - 1.0) * (n - 2.0)) * moment(|z| z * z * z);
    let normal = 3.0 * (n - 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0));
    let kurtosis = n * (n + 1.0) / ((n - 1.0) * (n - 2.0) * (n - 3.0)) * moment(|z| z * z * z * z) - normal;
    Shape { skewness, kurtosis, bimodality: (skewness * skewness + 1.0) / (kurtosis + normal) }
}
