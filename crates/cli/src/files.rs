//! Files on disk.

use crate::failure::Failure;
use model::source::Sources;
use std::path::{Path, PathBuf};

/// A folder as a tree of texts.
#[derive(Clone, Debug)]
pub struct Folder(pub PathBuf);

impl Sources for Folder {
    fn read(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(self.0.join(path)).map_err(|e| e.to_string())
    }
    fn list(&self, folder: &str) -> Vec<String> {
        let mut out = Vec::new();
        collect(&self.0, Path::new(folder), &mut out);
        out.sort();
        out
    }
}

fn collect(root: &Path, at: &Path, out: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(root.join(at)) else { return };
    for entry in entries.flatten() {
        let path = at.join(entry.file_name());
        if entry.path().is_dir() {
            collect(root, &path, out);
        } else {
            out.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
}

/// The text of a file.
pub fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure::File(format!("cannot read `{}`: {e}", path.display())))
}
