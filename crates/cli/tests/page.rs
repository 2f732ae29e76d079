//! The committed page: built from the sources beside it, all of it served, small.

#![allow(clippy::disallowed_methods, reason = "tests read files and look at the clock")]

use resynapse_cli::serve::asset::ASSETS;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Largest size of all scripts, bytes.
const MOST_SCRIPT: usize = 150_000;
/// What a build depends on, beside the folders.
const SOURCES: [&str; 5] = ["index.html", "openapi.json", "package-lock.json", "tsconfig.json", "vite.config.ts"];
const FOLDERS: [&str; 2] = ["public", "src"];

fn web() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web")
}

fn walk(root: &Path, at: &Path, out: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(at).unwrap_or_else(|e| panic!("{}: {e}", at.display())).flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(root, &path, out);
        } else {
            let name = path.strip_prefix(root).expect("below it").to_string_lossy().replace('\\', "/");
            out.insert(name, hash(&path));
        }
    }
}

fn hash(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn regresses_a_stale_page() {
    let manifest = fs::read_to_string(web().join("dist/manifest.json")).expect("web/dist/manifest.json");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    let mut sources: BTreeMap<String, String> = SOURCES.map(|f| (f.to_string(), hash(&web().join(f)))).into();
    for folder in FOLDERS {
        walk(&web(), &web().join(folder), &mut sources);
    }
    let of = |key: &str| -> BTreeMap<String, String> {
        let map = manifest[key].as_object().unwrap_or_else(|| panic!("no `{key}` in the manifest"));
        map.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap_or("").to_string())).collect()
    };
    assert_eq!(sources, of("sources"), "web/dist is stale: `npm run build` in web/, and commit what it makes");
    let mut built = BTreeMap::new();
    walk(&web().join("dist"), &web().join("dist"), &mut built);
    built.remove("manifest.json");
    assert_eq!(built, of("built"), "web/dist holds something that no build made");
}

#[test]
fn agrees_with_what_is_served() {
    let mut built = BTreeMap::new();
    walk(&web().join("dist"), &web().join("dist"), &mut built);
    built.remove("manifest.json");
    let served: Vec<&str> = {
        let mut all: Vec<&str> = ASSETS.iter().map(|a| a.path).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(built.keys().map(String::as_str).collect::<Vec<_>>(), served);
    let scripts: usize = ASSETS.iter().filter(|a| a.path.ends_with(".js")).map(|a| a.bytes.len()).sum();
    println!("scripts: {scripts} bytes");
    assert!(scripts <= MOST_SCRIPT, "{scripts} bytes of script are more than {MOST_SCRIPT}");
}

#[test]
fn rejects_inline_scripts_and_other_hosts() {
    for asset in ASSETS.iter().filter(|a| a.path.ends_with(".html")) {
        let text = String::from_utf8_lossy(asset.bytes);
        for part in text.split("<script").skip(1) {
            let tag = part.split('>').next().unwrap_or("");
            assert!(tag.contains("src=\"/"), "{}: a script within the page", asset.path);
        }
        assert!(!text.contains("style=\"") && !text.contains("<style"), "{}: a style within the page", asset.path);
        assert!(!text.contains("src=\"http") && !text.contains("href=\"http"), "{}: another host", asset.path);
        assert!(text.contains("<noscript"), "{}: nothing is said without scripts", asset.path);
    }
}
