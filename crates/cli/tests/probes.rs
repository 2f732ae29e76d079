//! Probes as a user meets them: the same bytes for any number of threads, before and then, clear refusals before work.

#![allow(clippy::disallowed_methods, reason = "tests read what the program wrote")]

mod shell;

use shell::{done, refused, results, text};
use std::fs;

const INFUSION: &str = "ketamine 0.5 mg/kg iv over 40 min";

/// A folder with an atlas whose probes are short.
fn short() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    done(folder.path(), &["atlas", "export", "atlas"]);
    let path = folder.path().join("atlas/probes.toml");
    let mut settings = fs::read_to_string(&path).expect("the settings");
    for (from, to) in [
        ("\nseconds = 20 ", "\nseconds = 2 "),
        ("drive_trials = 10", "drive_trials = 2"),
        ("minutes = 10 ", "minutes = 2 "),
        ("settle_s = 30", "settle_s = 5"),
        ("trials = 64", "trials = 4"),
        ("trials = 40 ", "trials = 4 "),
        ("coherence = [0, 3.2, 6.4, 12.8, 25.6, 51.2]", "coherence = [0, 51.2]"),
    ] {
        assert!(settings.contains(from), "{from}");
        settings = settings.replace(from, to);
    }
    fs::write(path, settings).expect("writes");
    folder
}

#[test]
fn agrees_for_any_number_of_threads() {
    let folder = short();
    for kind in ["eeg", "fmri", "memory", "decision"] {
        let run = |threads: &str, place: &str| {
            let arguments =
                ["probe", kind, INFUSION, "--at", "40 min", "--people", "2", "--atlas", "atlas", "--threads", threads];
            done(folder.path(), &[&arguments[..], &["-q", "-o", place]].concat());
            results(&folder.path().join(place))
        };
        let (one, two) = (run("1", &format!("{kind}-1")), run("2", &format!("{kind}-2")));
        assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
        for (name, bytes) in &one {
            // The report and the manifest name the command line, which names the folder.
            if !["report.html", "manifest.json"].contains(&name.as_str()) {
                assert!(bytes == &two[name], "{kind}: {name}");
            }
        }
        let page = text(&one["report.html"]);
        assert!(page.contains("not medical advice") && !page.contains("NaN") && !page.contains("<script"), "{kind}");
        assert!(one.keys().any(|name| name.starts_with("bids/sub-0002/ses-40min")), "{kind}");
        for figure in one.keys().filter(|name| name.ends_with(".svg")) {
            let svg = text(&one[figure]);
            assert!(svg.starts_with("<svg") && !svg.contains("NaN"), "{kind}: {figure}");
        }
    }
}

#[test]
fn agrees_with_the_visits_of_a_protocol_and_its_lock_file() {
    let folder = short();
    let protocol = "[study]\ntitle = \"A visit with a task\"\nuntil = \"2 d\"\n\n[[arm]]\nname = \"drug\"\n\
                    dose = \"ketamine 0.5 mg/kg iv over 40 min\"\n\n[[arm]]\nname = \"saline\"\ndose = \"saline iv over 40 min\"\n\n\
                    [[visit]]\nat = [\"40 min\", \"24 h\"]\nassess = [\"working_memory\", \"madrs\"]\n";
    fs::write(folder.path().join("p.toml"), protocol).expect("writes");
    let arguments = ["probe", "memory", "p.toml", "--arm", "drug", "--atlas", "atlas", "-q", "--json", "-o", "first"];
    let said = done(folder.path(), &arguments);
    let value: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(value["people"][0].as_array().map(Vec::len), Some(3), "before and two visits");
    assert_eq!(value["times_h"][1], 24.0);
    let again = ["probe", "memory", "first/protocol.lock.toml", "--atlas", "atlas", "-q", "-o", "again"];
    done(folder.path(), &again);
    let readings = |place: &str| fs::read(folder.path().join(place).join("readings.csv")).expect("readings");
    assert_eq!(readings("first"), readings("again"));
    let said = refused(folder.path(), &["probe", "eeg", "p.toml", "--atlas", "atlas"]);
    assert!(said.contains("several arms") && said.contains("`saline`") && said.contains("no visit assesses"), "{said}");
}

#[test]
fn agrees_with_a_drug_that_is_none() {
    let folder = short();
    let arguments =
        ["probe", "decision", "saline iv over 40 min", "--at", "40 min", "--atlas", "atlas", "-q", "--json"];
    let said = done(folder.path(), &arguments);
    let value: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let person = &value["people"][0];
    assert_eq!(person[0]["readings"], person[1]["readings"], "no drug, no change");
}

#[test]
fn agrees_with_a_connectome_of_ones_own() {
    let folder = short();
    let matrix = "region,a,b,c,d\na,0,2,1,1\nb,2,0,1,1\nc,1,1,0,2\nd,1,1,2,0\n";
    fs::write(folder.path().join("own.csv"), matrix).expect("writes");
    let arguments = ["probe", "fmri", INFUSION, "--at", "40 min", "--atlas", "atlas", "--connectome", "own.csv", "-q"];
    let said = done(folder.path(), &arguments);
    assert!(said.contains("Connectivity, all pairs") && !said.contains("default network"), "{said}");
}

#[test]
fn rejects_what_cannot_be_probed_before_any_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let probe = |more: &[&str]| refused(folder.path(), &[&["probe", "fmri", INFUSION][..], more].concat());
    let said = probe(&["--at", "60 days"]);
    assert!(said.contains("RS6901") && said.contains("--until"), "{said}");
    let said = probe(&["--at", "soon"]);
    assert!(said.contains("RS6920") && said.contains("--at"), "{said}");
    let said = probe(&[]);
    assert!(said.contains("when to probe is not said"), "{said}");
    for (name, matrix, what) in [
        ("square.csv", "region,a,b\na,0,1\n", "square"),
        ("negative.csv", "region,a,b\na,0,-1\nb,1,0\n", "-1"),
        ("missing.csv", "region,a,b\na,0,\nb,1,0\n", "number"),
        ("labels.csv", "region,a,b\na,0,1\na,1,0\n", "a"),
    ] {
        fs::write(folder.path().join(name), matrix).expect("writes");
        let said = probe(&["--at", "40 min", "--connectome", name]);
        assert!(said.contains("RS6922") && said.contains(name) && said.contains(what), "{said}");
    }
    fs::write(folder.path().join("fine.csv"), "region,a,b\na,0,1\nb,1,0\n").expect("writes");
    fs::write(folder.path().join("networks.tsv"), "region\themisphere\tnetwork\na\tL\tdefault\n").expect("writes");
    let arguments = ["--at", "40 min", "--connectome", "fine.csv", "--networks", "networks.tsv"];
    let said = probe(&arguments);
    assert!(said.contains("no network for b"), "{said}");
    let said = probe(&["--at", "40 min", "--connectome", "nowhere.npz"]);
    assert!(said.contains("nowhere.npz"), "{said}");
    // Everything wrong is said at once.
    let said = probe(&["--at", "soon", "--connectome", "square.csv"]);
    assert!(said.contains("RS6920") && said.contains("RS6922"), "{said}");
    assert!(!folder.path().join("runs").exists(), "nothing is written");
}
