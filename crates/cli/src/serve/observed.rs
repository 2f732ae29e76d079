//! What was measured under the same doses: curves of volunteers, and means of trials, with how far the model is from them.

use super::data::Data;
use super::schema::{Observed, Point};
use crate::figure::words;
use model::source::SourceMap;
use resynapse::atlas::{Atlas, DEFAULT_CONDITION};
use resynapse::regimen::{self, Dose};
use resynapse::run::{Plan, Results};
use std::collections::BTreeMap;
use study::statistic::median;
use study::target::{Targets, Usage};

/// Unit of scores, in the ledger's spelling.
const POINT: &str = "point";
/// The score as a rater gives it in a trial, and the trace that shows it.
const RATED: (&str, &str) = ("madrs.rated", "madrs.total");

/// Everything measured, with the doses it belongs to.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    all: Vec<Measured>,
}

/// Points of one study.
#[derive(Clone, Debug)]
struct Measured {
    doses: Vec<Dose>,
    /// Condition of the people; any where `None`.
    condition: Option<String>,
    port: String,
    name: String,
    source: String,
    address: String,
    calibration: bool,
    points: Vec<At>,
}

/// One point, in the coherent unit of a curve or in the unit of the trace.
#[derive(Clone, Copy, Debug)]
struct At {
    at_h: f64,
    value: f64,
    interval: Option<(f64, f64)>,
    what: What,
}

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    /// In coherent units.
    Coherent,
    /// A score.
    Level,
    /// A change from before.
    Change,
}

impl Curves {
    /// Curves of the explorer's list and means of the table of targets.
    pub fn new(atlas: &Atlas, data: &Data, targets: &Targets) -> Curves {
        let doses = |what: &str| regimen::sentence(atlas, &mut SourceMap::default(), what).ok().map(|r| r.doses);
        let mut all = Vec::new();
        for curve in &data.curves {
            let Some(doses) = doses(&curve.what) else { continue };
            let source = atlas.library.ledger.source(&curve.source);
            let at =
                |(at_h, value): &(f64, f64)| At { at_h: *at_h, value: *value, interval: None, what: What::Coherent };
            all.push(Measured {
                doses,
                condition: None,
                port: curve.port.clone(),
                name: curve.name.clone(),
                source: source.map_or(curve.source.clone(), |s| format!("{} {} {}", s.authors, s.year, s.title)),
                address: source.map_or(String::new(), |s| s.address.clone()),
                calibration: curve.calibration,
                points: curve.points.iter().map(at).collect(),
            });
        }
        all.extend(of_trials(targets, &doses));
        Curves { all }
    }

    /// What was measured of a trace under the doses of a run.
    pub fn over(&self, results: &Results, k: usize) -> Vec<Observed> {
        let plan = results.plan();
        let trace = &results.traces()[k];
        let fits = |m: &&Measured| m.port == trace.port && m.fits(plan);
        let told = self.all.iter().filter(fits).filter_map(|m| {
            let points: Vec<Point> = m.points.iter().filter_map(|p| point(results, k, p)).collect();
            (!points.is_empty()).then(|| Observed {
                name: m.name.clone(),
                source: m.source.clone(),
                address: m.address.clone(),
                calibration: m.calibration,
                misfit: misfit(results, k, &points),
                points,
            })
        });
        told.collect()
    }
}

impl Measured {
    fn fits(&self, plan: &Plan) -> bool {
        self.doses == plan.regimen.doses && self.condition.as_ref().is_none_or(|c| *c == plan.patient.condition)
    }
}

/// Means of arms that are read off a reported signal as it is, study by study.
fn of_trials(targets: &Targets, doses: &dyn Fn(&str) -> Option<Vec<Dose>>) -> Vec<Measured> {
    let mut studies: BTreeMap<(String, String, String), Measured> = BTreeMap::new();
    for t in targets.rows.iter().filter(|t| t.usage != Usage::Show && t.comparator.is_empty()) {
        let (Some(endpoint), Some(given)) = (targets.endpoints.get(&t.endpoint), targets.given.get(&t.scenario)) else {
            continue;
        };
        let what = match t.statistic.as_str() {
            "mean" => What::Level,
            "mean_change" => What::Change,
            _ => continue,
        };
        if endpoint.rule.is_some() || endpoint.complement || given.dose.is_empty() {
            continue;
        }
        let (Some(at_h), Some(value), Some(doses)) = (t.time_h, t.estimate, doses(&given.dose)) else { continue };
        let port = if endpoint.port == RATED.0 { RATED.1 } else { &endpoint.port };
        let setting = targets.settings.get(&t.study);
        let condition = setting.and_then(|s| s.condition.clone()).unwrap_or_else(|| DEFAULT_CONDITION.into());
        let key = (t.study.clone(), t.scenario.clone(), port.to_string());
        let n = t.n.map_or(String::new(), |n| format!(", {n} people"));
        let measured = studies.entry(key).or_insert_with(|| Measured {
            doses,
            condition: Some(condition),
            port: port.into(),
            name: format!("{}{n}, mean", t.study),
            source: t.source.clone(),
            address: String::new(),
            calibration: true,
            points: Vec::new(),
        });
        measured.points.push(At { at_h, value, interval: t.interval, what });
    }
    studies.into_values().collect()
}

/// A point in the unit of the trace; `None` beyond the end of the run.
fn point(results: &Results, k: usize, at: &At) -> Option<Point> {
    if at.at_h > results.plan().until_h {
        return None;
    }
    let trace = &results.traces()[k];
    let rest = results.treated().values[k].first().copied().unwrap_or(f64::NAN);
    let shown = |x: f64| match at.what {
        What::Coherent => trace.unit.from_coherent(x),
        What::Level => x,
        What::Change => rest + x,
    };
    let (low, high) = at.interval.map_or((None, None), |(a, b)| (Some(shown(a)), Some(shown(b))));
    Some(Point { at_h: at.at_h, value: shown(at.value), low, high })
}

/// How far the curve is from the points, in words.
fn misfit(results: &Results, k: usize, points: &[Point]) -> String {
    let trace = &results.traces()[k];
    let many = if points.len() == 1 { "one point".to_string() } else { format!("{} points", points.len()) };
    let model = |p: &Point| results.treated().at(k, p.at_h);
    // One person is drawn, groups were measured: a score is compared in its unit, a concentration as a share.
    if trace.lane == "blood" || trace.lane == "brain" {
        let errors: Vec<f64> = points.iter().map(|p| 100.0 * (model(p) / p.value - 1.0)).collect();
        let size = median(&errors.iter().map(|e| e.abs()).collect::<Vec<_>>());
        let lean = median(&errors);
        let side = if lean > 0.0 { "above" } else { "below" };
        return format!("median error {} % over {many}; the curve is mostly {side}", words::whole(size));
    }
    let errors: Vec<f64> = points.iter().map(|p| model(p) - p.value).collect();
    let size = median(&errors.iter().map(|e| e.abs()).collect::<Vec<_>>());
    let side = if median(&errors) > 0.0 { "higher" } else { "lower" };
    let unit = if trace.unit.text == POINT { "points".into() } else { words::unit(&trace.unit) };
    format!("the typical person is {} {unit} {side} than the mean of the group, median over {many}", words::score(size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use resynapse::atlas::Embedded;
    use resynapse::run::run;

    fn observed(what: &str, port: &str) -> Vec<Observed> {
        let atlas = Atlas::embedded();
        let data = Data::load(&atlas, &Embedded).unwrap_or_default();
        let targets = Targets::load(&atlas, &Embedded).unwrap_or_default();
        let curves = Curves::new(&atlas, &data, &targets);
        let regimen = regimen::sentence(&atlas, &mut SourceMap::default(), what).expect("a sentence");
        let results = run(&atlas, &Plan::new(what, regimen)).expect("a run");
        curves.over(&results, results.trace(port).expect("a trace"))
    }

    #[test]
    fn agrees_with_printed_means() {
        let found = observed("ketamine 0.5 mg/kg iv over 40 min", "madrs.total");
        assert!(!found.is_empty() && found.iter().all(|o| !o.points.is_empty() && o.misfit.contains("points")));
        let day = found.iter().flat_map(|o| &o.points).find(|p| p.at_h == 24.0).expect("a point at a day");
        assert!((10.0..30.0).contains(&day.value));
    }

    #[test]
    fn agrees_with_digitised_curves() {
        let otto = observed("esketamine 10 mg iv over 30 min", "plasma.ketamine");
        assert_eq!((otto.len(), otto[0].points[0].value.round()), (1, 56.0));
        assert!(otto[0].misfit.contains('%'));
        let steps = "ketamine 0.28 mg/kg/h iv over 1 h then ketamine 0.57 mg/kg/h iv over 1 h then ketamine 1.14 mg/kg/h iv over 1 h";
        assert_eq!(observed(steps, "plasma.ketamine_arterial").len(), 1);
        // Other doses were not measured.
        assert!(observed("esketamine 11 mg iv over 30 min", "plasma.ketamine").is_empty());
    }
}
