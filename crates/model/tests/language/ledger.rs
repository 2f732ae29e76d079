//! What a row needs to load, what grade it has and which row holds.

use crate::{assembly, atlas, close, contexts, header, load, lower, outputs_at, sources_csv};
use model::diagnostic::Diagnostic;
use model::ledger::{COLUMNS, Checked, Grade, Ledger, Method};
use model::source::{MemorySources, SourceMap};
use proptest::prelude::*;

/// A complete row; `changes` replaces columns.
fn row(changes: &[(&str, &str)]) -> String {
    let field = |column: &str| match changes.iter().find(|c| c.0 == column) {
        Some((_, text)) => text.to_string(),
        None => match column {
            "id" => "a.b".into(),
            "value" => "1.5".into(),
            "unit" => "1/h".into(),
            "method" => "measured".into(),
            "source_key" => "moda2019".into(),
            "checked" => "read".into(),
            "grade" => "B".into(),
            _ => String::new(),
        },
    };
    COLUMNS.map(field).join(",") + "\n"
}

fn read(table: &str) -> (Ledger, Vec<Diagnostic>, SourceMap) {
    let mut files = MemorySources::default();
    files.0.insert("evidence/sources.csv".into(), sources_csv());
    files.0.insert("evidence/parameters/x.csv".into(), table.into());
    let (mut map, mut found) = (SourceMap::default(), Vec::new());
    let ledger = Ledger::load(&files, &mut map, &mut found);
    (ledger, found, map)
}

fn rejected(rows: &[String], code: &str) -> Diagnostic {
    let (ledger, found, _) = read(&(header() + &rows.concat()));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].code, code, "{found:?}");
    assert_eq!(ledger.rows().len(), rows.len() - 1, "the bad row must not load");
    found.into_iter().next().expect("one")
}

#[test]
fn agrees_that_a_complete_row_loads() {
    let (ledger, found, _) = read(&(header() + &row(&[])));
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(ledger.rows()[0].coherent(), 1.5);
}

proptest! {
    #[test]
    fn rejects_a_row_with_any_needed_column_blank(
        blank in prop::sample::subsequence(vec!["id", "value", "unit", "method", "source_key", "checked", "grade"], 1..=7),
        gap in "[ \t]{0,3}",
    ) {
        let changes: Vec<(&str, &str)> = blank.iter().map(|c| (*c, gap.as_str())).collect();
        let (ledger, found, map) = read(&(header() + &row(&changes)));
        prop_assert!(ledger.rows().is_empty());
        // All of them at once, each at its own column.
        prop_assert_eq!(found.len(), blank.len(), "{:?}", &found);
        for d in &found {
            let span = d.span.expect("a place");
            prop_assert_eq!(map.line_column(span.file, span.start).0, 2);
            prop_assert!(map.text(span.file)[span.start as usize..span.end as usize].trim().is_empty());
        }
    }
}

#[test]
fn rejects_values_that_are_not_finite_numbers() {
    for text in ["nan", "inf", "-inf", "1e999", "1_000", "1,5", "~2", "2 h"] {
        let quoted = format!("\"{text}\"");
        let d = rejected(&[row(&[("value", &quoted)])], "RS4002");
        assert!(d.message.contains(text), "{}", d.message);
    }
    // Finite as written, but not in coherent units.
    rejected(&[row(&[("value", "1e306"), ("unit", "y")])], "RS4002");
}

#[test]
fn rejects_unknown_sources_with_a_suggestion() {
    assert!(rejected(&[row(&[("source_key", "moda2018")])], "RS4003").hint.contains("`moda2019`"));
}

#[test]
fn rejects_one_id_twice_in_one_context() {
    rejected(&[row(&[]), row(&[("value", "2")])], "RS4006");
    // The order of the parts of a context does not matter.
    let (one, other) = ("condition=ptsd; set=fast", "set=fast;condition=ptsd");
    let d = rejected(&[row(&[("context", one)]), row(&[("context", other)])], "RS4006");
    assert!(d.other.is_some());
    let (ledger, found, _) = read(&(header() + &row(&[]) + &row(&[("context", "set=fast")])));
    assert!(found.is_empty() && ledger.rows_of("a.b").count() == 2);
}

#[test]
fn rejects_words_and_spreads_that_are_not_known() {
    for (column, text, code) in [
        ("method", "guessed", "RS4001"),
        ("checked", "yes", "RS4001"),
        ("grade", "F", "RS4001"),
        ("grade", "b", "RS4001"),
        ("unit", "furlong", "RS3001"),
        ("context", "ptsd", "RS4005"),
        ("context", "=ptsd", "RS4005"),
        ("context", "condition=", "RS4005"),
        ("uncertainty_law", "uniform", "RS4004"),
        ("uncertainty_law", "normal", "RS4004"),
        ("variability_law", "lognormal", "RS4004"),
    ] {
        rejected(&[row(&[(column, text)])], code);
    }
    rejected(&[row(&[("variability_law", "normal"), ("variability", "-1")])], "RS4004");
}

#[test]
fn rejects_tables_of_another_shape() {
    let (_, found, _) = read("id,value\na,1\n");
    assert_eq!(found[0].code, "RS4022");
    let (ledger, found, _) = read(&(header() + "a.b,,1\n" + &row(&[])));
    assert_eq!((found[0].code, found.len(), ledger.rows().len()), ("RS4023", 1, 1));
}

#[test]
fn agrees_on_tables_with_other_line_ends_quotes_and_a_byte_order_mark() {
    let body =
        header() + "\n" + &row(&[("note", "\"one, \"\"two\"\"\nthree\"")]) + &row(&[("id", "c.d"), ("grade", "F")]);
    for table in [body.clone(), body.replace('\n', "\r\n"), format!("\u{feff}{body}"), body.trim_end().to_string()] {
        let (ledger, found, map) = read(&table);
        assert_eq!((ledger.rows().len(), found.len()), (1, 1), "{found:?}");
        let span = found[0].span.expect("a place");
        assert_eq!(&map.text(span.file)[span.start as usize..span.end as usize], "F");
    }
}

#[test]
fn agrees_with_the_grade_rule() {
    use Checked::{Memory, None as No, Read, Secondary};
    use Grade::{A, B, C, D, E};
    use Method::{Assumed, Derived, Estimated, Fitted, Measured};
    let (ledger, _, _) = read(&(header() + &row(&[])));
    for (method, species, basis, checked, wanted) in [
        (Measured, "human", A, Read, A),
        (Measured, "human", B, Read, B),
        (Measured, "rat", C, Read, C),
        (Measured, "human", B, Secondary, C),
        (Measured, "human", B, Memory, C),
        (Measured, "human", A, No, B),
        (Measured, "rat", D, Memory, E),
        (Measured, "rat", E, Memory, E),
        (Estimated, "human", B, Read, B),
        (Estimated, "human", B, Memory, C),
        (Derived, "human", B, Read, B),
        (Derived, "human", B, No, C),
        // Fitted here: capped at C for human data, at D for the rest.
        (Fitted, "human", A, No, C),
        (Fitted, "human", B, Read, C),
        (Fitted, "human", B, Secondary, D),
        (Fitted, "human", D, No, D),
        (Fitted, "rat", A, No, D),
        (Fitted, "", B, Read, D),
        (Fitted, "rat", E, No, E),
        // Assumed: nothing makes it better than E.
        (Assumed, "human", A, Read, E),
        (Assumed, "", E, No, E),
    ] {
        let row = model::ledger::Row { method, species: species.into(), basis, checked, ..ledger.rows()[0].clone() };
        assert_eq!(row.grade(), wanted, "{method:?} in {species}, basis {basis}, {checked:?}");
    }
}

const MODULE: &str = "module m\nparameters\n  a.b 1/h\nprovides\n  out 1/h = a.b\n";

fn value_in(rows: &str, active: &[&str]) -> Result<f64, Vec<Diagnostic>> {
    let mut files = atlas(&[("m", MODULE)], &[]);
    files.0.insert("evidence/parameters/test.csv".into(), header() + rows);
    let library = load(&files);
    let model = library.assemble(&assembly(&["m"]), &contexts(active))?;
    Ok(outputs_at(&lower(&model, &["out"]), &[], 0.0)[0])
}

#[test]
fn agrees_that_the_most_specific_context_wins() {
    let with = |context, value| row(&[("context", context), ("value", value)]);
    let rows =
        with("", "1") + &with("c=x", "2") + &with("c=x;s=fast", "3") + &with("s=fast;c=x;t=u", "4") + &with("c=y", "5");
    for (active, wanted) in [
        (vec![], 1.0),
        (vec!["s=fast"], 1.0),
        (vec!["c=x"], 2.0),
        (vec!["c=x", "t=u"], 2.0),
        (vec!["c=x", "s=fast"], 3.0),
        (vec!["c=x", "s=fast", "t=u", "more=of_it"], 4.0),
        (vec!["c=y", "s=fast"], 5.0),
    ] {
        assert_eq!(value_in(&rows, &active).expect("one row"), wanted, "{active:?}");
    }
    let both = with("", "1") + &with("c=x", "2") + &with("s=fast", "3");
    assert_eq!(value_in(&both, &["c=x", "s=fast"]).unwrap_err()[0].code, "RS4032");
    // A third row for the two together settles it.
    assert_eq!(value_in(&(both + &with("c=x;s=fast", "7")), &["c=x", "s=fast"]).expect("one row"), 7.0);
}

#[test]
fn rejects_an_id_without_a_row_for_every_case() {
    let mut files = atlas(&[("m", MODULE)], &[]);
    files.0.insert("evidence/parameters/test.csv".into(), header() + &row(&[("context", "c=x")]));
    let (library, found) = model::library::Library::load(&files);
    assert!(found.is_empty());
    assert_eq!(library.check()[0].code, "RS4031");
}

#[test]
fn agrees_on_values_in_any_unit_of_the_dimension() {
    for (value, unit, wanted) in [("24", "1/d", 1.0), ("2", "Hz", 7200.0), ("3", "1/ms", 10.8e6), ("6", "1/min", 360.0)]
    {
        let got = value_in(&row(&[("value", value), ("unit", unit)]), &[]).expect("one row");
        assert!(close(got, wanted), "{value} {unit}: {got}");
    }
    let mut files = atlas(&[("m", MODULE)], &[]);
    files.0.insert("evidence/parameters/test.csv".into(), header() + &row(&[("unit", "h")]));
    let (library, _) = model::library::Library::load(&files);
    assert_eq!(library.check()[0].code, "RS3010");
}
