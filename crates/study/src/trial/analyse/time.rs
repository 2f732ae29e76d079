//! Times to an event.

use super::{Detail, Found, LEVEL, Scale};
use crate::analysis::Direction;
use crate::analysis::distribution::normal_cdf;
use crate::analysis::survival::cox::{Row, Ties, cox};
use crate::analysis::survival::curve::Curve;
use crate::analysis::survival::log_rank::{Member, log_rank};
use crate::analysis::survival::{self, Seen};
use crate::trial::design::{Analysis, Design, TimeTo};
use crate::trial::schema::Record;
use crate::trial::summary::time_to;

pub(super) fn survival(
    design: &Design,
    analysis: &Analysis,
    what: TimeTo,
    records: &[Record],
) -> Result<Found, String> {
    let (one, two) = analysis.contrast;
    let mut members = Vec::new();
    let mut rows = Vec::new();
    let mut curves: [Vec<Seen>; 2] = [Vec::new(), Vec::new()];
    for record in records.iter().filter(|r| r.failure.is_none()) {
        let treatment = design.layout.sequences[record.sequence as usize][0] as usize;
        let group = match treatment {
            t if t == one => 0,
            t if t == two => 1,
            _ => continue,
        };
        let Some((time, event)) = time_to(design.outcome.measure, record, what) else { continue };
        let stratum = record.stratum as usize;
        members.push(Member { time, event, group, stratum });
        rows.push(Row { time, event, stratum, covariates: vec![1.0 - group as f64] });
        curves[group].push(Seen { time, event });
    }
    let n = (curves[0].len(), curves[1].len());
    let test = log_rank(&members).map_err(|e| e.to_string())?;
    let fit = cox(&rows, &["treatment"], Ties::Efron, LEVEL).map_err(|e| e.to_string())?;
    let ratio = fit.hazard_ratio(0);
    // More events than expected are better or worse by what the event is.
    let z = test.score(0);
    let p = match analysis.better.direction() {
        Direction::Less => normal_cdf(z),
        Direction::Greater => normal_cdf(-z),
    };
    let mut details = vec![Detail::new("log-rank p, two-sided", test.test.p)];
    for (group, name) in [(0, "median time, d"), (1, "comparator's median time, d")] {
        let curve = Curve::new(&curves[group], survival::Scale::LogLog, LEVEL).map_err(|e| e.to_string())?;
        let median = curve.median();
        details.push(Detail::between(name, median.estimate, median.lower, median.upper));
    }
    details.push(Detail::new("events", fit.events as f64));
    Ok(Found {
        scale: Scale::HazardRatio,
        estimate: ratio.estimate,
        lower: ratio.lower,
        upper: ratio.upper,
        error: fit.coefficients[0].error,
        df: None,
        p,
        adjusted: f64::NAN,
        significant: false,
        n,
        details,
        sensitivity: None,
    })
}
