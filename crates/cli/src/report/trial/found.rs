//! What was found: analyses, differences between trials, people, covariates, events, other measures, failures.

use super::{Report, columns, figure, percent, picture};
use crate::figure::Table;
use crate::figure::trial::{began, effect, visit_name};
use crate::figure::words;
use crate::terminal::trial::p;
use crate::trial::tables::{Pooled, detail_text, estimand, method, question};
use maud::{Markup, html as page};
use study::population::Shape;
use study::statistic::{mean, sd};
use study::trial::analyse::Found;
use study::trial::design::Multiplicity;
use study::trial::summary::Sample;

/// Analyses: the figure, then each with its question, estimand and numbers.
pub fn section(report: &Report<'_>) -> Markup {
    let design = report.design;
    if design.analyses.is_empty() {
        return page! {};
    }
    let pooled: Vec<Pooled<'_>> = (0..design.analyses.len()).map(|k| Pooled::of(&report.findings.answers, k)).collect();
    let single = design.layout.replicates == 1;
    page! {
        section #analyses {
            h2 { "What the analyses found" }
            @if let Some(p) = picture(report, "analyses") { (figure(p)) }
            @if let Some(text) = design.multiplicity.as_ref().map(|m| shared(report, m)) { p { (text) } }
            @for (k, a) in design.analyses.iter().enumerate() {
                h3 { (a.name) }
                dl {
                    dt { "Question" } dd { (question(design, a)) }
                    dt { "Estimand" } dd { (estimand(a)) }
                    dt { "Method" } dd { (method(a)) ", one-sided level " (words::tick(100.0 * a.alpha)) " %" }
                    @if single {
                        @match (pooled[k].found.first(), pooled[k].faults.first()) {
                            (Some(f), _) => (one(f)),
                            (None, why) => { dt { "No answer" } dd { (why.copied().unwrap_or("it was not put to any trial")) } }
                        }
                    } @else {
                        @let (middle, spread) = pooled[k].estimates();
                        @let scale = pooled[k].found.first().map_or(study::trial::analyse::Scale::Difference, |f| f.scale);
                        dt { "Succeeds" } dd { "in " (pooled[k].successes()) " of " (pooled[k].trials()) " trials (" (percent(pooled[k].successes() as u64, pooled[k].trials() as u64)) ")" }
                        dt { (scale.label()) } dd { "mean " (effect(scale, middle)) ", SD over trials " (effect(scale, spread)) }
                        @if let Some(why) = pooled[k].faults.first() { dt { "No answer" } dd { "in " (pooled[k].faults.len()) " trials; the first: " (why) } }
                    }
                }
            }
            @if single { p.note { "p values of one virtual trial are one draw: another seed gives others. They say nothing about real patients." } }
        }
    }
}

fn one(f: &Found) -> Markup {
    page! {
        dt { (f.scale.label()) }
        dd { (effect(f.scale, f.estimate)) " (95 % interval " (effect(f.scale, f.lower)) " to " (effect(f.scale, f.upper)) ")" }
        dt { "one-sided p" }
        dd { (p(f.p)) @if f.adjusted != f.p { ", adjusted " (p(f.adjusted)) } ": " @if f.significant { "succeeds" } @else { "does not succeed" } " in this one draw" }
        dt { "People" } dd { (f.n.0) " and " (f.n.1) @if let Some(df) = f.df { "; " (words::score(df)) " degrees of freedom" } }
        @for d in &f.details { dt { (d.name) } dd { (detail_text(d)) } }
        @match &f.sensitivity {
            Some(Ok(e)) => { dt { "Check" } dd { (effect(f.scale, e.estimate)) " (" (effect(f.scale, e.lower)) " to " (effect(f.scale, e.upper)) ") if who left goes on as in the reference arm" } }
            Some(Err(why)) => { dt { "Check" } dd { "jump to reference could not be worked out: " (why) } }
            None => {}
        }
    }
}

fn shared(report: &Report<'_>, multiplicity: &Multiplicity) -> String {
    let names: Vec<String> =
        multiplicity.analyses().iter().map(|k| format!("“{}”", report.design.analyses[*k].name)).collect();
    match multiplicity {
        Multiplicity::FixedSequence(_) => {
            format!("{} are tested one after another, until the first that fails.", words::list(&names))
        }
        Multiplicity::Holm(_) => format!("{} share one error by Holm’s procedure.", words::list(&names)),
        Multiplicity::Graph { .. } => format!("{} share one error by a graph of weights.", words::list(&names)),
    }
}

/// How trials of the same design differ.
pub fn between(report: &Report<'_>) -> Markup {
    let (design, summary) = (report.design, &report.findings.summary);
    if design.layout.replicates < 2 {
        return page! {};
    }
    let mut rows = Vec::new();
    for (k, (arm, treatment)) in summary.arms.iter().zip(&design.layout.treatments).enumerate() {
        for (place, v) in arm.visits.iter().enumerate() {
            let planned = &design.layout.visits[v.visit];
            let means: Vec<f64> = summary.trials.iter().map(|t| t[k][place]).filter(|x| x.is_finite()).collect();
            if planned.at_h == 0.0 || means.is_empty() {
                continue;
            }
            let (low, high) = means.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
            let mut row = vec![treatment.name.clone(), visit_name(&planned.name), means.len().to_string()];
            row.extend([mean(&means), sd(&means), low, high].map(words::score));
            rows.push(row);
        }
    }
    let head = vec!["arm", "visit", "trials", "mean change", "SD over trials", "smallest", "largest"];
    page! {
        section #between {
            h2 { "What differs between trials" }
            p { "The same design, run " (design.layout.replicates) " times: each row is the mean change of an arm, over trials. An SD over trials is what chance (and the hope a trial raises) does to a result of " (design.layout.size) " people." }
            (columns(&Table { head, rows }))
        }
    }
}

/// Who took part.
pub fn people(report: &Report<'_>) -> Markup {
    let summary = &report.findings.summary;
    page! {
        section #people {
            h2 { "Who took part" }
            @if report.design.file.is_none() {
                p { (summary.screened) " candidates were drawn until " (summary.people) " met the entry criteria (" (percent(summary.people, summary.screened)) "). Entry above a threshold brings regression to the mean in every arm." }
            }
            @if let Some(p) = picture(report, "flow") { (figure(p)) }
        }
    }
}

/// Table 1.
pub fn baseline(report: &Report<'_>) -> Markup {
    let (design, summary) = (report.design, &report.findings.summary);
    if design.layout.covariates.is_empty() {
        return page! {};
    }
    let m = summary.measure;
    page! {
        section #baseline {
            h2 { "People at the start" }
            div.wide tabindex="0" { table {
                thead { tr {
                    th scope="col" { "At the start" }
                    @for (k, arm) in summary.arms.iter().enumerate() { th.num scope="col" { (began(design, k)) " (n = " (arm.began()) ")" } }
                } }
                tbody {
                    @for (c, covariate) in design.layout.covariates.iter().enumerate() {
                        @let share = design.people.covariates.get(c).is_some_and(|c| matches!(c.law, Shape::Share(_)));
                        @let (label, unit) = title(&covariate.label, &covariate.unit, share);
                        tr {
                            th scope="row" { (label) @if !unit.is_empty() { span.muted { ", " (unit) } } }
                            @for arm in &summary.arms { td.num {
                                @let x = &arm.covariates[c];
                                @if x.n == 0 { "–" }
                                @else if share { (words::whole(100.0 * x.mean)) " %" }
                                @else { (with_spread(x.mean, x.sd())) }
                            } }
                        }
                    }
                    @if let (Some(measure), true) = (design.layout.measures.get(m), design.period_h.is_none()) {
                        tr {
                            th scope="row" { (measure.label) span.muted { ", points" } }
                            @for arm in &summary.arms { td.num {
                                @let x = Sample::of(arm.visits.first().map_or(&[][..], |v| &v.values[m]));
                                (words::score(x.mean)) " (" (words::score(x.sd)) ")"
                            } }
                        }
                    }
                }
            } }
            p.note { "Mean (SD), or the share of people. Arms differ by chance alone; no test is made." @if !design.margins.is_empty() { " Before weighting." } }
        }
    }
}

/// A mean with its standard deviation, both to the same decimals.
fn with_spread(mean: f64, sd: f64) -> String {
    let text = words::number(mean);
    let decimals = text.split_once('.').map_or(0, |(_, d)| d.len());
    if sd.is_finite() && !text.contains('×') {
        format!("{text} ({sd:.decimals$})")
    } else {
        format!("{text} ({})", words::number(sd))
    }
}

/// `Sex, 1 for female` of a share is `Female`.
fn title(label: &str, unit: &str, share: bool) -> (String, String) {
    let text = match label.split_once(", 1 for ") {
        Some((what, which)) if share => format!("{what}: {which}"),
        _ => label.to_string(),
    };
    let unit = if share || unit == "1" { String::new() } else { unit.replace("^2", "²") };
    (text, unit)
}

/// Adverse events, with their numbers open.
pub fn adverse(report: &Report<'_>) -> Markup {
    page! {
        @if let Some(p) = picture(report, "adverse") {
            section #adverse { h2 { "Adverse events" } (figure(p)) }
        }
    }
}

/// Everything else that was measured.
pub fn measures(report: &Report<'_>) -> Markup {
    let (design, summary) = (report.design, &report.findings.summary);
    let mut rows = Vec::new();
    for (m, measure) in design.layout.measures.iter().enumerate().filter(|(m, _)| *m != summary.measure) {
        for (arm, treatment) in summary.arms.iter().zip(&design.layout.treatments) {
            for v in arm.visits.iter().filter(|v| !v.values[m].is_empty()) {
                let (value, change) = (Sample::of(&v.values[m]), Sample::of(&v.changes[m]));
                let visit = visit_name(&design.layout.visits[v.visit].name);
                let unit = crate::figure::trial::unit(&measure.unit);
                let mut row = vec![format!("{}, {unit}", measure.label), treatment.name.clone(), visit];
                row.push(value.n.to_string());
                row.extend([value.mean, value.sd, change.mean].map(words::number));
                rows.push(row);
            }
        }
    }
    let head = vec!["measure", "arm", "visit", "people seen", "mean", "SD", "mean change"];
    page! {
        @if !rows.is_empty() { section #measures {
            h2 { "What else was measured" }
            details { summary { (rows.len()) " rows" } (columns(&Table { head, rows })) }
        } }
    }
}

/// People who could not be computed.
pub fn failures(report: &Report<'_>) -> Markup {
    const MOST: usize = 20;
    let failures = &report.findings.summary.failures;
    page! {
        @if !failures.is_empty() { section #failures {
            h2 { "What could not be computed" }
            p { (failures.len()) " people of " (report.findings.summary.people) " could not be computed and are left out of the analyses." }
            ul { @for (trial, place, why) in failures.iter().take(MOST) { li { "trial " (trial + 1) ", person " (place + 1) ": " (why) } } }
            @if failures.len() > MOST { p.note { "and " (failures.len() - MOST) " more; all are in " code { "analysis.json" } "." } }
        } }
    }
}
