//! How sure it is: grades by lane, the limits of each mechanism, every number used and its source.

use crate::figure::{lane_title, words};
use crate::report::{Report, badge};
use maud::{Markup, html as page};
use model::ledger::{Checked, Grade, Method, Source};
use std::collections::{BTreeMap, BTreeSet};

/// So many rows are named before the rest is counted.
const NAMED: usize = 8;

/// Grades behind each lane.
pub fn section(report: &Report<'_>) -> Markup {
    let lanes = lanes(report);
    page! {
        section #sure {
            h2 { "How sure" }
            p {
                "A step is no surer than the weakest number on the way to it. The table counts, by grade, the numbers behind each lane (behind the one of its signals that rests on most), the steps above it included."
            }
            div.wide { table {
                thead { tr {
                    th scope="col" { "Lane" }
                    @for g in Grade::ALL { th.num scope="col" { (g) } }
                    th scope="col" { "weakest" } th scope="col" { "its weakest numbers that no lane above has" }
                } }
                tbody { @for lane in &lanes { tr {
                    th scope="row" { (lane_title(&lane.name)) }
                    @for g in Grade::ALL { td.num { (lane.counts.get(&g).copied().unwrap_or(0)) } }
                    td { (badge(lane.weakest)) }
                    td.rows { (named(&lane.new_here)) }
                } } }
            } }
            dl.legend { @for g in Grade::ALL { dt { (badge(Some(g))) } dd { (g.meaning()) } } }
            p.note { "A number not read at its source stands one grade lower. A typical person is shown, and one set of numbers: neither the spread between people nor the uncertainty of the numbers is drawn." }
        }
    }
}

fn named(rows: &[String]) -> Markup {
    page! {
        @if rows.is_empty() { "none" }
        @for (i, id) in rows.iter().take(NAMED).enumerate() { @if i > 0 { ", " } a href={ "#row-" (id) } { (identifier(id)) } }
        @if rows.len() > NAMED { " and " (rows.len() - NAMED) " more" }
    }
}

/// An id that may be broken after its dots and low lines.
pub fn identifier(id: &str) -> Markup {
    page! { code { @for part in id.split_inclusive(['.', '_']) { (part) wbr; } } }
}

struct Lane {
    name: String,
    counts: BTreeMap<Grade, usize>,
    weakest: Option<Grade>,
    new_here: Vec<String>,
}

/// Lanes in order. Counts are those of the trace of the lane that rests on most numbers.
fn lanes(report: &Report<'_>) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    let mut above: BTreeSet<String> = BTreeSet::new();
    for (trace, profile) in report.results.traces().iter().zip(&report.results.provenance().grades) {
        let found = lanes.iter().position(|l| l.name == trace.lane);
        let i = found.unwrap_or_else(|| {
            lanes.push(Lane { name: trace.lane.clone(), counts: BTreeMap::new(), weakest: None, new_here: Vec::new() });
            lanes.len() - 1
        });
        let lane = &mut lanes[i];
        if profile.counts.values().sum::<usize>() > lane.counts.values().sum() {
            lane.counts = profile.counts.clone();
        }
        lane.weakest = lane.weakest.max(profile.weakest);
        lane.new_here.extend(profile.weakest_rows.iter().filter(|id| above.insert(id.to_string())).cloned());
    }
    lanes
}

/// What the mechanisms say of themselves.
pub fn limits(limits: &[(String, String)]) -> Markup {
    page! {
        section #limits {
            h2 { "Where this model is wrong" }
            p { "Each mechanism states what it leaves out or assumes." }
            (stated(limits))
        }
    }
}

/// A list of limits.
pub fn stated(limits: &[(String, String)]) -> Markup {
    page! {
        dl.limits { @for (name, text) in limits {
            @let (domain, stem) = name.rsplit_once('/').unwrap_or(("", name));
            dt { (stem.replace('_', " ")) " " span.muted { (domain) } }
            dd { (text) }
        } }
    }
}

/// Every number used.
pub fn parameters(report: &Report<'_>) -> Markup {
    let used = &report.results.provenance().parameters;
    page! {
        section #numbers {
            h2 { "Every number used" }
            details { summary { (used.len()) " numbers with unit, grade, method and source" }
                div.wide tabindex="0" { table.dense {
                    thead { tr {
                        th scope="col" { "Number" } th.num scope="col" { "value" } th scope="col" { "unit" } th scope="col" { "grade" }
                        th scope="col" { "method" } th scope="col" { "source" } th scope="col" { "note" }
                    } }
                    tbody { @for p in used { tr id={ "row-" (p.row.id) } {
                        th scope="row" { (identifier(&p.row.id)) @if !p.row.context.is_empty() { " " span.muted { (p.row.context_text()) } } }
                        td.num { (words::plain(p.value)) @match p.origin { "patient" => " (set by hand)", "drawn" => " (drawn)", _ => "" } }
                        td { (p.row.unit.text.replace("umol", "µmol")) }
                        td { (badge(Some(p.row.grade()))) }
                        td { (method(p.row.method)) (checked(p.row.checked)) }
                        td {
                            a href={ "#source-" (p.row.source_key) } { (p.row.source_key) }
                            @if !p.row.locator.is_empty() { ", " (p.row.locator) }
                            @if let Some(source) = report.source(&p.row.source_key) { @if let Some(link) = address(source) { " " (link) } }
                        }
                        td { (p.row.note) }
                    } } }
                } }
            }
        }
    }
}

/// The sources of those numbers.
pub fn sources(report: &Report<'_>) -> Markup {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for p in &report.results.provenance().parameters {
        *counts.entry(p.row.source_key.as_str()).or_default() += 1;
    }
    page! {
        section #sources {
            h2 { "Sources" }
            details { summary { (counts.len()) " sources of these numbers" }
                ul.sources { @for (key, count) in &counts { li id={ "source-" (key) } {
                    @match report.source(key) {
                        Some(s) => {
                            strong { (s.key) } ": " (described(s))
                            @if let Some(link) = address(s) { " " (link) }
                        }
                        None => strong { (key) },
                    }
                    " " span.muted { "(" (count) @if *count == 1 { " number)" } @else { " numbers)" } }
                } } }
            }
        }
    }
}

/// Authors, year, title, kind and how it was read: those that are known.
fn described(source: &Source) -> String {
    let authors = match (source.authors.as_str(), source.year.as_str()) {
        ("", year) => year.to_string(),
        (authors, "") => authors.to_string(),
        (authors, year) => format!("{authors} ({year})"),
    };
    let how = [source.kind.as_str(), source.read_as.as_str()];
    let how = how.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
    let parts = [authors, source.title.clone(), how];
    parts.into_iter().filter(|t| !t.is_empty()).map(|t| format!("{t}.")).collect::<Vec<_>>().join(" ")
}

/// A DOI, a number of PubMed or an address as a link; anything else as text.
fn address(source: &Source) -> Option<Markup> {
    let text = source.address.as_str();
    let number =
        |prefix: &str| text.strip_prefix(prefix).filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let (shown, target) = if text.is_empty() {
        return None;
    } else if text.starts_with("10.") {
        (format!("doi:{text}"), format!("https://doi.org/{text}"))
    } else if let Some(number) = number("PMID ") {
        (text.to_string(), format!("https://pubmed.ncbi.nlm.nih.gov/{number}/"))
    } else if let Some(number) = number("PMC") {
        (text.to_string(), format!("https://pmc.ncbi.nlm.nih.gov/articles/PMC{number}/"))
    } else if text.starts_with("https://") || text.starts_with("http://") {
        (text.to_string(), text.to_string())
    } else {
        return Some(page! { (text) });
    };
    Some(page! { a href=(target) rel="noreferrer" { (shown) } })
}

fn method(method: Method) -> &'static str {
    match method {
        Method::Measured => "measured",
        Method::Estimated => "estimated",
        Method::Fitted => "fitted here",
        Method::Derived => "derived",
        Method::Assumed => "assumed",
    }
}

fn checked(checked: Checked) -> &'static str {
    match checked {
        Checked::Read | Checked::None => "",
        Checked::Secondary => ", read second-hand",
        Checked::Memory => ", from memory",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address_text: &str, wanted: Option<&str>) {
        let source = Source {
            key: "a".into(),
            kind: "article".into(),
            authors: String::new(),
            year: "2020".into(),
            title: "T".into(),
            address: address_text.into(),
            licence: String::new(),
            read_as: String::new(),
        };
        assert_eq!(described(&source), "2020. T. article.");
        let link = address(&source).map(|m| m.into_string());
        let target = link.as_deref().and_then(|l| l.split("href=\"").nth(1)?.split('"').next());
        assert_eq!(target, wanted, "{address_text}");
    }

    #[test]
    fn agrees_with_addresses() {
        check("10.1000/x&y", Some("https://doi.org/10.1000/x&amp;y"));
        check("PMID 12", Some("https://pubmed.ncbi.nlm.nih.gov/12/"));
        check("PMC12", Some("https://pmc.ncbi.nlm.nih.gov/articles/PMC12/"));
        check("https://example.org/", Some("https://example.org/"));
    }

    #[test]
    fn rejects_other_schemes() {
        check("javascript:alert(1)", None);
        check("PMID 12 and more", None);
        check("", None);
    }
}
