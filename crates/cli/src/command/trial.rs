//! `resynapse trial`.

use super::load_atlas;
use crate::arguments::{Global, Trial as Options};
use crate::failure::Failure;
use crate::files::{self, Folder};
use crate::work::{Present, Work};
use ::model::source::SourceMap;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use resynapse::atlas::{Atlas, Embedded};
use std::path::Path;
use std::time::Instant;
use study::trial::build::{self, Resources};
use study::trial::design::Design;
use study::trial::run::{Piece, Trial};

pub(super) fn run(global: &Global, a: &Options) -> Result<(), Failure> {
    let started = Instant::now();
    let atlas = load_atlas(global)?;
    let design = read(&atlas, global, &a.protocol)?;
    let trial = Trial::new(&atlas, design, None).map_err(|e| Failure::from_refusal(e, &atlas.library.sources))?;
    let pieces = trial.pieces();
    let target = std::path::PathBuf::from("/tmp/trial-out");
    let work = Work::open(Work::beside(&target), "x", if a.resume { Present::GoOn } else { Present::Replace })?;
    eprintln!("ready {:?}, {} pieces", started.elapsed(), pieces.len());
    simulate(&trial, &pieces, &work, global)?;
    eprintln!("done {:?}", started.elapsed());
    let mut all = Vec::new();
    for p in &pieces {
        all.extend(work.get(p.index)?);
    }
    for (k, s) in trial.design.layout.sequences.iter().enumerate() {
        let of: Vec<_> = all.iter().filter(|r| r.sequence as usize == k).collect();
        for (v, visit) in trial.design.layout.visits.iter().enumerate() {
            let x: Vec<f64> = of
                .iter()
                .filter_map(|r| r.visits.iter().find(|s| s.visit as usize == v).map(|s| s.values[0]))
                .collect();
            let mean = x.iter().sum::<f64>() / x.len() as f64;
            println!("{s:?} {} n {} mean {mean:.2}", visit.name, x.len());
        }
        let ev = of.iter().map(|r| r.events.len()).sum::<usize>();
        let sc = of.iter().map(|r| f64::from(r.screened)).sum::<f64>() / of.len() as f64;
        println!("events {ev} screened {sc:.2} failed {}", of.iter().filter(|r| r.failure.is_some()).count());
    }
    if let Some(r) = all.first() {
        println!("{r:#?}");
    }
    Ok(())
}

fn read(atlas: &Atlas, global: &Global, protocol: &Path) -> Result<Design, Failure> {
    let resources = match &global.atlas {
        Some(folder) => Resources::load(&Folder(folder.clone())),
        None => Resources::load(&Embedded),
    };
    let resources = resources.map_err(|(found, map)| Failure::Input(found, Box::new(map)))?;
    let text = files::read(protocol)?;
    let beside = Folder(protocol.parent().unwrap_or(Path::new(".")).to_path_buf());
    let mut map = SourceMap::default();
    build::read(atlas, &resources, &mut map, &beside, &protocol.display().to_string(), &text)
        .map_err(|found| Failure::Input(found, Box::new(map)))
}

/// Runs the pieces that are not there yet.
fn simulate(trial: &Trial<'_>, pieces: &[Piece], work: &Work, global: &Global) -> Result<(), Failure> {
    let mut missing = Vec::new();
    for piece in pieces {
        if !work.has(piece.index)? {
            missing.push(piece);
        }
    }
    let people: u64 = missing.iter().map(|p| u64::from(p.people)).sum();
    let bar = if global.quiet { ProgressBar::hidden() } else { ProgressBar::new(people) };
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} people, {per_sec}, {eta} left {bar:30}") {
        bar.set_style(style);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(global.threads)).build();
    let pool = pool.map_err(|e| Failure::File(format!("cannot start threads: {e}")))?;
    let outcome: Result<(), Failure> = pool.install(|| {
        missing.par_iter().try_for_each(|piece| {
            let records = trial.run(piece).map_err(|e| Failure::from_refusal(e, &SourceMap::default()))?;
            work.put(piece.index, &records)?;
            bar.inc(u64::from(piece.people));
            Ok(())
        })
    });
    bar.finish_and_clear();
    outcome
}
