//! How a file is cut into sections, entries and names, at the edges.

use crate::{Number, assembly, atlas, codes, join, load, lower};
use model::parser::parse;
use model::source::FileId;

const NUMBERS: [Number; 2] = [("m.k", 2.0, "1/h"), ("m.j", 3.0, "1/h")];

/// One state decaying, written with all kinds of sections.
const WHOLE: &str = "module m\nabout \"\"\"\nWords, with `about` and:\n\n    x' = -k x\n\"\"\"\ntime h\n\nparameters\n  m.k 1/h \"how fast\"  m.j 1/h\nstates\n  x 1 start 1 scale 0.1 near 2 \"a state\"\nequations\n  x' = -m.k\n    * x  # goes on\n\n    # about the rest\n    + m.j\nprovides\n  m.x 1 = x \"out\"\nlimits \"none known\"\nreferences me moda2019\n";

fn value_of(module: &str) -> f64 {
    let library = load(&atlas(&[("m", module)], &NUMBERS));
    let lowered = lower(&join(&library, &assembly(&["m"]), &[]), &["m.x"]);
    let point = sim::expr::Point { states: &[5.0], parameters: &lowered.parameter_values, ..Default::default() };
    lowered.system.graph.evaluate(&lowered.system.rates, &point)[0]
}

#[test]
fn agrees_on_one_file_with_any_line_ends() {
    for text in [
        WHOLE.to_string(),
        WHOLE.replace('\n', "\r\n"),
        format!("\u{feff}{WHOLE}"),
        WHOLE.trim_end().to_string(),
        format!("\n\n# first\n{WHOLE}\n\n\n   \n# last"),
        WHOLE.replace("\n\n", "\n   \n"),
        WHOLE.replace("  m.k 1/h \"how fast\"  m.j 1/h", "  m.k 1/h  # how \"fast\n  m.j 1/h # \"\"\" not a text"),
        WHOLE.replace("time h", "time h  # or \"\"\""),
        WHOLE.replace("time h", "# \"\"\"\ntime h"),
        WHOLE.replace("\n  x'", "\n      x'").replace("    * x", "        * x").replace("    + m.j", "         + m.j"),
        WHOLE.replace("m.k 1/h \"how", "m.k 1/h#x\n    \"how"),
    ] {
        assert_eq!(value_of(&text), -7.0, "{text}");
        let (module, found) = parse(FileId(0), &text);
        assert!(found.is_empty(), "{found:?}");
        let about: Vec<&str> = module.about.lines().map(str::trim_end).collect();
        assert_eq!(about.join("\n"), "Words, with `about` and:\n\n    x' = -k x");
        assert_eq!(module.limits, "none known");
        assert_eq!(module.states[0].value.doc, "a state");
        let keys: Vec<&str> = module.references.iter().map(|r| r.value.as_str()).collect();
        assert_eq!(keys, ["me", "moda2019"]);
    }
}

#[test]
fn agrees_on_texts_that_start_on_the_next_line() {
    let (module, found) = parse(FileId(0), "module m\nabout\n  \"\"\"one\n  two\"\"\"\nlimits\n  \"three\"\n");
    assert!(found.is_empty(), "{found:?}");
    assert_eq!((module.about.as_str(), module.limits.as_str()), ("one\n  two", "three"));
}

#[test]
fn rejects_slips_of_layout() {
    for (text, wanted) in [
        ("", &["RS1001"][..]),
        ("\n\n", &["RS1001"]),
        ("\u{feff}", &["RS1001"]),
        ("# nothing\n", &["RS1001"]),
        ("  module m\n", &["RS1001", "RS1003"]),
        ("module\n", &["RS1001", "RS1015"]),
        ("module m\nabout \"\"\"never closed\n", &["RS1002"]),
        ("module m\nabout\n\"\"\"in the first column\"\"\"\n", &["RS1008", "RS1004"]),
        ("module m\nabout \"\"\"x\"\"\" more\n", &["RS1020"]),
        ("module m\nabout \"x\n", &["RS1008"]),
        ("module m\nabout\nlimits \"x\"\n", &["RS1008"]),
        ("module m\nstate\n  x 1 scale 1\n", &["RS1004"]),
        ("module m\nlet x = 1\n", &["RS1007"]),
        ("module m\ntime h\n  x\n", &["RS1007"]),
        ("module m\ntime\n", &["RS1011"]),
        ("module m\ntime kg\n", &["RS3003"]),
        ("module m\ntime fortnight\n", &["RS3003"]),
        ("module m\nlet\n  x = 1\nlet\n  y = 1\n", &["RS1005"]),
        ("module m\nlet\n\tx = 1\n\ty = 1\n", &["RS1026"]),
        ("module m\nlet\n  for p in pool\n  x = 1\n", &["RS1009"]),
        ("module m\nlet\n  x = 1 2\n", &["RS1020"]),
        ("module m\nlet\n  x = 1 +\n", &["RS1023"]),
        ("module m\nlet\n  x = (1\n", &["RS1019"]),
        ("module m\nlet\n  x = 1 $ 2\n", &["RS1020"]),
        ("module m\nlet\n  x = if 1 > 0 1 else 2\n", &["RS1022"]),
        ("module m\nlet\n  x = abs(1, 2)\n", &["RS1025"]),
        ("module m\nlet\n  x = cosh(1)\n", &["RS1024"]),
        ("module m\nlet\n  x = in\n", &["RS1016"]),
        ("module m\nchecks\n  sometimes: 1 > 0\n", &["RS1013"]),
        ("module m\nchecks\n  dose up: 1 rises\n", &["RS1013"]),
        ("module m\nchecks\n  dose up: 1 at 3 rises\n", &["RS1011"]),
        ("module m\non dose.iv umol\n", &["RS1006"]),
        ("module m\non dose.iv amount\n", &["RS1011"]),
    ] {
        assert_eq!(codes(text, &[]), wanted, "{text:?}");
    }
}

#[test]
fn rejects_names_that_are_not_well_formed() {
    for name in ["Spine", "spine.Max", "a..b", "a.{", "a.{e", "a}", "a.{}", "a.{{e}}", "a.{e.f}", "é", "_é"] {
        let text = format!("module m\nlet\n  {name} = 1\n");
        assert!(["RS1017", "RS1019"].contains(&codes(&text, &[])[0]), "{name}: {:?}", codes(&text, &[]));
        let text = format!("module m\nlet\n  x = 1 + {name}\n");
        assert!(codes(&text, &[]).iter().any(|c| ["RS1017", "RS1020"].contains(c)), "{name}: {:?}", codes(&text, &[]));
    }
    for text in [
        "module M\n",
        "module m.{e} for e in enantiomer\n",
        "module m for e.f in pool\n",
        "module m for {e} in pool\n",
        "module m\nlet\n  for a.b in pool\n    x = 1\n",
    ] {
        assert!(codes(text, &[]).contains(&"RS1017"), "{text}: {:?}", codes(text, &[]));
    }
    // A dot at the end belongs to no name.
    assert_eq!(codes("module m\nlet\n  x. = 1\n", &[]), ["RS1019"]);
    assert_eq!(codes("module m\nlet\n  x = 1\n  y = x.\n", &[]), ["RS1020"]);
    for word in ["time", "amount", "duration", "index", "normal", "forcing"] {
        assert_eq!(codes(&format!("module m\nlet\n  {word} = 1\n"), &[]), ["RS2010"], "{word}");
    }
    for word in ["if", "for", "over", "near", "scale"] {
        let found = codes(&format!("module m\nlet\n  {word} = 1\n"), &[]);
        assert!(["RS1016", "RS1015"].contains(&found[0]), "{word}: {found:?}");
    }
}

#[test]
fn rejects_units_that_are_missing_or_torn() {
    for (text, wanted) in [
        ("module m\nrequires\n  a one rest 1\n", "RS1011"),
        ("module m\nrequires\n  a umol / L one rest 1\n", "RS1028"),
        ("module m\nrequires\n  a umol /L one rest 1\n", "RS1028"),
        ("module m\nrequires\n  a 1\n", "RS1010"),
        ("module m\nrequires\n  a 1 many\n", "RS1010"),
        ("module m\nprovides\n  a = 1\n", "RS1011"),
        ("module m\nparameters\n  m.k\n", "RS1011"),
        ("module m\nstates\n  x scale 1\nequations\n  x' = 0\n", "RS1011"),
        ("module m\nstates\n  x start steady scale 1\nequations\n  x' = 0\n", "RS1011"),
        ("module m\nstates\n  x 1 scale 1 scale 2\nequations\n  x' = 0\n", "RS1027"),
        ("module m\nstates\n  x 1 scale big\nequations\n  x' = 0\n", "RS1018"),
    ] {
        assert_eq!(codes(text, &NUMBERS)[0], wanted, "{text}");
        assert!(codes(text, &NUMBERS).len() <= 2, "{text}: {:?}", codes(text, &NUMBERS));
    }
}

#[test]
fn rejects_without_repeating_itself_when_a_unit_is_wrong() {
    let text = "module m\nparameters\n  m.k 1/hour\nstates\n  x mgs scale 1\nlet\n  y = m.k * x + 1\nequations\n  x' = y + x\nprovides\n  out furlong = x\non dose amount lbs\n  x += amount + 1\nchecks\n  always: x' < 1\n";
    let found = codes(text, &NUMBERS);
    assert_eq!(found, ["RS3001", "RS3001", "RS3001", "RS3001"], "{found:?}");
}

#[test]
fn rejects_dimensions_that_do_not_fit() {
    for (body, wanted) in [
        ("let\n  x = m.k + 1", "RS3006"),
        ("let\n  x = if m.k > 1 then 1 else 2", "RS3006"),
        ("let\n  x = if m.k > 0 then 1 else m.k", "RS3006"),
        ("let\n  x = max(m.k, 1)", "RS3006"),
        ("let\n  x = exp(m.k)", "RS3005"),
        ("let\n  x = 2^m.k", "RS3005"),
        ("let\n  x = m.k^0.5", "RS3009"),
        ("let\n  x = 1 + (m.k > 0)", "RS3002"),
        ("let\n  x = if m.k then 1 else 2", "RS3008"),
        ("let\n  x = m.k / 0", "RS3007"),
        ("let\n  x = sqrt(sqrt(sqrt(m.k)))", "RS3014"),
        ("let\n  x = ((m.k^10)^10)^10", "RS3014"),
        ("let\n  x = m.k*m.k*m.k*m.k*m.k*m.k*m.k*m.k\n  y = x*x*x*x*x*x*x*x", "RS3014"),
        ("let\n  x = cycle(1, time)", "RS3004"),
        ("let\n  x = 11 * m.k", "RS4030"),
        ("let\n  x = x'", "RS2018"),
        ("let\n  x = amount", "RS2019"),
        ("provides\n  out h = m.k", "RS3004"),
        ("checks\n  at rest: m.k", "RS3002"),
        ("checks\n  dose up: m.k at 3 kg rises", "RS3003"),
        ("checks\n  always: m.k < 3 h", "RS3006"),
        ("states\n  x 1 start 1 scale 0\nequations\n  x' = 0", "RS2016"),
        ("states\n  x 1 start time scale 1\nequations\n  x' = 0", "RS2019"),
        ("states\n  x 1 start x scale 1\nequations\n  x' = 0", "RS2021"),
        ("states\n  x 1 start m.k scale 1\nequations\n  x' = 0", "RS3004"),
        ("states\n  x 1 scale 1\nequations\n  x' = 1", "RS3004"),
        ("states\n  x 1 scale 1\nequations\n  x' = 0\non dose amount umol\n  x += amount", "RS3004"),
        ("states\n  x 1 scale 1\nequations\n  x' = 0\non dose amount 1\n  x += amount over 1", "RS3004"),
        ("states\n  x 1 scale 1\nequations\n  x' = 0\non dose amount 1\n  y += amount", "RS2013"),
    ] {
        let text = format!("module m\nparameters\n  m.k 1/h\n{body}\n");
        assert_eq!(codes(&text, &NUMBERS)[..], [wanted], "{text}");
    }
}

#[test]
fn agrees_that_the_literal_0_fits_any_dimension() {
    for body in [
        "let\n  x = m.k + 0",
        "let\n  x = max(m.k, 0)",
        "let\n  x = if m.k > 0 then 0 else m.k",
        "let\n  zero = 0\n  x = zero + m.k",
        "let\n  x = -0 + m.k",
        "let\n  x = 0 * 3 + m.k",
    ] {
        let found = codes(&format!("module m\nparameters\n  m.k 1/h\n{body}\n"), &NUMBERS);
        assert!(found.is_empty(), "{body}: {found:?}");
    }
}

#[test]
fn rejects_family_letters_that_mean_two_things() {
    for text in [
        "module m\nlet\n  for p in pool, p in enantiomer\n    x.{p} = 1\n",
        "module m\nlet\n  for p in pool\n    for p in enantiomer\n      x.{p} = 1\n",
        "module m\nlet\n  for p in pool\n    x.{p} = sum(p in enantiomer: 1)\n",
        "module m for e in enantiomer\nlet\n  x = sum(e in pool: 1)\n",
        "module m\nlet\n  x = sum(p in pool: sum(p in pool: 1))\n",
    ] {
        assert_eq!(codes(text, &[]), ["RS2004"], "{text}");
    }
    // One after the other is no conflict.
    let fine = "module m\nlet\n  x = sum(p in pool: 1) + sum(p in enantiomer: 1)\n  for p in pool\n    y.{p} = 1\n";
    assert!(codes(fine, &[]).is_empty());
    assert_eq!(codes("module m\nlet\n  x.{q} = 1\n", &[]), ["RS2003"]);
    assert_eq!(codes("module m\nlet\n  for p in pols\n    x.{p} = 1\n", &[]), ["RS2001"]);
}

#[test]
fn rejects_families_that_are_not_lists_of_words() {
    for (toml, wanted) in [
        ("pool = 3", "RS1030"),
        ("pool = [", "RS1030"),
        ("pool = [\"a\", \"a\"]", "RS1032"),
        ("pool = [\"A b\"]", "RS1032"),
        ("pool = [\"{p}\"]", "RS1032"),
        ("pool = [\"\"]", "RS1032"),
        ("pool = [\"a.b\"]", "RS1032"),
    ] {
        let mut files = atlas(&[], &[]);
        files.0.insert("families.toml".into(), toml.into());
        assert_eq!(model::library::Library::load(&files).1[0].code, wanted, "{toml}");
    }
}
