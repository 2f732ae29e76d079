//! Tables of what came out: exposure, extremes, mood, knock-outs, and the values behind the figure.

use crate::figure::{farthest, lane_title, words};
use crate::report::badge;
use crate::report::sureness::identifier;
use maud::{Markup, html as page};
use model::unit::Unit;
use resynapse::run::{KnockoutTable, Results};

/// Lane whose signals get areas under the curve.
const BLOOD: &str = "blood";
const SYMPTOM: &str = "symptom";
const DAY_H: f64 = 24.0;
/// Times at which the score is told, h.
const MOOD_H: [f64; 6] = [4.0, 24.0, 48.0, 168.0, 336.0, 672.0];
/// Times of the table behind the figure, h.
const DATA_H: [f64; 15] =
    [0.0, 1.0 / 6.0, 2.0 / 3.0, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0, 48.0, 72.0, 168.0, 336.0, 504.0, 672.0];

/// Highest concentrations and areas under them.
pub fn exposure(results: &Results) -> Markup {
    let until_h = results.plan().until_h;
    let course = results.treated();
    let areas: Vec<f64> = [DAY_H, until_h].into_iter().filter(|t| *t <= until_h).collect();
    let areas = if areas.len() == 2 && areas[0] == areas[1] { &areas[..1] } else { &areas };
    page! {
        section #exposure {
            h2 { "Exposure" }
            div.wide { table {
                thead { tr {
                    th scope="col" { "In blood" } th.num scope="col" { "highest" } th.num scope="col" { "when" } th scope="col" { "unit" }
                    @for t in areas { th.num scope="col" { "area, 0 to " (words::span(*t)) } }
                    th scope="col" { "unit" } th scope="col" { "grade" }
                } }
                tbody { @for (k, trace) in results.traces().iter().enumerate().filter(|(_, t)| t.lane == BLOOD) {
                    @let (at_h, most) = farthest(course, k);
                    tr {
                        th scope="row" { (trace.label) }
                        td.num { (words::number(most)) }
                        td.num { @if most == 0.0 { "–" } @else { (words::span(at_h)) } }
                        td { (words::unit(&trace.unit)) }
                        @for t in areas { td.num { (words::number(course.area(k, *t))) } }
                        td { (area_unit(&trace.unit)) }
                        td { (badge(results.provenance().grades[k].weakest)) }
                    }
                } }
            } }
        }
    }
}

/// `ng/mL` becomes `ng·h/mL`.
fn area_unit(unit: &Unit) -> String {
    let text = words::unit(unit);
    match text.split_once('/') {
        Some((top, bottom)) => format!("{top}·h/{bottom}"),
        None => format!("{text}·h"),
    }
}

/// How far every other signal goes from rest.
pub fn extremes(results: &Results) -> Markup {
    let course = results.treated();
    page! {
        section #extremes {
            h2 { "How far signals go from rest" }
            div.wide { table {
                thead { tr {
                    th scope="col" { "Lane" } th scope="col" { "signal" } th.num scope="col" { "at rest" } th.num scope="col" { "farthest" }
                    th.num scope="col" { "when" } th.num scope="col" { "after " (words::span(results.plan().until_h)) }
                    th scope="col" { "unit" } th scope="col" { "grade" }
                } }
                tbody { @for (k, trace) in results.traces().iter().enumerate().filter(|(_, t)| t.lane != BLOOD) {
                    @let (at_h, most) = farthest(course, k);
                    @let rest = course.values[k].first().copied().unwrap_or(f64::NAN);
                    @let end = course.at(k, results.plan().until_h);
                    @let text = |v: f64| cell(v, most.abs().max(rest.abs()), &trace.unit);
                    tr {
                        td { (lane_title(&trace.lane)) }
                        th scope="row" { (trace.label) }
                        td.num { (text(rest)) } td.num { (text(most)) }
                        td.num { @if most == rest { "–" } @else { (words::span(at_h)) } }
                        td.num { (text(end)) }
                        td { (words::unit(&trace.unit)) }
                        td { (badge(results.provenance().grades[k].weakest)) }
                    }
                } }
            } }
            p.note { "A unit “relative” is a ratio: 1 is the value at rest, or that of a healthy person." }
        }
    }
}

/// The score, treated and untreated, and the share of drug and expectation in the difference.
pub fn mood(results: &Results) -> Markup {
    let until_h = results.plan().until_h;
    let times: Vec<f64> = MOOD_H.into_iter().filter(|t| *t <= until_h).collect();
    let priors: Vec<&resynapse::provenance::UsedParameter> =
        results.provenance().parameters.iter().filter(|p| p.row.id.starts_with("expectancy.")).collect();
    page! {
        @for (k, trace) in results.traces().iter().enumerate().filter(|(_, t)| t.lane == SYMPTOM) {
            section #mood {
                h2 { "Mood: " (trace.label) }
                div.wide { table {
                    thead { tr {
                        th scope="col" { "Time since the first dose" } th.num scope="col" { "untreated" } th.num scope="col" { "treated" }
                        th.num scope="col" { "difference" } th.num scope="col" { "of which drug" } th.num scope="col" { "of which expectation" }
                    } }
                    tbody { @for t in &times {
                        @let (all, drug) = (results.difference(k, *t), results.drug_part(k, *t));
                        tr {
                            th scope="row" { (words::span(*t)) }
                            td.num { (words::score(results.untreated().at(k, *t))) }
                            td.num { (words::score(results.treated().at(k, *t))) }
                            td.num { strong { (words::score(all)) } }
                            td.num { (words::score(drug)) }
                            td.num { (words::score(all - drug)) }
                        }
                    } }
                } }
                p {
                    "Scores in " (words::unit(&trace.unit)) "; a negative difference means fewer symptoms. Rounding can make the two parts differ from the whole by 0.1. " (badge(results.provenance().grades[k].weakest))
                }
                p {
                    strong { "The split between drug and expectation is a stated prior, not a finding. " }
                    "“Drug” is the difference that is left when the session raises no expectation; “expectation” is the rest. "
                    "An improvement that each would bring alone is counted once, with the drug: expectation by itself would do more than its column says."
                }
                @if !priors.is_empty() {
                    p.rows { "It rests on: " @for (i, p) in priors.iter().enumerate() {
                        @if i > 0 { ", " } a href={ "#row-" (p.row.id) } { (identifier(&p.row.id)) } " (" (p.row.grade()) ")"
                    } "." }
                }
            }
        }
    }
}

/// The effect that is left when one link is held at rest.
pub fn knockout(table: &KnockoutTable) -> Markup {
    let share = |left: f64, intact: f64| -> String {
        if intact == 0.0 { "–".into() } else { format!("{} %", words::whole(100.0 * left / intact)) }
    };
    page! {
        section #knockout {
            h2 { "Which links carry it" }
            p { "The same run with one link of the chain held at its drug-free value: the effect on the MADRS that is left, in points and as a share of the whole effect. A link with little left below it carries much." }
            div.wide { table {
                thead { tr { th scope="col" { "Held at rest" } @for t in &table.times_h { th.num scope="col" { "at " (words::span(*t)) } th.num scope="col" { "share" } } } }
                tbody {
                    tr { th scope="row" { "nothing" } @for x in &table.intact { td.num { strong { (words::score(*x)) } } td.num { (share(*x, *x)) } } }
                    @for link in &table.links {
                        tr {
                            th scope="row" { (link.name) @if link.expectancy { " (not a link of the drug)" } }
                            @for (left, intact) in link.left.iter().zip(&table.intact) { td.num { (words::score(*left)) } td.num { (share(*left, *intact)) } }
                        }
                    }
                }
            } }
            p.note { "Holding a link of the drug does not touch expectation: part of what is left is expectation, about which little is known (see above)." }
        }
    }
}

/// The curves as numbers.
pub fn data(results: &Results) -> Markup {
    let until_h = results.plan().until_h;
    let mut times: Vec<f64> = DATA_H.into_iter().filter(|t| *t <= until_h).collect();
    if times.last().is_some_and(|last| *last < until_h) {
        times.push(until_h);
    }
    let rows = |k: usize, label: &str, course: &resynapse::run::Course| -> Markup {
        let trace = &results.traces()[k];
        let scale = course.values[k].iter().fold(0.0, |a: f64, v| a.max(v.abs()));
        page! { tr {
            th scope="row" { (label) } td { (words::unit(&trace.unit)) }
            @for t in &times { td.num { (cell(course.at(k, *t), scale, &trace.unit)) } }
        } }
    };
    page! {
        section #data {
            h2 { "The figure as a table" }
            details { summary { "Values at chosen times" }
                div.wide tabindex="0" { table.dense {
                    thead { tr { th scope="col" { "Signal" } th scope="col" { "unit" } @for t in &times { th.num scope="col" { (words::span(*t)) } } } }
                    tbody { @for (k, trace) in results.traces().iter().enumerate() {
                        (rows(k, &trace.label, results.treated()))
                        @if trace.lane == SYMPTOM {
                            (rows(k, &format!("{}, without expectation", trace.label), results.without_expectancy()))
                            (rows(k, &format!("{}, untreated", trace.label), results.untreated()))
                        }
                    } }
                } }
            }
        }
    }
}

/// A value of a table: scores with one decimal, all else with three figures; nothing where it is lost beside `scale`.
fn cell(value: f64, scale: f64, unit: &Unit) -> String {
    if unit.text == "point" { words::score(value) } else { words::number_beside(value, scale) }
}
