//! From pieces to results: trial after trial, in bounded memory, into a folder that takes its place when it is whole.

use super::{Asked, records};
use crate::arguments::Global;
use crate::failure::Failure;
use crate::folder::{self, pretty};
use crate::terminal;
use crate::work::Work;
use crate::{figure, report};
use rayon::prelude::*;
use resynapse::atlas::Atlas;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{BufWriter, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;
use study::data::dataset::{Dataset, Datasets};
use study::data::{self, Format, Writer};
use study::trial::analyse::{Answer, analyse};
use study::trial::design::Design;
use study::trial::run::{Piece, Trial};
use study::trial::schema::Record;
use study::trial::summary::Summary;

/// Analysis data sets are written as text and transport files too up to so many people; `export` makes them for more.
const MOST_IN_ALL_FORMATS: u64 = 20_000;
/// People whose rows are made at once.
const PEOPLE_PER_TABLE: usize = 1000;
/// People whose trials are analysed side by side.
const PEOPLE_AT_ONCE: usize = 20_000;

/// What a finished trial found.
pub struct Findings {
    /// What happened.
    pub summary: Summary,
    /// Answers, trial after trial.
    pub answers: Vec<Answer>,
}

/// Reads pieces trial by trial.
pub struct Trials<'a> {
    work: &'a Work,
    pieces: &'a [Piece],
    next: usize,
    held: Vec<Record>,
    size: usize,
}

impl<'a> Trials<'a> {
    /// Of one design.
    pub fn new(work: &'a Work, pieces: &'a [Piece], design: &Design) -> Trials<'a> {
        Trials { work, pieces, next: 0, held: Vec::new(), size: design.layout.size as usize }
    }

    /// The next whole trial; `None` after the last.
    pub fn next_trial(&mut self) -> Result<Option<Vec<Record>>, Failure> {
        while self.held.len() < self.size {
            let Some(piece) = self.pieces.get(self.next) else { break };
            self.held.extend(self.work.get(piece.index)?);
            self.next += 1;
        }
        if self.held.is_empty() {
            return Ok(None);
        }
        let rest = self.held.split_off(self.size.min(self.held.len()));
        Ok(Some(std::mem::replace(&mut self.held, rest)))
    }
}

/// Makes the results and puts them in their place.
pub fn finish(
    atlas: &Atlas,
    asked: &Asked,
    trial: &Trial<'_>,
    pieces: &[Piece],
    work: Work,
    target: &Path,
    global: &Global,
) -> Result<(), Failure> {
    let started = Instant::now();
    let staging = work.folder().join("results");
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(|e| cannot(&staging, &e))?;
    }
    let design = &trial.design;
    let mut out = Out::new(&staging, design)?;
    let mut findings = Findings { summary: Summary::new(design), answers: Vec::new() };
    let mut trials = Trials::new(&work, pieces, design);
    let pool = super::pool(global)?;
    loop {
        let mut batch: Vec<Vec<Record>> = Vec::new();
        while batch.iter().map(Vec::len).sum::<usize>() < PEOPLE_AT_ONCE {
            let Some(mut records) = trials.next_trial()? else { break };
            study::trial::outcome::weigh(design, &mut records);
            batch.push(records);
        }
        if batch.is_empty() {
            break;
        }
        let answers: Vec<Vec<Answer>> = pool.install(|| batch.par_iter().map(|r| analyse(design, r)).collect());
        findings.answers.extend(answers.into_iter().flatten());
        for records in &batch {
            findings.summary.add(design, records);
            out.write(records)?;
        }
    }
    out.finish()?;
    let pictures = figure::trial::all(design, &findings);
    let basis = report::trial::Basis::new(atlas, trial, "resynapse trial protocol.lock.toml".into());
    let page = report::trial::Report { design, findings: &findings, pictures: &pictures, basis: &basis };
    for picture in &pictures {
        put(&staging, &format!("figures/{}.svg", picture.name), &picture.svg)?;
    }
    let texts: Vec<(&str, String)> = vec![
        ("report.html", report::trial::html(&page)),
        ("protocol.toml", asked.text.clone()),
        ("protocol.lock.toml", super::lock::lock(atlas, asked)),
        ("ledger.csv", super::tables::ledger(atlas, trial)),
        ("variables.csv", variables(design)?),
        ("summary.csv", super::tables::summary(&findings.summary)),
        ("analyses.csv", super::tables::analyses(design, &findings.answers)),
        ("analysis.json", pretty(&super::tables::as_json(design, &findings))),
    ];
    for (path, text) in texts {
        put(&staging, path, &text)?;
    }
    let manifest = json!({
        "program": { "name": "resynapse", "version": env!("CARGO_PKG_VERSION") },
        "atlas": { "version": ::atlas::VERSION, "sha256": atlas.hash },
        "run_sha256": asked.mark, "seed": design.seed, "files": listed(&staging)?,
        "not_medical_advice": true,
    });
    put(&staging, "manifest.json", &pretty(&manifest))?;
    let log = json!({
        "finishing_s": started.elapsed().as_secs_f64(), "threads": global.many_threads(),
        "host": { "os": std::env::consts::OS, "arch": std::env::consts::ARCH },
    });
    put(&staging, "run.log.json", &pretty(&log))?;
    let old = target.with_extension(format!("{}.old", std::process::id()));
    if let Some(parent) = target.parent().filter(|p| !p.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(|e| cannot(parent, &e))?;
    }
    folder::replace(&staging, target, &old).map_err(|e| cannot(target, &e))?;
    work.remove()?;
    if global.json {
        let mut value = super::tables::as_json(design, &findings);
        value["folder"] = json!(target.display().to_string());
        anstream::println!("{value:#}");
        return Ok(());
    }
    anstream::print!("{}", terminal::trial::text(design, &findings));
    if !global.quiet {
        design.notes.iter().for_each(|n| anstream::eprintln!("note: {n}"));
        anstream::eprintln!("report  {}", target.join("report.html").display());
    }
    Ok(())
}

/// A failure to write, with what is kept.
pub fn cannot(path: &Path, e: &dyn std::fmt::Display) -> Failure {
    let kept = "the pieces are kept: remove the cause and go on with --resume";
    Failure::File(format!("cannot write `{}`: {e}; {kept}", path.display()))
}

/// Writes one text file.
pub fn put(folder: &Path, path: &str, text: &str) -> Result<(), Failure> {
    let file = folder.join(path);
    let made = file.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(&file, text)).map_err(|e| cannot(&file, &e))
}

fn variables(design: &Design) -> Result<String, Failure> {
    let datasets = Datasets::new(&design.layout).map_err(wrong)?;
    let all: Vec<Dataset> = Dataset::ADAM.into_iter().chain(Dataset::PLAIN).collect();
    let table = datasets.variables(&all);
    let mut bytes = Vec::new();
    let mut writer = data::open(Format::Csv, &mut bytes, &table).map_err(|e| Failure::File(e.to_string()))?;
    writer.write(&table).and_then(|()| writer.finish()).map_err(|e| Failure::File(e.to_string()))?;
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

fn wrong(found: Vec<String>) -> Failure {
    Failure::File(found.join("\n"))
}

/// Data sets being written.
struct Out {
    datasets: Datasets,
    records: records::Out,
    files: Vec<(Dataset, PathBuf, Box<dyn Writer>)>,
}

impl Out {
    fn new(folder: &Path, design: &Design) -> Result<Out, Failure> {
        let datasets = Datasets::new(&design.layout).map_err(wrong)?;
        let people = u64::from(design.layout.size) * u64::from(design.layout.replicates);
        let mut files: Vec<(Dataset, PathBuf, Box<dyn Writer>)> = Vec::new();
        for dataset in Dataset::PLAIN.into_iter().chain(Dataset::ADAM) {
            let adam = Dataset::ADAM.contains(&dataset);
            let formats: &[Format] = if adam && people <= MOST_IN_ALL_FORMATS {
                &[Format::Csv, Format::Parquet, Format::Xpt]
            } else {
                &[Format::Parquet]
            };
            for format in formats {
                let name = format!("{}.{}", dataset.name().to_lowercase(), format.ending());
                let path = folder.join(if adam { "adam" } else { "data" }).join(name);
                files.push((dataset, path.clone(), writer(&datasets, dataset, *format, &path)?));
            }
        }
        Ok(Out { records: records::Out::new(folder, &design.layout)?, datasets, files })
    }

    /// Adds a trial, a part at a time: tables of texts take far more room than records.
    fn write(&mut self, records: &[Record]) -> Result<(), Failure> {
        records.chunks(PEOPLE_PER_TABLE).try_for_each(|part| self.write_part(part))
    }

    fn write_part(&mut self, records: &[Record]) -> Result<(), Failure> {
        self.records.write(records)?;
        let mut last: Option<(Dataset, data::Table)> = None;
        for (dataset, path, writer) in &mut self.files {
            let table = match last.take() {
                Some((made, table)) if made == *dataset => table,
                _ => self.datasets.table(*dataset, records).map_err(|e| cannot(path, &e))?,
            };
            writer.write(&table).map_err(|e| cannot(path, &e))?;
            last = Some((*dataset, table));
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Failure> {
        self.records.finish()?;
        self.files.into_iter().try_for_each(|(_, path, writer)| writer.finish().map_err(|e| cannot(&path, &e)))
    }
}

/// Opens one data set in one format.
pub fn writer(datasets: &Datasets, dataset: Dataset, format: Format, path: &Path) -> Result<Box<dyn Writer>, Failure> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    let file = made.and_then(|()| File::create(path)).map_err(|e| cannot(path, &e))?;
    data::open(format, BufWriter::new(file), &datasets.empty(dataset)).map_err(|e| cannot(path, &e))
}

/// All files of a folder with their hashes, sorted.
pub fn listed(folder: &Path) -> Result<Vec<serde_json::Value>, Failure> {
    let mut paths = Vec::new();
    walk(folder, folder, &mut paths).map_err(|e| cannot(folder, &e))?;
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let hash = hash_file(&folder.join(&path)).map_err(|e| cannot(folder, &e))?;
            Ok(json!({ "path": path, "sha256": hash }))
        })
        .collect()
}

fn walk(root: &Path, at: &Path, out: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(at)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(root, &path, out)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            out.push(relative.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}

fn hash_file(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect());
        }
        hash.update(&buffer[..n]);
    }
}
