//! Invariants that neither the compiler nor clippy sees. Each is a sentence of ARCHITECTURE.md.

use crate::report;
use resynapse::atlas::{Atlas, Embedded, WHOLE};
use resynapse_tests::files::root;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use study::population::Description;

/// Files of `resynapse` and `model` that may hold float literals other than 0, 0.5, 1 and 2, with the reason.
const FLOATS_ALLOWED: &[(&str, &str)] = &[
    ("crates/model/src/unit.rs", "factors between units"),
    ("crates/model/src/ledger.rs", "none in code: examples in texts"),
    ("crates/model/src/check.rs", "which numerals a file may hold"),
    ("crates/model/src/lower.rs", "which exponents are literal"),
    ("crates/neural/src/brain/connectome.rs", "ranges of relative coupling"),
    ("crates/neural/src/brain/hemodynamics.rs", "ranges, floors of the balloon"),
    ("crates/neural/src/brain/inhibition.rs", "steps and tolerances of tuning"),
    ("crates/neural/src/brain/kernel.rs", "bounds of exponents and states"),
    ("crates/neural/src/brain/model.rs", "ranges, series of the gain"),
    ("crates/neural/src/brain/observe.rs", "bounds of correlations"),
    ("crates/neural/src/brain/reference.rs", "milliseconds"),
    ("crates/neural/src/brain/simulate.rs", "steps of the balloon, longest run, milliseconds"),
    ("crates/neural/src/brain/subject.rs", "ranges"),
    ("crates/neural/src/circuit/decision.rs", "ranges, rounds of the search"),
    ("crates/neural/src/circuit/drive.rs", "ranges, milliseconds"),
    ("crates/neural/src/circuit/kernel.rs", "milliseconds, thresholds of the Poisson table"),
    ("crates/neural/src/circuit/memory.rs", "degrees, ranges"),
    ("crates/neural/src/circuit/parameters.rs", "ranges"),
    ("crates/neural/src/circuit/reference.rs", "milliseconds"),
    ("crates/neural/src/circuit/rest.rs", "ranges, milliseconds"),
    ("crates/neural/src/circuit/wiring.rs", "degrees, ranges"),
    ("crates/neural/src/lanes.rs", "coefficients of the exponential, spread of noise"),
    ("crates/neural/src/spectrum.rs", "decibels, windows"),
    ("crates/neural/src/spectrum/aperiodic.rs", "shares of the robust fit"),
    ("crates/resynapse/src/probe/constants.rs", "the integration step of spiking circuits"),
    ("crates/resynapse/src/probe/decision.rs", "timing of the task"),
    ("crates/resynapse/src/probe/eeg.rs", "milliseconds, timing of the drive"),
    ("crates/resynapse/src/probe/fmri.rs", "timing of tuning, seconds of a minute"),
    ("crates/resynapse/src/probe/memory.rs", "degrees, timing of the task, percent"),
    ("crates/resynapse/src/probe/settings.rs", "ranges of settings"),
    ("crates/resynapse/src/compound.rs", "rounding of shares that must add up to 1"),
    ("crates/resynapse/src/prepare.rs", "when a state counts as at rest"),
    ("crates/resynapse/src/quantity.rs", "hours of a day and the clock"),
    ("crates/resynapse/src/regimen.rs", "hours of a day and a week"),
    ("crates/resynapse/src/dosing.rs", "the grid on which results are reported, rounding of a dose in sprays"),
    ("crates/resynapse/src/nonmem.rs", "when a repeated dose counts as steady, ranges of codes"),
    ("crates/resynapse/src/run.rs", "the default horizon"),
    ("crates/resynapse/src/protocol.rs", "most people of one arm for one of another"),
    ("crates/resynapse/src/expectation/evaluate.rs", "how long a run is followed when nothing says so"),
    ("crates/resynapse/src/happening.rs", "the most repeats of one entry"),
    ("crates/resynapse/src/hypothesis/battery.rs", "hours of a day and a week"),
    ("crates/study/src/cohort.rs", "hours of a day, length of the run-in, candidates a person"),
    ("crates/study/src/analysis/distribution.rs", "series, tolerances of searches"),
    ("crates/study/src/analysis/distribution/special.rs", "series coefficients"),
    ("crates/study/src/analysis/effect.rs", "tolerances of searches, the coefficient of a uniform law"),
    ("crates/study/src/analysis/matrix.rs", "when a column follows from others"),
    ("crates/study/src/analysis/mmrm/covariance.rs", "where a search begins and its bounds"),
    ("crates/study/src/analysis/mmrm/freedom.rs", "when information counts as singular"),
    ("crates/study/src/analysis/mmrm/likelihood.rs", "when a covariance counts as singular"),
    ("crates/study/src/analysis/mmrm/search.rs", "tolerances of the search"),
    ("crates/study/src/analysis/mmrm/sums.rs", "when the columns explain everything"),
    ("crates/study/src/analysis/multiplicity.rs", "rounding of sums of weights"),
    ("crates/study/src/analysis/rate.rs", "none in code: published examples"),
    ("crates/study/src/analysis/rate/score.rs", "tolerances of searches"),
    ("crates/study/src/analysis/survival/cox.rs", "tolerances of the search"),
    ("crates/study/src/analysis/survival/curve.rs", "rounding of times"),
    ("crates/study/src/analysis/survival/log_rank.rs", "rounding of times"),
    ("crates/study/src/analysis/weighting.rs", "tolerances of the search"),
    ("crates/study/src/data/adam.rs", "the invented date of study day 1"),
    ("crates/study/src/data/adam/score.rs", "a percentage"),
    ("crates/study/src/data/person.rs", "hours of a day"),
    ("crates/study/src/population/read.rs", "rounding of shares that must add up to 1"),
    ("crates/study/src/trial/analyse.rs", "the level of shown intervals"),
    ("crates/study/src/trial/bench.rs", "hours of a day"),
    ("crates/study/src/trial/build.rs", "most sizes of a protocol, rounding of times"),
    ("crates/study/src/trial/build/analysis.rs", "rounding of weights, least and most sizes"),
    ("crates/study/src/trial/build/visits.rs", "hours of a day, minutes of an hour, rounding in names"),
    ("crates/study/src/trial/condition.rs", "percent"),
    ("crates/study/src/trial/enrol.rs", "percent"),
    ("crates/study/src/trial/life.rs", "how long a session is watched, days of a month, mg of a kg"),
    ("crates/study/src/trial/read.rs", "the usual level of significance, ranges of settings"),
    ("crates/study/src/trial/summary.rs", "hours of a day, percentiles that are shown"),
    ("crates/study/src/statistic.rs", "quantiles of the normal and the chi-square approximation"),
    ("crates/study/src/target.rs", "none in code: examples in texts"),
    ("crates/study/src/validate.rs", "width of a 95 % interval, visits at which relapse is looked for"),
    ("crates/study/src/validate/read.rs", "hours of a day and a week, the definition of response"),
];

/// Words that must not occur in `sim`: it knows numbers only.
const NOT_IN_SIM: [&str; 12] = [
    "ketamine",
    "nmda",
    "madrs",
    "plasma",
    "receptor",
    "synap",
    "mg/kg",
    "std::fs",
    "std::path",
    "std::env",
    "fs::File",
    "molar",
];

/// Words that must not occur in `neural`: cells and receptors, but no drug, scale or file.
const NOT_IN_NEURAL: [&str; 8] =
    ["ketamine", "madrs", "plasma", "mg/kg", "std::path", "fs::File", "evidence row", "molar"];

/// Runs all checks.
pub fn run() -> bool {
    let root = root();
    let mut findings = Vec::new();
    let files = tracked(&root);
    let rust: Vec<(&String, String)> = files
        .iter()
        .filter(|f| f.ends_with(".rs"))
        .filter_map(|f| Some((f, fs::read_to_string(root.join(f)).ok()?)))
        .collect();
    for (file, text) in &rust {
        let code = code_only(text);
        sim_knows_numbers_only(file, &code, &mut findings);
        nothing_below_the_faces_opens_a_file(file, &code, &mut findings);
        no_biological_number(file, &code, text, &mut findings);
        serde_only_in_schema(file, &code, &mut findings);
        file_length(file, text, &mut findings);
        test_names(file, text, &mut findings);
    }
    dependencies(&root, &mut findings);
    atlas_is_used(&mut findings);
    for file in files.iter().filter(|f| f.ends_with(".md") && !f.starts_with("atlas/evidence/observations")) {
        if let Ok(text) = fs::read_to_string(root.join(file)) {
            links(&root, file, &text, &mut findings);
            words(file, &text, &mut findings);
        }
    }
    for (file, text) in &rust {
        words(file, text, &mut findings);
    }
    if findings.is_empty() {
        println!("tidy: {} files", files.len());
    }
    report("tidy", &findings)
}

/// Files that git tracks, or would track.
fn tracked(root: &Path) -> Vec<String> {
    let output =
        Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root).output();
    let listed = output.ok().filter(|o| o.status.success()).map(|o| String::from_utf8_lossy(&o.stdout).into_owned());
    let mut files: Vec<String> = match listed {
        Some(text) => text.lines().map(String::from).collect(),
        None => {
            let mut out = Vec::new();
            walk(root, root, &mut out);
            out
        }
    };
    files.retain(|f| root.join(f).is_file());
    files.sort();
    files
}

fn walk(root: &Path, at: &Path, out: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(at) else { return };
    for entry in entries.flatten() {
        let path: PathBuf = entry.path();
        let name = entry.file_name().to_string_lossy().to_string();
        if path.is_dir() {
            if !name.starts_with('.') && !name.starts_with("target") && name != "runs" {
                walk(root, &path, out);
            }
        } else if let Ok(relative) = path.strip_prefix(root) {
            out.push(relative.to_string_lossy().replace('\\', "/"));
        }
    }
}

/// The file without its unit tests and comments, lines kept.
fn code_only(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    body.lines().map(|l| l.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

fn sim_knows_numbers_only(file: &str, code: &str, findings: &mut Vec<String>) {
    let (name, banned) = match file {
        _ if file.starts_with("crates/sim/src") => ("sim", &NOT_IN_SIM[..]),
        _ if file.starts_with("crates/neural/src") => ("neural", &NOT_IN_NEURAL[..]),
        _ => return,
    };
    for (i, line) in code.lines().enumerate() {
        for word in banned {
            if line.to_lowercase().contains(&word.to_lowercase()) {
                findings.push(format!("{file}:{}: `{name}` knows numbers only, not `{word}` (I1)", i + 1));
            }
        }
    }
}

fn nothing_below_the_faces_opens_a_file(file: &str, code: &str, findings: &mut Vec<String>) {
    let below = [
        "crates/sim/src",
        "crates/neural/src",
        "crates/model/src",
        "crates/resynapse/src",
        "crates/study/src",
        "atlas/src",
    ];
    if !below.iter().any(|b| file.starts_with(b)) {
        return;
    }
    for (i, line) in code.lines().enumerate() {
        for word in
            ["std::fs", "std::env::", "SystemTime", "Instant::", "println!", "eprintln!", "HashMap<", "HashSet<"]
        {
            // The expression graph and the tape look values up by key and never walk their maps.
            let keyed = word.starts_with("Hash")
                && (file.starts_with("crates/sim/src/")
                    || ["crates/model/src/lower.rs", "crates/model/src/reduce.rs"].contains(&file));
            let compile_time = word == "std::env::" && line.contains("env!");
            if line.contains(word) && !keyed && !compile_time {
                findings.push(format!("{file}:{}: `{word}` below the faces (I2, I6)", i + 1));
            }
        }
    }
}

/// Float literals in a line of code, as written.
fn floats(line: &str) -> Vec<&str> {
    let bytes = line.as_bytes();
    let mut out = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        let starts = bytes[i].is_ascii_digit()
            && (i == 0 || !(bytes[i - 1].is_ascii_alphanumeric() || bytes[i - 1] == b'_' || bytes[i - 1] == b'.'));
        if !starts {
            i += 1;
            continue;
        }
        let begin = i;
        let mut float = false;
        while i < bytes.len() {
            let c = bytes[i];
            let next_digit = bytes.get(i + 1).is_some_and(u8::is_ascii_digit);
            let exponent =
                matches!(c, b'e' | b'E') && (next_digit || bytes.get(i + 1).is_some_and(|n| b"+-".contains(n)));
            if c.is_ascii_digit() || c == b'_' {
                i += 1;
            } else if c == b'.' && next_digit {
                float = true;
                i += 1;
            } else if exponent {
                float = true;
                i += 2;
            } else {
                break;
            }
        }
        if float {
            out.push(&line[begin..i]);
        }
    }
    out
}

/// A line with the insides of its string literals blanked.
fn without_texts(line: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    let mut escaped = false;
    for c in line.chars() {
        let quote = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        if quote {
            inside = !inside;
        }
        out.push(if inside && !quote { ' ' } else { c });
    }
    out
}

fn no_biological_number(file: &str, code: &str, text: &str, findings: &mut Vec<String>) {
    let guarded = ["crates/model/src", "crates/neural/src", "crates/resynapse/src", "crates/study/src"]
        .iter()
        .any(|p| file.starts_with(p));
    let sim = file.starts_with("crates/sim/src");
    if !guarded && !sim {
        return;
    }
    let allowed = FLOATS_ALLOWED.iter().any(|(f, _)| f == &file);
    for (i, line) in code.lines().enumerate() {
        for literal in floats(&without_texts(line)) {
            let value: f64 = literal.replace('_', "").parse().unwrap_or(f64::NAN);
            if guarded && !allowed && ![0.0, 0.5, 1.0, 2.0].contains(&value) {
                findings.push(format!(
                    "{file}:{}: the number {literal} needs a ledger row, or a reason in tidy.rs (I3)",
                    i + 1
                ));
            }
            let digits = literal.trim_start_matches(['0', '.']).chars().filter(char::is_ascii_digit).count();
            if sim && digits > 7 && !text.contains("Source:") {
                findings.push(format!("{file}:{}: the constant {literal} carries no `Source:` line (I3)", i + 1));
            }
        }
    }
}

fn serde_only_in_schema(file: &str, code: &str, findings: &mut Vec<String>) {
    if file.ends_with("schema.rs") || file.contains("/schema/") || file.starts_with("xtask/") {
        return;
    }
    for (i, line) in code.lines().enumerate() {
        if line.contains("derive(") && (line.contains("Serialize") || line.contains("Deserialize")) {
            findings.push(format!(
                "{file}:{}: in-memory types are not file formats: derive in a module `schema` (I9)",
                i + 1
            ));
        }
    }
}

fn file_length(file: &str, text: &str, findings: &mut Vec<String>) {
    let lines = code_only(text).lines().count();
    let test = file.contains("/tests/") || file.starts_with("tests/");
    if !test && lines > 900 {
        findings.push(format!("{file}: {lines} lines; split it"));
    } else if !test && lines > 600 && !text.lines().take(12).any(|l| l.contains("Long because")) {
        findings.push(format!("{file}: {lines} lines; split it, or say in its header `Long because …`"));
    }
}

fn test_names(file: &str, text: &str, findings: &mut Vec<String>) {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for (i, line) in lines.iter().enumerate() {
        if *line == "#[ignore]" || line.starts_with("#[ignore =") {
            findings.push(format!("{file}:{}: an ignored test", i + 1));
        }
        if *line != "#[test]" {
            continue;
        }
        let Some(name) = lines[i..].iter().take(8).find_map(|l| l.strip_prefix("fn ")) else { continue };
        // A macro that stamps out the shared exam names its tests where it is used.
        if name.starts_with('$') {
            continue;
        }
        if !["regresses_", "agrees_", "validates_", "rejects_"].iter().any(|p| name.starts_with(p)) {
            let name = name.split('(').next().unwrap_or(name);
            findings.push(format!("{file}:{}: the test `{name}` does not say what kind it is", i + 1));
        }
    }
}

/// Who may depend on whom (I1, I10), read from cargo's own tree.
fn dependencies(root: &Path, findings: &mut Vec<String>) {
    let tree = |package: &str| -> BTreeSet<String> {
        let arguments = ["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--format", "{p}"];
        let output = Command::new("cargo").args(arguments).current_dir(root).output();
        let text = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
        text.lines().filter_map(|l| l.split_whitespace().next()).map(String::from).collect()
    };
    let sim = tree("resynapse-sim");
    if sim.len() != 1 {
        findings.push(format!("resynapse-sim depends on {sim:?}; it needs nothing (I1)"));
    }
    let neural = tree("resynapse-neural");
    for banned in ["resynapse", "resynapse-model", "resynapse-atlas"] {
        if neural.contains(banned) {
            findings.push(format!("resynapse-neural depends on {banned}; of the project it knows `sim` alone (I1)"));
        }
    }
    for package in ["resynapse-model", "resynapse-neural", "resynapse", "resynapse-study", "resynapse-atlas"] {
        let found = tree(package);
        for banned in ["clap", "axum", "hyper", "tokio", "pyo3", "anstream", "diffsol", "resynapse-cli"] {
            if found.contains(banned) {
                findings.push(format!("{package} depends on {banned} (I10)"));
            }
        }
    }
    let model = tree("resynapse-model");
    for banned in ["resynapse", "resynapse-atlas"] {
        if model.contains(banned) {
            findings.push(format!("resynapse-model depends on {banned}: arrows point downwards only"));
        }
    }
}

/// Every mechanism takes part in the whole, and every ledger id is used by a mechanism.
fn atlas_is_used(findings: &mut Vec<String>) {
    let atlas = Atlas::embedded();
    let Some(whole) = atlas.assemblies.get(WHOLE) else { return };
    for path in atlas.library.modules.keys() {
        if !atlas.assemblies.values().any(|a| a.assembly.modules.contains(path)) {
            findings.push(format!("atlas/models/{path}.mech is in no assembly"));
        }
    }
    let mut used = BTreeSet::new();
    for module in atlas.library.modules.values() {
        for instance in model::expand::expand(module, &atlas.library.families, &mut Vec::new()) {
            used.extend(instance.parameters.into_iter().map(|p| p.name.value));
        }
    }
    if let Ok(people) = Description::load(&Embedded) {
        used.extend(people.rows().map(String::from));
    }
    match resynapse::probe::rows(&atlas, &Embedded) {
        Ok(rows) => used.extend(rows.iter().map(|r| r.id.clone())),
        Err(missing) => findings.extend(missing.into_iter().map(|d| d.message)),
    }
    for id in atlas.library.ledger.ids().filter(|id| !used.contains(*id)) {
        findings.push(format!("atlas/evidence/parameters: no mechanism uses `{id}`"));
    }
    let cited: BTreeSet<&str> = atlas.library.ledger.rows().iter().map(|r| r.source_key.as_str()).collect();
    let referenced: BTreeSet<&str> =
        atlas.library.modules.values().flat_map(|m| m.references.iter().map(|r| r.value.as_str())).collect();
    let mut quoted: BTreeSet<&str> = atlas.expectations.iter().flat_map(|e| &e.sources).map(String::as_str).collect();
    quoted.extend(atlas.hypotheses.values().flat_map(|h| &h.sources).map(String::as_str));
    for key in quoted.iter().filter(|key| atlas.library.ledger.source(key).is_none()) {
        findings.push(format!("atlas: an expectation or a hypothesis names the unknown source `{key}`"));
    }
    for source in atlas.library.ledger.sources().filter(|s| !quoted.contains(s.key.as_str())) {
        if !cited.contains(source.key.as_str()) && !referenced.contains(source.key.as_str()) {
            findings.push(format!("atlas/evidence/sources.csv: nothing cites `{}`", source.key));
        }
    }
    for trace in &whole.traces {
        if trace.label.is_empty() {
            findings.push(format!("the trace of {} has no label", trace.port));
        }
    }
}

/// Relative links of a page lead somewhere.
fn links(root: &Path, file: &str, text: &str, findings: &mut Vec<String>) {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    for part in text.split("](").skip(1) {
        let target = part.split([')', ' ', '#']).next().unwrap_or("");
        if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
            continue;
        }
        if !root.join(folder).join(target).exists() {
            findings.push(format!("{file}: the link to {target} leads nowhere"));
        }
    }
}

/// Words that do not belong into the project's texts.
fn words(file: &str, text: &str, findings: &mut Vec<String>) {
    if file == "xtask/src/tidy.rs" {
        return;
    }
    for (i, line) in text.lines().enumerate() {
        for word in ["TODO", "FIXME", "XXX"] {
            if line.contains(word) {
                findings.push(format!("{file}:{}: {word}", i + 1));
            }
        }
        if line.split(|c: char| !c.is_alphabetic()).any(|w| w.eq_ignore_ascii_case("simply")) {
            findings.push(format!("{file}:{}: \"simply\" helps nobody", i + 1));
        }
    }
}
