//! The report of a probe: what was asked, the readings, figures, how sure, how to make it again.

use super::trial::{figure, grid};
use super::{document, sureness};
use crate::figure::probe::{Shift, notes};
use crate::figure::{NOT_ADVICE, Picture, words};
use crate::probe::{Asked, Findings, tables};
use maud::html as page;
use model::ledger::Grade;
use resynapse::atlas::Atlas;
use resynapse::probe::Kind;

/// What the page is made of.
pub struct Report<'a> {
    /// The atlas.
    pub atlas: &'a Atlas,
    /// What was asked.
    pub asked: &'a Asked,
    /// What was found.
    pub findings: &'a Findings,
    /// Changes.
    pub shifts: &'a [Shift],
    /// Figures.
    pub pictures: &'a [Picture],
    /// How to make it again.
    pub command_line: &'a str,
}

/// Modules whose limits belong to every probe.
const MODULES: [&str; 2] = ["probe/", "receptor/"];

/// Writes the page.
pub fn html(report: &Report<'_>) -> String {
    let asked = report.asked;
    let (title, lead) = match asked.kind {
        Kind::Eeg => ("EEG probe", "A local circuit of spiking cells, as an electrode near it might hear it."),
        Kind::Fmri => ("Scan probe", "The cortex at rest, region by region, as a scanner might see it."),
        Kind::Memory => ("Memory probe", "A circuit that holds a place in mind over a delay."),
        Kind::Decision => ("Decision probe", "A circuit that decides between two from noisy evidence."),
    };
    let title = format!("{title}: {}", asked.plan.name);
    let at: Vec<String> = asked.times_h.iter().map(|t| words::span(*t)).collect();
    let mut rows = tables::summary(asked, report.shifts);
    let head = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
    let limits: Vec<(String, String)> = super::limits(report.atlas)
        .into_iter()
        .filter(|(name, _)| MODULES.iter().any(|m| name.starts_with(m)))
        .collect();
    let body = page! {
        p.banner role="note" { strong { (NOT_ADVICE) } }
        main {
            header { h1 { (title) } p.lead { (lead) } }
            section #asked {
                h2 { "What was asked" }
                p {
                    (asked.plan.regimen.text) ". Probed at " (words::list(&at)) "; "
                    @match asked.people {
                        Some(n) => { (n) " virtual people, each before and then with the same wiring and noise." }
                        None => { "the typical person, without drug and then, with the same wiring and noise." }
                    }
                }
            }
            section #readings {
                h2 { "Readings" }
                (grid(&head.iter().map(String::as_str).collect::<Vec<_>>(), &rows))
                @for note in notes(asked.kind) { p.note { (note) } }
            }
            section #figures { h2 { "Figures" } @for p in report.pictures { (figure(p)) } }
            section #limits {
                h2 { "How sure, and where it is wrong" }
                p { "Every reading is " (super::badge(Some(Grade::E))) ": the link from a receptor's block to a circuit's conductance is assumed, and so is that a cortical patch stands for an electrode or a region." }
                (sureness::stated(&limits))
            }
            section #again {
                h2 { "How to run it again" }
                p { code { (report.command_line) } }
                p.note { "Recordings are in " code { "bids/" } ", readings in " code { "readings.csv" } " and " code { "readings.parquet" } ", every number with its source in " code { "ledger.csv" } "." }
            }
        }
        footer { p { strong { (NOT_ADVICE) } " If you are in crisis, contact local emergency services or a crisis line." } }
    };
    document(&title, &body)
}
