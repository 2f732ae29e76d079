//! Holds the ledger against the evidence pages: a source that no page names, or a value that no page prints, is an error
//! unless the value was assumed, fitted or derived.

use crate::report;
use model::ledger::{Method, Row};
use resynapse::atlas::Atlas;
use resynapse_tests::files::root;
use std::path::{Path, PathBuf};

/// Rows of these groups were read at their sources, or in public programs of a model, and not in the pages.
const READ_ELSEWHERE: [&str; 2] = ["population", "neural"];

fn folder() -> PathBuf {
    std::env::var_os("RESYNAPSE_EVIDENCE").map_or_else(|| root().join("../shared/evidence"), PathBuf::from)
}

/// Why the rows cannot be held against the pages, if they cannot.
pub fn absent() -> Option<String> {
    let folder = folder();
    (!folder.is_dir()).then(|| format!("no folder {} (set RESYNAPSE_EVIDENCE)", folder.display()))
}

/// Checks all rows; passes, saying so, where the pages are absent.
pub fn run() -> bool {
    if let Some(why) = absent() {
        println!("evidence skipped: {why}");
        return true;
    }
    let folder = folder();
    let mut pages = String::new();
    collect(&folder, &mut pages);
    let lower = pages.to_lowercase();
    let numbers = numbers(&pages);
    let atlas = Atlas::embedded();
    let mut findings = Vec::new();
    let mut checked = 0;
    for row in atlas.library.ledger.rows() {
        if matches!(row.method, Method::Assumed | Method::Fitted | Method::Derived)
            || READ_ELSEWHERE.contains(&row.group.as_str())
        {
            continue;
        }
        checked += 1;
        let source = atlas.library.ledger.source(&row.source_key);
        let author = row.source_key.trim_end_matches(|c: char| !c.is_ascii_alphabetic() || c.is_ascii_digit());
        let surname: String = author.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
        let address = source.map(|s| s.address.to_lowercase()).unwrap_or_default();
        let named = (!address.is_empty() && lower.contains(&address))
            || matches!(source.map(|s| s.kind.as_str()), Some("definition" | "formula" | "convention"))
            || (surname.len() >= 4 && pages_name(&lower, &surname));
        if !named {
            findings.push(format!("{}: no page names the source `{}`", row.id, row.source_key));
        }
        if !occurs(row, &numbers) {
            findings.push(format!("{}: no page prints {} (or its multiples by unit)", row.id, row.value));
        }
    }
    if findings.is_empty() {
        println!("evidence: {checked} measured or published rows found in the pages");
    }
    report("evidence", &findings)
}

/// A surname in the pages, hyphens and spaces aside.
fn pages_name(pages: &str, surname: &str) -> bool {
    let squeezed: String = pages.chars().filter(|c| c.is_ascii_alphanumeric() || c.is_whitespace()).collect();
    squeezed.contains(&surname.to_lowercase())
}

fn collect(folder: &Path, out: &mut String) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, out);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            out.push_str(&text);
            out.push('\n');
        }
    }
}

/// Every number printed anywhere in a text.
fn numbers(text: &str) -> Vec<f64> {
    let mut out = Vec::new();
    for word in text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == 'e' || c == '-')) {
        for part in [word, word.trim_matches(['-', '.', 'e'])] {
            if let Ok(x) = part.parse::<f64>() {
                out.push(x.abs());
            }
        }
        // Ranges such as 10-20, and negative exponents kept above.
        out.extend(word.split('-').filter_map(|p| p.trim_matches('.').parse::<f64>().ok()));
    }
    out.sort_by(f64::total_cmp);
    out.dedup();
    out
}

/// The value as it stands, as a percentage, or in a neighbouring unit (times 60 or 1000).
fn occurs(row: &Row, numbers: &[f64]) -> bool {
    let value = row.value.abs();
    if value == 0.0 || value == 1.0 {
        return true;
    }
    [1.0, 100.0, 0.01, 60.0, 1.0 / 60.0, 1e3, 1e-3, 24.0, 3600.0].iter().any(|factor| {
        let wanted = value * factor;
        numbers.iter().any(|x| (x - wanted).abs() <= 5e-3 * wanted)
    })
}
