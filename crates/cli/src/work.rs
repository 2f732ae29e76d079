//! Long work in pieces on disk: each piece is written whole or not at all, and work that was stopped goes on where it was.
//!
//! Pieces lie in a folder beside the results, `NAME.partial`, which is taken away when the results are in place.

use crate::failure::Failure;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use study::trial::schema::{Record, decode, encode};

/// Says which work the pieces belong to.
pub const MARK: &str = "work.txt";

/// `NAME.end` beside a folder `NAME`.
pub fn beside(target: &Path, end: &str) -> PathBuf {
    let mut name = target.file_name().map(|n| n.to_os_string()).unwrap_or_default();
    name.push(format!(".{end}"));
    target.with_file_name(name)
}

/// A folder of pieces.
#[derive(Clone, Debug)]
pub struct Work {
    folder: PathBuf,
}

/// What to do about a folder that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Present {
    /// Refuse it: somebody may be at work there.
    Refuse,
    /// Go on with it, if it is the same work.
    GoOn,
    /// Take it away and begin anew.
    Replace,
}

impl Work {
    /// The folder of pieces beside a folder of results.
    pub fn beside(target: &Path) -> PathBuf {
        beside(target, "partial")
    }

    /// Opens or makes the folder. `mark` says which work it is: what differs in it is other work.
    pub fn open(folder: PathBuf, mark: &str, present: Present) -> Result<Work, Failure> {
        let cannot = |e: std::io::Error| Failure::File(format!("cannot write `{}`: {e}", folder.display()));
        if folder.exists() {
            match present {
                Present::Refuse => {
                    let why = "holds work that was not finished; go on with --resume, or begin anew with --force";
                    return Err(Failure::File(format!("`{}` {why}", folder.display())));
                }
                Present::Replace => fs::remove_dir_all(&folder).map_err(cannot)?,
                Present::GoOn => {}
            }
        }
        let file = folder.join(MARK);
        match fs::read_to_string(&file) {
            Ok(found) if found == mark => {}
            Ok(_) => {
                let why = "holds work on another protocol, atlas, seed or version; choose another folder with -o, or \
                           begin anew with --force";
                return Err(Failure::File(format!("`{}` {why}", folder.display())));
            }
            Err(_) => {
                fs::create_dir_all(&folder).map_err(cannot)?;
                write_whole(&file, mark.as_bytes()).map_err(cannot)?;
            }
        }
        Ok(Work { folder })
    }

    /// Where a piece lies.
    pub fn path(&self, index: u32) -> PathBuf {
        self.folder.join(format!("piece-{index:06}.bin"))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether a piece is there, whole. A damaged one is an error: nothing is thrown away unasked.
    pub fn has(&self, index: u32) -> Result<bool, Failure> {
        if !self.path(index).exists() {
            return Ok(false);
        }
        self.get(index).map(|_| true)
    }

    /// Writes a piece beside its place and then moves it there.
    pub fn put(&self, index: u32, records: &[Record]) -> Result<(), Failure> {
        let path = self.path(index);
        let bytes = encode(records).map_err(Failure::File)?;
        write_whole(&path, &bytes).map_err(|e| {
            let kept = "pieces that are done are kept: make room and go on with --resume";
            Failure::File(format!("cannot write `{}`: {e}; {kept}", path.display()))
        })
    }

    /// Reads a piece.
    pub fn get(&self, index: u32) -> Result<Vec<Record>, Failure> {
        let path = self.path(index);
        let bytes = fs::read(&path).map_err(|e| Failure::File(format!("cannot read `{}`: {e}", path.display())))?;
        decode(&bytes).map_err(|why| {
            let hint = "delete this file and go on with --resume: only this piece is run again";
            Failure::File(format!("`{}` cannot be used: {why}; {hint}", path.display()))
        })
    }

    /// Takes the folder away.
    pub fn remove(self) -> Result<(), Failure> {
        fs::remove_dir_all(&self.folder)
            .map_err(|e| Failure::File(format!("cannot remove `{}`: {e}", self.folder.display())))
    }
}

/// Writes a file so that it is there whole or not at all, also after a loss of power.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    let written = File::create(&fresh).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(e) = written.and_then(|()| fs::rename(&fresh, path)) {
        let _ = fs::remove_file(&fresh);
        return Err(e);
    }
    Ok(())
}
