//! The report of virtual trials, and that of power: one page that needs no script and fetches nothing.
//!
//! It says what was run, gives the answer first, shows it, says how each question is put, and where it is wrong. It never
//! calls an effect proven: a virtual trial says what follows from the model, and nothing about real patients.

mod answer;
mod found;
mod plan;
mod power;
mod sure;

pub use power::{Power, html as power_html};

use super::document;
use crate::figure::{NOT_ADVICE, words};
use crate::figure::{Picture, Table};
use crate::trial::finish::Findings;
use maud::{Markup, PreEscaped, html as page};
use model::ledger::Row;
use resynapse::atlas::Atlas;
use study::trial::design::Design;
use study::trial::run::Trial;

/// What a report on trials is made of.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// What was run.
    pub design: &'a Design,
    /// What was found.
    pub findings: &'a Findings,
    /// Figures, as they are in the folder.
    pub pictures: &'a [Picture],
    /// What the model's numbers rest on.
    pub basis: &'a Basis<'a>,
}

/// What a trial's model rests on, and how to run it again.
#[derive(Clone, Debug)]
pub struct Basis<'a> {
    /// Rows of the ledger that were used.
    pub rows: Vec<&'a Row>,
    /// Limits that the mechanisms state: name and text.
    pub limits: Vec<(String, String)>,
    /// Names of conditions, in words.
    pub conditions: Vec<String>,
    /// Version and hash of the atlas.
    pub atlas: (&'a str, &'a str),
    /// How to make these results again, from inside their folder.
    pub command_line: String,
}

impl<'a> Basis<'a> {
    /// Of a trial.
    pub fn new(atlas: &'a Atlas, trial: &'a Trial<'_>, command_line: String) -> Basis<'a> {
        let mut conditions: Vec<String> = Vec::new();
        for plan in &trial.design.treatments {
            let name = &plan.patient.condition;
            let title = atlas.conditions.get(name).map_or_else(|| name.replace('_', " "), |c| c.title.clone());
            if !conditions.contains(&title) {
                conditions.push(title);
            }
        }
        Basis {
            rows: trial.rows(),
            limits: super::limits(atlas),
            conditions,
            atlas: (::atlas::VERSION, &atlas.hash),
            command_line,
        }
    }
}

/// Writes the page.
pub fn html(report: &Report<'_>) -> String {
    let layout = &report.design.layout;
    let lead = match layout.replicates {
        1 => {
            "One virtual trial of resynapse: people of a model, randomised, treated and analysed like those of a trial."
                .into()
        }
        n => format!(
            "{n} virtual trials of resynapse: people of a model, randomised, treated and analysed like those of a trial."
        ),
    };
    let size = match layout.replicates {
        1 => format!("one trial of {} people", layout.size),
        n => format!("{n} trials of {} people", layout.size),
    };
    let body = page! {
        p.banner role="note" { strong { (NOT_ADVICE) } }
        main {
            header { h1 { (layout.title) } p.lead { (lead) } }
            (answer::section(report))
            (plan::section(report.design, report.basis, &size))
            (figures(report, "What happened", "course", &["change", "people", "spread", "responders", "times"]))
            (found::section(report))
            (found::between(report))
            (found::people(report))
            (found::baseline(report))
            (found::adverse(report))
            (found::measures(report))
            (found::failures(report))
            (sure::section(report.design, report.basis))
            (sure::again(report.design, report.basis))
        }
        (sure::footer(report.basis))
    };
    document(&layout.title, &body)
}

/// A section of figures, in the given order; nothing where none of them is there.
fn figures(report: &Report<'_>, title: &str, id: &str, names: &[&str]) -> Markup {
    let shown: Vec<&Picture> = names.iter().filter_map(|n| picture(report, n)).collect();
    page! {
        @if !shown.is_empty() { section id=(id) { h2 { (title) } @for p in shown { (figure(p)) } } }
    }
}

fn picture<'a>(report: &Report<'a>, name: &str) -> Option<&'a Picture> {
    report.pictures.iter().find(|p| p.name == name)
}

/// A figure with its caption and its numbers.
pub(super) fn figure(picture: &Picture) -> Markup {
    page! {
        figure {
            div.wide tabindex="0" role="region" aria-label={ (picture.title) ", scrolls sideways" } { (PreEscaped(&picture.svg)) }
            figcaption.note { (picture.caption) }
            details { summary { "Numbers of this figure" } (columns(&picture.table)) }
        }
    }
}

/// A table whose columns after the first words hold numbers.
fn columns(table: &Table) -> Markup {
    grid(&table.head, &table.rows)
}

/// The same of any names.
pub(super) fn grid(head: &[&str], rows: &[Vec<String>]) -> Markup {
    let numeric = |k: usize| {
        let number = |cell: &String| cell == "–" || cell.starts_with(|c: char| c.is_ascii_digit() || "−<∞".contains(c));
        k > 0 && !rows.is_empty() && rows.iter().all(|r| r.get(k).is_some_and(number))
    };
    let right: Vec<bool> = (0..head.len()).map(numeric).collect();
    page! {
        div.wide tabindex="0" { table {
            thead { tr { @for (k, name) in head.iter().enumerate() { th.num[right[k]] scope="col" { (name) } } } }
            tbody { @for row in rows { tr {
                @for (k, cell) in row.iter().enumerate() {
                    @if k == 0 { th scope="row" { (cell) } } @else { td.num[right.get(k).copied().unwrap_or(false)] { (cell) } }
                }
            } } }
        } }
    }
}

/// A share of whole people in percent.
fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "–".into() } else { format!("{} %", words::whole(100.0 * part as f64 / whole as f64)) }
}
