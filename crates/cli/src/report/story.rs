//! What happens, in sentences made from the numbers. Each carries the weakest grade of what it speaks of.

use crate::figure::{farthest, words};
use crate::report::{Report, badge};
use maud::{Markup, html as page};
use model::ledger::Grade;
use resynapse::run::Results;

/// A change smaller than this share of the signal is no change to speak of.
const HARDLY: f64 = 0.005;

/// The section.
pub fn section(report: &Report<'_>) -> Markup {
    page! {
        section #story {
            h2 { "What happens, as the model has it" }
            ol.story {
                @for (name, told) in told(report.results) {
                    li {
                        span.step { (name) }
                        p { @for (text, grade) in &told { (text) " " (badge(*grade)) " " } }
                    }
                }
            }
            p.note { "Each sentence wears the grade of the weakest number it rests on; " a href="#sure" { "what the grades mean" } "." }
        }
    }
}

/// A sentence with the weakest grade behind it.
pub(crate) type Sentence = (String, Option<Grade>);

/// Lanes in order, with their sentences.
pub(crate) fn told(results: &Results) -> Vec<(String, Vec<Sentence>)> {
    let mut lanes: Vec<&str> = Vec::new();
    for trace in results.traces() {
        if !lanes.contains(&trace.lane.as_str()) {
            lanes.push(&trace.lane);
        }
    }
    let mut out = Vec::new();
    for lane in lanes {
        let signals: Vec<Signal> = Signal::of_lane(results, lane);
        let moving: Vec<Signal> = signals.iter().filter(|s| s.moves()).cloned().collect();
        let mut sentences = match lane {
            _ if moving.is_empty() => vec![("Nothing moves.".to_string(), grade(&signals))],
            "blood" => blood(results, &moving),
            "brain" => vec![brain(&moving)],
            "receptor" => vec![receptor(&moving)],
            "signalling" | "synapse" => vec![folds(&moving)],
            "symptom" => symptom(results, &moving),
            _ => vec![changes(&moving)],
        };
        if let (false, Some(lead)) = (moving.is_empty(), lead(lane)) {
            sentences[0].0.insert_str(0, &format!("{lead}: "));
        }
        sentences.iter_mut().for_each(|(text, _)| *text = capital(text));
        out.push((crate::figure::lane_title(lane), sentences));
    }
    out
}

/// What a lane has to do with the one above it.
fn lead(lane: &str) -> Option<&'static str> {
    Some(match lane {
        "blood" => "The drug reaches the blood",
        "brain" => "What is not bound passes into the brain",
        "receptor" => "There it blocks NMDA receptor channels",
        "circuit" => "With channels blocked, cells of the cortex fire differently",
        "signalling" => "The change of firing changes glutamate and the growth signals behind it",
        "synapse" => "These signals act on synapses",
        "network" => "Regions of the brain couple differently",
        "stress" => "Stress hormones and immunity answer as well",
        "cognition" => "Thinking and learning change with it",
        "acute" => "While the drug is there",
        _ => return None,
    })
}

/// A trace with the ends of its way.
#[derive(Clone)]
struct Signal<'a> {
    results: &'a Results,
    k: usize,
    rest: f64,
    extreme: f64,
    at_h: f64,
}

impl<'a> Signal<'a> {
    fn of_lane(results: &'a Results, lane: &str) -> Vec<Signal<'a>> {
        let of_lane = results.traces().iter().enumerate().filter(|(_, t)| t.lane == lane);
        of_lane
            .map(|(k, _)| {
                let course = results.treated();
                let (at_h, extreme) = farthest(course, k);
                let rest = course.values[k].first().copied().unwrap_or(f64::NAN);
                Signal { results, k, rest, extreme, at_h }
            })
            .collect()
    }
    fn label(&self) -> &'a str {
        &self.results.traces()[self.k].label
    }
    /// The label as part of a sentence: what stands after a comma, in brackets.
    fn name(&self) -> String {
        match self.label().split_once(", ") {
            Some((what, which)) => format!("{what} ({which})"),
            None => self.label().to_string(),
        }
    }
    fn text(&self, value: f64) -> String {
        words::quantity(value, &self.results.traces()[self.k].unit)
    }
    fn moves(&self) -> bool {
        self.at_h > 0.0 && (self.extreme - self.rest).abs() > HARDLY * self.rest.abs()
    }
    fn verb(&self) -> &'static str {
        if self.extreme > self.rest { "rises" } else { "falls" }
    }
    fn when(&self) -> String {
        words::span(self.at_h)
    }
    /// The last time at which the signal is farther from rest than `share` of its extreme; `None` if it still is.
    fn last_beyond(&self, share: f64) -> Option<f64> {
        let course = self.results.treated();
        let bound = share * (self.extreme - self.rest).abs();
        let beyond = |v: &f64| (v - self.rest).abs() > bound;
        let last = course.values[self.k].iter().rposition(beyond)?;
        (last + 1 < course.times_h.len()).then(|| course.times_h[last + 1])
    }
}

fn grade(signals: &[Signal<'_>]) -> Option<Grade> {
    let results = signals.first()?.results;
    crate::figure::weakest(results, &signals.iter().map(|s| s.k).collect::<Vec<_>>())
}

/// The first signal with its decline, the others as what it turns into.
fn blood(results: &Results, signals: &[Signal<'_>]) -> Vec<Sentence> {
    let first = &signals[0];
    let name = |s: &Signal<'_>| s.label().replacen(", ", " in ", 1);
    let mut text = format!("{} peaks at {} ({})", name(first), first.text(first.extreme), first.when());
    if let Some(t) = first.last_beyond(0.1) {
        let many = results.plan().regimen.doses.len() > 1;
        let after = if many { " for good" } else { "" };
        text.push_str(&format!("; by {} it is below a tenth of that{after}", words::span(t)));
    }
    text.push('.');
    let mut out = vec![(text, grade(&signals[..1]))];
    let others = &signals[1..];
    if !others.is_empty() {
        let each = others.iter().map(|s| format!("{} peaks at {} ({})", name(s), s.text(s.extreme), s.when()));
        out.push((format!("{}.", words::list(&each.collect::<Vec<_>>())), grade(others)));
    }
    out
}

/// What reaches the brain; the part that all labels share is not said again.
fn brain(signals: &[Signal<'_>]) -> Sentence {
    let labels: Vec<&str> = signals.iter().map(Signal::label).collect();
    let (shared, names) = crate::figure::shared_part(&labels);
    let each = names.iter().zip(signals).map(|(n, s)| {
        let name = if shared.is_some() { n.to_string() } else { n.replacen(", ", " ", 1) };
        format!("{name} peaks at {} ({})", s.text(s.extreme), s.when())
    });
    (format!("{}.", words::list(&each.collect::<Vec<_>>())), grade(signals))
}

/// Blocks, the largest first.
fn receptor(signals: &[Signal<'_>]) -> Sentence {
    let mut sorted: Vec<&Signal<'_>> = signals.iter().collect();
    sorted.sort_by(|a, b| b.extreme.total_cmp(&a.extreme));
    let each = sorted.iter().map(|s| format!("{} of those on {} ({})", s.text(s.extreme), target(s.label()), s.when()));
    (format!("at most {}.", words::list(&each.collect::<Vec<_>>())), grade(signals))
}

/// `NMDA blocked, SST interneurons` speaks of SST interneurons.
fn target(label: &str) -> &str {
    label.split_once(", ").map_or(label, |(_, target)| target)
}

/// Signals told as multiples of rest, in the order in which they peak.
fn folds(signals: &[Signal<'_>]) -> Sentence {
    let mut sorted: Vec<&Signal<'_>> = signals.iter().collect();
    sorted.sort_by(|a, b| a.at_h.total_cmp(&b.at_h));
    let each = sorted.iter().map(|s| {
        if s.rest > 0.0 {
            format!(
                "{} {} to {} times its value at rest ({})",
                s.name(),
                s.verb(),
                words::number(s.extreme / s.rest),
                s.when()
            )
        } else {
            format!("{} {} to {} ({})", s.name(), s.verb(), s.text(s.extreme), s.when())
        }
    });
    (format!("{}.", words::list(&each.collect::<Vec<_>>())), grade(signals))
}

/// Signals told by where they start and how far they go.
fn changes(signals: &[Signal<'_>]) -> Sentence {
    let each = signals.iter().map(|s| {
        let from = if s.rest == 0.0 { String::new() } else { format!(" from {}", s.text(s.rest)) };
        format!("{} {}{from} to {} ({})", s.name(), s.verb(), s.text(s.extreme), s.when())
    });
    (format!("{}.", words::list(&each.collect::<Vec<_>>())), grade(signals))
}

/// The score against the untreated person, and what expectation has to do with it.
fn symptom(results: &Results, signals: &[Signal<'_>]) -> Vec<Sentence> {
    const ASKED_H: f64 = 24.0;
    let mut out = Vec::new();
    for s in signals {
        let untreated = s.text(results.untreated().at(s.k, s.at_h));
        let text = format!(
            "The {} score {} from {} to {} ({}); untreated, the same person is at {untreated} then.",
            s.label(),
            s.verb(),
            s.text(s.rest),
            s.text(s.extreme),
            s.when()
        );
        out.push((text, grade(std::slice::from_ref(s))));
        let t = f64::min(ASKED_H, results.plan().until_h);
        let (all, drug) = (results.difference(s.k, t), results.drug_part(s.k, t));
        let text = format!(
            "At {} the difference to no treatment is {}; {} of it is left when the session raises no expectation.",
            words::span(t),
            s.text(all),
            s.text(drug)
        );
        out.push((text, grade(std::slice::from_ref(s))));
    }
    out
}

/// The first letter large, unless it begins a name such as `mTORC1`.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(a), Some(b)) if a.is_lowercase() && !b.is_uppercase() => a.to_uppercase().chain(letters).collect(),
        _ => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::tests::results;

    #[test]
    fn agrees_with_every_lane() {
        let (_, results) = results("ketamine 0.5 mg/kg iv over 40 min");
        let told = told(&results);
        assert!(told.iter().all(|(_, sentences)| sentences.iter().all(|(t, g)| t.ends_with('.') && g.is_some())));
        let (_, mood) = told.iter().find(|(lane, _)| lane == "Mood").expect("a symptom lane");
        assert!(mood[1].0.contains("expectation"));
    }

    #[test]
    fn agrees_with_no_drug() {
        let (_, results) = results("saline iv over 40 min");
        assert_eq!(told(&results)[0].1[0].0, "Nothing moves.");
    }

    #[test]
    fn agrees_with_capitals() {
        assert_eq!(
            [capital("mTORC1 rises"), capital("pyramidal rate"), capital("BDNF")].join("|"),
            "mTORC1 rises|Pyramidal rate|BDNF"
        );
    }
}
