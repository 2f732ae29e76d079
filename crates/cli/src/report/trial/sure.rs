//! How far to trust it, and how to make it again.

use super::Basis;
use crate::figure::NOT_ADVICE;
use crate::report::{badge, sureness};
use maud::{Markup, html as page};
use model::ledger::{Grade, Row};
use study::trial::design::Design;

/// Modules whose limits are told first: those that make a trial of a person.
const TRIAL: &str = "trial/";
/// Numbers that split a benefit between drug and expectation.
const PRIORS: [&str; 3] = ["expectancy.", "unblinding.", "rater."];

/// Limits.
pub fn section(_design: &Design, basis: &Basis<'_>) -> Markup {
    let (own, others): (Vec<_>, Vec<_>) = basis.limits.iter().cloned().partition(|(name, _)| name.starts_with(TRIAL));
    let counts: Vec<(Grade, usize)> =
        Grade::ALL.into_iter().map(|g| (g, basis.rows.iter().filter(|r| r.grade() == g).count())).collect();
    let weakest = counts.iter().rev().find(|(_, n)| *n > 0).map(|(g, _)| *g);
    let priors: Vec<&&Row> = basis.rows.iter().filter(|r| PRIORS.iter().any(|p| r.id.starts_with(p))).collect();
    page! {
        section #limits {
            h2 { "How sure, and where it is wrong" }
            p {
                strong { "The split between drug and expectation is a stated prior, not a finding. " }
                "How much a session raises hope, how much of what is felt is believed, and what hope does to mood was set before, not measured here. "
                "A trial whose people feel the drug is unblinded to that extent: part of every difference above is what they expect."
            }
            @if !priors.is_empty() {
                p.rows { "It rests on " (priors.len()) " numbers: " @for (k, row) in priors.iter().enumerate() {
                    @if k > 0 { ", " } (sureness::identifier(&row.id)) " (" (row.grade()) ")"
                } "." }
            }
            p {
                "Scores stand at the end of the whole chain, and no score is surer than the weakest number on the way to it: "
                (badge(weakest)) ". Of " (basis.rows.len()) " numbers of the ledger that were used, "
                @for (k, (g, n)) in counts.iter().enumerate() { @if k > 0 { ", " } (n) " have " (badge(Some(*g))) }
                ". Each is in " code { "ledger.csv" } " with its source."
            }
            p { "Virtual people share one structure of the model: what the model leaves out, no number of trials brings back. Intervals and p values measure chance within the model, not the chance that the model is wrong." }
            @if !own.is_empty() { h3 { "What the parts that make a trial say of themselves" } (sureness::stated(&own)) }
            @if !others.is_empty() { details { summary { "Limits of the other " (others.len()) " mechanisms" } (sureness::stated(&others)) } }
        }
    }
}

/// How to make it again.
pub fn again(design: &Design, basis: &Basis<'_>) -> Markup {
    page! {
        section #again {
            h2 { "How to run it again" }
            p { "From inside this folder: " code { (basis.command_line) } }
            p.note {
                code { "protocol.lock.toml" } " has every default written out, seed " (design.seed) " included; the same program and atlas give the same bytes on any number of threads. "
                code { "manifest.json" } " holds the hash of every file."
                @if let Some(file) = &design.file { " The file of people, " code { (file) } ", must lie beside it." }
            }
        }
    }
}

/// The foot of the page.
pub fn footer(basis: &Basis<'_>) -> Markup {
    page! {
        footer {
            p { strong { (NOT_ADVICE) } " If you are in crisis, contact local emergency services or a crisis line." }
            p { "resynapse " (env!("CARGO_PKG_VERSION")) ", atlas " (basis.atlas.0) " (SHA-256 " code { (basis.atlas.1) } ")." }
            p { "Made with " code { (basis.command_line) } }
        }
    }
}
