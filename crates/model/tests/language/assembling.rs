//! Modules joined: merging, wiring, inputs held at rest, names that are required and provided.

use crate::{Number, assembly, atlas, close, contexts, findings, join, load, lower, outputs_at};
use model::assembly::{Assembly, Model};
use model::lower::Request;
use model::source::MemorySources;

const NUMBERS: [Number; 5] =
    [("a.v", 2.0, "1"), ("b.v", 5.0, "1"), ("c.v", 7.0, "1"), ("drug.mass", 250.0, "g/mol"), ("drug.c", 4.0, "umol/L")];

fn giver(name: &str) -> String {
    format!("module {name}\nparameters\n  {name}.v 1\nprovides\n  port 1 = {name}.v\n")
}

fn taker(merge: &str) -> String {
    format!("module taker\nrequires\n  port 1 {merge} rest 3\nprovides\n  out 1 = port\n")
}

fn files(merge: &str) -> MemorySources {
    let taker = taker(merge);
    atlas(&[("a", &giver("a")), ("b", &giver("b")), ("c", &giver("c")), ("taker", &taker)], &NUMBERS)
}

fn out(model: &Model) -> f64 {
    outputs_at(&lower(model, &["out"]), &[], 0.0)[0]
}

#[test]
fn agrees_on_how_providers_combine() {
    for (merge, givers, wanted) in [
        ("one", &["b"][..], 5.0),
        ("sum", &["a", "b", "c"], 14.0),
        ("sum", &["b"], 5.0),
        ("sum", &[], 0.0),
        ("product", &["a", "b", "c"], 70.0),
        ("product", &["b"], 5.0),
        ("product", &[], 1.0),
    ] {
        let library = load(&files(merge));
        for order in [[givers, &["taker"]].concat(), [&["taker"], givers].concat()] {
            assert_eq!(out(&join(&library, &assembly(&order), &[])), wanted, "{merge} of {order:?}");
        }
    }
}

#[test]
fn agrees_that_inputs_of_a_lone_module_stay_at_rest() {
    for merge in ["one", "sum", "product"] {
        let alone = Assembly { alone: true, ..assembly(&["taker"]) };
        let model = join(&load(&files(merge)), &alone, &[]);
        assert_eq!(out(&model), 3.0, "{merge}");
    }
    let text = "module taker\nrequires\n  port h one rest 90\n  time_left min one rest 90\nprovides\n  out h = port + time_left\n";
    let library = load(&atlas(&[("taker", text)], &[]));
    let model = join(&library, &Assembly { alone: true, ..assembly(&["taker"]) }, &[]);
    let lowered = lower(&model, &["out"]);
    assert_eq!(lowered.parameter_names, ["rest:port", "rest:time_left", "forcing"]);
    assert!(close(outputs_at(&lowered, &[], 0.0)[0], 91.5));
    let missing = library.assemble(&assembly(&["taker"]), &contexts(&[])).unwrap_err();
    assert!(missing.iter().all(|d| d.code == "RS2041") && missing.len() == 2);
}

#[test]
fn agrees_on_wires_between_ports_of_other_names() {
    let other = "module other\nparameters\n  b.v 1\nprovides\n  signal 1 = b.v\n";
    let library = load(&atlas(&[("a", &giver("a")), ("other", other), ("taker", &taker("one"))], &NUMBERS));
    let wire = [("taker:port".to_string(), "signal".to_string())].into();
    let wired = Assembly { wire, ..assembly(&["a", "other", "taker"]) };
    let model = join(&library, &wired, &[]);
    assert_eq!(out(&model), 5.0);
    assert_eq!(model.links(), [("other", "signal", "taker")]);
    assert_eq!(out(&join(&library, &assembly(&["a", "taker"]), &[])), 2.0);
}

#[test]
fn agrees_that_a_module_may_add_to_a_port_it_uses() {
    // Inside, `load` is what all providers give together; the module's own share has its own unit.
    let shared = "module shared\nrequires\n  load h sum\nparameters\n  a.v 1\nstates\n  x h start 1*0 scale 1\nequations\n  x' = load / 1 * 0 + a.v\nprovides\n  load min = x\n  seen h = load\n";
    let more = "module more\nstates\n  y h start 0 scale 1\nequations\n  y' = 1\nprovides\n  load h = y\n";
    let shared = shared.replace("load / 1 * 0 + a.v", "a.v");
    let library = load(&atlas(&[("shared", &shared), ("more", more)], &NUMBERS));
    let model = join(&library, &assembly(&["shared", "more"]), &[]);
    assert_eq!(outputs_at(&lower(&model, &["seen", "load"]), &[2.0, 3.0], 0.0), [5.0, 5.0]);
    // Without a state between, that is a circle.
    let circle = "module m\nrequires\n  load 1 sum\nprovides\n  load 1 = load + 1\n";
    let (found, _) = findings(&atlas(&[("m", circle)], &[]), &assembly(&["m"]));
    assert_eq!(found[0].code, "RS2045");
    // Other kinds of names are not shared with a port.
    let twice = "module m\nlet\n  load = 1\nprovides\n  load 1 = 2\n";
    let (found, _) = findings(&atlas(&[("m", twice)], &[]), &assembly(&["m"]));
    assert_eq!(found[0].code, "RS2011");
}

#[test]
fn agrees_on_units_across_modules() {
    // umol/L times g/mol is a mass in a volume, whatever unit each side is declared in.
    let drug =
        "module drug\nparameters\n  drug.mass g/mol  drug.c nmol/L\nprovides\n  plasma ng/mL = drug.mass * drug.c\n";
    let user = "module user\nrequires\n  plasma g/L one rest 0\nprovides\n  seen mg/L = plasma\n";
    let library = load(&atlas(&[("drug", drug), ("user", user)], &NUMBERS));
    let model = join(&library, &assembly(&["drug", "user"]), &[]);
    let values = outputs_at(&lower(&model, &["plasma", "seen"]), &[], 0.0);
    let plasma = model.unit_of("plasma").expect("a port").from_coherent(values[0]);
    let seen = model.unit_of("seen").expect("a port").from_coherent(values[1]);
    assert!(close(plasma, 1000.0) && close(seen, 1.0), "4 umol/L of 250 g/mol: {plasma} ng/mL, {seen} mg/L");
}

#[test]
fn rejects_joins_that_do_not_fit() {
    let a = giver("a");
    let litres = "module taker\nrequires\n  port L one rest 3\nprovides\n  out L = port\n";
    let product = taker("product").replace("module taker", "module other").replace("out 1", "out2 1");
    let sum = taker("sum");
    let one = taker("one");
    let late = "module late\non dose amount mg\n";
    let early = "module early\non dose amount umol\n";
    for (modules, wanted) in [
        (vec![("a", a.as_str()), ("taker", litres)], "RS3012"),
        (vec![("a", &a), ("taker", &sum), ("other", &product)], "RS2040"),
        (vec![("taker", &one)], "RS2041"),
        (vec![("a", &a), ("b", &giver("b")), ("taker", &one)], "RS2043"),
        (vec![("x/a", &a), ("y/a", &a), ("taker", &sum)], "RS2032"),
        (vec![("early", early), ("late", late)], "RS3013"),
    ] {
        let names: Vec<&str> = modules.iter().map(|m| m.0).collect();
        let (found, text) = findings(&atlas(&modules, &NUMBERS), &assembly(&names));
        assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [wanted], "{text}");
    }
    let library = load(&files("one"));
    let wire = [("taker:prt".to_string(), "port".to_string())].into();
    let found = library.assemble(&Assembly { wire, ..assembly(&["a", "taker"]) }, &contexts(&[])).unwrap_err();
    assert_eq!((found[0].code, found[0].hint.as_str()), ("RS2042", "did you mean `taker:port`?"));
    let found = library.assemble(&assembly(&["a", "takr"]), &contexts(&[])).unwrap_err();
    assert_eq!((found[0].code, found[0].hint.as_str()), ("RS2031", "did you mean `taker`?"));
}

#[test]
fn agrees_on_how_many_copies_a_family_makes() {
    let text = "module m for e in enantiomer\nrequires\n  for p in pool\n    in.{p} 1 one rest 0\nstates\n  for p in pool\n    x.{p}.{e} 1 start 0 scale 1\nlet\n  total = sum(p in pool: x.{p}.{e})\n  whole = product(p in pool: x.{p}.{e})\nequations\n  for p in pool\n    x.{p}.{e}' = 0\nprovides\n  for p in pool, q in pool\n    out.{p}.{q}.{e} 1 = x.{p}.{e} - x.{q}.{e}\n  total_{e} 1 = total\n  whole_{e} 1 = whole\n  alone_{e} 1 = 2\non dose.{e} amount 1\n  for p in pool\n    x.{p}.{e} += amount\nchecks\n  for p in pool\n    always: x.{p}.{e} >= 0\n";
    let library = load(&atlas(&[("m", text)], &[]));
    let model = join(&library, &Assembly { alone: true, ..assembly(&["m"]) }, &[]);
    assert_eq!(model.instance_ids().collect::<Vec<_>>(), ["m.s", "m.r"]);
    let count = |prefix: &str| model.ports.keys().filter(|p| p.starts_with(prefix)).count();
    assert_eq!((model.states.len(), count("in."), count("out."), model.checks().len()), (6, 3, 18, 6));
    assert_eq!(model.states[0].id, "m.s.x.pv.s");
    assert_eq!(model.events.keys().collect::<Vec<_>>(), ["dose.r", "dose.s"]);
    let lowered = lower(&model, &["total_s", "total_r", "whole_s", "whole_r", "out.pv.pyr.r", "alone_s"]);
    let states = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    assert_eq!(outputs_at(&lowered, &states, 0.0), [6.0, 15.0, 6.0, 120.0, -2.0, 2.0]);
    assert_eq!(lowered.system.actions[0].effects.len(), 3);
}

#[test]
fn agrees_on_folds_over_many_members_and_over_none() {
    let members: Vec<String> = (0..100).map(|i| format!("\"x{i}\"")).collect();
    let mut files = atlas(
        &[(
            "m",
            "module m\nprovides\n  a 1 = sum(i in many: 2)\n  b 1 = sum(i in none: 2)\n  c 1 = product(i in none: 2)\n  d 1 = product(i in few: 2)\n",
        )],
        &[],
    );
    let toml = format!("many = [{}]\nnone = []\nfew = [{}]\n", members.join(","), members[..20].join(","));
    files.0.insert("families.toml".into(), toml);
    let model = join(&load(&files), &assembly(&["m"]), &[]);
    assert_eq!(outputs_at(&lower(&model, &["a", "b", "c", "d"]), &[], 0.0), [200.0, 0.0, 1.0, 1048576.0]);
}

#[test]
fn agrees_that_a_port_goes_before_a_state_of_its_name() {
    let text = "module tank\nstates\n  level 1 start 0 scale 1\nequations\n  level' = 0\nprovides\n  tank.level L = level * tank.size\nparameters\n  tank.size mL\n";
    let model = join(&load(&atlas(&[("tank", text)], &[("tank.size", 500.0, "mL")])), &assembly(&["tank"]), &[]);
    assert_eq!(model.states[0].id, "tank.level");
    assert_eq!(model.unit_of("tank.level").expect("a port").text, "L");
    assert!(close(outputs_at(&lower(&model, &["tank.level"]), &[4.0], 0.0)[0], 2.0));
}

#[test]
fn rejects_requests_for_names_that_do_not_exist() {
    let model = join(&load(&files("sum")), &assembly(&["a", "taker"]), &[]);
    let request = Request {
        outputs: vec!["ot".into(), "nonsense.at.all".into()],
        holds: vec!["prt".into()],
        ..Request::default()
    };
    let found = model.lower(&request).expect_err("unknown names");
    let hints: Vec<&str> = found.iter().map(|d| d.hint.as_str()).collect();
    assert_eq!(hints[0], "did you mean `out`?");
    assert_eq!(hints[2], "did you mean `port`?");
    assert!(found.iter().all(|d| d.code == "RS2050"));
    // A state can be reported but not held.
    let text = "module m\nstates\n  x 1 start 0 scale 1\nequations\n  x' = 0\n";
    let model = join(&load(&atlas(&[("m", text)], &[])), &assembly(&["m"]), &[]);
    assert!(model.lower(&Request { outputs: vec!["m.x".into()], ..Request::default() }).is_ok());
    assert!(model.lower(&Request { holds: vec!["m.x".into()], ..Request::default() }).is_err());
}
