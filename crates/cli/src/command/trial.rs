//! `resynapse trial` and `resynapse gather`.

use super::{load_atlas, trial_design};
use crate::arguments::{Gather, Global, Trial as Options};
use crate::failure::Failure;
use crate::trial::{self, Asked};
use crate::work::{Present, Work};
use study::trial::run::Trial;

pub(super) fn run(global: &Global, a: &Options) -> Result<(), Failure> {
    let atlas = load_atlas(global)?;
    let shard = a.shard.as_deref().map(share).transpose()?;
    let asked = trial_design(&atlas, global, &a.protocol, a.long.size, a.long.replicates)?;
    let trial = ready(&atlas, &asked)?;
    let pieces = trial.pieces();
    let target = trial::target(global, &asked);
    if a.long.dry_run {
        return trial::dry_run(&trial, &pieces, global, &target);
    }
    trial::free(global, &target)?;
    let present = match (a.long.resume || shard.is_some(), global.force) {
        (true, _) => Present::GoOn,
        (false, true) => Present::Replace,
        (false, false) => Present::Refuse,
    };
    let work = Work::open(Work::beside(&target), &asked.mark, present)?;
    let mine: Vec<_> = match shard {
        Some((k, n)) => pieces.iter().filter(|p| p.index % n == k - 1).cloned().collect(),
        None => pieces.clone(),
    };
    trial::simulate(&trial, &mine, &work, global)?;
    if let Some((k, n)) = shard {
        let folder = work.folder().display().to_string();
        if global.json {
            let done = serde_json::json!({ "shard": k, "of": n, "pieces": mine.len(), "folder": folder });
            anstream::println!("{done}");
        } else {
            anstream::println!("share {k} of {n} is done: {} of {} pieces in {folder}", mine.len(), pieces.len());
            anstream::eprintln!("when all are: resynapse gather {} FOLDER…", a.protocol);
        }
        return Ok(());
    }
    trial::finish(&atlas, &asked, &trial, &pieces, work, &target, global)
}

pub(super) fn gather(global: &Global, a: &Gather) -> Result<(), Failure> {
    let atlas = load_atlas(global)?;
    let asked = trial_design(&atlas, global, &a.protocol, a.size, a.replicates)?;
    let trial = ready(&atlas, &asked)?;
    let pieces = trial.pieces();
    let target = trial::target(global, &asked);
    trial::free(global, &target)?;
    let mut shares = Vec::new();
    for folder in &a.shares {
        if !folder.join(crate::work::MARK).is_file() {
            let why = "is not a folder of pieces; `trial --shard` names the one it wrote";
            return Err(Failure::File(format!("`{}` {why}", folder.display())));
        }
        shares.push(Work::open(folder.clone(), &asked.mark, Present::GoOn)?);
    }
    let own = Work::beside(&target);
    let inside = shares.iter().any(|s| same(s.folder(), &own));
    let work = Work::open(own, &asked.mark, if inside { Present::GoOn } else { Present::Replace })?;
    let mut missing = Vec::new();
    for piece in &pieces {
        if work.has(piece.index)? {
            continue;
        }
        let mut found = None;
        for share in &shares {
            if share.has(piece.index)? {
                found = Some(share);
                break;
            }
        }
        match found {
            Some(share) => work.put(piece.index, &share.get(piece.index)?)?,
            None => missing.push(piece.index),
        }
    }
    if !missing.is_empty() {
        let some: Vec<String> = missing.iter().take(10).map(u32::to_string).collect();
        return Err(Failure::File(format!(
            "{} of {} pieces are in none of the folders (numbers {}{}); run the shares that hold them",
            missing.len(),
            pieces.len(),
            some.join(", "),
            if missing.len() > some.len() { ", …" } else { "" }
        )));
    }
    trial::finish(&atlas, &asked, &trial, &pieces, work, &target, global)
}

fn same(a: &std::path::Path, b: &std::path::Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

fn ready<'a>(atlas: &'a resynapse::atlas::Atlas, asked: &Asked) -> Result<Trial<'a>, Failure> {
    Trial::new(atlas, asked.design.clone(), asked.given.clone())
        .map_err(|e| Failure::from_refusal(e, &atlas.library.sources))
}

/// `2/8` as numbers.
fn share(text: &str) -> Result<(u32, u32), Failure> {
    let parts = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    match parts {
        Some((k, n)) if (1..=n).contains(&k) => Ok((k, n)),
        _ => {
            let message = format!("`--shard {text}` is not a share");
            let found = ::model::diagnostic::Diagnostic::error_nowhere("RS6801", message, "as in `--shard 2/8`");
            Err(Failure::Input(vec![found], Box::default()))
        }
    }
}
