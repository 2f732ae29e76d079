//! Holds the table of claims against the list it was made from, and puts each claim to its tests: they must exist, run
//! and pass (or be named as known misses), and the test of a claim about a mechanism must fail once that link is cut.

use crate::report;
use resynapse::atlas::Atlas;
use resynapse::claim::Claim;
use resynapse::expectation::{Expectation, evaluate};
use resynapse_tests::files::root;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Marks a test of the program instead of an expectation.
const PROGRAM: &str = "program:";

fn list() -> PathBuf {
    std::env::var_os("RESYNAPSE_CLAIMS").map_or_else(|| root().join("../shared/design/claims.md"), PathBuf::from)
}

/// Runs all checks.
pub fn run() -> bool {
    let atlas = Atlas::embedded();
    let mut findings = Vec::new();
    let ids: BTreeSet<String> = atlas.claims.iter().map(|c| c.id.clone()).collect();
    match std::fs::read_to_string(list()) {
        Ok(text) => {
            let wanted: BTreeSet<String> = text.lines().filter_map(id_of).collect();
            for id in wanted.symmetric_difference(&ids) {
                findings.push(format!("{id} stands in only one of the list of claims and atlas/claims.csv"));
            }
        }
        Err(_) => println!("claims: ids not compared, no list of claims here (set RESYNAPSE_CLAIMS)"),
    }
    let (mut tests, mut cut, mut misses) = (0, 0, 0);
    let program = program_tests(&root());
    for claim in &atlas.claims {
        if claim.tests.is_empty() {
            findings.push(format!("{} has no test", claim.id));
        }
        let mut breaks = 0;
        for id in &claim.tests {
            if let Some(name) = id.strip_prefix(PROGRAM) {
                if !program.contains(name) {
                    findings.push(format!("{}: there is no test `{name}`", claim.id));
                }
                continue;
            }
            let Some(e) = atlas.expectations.iter().find(|e| &e.id == id) else {
                findings.push(format!("{}: there is no expectation `{id}`", claim.id));
                continue;
            };
            tests += 1;
            misses += usize::from(e.miss.is_some());
            breaks += checked(&atlas, claim, e, &mut findings);
        }
        cut += breaks;
        if about_a_mechanism(&atlas, claim) && breaks == 0 {
            findings.push(format!("{} is about a mechanism, but none of its tests fails without it", claim.id));
        }
    }
    if findings.is_empty() {
        println!(
            "claims: {} claims, {tests} tests ({misses} known misses), {cut} of them fail as they must when their link is cut",
            atlas.claims.len()
        );
    }
    report("claims", &findings)
}

/// `K01` at the start of a row of the list.
fn id_of(line: &str) -> Option<String> {
    let cell = line.strip_prefix('|')?.split('|').next()?.trim();
    let digits = cell.strip_prefix('K')?;
    (digits.len() == 2 && digits.chars().all(|c| c.is_ascii_digit())).then(|| cell.to_string())
}

/// A claim that says what a mechanism does: its home is a module, and it is neither history nor a goal.
fn about_a_mechanism(atlas: &Atlas, claim: &Claim) -> bool {
    let mut homes = claim.home.split(';').map(str::trim);
    homes.any(|h| atlas.library.modules.contains_key(h)) && !claim.grade.starts_with('–')
}

/// Runs one test, and again without each link it rests on; returns how many links it failed without, as it must.
fn checked(atlas: &Atlas, claim: &Claim, e: &Expectation, findings: &mut Vec<String>) -> usize {
    let verdict = match evaluate(atlas, e, None) {
        Ok(verdict) => verdict,
        Err(why) => {
            findings.push(format!("{}: `{}` does not run: {why:?}", claim.id, e.id));
            return 0;
        }
    };
    match (&e.miss, verdict.holds) {
        (None, false) => {
            findings.push(format!("{}: `{}` fails: {:?} must be {}", claim.id, e.id, verdict.numbers, e.expect));
            return 0;
        }
        (Some(_), true) => findings.push(format!("{}: `{}` is no longer a miss", claim.id, e.id)),
        _ => {}
    }
    let mut cut = 0;
    for link in e.breaks_without.iter().filter(|_| verdict.holds) {
        match evaluate(atlas, e, Some(link)) {
            Ok(without) if !without.holds => cut += 1,
            Ok(without) => {
                findings.push(format!("{}: `{}` still holds without {link}: {:?}", claim.id, e.id, without.numbers));
            }
            Err(why) => findings.push(format!("{}: `{}` without {link} does not run: {why:?}", claim.id, e.id)),
        }
    }
    cut
}

/// Names of `#[test]` functions anywhere in the tests and crates.
fn program_tests(root: &Path) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for folder in ["tests", "crates"] {
        collect(&root.join(folder), &mut out);
    }
    out
}

fn collect(folder: &Path, out: &mut BTreeSet<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            collect(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for (i, _) in lines.iter().enumerate().filter(|(_, l)| **l == "#[test]") {
                let name = lines[i..].iter().take(8).find_map(|l| l.strip_prefix("fn "));
                out.extend(name.and_then(|n| n.split('(').next()).map(String::from));
            }
        }
    }
}
