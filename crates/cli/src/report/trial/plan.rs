//! What was run, in words.

use super::Basis;
use crate::figure::trial::time_in_words;
use crate::figure::words;
use maud::{Markup, html as page};
use resynapse::prepare::Knowledge;
use study::trial::design::{Action, BetweenTrials, Design, Dropout, Rule};

/// The section; `size` says how many trials of how many people.
pub fn section(design: &Design, basis: &Basis<'_>, size: &str) -> Markup {
    let layout = &design.layout;
    let shared = shared(design);
    let own = |k: usize| -> Vec<String> {
        design.treatments[k].patient.contexts.iter().filter(|c| !shared.contains(c)).cloned().collect()
    };
    page! {
        section #run {
            h2 { "What was run" }
            dl {
                dt { "Study" } dd { (layout.id) ", " (size) ", seed " (design.seed) }
                @for (k, t) in layout.treatments.iter().enumerate() {
                    dt { "Arm " (t.name) }
                    dd {
                        @let given = &design.treatments[k].regimen.text;
                        @if given.is_empty() { @if t.text.is_empty() { "nothing" } @else { (t.text) } } @else { (given) }
                        @if design.period_h.is_none() && design.scheme.ratios.iter().any(|r| *r != design.scheme.ratios[0]) { " (" (design.scheme.ratios[k]) " in " (design.scheme.ratios.iter().sum::<u32>()) " people)" }
                        @if !own(k).is_empty() { "; setting of its own: " (words::list(&own(k))) }
                    }
                }
                @if let Some(period) = design.period_h { dt { "Crossover" } dd { (sequences(design)) "; periods of " (words::span(period)) ", without a return to the start between them" } }
                @if let Some(lead) = &design.lead_in {
                    dt { "Lead-in" } dd { (lead.plan.regimen.text) " for " (words::span(lead.length_h)) @if let Some(c) = &lead.goes_on { "; randomised if " code { (c.text) } } }
                }
                dt { "Who" } dd { (words::list(&basis.conditions)) @if let Some(file) = &design.file { "; people from the file " code { (file) } } }
                dt { "Entry" } dd {
                    @if design.entry.is_empty() { "everybody" } @else { @for (k, c) in design.entry.iter().enumerate() { @if k > 0 { ", " } code { (c.text) } } }
                    "; looked at " (words::span(design.screening_h)) " before the start and at the start"
                }
                dt { "Setting" } dd { @if shared.is_empty() { "as the condition has it" } @else { (words::list(&shared.iter().map(|s| s.to_string()).collect::<Vec<_>>())) } }
                dt { "Blinding" } dd { "nobody is told the arm; who feels the drug may guess, and what is felt raises expectation (stated priors, below)" }
                @if design.sites > 1 { dt { "Sites" } dd { (design.sites) ", randomised in blocks within each" } }
                @if !design.strata.is_empty() { dt { "Strata" } dd { @for (k, c) in design.strata.iter().enumerate() { @if k > 0 { ", " } code { (c.text) } } } }
                dt { "Visits" } dd { (visits(design)) }
                dt { "Followed for" } dd { (words::span(layout.until_h)) @if design.missed > 0.0 { "; a visit is missed with a chance of " (words::tick(100.0 * design.missed)) " %" } @if design.adherence < 1.0 { "; a planned dose is taken with a chance of " (words::tick(100.0 * design.adherence)) " %" } }
                @if !design.rules.is_empty() { dt { "Rules" } dd { @for (k, r) in design.rules.iter().enumerate() { @if k > 0 { br; } (rule(design, r)) } } }
                @for (name, c) in [("Response", &design.outcome.response), ("Remission", &design.outcome.remission), ("Relapse", &design.outcome.relapse)] {
                    @if !c.text.is_empty() { dt { (name) } dd { code { (c.text) } @if name == "Relapse" && design.outcome.relapse_visits > 1 { " at " (design.outcome.relapse_visits) " visits in a row" } } }
                }
                dt { "Leaving" } dd { (dropout(design.dropout)) }
                @if !design.margins.is_empty() { dt { "Standardised to" } dd { (margins(design)) } }
                dt { "What varies" } dd { (knowledge(design)) }
            }
            @if !design.notes.is_empty() { ul.note { @for n in &design.notes { li { (n) } } } }
        }
    }
}

fn shared(design: &Design) -> Vec<&String> {
    let Some(first) = design.treatments.first() else { return Vec::new() };
    let everywhere = |c: &&String| design.treatments.iter().all(|t| t.patient.contexts.contains(*c));
    first.patient.contexts.iter().filter(everywhere).collect()
}

fn sequences(design: &Design) -> String {
    let name = |t: &u32| design.layout.treatments[*t as usize].name.clone();
    let each = design.layout.sequences.iter().map(|s| s.iter().map(name).collect::<Vec<_>>().join(" then "));
    each.collect::<Vec<_>>().join("; ")
}

/// Visits of the first period with what they take; those that take the same are told together.
fn visits(design: &Design) -> String {
    let layout = &design.layout;
    let mut groups: Vec<(Vec<u32>, Vec<String>)> = Vec::new();
    for v in layout.visits.iter().filter(|v| v.period == 0) {
        let time = time_in_words(v.at_h);
        match groups.iter_mut().find(|(measures, _)| *measures == v.measures) {
            Some((_, times)) => times.push(time),
            None => groups.push((v.measures.clone(), vec![time])),
        }
    }
    let told = groups.into_iter().map(|(measures, times)| {
        let measures: Vec<String> = measures.iter().map(|m| layout.measures[*m as usize].label.clone()).collect();
        format!("{}: {}", words::list(&times), words::list(&measures))
    });
    told.collect::<Vec<_>>().join("; ")
}

fn rule(design: &Design, rule: &Rule) -> Markup {
    let what = match &rule.action {
        Action::Rescue(r) | Action::Extra(r) | Action::Retreat(r) => format!("gives {}", r.text),
        Action::Adjust { factor, .. } => format!("multiplies later doses by {}", words::tick(*factor)),
        Action::Space(n) => format!("gives every {n}th of the later doses"),
        Action::Stop => "ends dosing".to_string(),
    };
    let layout = &design.layout;
    let at: Vec<String> = rule.visits.iter().map(|v| layout.visits[*v as usize].name.clone()).collect();
    let arms: Vec<String> = rule.treatments.iter().map(|t| layout.treatments[*t as usize].name.clone()).collect();
    page! {
        (rule.name) ": " (what) " if " code { (rule.when.text) }
        @if !at.is_empty() { " at " (words::list(&at)) }
        @if !arms.is_empty() { ", " (words::list(&arms)) " only" }
        ", " @if rule.times == 1 { "once at most" } @else { "up to " (rule.times) " times" }
    }
}

fn dropout(dropout: Dropout) -> &'static str {
    match dropout {
        Dropout::None => "nobody leaves",
        Dropout::AtRandom => "depends on the score of the last visit (missing at random)",
        Dropout::NotAtRandom => "depends on the present score, seen or not (not missing at random)",
    }
}

fn margins(design: &Design) -> String {
    let one = |(k, mean): &(usize, f64)| {
        let c = &design.people.covariates[*k];
        format!("{} {} {}", c.label, words::plain(*mean), if c.unit.text == "1" { "" } else { &c.unit.text })
    };
    words::list(&design.margins.iter().map(|m| one(m).trim_end().to_string()).collect::<Vec<_>>())
}

/// Variability and uncertainty are different things: which of them the trials hold.
pub fn knowledge(design: &Design) -> String {
    let own = match design.knowledge {
        Knowledge::Central => "the values’ own uncertainty was not drawn: it is as if they were known",
        Knowledge::Uncertain => "the values’ own uncertainty was drawn too, anew for each trial",
    };
    let between = match design.between_trials {
        BetweenTrials::Drawn => "how strongly a trial raises expectation was drawn for each trial",
        BetweenTrials::None => "every trial raises expectation as strongly as the middle one",
    };
    format!("people vary around the ledger’s values; {own}; {between}")
}
