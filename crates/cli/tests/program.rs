//! The program as a user meets it: what it prints, writes and refuses.

#![allow(clippy::disallowed_methods, reason = "tests read what the program wrote")]

mod shell;

use shell::{files, resynapse, text};
use std::fs;
use std::path::Path;

const INFUSION: &str = "ketamine 0.5 mg/kg iv over 40 min";

/// Runs and expects exit code 1, all the words in the message, a hint, no panic, and nothing written.
fn refused(arguments: &[&str], words: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    refused_in(folder.path(), arguments, words);
}

fn refused_in(folder: &Path, arguments: &[&str], words: &[&str]) {
    let before = files(folder);
    let output = resynapse(folder, arguments);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {message}");
    assert!(!message.contains("panicked"), "{message}");
    for word in words {
        assert!(message.contains(word), "{arguments:?} should mention {word}:\n{message}");
    }
    assert_eq!(before.len(), files(folder).len(), "{arguments:?} left something behind");
}

#[test]
fn rejects_doses_that_make_no_sense() {
    refused(&["simulate", "ketamine 0.5 iv over 40 min"], &["no unit", "mg/kg", "hint"]);
    refused(
        &["simulate", "ketamin 0.5 mg/kg iv over 40 min"],
        &["`ketamin` is not a known drug", "did you mean `ketamine`?"],
    );
    refused(&["simulate", "ketamine 0.5 mg/kg rectal"], &["`rectal` is not a route", "iv"]);
    refused(&["simulate", "ketamine 0.5 mg/kg iv over -40 min"], &["negative", "hint"]);
    refused(&["simulate", "ketamine 0.5 mg/kg iv over 40 min at day 0"], &["days count from 1"]);
    refused(&["simulate", "ketamine 1e400 mg iv bolus"], &["too large"]);
    refused(&["simulate", "ketamine 0.5 mg/kg iv"], &["needs its duration", "over 40 min"]);
    refused(&["simulate", "ketamine 0.5 mg/kg im weekly"], &["needs an end"]);
    refused(&["simulate", ""], &["empty"]);
    refused(&["simulate", INFUSION, "--until", "28"], &["--until", "no unit"]);
    refused(&["simulate", "ketamine 0.5 mg/kg im at day 30", "--until", "7d"], &["beyond the end"]);
}

#[test]
fn rejects_several_mistakes_at_once() {
    refused(
        &[
            "simulate",
            "ketamin 0.5 rectally over 40",
            "--condition",
            "helthy",
            "--context",
            "with=ticlopidin",
            "--until",
            "x",
        ],
        &["`ketamin`", "no unit", "`rectally`", "`40`", "helthy", "with=ticlopidin", "--until"],
    );
}

#[test]
fn rejects_files_that_are_not_there_or_not_readable() {
    let folder = tempfile::tempdir().expect("a folder");
    refused_in(folder.path(), &["simulate", "missing.toml"], &["missing.toml"]);
    refused_in(folder.path(), &["simulate", INFUSION, "--patient", "nobody.toml"], &["nobody.toml"]);
    refused_in(folder.path(), &["simulate", INFUSION, "--atlas", "nowhere"], &["nowhere", "atlas export"]);
    fs::write(folder.path().join("bytes.toml"), [0xff, 0xfe, 0x00]).expect("written");
    refused_in(folder.path(), &["simulate", "bytes.toml"], &["bytes.toml"]);
}

#[test]
fn rejects_protocols_with_place_and_hint() {
    let folder = tempfile::tempdir().expect("a folder");
    let protocol = "[study]\nuntil = \"28\"\nlength = 3\n\n[patient]\nweigth = \"80 kg\"\n\n[[arm]]\nname = \"a\"\ndose = \"ketamine 5 iv\"\n\n[[arm]]\nname = \"b\"\nevents = \"none.csv\"\n";
    fs::write(folder.path().join("p.toml"), protocol).expect("written");
    refused_in(
        folder.path(),
        &["simulate", "p.toml"],
        &["p.toml:2", "no unit", "`study.length`", "did you mean `weight`?", "none.csv", "in this dose"],
    );
    fs::write(folder.path().join("table.toml"), "[[arm]]\nname = \"a\"\nevents = \"e.csv\"\n").expect("written");
    let table = "ID,TIME,EVID,AMT,CMT,RATE,II,ADDL,SS\n1,0,1,100,1,0,0,3,0\n1,-2,1,50,1,0,0,0,0\n1,3,9,x,1,-5,0,0,0\n";
    fs::write(folder.path().join("e.csv"), table).expect("written");
    refused_in(
        folder.path(),
        &["simulate", "table.toml"],
        &["e.csv:2", "needs II", "before the start", "EVID is 9", "AMT is `x`", "RATE is -5"],
    );
}

#[test]
fn rejects_model_files_with_five_mistakes_all_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = "module broken\nabout \"Five mistakes.\"\ntime h\nparameters\n  broken.rate 1/h\nstates\n  a umol start 0 scale 1\n  b umol start 0 scale 1\nequations\n  a' = -broken.rate * a + 3.7 * b\n  b' = broken.rat * a\n  a' = 0\nlet\n  x = exp(a)\n";
    fs::write(folder.path().join("broken.mech"), model).expect("written");
    let words = ["broken.mech:5", "the number 3.7", "did you mean `broken.rate`?", "a second equation", "pure number"];
    refused_in(folder.path(), &["model", "check", "broken.mech"], &words);
}

#[test]
fn rejects_a_cyclic_wiring_and_a_number_without_source() {
    let folder = tempfile::tempdir().expect("a folder");
    let atlas = folder.path().join("atlas");
    let out = resynapse(folder.path(), &["atlas", "export", "atlas"]);
    assert!(out.status.success());
    for (name, needs, gives) in [("loop_a", "ring.b", "ring.a"), ("loop_b", "ring.a", "ring.b")] {
        let text = format!(
            "module {name}\nabout \"Half of a circle.\"\ntime h\nrequires\n  {needs} 1 one rest 1\nprovides\n  {gives} 1 = {needs} + 1\n"
        );
        fs::write(atlas.join(format!("models/symptom/{name}.mech")), text).expect("written");
    }
    let whole = atlas.join("assemblies/whole.toml");
    let text = fs::read_to_string(&whole).expect("exported");
    let text = text.replace("  \"symptom/madrs\",", "  \"symptom/madrs\", \"symptom/loop_a\", \"symptom/loop_b\",");
    fs::write(&whole, text).expect("written");
    refused_in(
        folder.path(),
        &["--atlas", "atlas", "simulate", INFUSION],
        &["needs the next before it is known", "ring.a", "ring.b", "hint"],
    );
    let rows = atlas.join("evidence/parameters/symptom.csv");
    let text = fs::read_to_string(&rows).expect("exported").replacen("slow_prototype", "", 1);
    fs::write(&rows, text).expect("written");
    refused_in(folder.path(), &["--atlas", "atlas", "simulate", INFUSION], &["symptom.csv", "no source"]);
}

#[test]
fn agrees_that_an_edited_number_changes_the_result_and_the_ledger() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(resynapse(folder.path(), &["atlas", "export", "mine"]).status.success());
    let path = folder.path().join("mine/evidence/parameters/pharmacokinetics.csv");
    let text = fs::read_to_string(&path).expect("exported");
    let line = text.lines().find(|l| l.starts_with("ketamine.clint,,")).expect("the row").to_string();
    let mut fields: Vec<&str> = line.split(',').collect();
    fields[2] = "123.5";
    fs::write(&path, text.replace(&line, &fields.join(","))).expect("written");
    assert!(resynapse(folder.path(), &["simulate", INFUSION, "-o", "a"]).status.success());
    assert!(resynapse(folder.path(), &["--atlas", "mine", "simulate", INFUSION, "-o", "b"]).status.success());
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("written");
    assert_ne!(read("a/trajectories.csv"), read("b/trajectories.csv"));
    let row =
        |ledger: String| ledger.lines().find(|l| l.starts_with("ketamine.clint,")).map(String::from).expect("the row");
    assert!(row(read("b/ledger.csv")).contains(",123.5,"), "{}", row(read("b/ledger.csv")));
    assert_ne!(row(read("a/ledger.csv")), row(read("b/ledger.csv")));
    // An export that was not edited is the same atlas.
    assert!(resynapse(folder.path(), &["atlas", "export", "same"]).status.success());
    assert!(resynapse(folder.path(), &["--atlas", "same", "simulate", INFUSION, "-o", "c"]).status.success());
    assert_eq!(read("a/trajectories.csv"), read("c/trajectories.csv"));
}

#[test]
fn agrees_that_threads_and_lanes_change_no_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let course = "esketamine 84 mg nasal twice weekly for 2 weeks";
    for (name, more) in [
        ("one", vec!["--threads", "1"]),
        ("two", vec!["--threads", "2"]),
        ("lanes1", vec!["--lanes", "1"]),
        ("lanes32", vec!["--lanes", "32", "--threads", "2"]),
    ] {
        for (kind, drawn) in [("typical", vec![]), ("drawn", vec!["--drawn", "--seed", "7"])] {
            let target = format!("{name}-{kind}");
            let mut arguments = vec!["simulate", course, "-o", &target, "--quiet"];
            arguments.extend(&more);
            arguments.extend(drawn);
            let output = resynapse(folder.path(), &arguments);
            assert!(output.status.success(), "{}", text(&output.stderr));
        }
    }
    for kind in ["typical", "drawn"] {
        let mut first = files(&folder.path().join(format!("one-{kind}")));
        first.remove("run.log.json");
        assert!(first.len() >= 7);
        for other in ["two", "lanes1", "lanes32"] {
            let mut other = files(&folder.path().join(format!("{other}-{kind}")));
            other.remove("run.log.json");
            assert!(first == other, "{kind}: bytes differ");
        }
    }
}

#[test]
fn agrees_that_the_lock_file_repeats_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = [
        "simulate",
        "esketamine 56 mg nasal",
        "--condition",
        "depression",
        "--context",
        "set=no_allometry",
        "--until",
        "10 d",
        "-o",
        "a",
    ];
    let output = resynapse(folder.path(), &first);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let output = resynapse(folder.path(), &["simulate", "a/protocol.lock.toml", "-o", "b"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let read = |name: &str| fs::read(folder.path().join(name)).expect("written");
    assert!(read("a/trajectories.csv") == read("b/trajectories.csv"));
    assert!(read("a/protocol.lock.toml") == read("b/protocol.lock.toml"));
    let output = resynapse(folder.path(), &["compare", "a", "b", "-o", "c"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn rejects_an_existing_folder_that_holds_something_else() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("mine")).expect("made");
    fs::write(folder.path().join("mine/notes.txt"), "keep me").expect("written");
    let output = resynapse(folder.path(), &["simulate", INFUSION, "-o", "mine"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--force"));
    assert_eq!(files(folder.path()).len(), 1, "nothing else may appear");
    // The same run may be repeated into its own folder.
    assert!(resynapse(folder.path(), &["simulate", INFUSION]).status.success());
    assert!(resynapse(folder.path(), &["simulate", INFUSION]).status.success());
}

#[test]
fn agrees_that_data_goes_to_standard_output_and_json_parses() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [
        vec!["simulate", INFUSION, "--json", "-o", "x"],
        vec!["knockout", INFUSION, "--json"],
        vec!["compare", INFUSION, "saline iv over 40 min", "--json", "-o", "y"],
        vec!["model", "list", "--json"],
        vec!["model", "show", "spine_turnover", "--json"],
        vec!["model", "check", "--json"],
        vec!["model", "graph", "--json"],
        vec!["evidence", "list", "--json", "--unchecked"],
        vec!["evidence", "show", "ketamine.clint", "--json"],
        vec!["evidence", "why", "ketamine.clint", "--json"],
        vec!["evidence", "contexts", "--json"],
    ] {
        let output = resynapse(folder.path(), &arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        let value: Result<serde_json::Value, _> = serde_json::from_slice(&output.stdout);
        assert!(value.is_ok_and(|v| v.is_object()), "{arguments:?} prints no JSON object");
    }
    for arguments in [
        vec!["model", "list"],
        vec!["model", "show", "spine_turnover"],
        vec!["model", "graph"],
        vec!["evidence", "list", "--unverified"],
        vec!["evidence", "why", "nmda.sst.ketamine_s.k_on"],
        vec!["completions", "bash"],
    ] {
        let output = resynapse(folder.path(), &arguments);
        assert!(output.status.success() && !output.stdout.is_empty(), "{arguments:?}: {}", text(&output.stderr));
        assert!(!text(&output.stdout).contains('\u{1b}'), "{arguments:?} colours a pipe");
    }
    let output = resynapse(folder.path(), &["simulate", INFUSION, "--json", "-o", "x", "--until", "soon"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("errors are JSON too");
    assert_eq!(value["error"]["code"], 1);
    assert_eq!(resynapse(folder.path(), &["simulte"]).status.code(), Some(2));
}

#[test]
fn agrees_that_event_tables_and_sentences_give_one_course() {
    let folder = tempfile::tempdir().expect("a folder");
    // 35 mg of racemate over 40 min is 73.6 umol of each enantiomer; the table gives S and R through compartments 1 and 2.
    let umol = 35.0 / 237.73 * 1000.0 * 0.5;
    let rate = umol / (40.0 / 60.0);
    let table = format!("ID,TIME,EVID,AMT,CMT,RATE\n1,0,1,{umol},1,{rate}\n1,0,1,{umol},2,{rate}\n");
    fs::write(folder.path().join("e.csv"), table).expect("written");
    fs::write(
        folder.path().join("p.toml"),
        "[study]\nuntil = \"24 h\"\n[[arm]]\nname = \"table\"\nevents = \"e.csv\"\n",
    )
    .expect("written");
    let peak = |arguments: &[&str]| -> f64 {
        let output = resynapse(folder.path(), arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        value["runs"][0]["signals"][0]["peak"].as_f64().expect("a number")
    };
    let table = peak(&["simulate", "p.toml", "--json", "-o", "t"]);
    let sentence = peak(&["simulate", INFUSION, "--until", "24 h", "--json", "-o", "s"]);
    assert!((table / sentence - 1.0).abs() < 1e-4, "{table} against {sentence}");
}

#[test]
fn agrees_that_the_wiring_is_drawn_with_every_module() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = resynapse(folder.path(), &["model", "graph", "-o", "wiring.svg"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let svg = fs::read_to_string(folder.path().join("wiring.svg")).expect("a figure");
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>") && svg.contains("role=\"img\""));
    assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count());
    assert!(!svg.contains("NaN") && !svg.contains("<script"));
    let printed = resynapse(folder.path(), &["model", "graph", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&printed.stdout).expect("JSON");
    let modules = value["modules"].as_array().expect("modules");
    assert!(modules.len() > 50);
    for module in modules {
        let path = module.as_str().expect("a path");
        assert!(svg.contains(&format!("<title>{path}: ")), "{path} is not drawn");
    }
    // One group for each link and each module.
    let links = value["links"].as_array().map_or(0, Vec::len);
    assert_eq!(svg.matches("class=\"link\"").count(), links);
    assert_eq!(svg.matches("class=\"module\"").count(), modules.len());
    let again = resynapse(folder.path(), &["model", "graph", "-o", "wiring.svg"]);
    assert_eq!(again.status.code(), Some(1), "an existing file is not overwritten");
    let dot = text(&resynapse(folder.path(), &["model", "graph", "--format", "dot"]).stdout);
    assert!(dot.starts_with("digraph") && dot.contains("\"ampa_throughput\" -> \"spine_turnover\""));
}

#[test]
fn agrees_that_a_signal_keeps_only_what_leads_to_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let svg = text(&resynapse(folder.path(), &["model", "graph", "--signal", "spine.density"]).stdout);
    assert!(svg.contains("<title>receptor/nmda_trapping_block: ") && svg.contains("(spine.density)"));
    assert!(!svg.contains("<title>symptom/madrs: "));
    refused(&["model", "graph", "--signal", "spine.densty"], &["`spine.densty`", "did you mean `spine.density`?"]);
}

#[test]
fn agrees_that_a_comparison_says_who_is_fast_and_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let ssri = "escitalopram 10 mg oral daily for 56 d";
    let arguments = ["compare", INFUSION, ssri, "--until", "56 d", "-o", "c"];
    let output = resynapse(folder.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    let sentence = printed.lines().find(|l| l.starts_with("MADRS: half of the largest effect")).expect("a sentence");
    let (ketamine, escitalopram) = (sentence.find("with ketamine"), sentence.find("with escitalopram"));
    assert!(ketamine.is_some() && ketamine < escitalopram, "the faster stands first: {sentence}");
    assert!(sentence.contains(" days with escitalopram"), "{sentence}");
    assert!(printed.contains("serotonin transporter") && printed.contains("ketamine does not move it"), "{printed}");
    let svg = fs::read_to_string(folder.path().join("c/figures/compare.svg")).expect("a figure");
    assert!(svg.contains("Why is it fast?") && svg.contains("logarithmic beyond") && !svg.contains("NaN"));
    // Without an inhibitor of reuptake the question is not put.
    let other = resynapse(folder.path(), &["compare", INFUSION, "saline iv over 40 min", "-o", "d"]);
    assert!(other.status.success());
    let svg = fs::read_to_string(folder.path().join("d/figures/compare.svg")).expect("a figure");
    assert!(!svg.contains("Why is it fast?") && svg.contains("saline does not move it"));
    refused(
        &["compare", INFUSION, ssri, "--until", "56 d", "--signal", "madrs.totl"],
        &["`madrs.totl`", "did you mean `madrs.total`?"],
    );
}
