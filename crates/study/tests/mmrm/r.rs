//! Against R: nlme, pbkrtest on lme4, and the definitions written out with dense matrices.

use crate::{VISITS, lung, table};
use std::collections::BTreeMap;
use study::analysis::linear::{Comparison, Person, Weighting, ancova};
use study::analysis::mmrm::{Covariance, Fit, Freedom, Information, Structure, fit};
use study::analysis::reference::{self, Assumption, Settings, Sharing, Trial};

const GLS: &str = include_str!("../../../../tests/reference/mmrm/r_gls.csv");
const KENWARD_ROGER: &str = include_str!("../../../../tests/reference/mmrm/r_kenwardroger.csv");
const DENSE: &str = include_str!("../../../../tests/reference/mmrm/r_dense.csv");
const LM: &str = include_str!("../../../../tests/reference/mmrm/r_lm.csv");

const REFERENCE: &str = include_str!("../../../../tests/reference/mmrm/r_reference.csv");

/// Values by table and row.
type Values = BTreeMap<(String, String), f64>;

fn values(text: &str, model: &str) -> Values {
    let rows = table(text).into_iter().filter(|row| row["model"] == model);
    rows.map(|row| ((row["table"].clone(), row["row"].clone()), row["value"].parse().unwrap())).collect()
}

fn near(value: f64, expected: f64, relative: f64, place: &str) {
    assert!((value - expected).abs() <= relative * expected.abs(), "{place}: {value} for {expected}");
}

fn full(structure: Structure) -> Fit {
    fit(&lung("full", VISITS).0, &Covariance::shared(structure)).unwrap()
}

fn unit(j: usize) -> Vec<f64> {
    (0..11).map(|k| if k == j { 1.0 } else { 0.0 }).collect()
}

fn parameter(fit: &Fit, name: &str) -> f64 {
    fit.parameters.iter().find(|p| p.name == name).unwrap().estimate
}

/// Holds every row that a table of R has against the fit.
fn held(fit: &Fit, values: &Values, relative: f64) {
    let tests =
        [("race", vec![2, 3]), ("visit", vec![5, 6, 7]), ("interaction", vec![8, 9, 10]), ("all", (1..11).collect())];
    let kinds = [
        ("satterthwaite", Freedom::Satterthwaite),
        ("observed", Freedom::KenwardRoger(Information::Observed)),
        ("expected", Freedom::KenwardRoger(Information::Expected)),
    ];
    for ((table, row), value) in values {
        let place = format!("{table} {row}");
        let (name, kind) = table.split_once(' ').unwrap_or((table, "satterthwaite"));
        let freedom = kinds.iter().find(|(k, _)| *k == kind).unwrap().1;
        let contrast = |j: &str| fit.contrast(&unit(j.parse().unwrap()), freedom, 0.95).unwrap();
        match name {
            "fit" => near(fit.deviance, *value, 1e-9, &place),
            "coefficient" => near(contrast(row).estimate, *value, relative, &place),
            "error" => near(contrast(row).error, *value, relative, &place),
            "df" => near(contrast(row).df.unwrap(), *value, relative, &place),
            "covariance" => match row.as_str() {
                "correlation" if fit.parameters[0].name == "CS" => {
                    let (common, residual) = (fit.parameters[0].estimate, fit.parameters[1].estimate);
                    near(common / (common + residual), *value, relative, &place);
                }
                "correlation" => near(parameter(fit, "AR(1)"), *value, relative, &place),
                "variance" => near(fit.sigma[0][(0, 0)], *value, relative, &place),
                name => near(parameter(fit, &name.replace('.', ",")), *value, relative, &place),
            },
            name => {
                let rows: Vec<Vec<f64>> =
                    tests.iter().find(|(n, _)| *n == name).unwrap().1.iter().map(|j| unit(*j)).collect();
                let test = fit.test(&rows, freedom).unwrap();
                let own = [("f", test.f), ("df1", test.df1), ("df2", test.df2)];
                near(own.iter().find(|(n, _)| n == row).unwrap().1, *value, relative, &place);
            }
        }
    }
}

/// nlme ends 6e-10 above the smallest -2 log-likelihood that lme4 finds for compound symmetry, so R is the limit there:
/// about 2e-5 standard errors. lme4's own numbers are below.
#[test]
fn agrees_with_nlme_on_structures_of_two_parameters() {
    for (name, structure, relative) in
        [("autoregressive", Structure::Autoregressive, 1e-6), ("compound", Structure::CompoundSymmetry, 1e-5)]
    {
        let values = values(GLS, name);
        assert_eq!(values.len(), 25);
        held(&full(structure), &values, relative);
    }
}

/// nlme ends 2e-7 above the smallest -2 log-likelihood, so R is the limit here: about 5e-4 standard errors.
#[test]
fn agrees_with_nlme_on_an_unstructured_covariance() {
    let (fit, values) = (full(Structure::Unstructured), values(GLS, "unstructured"));
    assert_eq!(values.len(), 33);
    assert!(fit.deviance < values[&("fit".to_string(), "deviance".to_string())]);
    for ((table, row), value) in &values {
        let place = format!("{table} {row}");
        match table.as_str() {
            "coefficient" | "error" => {
                let own = fit.contrast(&unit(row.parse().unwrap()), Freedom::Satterthwaite, 0.95).unwrap();
                let own_value = if table == "error" { own.error } else { own.estimate };
                assert!((own_value - value).abs() < 5e-4 * own.error, "{place}: {own_value} for {value}");
            }
            "covariance" => {
                let own = fit.parameters.iter().find(|p| p.name == row.replace('.', ",")).unwrap();
                assert!((own.estimate - value).abs() < 1e-3 * own.error, "{place}: {} for {value}", own.estimate);
            }
            _ => near(fit.deviance, *value, 1e-9, &place),
        }
    }
}

/// The restricted likelihood, Satterthwaite's and Kenward and Roger's formulas with one dense matrix over all values:
/// another algorithm, in another language, to the last figures.
#[test]
fn agrees_with_the_definitions() {
    for (name, structure) in [("unstructured", Structure::Unstructured), ("autoregressive", Structure::Autoregressive)]
    {
        let values = values(DENSE, name);
        assert!(values.len() > 90);
        held(&full(structure), &values, 1e-8);
    }
}

/// pbkrtest takes the expected information.
#[test]
fn agrees_with_pbkrtest_on_compound_symmetry() {
    let mut values = values(KENWARD_ROGER, "compound");
    let fit = full(Structure::CompoundSymmetry);
    let freedom = Freedom::KenwardRoger(Information::Expected);
    let spread = fit.spread(freedom);
    let mut seen = 0;
    values.retain(|(table, row), value| {
        let df = table == "df";
        if df {
            let own = fit.contrast(&unit(row.parse().unwrap()), freedom, 0.95).unwrap();
            near(own.df.unwrap(), *value, 1e-6, row);
        }
        let adjusted = table == "adjusted";
        if adjusted {
            let (i, j) = row.split_once('.').unwrap();
            let (i, j): (usize, usize) = (i.parse().unwrap(), j.parse().unwrap());
            let unit = (spread[(i, i)] * spread[(j, j)]).sqrt();
            assert!((spread[(i, j)] - *value).abs() < 1e-7 * unit, "{row}: {} for {value}", spread[(i, j)]);
        }
        let scale = row == "scale";
        seen += usize::from(df || adjusted || scale);
        !(df || adjusted || scale)
    });
    assert_eq!(seen, 66 + 11 + 4);
    let named = values.into_iter().map(|((table, row), value)| match table.as_str() {
        "fit" | "covariance" | "coefficient" | "error" => ((table, row), value),
        _ => ((format!("{table} expected"), row), value),
    });
    held(&fit, &named.collect(), 1e-6);
}

#[test]
fn agrees_with_lm_on_covariance_analysis() {
    let rows = table(crate::FEV).into_iter().filter(|row| row["AVISIT"] == "VIS4" && !row["FEV1"].is_empty());
    let is = |yes: bool| f64::from(u8::from(yes));
    let people = rows.map(|row| Person {
        arm: usize::from(row["ARMCD"] == "TRT"),
        y: row["FEV1"].parse().unwrap(),
        covariates: vec![row["FEV1_BL"].parse().unwrap(), is(row["SEX"] == "Female")],
        weight: row["WEIGHT"].parse().unwrap(),
    });
    let mut comparison = Comparison {
        arms: vec!["PBO".into(), "TRT".into()],
        reference: 0,
        covariates: vec!["baseline".into(), "female".into()],
        people: people.collect(),
        weighting: Weighting::None,
    };
    let expected = values(LM, "plain");
    let of = |values: &Values, table: &str, row: &str| values[&(table.to_string(), row.to_string())];
    let compared = ancova(&comparison, 0.95).unwrap();
    let difference = compared.differences[0].1;
    near(difference.p, of(&expected, "p", "1"), 1e-9, "p");
    near(difference.lower, of(&expected, "interval", "lower"), 1e-9, "lower");
    near(difference.upper, of(&expected, "interval", "upper"), 1e-9, "upper");
    near(compared.model.sigma, of(&expected, "fit", "sigma"), 1e-10, "sigma");
    assert_eq!(compared.model.df, of(&expected, "fit", "df"));
    for (arm, mean) in compared.means.iter().enumerate() {
        near(mean.estimate, of(&expected, "mean", &arm.to_string()), 1e-10, "mean");
        near(mean.error, of(&expected, "mean error", &arm.to_string()), 1e-10, "mean error");
    }
    comparison.weighting = Weighting::ByPerson;
    let weighted = ancova(&comparison, 0.95).unwrap();
    for (model, name) in [(&compared.model, "plain"), (&weighted.model, "weighted")] {
        let expected = values(LM, name);
        for j in 0..4 {
            near(model.coefficients[j], of(&expected, "coefficient", &j.to_string()), 1e-10, name);
            near(model.covariance[(j, j)].sqrt(), of(&expected, "error", &j.to_string()), 1e-10, name);
        }
    }
}

/// The imputation model by nlme, conditional means and the jackknife in plain R.
#[test]
fn agrees_with_r_on_imputation_by_reference() {
    let mut people: Vec<reference::Person> = Vec::new();
    for (i, row) in table(crate::FEV).iter().enumerate() {
        if i % 4 == 0 {
            let covariates = vec![row["FEV1_BL"].parse().unwrap()];
            people.push(reference::Person {
                arm: usize::from(row["ARMCD"] == "TRT"),
                covariates,
                ..Default::default()
            });
        }
        people.last_mut().unwrap().values.push(row["FEV1"].parse().ok());
    }
    for person in &mut people {
        let after = person.values.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        person.left = (after < 4).then_some(after);
    }
    let trial = Trial {
        arms: vec!["PBO".into(), "TRT".into()],
        reference: 0,
        visits: VISITS.map(String::from).to_vec(),
        covariates: vec!["baseline".into()],
        people,
    };
    for (name, assumption) in [("jump", Assumption::JumpToReference), ("random", Assumption::AtRandom)] {
        let settings =
            Settings { assumption, structure: Structure::Autoregressive, sharing: Sharing::Shared, level: 0.95 };
        let compared = reference::compare(&trial, &settings).unwrap();
        let expected = values(REFERENCE, name);
        let of = |row: &str| expected[&("difference".to_string(), row.to_string())];
        near(compared[0].1.estimate, of("estimate"), 1e-6, name);
        near(compared[0].1.error, of("error"), 1e-6, name);
    }
}
