//! Trials on this machine: protocols from files, pieces on disk, results in a folder.

pub mod finish;
mod lock;
pub mod records;
pub mod tables;

pub use finish::finish;
pub use lock::lock;

use crate::arguments::Global;
use crate::failure::Failure;
use crate::files::{self, Folder};
use crate::folder::{self, hex};
use crate::work::Work;
use ::model::diagnostic::Diagnostic;
use ::model::source::SourceMap;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use resynapse::atlas::{Atlas, Embedded};
use std::path::{Path, PathBuf};
use std::time::Instant;
use study::trial::build::{self, Resources};
use study::trial::design::Design;
use study::trial::people::Given;
use study::trial::run::{Piece, Trial};

/// A trial as it was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What is run.
    pub design: Design,
    /// People from a file.
    pub given: Option<Given>,
    /// Name for folders.
    pub name: String,
    /// The protocol's text.
    pub text: String,
    /// Tells this work from other work: everything its results depend on, as a hash.
    pub mark: String,
}

/// Reads a protocol: a file, or a trial of the atlas by name.
pub fn read(
    atlas: &Atlas,
    global: &Global,
    what: &str,
    size: Option<u32>,
    replicates: Option<u32>,
) -> Result<Asked, Failure> {
    let resources = match &global.atlas {
        Some(folder) => Resources::load(&Folder(folder.clone())),
        None => Resources::load(&Embedded),
    };
    let resources = resources.map_err(|(found, map)| Failure::Input(found, Box::new(map)))?;
    let path = Path::new(what);
    // A folder of results may bear the name of its trial.
    let named = atlas.trials.get(what).filter(|_| !path.is_file());
    let (text, beside) = match named {
        Some(text) => (text.clone(), Folder(PathBuf::from("."))),
        None if path.is_file() || path.extension().is_some() => {
            (files::read(path)?, Folder(path.parent().unwrap_or(Path::new(".")).to_path_buf()))
        }
        None => {
            let known: Vec<&str> = atlas.trials.keys().map(String::as_str).collect();
            let message = format!("`{what}` is neither a file nor a trial of the atlas");
            let hint = format!("trials: {}; or a file as in `my-trial.toml`", known.join(", "));
            return Err(Failure::Input(vec![Diagnostic::error_nowhere("RS6802", message, hint)], Box::default()));
        }
    };
    let mut map = SourceMap::default();
    let changed = build::Wanted { size, replicates, seed: global.seed };
    let design = build::read(atlas, &resources, &mut map, &beside, what, &text, changed)
        .map_err(|found| Failure::Input(found, Box::new(map)))?;
    let (given, people) = match &design.file {
        None => (None, String::new()),
        Some(file) => {
            let (given, hash) = people(&design, &beside.0.join(file))?;
            (Some(given), hash)
        }
    };
    let sizes = format!("{} {} {}", design.layout.size, design.layout.replicates, design.seed);
    let mark = hex(&[&text, &people, &sizes, &atlas.hash, env!("CARGO_PKG_VERSION")]);
    let stem = path.file_stem().map_or_else(|| what.to_string(), |s| s.to_string_lossy().to_string());
    Ok(Asked { design, given, name: folder::slug(&stem, 0), text, mark })
}

/// People from a file of an earlier trial, or of one's own.
fn people(design: &Design, path: &Path) -> Result<(Given, String), Failure> {
    let bytes =
        std::fs::read(path).map_err(|e| Failure::File(format!("cannot read the people `{}`: {e}", path.display())))?;
    let given = Given::from_parquet(design, &bytes)
        .map_err(|why| Failure::File(format!("`{}` cannot be used: {why}", path.display())))?;
    Ok((given, folder::hex_of(&bytes)))
}

/// Where results go.
pub fn target(global: &Global, asked: &Asked) -> PathBuf {
    let default = || PathBuf::from("runs").join(format!("{}-{}", asked.name, &asked.mark[..8]));
    global.output.clone().unwrap_or_else(default)
}

/// Refuses a folder that holds something already.
pub fn free(global: &Global, target: &Path) -> Result<(), Failure> {
    if target.is_file() {
        return Err(Failure::File(format!("`{}` is a file, not a folder", target.display())));
    }
    if target.exists() && !global.force {
        let why = "exists; choose another with -o, or add --force";
        return Err(Failure::File(format!("`{}` {why}", target.display())));
    }
    Ok(())
}

/// A bar that counts people.
pub fn bar(global: &Global, people: u64) -> ProgressBar {
    let bar = if global.quiet { ProgressBar::hidden() } else { ProgressBar::new(people) };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} people, {per_sec}, {eta} left {msg}") {
        bar.set_style(style);
    }
    bar
}

/// Runs the pieces that are not there yet.
pub fn simulate(trial: &Trial<'_>, pieces: &[Piece], work: &Work, global: &Global) -> Result<(), Failure> {
    let all: u64 = pieces.iter().map(|p| u64::from(p.people)).sum();
    let bar = bar(global, all);
    simulate_with(trial, pieces, work, global, &bar)?;
    bar.finish_and_clear();
    Ok(())
}

/// The same with a bar that counts more than this.
pub fn simulate_with(
    trial: &Trial<'_>,
    pieces: &[Piece],
    work: &Work,
    global: &Global,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let mut missing = Vec::new();
    for piece in pieces {
        if work.has(piece.index)? {
            bar.inc(u64::from(piece.people));
        } else {
            missing.push(piece);
        }
    }
    // The rate is that of this run, not of what was found done.
    bar.reset_eta();
    let outcome = pool(global)?.install(|| {
        missing.par_iter().try_for_each(|piece| {
            let records = trial.run(piece).map_err(|e| Failure::from_refusal(e, &SourceMap::default()))?;
            work.put(piece.index, &records)?;
            bar.inc(u64::from(piece.people));
            Ok(())
        })
    });
    if outcome.is_err() {
        bar.abandon();
    }
    outcome
}

/// Threads for many people.
pub fn pool(global: &Global) -> Result<rayon::ThreadPool, Failure> {
    pool_of(global.many_threads())
}

/// So many threads.
pub fn pool_of(threads: usize) -> Result<rayon::ThreadPool, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|e| Failure::File(format!("cannot start threads: {e}")))
}

/// Says what would be run, and what it would cost, from a try with one piece.
pub fn dry_run(trial: &Trial<'_>, pieces: &[Piece], global: &Global, target: &Path) -> Result<(), Failure> {
    let layout = &trial.design.layout;
    let Some(first) = pieces.first() else { return Ok(()) };
    // A few sites say enough about the cost.
    let mut few = first.clone();
    let per_site = (few.people / few.sites.len().max(1) as u32).max(1);
    few.sites.truncate((64 / per_site).max(1) as usize);
    let started = Instant::now();
    let records = trial.run(&few).map_err(|e| Failure::from_refusal(e, &SourceMap::default()))?;
    let per_person = started.elapsed().as_secs_f64() / records.len().max(1) as f64;
    let bytes = study::trial::schema::encode(&records).map_err(Failure::File)?.len() as f64 / records.len() as f64;
    let screened: u32 = records.iter().map(|r| r.screened).sum();
    let people = u64::from(layout.size) * u64::from(layout.replicates);
    let threads = global.many_threads();
    let seconds = per_person * people as f64 / threads as f64;
    let megabytes = bytes * people as f64 / 1e6;
    let acceptance = records.len() as f64 / f64::from(screened.max(1));
    if global.json {
        let said = serde_json::json!({
            "study": layout.id, "trials": layout.replicates, "people_per_trial": layout.size, "people": people,
            "treatments": layout.treatments.iter().map(|t| &t.name).collect::<Vec<_>>(),
            "visits": layout.visits.iter().map(|v| &v.name).collect::<Vec<_>>(),
            "pieces": pieces.len(), "threads": threads, "seconds": seconds, "megabytes_of_pieces": megabytes,
            "acceptance": acceptance, "folder": target.display().to_string(),
        });
        anstream::println!("{said:#}");
        return Ok(());
    }
    let names = |list: Vec<&str>| list.join(", ");
    anstream::println!("{} ({})", layout.title, layout.id);
    anstream::println!("trials     {} of {} people: {people} in all", layout.replicates, layout.size);
    anstream::println!("arms       {}", names(layout.treatments.iter().map(|t| t.name.as_str()).collect()));
    anstream::println!("visits     {}", names(layout.visits.iter().map(|v| v.name.as_str()).collect()));
    anstream::println!("measures   {}", names(layout.measures.iter().map(|m| m.name.as_str()).collect()));
    anstream::println!("analyses   {}", names(trial.design.analyses.iter().map(|a| a.name.as_str()).collect()));
    anstream::println!("entry      {:.0} % of candidates meet the criteria", 100.0 * acceptance);
    anstream::println!("cost       about {} on {threads} threads, {megabytes:.1} MB while it runs", clock(seconds));
    anstream::println!("folder     {}", target.display());
    for note in &trial.design.notes {
        anstream::eprintln!("note: {note}");
    }
    Ok(())
}

/// Seconds in words.
pub fn clock(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
