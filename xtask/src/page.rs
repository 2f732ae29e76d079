//! The explorer's page: built anew and compared with what is committed, tried in a browser, its server attacked.

use resynapse_tests::files::root;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The browser that the page is tried in.
const BROWSER: &str = "/usr/bin/chromium";

fn web() -> PathBuf {
    root().join("web")
}

/// Why the page cannot be built here; `None` where it can.
pub fn absent() -> Option<String> {
    let found = Command::new("npm").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !found.is_ok_and(|s| s.success()) {
        return Some("npm is not installed".into());
    }
    // Packages come from the network, and tests need none.
    (!web().join("node_modules").exists()).then(|| "its packages are not there (`npm ci` in web/)".to_string())
}

/// Why the page cannot be tried here.
pub fn no_browser() -> Option<String> {
    absent().or_else(|| (!Path::new(BROWSER).exists()).then(|| format!("`{BROWSER}` is not there (Debian: chromium)")))
}

fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(web());
    command
}

fn well(command: &mut Command) -> bool {
    command.status().is_ok_and(|s| s.success())
}

/// Types, unit tests, and the built page byte for byte.
pub fn build() -> bool {
    // The committed page is kept aside: a build that differs is a finding, not a repair.
    let before = files(&web().join("dist"));
    if !well(&mut npm(&["run", "check"])) {
        return false;
    }
    let after = files(&web().join("dist"));
    for (name, bytes) in &after {
        match before.iter().find(|(n, _)| n == name) {
            Some((_, old)) if old == bytes => {}
            Some(_) => println!("page: web/dist/{name} is not what its sources build; commit the new one"),
            None => println!("page: web/dist/{name} is new; commit it"),
        }
    }
    before == after
}

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        found.extend(std::fs::read(entry.path()).ok().map(|bytes| (name, bytes)));
    }
    found.sort();
    found
}

/// The program, built for release: what is tried is what people run.
fn program() -> Result<PathBuf, String> {
    let built = Command::new("cargo").args(["build", "--release", "--quiet"]).current_dir(root()).status();
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let program = target.join("release/resynapse");
    match built {
        Ok(status) if status.success() && program.exists() => Ok(program),
        _ => Err("the program cannot be built".into()),
    }
}

/// Tries every screen in a browser.
pub fn browse() -> bool {
    let Ok(program) = program() else { return false };
    well(npm(&["run", "e2e"]).env("RESYNAPSE_BIN", program))
}

/// Why the interface cannot be attacked here.
pub fn no_attacker() -> Option<String> {
    let python = python();
    let found = Command::new(&python).args(["-c", "import schemathesis"]).stderr(Stdio::null()).status();
    (!found.is_ok_and(|s| s.success())).then(|| format!("`{python}` has no schemathesis (pip install schemathesis)"))
}

fn python() -> String {
    env::var("RESYNAPSE_PYTHON").unwrap_or_else(|_| "python3".into())
}

/// Sends the server what its description allows and what it forbids, from a fixed seed.
pub fn attack() -> bool {
    let Ok(program) = program() else { return false };
    let script = web().join("test/attack.py");
    well(Command::new(python()).arg(script).arg(program).current_dir(web()))
}
