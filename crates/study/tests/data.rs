//! Data that leave a trial: formats, data sets, and the way in.

#[path = "../examples/adam_sample/trial.rs"]
mod trial;

use model::diagnostic::render;
use model::source::{MemorySources, SourceMap};
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArrayType, FloatType, Int32Type, Int64Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use resynapse::atlas::Atlas;
use resynapse::regimen::sentence;
use resynapse::run::{Plan, run};
use std::collections::BTreeMap;
use std::sync::Arc;
use study::data::dataset::{Dataset, Datasets};
use study::data::nonmem::{self, Given as Receives, People};
use study::data::parquet::{Columns, GROUP_ROWS, read};
use study::data::{Format, Kind, Table, Values, Variable, open};
use study::trial::schema::*;

fn written(format: Format, pieces: &[Table]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut out = open(format, &mut bytes, &pieces[0]).unwrap_or_else(|e| panic!("{e}"));
    pieces.iter().for_each(|p| out.write(p).unwrap_or_else(|e| panic!("{e}")));
    out.finish().unwrap_or_else(|e| panic!("{e}"));
    bytes
}

/// More rows than a row group, with things missing.
fn large() -> Table {
    let variables = vec![
        Variable::text("USUBJID", "Unique Subject Identifier", 12).source("number"),
        Variable::number("AVAL", "Analysis Value").unit("mg"),
        Variable::date("ADT", "Analysis Date"),
        Variable::text("FL", "Flag", 1),
    ];
    let rows = 0..GROUP_ROWS + 500;
    let every = |n: usize, k: usize, x: f64| if k.is_multiple_of(n) { f64::NAN } else { x };
    let columns = vec![
        Values::Texts(rows.clone().map(|k| format!("SIM-{k}")).collect()),
        Values::Numbers(rows.clone().map(|k| every(7, k, 1.0 / (k + 1) as f64)).collect()),
        Values::Numbers(rows.clone().map(|k| every(5, k, (k % 30_000) as f64)).collect()),
        Values::Texts(rows.map(|k| if k % 3 == 0 { "Y".into() } else { String::new() }).collect()),
    ];
    Table { name: "LARGE".into(), label: "Many rows".into(), variables, columns }
}

/// NaN does not equal itself: tables are compared by bits.
fn same(a: &Table, b: &Table) -> bool {
    let bits = |v: &Values| match v {
        Values::Numbers(x) => x.iter().map(|x| if x.is_nan() { u64::MAX } else { x.to_bits() }).collect(),
        Values::Texts(_) => Vec::new(),
    };
    let texts = |v: &Values| if let Values::Texts(x) = v { x.clone() } else { Vec::new() };
    (&a.name, &a.label, &a.variables) == (&b.name, &b.label, &b.variables)
        && a.columns.len() == b.columns.len()
        && a.columns.iter().zip(&b.columns).all(|(a, b)| bits(a) == bits(b) && texts(a) == texts(b))
}

#[test]
fn agrees_after_a_round_trip_through_parquet() {
    let table = large();
    let bytes = written(Format::Parquet, std::slice::from_ref(&table));
    let back = read("large.parquet", &bytes, Columns::All).unwrap_or_else(|e| panic!("{e}"));
    assert!(same(&table, &back));
    let some = read("large.parquet", &bytes, Columns::Named(&["ADT", "USUBJID"])).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(some.variables, [table.variables[2].clone(), table.variables[0].clone()]);
    let empty = Table::empty("NONE", "No rows", table.variables.clone());
    let bytes = written(Format::Parquet, std::slice::from_ref(&empty));
    assert!(same(&empty, &read("none.parquet", &bytes, Columns::All).unwrap_or_else(|e| panic!("{e}"))));
}

#[test]
fn agrees_however_rows_are_cut_into_pieces() {
    let table = large();
    for format in Format::COMMON {
        let whole = written(format, std::slice::from_ref(&table));
        for size in [1, 4099, GROUP_ROWS] {
            // One row at a time only at the beginning: the test shall be quick.
            let cuts: Vec<usize> = match size {
                1 => (0..20).chain([20, table.rows()]).collect(),
                _ => (0..=table.rows()).step_by(size).chain([table.rows()]).collect(),
            };
            let pieces: Vec<Table> = cuts.windows(2).map(|w| table.part(w[0], w[1])).collect();
            assert!(whole == written(format, &pieces), "{format:?} in pieces of {size}");
        }
    }
}

#[test]
fn agrees_that_data_sets_do_not_depend_on_pieces() {
    let layout = trial::layout(12);
    let (datasets, records) = (Datasets::new(&layout).expect("a layout"), trial::records(&layout));
    for dataset in Dataset::ADAM.into_iter().chain(Dataset::PLAIN).chain([Dataset::Nonmem]) {
        let pieces = |size: usize| -> Vec<Table> {
            records.chunks(size).map(|r| datasets.table(dataset, r).unwrap_or_else(|e| panic!("{e}"))).collect()
        };
        let one = written(Format::Parquet, &pieces(records.len()));
        assert!(one == written(Format::Parquet, &pieces(5)), "{dataset:?}");
    }
}

/// What another program might write: whole numbers, truth values, single precision, required columns, old text marks.
#[test]
fn agrees_on_parquet_of_other_programs() {
    let field = |name: &str, of: Physical, logical: Option<LogicalType>| {
        let built =
            Type::primitive_type_builder(name, of).with_repetition(Repetition::REQUIRED).with_logical_type(logical);
        Arc::new(built.build().expect("a field"))
    };
    let instant = LogicalType::timestamp(true, TimeUnit::MILLIS);
    let fields = vec![
        field("person.age", Physical::INT64, None),
        field("woman", Physical::BOOLEAN, None),
        field("height", Physical::FLOAT, None),
        field("name", Physical::BYTE_ARRAY, Some(LogicalType::String)),
        field("born", Physical::INT32, Some(LogicalType::Date)),
        field("seen", Physical::INT64, Some(instant)),
    ];
    let schema = Type::group_type_builder("schema").with_fields(fields).build().expect("a schema");
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, Arc::new(schema), Arc::default()).expect("a file");
    let mut group = file.next_row_group().expect("a group");
    macro_rules! column {
        ($of:ty, $values:expr) => {
            let mut column = group.next_column().expect("a column").expect("one more");
            column.typed::<$of>().write_batch($values, None, None).expect("values");
            column.close().expect("closed");
        };
    }
    column!(Int64Type, &[40, (1 << 53) + 1]);
    column!(BoolType, &[true, false]);
    column!(FloatType, &[1.5, 1.75]);
    column!(ByteArrayType, &["a".into(), "µ".into()]);
    column!(Int32Type, &[0, 1]);
    column!(Int64Type, &[0, 1]);
    group.close().expect("closed");
    file.close().expect("closed");
    let some = |names: &[&str]| read("people.parquet", &bytes, Columns::Named(names));
    let table = some(&["born", "woman", "height", "name"]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(table.numbers("born").expect("days"), [3653.0, 3654.0]);
    assert_eq!(table.numbers("woman").expect("numbers"), [1.0, 0.0]);
    assert_eq!(table.numbers("height").expect("numbers"), [1.5, 1.75]);
    assert_eq!(table.texts("name").expect("texts"), ["a", "µ"]);
    assert_eq!(table.variables[0].kind, Kind::Date);
    let why = |names: &[&str]| some(names).expect_err("refused").to_string();
    assert_eq!(
        why(&["person.age"]),
        "`people.parquet`: column `person.age`: the whole number 9007199254740993 is too large to be read exactly"
    );
    assert!(why(&["seen"]).contains("column `seen`: it is INT64, which is neither number nor day nor text"));
    assert!(why(&["weight"]).contains("there is no column `weight`; there are person.age, woman"));
    assert!(table.numbers("name").expect_err("texts").to_string().contains("holds texts, where numbers are needed"));
}

/// Bytes that are no Parquet file are an error and no panic, wherever they break.
#[test]
fn rejects_broken_parquet() {
    let bytes = written(Format::Parquet, &[large().part(0, 200)]);
    assert!(read("x", b"not a file", Columns::All).expect_err("refused").to_string().contains("not a Parquet file"));
    for cut in (0..bytes.len()).step_by(97) {
        assert!(read("x", &bytes[..cut], Columns::All).is_err(), "cut at {cut}");
    }
    // A changed byte may stay unseen (there are no checksums), but what is read is a sound table.
    let mut refused = 0;
    for at in (0..bytes.len()).step_by(11) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0xff;
        match read("x", &damaged, Columns::All) {
            Ok(table) => assert!(table.check().is_ok(), "changed at {at}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 0);
}

fn small() -> (Layout, Datasets) {
    let layout = Layout { replicates: 1, ..trial::layout(4) };
    let datasets = Datasets::new(&layout).unwrap_or_else(|found| panic!("{found:?}"));
    (layout, datasets)
}

/// A person with a baseline of 30 and two later scores.
fn person(place: u32, end: End, end_h: f64) -> Record {
    let seen = |visit: u32, at_h: f64, madrs: f64| Seen { visit, at_h, values: vec![madrs, f64::NAN, f64::NAN] };
    Record {
        place,
        covariates: vec![40.0, 1.0, 70.0, f64::NAN, 2.0],
        weight: 1.0,
        screened: 3,
        visits: vec![seen(0, 0.0, 30.0), seen(3, 168.0, 18.0), seen(4, 672.0, 12.0)],
        end,
        end_h,
        ..Record::default()
    }
}

fn event(kind: EventKind, at_h: f64) -> Event {
    Event { kind, at_h }
}

/// Texts, numbers and rows of a table as `name=value` words.
fn rows(table: &Table, names: &[&str]) -> Vec<String> {
    let cell = |name: &str, row: usize| match table.numbers(name) {
        Ok(x) => format!("{}", x[row]),
        Err(_) => table.texts(name).unwrap_or_else(|e| panic!("{e}"))[row].clone(),
    };
    (0..table.rows()).map(|r| names.iter().map(|n| cell(n, r)).collect::<Vec<_>>().join(" ")).collect()
}

/// Times and censoring, worked out by hand: days are hours over 24, CNSR 0 is an event.
#[test]
fn agrees_with_times_to_events_by_hand() {
    let (_, datasets) = small();
    let mut relapsed = person(0, End::Completed, 672.0);
    relapsed.events = vec![event(EventKind::Response, 168.0), event(EventKind::Relapse, 672.0)];
    let mut left = person(1, End::LackOfEfficacy, 200.0);
    left.visits.pop();
    let mut failed = person(2, End::Failed, 0.0);
    failed.visits.truncate(1);
    let mut entered_well = person(3, End::Completed, 672.0);
    entered_well.events = vec![event(EventKind::Response, -240.0), event(EventKind::Remission, 168.0)];
    let table =
        datasets.table(Dataset::Adtte, &[relapsed, left, failed, entered_well]).unwrap_or_else(|e| panic!("{e}"));
    let found = rows(&table, &["SUBJID", "PARAMCD", "AVAL", "CNSR", "STARTDY", "ADY", "EVNTDESC"]);
    assert_eq!(
        found,
        [
            "1 TTRESP 7 0 1 8 RESPONSE",
            "1 TTREMIT 28 1 1 29 NO REMISSION UP TO THE LAST VISIT",
            "1 TTRELAPS 21 0 8 29 RELAPSE",
            "1 TTLEAVE 28 1 1 29 COMPLETED THE STUDY",
            "2 TTRESP 7 1 1 8 NO RESPONSE UP TO THE LAST VISIT",
            "2 TTREMIT 7 1 1 8 NO REMISSION UP TO THE LAST VISIT",
            "2 TTLEAVE 8.333333333333334 0 1 9 LACK OF EFFICACY",
            "3 TTRESP 0 1 1 1 NO RESPONSE UP TO THE LAST VISIT",
            "3 TTREMIT 0 1 1 1 NO REMISSION UP TO THE LAST VISIT",
            "3 TTLEAVE 0 1 1 1 COMPUTATION FAILED",
            "4 TTRESP 28 1 1 29 NO RESPONSE UP TO THE LAST VISIT",
            "4 TTREMIT 7 0 1 8 REMISSION",
            "4 TTRELAPS 28 1 1 29 NO RELAPSE UP TO THE LAST VISIT",
            "4 TTLEAVE 28 1 1 29 COMPLETED THE STUDY",
        ]
    );
    // Study day 1 is 2000-01-01, day 14610 from 1960.
    assert_eq!(table.numbers("ADT").expect("days")[..3], [14_617.0, 14_638.0, 14_638.0]);
}

/// Somebody whose computation failed has a row that says so, and nothing that was not computed.
#[test]
fn agrees_that_a_failed_person_is_told_of() {
    let (_, datasets) = small();
    let mut failed = person(2, End::Failed, 0.0);
    failed.visits.clear();
    failed.failure = Some("no rest state: `bdnf` µ".into());
    let of = |dataset| datasets.table(dataset, std::slice::from_ref(&failed)).unwrap_or_else(|e| panic!("{e}"));
    let subject = of(Dataset::Adsl);
    let names = [
        "USUBJID", "RANDFL", "ITTFL", "SAFFL", "COMPLFL", "DCSREAS", "FAILTXT", "TRT01P", "TRT01AN", "TRTSDY", "BMIBL",
    ];
    assert_eq!(
        rows(&subject, &names),
        ["SIM-SAMPLE-3 Y Y N N COMPUTATION FAILED no rest state: `bdnf` u Esketamine 84 mg NaN NaN NaN"]
    );
    for empty in [Dataset::Adqs, Dataset::Adae, Dataset::Adppk, Dataset::Observations, Dataset::Doses, Dataset::Nonmem]
    {
        assert_eq!(of(empty).rows(), 0, "{empty:?}");
    }
    assert_eq!(rows(&of(Dataset::People), &["place", "end", "person.bmi"]), ["2 failed NaN"]);
}

/// Baselines, changes, and what comes after rescue; a dose that was not taken counts for nothing.
#[test]
fn agrees_with_changes_by_hand() {
    let (_, datasets) = small();
    let mut p = person(0, End::Completed, 672.0);
    let dose = |at_h: f64, taken: bool| Given { at_h, amount_mg: 84.0, taken, ..Given::default() };
    p.doses = vec![dose(0.0, false), dose(84.0, true)];
    p.events =
        vec![event(EventKind::Adverse(1), 2.0), event(EventKind::Rescue, 168.0), event(EventKind::Adverse(1), 90.0)];
    let one = std::slice::from_ref(&p);
    let scores = datasets.table(Dataset::Adqs, one).unwrap_or_else(|e| panic!("{e}"));
    let names = ["AVISIT", "ADY", "AVAL", "BASE", "CHG", "PCHG", "ABLFL", "ANL02FL", "ICETYP"];
    assert_eq!(
        rows(&scores, &names),
        ["Baseline 1 30 30 NaN NaN Y Y ", "Day 8 8 18 30 -12 -40  Y ", "Day 29 29 12 30 -18 -60   RESCUE TREATMENT"]
    );
    let events = datasets.table(Dataset::Adae, one).unwrap_or_else(|e| panic!("{e}"));
    let found = rows(&events, &["AESEQ", "AEDECOD", "ASTDY", "TRTEMFL", "AOCCPFL"]);
    assert_eq!(found, ["1 nausea 1 N Y", "2 nausea 4 Y "]);
    let subject = datasets.table(Dataset::Adsl, one).unwrap_or_else(|e| panic!("{e}"));
    let names = ["SAFFL", "TRTSDY", "NDOSE", "TRT01A", "SEX", "AGEU", "FAILEDTR"];
    assert_eq!(rows(&subject, &names), ["Y 4 1 Esketamine 84 mg F YEARS 2"]);
}

/// Doses and concentrations in order of time: before a dose of the same instant, counted from the first dose that was
/// taken, which may lie before randomisation.
#[test]
fn agrees_with_dosing_times_by_hand() {
    let (_, datasets) = small();
    let mut p = person(1, End::Completed, 672.0);
    p.visits[0].values = vec![30.0, 0.0, 1.5];
    p.visits[1].values[2] = 4.0;
    let dose =
        |at_h: f64, amount_mg: f64, over_h: f64, kind| Given { drug: 0, at_h, amount_mg, over_h, taken: true, kind };
    p.doses = vec![dose(-12.0, 28.0, 0.0, DoseKind::LeadIn), dose(0.0, 84.0, 0.5, DoseKind::Planned)];
    let one = std::slice::from_ref(&p);
    let table = datasets.table(Dataset::Adppk, one).unwrap_or_else(|e| panic!("{e}"));
    let names = ["EVID", "AFRLT", "APRLT", "NFRLT", "AMT", "RATE", "DV", "MDV", "CMT", "DOSEA", "DVID"];
    assert_eq!(
        rows(&table, &names),
        [
            "1 0 0 NaN 28 0 NaN 1 1 28 DOSE",
            "0 12 12 12 NaN NaN 1.5 0 5 28 KETS",
            "1 12 0 NaN 84 168 NaN 1 1 84 DOSE",
            "0 180 168 180 NaN NaN 4 0 5 84 KETS",
        ]
    );
    let table = datasets.table(Dataset::Nonmem, one).unwrap_or_else(|e| panic!("{e}"));
    let found = rows(&table, &["ID", "TIME", "RTIME", "EVID", "AMT", "RATE", "CMT", "DVID", "DV", "WT"]);
    assert_eq!(found[..3], ["2 0 -12 1 28 0 1 0 NaN 70", "2 12 0 0 0 0 3 1 30 70", "2 12 0 0 0 0 4 2 0 70"]);
    assert_eq!(found[4], "2 12 0 1 84 168 1 0 NaN 70");
    let text = String::from_utf8(written(Format::Nonmem, &[table])).expect("text");
    assert!(
        text.starts_with("ID,TIME,EVID,AMT,RATE,CMT,DV,MDV,DVID,RTIME,REPLICAT,")
            && text.contains(",1,28,0,1,.,1,0,-12,")
    );
    let legend = datasets.legend();
    assert!(
        legend.contains("  5    KETS: Esketamine in plasma (ug/L)") && legend.contains("TRTN\n  1    Esketamine 84 mg")
    );
}

/// In a crossover each period has its treatment and its baseline; times to events look at the first alone.
#[test]
fn agrees_on_the_periods_of_a_crossover() {
    let mut layout =
        Layout { sequences: vec![vec![0, 1], vec![1, 0]], periods_h: vec![0.0, 336.0], ..trial::layout(4) };
    let later = layout.visits.split_off(3);
    layout.visits.extend(layout.visits.clone().into_iter().map(|v| PlannedVisit { period: 1, ..v }));
    assert_eq!(later.len(), 2);
    let datasets = Datasets::new(&layout).unwrap_or_else(|found| panic!("{found:?}"));
    let seen = |visit: u32, at_h: f64, madrs: f64| Seen { visit, at_h, values: vec![madrs, f64::NAN, f64::NAN] };
    let mut p = person(0, End::Completed, 672.0);
    p.visits = vec![seen(0, 0.0, 30.0), seen(2, 24.0, 20.0), seen(3, 336.0, 26.0), seen(5, 361.0, 24.0)];
    p.doses = vec![Given { drug: 1, at_h: 336.0, taken: true, ..Given::default() }];
    p.events = vec![event(EventKind::Response, 361.0)];
    let one = std::slice::from_ref(&p);
    let table = datasets.table(Dataset::Adqs, one).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        rows(&table, &["APERIOD", "TRTP", "TRTAN", "AVISIT", "NRELTM", "BASE", "CHG"]),
        [
            "1 Esketamine 84 mg NaN Baseline 0 30 NaN",
            "1 Esketamine 84 mg NaN Day 2 1 30 -10",
            "2 Saline 2 Baseline 14 26 NaN",
            "2 Saline 2 Day 2 15 26 -2",
        ]
    );
    let subject = datasets.table(Dataset::Adsl, one).unwrap_or_else(|e| panic!("{e}"));
    let names = ["USUBJID", "REPLICAT", "ARM", "TRT01P", "TRT02P", "TRT01A", "TRT02A"];
    let expected = "SIM-SAMPLE-1-1 1 Esketamine 84 mg, then Saline Esketamine 84 mg Saline  Saline";
    assert_eq!(rows(&subject, &names), [expected]);
    let times = datasets.table(Dataset::Adtte, one).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(rows(&times, &["PARAMCD", "AVAL", "CNSR"]), ["TTRESP 1 1", "TTREMIT 1 1", "TTLEAVE 28 1"]);
}

#[test]
fn agrees_that_everything_is_labelled_and_subjects_are_unique() {
    let layout = trial::layout(12);
    let datasets = Datasets::new(&layout).expect("a layout");
    let subjects = datasets.table(Dataset::Adsl, &trial::records(&layout)).unwrap_or_else(|e| panic!("{e}"));
    let mut ids = subjects.texts("USUBJID").expect("texts").to_vec();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), ids[0].as_str()), (24, "SIM-SAMPLE-1-01"));
    for dataset in Dataset::ADAM.into_iter().chain(Dataset::PLAIN).chain([Dataset::Nonmem]) {
        for v in datasets.empty(dataset).variables {
            assert!(!v.source.is_empty() && v.source.len() <= 200, "{dataset:?} {}", v.name);
        }
    }
    let variables = datasets.variables(&Dataset::ADAM);
    assert!(variables.check().is_ok());
    let found = rows(&variables, &["dataset", "variable", "type", "length", "unit", "label"]);
    assert!(found.contains(&"ADSL AGE number 8 y Age".to_string()), "{found:?}");
    assert!(
        found.contains(&"ADSL FAILEDTR number 8  Antidepressants that failed before, in t".to_string()),
        "{found:?}"
    );
}

fn faults(change: impl Fn(&mut Layout)) -> Vec<String> {
    let mut layout = trial::layout(12);
    change(&mut layout);
    Datasets::new(&layout).map(|_| ()).expect_err("refused")
}

#[test]
fn rejects_suicidality_of_single_people() {
    let measure = faults(|l| l.measures[1].name = "cssrs.Suicidal_ideation".into());
    assert_eq!(measure.len(), 1);
    assert!(measure[0].contains("suicidality is never told for one person"), "{measure:?}");
    assert_eq!(faults(|l| l.adverse[0] = "suicidal thoughts".into()).len(), 1);
    assert_eq!(faults(|l| l.covariates[4].label = "Attempted suicide before".into()).len(), 1);
}

#[test]
fn rejects_everything_wrong_with_a_layout_at_once() {
    let found = faults(|l| {
        l.id = "TRIAL".into();
        l.measures[0].code = "madrs".into();
        l.measures[1].code = "KETS".into();
        l.treatments[1].name = "esketamine 84 MG".into();
        l.sequences[1] = vec![7];
        l.visits[2].measures = vec![3];
        l.periods_h = vec![1.0];
    });
    let all = found.join("\n");
    for part in [
        "the study id `TRIAL` does not begin with `SIM-`",
        "has the code `madrs`: a capital letter comes first",
        "there are two of the code of a measure `KETS`",
        "there are two of the treatment `esketamine 84 MG`",
        "a sequence names treatment 7 of 2",
        "visit `Day 2` takes a measure",
        "begin at [1.0] h",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert_eq!(found.len(), 7, "{all}");
}

#[test]
fn rejects_records_of_another_design() {
    let (_, datasets) = small();
    let why = |change: &dyn Fn(&mut Record)| {
        let mut p = person(0, End::Completed, 672.0);
        change(&mut p);
        datasets.table(Dataset::Adsl, &[p]).expect_err("refused").to_string()
    };
    assert!(why(&|p| p.sequence = 2).ends_with("does not fit the design: it names sequence 3 of 2"));
    assert!(why(&|p| p.covariates.truncate(1)).contains("it has 1 covariates of 5"));
    assert!(why(&|p| p.visits[1].visit = 9).contains("visit 10 of 5"));
    assert!(why(&|p| p.visits[1].values.truncate(1)).contains("1 values of 3"));
    assert!(why(&|p| p.events.push(event(EventKind::Adverse(2), 0.0))).contains("adverse event 3 of 2"));
    assert!(why(&|p| p.replicate = 1).contains("trial 2 of 1"));
    assert!(why(&|p| p.place = 4).contains("place 5 of 4"));
}

const DATA: &str = "ID,TIME,EVID,AMT,CMT,RATE,ADDL,II,SS,DV,MDV,WT,SEX\n\
    12,0,1,35,1,52.5,0,0,0,.,1,70,2\n\
    12,1,0,0,2,0,0,0,0,81.5,0,70,2\n\
    a\"b,0,4,28,3,0,2,84,1,.,1,81.5,1\n\
    a\"b,300,2,0,2,0,0,0,0,.,1,81.5,1\n";

fn receives(compartment: u32, drug: &str, route: &str) -> Receives {
    Receives { compartment, drug: drug.into(), route: route.into() }
}

/// A racemic dose of 35 mg is 35000/237.73 umol, half of it each enantiomer; the protocol is one that the program reads.
#[test]
fn agrees_that_a_data_set_becomes_a_protocol() {
    let atlas = Atlas::embedded();
    let data = DATA.replace("a\"b", "a-b");
    let data = nonmem::read(&mut SourceMap::default(), "data.csv", &data).expect("readable");
    let given = [receives(1, "ketamine", "iv"), receives(3, "ketamine", "im")];
    let written = nonmem::protocol(&atlas, &data, "Two \"people\"", &given, People::Typical).expect("a protocol");
    assert_eq!(written.tables.iter().map(|t| t.0.as_str()).collect::<Vec<_>>(), ["subject_12.csv", "subject_a-b.csv"]);
    let mut map = SourceMap::default();
    let beside = MemorySources(written.tables.iter().cloned().collect::<BTreeMap<_, _>>());
    let read = resynapse::protocol::read(&atlas, &mut map, &beside, "people.toml", &written.protocol);
    let read = read.unwrap_or_else(|found| panic!("{}", render(&found, &map)));
    assert_eq!((read.title.as_str(), read.plans.len()), ("Two \"people\"", 2));
    assert_eq!(read.plans[0].until_h, 300.0);
    let records = &read.plans[0].table.as_ref().expect("a table").records;
    let doses: Vec<(u32, u8)> = records.iter().filter(|r| r.evid == 1).map(|r| (r.compartment, r.evid)).collect();
    assert_eq!(doses, [(2, 1), (1, 1)]);
    let umol = 35_000.0 / 237.73 / 2.0;
    for dose in records.iter().filter(|r| r.evid == 1) {
        assert!((dose.amount / umol - 1.0).abs() < 1e-12 && (dose.rate / (umol * 1.5) - 1.0).abs() < 1e-12, "{dose:?}");
    }
    // Of a reset and a steady state the first enantiomer has both, the second is added.
    let second = &read.plans[1].table.as_ref().expect("a table").records;
    let steady: Vec<(u8, u8, u32)> = second.iter().map(|r| (r.evid, r.steady, r.additional)).collect();
    assert_eq!(steady, [(4, 1, 2), (1, 2, 2), (2, 0, 0)]);
    assert!(written.protocol.contains("# Of the data set, not used here: weight 70 kg, SEX 2.\n"));
    let by_arm = nonmem::protocol(&atlas, &data, "x", &given, People::ByArm { female: Some(2) }).expect("a protocol");
    assert!(by_arm.protocol.contains("weight = \"70 kg\"\nsex = \"female\"\n"), "{}", by_arm.protocol);
}

/// A dose that came in by a data set is the dose in words: the same concentrations.
#[test]
fn agrees_that_an_imported_dose_is_the_dose_in_words() {
    let atlas = Atlas::embedded();
    let mut map = SourceMap::default();
    let text = "ID,TIME,EVID,AMT,CMT,RATE\n1,0,1,35,1,52.5\n1,2,0,0,2,0\n";
    let data = nonmem::read(&mut map, "data.csv", text).expect("readable");
    let written = nonmem::protocol(&atlas, &data, "x", &[receives(1, "ketamine", "iv")], People::Typical);
    let written = written.expect("a protocol");
    let beside = MemorySources(written.tables.into_iter().collect());
    let read = resynapse::protocol::read(&atlas, &mut map, &beside, "x.toml", &written.protocol).expect("a protocol");
    let words = sentence(&atlas, &mut map, "ketamine 35 mg iv over 40 min").expect("a dose");
    let words = Plan { until_h: 2.0, ..Plan::new("words", words) };
    let at = |plan: &Plan, time_h: f64| {
        let results = run(&atlas, plan).unwrap_or_else(|e| panic!("{e:?}"));
        results.treated().at(results.trace("plasma.ketamine").expect("a trace"), time_h)
    };
    for time_h in [0.5, 1.0, 2.0] {
        let (table, words) = (at(&read.plans[0], time_h), at(&words, time_h));
        assert!(words > 1.0 && (table / words - 1.0).abs() < 1e-6, "at {time_h} h: {table} and {words}");
    }
}

/// What is written for NONMEM is read back as it was.
#[test]
fn agrees_that_an_exported_data_set_can_be_imported() {
    let layout = trial::layout(12);
    let (datasets, records) = (Datasets::new(&layout).expect("a layout"), trial::records(&layout));
    let table = datasets.table(Dataset::Nonmem, &records).unwrap_or_else(|e| panic!("{e}"));
    let text = String::from_utf8(written(Format::Nonmem, &[table])).expect("text");
    let mut map = SourceMap::default();
    let data = nonmem::read(&mut map, "nonmem.csv", &text).unwrap_or_else(|found| panic!("{}", render(&found, &map)));
    assert_eq!(data.subjects.len(), 24);
    for (subject, record) in data.subjects.iter().zip(&records) {
        let given = record.doses.iter().filter(|d| d.taken && d.amount_mg > 0.0);
        let doses: Vec<(f64, f64)> = given.map(|d| (d.at_h, d.amount_mg)).collect();
        assert_eq!(subject.doses().map(|d| (d.time_h, d.amount)).collect::<Vec<_>>(), doses);
        let values = record.visits.iter().flat_map(|s| s.values.iter().map(|x| (s.at_h, *x)));
        let values: Vec<(f64, f64)> = values.filter(|(_, x)| !x.is_nan()).collect();
        assert_eq!(subject.observed().iter().map(|o| (o.time_h, o.value)).collect::<Vec<_>>(), values);
        assert_eq!(subject.covariate(&["WT"]).map(|c| (c.value, c.varies)), Some((record.covariates[2], false)));
    }
}

#[test]
fn rejects_what_the_engine_cannot_be_given() {
    let atlas = Atlas::embedded();
    let mut map = SourceMap::default();
    let text = DATA.replace("52.5", "-2").replace("a\"b,0,4", "b,0,4").replace("a\"b,300", "b,300");
    let data = nonmem::read(&mut map, "data.csv", &text).expect("readable");
    let why = |given: &[Receives]| {
        let found = nonmem::protocol(&atlas, &data, "x", given, People::Typical).expect_err("refused");
        render(&found, &map)
    };
    let text = why(&[receives(1, "ketamine", "iv")]);
    assert!(text.contains("data.csv:2:1") && text.contains("RATE is -2"), "{text}");
    assert!(text.contains("data.csv:4:1") && text.contains("what compartment 3 receives is not said"), "{text}");
    let text = why(&[receives(1, "ketmine", "iv"), receives(3, "esketamine", "rectal"), receives(3, "ketamine", "iv")]);
    assert!(text.contains("`ketmine` is not a known drug") && text.contains("route `rectal`"), "{text}");
}
