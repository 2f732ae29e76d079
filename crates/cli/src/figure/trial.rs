//! Figures of virtual trials. Each comes with the numbers it shows, as a table.
//!
//! Every arm has a colour, a dash and a marker of its own, so that a print in grey can be read.

mod change;
mod check;
mod flow;
mod forest;
mod lines;
mod power;
mod scatter;
mod share;
mod survival;

pub(crate) use change::{cells as changes, time_in_words, unit, visit_name};
pub(crate) use flow::EVENTS;
pub(crate) use forest::effect;
pub use power::power;

use super::Picture;
use super::sheet::Key;
use crate::trial::finish::Findings;
use study::trial::design::Design;
use study::trial::summary::Arm;

/// Everything there is to see of a trial. A figure with nothing to show is left out.
pub fn all(design: &Design, findings: &Findings) -> Vec<Picture> {
    let summary = &findings.summary;
    let pictures = [
        change::change(design, summary),
        lines::lines(design, summary),
        check::check(design, summary),
        share::met(design, summary),
        survival::survival(design, summary),
        if design.layout.replicates == 1 {
            forest::forest(design, &findings.answers)
        } else {
            scatter::scatter(design, &findings.answers)
        },
        share::adverse(design, summary),
        flow::flow(design, summary),
    ];
    pictures.into_iter().flatten().collect()
}

/// How figures speak of trials: `this trial`, `all 20 trials together`.
fn trials(design: &Design) -> String {
    match design.layout.replicates {
        1 => "this one virtual trial".into(),
        n => format!("all {n} virtual trials together"),
    }
}

/// Name of the people whose first treatment an arm was.
pub(crate) fn began(design: &Design, arm: usize) -> String {
    let name = &design.layout.treatments[arm].name;
    if design.period_h.is_some() { format!("{name} first") } else { name.clone() }
}

/// Arms as a legend shows them.
fn arms(design: &Design) -> Vec<(Key, String)> {
    let name = |(k, t): (usize, &study::trial::schema::Treatment)| (Key::Arm(k), t.name.clone());
    design.layout.treatments.iter().enumerate().map(name).collect()
}

/// Arms with their positions and names.
fn named<'a>(design: &'a Design, arms: &'a [Arm]) -> impl Iterator<Item = (usize, &'a Arm, &'a str)> {
    arms.iter().zip(&design.layout.treatments).enumerate().map(|(k, (arm, t))| (k, arm, t.name.as_str()))
}

#[cfg(test)]
mod tests;
