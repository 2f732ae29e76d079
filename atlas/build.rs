//! Lists every data file of the atlas with its text, sorted by path, for embedding.

#![allow(clippy::disallowed_methods, reason = "a build script writes its output")]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

const FOLDERS: [&str; 12] = [
    "assemblies",
    "compounds",
    "conditions",
    "connectome",
    "evidence",
    "expectations",
    "explorer",
    "hypotheses",
    "models",
    "scenarios",
    "stories",
    "trials",
];
const TOP: [&str; 6] =
    ["battery.toml", "claims.csv", "families.toml", "measures.toml", "population.toml", "probes.toml"];
const ENDINGS: [&str; 6] = ["csv", "md", "mech", "py", "toml", "tsv"];

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let root = Path::new(&root);
    let mut files = TOP.map(String::from).to_vec();
    for folder in FOLDERS {
        println!("cargo:rerun-if-changed={folder}");
        collect(root, folder, &mut files);
    }
    TOP.iter().for_each(|file| println!("cargo:rerun-if-changed={file}"));
    files.retain(|f| root.join(f).exists());
    files.sort();
    let mut list = String::from("[\n");
    for file in &files {
        let path = root.join(file);
        writeln!(list, "    ({file:?}, include_str!({:?})),", path.display().to_string()).expect("writes to memory");
    }
    list.push(']');
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("files.rs");
    fs::write(out, list).expect("the build folder can be written");
}

fn collect(root: &Path, folder: &str, files: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
        println!("cargo:rerun-if-changed={name}");
        if entry.path().is_dir() {
            collect(root, &name, files);
        } else if ENDINGS.iter().any(|e| name.ends_with(&format!(".{e}"))) {
            files.push(name);
        }
    }
}
