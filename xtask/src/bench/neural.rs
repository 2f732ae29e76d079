//! Measures the fast circuits, alone or between other simulators on the same models.

use resynapse_tests::files::root;
use std::process::Command;

/// Python that has the peers, unless the variable names another.
const PYTHON: &str = "target/peers/bin/python";

/// Runs our measurements, or those of the peers with ours before and after. True if all ran.
pub fn run(peers: bool, quick: bool) -> bool {
    if !peers {
        return ["bench_brain", "bench_circuit"].into_iter().all(example);
    }
    let python = std::env::var("RESYNAPSE_PYTHON").unwrap_or_else(|_| PYTHON.into());
    let mut command = Command::new(&python);
    command.args(["benches/peers/run.py", "--ours", "."]).current_dir(root());
    if quick {
        command.arg("--quick");
    }
    match command.status() {
        Ok(status) => status.success(),
        Err(e) => {
            println!("bench: cannot start `{python}`: {e}; see benches/peers/README.md");
            false
        }
    }
}

fn example(name: &str) -> bool {
    println!("== {name}");
    let arguments = ["run", "--quiet", "--release", "-p", "resynapse-neural", "--example", name];
    Command::new("cargo").args(arguments).current_dir(root()).status().is_ok_and(|s| s.success())
}
