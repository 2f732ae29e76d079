//! No text, however broken, deep or long, makes reading, checking or joining panic, overflow the stack or stall.

use crate::{Number, assembly, atlas, contexts, header, load, lower, sources_csv};
use model::assembly::Assembly;
use model::diagnostic::{Diagnostic, Severity, render, tidy};
use model::ledger::Ledger;
use model::library::{Contexts, Library};
use model::lower::Request;
use model::parser::parse;
use model::source::{FileId, MemorySources, SourceMap};
use model::unit::Unit;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

fn files_below(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).expect("the atlas").flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files_below(&path, out) } else { out.push(path) }
    }
}

/// Mechanisms, families and ledger of the atlas in this repository.
#[allow(clippy::disallowed_methods, reason = "a test may open the files it is about")]
static ATLAS: LazyLock<MemorySources> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../atlas");
    let mut paths = vec![root.join("families.toml")];
    files_below(&root.join("models"), &mut paths);
    files_below(&root.join("evidence/parameters"), &mut paths);
    paths.push(root.join("evidence/sources.csv"));
    let mut files = MemorySources::default();
    for path in paths {
        let name = path.strip_prefix(&root).expect("below the atlas").to_string_lossy().replace('\\', "/");
        files.0.insert(name, std::fs::read_to_string(&path).expect("text"));
    }
    files
});

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::load(&*ATLAS).0);

/// Every finding is shown with its place; nothing falls back to bare text.
fn shown(found: &[Diagnostic], library: &Library) {
    let text = render(found, &library.sources);
    let placed = found.iter().filter(|d| d.span.is_some()).count();
    assert!(text.matches("┌─").count() >= placed, "{text}");
    for d in found {
        assert!(!d.message.is_empty() && !d.hint.is_empty(), "{d:?}");
    }
}

/// Takes a module text through everything the language does, among the modules of `library`.
fn exercise(mut library: Library, name: &str, text: &str, others: &[String]) -> Vec<Diagnostic> {
    let (module, _) = parse(FileId(0), text);
    let _ = format!("{module:?}").len();
    let mut found = Vec::new();
    library.add(name, &format!("{name}.mech"), text, &mut found);
    library.check_module(&library.modules[name], &mut found);
    let modules = others.iter().cloned().chain([name.to_string()]).collect();
    let assembly = Assembly { name: "all".into(), modules, alone: true, ..Assembly::default() };
    match library.assemble(&assembly, &Contexts::new()) {
        Ok(model) => {
            let outputs = model.ports.keys().cloned().collect();
            let holds = model.ports.keys().cloned().collect();
            let lowered = model.lower(&Request { outputs, holds, checks: true }).expect("known names");
            lowered.system.check().expect("a whole system");
            let values = lowered.parameter_values.clone();
            if !lowered.system.outputs.is_empty() {
                lowered.influences(0, &values);
            }
        }
        Err(more) => {
            assert!(more.iter().any(|d| d.severity == Severity::Error));
            found.extend(more);
        }
    }
    tidy(&mut found);
    shown(&found, &library);
    found
}

#[derive(Clone, Debug)]
enum Edit {
    Delete(prop::sample::Index),
    Duplicate(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    Insert(prop::sample::Index, &'static str),
    Remove(prop::sample::Index),
}

const BITS: [&str; 44] = [
    "(",
    ")",
    "{",
    "}",
    "'",
    "\"",
    "\"\"\"",
    "#",
    "\n",
    "\n  ",
    "\n    ",
    "\r\n",
    "\t",
    "\u{feff}",
    ".",
    "..",
    ",",
    ":",
    "=",
    "+=",
    "<",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "^",
    "1",
    "0.5",
    "1e999",
    "if ",
    " then ",
    " else ",
    " not ",
    " for p in pool",
    "sum(p in pool: ",
    "max(",
    " over ",
    " after ",
    "é",
    "🧠",
    "states",
    "checks\n  always: ",
    "module ",
];

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        at().prop_map(Edit::Delete),
        at().prop_map(Edit::Duplicate),
        (at(), at()).prop_map(|(a, b)| Edit::Swap(a, b)),
        (at(), prop::sample::select(BITS.to_vec())).prop_map(|(i, b)| Edit::Insert(i, b)),
        at().prop_map(Edit::Remove),
    ]
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut text = text.to_string();
    for edit in edits {
        let mut lines: Vec<String> = text.split('\n').map(String::from).collect();
        let boundaries: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
        match edit {
            Edit::Delete(i) => {
                lines.remove(i.index(lines.len()));
                text = lines.join("\n");
            }
            Edit::Duplicate(i) => {
                let i = i.index(lines.len());
                lines.insert(i, lines[i].clone());
                text = lines.join("\n");
            }
            Edit::Swap(a, b) => {
                let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                lines.swap(a, b);
                text = lines.join("\n");
            }
            Edit::Insert(i, bit) => text.insert_str(boundaries[i.index(boundaries.len())], bit),
            Edit::Remove(i) => {
                let i = boundaries[i.index(boundaries.len())];
                if i < text.len() {
                    text.remove(i);
                }
            }
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn agrees_to_survive_any_text(text in any::<String>()) {
        exercise(Library::default(), "m", &text, &[]);
        let _ = Unit::parse(&text);
    }

    #[test]
    fn agrees_to_survive_bits_of_the_language(bits in prop::collection::vec(prop::sample::select(BITS.to_vec()), 0..60)) {
        let text: String = bits.concat();
        exercise(LIBRARY.clone(), "m", &text, &[]);
        exercise(LIBRARY.clone(), "m", &format!("module m\nlet\n  x = {text}\n"), &[]);
        exercise(LIBRARY.clone(), "m", &format!("module m\nchecks\n  always: {text}\n"), &[]);
        let _ = Unit::parse(&text);
    }

    #[test]
    fn agrees_to_survive_edited_mechanisms(file in any::<prop::sample::Index>(), edits in prop::collection::vec(edit(), 1..6)) {
        let names: Vec<&String> = LIBRARY.modules.keys().collect();
        let name = names[file.index(names.len())];
        let text = edited(&ATLAS.0[&format!("models/{name}.mech")], &edits);
        let others: Vec<String> = names.iter().filter(|n| **n != name).map(|n| n.to_string()).collect();
        exercise(LIBRARY.clone(), name, &text, &others);
    }

    #[test]
    fn agrees_to_survive_edited_tables(file in any::<prop::sample::Index>(), edits in prop::collection::vec(edit(), 1..6)) {
        let mut files = MemorySources::default();
        let tables: Vec<&String> = ATLAS.0.keys().filter(|path| path.ends_with(".csv")).collect();
        let path = tables[file.index(tables.len())];
        files.0.insert("evidence/sources.csv".into(), ATLAS.0["evidence/sources.csv"].clone());
        files.0.insert(path.clone(), edited(&ATLAS.0[path], &edits));
        let (mut map, mut found) = (SourceMap::default(), Vec::new());
        Ledger::load(&files, &mut map, &mut found);
        let library = Library { sources: map, ..Library::default() };
        shown(&found, &library);
    }

    #[test]
    fn agrees_to_survive_any_table(text in any::<String>(), rows in "[a-z,\"\n\r0-9=;]{0,200}") {
        for body in [text.clone(), header() + &rows, header() + &text] {
            let mut files = MemorySources::default();
            files.0.insert("evidence/sources.csv".into(), sources_csv());
            files.0.insert("evidence/parameters/x.csv".into(), body);
            files.0.insert("families.toml".into(), text.clone());
            let (library, found) = Library::load(&files);
            shown(&found, &library);
        }
    }

    #[test]
    fn agrees_to_survive_any_unit(text in "[a-zA-Z0-9µ%*/^() -]{0,40}") {
        if let Ok(unit) = Unit::parse(&text) {
            prop_assert!(unit.factor.is_normal() && unit.factor > 0.0);
            // The dimension, printed, is itself a unit of that dimension.
            let printed = unit.dimension.to_string();
            if !printed.contains('.') {
                prop_assert_eq!(Unit::parse(&printed).expect("a unit").dimension, unit.dimension);
            }
        }
    }
}

#[test]
fn agrees_that_the_atlas_is_free_of_findings() {
    let (library, mut found) = Library::load(&*ATLAS);
    found.extend(library.check());
    found.retain(|d| d.severity == Severity::Error);
    assert!(found.is_empty(), "{}", render(&found, &library.sources));
}

/// Reads, checks, joins and lowers on a thread with the usual stack of a test, against the clock.
#[allow(clippy::disallowed_methods, reason = "the clock is what is tested")]
fn survives(what: &str, text: &str, numbers: &[Number]) -> Vec<&'static str> {
    let start = Instant::now();
    let library = load(&atlas(&[], numbers));
    let found = exercise(library, "m", text, &[]);
    assert!(start.elapsed() < Duration::from_secs(20), "{what} took {:?}", start.elapsed());
    // A module with mistakes is not built, which is said as well.
    found.iter().map(|d| d.code).filter(|code| *code != "RS2033").collect()
}

#[test]
fn rejects_expressions_that_nest_too_deeply() {
    let n = 10_000;
    for (what, expression) in [
        ("parentheses", "(".repeat(n) + "a" + &")".repeat(n)),
        ("open parentheses", "(".repeat(n)),
        ("minus signs", "-".repeat(n) + "a"),
        ("not", "if ".to_string() + &"not ".repeat(n) + "a > 0 then 1 else 2"),
        ("powers", "a^".repeat(n) + "a"),
        ("negative powers", "a^-".repeat(n) + "a"),
        ("sums over families", "sum(p in pool: ".repeat(n) + "a" + &")".repeat(n)),
        ("conditions", "if a > 0 then a else ".repeat(n) + "a"),
        ("calls", "abs(".repeat(n) + "a" + &")".repeat(n)),
        ("open calls", "max(a, ".repeat(n)),
        ("a mixture", "-(a^abs(".repeat(n) + "a"),
        ("terms", "a + ".repeat(100_000) + "a"),
        ("factors", "a * ".repeat(100_000) + "a"),
        ("alternatives", "if a > 0 ".to_string() + &"or a > 0 ".repeat(100_000) + "then 1 else 2"),
        ("comparisons", "if a ".to_string() + &"< a ".repeat(100_000) + "then 1 else 2"),
        ("arguments", "max(a".to_string() + &", a".repeat(100_000) + ")"),
    ] {
        let text = format!("module m\nparameters\n  a 1\nprovides\n  out 1 = {expression}\n");
        let found = survives(what, &text, &[("a", 1.0, "1")]);
        let found: Vec<&str> = found.into_iter().filter(|code| *code != "RS2004").collect();
        assert_eq!(found, ["RS1021"], "{what}");
    }
}

#[test]
fn agrees_to_take_everything_below_the_limits() {
    let lean = "a + ".repeat(490) + "a";
    let deep = "(".repeat(55) + "a" + &")".repeat(55);
    let folds = "sum(p in pool: ".repeat(7) + "a" + &")".repeat(7);
    let chain: String = (0..380).map(|i| format!("  x{i} = x{}\n", i + 1)).collect();
    let long = "a * ".repeat(400);
    let heavy: String = (0..60).map(|i| format!("  y{i} = y{} + {long} a\n", i + 1)).collect();
    for (text, wanted) in [
        (format!("provides\n  out 1 = {lean}\n"), 491.0),
        (format!("provides\n  out 1 = {deep}\n"), 1.0),
        (format!("provides\n  out 1 = {folds}\n"), f64::NAN),
        (format!("provides\n  out 1 = x0\nlet\n{chain}  x380 = a\n"), 1.0),
        (format!("provides\n  out 1 = y0\nlet\n{heavy}  y60 = a\n"), 61.0),
    ] {
        let text = format!("module m\nparameters\n  a 1\n{text}");
        let found = survives("a large module", &text, &[("a", 1.0, "1")]);
        if wanted.is_nan() {
            // The same letter twice is refused, at any depth.
            assert_eq!(found, ["RS2004"]);
            continue;
        }
        assert!(found.is_empty(), "{found:?}");
        let library = load(&atlas(&[("m", &text)], &[("a", 1.0, "1")]));
        let lowered = lower(&library.assemble(&assembly(&["m"]), &contexts(&[])).expect("joins"), &["out"]);
        assert_eq!(crate::outputs_at(&lowered, &[], 0.0)[0], wanted);
    }
}

#[test]
fn rejects_families_that_unroll_without_end() {
    let letters = ["b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "q", "r", "s", "t"];
    let opened: String = letters.iter().map(|l| format!("sum({l} in pool: ")).collect();
    let text = format!("module m\nprovides\n  out 1 = {opened}1{}\n", ")".repeat(letters.len()));
    assert_eq!(survives("folds in folds", &text, &[]), ["RS2002"]);
    let opened: Vec<String> = letters[..12].iter().map(|l| format!("{l} in pool")).collect();
    let text = format!("module m\nlet\n  for {}\n    x = 1\n", opened.join(", "));
    assert_eq!(survives("a long for", &text, &[]), ["RS2002"]);
}

#[test]
fn rejects_for_lines_that_nest_too_deeply() {
    let nested = |line: &str| {
        let lines: String = (0..1500).map(|i| format!("{}{line}\n", " ".repeat(i + 1))).collect();
        format!("module m\nlet\n{lines}")
    };
    assert_eq!(survives("for lines", &nested("for p in pool"), &[]), ["RS1009"]);
    let found = survives("broken for lines", &nested("for ,"), &[]);
    assert!(found.contains(&"RS1009") && found.len() < 20, "{found:?}");
}

#[test]
fn rejects_lets_and_ports_that_build_on_each_other_without_end() {
    let chain: String = (0..20_000).map(|i| format!("  x{i} = x{}\n", i + 1)).collect();
    let text = format!("module m\nlet\n{chain}  x20000 = 1\n");
    let found = survives("a chain of lets", &text, &[]);
    assert!(!found.is_empty() && found.iter().all(|c| *c == "RS2022"), "{found:?}");
    let modules: Vec<(String, String)> = (0..4)
        .map(|m| {
            let lets: String = (0..390).map(|i| format!("  x{i} = x{}\n", i + 1)).collect();
            let text = format!(
                "module m{m}\nrequires\n  port{} 1 one rest 1\nprovides\n  port{m} 1 = x0\nlet\n{lets}  x390 = port{}\n",
                m + 1,
                m + 1
            );
            (format!("m{m}"), text)
        })
        .collect();
    let pairs: Vec<(&str, &str)> = modules.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let library = load(&atlas(&pairs, &[]));
    let all = Assembly { alone: true, ..assembly(&["m0", "m1", "m2", "m3"]) };
    let found = library.assemble(&all, &contexts(&[])).expect_err("too long a chain");
    assert_eq!(found[0].code, "RS2046");
}

#[test]
fn rejects_long_units_and_names_without_stalling() {
    for text in ["h*".repeat(100_000) + "h", "(".repeat(100_000), "y*".repeat(70) + "y", "mol*".repeat(100) + "mol"] {
        let why = Unit::parse(&text).unwrap_err();
        assert!(why.len() < 200, "{why}");
    }
    let name = "a".repeat(200_000);
    let text = format!("module m\nlet\n  x = {name}\n  {name}x = 1\n");
    assert_eq!(survives("a long name", &text, &[]), ["RS2020"]);
}
