//! The run folder: everything needed to read, check and repeat a run, written at once or not at all.

pub mod arm;
mod lock;

pub use lock::lock;

use crate::arguments::Global;
use crate::failure::Failure;
use crate::{figure, report};
use ::model::ledger::Row;
use resynapse::atlas::Atlas;
use resynapse::run::{KnockoutTable, Results};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Files of a run, held in memory until all are made.
#[derive(Debug, Default)]
pub struct RunFolder {
    files: Vec<(String, Vec<u8>)>,
}

impl RunFolder {
    /// Adds a file under a path relative to the folder.
    pub fn add(&mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.files.push((path.into(), content.into()));
    }

    /// Writes the folder: the asked one, or `runs/NAME-HASH`. A folder of that name which holds the same run is renewed;
    /// any other existing folder is refused without `--force`.
    pub fn write(
        mut self,
        global: &Global,
        name: &str,
        lock: &str,
        atlas: &Atlas,
        started: Instant,
    ) -> Result<Option<PathBuf>, Failure> {
        let hash = hex(&[lock, &atlas.hash, env!("CARGO_PKG_VERSION")]);
        self.add("protocol.lock.toml", lock.to_string());
        let listed: Vec<_> =
            self.files.iter().map(|(p, t)| json!({ "path": p, "sha256": hex(&[t.as_slice()]) })).collect();
        let manifest = json!({
            "program": { "name": "resynapse", "version": env!("CARGO_PKG_VERSION") },
            "atlas": { "version": ::atlas::VERSION, "sha256": atlas.hash },
            "run_sha256": hash, "seed": global.seed(), "files": listed,
            "not_medical_advice": true,
        });
        let manifest = pretty(&manifest);
        let default = PathBuf::from("runs").join(format!("{}-{}", slug(name, 0), &hash[..8]));
        let target = global.output.clone().unwrap_or_else(|| default.clone());
        if target.exists() && !global.force {
            let mark = format!("\"run_sha256\": \"{hash}\"");
            let same = fs::read_to_string(target.join("manifest.json")).is_ok_and(|old| old.contains(&mark));
            if !same {
                let why = "exists and holds something else; choose another with -o, or add --force";
                return Err(Failure::File(format!("`{}` {why}", target.display())));
            }
        }
        if target.is_file() {
            return Err(Failure::File(format!("`{}` is a file, not a folder", target.display())));
        }
        let log = json!({
            "wall_s": started.elapsed().as_secs_f64(), "threads": global.few_threads(),
            "host": { "os": std::env::consts::OS, "arch": std::env::consts::ARCH },
        });
        self.add("manifest.json", manifest);
        self.add("run.log.json", pretty(&log));
        self.put(&target).map_err(|e| Failure::File(format!("cannot write `{}`: {e}", target.display())))?;
        Ok(Some(target))
    }

    /// Writes beside the target first and then takes its place, so that no half-written folder is ever seen.
    fn put(&self, target: &Path) -> std::io::Result<()> {
        let parent = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent)?;
        let name = target.file_name().map(|n| n.to_string_lossy().to_string()).unwrap_or_default();
        let beside = |end: &str| parent.join(format!(".{name}.{}.{end}", std::process::id()));
        let (fresh, old) = (beside("new"), beside("old"));
        let written = self.files.iter().try_for_each(|(path, text)| {
            let file = fresh.join(path);
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(file, text)
        });
        if let Err(e) = written {
            let _ = fs::remove_dir_all(&fresh);
            return Err(e);
        }
        replace(&fresh, target, &old)
    }
}

/// Puts a finished folder in the place of the target; what was there is moved to `old` and taken away afterwards.
pub fn replace(fresh: &Path, target: &Path, old: &Path) -> std::io::Result<()> {
    let existed = target.exists();
    if existed {
        fs::rename(target, old)?;
    }
    if let Err(e) = fs::rename(fresh, target) {
        if existed {
            fs::rename(old, target)?;
        }
        let _ = fs::remove_dir_all(fresh);
        return Err(e);
    }
    if existed { fs::remove_dir_all(old) } else { Ok(()) }
}

/// A file name from free text; the number keeps names of several runs apart.
pub fn slug(text: &str, number: usize) -> String {
    let mut out = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() || c == '.' {
            out.push(c);
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    let mut out: String = out.trim_end_matches(['-', '.']).chars().take(48).collect();
    out = out.trim_matches(['-', '.']).to_string();
    if out.is_empty() {
        out = "run".into();
    }
    if number > 0 { format!("{}-{out}", number + 1) } else { out }
}

/// Columns of the terminal, 80 where unknown.
pub fn terminal_width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).filter(|w| (40..=400).contains(w)).unwrap_or(80)
}

/// SHA-256 over parts, hexadecimal.
pub fn hex<T: AsRef<[u8]>>(parts: &[T]) -> String {
    let mut hash = Sha256::new();
    for part in parts.iter().map(AsRef::as_ref) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 of bytes, hexadecimal.
pub fn hex_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// JSON as text.
pub fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

/// Adds what one run yields: trajectories, ledger, figures, report.
pub fn add_run(
    folder: &mut RunFolder,
    prefix: &str,
    atlas: &Atlas,
    results: &Results,
    links: Option<&KnockoutTable>,
    command_line: &str,
) {
    folder.add(format!("{prefix}trajectories.csv"), trajectories(results));
    folder.add(format!("{prefix}variables.csv"), variables(results));
    folder.add(format!("{prefix}ledger.csv"), ledger(atlas, results, &[]));
    folder.add(format!("{prefix}figures/ladder.svg"), figure::ladder(results, &figure::Options::default()));
    let report = report::Report { knockout: links, command_line, ..report::Report::new(atlas, results) };
    folder.add(format!("{prefix}report.html"), report::html(&report));
    if let Some((name, text)) = &results.plan().table_text {
        folder.add(table_name(name), text.clone());
    }
}

/// Adds the comparison of several runs.
pub fn add_comparison(folder: &mut RunFolder, results: &[&Results], signals: &[String]) {
    let signals: Vec<&str> = signals.iter().map(String::as_str).collect();
    folder.add("figures/compare.svg", figure::compare(results, &signals));
}

/// Where the event table of a run stands in its folder.
fn table_name(name: &str) -> String {
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
    format!("events-{}", slug(stem, 0))
}

/// Rows as comma-separated text.
pub fn csv_text(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    for row in rows {
        // Writing to memory cannot fail, and every row of a table here has its header's length.
        let _ = writer.write_record(&row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn trajectories(results: &Results) -> String {
    let mut rows = vec![vec!["course".to_string(), "time_h".into()]];
    rows[0].extend(results.traces().iter().map(|t| t.port.clone()));
    let courses = [
        ("treated", results.treated()),
        ("untreated", results.untreated()),
        ("without_expectancy", results.without_expectancy()),
    ];
    for (name, course) in courses {
        for (i, t) in course.times_h.iter().enumerate() {
            let mut row = vec![name.to_string(), t.to_string()];
            row.extend(course.values.iter().map(|v| v[i].to_string()));
            rows.push(row);
        }
    }
    csv_text(rows)
}

fn variables(results: &Results) -> String {
    let mut rows = vec![["port", "label", "unit", "lane", "weakest_grade"].map(String::from).to_vec()];
    for (t, g) in results.traces().iter().zip(&results.provenance().grades) {
        let grade = g.weakest.map(|g| g.to_string()).unwrap_or_default();
        rows.push(vec![t.port.clone(), t.label.clone(), t.unit.text.clone(), t.lane.clone(), grade]);
    }
    csv_text(rows)
}

/// Every number that was used with its source; `more` are rows that were used as they stand in the ledger.
pub fn ledger(atlas: &Atlas, results: &Results, more: &[Row]) -> String {
    let head = [
        "id",
        "context",
        "value_used",
        "unit",
        "origin",
        "value_in_ledger",
        "grade",
        "method",
        "checked",
        "species",
        "source_key",
        "doi_or_url",
        "locator",
        "note",
    ];
    let mut rows = vec![head.map(String::from).to_vec()];
    let used = results.provenance().parameters.iter().map(|p| (&p.row, p.value, p.origin.to_string()));
    for (row, value, origin) in used.chain(more.iter().map(|r| (r, r.value, "ledger".into()))) {
        let address = atlas.library.ledger.source(&row.source_key).map(|s| s.address.clone()).unwrap_or_default();
        rows.push(vec![
            row.id.clone(),
            row.context_text(),
            value.to_string(),
            row.unit.text.clone(),
            origin,
            row.value.to_string(),
            row.grade().to_string(),
            format!("{:?}", row.method).to_lowercase(),
            format!("{:?}", row.checked).to_lowercase(),
            row.species.clone(),
            row.source_key.clone(),
            address,
            row.locator.clone(),
            row.note.clone(),
        ]);
    }
    csv_text(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_that_slugs_are_file_names() {
        assert_eq!(slug("ketamine 0.5 mg/kg iv over 40 min", 0), "ketamine-0.5-mg-kg-iv-over-40-min");
        assert_eq!(slug("../../etc/passwd", 0), "etc-passwd");
        assert_eq!(slug("Ärm", 1), "2-rm");
        assert_eq!(slug("", 0), "run");
    }
}
