//! How findings read: all of them in one run, each with its place, cause and hint.

use crate::{assembly, atlas, contexts, findings, header, load, sources_csv};
use model::assembly::Assembly;
use model::diagnostic::render;
use model::library::Library;
use model::source::MemorySources;

#[test]
fn regresses_report_on_a_broken_module() {
    let text = r#"module spines
about "Many slips in one file."
time hour
require
  mtorc1.activity  1  one  rest 1
requires
  stress.cortisol     one  rest 1
  bdnf.level      umol / L  one  rest 1
  trkb.activity   1  once
provides
  spine.density  1  = nascent + stabel
  spine.mass     g  = nascent
parameters
  spine.formation  1/d   spine.max 1   spine.tau_matur d
  spine.k_elim     1/hours
  for p in pools
    spine.{p}.k  1/h
  for p in pool
    spine.{p}.size  1
states
  nascent  1  start steady  scale 0.01
  stable   1  start steady
  lost     1  start steady  scale 1
let
  room   = maxi(spine.max - nascent - stable, 0)
  drive  = 1 + positive(spine.formation - 1)
  gain   = 3.7 * drive
  room   = 2
  ring   = round + 1
  round  = ring * 2
  half   = hill(nascent, spine.max)
  odd    = if nascent then 1 else 2
  shape.{q} = 1
  deep   = exp(spine.formation) + (2
  Size   = 1
equations
  nascent' = spine.formation * room - nascent
  nascent' = 0
  stabel'  = 0
  stable'  = nascent $ 2
on dose.iv.ketamine_s amount umol
  nascent += amount
checks
  at rest: nascent' + 1
  sometimes: nascent > 0
  dose up: nascent at 24 kg rises
references modo2019
"#;
    let numbers = [
        ("spine.formation", 1.0, "1/d"),
        ("spine.max", 1.0, "1"),
        ("spine.k_elim", 1.0, "1/h"),
        ("spine.tau_mature", 1.0, "d"),
    ];
    let (library, mut found) = Library::load(&atlas(&[("spines", text)], &numbers));
    found.extend(library.check());
    model::diagnostic::tidy(&mut found);
    insta::assert_snapshot!(render(&found, &library.sources));
}

#[test]
fn regresses_report_on_a_broken_table() {
    let rows = "a.one,,1.5,1/h,none,,none,,,,,measured,moda2019,p 3,read,B,fine\n\
        ,,1,1,,,,,,,,measured,moda2019,,read,B,\n\
        a.two,,,1,,,,,,,,measured,moda2019,,read,B,\n\
        a.three,,nan,,,,,,,,,,,,,,\n\
        a.four,,1,hours,,,,,,,,guessed,moda2018,,yes,F,\n\
        a.five,ptsd,1,1,normal,,uniform,1,,,,measured,me,,read,B,\n\
        a.six,,1,1,lognormal,-2,,,,,,measured,nobody,,read,B,\n\
        a.one,,2,1/h,,,,,,,,measured,moda2019,,read,B,\n\
        a.seven,c=x,1,1,,,,,,,,measured,me,,read,B,\n\
        a.seven,c=x,1,1,,,,,,,,measured,me,,read,B,\n\
        a.eight,,1e306,y,,,,,,,,measured,me,,read,B,\n\
        a.nine,,1,1,,,,,,,,measured,me,,read,B,one, two\n\
        a.ten,,1,1\n";
    let mut files = MemorySources::default();
    files.0.insert("evidence/sources.csv".into(), sources_csv() + "me,example,,,,,,\n,x,,,,,,\n");
    files.0.insert("evidence/parameters/x.csv".into(), header() + rows);
    files.0.insert("evidence/parameters/y.csv".into(), "id,value,unit\na,1,1\n".into());
    files.0.insert("families.toml".into(), "pool = [\"pv\", \"pv\", \"S st\"]\n".into());
    let (library, found) = Library::load(&files);
    insta::assert_snapshot!(render(&found, &library.sources));
}

#[test]
fn regresses_report_on_a_broken_assembly() {
    let modules = [
        (
            "ring_a",
            "module ring_a\nrequires\n  loop.c  1  one  rest 1\nlet\n  twice = 2 * loop.c\nprovides\n  loop.a  1  = twice\n",
        ),
        ("ring_b", "module ring_b\nrequires\n  loop.a  1  one  rest 1\nprovides\n  loop.b  1  = loop.a + 1\n"),
        ("ring_c", "module ring_c\nrequires\n  loop.b  1  one  rest 1\nprovides\n  loop.c  1  = loop.b / 2\n"),
    ];
    let (_, text) = findings(&atlas(&modules, &[]), &assembly(&["ring_a", "ring_b", "ring_c"]));
    insta::assert_snapshot!("regresses_report_on_a_circle", text);

    let modules = [
        ("pk/one", "module one\nprovides\n  plasma.drug  umol/L  = c\nparameters\n  c umol/L\n"),
        ("pk/two", "module two\nprovides\n  plasma.drug  umol/L  = 2 * c\nparameters\n  c umol/L\n"),
        ("pk/three", "module three\nprovides\n  brain.drug  mg/L  = c * mass\nparameters\n  c umol/L mass g/mol\n"),
        (
            "pd/user",
            "module user\nrequires\n  plasma.drug  umol/L  one  rest 0\n  brain.drug  umol/L  sum\n  gate  1  sum\n  brain.drugs  1  one  rest 0\n  lonely  1  one  rest 0\non dose amount umol\n",
        ),
        ("pd/other", "module other\nrequires\n  gate  1  product\non dose amount mg\n"),
    ];
    let numbers = [("c", 1.0, "umol/L"), ("mass", 1.0, "g/mol")];
    let mut all = assembly(&["pk/one", "pk/two", "pk/three", "pd/user", "pd/other", "pd/usr", "pk/three"]);
    all.wire.insert("user:gat".into(), "gate".into());
    let (_, text) = findings(&atlas(&modules, &numbers), &all);
    insta::assert_snapshot!(text);
}

#[test]
fn regresses_report_on_two_rows_that_apply_equally_well() {
    let mut files = atlas(&[("m", "module m\nparameters\n  a.b 1\nprovides\n  out 1 = a.b\n")], &[]);
    let row = |context: &str, value: u8| format!("a.b,{context},{value},1,,,,,,,,measured,me,,read,B,\n");
    let table = header() + &row("", 1) + &row("condition=ptsd", 2) + &row("set=fast", 3);
    files.0.insert("evidence/parameters/test.csv".into(), table);
    let library = load(&files);
    let found = library.assemble(&assembly(&["m"]), &contexts(&["condition=ptsd", "set=fast"])).unwrap_err();
    insta::assert_snapshot!(render(&found, &library.sources));
}

#[test]
fn regresses_report_on_a_request_nothing_answers() {
    let library = load(&atlas(&[("m", "module m\nprovides\n  mood.score 1 = 1\n")], &[]));
    let model = library.assemble(&Assembly { ..assembly(&["m"]) }, &contexts(&[])).expect("joins");
    let request = model::lower::Request { outputs: vec!["mood.scor".into()], holds: vec!["x".into()], checks: false };
    insta::assert_snapshot!(render(&model.lower(&request).unwrap_err(), &library.sources));
}

#[test]
fn agrees_that_every_finding_names_file_line_and_column() {
    let text = "module m\nlet\n  é = 1\n  y = nope\n";
    let (_, shown) = findings(&atlas(&[("m", text)], &[]), &assembly(&["m"]));
    assert!(shown.contains("models/m.mech:3:3") && shown.contains("models/m.mech:4:7"), "{shown}");
}
