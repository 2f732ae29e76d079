//! The records of a finished trial in its folder, for later exports.

use crate::failure::Failure;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use study::trial::schema::{Layout, Record, decode, encode};

const LAYOUT: &str = "data/layout.json";
const RECORDS: &str = "data/records.bin";

/// Takes records, one trial after another.
pub struct Out {
    file: BufWriter<File>,
    path: std::path::PathBuf,
}

impl Out {
    /// Begins the files below a folder of results.
    pub fn new(folder: &Path, layout: &Layout) -> Result<Out, Failure> {
        let path = folder.join(RECORDS);
        let cannot = |e: &dyn std::fmt::Display| super::finish::cannot(&path, e);
        fs::create_dir_all(folder.join("data")).map_err(|e| cannot(&e))?;
        let text = serde_json::to_string_pretty(layout).map_err(|e| cannot(&e))?;
        fs::write(folder.join(LAYOUT), text).map_err(|e| cannot(&e))?;
        let file = BufWriter::new(File::create(&path).map_err(|e| cannot(&e))?);
        Ok(Out { file, path })
    }
    /// Adds records, with their length before them.
    pub fn write(&mut self, records: &[Record]) -> Result<(), Failure> {
        let bytes = encode(records).map_err(Failure::File)?;
        let length = (bytes.len() as u64).to_le_bytes();
        let written = self.file.write_all(&length).and_then(|()| self.file.write_all(&bytes));
        written.map_err(|e| super::finish::cannot(&self.path, &e))
    }
    /// Ends the files.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.file.flush().map_err(|e| super::finish::cannot(&self.path, &e))
    }
}

/// The layout of a trial's folder; `None` where the folder is not that of a trial.
pub fn layout(folder: &Path) -> Result<Option<Layout>, Failure> {
    let path = folder.join(LAYOUT);
    if !path.is_file() {
        return Ok(None);
    }
    let text = crate::files::read(&path)?;
    let layout =
        serde_json::from_str(&text).map_err(|e| Failure::File(format!("`{}` cannot be used: {e}", path.display())))?;
    Ok(Some(layout))
}

/// Hands over the records of a folder, part by part.
pub fn each(folder: &Path, take: &mut dyn FnMut(Vec<Record>) -> Result<(), Failure>) -> Result<(), Failure> {
    let path = folder.join(RECORDS);
    let wrong = |why: &dyn std::fmt::Display| Failure::File(format!("`{}` cannot be used: {why}", path.display()));
    let mut file = BufReader::new(File::open(&path).map_err(|e| wrong(&e))?);
    loop {
        let mut length = [0; 8];
        match file.read_exact(&mut length) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(e) => return Err(wrong(&e)),
        }
        let mut bytes = Vec::new();
        let mut part = (&mut file).take(u64::from_le_bytes(length));
        part.read_to_end(&mut bytes).map_err(|e| wrong(&e))?;
        take(decode(&bytes).map_err(|e| wrong(&e))?)?;
    }
}
