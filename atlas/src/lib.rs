//! The science of resynapse as data: mechanisms, evidence, compounds, assemblies and conditions, embedded as text.
//!
//! The folders beside this file are the atlas; nothing here interprets them. `resynapse atlas export DIR` writes them
//! out, and `--atlas DIR` reads an edited copy instead.
//!
//! ```
//! assert!(atlas::FILES.iter().any(|(path, _)| *path == "families.toml"));
//! ```

/// Version of the atlas, apart from that of the program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Every data file: path relative to the atlas root, and its text; sorted by path.
pub const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/files.rs"));
