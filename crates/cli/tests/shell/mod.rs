//! The program as a user runs it: in a folder, with arguments; what it says and what it leaves behind.

#![allow(clippy::disallowed_methods, reason = "tests read what the program wrote")]
#![allow(dead_code, reason = "each test takes what it needs")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The program in a folder, not yet started.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_resynapse"));
    command.args(arguments).current_dir(folder);
    command
}

/// Runs it to its end.
pub fn resynapse(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the program runs")
}

/// What it said.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs it, which must go well; its data.
pub fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = resynapse(folder, arguments);
    assert!(output.status.success(), "{arguments:?}\n{}", text(&output.stderr));
    text(&output.stdout)
}

/// Runs it, which must be refused as bad input; what it says.
pub fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = resynapse(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}\n{}", text(&output.stderr));
    text(&output.stderr)
}

/// Every file below a folder, with its bytes.
pub fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, at: &Path, out: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(at).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(root, &path, out);
            } else {
                let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                out.insert(name, fs::read(&path).unwrap_or_default());
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(root, root, &mut out);
    out
}

/// The same without what says how long it took.
pub fn results(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = files(root);
    out.remove("run.log.json");
    out
}
