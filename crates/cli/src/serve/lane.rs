//! The five lanes of the page: traces grouped, thinned to what a screen can show, with words and grades.

use super::observed::Curves;
use super::schema::{Badge, DoseMark, Extreme, GradeCount, Lane, LaneId, Panel, Signal};
use crate::figure::{Time, kin, moved, present, shared_part, words};
use crate::report::told;
use model::ledger::Grade;
use resynapse::compound::route_title;
use resynapse::provenance::GradeProfile;
use resynapse::regimen::Dose;
use resynapse::run::{Course, Results};

/// Lanes of traces, and whether each is shown at once.
type Members = &'static [(&'static str, bool)];

/// Which lanes of the traces make a lane of the page, and which of them are shown at once.
const LANES: [(LaneId, &str, Members); 5] = [
    (LaneId::Blood, "Blood and brain", &[("blood", true), ("brain", true)]),
    (LaneId::Receptor, "Receptor", &[("receptor", true)]),
    (LaneId::Circuit, "Circuit", &[("circuit", true), ("network", false)]),
    (LaneId::Plasticity, "Growth signals and synapses", &[("signalling", true), ("synapse", true)]),
    (
        LaneId::Symptom,
        "Symptom and side effects",
        &[
            ("symptom", true),
            ("acute", true),
            ("scales", false),
            ("stress", false),
            ("cognition", false),
            ("long use", false),
        ],
    ),
];

/// Lanes whose axis is logarithmic.
const CONCENTRATIONS: [&str; 2] = ["blood", "brain"];
/// Shares of people: told as so many of a hundred.
const RISKS: [&str; 4] =
    ["nausea.probability", "sedation.unresponsive", "urothelial.symptoms", "group.misuse_liability"];
/// Their unit.
const OF_100: &str = "of 100 people";
/// Below this a risk is not drawn.
const RISK_SHOWN: f64 = 0.1;
/// The lane of side effects.
const ACUTE: &str = "acute";
/// Lanes in which a smaller number is a better one.
const COMPLAINTS: [&str; 2] = ["symptom", "scales"];
/// Lanes in which expectation is told from the drug.
const HOPED: [&str; 2] = ["symptom", "scales"];
/// Points of the axis of time that a screen can tell apart.
const PLACES: f64 = 300.0;
/// A signal that has changed by this share of its range since the last kept point is shown again.
const STEP: f64 = 0.05;
/// Ids of weakest rows that a badge names.
const NAMED: usize = 5;

/// The lanes of a run, on their own grid of time.
pub fn lanes(results: &Results, curves: &Curves) -> (Vec<f64>, Vec<Lane>) {
    let shown: Vec<usize> = (0..results.traces().len()).filter(|k| seen(results, *k, &kin(results, *k))).collect();
    let times = grid(results, &shown);
    let told = told(results);
    let lanes = LANES.iter().map(|(id, title, members)| {
        let mut panels = Vec::new();
        let mut traces = Vec::new();
        for (lane, main) in *members {
            for group in groups(results, lane) {
                traces.extend(group.iter().copied().filter(|k| shown.contains(k)));
                panels.extend(panel(results, &group, *main, &times, curves));
            }
        }
        let of = |lane: &str| {
            let (_, sentences) = told.iter().find(|(name, _)| *name == crate::figure::lane_title(lane))?;
            sentences.first().map(|(text, _)| text.clone())
        };
        let telling = if *id == LaneId::Plasticity { "synapse" } else { members[0].0 };
        let sentence = of(telling).unwrap_or_default();
        Lane { id: *id, title: title.to_string(), sentence, badge: joined(results, &traces), panels }
    });
    let lanes = lanes.collect();
    (times, lanes)
}

/// Traces of a lane that share a unit, in order.
fn groups(results: &Results, lane: &str) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> =
        (0..results.traces().len()).filter(|k| results.traces()[*k].lane == lane).map(|k| kin(results, k)).collect();
    groups.sort();
    groups.dedup();
    groups
}

fn panel(results: &Results, group: &[usize], main: bool, times: &[f64], curves: &Curves) -> Option<Panel> {
    let first = &results.traces()[*group.first()?];
    let labels: Vec<&str> = group.iter().map(|k| results.traces()[*k].label.as_str()).collect();
    let (shared, names) = shared_part(&labels);
    let shown: Vec<usize> = group.iter().copied().filter(|k| seen(results, *k, group)).collect();
    if shown.is_empty() {
        return None;
    }
    let title = match (group.len(), shared) {
        (1, _) => first.label.clone(),
        (_, Some(shared)) => shared.to_string(),
        // Side effects have no more in common than their unit.
        _ if first.lane == ACUTE => words::list(&labels.iter().map(|l| plain(l)).collect::<Vec<_>>()),
        _ => crate::figure::lane_title(&first.lane),
    };
    let signals = shown.iter().map(|k| {
        let short = group.iter().position(|g| g == k).map_or("", |i| names[i]);
        signal(results, *k, &plain(short), times, curves)
    });
    Some(Panel {
        id: format!("{}-{}", first.lane.replace(' ', "_"), first.port.replace('.', "_")),
        title,
        unit: match shown.iter().all(|k| RISKS.contains(&results.traces()[*k].port.as_str())) {
            true => OF_100.into(),
            false => words::unit(&first.unit),
        },
        log: CONCENTRATIONS.contains(&first.lane.as_str()),
        main,
        lower_is_better: COMPLAINTS.contains(&first.lane.as_str()),
        badge: joined(results, &shown),
        signals: signals.collect(),
    })
}

/// Whether a trace is worth a curve: a risk of next to nobody is not.
fn seen(results: &Results, k: usize, group: &[usize]) -> bool {
    let trace = &results.traces()[k];
    let most = results.treated().values[k].iter().copied().fold(0.0, f64::max);
    present(results, k, group)
        && (!RISKS.contains(&trace.port.as_str()) || most * of_100(&trace.unit.text) >= RISK_SHOWN)
}

/// What turns a share into people of a hundred.
fn of_100(unit: &str) -> f64 {
    if unit == "1" { 100.0 } else { 1.0 }
}

/// A label without what its lane or its unit says already.
fn plain(label: &str) -> String {
    const SAID: [&str; 5] = [", venous plasma", ", group share", " in this session", ", CADSS change", ", change"];
    SAID.iter().fold(label.to_string(), |text, said| text.replace(said, ""))
}

fn signal(results: &Results, k: usize, short: &str, times: &[f64], curves: &Curves) -> Signal {
    let trace = &results.traces()[k];
    let course = results.treated();
    // A risk is told as people of a hundred.
    let risk = RISKS.contains(&trace.port.as_str());
    let scale = if risk { of_100(&trace.unit.text) } else { 1.0 };
    let on_grid = |course: &Course| times.iter().map(|t| shown(scale * course.at(k, *t))).collect::<Vec<_>>();
    let untreated = results.untreated();
    let (at_h, value) = crate::figure::farthest(course, k);
    let hoped = HOPED.contains(&trace.lane.as_str());
    Signal {
        port: trace.port.clone(),
        label: trace.label.clone(),
        short: short.to_string(),
        unit: if risk { OF_100.into() } else { words::unit(&trace.unit) },
        values: on_grid(course),
        untreated: moved(untreated, k).then(|| on_grid(untreated)),
        drug_alone: (hoped && moved(course, k)).then(|| on_grid(results.without_expectancy())),
        rest: course.values[k].first().copied().map_or(0.0, |x| shown(scale * x)),
        extreme: moved(course, k).then(|| Extreme {
            at_h,
            value: shown(scale * value),
            words: match risk {
                true => format!("{} at {}", people(scale * value), words::span(at_h)),
                false => crate::figure::extreme_in_words(course, trace, k),
            },
        }),
        badge: badge(&results.provenance().grades[k]),
        observed: curves.over(results, k),
    }
}

/// Times at which a curve is told: as dense as a screen can show, denser where something moves fast.
fn grid(results: &Results, shown: &[usize]) -> Vec<f64> {
    let plan = results.plan();
    let time = Time::suited(plan.regimen.doses.iter().map(|d| d.at_h), plan.until_h);
    let course = results.treated();
    let range = |k: usize| {
        let v = course.values[k].iter().copied().filter(|x| x.is_finite());
        let (low, high) = v.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
        if high > low { high - low } else { f64::INFINITY }
    };
    let ranges: Vec<(usize, f64)> = shown.iter().map(|k| (*k, range(*k))).collect();
    let n = course.times_h.len();
    let mut kept: Vec<usize> = Vec::new();
    for i in 0..n {
        let Some(&last) = kept.last() else {
            kept.push(i);
            continue;
        };
        let apart = time.place(course.times_h[i]) - time.place(course.times_h[last]) >= 1.0 / PLACES;
        let leaps = |(k, range): &(usize, f64)| {
            let v = &course.values[*k];
            // The point before a leap is kept as well, so that a corner stays one.
            (v[i] - v[last]).abs() > STEP * range
        };
        if i + 1 == n || apart || ranges.iter().any(leaps) {
            kept.push(i);
        }
    }
    let mut times: Vec<f64> = kept.into_iter().map(|i| course.times_h[i]).collect();
    times.dedup();
    times
}

/// Four significant figures: more than a screen shows, fewer bytes.
pub fn rounded(x: f64) -> Option<f64> {
    if !x.is_finite() {
        return None;
    }
    if x == 0.0 {
        return Some(0.0);
    }
    let scale = 10_f64.powi(3 - x.abs().log10().floor() as i32);
    let short = (x * scale).round() / scale;
    Some(if short.is_finite() { short } else { x })
}

/// The same for what is known to be a number.
pub fn shown(x: f64) -> f64 {
    rounded(x).unwrap_or(x)
}

/// A share as people.
fn people(of_100: f64) -> String {
    if of_100 > 0.0 && of_100 < 1.0 { "fewer than 1 of 100".into() } else { format!("{:.0} of 100", of_100) }
}

/// The grades behind a signal.
pub fn badge(profile: &GradeProfile) -> Badge {
    Badge {
        weakest: profile.weakest.map(Into::into),
        meaning: profile.weakest.map_or(String::new(), |g| g.meaning().to_string()),
        counts: profile.counts.iter().map(|(g, n)| GradeCount { grade: (*g).into(), rows: *n }).collect(),
        rows: profile.weakest_rows.iter().take(NAMED).cloned().collect(),
    }
}

/// The grades behind several signals: those of the one with the worst grade, and of these the one that rests on most.
fn joined(results: &Results, traces: &[usize]) -> Badge {
    let grades = &results.provenance().grades;
    let rows = |profile: &GradeProfile| profile.counts.values().sum::<usize>();
    let worst = traces.iter().map(|k| &grades[*k]).max_by_key(|p: &&GradeProfile| (p.weakest.map(rank), rows(p)));
    worst.map_or_else(Badge::default, badge)
}

fn rank(grade: Grade) -> usize {
    Grade::ALL.iter().position(|g| *g == grade).unwrap_or(0)
}

/// A dose as it is marked.
pub fn mark(dose: &Dose) -> DoseMark {
    use resynapse::quantity::Amount;
    const MG_PER_KG: f64 = 1e6;
    let amount = match dose.amount {
        Amount::Mass(kg) => format!("{} mg", words::tick(rounded(kg * MG_PER_KG).unwrap_or(0.0))),
        Amount::MassPerBody(share) => format!("{} mg/kg", words::tick(rounded(share * MG_PER_KG).unwrap_or(0.0))),
        Amount::Substance(umol) => format!("{} µmol", words::number(umol)),
    };
    let over = if dose.over_h > 0.0 { format!(" over {}", words::span(dose.over_h)) } else { String::new() };
    let text = format!("{} {amount}, {}{over}", dose.compound, route_title(&dose.route));
    DoseMark { at_h: dose.at_h, over_h: dose.over_h, text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::tests::results;

    #[test]
    fn agrees_with_the_course_it_thins() {
        for what in ["ketamine 0.5 mg/kg iv over 40 min", "esketamine 84 mg nasal twice weekly for 4 weeks"] {
            let (_, results) = results(what);
            let (times, lanes) = lanes(&results, &Curves::default());
            assert!(times.len() < 1200 && times.is_sorted_by(|a, b| a < b), "{} points", times.len());
            assert_eq!(lanes.iter().map(|l| l.id).collect::<Vec<_>>(), LANES.map(|l| l.0));
            for lane in &lanes {
                assert!(!lane.sentence.is_empty() && lane.badge.weakest.is_some(), "{what}: {}", lane.title);
                for signal in lane.panels.iter().flat_map(|p| &p.signals) {
                    assert_eq!(signal.values.len(), times.len());
                    // The highest point of the run is still there.
                    let k = results.trace(&signal.port).expect("a trace");
                    let full = results.treated().values[k].iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let low = results.treated().values[k].iter().copied().fold(f64::INFINITY, f64::min);
                    let seen = signal.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    assert!(
                        full - seen <= 0.06 * (full - low) + 1e-3 * full.abs(),
                        "{}: {seen} of {full}",
                        signal.port
                    );
                }
            }
        }
    }

    #[test]
    fn agrees_with_four_figures() {
        assert_eq!(rounded(195.6789), Some(195.7));
        assert_eq!(rounded(-0.000123456), Some(-0.0001235));
        assert_eq!((rounded(f64::NAN), rounded(0.0)), (None, Some(0.0)));
    }
}
