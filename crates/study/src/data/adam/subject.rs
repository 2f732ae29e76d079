//! ADSL: one row a person.

use super::{identify, longest, treatment_width};
use crate::data::design::{Design, KNOWN, label};
use crate::data::person::{Person, day, reason};
use crate::data::shape::{Row, Shape, yes_or_no};
use crate::data::table::{MOST_TEXT, Table, Variable, cut};
use crate::trial::schema::End;

/// What is written where the model knows no race. Source: CDISC controlled terminology, codelist RACE.
pub(crate) const NO_RACE: &str = "NOT REPORTED";

/// The table.
pub(crate) fn table(design: &Design, people: &[Person<'_>]) -> Table {
    let mut shape = Shape::new("ADSL", "Subject-Level Analysis Dataset");
    identify(&mut shape, design);
    demography(&mut shape, design);
    allocation(&mut shape, design);
    fate(&mut shape);
    let rows: Vec<Row<'_, ()>> = people.iter().map(|person| Row { person, at: () }).collect();
    shape.table(&rows)
}

fn demography(shape: &mut Shape<()>, design: &Design) {
    let covariate = |id: &str| design.covariate(id).map(|k| (k, design.layout.covariates[k].clone()));
    if let Some((k, about)) = covariate("person.age") {
        let unit = age_unit(&about.unit);
        let age = Variable::number("AGE", "Age").unit(&about.unit).source(format!("covariate {}", about.id));
        shape.number(age, move |r| r.person.covariate(Some(k)));
        let units = Variable::text("AGEU", "Age Units", unit.len().max(1)).source("unit of AGE");
        shape.text(units, move |r| if r.person.covariate(Some(k)).is_nan() { String::new() } else { unit.clone() });
    }
    let sex = design.covariate("person.sex_female");
    let source = "covariate person.sex_female: F from 0.5, M below, U where the trial does not have it";
    shape.text(Variable::text("SEX", "Sex", 1).source(source), move |r| r.person.sex(sex).into());
    let race = Variable::text("RACE", "Race", NO_RACE.len()).source("the model knows no race");
    shape.text(race, |_| NO_RACE.into());
    let words =
        [("person.weight", "Baseline Weight"), ("person.height", "Baseline Height"), ("person.bmi", "Baseline BMI")];
    for (id, words) in words {
        if let (Some((k, about)), Some((_, name, _))) = (covariate(id), KNOWN.iter().find(|known| known.0 == id)) {
            let variable = Variable::number(*name, words).unit(&about.unit).source(format!("covariate {}", about.id));
            shape.number(variable, move |r| r.person.covariate(Some(k)));
        }
    }
    others(shape, design);
}

/// Covariates that have no name known by heart.
pub(super) fn others<P>(shape: &mut Shape<P>, design: &Design) {
    for (k, (about, name)) in design.layout.covariates.iter().zip(&design.names).enumerate() {
        let Some(name) = name else { continue };
        let unit = if about.unit == "1" { "" } else { &about.unit };
        let source = format!("covariate {}: {}", about.id, about.label);
        let variable = Variable::number(name, label(&about.label)).unit(unit).source(source);
        shape.number(variable, move |r| r.person.covariate(Some(k)));
    }
}

/// The unit of an age by its name in CDISC controlled terminology.
fn age_unit(unit: &str) -> String {
    match unit {
        "y" | "a" | "yr" | "year" | "years" => "YEARS".into(),
        "d" | "day" | "days" => "DAYS".into(),
        other => other.to_ascii_uppercase(),
    }
}

fn allocation(shape: &mut Shape<()>, design: &Design) {
    let width = longest(design.layout.strata.iter().map(String::as_str));
    let stratum = Variable::text("STRATUM", "Stratum of the Randomization", width).source("stratum");
    shape.text(stratum, |r| r.person.design.layout.strata[r.person.record.stratum as usize].clone());
    let number =
        Variable::number("STRATUMN", "Stratum of the Randomization (N)").source("number of the stratum, from 1");
    shape.number(number, |r| f64::from(r.person.record.stratum) + 1.0);
    let sequences: Vec<String> =
        (0..design.layout.sequences.len()).map(|k| cut(&design.sequence(k), MOST_TEXT)).collect();
    let width = longest(sequences.iter().map(String::as_str));
    let arm = Variable::text("ARM", "Description of Planned Arm", width).source("treatments of the sequence, in order");
    shape.text(arm, move |r| sequences[r.person.record.sequence as usize].clone());
    let code = Variable::text("ARMCD", "Planned Arm Code", 20).source("number of the sequence");
    shape.text(code, |r| format!("ARM{}", u64::from(r.person.record.sequence) + 1));
    let width = treatment_width(design);
    let number = |t: Option<usize>| t.map_or(f64::NAN, |t| t as f64 + 1.0);
    for p in 0..design.periods {
        let nn = p + 1;
        let planned = Variable::text(format!("TRT{nn:02}P"), format!("Planned Treatment for Period {nn:02}"), width);
        shape.text(planned.source("sequence"), move |r| r.person.treatment(r.person.planned(p)));
        let planned = Variable::number(format!("TRT{nn:02}PN"), format!("Planned Treatment for Period {nn:02} (N)"));
        shape.number(planned.source("number of the treatment"), move |r| number(r.person.planned(p)));
        let actual = Variable::text(format!("TRT{nn:02}A"), format!("Actual Treatment for Period {nn:02}"), width);
        let source = "the planned one where one dose of the period or more was taken";
        shape.text(actual.source(source), move |r| r.person.treatment(r.person.actual(p)));
        let actual = Variable::number(format!("TRT{nn:02}AN"), format!("Actual Treatment for Period {nn:02} (N)"));
        shape.number(actual.source("number of the treatment"), move |r| number(r.person.actual(p)));
    }
}

fn fate(shape: &mut Shape<()>) {
    shape.text(Variable::text("RANDFL", "Randomized Population Flag", 1).source("everybody here"), |_| "Y".into());
    shape.text(Variable::text("ITTFL", "Intent-To-Treat Population Flag", 1).source("everybody here"), |_| "Y".into());
    let safety = Variable::text("SAFFL", "Safety Population Flag", 1).source("one dose or more was taken after entry");
    shape.text(safety, |r| yes_or_no(r.person.treated()));
    let completed = Variable::text("COMPLFL", "Completers Population Flag", 1).source("followed to the planned end");
    shape.text(completed, |r| yes_or_no(r.person.record.end == End::Completed));
    let status = Variable::text("EOSSTT", "End of Study Status", 12).source("COMPLETED or DISCONTINUED");
    shape.text(status, |r| match r.person.record.end {
        End::Completed => "COMPLETED".into(),
        _ => "DISCONTINUED".into(),
    });
    let end = Variable::number("EOSDY", "Study Day of End of Study")
        .unit("d")
        .source("day last in the trial; day 1 is entry");
    shape.number(end, |r| day(r.person.record.end_h));
    let why = Variable::text("DCSREAS", "Reason for Discontinuation from Study", 20).source("how the trial ended");
    shape.text(why, |r| reason(r.person.record.end).into());
    let failure = Variable::text("FAILTXT", "Why the Computation Failed", MOST_TEXT).source("words of the computation");
    shape.text(failure, |r| {
        cut(&crate::data::design::ascii(r.person.record.failure.as_deref().unwrap_or_default()), MOST_TEXT)
    });
    let first =
        Variable::number("TRTSDY", "Study Day of First Exposure").unit("d").source("first dose taken after entry");
    shape.number(first, |r| r.person.taken().next().map_or(f64::NAN, |d| day(d.at_h)));
    let last = Variable::number("TRTEDY", "Study Day of Last Exposure").unit("d").source("last dose taken after entry");
    shape.number(last, |r| r.person.taken().last().map_or(f64::NAN, |d| day(d.at_h)));
    let doses = Variable::number("NDOSE", "Number of Doses Taken").source("doses taken after entry");
    shape.number(doses, |r| r.person.taken().count() as f64);
    let source = "candidates until this person entered, the person included";
    let screened = Variable::number("NSCREEN", "Candidates Screened for This Subject").source(source);
    shape.number(screened, |r| f64::from(r.person.record.screened));
    let weight =
        Variable::number("POPWT", "Weight Towards the Target Population").source("1 without a target population");
    shape.number(weight, |r| r.person.record.weight);
}
