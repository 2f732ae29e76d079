//! Data sets of a made-up trial, read by programs that are not ours (`tests/reference/adam/check.py`).

use resynapse_tests::files::root;
use std::process::{Command, Stdio};

const CHECK: &str = "tests/reference/adam/check.py";
const MODULES: &str = "import pointblank, pyreadstat, polars, pandas, pyarrow";

/// `RESYNAPSE_PYTHON`, or `python3`.
fn python() -> Command {
    let mut command = Command::new(std::env::var_os("RESYNAPSE_PYTHON").unwrap_or_else(|| "python3".into()));
    command.current_dir(root());
    command
}

/// Why the check cannot run, if it cannot.
pub fn absent() -> Option<String> {
    let status = python().args(["-c", MODULES]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let there = status.is_ok_and(|s| s.success());
    (!there).then(|| "no python with pointblank, pyreadstat, polars, pandas and pyarrow (set RESYNAPSE_PYTHON)".into())
}

/// Writes the data sets and has them read.
pub fn run() -> bool {
    let folder = root().join("target/adam-sample");
    let sample = ["run", "--quiet", "--package", "resynapse-study", "--example", "adam_sample", "--"];
    let written = Command::new("cargo").args(sample).arg(&folder).current_dir(root()).status();
    written.is_ok_and(|s| s.success()) && python().arg(CHECK).arg(&folder).status().is_ok_and(|s| s.success())
}
