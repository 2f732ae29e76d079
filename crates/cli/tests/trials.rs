//! Trials as a user meets them: the same bytes however they are run, nothing lost on a kill, clear refusals.

#![allow(clippy::disallowed_methods, reason = "tests read what the program wrote")]

mod shell;

use shell::{command, done, refused, results, resynapse, text};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Two short trials with everything that draws at random.
const TRIAL: &str = r#"
[study]
id = "SIM-SHORT"
title = "Two short trials"
until = "3 d"
seed = 5
replicates = 3

[population]
size = 100
entry = ["madrs >= 26", "age >= 18"]

[trial]
sites = 3
strata = ["prior_failures >= 3"]
missed = 0.1
adherence = 0.9
stressors_per_month = 2

[[arm]]
name = "ketamine"
dose = "ketamine 0.5 mg/kg iv over 40 min"

[[arm]]
name = "midazolam"
dose = "midazolam 0.045 mg/kg iv over 40 min"

[[visit]]
at = ["24 h", "day 3"]
assess = ["madrs"]
window = "2 h"

[[rule]]
kind = "rescue"
when = "madrs.percent > -10"
visits = ["24 h"]
dose = "lorazepam 1 mg oral"

[[analysis]]
name = "primary"
method = "mmrm"
at = "day 3"
estimand = "hypothetical"
sensitivity = "jump_to_reference"
"#;

/// A folder with the protocol in it, changed as asked.
fn with(changes: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut protocol = TRIAL.to_string();
    for (from, to) in changes {
        assert!(protocol.contains(from), "{from}");
        protocol = protocol.replace(from, to);
    }
    fs::write(folder.path().join("trial.toml"), protocol).expect("writes");
    folder
}

fn same(a: &Path, b: &Path) {
    let (a, b) = (results(a), results(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        assert!(*bytes == b[name], "{name} differs");
    }
}

#[test]
fn agrees_for_threads_shards_a_kill_and_the_lock_file() {
    let home = with(&[]);
    let at = home.path();
    done(at, &["trial", "trial.toml", "-o", "one", "--threads", "1", "-q"]);
    done(at, &["trial", "trial.toml", "-o", "two", "--threads", "2", "-q"]);
    same(&at.join("one"), &at.join("two"));

    // Shares in two folders, put together in a third.
    done(at, &["trial", "trial.toml", "-o", "s1", "--shard", "1/2", "-q"]);
    let missing = refused(at, &["gather", "trial.toml", "s1.partial", "-o", "all"]);
    assert!(missing.contains("in none of the folders"), "{missing}");
    done(at, &["trial", "trial.toml", "-o", "s2", "--shard", "2/2", "-q"]);
    done(at, &["gather", "trial.toml", "s1.partial", "s2.partial", "-o", "all", "-q"]);
    same(&at.join("one"), &at.join("all"));

    // Killed in the middle: after the first piece is there and before the last is.
    let mut child = command(at, &["trial", "trial.toml", "-o", "killed", "--threads", "1", "-q"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let piece = at.join("killed.partial/piece-000000.bin");
    let patience = Instant::now() + Duration::from_secs(120);
    while !piece.exists() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    assert!(piece.exists());
    assert!(!at.join("killed").exists(), "it was done before it was killed: the trial is too short for this test");
    let again = refused(at, &["trial", "trial.toml", "-o", "killed", "-q"]);
    assert!(again.contains("--resume"), "{again}");
    done(at, &["trial", "trial.toml", "-o", "killed", "--resume", "-q"]);
    same(&at.join("one"), &at.join("killed"));
    assert!(!at.join("killed.partial").exists());

    // The lock file is the same trial: other text, same records.
    done(at, &["trial", "one/protocol.lock.toml", "-o", "locked", "-q"]);
    let (one, locked) = (results(&at.join("one")), results(&at.join("locked")));
    for name in ["data/observations.parquet", "data/people.parquet", "data/doses.parquet", "analyses.csv"] {
        assert!(one[name] == locked[name], "{name} differs");
    }
    assert!(one["protocol.lock.toml"] == locked["protocol.lock.toml"]);
}

#[test]
fn rejects_a_damaged_piece_and_loses_nothing() {
    let home = with(&[("replicates = 3", "replicates = 1")]);
    let at = home.path();
    done(at, &["trial", "trial.toml", "-o", "a", "--shard", "1/1", "-q"]);
    let piece = at.join("a.partial/piece-000000.bin");
    let whole = fs::read(&piece).expect("it is there");
    fs::write(&piece, &whole[..whole.len() / 2]).expect("writes");
    let why = refused(at, &["trial", "trial.toml", "-o", "a", "--resume", "-q"]);
    assert!(why.contains("checksum") && why.contains("delete this file"), "{why}");
    assert!(piece.exists());
    fs::remove_file(&piece).expect("removes");
    done(at, &["trial", "trial.toml", "-o", "a", "--resume", "-q"]);
    assert!(at.join("a/analysis.json").exists());
    // Work on another protocol is not gone on with.
    done(at, &["trial", "trial.toml", "-o", "b", "--shard", "1/1", "-q"]);
    let why = refused(at, &["trial", "trial.toml", "-o", "b", "--resume", "--seed", "9", "-q"]);
    assert!(why.contains("another protocol"), "{why}");
}

#[test]
fn rejects_folders_that_cannot_be_written() {
    let home = with(&[("replicates = 3", "replicates = 1"), ("size = 100", "size = 8"), ("sites = 3", "sites = 1")]);
    let at = home.path();
    fs::write(at.join("file"), "x").expect("writes");
    let why = refused(at, &["trial", "trial.toml", "-o", "file"]);
    assert!(why.contains("is a file"), "{why}");
    let why = refused(at, &["trial", "trial.toml", "-o", "file/below"]);
    assert!(why.contains("cannot write"), "{why}");
    // A limit on the size of files stands for a full disk.
    let shell =
        format!("trap '' XFSZ; ulimit -f 4; exec {} trial trial.toml -o full -q", env!("CARGO_BIN_EXE_resynapse"));
    let output = Command::new("sh").args(["-c", &shell]).current_dir(at).output().expect("it runs");
    let why = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{why}");
    assert!(why.contains("cannot write") && why.contains("--resume"), "{why}");
    assert!(!at.join("full").exists());
    done(at, &["trial", "trial.toml", "-o", "full", "--resume", "-q"]);
    done(at, &["trial", "trial.toml", "-o", "there", "-q"]);
    let why = refused(at, &["trial", "trial.toml", "-o", "there", "-q"]);
    assert!(why.contains("--force"), "{why}");
}

#[test]
fn rejects_protocols_that_make_no_trial() {
    let two = "name = \"midazolam\"";
    for (changes, words) in [
        (vec![(two, "name = \"ketamine\"")], vec!["two arms are called `ketamine`"]),
        (vec![("at = [\"24 h\", \"day 3\"]", "at = [\"-7 d\", \"day 3\"]")], vec!["negative", "visits count from"]),
        (vec![("at = [\"24 h\", \"day 3\"]", "at = [\"24 h\", \"day 9\"]")], vec!["after the end of the trial"]),
        (vec![("madrs >= 26", "madrs >= 59"), ("size = 100", "size = 8")], vec!["none of 200 candidates", "0.0 %"]),
        (vec![("madrs >= 26", "mardis >= 26")], vec!["did you mean `madrs`"]),
        (vec![("at = \"day 3\"\nest", "at = \"day 2 15:00\"\nest")], vec!["no visit is called"]),
        (vec![("method = \"mmrm\"", "method = \"anova\"")], vec!["is not a method of analysis"]),
        (vec![("[[analysis]]", "[[analysis]]\ncontrast = \"ketamine - placebo\"")], vec!["no arm is called `placebo`"]),
        (vec![("sites = 3", "sites = 300")], vec!["from 1 to 100"]),
        (
            vec![("missed = 0.1", "missed = 1.1"), ("adherence = 0.9", "adherance = 0.9")],
            vec!["a chance from 0 to 1", "did you mean `adherence`"],
        ),
    ] {
        let home = with(&changes);
        let output = resynapse(home.path(), &["trial", "trial.toml", "-o", "out", "-q"]);
        assert!(!output.status.success(), "{changes:?}");
        let said = text(&output.stderr);
        for word in words {
            assert!(said.contains(word), "{changes:?} should say `{word}`:\n{said}");
        }
        assert!(!home.path().join("out").exists());
    }
}

/// An analysis that cannot be estimated says why; the others and the data are there.
#[test]
fn rejects_an_analysis_that_cannot_be_estimated_and_keeps_the_rest() {
    let home = with(&[
        ("replicates = 3", "replicates = 1"),
        ("size = 100", "size = 6"),
        ("sites = 3", "sites = 1"),
        ("[[analysis]]", "[[analysis]]\nname = \"rate\"\nmethod = \"responder\"\nat = \"24 h\"\n\n[[analysis]]"),
    ]);
    let said = done(home.path(), &["trial", "trial.toml", "-o", "out", "-q"]);
    assert!(said.contains("no answer") && said.contains("rate:"), "{said}");
    assert!(home.path().join("out/data/people.parquet").exists());
}

#[test]
fn agrees_that_a_dry_run_writes_nothing_and_tells_the_cost() {
    let home = with(&[]);
    let said = done(home.path(), &["trial", "trial.toml", "--dry-run"]);
    for word in ["3 of 100 people: 300 in all", "ketamine, midazolam", "Baseline, 24 h, Day 3", "cost", "candidates"] {
        assert!(said.contains(word), "{word}:\n{said}");
    }
    let found: Vec<_> = fs::read_dir(home.path()).expect("reads").flatten().collect();
    assert_eq!(found.len(), 1, "{found:?}");
}

/// Power runs under every truth, and the same trials come out for one thread and two.
#[test]
fn agrees_that_power_counts_every_truth() {
    let home = with(&[("sensitivity = \"jump_to_reference\"", "")]);
    let at = home.path();
    let arguments = ["power", "trial.toml", "--sizes", "12,24", "--replicates", "6", "-q"];
    let run = |threads: &str, folder: &str| {
        let mut all = arguments.to_vec();
        all.extend(["--threads", threads, "-o", folder]);
        done(at, &all)
    };
    let said = run("1", "p1");
    for word in ["power", "type-I error", "unblinding bias", "assurance", "Monte-Carlo"] {
        assert!(said.contains(word), "{word}:\n{said}");
    }
    run("2", "p2");
    let read = |folder: &str| fs::read(at.join(folder).join("power.csv")).expect("it is there");
    assert!(read("p1") == read("p2"));
    assert_eq!(text(&read("p1")).lines().count(), 1 + 4 * 2);
}

/// What goes out of a trial comes in as a protocol, and what goes out of a run is what it holds.
#[test]
fn agrees_that_exports_and_imports_meet() {
    let home = with(&[("replicates = 3", "replicates = 1"), ("size = 100", "size = 8"), ("sites = 3", "sites = 1")]);
    let at = home.path();
    done(at, &["trial", "trial.toml", "-o", "t", "-q"]);
    for (format, file) in [("adam", "adsl.xpt"), ("csv", "observations.csv"), ("parquet", "adqs.parquet")] {
        let said = done(at, &["export", format, "t"]);
        assert!(said.contains(file), "{said}");
        assert!(fs::metadata(at.join(format!("t/export-{format}")).join(file)).expect("it is there").len() > 100);
    }
    // The same tables as the trial wrote itself.
    let read = |path: &str| fs::read(at.join(path)).expect("it is there");
    assert!(read("t/export-adam/adqs.xpt") == read("t/adam/adqs.xpt"));
    assert!(read("t/export-parquet/people.parquet") == read("t/data/people.parquet"));
    done(at, &["export", "nonmem", "t", "-o", "nm"]);
    assert!(at.join("nm/nonmem.txt").exists());
    let data = "ID,TIME,EVID,AMT,RATE,CMT,DV,MDV,WT,AGE,SEX\n\
                1,0,1,35,52.5,1,0,1,70,40,0\n1,1,0,0,0,1,100,0,70,40,0\n2,0,1,40,60,1,0,1,80,50,1\n";
    fs::write(at.join("data.csv"), data).expect("writes");
    done(at, &["import", "nonmem", "data.csv", "--cmt", "1=ketamine iv", "--female", "1", "-o", "in"]);
    let protocol = text(&read("in/protocol.toml"));
    assert!(protocol.matches("[[arm]]").count() == 2 && protocol.contains("weight = \"80 kg\""), "{protocol}");
    done(at, &["simulate", "in/protocol.toml", "--until", "2 d", "-o", "run", "-q"]);
    let why = refused(at, &["import", "nonmem", "data.csv", "--cmt", "1=ketamne iv", "-o", "in2"]);
    assert!(why.contains("ketamne"), "{why}");
    let why = refused(at, &["export", "adam", "run"]);
    assert!(why.contains("neither records of a trial nor trajectories") || why.contains("one person"), "{why}");
}

/// People of one trial are the people of another.
#[test]
fn agrees_that_people_can_be_kept() {
    let home = with(&[("replicates = 3", "replicates = 1"), ("size = 100", "size = 12"), ("sites = 3", "sites = 1")]);
    let at = home.path();
    done(at, &["trial", "trial.toml", "-o", "first", "-q"]);
    let protocol = fs::read_to_string(at.join("trial.toml")).expect("reads");
    let again = protocol.replace("size = 12", "size = 12\nfile = \"first/data/people.parquet\"");
    fs::write(at.join("again.toml"), again).expect("writes");
    done(at, &["trial", "again.toml", "-o", "second", "-q"]);
    let read = |path: &str| fs::read(at.join(path)).expect("it is there");
    assert!(read("first/data/observations.parquet") == read("second/data/observations.parquet"));
    let more = fs::read_to_string(at.join("again.toml")).expect("reads").replace("size = 12", "size = 13");
    fs::write(at.join("more.toml"), more).expect("writes");
    let why = refused(at, &["trial", "more.toml", "-o", "third", "-q"]);
    assert!(why.contains("holds 12 people, and the trial has 13"), "{why}");
}
