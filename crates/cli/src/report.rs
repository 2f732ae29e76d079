//! The report of a run: one page that needs no script and fetches nothing.
//!
//! It says what was run, what happens from blood to mood, how sure each step is, where the model is wrong, and lists every
//! number used with its source. It recommends nothing.

mod numbers;
pub mod probe;
mod story;
mod sureness;
pub mod trial;

pub(crate) use story::told;

use crate::figure::{self, NOT_ADVICE, Observed, words};
use maud::{DOCTYPE, Markup, PreEscaped, html as page};
use model::ledger::{Grade, Source};
use resynapse::atlas::{Atlas, WHOLE};
use resynapse::prepare::Person;
use resynapse::run::{KnockoutTable, Plan, Results};

const STYLE: &str = include_str!("report/style.css");

/// What a report is made of.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The run.
    pub results: &'a Results,
    /// Effect on the MADRS with each link held at rest.
    pub knockout: Option<&'a KnockoutTable>,
    /// Measurements to lay over the curves.
    pub observed: &'a [Observed],
    /// What each mechanism says of its limits: name and text.
    pub limits: Vec<(String, String)>,
    /// Sources that numbers may name.
    pub sources: Vec<&'a Source>,
    /// The person's condition in words.
    pub condition: String,
    /// How to make this report again.
    pub command_line: &'a str,
}

impl<'a> Report<'a> {
    /// A report on a run, with limits, sources and condition as the atlas has them.
    pub fn new(atlas: &'a Atlas, results: &'a Results) -> Report<'a> {
        let name = &results.plan().patient.condition;
        Report {
            results,
            knockout: None,
            observed: &[],
            limits: limits(atlas),
            sources: atlas.library.ledger.sources().collect(),
            condition: atlas.conditions.get(name).map_or_else(|| name.replace('_', " "), |c| c.title.clone()),
            command_line: "",
        }
    }

    fn source(&self, key: &str) -> Option<&'a Source> {
        self.sources.iter().find(|s| s.key == key).copied()
    }
}

/// The limits that the mechanisms of the whole assembly state: name and text.
pub fn limits(atlas: &Atlas) -> Vec<(String, String)> {
    let modules = atlas.assemblies.get(WHOLE).map(|a| a.assembly.modules.as_slice()).unwrap_or_default();
    let stated = modules.iter().filter_map(|path| Some((path, &atlas.library.modules.get(path)?.limits)));
    stated.filter(|(_, text)| !text.is_empty()).map(|(path, text)| (path.clone(), text.clone())).collect()
}

/// Writes the page.
pub fn html(report: &Report<'_>) -> String {
    let results = report.results;
    let title = &results.plan().name;
    let options = figure::Options { id: "ladder", title: "", observed: report.observed };
    let body = page! {
        p.banner role="note" { strong { (NOT_ADVICE) } }
        main {
            header {
                h1 { (title) }
                p.lead { "One run of resynapse: a model of how ketamine acts, from the dose to the blood, the brain and the mood." }
            }
            (what_was_run(report))
            (story::section(report))
            section #figure {
                h2 { "From blood to mood" }
                div.wide tabindex="0" role="region" aria-label="Figure, scrolls sideways" { (PreEscaped(figure::ladder(results, &options))) }
                p.note { "The numbers behind the curves are in " a href="#data" { "the table at the end" } "." }
            }
            (numbers::exposure(results))
            (numbers::extremes(results))
            (numbers::mood(results))
            @if let Some(table) = report.knockout { (numbers::knockout(table)) }
            (sureness::section(report))
            (sureness::limits(&report.limits))
            (sureness::parameters(report))
            (sureness::sources(report))
            (numbers::data(results))
        }
        (footer(report))
    };
    document(title, &body)
}

/// A whole page: no script, nothing fetched.
fn document(title: &str, body: &Markup) -> String {
    let document = page! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="color-scheme" content="light dark";
                title { (title) " · resynapse" }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    document.into_string()
}

fn what_was_run(report: &Report<'_>) -> Markup {
    let plan = report.results.plan();
    let person = match plan.person {
        Person::Typical => "a typical person: every number at its central value".to_string(),
        Person::Drawn { seed, subject, .. } => format!("person {subject} drawn with seed {seed}"),
    };
    let doses = plan.regimen.doses.len();
    page! {
        section #run {
            h2 { "What was run" }
            dl {
                dt { "Dose" }
                dd {
                    @if plan.regimen.text.is_empty() { "none" } @else { (plan.regimen.text) }
                    @if doses > 1 { " (" (doses) " doses, the last after " (words::span(plan.regimen.last_h())) ")" }
                }
                @if !plan.regimen.happenings.is_empty() {
                    dt { "Besides" }
                    dd { (words::list(&happenings(plan))) }
                }
                @if !plan.hold.is_empty() {
                    dt { "Held at rest" }
                    dd { (words::list(&plan.hold)) }
                }
                dt { "Person" }
                dd { (person) }
                dt { "Condition" }
                dd { (report.condition) }
                @if !plan.patient.contexts.is_empty() {
                    dt { "Setting" }
                    dd { (words::list(&plan.patient.contexts.iter().cloned().collect::<Vec<_>>())) }
                }
                @if !plan.patient.overrides.is_empty() {
                    dt { "Set by hand" }
                    dd { (words::list(&plan.patient.overrides.keys().cloned().collect::<Vec<_>>())) }
                }
                dt { "Hypothesis" }
                dd { (plan.patient.hypothesis) }
                dt { "Followed for" }
                dd { (words::span(plan.until_h)) " from the start" }
            }
        }
    }
}

/// Therapy, habits, stress and contacts in words, each kind once.
fn happenings(plan: &Plan) -> Vec<String> {
    let mut kinds: Vec<&str> = Vec::new();
    for h in &plan.regimen.happenings {
        if !kinds.contains(&h.event.as_str()) {
            kinds.push(&h.event);
        }
    }
    let told = kinds.into_iter().map(|kind| {
        let all: Vec<_> = plan.regimen.happenings.iter().filter(|h| h.event == kind).collect();
        let name = match kind.split_once('.') {
            Some(("stress", rest)) => format!("{rest} stress"),
            Some((group, rest)) => format!("{} ({group})", rest.replace('_', " ")),
            None if kind == "stressor" => "adverse event".to_string(),
            None => "contact with the clinic".to_string(),
        };
        match all.as_slice() {
            [one] if one.over_h > 0.0 => {
                let (from, until) = (words::span(one.at_h), words::span(one.at_h + one.over_h));
                format!("{name} at level {} from {from} to {until}", words::plain(one.amount))
            }
            [one] => format!("{name} at {}", words::span(one.at_h)),
            many => format!("{name}, {} times from {} on", many.len(), words::span(many[0].at_h)),
        }
    });
    told.collect()
}

fn footer(report: &Report<'_>) -> Markup {
    let provenance = report.results.provenance();
    page! {
        footer {
            p { strong { (NOT_ADVICE) } " If you are in crisis, contact local emergency services or a crisis line." }
            p {
                "resynapse " (provenance.program) ", atlas " (provenance.atlas) " (SHA-256 " code { (provenance.atlas_hash) } "), hypothesis “"
                (provenance.hypothesis) "”, " (provenance.states) " states, relative tolerance " (words::plain(report.results.plan().rtol)) "."
            }
            @if !report.command_line.is_empty() { p { "Made with " code { (report.command_line) } } }
        }
    }
}

/// A grade as a small badge.
fn badge(grade: Option<Grade>) -> Markup {
    page! {
        @match grade {
            Some(grade) => span class={ "grade g" (grade) } title=(grade.meaning()) { "grade " (grade) },
            None => span.grade title="rests on no number of the ledger" { "no number" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::tests::results;
    use resynapse::run::knockout;

    const INFUSION: &str = "ketamine 0.5 mg/kg iv over 40 min";

    fn text(sentence: &str) -> String {
        let (atlas, results) = results(sentence);
        let table = knockout(&atlas, results.plan(), "madrs.total", &[4.0, 24.0]).expect("a table");
        html(&Report { knockout: Some(&table), command_line: "resynapse <x>", ..Report::new(&atlas, &results) })
    }

    #[test]
    fn agrees_with_itself() {
        assert_eq!(text(INFUSION), text(INFUSION));
    }

    #[test]
    fn agrees_with_provenance() {
        let (atlas, results) = results(INFUSION);
        let text = html(&Report::new(&atlas, &results));
        for profile in &results.provenance().grades {
            for row in &profile.weakest_rows {
                assert!(text.contains(row.as_str()), "{row} is not named");
            }
        }
        for used in &results.provenance().parameters {
            assert!(text.contains(&format!("id=\"row-{}\"", used.row.id)), "{} is not listed", used.row.id);
        }
        for (name, _) in limits(&atlas) {
            let stem = name.rsplit('/').next().unwrap_or("").replace('_', " ");
            assert!(text.contains(&stem), "no limits of {name}");
        }
        for trace in results.traces() {
            assert!(text.contains(&words::escape(&trace.label)), "no {}", trace.label);
        }
    }

    #[test]
    fn agrees_with_other_regimens() {
        for sentence in ["esketamine 84 mg nasal twice weekly for 4 weeks", "saline iv over 40 min"] {
            let text = text(sentence);
            assert!(text.contains(NOT_ADVICE) && !text.contains("NaN") && !text.contains("inf "), "{sentence}");
        }
    }

    #[test]
    fn rejects_markup_from_outside() {
        let (atlas, results) = results(INFUSION);
        let report = Report {
            command_line: "<script>alert(1)</script>",
            condition: "<b>".into(),
            limits: vec![("a/b".into(), "<i>".into())],
            ..Report::new(&atlas, &results)
        };
        let text = html(&report);
        assert!(!text.contains("<script") && !text.contains("<b>") && !text.contains("<i>"));
        assert!(!text.contains("http-equiv=\"refresh\"") && !text.contains("src=\""));
    }
}
