//! Files on disk, for tests and chores.

pub use resynapse_cli::files::Folder;

use std::path::{Path, PathBuf};

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
