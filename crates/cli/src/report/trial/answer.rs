//! The answer, before anything else.

use super::Report;
use crate::figure::trial::effect;
use crate::figure::words;
use crate::terminal::trial::p;
use crate::trial::tables::{Pooled, estimand, question};
use maud::{Markup, html as page};
use study::analysis::montecarlo;
use study::trial::analyse::{LEVEL, Scale};
use study::trial::design::{Analysis, Design};

/// The section.
pub fn section(report: &Report<'_>) -> Markup {
    let design = report.design;
    let Some(first) = primary(design) else {
        return page! { section #answer { h2 { "The answer" } p { "The protocol has no analysis: what happened is described below." } } };
    };
    let analysis = &design.analyses[first];
    let pooled = Pooled::of(&report.findings.answers, first);
    page! {
        section #answer {
            h2 { "The answer" }
            @if pooled.trials() > 1 { (many(analysis, &pooled, design)) } @else { (one(analysis, &pooled, design)) }
            p.note { "The question: " (question(design, analysis)) ". The estimand: " (estimand(analysis)) "." }
        }
    }
}

/// The analysis that counts most: the first of those that share the error, or the first.
pub fn primary(design: &Design) -> Option<usize> {
    let shared = design.multiplicity.as_ref().and_then(|m| m.analyses().first().copied());
    shared.or_else(|| (!design.analyses.is_empty()).then_some(0))
}

fn one(analysis: &Analysis, pooled: &Pooled<'_>, design: &Design) -> Markup {
    let Some(f) = pooled.found.first() else {
        let why = pooled.faults.first().copied().unwrap_or("no trial was analysed");
        return page! { p.answer { "The analysis “" (analysis.name) "” has no answer: " (why) "." } };
    };
    let (one, two) = analysis.contrast;
    let names = [one, two].map(|k| design.layout.treatments[k].name.as_str());
    let unit = match f.scale {
        Scale::Difference => format!(" {}", crate::figure::trial::unit(&design.layout.measures[analysis.measure].unit)),
        _ => String::new(),
    };
    page! {
        p.answer {
            "In this one virtual trial the " (f.scale.label()) " between " (names[0]) " and " (names[1]) " was "
            strong { (effect(f.scale, f.estimate)) (unit) } ", with a 95 % interval from " (effect(f.scale, f.lower)) " to " (effect(f.scale, f.upper)) "."
        }
        p {
            "Its one-sided p value is " (p(f.p))
            @if f.adjusted != f.p { ", " (p(f.adjusted)) " once it shares the error with other analyses" }
            ": by the protocol’s rule (at most " (words::tick(100.0 * analysis.alpha)) " %) this trial "
            @if f.significant { strong { "succeeds" } } @else { strong { "does not succeed" } } "."
        }
        p { strong { "One virtual trial is one draw. " } "Another seed gives other people, another estimate and another p value; run many (" code { "--replicates" } ") to see how far they differ. The p value speaks of this draw of the model: it says nothing about real patients, and proves no effect." }
    }
}

fn many(analysis: &Analysis, pooled: &Pooled<'_>, design: &Design) -> Markup {
    let rate = montecarlo::rate(pooled.successes() as u64, pooled.trials() as u64, LEVEL);
    let (mean, spread) = pooled.estimates();
    let scale = pooled.found.first().map_or(Scale::Difference, |f| f.scale);
    let percent = |x: f64| words::score(100.0 * x);
    page! {
        p.answer {
            "The analysis “" (analysis.name) "” succeeds in " (pooled.successes()) " of " (pooled.trials()) " virtual trials"
            @if let Ok(r) = rate { ": " strong { (percent(r.estimate)) " %" } ", with a 95 % Monte-Carlo interval from " (percent(r.lower)) " to " (percent(r.upper)) " %" } "."
        }
        p {
            "Success is a one-sided p value of at most " (words::tick(100.0 * analysis.alpha)) " %. The " (scale.label()) " is " (effect(scale, mean))
            " on average and differs between trials by an SD of " (effect(scale, spread)) "."
            @if !pooled.faults.is_empty() { " " (pooled.faults.len()) " trials could not be analysed and count as not succeeding." }
        }
        p {
            "The share answers: if the model were right, how often would a trial of " (design.layout.size) " people succeed? "
            "It is as good as the model, no better: it says nothing about real patients, and proves no effect."
        }
    }
}
