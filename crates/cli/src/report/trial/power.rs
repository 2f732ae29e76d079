//! The report of power.

use super::{Basis, document, figure, plan, sure};
use crate::command::power::Curve;
use crate::figure::Picture;
use crate::figure::{NOT_ADVICE, words};
use crate::trial::tables::{estimand, method, question};
use maud::{Markup, html as page};
use study::analysis::montecarlo;
use study::trial::analyse::LEVEL;
use study::trial::design::{Design, Power as Question};
use study::trial::power::{Tally, Truth};

/// What a report on power is made of.
#[derive(Clone, Copy)]
pub struct Power<'a> {
    /// The design as it is.
    pub design: &'a Design,
    /// What was asked.
    pub question: &'a Question,
    /// What was found, truth by truth.
    pub curves: &'a [Curve],
    /// Sizes at which the type-I error is off its level.
    pub off_level: &'a [u32],
    /// The figure.
    pub picture: &'a Picture,
    /// What the numbers rest on.
    pub basis: &'a Basis<'a>,
}

/// Writes the page.
pub fn html(report: &Power<'_>) -> String {
    let (design, asked) = (report.design, report.question);
    let analysis = &design.analyses[asked.analysis];
    let title = format!("Power: {}", design.layout.title);
    let sizes: Vec<String> = asked.sizes.iter().map(u32::to_string).collect();
    let size = format!("{} trials of {} people under each truth", asked.trials, words::list(&sizes));
    let body = page! {
        p.banner role="note" { strong { (NOT_ADVICE) } }
        main {
            header { h1 { (title) } p.lead { "How often a virtual trial of each size succeeds, under what is taken to be true." } }
            section #answer {
                h2 { "The answer" }
                @for curve in report.curves { (sentence(curve)) }
                p.note {
                    "Success is a one-sided p value of at most " (words::tick(100.0 * analysis.alpha)) " % in the analysis “" (analysis.name) "”: "
                    (question(design, analysis)) ". The estimand: " (estimand(analysis)) ". The method: " (method(analysis)) "."
                }
                p.note { "These shares follow from the model; they say nothing about real patients, and prove no effect." }
            }
            section #curve {
                h2 { "Success against people" }
                (figure(report.picture))
            }
            section #truths {
                h2 { "What each share means" }
                dl { @for curve in report.curves { dt { (curve.truth.share()) } dd { (curve.truth.meaning()) ". " (reading(curve.truth)) } } }
                @if report.curves.iter().any(|c| c.truth == Truth::SharpNull) {
                    @if report.off_level.is_empty() {
                        p { "The type-I error is compatible with its level of " (words::tick(100.0 * analysis.alpha)) " % at every size." }
                    } @else {
                        p { strong { "The type-I error is off its level at " (words::list(&report.off_level.iter().map(u32::to_string).collect::<Vec<_>>())) " people: " } "do not rely on this analysis at that size." }
                    }
                }
                (unanswered(report.curves))
            }
            (plan::section(design, report.basis, &size))
            (sure::section(design, report.basis))
            (sure::again(design, report.basis))
        }
        (sure::footer(report.basis))
    };
    document(&title, &body)
}

/// Least and greatest size of one truth.
fn sentence(curve: &Curve) -> Markup {
    let share = |t: &Tally| {
        let r = montecarlo::rate(u64::from(t.succeeded), u64::from(t.trials), LEVEL).ok()?;
        let percent = |x: f64| words::score(100.0 * x);
        Some(format!("{} % ({} to {}) with {} people", percent(r.estimate), percent(r.lower), percent(r.upper), t.size))
    };
    let ends: Vec<&Tally> = match curve.tallies.as_slice() {
        [] => Vec::new(),
        [one] => vec![one],
        [first, .., last] => vec![first, last],
    };
    let told: Vec<String> = ends.into_iter().filter_map(share).collect();
    let name = curve.truth.share();
    let capital: String = name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect();
    page! { @if !told.is_empty() { p { strong { (capital) ": " } (words::list(&told)) "." } } }
}

fn reading(truth: Truth) -> &'static str {
    match truth {
        Truth::Assumed => "The chance of success if the model is right in every number.",
        Truth::SharpNull => "It should be the level: it checks the analysis, not the drug.",
        Truth::PharmacologicalNull => {
            "Above the level, the trial rewards being noticed: success would not tell drug from hope."
        }
        Truth::Uncertain => {
            "Power averaged over what is not known; nearer to the truth than power where numbers are weak."
        }
    }
}

fn unanswered(curves: &[Curve]) -> Markup {
    let all = || curves.iter().flat_map(|c| c.tallies.iter().map(move |t| (c, t))).filter(|(_, t)| t.unanswered > 0);
    page! {
        @if all().next().is_some() {
            h3 { "Trials that could not be analysed" }
            p { "They count as not succeeding." }
            ul { @for (c, t) in all() { li { (c.truth.share()) ", " (t.size) " people: " (t.unanswered) " of " (t.trials) " trials; the first: " (t.why.as_deref().unwrap_or("")) } } }
        }
    }
}
