//! Files on disk as [`Sources`], for tests and chores.

use model::source::Sources;
use std::path::{Path, PathBuf};

/// A folder laid out like the atlas.
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

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf()
}

/// The folder of outside oracles: `RESYNAPSE_ORACLES`, or `../shared/oracles` beside the workspace. `None`, with the
/// reason, where it is absent.
pub fn oracles() -> Result<PathBuf, String> {
    let folder = std::env::var_os("RESYNAPSE_ORACLES").map_or_else(|| root().join("../shared/oracles"), PathBuf::from);
    if folder.is_dir() { Ok(folder) } else { Err(format!("no folder {} (set RESYNAPSE_ORACLES)", folder.display())) }
}
